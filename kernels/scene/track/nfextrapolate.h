/* SPDX-License-Identifier: MIT
 *
 * nfextrapolate — future masks from past masks, without a network
 *
 * Masks are one byte a pixel, row by row without padding; a class is an
 * object's identity through time (nfclasses.h).
 * See: docs/scenes.md; gst/predict/gstnfextrapolate.c */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/scene/track/nffutures.h>

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

/**
 * nf_extrapolate:
 * @method: how to predict
 * @masks: (array length=n_masks): the past, oldest first, each @width x @height
 * @n_masks: how many, at least 1
 * @width: columns, at least 1
 * @height: rows, at least 1
 * @horizon: how many frames to predict, at least 1
 * @future: (out caller-allocates): @horizon masks, one after the other
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * Values of 49 and more are background; only %NF_EXTRAPOLATE_HOLD, which
 * copies, keeps them. From a single mask every method predicts that mask again.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_extrapolate (NfExtrapolateMethod method,
    const guint8 *const *masks, guint n_masks, guint width, guint height,
    guint horizon, guint8 *future, GError **error);

/**
 * nf_extrapolate_futures:
 * @params: how many futures, and how one mask is made of them
 * @masks: (array length=n_masks): the past, oldest first, each @width x @height
 * @n_masks: how many, at least 1
 * @width: columns, at least 1
 * @height: rows, at least 1
 * @from: the first frame that is wanted, 1 to @horizon
 * @horizon: how many frames to predict, at least 1
 * @future: (out caller-allocates): @horizon masks, one after the other; those
 *   before @from stay as they are
 * @error: return location: %NF_ERROR_INVALID for a parameter out of range,
 *   %NF_ERROR_NO_MEMORY, %NF_ERROR_CANCELLED
 *
 * The method %NF_EXTRAPOLATE_DYNAMICS with other parameters.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_extrapolate_futures (const NfFuturesParams *params,
    const guint8 *const *masks, guint n_masks, guint width, guint height,
    guint from, guint horizon, guint8 *future, GError **error);

G_END_DECLS
