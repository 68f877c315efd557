/* SPDX-License-Identifier: MIT
 *
 * gstnfpredictedframes — predicted frames that wait until they are pushed */
#include "predict/gstnfpredictedframes.h"

/**
 * gst_nf_predicted_frames_alloc:
 * @predicted: (inout): loses the frames it has
 * @first: number of the first frame, at least 1
 * @last: number of the last frame: @first, or more by a multiple of @step
 * @step: from one number to the next, at least 1
 *
 * Makes places for frames, which the caller fills by gst_nf_predicted_frames_set().
 */
void
gst_nf_predicted_frames_alloc (
    GstNfPredictedFrames *predicted, guint first, guint last, guint step)
{
  gst_nf_predicted_frames_clear (predicted);
  predicted->frames = g_new0 (NfTensor *, (last - first) / step + 1);
  predicted->first = predicted->next = first;
  predicted->last = last;
  predicted->step = step;
}

/**
 * gst_nf_predicted_frames_set:
 * @predicted: with a place for it
 * @number: of a frame, from the first to the last
 * @frame: (transfer full): its pixels; several predictions of it are a batch
 */
void
gst_nf_predicted_frames_set (
    GstNfPredictedFrames *predicted, guint number, NfTensor *frame)
{
  predicted->frames[(number - predicted->first) / predicted->step] = frame;
}

/**
 * gst_nf_predicted_frames_has_frame:
 * @predicted: may be all zeros
 *
 * Returns: whether there is a frame to take
 */
gboolean
gst_nf_predicted_frames_has_frame (const GstNfPredictedFrames *predicted)
{
  return predicted->frames != NULL && predicted->next <= predicted->last;
}

/**
 * gst_nf_predicted_frames_take:
 * @predicted: with a frame to take
 * @number: (out): the frame's number, from 1 on
 * @place: (out): which prediction of it this is
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * Several predictions of a frame come one after the other.
 *
 * Returns: (transfer full) (nullable): its pixels
 */
NfTensor *
gst_nf_predicted_frames_take (GstNfPredictedFrames *predicted, guint *number,
    GstNfEnsemblePlace *place, GError **error)
{
  NfTensor **frame =
      &predicted
           ->frames[(predicted->next - predicted->first) / predicted->step];
  NfTensor *taken;

  *number = predicted->next;
  *place = (GstNfEnsemblePlace){ .prediction = predicted->prediction++,
    .predictions = (guint) (*frame)->n };
  taken = nf_tensor_batch_slice (*frame, place->prediction, 1, error);
  if (predicted->prediction == place->predictions) {
    nf_tensor_clear (frame);
    predicted->prediction = 0;
    predicted->next += predicted->step;
  }

  return taken;
}

/**
 * gst_nf_predicted_frames_clear:
 * @predicted: to be emptied; may be all zeros
 */
void
gst_nf_predicted_frames_clear (GstNfPredictedFrames *predicted)
{
  if (predicted->frames != NULL)
    for (guint i = 0;
         i <= (predicted->last - predicted->first) / predicted->step; i++)
      nf_tensor_clear (&predicted->frames[i]);
  g_clear_pointer (&predicted->frames, g_free);
  predicted->next = predicted->step = 1;
  predicted->last = predicted->prediction = 0;
  predicted->classes = 0;
  predicted->n_classes = 0;
}
