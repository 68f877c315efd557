/* SPDX-License-Identifier: MIT
 *
 * nfdice — random numbers for one future after the other
 *
 * See: nfrng.h */
#pragma once

#include <nextframe/core/random/nfrng.h>

G_BEGIN_DECLS

/**
 * NfDice:
 * @seed: the user's seed
 * @stream: number of the future
 * @next: how many numbers were drawn
 */
typedef struct
{
  guint64 seed, stream;
  guint64 next;
} NfDice;

gdouble nf_dice_uniform (NfDice *dice, gdouble from, gdouble to);
gdouble nf_dice_normal (NfDice *dice, gdouble mean, gdouble sigma);

G_END_DECLS
