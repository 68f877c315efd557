/* SPDX-License-Identifier: MIT
 *
 * nfentries — how objects move that were just seen for the first time
 *
 * An object that is cut by the edge of the only mask that shows it is entering
 * the scene with an unknown velocity. It is assumed to move like such objects
 * in the real clips: by 0.7 to 1.2 sizes a frame, mostly towards an object at
 * rest.
 * See: docs/scenes.md */
#pragma once

#include "scene/track/nfactors.h"
#include "scene/track/nfdice.h"

G_BEGIN_DECLS

gboolean nf_entries_include (const NfTracks *tracks, const NfActor *actor);
void nf_entries_draw (const NfTracks *tracks, const NfActor *actors, guint n,
    guint entry, NfDice *dice, NfBody *body);
void nf_entries_guess (const NfTracks *tracks, const NfActor *actors, guint n,
    guint entry, NfDice *dice, NfBody *body);

G_END_DECLS
