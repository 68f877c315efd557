/* SPDX-License-Identifier: MIT
 *
 * nfscenes — clips that are rendered instead of read, as a source of clips
 *
 * Where a data set's folder is expected, `scenes:SEED` stands for an endless
 * stream of synthetic clips and `scenes:SEED:CLIPS` for so many of them. Clip i
 * of a seed is always the same one, and what `synth --seed SEED` writes as
 * video_i. Only those frames of a clip are rendered that are read.
 * See: scene/world/nfscene.h, which makes them; sibling: nffolder.c */
#pragma once

#include <nextframe/core/nfapi.h>
#include "clips/nfclipsource.h"
#include <nextframe/scene/world/nfscene.h>

G_BEGIN_DECLS

#define NF_SCENES_MAX_CLIPS 1000000 /* the order of an epoch is in memory */

/**
 * NfScenes:
 * @n_clips: clips of an epoch; 0: no clip comes twice
 * @width: of a frame, pixels
 * @height: of a frame, pixels
 * @clip: the settings of the scenes; its number is that of the first clip
 */
typedef struct
{
  guint n_clips;
  gint width, height;
  NfSceneParams clip;
} NfScenes;

NF_API void nf_scenes_init (NfScenes *scenes);
NF_API NfClipSource *nf_clip_source_new_scenes (const NfScenes *scenes);

G_END_DECLS
