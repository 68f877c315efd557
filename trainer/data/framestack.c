/* SPDX-License-Identifier: MIT
 *
 * framestack — frames of a clip side by side in the channels of one picture */
#include "data/framestack.h"
#include <nextframe/metrics/nfmask.h>
#include "video/gstnfvideo.h"

#include <string.h>

#define GRAY 1 /* channels */

/* A frame in the network's size: of the clip's pictures, or of its masks, where
 * @painted has room for one. */
static gboolean
write_frame (const NfTrainConfig *config, const NfFrame *frame, guint8 *painted,
    guint8 *dst, GError **error)
{
  const guint8 *rgb = frame->rgb;

  if (painted) {
    nf_mask_paint (frame->mask, (gsize) frame->width * frame->height, painted);
    rgb = painted;
  }
  return config->diffusion.channels == GRAY
      ? gst_nf_video_resize_to_gray (rgb, frame->width, frame->height, dst,
          config->width, config->height, error)
      : gst_nf_video_resize_rgb (rgb, frame->width, frame->height, dst,
          config->width, config->height, error);
}

/**
 * nf_frame_stack_write:
 * @config: settings; the frames' size is resolved
 * @reader: looks at a clip, with its masks where `data.frames` is masks
 * @first: frame of the clip, from 0
 * @count: how many, `model.frame-stride` apart
 * @dst: gets (height, width, channels * count), interleaved
 * @stride: bytes from one pixel of @dst to the next
 * @error: return location
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_frame_stack_write (const NfTrainConfig *config, NfClipReader *reader,
    guint first, guint count, guint8 *dst, gsize stride, GError **error)
{
  const NfConfigDiffusion *model = &config->diffusion;
  const gsize pixels = (gsize) config->width * config->height;
  const gsize bytes = model->channels;
  const gboolean masks = g_str_equal (config->data.frames, "masks");
  g_autofree guint8 *sized = g_malloc (bytes * pixels);
  g_autofree guint8 *painted = NULL;

  for (guint t = 0; t < count; t++) {
    NfFrame frame;

    nf_clip_reader_frame (reader, first + t * model->frame_stride, &frame);
    if (masks)
      painted = g_realloc (painted, (gsize) 3 * frame.width * frame.height);
    if (!write_frame (config, &frame, painted, sized, error))
      return FALSE;
    for (gsize p = 0; p < pixels; p++)
      memcpy (dst + p * stride + bytes * t, sized + bytes * p, bytes);
  }
  return TRUE;
}

/**
 * nf_frame_stack_mirror:
 * @pixels: (height, width, bytes)
 * @width: columns
 * @height: rows
 * @bytes: of a pixel
 *
 * Turns left and right round.
 */
void
nf_frame_stack_mirror (guint8 *pixels, gint width, gint height, gsize bytes)
{
  g_autofree guint8 *swap = g_malloc (bytes);

  for (gint y = 0; y < height; y++) {
    guint8 *left = pixels + (gsize) y * width * bytes;
    guint8 *right = left + (gsize) (width - 1) * bytes;

    for (; left < right; left += bytes, right -= bytes) {
      memcpy (swap, left, bytes);
      memcpy (left, right, bytes);
      memcpy (right, swap, bytes);
    }
  }
}

/**
 * nf_frame_stack_cut:
 * @config: settings
 * @src: the first channel of the first frame
 * @stride: bytes from one pixel of @src to the next
 * @count: frames
 * @rgb: gets (count, height, width, 3)
 *
 * Returns: (transfer none): the end of what was written
 */
guint8 *
nf_frame_stack_cut (const NfTrainConfig *config, const guint8 *src,
    gsize stride, guint count, guint8 *rgb)
{
  const gsize pixels = (gsize) config->width * config->height;
  const gsize bytes = config->diffusion.channels;

  for (guint t = 0; t < count; t++)
    for (gsize p = 0; p < pixels; p++)
      for (guint k = 0; k < 3; k++)
        *rgb++ = src[p * stride + bytes * t + (bytes == GRAY ? 0 : k)];
  return rgb;
}
