/* SPDX-License-Identifier: MIT
 *
 * nffutures — predicting frames from the masks before them, by simulation
 *
 * From the class masks of a few frames this estimates where each object stands
 * and how it moves (nftracks, nfactors). Then it simulates what follows: once
 * from the likeliest states and, if wanted, many more times from other states
 * that the masks allow. Every future gives poses, which can be rendered. All
 * futures together give the probability of each pixel's class, and the mask
 * that is best on average.
 *
 *   NfFuturesParams params;
 *   g_autoptr (NfFutures) futures = NULL;
 *
 *   nf_futures_params_init (&params);
 *   futures = nf_futures_new (&params, masks, 11, 240, 160, 11, &error);
 *   nf_futures_mask (futures, 11, mask);             the mask of frame 22
 *   objects = nf_futures_objects (futures, 0, 11, &n);     and its poses,
 *   nf_renderer_render (renderer, nf_futures_view (futures), objects, n, ...);
 *
 * "ahead" counts frames from the newest mask on: 1 is the one that follows it,
 * 0 the newest mask's own frame. Masks are one byte a pixel, row by row without
 * padding; values of 49 and more are background.
 * See: nfextrapolate.h (without poses), nfrender.h, docs/scenes.md */
#pragma once

#include <gio/gio.h>

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>
#include <nextframe/scene/world/nfscene.h>

G_BEGIN_DECLS

#define NF_FUTURES_MAX 1000

/**
 * NfDecide:
 * @NF_DECIDE_LIKELIEST: the mask of the likeliest future
 * @NF_DECIDE_JACCARD: object by object the mask with the largest Jaccard index
 *   on average over all futures
 * @NF_DECIDE_POOLED: pixel by pixel the class that most futures have, where at
 *   least 0.43 of them have it: this makes the pooled Jaccard index of many
 *   clips largest
 * @NF_DECIDE_PICTURE: what a picture can show that comes nearest to
 *   %NF_DECIDE_POOLED: every object stands where one of the futures has it, or
 *   is left out
 *
 * How one mask is made of many futures. With a single future each of them gives
 * its mask.
 */
typedef enum
{
  NF_DECIDE_LIKELIEST,
  NF_DECIDE_JACCARD,
  NF_DECIDE_POOLED,
  NF_DECIDE_PICTURE,
} NfDecide;

/**
 * NfFuturesParams:
 * @futures: how many are simulated, 1 to %NF_FUTURES_MAX; the first one is the
 *   likeliest, the others begin with other states that the masks allow
 * @decide: how the mask is made of them
 * @seed: of the other states; the same seed gives the same futures
 * @cancellable: (nullable): looked at for each frame that is simulated or
 *   painted; it must live as long as the futures
 */
typedef struct
{
  guint futures;
  NfDecide decide;
  guint64 seed;
  GCancellable *cancellable;
} NfFuturesParams;

typedef struct _NfFutures NfFutures;

/**
 * nf_futures_params_init:
 * @params: (out caller-allocates): a single future, the likeliest
 */
NF_API void nf_futures_params_init (NfFuturesParams *params);

/**
 * nf_futures_new:
 * @params: how many futures, and how one mask is made of them
 * @masks: (array length=n_masks): the past, oldest first, each @width x
 *   @height; not needed any more when this returns
 * @n_masks: how many, at least 1; the last 12 are used
 * @width: columns, at least 1
 * @height: rows, at least 1
 * @horizon: how many frames to predict, at least 1
 * @error: return location: %NF_ERROR_INVALID for a parameter out of range,
 *   %NF_ERROR_NO_MEMORY, %NF_ERROR_CANCELLED
 *
 * Returns: (transfer full) (nullable): the futures
 */
NF_API NfFutures *nf_futures_new (const NfFuturesParams *params,
    const guint8 *const *masks, guint n_masks, guint width, guint height,
    guint horizon, GError **error);

/**
 * nf_futures_free:
 * @futures: (transfer full): the futures
 */
NF_API void nf_futures_free (NfFutures *futures);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfFutures, nf_futures_free)

/**
 * nf_futures_count:
 * @futures: the futures
 *
 * Returns: how many there are, 1 to %NF_FUTURES_MAX
 */
NF_API guint nf_futures_count (const NfFutures *futures);

/**
 * nf_futures_horizon:
 * @futures: the futures
 *
 * Returns: how many frames they reach beyond the newest mask
 */
NF_API guint nf_futures_horizon (const NfFutures *futures);

/**
 * nf_futures_mask:
 * @futures: the futures
 * @ahead: which frame, 0 to the horizon
 * @mask: (out caller-allocates): its mask, one byte a pixel, as large as those
 *   of the past
 * @error: return location: %NF_ERROR_NO_MEMORY, %NF_ERROR_CANCELLED
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_futures_mask (
    const NfFutures *futures, guint ahead, guint8 *mask, GError **error);

/**
 * nf_futures_probability:
 * @futures: the futures
 * @ahead: which frame, 0 to the horizon
 * @object: (out caller-allocates) (nullable): for each pixel the share of the
 *   futures in which it shows an object, 0 to 1
 * @spread: (out caller-allocates) (nullable): for each pixel how little the
 *   futures agree on its class: the share of them that do not show the most
 *   frequent class, 0 to 1; 0 where all agree
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_futures_probability (const NfFutures *futures, guint ahead,
    gfloat *object, gfloat *spread, GError **error);

/**
 * nf_futures_view:
 * @futures: the futures
 *
 * Returns: (transfer none): the estimated camera, for images as large as the
 *   masks (nf_renderer_render() brings it to another size), and a light of 1
 */
NF_API const NfView *nf_futures_view (const NfFutures *futures);

/**
 * nf_futures_objects:
 * @futures: the futures
 * @future: which one, from 0; 0 is the likeliest
 * @ahead: which frame, 0 to the horizon; 0 has the poses of the newest mask
 * @n: (out): how many objects there are
 *
 * Objects that are out of sight are included. The number and the order are the
 * same in every future and every frame.
 *
 * Returns: (transfer none) (array length=n): the poses of the objects
 */
NF_API const NfSceneObject *nf_futures_objects (
    const NfFutures *futures, guint future, guint ahead, guint *n);

/**
 * nf_futures_compose:
 * @futures: the futures
 * @ahead: which frame, 0 to the horizon
 * @now: (out caller-allocates): room for as many objects as
 *   nf_futures_objects() has: where they are in the newest mask's frame
 * @then: (out caller-allocates): as much room: where they are in frame @ahead;
 *   objects that are better left out are missing
 * @n_then: (out): how many objects there are in @then
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * Finds the objects of the one picture that stands best for all futures, as
 * %NF_DECIDE_PICTURE has it.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_futures_compose (const NfFutures *futures, guint ahead,
    NfSceneObject *now, NfSceneObject *then, guint *n_then, GError **error);

G_END_DECLS
