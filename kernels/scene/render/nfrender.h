/* SPDX-License-Identifier: MIT
 *
 * nfrender — a ray caster for scenes
 *
 * Gray ground, soft key and fill light, soft shadows; matt rubber and metal
 * that mirrors its surroundings; antialiased. The mask is exact: each pixel has
 * the class of the object that its centre shows.
 * See: nfscene.h (what moves), nfview.h (camera and light), docs/scenes.md */
#pragma once

#include "scene/world/nfscene.h"

G_BEGIN_DECLS

typedef struct _NfRenderer NfRenderer;

NfRenderer *nf_renderer_new (guint width, guint height, guint threads);
void nf_renderer_free (NfRenderer *renderer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfRenderer, nf_renderer_free)

void nf_renderer_render (NfRenderer *renderer, const NfView *view,
    const NfSceneObject *objects, guint n_objects, guint8 *rgb,
    gsize rgb_stride, guint8 *mask, gsize mask_stride);

G_END_DECLS
