/* SPDX-License-Identifier: MIT
 *
 * gstnffuture — predicted frames that wait to be pushed
 *
 * See: gstnfforecast.c */
#include "gstnffuture.h"

/**
 * gst_nf_future_alloc:
 * @future: (inout): loses the frames it has
 * @first: number of the first frame, at least 1
 * @last: number of the last frame, at least @first
 * @frame_bytes: size of a frame
 *
 * Makes room for frames, which the caller fills.
 */
void
gst_nf_future_alloc (
    GstNfFuture *future, guint first, guint last, gsize frame_bytes)
{
  gst_nf_future_clear (future);
  future->frame_bytes = frame_bytes;
  future->pixels = g_malloc_n (last - first + 1, frame_bytes);
  future->first = future->next = first;
  future->last = last;
}

/**
 * gst_nf_future_place:
 * @future: with room
 * @number: of a frame, from the first to the last
 *
 * Returns: (transfer none): where its packed pixels belong
 */
guint8 *
gst_nf_future_place (const GstNfFuture *future, guint number)
{
  return future->pixels + (number - future->first) * future->frame_bytes;
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
  return future->pixels != NULL && future->next <= future->last;
}

/**
 * gst_nf_future_take:
 * @future: with a frame to take
 * @number: (out): the frame's number, from 1 on
 *
 * Returns: (transfer none): its packed pixels
 */
const guint8 *
gst_nf_future_take (GstNfFuture *future, guint *number)
{
  *number = future->next++;

  return gst_nf_future_place (future, *number);
}

/**
 * gst_nf_future_clear:
 * @future: to be emptied; may be all zeros
 */
void
gst_nf_future_clear (GstNfFuture *future)
{
  g_clear_pointer (&future->pixels, g_free);
  future->next = 1;
  future->last = 0;
}
