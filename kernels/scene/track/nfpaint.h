/* SPDX-License-Identifier: MIT
 *
 * nfpaint — masks of objects at other places than those where they were seen
 *
 * An object that did not move keeps its pixels as they were when it was last
 * seen whole. All others are painted as outlines, the near ones in front.
 * See: nfactors, nfoutline */
#pragma once

#include "scene/track/nfactors.h"

G_BEGIN_DECLS

void nf_paint_mask (const NfTracks *tracks, const NfActor *actors,
    const NfPose *starts, const NfPose *poses, guint n, guint8 *mask);

G_END_DECLS
