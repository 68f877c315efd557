/* SPDX-License-Identifier: MIT
 *
 * gstnfclipposition — where a source of clips is, and where a seek brings it
 *
 * See: gstnfclips.c, which guards the structure with its object lock */
#pragma once

#include "clips/gstnfcliptimeline.h"

G_BEGIN_DECLS

/**
 * GstNfClipPosition:
 * @timeline: of the clips
 * @segment: of time; its position is the end of the newest frame
 * @next_frame: the one that comes next, through all clips
 */
typedef struct
{
  GstNfClipTimeline timeline;
  GstSegment segment;
  guint64 next_frame;
} GstNfClipPosition;

void gst_nf_clip_position_init (
    GstNfClipPosition *position, const GstNfClipTimeline *timeline);
void gst_nf_clip_position_set_framerate (
    GstNfClipPosition *position, gint fps_n, gint fps_d);

gboolean gst_nf_clip_position_seek (
    GstNfClipPosition *position, GstEvent *event);
gboolean gst_nf_clip_position_is_at_end (const GstNfClipPosition *position);
gint64 gst_nf_clip_position_get (
    const GstNfClipPosition *position, GstFormat format);
GstClockTime gst_nf_clip_position_running_time (
    const GstNfClipPosition *position);
void gst_nf_clip_position_go_to (GstNfClipPosition *position, guint64 frame);
void gst_nf_clip_position_advance (GstNfClipPosition *position);

G_END_DECLS
