/* SPDX-License-Identifier: MIT
 *
 * groupnormback — the two passes of group norm's gradient over values (CPU)
 *
 * The first pass computes the gradients of the maps and of a x + b, and their
 * sums over the pixels. The second pass computes the gradient of x with the
 * help of these sums. A few channels at a time are processed over a few rows,
 * so that all data is in registers or the first cache. Sums are floats there,
 * and are added up as doubles.
 * See groupnorm.c for the maths. Sibling: groupnormrows.c */
#include "cpu/kernels/groupnormrows.h"

#include "cpu/nfvec.h"

#include <string.h>

#define LANES 16 /* channels */
#define BATCH 16 /* rows */

/* vectors that the compiler maps to the processor's own; it does not vectorise
 * a loop with so much in it by itself */
typedef gfloat Floats __attribute__ ((vector_size (LANES * sizeof (gfloat))));
typedef guint32 Words __attribute__ ((vector_size (LANES * sizeof (guint32))));
typedef guint16 Halves __attribute__ ((vector_size (LANES * sizeof (guint16))));

/* what to do, known when the loops are compiled */
typedef struct
{
  gboolean maps, silu, add, bf16;
} Kind;

/* @n elements, behind them zeros */
static inline __attribute__ ((always_inline)) Floats
get (gconstpointer x, gint64 n, gboolean bf16)
{
  Floats v = { 0.0f };
  Halves h = { 0 };

  if (!bf16) {
    memcpy (&v, x, n * sizeof (gfloat));
    return v;
  }
  memcpy (&h, x, n * sizeof (guint16));
  return (Floats) (__builtin_convertvector(h, Words) << 16);
}

