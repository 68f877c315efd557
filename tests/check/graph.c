/* SPDX-License-Identifier: MIT
 *
 * graph — functions that are run again and again, on every device
 *
 * Where the device captures, most runs must be starts of the captured graph, and
 * all must give the bits that calling the function gives. See naivecheck.c for
 * the choice of devices. Sibling: graphthreads.c */
#include <nextframe/core/ops/nfbackward.h>
#include <nextframe/core/params/nfoptim.h>
#include "graphnet.h"
#include "naivecheck.h"

#include <gmodule.h>

static void
test_same_bits (gconstpointer data)
{
  NfDevice *device = (NfDevice *) data;
  NfTestNet net = { nf_test_net_input (device, 4, 7) };
  g_autoptr (NfGraph) graph = nf_graph_new (device, nf_test_net_run, &net);

  for (guint i = 0; i < 6; i++)
    nf_test_net_check (graph, &net, device, 4, i);
  if (device->backend->graph == NULL) {
    g_assert_cmpuint (nf_graph_launches (graph), ==, 0);
  } else {
    /* the first is an ordinary run; each check calls the function, too */
    g_assert_cmpuint (nf_graph_launches (graph), ==, 5);
    g_assert_cmpuint (net.calls, ==, 6 + 2);
  }
  nf_tensor_unref (net.gain);
}

/* a result stays as it is when the graph runs again */
static void
test_results_last (gconstpointer data)
{
  NfDevice *device = (NfDevice *) data;
  NfTestNet net = { nf_test_net_input (device, 4, 7) };
  g_autoptr (NfGraph) graph = nf_graph_new (device, nf_test_net_run, &net);
  g_autoptr (GPtrArray) results =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_tensor_unref);
  g_autoptr (NfTensor) b = nf_test_net_input (device, 4, 99);

  for (guint64 i = 0; i < 5; i++) {
    g_autoptr (NfTensor) a = nf_test_net_input (device, 4, i);

    g_ptr_array_add (
        results, nf_graph_run (graph, (NfTensor *[]){ a, b }, 2, NULL));
  }
  for (guint64 i = 0; i < 5; i++) {
    g_autoptr (NfTensor) a = nf_test_net_input (device, 4, i);
    g_autoptr (NfTensor) want =
        nf_test_net_run (&net, (NfTensor *[]){ a, b }, NULL);

    nf_test_assert_same_bits (results->pdata[i], want);
  }
  nf_tensor_unref (net.gain);
}

/* other shapes are captured anew */
static void
test_other_shapes (gconstpointer data)
{
  static const gint64 rows[] = { 4, 4, 4, 9, 9, 9, 4, 4 };
  NfDevice *device = (NfDevice *) data;
  const NfRandnParams params = { 1, 3, 1, 1, { 3, 0, NF_RNG_TEST } };
  NfTestNet net = { nf_op_randn (device, &params, NULL) };
  g_autoptr (NfGraph) graph = nf_graph_new (device, nf_test_net_run, &net);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    nf_test_net_check (graph, &net, device, rows[i], i);
  if (device->backend->graph != NULL)
    g_assert_cmpuint (nf_graph_launches (graph), ==, 5);
  nf_tensor_unref (net.gain);
}

/* what fails while it is captured fails as it does otherwise */
static void
test_errors (gconstpointer data)
{
  NfDevice *device = (NfDevice *) data;
  NfTestNet net = { nf_test_net_input (device, 4, 7) };
  g_autoptr (NfGraph) graph = nf_graph_new (device, nf_test_net_run, &net);
  g_autoptr (NfTensor) a = nf_test_net_input (device, 4, 1);
  g_autoptr (GError) error = NULL;

  nf_test_net_check (graph, &net, device, 4, 1);
  net.fails = TRUE;
  g_assert_null (nf_graph_run (graph, (NfTensor *[]){ a, a }, 2, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "planted"));
  net.fails = FALSE;
  nf_test_net_check (graph, &net, device, 4, 3);
  nf_tensor_unref (net.gain);
}

/* a loss of silu (x (1 + gain) + gain), with the gradient of gain */
static NfTensor *
loss_run (gpointer data, NfTensor *const *in, GError **error)
{
  NfTestNet *net = data;
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) mod = NULL, act = NULL, loss = NULL;

  nf_tape_begin (tape);
  mod = nf_op_modulate (in[0], net->gain, net->gain, error);
  act = nf_op_activation (mod, NF_ACT_SILU, error);
  loss = nf_op_noise_loss (act, in[0], NULL, error);
  nf_tape_end (tape);
  net->calls++;
  return loss != NULL && nf_tape_backward (tape, loss, error)
      ? g_steal_pointer (&loss)
      : NULL;
}

