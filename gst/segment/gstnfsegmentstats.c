/* SPDX-License-Identifier: MIT
 *
 * gstnfsegmentstats — what nfsegment counts
 *
 * See: gstnfsegment.c */
#include "segment/gstnfsegmentstats.h"

#include "nets/nfunetpp.h"

/**
 * gst_nf_segment_stats_structure:
 * @stats: counted so far
 * @latency: time of computing that is announced, ns
 *
 * Returns: (transfer full): the property `stats`
 */
GstStructure *
gst_nf_segment_stats_structure (
    const GstNfSegmentStats *stats, GstClockTime latency)
{
  GstStructure *structure = gst_structure_new ("nf-segment-stats", "frames-in",
      G_TYPE_UINT64, stats->frames_in, "frames-out", G_TYPE_UINT64,
      stats->frames_out, "dropped", G_TYPE_UINT64, stats->dropped, "batches",
      G_TYPE_UINT64, stats->batches, "seconds-per-frame", G_TYPE_DOUBLE,
      (gdouble) stats->computing / GST_SECOND / MAX (stats->frames_out, 1),
      "latency", G_TYPE_UINT64, latency, NULL);
  gchar encoder[16];

  if (stats->classes == 0)
    return structure;
  g_snprintf (encoder, sizeof encoder, "resnet%d", stats->encoder);
  gst_structure_set (structure, "arch", G_TYPE_STRING, NF_UNETPP_ARCH,
      "encoder", G_TYPE_STRING, encoder, "device", G_TYPE_STRING, stats->device,
      "classes", G_TYPE_INT, stats->classes, NULL);

  return structure;
}
