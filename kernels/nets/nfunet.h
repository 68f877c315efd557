/* SPDX-License-Identifier: MIT
 *
 * nfunet — what networks that predict do: noisy frames, their label and the
 * conditioning in, the noise out
 *
 * A network computes eps (x_t, t | cond), with x (N, channels * num_frames, H,
 * W) and cond (N, nf_unet_cond_channels(), H, W). Pixels are in [-1, 1], and
 * frames are stacked along the channels, oldest first; in cond the known frames
 * after the block follow those of context, where the network takes any, or the
 * channels of a guide. Frames that are masked are zeros. Instead of the noise the network
 * may predict the clean frames, or v. Each network provides the functions of
 * NfPredictHooks.
 *
 * The U-Net (nfspadeunet.c) is after Voleti et al., "MCVD: masked conditional
 * video diffusion", 2022, with the names and the arithmetic of its
 * UNetMore_DDPM. With spade, every norm is modulated by maps made from cond
 * (Park et al., 2019); without, cond is concatenated to x.
 * Siblings: nfnet.h (architectures), nfunetconfig.h (sizes) */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/nets/nfnet.h>
#include <nextframe/nets/nfunetconfig.h>

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
 * What a network computes from the conditioning alone. This is the first member
 * of the network's own struct.
 */
typedef struct
{
  const NfNetClass *klass;
} NfUnetCond;

/**
 * NfPredictHooks:
 * @read: reads the frames, noise schedule and target out of a configuration,
 *   without making a network
 * @facts: nf_unet_config()
 * @condition: nf_unet_condition()
 * @cond_copy: nf_unet_cond_copy()
 * @cond_free: frees what that made
 * @embed: nf_unet_embed()
 * @times: nf_unet_times()
 * @forward_at: nf_unet_forward_at()
 *
 * What a network that predicts must provide; see the functions.
 */
struct _NfPredictHooks
{
  gboolean (*read) (NfUnetConfig *facts, JsonObject *json, GError **error);
  const NfUnetConfig *(*facts) (const NfNet *net);
  NfUnetCond *(*condition) (NfNet *net, NfTensor *cond, GError **error);
  gboolean (*cond_copy) (NfUnetCond *to, NfUnetCond *from, GError **error);
  void (*cond_free) (NfUnetCond *cond);
  NfTensor *(*embed) (
      NfNet *net, const gfloat *labels, gint64 n, GError **error);
  NfTensor *(*times) (
      NfNet *net, const gfloat *labels, gint64 n, GError **error);
  NfTensor *(*forward_at) (NfNet *net, NfTensor *x, NfTensor *embedding,
      NfUnetCond *cond, const NfForward *forward, GError **error);
};

/**
 * nf_unet_guide_frames:
 * @config: of a network that takes a guide
 * @cond: (N, nf_unet_cond_channels(), H, W): the conditioning
 * @error: return location: as the ops have it
 *
 * Returns: (transfer full) (nullable): (N, channels * num_frames, H, W): the
 *   guide frames out of the conditioning
 */
NF_API NfTensor *nf_unet_guide_frames (
    const NfUnetConfig *config, NfTensor *cond, GError **error);

/**
 * nf_unet_new:
 * @device: where it lies
 * @config: its sizes, as nf_unet_config_from_json() checks them
 * @error: return location: %NF_ERROR_INVALID, %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): the network with all parameters zero;
 *   load a checkpoint into them or call nf_params_reset()
 */
NF_API NfUnet *nf_unet_new (
    NfDevice *device, const NfUnetConfig *config, GError **error);

/**
 * nf_unet_free:
 * @net: (transfer full): a network that predicts
 */
NF_API void nf_unet_free (NfUnet *net);

/**
 * nf_unet_params:
 * @net: a network that predicts
 *
 * Returns: (transfer none): its parameters
 */
NF_API NfParams *nf_unet_params (NfUnet *net);

/**
 * nf_unet_config:
 * @net: a network that predicts
 *
 * Returns: (transfer none): its frames, noise schedule and target; the other
 *   fields are the architecture's own
 */
NF_API const NfUnetConfig *nf_unet_config (NfUnet *net);

/**
 * nf_unet_arch:
 * @net: a network that predicts
 *
 * Returns: (transfer none): its architecture's name in checkpoints
 */
NF_API const gchar *nf_unet_arch (NfUnet *net);

