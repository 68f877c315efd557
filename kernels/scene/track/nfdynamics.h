/* SPDX-License-Identifier: MIT
 *
 * nfdynamics — future masks from tracks on the ground plane
 *
 * What a scene's objects did in the last masks tells how fast they go; then
 * they go on as bodies that slow down and collide, and their outlines are drawn
 * as the camera sees them, the near ones in front.
 * See: nftracks (where they are), nfmotion (how they move), nfbodies (how they
 * go on), docs/scenes.md */
#pragma once

#include "core/nferror.h"
#include "scene/track/nfmotion.h"

G_BEGIN_DECLS

gboolean nf_dynamics_extrapolate (const NfMotionParams *params,
    const guint8 *const *masks, guint n_masks, guint width, guint height,
    guint horizon, guint8 *future, GError **error);

G_END_DECLS
