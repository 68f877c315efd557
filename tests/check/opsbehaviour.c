/* SPDX-License-Identifier: MIT
 *
 * opsbehaviour — what ops promise beyond numbers that agree with a reference
 *
 * Special values, ties, random masks, kept weights, threads. */
#include <nextframe/core/ops/nfbackward.h>
#include "naivecheck.h"
#include "opscheck.h"
#include "testdevice.h"

#include <math.h>
#include <omp.h>
#include <string.h>

static NfDevice *device;

static NfTensor *
tensor_of (gint64 n, gint64 c, gint64 h, gint64 w, const gfloat *nchw)
{
  g_autoptr (GError) error = NULL;
  NfTensor *t =
      nf_tensor_new_from_nchw (device, NF_F32, n, c, h, w, nchw, &error);

  g_assert_no_error (error);
  return t;
}

static NfTensor *
noise (gint64 n, gint64 c, gint64 h, gint64 w, guint64 stream)
{
  const NfRandnParams params = { n, c, h, w, { 5, stream, NF_RNG_TEST } };
  g_autoptr (GError) error = NULL;
  NfTensor *t = nf_op_randn (device, &params, &error);

  g_assert_no_error (error);
  return t;
}

static void
assert_same_bits (const NfTensor *a, const NfTensor *b)
{
  g_autofree gpointer x = g_malloc (a->bytes), y = g_malloc (b->bytes);

  g_assert_true (nf_tensor_same_shape (a, b) && a->dtype == b->dtype);
  g_assert_true (nf_tensor_to_nhwc (a, x, NULL));
  g_assert_true (nf_tensor_to_nhwc (b, y, NULL));
  g_assert_cmpmem (x, a->bytes, y, b->bytes);
}

/* samples from..from+count-1 of a are b */
static void
assert_samples (NfTensor *a, gint64 from, NfTensor *b)
{
  g_autoptr (NfTensor) part = nf_tensor_batch_slice (a, from, b->n, NULL);

  assert_same_bits (part, b);
}

/* ---- special values ---- */

static void
test_quantize_special_values (void)
{
  const gfloat in[] = { NAN, INFINITY, -INFINITY, 0.5f, 1.5f, 2.5f, -0.4f,
    255.4f, 255.5f, 300, -7, 254.5f };
  const guint8 want[] = { 0, 255, 0, 0, 2, 2, 0, 255, 255, 255, 0, 254 };
  g_autoptr (NfTensor) x = tensor_of (1, 1, 3, 4, in);
  g_autoptr (NfTensor) y = nf_op_quantize (x, 1, 0, NULL);
  guint8 got[12];

  g_assert_true (nf_tensor_to_nchw (y, got, NULL));
  g_assert_cmpmem (got, sizeof got, want, sizeof want);
}

static void
test_nan_passes_through (void)
{
  const gfloat in[] = { NAN, 1, -1, NAN };
  g_autoptr (NfTensor) x = tensor_of (1, 1, 2, 2, in);
  const NfAxpbyParams sum = { 1, 1, NF_ACT_RELU };
  NfTensor *out[] = { nf_op_clamp (x, -1, 1, NULL),
    nf_op_activation (x, NF_ACT_RELU, NULL),
    nf_op_activation (x, NF_ACT_SILU, NULL), nf_op_axpby (x, x, &sum, NULL),
    nf_op_softmax (x, NULL), nf_op_sum_squares (x, NULL),
    nf_op_noise_loss (x, x, NULL, NULL) };

  for (guint i = 0; i < G_N_ELEMENTS (out); i++) {
    gfloat first = nf_tensor_scalar (out[i], NULL);

    g_test_message ("%u: %g", i, (gdouble) first);
    g_assert_true (isnan (first));
    nf_tensor_unref (out[i]);
  }
}

static void
test_activation_far_out (void)
{
  const gfloat in[] = { -1000, -100, 100, 1000 };
  g_autoptr (NfTensor) x = tensor_of (1, 1, 2, 2, in);
  g_autoptr (NfTensor) y = nf_op_activation (x, NF_ACT_SILU, NULL);
  gfloat got[4];

  g_assert_true (nf_tensor_to_nchw (y, got, NULL));
  g_assert_true (fabsf (got[0]) <= 1e-30f && fabsf (got[1]) <= 1e-30f);
  g_assert_cmpfloat (got[2], ==, 100);
  g_assert_cmpfloat (got[3], ==, 1000);
}

