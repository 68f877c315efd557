/* SPDX-License-Identifier: MIT
 *
 * gstnfclipsrc — nfclipsrc: the clips of a data set with their masks
 *
 * Base class: gstnfclips.h */
#pragma once

#include "clips/gstnfclips.h"

G_BEGIN_DECLS

#define GST_TYPE_NF_CLIP_SRC (gst_nf_clip_src_get_type ())
G_DECLARE_FINAL_TYPE (
    GstNfClipSrc, gst_nf_clip_src, GST, NF_CLIP_SRC, GstNfClips)

G_END_DECLS