static inline __attribute__ ((always_inline)) void
store (Floats v, gpointer y, gint64 n, gboolean bf16)
{
  Words bits = (Words) v, nan = (Words) (v != v);
  Words rounded = (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
  Halves h = __builtin_convertvector(
      (nan & (bits >> 16 | 0x40u)) | (~nan & rounded), Halves);

  if (bf16)
    memcpy (y, &h, n * sizeof (guint16));
  else
    memcpy (y, &v, n * sizeof (gfloat));
}

/* as nf_vec_exp(), of all lanes; NaN stays NaN */
static inline __attribute__ ((always_inline)) Floats
exp_of (Floats x)
{
  const gfloat shift = 12582912.0f;
  Words low = (Words) (x < -87.0f), high = (Words) (x > 88.0f);
  Floats k, r, p, whole;

  x = (Floats) ((low & (Words) (x - x - 87.0f)) | (~low & (Words) x));
  x = (Floats) ((high & (Words) (x - x + 88.0f)) | (~high & (Words) x));
  k = x * 1.44269504f + shift;
  whole = k - shift;
  r = x - whole * 0.693359375f + whole * 2.12194440e-4f;
  p = 1.0f / 720.0f * r + 1.0f / 120.0f;
  p = p * r + 1.0f / 24.0f;
  p = p * r + 1.0f / 6.0f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  return p * (Floats) (((Words) k << 23) + 0x3f800000u);
}

/* sums of a few channels over rows */
typedef struct
{
  Floats dt, dtm, dg, dgx;
} Sums;

/* per channel: a and b of a x + b, 1 + scale and shift of the time */
typedef struct
{
  Floats a, b, ts, tt;
} Terms;

/* one row: @n channels of source @s from @first on, of row @r */
static inline __attribute__ ((always_inline)) void
back_row (Kind kind, const NfNormBack *k, const NfNormSource *s, gint64 first,
    gint64 r, gint64 n, const Terms *t, Sums *to)
{
  const gint64 size = kind.bf16 ? sizeof (guint16) : sizeof (gfloat);
  const gint64 from = r * k->rows.c + s->from + first, at = from * size;
  const gint64 map = (r * k->rows.map_step + s->from + first) * size;
  Floats x = get (s->x + (r * s->count + first) * size, n, kind.bf16);
  Floats dt = get (k->dy + at, n, kind.bf16), dm, dg;
  Floats g = t->a * x + t->b, m = g, more = { 0.0f };

  if (kind.maps) {
    more = get (k->rows.scale + map, n, kind.bf16) + 1.0f;
    m = g * more + get (k->rows.shift + map, n, kind.bf16);
  }
  if (kind.silu) {
    Floats y = m * t->ts + t->tt, e = 1.0f / (1.0f + exp_of (-y));

    dt *= e * (1.0f + y * (1.0f - e));
  }
  dm = dt * t->ts;
  dg = kind.maps ? dm * more : dm;
  if (kind.maps) {
    Floats dscale = dm * g, dshift = dm;

    if (kind.add) {
      dscale += get (k->dscale + map, n, kind.bf16);
      dshift += get (k->dshift + map, n, kind.bf16);
    }
    store (dscale, k->dscale + map, n, kind.bf16);
    store (dshift, k->dshift + map, n, kind.bf16);
  }
  store (dg, k->dg + from, n, FALSE);
  to->dt += dt;
  to->dtm += dt * m;
  to->dg += dg;
  to->dgx += dg * x;
}

/* adds @n lanes to doubles */
static inline __attribute__ ((always_inline)) void
add_lanes (Floats from, gint64 n, gdouble *to)
{
  gfloat lane[LANES];

  memcpy (lane, &from, sizeof lane);
  for (gint64 j = 0; j < n; j++)
    to[j] += (gdouble) lane[j];
}

/* @n channels of the rows from @begin to @end */
static inline __attribute__ ((always_inline)) void
back_lanes (Kind kind, const NfNormBack *k, const NfNormSource *s, gint64 first,
    gint64 begin, gint64 end, gint64 n, gdouble *sums)
{
  const gint64 c = k->rows.c, channel = s->from + first;
  const gfloat *abst = k->rows.abst + channel;
  const Terms terms = { .a = get (abst, n, FALSE),
    .b = get (abst + c, n, FALSE),
    .ts = get (abst + 2 * c, n, FALSE),
    .tt = get (abst + 3 * c, n, FALSE) };
  Sums part = {
    .dt = { 0.0f }, .dtm = { 0.0f }, .dg = { 0.0f }, .dgx = { 0.0f }
  };

  for (gint64 r = begin; r < end; r++)
    back_row (kind, k, s, first, r, n, &terms, &part);
  add_lanes (part.dt, n, sums + channel);
  add_lanes (part.dtm, n, sums + c + channel);
  add_lanes (part.dg, n, sums + 2 * c + channel);
  add_lanes (part.dgx, n, sums + 3 * c + channel);
}

static inline __attribute__ ((always_inline)) void
back_body (Kind kind, const NfNormBack *k, gint64 rows, gdouble *sums)
{
  for (gint64 begin = 0; begin < rows; begin += BATCH) {
    const gint64 end = MIN (begin + BATCH, rows);

    for (guint i = 0; i < k->rows.n_sources; i++) {
      const NfNormSource *s = &k->rows.sources[i];
      gint64 first = 0;

      for (; first + LANES <= s->count; first += LANES)
        back_lanes (kind, k, s, first, begin, end, LANES, sums);
      if (first < s->count)
        back_lanes (kind, k, s, first, begin, end, s->count - first, sums);
    }
  }
}

static inline __attribute__ ((always_inline)) void
back_of (const NfNormBack *k, gint64 rows, gboolean bf16, gdouble *sums)
{
  if (k->rows.scale == NULL && k->rows.silu)
    back_body (
        (Kind){ .maps = FALSE, .silu = TRUE, .add = FALSE, .bf16 = bf16 }, k,
        rows, sums);
  else if (k->rows.scale == NULL)
    back_body (
        (Kind){ .maps = FALSE, .silu = FALSE, .add = FALSE, .bf16 = bf16 }, k,
        rows, sums);
  else if (k->add)
    back_body (
        (Kind){ .maps = TRUE, .silu = k->rows.silu, .add = TRUE, .bf16 = bf16 },
        k, rows, sums);
  else if (k->rows.silu)
    back_body ((Kind){ .maps = TRUE, .silu = TRUE, .add = FALSE, .bf16 = bf16 },
        k, rows, sums);
  else
    back_body (
        (Kind){ .maps = TRUE, .silu = FALSE, .add = FALSE, .bf16 = bf16 }, k,
        rows, sums);
}

/**
 * nf_cpu_norm_back_rows:
 * @k: where the first row's values are, and go its gradients
 * @rows: how many
 * @sums: added to: for each channel, of dt, dt m, dg and dg x
 */
NF_KERNEL (extern, void, nf_cpu_norm_back_rows,
    (const NfNormBack *k, gint64 rows, gdouble *sums), (k, rows, sums))
{
  if (k->rows.bf16)
    back_of (k, rows, TRUE, sums);
  else
    back_of (k, rows, FALSE, sums);
}

/* of one source's channels; p, q, s are @c apart */
static inline __attribute__ ((always_inline)) void
finish_body (const NfNormSource *source, const gfloat *dg, gint64 rows,
    const gfloat *restrict pqs, gint64 c, gboolean bf16, guint8 *dx)
{
  const gint64 count = source->count;
  const gint64 size = bf16 ? sizeof (guint16) : sizeof (gfloat);

  for (gint64 r = 0; r < rows; r++) {
    gconstpointer restrict x = source->x + r * count * size;
    const gfloat *restrict g = dg + r * c;
    gpointer restrict to = dx + r * count * size;

    for (gint64 j = 0; j < count; j++)
      nf_vec_store (pqs[j] * g[j] + pqs[c + j] * nf_vec_load (x, j, bf16)
              + pqs[2 * c + j],
          to, j, bf16);
  }
}

/**
 * nf_cpu_norm_finish_rows:
 * @k: where the first row's values are
 * @dg: what nf_cpu_norm_back_rows() made of them
 * @rows: how many
 * @pqs: p, q and s of p dg + q x + s, for each channel
 * @dx: (out): where the first row's gradient goes, for each source
 */
NF_KERNEL (extern, void, nf_cpu_norm_finish_rows,
    (const NfNormRows *k, const gfloat *dg, gint64 rows, const gfloat *pqs,
        guint8 *const dx[2]),
    (k, dg, rows, pqs, dx))
{
  for (guint i = 0; i < k->n_sources; i++) {
    const NfNormSource *s = &k->sources[i];

    if (k->bf16)
      finish_body (s, dg + s->from, rows, pqs + s->from, k->c, TRUE, dx[i]);
    else
      finish_body (s, dg + s->from, rows, pqs + s->from, k->c, FALSE, dx[i]);
  }
}
