/* SPDX-License-Identifier: MIT
 *
 * gstnfwaiting — predictions that wait for their batch, and tags between them */
#include "predict/gstnfwaiting.h"

/**
 * gst_nf_waiting_new:
 * @window: full; its frames are referenced
 *
 * Returns: (transfer full): a prediction that waits
 */
GstNfWaiting *
gst_nf_waiting_new (const GstNfWindow *window)
{
  GstNfWaiting *waiting = g_new0 (GstNfWaiting, 1);
  g_autofree NfTensor **frames = g_new (NfTensor *, window->length);

  gst_nf_window_frames (window, frames);
  gst_nf_window_init (&waiting->window, window->length);
  for (guint i = 0; i < window->length; i++)
    gst_nf_window_push (&waiting->window, nf_tensor_ref (frames[i]));

  return waiting;
}

/**
 * gst_nf_waiting_new_event:
 * @event: (transfer full): comes behind the predictions that wait
 *
 * Returns: (transfer full): it, waiting
 */
GstNfWaiting *
gst_nf_waiting_new_event (GstEvent *event)
{
  GstNfWaiting *waiting = g_new0 (GstNfWaiting, 1);

  waiting->event = event;
  waiting->done = TRUE;

  return waiting;
}

/**
 * gst_nf_waiting_free:
 * @waiting: (transfer full): what waits
 */
void
gst_nf_waiting_free (GstNfWaiting *waiting)
{
  gst_clear_event (&waiting->event);
  gst_nf_window_clear (&waiting->window);
  gst_nf_predicted_frames_clear (&waiting->predicted);
  g_free (waiting);
}

/**
 * gst_nf_waiting_count:
 * @queue: (element-type GstNfWaiting)
 *
 * Returns: predictions in it that are not made yet
 */
guint
gst_nf_waiting_count (GQueue *queue)
{
  guint n = 0;

  for (GList *l = queue->head; l != NULL; l = l->next)
    n += !((GstNfWaiting *) l->data)->done;

  return n;
}

/**
 * gst_nf_waiting_clear:
 * @queue: (element-type GstNfWaiting): to be emptied
 */
void
gst_nf_waiting_clear (GQueue *queue)
{
  g_queue_clear_full (queue, (GDestroyNotify) gst_nf_waiting_free);
}
