/* SPDX-License-Identifier: MIT
 *
 * gstnfdraw — one drawing of future frames, as an element does it
 *
 * The settings that the drawing is done with, the frames that came of it, how
 * far it is (element messages), and how it is stopped.
 * See: gstnfpredict.c, kernels/diffusion/nfpredictor.h */
#pragma once

#include "gstnfwindow.h"

#include "diffusion/nfpredictor.h"

G_BEGIN_DECLS

#define GST_TYPE_NF_SAMPLER (gst_nf_sampler_get_type ())
GType gst_nf_sampler_get_type (void);
#define GST_TYPE_NF_ENSEMBLE_MODE (gst_nf_ensemble_mode_get_type ())
GType gst_nf_ensemble_mode_get_type (void);

/**
 * GstNfDrawSettings:
 * @sampler: the property `sampler`
 * @steps: the property `steps`
 * @seed: the property `seed`
 * @ensemble: the property `ensemble`
 * @ensemble_mode: the property `ensemble-mode`
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
} GstNfDrawSettings;

/** GST_NF_DRAW_N_PROPS: how many properties they are */
#define GST_NF_DRAW_N_PROPS 5

void gst_nf_draw_settings_init (GstNfDrawSettings *settings);
void gst_nf_draw_settings_install (GObjectClass *klass, guint first);
gboolean gst_nf_draw_settings_set (GstNfDrawSettings *settings,
    GstElement *element, guint index, const GValue *value);
gboolean gst_nf_draw_settings_get (GstNfDrawSettings *settings,
    GstElement *element, guint index, GValue *value);

/**
 * GstNfDrawJob:
 * @element: posts the progress; its object lock is not held
 * @predictor: the network
 * @settings: how to draw
 * @emit: which frames are wanted
 * @horizon: number of the last one
 * @window: the context, full
 * @clip: number of the clip, the stream of its noise
 * @cancellable: looked at once per step
 *
 * What is to be drawn.
 */
typedef struct
{
  GstElement *element;
  NfPredictor *predictor;
  GstNfDrawSettings settings;
  GstNfEmit emit;
  guint horizon;
  const GstNfWindow *window;
  guint64 clip;
  GCancellable *cancellable;
} GstNfDrawJob;

/**
 * GstNfDraw:
 * @next: number of the next frame to push, from 1 on; beyond @last when there
 *   is none
 * @last: number of the last frame
 *
 * The frames of a drawing. Belongs to the streaming thread.
 */
typedef struct
{
  guint next, last;

  /*< private >*/
  guint first;
  guint8 *pixels;
  gsize frame_bytes;
} GstNfDraw;

gboolean gst_nf_draw_run (
    GstNfDraw *draw, const GstNfDrawJob *job, GError **error);
gboolean gst_nf_draw_has_frame (const GstNfDraw *draw);
const guint8 *gst_nf_draw_take (GstNfDraw *draw, guint *number);
void gst_nf_draw_clear (GstNfDraw *draw);

G_END_DECLS
