/* SPDX-License-Identifier: MIT
 *
 * gstnfsegmentstats — what nfsegment counts
 *
 * The fields of its `stats` are documented one by one in gstnfsegment.c. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstNfSegmentStats:
 * @frames_in: frames that came
 * @frames_out: that were pushed
 * @dropped: that were dropped because of QoS
 * @batches: runs of the network
 * @computing: how long they took together
 * @encoder: depth of the network's ResNet
 * @classes: of the network; 0: there is none
 * @device: where it runs, interned
 *
 * Guarded by the element's object lock.
 */
typedef struct
{
  guint64 frames_in, frames_out, dropped, batches;
  GstClockTime computing;
  gint encoder, classes;
  const gchar *device;
} GstNfSegmentStats;

GstStructure *gst_nf_segment_stats_structure (
    const GstNfSegmentStats *stats, GstClockTime latency);

G_END_DECLS
