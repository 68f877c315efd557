/* SPDX-License-Identifier: MIT
 *
 * gstnfnpytimeline — where the frames of arrays lie in time and in the file */
#include "npy/gstnfnpytimeline.h"

#include "common/gstnfcadence.h"

static GstClockTime
frame_time (const GstNfNpyTimeline *line, guint64 frame)
{
  return gst_nf_frame_time (frame, GST_VIDEO_INFO_FPS_N (&line->info),
      GST_VIDEO_INFO_FPS_D (&line->info));
}

/* the frame that is shown at this time */
static guint64
frame_at (const GstNfNpyTimeline *line, GstClockTime time)
{
  return gst_nf_frame_at (time, GST_VIDEO_INFO_FPS_N (&line->info),
      GST_VIDEO_INFO_FPS_D (&line->info));
}

/* running time at which the frames so far end */
static GstClockTime
end_time (const GstNfNpyTimeline *line)
{
  const GstSegment *segment = &line->segment;

  return gst_segment_to_running_time (
      segment, GST_FORMAT_TIME, MIN (segment->position, segment->stop));
}

static void
forget_arrays (GstNfNpyTimeline *line)
{
  gst_video_info_init (&line->info);
  line->frames = line->first_frame = line->next_frame = 0;
}

/**
 * gst_nf_npy_timeline_init:
 * @line: (out): a timeline
 */
void
gst_nf_npy_timeline_init (GstNfNpyTimeline *line)
{
  *line = (GstNfNpyTimeline){ 0 };
  g_queue_init (&line->seeks);
  gst_nf_npy_timeline_reset (line);
}

/**
 * gst_nf_npy_timeline_reset:
 * @line: a timeline
 *
 * Forgets everything, so that nothing is left to be freed.
 */
void
gst_nf_npy_timeline_reset (GstNfNpyTimeline *line)
{
  forget_arrays (line);
  gst_segment_init (&line->segment, GST_FORMAT_TIME);
  g_queue_clear_full (&line->seeks, g_free);
}

/**
 * gst_nf_npy_timeline_begin_stream:
 * @line: a timeline
 *
 * Another stream begins: its time begins at 0, and it is shown after the
 * frames so far.
 */
void
gst_nf_npy_timeline_begin_stream (GstNfNpyTimeline *line)
{
  GstClockTime base = end_time (line);

  forget_arrays (line);
  gst_segment_init (&line->segment, GST_FORMAT_TIME);
  line->segment.base = base;
}

/**
 * gst_nf_npy_timeline_begin_array:
 * @line: a timeline
 * @header: of the array
 * @palette: whether class ids are painted
 * @fps_n: frames in @fps_d seconds
 * @fps_d: see @fps_n
 * @error: why the array is no video
 *
 * Another array begins, after those of the stream so far.
 *
 * Returns: FALSE when it is no video; nothing has changed then
 */
gboolean
gst_nf_npy_timeline_begin_array (GstNfNpyTimeline *line,
    const NfNpyHeader *header, gboolean palette, gint fps_n, gint fps_d,
    GError **error)
{
  GstVideoInfo info;
  guint64 frames;

  if (!gst_nf_npy_video_from_header (header, palette, &info, &frames, error))
    return FALSE;
  GST_VIDEO_INFO_FPS_N (&info) = fps_n;
  GST_VIDEO_INFO_FPS_D (&info) = fps_d;
  line->header = *header;
  line->info = info;
  line->first_frame += line->frames;
  line->frames = frames;
  line->next_frame = 0;
  line->segment.duration = frame_time (line, line->first_frame + frames);

  return TRUE;
}

/**
 * gst_nf_npy_timeline_flush:
 * @line: a timeline
 *
 * No frame is awaited until a segment comes.
 */
void
gst_nf_npy_timeline_flush (GstNfNpyTimeline *line)
{
  line->next_frame = line->frames;
  gst_segment_init (&line->segment, GST_FORMAT_TIME);
}

/**
 * gst_nf_npy_timeline_in_array:
 * @line: a timeline
 *
 * Returns: whether another frame of the current array is awaited
 */
gboolean
gst_nf_npy_timeline_in_array (const GstNfNpyTimeline *line)
{
  return line->next_frame < line->frames;
}

/**
 * gst_nf_npy_timeline_is_past_stop:
 * @line: a timeline
 *
 * Returns: whether the segment ends before the next frame
 */
