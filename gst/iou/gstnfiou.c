/* SPDX-License-Identifier: MIT
 *
 * gstnfiou — nfiou: two mask streams in, scores out
 *
 * Siblings: compare/gstnfcompare.c (which masks are pairs, what goes on),
 * gstnfioumessage.c */

/**
 * SECTION:element-nfiou
 * @title: nfiou
 * @short_description: Scores predicted masks against true ones
 * @see_also: nfsegment, nfextrapolate, nfnpydec
 *
 * Compares class masks (GRAY8, a class id in each pixel) that come to the pads
 * `prediction` and `truth`, and hands the predictions on unchanged. Two masks
 * are a pair when their running times differ by half a frame's duration at
 * most; masks without a partner are counted, or an error with
 * #GstNfIou:strict. Ids of #GstNfIou:classes and more count as background (0).
 *
 * All pixels of all pairs go into one confusion matrix. A class's score is
 * TP / (TP + FP + FN); the Jaccard index is the mean over the classes that
 * occur in the prediction or in the truth. It is reported for every frame, every
 * clip and pooled over everything. A clip begins where the stream-start, a new
 * segment or a DISCONT buffer of either pad says so. A flush forgets all.
 *
 * The pads wait for each other. When one thread feeds both (a tee, a source
 * with two pads), put a queue before each of them that holds as many frames as
 * the prediction lags behind.
 *
 * ## Messages
 *
 * With #GstNfIou:post-messages element messages named `nf-iou` are posted; scores are doubles, 0 to 1, or
 * NaN when there was nothing to score; times are guint64 nanoseconds.
 *
 * * `scope` (string): `frame` after each pair, or less often
 *   (#GstNfIou:interval), `clip` when a clip has ended, `total` at EOS
 * * `jaccard`, `dice`, `pixel-accuracy` (double): of that frame, that clip, or
 *   pooled over everything
 * * `class-iou` (GValueArray of double): of each class; NaN where it occurs
 *   in neither mask
 * * `clip` (uint): number of the clip, from 0; scopes `frame` and `clip`
 * * `name` (string): of the clip, as the title in the tags of the prediction or
 *   else of the truth says it; may be NULL; scopes `frame` and `clip`
 *
 * Of scope `frame`:
 *
 * * `running-time`, `stream-time`, `timestamp`, `duration` (guint64): of the
 *   predicted frame
 *
 * Of scope `clip`:
 *
 * * `stream-id` (string): of the prediction's stream-start, may be NULL
 * * `frames` (guint64): pairs scored
 * * `start-time`, `end-time` (guint64): running times of the first and the
 *   last of them
 *
 * Of scope `total`, and in #GstNfIou:stats (there without `class-iou`):
 *
 * * `frames` (guint64): pairs scored
 * * `clips` (uint): clips with at least one pair
 * * `mean-clip-jaccard` (double): mean of the clips' Jaccard indices
 * * `unmatched-prediction`, `unmatched-truth` (guint64): masks that found no
 *   partner
 *
 * Of scope `total` alone:
 *
 * * `horizon-jaccard` (GValueArray of double): pooled over the first pairs of
 *   all clips, over their second pairs, and so on
 *
 * ## Example
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=22 pattern=ball ! video/x-raw,format=GRAY8,width=240,height=160,framerate=25/1 ! nfnpyenc ! filesink location=truth.npy
 * gst-launch-1.0 -m filesrc location=truth.npy ! nfnpydec ! nfiou name=score report=score.json ! fakesink filesrc location=truth.npy ! nfnpydec ! score.truth
 * ]| Writes a file of masks and scores it against itself: 1.
 *
 * Since: 0.1
 */
#include "iou/gstnfiou.h"

#include "common/gstnferror.h"
#include "gstnfelements.h"
#include "iou/gstnfioumessage.h"

#include <nextframe/metrics/nfclasses.h>
#include <nextframe/metrics/nfconfusion.h>

#include <math.h>

