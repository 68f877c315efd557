/* SPDX-License-Identifier: MIT
 *
 * nfsampler — from noise to frames: the table of methods, and running one */
#include <nextframe/diffusion/nfsampler.h>

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
#include <nextframe/diffusion/nfsamplers.def.h>
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

guint
nf_sampler_evaluations (const NfSampler *sampler)
{
  guint n;
  g_autofree guint *labels = nf_sampler_labels (
      sampler->method, sampler->schedule, sampler->start, sampler->steps, &n);

  return n + (sampler->denoise == NF_DENOISE_AGAIN)
      + (n > 0 && nf_sampler_ends_at_cleanest (sampler, labels[n - 1]));
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
  if (y != NULL && nf_sampler_ends_at_cleanest (sampler, labels[n - 1]))
    return denoise_cleanest (sampler, y, error);
  return g_steal_pointer (&y);
}
