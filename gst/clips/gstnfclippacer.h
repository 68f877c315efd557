/* SPDX-License-Identifier: MIT
 *
 * gstnfclippacer — when a live source may push its frames
 *
 * A live source pushes while the pipeline is PLAYING, each frame at its time.
 * One that is not live never waits.
 * See: gstnfclips.c */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstNfClipPacer:
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
} GstNfClipPacer;

void gst_nf_clip_pacer_init (GstNfClipPacer *self, GstElement *element);
void gst_nf_clip_pacer_clear (GstNfClipPacer *self);

void gst_nf_clip_pacer_start (GstNfClipPacer *self, gboolean live);
gboolean gst_nf_clip_pacer_is_live (GstNfClipPacer *self);
void gst_nf_clip_pacer_set_playing (GstNfClipPacer *self, gboolean playing);
void gst_nf_clip_pacer_interrupt (GstNfClipPacer *self);
void gst_nf_clip_pacer_resume (GstNfClipPacer *self);

gboolean gst_nf_clip_pacer_wait_playing (
    GstNfClipPacer *self, GstClockTime *now);
gboolean gst_nf_clip_pacer_wait (GstNfClipPacer *self, GstClockTime time);

G_END_DECLS
