/* SPDX-License-Identifier: MIT
 *
 * nfbodies — cubes, spheres and cylinders on the ground, seen from above
 *
 * Time is divided into short steps. In each step, bodies that overlap get an
 * impulse (blow) along the normal of their contact, friction slows bodies down,
 * and they move. For two bodies of mass 1 and inertia I that approach with
 * speed v,
 *
 *   blow = (1 + bounce) v / (2 + (ra x n)^2 / Ia + (rb x n)^2 / Ib)
 *
 * Two cubes touch at up to two points. The two points, and the blow and the
 * friction of each, are solved one after the other until they agree. All
 * constants are those of nfphysics.c. */
#include "scene/track/nfbodies.h"

#include "scene/world/nflook.h"

#include <math.h>

#define SUBSTEPS 24 /* a frame */
#define PASSES 8 /* over what acts at once */
#define SLOWEST_BOUNCE 0.02 /* sizes a frame */
#define LAYER 0.005 /* depth that is left, sizes */
#define PUSH 0.2 /* share of the other depth that goes away in a step */
#define FASTEST_PUSH 0.05 /* sizes a frame */
#define ROLLING (0.004 / (0.004 + 0.25)) /* share of a sphere's energy */
#define HALF nf_look_forms[NF_SCENE_CUBE].half /* of a square's width */

/* about the vertical, of mass 1: of a solid cube and cylinder; spheres are seen
 * to pass on their speed as if nothing of it were in their turning */
static const gdouble inertia[] = { 0.95 * 0.95 / 6.0, 0.004, 0.125 };

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
  gdouble rx = reach * cos (b->turn + G_PI_4);
  gdouble rz = reach * sin (b->turn + G_PI_4);
  gdouble vx = b->vx, vz = b->vz, spin = b->spin;

  for (guint i = 0; i < 4 && p->friction[b->shape] > 0; i++) {
    gdouble ux = vx - rz * spin, uz = vz + rx * spin, next = -rz;
    gdouble u = sqrt (ux * ux + uz * uz);
    gdouble step = MIN (p->friction[b->shape] * dt, u / 2) / 4;

    if (u >= 1e-9) {
      b->vx -= step * ux / u;
      b->vz -= step * uz / u;
      b->spin -= step * (rx * uz - rz * ux) / u / inertia[b->shape];
    }
    rz = rx;
    rx = next;
  }
}

