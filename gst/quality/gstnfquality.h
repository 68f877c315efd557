/* SPDX-License-Identifier: MIT
 *
 * gstnfquality — nfquality: how near predicted pictures are to the true ones
 *
 * See: kernels/metrics/nfqualityboard.h */
#pragma once

#include "compare/gstnfcompare.h"

G_BEGIN_DECLS

#define GST_TYPE_NF_QUALITY (gst_nf_quality_get_type ())
G_DECLARE_FINAL_TYPE (
    GstNfQuality, gst_nf_quality, GST, NF_QUALITY, GstNfCompare)

G_END_DECLS
