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
    const GstVideoInfo *info, gboolean in_device_memory, GstBuffer *buffer,
    GError **error);
GQuark gst_nf_mask_video_class (guint id, guint classes);
void gst_nf_mask_video_add_regions (
    const GstNfBatchMask *mask, guint classes, GstBuffer *buffer);

G_END_DECLS
