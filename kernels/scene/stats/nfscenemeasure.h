/* SPDX-License-Identifier: MIT
 *
 * nfscenemeasure — what is counted in one clip
 *
 * Sums only, so that clips can be added up and left out again.
 * See: nfscenestats, docs/scenes.md */
#pragma once

#include <nextframe/metrics/nfclasses.h>

G_BEGIN_DECLS

/**
 * NfSceneSum:
 *
 * Numbers of a clip. A triple has one number a shape, in the order of
 * #NfSceneShape. Lengths on the ground are object sizes, and speeds sizes a
 * frame; heights and rows are pixels of an image 240 wide.
 */
typedef enum
{
  NF_SCENE_SUM_CLIPS, /* 1, with masks */
  NF_SCENE_SUM_FRAMES,
  NF_SCENE_SUM_IN_SIGHT, /* over frames: objects */
  NF_SCENE_SUM_OBJECTS, /* that are seen at any time */
  NF_SCENE_SUM_MOVERS, /* of these, those that move */
  NF_SCENE_SUM_FIRST, /* seen well enough in the first frame */
  NF_SCENE_SUM_RESTING, /* of these, those that rest then */
  NF_SCENE_SUM_ARRIVALS, /* come into sight after the first frame */
  NF_SCENE_SUM_ARRIVAL_SPEED,
  NF_SCENE_SUM_STEPS, /* triple: frames in which one moves */
  NF_SCENE_SUM_SPEED = NF_SCENE_SUM_STEPS + 3, /* triple, over these */
  NF_SCENE_SUM_FREE_STEPS = NF_SCENE_SUM_SPEED + 3, /* triple, with no other
                                                       object near */
  NF_SCENE_SUM_LOST_SPEED = NF_SCENE_SUM_FREE_STEPS + 3, /* triple: there */
  NF_SCENE_SUM_COLLISIONS = NF_SCENE_SUM_LOST_SPEED + 3, /* pairs that hit */
  NF_SCENE_SUM_COLLIDED, /* whether any pair did */
  NF_SCENE_SUM_WHOLE, /* views of spheres seen whole; one at rest has one */
  NF_SCENE_SUM_ROW, /* of their centre, over these */
  NF_SCENE_SUM_HEIGHT,
  NF_SCENE_SUM_ROW_ROW,
  NF_SCENE_SUM_ROW_HEIGHT,
  NF_SCENE_SUM_LIT, /* frames with pictures */
  NF_SCENE_SUM_LIGHT, /* over these: median brightness, 0 to 255 */
  NF_SCENE_SUM_LIGHT_FAR, /* of the upper quarter */
  NF_SCENE_SUM_LIGHT_NEAR, /* of the lower quarter */
  NF_SCENE_N_SUMS,
} NfSceneSum;

/**
 * NfSceneMeasure:
 * @sums: by #NfSceneSum
 * @pixels: by class: how many have a colour
 * @colors: by class: mean red, green, blue, 0 to 255
 */
typedef struct
{
  gdouble sums[NF_SCENE_N_SUMS];
  gsize pixels[NF_N_CLASSES];
  gdouble colors[NF_N_CLASSES][3];
} NfSceneMeasure;

void nf_scene_measure (NfSceneMeasure *measure, const guint8 *frames,
    const guint8 *masks, guint n_frames, guint width, guint height);

G_END_DECLS
