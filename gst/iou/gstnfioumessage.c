/* SPDX-License-Identifier: MIT
 *
 * gstnfioumessage — what nfiou's messages and its `stats` say */
#include "iou/gstnfioumessage.h"

/* as an array that bindings of other languages read without knowing GStreamer */
static void
add_class_iou (GstStructure *structure, const NfConfusion *confusion)
{
  GValue array = G_VALUE_INIT, value = G_VALUE_INIT;
  GValueArray *scores;

  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  scores = g_value_array_new (confusion->classes);
  g_value_init (&array, g_value_array_get_type ());
  g_value_init (&value, G_TYPE_DOUBLE);
  for (guint k = 0; k < confusion->classes; k++) {
    g_value_set_double (
        &value, nf_class_counts_iou (nf_confusion_class_counts (confusion, k)));
    g_value_array_append (scores, &value);
  }
  G_GNUC_END_IGNORE_DEPRECATIONS
  g_value_take_boxed (&array, scores);
  gst_structure_take_value (structure, "class-iou", &array);
}

/* (transfer full): with the scores that every scope has */
static GstStructure *
new_structure (const gchar *scope, const NfConfusion *confusion)
{
  GstStructure *structure = gst_structure_new ("nf-iou", "scope", G_TYPE_STRING,
      scope, "jaccard", G_TYPE_DOUBLE, nf_confusion_jaccard (confusion), "dice",
      G_TYPE_DOUBLE, nf_confusion_dice (confusion), "pixel-accuracy",
      G_TYPE_DOUBLE, nf_confusion_pixel_accuracy (confusion), NULL);

  add_class_iou (structure, confusion);

  return structure;
}

static void
post (GstElement *element, GstStructure *structure)
{
  gst_element_post_message (
      element, gst_message_new_element (GST_OBJECT (element), structure));
}

/**
 * gst_nf_iou_post_frame:
 * @element: whose message it is
 * @board: after the frame was scored
 * @buffer: the predicted frame
 * @running_time: of it, ns
 * @stream_time: of it, ns
 *
 * Posts the message of scope "frame".
 */
void
gst_nf_iou_post_frame (GstElement *element, const NfScoreboard *board,
    GstBuffer *buffer, GstClockTime running_time, GstClockTime stream_time)
{
  GstStructure *structure =
      new_structure ("frame", nf_scoreboard_get_frame (board));

  gst_structure_set (structure, "clip", G_TYPE_UINT,
      nf_scoreboard_get_scores (board).clips - 1, "name", G_TYPE_STRING,
      nf_scoreboard_get_clip_name (board), "running-time", G_TYPE_UINT64,
      running_time, "stream-time", G_TYPE_UINT64, stream_time, "timestamp",
      G_TYPE_UINT64, GST_BUFFER_PTS (buffer), "duration", G_TYPE_UINT64,
      GST_BUFFER_DURATION (buffer), NULL);
  post (element, structure);
}

/**
 * gst_nf_iou_post_clip:
 * @element: whose message it is
 * @board: after the clip has ended
 * @clip: its score
 *
 * Posts the message of scope "clip".
 */
void
gst_nf_iou_post_clip (
    GstElement *element, const NfScoreboard *board, const NfClipScore *clip)
{
  GstStructure *structure =
      new_structure ("clip", nf_scoreboard_get_clip (board));

  gst_structure_set (structure, "clip", G_TYPE_UINT, clip->index, "name",
      G_TYPE_STRING, clip->name, "stream-id", G_TYPE_STRING, clip->stream_id,
      "frames", G_TYPE_UINT64, clip->frames, "start-time", G_TYPE_UINT64,
      clip->start, "end-time", G_TYPE_UINT64, clip->end, NULL);
  post (element, structure);
}

/**
 * gst_nf_iou_scores_structure:
 * @scores: all scores so far
 *
 * Returns: (transfer full): the property `stats`
 */
GstStructure *
gst_nf_iou_scores_structure (const NfScores *scores)
{
  return gst_structure_new ("nf-iou", "scope", G_TYPE_STRING, "total",
      "jaccard", G_TYPE_DOUBLE, scores->jaccard, "dice", G_TYPE_DOUBLE,
      scores->dice, "pixel-accuracy", G_TYPE_DOUBLE, scores->pixel_accuracy,
      "mean-clip-jaccard", G_TYPE_DOUBLE, scores->mean_clip_jaccard, "frames",
      G_TYPE_UINT64, scores->frames, "clips", G_TYPE_UINT, scores->clips,
      "unmatched-prediction", G_TYPE_UINT64, scores->unmatched_prediction,
      "unmatched-truth", G_TYPE_UINT64, scores->unmatched_truth, NULL);
}

/**
 * gst_nf_iou_post_total:
 * @element: whose message it is
 * @board: all scores
 *
 * Posts the message of scope "total".
 */
void
gst_nf_iou_post_total (GstElement *element, const NfScoreboard *board)
{
  NfScores scores = nf_scoreboard_get_scores (board);
  GstStructure *structure = gst_nf_iou_scores_structure (&scores);

  add_class_iou (structure, nf_scoreboard_get_total (board));
  post (element, structure);
}
