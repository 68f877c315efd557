/* SPDX-License-Identifier: MIT
 *
 * figures — how much work and memory the full noise predictor is on a GPU
 *
 * An evaluation and the gradients of a batch are captured as graphs, with
 * stand-ins that do no work (NF_CUDA_DRY), the module's own pools, and plans of
 * the real cuDNN for a GPU that is described to it. Kernels are the graphs'
 * nodes, memory is what the pools have asked for; arithmetic is that of the ops,
 * bytes are those of their passes (passes.h). So nothing here depends on what the
 * machine can do.
 *
 * The text between two marks of docs/gpu-performance.md must be what comes out;
 * with --write it is written there. NF_DOCUMENT: the file. */
#include <nextframe/core/ops/nfbackward.h>
#include <nextframe/core/ops/nfgraph.h>
#include <nextframe/core/ops/nfobserve.h>
#include <nextframe/nets/nfunet.h>

#include "passes.h"

#include <cudnn.h>
#include <gmodule.h>
#include <math.h>
#include <string.h>

#define BEGIN "<!-- begin computed -->\n\n"
#define END "<!-- end computed -->\n"

/* Dense peaks without sparsity, bandwidth and memory of NVIDIA's data sheets
 * (A100: 2021; H100 SXM: 2023; H200: 2024) */
typedef struct
{
  const gchar *name;
  gdouble f32, bf16; /* FLOP/s */
  gdouble bandwidth; /* bytes/s */
} Gpu;

static const Gpu gpus[] = {
  { "A100 80 GB", 19.5e12, 312e12, 2.039e12 },
  { "H100", 66.9e12, 989.4e12, 3.35e12 },
  { "H200", 66.9e12, 989.4e12, 4.8e12 },
};

static const gdouble memories[] = { 24e9, 40e9, 80e9, 141e9 };

/* nodes of a graph, as runner::WorkKind has them */
typedef struct
{
  guint kernels, copies, fills, convolutions, products, others[2];
} Nodes;

/**
 * Figures:
 * @nodes: of the captured graph
 * @passes: of its ops
 * @parameters: that an optimiser changes
 * @before: work that had been queued when the op began that is watched
 */
typedef struct
{
  Nodes nodes, before;
  Passes passes;
  gdouble flops, bytes, reserved, parameters;
} Figures;

/* what is run; two batches, from which memory for others follows */
typedef struct
{
  const gchar *name;
  NfDType dtype;
  gboolean training;
  gint64 batches[2];
} Case;

static const Case cases[] = {
  { "evaluation, f32", NF_F32, FALSE, { 1, 8 } },
  { "evaluation, bf16", NF_BF16, FALSE, { 1, 8 } },
  { "gradients, f32", NF_F32, TRUE, { 1, 8 } },
  { "gradients, bf16", NF_BF16, TRUE, { 1, 8 } },
};

/* the full network with what it takes, and what an optimiser keeps */
typedef struct
{
  NfUnet *net;
  NfUnetCond *cond;
  NfTensor *past, *x, *time;
  GPtrArray *state;
  const Case *test;
} Full;

static NfDevice *device;
static void (*graph_nodes) (guint *counts);
static void (*submitted) (guint *counts);

static NfTensor *
memory_for (NfDType dtype, gint64 n, gint64 c, gint64 h, gint64 w)
{
  g_autoptr (GError) error = NULL;
  NfTensor *x = nf_tensor_new (device, dtype, n, c, h, w, &error);

  g_assert_no_error (error);
  return x;
}

/* moments and running average of every parameter */
static void
add_state (Full *full)
{
  NfParams *params = nf_unet_params (full->net);

  for (guint i = 0; i < nf_params_count (params); i++)
    for (guint k = 0; k < 3; k++) {
      NfTensor *state =
          nf_tensor_new_like (nf_params_index (params, i)->value, NULL);

      g_assert_nonnull (state);
      g_ptr_array_add (full->state, state);
    }
}

