/* SPDX-License-Identifier: MIT
 *
 * nftensor — reference-counted arrays of four dimensions, channels-last */
#include "core/tensor/nftensor.h"

#include "core/tensor/nfdevice.h"
#include "core/tensor/nfsource.h"

#include <math.h>
#include <string.h>

static const struct
{
  const gchar *name;
  gsize size;
} dtypes[NF_N_DTYPES] = {
  [NF_F32] = { "f32", 4 },
  [NF_BF16] = { "bf16", 2 },
  [NF_U8] = { "u8", 1 },
  [NF_I64] = { "i64", 8 },
};

gsize
nf_dtype_size (NfDType dtype)
{
  return dtypes[dtype].size;
}

const gchar *
nf_dtype_name (NfDType dtype)
{
  return dtypes[dtype].name;
}

/**
 * nf_bf16_from_f32:
 *
 * Returns: the nearest bfloat16, ties to even; NaN stays NaN
 */
guint16
nf_bf16_from_f32 (gfloat value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  if ((bits & 0x7fffffffu) > 0x7f800000u)
    return (guint16) ((bits >> 16) | 0x40);
  return (guint16) ((bits + 0x7fffu + ((bits >> 16) & 1)) >> 16);
}

gfloat
nf_bf16_to_f32 (guint16 value)
{
  guint32 bits = (guint32) value << 16;
  gfloat out;

  memcpy (&out, &bits, sizeof out);
  return out;
}

static gboolean
shape_bytes (NfDType dtype, gint64 n, gint64 c, gint64 h, gint64 w,
    gsize *bytes, GError **error)
{
  gsize total;

  if (n >= 1 && c >= 1 && h >= 1 && w >= 1
      && g_size_checked_mul (&total, (gsize) n, (gsize) c)
      && g_size_checked_mul (&total, total, (gsize) h)
      && g_size_checked_mul (&total, total, (gsize) w)
      && g_size_checked_mul (&total, total, dtypes[dtype].size)
      && total <= G_MAXSSIZE) {
    *bytes = total;
    return TRUE;
  }
  g_set_error (error, NF_ERROR, NF_ERROR_SHAPE,
      "tensor: shape (%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
      ", %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
      ") is empty or too large; every dimension must be at least 1",
      n, c, h, w);
  return FALSE;
}

static NfTensor *
tensor_alloc (NfDevice *device, NfDType dtype, gint64 n, gint64 c, gint64 h,
    gint64 w, gpointer data, gsize bytes)
{
  NfTensor *tensor = g_new0 (NfTensor, 1);

  g_atomic_ref_count_init (&tensor->refs);
  tensor->dtype = dtype;
  tensor->n = n;
  tensor->c = c;
  tensor->h = h;
  tensor->w = w;
  tensor->device = nf_device_ref (device);
  tensor->data = data;
  tensor->bytes = bytes;
  return tensor;
}

/**
 * nf_tensor_new:
 * @device: where it lies
 * @dtype: element type
 * @n: batch size, at least 1
 * @c: channels, at least 1
 * @h: rows, at least 1
 * @w: columns, at least 1
 * @error: return location: %NF_ERROR_SHAPE, %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): a tensor whose elements are undefined
 */
NfTensor *
nf_tensor_new (NfDevice *device, NfDType dtype, gint64 n, gint64 c, gint64 h,
    gint64 w, GError **error)
{
  gpointer data;
  gsize bytes;

  if (!shape_bytes (dtype, n, c, h, w, &bytes, error))
    return NULL;
  data = device->backend->alloc (device, bytes, error);
  if (data == NULL)
    return NULL;
  return tensor_alloc (device, dtype, n, c, h, w, data, bytes);
}

/**
 * nf_tensor_new_lazy:
 * @source: (transfer full): where its elements come from
 *
 * Returns: (transfer full) (nullable): a tensor without data; when it fails,
 *   @source is freed
 */
NfTensor *
nf_tensor_new_lazy (NfDevice *device, NfDType dtype, gint64 n, gint64 c,
    gint64 h, gint64 w, NfSource *source, GError **error)
{
  NfTensor *tensor;
  gsize bytes;

  if (!shape_bytes (dtype, n, c, h, w, &bytes, error)) {
    if (source->free != NULL)
      source->free (source);
    return NULL;
  }
  tensor = tensor_alloc (device, dtype, n, c, h, w, NULL, bytes);
  tensor->source = source;
  return tensor;
}

/**
 * nf_tensor_new_taking:
 * @data: (transfer full): as many bytes, allocated by the device's backend
 * @bytes: how many
 *
 * Returns: (transfer full): bytes that free @data at their end
 */
