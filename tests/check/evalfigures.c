/* SPDX-License-Identifier: MIT
 *
 * evalfigures — the figures of an evaluation, against the functions that the
 * elements call */
#include "eval/figures.h"
#include "eval/rows.h"
#include "evalplace.h"

#include <nextframe/diffusion/nfpredictor.h>
#include "io/nfdataset.h"
#include <nextframe/metrics/nfclasses.h>
#include <nextframe/metrics/nfimage.h>
#include <nextframe/metrics/nfscoreboard.h>
#include <nextframe/nets/nfsegmenter.h>
#include "nftestmodels.h"
#include <nextframe/scene/track/nfextrapolate.h>
#include "video/gstnfvideo.h"

#include <gst/gst.h>
#include <math.h>
#include <string.h>

static void
assert_figure (JsonObject *row, const gchar *name, gdouble expected)
{
  gdouble value = json_object_get_double_member (row, name);

  g_test_message ("%s %s: %.12g, expected %.12g",
      json_object_get_string_member (row, "name"), name, value, expected);
  g_assert_true (isfinite (expected)
      && fabs (value - expected) <= 1e-12 * MAX (1, fabs (expected)));
}

/* What the elements would make of a clip, by the same functions of the library:
 * the mask of frame 22, or all masks. */
typedef gboolean (*MakeMasks) (const NfEvalPlace *place, const NfClip *clip,
    guint64 number, guint8 *masks);

static gboolean
dynamics_masks (
    const NfEvalPlace *place, const NfClip *clip, guint64 number, guint8 *masks)
{
  const guint8 *past[NF_EVAL_PLACE_CONTEXT];

  for (guint t = 0; t < NF_EVAL_PLACE_CONTEXT; t++)
    past[t] = nf_clip_mask (clip, t);
  return nf_extrapolate (NF_EXTRAPOLATE_DYNAMICS, past, NF_EVAL_PLACE_CONTEXT,
      NF_EVAL_PLACE_WIDTH, NF_EVAL_PLACE_HEIGHT,
      NF_EVAL_PLACE_FRAMES - NF_EVAL_PLACE_CONTEXT,
      masks + NF_EVAL_PLACE_CONTEXT * NF_EVAL_PLACE_PIXELS, NULL);
}

static gboolean
hold_masks (
    const NfEvalPlace *place, const NfClip *clip, guint64 number, guint8 *masks)
{
  memcpy (masks + (NF_EVAL_PLACE_FRAMES - 1) * NF_EVAL_PLACE_PIXELS,
      nf_clip_mask (clip, NF_EVAL_PLACE_CONTEXT - 1), NF_EVAL_PLACE_PIXELS);
  return TRUE;
}

static gboolean
segment_frames (
    const NfEvalPlace *place, const guint8 *frames, guint n, guint8 *masks)
{
  g_autofree gchar *path = nf_test_eval_path (place, "", "segment.safetensors");
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (NfSegmenter) segmenter = nf_segmenter_load (path, device, NULL);

  for (guint t = 0; t < n; t++)
    if (!nf_segmenter_run (segmenter, NF_F32, FALSE,
            frames + 3 * NF_EVAL_PLACE_PIXELS * t, 1, NF_EVAL_PLACE_HEIGHT,
            NF_EVAL_PLACE_WIDTH, masks + NF_EVAL_PLACE_PIXELS * t, NULL, NULL))
      return FALSE;
  return TRUE;
}

static gboolean
segment_masks (
    const NfEvalPlace *place, const NfClip *clip, guint64 number, guint8 *masks)
{
  return segment_frames (place, clip->frames, NF_EVAL_PLACE_FRAMES, masks);
}

