/* SPDX-License-Identifier: MIT
 *
 * nfprediction — frames beyond the context, block by block
 *
 * With eleven frames of context and blocks of two, the network predicts frames
 * 12-13, 14-15, ..., 20-21 and 22(-23), and after every block the window of
 * context slides by a block. A network with a future gap predicts a single
 * block behind the gap.
 *
 * A network that was trained with masked conditioning also predicts a block from
 * the frames around it, from those behind it, or from none (#NfPredictMode). */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/threads/nfcores.h>
#include <nextframe/diffusion/nfsampler.h>
#include <nextframe/diffusion/nfsamplinggraph.h>

G_BEGIN_DECLS

/** NF_PREDICTION_MAX_STEPS: denoising steps a block that are of any use */
#define NF_PREDICTION_MAX_STEPS 1000

/**
 * NfPredictionProgress:
 * @data: the caller's
 * @done: evaluations of the network that are done
 * @total: all of them, about
 */
typedef void (*NfPredictionProgress) (gpointer data, guint done, guint total);

/**
 * NfPrediction:
 * @method: of sampling
 * @steps: denoising steps a block
 * @clip: see #NfClamp
 * @denoise: see #NfDenoise
 * @guide: (nullable) (array): for every frame up to the horizon its guide,
 *   f32 (N, %NF_UNET_GUIDE_CHANNELS, H, W), or NULL where there is none
 * @guide_start: part of the noise schedule that is skipped, 0 to 1: sampling of
 *   a block whose frames all have a guide starts from the guide frames with the
 *   noise of that label, instead of noise alone
 * @dtype: what the network computes in, %NF_F32 or %NF_BF16
 * @mode: which frames are known, see #NfPredictMode
 * @future: (nullable): with %NF_MODE_INTERPOLATE and %NF_MODE_BACKWARD the known
 *   frames after the block, (N, channels * num_frames_future, H, W), oldest
 *   first, pixels in [-1, 1]
 * @horizon: frames of the video from the context to the last one to predict, at
 *   least 1; except with %NF_MODE_PREDICT nf_prediction_span() of the network
 * @seed: of all noise
 * @stream: number of the clip, or of the prediction in an ensemble, for the
 *   noise; of a batch that of the first, and the others follow
 * @streams: (nullable) (array): these numbers one by one, where they are not in
 *   a row; @stream does not count then
 * @graphs: (nullable): of the network: what was captured in one run serves the
 *   next; NULL: it lasts for the run
 * @cancellable: (nullable): looked at once per denoising step
 * @lease: (nullable): the caller's lease of cores; between two evaluations of
 *   the network it yields to those that wait
 * @progress: (nullable): called after every evaluation of the network
 * @progress_data: given to @progress
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
  NfPredictMode mode;
  NfTensor *future;
  guint horizon;
  guint64 seed, stream;
  const guint64 *streams;
  NfSamplingGraphs *graphs;
  GCancellable *cancellable;
  NfCoreLease *lease;
  NfPredictionProgress progress;
  gpointer progress_data;
} NfPrediction;

/**
 * nf_prediction_init:
 * @prediction: (out caller-allocates): 50 steps of DDIM, clipped, with a last
 *   denoising step, for the eleven frames that follow the context, and seed 0
 */
NF_API void nf_prediction_init (NfPrediction *prediction);

/**
 * nf_prediction_init_for:
 * @prediction: (out caller-allocates): as of nf_prediction_init(), with the
 *   clipping and the last step that suit the network
 * @config: of the network
 *
 * Networks that predict the noise are sampled as published, all others by the
 * consistent clipping of %NF_CLAMP_CONSISTENT.
 */
NF_API void nf_prediction_init_for (
    NfPrediction *prediction, const NfUnetConfig *config);

/**
 * nf_prediction_set_clip_for:
 * @prediction: clipping and last step are set as suits the network
 * @config: of the network
 *
 * Networks that predict the noise are sampled as published, all others by the
 * consistent clipping of %NF_CLAMP_CONSISTENT.
 */
NF_API void nf_prediction_set_clip_for (
    NfPrediction *prediction, const NfUnetConfig *config);

/**
 * nf_prediction_known:
 * @mode: how to predict
 * @c: configuration of the network
 *
 * Returns: frames that are given to predict from: num_frames_cond of context,
 *   and with %NF_MODE_INTERPOLATE and %NF_MODE_BACKWARD behind them the
 *   num_frames_future that follow the block. Those that the mode masks are among
 *   them; they do not count, and may be any
 */
NF_API guint nf_prediction_known (NfPredictMode mode, const NfUnetConfig *c);

/**
 * nf_prediction_span:
 * @c: configuration of the network
 *
 * Returns: frames of the video from the context to the last frame of a block
 */
NF_API guint nf_prediction_span (const NfUnetConfig *c);

/**
 * nf_prediction_check:
 * @prediction: how to predict
 * @c: configuration of the network
 * @error: return location: %NF_ERROR_INVALID
 *
 * Returns: FALSE with @error set when the network was not trained for the mode,
 *   or does not predict the frame that the horizon asks for
 */
NF_API gboolean nf_prediction_check (
    const NfPrediction *prediction, const NfUnetConfig *c, GError **error);

/**
 * nf_prediction_run:
 * @prediction: how to predict
 * @net: the network
 * @schedule: its noise schedule
 * @frames: (N, channels * num_frames_cond, H, W): the context, oldest first,
 *   pixels in [-1, 1]; with %NF_MODE_BACKWARD and %NF_MODE_GENERATE its shape
 *   alone counts
 * @out: (out) (array) (transfer full): horizon places; each gets a frame (N,
 *   channels, H, W) in [-1, 1], or NULL where the network does not predict that
 *   frame (future gap, frame stride)
 * @error: return location: %NF_ERROR_CANCELLED, %NF_ERROR_INVALID,
 *   %NF_ERROR_NO_MEMORY, or as the device has it
 *
 * Returns: FALSE with @error set and @out all NULL
 */
NF_API gboolean nf_prediction_run (const NfPrediction *prediction, NfUnet *net,
    const NfSchedule *schedule, NfTensor *frames, NfTensor **out,
    GError **error);

G_END_DECLS
