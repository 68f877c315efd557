/* SPDX-License-Identifier: MIT
 *
 * nfddpm — ancestral sampling
 *
 * With b = 1 - a / a': the mean of x' given x0 and x, plus noise of variance
 * (1 - a') / (1 - a) b after every step but the last. Ho, Jain, Abbeel,
 * "Denoising diffusion probabilistic models", 2020, on a subset of labels. */
#include <nextframe/diffusion/nfsamplersteps.h>

#include <math.h>

/* b in single precision, as in the reference implementation: at labels with
 * little noise, a / a' is so near 1 that its rounding is visible in the frames
 */
static gdouble
beta_of (gdouble a, gdouble next)
{
  return (gdouble) (1.0f - (gfloat) a / (gfloat) next);
}

/* the mean of what comes next */
static NfTensor *
step (const NfSampler *sampler, NfTensor *x, guint label, gdouble next,
    GError **error)
{
  gdouble a = (gdouble) sampler->schedule->alpha[label];
  gdouble beta = beta_of (a, next);
  g_auto (NfEstimate) estimate = { NULL, NULL };

  if (!nf_sampler_estimate (sampler, x, (gfloat) label, a, &estimate, error))
    return NULL;
  return nf_sampler_mix (estimate.clean, sqrt (next) * beta / (1.0 - a), x,
      sqrt (1.0 - beta) * (1.0 - next) / (1.0 - a), error);
}

NfTensor *
nf_sampler_walk_ddpm (const NfSampler *sampler, NfTensor *x,
    const guint *labels, guint n, GError **error)
{
  g_autoptr (NfTensor) now = nf_tensor_ref (x);

  for (guint i = 0; i < n; i++) {
    gdouble a = (gdouble) sampler->schedule->alpha[labels[i]];
    gdouble next = nf_sampler_next_alpha (sampler, labels, n, i);
    g_autoptr (NfTensor) mean = step (sampler, now, labels[i], next, error);
    g_autoptr (NfTensor) noise = NULL;

    if (mean == NULL)
      return NULL;
    nf_tensor_unref (now);
    now = g_steal_pointer (&mean);
    if (i + 1 == n)
      break;
    noise = sampler->draw (sampler->data, i, labels[i], error);
    mean = nf_sampler_mix (now, 1.0, noise,
        sqrt ((1.0 - next) / (1.0 - a) * beta_of (a, next)), error);
    nf_tensor_unref (now);
    now = g_steal_pointer (&mean);
    if (now == NULL)
      return NULL;
  }
  return g_steal_pointer (&now);
}