GST_DEBUG_CATEGORY_STATIC (gst_nf_iou_debug);
#define GST_CAT_DEFAULT gst_nf_iou_debug

typedef struct
{
  GstNfCompareSettings compare;
  guint classes;
  gchar *labels;
  guint horizon;
  gdouble min_jaccard;
} Settings;

struct _GstNfIou
{
  GstNfCompare parent;

  /* object lock */
  Settings settings;
  NfScores scores;

  /* streaming thread */
  NfScoreboard *board;
  gdouble min_jaccard; /* as when it began */
};

static GParamSpec *jaccard_property, *stats_property;

G_DEFINE_TYPE (GstNfIou, gst_nf_iou, GST_TYPE_NF_COMPARE)

static void gst_nf_iou_finalize (GObject *object);
static gboolean gst_nf_iou_begin (GstNfCompare *compare);
static gboolean gst_nf_iou_score (
    GstNfCompare *compare, const GstNfComparePair *pair);
static void gst_nf_iou_post (
    GstNfCompare *compare, const GstNfComparePair *pair);
static void gst_nf_iou_unmatched (GstNfCompare *compare, gboolean is_truth);
static void gst_nf_iou_publish (GstNfCompare *compare);
static void gst_nf_iou_end_clip (GstNfCompare *compare, const gchar *stream_id);
static gboolean gst_nf_iou_write_report (GstNfCompare *compare,
    const gchar *path, gboolean complete, GError **error);
static gboolean gst_nf_iou_finish (GstNfCompare *compare);
static void gst_nf_iou_forget (GstNfCompare *compare);

static void
gst_nf_iou_get_jaccard (GObject *object, GValue *value)
{
  g_value_set_double (value, GST_NF_IOU (object)->scores.jaccard);
}

static void
gst_nf_iou_get_stats (GObject *object, GValue *value)
{
  g_value_take_boxed (
      value, gst_nf_iou_scores_structure (&GST_NF_IOU (object)->scores));
}

static const GstNfProperty properties[] = {
  {
      .name = "classes",
      .nick = "Classes",
      .blurb =
          "Number of classes, background included; larger ids are background",
      GST_NF_UINT (
          NF_CONFUSION_MIN_CLASSES, NF_CONFUSION_MAX_CLASSES, NF_N_CLASSES),
      GST_NF_FIELD (Settings, classes),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "labels",
      .nick = "Labels",
      .blurb = "File with the names of the classes, for the report",
      .details = "UTF-8, a line for each of the `classes`, the background "
                 "first. NULL: the names of the 49 classes, or numbers.",
      GST_NF_STRING (NULL),
      GST_NF_FIELD (Settings, labels),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "horizon",
      .nick = "Horizon",
      .blurb = "Frames of a clip that the curve has: the score of each clip's "
               "first pair, second pair, and so on; 0: no curve",
      .details = "Pairs after them count in all other scores.",
      GST_NF_UINT (0, NF_SCOREBOARD_MAX_HORIZON, 32),
      GST_NF_FIELD (Settings, horizon),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "min-jaccard",
      .nick = "Least Jaccard index",
      .blurb = "The pipeline fails at EOS where the pooled Jaccard index is "
               "below, or nothing was scored; 0: never",
      .details = "An element error, after the report was written and the "
                 "message of scope `total` posted: gst-launch-1.0 ends with a "
                 "status other than 0.",
      GST_NF_DOUBLE (0, 1, 0),
      GST_NF_FIELD (Settings, min_jaccard),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  GST_NF_GROUP (gst_nf_compare_properties, Settings, compare),
  {
      .name = "jaccard",
      .nick = "Jaccard index",
      .blurb = "Pooled Jaccard index of all pairs so far, NaN before the first",
      .details = "Notified after each pair, from the streaming thread.",
      GST_NF_DOUBLE (0, 1, 0),
      .get = gst_nf_iou_get_jaccard,
  },
  {
      .name = "stats",
      .nick = "Statistics",
      .blurb = "All scores so far",
      .details = "Its fields are those of the [message](#messages) of scope "
                 "`total`, without `class-iou`. Notified as `jaccard` is.",
      GST_NF_STRUCTURE,
      .get = gst_nf_iou_get_stats,
  },
  GST_NF_PROPERTIES_END,
};

static void
gst_nf_iou_class_init (GstNfIouClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstNfCompareClass *compare_class = GST_NF_COMPARE_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gst_nf_iou_debug, "nfiou", 0, "scores of predicted masks");

  object_class->finalize = gst_nf_iou_finalize;
  gst_nf_properties_install (
      object_class, properties, G_STRUCT_OFFSET (GstNfIou, settings));
  jaccard_property = g_object_class_find_property (object_class, "jaccard");
  stats_property = g_object_class_find_property (object_class, "stats");

  compare_class->begin = gst_nf_iou_begin;
  compare_class->score = gst_nf_iou_score;
  compare_class->post = gst_nf_iou_post;
  compare_class->unmatched = gst_nf_iou_unmatched;
  compare_class->publish = gst_nf_iou_publish;
  compare_class->end_clip = gst_nf_iou_end_clip;
  compare_class->write_report = gst_nf_iou_write_report;
  compare_class->finish = gst_nf_iou_finish;
  compare_class->forget = gst_nf_iou_forget;

  gst_nf_compare_class_add_pads (compare_class, GST_VIDEO_CAPS_MAKE ("GRAY8"));
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass),
      "Mask evaluator", "Filter/Analyzer/Video",
      "Scores predicted class masks against true ones (Jaccard index)",
      GST_NF_AUTHOR);
}

