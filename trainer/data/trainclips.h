/* SPDX-License-Identifier: MIT
 *
 * trainclips — the clips that a training's settings name
 *
 * See: kernels/clips/nfclipsource.h */
#pragma once

#include "clips/nfclipsource.h"
#include "config/runconfig.h"
#include "data/badclips.h"

G_BEGIN_DECLS

NfClipSource *nf_train_clips_open (const NfTrainConfig *config, gboolean masks,
    NfBadClips *bad, GError **error);
gboolean nf_train_clips_open_held_out (const NfTrainConfig *config,
    gboolean masks, NfClipSource **source, GError **error);
gboolean nf_train_clips_check (
    NfClipSource *source, guint threads, NfBadClips *bad, GError **error);
gchar *nf_train_clips_identity (
    const NfTrainConfig *config, const NfClipSource *source);

G_END_DECLS
