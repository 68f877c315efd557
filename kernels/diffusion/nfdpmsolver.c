/* SPDX-License-Identifier: MIT
 *
 * nfdpmsolver — deterministic sampling of second order (DPM-Solver++(2M))
 *
 * With s = sqrt (1 - a), l = log (sqrt (a) / s), h = l' - l and D the clean
 * frames as they are estimated here and, hollow, D- one step of h- before:
 *
 *   x' = s' / s x + sqrt (a') (1 - exp (-h)) (D + h / (2 h-) (D - D-))
 *
 * One evaluation a step. The first step has no past and the last one, to a' = 1,
 * an infinite h: there D alone is taken, which is a step of DDIM. Lu, Zhou, Bao,
 * Chen, Li, Zhu, "DPM-Solver++: fast solver for guided sampling of diffusion
 * probabilistic models", 2022, algorithm 2. Its labels lie evenly in l, see
 * nf_schedule_even_steps(). */
#include "diffusion/nfsampler.h"

#include <math.h>

/* D with what it gained since the step before */
static NfTensor *
extrapolate (
    NfTensor *clean, NfTensor *past, gdouble h, gdouble h_past, GError **error)
{
  gdouble gain = h_past > 0.0 ? h / (2.0 * h_past) : 0.0;

  return past != NULL && gain > 0.0
      ? nf_sampler_mix (clean, 1.0 + gain, past, -gain, error)
      : nf_tensor_ref (clean);
}

/* from noise level a to next given the frames to aim at */
static NfTensor *
step (NfTensor *x, NfTensor *aim, gdouble a, gdouble next, GError **error)
{
  gdouble keep = a < 1.0 ? sqrt ((1.0 - next) / (1.0 - a)) : 0.0;

  return nf_sampler_mix (x, keep, aim, sqrt (next) - keep * sqrt (a), error);
}

NfTensor *
nf_sampler_walk_dpm_solver (const NfSampler *sampler, NfTensor *x,
    const guint *labels, guint n, GError **error)
{
  g_autoptr (NfTensor) now = nf_tensor_ref (x);
  g_autoptr (NfTensor) past = NULL;
  gdouble h_past = 0.0;

  for (guint i = 0; i < n && now != NULL; i++) {
    gdouble a = (gdouble) sampler->schedule->alpha[labels[i]];
    gdouble next = nf_sampler_next_alpha (sampler, labels, n, i);
    gdouble h = i + 1 < n ? nf_log_snr (next) - nf_log_snr (a) : 0.0;
    g_autoptr (NfTensor) e =
        nf_sampler_predict (sampler, now, (gfloat) labels[i], error);
    NfTensor *clean =
        e != NULL ? nf_sampler_clean (sampler, now, e, a, error) : NULL;
    g_autoptr (NfTensor) aim =
        clean != NULL ? extrapolate (clean, past, h, h_past, error) : NULL;
    NfTensor *moved = aim != NULL ? step (now, aim, a, next, error) : NULL;

    nf_tensor_unref (now);
    now = moved;
    nf_tensor_clear (&past);
    past = clean;
    h_past = h;
  }
  return g_steal_pointer (&now);
}
