/* SPDX-License-Identifier: MIT
 *
 * gstnfclipwatch — warns when a source of clips waits for what cannot come */
#include "clips/gstnfclipwatch.h"

#define PATIENCE_SECONDS 10

typedef struct
{
  GstNfClipWatch *watch;
  GstElement *element;
  GstPad *pad; /* whose frame is not taken */
} Watched;

static void
watched_free (gpointer data)
{
  Watched *watched = data;

  gst_object_unref (watched->element);
  gst_object_unref (watched->pad);
  g_free (watched);
}

/* whether a state change of the whole pipeline is still going on */
static gboolean
is_starting (GstElement *element)
{
  GstObject *top = gst_object_ref (GST_OBJECT (element));
  GstObject *parent;
  gboolean starting;

  while ((parent = gst_object_get_parent (top)) != NULL) {
    gst_object_unref (top);
    top = parent;
  }
  GST_OBJECT_LOCK (top);
  starting = GST_STATE_RETURN (top) == GST_STATE_CHANGE_ASYNC;
  GST_OBJECT_UNLOCK (top);
  gst_object_unref (top);

  return starting;
}

static gboolean
warn (GstClock *clock, GstClockTime time, GstClockID id, gpointer data)
{
  const Watched *watched = data;

  if (is_starting (watched->element)
      && g_atomic_int_compare_and_exchange (
          &watched->watch->warned, FALSE, TRUE))
    GST_ELEMENT_WARNING (watched->element, CORE, PAD,
        ("For %d s nobody has taken the frame on the pad '%s', and the "
         "pipeline "
         "does not start. Both pads are fed by one thread: put a queue behind "
         "each of them.",
            PATIENCE_SECONDS, GST_PAD_NAME (watched->pad)),
        ("It may also be that what follows takes so long to compute."));

  return TRUE;
}

/**
 * gst_nf_clip_watch_begin:
 * @watch: of @element
 * @element: that pushes
 * @pad: of it, which a frame is about to be pushed from
 *
 * Returns: (transfer full) (nullable): for gst_nf_clip_watch_end() once the frame
 *   was taken; NULL where no more warnings are to come
 */
GstClockID
gst_nf_clip_watch_begin (
    GstNfClipWatch *watch, GstElement *element, GstPad *pad)
{
  GstClock *clock;
  GstClockID id;
  Watched *watched;

  if (g_atomic_int_get (&watch->warned) || !is_starting (element))
    return NULL;
  clock = gst_system_clock_obtain ();
  watched = g_new (Watched, 1);
  *watched = (Watched){ .watch = watch,
    .element = gst_object_ref (element),
    .pad = gst_object_ref (pad) };
  id = gst_clock_new_single_shot_id (
      clock, gst_clock_get_time (clock) + PATIENCE_SECONDS * GST_SECOND);
  gst_clock_id_wait_async (id, warn, watched, watched_free);
  gst_object_unref (clock);

  return id;
}

/**
 * gst_nf_clip_watch_end:
 * @id: (transfer full) (nullable): what gst_nf_clip_watch_begin() gave
 */
void
gst_nf_clip_watch_end (GstClockID id)
{
  if (id == NULL)
    return;
  gst_clock_id_unschedule (id);
  gst_clock_id_unref (id);
}
