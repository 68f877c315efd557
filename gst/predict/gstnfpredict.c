/* SPDX-License-Identifier: MIT
 *
 * gstnfpredict — nfpredict: the frames of a video that follow
 *
 * Siblings: gstnfpredictbase.c (the base class: when to predict, and what to push),
 * gstnfsampling.c (predicting), gstnfextrapolate.c, gstnfsegment.c */

/**
 * SECTION:element-nfpredict
 * @title: nfpredict
 * @short_description: Predicts the frames of a video that follow
 * @see_also: nfsegment, nfextrapolate, nfiou
 *
 * Collects frames (eleven, or as many as the checkpoint says) and predicts
 * those that follow with a conditional diffusion model. Any raw video comes in; what
 * goes out has the same size and format unless downstream asks for another one.
 *
 * On a GPU frames may come and go in its memory (memory:CUDAMemory), so that they
 * need not pass through the host; see docs/elements.md.
 *
 * With #GstNfPredict:window=clip the first frames of each clip are the context,
 * and the rest of the clip is passed over. A clip begins with the stream, with
 * a new segment, with a frame that is marked DISCONT, and with new caps. With
 * window=sliding a prediction is made from the newest frames, again and again;
 * frames whose time was pushed already are left out. A mark DISCONT begins a clip
 * there, too, unless time is missing before the frame: then frames were dropped,
 * and the clip goes on.
 *
 * A predicted frame carries the time that it predicts: that of the newest frame
 * plus as many frame durations as it lies ahead. Its duration is that of a
 * frame, from the framerate, or where that is unknown from the distance of the
 * context's timestamps, or from the duration of its frames, or 40 ms, with a
 * warning. Frames without a timestamp follow one another from the segment's
 * start on. The segment's stop is taken away, because the future lies beyond.
 *
 * A guide (#GstNfPredict:guide) is a frame that stands for the future: the newest
 * one, or the one that tracks and dynamics predict from a segmenter's masks. A
 * network that was trained with guides sees it, sampling can start from it
 * (#GstNfPredict:guide-start), and predictions larger than the network's frames
 * get its detail (#GstNfPredict:sharpen). Frames are then kept
 * at as many rows as the segmenter was trained on.
 *
 * The same checkpoint, seed, frames and number of the clip give the same
 * prediction. Clips are counted from 0 on, since the element was started or
 * flushed, and those that were too short count too.
 *
 * When a clip ends before the window was full, nothing can be predicted; a warning
 * message says how many frames were missing. Playing backwards is refused. The
 * element drops predictions that would come too late only when sliding, and
 * only when the property `qos` is set.
 *
 * ## Statistics
 * Beside the fields of all predicting elements, `stats` (`nf-predict-stats`)
 * says what the network is, between start and stop:
 *
 * * `checkpoint` string: the file of the network that is in use
 * * `segment-checkpoint` string: that of the segmenter, where the guide has one
 * * `arch`, `device` string: its kind, and where it runs
 * * `width`, `height`, `context`, `block`, `future-gap` #gint: its frame size,
 *   frames of context, frames predicted at once, frames skipped
 *
 * ## Messages
 * While it predicts, the element posts element messages `nf-predict-progress`, at
 * most four a second:
 *
 * * `clip` #guint64: number of the clip, or of the window when sliding
 * * `done` #guint: evaluations of the network that are done
 * * `total` #guint: all of this clip
 *
 * ## Example
 * |[
 * gst-launch-1.0 videotestsrc pattern=ball num-buffers=11 ! video/x-raw,width=240,height=160,framerate=25/1 ! pngenc ! multifilesink location=image_%d.png
 * gst-launch-1.0 multifilesrc location=image_%d.png caps=image/png,framerate=25/1 ! pngdec ! nfpredict checkpoint=next-frame.safetensors steps=20 ! pngenc ! filesink location=frame22.png
 * gst-launch-1.0 videotestsrc pattern=ball num-buffers=20 ! nfpredict window=sliding stride=3 ! videoconvert ! fakesink
 * ]| The first line makes the frames of a clip, the second one reads them and
 * writes frame 22 as a picture. The third line predicts again and again: from the
 * eleventh frame on, every third frame, the one that lies eleven frames ahead;
 * put autovideosink in the place of fakesink to see them.
 *
 * Since: 0.1
 */
#include "predict/gstnfpredict.h"

