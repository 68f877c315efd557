/* SPDX-License-Identifier: MIT
 *
 * gstnfvideo — raw video in any format and size <-> packed pixels of a network
 *
 * A network takes and gives packed pixels: 8-bit RGB (or gray) values, row by
 * row without padding. A GstNfVideo carries frames from one description to
 * another; either side of it may be a GstBuffer or packed pixels.
 * The elements use it, and the trainer, so that a network is trained on the
 * pixels that it is given later. */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

typedef struct _GstNfVideo GstNfVideo;

GstStructure *gst_nf_video_options (void);
gboolean gst_nf_video_packed_info (GstVideoInfo *info, guint width,
    guint height, guint channels, GError **error);

GstNfVideo *gst_nf_video_new (
    const GstVideoInfo *in, const GstVideoInfo *out, GError **error);
void gst_nf_video_free (GstNfVideo *self);

gboolean gst_nf_video_to_pixels (
    GstNfVideo *self, GstBuffer *in, guint8 *pixels, GError **error);
gboolean gst_nf_video_from_pixels (
    GstNfVideo *self, const guint8 *pixels, GstBuffer *out, GError **error);
gboolean gst_nf_video_convert (
    GstNfVideo *self, GstBuffer *in, GstBuffer *out, GError **error);

gboolean gst_nf_video_resize_rgb (const guint8 *src, gint src_width,
    gint src_height, guint8 *dst, gint dst_width, gint dst_height,
    GError **error);
gboolean gst_nf_video_resize_to_gray (const guint8 *src, gint src_width,
    gint src_height, guint8 *dst, gint dst_width, gint dst_height,
    GError **error);
gboolean gst_nf_video_store (const guint8 *pixels, const GstVideoInfo *info,
    GstBuffer *out, GError **error);

GstCaps *gst_nf_video_any_size (GstCaps *caps);
GstCaps *gst_nf_video_prefer_8_bits (GstCaps *caps);
GstCaps *gst_nf_video_fixate_like (GstCaps *caps, GstCaps *model);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstNfVideo, gst_nf_video_free)

G_END_DECLS
