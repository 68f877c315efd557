/* SPDX-License-Identifier: MIT
 *
 * gstnfsampling — one drawing of future frames, as an element does it
 *
 * The settings that the drawing is done with, and how far it is (element
 * messages).
 * See: gstnfpredict.c, kernels/diffusion/nfpredictor.h */
#pragma once

#include "common/gstnfproperties.h"
#include "predict/gstnfpredictbase.h"

#include "diffusion/nfguided.h"

G_BEGIN_DECLS

/**
 * GstNfClipMode:
 * @GST_NF_CLIP_AUTO: published for networks that tell the noise, else consistent
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
 * @sampler: the property `sampler`
 * @steps: the property `steps`
 * @seed: the property `seed`
 * @ensemble: the property `ensemble`
 * @ensemble_mode: the property `ensemble-mode`
 * @clip: the property `clip`
 *
 * The properties that a drawing is done with. Guarded by the element's object
 * lock.
 */
typedef struct
{
  NfSamplerMethod sampler;
  guint steps;
  guint64 seed;
  guint ensemble;
  NfEnsembleMode ensemble_mode;
  GstNfClipMode clip;
} GstNfSamplingSettings;

/** gst_nf_sampling_properties: the table of #GstNfSamplingSettings */
extern const GstNfProperty gst_nf_sampling_properties[];

/**
 * GstNfSamplingJob:
 * @element: posts the progress; its object lock is not held
 * @guided: the network and its guide
 * @guide_start: part of the schedule that is passed over
 * @settings: how to draw
 * @dtype: what the network computes in
 * @what: what to draw; the clip's number is the stream of its noise, and the
 *   cancellable is looked at once per step
 * @lease: (nullable): the calling thread's; others have theirs between steps
 */
typedef struct
{
  GstElement *element;
  NfGuided guided;
  gdouble guide_start;
  const GstNfSamplingSettings *settings;
  NfDType dtype;
  const GstNfPredictJob *what;
  NfCoreLease *lease;
} GstNfSamplingJob;

gboolean gst_nf_sampling_run (const GstNfSamplingJob *job,
    GstNfPredictedFrames *predicted, GError **error);

G_END_DECLS
