/* SPDX-License-Identifier: MIT
 *
 * gstnfsampling — future frames by a network, as an element predicts them
 *
 * See: gstnfpredict.c, kernels/diffusion/nfpredictor.h */
#include "predict/gstnfsampling.h"

#include "predict/gstnfmode.h"

#include <nextframe/core/nferror.h>

#define SAMPLER_AUTO -1
#define DENOISE_AUTO -1
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
    { NF_ENSEMBLE_EACH,
        "None: all are pushed, for nfsegment to average their classes",
        "each" },
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
        "Published for networks that predict the noise, else consistent",
        "auto" },
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

static GType
gst_nf_denoise_mode_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { DENOISE_AUTO, "As goes with `clip`", "auto" },
    { NF_DENOISE_NONE, "The last step's own estimate of the clean frames",
        "none" },
    { NF_DENOISE_AGAIN,
        "The noise that is found in that estimate is removed, too", "again" },
    { NF_DENOISE_CLEANEST,
        "The clean frames that the network predicts at the cleanest level",
        "cleanest" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstNfDenoiseMode", values));

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
      .details = "With `each` every prediction is a frame of its own, with the "
                 "same time, marked by a meta; see [below](#ensembles).",
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
      .name = "denoise",
      .nick = "Denoise",
      .blurb = "What becomes of the noise that is left after the last step",
      .details = "`clip=published` goes with `again`, `clip=consistent` with "
                 "`cleanest`; see [sampling.md](sampling.md#clipping).",
      GST_NF_ENUM (gst_nf_denoise_mode_get_type, DENOISE_AUTO),
      GST_NF_FIELD (GstNfSamplingSettings, denoise),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  {
      .name = "post-messages",
      .nick = "Post messages",
      .blurb = "Whether messages say how far a prediction is",
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
take_frames (NfTensor **made, guint first, guint last, guint step,
    GstNfPredictedFrames *predicted, GError **error)
{
  gst_nf_predicted_frames_alloc (predicted, first, last, step);
  for (guint k = first; k <= last; k += step) {
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
  if (settings->denoise != DENOISE_AUTO)
    prediction->denoise = (NfDenoise) settings->denoise;
}

/* the same frame of each job's known ones, one behind the other; a lone one as it
 * is */
static NfTensor *
join_clips (
    NfTensor *const *frames, guint n, guint known, guint which, GError **error)
{
  const NfTensor *like = frames[which];
  g_autoptr (NfTensor) all = NULL;

  if (n == 1)
    return nf_tensor_ref (frames[which]);
  all = nf_tensor_new (
      like->device, like->dtype, n, like->c, like->h, like->w, error);
  for (guint i = 0; i < n && all != NULL; i++) {
    g_autoptr (NfTensor) place = nf_tensor_batch_slice (all, i, 1, error);

    if (place == NULL
        || !nf_tensor_copy (place, frames[i * known + which], error))
      return NULL;
  }

  return g_steal_pointer (&all);
}

/* the known frames of all jobs */
static gboolean
join_known (const NfUnetConfig *config, NfPredictMode mode,
    const GstNfPredictJob *jobs, guint n, NfTensor **context, GError **error)
{
  const guint known = nf_prediction_known (mode, config);
  g_autofree NfTensor **frames = g_new (NfTensor *, n * known);

  for (guint i = 0; i < n; i++)
    gst_nf_mode_pick (mode, config, jobs[i].window, frames + i * known);
  for (guint t = 0; t < known; t++) {
    context[t] = join_clips (frames, n, known, t, error);
    if (context[t] == NULL)
      return FALSE;
  }

  return TRUE;
}

/* gives each job its own of the frames of all */
static gboolean
give_frames (NfTensor **made, guint first, guint step,
    const GstNfPredictJob *jobs, guint n, GError **error)
{
  const guint horizon = jobs->horizon;
  g_autofree NfTensor **own = g_new0 (NfTensor *, horizon);
  gboolean ok = TRUE;

  for (guint i = 0; ok && i < n; i++) {
    for (guint t = 0; ok && t < horizon; t++) {
      own[t] = made[t] != NULL ? nf_tensor_batch_slice (
                   made[t], i * made[t]->n / n, made[t]->n / n, error)
                               : NULL;
      ok = made[t] == NULL || own[t] != NULL;
    }
    ok =
        ok && take_frames (own, first, horizon, step, jobs[i].predicted, error);
    for (guint t = 0; t < horizon; t++)
      nf_tensor_clear (&own[t]);
  }

  return ok;
}

/* jobs that are predicted in one evaluation of the network */
static gboolean
run_at_once (const GstNfSamplingSettings *settings, NfPrediction *prediction,
    const NfGuided *guided, const GstNfPredictJob *jobs, guint n,
    GError **error)
{
  const NfUnetConfig *config = nf_predictor_config (guided->predictor);
  const guint stride = (guint) config->frame_stride;
  const guint known = nf_prediction_known (prediction->mode, config);
  const guint horizon = jobs->horizon;
  const guint first = jobs->emit == GST_NF_EMIT_TARGET
      ? horizon
      : ((guint) config->future_gap + 1) * stride;
  g_autofree NfTensor **context = g_new0 (NfTensor *, known);
  g_autofree NfTensor **made = g_new0 (NfTensor *, horizon);
  g_autofree guint64 *streams = g_new (guint64, n);
  NfGuided with_classes = *guided;
  guint64 classes = 0;
  gboolean ok;

  for (guint i = 0; i < n; i++)
    streams[i] = jobs[i].clip;
  prediction->stream = jobs->clip;
  prediction->streams = n > 1 ? streams : NULL;
  with_classes.classes = &classes;
  ok = join_known (config, prediction->mode, jobs, n, context, error)
      && nf_guided_predict (&with_classes, prediction, settings->ensemble,
          settings->ensemble_mode, context, made, error)
      && give_frames (made, first, stride, jobs, n, error);
  for (guint i = 0; i < known; i++)
    nf_tensor_clear (&context[i]);
  for (guint i = 0; i < horizon; i++)
    nf_tensor_clear (&made[i]);
  for (guint i = 0; ok && classes != 0 && i < n; i++) {
    jobs[i].predicted->classes = classes;
    jobs[i].predicted->n_classes = nf_segmenter_classes (guided->segmenter);
  }

  return ok;
}

/* how many jobs from the first on can be predicted at once: a guide is of one
 * clip, and so are predictions that stay apart, and all go equally far */
static guint
count_at_once (const GstNfSamplingSettings *settings, const NfGuided *guided,
    const GstNfPredictJob *jobs, guint n)
{
  const gboolean alone = guided->kind != NF_GUIDE_NONE
      || settings->ensemble_mode == NF_ENSEMBLE_EACH;
  guint count = 1;

  while (!alone && count < n && jobs[count].horizon == jobs->horizon)
    count++;

  return count;
}

/**
 * gst_nf_sampling_run:
 * @element: posts the progress; its object lock is not held
 * @settings: the caller's copy
 * @prediction: of gst_nf_sampling_init_prediction(), with its mode, its type, its
 *   lease and where the guide starts
 * @guided: the network and its guide
 * @jobs: (array length=n): what to predict; a clip's number is the stream of its
 *   noise, and the cancellable is looked at once per step; without a guide they
 *   are done at once
 * @n: how many, at least 1
 * @error: return location: %NF_ERROR_CANCELLED, %NF_ERROR_INVALID (the network
 *   does not predict that far), ...
 *
 * Returns: FALSE with @error set
 */
gboolean
gst_nf_sampling_run (GstElement *element, const GstNfSamplingSettings *settings,
    const NfPrediction *prediction, const NfGuided *guided,
    const GstNfPredictJob *jobs, guint n, GError **error)
{
  Progress progress = { .element = element,
    .clip = jobs->clip,
    .done = 0,
    .predictions = settings->ensemble,
    .reported = g_get_monotonic_time () };
  NfPrediction own = *prediction;
  guint done = 0;

  own.cancellable = jobs->cancellable;
  own.progress = settings->post_messages ? report_progress : NULL;
  own.progress_data = &progress;
  while (done < n) {
    const guint count = count_at_once (settings, guided, jobs + done, n - done);

    progress.clip = jobs[done].clip;
    progress.done = 0;
    own.horizon = jobs[done].horizon;
    if (!nf_prediction_check (
            &own, nf_predictor_config (guided->predictor), error)
        || !run_at_once (settings, &own, guided, jobs + done, count, error))
      return FALSE;
    done += count;
  }

  return TRUE;
}
