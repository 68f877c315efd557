/* SPDX-License-Identifier: MIT
 *
 * naivetrain — losses and optimisers in double precision and plain loops
 *
 * The other half of naive.c. */
#include "naiveops.h"

#include <math.h>

static Naive *
scalar (gdouble value)
{
  Naive *out = naive_new (1, 1, 1, 1);

  out->v[0] = value;
  return out;
}

Naive *
naive_cross_entropy (Naive **in, guint n_in, gconstpointer params)
{
  const NfCrossEntropyParams *c = params;
  Naive *z = in[NF_CROSS_ENTROPY_LOGITS], *target = in[NF_CROSS_ENTROPY_TARGET],
        *weights = n_in > 2 ? in[NF_CROSS_ENTROPY_WEIGHTS] : NULL;
  gdouble sum = 0, all = 0;

  EACH_PIXEL (z)
  {
    g_autofree gdouble *p = naive_pixel_softmax (z, n, y, x);
    gint64 label = (gint64) *naive_at (target, n, 0, y, x);
    gdouble weight = 1;

    if (c->ignores && label == c->ignored)
      continue;
    if (weights != NULL)
      weight = *naive_at (weights, 0, label, 0, 0);
    sum -= weight * log (p[label]);
    all += weight;
  }
  return scalar (all > 0 ? sum / all : 0);
}

/* what a class adds to the mean: P + T and I of images from @first to before
 * @end; whether the class occurs there */
static gdouble
dice_of_class (Naive *p, Naive *target, const NfDiceLossParams *params,
    gint64 first, gint64 end, gint64 k, gboolean *occurs)
{
  gdouble both = 0, all = 0;

  *occurs = FALSE;
  for (gint64 i = first; i < end; i++)
    for (gint64 j = 0; j < p->h * p->w; j++) {
      gint64 y = j / p->w, x = j % p->w;
      gint64 label = (gint64) *naive_at (target, i, 0, y, x);

      if (params->ignores && label == params->ignored)
        continue;
      *occurs |= label == k;
      both += label == k ? *naive_at (p, i, k, y, x) : 0;
      all += *naive_at (p, i, k, y, x) + (label == k);
    }
  return (2 * both + params->smooth) / (all + params->smooth);
}

Naive *
naive_dice_loss (Naive **in, guint n_in, gconstpointer params)
{
  const NfDiceLossParams *d = params;
  const gint64 step = d->present ? in[NF_DICE_LOSS_LOGITS]->n : 1;
  g_autoptr (Naive) p = naive_softmax (in, 1, NULL);
  gdouble sum = 0;
  guint n = 0;

  for (gint64 i = 0; i < p->n; i += step)
    for (gint64 k = 0; k < p->c; k++) {
      gboolean occurs;
      gdouble dice = dice_of_class (
          p, in[NF_DICE_LOSS_TARGET], d, i, i + step, k, &occurs);

      if (d->present && !occurs)
        continue;
      sum += dice;
      n++;
    }
  return scalar (n > 0 ? 1 - sum / n : 1);
}

Naive *
naive_noise_loss (Naive **in, guint n_in, gconstpointer params)
{
  const NfNoiseLossParams *p = params;
  gdouble sum = 0;

  for (gsize i = 0; i < naive_elements (in[NF_NOISE_LOSS_E]); i++) {
    gdouble d = in[NF_NOISE_LOSS_Z]->v[i] - in[NF_NOISE_LOSS_E]->v[i];

    sum += p->absolute ? fabs (d) : 0.5 * d * d;
  }
  return scalar (sum / in[NF_NOISE_LOSS_E]->n);
}

Naive *
naive_sum_squares (Naive **in, guint n_in, gconstpointer params)
{
  gdouble sum = 0;

  for (gsize i = 0; i < naive_elements (in[NF_SUM_SQUARES_X]); i++)
    sum += in[NF_SUM_SQUARES_X]->v[i] * in[NF_SUM_SQUARES_X]->v[i];
  return scalar (sum);
}

Naive *
naive_adam (Naive **in, guint n_in, gconstpointer params)
{
  const NfAdamParams *a = params;

  for (gsize i = 0; i < naive_elements (in[NF_ADAM_PARAM]); i++) {
    gdouble *p = &in[NF_ADAM_PARAM]->v[i], *m = &in[NF_ADAM_M]->v[i],
            *v = &in[NF_ADAM_V]->v[i];
    gdouble g = in[NF_ADAM_GRAD]->v[i] * a->grad_scale, m_hat, v_hat;

    if (a->decoupled)
      *p -= a->lr * a->weight_decay * *p;
    else
      g += a->weight_decay * *p;
    *m = a->beta1 * *m + (1 - a->beta1) * g;
    *v = a->beta2 * *v + (1 - a->beta2) * g * g;
    m_hat = *m / (1 - pow (a->beta1, a->t));
    v_hat = *v / (1 - pow (a->beta2, a->t));
    *p -= a->lr * m_hat / (sqrt (v_hat) + a->eps);
  }
  return NULL;
}

Naive *
naive_ema (Naive **in, guint n_in, gconstpointer params)
{
  gdouble mu = ((const NfEmaParams *) params)->rate;

  for (gsize i = 0; i < naive_elements (in[NF_EMA_SHADOW]); i++)
    in[NF_EMA_SHADOW]->v[i] =
        (1 - mu) * in[NF_EMA_VALUE]->v[i] + mu * in[NF_EMA_SHADOW]->v[i];
  return NULL;
}
