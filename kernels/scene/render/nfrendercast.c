/* SPDX-License-Identifier: MIT
 *
 * nfrendercast — where rays meet cubes, spheres and cylinders
 *
 * Everything is computed in the solid's own coordinates, from the point of the
 * ray that is nearest to the solid's centre, so that single precision is enough
 * at any distance. Edges are sharp; bevels change the normals alone. */
#include "scene/render/nfrenderstage.h"

#include <math.h>

#define CURVED 0.03f /* of bevels */

typedef struct
{
  NfPacket from, along; /* in the solid's frame, from the nearest point */
  NfLanes nearest; /* how far that is along the ray */
  NfLanes speed; /* length of along */
} Local;

/* vectors in the solid's own axes, from a place in the world on */
static void
turn (const NfSolid *solid, const NfPacket *v, const gfloat from[3],
    NfPacket *own)
{
  const gfloat *X = solid->axes[0], *Y = solid->axes[1], *Z = solid->axes[2];

  for (guint i = 0; i < NF_PACKET; i++) {
    gfloat x = v->x[i] - from[0], y = v->y[i] - from[1], z = v->z[i] - from[2];

    own->x[i] = x * X[0] + y * X[1] + z * X[2];
    own->y[i] = x * Y[0] + y * Y[1] + z * Y[2];
    own->z[i] = x * Z[0] + y * Z[1] + z * Z[2];
  }
}

/**
 * nf_solid_frame:
 * @points: in the world
 * @local: (out): in the solid's own frame
 */
void
nf_solid_frame (const NfSolid *solid, const NfPacket *points, NfPacket *local)
{
  turn (solid, points, solid->center, local);
}

static void
to_local (const NfSolid *solid, const NfPacket *from, const NfPacket *along,
    Local *local)
{
  static const gfloat origin[3] = { 0, 0, 0 };
  const gfloat *c = solid->center;
  NfPacket nearest;

  for (guint i = 0; i < NF_PACKET; i++) {
    gfloat dx = along->x[i], dy = along->y[i], dz = along->z[i];
    gfloat px = from->x[i] - c[0], py = from->y[i] - c[1];
    gfloat pz = from->z[i] - c[2];
    gfloat dd = dx * dx + dy * dy + dz * dz;
    gfloat t = -(px * dx + py * dy + pz * dz) / dd;

    nearest.x[i] = px + t * dx;
    nearest.y[i] = py + t * dy;
    nearest.z[i] = pz + t * dz;
    local->nearest[i] = t;
    local->speed[i] = sqrtf (dd);
  }
  turn (solid, &nearest, origin, &local->from);
  turn (solid, along, origin, &local->along);
}

static void
cast_sphere (const NfSolid *solid, const Local *local, NfLanes in, NfLanes out)
{
  gfloat rr = solid->form.half * solid->form.half;

  for (guint i = 0; i < NF_PACKET; i++) {
    gfloat x = local->from.x[i], y = local->from.y[i], z = local->from.z[i];
    gfloat inside = rr - (x * x + y * y + z * z);
    gfloat half = sqrtf (inside > 0.0f ? inside : 0.0f) / local->speed[i];

    in[i] = inside > 0.0f ? -half : 1.0f;
    out[i] = inside > 0.0f ? half : -1.0f;
  }
}

static void
cast_cube (const NfSolid *solid, const Local *local, NfLanes in, NfLanes out)
{
  gfloat h = solid->form.half;

  for (guint i = 0; i < NF_PACKET; i++) {
    gfloat ax, ay, az, bx, by, bz;

    nf_slab (local->from.x[i], local->along.x[i], h, &ax, &bx);
    nf_slab (local->from.y[i], local->along.y[i], h, &ay, &by);
    nf_slab (local->from.z[i], local->along.z[i], h, &az, &bz);
    ax = ax > ay ? ax : ay;
    bx = bx < by ? bx : by;
    in[i] = ax > az ? ax : az;
    out[i] = bx < bz ? bx : bz;
  }
}

