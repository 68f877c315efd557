/* SPDX-License-Identifier: MIT
 *
 * nfsafetensorsvalues — element types of safetensors files, and their elements
 *
 * Elements are little-endian, row-major, and may lie at any address.
 * Siblings: nfsafetensors.c, nfsafetensorsheader.c */
#include "io/nfsafetensors.h"

#include <math.h>
#include <string.h>

#include "core/tensor/nftensor.h"

static const struct
{
  const gchar *name;
  gsize size;
} dtypes[NF_SAFETENSORS_N_DTYPES] = {
  { "F64", 8 },
  { "F32", 4 },
  { "F16", 2 },
  { "BF16", 2 },
  { "I64", 8 },
  { "I32", 4 },
  { "I16", 2 },
  { "I8", 1 },
  { "U8", 1 },
  { "BOOL", 1 },
};

gsize
nf_safetensors_dtype_size (NfSafetensorsDType dtype)
{
  g_return_val_if_fail (dtype < NF_SAFETENSORS_N_DTYPES, 0);
  return dtypes[dtype].size;
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
  gsize size = dtypes[entry->dtype].size;

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
load_f64 (const guint8 *data)
{
  guint64 bits = load_u64 (data);
  gdouble value;

  memcpy (&value, &bits, sizeof (value));
  return (gfloat) value;
}

gboolean
nf_safetensors_read_f32 (
    const NfSafetensorsEntry *entry, gfloat *out, GError **error)
{
  const guint8 *data = entry->data;
  gsize i;

  switch (entry->dtype) {
    case NF_SAFETENSORS_F64:
      for (i = 0; i < entry->elements; i++)
        out[i] = load_f64 (data + 8 * i);
      return TRUE;
    case NF_SAFETENSORS_F32:
      for (i = 0; i < entry->elements; i++)
        out[i] = load_f32 (data + 4 * i);
      return TRUE;
    case NF_SAFETENSORS_F16:
      for (i = 0; i < entry->elements; i++)
        out[i] = f16_to_f32 (load_u16 (data + 2 * i));
      return TRUE;
    case NF_SAFETENSORS_BF16:
      for (i = 0; i < entry->elements; i++)
        out[i] = nf_bf16_to_f32 (load_u16 (data + 2 * i));
      return TRUE;
    default:
      g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
          "tensor '%s': expected floating-point numbers (F64, F32, F16, BF16), "
          "got %s",
          entry->name, dtypes[entry->dtype].name);
      return FALSE;
  }
}

gboolean
nf_safetensors_read_i64 (
    const NfSafetensorsEntry *entry, gint64 *out, GError **error)
{
  const guint8 *data = entry->data;
  gsize i;

  switch (entry->dtype) {
    case NF_SAFETENSORS_I64:
      for (i = 0; i < entry->elements; i++)
        out[i] = (gint64) load_u64 (data + 8 * i);
      return TRUE;
    case NF_SAFETENSORS_I32:
      for (i = 0; i < entry->elements; i++)
        out[i] = (gint32) load_u32 (data + 4 * i);
      return TRUE;
    case NF_SAFETENSORS_I16:
      for (i = 0; i < entry->elements; i++)
        out[i] = (gint16) load_u16 (data + 2 * i);
      return TRUE;
    case NF_SAFETENSORS_I8:
      for (i = 0; i < entry->elements; i++)
        out[i] = (gint8) data[i];
      return TRUE;
    case NF_SAFETENSORS_U8:
    case NF_SAFETENSORS_BOOL:
      for (i = 0; i < entry->elements; i++)
        out[i] = data[i];
      return TRUE;
    default:
      g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
          "tensor '%s': expected integers (I64, I32, I16, I8, U8, BOOL), got "
          "%s",
          entry->name, dtypes[entry->dtype].name);
      return FALSE;
  }
}
