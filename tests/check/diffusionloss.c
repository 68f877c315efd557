/* SPDX-License-Identifier: MIT
 *
 * diffusion-loss — the loss of networks that predict noise, clean frames or v
 *
 * The last convolution of a new network is zero, so it predicts zero, and the loss
 * is that of the target's own size. */
#include "testdevice.h"
#include "train/diffusion.h"

#include <gst/gst.h>
#include <math.h>

#define WIDTH 12
#define HEIGHT 8
#define BATCH 2
#define VALUES (3 * WIDTH * HEIGHT) /* of a frame */

static NfDevice *device;

static NfUnet *
tiny_net (NfTarget target)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = g_strdup_printf (
      "{\"image_size\":[%d,%d],\"ngf\":8,\"ch_mult\":[1,2],"
      "\"num_res_blocks\":1,\"attn_resolutions\":[4],\"n_head_channels\":8,"
      "\"num_classes\":20,\"num_frames\":1,\"num_frames_cond\":2,"
      "\"spade\":false,\"target\":\"%s\"}",
      HEIGHT, WIDTH, nf_target_name (target));
  g_autoptr (JsonNode) json = json_from_string (text, &error);
  NfUnetConfig config;
  NfUnet *net;

  g_assert_no_error (error);
  nf_unet_config_from_json (&config, json_node_get_object (json), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (config.target, ==, target);
  net = nf_unet_new (device, &config, &error);
  g_assert_no_error (error);
  g_assert_true (nf_params_reset (nf_unet_params (net), 3, &error));
  return net;
}

/* the loss of frames of 0.5 and noise of -2 at the labels */
static gdouble
loss_of (NfTarget target, const NfDiffusionHow *how, const gfloat *labels)
{
  g_autoptr (NfUnet) net = tiny_net (target);
  g_autoptr (NfSchedule) schedule = nf_schedule_new (nf_unet_config (net));
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTensor) context =
      nf_tensor_new_filled (device, BATCH, 6, HEIGHT, WIDTH, 0.25f, &error);
  g_autoptr (NfTensor) future =
      nf_tensor_new_filled (device, BATCH, 3, HEIGHT, WIDTH, 0.5f, &error);
  g_autoptr (NfTensor) z =
      nf_tensor_new_filled (device, BATCH, 3, HEIGHT, WIDTH, -2.0f, &error);
  NfTensor *in[NF_DIFFUSION_INPUTS] = { NULL };
  const NfForward forward = { .dtype = NF_F32 };
  g_autoptr (NfTensor) loss = NULL;

  nf_diffusion_inputs (
      net, schedule, how, context, future, z, labels, 0, in, &error);
  g_assert_no_error (error);
  loss = nf_diffusion_loss (net, in, how, &forward, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < NF_DIFFUSION_INPUTS; i++)
    nf_tensor_clear (&in[i]);
  return (gdouble) nf_tensor_scalar (loss, NULL);
}

/* of one frame, for a network that predicts zero */
static gdouble
expected (NfTarget target, gdouble alpha)
{
  gdouble output = -2.0;

  if (target == NF_TARGET_X0)
    output = 0.5;
  else if (target == NF_TARGET_V)
    output = sqrt (alpha) * -2.0 - sqrt (1.0 - alpha) * 0.5;
  return 0.5 * output * output * VALUES;
}

static void
test_sum_and_mean (gconstpointer data)
{
  const NfTarget target = GPOINTER_TO_INT (data);
  const gfloat labels[BATCH] = { 3, 17 };
  g_autoptr (NfUnet) net = tiny_net (target);
  g_autoptr (NfSchedule) schedule = nf_schedule_new (nf_unet_config (net));
  const NfDiffusionHow sum = { FALSE, NF_DIFFUSION_WEIGHT_NONE };
  const NfDiffusionHow mean = { TRUE, NF_DIFFUSION_WEIGHT_NONE };
  gdouble want = (expected (target, (gdouble) schedule->alpha[3])
                     + expected (target, (gdouble) schedule->alpha[17]))
      / BATCH;

  g_assert_cmpfloat_with_epsilon (
      loss_of (target, &sum, labels), want, 1e-4 * want);
  g_assert_cmpfloat_with_epsilon (
      loss_of (target, &mean, labels), want / VALUES, 1e-4 * want / VALUES);
}

