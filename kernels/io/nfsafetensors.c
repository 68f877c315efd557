/* SPDX-License-Identifier: MIT
 *
 * nfsafetensors — safetensors files, opened and looked into
 *
 * Files are treated as hostile: nfsafetensorsheader.c checks what they say. The
 * data itself stays mapped and is looked at only when it is converted, see
 * nfsafetensorsvalues.c. Whoever changes a file must replace it (as the writer
 * does), not write into it: a mapped file that shrinks ends the process.
 * Sibling: nfsafetensorswriter.c */
#include "io/nfsafetensors.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/nfsafetensorsheader.h"

struct _NfSafetensors
{
  gatomicrefcount refs;
  GBytes *bytes;
  gboolean mapped; /* @bytes are pages of a file */
  NfSafetensorsHeader header;
};

/* Files of weights that are not safetensors, by how they begin. */
static const struct
{
  const gchar *begin;
  gsize length;
  const gchar *what;
} others[] = {
  { "PK\3\4", 4,
      "is a zip archive, as PyTorch's torch.save () writes; nextframe-train "
      "import makes a checkpoint of it" },
  { "\200\2\212\012\154\374\234\106", 8,
      "is a pickle, as PyTorch's torch.save () wrote before version 1.6; "
      "nextframe-train import makes a checkpoint of it" },
};

/* ONNX begins with the number of its format (field 1, up to 31 so far) and the
 * name of what wrote it (field 2), or the network itself (field 7). */
static gboolean
is_onnx (const guint8 *data, gsize size)
{
  return size >= 8 && data[0] == 0x08 && data[1] > 0 && data[1] < 32
      && (data[2] == 0x12 || data[2] == 0x3a) && data[7] != 0;
}

/* Refuses the files of other programs by name. */
static gboolean
check_kind (const guint8 *data, gsize size, const gchar *label, GError **error)
{
  const gchar *what = NULL;

  if (size > sizeof (guint64) && data[sizeof (guint64)] == '{')
    return TRUE; /* where the header of a safetensors file begins */
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (size >= others[i].length
        && memcmp (data, others[i].begin, others[i].length) == 0)
      what = others[i].what;
  if (is_onnx (data, size))
    what =
        "is an ONNX file, whose weights have lost their names; "
        "nextframe-train import takes the PyTorch checkpoint (.pt, .pth) that "
        "it was exported from";
  if (!what)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%s: expected a safetensors file; this one %s", label, what);
  return FALSE;
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
 *   well-formed, %NF_ERROR_UNSUPPORTED if it is of another format
 */
NfSafetensors *
nf_safetensors_open_bytes (GBytes *bytes, const gchar *label, GError **error)
{
  g_autoptr (NfSafetensors) file = NULL;
  const guint8 *start;
  gsize size;

  g_return_val_if_fail (bytes != NULL && label != NULL, NULL);

  file = g_new0 (NfSafetensors, 1);
  g_atomic_ref_count_init (&file->refs);
  file->bytes = g_bytes_ref (bytes);
  nf_safetensors_header_init (&file->header, label);
  start = g_bytes_get_data (bytes, &size);
  if (!check_kind (start, size, label, error)
      || !nf_safetensors_header_read (&file->header, start, size, error))
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
 *   well-formed, %NF_ERROR_UNSUPPORTED if it is of another format
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
  nf_safetensors_header_clear (&file->header);
  g_bytes_unref (file->bytes);
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
  return file->header.label;
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
  return file->header.entries->len;
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
  g_return_val_if_fail (index < file->header.entries->len, NULL);
  return g_ptr_array_index (file->header.entries, index);
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
  return g_hash_table_lookup (file->header.by_name, name);
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
  return file->header.metadata_keys->len;
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
  g_return_val_if_fail (index < file->header.metadata_keys->len, NULL);
  return g_ptr_array_index (file->header.metadata_keys, index);
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
  return g_hash_table_lookup (file->header.metadata, key);
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
