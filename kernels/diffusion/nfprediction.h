/* SPDX-License-Identifier: MIT
 *
 * nfprediction — frames beyond the context, block by block
 *
 * The skip-frame strategy: with eleven frames of context and blocks of two,
 * 12-13, 14-15, ..., 20-21, 22(-23); the window of context slides by a block. A
 * network with a future gap draws its only block in one go. */
#pragma once

#include "core/threads/nfcores.h"
#include "diffusion/nfsampler.h"

G_BEGIN_DECLS

/**
 * NfProgress:
 * @data: the caller's
 * @done: evaluations of the network that are done
 * @total: all of them, about
 */
typedef void (*NfProgress) (gpointer data, guint done, guint total);

/**
 * NfPrediction:
 * @method: of sampling
 * @steps: denoising steps a block
 * @clip: see #NfSampler
 * @denoise: see #NfSampler
 * @guide: (nullable) (array): for every frame up to the horizon its guide,
 *   f32 (N, %NF_UNET_GUIDE_CHANNELS, H, W), or NULL where there is none
 * @guide_start: part of the schedule that is passed over, 0 to 1: a block all
 *   of whose frames have a guide starts from the guide frames with the noise
 *   that is left there, in the place of noise alone
 * @dtype: what the network computes in, %NF_F32 or %NF_BF16
 * @horizon: frames beyond the context that are wanted, at least 1
 * @seed: of all noise
 * @stream: number of the clip (or of the draw), for the noise
 * @cancellable: (nullable): looked at once per denoising step
 * @lease: (nullable): the caller's lease; others that wait have theirs between two
 *   evaluations of the network
 * @progress: (nullable): called after every evaluation of the network
 * @progress_data: handed to it
 */
typedef struct
{
  NfSamplerMethod method;
  guint steps;
  NfClamp clip;
  NfDenoise denoise;
  NfTensor *const *guide;
  gdouble guide_start;
  NfDType dtype;
  guint horizon;
  guint64 seed, stream;
  GCancellable *cancellable;
  NfCoreLease *lease;
  NfProgress progress;
  gpointer progress_data;
} NfPrediction;

/**
 * nf_prediction_init:
 * @prediction: (out caller-allocates): 50 steps of DDIM, clipped, with a last
 *   denoising step, for the eleven frames that follow the context, and seed 0
 */
void nf_prediction_init (NfPrediction *prediction);

/**
 * nf_prediction_init_for:
 * @prediction: (out caller-allocates): as of nf_prediction_init(), with the
 *   clipping and the last step that suit the network
 * @config: of the network
 *
 * Networks that predict the noise are sampled as published, all others by the
 * consistent clipping of %NF_CLAMP_CONSISTENT.
 */
void nf_prediction_init_for (
    NfPrediction *prediction, const NfUnetConfig *config);

/**
 * nf_prediction_check:
 * @prediction: how to predict
 * @c: configuration of the network
 * @error: return location: %NF_ERROR_INVALID
 *
 * Returns: FALSE with @error set when the network does not predict the frame
 *   that the horizon asks for
 */
gboolean nf_prediction_check (
    const NfPrediction *prediction, const NfUnetConfig *c, GError **error);

/**
 * nf_prediction_run:
 * @prediction: how to predict
 * @net: the network
 * @schedule: its noise schedule
 * @frames: (N, channels * num_frames_cond, H, W): the context, oldest first,
 *   pixels in [-1, 1]
 * @out: (out) (array) (transfer full): horizon places; each gets a frame (N,
 *   channels, H, W) in [-1, 1], or NULL where the network does not predict that
 *   frame (future gap)
 * @error: return location: %NF_ERROR_CANCELLED, %NF_ERROR_INVALID,
 *   %NF_ERROR_NO_MEMORY, or as the device has it
 *
 * Returns: FALSE with @error set and @out all NULL
 */
gboolean nf_prediction_run (const NfPrediction *prediction, NfUnet *net,
    const NfSchedule *schedule, NfTensor *frames, NfTensor **out,
    GError **error);

G_END_DECLS
