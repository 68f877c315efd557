/* SPDX-License-Identifier: MIT
 *
 * nfunet — what networks that predict do: frames, noisy ones and labels in
 *
 * eps (x_t, t | cond): x (N, channels * num_frames, H, W), cond (N, channels *
 * num_frames_cond, H, W), pixels in [-1, 1], frames stacked oldest first along
 * the channels; behind them the channels of a guide where the network takes
 * one. It may tell the clean frames, or v, in the place of the noise. Each
 * network has what NfPredictHooks asks for. The U-Net (nfspadeunet.c) is after
 * Voleti et al., "MCVD: masked conditional video diffusion", 2022; names and
 * arithmetic of its UNetMore_DDPM. With spade, every norm is modulated by maps
 * made from cond (Park et al., 2019); else cond is concatenated to x.
 * Siblings: nfnet.h (architectures), nfunetconfig.c */
#pragma once

#include "nets/nfnet.h"

G_BEGIN_DECLS

#define NF_UNET_ARCH_SPADE "spade_unet"
#define NF_UNET_ARCH_CONCAT "concat_unet"
#define NF_UNET_MAX_LEVELS 8

typedef enum
{
  NF_SIGMA_LINEAR,
  NF_SIGMA_COSINE,
} NfSigmaDist;

/**
 * NfTarget: what the network tells of noisy frames x = sqrt (a) x0 +
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
 * NF_UNET_GUIDE_CHANNELS:
 *
 * Channels of the guide of one frame that is to be drawn, all in [-1, 1]: the
 * guide frame's red, green and blue; how likely an object is seen there; how
 * far the futures that were thought of disagree there; and 1 where there is a
 * guide, else -1. See nfguide.h.
 */
#define NF_UNET_GUIDE_CHANNELS 6

/**
 * NfUnetConfig:
 * @height: rows of a frame, divisible by 2 per level
 * @width: columns, likewise
 * @channels: of a frame
 * @num_frames: frames drawn at once
 * @num_frames_cond: frames of context
 * @future_gap: frames skipped between the context and the first one drawn
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
 * @dropout: share dropped in training
 * @target: what the network tells
 * @guide: whether %NF_UNET_GUIDE_CHANNELS for each frame that is drawn follow
 *   the frames of context
 * @residual: above 0: what is drawn is the frames' differences from the guide
 *   frames, or from the newest frame where there is no guide, times this number;
 *   needs @guide
 *
 * What sizes the network, and the noise schedule it is trained for.
 */
typedef struct
{
  gint height, width;
  gint channels, num_frames, num_frames_cond, future_gap;
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
  gdouble dropout;
  NfTarget target;
  gboolean guide;
  gdouble residual;
} NfUnetConfig;

/**
 * NfUnet: a #NfNet that predicts
 */
typedef NfNet NfUnet;

/**
 * NfUnetCond:
 * @klass: of the network that made it
 *
 * What a network makes of the conditioning frames: the first member of that.
 */
typedef struct
{
  const NfNetClass *klass;
} NfUnetCond;

/**
 * NfPredictHooks:
 * @read: reads a configuration for the frames, schedule and target it asks for,
 *   without making a network
 * @facts: nf_unet_config()
 * @condition: nf_unet_condition()
 * @cond_free: frees what that made
 * @embed: nf_unet_embed()
 * @times: nf_unet_times()
 * @forward_at: nf_unet_forward_at()
 *
 * What a network that predicts must have; see the functions.
 */
struct _NfPredictHooks
{
  gboolean (*read) (NfUnetConfig *facts, JsonObject *json, GError **error);
  const NfUnetConfig *(*facts) (const NfNet *net);
  NfUnetCond *(*condition) (NfNet *net, NfTensor *cond, GError **error);
  void (*cond_free) (NfUnetCond *cond);
  NfTensor *(*embed) (
      NfNet *net, const gfloat *labels, gint64 n, GError **error);
  NfTensor *(*times) (
      NfNet *net, const gfloat *labels, gint64 n, GError **error);
  NfTensor *(*forward_at) (NfNet *net, NfTensor *x, NfTensor *embedding,
      NfUnetCond *cond, const NfForward *forward, GError **error);
};

void nf_unet_config_init (NfUnetConfig *config);
gboolean nf_unet_config_from_json (
    NfUnetConfig *config, JsonObject *json, GError **error);
JsonObject *nf_unet_config_to_json (const NfUnetConfig *config);
const gchar *nf_target_name (NfTarget target);
gboolean nf_target_from_name (const gchar *name, NfTarget *target);
gint64 nf_unet_cond_channels (const NfUnetConfig *config);
NfTensor *nf_unet_guide_frames (
    const NfUnetConfig *config, NfTensor *cond, GError **error);

NfUnet *nf_unet_new (
    NfDevice *device, const NfUnetConfig *config, GError **error);
void nf_unet_free (NfUnet *net);
NfParams *nf_unet_params (NfUnet *net);
const NfUnetConfig *nf_unet_config (NfUnet *net);
const gchar *nf_unet_arch (NfUnet *net);

NfUnetCond *nf_unet_condition (NfUnet *net, NfTensor *cond, GError **error);
void nf_unet_cond_free (NfUnetCond *cond);
NfTensor *nf_unet_forward (NfUnet *net, NfTensor *x, const gfloat *labels,
    NfUnetCond *cond, const NfForward *forward, GError **error);
NfTensor *nf_unet_embed (
    NfUnet *net, const gfloat *labels, gint64 n, GError **error);
NfTensor *nf_unet_times (
    NfUnet *net, const gfloat *labels, gint64 n, GError **error);
NfTensor *nf_unet_forward_at (NfUnet *net, NfTensor *x, NfTensor *embedding,
    NfUnetCond *cond, const NfForward *forward, GError **error);

NfTensor *nf_time_embedding (NfDevice *device, const gfloat *labels, gint64 n,
    gint64 dim, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfUnet, nf_unet_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfUnetCond, nf_unet_cond_free)

G_END_DECLS