NfTensor *
nf_tensor_new_taking (NfDevice *device, gpointer data, gsize bytes)
{
  return tensor_alloc (device, NF_U8, 1, 1, 1, (gint64) bytes, data, bytes);
}

NfTensor *
nf_tensor_new_like (const NfTensor *t, GError **error)
{
  return nf_tensor_new (t->device, t->dtype, t->n, t->c, t->h, t->w, error);
}

NfTensor *
nf_tensor_new_zeros (NfDevice *device, NfDType dtype, gint64 n, gint64 c,
    gint64 h, gint64 w, GError **error)
{
  g_autoptr (NfTensor) t = nf_tensor_new (device, dtype, n, c, h, w, error);

  if (t == NULL || !nf_tensor_zero (t, error))
    return NULL;
  return g_steal_pointer (&t);
}

/**
 * nf_tensor_new_filled:
 *
 * Returns: (transfer full) (nullable): an f32 tensor of equal elements
 */
NfTensor *
nf_tensor_new_filled (NfDevice *device, gint64 n, gint64 c, gint64 h, gint64 w,
    gfloat value, GError **error)
{
  g_autoptr (NfTensor) t = nf_tensor_new (device, NF_F32, n, c, h, w, error);
  g_autofree gfloat *data = NULL;

  if (t == NULL)
    return NULL;
  data = g_new (gfloat, nf_tensor_elements (t));
  for (gsize i = 0; i < nf_tensor_elements (t); i++)
    data[i] = value;
  if (!nf_tensor_set_nhwc (t, data, error))
    return NULL;
  return g_steal_pointer (&t);
}

/**
 * nf_tensor_new_from_nchw:
 * @data: elements in the order of PyTorch's memory: n, c, h, w
 *
 * Returns: (transfer full) (nullable): a tensor with a copy of @data
 */
NfTensor *
nf_tensor_new_from_nchw (NfDevice *device, NfDType dtype, gint64 n, gint64 c,
    gint64 h, gint64 w, gconstpointer data, GError **error)
{
  g_autoptr (NfTensor) t = nf_tensor_new (device, dtype, n, c, h, w, error);

  if (t == NULL || !nf_tensor_set_nchw (t, data, error))
    return NULL;
  return g_steal_pointer (&t);
}

/**
 * nf_tensor_new_from_nhwc:
 * @data: elements in the tensor's own order: n, h, w, c
 *
 * Returns: (transfer full) (nullable): a tensor with a copy of @data
 */
NfTensor *
nf_tensor_new_from_nhwc (NfDevice *device, NfDType dtype, gint64 n, gint64 c,
    gint64 h, gint64 w, gconstpointer data, GError **error)
{
  g_autoptr (NfTensor) t = nf_tensor_new (device, dtype, n, c, h, w, error);

  if (t == NULL || !nf_tensor_set_nhwc (t, data, error))
    return NULL;
  return g_steal_pointer (&t);
}

/**
 * nf_tensor_reshape:
 *
 * The same memory, in its channels-last order, seen with another shape.
 *
 * Returns: (transfer full) (nullable): a view
 */
NfTensor *
nf_tensor_reshape (
    NfTensor *tensor, gint64 n, gint64 c, gint64 h, gint64 w, GError **error)
{
  NfTensor *view;
  gsize bytes;

  if (!shape_bytes (tensor->dtype, n, c, h, w, &bytes, error))
    return NULL;
  if (bytes != tensor->bytes) {
    g_set_error (error, NF_ERROR, NF_ERROR_SHAPE,
        "reshape: %" G_GSIZE_FORMAT
        " bytes do not fill a shape of %" G_GSIZE_FORMAT,
        tensor->bytes, bytes);
    return NULL;
  }
  if (!nf_tensor_own_data (tensor, TRUE, error))
    return NULL;
  view = tensor_alloc (
      tensor->device, tensor->dtype, n, c, h, w, tensor->data, bytes);
  view->base = nf_tensor_ref (tensor);
  return view;
}

/**
 * nf_tensor_batch_slice:
 * @from: first sample
 * @count: how many
 *
 * Returns: (transfer full) (nullable): a view of some samples of the batch
 */
