/* SPDX-License-Identifier: MIT
 *
 * testclips — small folders of clips, made by the tests that read them */
#include "testclips.h"
#include <nextframe/io/nfnpy.h>

#include <png.h>

#define SIDE 6 /* of the square, pixels */

static gboolean
in_square (guint t, gint x, gint y)
{
  gint left = 2 * t;

  return x >= left && x < left + SIDE && y >= 1 && y < 1 + SIDE;
}

/**
 * nf_test_clip_pixel:
 *
 * Returns: the value of a pixel's @colour in frame @t
 */
guint8
nf_test_clip_pixel (guint t, gint x, gint y, guint colour)
{
  return in_square (t, x, y) ? 250 - 30 * colour : 20 + x + 2 * y + colour;
}

/**
 * nf_test_clip_class:
 *
 * Returns: the class in mask.npy; on the ground some values that no class has
 */
guint8
nf_test_clip_class (guint t, gint x, gint y)
{
  return in_square (t, x, y) ? 7 : (x + y) % 5 == 0 ? 49 + x % 200 : 0;
}

/**
 * nf_test_write_frame:
 *
 * Writes frame @t as image_T.png.
 */
void
nf_test_write_frame (const gchar *folder, guint t, gint width, gint height)
{
  g_autofree gchar *path = g_strdup_printf ("%s/image_%u.png", folder, t);
  g_autofree guint8 *pixels = g_malloc (3 * width * height);
  png_image image = { .version = PNG_IMAGE_VERSION };

  for (gint i = 0; i < 3 * width * height; i++)
    pixels[i] = nf_test_clip_pixel (t, i / 3 % width, i / 3 / width, i % 3);
  image.width = width;
  image.height = height;
  image.format = PNG_FORMAT_RGB;
  g_assert_true (png_image_write_to_file (&image, path, 0, pixels, 0, NULL));
}

/**
 * nf_test_write_mask:
 * @folder: of the clip
 * @n: frames
 * @height: rows
 * @width: columns
 * @missing: bytes to leave out at the end
 *
 * Writes mask.npy.
 */
void
nf_test_write_mask (
    const gchar *folder, guint n, gint height, gint width, gsize missing)
{
  const guint64 shape[] = { n, height, width };
  g_autofree gchar *path = g_build_filename (folder, "mask.npy", NULL);
  g_autoptr (GByteArray) file = g_byte_array_new ();
  g_autoptr (GBytes) head = NULL;
  g_autoptr (GError) error = NULL;
  NfNpyHeader header;

  nf_npy_header_init (&header, NF_NPY_U8, FALSE, shape, 3, &error);
  g_assert_no_error (error);
  head = nf_npy_format_header (&header);
  g_byte_array_append (
      file, g_bytes_get_data (head, NULL), g_bytes_get_size (head));
  for (gint i = 0; i < (gint) n * height * width; i++) {
    guint8 value =
        nf_test_clip_class (i / width / height, i % width, i / width % height);

    g_byte_array_append (file, &value, 1);
  }
  g_file_set_contents (
      path, (const gchar *) file->data, file->len - missing, &error);
  g_assert_no_error (error);
}

/**
 * nf_test_write_clip:
 * @root: of the data set
 * @name: "SPLIT/video_N"
 * @n: frames
 * @width: columns
 * @height: rows
 * @mask: whether to write mask.npy
 *
 * Returns: (transfer full): the clip's folder
 */
gchar *
nf_test_write_clip (const gchar *root, const gchar *name, guint n, gint width,
    gint height, gboolean mask)
{
  gchar *folder = g_build_filename (root, name, NULL);

  g_mkdir_with_parents (folder, 0777);
  for (guint t = 0; t < n; t++)
    nf_test_write_frame (folder, t, width, height);
  if (mask)
    nf_test_write_mask (folder, n, height, width, 0);
  return folder;
}
