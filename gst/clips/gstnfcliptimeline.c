/* SPDX-License-Identifier: MIT
 *
 * gstnfcliptimeline — where clips that follow each other lie in time */
#include "clips/gstnfcliptimeline.h"

#include "common/gstnftimestamps.h"

/**
 * gst_nf_clip_format:
 *
 * Returns: the format of positions and seeks in clips; found by its nick
 *   "clip", too (gst_format_get_by_nick())
 */
GstFormat
gst_nf_clip_format (void)
{
  static gsize format = 0;

  if (g_once_init_enter (&format))
    g_once_init_leave (
        &format, gst_format_register ("clip", "Number of a clip"));

  return (GstFormat) format;
}

/**
 * gst_nf_clip_timeline_init:
 * @timeline: (out): no clips
 * @fps_n: frames in @fps_d seconds
 * @fps_d: see @fps_n
 */
void
gst_nf_clip_timeline_init (GstNfClipTimeline *timeline, gint fps_n, gint fps_d)
{
  *timeline = (GstNfClipTimeline){ .fps_n = fps_n, .fps_d = fps_d };
}

/**
 * gst_nf_clip_timeline_clear:
 * @timeline: forgets its clips
 */
void
gst_nf_clip_timeline_clear (GstNfClipTimeline *timeline)
{
  g_clear_pointer (&timeline->ends, g_array_unref);
  timeline->n_clips = 0;
  timeline->frames = 0;
}

/**
 * gst_nf_clip_timeline_set_equal:
 * @timeline: without clips
 * @n_clips: how many there are, G_MAXUINT64: without end
 * @frames: of each, at least 1
 */
void
gst_nf_clip_timeline_set_equal (
    GstNfClipTimeline *timeline, guint64 n_clips, guint frames)
{
  timeline->n_clips = n_clips;
  timeline->frames = frames;
}

/**
 * gst_nf_clip_timeline_add:
 * @timeline: with the clips before this one
 * @frames: of this clip, at least 1
 */
void
gst_nf_clip_timeline_add (GstNfClipTimeline *timeline, guint frames)
{
  guint64 end = gst_nf_clip_timeline_n_frames (timeline) + frames;

  if (timeline->ends == NULL)
    timeline->ends = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_array_append_val (timeline->ends, end);
  timeline->n_clips++;
}

/**
 * gst_nf_clip_timeline_n_frames:
 *
 * Returns: frames of all clips together; G_MAXUINT64 when they have no end
 */
guint64
gst_nf_clip_timeline_n_frames (const GstNfClipTimeline *timeline)
{
  return gst_nf_clip_timeline_first_frame (timeline, timeline->n_clips);
}

/**
 * gst_nf_clip_timeline_first_frame:
 * @clip: number of a clip, or that behind the last one
 *
 * Returns: number of its first frame; G_MAXUINT64 when that is beyond counting
 */
guint64
gst_nf_clip_timeline_first_frame (
    const GstNfClipTimeline *timeline, guint64 clip)
{
  if (clip == 0)
    return 0;
  if (timeline->ends != NULL)
    return g_array_index (timeline->ends, guint64, clip - 1);
  if (timeline->frames > 0 && clip > G_MAXUINT64 / timeline->frames)
    return G_MAXUINT64;

  return clip * timeline->frames;
}

/**
 * gst_nf_clip_timeline_clip_at:
 * @frame: number of a frame
 *
 * Returns: the clip that it is in; the number of clips when it lies behind all
 */
guint64
gst_nf_clip_timeline_clip_at (const GstNfClipTimeline *timeline, guint64 frame)
{
  guint64 low = 0, high = timeline->n_clips;

  if (frame >= gst_nf_clip_timeline_n_frames (timeline))
    return timeline->n_clips;
  if (timeline->ends == NULL)
    return frame / timeline->frames;
  while (high - low > 1) {
    guint64 middle = low + (high - low) / 2;

    if (gst_nf_clip_timeline_first_frame (timeline, middle) <= frame)
      low = middle;
    else
      high = middle;
  }

  return low;
}

