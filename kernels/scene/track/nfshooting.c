/* SPDX-License-Identifier: MIT
 *
 * nfshooting — states of objects, fitted through all frames by simulation
 *
 * The states in which objects are first seen are chosen so that
 *
 *   sum over frames and objects of robust ((simulated - seen) / sigma)^2
 *
 * is least. The method is Levenberg-Marquardt with numerical derivatives, over
 * more and more frames, so that a collision is simulated only when the states
 * are nearly right. Objects that never come near each other are fitted
 * separately. */
#include "scene/track/nfshooting.h"

#include "scene/track/nfshots.h"

#include <math.h>
#include <string.h>

#define MAX_PARAMS 64
#define MAX_RESIDUALS (NF_SHOTS_MAX_FRAMES * 3 * 12 + 2 * MAX_PARAMS)
#define MAX_GROUP 12
#define MAX_TRIES 5 /* of one step */
#define LEAST_WEIGHT 1e-3 /* keeps what nothing is known of */
#define LEAST_CERTAIN 400.0 /* 0.05 sizes, or sizes a frame, at most */
#define LONGEST 0.5 /* step of a value */
#define ENOUGH 0.99 /* of the cost: no more steps */
#define ROBUST 2.5 /* standard deviations; farther ones count less */
#define MEETING 2.0 /* sizes between two that may meet */
#define LOST 5.0 /* standard deviations */
#define STILL 0.02 /* sizes a frame, of the first frames */

typedef struct
{
  gdouble *value;
  gdouble step;
  gdouble mean, sigma; /* what is known before; sigma 0: nothing */
} Param;

/* objects that may meet, and what the fit of them is about */
typedef struct
{
  const NfTracks *tracks;
  const NfMotionParams *params;
  NfShot shots[MAX_GROUP];
  guint members[MAX_GROUP]; /* which objects they are */
  gboolean
      explained[MAX_GROUP]; /* whether the fit brings them where they are */
  guint n;
  Param free[MAX_PARAMS];
  guint n_free, n_residuals;
  gdouble root[MAX_PARAMS * MAX_PARAMS]; /* of the normal equations' matrix */
  gboolean certain; /* whether there is such a root */
  NfBody paths[NF_SHOTS_MAX_FRAMES * MAX_GROUP];
  gdouble (*slopes)[MAX_RESIDUALS]; /* by parameter; shared by all groups */
} Group;

struct _NfShooting
{
  GPtrArray *groups;
  gdouble (*slopes)[MAX_RESIDUALS];
};

/* standard deviation of a place where it is seen, pixels */
static gdouble
noise (const NfTrackPoint *p)
{
  gdouble pixels = p->exact ? 0.04 : 0.1;

  if (p->hidden)
    pixels += 0.05 + 0.1 * (1.0 - p->visible);
  if (p->cut)
    pixels += 0.1 + 0.2 * (1.0 - p->visible);

  return pixels + 4.0 * MAX (p->misfit - 0.1, 0);
}

static gdouble
turn_noise (const NfTrackPoint *p)
{
  return noise (p) * 5.0 / MAX (p->pixels, 1);
}

static gdouble
between_turns (gdouble a, gdouble b)
{
  gdouble d = a - b;

  return d - G_PI_2 * rint (d / G_PI_2);
}

/* how far a body is from where it was seen, in standard deviations */
static guint
compare (const Group *g, const NfShot *shot, guint t, const NfBody *b,
    gdouble *residuals)
{
  const NfTrackPoint *p = &shot->track->points[t];
  const NfCamera *camera = &g->tracks->camera;
  gdouble far = hypot (p->x, p->z), dx = b->x - p->x, dz = b->z - p->z;
  gdouble sigma = noise (p) / MAX (p->pixels, 1);
  gdouble depth = camera->focal / MAX (p->pixels, 1);
  gdouble away = sigma * MAX (depth / (camera->tall - 0.5), 1);

  residuals[0] = (dx * p->z - dz * p->x) / far / sigma;
  residuals[1] = (dx * p->x + dz * p->z) / far / away;
  if (b->shape != NF_SCENE_CUBE)
    return 2;
  residuals[2] = between_turns (b->turn, p->turn) / turn_noise (p);

  return 3;
}