/* frames of 0.5 and noise of -2, as they are: |z|, |x| or |v| of each value */
static void
test_absolute (gconstpointer data)
{
  const NfTarget target = GPOINTER_TO_INT (data);
  const gfloat labels[BATCH] = { 3, 17 };
  g_autoptr (NfUnet) net = tiny_net (target);
  g_autoptr (NfSchedule) schedule = nf_schedule_new (nf_unet_config (net));
  gdouble plain = 0, weighted = 0;

  for (guint i = 0; i < BATCH; i++) {
    const gdouble alpha = (gdouble) schedule->alpha[(guint) labels[i]];
    const gdouble one = target == NF_TARGET_EPS ? 2
        : target == NF_TARGET_X0
        ? 0.5
        : fabs (-2 * sqrt (alpha) - 0.5 * sqrt (1 - alpha));

    plain += one * VALUES / BATCH;
    weighted += nf_diffusion_weight (NF_DIFFUSION_WEIGHT_MIN_SNR, target, alpha)
        * one * VALUES / BATCH;
  }
  for (guint i = 0; i < 4; i++) {
    const NfDiffusionHow how = { .mean = i & 1,
      .weight = i & 2 ? NF_DIFFUSION_WEIGHT_MIN_SNR : NF_DIFFUSION_WEIGHT_NONE,
      .absolute = TRUE };
    const gdouble want =
        (i & 2 ? weighted : plain) / (i & 1 ? (gdouble) VALUES : 1);

    g_assert_cmpfloat_with_epsilon (
        loss_of (target, &how, labels), want, 1e-4 * want);
  }
}

static void
test_weighted (gconstpointer data)
{
  const NfTarget target = GPOINTER_TO_INT (data);
  const gfloat labels[BATCH] = { 3, 17 };
  g_autoptr (NfUnet) net = tiny_net (target);
  g_autoptr (NfSchedule) schedule = nf_schedule_new (nf_unet_config (net));

  for (NfDiffusionWeight weight = NF_DIFFUSION_WEIGHT_MIN_SNR;
       weight <= NF_DIFFUSION_WEIGHT_MIN_SNR_V; weight++) {
    const NfDiffusionHow how = { FALSE, weight };
    gdouble want = 0;

    for (guint i = 0; i < BATCH; i++) {
      gdouble alpha = (gdouble) schedule->alpha[(guint) labels[i]];

      want += nf_diffusion_weight (weight, target, alpha)
          * expected (target, alpha) / BATCH;
    }
    g_assert_cmpfloat_with_epsilon (
        loss_of (target, &how, labels), want, 1e-4 * want);
  }
}

/* weights of the targets make the same of the clean frames' error, whose own
 * share is SNR of eps, 1 + SNR of v, 1 of x0 */
static void
test_weights (void)
{
  for (gdouble alpha = 0.01; alpha < 1; alpha += 0.07) {
    gdouble snr = alpha / (1 - alpha);
    const gdouble own[] = { snr, 1, 1 + snr };

    for (NfTarget target = 0; target < NF_N_TARGETS; target++) {
      gdouble a =
          nf_diffusion_weight (NF_DIFFUSION_WEIGHT_MIN_SNR, target, alpha);
      gdouble b =
          nf_diffusion_weight (NF_DIFFUSION_WEIGHT_MIN_SNR_V, target, alpha);

      g_assert_cmpfloat (
          nf_diffusion_weight (NF_DIFFUSION_WEIGHT_NONE, target, alpha), ==, 1);
      g_assert_cmpfloat_with_epsilon (a * own[target], MIN (snr, 5), 1e-9);
      g_assert_cmpfloat_with_epsilon (b * own[target], MIN (1 + snr, 5), 1e-9);
    }
  }
}

int
main (int argc, char **argv)
{
  gint status;

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  device = test_device_open ();
  for (NfTarget target = 0; target < NF_N_TARGETS; target++) {
    const gchar *name = nf_target_name (target);
    g_autofree gchar *plain = g_strdup_printf ("/diffusion-loss/%s", name);
    g_autofree gchar *weighted =
        g_strdup_printf ("/diffusion-loss/weighted/%s", name);
    g_autofree gchar *absolute =
        g_strdup_printf ("/diffusion-loss/absolute/%s", name);

    g_test_add_data_func (plain, GINT_TO_POINTER (target), test_sum_and_mean);
    g_test_add_data_func (weighted, GINT_TO_POINTER (target), test_weighted);
    g_test_add_data_func (absolute, GINT_TO_POINTER (target), test_absolute);
  }
  g_test_add_func ("/diffusion-loss/weights", test_weights);
  status = g_test_run ();
  nf_device_unref (device);
  return status;
}
