/* SPDX-License-Identifier: MIT
 *
 * nfdynamics — future masks from tracks on the ground plane */
#include "scene/nfdynamics.h"

#include "metrics/nfclasses.h"

#include <math.h>
#include <string.h>

#define MAX_HISTORY 12 /* masks; older ones are not looked at */

/* a track that goes on; its body is that of the newest mask at first */
typedef struct
{
  const NfTrack *track;
  NfBody body;
  guint last; /* frame in which it was seen last */
  gint view; /* frame in which it was seen whole last, or -1 */
  gdouble x, z; /* where it was then, or in the last frame */
} Actor;

typedef struct
{
  const NfMotionParams *params;
  const NfTracks *tracks;
  guint width, height;
  Actor *actors;
  guint n_actors;
} Play;

/* a part of another object whose class a network took for this one's, and
 * other things that are no objects */
static gboolean
is_object (const NfTracks *tracks, const NfTrack *track)
{
  for (guint t = 0; t < tracks->n_frames; t++)
    if (track->points[t].visible > 0.25
        || (track->points[t].area > 0 && track->points[t].cut))
      return TRUE;

  return FALSE;
}

static gboolean
begin_actor (const Play *play, const NfTrack *track, Actor *actor)
{
  const NfTrackPoint *p;
  guint newest = play->tracks->n_frames - 1;

  *actor = (Actor){ .track = track, .view = -1 };
  if (!is_object (play->tracks, track))
    return FALSE;
  for (guint t = 0; t <= newest; t++) {
    p = &track->points[t];
    if (p->area > 0)
      actor->last = t;
    if (p->area > 0 && !p->cut && (!p->hidden || p->visible > 0.97))
      actor->view = t;
  }
  p = &track->points[actor->view >= 0 ? actor->view : (gint) actor->last];
  actor->x = p->x;
  actor->z = p->z;
  nf_motion_fit (play->params, track, actor->last, &actor->body);
  if (actor->last < newest)
    nf_bodies_advance (
        &actor->body, 1, &play->params->bodies, newest - actor->last);

  return TRUE;
}

static gint
farther_first (gconstpointer a, gconstpointer b)
{
  const Actor *aa = *(const Actor *const *) a, *ab = *(const Actor *const *) b;
  gdouble da = hypot (aa->body.x, aa->body.z);
  gdouble db = hypot (ab->body.x, ab->body.z);

  if (da != db)
    return da > db ? -1 : 1;
  return (gint) aa->track->id - ab->track->id;
}

static void
paint_outline (const Play *play, const Actor *actor, guint8 *out)
{
  const NfBody *b = &actor->body;
  const NfPose pose = { b->shape, b->x, b->z, b->turn };
  NfOutline outline;
  gdouble left, right;
  guint y0, y1;

  if (!nf_outline_init (&outline, &play->tracks->camera, &pose))
    return;
  y0 = CLAMP (ceil (outline.top - 0.5), 0, play->height);
  y1 = CLAMP (ceil (outline.bottom - 0.5), 0, play->height);
  for (guint y = y0; y < y1; y++)
    if (nf_outline_row (&outline, y + 0.5, &left, &right)) {
      guint x0 = CLAMP (ceil (left - 0.5), 0, play->width);
      guint x1 = CLAMP (ceil (right - 0.5), 0, play->width);

      if (x0 < x1)
        memset (out + (gsize) y * play->width + x0, actor->track->id, x1 - x0);
    }
}

/* an object that rests is seen as it was, and behind what was before it */
static void
paint_resting (const Play *play, const Actor *actor, guint8 *out)
{
  gsize size = (gsize) play->width * play->height;
  const guint8 *view = play->tracks->labels
      + (actor->view >= 0 ? (guint) actor->view : actor->last) * size;

  for (gsize i = 0; i < size; i++)
    if (view[i] == actor->track->id)
      out[i] = actor->track->id;
}

static void
paint (const Play *play, guint8 *out)
{
  const Actor *order[NF_N_CLASSES];

  memset (out, 0, (gsize) play->width * play->height);
  for (guint i = 0; i < play->n_actors; i++)
    order[i] = &play->actors[i];
  qsort (order, play->n_actors, sizeof (order[0]), farther_first);
  for (guint i = 0; i < play->n_actors; i++) {
    const Actor *a = order[i];
    gdouble moved = hypot (a->body.x - a->x, a->body.z - a->z);

    if (moved * a->track->points[a->last].pixels < 0.5)
      paint_resting (play, a, out);
    else
      paint_outline (play, a, out);
  }
}

static void
act (Play *play, guint horizon, guint8 *future)
{
  gsize size = (gsize) play->width * play->height;
  NfBody bodies[NF_N_CLASSES];

  for (guint k = 0; k < horizon; k++) {
    for (guint i = 0; i < play->n_actors; i++)
      bodies[i] = play->actors[i].body;
    nf_bodies_advance (bodies, play->n_actors, &play->params->bodies, 1.0);
    for (guint i = 0; i < play->n_actors; i++)
      play->actors[i].body = bodies[i];
    paint (play, future + k * size);
  }
}

/**
 * nf_dynamics_extrapolate:
 * @params: how objects move
 * @masks: (array length=n_masks): the past, oldest first, each @width x @height
 * @n_masks: how many, at least 1; the last 12 are looked at
 * @horizon: how many frames to foretell
 * @future: (out caller-allocates): @horizon masks, one after the other
 * @error: (out) (optional): not enough memory
 *
 * Returns: TRUE, or FALSE with @error set
 */
gboolean
nf_dynamics_extrapolate (const NfMotionParams *params,
    const guint8 *const *masks, guint n_masks, guint width, guint height,
    guint horizon, guint8 *future, GError **error)
{
  guint n = MIN (n_masks, MAX_HISTORY);
  g_autoptr (NfTracks) tracks =
      nf_tracks_new (masks + n_masks - n, n, width, height, error);
  Actor actors[NF_N_CLASSES];
  Play play = { params, tracks, width, height, actors, 0 };

  if (tracks == NULL)
    return FALSE;
  for (guint i = 0; i < tracks->n_tracks; i++)
    play.n_actors +=
        begin_actor (&play, &tracks->tracks[i], &actors[play.n_actors]);
  act (&play, horizon, future);

  return TRUE;
}
