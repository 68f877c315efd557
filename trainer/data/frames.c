/* SPDX-License-Identifier: MIT
 *
 * frames — brings RGB frames to another size
 *
 * Sibling: gst/common/gstnfvideo.c, the elements' converter, which does it. */
#include "data/frames.h"
#include "common/gstnfvideo.h"

#include <string.h>

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
  gsize size = (gsize) 3 * dst_width * dst_height;
  g_autoptr (GstNfVideo) converter = NULL;
  g_autoptr (GstBuffer) out = NULL;
  GstVideoInfo from, to;

  if (src_width == dst_width && src_height == dst_height) {
    memcpy (dst, src, size);
    return TRUE;
  }
  if (!gst_nf_video_packed_info (&from, src_width, src_height, 3, error)
      || !gst_nf_video_packed_info (&to, dst_width, dst_height, 3, error))
    return FALSE;
  converter = gst_nf_video_new (&from, &to, error);
  if (!converter)
    return FALSE;
  out = gst_buffer_new_wrapped_full (0, dst, size, 0, size, NULL, NULL);
  return gst_nf_video_from_pixels (converter, src, out, error);
}
