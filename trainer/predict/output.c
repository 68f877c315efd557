/* SPDX-License-Identifier: MIT
 *
 * output — what a prediction of a whole split leaves behind */
#include "predict/output.h"
#include "io/nfcsv.h"
#include "io/nffile.h"
#include "io/nfpng.h"
#include "predict/store.h"
#include <nextframe/io/nfnpy.h>
#include <nextframe/metrics/nfmask.h>

#include <glib/gstdio.h>
#include <string.h>

#define MASKS "masks.npy"
#define INDEX "index.csv"
#define TIME "0.84" /* of frame 22, at 25 frames a second */

/* An array that is being written. */
typedef struct
{
  const NfPredictOptions *options;
  const gchar *path;
  int fd;
  gsize mask_bytes;
  guint8 *mask;
  GString *index;
  guint64 rows;
} Writing;

/* Adds a clip's line to the index. */
static void
add_line (Writing *writing, const NfPredictClip *clip, const gchar *wrong,
    gboolean has_row)
{
  GString *index = writing->index;

  if (has_row)
    g_string_append_printf (index, "%" G_GUINT64_FORMAT, writing->rows);
  g_string_append_c (index, ',');
  nf_csv_append (index, clip->name);
  g_string_append (index, "," TIME ",");
  if (wrong) {
    g_autofree gchar *text = g_utf8_make_valid (wrong, -1);

    nf_csv_append (index, text);
  }
  g_string_append_c (index, '\n');
}

static gboolean
write_clip (Writing *writing, const NfPredictClip *clip, NfPredictMask get,
    gpointer data, GError **error)
{
  const gchar *wrong = NULL;
  gboolean has_row;

  if (!get (data, clip, writing->mask, &wrong, error))
    return FALSE;
  has_row = !wrong || writing->options->on_error == NF_PREDICT_FILL;
  add_line (writing, clip, wrong, has_row);
  if (!has_row)
    return TRUE;
  if (wrong)
    memset (writing->mask, 0, writing->mask_bytes);
  writing->rows++;
  return nf_file_write_bytes (
      writing->fd, writing->mask, writing->mask_bytes, writing->path, error);
}

static gboolean
write_header (Writing *writing, const NfPredictClips *clips, GError **error)
{
  const guint64 shape[] = { writing->rows, (guint64) clips->height,
    (guint64) clips->width };
  g_autoptr (GBytes) bytes = NULL;
  NfNpyHeader header;

  if (!nf_npy_header_init (
          &header, NF_NPY_U8, FALSE, shape, G_N_ELEMENTS (shape), error))
    return FALSE;
  bytes = nf_npy_format_header (&header);
  return nf_file_write_bytes (writing->fd, g_bytes_get_data (bytes, NULL),
      g_bytes_get_size (bytes), writing->path, error);
}

/* Header, masks, and the header again once the rows are known; it has the same
 * length. */
static gboolean
write_array (Writing *writing, const NfPredictClips *clips, NfPredictMask get,
    gpointer data, GError **error)
{
  if (!write_header (writing, clips, error))
    return FALSE;
  for (guint i = 0; i < clips->clips->len; i++)
    if (!write_clip (writing, clips->clips->pdata[i], get, data, error))
      return FALSE;
  if (lseek (writing->fd, 0, SEEK_SET) < 0)
    return nf_file_fail (writing->path, "write", error);
  return write_header (writing, clips, error);
}

/**
 * nf_predict_output_write:
 * @options: where, and what becomes of clips without masks
 * @clips: the clips
 * @get: says what there is of each
 * @data: given to it
 * @rows: (out): of the array
 * @error: return location
 *
 * Writes all masks and their index; each file is whole or as it was before.
 */
gboolean
nf_predict_output_write (const NfPredictOptions *options,
    const NfPredictClips *clips, NfPredictMask get, gpointer data,
    guint64 *rows, GError **error)
{
  g_autofree gchar *path = g_build_filename (options->out, MASKS, NULL);
  g_autofree gchar *index = g_build_filename (options->out, INDEX, NULL);
  g_autoptr (GString) text = g_string_new ("row,clip,time,missing\n");
  g_autofree gchar *temporary = NULL;
  g_autoptr (GBytes) content = NULL;
  const gsize mask_bytes = (gsize) clips->width * clips->height;
  g_autofree guint8 *mask = g_try_malloc (mask_bytes);
  Writing writing = { .options = options,
    .path = path,
    .mask_bytes = mask_bytes,
    .mask = mask,
    .index = text };

  if (!mask) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "not enough memory for a mask of %dx%d pixels", clips->width,
        clips->height);
    return FALSE;
  }
  writing.fd = nf_file_begin (path, &temporary, error);
  if (writing.fd < 0
      || !nf_file_end (writing.fd,
          write_array (&writing, clips, get, data, error), temporary, path,
          error))
    return FALSE;
  *rows = writing.rows;
  content = g_bytes_new (text->str, text->len);
  return nf_file_replace (index, content, error);
}

static gchar *
picture_path (const NfPredictOptions *options, const NfPredictClip *clip,
    const gchar *what)
{
  g_autofree gchar *name = g_strdup_printf (
      "video_%" G_GUINT64_FORMAT "-%s.png", clip->number, what);

  return g_build_filename (options->out, NF_PREDICT_PICTURES, name, NULL);
}

/**
 * nf_predict_output_has_picture:
 * @options: where
 * @clip: a clip
 * @what: %NF_PREDICT_PICTURE_MASK or %NF_PREDICT_PICTURE_FRAME
 *
 * Returns: whether that picture of the clip is there
 */
gboolean
nf_predict_output_has_picture (const NfPredictOptions *options,
    const NfPredictClip *clip, const gchar *what)
{
  g_autofree gchar *path = picture_path (options, clip, what);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/**
 * nf_predict_output_pictures:
 * @options: where
 * @clips: the clips
 * @clip: one of them
 * @mask: its mask of frame 22
 * @frame: (nullable): (height, width, 3): its frame 22, where it is predicted
 * @error: return location
 *
 * Writes pictures of both.
 */
gboolean
nf_predict_output_pictures (const NfPredictOptions *options,
    const NfPredictClips *clips, const NfPredictClip *clip, const guint8 *mask,
    const guint8 *frame, GError **error)
{
  const gsize pixels = (gsize) clips->width * clips->height;
  g_autofree gchar *folder =
      g_build_filename (options->out, NF_PREDICT_PICTURES, NULL);
  g_autofree gchar *mask_path =
      picture_path (options, clip, NF_PREDICT_PICTURE_MASK);
  g_autofree gchar *frame_path =
      picture_path (options, clip, NF_PREDICT_PICTURE_FRAME);
  g_autofree guint8 *rgb = g_try_malloc_n (3, pixels);

  if (!rgb) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "not enough memory for a picture of %dx%d pixels", clips->width,
        clips->height);
    return FALSE;
  }
  if (g_mkdir_with_parents (folder, 0777) != 0)
    return nf_file_fail (folder, "make the folder", error);
  nf_mask_paint (mask, pixels, rgb);
  return nf_png_write_rgb (mask_path, rgb, clips->width, clips->height, error)
      && (!frame
          || nf_png_write_rgb (
              frame_path, frame, clips->width, clips->height, error));
}
