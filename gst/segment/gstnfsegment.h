/* SPDX-License-Identifier: MIT
 *
 * gstnfsegment — nfsegment: the class of every pixel of a video */
#pragma once

#include "segment/gstnfsegmentsettings.h"

#include <gst/video/gstvideofilter.h>

G_BEGIN_DECLS

#define GST_TYPE_NF_SEGMENT (gst_nf_segment_get_type ())
G_DECLARE_FINAL_TYPE (
    GstNfSegment, gst_nf_segment, GST, NF_SEGMENT, GstVideoFilter)

G_END_DECLS
