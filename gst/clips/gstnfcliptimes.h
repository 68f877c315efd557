/* SPDX-License-Identifier: MIT
 *
 * gstnfcliptimes — where clips that follow each other lie in time
 *
 * Frames are numbered through all clips, frame N is shown at N / framerate.
 * Positions are told in time, in frames (GST_FORMAT_DEFAULT), or in clips: a
 * format of its own, registered as "clip".
 * See: gstnfclips.c */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstNfClipTimes:
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
} GstNfClipTimes;

GstFormat gst_nf_clip_format (void);

void gst_nf_clip_times_init (GstNfClipTimes *times, gint fps_n, gint fps_d);
void gst_nf_clip_times_clear (GstNfClipTimes *times);
void gst_nf_clip_times_set_equal (
    GstNfClipTimes *times, guint64 n_clips, guint frames);
void gst_nf_clip_times_add (GstNfClipTimes *times, guint frames);

guint64 gst_nf_clip_times_n_frames (const GstNfClipTimes *times);
guint64 gst_nf_clip_times_first_frame (
    const GstNfClipTimes *times, guint64 clip);
guint64 gst_nf_clip_times_clip_at (const GstNfClipTimes *times, guint64 frame);
guint64 gst_nf_clip_times_snap (
    const GstNfClipTimes *times, guint64 frame, GstSeekFlags flags);

GstClockTime gst_nf_clip_times_time (
    const GstNfClipTimes *times, guint64 frame);
guint64 gst_nf_clip_times_frame_at (
    const GstNfClipTimes *times, GstClockTime time);

gboolean gst_nf_clip_times_convert (const GstNfClipTimes *times, GstFormat from,
    gint64 value, GstFormat to, gint64 *result);
gint64 gst_nf_clip_times_duration (
    const GstNfClipTimes *times, GstFormat format);

G_END_DECLS
