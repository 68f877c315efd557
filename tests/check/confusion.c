/* SPDX-License-Identifier: MIT
 *
 * confusion — tests of kernels/metrics: counts, scores, classes, reports */
#include <nextframe/io/nfnpy.h>
#include <nextframe/metrics/nfclasses.h>
#include <nextframe/metrics/nfconfusion.h>
#include <nextframe/metrics/nfmask.h>
#include <nextframe/metrics/nfobjectscores.h>
#include <nextframe/metrics/nfscoreboard.h>

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

static gboolean
near (gdouble value, gdouble expected, gdouble tolerance)
{
  return fabs (value - expected) <= tolerance;
}

/* pixel by pixel, as the definition says */
static void
count_plainly (guint64 *counts, guint classes, const guint8 *truth,
    gsize truth_stride, const guint8 *prediction, gsize prediction_stride,
    gsize width, gsize height)
{
  for (gsize y = 0; y < height; y++) {
    for (gsize x = 0; x < width; x++) {
      guint t = truth[y * truth_stride + x];
      guint p = prediction[y * prediction_stride + x];

      counts[(t < classes ? t : 0) * classes + (p < classes ? p : 0)]++;
    }
  }
}

/* areas of one value with noise between them */
static guint8 *
make_mask (GRand *rand, gsize bytes, guint values)
{
  guint8 *mask = g_malloc (bytes);
  gsize i = 0;

  while (i < bytes) {
    gsize run = g_rand_int_range (rand, 1, 40);
    guint8 value = g_rand_int_range (rand, 0, values);

    for (gsize end = MIN (bytes, i + run); i < end; i++)
      mask[i] = value;
  }

  return mask;
}

static void
test_confusion_counts (void)
{
  static const gsize sizes[][2] = { { 1, 1 }, { 1, 9 }, { 7, 3 }, { 8, 2 },
    { 9, 5 }, { 17, 1 }, { 64, 11 }, { 240, 16 } };
  static const guint classes[] = { 2, 3, 49, 255, 256 };
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
    for (guint c = 0; c < G_N_ELEMENTS (classes); c++) {
      gsize width = sizes[s][0], height = sizes[s][1];
      gsize stride_t = width + s % 4, stride_p = width + (s * 7) % 5;
      gsize cells = (gsize) classes[c] * classes[c];
      guint values = MIN (256, classes[c] + 4);
      g_autofree guint8 *t = make_mask (rand, stride_t * height, values);
      g_autofree guint8 *p = make_mask (rand, stride_p * height, values);
      g_autofree guint64 *expected = g_new0 (guint64, cells);
      g_autoptr (NfConfusion) confusion = nf_confusion_new (classes[c]);
      NfMask truth = { t, stride_t }, prediction = { p, stride_p };

      for (guint twice = 0; twice < 2; twice++) {
        nf_confusion_add (confusion, truth, prediction, width, height);
        count_plainly (
            expected, classes[c], t, stride_t, p, stride_p, width, height);
      }
      g_assert_cmpmem (confusion->counts, cells * sizeof (guint64), expected,
          cells * sizeof (guint64));
      g_assert_cmpuint (
          nf_confusion_pixels (confusion), ==, 2 * width * height);
    }
  }
}

/* Each class as each other one: a class is a shape of sixteen, in it a material of
 * eight, in it a colour. */
static void
test_object_scores (void)
{
  for (guint t = 1; t < NF_N_CLASSES; t++)
    for (guint p = 1; p < NF_N_CLASSES; p++) {
      guint8 truth = t, prediction = p;
      g_autoptr (NfConfusion) confusion = nf_confusion_new (NF_N_CLASSES);
      NfObjectScores scores;

      nf_confusion_add (
          confusion, (NfMask){ &truth, 1 }, (NfMask){ &prediction, 1 }, 1, 1);
      nf_object_scores_measure (&scores, confusion);
      g_assert_cmpfloat (scores.shape, ==, (t - 1) / 16 == (p - 1) / 16);
      g_assert_cmpfloat (
          scores.material, ==, (t - 1) / 8 % 2 == (p - 1) / 8 % 2);
      g_assert_cmpfloat (scores.color, ==, (t - 1) % 8 == (p - 1) % 8);
      g_assert_cmpfloat (scores.object_iou, ==, 1);
      g_assert_cmpuint (scores.invented, ==, t != p);
    }
}

