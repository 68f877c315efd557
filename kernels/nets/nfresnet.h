/* SPDX-License-Identifier: MIT
 *
 * nfresnet — ResNet as an encoder: features at five sizes
 *
 * He et al., "Deep residual learning", 2015, with 18, 34 or 50 layers, without
 * its classifier. Names and arithmetic are those of torchvision's. */
#pragma once

#include "nets/nfmodule.h"

G_BEGIN_DECLS

#define NF_RESNET_LEVELS 5

typedef struct _NfResnet NfResnet;

NfResnet *nf_resnet_new (NfParams *params, gint layers, gint64 channels,
    gint64 width, GError **error);
void nf_resnet_free (NfResnet *net);
void nf_resnet_channels (
    const NfResnet *net, gint64 channels[NF_RESNET_LEVELS]);
gboolean nf_resnet_run (NfResnet *net, NfTensor *x, const NfForward *forward,
    NfTensor *features[NF_RESNET_LEVELS], GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfResnet, nf_resnet_free)

G_END_DECLS
