/* SPDX-License-Identifier: MIT
 *
 * eval — the figures of an evaluation, going on where it stopped, the page, and
 * what is refused */
#include "eval/eval.h"
#include "core/nferror.h"
#include "diffusion/nfpredictor.h"
#include "io/nfdataset.h"
#include "io/nfpng.h"
#include "metrics/nfclasses.h"
#include "metrics/nfimage.h"
#include "metrics/nfscoreboard.h"
#include "nets/nfsegmenter.h"
#include "nftestmodels.h"
#include "scene/track/nfextrapolate.h"
#include "synth/synth.h"
#include "video/gstnfvideo.h"

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define WIDTH 32
#define HEIGHT 24
#define PIXELS (WIDTH * HEIGHT)
#define CLIPS 3
#define FRAMES 22
#define CONTEXT 11
#define FAST "--steps 2 --ensemble 2 --threads 1 --device cpu "

typedef struct
{
  gchar *root;
  gchar *data; /* CLIPS clips in val/, one in train/ */
  gchar *networks; /* the options that name them */
} Place;

static GString *printed;

static void
on_print (const gchar *text)
{
  g_string_append (printed, text);
}

typedef gboolean (*Subcommand) (gint argc, gchar **argv, GError **error);

/* Runs a subcommand; options have spaces between. */
static gboolean
run (Subcommand subcommand, const gchar *options, GError **error)
{
  g_auto (GStrv) words = g_strsplit (options, " ", -1);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();

  g_ptr_array_add (argv, (gpointer) "subcommand");
  for (guint i = 0; words[i]; i++)
    if (words[i][0])
      g_ptr_array_add (argv, words[i]);
  g_ptr_array_add (argv, NULL);
  return subcommand (argv->len - 1, (gchar **) argv->pdata, error);
}

static gboolean
eval (const gchar *options, GError **error)
{
  GPrintFunc before = g_set_print_handler (on_print);
  gboolean good;

  g_string_truncate (printed, 0);
  good = run (nf_eval_main, options, error);
  g_set_print_handler (before);
  return good;
}

/* The same on the place's clips, with its networks. */
static gboolean
eval_place (const Place *place, const gchar *options, GError **error)
{
  g_autofree gchar *all = g_strdup_printf (
      "--data %s %s %s %s", place->data, place->networks, FAST, options);

  return eval (all, error);
}

static void
eval_well (const Place *place, const gchar *options)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (eval_place (place, options, &error));
  g_assert_no_error (error);
}

static void
write_clips (const gchar *folder, guint frames)
{
  g_autofree gchar *options = g_strdup_printf (
      "--out %s --val %d --train 1 --width %d --height %d --frames %u --seed 4",
      folder, CLIPS, WIDTH, HEIGHT, frames);
  g_autoptr (GError) error = NULL;

  run (nf_synth_main, options, &error);
  g_assert_no_error (error);
}

static void
set_up (Place *place, gconstpointer unused)
{
  NfUnetConfig unet;
  NfUnetppConfig unetpp;
  g_autofree gchar *segment = NULL;
  g_autofree gchar *predict = NULL;

  printed = g_string_new (NULL);
  place->root = nf_test_folder_new ();
  place->data = g_build_filename (place->root, "data", NULL);
  write_clips (place->data, FRAMES);
  segment = g_build_filename (place->root, "segment.safetensors", NULL);
  predict = g_build_filename (place->root, "predict.safetensors", NULL);
  nf_test_unet_config (&unet);
  nf_test_unetpp_config (&unetpp);
  nf_test_save_unet (predict, &unet, 1);
  nf_test_save_unetpp (segment, &unetpp, 2);
  place->networks =
      g_strdup_printf ("--segment %s --predict %s", segment, predict);
}

static void
tear_down (Place *place, gconstpointer unused)
{
  nf_test_folder_remove (place->root);
  g_free (place->root);
  g_free (place->data);
  g_free (place->networks);
  g_string_free (printed, TRUE);
}

