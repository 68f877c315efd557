/* SPDX-License-Identifier: MIT
 *
 * augment — frames and masks as training sees them: sized, mirrored, blurred
 *
 * What is drawn for a sample is a function of the seed and the sample's number.
 * Predicted frames are softer than real ones, and have some noise, so the
 * network that names their pixels is shown such frames too.
 * Sibling: frames.c, which resamples. */
#include "data/augment.h"
#include "video/gstnfvideo.h"

#include <math.h>
#include <string.h>

#define BLUR_LEAST 1.5
#define BLUR_MOST 5.0

/* Which number of a sample's stream decides what. */
enum
{
  DRAW_MIRROR,
  DRAW_BLUR,
  DRAW_BLUR_FACTOR,
  DRAW_NOISE
};

/**
 * nf_augment_draw:
 * @augment: (out): what to do to the sample
 * @seed: of the run
 * @sample: number of the training sample
 * @mirror: whether every second frame is mirrored
 * @blur_share: share of frames to blur, 0 to 1
 * @noise_most: most noise on a blurred frame, in levels of 255
 */
void
nf_augment_draw (NfAugment *augment, guint64 seed, guint64 sample,
    gboolean mirror, gdouble blur_share, gdouble noise_most)
{
  NfRngKey key = { seed, sample, NF_RNG_AUGMENT };
  gdouble factor = nf_rng_uniform (&key, DRAW_BLUR_FACTOR);

  augment->mirror = mirror && nf_rng_uniform (&key, DRAW_MIRROR) < 0.5;
  augment->blur = nf_rng_uniform (&key, DRAW_BLUR) < blur_share
      ? BLUR_LEAST + (BLUR_MOST - BLUR_LEAST) * factor
      : 1;
  augment->noise = noise_most * nf_rng_uniform (&key, DRAW_NOISE);
  augment->noise_key = (NfRngKey){ seed, sample, NF_RNG_AUGMENT_NOISE };
}

static void
mirror_rows (guint8 *pixels, gint width, gint height, guint bytes)
{
  guint8 swap[3];

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

static void
add_noise (const NfAugment *augment, guint8 *pixels, gsize n)
{
  g_autofree gfloat *noise = g_new (gfloat, n);

  nf_rng_normal (&augment->noise_key, 0, n, noise);
  for (gsize i = 0; i < n; i++) {
    gdouble value = pixels[i] + augment->noise * noise[i];

    pixels[i] = (guint8) lround (CLAMP (value, 0, 255));
  }
}

/* Shrinks the frame to 1 / blur of each side, adds noise and grows it again. */
static gboolean
blur (const NfAugment *augment, guint8 *pixels, gint width, gint height,
    GError **error)
{
  gint w = MAX (1, lround (width / augment->blur));
  gint h = MAX (1, lround (height / augment->blur));
  g_autofree guint8 *small = g_malloc ((gsize) 3 * w * h);

  if (!gst_nf_video_resize_rgb (pixels, width, height, small, w, h, error))
    return FALSE;
  if (augment->noise > 0)
    add_noise (augment, small, (gsize) 3 * w * h);
  return gst_nf_video_resize_rgb (small, w, h, pixels, width, height, error);
}

/**
 * nf_augment_frame:
 * @augment: what to do
 * @src: (src_height, src_width, 3)
 * @src_width: columns
 * @src_height: rows
 * @dst: (out caller-allocates): (height, width, 3)
 * @width: columns wanted
 * @height: rows wanted
 * @error: return location
 */
gboolean
nf_augment_frame (const NfAugment *augment, const guint8 *src, gint src_width,
    gint src_height, guint8 *dst, gint width, gint height, GError **error)
{
  if (!gst_nf_video_resize_rgb (
          src, src_width, src_height, dst, width, height, error))
    return FALSE;
  if (augment->blur > 1 && !blur (augment, dst, width, height, error))
    return FALSE;
  if (augment->mirror)
    mirror_rows (dst, width, height, 3);
  return TRUE;
}

/**
 * nf_augment_mask:
 * @augment: what was done to the frame
 * @src: (src_height, src_width), classes
 * @src_width: columns
 * @src_height: rows
 * @dst: (out caller-allocates): (height, width): each pixel the class at its
 *   centre
 * @width: columns wanted
 * @height: rows wanted
 */
void
nf_augment_mask (const NfAugment *augment, const guint8 *src, gint src_width,
    gint src_height, guint8 *dst, gint width, gint height)
{
  for (gint y = 0; y < height; y++) {
    const guint8 *row =
        src + (gsize) ((2 * y + 1) * src_height / (2 * height)) * src_width;

    for (gint x = 0; x < width; x++)
      dst[(gsize) y * width + x] = row[(2 * x + 1) * src_width / (2 * width)];
  }
  if (augment->mirror)
    mirror_rows (dst, width, height, 1);
}
