/* SPDX-License-Identifier: MIT
 *
 * gstnfclippacer — when a live source may push its frames */
#include "clips/gstnfclippacer.h"

/**
 * gst_nf_clip_pacer_init:
 * @self: (out): of @element; not live
 * @element: an element; not referenced
 */
void
gst_nf_clip_pacer_init (GstNfClipPacer *self, GstElement *element)
{
  *self = (GstNfClipPacer){ .element = element };
  g_cond_init (&self->changed);
}

/**
 * gst_nf_clip_pacer_clear:
 * @self: nobody waits for it
 */
void
gst_nf_clip_pacer_clear (GstNfClipPacer *self)
{
  g_cond_clear (&self->changed);
}

/**
 * gst_nf_clip_pacer_start:
 * @live: whether frames are pushed at their time
 *
 * The element goes to PAUSED.
 */
void
gst_nf_clip_pacer_start (GstNfClipPacer *self, gboolean live)
{
  GST_OBJECT_LOCK (self->element);
  self->live = live;
  self->playing = FALSE;
  self->interrupted = FALSE;
  GST_OBJECT_UNLOCK (self->element);
}

/**
 * gst_nf_clip_pacer_is_live:
 *
 * Returns: whether frames are pushed at their time
 */
gboolean
gst_nf_clip_pacer_is_live (GstNfClipPacer *self)
{
  gboolean live;

  GST_OBJECT_LOCK (self->element);
  live = self->live;
  GST_OBJECT_UNLOCK (self->element);

  return live;
}

/* with the object lock: whoever waits looks again */
static void
wake (GstNfClipPacer *self)
{
  if (self->id != NULL)
    gst_clock_id_unschedule (self->id);
  g_cond_broadcast (&self->changed);
}

/**
 * gst_nf_clip_pacer_set_playing:
 * @playing: whether the element is PLAYING
 */
void
gst_nf_clip_pacer_set_playing (GstNfClipPacer *self, gboolean playing)
{
  GST_OBJECT_LOCK (self->element);
  self->playing = playing;
  wake (self);
  GST_OBJECT_UNLOCK (self->element);
}

/**
 * gst_nf_clip_pacer_interrupt:
 *
 * Nobody waits any more, until gst_nf_clip_pacer_resume().
 */
void
gst_nf_clip_pacer_interrupt (GstNfClipPacer *self)
{
  GST_OBJECT_LOCK (self->element);
  self->interrupted = TRUE;
  wake (self);
  GST_OBJECT_UNLOCK (self->element);
}

/**
 * gst_nf_clip_pacer_resume:
 *
 * Takes back gst_nf_clip_pacer_interrupt().
 */
void
gst_nf_clip_pacer_resume (GstNfClipPacer *self)
{
  GST_OBJECT_LOCK (self->element);
  self->interrupted = FALSE;
  GST_OBJECT_UNLOCK (self->element);
}

/* with the object lock; whether to go on */
static gboolean
wait_playing (GstNfClipPacer *self)
{
  while (self->live && !self->playing && !self->interrupted)
    g_cond_wait (&self->changed, GST_OBJECT_GET_LOCK (self->element));

  return !self->interrupted;
}

/**
 * gst_nf_clip_pacer_wait_playing:
 * @now: (out): the running time then; 0 when not live, or without a clock
 *
 * Waits until frames may be pushed.
 *
 * Returns: FALSE when interrupted
 */
gboolean
gst_nf_clip_pacer_wait_playing (GstNfClipPacer *self, GstClockTime *now)
{
  GstClock *clock = NULL;
  GstClockTime base = 0;
  gboolean go_on;

  GST_OBJECT_LOCK (self->element);
  go_on = wait_playing (self);
  if (self->live && GST_ELEMENT_CLOCK (self->element) != NULL) {
    clock = gst_object_ref (GST_ELEMENT_CLOCK (self->element));
    base = self->element->base_time;
  }
  GST_OBJECT_UNLOCK (self->element);
  *now = 0;
  if (clock != NULL) {
    GstClockTime time = gst_clock_get_time (clock);

    *now = time > base ? time - base : 0;
    gst_object_unref (clock);
  }

  return go_on;
}

/**
 * gst_nf_clip_pacer_wait:
 * @time: running time of a frame
 *
 * Waits until its time has come, and while the element is not PLAYING.
 *
 * Returns: FALSE when interrupted
 */
gboolean
gst_nf_clip_pacer_wait (GstNfClipPacer *self, GstClockTime time)
{
  GstClockReturn result = GST_CLOCK_UNSCHEDULED;
  gboolean go_on;

  GST_OBJECT_LOCK (self->element);
  go_on = wait_playing (self);
  while (go_on && self->live && result == GST_CLOCK_UNSCHEDULED
      && GST_ELEMENT_CLOCK (self->element) != NULL) {
    self->id = gst_clock_new_single_shot_id (
        GST_ELEMENT_CLOCK (self->element), self->element->base_time + time);
    GST_OBJECT_UNLOCK (self->element);
    result = gst_clock_id_wait (self->id, NULL);
    GST_OBJECT_LOCK (self->element);
    g_clear_pointer (&self->id, gst_clock_id_unref);
    go_on = wait_playing (self);
  }
  GST_OBJECT_UNLOCK (self->element);

  return go_on;
}
