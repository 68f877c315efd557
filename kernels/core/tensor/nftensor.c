/* SPDX-License-Identifier: MIT
 *
 * nftensor — reference-counted arrays of four dimensions, channels-last
 *
 * What a tensor is, where its data comes from, and its end. Elements on their
 * way in and out are in nftransfer.c. */
#include <nextframe/core/tensor/nftensor.h>

#include <nextframe/core/tensor/nfdevice.h>
#include "core/tensor/nfhostroom.h"

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

static gboolean
read_zeros (const NfSource *source, const NfTensor *tensor, gpointer data,
    GError **error)
{
  memset (data, 0, tensor->bytes);
  return TRUE;
}

NfTensor *
nf_tensor_new_lazy_zeros (NfDevice *device, NfDType dtype, gint64 n, gint64 c,
    gint64 h, gint64 w, GError **error)
{
  static NfSource zeros = {
    .read = read_zeros, .free = NULL, .in_place = NULL
  };

  return nf_tensor_new_lazy (device, dtype, n, c, h, w, &zeros, error);
}

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

/* --------------------------------------------------- data from a source */

static GMutex lock; /* while data is fetched */

static gboolean
is_in_place (const NfTensor *tensor)
{
  return tensor->source != NULL && tensor->data == tensor->source->in_place;
}

void
nf_tensor_drop_data (NfTensor *tensor)
{
  NfSource *source = tensor->source;

  if (tensor->data != NULL && !is_in_place (tensor))
    tensor->device->backend->release (
        tensor->device, tensor->data, tensor->bytes);
  tensor->data = NULL;
  tensor->source = NULL;
  if (source != NULL && source->free != NULL)
    source->free (source);
}

void
nf_tensor_drop_idle (NfTensor *tensor)
{
  if (tensor->base == NULL
      && g_atomic_ref_count_compare (
          &tensor->refs, g_atomic_int_get (&tensor->idle)))
    nf_tensor_drop_data (tensor);
}

void
nf_tensor_set_source (NfTensor *tensor, NfSource *source)
{
  nf_tensor_drop_data (tensor);
  tensor->source = source;
  nf_tensor_changed (tensor);
}

/* (nullable): memory of the device, with what the source gives */
static gpointer
fetch (const NfTensor *tensor, GError **error)
{
  NfDevice *device = tensor->device;
  const NfBackend *backend = device->backend;
  gpointer data = backend->alloc (device, tensor->bytes, error);
  g_autofree gpointer room = NULL;

  if (data == NULL)
    return NULL;
  if (!backend->lazy_weights)
    room = nf_host_room (tensor->bytes, error);
  if ((backend->lazy_weights || room != NULL)
      && tensor->source->read (
          tensor->source, tensor, room != NULL ? room : data, error)
      && (room == NULL
          || backend->upload (device, data, room, tensor->bytes, error)))
    return data;
  backend->release (device, data, tensor->bytes);
  return NULL;
}

gboolean
nf_tensor_need_data (NfTensor *tensor, GError **error)
{
  gpointer data = nf_tensor_peek_data (tensor);

  if (data != NULL)
    return TRUE;
  g_mutex_lock (&lock);
  data = tensor->data;
  if (data == NULL) {
    if (tensor->source->in_place != NULL
        && tensor->device->backend->lazy_weights)
      data = (gpointer) tensor->source->in_place;
    else
      data = fetch (tensor, error);
    g_atomic_pointer_set (&tensor->data, data);
  }
  g_mutex_unlock (&lock);
  return data != NULL;
}

gboolean
nf_tensor_own_data (NfTensor *tensor, gboolean keep, GError **error)
{
  NfDevice *device = tensor->device;
  gpointer data = tensor->data;

  if (tensor->source == NULL)
    return TRUE;
  if (data == NULL || is_in_place (tensor)) {
    data = keep ? fetch (tensor, error)
                : device->backend->alloc (device, tensor->bytes, error);
    if (data == NULL)
      return FALSE;
    nf_tensor_drop_data (tensor);
    tensor->data = data;
    return TRUE;
  }
  tensor->data = NULL;
  nf_tensor_drop_data (tensor);
  tensor->data = data;
  return TRUE;
}

/* ------------------------------------------------- views and references */

NfTensor *
nf_tensor_reshape (
    NfTensor *tensor, gint64 n, gint64 c, gint64 h, gint64 w, GError **error)
{
  NfTensor *view;
  gsize bytes;

  if (tensor == NULL || nf_has_failed (error))
    return NULL;
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

NfTensor *
nf_tensor_batch_slice (
    NfTensor *tensor, gint64 from, gint64 count, GError **error)
{
  NfTensor *view;
  gsize sample;

  if (tensor == NULL || nf_has_failed (error))
    return NULL;
  sample = tensor->bytes / (gsize) tensor->n;
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
  if (tensor != NULL)
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

gchar *
nf_tensor_shape_string (const NfTensor *t)
{
  return g_strdup_printf ("(%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
                          ", %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT ")%s%s",
      t->n, t->c, t->h, t->w, t->dtype == NF_F32 ? "" : " ",
      t->dtype == NF_F32 ? "" : dtypes[t->dtype].name);
}

void
nf_tensor_changed (NfTensor *tensor)
{
  tensor->version++;
  if (tensor->base != NULL)
    nf_tensor_changed (tensor->base);
}