static gchar *
in_place (const Place *place, const gchar *run, const gchar *name)
{
  return g_build_filename (place->root, run, name, NULL);
}

static gchar *
read_text (const Place *place, const gchar *run, const gchar *name)
{
  g_autofree gchar *path = in_place (place, run, name);
  g_autoptr (GError) error = NULL;
  gchar *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static JsonObject *
read_report (const Place *place, const gchar *run)
{
  g_autofree gchar *text = read_text (place, run, "report.json");
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = json_from_string (text, &error);

  g_assert_no_error (error);
  return json_node_dup_object (node);
}

static JsonObject *
find_row (JsonObject *report, const gchar *name)
{
  JsonArray *rows = json_object_get_array_member (report, "rows");

  for (guint i = 0; i < json_array_get_length (rows); i++) {
    JsonObject *row = json_array_get_object_element (rows, i);

    if (g_str_equal (json_object_get_string_member (row, "name"), name))
      return row;
  }
  g_error ("no row %s", name);
  return NULL;
}

static void
assert_figure (JsonObject *row, const gchar *name, gdouble expected)
{
  gdouble value = json_object_get_double_member (row, name);

  g_test_message ("%s %s: %.12g, expected %.12g",
      json_object_get_string_member (row, "name"), name, value, expected);
  g_assert_true (fabs (value - expected) <= 1e-12 * MAX (1, fabs (expected)));
}

/* ------------------------------------------------------------------- figures */

/* What the elements would make of a clip, by the same functions of the library:
 * the mask of frame 22, or all masks. */
typedef gboolean (*MakeMasks) (
    const Place *place, const NfClip *clip, guint64 number, guint8 *masks);

static gboolean
dynamics_masks (
    const Place *place, const NfClip *clip, guint64 number, guint8 *masks)
{
  const guint8 *past[CONTEXT];

  for (guint t = 0; t < CONTEXT; t++)
    past[t] = nf_clip_mask (clip, t);
  return nf_extrapolate (NF_EXTRAPOLATE_DYNAMICS, past, CONTEXT, WIDTH, HEIGHT,
      FRAMES - CONTEXT, masks + CONTEXT * PIXELS, NULL);
}

static gboolean
hold_masks (
    const Place *place, const NfClip *clip, guint64 number, guint8 *masks)
{
  memcpy (
      masks + (FRAMES - 1) * PIXELS, nf_clip_mask (clip, CONTEXT - 1), PIXELS);
  return TRUE;
}

static gboolean
segment_frames (
    const Place *place, const guint8 *frames, guint n, guint8 *masks)
{
  g_autofree gchar *path = in_place (place, "", "segment.safetensors");
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (NfSegmenter) segmenter = nf_segmenter_load (path, device, NULL);

  for (guint t = 0; t < n; t++)
    if (!nf_segmenter_run (segmenter, NF_F32, FALSE, frames + 3 * PIXELS * t, 1,
            HEIGHT, WIDTH, masks + PIXELS * t, NULL, NULL))
      return FALSE;
  return TRUE;
}

static gboolean
segment_masks (
    const Place *place, const NfClip *clip, guint64 number, guint8 *masks)
{
  return segment_frames (place, clip->frames, FRAMES, masks);
}

/* frame 22 by the predictor */
static gboolean
predict_frame (
    const Place *place, const NfClip *clip, guint64 number, guint8 *frame)
{
  g_autofree gchar *path = in_place (place, "", "predict.safetensors");
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (NfPredictor) predictor = nf_predictor_load (path, device, NULL);
  const NfUnetConfig *c = nf_predictor_config (predictor);
  gsize bytes = (gsize) 3 * c->width * c->height;
  guint n = c->num_frames_cond;
  g_autofree guint8 *small = g_malloc ((n + 1) * bytes);
  const guint8 *in[CONTEXT];
  guint8 *out[FRAMES - CONTEXT] = { NULL };
  NfPrediction prediction;

  for (guint i = 0; i < n; i++) {
    in[i] = small + bytes * i;
    if (!gst_nf_video_resize_rgb (nf_clip_frame (clip, CONTEXT - n + i), WIDTH,
            HEIGHT, small + bytes * i, c->width, c->height, NULL))
      return FALSE;
  }
  out[FRAMES - CONTEXT - 1] = small + bytes * n;
  nf_prediction_init (&prediction);
  prediction.steps = 2;
  prediction.stream = number;
  return nf_predictor_predict_pixels (
             predictor, &prediction, 1, NF_ENSEMBLE_MEAN, in, out, NULL)
      && gst_nf_video_resize_rgb (
          small + bytes * n, c->width, c->height, frame, WIDTH, HEIGHT, NULL);
}

static gboolean
predict_masks (
    const Place *place, const NfClip *clip, guint64 number, guint8 *masks)
{
  g_autofree guint8 *frame = g_malloc (3 * PIXELS);

  return predict_frame (place, clip, number, frame)
      && segment_frames (place, frame, 1, masks + (FRAMES - 1) * PIXELS);
}

static NfDataset *
open_clips (const Place *place)
{
  NfDatasetOptions options = { "val", TRUE, NF_N_CLASSES };
  g_autoptr (GError) error = NULL;
  NfDataset *dataset = nf_dataset_open (place->data, &options, &error);

  g_assert_no_error (error);
  return dataset;
}

static NfScores
score_clips (const Place *place, MakeMasks make, guint first)
{
  g_autoptr (NfDataset) dataset = open_clips (place);
  g_autoptr (NfScoreboard) board = nf_scoreboard_new (NF_N_CLASSES, FALSE);
  g_autofree guint8 *masks = g_malloc (FRAMES * PIXELS);

  for (guint i = 0; i < CLIPS; i++) {
    g_autoptr (NfClip) clip = nf_dataset_load_clip (dataset, i, NULL);

    g_assert_true (make (place, clip, i, masks));
    for (guint t = first; t < FRAMES; t++)
      nf_scoreboard_add_frame (board, (NfMask){ nf_clip_mask (clip, t), WIDTH },
          (NfMask){ masks + PIXELS * t, WIDTH }, WIDTH, HEIGHT, t);
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
  { "hold", hold_masks, FRAMES - 1 },
  { "dynamics", dynamics_masks, FRAMES - 1 },
  { "predict", predict_masks, FRAMES - 1 },
};

/* Scores are those of the elements' functions, scored by the scoreboard. */
static void
test_figures (Place *place, gconstpointer unused)
{
  g_autofree gchar *options = g_strdup_printf ("--out %s/run", place->root);
  g_autoptr (JsonObject) report = NULL;

  eval_well (place, options);
  report = read_report (place, "run");
  g_assert_cmpint (json_object_get_int_member (report, "clips"), ==, CLIPS);
  g_assert_true (json_object_get_boolean_member (report, "complete"));
  for (guint i = 0; i < G_N_ELEMENTS (references); i++) {
    NfScores scores =
        score_clips (place, references[i].make, references[i].first);
    JsonObject *row = find_row (report, references[i].row);

    assert_figure (row, "jaccard", scores.jaccard);
    assert_figure (row, "mean-clip-jaccard", scores.mean_clip_jaccard);
  }
}

/* The mean of PSNR and SSIM of predicted frames. */
static void
test_frames (Place *place, gconstpointer unused)
{
  g_autofree gchar *options =
      g_strdup_printf ("--only predict --out %s/run", place->root);
  g_autoptr (NfDataset) dataset = open_clips (place);
  g_autofree guint8 *frame = g_malloc (3 * PIXELS);
  g_autoptr (JsonObject) report = NULL;
  gdouble psnr = 0, ssim = 0;

  for (guint i = 0; i < CLIPS; i++) {
    g_autoptr (NfClip) clip = nf_dataset_load_clip (dataset, i, NULL);
    const guint8 *truth = nf_clip_frame (clip, FRAMES - 1);
    gdouble value;

    g_assert_true (predict_frame (place, clip, i, frame));
    psnr += nf_image_psnr (truth, frame, 3 * PIXELS) / CLIPS;
    g_assert_true (nf_image_ssim (truth, frame, WIDTH, HEIGHT, &value, NULL));
    ssim += value / CLIPS;
  }
  eval_well (place, options);
  report = read_report (place, "run");
  assert_figure (find_row (report, "predict"), "psnr", psnr);
  assert_figure (find_row (report, "predict"), "ssim", ssim);
}

/* An ensemble of one draw is that draw, however it is combined. */
static void
test_ensemble_of_one (Place *place, gconstpointer unused)
{
  static const gchar *const rows[] = { "predict-mean", "predict-median",
    "predict-medoid", "predict-best" };
  g_autofree gchar *options =
      g_strdup_printf ("--ensemble 1 --out %s/run", place->root);
  g_autoptr (JsonObject) report = NULL;
  JsonObject *one;

  eval_well (place, options);
  report = read_report (place, "run");
  one = find_row (report, "predict");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    JsonObject *row = find_row (report, rows[i]);

    assert_figure (
        row, "jaccard", json_object_get_double_member (one, "jaccard"));
    assert_figure (row, "psnr", json_object_get_double_member (one, "psnr"));
    assert_figure (row, "ssim", json_object_get_double_member (one, "ssim"));
  }
}

/* The best of more draws is no worse than the best of the first ones. */
static void
test_best_draw (Place *place, gconstpointer unused)
{
  g_autofree gchar *options = g_strdup_printf (
      "--only predict-best --only predict-medoid --ensemble 4 --out %s/run",
      place->root);
  g_autoptr (JsonObject) report = NULL;
  JsonObject *best, *medoid;

  eval_well (place, options);
  report = read_report (place, "run");
  best = find_row (report, "predict-best");
  medoid = find_row (report, "predict-medoid");
  g_assert_cmpfloat (json_object_get_double_member (best, "mean-clip-jaccard"),
      >=, json_object_get_double_member (medoid, "mean-clip-jaccard"));
  g_assert_cmpfloat (json_object_get_double_member (best, "psnr"), >=,
      json_object_get_double_member (medoid, "psnr"));
}

static guint
curve_length (JsonObject *report, const gchar *row)
{
  return json_array_get_length (
      json_object_get_array_member (find_row (report, row), "curve"));
}

static void
test_curve (Place *place, gconstpointer unused)
{
  g_autofree gchar *with = g_strdup_printf (
      "--only hold --only segment --only predict --out %s/with", place->root);
  g_autofree gchar *without = g_strdup_printf (
      "--only hold --only predict --no-curve --out %s/without", place->root);
  g_autoptr (JsonObject) curve = NULL;
  g_autoptr (JsonObject) none = NULL;

  eval_well (place, with);
  eval_well (place, without);
  curve = read_report (place, "with");
  none = read_report (place, "without");
  g_assert_cmpuint (curve_length (curve, "segment"), ==, FRAMES);
  g_assert_cmpuint (curve_length (curve, "predict"), ==, FRAMES - CONTEXT);
  g_assert_cmpuint (curve_length (none, "hold"), ==, 1);
  g_assert_cmpuint (curve_length (none, "predict"), ==, 1);
  assert_figure (find_row (none, "predict"), "jaccard",
      json_object_get_double_member (find_row (curve, "predict"), "jaccard"));
}

/* What a row called what, as text. */
static gchar *
confusion_text (const Place *place, const gchar *run, const gchar *row)
{
  g_autoptr (JsonObject) report = read_report (place, run);

  return json_to_string (
      json_object_get_member (find_row (report, row), "confusion"), FALSE);
}

/* Who decides, decides in every row that has the segmenter's masks. Votes of the
 * context do not hear what comes after it. */
static void
test_decision (Place *place, gconstpointer unused)
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

    eval_well (place, both);
    eval_well (place, alone);
    text_both = confusion_text (place, run_both, "segment-hold");
    text_alone = confusion_text (place, run_alone, "segment-hold");
    g_assert_cmpstr (text_both, ==, text_alone);
    if (i == 0)
      pixel = g_steal_pointer (&text_both);
    else
      g_assert_cmpstr (text_both, !=, pixel);
  }
}

