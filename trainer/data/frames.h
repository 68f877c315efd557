/* SPDX-License-Identifier: MIT
 *
 * frames — brings RGB frames to another size
 *
 * Through GstVideoConverter with linear resampling, as the elements do, so
 * that a network is trained on the pixels that it is given later. */
#pragma once

#include "core/nferror.h"

G_BEGIN_DECLS

gboolean nf_frames_resize_rgb (const guint8 *src, gint src_width,
    gint src_height, guint8 *dst, gint dst_width, gint dst_height,
    GError **error);

G_END_DECLS
