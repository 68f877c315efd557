/* SPDX-License-Identifier: MIT
 *
 * nfrendershade — the light that comes from ground, rubber and metal
 *
 * The light has three parts: direct light from the discs, with shadows; ambient
 * light, which objects block and replace by their own; and on metal the mirror
 * image of both, with a single reflection. */
#include "scene/render/nfrenderstage.h"

#include <math.h>
#include <string.h>

#define NEAR (NF_STAGE_NEAR * NF_STAGE_NEAR)
#define AWAY 1e-3f /* rays leave a surface from this far above it */

/* light of one source that arrives at surfaces with these normals, were
 * nothing in the way; adds to sum what comes through */
static void
add_light (const NfLight *light, const NfPacket *points,
    const NfPacket *normals, const NfLanes open, NfPacket *sum)
{
  const gfloat *p = light->position, *a = light->axis, *c = light->color;

  for (guint i = 0; i < NF_PACKET; i++) {
    gfloat x = p[0] - points->x[i], y = p[1] - points->y[i];
    gfloat z = p[2] - points->z[i];
    gfloat rr = x * x + y * y + z * z, scale = 1.0f / sqrtf (rr);
    gfloat facing =
        (x * normals->x[i] + y * normals->y[i] + z * normals->z[i]) * scale;
    gfloat sent = -(x * a[0] + y * a[1] + z * a[2]) * scale;
    /* a disc sets slowly */
    gfloat w = light->radius * scale;
    gfloat part = facing + w > 0.0f ? facing + w : 0.0f;
    gfloat e = facing > w ? facing : part * part / (4.0f * w);

    e *= sent > 0.0f ? sent * scale * scale : 0.0f;
    e = (light->sunlike ? facing > 0.0f ? facing : 0.0f : e) * open[i];
    sum->x[i] += c[0] * e;
    sum->y[i] += c[1] * e;
    sum->z[i] += c[2] * e;
  }
}

/* what stands near takes away from the light from everywhere, as a ball of
 * half a size would, and sends its own light */
static void
add_neighbours (const NfStage *stage, const NfPacket *points,
    const NfPacket *normals, const NfBall *ball, const NfSolid *except,
    NfPacket *sum)
{
  for (guint s = 0; s < stage->n; s++) {
    const NfSolid *solid = &stage->solids[s];
    const gfloat *c = solid->center;
    NfLanes part;
    gfloat most = 0.0f;

    if (solid == except || !nf_solid_is_near (solid, ball))
      continue;
    for (guint i = 0; i < NF_PACKET; i++) {
      gfloat x = c[0] - points->x[i], y = c[1] - points->y[i];
      gfloat z = c[2] - points->z[i];
      gfloat rr = x * x + y * y + z * z;
      gfloat facing = x * normals->x[i] + y * normals->y[i] + z * normals->z[i];
      gfloat least = solid->form.half * solid->form.half;
      gfloat e;

      rr = rr > least ? rr : least;
      e = least * facing / (rr * sqrtf (rr));
      e = (facing > 0.0f) & (rr < NEAR) ? e * (1.0f - rr / NEAR) : 0.0f;
      part[i] = e;
      most = e > most ? e : most;
    }
    if (most == 0.0f)
      continue;
    for (guint i = 0; i < NF_PACKET; i++) {
      sum->x[i] += part[i] * (solid->glow[0] - nf_look_ambient[0]);
      sum->y[i] += part[i] * (solid->glow[1] - nf_look_ambient[1]);
      sum->z[i] += part[i] * (solid->glow[2] - nf_look_ambient[2]);
    }
  }
}

/* all direct light, with shadows, and what the neighbours change */
static void
add_lights (const NfStage *stage, const NfPacket *points,
    const NfPacket *normals, const NfSolid *except, gboolean many,
    NfPacket *sum)
{
  NfLanes open;
  NfBall ball;

  nf_packet_ball (points, &ball);
  add_neighbours (stage, points, normals, &ball, except, sum);
  for (guint l = 0; l < NF_LIGHTS; l++) {
    nf_stage_open (stage, l, points, &ball, except, many, open);
    add_light (&nf_lights[l], points, normals, open, sum);
  }
}

/**
 * nf_stage_ground:
 * @points: on the ground
 * @many: whether its shadows are in sight
 * @color: (out): the light that the ground sends back
 */
void
nf_stage_ground (const NfStage *stage, const NfPacket *points, gboolean many,
    NfPacket *color)
{
  NfPacket normals;

  for (guint i = 0; i < NF_PACKET; i++) {
    normals.x[i] = 0.0f;
    normals.y[i] = 1.0f;
    normals.z[i] = 0.0f;
    color->x[i] = nf_look_ambient[0];
    color->y[i] = nf_look_ambient[1];
    color->z[i] = nf_look_ambient[2];
  }
  add_lights (stage, points, &normals, NULL, many, color);
  for (guint i = 0; i < NF_PACKET; i++) {
    color->x[i] *= stage->strength;
    color->y[i] *= stage->strength;
    color->z[i] *= stage->strength;
  }
}

