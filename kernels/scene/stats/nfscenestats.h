/* SPDX-License-Identifier: MIT
 *
 * nfscenestats — what is seen in a set of clips, in numbers
 *
 * The same arithmetic for real and synthetic clips: it knows nothing but
 * frames and masks. What is counted: docs/scenes.md, "Motion". */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _NfSceneStats NfSceneStats;

/**
 * nf_scene_stats_new:
 *
 * Returns: (transfer full): statistics of no clips yet
 */
NfSceneStats *nf_scene_stats_new (void);

void nf_scene_stats_free (NfSceneStats *stats);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfSceneStats, nf_scene_stats_free)

/**
 * nf_scene_stats_add:
 * @frames: (nullable): (n_frames, height, width, 3), red, green, blue
 * @masks: (nullable): (n_frames, height, width), classes
 * @n_frames: at least 1
 * @width: columns, at least 1
 * @height: rows, at least 1
 *
 * Counts one more clip. What needs masks is left out of a clip without them,
 * and so is what needs frames.
 */
void nf_scene_stats_add (NfSceneStats *stats, const guint8 *frames,
    const guint8 *masks, guint n_frames, guint width, guint height);

/**
 * nf_scene_stats_format_table:
 * @real: statistics of the real clips
 * @synthetic: statistics of synthetic clips
 *
 * Two Markdown tables: numbers of motion, size and light, and the mean colour
 * of each class that the real clips show. "may differ by": what 19 of 20 sets
 * of as many clips as the smaller one, drawn from the larger one, keep to. So
 * one row in 20 exceeds it by chance. "all together": what 19 of 20 sets keep
 * to in all rows at once (Bonferroni: a row may exceed it in one set of 20
 * times the number of rows).
 *
 * Returns: (transfer full): the tables
 */
gchar *nf_scene_stats_format_table (
    const NfSceneStats *real, const NfSceneStats *synthetic);

G_END_DECLS
