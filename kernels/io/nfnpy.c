/* SPDX-License-Identifier: MIT
 *
 * nfnpy — NumPy's .npy files: headers read, written, checked
 *
 * Version 1.0 has a 16-bit length of the dictionary, 2.0 and 3.0 have a 32-bit
 * one (3.0 is in UTF-8). What is written is version 1.0, byte for byte as
 * NumPy writes it: padded to a multiple of 64 bytes, with room for the first
 * axis to grow. */
#include <nextframe/io/nfnpy.h>
#include "io/nffile.h"

#include <string.h>

#define MAX_PREAMBLE 12 /* bytes before the dictionary */
#define MIN_DIGITS_FIRST_AXIS 21 /* NumPy leaves this much for it to grow */

static const struct
{
  gchar kind;
  guint8 bytes;
} npy_types[] = {
  [NF_NPY_BOOL] = { 'b', 1 },
  [NF_NPY_U8] = { 'u', 1 },
  [NF_NPY_I8] = { 'i', 1 },
  [NF_NPY_U16] = { 'u', 2 },
  [NF_NPY_I16] = { 'i', 2 },
  [NF_NPY_U32] = { 'u', 4 },
  [NF_NPY_I32] = { 'i', 4 },
  [NF_NPY_U64] = { 'u', 8 },
  [NF_NPY_I64] = { 'i', 8 },
};

G_STATIC_ASSERT (G_N_ELEMENTS (npy_types) == NF_NPY_N_TYPES);

typedef struct
{
  const gchar *at;
  const gchar *end;
} Cursor;

guint
nf_npy_type_size (NfNpyType type)
{
  g_return_val_if_fail (type < NF_NPY_N_TYPES, 0);

  return npy_types[type].bytes;
}

static void
cursor_skip_space (Cursor *cursor)
{
  while (cursor->at < cursor->end && g_ascii_isspace (*cursor->at))
    cursor->at++;
}

static gboolean
cursor_take (Cursor *cursor, gchar wanted)
{
  cursor_skip_space (cursor);
  if (cursor->at == cursor->end || *cursor->at != wanted)
    return FALSE;
  cursor->at++;

  return TRUE;
}

static gboolean
cursor_take_word (Cursor *cursor, const gchar *word)
{
  gsize length = strlen (word);

  cursor_skip_space (cursor);
  if ((gsize) (cursor->end - cursor->at) < length
      || memcmp (cursor->at, word, length) != 0)
    return FALSE;
  cursor->at += length;

  return TRUE;
}

/* a quoted string without escapes */
static gboolean
cursor_take_string (Cursor *cursor, gchar *text, gsize size)
{
  gsize length = 0;
  gchar quote;

  cursor_skip_space (cursor);
  if (cursor->at == cursor->end || (*cursor->at != '\'' && *cursor->at != '"'))
    return FALSE;
  quote = *cursor->at++;
  while (cursor->at < cursor->end && *cursor->at != quote) {
    if (length + 1 >= size || !g_ascii_isprint (*cursor->at)
        || *cursor->at == '\\')
      return FALSE;
    text[length++] = *cursor->at++;
  }
  text[length] = '\0';

  return cursor_take (cursor, quote);
}

static gboolean
cursor_take_number (Cursor *cursor, guint64 *number)
{
  const gchar *begin;
  guint64 value = 0;

  cursor_skip_space (cursor);
  begin = cursor->at;
  while (cursor->at < cursor->end && g_ascii_isdigit (*cursor->at)) {
    if (!g_uint64_checked_mul (&value, value, 10)
        || !g_uint64_checked_add (&value, value, *cursor->at - '0'))
      return FALSE;
    cursor->at++;
  }
  if (cursor->at == begin)
    return FALSE;
  if (cursor->at < cursor->end && *cursor->at == 'L') /* Python 2's long */
    cursor->at++;
  *number = value;

  return TRUE;
}

static gboolean
parse_shape (Cursor *cursor, NfNpyHeader *header, GError **error)
{
  gboolean comma = TRUE;

  header->n_dims = 0;
  if (!cursor_take (cursor, '('))
    goto invalid;
  while (!cursor_take (cursor, ')')) {
    if (!comma)
      goto invalid;
    if (header->n_dims == NF_NPY_MAX_DIMS) {
      g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
          "npy: the shape has more than %d axes", NF_NPY_MAX_DIMS);
      return FALSE;
    }
    if (!cursor_take_number (cursor, &header->shape[header->n_dims]))
      goto invalid;
    header->n_dims++;
    comma = cursor_take (cursor, ',');
  }
  if (header->n_dims == 1 && !comma)
    goto invalid;

  return TRUE;

