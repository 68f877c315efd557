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
NfTensor *nf_tensor_new (NfDevice *device, NfDType dtype, gint64 n, gint64 c,
    gint64 h, gint64 w, GError **error);

NfTensor *nf_tensor_new_like (const NfTensor *tensor, GError **error);
NfTensor *nf_tensor_new_zeros (NfDevice *device, NfDType dtype, gint64 n,
    gint64 c, gint64 h, gint64 w, GError **error);

/**
 * nf_tensor_new_filled:
 *
 * Returns: (transfer full) (nullable): an f32 tensor of equal elements
 */
NfTensor *nf_tensor_new_filled (NfDevice *device, gint64 n, gint64 c, gint64 h,
    gint64 w, gfloat value, GError **error);

/**
 * nf_tensor_new_taking:
 * @data: (transfer full): as many bytes, allocated by the device's backend
 * @bytes: how many
 *
 * Returns: (transfer full): bytes that free @data at their end
 */
NfTensor *nf_tensor_new_taking (NfDevice *device, gpointer data, gsize bytes);

/**
 * nf_tensor_new_from_nchw:
 * @data: elements in the order of PyTorch's memory: n, c, h, w
 *
 * Returns: (transfer full) (nullable): a tensor with a copy of @data
 */
NfTensor *nf_tensor_new_from_nchw (NfDevice *device, NfDType dtype, gint64 n,
    gint64 c, gint64 h, gint64 w, gconstpointer data, GError **error);

/**
 * nf_tensor_new_from_nhwc:
 * @data: elements in the tensor's own order: n, h, w, c
 *
 * Returns: (transfer full) (nullable): a tensor with a copy of @data
 */
NfTensor *nf_tensor_new_from_nhwc (NfDevice *device, NfDType dtype, gint64 n,
    gint64 c, gint64 h, gint64 w, gconstpointer data, GError **error);

/**
 * nf_tensor_new_from_pitched:
 * @rows: as in nf_tensor_set_pitched()
 * @stride: bytes from one row to the next
 *
 * Returns: (transfer full) (nullable): a tensor (1, C, H, W) with a copy of the
 *   picture
 */
NfTensor *nf_tensor_new_from_pitched (NfDevice *device, NfDType dtype, gint64 c,
    gint64 h, gint64 w, gconstpointer rows, gsize stride, GError **error);

/**
 * nf_tensor_reshape:
 * @tensor: (nullable): NULL where what makes it has failed; that is passed on
 *
 * The same memory, in its channels-last order, seen with another shape.
 *
 * Returns: (transfer full) (nullable): a view
 */
NfTensor *nf_tensor_reshape (
    NfTensor *tensor, gint64 n, gint64 c, gint64 h, gint64 w, GError **error);

/**
 * nf_tensor_batch_slice:
 * @tensor: (nullable): as in nf_tensor_reshape()
 * @from: first sample
 * @count: how many
 *
 * Returns: (transfer full) (nullable): a view of some samples of the batch
 */
NfTensor *nf_tensor_batch_slice (
    NfTensor *tensor, gint64 from, gint64 count, GError **error);

/**
 * nf_tensor_ref:
 * @tensor: (nullable): as in nf_tensor_reshape()
 *
 * Returns: (transfer full) (nullable): @tensor
 */
NfTensor *nf_tensor_ref (NfTensor *tensor);

void nf_tensor_unref (NfTensor *tensor);

/**
 * nf_tensor_clear:
 * @tensor: (inout) (nullable): place of a reference
 *
 * Drops the reference, if any, and clears the place.
 */
void nf_tensor_clear (NfTensor **tensor);

gsize nf_tensor_elements (const NfTensor *tensor);
gboolean nf_tensor_same_shape (const NfTensor *a, const NfTensor *b);

/**
 * nf_tensor_shape_string:
 *
 * Returns: (transfer full): "(N, C, H, W)" with a type other than f32 behind
 */
gchar *nf_tensor_shape_string (const NfTensor *tensor);

/**
 * nf_tensor_to_nchw:
 * @tensor: a tensor
 * @data: (out): room for all its elements, in PyTorch's order
 * @error: return location
 *
 * Returns: FALSE with @error set
 */
gboolean nf_tensor_to_nchw (
    const NfTensor *tensor, gpointer data, GError **error);

/**
 * nf_tensor_to_nhwc:
 * @tensor: a tensor
 * @data: (out): room for all its elements, in memory order
 * @error: return location
 *
 * Returns: FALSE with @error set
 */