/**
 * nf_unet_condition:
 * @net: a network that predicts
 * @cond: (nullable): (N, nf_unet_cond_channels(), H, W): the conditioning,
 *   pixels in [-1, 1]; f32, or bf16 for a network that is to compute in bf16;
 *   NULL where the function that makes it has failed
 * @error: return location: as the ops have it
 *
 * Computes what depends on the conditioning alone, once for all steps of
 * sampling. A tape records it.
 *
 * Returns: (transfer full) (nullable): what nf_unet_forward() takes
 */
NF_API NfUnetCond *nf_unet_condition (
    NfUnet *net, NfTensor *cond, GError **error);

/**
 * nf_unet_cond_copy:
 * @to: from nf_unet_condition(); gets the values of @from, in the memory that
 *   it has
 * @from: from nf_unet_condition() of the same network, for frames of the same
 *   shape and type; with spade made under a tape if @to was, and else without
 * @error: return location: %NF_ERROR_SHAPE where that is not so, or as the
 *   device has it
 *
 * Returns: FALSE with @error set; what @to holds can then not be used
 */
NF_API gboolean nf_unet_cond_copy (
    NfUnetCond *to, NfUnetCond *from, GError **error);

/**
 * nf_unet_cond_free:
 * @cond: (transfer full): a result of nf_unet_condition()
 */
NF_API void nf_unet_cond_free (NfUnetCond *cond);

/**
 * nf_unet_forward:
 * @net: a network that predicts
 * @x: (N, channels * num_frames, H, W): noisy frames, f32
 * @labels: (array): N noise labels, 0 (noisiest) to num_classes - 1
 * @cond: from nf_unet_condition(), of the same frame size; its batch is N, or 1
 *   with spade
 * @forward: (nullable): how to run
 * @error: return location: as the ops have it
 *
 * Returns: (transfer full) (nullable): the network's target (noise, clean
 *   frames or v), f32, of the shape of @x
 */
NF_API NfTensor *nf_unet_forward (NfUnet *net, NfTensor *x,
    const gfloat *labels, NfUnetCond *cond, const NfForward *forward,
    GError **error);

/**
 * nf_unet_embed:
 * @net: a network that predicts
 * @labels: (array length=n): noise labels, see nf_unet_forward()
 * @n: batch size
 * @error: return location: as the ops have it
 *
 * Returns: (transfer full) (nullable): the embedding that nf_unet_forward_at()
 *   takes
 */
NF_API NfTensor *nf_unet_embed (
    NfUnet *net, const gfloat *labels, gint64 n, GError **error);

/**
 * nf_unet_times:
 * @net: a network that predicts
 * @labels: (array length=n): noise labels
 * @n: how many
 * @error: return location: as the ops have it
 *
 * Computes all that depends on nothing but the labels, for all labels at once,
 * so that the weights are read once. No tape records it.
 *
 * Returns: (transfer full) (nullable): (N, values): a sample of it is what
 *   nf_unet_forward_at() takes for a batch with this label
 */
NF_API NfTensor *nf_unet_times (
    NfUnet *net, const gfloat *labels, gint64 n, GError **error);

/**
 * nf_unet_forward_at:
 * @net: a network that predicts
 * @x: (N, channels * num_frames, H, W): noisy frames, f32
 * @embedding: of the labels, from nf_unet_embed(), or a sample of the result of
 *   nf_unet_times()
 * @cond: as in nf_unet_forward()
 * @forward: (nullable): how to run
 * @error: return location: as the ops have it
 *
 * nf_unet_forward() without anything that comes from the host, so that a graph
 * can capture it.
 *
 * Returns: (transfer full) (nullable): as of nf_unet_forward()
 */
NF_API NfTensor *nf_unet_forward_at (NfUnet *net, NfTensor *x,
    NfTensor *embedding, NfUnetCond *cond, const NfForward *forward,
    GError **error);

/**
 * nf_time_embedding:
 * @device: where the result lies
 * @labels: (array length=n): noise labels
 * @n: how many
 * @dim: length of an embedding, at least 4
 * @error: return location: as the ops have it
 *
 * sin (t f_i), then cos (t f_i), with f_i = exp (-i ln 10000 / (dim / 2 - 1)),
 * and a zero at the end where @dim is odd. Source: Vaswani et al., "Attention
 * is all you need", 2017.
 *
 * Returns: (transfer full) (nullable): (N, dim, 1, 1)
 */
NF_API NfTensor *nf_time_embedding (NfDevice *device, const gfloat *labels,
    gint64 n, gint64 dim, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfUnet, nf_unet_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfUnetCond, nf_unet_cond_free)

G_END_DECLS
