/* SPDX-License-Identifier: MIT
 *
 * allocations — the CUDA backend where memory cannot be had
 *
 * Every allocation of a run fails once, alone or with all that follow: within
 * ordinary runs and while a graph is captured. What comes back then is the
 * error, or the right result by another way, and the next run has the right bits
 * and holds no more memory than before. And where work needs none: a device's, or
 * a graph's, first product may want no workspace. */
#include <nextframe/core/ops/nfbackward.h>
#include <nextframe/core/ops/nfgraph.h>
#include <nextframe/core/random/nfrng.h>
#include "standin-allocations.h"

#include <dlfcn.h>
#include <math.h>
#include <string.h>

static NfStandinAllocationsFunc plant;

static void
find_stand_in (void)
{
  g_autofree gchar *path = g_build_filename (
      g_getenv ("NEXTFRAME_MODULE_PATH"), "libnfcuda.so", NULL);
  void *module = dlopen (path, RTLD_NOW | RTLD_NOLOAD);

  g_assert_nonnull (module);
  *(void **) &plant = dlsym (module, "nf_standin_allocations");
  g_assert_nonnull (plant);
}

static NfTensor *
draw (NfDevice *device, gint64 n, gint64 c, gint64 h, gint64 w, guint64 stream)
{
  const NfRandnParams params = { n, c, h, w, { 1, stream, NF_RNG_TEST } };
  g_autoptr (GError) error = NULL;
  NfTensor *x = nf_op_randn (device, &params, &error);

  g_assert_no_error (error);
  return x;
}

/**
 * Net:
 * @dtype: of what flows through it
 * @input: of the function
 * @kernel: a convolution's weight
 * @bias: its bias
 * @matrix: a linear layer's weight
 *
 * A function of every library and of our own kernels: convolution, linear layer,
 * attention, normalisation.
 */
typedef struct
{
  NfDType dtype;
  NfTensor *input, *kernel, *bias, *matrix;
} Net;

static Net
net_new (NfDevice *device, NfDType dtype)
{
  return (Net){ dtype, draw (device, 2, 8, 6, 5, 1),
    draw (device, 16, 8, 3, 3, 2), draw (device, 1, 16, 1, 1, 3),
    draw (device, 16, 16, 1, 1, 4) };
}

static void
net_clear (Net *net)
{
  nf_tensor_clear (&net->input);
  nf_tensor_clear (&net->kernel);
  nf_tensor_clear (&net->bias);
  nf_tensor_clear (&net->matrix);
}

static NfTensor *
net_run (gpointer data, NfTensor *const *in, GError **error)
{
  static const NfConv2dParams conv = { 1, 1, NF_ACT_SILU };
  static const NfLinearParams linear = { FALSE };
  static const NfAttentionParams attention = { 2 };
  static const NfGroupNormParams norm = { 4, 1e-5f, NF_ACT_SILU };
  Net *net = data;
  g_autoptr (NfTensor) x = nf_op_cast (in[0], net->dtype, error);
  g_autoptr (NfTensor) y =
      nf_op_conv2d (x, net->kernel, net->bias, &conv, error);
  g_autoptr (NfTensor) z = nf_op_linear (y, net->matrix, NULL, &linear, error);
  g_autoptr (NfTensor) a = nf_op_attention (z, z, y, &attention, error);
  g_autoptr (NfTensor) b = nf_op_group_norm (a, NULL, NULL, &norm, error);

  return nf_op_cast (b, NF_F32, error);
}

/* gradients of the same: those of the weights, one after the other */
static NfTensor *
net_gradients (Net *net, GError **error)
{
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) y = NULL, seed = NULL;
  gboolean ok;

  nf_tensor_clear (&net->kernel->grad);
  nf_tensor_clear (&net->matrix->grad);
  nf_tape_begin (tape);
  y = net_run (net, &net->input, error);
  nf_tape_end (tape);
  if (y == NULL)
    return NULL;
  seed = nf_op_activation (y, NF_ACT_SILU, error);
  ok = seed != NULL && nf_tape_backward_from (tape, y, seed, error);
  return ok ? nf_tensor_ref (net->kernel->grad) : NULL;
}

