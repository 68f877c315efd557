/* SPDX-License-Identifier: MIT
 *
 * naive — every op once more, in double precision and plain loops
 *
 * One function an op, in the order of nfops.def.h; the formulas are those of
 * docs/ops.md. What moves data is in naivemove.c, losses and optimisers in
 * naivetrain.c, video in naivevideo.c. */
#include "naiveops.h"

#include <math.h>
#include <string.h>

gdouble naive_margin = G_MAXDOUBLE;

const NaiveOp naive_ops[NF_N_OPS] = {
#define NF_OP(NAME, name, params, kind, work, result, changes, inputs)         \
  [NF_OP_##NAME] = naive_##name,
#include <nextframe/core/ops/nfops.def.h>
#undef NF_OP
};

Naive *
naive_new (gint64 n, gint64 c, gint64 h, gint64 w)
{
  Naive *a = g_new0 (Naive, 1);

  *a = (Naive){ n, c, h, w, g_new0 (gdouble, n * c * h * w) };
  return a;
}

Naive *
naive_copy (const Naive *a)
{
  Naive *b = naive_new (a->n, a->c, a->h, a->w);

  memcpy (b->v, a->v, naive_elements (a) * sizeof (gdouble));
  return b;
}

void
naive_free (Naive *a)
{
  if (a != NULL)
    g_free (a->v);
  g_free (a);
}

gsize
naive_elements (const Naive *a)
{
  return a->n * a->c * a->h * a->w;
}

static void
keep_away (gdouble distance)
{
  naive_margin = MIN (naive_margin, fabs (distance));
}

static gdouble
act (gdouble x, NfAct kind)
{
  if (kind == NF_ACT_RELU) {
    keep_away (x);
    return x > 0 ? x : 0;
  }
  return kind == NF_ACT_SILU ? x / (1 + exp (-x)) : x;
}

/* the value at (n, c, y, x), sizes of one being repeated */
static gdouble
broadcast (const Naive *a, gint64 n, gint64 c, gint64 y, gint64 x)
{
  return *naive_at (a, a->n == 1 ? 0 : n, a->c == 1 ? 0 : c, a->h == 1 ? 0 : y,
      a->w == 1 ? 0 : x);
}

static Naive *
like (const Naive *a)
{
  return naive_new (a->n, a->c, a->h, a->w);
}

Naive *
naive_conv2d (Naive **in, guint n_in, gconstpointer params)
{
  const NfConv2dParams *p = params;
  Naive *a = in[NF_CONV2D_X], *k = in[NF_CONV2D_WEIGHT],
        *bias = n_in > 2 ? in[NF_CONV2D_BIAS] : NULL;
  Naive *residual = n_in > 3 ? in[NF_CONV2D_RESIDUAL] : NULL;
  Naive *out =
      naive_new (a->n, k->n, (a->h + 2 * p->pad - k->h) / p->stride + 1,
          (a->w + 2 * p->pad - k->w) / p->stride + 1);

  EACH (out)
  {
    gdouble sum = bias != NULL ? *naive_at (bias, 0, c, 0, 0) : 0;

    for (gint64 i = 0; i < k->c; i++)
      for (gint64 ky = 0; ky < k->h; ky++)
        for (gint64 kx = 0; kx < k->w; kx++) {
          gint64 sy = y * p->stride + ky - p->pad;
          gint64 sx = x * p->stride + kx - p->pad;

          if (sy >= 0 && sy < a->h && sx >= 0 && sx < a->w)
            sum += *naive_at (a, n, i, sy, sx) * *naive_at (k, c, i, ky, kx);
        }
    if (residual != NULL)
      sum += *naive_at (residual, n, c, y, x);
    if (p->gain != 0)
      sum *= (gdouble) p->gain;
    *naive_at (out, n, c, y, x) = act (sum, p->act);
  }
  return out;
}

/* the value of the inputs side by side, the first one twice its size if up */
static gdouble
side_by_side (Naive **in, gboolean up, gint64 n, gint64 c, gint64 y, gint64 x)
{
  for (guint i = 0;; c -= in[i++]->c)
    if (c < in[i]->c)
      return up && i == 0 ? *naive_at (in[i], n, c, y / 2, x / 2)
                          : *naive_at (in[i], n, c, y, x);
}

Naive *
naive_conv2d_cat (Naive **in, guint n_in, gconstpointer params)
{
  const NfConv2dCatParams *p = params;
  const NfConv2dParams plain = { 1, (gint) in[NF_CONV2D_CAT_WEIGHT]->h / 2,
    p->act };
  gint64 scale = p->up ? 2 : 1;
  g_autoptr (Naive) all =
      naive_new (in[NF_CONV2D_CAT_X]->n, in[NF_CONV2D_CAT_WEIGHT]->c,
          scale * in[NF_CONV2D_CAT_X]->h, scale * in[NF_CONV2D_CAT_X]->w);
  Naive *conv[] = { all, in[NF_CONV2D_CAT_WEIGHT],
    p->bias ? in[n_in - 1] : NULL };

  EACH (all)
  *naive_at (all, n, c, y, x) = side_by_side (in + 1, p->up, n, c, y, x);
  return naive_conv2d (conv, 3, &plain);
}

/* the value of both inputs' channels, one behind the other */
static gdouble *
naive_both_at (Naive *a, Naive *skip, gint64 n, gint64 c, gint64 y, gint64 x)
{
  return c < a->c ? naive_at (a, n, c, y, x)
                  : naive_at (skip, n, c - a->c, y, x);
}

Naive *
naive_linear (Naive **in, guint n_in, gconstpointer params)
{
  gboolean transposed = ((const NfLinearParams *) params)->transposed;
  Naive *a = in[NF_LINEAR_X], *m = in[NF_LINEAR_WEIGHT],
        *skip = n_in > 3 ? in[NF_LINEAR_SKIP] : NULL;
  Naive *out = naive_new (a->n, transposed ? m->c : m->n, a->h, a->w);
  gint64 inputs = transposed ? m->n : m->c;

  EACH (out)
  {
    gdouble sum = n_in > 2 && in[NF_LINEAR_BIAS] != NULL
        ? *naive_at (in[NF_LINEAR_BIAS], 0, c, 0, 0)
        : 0;

    for (gint64 i = 0; i < inputs; i++)
      sum += *naive_both_at (a, skip, n, i, y, x)
          * *naive_at (m, transposed ? i : c, transposed ? c : i, 0, 0);
    *naive_at (out, n, c, y, x) = sum;
  }
  return out;
}

/* values become exp (value) over their sum */
static void
softmax (gdouble *v, gint64 count)
{
  gdouble top = -INFINITY, sum = 0;

  for (gint64 i = 0; i < count; i++)
    top = MAX (top, v[i]);
  for (gint64 i = 0; i < count; i++)
    sum += v[i] = exp (v[i] - top);
  for (gint64 i = 0; i < count; i++)
    v[i] /= sum;
}

/* what the pixel (n, y, x) has of each pixel, for the head of @size channels
 * from @first on, in k @apart channels on */
static void
attention_weights (const Naive *q, const Naive *k, gint64 apart, gint64 n,
    gint64 y, gint64 x, gint64 first, gint64 size, gdouble *weight)
{
  gint64 pixels = q->h * q->w;

  for (gint64 j = 0; j < pixels; j++) {
    weight[j] = 0;
    for (gint64 i = first; i < first + size; i++)
      weight[j] += *naive_at (q, n, i, y, x)
          * *naive_at (k, n, i + apart, j / q->w, j % q->w) / sqrt (size);
  }
  softmax (weight, pixels);
}

Naive *
naive_attention (Naive **in, guint n_in, gconstpointer params)
{
  gboolean joined = n_in == 1;
  Naive *q = in[NF_ATTENTION_Q], *k = joined ? q : in[NF_ATTENTION_K],
        *v = joined ? q : in[NF_ATTENTION_V],
        *out = naive_new (q->n, joined ? q->c / 3 : q->c, q->h, q->w);
  gint64 size = out->c / ((const NfAttentionParams *) params)->heads;
  gint64 pixels = q->h * q->w, apart = joined ? out->c : 0;
  g_autofree gdouble *weight = g_new (gdouble, pixels);

  EACH_PIXEL (out)
  for (gint64 c = 0; c < out->c; c++) {
    gdouble sum = 0;

    if (c % size == 0)
      attention_weights (q, k, apart, n, y, x, c, size, weight);
    for (gint64 j = 0; j < pixels; j++)
      sum += weight[j] * *naive_at (v, n, c + 2 * apart, j / q->w, j % q->w);
    *naive_at (out, n, c, y, x) = sum;
  }
  return out;
}

/* (transfer full): the softmax over a pixel's channels */
gdouble *
naive_pixel_softmax (const Naive *a, gint64 n, gint64 y, gint64 x)
{
  gdouble *p = g_new (gdouble, a->c);

  for (gint64 i = 0; i < a->c; i++)
    p[i] = *naive_at (a, n, i, y, x);
  softmax (p, a->c);
  return p;
}

Naive *
naive_softmax (Naive **in, guint n_in, gconstpointer params)
{
  Naive *out = like (in[NF_SOFTMAX_X]);

  EACH_PIXEL (out)
  {
    g_autofree gdouble *p = naive_pixel_softmax (in[NF_SOFTMAX_X], n, y, x);

    for (gint64 c = 0; c < out->c; c++)
      *naive_at (out, n, c, y, x) = p[c];
  }
  return out;
}

Naive *
naive_max_pool (Naive **in, guint n_in, gconstpointer params)
{
  const NfMaxPoolParams *p = params;
  Naive *a = in[NF_MAX_POOL_X];
  Naive *out =
      naive_new (a->n, a->c, (a->h + 2 * p->pad - p->kernel) / p->stride + 1,
          (a->w + 2 * p->pad - p->kernel) / p->stride + 1);

  EACH (out)
  {
    gint64 first = y * p->stride - p->pad, left = x * p->stride - p->pad;
    gdouble top = -INFINITY, second = -INFINITY;

    for (gint64 sy = MAX (first, 0); sy < MIN (first + p->kernel, a->h); sy++)
      for (gint64 sx = MAX (left, 0); sx < MIN (left + p->kernel, a->w); sx++) {
        gdouble v = *naive_at (a, n, c, sy, sx);

        second = MAX (second, MIN (v, top));
        top = MAX (top, v);
      }
    keep_away (top - second);
    *naive_at (out, n, c, y, x) = top;
  }
  return out;
}

static void
naive_group_stats (Naive *a, Naive *skip, gint64 n, gint64 first, gint64 size,
    gdouble *mean, gdouble *var)
{
  gint64 count = size * a->h * a->w;

  *mean = *var = 0;
  for (gint64 i = 0; i < count; i++)
    *mean += *naive_both_at (a, skip, n, first + i / (a->h * a->w),
                 i / a->w % a->h, i % a->w)
        / count;
  for (gint64 i = 0; i < count; i++) {
    gdouble d = *naive_both_at (a, skip, n, first + i / (a->h * a->w),
                    i / a->w % a->h, i % a->w)
        - *mean;

    *var += d * d / count;
  }
}

Naive *
naive_group_norm (Naive **in, guint n_in, gconstpointer params)
{
  const NfGroupNormParams *p = params;
  Naive *a = in[NF_GROUP_NORM_X], *opt[7] = { NULL };
  g_autofree gdouble *stats = g_new (gdouble, 2 * a->n * p->groups);
  Naive *out;
  gint64 size;

  for (guint i = 1; i < n_in; i++)
    opt[i] = in[i];
  out = naive_new (a->n, a->c + (opt[6] != NULL ? opt[6]->c : 0), a->h, a->w);
  size = out->c / p->groups;
  for (gint64 i = 0; i < a->n * p->groups; i++)
    naive_group_stats (a, opt[6], i / p->groups, i % p->groups * size, size,
        stats + 2 * i, stats + 2 * i + 1);
  EACH (out)
  {
    const gdouble *s = stats + 2 * (n * p->groups + c / size);
    gdouble v = (*naive_both_at (a, opt[6], n, c, y, x) - s[0])
        / sqrt (s[1] + (gdouble) p->eps);

    if (opt[1] != NULL)
      v = v * *naive_at (opt[1], 0, c, 0, 0) + *naive_at (opt[2], 0, c, 0, 0);
    if (opt[3] != NULL)
      v = v * (1 + broadcast (opt[3], n, c, y, x))
          + (opt[4] != NULL ? broadcast (opt[4], n, c, y, x)
                            : broadcast (opt[3], n, c + out->c, y, x));
    if (opt[5] != NULL)
      v = v * (1 + *naive_at (opt[5], opt[5]->n == 1 ? 0 : n, c, 0, 0))
          + *naive_at (opt[5], opt[5]->n == 1 ? 0 : n, out->c + c, 0, 0);
    *naive_at (out, n, c, y, x) = act (v, p->act);
  }
  return out;
}

/* running = (1 - momentum) running + momentum new */
static void
running (Naive *statistic, gint64 c, gdouble momentum, gdouble value)
{
  gdouble *r = naive_at (statistic, 0, c, 0, 0);

  *r = (1 - momentum) * *r + momentum * value;
}

Naive *
naive_batch_norm (Naive **in, guint n_in, gconstpointer params)
{
  const NfBatchNormParams *p = params;
  Naive *a = in[NF_BATCH_NORM_X], *out = like (a);
  gdouble count = a->n * a->h * a->w;

  if (p->training && n_in > 6)
    ++*in[NF_BATCH_NORM_COUNT]->v;
  for (gint64 c = 0; c < a->c; c++) {
    gdouble mean = 0, var = 0;

    EACH_PIXEL (a)
    {
      mean += *naive_at (a, n, c, y, x) / count;
    }
    EACH_PIXEL (a)
    {
      var += pow (*naive_at (a, n, c, y, x) - mean, 2) / count;
    }
    if (p->training) {
      running (in[NF_BATCH_NORM_MEAN], c, p->momentum, mean);
      running (
          in[NF_BATCH_NORM_VAR], c, p->momentum, var * count / (count - 1));
    } else {
      mean = *naive_at (in[NF_BATCH_NORM_MEAN], 0, c, 0, 0);
      var = *naive_at (in[NF_BATCH_NORM_VAR], 0, c, 0, 0);
    }
    EACH_PIXEL (a)
    {
      gdouble z = (*naive_at (a, n, c, y, x) - mean) / sqrt (var + p->eps);

      z = z * *naive_at (in[NF_BATCH_NORM_WEIGHT], 0, c, 0, 0)
          + *naive_at (in[NF_BATCH_NORM_BIAS], 0, c, 0, 0);
      if (n_in > 5 && in[NF_BATCH_NORM_RESIDUAL] != NULL)
        z += *naive_at (in[NF_BATCH_NORM_RESIDUAL], n, c, y, x);
      *naive_at (out, n, c, y, x) = act (z, p->act);
    }
  }
  return out;
}

Naive *
naive_modulate (Naive **in, guint n_in, gconstpointer params)
{
  Naive *out = like (in[NF_MODULATE_X]);

  EACH (out)
  {
    *naive_at (out, n, c, y, x) = *naive_at (in[NF_MODULATE_X], n, c, y, x)
            * (1 + broadcast (in[NF_MODULATE_SCALE], n, c, y, x))
        + broadcast (in[NF_MODULATE_SHIFT], n, c, y, x);
  }
  return out;
}

Naive *
naive_activation (Naive **in, guint n_in, gconstpointer params)
{
  Naive *out = like (in[NF_ACTIVATION_X]);

  for (gsize i = 0; i < naive_elements (out); i++)
    out->v[i] = act (
        in[NF_ACTIVATION_X]->v[i], ((const NfActivationParams *) params)->act);
  return out;
}

Naive *
naive_axpby (Naive **in, guint n_in, gconstpointer params)
{
  const NfAxpbyParams *p = params;
  Naive *out = like (in[NF_AXPBY_A]);

  for (gsize i = 0; i < naive_elements (out); i++)
    out->v[i] = act (p->alpha * in[NF_AXPBY_A]->v[i]
            + (n_in > 1 ? p->beta * in[NF_AXPBY_B]->v[i] : 0),
        p->act);
  return out;
}

Naive *
naive_clamp (Naive **in, guint n_in, gconstpointer params)
{
  const NfClampParams *p = params;
  Naive *out = like (in[NF_CLAMP_X]);

  for (gsize i = 0; i < naive_elements (out); i++) {
    keep_away (in[NF_CLAMP_X]->v[i] - p->lo);
    keep_away (in[NF_CLAMP_X]->v[i] - p->hi);
    out->v[i] = MIN (MAX (in[NF_CLAMP_X]->v[i], p->lo), p->hi);
  }
  return out;
}

/* place of (c, y, x) within its sample's memory, channels last */
static guint64
memory_index (const Naive *a, gint64 c, gint64 y, gint64 x)
{
  return (y * a->w + x) * a->c + c;
}

Naive *
naive_dropout (Naive **in, guint n_in, gconstpointer params)
{
  const NfDropoutParams *p = params;
  const guint64 first = n_in > 1 && in[NF_DROPOUT_FIRST] != NULL
      ? (guint64) in[NF_DROPOUT_FIRST]->v[0]
      : 0;
  Naive *out = like (in[NF_DROPOUT_X]);

  EACH (out)
  {
    NfRngKey key = { p->key.seed, p->key.stream + first + n, p->key.purpose };

    if (!(nf_rng_uniform (&key, memory_index (out, c, y, x)) < p->p))
      *naive_at (out, n, c, y, x) =
          *naive_at (in[NF_DROPOUT_X], n, c, y, x) / (1.0 - p->p);
  }
  return out;
}

Naive *
naive_normalize (Naive **in, guint n_in, gconstpointer params)
{
  const NfNormalizeParams *p = params;
  Naive *out = like (in[NF_NORMALIZE_X]);

  EACH (out)
  {
    *naive_at (out, n, c, y, x) =
        *naive_at (in[NF_NORMALIZE_X], n, c, y, x) * p->scale[c % p->period]
        + p->shift[c % p->period];
  }
  return out;
}

Naive *
naive_quantize (Naive **in, guint n_in, gconstpointer params)
{
  const NfQuantizeParams *p = params;
  Naive *out = like (in[NF_QUANTIZE_X]);

  for (gsize i = 0; i < naive_elements (out); i++) {
    gdouble v = in[NF_QUANTIZE_X]->v[i] * p->scale + p->shift;

    keep_away (v - floor (v) - 0.5);
    out->v[i] = isnan (v) ? 0 : MIN (MAX (rint (v), 0), 255);
  }
  return out;
}

Naive *
naive_randn (Naive **in, guint n_in, gconstpointer params)
{
  const NfRandnParams *p = params;
  Naive *out = naive_new (p->n, p->c, p->h, p->w);

  EACH (out)
  {
    NfRngKey key = { p->key.seed, p->key.stream + n, p->key.purpose };
    gfloat v;

    nf_rng_normal (&key, memory_index (out, c, y, x), 1, &v);
    *naive_at (out, n, c, y, x) = v;
  }
  return out;
}