/* A scaled mask takes the pixel below each centre: of two or four the later of those
 * in the middle, of three the one in the middle. */
static void
test_mask_scale (void)
{
  static const guint8 row[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
  static const struct
  {
    guint n;
    guint8 expected[24];
  } cases[] = {
    { 12, { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 } },
    { 6, { 1, 3, 5, 7, 9, 11 } },
    { 4, { 1, 4, 7, 10 } },
    { 3, { 2, 6, 10 } },
    { 1, { 6 } },
    { 8, { 0, 2, 3, 5, 6, 8, 9, 11 } },
    { 24,
        { 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10,
            11, 11 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint n = cases[i].n;
    guint8 scaled[24];

    nf_mask_scale (row, 12, 1, scaled, n, 1);
    g_assert_cmpmem (scaled, n, cases[i].expected, n);
    nf_mask_scale (row, 1, 12, scaled, 1, n);
    g_assert_cmpmem (scaled, n, cases[i].expected, n);
  }
}

static void
test_confusion_scores_by_hand (void)
{
  /* of four classes, class 3 never occurs and class 2 is only predicted */
  static const guint8 truth[] = { 0, 0, 0, 0, 1, 1, 1, 1, 0, 0 };
  static const guint8 prediction[] = { 0, 0, 0, 1, 1, 1, 1, 0, 2, 9 };
  g_autoptr (NfConfusion) confusion = nf_confusion_new (4);
  NfMask t = { truth, 10 }, p = { prediction, 10 };
  NfClassCounts counts;

  g_assert_true (isnan (nf_confusion_jaccard (confusion)));
  g_assert_true (isnan (nf_confusion_dice (confusion)));
  g_assert_true (isnan (nf_confusion_pixel_accuracy (confusion)));
  nf_confusion_add (confusion, t, p, 10, 1);
  counts = nf_confusion_class_counts (confusion, 0);
  g_assert_cmpuint (counts.true_positives, ==, 4);
  g_assert_cmpuint (counts.false_positives, ==, 1);
  g_assert_cmpuint (counts.false_negatives, ==, 2);
  g_assert_true (near (nf_class_counts_iou (counts), 4.0 / 7, 1e-15));
  g_assert_true (near (nf_class_counts_dice (counts), 8.0 / 11, 1e-15));
  g_assert_true (
      isnan (nf_class_counts_iou (nf_confusion_class_counts (confusion, 3))));
  g_assert_true (
      isnan (nf_class_counts_dice (nf_confusion_class_counts (confusion, 3))));
  g_assert_true (near (
      nf_confusion_jaccard (confusion), (4.0 / 7 + 3.0 / 5 + 0) / 3, 1e-15));
  g_assert_true (near (
      nf_confusion_dice (confusion), (8.0 / 11 + 6.0 / 8 + 0) / 3, 1e-15));
  g_assert_true (near (nf_confusion_pixel_accuracy (confusion), 0.7, 1e-15));
  nf_confusion_clear (confusion);
  g_assert_cmpuint (nf_confusion_pixels (confusion), ==, 0);
}

static void
test_confusion_merge_equals_whole (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);
  g_autofree guint8 *t = make_mask (rand, 40 * 20, 49);
  g_autofree guint8 *p = make_mask (rand, 40 * 20, 49);
  g_autoptr (NfConfusion) whole = nf_confusion_new (49);
  g_autoptr (NfConfusion) upper = nf_confusion_new (49);
  g_autoptr (NfConfusion) lower = nf_confusion_new (49);
  NfMask truth = { t, 40 }, prediction = { p, 40 };
  NfMask truth_low = { t + 12 * 40, 40 }, prediction_low = { p + 12 * 40, 40 };

  nf_confusion_add (whole, truth, prediction, 40, 20);
  nf_confusion_add (upper, truth, prediction, 40, 12);
  nf_confusion_add (lower, truth_low, prediction_low, 40, 8);
  nf_confusion_merge (upper, lower);
  g_assert_cmpmem (upper->counts, 49 * 49 * sizeof (guint64), whole->counts,
      49 * 49 * sizeof (guint64));
}

static void
test_classes_names_and_colors (void)
{
  g_assert_cmpstr (nf_class_name (0), ==, "background");
  g_assert_cmpstr (nf_class_name (1), ==, "gray metal cube");
  g_assert_cmpstr (
      nf_class_name (1 + 16 * 1 + 8 * 1 + 3), ==, "green rubber sphere");
  g_assert_cmpstr (nf_class_name (48), ==, "yellow rubber cylinder");
  g_assert_null (nf_class_name (49));
  g_assert_cmpuint (nf_class_color (0), ==, 0);
  g_assert_cmpuint (nf_class_color (49), ==, 0);
  for (guint i = 1; i < NF_N_CLASSES; i++) {
    g_assert_cmpuint (nf_class_color (i), >, 0);
    g_assert_cmpuint (nf_class_color (i), <=, 0xffffff);
    for (guint j = 0; j < i; j++) {
      g_assert_cmpuint (nf_class_color (i), !=, nf_class_color (j));
      g_assert_cmpstr (nf_class_name (i), !=, nf_class_name (j));
    }
  }
}

/* two clips of 4x2 pixels: one right in two frames, one wrong in one */
static NfScoreboard *
make_board (guint classes)
{
  static const guint8 ones[] = { 1, 1, 1, 1, 1, 1, 1, 1 };
  static const guint8 zeros[] = { 0, 0, 0, 0, 0, 0, 0, 0 };
  NfScoreboard *board = nf_scoreboard_new (classes, TRUE);
  NfMask one = { ones, 4 }, zero = { zeros, 4 };

  g_assert_null (nf_scoreboard_end_clip (board, NULL));
  nf_scoreboard_add_frame (board, one, one, 4, 2, 40);
  g_assert_null (nf_scoreboard_get_clip_name (board));
  nf_scoreboard_name_clip (board, "train/video_0");
  nf_scoreboard_add_frame (board, one, one, 4, 2, 80);
  g_assert_cmpuint (nf_scoreboard_end_clip (board, "first")->frames, ==, 2);
  g_assert_null (nf_scoreboard_get_clip_name (board));
  nf_scoreboard_add_unmatched (board, 1, 3);
  nf_scoreboard_add_frame (board, zero, one, 4, 2, 120);

  return board;
}

static void
test_scoreboard_scores (void)
{
  g_autoptr (NfScoreboard) empty = nf_scoreboard_new (49, FALSE);
  g_autoptr (NfScoreboard) board = make_board (49);
  NfScores scores = nf_scoreboard_get_scores (empty);
  const NfClipScore *clip;

  g_assert_true (isnan (scores.jaccard));
  g_assert_true (isnan (scores.mean_clip_jaccard));
  scores = nf_scoreboard_get_scores (board);
  g_assert_cmpuint (scores.frames, ==, 3);
  g_assert_cmpuint (scores.clips, ==, 2);
  g_assert_cmpuint (scores.unmatched_prediction, ==, 1);
  g_assert_cmpuint (scores.unmatched_truth, ==, 3);
  /* class 0: 0 of 8, class 1: 16 of 24 */
  g_assert_true (near (scores.jaccard, (16.0 / 24) / 2, 1e-15));
  g_assert_true (near (scores.mean_clip_jaccard, 0.5, 1e-15));
  g_assert_true (
      near (nf_confusion_jaccard (nf_scoreboard_get_frame (board)), 0, 1e-15));
  clip = nf_scoreboard_end_clip (board, NULL);
  g_assert_cmpuint (clip->index, ==, 1);
  g_assert_null (clip->name);
  g_assert_cmpuint (clip->frames, ==, 1);
  g_assert_cmpuint (clip->start, ==, 120);
  g_assert_true (near (clip->jaccard, 0, 1e-15));
  g_assert_true (
      near (nf_scoreboard_get_scores (board).mean_clip_jaccard, 0.5, 1e-15));
}

/* frames that were counted elsewhere weigh as those that the board counts */
static void
test_scoreboard_counts (void)
{
  static const guint8 truth[] = { 0, 1, 2, 2, 1, 1, 3, 0, 3, 3, 0, 0 };
  static const guint8 guess[] = { 0, 1, 2, 1, 1, 3, 3, 0, 3, 0, 2, 0 };
  g_autoptr (NfScoreboard) whole = nf_scoreboard_new (5, FALSE);
  g_autoptr (NfScoreboard) counted = nf_scoreboard_new (5, FALSE);
  NfScores a, b;

  /* clips of two frames and of one */
  for (guint t = 0; t < 3; t++) {
    NfMask t_mask = { truth + 4 * t, 4 }, g_mask = { guess + 4 * t, 4 };

    nf_scoreboard_add_frame (whole, t_mask, g_mask, 4, 1, 0);
    if (t > 0)
      nf_scoreboard_end_clip (whole, NULL);
  }
  for (guint t = 0; t < 3; t += 2) {
    g_autoptr (NfConfusion) counts = nf_confusion_new (5);
    NfMask t_mask = { truth + 4 * t, 4 }, g_mask = { guess + 4 * t, 4 };
    guint frames = t == 0 ? 2 : 1;
    const NfClipScore *clip;

    nf_confusion_add (counts, t_mask, g_mask, 4, frames);
    nf_scoreboard_add_counts (counted, counts, frames, 0);
    clip = nf_scoreboard_end_clip (counted, NULL);
    g_assert_cmpuint (clip->frames, ==, frames);
  }
  a = nf_scoreboard_get_scores (whole);
  b = nf_scoreboard_get_scores (counted);
  g_assert_cmpuint (b.frames, ==, 3);
  g_assert_cmpuint (b.clips, ==, 2);
  g_assert_cmpfloat (b.jaccard, ==, a.jaccard);
  g_assert_cmpfloat (b.mean_clip_jaccard, ==, a.mean_clip_jaccard);
  g_assert_cmpfloat (b.jaccard, !=, b.mean_clip_jaccard);
}

static JsonObject *
parse_report (JsonParser *parser, const gchar *text)
{
  g_assert_true (json_parser_load_from_data (parser, text, -1, NULL));
  return json_node_get_object (json_parser_get_root (parser));
}

static void
test_scoreboard_report (void)
{
  g_autoptr (NfScoreboard) board = make_board (49);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree gchar *text = NULL;
  JsonObject *report, *clip, *frame, *class;

  nf_scoreboard_end_clip (board, NULL);
  text = nf_scoreboard_to_json (board, TRUE);
  report = parse_report (parser, text);
  g_assert_true (
      near (json_object_get_double_member (report, "jaccard"), 1.0 / 3, 1e-15));
  g_assert_cmpint (json_object_get_int_member (report, "frames"), ==, 3);
  g_assert_cmpint (
      json_object_get_int_member (report, "unmatched-truth"), ==, 3);
  g_assert_true (json_object_get_boolean_member (report, "complete"));
  clip = json_array_get_object_element (
      json_object_get_array_member (report, "clips"), 0);
  g_assert_cmpstr (
      json_object_get_string_member (clip, "stream-id"), ==, "first");
  g_assert_cmpstr (
      json_object_get_string_member (clip, "name"), ==, "train/video_0");
  g_assert_cmpint (json_object_get_int_member (clip, "end"), ==, 80);
  frame = json_array_get_object_element (
      json_object_get_array_member (clip, "frame-scores"), 1);
  g_assert_cmpint (json_object_get_int_member (frame, "running-time"), ==, 80);
  g_assert_true (
      near (json_object_get_double_member (frame, "jaccard"), 1, 1e-15));
  g_assert_cmpuint (
      json_array_get_length (json_object_get_array_member (report, "classes")),
      ==, 49);
  class = json_array_get_object_element (
      json_object_get_array_member (report, "classes"), 1);
  g_assert_cmpstr (
      json_object_get_string_member (class, "name"), ==, "gray metal cube");
  g_assert_cmpint (
      json_object_get_int_member (class, "false-positives"), ==, 8);
  class = json_array_get_object_element (
      json_object_get_array_member (report, "classes"), 2);
  g_assert_true (json_object_get_null_member (class, "iou"));
}

static void
test_scoreboard_report_written (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("report-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (folder, "report.json", NULL);
  g_autofree gchar *nowhere = g_build_filename (folder, "no", "where", NULL);
  g_autoptr (NfScoreboard) board = nf_scoreboard_new (2, FALSE);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;
  JsonObject *report;

  g_assert_true (nf_scoreboard_write_report (board, path, FALSE, NULL));
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  report = parse_report (parser, text);
  g_assert_true (json_object_get_null_member (report, "jaccard"));
  g_assert_false (json_object_get_boolean_member (report, "complete"));
  g_assert_false (nf_scoreboard_write_report (board, nowhere, TRUE, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_IO);
  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_confusion_copy_baseline_of_real_clips (void)
{
  const gchar *shared = g_getenv ("NF_SHARED");
  g_autoptr (NfScoreboard) board = nf_scoreboard_new (NF_N_CLASSES, FALSE);
  NfScores scores;

  for (guint i = 0; i < 3; i++) {
    g_autofree gchar *path = g_strdup_printf (
        "%s/data/train/video_%u/mask.npy", shared ? shared : ".", i);
    g_autoptr (GBytes) bytes = NULL;
    NfNpyHeader header;
    const guint8 *masks;
    gsize frame;

    if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
      g_test_skip ("the real clips are not here (NF_SHARED)");
      return;
    }
    bytes = nf_npy_load (path, &header, NULL);
    g_assert_nonnull (bytes);
    masks = g_bytes_get_data (bytes, NULL);
    frame = header.shape[1] * header.shape[2];
    nf_scoreboard_add_frame (board,
        (NfMask){ masks + 21 * frame, header.shape[2] },
        (NfMask){ masks + 10 * frame, header.shape[2] }, header.shape[2],
        header.shape[1], 0);
    nf_scoreboard_end_clip (board, NULL);
  }
  scores = nf_scoreboard_get_scores (board);
  g_assert_true (near (scores.jaccard, 0.348, 0.0005));
  g_assert_true (near (scores.mean_clip_jaccard, 0.434, 0.0005));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metrics/object-scores", test_object_scores);
  g_test_add_func ("/metrics/mask-scale", test_mask_scale);
  g_test_add_func ("/confusion/counts", test_confusion_counts);
  g_test_add_func ("/confusion/by-hand", test_confusion_scores_by_hand);
  g_test_add_func ("/confusion/merge", test_confusion_merge_equals_whole);
  g_test_add_func (
      "/confusion/real-clips", test_confusion_copy_baseline_of_real_clips);
  g_test_add_func ("/classes", test_classes_names_and_colors);
  g_test_add_func ("/scoreboard/scores", test_scoreboard_scores);
  g_test_add_func ("/scoreboard/counts", test_scoreboard_counts);
  g_test_add_func ("/scoreboard/report", test_scoreboard_report);
  g_test_add_func ("/scoreboard/written", test_scoreboard_report_written);

  return g_test_run ();
}
