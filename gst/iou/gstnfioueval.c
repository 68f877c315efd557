/* SPDX-License-Identifier: MIT
 *
 * gstnfioueval — what nfiou has scored, clip by clip, and its report
 *
 * Siblings: gstnfioumessage.c, kernels/metrics/nfscoreboard.c */
#include "iou/gstnfioueval.h"

#include "iou/gstnfioumessage.h"

/* a long evaluation must not fail at its end for a folder that is not there */
static gboolean
check_report (GstElement *element, const gchar *report)
{
  g_autofree gchar *folder = g_path_get_dirname (report);
  gboolean is_folder = g_file_test (report, G_FILE_TEST_IS_DIR);

  if (!is_folder && g_file_test (folder, G_FILE_TEST_IS_DIR))
    return TRUE;
  GST_ELEMENT_ERROR (element, RESOURCE, OPEN_WRITE,
      ("The report '%s' cannot be written: %s. Make the folder, or correct the "
       "property 'report'.",
          report, is_folder ? "it is a folder" : "its folder does not exist"),
      (NULL));

  return FALSE;
}

/**
 * gst_nf_iou_eval_clear:
 * @eval: an evaluation
 *
 * Forgets everything.
 */
void
gst_nf_iou_eval_clear (GstNfIouEval *eval)
{
  g_clear_pointer (&eval->report, g_free);
  g_clear_pointer (&eval->board, nf_scoreboard_free);
  g_clear_pointer (&eval->clip_id, g_free);
  eval->in_clip = FALSE;
}

/**
 * gst_nf_iou_eval_begin:
 * @eval: (inout): zero, or the evaluation before
 * @element: whose messages are posted
 * @classes: 2 to 256
 * @report: (nullable): path of the report
 * @post_messages: whether scores are posted
 *
 * Begins an evaluation. The one before is forgotten.
 *
 * Returns: FALSE, and an error message, when the report cannot be written
 */
gboolean
gst_nf_iou_eval_begin (GstNfIouEval *eval, GstElement *element, guint classes,
    const gchar *report, gboolean post_messages)
{
  if (report != NULL && !check_report (element, report))
    return FALSE;
  gst_nf_iou_eval_clear (eval);
  eval->element = element;
  eval->post_messages = post_messages;
  eval->report = g_strdup (report);
  eval->board = nf_scoreboard_new (classes, report != NULL);
  eval->reported = FALSE;

  return TRUE;
}

static gboolean
check_sizes (GstElement *element, const GstVideoInfo *prediction,
    const GstVideoInfo *truth)
{
  if (prediction->width == truth->width && prediction->height == truth->height)
    return TRUE;
  GST_ELEMENT_ERROR (element, STREAM, FORMAT,
      ("The predictions are %dx%d, the truths %dx%d: masks of one size are "
       "needed. Put videoscale method=nearest-neighbour and a caps filter "
       "before one of the pads.",
          prediction->width, prediction->height, truth->width, truth->height),
      (NULL));

  return FALSE;
}

static gboolean
map_mask (GstElement *element, GstNfIouPad *pad, GstBuffer *buffer,
    GstVideoFrame *frame, NfMask *mask)
{
  if (!gst_video_frame_map (frame, &pad->info, buffer, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (element, STREAM, FORMAT,
        ("A frame on the pad '%s' does not have the size that its caps say.",
            GST_PAD_NAME (pad)),
        ("%" GST_PTR_FORMAT, buffer));
    return FALSE;
  }
  mask->data = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);
  mask->stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0);

  return TRUE;
}

/* with the first pair of a clip: what the pads say of it */
static void
note_clip (
    GstNfIouEval *eval, const GstNfIouPad *prediction, const GstNfIouPad *truth)
{
  const gchar *title =
      prediction->title != NULL ? prediction->title : truth->title;

  if (eval->in_clip)
    return;
  eval->in_clip = TRUE;
  eval->clip_id = g_strdup (prediction->stream_id);
  if (title != NULL)
    nf_scoreboard_name_clip (eval->board, title);
}