/* frame 22 by the predictor */
static gboolean
predict_frame (
    const NfEvalPlace *place, const NfClip *clip, guint64 number, guint8 *frame)
{
  g_autofree gchar *path = nf_test_eval_path (place, "", "predict.safetensors");
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (NfPredictor) predictor = nf_predictor_load (path, device, NULL);
  const NfUnetConfig *c = nf_predictor_config (predictor);
  gsize bytes = (gsize) 3 * c->width * c->height;
  guint n = c->num_frames_cond;
  g_autofree guint8 *small = g_malloc ((n + 1) * bytes);
  const guint8 *in[NF_EVAL_PLACE_CONTEXT];
  guint8 *out[NF_EVAL_PLACE_FRAMES - NF_EVAL_PLACE_CONTEXT] = { NULL };
  NfPrediction prediction;

  for (guint i = 0; i < n; i++) {
    in[i] = small + bytes * i;
    if (!gst_nf_video_resize_rgb (
            nf_clip_frame (clip, NF_EVAL_PLACE_CONTEXT - n + i),
            NF_EVAL_PLACE_WIDTH, NF_EVAL_PLACE_HEIGHT, small + bytes * i,
            c->width, c->height, NULL))
      return FALSE;
  }
  out[NF_EVAL_PLACE_FRAMES - NF_EVAL_PLACE_CONTEXT - 1] = small + bytes * n;
  nf_prediction_init (&prediction);
  prediction.steps = 2;
  prediction.stream = number;
  return nf_predictor_predict_pixels (
             predictor, &prediction, 1, NF_ENSEMBLE_MEAN, in, out, NULL)
      && gst_nf_video_resize_rgb (small + bytes * n, c->width, c->height, frame,
          NF_EVAL_PLACE_WIDTH, NF_EVAL_PLACE_HEIGHT, NULL);
}

static gboolean
predict_masks (
    const NfEvalPlace *place, const NfClip *clip, guint64 number, guint8 *masks)
{
  g_autofree guint8 *frame = g_malloc (3 * NF_EVAL_PLACE_PIXELS);

  return predict_frame (place, clip, number, frame)
      && segment_frames (place, frame, 1,
          masks + (NF_EVAL_PLACE_FRAMES - 1) * NF_EVAL_PLACE_PIXELS);
}

static NfScores
score_clips (const NfEvalPlace *place, MakeMasks make, guint first)
{
  g_autoptr (NfDataset) dataset = nf_test_eval_clips (place);
  g_autoptr (NfScoreboard) board = nf_scoreboard_new (NF_N_CLASSES, FALSE);
  g_autofree guint8 *masks =
      g_malloc (NF_EVAL_PLACE_FRAMES * NF_EVAL_PLACE_PIXELS);

  for (guint i = 0; i < NF_EVAL_PLACE_CLIPS; i++) {
    g_autoptr (NfClip) clip = nf_dataset_load_clip (dataset, i, NULL);

    g_assert_true (make (place, clip, i, masks));
    for (guint t = first; t < NF_EVAL_PLACE_FRAMES; t++)
      nf_scoreboard_add_frame (board,
          (NfMask){ nf_clip_mask (clip, t), NF_EVAL_PLACE_WIDTH },
          (NfMask){ masks + NF_EVAL_PLACE_PIXELS * t, NF_EVAL_PLACE_WIDTH },
          NF_EVAL_PLACE_WIDTH, NF_EVAL_PLACE_HEIGHT, t);
    nf_scoreboard_end_clip (board, NULL);
  }
  return nf_scoreboard_get_scores (board);
}

static const struct
{
  const gchar *row;
  MakeMasks make;
  guint first;
} references[] = {
  { "segment", segment_masks, 0 },
  { "hold", hold_masks, NF_EVAL_PLACE_FRAMES - 1 },
  { "dynamics", dynamics_masks, NF_EVAL_PLACE_FRAMES - 1 },
  { "predict", predict_masks, NF_EVAL_PLACE_FRAMES - 1 },
};