static void
full_init (Full *full, const Case *test, gint64 n)
{
  g_autoptr (GError) error = NULL;
  g_autofree gfloat *labels = g_new (gfloat, n);
  NfUnetConfig c;

  for (gint64 i = 0; i < n; i++)
    labels[i] = (gfloat) i;
  nf_unet_config_init (&c);
  *full = (Full){ .test = test };
  full->state =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_tensor_unref);
  full->net = nf_unet_new (device, &c, &error);
  g_assert_no_error (error);
  nf_params_set_trainable (nf_unet_params (full->net), test->training);
  if (test->training)
    add_state (full);
  full->past = memory_for (test->dtype, n,
      (gint64) c.channels * c.num_frames_cond, c.height, c.width);
  full->x = memory_for (
      NF_F32, n, (gint64) c.channels * c.num_frames, c.height, c.width);
  full->cond =
      test->training ? NULL : nf_unet_condition (full->net, full->past, &error);
  g_assert_no_error (error);
  full->time = test->training ? nf_unet_embed (full->net, labels, n, &error)
                              : nf_unet_times (full->net, labels, 1, &error);
  g_assert_no_error (error);
}

static void
full_clear (Full *full)
{
  g_clear_pointer (&full->cond, nf_unet_cond_free);
  g_ptr_array_unref (full->state);
  nf_tensor_unref (full->past);
  nf_tensor_unref (full->x);
  nf_tensor_unref (full->time);
  nf_unet_free (full->net);
}

static NfTensor *
evaluate (gpointer data, NfTensor *const *in, GError **error)
{
  const Full *full = data;

  return nf_unet_forward_at (full->net, in[0], in[1], full->cond, NULL, error);
}

static NfTensor *
gradients (gpointer data, NfTensor *const *in, GError **error)
{
  const Full *full = data;
  const NfForward how = { .training = TRUE, .dtype = full->test->dtype };
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfUnetCond) cond = NULL;
  g_autoptr (NfTensor) y = NULL, loss = NULL;

  nf_tape_begin (tape);
  cond = nf_unet_condition (full->net, full->past, error);
  if (cond != NULL)
    y = nf_unet_forward_at (full->net, in[0], in[1], cond, &how, error);
  loss = nf_op_noise_loss (y, in[0], NULL, error);
  nf_tape_end (tape);
  return loss != NULL && nf_tape_backward (tape, loss, error)
      ? g_steal_pointer (&loss)
      : NULL;
}

static void
add_op (const NfOpCall *call, gboolean backward, const NfOpTime *time,
    gpointer data)
{
  Figures *figures = data;
  const Nodes before = figures->before;
  Nodes now;
  guint own;

  submitted (&now.kernels);
  own = now.kernels - before.kernels;
  figures->before = now;
  figures->flops += nf_op_flops (call, backward);
  passes_add (&figures->passes, call, backward, own,
      own + now.convolutions - before.convolutions + now.products
          - before.products);
}

/* watches the ops of a run that finds everything made */
static void
watch (Figures *figures, const Full *full)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTensor) y = NULL;

  submitted (&figures->before.kernels);
  nf_observe_begin (add_op, figures);
  y = full->test->training ? gradients (
          (gpointer) full, (NfTensor *[]){ full->x, full->time }, &error)
                           : evaluate ((gpointer) full,
                               (NfTensor *[]){ full->x, full->time }, &error);
  nf_observe_end ();
  g_assert_no_error (error);
  nf_params_clear_grads (nf_unet_params (full->net));
  for (guint i = 0; i < N_PASSES; i++)
    figures->bytes += figures->passes.bytes[i];
}

static Figures
figures_of (const Case *test, gint64 n)
{
  Figures figures = { 0 };
  NfDeviceMemory memory;
  Full full;
  NfGraph *graph;

  full_init (&full, test, n);
  graph = nf_graph_new (device, test->training ? gradients : evaluate, &full);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (NfTensor) y = NULL;

    if (i == 1)
      watch (&figures, &full);
    y = nf_graph_run (graph, (NfTensor *[]){ full.x, full.time }, 2, &error);
    g_assert_no_error (error);
    if (i == 0)
      nf_params_clear_grads (nf_unet_params (full.net));
  }
  g_assert_true (nf_graph_captured (graph));
  graph_nodes (&figures.nodes.kernels);
  figures.parameters =
      (gdouble) nf_params_elements (nf_unet_params (full.net), TRUE);
  nf_device_memory (device, FALSE, &memory);
  figures.reserved = (gdouble) memory.reserved;
  nf_graph_free (graph);
  full_clear (&full);
  return figures;
}

