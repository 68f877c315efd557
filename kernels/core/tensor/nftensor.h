/* SPDX-License-Identifier: MIT
 *
 * nftensor — reference-counted arrays of four dimensions
 *
 * The logical shape is (N, C, H, W). Memory is channels-last: element (n, c, y,
 * x) lies at ((n * H + y) * W + x) * C + c, so a video frame of interleaved
 * pixels is a tensor as it is. A vector of C values is (1, C, 1, 1), a matrix
 * [R, C] is (R, C, 1, 1), a scalar (1, 1, 1, 1).
 *
 * A network's weights are in a file, and in the layout that a backend packs
 * them into; they need not be in memory a third time. A tensor for which that
 * is so has a source, and its data is NULL until nf_tensor_need_data(). All
 * functions here take such tensors. nf_op_run() makes sure that its kernels get
 * data, except for the weights of a backend that takes them without
 * (NfBackend.lazy_weights). */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>

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
 * @in_place: (nullable): the elements in memory that stays valid as long as the
 *   source exists and must only be read
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

/**
 * nf_dtype_size:
 * @dtype: an element type
 *
 * Returns: bytes of an element
 */
NF_API gsize nf_dtype_size (NfDType dtype);

/**
 * nf_dtype_name:
 * @dtype: an element type
 *
 * Returns: (transfer none): its name as messages have it, "f32"
 */
NF_API const gchar *nf_dtype_name (NfDType dtype);

/**
 * nf_tensor_new:
 * @device: where it lies; a reference is taken
 * @dtype: element type
 * @n: batch size, at least 1
 * @c: channels, at least 1
 * @h: rows, at least 1
 * @w: columns, at least 1
 * @error: return location: %NF_ERROR_SHAPE, %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): a tensor whose elements are undefined
 */
NF_API NfTensor *nf_tensor_new (NfDevice *device, NfDType dtype, gint64 n,
    gint64 c, gint64 h, gint64 w, GError **error);

/**
 * nf_tensor_new_like:
 * @tensor: a tensor
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): a tensor of the same shape, type and
 *   device whose elements are undefined
 */
NF_API NfTensor *nf_tensor_new_like (const NfTensor *tensor, GError **error);

/**
 * nf_tensor_new_zeros:
 * @device: where it lies
 * @dtype: element type
 * @n: batch size, at least 1
 * @c: channels, at least 1
 * @h: rows, at least 1
 * @w: columns, at least 1
 * @error: return location: as nf_tensor_new()
 *
 * Returns: (transfer full) (nullable): a tensor of zeros
 */
NF_API NfTensor *nf_tensor_new_zeros (NfDevice *device, NfDType dtype, gint64 n,
    gint64 c, gint64 h, gint64 w, GError **error);

/**
 * nf_tensor_new_filled:
 * @device: where it lies
 * @n: batch size, at least 1
 * @c: channels, at least 1
 * @h: rows, at least 1
 * @w: columns, at least 1
 * @value: of every element
 * @error: return location: as nf_tensor_new()
 *
 * Returns: (transfer full) (nullable): an f32 tensor of equal elements
 */
NF_API NfTensor *nf_tensor_new_filled (NfDevice *device, gint64 n, gint64 c,
    gint64 h, gint64 w, gfloat value, GError **error);

/**
 * nf_tensor_new_taking:
 * @device: where @data lies
 * @data: (transfer full): memory that the device's backend has allocated
 * @bytes: how many bytes it has
 *
 * Returns: (transfer full): a u8 tensor (1, 1, 1, @bytes) that frees @data with
 *   its last reference
 */
NF_API NfTensor *nf_tensor_new_taking (
    NfDevice *device, gpointer data, gsize bytes);

/**
 * nf_tensor_new_from_nchw:
 * @device: where it lies
 * @dtype: element type
 * @n: batch size, at least 1
 * @c: channels, at least 1
 * @h: rows, at least 1
 * @w: columns, at least 1
 * @data: the elements in the order of PyTorch's memory (n, c, h, w), in host
 *   memory
 * @error: return location: as nf_tensor_new()
 *
 * Returns: (transfer full) (nullable): a tensor with a copy of @data
 */
