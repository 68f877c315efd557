/* SPDX-License-Identifier: MIT
 *
 * nfcompose — one picture for many futures
 *
 * Every object of the picture stands where one of the futures has it, or is not
 * there. A pixel that shows what a share p of the futures shows there is worth
 *
 *   p - share
 *
 * with the share of nfdecide that makes the Jaccard index of many clips largest,
 * so the picture is the best approximation of that mask that objects can be
 * arranged to show. The search begins with the likeliest future and lets one
 * object after the other choose, until none does better. */
#include "scene/track/nfcompose.h"

#include "scene/track/nfdecide.h"
#include "scene/track/nfpaint.h"

#include <math.h>
#include <string.h>

#define PASSES 3
#define SAME 0.01 /* sizes, radians: poses nearer than that look the same */

typedef struct
{
  const NfCompose *what;
  gsize size; /* pixels of a mask */
  guint16 *counts; /* (n_actors, size): futures that show the object there */
  guint8 *mask; /* of a picture */
  gint row_of[256]; /* which object a class is, or -1 */
} Search;

static gboolean
search_alloc (Search *s, GError **error)
{
  s->counts =
      g_try_malloc0_n (MAX (s->what->n_actors, 1), s->size * sizeof (guint16));
  s->mask = g_try_malloc (s->size);
  if (s->counts != NULL && s->mask != NULL)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
      "no memory to compose a picture of %u objects", s->what->n_actors);

  return FALSE;
}

static void
search_clear (Search *s)
{
  g_free (s->counts);
  g_free (s->mask);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Search, search_clear)

static void
count_futures (Search *s)
{
  for (guint id = 0; id < 256; id++)
    s->row_of[id] = -1;
  for (guint i = 0; i < s->what->n_actors; i++)
    s->row_of[s->what->actors[i].track->id] = (gint) i;
  for (guint k = 0; k < s->what->n_futures; k++) {
    const guint8 *mask = s->what->masks + k * s->size;

    for (gsize p = 0; p < s->size; p++)
      if (s->row_of[mask[p]] >= 0)
        s->counts[(gsize) s->row_of[mask[p]] * s->size + p]++;
  }
}

/* what the picture of a choice is worth, in pixels that all futures show */
static gdouble
worth_of (Search *s, const gint *chosen)
{
  const NfCompose *what = s->what;
  NfActor actors[NF_N_CLASSES];
  NfPose starts[NF_N_CLASSES], poses[NF_N_CLASSES];
  guint64 agree = 0, shown = 0;
  guint n = 0;

  for (guint i = 0; i < what->n_actors; i++) {
    gsize at = (gsize) MAX (chosen[i], 0) * what->stride + i;

    if (chosen[i] == NF_COMPOSE_ABSENT)
      continue;
    actors[n] = what->actors[i];
    starts[n] = what->starts[at];
    poses[n++] = what->poses[at];
  }
  nf_paint_mask (what->tracks, actors, starts, poses, n, s->mask);
  for (gsize p = 0; p < s->size; p++) {
    gint row = s->row_of[s->mask[p]];

    if (row < 0)
      continue;
    agree += s->counts[(gsize) row * s->size + p];
    shown++;
  }

  return (gdouble) agree / what->n_futures - NF_DECIDE_SHARE * (gdouble) shown;
}

static gboolean
looks_the_same (const NfPose *a, const NfPose *b)
{
  return hypot (a->x - b->x, a->z - b->z) < SAME
      && (a->shape != NF_SCENE_CUBE || fabs (a->turn - b->turn) < SAME);
}

/* gives one object the place that suits best where the others stay. Returns
 * whether that is another one than before */
static gboolean
choose_place (Search *s, gint *chosen, guint i, gdouble *most)
{
  const NfPose *poses = s->what->poses;
  gsize stride = s->what->stride;
  gint best = chosen[i], before = best;

  for (gint k = NF_COMPOSE_ABSENT; k < (gint) s->what->n_futures; k++) {
    gdouble worth;

    if (k == before
        || (k >= 0 && best >= 0
            && looks_the_same (&poses[(gsize) k * stride + i],
                &poses[(gsize) best * stride + i])))
      continue;
    chosen[i] = k;
    worth = worth_of (s, chosen);
    if (worth > *most) {
      *most = worth;
      best = k;
    }
  }
  chosen[i] = best;

  return best != before;
}

/**
 * nf_compose:
 * @what: the futures
 * @chosen: (out) (array): for each object the future that it is drawn from, or
 *   %NF_COMPOSE_ABSENT where it is better left out
 * @error: (out) (optional): not enough memory
 *
 * Returns: TRUE, or FALSE with @error set
 */
gboolean
nf_compose (const NfCompose *what, gint *chosen, GError **error)
{
  g_auto (Search) s = { .what = what,
    .size = (gsize) what->tracks->camera.width
        * (gsize) what->tracks->camera.height };
  gboolean changed = what->n_futures > 1;
  gdouble most;

  for (guint i = 0; i < what->n_actors; i++)
    chosen[i] = 0;
  if (!changed)
    return TRUE;
  if (!search_alloc (&s, error))
    return FALSE;
  count_futures (&s);
  most = worth_of (&s, chosen);
  for (guint pass = 0; pass < PASSES && changed; pass++) {
    changed = FALSE;
    for (guint i = 0; i < what->n_actors; i++)
      changed |= choose_place (&s, chosen, i, &most);
  }

  return TRUE;
}
