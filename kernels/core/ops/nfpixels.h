/* SPDX-License-Identifier: MIT
 *
 * nfpixels — what the ops on video do to one pixel, on every device
 *
 * Private to the library and its backends; included by .c and .cu files. Sums
 * of integers, and of floats in a fixed order without fused additions, so all
 * devices give the same bytes. The maths is in docs/ops.md. */
#pragma once

#include <nextframe/core/ops/nfoplist.h>

#include <math.h>

G_BEGIN_DECLS

#ifdef __CUDACC__
#define NF_ANYWHERE static inline __host__ __device__
#else
#define NF_ANYWHERE static inline
#endif

#ifdef __CUDA_ARCH__
#define NF_PRODUCT(a, b) __fmul_rn (a, b)
#define NF_SUM(a, b) __fadd_rn (a, b)
#else
#define NF_PRODUCT(a, b) ((a) * (b))
#define NF_SUM(a, b) ((a) + (b))
#endif

/* ---- to_rgb ---- */

/**
 * NfComponent:
 * @data: its first value
 * @h: rows of its plane
 * @w: columns
 * @step: bytes from one pixel to the next
 */
typedef struct
{
  const guint8 *data;
  gint64 h, w, step;
} NfComponent;

/**
 * NfToRgb:
 * @h: rows of the picture
 * @w: columns
 * @part: the three components
 * @p: how they become R, G and B
 */
typedef struct
{
  gint64 h, w;
  NfComponent part[3];
  NfToRgbParams p;
} NfToRgb;

static inline NfToRgb
nf_to_rgb_of (const NfOpCall *call)
{
  const NfToRgbParams *p = (const NfToRgbParams *) call->params;
  NfToRgb f;

  f.h = call->in[NF_TO_RGB_PLANE]->h;
  f.w = call->in[NF_TO_RGB_PLANE]->w;
  f.p = *p;
  for (guint k = 0; k < 3; k++) {
    gint64 place = p->place[k];
    guint i = 0;

    while (place >= call->in[i]->c)
      place -= call->in[i++]->c;
    f.part[k].data = (const guint8 *) call->in[i]->data + place;
    f.part[k].h = call->in[i]->h;
    f.part[k].w = call->in[i]->w;
    f.part[k].step = call->in[i]->c;
  }
  return f;
}

/* two places of a plane, and the weight of the first one in quarters */
typedef struct
{
  gint64 first, second;
  gint quarters;
} NfBetween;

/* where row or column `at` of a picture lies in a plane with `size` of them */
NF_ANYWHERE NfBetween
nf_between (gint64 at, gint64 size, gint64 whole, gboolean at_even)
{
  NfBetween b = { at, at, 4 };

  if (size == whole)
    return b;
  b.first = at / 2;
  b.second = at % 2 != 0 || at_even ? b.first + 1 : b.first - 1;
  b.second = CLAMP (b.second, 0, size - 1);
  b.quarters = !at_even ? 3 : at % 2 != 0 ? 2 : 4;
  return b;
}

/* 16 times a component's value */
NF_ANYWHERE gint
nf_component_at (const NfToRgb *f, guint k, gint64 n, gint64 y, gint64 x)
{
  const NfComponent *c = &f->part[k];
  const NfBetween rows = nf_between (y, c->h, f->h, f->p.top);
  const NfBetween columns = nf_between (x, c->w, f->w, f->p.left);
  const gint q = columns.quarters;
  const guint8 *row = c->data + (n * c->h + rows.first) * c->w * c->step;
  const guint8 *other = c->data + (n * c->h + rows.second) * c->w * c->step;
  const gint64 a = columns.first * c->step, b = columns.second * c->step;

  return rows.quarters * (q * row[a] + (4 - q) * row[b])
      + (4 - rows.quarters) * (q * other[a] + (4 - q) * other[b]);
}