static void
add_param (Group *g, gdouble *value, gdouble step, gdouble mean, gdouble sigma)
{
  if (g->n_free < MAX_PARAMS)
    g->free[g->n_free++] =
        (Param){ .value = value, .step = step, .mean = mean, .sigma = sigma };
}

static void
free_params (Group *g, guint last)
{
  g->n_free = 0;
  for (guint i = 0; i < g->n; i++)
    for (guint k = 0; k < g->shots[i].n_starts; k++) {
      NfShotStart *s = &g->shots[i].starts[k];

      if (s->frame > last)
        continue;
      add_param (g, &s->body.x, 1e-3, 0, 0);
      add_param (g, &s->body.z, 1e-3, 0, 0);
      if (!s->still) {
        add_param (g, &s->body.vx, 1e-3, 0, 0);
        add_param (g, &s->body.vz, 1e-3, 0, 0);
      }
      if (s->body.shape != NF_SCENE_CUBE)
        continue;
      add_param (g, &s->body.turn, 1e-3, 0, 0);
      if (s->spins)
        add_param (g, &s->body.spin, 1e-3, 0, 0.1);
    }
}

/* all residuals up to a frame */
static guint
residuals_of (Group *g, guint last, gdouble *r)
{
  guint n = 0;

  nf_shots_simulate (g->shots, g->n, &g->params->bodies, last, g->paths);
  for (guint i = 0; i < g->n; i++) {
    const NfShot *shot = &g->shots[i];
    const NfShotStart *first = &shot->starts[0];

    for (guint t = first->frame; t <= last; t++)
      if (shot->track->points[t].area > 0)
        n += compare (g, shot, t, &g->paths[(gsize) t * g->n + i], r + n);
    if (first->enters && first->frame <= last)
      r[n++] = (hypot (first->body.vx, first->body.vz) - 0.93) / 0.15;
  }
  for (guint i = 0; i < g->n_free; i++)
    if (g->free[i].sigma > 0)
      r[n++] = (*g->free[i].value - g->free[i].mean) / g->free[i].sigma;

  return n;
}

static gdouble
robust_cost (const gdouble *r, guint n)
{
  gdouble sum = 0;

  for (guint i = 0; i < n; i++) {
    gdouble a = fabs (r[i]);

    sum += a < ROBUST ? a * a : ROBUST * (2 * a - ROBUST);
  }

  return sum;
}

/* the lower root of positive definite a (Cholesky), in its place */
static gboolean
take_root (gdouble *a, guint n)
{
  for (guint i = 0; i < n; i++)
    for (guint j = 0; j <= i; j++) {
      gdouble sum = a[i * n + j];

      for (guint k = 0; k < j; k++)
        sum -= a[i * n + k] * a[j * n + k];
      if (i == j && !(sum > 0))
        return FALSE;
      a[i * n + j] = i == j ? sqrt (sum) : sum / a[j * n + j];
    }

  return TRUE;
}

/* b becomes the x of root x = b */
static void
solve_lower (const gdouble *root, gdouble *b, guint n)
{
  for (guint i = 0; i < n; i++) {
    for (guint k = 0; k < i; k++)
      b[i] -= root[i * n + k] * b[k];
    b[i] /= root[i * n + i];
  }
}

/* b becomes the x of root' x = b */
static void
solve_upper (const gdouble *root, gdouble *b, guint n)
{
  for (guint i = n; i-- > 0;) {
    for (guint k = i + 1; k < n; k++)
      b[i] -= root[k * n + i] * b[k];
    b[i] /= root[i * n + i];
  }
}