/* light on matt surfaces, as level ground would send it back */
static void
gather (const NfStage *stage, const NfPacket *points, const NfPacket *normals,
    const NfSolid *except, gboolean shadows, NfPacket *sum)
{
  static const NfLanes all = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };

  for (guint i = 0; i < NF_PACKET; i++) {
    gfloat sky = 0.5f + 0.5f * normals->y[i], near = points->y[i];
    gfloat bounce;

    near = near < 0.0f ? 0.0f : near;
    near = near > 1.0f ? 1.0f : near;
    bounce = nf_look_bounce * (1.0f - sky)
        * (nf_look_bounce_near + (1.0f - nf_look_bounce_near) * near);
    sum->x[i] = nf_look_ambient[0] * sky + bounce;
    sum->y[i] = nf_look_ambient[1] * sky + bounce;
    sum->z[i] = nf_look_ambient[2] * sky + bounce;
  }
  if (shadows) {
    add_lights (stage, points, normals, except, FALSE, sum);
  } else {
    for (guint l = 0; l < NF_LIGHTS; l++)
      add_light (&nf_lights[l], points, normals, all, sum);
  }
  for (guint i = 0; i < NF_PACKET; i++) {
    sum->x[i] *= stage->strength;
    sum->y[i] *= stage->strength;
    sum->z[i] *= stage->strength;
  }
}

static void
tint (NfPacket *color, const gfloat by[3])
{
  for (guint i = 0; i < NF_PACKET; i++) {
    color->x[i] *= by[0];
    color->y[i] *= by[1];
    color->z[i] *= by[2];
  }
}

/* where rays meet level ground; sky has the ground far away */
static void
to_ground (const NfPacket *from, const NfPacket *along, NfPacket *points)
{
  for (guint i = 0; i < NF_PACKET; i++) {
    gfloat fall = along->y[i] < -1e-3f ? along->y[i] : -1e-3f;
    gfloat t = from->y[i] / -fall;

    points->x[i] = from->x[i] + t * along->x[i];
    points->y[i] = 0.0f;
    points->z[i] = from->z[i] + t * along->z[i];
  }
}

/* mirror images of the lights, blurred by the metal's roughness */
static void
add_gloss (const NfPacket *points, const NfPacket *mirror, const NfLanes curved,
    NfPacket *color)
{
  const NfGloss *gloss = &nf_look_gloss;

  for (guint l = 0; l < NF_LIGHTS; l++) {
    const NfLight *light = &nf_lights[l];
    const gfloat *p = light->position, *c = light->color;
    gfloat most = MAX (c[0], MAX (c[1], c[2]));
    gfloat r = c[0] / most * light->gloss, g = c[1] / most * light->gloss;
    gfloat b = c[2] / most * light->gloss;

    for (guint i = 0; i < NF_PACKET; i++) {
      gfloat x = p[0] - points->x[i], y = p[1] - points->y[i];
      gfloat z = p[2] - points->z[i];
      gfloat rr = x * x + y * y + z * z;
      gfloat cosine =
          (x * mirror->x[i] + y * mirror->y[i] + z * mirror->z[i]) / sqrtf (rr);
      /* the squares of about the angle between them and the image's size */
      gfloat size = gloss->width * gloss->width
          + light->radius * light->radius / rr * gloss->size;
      gfloat wide = size + curved[i];
      gfloat off = 2.0f * (1.0f - cosine), core = 1.0f + off / wide;
      gfloat lobe = sqrtf (size / wide) / (core * core)
          + gloss->halo / (1.0f + 0.1f * off / size);

      color->x[i] += r * lobe;
      color->y[i] += g * lobe;
      color->z[i] += b * lobe;
    }
  }
}

/* the surroundings without the objects */
static void
surroundings (const NfStage *stage, const NfPacket *points,
    const NfPacket *mirror, const NfLanes curved, gboolean shadows,
    NfPacket *color)
{
  NfPacket ground, below;
  NfStage bare = *stage;

  if (!shadows)
    bare.n = 0;
  to_ground (points, mirror, &ground);
  nf_stage_ground (&bare, &ground, FALSE, &below);
  for (guint i = 0; i < NF_PACKET; i++) {
    gfloat s = 0.5f - (mirror->y[i] + 0.02f) / nf_look_horizon;
    gfloat ahead = nf_look_ahead[0] * mirror->x[i]
        + nf_look_ahead[1] * mirror->z[i] + nf_look_ahead[2];
    gfloat sky;

    s = s < 0.0f ? 0.0f : s;
    s = s > 1.0f ? 1.0f : s;
    ahead = ahead < 0.0f ? 0.0f : ahead;
    ahead = ahead > 1.0f ? 1.0f : ahead;
    sky = nf_look_sky[0] + ahead * (nf_look_sky[1] - nf_look_sky[0]);
    color->x[i] = sky + s * (below.x[i] - sky);
    color->y[i] = sky + s * (below.y[i] - sky);
    color->z[i] = sky + s * (below.z[i] - sky);
  }
  add_gloss (points, mirror, curved, color);
}

