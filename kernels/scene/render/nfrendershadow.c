/* SPDX-License-Identifier: MIT
 *
 * nfrendershadow — how much of a light a point sees
 *
 * A light is a disc of points. A point of the disc is hidden when the line to
 * it meets a solid (bevels are ignored). Each point is a bit, so that a part of
 * a light that several solids hide counts once. */
#include "scene/render/nfrenderstage.h"

#include <math.h>

typedef gint32 NfBits[NF_PACKET];

static void
span (const NfLanes v, gfloat *middle, gfloat *half)
{
  gfloat low = v[0], high = v[0];

  for (guint i = 1; i < NF_PACKET; i++) {
    low = v[i] < low ? v[i] : low;
    high = v[i] > high ? v[i] : high;
  }
  *middle = 0.5f * (low + high);
  *half = 0.5f * (high - low);
}

/**
 * nf_packet_ball:
 * @ball: (out): holds all points of the packet
 */
void
nf_packet_ball (const NfPacket *points, NfBall *ball)
{
  gfloat x, y, z;

  span (points->x, &ball->center[0], &x);
  span (points->y, &ball->center[1], &y);
  span (points->z, &ball->center[2], &z);
  ball->radius = sqrtf (x * x + y * y + z * z);
}

/**
 * nf_solid_is_near:
 *
 * Returns: whether light from everywhere may be changed by the solid
 */
gboolean
nf_solid_is_near (const NfSolid *solid, const NfBall *ball)
{
  gfloat reach = NF_STAGE_NEAR + ball->radius, rr = 0.0f;

  for (guint k = 0; k < 3; k++) {
    gfloat o = ball->center[k] - solid->center[k];

    rr += o * o;
  }
  return rr < reach * reach * 1.001f;
}

/* whether a line from any of the ball's points to the light may meet the
 * solid */
static gboolean
is_between (const NfSolid *solid, const NfLight *light, const NfBall *ball)
{
  gfloat oo = 0.0f, od = 0.0f, dd = NF_NOTHING, reach, t;

  for (guint k = 0; k < 3; k++) {
    gfloat o = ball->center[k] - solid->center[k];
    gfloat d = light->position[k] - ball->center[k];

    oo += o * o;
    od += o * d;
    dd += d * d;
  }
  t = CLAMP (-od / dd, 0.0f, 1.0f);
  reach = solid->bound + light->radius * t + ball->radius;
  return oo + t * (2.0f * od + t * dd) < reach * reach * 1.001f;
}

static void
hide_sphere (const NfSolid *solid, const NfPacket *local, const gfloat light[3],
    gint32 bit, NfBits hidden)
{
  gfloat rr = solid->form.half * solid->form.half;

  for (guint i = 0; i < NF_PACKET; i++) {
    gfloat x = local->x[i], y = local->y[i], z = local->z[i];
    gfloat dx = light[0] - x, dy = light[1] - y, dz = light[2] - z;
    gfloat b = -(x * dx + y * dy + z * dz);
    gfloat dd = dx * dx + dy * dy + dz * dz;
    gint32 hit =
        (b > 0.0f) & (b < dd) & ((x * x + y * y + z * z - rr) * dd < b * b);

    hidden[i] |= hit ? bit : 0;
  }
}

static void
hide_cube (const NfSolid *solid, const NfPacket *local, const gfloat light[3],
    gint32 bit, NfBits hidden)
{
  gfloat h = solid->form.half;

  for (guint i = 0; i < NF_PACKET; i++) {
    gfloat x = local->x[i], y = local->y[i], z = local->z[i];
    gfloat ax, ay, az, bx, by, bz;

    nf_slab (x, light[0] - x, h, &ax, &bx);
    nf_slab (y, light[1] - y, h, &ay, &by);
    nf_slab (z, light[2] - z, h, &az, &bz);
    ax = ax > ay ? ax : ay;
    ax = ax > az ? ax : az;
    bx = bx < by ? bx : by;
    bx = bx < bz ? bx : bz;
    hidden[i] |= (ax < bx) & (bx > 0.0f) & (ax < 1.0f) ? bit : 0;
  }
}

static void
hide_cylinder (const NfSolid *solid, const NfPacket *local,
    const gfloat light[3], gint32 bit, NfBits hidden)
{
  gfloat rr = solid->form.half * solid->form.half;

  for (guint i = 0; i < NF_PACKET; i++) {
    gfloat x = local->x[i], y = local->y[i], z = local->z[i];
    gfloat dx = light[0] - x, dz = light[2] - z;
    gfloat a = dx * dx + dz * dz + NF_NOTHING * NF_NOTHING;
    gfloat b = x * dx + z * dz, root = b * b - a * (x * x + z * z - rr);
    gfloat half = sqrtf (root > 0.0f ? root : 0.0f);
    gfloat in, out, side_in = (-b - half) / a, side_out = (-b + half) / a;

    nf_slab (y, light[1] - y, solid->form.high, &in, &out);
    in = in > side_in ? in : side_in;
    out = out < side_out ? out : side_out;
    hidden[i] |=
        (root > 0.0f) & (in < out) & (out > 0.0f) & (in < 1.0f) ? bit : 0;
  }
}

static void
hide (const NfSolid *solid, guint light, const NfPacket *points, guint first,
    guint n, NfBits hidden)
{
  NfPacket local;

  nf_solid_frame (solid, points, &local);
  for (guint k = 0; k < n; k++) {
    const gfloat *p = solid->lights[light][first + k];

    switch (solid->shape) {
      case NF_SCENE_CUBE:
        hide_cube (solid, &local, p, 1 << k, hidden);
        break;
      case NF_SCENE_SPHERE:
        hide_sphere (solid, &local, p, 1 << k, hidden);
        break;
      case NF_SCENE_CYLINDER:
        hide_cylinder (solid, &local, p, 1 << k, hidden);
        break;
    }
  }
}

/**
 * nf_stage_open:
 * @light: its number
 * @ball: around @points
 * @except: (nullable): a solid that hides nothing, that on which the points are
 * @many: whether to look at many points of the light or at few
 * @open: (out): share of the light's disc that each point sees
 */
void
nf_stage_open (const NfStage *stage, guint light, const NfPacket *points,
    const NfBall *ball, const NfSolid *except, gboolean many, NfLanes open)
{
  guint first = many ? 0 : NF_STAGE_MANY;
  guint n = many ? NF_STAGE_MANY : NF_STAGE_FEW;
  NfBits hidden = { 0 };
  gboolean any = FALSE;

  for (guint s = 0; s < stage->n; s++) {
    const NfSolid *solid = &stage->solids[s];

    if (solid == except || !is_between (solid, &nf_lights[light], ball))
      continue;
    hide (solid, light, points, first, n, hidden);
    any = TRUE;
  }
  for (guint i = 0; i < NF_PACKET; i++)
    open[i] = 1.0f;
  if (!any)
    return;
  for (guint k = 0; k < n; k++)
    for (guint i = 0; i < NF_PACKET; i++)
      open[i] -= (gfloat) (hidden[i] >> k & 1) / n;
}

/**
 * nf_stage_touches:
 * @ball: around points on the ground
 *
 * Returns: whether any object changes their light; FALSE only if none does
 */
gboolean
nf_stage_touches (const NfStage *stage, const NfBall *ball)
{
  for (guint s = 0; s < stage->n; s++) {
    const NfSolid *solid = &stage->solids[s];

    if (nf_solid_is_near (solid, ball))
      return TRUE;
    for (guint l = 0; l < NF_LIGHTS; l++)
      if (is_between (solid, &nf_lights[l], ball))
        return TRUE;
  }

  return FALSE;
}