/* the normal equations at the present values */
static void
linearise (
    Group *g, guint last, const gdouble *r, guint n, gdouble *a, gdouble *b)
{
  guint p = g->n_free;

  for (guint i = 0; i < p; i++) {
    gdouble kept = *g->free[i].value;

    *g->free[i].value += g->free[i].step;
    residuals_of (g, last, g->slopes[i]);
    *g->free[i].value = kept;
    for (guint k = 0; k < n; k++)
      g->slopes[i][k] = (g->slopes[i][k] - r[k]) / g->free[i].step;
  }
  memset (a, 0, sizeof (gdouble) * p * p);
  memset (b, 0, sizeof (gdouble) * p);
  for (guint k = 0; k < n; k++) {
    gdouble weight = fabs (r[k]) > ROBUST ? ROBUST / fabs (r[k]) : 1.0;

    for (guint i = 0; i < p; i++) {
      for (guint j = 0; j <= i; j++)
        a[i * p + j] += weight * g->slopes[i][k] * g->slopes[j][k];
      b[i] -= weight * g->slopes[i][k] * r[k];
    }
  }
}

/* one step, shorter where a longer one does not help. Returns the cost after it,
 * and the residuals there */
static gdouble
improve (Group *g, guint last, gdouble cost, gdouble *r, gdouble *lambda)
{
  gdouble a[MAX_PARAMS * MAX_PARAMS], b[MAX_PARAMS], kept[MAX_PARAMS];
  gdouble trial[MAX_PARAMS * MAX_PARAMS], by[MAX_PARAMS];
  guint n = g->n_free;

  linearise (g, last, r, g->n_residuals, a, b);
  for (guint i = 0; i < n; i++)
    kept[i] = *g->free[i].value;
  for (guint tries = 0; tries < MAX_TRIES; tries++) {
    memcpy (trial, a, sizeof (gdouble) * n * n);
    memcpy (by, b, sizeof (gdouble) * n);
    for (guint i = 0; i < n; i++)
      trial[i * n + i] += *lambda * trial[i * n + i] + LEAST_WEIGHT;
    if (take_root (trial, n)) {
      gdouble there;

      solve_lower (trial, by, n);
      solve_upper (trial, by, n);
      for (guint i = 0; i < n; i++)
        *g->free[i].value = kept[i] + CLAMP (by[i], -LONGEST, LONGEST);
      there = robust_cost (r, residuals_of (g, last, r));
      if (there < cost) {
        *lambda /= 5;
        return there;
      }
    }
    *lambda *= 8;
  }
  for (guint i = 0; i < n; i++)
    *g->free[i].value = kept[i];

  return cost;
}

static void
fit_to (Group *g, guint last, guint steps)
{
  gdouble r[MAX_RESIDUALS], lambda = 1e-3, cost;

  free_params (g, last);
  g->n_residuals = residuals_of (g, last, r);
  cost = robust_cost (r, g->n_residuals);
  for (guint step = 0; step < steps; step++) {
    gdouble before = cost;

    cost = improve (g, last, before, r, &lambda);
    if (cost > ENOUGH * before)
      break;
  }
}

/* a start at a frame in which the object is seen, its velocity from where it is
 * seen next or, at the end of the track, from where it was before */
static NfShotStart
start_at (const Group *g, const NfTrack *track, guint frame)
{
  const NfTrackPoint *p = &track->points[frame];
  NfShotStart s = { .frame = frame,
    .body = { .shape = track->shape, .x = p->x, .z = p->z, .turn = p->turn } };
  gint other = frame;

  for (guint t = frame + 1; t < g->tracks->n_frames && t <= frame + 2; t++)
    if (track->points[t].area > 0)
      other = t;
  for (gint t = (gint) frame - 1; t >= 0 && other == (gint) frame; t--)
    if (track->points[t].area > 0)
      other = t;
  if (other != (gint) frame) {
    s.body.vx = (track->points[other].x - p->x) / (other - (gint) frame);
    s.body.vz = (track->points[other].z - p->z) / (other - (gint) frame);
  }
  s.still = hypot (s.body.vx, s.body.vz) < STILL;
  if (s.still)
    s.body.vx = s.body.vz = 0;
  s.spins = !s.still;

  return s;
}

