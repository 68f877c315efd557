/* SPDX-License-Identifier: MIT
 *
 * nfrender — a ray caster for scenes
 *
 * Gray ground, soft key and fill light, soft shadows; matt rubber and metal
 * that mirrors its surroundings; antialiased. The mask is exact: each pixel has
 * the class of the object that its centre shows.
 * See: nfscene.h (what moves), nfview.h (camera and light), docs/scenes.md */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/scene/world/nfscene.h>

G_BEGIN_DECLS

typedef struct _NfRenderer NfRenderer;

/**
 * nf_renderer_new:
 * @width: of the pictures, pixels, at least 1
 * @height: of the pictures, pixels, at least 1
 * @threads: how many may work at once, 0 for one a core; the pictures are the
 *   same with any number
 *
 * Returns: (transfer full) (nullable): a renderer, to be used by one thread at a
 *   time; %NULL where there is no memory for its pictures
 */
NF_API NfRenderer *nf_renderer_new (guint width, guint height, guint threads);

/**
 * nf_renderer_free:
 * @renderer: (transfer full): a renderer
 */
NF_API void nf_renderer_free (NfRenderer *renderer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfRenderer, nf_renderer_free)

/**
 * nf_renderer_render:
 * @renderer: a renderer
 * @view: camera and light; the camera is brought to the pictures' size
 * @objects: (array length=n_objects): the objects on the ground
 * @n_objects: how many
 * @rgb: (out caller-allocates) (optional): the picture, 3 bytes a pixel: red,
 *   green, blue
 * @rgb_stride: bytes from row to row
 * @mask: (out caller-allocates) (optional): class ids, a byte a pixel
 * @mask_stride: bytes from row to row
 *
 * Objects may be anywhere; those whose numbers are not finite are left out.
 */
NF_API void nf_renderer_render (NfRenderer *renderer, const NfView *view,
    const NfSceneObject *objects, guint n_objects, guint8 *rgb,
    gsize rgb_stride, guint8 *mask, gsize mask_stride);

G_END_DECLS
