/* SPDX-License-Identifier: MIT
 *
 * nfpng — PNG files as 8-bit RGB frames, and back
 *
 * Through libpng's simplified interface. Transparency is dropped, not blended,
 * as video elements do. */
#include "io/nfpng.h"
#include "io/nffile.h"

#include <glib/gstdio.h>
#include <png.h>
#include <stdio.h>
#include <string.h>

#define MAX_SIDE 16384 /* pixels */

static gboolean
fail (GError **error, const gchar *path, const png_image *image)
{
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%s: not readable as a PNG file: %s", path,
      image->message[0] ? image->message : "unknown reason");
  return FALSE;
}

/* Opens the file and checks its head; on success the caller finishes or frees
 * @image. */
static gboolean
begin_read (png_image *image, const gchar *path, GError **error)
{
  const gchar *found = NULL;

  memset (image, 0, sizeof *image);
  image->version = PNG_IMAGE_VERSION;
  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND, "%s: no such file", path);
    return FALSE;
  }
  if (!png_image_begin_read_from_file (image, path))
    return fail (error, path, image);
  if (image->format & PNG_FORMAT_FLAG_LINEAR)
    found = "16 bits a channel";
  else if (image->format & PNG_FORMAT_FLAG_COLORMAP)
    found = "a palette";
  else if (image->width > MAX_SIDE || image->height > MAX_SIDE)
    found = "more than 16384 pixels a side";
  if (!found)
    return TRUE;
  png_image_free (image);
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%s: expected a PNG file of 8-bit RGB, RGBA or gray pixels, found %s; "
      "save the frames as 8-bit RGB",
      path, found);
  return FALSE;
}

/**
 * nf_png_size:
 * @path: a PNG file
 * @width: (out): columns
 * @height: (out): rows
 * @error: return location
 *
 * Reads the head of the file alone.
 */
gboolean
nf_png_size (const gchar *path, gint *width, gint *height, GError **error)
{
  png_image image;

  if (!begin_read (&image, path, error))
    return FALSE;
  *width = image.width;
  *height = image.height;
  png_image_free (&image);
  return TRUE;
}

/**
 * nf_png_is_whole:
 * @path: a file
 *
 * Returns: whether it ends as a PNG file does, with the chunk IEND
 */
gboolean
nf_png_is_whole (const gchar *path)
{
  static const guint8 end[] = { 0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42,
    0x60, 0x82 };
  guint8 found[sizeof end];
  FILE *file = g_fopen (path, "rbe");
  gboolean whole = file && fseek (file, -(glong) sizeof end, SEEK_END) == 0
      && fread (found, sizeof found, 1, file) == 1
      && memcmp (found, end, sizeof end) == 0;

  if (file)
    fclose (file);
  return whole;
}

static gboolean
read_without_alpha (png_image *image, guint8 *pixels)
{
  gsize n = (gsize) image->width * image->height;
  g_autofree guint8 *rgba = g_malloc (4 * n);

  image->format = PNG_FORMAT_RGBA;
  if (!png_image_finish_read (image, NULL, rgba, 0, NULL))
    return FALSE;
  for (gsize i = 0; i < n; i++)
    memcpy (pixels + 3 * i, rgba + 4 * i, 3);
  return TRUE;
}

/**
 * nf_png_read_rgb:
 * @path: a PNG file of 8-bit RGB, RGBA or gray pixels
 * @width: columns that it must have
 * @height: rows that it must have
 * @pixels: (out caller-allocates): @height x @width x 3 bytes
 * @error: return location
 */
gboolean
nf_png_read_rgb (
    const gchar *path, gint width, gint height, guint8 *pixels, GError **error)
{
  png_image image;
  gboolean ok;

  if (!begin_read (&image, path, error))
    return FALSE;
  if (image.width != (guint) width || image.height != (guint) height) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: expected %dx%d pixels as in the clip's first frame, found %ux%u",
        path, width, height, image.width, image.height);
    png_image_free (&image);
    return FALSE;
  }
  if (image.format & PNG_FORMAT_FLAG_ALPHA) {
    ok = read_without_alpha (&image, pixels);
  } else {
    image.format = PNG_FORMAT_RGB;
    ok = png_image_finish_read (&image, NULL, pixels, 0, NULL);
  }
  png_image_free (&image);
  return ok || fail (error, path, &image);
}

/**
 * nf_png_encode_rgb:
 * @pixels: @height x @width x 3 bytes
 * @width: columns
 * @height: rows
 * @compression: small files, or fast writing
 * @error: return location
 *
 * Returns: (transfer full) (nullable): a PNG file
 */
GBytes *
nf_png_encode_rgb (const guint8 *pixels, gint width, gint height,
    NfPngCompression compression, GError **error)
{
  png_image image = { .version = PNG_IMAGE_VERSION };
  g_autofree guint8 *file = NULL;
  png_alloc_size_t size;

  image.width = width;
  image.height = height;
  image.format = PNG_FORMAT_RGB;
  if (compression == NF_PNG_FAST)
    image.flags = PNG_IMAGE_FLAG_FAST;
  size = PNG_IMAGE_PNG_SIZE_MAX (image);
  file = g_try_malloc (size);
  if (file
      && png_image_write_to_memory (&image, file, &size, 0, pixels, 0, NULL))
    return g_bytes_new_take (g_realloc (g_steal_pointer (&file), size), size);
  g_set_error (error, NF_ERROR, NF_ERROR_FAILED,
      "a PNG file of %dx%d pixels cannot be made: %s", width, height,
      file ? image.message : "not enough memory");
  return NULL;
}

/**
 * nf_png_write_rgb:
 * @path: the file to make or replace
 * @pixels: @height x @width x 3 bytes
 * @width: columns
 * @height: rows
 * @error: return location
 *
 * Writes a small file, whole or not at all.
 */
gboolean
nf_png_write_rgb (const gchar *path, const guint8 *pixels, gint width,
    gint height, GError **error)
{
  g_autoptr (GBytes) file =
      nf_png_encode_rgb (pixels, width, height, NF_PNG_SMALL, error);

  return file && nf_file_replace (path, file, error);
}
