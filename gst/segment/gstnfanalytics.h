/* SPDX-License-Identifier: MIT
 *
 * gstnfanalytics — masks as GstAnalytics describes them
 *
 * Without gstreamer-analytics-1.0 of GStreamer 1.26 at build time nothing is
 * added.
 * See: gstnfmaskvideo.c */
#pragma once

#include "segment/gstnfbatch.h"

G_BEGIN_DECLS

void gst_nf_analytics_add_mask (const GstNfBatchMask *mask, guint classes,
    gchar **names, GstBuffer *buffer);

G_END_DECLS
