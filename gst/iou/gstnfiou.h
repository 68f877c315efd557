/* SPDX-License-Identifier: MIT
 *
 * gstnfiou — nfiou: two mask streams in, scores out
 *
 * See: gstnfioumessage.h, kernels/metrics/nfscoreboard.h */
#pragma once

#include "compare/gstnfcompare.h"

G_BEGIN_DECLS

#define GST_TYPE_NF_IOU (gst_nf_iou_get_type ())
G_DECLARE_FINAL_TYPE (GstNfIou, gst_nf_iou, GST, NF_IOU, GstNfCompare)

G_END_DECLS
