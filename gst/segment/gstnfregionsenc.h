/* SPDX-License-Identifier: MIT
 *
 * gstnfregionsenc — nfregionsenc: regions of interest as lines of JSON */
#pragma once

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_NF_REGIONS_ENC (gst_nf_regions_enc_get_type ())
G_DECLARE_FINAL_TYPE (
    GstNfRegionsEnc, gst_nf_regions_enc, GST, NF_REGIONS_ENC, GstBaseTransform)

G_END_DECLS
