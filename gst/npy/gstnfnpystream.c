/* SPDX-License-Identifier: MIT
 *
 * gstnfnpystream — where the frames of arrays lie in time and in the file */
#include "npy/gstnfnpystream.h"

#include "common/gstnftimestamps.h"

static GstClockTime
frame_time (const GstNfNpyStream *stream, guint64 frame)
{
  return gst_nf_frame_time (frame, GST_VIDEO_INFO_FPS_N (&stream->info),
      GST_VIDEO_INFO_FPS_D (&stream->info));
}

/* the frame that is shown at this time */
static guint64
frame_at (const GstNfNpyStream *stream, GstClockTime time)
{
  return gst_nf_frame_at (time, GST_VIDEO_INFO_FPS_N (&stream->info),
      GST_VIDEO_INFO_FPS_D (&stream->info));
}

/* running time at which the frames so far end */
static GstClockTime
end_time (const GstNfNpyStream *stream)
{
  const GstSegment *segment = &stream->segment;

  return gst_segment_to_running_time (
      segment, GST_FORMAT_TIME, MIN (segment->position, segment->stop));
}

static void
forget_arrays (GstNfNpyStream *stream)
{
  gst_video_info_init (&stream->info);
  stream->frames = stream->first_frame = stream->next_frame = 0;
}

/**
 * gst_nf_npy_stream_init:
 * @stream: (out): a timeline
 */
void
gst_nf_npy_stream_init (GstNfNpyStream *stream)
{
  *stream = (GstNfNpyStream){ 0 };
  g_queue_init (&stream->seeks);
  gst_nf_npy_stream_reset (stream);
}

/**
 * gst_nf_npy_stream_reset:
 * @stream: a timeline
 *
 * Forgets everything, so that nothing is left to be freed.
 */
void
gst_nf_npy_stream_reset (GstNfNpyStream *stream)
{
  forget_arrays (stream);
  gst_segment_init (&stream->segment, GST_FORMAT_TIME);
  g_queue_clear_full (&stream->seeks, g_free);
}

/**
 * gst_nf_npy_stream_begin_stream:
 * @stream: a timeline
 *
 * Another stream begins: its time begins at 0, and it is shown after the
 * frames so far.
 */
void
gst_nf_npy_stream_begin_stream (GstNfNpyStream *stream)
{
  GstClockTime base = end_time (stream);

  forget_arrays (stream);
  gst_segment_init (&stream->segment, GST_FORMAT_TIME);
  stream->segment.base = base;
}

/**
 * gst_nf_npy_stream_begin_array:
 * @stream: a timeline
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
gst_nf_npy_stream_begin_array (GstNfNpyStream *stream,
    const NfNpyHeader *header, gboolean palette, gint fps_n, gint fps_d,
    GError **error)
{
  GstVideoInfo info;
  guint64 frames;

  if (!gst_nf_npy_video_from_header (header, palette, &info, &frames, error))
    return FALSE;
  GST_VIDEO_INFO_FPS_N (&info) = fps_n;
  GST_VIDEO_INFO_FPS_D (&info) = fps_d;
  stream->header = *header;
  stream->info = info;
  stream->first_frame += stream->frames;
  stream->frames = frames;
  stream->next_frame = 0;
  stream->segment.duration = frame_time (stream, stream->first_frame + frames);

  return TRUE;
}

/**
 * gst_nf_npy_stream_flush:
 * @stream: a timeline
 *
 * No frame is awaited until a segment comes.
 */
void
gst_nf_npy_stream_flush (GstNfNpyStream *stream)
{
  stream->next_frame = stream->frames;
  gst_segment_init (&stream->segment, GST_FORMAT_TIME);
}

/**
 * gst_nf_npy_stream_in_array:
 * @stream: a timeline
 *
 * Returns: whether another frame of the current array is awaited
 */
gboolean
gst_nf_npy_stream_in_array (const GstNfNpyStream *stream)
{
  return stream->next_frame < stream->frames;
}

/**
 * gst_nf_npy_stream_is_past_stop:
 * @stream: a timeline
 *
 * Returns: whether the segment ends before the next frame
 */
gboolean
gst_nf_npy_stream_is_past_stop (const GstNfNpyStream *stream)
{
  guint64 frame = stream->first_frame + stream->next_frame;

  return GST_CLOCK_TIME_IS_VALID (stream->segment.stop)
      && frame_time (stream, frame) >= stream->segment.stop;
}

