/* SPDX-License-Identifier: MIT
 *
 * gstnfcadence — when frames are, and how far apart
 *
 * See: gstnfpredict.c */
#include "common/gstnfcadence.h"

/* where neither caps nor frames tell how long a frame lasts */
#define DEFAULT_DURATION (40 * GST_MSECOND)

/**
 * gst_nf_cadence_init:
 * @cadence: (out): of a stream that has not begun
 * @element: posts the warning; not referenced
 */
void
gst_nf_cadence_init (GstNfCadence *cadence, GstElement *element)
{
  cadence->element = element;
  cadence->fps_n = 0;
  cadence->fps_d = 1;
  cadence->guessed = FALSE;
  gst_nf_cadence_restart (cadence);
}

/**
 * gst_nf_cadence_set_info:
 * @cadence: of a stream
 * @info: of its frames; a framerate of 0 is unknown
 */
void
gst_nf_cadence_set_info (GstNfCadence *cadence, const GstVideoInfo *info)
{
  cadence->fps_n = info->fps_n;
  cadence->fps_d = info->fps_d;
}

/**
 * gst_nf_cadence_restart:
 * @cadence: forgets all frames, as after a flush or a new segment
 */
void
gst_nf_cadence_restart (GstNfCadence *cadence)
{
  cadence->newest = GST_CLOCK_TIME_NONE;
  cadence->duration = GST_CLOCK_TIME_NONE;
  gst_nf_cadence_begin_clip (cadence);
}

/**
 * gst_nf_cadence_begin_clip:
 * @cadence: distances to earlier frames count no more
 */
void
gst_nf_cadence_begin_clip (GstNfCadence *cadence)
{
  cadence->first = GST_CLOCK_TIME_NONE;
  cadence->since = 0;
}

/* mean distance of the clip's frames, or NONE */
static GstClockTime
spacing (const GstNfCadence *cadence)
{
  if (!GST_CLOCK_TIME_IS_VALID (cadence->first) || cadence->since == 0
      || cadence->newest <= cadence->first)
    return GST_CLOCK_TIME_NONE;

  return (cadence->newest - cadence->first) / cadence->since;
}

/* how long these frames last, or NONE where that is not known */
static GstClockTime
known_time (const GstNfCadence *cadence, guint64 frames)
{
  if (cadence->fps_n > 0)
    return gst_util_uint64_scale (
        frames, GST_SECOND * (guint64) cadence->fps_d, cadence->fps_n);
  if (GST_CLOCK_TIME_IS_VALID (spacing (cadence)))
    return frames * spacing (cadence);
  if (GST_CLOCK_TIME_IS_VALID (cadence->duration))
    return frames * cadence->duration;

  return GST_CLOCK_TIME_NONE;
}

/**
 * gst_nf_cadence_missing:
 * @cadence: of a stream
 * @frame: the frame that comes
 *
 * Returns: how many frames are missing between the newest one and @frame, as
 *   their times say; 0 where these do not; -1 when @frame lies before the newest
 *   one
 */
gint64
gst_nf_cadence_missing (const GstNfCadence *cadence, const GstBuffer *frame)
{
  const GstClockTime lasts = known_time (cadence, 1);
  gint64 later;

  if (!GST_BUFFER_PTS_IS_VALID (frame)
      || !GST_CLOCK_TIME_IS_VALID (cadence->newest))
    return 0;
  later = GST_CLOCK_DIFF (cadence->newest, GST_BUFFER_PTS (frame));
  if (!GST_CLOCK_TIME_IS_VALID (lasts) || lasts == 0)
    return later < 0 ? -1 : 0;
  if (later < 0)
    return -later > (gint64) lasts / 2 ? -1 : 0;

  return MAX ((later + (gint64) lasts / 2) / (gint64) lasts - 1, 0);
}

/**
 * gst_nf_cadence_take:
 * @cadence: of a stream
 * @frame: the frame that comes
 * @start: time of the first frame, where it does not say
 * @missing: frames of the clip before it that did not come
 *
 * A frame without a timestamp follows the one before.
 *
 * Returns: the frame's time
 */
GstClockTime
gst_nf_cadence_take (
    GstNfCadence *cadence, GstBuffer *frame, GstClockTime start, guint missing)
{
  GstClockTime time = GST_BUFFER_PTS (frame);

  if (!GST_CLOCK_TIME_IS_VALID (time))
    time = GST_CLOCK_TIME_IS_VALID (cadence->newest)
        ? cadence->newest + gst_nf_cadence_ahead (cadence, 1)
        : start;
  if (GST_CLOCK_TIME_IS_VALID (cadence->first))
    cadence->since += missing + 1;
  else
    cadence->first = GST_BUFFER_PTS (frame);
  cadence->newest = time;
  cadence->duration = GST_BUFFER_DURATION (frame);

  return time;
}

/**
 * gst_nf_cadence_ahead:
 * @cadence: of a stream
 * @frames: a number of frames
 *
 * Returns: how long they last
 */
GstClockTime
gst_nf_cadence_ahead (GstNfCadence *cadence, guint64 frames)
{
  GstClockTime known = known_time (cadence, frames);

  if (GST_CLOCK_TIME_IS_VALID (known))
    return known;
  if (!cadence->guessed)
    GST_ELEMENT_WARNING (cadence->element, STREAM, FORMAT,
        ("Neither the caps nor the frames say how long a frame lasts; taking "
         "%u ms. Give the framerate before this element.",
            (guint) (DEFAULT_DURATION / GST_MSECOND)),
        (NULL));
  cadence->guessed = TRUE;

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
