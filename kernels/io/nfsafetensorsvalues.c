/* SPDX-License-Identifier: MIT
 *
 * nfsafetensorsvalues — element types of safetensors files, and their elements
 *
 * Elements are little-endian, row-major, and may lie at any address.
 * Siblings: nfsafetensors.c, nfsafetensorsheader.c */
#include <nextframe/io/nfsafetensorsvalues.h>

#include <math.h>
#include <string.h>

#include "io/nfopenfile.h"

/* read of a file at once; as many whole elements of any type */
#define PIECE_BYTES 32768

static const struct
{
  const gchar *name;
  guint bits; /* of an element */
} dtypes[NF_SAFETENSORS_N_DTYPES] = {
  [NF_SAFETENSORS_F64] = { "F64", 64 },
  [NF_SAFETENSORS_F32] = { "F32", 32 },
  [NF_SAFETENSORS_F16] = { "F16", 16 },
  [NF_SAFETENSORS_BF16] = { "BF16", 16 },
  [NF_SAFETENSORS_I64] = { "I64", 64 },
  [NF_SAFETENSORS_I32] = { "I32", 32 },
  [NF_SAFETENSORS_I16] = { "I16", 16 },
  [NF_SAFETENSORS_I8] = { "I8", 8 },
  [NF_SAFETENSORS_U8] = { "U8", 8 },
  [NF_SAFETENSORS_BOOL] = { "BOOL", 8 },
  [NF_SAFETENSORS_U64] = { "U64", 64 },
  [NF_SAFETENSORS_U32] = { "U32", 32 },
  [NF_SAFETENSORS_U16] = { "U16", 16 },
  [NF_SAFETENSORS_C64] = { "C64", 64 },
  [NF_SAFETENSORS_F8_E4M3] = { "F8_E4M3", 8 },
  [NF_SAFETENSORS_F8_E5M2] = { "F8_E5M2", 8 },
  [NF_SAFETENSORS_F8_E8M0] = { "F8_E8M0", 8 },
  [NF_SAFETENSORS_F6_E2M3] = { "F6_E2M3", 6 },
  [NF_SAFETENSORS_F6_E3M2] = { "F6_E3M2", 6 },
  [NF_SAFETENSORS_F4] = { "F4", 4 },
};

guint
nf_safetensors_dtype_bits (NfSafetensorsDType dtype)
{
  g_return_val_if_fail (dtype < NF_SAFETENSORS_N_DTYPES, 0);
  return dtypes[dtype].bits;
}

gboolean
nf_safetensors_measure (NfSafetensorsDType dtype, const gint64 *shape,
    guint rank, gsize *elements, gsize *bytes)
{
  const guint bits = nf_safetensors_dtype_bits (dtype);
  gsize all;

  *elements = 1;
  for (guint i = 0; i < rank; i++)
    if (shape[i] < 0 || (guint64) shape[i] > G_MAXSIZE
        || !g_size_checked_mul (elements, *elements, (gsize) shape[i]))
      return FALSE;
  if (bits % 8 == 0)
    return g_size_checked_mul (bytes, *elements, bits / 8);
  if (!g_size_checked_mul (&all, *elements, bits))
    return FALSE;
  *bytes = all / 8;
  return all % 8 == 0;
}

const gchar *
nf_safetensors_dtype_name (NfSafetensorsDType dtype)
{
  g_return_val_if_fail (dtype < NF_SAFETENSORS_N_DTYPES, NULL);
  return dtypes[dtype].name;
}

gchar *
nf_safetensors_shape_string (const gint64 *shape, guint rank)
{
  GString *text = g_string_new ("[");

  for (guint i = 0; i < rank; i++)
    g_string_append_printf (
        text, "%s%" G_GINT64_FORMAT, i > 0 ? ", " : "", shape[i]);
  g_string_append_c (text, ']');
  return g_string_free (text, FALSE);
}

NfSafetensorsEntry
nf_safetensors_part (const NfSafetensorsEntry *entry, gsize from, gsize count)
{
  NfSafetensorsEntry part = *entry;
  gsize size = dtypes[entry->dtype].bits / 8;

  g_return_val_if_fail (size > 0, part);
  part.offset += from * size;
  if (part.data != NULL)
    part.data += from * size;
  part.bytes = count * size;
  part.elements = count;
  return part;
}

static gfloat
f16_to_f32 (guint16 value)
{
  gint exponent = value >> 10 & 0x1f;
  gint mantissa = value & 0x3ff;
  gfloat magnitude;

  if (exponent == 0x1f)
    magnitude = mantissa == 0 ? INFINITY : NAN;
  else if (exponent == 0)
    magnitude = ldexpf ((gfloat) mantissa, -24);
  else
    magnitude = ldexpf ((gfloat) (mantissa | 0x400), exponent - 25);
  return value & 0x8000 ? -magnitude : magnitude;
}

static guint16
load_u16 (const guint8 *data)
{
  guint16 bits;

  memcpy (&bits, data, sizeof (bits));
  return GUINT16_FROM_LE (bits);
}

static guint32
load_u32 (const guint8 *data)
{
  guint32 bits;

  memcpy (&bits, data, sizeof (bits));
  return GUINT32_FROM_LE (bits);
}

static guint64
load_u64 (const guint8 *data)
{
  guint64 bits;

  memcpy (&bits, data, sizeof (bits));
  return GUINT64_FROM_LE (bits);
}

