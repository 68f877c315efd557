/* SPDX-License-Identifier: MIT
 *
 * gstnfioumessage — what nfiou's messages and its `stats` say */
#include "iou/gstnfioumessage.h"

#include "compare/gstnfcomparemessage.h"

static void
add_class_iou (GstStructure *structure, const NfConfusion *confusion)
{
  gdouble scores[NF_CONFUSION_MAX_CLASSES];

  for (guint k = 0; k < confusion->classes; k++)
    scores[k] = nf_class_counts_iou (nf_confusion_class_counts (confusion, k));
  gst_nf_compare_message_add_doubles (
      structure, "class-iou", scores, confusion->classes);
}

static void
add_horizon (GstStructure *structure, const NfScoreboard *board)
{
  gdouble scores[NF_SCOREBOARD_MAX_HORIZON];
  guint n = nf_scoreboard_get_horizon (board);

  for (guint i = 0; i < n; i++)
    scores[i] = nf_scoreboard_get_horizon_jaccard (board, i);
  gst_nf_compare_message_add_doubles (structure, "horizon-jaccard", scores, n);
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

void
gst_nf_iou_post_frame (GstNfCompare *element, const NfScoreboard *board,
    const GstNfComparePair *pair)
{
  GstStructure *structure =
      new_structure ("frame", nf_scoreboard_get_frame (board));

  gst_nf_compare_message_add_frame (structure, pair,
      nf_scoreboard_get_scores (board).clips - 1,
      nf_scoreboard_get_clip_name (board));
  gst_nf_compare_message_post (element, structure);
}

void
gst_nf_iou_post_clip (
    GstNfCompare *element, const NfScoreboard *board, const NfClipScore *clip)
{
  GstStructure *structure =
      new_structure ("clip", nf_scoreboard_get_clip (board));

  gst_nf_compare_message_add_clip (structure, clip->index, clip->name,
      clip->stream_id, clip->frames, clip->start, clip->end);
  gst_nf_compare_message_post (element, structure);
}

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

void
gst_nf_iou_post_total (GstNfCompare *element, const NfScoreboard *board)
{
  NfScores scores = nf_scoreboard_get_scores (board);
  GstStructure *structure = gst_nf_iou_scores_structure (&scores);

  add_class_iou (structure, nf_scoreboard_get_total (board));
  add_horizon (structure, board);
  gst_nf_compare_message_post (element, structure);
}
