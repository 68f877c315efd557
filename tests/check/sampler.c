/* SPDX-License-Identifier: MIT
 *
 * sampler — methods of sampling against a case whose solution is known
 *
 * Data from N (0, s^2): the noise in x at signal power a is exactly
 * sqrt (1 - a) x / (a s^2 + 1 - a), and the deterministic walk from a to 1 ends
 * at x s / sqrt (a s^2 + 1 - a). The schedule is smooth at its clean end, so a
 * method of order p has its error divided by 2^p when the steps double. */
#include <nextframe/diffusion/nfsampler.h>
#include "testdevice.h"

#include <math.h>

#define LABELS 4096
#define SPREAD 0.5
#define BETA 12.0

static NfDevice *device;

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
exact_noise (gpointer data, NfTensor *x, gfloat label, GError **error)
{
  gdouble a = alpha_at ((gdouble) label);
  guint *calls = data;

  (*calls)++;
  return nf_sampler_scale (
      x, sqrt (1.0 - a) / (a * SPREAD * SPREAD + 1.0 - a), error);
}

static NfTensor *
fresh_noise (gpointer data, guint step, guint label, GError **error)
{
  NfRandnParams params = { 1, 64, 16, 16, { 5, 0, NF_RNG_SAMPLE_STEP + step } };

  return nf_op_randn (device, &params, error);
}

/* relative error of a walk of so many steps */
static gdouble
walk_error (NfSamplerMethod method, guint steps, guint *calls)
{
  g_autoptr (NfSchedule) schedule = smooth_schedule ();
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTensor) x =
      nf_tensor_new_filled (device, 1, 1, 1, 1, 1.0f, &error);
  NfSampler sampler = { .method = method,
    .steps = steps,
    .schedule = schedule,
    .predict = exact_noise,
    .data = calls };
  gdouble a = alpha_at (0), expected;
  g_autoptr (NfTensor) y = NULL;

  *calls = 0;
  y = nf_sampler_run (&sampler, x, &error);
  g_assert_no_error (error);
  expected = SPREAD / sqrt (a * SPREAD * SPREAD + 1.0 - a);
  return fabs ((gdouble) nf_tensor_scalar (y, NULL) / expected - 1.0);
}

static gdouble
order_between (NfSamplerMethod method, guint few, guint many)
{
  guint calls;
  gdouble a = walk_error (method, few, &calls);
  gdouble b = walk_error (method, many, &calls);
  gdouble order = log (a / b) / log ((gdouble) many / few);

  g_test_message ("%s: error %g at %u steps, %g at %u: order %.2f",
      nf_sampler_method_name (method), a, few, b, many, order);
  return order;
}

static void
test_ddim_first_order (void)
{
  gdouble order = order_between (NF_SAMPLER_DDIM, 32, 128);

  g_assert_true (order >= 0.9 && order <= 1.2);
}

static void
test_fpndm_second_order (void)
{
  guint calls;

  g_assert_true (order_between (NF_SAMPLER_FPNDM, 16, 32) >= 1.8);
  g_assert_true (order_between (NF_SAMPLER_FPNDM, 32, 64) >= 1.8);
  g_assert_true (walk_error (NF_SAMPLER_FPNDM, 32, &calls)
      <= 0.1 * walk_error (NF_SAMPLER_DDIM, 32, &calls));
}

static void
test_fpndm_evaluations (void)
{
  guint calls;

  walk_error (NF_SAMPLER_FPNDM, 16, &calls);
  g_assert_cmpuint (calls, ==, 16 + 3 * 3);
  for (guint steps = 1; steps <= 4; steps *= 2) {
    gdouble e = walk_error (NF_SAMPLER_FPNDM, steps, &calls);

    g_test_message ("%u steps: error %g, %u evaluations", steps, e, calls);
    g_assert_cmpuint (calls, ==, steps + 3 * MIN (steps - 1, 3));
    g_assert_true (e <= 1.5);
  }
}

