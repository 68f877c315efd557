/* SPDX-License-Identifier: MIT
 *
 * hostile — files that lie about their size, that are no files, that would change
 * their pixels
 *
 * A file from a stranger may make an element say that it is wrong; it may not
 * make it wait for ever, take all memory, or end the program. */
#include "nfelementtest.h"

#include "testclips.h"

#include "io/nfclip.h"
#include "io/nfpng.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static gchar *folder;

static void
setup (void)
{
  folder = nf_test_folder_new ();
}

static void
teardown (void)
{
  nf_test_folder_remove (folder);
  g_free (folder);
}

static void
put_u32 (guint8 *at, guint32 value)
{
  for (guint i = 0; i < 4; i++)
    at[i] = (guint8) (value >> (24 - 8 * i));
}

static guint32
crc (const guint8 *data, gsize size)
{
  guint32 value = G_MAXUINT32;

  for (gsize i = 0; i < size; i++) {
    value ^= data[i];
    for (guint k = 0; k < 8; k++)
      value = value >> 1 ^ (value & 1 ? 0xedb88320u : 0);
  }

  return ~value;
}

#define SIGNATURE 8
#define HEAD (8 + 13 + 4) /* the chunk IHDR */

/* a file of 24 x 16 pixels: (transfer full) */
static GByteArray *
new_png (void)
{
  guint8 pixels[16 * 24 * 3];
  g_autoptr (GBytes) file = NULL;
  GByteArray *copy = g_byte_array_new ();

  for (guint i = 0; i < sizeof pixels; i++)
    pixels[i] = (guint8) (i % 256);
  file = nf_png_encode_rgb (pixels, 24, 16, NF_PNG_SMALL, NULL);
  g_byte_array_append (
      copy, g_bytes_get_data (file, NULL), (guint) g_bytes_get_size (file));

  return copy;
}

static gchar *
write_file (const gchar *name, const GByteArray *file)
{
  gchar *path = g_build_filename (folder, name, NULL);

  fail_unless (g_file_set_contents (
      path, (const gchar *) file->data, (gssize) file->len, NULL));

  return path;
}

static void
claim_size (GByteArray *file, guint32 width, guint32 height)
{
  guint8 *head = file->data + SIGNATURE;

  put_u32 (head + 8, width);
  put_u32 (head + 12, height);
  put_u32 (head + 21, crc (head + 4, 17));
}

/* behind the head */
static void
insert_chunk (
    GByteArray *file, const gchar *type, const guint8 *data, guint32 size)
{
  g_autofree guint8 *chunk = g_malloc (12 + size);
  g_autoptr (GByteArray) rest = g_byte_array_new ();

  put_u32 (chunk, size);
  memcpy (chunk + 4, type, 4);
  memcpy (chunk + 8, data, size);
  put_u32 (chunk + 8 + size, crc (chunk + 4, 4 + size));
  g_byte_array_append (
      rest, file->data + SIGNATURE + HEAD, file->len - SIGNATURE - HEAD);
  g_byte_array_set_size (file, SIGNATURE + HEAD);
  g_byte_array_append (file, chunk, 12 + size);
  g_byte_array_append (file, rest->data, rest->len);
}

/* the file says sRGB: an unknown chunk in its place says nothing */
static void
forget_srgb (GByteArray *file)
{
  for (guint at = SIGNATURE; at + 12 <= file->len;) {
    guint8 *chunk = file->data + at;
    const guint32 size = (guint32) chunk[2] << 8 | chunk[3];

    if (memcmp (chunk + 4, "sRGB", 4) == 0) {
      memcpy (chunk + 4, "teSt", 4);
      put_u32 (chunk + 8 + size, crc (chunk + 4, 4 + size));
    }
    at += 12 + size;
  }
}

/* the frames of such a clip would take 17 GB */
GST_START_TEST (test_png_head_lies)
{
  g_autoptr (GByteArray) file = new_png ();
  g_autofree gchar *path = NULL;
  g_autoptr (NfClipInfo) info = NULL;
  g_autoptr (GError) error = NULL;
  gint width, height;

  claim_size (file, 16384, 16384);
  path = write_file ("image_0.png", file);
  fail_if (nf_png_size (path, &width, &height, &error));
  fail_unless (g_error_matches (error, NF_ERROR, NF_ERROR_FORMAT));
  fail_unless (strstr (error->message, "more pixels in its head") != NULL, "%s",
      error->message);
  info = nf_clip_info_new (folder, "clip", FALSE, NULL);
  fail_unless (info == NULL);
}
GST_END_TEST

/* what is known of a clip may be wrong by the time that it is read */
GST_START_TEST (test_clip_without_memory)
{
  NfClipInfo info = { folder, folder, G_MAXUINT32, 16384, 16384, FALSE };
  g_autoptr (GError) error = NULL;

  fail_unless (nf_clip_load (&info, FALSE, 49, &error) == NULL);
  fail_unless (g_error_matches (error, NF_ERROR, NF_ERROR_NO_MEMORY), "%s",
      error->message);
}
GST_END_TEST

