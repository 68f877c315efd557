/* SPDX-License-Identifier: MIT
 *
 * nfclipwriter — writes a clip's folder: frames as PNG files, and mask.npy */
#include "io/nfclipwriter.h"
#include "io/nfclip.h"
#include "io/nffile.h"
#include <nextframe/io/nfnpy.h>
#include "io/nfpng.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>

struct _NfClipWriter
{
  NfClipShape shape;
  gchar *folder;
  gchar *part; /* what it is called until it is whole */
  gchar *mask_path;
  int mask_fd; /* -1: none, or closed */
  guint n; /* frames written */
};

static gchar *
frame_path (const gchar *folder, guint index)
{
  return g_strdup_printf ("%s/image_%u.png", folder, index);
}

/**
 * nf_clip_remove:
 * @folder: a clip's folder, which need not be there
 * @error: return location: %NF_ERROR_IO
 *
 * Removes a folder and the files in it. One that holds folders stays.
 */
gboolean
nf_clip_remove (const gchar *folder, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);

    g_unlink (path);
  }
  return g_rmdir (folder) == 0 || errno == ENOENT
      || nf_file_fail (folder, "remove the folder", error);
}

static gboolean
begin_mask (NfClipWriter *writer, GError **error)
{
  const NfClipShape *shape = &writer->shape;
  const guint64 dims[] = { shape->n_frames, shape->height, shape->width };
  g_autoptr (GBytes) head = NULL;
  gconstpointer data;
  gsize size;
  NfNpyHeader header;

  if (!nf_npy_header_init (&header, NF_NPY_U8, FALSE, dims, 3, error))
    return FALSE;
  head = nf_npy_format_header (&header);
  data = g_bytes_get_data (head, &size);
  writer->mask_path = g_build_filename (writer->part, "mask.npy", NULL);
  writer->mask_fd =
      g_open (writer->mask_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (writer->mask_fd < 0)
    return nf_file_fail (writer->mask_path, "make the file", error);
  return nf_file_write_bytes (
      writer->mask_fd, data, size, writer->mask_path, error);
}

/**
 * nf_clip_writer_new:
 * @folder: the clip's folder; the one above it must exist
 * @shape: what will be written
 * @error: return location
 *
 * What an earlier writer of this clip left behind when it was killed is removed.
 *
 * Returns: (transfer full) (nullable): a writer, for one thread at a time
 */
NfClipWriter *
nf_clip_writer_new (
    const gchar *folder, const NfClipShape *shape, GError **error)
{
  g_autoptr (NfClipWriter) writer = g_new0 (NfClipWriter, 1);
  g_autofree gchar *parent = g_path_get_dirname (folder);
  g_autofree gchar *name = g_path_get_basename (folder);

  writer->shape = *shape;
  writer->folder = g_strdup (folder);
  writer->mask_fd = -1;
  writer->part = g_strdup_printf ("%s/.%s.part", parent, name);
  if (!nf_clip_remove (writer->part, error))
    return NULL;
  if (g_mkdir (writer->part, 0777) != 0) {
    nf_file_fail (writer->part, "make the folder", error);
    return NULL;
  }
  if (shape->masks && !begin_mask (writer, error))
    return NULL;
  return g_steal_pointer (&writer);
}

/**
 * nf_clip_writer_add:
 * @writer: a writer that lacks a frame
 * @rgb: (height, width, 3)
 * @mask: (nullable): (height, width), where masks are written
 * @error: return location
 *
 * Writes the next frame. After an error the writer can only be freed.
 */
gboolean
nf_clip_writer_add (
    NfClipWriter *writer, const guint8 *rgb, const guint8 *mask, GError **error)
{
  const NfClipShape *shape = &writer->shape;
  gsize pixels = (gsize) shape->width * shape->height;
  g_autofree gchar *path = frame_path (writer->part, writer->n);
  g_autoptr (GBytes) file = NULL;
  gconstpointer data;
  gsize size;

  g_return_val_if_fail (writer->n < shape->n_frames, FALSE);
  file =
      nf_png_encode_rgb (rgb, shape->width, shape->height, NF_PNG_FAST, error);
  if (!file)
    return FALSE;
  data = g_bytes_get_data (file, &size);
  if (!nf_file_write_new (path, data, size, error))
    return FALSE;
  writer->n++;
  return !shape->masks
      || nf_file_write_bytes (
          writer->mask_fd, mask, pixels, writer->mask_path, error);
}

/**
 * nf_clip_writer_finish:
 * @writer: a writer with all its frames
 * @error: return location
 *
 * Puts the clip's folder in its place, where it replaces an earlier one.
 */
gboolean
nf_clip_writer_finish (NfClipWriter *writer, GError **error)
{
  g_return_val_if_fail (writer->n == writer->shape.n_frames, FALSE);

  if (writer->mask_fd >= 0) {
    int fd = writer->mask_fd;

    writer->mask_fd = -1;
    if (!nf_file_close (fd, TRUE, writer->mask_path, error))
      return FALSE;
  }
  if (!nf_clip_remove (writer->folder, error))
    return FALSE;
  if (g_rename (writer->part, writer->folder) != 0)
    return nf_file_fail (writer->folder, "put the clip in its place", error);
  g_clear_pointer (&writer->part, g_free);
  return TRUE;
}

/**
 * nf_clip_writer_free:
 * @writer: (transfer full) (nullable): a writer; what it wrote is removed
 *   unless it was finished
 */
void
nf_clip_writer_free (NfClipWriter *writer)
{
  if (!writer)
    return;
  if (writer->mask_fd >= 0)
    nf_file_close (writer->mask_fd, FALSE, writer->mask_path, NULL);
  if (writer->part)
    nf_clip_remove (writer->part, NULL);
  g_free (writer->part);
  g_free (writer->folder);
  g_free (writer->mask_path);
  g_free (writer);
}

/**
 * nf_clip_is_whole:
 * @folder: a clip's folder, which need not be there
 * @shape: what should be in it
 *
 * Returns: whether every file is there, as long as it should be
 */
gboolean
nf_clip_is_whole (const gchar *folder, const NfClipShape *shape)
{
  g_autoptr (NfClipInfo) info = NULL;

  if (!g_file_test (folder, G_FILE_TEST_IS_DIR))
    return FALSE;
  info = nf_clip_info_new (folder, folder, shape->masks, NULL);
  if (!info || info->n_frames != shape->n_frames || info->width != shape->width
      || info->height != shape->height || info->has_mask != shape->masks)
    return FALSE;
  for (guint i = 0; i < shape->n_frames; i++) {
    g_autofree gchar *path = frame_path (folder, i);

    if (!nf_png_is_whole (path))
      return FALSE;
  }
  return TRUE;
}
