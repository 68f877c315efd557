/* SPDX-License-Identifier: MIT
 *
 * nfsafetensors — reading safetensors files
 *
 * Files are treated as hostile: lengths, counts, names, ranks, sizes and
 * offsets are checked before anything is allocated or read by them, and
 * products and sums are checked for overflow. The data itself stays mapped and
 * is looked at only when it is converted. Whoever changes a file must replace
 * it (as the writer does), not write into it: a mapped file that shrinks ends
 * the process.
 * Siblings: nfsafetensorswriter.c, nfjson.h */
#include "io/nfsafetensors.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/nftensor.h"
#include "io/nfjson.h"

#define METADATA NF_SAFETENSORS_METADATA
#define LENGTH_BYTES 8

struct _NfSafetensors
{
  gatomicrefcount refs;
  gchar *label;
  GBytes *bytes;
  gboolean mapped; /* @bytes are pages of a file */
  GPtrArray *entries;
  GHashTable *by_name; /* names and entries of @entries */
  GPtrArray *metadata_keys;
  GHashTable *metadata;
};

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

/**
 * nf_safetensors_dtype_size:
 * @dtype: element type
 *
 * Returns: bytes of one element
 */
gsize
nf_safetensors_dtype_size (NfSafetensorsDType dtype)
{
  g_return_val_if_fail (dtype < NF_SAFETENSORS_N_DTYPES, 0);
  return dtypes[dtype].size;
}

/**
 * nf_safetensors_dtype_name:
 * @dtype: element type
 *
 * Returns: (transfer none): its name in headers, such as "F32"
 */
const gchar *
nf_safetensors_dtype_name (NfSafetensorsDType dtype)
{
  g_return_val_if_fail (dtype < NF_SAFETENSORS_N_DTYPES, NULL);
  return dtypes[dtype].name;
}

/**
 * nf_safetensors_shape_string:
 * @shape: (array length=rank): sizes
 * @rank: how many
 *
 * Returns: (transfer full): such as "[64, 3, 7, 7]", for messages
 */
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

static void
entry_free (gpointer data)
{
  NfSafetensorsEntry *entry = data;

  g_free (entry->name);
  g_free (entry);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfSafetensorsEntry, entry_free)

static void G_GNUC_PRINTF (4, 5) set_tensor_error (const NfSafetensors *file,
    const gchar *name, GError **error, const gchar *format, ...)
{
  g_autofree gchar *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT, "%s: tensor '%s': %s",
      file->label, name, message);
}

static gboolean
parse_metadata (NfSafetensors *file, NfJsonReader *reader, GError **error)
{
  g_autofree gchar *key = NULL;
  gchar *value;

  if (!nf_json_reader_expect (reader, '{', error))
    return FALSE;
  if (nf_json_reader_accept (reader, '}'))
    return TRUE;
  do {
    g_clear_pointer (&key, g_free);
    key = nf_json_reader_string (reader, NF_SAFETENSORS_MAX_NAME, error);
    if (key == NULL || !nf_json_reader_expect (reader, ':', error))
      return FALSE;
    if (g_hash_table_contains (file->metadata, key)) {
      g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
          "%s: the metadata names '%s' twice", file->label, key);
      return FALSE;
    }
    value = nf_json_reader_string (reader, reader->length, error);
    if (value == NULL)
      return FALSE;
    g_ptr_array_add (file->metadata_keys, key);
    g_hash_table_insert (file->metadata, g_steal_pointer (&key), value);
  } while (nf_json_reader_accept (reader, ','));
  return nf_json_reader_expect (reader, '}', error);
}

static gboolean
parse_dtype (NfSafetensors *file, NfJsonReader *reader,
    NfSafetensorsEntry *entry, GError **error)
{
  g_autofree gchar *name = NULL;

  name = nf_json_reader_string (reader, NF_SAFETENSORS_MAX_NAME, error);
  if (name == NULL)
    return FALSE;
  for (entry->dtype = 0; entry->dtype < NF_SAFETENSORS_N_DTYPES; entry->dtype++)
    if (g_str_equal (dtypes[entry->dtype].name, name))
      return TRUE;
  set_tensor_error (file, entry->name, error,
      "unknown dtype '%s', expected F64, F32, F16, BF16, I64, I32, I16, I8, "
      "U8 or BOOL",
      name);
  return FALSE;
}