gboolean
gst_nf_npy_timeline_is_past_stop (const GstNfNpyTimeline *line)
{
  guint64 frame = line->first_frame + line->next_frame;

  return GST_CLOCK_TIME_IS_VALID (line->segment.stop)
      && frame_time (line, frame) >= line->segment.stop;
}

/**
 * gst_nf_npy_timeline_stamp:
 * @line: a timeline
 * @buffer: the next frame
 *
 * Sets the times and the numbers of the buffer.
 */
void
gst_nf_npy_timeline_stamp (const GstNfNpyTimeline *line, GstBuffer *buffer)
{
  guint64 frame = line->first_frame + line->next_frame;

  GST_BUFFER_PTS (buffer) = frame_time (line, frame);
  GST_BUFFER_DURATION (buffer) =
      frame_time (line, frame + 1) - frame_time (line, frame);
  GST_BUFFER_OFFSET (buffer) = frame;
  GST_BUFFER_OFFSET_END (buffer) = frame + 1;
}

/**
 * gst_nf_npy_timeline_advance:
 * @line: a timeline
 *
 * The next frame is done.
 */
void
gst_nf_npy_timeline_advance (GstNfNpyTimeline *line)
{
  line->next_frame++;
  line->segment.position =
      frame_time (line, line->first_frame + line->next_frame);
}

/**
 * gst_nf_npy_timeline_can_seek:
 * @line: a timeline
 *
 * Returns: whether it is known where frames lie in the file: in the first
 *   array of a stream it is
 */
gboolean
gst_nf_npy_timeline_can_seek (const GstNfNpyTimeline *line)
{
  return line->frames > 0 && line->first_frame == 0;
}

/* where a seek goes that keeps one of the ends: where the newest one before it
 * went, even if that has not been answered */
static const GstSegment *
newest_segment (const GstNfNpyTimeline *line)
{
  const GList *newest = line->seeks.tail;

  return newest != NULL ? &((const GstNfNpySeek *) newest->data)->segment
                        : &line->segment;
}

/**
 * gst_nf_npy_timeline_begin_seek:
 * @line: a timeline
 * @event: (transfer none): a seek
 * @number: (out): of the seek, for gst_nf_npy_timeline_end_seek()
 *
 * Remembers the seek until gst_nf_npy_timeline_take_seek(). Another one may
 * begin before that.
 *
 * Returns: (transfer full) (nullable): the seek in bytes that it means, or
 *   NULL when it cannot be done: it is not in time, backwards or an instant
 *   change of the rate, or where the frames lie is not known
 */
GstEvent *
gst_nf_npy_timeline_begin_seek (
    GstNfNpyTimeline *line, GstEvent *event, guint64 *number)
{
  GstSegment segment = *newest_segment (line);
  gsize bytes;
  gsize header = line->header.header_bytes;
  GstSeekType start_type, stop_type;
  GstSeekFlags flags;
  GstFormat format;
  gint64 start, stop;
  gdouble rate;
  guint64 frame, last = line->frames;
  GstNfNpySeek *seek;
  GstEvent *upstream;

  if (!gst_nf_npy_timeline_can_seek (line))
    return NULL;
  gst_event_parse_seek (
      event, &rate, &format, &flags, &start_type, &start, &stop_type, &stop);
  segment.duration = frame_time (line, line->frames);
  if (format != GST_FORMAT_TIME || rate <= 0
      || (flags & GST_SEEK_FLAG_INSTANT_RATE_CHANGE) != 0
      || !gst_segment_do_seek (&segment, rate, format, flags, start_type, start,
          stop_type, stop, NULL))
    return NULL;
  bytes = gst_nf_npy_video_frame_bytes (&line->header, &line->info);
  frame = MIN (frame_at (line, segment.start), line->frames);
  if (GST_CLOCK_TIME_IS_VALID (segment.stop) && segment.stop > 0)
    last = frame_at (line, segment.stop - 1) + 1;
  last = CLAMP (last, frame, line->frames);
  seek = g_new (GstNfNpySeek, 1);
  *seek = (GstNfNpySeek){ .seqnum = gst_event_get_seqnum (event),
    .frame = frame,
    .segment = segment,
    .began = ++line->steps };
  g_queue_push_tail (&line->seeks, seek);
  *number = seek->began;
  upstream =
      gst_event_new_seek (1.0, GST_FORMAT_BYTES, flags, GST_SEEK_TYPE_SET,
          header + frame * bytes, GST_SEEK_TYPE_SET, header + last * bytes);
  gst_event_set_seqnum (upstream, seek->seqnum);

  return upstream;
}

