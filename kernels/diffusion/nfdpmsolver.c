/* SPDX-License-Identifier: MIT
 *
 * nfdpmsolver — deterministic sampling of second order (DPM-Solver++(2M))
 *
 * With s = sqrt (1 - a), l = log (sqrt (a) / s), h = l' - l, and x0 the clean
 * frames as they are estimated here, x0- and h- those of the step before:
 *
 *   x' = s' / s x + sqrt (a') (1 - exp (-h)) (x0 + h / (2 h-) (x0 - x0-))
 *
 * which is a step of DDIM, sqrt (a') x0 + s' e, and what x0's change adds. In
 * that form a clipped x0 is taken as the other methods take it. The first step
 * has no past and the last one, to a' = 1, an infinite h: they are steps of
 * DDIM. One evaluation a step. Lu, Zhou, Bao, Chen, Li, Zhu, "DPM-Solver++: fast
 * solver for guided sampling of diffusion probabilistic models", 2022,
 * algorithm 2. Its labels lie evenly in l, see nf_schedule_even_steps(). */
#include <nextframe/diffusion/nfsamplersteps.h>

#include <math.h>

/* how much of its last change x0 gains in a step from noise level a to next */
static gdouble
gain (gdouble a, gdouble next, gdouble h, gdouble h_past)
{
  gdouble keep = a < 1.0 ? sqrt ((1.0 - next) / (1.0 - a)) : 0.0;

  return h_past > 0.0 ? (sqrt (next) - keep * sqrt (a)) * h / (2.0 * h_past)
                      : 0.0;
}

static NfTensor *
step (const NfEstimate *estimate, NfTensor *past, gdouble next, gdouble more,
    GError **error)
{
  g_autoptr (NfTensor) moved = nf_sampler_mix (estimate->clean,
      sqrt (next) + more, estimate->noise, sqrt (1.0 - next), error);

  return past != NULL && more > 0.0
      ? nf_sampler_mix (moved, 1.0, past, -more, error)
      : g_steal_pointer (&moved);
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
    g_auto (NfEstimate) estimate = { NULL, NULL };
    NfTensor *moved = NULL;

    if (nf_sampler_estimate (
            sampler, now, (gfloat) labels[i], a, &estimate, error))
      moved = step (&estimate, past, next, gain (a, next, h, h_past), error);
    nf_tensor_unref (now);
    now = moved;
    nf_tensor_clear (&past);
    past = g_steal_pointer (&estimate.clean);
    h_past = h;
  }
  return g_steal_pointer (&now);
}
