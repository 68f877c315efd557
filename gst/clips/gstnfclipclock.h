/* SPDX-License-Identifier: MIT
 *
 * gstnfclipclock — when a live source may push its frames
 *
 * A live source pushes while the pipeline is PLAYING, each frame at its time.
 * One that is not live never waits.
 * See: gstnfclips.c */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstNfClipClock:
 *
 * Belongs to one element, whose object lock guards it.
 */
typedef struct
{
  GstElement *element;

  /*< private >*/
  GCond changed;
  gboolean live;
  gboolean playing;
  gboolean interrupted;
  GstClockID id; /* (nullable): what is waited for */
} GstNfClipClock;

void gst_nf_clip_clock_init (GstNfClipClock *self, GstElement *element);
void gst_nf_clip_clock_clear (GstNfClipClock *self);

void gst_nf_clip_clock_start (GstNfClipClock *self, gboolean live);
gboolean gst_nf_clip_clock_is_live (GstNfClipClock *self);
void gst_nf_clip_clock_set_playing (GstNfClipClock *self, gboolean playing);
void gst_nf_clip_clock_interrupt (GstNfClipClock *self);
void gst_nf_clip_clock_resume (GstNfClipClock *self);

gboolean gst_nf_clip_clock_wait_playing (
    GstNfClipClock *self, GstClockTime *now);
gboolean gst_nf_clip_clock_wait (GstNfClipClock *self, GstClockTime time);

G_END_DECLS
