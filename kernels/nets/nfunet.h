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
 * Siblings: nfnet.h (architectures), nfunetconfig.h (sizes) */
#pragma once

#include "nets/nfnet.h"
#include "nets/nfunetconfig.h"

G_BEGIN_DECLS

#define NF_UNET_ARCH_SPADE "spade_unet"
#define NF_UNET_ARCH_CONCAT "concat_unet"

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