/* on a device of its own, whose memory begins empty */
static Figures
figures_alone (const Case *test, gint64 n)
{
  g_autoptr (GError) error = NULL;
  Figures figures;

  device = nf_device_open ("cuda:0", &error);
  g_assert_no_error (error);
  figures = figures_of (test, n);
  nf_device_unref (device);
  return figures;
}

/* ---------------------------------------------------------------- the text */

/* of what grows with the batch, a sample's share */
static gdouble
each_more (guint i, gdouble first, gdouble larger)
{
  return (larger - first)
      / (gdouble) (cases[i].batches[1] - cases[i].batches[0]);
}

static void
write_work (GString *text, const Figures (*figures)[2])
{
  g_string_append (text,
      "| batch 1 | kernels of ours | convolutions | products | copies | GFLOP "
      "| GB | each more |\n|---|---|---|---|---|---|---|---|\n");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const Figures *f = &figures[i][0];

    g_string_append_printf (text,
        "| %s | %u | %u | %u | %u | %.1f | %.2f | %.2f |\n", cases[i].name,
        f->nodes.kernels, f->nodes.convolutions, f->nodes.products,
        f->nodes.copies + f->nodes.fills, 1e-9 * f->flops, 1e-9 * f->bytes,
        1e-9 * each_more (i, f->bytes, figures[i][1].bytes));
  }
}

static void
write_pass (GString *text, const gchar *name, const Passes *f32,
    const Passes *bf16, guint i)
{
  if (f32->kernels[i] > 0 || f32->bytes[i] > 0 || bf16->bytes[i] > 0)
    g_string_append_printf (text, "| %s | %u | %.2f | %u | %.2f |\n", name,
        f32->kernels[i], 1e-9 * f32->bytes[i], bf16->kernels[i],
        1e-9 * bf16->bytes[i]);
}

/* the norm of the gradients; then value, gradient, two moments and average in,
 * all but the gradient out, and what is multiplied in bf16 */
static void
write_optimiser (GString *text, gdouble parameters)
{
  g_string_append_printf (text, "| optimiser | 3 | %.2f | 3 | %.2f |\n",
      40e-9 * parameters, 42e-9 * parameters);
}

/* passes of batch 1: of an evaluation, and of a training step */
static void
write_passes (GString *text, const Figures (*figures)[2])
{
  for (guint training = 0; training < 2; training++) {
    const Figures *f32 = &figures[2 * training][0];
    const Figures *bf16 = &figures[2 * training + 1][0];

    g_string_append_printf (text,
        "\n| %s, batch 1 | f32 kernels | GB | bf16 kernels | GB |\n"
        "|---|---|---|---|---|\n",
        training ? "training step" : "evaluation");
    for (guint i = 0; i < N_PASSES; i++)
      write_pass (text, pass_names[i], &f32->passes, &bf16->passes, i);
    if (training)
      write_optimiser (text, f32->parameters);
  }
}

static void
write_memory (GString *text, const Figures (*figures)[2])
{
  g_string_append (text,
      "\n| GB reserved | batch 1 | each more | 24 GB | 40 GB | 80 GB | 141 GB "
      "|\n|---|---|---|---|---|---|---|\n");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const gdouble first = figures[i][0].reserved;
    const gdouble each = each_more (i, first, figures[i][1].reserved);

    g_string_append_printf (
        text, "| %s | %.2f | %.2f |", cases[i].name, 1e-9 * first, 1e-9 * each);
    for (guint m = 0; m < G_N_ELEMENTS (memories); m++)
      g_string_append_printf (text, " %.0f |",
          floor (MAX (0.0, 1 + (0.9 * memories[m] - first) / each)));
    g_string_append (text, "\n");
  }
}

