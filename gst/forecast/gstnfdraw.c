/* SPDX-License-Identifier: MIT
 *
 * gstnfdraw — one drawing of future frames, as an element does it
 *
 * See: gstnfpredict.c, kernels/diffusion/nfpredictor.h */
#include "forecast/gstnfdraw.h"

#include "core/nferror.h"

#define DEFAULT_SAMPLER NF_SAMPLER_DDIM
#define DEFAULT_STEPS 50
#define DEFAULT_SEED 0
#define DEFAULT_ENSEMBLE 1
#define DEFAULT_ENSEMBLE_MODE NF_ENSEMBLE_MEAN
#define DEFAULT_CLIP GST_NF_CLIP_AUTO
#define MAX_STEPS 1000
#define MAX_ENSEMBLE 256

#define PROGRESS_INTERVAL (G_USEC_PER_SEC / 4)

enum
{
  SETTING_SAMPLER,
  SETTING_STEPS,
  SETTING_SEED,
  SETTING_ENSEMBLE,
  SETTING_ENSEMBLE_MODE,
  SETTING_CLIP
};

typedef struct
{
  GstElement *element;
  guint64 clip;
  guint done, draws;
  gint64 told; /* when, in monotonic microseconds */
} Progress;

GType
gst_nf_sampler_get_type (void)
{
  static gsize type = 0;
  static GEnumValue values[NF_N_SAMPLERS + 1];

  if (g_once_init_enter (&type)) {
    for (guint i = 0; i < NF_N_SAMPLERS; i++) {
      values[i].value = (gint) i;
      values[i].value_name =
          nf_sampler_method_description ((NfSamplerMethod) i);
      values[i].value_nick = nf_sampler_method_name ((NfSamplerMethod) i);
    }
    g_once_init_leave (&type, g_enum_register_static ("GstNfSampler", values));
  }

  return type;
}

GType
gst_nf_ensemble_mode_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { NF_ENSEMBLE_MEAN, "Mean of each value: least squared error, but soft",
        "mean" },
    { NF_ENSEMBLE_MEDIAN, "Median of each value", "median" },
    { NF_ENSEMBLE_MEDOID, "The draw nearest to all others: sharp", "medoid" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstNfEnsembleMode", values));

  return type;
}

GType
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

/**
 * gst_nf_draw_settings_init:
 * @settings: (out): the defaults
 */
void
gst_nf_draw_settings_init (GstNfDrawSettings *settings)
{
  settings->sampler = DEFAULT_SAMPLER;
  settings->steps = DEFAULT_STEPS;
  settings->seed = DEFAULT_SEED;
  settings->ensemble = DEFAULT_ENSEMBLE;
  settings->ensemble_mode = DEFAULT_ENSEMBLE_MODE;
  settings->clip = DEFAULT_CLIP;
}

/**
 * gst_nf_draw_settings_install:
 * @klass: of an element
 * @first: the first of %GST_NF_DRAW_N_PROPS property ids
 *
 * Installs the properties `sampler`, `steps`, `seed`, `ensemble`,
 * `ensemble-mode` and `clip`.
 */
