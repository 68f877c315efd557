/* SPDX-License-Identifier: MIT
 *
 * nfsampler — from noise to frames: what all methods share */
#include "diffusion/nfsampler.h"

#include <math.h>

static const struct
{
  const gchar *name;
  NfSamplerWalk walk;
  guint *(*labels) (const NfSchedule *schedule, guint steps, guint *n);
} methods[] = {
  [NF_SAMPLER_DDIM] = { "ddim", nf_sampler_walk_ddim, nf_schedule_steps },
  [NF_SAMPLER_DDPM] = { "ddpm", nf_sampler_walk_ddpm, nf_schedule_steps },
  [NF_SAMPLER_FPNDM] = { "f-pndm", nf_sampler_walk_fpndm, nf_schedule_steps },
  [NF_SAMPLER_DPM_SOLVER] = { "dpm-solver++", nf_sampler_walk_dpm_solver,
      nf_schedule_even_steps },
};

G_STATIC_ASSERT (G_N_ELEMENTS (methods) == NF_N_SAMPLERS);

/**
 * nf_sampler_labels:
 * @steps: at least 1
 * @n: (out): how many there are
 *
 * Returns: (transfer full): the labels that a run visits, in its order; some
 *   methods ask for others in between
 */
guint *
nf_sampler_labels (
    NfSamplerMethod method, const NfSchedule *schedule, guint steps, guint *n)
{
  return methods[method].labels (schedule, steps, n);
}

const gchar *
nf_sampler_method_name (NfSamplerMethod method)
{
  return methods[method].name;
}

/**
 * nf_sampler_method_from_name:
 *
 * Returns: FALSE with @error set to %NF_ERROR_INVALID for an unknown name
 */
gboolean
nf_sampler_method_from_name (
    const gchar *name, NfSamplerMethod *method, GError **error)
{
  for (guint i = 0; i < NF_N_SAMPLERS; i++) {
    if (g_str_equal (methods[i].name, name)) {
      *method = (NfSamplerMethod) i;
      return TRUE;
    }
  }
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "sampler %s: no such method; use ddim, ddpm, f-pndm or "
      "dpm-solver++",
      name);
  return FALSE;
}

/* alpha a + beta b */
NfTensor *
nf_sampler_mix (
    NfTensor *a, gdouble alpha, NfTensor *b, gdouble beta, GError **error)
{
  NfAxpbyParams params = { (gfloat) alpha, (gfloat) beta, NF_ACT_NONE };

  return nf_op_axpby (a, b, &params, error);
}

NfTensor *
nf_sampler_predict (
    const NfSampler *sampler, NfTensor *x, gfloat label, GError **error)
{
  g_autoptr (GError) cancelled = NULL;

  if (g_cancellable_set_error_if_cancelled (sampler->cancellable, &cancelled)) {
    g_set_error (error, NF_ERROR, NF_ERROR_CANCELLED, "sampling: %s",
        cancelled->message);
    return NULL;
  }
  return sampler->predict (sampler->data, x, label, error);
}

/* the clean frames that x and its noise e stand for */
NfTensor *
nf_sampler_clean (const NfSampler *sampler, NfTensor *x, NfTensor *e,
    gdouble alpha, GError **error)
{
  g_autoptr (NfTensor) x0 = nf_sampler_mix (
      x, 1.0 / sqrt (alpha), e, -sqrt ((1.0 - alpha) / alpha), error);

  if (x0 == NULL || !sampler->clip)
    return g_steal_pointer (&x0);
  return nf_op_clamp (x0, -1.0f, 1.0f, error);
}

/* from noise level alpha to next, given the noise: the step of DDIM */
NfTensor *
nf_sampler_transfer (const NfSampler *sampler, NfTensor *x, NfTensor *e,
    gdouble alpha, gdouble next, GError **error)
{
  g_autoptr (NfTensor) x0 = nf_sampler_clean (sampler, x, e, alpha, error);

  return x0 != NULL
      ? nf_sampler_mix (x0, sqrt (next), e, sqrt (1.0 - next), error)
      : NULL;
}

/* the noise level after a step; the last one ends at clean frames */
gdouble
nf_sampler_next_alpha (
    const NfSampler *sampler, const guint *labels, guint n, guint step)
{
  return step + 1 < n ? (gdouble) sampler->schedule->alpha[labels[step + 1]]
                      : 1.0;
}

static NfTensor *
denoise (const NfSampler *sampler, NfTensor *x, guint label, GError **error)
{
  g_autoptr (NfTensor) e =
      nf_sampler_predict (sampler, x, (gfloat) label, error);
  gdouble alpha = (gdouble) sampler->schedule->alpha[label];

  return e != NULL ? nf_sampler_mix (x, 1.0, e, -sqrt (1.0 - alpha), error)
                   : NULL;
}

/**
 * nf_sampler_run:
 * @sampler: how
 * @x: numbers from N(0, 1), the shape of the frames
 * @error: return location: %NF_ERROR_CANCELLED, or what @predict gives
 *
 * Returns: (transfer full) (nullable): frames; not clipped by the last denoising
 */
NfTensor *
nf_sampler_run (const NfSampler *sampler, NfTensor *x, GError **error)
{
  g_autofree guint *labels = NULL;
  g_autoptr (NfTensor) y = NULL;
  guint n;

  if (sampler->steps < 1
      || (sampler->method == NF_SAMPLER_DDPM && sampler->draw == NULL)) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "sampling: %u steps (at least 1), method %s%s", sampler->steps,
        nf_sampler_method_name (sampler->method),
        sampler->draw == NULL ? " without a source of noise" : "");
    return NULL;
  }
  labels = nf_sampler_labels (
      sampler->method, sampler->schedule, sampler->steps, &n);
  y = methods[sampler->method].walk (sampler, x, labels, n, error);
  if (y == NULL || !sampler->denoise)
    return g_steal_pointer (&y);
  return denoise (sampler, y, labels[n - 1], error);
}
