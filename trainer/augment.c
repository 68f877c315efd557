/* SPDX-License-Identifier: MIT
 *
 * augment — frames and masks as training sees them: sized, mirrored, blurred
 *
 * What is drawn for a sample is a function of the seed and the sample's number.
 * Predicted frames are softer than real ones, so the network that names their
 * pixels is shown soft frames too. Sibling: frames.c, which resamples. */
#include "augment.h"
#include "core/nfrng.h"
#include "frames.h"

#include <math.h>
#include <string.h>

#define BLUR_LEAST 1.5
#define BLUR_MOST 5.0

/* Which number of a sample's stream decides what. */
enum
{
  DRAW_MIRROR,
  DRAW_BLUR,
  DRAW_BLUR_FACTOR
};

/**
 * nf_augment_draw:
 * @augment: (out): what to do to the sample
 * @seed: of the run
 * @sample: number of the training sample
 * @mirror: whether every second frame is mirrored
 * @blur_share: share of frames to blur, 0 to 1
 */
void
nf_augment_draw (NfAugment *augment, guint64 seed, guint64 sample,
    gboolean mirror, gdouble blur_share)
{
  NfRngKey key = { seed, sample, NF_RNG_AUGMENT };
  gdouble factor = nf_rng_uniform (&key, DRAW_BLUR_FACTOR);

  augment->mirror = mirror && nf_rng_uniform (&key, DRAW_MIRROR) < 0.5;
  augment->blur = nf_rng_uniform (&key, DRAW_BLUR) < blur_share
      ? BLUR_LEAST + (BLUR_MOST - BLUR_LEAST) * factor
      : 1;
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

/* Shrinks the frame to 1 / factor of each side and grows it to its size. */
static gboolean
blur (guint8 *pixels, gint width, gint height, gdouble factor, GError **error)
{
  gint w = MAX (1, lround (width / factor));
  gint h = MAX (1, lround (height / factor));
  g_autofree guint8 *small = g_malloc ((gsize) 3 * w * h);

  return nf_frames_resize_rgb (pixels, width, height, small, w, h, error)
      && nf_frames_resize_rgb (small, w, h, pixels, width, height, error);
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
  if (!nf_frames_resize_rgb (
          src, src_width, src_height, dst, width, height, error))
    return FALSE;
  if (augment->blur > 1 && !blur (dst, width, height, augment->blur, error))
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
