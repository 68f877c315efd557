/* SPDX-License-Identifier: MIT
 *
 * tensor — layouts, views, versions, and shapes that are refused */
#include <nextframe/core/tensor/nfdevice.h>
#include <nextframe/core/tensor/nftensor.h>

#include <math.h>
#include <string.h>

static NfDevice *device;

static const NfDType dtypes[] = { NF_F32, NF_BF16, NF_U8, NF_I64 };

/* bytes that tell every element apart */
static guint8 *
pattern (gsize bytes)
{
  guint8 *data = g_malloc (bytes);

  for (gsize i = 0; i < bytes; i++)
    data[i] = (guint8) (i * 37 + i / 256);
  return data;
}

static void
test_layout_round_trips (void)
{
  static const gint64 shapes[][4] = { { 1, 1, 1, 1 }, { 2, 3, 5, 7 },
    { 3, 1, 4, 2 }, { 1, 33, 1, 3 }, { 5, 16, 1, 1 } };

  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    for (guint d = 0; d < G_N_ELEMENTS (dtypes); d++) {
      const gint64 *s = shapes[i];
      const gsize bytes = s[0] * s[1] * s[2] * s[3] * nf_dtype_size (dtypes[d]);
      g_autofree guint8 *in = pattern (bytes);
      g_autofree guint8 *out = g_malloc (bytes);
      g_autoptr (NfTensor) planar = nf_tensor_new_from_nchw (
          device, dtypes[d], s[0], s[1], s[2], s[3], in, NULL);
      g_autoptr (NfTensor) packed = nf_tensor_new_from_nhwc (
          device, dtypes[d], s[0], s[1], s[2], s[3], in, NULL);

      g_assert_cmpuint (planar->bytes, ==, bytes);
      g_assert_cmpuint (
          nf_tensor_elements (planar), ==, bytes / nf_dtype_size (dtypes[d]));
      g_assert_true (nf_tensor_to_nchw (planar, out, NULL));
      g_assert_cmpmem (out, bytes, in, bytes);
      g_assert_true (nf_tensor_to_nhwc (packed, out, NULL));
      g_assert_cmpmem (out, bytes, in, bytes);
    }
}

/* element (n, c, y, x) lies at ((n H + y) W + x) C + c */
static void
test_channels_last_in_memory (void)
{
  gfloat planar[2 * 3 * 4 * 5], last[2 * 3 * 4 * 5];
  g_autoptr (NfTensor) t = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (planar); i++)
    planar[i] = i;
  t = nf_tensor_new_from_nchw (device, NF_F32, 2, 3, 4, 5, planar, NULL);
  g_assert_true (nf_tensor_to_nhwc (t, last, NULL));
  for (guint n = 0; n < 2; n++)
    for (guint c = 0; c < 3; c++)
      for (guint y = 0; y < 4; y++)
        for (guint x = 0; x < 5; x++)
          g_assert_cmpfloat (last[((n * 4 + y) * 5 + x) * 3 + c], ==,
              planar[((n * 3 + c) * 4 + y) * 5 + x]);
}

static void
test_constructors (void)
{
  g_autoptr (NfTensor) zeros =
      nf_tensor_new_zeros (device, NF_I64, 1, 2, 3, 1, NULL);
  g_autoptr (NfTensor) filled =
      nf_tensor_new_filled (device, 2, 1, 1, 2, 2.5f, NULL);
  g_autoptr (NfTensor) like = nf_tensor_new_like (zeros, NULL);
  gint64 whole[6];
  gfloat values[4];

  g_assert_true (nf_tensor_to_nhwc (zeros, whole, NULL));
  for (guint i = 0; i < 6; i++)
    g_assert_cmpint (whole[i], ==, 0);
  g_assert_true (nf_tensor_to_nhwc (filled, values, NULL));
  for (guint i = 0; i < 4; i++)
    g_assert_cmpfloat (values[i], ==, 2.5f);
  g_assert_cmpfloat (nf_tensor_scalar (filled, NULL), ==, 2.5f);
  g_assert_true (nf_tensor_same_shape (like, zeros));
  g_assert_cmpint (like->dtype, ==, NF_I64);
  g_assert_cmpuint ((gsize) zeros->data % 64, ==, 0);
}

