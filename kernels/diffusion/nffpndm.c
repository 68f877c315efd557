/* SPDX-License-Identifier: MIT
 *
 * nffpndm — deterministic sampling with four past predictions (F-PNDM)
 *
 * Steps are DDIM's transfer with a better noise: a pseudo Runge-Kutta step
 * three times (e1 here, e2 and e3 half a step on, e4 a step on, (e1 + 2 e2 +
 * 2 e3 + e4) / 6), then the pseudo linear multi-step (55 e0 - 59 e1 + 37 e2 -
 * 9 e3) / 24 over the last four. The walk goes from noisy to clean. The step
 * that ends at clean frames has no label to look ahead to, so it is never a
 * Runge-Kutta step. Liu, Ren, Lin, Zhao, "Pseudo numerical methods for
 * diffusion models on manifolds", 2022, equations 9, 11-13. */
#include <nextframe/diffusion/nfsamplersteps.h>

#include <math.h>

#define PAST 4

/* noise level half-way between two labels; geometric where no label is there */
static gdouble
half_way_alpha (const NfSchedule *schedule, guint from, guint to)
{
  const gfloat *alpha = schedule->alpha;
  guint sum = from + to;

  if (sum % 2 == 0)
    return (gdouble) alpha[sum / 2];
  return sqrt ((gdouble) alpha[sum / 2] * (gdouble) alpha[sum / 2 + 1]);
}

static NfTensor *
ahead (const NfSampler *sampler, NfTensor *x, NfTensor *e, gdouble alpha,
    gdouble next, gfloat label, GError **error)
{
  g_autoptr (NfTensor) moved =
      nf_sampler_transfer (sampler, x, e, alpha, next, error);

  return nf_sampler_noise (sampler, moved, label, next, error);
}

/* weighted sum of n predictions */
static NfTensor *
blend (NfTensor *const *e, const gdouble *weights, guint n, GError **error)
{
  g_autoptr (NfTensor) sum =
      nf_sampler_mix (e[0], weights[0], e[1], weights[1], error);

  for (guint i = 2; i < n && sum != NULL; i++) {
    NfTensor *more = nf_sampler_mix (sum, 1.0, e[i], weights[i], error);

    nf_tensor_unref (sum);
    sum = more;
  }
  return g_steal_pointer (&sum);
}

static NfTensor *
runge_kutta (const NfSampler *sampler, NfTensor *x, NfTensor *e1, guint from,
    guint to, GError **error)
{
  static const gdouble weights[4] = { 1.0 / 6, 2.0 / 6, 2.0 / 6, 1.0 / 6 };
  const gfloat *alpha = sampler->schedule->alpha;
  gdouble a = (gdouble) alpha[from], next = (gdouble) alpha[to];
  gdouble half = half_way_alpha (sampler->schedule, from, to);
  gfloat middle = ((gfloat) from + (gfloat) to) * 0.5f;
  g_autoptr (NfTensor) e2 = ahead (sampler, x, e1, a, half, middle, error);
  g_autoptr (NfTensor) e3 = ahead (sampler, x, e2, a, half, middle, error);
  g_autoptr (NfTensor) e4 = ahead (sampler, x, e3, a, next, (gfloat) to, error);
  NfTensor *all[4] = { e1, e2, e3, e4 };

  return blend (all, weights, 4, error);
}

/* past[0] is the newest prediction */
static NfTensor *
multi_step (NfTensor *const *past, guint n, GError **error)
{
  static const gdouble weights[PAST][PAST] = {
    { 1.0, 0.0, 0.0, 0.0 },
    { 3.0 / 2, -1.0 / 2, 0.0, 0.0 },
    { 23.0 / 12, -16.0 / 12, 5.0 / 12, 0.0 },
    { 55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24 },
  };

  return n == 1 ? nf_tensor_ref (past[0])
                : blend (past, weights[n - 1], n, error);
}

static void
remember (NfTensor *past[PAST], guint *n, NfTensor *e)
{
  if (*n == PAST)
    nf_tensor_unref (past[PAST - 1]);
  else
    (*n)++;
  for (guint i = *n - 1; i > 0; i--)
    past[i] = past[i - 1];
  past[0] = e;
}

NfTensor *
nf_sampler_walk_fpndm (const NfSampler *sampler, NfTensor *x,
    const guint *labels, guint n, GError **error)
{
  g_autoptr (NfTensor) now = nf_tensor_ref (x);
  NfTensor *past[PAST] = { NULL };
  guint n_past = 0;

  for (guint i = 0; i < n && now != NULL; i++) {
    NfTensor *e = nf_sampler_noise (sampler, now, (gfloat) labels[i],
        (gdouble) sampler->schedule->alpha[labels[i]], error);
    g_autoptr (NfTensor) better = NULL;
    NfTensor *next = NULL;

    if (e != NULL) {
      remember (past, &n_past, e);
      better = n_past < PAST && i + 1 < n
          ? runge_kutta (sampler, now, e, labels[i], labels[i + 1], error)
          : multi_step (past, n_past, error);
    }
    if (better != NULL)
      next = nf_sampler_transfer (sampler, now, better,
          (gdouble) sampler->schedule->alpha[labels[i]],
          nf_sampler_next_alpha (sampler, labels, n, i), error);
    nf_tensor_unref (now);
    now = next;
  }
  for (guint i = 0; i < n_past; i++)
    nf_tensor_unref (past[i]);
  return g_steal_pointer (&now);
}
