/* SPDX-License-Identifier: MIT
 *
 * nftransfer — a tensor's elements on their way in and out
 *
 * To and from the host in both orders, from tensor to tensor, and pictures to
 * and from memory that belongs to others: video in a device's memory has rows at
 * a distance of its own and often another context than the tensors. The
 * functions stand in nftensor.h. */
#include <nextframe/core/tensor/nfdevice.h>
#include <nextframe/core/tensor/nftensor.h>
#include "core/tensor/nfhostroom.h"

#include <math.h>
#include <string.h>

/* copies between the two orders; to_last: from (n, c, h, w) to (n, h, w, c) */
static void
permute (guint8 *dst, const guint8 *src, const NfTensor *t, gboolean to_last)
{
  gsize size = nf_dtype_size (t->dtype), pixels = (gsize) (t->h * t->w);
  gsize c = (gsize) t->c;

  for (gsize n = 0; n < (gsize) t->n; n++) {
    for (gsize k = 0; k < c; k++) {
      for (gsize i = 0; i < pixels; i++) {
        gsize planar = (n * c + k) * pixels + i;
        gsize last = (n * pixels + i) * c + k;

        memcpy (dst + (to_last ? last : planar) * size,
            src + (to_last ? planar : last) * size, size);
      }
    }
  }
}

gboolean
nf_tensor_to_nhwc (const NfTensor *tensor, gpointer data, GError **error)
{
  gconstpointer own = nf_tensor_peek_data (tensor);

  if (own == NULL)
    return tensor->source->read (tensor->source, tensor, data, error);
  return tensor->device->backend->download (
      tensor->device, data, own, tensor->bytes, error);
}

gboolean
nf_tensor_to_nchw (const NfTensor *tensor, gpointer data, GError **error)
{
  g_autofree guint8 *own = nf_host_room (tensor->bytes, error);

  if (own == NULL || !nf_tensor_to_nhwc (tensor, own, error))
    return FALSE;
  permute (data, own, tensor, FALSE);
  return TRUE;
}

gboolean
nf_tensor_set_nhwc (NfTensor *tensor, gconstpointer data, GError **error)
{
  if (!nf_tensor_own_data (tensor, FALSE, error)
      || !tensor->device->backend->upload (
          tensor->device, tensor->data, data, tensor->bytes, error))
    return FALSE;
  nf_tensor_changed (tensor);
  return TRUE;
}

gboolean
nf_tensor_set_nchw (NfTensor *tensor, gconstpointer data, GError **error)
{
  g_autofree guint8 *own = nf_host_room (tensor->bytes, error);

  if (own == NULL)
    return FALSE;
  permute (own, data, tensor, TRUE);
  return nf_tensor_set_nhwc (tensor, own, error);
}

gboolean
nf_tensor_copy (NfTensor *dst, const NfTensor *src, GError **error)
{
  if (!nf_tensor_same_shape (dst, src) || dst->dtype != src->dtype
      || dst->device != src->device) {
    g_autofree gchar *a = nf_tensor_shape_string (dst);
    g_autofree gchar *b = nf_tensor_shape_string (src);

    g_set_error (error, NF_ERROR, NF_ERROR_SHAPE,
        "copy: destination %s on %s, source %s on %s", a, dst->device->name, b,
        src->device->name);
    return FALSE;
  }
  if (src->data == NULL) {
    g_autofree gpointer data = nf_host_room (src->bytes, error);

    return data != NULL && nf_tensor_to_nhwc (src, data, error)
        && nf_tensor_set_nhwc (dst, data, error);
  }
  if (!nf_tensor_own_data (dst, FALSE, error)
      || !dst->device->backend->copy (
          dst->device, dst->data, src->data, src->bytes, error))
    return FALSE;
  nf_tensor_changed (dst);
  return TRUE;
}

gboolean
nf_tensor_zero (NfTensor *tensor, GError **error)
{
  if (!nf_tensor_own_data (tensor, FALSE, error)
      || !tensor->device->backend->zero (
          tensor->device, tensor->data, tensor->bytes, error))
    return FALSE;
  nf_tensor_changed (tensor);
  return TRUE;
}

gfloat
nf_tensor_scalar (const NfTensor *tensor, GError **error)
{
  gfloat value;

  if (!nf_tensor_need_data ((NfTensor *) tensor, error)
      || !tensor->device->backend->download (
          tensor->device, &value, tensor->data, sizeof value, error))
    return NAN;
  return value;
}