/* (transfer none) */
static void
remove_seek (GstNfNpyTimeline *line, GList *link)
{
  g_free (link->data);
  g_queue_delete_link (&line->seeks, link);
}

/**
 * gst_nf_npy_timeline_end_seek:
 * @line: a timeline
 * @number: of a seek, which may have been answered already
 * @taken: whether upstream took it
 */
void
gst_nf_npy_timeline_end_seek (
    GstNfNpyTimeline *line, guint64 number, gboolean taken)
{
  for (GList *l = line->seeks.head; l != NULL; l = l->next) {
    GstNfNpySeek *seek = l->data;

    if (seek->began != number)
      continue;
    seek->ended = ++line->steps;
    if (!taken)
      remove_seek (line, l);
    return;
  }
}

/* (transfer none) (nullable): the seek that this segment answers */
static GList *
find_seek (const GstNfNpyTimeline *line, guint32 seqnum)
{
  GList *l = line->seeks.head;

  while (l != NULL && ((const GstNfNpySeek *) l->data)->seqnum != seqnum)
    l = l->next;

  return l;
}

/* those that were over before a later one began, which is answered now, were
 * overtaken: no segment will come for them */
static void
forget_overtaken (GstNfNpyTimeline *line, guint64 began)
{
  GList *l = line->seeks.head;

  while (l != NULL) {
    GList *next = l->next;
    const GstNfNpySeek *seek = l->data;

    if (seek->ended != 0 && seek->ended < began)
      remove_seek (line, l);
    l = next;
  }
}

/**
 * gst_nf_npy_timeline_take_seek:
 * @line: a timeline
 * @seqnum: of a segment that has come
 *
 * Returns: whether the segment answers the seek; the timeline is there then
 */
gboolean
gst_nf_npy_timeline_take_seek (GstNfNpyTimeline *line, guint32 seqnum)
{
  GList *found = find_seek (line, seqnum);
  GstNfNpySeek seek;

  if (found == NULL)
    return FALSE;
  seek = *(GstNfNpySeek *) found->data;
  remove_seek (line, found);
  forget_overtaken (line, seek.began);
  /* without a flush the frames that were shown meanwhile count, too */
  if ((seek.segment.flags & GST_SEGMENT_FLAG_RESET) == 0)
    seek.segment.base = end_time (line);
  line->segment = seek.segment;
  line->next_frame = seek.frame;

  return TRUE;
}

/* of the arrays so far, -1 when unknown */
static gint64
duration_in (const GstNfNpyTimeline *line, GstFormat format)
{
  guint64 frames = line->first_frame + line->frames;

  if (GST_VIDEO_INFO_FORMAT (&line->info) == GST_VIDEO_FORMAT_UNKNOWN)
    return -1;
  if (format == GST_FORMAT_TIME)
    return frame_time (line, frames);

  return format == GST_FORMAT_DEFAULT ? (gint64) frames : -1;
}

/* after the latest frame, -1 when unknown */
static gint64
position_in (const GstNfNpyTimeline *line, GstFormat format)
{
  const GstSegment *segment = &line->segment;

  if (format == GST_FORMAT_TIME)
    return gst_segment_to_stream_time (
        segment, format, MIN (segment->position, segment->stop));

  return format == GST_FORMAT_DEFAULT
      ? (gint64) (line->first_frame + line->next_frame)
      : -1;
}

/**
 * gst_nf_npy_timeline_answer:
 * @line: a timeline
 * @query: for the duration, the position, or what can be sought, in TIME, or in
 *   DEFAULT for frames
 * @seekable: whether seeks in time can be done
 *
 * Returns: FALSE where the answer is not known
 */
gboolean
gst_nf_npy_timeline_answer (
    const GstNfNpyTimeline *line, GstQuery *query, gboolean seekable)
{
  GstFormat format;
  gint64 value;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_DURATION:
      gst_query_parse_duration (query, &format, NULL);
      value = duration_in (line, format);
      gst_query_set_duration (query, format, value);
      return value >= 0;
    case GST_QUERY_POSITION:
      gst_query_parse_position (query, &format, NULL);
      value = position_in (line, format);
      gst_query_set_position (query, format, value);
      return value >= 0;
    case GST_QUERY_SEEKING:
      gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
      gst_query_set_seeking (query, format,
          seekable && format == GST_FORMAT_TIME, 0, duration_in (line, format));
      return TRUE;
    default:
      return FALSE;
  }
}
