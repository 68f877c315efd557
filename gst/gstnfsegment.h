/* SPDX-License-Identifier: MIT
 *
 * gstnfsegment — nfsegment: the class of every pixel of a video */
#pragma once

#include <gst/video/gstvideofilter.h>

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

#define GST_TYPE_NF_SEGMENT (gst_nf_segment_get_type ())
G_DECLARE_FINAL_TYPE (
    GstNfSegment, gst_nf_segment, GST, NF_SEGMENT, GstVideoFilter)

G_END_DECLS
