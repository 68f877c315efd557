/* SPDX-License-Identifier: MIT
 *
 * netconfig — the configuration of a network whose weights are imported
 *
 * What the shapes of the weights show is taken from them; what they cannot show
 * has to be in the settings and is asked for where it is not.
 * Siblings: settings.h, unetshapes.h */
#pragma once

#include "import/weights.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * nf_import_unetpp_config:
 * @weights: of a UNet++ of segmentation_models_pytorch
 * @settings: keys and values of nf_settings_read()
 * @error: return location: %NF_ERROR_INVALID where a setting is missing, with its
 *   name, or says something else than the shapes do, or the weights are of
 *   another network
 *
 * Returns: (transfer full) (nullable): what nf_net_new() takes
 */
JsonObject *nf_import_unetpp_config (
    const NfWeights *weights, JsonObject *settings, GError **error);

/**
 * nf_import_unet_config:
 * @weights: of a noise predictor of MCVD
 * @spade: whether it has to be one that is conditioned by modulation
 * @settings: likewise
 * @error: return location: likewise
 *
 * Returns: (transfer full) (nullable): what nf_net_new() takes
 */
JsonObject *nf_import_unet_config (const NfWeights *weights, gboolean spade,
    JsonObject *settings, GError **error);

/**
 * nf_import_encoder_config:
 * @weights: of a ResNet, with torchvision's names
 * @encoder: (out): prefix of the names of its tensors here that they lack in the
 *   file: "encoder." or ""
 * @width: (out): channels of its first convolution
 * @channels: (out): of the frames
 * @error: return location: %NF_ERROR_INVALID where they are of no ResNet with 18,
 *   34 or 50 layers
 *
 * Returns: 18, 34 or 50; 0 with @error set
 */
gint nf_import_encoder_config (const NfWeights *weights, const gchar **encoder,
    gint64 *width, gint64 *channels, GError **error);

G_END_DECLS
