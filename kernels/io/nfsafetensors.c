/* SPDX-License-Identifier: MIT
 *
 * nfsafetensors — safetensors files, opened and looked into
 *
 * Files are treated as hostile: nfsafetensorsheader.c checks what they say. The
 * elements stay in the file and are read only when they are converted, see
 * nfsafetensorsvalues.c.
 * Siblings: nfopenfile.c, which sees to it that the file does not change,
 * nfsafetensorswriter.c */
#include <nextframe/io/nfsafetensors.h>

#include "io/nfopenfile.h"
#include "io/nfsafetensorsheader.h"

/* read of a file before its header's length is known */
#define FIRST_BYTES 4096

struct _NfSafetensors
{
  gatomicrefcount refs;
  NfOpenFile *open; /* NULL: the file is in memory */
  GBytes *bytes; /* which is this */
  NfSafetensorsHeader header;
};

static NfSafetensors *
file_new (const gchar *label)
{
  NfSafetensors *file = g_new0 (NfSafetensors, 1);

  g_atomic_ref_count_init (&file->refs);
  nf_safetensors_header_init (&file->header, label);
  return file;
}

NfSafetensors *
nf_safetensors_open_bytes (GBytes *bytes, const gchar *label, GError **error)
{
  g_autoptr (NfSafetensors) file = NULL;
  const guint8 *start;
  gsize size;

  g_return_val_if_fail (bytes != NULL && label != NULL, NULL);

  file = file_new (label);
  file->bytes = g_bytes_ref (bytes);
  start = g_bytes_get_data (bytes, &size);
  if (!nf_safetensors_header_read (&file->header, start, size, size, error))
    return NULL;
  for (guint i = 0; i < file->header.entries->len; i++) {
    NfSafetensorsEntry *entry = g_ptr_array_index (file->header.entries, i);

    entry->data = start + entry->offset;
  }
  return g_steal_pointer (&file);
}

/* the first bytes of a file */
static guint8 *
read_head (NfOpenFile *open, gsize size, const gchar *path, GError **error)
{
  g_autofree guint8 *head = g_try_malloc (MAX (size, 1));

  if (head == NULL)
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "%s: no memory for a header of %" G_GSIZE_FORMAT " bytes", path, size);
  if (head == NULL || !nf_open_file_read (open, 0, head, size, error))
    return NULL;
  return g_steal_pointer (&head);
}

NfSafetensors *
nf_safetensors_open (const gchar *path, GError **error)
{
  g_autoptr (NfSafetensors) file = NULL;
  g_autofree guint8 *head = NULL;
  gsize size, first, all;

  g_return_val_if_fail (path != NULL, NULL);

  file = file_new (path);
  file->open = nf_open_file_new (path, error);
  if (file->open == NULL)
    return NULL;
  size = nf_open_file_size (file->open);
  first = MIN (size, FIRST_BYTES);
  head = read_head (file->open, first, path, error);
  if (head == NULL)
    return NULL;
  all = nf_safetensors_header_size (head, first, size);
  if (all > first) {
    g_free (head);
    head = read_head (file->open, all, path, error);
  }
  if (head == NULL
      || !nf_safetensors_header_read (&file->header, head, all, size, error))
    return NULL;
  for (guint i = 0; i < file->header.entries->len; i++) {
    NfSafetensorsEntry *entry = g_ptr_array_index (file->header.entries, i);

    entry->file = file->open;
  }
  return g_steal_pointer (&file);
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
  g_clear_pointer (&file->bytes, g_bytes_unref);
  g_clear_pointer (&file->open, nf_open_file_free);
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
