/* SPDX-License-Identifier: MIT
 *
 * matmulprecision — f32 and TF32 side by side, on every device
 *
 * Where there is TF32, products in it differ from those in f32 by little, and
 * each thread, graph and gradient gets what was asked for it; elsewhere all have
 * the same bits. See naivecheck.c for the choice of devices. */
#include <nextframe/core/ops/nfgraph.h>
#include <nextframe/core/ops/nfbackward.h>
#include <nextframe/core/threads/nfmatmulprecision.h>
#include <nextframe/core/threads/nfcores.h>
#include "naivecheck.h"

#include <math.h>

#define CHANNELS 32
#define SIDE 8
#define MOST_ERROR 4e-3 /* of a sum of products in TF32, of its largest */

/* what computes something with products */
typedef NfTensor *(*Work) (NfTensor *x, NfTensor *weight, GError **error);

typedef struct
{
  NfDevice *device;
  Work work;
} Case;

static NfTensor *
noise (NfDevice *device, gint64 n, gint64 h, guint64 stream)
{
  const NfRandnParams params = { n, CHANNELS, h, h,
    { 3, stream, NF_RNG_TEST } };
  g_autoptr (GError) error = NULL;
  NfTensor *x = nf_op_randn (device, &params, &error);

  g_assert_no_error (error);
  return x;
}

/* only the CPU surely has none; it must then give the same bits */
static gboolean
has_tf32 (const NfDevice *device)
{
  return !device->backend->on_host;
}

/* ---- work ---- */

static NfTensor *
conv (NfTensor *x, NfTensor *weight, GError **error)
{
  const NfConv2dParams params = { 1, 1, NF_ACT_NONE };

  return nf_op_conv2d (x, weight, NULL, &params, error);
}

static NfTensor *
conv_cat (NfTensor *x, NfTensor *weight, GError **error)
{
  const NfConv2dCatParams params = { FALSE, NF_ACT_NONE };

  return nf_op_conv2d_cat (&x, 1, weight, NULL, &params, error);
}

static NfTensor *
linear (NfTensor *x, NfTensor *weight, GError **error)
{
  const NfLinearParams params = { FALSE };

  return nf_op_linear (x, weight, NULL, &params, error);
}

static NfTensor *
weight_of (const Case *c)
{
  return noise (c->device, CHANNELS, c->work == linear ? 1 : 3, 10);
}

static gfloat *
values_of (NfTensor *t)
{
  g_autoptr (GError) error = NULL;
  gfloat *values = g_malloc (t->bytes);

  nf_tensor_to_nhwc (t, values, &error);
  g_assert_no_error (error);
  return values;
}

/* the result on the host */
static gfloat *
result_of (const Case *c, NfMatmulPrecision precision, gsize *n)
{
  g_autoptr (NfTensor) x = noise (c->device, 2, SIDE, 1);
  g_autoptr (NfTensor) weight = weight_of (c);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTensor) y = NULL;

  nf_matmul_precision_set (precision);
  y = c->work (x, weight, &error);
  nf_matmul_precision_set (NF_MATMUL_PRECISION_DEFAULT);
  g_assert_no_error (error);
  *n = nf_tensor_elements (y);
  return values_of (y);
}

/* ---- comparing ---- */

static gboolean
same (const gfloat *a, const gfloat *b, gsize n)
{
  return memcmp (a, b, n * sizeof *a) == 0;
}

/* b is a with products in TF32, or the same where there are none */
static void
assert_rounded (
    const NfDevice *device, const gfloat *a, const gfloat *b, gsize n)
{
  gdouble most = 0, largest = 0;

  for (gsize i = 0; i < n; i++) {
    largest = fmax (largest, fabs ((gdouble) a[i]));
    most = fmax (most, fabs ((gdouble) b[i] - (gdouble) a[i]));
    g_assert_true (isfinite (a[i]) && isfinite (b[i]));
  }
  g_test_message ("%g away, of %g", most, largest);
  g_assert_true (largest > 0);
  g_assert_cmpfloat (most, <=, MOST_ERROR * largest);
  g_assert_cmpint (same (a, b, n), ==, !has_tf32 (device));
}

/* ---- the choice ---- */