static gboolean
parse_shape (NfSafetensors *file, NfJsonReader *reader,
    NfSafetensorsEntry *entry, GError **error)
{
  guint64 size;

  if (!nf_json_reader_expect (reader, '[', error))
    return FALSE;
  if (nf_json_reader_accept (reader, ']'))
    return TRUE;
  do {
    if (entry->rank == NF_SAFETENSORS_MAX_RANK) {
      set_tensor_error (file, entry->name, error, "more than %d dimensions",
          NF_SAFETENSORS_MAX_RANK);
      return FALSE;
    }
    if (!nf_json_reader_unsigned (reader, &size, error))
      return FALSE;
    if (size < 1 || size > G_MAXINT64) {
      set_tensor_error (file, entry->name, error,
          "dimension %u is %" G_GUINT64_FORMAT
          ", expected 1 to %" G_GINT64_FORMAT,
          entry->rank, size, G_MAXINT64);
      return FALSE;
    }
    entry->shape[entry->rank++] = (gint64) size;
  } while (nf_json_reader_accept (reader, ','));
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
measure_entry (NfSafetensors *file, NfSafetensorsEntry *entry, GError **error)
{
  gsize size = dtypes[entry->dtype].size;
  g_autofree gchar *shape = NULL;

  entry->elements = 1;
  for (guint i = 0; i < entry->rank; i++)
    if ((guint64) entry->shape[i] > G_MAXSIZE
        || !g_size_checked_mul (
            &entry->elements, entry->elements, (gsize) entry->shape[i]))
      goto overflow;
  if (g_size_checked_mul (&entry->bytes, entry->elements, size))
    return TRUE;

overflow:
  shape = nf_safetensors_shape_string (entry->shape, entry->rank);
  set_tensor_error (
      file, entry->name, error, "the size of shape %s overflows", shape);
  return FALSE;
}

/* Places @entry in the data, which starts at @data and has @length bytes */
static gboolean
place_entry (NfSafetensors *file, NfSafetensorsEntry *entry,
    const guint64 offsets[2], const guint8 *data, gsize length, GError **error)
{
  g_autofree gchar *shape = NULL;

  if (!measure_entry (file, entry, error))
    return FALSE;
  if (offsets[0] > offsets[1] || offsets[1] > length) {
    set_tensor_error (file, entry->name, error,
        "data_offsets [%" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT
        "] lie outside the %" G_GSIZE_FORMAT
        " bytes of data; the file may be cut short",
        offsets[0], offsets[1], length);
    return FALSE;
  }
  if (offsets[1] - offsets[0] != entry->bytes) {
    shape = nf_safetensors_shape_string (entry->shape, entry->rank);
    set_tensor_error (file, entry->name, error,
        "%s of shape %s takes %" G_GSIZE_FORMAT
        " bytes, data_offsets give %" G_GUINT64_FORMAT,
        dtypes[entry->dtype].name, shape, entry->bytes,
        offsets[1] - offsets[0]);
    return FALSE;
  }
  entry->data = data + offsets[0];
  return TRUE;
}

/* The object after a tensor's name: its three members, each once */
static gboolean
parse_entry (NfSafetensors *file, NfJsonReader *reader,
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

    key = nf_json_reader_string (reader, NF_SAFETENSORS_MAX_NAME, error);
    if (key == NULL || !nf_json_reader_expect (reader, ':', error))
      return FALSE;
    for (i = 0; i < G_N_ELEMENTS (members); i++)
      if (g_str_equal (members[i], key))
        break;
    if (i == G_N_ELEMENTS (members) || seen[i]) {
      set_tensor_error (file, entry->name, error, "%s member '%s'",
          i == G_N_ELEMENTS (members) ? "unknown" : "repeated", key);
      return FALSE;
    }
    seen[i] = TRUE;
    if (i == 0)
      good = parse_dtype (file, reader, entry, error);
    else if (i == 1)
      good = parse_shape (file, reader, entry, error);
    else
      good = parse_offsets (reader, offsets, error);
    if (!good)
      return FALSE;
  } while (nf_json_reader_accept (reader, ','));
  if (!nf_json_reader_expect (reader, '}', error))
    return FALSE;
  for (i = 0; i < G_N_ELEMENTS (members); i++)
    if (!seen[i]) {
      set_tensor_error (file, entry->name, error, "no member '%s'", members[i]);
      return FALSE;
    }
  return TRUE;
}