/* ----------------------------------------------------- rows of pictures */

/* bytes of a row of the tensor's pictures; 0 with @error set where picture n
 * does not exist, or rows would overlap */
static gsize
row_bytes_of (const NfTensor *tensor, gint64 n, gsize stride, GError **error)
{
  gsize row = tensor->bytes / (gsize) (tensor->n * tensor->h);

  if (n >= 0 && n < tensor->n && stride >= row)
    return row;
  g_set_error (error, NF_ERROR, NF_ERROR_SHAPE,
      "rows: picture %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
      ", rows of %" G_GSIZE_FORMAT " bytes at every %" G_GSIZE_FORMAT
      "; the picture must be there, and rows must not overlap",
      n, tensor->n, row, stride);
  return 0;
}

static gpointer
picture_of (const NfTensor *tensor, gint64 n)
{
  return (guint8 *) tensor->data
      + (gsize) n * (tensor->bytes / (gsize) tensor->n);
}

gboolean
nf_tensor_set_pitched (NfTensor *tensor, gint64 n, gconstpointer rows,
    gsize stride, GError **error)
{
  gsize row = row_bytes_of (tensor, n, stride, error);

  if (row == 0 || !nf_tensor_own_data (tensor, tensor->n > 1, error)
      || !tensor->device->backend->copy_pitched (tensor->device,
          picture_of (tensor, n), row, rows, stride, row, (gsize) tensor->h,
          error))
    return FALSE;
  nf_tensor_changed (tensor);
  return TRUE;
}

gboolean
nf_tensor_to_pitched (const NfTensor *tensor, gint64 n, gpointer rows,
    gsize stride, GError **error)
{
  gsize row = row_bytes_of (tensor, n, stride, error);

  return row != 0 && nf_tensor_need_data ((NfTensor *) tensor, error)
      && tensor->device->backend->copy_pitched (tensor->device, rows, stride,
          picture_of (tensor, n), row, row, (gsize) tensor->h, error);
}

NfTensor *
nf_tensor_new_from_pitched (NfDevice *device, NfDType dtype, gint64 c, gint64 h,
    gint64 w, gconstpointer rows, gsize stride, GError **error)
{
  g_autoptr (NfTensor) t = nf_tensor_new (device, dtype, 1, c, h, w, error);

  if (t == NULL || !nf_tensor_set_pitched (t, 0, rows, stride, error))
    return NULL;
  return g_steal_pointer (&t);
}

/* ----------------------------------------------- new tensors with elements */

NfTensor *
nf_tensor_new_zeros (NfDevice *device, NfDType dtype, gint64 n, gint64 c,
    gint64 h, gint64 w, GError **error)
{
  g_autoptr (NfTensor) t = nf_tensor_new (device, dtype, n, c, h, w, error);

  if (t == NULL || !nf_tensor_zero (t, error))
    return NULL;
  return g_steal_pointer (&t);
}

NfTensor *
nf_tensor_new_filled (NfDevice *device, gint64 n, gint64 c, gint64 h, gint64 w,
    gfloat value, GError **error)
{
  g_autoptr (NfTensor) t = nf_tensor_new (device, NF_F32, n, c, h, w, error);
  g_autofree gfloat *data = NULL;

  if (t == NULL)
    return NULL;
  data = nf_host_room (t->bytes, error);
  if (data == NULL)
    return NULL;
  for (gsize i = 0; i < nf_tensor_elements (t); i++)
    data[i] = value;
  if (!nf_tensor_set_nhwc (t, data, error))
    return NULL;
  return g_steal_pointer (&t);
}

NfTensor *
nf_tensor_new_from_nchw (NfDevice *device, NfDType dtype, gint64 n, gint64 c,
    gint64 h, gint64 w, gconstpointer data, GError **error)
{
  g_autoptr (NfTensor) t = nf_tensor_new (device, dtype, n, c, h, w, error);

  if (t == NULL || !nf_tensor_set_nchw (t, data, error))
    return NULL;
  return g_steal_pointer (&t);
}

NfTensor *
nf_tensor_new_from_nhwc (NfDevice *device, NfDType dtype, gint64 n, gint64 c,
    gint64 h, gint64 w, gconstpointer data, GError **error)
{
  g_autoptr (NfTensor) t = nf_tensor_new (device, dtype, n, c, h, w, error);

  if (t == NULL || !nf_tensor_set_nhwc (t, data, error))
    return NULL;
  return g_steal_pointer (&t);
}
