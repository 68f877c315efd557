/* SPDX-License-Identifier: MIT
 *
 * nfddpm — ancestral sampling
 *
 * With b = 1 - a / a': the mean of x' given x0 and x, plus noise of variance
 * (1 - a') / (1 - a) b after every step but the last. Ho, Jain, Abbeel,
 * "Denoising diffusion probabilistic models", 2020, on a subset of labels. */
#include "diffusion/nfsampler.h"

#include <math.h>

/* b in single precision, as the networks' reference runs have it: where labels
 * hold little noise, a / a' is so near 1 that its rounding shows in the frames */
static gdouble
beta_of (gdouble a, gdouble next)
{
  return (gdouble) (1.0f - (gfloat) a / (gfloat) next);
}

static NfTensor *
step (const NfSampler *sampler, NfTensor *x, NfTensor *e, gdouble a,
    gdouble next, GError **error)
{
  g_autoptr (NfTensor) x0 = nf_sampler_clean (sampler, x, e, a, error);
  gdouble beta = beta_of (a, next);

  return x0 != NULL ? nf_sampler_mix (x0, sqrt (next) * beta / (1.0 - a), x,
             sqrt (1.0 - beta) * (1.0 - next) / (1.0 - a), error)
                    : NULL;
}

NfTensor *
nf_sampler_walk_ddpm (const NfSampler *sampler, NfTensor *x,
    const guint *labels, guint n, GError **error)
{
  g_autoptr (NfTensor) now = nf_tensor_ref (x);

  for (guint i = 0; i < n; i++) {
    gdouble a = (gdouble) sampler->schedule->alpha[labels[i]];
    gdouble next = nf_sampler_next_alpha (sampler, labels, n, i);
    g_autoptr (NfTensor) e =
        nf_sampler_predict (sampler, now, (gfloat) labels[i], error);
    g_autoptr (NfTensor) mean =
        e != NULL ? step (sampler, now, e, a, next, error) : NULL;
    g_autoptr (NfTensor) noise = NULL;

    if (mean == NULL)
      return NULL;
    nf_tensor_unref (now);
    now = g_steal_pointer (&mean);
    if (i + 1 == n)
      break;
    noise = sampler->draw (sampler->data, i, error);
    mean = noise != NULL ? nf_sampler_mix (now, 1.0, noise,
               sqrt ((1.0 - next) / (1.0 - a) * beta_of (a, next)), error)
                         : NULL;
    nf_tensor_unref (now);
    now = g_steal_pointer (&mean);
    if (now == NULL)
      return NULL;
  }
  return g_steal_pointer (&now);
}