/* Takes @name */
static gboolean
parse_tensor (NfSafetensors *file, NfJsonReader *reader, gchar *name,
    const guint8 *data, gsize length, GError **error)
{
  g_autoptr (NfSafetensorsEntry) entry = g_new0 (NfSafetensorsEntry, 1);
  guint64 offsets[2] = { 0, 0 };

  entry->name = name;
  if (*name == '\0') {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: a tensor has an empty name", file->label);
    return FALSE;
  }
  if (g_hash_table_contains (file->by_name, name)
      || g_str_equal (name, METADATA)) {
    set_tensor_error (file, name, error, "named twice");
    return FALSE;
  }
  if (file->entries->len == NF_SAFETENSORS_MAX_TENSORS) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT, "%s: more than %d tensors",
        file->label, NF_SAFETENSORS_MAX_TENSORS);
    return FALSE;
  }
  if (!parse_entry (file, reader, entry, offsets, error)
      || !place_entry (file, entry, offsets, data, length, error))
    return FALSE;
  g_hash_table_insert (file->by_name, entry->name, entry);
  g_ptr_array_add (file->entries, g_steal_pointer (&entry));
  return TRUE;
}

static gboolean
parse_header (NfSafetensors *file, const gchar *header, gsize header_length,
    const guint8 *data, gsize length, GError **error)
{
  NfJsonReader reader;
  gboolean metadata_seen = FALSE;
  gboolean good;
  gchar *name;

  nf_json_reader_init (&reader, header, header_length, file->label);
  if (!nf_json_reader_expect (&reader, '{', error))
    return FALSE;
  if (nf_json_reader_accept (&reader, '}'))
    return nf_json_reader_finish (&reader, error);
  do {
    name = nf_json_reader_string (&reader, NF_SAFETENSORS_MAX_NAME, error);
    if (name == NULL)
      return FALSE;
    if (!nf_json_reader_expect (&reader, ':', error)) {
      g_free (name);
      return FALSE;
    }
    if (!metadata_seen && g_str_equal (name, METADATA)) {
      g_free (name);
      metadata_seen = TRUE;
      good = parse_metadata (file, &reader, error);
    } else {
      good = parse_tensor (file, &reader, name, data, length, error);
    }
    if (!good)
      return FALSE;
  } while (nf_json_reader_accept (&reader, ','));
  return nf_json_reader_expect (&reader, '}', error)
      && nf_json_reader_finish (&reader, error);
}

static gint
compare_data (gconstpointer a, gconstpointer b)
{
  const NfSafetensorsEntry *const *x = a;
  const NfSafetensorsEntry *const *y = b;

  return ((*x)->data > (*y)->data) - ((*x)->data < (*y)->data);
}

static gboolean
check_overlap (const NfSafetensors *file, GError **error)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_copy (file->entries, NULL, NULL);
  const NfSafetensorsEntry *last, *entry;

  g_ptr_array_set_free_func (sorted, NULL);
  g_ptr_array_sort (sorted, compare_data);
  for (guint i = 1; i < sorted->len; i++) {
    last = g_ptr_array_index (sorted, i - 1);
    entry = g_ptr_array_index (sorted, i);
    if (entry->data < last->data + last->bytes) {
      set_tensor_error (file, entry->name, error,
          "its data overlaps that of '%s'", last->name);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
parse_file (NfSafetensors *file, GError **error)
{
  gsize size;
  const guint8 *start = g_bytes_get_data (file->bytes, &size);
  guint64 header;

  if (size < LENGTH_BYTES) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: %" G_GSIZE_FORMAT
        " bytes are too few for a safetensors file, expected at least %d",
        file->label, size, LENGTH_BYTES);
    return FALSE;
  }
  memcpy (&header, start, LENGTH_BYTES);
  header = GUINT64_FROM_LE (header);
  if (header > NF_SAFETENSORS_MAX_HEADER || header > size - LENGTH_BYTES) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: a header of %" G_GUINT64_FORMAT
        " bytes does not fit, expected at most %" G_GSIZE_FORMAT
        "; is this a safetensors file, and complete?",
        file->label, header,
        MIN (size - LENGTH_BYTES, (gsize) NF_SAFETENSORS_MAX_HEADER));
    return FALSE;
  }
  start += LENGTH_BYTES;
  return parse_header (file, (const gchar *) start, (gsize) header,
             start + header, size - LENGTH_BYTES - (gsize) header, error)
      && check_overlap (file, error);
}

