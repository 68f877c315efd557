/* SPDX-License-Identifier: MIT
 *
 * nftensor — reference-counted arrays of four dimensions
 *
 * The logical shape is (N, C, H, W). Memory is channels-last: element
 * (n, c, y, x) lies at ((n * H + y) * W + x) * C + c, so a video frame of
 * interleaved pixels is a tensor as it is. A vector of C values is (1, C, 1, 1),
 * a matrix [R, C] is (R, C, 1, 1), a scalar (1, 1, 1, 1).
 *
 * A network's weights need not be in memory beside the file they come from and
 * the layout that a backend packs them into. Such a tensor has a source, and its
 * data is NULL until nf_tensor_need_data(). All functions here take it, and
 * nf_op_run() gives its kernels data, but for weights of a backend that takes
 * them without (NfBackend.lazy_weights). */
#pragma once

#include "core/nferror.h"

G_BEGIN_DECLS

typedef struct _NfDevice NfDevice;
typedef struct _NfSource NfSource;
typedef struct _NfTensor NfTensor;

/**
 * NfDType:
 * @NF_F32: IEEE single precision
 * @NF_BF16: bfloat16
 * @NF_U8: unsigned bytes (pixels, class ids)
 * @NF_I64: signed 64-bit integers (labels)
 */
typedef enum
{
  NF_F32,
  NF_BF16,
  NF_U8,
  NF_I64,
  NF_N_DTYPES
} NfDType;

/**
 * NfTensor:
 * @dtype: element type
 * @n: batch size
 * @c: channels
 * @h: rows
 * @w: columns
 * @device: where the data lies (owned)
 * @data: the elements, in the device's address space; NULL where they are
 *   still to be fetched from @source
 * @bytes: size of @data
 * @requires_grad: set on parameters, and by the tape on what depends on them
 * @grad: (nullable): gradient, same shape and type; filled by
 *   nf_tape_backward()
 * @idle: references by records that do not read the data, see nftape.c
 * @version: grows with every change of the data after creation
 * @base: (nullable): the tensor whose memory this one shares
 * @source: (nullable): where the elements come from (owned)
 * @cache: (nullable): private to the backend (packed weights)
 * @cache_free: frees @cache
 *
 * Read the fields; only the library writes them.
 */
struct _NfTensor
{
  gatomicrefcount refs;
  NfDType dtype;
  gint64 n, c, h, w; /* (N, C, H, W) */
  NfDevice *device;
  gpointer data;
  gsize bytes;
  gboolean requires_grad;
  NfTensor *grad;
  gint idle;
  guint version;
  NfTensor *base;
  NfSource *source;
  gpointer cache;
  GDestroyNotify cache_free;
};

/**
 * NfSource:
 * @read: writes all elements of the tensor into host memory, in the order
 *   (n, h, w, c); may run in several threads at once
 * @free: (nullable): frees the source, with the tensor
 * @in_place: (nullable): those elements, where they lie as long as the source
 *   is there, to be read only
 *
 * Where the elements of a tensor come from.
 */
struct _NfSource
{
  gboolean (*read) (const NfSource *source, const NfTensor *tensor,
      gpointer data, GError **error);
  void (*free) (NfSource *source);
  gconstpointer in_place;
};

gsize nf_dtype_size (NfDType dtype);
const gchar *nf_dtype_name (NfDType dtype);

NfTensor *nf_tensor_new (NfDevice *device, NfDType dtype, gint64 n, gint64 c,
    gint64 h, gint64 w, GError **error);
NfTensor *nf_tensor_new_like (const NfTensor *tensor, GError **error);
NfTensor *nf_tensor_new_zeros (NfDevice *device, NfDType dtype, gint64 n,
    gint64 c, gint64 h, gint64 w, GError **error);
NfTensor *nf_tensor_new_filled (NfDevice *device, gint64 n, gint64 c, gint64 h,
    gint64 w, gfloat value, GError **error);
NfTensor *nf_tensor_new_taking (NfDevice *device, gpointer data, gsize bytes);
NfTensor *nf_tensor_new_from_nchw (NfDevice *device, NfDType dtype, gint64 n,
    gint64 c, gint64 h, gint64 w, gconstpointer data, GError **error);
NfTensor *nf_tensor_new_from_nhwc (NfDevice *device, NfDType dtype, gint64 n,
    gint64 c, gint64 h, gint64 w, gconstpointer data, GError **error);
NfTensor *nf_tensor_new_from_pitched (NfDevice *device, NfDType dtype, gint64 c,
    gint64 h, gint64 w, gconstpointer rows, gsize stride, GError **error);
NfTensor *nf_tensor_reshape (
    NfTensor *tensor, gint64 n, gint64 c, gint64 h, gint64 w, GError **error);
NfTensor *nf_tensor_batch_slice (
    NfTensor *tensor, gint64 from, gint64 count, GError **error);
NfTensor *nf_tensor_ref (NfTensor *tensor);
void nf_tensor_unref (NfTensor *tensor);
void nf_tensor_clear (NfTensor **tensor);

gsize nf_tensor_elements (const NfTensor *tensor);
gboolean nf_tensor_same_shape (const NfTensor *a, const NfTensor *b);
gchar *nf_tensor_shape_string (const NfTensor *tensor);
gboolean nf_tensor_to_nchw (
    const NfTensor *tensor, gpointer data, GError **error);
gboolean nf_tensor_to_nhwc (
    const NfTensor *tensor, gpointer data, GError **error);
gboolean nf_tensor_set_nchw (
    NfTensor *tensor, gconstpointer data, GError **error);
gboolean nf_tensor_set_nhwc (
    NfTensor *tensor, gconstpointer data, GError **error);
gboolean nf_tensor_copy (NfTensor *dst, const NfTensor *src, GError **error);
gboolean nf_tensor_set_pitched (NfTensor *tensor, gint64 n, gconstpointer rows,
    gsize stride, GError **error);
gboolean nf_tensor_to_pitched (const NfTensor *tensor, gint64 n, gpointer rows,
    gsize stride, GError **error);
gboolean nf_tensor_zero (NfTensor *tensor, GError **error);
gfloat nf_tensor_scalar (const NfTensor *tensor, GError **error);
void nf_tensor_changed (NfTensor *tensor);

NfTensor *nf_tensor_new_lazy (NfDevice *device, NfDType dtype, gint64 n,
    gint64 c, gint64 h, gint64 w, NfSource *source, GError **error);
NfTensor *nf_tensor_new_lazy_zeros (NfDevice *device, NfDType dtype, gint64 n,
    gint64 c, gint64 h, gint64 w, GError **error);
void nf_tensor_set_source (NfTensor *tensor, NfSource *source);
gboolean nf_tensor_need_data (NfTensor *tensor, GError **error);
gboolean nf_tensor_own_data (NfTensor *tensor, gboolean keep, GError **error);
void nf_tensor_drop_data (NfTensor *tensor);
void nf_tensor_drop_idle (NfTensor *tensor);

/* (nullable): what nf_tensor_need_data() has made sure of, if it has */
static inline gpointer
nf_tensor_peek_data (const NfTensor *tensor)
{
  return g_atomic_pointer_get (&((NfTensor *) tensor)->data);
}

guint16 nf_bf16_from_f32 (gfloat value);
gfloat nf_bf16_to_f32 (guint16 value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfTensor, nf_tensor_unref)

G_END_DECLS