/* the directions in which mirrors with these normals look, of unit length, and
 * places a little above them */
static void
reflect (const NfPacket *along, const NfPacket *points, const NfPacket *normals,
    NfPacket *mirror, NfPacket *above)
{
  for (guint i = 0; i < NF_PACKET; i++) {
    gfloat x = along->x[i], y = along->y[i], z = along->z[i];
    gfloat nx = normals->x[i], ny = normals->y[i], nz = normals->z[i];
    gfloat scale = 1.0f / sqrtf (x * x + y * y + z * z);
    gfloat twice = 2.0f * (x * nx + y * ny + z * nz);

    mirror->x[i] = (x - twice * nx) * scale;
    mirror->y[i] = (y - twice * ny) * scale;
    mirror->z[i] = (z - twice * nz) * scale;
    above->x[i] = points->x[i] + AWAY * nx;
    above->y[i] = points->y[i] + AWAY * ny;
    above->z[i] = points->z[i] + AWAY * nz;
  }
}

/* what matt surfaces mirror: much blurred, more of it along the surface */
static void
add_sheen (const NfStage *stage, const NfPacket *along, const NfPacket *normals,
    NfPacket *color)
{
  gfloat most = 0.24f * stage->strength;

  for (guint i = 0; i < NF_PACKET; i++) {
    gfloat x = along->x[i], y = along->y[i], z = along->z[i];
    gfloat nx = normals->x[i], ny = normals->y[i], nz = normals->z[i];
    gfloat scale = 1.0f / sqrtf (x * x + y * y + z * z);
    gfloat facing = -(x * nx + y * ny + z * nz) * scale;
    gfloat graze = 1.0f - (facing > 0.0f ? facing : 0.0f);
    gfloat up = y * scale + 2.0f * facing * ny;
    gfloat ground = 0.5f - 0.5f * up, e;

    graze *= graze;
    graze *= graze * (1.0f - facing);
    e = nf_look_sheen[0] + (nf_look_sheen[1] - nf_look_sheen[0]) * graze;
    e *= most * (0.3f + 0.7f * ground);
    color->x[i] += e;
    color->y[i] += e;
    color->z[i] += e;
  }
}

/* an object as another one mirrors it */
static void
mirrored (const NfStage *stage, const NfSolid *solid, const NfPacket *along,
    const NfPacket *points, NfPacket *color)
{
  NfPacket normals, again, above;
  NfLanes curved;

  nf_solid_normals (solid, points, &normals, curved);
  if (solid->rubber) {
    gather (stage, points, &normals, solid, FALSE, color);
  } else {
    reflect (along, points, &normals, &again, &above);
    surroundings (stage, &above, &again, curved, FALSE, color);
  }
  tint (color, solid->color);
}

/* puts the mirrored neighbours over the mirrored surroundings */
static void
add_mirrored (const NfStage *stage, const NfSolid *except,
    const NfPacket *points, const NfPacket *mirror, NfPacket *color)
{
  NfLanes best;

  for (guint i = 0; i < NF_PACKET; i++)
    best[i] = 1e29f;
  for (guint s = 0; s < stage->n; s++) {
    const NfSolid *solid = &stage->solids[s];
    NfPacket hits, seen;
    NfLanes t;
    gint any = 0;

    if (solid == except)
      continue;
    nf_solid_cast (solid, points, mirror, t);
    for (guint i = 0; i < NF_PACKET; i++)
      any |= t[i] < best[i];
    if (!any)
      continue;
    for (guint i = 0; i < NF_PACKET; i++) {
      gfloat to = t[i] < best[i] ? t[i] : 0.0f;

      hits.x[i] = points->x[i] + to * mirror->x[i];
      hits.y[i] = points->y[i] + to * mirror->y[i];
      hits.z[i] = points->z[i] + to * mirror->z[i];
    }
    mirrored (stage, solid, mirror, &hits, &seen);
    for (guint i = 0; i < NF_PACKET; i++) {
      gboolean nearer = t[i] < best[i];

      color->x[i] = nearer ? seen.x[i] : color->x[i];
      color->y[i] = nearer ? seen.y[i] : color->y[i];
      color->z[i] = nearer ? seen.z[i] : color->z[i];
      best[i] = nearer ? t[i] : best[i];
    }
  }
}

/**
 * nf_stage_shade:
 * @along: directions of the rays that see the points
 * @points: on the solid
 * @color: (out): the light that it sends along them
 */
void
nf_stage_shade (const NfStage *stage, const NfSolid *solid,
    const NfPacket *along, const NfPacket *points, NfPacket *color)
{
  NfPacket normals, mirror, above;
  NfLanes curved;

  nf_solid_normals (solid, points, &normals, curved);
  if (solid->rubber) {
    gather (stage, points, &normals, solid, TRUE, color);
    tint (color, solid->color);
    add_sheen (stage, along, &normals, color);
  } else {
    reflect (along, points, &normals, &mirror, &above);
    surroundings (stage, &above, &mirror, curved, TRUE, color);
    add_mirrored (stage, solid, &above, &mirror, color);
    tint (color, solid->color);
  }
}
