/* SPDX-License-Identifier: MIT
 *
 * groupnormrows — the two passes of group norm over a sample's values (CPU)
 *
 * One reads the values and adds them up, the other one reads them once more and
 * writes the result. See groupnorm.c for the maths. */
#include "cpu/kernels/groupnormrows.h"

#include "core/tensor/nfhostroom.h"
#include "cpu/nfvec.h"

#include <string.h>

/* -------------------------------------------------------------------- sums */

#define LANES 8 /* channels whose sums stay in registers */

typedef gfloat Floats __attribute__ ((vector_size (LANES * sizeof (gfloat))));
typedef gdouble Doubles
    __attribute__ ((vector_size (LANES * sizeof (gdouble))));

static inline __attribute__ ((always_inline)) void
sums_body (gconstpointer x, gint64 rows, gint64 stride, gboolean bf16,
    gdouble *sums, gdouble *squares)
{
  Doubles s = { 0.0 }, q = { 0.0 };

  for (gint64 r = 0; r < rows; r++) {
    Floats v = { 0.0f };
    Doubles d;

    for (gint l = 0; l < LANES; l++)
      v[l] = nf_vec_load (x, r * stride + l, bf16);
    d = __builtin_convertvector(v, Doubles);
    s += d;
    q += d * d;
  }
  memcpy (sums, &s, sizeof s);
  memcpy (squares, &q, sizeof q);
}

/* of @c channels in rows of as many */
NF_KERNEL (static, void, sums_of,
    (gconstpointer x, gint64 rows, gint64 c, gboolean bf16, gdouble *sums,
        gdouble *squares),
    (x, rows, c, bf16, sums, squares))
{
  gint64 from = 0;

  for (; from + LANES <= c; from += LANES)
    if (bf16)
      sums_body ((const guint16 *) x + from, rows, c, TRUE, sums + from,
          squares + from);
    else
      sums_body ((const gfloat *) x + from, rows, c, FALSE, sums + from,
          squares + from);
  for (; from < c; from++) {
    sums[from] = squares[from] = 0.0;
    for (gint64 r = 0; r < rows; r++) {
      gdouble v = (gdouble) nf_vec_load (x, r * c + from, bf16);

      sums[from] += v;
      squares[from] += v * v;
    }
  }
}

/**
 * nf_cpu_norm_sums:
 * @x: (N, C, H, W)
 * @sample: which of the N
 * @per: pixels of a part; parts are added up in order
 * @sums: (out): of each channel's values
 * @squares: (out): of their squares
 * @error: return location
 *
 * Returns: whether there was memory for it
 */
gboolean
nf_cpu_norm_sums (const NfTensor *x, gint64 sample, gint64 per, gdouble *sums,
    gdouble *squares, GError **error)
{
  const gint64 c = x->c, pixels = x->h * x->w;
  const gint64 parts = (pixels + per - 1) / per;
  const gsize size = nf_dtype_size (x->dtype);
  const guint8 *data = (const guint8 *) x->data + sample * pixels * c * size;
  g_autofree gdouble *room =
      nf_host_room ((gsize) (parts * 2 * c) * sizeof *room, error);

  if (room == NULL)
    return FALSE;
#pragma omp parallel for if (parts > 1)
  for (gint64 part = 0; part < parts; part++) {
    gdouble *to = room + part * 2 * c;

    sums_of (data + part * per * c * size, MIN (per, pixels - part * per), c,
        x->dtype == NF_BF16, to, to + c);
  }
  memset (sums, 0, c * sizeof *sums);
  memset (squares, 0, c * sizeof *squares);
  for (gint64 part = 0; part < parts; part++)
    for (gint64 i = 0; i < c; i++) {
      sums[i] += room[part * 2 * c + i];
      squares[i] += room[(part * 2 + 1) * c + i];
    }
  return TRUE;
}

/* ------------------------------------------------------------------ values */

