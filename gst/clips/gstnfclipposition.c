/* SPDX-License-Identifier: MIT
 *
 * gstnfclipposition — where a source of clips is, and where a seek brings it */
#include "clips/gstnfclipposition.h"

/**
 * gst_nf_clip_position_init:
 * @position: (out): at the first frame
 * @timeline: (transfer full): of the clips
 */
void
gst_nf_clip_position_init (
    GstNfClipPosition *position, const GstNfClipTimeline *timeline)
{
  position->timeline = *timeline;
  gst_segment_init (&position->segment, GST_FORMAT_TIME);
  position->segment.duration =
      gst_nf_clip_timeline_duration (timeline, GST_FORMAT_TIME);
  position->next_frame = 0;
}

/**
 * gst_nf_clip_position_set_framerate:
 * @position: at the first frame
 * @fps_n: frames in @fps_d seconds
 * @fps_d: see @fps_n
 */
void
gst_nf_clip_position_set_framerate (
    GstNfClipPosition *position, gint fps_n, gint fps_d)
{
  position->timeline.fps_n = fps_n;
  position->timeline.fps_d = fps_d;
  position->segment.duration =
      gst_nf_clip_timeline_duration (&position->timeline, GST_FORMAT_TIME);
}

/* one end of a seek as a time from the beginning; FALSE when there is none */
static gboolean
end_to_time (const GstNfClipTimeline *timeline, GstFormat format,
    GstSeekType type, gint64 *value)
{
  if (type == GST_SEEK_TYPE_END) {
    gint64 duration = gst_nf_clip_timeline_duration (timeline, format);

    if (duration < 0)
      return FALSE;
    *value = CLAMP (duration + *value, 0, duration);
  }

  return gst_nf_clip_timeline_convert (
      timeline, format, *value, GST_FORMAT_TIME, value);
}

/* both ends of a seek, as times; one that is not given stays where it is: the
 * start is the next frame then */
static gboolean
parse_ends (const GstNfClipPosition *position, GstEvent *event, gint64 *start,
    gint64 *stop)
{
  const GstNfClipTimeline *timeline = &position->timeline;
  GstSeekType start_type, stop_type;
  GstFormat format;

  gst_event_parse_seek (
      event, NULL, &format, NULL, &start_type, start, &stop_type, stop);
  if (start_type == GST_SEEK_TYPE_NONE)
    *start = gst_nf_clip_timeline_time (timeline, position->next_frame);
  else if (!end_to_time (timeline, format, start_type, start))
    return FALSE;
  if (stop_type == GST_SEEK_TYPE_NONE)
    *stop = position->segment.stop;
  else if (!end_to_time (timeline, format, stop_type, stop))
    return FALSE;

  return *start >= 0 && (*stop == -1 || *start <= *stop);
}

/**
 * gst_nf_clip_position_seek:
 * @position: where the source is
 * @event: (transfer none): a seek
 *
 * Goes where the seek says: to the frame that is shown at that time, or with
 * the flag KEY_UNIT to the beginning of its clip (or the next one, as the SNAP
 * flags say).
 *
 * Returns: FALSE when that cannot be done, @position is as before then: it is
 *   backwards, an instant change of the rate, or in a format other than time,
 *   frames and clips; it starts behind its stop, or from the end of clips
 *   without end
 */
gboolean
gst_nf_clip_position_seek (GstNfClipPosition *position, GstEvent *event)
{
  const GstNfClipTimeline *timeline = &position->timeline;
  GstSegment segment = position->segment;
  GstSeekFlags flags;
  gint64 start, stop;
  gdouble rate;
  guint64 frame;

  gst_event_parse_seek (event, &rate, NULL, &flags, NULL, NULL, NULL, NULL);
  if (rate <= 0 || (flags & GST_SEEK_FLAG_INSTANT_RATE_CHANGE) != 0
      || !parse_ends (position, event, &start, &stop)
      || !gst_segment_do_seek (&segment, rate, GST_FORMAT_TIME, flags,
          GST_SEEK_TYPE_SET, start, GST_SEEK_TYPE_SET, stop, NULL))
    return FALSE;
  frame = gst_nf_clip_timeline_frame_at (timeline, segment.start);
  frame = MIN (frame, gst_nf_clip_timeline_n_frames (timeline));
  if ((flags & GST_SEEK_FLAG_KEY_UNIT) != 0) {
    frame = gst_nf_clip_timeline_snap (timeline, frame, flags);
    segment.start = gst_nf_clip_timeline_time (timeline, frame);
    segment.time = segment.position = segment.start;
    if (GST_CLOCK_TIME_IS_VALID (segment.stop))
      segment.stop = MAX (segment.stop, segment.start);
  }
  position->segment = segment;
  position->next_frame = frame;

  return TRUE;
}

/**
 * gst_nf_clip_position_is_at_end:
 *
 * Returns: whether no frame is left, in the clips or in the segment
 */
gboolean
gst_nf_clip_position_is_at_end (const GstNfClipPosition *position)
{
  GstClockTime stop = position->segment.stop;

  if (position->next_frame
      >= gst_nf_clip_timeline_n_frames (&position->timeline))
    return TRUE;

  return GST_CLOCK_TIME_IS_VALID (stop)
      && gst_nf_clip_timeline_time (&position->timeline, position->next_frame)
      >= stop;
}

/**
 * gst_nf_clip_position_get:
 * @format: TIME, DEFAULT for frames, or clip
 *
 * Returns: the position behind the newest frame; -1 in other formats
 */
gint64
gst_nf_clip_position_get (const GstNfClipPosition *position, GstFormat format)
{
  const GstSegment *segment = &position->segment;
  gint64 result;

  if (format == GST_FORMAT_TIME)
    return gst_segment_to_stream_time (
        segment, format, MIN (segment->position, segment->stop));
  if (!gst_nf_clip_timeline_convert (&position->timeline, GST_FORMAT_DEFAULT,
          position->next_frame, format, &result))
    return -1;

  return result;
}

/**
 * gst_nf_clip_position_running_time:
 *
 * Returns: of the next frame; 0 when it begins before the segment
 */
GstClockTime
gst_nf_clip_position_running_time (const GstNfClipPosition *position)
{
  GstClockTime time =
      gst_nf_clip_timeline_time (&position->timeline, position->next_frame);

  return gst_segment_to_running_time (
      &position->segment, GST_FORMAT_TIME, MAX (time, position->segment.start));
}

/**
 * gst_nf_clip_position_go_to:
 * @frame: what comes next; the segment stays
 */
void
gst_nf_clip_position_go_to (GstNfClipPosition *position, guint64 frame)
{
  position->next_frame = frame;
  position->segment.position =
      gst_nf_clip_timeline_time (&position->timeline, frame);
}

/**
 * gst_nf_clip_position_advance:
 *
 * The next frame is done.
 */
void
gst_nf_clip_position_advance (GstNfClipPosition *position)
{
  gst_nf_clip_position_go_to (position, position->next_frame + 1);
}
