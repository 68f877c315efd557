/* SPDX-License-Identifier: MIT
 *
 * damagedtruth — class probabilities as a network has them, from true masks
 *
 * A stand-in for a network whose faults are known: soft edges, cubes and
 * cylinders that are taken for each other in parts of an object and in whole
 * ones, and specks of any class. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * NfDamage:
 * @seed: of all that is drawn
 * @bias: mean of the logit that a cube or cylinder has in favour of its true
 *   shape; about 1 in a bad network, 4 in a good one
 * @spread: its standard deviation from object to object and frame to frame
 * @slope: how much it differs from one end of an object to the other, standard
 *   deviation
 * @specks: specks of a wrong class in each frame
 */
typedef struct
{
  guint64 seed;
  gdouble bias, spread, slope;
  guint specks;
} NfDamage;

void nf_damage (const NfDamage *damage, guint64 frame, const guint8 *truth,
    guint width, guint height, gfloat *probabilities);

G_END_DECLS
