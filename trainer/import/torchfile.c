/* SPDX-License-Identifier: MIT
 *
 * torchfile — files that PyTorch's torch.save() writes */
#include "import/torchfile.h"
#include "config.h"
#include "io/nffile.h"

#include <string.h>
#ifdef NF_HAVE_ZIP
#include <zip.h>
#endif

/* How a file before 1.6 begins: a pickle of a number. */
static const guint8 legacy_magic[] = { 0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c,
  0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e };
static const guint8 zip_magic[] = { 'P', 'K', 3, 4 };

#define LEGACY_PROTOCOL 1001

struct _NfTorchFile
{
  gchar *path;
  GBytes *bytes; /* the file */
  NfPickle *pickle;
  gchar *folder; /* within an archive; NULL: it is no archive */
#ifdef NF_HAVE_ZIP
  zip_t *zip;
#endif
  GHashTable *storages; /* keys and GBytes: those that were read */
};

void
nf_torch_file_free (NfTorchFile *file)
{
  if (!file)
    return;
#ifdef NF_HAVE_ZIP
  if (file->zip)
    zip_discard (file->zip);
#endif
  nf_pickle_free (file->pickle);
  g_hash_table_unref (file->storages);
  g_clear_pointer (&file->bytes, g_bytes_unref);
  g_free (file->folder);
  g_free (file->path);
  g_free (file);
}

const NfPickleValue *
nf_torch_file_root (const NfTorchFile *file)
{
  return nf_pickle_root (file->pickle);
}

static gboolean
begins_with (GBytes *bytes, const guint8 *magic, gsize n)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  return size >= n && memcmp (data, magic, n) == 0;
}

/* A pickle's protocol is its second byte. A safetensors file may begin with the
 * same two, as the length of its header, whose other bytes are zero then; behind
 * it the header begins with a brace. A short frame of a pickle has such zeros,
 * too, but no brace behind them. */
static gboolean
is_pickle (GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (size < 2 || data[0] != 0x80 || data[1] < 2 || data[1] > 5)
    return FALSE;
  return size < 9 || data[4] || data[5] || data[6] || data[7] || data[8] != '{';
}

gboolean
nf_torch_file_is (const gchar *path)
{
  g_autoptr (GBytes) bytes =
      nf_file_read (path, sizeof legacy_magic, NULL, NULL);

  return bytes
      && (begins_with (bytes, zip_magic, sizeof zip_magic)
          || is_pickle (bytes));
}

static gboolean
damaged (const NfTorchFile *file, const gchar *what, GError **error)
{
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%s: %s; the file is damaged, or none of torch.save()'s", file->path,
      what);
  return FALSE;
}

/* Bytes of a storage's elements. */
static gboolean
storage_bytes (const NfPickleValue *storage, gsize *bytes)
{
  return (guint64) storage->integer <= G_MAXSIZE
      && g_size_checked_mul (bytes, (gsize) storage->integer,
          nf_safetensors_dtype_bits (storage->dtype) / 8);
}

/* ---------------------------------------------------------------- archives */

#ifdef NF_HAVE_ZIP

/* An entry of the archive, which PyTorch does not compress, so none is larger
 * than the file. */
static GBytes *
read_entry (NfTorchFile *file, const gchar *name, GError **error)
{
  g_autofree gchar *path = g_strconcat (file->folder, "/", name, NULL);
  g_autofree guint8 *data = NULL;
  zip_stat_t facts;
  zip_file_t *entry;
  zip_int64_t got;

  if (zip_stat (file->zip, path, 0, &facts) != 0) {
    g_autofree gchar *what = g_strdup_printf ("it has no %s", path);

    damaged (file, what, error);
    return NULL;
  }
  if (!(facts.valid & ZIP_STAT_SIZE) || facts.comp_method != ZIP_CM_STORE
      || facts.size > g_bytes_get_size (file->bytes)) {
    damaged (file, "an entry is compressed or larger than the file", error);
    return NULL;
  }
  data = g_try_malloc (MAX (facts.size, 1));
  entry = data ? zip_fopen (file->zip, path, 0) : NULL;
  got = entry ? zip_fread (entry, data, facts.size) : -1;
  if (entry)
    zip_fclose (entry);
  if (got == (zip_int64_t) facts.size)
    return g_bytes_new_take (g_steal_pointer (&data), facts.size);
  g_set_error (error, NF_ERROR, NF_ERROR_IO, "%s: cannot read %s: %s",
      file->path, path, data ? zip_strerror (file->zip) : "no memory");
  return NULL;
}

/* The folder within the archive: that of FOLDER/data.pkl. */
static gboolean
find_folder (NfTorchFile *file, GError **error)
{
  const zip_int64_t n = zip_get_num_entries (file->zip, 0);

  for (zip_int64_t i = 0; i < n; i++) {
    const gchar *name = zip_get_name (file->zip, (zip_uint64_t) i, 0);
    const gchar *slash = name ? strchr (name, '/') : NULL;

    if (slash && g_str_equal (slash, "/data.pkl")) {
      file->folder = g_strndup (name, (gsize) (slash - name));
      return TRUE;
    }
  }
  return damaged (file, "the archive has no NAME/data.pkl", error);
}