invalid:
  g_set_error_literal (error, NF_ERROR, NF_ERROR_FORMAT,
      "npy: 'shape' is not a tuple of whole numbers below 2^64, such as "
      "(22, 160, 240)");
  return FALSE;
}

static gboolean
parse_descr (const gchar *descr, NfNpyHeader *header, GError **error)
{
  const gchar *type = descr;
  gchar order = '|';

  if (*type != '\0' && strchr ("|<>=", *type) != NULL)
    order = *type++;
  for (guint i = 0; i < NF_NPY_N_TYPES; i++) {
    if (type[0] != npy_types[i].kind || type[1] != '0' + npy_types[i].bytes
        || type[2] != '\0')
      continue;
    if (npy_types[i].bytes > 1 && order != '<' && order != '>')
      break;
    header->type = i;
    header->big_endian = npy_types[i].bytes > 1 && order == '>';
    return TRUE;
  }
  g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
      "npy: the elements are of type '%s', expected whole numbers ('|u1', "
      "'|b1', '<u2', '>u2', or signed and wider ones); save a copy made with "
      "array.astype (numpy.uint8)",
      descr);

  return FALSE;
}

static gboolean
parse_fortran_order (Cursor *cursor, GError **error)
{
  if (cursor_take_word (cursor, "False"))
    return TRUE;
  if (cursor_take_word (cursor, "True"))
    g_set_error_literal (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "npy: the array is in Fortran order, expected C order; save "
        "numpy.ascontiguousarray (array)");
  else
    g_set_error_literal (error, NF_ERROR, NF_ERROR_FORMAT,
        "npy: 'fortran_order' is neither True nor False");

  return FALSE;
}

static gboolean
parse_value (Cursor *cursor, const gchar *key, NfNpyHeader *header, guint *seen,
    GError **error)
{
  static const gchar *const keys[] = { "descr", "fortran_order", "shape" };
  gchar descr[64];
  guint which = 0;

  while (which < G_N_ELEMENTS (keys) && strcmp (key, keys[which]) != 0)
    which++;
  if (which == G_N_ELEMENTS (keys) || (*seen & (1 << which)) != 0) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "npy: the header has %s key '%s', expected 'descr', 'fortran_order' "
        "and 'shape' once each",
        which == G_N_ELEMENTS (keys) ? "an unknown" : "a second", key);
    return FALSE;
  }
  *seen |= 1 << which;
  if (which == 1)
    return parse_fortran_order (cursor, error);
  if (which == 2)
    return parse_shape (cursor, header, error);
  if (cursor_take_string (cursor, descr, sizeof descr))
    return parse_descr (descr, header, error);
  g_set_error_literal (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
      "npy: 'descr' is not the name of a plain type; arrays of records have "
      "no pixels");

  return FALSE;
}

static gboolean
parse_dictionary (
    const gchar *text, gsize length, NfNpyHeader *header, GError **error)
{
  Cursor cursor = { text, text + length };
  gchar key[32];
  guint seen = 0;
  gboolean comma = TRUE;

  if (!cursor_take (&cursor, '{'))
    goto invalid;
  while (!cursor_take (&cursor, '}')) {
    if (!comma || !cursor_take_string (&cursor, key, sizeof key)
        || !cursor_take (&cursor, ':'))
      goto invalid;
    if (!parse_value (&cursor, key, header, &seen, error))
      return FALSE;
    comma = cursor_take (&cursor, ',');
  }
  cursor_skip_space (&cursor);
  if (cursor.at != cursor.end || seen != 7)
    goto invalid;

  return TRUE;

invalid:
  g_set_error_literal (error, NF_ERROR, NF_ERROR_FORMAT,
      "npy: the header is not a dictionary of 'descr', 'fortran_order' and "
      "'shape'; the file is damaged");
  return FALSE;
}

static gboolean
compute_data_bytes (NfNpyHeader *header, GError **error)
{
  guint64 bytes = nf_npy_type_size (header->type);

  for (guint i = 0; i < header->n_dims; i++) {
    if (!g_uint64_checked_mul (&bytes, bytes, header->shape[i])) {
      g_autofree gchar *shape = nf_npy_shape_string (header);
      g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
          "npy: an array of shape %s does not fit 64 bits; the file is damaged",
          shape);
      return FALSE;
    }
  }
  header->data_bytes = bytes;

  return TRUE;
}