/**
 * nf_safetensors_open_bytes:
 * @bytes: a whole file; a reference is kept
 * @label: name of the file for error messages
 * @error: return location
 *
 * Checks a file that is already in memory.
 *
 * Returns: (transfer full): the file; %NULL and %NF_ERROR_FORMAT if it is not
 *   well-formed
 */
NfSafetensors *
nf_safetensors_open_bytes (GBytes *bytes, const gchar *label, GError **error)
{
  g_autoptr (NfSafetensors) file = g_new0 (NfSafetensors, 1);

  g_return_val_if_fail (bytes != NULL && label != NULL, NULL);

  g_atomic_ref_count_init (&file->refs);
  file->label = g_strdup (label);
  file->bytes = g_bytes_ref (bytes);
  file->entries = g_ptr_array_new_with_free_func (entry_free);
  file->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  file->metadata_keys = g_ptr_array_new ();
  file->metadata =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (!parse_file (file, error))
    return NULL;
  return g_steal_pointer (&file);
}

/**
 * nf_safetensors_open:
 * @path: a file
 * @error: return location
 *
 * Maps a file and checks everything but the elements.
 *
 * Returns: (transfer full): the file; %NULL and %NF_ERROR_NOT_FOUND if there
 *   is none, %NF_ERROR_IO if it cannot be read, %NF_ERROR_FORMAT if it is not
 *   well-formed
 */
NfSafetensors *
nf_safetensors_open (const gchar *path, GError **error)
{
  g_autoptr (GMappedFile) map = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) map_error = NULL;
  NfSafetensors *file;
  GStatBuf status;

  g_return_val_if_fail (path != NULL, NULL);

  if (g_stat (path, &status) == 0 && !S_ISREG (status.st_mode)) {
    g_set_error (error, NF_ERROR, NF_ERROR_IO,
        "%s: expected a safetensors file, got a folder or device", path);
    return NULL;
  }
  map = g_mapped_file_new (path, FALSE, &map_error);
  if (map == NULL) {
    g_set_error (error, NF_ERROR,
        g_error_matches (map_error, G_FILE_ERROR, G_FILE_ERROR_NOENT)
            ? NF_ERROR_NOT_FOUND
            : NF_ERROR_IO,
        "%s: cannot open the safetensors file: %s", path, map_error->message);
    return NULL;
  }
  bytes = g_mapped_file_get_bytes (map);
  file = nf_safetensors_open_bytes (bytes, path, error);
  if (file != NULL)
    file->mapped = TRUE;
  return file;
}

/**
 * nf_safetensors_ref:
 * @file: a file
 *
 * Returns: (transfer full): @file
 */
NfSafetensors *
nf_safetensors_ref (NfSafetensors *file)
{
  g_return_val_if_fail (file != NULL, NULL);
  g_atomic_ref_count_inc (&file->refs);
  return file;
}

/**
 * nf_safetensors_unref:
 * @file: (transfer full): a file
 *
 * Gives a reference back; the last one unmaps the file.
 */
void
nf_safetensors_unref (NfSafetensors *file)
{
  g_return_if_fail (file != NULL);
  if (!g_atomic_ref_count_dec (&file->refs))
    return;
  g_hash_table_unref (file->by_name);
  g_ptr_array_unref (file->entries);
  g_ptr_array_unref (file->metadata_keys);
  g_hash_table_unref (file->metadata);
  g_bytes_unref (file->bytes);
  g_free (file->label);
  g_free (file);
}