static gboolean
has_row (JsonObject *report, const gchar *name)
{
  JsonArray *rows = json_object_get_array_member (report, "rows");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    if (g_str_equal (name,
            json_object_get_string_member (
                json_array_get_object_element (rows, i), "name")))
      return TRUE;
  return FALSE;
}

/* A network that was trained with a guide has rows about it. Where the whole
 * schedule is passed over, its prediction is the guide frame. */
static void
test_guide (Place *place, gconstpointer unused)
{
  static const gchar *const rows[] = { "guide", "predict-none",
    "predict-hold" };
  g_autofree gchar *path = in_place (place, "", "guided.safetensors");
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
  eval_well (place, guided);
  eval_well (place, plain);
  with = read_report (place, "guided");
  without = read_report (place, "plain");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_assert_true (has_row (with, rows[i]));
    g_assert_false (has_row (without, rows[i]));
  }
  drawn = confusion_text (place, "guided", "predict");
  itself = confusion_text (place, "guided", "guide");
  g_assert_cmpstr (drawn, ==, itself);
  assert_figure (find_row (with, "predict"), "psnr",
      json_object_get_double_member (find_row (with, "guide"), "psnr"));
}

/* Scenes that are rendered are those that synth writes; the table says what the
 * report does. */
static void
test_scenes (Place *place, gconstpointer unused)
{
  g_autofree gchar *options = g_strdup_printf (
      "--data scenes:6 --clips 2 --only hold --out %s/run", place->root);
  g_autoptr (JsonObject) report = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *figure = NULL;
  JsonArray *names;

  g_assert_true (eval (options, &error));
  g_assert_no_error (error);
  report = read_report (place, "run");
  names = json_object_get_array_member (report, "clip-names");
  g_assert_cmpstr (
      json_array_get_string_element (names, 1), ==, "scenes:6, clip 1");
  figure = g_strdup_printf (" %.4f ",
      json_object_get_double_member (find_row (report, "hold"), "jaccard"));
  g_assert_nonnull (strstr (printed->str, figure));
  g_assert_nonnull (strstr (printed->str, "2 of 2 clips"));
}

