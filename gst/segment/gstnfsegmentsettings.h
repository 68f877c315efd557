/* SPDX-License-Identifier: MIT
 *
 * gstnfsegmentsettings — the properties that nfsegment works by
 *
 * See: gstnfsegment.c */
#pragma once

#include "common/gstnfmodel.h"

G_BEGIN_DECLS

/**
 * GstNfSegmentOutput:
 * @GST_NF_SEGMENT_IDS: GRAY8, a pixel's value is its class
 * @GST_NF_SEGMENT_PALETTE: RGB, every class in its colour
 * @GST_NF_SEGMENT_OVERLAY: RGB, the frame with the colours over its objects
 *
 * What nfsegment pushes.
 */
typedef enum
{
  GST_NF_SEGMENT_IDS,
  GST_NF_SEGMENT_PALETTE,
  GST_NF_SEGMENT_OVERLAY,
} GstNfSegmentOutput;

#define GST_TYPE_NF_SEGMENT_OUTPUT (gst_nf_segment_output_get_type ())
GType gst_nf_segment_output_get_type (void);

/**
 * GstNfSegmentSettings:
 * @model: which network, and how it runs
 * @output: the property `output`
 * @tta: the property `tta`
 * @batch_size: the property `batch-size`
 *
 * Guarded by the element's object lock.
 */
typedef struct
{
  GstNfModelSettings model;
  GstNfSegmentOutput output;
  gboolean tta;
  guint batch_size;
} GstNfSegmentSettings;

/** GST_NF_SEGMENT_N_SETTINGS: how many properties they are */
#define GST_NF_SEGMENT_N_SETTINGS (GST_NF_MODEL_N_PROPS + 3)

void gst_nf_segment_settings_init (GstNfSegmentSettings *settings);
void gst_nf_segment_settings_clear (GstNfSegmentSettings *settings);
void gst_nf_segment_settings_install (GObjectClass *klass, guint first);
gboolean gst_nf_segment_settings_set (GstNfSegmentSettings *settings,
    GstElement *element, guint index, const GValue *value);
gboolean gst_nf_segment_settings_get (GstNfSegmentSettings *settings,
    GstElement *element, guint index, GValue *value);

G_END_DECLS
