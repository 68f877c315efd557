/* SPDX-License-Identifier: MIT
 *
 * nfsafetensorsheader — what the header of a safetensors file says
 *
 * The header is hostile: lengths, counts, names, ranks, sizes and offsets are
 * checked before anything is allocated or read by them, and products and sums
 * are checked for overflow.
 * Siblings: nfsafetensors.c, nfsafetensorsvalues.c, nfjson.h */
#include "io/nfsafetensorsheader.h"

#include <string.h>

#include "io/nffilekind.h"
#include "io/nfjson.h"

#define METADATA NF_SAFETENSORS_METADATA
#define LENGTH_BYTES 8

static void
entry_free (gpointer data)
{
  NfSafetensorsEntry *entry = data;

  g_free (entry->name);
  g_free (entry->shape);
  g_free (entry);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfSafetensorsEntry, entry_free)

static void G_GNUC_PRINTF (4, 5)
    set_tensor_error (const NfSafetensorsHeader *header, const gchar *name,
        GError **error, const gchar *format, ...)
{
  g_autofree gchar *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT, "%s: tensor '%s': %s",
      header->label, name, message);
}

static gboolean
parse_metadata (
    NfSafetensorsHeader *header, NfJsonReader *reader, GError **error)
{
  g_autofree gchar *key = NULL;
  gchar *value;

  if (nf_json_reader_accept_null (reader))
    return TRUE;
  if (!nf_json_reader_expect (reader, '{', error))
    return FALSE;
  if (nf_json_reader_accept (reader, '}'))
    return TRUE;
  do {
    g_clear_pointer (&key, g_free);
    key = nf_json_reader_string (reader, reader->length, error);
    if (key == NULL || !nf_json_reader_expect (reader, ':', error))
      return FALSE;
    if (g_hash_table_contains (header->metadata, key)) {
      g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
          "%s: the metadata names '%s' twice", header->label, key);
      return FALSE;
    }
    value = nf_json_reader_string (reader, reader->length, error);
    if (value == NULL)
      return FALSE;
    g_ptr_array_add (header->metadata_keys, key);
    g_hash_table_insert (header->metadata, g_steal_pointer (&key), value);
  } while (nf_json_reader_accept (reader, ','));
  return nf_json_reader_expect (reader, '}', error);
}

static gboolean
parse_dtype (NfSafetensorsHeader *header, NfJsonReader *reader,
    NfSafetensorsEntry *entry, GError **error)
{
  g_autofree gchar *name = NULL;

  name = nf_json_reader_string (reader, reader->length, error);
  if (name == NULL)
    return FALSE;
  for (entry->dtype = 0; entry->dtype < NF_SAFETENSORS_N_DTYPES; entry->dtype++)
    if (g_str_equal (nf_safetensors_dtype_name (entry->dtype), name))
      return TRUE;
  set_tensor_error (header, entry->name, error,
      "unknown dtype '%.40s'; the types that are known end with those of "
      "safetensors 0.8",
      name);
  return FALSE;
}

static gboolean
parse_shape (NfSafetensorsHeader *header, NfJsonReader *reader,
    NfSafetensorsEntry *entry, GError **error)
{
  g_autoptr (GArray) sizes = g_array_new (FALSE, FALSE, sizeof (gint64));
  guint64 size;

  if (!nf_json_reader_expect (reader, '[', error))
    return FALSE;
  if (nf_json_reader_accept (reader, ']'))
    return TRUE;
  do {
    if (!nf_json_reader_unsigned (reader, &size, error))
      return FALSE;
    if (size > G_MAXINT64) {
      set_tensor_error (header, entry->name, error,
          "dimension %u is %" G_GUINT64_FORMAT
          ", expected at most %" G_GINT64_FORMAT,
          sizes->len, size, G_MAXINT64);
      return FALSE;
    }
    g_array_append_val (sizes, size);
  } while (nf_json_reader_accept (reader, ','));
  entry->rank = sizes->len;
  entry->shape = (gint64 *) g_array_free (g_steal_pointer (&sizes), FALSE);
  return nf_json_reader_expect (reader, ']', error);
}

