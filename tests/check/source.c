/* SPDX-License-Identifier: MIT
 *
 * source — tensors whose data is fetched when somebody asks for it: who does,
 * how often, and that networks keep their weights in the file */
#include <nextframe/core/tensor/nftensor.h>
#include <nextframe/core/ops/nfbackward.h>
#include <nextframe/io/nfcheckpoint.h>
#include <nextframe/nets/nfsegmenter.h>
#include <nextframe/nets/nfunetpp.h>
#include "nftestmodels.h"

#include <string.h>

static NfDevice *device;

/* elements that count who reads them */
typedef struct
{
  NfSource base;
  gfloat *data;
  gboolean broken;
} Counted;

static guint reads, frees;

static gboolean
counted_read (const NfSource *source, const NfTensor *tensor, gpointer data,
    GError **error)
{
  const Counted *self = (const Counted *) source;

  g_atomic_int_inc (&reads);
  if (self->broken) {
    g_set_error (error, NF_ERROR, NF_ERROR_IO, "the source is broken");
    return FALSE;
  }
  memcpy (data, self->data, tensor->bytes);
  return TRUE;
}

static void
counted_free (NfSource *source)
{
  Counted *self = (Counted *) source;

  frees++;
  g_free (self->data);
  g_free (self);
}

static NfSource *
counted_new (gsize n, gboolean in_place)
{
  Counted *self = g_new0 (Counted, 1);

  self->base.read = counted_read;
  self->base.free = counted_free;
  self->data = g_new (gfloat, n);
  for (gsize i = 0; i < n; i++)
    self->data[i] = (gfloat) (i * 7 % 23) / 8.0f - 1.0f;
  if (in_place)
    self->base.in_place = self->data;
  reads = frees = 0;
  return &self->base;
}

static NfTensor *
lazy_new (gint64 n, gint64 c, gint64 h, gint64 w, gboolean in_place)
{
  NfTensor *t = nf_tensor_new_lazy (device, NF_F32, n, c, h, w,
      counted_new ((gsize) (n * c * h * w), in_place), NULL);

  g_assert_nonnull (t);
  g_assert_null (t->data);
  return t;
}

static NfTensor *
plain_copy (const NfTensor *lazy)
{
  g_autofree gfloat *data = g_malloc (lazy->bytes);

  g_assert_true (nf_tensor_to_nhwc (lazy, data, NULL));
  return nf_tensor_new_from_nhwc (
      device, NF_F32, lazy->n, lazy->c, lazy->h, lazy->w, data, NULL);
}

static void
assert_same (const NfTensor *a, const NfTensor *b)
{
  g_autofree guint8 *x = g_malloc (a->bytes), *y = g_malloc (b->bytes);

  g_assert_true (nf_tensor_same_shape (a, b));
  g_assert_true (nf_tensor_to_nhwc (a, x, NULL));
  g_assert_true (nf_tensor_to_nhwc (b, y, NULL));
  g_assert_cmpmem (x, a->bytes, y, b->bytes);
}

static void
test_read_without_data (void)
{
  g_autoptr (NfTensor) t = lazy_new (2, 3, 1, 1, FALSE);
  g_autoptr (NfTensor) copy = nf_tensor_new_like (t, NULL);
  gfloat out[6];

  g_assert_true (nf_tensor_to_nchw (t, out, NULL));
  g_assert_cmpfloat (out[1], ==, -1.0f + 7.0f / 8.0f);
  g_assert_true (nf_tensor_copy (copy, t, NULL));
  g_assert_null (t->data);
  g_assert_cmpuint (reads, ==, 2);
  assert_same (copy, t);
}

static void
test_data_is_fetched_once (void)
{
  NfTensor *t = lazy_new (2, 3, 4, 5, FALSE);

  for (guint i = 0; i < 3; i++)
    g_assert_true (nf_tensor_need_data (t, NULL));
  g_assert_cmpuint (reads, ==, 1);
  g_assert_cmpfloat (((gfloat *) t->data)[0], ==, -1.0f);
  g_assert_cmpfloat (nf_tensor_scalar (t, NULL), ==, -1.0f);
  g_assert_cmpuint (t->version, ==, 0);
  nf_tensor_unref (t);
  g_assert_cmpuint (frees, ==, 1);
}