/* pixels as pngdec has them: those of the file, whatever it says of colours */
GST_START_TEST (test_png_gamma)
{
  static const guint8 gamma[] = { 0, 1, 0x86, 0xa0 }; /* 1.0 */
  g_autoptr (GByteArray) plain = new_png ();
  g_autoptr (GByteArray) with_gamma = new_png ();
  g_autofree gchar *plain_path = write_file ("plain.png", plain);
  g_autofree gchar *path = NULL;
  guint8 expected[16 * 24 * 3], pixels[16 * 24 * 3];
  g_autofree gchar *line = NULL;
  g_autofree gchar *raw = g_build_filename (folder, "raw", NULL);
  g_autofree gchar *decoded = NULL;
  gsize size;

  forget_srgb (with_gamma);
  insert_chunk (with_gamma, "gAMA", gamma, sizeof gamma);
  path = write_file ("gamma.png", with_gamma);
  fail_unless (nf_png_read_rgb (plain_path, 24, 16, expected, NULL));
  fail_unless (nf_png_read_rgb (path, 24, 16, pixels, NULL));
  fail_unless (memcmp (pixels, expected, sizeof pixels) == 0);
  line = g_strdup_printf ("filesrc location=%s ! pngdec ! video/x-raw,"
                          "format=RGB ! filesink location=%s",
      path, raw);
  fail_unless (nf_test_run (line) == NULL);
  fail_unless (g_file_get_contents (raw, &decoded, &size, NULL));
  fail_unless_equals_uint64 (size, sizeof pixels);
  fail_unless (memcmp (pixels, decoded, sizeof pixels) == 0);
}
GST_END_TEST

/* a chunk that goes beyond the end, and a file that ends within a chunk */
GST_START_TEST (test_png_chunks_lie)
{
  g_autoptr (GByteArray) file = new_png ();
  const guint whole = file->len;
  guint8 pixels[16 * 24 * 3];

  put_u32 (file->data + SIGNATURE + HEAD, G_MAXUINT32);
  for (guint length = 0; length <= whole; length++) {
    g_autofree gchar *path = NULL;

    g_byte_array_set_size (file, whole - length);
    path = write_file ("short.png", file);
    fail_if (nf_png_read_rgb (path, 24, 16, pixels, NULL));
  }
}
GST_END_TEST

/* a pipe in the place of a file: nothing waits for who might write to it */
static const gchar *const pipes[] = { "image_0.png", "image_1.png",
  "mask.npy" };

GST_START_TEST (test_pipe_in_clip)
{
  g_autofree gchar *clip =
      nf_test_write_clip (folder, "train/video_0", 3, 24, 16, TRUE);
  g_autofree gchar *path = g_build_filename (clip, pipes[__i__], NULL);
  g_autofree gchar *line = g_strdup_printf (
      "nfclipsrc location=%s name=s s.video ! queue ! fakesink s.mask ! queue "
      "! fakesink",
      folder);
  g_autofree gchar *problem = NULL;

  fail_unless (g_unlink (path) == 0);
  fail_unless (mkfifo (path, 0600) == 0);
  problem = nf_test_run (line);
  fail_unless (problem != NULL);
  fail_unless (
      strstr (problem, "expected a regular file") != NULL, "%s", problem);
}
GST_END_TEST

/* what is expected, and what was found instead */
GST_START_TEST (test_frame_names_with_zeros)
{
  g_autoptr (GByteArray) file = new_png ();
  g_autofree gchar *path = write_file ("image_00.png", file);
  g_autoptr (GError) error = NULL;

  fail_unless (nf_clip_info_new (folder, "clip", FALSE, &error) == NULL);
  fail_unless (strstr (error->message, "found image_00.png; rename") != NULL,
      "%s", error->message);
}
GST_END_TEST

static const gchar *const elements[] = {
  "videotestsrc num-buffers=1 ! nfsegment checkpoint=%s ! fakesink",
  "videotestsrc num-buffers=1 ! nfpredict checkpoint=%s ! fakesink",
};

GST_START_TEST (test_pipe_as_checkpoint)
{
  g_autofree gchar *path = g_build_filename (folder, "n.safetensors", NULL);
  g_auto (GStrv) parts = g_strsplit (elements[__i__], "%s", 2);
  g_autofree gchar *line = g_strconcat (parts[0], path, parts[1], NULL);
  g_autofree gchar *problem = NULL;

  fail_unless (mkfifo (path, 0600) == 0);
  problem = nf_test_run (line);
  fail_unless (problem != NULL);
}
GST_END_TEST

/* a frame that no memory is taken for: (1, 32767, 32767) of 64 bits */
GST_START_TEST (test_npy_frame_too_large)
{
  static const guint64 shape[] = { 1, 32767, 32767 };
  g_autoptr (GBytes) bytes = NULL;
  g_autofree gchar *path = g_build_filename (folder, "a.npy", NULL);
  g_autofree gchar *line =
      g_strdup_printf ("filesrc location=%s ! nfnpydec ! fakesink", path);
  g_autofree gchar *problem = NULL;
  NfNpyHeader header;

  fail_unless (nf_npy_header_init (&header, NF_NPY_I64, FALSE, shape, 3, NULL));
  bytes = nf_npy_format_header (&header);
  fail_unless (g_file_set_contents (path, g_bytes_get_data (bytes, NULL),
      (gssize) g_bytes_get_size (bytes), NULL));
  problem = nf_test_run (line);
  fail_unless (problem != NULL && strstr (problem, "1 GiB at most") != NULL,
      "%s", problem);
}
GST_END_TEST

static Suite *
hostile_suite (void)
{
  Suite *suite = suite_create ("hostile");
  TCase *tcase = tcase_create ("hostile");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, test_png_head_lies);
  tcase_add_test (tcase, test_clip_without_memory);
  tcase_add_test (tcase, test_png_gamma);
  tcase_add_test (tcase, test_png_chunks_lie);
  tcase_add_test (tcase, test_frame_names_with_zeros);
  tcase_add_loop_test (tcase, test_pipe_in_clip, 0, G_N_ELEMENTS (pipes));
  tcase_add_loop_test (
      tcase, test_pipe_as_checkpoint, 0, G_N_ELEMENTS (elements));
  tcase_add_test (tcase, test_npy_frame_too_large);
  suite_add_tcase (suite, tcase);

  return suite;
}

GST_CHECK_MAIN (hostile);
