/* SPDX-License-Identifier: MIT
 *
 * gstnfioumessage — what nfiou's messages and its `stats` say
 *
 * The fields are documented one by one at the head of gstnfiou.c. */
#pragma once

#include <nextframe/metrics/nfscoreboard.h>

#include <gst/gst.h>

G_BEGIN_DECLS

void gst_nf_iou_post_frame (GstElement *element, const NfScoreboard *board,
    GstBuffer *buffer, GstClockTime running_time, GstClockTime stream_time);
void gst_nf_iou_post_clip (
    GstElement *element, const NfScoreboard *board, const NfClipScore *clip);
void gst_nf_iou_post_total (GstElement *element, const NfScoreboard *board);

GstStructure *gst_nf_iou_scores_structure (const NfScores *scores);

G_END_DECLS
