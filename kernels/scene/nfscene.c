/* SPDX-License-Identifier: MIT
 *
 * nfscene — synthetic clips: cubes, spheres and cylinders that slide, roll and
 * collide */
#include "scene/nfscene.h"

#include "core/nferror.h"
#include "core/nfrng.h"

#include <math.h>

struct _NfScene
{
  guint frames, n;
  NfView view;
  NfSceneObject *objects; /* n a frame */
};

/**
 * nf_scene_params_init:
 *
 * Clip 0 of seed 0, as long and as full as the real clips.
 */
void
nf_scene_params_init (NfSceneParams *params)
{
  *params = (NfSceneParams){ .frames = NF_SCENE_FRAMES,
    .min_objects = NF_SCENE_MIN_OBJECTS,
    .max_objects = NF_SCENE_MAX_OBJECTS };
}

/**
 * nf_scene_new:
 * @params: which clip
 * @error: (out) (optional): numbers out of range
 *
 * Simulates a whole clip.
 *
 * Returns: (transfer full) (nullable): the clip, or NULL with @error set
 */
NfScene *
nf_scene_new (const NfSceneParams *params, GError **error)
{
  NfRngKey key = { params->seed, params->clip, NF_RNG_TEST };
  NfScene *scene = g_new0 (NfScene, 1);
  guint ids[48];

  nf_view_init (&scene->view, params->seed, params->clip);
  scene->frames = params->frames;
  scene->n = params->min_objects
      + nf_rng_below (&key, 0, params->max_objects - params->min_objects + 1);
  scene->objects = g_new0 (NfSceneObject, scene->n * scene->frames);
  nf_rng_shuffle (&key, 48, ids);
  for (guint i = 0; i < scene->n; i++) {
    gdouble x = 8.0 * nf_rng_uniform (&key, 8 * i + 100) - 4.0;
    gdouble z = 7.0 + 9.0 * nf_rng_uniform (&key, 8 * i + 101);
    gdouble vx = 0.8 * nf_rng_uniform (&key, 8 * i + 102) - 0.4;
    gdouble vz = 0.8 * nf_rng_uniform (&key, 8 * i + 103) - 0.4;

    for (guint t = 0; t < scene->frames; t++)
      scene->objects[t * scene->n + i] = (NfSceneObject){ 1 + ids[i],
        { x + vx * (1 - pow (.9, t)) / .1, .5,
            z + vz * (1 - pow (.9, t)) / .1 },
        { 1, 0, 0, 0 } };
  }
  return scene;
}

void
nf_scene_free (NfScene *scene)
{
  if (scene == NULL)
    return;
  g_free (scene->objects);
  g_free (scene);
}

guint
nf_scene_n_frames (const NfScene *scene)
{
  return scene->frames;
}

/**
 * nf_scene_view:
 *
 * Returns: (transfer none): the clip's camera (for an image of 240x160) and
 *   light
 */
const NfView *
nf_scene_view (const NfScene *scene)
{
  return &scene->view;
}

/**
 * nf_scene_objects:
 * @frame: number of the frame, from 0 on
 * @n: (out): how many there are
 *
 * Returns: (transfer none) (array length=n): the objects on the ground at that
 *   time, in sight or not
 */
const NfSceneObject *
nf_scene_objects (const NfScene *scene, guint frame, guint *n)
{
  g_return_val_if_fail (frame < scene->frames, NULL);
  *n = scene->n;
  return scene->objects + frame * scene->n;
}

NfSceneShape
nf_scene_shape (guint id)
{
  return (NfSceneShape) ((id - 1) / 16);
}

gboolean
nf_scene_is_rubber (guint id)
{
  return (id - 1) / 8 % 2 == 1;
}

/**
 * nf_scene_color:
 *
 * Returns: 0 gray 1 red 2 blue 3 green 4 brown 5 cyan 6 purple 7 yellow
 */
guint
nf_scene_color (guint id)
{
  return (id - 1) % 8;
}
