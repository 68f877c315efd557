/* SPDX-License-Identifier: MIT
 *
 * gstnfpairing — which frames of two streams are a pair
 *
 * Both pads are kept in the order of their running times: of the two frames
 * in front, the earlier one found no partner, unless they lie within half a
 * frame of each other. So either pad may bring any part of the frames.
 * See: gstnfcompare.h */
#pragma once

#include "compare/gstnfcomparepad.h"

G_BEGIN_DECLS

enum
{
  GST_NF_COMPARE_PREDICTION,
  GST_NF_COMPARE_TRUTH,
  GST_NF_COMPARE_N_INPUTS
};

/**
 * GstNfPairingStep:
 * @GST_NF_PAIRING_WAIT: for the next frame
 * @GST_NF_PAIRING_UNTIMED: a frame cannot be paired, for it has no time
 * @GST_NF_PAIRING_GAP: a time without frames
 * @GST_NF_PAIRING_PAIR: both frames in front
 * @GST_NF_PAIRING_UNPAIRED: a frame that finds no partner
 * @GST_NF_PAIRING_END: both streams are over
 *
 * What is to be done next.
 */
typedef enum
{
  GST_NF_PAIRING_WAIT,
  GST_NF_PAIRING_UNTIMED,
  GST_NF_PAIRING_GAP,
  GST_NF_PAIRING_PAIR,
  GST_NF_PAIRING_UNPAIRED,
  GST_NF_PAIRING_END,
} GstNfPairingStep;

/**
 * GstNfPairing:
 * @fronts: the frames in front
 * @which: the stream that @step is about; of a pair the prediction's
 * @step: what is to be done
 */
typedef struct
{
  GstNfCandidate fronts[GST_NF_COMPARE_N_INPUTS];
  guint which;
  GstNfPairingStep step;
} GstNfPairing;

void gst_nf_pairing_find (GstNfPairing *pairing,
    GstNfComparePad *const inputs[GST_NF_COMPARE_N_INPUTS]);
void gst_nf_pairing_clear (GstNfPairing *pairing);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstNfPairing, gst_nf_pairing_clear)

G_END_DECLS
