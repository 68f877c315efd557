/* SPDX-License-Identifier: MIT
 *
 * nfmotion — how an object moves at the end of its track
 *
 * See: nftracks (where it was seen), nfbodies (how it goes on), nffutures */
#pragma once

#include <nextframe/core/nfapi.h>
#include "scene/track/nfbodies.h"
#include <nextframe/scene/track/nftracks.h>

G_BEGIN_DECLS

/**
 * NfMotionParams:
 * @bodies: how bodies slow down and collide
 * @noise: standard deviation of an outline's place where all of it is seen,
 *   pixels
 * @hidden_noise: what is added to it where nothing is seen, pixels; in
 *   proportion between
 * @max_window: most frames that a velocity is fitted to
 * @max_misfit: root mean square distance of the places seen from those of one
 *   velocity, in standard deviations, above which earlier frames are left out
 * @rest_speed: sizes a frame; what is slower, rests
 */
typedef struct
{
  NfBodyParams bodies;
  gdouble noise, hidden_noise;
  guint max_window;
  gdouble max_misfit;
  gdouble rest_speed;
} NfMotionParams;

NF_API void nf_motion_params_init (NfMotionParams *params);
NF_API void nf_motion_fit (const NfMotionParams *params, const NfTrack *track,
    guint last, NfBody *body);

G_END_DECLS
