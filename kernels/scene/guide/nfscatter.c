/* SPDX-License-Identifier: MIT
 *
 * nfscatter — how sure a future is: many that begin a little differently
 *
 * The objects' states in the newest frame follow from the first two poses of a
 * future. They are displaced at random by as much as tracks are uncertain, and
 * simulated. Then the outlines that cover a pixel are counted over all these
 * futures. Many futures of a few bodies take about a millisecond, so they can
 * be used in training as well. */
#include "scene/guide/nfscatter.h"

#include <nextframe/core/random/nfrng.h>
#include <nextframe/metrics/nfclasses.h>
#include "scene/track/nfbodies.h"
#include <nextframe/scene/track/nfoutline.h>

#include <math.h>
#include <string.h>

#define DRAWS 16 /* futures */
#define NUMBERS 6 /* drawn for a body */
/* what is left open: standard deviations */
#define PLACE 0.06 /* sizes */
#define SPEED 0.03 /* sizes a frame, of what moves */
#define ANGLE 0.06 /* radians */
#define SPIN 0.02 /* radians a frame, likewise */
#define FRICTION 0.05 /* of itself */
#define MOST_BOUNCE 0.5
#define STILL 0.02 /* sizes a frame; what is slower, rests */

typedef struct
{
  const NfFutures *futures;
  guint future;
  NfCamera camera; /* for the pictures' size */
  guint width, height;
  guint n; /* objects */
  guint8 ids[NF_N_CLASSES];
  NfBody bodies[NF_N_CLASSES]; /* in the newest frame */
} Scatter;

/* about the upright axis, from x to z */
static gdouble
turn_of (const NfSceneObject *object)
{
  return -2.0 * atan2 (object->rotation[2], object->rotation[0]);
}

/* between two frames, whatever full turns lie between */
static gdouble
turn_between (const NfSceneObject *a, const NfSceneObject *b)
{
  return remainder (turn_of (b) - turn_of (a), 2.0 * G_PI);
}

/* the state at the beginning of a frame in which it went so far: half of what
 * it loses in the frame is added again */
static void
read_body (const NfBodyParams *params, const NfSceneObject *now,
    const NfSceneObject *next, NfBody *body)
{
  gdouble vx = next->position[0] - now->position[0];
  gdouble vz = next->position[2] - now->position[2], speed = hypot (vx, vz);
  NfSceneShape shape = nf_scene_shape (now->id);
  gdouble lost = params->friction[shape] + params->drag[shape] * speed;
  gdouble more = speed > STILL ? 1.0 + lost / 2.0 / speed : 0.0;

  *body = (NfBody){ .shape = shape,
    .x = now->position[0],
    .z = now->position[2],
    .vx = vx * more,
    .vz = vz * more,
    .turn = turn_of (now),
    .spin = turn_between (now, next) };
}

static void
read_bodies (Scatter *self, const NfBodyParams *params)
{
  guint n;
  const NfSceneObject *now =
      nf_futures_objects (self->futures, self->future, 0, &n);
  const NfSceneObject *next =
      nf_futures_objects (self->futures, self->future, 1, &n);

  self->n = MIN (n, NF_N_CLASSES);
  for (guint i = 0; i < self->n; i++) {
    self->ids[i] = now[i].id;
    read_body (params, &now[i], &next[i], &self->bodies[i]);
  }
}

static void
displace (const Scatter *self, guint draw, NfBody *bodies, NfBodyParams *params)
{
  NfRngKey key = { .seed = 0, .stream = draw, .purpose = NF_RNG_GUIDE };
  gdouble friction;

  for (guint i = 0; i < self->n; i++) {
    gfloat normal[NUMBERS];
    NfBody *b = &bodies[i];
    gboolean moves = hypot (b->vx, b->vz) > 0;

    nf_rng_normal (&key, NUMBERS * (i + 1), NUMBERS, normal);
    b->x += PLACE * normal[0];
    b->z += PLACE * normal[1];
    b->turn += ANGLE * normal[2];
    b->vx += moves ? SPEED * normal[3] : 0;
    b->vz += moves ? SPEED * normal[4] : 0;
    b->spin += moves ? SPIN * normal[5] : 0;
  }
  friction = 1.0 + FRICTION * (2.0 * nf_rng_uniform (&key, 0) - 1.0) * sqrt (3);
  for (guint shape = 0; shape < 3; shape++)
    params->friction[shape] *= friction;
  params->bounce = MOST_BOUNCE * nf_rng_uniform (&key, 1);
}

