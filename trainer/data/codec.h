/* SPDX-License-Identifier: MIT
 *
 * codec — what compressing a video does to a frame */
#pragma once

#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

/**
 * nf_codec_distort:
 * @rgb: (height, width, 3); changes as by compressing and decoding it
 * @width: columns
 * @height: rows
 * @quality: 1 to 100
 * @error: return location: %NF_ERROR_FAILED
 *
 * JPEG with chroma at half the size (4:2:0), which is what the intra frames of
 * video codecs do to a picture: 8x8 blocks of rounded cosine coefficients.
 */
gboolean nf_codec_distort (
    guint8 *rgb, gint width, gint height, gint quality, GError **error);

G_END_DECLS
