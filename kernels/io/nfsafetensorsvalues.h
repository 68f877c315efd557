/* SPDX-License-Identifier: MIT
 *
 * nfsafetensorsvalues — one tensor of a safetensors file, and its elements
 *
 * What a file may hold at most is here too.
 * See: nfsafetensors.h, which opens files */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

/** NF_SAFETENSORS_METADATA: the header's member that is no tensor */
#define NF_SAFETENSORS_METADATA "__metadata__"
/** NF_SAFETENSORS_MAX_HEADER: bytes of a header, at most, as in the Python
 * library; names, tensors and dimensions have no other limit */
#define NF_SAFETENSORS_MAX_HEADER 100000000

/**
 * NfSafetensorsDType:
 * @NF_SAFETENSORS_F64: IEEE double precision
 * @NF_SAFETENSORS_F32: IEEE single precision
 * @NF_SAFETENSORS_F16: IEEE half precision
 * @NF_SAFETENSORS_BF16: bfloat16
 * @NF_SAFETENSORS_I64: signed 64-bit integers
 * @NF_SAFETENSORS_I32: signed 32-bit integers
 * @NF_SAFETENSORS_I16: signed 16-bit integers
 * @NF_SAFETENSORS_I8: signed bytes
 * @NF_SAFETENSORS_U8: unsigned bytes
 * @NF_SAFETENSORS_BOOL: bytes of 0 and 1
 * @NF_SAFETENSORS_U64: unsigned 64-bit integers
 * @NF_SAFETENSORS_U32: unsigned 32-bit integers
 * @NF_SAFETENSORS_U16: unsigned 16-bit integers
 * @NF_SAFETENSORS_C64: pairs of single precision, complex numbers
 * @NF_SAFETENSORS_F8_E4M3: bytes with 4 bits of exponent and 3 of fraction
 * @NF_SAFETENSORS_F8_E5M2: bytes with 5 bits of exponent and 2 of fraction
 * @NF_SAFETENSORS_F8_E8M0: bytes with an exponent alone
 * @NF_SAFETENSORS_F6_E2M3: 6 bits, of which 2 of exponent and 3 of fraction
 * @NF_SAFETENSORS_F6_E3M2: 6 bits, of which 3 of exponent and 2 of fraction
 * @NF_SAFETENSORS_F4: 4 bits
 *
 * All element types that are published. Those from U64 on but U32 and U16 have
 * no use here: their tensors have bytes and no numbers.
 */
typedef enum
{
  NF_SAFETENSORS_F64,
  NF_SAFETENSORS_F32,
  NF_SAFETENSORS_F16,
  NF_SAFETENSORS_BF16,
  NF_SAFETENSORS_I64,
  NF_SAFETENSORS_I32,
  NF_SAFETENSORS_I16,
  NF_SAFETENSORS_I8,
  NF_SAFETENSORS_U8,
  NF_SAFETENSORS_BOOL,
  NF_SAFETENSORS_U64,
  NF_SAFETENSORS_U32,
  NF_SAFETENSORS_U16,
  NF_SAFETENSORS_C64,
  NF_SAFETENSORS_F8_E4M3,
  NF_SAFETENSORS_F8_E5M2,
  NF_SAFETENSORS_F8_E8M0,
  NF_SAFETENSORS_F6_E2M3,
  NF_SAFETENSORS_F6_E3M2,
  NF_SAFETENSORS_F4,
  NF_SAFETENSORS_N_DTYPES
} NfSafetensorsDType;

/**
 * NfSafetensorsEntry:
 * @name: the tensor's name
 * @dtype: element type
 * @rank: dimensions, 0 for a scalar
 * @shape: (array length=rank): sizes in PyTorch's order, each at least 0
 * @file: (nullable): the open file that has the elements; %NULL: they are in
 *   memory
 * @offset: where in the file the first element lies
 * @data: (nullable): the first element, where the elements are in memory
 * @bytes: size of the data
 * @elements: product of @shape, 1 for a scalar
 *
 * One tensor of a file. Belongs to its #NfSafetensors. Its elements are
 * little-endian and may lie at any address; the functions below read them.
 */