static gboolean
parse_offsets (NfJsonReader *reader, guint64 offsets[2], GError **error)
{
  return nf_json_reader_expect (reader, '[', error)
      && nf_json_reader_unsigned (reader, &offsets[0], error)
      && nf_json_reader_expect (reader, ',', error)
      && nf_json_reader_unsigned (reader, &offsets[1], error)
      && nf_json_reader_expect (reader, ']', error);
}

/* Elements and bytes of @entry by its shape and dtype */
static gboolean
measure_entry (
    NfSafetensorsHeader *header, NfSafetensorsEntry *entry, GError **error)
{
  g_autofree gchar *shape = NULL;

  if (nf_safetensors_measure (entry->dtype, entry->shape, entry->rank,
          &entry->elements, &entry->bytes))
    return TRUE;
  shape = nf_safetensors_shape_string (entry->shape, entry->rank);
  set_tensor_error (header, entry->name, error,
      "the size of %s of shape %.200s overflows, or its last byte is not whole",
      nf_safetensors_dtype_name (entry->dtype), shape);
  return FALSE;
}

/* Places @entry in the data */
static gboolean
place_entry (NfSafetensorsHeader *header, NfSafetensorsEntry *entry,
    const guint64 offsets[2], GError **error)
{
  g_autofree gchar *shape = NULL;

  if (!measure_entry (header, entry, error))
    return FALSE;
  if (offsets[0] > offsets[1] || offsets[1] > header->length) {
    set_tensor_error (header, entry->name, error,
        "data_offsets [%" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT
        "] lie outside the %" G_GSIZE_FORMAT
        " bytes of data; the file may be cut short",
        offsets[0], offsets[1], header->length);
    return FALSE;
  }
  if (offsets[1] - offsets[0] != entry->bytes) {
    shape = nf_safetensors_shape_string (entry->shape, entry->rank);
    set_tensor_error (header, entry->name, error,
        "%s of shape %.200s takes %" G_GSIZE_FORMAT
        " bytes, data_offsets give %" G_GUINT64_FORMAT,
        nf_safetensors_dtype_name (entry->dtype), shape, entry->bytes,
        offsets[1] - offsets[0]);
    return FALSE;
  }
  entry->offset = header->start + (gsize) offsets[0];
  return TRUE;
}

/* The object after a tensor's name: its three members, each once; others are
 * passed over, as the Python library does */
static gboolean
parse_entry (NfSafetensorsHeader *header, NfJsonReader *reader,
    NfSafetensorsEntry *entry, guint64 offsets[2], GError **error)
{
  static const gchar *const members[] = { "dtype", "shape", "data_offsets" };
  gboolean seen[G_N_ELEMENTS (members)] = { FALSE };
  gboolean good;
  guint i;

  if (!nf_json_reader_expect (reader, '{', error))
    return FALSE;
  do {
    g_autofree gchar *key = NULL;

    key = nf_json_reader_string (reader, reader->length, error);
    if (key == NULL || !nf_json_reader_expect (reader, ':', error))
      return FALSE;
    for (i = 0; i < G_N_ELEMENTS (members); i++)
      if (g_str_equal (members[i], key))
        break;
    if (i == G_N_ELEMENTS (members)) {
      if (!nf_json_reader_skip (reader, error))
        return FALSE;
      continue;
    }
    if (seen[i]) {
      set_tensor_error (
          header, entry->name, error, "repeated member '%.100s'", key);
      return FALSE;
    }
    seen[i] = TRUE;
    if (i == 0)
      good = parse_dtype (header, reader, entry, error);
    else if (i == 1)
      good = parse_shape (header, reader, entry, error);
    else
      good = parse_offsets (reader, offsets, error);
    if (!good)
      return FALSE;
  } while (nf_json_reader_accept (reader, ','));
  if (!nf_json_reader_expect (reader, '}', error))
    return FALSE;
  for (i = 0; i < G_N_ELEMENTS (members); i++)
    if (!seen[i]) {
      set_tensor_error (
          header, entry->name, error, "no member '%s'", members[i]);
      return FALSE;
    }
  return TRUE;
}

