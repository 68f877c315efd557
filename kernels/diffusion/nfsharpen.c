/* SPDX-License-Identifier: MIT
 *
 * nfsharpen — a small predicted frame gets the detail of a large guide frame
 *
 * Where the predicted frame and the guide, made as small, agree about what is
 * there, the guide stands as it is: a network's frames differ from it by some
 * levels of noise everywhere, which makes the shading of objects patchy and hides
 * their shapes. Elsewhere stands the predicted frame, enlarged. */
#include "diffusion/nfsharpen.h"

#include <math.h>

/* differences of levels up to which two frames agree, and from which on they do
 * not at all */
#define AGREE 15.0f
#define DIFFER 40.0f

/* where a large picture's pixel lies among a small one's, along one side */
typedef struct
{
  guint before, after;
  gfloat share; /* of the one after */
} Place;

static Place
place (guint at, guint large, guint small)
{
  gfloat x = ((gfloat) at + 0.5f) * (gfloat) small / (gfloat) large - 0.5f;
  gfloat first = floorf (x);
  Place p = { .before = (guint) CLAMP (first, 0, small - 1),
    .after = (guint) CLAMP (first + 1, 0, small - 1),
    .share = x - first };

  return p;
}

/* how much two small frames agree at each pixel, 0 to 1 */
static gfloat *
find_agreement (const NfSharpenImage *a, const NfSharpenImage *b)
{
  gsize n = (gsize) a->width * a->height;
  gfloat *agree = g_new (gfloat, n);

  for (gsize i = 0; i < n; i++) {
    gint most = 0;

    for (guint k = 0; k < 3; k++)
      most = MAX (most, ABS (a->pixels[3 * i + k] - b->pixels[3 * i + k]));
    agree[i] = CLAMP ((DIFFER - (gfloat) most) / (DIFFER - AGREE), 0.0f, 1.0f);
  }
  return agree;
}

/* the least of a pixel and its neighbours: detail of one edge lies in several
 * pixels, which are taken or left together */
static gfloat *
shrink (const gfloat *values, guint width, guint height)
{
  gfloat *least = g_new (gfloat, (gsize) width * height);

  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++) {
      gfloat value = 1.0f;

      for (guint v = MAX (y, 1) - 1; v <= MIN (y + 1, height - 1); v++)
        for (guint u = MAX (x, 1) - 1; u <= MIN (x + 1, width - 1); u++)
          value = MIN (value, values[(gsize) v * width + u]);
      least[(gsize) y * width + x] = value;
    }
  return least;
}

/* the value at a place between four pixels */
static gfloat
between (const gfloat *four, const Place *x, const Place *y)
{
  gfloat over = four[0] + (four[1] - four[0]) * x->share;
  gfloat under = four[2] + (four[3] - four[2]) * x->share;

  return over + (under - over) * y->share;
}

/**
 * nf_sharpen:
 * @predicted: a predicted frame
 * @small: the guide, made as small as that
 * @guide: the guide, as large as the result
 * @out: (out): the predicted frame, as large as the guide
 */
void
nf_sharpen (const NfSharpenImage *predicted, const NfSharpenImage *small,
    const NfSharpenImage *guide, guint8 *out)
{
  g_autofree gfloat *single = find_agreement (predicted, small);
  g_autofree gfloat *agree =
      shrink (single, predicted->width, predicted->height);

  for (guint y = 0; y < guide->height; y++) {
    Place row = place (y, guide->height, predicted->height);

    for (guint x = 0; x < guide->width; x++) {
      Place column = place (x, guide->width, predicted->width);
      gsize at = (gsize) y * guide->width + x;
      gsize over = (gsize) row.before * predicted->width;
      gsize under = (gsize) row.after * predicted->width;
      const gsize four[4] = { over + column.before, over + column.after,
        under + column.before, under + column.after };
      gfloat a[4], d[4], share;

      for (guint i = 0; i < 4; i++)
        a[i] = agree[four[i]];
      share = between (a, &column, &row);
      for (guint k = 0; k < 3; k++) {
        gfloat value;

        for (guint i = 0; i < 4; i++)
          d[i] = predicted->pixels[3 * four[i] + k];
        value = between (d, &column, &row);
        value += share * ((gfloat) guide->pixels[3 * at + k] - value);
        out[3 * at + k] = (guint8) CLAMP (value + 0.5f, 0.0f, 255.0f);
      }
    }
  }
}