static gfloat
load_f32 (const guint8 *data)
{
  guint32 bits = load_u32 (data);
  gfloat value;

  memcpy (&value, &bits, sizeof (value));
  return value;
}

static gfloat
load_bf16 (const guint8 *data)
{
  guint32 bits = (guint32) load_u16 (data) << 16;
  gfloat value;

  memcpy (&value, &bits, sizeof (value));
  return value;
}

static gfloat
load_f64 (const guint8 *data)
{
  guint64 bits = load_u64 (data);
  gdouble value;

  memcpy (&value, &bits, sizeof (value));
  return (gfloat) value;
}

/* numbers of a type that is_float() names, which lie at @data */
static void
f32_of (NfSafetensorsDType dtype, const guint8 *data, gsize n, gpointer numbers)
{
  gfloat *out = numbers;
  gsize i;

  switch (dtype) {
    case NF_SAFETENSORS_F64:
      for (i = 0; i < n; i++)
        out[i] = load_f64 (data + 8 * i);
      break;
    case NF_SAFETENSORS_F32:
      for (i = 0; i < n; i++)
        out[i] = load_f32 (data + 4 * i);
      break;
    case NF_SAFETENSORS_F16:
      for (i = 0; i < n; i++)
        out[i] = f16_to_f32 (load_u16 (data + 2 * i));
      break;
    default: /* BF16 */
      for (i = 0; i < n; i++)
        out[i] = load_bf16 (data + 2 * i);
      break;
  }
}

/* the same of a type that is_integer() names */
static void
i64_of (NfSafetensorsDType dtype, const guint8 *data, gsize n, gpointer numbers)
{
  gint64 *out = numbers;
  gsize i;

  switch (dtype) {
    case NF_SAFETENSORS_I64:
      for (i = 0; i < n; i++)
        out[i] = (gint64) load_u64 (data + 8 * i);
      break;
    case NF_SAFETENSORS_I32:
      for (i = 0; i < n; i++)
        out[i] = (gint32) load_u32 (data + 4 * i);
      break;
    case NF_SAFETENSORS_I16:
      for (i = 0; i < n; i++)
        out[i] = (gint16) load_u16 (data + 2 * i);
      break;
    case NF_SAFETENSORS_U32:
      for (i = 0; i < n; i++)
        out[i] = load_u32 (data + 4 * i);
      break;
    case NF_SAFETENSORS_U16:
      for (i = 0; i < n; i++)
        out[i] = load_u16 (data + 2 * i);
      break;
    case NF_SAFETENSORS_I8:
      for (i = 0; i < n; i++)
        out[i] = (gint8) data[i];
      break;
    default: /* U8, BOOL */
      for (i = 0; i < n; i++)
        out[i] = data[i];
      break;
  }
}

static gboolean
is_float (NfSafetensorsDType dtype)
{
  return dtype <= NF_SAFETENSORS_BF16;
}

static gboolean
is_integer (NfSafetensorsDType dtype)
{
  return (dtype >= NF_SAFETENSORS_I64 && dtype <= NF_SAFETENSORS_BOOL)
      || dtype == NF_SAFETENSORS_U32 || dtype == NF_SAFETENSORS_U16;
}

/* all elements, a piece at a time where they are in a file */
static gboolean
read_numbers (const NfSafetensorsEntry *entry,
    void (*convert) (NfSafetensorsDType, const guint8 *, gsize, gpointer),
    gpointer out, gsize out_size, GError **error)
{
  const gsize size = dtypes[entry->dtype].bits / 8;
  guint8 piece[PIECE_BYTES];
  gsize n;

  if (entry->file == NULL) {
    convert (entry->dtype, entry->data, entry->elements, out);
    return TRUE;
  }
  for (gsize i = 0; i < entry->elements; i += n) {
    n = MIN (PIECE_BYTES / size, entry->elements - i);
    if (!nf_open_file_read (
            entry->file, entry->offset + i * size, piece, n * size, error))
      return FALSE;
    convert (entry->dtype, piece, n, (guint8 *) out + i * out_size);
  }
  return TRUE;
}

gboolean
nf_safetensors_read_f32 (
    const NfSafetensorsEntry *entry, gfloat *out, GError **error)
{
  if (is_float (entry->dtype))
    return read_numbers (entry, f32_of, out, sizeof *out, error);
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "tensor '%s': expected floating-point numbers (F64, F32, F16, BF16), "
      "got %s",
      entry->name, dtypes[entry->dtype].name);
  return FALSE;
}

gboolean
nf_safetensors_read_i64 (
    const NfSafetensorsEntry *entry, gint64 *out, GError **error)
{
  if (is_integer (entry->dtype))
    return read_numbers (entry, i64_of, out, sizeof *out, error);
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "tensor '%s': expected integers (I64, I32, I16, I8, U32, U16, U8, "
      "BOOL), got %s",
      entry->name, dtypes[entry->dtype].name);
  return FALSE;
}

GBytes *
nf_safetensors_read_bytes (const NfSafetensorsEntry *entry, GError **error)
{
  g_autofree guint8 *data = g_try_malloc (MAX (entry->bytes, 1));

  if (data == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "tensor '%s': no memory for its %" G_GSIZE_FORMAT " bytes", entry->name,
        entry->bytes);
    return NULL;
  }
  if (entry->file == NULL)
    memcpy (data, entry->data, entry->bytes);
  else if (!nf_open_file_read (
               entry->file, entry->offset, data, entry->bytes, error))
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&data), entry->bytes);
}
