/* SPDX-License-Identifier: MIT
 *
 * nfdice — random numbers for one future after the other */
#include "scene/track/nfdice.h"

/**
 * nf_dice_uniform:
 *
 * Returns: a number between @from and @to
 */
gdouble
nf_dice_uniform (NfDice *dice, gdouble from, gdouble to)
{
  const NfRngKey key = {
    .seed = dice->seed, .stream = 2 * dice->stream, .purpose = NF_RNG_FUTURE
  };

  return from + (to - from) * nf_rng_uniform (&key, dice->next++);
}

/**
 * nf_dice_normal:
 *
 * Returns: a normally distributed number
 */
gdouble
nf_dice_normal (NfDice *dice, gdouble mean, gdouble sigma)
{
  const NfRngKey key = {
    .seed = dice->seed, .stream = 2 * dice->stream + 1, .purpose = NF_RNG_FUTURE
  };
  gfloat normal;

  nf_rng_normal (&key, dice->next++, 1, &normal);

  return mean + sigma * normal;
}
