/* SPDX-License-Identifier: MIT
 *
 * nfbodies — cubes, spheres and cylinders that slide, roll and collide on the
 * ground, seen from above
 *
 * A body is its footprint, a circle or a square, as wide as it is rendered, and
 * all bodies have one mass. The results are those of nfphysics for upright
 * bodies, to within a hundredth of a size after most collisions, in a twelfth
 * of the time. So a clip can be simulated a thousand times. Units: nfcamera.h;
 * time in frames.
 * See: nffutures, docs/scenes.md */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/scene/world/nfscene.h>

G_BEGIN_DECLS

/**
 * NfBody:
 * @shape: what it is
 * @x: sideways, sizes
 * @z: away, sizes
 * @vx: sideways, sizes a frame
 * @vz: away, sizes a frame
 * @turn: about the vertical, radians
 * @spin: radians a frame
 */
typedef struct
{
  NfSceneShape shape;
  gdouble x, z;
  gdouble vx, vz;
  gdouble turn, spin;
} NfBody;

/**
 * NfBodyParams:
 * @friction: speed that each shape loses a frame, sizes a frame
 * @drag: share of its speed that each shape loses a frame
 * @bounce: share of the speed of approach with which bodies part
 * @grip: friction where two bodies touch, as a share of the blow
 * @spin_drag: share of its spin that a body loses a frame
 */
typedef struct
{
  gdouble friction[3];
  gdouble drag[3];
  gdouble bounce;
  gdouble grip;
  gdouble spin_drag;
} NfBodyParams;

NF_API void nf_body_params_init (NfBodyParams *params);
NF_API void nf_bodies_advance (
    NfBody *bodies, guint n, const NfBodyParams *params, gdouble time);

G_END_DECLS