/* the bound at the larger batch, each sample's */
static void
write_times (GString *text, const Figures (*figures)[2])
{
  g_string_append (text,
      "\n| at least, ms | A100 80 GB | H100 | H200 |\n|---|---|---|---|\n");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint k = 0; k < 2; k++) {
      const Figures *f = &figures[i][k];

      g_string_append_printf (text, "| %s, batch %" G_GINT64_FORMAT " |",
          cases[i].name, cases[i].batches[k]);
      for (guint g = 0; g < G_N_ELEMENTS (gpus); g++) {
        const gdouble peak =
            cases[i].dtype == NF_BF16 ? gpus[g].bf16 : gpus[g].f32;

        g_string_append_printf (text, " %.2f |",
            1e3 * MAX (f->flops / peak, f->bytes / gpus[g].bandwidth));
      }
      g_string_append (text, "\n");
    }
}

static gchar *
computed (void)
{
  Figures figures[G_N_ELEMENTS (cases)][2];
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint k = 0; k < 2; k++)
      figures[i][k] = figures_alone (&cases[i], cases[i].batches[k]);
  g_string_append_printf (
      text, "With cuDNN %d.%d, for an H100:\n\n", CUDNN_MAJOR, CUDNN_MINOR);
  write_work (text, (const Figures (*)[2]) figures);
  write_passes (text, (const Figures (*)[2]) figures);
  write_memory (text, (const Figures (*)[2]) figures);
  write_times (text, (const Figures (*)[2]) figures);
  g_string_append (text, "\n");
  return g_string_free (text, FALSE);
}

/* ------------------------------------------------------------ the document */

/* (out): what comes before, between and after the marks */
static void
read_parts (const gchar *path, gchar *parts[3])
{
  g_autofree gchar *all = NULL;
  gchar *begin, *end;

  g_assert_true (g_file_get_contents (path, &all, NULL, NULL));
  begin = strstr (all, BEGIN);
  g_assert_nonnull (begin);
  begin += strlen (BEGIN);
  end = strstr (begin, END);
  g_assert_nonnull (end);
  parts[0] = g_strndup (all, (gsize) (begin - all));
  parts[1] = g_strndup (begin, (gsize) (end - begin));
  parts[2] = g_strdup (end);
}

static gboolean is_to_write;

static void
test_document (void)
{
  const gchar *path = g_getenv ("NF_DOCUMENT");
  g_autofree gchar *version =
      g_strdup_printf ("With cuDNN %d.%d,", CUDNN_MAJOR, CUDNN_MINOR);
  g_autofree gchar *text = NULL, *whole = NULL;
  gchar *parts[3];

  g_assert_nonnull (path);
  read_parts (path, parts);
  if (!is_to_write && !g_str_has_prefix (parts[1], version)) {
    g_test_skip ("the document is of another cuDNN");
  } else {
    text = computed ();
    whole = g_strconcat (parts[0], text, parts[2], NULL);
    if (is_to_write)
      g_assert_true (g_file_set_contents (path, whole, -1, NULL));
    else
      g_assert_cmpstr (parts[1], ==, text);
  }
  for (guint i = 0; i < 3; i++)
    g_free (parts[i]);
}

/* the stand-ins' counts: of what the graph that was made last has, and of what
 * streams were given so far */
static gboolean
find_counts (void)
{
  g_autofree gchar *path = g_build_filename (
      g_getenv ("NEXTFRAME_MODULE_PATH"), "libnfcuda.so", NULL);
  GModule *module = g_module_open (path, 0);
  gpointer nodes = NULL, work = NULL;

  if (module == NULL
      || !g_module_symbol (module, "nf_runner_graph_work", &nodes)
      || !g_module_symbol (module, "nf_runner_submitted", &work))
    return FALSE;
  graph_nodes = (void (*) (guint *)) nodes;
  submitted = (void (*) (guint *)) work;
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  is_to_write = argc > 1 && g_str_equal (argv[1], "--write");
  g_assert_true (find_counts ());
  g_test_add_func ("/figures/document", test_document);
  return g_test_run ();
}
