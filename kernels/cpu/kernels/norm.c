/* SPDX-License-Identifier: MIT
 *
 * norm — batch norm and modulation, forward and backward (CPU)
 *
 * The norm is y = act (a x + b + residual) with a, b per channel. With dy only
 * where a ReLU let it pass, xh = (x - mean) r, r = 1 / sqrt (var + eps),
 * g = dy weight and means over the m elements that were normalised together:
 *   dx = r (g - mean (g) - xh mean (g xh)),
 *   dweight = sum dy xh, dbias = sum dy, dresidual = dy,
 * so dx = p dy + q x + s per channel, with p, q, s from the sums of dy and
 * dy x alone: two passes. Sources: Ioffe and Szegedy, "Batch normalization",
 * 2015; Park et al. (SPADE), 2019. Sibling: groupnorm.c */
#include "core/tensor/nfhostroom.h"
#include "cpu/bf16.h"
#include "cpu/nfvec.h"
#include "cpu/reduce.h"

#include <math.h>
#include <string.h>

#define PARTS 32 /* of a sum, at most: see reduce.c */

/* rows of c channels, bf16 or f32 as @bf16 has it; missing tensors are NULL */
typedef struct
{
  const guint8 *x, *y, *dy, *residual;
  guint8 *to, *more; /* (out): y; or dx and dresidual */
  gint64 c;
  gboolean bf16;
} Rows;

static Rows
rows_from (const Rows *k, gint64 row)
{
  gint64 at =
      row * k->c * (gint64) (k->bf16 ? sizeof (guint16) : sizeof (gfloat));

  return (Rows){ .x = k->x + at,
    .y = k->y != NULL ? k->y + at : NULL,
    .dy = k->dy != NULL ? k->dy + at : NULL,
    .residual = k->residual != NULL ? k->residual + at : NULL,
    .to = k->to != NULL ? k->to + at : NULL,
    .more = k->more != NULL ? k->more + at : NULL,
    .c = k->c,
    .bf16 = k->bf16 };
}

static inline __attribute__ ((always_inline)) void
scale_body (const Rows *k, gint64 rows, const gfloat *ab, gboolean adds,
    gboolean relu, gboolean bf16)
{
  gconstpointer restrict x = k->x;
  gconstpointer restrict residual = k->residual;
  gpointer restrict y = k->to;
  const gint64 c = k->c;

  for (gint64 at = 0; at < rows * c; at += c)
    for (gint64 i = 0; i < c; i++) {
      gfloat v = ab[i] * nf_vec_load (x, at + i, bf16) + ab[c + i];

      if (adds)
        v += nf_vec_load (residual, at + i, bf16);
      nf_vec_store (relu && v < 0.0f ? 0.0f : v, y, at + i, bf16);
    }
}

static inline __attribute__ ((always_inline)) void
scale_of (
    const Rows *k, gint64 rows, const gfloat *ab, gboolean relu, gboolean bf16)
{
  if (k->residual != NULL && relu)
    scale_body (k, rows, ab, TRUE, TRUE, bf16);
  else if (k->residual != NULL)
    scale_body (k, rows, ab, TRUE, FALSE, bf16);
  else if (relu)
    scale_body (k, rows, ab, FALSE, TRUE, bf16);
  else
    scale_body (k, rows, ab, FALSE, FALSE, bf16);
}

/* y = act (a[c] x + b[c] + residual) */
NF_KERNEL (static, void, scale_rows,
    (const Rows *k, gint64 rows, const gfloat *ab, gboolean relu),
    (k, rows, ab, relu))
{
  if (k->bf16)
    scale_of (k, rows, ab, relu, TRUE);
  else
    scale_of (k, rows, ab, relu, FALSE);
}

static inline __attribute__ ((always_inline)) void
sums_body (const Rows *k, gint64 rows, gboolean relu, gboolean bf16,
    gdouble *restrict sum_g, gdouble *restrict sum_gx)
{
  gconstpointer x = k->x, y = relu ? k->y : k->x, dy = k->dy;
  const gint64 c = k->c;

  for (gint64 at = 0; at < rows * c; at += c)
    for (gint64 i = 0; i < c; i++) {
      gfloat d = nf_vec_load (dy, at + i, bf16);
      gfloat up = nf_vec_load (y, at + i, bf16);
      gdouble g = (gdouble) (relu ? nf_vec_gate (d, up) : d);

      sum_g[i] += g;
      sum_gx[i] += g * (gdouble) nf_vec_load (x, at + i, bf16);
    }
}