/**
 * gst_nf_iou_eval_score:
 * @eval: an evaluation
 * @prediction_pad: where the prediction came from
 * @prediction: the prediction
 * @truth_pad: where the truth came from
 * @truth: the truth
 * @running_time: of the prediction, ns
 *
 * Scores a pair, as a frame of the current clip, and posts the message of
 * scope "frame".
 *
 * Returns: FALSE, and an error message, when the two cannot be compared
 */
gboolean
gst_nf_iou_eval_score (GstNfIouEval *eval, GstNfIouPad *prediction_pad,
    GstBuffer *prediction, GstNfIouPad *truth_pad, GstBuffer *truth,
    GstClockTime running_time)
{
  GstVideoFrame predicted_frame, true_frame;
  NfMask predicted_mask, true_mask;
  GstSegment segment;

  if (!check_sizes (eval->element, &prediction_pad->info, &truth_pad->info)
      || !map_mask (eval->element, prediction_pad, prediction, &predicted_frame,
          &predicted_mask))
    return FALSE;
  if (!map_mask (eval->element, truth_pad, truth, &true_frame, &true_mask)) {
    gst_video_frame_unmap (&predicted_frame);
    return FALSE;
  }
  nf_scoreboard_add_frame (eval->board, true_mask, predicted_mask,
      truth_pad->info.width, truth_pad->info.height, running_time);
  note_clip (eval, prediction_pad, truth_pad);
  gst_video_frame_unmap (&true_frame);
  gst_video_frame_unmap (&predicted_frame);
  if (!eval->post_messages)
    return TRUE;
  gst_nf_iou_pad_segment (prediction_pad, &segment);
  gst_nf_iou_post_frame (eval->element, eval->board, prediction, running_time,
      gst_segment_to_stream_time (
          &segment, GST_FORMAT_TIME, GST_BUFFER_PTS (prediction)));

  return TRUE;
}

/**
 * gst_nf_iou_eval_end_clip:
 * @eval: an evaluation
 *
 * Ends the current clip, if any of its frames were scored, and posts the
 * message of scope "clip".
 */
void
gst_nf_iou_eval_end_clip (GstNfIouEval *eval)
{
  const NfClipScore *clip = nf_scoreboard_end_clip (eval->board, eval->clip_id);

  g_clear_pointer (&eval->clip_id, g_free);
  eval->in_clip = FALSE;
  if (clip != NULL && eval->post_messages)
    gst_nf_iou_post_clip (eval->element, eval->board, clip);
}

static void
write_report (GstNfIouEval *eval, gboolean complete)
{
  g_autoptr (GError) error = NULL;

  eval->reported = TRUE;
  if (eval->report == NULL)
    return;
  if (!nf_scoreboard_write_report (eval->board, eval->report, complete, &error))
    GST_ELEMENT_ERROR (eval->element, RESOURCE, WRITE, ("%s.", error->message),
        ("report '%s'", eval->report));
}

/**
 * gst_nf_iou_eval_finish:
 * @eval: an evaluation
 *
 * All frames came: ends the last clip, writes the report, and posts the
 * message of scope "total".
 */
void
gst_nf_iou_eval_finish (GstNfIouEval *eval)
{
  NfScores scores;

  gst_nf_iou_eval_end_clip (eval);
  scores = nf_scoreboard_get_scores (eval->board);
  if (scores.frames == 0)
    GST_ELEMENT_WARNING (eval->element, STREAM, FAILED,
        ("Nothing was scored: of %" G_GUINT64_FORMAT
         " predictions and %" G_GUINT64_FORMAT
         " truths no two have the same time. Check the framerates.",
            scores.unmatched_prediction, scores.unmatched_truth),
        (NULL));
  write_report (eval, TRUE);
  if (eval->post_messages)
    gst_nf_iou_post_total (eval->element, eval->board);
}

/**
 * gst_nf_iou_eval_stop:
 * @eval: an evaluation
 *
 * No more frames will come: reports what was gathered, unless that was done
 * already.
 */
void
gst_nf_iou_eval_stop (GstNfIouEval *eval)
{
  NfScores scores = nf_scoreboard_get_scores (eval->board);

  if (eval->reported
      || scores.frames + scores.unmatched_prediction + scores.unmatched_truth
          == 0)
    return;
  gst_nf_iou_eval_end_clip (eval);
  write_report (eval, FALSE);
}