static GBytes *
bits_of (const NfTensor *tensor, GError **error)
{
  g_autofree guint8 *bytes = g_malloc (tensor->bytes);

  if (!nf_tensor_to_nhwc (tensor, bytes, error))
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&bytes), tensor->bytes);
}

/* what is run with and without memory; NULL with the error set */
typedef GBytes *(*Run) (NfDevice *device, Net *net, GError **error);

static GBytes *
run_graph (NfDevice *device, Net *net, GError **error)
{
  g_autoptr (NfGraph) graph = nf_graph_new (device, net_run, net);
  g_autoptr (GBytes) last = NULL;

  for (guint i = 0; i < 3; i++) {
    g_autoptr (NfTensor) y = nf_graph_run (graph, &net->input, 1, error);

    if (y == NULL)
      return NULL;
    g_clear_pointer (&last, g_bytes_unref);
    last = bits_of (y, error);
    if (last == NULL)
      return NULL;
  }
  return g_steal_pointer (&last);
}

static GBytes *
run_gradients (NfDevice *device, Net *net, GError **error)
{
  g_autoptr (NfTensor) gradient = NULL;

  net->kernel->requires_grad = net->matrix->requires_grad = TRUE;
  gradient = net_gradients (net, error);
  return gradient != NULL ? bits_of (gradient, error) : NULL;
}

typedef struct
{
  const gchar *name;
  Run run;
  NfDType dtype;
} Case;

/* a run that must be right, and the most memory that it held */
static gsize
run_rightly (const Case *test, NfDevice *device, Net *net, GBytes *want)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) got = NULL;
  NfDeviceMemory memory;

  nf_device_memory (device, TRUE, &memory);
  got = test->run (device, net, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (got, want));
  nf_device_memory (device, FALSE, &memory);
  return memory.live;
}

/* a run on a device that has nothing yet, with failures; then some without */
static NfStandinAllocations
run_case (const Case *test, gint first, gint count, GBytes *want)
{
  g_autoptr (NfDevice) device = nf_device_open ("cuda", NULL);
  Net net = net_new (device, test->dtype);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) got = NULL;
  NfStandinAllocations so_far;
  gsize live;

  plant (first, count, &so_far);
  got = test->run (device, &net, &error);
  plant (0, 0, &so_far);
  if (got == NULL)
    g_assert_error (error, NF_ERROR, NF_ERROR_NO_MEMORY);
  else
    g_assert_no_error (error);
  g_assert_true (got == NULL || g_bytes_equal (got, want));
  run_rightly (test, device, &net, want);
  live = run_rightly (test, device, &net, want);
  g_assert_cmpuint (run_rightly (test, device, &net, want), ==, live);
  net_clear (&net);
  return so_far;
}

static GBytes *
right_result (const Case *test)
{
  g_autoptr (NfDevice) device = nf_device_open ("cuda", NULL);
  Net net = net_new (device, test->dtype);
  g_autoptr (GError) error = NULL;
  GBytes *bits = test->run (device, &net, &error);

  g_assert_no_error (error);
  net_clear (&net);
  return bits;
}

static void
test_failing (gconstpointer data)
{
  const Case *test = data;
  g_autoptr (GBytes) want = right_result (test);
  const NfStandinAllocations all = run_case (test, 0, 0, want);
  gint captured = 0;

  g_assert_cmpint (all.made, >, 5);
  for (gint i = 1; i <= all.made; i++) {
    const NfStandinAllocations one = run_case (test, i, 1, want);
    const NfStandinAllocations rest = run_case (test, i, G_MAXINT / 2, want);

    g_assert_cmpint (one.failed, ==, 1);
    g_assert_cmpint (rest.failed, >=, 1);
    captured += one.captured + rest.captured;
  }
  g_test_message (
      "%d allocations, %d failures within a capture", all.made, captured);
  if (test->run == run_graph)
    g_assert_cmpint (captured, >, 0);
}

/* the bits of a convolution on a device that has nothing yet, whose allocation
 * number @fails fails, and again when memory was given back; 0: none */