static void
cast_cylinder (
    const NfSolid *solid, const Local *local, NfLanes in, NfLanes out)
{
  gfloat rr = solid->form.half * solid->form.half;

  for (guint i = 0; i < NF_PACKET; i++) {
    gfloat x = local->from.x[i], z = local->from.z[i];
    gfloat dx = local->along.x[i], dz = local->along.z[i];
    gfloat a = dx * dx + dz * dz + NF_NOTHING * NF_NOTHING;
    gfloat b = x * dx + z * dz, root = b * b - a * (x * x + z * z - rr);
    gfloat half = sqrtf (root > 0.0f ? root : 0.0f), side_in, side_out;
    gfloat cap_in, cap_out;

    nf_slab (local->from.y[i], local->along.y[i], solid->form.high, &cap_in,
        &cap_out);
    side_in = root > 0.0f ? (-b - half) / a : 1e30f;
    side_out = (-b + half) / a;
    in[i] = side_in > cap_in ? side_in : cap_in;
    out[i] = side_out < cap_out ? side_out : cap_out;
  }
}

/**
 * nf_solid_cast:
 * @from: where the rays start
 * @along: their directions, of any length
 * @distance: (out): how many directions it is to where each ray enters the
 *   solid, 1e30 where it does not or starts inside
 */
void
nf_solid_cast (const NfSolid *solid, const NfPacket *from,
    const NfPacket *along, NfLanes distance)
{
  Local local;
  NfLanes in, out;

  to_local (solid, from, along, &local);
  switch (solid->shape) {
    case NF_SCENE_SPHERE:
      cast_sphere (solid, &local, in, out);
      break;
    case NF_SCENE_CUBE:
      cast_cube (solid, &local, in, out);
      break;
    case NF_SCENE_CYLINDER:
      cast_cylinder (solid, &local, in, out);
      break;
  }
  for (guint i = 0; i < NF_PACKET; i++) {
    gfloat t = in[i] + local.nearest[i];

    distance[i] = (in[i] <= out[i]) & (t > 0.0f) ? t : 1e30f;
  }
}

/* how far a normal leans to one side at this distance from the middle: edges
 * shine like flat bevels, whose normals keep near the middle */
static inline gfloat
leaning (gfloat p, gfloat inner)
{
  gfloat q = fabsf (p) - inner;

  return sqrtf (q > 0.0f ? q : 0.0f);
}

/**
 * nf_solid_normals:
 * @points: on the solid
 * @normals: (out): unit vectors that point out of it
 * @curved: (out): square of how far they turn nearby, radians
 */
void
nf_solid_normals (const NfSolid *solid, const NfPacket *points,
    NfPacket *normals, NfLanes curved)
{
  const gfloat *X = solid->axes[0], *Y = solid->axes[1], *Z = solid->axes[2];
  NfPacket local;
  gboolean cube = solid->shape == NF_SCENE_CUBE;
  gboolean sphere = solid->shape == NF_SCENE_SPHERE;
  gfloat wide = sphere ? 0.0f : solid->form.half - solid->form.bevel - 1e-4f;
  gfloat high = sphere ? 0.0f : solid->form.high - solid->form.bevel - 1e-4f;

  nf_solid_frame (solid, points, &local);
  for (guint i = 0; i < NF_PACKET; i++) {
    gfloat x = local.x[i], y = local.y[i], z = local.z[i];
    gfloat round = sqrtf (x * x + z * z) + NF_NOTHING;
    gfloat side = leaning (round, wide) / round;
    gfloat a = cube ? copysignf (leaning (x, wide), x) : x * side;
    gfloat b = copysignf (leaning (y, high), y);
    gfloat d = cube ? copysignf (leaning (z, wide), z) : z * side;
    gfloat scale;

    curved[i] =
        (a != 0.0f) + (b != 0.0f) + (cube & (d != 0.0f)) > 1 ? CURVED : 0.0f;
    curved[i] = sphere ? 0.0f : curved[i];
    a = sphere ? x : a;
    b = sphere ? y : b;
    d = sphere ? z : d;
    x = a * X[0] + b * Y[0] + d * Z[0];
    y = a * X[1] + b * Y[1] + d * Z[1];
    z = a * X[2] + b * Y[2] + d * Z[2];
    /* no bevel where it stands */
    y = sphere | (y > 0.0f) ? y : 0.0f;
    scale = 1.0f / sqrtf (x * x + y * y + z * z + 1e-20f);
    normals->x[i] = x * scale;
    normals->y[i] = y * scale;
    normals->z[i] = z * scale;
  }
}
