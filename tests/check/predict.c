/* SPDX-License-Identifier: MIT
 *
 * predict — masks of a whole split: every row is of the clip that the index
 * says, whatever is missing, damaged or too short */
#include "evalplace.h"

#include <nextframe/core/nferror.h>
#include <nextframe/io/nfnpy.h>
#include "synth/synth.h"
#include "testfolder.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <string.h>
#include <unistd.h>

#define PIXELS NF_EVAL_PLACE_PIXELS
#define HEADER "row,clip,time,missing\n"

/* Predicts into a folder of the place; must succeed. */
static void
predict_well (const NfEvalPlace *place, const gchar *run, const gchar *options)
{
  g_autofree gchar *all =
      g_strdup_printf ("--out %s/%s %s", place->root, run, options);
  g_autoptr (GError) error = NULL;

  nf_test_predict (place, all, &error);
  g_assert_no_error (error);
}

/* Must fail, and say so. */
static void
predict_fails (const NfEvalPlace *place, const gchar *run, const gchar *options,
    const gchar *says)
{
  g_autofree gchar *all =
      g_strdup_printf ("--out %s/%s %s", place->root, run, options);
  g_auto (GStrv) parts = g_strsplit (says, "|", -1);
  g_autoptr (GError) error = NULL;

  g_assert_false (nf_test_predict (place, all, &error));
  g_test_message ("\"%s\": %s", options, error->message);
  for (guint i = 0; parts[i]; i++)
    g_assert_nonnull (strstr (error->message, parts[i]));
}

