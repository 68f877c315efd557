/* SPDX-License-Identifier: MIT
 *
 * nfunetconfig — the sizes of a network that predicts, and its noise schedule
 *
 * See: nfunet.h */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define NF_UNET_MAX_LEVELS 8

typedef enum
{
  NF_SIGMA_LINEAR,
  NF_SIGMA_COSINE,
} NfSigmaDist;

/**
 * NfTarget: what the network predicts from noisy frames x = sqrt (a) x0 +
 *   sqrt (1 - a) e
 * @NF_TARGET_EPS: the noise e (Ho et al., 2020)
 * @NF_TARGET_X0: the clean frames x0
 * @NF_TARGET_V: sqrt (a) e - sqrt (1 - a) x0 (Salimans and Ho, "Progressive
 *   distillation for fast sampling of diffusion models", 2022)
 */
typedef enum
{
  NF_TARGET_EPS,
  NF_TARGET_X0,
  NF_TARGET_V,
  NF_N_TARGETS
} NfTarget;

/**
 * NfPredictMode: which frames around a block are known, and which it predicts
 *   therefore (Voleti et al., 2022)
 * @NF_MODE_PREDICT: the past: the frames that follow it
 * @NF_MODE_INTERPOLATE: past and future: the frames between them
 * @NF_MODE_BACKWARD: the future: the frames before it
 * @NF_MODE_GENERATE: nothing: frames of any clip
 */
typedef enum
{
  NF_MODE_PREDICT,
  NF_MODE_INTERPOLATE,
  NF_MODE_BACKWARD,
  NF_MODE_GENERATE,
  NF_N_MODES
} NfPredictMode;

/**
 * NF_UNET_GUIDE_CHANNELS:
 *
 * Channels of the guide of one predicted frame, all in [-1, 1]: the guide
 * frame's red, green and blue; the probability of an object at the pixel; how
 * far the simulated futures disagree there; and 1 where there is a guide, else
 * -1. See nfguide.h.
 */
#define NF_UNET_GUIDE_CHANNELS 6

/**
 * NfUnetConfig:
 * @height: rows of a frame, divisible by 2 per level
 * @width: columns, likewise
 * @channels: of a frame
 * @num_frames: frames predicted at once, a block
 * @num_frames_cond: frames of context
 * @num_frames_future: known frames that follow the block, behind the context in
 *   the conditioning; 0: the network takes none
 * @future_gap: frames skipped between the context and the first predicted one
 * @frame_stride: the network sees every so many-th frame of a video; all
 *   numbers of frames here are of those that it sees
 * @prob_mask_cond: share of training samples whose context was masked: all zeros
 * @prob_mask_future: share whose known frames after the block were masked
 * @prob_mask_sync: whether they were masked where the context was
 * @ngf: channels at the first level
 * @n_levels: entries of @ch_mult
 * @ch_mult: channels of each level, as multiples of @ngf
 * @num_res_blocks: residual blocks a level
 * @n_attn: entries of @attn_resolutions
 * @attn_resolutions: smaller sides of the levels with attention
 * @n_head_channels: channels of a head; -1: one head
 * @spade: condition by modulation; FALSE: by concatenation
 * @spade_dim: channels inside each modulation
 * @num_classes: noise levels (labels)
 * @sigma_begin: largest beta of the linear schedule
 * @sigma_end: smallest
 * @sigma_dist: the schedule
 * @gamma: whether the noise is of a gamma distribution instead of a normal one,
 *   see nfnoise.h
 * @dropout: share dropped in training
 * @target: what the network predicts
 * @guide: whether %NF_UNET_GUIDE_CHANNELS for each predicted frame follow the
 *   frames of context
 * @residual: above 0: the network predicts the frames' differences from the
 *   guide frames, or from the newest frame where there is no guide, times this
 *   number; needs @guide
 *
 * The sizes of the network, and the noise schedule that it is trained for.
 */
typedef struct
{
  gint height, width;
  gint channels, num_frames, num_frames_cond, num_frames_future, future_gap;
  gint frame_stride;
  gdouble prob_mask_cond, prob_mask_future;
  gboolean prob_mask_sync;
  gint ngf;
  guint n_levels;
  gint ch_mult[NF_UNET_MAX_LEVELS];
  gint num_res_blocks;
  guint n_attn;
  gint attn_resolutions[NF_UNET_MAX_LEVELS];
  gint n_head_channels;
  gboolean spade;
  gint spade_dim;
  gint num_classes;
  gdouble sigma_begin, sigma_end;
  NfSigmaDist sigma_dist;
  gboolean gamma;
  gdouble dropout;
  NfTarget target;
  gboolean guide;
  gdouble residual;
} NfUnetConfig;

/**
 * nf_unet_config_init:
 * @config: (out caller-allocates): the full-size next-frame network, 403.5 M
 *   parameters
 */
NF_API void nf_unet_config_init (NfUnetConfig *config);

/**
 * nf_unet_config_from_json:
 * @config: (out caller-allocates): defaults, changed by what @json holds
 * @json: keys named like the fields; image_size is one number or [H, W]
 * @error: return location: %NF_ERROR_INVALID for unknown keys and values out of
 *   range
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_unet_config_from_json (
    NfUnetConfig *config, JsonObject *json, GError **error);

/**
 * nf_unet_config_to_json:
 * @config: a configuration
 *
 * Settings that older programs do not know are left out where a network does
 * not use them, so that these programs read its checkpoints.
 *
 * Returns: (transfer full): what nf_unet_config_from_json() reads
 */
NF_API JsonObject *nf_unet_config_to_json (const NfUnetConfig *config);

/**
 * nf_target_name:
 * @target: a target
 *
 * Returns: (transfer none): its name in configurations, "eps"
 */
NF_API const gchar *nf_target_name (NfTarget target);

/**
 * nf_target_from_name:
 * @name: "eps", "x0" or "v"
 * @target: (out): the target
 *
 * Returns: whether there is a target of this name
 */
NF_API gboolean nf_target_from_name (const gchar *name, NfTarget *target);

/**
 * nf_unet_knows_mode:
 * @config: a configuration
 * @mode: how to predict
 *
 * Returns: whether the network was trained with just these frames known
 */
NF_API gboolean nf_unet_knows_mode (
    const NfUnetConfig *config, NfPredictMode mode);

/**
 * nf_predict_mode_name:
 * @mode: how to predict
 *
 * Returns: (transfer none): its name: "predict", "interpolate", "backward",
 *   "generate"
 */
NF_API const gchar *nf_predict_mode_name (NfPredictMode mode);

/**
 * nf_unet_cond_channels:
 * @config: a configuration
 *
 * Returns: the channels of the conditioning: of the frames of context, of the
 *   known frames after the block and, where the network takes one, of the guide
 */
NF_API gint64 nf_unet_cond_channels (const NfUnetConfig *config);

G_END_DECLS
