/* SPDX-License-Identifier: MIT
 *
 * naivecheck — comparing tensors with naive results, on every device there is
 *
 * Devices come from NF_TEST_DEVICES ("cpu,cuda:0"), where all must open; by
 * default the tests run on "cpu", and on "cuda" where it opens. */
#include "naivecheck.h"

#include <math.h>

/* what is smaller than this on average is compared absolutely */
#define FLOOR 1e-4

/* the largest relative error (root of nmse) that naive_miss() has seen */
gdouble naive_error;

/* how far the worst element may be off, in units of what the root of the mean
 * square may be */
#define WORST 20

/**
 * naive_devices:
 *
 * Returns: (transfer full) (element-type NfDevice): at least one
 */
GPtrArray *
naive_devices (void)
{
  const gchar *listed = g_getenv ("NF_TEST_DEVICES");
  g_auto (GStrv) names = g_strsplit (listed ? listed : "cpu,cuda", ",", -1);
  GPtrArray *devices =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_device_unref);

  for (guint i = 0; names[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    NfDevice *device = nf_device_open (names[i], &error);

    if (device != NULL)
      g_ptr_array_add (devices, device);
    else if (listed != NULL || i == 0)
      g_error ("NF_TEST_DEVICES: %s", error->message);
    else
      g_test_message ("without %s: %s", names[i], error->message);
  }
  return devices;
}

NfTensor *
naive_to_tensor (NfDevice *device, const Naive *a, NfDType dtype)
{
  const gsize count = naive_elements (a);
  g_autofree gpointer data = g_malloc (count * nf_dtype_size (dtype));
  g_autoptr (GError) error = NULL;
  NfTensor *tensor;

  for (gsize i = 0; i < count; i++) {
    if (dtype == NF_F32)
      ((gfloat *) data)[i] = (gfloat) a->v[i];
    else if (dtype == NF_BF16)
      ((guint16 *) data)[i] = nf_bf16_from_f32 ((gfloat) a->v[i]);
    else if (dtype == NF_U8)
      ((guint8 *) data)[i] = (guint8) a->v[i];
    else
      ((gint64 *) data)[i] = (gint64) a->v[i];
  }
  tensor = nf_tensor_new_from_nchw (
      device, dtype, a->n, a->c, a->h, a->w, data, &error);
  g_assert_no_error (error);
  return tensor;
}

Naive *
naive_from_tensor (const NfTensor *tensor)
{
  Naive *a = naive_new (tensor->n, tensor->c, tensor->h, tensor->w);
  const gsize count = naive_elements (a);
  g_autofree gpointer data = g_malloc (tensor->bytes);
  g_autoptr (GError) error = NULL;

  nf_tensor_to_nchw (tensor, data, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < count; i++) {
    if (tensor->dtype == NF_F32)
      a->v[i] = ((const gfloat *) data)[i];
    else if (tensor->dtype == NF_BF16)
      a->v[i] = (gdouble) nf_bf16_to_f32 (((const guint16 *) data)[i]);
    else if (tensor->dtype == NF_U8)
      a->v[i] = ((const guint8 *) data)[i];
    else
      a->v[i] = ((const gint64 *) data)[i];
  }
  return a;
}

/**
 * naive_miss:
 * @what: what is compared
 * @got: the values under test
 * @want: the naive ones
 * @n: how many
 * @tolerance: largest normalised mean squared error, 0 for equality; no element
 *   may be off by more than some times its root
 *
 * Returns: (transfer full) (nullable): a sentence, when they differ by more or
 *   are not numbers
 */
gchar *
naive_miss (const gchar *what, const gdouble *got, const gdouble *want, gsize n,
    gdouble tolerance)
{
  gdouble wrong = 0, size = 0, nmse;
  gsize worst = 0;

  for (gsize i = 0; i < n; i++) {
    const gdouble difference = fabs (got[i] - want[i]);

    wrong += difference * difference;
    size += want[i] * want[i];
    if (difference > fabs (got[worst] - want[worst]) || isnan (difference))
      worst = i;
  }
  size = MAX (size, n * FLOOR * FLOOR);
  nmse = wrong / size;
  if (!(sqrt (nmse) <= naive_error))
    naive_error = sqrt (nmse);
  if (nmse <= tolerance
      && fabs (got[worst] - want[worst]) <= WORST * sqrt (tolerance * size / n))
    return NULL;
  return g_strdup_printf ("%s: nmse %g, allowed %g; worst at %" G_GSIZE_FORMAT
                          " of %" G_GSIZE_FORMAT ": expected %.9g, got %.9g",
      what, nmse, tolerance, worst, n, want[worst], got[worst]);
}

gchar *
naive_miss_tensor (const gchar *what, const NfTensor *got, const Naive *want,
    gdouble tolerance)
{
  g_autoptr (Naive) a = NULL;

  if (got->n != want->n || got->c != want->c || got->h != want->h
      || got->w != want->w) {
    g_autofree gchar *shape = nf_tensor_shape_string (got);

    return g_strdup_printf ("%s: expected shape (%" G_GINT64_FORMAT
                            ", %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
                            ", %" G_GINT64_FORMAT "), got %s",
        what, want->n, want->c, want->h, want->w, shape);
  }
  a = naive_from_tensor (got);
  return naive_miss (what, a->v, want->v, naive_elements (want), tolerance);
}