#include "common/gstnfcuda.h"
#include "common/gstnferror.h"
#include "common/gstnfmodel.h"
#include "common/gstnfreload.h"
#include "predict/gstnfguide.h"
#include "predict/gstnfmode.h"
#include "predict/gstnfsampling.h"
#include "gstnfelements.h"
#include "video/gstnfvideo.h"

GST_DEBUG_CATEGORY_STATIC (gst_nf_predict_debug);
#define GST_CAT_DEFAULT gst_nf_predict_debug

typedef struct
{
  GstNfModelSettings model;
  GstNfModeSettings mode;
  guint batch_size;
  GstNfSamplingSettings sampling;
  GstNfGuideSettings guide;
} Settings;

/* what predicts; without a model there is nothing */
typedef struct
{
  GstNfModel *model;
  GstNfGuide guide;
  gboolean warned_of_nothing;
} Networks;

struct _GstNfPredict
{
  GstNfPredictBase parent;

  GstNfReload reload; /* of Networks */

  /* object lock */
  Settings settings;
  NfUnetConfig config; /* of the model; height 0 while there is none */
  const gchar *arch; /* of the model's network */
  const gchar *device; /* interned */
  GstNfGuideSettings opened; /* at the start; without the string */
  NfPredictMode mode; /* likewise */

  GstNfCuda cuda;
  /* streaming thread, except while starting and stopping */
  Networks in_use; /* its model is changed with the object lock */
  Networks before; /* until it is settled whether they come back */
};

#define MAX_BATCH 256
#define RAW_CAPS GST_VIDEO_CAPS_MAKE (GST_VIDEO_FORMATS_ALL)

G_DEFINE_TYPE (GstNfPredict, gst_nf_predict, GST_TYPE_NF_PREDICT_BASE)

static void gst_nf_predict_finalize (GObject *object);
static void gst_nf_predict_set_context (
    GstElement *element, GstContext *context);
static gboolean gst_nf_predict_query (
    GstBaseTransform *trans, GstPadDirection direction, GstQuery *query);
static gboolean gst_nf_predict_propose_allocation (
    GstBaseTransform *trans, GstQuery *decide_query, GstQuery *query);
static gboolean gst_nf_predict_decide_allocation (
    GstBaseTransform *trans, GstQuery *query);
static GstCaps *gst_nf_predict_transform_caps (GstBaseTransform *trans,
    GstPadDirection direction, GstCaps *caps, GstCaps *filter);
static GstCaps *gst_nf_predict_fixate_caps (GstBaseTransform *trans,
    GstPadDirection direction, GstCaps *caps, GstCaps *othercaps);
static gboolean gst_nf_predict_open (GstVideoFilter *filter,
    const GstNfWindowSettings *settings, GstNfPredictShape *shape,
    NfDevice **device, GError **error);
static void gst_nf_predict_close (GstVideoFilter *filter);
static gboolean gst_nf_predict_check (
    GstVideoFilter *filter, const GstNfWindowSettings *window, GError **error);
static gboolean gst_nf_predict_renew (GstVideoFilter *filter,
    const GstNfWindowSettings *window, GstNfPredictShape *shape);
static void gst_nf_predict_settle (GstVideoFilter *filter, const GError *error);
static gboolean gst_nf_predict_describe (GstVideoFilter *filter,
    const GstVideoInfo *in, GstVideoInfo *packed, GError **error);
static gboolean gst_nf_predict_predict (GstVideoFilter *filter,
    const GstNfPredictJob *jobs, guint n, GError **error);
static void gst_nf_predict_add_stats (
    GstNfPredictBase *base, GstStructure *stats);

