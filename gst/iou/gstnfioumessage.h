/* SPDX-License-Identifier: MIT
 *
 * gstnfioumessage — what nfiou's messages and its `stats` say
 *
 * The fields are documented one by one at the head of gstnfiou.c. */
#pragma once

#include "compare/gstnfcompare.h"

#include <nextframe/metrics/nfscoreboard.h>

G_BEGIN_DECLS

/**
 * gst_nf_iou_post_frame:
 * @element: whose message it is
 * @board: after the frame was scored
 * @pair: what was scored
 *
 * Posts the message of scope "frame".
 */
void gst_nf_iou_post_frame (GstNfCompare *element, const NfScoreboard *board,
    const GstNfComparePair *pair);

/**
 * gst_nf_iou_post_clip:
 * @element: whose message it is
 * @board: after the clip has ended
 * @clip: its score
 *
 * Posts the message of scope "clip".
 */
void gst_nf_iou_post_clip (
    GstNfCompare *element, const NfScoreboard *board, const NfClipScore *clip);

/**
 * gst_nf_iou_post_total:
 * @element: whose message it is
 * @board: all scores
 *
 * Posts the message of scope "total".
 */
void gst_nf_iou_post_total (GstNfCompare *element, const NfScoreboard *board);

/**
 * gst_nf_iou_scores_structure:
 * @scores: all scores so far
 *
 * Returns: (transfer full): the property `stats`
 */
GstStructure *gst_nf_iou_scores_structure (const NfScores *scores);

G_END_DECLS