/* ------------------------------------------------------------------ going on */

/* Forgets what differs from run to run. */
static gchar *
figures_alone (JsonObject *report)
{
  JsonArray *rows = json_object_get_array_member (report, "rows");
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  for (guint i = 0; i < json_array_get_length (rows); i++) {
    JsonObject *row = json_array_get_object_element (rows, i);
    JsonArray *scores = json_object_get_array_member (row, "clip-scores");

    json_object_remove_member (row, "seconds-per-clip");
    for (guint k = 0; k < json_array_get_length (scores); k++)
      json_array_remove_element (json_array_get_array_element (scores, k), 3);
  }
  json_node_set_object (node, report);
  return json_to_string (node, FALSE);
}

static void
assert_same_figures (const Place *place, const gchar *a, const gchar *b)
{
  g_autoptr (JsonObject) report_a = read_report (place, a);
  g_autoptr (JsonObject) report_b = read_report (place, b);
  g_autofree gchar *text_a = figures_alone (report_a);
  g_autofree gchar *text_b = figures_alone (report_b);

  g_assert_cmpstr (text_a, ==, text_b);
}

static void
append_text (const Place *place, const gchar *run, const gchar *more)
{
  g_autofree gchar *path = in_place (place, run, "clips.jsonl");
  g_autofree gchar *before = read_text (place, run, "clips.jsonl");
  g_autofree gchar *text = g_strconcat (before, more, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* Clip by clip, with a line that was not finished: as in one go. */
static void
test_goes_on (Place *place, gconstpointer unused)
{
  g_autofree gchar *straight =
      g_strdup_printf ("--out %s/straight", place->root);

  eval_well (place, straight);
  for (guint n = 1; n <= CLIPS; n++) {
    g_autofree gchar *part =
        g_strdup_printf ("--clips %u --out %s/parts", n, place->root);

    eval_well (place, part);
    if (n == 1)
      append_text (place, "parts", "{\"name\":\"val/video_2\",\"rows\":[{\"ro");
  }
  assert_same_figures (place, "straight", "parts");
  /* nothing is left to do, and nothing changes */
  eval_well (place, straight);
  assert_same_figures (place, "straight", "parts");
}

/* Fewer clips than there are: the report is of those, the others stay. */
static void
test_fewer_clips (Place *place, gconstpointer unused)
{
  g_autofree gchar *all =
      g_strdup_printf ("--only hold --out %s/run", place->root);
  g_autofree gchar *few = g_strdup_printf ("%s --clips 1", all);
  g_autofree gchar *before = NULL;
  g_autofree gchar *after = NULL;
  g_autoptr (JsonObject) report = NULL;

  eval_well (place, all);
  before = read_text (place, "run", "clips.jsonl");
  eval_well (place, few);
  after = read_text (place, "run", "clips.jsonl");
  report = read_report (place, "run");
  g_assert_cmpstr (before, ==, after);
  g_assert_cmpint (json_object_get_int_member (report, "clips"), ==, 1);
}

/* Interrupts this program once a clip is done. */
static gpointer
interrupt_thread (gpointer path)
{
  GStatBuf info;

  while (g_stat (path, &info) != 0 || info.st_size == 0)
    g_usleep (1000);
  kill (getpid (), SIGINT);
  return NULL;
}

static void
test_interrupt (Place *place, gconstpointer unused)
{
  g_autofree gchar *options = g_strdup_printf (
      "--data scenes:3:100000 --only hold --out %s/run", place->root);
  g_autofree gchar *path = in_place (place, "run", "clips.jsonl");
  g_autofree gchar *page = in_place (place, "run", "report.html");
  GThread *thread = g_thread_new ("interrupt", interrupt_thread, path);
  g_autoptr (JsonObject) report = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (eval (options, &error));
  g_assert_no_error (error);
  g_thread_join (thread);
  report = read_report (place, "run");
  g_assert_false (json_object_get_boolean_member (report, "complete"));
  g_assert_cmpint (json_object_get_int_member (report, "clips"), >, 0);
  g_assert_cmpint (json_object_get_int_member (report, "clips"), <, 100000);
  g_assert_false (g_file_test (page, G_FILE_TEST_EXISTS));
}

/* ---------------------------------------------------------------------- page */

static guint
count (const gchar *text, const gchar *what)
{
  guint n = 0;

  for (const gchar *at = text; (at = strstr (at, what)); at++)
    n++;
  return n;
}

/* Every picture is a PNG of the clips' size. */
static void
assert_pictures (const Place *place, const gchar *page)
{
  static const gchar prefix[] = "src=\"data:image/png;base64,";
  g_autofree gchar *path = in_place (place, "", "picture.png");

  for (const gchar *at = page; (at = strstr (at, "src=\""));) {
    g_autofree gchar *text = NULL;
    g_autofree guchar *png = NULL;
    const gchar *end;
    gsize size;
    gint width, height;

    g_assert_true (g_str_has_prefix (at, prefix));
    at += strlen (prefix);
    end = strchr (at, '"');
    text = g_strndup (at, end - at);
    png = g_base64_decode (text, &size);
    g_assert_true (g_file_set_contents (path, (gchar *) png, size, NULL));
    g_assert_true (nf_png_size (path, &width, &height, NULL));
    g_assert_cmpint (width, ==, WIDTH);
    g_assert_cmpint (height, ==, HEIGHT);
    at = end;
  }
}

/* The page has all it shows within itself; names are text there. */
static void
test_page (Place *place, gconstpointer unused)
{
  g_autofree gchar *odd = g_build_filename (place->root, "a<b>&c", NULL);
  g_autofree gchar *options = g_strdup_printf ("--out %s/run", place->root);
  g_autofree gchar *page = NULL;

  g_assert_cmpint (g_rename (place->data, odd), ==, 0);
  g_free (place->data);
  place->data = g_steal_pointer (&odd);
  eval_well (place, options);
  page = read_text (place, "run", "report.html");
  g_assert_true (g_utf8_validate (page, -1, NULL));
  g_assert_nonnull (strstr (page, "a&lt;b&gt;&amp;c"));
  g_assert_null (strstr (page, "a<b>"));
  g_assert_null (strstr (page, "http:"));
  g_assert_null (strstr (page, "https:"));
  g_assert_null (strstr (page, "url("));
  g_assert_null (strstr (page, "<script"));
  /* three clips: three of the context, frame 22 true and predicted, two masks
   * and what is wrong, and a mask of each other row */
  g_assert_cmpuint (count (page, "<img "), ==, 3 * (8 + 11));
  g_assert_cmpuint (count (page, "<svg viewBox=\"0 0 640"), ==, 2);
  assert_pictures (place, page);
}

/* ------------------------------------------------------------------- refusal */

static void
assert_refused (
    const Place *place, const gchar *options, gint code, const gchar *says)
{
  g_auto (GStrv) parts = g_strsplit (says, "|", -1);
  g_autoptr (GError) error = NULL;

  g_assert_false (eval_place (place, options, &error));
  g_test_message ("\"%s\": %s", options, error->message);
  g_assert_error (error, NF_ERROR, code);
  for (guint i = 0; parts[i]; i++)
    g_assert_nonnull (strstr (error->message, parts[i]));
}

static const struct
{
  const gchar *options;
  NfError code;
  const gchar *says;
} bad_options[] = {
  { "--steps 0", NF_ERROR_INVALID, "--steps|1 to 1000|got 0" },
  { "--clips -1", NF_ERROR_INVALID, "--clips|got -1" },
  { "--ensemble 101", NF_ERROR_INVALID, "--ensemble|0 to 100" },
  { "--sampler magic", NF_ERROR_INVALID, "--sampler|magic|ddim" },
  { "--precision f16", NF_ERROR_INVALID, "--precision|bf16|f16" },
  { "--guide-start 2", NF_ERROR_INVALID, "--guide-start|0 to 1" },
  { "--only guide --guide-segment nowhere.safetensors", NF_ERROR_NOT_FOUND,
      "nowhere.safetensors|--guide-segment" },
  { "--decision vote", NF_ERROR_INVALID, "--decision|pixel, region|vote" },
  { "--device tpu", NF_ERROR_INVALID, "tpu" },
  { "--only nothing", NF_ERROR_INVALID, "--only|nothing|segment-dynamics" },
  { "--only predict-mean --ensemble 0", NF_ERROR_INVALID, "--ensemble" },
  { "--nonsense", NF_ERROR_INVALID, "nonsense" },
  { "word", NF_ERROR_INVALID, "word" },
  { "--splits hidden", NF_ERROR_NOT_FOUND, "hidden|splits" },
  { "--data nowhere", NF_ERROR_NOT_FOUND, "nowhere" },
  { "--data scenes:1", NF_ERROR_INVALID, "how many clips|scenes:1:500" },
  { "--data scenes:x:1", NF_ERROR_INVALID, "scenes:SEED:CLIPS" },
  { "--data scenes:1:1 --splits val", NF_ERROR_INVALID, "--splits" },
  { "--segment nowhere.safetensors", NF_ERROR_NOT_FOUND,
      "nowhere.safetensors|--segment|nextframe-train segment" },
  { "--predict nowhere.safetensors", NF_ERROR_NOT_FOUND,
      "nowhere.safetensors|--predict|nextframe-train diffusion" },
};

static void
test_bad_options_fail (Place *place, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bad_options); i++)
    assert_refused (place, bad_options[i].options, bad_options[i].code,
        bad_options[i].says);
  g_assert_false (eval ("", &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "--data"));
}

