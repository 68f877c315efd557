/* SPDX-License-Identifier: MIT
 *
 * nfactors — the objects of a clip's masks that go on after the newest one */
#include "scene/track/nfactors.h"

#include <math.h>

#define ONE_PLACE 0.4 /* sizes; two objects cannot stand so near */

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
begin_actor (const NfTracks *tracks, const NfMotionParams *params,
    const NfTrack *track, NfActor *actor)
{
  const NfTrackPoint *p;
  guint newest = tracks->n_frames - 1;

  *actor = (NfActor){ .track = track, .view = -1 };
  if (!is_object (tracks, track))
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
  nf_motion_fit (params, track, actor->last, &actor->body);
  if (actor->last < newest)
    nf_bodies_advance (&actor->body, 1, &params->bodies, newest - actor->last);

  return TRUE;
}

/* whether an object that is not in the newest mask would be seen in it, at
 * least the half of it */
static gboolean
is_missing (const NfTracks *tracks, const NfActor *actor)
{
  const NfBody *b = &actor->body;
  const NfPose pose = {
    .shape = b->shape, .x = b->x, .z = b->z, .turn = b->turn
  };
  guint newest = tracks->n_frames - 1, y0, y1, x0, x1;
  gsize open = 0, all = 0;
  NfOutline outline;

  if (actor->last == newest
      || !nf_outline_init_rows (&outline, &tracks->camera, &pose, &y0, &y1))
    return FALSE;
  for (guint y = y0; y < y1; y++) {
    const guint8 *row = nf_tracks_labels (tracks, newest)
        + (gsize) y * (guint) tracks->camera.width;

    nf_outline_span (&outline, &tracks->camera, y, &x0, &x1);
    for (guint x = x0; x < x1; x++)
      open += row[x] == 0;
    all += x1 - MIN (x0, x1);
  }

  return 2 * open > all;
}

/* whether it stands where another one stands that was seen in more frames: a
 * network takes an object's class for another one now and then */
static gboolean
is_mistaken (const NfActor *actors, guint n, const NfActor *actor)
{
  for (guint i = 0; i < n; i++) {
    const NfActor *other = &actors[i];

    if (other->n_seen > actor->n_seen
        && hypot (other->body.x - actor->body.x, other->body.z - actor->body.z)
            < ONE_PLACE)
      return TRUE;
  }

  return FALSE;
}

/**
 * nf_actors_find:
 * @tracks: must outlive the actors
 * @params: how objects move
 * @actors: (out): the objects, by class
 *
 * Returns: how many there are
 */
guint
nf_actors_find (const NfTracks *tracks, const NfMotionParams *params,
    NfActor actors[NF_N_CLASSES])
{
  gboolean drop[NF_N_CLASSES];
  guint all = 0, n = 0;

  for (guint i = 0; i < tracks->n_tracks; i++)
    all += begin_actor (tracks, params, &tracks->tracks[i], &actors[all]);
  for (guint i = 0; i < all; i++)
    drop[i] = is_missing (tracks, &actors[i])
        || is_mistaken (actors, all, &actors[i]);
  for (guint i = 0; i < all; i++)
    if (!drop[i])
      actors[n++] = actors[i];

  return n;
}
