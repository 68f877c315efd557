/* SPDX-License-Identifier: MIT
 *
 * gstnfdeadline — a moment by which something happens, whatever the source does */
#include "common/gstnfdeadline.h"

void
gst_nf_deadline_init (
    GstNfDeadline *deadline, void (*reached) (gpointer data), gpointer data)
{
  *deadline = (GstNfDeadline){ .reached = reached, .data = data };
  g_mutex_init (&deadline->lock);
  g_cond_init (&deadline->changed);
}

void
gst_nf_deadline_clear (GstNfDeadline *deadline)
{
  g_mutex_clear (&deadline->lock);
  g_cond_clear (&deadline->changed);
}

/* with the lock, which is not held while the function runs */
static void
reach (GstNfDeadline *deadline)
{
  deadline->at = 0;
  g_mutex_unlock (&deadline->lock);
  deadline->reached (deadline->data);
  g_mutex_lock (&deadline->lock);
}

static gpointer
wait_thread (gpointer data)
{
  GstNfDeadline *deadline = data;

  g_mutex_lock (&deadline->lock);
  while (!deadline->ending) {
    if (deadline->at == 0)
      g_cond_wait (&deadline->changed, &deadline->lock);
    else if (g_get_monotonic_time () < deadline->at)
      g_cond_wait_until (&deadline->changed, &deadline->lock, deadline->at);
    else
      reach (deadline);
  }
  g_mutex_unlock (&deadline->lock);

  return NULL;
}

gboolean
gst_nf_deadline_start (GstNfDeadline *deadline, GError **error)
{
  deadline->ending = FALSE;
  deadline->at = 0;
  deadline->thread =
      g_thread_try_new ("nf-deadline", wait_thread, deadline, error);

  return deadline->thread != NULL;
}

void
gst_nf_deadline_stop (GstNfDeadline *deadline)
{
  g_mutex_lock (&deadline->lock);
  deadline->ending = TRUE;
  g_cond_signal (&deadline->changed);
  g_mutex_unlock (&deadline->lock);
  if (deadline->thread != NULL)
    g_thread_join (g_steal_pointer (&deadline->thread));
}

void
gst_nf_deadline_set (GstNfDeadline *deadline, gint64 at)
{
  g_mutex_lock (&deadline->lock);
  deadline->at = at;
  g_cond_signal (&deadline->changed);
  g_mutex_unlock (&deadline->lock);
}
