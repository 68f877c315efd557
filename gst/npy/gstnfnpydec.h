/* SPDX-License-Identifier: MIT
 *
 * gstnfnpydec — nfnpydec: NumPy arrays as video
 *
 * Sibling: gstnfnpyenc.h */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_NF_NPY_DEC (gst_nf_npy_dec_get_type ())
G_DECLARE_FINAL_TYPE (GstNfNpyDec, gst_nf_npy_dec, GST, NF_NPY_DEC, GstElement)

G_END_DECLS
