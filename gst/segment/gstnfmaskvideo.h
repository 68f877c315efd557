/* SPDX-License-Identifier: MIT
 *
 * gstnfmaskvideo — masks as video: ids or pictures, and regions of interest
 *
 * See: gstnfsegment.c, kernels/metrics/nfmask.h */
#pragma once

#include "segment/gstnfbatch.h"

#include <gst/video/video.h>

G_BEGIN_DECLS

gboolean gst_nf_mask_video_store (const GstNfBatchMask *mask,
    const GstVideoInfo *info, gboolean confidence, gboolean in_device_memory,
    GstBuffer *buffer, GError **error);
GstBuffer *gst_nf_mask_video_gray (
    const guint8 *values, guint width, guint height);
GQuark gst_nf_mask_video_class (guint id, guint classes, gchar **names);
void gst_nf_mask_video_add_regions (const GstNfBatchMask *mask, guint classes,
    gchar **names, GstBuffer *buffer);

G_END_DECLS
