/* SPDX-License-Identifier: MIT
 *
 * gstnfnpyvideo — which array is which video, and the frames of both
 *
 *   (T, H, W)     bytes           GRAY8
 *   (T, H, W)     16 bits         GRAY16_LE, GRAY16_BE
 *   (T, H, W, 3)  bytes           RGB
 *   (H, W) is one frame; (T, H, W, 1) is the same as (T, H, W)
 *
 * Siblings: gstnfnpydec.c, gstnfnpyenc.c, kernels/io/nfnpy.h */
#pragma once

#include <nextframe/io/nfnpy.h>

#include <gst/video/video.h>

G_BEGIN_DECLS

/* a file of one array, or of several that follow each other */
#define GST_NF_NPY_CAPS "video/x-npy"
/* what they were called before: playbin3 waits for ever for what is neither video,
 * audio nor text by its name */
#define GST_NF_NPY_OLD_CAPS "application/x-npy"
#define GST_NF_NPY_FORMATS "{ GRAY8, GRAY16_LE, GRAY16_BE, RGB }"

gboolean gst_nf_npy_video_from_header (const NfNpyHeader *header,
    gboolean palette, GstVideoInfo *info, guint64 *frames, GError **error);
gboolean gst_nf_npy_video_to_header (const GstVideoInfo *info, guint64 frames,
    NfNpyHeader *header, GError **error);

gsize gst_nf_npy_video_frame_bytes (
    const NfNpyHeader *header, const GstVideoInfo *info);
gboolean gst_nf_npy_video_read (const NfNpyHeader *header, const guint8 *data,
    GstVideoFrame *frame, GError **error);
void gst_nf_npy_video_write (const GstVideoFrame *frame, guint8 *data);

G_END_DECLS
