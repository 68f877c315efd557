/* SPDX-License-Identifier: MIT
 *
 * optim — an optimiser's step over all parameters at once
 *
 * It must do what the ops do one tensor at a time: on the CPU the same bits, on
 * other devices within the tolerance of the op test's rows. */
#include <nextframe/core/params/nfoptim.h>
#include <nextframe/core/tensor/nftensor.h>
#include "naivecheck.h"
#include "testdevice.h"

#include <math.h>
#include <string.h>

static NfDevice *device;

/* sizes: one element, an odd few, a whole pack, several chunks of a block */
static const gint64 sizes[] = { 1, 7, 64, 3, 40001, 16384, 5, 2, 1, 3, 6, 9,
  10 };

#define N G_N_ELEMENTS (sizes)

/* parameters; every third has no gradient, every fourth no running average, the
 * last but one neither */
typedef struct
{
  NfOptimItem items[N];
} Set;

static NfTensor *
noise (gint64 size, guint64 stream, gdouble power)
{
  const NfRandnParams params = { 1, size, 1, 1, { 3, stream, NF_RNG_TEST } };
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTensor) x = nf_op_randn (device, &params, &error);
  g_autofree gfloat *data = g_new (gfloat, size);

  g_assert_no_error (error);
  g_assert_true (nf_tensor_to_nhwc (x, data, NULL));
  for (gint64 i = 0; i < size; i++)
    data[i] = (gfloat) pow (fabs ((gdouble) data[i]), power)
        * (power < 2 ? copysignf (1, data[i]) : 1);
  return nf_tensor_new_from_nhwc (device, NF_F32, 1, size, 1, 1, data, NULL);
}

static void
set_init (Set *set)
{
  for (guint i = 0; i < N; i++)
    set->items[i] = (NfOptimItem){ noise (sizes[i], 10 * i, 1),
      i % 3 == 2 ? NULL : noise (sizes[i], 10 * i + 1, 1),
      noise (sizes[i], 10 * i + 2, 1), noise (sizes[i], 10 * i + 3, 2),
      i % 4 == 3 ? NULL : noise (sizes[i], 10 * i + 4, 1) };
}

static void
set_clear (Set *set)
{
  for (guint i = 0; i < N; i++) {
    nf_tensor_clear (&set->items[i].value);
    nf_tensor_clear (&set->items[i].grad);
    nf_tensor_clear (&set->items[i].m);
    nf_tensor_clear (&set->items[i].v);
    nf_tensor_clear (&set->items[i].shadow);
  }
}

static void
assert_same (const gchar *what, const NfTensor *got, const NfTensor *want)
{
  const gboolean cpu = g_str_equal (device->name, "cpu");
  g_autoptr (Naive) a = NULL;
  g_autofree gchar *miss = NULL;

  if (got == NULL && want == NULL)
    return;
  a = naive_from_tensor (want);
  miss = naive_miss_tensor (what, got, a, cpu ? 0 : 1e-13);
  g_assert_cmpstr (miss, ==, NULL);
}

/* also how often they changed */
static void
assert_same_sets (const Set *got, const Set *want)
{
  for (guint i = 0; i < N; i++) {
    const NfOptimItem *a = &got->items[i], *b = &want->items[i];

    g_test_message ("item %u", i);
    g_assert_cmpuint (a->value->version, ==, b->value->version);
    g_assert_cmpuint (a->m->version, ==, b->m->version);
    g_assert_cmpuint (a->v->version, ==, b->v->version);
    if (a->shadow != NULL)
      g_assert_cmpuint (a->shadow->version, ==, b->shadow->version);
    assert_same ("value", a->value, b->value);
    assert_same ("m", a->m, b->m);
    assert_same ("v", a->v, b->v);
    assert_same ("shadow", a->shadow, b->shadow);
  }
}

static void
step_by_ops (const Set *set, const NfAdamParams *adam, gdouble rate)
{
  for (guint i = 0; i < N; i++) {
    const NfOptimItem *item = &set->items[i];

    if (item->grad != NULL)
      g_assert_true (
          nf_op_adam (item->value, item->grad, item->m, item->v, adam, NULL));
    if (item->shadow != NULL)
      g_assert_true (nf_op_ema (item->shadow, item->value, rate, NULL));
  }
}

static void
check_steps (gboolean decoupled)
{
  NfAdamParams adam = { 1e-2, 0.9, 0.99, 1e-8, 0.1, 0.5, 1, decoupled };
  Set all, single;

  set_init (&all);
  set_init (&single);
  for (adam.t = 1; adam.t <= 3; adam.t++) {
    g_autoptr (GError) error = NULL;

    nf_optim_step (all.items, N, &adam, 0.9, &error);
    g_assert_no_error (error);
    step_by_ops (&single, &adam, 0.9);
    assert_same_sets (&all, &single);
  }
  set_clear (&all);
  set_clear (&single);
}

static void
test_step_is_that_of_the_ops (void)
{
  check_steps (TRUE);
  check_steps (FALSE);
}