/* adds g and g x, g being dy where it passes */
NF_KERNEL (static, void, part_sums, (const Rows *k, gint64 rows, gdouble *sums),
    (k, rows, sums))
{
  if (k->y != NULL && k->bf16)
    sums_body (k, rows, TRUE, TRUE, sums, sums + k->c);
  else if (k->y != NULL)
    sums_body (k, rows, TRUE, FALSE, sums, sums + k->c);
  else if (k->bf16)
    sums_body (k, rows, FALSE, TRUE, sums, sums + k->c);
  else
    sums_body (k, rows, FALSE, FALSE, sums, sums + k->c);
}

static inline __attribute__ ((always_inline)) void
combine_body (const Rows *k, gint64 rows, const gfloat *pqs, gboolean relu,
    gboolean bf16, gpointer restrict dx, gpointer restrict dresidual)
{
  gconstpointer restrict x = k->x;
  gconstpointer restrict y = relu ? k->y : k->x;
  gconstpointer restrict dy = k->dy;
  const gint64 c = k->c;

  for (gint64 at = 0; at < rows * c; at += c)
    for (gint64 i = 0; i < c; i++) {
      gfloat d = nf_vec_load (dy, at + i, bf16);
      gfloat up = nf_vec_load (y, at + i, bf16);
      gfloat g = relu ? nf_vec_gate (d, up) : d;

      if (dx != NULL)
        nf_vec_store (pqs[i] * g + pqs[c + i] * nf_vec_load (x, at + i, bf16)
                + pqs[2 * c + i],
            dx, at + i, bf16);
      if (dresidual != NULL)
        nf_vec_store (g, dresidual, at + i, bf16);
    }
}

static inline __attribute__ ((always_inline)) void
combine_of (const Rows *k, gint64 rows, const gfloat *pqs, gboolean bf16)
{
  if (k->more != NULL && k->y != NULL)
    combine_body (k, rows, pqs, TRUE, bf16, k->to, k->more);
  else if (k->more != NULL)
    combine_body (k, rows, pqs, FALSE, bf16, k->to, k->more);
  else if (k->y != NULL)
    combine_body (k, rows, pqs, TRUE, bf16, k->to, NULL);
  else
    combine_body (k, rows, pqs, FALSE, bf16, k->to, NULL);
}

/* dx = p[c] g + q[c] x + s[c], dresidual = g */
NF_KERNEL (static, void, combine_rows,
    (const Rows *k, gint64 rows, const gfloat *pqs), (k, rows, pqs))
{
  if (k->bf16)
    combine_of (k, rows, pqs, TRUE);
  else
    combine_of (k, rows, pqs, FALSE);
}

/* p, q, s of dx for what was normalised together; adds to dweight and dbias */
void
nf_cpu_norm_terms (const gdouble *sum_dy, const gdouble *sum_dyx, gint64 rows,
    gint64 groups, gint64 per, const gfloat *w, const gfloat *mean,
    const gfloat *r, gfloat *pqs, gdouble *dw, gdouble *db)
{
  gint64 c = groups * per;

  for (gint64 g = 0; g < groups; g++) {
    gdouble mu = (gdouble) mean[g], rg = (gdouble) r[g];
    gdouble m = (gdouble) (rows * per), g1 = 0.0, g2 = 0.0;

    for (gint64 i = g * per; i < (g + 1) * per; i++) {
      gdouble wi = w != NULL ? (gdouble) w[i] : 1.0;
      gdouble dyxh = rg * (sum_dyx[i] - mu * sum_dy[i]);

      dw[i] += dyxh;
      db[i] += sum_dy[i];
      g1 += wi * sum_dy[i] / m;
      g2 += wi * dyxh / m;
    }
    for (gint64 i = g * per; i < (g + 1) * per; i++) {
      pqs[i] = (gfloat) (rg * (w != NULL ? (gdouble) w[i] : 1.0));
      pqs[c + i] = (gfloat) (-rg * rg * g2);
      pqs[2 * c + i] = (gfloat) (rg * (rg * mu * g2 - g1));
    }
  }
}

static void
store (const gdouble *from, gint64 c, NfTensor *to)
{
  for (gint64 i = 0; to != NULL && i < c; i++)
    nf_cpu_f32 (to)[i] = (gfloat) from[i];
}

/* ------------------------------------------------------------- batch norm */