static void
test_forward (gconstpointer data)
{
  const Case *c = data;
  gsize n;
  g_autofree gfloat *f32 = result_of (c, NF_MATMUL_PRECISION_F32, &n);
  g_autofree gfloat *tf32 = result_of (c, NF_MATMUL_PRECISION_TF32, &n);
  g_autofree gfloat *again = result_of (c, NF_MATMUL_PRECISION_F32, &n);
  g_autofree gfloat *otherwise = result_of (c, NF_MATMUL_PRECISION_DEFAULT, &n);

  assert_rounded (c->device, f32, tf32, n);
  g_assert_true (same (f32, again, n));
  g_assert_true (same (f32, otherwise, n));
}

/* gradients of x and of the weight, where @later is set before backward */
static void
gradients (const Case *c, NfMatmulPrecision precision, NfMatmulPrecision later,
    gfloat *grads[2], gsize n[2])
{
  g_autoptr (NfTensor) x = noise (c->device, 2, SIDE, 1);
  g_autoptr (NfTensor) weight = weight_of (c);
  NfTensor *leaves[] = { x, weight };
  g_autoptr (NfTensor) grad = NULL, y = NULL;
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (GError) error = NULL;

  x->requires_grad = weight->requires_grad = TRUE;
  nf_matmul_precision_set (precision);
  nf_tape_begin (tape);
  y = c->work (x, weight, &error);
  nf_tape_end (tape);
  g_assert_no_error (error);
  grad = noise (c->device, 2, SIDE, 20);
  nf_matmul_precision_set (later);
  nf_tape_backward_from (tape, y, grad, &error);
  nf_matmul_precision_set (NF_MATMUL_PRECISION_DEFAULT);
  g_assert_no_error (error);
  for (guint i = 0; i < 2; i++) {
    n[i] = nf_tensor_elements (leaves[i]->grad);
    grads[i] = values_of (leaves[i]->grad);
    nf_tensor_clear (&leaves[i]->grad);
  }
}

/* gradients are multiplied as the op itself was */
static void
test_backward (gconstpointer data)
{
  const Case *c = data;
  gfloat *f32[2], *tf32[2], *mixed[2];
  gsize n[2];

  gradients (c, NF_MATMUL_PRECISION_F32, NF_MATMUL_PRECISION_F32, f32, n);
  gradients (c, NF_MATMUL_PRECISION_TF32, NF_MATMUL_PRECISION_TF32, tf32, n);
  gradients (c, NF_MATMUL_PRECISION_TF32, NF_MATMUL_PRECISION_F32, mixed, n);
  for (guint i = 0; i < 2; i++) {
    assert_rounded (c->device, f32[i], tf32[i], n[i]);
    g_assert_true (same (tf32[i], mixed[i], n[i]));
    g_free (f32[i]);
    g_free (tf32[i]);
    g_free (mixed[i]);
  }
}

/* bf16 has no bits that TF32 lacks */
static void
test_bf16 (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (NfTensor) wide = noise (c->device, 2, SIDE, 1);
  g_autoptr (NfTensor) x = nf_op_cast (wide, NF_BF16, NULL);
  g_autoptr (NfTensor) weight = weight_of (c);
  gfloat *results[2];
  gsize n = 0;

  for (guint i = 0; i < 2; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (NfTensor) y = NULL;
    g_autoptr (NfTensor) y32 = NULL;

    nf_matmul_precision_set (
        i ? NF_MATMUL_PRECISION_TF32 : NF_MATMUL_PRECISION_F32);
    y = c->work (x, weight, &error);
    nf_matmul_precision_set (NF_MATMUL_PRECISION_DEFAULT);
    g_assert_no_error (error);
    y32 = nf_op_cast (y, NF_F32, NULL);
    n = nf_tensor_elements (y32);
    results[i] = values_of (y32);
  }
  g_assert_true (same (results[0], results[1], n));
  g_free (results[0]);
  g_free (results[1]);
}

/* ---- who else has a choice ---- */

typedef struct
{
  const Case *c;
  NfMatmulPrecision precision;
  const gfloat *want;
} Thread;

static gpointer
run_thread (gpointer data)
{
  const Thread *thread = data;
  gsize n;

  for (guint i = 0; i < 8; i++) {
    g_autofree gfloat *got = result_of (thread->c, thread->precision, &n);

    g_assert_true (same (got, thread->want, n));
  }
  return NULL;
}

