/* SPDX-License-Identifier: MIT
 *
 * diffusionloss — the loss of a noise predictor on a batch of windows
 *
 * The network sees sqrt (alpha[l]) x + sqrt (1 - alpha[l]) z and the known
 * frames, and is to predict z, x or v. Sibling: kernels/diffusion/nfschedule.c */
#include "train/diffusionloss.h"

#include <math.h>

#define MOST_SNR 5.0 /* that counts in weights of noise levels */

/* The loss's inputs. */
enum
{
  IN_CONTEXT,
  IN_NOISY, /* frames to be predicted, with noise */
  IN_TARGET, /* times each window's factor */
  IN_FACTOR, /* (N, channels, 1, 1): that factor, less 1 */
  IN_EMBEDDING, /* of the noise labels */
  IN_FIRST /* number of the first sample */
};

/* A number for each sample of the batch, less 1, for nf_op_modulate(). */
static NfTensor *
upload_factors (const NfTensor *like, const gfloat *factors, GError **error)
{
  g_autofree gfloat *values = g_new (gfloat, like->n * like->c);
  g_autoptr (NfTensor) scale =
      nf_tensor_new (like->device, NF_F32, like->n, like->c, 1, 1, error);

  for (gint64 i = 0; i < like->n * like->c; i++)
    values[i] = factors[i / like->c] - 1.0f;
  return scale && nf_tensor_set_nchw (scale, values, error)
      ? g_steal_pointer (&scale)
      : NULL;
}

/* x times numbers from upload_factors(); NULL where what makes either has
 * failed. */
static NfTensor *
multiply (NfTensor *x, NfTensor *scale, GError **error)
{
  g_autoptr (NfTensor) shift = NULL;

  if (!x || !scale)
    return NULL;
  shift = nf_tensor_new_zeros (x->device, NF_F32, x->n, x->c, 1, 1, error);
  return nf_op_modulate (x, scale, shift, error);
}

/* x times a number for each sample of the batch. */
static NfTensor *
scale_samples (NfTensor *x, const gfloat *factors, GError **error)
{
  g_autoptr (NfTensor) scale = upload_factors (x, factors, error);

  return multiply (x, scale, error);
}

/* a x + b z, with an a and a b for every sample. */
static NfTensor *
mix_samples (
    NfTensor *x, const gfloat *a, NfTensor *z, const gfloat *b, GError **error)
{
  static const NfAxpbyParams sum = {
    .alpha = 1.0f, .beta = 1.0f, .act = NF_ACT_NONE
  };
  g_autoptr (NfTensor) ax = scale_samples (x, a, error);
  g_autoptr (NfTensor) bz = ax ? scale_samples (z, b, error) : NULL;

  if (!bz) /* which the sum could do without */
    return NULL;
  return nf_op_axpby (ax, bz, &sum, error);
}

/* What the network is to predict from sqrt (alpha) x + sqrt (1 - alpha) z. */
static NfTensor *
make_target (NfTarget target, NfTensor *x, const gfloat *signal, NfTensor *z,
    const gfloat *noise, GError **error)
{
  g_autofree gfloat *minus = NULL;

  if (target != NF_TARGET_V)
    return nf_tensor_ref (target == NF_TARGET_X0 ? x : z);
  minus = g_new (gfloat, x->n);
  for (gint64 i = 0; i < x->n; i++)
    minus[i] = -noise[i];
  return mix_samples (z, signal, x, minus, error);
}

/**
 * nf_diffusion_weight:
 * @weight: of noise levels
 * @target: of the network
 * @alpha: a noise level: share of signal power, above 0 and below 1
 *
 * The squared errors of eps, v and x0 are as SNR to 1 + SNR to 1, where SNR is
 * alpha / (1 - alpha).
 *
 * Returns: what the target's squared error is multiplied by
 */
gdouble
nf_diffusion_weight (NfDiffusionWeight weight, NfTarget target, gdouble alpha)
{
  gdouble snr = MAX (alpha, 1e-12) / MAX (1.0 - alpha, 1e-12);
  gdouble wanted = MIN (snr, MOST_SNR), own = 1.0;

  if (weight == NF_DIFFUSION_WEIGHT_NONE)
    return 1.0;
  if (weight == NF_DIFFUSION_WEIGHT_MIN_SNR_V)
    wanted = MIN (1.0 + snr, MOST_SNR);
  if (target == NF_TARGET_EPS)
    own = snr;
  else if (target == NF_TARGET_V)
    own = 1.0 + snr;
  return wanted / own;
}

/* Whether errors are divided by their number before they are squared. */
static gboolean
mean_of_squares (const NfDiffusionHow *how)
{
  return how->mean && !how->absolute;
}

