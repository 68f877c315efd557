/* SPDX-License-Identifier: MIT
 *
 * samplers — golden checks of noise schedules and sampling runs
 *
 * A run is named out/METHOD/sN_denoise{0,1}_clip{0,1}[_steplabel]: N steps, with
 * or without a last denoising and clipping. The product evaluates the last
 * denoising at the last step's label, and so do runs with "_steplabel"; the
 * others were made with the number of steps less one, which is put in its place
 * here. Schedules are named sched/{linear,cosine}[_sN]/WHAT; one WHAT is
 * gamma_shapes. */
#include "golden.h"

#include <string.h>

#include <nextframe/diffusion/nfnoise.h>
#include <nextframe/diffusion/nfsampler.h>

typedef struct
{
  Golden *golden;
  NfUnet *net;
  NfUnetCond *cond;
  gfloat *noise; /* nullable: in/noise */
  gsize n_noise;
  const NfTensor *init;
  guint n_steps;
  guint evaluations;
  gboolean count_label; /* the last denoising is at n_steps - 1 */
} Walk;

static NfTensor *
predict (gpointer data, NfTensor *x, gfloat label, GError **error)
{
  Walk *walk = data;
  g_autofree gfloat *labels = g_new (gfloat, (gsize) x->n);

  if (walk->evaluations == walk->n_steps && walk->count_label)
    label = (gfloat) (walk->n_steps - 1);
  walk->evaluations++;
  for (gint64 i = 0; i < x->n; i++)
    labels[i] = label;
  return nf_unet_forward (walk->net, x, labels, walk->cond, NULL, error);
}

static NfTensor *
draw (gpointer data, guint step, guint label, GError **error)
{
  Walk *walk = data;
  gsize n = nf_tensor_elements (walk->init);

  if (walk->noise == NULL || (step + 1) * n > walk->n_noise) {
    g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND,
        "in/noise has no noise for step %u", step);
    return NULL;
  }
  return nf_tensor_new_from_nchw (walk->init->device, NF_F32, walk->init->n,
      walk->init->c, walk->init->h, walk->init->w, walk->noise + step * n,
      error);
}

/* README's rows, by what makes rounding grow: clipping, and the steps it has
 * to do so */
static const GoldenTolerance *
pick_tolerance (const NfSampler *sampler)
{
  static const GoldenTolerance ddim_clip_few[] = { { GOLDEN_ABS, 1e-3 },
    { GOLDEN_L2, 2e-4 }, { GOLDEN_END } };
  static const GoldenTolerance ddim_clip_many[] = { { GOLDEN_ABS, 5e-2 },
    { GOLDEN_L2, 1e-2 }, { GOLDEN_END } };
  static const GoldenTolerance ddpm_clip[] = { { GOLDEN_L2, 2e-5 },
    { GOLDEN_END } };
  static const GoldenTolerance free_run[] = { { GOLDEN_L2, 5e-6 },
    { GOLDEN_END } };

  if (!sampler->clip)
    return free_run;
  if (sampler->method == NF_SAMPLER_DDPM)
    return ddpm_clip;
  return sampler->steps <= 10 ? ddim_clip_few : ddim_clip_many;
}

static gboolean
check_run (Golden *golden, NfUnet *net, const gchar *name, NfSampler *sampler,
    gboolean count_label, GError **error)
{
  g_autoptr (NfTensor) init = golden_tensor (golden, "in/init", error);
  g_autoptr (NfTensor) cond = NULL;
  g_autoptr (NfUnetCond) condition = NULL;
  g_autoptr (NfSchedule) schedule = nf_schedule_new (nf_unet_config (net));
  g_autofree guint *steps = NULL;
  g_autofree gfloat *noise = NULL;
  g_autoptr (NfTensor) result = NULL;
  Walk walk = { .golden = golden, .net = net, .count_label = count_label };

  if (init != NULL)
    cond = golden_tensor (golden, "in/cond", error);
  if (cond != NULL)
    condition = nf_unet_condition (net, cond, error);
  if (condition == NULL)
    return FALSE;
  if (sampler->method == NF_SAMPLER_DDPM)
    walk.noise = noise = golden_floats (golden, "in/noise", &walk.n_noise);
  steps = nf_schedule_steps (schedule, sampler->steps, &walk.n_steps);
  walk.cond = condition;
  walk.init = init;
  sampler->schedule = schedule;
  sampler->predict = predict;
  sampler->draw = draw;
  sampler->data = &walk;
  result = nf_sampler_run (sampler, init, error);
  if (result == NULL)
    return FALSE;
  golden_compare_tensor (golden, name, result, pick_tolerance (sampler));
  return TRUE;
}