/**
 * gst_nf_npy_stream_stamp:
 * @stream: a timeline
 * @buffer: the next frame
 *
 * Sets the times and the numbers of the buffer.
 */
void
gst_nf_npy_stream_stamp (const GstNfNpyStream *stream, GstBuffer *buffer)
{
  guint64 frame = stream->first_frame + stream->next_frame;

  GST_BUFFER_PTS (buffer) = frame_time (stream, frame);
  GST_BUFFER_DURATION (buffer) =
      frame_time (stream, frame + 1) - frame_time (stream, frame);
  GST_BUFFER_OFFSET (buffer) = frame;
  GST_BUFFER_OFFSET_END (buffer) = frame + 1;
}

/**
 * gst_nf_npy_stream_advance:
 * @stream: a timeline
 *
 * The next frame is done.
 */
void
gst_nf_npy_stream_advance (GstNfNpyStream *stream)
{
  stream->next_frame++;
  stream->segment.position =
      frame_time (stream, stream->first_frame + stream->next_frame);
}

/**
 * gst_nf_npy_stream_can_seek:
 * @stream: a timeline
 *
 * Returns: whether it is known where frames lie in the file: in the first
 *   array of a stream it is
 */
gboolean
gst_nf_npy_stream_can_seek (const GstNfNpyStream *stream)
{
  return stream->frames > 0 && stream->first_frame == 0;
}

/* where a seek goes that keeps one of the ends: where the newest one before it
 * went, even if that has not been answered */
static const GstSegment *
newest_segment (const GstNfNpyStream *stream)
{
  const GList *newest = stream->seeks.tail;

  return newest != NULL ? &((const GstNfNpySeek *) newest->data)->segment
                        : &stream->segment;
}

/**
 * gst_nf_npy_stream_begin_seek:
 * @stream: a timeline
 * @event: (transfer none): a seek
 * @number: (out): of the seek, for gst_nf_npy_stream_end_seek()
 *
 * Remembers the seek until gst_nf_npy_stream_take_seek(). Another one may
 * begin before that.
 *
 * Returns: (transfer full) (nullable): the seek in bytes that it means, or
 *   NULL when it cannot be done: it is not in time, backwards or an instant
 *   change of the rate, or where the frames lie is not known
 */
GstEvent *
gst_nf_npy_stream_begin_seek (
    GstNfNpyStream *stream, GstEvent *event, guint64 *number)
{
  GstSegment segment = *newest_segment (stream);
  gsize bytes;
  gsize header = stream->header.header_bytes;
  GstSeekType start_type, stop_type;
  GstSeekFlags flags;
  GstFormat format;
  gint64 start, stop;
  gdouble rate;
  guint64 frame, last = stream->frames;
  GstNfNpySeek *seek;
  GstEvent *upstream;

  if (!gst_nf_npy_stream_can_seek (stream))
    return NULL;
  gst_event_parse_seek (
      event, &rate, &format, &flags, &start_type, &start, &stop_type, &stop);
  segment.duration = frame_time (stream, stream->frames);
  if (format != GST_FORMAT_TIME || rate <= 0
      || (flags & GST_SEEK_FLAG_INSTANT_RATE_CHANGE) != 0
      || !gst_segment_do_seek (&segment, rate, format, flags, start_type, start,
          stop_type, stop, NULL))
    return NULL;
  bytes = gst_nf_npy_video_frame_bytes (&stream->header, &stream->info);
  frame = MIN (frame_at (stream, segment.start), stream->frames);
  if (GST_CLOCK_TIME_IS_VALID (segment.stop) && segment.stop > 0)
    last = frame_at (stream, segment.stop - 1) + 1;
  last = CLAMP (last, frame, stream->frames);
  seek = g_new (GstNfNpySeek, 1);
  *seek = (GstNfNpySeek){ .seqnum = gst_event_get_seqnum (event),
    .frame = frame,
    .segment = segment,
    .began = ++stream->steps };
  g_queue_push_tail (&stream->seeks, seek);
  *number = seek->began;
  upstream =
      gst_event_new_seek (1.0, GST_FORMAT_BYTES, flags, GST_SEEK_TYPE_SET,
          header + frame * bytes, GST_SEEK_TYPE_SET, header + last * bytes);
  gst_event_set_seqnum (upstream, seek->seqnum);

  return upstream;
}

