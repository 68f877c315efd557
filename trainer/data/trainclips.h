/* SPDX-License-Identifier: MIT
 *
 * trainclips — the clips that a training's settings name
 *
 * See: kernels/clips/nfclipsource.h */
#pragma once

#include "clips/nfclipsource.h"
#include "config/runconfig.h"

G_BEGIN_DECLS

NfClipSource *nf_train_clips_open (
    const NfTrainConfig *config, gboolean masks, GError **error);
gboolean nf_train_clips_open_held_out (const NfTrainConfig *config,
    gboolean masks, NfClipSource **source, GError **error);

G_END_DECLS