void
gst_nf_draw_settings_install (GObjectClass *klass, guint first)
{
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  /**
   * GstNfPredict:sampler:
   *
   * The method of going from noise to frames. With 10 to 20 steps dpm-solver++
   * is the nearest to what many steps give.
   *
   * Default: ddim. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_SAMPLER,
      g_param_spec_enum ("sampler", "Sampler",
          "Method of going from noise to frames", GST_TYPE_NF_SAMPLER,
          DEFAULT_SAMPLER, flags));
  /**
   * GstNfPredict:steps:
   *
   * Denoising steps per block of predicted frames. Time grows linearly with it.
   *
   * Default: 50. Range: 1 to 1000. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_STEPS,
      g_param_spec_uint ("steps", "Steps",
          "Denoising steps per block of frames; time grows linearly with it", 1,
          MAX_STEPS, DEFAULT_STEPS, flags));
  /**
   * GstNfPredict:seed:
   *
   * Of all noise. The same seed gives the same frames on the same device.
   *
   * Default: 0. Range: 64 bits. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_SEED,
      g_param_spec_uint64 ("seed", "Seed",
          "Of all noise; the same seed gives the same frames", 0, G_MAXUINT64,
          DEFAULT_SEED, flags));
  /**
   * GstNfPredict:ensemble:
   *
   * Predictions that are drawn, with different noise, and combined into one.
   * Time grows linearly with it.
   *
   * Default: 1. Range: 1 to 256. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_ENSEMBLE,
      g_param_spec_uint ("ensemble", "Ensemble",
          "Predictions to draw and combine; time grows linearly with it", 1,
          MAX_ENSEMBLE, DEFAULT_ENSEMBLE, flags));
  /**
   * GstNfPredict:ensemble-mode:
   *
   * How several predictions become one.
   *
   * Default: mean. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_ENSEMBLE_MODE,
      g_param_spec_enum ("ensemble-mode", "Ensemble mode",
          "How several predictions become one", GST_TYPE_NF_ENSEMBLE_MODE,
          DEFAULT_ENSEMBLE_MODE, flags));
  /**
   * GstNfPredict:clip:
   *
   * How estimates of the clean frames that leave the range of pixels are brought
   * back, in every denoising step: published keeps the noise as it was
   * predicted, which pulls the frames towards the range; consistent makes the
   * noise fit them, and takes the last step at the cleanest noise level.
   *
   * Default: auto: published for networks that tell the noise, else consistent.
   * Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_CLIP,
      g_param_spec_enum ("clip", "Clip",
          "How estimates of clean frames are kept in range",
          GST_TYPE_NF_CLIP_MODE, DEFAULT_CLIP, flags));
  gst_type_mark_as_plugin_api (GST_TYPE_NF_CLIP_MODE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_NF_SAMPLER, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_NF_ENSEMBLE_MODE, 0);
}

/**
 * gst_nf_draw_settings_set:
 * @settings: of @element
 * @element: an element
 * @index: property id less the first one
 * @value: new value
 *
 * Returns: FALSE when the property is none of these
 */
gboolean
gst_nf_draw_settings_set (GstNfDrawSettings *settings, GstElement *element,
    guint index, const GValue *value)
{
  gboolean known = TRUE;

  GST_OBJECT_LOCK (element);
  switch (index) {
    case SETTING_SAMPLER:
      settings->sampler = g_value_get_enum (value);
      break;
    case SETTING_STEPS:
      settings->steps = g_value_get_uint (value);
      break;
    case SETTING_SEED:
      settings->seed = g_value_get_uint64 (value);
      break;
    case SETTING_ENSEMBLE:
      settings->ensemble = g_value_get_uint (value);
      break;
    case SETTING_ENSEMBLE_MODE:
      settings->ensemble_mode = g_value_get_enum (value);
      break;
    case SETTING_CLIP:
      settings->clip = g_value_get_enum (value);
      break;
    default:
      known = FALSE;
      break;
  }
  GST_OBJECT_UNLOCK (element);

  return known;
}

/**
 * gst_nf_draw_settings_get:
 * @settings: of @element
 * @element: an element
 * @index: property id less the first one
 * @value: (out): its value
 *
 * Returns: FALSE when the property is none of these
 */
gboolean
gst_nf_draw_settings_get (GstNfDrawSettings *settings, GstElement *element,
    guint index, GValue *value)
{
  gboolean known = TRUE;

  GST_OBJECT_LOCK (element);
  switch (index) {
    case SETTING_SAMPLER:
      g_value_set_enum (value, settings->sampler);
      break;
    case SETTING_STEPS:
      g_value_set_uint (value, settings->steps);
      break;
    case SETTING_SEED:
      g_value_set_uint64 (value, settings->seed);
      break;
    case SETTING_ENSEMBLE:
      g_value_set_uint (value, settings->ensemble);
      break;
    case SETTING_ENSEMBLE_MODE:
      g_value_set_enum (value, settings->ensemble_mode);
      break;
    case SETTING_CLIP:
      g_value_set_enum (value, settings->clip);
      break;
    default:
      known = FALSE;
      break;
  }
  GST_OBJECT_UNLOCK (element);

  return known;
}

/* posts `nf-predict-progress`, at most four times a second */
static void
report_progress (gpointer data, guint done, guint total)
{
  Progress *progress = data;
  gint64 now = g_get_monotonic_time ();
  guint all = total * progress->draws;

  progress->done++;
  if (now - progress->told < PROGRESS_INTERVAL)
    return;
  progress->told = now;
  gst_element_post_message (progress->element,
      gst_message_new_element (GST_OBJECT (progress->element),
          gst_structure_new ("nf-predict-progress", "clip", G_TYPE_UINT64,
              progress->clip, "done", G_TYPE_UINT, progress->done, "total",
              G_TYPE_UINT, MAX (all, progress->done), NULL)));
}

/* @drawn: frames from 1 on; those that are wanted go to @future */
static gboolean
take_frames (NfTensor **drawn, guint first, guint last, GstNfFuture *future,
    GError **error)
{
  gst_nf_future_alloc (future, first, last);
  for (guint k = first; k <= last; k++) {
    if (drawn[k - 1] == NULL) {
      g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
          "prediction: this network does not draw frame %u after its context",
          k);
      gst_nf_future_clear (future);
      return FALSE;
    }
    gst_nf_future_set (future, k, g_steal_pointer (&drawn[k - 1]));
  }

  return TRUE;
}

