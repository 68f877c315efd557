/* SPDX-License-Identifier: MIT
 *
 * nfsafetensors — safetensors files, opened and looked into
 *
 * Files are treated as hostile: nfsafetensorsheader.c checks what they say. The
 * data itself stays mapped and is looked at only when it is converted, see
 * nfsafetensorsvalues.c. Whoever changes a file must replace it (as the writer
 * does), not write into it: a mapped file that shrinks ends the process.
 * Sibling: nfsafetensorswriter.c */
#include <nextframe/io/nfsafetensors.h>

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
  if (!nf_safetensors_header_read (&file->header, start, size, error))
    return NULL;
  return g_steal_pointer (&file);
}

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

NfSafetensors *
nf_safetensors_ref (NfSafetensors *file)
{
  g_return_val_if_fail (file != NULL, NULL);
  g_atomic_ref_count_inc (&file->refs);
  return file;
}

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

const gchar *
nf_safetensors_label (const NfSafetensors *file)
{
  return file->header.label;
}

guint
nf_safetensors_count (const NfSafetensors *file)
{
  return file->header.entries->len;
}

const NfSafetensorsEntry *
nf_safetensors_index (const NfSafetensors *file, guint index)
{
  g_return_val_if_fail (index < file->header.entries->len, NULL);
  return g_ptr_array_index (file->header.entries, index);
}

const NfSafetensorsEntry *
nf_safetensors_lookup (const NfSafetensors *file, const gchar *name)
{
  return g_hash_table_lookup (file->header.by_name, name);
}

guint
nf_safetensors_metadata_count (const NfSafetensors *file)
{
  return file->header.metadata_keys->len;
}

const gchar *
nf_safetensors_metadata_key (const NfSafetensors *file, guint index)
{
  g_return_val_if_fail (index < file->header.metadata_keys->len, NULL);
  return g_ptr_array_index (file->header.metadata_keys, index);
}

const gchar *
nf_safetensors_metadata (const NfSafetensors *file, const gchar *key)
{
  return g_hash_table_lookup (file->header.metadata, key);
}

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