static void
test_in_place_is_not_written (void)
{
  g_autoptr (NfTensor) p = lazy_new (4, 3, 1, 1, TRUE);
  g_autoptr (NfTensor) before = plain_copy (p);
  g_autoptr (NfTensor) grad =
      nf_tensor_new_filled (device, 4, 3, 1, 1, 1.0f, NULL);
  g_autoptr (NfTensor) m =
      nf_tensor_new_zeros (device, NF_F32, 4, 3, 1, 1, NULL);
  g_autoptr (NfTensor) v =
      nf_tensor_new_zeros (device, NF_F32, 4, 3, 1, 1, NULL);
  const NfAdamParams adam = { .lr = 0.5,
    .beta1 = 0.9,
    .beta2 = 0.99,
    .eps = 1e-8,
    .grad_scale = 1.0,
    .t = 1 };
  gconstpointer place = p->source->in_place;
  gfloat after[12];

  g_assert_true (nf_tensor_need_data (p, NULL));
  g_assert_true (p->data == place);
  g_assert_true (nf_op_adam (p, grad, m, v, &adam, NULL));
  g_assert_cmpuint (frees, ==, 1);
  g_assert_null (p->source);
  g_assert_true (nf_tensor_to_nhwc (p, after, NULL));
  for (guint i = 0; i < 12; i++)
    g_assert_cmpfloat_with_epsilon (
        after[i], ((gfloat *) before->data)[i] - 0.5f, 1e-5f);
}

static void
test_writing_ends_the_source (void)
{
  for (guint how = 0; how < 4; how++) {
    g_autoptr (NfTensor) t = lazy_new (1, 6, 1, 1, how % 2 == 1);
    g_autoptr (NfTensor) other =
        nf_tensor_new_filled (device, 1, 6, 1, 1, 5.0f, NULL);
    g_autoptr (NfTensor) view = NULL;
    const gfloat fives[6] = { 5, 5, 5, 5, 5, 5 };

    if (how == 0)
      g_assert_true (nf_tensor_set_nchw (t, fives, NULL));
    else if (how == 1)
      g_assert_true (nf_tensor_copy (t, other, NULL));
    else if (how == 2)
      g_assert_true (nf_tensor_zero (t, NULL));
    else
      view = nf_tensor_reshape (t, 6, 1, 1, 1, NULL);
    g_assert_null (t->source);
    g_assert_nonnull (t->data);
    g_assert_cmpuint (frees, ==, 1);
    g_assert_cmpuint (reads, ==, how == 3 ? 1 : 0);
    g_assert_cmpfloat (nf_tensor_scalar (t, NULL), ==,
        how == 2       ? 0.0f
            : how == 3 ? -1.0f
                       : 5.0f);
  }
}

static void
test_zeros (void)
{
  NfDeviceMemory before, after;
  g_autoptr (NfTensor) t = NULL;
  gfloat out[4] = { 1, 1, 1, 1 };

  nf_device_memory (device, TRUE, &before);
  nf_device_memory (device, TRUE, &before);
  t = nf_tensor_new_lazy_zeros (device, NF_F32, 1024, 1024, 8, 8, NULL);
  nf_device_memory (device, FALSE, &after);
  g_assert_cmpuint (after.live, ==, before.live);
  nf_tensor_clear (&t);
  t = nf_tensor_new_lazy_zeros (device, NF_F32, 1, 4, 1, 1, NULL);
  g_assert_true (nf_tensor_to_nhwc (t, out, NULL));
  g_assert_cmpfloat (out[0] + out[1] + out[2] + out[3], ==, 0.0f);
}

