/* SPDX-License-Identifier: MIT
 *
 * nfmotion — how an object moves at the end of its track
 *
 * An object that is at x and has the velocity v in its last frame was at
 * x - k v - e k frames earlier, where e is the additional distance from before
 * friction slowed it down. As e depends on v, v is fitted a few times by least
 * squares, each time with e from the velocity before. Only the last frames that
 * agree with one velocity are used, because a collision changes it. */
#include "scene/track/nfmotion.h"

#include <math.h>

#define PASSES 4

typedef struct
{
  const NfMotionParams *params;
  const NfTrack *track;
  guint last;
} Fit;

/* the straight line through weighted points */
typedef struct
{
  gdouble w, wt, wtt, wy, wty;
} Line;

/**
 * nf_motion_params_init:
 *
 * Those that were found best, see docs/scenes.md.
 */
void
nf_motion_params_init (NfMotionParams *params)
{
  *params = (NfMotionParams){ .noise = 0.15,
    .hidden_noise = 0.2,
    .max_window = 6,
    .max_misfit = 1.5,
    .rest_speed = 0.012 };
  nf_body_params_init (&params->bodies);
}

/* standard deviation of a place, in sizes: sideways; twice that away */
static gdouble
uncertainty (const NfMotionParams *params, const NfTrackPoint *p)
{
  gdouble pixels = params->noise;

  if (p->cut || p->hidden)
    pixels += params->hidden_noise * (1.0 - p->visible);
  pixels += 4.0 * MAX (p->misfit - 0.1, 0);

  return pixels / MAX (p->pixels, 1);
}

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

/* how much farther it went in the past frames than with its speed of now */
static void
look_back (
    const Fit *fit, const NfBody *body, guint frames, gdouble *x, gdouble *z)
{
  const NfBodyParams *p = &fit->params->bodies;
  NfSceneShape shape = fit->track->shape;
  gdouble speed = hypot (body->vx, body->vz), s = speed, extra = 0;

  *x = *z = 0;
  if (speed < 0.01)
    return;
  for (guint i = 0; i < frames; i++) {
    gdouble lost = p->friction[shape] + p->drag[shape] * s;

    extra += s + lost / 2 - speed;
    s += lost;
  }
  *x = extra * body->vx / speed;
  *z = extra * body->vz / speed;
}

/* one fit to the frames from first on. Returns how far the places seen are from
 * those before the fit: the root mean square, in standard deviations */
static gdouble
fit_once (const Fit *fit, guint first, NfBody *body)
{
  Line lx = { 0 }, lz = { 0 };
  gdouble square = 0;
  guint n = 0;

  for (guint t = first; t <= fit->last; t++) {
    const NfTrackPoint *p = &fit->track->points[t];
    gdouble sigma, weight, back = t - (gdouble) fit->last, x, z, dx, dz;

    if (p->area == 0)
      continue;
    sigma = uncertainty (fit->params, p);
    weight = 1.0 / (sigma * sigma);
    look_back (fit, body, fit->last - t, &x, &z);
    x += p->x;
    z += p->z;
    dx = x - body->x - body->vx * back;
    dz = z - body->z - body->vz * back;
    line_add (&lx, back, x, weight);
    line_add (&lz, back, z, weight);
    square += weight * (dx * dx + dz * dz / 4);
    n++;
  }
  line_solve (&lx, &body->x, &body->vx);
  line_solve (&lz, &body->z, &body->vz);

  return n > 2 ? sqrt (square / (2 * n - 4)) : 0;
}

/**
 * nf_motion_fit:
 * @track: where it was seen
 * @last: the frame in which it was seen last
 * @body: (out): its state in that frame, without spin
 */
void
nf_motion_fit (const NfMotionParams *params, const NfTrack *track, guint last,
    NfBody *body)
{
  Fit fit = { .params = params, .track = track, .last = last };

  *body = (NfBody){ .shape = track->shape,
    .x = track->points[last].x,
    .z = track->points[last].z,
    .turn = track->points[last].turn };
  for (guint t = last; t-- > 0 && last - t < params->max_window;) {
    NfBody longer = *body;
    gdouble misfit = 0;

    if (track->points[t].area == 0)
      continue;
    for (guint pass = 0; pass < PASSES; pass++)
      misfit = fit_once (&fit, t, &longer);
    if (misfit > params->max_misfit)
      break;
    *body = longer;
  }
  if (hypot (body->vx, body->vz) < params->rest_speed)
    body->vx = body->vz = 0;
}