/* Amplitudes of signal and noise at the labels, and what errors are multiplied by
 * before they count: the weights, or their roots where errors are squared. */
static void
read_levels (const NfSchedule *schedule, const NfDiffusionHow *how,
    NfTarget target, const gfloat *labels, const NfTensor *x, gfloat *signal,
    gfloat *noise, gfloat *factor)
{
  gdouble values = mean_of_squares (how) ? (gdouble) x->c * x->h * x->w : 1.0;

  for (gint64 i = 0; i < x->n; i++) {
    gfloat alpha = schedule->alpha[(guint) labels[i]];
    gdouble weight;

    signal[i] = sqrtf (alpha);
    noise[i] = sqrtf (1.0f - alpha);
    weight =
        nf_diffusion_weight (how->weight, target, (gdouble) alpha) / values;
    factor[i] = (gfloat) (how->absolute ? weight : sqrt (weight));
  }
}

/**
 * nf_diffusion_inputs:
 * @net: the noise predictor
 * @schedule: its noise levels
 * @how: how the loss is made
 * @context: (N, nf_unet_cond_channels(), H, W), pixels in [-1, 1]
 * @future: (N, channels * num_frames, H, W), likewise
 * @z: the noise, shape of @future
 * @labels: (array): N noise labels
 * @first_sample: number of the first, for dropout
 * @in: (out): %NF_DIFFUSION_INPUTS tensors, to be released also where it fails
 * @error: return location
 *
 * What nf_diffusion_loss() takes.
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_diffusion_inputs (NfUnet *net, const NfSchedule *schedule,
    const NfDiffusionHow *how, NfTensor *context, NfTensor *future, NfTensor *z,
    const gfloat *labels, guint64 first_sample, NfTensor **in, GError **error)
{
  NfTarget target = nf_unet_config (net)->target;
  g_autofree gfloat *signal = g_new (gfloat, future->n);
  g_autofree gfloat *noise = g_new (gfloat, future->n);
  g_autofree gfloat *factor = g_new (gfloat, future->n);
  g_autoptr (NfTensor) unscaled = NULL;

  read_levels (schedule, how, target, labels, future, signal, noise, factor);
  in[IN_CONTEXT] = nf_tensor_ref (context);
  in[IN_NOISY] = mix_samples (future, signal, z, noise, error);
  unscaled = in[IN_NOISY]
      ? make_target (target, future, signal, z, noise, error)
      : NULL;
  in[IN_FACTOR] = unscaled ? upload_factors (unscaled, factor, error) : NULL;
  in[IN_TARGET] = multiply (unscaled, in[IN_FACTOR], error);
  in[IN_EMBEDDING] =
      in[IN_TARGET] ? nf_unet_embed (net, labels, future->n, error) : NULL;
  if (!in[IN_EMBEDDING])
    return FALSE;
  in[IN_FIRST] = nf_tensor_new_from_nhwc (
      context->device, NF_I64, 1, 1, 1, 1, &first_sample, error);
  return in[IN_FIRST] != NULL;
}

static NfTensor *
divide (NfTensor *x, gdouble by, GError **error)
{
  const NfAxpbyParams params = { .alpha = (gfloat) (1 / by),
    .act = NF_ACT_NONE };

  return nf_op_axpby (x, NULL, &params, error);
}

/**
 * nf_diffusion_loss:
 * @net: the noise predictor
 * @in: from nf_diffusion_inputs()
 * @how: how the loss is made, as for nf_diffusion_inputs()
 * @run: seed and type
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the mean over the batch of the half
 *   squared, or absolute, error of what the network predicts, summed over its
 *   values or their mean, times the noise level's weight
 */
NfTensor *
nf_diffusion_loss (NfUnet *net, NfTensor *const *in, const NfDiffusionHow *how,
    const NfForward *run, GError **error)
{
  const NfNoiseLossParams params = { how->absolute };
  NfForward forward = *run;
  g_autoptr (NfTensor) flow = nf_op_cast (in[IN_CONTEXT], run->dtype, error);
  g_autoptr (NfUnetCond) cond = nf_unet_condition (net, flow, error);
  g_autoptr (NfTensor) guess = NULL;
  g_autoptr (NfTensor) weighed = NULL;
  g_autoptr (NfTensor) sum = NULL;

  forward.first = in[IN_FIRST];
  if (cond)
    guess = nf_unet_forward_at (
        net, in[IN_NOISY], in[IN_EMBEDDING], cond, &forward, error);
  weighed = multiply (guess, in[IN_FACTOR], error);
  sum = nf_op_noise_loss (weighed, in[IN_TARGET], &params, error);
  return sum && how->mean && how->absolute
      ? divide (sum, (gdouble) guess->c * guess->h * guess->w, error)
      : g_steal_pointer (&sum);
}
