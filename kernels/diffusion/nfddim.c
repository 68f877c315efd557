/* SPDX-License-Identifier: MIT
 *
 * nfddim — deterministic sampling of first order
 *
 * x' = sqrt (a') x0 + sqrt (1 - a') e with x0 = (x - sqrt (1 - a) e) / sqrt (a).
 * Song, Meng, Ermon, "Denoising diffusion implicit models", 2020, eta = 0. */
#include <nextframe/diffusion/nfsamplersteps.h>

NfTensor *
nf_sampler_walk_ddim (const NfSampler *sampler, NfTensor *x,
    const guint *labels, guint n, GError **error)
{
  g_autoptr (NfTensor) now = nf_tensor_ref (x);

  for (guint i = 0; i < n && now != NULL; i++) {
    g_auto (NfEstimate) estimate = { NULL, NULL };
    NfTensor *next = NULL;

    if (nf_sampler_estimate (sampler, now, (gfloat) labels[i],
            (gdouble) sampler->schedule->alpha[labels[i]], &estimate, error))
      next = nf_sampler_go (
          &estimate, nf_sampler_next_alpha (sampler, labels, n, i), error);
    nf_tensor_unref (now);
    now = next;
  }
  return g_steal_pointer (&now);
}
