/* SPDX-License-Identifier: MIT
 *
 * nfunetpp — UNet++ on a ResNet encoder
 *
 * Zhou et al., "UNet++: a nested U-Net architecture", 2018, on the encoders of
 * He et al., "Deep residual learning", 2015. Parameter names and arithmetic are
 * those of segmentation_models_pytorch's UnetPlusPlus. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/nets/nfresnet.h>
#include <nextframe/nets/nfsegmentnet.h>

G_BEGIN_DECLS

#define NF_UNETPP_ARCH "unetpp"
#define NF_UNETPP_LEVELS NF_RESNET_LEVELS
#define NF_UNETPP_STRIDE 32 /* sizes inside are multiples of this */

/**
 * NfUnetppConfig:
 * @encoder: 18, 34 or 50: ResNet's depth
 * @encoder_width: channels of its first stage: 64, or fewer for a small network
 * @channels: of the frame, 3
 * @classes: 1 to 256
 * @widths: channels of the decoder's last blocks, deepest first
 * @attributes: whether the head has a filter for each attribute (ground, object,
 *   shape, material, colour) whose sums are the logits of the 49 classes, and
 *   not a filter a class
 * @mean: per channel, of pixels in [0, 1]
 * @std: likewise
 *
 * What sizes the network.
 */
typedef struct
{
  gint encoder;
  gint encoder_width;
  gint channels;
  gint classes;
  gint widths[NF_UNETPP_LEVELS];
  gboolean attributes;
  gdouble mean[3], std[3];
} NfUnetppConfig;

/**
 * NfUnetpp: a #NfNet that segments
 */
typedef struct _NfUnetpp NfUnetpp;

/**
 * nf_unetpp_config_init:
 * @config: (out caller-allocates): a ResNet-34 encoder for 49 classes
 */
NF_API void nf_unetpp_config_init (NfUnetppConfig *config);

/**
 * nf_unetpp_config_from_json:
 * @config: (out caller-allocates): defaults, changed by what @json holds
 * @json: keys encoder ("resnet18", "resnet34", "resnet50"), encoder_width,
 *   channels, classes, widths, head ("classes", "attributes"), mean, std
 * @error: return location: %NF_ERROR_INVALID for unknown keys and values out of
 *   range
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_unetpp_config_from_json (
    NfUnetppConfig *config, JsonObject *json, GError **error);

/**
 * nf_unetpp_config_to_json:
 * @config: a configuration
 *
 * Returns: (transfer full): what nf_unetpp_config_from_json() reads
 */
NF_API JsonObject *nf_unetpp_config_to_json (const NfUnetppConfig *config);

/**
 * nf_unetpp_new:
 * @device: where it lies
 * @config: its sizes
 * @error: return location: %NF_ERROR_INVALID, %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): the network with all parameters zero;
 *   load a checkpoint into them or call nf_params_reset()
 */
NF_API NfUnetpp *nf_unetpp_new (
    NfDevice *device, const NfUnetppConfig *config, GError **error);

/**
 * nf_unetpp_free:
 * @net: (transfer full): a UNet++
 */
NF_API void nf_unetpp_free (NfUnetpp *net);

/**
 * nf_unetpp_params:
 * @net: a UNet++
 *
 * Returns: (transfer none): its parameters
 */
NF_API NfParams *nf_unetpp_params (NfUnetpp *net);

/**
 * nf_unetpp_config:
 * @net: a UNet++
 *
 * Returns: (transfer none): its configuration
 */
NF_API const NfUnetppConfig *nf_unetpp_config (NfUnetpp *net);

/**
 * nf_unetpp_normalize:
 * @net: a UNet++
 * @pixels: (N, C, H, W) u8
 * @error: return location: as the ops have it
 *
 * Returns: (transfer full) (nullable): (pixels / 255 - mean) / std
 */
NF_API NfTensor *nf_unetpp_normalize (
    NfUnetpp *net, NfTensor *pixels, GError **error);

/**
 * nf_unetpp_logits:
 * @net: a UNet++
 * @x: (nullable): (N, C, H, W): normalised frames that need no padding, see
 *   nf_segment_padding(); NULL where the function that makes them has failed
 * @forward: (nullable): how to run
 * @error: return location: %NF_ERROR_CANCELLED, or as the ops have it
 *
 * Returns: (transfer full) (nullable): logits (N, classes, H, W), f32
 */
NF_API NfTensor *nf_unetpp_logits (
    NfUnetpp *net, NfTensor *x, const NfForward *forward, GError **error);

/**
 * nf_unetpp_encoder:
 * @net: a UNet++
 *
 * Returns: (transfer none): its encoder
 */
NF_API NfResnet *nf_unetpp_encoder (NfUnetpp *net);

/**
 * nf_unetpp_node:
 * @net: a UNet++
 * @depth: d of node x_d_s
 * @layer: s
 * @inputs: (array length=n): the tensor that is upsampled, then the skips
 * @n: how many
 * @forward: (nullable): how to run
 * @error: return location: as the ops have it
 *
 * Returns: (transfer full) (nullable): the node's result, at twice the size of
 *   the first input
 */
NF_API NfTensor *nf_unetpp_node (NfUnetpp *net, guint depth, guint layer,
    NfTensor *const *inputs, guint n, const NfForward *forward, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfUnetpp, nf_unetpp_free)

G_END_DECLS
