/* SPDX-License-Identifier: MIT
 *
 * nfdynamics — future masks from tracks on the ground plane
 *
 * What a scene's objects did in the last masks tells how fast they go; then
 * they go on as bodies that slow down and collide, and their outlines are drawn
 * as the camera sees them, the near ones in front.
 * See: nftracks (where they are), nfbodies (how they go on), docs/scenes.md */
#pragma once

#include "core/nferror.h"
#include "scene/nfbodies.h"
#include "scene/nftracks.h"

G_BEGIN_DECLS

/**
 * NfDynamicsParams:
 * @bodies: how bodies slow down and collide
 * @max_window: most frames that a speed is fitted to
 * @max_misfit: root mean square distance from a fit of one speed to the places
 *   seen, in standard deviations, above which earlier frames are left out
 * @rest_speed: sizes a frame; what is slower, rests
 */
typedef struct
{
  NfBodyParams bodies;
  guint max_window;
  gdouble max_misfit;
  gdouble rest_speed;
} NfDynamicsParams;

void nf_dynamics_params_init (NfDynamicsParams *params);
gboolean nf_dynamics_extrapolate (const NfDynamicsParams *params,
    const guint8 *const *masks, guint n_masks, guint width, guint height,
    guint horizon, guint8 *future, GError **error);

G_END_DECLS