/* A network that does not draw frame 22. */
static void
test_other_predictor_fails (Place *place, gconstpointer unused)
{
  g_autofree gchar *path = in_place (place, "", "other.safetensors");
  g_autofree gchar *options = g_strdup_printf ("--predict %s", path);
  NfUnetConfig config;

  nf_test_unet_config (&config);
  config.future_gap = 2;
  nf_test_save_unet (path, &config, 1);
  assert_refused (place, options, NF_ERROR_INVALID, "other.safetensors");
  config.future_gap = 0;
  config.num_frames_cond = 12;
  nf_test_save_unet (path, &config, 1);
  assert_refused (
      place, options, NF_ERROR_INVALID, "other.safetensors|at most 11|12");
}

static void
test_short_clips_fail (Place *place, gconstpointer unused)
{
  g_autofree gchar *folder = g_build_filename (place->root, "short", NULL);
  g_autofree gchar *options = g_strdup_printf ("--only hold --data %s", folder);

  write_clips (folder, FRAMES - 1);
  assert_refused (place, options, NF_ERROR_INVALID, "video_1|22|21|--splits");
}

/* Nothing is mixed with another evaluation, and nothing of others is touched. */
static void
test_other_folder_fails (Place *place, gconstpointer unused)
{
  g_autofree gchar *options =
      g_strdup_printf ("--only hold --out %s/run", place->root);
  g_autofree gchar *other = g_strdup_printf (
      "--only hold --no-curve --splits train --out %s/run", place->root);
  g_autofree gchar *full =
      g_strdup_printf ("--only hold --out %s", place->data);

  eval_well (place, options);
  assert_refused (place, other, NF_ERROR_INVALID,
      "settings.json|curve was true and is false|\"val\"|\"train\"|--out");
  assert_refused (place, full, NF_ERROR_IO, "settings.json|--out");
}

