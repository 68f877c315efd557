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

NfSceneStats *nf_scene_stats_new (void);
void nf_scene_stats_free (NfSceneStats *stats);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfSceneStats, nf_scene_stats_free)

void nf_scene_stats_add (NfSceneStats *stats, const guint8 *frames,
    const guint8 *masks, guint n_frames, guint width, guint height);
gchar *nf_scene_stats_format_table (
    const NfSceneStats *real, const NfSceneStats *synthetic);

G_END_DECLS