gboolean nf_tensor_to_nhwc (
    const NfTensor *tensor, gpointer data, GError **error);

gboolean nf_tensor_set_nchw (
    NfTensor *tensor, gconstpointer data, GError **error);
gboolean nf_tensor_set_nhwc (
    NfTensor *tensor, gconstpointer data, GError **error);

/**
 * nf_tensor_copy:
 * @dst: changed
 * @src: same shape, type and device
 * @error: return location
 *
 * Returns: FALSE with @error set
 */
gboolean nf_tensor_copy (NfTensor *dst, const NfTensor *src, GError **error);

/**
 * nf_tensor_set_pitched:
 * @tensor: changed
 * @n: which of its pictures
 * @rows: its first row, elements in the tensor's own order, in memory that the
 *   device reaches: its own, whoever it belongs to, or the host's; filled, and
 *   free to change on return
 * @stride: bytes from one row to the next
 * @error: return location: %NF_ERROR_SHAPE
 *
 * Returns: FALSE with @error set
 */
gboolean nf_tensor_set_pitched (NfTensor *tensor, gint64 n, gconstpointer rows,
    gsize stride, GError **error);

/**
 * nf_tensor_to_pitched:
 * @tensor: has data
 * @n: which of its pictures
 * @rows: (out): where its first row goes, as in nf_tensor_set_pitched(); complete
 *   on return
 * @stride: bytes from one row to the next
 * @error: return location: %NF_ERROR_SHAPE
 *
 * Returns: FALSE with @error set
 */
gboolean nf_tensor_to_pitched (const NfTensor *tensor, gint64 n, gpointer rows,
    gsize stride, GError **error);

gboolean nf_tensor_zero (NfTensor *tensor, GError **error);

/**
 * nf_tensor_scalar:
 * @tensor: an f32 tensor
 * @error: return location
 *
 * Returns: its first element; NaN with @error set
 */
gfloat nf_tensor_scalar (const NfTensor *tensor, GError **error);

/**
 * nf_tensor_changed:
 *
 * To be called after writing into the data: what a backend or a tape has
 * derived from the old data is no longer valid.
 */
void nf_tensor_changed (NfTensor *tensor);

/**
 * nf_tensor_new_lazy:
 * @source: (transfer full): where its elements come from
 *
 * Returns: (transfer full) (nullable): a tensor without data; when it fails,
 *   @source is freed
 */
NfTensor *nf_tensor_new_lazy (NfDevice *device, NfDType dtype, gint64 n,
    gint64 c, gint64 h, gint64 w, NfSource *source, GError **error);

/**
 * nf_tensor_new_lazy_zeros:
 *
 * Returns: (transfer full) (nullable): zeros that take no memory yet
 */
NfTensor *nf_tensor_new_lazy_zeros (NfDevice *device, NfDType dtype, gint64 n,
    gint64 c, gint64 h, gint64 w, GError **error);

/**
 * nf_tensor_set_source:
 * @tensor: no view, and not in use
 * @source: (transfer full): where its new elements come from
 */
void nf_tensor_set_source (NfTensor *tensor, NfSource *source);

/**
 * nf_tensor_need_data:
 * @tensor: may be in use in several threads
 * @error: return location: %NF_ERROR_NO_MEMORY, or as the source has it
 *
 * Makes sure that the tensor has data, to be read only.
 *
 * Returns: FALSE with @error set
 */
gboolean nf_tensor_need_data (NfTensor *tensor, GError **error);

/**
 * nf_tensor_own_data:
 * @tensor: not in use
 * @keep: whether its elements are still wanted; else they are undefined
 * @error: return location: as nf_tensor_need_data()
 *
 * Makes sure that the tensor has data that may be written, and no source.
 *
 * Returns: FALSE with @error set
 */
gboolean nf_tensor_own_data (NfTensor *tensor, gboolean keep, GError **error);

void nf_tensor_drop_data (NfTensor *tensor);
void nf_tensor_drop_idle (NfTensor *tensor);

/* (nullable): what nf_tensor_need_data() has made sure of, if it has */
static inline gpointer
nf_tensor_peek_data (const NfTensor *tensor)
{
  return g_atomic_pointer_get (&((NfTensor *) tensor)->data);
}

/**
 * nf_bf16_from_f32:
 *
 * Returns: the nearest bfloat16, ties to even; NaN stays NaN
 */
guint16 nf_bf16_from_f32 (gfloat value);

gfloat nf_bf16_to_f32 (guint16 value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfTensor, nf_tensor_unref)

G_END_DECLS