/* batch statistics into mean and r, and the running ones moved towards them */
static gboolean
batch_stats (const NfOpCall *call, gfloat *mean, gfloat *r, GError **error)
{
  const NfBatchNormParams *p = call->params;
  const NfTensor *x = call->in[NF_BATCH_NORM_X];
  gint64 rows = x->n * x->h * x->w, c = x->c;
  g_autofree gdouble *sums =
      nf_host_room ((gsize) (2 * c) * sizeof *sums, error);
  gdouble m = (gdouble) rows, keep = 1.0 - (gdouble) p->momentum;

  if (sums == NULL
      || !nf_cpu_channel_sums (x, x, 0, x->n, sums, sums + c, error))
    return FALSE;
  for (gint64 i = 0; i < c; i++) {
    gdouble mu = sums[i] / m, var = MAX (sums[c + i] / m - mu * mu, 0.0);
    gdouble unbiased = rows > 1 ? var * m / (m - 1.0) : var;
    gfloat *running_mean = nf_cpu_f32 (call->in[NF_BATCH_NORM_MEAN]) + i;
    gfloat *running_var = nf_cpu_f32 (call->in[NF_BATCH_NORM_VAR]) + i;

    mean[i] = (gfloat) mu;
    r[i] = (gfloat) (1.0 / sqrt (var + (gdouble) p->eps));
    *running_mean =
        (gfloat) (keep * (gdouble) *running_mean + (gdouble) p->momentum * mu);
    *running_var = (gfloat) (keep * (gdouble) *running_var
        + (gdouble) p->momentum * unbiased);
  }
  if (call->in[NF_BATCH_NORM_COUNT] != NULL)
    ++*(gint64 *) call->in[NF_BATCH_NORM_COUNT]->data;
  return TRUE;
}

static gint64
rows_per_part (gint64 rows, gint64 c)
{
  return MAX ((rows + PARTS - 1) / PARTS, NF_CPU_GRAIN / c + 1);
}

static void
scale_all (const NfOpCall *call, const gfloat *ab)
{
  const NfBatchNormParams *p = call->params;
  const NfTensor *x = call->in[NF_BATCH_NORM_X];
  gint64 rows = x->n * x->h * x->w, per = rows_per_part (rows, x->c);
  const Rows k = { .x = x->data,
    .residual = call->in[NF_BATCH_NORM_RESIDUAL] != NULL
        ? call->in[NF_BATCH_NORM_RESIDUAL]->data
        : NULL,
    .to = call->out->data,
    .c = x->c,
    .bf16 = nf_cpu_is_bf16 (call) };

#pragma omp parallel for if (rows > per)
  for (gint64 i = 0; i < rows; i += per) {
    Rows part = rows_from (&k, i);

    scale_rows (&part, MIN (per, rows - i), ab, p->act == NF_ACT_RELU);
  }
}

/* saved[0]: (1, 2 C, 1, 1): mean, then r */
gboolean
nf_cpu_batch_norm_forward (NfOpCall *call, GError **error)
{
  const NfBatchNormParams *p = call->params;
  const NfTensor *x = call->in[NF_BATCH_NORM_X];
  gint64 c = x->c;
  g_autofree gfloat *ab = nf_host_room ((gsize) (2 * c) * sizeof *ab, error);
  g_autoptr (NfTensor) stats = NULL;
  gfloat *mean, *r;

  if (ab != NULL)
    stats = nf_tensor_new (call->device, NF_F32, 1, 2 * c, 1, 1, error);
  if (stats == NULL)
    return FALSE;
  mean = nf_cpu_f32 (stats);
  r = mean + c;
  if (p->training) {
    if (!batch_stats (call, mean, r, error))
      return FALSE;
  } else {
    memcpy (mean, call->in[NF_BATCH_NORM_MEAN]->data, (gsize) c * sizeof *mean);
    for (gint64 i = 0; i < c; i++)
      r[i] =
          1.0f / sqrtf (nf_cpu_f32 (call->in[NF_BATCH_NORM_VAR])[i] + p->eps);
  }
  for (gint64 i = 0; i < c; i++) {
    ab[i] = nf_cpu_f32 (call->in[NF_BATCH_NORM_WEIGHT])[i] * r[i];
    ab[c + i] = nf_cpu_f32 (call->in[NF_BATCH_NORM_BIAS])[i] - mean[i] * ab[i];
  }
  scale_all (call, ab);
  call->saved[0] = g_steal_pointer (&stats);
  return TRUE;
}

