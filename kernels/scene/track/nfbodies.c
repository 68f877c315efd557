/* SPDX-License-Identifier: MIT
 *
 * nfbodies — cubes, spheres and cylinders on the ground, seen from above
 *
 * Time goes in short steps. In each, friction slows bodies down, they move, and
 * those that overlap get a blow along the normal of the contact: for two of
 * mass 1 and inertia I that approach with speed v,
 *
 *   blow = (1 + bounce) v / (2 + (ra x n)^2 / Ia + (rb x n)^2 / Ib) */
#include "scene/track/nfbodies.h"

#include "scene/world/nflook.h"

#include <math.h>

#define SUBSTEPS 20 /* a frame */
#define HALF nf_look_forms[NF_SCENE_CUBE].half /* of a square's width */

/* about the vertical, of mass 1: of a solid cube and cylinder; spheres are seen
 * to pass on their speed as if nothing of it were in their turning */
static const gdouble inertia[] = { 0.15, 0.004, 0.125 };

/* where two bodies overlap: normal from a to b, depth, a point of both */
typedef struct
{
  gdouble nx, nz;
  gdouble depth;
  gdouble x, z;
} Contact;

/**
 * nf_body_params_init:
 *
 * What the real clips' and the synthetic scenes' tracks show.
 */
void
nf_body_params_init (NfBodyParams *params)
{
  *params = (NfBodyParams){
    .friction = { 0.0185, 0.0, 0.0185 },
    .drag = { 0.0153, 0.0153, 0.0153 },
    .bounce = 0.22,
    .grip = 0.1,
    .spin_drag = 0.36,
  };
}

/* four points of the foot share the weight: friction acts against the way in
 * which each of them slides, so a body that spins is slowed down less */
static void
apply_friction (NfBody *b, const NfBodyParams *p, gdouble dt)
{
  gdouble reach = b->shape == NF_SCENE_CUBE ? G_SQRT2 * HALF : 0.5;
  gdouble kept = 1.0 - p->drag[b->shape] * dt;
  gdouble vx = b->vx, vz = b->vz, spin = b->spin;

  for (guint i = 0; i < 4 && p->friction[b->shape] > 0; i++) {
    gdouble angle = b->turn + G_PI_4 + i * G_PI_2;
    gdouble rx = reach * cos (angle), rz = reach * sin (angle);
    gdouble ux = vx - rz * spin, uz = vz + rx * spin, u = hypot (ux, uz);
    gdouble step = MIN (p->friction[b->shape] * dt, u / 2) / 4;

    if (u < 1e-9)
      continue;
    b->vx -= step * ux / u;
    b->vz -= step * uz / u;
    b->spin -= step * (rx * uz - rz * ux) / u / inertia[b->shape];
  }
  b->vx *= kept;
  b->vz *= kept;
  b->spin *= 1.0 - p->spin_drag * dt;
}

static gboolean
touch_circles (const NfBody *a, const NfBody *b, Contact *c)
{
  gdouble dx = b->x - a->x, dz = b->z - a->z;
  gdouble d = hypot (dx, dz);

  if (d >= 1.0 || d < 1e-9)
    return FALSE;
  *c = (Contact){ dx / d, dz / d, 1.0 - d, a->x + dx / 2, a->z + dz / 2 };

  return TRUE;
}

/* square a, circle b: in the square's own axes */
static gboolean
touch_square_circle (const NfBody *a, const NfBody *b, Contact *c)
{
  gdouble cs = cos (a->turn), sn = sin (a->turn);
  gdouble dx = b->x - a->x, dz = b->z - a->z;
  gdouble u = dx * cs + dz * sn, v = dz * cs - dx * sn;
  gdouble pu = CLAMP (u, -HALF, HALF), pv = CLAMP (v, -HALF, HALF);
  gdouble nu = u - pu, nv = v - pv, d = hypot (nu, nv);

  if (d >= 0.5)
    return FALSE;
  if (d < 1e-9) { /* the circle's centre within the square: out of it */
    nu = fabs (u) > fabs (v) ? (u > 0 ? 1 : -1) : 0;
    nv = nu != 0 ? 0 : (v > 0 ? 1 : -1);
    c->depth = 0.5 + HALF - MAX (fabs (u), fabs (v));
  } else {
    nu /= d;
    nv /= d;
    c->depth = 0.5 - d;
  }
  c->nx = nu * cs - nv * sn;
  c->nz = nu * sn + nv * cs;
  c->x = a->x + pu * cs - pv * sn;
  c->z = a->z + pu * sn + pv * cs;

  return TRUE;
}

/* corners of b within a; the deepest along the normals of a's sides. Returns
 * the least overlap of the two along these, negative where they are apart */