static void
check_named_run (
    Golden *golden, NfUnet *net, const gchar *name, const GMatchInfo *match)
{
  g_autofree gchar *method = g_match_info_fetch (match, 1);
  g_autofree gchar *steps = g_match_info_fetch (match, 2);
  g_autofree gchar *denoise = g_match_info_fetch (match, 3);
  g_autofree gchar *clip = g_match_info_fetch (match, 4);
  g_autofree gchar *suffix = g_match_info_fetch (match, 5);
  NfSampler sampler = {
    .steps = (guint) g_ascii_strtoull (steps, NULL, 10),
    .denoise = *denoise == '1' ? NF_DENOISE_AGAIN : NF_DENOISE_NONE,
    .clip = *clip == '1' ? NF_CLAMP_CLEAN : NF_CLAMP_NONE,
  };
  g_autoptr (GError) error = NULL;

  if (!nf_sampler_method_from_name (method, &sampler.method, NULL)) {
    golden_skip (golden, name, "a method that is not known");
    return;
  }
  if (!check_run (golden, net, name, &sampler, *suffix == '\0', &error))
    golden_fail (golden, name, error);
}

/* Shapes of the gamma distribution whose numbers are the noise of each label */
static void
check_gamma_shapes (Golden *golden, const gchar *prefix, NfUnetConfig config)
{
  static const GoldenTolerance tolerance[] = { { GOLDEN_EACH, 5e-4 },
    { GOLDEN_END } };
  g_autofree gchar *name = g_strconcat (prefix, "gamma_shapes", NULL);
  g_autoptr (NfSchedule) schedule = NULL;
  g_autofree gfloat *got = NULL;

  if (!golden_has (golden, name))
    return;
  config.gamma = TRUE;
  schedule = nf_schedule_new (&config);
  got = g_new (gfloat, schedule->n);
  for (guint i = 0; i < schedule->n; i++)
    got[i] = (gfloat) nf_noise_shape (schedule, i);
  golden_compare (golden, name, got, schedule->n, tolerance);
}

/* sched/DIST[_sN]/WHAT; @match holds DIST and N */
static void
check_named_schedule (Golden *golden, const NfUnetConfig *config,
    const gchar *name, const GMatchInfo *match)
{
  g_autofree gchar *dist = g_match_info_fetch (match, 1);
  g_autofree gchar *count = g_match_info_fetch (match, 2);
  g_autofree gchar *prefix =
      g_strndup (name, (gsize) (strrchr (name, '/') - name) + 1);
  g_autoptr (NfSchedule) schedule = NULL;
  g_autofree guint *steps = NULL;
  NfUnetConfig own = *config;
  guint n;

  own.sigma_dist =
      g_str_equal (dist, "cosine") ? NF_SIGMA_COSINE : NF_SIGMA_LINEAR;
  schedule = nf_schedule_new (&own);
  n = schedule->n;
  if (*count != '\0')
    steps = nf_schedule_steps (
        schedule, (guint) g_ascii_strtoull (count, NULL, 10), &n);
  golden_compare_schedule (golden, prefix, schedule, steps, n);
  check_gamma_shapes (golden, prefix, own);
}

/**
 * golden_check_samplers:
 * @net: the network that the runs are of
 *
 * Checks the schedules and sampling runs that a file holds.
 */
void
golden_check_samplers (Golden *golden, NfUnet *net)
{
  g_autoptr (GRegex) run = g_regex_new ("^out/([a-z0-9+-]+)/s([0-9]{1,5})_"
                                        "denoise([01])_clip([01])(_steplabel)?"
                                        "$",
      0, 0, NULL);
  g_autoptr (GRegex) schedule =
      g_regex_new ("^sched/(linear|cosine)(?:_s([0-9]{1,5}))?/", 0, 0, NULL);

  for (guint i = 0; i < nf_safetensors_count (golden->file); i++) {
    const gchar *name = nf_safetensors_index (golden->file, i)->name;
    g_autoptr (GMatchInfo) match = NULL;
    g_autoptr (GMatchInfo) other = NULL;

    if (g_str_has_prefix (name, "out/fpndm/"))
      golden_skip (golden, name, "a faulty walk");
    else if (g_regex_match (run, name, 0, &match))
      check_named_run (golden, net, name, match);
    else if (!g_hash_table_contains (golden->used, name)
        && g_regex_match (schedule, name, 0, &other))
      check_named_schedule (golden, nf_unet_config (net), name, other);
  }
}