typedef struct
{
  gchar *name;
  NfSafetensorsDType dtype;
  guint rank;
  gint64 *shape;
  struct _NfOpenFile *file;
  gsize offset;
  const guint8 *data;
  gsize bytes;
  gsize elements;
} NfSafetensorsEntry;

/**
 * nf_safetensors_dtype_bits:
 * @dtype: element type
 *
 * Returns: bits of one element; elements of less than a byte are packed without
 *   gaps
 */
NF_API guint nf_safetensors_dtype_bits (NfSafetensorsDType dtype);

/**
 * nf_safetensors_measure:
 * @dtype: element type
 * @shape: (array length=rank): sizes, each at least 0
 * @rank: how many, 0 for a scalar
 * @elements: (out): their product, 1 for a scalar
 * @bytes: (out): size of the elements
 *
 * Returns: %FALSE where a size is negative, either result does not fit a gsize
 *   or the elements do not fill whole bytes
 */
NF_API gboolean nf_safetensors_measure (NfSafetensorsDType dtype,
    const gint64 *shape, guint rank, gsize *elements, gsize *bytes);

/**
 * nf_safetensors_dtype_name:
 * @dtype: element type
 *
 * Returns: (transfer none): its name in headers, such as "F32"
 */
NF_API const gchar *nf_safetensors_dtype_name (NfSafetensorsDType dtype);

/**
 * nf_safetensors_shape_string:
 * @shape: (array length=rank): sizes
 * @rank: how many
 *
 * Returns: (transfer full): such as "[64, 3, 7, 7]", for messages
 */
NF_API gchar *nf_safetensors_shape_string (const gint64 *shape, guint rank);

/**
 * nf_safetensors_read_f32:
 * @entry: a tensor of F64, F32, F16 or BF16
 * @out: (out caller-allocates): entry->elements numbers, row-major
 * @error: return location
 *
 * Converts the elements; F64 is rounded.
 *
 * Returns: %FALSE and %NF_ERROR_FORMAT if the elements are of another
 *   type, %NF_ERROR_IO if they cannot be read or the file was written into
 */
NF_API gboolean nf_safetensors_read_f32 (
    const NfSafetensorsEntry *entry, gfloat *out, GError **error);

/**
 * nf_safetensors_read_i64:
 * @entry: a tensor of I64, I32, I16, I8, U32, U16, U8 or BOOL
 * @out: (out caller-allocates): entry->elements numbers, row-major
 * @error: return location
 *
 * Widens the elements.
 *
 * Returns: %FALSE and %NF_ERROR_FORMAT if the elements are of another
 *   type, %NF_ERROR_IO if they cannot be read or the file was written into
 */
NF_API gboolean nf_safetensors_read_i64 (
    const NfSafetensorsEntry *entry, gint64 *out, GError **error);

/**
 * nf_safetensors_read_bytes:
 * @entry: a tensor of any type
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the elements as they are in the file;
 *   %NULL and %NF_ERROR_IO as for nf_safetensors_read_f32(), %NF_ERROR_NO_MEMORY
 *   if there is no memory for them
 */
NF_API GBytes *nf_safetensors_read_bytes (
    const NfSafetensorsEntry *entry, GError **error);

/**
 * nf_safetensors_part:
 * @entry: a tensor of a file with elements of whole bytes
 * @from: index of an element, row-major
 * @count: how many from there on; all of them in the tensor
 *
 * Returns: an entry with these elements alone, which reads like any other; its
 *   shape is that of @entry
 */
NF_API NfSafetensorsEntry nf_safetensors_part (
    const NfSafetensorsEntry *entry, gsize from, gsize count);

G_END_DECLS
