/* SPDX-License-Identifier: MIT
 *
 * gstnfcliptimes — where clips that follow each other lie in time */
#include "clips/gstnfcliptimes.h"

#include "common/gstnfcadence.h"

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
 * gst_nf_clip_times_init:
 * @times: (out): no clips
 * @fps_n: frames in @fps_d seconds
 * @fps_d: see @fps_n
 */
void
gst_nf_clip_times_init (GstNfClipTimes *times, gint fps_n, gint fps_d)
{
  *times = (GstNfClipTimes){ .fps_n = fps_n, .fps_d = fps_d };
}

/**
 * gst_nf_clip_times_clear:
 * @times: forgets its clips
 */
void
gst_nf_clip_times_clear (GstNfClipTimes *times)
{
  g_clear_pointer (&times->ends, g_array_unref);
  times->n_clips = 0;
  times->frames = 0;
}

/**
 * gst_nf_clip_times_set_equal:
 * @times: without clips
 * @n_clips: how many there are, G_MAXUINT64: without end
 * @frames: of each, at least 1
 */
void
gst_nf_clip_times_set_equal (
    GstNfClipTimes *times, guint64 n_clips, guint frames)
{
  times->n_clips = n_clips;
  times->frames = frames;
}

/**
 * gst_nf_clip_times_add:
 * @times: with the clips before this one
 * @frames: of this clip, at least 1
 */
void
gst_nf_clip_times_add (GstNfClipTimes *times, guint frames)
{
  guint64 end = gst_nf_clip_times_n_frames (times) + frames;

  if (times->ends == NULL)
    times->ends = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_array_append_val (times->ends, end);
  times->n_clips++;
}

/**
 * gst_nf_clip_times_n_frames:
 *
 * Returns: frames of all clips together; G_MAXUINT64 when they have no end
 */
guint64
gst_nf_clip_times_n_frames (const GstNfClipTimes *times)
{
  return gst_nf_clip_times_first_frame (times, times->n_clips);
}

/**
 * gst_nf_clip_times_first_frame:
 * @clip: number of a clip, or that behind the last one
 *
 * Returns: number of its first frame; G_MAXUINT64 when that is beyond counting
 */
guint64
gst_nf_clip_times_first_frame (const GstNfClipTimes *times, guint64 clip)
{
  if (clip == 0)
    return 0;
  if (times->ends != NULL)
    return g_array_index (times->ends, guint64, clip - 1);
  if (times->frames > 0 && clip > G_MAXUINT64 / times->frames)
    return G_MAXUINT64;

  return clip * times->frames;
}

/**
 * gst_nf_clip_times_clip_at:
 * @frame: number of a frame
 *
 * Returns: the clip that it is in; the number of clips when it lies behind all
 */
guint64
gst_nf_clip_times_clip_at (const GstNfClipTimes *times, guint64 frame)
{
  guint64 low = 0, high = times->n_clips;

  if (frame >= gst_nf_clip_times_n_frames (times))
    return times->n_clips;
  if (times->ends == NULL)
    return frame / times->frames;
  while (high - low > 1) {
    guint64 middle = low + (high - low) / 2;

    if (gst_nf_clip_times_first_frame (times, middle) <= frame)
      low = middle;
    else
      high = middle;
  }

  return low;
}

/**
 * gst_nf_clip_times_snap:
 * @frame: number of a frame
 * @flags: of a seek; SNAP_BEFORE, SNAP_AFTER, or both for the nearest
 *
 * Returns: number of a frame that a clip begins with, at or before @frame
 *   unless the flags say otherwise
 */
guint64
gst_nf_clip_times_snap (
    const GstNfClipTimes *times, guint64 frame, GstSeekFlags flags)
{
  guint64 clip = gst_nf_clip_times_clip_at (times, frame);
  guint64 before = gst_nf_clip_times_first_frame (times, clip), after;

  if (clip >= times->n_clips || before == frame)
    return before;
  after = gst_nf_clip_times_first_frame (times, clip + 1);
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
 * gst_nf_clip_times_time:
 * @frame: number of a frame
 *
 * Returns: the time at which it begins
 */
GstClockTime
gst_nf_clip_times_time (const GstNfClipTimes *times, guint64 frame)
{
  return gst_nf_frame_time (frame, times->fps_n, times->fps_d);
}

/**
 * gst_nf_clip_times_frame_at:
 * @time: a time
 *
 * Returns: number of the frame that is shown then
 */
guint64
gst_nf_clip_times_frame_at (const GstNfClipTimes *times, GstClockTime time)
{
  return gst_nf_frame_at (time, times->fps_n, times->fps_d);
}

static gboolean
to_frame (
    const GstNfClipTimes *times, GstFormat format, gint64 value, guint64 *frame)
{
  if (format == GST_FORMAT_TIME)
    *frame = gst_nf_clip_times_frame_at (times, value);
  else if (format == GST_FORMAT_DEFAULT)
    *frame = value;
  else if (format == gst_nf_clip_format () && (guint64) value <= times->n_clips)
    *frame = gst_nf_clip_times_first_frame (times, value);
  else
    return FALSE;

  return TRUE;
}

/**
 * gst_nf_clip_times_convert:
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
gst_nf_clip_times_convert (const GstNfClipTimes *times, GstFormat from,
    gint64 value, GstFormat to, gint64 *result)
{
  guint64 frame;

  if (from == to || value == -1) {
    *result = value;
    return TRUE;
  }
  if (value < 0 || !to_frame (times, from, value, &frame))
    return FALSE;
  if (to == GST_FORMAT_TIME)
    *result = gst_nf_clip_times_time (times, frame);
  else if (to == GST_FORMAT_DEFAULT)
    *result = frame;
  else if (to == gst_nf_clip_format ())
    *result = gst_nf_clip_times_clip_at (times, frame);
  else
    return FALSE;

  return *result >= 0;
}

/**
 * gst_nf_clip_times_duration:
 * @format: TIME, DEFAULT for frames, or clip
 *
 * Returns: of all clips together; -1 when they have no end, or in another
 *   format
 */
gint64
gst_nf_clip_times_duration (const GstNfClipTimes *times, GstFormat format)
{
  guint64 frames = gst_nf_clip_times_n_frames (times);
  gint64 duration;

  if (frames > G_MAXINT64
      || !gst_nf_clip_times_convert (
          times, GST_FORMAT_DEFAULT, frames, format, &duration))
    return -1;

  return duration;
}
