/* SPDX-License-Identifier: MIT
 *
 * gstnfdeadline — a moment by which something happens, whatever the source does
 *
 * A thread of its own waits for that moment, so that what is held goes out even
 * though nothing comes in any more. It calls back without any lock: who is called
 * takes the lock of the stream, and looks whether there is something to do still.
 * See: gstnfsegment.c */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GstNfDeadline:
 *
 * Belongs to one element. All zeros is no valid state.
 */
typedef struct
{
  /*< private >*/
  void (*reached) (gpointer data);
  gpointer data;

  GMutex lock;
  GCond changed;
  gboolean ending;
  gint64 at; /* as g_get_monotonic_time() has it; 0: no moment is set */
  GThread *thread; /* NULL: it does not run */
} GstNfDeadline;

/**
 * gst_nf_deadline_init:
 * @deadline: (out): stopped
 * @reached: called in the deadline's thread when the moment that was set has come
 * @data: for @reached
 */
void gst_nf_deadline_init (
    GstNfDeadline *deadline, void (*reached) (gpointer data), gpointer data);

/**
 * gst_nf_deadline_clear:
 * @deadline: stopped, to be freed
 */
void gst_nf_deadline_clear (GstNfDeadline *deadline);

/**
 * gst_nf_deadline_start:
 * @deadline: stopped; no moment is set
 * @error: return location: a #GThreadError where there is no thread for it
 *
 * Returns: FALSE with @error set
 */
gboolean gst_nf_deadline_start (GstNfDeadline *deadline, GError **error);

/**
 * gst_nf_deadline_stop:
 * @deadline: started or not; no lock is held that its function takes
 *
 * Waits for the function where it is running.
 */
void gst_nf_deadline_stop (GstNfDeadline *deadline);

/**
 * gst_nf_deadline_set:
 * @deadline: started
 * @at: the moment, as g_get_monotonic_time() has it; takes the place of the one
 *   from before
 */
void gst_nf_deadline_set (GstNfDeadline *deadline, gint64 at);

G_END_DECLS