static const GstNfProperty properties[] = {
  GST_NF_GROUP (gst_nf_predictor_properties, Settings, model),
  GST_NF_GROUP (gst_nf_mode_properties, Settings, mode),
  {
      .name = "batch-size",
      .nick = "Batch size",
      .blurb = "Clips, or windows when sliding, that are predicted at once",
      .details = "The frames are the same, and come in the same order, when as "
                 "many clips are there or the stream ends; not for live video, "
                 "and not with emit=all. With a guide clips are predicted one "
                 "by one all the same.",
      GST_NF_UINT (1, MAX_BATCH, 1),
      GST_NF_FIELD (Settings, batch_size),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  GST_NF_GROUP (gst_nf_sampling_properties, Settings, sampling),
  GST_NF_GROUP (gst_nf_guide_properties, Settings, guide),
  GST_NF_PROPERTIES_END,
};

static void
gst_nf_predict_class_init (GstNfPredictClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);
  GstNfPredictBaseClass *base_class = GST_NF_PREDICT_BASE_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gst_nf_predict_debug, "nfpredict", 0, "future frames");

  object_class->finalize = gst_nf_predict_finalize;
  element_class->set_context = GST_DEBUG_FUNCPTR (gst_nf_predict_set_context);
  trans_class->query = GST_DEBUG_FUNCPTR (gst_nf_predict_query);
  trans_class->propose_allocation =
      GST_DEBUG_FUNCPTR (gst_nf_predict_propose_allocation);
  trans_class->decide_allocation =
      GST_DEBUG_FUNCPTR (gst_nf_predict_decide_allocation);
  trans_class->transform_caps =
      GST_DEBUG_FUNCPTR (gst_nf_predict_transform_caps);
  trans_class->fixate_caps = GST_DEBUG_FUNCPTR (gst_nf_predict_fixate_caps);
  base_class->stats_name = "nf-predict-stats";
  base_class->hooks.open = gst_nf_predict_open;
  base_class->hooks.close = gst_nf_predict_close;
  base_class->hooks.check = gst_nf_predict_check;
  base_class->hooks.renew = gst_nf_predict_renew;
  base_class->hooks.settle = gst_nf_predict_settle;
  base_class->hooks.describe = gst_nf_predict_describe;
  base_class->hooks.predict = gst_nf_predict_predict;
  base_class->add_stats = gst_nf_predict_add_stats;

  gst_nf_properties_install (
      object_class, properties, G_STRUCT_OFFSET (GstNfPredict, settings));

  gst_element_class_add_pad_template (element_class,
      gst_nf_cuda_pad_template (
          "sink", GST_PAD_SINK, RAW_CAPS, GST_NF_CUDA_READS));
  gst_element_class_add_pad_template (element_class,
      gst_nf_cuda_pad_template (
          "src", GST_PAD_SRC, RAW_CAPS, GST_NF_CUDA_WRITES));
  gst_element_class_set_static_metadata (element_class, "Next frame predictor",
      "Filter/Effect/Video",
      "Predicts the frames that follow with a conditional diffusion model",
      GST_NF_AUTHOR);
}

static void
gst_nf_predict_finalize (GObject *object)
{
  GstNfPredict *self = GST_NF_PREDICT (object);

  gst_nf_properties_clear (properties, &self->settings);
  gst_nf_reload_clear (&self->reload);

  G_OBJECT_CLASS (gst_nf_predict_parent_class)->finalize (object);
}

/* (out): @settings: as they are now, to be cleared */
static void
gst_nf_predict_copy_settings (GstNfPredict *self, Settings *settings)
{
  gst_nf_properties_copy (
      properties, self, &self->settings, settings, sizeof *settings);
}

static void
networks_clear (Networks *networks)
{
  gst_nf_guide_close (&networks->guide);
  g_clear_pointer (&networks->model, gst_nf_model_release);
}

/* the network, and the one that its guide needs; (out): @networks: to be cleared
 * also where this fails */
static gboolean
networks_load (Networks *networks, const Settings *settings, GError **error)
{
  *networks = (Networks){ NULL };
  networks->model =
      gst_nf_model_acquire (&settings->model, GST_NF_MODEL_PREDICTOR, error);

  return networks->model != NULL
      && gst_nf_guide_open (&networks->guide, &settings->guide,
          &settings->model, networks->model, error);
}

/* those that the properties name now, but on the device and with the guide that
 * the element was started with; (transfer full) (nullable) */
static gpointer
gst_nf_predict_reload (GstElement *element, GError **error)
{
  GstNfPredict *self = GST_NF_PREDICT (element);
  Networks *networks = g_new (Networks, 1);
  Settings settings;
  gboolean ok;

  gst_nf_predict_copy_settings (self, &settings);
  GST_OBJECT_LOCK (self);
  if (self->config.height > 0) {
    g_free (settings.model.device);
    settings.model.device = g_strdup (self->device);
    settings.guide.guide = self->opened.guide;
    settings.guide.sharpen = self->opened.sharpen;
  }
  GST_OBJECT_UNLOCK (self);
  ok = networks_load (networks, &settings, error);
  gst_nf_properties_clear (properties, &settings);
  if (ok)
    return networks;
  networks_clear (networks);
  g_free (networks);

  return NULL;
}