/* sums of g and of g x, each of c channels */
static gboolean
sums_all (const Rows *k, gint64 rows, gdouble *sums, GError **error)
{
  gint64 c = k->c, per = rows_per_part (rows, c),
         parts = (rows + per - 1) / per;
  g_autofree gdouble *room =
      nf_host_zeros ((gsize) (parts * 2 * c) * sizeof *room, error);

  if (room == NULL)
    return FALSE;
#pragma omp parallel for if (parts > 1)
  for (gint64 i = 0; i < parts; i++) {
    Rows part = rows_from (k, i * per);

    part_sums (&part, MIN (per, rows - i * per), room + i * 2 * c);
  }
  memset (sums, 0, (gsize) (2 * c) * sizeof *sums);
  for (gint64 i = 0; i < parts * 2 * c; i++)
    sums[i % (2 * c)] += room[i];
  return TRUE;
}

static void
combine_all (const Rows *k, gint64 rows, const gfloat *pqs)
{
  gint64 c = k->c, per = rows_per_part (rows, c);

#pragma omp parallel for if (rows > per)
  for (gint64 i = 0; i < rows; i += per) {
    Rows part = rows_from (k, i);

    combine_rows (&part, MIN (per, rows - i), pqs);
  }
}

gboolean
nf_cpu_batch_norm_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const NfBatchNormParams *p = call->params;
  const NfTensor *x = call->in[NF_BATCH_NORM_X];
  gint64 rows = x->n * x->h * x->w, c = x->c;
  const gfloat *mean = nf_cpu_f32 (call->saved[0]);
  gdouble *dwb; /* behind the sums */
  g_autofree gdouble *sums =
      nf_host_zeros ((gsize) (4 * c) * sizeof *sums, error);
  g_autofree gfloat *pqs = NULL;
  const Rows k = { .x = x->data,
    .y = p->act == NF_ACT_RELU ? call->out->data : NULL,
    .dy = grad_out->data,
    .to = grad_in[NF_BATCH_NORM_X] != NULL ? grad_in[NF_BATCH_NORM_X]->data
                                           : NULL,
    .more = grad_in[NF_BATCH_NORM_RESIDUAL] != NULL
        ? grad_in[NF_BATCH_NORM_RESIDUAL]->data
        : NULL,
    .c = c,
    .bf16 = nf_cpu_is_bf16 (call) };

  if (sums != NULL)
    pqs = nf_host_room ((gsize) (3 * c) * sizeof *pqs, error);
  if (pqs == NULL || !sums_all (&k, rows, sums, error))
    return FALSE;
  dwb = sums + 2 * c;
  nf_cpu_norm_terms (sums, sums + c, rows, c, 1,
      nf_cpu_f32 (call->in[NF_BATCH_NORM_WEIGHT]), mean, mean + c, pqs, dwb,
      dwb + c);
  if (!p->training)
    memset (pqs + c, 0, (gsize) (2 * c) * sizeof *pqs);
  if (grad_in[NF_BATCH_NORM_X] != NULL
      || grad_in[NF_BATCH_NORM_RESIDUAL] != NULL)
    combine_all (&k, rows, pqs);
  store (dwb, c, grad_in[NF_BATCH_NORM_WEIGHT]);
  store (dwb + c, c, grad_in[NF_BATCH_NORM_BIAS]);
  return TRUE;
}

/* ------------------------------------------------------------- modulation */

/* y = x (1 + scale) + shift, maps of x's size or one value a channel */
gboolean
nf_cpu_modulate_forward (NfOpCall *call, GError **error)
{
  const NfTensor *x = call->in[NF_MODULATE_X], *s = call->in[NF_MODULATE_SCALE];
  gint64 pixels = x->h * x->w, c = x->c;
  gboolean whole = s->h * s->w == pixels;
  const gfloat *scale = nf_cpu_f32 (s),
               *shift = nf_cpu_f32 (call->in[NF_MODULATE_SHIFT]);
  gfloat *y = nf_cpu_f32 (call->out);

  if (nf_cpu_is_bf16 (call))
    return nf_cpu_through_f32 (call, nf_cpu_modulate_forward, error);
#pragma omp parallel for if (x->n * pixels * c > NF_CPU_GRAIN)
  for (gint64 r = 0; r < x->n * pixels; r++) {
    gint64 n = s->n == 1 ? 0 : r / pixels;
    gint64 at = (whole ? n * pixels + r % pixels : n) * c;
    const gfloat *from = nf_cpu_f32 (x) + r * c;

    for (gint64 i = 0; i < c; i++)
      y[r * c + i] = from[i] * (1.0f + scale[at + i]) + shift[at + i];
  }
  return TRUE;
}

