/* SPDX-License-Identifier: MIT
 *
 * frames — brings RGB frames to another size */
#include "frames.h"

#include <gst/video/video.h>
#include <string.h>

/* A video frame around interleaved RGB pixels without padding; @pixels must
 * outlive it. */
static gboolean
wrap_rgb (GstVideoFrame *frame, GstVideoInfo *info, const guint8 *pixels,
    gint width, gint height, GstMapFlags flags)
{
  gsize offset[GST_VIDEO_MAX_PLANES] = { 0 };
  gint stride[GST_VIDEO_MAX_PLANES] = { 3 * width };
  gsize size = (gsize) 3 * width * height;
  g_autoptr (GstBuffer) buffer = NULL;

  if (!gst_video_info_set_format (info, GST_VIDEO_FORMAT_RGB, width, height))
    return FALSE;
  info->stride[0] = stride[0];
  info->size = size;
  buffer = gst_buffer_new_wrapped_full (
      flags & GST_MAP_WRITE ? 0 : GST_MEMORY_FLAG_READONLY, (gpointer) pixels,
      size, 0, size, NULL, NULL);
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_FORMAT_RGB, width, height, 1, offset, stride);
  return gst_video_frame_map (frame, info, buffer, flags);
}

static GstVideoConverter *
make_converter (GstVideoInfo *in, GstVideoInfo *out)
{
  return gst_video_converter_new (in, out,
      gst_structure_new ("options", GST_VIDEO_CONVERTER_OPT_RESAMPLER_METHOD,
          GST_TYPE_VIDEO_RESAMPLER_METHOD, GST_VIDEO_RESAMPLER_METHOD_LINEAR,
          NULL));
}

/**
 * nf_frames_resize_rgb:
 * @src: interleaved 8-bit RGB pixels, rows without padding
 * @src_width: columns of @src, at least 1
 * @src_height: rows of @src, at least 1
 * @dst: (out caller-allocates): room for @dst_width x @dst_height pixels
 * @dst_width: columns wanted, at least 1
 * @dst_height: rows wanted, at least 1
 * @error: return location
 *
 * Resamples linearly, with the filter widened where the frame shrinks. Equal
 * sizes are copied.
 */
gboolean
nf_frames_resize_rgb (const guint8 *src, gint src_width, gint src_height,
    guint8 *dst, gint dst_width, gint dst_height, GError **error)
{
  GstVideoFrame in, out;
  GstVideoInfo in_info, out_info;
  GstVideoConverter *converter;

  g_return_val_if_fail (src_width > 0 && src_height > 0, FALSE);
  g_return_val_if_fail (dst_width > 0 && dst_height > 0, FALSE);
  if (src_width == dst_width && src_height == dst_height) {
    memcpy (dst, src, (gsize) 3 * src_width * src_height);
    return TRUE;
  }
  if (!wrap_rgb (&in, &in_info, src, src_width, src_height, GST_MAP_READ))
    goto failed;
  if (!wrap_rgb (&out, &out_info, dst, dst_width, dst_height, GST_MAP_WRITE)) {
    gst_video_frame_unmap (&in);
    goto failed;
  }
  converter = make_converter (&in_info, &out_info);
  if (converter) {
    gst_video_converter_frame (converter, &in, &out);
    gst_video_converter_free (converter);
  }
  gst_video_frame_unmap (&in);
  gst_video_frame_unmap (&out);
  if (converter)
    return TRUE;
failed:
  g_set_error (error, NF_ERROR, NF_ERROR_FAILED,
      "frames: GStreamer cannot resize %dx%d to %dx%d", src_width, src_height,
      dst_width, dst_height);
  return FALSE;
}
