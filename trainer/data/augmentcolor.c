/* SPDX-License-Identifier: MIT
 *
 * augmentcolor — brightness, contrast, hue, saturation, value, gamma and local
 * contrast of a frame
 *
 * Hue, saturation and value: Smith, "Color gamut transform pairs", 1978. Local
 * contrast: contrast limited adaptive histogram equalisation (CLAHE), Zuiderveld,
 * "Graphics Gems IV", 1994, on the luma; colours move as much as it does. */
#include "data/augmentcolor.h"

#include <math.h>
#include <string.h>

#define TILES 8 /* of CLAHE, each way */
#define LEVELS 256

static inline guint8
to_byte (gdouble value)
{
  return (guint8) lround (CLAMP (value, 0, 255));
}

/* One byte to another, the same for every pixel and colour. */
static void
apply_table (const guint8 table[LEVELS], guint8 *rgb, gsize n)
{
  for (gsize i = 0; i < n; i++)
    rgb[i] = table[rgb[i]];
}

static void
change_light (const NfAugment *augment, guint8 *rgb, gsize n)
{
  guint8 table[LEVELS];
  gdouble mean = 0;

  for (gsize i = 0; i < n; i++)
    mean += rgb[i];
  mean /= n;
  for (guint i = 0; i < LEVELS; i++)
    table[i] = to_byte (
        mean + (i - mean) * augment->contrast + 255 * augment->brightness);
  apply_table (table, rgb, n);
}

static void
change_gamma (const NfAugment *augment, guint8 *rgb, gsize n)
{
  guint8 table[LEVELS];

  for (guint i = 0; i < LEVELS; i++)
    table[i] = to_byte (255 * pow (i / 255.0, augment->gamma));
  apply_table (table, rgb, n);
}

/* Hue in [0, 6), saturation and value in [0, 1]. */
static void
to_hsv (const guint8 rgb[3], gdouble hsv[3])
{
  gdouble most = MAX (rgb[0], MAX (rgb[1], rgb[2]));
  gdouble least = MIN (rgb[0], MIN (rgb[1], rgb[2]));
  gdouble range = most - least, hue = 0;

  if (range > 0) {
    if (most == rgb[0])
      hue = (rgb[1] - rgb[2]) / range;
    else if (most == rgb[1])
      hue = 2 + (rgb[2] - rgb[0]) / range;
    else
      hue = 4 + (rgb[0] - rgb[1]) / range;
  }
  hsv[0] = hue < 0 ? hue + 6 : hue;
  hsv[1] = most > 0 ? range / most : 0;
  hsv[2] = most / 255;
}

static void
from_hsv (const gdouble hsv[3], guint8 rgb[3])
{
  static const gdouble offset[3] = { 5, 3, 1 };

  for (guint i = 0; i < 3; i++) {
    gdouble k = fmod (offset[i] + hsv[0], 6);
    gdouble share = CLAMP (MIN (k, 4 - k), 0, 1);

    rgb[i] = to_byte (255 * hsv[2] * (1 - hsv[1] * share));
  }
}

static void
change_color (const NfAugment *augment, guint8 *rgb, gsize n)
{
  for (gsize i = 0; i < n; i += 3) {
    gdouble hsv[3];

    to_hsv (rgb + i, hsv);
    hsv[0] = fmod (hsv[0] + 6 * augment->hue + 6, 6);
    /* what has no colour gets none */
    if (hsv[1] > 0)
      hsv[1] = CLAMP (hsv[1] + augment->saturation, 0, 1);
    hsv[2] = CLAMP (hsv[2] + augment->value, 0, 1);
    from_hsv (hsv, rgb + i);
  }
}

static inline guint
luma_of (const guint8 *rgb)
{
  return (77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2]) >> 8;
}

/* The curve of a tile: the sum of its histogram, whose peaks are cut at the
 * limit and spread evenly. */
static void
tile_curve (gdouble limit, const guint8 *rgb, gint width, gint x0, gint x1,
    gint y0, gint y1, gfloat curve[LEVELS])
{
  guint counts[LEVELS] = { 0 }, pixels = (x1 - x0) * (y1 - y0);
  gdouble most = limit * pixels / LEVELS, over = 0, sum = 0;

  for (gint y = y0; y < y1; y++)
    for (gint x = x0; x < x1; x++)
      counts[luma_of (rgb + 3 * ((gsize) y * width + x))]++;
  for (guint i = 0; i < LEVELS; i++)
    over += MAX (0, counts[i] - most);
  for (guint i = 0; i < LEVELS; i++) {
    sum += MIN (counts[i], most) + over / LEVELS;
    curve[i] = (gfloat) (255 * sum / pixels);
  }
}

/* Which tiles a place lies between, and how far from the first. */
static gint
between_tiles (gint at, gint size, gint tiles, gfloat *share)
{
  gfloat place = (at + 0.5f) * tiles / size - 0.5f;
  gint first = CLAMP ((gint) floorf (place), 0, MAX (tiles - 2, 0));

  *share = tiles > 1 ? CLAMP (place - first, 0, 1) : 0;
  return first;
}

static void
equalise (const NfAugment *augment, guint8 *rgb, gint width, gint height)
{
  const gint across = MIN (TILES, width), down = MIN (TILES, height);
  g_autofree gfloat *curves = g_new (gfloat, (gsize) across * down * LEVELS);

  for (gint i = 0; i < across * down; i++) {
    gint x = i % across, y = i / across;

    tile_curve (augment->clahe, rgb, width, x * width / across,
        (x + 1) * width / across, y * height / down, (y + 1) * height / down,
        curves + (gsize) i * LEVELS);
  }
  for (gint y = 0; y < height; y++) {
    gfloat v, u;
    gint row = between_tiles (y, height, down, &v);
    gint below = MIN (row + 1, down - 1);

    for (gint x = 0; x < width; x++) {
      guint8 *pixel = rgb + 3 * ((gsize) y * width + x);
      guint level = luma_of (pixel);
      gint column = between_tiles (x, width, across, &u);
      gint right = MIN (column + 1, across - 1);
      const gfloat *c = curves + level;
      gfloat top = (1 - u) * c[(row * across + column) * LEVELS]
          + u * c[(row * across + right) * LEVELS];
      gfloat bottom = (1 - u) * c[(below * across + column) * LEVELS]
          + u * c[(below * across + right) * LEVELS];
      gfloat change = (1 - v) * top + v * bottom - level;

      for (guint k = 0; k < 3; k++)
        pixel[k] = to_byte (pixel[k] + change);
    }
  }
}

void
nf_augment_colors (
    const NfAugment *augment, guint8 *rgb, gint width, gint height)
{
  const gsize n = (gsize) 3 * width * height;

  if (augment->brightness != 0 || augment->contrast != 1)
    change_light (augment, rgb, n);
  if (augment->hue != 0 || augment->saturation != 0 || augment->value != 0)
    change_color (augment, rgb, n);
  if (augment->gamma != 1)
    change_gamma (augment, rgb, n);
  if (augment->clahe > 0)
    equalise (augment, rgb, width, height);
}
