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
  gdouble x, z, turn; /* where it was then, or in the last frame */
  gdouble scale; /* its true width there, in widths of its outline */
} Actor;

typedef struct
{
  const NfDynamicsParams *params;
  const NfTracks *tracks;
  guint width, height;
  Actor *actors;
  guint n_actors;
} Play;

/**
 * nf_dynamics_params_init:
 *
 * Those that were found best, see docs/scenes.md.
 */
void
nf_dynamics_params_init (NfDynamicsParams *params)
{
  *params = (NfDynamicsParams){
    .max_window = 6, .max_misfit = 1.5, .rest_speed = 0.012
  };
  nf_body_params_init (&params->bodies);
}

/* standard deviation of a place, in sizes: sideways; twice that away */
static gdouble
uncertainty (const NfTrackPoint *p)
{
  gdouble pixels = 0.25;

  if (p->cut || p->hidden)
    pixels += 0.15 + 2.0 * (1.0 - p->visible);
  pixels += 4.0 * MAX (p->misfit - 0.1, 0);

  return pixels / MAX (p->pixels, 1);
}

/* what an object that has a speed now went farther in the past frames than it
 * would have with this speed */
static gdouble
slowing (const NfBodyParams *p, NfSceneShape shape, gdouble speed, guint frames)
{
  gdouble extra = 0, s = speed;

  if (speed < 0.01)
    return 0;
  for (guint i = 0; i < frames; i++) {
    gdouble lost = p->friction[shape] + p->drag[shape] * s;

    extra += s + lost / 2 - speed;
    s += lost;
  }

  return extra;
}

/* the straight line through weighted points: value and slope at time 0 */
typedef struct
{
  gdouble w, wt, wtt, wy, wty;
} Line;

static void
line_add (Line *l, gdouble t, gdouble y, gdouble weight)
{
  l->w += weight;
  l->wt += weight * t;
  l->wtt += weight * t * t;
  l->wy += weight * y;
  l->wty += weight * t * y;
}

static void
line_solve (const Line *l, gdouble *value, gdouble *slope)
{
  gdouble det = l->w * l->wtt - l->wt * l->wt;

  *slope = det > 1e-12 ? (l->w * l->wty - l->wt * l->wy) / det : 0;
  *value = (l->wy - *slope * l->wt) / l->w;
}

/* fits the place and the velocity in the last frame to the track's last frames
 * from first on. Returns the root mean square misfit in standard deviations */
static gdouble
fit_window (const NfDynamicsParams *params, const NfTrack *track, guint first,
    guint last, NfBody *body)
{
  gdouble square = 0;
  guint n = 0;

  for (guint pass = 0; pass < 4; pass++) {
    gdouble speed = hypot (body->vx, body->vz), ux = 0, uz = 0;
    Line lx = { 0 }, lz = { 0 };

    if (speed > 0) {
      ux = body->vx / speed;
      uz = body->vz / speed;
    }
    square = 0;
    n = 0;
    for (guint t = first; t <= last; t++) {
      const NfTrackPoint *p = &track->points[t];
      gdouble sigma = uncertainty (p), weight = 1.0 / (sigma * sigma);
      gdouble back = t - (gdouble) last;
      gdouble extra = slowing (&params->bodies, track->shape, speed, last - t);
      gdouble x = p->x + ux * extra, z = p->z + uz * extra;
      gdouble dx = x - body->x - body->vx * back;
      gdouble dz = z - body->z - body->vz * back;

      if (p->area == 0)
        continue;
      line_add (&lx, back, x, weight);
      line_add (&lz, back, z, weight);
      square += weight * (dx * dx + dz * dz / 4);
      n++;
    }
    if (pass == 3)
      break;
    line_solve (&lx, &body->x, &body->vx);
    line_solve (&lz, &body->z, &body->vz);
  }

  return n > 2 ? sqrt (square / (2 * n - 4)) : 0;
}

/* the longest window that one velocity fits */
static void
fit_motion (const NfDynamicsParams *params, const NfTrack *track, guint last,
    NfBody *body)
{
  guint seen = 1;

  body->x = track->points[last].x;
  body->z = track->points[last].z;
  for (guint t = last; t-- > 0 && last - t < params->max_window;) {
    NfBody longer = *body;

    if (track->points[t].area == 0)
      continue;
    seen++;
    if (fit_window (params, track, t, last, &longer) > params->max_misfit)
      break;
    *body = longer;
  }
  if (hypot (body->vx, body->vz) < params->rest_speed)
    body->vx = body->vz = 0;
  body->roll_x = body->vx;
  body->roll_z = body->vz;
}

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
  actor->body.shape = track->shape;
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
  actor->turn = p->turn;
  actor->scale = actor->view >= 0 ? CLAMP (sqrt (p->visible), 0.9, 1) : 1;
  fit_motion (play->params, track, actor->last, &actor->body);
  actor->body.turn = track->points[actor->last].turn;
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
nf_dynamics_extrapolate (const NfDynamicsParams *params,
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