static void
test_losses_far_out (void)
{
  const gfloat in[] = { 1e4f, 0, -1e4f, 0, 1e4f, 0 };
  const guint8 classes[] = { 0, 0 };
  const NfCrossEntropyParams entropy_params = { 0 };
  const NfDiceLossParams dice_params = { 1e-6f };
  g_autoptr (NfTensor) logits = tensor_of (1, 3, 1, 2, in);
  g_autoptr (NfTensor) target =
      nf_tensor_new_from_nchw (device, NF_U8, 1, 1, 1, 2, classes, NULL);
  g_autoptr (NfTensor) ce = NULL;
  g_autoptr (NfTensor) dice = NULL;
  gdouble want;

  ce = nf_op_cross_entropy (logits, target, NULL, &entropy_params, NULL);
  dice = nf_op_dice_loss (logits, target, &dice_params, NULL);
  /* probabilities (1/2, 0, 1/2) and (1/3, 1/3, 1/3) */
  want = (log (2) + log (3)) / 2;
  g_assert_true (fabs (nf_tensor_scalar (ce, NULL) - want) <= 1e-6);
  want = 1 - 2 * (0.5 + 1.0 / 3) / (0.5 + 1.0 / 3 + 2) / 3;
  g_assert_true (fabs (nf_tensor_scalar (dice, NULL) - want) <= 1e-5);
}

static void
test_argmax_first_wins (void)
{
  const gfloat in[] = { 1, 3, 2, 3, 2, 3 };
  g_autoptr (NfTensor) x = tensor_of (1, 3, 1, 2, in);
  g_autoptr (NfTensor) y = nf_op_argmax (x, NULL);
  guint8 got[2];

  g_assert_true (nf_tensor_to_nchw (y, got, NULL));
  g_assert_cmpuint (got[0], ==, 1);
  g_assert_cmpuint (got[1], ==, 0);
}

/* NaN is larger than nothing, and nothing is larger than NaN */
static void
test_argmax_special_values (void)
{
  const gfloat in[] = { NAN, 1, 2, -INFINITY, 3, NAN, 3, -INFINITY, 5, 1, NAN,
    -INFINITY };
  const guint8 want[] = { 0, 0, 1, 0 };
  g_autoptr (NfTensor) x = tensor_of (1, 3, 1, 4, in);
  g_autoptr (NfTensor) y = nf_op_argmax (x, NULL);
  guint8 got[4];

  g_assert_true (nf_tensor_to_nchw (y, got, NULL));
  g_assert_cmpmem (got, sizeof got, want, sizeof want);
}

static void
test_cast_special_values (void)
{
  const gfloat in[] = { 1.00390625f, 1.01171875f, -0.0f, INFINITY, -INFINITY,
    3.4e38f, 1e-40f, NAN, -1.0f, 0x1.fffffep-1f };
  const guint n = G_N_ELEMENTS (in);
  g_autoptr (NfTensor) x = tensor_of (1, n, 1, 1, in);
  g_autoptr (NfTensor) y = nf_op_cast (x, NF_BF16, NULL);
  g_autoptr (NfTensor) z = nf_op_cast (y, NF_F32, NULL);
  guint16 got[G_N_ELEMENTS (in)];
  gfloat back[G_N_ELEMENTS (in)];

  g_assert_true (nf_tensor_to_nchw (y, got, NULL));
  g_assert_true (nf_tensor_to_nchw (z, back, NULL));
  for (guint i = 0; i < n; i++) {
    const gfloat value = nf_bf16_to_f32 (got[i]);

    g_test_message ("%.9g: %.9g", (gdouble) in[i], (gdouble) value);
    g_assert_true (isnan (in[i])
            ? isnan (value) && isnan (back[i])
            : got[i] == nf_bf16_from_f32 (in[i]) && back[i] == value);
  }
}