static void
paint_object (const Scatter *self, const NfBody *body, guint8 id, guint8 *mask)
{
  const NfPose pose = {
    .shape = body->shape, .x = body->x, .z = body->z, .turn = body->turn
  };
  NfOutline outline;
  gint top, bottom;

  if (!nf_outline_init (&outline, &self->camera, &pose))
    return;
  top = (gint) CLAMP (ceil (outline.top - 0.5), 0, self->height);
  bottom = (gint) CLAMP (ceil (outline.bottom - 0.5), 0, self->height);
  for (gint y = top; y < bottom; y++) {
    gdouble left, right;

    if (!nf_outline_row (&outline, y + 0.5, &left, &right))
      continue;
    left = CLAMP (ceil (left - 0.5), 0, self->width);
    right = CLAMP (ceil (right - 0.5), 0, self->width);
    if (right > left)
      memset (mask + (gsize) y * self->width + (gsize) left, id,
          (gsize) (right - left));
  }
}

/* a mask of the bodies, the far ones first */
static void
paint (const Scatter *self, const NfBody *bodies, guint8 *mask)
{
  guint order[NF_N_CLASSES];

  memset (mask, 0, (gsize) self->width * self->height);
  for (guint i = 0; i < self->n; i++) {
    gdouble away = hypot (bodies[i].x, bodies[i].z);
    guint k = i;

    for (; k > 0; k--) {
      const NfBody *before = &bodies[order[k - 1]];

      if (hypot (before->x, before->z) >= away)
        break;
      order[k] = order[k - 1];
    }
    order[k] = i;
  }
  for (guint i = 0; i < self->n; i++)
    paint_object (self, &bodies[order[i]], self->ids[order[i]], mask);
}

/* the mask of the future itself */
static void
paint_likeliest (const Scatter *self, guint ahead, guint8 *mask)
{
  guint n;
  const NfSceneObject *then =
      nf_futures_objects (self->futures, self->future, ahead, &n);
  NfBody bodies[NF_N_CLASSES];

  for (guint i = 0; i < self->n; i++)
    bodies[i] = (NfBody){ .shape = self->bodies[i].shape,
      .x = then[i].position[0],
      .z = then[i].position[2],
      .turn = turn_of (&then[i]) };
  paint (self, bodies, mask);
}

/**
 * nf_scatter_draw:
 * @futures: predicted from masks
 * @future: which one of them
 * @ahead: which frame, 1 to the horizon
 * @width: of the pictures, pixels
 * @height: likewise
 * @object: (out): (height, width): the share of the futures around this one in
 *   which an object is seen, 0 to 255
 * @spread: (out): likewise, in which something else is seen than in this one
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_scatter_draw (const NfFutures *futures, guint future, guint ahead,
    guint width, guint height, guint8 *object, guint8 *spread, GError **error)
{
  Scatter self = { .futures = futures,
    .future = future,
    .camera = nf_futures_view (futures)->camera,
    .width = width,
    .height = height };
  gsize pixels = (gsize) width * height;
  g_autofree guint8 *masks = g_try_malloc (2 * pixels);
  guint8 *likeliest = masks, *mask = masks + pixels;
  NfBodyParams params;

  if (masks == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for futures of %ux%u pixels", width, height);
    return FALSE;
  }
  nf_camera_resize (&self.camera, width, height);
  nf_body_params_init (&params);
  read_bodies (&self, &params);
  paint_likeliest (&self, ahead, likeliest);
  memset (object, 0, pixels);
  memset (spread, 0, pixels);
  for (guint draw = 0; draw < DRAWS; draw++) {
    NfBodyParams other = params;
    NfBody bodies[NF_N_CLASSES];

    memcpy (bodies, self.bodies, sizeof bodies);
    displace (&self, draw, bodies, &other);
    nf_bodies_advance (bodies, self.n, &other, ahead);
    paint (&self, bodies, mask);
    for (gsize i = 0; i < pixels; i++) {
      object[i] += mask[i] != 0;
      spread[i] += mask[i] != likeliest[i];
    }
  }
  for (gsize i = 0; i < pixels; i++) {
    object[i] = (guint8) (object[i] * 255 / DRAWS);
    spread[i] = (guint8) (spread[i] * 255 / DRAWS);
  }
  return TRUE;
}