static gdouble
overlap_along (const NfBody *a, const NfBody *b, Contact *c)
{
  gdouble least = G_MAXDOUBLE;

  for (guint side = 0; side < 4; side++) {
    gdouble angle = a->turn + side * G_PI_2;
    gdouble nx = cos (angle), nz = sin (angle), deepest = -G_MAXDOUBLE;
    gdouble sum_x = 0, sum_z = 0, weight = 0;

    for (guint corner = 0; corner < 4; corner++) {
      gdouble to = b->turn + G_PI_4 + corner * G_PI_2;
      gdouble x = b->x + G_SQRT2 * HALF * cos (to);
      gdouble z = b->z + G_SQRT2 * HALF * sin (to);
      gdouble depth = HALF - (x - a->x) * nx - (z - a->z) * nz;

      deepest = MAX (deepest, depth);
      if (depth > 0) { /* of two corners that are as deep, the middle */
        sum_x += depth * x;
        sum_z += depth * z;
        weight += depth;
      }
    }
    if (deepest >= least)
      continue;
    least = deepest;
    *c = (Contact){ nx, nz, deepest };
    c->x = weight > 0 ? sum_x / weight : b->x;
    c->z = weight > 0 ? sum_z / weight : b->z;
  }

  return least;
}

static gboolean
touch_squares (const NfBody *a, const NfBody *b, Contact *c)
{
  Contact other;
  gdouble of_a, of_b;

  if (hypot (b->x - a->x, b->z - a->z) >= 2 * G_SQRT2 * HALF)
    return FALSE;
  of_a = overlap_along (a, b, c);
  of_b = overlap_along (b, a, &other);
  if (of_b < of_a) {
    *c = other;
    c->nx = -other.nx;
    c->nz = -other.nz;
  }

  return MIN (of_a, of_b) > 0;
}

static gboolean
find_contact (const NfBody *a, const NfBody *b, Contact *c)
{
  gboolean square_a = a->shape == NF_SCENE_CUBE;
  gboolean square_b = b->shape == NF_SCENE_CUBE;

  if (square_a && square_b)
    return touch_squares (a, b, c);
  if (square_a)
    return touch_square_circle (a, b, c);
  if (!square_b)
    return touch_circles (a, b, c);
  if (!touch_square_circle (b, a, c))
    return FALSE;
  c->nx = -c->nx;
  c->nz = -c->nz;

  return TRUE;
}

static gdouble
lever (const NfBody *b, const Contact *c, gdouble nx, gdouble nz)
{
  return (c->x - b->x) * nz - (c->z - b->z) * nx;
}

/* speed of b's point of contact against a's, along a direction */
static gdouble
parting (
    const NfBody *a, const NfBody *b, const Contact *c, gdouble nx, gdouble nz)
{
  return (b->vx - a->vx) * nx + (b->vz - a->vz) * nz
      + b->spin * lever (b, c, nx, nz) - a->spin * lever (a, c, nx, nz);
}

/* the blow that changes that speed by 1 */
static gdouble
mobility (
    const NfBody *a, const NfBody *b, const Contact *c, gdouble nx, gdouble nz)
{
  gdouble la = lever (a, c, nx, nz), lb = lever (b, c, nx, nz);

  return 1.0
      / (2.0 + la * la / inertia[a->shape] + lb * lb / inertia[b->shape]);
}

static void
hit (NfBody *b, const Contact *c, gdouble nx, gdouble nz, gdouble blow)
{
  b->vx += blow * nx;
  b->vz += blow * nz;
  b->spin += blow * lever (b, c, nx, nz) / inertia[b->shape];
}

static void
collide (NfBody *a, NfBody *b, const NfBodyParams *p)
{
  Contact c;
  gdouble v, blow, tx, tz, along, drag;

  if (!find_contact (a, b, &c))
    return;
  v = parting (a, b, &c, c.nx, c.nz);
  if (v < 0) {
    blow = -(1.0 + p->bounce) * v * mobility (a, b, &c, c.nx, c.nz);
    hit (a, &c, c.nx, c.nz, -blow);
    hit (b, &c, c.nx, c.nz, blow);
    tx = -c.nz;
    tz = c.nx;
    along = parting (a, b, &c, tx, tz);
    drag = -along * mobility (a, b, &c, tx, tz);
    drag = CLAMP (drag, -p->grip * blow, p->grip * blow);
    hit (a, &c, tx, tz, -drag);
    hit (b, &c, tx, tz, drag);
  }
}

/**
 * nf_bodies_advance:
 * @bodies: (inout) (array length=n): where they are, and where they go
 * @params: how they slow down and collide
 * @time: frames to go on
 */
void
nf_bodies_advance (
    NfBody *bodies, guint n, const NfBodyParams *params, gdouble time)
{
  guint steps = MAX (ceil (time * SUBSTEPS), 1);
  gdouble dt = time / steps;

  for (guint step = 0; step < steps; step++) {
    for (guint i = 0; i < n; i++) {
      NfBody *b = &bodies[i];

      apply_friction (b, params, dt);
      b->x += b->vx * dt;
      b->z += b->vz * dt;
      b->turn += b->spin * dt;
    }
    for (guint i = 0; i < n; i++)
      for (guint j = i + 1; j < n; j++)
        if (hypot (bodies[i].x - bodies[j].x, bodies[i].z - bodies[j].z)
            < G_SQRT2)
          collide (&bodies[i], &bodies[j], params);
  }
}
