/* SPDX-License-Identifier: MIT
 *
 * gstnfpredictedframes — predicted frames that wait until they are pushed */
#include "forecast/gstnfpredictedframes.h"

/**
 * gst_nf_future_alloc:
 * @future: (inout): loses the frames it has
 * @first: number of the first frame, at least 1
 * @last: number of the last frame, at least @first
 *
 * Makes places for frames, which the caller fills by gst_nf_future_set().
 */
void
gst_nf_future_alloc (GstNfFuture *future, guint first, guint last)
{
  gst_nf_future_clear (future);
  future->frames = g_new0 (NfTensor *, last - first + 1);
  future->first = future->next = first;
  future->last = last;
}

/**
 * gst_nf_future_set:
 * @future: with a place for it
 * @number: of a frame, from the first to the last
 * @frame: (transfer full): its pixels
 */
void
gst_nf_future_set (GstNfFuture *future, guint number, NfTensor *frame)
{
  future->frames[number - future->first] = frame;
}

/**
 * gst_nf_future_has_frame:
 * @future: may be all zeros
 *
 * Returns: whether there is a frame to take
 */
gboolean
gst_nf_future_has_frame (const GstNfFuture *future)
{
  return future->frames != NULL && future->next <= future->last;
}

/**
 * gst_nf_future_take:
 * @future: with a frame to take
 * @number: (out): the frame's number, from 1 on
 *
 * Returns: (transfer full): its pixels
 */
NfTensor *
gst_nf_future_take (GstNfFuture *future, guint *number)
{
  *number = future->next++;

  return g_steal_pointer (&future->frames[*number - future->first]);
}

/**
 * gst_nf_future_clear:
 * @future: to be emptied; may be all zeros
 */
void
gst_nf_future_clear (GstNfFuture *future)
{
  if (future->frames != NULL)
    for (guint i = future->first; i <= future->last; i++)
      nf_tensor_clear (&future->frames[i - future->first]);
  g_clear_pointer (&future->frames, g_free);
  future->next = 1;
  future->last = 0;
}
