/* SPDX-License-Identifier: MIT
 *
 * gstnfioueval — what nfiou has scored, clip by clip, and its report
 *
 * See: gstnfiou.h, kernels/metrics/nfscoreboard.h */
#pragma once

#include "iou/gstnfioupad.h"
#include <nextframe/metrics/nfscoreboard.h>

G_BEGIN_DECLS

/**
 * GstNfIouEval:
 * @element: whose messages are posted (not owned)
 * @post_messages: whether they are
 * @report: (nullable): path of the report
 * @board: the scores
 * @in_clip: a pair of the clip that has not ended was scored
 * @clip_id: (nullable): stream-id of that clip
 * @reported: the report was written
 *
 * The state of one evaluation; of the streaming thread.
 */
typedef struct
{
  GstElement *element;
  gboolean post_messages;
  gchar *report;
  NfScoreboard *board;
  gboolean in_clip;
  gchar *clip_id;
  gboolean reported;
} GstNfIouEval;

gboolean gst_nf_iou_eval_begin (GstNfIouEval *eval, GstElement *element,
    guint classes, const gchar *report, gboolean post_messages);
void gst_nf_iou_eval_clear (GstNfIouEval *eval);
gboolean gst_nf_iou_eval_score (GstNfIouEval *eval, GstNfIouPad *prediction_pad,
    GstBuffer *prediction, GstNfIouPad *truth_pad, GstBuffer *truth,
    GstClockTime running_time);
void gst_nf_iou_eval_end_clip (GstNfIouEval *eval);
void gst_nf_iou_eval_finish (GstNfIouEval *eval);
void gst_nf_iou_eval_stop (GstNfIouEval *eval);

G_END_DECLS