static void
test_max_pool_padding_never_wins (void)
{
  const NfMaxPoolParams params = { 3, 2, 1 };
  g_autoptr (NfTensor) x = nf_tensor_new_filled (device, 1, 3, 5, 4, -7, NULL);
  g_autoptr (NfTensor) y = nf_op_max_pool (x, &params, NULL);
  g_autoptr (Naive) got = naive_from_tensor (y);

  for (gsize i = 0; i < naive_elements (got); i++)
    g_assert_cmpfloat (got->v[i], ==, -7);
}

/* a mean far from zero beside a small spread */
static void
test_norm_far_from_zero (void)
{
  const NfGroupNormParams params = { 2, 1e-6f };
  g_autoptr (NfTensor) x = noise (2, 8, 6, 7, 1);
  const NfAxpbyParams away = { 1, 1000 };
  g_autoptr (NfTensor) one = nf_tensor_new_filled (device, 2, 8, 6, 7, 1, NULL);
  g_autoptr (NfTensor) far_x = nf_op_axpby (x, one, &away, NULL);
  g_autoptr (NfTensor) y = nf_op_group_norm (far_x, NULL, NULL, &params, NULL);
  g_autoptr (Naive) in = naive_from_tensor (far_x);
  g_autoptr (Naive) want = naive_ops[NF_OP_GROUP_NORM](&in, 1, &params);
  g_autofree gchar *miss = naive_miss_tensor ("group_norm", y, want, 1e-8);

  g_assert_cmpstr (miss, ==, NULL);
}

/* only what is stored is bf16, however long a sum is: 256 + 1 - 256, by @outputs
 * rows of ones */
static void
check_sums_of_bf16 (gint64 outputs)
{
  static const NfLinearParams params = { FALSE };
  gfloat values[4096] = { 256, 1 };
  g_autofree gfloat *sums = g_new0 (gfloat, outputs);
  g_autoptr (NfTensor) x = NULL, half = NULL, weight = NULL, y = NULL;
  g_autoptr (NfTensor) wide = NULL;
  g_autoptr (GError) error = NULL;

  values[G_N_ELEMENTS (values) - 1] = -256;
  x = tensor_of (1, G_N_ELEMENTS (values), 1, 1, values);
  half = nf_op_cast (x, NF_BF16, &error);
  weight = nf_tensor_new_filled (
      device, outputs, G_N_ELEMENTS (values), 1, 1, 1, &error);
  g_assert_no_error (error);
  y = nf_op_linear (half, weight, NULL, &params, &error);
  g_assert_no_error (error);
  wide = nf_op_cast (y, NF_F32, &error);
  g_assert_true (nf_tensor_to_nhwc (wide, sums, &error));
  for (gint64 i = 0; i < outputs; i++)
    g_assert_cmpfloat (sums[i], ==, 1);
}

/* several shapes: a library may have no algorithm for one, and then ours is run */
static void
test_sums_of_bf16_are_f32 (void)
{
  for (gint64 outputs = 8; outputs <= 64; outputs += 8)
    check_sums_of_bf16 (outputs);
}

/* ---- random numbers ---- */

static void
test_randn_batch_split (void)
{
  g_autoptr (NfTensor) whole = noise (5, 3, 7, 9, 100);
  g_autoptr (NfTensor) first = noise (2, 3, 7, 9, 100);
  g_autoptr (NfTensor) rest = noise (3, 3, 7, 9, 102);

  assert_samples (whole, 0, first);
  assert_samples (whole, 2, rest);
}

static void
test_dropout_batch_split (void)
{
  const NfDropoutParams all = { 0.3f, { 1, 40, NF_RNG_DROPOUT } };
  const NfDropoutParams second = { 0.3f, { 1, 43, NF_RNG_DROPOUT } };
  g_autoptr (NfTensor) x = noise (5, 3, 7, 9, 100);
  g_autoptr (NfTensor) tail = nf_tensor_batch_slice (x, 3, 2, NULL);
  g_autoptr (NfTensor) whole = nf_op_dropout (x, NULL, &all, NULL);
  g_autoptr (NfTensor) rest = nf_op_dropout (tail, NULL, &second, NULL);

  assert_samples (whole, 3, rest);
}