/**
 * nf_safetensors_label:
 * @file: a file
 *
 * Returns: (transfer none): its path, or what nf_safetensors_open_bytes() was
 *   told
 */
const gchar *
nf_safetensors_label (const NfSafetensors *file)
{
  return file->label;
}

/**
 * nf_safetensors_count:
 * @file: a file
 *
 * Returns: how many tensors it has
 */
guint
nf_safetensors_count (const NfSafetensors *file)
{
  return file->entries->len;
}

/**
 * nf_safetensors_index:
 * @file: a file
 * @index: below nf_safetensors_count()
 *
 * Returns: (transfer none): the tensor at this place of the header
 */
const NfSafetensorsEntry *
nf_safetensors_index (const NfSafetensors *file, guint index)
{
  g_return_val_if_fail (index < file->entries->len, NULL);
  return g_ptr_array_index (file->entries, index);
}

/**
 * nf_safetensors_lookup:
 * @file: a file
 * @name: a tensor's name
 *
 * Returns: (transfer none) (nullable): the tensor, %NULL if there is none
 */
const NfSafetensorsEntry *
nf_safetensors_lookup (const NfSafetensors *file, const gchar *name)
{
  return g_hash_table_lookup (file->by_name, name);
}

/**
 * nf_safetensors_metadata_count:
 * @file: a file
 *
 * Returns: how many strings its metadata has
 */
guint
nf_safetensors_metadata_count (const NfSafetensors *file)
{
  return file->metadata_keys->len;
}

/**
 * nf_safetensors_metadata_key:
 * @file: a file
 * @index: below nf_safetensors_metadata_count()
 *
 * Returns: (transfer none): the key at this place of the metadata
 */
const gchar *
nf_safetensors_metadata_key (const NfSafetensors *file, guint index)
{
  g_return_val_if_fail (index < file->metadata_keys->len, NULL);
  return g_ptr_array_index (file->metadata_keys, index);
}

/**
 * nf_safetensors_metadata:
 * @file: a file
 * @key: a key of the metadata
 *
 * Returns: (transfer none) (nullable): its value, %NULL if there is none
 */
const gchar *
nf_safetensors_metadata (const NfSafetensors *file, const gchar *key)
{
  return g_hash_table_lookup (file->metadata, key);
}

/**
 * nf_safetensors_part:
 * @entry: a tensor of a file
 * @from: index of an element, row-major
 * @count: how many from there on; all of them in the tensor
 *
 * Returns: an entry with these elements alone, which reads like any other; its
 *   shape is that of @entry
 */
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

/**
 * nf_safetensors_forget:
 * @file: a file
 * @entry: a tensor of it that will not be read for a while
 *
 * Tells the system that its pages need not stay in the process; reading them
 * again brings them back.
 */
void
nf_safetensors_forget (
    const NfSafetensors *file, const NfSafetensorsEntry *entry)
{
  gsize page = (gsize) sysconf (_SC_PAGESIZE);
  gsize from = GPOINTER_TO_SIZE (entry->data) / page * page;
  gsize end = GPOINTER_TO_SIZE (entry->data) + entry->bytes;

  if (file->mapped)
    madvise (GSIZE_TO_POINTER (from), end - from, MADV_DONTNEED);
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

/**
 * nf_safetensors_read_f32:
 * @entry: a tensor of F64, F32, F16 or BF16
 * @out: (out caller-allocates): entry->elements numbers, row-major
 * @error: return location
 *
 * Converts the elements; F64 is rounded.
 *
 * Returns: %FALSE and %NF_ERROR_FORMAT if the elements are integers
 */
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

/**
 * nf_safetensors_read_i64:
 * @entry: a tensor of I64, I32, I16, I8, U8 or BOOL
 * @out: (out caller-allocates): entry->elements numbers, row-major
 * @error: return location
 *
 * Widens the elements.
 *
 * Returns: %FALSE and %NF_ERROR_FORMAT if they are floating-point numbers
 */
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