static void
test_no_shape_fails (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (nf_tensor_new_lazy (
      device, NF_F32, 1, 0, 1, 1, counted_new (1, FALSE), &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_SHAPE);
  g_assert_cmpuint (frees, ==, 1);
}

/* ----------------------------------------------------------------- weights */

static NfTensor *
frames (NfDType dtype, gint64 c, gint64 h, gint64 w)
{
  NfRandnParams params = { 1, c, h, w, { 1, 2, NF_RNG_TEST } };
  g_autoptr (NfTensor) x = nf_op_randn (device, &params, NULL);

  return dtype == NF_F32 ? g_steal_pointer (&x) : nf_op_cast (x, dtype, NULL);
}

typedef enum
{
  CONV,
  CAT,
  LINEAR,
  N_USES
} Use;

static NfTensor *
use_weight (
    Use use, NfTensor *weight, NfDType dtype, gint64 side, GError **error)
{
  static const NfConv2dParams conv = { .stride = 1, .pad = 1 };
  static const NfConv2dCatParams cat = { .up = TRUE };
  static const NfLinearParams linear = { FALSE };
  g_autoptr (NfTensor) a = frames (dtype, use == CAT ? 16 : 32, side, side);
  g_autoptr (NfTensor) b = frames (dtype, 16, 2 * side, 2 * side);
  NfTensor *both[] = { a, b };

  switch (use) {
    case CONV:
      return nf_op_conv2d (a, weight, NULL, &conv, error);
    case CAT:
      return nf_op_conv2d_cat (both, 2, weight, NULL, &cat, error);
    default:
      return nf_op_linear (a, weight, NULL, &linear, error);
  }
}

static NfTensor *
weight_for (Use use, gboolean in_place)
{
  gint64 k = use == LINEAR ? 1 : 3;

  return lazy_new (32, 32, k, k, in_place);
}

/* the same bits, and nothing but packed copies is kept */
static void
test_weights_stay_packed (void)
{
  static const NfDType dtypes[] = { NF_F32, NF_BF16 };

  for (guint d = 0; d < 2; d++)
    for (Use use = CONV; use < N_USES; use++) {
      g_autoptr (NfTensor) lazy = weight_for (use, use == LINEAR);
      g_autoptr (NfTensor) plain = plain_copy (lazy);
      g_autoptr (NfTensor) y = use_weight (use, lazy, dtypes[d], 8, NULL);
      g_autoptr (NfTensor) expected =
          use_weight (use, plain, dtypes[d], 8, NULL);
      g_autoptr (NfTensor) again = NULL;
      guint packed = reads;

      g_assert_true (
          lazy->data == NULL || lazy->data == lazy->source->in_place);
      assert_same (y, expected);
      again = use_weight (use, lazy, dtypes[d], 8, NULL);
      assert_same (again, expected);
      g_assert_cmpuint (reads, ==, packed);
    }
}

static void
test_record_needs_data (void)
{
  for (Use use = CONV; use < N_USES; use++) {
    g_autoptr (NfTensor) weight = weight_for (use, FALSE);
    g_autoptr (NfTape) tape = nf_tape_new ();
    g_autoptr (NfTensor) y = NULL;

    weight->requires_grad = TRUE;
    nf_tape_begin (tape);
    y = use_weight (use, weight, NF_F32, 8, NULL);
    nf_tape_end (tape);
    g_assert_nonnull (weight->data);
    g_assert_true (nf_tape_backward_from (tape, y, y, NULL));
    g_assert_nonnull (weight->grad);
    g_assert_cmpuint (reads, ==, 1);
  }
}

static void
test_broken_source_fails (void)
{
  for (Use use = CONV; use < N_USES; use++) {
    g_autoptr (NfTensor) weight = weight_for (use, FALSE);
    g_autoptr (GError) error = NULL;

    ((Counted *) weight->source)->broken = TRUE;
    g_assert_null (use_weight (use, weight, NF_F32, 8, &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_IO);
    g_clear_error (&error);
    g_assert_null (nf_op_activation (weight, NF_ACT_RELU, &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_IO);
    ((Counted *) weight->source)->broken = FALSE;
    nf_tensor_unref (use_weight (use, weight, NF_F32, 8, NULL));
  }
}

/* a new version of the weight is packed anew */
static void
test_changed_weight (void)
{
  for (Use use = CONV; use < N_USES; use++) {
    g_autoptr (NfTensor) weight = weight_for (use, FALSE);
    g_autoptr (NfTensor) before = use_weight (use, weight, NF_F32, 8, NULL);
    g_autoptr (NfTensor) after = NULL;
    g_autoptr (NfTensor) zeros = nf_tensor_new_zeros (
        device, NF_F32, before->n, before->c, before->h, before->w, NULL);
    NfSource *nothing = counted_new (weight->bytes / sizeof (gfloat), FALSE);

    memset (((Counted *) nothing)->data, 0, weight->bytes);
    nf_tensor_set_source (weight, nothing);
    after = use_weight (use, weight, NF_F32, 8, NULL);
    assert_same (after, zeros);
  }
}

static gsize
live_now (void)
{
  NfDeviceMemory memory;

  nf_device_memory (device, TRUE, &memory);
  nf_device_memory (device, FALSE, &memory);
  return memory.live;
}

/* a packed copy that nobody uses any more goes */
static void
test_unused_copies_go (void)
{
  g_autoptr (NfTensor) weight = weight_for (CONV, FALSE);
  gsize none = live_now (), one, both;

  nf_tensor_unref (use_weight (CONV, weight, NF_F32, 8, NULL));
  one = live_now ();
  nf_tensor_unref (use_weight (CONV, weight, NF_BF16, 8, NULL));
  both = live_now ();
  if (both == one) {
    g_test_skip ("this processor does bf16 in f32");
    return;
  }
  for (guint i = 0; i < 100; i++)
    nf_tensor_unref (use_weight (CONV, weight, NF_BF16, 8, NULL));
  g_assert_cmpuint (live_now () - none, ==, both - one);
}

/* a large weight that runs but once leaves nothing packed, a small one does */
static void
test_once (void)
{
  static const NfConv2dParams once = { .stride = 1, .pad = 1, .once = TRUE };
  static const gint64 outs[] = { 32, 4096 };

  for (guint i = 0; i < 2; i++) {
    g_autoptr (NfTensor) weight = lazy_new (outs[i], 32, 3, 3, FALSE);
    g_autoptr (NfTensor) x = frames (NF_F32, 32, 4, 4);
    gsize none = live_now ();
    g_autoptr (NfTensor) y = nf_op_conv2d (x, weight, NULL, &once, NULL);
    g_autoptr (NfTensor) again = nf_op_conv2d (x, weight, NULL, &once, NULL);

    g_assert_cmpuint (reads, ==, i == 0 ? 1 : 2);
    g_assert_cmpint (live_now () == none + y->bytes + again->bytes, ==, i == 1);
    assert_same (y, again);
  }
}

/* ---------------------------------------------------------------- networks */

#define SIDE 32

static NfUnetpp *
load (const gchar *path, const NfUnetppConfig *config)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfCheckpoint) checkpoint = nf_checkpoint_open (path, &error);
  NfUnetpp *net;

  g_assert_no_error (error);
  net = nf_unetpp_new (device, config, &error);
  g_assert_no_error (error);
  nf_checkpoint_load_params (checkpoint, nf_unetpp_params (net), &error);
  g_assert_no_error (error);
  return net;
}

static NfTensor *
logits (NfUnetpp *net)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTensor) x = frames (NF_F32, 3, SIDE, SIDE);
  NfTensor *y = nf_segment_forward (NF_NET (net), x, NULL, &error);

  g_assert_no_error (error);
  return y;
}

