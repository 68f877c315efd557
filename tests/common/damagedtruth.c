/* SPDX-License-Identifier: MIT
 *
 * damagedtruth — class probabilities as a network has them, from true masks */
#include "damagedtruth.h"

#include <nextframe/core/random/nfrng.h>
#include <nextframe/metrics/nfclasses.h>

#include <math.h>
#include <string.h>

#define LEFT_OVER 0.02f /* that all classes share */
#define PER_CLASS 4 /* numbers that a class takes */
#define SPECK_FIRST (PER_CLASS * NF_N_CLASSES)

/* of 49 classes: the same object as a cylinder in place of a cube, or the
 * other way round; itself for others */
static guint
rival_of (guint class)
{
  if (class >= 1 && class <= 16)
    return class + 32;

  return class > 32 ? class - 32 : class;
}

/* how often each class is among the nine pixels around one */
static void
add_soft (
    const guint8 *truth, gint width, gint height, gint x, gint y, gfloat *p)
{
  for (gint v = y - 1; v <= y + 1; v++)
    for (gint u = x - 1; u <= x + 1; u++) {
      const gint row = CLAMP (v, 0, height - 1), col = CLAMP (u, 0, width - 1);

      p[truth[row * width + col]] += (1.0f - LEFT_OVER) / 9.0f;
    }
}

static void
confuse (const gfloat *drawn, const NfDamage *damage, gdouble x, gdouble y,
    gfloat *p)
{
  gfloat mixed[NF_N_CLASSES];

  memcpy (mixed, p, sizeof mixed);
  for (guint k = 1; k < NF_N_CLASSES; k++) {
    const gfloat *d = drawn + PER_CLASS * k;
    const guint rival = rival_of (k);
    gdouble logit, share;

    if (rival == k || p[k] <= LEFT_OVER / NF_N_CLASSES)
      continue;
    /* the slope crosses an object of about 20 pixels */
    logit = damage->bias + damage->spread * d[0]
        + damage->slope * (d[1] * sin (x / 7.0 + d[3]) + d[2] * cos (y / 7.0));
    share = 1.0 / (1.0 + exp (-logit));
    mixed[k] -= (1.0 - share) * p[k];
    mixed[rival] += (1.0 - share) * p[k];
  }
  memcpy (p, mixed, sizeof mixed);
}

static void
add_specks (const NfDamage *damage, const NfRngKey *key, guint width,
    guint height, gfloat *probabilities)
{
  for (guint i = 0; i < damage->specks; i++) {
    const guint64 first = SPECK_FIRST + 4 * (guint64) i;
    const guint x = nf_rng_below (key, first, width);
    const guint y = nf_rng_below (key, first + 1, height);
    const guint class = 1 + nf_rng_below (key, first + 2, NF_N_CLASSES - 1);
    const guint side = 1 + nf_rng_below (key, first + 3, 3);

    for (guint v = y; v < MIN (y + side, height); v++)
      for (guint u = x; u < MIN (x + side, width); u++) {
        gfloat *p = probabilities + NF_N_CLASSES * ((gsize) v * width + u);

        for (guint k = 0; k < NF_N_CLASSES; k++)
          p[k] *= 0.3f;
        p[class] += 0.7f;
      }
  }
}

/**
 * nf_damage:
 * @damage: what goes wrong
 * @frame: number of the frame; the same has the same faults
 * @truth: (height, width): its mask of classes below 49
 * @width: columns
 * @height: rows
 * @probabilities: (out caller-allocates): (height, width, 49)
 */
void
nf_damage (const NfDamage *damage, guint64 frame, const guint8 *truth,
    guint width, guint height, gfloat *probabilities)
{
  const NfRngKey key = { damage->seed, frame, NF_RNG_TEST };
  gfloat drawn[PER_CLASS * NF_N_CLASSES];
  gfloat *p = probabilities;

  nf_rng_normal (&key, 0, G_N_ELEMENTS (drawn), drawn);
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++, p += NF_N_CLASSES) {
      for (guint k = 0; k < NF_N_CLASSES; k++)
        p[k] = LEFT_OVER / NF_N_CLASSES;
      add_soft (truth, (gint) width, (gint) height, (gint) x, (gint) y, p);
      confuse (drawn, damage, x, y, p);
    }
  add_specks (damage, &key, width, height, probabilities);
}