NF_API NfTensor *nf_tensor_new_from_nchw (NfDevice *device, NfDType dtype,
    gint64 n, gint64 c, gint64 h, gint64 w, gconstpointer data, GError **error);

/**
 * nf_tensor_new_from_nhwc:
 * @device: where it lies
 * @dtype: element type
 * @n: batch size, at least 1
 * @c: channels, at least 1
 * @h: rows, at least 1
 * @w: columns, at least 1
 * @data: the elements in the tensor's own order (n, h, w, c), in host memory
 * @error: return location: as nf_tensor_new()
 *
 * Returns: (transfer full) (nullable): a tensor with a copy of @data
 */
NF_API NfTensor *nf_tensor_new_from_nhwc (NfDevice *device, NfDType dtype,
    gint64 n, gint64 c, gint64 h, gint64 w, gconstpointer data, GError **error);

/**
 * nf_tensor_new_from_pitched:
 * @device: where it lies
 * @dtype: element type
 * @c: channels, at least 1
 * @h: rows, at least 1
 * @w: columns, at least 1
 * @rows: the first row, as in nf_tensor_set_pitched()
 * @stride: bytes from one row to the next
 * @error: return location: as nf_tensor_new() and nf_tensor_set_pitched()
 *
 * Returns: (transfer full) (nullable): a tensor (1, C, H, W) with a copy of the
 *   picture
 */
NF_API NfTensor *nf_tensor_new_from_pitched (NfDevice *device, NfDType dtype,
    gint64 c, gint64 h, gint64 w, gconstpointer rows, gsize stride,
    GError **error);

/**
 * nf_tensor_reshape:
 * @tensor: (nullable): NULL where the function that makes it has failed; then
 *   this fails too and leaves @error as it is
 * @n: batch size, at least 1
 * @c: channels, at least 1
 * @h: rows, at least 1
 * @w: columns, at least 1
 * @error: return location: %NF_ERROR_SHAPE where the number of elements
 *   differs, %NF_ERROR_NO_MEMORY
 *
 * The same memory, in its channels-last order, seen with another shape.
 * Gradients do not pass through a view.
 *
 * Returns: (transfer full) (nullable): a view, which holds a reference to
 *   @tensor
 */
NF_API NfTensor *nf_tensor_reshape (
    NfTensor *tensor, gint64 n, gint64 c, gint64 h, gint64 w, GError **error);

/**
 * nf_tensor_batch_slice:
 * @tensor: (nullable): as in nf_tensor_reshape()
 * @from: the first sample, from 0
 * @count: how many, at least 1
 * @error: return location: %NF_ERROR_SHAPE where not all of them exist,
 *   %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): a view of some samples of the batch,
 *   which holds a reference to @tensor
 */
NF_API NfTensor *nf_tensor_batch_slice (
    NfTensor *tensor, gint64 from, gint64 count, GError **error);

/**
 * nf_tensor_ref:
 * @tensor: (nullable): a tensor, or NULL where the function that makes it has
 *   failed
 *
 * Returns: (transfer full) (nullable): @tensor
 */
NF_API NfTensor *nf_tensor_ref (NfTensor *tensor);

/**
 * nf_tensor_unref:
 * @tensor: (transfer full): a tensor; the last reference frees it
 */
NF_API void nf_tensor_unref (NfTensor *tensor);

/**
 * nf_tensor_clear:
 * @tensor: (inout) (nullable): where a reference is kept
 *
 * Drops the reference, if there is one, and sets it to NULL.
 */
NF_API void nf_tensor_clear (NfTensor **tensor);

/**
 * nf_tensor_elements:
 * @tensor: a tensor
 *
 * Returns: how many elements it has, n * c * h * w
 */
