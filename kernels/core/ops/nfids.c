/* SPDX-License-Identifier: MIT
 *
 * nfids — class ids, a byte a pixel: painted, and counted in pairs
 *
 * Masks are large areas of one class, so pairs are counted as runs: as long as
 * the next eight pixels of both masks repeat the current pair, they are
 * compared as one 64-bit word each. */
#include "core/ops/nfids.h"

#include "core/ops/nfpixels.h"

#include <string.h>

#define RUN 8 /* pixels a word */
#define REPEAT G_GUINT64_CONSTANT (0x0101010101010101)

/**
 * nf_ids_paint:
 * @ids: class ids
 * @n: pixels
 * @colors: 256 colours, R, G and B each
 * @frame: (nullable): the frame that the ids belong to; objects are mixed with
 *   it half and half, and the background is the frame unchanged
 * @channels: of @frame: 3: RGB, 1: gray
 * @rgb: (out): n pixels; may be @frame where that has three channels
 */
void
nf_ids_paint (const guint8 *ids, gsize n, const guint8 *colors,
    const guint8 *frame, guint channels, guint8 *rgb)
{
  guint step = channels == 3 ? 1 : 0;

  for (gsize i = 0; i < n; i++)
    for (guint k = 0; k < 3; k++) {
      guint8 color = colors[3 * ids[i] + k];

      rgb[3 * i + k] = frame == NULL
          ? color
          : nf_overlay_byte (ids[i], frame[i * channels + k * step], color);
    }
}

static inline guint64
load_word (const guint8 *pixels)
{
  guint64 word;

  memcpy (&word, pixels, sizeof word);
  return word;
}

/**
 * nf_ids_count:
 * @truth: true classes
 * @prediction: predicted classes
 * @n: pixels
 * @classes: K
 * @counts: (inout): (K, K), rows the truth; each pixel adds one to its pair's.
 *   Ids of K and more are 0
 */
void
nf_ids_count (const guint8 *truth, const guint8 *prediction, gsize n,
    guint classes, guint64 *counts)
{
  gsize x = 0;

  while (x < n) {
    guint t = truth[x], p = prediction[x];
    guint64 t_word = t * REPEAT, p_word = p * REPEAT;
    gsize begin = x++;

    while (x + RUN <= n && load_word (truth + x) == t_word
        && load_word (prediction + x) == p_word)
      x += RUN;
    t = t < classes ? t : 0;
    p = p < classes ? p : 0;
    counts[t * classes + p] += x - begin;
  }
}
