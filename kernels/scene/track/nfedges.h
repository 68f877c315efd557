/* SPDX-License-Identifier: MIT
 *
 * nfedges — where an object stands, from the edges of its mask
 *
 * See: nftracks */
#pragma once

#include "scene/track/nfblobs.h"
#include <nextframe/scene/track/nfoutline.h>

G_BEGIN_DECLS

gboolean nf_edges_refine (const NfCamera *camera, const guint8 *labels,
    guint8 id, const NfBlob *blob, NfPose *pose);

G_END_DECLS
