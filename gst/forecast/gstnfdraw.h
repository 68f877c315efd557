/* SPDX-License-Identifier: MIT
 *
 * gstnfdraw — one drawing of future frames, as an element does it
 *
 * The settings that the drawing is done with, and how far it is (element
 * messages).
 * See: gstnfpredict.c, kernels/diffusion/nfpredictor.h */
#pragma once

#include "common/gstnfproperties.h"
#include "forecast/gstnfforecast.h"

#include "diffusion/nfpredictor.h"

G_BEGIN_DECLS

/**
 * GstNfDrawSettings:
 * @rollout: its method, steps and seed are the properties `sampler`, `steps`
 *   and `seed`; the rest is that of nf_rollout_init()
 * @ensemble: the property `ensemble`
 * @ensemble_mode: the property `ensemble-mode`
 *
 * The properties that a drawing is done with. Guarded by the element's object
 * lock.
 */
typedef struct
{
  NfRollout rollout;
  guint ensemble;
  NfEnsembleMode ensemble_mode;
} GstNfDrawSettings;

/** gst_nf_draw_properties: the table of #GstNfDrawSettings */
extern const GstNfProperty gst_nf_draw_properties[];

/**
 * GstNfDrawJob:
 * @element: posts the progress; its object lock is not held
 * @predictor: the network
 * @settings: how to draw
 * @dtype: what the network computes in
 * @what: what to draw; the clip's number is the stream of its noise, and the
 *   cancellable is looked at once per step
 * @turn: (nullable): the calling thread's; others have theirs between steps
 */
typedef struct
{
  GstElement *element;
  NfPredictor *predictor;
  const GstNfDrawSettings *settings;
  NfDType dtype;
  const GstNfForecastJob *what;
  NfTurn *turn;
} GstNfDrawJob;

gboolean gst_nf_draw_run (
    const GstNfDrawJob *job, GstNfFuture *future, GError **error);

G_END_DECLS
