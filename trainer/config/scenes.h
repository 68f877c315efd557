/* SPDX-License-Identifier: MIT
 *
 * scenes — clips that are rendered instead of read
 *
 * Where a data set's folder is expected, `scenes:SEED` stands for an endless
 * stream of synthetic clips and `scenes:SEED:CLIPS` for so many of them. Clip i
 * of a seed is always the same one, and what `synth --seed SEED` writes as
 * video_i. Sibling: kernels/scene/world/nfscene.h */
#pragma once

#include "core/nferror.h"
#include "scene/world/nfscene.h"

G_BEGIN_DECLS

#define NF_SCENES_MAX_CLIPS 1000000 /* of an epoch, whose order is kept */

/**
 * NfScenes:
 * @n_clips: clips of an epoch; 0: no clip comes twice
 * @width: of a frame, pixels
 * @height: of a frame, pixels
 * @clip: what clips there are; its number is that of the first one
 */
typedef struct
{
  guint n_clips;
  gint width, height;
  NfSceneParams clip;
} NfScenes;

void nf_scenes_init (NfScenes *scenes);
gboolean nf_scenes_named (const gchar *path);
gboolean nf_scenes_parse (const gchar *path, NfScenes *scenes, GError **error);

G_END_DECLS
