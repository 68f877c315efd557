/* SPDX-License-Identifier: MIT
 *
 * gamma-noise — noise of a gamma distribution: its shapes, its distribution, and
 * sampling that starts from it
 *
 * Shapes of all labels are compared with PyTorch's by tests/golden/samplers.c.
 * Siblings: maskedtraining.c (training with it), nfnoise.h */
#include "testdevice.h"

#include <nextframe/diffusion/nfnoise.h>
#include <nextframe/diffusion/nfprediction.h>

#include <math.h>

#define COUNT 100000
#define SAMPLE 384 /* numbers of a frame */

static NfDevice *device;

static NfUnetConfig
tiny_config (gboolean gamma)
{
  NfUnetConfig config;

  nf_unet_config_init (&config);
  config.height = 8;
  config.width = 16;
  config.num_frames = 1;
  config.num_frames_cond = 2;
  config.ngf = 8;
  config.n_levels = 2;
  config.num_res_blocks = 1;
  config.n_attn = 0;
  config.n_head_channels = 8;
  config.spade = FALSE;
  config.gamma = gamma;
  return config;
}

static void
test_shapes (void)
{
  static const struct
  {
    guint label;
    gdouble shape;
  } known[] = { { 0, 2.47770e10 }, { 500, 1.17247e7 }, { 999, 100.01 } };
  NfUnetConfig config = tiny_config (TRUE);
  g_autoptr (NfSchedule) schedule = nf_schedule_new (&config);
  g_autoptr (NfSchedule) normal =
      (config.gamma = FALSE, nf_schedule_new (&config));

  for (guint i = 0; i < G_N_ELEMENTS (known); i++) {
    gdouble got = nf_noise_shape (schedule, known[i].label);

    g_assert_cmpfloat (fabs (got / known[i].shape - 1.0), <=, 1e-3);
  }
  g_assert_true (isinf (nf_noise_shape (normal, 999)));
}

/* Shares of the numbers below five quantiles of the distribution, of mean 0 and
 * variance 1. */
static void
test_distribution (void)
{
  static const gdouble shares[] = { 0.05, 0.25, 0.5, 0.75, 0.95 };
  static const struct
  {
    gdouble shape, quantiles[5];
  } rows[] = {
    { 2.0, { -1.162935, -0.734487, -0.227443, 0.489767, 1.940205 } },
    { 100.0, { -1.586072, -0.691417, -0.033314, 0.655109, 1.699713 } },
    { 1e12, { -1.644854, -0.674490, 0.0, 0.674490, 1.644854 } },
    { INFINITY, { -1.644854, -0.674490, 0.0, 0.674490, 1.644854 } },
  };
  const NfRngKey key = { .seed = 5, .stream = 3, .purpose = NF_RNG_TEST };
  g_autofree gfloat *numbers = g_new (gfloat, COUNT);

  for (guint r = 0; r < G_N_ELEMENTS (rows); r++) {
    gdouble sum = 0, squares = 0;
    gsize below[G_N_ELEMENTS (shares)] = { 0 };

    nf_noise_gamma (&key, rows[r].shape, COUNT, numbers);
    for (gsize i = 0; i < COUNT; i++) {
      const gdouble x = (gdouble) numbers[i];

      sum += x;
      squares += x * x;
      for (guint q = 0; q < G_N_ELEMENTS (shares); q++)
        below[q] += x < rows[r].quantiles[q];
    }
    g_assert_cmpfloat (fabs (sum / COUNT), <=, 0.015);
    g_assert_cmpfloat (fabs (squares / COUNT - 1.0), <=, 0.03);
    for (guint q = 0; q < G_N_ELEMENTS (shares); q++)
      g_assert_cmpfloat (
          fabs ((gdouble) below[q] / COUNT - shares[q]), <=, 0.006);
  }
}

/* A number depends on its place alone, and a sample on its stream and label. */
static void
test_places (void)
{
  const NfRngKey key = { .seed = 5, .stream = 4, .purpose = NF_RNG_TEST };
  const NfRandnParams params = {
    .n = 2,
    .c = 3,
    .h = 8,
    .w = 16,
    .key = { .seed = 5, .stream = 3, .purpose = NF_RNG_TEST },
  };
  const gfloat labels[] = { 3, 999 };
  NfUnetConfig config = tiny_config (TRUE);
  g_autoptr (NfSchedule) schedule = nf_schedule_new (&config);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTensor) both =
      nf_noise_draw (schedule, device, &params, labels, &error);
  g_autofree gfloat *numbers = g_new (gfloat, 2 * SAMPLE);
  g_autofree gfloat *alone = g_new (gfloat, 2 * SAMPLE);

  g_assert_no_error (error);
  g_assert_true (nf_tensor_to_nchw (both, numbers, &error));
  g_assert_no_error (error);
  nf_noise_gamma (&key, nf_noise_shape (schedule, 999), 2 * SAMPLE, alone);
  for (guint i = 0; i < SAMPLE; i++)
    g_assert_cmpfloat (numbers[SAMPLE + i], ==, alone[i]);
}

/* What a new network, which predicts zero, makes of the noise. */
static void
sample (NfSamplerMethod method, gboolean gamma, gfloat *frame)
{
  const NfUnetConfig config = tiny_config (gamma);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfUnet) net = nf_unet_new (device, &config, &error);
  g_autoptr (NfSchedule) schedule = nf_schedule_new (&config);
  g_autoptr (NfTensor) context = NULL;
  g_autoptr (NfTensor) out = NULL;
  NfPrediction prediction;

  g_assert_no_error (error);
  g_assert_true (nf_params_reset (nf_unet_params (net), 3, &error));
  context = nf_tensor_new_zeros (device, NF_F32, 1, 6, 8, 16, &error);
  nf_prediction_init_for (&prediction, &config);
  prediction.method = method;
  prediction.steps = 5;
  prediction.horizon = 1;
  g_assert_true (
      nf_prediction_run (&prediction, net, schedule, context, &out, &error));
  g_assert_no_error (error);
  g_assert_true (nf_tensor_to_nchw (out, frame, &error));
}

static void
test_sampling (gconstpointer data)
{
  const NfSamplerMethod method = GPOINTER_TO_UINT (data);
  gfloat gamma[SAMPLE], again[SAMPLE], normal[SAMPLE];
  guint others = 0;

  sample (method, TRUE, gamma);
  sample (method, TRUE, again);
  sample (method, FALSE, normal);
  for (guint i = 0; i < SAMPLE; i++) {
    g_assert_true (isfinite (gamma[i]));
    g_assert_cmpfloat (gamma[i], ==, again[i]);
    others += gamma[i] != normal[i];
  }
  g_assert_cmpuint (others, >, SAMPLE / 10);
}

int
main (int argc, char **argv)
{
  int failed;

  g_test_init (&argc, &argv, NULL);
  device = test_device_open ();
  g_test_add_func ("/gamma-noise/shapes", test_shapes);
  g_test_add_func ("/gamma-noise/distribution", test_distribution);
  g_test_add_func ("/gamma-noise/places", test_places);
  g_test_add_data_func (
      "/gamma-noise/ddim", GUINT_TO_POINTER (NF_SAMPLER_DDIM), test_sampling);
  g_test_add_data_func (
      "/gamma-noise/ddpm", GUINT_TO_POINTER (NF_SAMPLER_DDPM), test_sampling);
  failed = g_test_run ();
  nf_device_unref (device);
  return failed;
}
