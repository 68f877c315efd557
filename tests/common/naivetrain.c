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
  Naive *z = in[NF_CROSS_ENTROPY_LOGITS], *target = in[NF_CROSS_ENTROPY_TARGET];
  gdouble sum = 0;

  EACH_PIXEL (z)
  {
    g_autofree gdouble *p = naive_pixel_softmax (z, n, y, x);

    sum -= log (p[(gint64) *naive_at (target, n, 0, y, x)]);
  }
  return scalar (sum / naive_elements (target));
}

Naive *
naive_dice_loss (Naive **in, guint n_in, gconstpointer params)
{
  gdouble smooth = ((const NfDiceLossParams *) params)->smooth, sum = 0;
  Naive *z = in[NF_DICE_LOSS_LOGITS], *target = in[NF_DICE_LOSS_TARGET];
  g_autoptr (Naive) p = naive_softmax (in, 1, NULL);

  for (gint64 i = 0; i < z->n; i++)
    for (gint64 k = 0; k < z->c; k++) {
      gdouble both = 0, all = 0;

      for (gint64 j = 0; j < z->h * z->w; j++) {
        gint64 y = j / z->w, x = j % z->w;
        gdouble truth = *naive_at (target, i, 0, y, x) == k;

        both += *naive_at (p, i, k, y, x) * truth;
        all += *naive_at (p, i, k, y, x) + truth;
      }
      sum += (2 * both + smooth) / (all + smooth);
    }
  return scalar (1 - sum / (z->n * z->c));
}

Naive *
naive_noise_loss (Naive **in, guint n_in, gconstpointer params)
{
  gdouble sum = 0;

  for (gsize i = 0; i < naive_elements (in[NF_NOISE_LOSS_E]); i++)
    sum += 0.5 * pow (in[NF_NOISE_LOSS_Z]->v[i] - in[NF_NOISE_LOSS_E]->v[i], 2);
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
