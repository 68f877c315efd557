/* SPDX-License-Identifier: MIT
 *
 * nfscene — synthetic clips: cubes, spheres and cylinders that slide, roll and
 * collide
 *
 * Some objects rest from the start; each of the others starts out of sight, at
 * a random time, towards an object at rest or a random place in sight. */
#include <nextframe/scene/world/nfscene.h>

#include <nextframe/core/nferror.h>
#include <nextframe/core/random/nfrng.h>
#include "scene/world/nfphysics.h"

#include <math.h>

#define KINDS 48
#define MAX_FRAMES 1000
#define GAP 1.5 /* between centres, so that no two cubes touch */
#define OUTSIDE 2.0 /* least way from the picture's edge to the start, sizes */
#define FARTHEST 8.0 /* and the longest */
#define REACH 1.0 /* sizes around a centre that an object may be seen in */
#define WARM_UP 16 /* frames before the first one */

/* when others reach the picture's edge: this frame, and the longer after it the
 * less often */
#define FIRST_ARRIVAL -3.0
#define EARLINESS 1.6

/* where objects rest, in sizes */
#define LEFT -4.2
#define RIGHT 4.2
#define NEAR 8.0
#define FAR 16.0

/* how fast others set out, sizes a frame */
#define SLOW 0.7
#define FAST 1.2

/* the share of objects that rest, and of the others, that aim at those */
#define RESTING 0.53
#define AIMED 0.9

struct _NfScene
{
  guint frames;
  NfView view;
  GArray *objects; /* NfSceneObject, frame after frame */
  GArray *motions; /* NfMotion, the same */
  guint *starts; /* frames + 1: of each frame's objects */
};

/* an object that starts out of sight */
typedef struct
{
  guint8 id;
  gint start; /* frame */
  gdouble x, z, turn;
  gdouble velocity[2];
} Entry;

typedef struct
{
  NfRngKey key;
  guint64 next;
} Dice;

typedef struct
{
  NfScene *scene;
  NfPhysics *physics;
  guint8 ids[KINDS]; /* of the bodies */
  guint n_bodies;
  Entry entries[KINDS];
  guint n_entries;
} Making;

static gdouble
draw (Dice *dice, gdouble from, gdouble to)
{
  return from + (to - from) * nf_rng_uniform (&dice->key, dice->next++);
}

void
nf_scene_params_init (NfSceneParams *params)
{
  *params = (NfSceneParams){ .frames = NF_SCENE_FRAMES,
    .min_objects = NF_SCENE_MIN_OBJECTS,
    .max_objects = NF_SCENE_MAX_OBJECTS };
}

static gboolean
check_params (const NfSceneParams *params, GError **error)
{
  if (params->frames < 1 || params->frames > MAX_FRAMES) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "scene: frames must be 1 to %d, got %u", MAX_FRAMES, params->frames);
    return FALSE;
  }
  if (params->max_objects < 1 || params->max_objects > KINDS) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "scene: the most objects must be 1 to %d, got %u", KINDS,
        params->max_objects);
    return FALSE;
  }
  if (params->min_objects < 1 || params->min_objects > params->max_objects) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "scene: the fewest objects must be 1 to %u, got %u",
        params->max_objects, params->min_objects);
    return FALSE;
  }
  return TRUE;
}

/* more often in the middle of the range than at its ends */
static guint
draw_count (Dice *dice, const NfSceneParams *params)
{
  gdouble range = params->max_objects - params->min_objects + 1;
  gdouble u = (draw (dice, 0, range) + draw (dice, 0, range)) / 2;

  return params->min_objects + (guint) u;
}

/* The area grows a little with every failure, so a place is always found */
static void
place_at_rest (Making *making, Dice *dice, guint8 id)
{
  static const gdouble still[2] = { 0, 0 };
  gdouble x, z, grow = 1;

  do {
    x = draw (dice, LEFT, RIGHT) * grow;
    z = (NEAR + FAR) / 2 + draw (dice, NEAR - FAR, FAR - NEAR) / 2 * grow;
    grow *= 1.01;
  } while (!nf_physics_has_room (making->physics, x, z, GAP));

  nf_physics_add (making->physics, nf_scene_shape (id), x, z,
      draw (dice, 0, 2 * G_PI), still);
  making->ids[making->n_bodies++] = id;
}

/* a place on the picture's edge: the sides and the near edge more often than
 * the far one */
static void
draw_edge (const NfCamera *camera, Dice *dice, gdouble *x, gdouble *z)
{
  gdouble side = draw (dice, 0, 1), along = draw (dice, 0.1, 0.9);
  gdouble column = along * camera->width, row = along * camera->height;

  if (side < 0.3)
    column = 0;
  else if (side < 0.6)
    column = camera->width;
  else if (side < 0.88)
    row = camera->height;
  else
    row = 0;
  nf_camera_ground (camera, column, row, x, z);
}

static void
draw_target (Making *making, Dice *dice, gdouble *x, gdouble *z)
{
  NfMotion motion;
  guint n = making->n_bodies;

  if (n == 0 || draw (dice, 0, 1) >= AIMED) {
    *x = draw (dice, LEFT, RIGHT) * 0.7;
    *z = draw (dice, NEAR, FAR);
    return;
  }
  nf_physics_motion (
      making->physics, MIN ((guint) draw (dice, 0, n), n - 1), &motion);
  *x = motion.position[0] + draw (dice, -0.6, 0.6);
  *z = motion.position[2] + draw (dice, -0.6, 0.6);
}

