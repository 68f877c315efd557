/* SPDX-License-Identifier: MIT
 *
 * gstnfsegmentsize — frames beside those that a network was trained on
 *
 * Networks know objects at the size at which they saw them. See:
 * gstnfsegment.c */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

/**
 * gst_nf_segment_size_ratio:
 * @info: of frames
 * @trained_width: columns of the frames that a network was trained on, of
 *   square pixels
 * @trained_height: rows of them
 *
 * Returns: how large an object is in these frames beside how large it was in
 *   the network's, where both show as much: above 1 where it is larger
 */
gdouble gst_nf_segment_size_ratio (
    const GstVideoInfo *info, guint trained_width, guint trained_height);

/**
 * gst_nf_segment_size_is_far:
 * @ratio: see gst_nf_segment_size_ratio()
 *
 * Returns: whether masks suffer from it
 */
gboolean gst_nf_segment_size_is_far (gdouble ratio);

/**
 * gst_nf_segment_size_scale:
 * @info: of frames
 * @ratio: see gst_nf_segment_size_ratio()
 * @width: (out): columns at which objects are as large as the network saw them,
 *   of square pixels; at least 1
 * @height: (out): rows, likewise
 */
void gst_nf_segment_size_scale (
    const GstVideoInfo *info, gdouble ratio, guint *width, guint *height);

G_END_DECLS