/**
 * gst_nf_clip_timeline_snap:
 * @frame: number of a frame
 * @flags: of a seek; SNAP_BEFORE, SNAP_AFTER, or both for the nearest
 *
 * Returns: number of a frame that a clip begins with, at or before @frame
 *   unless the flags say otherwise
 */
guint64
gst_nf_clip_timeline_snap (
    const GstNfClipTimeline *timeline, guint64 frame, GstSeekFlags flags)
{
  guint64 clip = gst_nf_clip_timeline_clip_at (timeline, frame);
  guint64 before = gst_nf_clip_timeline_first_frame (timeline, clip), after;

  if (clip >= timeline->n_clips || before == frame)
    return before;
  after = gst_nf_clip_timeline_first_frame (timeline, clip + 1);
  switch (flags & GST_SEEK_FLAG_SNAP_NEAREST) {
    case GST_SEEK_FLAG_SNAP_NEAREST:
      return after - frame < frame - before ? after : before;
    case GST_SEEK_FLAG_SNAP_AFTER:
      return after;
    default:
      return before;
  }
}

/**
 * gst_nf_clip_timeline_time:
 * @frame: number of a frame
 *
 * Returns: the time at which it begins
 */
GstClockTime
gst_nf_clip_timeline_time (const GstNfClipTimeline *timeline, guint64 frame)
{
  return gst_nf_frame_time (frame, timeline->fps_n, timeline->fps_d);
}

/**
 * gst_nf_clip_timeline_frame_at:
 * @time: a time
 *
 * Returns: number of the frame that is shown then
 */
guint64
gst_nf_clip_timeline_frame_at (
    const GstNfClipTimeline *timeline, GstClockTime time)
{
  return gst_nf_frame_at (time, timeline->fps_n, timeline->fps_d);
}

static gboolean
to_frame (const GstNfClipTimeline *timeline, GstFormat format, gint64 value,
    guint64 *frame)
{
  if (format == GST_FORMAT_TIME)
    *frame = gst_nf_clip_timeline_frame_at (timeline, value);
  else if (format == GST_FORMAT_DEFAULT)
    *frame = value;
  else if (format == gst_nf_clip_format ()
      && (guint64) value <= timeline->n_clips)
    *frame = gst_nf_clip_timeline_first_frame (timeline, value);
  else
    return FALSE;

  return TRUE;
}

/**
 * gst_nf_clip_timeline_convert:
 * @from: TIME, DEFAULT for frames, or clip
 * @value: a position; -1 is unknown in all formats
 * @to: one of these
 * @result: (out): the position in that format
 *
 * A position within a frame, or within a clip, becomes its number.
 *
 * Returns: FALSE for other formats, negative positions, and clips that there
 *   are not
 */
gboolean
gst_nf_clip_timeline_convert (const GstNfClipTimeline *timeline, GstFormat from,
    gint64 value, GstFormat to, gint64 *result)
{
  guint64 frame;

  if (from == to || value == -1) {
    *result = value;
    return TRUE;
  }
  if (value < 0 || !to_frame (timeline, from, value, &frame))
    return FALSE;
  if (to == GST_FORMAT_TIME)
    *result = gst_nf_clip_timeline_time (timeline, frame);
  else if (to == GST_FORMAT_DEFAULT)
    *result = frame;
  else if (to == gst_nf_clip_format ())
    *result = gst_nf_clip_timeline_clip_at (timeline, frame);
  else
    return FALSE;

  return *result >= 0;
}

/**
 * gst_nf_clip_timeline_duration:
 * @format: TIME, DEFAULT for frames, or clip
 *
 * Returns: of all clips together; -1 when they have no end, or in another
 *   format
 */
gint64
gst_nf_clip_timeline_duration (
    const GstNfClipTimeline *timeline, GstFormat format)
{
  guint64 frames = gst_nf_clip_timeline_n_frames (timeline);
  gint64 duration;

  if (frames > G_MAXINT64
      || !gst_nf_clip_timeline_convert (
          timeline, GST_FORMAT_DEFAULT, frames, format, &duration))
    return -1;

  return duration;
}