/* a row of the matrix times components of 16 times their value, as a byte */
NF_ANYWHERE guint8
nf_rgb_byte (const gfloat *m, const gint *v)
{
  gfloat sum = NF_PRODUCT (m[0], (gfloat) v[0]);

  sum = NF_SUM (sum, NF_PRODUCT (m[1], (gfloat) v[1]));
  sum = NF_SUM (sum, NF_PRODUCT (m[2], (gfloat) v[2]));
  sum = NF_SUM (NF_PRODUCT (sum, 0.0625f), m[3]);
  if (!(sum > 0.0f))
    return 0;
  return sum >= 255.0f ? 255 : (guint8) lrintf (sum);
}

/* one pixel, to three bytes */
NF_ANYWHERE void
nf_to_rgb_pixel (const NfToRgb *f, gint64 n, gint64 y, gint64 x, guint8 *rgb)
{
  const gint v[3] = { nf_component_at (f, 0, n, y, x),
    nf_component_at (f, 1, n, y, x), nf_component_at (f, 2, n, y, x) };

  rgb[0] = nf_rgb_byte (f->p.matrix[0], v);
  rgb[1] = nf_rgb_byte (f->p.matrix[1], v);
  rgb[2] = nf_rgb_byte (f->p.matrix[2], v);
}

/* ---- resize ---- */

#define NF_RESIZE_MAX 65535 /* of a side: sums along it fit 32 bits */
#define NF_RESIZE_TAPS 128

/**
 * NfResizeAxis:
 * @from: rows or columns that there are
 * @to: those wanted
 * @taps: how many of @from lie under the filter
 * @before: how many of these lie before the middle
 * @reach: weight in the middle; with every row or column away from it the
 *   weight falls by 2 @to
 *
 * One direction of the filter, in units in which all numbers are integers.
 */
typedef struct
{
  gint64 from, to;
  gint taps, before, reach;
} NfResizeAxis;

static inline NfResizeAxis
nf_resize_axis (gint64 from, gint64 to)
{
  const gint64 width = from > to ? (2 * from + to - 1) / to : 2;
  NfResizeAxis axis;

  axis.from = from;
  axis.to = to;
  axis.reach = (gint) (MIN (width, NF_RESIZE_TAPS) * to);
  axis.taps = (gint) MIN (MIN (width, NF_RESIZE_TAPS), from);
  axis.before = (axis.taps - 1) / 2;
  return axis;
}

/**
 * NfResizePlace:
 * @first: the first tap; may lie outside, where the edge counts
 * @middle: of the filter, behind @first
 */
typedef struct
{
  gint64 first;
  gint middle;
} NfResizePlace;

NF_ANYWHERE NfResizePlace
nf_resize_place (const NfResizeAxis *axis, gint64 at)
{
  const gint64 unit = 2 * axis->to;
  const gint64 wanted = (2 * at + 1) * axis->from - axis->to;
  const gint64 middle = CLAMP (wanted, 0, (axis->from - 1) * unit);
  NfResizePlace place;

  place.first = middle / unit - axis->before;
  place.middle = (gint) (middle - place.first * unit);
  return place;
}

NF_ANYWHERE guint32
nf_resize_weight (const NfResizeAxis *axis, const NfResizePlace *place, gint i)
{
  const gint away = place->middle - i * 2 * (gint) axis->to;
  const gint weight = axis->reach - (away < 0 ? -away : away);

  return weight > 0 ? (guint32) weight : 0;
}

/* row or column of tap i */
NF_ANYWHERE gint64
nf_resize_tap (const NfResizeAxis *axis, const NfResizePlace *place, gint i)
{
  return CLAMP (place->first + i, 0, axis->from - 1);
}

/* ---- paint ---- */

/* what an object's colour and the frame make together */
NF_ANYWHERE guint8
nf_overlay_byte (guint id, guint value, guint color)
{
  return (guint8) (id == 0 ? value : (value + color + 1) / 2);
}

G_END_DECLS