static void
gst_nf_predict_unload (gpointer networks)
{
  networks_clear (networks);
  g_free (networks);
}

static void
gst_nf_predict_init (GstNfPredict *self)
{
  gst_nf_properties_init (properties, &self->settings);
  gst_nf_reload_init (&self->reload, GST_ELEMENT (self), gst_nf_predict_reload,
      gst_nf_predict_unload);
  gst_nf_cuda_init (&self->cuda, GST_ELEMENT (self));
}

static gboolean
check_batch (
    const Settings *settings, const GstNfWindowSettings *window, GError **error)
{
  if (settings->batch_size == 1 || window->emit != GST_NF_EMIT_ALL)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "emit=all with batch-size=%u would push the frames of a clip before the "
      "predictions of those before it; use emit=rollout, or batch-size=1",
      settings->batch_size);

  return FALSE;
}

/* whether a network can do what the settings ask for; (out): @shape: the window
 * that it needs then */
static gboolean
check_model (GstNfModel *model, const Settings *settings, NfPredictMode mode,
    const GstNfWindowSettings *window, GstNfPredictShape *shape, GError **error)
{
  const NfPredictor *predictor = gst_nf_model_predictor (model);
  NfPrediction prediction;

  gst_nf_sampling_init_prediction (&settings->sampling, predictor, &prediction);
  prediction.mode = mode;
  gst_nf_mode_describe (mode, nf_predictor_config (predictor), shape);
  shape->batch = settings->batch_size;
  prediction.horizon = shape->last > 0 ? shape->last : window->horizon;

  return gst_nf_mode_check (mode, window, error)
      && check_batch (settings, window, error)
      && nf_prediction_check (
          &prediction, nf_predictor_config (predictor), error);
}

/* (transfer full): @networks: become those in use, and say what they are */
static void
gst_nf_predict_set_networks (GstNfPredict *self, const Networks *networks)
{
  NfPredictor *predictor = gst_nf_model_predictor (networks->model);
  const NfUnetConfig *config = nf_predictor_config (predictor);

  GST_OBJECT_LOCK (self);
  self->in_use = *networks;
  self->config = *config;
  self->arch = nf_predictor_arch (predictor);
  self->device = g_intern_string (gst_nf_model_device (networks->model)->name);
  GST_OBJECT_UNLOCK (self);
  GST_INFO_OBJECT (self, "%s on %s: %u frames of %dx%d",
      gst_nf_model_path (networks->model), self->device,
      config->num_frames_cond, config->width, config->height);
}

static gboolean
gst_nf_predict_open (GstVideoFilter *filter, const GstNfWindowSettings *window,
    GstNfPredictShape *shape, NfDevice **device, GError **error)
{
  GstNfPredict *self = GST_NF_PREDICT (filter);
  Networks networks;
  Settings settings;
  gboolean ok;

  gst_nf_reload_start (&self->reload);
  gst_nf_predict_copy_settings (self, &settings);
  GST_OBJECT_LOCK (self);
  self->mode = settings.mode.mode;
  GST_OBJECT_UNLOCK (self);
  ok = networks_load (&networks, &settings, error)
      && check_model (
          networks.model, &settings, self->mode, window, shape, error);
  GST_OBJECT_LOCK (self);
  self->opened = settings.guide;
  self->opened.segmenter = NULL;
  GST_OBJECT_UNLOCK (self);
  gst_nf_properties_clear (properties, &settings);
  if (!ok) {
    networks_clear (&networks);
    return FALSE;
  }
  gst_nf_predict_set_networks (self, &networks);
  gst_nf_cuda_start (&self->cuda, gst_nf_model_device (networks.model));
  *device = nf_device_ref (gst_nf_model_device (networks.model));

  return TRUE;
}

static void
gst_nf_predict_close (GstVideoFilter *filter)
{
  GstNfPredict *self = GST_NF_PREDICT (filter);

  gst_nf_reload_stop (&self->reload);
  GST_OBJECT_LOCK (self);
  self->config.height = 0;
  GST_OBJECT_UNLOCK (self);
  gst_nf_cuda_stop (&self->cuda);
  networks_clear (&self->in_use);
}