static void
test_dropout_keeps_expectation (void)
{
  const NfDropoutParams params = { 0.25f, { 9, 0, NF_RNG_DROPOUT } };
  g_autoptr (NfTensor) x =
      nf_tensor_new_filled (device, 4, 16, 64, 64, 1, NULL);
  g_autoptr (NfTensor) y = nf_op_dropout (x, NULL, &params, NULL);
  g_autoptr (Naive) got = naive_from_tensor (y);
  const gsize n = naive_elements (got);
  gdouble mean = 0, zeros = 0;

  for (gsize i = 0; i < n; i++) {
    mean += got->v[i] / n;
    zeros += (got->v[i] == 0) / (gdouble) n;
  }
  /* five standard deviations of the mean of n draws */
  g_assert_true (fabs (mean - 1) <= 5 * sqrt (0.25 / 0.75 / n));
  g_assert_true (fabs (zeros - 0.25) <= 5 * sqrt (0.25 * 0.75 / n));
}

/* the gradient of a sum is the mask that forward multiplied by */
static void
test_dropout_same_mask_in_backward (void)
{
  const NfDropoutParams params = { 0.5f, { 9, 7, NF_RNG_DROPOUT } };
  g_autoptr (NfTensor) x = nf_tensor_new_filled (device, 2, 5, 9, 7, 1, NULL);
  g_autoptr (NfTensor) ones =
      nf_tensor_new_filled (device, 2, 5, 9, 7, 1, NULL);
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) y = NULL;

  x->requires_grad = TRUE;
  nf_tape_begin (tape);
  y = nf_op_dropout (x, NULL, &params, NULL);
  nf_tape_end (tape);
  g_assert_true (nf_tape_backward_from (tape, y, ones, NULL));
  assert_same_bits (y, x->grad);
}

/* ---- kept weights ---- */

static void
test_conv2d_sees_changed_weight (void)
{
  const NfConv2dParams params = { 1, 1, NF_ACT_NONE };
  g_autoptr (NfTensor) x = noise (1, 32, 8, 8, 1);
  g_autoptr (NfTensor) weight = noise (32, 32, 3, 3, 2);
  g_autoptr (NfTensor) other = noise (32, 32, 3, 3, 3);
  g_autoptr (NfTensor) want = nf_op_conv2d (x, other, NULL, &params, NULL);
  g_autoptr (NfTensor) before = nf_op_conv2d (x, weight, NULL, &params, NULL);
  g_autoptr (NfTensor) after = NULL;

  g_assert_true (nf_tensor_copy (weight, other, NULL));
  after = nf_op_conv2d (x, weight, NULL, &params, NULL);
  assert_same_bits (after, want);
}

/* the optimiser writes weights, too */
static void
test_conv2d_sees_updated_weight (void)
{
  const NfConv2dParams params = { 1, 1, NF_ACT_NONE };
  const NfAdamParams adam = { 0.1, 0.9, 0.999, 1e-8, 0, 1, 1, TRUE };
  g_autoptr (NfTensor) x = noise (1, 32, 8, 8, 1);
  g_autoptr (NfTensor) weight = noise (32, 32, 3, 3, 2);
  g_autoptr (NfTensor) grad = noise (32, 32, 3, 3, 3);
  g_autoptr (NfTensor) m =
      nf_tensor_new_zeros (device, NF_F32, 32, 32, 3, 3, NULL);
  g_autoptr (NfTensor) v =
      nf_tensor_new_zeros (device, NF_F32, 32, 32, 3, 3, NULL);
  g_autoptr (NfTensor) before = nf_op_conv2d (x, weight, NULL, &params, NULL);
  g_autoptr (NfTensor) fresh = NULL;
  g_autoptr (NfTensor) after = NULL;
  g_autoptr (NfTensor) want = NULL;

  g_assert_true (nf_op_adam (weight, grad, m, v, &adam, NULL));
  after = nf_op_conv2d (x, weight, NULL, &params, NULL);
  fresh = nf_tensor_new_like (weight, NULL);
  g_assert_true (nf_tensor_copy (fresh, weight, NULL));
  want = nf_op_conv2d (x, fresh, NULL, &params, NULL);
  assert_same_bits (after, want);
}

