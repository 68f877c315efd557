/* SPDX-License-Identifier: MIT
 *
 * gstnfpredict — nfpredict: the frames of a video that follow */
#pragma once

#include "predict/gstnfpredictbase.h"

G_BEGIN_DECLS

#define GST_TYPE_NF_PREDICT (gst_nf_predict_get_type ())
G_DECLARE_FINAL_TYPE (
    GstNfPredict, gst_nf_predict, GST, NF_PREDICT, GstNfPredictBase)

G_END_DECLS