static void
go_on (NfBody *b, const NfBodyParams *p, gdouble dt)
{
  gdouble kept = 1.0 - p->drag[b->shape] * dt;

  if (b->vx == 0 && b->vz == 0 && b->spin == 0)
    return;
  apply_friction (b, p, dt);
  b->x += b->vx * dt;
  b->z += b->vz * dt;
  b->turn += b->spin * dt;
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
  *c = (Contact){ .nx = dx / d,
    .nz = dz / d,
    .depth = 1.0 - d,
    .x = a->x + dx / 2,
    .z = a->z + dz / 2 };

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

/* the least overlap of two squares along the normals of a's sides, negative
 * where they are apart; *angle is the direction of that side from a's middle */
static gdouble
overlap_along (const NfBody *a, const NfBody *b, gdouble *angle)
{
  gdouble dx = b->x - a->x, dz = b->z - a->z, least = G_MAXDOUBLE;
  gdouble turn = b->turn - a->turn;
  gdouble reach = HALF * (1 + fabs (cos (turn)) + fabs (sin (turn)));

  for (guint side = 0; side < 4; side++) {
    gdouble to = a->turn + side * G_PI_2;
    gdouble overlap = reach - dx * cos (to) - dz * sin (to);

    if (overlap < least) {
      least = overlap;
      *angle = to;
    }
  }

  return least;
}

/* the side of b that faces a's side, cut where a's side ends: its points that
 * are within a */
static guint
touch_side (const NfBody *a, const NfBody *b, gdouble angle, Contact *c)
{
  gdouble nx = cos (angle), nz = sin (angle);
  gdouble facing = b->turn + G_PI_2 * rint ((angle + G_PI - b->turn) / G_PI_2);
  gdouble mx = b->x + HALF * cos (facing) - a->x;
  gdouble mz = b->z + HALF * sin (facing) - a->z;
  /* along a's side: the middle of b's side, and what it is to its end */
  gdouble middle = mz * nx - mx * nz;
  gdouble along = HALF * cos (facing - angle - G_PI);
  gdouble deep = HALF - (mx * nx + mz * nz);
  gdouble deeper = HALF * sin (facing - angle - G_PI);
  guint n = 0;

  for (gint end = -1; end <= 1; end += 2) {
    gdouble at = CLAMP (middle + end * along, -HALF, HALF);
    gdouble part = (at - middle) / along;
    gdouble depth = deep + part * deeper;

    if (depth > 0)
      c[n++] = (Contact){ .nx = nx,
        .nz = nz,
        .depth = depth,
        .x = a->x + nx * (HALF - depth) - nz * at,
        .z = a->z + nz * (HALF - depth) + nx * at };
  }

  return n;
}

static guint
touch_squares (const NfBody *a, const NfBody *b, Contact *c)
{
  gdouble angle_a, angle_b, of_a, of_b;
  guint n;

  if (hypot (b->x - a->x, b->z - a->z) >= 2 * G_SQRT2 * HALF)
    return 0;
  of_a = overlap_along (a, b, &angle_a);
  of_b = overlap_along (b, a, &angle_b);
  if (MIN (of_a, of_b) <= 0)
    return 0;
  if (of_a <= of_b)
    return touch_side (a, b, angle_a, c);
  n = touch_side (b, a, angle_b, c);
  for (guint i = 0; i < n; i++) {
    c[i].nx = -c[i].nx;
    c[i].nz = -c[i].nz;
  }

  return n;
}

/* how many there are */
static guint
find_contacts (const NfBody *a, const NfBody *b, Contact c[2])
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
    return 0;
  c->nx = -c->nx;
  c->nz = -c->nz;

  return 1;
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

/* what one more blow must add for the speed along a direction to become @to;
 * @sum is what it got so far, and must stay from @least to @most */
static void
push (NfBody *a, NfBody *b, const Contact *c, const gdouble direction[2],
    gdouble to, gdouble least, gdouble most, gdouble *sum)
{
  gdouble nx = direction[0], nz = direction[1];
  gdouble more = (to - parting (a, b, c, nx, nz)) * mobility (a, b, c, nx, nz);

  more = CLAMP (*sum + more, least, most) - *sum;
  *sum += more;
  hit (a, c, nx, nz, -more);
  hit (b, c, nx, nz, more);
}

/* along the contact's normal; of a sphere, that of its rolling, too */
static gdouble
speed_along (const NfBody *b, const Contact *c)
{
  return b->vx * c->nx + b->vz * c->nz;
}

/* where spheres touch others, their rolling stops, or is halfway between that
 * of both; what they need to roll as they go now is taken from their speed */
static void
roll_on (NfBody *b, const Contact *c, gdouble rolling)
{
  gdouble change = ROLLING * (rolling - speed_along (b, c));

  if (b->shape != NF_SCENE_SPHERE)
    return;
  b->vx += change * c->nx;
  b->vz += change * c->nz;
}

static void
collide (NfBody *a, NfBody *b, const NfBodyParams *p, gdouble dt)
{
  Contact c[2];
  gdouble to[2], limit[2], blow[2] = { 0 }, drag[2] = { 0 };
  guint n = find_contacts (a, b, c);
  gdouble rolling = 0, closing = 0;

  if (n > 0 && a->shape == b->shape)
    rolling = (speed_along (a, c) - speed_along (b, c)) / 2.0;
  for (guint i = 0; i < n; i++) {
    closing = -parting (a, b, &c[i], c[i].nx, c[i].nz);
    to[i] = MIN (MAX (c[i].depth - LAYER, 0) * PUSH / dt, FASTEST_PUSH);
    if (closing > SLOWEST_BOUNCE)
      to[i] = MAX (to[i], p->bounce * closing);
    limit[i] = p->grip * MAX (closing, 0) * (1.0 + p->bounce) / 2.0;
  }
  for (guint pass = 0; pass < PASSES; pass++)
    for (guint i = 0; i < n; i++) {
      const gdouble normal[2] = { c[i].nx, c[i].nz };
      const gdouble side[2] = { -c[i].nz, c[i].nx };

      push (a, b, &c[i], normal, to[i], 0, G_MAXDOUBLE, &blow[i]);
      push (a, b, &c[i], side, 0, -limit[i], limit[i], &drag[i]);
    }
  if (n > 0 && blow[0] > 0 && closing > SLOWEST_BOUNCE) {
    roll_on (a, c, rolling);
    roll_on (b, c, -rolling);
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
    for (guint i = 0; i < n; i++)
      for (guint j = i + 1; j < n; j++) {
        gdouble dx = bodies[i].x - bodies[j].x;
        gdouble dz = bodies[i].z - bodies[j].z;

        if (dx * dx + dz * dz < 2.0)
          collide (&bodies[i], &bodies[j], params, dt);
      }
    for (guint i = 0; i < n; i++)
      go_on (&bodies[i], params, dt);
  }
}