/* a step of training is captured with its gradients */
static void
test_gradients (gconstpointer data)
{
  NfDevice *device = (NfDevice *) data;
  NfTestNet net = { nf_test_net_input (device, 4, 7) };
  NfTestNet plain = { nf_test_net_input (device, 4, 7) };
  g_autoptr (NfGraph) graph = nf_graph_new (device, loss_run, &net);

  net.gain->requires_grad = plain.gain->requires_grad = TRUE;
  for (guint64 i = 0; i < 5; i++) {
    g_autoptr (NfTensor) x = nf_test_net_input (device, 4, i);
    g_autoptr (GError) error = NULL;
    g_autoptr (NfTensor) got = nf_graph_run (graph, &x, 1, &error);
    g_autoptr (NfTensor) want = NULL;

    g_assert_no_error (error);
    want = loss_run (&plain, &x, &error);
    g_assert_no_error (error);
    nf_test_assert_same_bits (got, want);
    nf_test_assert_same_bits (net.gain->grad, plain.gain->grad);
    if (!nf_graph_captured (graph))
      nf_tensor_clear (&net.gain->grad);
    nf_tensor_clear (&plain.gain->grad);
  }
  if (device->backend->graph != NULL) {
    g_assert_cmpuint (nf_graph_launches (graph), ==, 4);
    g_assert_cmpuint (net.calls, ==, 2);
  }
  nf_tensor_clear (&net.gain->grad);
  nf_tensor_unref (net.gain);
  nf_tensor_unref (plain.gain);
}

/* statistics that an op changes: mean, var and count, behind weight and bias */
typedef struct
{
  NfTensor *of[5];
} Stats;

static void
stats_init (Stats *stats, NfDevice *device)
{
  static const gfloat ones[] = { 1, 1, 1 };
  static const gint64 none = 0;

  for (guint i = 0; i < 4; i++)
    stats->of[i] =
        nf_tensor_new_from_nhwc (device, NF_F32, 1, 3, 1, 1, ones, NULL);
  stats->of[4] =
      nf_tensor_new_from_nhwc (device, NF_I64, 1, 1, 1, 1, &none, NULL);
}

static void
stats_clear (Stats *stats)
{
  for (guint i = 0; i < G_N_ELEMENTS (stats->of); i++)
    nf_tensor_clear (&stats->of[i]);
}

static NfTensor *
stats_run (gpointer data, NfTensor *const *in, GError **error)
{
  static const NfBatchNormParams params = { TRUE, 0.1f, 1e-5f, NF_ACT_RELU };
  NfTensor *const *of = ((const Stats *) data)->of;
  const NfBatchNormInputs inputs = { in[0], of[0], of[1], of[2], of[3], NULL,
    of[4] };

  return nf_op_batch_norm (&inputs, &params, error);
}

/* what captured ops change moves at every start, and others can see that */
static void
test_changes (gconstpointer data)
{
  NfDevice *device = (NfDevice *) data;
  Stats stats, plain;
  g_autoptr (NfGraph) graph = nf_graph_new (device, stats_run, &stats);
  gint64 count;

  stats_init (&stats, device);
  stats_init (&plain, device);
  for (guint i = 0; i < 5; i++) {
    const guint before[] = { stats.of[2]->version, stats.of[3]->version,
      stats.of[4]->version };
    g_autoptr (GError) error = NULL;
    g_autoptr (NfTensor) x = nf_test_net_input (device, 4, i);
    g_autoptr (NfTensor) got = nf_graph_run (graph, &x, 1, &error);
    g_autoptr (NfTensor) want = NULL;

    g_assert_no_error (error);
    want = stats_run (&plain, &x, &error);
    g_assert_no_error (error);
    nf_test_assert_same_bits (got, want);
    for (guint j = 2; j < 5; j++) {
      nf_test_assert_same_bits (stats.of[j], plain.of[j]);
      g_assert_cmpuint (stats.of[j]->version, !=, before[j - 2]);
    }
  }
  g_assert_true (nf_tensor_to_nhwc (stats.of[4], &count, NULL));
  g_assert_cmpint (count, ==, 5);
  if (device->backend->graph != NULL)
    g_assert_cmpuint (nf_graph_launches (graph), ==, 4);
  stats_clear (&stats);
  stats_clear (&plain);
}

/* pieces of work that the device has not done, where the stand-ins tell */
static guint
queued (void)
{
  const gchar *folder = g_getenv ("NEXTFRAME_MODULE_PATH");
  g_autofree gchar *path =
      folder != NULL ? g_build_filename (folder, "libnfcuda.so", NULL) : NULL;
  GModule *module = path != NULL ? g_module_open (path, 0) : NULL;
  gpointer count = NULL;
  guint n = 0;

  if (module != NULL && g_module_symbol (module, "nf_runner_queued", &count))
    n = ((guint (*) (void)) count) ();
  if (module != NULL)
    g_module_close (module);
  return n;
}