/* Takes @name */
static gboolean
parse_tensor (NfSafetensorsHeader *header, NfJsonReader *reader, gchar *name,
    GError **error)
{
  g_autoptr (NfSafetensorsEntry) entry = g_new0 (NfSafetensorsEntry, 1);
  guint64 offsets[2] = { 0, 0 };

  entry->name = name;
  if (g_hash_table_contains (header->by_name, name)
      || g_str_equal (name, METADATA)) {
    set_tensor_error (header, name, error, "named twice");
    return FALSE;
  }
  if (!parse_entry (header, reader, entry, offsets, error)
      || !place_entry (header, entry, offsets, error))
    return FALSE;
  g_hash_table_insert (header->by_name, entry->name, entry);
  g_ptr_array_add (header->entries, g_steal_pointer (&entry));
  return TRUE;
}

static gboolean
parse_members (NfSafetensorsHeader *header, const gchar *text, gsize length,
    GError **error)
{
  NfJsonReader reader;
  gboolean metadata_seen = FALSE;
  gboolean good;
  gchar *name;

  nf_json_reader_init (&reader, text, length, header->label);
  if (!nf_json_reader_expect (&reader, '{', error))
    return FALSE;
  if (nf_json_reader_accept (&reader, '}'))
    return nf_json_reader_finish (&reader, error);
  do {
    name = nf_json_reader_string (&reader, reader.length, error);
    if (name == NULL)
      return FALSE;
    if (!nf_json_reader_expect (&reader, ':', error)) {
      g_free (name);
      return FALSE;
    }
    if (!metadata_seen && g_str_equal (name, METADATA)) {
      g_free (name);
      metadata_seen = TRUE;
      good = parse_metadata (header, &reader, error);
    } else {
      good = parse_tensor (header, &reader, name, error);
    }
    if (!good)
      return FALSE;
  } while (nf_json_reader_accept (&reader, ','));
  return nf_json_reader_expect (&reader, '}', error)
      && nf_json_reader_finish (&reader, error);
}

/* By where they begin; of those that begin at one place, empty ones first. */
static gint
compare_offsets (gconstpointer a, gconstpointer b)
{
  const NfSafetensorsEntry *x = *(NfSafetensorsEntry *const *) a;
  const NfSafetensorsEntry *y = *(NfSafetensorsEntry *const *) b;

  if (x->offset != y->offset)
    return (x->offset > y->offset) - (x->offset < y->offset);
  return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

/* Whether the tensors fill the data: each begins where the one before ends, and
 * the last one ends with the file. */
static gboolean
check_layout (const NfSafetensorsHeader *header, GError **error)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_copy (header->entries, NULL, NULL);
  gsize end = header->start;
  gsize rest;

  g_ptr_array_set_free_func (sorted, NULL);
  g_ptr_array_sort (sorted, compare_offsets);
  for (guint i = 0; i < sorted->len; i++) {
    const NfSafetensorsEntry *entry = g_ptr_array_index (sorted, i);

    if (entry->offset < end) {
      set_tensor_error (header, entry->name, error,
          "its data overlaps that of '%s'",
          ((NfSafetensorsEntry *) sorted->pdata[i - 1])->name);
      return FALSE;
    }
    if (entry->offset > end) {
      set_tensor_error (header, entry->name, error,
          "%" G_GSIZE_FORMAT
          " bytes before its data belong to no tensor; write the file anew",
          entry->offset - end);
      return FALSE;
    }
    end += entry->bytes;
  }
  rest = header->start + header->length - end;
  if (rest == 0)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%s: %" G_GSIZE_FORMAT
      " bytes at its end belong to no tensor; the file is damaged, or more was "
      "written behind it",
      header->label, rest);
  return FALSE;
}

