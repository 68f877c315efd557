/* SPDX-License-Identifier: MIT
 *
 * bench — the subcommand that measures speed and memory
 *
 * Siblings: bench/spec.c (what), bench/network.c (the work), bench/ops.c (single ops),
 * bench/pipeline.c (elements), bench/measure.c (the clock), bench/report.c (the
 * table), bench/roofline.c (what GPUs could do). */
#include "bench/bench.h"
#include "bench/ops.h"
#include "bench/pipeline.h"
#include "bench/report.h"
#include "bench/roofline.h"
#include <nextframe/core/threads/nfthreads.h>

#include <omp.h>
#include <stdio.h>

typedef struct
{
  NfBenchSpec spec;
  gchar *size, *sampler, *precision, *device, *json, *output, *op, *gpu;
  gint repeat, threads;
  gboolean blind, training;
} Options;

static void
options_clear (Options *o)
{
  g_free (o->spec.network);
  g_free (o->spec.config);
  g_free (o->spec.checkpoint);
  g_free (o->spec.tensors);
  g_free (o->size);
  g_free (o->sampler);
  g_free (o->precision);
  g_free (o->device);
  g_free (o->json);
  g_free (o->output);
  g_free (o->op);
  g_free (o->gpu);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

typedef struct
{
  const gchar *name;
  NfBenchRun run; /* NULL: see nf_bench_main() */
} Mode;

static const Mode modes[] = {
  { "op", NULL },
  { "network", nf_bench_net_forward },
  { "sampling", nf_bench_net_sample },
  { "train", nf_bench_net_train },
  { "pipeline", NULL },
  { "roofline", NULL },
};

static gboolean
fail (GError **error, const gchar *what, const gchar *text)
{
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID, "%s%s", what, text);
  return FALSE;
}

static gboolean
parse (Options *o, gint *argc, gchar ***argv, GError **error)
{
  g_autofree gchar *presets = nf_net_preset_names ();
  g_autofree gchar *network = g_strconcat ("Preset (mid): ", presets, NULL);
  g_autofree gchar *methods = nf_sampler_method_names ();
  g_autofree gchar *sampler =
      g_strdup_printf ("Method of sampling: %s (ddim)", methods);
  g_autofree gchar *known = nf_bench_gpus ();
  g_autofree gchar *gpu =
      g_strconcat ("For roofline: one of ", known, " (h100)", NULL);
  const GOptionEntry entries[] = {
    { "network", 'n', 0, G_OPTION_ARG_STRING, &o->spec.network, network,
        "NAME" },
    { "config", 'c', 0, G_OPTION_ARG_STRING, &o->spec.config,
        "Its sizes: the trainer's key file, or a JSON object", "FILE|JSON" },
    { "checkpoint", 0, 0, G_OPTION_ARG_FILENAME, &o->spec.checkpoint,
        "Its sizes and weights", "FILE" },
    { "tensors", 0, 0, G_OPTION_ARG_FILENAME, &o->spec.tensors,
        "Its inputs (safetensors)", "FILE" },
    { "size", 0, 0, G_OPTION_ARG_STRING, &o->size,
        "Rows and columns of a frame", "HxW" },
    { "batch", 'b', 0, G_OPTION_ARG_INT, &o->spec.batch,
        "Frames or windows at once (1)", "N" },
    { "steps", 0, 0, G_OPTION_ARG_INT, &o->spec.steps, "Denoising steps (50)",
        "N" },
    { "sampler", 0, 0, G_OPTION_ARG_STRING, &o->sampler, sampler, "NAME" },
    { "op", 0, 0, G_OPTION_ARG_STRING, &o->op, "Only this op", "NAME" },
    { "repeat", 0, 0, G_OPTION_ARG_INT, &o->repeat, "Timed runs (5)", "N" },
    { "no-profile", 0, 0, G_OPTION_ARG_NONE, &o->blind,
        "Only time and memory; half as many runs", NULL },
    { "threads", 't', 0, G_OPTION_ARG_INT, &o->threads,
        "CPU threads (one a physical core)", "N" },
    { "precision", 0, 0, G_OPTION_ARG_STRING, &o->precision,
        "Arithmetic: f32, tf32, bf16 (f32)", "NAME" },
    { "device", 0, 0, G_OPTION_ARG_STRING, &o->device, "Where to run (cpu)",
        "NAME" },
    { "gpu", 0, 0, G_OPTION_ARG_STRING, &o->gpu, gpu, "NAME" },
    { "training", 0, 0, G_OPTION_ARG_NONE, &o->training,
        "For roofline: a training step, not an evaluation", NULL },
    { "json", 'j', 0, G_OPTION_ARG_FILENAME, &o->json,
        "Write the figures there, too", "FILE" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &o->output,
        "Write what the network made (safetensors)", "FILE" },
    { NULL },
  };
  g_autoptr (GOptionContext) context =
      g_option_context_new ("op|network|sampling|train|pipeline|roofline");
  g_autoptr (GError) cause = NULL;

  g_option_context_set_summary (context,
      "Measures time, arithmetic and memory of single ops, of one evaluation "
      "of "
      "a\nnetwork, of sampling a block of frames, or of a training step. "
      "pipeline measures\nwhat frames take in the elements, with --repeat "
      "frames. roofline measures nothing,\nbut computes what a GPU could do.");
  g_option_context_add_main_entries (context, entries, NULL);
  return g_option_context_parse (context, argc, argv, &cause)
      || fail (error, "", cause->message);
}

