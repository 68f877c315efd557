/* SPDX-License-Identifier: MIT
 *
 * bench — counting of ops and their arithmetic, and nextframe-train bench */
#include "bench/bench.h"
#include "bench/measure.h"
#include <nextframe/core/ops/nfbackward.h>
#include <nextframe/io/nfsafetensors.h>
#include <nextframe/nets/nfsegmenter.h>
#include "nftestmodels.h"

static const NfConv2dParams conv = { 2, 1, NF_ACT_NONE };
static const NfConv2dCatParams cat = { 0 };
static const NfLinearParams linear = { TRUE };
static const NfAttentionParams attention = { 2 };

static NfTensor *
random_tensor (NfDevice *device, gint64 n, gint64 c, gint64 h, gint64 w)
{
  g_autoptr (GError) error = NULL;
  NfTensor *t = nf_bench_random (device, n + c, n, c, h, w, &error);

  g_assert_no_error (error);
  return t;
}

static void
run (NfOp op, NfTensor *a, NfTensor *b, NfTensor *c, gconstpointer params)
{
  NfTensor *in[] = { a, b, c };
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) out = NULL;

  nf_tape_begin (tape);
  out = nf_op_run (op, in, c ? 3 : 2, params, &error);
  nf_tape_end (tape);
  g_assert_no_error (error);
  if (out->requires_grad)
    nf_tape_backward_from (tape, out, out, &error);
  g_assert_no_error (error);
  nf_tensor_clear (&a->grad);
  nf_tensor_clear (&b->grad);
}

static void
assert_op (const NfBenchProfile *profile, NfOp op, gboolean backward,
    guint calls, gdouble flops)
{
  const NfBenchOp *got = &profile->ops[op][backward];

  g_assert_cmpuint (got->calls, ==, calls);
  g_assert_cmpfloat (got->flops, ==, flops);
  g_assert_cmpint (got->seconds > 0, ==, calls > 0);
  g_assert_cmpint (got->processor > 0, ==, calls > 0);
}

typedef struct
{
  NfTensor *x, *kernel, *wide, *matrix, *q;
} Tensors;

static gboolean
run_all (gpointer data, GError **error)
{
  Tensors *t = data;

  run (NF_OP_CONV2D, t->x, t->kernel, NULL, &conv);
  t->x->requires_grad = TRUE;
  run (NF_OP_CONV2D, t->x, t->kernel, NULL, &conv);
  run (NF_OP_CONV2D_CAT, t->wide, t->x, t->x, &cat);
  run (NF_OP_LINEAR, t->x, t->matrix, NULL, &linear);
  run (NF_OP_ATTENTION, t->q, t->q, t->q, &attention);
  return TRUE;
}

static void
test_observe_counts (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfDevice) device = nf_device_open ("cpu", &error);
  g_autoptr (NfTensor) x = random_tensor (device, 2, 3, 8, 6);
  g_autoptr (NfTensor) kernel = random_tensor (device, 5, 3, 3, 3);
  g_autoptr (NfTensor) wide = random_tensor (device, 5, 6, 3, 3);
  g_autoptr (NfTensor) matrix = random_tensor (device, 3, 7, 1, 1);
  g_autoptr (NfTensor) q = random_tensor (device, 1, 4, 3, 2);
  Tensors t = { x, kernel, wide, matrix, q };
  gdouble of_conv = 2.0 * 2 * 5 * 4 * 3 * 3 * 9;
  gdouble of_cat = 2.0 * 2 * 5 * 8 * 6 * 6 * 9;
  gdouble of_linear = 2.0 * 2 * 8 * 6 * 3 * 7;
  gdouble of_attention = 2.0 * 2 * 6 * 6 * 4;
  NfBenchProfile profile;

  kernel->requires_grad = TRUE;
  q->requires_grad = TRUE;
  run (NF_OP_CONV2D, x, kernel, NULL, &conv);
  nf_bench_watch (run_all, &t, &profile, &error);
  run (NF_OP_CONV2D, x, kernel, NULL, &conv);

  assert_op (&profile, NF_OP_CONV2D, FALSE, 2, 2 * of_conv);
  assert_op (&profile, NF_OP_CONV2D, TRUE, 2, 3 * of_conv);
  assert_op (&profile, NF_OP_CONV2D_CAT, FALSE, 1, of_cat);
  assert_op (&profile, NF_OP_CONV2D_CAT, TRUE, 1, of_cat);
  assert_op (&profile, NF_OP_LINEAR, FALSE, 1, of_linear);
  assert_op (&profile, NF_OP_LINEAR, TRUE, 1, of_linear);
  assert_op (&profile, NF_OP_ATTENTION, FALSE, 1, of_attention);
  assert_op (&profile, NF_OP_ATTENTION, TRUE, 1, 2 * of_attention);
  assert_op (&profile, NF_OP_FIR, FALSE, 0, 0);
  g_assert_cmpfloat (profile.whole.flops, ==,
      5 * of_conv + 2 * of_cat + 2 * of_linear + 3 * of_attention);
}