/* each thread has its own choice */
static void
test_threads (gconstpointer data)
{
  const Case *c = data;
  gsize n;
  g_autofree gfloat *f32 = result_of (c, NF_MATMUL_PRECISION_F32, &n);
  g_autofree gfloat *tf32 = result_of (c, NF_MATMUL_PRECISION_TF32, &n);
  Thread rows[] = { { c, NF_MATMUL_PRECISION_F32, f32 },
    { c, NF_MATMUL_PRECISION_TF32, tf32 } };
  GThread *thread = g_thread_new ("tf32", run_thread, &rows[1]);

  run_thread (&rows[0]);
  g_thread_join (thread);
}

typedef struct
{
  const Case *c;
  NfTensor *weight;
} Net;

static NfTensor *
net_run (gpointer data, NfTensor *const *in, GError **error)
{
  const Net *net = data;

  return net->c->work (in[0], net->weight, error);
}

/* a captured graph does not outlive the choice */
static void
test_graph (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (NfTensor) x = noise (c->device, 2, SIDE, 1);
  g_autoptr (NfTensor) weight = weight_of (c);
  Net net = { c, weight };
  g_autoptr (NfGraph) graph = nf_graph_new (c->device, net_run, &net);

  for (guint i = 0; i < 12; i++) {
    const NfMatmulPrecision precision =
        i / 4 % 2 ? NF_MATMUL_PRECISION_TF32 : NF_MATMUL_PRECISION_F32;
    gsize n;
    g_autofree gfloat *want = result_of (c, precision, &n);
    g_autofree gfloat *got = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (NfTensor) y = NULL;

    nf_matmul_precision_set (precision);
    y = nf_graph_run (graph, &x, 1, &error);
    nf_matmul_precision_set (NF_MATMUL_PRECISION_DEFAULT);
    g_assert_no_error (error);
    got = values_of (y);
    g_assert_true (same (got, want, n));
  }
}

/* a lease ends with the choice that it began with */
static void
test_lease (gconstpointer data)
{
  const Case *c = data;
  NfCoreLease lease;

  nf_matmul_precision_set (NF_MATMUL_PRECISION_F32);
  g_assert_true (nf_cores_acquire (&lease, c->device, 1, NULL, NULL));
  nf_matmul_precision_set (NF_MATMUL_PRECISION_TF32);
  nf_cores_release (&lease);
  g_assert_cmpint (nf_matmul_precision_get (), ==, NF_MATMUL_PRECISION_F32);
  nf_matmul_precision_set (NF_MATMUL_PRECISION_DEFAULT);
}

/* ---- the variable ---- */

static void
test_variable (void)
{
  if (g_test_subprocess ()) {
    g_setenv ("NEXTFRAME_TF32", "1", TRUE);
    g_assert_true (nf_matmul_precision_is_tf32 ());
    nf_matmul_precision_set (NF_MATMUL_PRECISION_F32);
    g_assert_false (nf_matmul_precision_is_tf32 ());
    return;
  }
  g_assert_false (nf_matmul_precision_is_tf32 ());
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

static void
add_tests (NfDevice *device)
{
  static const struct
  {
    const gchar *name;
    GTestDataFunc func;
  } tests[] = { { "forward", test_forward }, { "backward", test_backward },
    { "bf16", test_bf16 }, { "threads", test_threads }, { "graph", test_graph },
    { "lease", test_lease } };
  static const struct
  {
    const gchar *name;
    Work work;
  } works[] = { { "conv2d", conv }, { "conv2d_cat", conv_cat },
    { "linear", linear } };

  for (guint i = 0; i < G_N_ELEMENTS (works); i++)
    for (guint k = 0; k < G_N_ELEMENTS (tests); k++) {
      Case *c = g_new (Case, 1);
      g_autofree gchar *path = g_strdup_printf ("/matmulprecision/%s/%s/%s",
          device->name, works[i].name, tests[k].name);

      *c = (Case){ device, works[i].work };
      g_test_add_data_func_full (path, c, tests[k].func, g_free);
    }
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) devices = NULL;

  g_unsetenv ("NEXTFRAME_TF32");
  g_test_init (&argc, &argv, NULL);
  devices = naive_devices ();
  for (guint i = 0; i < devices->len; i++)
    add_tests (g_ptr_array_index (devices, i));
  g_test_add_func ("/matmulprecision/variable", test_variable);
  return g_test_run ();
}