static gboolean
gst_nf_predict_check (
    GstVideoFilter *filter, const GstNfWindowSettings *window, GError **error)
{
  GstNfPredict *self = GST_NF_PREDICT (filter);
  NfPrediction prediction;
  NfPredictMode mode;
  NfUnetConfig config;

  GST_OBJECT_LOCK (self);
  config = self->config;
  mode = self->mode;
  GST_OBJECT_UNLOCK (self);
  if (config.height == 0 || mode != NF_MODE_PREDICT)
    return TRUE;
  nf_prediction_init (&prediction);
  prediction.horizon = window->horizon;

  return nf_prediction_check (&prediction, &config, error);
}

static gboolean
gst_nf_predict_renew (GstVideoFilter *filter, const GstNfWindowSettings *window,
    GstNfPredictShape *shape)
{
  GstNfPredict *self = GST_NF_PREDICT (filter);
  g_autofree Networks *networks = gst_nf_reload_take (&self->reload);
  g_autoptr (GError) error = NULL;
  GstNfPredictShape needed;
  Settings settings;
  gboolean ok;

  if (networks == NULL)
    return FALSE;
  if (networks->model == self->in_use.model
      && networks->guide.segmenter == self->in_use.guide.segmenter) {
    networks_clear (networks);
    return FALSE;
  }
  gst_nf_predict_copy_settings (self, &settings);
  ok = check_model (
      networks->model, &settings, self->mode, window, &needed, &error);
  gst_nf_properties_clear (properties, &settings);
  if (!ok) {
    networks_clear (networks);
    gst_nf_reload_refuse (&self->reload, error);
    return FALSE;
  }
  self->before = self->in_use;
  gst_nf_predict_set_networks (self, networks);
  *shape = needed;

  return TRUE;
}

static void
gst_nf_predict_settle (GstVideoFilter *filter, const GError *error)
{
  GstNfPredict *self = GST_NF_PREDICT (filter);

  if (error != NULL) {
    Networks refused = self->in_use;

    gst_nf_predict_set_networks (self, &self->before);
    self->before = refused;
    gst_nf_reload_refuse (&self->reload, error);
  }
  networks_clear (&self->before);
}

static void
gst_nf_predict_set_context (GstElement *element, GstContext *context)
{
  gst_nf_cuda_set_context (&GST_NF_PREDICT (element)->cuda, context);
  GST_ELEMENT_CLASS (gst_nf_predict_parent_class)
      ->set_context (element, context);
}

static gboolean
gst_nf_predict_query (
    GstBaseTransform *trans, GstPadDirection direction, GstQuery *query)
{
  GstCaps *caps;
  gboolean ok;

  if (GST_QUERY_TYPE (query) == GST_QUERY_CONTEXT
      && gst_nf_cuda_answer_context (&GST_NF_PREDICT (trans)->cuda, query))
    return TRUE;
  ok = GST_BASE_TRANSFORM_CLASS (gst_nf_predict_parent_class)
           ->query (trans, direction, query);
  if (ok && GST_QUERY_TYPE (query) == GST_QUERY_CAPS
      && direction == GST_PAD_SINK) {
    gst_query_parse_caps_result (query, &caps);
    caps = gst_nf_video_prefer_8_bits (gst_caps_ref (caps));
    gst_query_set_caps_result (query, caps);
    gst_caps_unref (caps);
  }

  return ok;
}

static gboolean
gst_nf_predict_propose_allocation (
    GstBaseTransform *trans, GstQuery *decide_query, GstQuery *query)
{
  GstNfPredict *self = GST_NF_PREDICT (trans);

  if (gst_nf_cuda_is_asked (query))
    return gst_nf_cuda_propose (&self->cuda, query);

  return GST_BASE_TRANSFORM_CLASS (gst_nf_predict_parent_class)
      ->propose_allocation (trans, decide_query, query);
}

static gboolean
gst_nf_predict_decide_allocation (GstBaseTransform *trans, GstQuery *query)
{
  GstNfPredict *self = GST_NF_PREDICT (trans);

  return (!gst_nf_cuda_is_asked (query)
             || gst_nf_cuda_decide (&self->cuda, query))
      && GST_BASE_TRANSFORM_CLASS (gst_nf_predict_parent_class)
             ->decide_allocation (trans, query);
}

