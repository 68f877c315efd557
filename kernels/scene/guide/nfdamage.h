/* SPDX-License-Identifier: MIT
 *
 * nfdamage — exact masks become as wrong as a network's
 *
 * It makes the errors that tracks and futures have to cope with: edges that are
 * ragged, too wide or too narrow by a pixel; objects that are missing, in one
 * frame or in all; cubes with the class of a cylinder, and parts of objects
 * with another class; specks on the ground. See: nfguide.h, docs/scenes.md */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/random/nfrng.h>

G_BEGIN_DECLS

/**
 * NfDamage:
 * @key: of all random numbers
 * @strength: 0 (masks stay unchanged) to 1 (as wrong as those of a poor
 *   network)
 */
typedef struct
{
  NfRngKey key;
  gdouble strength;
} NfDamage;

NF_API void nf_damage_draw (NfDamage *damage, guint64 seed, guint64 sample);
NF_API void nf_damage_masks (
    const NfDamage *damage, guint8 *masks, guint n, guint width, guint height);

G_END_DECLS