/**
 * nf_safetensors_header_init:
 * @header: (out): nothing read; free with nf_safetensors_header_clear()
 * @label: name of the file for error messages
 */
void
nf_safetensors_header_init (NfSafetensorsHeader *header, const gchar *label)
{
  *header = (NfSafetensorsHeader){
    .label = g_strdup (label),
    .entries = g_ptr_array_new_with_free_func (entry_free),
    .by_name = g_hash_table_new (g_str_hash, g_str_equal),
    .metadata_keys = g_ptr_array_new (),
    .metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free),
  };
}

void
nf_safetensors_header_clear (NfSafetensorsHeader *header)
{
  g_hash_table_unref (header->by_name);
  g_ptr_array_unref (header->entries);
  g_ptr_array_unref (header->metadata_keys);
  g_hash_table_unref (header->metadata);
  g_free (header->label);
}

static gboolean
refuse_kind (const NfSafetensorsHeader *header, const guint8 *start, gsize size,
    GError **error)
{
  return nf_file_kind_refuse (
      header->label, start, size, "a safetensors file", error);
}

/* what the file says its header takes; needs LENGTH_BYTES */
static guint64
claimed_length (const guint8 *head)
{
  guint64 length;

  memcpy (&length, head, LENGTH_BYTES);
  return GUINT64_FROM_LE (length);
}

/**
 * nf_safetensors_header_size:
 * @head: the first bytes of a file
 * @head_size: how many
 * @size: bytes of the whole file
 *
 * Returns: how many of the first bytes nf_safetensors_header_read() wants, never
 *   more than the file has
 */
gsize
nf_safetensors_header_size (const guint8 *head, gsize head_size, gsize size)
{
  guint64 length = head_size < LENGTH_BYTES ? 0 : claimed_length (head);

  if (size < LENGTH_BYTES || length > NF_SAFETENSORS_MAX_HEADER
      || length > size - LENGTH_BYTES)
    return head_size;
  return MAX (head_size, LENGTH_BYTES + (gsize) length);
}

/**
 * nf_safetensors_header_read:
 * @header: as nf_safetensors_header_init() makes it
 * @head: the first bytes of a file
 * @head_size: how many: at least what nf_safetensors_header_size() says
 * @size: bytes of the whole file
 * @error: return location
 *
 * Returns: FALSE and %NF_ERROR_FORMAT if the file is not well-formed, or
 *   %NF_ERROR_UNSUPPORTED if it is of another format
 */
gboolean
nf_safetensors_header_read (NfSafetensorsHeader *header, const guint8 *head,
    gsize head_size, gsize size, GError **error)
{
  const guint8 *text;
  guint64 length;

  if (size < LENGTH_BYTES) {
    if (!refuse_kind (header, head, head_size, error))
      g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
          "%s: %" G_GSIZE_FORMAT
          " bytes are too few for a safetensors file, expected at least %d; "
          "the file is damaged, copy or download it again",
          header->label, size, LENGTH_BYTES);
    return FALSE;
  }
  text = head + LENGTH_BYTES;
  length = claimed_length (head);
  if (length > NF_SAFETENSORS_MAX_HEADER || length > size - LENGTH_BYTES) {
    if (!refuse_kind (header, head, head_size, error))
      g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
          "%s: a header of %" G_GUINT64_FORMAT
          " bytes does not fit, expected at most %" G_GSIZE_FORMAT
          "; is this a safetensors file, and complete?",
          header->label, length,
          MIN (size - LENGTH_BYTES, (gsize) NF_SAFETENSORS_MAX_HEADER));
    return FALSE;
  }
  if (length > 0 && text[0] != '{') {
    if (!refuse_kind (header, head, head_size, error))
      g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
          "%s: the header begins with byte 0x%02x, expected '{'; is this a "
          "safetensors file?",
          header->label, text[0]);
    return FALSE;
  }
  header->start = LENGTH_BYTES + (gsize) length;
  header->length = size - header->start;
  return parse_members (header, (const gchar *) text, (gsize) length, error)
      && check_layout (header, error);
}