/* data that does not lie at the beginning of an allocation, and moments that are
 * still to be made */
static void
test_step_on_odd_addresses (void)
{
  const NfAdamParams adam = { 1e-2, 0.9, 0.99, 1e-8, 0.1, 0.5, 1, TRUE };
  g_autoptr (NfTensor) whole = noise (1002, 1, 1);
  g_autoptr (NfTensor) rows = nf_tensor_reshape (whole, 2, 501, 1, 1, NULL);
  g_autoptr (NfTensor) odd = nf_tensor_batch_slice (rows, 1, 1, NULL);
  g_autoptr (NfTensor) even = nf_tensor_new_like (odd, NULL);
  g_autoptr (NfTensor) grad = noise (501, 2, 1);
  NfTensor *moments[4];
  gdouble norms[2];

  g_assert_true (nf_tensor_copy (even, odd, NULL));
  for (guint i = 0; i < 4; i++)
    moments[i] = nf_tensor_new_lazy_zeros (device, NF_F32, 1, 501, 1, 1, NULL);
  g_assert_true (nf_optim_norm (&odd, 1, &norms[0], NULL));
  g_assert_true (nf_optim_norm (&even, 1, &norms[1], NULL));
  g_assert_true (isfinite (norms[1]));
  g_assert_true (fabs (norms[0] - norms[1]) <= 1e-6 * norms[1]);
  for (guint i = 0; i < 2; i++) {
    const NfOptimItem item = { i == 0 ? odd : even, grad, moments[2 * i],
      moments[2 * i + 1], NULL };

    g_assert_true (nf_optim_step (&item, 1, &adam, 0, NULL));
  }
  assert_same ("value", odd, even);
  for (guint i = 0; i < 4; i++)
    nf_tensor_unref (moments[i]);
}

static void
test_norm_is_that_of_the_ops (void)
{
  NfTensor *tensors[N];
  g_autoptr (GError) error = NULL;
  gdouble norm = -1, sum = 0;

  for (guint i = 0; i < N; i++) {
    g_autoptr (NfTensor) squares = NULL;

    tensors[i] = noise (sizes[i], i, 1);
    squares = nf_op_sum_squares (tensors[i], NULL);
    sum += nf_tensor_scalar (squares, NULL);
  }
  nf_optim_norm (tensors, N, &norm, &error);
  g_assert_no_error (error);
  g_test_message ("%.9g, by ops %.9g", norm, sqrt (sum));
  g_assert_true (fabs (norm - sqrt (sum)) <= 1e-6 * sqrt (sum));
  g_assert_true (nf_optim_norm (NULL, 0, &norm, NULL));
  g_assert_cmpfloat (norm, ==, 0);
  for (guint i = 0; i < N; i++)
    nf_tensor_unref (tensors[i]);
}

static void
test_norm_of_nan_is_nan (void)
{
  gfloat data[5] = { 1, 2, NAN, 3, 4 };
  NfTensor *tensors[] = { noise (9, 1, 1),
    nf_tensor_new_from_nhwc (device, NF_F32, 1, 5, 1, 1, data, NULL) };
  gdouble norm = 0;

  g_assert_true (nf_optim_norm (tensors, 2, &norm, NULL));
  g_assert_true (isnan (norm));
  nf_tensor_unref (tensors[0]);
  nf_tensor_unref (tensors[1]);
}

static void
assert_refused (const NfOptimItem *item, const NfAdamParams *adam)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (nf_optim_step (item, 1, adam, 0.5, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_SHAPE);
  g_test_message ("%s", error->message);
}

static void
test_wrong_items_fail (void)
{
  const NfAdamParams adam = { 1e-2, 0.9, 0.99, 1e-8, 0.1, 0.5, 1, TRUE };
  const NfAdamParams before = { 1e-2, 0.9, 0.99, 1e-8, 0.1, 0.5, 0, TRUE };
  NfTensor *x[4], *small = noise (3, 5, 1);
  guint version;

  for (guint i = 0; i < 4; i++)
    x[i] = noise (4, i, 2);
  version = x[0]->version;
  assert_refused (&(NfOptimItem){ x[0], small, x[1], x[2], x[3] }, &adam);
  assert_refused (&(NfOptimItem){ x[0], x[1], x[2], small, NULL }, &adam);
  assert_refused (&(NfOptimItem){ x[0], NULL, NULL, NULL, small }, &adam);
  assert_refused (&(NfOptimItem){ x[0], x[1], x[2], x[3], NULL }, &before);
  g_assert_cmpuint (x[0]->version, ==, version);
  for (guint i = 0; i < 4; i++)
    nf_tensor_unref (x[i]);
  nf_tensor_unref (small);
}

#define ADD(name) g_test_add_func ("/optim/" #name, test_##name)

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  device = test_device_open ();
  ADD (step_is_that_of_the_ops);
  ADD (step_on_odd_addresses);
  ADD (norm_is_that_of_the_ops);
  ADD (norm_of_nan_is_nan);
  ADD (wrong_items_fail);
  status = g_test_run ();
  nf_device_unref (device);
  return status;
}