/* The array of a run. */
static GBytes *
load_masks (const NfEvalPlace *place, const gchar *run, guint rows)
{
  g_autofree gchar *path = nf_test_eval_path (place, run, "masks.npy");
  g_autoptr (GError) error = NULL;
  NfNpyHeader header;
  GBytes *masks = nf_npy_load (path, &header, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (header.type, ==, NF_NPY_U8);
  g_assert_cmpuint (header.n_dims, ==, 3);
  g_assert_cmpuint (header.shape[0], ==, rows);
  g_assert_cmpuint (header.shape[1], ==, NF_EVAL_PLACE_HEIGHT);
  g_assert_cmpuint (header.shape[2], ==, NF_EVAL_PLACE_WIDTH);
  return masks;
}

/* Whether a row of one array is that of another. */
static void
assert_row (GBytes *a, guint row_a, GBytes *b, guint row_b)
{
  const guint8 *x = g_bytes_get_data (a, NULL);
  const guint8 *y = g_bytes_get_data (b, NULL);

  g_assert_cmpmem (x + row_a * PIXELS, PIXELS, y + row_b * PIXELS, PIXELS);
}

static void
assert_background (GBytes *masks, guint row)
{
  const guint8 *mask = (const guint8 *) g_bytes_get_data (masks, NULL);

  for (guint i = 0; i < PIXELS; i++)
    g_assert_cmpuint (mask[row * PIXELS + i], ==, 0);
}

static void
assert_index (const NfEvalPlace *place, const gchar *run, const gchar *expected)
{
  g_autofree gchar *index = nf_test_eval_text (place, run, "index.csv");
  g_autofree gchar *all = g_strconcat (HEADER, expected, NULL);

  g_assert_cmpstr (index, ==, all);
}

static void
assert_index_has (
    const NfEvalPlace *place, const gchar *run, const gchar *begin)
{
  g_autofree gchar *index = nf_test_eval_text (place, run, "index.csv");

  g_test_message ("%s", index);
  g_assert_nonnull (strstr (index, begin));
}

static void
remove_frames (const NfEvalPlace *place, guint clip, guint first)
{
  for (guint t = first; t < NF_EVAL_PLACE_FRAMES; t++) {
    g_autofree gchar *path =
        g_strdup_printf ("%s/val/video_%u/image_%u.png", place->data, clip, t);

    g_assert_cmpint (g_remove (path), ==, 0);
  }
}

static void
remove_clip (const NfEvalPlace *place, guint clip)
{
  g_autofree gchar *path =
      g_strdup_printf ("%s/val/video_%u", place->data, clip);

  nf_test_folder_remove (path);
}

/* All clips, in parts, and again: the same bytes. Masks of clips differ. */
static void
test_parts (NfEvalPlace *place, gconstpointer unused)
{
  g_autoptr (GBytes) all = NULL;
  g_autoptr (GBytes) parts = NULL;

  predict_well (place, "all", "");
  assert_index (place, "all",
      "0,val/video_1,0.84,\n1,val/video_2,0.84,\n2,val/video_3,0.84,\n");
  all = load_masks (place, "all", 3);
  g_assert_cmpint (
      memcmp (g_bytes_get_data (all, NULL),
          (const guint8 *) g_bytes_get_data (all, NULL) + PIXELS, PIXELS),
      !=, 0);
  predict_well (place, "parts", "--shard 2/2");
  predict_well (place, "parts", "--shard 1/2");
  predict_fails (
      place, "parts", "--row segment-hold", "row was \"predict\"|segment-hold");
  predict_well (place, "parts", "");
  parts = load_masks (place, "parts", 3);
  g_assert_true (g_bytes_equal (all, parts));
  g_assert_false (
      g_file_test (nf_test_eval_path (place, "parts", "shard-1-of-2/masks.npy"),
          G_FILE_TEST_EXISTS));
}

/* A clip that is not there: an error, no row, or a row of background; the rows
 * of the others are theirs. */
static void
test_missing (NfEvalPlace *place, gconstpointer unused)
{
  g_autoptr (GBytes) all = NULL;
  g_autoptr (GBytes) skipped = NULL;
  g_autoptr (GBytes) filled = NULL;

  predict_well (place, "all", "--expect 1:3");
  all = load_masks (place, "all", 3);
  remove_clip (place, 2);
  predict_fails (place, "stopped", "--expect 1:3",
      "1 of 3 clips|val/video_2|no such folder|--on-error");
  predict_well (place, "skipped", "--expect 1:3 --on-error skip");
  skipped = load_masks (place, "skipped", 2);
  assert_row (skipped, 0, all, 0);
  assert_row (skipped, 1, all, 2);
  assert_index_has (place, "skipped", "\n,val/video_2,0.84,");
  assert_index_has (place, "skipped", "\n1,val/video_3,0.84,\n");
  predict_well (place, "filled", "--expect 1:4 --on-error fill");
  filled = load_masks (place, "filled", 4);
  assert_row (filled, 0, all, 0);
  assert_background (filled, 1);
  assert_row (filled, 2, all, 2);
  assert_background (filled, 3);
  assert_index_has (place, "filled", "\n1,val/video_2,0.84,");
  assert_index_has (place, "filled", "\n3,val/video_4,0.84,");
}

/* Puts a clip of another size in the place of one. */
static void
replace_clip (const NfEvalPlace *place, guint clip)
{
  g_autofree gchar *others = nf_test_eval_path (place, "others", "");
  g_autofree gchar *from = nf_test_eval_path (place, "others", "val/video_1");
  g_autofree gchar *to = g_strdup_printf ("%s/val/video_%u", place->data, clip);
  g_autofree gchar *line = g_strdup_printf (
      "synth --out %s --train 1 --val 1 --width 40 --height 24 --frames 22",
      others);
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  g_autofree gchar **argv =
      g_memdup2 (words, (g_strv_length (words) + 1) * sizeof *words);
  g_autoptr (GError) error = NULL;

  nf_synth_main (g_strv_length (words), argv, &error);
  g_assert_no_error (error);
  remove_clip (place, clip);
  g_assert_cmpint (g_rename (from, to), ==, 0);
}

/* A clip of another size in front of the others decides nothing for them; where
 * there are as many of both sizes, the first one does. */
static void
test_sizes (NfEvalPlace *place, gconstpointer unused)
{
  g_autoptr (GBytes) all = NULL;
  g_autoptr (GBytes) filled = NULL;

  predict_well (place, "all", "");
  all = load_masks (place, "all", 3);
  replace_clip (place, 1);
  predict_fails (
      place, "stopped", "", "1 of 3 clips|val/video_1: frames of 40x24|32x24");
  predict_well (place, "filled", "--on-error fill --shard 2/2");
  predict_well (place, "filled", "--on-error fill --shard 1/2");
  predict_well (place, "filled", "--on-error fill");
  filled = load_masks (place, "filled", 3);
  assert_background (filled, 0);
  assert_row (filled, 1, all, 1);
  assert_row (filled, 2, all, 2);
  assert_index_has (place, "filled", "0,val/video_1,0.84,\"frames of 40x24");
  predict_fails (place, "stopped", "--expect 1:2",
      "1 of 2 clips|val/video_2: frames of 32x24|40x24");
}

/* A clip that is too short: the same. */
static void
test_short (NfEvalPlace *place, gconstpointer unused)
{
  g_autoptr (GBytes) all = NULL;
  g_autoptr (GBytes) filled = NULL;

  remove_frames (place, 3, NF_EVAL_PLACE_CONTEXT); /* as many as are given */
  predict_well (place, "all", "");
  all = load_masks (place, "all", 3);
  remove_frames (place, 1, 7);
  predict_fails (place, "stopped", "", "val/video_1|7 frames|11");
  predict_well (place, "filled", "--on-error fill");
  filled = load_masks (place, "filled", 3);
  assert_background (filled, 0);
  assert_row (filled, 1, all, 1);
  assert_row (filled, 2, all, 2);
  assert_index_has (
      place, "filled", "0,val/video_1,0.84,7 frames in place of the 11");
}

/* A frame that turns out to be damaged when its clip's turn comes: what is done
 * stays, and once it is restored the same command goes on. */
static void
test_damaged (NfEvalPlace *place, gconstpointer unused)
{
  g_autofree gchar *frame =
      g_build_filename (place->data, "val", "video_2", "image_5.png", NULL);
  g_autofree gchar *content = NULL;
  g_autoptr (GBytes) all = NULL;
  g_autoptr (GBytes) again = NULL;
  g_autoptr (GBytes) skipped = NULL;
  gsize size;

  predict_well (place, "all", "");
  all = load_masks (place, "all", 3);
  g_assert_true (g_file_get_contents (frame, &content, &size, NULL));
  g_assert_true (g_file_set_contents (frame, content, size / 2, NULL));
  predict_fails (place, "run", "", "val/video_2|image_5.png|the same command");
  predict_well (place, "run", "--on-error skip");
  skipped = load_masks (place, "run", 2);
  assert_row (skipped, 1, all, 2);
  assert_index_has (place, "run", "\n,val/video_2,0.84,");
  g_assert_true (g_file_set_contents (frame, content, size, NULL));
  predict_well (place, "run", "");
  again = load_masks (place, "run", 3);
  g_assert_true (g_bytes_equal (all, again));
  assert_index (place, "run",
      "0,val/video_1,0.84,\n1,val/video_2,0.84,\n2,val/video_3,0.84,\n");
}

static const gchar *const bad_lines[] = {
  "{\"clip\":\"a\",\"mask\":0}",
  "{\"clip\":true,\"mask\":0}",
  "{\"clip\":{},\"mask\":0}",
  "{\"clip\":1.5,\"mask\":0}",
  "{\"clip\":-1,\"mask\":0}",
  "{\"mask\":0}",
  "{\"clip\":1,\"mask\":{}}",
  "{\"clip\":1,\"mask\":false}",
  "{\"clip\":1,\"mask\":\"0\"}",
  "{\"clip\":1,\"mask\":null}",
  "{\"clip\":1,\"mask\":1}",
  "{\"clip\":1,\"mask\":9000000000000000000}",
  "{\"clip\":1,\"wrong\":{}}",
  "{\"clip\":1,\"wrong\":5}",
  "{\"clip\":1,\"mask\":0,\"wrong\":\"why\"}",
  "{\"clip\":1,\"mask\":0,\"wrong\":5}",
  "{\"clip\":1}",
};

/* Lines whose members are of other types are none of this job. */
static void
test_bad_lines (NfEvalPlace *place, gconstpointer unused)
{
  g_autofree gchar *journal = nf_test_eval_path (place, "run", "clips.jsonl");
  g_autofree gchar *good = NULL;

  predict_well (place, "run", "");
  good = nf_test_eval_text (place, "run", "clips.jsonl");
  for (guint i = 0; i < G_N_ELEMENTS (bad_lines); i++) {
    g_autofree gchar *line = g_strconcat (bad_lines[i], "\n", NULL);

    g_assert_true (g_file_set_contents (journal, line, -1, NULL));
    predict_fails (place, "run", "", "clips.jsonl, line 1: not of this job");
  }
  g_assert_true (g_file_set_contents (journal, good, -1, NULL));
  predict_well (place, "run", "");
}

/* A program that was killed while it wrote a mask, or a line. */
static void
test_goes_on (NfEvalPlace *place, gconstpointer unused)
{
  g_autofree gchar *journal = nf_test_eval_path (place, "run", "clips.jsonl");
  g_autofree gchar *masks = nf_test_eval_path (place, "run", "masks.u8");
  g_autofree gchar *garbage = g_strnfill (PIXELS + PIXELS / 2, 'x');
  g_autoptr (GBytes) all = NULL;
  g_autoptr (GBytes) again = NULL;
  gchar *first;
  gsize size;

  predict_well (place, "run", "");
  all = load_masks (place, "run", 3);
  g_assert_true (g_file_get_contents (masks, &first, &size, NULL));
  g_assert_cmpuint (size, ==, 3 * PIXELS);
  memcpy (first + PIXELS, garbage, PIXELS + PIXELS / 2);
  g_assert_true (
      g_file_set_contents (masks, first, 2 * PIXELS + PIXELS / 2, NULL));
  g_assert_true (g_file_set_contents (
      journal, "{\"clip\":1,\"mask\":0}\n{\"clip\":1,\"ma", -1, NULL));
  predict_well (place, "run", "");
  again = load_masks (place, "run", 3);
  g_assert_true (g_bytes_equal (all, again));
  /* lines without their masks are no masks */
  g_assert_true (g_file_set_contents (masks, first, PIXELS, NULL));
  predict_fails (place, "run", "", "masks.u8|fewer than the 3 masks");
  g_assert_true (g_file_set_contents (
      journal, "{\"clip\":0,\"mask\":9000000000000000000}\n", -1, NULL));
  predict_fails (place, "run", "", "clips.jsonl|line 1");
  g_free (first);
}

static gboolean
has_picture (
    const NfEvalPlace *place, const gchar *run, guint clip, const gchar *what)
{
  g_autofree gchar *name = g_strdup_printf ("png/video_%u-%s.png", clip, what);
  g_autofree gchar *path = nf_test_eval_path (place, run, name);

  return g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

/* Whether there is a picture of a clip's mask, and one of its frame or none. */
static void
assert_pictures (
    const NfEvalPlace *place, const gchar *run, guint clip, gboolean frame)
{
  g_assert_true (has_picture (place, run, clip, "mask"));
  g_assert_true (has_picture (place, run, clip, "frame") == frame);
}

/* Pictures, and a row without a predictor. */
static void
test_pictures (NfEvalPlace *place, gconstpointer unused)
{
  predict_well (place, "run", "--png");
  for (guint i = 1; i <= 3; i++)
    assert_pictures (place, "run", i, TRUE);
  predict_well (place, "dynamics", "--row segment-dynamics --png");
  g_bytes_unref (load_masks (place, "dynamics", 3));
  assert_pictures (place, "dynamics", 1, FALSE);
}

static void
assert_same_picture (const NfEvalPlace *place, const gchar *run,
    const gchar *other, const gchar *name)
{
  g_autofree gchar *path = nf_test_eval_path (place, run, name);
  g_autofree gchar *other_path = nf_test_eval_path (place, other, name);
  g_autofree gchar *bytes = NULL;
  g_autofree gchar *other_bytes = NULL;
  gsize size, other_size;

  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  g_assert_true (
      g_file_get_contents (other_path, &other_bytes, &other_size, NULL));
  g_assert_cmpmem (bytes, size, other_bytes, other_size);
}

/* Predicts with --png, and returns what is printed to the standard error. */
static gchar *
predict_aloud (const NfEvalPlace *place, const gchar *run, const gchar *options)
{
  g_autofree gchar *all = g_strconcat ("--png ", options, NULL);
  g_autofree gchar *path = g_build_filename (place->root, "printed", NULL);
  int before = dup (STDERR_FILENO), file;
  gchar *text = NULL;

  file = g_open (path, O_RDWR | O_CREAT | O_TRUNC, 0666);
  g_assert_cmpint (before, >=, 0);
  g_assert_cmpint (file, >=, 0);
  g_assert_cmpint (dup2 (file, STDERR_FILENO), >=, 0);
  predict_well (place, run, all);
  g_assert_cmpint (dup2 (before, STDERR_FILENO), >=, 0);
  close (before);
  close (file);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_test_message ("%s", text);
  return text;
}

/* A job that was begun without pictures: those of the masks are drawn, and what is
 * said is that there are none of the predicted frames. */
static void
test_pictures_later (NfEvalPlace *place, gconstpointer unused)
{
  static const gchar says[] = "no pictures of the predicted frames of 2 clips";
  g_autofree gchar *first = NULL;
  g_autofree gchar *again = NULL;
  g_autofree gchar *dynamics = NULL;

  predict_well (place, "run", "--shard 1/2 --expect 2:3");
  predict_well (place, "run", "--expect 2:3");
  first = predict_aloud (place, "run", "");
  g_assert_nonnull (strstr (first, says));
  assert_pictures (place, "run", 1, TRUE);
  assert_pictures (place, "run", 2, FALSE);
  assert_pictures (place, "run", 3, FALSE);
  again = predict_aloud (place, "run", "");
  g_assert_nonnull (strstr (again, says));
  predict_well (place, "at-once", "--png --expect 2:2");
  assert_same_picture (place, "run", "at-once", "png/video_2-mask.png");
  predict_well (place, "dynamics", "--row segment-dynamics");
  dynamics = predict_aloud (place, "dynamics", "--row segment-dynamics");
  assert_pictures (place, "dynamics", 3, FALSE);
  g_assert_null (strstr (dynamics, "no pictures"));
}

/* Parts draw into the folder of the whole, before it is one; pictures that are of
 * no part are of something else. */
static void
test_pictures_of_parts (NfEvalPlace *place, gconstpointer unused)
{
  g_autofree gchar *foreign = nf_test_eval_path (place, "foreign", "png");

  predict_well (place, "run", "--png --shard 1/2");
  predict_well (place, "run", "--png --shard 2/2");
  predict_well (place, "run", "--png");
  g_bytes_unref (load_masks (place, "run", 3));
  for (guint i = 1; i <= 3; i++)
    assert_pictures (place, "run", i, TRUE);
  g_assert_cmpint (g_mkdir_with_parents (foreign, 0777), ==, 0);
  predict_fails (place, "foreign", "--png", "holds png|settings.json|--out");
}

static const struct
{
  const gchar *options, *says;
} refused[] = {
  { "--row predict-best", "--row|predict-best|segment-dynamics" },
  { "--row segment", "--row|segment-hold" },
  { "--row predict-mean --ensemble 0", "--ensemble|predict-mean" },
  { "--expect 5", "--expect|FIRST:LAST|5" },
  { "--expect 5:4", "--expect|5:4" },
  { "--expect 0:1000000", "--expect|0:1000000" },
  { "--on-error ignore", "--on-error|stop, skip or fill|ignore" },
  { "--shard 3/2", "--shard|3/2" },
  { "--shard 0/2", "--shard|0/2" },
  { "--split nothing", "nothing" },
  { "--data scenes:1", "--split is for a data set's folder" },
  { "--expect 7:8 --on-error fill", "none of the 2 clips" },
  { "word", "word" },
};

static void
test_refuses (NfEvalPlace *place, gconstpointer unused)
{
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    predict_fails (place, "run", refused[i].options, refused[i].says);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  NF_TEST_EVAL_ADD ("predict/parts", test_parts);
  NF_TEST_EVAL_ADD ("predict/missing", test_missing);
  NF_TEST_EVAL_ADD ("predict/sizes", test_sizes);
  NF_TEST_EVAL_ADD ("predict/short", test_short);
  NF_TEST_EVAL_ADD ("predict/damaged", test_damaged);
  NF_TEST_EVAL_ADD ("predict/goes-on", test_goes_on);
  NF_TEST_EVAL_ADD ("predict/bad-lines", test_bad_lines);
  NF_TEST_EVAL_ADD ("predict/pictures", test_pictures);
  NF_TEST_EVAL_ADD ("predict/pictures-later", test_pictures_later);
  NF_TEST_EVAL_ADD ("predict/pictures-of-parts", test_pictures_of_parts);
  NF_TEST_EVAL_ADD ("predict/refuses", test_refuses);
  return g_test_run ();
}