static void
begin_shot (Group *g, const NfActor *actor, NfShot *shot)
{
  const NfTrackPoint *points = actor->track->points;
  guint first = 0;

  while (points[first].area == 0)
    first++;
  *shot = (NfShot){ .track = actor->track, .n_starts = 1 };
  shot->starts[0] = start_at (g, actor->track, first);
  shot->starts[0].spins &= first == 0;
  shot->starts[0].enters =
      points[first].cut && !shot->starts[0].still && actor->last > first;
}

/* root mean square distance of an object from where it was seen, last frames */
static gdouble
misfit_of (Group *g, guint i, guint from, guint last)
{
  gdouble r[3], sum = 0;
  guint n = 0;

  for (guint t = from; t <= last; t++)
    if (g->shots[i].track->points[t].area > 0
        && t >= g->shots[i].starts[0].frame) {
      guint k =
          compare (g, &g->shots[i], t, &g->paths[(gsize) t * g->n + i], r);

      for (guint j = 0; j < k; j++)
        sum += r[j] * r[j];
      n += k;
    }

  return n > 0 ? sqrt (sum / n) : 0;
}

/* where simulation cannot bring an object to where it is seen in this frame and
 * the next one, it begins again */
static gboolean
begin_again (Group *g, guint t)
{
  guint next = MIN (t + 1, g->tracks->n_frames - 1);
  gboolean again = FALSE;

  nf_shots_simulate (g->shots, g->n, &g->params->bodies, next, g->paths);
  for (guint i = 0; i < g->n; i++) {
    NfShot *shot = &g->shots[i];

    if (shot->n_starts == NF_SHOT_MAX_STARTS || shot->starts[0].frame >= t
        || shot->starts[shot->n_starts - 1].frame >= t
        || shot->track->points[t].area == 0 || misfit_of (g, i, t, t) < LOST
        || misfit_of (g, i, next, next) < LOST)
      continue;
    shot->starts[shot->n_starts++] = start_at (g, shot->track, t);
    again = TRUE;
  }

  return again;
}

/* what the fit leaves open: the root of the matrix whose inverse is the
 * covariance of the states */
static void
measure_certainty (Group *g, guint last)
{
  gdouble r[MAX_RESIDUALS], b[MAX_PARAMS];

  free_params (g, last);
  g->n_residuals = residuals_of (g, last, r);
  linearise (g, last, r, g->n_residuals, g->root, b);
  for (guint i = 0; i < g->n_free; i++)
    g->root[i * g->n_free + i] += LEAST_CERTAIN;
  g->certain = take_root (g->root, g->n_free);
}

static void
fit_group (Group *g)
{
  guint last = g->tracks->n_frames - 1;

  for (guint t = 2; t < last; t++) {
    fit_to (g, t, 2);
    if (begin_again (g, t))
      fit_to (g, t, 2);
  }
  fit_to (g, last, 8);
  if (begin_again (g, last))
    fit_to (g, last, 8);
  measure_certainty (g, last);
  nf_shots_simulate (g->shots, g->n, &g->params->bodies, last, g->paths);
}

/* whether two objects came so near to each other that they may have met */
static gboolean
may_meet (const NfTracks *tracks, const NfTrack *a, const NfTrack *b)
{
  for (guint t = 0; t < tracks->n_frames; t++)
    for (guint u = t > 0 ? t - 1 : 0; u <= t; u++)
      if (a->points[t].area > 0 && b->points[u].area > 0
          && hypot (a->points[t].x - b->points[u].x,
                 a->points[t].z - b->points[u].z)
              < MEETING)
        return TRUE;

  return FALSE;
}

