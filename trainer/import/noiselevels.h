/* SPDX-License-Identifier: MIT
 *
 * noiselevels — whether weights were trained at the configured levels of noise
 *
 * Sibling: netconfig.h, which asks for the noise schedule */
#pragma once

#include "import/weights.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * nf_import_check_levels:
 * @weights: of a noise predictor of MCVD
 * @config: of its network, as nf_net_config() has it
 * @error: return location: %NF_ERROR_INVALID where the file says other levels of
 *   noise than the schedule of @config has; those of nf_weights_read()
 *
 * MCVD keeps the share of signal at each label beside its weights. A file without
 * it is taken as it is.
 *
 * Returns: FALSE with @error set
 */
gboolean nf_import_check_levels (
    NfWeights *weights, JsonObject *config, GError **error);

G_END_DECLS
