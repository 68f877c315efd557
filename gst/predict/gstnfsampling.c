/* SPDX-License-Identifier: MIT
 *
 * gstnfsampling — future frames by a network, as an element predicts them
 *
 * See: gstnfpredict.c, kernels/diffusion/nfpredictor.h */
#include "predict/gstnfsampling.h"

#include <nextframe/core/nferror.h>

#define SAMPLER_AUTO -1
#define MAX_ENSEMBLE 256

#define PROGRESS_INTERVAL (G_USEC_PER_SEC / 4)

typedef struct
{
  GstElement *element;
  guint64 clip;
  guint done, predictions;
  gint64 reported; /* when, in monotonic microseconds */
} Progress;

static GType
gst_nf_sampler_get_type (void)
{
  static gsize type = 0;
  static GEnumValue values[NF_N_SAMPLERS + 2] = {
    { SAMPLER_AUTO, "What the checkpoint says, or ddim", "auto" },
  };

  if (g_once_init_enter (&type)) {
    for (guint i = 0; i < NF_N_SAMPLERS; i++) {
      values[i + 1].value = (gint) i;
      values[i + 1].value_name =
          nf_sampler_method_description ((NfSamplerMethod) i);
      values[i + 1].value_nick = nf_sampler_method_name ((NfSamplerMethod) i);
    }
    g_once_init_leave (&type, g_enum_register_static ("GstNfSampler", values));
  }

  return type;
}

static GType
gst_nf_ensemble_mode_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { NF_ENSEMBLE_MEAN, "Mean of each value: least squared error, but soft",
        "mean" },
    { NF_ENSEMBLE_MEDIAN, "Median of each value", "median" },
    { NF_ENSEMBLE_MEDOID, "The prediction nearest to all others: sharp",
        "medoid" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstNfEnsembleMode", values));

  return type;
}

static GType
gst_nf_clip_mode_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_NF_CLIP_AUTO,
        "Published for networks that tell the noise, else consistent", "auto" },
    { GST_NF_CLIP_NONE, "Not at all", "none" },
    { GST_NF_CLIP_PUBLISHED, "The clean frames, but not the noise",
        "published" },
    { GST_NF_CLIP_CONSISTENT, "The clean frames, and the noise with them",
        "consistent" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstNfClipMode", values));

  return type;
}

