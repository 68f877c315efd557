/* SPDX-License-Identifier: MIT
 *
 * framestack — frames of a clip side by side in the channels of one picture
 *
 * That is how the networks that predict take them. Frames are resized as in the
 * elements, in colour or gray as `model.channels` says; with `data.frames` =
 * masks they are pictures of the clip's masks. */
#pragma once

#include "clips/nfclipsource.h"
#include "config/runconfig.h"

G_BEGIN_DECLS

gboolean nf_frame_stack_write (const NfTrainConfig *config,
    NfClipReader *reader, guint first, guint count, guint8 *dst, gsize stride,
    GError **error);
void nf_frame_stack_mirror (
    guint8 *pixels, gint width, gint height, gsize bytes);
guint8 *nf_frame_stack_cut (const NfTrainConfig *config, const guint8 *src,
    gsize stride, guint count, guint8 *rgb);

G_END_DECLS
