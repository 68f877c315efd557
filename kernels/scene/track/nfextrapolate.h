/* SPDX-License-Identifier: MIT
 *
 * nfextrapolate — future masks from past masks, without a network
 *
 * Masks are one byte a pixel, row by row without padding; a class is an
 * object's identity through time (nfclasses.h).
 * See: docs/scenes.md; gst/predict/gstnfextrapolate.c */
#pragma once

#include "scene/track/nffutures.h"

G_BEGIN_DECLS

/* what nf_extrapolate() does with NF_EXTRAPOLATE_DYNAMICS */
#define NF_EXTRAPOLATE_FUTURES 48
#define NF_EXTRAPOLATE_DECIDE NF_DECIDE_POOLED

/**
 * NfExtrapolateMethod:
 * @NF_EXTRAPOLATE_HOLD: the newest mask again
 * @NF_EXTRAPOLATE_LINEAR: each object's motion in the image goes on, slowing
 *   down by 15 % a frame
 * @NF_EXTRAPOLATE_DYNAMICS: tracks on the ground plane, with friction and
 *   collisions
 */
typedef enum
{
  NF_EXTRAPOLATE_HOLD,
  NF_EXTRAPOLATE_LINEAR,
  NF_EXTRAPOLATE_DYNAMICS,
} NfExtrapolateMethod;

gboolean nf_extrapolate (NfExtrapolateMethod method, const guint8 *const *masks,
    guint n_masks, guint width, guint height, guint horizon, guint8 *future,
    GError **error);
gboolean nf_extrapolate_futures (const NfFuturesParams *params,
    const guint8 *const *masks, guint n_masks, guint width, guint height,
    guint from, guint horizon, guint8 *future, GError **error);

G_END_DECLS