static void
test_reshape_shares_memory (void)
{
  const gfloat in[6] = { 0, 1, 2, 3, 4, 5 }, other[6] = { 9, 8, 7, 6, 5, 4 };
  g_autoptr (NfTensor) t =
      nf_tensor_new_from_nhwc (device, NF_F32, 1, 2, 3, 1, in, NULL);
  NfTensor *view = nf_tensor_reshape (t, 3, 1, 1, 2, NULL);
  gfloat out[6];

  g_assert_true (view->data == t->data && view->base == t);
  g_assert_true (nf_tensor_to_nhwc (view, out, NULL));
  g_assert_cmpmem (out, sizeof out, in, sizeof in);
  g_assert_true (nf_tensor_set_nhwc (view, other, NULL));
  g_assert_true (nf_tensor_to_nhwc (t, out, NULL));
  g_assert_cmpmem (out, sizeof out, other, sizeof other);
  nf_tensor_unref (view);
}

/* a view keeps what it looks at alive */
static void
test_batch_slice_outlives_base (void)
{
  const guint8 in[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
  NfTensor *t = nf_tensor_new_from_nhwc (device, NF_U8, 4, 2, 1, 1, in, NULL);
  g_autoptr (NfTensor) part = nf_tensor_batch_slice (t, 1, 2, NULL);
  g_autoptr (NfTensor) again = nf_tensor_batch_slice (part, 1, 1, NULL);
  guint8 out[4];

  nf_tensor_unref (t);
  g_assert_cmpint (part->n, ==, 2);
  g_assert_true (nf_tensor_to_nhwc (part, out, NULL));
  g_assert_cmpmem (out, 4, in + 2, 4);
  g_assert_true (nf_tensor_to_nhwc (again, out, NULL));
  g_assert_cmpmem (out, 2, in + 4, 2);
}

/* every way of writing counts, through a view also for the base */
static void
test_versions_grow (void)
{
  const gfloat data[4] = { 1, 2, 3, 4 };
  g_autoptr (NfTensor) t =
      nf_tensor_new_from_nhwc (device, NF_F32, 2, 2, 1, 1, data, NULL);
  g_autoptr (NfTensor) other = nf_tensor_new_like (t, NULL);
  g_autoptr (NfTensor) view = nf_tensor_batch_slice (t, 1, 1, NULL);
  guint before = t->version;

  g_assert_true (nf_tensor_zero (other, NULL));
  g_assert_true (nf_tensor_set_nchw (t, data, NULL));
  g_assert_cmpuint (t->version, >, before);
  before = t->version;
  g_assert_true (nf_tensor_set_nhwc (t, data, NULL));
  g_assert_cmpuint (t->version, >, before);
  before = t->version;
  g_assert_true (nf_tensor_copy (t, other, NULL));
  g_assert_cmpuint (t->version, >, before);
  before = t->version;
  g_assert_true (nf_tensor_zero (t, NULL));
  g_assert_cmpuint (t->version, >, before);
  before = t->version;
  g_assert_true (nf_tensor_set_nhwc (view, data, NULL));
  g_assert_cmpuint (t->version, >, before);
  before = t->version;
  g_assert_true (nf_tensor_to_nhwc (t, (gfloat[4]){ 0 }, NULL));
  g_assert_cmpuint (t->version, ==, before);
}

static void
test_bad_shapes_fail (void)
{
  static const gint64 shapes[][4] = { { 0, 1, 1, 1 }, { 1, 0, 1, 1 },
    { 1, 1, -1, 1 }, { 1, 1, 1, 0 }, { G_MAXINT64, 4, 1, 1 },
    { 1 << 20, 1 << 20, 1 << 20, 1 << 20 }, { G_MAXINT64 / 4, 1, 1, 1 } };

  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++) {
    const gint64 *s = shapes[i];
    g_autoptr (GError) error = NULL;

    g_assert_null (
        nf_tensor_new (device, NF_I64, s[0], s[1], s[2], s[3], &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_SHAPE);
  }
}

/* more than there is: an error, not a crash */
static void
test_out_of_memory_fails (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (
      nf_tensor_new (device, NF_F32, 1 << 20, 1 << 20, 1 << 16, 1, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_NO_MEMORY);
  g_assert_nonnull (strstr (error->message, "288230376151711744 bytes"));
}

static void
test_bad_views_fail (void)
{
  g_autoptr (NfTensor) t =
      nf_tensor_new_zeros (device, NF_F32, 2, 3, 1, 1, NULL);
  static const gint64 ranges[][2] = { { -1, 1 }, { 0, 3 }, { 2, 1 }, { 0, 0 },
    { 1, G_MAXINT64 } };

  for (guint i = 0; i < G_N_ELEMENTS (ranges); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (
        nf_tensor_batch_slice (t, ranges[i][0], ranges[i][1], &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_SHAPE);
  }
  for (gint64 c = 0; c < 6; c++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (nf_tensor_reshape (t, 1, c, 1, 1, &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_SHAPE);
  }
}

static void
test_copy_of_another_shape_fails (void)
{
  g_autoptr (NfTensor) a =
      nf_tensor_new_zeros (device, NF_F32, 2, 3, 1, 1, NULL);
  g_autoptr (NfTensor) b =
      nf_tensor_new_zeros (device, NF_F32, 3, 2, 1, 1, NULL);
  g_autoptr (NfTensor) c =
      nf_tensor_new_zeros (device, NF_U8, 2, 3, 1, 1, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (nf_tensor_copy (a, b, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_SHAPE);
  g_assert_nonnull (strstr (error->message, "(2, 3, 1, 1)"));
  g_assert_nonnull (strstr (error->message, "(3, 2, 1, 1)"));
  g_clear_error (&error);
  g_assert_false (nf_tensor_copy (a, c, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_SHAPE);
}

static void
test_shape_string (void)
{
  g_autoptr (NfTensor) a =
      nf_tensor_new_zeros (device, NF_F32, 2, 3, 5, 7, NULL);
  g_autoptr (NfTensor) b =
      nf_tensor_new_zeros (device, NF_U8, 1, 1, 1, 1, NULL);
  g_autofree gchar *x = nf_tensor_shape_string (a);
  g_autofree gchar *y = nf_tensor_shape_string (b);

  g_assert_cmpstr (x, ==, "(2, 3, 5, 7)");
  g_assert_cmpstr (y, ==, "(1, 1, 1, 1) u8");
}

static void
test_bf16 (void)
{
  static const struct
  {
    gfloat value;
    guint16 bits;
  } rows[] = { { 0, 0 }, { 1, 0x3f80 }, { -2, 0xc000 }, { INFINITY, 0x7f80 },
    { 0x1.01p0f, 0x3f80 }, { 0x1.03p0f, 0x3f82 }, { 0x1.010002p0f, 0x3f81 },
    { 0x1.fffffep127f, 0x7f80 }, { 0x1p-133f, 1 }, { 0x1p-134f, 0 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmphex (nf_bf16_from_f32 (rows[i].value), ==, rows[i].bits);
  g_assert_true (isnan (nf_bf16_to_f32 (nf_bf16_from_f32 (NAN))));
  for (guint bits = 0; bits < 0x10000; bits++) {
    const gfloat value = nf_bf16_to_f32 ((guint16) bits);

    if (!isnan (value))
      g_assert_cmphex (nf_bf16_from_f32 (value), ==, bits);
  }
}

#define ADD(name) g_test_add_func ("/tensor/" #name, test_##name)

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  device = nf_device_open ("cpu", NULL);
  ADD (layout_round_trips);
  ADD (channels_last_in_memory);
  ADD (constructors);
  ADD (reshape_shares_memory);
  ADD (batch_slice_outlives_base);
  ADD (versions_grow);
  ADD (bad_shapes_fail);
  ADD (out_of_memory_fails);
  ADD (bad_views_fail);
  ADD (copy_of_another_shape_fails);
  ADD (shape_string);
  ADD (bf16);
  status = g_test_run ();
  nf_device_unref (device);
  return status;
}