/* Scores are those of the elements' functions, scored by the scoreboard. */
static void
test_figures (NfEvalPlace *place, gconstpointer unused)
{
  g_autofree gchar *options = g_strdup_printf ("--out %s/run", place->root);
  g_autoptr (JsonObject) report = NULL;

  nf_test_eval_well (place, options);
  report = nf_test_eval_report (place, "run");
  g_assert_cmpint (
      json_object_get_int_member (report, "clips"), ==, NF_EVAL_PLACE_CLIPS);
  g_assert_true (json_object_get_boolean_member (report, "complete"));
  for (guint i = 0; i < G_N_ELEMENTS (references); i++) {
    NfScores scores =
        score_clips (place, references[i].make, references[i].first);
    JsonObject *row = nf_test_eval_row (report, references[i].row);

    assert_figure (row, "jaccard", scores.jaccard);
    assert_figure (row, "mean-clip-jaccard", scores.mean_clip_jaccard);
  }
}

/* The mean of PSNR and SSIM of predicted frames. */
static void
test_frames (NfEvalPlace *place, gconstpointer unused)
{
  g_autofree gchar *options =
      g_strdup_printf ("--only predict --out %s/run", place->root);
  g_autoptr (NfDataset) dataset = nf_test_eval_clips (place);
  g_autofree guint8 *frame = g_malloc (3 * NF_EVAL_PLACE_PIXELS);
  g_autoptr (JsonObject) report = NULL;
  gdouble psnr = 0, ssim = 0;

  for (guint i = 0; i < NF_EVAL_PLACE_CLIPS; i++) {
    g_autoptr (NfClip) clip = nf_dataset_load_clip (dataset, i, NULL);
    const guint8 *truth = nf_clip_frame (clip, NF_EVAL_PLACE_FRAMES - 1);
    gdouble value;

    g_assert_true (predict_frame (place, clip, i, frame));
    psnr += nf_image_psnr (truth, frame, 3 * NF_EVAL_PLACE_PIXELS)
        / NF_EVAL_PLACE_CLIPS;
    g_assert_true (nf_image_ssim (
        truth, frame, NF_EVAL_PLACE_WIDTH, NF_EVAL_PLACE_HEIGHT, &value, NULL));
    ssim += value / NF_EVAL_PLACE_CLIPS;
  }
  nf_test_eval_well (place, options);
  report = nf_test_eval_report (place, "run");
  assert_figure (nf_test_eval_row (report, "predict"), "psnr", psnr);
  assert_figure (nf_test_eval_row (report, "predict"), "ssim", ssim);
}

/* An ensemble of one draw is that draw, however it is combined. */
static void
test_ensemble_of_one (NfEvalPlace *place, gconstpointer unused)
{
  static const gchar *const rows[] = { "predict-mean", "predict-median",
    "predict-medoid", "predict-classes", "predict-best" };
  g_autofree gchar *options =
      g_strdup_printf ("--ensemble 1 --out %s/run", place->root);
  g_autoptr (JsonObject) report = NULL;
  JsonObject *one;

  nf_test_eval_well (place, options);
  report = nf_test_eval_report (place, "run");
  one = nf_test_eval_row (report, "predict");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    JsonObject *row = nf_test_eval_row (report, rows[i]);

    assert_figure (
        row, "jaccard", json_object_get_double_member (one, "jaccard"));
    assert_figure (row, "psnr", json_object_get_double_member (one, "psnr"));
    assert_figure (row, "ssim", json_object_get_double_member (one, "ssim"));
  }
}

/* The best of more draws is no worse than the best of the first ones. */
static void
test_best_draw (NfEvalPlace *place, gconstpointer unused)
{
  g_autofree gchar *options = g_strdup_printf (
      "--only predict-best --only predict-medoid --ensemble 4 --out %s/run",
      place->root);
  g_autoptr (JsonObject) report = NULL;
  JsonObject *best, *medoid;

  nf_test_eval_well (place, options);
  report = nf_test_eval_report (place, "run");
  best = nf_test_eval_row (report, "predict-best");
  medoid = nf_test_eval_row (report, "predict-medoid");
  g_assert_cmpfloat (json_object_get_double_member (best, "mean-clip-jaccard"),
      >=, json_object_get_double_member (medoid, "mean-clip-jaccard"));
  g_assert_cmpfloat (json_object_get_double_member (best, "psnr"), >=,
      json_object_get_double_member (medoid, "psnr"));
}

