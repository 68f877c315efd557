/* SPDX-License-Identifier: MIT
 *
 * nfguide — a picture of what tracks and dynamics predict
 *
 * The guide frame is the newest frame where nothing changes, and where
 * something does the renderer's picture of the objects at their future places,
 * with their shadows. A network that takes a guide sees it beside the context.
 * See: nffutures.h (where objects will be), nfrender.h */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/scene/world/nfscene.h>
#include <nextframe/scene/track/nffutures.h>

G_BEGIN_DECLS

/**
 * NF_GUIDE_BYTES:
 *
 * Bytes of a pixel of a guide: red, green and blue of the guide frame; the
 * probability of an object there and how little the futures agree there, both 0
 * to 255; and 255, which marks that there is a guide.
 */
#define NF_GUIDE_BYTES 6

/**
 * NfPoses:
 * @objects: (array length=n): the objects, with their poses
 * @n: how many
 */
typedef struct
{
  const NfSceneObject *objects;
  guint n;
} NfPoses;

typedef struct _NfGuide NfGuide;

/**
 * nf_guide_new:
 * @width: of the frames, pixels, at least 1
 * @height: of the frames, pixels, at least 1
 * @error: return location: %NF_ERROR_NO_MEMORY, %NF_ERROR_INVALID for a size
 *   out of range
 *
 * Returns: (transfer full) (nullable): a renderer of guides, to be used by one
 *   thread at a time
 */
NF_API NfGuide *nf_guide_new (guint width, guint height, GError **error);

/**
 * nf_guide_free:
 * @guide: (transfer full) (nullable): a renderer of guides
 */
NF_API void nf_guide_free (NfGuide *guide);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfGuide, nf_guide_free)

/**
 * nf_guide_frame:
 * @guide: a renderer of guides
 * @view: camera and light
 * @now: the objects in the newest frame
 * @then: the objects in the guide frame
 * @newest: (H, W, 3): the newest frame, red, green and blue
 * @rgb: (out caller-allocates): (H, W, 3): the guide frame
 */
NF_API void nf_guide_frame (NfGuide *guide, const NfView *view, NfPoses now,
    NfPoses then, const guint8 *newest, guint8 *rgb);

/**
 * nf_guide_picture:
 * @guide: a renderer of guides
 * @futures: predicted from the masks of the context
 * @draw: which prediction of an ensemble, from 0; from the number of futures on
 *   they repeat
 * @ahead: which frame is wanted, 1 to the horizon
 * @newest: (H, W, 3): the newest frame, red, green and blue
 * @rgb: (out caller-allocates): (H, W, 3): the guide frame
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * The guide frame of the first prediction shows the picture that stands best
 * for all futures (nf_futures_compose()), that of a later one another future.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_guide_picture (NfGuide *guide, const NfFutures *futures,
    guint draw, guint ahead, const guint8 *newest, guint8 *rgb, GError **error);

/**
 * nf_guide_render:
 * @guide: a renderer of guides
 * @futures: predicted from the masks of the context
 * @draw: which prediction of an ensemble, from 0; from the number of futures on
 *   they repeat
 * @ahead: which frame is wanted, 1 to the horizon
 * @newest: (H, W, 3): the newest frame, red, green and blue
 * @out: (out caller-allocates): (H, W, %NF_GUIDE_BYTES): the guide
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * The frame is that of nf_guide_picture(). The probability of objects and how
 * little the futures agree come from many futures around that one.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_guide_render (NfGuide *guide, const NfFutures *futures,
    guint draw, guint ahead, const guint8 *newest, guint8 *out, GError **error);

/**
 * nf_guide_render_poses:
 * @guide: a renderer of guides
 * @view: camera and light
 * @now: the objects in the newest frame
 * @then: the objects in the frame that is wanted
 * @newest: (H, W, 3): the newest frame, red, green and blue
 * @out: (out caller-allocates): (H, W, %NF_GUIDE_BYTES): the guide
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * Renders a guide from poses that are taken to be certain.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_guide_render_poses (NfGuide *guide, const NfView *view,
    NfPoses now, NfPoses then, const guint8 *newest, guint8 *out,
    GError **error);

/**
 * nf_guide_hold:
 * @newest: (pixels, 3): the newest frame, red, green and blue
 * @pixels: how many it has
 * @out: (out caller-allocates): (pixels, %NF_GUIDE_BYTES): the newest frame,
 *   marked as no guide
 *
 * What a network gets as guide where nothing is known of the future.
 */
NF_API void nf_guide_hold (const guint8 *newest, gsize pixels, guint8 *out);

G_END_DECLS