NF_API gsize nf_tensor_elements (const NfTensor *tensor);

/**
 * nf_tensor_same_shape:
 * @a: a tensor
 * @b: another one
 *
 * Returns: whether all four sizes are the same; types and devices may differ
 */
NF_API gboolean nf_tensor_same_shape (const NfTensor *a, const NfTensor *b);

/**
 * nf_tensor_shape_string:
 * @tensor: a tensor
 *
 * Returns: (transfer full): "(N, C, H, W)", followed by the element type where
 *   it is not f32
 */
NF_API gchar *nf_tensor_shape_string (const NfTensor *tensor);

/**
 * nf_tensor_to_nchw:
 * @tensor: a tensor
 * @data: (out caller-allocates): all its elements, in PyTorch's order (n, c, h,
 *   w)
 * @error: return location: as the device has it
 *
 * Copies the elements to host memory, after the device has computed them.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_tensor_to_nchw (
    const NfTensor *tensor, gpointer data, GError **error);

/**
 * nf_tensor_to_nhwc:
 * @tensor: a tensor
 * @data: (out caller-allocates): all its elements, in the tensor's own order
 *   (n, h, w, c)
 * @error: return location: as the device has it
 *
 * Copies the elements to host memory, after the device has computed them.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_tensor_to_nhwc (
    const NfTensor *tensor, gpointer data, GError **error);

/**
 * nf_tensor_set_nchw:
 * @tensor: changed
 * @data: new values of all its elements, in PyTorch's order (n, c, h, w), in
 *   host memory
 * @error: return location: %NF_ERROR_NO_MEMORY, or as the device has it
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_tensor_set_nchw (
    NfTensor *tensor, gconstpointer data, GError **error);

/**
 * nf_tensor_set_nhwc:
 * @tensor: changed
 * @data: new values of all its elements, in the tensor's own order (n, h, w,
 *   c), in host memory
 * @error: return location: %NF_ERROR_NO_MEMORY, or as the device has it
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_tensor_set_nhwc (
    NfTensor *tensor, gconstpointer data, GError **error);

/**
 * nf_tensor_copy:
 * @dst: changed
 * @src: of the same shape, type and device
 * @error: return location: %NF_ERROR_SHAPE where they differ, or as the device
 *   has it
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_tensor_copy (
    NfTensor *dst, const NfTensor *src, GError **error);

/**
 * nf_tensor_set_pitched:
 * @tensor: changed
 * @n: which of its pictures, from 0
 * @rows: the picture's first row, elements in the tensor's own order, in memory
 *   that the device reaches: its own, whoever allocated it, or the host's. The
 *   rows are read before the function returns
 * @stride: bytes from one row to the next, at least those of a row
 * @error: return location: %NF_ERROR_SHAPE
 *
 * Copies a picture of pitched memory, whose rows may have padding behind them,
 * into the tensor.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_tensor_set_pitched (NfTensor *tensor, gint64 n,
    gconstpointer rows, gsize stride, GError **error);

/**
 * nf_tensor_to_pitched:
 * @tensor: has data
 * @n: which of its pictures, from 0
 * @rows: (out caller-allocates): where the picture's first row goes, in memory
 *   as in nf_tensor_set_pitched(); written when the function returns
 * @stride: bytes from one row to the next, at least those of a row
 * @error: return location: %NF_ERROR_SHAPE
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_tensor_to_pitched (const NfTensor *tensor, gint64 n,
    gpointer rows, gsize stride, GError **error);

/**
 * nf_tensor_zero:
 * @tensor: all its elements become 0
 * @error: return location: %NF_ERROR_NO_MEMORY, or as the device has it
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_tensor_zero (NfTensor *tensor, GError **error);

/**
 * nf_tensor_scalar:
 * @tensor: an f32 tensor
 * @error: return location: as the device has it
 *
 * Waits until the device has computed it.
 *
 * Returns: its first element; NaN with @error set
 */
