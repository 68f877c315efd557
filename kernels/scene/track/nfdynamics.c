/* SPDX-License-Identifier: MIT
 *
 * nfdynamics — future masks from tracks on the ground plane */
#include "scene/track/nfdynamics.h"

#include "metrics/nfclasses.h"

#include <math.h>
#include <string.h>

#define MAX_HISTORY 12 /* masks; older ones are not looked at */
#define ONE_PLACE 0.4 /* sizes; two objects cannot stand so near */

/* a track that goes on; its body is that of the newest mask at first */
typedef struct
{
  const NfTrack *track;
  NfBody body;
  guint n_seen; /* frames in which it was seen */
  guint last; /* the last of them */
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
    if (p->area == 0)
      continue;
    actor->last = t;
    actor->n_seen++;
    if (!p->cut && (!p->hidden || p->visible > 0.97))
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

/* an outline's pixels in one row */
static void
row_pixels (const Play *play, const NfOutline *outline, guint y, guint *first,
    guint *end)
{
  gdouble left, right;

  *first = *end = 0;
  if (!nf_outline_row (outline, y + 0.5, &left, &right))
    return;
  *first = CLAMP (ceil (left - 0.5), 0, play->width);
  *end = CLAMP (ceil (right - 0.5), 0, play->width);
}

static gboolean
outline_of (const Play *play, const Actor *actor, NfOutline *outline,
    guint *first_row, guint *end_row)
{
  const NfBody *b = &actor->body;
  const NfPose pose = { b->shape, b->x, b->z, b->turn };

  if (!nf_outline_init (outline, &play->tracks->camera, &pose))
    return FALSE;
  *first_row = CLAMP (ceil (outline->top - 0.5), 0, play->height);
  *end_row = CLAMP (ceil (outline->bottom - 0.5), 0, play->height);

  return TRUE;
}

static const guint8 *
labels_of (const Play *play, guint frame)
{
  return play->tracks->labels + (gsize) play->width * play->height * frame;
}

/* whether an object that is not in the newest mask would be seen in it, at
 * least the half of it */
static gboolean
is_missing (const Play *play, const Actor *actor)
{
  guint newest = play->tracks->n_frames - 1, y0, y1, x0, x1;
  gsize open = 0, all = 0;
  NfOutline outline;

  if (actor->last == newest || !outline_of (play, actor, &outline, &y0, &y1))
    return FALSE;
  for (guint y = y0; y < y1; y++) {
    const guint8 *row = labels_of (play, newest) + (gsize) y * play->width;

    row_pixels (play, &outline, y, &x0, &x1);
    for (guint x = x0; x < x1; x++)
      open += row[x] == 0;
    all += x1 - MIN (x0, x1);
  }

  return 2 * open > all;
}

/* whether it stands where another one stands that was seen in more frames: a
 * network takes an object's class for another one now and then */
static gboolean
is_mistaken (const Play *play, const Actor *actor)
{
  for (guint i = 0; i < play->n_actors; i++) {
    const Actor *other = &play->actors[i];

    if (other->n_seen > actor->n_seen
        && hypot (other->body.x - actor->body.x, other->body.z - actor->body.z)
            < ONE_PLACE)
      return TRUE;
  }

  return FALSE;
}

static void
drop_actors (Play *play)
{
  guint n = 0;
  gboolean drop[NF_N_CLASSES];

  for (guint i = 0; i < play->n_actors; i++)
    drop[i] = is_missing (play, &play->actors[i])
        || is_mistaken (play, &play->actors[i]);
  for (guint i = 0; i < play->n_actors; i++)
    if (!drop[i])
      play->actors[n++] = play->actors[i];
  play->n_actors = n;
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

/* all of an outline, or what of it something else hides in that mask */
static void
paint_outline (
    const Play *play, const Actor *actor, const guint8 *hidden, guint8 *out)
{
  guint y0, y1, x0, x1;
  NfOutline outline;

  if (!outline_of (play, actor, &outline, &y0, &y1))
    return;
  for (guint y = y0; y < y1; y++) {
    gsize row = (gsize) y * play->width;

    row_pixels (play, &outline, y, &x0, &x1);
    for (guint x = x0; x < x1; x++)
      if (hidden == NULL || hidden[row + x] != 0)
        out[row + x] = actor->track->id;
  }
}

/* an object that rests is seen as it was, and behind what was before it */
static void
paint_resting (const Play *play, const Actor *actor, guint8 *out)
{
  gsize size = (gsize) play->width * play->height;
  const guint8 *view =
      labels_of (play, actor->view >= 0 ? (guint) actor->view : actor->last);

  for (gsize i = 0; i < size; i++)
    if (view[i] == actor->track->id)
      out[i] = actor->track->id;
  if (actor->view < 0)
    paint_outline (play, actor, view, out);
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
      paint_outline (play, a, NULL, out);
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
  drop_actors (&play);
  act (&play, horizon, future);

  return TRUE;
}
