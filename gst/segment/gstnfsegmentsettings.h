/* SPDX-License-Identifier: MIT
 *
 * gstnfsegmentsettings — the properties that nfsegment works by
 *
 * See: gstnfsegment.c */
#pragma once

#include "common/gstnfmodel.h"
#include "segment/gstnfbatch.h"

G_BEGIN_DECLS

/**
 * GstNfSegmentOutput:
 * @GST_NF_SEGMENT_IDS: GRAY8, a pixel's value is its class
 * @GST_NF_SEGMENT_PALETTE: RGB, every class in its colour
 * @GST_NF_SEGMENT_OVERLAY: RGB, the frame with the colours over its objects
 * @GST_NF_SEGMENT_CONFIDENCE: GRAY8, how sure the network is of each pixel
 *
 * What nfsegment pushes.
 */
typedef enum
{
  GST_NF_SEGMENT_IDS,
  GST_NF_SEGMENT_PALETTE,
  GST_NF_SEGMENT_OVERLAY,
  GST_NF_SEGMENT_CONFIDENCE,
} GstNfSegmentOutput;

/**
 * GstNfSegmentScale:
 * @GST_NF_SEGMENT_SCALE_NONE: the network sees frames at their own size
 * @GST_NF_SEGMENT_SCALE_AUTO: it sees them as large as those that it was
 *   trained on
 *
 * At which size the network sees frames.
 */
typedef enum
{
  GST_NF_SEGMENT_SCALE_NONE,
  GST_NF_SEGMENT_SCALE_AUTO,
} GstNfSegmentScale;

/** GST_NF_SEGMENT_AHEAD_AUTO: of the property `lookahead` */
#define GST_NF_SEGMENT_AHEAD_AUTO (-1)

/**
 * GstNfSegmentSettings:
 * @model: which network, and how it runs
 * @output: the property `output`
 * @confidence: the property `confidence`
 * @probabilities: the property `probabilities`
 * @tta: the property `tta`
 * @batch_size: the property `batch-size`
 * @batch_timeout: the property `batch-timeout`
 * @decision: the property `decision`
 * @unique: the property `unique`
 * @lookahead: the property `lookahead`
 * @scale: the property `scale`
 * @labels: the property `labels`
 *
 * Guarded by the element's object lock.
 */
typedef struct
{
  GstNfModelSettings model;
  GstNfSegmentOutput output;
  gboolean confidence;
  gboolean probabilities;
  gboolean tta;
  guint batch_size;
  guint64 batch_timeout;
  GstNfDecision decision;
  gboolean unique;
  gint lookahead;
  GstNfSegmentScale scale;
  gchar *labels;
} GstNfSegmentSettings;

/** gst_nf_segment_properties: the table of #GstNfSegmentSettings */
extern const GstNfProperty gst_nf_segment_properties[];

G_END_DECLS