static gboolean
check_byte_order (NfTorchFile *file, GError **error)
{
  g_autofree gchar *name = g_strconcat (file->folder, "/byteorder", NULL);
  g_autoptr (GBytes) order = NULL;

  if (zip_name_locate (file->zip, name, 0) < 0)
    return TRUE; /* older versions do not say it */
  order = read_entry (file, "byteorder", error);
  if (!order)
    return FALSE;
  if (g_bytes_get_size (order) == 6
      && memcmp (g_bytes_get_data (order, NULL), "little", 6) == 0)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
      "%s: was written on a machine with another order of bytes; load and save "
      "it on this one",
      file->path);
  return FALSE;
}

static gboolean
open_zip (NfTorchFile *file, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (file->bytes, &size);
  zip_source_t *source = zip_source_buffer_create (data, size, 0, NULL);

  file->zip = source ? zip_open_from_source (source, ZIP_RDONLY, NULL) : NULL;
  if (file->zip)
    return TRUE;
  if (source)
    zip_source_free (source);
  return damaged (file, "the zip archive cannot be read", error);
}

static gboolean
open_archive (NfTorchFile *file, GError **error)
{
  g_autoptr (GBytes) pickle = NULL;
  const guint8 *data;
  gsize size;

  if (!open_zip (file, error))
    return FALSE;
  if (!find_folder (file, error) || !check_byte_order (file, error))
    return FALSE;
  pickle = read_entry (file, "data.pkl", error);
  if (!pickle)
    return FALSE;
  data = g_bytes_get_data (pickle, &size);
  file->pickle = nf_pickle_read (data, size, file->path, NULL, error);
  return file->pickle != NULL;
}

static GBytes *
read_storage (NfTorchFile *file, const gchar *key, GError **error)
{
  g_autofree gchar *name = g_strconcat ("data/", key, NULL);

  return read_entry (file, name, error);
}

#else

static gboolean
open_archive (NfTorchFile *file, GError **error)
{
  g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
      "%s: is a zip archive, and this program was built without libzip; "
      "install "
      "libzip-dev and build it anew, or save the file with "
      "_use_new_zipfile_serialization=False",
      file->path);
  return FALSE;
}

static GBytes *
read_storage (NfTorchFile *file, const gchar *key, GError **error)
{
  damaged (file, "a storage is missing", error);
  return NULL;
}

#endif

/* ----------------------------------------------------------- before PyTorch 1.6 */

/* The next pickle of the file. */
static NfPickle *
next_pickle (NfTorchFile *file, gsize *at, GError **error)
{
  gsize size, used;
  const guint8 *data = g_bytes_get_data (file->bytes, &size);
  NfPickle *pickle =
      nf_pickle_read (data + *at, size - *at, file->path, &used, error);

  if (pickle)
    *at += used;
  return pickle;
}

/* The number of the format, and what the machine was like that wrote it. */
static gboolean
check_machine (NfTorchFile *file, gsize *at, GError **error)
{
  g_autoptr (NfPickle) protocol = next_pickle (file, at, error);
  g_autoptr (NfPickle) machine = NULL;
  const NfPickleValue *little;

  if (!protocol)
    return FALSE;
  if (nf_pickle_root (protocol)->kind != NF_PICKLE_INT
      || nf_pickle_root (protocol)->integer != LEGACY_PROTOCOL)
    return damaged (file, "its number of the format is not 1001", error);
  machine = next_pickle (file, at, error);
  if (!machine)
    return FALSE;
  little = nf_pickle_find (nf_pickle_root (machine), "little_endian");
  return (little && little->kind == NF_PICKLE_BOOL && little->integer)
      || damaged (file, "its bytes are in another order", error);
}

/* The elements of one storage: how many, and they themselves. */
static gboolean
add_storage (
    NfTorchFile *file, const NfPickleValue *storage, gsize *at, GError **error)
{
  gsize size, bytes;
  const guint8 *data = g_bytes_get_data (file->bytes, &size);
  guint64 n;

  if (size - *at < sizeof n)
    return damaged (file, "it ends before its elements", error);
  memcpy (&n, data + *at, sizeof n);
  *at += sizeof n;
  if (GUINT64_FROM_LE (n) != (guint64) storage->integer
      || !storage_bytes (storage, &bytes) || bytes > size - *at)
    return damaged (file, "it ends within its elements", error);
  g_hash_table_insert (file->storages, g_strdup (storage->text),
      g_bytes_new_from_bytes (file->bytes, *at, bytes));
  *at += bytes;
  return TRUE;
}

