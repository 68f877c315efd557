/* SPDX-License-Identifier: MIT
 *
 * nffutures — what masks tell about the frames that follow them
 *
 * From the class masks of a few frames: where each object stands and how it
 * moves (nftracks, nfactors), then the simulation of what follows, once from
 * the likeliest states and, if asked, many times from states that the masks
 * allow as well. Every future gives poses, which the renderer can draw, and
 * all of them together give the probability of each pixel's class and the mask
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

#include "core/nferror.h"
#include "scene/world/nfscene.h"

G_BEGIN_DECLS

#define NF_FUTURES_MAX 1000

/**
 * NfDecide:
 * @NF_DECIDE_LIKELIEST: the mask of the likeliest future
 * @NF_DECIDE_JACCARD: object by object the mask with the largest Jaccard index
 *   on average over all futures
 * @NF_DECIDE_POOLED: pixel by pixel what makes the Jaccard index largest that
 *   many clips have together: the class that most futures have, where 0.43 of
 *   them do
 * @NF_DECIDE_PICTURE: the nearest to that which a picture can show: every object
 *   stands where one of the futures has it, or is left out
 *
 * How one mask is made of many futures. With a single future all are its mask.
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

void nf_futures_params_init (NfFuturesParams *params);

NfFutures *nf_futures_new (const NfFuturesParams *params,
    const guint8 *const *masks, guint n_masks, guint width, guint height,
    guint horizon, GError **error);
void nf_futures_free (NfFutures *futures);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfFutures, nf_futures_free)

guint nf_futures_count (const NfFutures *futures);
guint nf_futures_horizon (const NfFutures *futures);
gboolean nf_futures_mask (
    const NfFutures *futures, guint ahead, guint8 *mask, GError **error);
gboolean nf_futures_probability (const NfFutures *futures, guint ahead,
    gfloat *object, gfloat *spread, GError **error);
const NfView *nf_futures_view (const NfFutures *futures);
const NfSceneObject *nf_futures_objects (
    const NfFutures *futures, guint future, guint ahead, guint *n);
gboolean nf_futures_compose (const NfFutures *futures, guint ahead,
    NfSceneObject *now, NfSceneObject *then, guint *n_then, GError **error);

G_END_DECLS
