/* SPDX-License-Identifier: MIT
 *
 * nfscenestats — what is seen in a set of clips, in numbers
 *
 * The same arithmetic for real and synthetic clips: it knows nothing but
 * frames and masks. What is counted: docs/scenes.md, "Motion". */
#pragma once

#include <glib.h>

#include <nextframe/core/nfapi.h>

G_BEGIN_DECLS

typedef struct _NfSceneStats NfSceneStats;

/**
 * nf_scene_stats_new:
 *
 * Returns: (transfer full): statistics of no clips yet
 */
NF_API NfSceneStats *nf_scene_stats_new (void);

/**
 * nf_scene_stats_free:
 * @stats: (transfer full): statistics
 */
NF_API void nf_scene_stats_free (NfSceneStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfSceneStats, nf_scene_stats_free)

/**
 * nf_scene_stats_add:
 * @stats: statistics
 * @frames: (nullable): (n_frames, height, width, 3), red, green, blue
 * @masks: (nullable): (n_frames, height, width), class ids
 * @n_frames: at least 1
 * @width: columns, at least 1
 * @height: rows, at least 1
 *
 * Counts one more clip. Statistics that need masks leave out a clip without
 * them, and those that need frames likewise.
 */
NF_API void nf_scene_stats_add (NfSceneStats *stats, const guint8 *frames,
    const guint8 *masks, guint n_frames, guint width, guint height);

/**
 * nf_scene_stats_format_table:
 * @real: statistics of the real clips
 * @synthetic: statistics of synthetic clips
 *
 * Makes two Markdown tables: numbers of motion, size and light, and the mean
 * colour of each class that the real clips show. The column "may differ by" is
 * the difference that 19 of 20 random sets, of as many clips as the smaller
 * side has, drawn from the larger side, do not exceed; so one row in 20 exceeds
 * it by chance. The column "all together" is what 19 of 20 sets do not exceed
 * in any row (Bonferroni: each row alone may exceed it once in 20 times the
 * number of rows).
 *
 * Returns: (transfer full): the tables
 */
NF_API gchar *nf_scene_stats_format_table (
    const NfSceneStats *real, const NfSceneStats *synthetic);

G_END_DECLS
