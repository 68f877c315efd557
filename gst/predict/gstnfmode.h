/* SPDX-License-Identifier: MIT
 *
 * gstnfmode — which frames around the predicted ones are known
 *
 * With the property `mode` a network that was trained with masked conditioning
 * predicts, interpolates, goes backwards or generates. Here is which frames of
 * the window it sees then, and where the predicted ones lie beside them.
 * See: gstnfpredict.c, kernels/diffusion/nfprediction.h */
#pragma once

#include "common/gstnfproperties.h"
#include "predict/gstnfpredicthooks.h"

#include <nextframe/diffusion/nfprediction.h>

G_BEGIN_DECLS

/**
 * GstNfModeSettings:
 * @mode: the property `mode`
 *
 * Guarded by the element's object lock.
 */
typedef struct
{
  NfPredictMode mode;
} GstNfModeSettings;

/** gst_nf_mode_properties: the table of #GstNfModeSettings */
extern const GstNfProperty gst_nf_mode_properties[];

gboolean gst_nf_mode_check (
    NfPredictMode mode, const GstNfWindowSettings *window, GError **error);
void gst_nf_mode_describe (
    NfPredictMode mode, const NfUnetConfig *config, GstNfPredictShape *shape);
void gst_nf_mode_pick (NfPredictMode mode, const NfUnetConfig *config,
    const GstNfWindow *window, NfTensor **known);

G_END_DECLS
