/* SPDX-License-Identifier: MIT
 *
 * gstnfcancel — stopping what an element computes when it flushes or stops
 *
 * See: gstnfpredict.c, gstnfsegment.c */
#include "common/gstnfcancel.h"

/**
 * gst_nf_cancel_init:
 * @cancel: (out): of @element
 * @element: an element; not referenced
 */
void
gst_nf_cancel_init (GstNfCancel *cancel, GstElement *element)
{
  cancel->element = element;
  cancel->cancellable = g_cancellable_new ();
  cancel->stopping = FALSE;
}

/**
 * gst_nf_cancel_clear:
 * @cancel: to be freed
 */
void
gst_nf_cancel_clear (GstNfCancel *cancel)
{
  g_clear_object (&cancel->cancellable);
}

/**
 * gst_nf_cancel_start:
 * @cancel: of an element that starts: computing is allowed again
 */
void
gst_nf_cancel_start (GstNfCancel *cancel)
{
  GST_OBJECT_LOCK (cancel->element);
  cancel->stopping = FALSE;
  g_cancellable_reset (cancel->cancellable);
  GST_OBJECT_UNLOCK (cancel->element);
}

/**
 * gst_nf_cancel_change_state:
 * @cancel: of an element
 * @transition: to be called with before the parent class does it, for it waits
 *   for the streaming thread
 */
void
gst_nf_cancel_change_state (GstNfCancel *cancel, GstStateChange transition)
{
  if (transition != GST_STATE_CHANGE_PAUSED_TO_READY)
    return;
  GST_OBJECT_LOCK (cancel->element);
  cancel->stopping = TRUE;
  GST_OBJECT_UNLOCK (cancel->element);
  g_cancellable_cancel (cancel->cancellable);
}

/**
 * gst_nf_cancel_event:
 * @cancel: of an element
 * @event: (transfer none): from upstream
 */
void
gst_nf_cancel_event (GstNfCancel *cancel, GstEvent *event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START)
    g_cancellable_cancel (cancel->cancellable);
  if (GST_EVENT_TYPE (event) != GST_EVENT_FLUSH_STOP)
    return;
  GST_OBJECT_LOCK (cancel->element);
  if (!cancel->stopping)
    g_cancellable_reset (cancel->cancellable);
  GST_OBJECT_UNLOCK (cancel->element);
}
