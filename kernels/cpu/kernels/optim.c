/* SPDX-License-Identifier: MIT
 *
 * optim — gradient norm, Adam and running average of the weights (CPU)
 *
 * Adam (g the scaled gradient; coupled: g += wd p, decoupled: p -= lr wd p):
 *   m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
 *   p -= lr / (1 - b1^t) m / (sqrt (v / (1 - b2^t)) + eps)
 * Source: Kingma and Ba, "Adam", 2015; Loshchilov and Hutter, "Decoupled
 * weight decay regularization", 2019. See: docs/ops.md. */
#include "cpu/reduce.h"

#include <math.h>

#define LANES 8

/* independent sums, so that the loop vectorises without reordering */
static gdouble
sum_squares_partial (gconstpointer data, gsize from, gsize to)
{
  const gfloat *x = data;
  gdouble lane[LANES] = { 0 }, total = 0;
  gsize i = from;

  for (; i + LANES <= to; i += LANES)
    for (guint j = 0; j < LANES; j++)
      lane[j] += (gdouble) x[i + j] * x[i + j];
  for (guint j = 0; j < LANES; j++)
    total += lane[j];
  for (; i < to; i++)
    total += (gdouble) x[i] * x[i];
  return total;
}

gboolean
nf_cpu_sum_squares_forward (NfOpCall *call, GError **error)
{
  const NfTensor *x = call->in[NF_SUM_SQUARES_X];
  gdouble total;

  if (!nf_cpu_sum (nf_tensor_elements (x), 1, sum_squares_partial, x->data,
          &total, error))
    return FALSE;
  *(gfloat *) call->out->data = (gfloat) total;
  return TRUE;
}

gboolean
nf_cpu_adam_forward (NfOpCall *call, GError **error)
{
  const NfAdamParams *a = call->params;
  const gsize n = nf_tensor_elements (call->in[NF_ADAM_PARAM]);
  gfloat *p = call->in[NF_ADAM_PARAM]->data, *m = call->in[NF_ADAM_M]->data;
  gfloat *v = call->in[NF_ADAM_V]->data;
  const gfloat *grad = call->in[NF_ADAM_GRAD]->data;
  const gdouble correct1 = 1 - pow (a->beta1, (gdouble) a->t);
  const gdouble correct2 = 1 - pow (a->beta2, (gdouble) a->t);
  const gfloat scale = (gfloat) a->grad_scale, eps = (gfloat) a->eps;
  const gfloat coupled = a->decoupled ? 0 : (gfloat) a->weight_decay;
  const gfloat keep = a->decoupled ? (gfloat) (1 - a->lr * a->weight_decay) : 1;
  const gfloat b1 = (gfloat) a->beta1, b2 = (gfloat) a->beta2;
  const gfloat c1 = (gfloat) (1 - a->beta1), c2 = (gfloat) (1 - a->beta2);
  const gfloat step = (gfloat) (a->lr / correct1);
  const gfloat root = (gfloat) (1 / sqrt (correct2));

#pragma omp parallel for simd if (parallel : n > NF_CPU_GRAIN)
  for (gsize i = 0; i < n; i++) {
    const gfloat g = grad[i] * scale + coupled * p[i];

    m[i] = b1 * m[i] + c1 * g;
    v[i] = b2 * v[i] + c2 * (g * g);
    p[i] = keep * p[i] - step * m[i] / (sqrtf (v[i]) * root + eps);
  }
  return TRUE;
}

gboolean
nf_cpu_ema_forward (NfOpCall *call, GError **error)
{
  const gdouble mu = ((const NfEmaParams *) call->params)->rate;
  const gfloat keep = (gfloat) mu, take = (gfloat) (1 - mu);
  const gsize n = nf_tensor_elements (call->in[NF_EMA_SHADOW]);
  gfloat *shadow = call->in[NF_EMA_SHADOW]->data;
  const gfloat *value = call->in[NF_EMA_VALUE]->data;

#pragma omp parallel for simd if (parallel : n > NF_CPU_GRAIN)
  for (gsize i = 0; i < n; i++)
    shadow[i] = take * value[i] + keep * shadow[i];
  return TRUE;
}