static void
set_clip (NfRollout *rollout, GstNfClipMode clip)
{
  switch (clip) {
    case GST_NF_CLIP_NONE:
      rollout->clip = NF_CLAMP_NONE;
      break;
    case GST_NF_CLIP_PUBLISHED:
      rollout->clip = NF_CLAMP_CLEAN;
      rollout->denoise = NF_DENOISE_AGAIN;
      break;
    case GST_NF_CLIP_CONSISTENT:
      rollout->clip = NF_CLAMP_CONSISTENT;
      rollout->denoise = NF_DENOISE_CLEANEST;
      break;
    default:
      break;
  }
}

/**
 * gst_nf_draw_run:
 * @job: what to draw
 * @future: gets the frames; those it had are lost
 * @error: return location: %NF_ERROR_CANCELLED, %NF_ERROR_INVALID (the network
 *   does not draw that far), ...
 *
 * Returns: FALSE with @error set and @future empty
 */
gboolean
gst_nf_draw_run (const GstNfDrawJob *job, GstNfFuture *future, GError **error)
{
  const NfUnetConfig *config = nf_predictor_config (job->guided.predictor);
  const GstNfForecastJob *what = job->what;
  g_autofree NfTensor **context = g_new (NfTensor *, what->window->length);
  g_autofree NfTensor **drawn = g_new0 (NfTensor *, what->horizon);
  guint first = what->emit == GST_NF_EMIT_TARGET
      ? what->horizon
      : (guint) config->future_gap + 1;
  Progress progress = { job->element, what->clip, 0, job->settings.ensemble,
    g_get_monotonic_time () };
  NfRollout rollout;
  gboolean ok;

  gst_nf_future_clear (future);
  nf_rollout_init_for (&rollout, config);
  set_clip (&rollout, job->settings.clip);
  rollout.guide_start = job->guide_start;
  rollout.method = job->settings.sampler;
  rollout.steps = job->settings.steps;
  rollout.dtype = job->dtype;
  rollout.horizon = what->horizon;
  rollout.seed = job->settings.seed;
  rollout.stream = what->clip;
  rollout.cancellable = what->cancellable;
  rollout.turn = job->turn;
  rollout.progress = report_progress;
  rollout.progress_data = &progress;
  if (!nf_rollout_check (&rollout, config, error))
    return FALSE;
  gst_nf_window_frames (what->window, context);
  ok = nf_guided_draw (&job->guided, &rollout, job->settings.ensemble,
           job->settings.ensemble_mode, context, drawn, error)
      && take_frames (drawn, first, what->horizon, future, error);
  for (guint i = 0; i < what->horizon; i++)
    nf_tensor_clear (&drawn[i]);

  return ok;
}
