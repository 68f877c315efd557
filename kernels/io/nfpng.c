/* SPDX-License-Identifier: MIT
 *
 * nfpng — PNG files as 8-bit RGB frames, and back
 *
 * Through libpng's simplified interface. Transparency is dropped, not blended, and
 * what a file says of gamma and colour spaces is passed over, as pngdec does. */
#include "io/nfpng.h"
#include "io/nffile.h"

#include <png.h>
#include <stdio.h>
#include <string.h>

#define MAX_SIDE 16384 /* pixels */
#define MAX_DEFLATION 1032 /* bytes from one */
#define PNG_SIGNATURE_BYTES 8
#define PNG_CHUNK_BYTES 12 /* length, type, checksum */

static gboolean
fail (GError **error, const gchar *path, const png_image *image)
{
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%s: not readable as a PNG file: %s", path,
      image->message[0] ? image->message : "unknown reason");
  return FALSE;
}

static guint32
read_u32 (const guint8 *at)
{
  return (guint32) at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

/* chunks by which libpng would change values: pixels are what the file holds */
static gboolean
is_about_colors (const guint8 *type)
{
  static const gchar *const types[] = { "gAMA", "cHRM", "sRGB", "iCCP" };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (memcmp (type, types[i], 4) == 0)
      return TRUE;
  return FALSE;
}

/* (transfer full) (nullable): the file without those chunks; NULL where there is
 * no memory */
static guint8 *
without_colors (const guint8 *data, gsize size, gsize *kept)
{
  guint8 *file = g_try_malloc (MAX (size, 1));
  gsize at = MIN (size, PNG_SIGNATURE_BYTES);

  if (!file)
    return NULL;
  *kept = at;
  memcpy (file, data, at);
  while (at < size) {
    const gsize rest = size - at;
    const gboolean whole = rest >= PNG_CHUNK_BYTES;
    const gsize length = whole
        ? MIN ((gsize) read_u32 (data + at) + PNG_CHUNK_BYTES, rest)
        : rest;

    if (!whole || !is_about_colors (data + at + 4)) {
      memcpy (file + *kept, data + at, length);
      *kept += length;
    }
    at += length;
  }
  return file;
}

/* deflate makes no more of a byte, and a pixel has a bit at least: a head that
 * says more is damaged, and its size must not be believed */
static gboolean
is_too_short (const png_image *image, gsize bytes)
{
  const guint64 bits = image->format & PNG_FORMAT_FLAG_COLOR ? 24 : 1;
  const guint64 pixels = (guint64) image->width * image->height;

  return pixels * bits / 8 / MAX_DEFLATION > bytes;
}

static gboolean
begin_read_from (png_image *image, const gchar *path, const guint8 *file,
    gsize size, GError **error)
{
  const gchar *found = NULL;

  memset (image, 0, sizeof *image);
  image->version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory (image, file, size))
    return fail (error, path, image);
  if (image->format & PNG_FORMAT_FLAG_LINEAR)
    found = "16 bits a channel";
  else if (image->format & PNG_FORMAT_FLAG_COLORMAP)
    found = "a palette";
  else if (image->width > MAX_SIDE || image->height > MAX_SIDE)
    found = "more than 16384 pixels a side";
  else if (is_too_short (image, size))
    found = "more pixels in its head than its bytes can hold";
  if (!found)
    return TRUE;
  png_image_free (image);
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%s: expected a PNG file of 8-bit RGB, RGBA or gray pixels, found %s; "
      "save the frames as 8-bit RGB",
      path, found);
  return FALSE;
}

/* Reads the file and checks its head; on success the caller finishes or frees
 * @image, and frees the file after that.
 *
 * Returns: (transfer full) (nullable): the file */
static guint8 *
begin_read (png_image *image, const gchar *path, GError **error)
{
  g_autoptr (GMappedFile) map = nf_file_map (path, error);
  g_autofree guint8 *file = NULL;
  gsize size = 0;

  if (!map)
    return NULL;
  file = without_colors ((const guint8 *) g_mapped_file_get_contents (map),
      g_mapped_file_get_length (map), &size);
  if (!file) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "%s: no memory for a file of %" G_GSIZE_FORMAT " bytes", path,
        g_mapped_file_get_length (map));
    return NULL;
  }
  return begin_read_from (image, path, file, size, error)
      ? g_steal_pointer (&file)
      : NULL;
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
  g_autofree guint8 *file = begin_read (&image, path, error);

  if (!file)
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
  int fd = nf_file_open (path, NULL);
  FILE *file = fd >= 0 ? fdopen (fd, "rb") : NULL;
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
  g_autofree guint8 *rgba = g_try_malloc (4 * n);

  image->format = PNG_FORMAT_RGBA;
  if (!rgba) {
    g_strlcpy (image->message, "not enough memory", sizeof image->message);
    return FALSE;
  }
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
  g_autofree guint8 *file = begin_read (&image, path, error);
  gboolean ok;

  if (!file)
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
