/* SPDX-License-Identifier: MIT
 *
 * gstnftiming — measured latency, and what to skip when frames come too late
 *
 * See: gstnfpredict.c, gstnfsegment.c */
#include "common/gstnftiming.h"

/* times after which a smaller maximum is believed */
#define MEASURED_ENOUGH 8

/**
 * gst_nf_timing_init:
 * @timing: (out): of @element
 * @element: an element; not referenced
 */
void
gst_nf_timing_init (GstNfTiming *timing, GstElement *element)
{
  timing->element = element;
  gst_nf_timing_reset (timing);
}

/**
 * gst_nf_timing_reset:
 * @timing: back to the start: nothing measured, nothing late
 */
void
gst_nf_timing_reset (GstNfTiming *timing)
{
  GST_OBJECT_LOCK (timing->element);
  timing->held = timing->ahead = timing->announced = timing->recent = 0;
  timing->measured = 0;
  timing->processed = timing->dropped = 0;
  GST_OBJECT_UNLOCK (timing->element);
  gst_nf_timing_reset_qos (timing);
}

/**
 * gst_nf_timing_reset_qos:
 * @timing: forgets how late frames were, as after a flush or a new segment
 */
void
gst_nf_timing_reset_qos (GstNfTiming *timing)
{
  GST_OBJECT_LOCK (timing->element);
  timing->proportion = 1.0;
  timing->earliest = GST_CLOCK_TIME_NONE;
  GST_OBJECT_UNLOCK (timing->element);
}

/**
 * gst_nf_timing_set_held:
 * @timing: of an element
 * @info: of its frames
 * @frames: how many are held before computing begins
 */
void
gst_nf_timing_set_held (
    GstNfTiming *timing, const GstVideoInfo *info, guint frames)
{
  GstClockTime held = 0;

  if (info->fps_n > 0)
    held = gst_util_uint64_scale (
        frames, GST_SECOND * (guint64) info->fps_d, info->fps_n);
  GST_OBJECT_LOCK (timing->element);
  timing->held = held;
  GST_OBJECT_UNLOCK (timing->element);
}

/* with the object lock */
static GstClockTime
latency (const GstNfTiming *timing)
{
  const GstClockTime late = timing->held + timing->announced;

  return late > timing->ahead ? late - timing->ahead : 0;
}

/**
 * gst_nf_timing_latency:
 * @timing: of an element
 *
 * Returns: how much later than its frame comes in, a frame goes out after its
 *   time
 */
GstClockTime
gst_nf_timing_latency (GstNfTiming *timing)
{
  GstClockTime own;

  GST_OBJECT_LOCK (timing->element);
  own = latency (timing);
  GST_OBJECT_UNLOCK (timing->element);

  return own;
}

static void
post_latency (GstNfTiming *timing)
{
  gst_element_post_message (
      timing->element, gst_message_new_latency (GST_OBJECT (timing->element)));
}

/**
 * gst_nf_timing_set_ahead:
 * @timing: of an element; its object lock is not held
 * @ahead: from the time of the newest frame that came in to that of the first
 *   frame that is made of it
 *
 * Posts a LATENCY message when the pipeline must learn of another latency. Times
 * that are within an eighth of those before change nothing.
 */
void
gst_nf_timing_set_ahead (GstNfTiming *timing, GstClockTime ahead)
{
  GstClockTime before, after;

  GST_OBJECT_LOCK (timing->element);
  before = after = latency (timing);
  if (ahead < timing->ahead - timing->ahead / 8
      || ahead > timing->ahead + timing->ahead / 8) {
    timing->ahead = ahead;
    after = latency (timing);
  }
  GST_OBJECT_UNLOCK (timing->element);
  if (before != after)
    post_latency (timing);
}

gboolean
gst_nf_timing_is_live (GstPad *sinkpad)
{
  GstQuery *query = gst_query_new_latency ();
  gboolean live = FALSE;

  if (gst_pad_peer_query (sinkpad, query))
    gst_query_parse_latency (query, &live, NULL, NULL);
  gst_query_unref (query);

  return live;
}

/**
 * gst_nf_timing_measured:
 * @timing: of an element; its object lock is not held
 * @took: how long a computation took
 *
 * Posts a LATENCY message when the pipeline must learn of another latency.
 */
