/* SPDX-License-Identifier: MIT
 *
 * nfdecide — one mask that stands for many
 *
 * See: nffutures, docs/scenes.md */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>
#include <nextframe/metrics/nfclasses.h>

G_BEGIN_DECLS

/**
 * NF_DECIDE_SHARE:
 *
 * The share of the masks from which on a pixel of theirs makes the Jaccard index
 * of many clips larger, where that is about 0.75.
 */
#define NF_DECIDE_SHARE (0.75 / (1.0 + 0.75))

NF_API gboolean nf_decide_jaccard (const guint8 *masks, guint n_masks,
    gsize size, guint8 *mask, GError **error);

NF_API void nf_decide_pooled (
    const guint8 *masks, guint n_masks, gsize size, guint8 *mask);

G_END_DECLS