/* (transfer none) */
static void
remove_seek (GstNfNpyStream *stream, GList *link)
{
  g_free (link->data);
  g_queue_delete_link (&stream->seeks, link);
}

/**
 * gst_nf_npy_stream_end_seek:
 * @stream: a timeline
 * @number: of a seek, which may have been answered already
 * @taken: whether upstream took it
 */
void
gst_nf_npy_stream_end_seek (
    GstNfNpyStream *stream, guint64 number, gboolean taken)
{
  for (GList *l = stream->seeks.head; l != NULL; l = l->next) {
    GstNfNpySeek *seek = l->data;

    if (seek->began != number)
      continue;
    seek->ended = ++stream->steps;
    if (!taken)
      remove_seek (stream, l);
    return;
  }
}

/* (transfer none) (nullable): the seek that this segment answers */
static GList *
find_seek (const GstNfNpyStream *stream, guint32 seqnum)
{
  GList *l = stream->seeks.head;

  while (l != NULL && ((const GstNfNpySeek *) l->data)->seqnum != seqnum)
    l = l->next;

  return l;
}

/* those that were over before a later one began, which is answered now, were
 * overtaken: no segment will come for them */
static void
forget_overtaken (GstNfNpyStream *stream, guint64 began)
{
  GList *l = stream->seeks.head;

  while (l != NULL) {
    GList *next = l->next;
    const GstNfNpySeek *seek = l->data;

    if (seek->ended != 0 && seek->ended < began)
      remove_seek (stream, l);
    l = next;
  }
}

/**
 * gst_nf_npy_stream_take_seek:
 * @stream: a timeline
 * @seqnum: of a segment that has come
 *
 * Returns: whether the segment answers the seek; the timeline is there then
 */
gboolean
gst_nf_npy_stream_take_seek (GstNfNpyStream *stream, guint32 seqnum)
{
  GList *found = find_seek (stream, seqnum);
  GstNfNpySeek seek;

  if (found == NULL)
    return FALSE;
  seek = *(GstNfNpySeek *) found->data;
  remove_seek (stream, found);
  forget_overtaken (stream, seek.began);
  /* without a flush the frames that were shown meanwhile count, too */
  if ((seek.segment.flags & GST_SEGMENT_FLAG_RESET) == 0)
    seek.segment.base = end_time (stream);
  stream->segment = seek.segment;
  stream->next_frame = seek.frame;

  return TRUE;
}

/* of the arrays so far, -1 when unknown */
static gint64
duration_in (const GstNfNpyStream *stream, GstFormat format)
{
  guint64 frames = stream->first_frame + stream->frames;

  if (GST_VIDEO_INFO_FORMAT (&stream->info) == GST_VIDEO_FORMAT_UNKNOWN)
    return -1;
  if (format == GST_FORMAT_TIME)
    return frame_time (stream, frames);

  return format == GST_FORMAT_DEFAULT ? (gint64) frames : -1;
}

/* after the latest frame, -1 when unknown */
static gint64
position_in (const GstNfNpyStream *stream, GstFormat format)
{
  const GstSegment *segment = &stream->segment;

  if (format == GST_FORMAT_TIME)
    return gst_segment_to_stream_time (
        segment, format, MIN (segment->position, segment->stop));

  return format == GST_FORMAT_DEFAULT
      ? (gint64) (stream->first_frame + stream->next_frame)
      : -1;
}

/**
 * gst_nf_npy_stream_answer:
 * @stream: a timeline
 * @query: for the duration, the position, or what can be sought, in TIME, or in
 *   DEFAULT for frames
 * @seekable: whether seeks in time can be done
 *
 * Returns: FALSE where the answer is not known
 */
gboolean
gst_nf_npy_stream_answer (
    const GstNfNpyStream *stream, GstQuery *query, gboolean seekable)
{
  GstFormat format;
  gint64 value;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_DURATION:
      gst_query_parse_duration (query, &format, NULL);
      value = duration_in (stream, format);
      gst_query_set_duration (query, format, value);
      return value >= 0;
    case GST_QUERY_POSITION:
      gst_query_parse_position (query, &format, NULL);
      value = position_in (stream, format);
      gst_query_set_position (query, format, value);
      return value >= 0;
    case GST_QUERY_SEEKING:
      gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
      gst_query_set_seeking (query, format,
          seekable && format == GST_FORMAT_TIME, 0,
          duration_in (stream, format));
      return TRUE;
    default:
      return FALSE;
  }
}