/* all bits as if the weights had been copied out of the file */
static void
test_network_stays_in_the_file (void)
{
  g_autofree gchar *folder = nf_test_folder_new ();
  g_autofree gchar *path = g_build_filename (folder, "net.st", NULL);
  NfUnetppConfig config;
  g_autoptr (NfUnetpp) lazy = NULL;
  g_autoptr (NfUnetpp) plain = NULL;
  g_autoptr (NfTensor) y = NULL;
  g_autoptr (NfTensor) expected = NULL;
  NfParams *params;

  nf_test_unetpp_config (&config);
  nf_test_save_unetpp (path, &config, 3);
  lazy = load (path, &config);
  plain = load (path, &config);
  params = nf_unetpp_params (plain);
  for (guint i = 0; i < nf_params_count (params); i++)
    g_assert_true (
        nf_tensor_own_data (nf_params_index (params, i)->value, TRUE, NULL));
  nf_test_folder_remove (folder); /* what is mapped stays */
  y = logits (lazy);
  expected = logits (plain);
  assert_same (y, expected);
  params = nf_unetpp_params (lazy);
  for (guint i = 0; i < nf_params_count (params); i++) {
    const NfParam *param = nf_params_index (params, i);

    if (param->rank >= 2 && !g_str_has_prefix (param->name, "segmentation"))
      g_assert_null (param->value->data);
  }
  nf_params_set_trainable (params, TRUE);
  for (guint i = 0; i < nf_params_count (params); i++) {
    g_assert_nonnull (nf_params_index (params, i)->value->data);
    g_assert_null (nf_params_index (params, i)->value->source);
  }
}

#define ADD(name) g_test_add_func ("/source/" #name, test_##name)

int
main (int argc, char **argv)
{
  gint result;

  g_test_init (&argc, &argv, NULL);
  device = nf_device_open ("cpu", NULL);
  ADD (read_without_data);
  ADD (data_is_fetched_once);
  ADD (in_place_is_not_written);
  ADD (writing_ends_the_source);
  ADD (zeros);
  ADD (no_shape_fails);
  ADD (weights_stay_packed);
  ADD (record_needs_data);
  ADD (broken_source_fails);
  ADD (changed_weight);
  ADD (unused_copies_go);
  ADD (once);
  ADD (network_stays_in_the_file);
  result = g_test_run ();
  nf_device_unref (device);
  return result;
}
