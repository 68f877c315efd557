/* SPDX-License-Identifier: MIT
 *
 * gstnfextrapolate — nfextrapolate: future masks without a network */
#pragma once

#include "predict/gstnfpredictbase.h"

G_BEGIN_DECLS

#define GST_TYPE_NF_EXTRAPOLATE (gst_nf_extrapolate_get_type ())
G_DECLARE_FINAL_TYPE (
    GstNfExtrapolate, gst_nf_extrapolate, GST, NF_EXTRAPOLATE, GstNfPredictBase)

G_END_DECLS