static GstCaps *
gst_nf_predict_transform_caps (GstBaseTransform *trans,
    GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstCaps *other = gst_nf_cuda_any_memory (
      &GST_NF_PREDICT (trans)->cuda, gst_nf_video_any_size (caps));
  GstCaps *both;

  if (filter == NULL)
    return other;
  both = gst_caps_intersect_full (filter, other, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (other);

  return both;
}

static GstCaps *
gst_nf_predict_fixate_caps (GstBaseTransform *trans, GstPadDirection direction,
    GstCaps *caps, GstCaps *othercaps)
{
  return gst_nf_video_fixate_like (othercaps, caps);
}

static gboolean
gst_nf_predict_describe (GstVideoFilter *filter, const GstVideoInfo *in,
    GstVideoInfo *packed, GError **error)
{
  GstNfPredict *self = GST_NF_PREDICT (filter);

  return gst_nf_guide_describe (&self->in_use.guide,
      nf_predictor_config (gst_nf_model_predictor (self->in_use.model)), in,
      packed, error);
}

/* says once that the network has nothing to work with: of other videos than its
 * own, and of empty scenes, it makes little more than the newest frame */
static void
warn_of_nothing (GstNfPredict *self, const GstNfPredictJob *jobs, guint n)
{
  for (guint i = 0; i < n && !self->in_use.warned_of_nothing; i++) {
    if (jobs[i].predicted->n_classes > 0)
      continue;
    GST_ELEMENT_WARNING (self, STREAM, FAILED,
        ("In the frames before a prediction nothing was found that the "
         "network knows, so it shows little more than the newest of them."),
        ("guide=dynamics needs objects of the kind that the networks were "
         "trained on; for other videos train networks of their own. This is "
         "said once."));
    self->in_use.warned_of_nothing = TRUE;
  }
}

/* copies the settings once, adds what holds for this prediction alone, and does
 * everything that takes cores under one lease of them */
static gboolean
gst_nf_predict_predict (GstVideoFilter *filter, const GstNfPredictJob *jobs,
    guint n, GError **error)
{
  GstNfPredict *self = GST_NF_PREDICT (filter);
  const NfGuided guided = {
    .predictor = gst_nf_model_predictor (self->in_use.model),
    .segmenter = self->in_use.guide.segmenter != NULL
        ? gst_nf_model_segmenter (self->in_use.guide.segmenter)
        : NULL,
    .kind = self->in_use.guide.kind,
    .sharpen = self->in_use.guide.sharpen,
    .memory = self->in_use.guide.memory,
  };
  Settings settings;
  NfPrediction prediction;
  NfCoreLease lease;
  gboolean ok;

  gst_nf_predict_copy_settings (self, &settings);
  gst_nf_sampling_init_prediction (
      &settings.sampling, guided.predictor, &prediction);
  if (settings.guide.start >= 0)
    prediction.guide_start = settings.guide.start;
  prediction.mode = self->mode;
  prediction.dtype = gst_nf_model_settings_dtype (&settings.model);
  prediction.lease = &lease;
  ok = gst_nf_model_begin (
      self->in_use.model, &settings.model, &lease, jobs->cancellable, error);
  if (ok) {
    ok = gst_nf_sampling_run (GST_ELEMENT (self), &settings.sampling,
        &prediction, &guided, jobs, n, error);
    nf_cores_release (&lease);
  }
  if (ok && guided.kind == NF_GUIDE_DYNAMICS)
    warn_of_nothing (self, jobs, n);
  gst_nf_properties_clear (properties, &settings);

  return ok;
}

static void
gst_nf_predict_add_stats (GstNfPredictBase *base, GstStructure *stats)
{
  GstNfPredict *self = GST_NF_PREDICT (base);
  const NfUnetConfig *c = &self->config;

  if (c->height == 0)
    return;
  gst_structure_set (stats, "checkpoint", G_TYPE_STRING,
      gst_nf_model_path (self->in_use.model), "arch", G_TYPE_STRING, self->arch,
      "device", G_TYPE_STRING, self->device, "width", G_TYPE_INT, c->width,
      "height", G_TYPE_INT, c->height, "context", G_TYPE_INT,
      c->num_frames_cond, "block", G_TYPE_INT, c->num_frames, "future-gap",
      G_TYPE_INT, c->future_gap, NULL);
  if (self->in_use.guide.segmenter != NULL)
    gst_structure_set (stats, "segment-checkpoint", G_TYPE_STRING,
        gst_nf_model_path (self->in_use.guide.segmenter), NULL);
}

GST_ELEMENT_REGISTER_DEFINE (
    nfpredict, "nfpredict", GST_RANK_NONE, GST_TYPE_NF_PREDICT)
