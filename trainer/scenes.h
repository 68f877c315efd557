/* SPDX-License-Identifier: MIT
 *
 * scenes — clips that are rendered instead of read
 *
 * Where a data set's folder is expected, `scenes:SEED` stands for an endless
 * stream of synthetic clips and `scenes:SEED:CLIPS` for so many of them. Clip i
 * of a seed is always the same one, and what `synth --seed SEED` writes as
 * video_i. Sibling: kernels/scene/nfscene.h */
#pragma once

#include "core/nferror.h"
#include "scene/nfrender.h"

G_BEGIN_DECLS

#define NF_SCENES_WIDTH 240
#define NF_SCENES_HEIGHT 160
#define NF_SCENES_MAX_CLIPS 1000000 /* of an epoch, whose order is kept */

/**
 * NfScenes:
 * @seed: of the scenes
 * @n_clips: clips of an epoch; 0: no clip comes twice
 */
typedef struct
{
  guint64 seed;
  guint64 n_clips;
} NfScenes;

gboolean nf_scenes_named (const gchar *path);
gboolean nf_scenes_parse (const gchar *path, NfScenes *scenes, GError **error);

void nf_scenes_draw (NfRenderer *renderer, const NfScene *scene, guint frame,
    gint width, guint8 *rgb, guint8 *mask);

G_END_DECLS
