/* SPDX-License-Identifier: MIT
 *
 * gstnfcolor — how the colours of a video become RGB, for nf_op_to_rgb()
 *
 * See: gstnfframes.c */
#pragma once

#include <nextframe/core/ops/nfops.h>

#include <gst/video/video.h>

G_BEGIN_DECLS

gboolean gst_nf_color_to_rgb (const GstVideoInfo *info, NfToRgbParams *params);

G_END_DECLS