NF_API gfloat nf_tensor_scalar (const NfTensor *tensor, GError **error);

/**
 * nf_tensor_changed:
 * @tensor: its data was written
 *
 * Has to be called after writing into the data of a tensor: what a backend or a
 * tape has derived from the old data is no longer valid.
 */
NF_API void nf_tensor_changed (NfTensor *tensor);

/**
 * nf_tensor_new_lazy:
 * @device: where its data will lie
 * @dtype: element type
 * @n: batch size, at least 1
 * @c: channels, at least 1
 * @h: rows, at least 1
 * @w: columns, at least 1
 * @source: (transfer full): where its elements come from; freed when this fails
 * @error: return location: %NF_ERROR_SHAPE
 *
 * Returns: (transfer full) (nullable): a tensor without data
 */
NF_API NfTensor *nf_tensor_new_lazy (NfDevice *device, NfDType dtype, gint64 n,
    gint64 c, gint64 h, gint64 w, NfSource *source, GError **error);

/**
 * nf_tensor_new_lazy_zeros:
 * @device: where its data will lie
 * @dtype: element type
 * @n: batch size, at least 1
 * @c: channels, at least 1
 * @h: rows, at least 1
 * @w: columns, at least 1
 * @error: return location: %NF_ERROR_SHAPE
 *
 * Returns: (transfer full) (nullable): zeros that take no memory yet
 */
NF_API NfTensor *nf_tensor_new_lazy_zeros (NfDevice *device, NfDType dtype,
    gint64 n, gint64 c, gint64 h, gint64 w, GError **error);

/**
 * nf_tensor_set_source:
 * @tensor: no view, and not in use by another thread
 * @source: (transfer full): where its new elements come from
 *
 * Frees the tensor's data and the source it had.
 */
NF_API void nf_tensor_set_source (NfTensor *tensor, NfSource *source);

/**
 * nf_tensor_need_data:
 * @tensor: may be in use in several threads
 * @error: return location: %NF_ERROR_NO_MEMORY, or as the source has it
 *
 * Makes sure that the tensor has data that can be read. The data must not be
 * written; see nf_tensor_own_data().
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_tensor_need_data (NfTensor *tensor, GError **error);

/**
 * nf_tensor_own_data:
 * @tensor: not in use by another thread
 * @keep: whether its elements are still wanted; else they are undefined
 *   afterwards
 * @error: return location: as nf_tensor_need_data()
 *
 * Makes sure that the tensor has data that can be written, and no source.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_tensor_own_data (
    NfTensor *tensor, gboolean keep, GError **error);

/**
 * nf_tensor_drop_data:
 * @tensor: no view, and not in use by another thread
 *
 * Frees the tensor's data and its source, where it has them.
 */
NF_API void nf_tensor_drop_data (NfTensor *tensor);

/**
 * nf_tensor_drop_idle:
 * @tensor: a tensor
 *
 * Frees the data where all references that are left belong to records of a tape
 * that do not read it. Only the thread that owns the tape may call this.
 */
NF_API void nf_tensor_drop_idle (NfTensor *tensor);

/**
 * nf_tensor_peek_data:
 * @tensor: a tensor
 *
 * Returns: (nullable): its data, which is there after nf_tensor_need_data();
 *   NULL where it is still to be fetched
 */
static inline gpointer
nf_tensor_peek_data (const NfTensor *tensor)
{
  return g_atomic_pointer_get (&((NfTensor *) tensor)->data);
}

/**
 * nf_bf16_from_f32:
 * @value: any number
 *
 * Returns: the nearest bfloat16, ties to even; NaN stays NaN
 */
NF_API guint16 nf_bf16_from_f32 (gfloat value);

/**
 * nf_bf16_to_f32:
 * @value: the bits of a bfloat16
 *
 * Returns: the same number in single precision
 */
NF_API gfloat nf_bf16_to_f32 (guint16 value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfTensor, nf_tensor_unref)

G_END_DECLS