/* gives all that may meet one object, directly or not, its number */
static void
gather (const NfTracks *tracks, const NfActor *actors, guint n, guint i,
    gint number, gint *group)
{
  group[i] = number;
  for (guint j = 0; j < n; j++)
    if (group[j] < 0
        && (may_meet (tracks, actors[i].track, actors[j].track)
            || may_meet (tracks, actors[j].track, actors[i].track)))
      gather (tracks, actors, n, j, number, group);
}

/**
 * nf_shooting_new:
 * @tracks: must outlive what is returned
 * @params: how objects move; the same
 * @actors: (inout) (array length=n): objects; their bodies become those that
 *   the fit has in the newest frame
 *
 * A body that the fit does not explain stays as it was.
 *
 * Returns: (transfer full): the fit, for more states
 */
NfShooting *
nf_shooting_new (const NfTracks *tracks, const NfMotionParams *params,
    NfActor *actors, guint n)
{
  NfShooting *self = g_new0 (NfShooting, 1);
  guint newest = tracks->n_frames - 1;
  gint group[NF_N_CLASSES];

  g_return_val_if_fail (tracks->n_frames <= NF_SHOTS_MAX_FRAMES, NULL);

  self->groups = g_ptr_array_new_with_free_func (g_free);
  self->slopes = g_malloc_n (MAX_PARAMS, sizeof (self->slopes[0]));
  for (guint i = 0; i < n; i++)
    group[i] = -1;
  for (guint i = 0; i < n; i++) {
    Group *g;

    if (group[i] >= 0)
      continue;
    g = g_new0 (Group, 1);
    g->tracks = tracks;
    g->params = params;
    g->slopes = self->slopes;
    g_ptr_array_add (self->groups, g);
    gather (tracks, actors, n, i, i, group);
    for (guint j = 0; j < n && g->n < MAX_GROUP; j++)
      if (group[j] == (gint) i) {
        g->members[g->n] = j;
        begin_shot (g, &actors[j], &g->shots[g->n++]);
      }
    fit_group (g);
    for (guint k = 0; k < g->n; k++) {
      g->explained[k] =
          misfit_of (g, k, newest > 2 ? newest - 2 : 0, newest) < LOST;
      if (g->explained[k])
        actors[g->members[k]].body = g->paths[(gsize) newest * g->n + k];
    }
  }

  return self;
}

void
nf_shooting_free (NfShooting *shooting)
{
  if (shooting == NULL)
    return;
  g_ptr_array_unref (shooting->groups);
  g_free (shooting->slopes);
  g_free (shooting);
}

/* other states of a group, from the normal distribution about the fit, and
 * where the simulation has them in the newest frame */
static void
sample_group (Group *g, NfDice *dice, NfBody *bodies)
{
  guint n = g->n_free, newest = g->tracks->n_frames - 1;
  gdouble by[MAX_PARAMS], kept[MAX_PARAMS];

  for (guint i = 0; i < n; i++)
    by[i] = nf_dice_normal (dice, 0, 1);
  solve_upper (g->root, by, n);
  for (guint i = 0; i < n; i++) {
    kept[i] = *g->free[i].value;
    *g->free[i].value += by[i];
  }
  nf_shots_simulate (g->shots, g->n, &g->params->bodies, newest, g->paths);
  for (guint i = 0; i < n; i++)
    *g->free[i].value = kept[i];
  for (guint k = 0; k < g->n; k++)
    if (g->explained[k])
      bodies[g->members[k]] = g->paths[(gsize) newest * g->n + k];
}

/**
 * nf_shooting_sample:
 * @dice: random numbers
 * @bodies: (inout): states in the newest frame that the masks allow as well, in
 *   the order of the actors; those that nothing is known of stay as they are
 */
void
nf_shooting_sample (const NfShooting *shooting, NfDice *dice, NfBody *bodies)
{
  for (guint i = 0; i < shooting->groups->len; i++) {
    Group *g = g_ptr_array_index (shooting->groups, i);

    if (g->certain)
      sample_group (g, dice, bodies);
  }
}