/* dx = dy (1 + scale) */
static void
modulate_dx (const NfOpCall *call, const gfloat *dy, gfloat *dx)
{
  const NfTensor *x = call->in[NF_MODULATE_X], *s = call->in[NF_MODULATE_SCALE];
  gint64 pixels = x->h * x->w, c = x->c;
  gboolean whole = s->h * s->w == pixels;
  const gfloat *scale = nf_cpu_f32 (s);

#pragma omp parallel for if (x->n * pixels * c > NF_CPU_GRAIN)
  for (gint64 r = 0; r < x->n * pixels; r++) {
    gint64 n = s->n == 1 ? 0 : r / pixels;
    gint64 at = (whole ? n * pixels + r % pixels : n) * c;

    for (gint64 i = 0; i < c; i++)
      dx[r * c + i] = dy[r * c + i] * (1.0f + scale[at + i]);
  }
}

/* dscale = dy x and dshift = dy for maps, summed over samples that share one */
static void
modulate_maps (
    const NfOpCall *call, const gfloat *dy, gfloat *dscale, gfloat *dshift)
{
  const NfTensor *x = call->in[NF_MODULATE_X], *s = call->in[NF_MODULATE_SCALE];
  gint64 size = x->h * x->w * x->c, shared = x->n / s->n;
  const gfloat *xs = nf_cpu_f32 (x);

#pragma omp parallel for if (s->n * size > NF_CPU_GRAIN)
  for (gint64 i = 0; i < s->n * size; i++) {
    gfloat a = 0.0f, b = 0.0f;

    for (gint64 n = 0; n < shared; n++) {
      a += dy[n * size + i] * xs[n * size + i];
      b += dy[n * size + i];
    }
    if (dscale != NULL)
      dscale[i] = a;
    if (dshift != NULL)
      dshift[i] = b;
  }
}

/* the same for one value a channel: sums over pixels */
static gboolean
modulate_vectors (const NfOpCall *call, const NfTensor *dy, NfTensor *dscale,
    NfTensor *dshift, GError **error)
{
  const NfTensor *x = call->in[NF_MODULATE_X], *s = call->in[NF_MODULATE_SCALE];
  gint64 c = x->c, shared = x->n / s->n;
  g_autofree gdouble *sums =
      nf_host_room ((gsize) (2 * c) * sizeof *sums, error);

  if (sums == NULL)
    return FALSE;
  for (gint64 n = 0; n < s->n; n++) {
    if (!nf_cpu_channel_sums (dy, x, n * shared, shared, sums, sums + c, error))
      return FALSE;
    for (gint64 i = 0; i < c; i++) {
      if (dscale != NULL)
        nf_cpu_f32 (dscale)[n * c + i] = (gfloat) sums[c + i];
      if (dshift != NULL)
        nf_cpu_f32 (dshift)[n * c + i] = (gfloat) sums[i];
    }
  }
  return TRUE;
}

gboolean
nf_cpu_modulate_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const NfTensor *x = call->in[NF_MODULATE_X], *s = call->in[NF_MODULATE_SCALE];
  const gfloat *dy = nf_cpu_f32 (grad_out);

  if (nf_cpu_is_bf16 (call))
    return nf_cpu_back_through_f32 (
        call, grad_out, grad_in, nf_cpu_modulate_backward, error);
  if (grad_in[NF_MODULATE_X] != NULL)
    modulate_dx (call, dy, nf_cpu_f32 (grad_in[NF_MODULATE_X]));
  if (grad_in[NF_MODULATE_SCALE] == NULL && grad_in[NF_MODULATE_SHIFT] == NULL)
    return TRUE;
  if (s->h * s->w != x->h * x->w)
    return modulate_vectors (call, grad_out, grad_in[NF_MODULATE_SCALE],
        grad_in[NF_MODULATE_SHIFT], error);
  modulate_maps (call, dy,
      grad_in[NF_MODULATE_SCALE] != NULL
          ? nf_cpu_f32 (grad_in[NF_MODULATE_SCALE])
          : NULL,
      grad_in[NF_MODULATE_SHIFT] != NULL
          ? nf_cpu_f32 (grad_in[NF_MODULATE_SHIFT])
          : NULL);
  return TRUE;
}