static GBytes *
convolve (gint64 channels, gint fails, NfStandinAllocations *so_far)
{
  static const NfConv2dParams params = { .stride = 1, .pad = 1 };
  g_autoptr (NfDevice) device = nf_device_open ("cuda", NULL);
  g_autoptr (NfTensor) x = draw (device, 1, channels, 6, 5, 1);
  g_autoptr (NfTensor) weight = draw (device, channels, channels, 3, 3, 2);
  g_autoptr (NfTensor) y = NULL;

  plant (fails, fails > 0 ? 2 : 0, so_far);
  y = nf_op_conv2d (x, weight, NULL, &params, NULL);
  plant (0, 0, so_far);
  return y != NULL ? bits_of (y, NULL) : NULL;
}

/* where a plan's workspace cannot be had, one that works in less does it */
static void
test_workspace (void)
{
  guint others = 0;

  for (gint64 channels = 1; channels <= 24; channels++) {
    NfStandinAllocations all;
    g_autoptr (GBytes) right = convolve (channels, 0, &all);

    for (gint i = 1; i <= all.made; i++) {
      NfStandinAllocations so_far;
      g_autoptr (GBytes) got = convolve (channels, i, &so_far);

      g_assert_true (got == NULL || g_bytes_equal (got, right));
      others += so_far.failed == 2 && got != NULL;
    }
  }
  g_test_message ("%u convolutions found another plan", others);
  g_assert_cmpuint (others, >, 0);
}

static NfTensor *
multiply (gpointer matrix, NfTensor *const *in, GError **error)
{
  static const NfLinearParams params = { FALSE };

  return nf_op_linear (in[0], matrix, NULL, &params, error);
}

/* a product on a device that has no workspace yet, then as the first work of a
 * graph; all values of the last run */
static gfloat *
first_product (gint64 channels)
{
  g_autoptr (NfDevice) device = nf_device_open ("cuda", NULL);
  g_autoptr (NfTensor) x = draw (device, 1, channels, 3, 1, 1);
  g_autoptr (NfTensor) matrix = draw (device, channels, channels, 1, 1, 2);
  g_autoptr (NfGraph) graph = nf_graph_new (device, multiply, matrix);
  gfloat *values = g_new (gfloat, 3 * channels);

  for (guint i = 0; i < 3; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (NfTensor) y = nf_graph_run (graph, &x, 1, &error);

    g_assert_no_error (error);
    g_assert_true (nf_tensor_to_nhwc (y, values, NULL));
  }
  g_assert_true (nf_graph_captured (graph));
  return values;
}

/* by whatever algorithm and workspace the stand-in has for the shape, or none */
static void
test_first_product (void)
{
  for (gint64 channels = 1; channels <= 40; channels++) {
    g_autofree gfloat *got = first_product (channels), *want = NULL;

    g_setenv ("NF_CUDA_ANSWERS", "plain", TRUE);
    want = first_product (channels);
    g_unsetenv ("NF_CUDA_ANSWERS");
    for (gint64 i = 0; i < 3 * channels; i++)
      g_assert_true (fabs ((gdouble) got[i] - (gdouble) want[i])
          <= 1e-5 * (1 + fabs ((gdouble) want[i])));
  }
}

int
main (int argc, char **argv)
{
  static const Case cases[] = {
    { "graph-f32", run_graph, NF_F32 },
    { "graph-bf16", run_graph, NF_BF16 },
    { "gradients-f32", run_gradients, NF_F32 },
    { "gradients-bf16", run_gradients, NF_BF16 },
  };
  g_autoptr (NfDevice) device = NULL;
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  device = nf_device_open ("cuda", &error);
  g_assert_no_error (error);
  find_stand_in ();
  g_clear_pointer (&device, nf_device_unref); /* each run opens its own */
  g_test_add_func ("/allocations/first-product", test_first_product);
  g_test_add_func ("/allocations/workspace", test_workspace);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *path = g_strconcat ("/allocations/", cases[i].name, NULL);

    g_test_add_data_func (path, &cases[i], test_failing);
  }
  return g_test_run ();
}
