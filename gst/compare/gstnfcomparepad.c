/* SPDX-License-Identifier: MIT
 *
 * gstnfcomparepad — a stream of frames that are compared
 *
 * Times are running times, which go on over segments and are the same on both
 * pads whatever their segments are. */
#include "compare/gstnfcomparepad.h"

G_DEFINE_TYPE (GstNfComparePad, gst_nf_compare_pad, GST_TYPE_AGGREGATOR_PAD)

static void
gst_nf_compare_pad_finalize (GObject *object)
{
  g_free (GST_NF_COMPARE_PAD (object)->stream_id);
  g_free (GST_NF_COMPARE_PAD (object)->title);

  G_OBJECT_CLASS (gst_nf_compare_pad_parent_class)->finalize (object);
}

static void
gst_nf_compare_pad_class_init (GstNfComparePadClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_nf_compare_pad_finalize;
}

static void
gst_nf_compare_pad_init (GstNfComparePad *pad)
{
  gst_nf_compare_pad_reset (pad);
}

/**
 * gst_nf_compare_pad_reset:
 * @pad: the pad
 *
 * Forgets the stream.
 */
void
gst_nf_compare_pad_reset (GstNfComparePad *pad)
{
  gst_video_info_init (&pad->info);
  g_clear_pointer (&pad->stream_id, g_free);
  g_clear_pointer (&pad->title, g_free);
  pad->begins_clip = FALSE;
}

/* tags without a title say nothing about it */
static void
note_tags (GstNfComparePad *pad, GstEvent *event)
{
  GstTagList *tags;
  gchar *title;

  gst_event_parse_tag (event, &tags);
  if (!gst_tag_list_get_string (tags, GST_TAG_TITLE, &title))
    return;
  g_free (pad->title);
  pad->title = title;
}

/**
 * gst_nf_compare_pad_note_event:
 * @pad: the pad
 * @event: (transfer none): a serialized event, in its turn
 *
 * Remembers what the event says of the frames that follow.
 */
void
gst_nf_compare_pad_note_event (GstNfComparePad *pad, GstEvent *event)
{
  const gchar *stream_id;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      gst_event_parse_stream_start (event, &stream_id);
      g_free (pad->stream_id);
      pad->stream_id = g_strdup (stream_id);
      g_clear_pointer (&pad->title, g_free);
      pad->begins_clip = TRUE;
      break;
    case GST_EVENT_TAG:
      note_tags (pad, event);
      break;
    case GST_EVENT_SEGMENT:
      pad->begins_clip = TRUE;
      break;
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      if (!gst_video_info_from_caps (&pad->info, caps))
        gst_video_info_init (&pad->info); /* no frame fits that */
      break;
    default:
      break;
  }
}

/**
 * gst_nf_compare_pad_segment:
 * @pad: the pad
 * @segment: (out): that of its frames, in time; where it is in another format,
 *   as of a source of bytes, their timestamps are their running times
 */
void
gst_nf_compare_pad_segment (const GstNfComparePad *pad, GstSegment *segment)
{
  *segment = pad->parent.segment;
  if (segment->format != GST_FORMAT_TIME)
    gst_segment_init (segment, GST_FORMAT_TIME);
}

static gboolean
is_gap (GstBuffer *buffer)
{
  return GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP)
      && gst_buffer_get_size (buffer) == 0;
}

/**
 * gst_nf_compare_pad_peek:
 * @pad: the pad
 * @candidate: (out): the frame in front; unref its buffer
 *
 * Returns: FALSE when the frame has no time
 */
gboolean
gst_nf_compare_pad_peek (GstNfComparePad *pad, GstNfCandidate *candidate)
{
  GstSegment segment;
  GstBuffer *buffer = gst_aggregator_pad_peek_buffer (GST_AGGREGATOR_PAD (pad));
  guint64 time;
  gint sign;

  candidate->buffer = buffer;
  if (buffer == NULL)
    return TRUE;
  candidate->gap = is_gap (buffer);
  if (candidate->gap)
    return TRUE;
  if (!GST_BUFFER_PTS_IS_VALID (buffer))
    return FALSE;
  gst_nf_compare_pad_segment (pad, &segment);
  sign = gst_segment_to_running_time_full (
      &segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer), &time);
  candidate->time = sign >= 0 ? (gint64) time : -(gint64) time;
  candidate->duration = GST_BUFFER_DURATION (buffer);
  if (!GST_CLOCK_TIME_IS_VALID (candidate->duration)
      && GST_VIDEO_INFO_FPS_N (&pad->info) > 0)
    candidate->duration = gst_util_uint64_scale_int (GST_SECOND,
        GST_VIDEO_INFO_FPS_D (&pad->info), GST_VIDEO_INFO_FPS_N (&pad->info));

  return sign != 0;
}

/**
 * gst_nf_compare_pad_pop:
 * @pad: the pad
 * @begins_clip: (out): whether a clip begins with this frame
 *
 * Returns: (transfer full) (nullable): the frame in front
 */
GstBuffer *
gst_nf_compare_pad_pop (GstNfComparePad *pad, gboolean *begins_clip)
{
  GstBuffer *buffer = gst_aggregator_pad_pop_buffer (GST_AGGREGATOR_PAD (pad));

  *begins_clip = FALSE;
  if (buffer == NULL || is_gap (buffer))
    return buffer;
  *begins_clip = pad->begins_clip
      || GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  pad->begins_clip = FALSE;

  return buffer;
}

/**
 * gst_nf_compare_answer_caps:
 * @pad: where frames come in that go on, or where they go out
 * @other: the other one of these two
 * @query: a CAPS query of @pad, which gets what the peer of @other takes
 */
void
gst_nf_compare_answer_caps (GstPad *pad, GstPad *other, GstQuery *query)
{
  g_autoptr (GstCaps) mine = gst_pad_get_pad_template_caps (pad);
  g_autoptr (GstCaps) caps = NULL;
  GstCaps *filter;

  gst_query_parse_caps (query, &filter);
  caps = filter != NULL
      ? gst_caps_intersect_full (filter, mine, GST_CAPS_INTERSECT_FIRST)
      : gst_caps_ref (mine);
  gst_caps_take (&caps, gst_pad_peer_query_caps (other, caps));
  gst_caps_take (&caps, gst_caps_intersect (caps, mine));
  gst_query_set_caps_result (query, caps);
}
