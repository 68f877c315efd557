/* SPDX-License-Identifier: MIT
 *
 * norm — batch norm and modulation, forward and backward (CPU)
 *
 * The norm is y = a x + b with a, b per channel. With xh = (x - mean) r, r = 1 / sqrt (var + eps),
 * g = dy weight and means over the m elements that were normalised together:
 *   dx = r (g - mean (g) - xh mean (g xh)),
 *   dweight = sum dy xh, dbias = sum dy,
 * so dx = p dy + q x + s per channel, with p, q, s from the sums of dy and
 * dy x alone. Sources: Ioffe and Szegedy, "Batch
 * normalization", 2015; Park et al. (SPADE), 2019. Sibling: groupnorm.c */
#include "cpu/nfcpu.h"

#include <math.h>
#include <string.h>

/* y = act (a[c] x + b[c]) over rows of c channels */
static void
scale_rows (const gfloat *x, gint64 rows, gint64 c, const gfloat *a,
    const gfloat *b, gboolean relu, gfloat *y)
{
#pragma omp parallel for if (rows * c > NF_CPU_GRAIN)
  for (gint64 r = 0; r < rows; r++) {
    const gfloat *from = x + r * c;
    gfloat *to = y + r * c;

    for (gint64 i = 0; i < c; i++) {
      gfloat v = a[i] * from[i] + b[i];

      to[i] = relu && v < 0.0f ? 0.0f : v;
    }
  }
}

/* dx = p[c] dy + q[c] x + s[c] */
static void
combine_rows (const gfloat *dy, const gfloat *x, gint64 rows, gint64 c,
    const gfloat *pqs, gfloat *dx)
{
#pragma omp parallel for if (rows * c > NF_CPU_GRAIN)
  for (gint64 r = 0; r < rows; r++)
    for (gint64 i = 0; i < c; i++)
      dx[r * c + i] =
          pqs[i] * dy[r * c + i] + pqs[c + i] * x[r * c + i] + pqs[2 * c + i];
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
static void
batch_stats (const NfOpCall *call, gfloat *mean, gfloat *r)
{
  const NfBatchNormParams *p = call->params;
  const NfTensor *x = call->in[0];
  gint64 rows = x->n * x->h * x->w, c = x->c;
  g_autofree gdouble *sums = g_new (gdouble, 2 * c);
  gdouble m = (gdouble) rows, keep = 1.0 - (gdouble) p->momentum;

  nf_cpu_channel_sums (nf_cpu_f32 (x), nf_cpu_f32 (x), rows, c, sums, sums + c);
  for (gint64 i = 0; i < c; i++) {
    gdouble mu = sums[i] / m, var = MAX (sums[c + i] / m - mu * mu, 0.0);
    gdouble unbiased = rows > 1 ? var * m / (m - 1.0) : var;
    gfloat *running_mean = nf_cpu_f32 (call->in[3]) + i;
    gfloat *running_var = nf_cpu_f32 (call->in[4]) + i;

    mean[i] = (gfloat) mu;
    r[i] = (gfloat) (1.0 / sqrt (var + (gdouble) p->eps));
    *running_mean =
        (gfloat) (keep * (gdouble) *running_mean + (gdouble) p->momentum * mu);
    *running_var = (gfloat) (keep * (gdouble) *running_var
        + (gdouble) p->momentum * unbiased);
  }
  nf_tensor_changed (call->in[3]);
  nf_tensor_changed (call->in[4]);
}

/* saved[0]: (1, 2 C, 1, 1): mean, then r */
gboolean
nf_cpu_batch_norm_forward (NfOpCall *call, GError **error)
{
  const NfBatchNormParams *p = call->params;
  const NfTensor *x = call->in[0];
  gint64 c = x->c;
  g_autofree gfloat *ab = g_new (gfloat, 2 * c);
  NfTensor *stats = nf_tensor_new (call->device, NF_F32, 1, 2 * c, 1, 1, error);
  gfloat *mean, *r;

  if (stats == NULL)
    return FALSE;
  mean = nf_cpu_f32 (stats);
  r = mean + c;
  if (p->training) {
    batch_stats (call, mean, r);
  } else {
    memcpy (mean, call->in[3]->data, (gsize) c * sizeof *mean);
    for (gint64 i = 0; i < c; i++)
      r[i] = 1.0f / sqrtf (nf_cpu_f32 (call->in[4])[i] + p->eps);
  }
  for (gint64 i = 0; i < c; i++) {
    ab[i] = nf_cpu_f32 (call->in[1])[i] * r[i];
    ab[c + i] = nf_cpu_f32 (call->in[2])[i] - mean[i] * ab[i];
  }
  scale_rows (nf_cpu_f32 (x), x->n * x->h * x->w, c, ab, ab + c,
      p->act == NF_ACT_RELU, nf_cpu_f32 (call->out));
  call->saved[0] = stats;
  return TRUE;
}

gboolean
nf_cpu_batch_norm_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const NfBatchNormParams *p = call->params;
  const NfTensor *x = call->in[0];
  gint64 rows = x->n * x->h * x->w, c = x->c;
  const gfloat *mean = nf_cpu_f32 (call->saved[0]);
  g_autofree gdouble *sums = g_new (gdouble, 2 * c);
  g_autofree gdouble *dwb = g_new0 (gdouble, 2 * c);
  g_autofree gfloat *pqs = g_new (gfloat, 3 * c);
  g_autoptr (NfTensor) masked = NULL;
  const gfloat *dy = nf_cpu_f32 (grad_out);

  if (p->act == NF_ACT_RELU) {
    masked = nf_cpu_through_relu (call->out, grad_out, error);
    if (masked == NULL)
      return FALSE;
    dy = nf_cpu_f32 (masked);
  }
  nf_cpu_channel_sums (dy, nf_cpu_f32 (x), rows, c, sums, sums + c);
  nf_cpu_norm_terms (sums, sums + c, rows, c, 1, nf_cpu_f32 (call->in[1]), mean,
      mean + c, pqs, dwb, dwb + c);
  if (!p->training)
    memset (pqs + c, 0, (gsize) (2 * c) * sizeof *pqs);
  if (grad_in[0] != NULL)
    combine_rows (dy, nf_cpu_f32 (x), rows, c, pqs, nf_cpu_f32 (grad_in[0]));
  store (dwb, c, grad_in[1]);
  store (dwb + c, c, grad_in[2]);
  return TRUE;
}