static gboolean
check_size (Options *o, GError **error)
{
  gint height, width;
  gchar end;

  if (!o->size)
    return TRUE;
  if (sscanf (o->size, "%dx%d%c", &height, &width, &end) != 2 || height < 1
      || width < 1 || height > 16384 || width > 16384)
    return fail (error, "--size: expected HxW, like 160x240, not ", o->size);
  o->spec.height = height;
  o->spec.width = width;
  return TRUE;
}

/* without the option: f32, or what the variable NEXTFRAME_TF32 says */
static gboolean
check_precision (Options *o, GError **error)
{
  if (!o->precision)
    return TRUE;
  o->spec.precision = NF_MATMUL_PRECISION_F32;
  if (g_str_equal (o->precision, "bf16"))
    o->spec.dtype = NF_BF16;
  else if (g_str_equal (o->precision, "tf32"))
    o->spec.precision = NF_MATMUL_PRECISION_TF32;
  else if (!g_str_equal (o->precision, "f32"))
    return fail (
        error, "--precision: expected f32, tf32 or bf16, not ", o->precision);
  return TRUE;
}

static gboolean
check_options (Options *o, GError **error)
{
  if (!check_precision (o, error))
    return FALSE;
  if (o->repeat < 1 || o->spec.batch < 1 || o->spec.steps < 1 || o->threads < 0)
    return fail (error, "",
        "--repeat, --batch and --steps must be at least 1, --threads not "
        "negative");
  return check_size (o, error)
      && (!o->sampler
          || nf_sampler_method_from_name (o->sampler, &o->spec.sampler, error));
}

static gboolean
is_cpu (const NfDevice *device)
{
  return device->backend->on_host;
}

/* what was computed in */
static const gchar *
precision_name (const NfBenchSpec *spec, const NfDevice *device)
{
  return spec->dtype == NF_F32 && nf_matmul_precision_is_tf32 ()
          && !is_cpu (device)
      ? "tf32"
      : nf_dtype_name (spec->dtype);
}

static gboolean
bench_net (const Options *o, const Mode *mode, NfDevice *device, GError **error)
{
  NfBenchRunInfo info = { mode->name, precision_name (&o->spec, device),
    device->name, omp_get_max_threads () };
  g_autoptr (NfBenchNet) net = NULL;
  g_autoptr (JsonObject) json = NULL;
  g_autofree gchar *text = NULL;
  NfBenchResult result = { 0 };

  nf_bench_memory_start (device, &result);
  net = nf_bench_net_new (device, &o->spec, error);
  if (!net
      || !nf_bench_measure (
          mode->run, net, o->repeat, !o->blind, &result, error))
    return FALSE;
  nf_bench_memory_stop (device, &result);
  if (!nf_bench_conv_peak (
          device, o->spec.dtype, info.threads, &result.conv_peak, error)
      || (o->output && !nf_bench_net_save (net, o->output, error)))
    return FALSE;
  json = nf_bench_report_to_json (&info, &o->spec, net, &result);
  text = nf_bench_report_to_text (json);
  g_print ("%s", text);
  return !o->json || nf_bench_save_json (json, o->json, error);
}

static gboolean
bench_pipeline (const Options *o, GError **error)
{
  const NfBenchPipeline what = { &o->spec, o->device ? o->device : "cpu",
    o->precision ? o->precision : "f32", o->threads, o->repeat };

  return nf_bench_pipeline (&what, o->json, error);
}

static const Mode *
find_mode (gint argc, gchar **argv, GError **error)
{
  for (guint i = 0; argc == 2 && i < G_N_ELEMENTS (modes); i++)
    if (g_str_equal (modes[i].name, argv[1]))
      return &modes[i];
  fail (error, "",
      "what should be measured? Give one of op, network, sampling, train, "
      "pipeline and roofline");
  return NULL;
}

/**
 * nf_bench_main:
 * @argc: words in @argv
 * @argv: the command line from the subcommand's name on
 * @error: return location
 *
 * Measures what the command line says and prints a table.
 */
gboolean
nf_bench_main (gint argc, gchar **argv, GError **error)
{
  g_auto (Options) o = { .spec = { .batch = 1, .steps = 50 }, .repeat = 5 };
  g_autoptr (NfDevice) device = NULL;
  const Mode *mode;

  if (!parse (&o, &argc, &argv, error))
    return FALSE;
  mode = find_mode (argc, argv, error);
  if (!mode || !check_options (&o, error))
    return FALSE;
  if (g_str_equal (mode->name, "pipeline"))
    return bench_pipeline (&o, error);
  if (!o.spec.network)
    o.spec.network = g_strdup ("mid");
  nf_matmul_precision_set (o.spec.precision);
  if (g_str_equal (mode->name, "roofline"))
    return nf_bench_roofline (
        &o.spec, o.gpu ? o.gpu : "h100", o.training, error);
  nf_threads_set (o.threads);
  device = nf_device_open (o.device ? o.device : "cpu", error);
  if (!device)
    return FALSE;
  if (o.spec.precision == NF_MATMUL_PRECISION_TF32 && is_cpu (device))
    return fail (
        error, "--precision: tf32 is for GPUs, not for device ", device->name);
  return mode->run ? bench_net (&o, mode, device, error)
                   : nf_bench_ops (device, omp_get_max_threads (), o.op,
                       o.repeat, o.json, error);
}