/* where the dictionary begins, and once known its length; 0 when invalid */
static gsize
parse_preamble (const guint8 *data, gsize size, gsize *length, GError **error)
{
  gsize preamble;

  if (memcmp (data, NF_NPY_MAGIC, MIN (size, NF_NPY_MAGIC_BYTES)) != 0) {
    g_set_error_literal (error, NF_ERROR, NF_ERROR_FORMAT,
        "npy: no array begins here: expected the bytes \\x93NUMPY");
    return 0;
  }
  *length = 0;
  if (size < NF_NPY_MAGIC_BYTES + 2)
    return NF_NPY_MAGIC_BYTES + 2;
  if (data[6] < 1 || data[6] > 3 || data[7] != 0) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "npy: format version %u.%u, expected 1.0, 2.0 or 3.0", data[6],
        data[7]);
    return 0;
  }
  preamble = data[6] == 1 ? 10 : 12;
  if (size < preamble)
    return preamble;
  *length = data[8] | (gsize) data[9] << 8;
  if (data[6] > 1)
    *length |= (gsize) data[10] << 16 | (gsize) data[11] << 24;
  if (*length < 2 || *length > NF_NPY_MAX_HEADER) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "npy: the header has %" G_GSIZE_FORMAT " bytes, expected 2 to %d; the "
        "file is damaged",
        *length, NF_NPY_MAX_HEADER);
    return 0;
  }

  return preamble;
}

NfNpyStatus
nf_npy_parse_header (const guint8 *data, gsize size, NfNpyHeader *header,
    gsize *wanted, GError **error)
{
  NfNpyHeader parsed = { 0 };
  gsize preamble, length;

  g_return_val_if_fail (data != NULL || size == 0, NF_NPY_INVALID);

  if (size == 0) {
    *wanted = NF_NPY_MAGIC_BYTES + 2;
    return NF_NPY_NEED_MORE;
  }
  preamble = parse_preamble (data, size, &length, error);
  if (preamble == 0)
    return NF_NPY_INVALID;
  if (length == 0 || size < preamble + length) {
    *wanted = preamble + length;
    return NF_NPY_NEED_MORE;
  }
  if (!parse_dictionary (
          (const gchar *) data + preamble, length, &parsed, error)
      || !compute_data_bytes (&parsed, error))
    return NF_NPY_INVALID;
  parsed.header_bytes = preamble + length;
  *header = parsed;

  return NF_NPY_PARSED;
}

gboolean
nf_npy_header_init (NfNpyHeader *header, NfNpyType type, gboolean big_endian,
    const guint64 *shape, guint n_dims, GError **error)
{
  NfNpyHeader made = { .type = type, .n_dims = n_dims };

  g_return_val_if_fail (type < NF_NPY_N_TYPES, FALSE);
  g_return_val_if_fail (n_dims <= NF_NPY_MAX_DIMS, FALSE);

  made.big_endian = nf_npy_type_size (type) > 1 && big_endian;
  if (n_dims > 0)
    memcpy (made.shape, shape, n_dims * sizeof shape[0]);
  if (!compute_data_bytes (&made, error))
    return FALSE;
  *header = made;

  return TRUE;
}

gchar *
nf_npy_shape_string (const NfNpyHeader *header)
{
  GString *text = g_string_new ("(");

  for (guint i = 0; i < header->n_dims; i++)
    g_string_append_printf (
        text, "%s%" G_GUINT64_FORMAT, i == 0 ? "" : ", ", header->shape[i]);
  g_string_append (text, header->n_dims == 1 ? ",)" : ")");

  return g_string_free (text, FALSE);
}

GBytes *
nf_npy_format_header (const NfNpyHeader *header)
{
  g_autofree gchar *shape = nf_npy_shape_string (header);
  GString *text = g_string_new_len (NF_NPY_MAGIC "\x01\x00\x00\x00", 10);
  guint bytes = nf_npy_type_size (header->type);
  gsize target, length;

  g_string_append_printf (text,
      "{'descr': '%c%c%u', 'fortran_order': False, 'shape': %s, }",
      bytes == 1               ? '|'
          : header->big_endian ? '>'
                               : '<',
      npy_types[header->type].kind, bytes, shape);
  target = text->len + 1;
  if (header->n_dims > 0) {
    g_autofree gchar *first =
        g_strdup_printf ("%" G_GUINT64_FORMAT, header->shape[0]);
    target += MIN_DIGITS_FIRST_AXIS - strlen (first);
  }
  target = (target + 63) / 64 * 64;
  while (text->len < target - 1)
    g_string_append_c (text, ' ');
  g_string_append_c (text, '\n');
  length = target - 10;
  text->str[8] = length & 0xff;
  text->str[9] = length >> 8;

  return g_string_free_to_bytes (text);
}