static gboolean
is_in_sight (const NfCamera *camera, gdouble x, gdouble z)
{
  const gdouble centre[3] = { x, 0.5, z };
  gdouble column, row, depth, reach;

  if (!nf_camera_project (camera, centre, &column, &row, &depth))
    return FALSE;
  reach = REACH * camera->focal / depth;
  return column > -reach && column < camera->width + reach && row > -reach
      && row < camera->height + reach;
}

/* It starts on the line from its target through a place on the picture's edge,
 * so far out that it is not seen */
static void
plan_entry (Making *making, Dice *dice, guint8 id)
{
  const NfCamera *camera = &making->scene->view.camera;
  Entry *entry = &making->entries[making->n_entries++];
  gdouble x, z, to_x, to_z, distance, speed, arrival, out = OUTSIDE;

  draw_edge (camera, dice, &x, &z);
  draw_target (making, dice, &to_x, &to_z);
  distance = MAX (hypot (to_x - x, to_z - z), 1e-3);
  to_x = (to_x - x) / distance;
  to_z = (to_z - z) / distance;
  while (out < FARTHEST && is_in_sight (camera, x - out * to_x, z - out * to_z))
    out += 0.5;
  speed = draw (dice, SLOW, FAST);
  arrival = FIRST_ARRIVAL
      + making->scene->frames * pow (draw (dice, 0, 1), EARLINESS);
  *entry = (Entry){ .id = id,
    .start = (gint) floor (arrival - out / speed),
    .x = x - out * to_x,
    .z = z - out * to_z,
    .turn = draw (dice, 0, 2 * G_PI),
    .velocity = { speed * to_x, speed * to_z } };
}

/* One object at least rests, and one at least moves, where there are two */
static void
populate (Making *making, const NfSceneParams *params)
{
  NfRngKey kinds = {
    .seed = params->seed, .stream = params->clip, .purpose = NF_RNG_SCENE_KIND
  };
  Dice dice = { { .seed = params->seed,
      .stream = params->clip,
      .purpose = NF_RNG_SCENE_PLACE } };
  guint order[KINDS], n, resting = 1;

  nf_rng_shuffle (&kinds, KINDS, order);
  n = draw_count (&dice, params);
  for (guint i = 2; i < n; i++)
    resting += draw (&dice, 0, 1) < RESTING;
  for (guint i = 0; i < n; i++)
    if (i < resting)
      place_at_rest (making, &dice, order[i] + 1);
    else
      plan_entry (making, &dice, order[i] + 1);
}

/* What is due starts, or the next frame from farther away if another object is
 * in its way */
static void
start_entries (Making *making, gint frame)
{
  for (guint i = 0; i < making->n_entries; i++) {
    Entry *e = &making->entries[i];

    if (e->id == 0 || e->start > frame)
      continue;
    if (!nf_physics_has_room (making->physics, e->x, e->z, GAP)) {
      e->x -= e->velocity[0];
      e->z -= e->velocity[1];
      continue;
    }
    nf_physics_add (making->physics, nf_scene_shape (e->id), e->x, e->z,
        e->turn, e->velocity);
    making->ids[making->n_bodies++] = e->id;
    e->id = 0;
  }
}

static void
record_frame (Making *making, guint frame)
{
  NfScene *scene = making->scene;

  scene->starts[frame] = scene->objects->len;
  for (guint i = 0; i < making->n_bodies; i++) {
    NfSceneObject object = { .id = making->ids[i] };
    NfMotion motion;

    nf_physics_motion (making->physics, i, &motion);
    memcpy (object.position, motion.position, sizeof object.position);
    memcpy (object.rotation, motion.rotation, sizeof object.rotation);
    g_array_append_val (scene->objects, object);
    g_array_append_val (scene->motions, motion);
  }
  scene->starts[frame + 1] = scene->objects->len;
}

NfScene *
nf_scene_new (const NfSceneParams *params, GError **error)
{
  g_autoptr (NfPhysics) physics = NULL;
  Making making = { NULL };
  NfScene *scene;

  if (!check_params (params, error))
    return NULL;

  scene = g_new0 (NfScene, 1);
  physics = nf_physics_new ();
  making.scene = scene;
  making.physics = physics;
  nf_view_init (&scene->view, params->seed, params->clip);
  scene->frames = params->frames;
  scene->objects = g_array_new (FALSE, FALSE, sizeof (NfSceneObject));
  scene->motions = g_array_new (FALSE, FALSE, sizeof (NfMotion));
  scene->starts = g_new0 (guint, params->frames + 1);
  populate (&making, params);
  for (gint frame = -WARM_UP; frame < (gint) params->frames; frame++) {
    start_entries (&making, frame);
    if (frame >= 0)
      record_frame (&making, frame);
    nf_physics_step (physics);
  }

  return scene;
}

void
nf_scene_free (NfScene *scene)
{
  if (scene == NULL)
    return;
  g_array_unref (scene->objects);
  g_array_unref (scene->motions);
  g_free (scene->starts);
  g_free (scene);
}

const NfView *
nf_scene_view (const NfScene *scene)
{
  return &scene->view;
}

const NfSceneObject *
nf_scene_objects (const NfScene *scene, guint frame, guint *n)
{
  g_return_val_if_fail (frame < scene->frames, NULL);
  *n = scene->starts[frame + 1] - scene->starts[frame];
  return (const NfSceneObject *) (gpointer) scene->objects->data
      + scene->starts[frame];
}

const NfMotion *
nf_scene_motions (const NfScene *scene, guint frame, guint *n)
{
  g_return_val_if_fail (frame < scene->frames, NULL);
  *n = scene->starts[frame + 1] - scene->starts[frame];
  return (const NfMotion *) (gpointer) scene->motions->data
      + scene->starts[frame];
}