static void
gst_nf_iou_init (GstNfIou *self)
{
  gst_nf_properties_init (properties, &self->settings);
  self->scores.jaccard = self->scores.dice = NAN;
  self->scores.pixel_accuracy = self->scores.mean_clip_jaccard = NAN;
}

static void
gst_nf_iou_finalize (GObject *object)
{
  GstNfIou *self = GST_NF_IOU (object);

  gst_nf_iou_forget (GST_NF_COMPARE (self));
  gst_nf_properties_clear (properties, &self->settings);

  G_OBJECT_CLASS (gst_nf_iou_parent_class)->finalize (object);
}

static void
gst_nf_iou_forget (GstNfCompare *compare)
{
  g_clear_pointer (&GST_NF_IOU (compare)->board, nf_scoreboard_free);
}

/* the properties show what was scored until now */
static void
gst_nf_iou_publish (GstNfCompare *compare)
{
  GstNfIou *self = GST_NF_IOU (compare);
  NfScores scores = nf_scoreboard_get_scores (self->board);

  GST_OBJECT_LOCK (self);
  self->scores = scores;
  GST_OBJECT_UNLOCK (self);
  g_object_notify_by_pspec (G_OBJECT (self), jaccard_property);
  g_object_notify_by_pspec (G_OBJECT (self), stats_property);
}

/* a board as it is set; FALSE, and an element error, for wrong labels */
static gboolean
gst_nf_iou_make_board (GstNfIou *self, const Settings *settings)
{
  g_auto (GStrv) names = NULL;
  g_autoptr (GError) error = NULL;

  if (settings->labels != NULL) {
    names = nf_class_names_load (settings->labels, settings->classes, &error);
    if (names == NULL) {
      gst_nf_element_error (GST_ELEMENT (self), error);
      return FALSE;
    }
  }
  self->board = nf_scoreboard_new (
      settings->classes, gst_nf_compare_reports (GST_NF_COMPARE (self)));
  nf_scoreboard_set_horizon (self->board, settings->horizon);
  if (names != NULL)
    nf_scoreboard_set_class_names (self->board, (const gchar *const *) names);
  self->min_jaccard = settings->min_jaccard;

  return TRUE;
}