/* ------------------------------------------------------------- modulation */

/* y = x (1 + scale) + shift, maps of x's size or one value a channel */
gboolean
nf_cpu_modulate_forward (NfOpCall *call, GError **error)
{
  const NfTensor *x = call->in[0], *s = call->in[1];
  gint64 pixels = x->h * x->w, c = x->c;
  gboolean whole = s->h * s->w == pixels;
  const gfloat *scale = nf_cpu_f32 (s), *shift = nf_cpu_f32 (call->in[2]);
  gfloat *y = nf_cpu_f32 (call->out);

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
  const NfTensor *x = call->in[0], *s = call->in[1];
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
  const NfTensor *x = call->in[0], *s = call->in[1];
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
static void
modulate_vectors (
    const NfOpCall *call, const gfloat *dy, NfTensor *dscale, NfTensor *dshift)
{
  const NfTensor *x = call->in[0], *s = call->in[1];
  gint64 c = x->c, rows = x->n / s->n * x->h * x->w;
  g_autofree gdouble *sums = g_new (gdouble, 2 * c);

  for (gint64 n = 0; n < s->n; n++) {
    nf_cpu_channel_sums (dy + n * rows * c, nf_cpu_f32 (x) + n * rows * c, rows,
        c, sums, sums + c);
    for (gint64 i = 0; i < c; i++) {
      if (dscale != NULL)
        nf_cpu_f32 (dscale)[n * c + i] = (gfloat) sums[c + i];
      if (dshift != NULL)
        nf_cpu_f32 (dshift)[n * c + i] = (gfloat) sums[i];
    }
  }
}

gboolean
nf_cpu_modulate_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const NfTensor *x = call->in[0], *s = call->in[1];
  const gfloat *dy = nf_cpu_f32 (grad_out);

  if (grad_in[0] != NULL)
    modulate_dx (call, dy, nf_cpu_f32 (grad_in[0]));
  if (grad_in[1] == NULL && grad_in[2] == NULL)
    return TRUE;
  if (s->h * s->w == x->h * x->w)
    modulate_maps (call, dy,
        grad_in[1] != NULL ? nf_cpu_f32 (grad_in[1]) : NULL,
        grad_in[2] != NULL ? nf_cpu_f32 (grad_in[2]) : NULL);
  else
    modulate_vectors (call, dy, grad_in[1], grad_in[2]);
  return TRUE;
}
