/* SPDX-License-Identifier: MIT
 *
 * gstnfcliptimeline — where clips that follow each other lie in time
 *
 * Frames are numbered through all clips, frame N is shown at N / framerate.
 * Positions are given in time, in frames (GST_FORMAT_DEFAULT), or in clips: a
 * format of its own, registered as "clip".
 * See: gstnfclips.c */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstNfClipTimeline:
 * @fps_n: frames in @fps_d seconds
 * @fps_d: see @fps_n
 * @n_clips: how many clips there are; G_MAXUINT64: without end
 * @frames: of each clip, where all are of the same length
 * @ends: (nullable) (element-type guint64): of each clip, the number of the
 *   frame behind its last one; NULL where all are of the same length
 */
typedef struct
{
  gint fps_n, fps_d;
  guint64 n_clips;
  guint frames;
  GArray *ends;
} GstNfClipTimeline;

GstFormat gst_nf_clip_format (void);

void gst_nf_clip_timeline_init (
    GstNfClipTimeline *timeline, gint fps_n, gint fps_d);
void gst_nf_clip_timeline_clear (GstNfClipTimeline *timeline);
void gst_nf_clip_timeline_set_equal (
    GstNfClipTimeline *timeline, guint64 n_clips, guint frames);
void gst_nf_clip_timeline_add (GstNfClipTimeline *timeline, guint frames);

guint64 gst_nf_clip_timeline_n_frames (const GstNfClipTimeline *timeline);
guint64 gst_nf_clip_timeline_first_frame (
    const GstNfClipTimeline *timeline, guint64 clip);
guint64 gst_nf_clip_timeline_clip_at (
    const GstNfClipTimeline *timeline, guint64 frame);
guint64 gst_nf_clip_timeline_snap (
    const GstNfClipTimeline *timeline, guint64 frame, GstSeekFlags flags);

GstClockTime gst_nf_clip_timeline_time (
    const GstNfClipTimeline *timeline, guint64 frame);
guint64 gst_nf_clip_timeline_frame_at (
    const GstNfClipTimeline *timeline, GstClockTime time);

gboolean gst_nf_clip_timeline_convert (const GstNfClipTimeline *timeline,
    GstFormat from, gint64 value, GstFormat to, gint64 *result);
gint64 gst_nf_clip_timeline_duration (
    const GstNfClipTimeline *timeline, GstFormat format);

G_END_DECLS
