/* SPDX-License-Identifier: MIT
 *
 * gstnfioupairing — which masks of nfiou's two streams are a pair
 *
 * Both pads are kept in the order of their running times: of the two frames
 * in front, the earlier one found no partner, unless they lie within half a
 * frame of each other. So either pad may bring any part of the frames.
 * See: gstnfiou.c */
#pragma once

#include "iou/gstnfioupad.h"

G_BEGIN_DECLS

enum
{
  GST_NF_IOU_PREDICTION,
  GST_NF_IOU_TRUTH,
  GST_NF_IOU_N_INPUTS
};

/**
 * GstNfIouStep:
 * @GST_NF_IOU_WAIT: for the next frame
 * @GST_NF_IOU_UNTIMED: a frame cannot be paired, for it has no time
 * @GST_NF_IOU_GAP: a time without frames
 * @GST_NF_IOU_PAIR: both frames in front
 * @GST_NF_IOU_UNPAIRED: a frame that finds no partner
 * @GST_NF_IOU_END: both streams are over
 *
 * What is to be done next.
 */
typedef enum
{
  GST_NF_IOU_WAIT,
  GST_NF_IOU_UNTIMED,
  GST_NF_IOU_GAP,
  GST_NF_IOU_PAIR,
  GST_NF_IOU_UNPAIRED,
  GST_NF_IOU_END,
} GstNfIouStep;

/**
 * GstNfIouPairing:
 * @fronts: the frames in front
 * @which: the stream that @step is about; of a pair the prediction's
 * @step: what is to be done
 */
typedef struct
{
  GstNfIouCandidate fronts[GST_NF_IOU_N_INPUTS];
  guint which;
  GstNfIouStep step;
} GstNfIouPairing;

void gst_nf_iou_pairing_find (
    GstNfIouPairing *pairing, GstNfIouPad *const inputs[GST_NF_IOU_N_INPUTS]);
void gst_nf_iou_pairing_clear (GstNfIouPairing *pairing);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstNfIouPairing, gst_nf_iou_pairing_clear)

G_END_DECLS