const GstNfProperty gst_nf_sampling_properties[] = {
  {
      .name = "sampler",
      .nick = "Sampler",
      .blurb = "Method of going from noise to frames",
      .details = "For few steps see [sampling.md](sampling.md).",
      GST_NF_ENUM (gst_nf_sampler_get_type, SAMPLER_AUTO),
      GST_NF_FIELD (GstNfSamplingSettings, sampler),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  {
      .name = "steps",
      .nick = "Steps",
      .blurb =
          "Denoising steps per block of frames; time grows linearly with it",
      .details = "0, the default, takes as many as the checkpoint says, or 50.",
      GST_NF_UINT (0, NF_PREDICTION_MAX_STEPS, 0),
      GST_NF_FIELD (GstNfSamplingSettings, steps),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  {
      .name = "seed",
      .nick = "Seed",
      .blurb = "Of all noise; the same seed gives the same frames",
      .details = "This holds for one device and number of threads.",
      GST_NF_UINT64 (0, G_MAXUINT64, 0),
      GST_NF_FIELD (GstNfSamplingSettings, seed),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  {
      .name = "ensemble",
      .nick = "Ensemble",
      .blurb = "Predictions to make and combine; time grows linearly with it",
      GST_NF_UINT (1, MAX_ENSEMBLE, 1),
      GST_NF_FIELD (GstNfSamplingSettings, ensemble),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  {
      .name = "ensemble-mode",
      .nick = "Ensemble mode",
      .blurb = "How several predictions become one",
      GST_NF_ENUM (gst_nf_ensemble_mode_get_type, NF_ENSEMBLE_MEAN),
      GST_NF_FIELD (GstNfSamplingSettings, ensemble_mode),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  {
      .name = "clip",
      .nick = "Clip",
      .blurb = "How estimates of clean frames are kept in range",
      .details =
          "That is the range of pixels, in every denoising step; see "
          "[sampling.md](sampling.md#clipping). `published` keeps the noise as "
          "it was predicted, which pulls the frames towards the range; "
          "`consistent` makes the noise fit them, and takes the last step at "
          "the cleanest noise level.",
      GST_NF_ENUM (gst_nf_clip_mode_get_type, GST_NF_CLIP_AUTO),
      GST_NF_FIELD (GstNfSamplingSettings, clip),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  {
      .name = "post-messages",
      .nick = "Post messages",
      .blurb = "Whether messages tell how far a prediction is",
      .details = "Switch them off where nobody reads the bus: they wait in its "
                 "memory.",
      GST_NF_BOOLEAN (TRUE),
      GST_NF_FIELD (GstNfSamplingSettings, post_messages),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  GST_NF_PROPERTIES_END,
};

/* posts `nf-predict-progress`, at most four times a second */
static void
report_progress (gpointer data, guint done, guint total)
{
  Progress *progress = data;
  gint64 now = g_get_monotonic_time ();
  guint all = total * progress->predictions;

  progress->done++;
  if (now - progress->reported < PROGRESS_INTERVAL)
    return;
  progress->reported = now;
  gst_element_post_message (progress->element,
      gst_message_new_element (GST_OBJECT (progress->element),
          gst_structure_new ("nf-predict-progress", "clip", G_TYPE_UINT64,
              progress->clip, "done", G_TYPE_UINT, progress->done, "total",
              G_TYPE_UINT, MAX (all, progress->done), NULL)));
}

/* @made: frames from 1 on; those that are wanted go to @predicted */
static gboolean
take_frames (NfTensor **made, guint first, guint last,
    GstNfPredictedFrames *predicted, GError **error)
{
  gst_nf_predicted_frames_alloc (predicted, first, last);
  for (guint k = first; k <= last; k++) {
    if (made[k - 1] == NULL) {
      g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
          "prediction: this network does not predict frame %u after its "
          "context",
          k);
      gst_nf_predicted_frames_clear (predicted);
      return FALSE;
    }
    gst_nf_predicted_frames_set (predicted, k, g_steal_pointer (&made[k - 1]));
  }

  return TRUE;
}

static void
set_clip (NfPrediction *prediction, GstNfClipMode clip)
{
  switch (clip) {
    case GST_NF_CLIP_NONE:
      prediction->clip = NF_CLAMP_NONE;
      break;
    case GST_NF_CLIP_PUBLISHED:
      prediction->clip = NF_CLAMP_CLEAN;
      prediction->denoise = NF_DENOISE_AGAIN;
      break;
    case GST_NF_CLIP_CONSISTENT:
      prediction->clip = NF_CLAMP_CONSISTENT;
      prediction->denoise = NF_DENOISE_CLEANEST;
      break;
    default:
      break;
  }
}

/**
 * gst_nf_sampling_init_prediction:
 * @settings: a copy
 * @predictor: the network, whose checkpoint says what the settings leave open
 * @prediction: (out): how to predict, but for what holds for one prediction
 *   alone: the type, the lease, the clip
 */
void
gst_nf_sampling_init_prediction (const GstNfSamplingSettings *settings,
    const NfPredictor *predictor, NfPrediction *prediction)
{
  nf_predictor_init_prediction (predictor, prediction);
  if (settings->sampler != SAMPLER_AUTO)
    prediction->method = (NfSamplerMethod) settings->sampler;
  if (settings->steps > 0)
    prediction->steps = settings->steps;
  prediction->seed = settings->seed;
  set_clip (prediction, settings->clip);
}

/**
 * gst_nf_sampling_run:
 * @element: posts the progress; its object lock is not held
 * @settings: the caller's copy
 * @prediction: of gst_nf_sampling_init_prediction(), with its type, its lease
 *   and where the guide starts; learns here what is to be predicted
 * @guided: the network and its guide
 * @job: what to predict; the clip's number is the stream of the noise, and the
 *   cancellable is looked at once per step
 * @predicted: gets the frames; those it had are lost
 * @error: return location: %NF_ERROR_CANCELLED, %NF_ERROR_INVALID (the network
 *   does not predict that far), ...
 *
 * Returns: FALSE with @error set and @predicted empty
 */
gboolean
gst_nf_sampling_run (GstElement *element, const GstNfSamplingSettings *settings,
    NfPrediction *prediction, const NfGuided *guided,
    const GstNfPredictJob *job, GstNfPredictedFrames *predicted, GError **error)
{
  const NfUnetConfig *config = nf_predictor_config (guided->predictor);
  g_autofree NfTensor **context = g_new (NfTensor *, job->window->length);
  g_autofree NfTensor **made = g_new0 (NfTensor *, job->horizon);
  guint first = job->emit == GST_NF_EMIT_TARGET
      ? job->horizon
      : (guint) config->future_gap + 1;
  Progress progress = { .element = element,
    .clip = job->clip,
    .done = 0,
    .predictions = settings->ensemble,
    .reported = g_get_monotonic_time () };
  NfGuided with_classes = *guided;
  guint64 classes = 0;
  gboolean ok;

  gst_nf_predicted_frames_clear (predicted);
  prediction->horizon = job->horizon;
  prediction->stream = job->clip;
  prediction->cancellable = job->cancellable;
  prediction->progress = settings->post_messages ? report_progress : NULL;
  prediction->progress_data = &progress;
  if (!nf_prediction_check (prediction, config, error))
    return FALSE;
  gst_nf_window_frames (job->window, context);
  with_classes.classes = &classes;
  ok = nf_guided_predict (&with_classes, prediction, settings->ensemble,
           settings->ensemble_mode, context, made, error)
      && take_frames (made, first, job->horizon, predicted, error);
  for (guint i = 0; i < job->horizon; i++)
    nf_tensor_clear (&made[i]);
  if (ok && classes != 0) {
    predicted->classes = classes;
    predicted->n_classes = nf_segmenter_classes (guided->segmenter);
  }

  return ok;
}