/* a host that only starts graphs does not get ever further ahead */
static void
test_pace (gconstpointer data)
{
  NfDevice *device = (NfDevice *) data;
  NfTestNet net = { nf_test_net_input (device, 4, 7) };
  g_autoptr (NfGraph) graph = nf_graph_new (device, nf_test_net_run, &net);
  g_autoptr (NfTensor) a = nf_test_net_input (device, 4, 1);
  guint early = 0;

  for (guint i = 0; i < 20; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (NfTensor) result =
        nf_graph_run (graph, (NfTensor *[]){ a, a }, 2, &error);

    g_assert_no_error (error);
    if (i == 8)
      early = queued ();
  }
  g_test_message ("%u pieces of work queued, then %u", early, queued ());
  g_assert_cmpuint (queued (), <=, early);
  nf_tensor_unref (net.gain);
}

/* one graph after the other, with other work in between, as sampling has them:
 * the memory of one is enough for the next */
static void
test_memory_is_used_again (gconstpointer data)
{
  NfDevice *device = (NfDevice *) data;
  NfTestNet net = { nf_test_net_input (device, 512, 7) };
  NfDeviceMemory first = { 0 }, last = { 0 };

  for (guint i = 0; i < 6; i++) {
    g_autoptr (NfGraph) graph = nf_graph_new (device, nf_test_net_run, &net);

    for (guint64 run = 0; run < 4; run++)
      nf_test_net_check (graph, &net, device, 512, run);
    if (i < 3)
      nf_device_memory (device, FALSE, &first);
  }
  nf_device_memory (device, FALSE, &last);
  g_assert_cmpuint (last.reserved, ==, first.reserved);
  nf_tensor_unref (net.gain);
}

/* memory of a tensor serves one that is a little smaller, not one of half its
 * size */
static void
test_larger_block_will_do (gconstpointer data)
{
  static const struct
  {
    gint64 mebibytes;
    gboolean fits;
  } next[] = { { 16, TRUE }, { 15, TRUE }, { 8, FALSE } };
  NfDevice *device = (NfDevice *) data;
  NfDeviceMemory before, after;

  if (device->backend->graph == NULL)
    return; /* the CPU's allocator has rules of its own */
  if (g_getenv ("NEXTFRAME_NO_POOL") != NULL) {
    g_test_skip ("without a pool a block is as long as was asked for");
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (next); i++) {
    NfTensor *x = nf_tensor_new (device, NF_F32, 1, 4, 1 << 10, 1 << 10, NULL);
    NfTensor *y;

    nf_tensor_clear (&x);
    nf_device_memory (device, TRUE, &before); /* peaks begin anew */
    nf_device_memory (device, FALSE, &before);
    y = nf_tensor_new (
        device, NF_F32, 1, next[i].mebibytes, 1 << 9, 1 << 9, NULL);
    nf_device_memory (device, FALSE, &after);
    g_assert_true ((after.reserved == before.reserved) == next[i].fits);
    nf_tensor_clear (&y);
  }
}

/* in bf16: in[0] times a weight, twice */
static NfTensor *
product_run (gpointer data, NfTensor *const *in, GError **error)
{
  static const NfLinearParams params = { FALSE };
  NfTensor *weight = data;
  g_autoptr (NfTensor) x = nf_op_cast (in[0], NF_BF16, error);
  g_autoptr (NfTensor) h = NULL, y = NULL;

  if (x != NULL)
    h = nf_op_linear (x, weight, NULL, &params, error);
  if (h != NULL)
    y = nf_op_linear (h, weight, NULL, &params, error);
  return nf_op_cast (y, NF_F32, error);
}

static NfTensor *
weight_tensor (NfDevice *device, guint64 seed)
{
  const NfRandnParams params = { 3, 3, 1, 1, { seed, 0, NF_RNG_TEST } };

  return nf_op_randn (device, &params, NULL);
}

/* a weight that has changed counts with its new values, though the graph reads
 * what was made of the old ones; @trained: as the trainer has it */