void
gst_nf_timing_measured (GstNfTiming *timing, GstClockTime took)
{
  GstClockTime wanted = took + took / 20;
  GstClockTime before, after;
  gboolean announce = FALSE;

  GST_OBJECT_LOCK (timing->element);
  before = latency (timing);
  timing->recent = MAX (timing->recent, wanted);
  timing->measured++;
  if (wanted > timing->announced)
    announce = TRUE;
  else if (timing->measured >= MEASURED_ENOUGH)
    announce = timing->recent < timing->announced / 4 * 3;
  if (announce)
    timing->announced = timing->recent;
  if (announce || timing->measured >= MEASURED_ENOUGH) {
    timing->recent = 0;
    timing->measured = 0;
  }
  after = latency (timing);
  GST_OBJECT_UNLOCK (timing->element);
  if (before == after)
    return;
  GST_DEBUG_OBJECT (timing->element,
      "computing took %" GST_TIME_FORMAT ", latency changes",
      GST_TIME_ARGS (took));
  post_latency (timing);
}

/**
 * gst_nf_timing_answer_latency:
 * @timing: of an element
 * @sinkpad: where the frames come from
 * @query: a LATENCY query
 *
 * Answers with upstream's latency plus that of the element, see
 * gst_nf_timing_latency().
 *
 * Returns: FALSE when upstream knows no latency
 */
gboolean
gst_nf_timing_answer_latency (
    GstNfTiming *timing, GstPad *sinkpad, GstQuery *query)
{
  GstClockTime min, max, own = gst_nf_timing_latency (timing);
  gboolean live;

  if (!gst_pad_peer_query (sinkpad, query))
    return FALSE;
  gst_query_parse_latency (query, &live, &min, &max);
  GST_DEBUG_OBJECT (timing->element,
      "upstream min %" GST_TIME_FORMAT ", ours %" GST_TIME_FORMAT,
      GST_TIME_ARGS (min), GST_TIME_ARGS (own));
  min += own;
  if (GST_CLOCK_TIME_IS_VALID (max))
    max += own;
  gst_query_set_latency (query, live, min, max);

  return TRUE;
}

/**
 * gst_nf_timing_qos_event:
 * @timing: of an element
 * @event: (transfer none): a QOS event from downstream
 *
 * A frame that was late by some time lets the next ones begin twice that time
 * later, so that the pipeline catches up.
 */
void
gst_nf_timing_qos_event (GstNfTiming *timing, GstEvent *event)
{
  gdouble proportion;
  GstClockTimeDiff diff;
  GstClockTime timestamp, earliest = GST_CLOCK_TIME_NONE;

  gst_event_parse_qos (event, NULL, &proportion, &diff, &timestamp);
  if (GST_CLOCK_TIME_IS_VALID (timestamp))
    earliest = timestamp + (diff > 0 ? 2 * diff : diff);
  GST_OBJECT_LOCK (timing->element);
  timing->proportion = proportion;
  timing->earliest = earliest;
  GST_OBJECT_UNLOCK (timing->element);
}

/**
 * gst_nf_timing_is_late:
 * @timing: of an element
 * @running_time: of a frame; NONE is never late
 *
 * Returns: whether the frame would come too late, as far as is known
 */
gboolean
gst_nf_timing_is_late (GstNfTiming *timing, GstClockTime running_time)
{
  gboolean late;

  GST_OBJECT_LOCK (timing->element);
  late = GST_CLOCK_TIME_IS_VALID (running_time)
      && GST_CLOCK_TIME_IS_VALID (timing->earliest)
      && running_time <= timing->earliest;
  GST_OBJECT_UNLOCK (timing->element);

  return late;
}

/**
 * gst_nf_timing_drop:
 * @timing: of an element; its object lock is not held
 * @segment: that the frame is in
 * @timestamp: of the frame that is dropped
 * @duration: of it
 *
 * Counts the frame and posts a QOS message.
 */
void
gst_nf_timing_drop (GstNfTiming *timing, const GstSegment *segment,
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

  GST_OBJECT_LOCK (timing->element);
  timing->dropped++;
  processed = timing->processed;
  dropped = timing->dropped;
  proportion = timing->proportion;
  jitter = GST_CLOCK_DIFF (running, timing->earliest);
  GST_OBJECT_UNLOCK (timing->element);
  message = gst_message_new_qos (GST_OBJECT (timing->element), FALSE, running,
      stream, timestamp, duration);
  gst_message_set_qos_values (message, jitter, proportion, 1000000);
  gst_message_set_qos_stats (message, GST_FORMAT_BUFFERS, processed, dropped);
  gst_element_post_message (timing->element, message);
}

/**
 * gst_nf_timing_count:
 * @timing: of an element
 * @processed: frames that were computed in time
 */
void
gst_nf_timing_count (GstNfTiming *timing, guint64 processed)
{
  GST_OBJECT_LOCK (timing->element);
  timing->processed += processed;
  GST_OBJECT_UNLOCK (timing->element);
}