static void
test_dpm_solver_second_order (void)
{
  guint calls;

  g_assert_true (order_between (NF_SAMPLER_DPM_SOLVER, 16, 32) >= 1.8);
  g_assert_true (order_between (NF_SAMPLER_DPM_SOLVER, 32, 64) >= 1.8);
  g_assert_true (walk_error (NF_SAMPLER_DPM_SOLVER, 20, &calls)
      <= 0.5 * walk_error (NF_SAMPLER_DDIM, 50, &calls));
}

static void
test_dpm_solver_evaluations (void)
{
  guint calls;

  for (guint steps = 1; steps <= 16; steps++) {
    gdouble e = walk_error (NF_SAMPLER_DPM_SOLVER, steps, &calls);

    g_test_message ("%u steps: error %g, %u evaluations", steps, e, calls);
    g_assert_cmpuint (calls, ==, steps);
  }
}

/* ancestral sampling of N (0, s^2) must give that variance */
static void
test_ddpm_variance (void)
{
  g_autoptr (NfSchedule) schedule = smooth_schedule ();
  g_autoptr (GError) error = NULL;
  NfRandnParams start = { 1, 64, 16, 16, { 5, 0, NF_RNG_SAMPLE_START } };
  g_autoptr (NfTensor) x = nf_op_randn (device, &start, &error);
  guint calls = 0;
  NfSampler sampler = { .method = NF_SAMPLER_DDPM,
    .steps = 256,
    .schedule = schedule,
    .predict = exact_noise,
    .draw = fresh_noise,
    .data = &calls };
  g_autoptr (NfTensor) y = nf_sampler_run (&sampler, x, &error);
  g_autoptr (NfTensor) sum = NULL;
  gdouble variance;

  g_assert_no_error (error);
  sum = nf_op_sum_squares (y, &error);
  variance = (gdouble) nf_tensor_scalar (sum, NULL) / (64 * 16 * 16);
  g_test_message ("variance %g, expected %g", variance, SPREAD * SPREAD);
  g_assert_true (fabs (variance / (SPREAD * SPREAD) - 1.0) <= 0.06);
}

static void
test_steps_not_dividing (void)
{
  NfSchedule schedule = { 20, NULL };
  guint n;
  g_autofree guint *seven = nf_schedule_steps (&schedule, 7, &n);

  g_assert_cmpuint (n, ==, 10);
  g_assert_cmpuint (seven[9], ==, 18);
  g_free (g_steal_pointer (&seven));
  seven = nf_schedule_steps (&schedule, 20, &n);
  g_assert_cmpuint (n, ==, 20);
  g_assert_cmpuint (seven[19], ==, 19);
}

/* as even as labels allow: no label nearer to where it should be */
static void
expect_even (const NfSchedule *s, const guint *labels, guint n)
{
  gdouble from = nf_log_snr ((gdouble) s->alpha[labels[0]]);
  gdouble to = nf_log_snr ((gdouble) s->alpha[labels[n - 1]]);

  for (guint i = 1; i + 1 < n; i++) {
    gdouble wanted = from + (to - from) * i / (n - 1);
    guint label = labels[i];

    g_assert_true (nf_log_snr ((gdouble) s->alpha[label - 1]) <= wanted);
    g_assert_true (nf_log_snr ((gdouble) s->alpha[label + 1]) >= wanted);
  }
}

static void
test_even_steps (void)
{
  g_autoptr (NfSchedule) schedule = smooth_schedule ();
  guint n;

  for (guint steps = 1; steps <= 2 * LABELS; steps = steps * 3 + 1) {
    g_autofree guint *labels = nf_schedule_even_steps (schedule, steps, &n);

    g_assert_cmpuint (n, ==, MIN (steps, LABELS));
    g_assert_cmpuint (labels[0], ==, 0);
    g_assert_true (n == 1 || labels[n - 1] == LABELS - 1);
    for (guint i = 1; i < n; i++)
      g_assert_cmpuint (labels[i], >, labels[i - 1]);
    if (n <= 10)
      expect_even (schedule, labels, n);
  }
}

