/* SPDX-License-Identifier: MIT
 *
 * gstnfclipline — where a source of clips is, and where a seek brings it
 *
 * See: gstnfclips.c, which guards the structure with its object lock */
#pragma once

#include "clips/gstnfcliptimes.h"

G_BEGIN_DECLS

/**
 * GstNfClipLine:
 * @times: of the clips
 * @segment: of time; its position is the end of the newest frame
 * @next_frame: the one that comes next, through all clips
 */
typedef struct
{
  GstNfClipTimes times;
  GstSegment segment;
  guint64 next_frame;
} GstNfClipLine;

void gst_nf_clip_line_init (GstNfClipLine *line, const GstNfClipTimes *times);
void gst_nf_clip_line_set_framerate (
    GstNfClipLine *line, gint fps_n, gint fps_d);

gboolean gst_nf_clip_line_seek (GstNfClipLine *line, GstEvent *event);
gboolean gst_nf_clip_line_is_at_end (const GstNfClipLine *line);
gint64 gst_nf_clip_line_position (const GstNfClipLine *line, GstFormat format);
GstClockTime gst_nf_clip_line_running_time (const GstNfClipLine *line);
void gst_nf_clip_line_advance (GstNfClipLine *line);

G_END_DECLS
