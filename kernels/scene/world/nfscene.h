/* SPDX-License-Identifier: MIT
 *
 * nfscene — synthetic clips: cubes, spheres and cylinders that slide, roll and
 * collide
 *
 * Rigid bodies on a level ground, simulated with ODE, at the pace of the real
 * clips. A clip is a pure function of its seed and its number.
 * World and units: nfcamera.h. Pictures of it: nfrender.h. Fit: docs/scenes.md */
#pragma once

#include "scene/world/nfsceneobject.h"
#include "scene/world/nfview.h"

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

void nf_scene_params_init (NfSceneParams *params);

NfScene *nf_scene_new (const NfSceneParams *params, GError **error);
void nf_scene_free (NfScene *scene);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfScene, nf_scene_free)

const NfView *nf_scene_view (const NfScene *scene);
const NfSceneObject *nf_scene_objects (
    const NfScene *scene, guint frame, guint *n);
const NfMotion *nf_scene_motions (const NfScene *scene, guint frame, guint *n);

G_END_DECLS
