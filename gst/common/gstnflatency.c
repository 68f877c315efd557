/* SPDX-License-Identifier: MIT
 *
 * gstnflatency — measured latency, and what to skip when frames come too late
 *
 * See: gstnfpredict.c, gstnfsegment.c */
#include "common/gstnflatency.h"

/* times after which a smaller maximum is believed */
#define MEASURED_ENOUGH 8

/**
 * gst_nf_latency_init:
 * @latency: (out): of @element
 * @element: an element; not referenced
 */
void
gst_nf_latency_init (GstNfLatency *latency, GstElement *element)
{
  latency->element = element;
  gst_nf_latency_reset (latency);
}

/**
 * gst_nf_latency_reset:
 * @latency: back to the start: nothing measured, nothing late
 */
void
gst_nf_latency_reset (GstNfLatency *latency)
{
  GST_OBJECT_LOCK (latency->element);
  latency->held = latency->ahead = latency->announced = latency->recent = 0;
  latency->measured = 0;
  latency->processed = latency->dropped = 0;
  GST_OBJECT_UNLOCK (latency->element);
  gst_nf_latency_reset_qos (latency);
}

/**
 * gst_nf_latency_reset_qos:
 * @latency: forgets how late frames were, as after a flush or a new segment
 */
void
gst_nf_latency_reset_qos (GstNfLatency *latency)
{
  GST_OBJECT_LOCK (latency->element);
  latency->proportion = 1.0;
  latency->earliest = GST_CLOCK_TIME_NONE;
  GST_OBJECT_UNLOCK (latency->element);
}

GstClockTime
gst_nf_latency_of_frames (const GstVideoInfo *info, guint frames)
{
  return info->fps_n > 0 ? gst_util_uint64_scale (
             frames, GST_SECOND * (guint64) info->fps_d, info->fps_n)
                         : 0;
}

void
gst_nf_latency_set_held (GstNfLatency *latency, GstClockTime held)
{
  GST_OBJECT_LOCK (latency->element);
  latency->held = held;
  GST_OBJECT_UNLOCK (latency->element);
}

/* with the object lock */
static GstClockTime
own_latency (const GstNfLatency *latency)
{
  const GstClockTime late = latency->held + latency->announced;

  return late > latency->ahead ? late - latency->ahead : 0;
}

/**
 * gst_nf_latency_own:
 * @latency: of an element
 *
 * Returns: how much later than its frame comes in, a frame goes out after its
 *   time
 */
GstClockTime
gst_nf_latency_own (GstNfLatency *latency)
{
  GstClockTime own;

  GST_OBJECT_LOCK (latency->element);
  own = own_latency (latency);
  GST_OBJECT_UNLOCK (latency->element);

  return own;
}

static void
post_latency (GstNfLatency *latency)
{
  gst_element_post_message (latency->element,
      gst_message_new_latency (GST_OBJECT (latency->element)));
}

/**
 * gst_nf_latency_set_ahead:
 * @latency: of an element; its object lock is not held
 * @ahead: from the time of the newest frame that came in to that of the first
 *   frame that is made of it
 *
 * Posts a LATENCY message when the pipeline must learn of another latency. Times
 * that are within an eighth of those before change nothing.
 */
void
gst_nf_latency_set_ahead (GstNfLatency *latency, GstClockTime ahead)
{
  GstClockTime before, after;

  GST_OBJECT_LOCK (latency->element);
  before = after = own_latency (latency);
  if (ahead < latency->ahead - latency->ahead / 8
      || ahead > latency->ahead + latency->ahead / 8) {
    latency->ahead = ahead;
    after = own_latency (latency);
  }
  GST_OBJECT_UNLOCK (latency->element);
  if (before != after)
    post_latency (latency);
}

gboolean
gst_nf_latency_is_live (GstPad *sinkpad)
{
  GstQuery *query = gst_query_new_latency ();
  gboolean live = FALSE;

  if (gst_pad_peer_query (sinkpad, query))
    gst_query_parse_latency (query, &live, NULL, NULL);
  gst_query_unref (query);

  return live;
}

/**
 * gst_nf_latency_measured:
 * @latency: of an element; its object lock is not held
 * @took: how long a computation took
 *
 * Posts a LATENCY message when the pipeline must learn of another latency.
 */
void
gst_nf_latency_measured (GstNfLatency *latency, GstClockTime took)
{
  GstClockTime wanted = took + took / 20;
  GstClockTime before, after;
  gboolean announce = FALSE;

  GST_OBJECT_LOCK (latency->element);
  before = own_latency (latency);
  latency->recent = MAX (latency->recent, wanted);
  latency->measured++;
  if (wanted > latency->announced)
    announce = TRUE;
  else if (latency->measured >= MEASURED_ENOUGH)
    announce = latency->recent < latency->announced / 4 * 3;
  if (announce)
    latency->announced = latency->recent;
  if (announce || latency->measured >= MEASURED_ENOUGH) {
    latency->recent = 0;
    latency->measured = 0;
  }
  after = own_latency (latency);
  GST_OBJECT_UNLOCK (latency->element);
  if (before == after)
    return;
  GST_DEBUG_OBJECT (latency->element,
      "computing took %" GST_TIME_FORMAT ", latency changes",
      GST_TIME_ARGS (took));
  post_latency (latency);
}

