/* SPDX-License-Identifier: MIT
 *
 * nfresnet — ResNet as an encoder: features at five sizes
 *
 * He et al., "Deep residual learning", 2015, with 18, 34 or 50 layers, without
 * its classifier. Names and arithmetic are those of torchvision's. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/nets/nfmodule.h>

G_BEGIN_DECLS

#define NF_RESNET_LEVELS 5

typedef struct _NfResnet NfResnet;

/**
 * nf_resnet_new:
 * @params: list that gets the parameters, as "encoder.NAME"
 * @layers: 18, 34 or 50
 * @channels: of the frame
 * @width: channels of the stem: 64, or fewer for a small network
 * @error: return location: as nf_params_add()
 *
 * Returns: (transfer full) (nullable): the encoder, with all parameters zero
 */
NF_API NfResnet *nf_resnet_new (NfParams *params, gint layers, gint64 channels,
    gint64 width, GError **error);

/**
 * nf_resnet_free:
 * @net: (transfer full): an encoder; the parameters stay in their list
 */
NF_API void nf_resnet_free (NfResnet *net);

/**
 * nf_resnet_channels:
 * @net: an encoder
 * @channels: (out caller-allocates): channels of the features that
 *   nf_resnet_run() makes
 */
NF_API void nf_resnet_channels (
    const NfResnet *net, gint64 channels[NF_RESNET_LEVELS]);

/**
 * nf_resnet_run:
 * @net: an encoder
 * @x: (N, C, H, W), normalised, H and W multiples of 32
 * @forward: (nullable): how to run
 * @features: (out) (transfer full): the features at strides 32, 16, 8, 4 and 2;
 *   all NULL when it fails
 * @error: return location: %NF_ERROR_CANCELLED, or as the ops have it
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_resnet_run (NfResnet *net, NfTensor *x,
    const NfForward *forward, NfTensor *features[NF_RESNET_LEVELS],
    GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfResnet, nf_resnet_free)

G_END_DECLS
