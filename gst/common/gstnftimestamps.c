/* SPDX-License-Identifier: MIT
 *
 * gstnftimestamps — when frames are, and how far apart
 *
 * See: gstnfpredict.c */
#include "common/gstnftimestamps.h"

/* where neither caps nor frames have a duration */
#define DEFAULT_DURATION (40 * GST_MSECOND)

/**
 * gst_nf_timestamps_init:
 * @timestamps: (out): of a stream that has not begun
 * @element: posts the warning; not referenced
 */
void
gst_nf_timestamps_init (GstNfTimestamps *timestamps, GstElement *element)
{
  timestamps->element = element;
  timestamps->fps_n = 0;
  timestamps->fps_d = 1;
  timestamps->guessed = FALSE;
  gst_nf_timestamps_restart (timestamps);
}

/**
 * gst_nf_timestamps_set_info:
 * @timestamps: of a stream
 * @info: of its frames; a framerate of 0 is unknown
 */
void
gst_nf_timestamps_set_info (
    GstNfTimestamps *timestamps, const GstVideoInfo *info)
{
  timestamps->fps_n = info->fps_n;
  timestamps->fps_d = info->fps_d;
}

/**
 * gst_nf_timestamps_restart:
 * @timestamps: forgets all frames, as after a flush or a new segment
 */
void
gst_nf_timestamps_restart (GstNfTimestamps *timestamps)
{
  timestamps->newest = GST_CLOCK_TIME_NONE;
  timestamps->duration = GST_CLOCK_TIME_NONE;
  gst_nf_timestamps_begin_clip (timestamps);
}

/**
 * gst_nf_timestamps_begin_clip:
 * @timestamps: distances to earlier frames count no more
 */
void
gst_nf_timestamps_begin_clip (GstNfTimestamps *timestamps)
{
  timestamps->first = GST_CLOCK_TIME_NONE;
  timestamps->since = 0;
}

/* mean distance of the clip's frames, or NONE */
static GstClockTime
spacing (const GstNfTimestamps *timestamps)
{
  if (!GST_CLOCK_TIME_IS_VALID (timestamps->first) || timestamps->since == 0
      || timestamps->newest <= timestamps->first)
    return GST_CLOCK_TIME_NONE;

  return (timestamps->newest - timestamps->first) / timestamps->since;
}

/* how long these frames last, or NONE where that is not known */
static GstClockTime
known_time (const GstNfTimestamps *timestamps, guint64 frames)
{
  if (timestamps->fps_n > 0)
    return gst_util_uint64_scale (
        frames, GST_SECOND * (guint64) timestamps->fps_d, timestamps->fps_n);
  if (GST_CLOCK_TIME_IS_VALID (spacing (timestamps)))
    return frames * spacing (timestamps);
  if (GST_CLOCK_TIME_IS_VALID (timestamps->duration))
    return frames * timestamps->duration;

  return GST_CLOCK_TIME_NONE;
}

/**
 * gst_nf_timestamps_missing:
 * @timestamps: of a stream
 * @frame: the frame that comes
 *
 * Returns: how many frames are missing between the newest one and @frame, as
 *   their times say; 0 where these do not; -1 when @frame lies before the newest
 *   one
 */
gint64
gst_nf_timestamps_missing (
    const GstNfTimestamps *timestamps, const GstBuffer *frame)
{
  const GstClockTime lasts = known_time (timestamps, 1);
  gint64 later;

  if (!GST_BUFFER_PTS_IS_VALID (frame)
      || !GST_CLOCK_TIME_IS_VALID (timestamps->newest))
    return 0;
  later = GST_CLOCK_DIFF (timestamps->newest, GST_BUFFER_PTS (frame));
  if (!GST_CLOCK_TIME_IS_VALID (lasts) || lasts == 0)
    return later < 0 ? -1 : 0;
  if (later < 0)
    return -later > (gint64) lasts / 2 ? -1 : 0;

  return MAX ((later + (gint64) lasts / 2) / (gint64) lasts - 1, 0);
}

/**
 * gst_nf_timestamps_add:
 * @timestamps: of a stream
 * @frame: the frame that comes
 * @start: time of the first frame, where it does not say
 * @missing: frames of the clip before it that did not come
 *
 * A frame without a timestamp follows the one before.
 *
 * Returns: the frame's time
 */
GstClockTime
gst_nf_timestamps_add (GstNfTimestamps *timestamps, GstBuffer *frame,
    GstClockTime start, guint missing)
{
  GstClockTime time = GST_BUFFER_PTS (frame);

  if (!GST_CLOCK_TIME_IS_VALID (time))
    time = GST_CLOCK_TIME_IS_VALID (timestamps->newest)
        ? timestamps->newest + gst_nf_timestamps_ahead (timestamps, 1)
        : start;
  if (GST_CLOCK_TIME_IS_VALID (timestamps->first))
    timestamps->since += missing + 1;
  else
    timestamps->first = GST_BUFFER_PTS (frame);
  timestamps->newest = time;
  timestamps->duration = GST_BUFFER_DURATION (frame);

  return time;
}

/**
 * gst_nf_timestamps_ahead:
 * @timestamps: of a stream
 * @frames: a number of frames
 *
 * Returns: how long they last
 */
GstClockTime
gst_nf_timestamps_ahead (GstNfTimestamps *timestamps, guint64 frames)
{
  GstClockTime known = known_time (timestamps, frames);

  if (GST_CLOCK_TIME_IS_VALID (known))
    return known;
  if (!timestamps->guessed)
    GST_ELEMENT_WARNING (timestamps->element, STREAM, FORMAT,
        ("Neither the caps nor the frames say how long a frame lasts; taking "
         "%u ms. Give the framerate before this element.",
            (guint) (DEFAULT_DURATION / GST_MSECOND)),
        (NULL));
  timestamps->guessed = TRUE;

  return frames * DEFAULT_DURATION;
}

/**
 * gst_nf_frame_time:
 * @frame: number of a frame, from 0 on
 * @fps_n: frames in @fps_d seconds, at least 1
 * @fps_d: see @fps_n
 *
 * Returns: the time at which the frame begins
 */
GstClockTime
gst_nf_frame_time (guint64 frame, gint fps_n, gint fps_d)
{
  return gst_util_uint64_scale (frame, fps_d * GST_SECOND, fps_n);
}

/**
 * gst_nf_frame_at:
 * @time: a time
 * @fps_n: frames in @fps_d seconds, at least 1
 * @fps_d: see @fps_n
 *
 * Returns: the number of the frame that is shown at @time
 */
guint64
gst_nf_frame_at (GstClockTime time, gint fps_n, gint fps_d)
{
  guint64 frame = gst_util_uint64_scale (time, fps_n, fps_d * GST_SECOND);

  /* times of frames are rounded down, so the division may fall short */
  if (gst_nf_frame_time (frame + 1, fps_n, fps_d) <= time)
    frame++;

  return frame;
}
