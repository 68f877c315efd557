/* SPDX-License-Identifier: MIT
 *
 * gstnfpairing — which frames of two streams are a pair */
#include "compare/gstnfpairing.h"

#define PREDICTION GST_NF_COMPARE_PREDICTION
#define TRUTH GST_NF_COMPARE_TRUTH
#define N_INPUTS GST_NF_COMPARE_N_INPUTS

/* whether their times differ by half a frame at most, of the shorter frame;
 * where no duration is known, whether the times are the same */
static gboolean
is_pair (const GstNfCandidate *a, const GstNfCandidate *b)
{
  /* GST_CLOCK_TIME_NONE is larger than any duration */
  GstClockTime frame = MIN (a->duration, b->duration);
  guint64 apart = ABS (a->time - b->time);

  return apart <= (GST_CLOCK_TIME_IS_VALID (frame) ? frame / 2 : 0);
}

static void
decide (GstNfPairing *pairing, guint which, GstNfPairingStep step)
{
  pairing->which = which;
  pairing->step = step;
}

/* of two streams of which each has a frame or is over */
static void
compare (GstNfPairing *pairing)
{
  const GstNfCandidate *prediction = &pairing->fronts[PREDICTION];
  const GstNfCandidate *truth = &pairing->fronts[TRUTH];

  if (prediction->buffer == NULL && truth->buffer == NULL)
    decide (pairing, PREDICTION, GST_NF_PAIRING_END);
  else if (truth->buffer == NULL)
    decide (pairing, PREDICTION, GST_NF_PAIRING_UNPAIRED);
  else if (prediction->buffer == NULL)
    decide (pairing, TRUTH, GST_NF_PAIRING_UNPAIRED);
  else if (is_pair (prediction, truth))
    decide (pairing, PREDICTION, GST_NF_PAIRING_PAIR);
  else
    decide (pairing, truth->time < prediction->time ? TRUTH : PREDICTION,
        GST_NF_PAIRING_UNPAIRED);
}

/**
 * gst_nf_pairing_find:
 * @pairing: (out): to be cleared
 * @inputs: the pads
 *
 * Looks at the frames in front; they stay where they are.
 */
void
gst_nf_pairing_find (GstNfPairing *pairing,
    GstNfComparePad *const inputs[GST_NF_COMPARE_N_INPUTS])
{
  GstNfCandidate *fronts = pairing->fronts;

  *pairing = (GstNfPairing){ 0 };
  for (guint i = 0; i < N_INPUTS; i++)
    if (!gst_nf_compare_pad_peek (inputs[i], &fronts[i])) {
      decide (pairing, i, GST_NF_PAIRING_UNTIMED);
      return;
    }
  for (guint i = 0; i < N_INPUTS; i++) {
    if (fronts[i].buffer != NULL && fronts[i].gap) {
      decide (pairing, i, GST_NF_PAIRING_GAP);
      return;
    }
    if (fronts[i].buffer == NULL
        && !gst_aggregator_pad_is_eos (GST_AGGREGATOR_PAD (inputs[i]))) {
      decide (pairing, i, GST_NF_PAIRING_WAIT);
      return;
    }
  }
  compare (pairing);
}

/**
 * gst_nf_pairing_clear:
 * @pairing: lets go of the frames in front
 */
void
gst_nf_pairing_clear (GstNfPairing *pairing)
{
  for (guint i = 0; i < N_INPUTS; i++)
    gst_clear_buffer (&pairing->fronts[i].buffer);
}
