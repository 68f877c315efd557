/* SPDX-License-Identifier: MIT
 *
 * gstnfsampling — future frames by a network, as an element predicts them
 *
 * The settings that frames are predicted with, and how far that is (element
 * messages).
 * See: gstnfpredict.c, kernels/diffusion/nfpredictor.h */
#pragma once

#include "common/gstnfproperties.h"
#include "predict/gstnfpredictbase.h"

#include <nextframe/diffusion/nfguided.h>

G_BEGIN_DECLS

/**
 * GstNfClipMode:
 * @GST_NF_CLIP_AUTO: published for networks that predict the noise, else consistent
 * @GST_NF_CLIP_NONE: not at all
 * @GST_NF_CLIP_PUBLISHED: %NF_CLAMP_CLEAN, and %NF_DENOISE_AGAIN at the end
 * @GST_NF_CLIP_CONSISTENT: %NF_CLAMP_CONSISTENT and %NF_DENOISE_CLEANEST
 *
 * How estimates of the clean frames are kept in range.
 */
typedef enum
{
  GST_NF_CLIP_AUTO,
  GST_NF_CLIP_NONE,
  GST_NF_CLIP_PUBLISHED,
  GST_NF_CLIP_CONSISTENT,
} GstNfClipMode;

/**
 * GstNfSamplingSettings:
 * @sampler: the property `sampler`: a #NfSamplerMethod, or -1 for what the
 *   checkpoint says
 * @steps: the property `steps`; 0: what the checkpoint says
 * @seed: the property `seed`
 * @ensemble: the property `ensemble`
 * @ensemble_mode: the property `ensemble-mode`
 * @clip: the property `clip`
 * @denoise: the property `denoise`
 *
 * The properties that frames are predicted with, where the library reads them.
 * Guarded by the element's object lock.
 */
typedef struct
{
  gint sampler;
  guint steps;
  guint64 seed;
  guint ensemble;
  NfEnsembleMode ensemble_mode;
  GstNfClipMode clip;
  gint denoise;
  gboolean post_messages;
} GstNfSamplingSettings;

/** gst_nf_sampling_properties: the table of #GstNfSamplingSettings */
extern const GstNfProperty gst_nf_sampling_properties[];

void gst_nf_sampling_init_prediction (const GstNfSamplingSettings *settings,
    const NfPredictor *predictor, NfPrediction *prediction);
gboolean gst_nf_sampling_run (GstElement *element,
    const GstNfSamplingSettings *settings, const NfPrediction *prediction,
    const NfGuided *guided, const GstNfPredictJob *jobs, guint n,
    GError **error);

G_END_DECLS
