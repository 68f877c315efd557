/* SPDX-License-Identifier: MIT
 *
 * nfshooting — states of objects, fitted through all frames by simulation
 *
 * See: nfshots, nfactors, docs/scenes.md */
#pragma once

#include "scene/track/nfactors.h"

G_BEGIN_DECLS

void nf_shooting_fit (const NfTracks *tracks, const NfMotionParams *params,
    NfActor *actors, guint n);

G_END_DECLS
