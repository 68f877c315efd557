/* SPDX-License-Identifier: MIT
 *
 * nfentries — how objects move that were just seen for the first time */
#include "scene/track/nfentries.h"

#include <math.h>

/* as nfscene has them */
#define SLOW 0.7
#define FAST 1.2
#define AIMED 0.9 /* the share that aims at something */
#define BESIDE 0.6 /* how far beside it, sizes each way */
#define WIDE 2.9 /* the others: sideways, sizes from the middle */
#define NEAR 8.0
#define FAR 16.0

#define MAX_DRAWS 30
#define GUESSES 33

/**
 * nf_entries_include:
 *
 * Returns: whether all that is known of an object is that it just comes in
 */
gboolean
nf_entries_include (const NfTracks *tracks, const NfActor *actor)
{
  guint newest = tracks->n_frames - 1;

  return newest > 0 && actor->n_seen == 1 && actor->last == newest
      && actor->track->points[newest].cut;
}

/* whether it was out of sight a frame before */
static gboolean
came_from_outside (const NfTracks *tracks, const NfBody *body)
{
  const NfPose before = { .shape = body->shape,
    .x = body->x - body->vx,
    .z = body->z - body->vz,
    .turn = body->turn };
  NfOutline outline;

  return !nf_outline_init (&outline, &tracks->camera, &before)
      || outline.right < 1 || outline.left > tracks->camera.width - 1
      || outline.bottom < 1 || outline.top > tracks->camera.height - 1;
}

static void
draw_target (const NfActor *actors, guint n, guint entry, NfDice *dice,
    gdouble *x, gdouble *z)
{
  gdouble aimed = nf_dice_uniform (dice, 0, 1);
  guint i = nf_dice_uniform (dice, 0, n);

  *x = nf_dice_uniform (dice, -1, 1);
  *z = nf_dice_uniform (dice, -1, 1);
  i = MIN (i, n - 1);
  if (aimed < AIMED && i != entry) {
    *x = actors[i].body.x + BESIDE * *x;
    *z = actors[i].body.z + BESIDE * *z;
  } else {
    *x *= WIDE;
    *z = (NEAR + FAR) / 2 + *z * (FAR - NEAR) / 2;
  }
}

/**
 * nf_entries_draw:
 * @actors: (array length=n): all objects
 * @entry: which of them comes in
 * @body: (inout): its state in the newest frame; gets a velocity
 */
void
nf_entries_draw (const NfTracks *tracks, const NfActor *actors, guint n,
    guint entry, NfDice *dice, NfBody *body)
{
  for (guint i = 0; i < MAX_DRAWS; i++) {
    gdouble speed = nf_dice_uniform (dice, SLOW, FAST), x, z, far;

    draw_target (actors, n, entry, dice, &x, &z);
    far = MAX (hypot (x - body->x, z - body->z), 1e-3);
    body->vx = speed * (x - body->x) / far;
    body->vz = speed * (z - body->z) / far;
    if (came_from_outside (tracks, body))
      return;
  }
}

/**
 * nf_entries_guess:
 * @actors: (array length=n): all objects
 * @entry: which of them comes in
 * @body: (inout): its state in the newest frame; gets the velocity among many
 *   that is nearest to the others
 */
void
nf_entries_guess (const NfTracks *tracks, const NfActor *actors, guint n,
    guint entry, NfDice *dice, NfBody *body)
{
  NfBody guesses[GUESSES];
  gdouble least = G_MAXDOUBLE;

  for (guint i = 0; i < GUESSES; i++) {
    guesses[i] = *body;
    nf_entries_draw (tracks, actors, n, entry, dice, &guesses[i]);
  }
  for (guint i = 0; i < GUESSES; i++) {
    gdouble sum = 0;

    for (guint k = 0; k < GUESSES; k++)
      sum +=
          hypot (guesses[i].vx - guesses[k].vx, guesses[i].vz - guesses[k].vz);
    if (sum < least) {
      least = sum;
      *body = guesses[i];
    }
  }
}
