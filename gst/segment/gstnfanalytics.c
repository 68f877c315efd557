/* SPDX-License-Identifier: MIT
 *
 * gstnfanalytics — masks as GstAnalytics describes them */
#include "config.h"
#include "segment/gstnfanalytics.h"

#include "segment/gstnfmaskvideo.h"

#ifdef NF_HAVE_ANALYTICS
#include <gst/analytics/analytics.h>

#define MAX_CLASSES 256 /* of a byte */

/**
 * gst_nf_analytics_add_mask:
 * @mask: a mask
 * @classes: of the network, 1 to 256
 * @names: (nullable): as gst_nf_mask_video_class() takes them
 * @buffer: writable; gets a #GstAnalyticsRelationMeta where it has none
 *
 * Adds the mask as a semantic segmentation of the whole frame, and the names of
 * its regions as a classification without levels. The regions are all classes
 * of the network, in the frame or not, so that a region's index is its id:
 * GStreamer's own overlay finds names by the id.
 */
void
gst_nf_analytics_add_mask (
    const GstNfBatchMask *mask, guint classes, gchar **names, GstBuffer *buffer)
{
  GstAnalyticsRelationMeta *meta =
      gst_buffer_add_analytics_relation_meta (buffer);
  GstAnalyticsSegmentationMtd regions;
  GstAnalyticsClsMtd described;
  guint ids[MAX_CLASSES];
  gfloat levels[MAX_CLASSES];
  GQuark quarks[MAX_CLASSES];

  g_return_if_fail (classes <= MAX_CLASSES);

  for (guint i = 0; i < classes; i++) {
    ids[i] = i;
    levels[i] = -1.0f; /* unknown */
    quarks[i] = gst_nf_mask_video_class (i, classes, names);
  }
  /* its documentation looks for names by the one relation, its elements by the
   * other */
  if (gst_analytics_relation_meta_add_segmentation_mtd (meta,
          gst_nf_mask_video_gray (mask->mask, mask->width, mask->height),
          GST_SEGMENTATION_TYPE_SEMANTIC, classes, ids, 0, 0, mask->width,
          mask->height, &regions)
      && gst_analytics_relation_meta_add_cls_mtd (
          meta, classes, levels, quarks, &described))
    gst_analytics_relation_meta_set_relation (meta,
        GST_ANALYTICS_REL_TYPE_RELATE_TO | GST_ANALYTICS_REL_TYPE_N_TO_N,
        regions.id, described.id);
}

#else /* the library was not there at build time */

void
gst_nf_analytics_add_mask (
    const GstNfBatchMask *mask, guint classes, gchar **names, GstBuffer *buffer)
{
}

#endif
