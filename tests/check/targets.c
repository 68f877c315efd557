/* SPDX-License-Identifier: MIT
 *
 * targets — samplers with networks that predict noise, clean frames or v
 *
 * Data from N (0, s^2), as in sampler.c: x at signal power a holds the clean
 * value sqrt (a) s^2 x / (a s^2 + 1 - a) on average, and the deterministic walk
 * from there ends at x s / sqrt (a s^2 + 1 - a). */
#include <nextframe/diffusion/nfprediction.h>
#include "testdevice.h"

#include <math.h>

#define LABELS 4096
#define SPREAD 0.5
#define BETA 12.0

static NfDevice *device;

typedef struct
{
  NfTarget target;
  guint calls;
  gfloat last; /* label asked for */
} Known;

static gdouble
alpha_at (gdouble label)
{
  gdouble t = (LABELS - label) / LABELS;

  return exp (-0.5 * BETA * t * t);
}

static NfSchedule *
smooth_schedule (void)
{
  NfSchedule *s = g_new (NfSchedule, 1);

  s->n = LABELS;
  s->alpha = g_new (gfloat, LABELS);
  for (guint i = 0; i < LABELS; i++)
    s->alpha[i] = (gfloat) alpha_at (i);
  return s;
}

static NfTensor *
predict_target (gpointer data, NfTensor *x, gfloat label, GError **error)
{
  Known *known = data;
  gdouble a = alpha_at ((gdouble) label);
  gdouble power = a * SPREAD * SPREAD + 1.0 - a;
  gdouble clean = sqrt (a) * SPREAD * SPREAD / power;
  gdouble noise = sqrt (1.0 - a) / power, output = noise;

  known->calls++;
  known->last = label;
  if (known->target == NF_TARGET_X0)
    output = clean;
  else if (known->target == NF_TARGET_V)
    output = sqrt (a) * noise - sqrt (1.0 - a) * clean;
  return nf_sampler_scale (x, output, error);
}

static NfTensor *
fresh_noise (gpointer data, guint step, guint label, GError **error)
{
  NfRandnParams params = { 1, 64, 16, 16, { 5, 0, NF_RNG_SAMPLE_STEP + step } };

  return nf_op_randn (device, &params, error);
}

static void
init_sampler (NfSampler *sampler, NfSamplerMethod method, guint steps,
    const NfSchedule *schedule, Known *known)
{
  *sampler = (NfSampler){ .method = method,
    .steps = steps,
    .target = known->target,
    .schedule = schedule,
    .predict = predict_target,
    .draw = fresh_noise,
    .data = known };
}

/* relative error of a walk from x = 1 at the sampler's start */
static gdouble
walk_error (const NfSampler *sampler)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTensor) x =
      nf_tensor_new_filled (device, 1, 1, 1, 1, 1.0f, &error);
  g_autoptr (NfTensor) y = nf_sampler_run (sampler, x, &error);
  gdouble a = alpha_at (sampler->start);

  g_assert_no_error (error);
  return fabs ((gdouble) nf_tensor_scalar (y, NULL)
          / (SPREAD / sqrt (a * SPREAD * SPREAD + 1.0 - a))
      - 1.0);
}

/* the same walk, whatever is predicted */
static void
test_deterministic (gconstpointer data)
{
  const NfSamplerMethod method = GPOINTER_TO_INT (data);
  g_autoptr (NfSchedule) schedule = smooth_schedule ();
  gdouble first = 0;

  for (NfTarget target = 0; target < NF_N_TARGETS; target++) {
    Known known = { target };
    NfSampler sampler;
    gdouble error;

    init_sampler (&sampler, method, 32, schedule, &known);
    error = walk_error (&sampler);
    g_test_message ("%s, %s: error %g", nf_sampler_method_name (method),
        nf_target_name (target), error);
    if (target == 0)
      first = error;
    g_assert_true (error <= 0.1);
    g_assert_true (fabs (error - first) <= 2e-5);
  }
}

static void
test_ancestral (void)
{
  g_autoptr (NfSchedule) schedule = smooth_schedule ();
  NfRandnParams start = { 1, 64, 16, 16, { 5, 0, NF_RNG_SAMPLE_START } };

  for (NfTarget target = 0; target < NF_N_TARGETS; target++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (NfTensor) x = nf_op_randn (device, &start, &error);
    g_autoptr (NfTensor) y = NULL;
    g_autoptr (NfTensor) sum = NULL;
    Known known = { target };
    NfSampler sampler;
    gdouble variance;

    init_sampler (&sampler, NF_SAMPLER_DDPM, 256, schedule, &known);
    y = nf_sampler_run (&sampler, x, &error);
    g_assert_no_error (error);
    sum = nf_op_sum_squares (y, &error);
    variance = (gdouble) nf_tensor_scalar (sum, NULL) / (64 * 16 * 16);
    g_test_message ("%s: variance %g", nf_target_name (target), variance);
    g_assert_true (fabs (variance / (SPREAD * SPREAD) - 1.0) <= 0.06);
  }
}