static void
test_broken_journal_fails (Place *place, gconstpointer unused)
{
  static const gchar *const lines[] = { "nonsense\n", "{}\n",
    "{\"name\":\"x\",\"rows\":[{\"row\":\"hold\",\"frames\":[{\"frame\":23}]}]}"
    "\n",
    "{\"name\":\"x\",\"rows\":[{\"row\":\"hold\",\"seconds\":1,\"frames\":[{"
    "\"frame\":22,\"counts\":[0,49,1]}]}]}\n",
    "{\"name\":\"x\",\"rows\":[{\"row\":\"linear\",\"frames\":[]}]}\n" };
  g_autofree gchar *options =
      g_strdup_printf ("--only hold --out %s/run", place->root);
  g_autofree gchar *path = in_place (place, "run", "clips.jsonl");

  eval_well (place, options);
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autofree gchar *after = NULL;

    g_assert_true (g_file_set_contents (path, lines[i], -1, NULL));
    assert_refused (place, options, NF_ERROR_FORMAT, "clips.jsonl, line 1");
    after = read_text (place, "run", "clips.jsonl");
    g_assert_cmpstr (after, ==, lines[i]);
  }
}

#define ADD(name, func)                                                        \
  g_test_add ("/eval/" name, Place, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  ADD ("figures", test_figures);
  ADD ("frames", test_frames);
  ADD ("ensemble-of-one", test_ensemble_of_one);
  ADD ("best-draw", test_best_draw);
  ADD ("curve", test_curve);
  ADD ("decision", test_decision);
  ADD ("guide", test_guide);
  ADD ("scenes", test_scenes);
  ADD ("goes-on", test_goes_on);
  ADD ("fewer-clips", test_fewer_clips);
  ADD ("interrupt", test_interrupt);
  ADD ("page", test_page);
  ADD ("bad-options", test_bad_options_fail);
  ADD ("other-predictor", test_other_predictor_fails);
  ADD ("short-clips", test_short_clips_fail);
  ADD ("other-folder", test_other_folder_fails);
  ADD ("broken-journal", test_broken_journal_fails);
  return g_test_run ();
}