/* what to do, known when the loops are compiled */
typedef struct
{
  gboolean maps, silu, bf16;
} Kind;

/* @count values of a row; @abst of the first one's channel, the next kind of
 * them @stride on */
static inline __attribute__ ((always_inline)) void
values_run (Kind kind, gconstpointer restrict x, gint64 count,
    const gfloat *restrict abst, gint64 stride, gconstpointer restrict scale,
    gconstpointer restrict shift, gpointer restrict y)
{
#pragma GCC unroll 1
  for (gint64 j = 0; j < count; j++) {
    gfloat v = abst[j] * nf_vec_load (x, j, kind.bf16) + abst[stride + j];

    if (kind.maps)
      v = (v * (1.0f + nf_vec_load (scale, j, kind.bf16))
              + nf_vec_load (shift, j, kind.bf16))
              * abst[2 * stride + j]
          + abst[3 * stride + j];
    if (kind.bf16)
      ((guint16 *) y)[j] = nf_vec_narrow (kind.silu ? nf_vec_silu_bf16 (v) : v);
    else
      ((gfloat *) y)[j] = kind.silu ? nf_vec_silu (v) : v;
  }
}

#define AHEAD 2048 /* bytes; maps come from memory, the rest from the cache */
#define RUN 32 /* channels of a run, as many as two registers hold */

/* the channels of one source from @first on, at most RUN */
static inline __attribute__ ((always_inline)) void
values_block (Kind kind, const NfNormRows *k, const NfNormSource *s,
    gint64 first, gint64 rows, gint64 count)
{
  const gint64 size = kind.bf16 ? sizeof (guint16) : sizeof (gfloat);

  for (gint64 r = 0; r < rows; r++) {
    gint64 at = (r * k->c + s->from + first) * size;
    gint64 map = (r * k->map_step + s->from + first) * size;

    if (kind.maps)
      for (gint64 i = 0; i < count * size; i += 64) {
        __builtin_prefetch (k->scale + map + AHEAD + i);
        __builtin_prefetch (k->shift + map + AHEAD + i);
      }
    values_run (kind, s->x + (r * s->count + first) * size, count,
        k->abst + s->from + first, k->c, kind.maps ? k->scale + map : NULL,
        kind.maps ? k->shift + map : NULL, k->y + at);
  }
}

static inline __attribute__ ((always_inline)) void
values_body (Kind kind, const NfNormRows *k, gint64 rows)
{
  for (guint i = 0; i < k->n_sources; i++) {
    const NfNormSource *s = &k->sources[i];
    gint64 first = 0;

    for (; first + RUN <= s->count; first += RUN)
      values_block (kind, k, s, first, rows, RUN);
    if (first < s->count)
      values_block (kind, k, s, first, rows, s->count - first);
  }
}

static inline __attribute__ ((always_inline)) void
values_of (const NfNormRows *k, gint64 rows, gboolean bf16)
{
  if (k->scale != NULL && k->silu)
    values_body ((Kind){ .maps = TRUE, .silu = TRUE, .bf16 = bf16 }, k, rows);
  else if (k->scale != NULL)
    values_body ((Kind){ .maps = TRUE, .silu = FALSE, .bf16 = bf16 }, k, rows);
  else if (k->silu)
    values_body ((Kind){ .maps = FALSE, .silu = TRUE, .bf16 = bf16 }, k, rows);
  else
    values_body ((Kind){ .maps = FALSE, .silu = FALSE, .bf16 = bf16 }, k, rows);
}

/**
 * nf_cpu_norm_rows:
 * @k: where the first row's values are, and goes its result
 * @rows: how many
 */
NF_KERNEL (extern, void, nf_cpu_norm_rows, (const NfNormRows *k, gint64 rows),
    (k, rows))
{
  if (k->bf16)
    values_of (k, rows, TRUE);
  else
    values_of (k, rows, FALSE);
}