NfTensor *
nf_tensor_batch_slice (
    NfTensor *tensor, gint64 from, gint64 count, GError **error)
{
  gsize sample = tensor->bytes / (gsize) tensor->n;
  NfTensor *view;

  if (from < 0 || count < 1 || from > tensor->n - count) {
    g_set_error (error, NF_ERROR, NF_ERROR_SHAPE,
        "batch slice: %" G_GINT64_FORMAT " samples from %" G_GINT64_FORMAT
        " are not all there, the batch has %" G_GINT64_FORMAT,
        count, from, tensor->n);
    return NULL;
  }
  if (!nf_tensor_own_data (tensor, TRUE, error))
    return NULL;
  view = tensor_alloc (tensor->device, tensor->dtype, count, tensor->c,
      tensor->h, tensor->w, (guint8 *) tensor->data + (gsize) from * sample,
      (gsize) count * sample);
  view->base = nf_tensor_ref (tensor);
  return view;
}

NfTensor *
nf_tensor_ref (NfTensor *tensor)
{
  g_atomic_ref_count_inc (&tensor->refs);
  return tensor;
}

void
nf_tensor_unref (NfTensor *tensor)
{
  gint idle = g_atomic_int_get (&tensor->idle);

  if (!g_atomic_ref_count_dec (&tensor->refs)) {
    if (idle > 0)
      nf_tensor_drop_idle (tensor);
    return;
  }
  if (tensor->cache != NULL)
    tensor->cache_free (tensor->cache);
  if (tensor->base != NULL)
    nf_tensor_unref (tensor->base);
  else
    nf_tensor_drop_data (tensor);
  nf_tensor_clear (&tensor->grad);
  nf_device_unref (tensor->device);
  g_free (tensor);
}

/**
 * nf_tensor_clear:
 * @tensor: (inout) (nullable): place of a reference
 *
 * Drops the reference, if any, and clears the place.
 */
void
nf_tensor_clear (NfTensor **tensor)
{
  g_clear_pointer (tensor, nf_tensor_unref);
}

gsize
nf_tensor_elements (const NfTensor *tensor)
{
  return tensor->bytes / dtypes[tensor->dtype].size;
}

gboolean
nf_tensor_same_shape (const NfTensor *a, const NfTensor *b)
{
  return a->n == b->n && a->c == b->c && a->h == b->h && a->w == b->w;
}

/**
 * nf_tensor_shape_string:
 *
 * Returns: (transfer full): "(N, C, H, W)" with a type other than f32 behind
 */
gchar *
nf_tensor_shape_string (const NfTensor *t)
{
  return g_strdup_printf ("(%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
                          ", %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT ")%s%s",
      t->n, t->c, t->h, t->w, t->dtype == NF_F32 ? "" : " ",
      t->dtype == NF_F32 ? "" : dtypes[t->dtype].name);
}

/* copies between the two orders; to_last: from (n, c, h, w) to (n, h, w, c) */
static void
permute (guint8 *dst, const guint8 *src, const NfTensor *t, gboolean to_last)
{
  gsize size = dtypes[t->dtype].size, pixels = (gsize) (t->h * t->w);
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

/**
 * nf_tensor_to_nhwc:
 * @tensor: a tensor
 * @data: (out): room for all its elements, in memory order
 * @error: return location
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_tensor_to_nhwc (const NfTensor *tensor, gpointer data, GError **error)
{
  gconstpointer own = nf_tensor_peek_data (tensor);

  if (own == NULL)
    return tensor->source->read (tensor->source, tensor, data, error);
  return tensor->device->backend->download (
      tensor->device, data, own, tensor->bytes, error);
}

/**
 * nf_tensor_to_nchw:
 * @tensor: a tensor
 * @data: (out): room for all its elements, in PyTorch's order
 * @error: return location
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_tensor_to_nchw (const NfTensor *tensor, gpointer data, GError **error)
{
  g_autofree guint8 *own = g_malloc (tensor->bytes);

  if (!nf_tensor_to_nhwc (tensor, own, error))
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
  g_autofree guint8 *own = g_malloc (tensor->bytes);

  permute (own, data, tensor, TRUE);
  return nf_tensor_set_nhwc (tensor, own, error);
}

/**
 * nf_tensor_copy:
 * @dst: changed
 * @src: same shape, type and device
 * @error: return location
 *
 * Returns: FALSE with @error set
 */
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
    g_autofree gpointer data = g_malloc (src->bytes);

    return nf_tensor_to_nhwc (src, data, error)
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

/**
 * nf_tensor_scalar:
 * @tensor: an f32 tensor
 * @error: return location
 *
 * Returns: its first element; NaN with @error set
 */
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

/**
 * nf_tensor_changed:
 *
 * To be called after writing into the data: what a backend or a tape has
 * derived from the old data is no longer valid.
 */
void
nf_tensor_changed (NfTensor *tensor)
{
  tensor->version++;
  if (tensor->base != NULL)
    nf_tensor_changed (tensor->base);
}
