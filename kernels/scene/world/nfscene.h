/* SPDX-License-Identifier: MIT
 *
 * nfscene — synthetic clips: cubes, spheres and cylinders that slide, roll and
 * collide
 *
 * Rigid bodies on a level ground are simulated with ODE, at the pace of the
 * real clips. A clip depends on nothing but its seed and its number.
 * World and units: nfcamera.h; rendering: nfrender.h; how they were fitted to
 * the real clips: docs/scenes.md */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/scene/world/nfsceneobject.h>
#include <nextframe/scene/world/nfview.h>

G_BEGIN_DECLS

#define NF_SCENE_FRAMES 22
#define NF_SCENE_MIN_OBJECTS 2
#define NF_SCENE_MAX_OBJECTS 8

/**
 * NfSceneParams:
 * @seed: the user's seed
 * @clip: number of the clip, a stream of its own random numbers
 * @frames: length of the clip, 1 to 1000
 * @min_objects: fewest objects of a clip, 1 to @max_objects
 * @max_objects: most objects of a clip, up to 48
 */
typedef struct
{
  guint64 seed;
  guint64 clip;
  guint frames;
  guint min_objects, max_objects;
} NfSceneParams;

typedef struct _NfScene NfScene;

/**
 * nf_scene_params_init:
 * @params: (out caller-allocates): clip 0 of seed 0, as long and with as many
 *   objects as the real clips
 */
NF_API void nf_scene_params_init (NfSceneParams *params);

/**
 * nf_scene_new:
 * @params: which clip
 * @error: return location: %NF_ERROR_INVALID for numbers out of range
 *
 * Simulates a whole clip.
 *
 * Returns: (transfer full) (nullable): the clip
 */
NF_API NfScene *nf_scene_new (const NfSceneParams *params, GError **error);

/**
 * nf_scene_free:
 * @scene: (transfer full): a clip
 */
NF_API void nf_scene_free (NfScene *scene);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfScene, nf_scene_free)

/**
 * nf_scene_view:
 * @scene: a clip
 *
 * Returns: (transfer none): the clip's camera (for an image of 240x160) and
 *   light
 */
NF_API const NfView *nf_scene_view (const NfScene *scene);

/**
 * nf_scene_objects:
 * @scene: a clip
 * @frame: number of the frame, from 0
 * @n: (out): how many objects there are
 *
 * Returns: (transfer none) (array length=n): the objects that have started so
 *   far, in sight or not, always in the same order
 */
NF_API const NfSceneObject *nf_scene_objects (
    const NfScene *scene, guint frame, guint *n);

/**
 * nf_scene_motions:
 * @scene: a clip
 * @frame: number of the frame, from 0
 * @n: (out): how many objects there are
 *
 * Returns: (transfer none) (array length=n): how the objects of
 *   nf_scene_objects() move at that time, in the same order
 */
NF_API const NfMotion *nf_scene_motions (
    const NfScene *scene, guint frame, guint *n);

G_END_DECLS