/* next to no signal at the first labels, no noise at the last two */
static void
test_dpm_solver_ends (void)
{
  gfloat alpha[] = { 1e-15f, 1e-12f, 0.01f, 0.3f, 0.7f, 0.99f, 1.0f, 1.0f };
  NfSchedule schedule = { G_N_ELEMENTS (alpha), alpha };

  for (guint steps = 1; steps <= G_N_ELEMENTS (alpha); steps++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (NfTensor) x =
        nf_tensor_new_filled (device, 1, 1, 1, 1, 1.0f, &error);
    guint calls = 0;
    NfSampler sampler = { .method = NF_SAMPLER_DPM_SOLVER,
      .steps = steps,
      .clip = NF_CLAMP_CLEAN,
      .schedule = &schedule,
      .predict = exact_noise,
      .data = &calls };
    g_autoptr (NfTensor) y = nf_sampler_run (&sampler, x, &error);

    g_assert_no_error (error);
    g_assert_true (fabs ((gdouble) nf_tensor_scalar (y, NULL)) <= 1.0);
  }
}

static void
test_names (void)
{
  g_autoptr (GError) error = NULL;
  NfSamplerMethod method;

  for (guint i = 0; i < NF_N_SAMPLERS; i++) {
    g_assert_true (nf_sampler_method_from_name (
        nf_sampler_method_name ((NfSamplerMethod) i), &method, &error));
    g_assert_cmpuint (method, ==, i);
  }
  g_assert_false (nf_sampler_method_from_name ("magic", &method, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
  g_assert_cmpstr (error->message, ==,
      "sampler magic: no such method; use ddim, ddpm, f-pndm or dpm-solver++");
}

/* what users read of methods names each of them */
static void
test_documented (void)
{
  static const struct
  {
    const gchar *file, *before, *after;
  } places[] = {
    { "docs/sampling.md", "| `", "` |" },
    { "docs/elements.md", "`", "`" },
    { "docs/man/nextframe-train.1", "", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    g_autofree gchar *path =
        g_build_filename (g_getenv ("NF_SOURCE"), places[i].file, NULL);
    g_autofree gchar *text = NULL;

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    for (guint m = 0; m < NF_N_SAMPLERS; m++) {
      g_autofree gchar *wanted = g_strconcat (places[i].before,
          nf_sampler_method_name ((NfSamplerMethod) m), places[i].after, NULL);

      if (strstr (text, wanted) == NULL)
        g_error ("%s: no %s", places[i].file, wanted);
    }
  }
}

int
main (int argc, char **argv)
{
  gint status;

  g_test_init (&argc, &argv, NULL);
  device = test_device_open ();
  g_test_add_func ("/sampler/ddim-first-order", test_ddim_first_order);
  g_test_add_func ("/sampler/f-pndm-second-order", test_fpndm_second_order);
  g_test_add_func ("/sampler/f-pndm-evaluations", test_fpndm_evaluations);
  g_test_add_func (
      "/sampler/dpm-solver-second-order", test_dpm_solver_second_order);
  g_test_add_func (
      "/sampler/dpm-solver-evaluations", test_dpm_solver_evaluations);
  g_test_add_func ("/sampler/ddpm-variance", test_ddpm_variance);
  g_test_add_func ("/sampler/steps-not-dividing", test_steps_not_dividing);
  g_test_add_func ("/sampler/even-steps", test_even_steps);
  g_test_add_func ("/sampler/dpm-solver-ends", test_dpm_solver_ends);
  g_test_add_func ("/sampler/names", test_names);
  g_test_add_func ("/sampler/documented", test_documented);
  status = g_test_run ();
  nf_device_unref (device);
  return status;
}
