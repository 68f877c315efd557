/* SPDX-License-Identifier: MIT
 *
 * data — the clips that an evaluation is about */
#pragma once

#include "clips/nfclipsource.h"
#include "eval/options.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

NfClipSource *nf_eval_data_open (
    const NfEvalOptions *options, JsonObject *settings, GError **error);

G_END_DECLS
