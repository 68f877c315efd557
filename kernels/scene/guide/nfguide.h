/* SPDX-License-Identifier: MIT
 *
 * nfguide — a picture of what tracks and dynamics predict
 *
 * The guide frame is the newest frame where nothing changes, and where something
 * does the renderer's picture of the objects at their future places, with their
 * shadows. A noise predictor that takes a guide sees it beside the context.
 * See: nffutures.h (where objects will be), nfrender.h */
#pragma once

#include "scene/world/nfscene.h"
#include "scene/track/nffutures.h"

G_BEGIN_DECLS

/**
 * NF_GUIDE_BYTES:
 *
 * A pixel of a guide: red, green and blue of the guide frame; how likely an
 * object is seen there, and how little the futures agree there, 0 to 255; and
 * 255, which says that there is a guide.
 */
#define NF_GUIDE_BYTES 6

/**
 * NfPoses:
 * @objects: (array length=n): where objects are
 * @n: how many
 */
typedef struct
{
  const NfSceneObject *objects;
  guint n;
} NfPoses;

typedef struct _NfGuide NfGuide;

NfGuide *nf_guide_new (guint width, guint height, GError **error);
void nf_guide_free (NfGuide *guide);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfGuide, nf_guide_free)

void nf_guide_frame (NfGuide *guide, const NfView *view, NfPoses now,
    NfPoses then, const guint8 *newest, guint8 *rgb);
gboolean nf_guide_render (NfGuide *guide, const NfFutures *futures, guint ahead,
    const guint8 *newest, guint8 *out, GError **error);
gboolean nf_guide_render_poses (NfGuide *guide, const NfView *view, NfPoses now,
    NfPoses then, const guint8 *newest, guint8 *out, GError **error);
void nf_guide_hold (const guint8 *newest, gsize pixels, guint8 *out);

G_END_DECLS
