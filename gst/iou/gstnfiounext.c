/* SPDX-License-Identifier: MIT
 *
 * gstnfiounext — which masks of nfiou's two streams are a pair */
#include "iou/gstnfiounext.h"

#define PREDICTION GST_NF_IOU_PREDICTION
#define TRUTH GST_NF_IOU_TRUTH
#define N_INPUTS GST_NF_IOU_N_INPUTS

/* whether their times differ by half a frame at most, of the shorter frame;
 * where no duration is known, whether the times are the same */
static gboolean
is_pair (const GstNfIouCandidate *a, const GstNfIouCandidate *b)
{
  /* GST_CLOCK_TIME_NONE is larger than any duration */
  GstClockTime frame = MIN (a->duration, b->duration);
  guint64 apart = ABS (a->time - b->time);

  return apart <= (GST_CLOCK_TIME_IS_VALID (frame) ? frame / 2 : 0);
}

static void
decide (GstNfIouNext *next, guint which, GstNfIouStep step)
{
  next->which = which;
  next->step = step;
}

/* of two streams of which each has a frame or is over */
static void
compare (GstNfIouNext *next)
{
  const GstNfIouCandidate *prediction = &next->fronts[PREDICTION];
  const GstNfIouCandidate *truth = &next->fronts[TRUTH];

  if (prediction->buffer == NULL && truth->buffer == NULL)
    decide (next, PREDICTION, GST_NF_IOU_END);
  else if (truth->buffer == NULL)
    decide (next, PREDICTION, GST_NF_IOU_ALONE);
  else if (prediction->buffer == NULL)
    decide (next, TRUTH, GST_NF_IOU_ALONE);
  else if (is_pair (prediction, truth))
    decide (next, PREDICTION, GST_NF_IOU_PAIR);
  else
    decide (next, truth->time < prediction->time ? TRUTH : PREDICTION,
        GST_NF_IOU_ALONE);
}

/**
 * gst_nf_iou_next_find:
 * @next: (out): to be cleared
 * @inputs: the pads
 *
 * Looks at the frames in front; they stay where they are.
 */
void
gst_nf_iou_next_find (
    GstNfIouNext *next, GstNfIouPad *const inputs[GST_NF_IOU_N_INPUTS])
{
  GstNfIouCandidate *fronts = next->fronts;

  *next = (GstNfIouNext){ 0 };
  for (guint i = 0; i < N_INPUTS; i++)
    if (!gst_nf_iou_pad_peek (inputs[i], &fronts[i])) {
      decide (next, i, GST_NF_IOU_UNTIMED);
      return;
    }
  for (guint i = 0; i < N_INPUTS; i++) {
    if (fronts[i].buffer != NULL && fronts[i].gap) {
      decide (next, i, GST_NF_IOU_GAP);
      return;
    }
    if (fronts[i].buffer == NULL
        && !gst_aggregator_pad_is_eos (GST_AGGREGATOR_PAD (inputs[i]))) {
      decide (next, i, GST_NF_IOU_WAIT);
      return;
    }
  }
  compare (next);
}

/**
 * gst_nf_iou_next_clear:
 * @next: lets go of the frames in front
 */
void
gst_nf_iou_next_clear (GstNfIouNext *next)
{
  for (guint i = 0; i < N_INPUTS; i++)
    gst_clear_buffer (&next->fronts[i].buffer);
}