/* from a later label on, of frames that have its noise */
static void
test_start (gconstpointer data)
{
  const NfSamplerMethod method = GPOINTER_TO_INT (data);
  g_autoptr (NfSchedule) schedule = smooth_schedule ();
  Known known = { NF_TARGET_V };
  NfSampler sampler;
  guint n;

  init_sampler (&sampler, method, 16, schedule, &known);
  for (sampler.start = 1024; sampler.start < LABELS; sampler.start += 1024) {
    g_autofree guint *labels =
        nf_sampler_labels (method, schedule, sampler.start, 16, &n);

    g_assert_cmpuint (labels[0], ==, sampler.start);
    g_assert_cmpuint (labels[n - 1], <, LABELS);
    g_assert_true (walk_error (&sampler) <= 0.15);
  }
  sampler.start = LABELS;
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (NfTensor) x =
        nf_tensor_new_filled (device, 1, 1, 1, 1, 1.0f, NULL);

    g_assert_null (nf_sampler_run (&sampler, x, &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
  }
}

/* the last step of evenly spaced labels is a long one, unless it ends at the
 * cleanest label; steps that visit that one need no more */
static void
test_ends (void)
{
  g_autoptr (NfSchedule) schedule = smooth_schedule ();
  Known known = { NF_TARGET_V };
  NfSampler sampler;
  gdouble plain, better;

  init_sampler (&sampler, NF_SAMPLER_DDIM, 16, schedule, &known);
  plain = walk_error (&sampler);
  g_assert_cmpuint (known.calls, ==, 16);
  sampler.denoise = NF_DENOISE_CLEANEST;
  known.calls = 0;
  better = walk_error (&sampler);
  g_test_message ("error %g, at the cleanest label %g", plain, better);
  g_assert_cmpuint (known.calls, ==, 17);
  g_assert_cmpuint (nf_sampler_evaluations (&sampler), ==, 17);
  g_assert_cmpfloat (known.last, ==, LABELS - 1);
  g_assert_true (better <= plain);

  sampler.method = NF_SAMPLER_DPM_SOLVER;
  known.calls = 0;
  g_assert_true (walk_error (&sampler) <= 0.05);
  g_assert_cmpuint (known.calls, ==, 16);
  g_assert_cmpuint (nf_sampler_evaluations (&sampler), ==, 16);
}

/* what the second of two steps of DDIM is asked about */
typedef struct
{
  guint calls;
  gfloat second;
} Asked;

/* clean frames of 3, out of range */
static NfTensor *
predict_three (gpointer data, NfTensor *x, gfloat label, GError **error)
{
  Asked *asked = data;

  if (asked->calls++ == 1)
    asked->second = nf_tensor_scalar (x, NULL);
  return nf_tensor_new_filled (device, 1, 1, 1, 1, 3.0f, error);
}

/* with both clamps frames are 1, but the noise is what is left of x, or what is
 * left of x around 3 */
static void
test_clamps (void)
{
  gfloat alpha[] = { 0.1f, 0.6f };
  NfSchedule schedule = { G_N_ELEMENTS (alpha), alpha };

  for (guint consistent = 0; consistent < 2; consistent++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (NfTensor) x =
        nf_tensor_new_filled (device, 1, 1, 1, 1, 2.0f, &error);
    g_autoptr (NfTensor) y = NULL;
    Asked asked = { 0 };
    NfSampler sampler = { .method = NF_SAMPLER_DDIM,
      .steps = 2,
      .clip = consistent ? NF_CLAMP_CONSISTENT : NF_CLAMP_CLEAN,
      .target = NF_TARGET_X0,
      .schedule = &schedule,
      .predict = predict_three,
      .data = &asked };
    gdouble noise = (2.0 - sqrt (0.1) * (consistent ? 1.0 : 3.0)) / sqrt (0.9);

    y = nf_sampler_run (&sampler, x, &error);
    g_assert_no_error (error);
    g_assert_cmpfloat_with_epsilon (
        (gdouble) asked.second, sqrt (0.6) + sqrt (0.4) * noise, 1e-5);
    g_assert_cmpfloat_with_epsilon (
        (gdouble) nf_tensor_scalar (y, NULL), 1.0, 1e-6);
  }
}

int
main (int argc, char **argv)
{
  static const NfSamplerMethod walks[] = { NF_SAMPLER_DDIM, NF_SAMPLER_FPNDM,
    NF_SAMPLER_DPM_SOLVER };
  gint status;

  g_test_init (&argc, &argv, NULL);
  device = test_device_open ();
  for (guint i = 0; i < G_N_ELEMENTS (walks); i++) {
    const gchar *name = nf_sampler_method_name (walks[i]);
    g_autofree gchar *same = g_strdup_printf ("/targets/%s", name);
    g_autofree gchar *start = g_strdup_printf ("/targets/start/%s", name);

    g_test_add_data_func (same, GINT_TO_POINTER (walks[i]), test_deterministic);
    g_test_add_data_func (start, GINT_TO_POINTER (walks[i]), test_start);
  }
  g_test_add_func ("/targets/ancestral", test_ancestral);
  g_test_add_func ("/targets/ends", test_ends);
  g_test_add_func ("/targets/clamps", test_clamps);
  status = g_test_run ();
  nf_device_unref (device);
  return status;
}
