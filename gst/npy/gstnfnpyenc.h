/* SPDX-License-Identifier: MIT
 *
 * gstnfnpyenc — nfnpyenc: video as a NumPy array
 *
 * Sibling: gstnfnpydec.h */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_NF_NPY_ENC (gst_nf_npy_enc_get_type ())
G_DECLARE_FINAL_TYPE (GstNfNpyEnc, gst_nf_npy_enc, GST, NF_NPY_ENC, GstElement)

G_END_DECLS