static void
test_median (void)
{
  gdouble odd[] = { 3, 1, 2 }, even[] = { 4, 1, 3, 2 };

  g_assert_cmpfloat (nf_bench_median (odd, 3), ==, 2);
  g_assert_cmpfloat (nf_bench_median (even, 4), ==, 2.5);
}

/* ----------------------------------------------------------- the subcommand */

/* Runs it with words that have spaces between. */
static gboolean
bench (const gchar *words, GError **error)
{
  g_autofree gchar *line = g_strconcat ("bench ", words, NULL);
  g_auto (GStrv) argv = g_strsplit (line, " ", -1);
  guint argc = g_strv_length (argv);
  g_autofree gchar **moved = g_memdup2 (argv, (argc + 1) * sizeof (gchar *));

  return nf_bench_main (argc, moved, error);
}

static JsonObject *
read_report (const gchar *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = NULL;
  g_autoptr (JsonNode) node = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  node = json_from_string (text, &error);
  g_assert_no_error (error);
  return json_node_dup_object (node);
}

typedef struct
{
  const gchar *mode, *network, *arch;
  const gchar *tensor; /* that the output file has */
  gsize elements;
} Work;

static const Work works[] = {
  { "network", "tiny", "spade_unet", "output", 6 * 16 * 16 },
  { "network --precision bf16", "tiny", "spade_unet", "output", 6 * 16 * 16 },
  { "sampling", "tiny", "spade_unet", "noise", 6 * 16 * 16 },
  { "train", "tiny", "spade_unet", "losses", 3 },
  { "train --precision bf16", "tiny", "spade_unet", "losses", 3 },
  { "network", "unetpp-resnet18", "unetpp", "output", 49 * 16 * 16 },
  { "train", "unetpp-resnet18", "unetpp", "losses", 3 },
};

