/* SPDX-License-Identifier: MIT
 *
 * gstnfscenesrc — nfscenesrc: synthetic clips with their masks
 *
 * Base class: gstnfclips.h */
#pragma once

#include "clips/gstnfclips.h"

G_BEGIN_DECLS

#define GST_TYPE_NF_SCENE_SRC (gst_nf_scene_src_get_type ())
G_DECLARE_FINAL_TYPE (
    GstNfSceneSrc, gst_nf_scene_src, GST, NF_SCENE_SRC, GstNfClips)

G_END_DECLS
