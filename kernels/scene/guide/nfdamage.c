/* SPDX-License-Identifier: MIT
 *
 * nfdamage — exact masks become as wrong as a network's */
#include "scene/guide/nfdamage.h"

#include <nextframe/metrics/nfclasses.h>
#include <nextframe/scene/world/nfscene.h>

#include <string.h>

/* shares at full strength */
#define CLEAN 0.25 /* of samples, whatever their strength */
#define LOST 0.04 /* of objects, in all frames */
#define LOST_ONCE 0.05 /* and in one */
#define MISTAKEN 0.12 /* taken for another shape, in all frames */
#define MISTAKEN_ONCE 0.12 /* and in one */
#define PATCHED 0.25 /* with a part that is taken for another kind, in one */
#define RAGGED 0.35 /* of an edge's pixels */
#define MAX_SPECKS 4 /* a frame */

/* what is done to an object in a frame */
typedef struct
{
  gboolean lost;
  guint8 id; /* that it is given */
  guint8 patch; /* that a part of it is given; 0: none */
  gdouble from; /* where that part begins: rows of the object, 0 to 1 */
} Fate;

typedef struct
{
  NfRngKey key;
  guint64 next;
} Dice;

static gdouble
roll (Dice *dice)
{
  return nf_rng_uniform (&dice->key, dice->next++);
}

static guint
pick (Dice *dice, guint n)
{
  return nf_rng_below (&dice->key, dice->next++, n);
}

/**
 * nf_damage_draw:
 * @damage: (out): how masks are damaged
 * @seed: of a training
 * @sample: number of a training sample
 */
void
nf_damage_draw (NfDamage *damage, guint64 seed, guint64 sample)
{
  Dice dice = { { .seed = seed, .stream = sample, .purpose = NF_RNG_DAMAGE } };
  gdouble clean = roll (&dice), strength = roll (&dice);

  damage->key = dice.key;
  damage->strength = clean < CLEAN ? 0 : strength;
}

/* the same colour and material in another shape */
static guint8
other_shape (Dice *dice, guint8 id)
{
  return (guint8) ((id - 1 + 16 * (1 + pick (dice, 2))) % 48 + 1);
}

/* what happens in all frames, then what happens in each */
static void
draw_fates (Dice *dice, gdouble s, const gboolean *seen, Fate *always)
{
  for (guint id = 1; id < NF_N_CLASSES; id++) {
    always[id] = (Fate){ .id = (guint8) id };
    if (!seen[id])
      continue;
    always[id].lost = roll (dice) < LOST * s;
    if (roll (dice) < MISTAKEN * s)
      always[id].id = other_shape (dice, (guint8) id);
  }
}

static void
draw_frame_fates (Dice *dice, gdouble s, const gboolean *seen,
    const Fate *always, Fate *fates)
{
  memcpy (fates, always, NF_N_CLASSES * sizeof *fates);
  for (guint id = 1; id < NF_N_CLASSES; id++) {
    Fate *fate = &fates[id];

    if (!seen[id])
      continue;
    fate->lost |= roll (dice) < LOST_ONCE * s;
    if (roll (dice) < MISTAKEN_ONCE * s)
      fate->id = other_shape (dice, fate->id);
    if (roll (dice) < PATCHED * s) {
      fate->patch = (guint8) (1 + pick (dice, NF_N_CLASSES - 1));
      fate->from = 0.3 + 0.7 * roll (dice);
    }
  }
}

static void
find_rows (
    const guint8 *mask, guint width, guint height, guint *top, guint *bottom)
{
  for (guint id = 0; id < NF_N_CLASSES; id++)
    top[id] = height;
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++) {
      guint8 id = mask[(gsize) y * width + x];

      if (id == 0 || id >= NF_N_CLASSES)
        continue;
      top[id] = MIN (top[id], y);
      bottom[id] = y;
    }
}

static void
apply_fates (const Fate *fates, guint8 *mask, guint width, guint height)
{
  guint top[NF_N_CLASSES], bottom[NF_N_CLASSES] = { 0 };

  find_rows (mask, width, height, top, bottom);
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++) {
      guint8 *pixel = &mask[(gsize) y * width + x];
      const Fate *fate = &fates[*pixel % NF_N_CLASSES];

      if (*pixel == 0 || *pixel >= NF_N_CLASSES)
        continue;
      if (fate->lost)
        *pixel = 0;
      else if (fate->patch != 0
          && y >= top[*pixel] + fate->from * (bottom[*pixel] - top[*pixel]))
        *pixel = fate->patch;
      else
        *pixel = fate->id;
    }
}

/* Pixels beside another class become that class: those of the ground where the
 * objects grow, those of objects where they shrink. */
static void
roughen (Dice *dice, gdouble share, guint8 *mask, guint width, guint height,
    guint8 *copy)
{
  static const gint dx[] = { 1, -1, 0, 0 }, dy[] = { 0, 0, 1, -1 };
  gboolean grow = roll (dice) < 0.5;

  memcpy (copy, mask, (gsize) width * height);
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++) {
      gsize at = (gsize) y * width + x;

      for (guint k = 0; k < 4; k++) {
        gint u = (gint) x + dx[k], v = (gint) y + dy[k];
        guint8 other;

        if (u < 0 || v < 0 || u >= (gint) width || v >= (gint) height)
          continue;
        other = copy[(gsize) v * width + u];
        if (other == copy[at] || (grow ? copy[at] != 0 : copy[at] == 0))
          continue;
        if (roll (dice) < share)
          mask[at] = other;
        break;
      }
    }
}

static void
add_specks (Dice *dice, guint n, guint8 *mask, guint width, guint height)
{
  for (guint i = 0; i < n; i++) {
    guint8 id = (guint8) (1 + pick (dice, NF_N_CLASSES - 1));
    guint x0 = pick (dice, width), y0 = pick (dice, height);
    guint w = 1 + pick (dice, 4), h = 1 + pick (dice, 3);

    for (guint y = y0; y < MIN (y0 + h, height); y++)
      for (guint x = x0; x < MIN (x0 + w, width); x++)
        mask[(gsize) y * width + x] = id;
  }
}

/**
 * nf_damage_masks:
 * @damage: how
 * @masks: (inout): (n, height, width), a clip's masks in order of time
 * @n: how many
 * @width: of a mask, pixels
 * @height: likewise
 *
 * The same damage makes the same of the same masks.
 */
void
nf_damage_masks (
    const NfDamage *damage, guint8 *masks, guint n, guint width, guint height)
{
  Dice dice = { damage->key, 2 };
  gsize pixels = (gsize) width * height;
  gdouble s = damage->strength;
  gboolean seen[NF_N_CLASSES] = { FALSE };
  Fate always[NF_N_CLASSES], fates[NF_N_CLASSES];
  g_autofree guint8 *copy = NULL;

  if (!(s > 0))
    return;
  copy = g_malloc (pixels);
  for (gsize i = 0; i < n * pixels; i++)
    if (masks[i] < NF_N_CLASSES)
      seen[masks[i]] = TRUE;
  draw_fates (&dice, s, seen, always);
  for (guint t = 0; t < n; t++) {
    guint8 *mask = masks + t * pixels;

    draw_frame_fates (&dice, s, seen, always, fates);
    apply_fates (fates, mask, width, height);
    roughen (&dice, RAGGED * s, mask, width, height, copy);
    add_specks (&dice, (guint) (roll (&dice) * s * (MAX_SPECKS + 1)), mask,
        width, height);
  }
}