/* All of them, in the order of their keys in the last pickle. */
static gboolean
add_storages (
    NfTorchFile *file, const NfPickleValue *keys, gsize *at, GError **error)
{
  g_autoptr (GHashTable) known = nf_pickle_storages (file->pickle);

  if (keys->kind != NF_PICKLE_LIST)
    return damaged (file, "its storages have no keys", error);
  for (guint i = 0; i < keys->items->len; i++) {
    const NfPickleValue *key = keys->items->pdata[i];
    const NfPickleValue *storage = key->kind == NF_PICKLE_TEXT
        ? g_hash_table_lookup (known, key->text)
        : NULL;

    if (!storage)
      return damaged (file, "a storage is of no tensor", error);
    if (!add_storage (file, storage, at, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
open_legacy (NfTorchFile *file, GError **error)
{
  g_autoptr (NfPickle) keys = NULL;
  gsize at = sizeof legacy_magic;

  if (!check_machine (file, &at, error))
    return FALSE;
  file->pickle = next_pickle (file, &at, error);
  keys = file->pickle ? next_pickle (file, &at, error) : NULL;
  return keys && add_storages (file, nf_pickle_root (keys), &at, error);
}

/* -------------------------------------------------------------------- both */

static gboolean
other_pickle (const NfTorchFile *file, GError **error)
{
  g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
      "%s: is a pickle of Python, but none of torch.save()'s; load it where it "
      "was made, and write its tensors with torch.save (state_dict, FILE)",
      file->path);
  return FALSE;
}

NfTorchFile *
nf_torch_file_open_bytes (GBytes *bytes, const gchar *label, GError **error)
{
  g_autoptr (NfTorchFile) file = g_new0 (NfTorchFile, 1);
  gboolean ok;

  file->path = g_strdup (label);
  file->storages = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  file->bytes = g_bytes_ref (bytes);
  if (begins_with (file->bytes, zip_magic, sizeof zip_magic))
    ok = open_archive (file, error);
  else if (begins_with (file->bytes, legacy_magic, sizeof legacy_magic))
    ok = open_legacy (file, error);
  else if (is_pickle (file->bytes))
    ok = other_pickle (file, error);
  else
    ok = damaged (file, "it is neither a zip archive nor a pickle", error);
  return ok ? g_steal_pointer (&file) : NULL;
}

NfTorchFile *
nf_torch_file_open (const gchar *path, GError **error)
{
  g_autoptr (GBytes) bytes = nf_file_read (path, G_MAXSIZE, NULL, error);

  return bytes ? nf_torch_file_open_bytes (bytes, path, error) : NULL;
}

/* A storage's elements, read once. */
static GBytes *
find_storage (NfTorchFile *file, const NfPickleValue *storage, GError **error)
{
  GBytes *bytes = g_hash_table_lookup (file->storages, storage->text);
  gsize needed;

  if (!bytes) {
    bytes = read_storage (file, storage->text, error);
    if (!bytes)
      return NULL;
    g_hash_table_insert (file->storages, g_strdup (storage->text), bytes);
  }
  if (storage_bytes (storage, &needed) && g_bytes_get_size (bytes) >= needed)
    return bytes;
  damaged (file, "a storage has fewer elements than its tensors say", error);
  return NULL;
}

/* Copies elements of a tensor that lie anywhere in its storage. */
static void
gather (const NfPickleValue *tensor, const guint8 *from, gsize size,
    gsize elements, guint8 *to)
{
  gint64 index[NF_PICKLE_MAX_RANK] = { 0 };
  gint64 at = tensor->integer;

  for (gsize n = 0; n < elements; n++) {
    memcpy (to + n * size, from + (gsize) at * size, size);
    for (guint d = tensor->rank; d-- > 0;) {
      at += tensor->stride[d];
      if (++index[d] < tensor->shape[d])
        break;
      at -= tensor->shape[d] * tensor->stride[d];
      index[d] = 0;
    }
  }
}

GBytes *
nf_torch_file_elements (
    NfTorchFile *file, const NfPickleValue *tensor, GError **error)
{
  const NfPickleValue *storage = tensor->storage;
  GBytes *bytes = find_storage (file, storage, error);
  gsize elements, size;
  guint8 *data;

  if (!bytes)
    return NULL;
  if (!nf_safetensors_measure (
          storage->dtype, tensor->shape, tensor->rank, &elements, &size)
      || elements > (gsize) storage->integer) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "%s: a tensor has more elements than its storage, as expand () makes "
        "them; save it with clone ()",
        file->path);
    return NULL;
  }
  data = g_try_malloc (MAX (size, 1));
  if (!data) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "%s: no memory for a tensor", file->path);
    return NULL;
  }
  gather (tensor, g_bytes_get_data (bytes, NULL),
      nf_safetensors_dtype_bits (storage->dtype) / 8, elements, data);
  return g_bytes_new_take (data, size);
}