/* ---- memory ---- */

static void
test_any_address (void)
{
  for (guint i = 0; i < n_op_rows; i++) {
    g_autofree gchar *miss = op_row_check_odd (device, &op_rows[i]);

    if (miss == NULL)
      continue;
    g_test_message (
        "%s %s: %s", nf_op_name (op_rows[i].op), op_rows[i].name, miss);
    g_test_fail ();
  }
}

/* ---- threads ---- */

/* oneDNN cuts the sums of these by the number of threads on some processors; of
 * max pooling those of the gradient, where windows overlap (AVX2) */
static gboolean
sums_in_onednn (NfOp op)
{
  return op == NF_OP_CONV2D || op == NF_OP_CONV2D_CAT || op == NF_OP_LINEAR
      || op == NF_OP_ATTENTION || op == NF_OP_MAX_POOL;
}

static void
test_any_number_of_threads (void)
{
  const gint usual = omp_get_max_threads ();

  for (guint i = 0; i < n_op_rows; i++) {
    g_autoptr (GBytes) one = NULL;

    if (sums_in_onednn (op_rows[i].op))
      continue;
    omp_set_num_threads (1);
    one = op_row_outcome (device, &op_rows[i]);
    for (gint threads = 2; threads <= 4; threads++) {
      g_autoptr (GBytes) many = NULL;

      omp_set_num_threads (threads);
      many = op_row_outcome (device, &op_rows[i]);
      if (g_bytes_equal (one, many))
        continue;
      g_test_message ("%s %s: other bits with %d threads",
          nf_op_name (op_rows[i].op), op_rows[i].name, threads);
      g_test_fail ();
    }
  }
  omp_set_num_threads (usual);
}

typedef struct
{
  NfTensor *x, *weight, *want;
} Shared;

static gpointer
convolve_often (gpointer data)
{
  const Shared *shared = data;
  const NfConv2dParams params = { 1, 1, NF_ACT_SILU };

  for (guint i = 0; i < 50; i++) {
    g_autoptr (NfTensor) y =
        nf_op_conv2d (shared->x, shared->weight, NULL, &params, NULL);
    g_autoptr (NfTensor) p = nf_op_softmax (y, NULL);

    if (shared->want != NULL)
      assert_same_bits (p, shared->want);
  }
  return NULL;
}

/* several threads share a device and a model's weights */
static void
test_shared_between_threads (void)
{
  const NfConv2dParams params = { 1, 1, NF_ACT_SILU };
  g_autoptr (NfTensor) x = noise (1, 32, 9, 9, 1);
  g_autoptr (NfTensor) weight = noise (32, 32, 3, 3, 2);
  g_autoptr (NfTensor) copy = nf_tensor_new_like (weight, NULL);
  g_autoptr (NfTensor) y = NULL;
  g_autoptr (NfTensor) want = NULL;
  GThread *threads[4];
  Shared shared;

  g_assert_true (nf_tensor_copy (copy, weight, NULL));
  y = nf_op_conv2d (x, copy, NULL, &params, NULL);
  want = nf_op_softmax (y, NULL);
  shared = (Shared){ x, weight, want };
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("convolve", convolve_often, &shared);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

#define ADD(name) g_test_add_func ("/ops-behaviour/" #name, test_##name)

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  device = test_device_open ();
  ADD (quantize_special_values);
  ADD (nan_passes_through);
  ADD (activation_far_out);
  ADD (losses_far_out);
  ADD (argmax_first_wins);
  ADD (argmax_special_values);
  ADD (cast_special_values);
  ADD (max_pool_padding_never_wins);
  ADD (norm_far_from_zero);
  ADD (sums_of_bf16_are_f32);
  ADD (randn_batch_split);
  ADD (dropout_batch_split);
  ADD (dropout_keeps_expectation);
  ADD (dropout_same_mask_in_backward);
  ADD (conv2d_sees_changed_weight);
  ADD (conv2d_sees_updated_weight);
  ADD (any_address);
  ADD (any_number_of_threads);
  ADD (shared_between_threads);
  status = g_test_run ();
  nf_device_unref (device);
  return status;
}
