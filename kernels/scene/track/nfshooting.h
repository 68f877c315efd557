/* SPDX-License-Identifier: MIT
 *
 * nfshooting — states of objects, fitted through all frames by simulation
 *
 * See: nfshots, nfactors, docs/scenes.md */
#pragma once

#include "scene/track/nfactors.h"
#include "scene/track/nfdice.h"

G_BEGIN_DECLS

typedef struct _NfShooting NfShooting;

NfShooting *nf_shooting_new (const NfTracks *tracks,
    const NfMotionParams *params, NfActor *actors, guint n);
void nf_shooting_free (NfShooting *shooting);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfShooting, nf_shooting_free)

void nf_shooting_sample (
    const NfShooting *shooting, NfDice *dice, NfBody *bodies);

G_END_DECLS