static void
set_value_error (
    const NfNpyHeader *header, const guint8 *item, gsize index, GError **error)
{
  guint bytes = nf_npy_type_size (header->type);
  gboolean is_signed = npy_types[header->type].kind == 'i';
  gboolean negative =
      is_signed && item[header->big_endian ? 0 : bytes - 1] >= 0x80;
  guint64 value = negative ? G_MAXUINT64 : 0;
  g_autofree gchar *text = NULL;

  for (guint i = 0; i < bytes; i++)
    value = value << 8 | item[header->big_endian ? i : bytes - 1 - i];
  text = is_signed ? g_strdup_printf ("%" G_GINT64_FORMAT, (gint64) value)
                   : g_strdup_printf ("%" G_GUINT64_FORMAT, value);
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "npy: element %" G_GSIZE_FORMAT " is %s, which does not fit a byte: "
      "expected class ids or grey values of 0 to 255",
      index, text);
}

gboolean
nf_npy_to_u8 (const NfNpyHeader *header, const guint8 *src, guint8 *dst,
    gsize n, GError **error)
{
  guint bytes = nf_npy_type_size (header->type);
  guint low = header->big_endian ? bytes - 1 : 0;
  guint8 limit = header->type == NF_NPY_I8 ? 127 : 255;

  if (header->type == NF_NPY_U8) {
    memcpy (dst, src, n);
    return TRUE;
  }
  if (header->type == NF_NPY_BOOL) {
    for (gsize i = 0; i < n; i++)
      dst[i] = src[i] != 0;
    return TRUE;
  }
  for (gsize i = 0; i < n; i++, src += bytes) {
    guint8 rest = 0;

    for (guint b = 0; b < bytes; b++)
      rest |= b == low ? 0 : src[b];
    dst[i] = src[low];
    if (rest != 0 || dst[i] > limit) {
      set_value_error (header, src, i, error);
      return FALSE;
    }
  }

  return TRUE;
}

/* (transfer full) (nullable): at most so many bytes of a file that holds one
 * array and is as long as its header says */
static GBytes *
read_checked (
    const gchar *path, gsize most, NfNpyHeader *header, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  gsize size, wanted;
  NfNpyStatus status;

  bytes = nf_file_read (path, most, &size, error);
  if (bytes == NULL) {
    g_prefix_error (error, "npy: ");
    return NULL;
  }
  status = nf_npy_parse_header (g_bytes_get_data (bytes, NULL),
      g_bytes_get_size (bytes), header, &wanted, error);
  if (status == NF_NPY_INVALID) {
    g_prefix_error (error, "'%s': ", path);
    return NULL;
  }
  if (status == NF_NPY_NEED_MORE
      || size - header->header_bytes != header->data_bytes) {
    g_autofree gchar *shape = status == NF_NPY_PARSED
        ? nf_npy_shape_string (header)
        : g_strdup ("unknown shape");
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "'%s': npy: the file has %" G_GSIZE_FORMAT " bytes, its header and an "
        "array of %s have %" G_GUINT64_FORMAT "; copy the file again",
        path, size, shape,
        status == NF_NPY_PARSED
            ? (guint64) header->header_bytes + header->data_bytes
            : wanted);
    return NULL;
  }

  return g_steal_pointer (&bytes);
}

gboolean
nf_npy_check (const gchar *path, NfNpyHeader *header, GError **error)
{
  g_autoptr (GBytes) bytes =
      read_checked (path, MAX_PREAMBLE + NF_NPY_MAX_HEADER, header, error);

  return bytes != NULL;
}

GBytes *
nf_npy_load (const gchar *path, NfNpyHeader *header, GError **error)
{
  g_autoptr (GBytes) bytes = read_checked (path, G_MAXSIZE, header, error);

  return bytes != NULL
      ? g_bytes_new_from_bytes (bytes, header->header_bytes, header->data_bytes)
      : NULL;
}