static void
test_bench_work (gconstpointer data)
{
  const Work *work = data;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *folder = nf_test_folder_new ();
  g_autofree gchar *report = g_build_filename (folder, "report.json", NULL);
  g_autofree gchar *output = g_build_filename (folder, "out.st", NULL);
  g_autofree gchar *words = g_strdup_printf (
      "%s -n %s --size 16x16 --repeat 1 --steps 2 --threads 1 -j %s -o %s",
      work->mode, work->network, report, output);
  g_autoptr (JsonObject) json = NULL;
  g_autoptr (NfSafetensors) file = NULL;
  const NfSafetensorsEntry *entry;
  JsonArray *ops;
  gdouble flop = 0;
  gint64 live;

  if (g_getenv ("NEXTFRAME_NO_POOL") && g_str_equal (work->arch, "unetpp")) {
    g_test_skip ("long under memory checkers, and nothing new to them");
    return;
  }
  bench (words, &error);
  g_assert_no_error (error);
  json = read_report (report);
  g_assert_cmpstr (
      json_object_get_string_member (json, "arch"), ==, work->arch);
  g_assert_cmpfloat (json_object_get_double_member (json, "median"), >, 0);
  g_assert_cmpfloat (json_object_get_double_member (json, "conv_peak"), >, 0);
  g_assert_cmpint (json_object_get_int_member (json, "memory_peak"), >, 0);
  live = json_object_get_int_member (json, "memory_live");
  g_assert_cmpint (
      live, >=, 4 * json_object_get_int_member (json, "parameters"));
  g_assert_cmpint (json_object_get_int_member (json, "memory_reserved"), >=,
      live); /* the largest live set, and not much more */
  g_assert_cmpint (json_object_get_int_member (json, "memory_reserved"), <=,
      live + live * 3 / 10);
  ops = json_object_get_array_member (json, "ops");
  for (guint i = 0; i < json_array_get_length (ops); i++)
    flop += json_object_get_double_member (
        json_array_get_object_element (ops, i), "flop");
  g_assert_cmpfloat (flop, >, 0);
  g_assert_cmpfloat (flop, ==, json_object_get_double_member (json, "flop"));

  file = nf_safetensors_open (output, &error);
  g_assert_no_error (error);
  entry = nf_safetensors_lookup (file, work->tensor);
  g_assert_nonnull (entry);
  g_assert_cmpuint (entry->elements, ==, work->elements);
  nf_test_folder_remove (folder);
}

