/* SPDX-License-Identifier: MIT
 *
 * nfsafetensorsvalues — one tensor of a safetensors file, and its elements
 *
 * What a file may hold at most is here too.
 * See: nfsafetensors.h, which opens files */
#pragma once

#include "core/nferror.h"

G_BEGIN_DECLS

/** NF_SAFETENSORS_METADATA: the header's member that is no tensor */
#define NF_SAFETENSORS_METADATA "__metadata__"
/** NF_SAFETENSORS_MAX_HEADER: bytes of a header, at most */
#define NF_SAFETENSORS_MAX_HEADER (16 * 1024 * 1024)
/** NF_SAFETENSORS_MAX_TENSORS: tensors in a file, at most */
#define NF_SAFETENSORS_MAX_TENSORS 65536
/** NF_SAFETENSORS_MAX_NAME: bytes of a tensor's or metadata key's name, at most */
#define NF_SAFETENSORS_MAX_NAME 1024
/** NF_SAFETENSORS_MAX_RANK: dimensions of a tensor, at most */
#define NF_SAFETENSORS_MAX_RANK 8

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
 *
 * Element types that are read and written. Others are refused.
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
  NF_SAFETENSORS_N_DTYPES
} NfSafetensorsDType;

/**
 * NfSafetensorsEntry:
 * @name: the tensor's name
 * @dtype: element type
 * @rank: dimensions, 0 for a scalar
 * @shape: sizes in PyTorch's order, each at least 1
 * @data: first element, little-endian; may lie at any address, so copy
 *   elements out with memcpy() or the functions below
 * @bytes: size of the data
 * @elements: product of @shape, 1 for a scalar
 *
 * One tensor of a file. Belongs to its #NfSafetensors.
 */
typedef struct
{
  gchar *name;
  NfSafetensorsDType dtype;
  guint rank;
  gint64 shape[NF_SAFETENSORS_MAX_RANK];
  const guint8 *data;
  gsize bytes;
  gsize elements;
} NfSafetensorsEntry;

gsize nf_safetensors_dtype_size (NfSafetensorsDType dtype);
const gchar *nf_safetensors_dtype_name (NfSafetensorsDType dtype);
gchar *nf_safetensors_shape_string (const gint64 *shape, guint rank);

gboolean nf_safetensors_read_f32 (
    const NfSafetensorsEntry *entry, gfloat *out, GError **error);
gboolean nf_safetensors_read_i64 (
    const NfSafetensorsEntry *entry, gint64 *out, GError **error);

NfSafetensorsEntry nf_safetensors_part (
    const NfSafetensorsEntry *entry, gsize from, gsize count);
G_END_DECLS
