/* SPDX-License-Identifier: MIT
 *
 * nfdamage — exact masks become as wrong as a network's
 *
 * What tracks and futures are to stand: edges that are ragged, too wide or too
 * narrow by a pixel; objects that are not found, in a frame or in all; cubes
 * that are taken for cylinders, and parts of objects that are taken for others;
 * specks on the ground. See: nfguide.h, docs/scenes.md */
#pragma once

#include "core/random/nfrng.h"

G_BEGIN_DECLS

/**
 * NfDamage:
 * @key: of all random numbers
 * @strength: 0 (masks stay as they are) to 1 (a poor network's)
 */
typedef struct
{
  NfRngKey key;
  gdouble strength;
} NfDamage;

void nf_damage_draw (NfDamage *damage, guint64 seed, guint64 sample);
void nf_damage_masks (
    const NfDamage *damage, guint8 *masks, guint n, guint width, guint height);

G_END_DECLS