/* The output is that of the weights and inputs in the files. */
static void
test_bench_same_numbers (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *folder = nf_test_folder_new ();
  g_autofree gchar *weights = g_build_filename (folder, "net.st", NULL);
  g_autofree gchar *inputs = g_build_filename (folder, "in.st", NULL);
  g_autofree gchar *output = g_build_filename (folder, "out.st", NULL);
  g_autofree gchar *words = g_strdup_printf (
      "network --checkpoint %s --tensors %s -o %s --repeat 1 --threads 1",
      weights, inputs, output);
  g_autofree gchar *sized = NULL;
  g_autoptr (NfDevice) device = nf_device_open ("cpu", &error);
  g_autoptr (NfSafetensorsWriter) writer = nf_safetensors_writer_new ();
  g_autoptr (NfSegmenter) segmenter = NULL;
  g_autoptr (NfSafetensors) file = NULL;
  const gint64 shape[] = { 1, 3, 32, 32 };
  g_autofree gfloat *image = g_new (gfloat, 3 * 32 * 32);
  g_autofree gfloat *logits = g_new (gfloat, 49 * 32 * 32);
  g_autofree guint8 *pixels = g_new (guint8, 3 * 32 * 32);
  guint8 mask[32 * 32];
  g_autoptr (GBytes) bytes = NULL;
  NfUnetppConfig config;

  nf_test_unetpp_config (&config);
  nf_test_save_unetpp (weights, &config, 3);
  for (guint i = 0; i < 3 * 32 * 32; i++) {
    guint c = i / (32 * 32), at = i % (32 * 32);

    pixels[3 * at + c] = (guint8) (i * 7);
    image[i] = (gfloat) ((pixels[3 * at + c] / 255.0 - config.mean[c])
        / config.std[c]);
  }
  bytes = g_bytes_new (image, 3 * 32 * 32 * sizeof (gfloat));
  nf_safetensors_writer_add (
      writer, "image", NF_SAFETENSORS_F32, 4, shape, bytes, &error);
  g_assert_no_error (error);
  nf_safetensors_writer_save (writer, inputs, &error);
  g_assert_no_error (error);
  g_assert_false (bench (words, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_SHAPE); /* frames of 240x160 */
  g_clear_error (&error);
  sized = g_strconcat (words, " --size 32x32", NULL);
  bench (sized, &error);
  g_assert_no_error (error);

  segmenter = nf_segmenter_load (weights, device, &error);
  g_assert_no_error (error);
  nf_segmenter_run (
      segmenter, NF_F32, FALSE, pixels, 1, 32, 32, mask, NULL, &error);
  g_assert_no_error (error);
  file = nf_safetensors_open (output, &error);
  g_assert_no_error (error);
  nf_safetensors_read_f32 (
      nf_safetensors_lookup (file, "output"), logits, &error);
  g_assert_no_error (error);
  for (guint at = 0; at < 32 * 32; at++)
    for (guint c = 0; c < 49; c++)
      g_assert_cmpfloat (logits[c * 32 * 32 + at], <=,
          logits[mask[at] * 32 * 32 + at] + 1e-5f);
  nf_test_folder_remove (folder);
}

static void
test_bench_op (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *folder = nf_test_folder_new ();
  g_autofree gchar *report = g_build_filename (folder, "report.json", NULL);
  g_autofree gchar *words =
      g_strdup_printf ("op --op fir --repeat 1 --json %s", report);
  g_autoptr (JsonObject) json = NULL;

  bench (words, &error);
  g_assert_no_error (error);
  json = read_report (report);
  g_assert_cmpuint (
      json_array_get_length (json_object_get_array_member (json, "cases")), ==,
      2);
  nf_test_folder_remove (folder);
  /* another op: those that are measured, each once */
  g_assert_false (bench ("op --op silu --repeat 1", &error));
  g_assert_nonnull (strstr (error->message,
      "--op silu: no such op is measured; name one of conv2d, linear, "));
  g_assert_true (g_str_has_suffix (error->message, ", nearest, fir"));
}

static void
test_bench_fails (void)
{
  static const gchar *const wrong[] = { "", "speed", "network train",
    "op --op no-such-op --repeat 1", "network -n no-such-network",
    "network -n tiny --size 16", "network -n tiny --size 16x16x3",
    "network -n tiny --size 15x16", "network -n tiny --precision f16",
    "network -n tiny --precision tf32", "network -n tiny --batch 0",
    "network -n tiny --repeat 0", "sampling -n tiny --sampler euler",
    "sampling -n unetpp-resnet18 --size 16x16", "network -c no-such-file",
    "network -c {\"ngf\":-1}", "network -c {", "network --no-such-option",
    "network -n tiny --tensors no-such-file",
    "network --checkpoint no-such-file", "network -n tiny --device gpu",
    "roofline -n tiny --gpu tpu", "roofline -n no-such-network" };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("bench %s", wrong[i]);
    g_assert_false (bench (wrong[i], &error));
    g_assert_nonnull (error);
    g_assert_true (error->domain == NF_ERROR);
  }
}

/* counting needs neither the memory nor the time of the work itself */
static void
test_bench_roofline (void)
{
  static const gchar *const words[] = { "roofline -n tiny --gpu a100-40",
    "roofline -n full --precision bf16 -b 64",
    "roofline -n mid --training --precision tf32",
    "roofline -n unetpp-resnet50 --size 160x240" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++) {
    g_autoptr (GError) error = NULL;

    bench (words[i], &error);
    g_assert_no_error (error);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bench/observe-counts", test_observe_counts);
  g_test_add_func ("/bench/median", test_median);
  for (guint i = 0; i < G_N_ELEMENTS (works); i++) {
    g_autofree gchar *path =
        g_strdup_printf ("/bench/%s/%s", works[i].mode, works[i].network);

    g_test_add_data_func (path, &works[i], test_bench_work);
  }
  g_test_add_func ("/bench/same-numbers", test_bench_same_numbers);
  g_test_add_func ("/bench/op", test_bench_op);
  g_test_add_func ("/bench/roofline", test_bench_roofline);
  g_test_add_func ("/bench/fails", test_bench_fails);

  return g_test_run ();
}