static gboolean
gst_nf_iou_begin (GstNfCompare *compare)
{
  GstNfIou *self = GST_NF_IOU (compare);
  Settings settings;
  gboolean ok;

  gst_nf_properties_copy (
      properties, self, &self->settings, &settings, sizeof settings);
  ok = gst_nf_compare_set_up (compare, &settings.compare)
      && gst_nf_iou_make_board (self, &settings);
  gst_nf_properties_clear (properties, &settings);

  return ok;
}

static gboolean
gst_nf_iou_map (GstNfIou *self, const gchar *pad, GstBuffer *buffer,
    const GstVideoInfo *info, GstVideoFrame *frame, NfMask *mask)
{
  if (!gst_video_frame_map (frame, info, buffer, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("A frame on the pad '%s' does not have the size that its caps say.",
            pad),
        ("%" GST_PTR_FORMAT, buffer));
    return FALSE;
  }
  mask->data = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);
  mask->stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0);

  return TRUE;
}

static gboolean
gst_nf_iou_score (GstNfCompare *compare, const GstNfComparePair *pair)
{
  GstNfIou *self = GST_NF_IOU (compare);
  GstVideoFrame predicted_frame, true_frame;
  NfMask predicted_mask, true_mask;

  if (!gst_nf_iou_map (self, "prediction", pair->prediction,
          pair->prediction_info, &predicted_frame, &predicted_mask))
    return FALSE;
  if (!gst_nf_iou_map (self, "truth", pair->truth, pair->truth_info,
          &true_frame, &true_mask)) {
    gst_video_frame_unmap (&predicted_frame);
    return FALSE;
  }
  nf_scoreboard_add_frame (self->board, true_mask, predicted_mask,
      pair->truth_info->width, pair->truth_info->height, pair->running_time);
  if (pair->begins_clip && pair->title != NULL)
    nf_scoreboard_name_clip (self->board, pair->title);
  gst_video_frame_unmap (&true_frame);
  gst_video_frame_unmap (&predicted_frame);

  return TRUE;
}

static void
gst_nf_iou_post (GstNfCompare *compare, const GstNfComparePair *pair)
{
  gst_nf_iou_post_frame (compare, GST_NF_IOU (compare)->board, pair);
}

static void
gst_nf_iou_unmatched (GstNfCompare *compare, gboolean is_truth)
{
  nf_scoreboard_add_unmatched (
      GST_NF_IOU (compare)->board, !is_truth, is_truth);
}

static void
gst_nf_iou_end_clip (GstNfCompare *compare, const gchar *stream_id)
{
  GstNfIou *self = GST_NF_IOU (compare);
  const NfClipScore *clip = nf_scoreboard_end_clip (self->board, stream_id);

  if (clip != NULL && gst_nf_compare_posts_messages (compare))
    gst_nf_iou_post_clip (compare, self->board, clip);
}

static gboolean
gst_nf_iou_write_report (
    GstNfCompare *compare, const gchar *path, gboolean complete, GError **error)
{
  return nf_scoreboard_write_report (
      GST_NF_IOU (compare)->board, path, complete, error);
}

static gboolean
gst_nf_iou_finish (GstNfCompare *compare)
{
  GstNfIou *self = GST_NF_IOU (compare);
  NfScores scores = nf_scoreboard_get_scores (self->board);

  if (gst_nf_compare_posts_messages (compare))
    gst_nf_iou_post_total (compare, self->board);
  if (self->min_jaccard == 0 || scores.jaccard >= self->min_jaccard)
    return TRUE;
  if (scores.frames == 0)
    GST_ELEMENT_ERROR (self, STREAM, FAILED,
        ("Nothing was scored, and min-jaccard asks for %g.", self->min_jaccard),
        (NULL));
  else
    GST_ELEMENT_ERROR (self, STREAM, FAILED,
        ("The Jaccard index is %.4f, and min-jaccard asks for %g.",
            scores.jaccard, self->min_jaccard),
        ("%" G_GUINT64_FORMAT " pairs of masks", scores.frames));

  return FALSE;
}

GST_ELEMENT_REGISTER_DEFINE (nfiou, "nfiou", GST_RANK_NONE, GST_TYPE_NF_IOU)
