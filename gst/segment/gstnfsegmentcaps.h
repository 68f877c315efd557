/* SPDX-License-Identifier: MIT
 *
 * gstnfsegmentcaps — which masks go out for which frames
 *
 * See: gstnfsegment.c */
#pragma once

#include "common/gstnfcuda.h"

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

GstCaps *gst_nf_segment_caps_transform (GstNfCuda *cuda,
    GstPadDirection direction, GstCaps *caps, GstCaps *filter, gboolean gray);
void gst_nf_segment_caps_forget_formats (
    GstBaseTransform *trans, GstQuery *query);

G_END_DECLS
