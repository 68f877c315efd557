/* SPDX-License-Identifier: MIT
 *
 * gstnflatency — measured latency, and what to skip when frames come too late
 *
 * Latency: the time that frames are held, and the longest time that computing
 * took, with 5 % head-room, less the time that lies between the newest frame that
 * came in and the frame that goes out: a prediction that is made within that time
 * is not late. It is announced anew only when computing took longer than what was
 * announced, or a quarter less; the pipeline is not disturbed by every small
 * change.
 *
 * Quality of service: a sink reports how late a frame was. Frames that cannot
 * be in time any more are dropped before they are computed, and a message
 * reports that. */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

/**
 * GstNfLatency:
 *
 * Belongs to one element, whose object lock guards it.
 */
typedef struct
{
  GstElement *element;
  GstClockTime held; /* how long frames wait before computing begins */
  GstClockTime ahead; /* of the newest frame lies the one that goes out */
  GstClockTime announced; /* with head-room; 0: nothing yet */
  GstClockTime recent; /* longest time since the last announcement */
  guint measured; /* times that went into @recent */
  gdouble proportion;
  GstClockTime earliest; /* running time */
  guint64 processed, dropped;
} GstNfLatency;

void gst_nf_latency_init (GstNfLatency *latency, GstElement *element);
void gst_nf_latency_reset (GstNfLatency *latency);
void gst_nf_latency_reset_qos (GstNfLatency *latency);

/**
 * gst_nf_latency_of_frames:
 * @info: of frames
 * @frames: how many
 *
 * Returns: how long it takes until so many came in; 0 where nobody knows how
 *   often they come
 */
GstClockTime gst_nf_latency_of_frames (const GstVideoInfo *info, guint frames);

/**
 * gst_nf_latency_set_held:
 * @latency: of an element
 * @held: how long frames are held before computing begins
 */
void gst_nf_latency_set_held (GstNfLatency *latency, GstClockTime held);
void gst_nf_latency_set_ahead (GstNfLatency *latency, GstClockTime ahead);
GstClockTime gst_nf_latency_own (GstNfLatency *latency);

/**
 * gst_nf_latency_is_live:
 * @sinkpad: where frames come from
 *
 * Returns: whether they come from a live source; not where upstream does not
 *   know
 */
gboolean gst_nf_latency_is_live (GstPad *sinkpad);
void gst_nf_latency_measured (GstNfLatency *latency, GstClockTime took);
gboolean gst_nf_latency_answer_latency (
    GstNfLatency *latency, GstPad *sinkpad, GstQuery *query);

void gst_nf_latency_qos_event (GstNfLatency *latency, GstEvent *event);
gboolean gst_nf_latency_is_late (
    GstNfLatency *latency, GstClockTime running_time);
void gst_nf_latency_drop (GstNfLatency *latency, const GstSegment *segment,
    GstClockTime timestamp, GstClockTime duration);
void gst_nf_latency_count (GstNfLatency *latency, guint64 processed);

G_END_DECLS
