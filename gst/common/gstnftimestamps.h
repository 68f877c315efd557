/* SPDX-License-Identifier: MIT
 *
 * gstnftimestamps — when frames are, and how far apart
 *
 * The duration of a frame follows from the framerate. Where that is unknown, it
 * is the mean distance of the clip's timestamps; without timestamps it is the
 * duration of the newest frame's buffer; and else it is 40 ms, with a warning
 * message.
 * See: gstnfpredict.c */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

/**
 * GstNfTimestamps:
 * @newest: time of the newest frame; NONE before the first one
 *
 * Belongs to the streaming thread.
 */
typedef struct
{
  GstClockTime newest;

  /*< private >*/
  GstElement *element;
  gint fps_n, fps_d;
  GstClockTime first; /* of the clip's frames with a timestamp */
  guint64 since; /* frames since @first */
  GstClockTime duration; /* of the newest frame's buffer */
  gboolean guessed; /* the warning was given */
} GstNfTimestamps;

void gst_nf_timestamps_init (GstNfTimestamps *timestamps, GstElement *element);
void gst_nf_timestamps_set_info (
    GstNfTimestamps *timestamps, const GstVideoInfo *info);
void gst_nf_timestamps_restart (GstNfTimestamps *timestamps);
void gst_nf_timestamps_begin_clip (GstNfTimestamps *timestamps);

gint64 gst_nf_timestamps_missing (
    const GstNfTimestamps *timestamps, const GstBuffer *frame);
GstClockTime gst_nf_timestamps_add (GstNfTimestamps *timestamps,
    GstBuffer *frame, GstClockTime start, guint missing);
GstClockTime gst_nf_timestamps_ahead (
    GstNfTimestamps *timestamps, guint64 frames);

/* frame N begins at N / framerate, rounded down to whole nanoseconds */
GstClockTime gst_nf_frame_time (guint64 frame, gint fps_n, gint fps_d);
guint64 gst_nf_frame_at (GstClockTime time, gint fps_n, gint fps_d);

G_END_DECLS
