/* SPDX-License-Identifier: MIT
 *
 * nfsamplersteps — from noisy frames to noise and clean ones, and back */
#include <nextframe/diffusion/nfsamplersteps.h>

#include <math.h>

gboolean
nf_sampler_ends_at_cleanest (const NfSampler *sampler, guint last)
{
  return sampler->denoise == NF_DENOISE_CLEANEST
      && last + 1 < sampler->schedule->n;
}

NfTensor *
nf_sampler_mix (
    NfTensor *a, gdouble alpha, NfTensor *b, gdouble beta, GError **error)
{
  NfAxpbyParams params = {
    .alpha = (gfloat) alpha, .beta = (gfloat) beta, .act = NF_ACT_NONE
  };

  if (b == NULL) /* which the sum could do without */
    return NULL;
  return nf_op_axpby (a, b, &params, error);
}

NfTensor *
nf_sampler_scale (NfTensor *a, gdouble alpha, GError **error)
{
  NfAxpbyParams params = {
    .alpha = (gfloat) alpha, .beta = 0.0f, .act = NF_ACT_NONE
  };

  return nf_op_axpby (a, NULL, &params, error);
}

void
nf_estimate_clear (NfEstimate *estimate)
{
  nf_tensor_clear (&estimate->clean);
  nf_tensor_clear (&estimate->noise);
}

static NfTensor *
predict (const NfSampler *sampler, NfTensor *x, gfloat label, GError **error)
{
  g_autoptr (GError) cancelled = NULL;

  if (x == NULL)
    return NULL;
  if (g_cancellable_set_error_if_cancelled (sampler->cancellable, &cancelled)) {
    g_set_error (error, NF_ERROR, NF_ERROR_CANCELLED, "sampling: %s",
        cancelled->message);
    return NULL;
  }
  return sampler->predict (sampler->data, x, label, error);
}

/* divisors of labels without signal or without noise */
#define LEAST 1e-6

/* the clean frames that x and its noise e stand for */
static NfTensor *
clean_of_noise (NfTensor *x, NfTensor *e, gdouble alpha, GError **error)
{
  return nf_sampler_mix (
      x, 1.0 / sqrt (alpha), e, -sqrt ((1.0 - alpha) / alpha), error);
}

/* the noise of x around clean frames */
static NfTensor *
noise_of_clean (NfTensor *x, NfTensor *clean, gdouble alpha, GError **error)
{
  gdouble s = MAX (sqrt (1.0 - alpha), LEAST);

  return nf_sampler_mix (x, 1.0 / s, clean, -sqrt (alpha) / s, error);
}

/* the noise in x, from the output of the network */
static NfTensor *
noise_of_output (const NfSampler *sampler, NfTensor *x, NfTensor *output,
    gdouble alpha, GError **error)
{
  if (sampler->target == NF_TARGET_X0)
    return noise_of_clean (x, output, alpha, error);
  return sampler->target == NF_TARGET_V
      ? nf_sampler_mix (output, sqrt (alpha), x, sqrt (1.0 - alpha), error)
      : nf_tensor_ref (output);
}

/* the clean frames behind x, likewise */
static NfTensor *
clean_of_output (const NfSampler *sampler, NfTensor *x, NfTensor *output,
    gdouble alpha, GError **error)
{
  if (sampler->target == NF_TARGET_EPS)
    return clean_of_noise (x, output, alpha, error);
  return sampler->target == NF_TARGET_V
      ? nf_sampler_mix (x, sqrt (alpha), output, -sqrt (1.0 - alpha), error)
      : nf_tensor_ref (output);
}

/* brings an estimate into the frames' range; FALSE where one is missing */
static gboolean
clip (const NfSampler *sampler, NfTensor *x, gdouble alpha,
    NfEstimate *estimate, GError **error)
{
  if (estimate->clean == NULL || estimate->noise == NULL)
    return FALSE;
  if (sampler->clip != NF_CLAMP_NONE) {
    g_autoptr (NfTensor) free = g_steal_pointer (&estimate->clean);

    estimate->clean = nf_op_clamp (free, -1.0f, 1.0f, error);
  }
  if (sampler->clip == NF_CLAMP_CONSISTENT && estimate->clean != NULL) {
    nf_tensor_clear (&estimate->noise);
    estimate->noise = noise_of_clean (x, estimate->clean, alpha, error);
  }
  return estimate->clean != NULL && estimate->noise != NULL;
}

NfTensor *
nf_sampler_noise (const NfSampler *sampler, NfTensor *x, gfloat label,
    gdouble alpha, GError **error)
{
  g_autoptr (NfTensor) output = predict (sampler, x, label, error);

  return noise_of_output (sampler, x, output, alpha, error);
}

gboolean
nf_sampler_estimate (const NfSampler *sampler, NfTensor *x, gfloat label,
    gdouble alpha, NfEstimate *estimate, GError **error)
{
  g_autoptr (NfTensor) output = predict (sampler, x, label, error);

  estimate->noise = noise_of_output (sampler, x, output, alpha, error);
  estimate->clean = clean_of_output (sampler, x, output, alpha, error);
  return clip (sampler, x, alpha, estimate, error);
}

NfTensor *
nf_sampler_go (const NfEstimate *estimate, gdouble next, GError **error)
{
  return nf_sampler_mix (
      estimate->clean, sqrt (next), estimate->noise, sqrt (1.0 - next), error);
}

NfTensor *
nf_sampler_transfer (const NfSampler *sampler, NfTensor *x, NfTensor *e,
    gdouble alpha, gdouble next, GError **error)
{
  g_auto (NfEstimate)
      estimate = { clean_of_noise (x, e, alpha, error), nf_tensor_ref (e) };

  return clip (sampler, x, alpha, &estimate, error)
      ? nf_sampler_go (&estimate, next, error)
      : NULL;
}

gdouble
nf_sampler_next_alpha (
    const NfSampler *sampler, const guint *labels, guint n, guint step)
{
  const NfSchedule *schedule = sampler->schedule;

  if (step + 1 < n)
    return (gdouble) schedule->alpha[labels[step + 1]];
  return nf_sampler_ends_at_cleanest (sampler, labels[step])
      ? (gdouble) schedule->alpha[schedule->n - 1]
      : 1.0;
}
