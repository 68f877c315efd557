/* SPDX-License-Identifier: MIT
 *
 * gstnfearly — events that come before an element's own segment and must follow
 * it */
#include "common/gstnfearly.h"

/**
 * gst_nf_early_hold:
 * @early: of #GstEvent, those that wait; all zeros where there are none
 * @event: (transfer none): from upstream, before the segment was pushed
 *
 * Returns: whether it must follow the segment, and waits now
 */
gboolean
gst_nf_early_hold (GQueue *early, GstEvent *event)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_TAG:
    case GST_EVENT_TOC:
    case GST_EVENT_SINK_MESSAGE:
    case GST_EVENT_CUSTOM_DOWNSTREAM:
    case GST_EVENT_CUSTOM_DOWNSTREAM_STICKY:
      g_queue_push_tail (early, gst_event_ref (event));
      return TRUE;
    default:
      return FALSE;
  }
}

/**
 * gst_nf_early_push:
 * @early: events that wait
 * @srcpad: whose segment was pushed
 */
void
gst_nf_early_push (GQueue *early, GstPad *srcpad)
{
  GstEvent *event;

  while ((event = g_queue_pop_head (early)) != NULL)
    gst_pad_push_event (srcpad, event);
}

/**
 * gst_nf_early_clear:
 * @early: loses the events that wait
 */
void
gst_nf_early_clear (GQueue *early)
{
  g_queue_clear_full (early, (GDestroyNotify) gst_event_unref);
}