static guint
curve_length (JsonObject *report, const gchar *row)
{
  return json_array_get_length (
      json_object_get_array_member (nf_test_eval_row (report, row), "curve"));
}

static void
test_curve (NfEvalPlace *place, gconstpointer unused)
{
  g_autofree gchar *with = g_strdup_printf (
      "--only hold --only segment --only predict --out %s/with", place->root);
  g_autofree gchar *without = g_strdup_printf (
      "--only hold --only predict --no-curve --out %s/without", place->root);
  g_autoptr (JsonObject) curve = NULL;
  g_autoptr (JsonObject) none = NULL;

  nf_test_eval_well (place, with);
  nf_test_eval_well (place, without);
  curve = nf_test_eval_report (place, "with");
  none = nf_test_eval_report (place, "without");
  g_assert_cmpuint (curve_length (curve, "segment"), ==, NF_EVAL_PLACE_FRAMES);
  g_assert_cmpuint (curve_length (curve, "predict"), ==,
      NF_EVAL_PLACE_FRAMES - NF_EVAL_PLACE_CONTEXT);
  g_assert_cmpuint (curve_length (none, "hold"), ==, 1);
  g_assert_cmpuint (curve_length (none, "predict"), ==, 1);
  assert_figure (nf_test_eval_row (none, "predict"), "jaccard",
      json_object_get_double_member (
          nf_test_eval_row (curve, "predict"), "jaccard"));
}

/* What a row called what, as text. */
/* Who decides, decides in every row that has the segmenter's masks. Votes of the
 * context do not hear what comes after it. */
static void
test_decision (NfEvalPlace *place, gconstpointer unused)
{
  static const gchar *const decisions[] = { "pixel", "region", "clip" };
  g_autofree gchar *pixel = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (decisions); i++) {
    g_autofree gchar *both = g_strdup_printf (
        "--only segment --only segment-hold --decision %s --out %s/both-%u",
        decisions[i], place->root, i);
    g_autofree gchar *alone =
        g_strdup_printf ("--only segment-hold --decision %s --out %s/alone-%u",
            decisions[i], place->root, i);
    g_autofree gchar *run_both = g_strdup_printf ("both-%u", i);
    g_autofree gchar *run_alone = g_strdup_printf ("alone-%u", i);
    g_autofree gchar *text_both = NULL;
    g_autofree gchar *text_alone = NULL;

    nf_test_eval_well (place, both);
    nf_test_eval_well (place, alone);
    text_both = nf_test_eval_confusion (place, run_both, "segment-hold");
    text_alone = nf_test_eval_confusion (place, run_alone, "segment-hold");
    g_assert_cmpstr (text_both, ==, text_alone);
    if (i == 0)
      pixel = g_steal_pointer (&text_both);
    else
      g_assert_cmpstr (text_both, !=, pixel);
  }
}

/* A network that was trained with a guide has rows about it. Where the whole
 * schedule is passed over, its prediction is the guide frame. */
