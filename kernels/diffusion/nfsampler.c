/* SPDX-License-Identifier: MIT
 *
 * nfsampler — from noise to frames: what all methods share */
#include "diffusion/nfsampler.h"

#include <math.h>

static const struct
{
  const gchar *name, *description;
  NfSamplerWalk walk;
  guint *(*labels) (const NfSchedule *schedule, guint steps, guint *n);
  NfSamplerFlags flags;
} methods[] = {
#define NF_SAMPLER(NAME, function, name, pick, flags, description)             \
  [NF_SAMPLER_##                                                               \
      NAME] = { name, description, nf_sampler_walk_##function, pick, flags },
#include "diffusion/nfsamplers.def.h"
#undef NF_SAMPLER
};

G_STATIC_ASSERT (G_N_ELEMENTS (methods) == NF_N_SAMPLERS);

guint *
nf_sampler_labels (NfSamplerMethod method, const NfSchedule *schedule,
    guint start, guint steps, guint *n)
{
  const NfSchedule rest = { schedule->n - start, schedule->alpha + start };
  guint *labels = methods[method].labels (&rest, steps, n);

  for (guint i = 0; i < *n; i++)
    labels[i] += start;
  return labels;
}

/* whether the last step ends at the cleanest label, to be evaluated there */
static gboolean
ends_at_cleanest (const NfSampler *sampler, guint last)
{
  return sampler->denoise == NF_DENOISE_CLEANEST
      && last + 1 < sampler->schedule->n;
}

guint
nf_sampler_evaluations (const NfSampler *sampler)
{
  guint n;
  g_autofree guint *labels = nf_sampler_labels (
      sampler->method, sampler->schedule, sampler->start, sampler->steps, &n);

  return n + (sampler->denoise == NF_DENOISE_AGAIN)
      + (n > 0 && ends_at_cleanest (sampler, labels[n - 1]));
}

const gchar *
nf_sampler_method_name (NfSamplerMethod method)
{
  return methods[method].name;
}

const gchar *
nf_sampler_method_description (NfSamplerMethod method)
{
  return methods[method].description;
}

gboolean
nf_sampler_method_is_ancestral (NfSamplerMethod method)
{
  return (methods[method].flags & NF_SAMPLER_ANCESTRAL) != 0;
}

gchar *
nf_sampler_method_names (void)
{
  GString *names = g_string_new (methods[0].name);

  for (guint i = 1; i < NF_N_SAMPLERS; i++)
    g_string_append_printf (
        names, "%s%s", i + 1 < NF_N_SAMPLERS ? ", " : " or ", methods[i].name);
  return g_string_free (names, FALSE);
}

gboolean
nf_sampler_method_from_name (
    const gchar *name, NfSamplerMethod *method, GError **error)
{
  g_autofree gchar *names = NULL;

  for (guint i = 0; i < NF_N_SAMPLERS; i++) {
    if (g_str_equal (methods[i].name, name)) {
      *method = (NfSamplerMethod) i;
      return TRUE;
    }
  }
  names = nf_sampler_method_names ();
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "sampler %s: no such method; use %s", name, names);
  return FALSE;
}

NfTensor *
nf_sampler_mix (
    NfTensor *a, gdouble alpha, NfTensor *b, gdouble beta, GError **error)
{
  NfAxpbyParams params = { (gfloat) alpha, (gfloat) beta, NF_ACT_NONE };

  if (b == NULL) /* which the sum could do without */
    return NULL;
  return nf_op_axpby (a, b, &params, error);
}

NfTensor *
nf_sampler_scale (NfTensor *a, gdouble alpha, GError **error)
{
  NfAxpbyParams params = { (gfloat) alpha, 0.0f, NF_ACT_NONE };

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
  return ends_at_cleanest (sampler, labels[step])
      ? (gdouble) schedule->alpha[schedule->n - 1]
      : 1.0;
}

/* as published: removes what the network takes for noise in the clean frames */
static NfTensor *
denoise_again (
    const NfSampler *sampler, NfTensor *x, guint label, GError **error)
{
  gdouble alpha = (gdouble) sampler->schedule->alpha[label];
  g_autoptr (NfTensor) e =
      nf_sampler_noise (sampler, x, (gfloat) label, alpha, error);

  return nf_sampler_mix (x, 1.0, e, -sqrt (1.0 - alpha), error);
}

static NfTensor *
denoise_cleanest (const NfSampler *sampler, NfTensor *x, GError **error)
{
  guint label = sampler->schedule->n - 1;
  g_auto (NfEstimate) estimate = { NULL, NULL };

  return nf_sampler_estimate (sampler, x, (gfloat) label,
             (gdouble) sampler->schedule->alpha[label], &estimate, error)
      ? g_steal_pointer (&estimate.clean)
      : NULL;
}

static gboolean
check (const NfSampler *sampler, GError **error)
{
  if (sampler->steps < 1
      || (nf_sampler_method_is_ancestral (sampler->method)
          && sampler->draw == NULL)) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "sampling: %u steps (at least 1), method %s%s", sampler->steps,
        nf_sampler_method_name (sampler->method),
        sampler->draw == NULL ? " without a source of noise" : "");
    return FALSE;
  }
  if (sampler->start < sampler->schedule->n)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "sampling: label %u to start at, of %u labels", sampler->start,
      sampler->schedule->n);
  return FALSE;
}

NfTensor *
nf_sampler_run (const NfSampler *sampler, NfTensor *x, GError **error)
{
  g_autofree guint *labels = NULL;
  g_autoptr (NfTensor) y = NULL;
  guint n;

  if (!check (sampler, error))
    return NULL;
  labels = nf_sampler_labels (
      sampler->method, sampler->schedule, sampler->start, sampler->steps, &n);
  y = methods[sampler->method].walk (sampler, x, labels, n, error);
  if (y != NULL && sampler->denoise == NF_DENOISE_AGAIN)
    return denoise_again (sampler, y, labels[n - 1], error);
  if (y != NULL && ends_at_cleanest (sampler, labels[n - 1]))
    return denoise_cleanest (sampler, y, error);
  return g_steal_pointer (&y);
}