static void
check_weight_changes (NfDevice *device, gboolean trained)
{
  g_autoptr (NfTensor) weight = weight_tensor (device, 1);
  g_autoptr (NfGraph) graph = nf_graph_new (device, product_run, weight);
  g_autoptr (NfTensor) x = nf_test_net_input (device, 4, 5);
  g_autoptr (GError) error = NULL;

  weight->requires_grad = trained;
  for (guint64 i = 0; i < 8; i++) {
    g_autoptr (NfTensor) now = weight_tensor (device, 10 + i / 2);
    g_autoptr (NfTensor) got = NULL, want = NULL;

    if (i % 2 == 1) /* also between the first run and the captured one */
      nf_tensor_copy (weight, now, &error);
    g_assert_no_error (error);
    got = nf_graph_run (graph, &x, 1, &error);
    g_assert_no_error (error);
    nf_tensor_copy (now, weight, &error);
    want = product_run (now, &x, &error);
    g_assert_no_error (error);
    nf_test_assert_same_bits (got, want);
  }
  if (device->backend->graph != NULL)
    g_assert_cmpuint (nf_graph_launches (graph), ==, 7);
}

static void
test_weights_change (gconstpointer data)
{
  check_weight_changes ((NfDevice *) data, FALSE);
  check_weight_changes ((NfDevice *) data, TRUE);
}

/* a convolution of bf16 with a gain, as residual blocks have it */
typedef struct
{
  NfTensor *weight, *bias;
} Conv;

static NfTensor *
conv_run (gpointer data, NfTensor *const *in, GError **error)
{
  static const NfConv2dParams params = { .stride = 1, .gain = 0.75f };
  const Conv *conv = data;
  g_autoptr (NfTensor) x = nf_op_cast (in[0], NF_BF16, error);
  g_autoptr (NfTensor) y =
      nf_op_conv2d_add (x, conv->weight, conv->bias, x, &params, error);

  return nf_op_cast (y, NF_F32, error);
}

static NfTensor *
copy_of (NfTensor *x)
{
  NfTensor *copy = nf_tensor_new_like (x, NULL);

  g_assert_true (nf_tensor_copy (copy, x, NULL));
  return copy;
}

/* a step of the optimiser, by which it moves a lot */
static void
move (NfTensor *value, guint64 t)
{
  const NfAdamParams adam = {
    .lr = 0.5, .beta1 = 0.9, .beta2 = 0.9, .eps = 1e-8, .t = t, .grad_scale = 1
  };
  g_autoptr (NfTensor) m = nf_tensor_new_zeros (
      value->device, NF_F32, value->n, value->c, 1, 1, NULL);
  g_autoptr (NfTensor) v = copy_of (m);
  g_autoptr (NfTensor) grad = copy_of (value);
  const NfOptimItem item = { value, grad, m, v, NULL };
  g_autoptr (GError) error = NULL;

  nf_optim_step (&item, 1, &adam, 0, &error);
  g_assert_no_error (error);
}

/* an optimiser's step counts in products, in the next run, captured or not */
static void
test_weights_optimised (gconstpointer data)
{
  NfDevice *device = (NfDevice *) data;
  g_autoptr (NfTensor) weight = weight_tensor (device, 1);
  g_autoptr (NfTensor) bias =
      nf_tensor_new_filled (device, 1, 3, 1, 1, 0.3f, NULL);
  Conv conv = { weight, bias };
  g_autoptr (NfGraph) graph = nf_graph_new (device, conv_run, &conv);
  g_autoptr (NfTensor) x = nf_test_net_input (device, 4, 5);

  weight->requires_grad = bias->requires_grad = TRUE;
  for (guint64 i = 0; i < 4; i++) {
    g_autoptr (NfTensor) fresh_weight = copy_of (weight);
    g_autoptr (NfTensor) fresh_bias = copy_of (bias);
    Conv fresh = { fresh_weight, fresh_bias };
    g_autoptr (GError) error = NULL;
    g_autoptr (NfTensor) got = nf_graph_run (graph, &x, 1, &error);
    g_autoptr (NfTensor) want = NULL;

    g_assert_no_error (error);
    want = conv_run (&fresh, &x, &error);
    g_assert_no_error (error);
    nf_test_assert_same_bits (got, want);
    move (weight, i + 1);
    move (bias, i + 1);
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) devices = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  devices = naive_devices ();
  for (guint i = 0; i < devices->len; i++) {
    NfDevice *device = g_ptr_array_index (devices, i);

#define ADD(what)                                                              \
  do {                                                                         \
    g_autofree gchar *path =                                                   \
        g_strdup_printf ("/graph/%s/%s", device->name, #what);                 \
                                                                               \
    g_test_add_data_func (path, device, test_##what);                          \
  } while (0)
    ADD (same_bits);
    ADD (results_last);
    ADD (other_shapes);
    ADD (errors);
    ADD (gradients);
    ADD (changes);
    ADD (pace);
    ADD (memory_is_used_again);
    ADD (larger_block_will_do);
    ADD (weights_change);
    ADD (weights_optimised);
#undef ADD
  }
  status = g_test_run ();
  return status;
}