/**
 * gst_nf_latency_answer_latency:
 * @latency: of an element
 * @sinkpad: where the frames come from
 * @query: a LATENCY query
 *
 * Answers with upstream's latency plus that of the element, see
 * gst_nf_latency_own().
 *
 * Returns: FALSE when upstream knows no latency
 */
gboolean
gst_nf_latency_answer_latency (
    GstNfLatency *latency, GstPad *sinkpad, GstQuery *query)
{
  GstClockTime min, max, own = gst_nf_latency_own (latency);
  gboolean live;

  if (!gst_pad_peer_query (sinkpad, query))
    return FALSE;
  gst_query_parse_latency (query, &live, &min, &max);
  GST_DEBUG_OBJECT (latency->element,
      "upstream min %" GST_TIME_FORMAT ", ours %" GST_TIME_FORMAT,
      GST_TIME_ARGS (min), GST_TIME_ARGS (own));
  min += own;
  if (GST_CLOCK_TIME_IS_VALID (max))
    max += own;
  gst_query_set_latency (query, live, min, max);

  return TRUE;
}

/**
 * gst_nf_latency_qos_event:
 * @latency: of an element
 * @event: (transfer none): a QOS event from downstream
 *
 * After a frame that was late by some time, frames are skipped until twice that
 * time has passed, so that the pipeline catches up.
 */
void
gst_nf_latency_qos_event (GstNfLatency *latency, GstEvent *event)
{
  gdouble proportion;
  GstClockTimeDiff diff;
  GstClockTime timestamp, earliest = GST_CLOCK_TIME_NONE;

  gst_event_parse_qos (event, NULL, &proportion, &diff, &timestamp);
  if (GST_CLOCK_TIME_IS_VALID (timestamp))
    earliest = timestamp + (diff > 0 ? 2 * diff : diff);
  GST_OBJECT_LOCK (latency->element);
  latency->proportion = proportion;
  latency->earliest = earliest;
  GST_OBJECT_UNLOCK (latency->element);
}

/**
 * gst_nf_latency_is_late:
 * @latency: of an element
 * @running_time: of a frame; NONE is never late
 *
 * Returns: whether the frame would come too late, as far as is known
 */
gboolean
gst_nf_latency_is_late (GstNfLatency *latency, GstClockTime running_time)
{
  gboolean late;

  GST_OBJECT_LOCK (latency->element);
  late = GST_CLOCK_TIME_IS_VALID (running_time)
      && GST_CLOCK_TIME_IS_VALID (latency->earliest)
      && running_time <= latency->earliest;
  GST_OBJECT_UNLOCK (latency->element);

  return late;
}

/**
 * gst_nf_latency_drop:
 * @latency: of an element; its object lock is not held
 * @segment: that the frame is in
 * @timestamp: of the frame that is dropped
 * @duration: of it
 *
 * Counts the frame and posts a QOS message.
 */
void
gst_nf_latency_drop (GstNfLatency *latency, const GstSegment *segment,
    GstClockTime timestamp, GstClockTime duration)
{
  guint64 running =
      gst_segment_to_running_time (segment, GST_FORMAT_TIME, timestamp);
  guint64 stream =
      gst_segment_to_stream_time (segment, GST_FORMAT_TIME, timestamp);
  guint64 processed, dropped;
  gdouble proportion;
  GstClockTimeDiff jitter;
  GstMessage *message;

  GST_OBJECT_LOCK (latency->element);
  latency->dropped++;
  processed = latency->processed;
  dropped = latency->dropped;
  proportion = latency->proportion;
  /* a QOS event or a flush may have come since the frame was found late */
  jitter = GST_CLOCK_TIME_IS_VALID (latency->earliest)
      ? GST_CLOCK_DIFF (running, latency->earliest)
      : 0;
  GST_OBJECT_UNLOCK (latency->element);
  message = gst_message_new_qos (GST_OBJECT (latency->element), FALSE, running,
      stream, timestamp, duration);
  gst_message_set_qos_values (message, jitter, proportion, 1000000);
  gst_message_set_qos_stats (message, GST_FORMAT_BUFFERS, processed, dropped);
  gst_element_post_message (latency->element, message);
}

/**
 * gst_nf_latency_count:
 * @latency: of an element
 * @processed: frames that were computed in time
 */
void
gst_nf_latency_count (GstNfLatency *latency, guint64 processed)
{
  GST_OBJECT_LOCK (latency->element);
  latency->processed += processed;
  GST_OBJECT_UNLOCK (latency->element);
}