static void
test_guide (NfEvalPlace *place, gconstpointer unused)
{
  static const gchar *const rows[] = { "guide", "predict-none",
    "predict-hold" };
  g_autofree gchar *path = nf_test_eval_path (place, "", "guided.safetensors");
  g_autofree gchar *guided = g_strdup_printf (
      "--predict %s --clips 1 --no-curve --ensemble 0 --guide-start 1 "
      "--out %s/guided",
      path, place->root);
  g_autofree gchar *plain = g_strdup_printf (
      "--clips 1 --no-curve --ensemble 0 --out %s/plain", place->root);
  g_autoptr (JsonObject) with = NULL;
  g_autoptr (JsonObject) without = NULL;
  g_autofree gchar *drawn = NULL;
  g_autofree gchar *itself = NULL;
  NfUnetConfig config;

  nf_test_unet_config (&config);
  config.guide = TRUE;
  nf_test_save_unet (path, &config, 3);
  nf_test_eval_well (place, guided);
  nf_test_eval_well (place, plain);
  with = nf_test_eval_report (place, "guided");
  without = nf_test_eval_report (place, "plain");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_assert_true (nf_test_eval_has_row (with, rows[i]));
    g_assert_false (nf_test_eval_has_row (without, rows[i]));
  }
  drawn = nf_test_eval_confusion (place, "guided", "predict");
  itself = nf_test_eval_confusion (place, "guided", "guide");
  g_assert_cmpstr (drawn, ==, itself);
  assert_figure (nf_test_eval_row (with, "predict"), "psnr",
      json_object_get_double_member (nf_test_eval_row (with, "guide"), "psnr"));
}

/* Scenes that are rendered are those that synth writes; the table says what the
 * report does. */
static void
test_scenes (NfEvalPlace *place, gconstpointer unused)
{
  g_autofree gchar *options = g_strdup_printf (
      "--data scenes:6 --clips 2 --only hold --out %s/run", place->root);
  g_autoptr (JsonObject) report = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *figure = NULL;
  JsonArray *names;

  g_assert_true (nf_test_eval (options, &error));
  g_assert_no_error (error);
  report = nf_test_eval_report (place, "run");
  names = json_object_get_array_member (report, "clip-names");
  g_assert_cmpstr (
      json_array_get_string_element (names, 1), ==, "scenes:6, clip 1");
  figure = g_strdup_printf (" %.4f ",
      json_object_get_double_member (
          nf_test_eval_row (report, "hold"), "jaccard"));
  g_assert_nonnull (strstr (nf_test_eval_printed (), figure));
  g_assert_nonnull (strstr (nf_test_eval_printed (), "2 of 2 clips"));
}

/* The seconds of a clip are the median of all; between the two in the middle where
 * their number is even. */
static void
test_median (void)
{
  static const gdouble seconds[] = { 7, 1, 2, 40, 3, 5 };
  static const gdouble medians[] = { 7, 4, 2, 4.5, 3, 4 };
  const NfEvalRow row = { .name = "row", .title = "A row" };
  g_autoptr (NfEvalTotal) total = nf_eval_total_new (&row);
  g_autoptr (NfEvalMarks) marks = nf_eval_marks_new ();
  g_autoptr (GPtrArray) totals = g_ptr_array_new ();
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autoptr (JsonObject) settings = json_object_new ();

  g_ptr_array_add (totals, total);
  for (guint i = 0; i < G_N_ELEMENTS (seconds); i++) {
    g_autoptr (JsonObject) figures = NULL;

    marks->seconds = seconds[i];
    nf_eval_total_add (total, marks);
    g_ptr_array_add (names, (gpointer) "clip");
    figures = nf_eval_figures_new (totals, names, settings, TRUE);
    assert_figure (json_array_get_object_element (
                       json_object_get_array_member (figures, "rows"), 0),
        "seconds-per-clip", medians[i]);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/eval/median", test_median);
  NF_TEST_EVAL_ADD ("figures", test_figures);
  NF_TEST_EVAL_ADD ("frames", test_frames);
  NF_TEST_EVAL_ADD ("ensemble-of-one", test_ensemble_of_one);
  NF_TEST_EVAL_ADD ("best-draw", test_best_draw);
  NF_TEST_EVAL_ADD ("curve", test_curve);
  NF_TEST_EVAL_ADD ("decision", test_decision);
  NF_TEST_EVAL_ADD ("guide", test_guide);
  NF_TEST_EVAL_ADD ("scenes", test_scenes);
  return g_test_run ();
}
