/* SPDX-License-Identifier: MIT
 *
 * nfentries — how objects move that were just seen for the first time
 *
 * One that is cut by the edge of the only mask that shows it comes in, and
 * nobody knows how fast: as those of the real clips do, 0.7 to 1.2 sizes a
 * frame, most of them towards something that stands there.
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
