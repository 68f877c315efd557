/* SPDX-License-Identifier: MIT
 *
 * gstnfpredict — nfpredict: the frames of a video that follow
 *
 * Frames are brought to the network's size as they come and put into a window;
 * when that is full, generate_output() draws the future and hands its frames
 * out one by one.
 * Siblings: gstnfwindow.c (when to draw), gstnfdraw.c (drawing), gstnfsegment.c */

/**
 * SECTION:element-nfpredict
 * @title: nfpredict
 * @short_description: Predicts the frames of a video that follow
 * @see_also: nfsegment, nfiou
 *
 * Collects frames (eleven, or as many as the checkpoint says) and draws those
 * that follow with a conditional diffusion model. Any raw video comes in; what
 * goes out has the same size and format unless downstream asks for another one.
 *
 * With #GstNfPredict:window=clip the first frames of each clip are the context,
 * and the rest of the clip is passed over. A clip begins with the stream, with
 * a new segment, with a frame that is marked DISCONT, and with new caps. With
 * window=sliding a prediction is made from the newest frames, again and again;
 * frames whose time was pushed already are left out.
 *
 * A predicted frame carries the time that it predicts: that of the newest frame
 * plus as many frame durations as it lies ahead. Its duration is that of a
 * frame, from the framerate, or where that is unknown from the distance of the
 * context's timestamps, or from the duration of its frames, or 40 ms, with a
 * warning. Frames without a timestamp follow one another from the segment's
 * start on. The segment's stop is taken away, because the future lies beyond.
 *
 * The same checkpoint, seed, frames and number of the clip give the same
 * prediction. Clips are counted from 0 on, since the element was started or
 * flushed, and those that were too short count too.
 *
 * When a clip ends before the window was full, nothing can be drawn; a warning
 * message says how many frames were missing. Playing backwards is refused. The
 * element drops predictions that would come too late only when sliding, and
 * only when the property `qos` is set.
 *
 * ## Messages
 * While it draws, the element posts element messages `nf-predict-progress`, at
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
 * gst-launch-1.0 videotestsrc pattern=ball num-buffers=30 ! nfpredict window=sliding stride=10 emit=rollout steps=10 ! videoconvert ! fakesink
 * ]| The first line makes the frames of a clip, the second one reads them and
 * writes frame 22 as a picture. The third line predicts again and again, eleven
 * frames every ten frames; put autovideosink in the place of fakesink to see
 * them.
 *
 * Since: 0.1
 */
#include "gstnfpredict.h"

#include "gstnfcadence.h"
#include "gstnfcancel.h"
#include "gstnfconverters.h"
#include "gstnfdraw.h"
#include "gstnfelements.h"
#include "gstnferror.h"
#include "gstnfmodel.h"
#include "gstnftiming.h"

#include "core/nferror.h"

#include <string.h>

GST_DEBUG_CATEGORY_STATIC (gst_nf_predict_debug);
#define GST_CAT_DEFAULT gst_nf_predict_debug

enum
{
  PROP_0,
  PROP_MODEL, /* checkpoint, device, precision */
  PROP_WINDOW = PROP_MODEL + GST_NF_MODEL_N_PROPS,
  PROP_DRAW = PROP_WINDOW + GST_NF_WINDOW_N_PROPS,
  PROP_STATS = PROP_DRAW + GST_NF_DRAW_N_PROPS
};

typedef struct
{
  guint64 frames_in, frames_out, clips, incomplete;
  GstClockTime computing; /* of all clips together */
} Stats;

struct _GstNfPredict
{
  GstVideoFilter parent;

  GstNfTiming timing;
  GstNfCancel cancel;

  /* object lock */
  GstNfModelSettings model_settings;
  GstNfWindowSettings window_settings;
  GstNfDrawSettings draw_settings;
  Stats stats;
  NfUnetConfig config; /* of the model; height 0 while there is none */
  const gchar *device; /* interned */

  /* streaming thread, except while starting and stopping */
  GstNfModel *model;
  GstNfWindowMode mode;
  GstNfEmit emit;
  GstVideoInfo packed;
  GstNfConverters converters;
  GstNfWindow window;
  GstNfCadence cadence;
  GstNfDraw draw;
  GstSegment segment; /* as it came in */
  GstBuffer *passing; /* a frame of the context that is to be pushed */
  gboolean clip_begins; /* with the next frame */
  gboolean due; /* a drawing */
  gboolean first_out; /* the next frame out is the first one of its clip */
  guint64 clip;
  guint64 offset; /* of the newest frame */
  GstClockTime pushed_until; /* end of the last frame that was pushed */
};

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_VIDEO_FORMATS_ALL)));

static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_VIDEO_FORMATS_ALL)));

G_DEFINE_TYPE (GstNfPredict, gst_nf_predict, GST_TYPE_VIDEO_FILTER)

static void gst_nf_predict_finalize (GObject *object);
static void gst_nf_predict_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec);
static void gst_nf_predict_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec);
static GstStateChangeReturn gst_nf_predict_change_state (
    GstElement *element, GstStateChange transition);
static gboolean gst_nf_predict_start (GstBaseTransform *trans);
static gboolean gst_nf_predict_stop (GstBaseTransform *trans);
static GstCaps *gst_nf_predict_transform_caps (GstBaseTransform *trans,
    GstPadDirection direction, GstCaps *caps, GstCaps *filter);
static GstCaps *gst_nf_predict_fixate_caps (GstBaseTransform *trans,
    GstPadDirection direction, GstCaps *caps, GstCaps *othercaps);
static gboolean gst_nf_predict_set_caps (
    GstBaseTransform *trans, GstCaps *incaps, GstCaps *outcaps);
static gboolean gst_nf_predict_set_info (GstVideoFilter *filter,
    GstCaps *incaps, GstVideoInfo *in_info, GstCaps *outcaps,
    GstVideoInfo *out_info);
static gboolean gst_nf_predict_query (
    GstBaseTransform *trans, GstPadDirection direction, GstQuery *query);
static gboolean gst_nf_predict_sink_event (
    GstBaseTransform *trans, GstEvent *event);
static gboolean gst_nf_predict_src_event (
    GstBaseTransform *trans, GstEvent *event);
static GstFlowReturn gst_nf_predict_submit_input_buffer (
    GstBaseTransform *trans, gboolean is_discont, GstBuffer *input);
static GstFlowReturn gst_nf_predict_generate_output (
    GstBaseTransform *trans, GstBuffer **output);

static void
gst_nf_predict_class_init (GstNfPredictClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gst_nf_predict_debug, "nfpredict", 0, "future frames");

  object_class->finalize = gst_nf_predict_finalize;
  object_class->set_property = gst_nf_predict_set_property;
  object_class->get_property = gst_nf_predict_get_property;
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_nf_predict_change_state);
  trans_class->start = GST_DEBUG_FUNCPTR (gst_nf_predict_start);
  trans_class->stop = GST_DEBUG_FUNCPTR (gst_nf_predict_stop);
  trans_class->transform_caps =
      GST_DEBUG_FUNCPTR (gst_nf_predict_transform_caps);
  trans_class->fixate_caps = GST_DEBUG_FUNCPTR (gst_nf_predict_fixate_caps);
  trans_class->set_caps = GST_DEBUG_FUNCPTR (gst_nf_predict_set_caps);
  trans_class->query = GST_DEBUG_FUNCPTR (gst_nf_predict_query);
  trans_class->sink_event = GST_DEBUG_FUNCPTR (gst_nf_predict_sink_event);
  trans_class->src_event = GST_DEBUG_FUNCPTR (gst_nf_predict_src_event);
  trans_class->submit_input_buffer =
      GST_DEBUG_FUNCPTR (gst_nf_predict_submit_input_buffer);
  trans_class->generate_output =
      GST_DEBUG_FUNCPTR (gst_nf_predict_generate_output);
  GST_VIDEO_FILTER_CLASS (klass)->set_info =
      GST_DEBUG_FUNCPTR (gst_nf_predict_set_info);

  /**
   * GstNfPredict:checkpoint:
   *
   * Path of a diffusion U-Net that nextframe-train made. A relative path that
   * does not exist is looked up in the folders of the variable NEXTFRAME_PATH,
   * then in the folder of installed checkpoints.
   *
   * Default: next-frame.safetensors in one of those folders. Since: 0.1
   */
  /**
   * GstNfPredict:device:
   *
   * Where to compute: "auto" (a GPU where one can be used, else the CPU),
   * "cpu", "cuda" or "cuda:N".
   *
   * Default: auto. Since: 0.1
   */
  /**
   * GstNfPredict:precision:
   *
   * What to compute in. This version computes in f32 and refuses bf16.
   *
   * Default: auto. Since: 0.1
   */
  gst_nf_model_settings_install (
      object_class, PROP_MODEL, GST_NF_MODEL_PREDICTOR);
  gst_nf_window_settings_install (object_class, PROP_WINDOW);
  gst_nf_draw_settings_install (object_class, PROP_DRAW);
  /**
   * GstNfPredict:stats:
   *
   * A structure `nf-predict-stats`, counted since the start:
   *
   * * `frames-in`, `frames-out` #guint64: frames that came and were pushed
   * * `clips` #guint64: predictions that were made
   * * `incomplete` #guint64: clips that ended before the window was full
   * * `dropped` #guint64: predictions that were dropped because of QoS
   * * `seconds-per-clip` #gdouble: mean time of computing
   * * `latency` #guint64: time of computing that is announced, in ns
   * * `arch`, `device` string: the network's kind, and where it runs
   * * `width`, `height`, `context`, `block`, `future-gap` #gint: the network's
   *   frame size, frames of context, frames drawn at once, frames skipped
   *
   * What the network is, is there between start and stop only.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Frames, clips and times so far, and what the network is",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Next frame predictor",
      "Filter/Effect/Video",
      "Draws the frames that follow with a conditional diffusion model",
      "gst-nextframe");
}

static void
gst_nf_predict_init (GstNfPredict *self)
{
  gst_nf_model_settings_init (&self->model_settings);
  gst_nf_window_settings_init (&self->window_settings);
  gst_nf_draw_settings_init (&self->draw_settings);
  gst_nf_timing_init (&self->timing, GST_ELEMENT (self));
  gst_nf_cancel_init (&self->cancel, GST_ELEMENT (self));
}

static void
gst_nf_predict_finalize (GObject *object)
{
  GstNfPredict *self = GST_NF_PREDICT (object);

  gst_nf_model_settings_clear (&self->model_settings);
  gst_nf_cancel_clear (&self->cancel);

  G_OBJECT_CLASS (gst_nf_predict_parent_class)->finalize (object);
}

static void
gst_nf_predict_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstNfPredict *self = GST_NF_PREDICT (object);
  GstElement *element = GST_ELEMENT (object);

  if (!gst_nf_model_settings_set (
          &self->model_settings, element, id - PROP_MODEL, value)
      && !gst_nf_window_settings_set (
          &self->window_settings, element, id - PROP_WINDOW, value)
      && !gst_nf_draw_settings_set (
          &self->draw_settings, element, id - PROP_DRAW, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

/* (transfer full) */
static GstStructure *
gst_nf_predict_get_stats (GstNfPredict *self)
{
  GstStructure *stats = gst_structure_new_empty ("nf-predict-stats");
  const NfUnetConfig *c = &self->config;
  const Stats *s = &self->stats;

  GST_OBJECT_LOCK (self);
  gst_structure_set (stats, "frames-in", G_TYPE_UINT64, s->frames_in,
      "frames-out", G_TYPE_UINT64, s->frames_out, "clips", G_TYPE_UINT64,
      s->clips, "incomplete", G_TYPE_UINT64, s->incomplete, "dropped",
      G_TYPE_UINT64, self->timing.dropped, "seconds-per-clip", G_TYPE_DOUBLE,
      (gdouble) s->computing / GST_SECOND / MAX (s->clips, 1), "latency",
      G_TYPE_UINT64, self->timing.announced, NULL);
  if (c->height > 0)
    gst_structure_set (stats, "arch", G_TYPE_STRING,
        c->spade ? NF_UNET_ARCH_SPADE : NF_UNET_ARCH_CONCAT, "device",
        G_TYPE_STRING, self->device, "width", G_TYPE_INT, c->width, "height",
        G_TYPE_INT, c->height, "context", G_TYPE_INT, c->num_frames_cond,
        "block", G_TYPE_INT, c->num_frames, "future-gap", G_TYPE_INT,
        c->future_gap, NULL);
  GST_OBJECT_UNLOCK (self);

  return stats;
}

static void
gst_nf_predict_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstNfPredict *self = GST_NF_PREDICT (object);
  GstElement *element = GST_ELEMENT (object);

  if (id == PROP_STATS)
    g_value_take_boxed (value, gst_nf_predict_get_stats (self));
  else if (!gst_nf_model_settings_get (
               &self->model_settings, element, id - PROP_MODEL, value)
      && !gst_nf_window_settings_get (
          &self->window_settings, element, id - PROP_WINDOW, value)
      && !gst_nf_draw_settings_get (
          &self->draw_settings, element, id - PROP_DRAW, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static GstStateChangeReturn
gst_nf_predict_change_state (GstElement *element, GstStateChange transition)
{
  GstNfPredict *self = GST_NF_PREDICT (element);

  gst_nf_cancel_change_state (&self->cancel, transition);

  return GST_ELEMENT_CLASS (gst_nf_predict_parent_class)
      ->change_state (element, transition);
}

/* as at the start of a stream, of which nothing is known yet */
static void
gst_nf_predict_forget (GstNfPredict *self)
{
  gst_nf_window_restart (&self->window);
  gst_nf_draw_clear (&self->draw);
  gst_clear_buffer (&self->passing);
  gst_nf_timing_reset_qos (&self->timing);
  self->clip_begins = TRUE;
  self->due = FALSE;
  self->clip = 0;
  gst_nf_cadence_restart (&self->cadence);
  self->pushed_until = 0;
}

static gboolean
gst_nf_predict_load (GstNfPredict *self, GError **error)
{
  GstNfWindowSettings settings;
  const NfUnetConfig *config;
  NfRollout rollout;

  GST_OBJECT_LOCK (self);
  settings = self->window_settings;
  GST_OBJECT_UNLOCK (self);
  if (!gst_nf_window_settings_check (&settings, error))
    return FALSE;
  self->model = gst_nf_model_acquire (
      &self->model_settings, GST_ELEMENT (self), GST_NF_MODEL_PREDICTOR, error);
  if (self->model == NULL)
    return FALSE;
  config = nf_predictor_config (gst_nf_model_predictor (self->model));
  nf_rollout_init (&rollout);
  rollout.horizon = settings.horizon;
  if (!nf_rollout_check (&rollout, config, error)
      || !gst_nf_video_packed_info (&self->packed, config->width,
          config->height, config->channels, error))
    return FALSE;
  self->mode = settings.mode;
  self->emit = settings.emit;
  gst_nf_window_init (
      &self->window, config->num_frames_cond, self->packed.size);
  GST_OBJECT_LOCK (self);
  self->config = *config;
  self->device = g_intern_string (gst_nf_model_device (self->model));
  GST_OBJECT_UNLOCK (self);

  return TRUE;
}

static gboolean
gst_nf_predict_start (GstBaseTransform *trans)
{
  GstNfPredict *self = GST_NF_PREDICT (trans);
  g_autoptr (GError) error = NULL;

  GST_OBJECT_LOCK (self);
  memset (&self->stats, 0, sizeof self->stats);
  GST_OBJECT_UNLOCK (self);
  gst_nf_cancel_start (&self->cancel);
  gst_nf_timing_reset (&self->timing);
  gst_segment_init (&self->segment, GST_FORMAT_TIME);
  gst_nf_cadence_init (&self->cadence, GST_ELEMENT (self));
  if (!gst_nf_predict_load (self, &error)) {
    gst_nf_element_error (GST_ELEMENT (self), error);
    gst_nf_predict_stop (trans);
    return FALSE;
  }
  gst_nf_predict_forget (self);
  GST_INFO_OBJECT (self, "%s on %s: %u frames of %dx%d",
      gst_nf_model_path (self->model), self->device, self->window.length,
      self->packed.width, self->packed.height);

  return TRUE;
}

static gboolean
gst_nf_predict_stop (GstBaseTransform *trans)
{
  GstNfPredict *self = GST_NF_PREDICT (trans);

  GST_OBJECT_LOCK (self);
  self->config.height = 0;
  GST_OBJECT_UNLOCK (self);
  gst_nf_draw_clear (&self->draw);
  gst_clear_buffer (&self->passing);
  gst_nf_window_clear (&self->window);
  gst_nf_converters_clear (&self->converters);
  g_clear_pointer (&self->model, gst_nf_model_release);

  return TRUE;
}

static GstCaps *
gst_nf_predict_transform_caps (GstBaseTransform *trans,
    GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstCaps *other = gst_nf_video_any_size (caps), *both;

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

/* a window that will never be full, because its clip is over */
static void
gst_nf_predict_warn_incomplete (GstNfPredict *self, guint frames)
{
  GST_OBJECT_LOCK (self);
  self->stats.incomplete++;
  GST_OBJECT_UNLOCK (self);
  GST_ELEMENT_WARNING (self, STREAM, FAILED,
      ("Clip %" G_GUINT64_FORMAT " ended after %u of the %u frames that a "
       "prediction needs, so nothing was drawn.",
          self->clip, frames, self->window.length),
      ("Give at least %u frames in each clip.", self->window.length));
}

static void
gst_nf_predict_begin_clip (GstNfPredict *self)
{
  gboolean some = self->window.count > 0;
  guint lost = gst_nf_window_restart (&self->window);

  if (lost > 0)
    gst_nf_predict_warn_incomplete (self, lost);
  if (some && self->mode == GST_NF_WINDOW_CLIP)
    self->clip++;
  gst_nf_cadence_begin_clip (&self->cadence);
  gst_nf_draw_clear (&self->draw);
  self->due = FALSE;
  self->clip_begins = FALSE;
  self->first_out = TRUE;
  self->offset = GST_BUFFER_OFFSET_NONE;
}

static gboolean
gst_nf_predict_set_info (GstVideoFilter *filter, GstCaps *incaps,
    GstVideoInfo *in_info, GstCaps *outcaps, GstVideoInfo *out_info)
{
  GstNfPredict *self = GST_NF_PREDICT (filter);
  g_autoptr (GError) error = NULL;

  GST_DEBUG_OBJECT (
      self, "from %" GST_PTR_FORMAT " to %" GST_PTR_FORMAT, incaps, outcaps);
  if (!gst_nf_converters_set (
          &self->converters, in_info, &self->packed, out_info, &error)) {
    gst_nf_element_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  if (filter->negotiated && !gst_video_info_is_equal (&filter->in_info, in_info)
      && self->window.count > 0) {
    GST_WARNING_OBJECT (self, "the caps changed within a clip; another begins");
    self->clip_begins = TRUE;
  }
  gst_nf_cadence_set_info (&self->cadence, in_info);
  gst_nf_timing_set_held (&self->timing, in_info, self->window.length);

  return TRUE;
}

static gboolean
gst_nf_predict_set_caps (
    GstBaseTransform *trans, GstCaps *incaps, GstCaps *outcaps)
{
  gboolean ok = GST_BASE_TRANSFORM_CLASS (gst_nf_predict_parent_class)
                    ->set_caps (trans, incaps, outcaps);

  /* what goes out is new even where the caps are the same */
  gst_base_transform_set_in_place (trans, FALSE);

  return ok;
}

static gboolean
gst_nf_predict_query (
    GstBaseTransform *trans, GstPadDirection direction, GstQuery *query)
{
  GstNfPredict *self = GST_NF_PREDICT (trans);

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY || direction != GST_PAD_SRC)
    return GST_BASE_TRANSFORM_CLASS (gst_nf_predict_parent_class)
        ->query (trans, direction, query);
  return gst_nf_timing_answer_latency (&self->timing, trans->sinkpad, query);
}

/* (transfer full): the segment for what is pushed; the future has no stop, and
 * frames without timestamps get some */
static GstEvent *
gst_nf_predict_take_segment (GstNfPredict *self, GstEvent *event)
{
  GstSegment segment;
  GstEvent *open;

  gst_event_copy_segment (event, &segment);
  if (segment.format != GST_FORMAT_TIME)
    gst_segment_init (&segment, GST_FORMAT_TIME);
  self->segment = segment;
  self->clip_begins = TRUE;
  gst_nf_cadence_restart (&self->cadence);
  self->pushed_until = 0;
  gst_nf_timing_reset_qos (&self->timing);
  segment.stop = GST_CLOCK_TIME_NONE;
  open = gst_event_new_segment (&segment);
  gst_event_set_seqnum (open, gst_event_get_seqnum (event));
  gst_event_unref (event);

  return open;
}

static gboolean
gst_nf_predict_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstNfPredict *self = GST_NF_PREDICT (trans);

  gst_nf_cancel_event (&self->cancel, event);
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      self->clip_begins = TRUE;
      break;
    case GST_EVENT_SEGMENT:
      event = gst_nf_predict_take_segment (self, event);
      break;
    case GST_EVENT_EOS:
      gst_nf_predict_begin_clip (self);
      self->clip_begins = TRUE;
      break;
    case GST_EVENT_FLUSH_STOP:
      gst_nf_predict_forget (self);
      break;
    default:
      break;
  }

  return GST_BASE_TRANSFORM_CLASS (gst_nf_predict_parent_class)
      ->sink_event (trans, event);
}

static gboolean
gst_nf_predict_src_event (GstBaseTransform *trans, GstEvent *event)
{
  GstNfPredict *self = GST_NF_PREDICT (trans);
  gdouble rate = 1.0;

  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK)
    gst_event_parse_seek (event, &rate, NULL, NULL, NULL, NULL, NULL, NULL);
  if (rate < 0) {
    GST_WARNING_OBJECT (self, "cannot predict backwards: rate %g", rate);
    gst_event_unref (event);
    return FALSE;
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS) {
    /* not for the base class, which would drop frames of the context */
    gst_nf_timing_qos_event (&self->timing, event);
    return gst_pad_push_event (trans->sinkpad, event);
  }

  return GST_BASE_TRANSFORM_CLASS (gst_nf_predict_parent_class)
      ->src_event (trans, event);
}

/* (transfer full) (nullable): an empty frame for downstream */
static GstBuffer *
gst_nf_predict_acquire (GstNfPredict *self, GstFlowReturn *flow)
{
  GstBufferPool *pool =
      gst_base_transform_get_buffer_pool (GST_BASE_TRANSFORM (self));
  GstBuffer *buffer = NULL;

  *flow = GST_FLOW_NOT_NEGOTIATED;
  if (pool == NULL)
    return NULL;
  if (gst_buffer_pool_set_active (pool, TRUE))
    *flow = gst_buffer_pool_acquire_buffer (pool, &buffer, NULL);
  gst_object_unref (pool);

  return buffer;
}

/* (transfer full) (nullable): a frame of the context, as downstream wants it */
static GstBuffer *
gst_nf_predict_convert (
    GstNfPredict *self, GstBuffer *input, GstFlowReturn *flow)
{
  g_autoptr (GError) error = NULL;
  GstBuffer *output;

  *flow = GST_FLOW_OK;
  if (self->converters.past == NULL)
    return gst_buffer_make_writable (gst_buffer_ref (input));
  output = gst_nf_predict_acquire (self, flow);
  if (output == NULL)
    return NULL;
  gst_buffer_copy_into (
      output, input, GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  if (!gst_nf_video_convert (self->converters.past, input, output, &error)) {
    *flow = gst_nf_element_flow (GST_ELEMENT (self), error);
    gst_clear_buffer (&output);
  }

  return output;
}

/* lets a frame of the context pass */
static GstFlowReturn
gst_nf_predict_pass (GstNfPredict *self, GstBuffer *input)
{
  GstFlowReturn flow;
  GstBuffer *output = gst_nf_predict_convert (self, input, &flow);

  if (output != NULL) {
    GST_BUFFER_PTS (output) = self->cadence.newest;
    GST_BUFFER_DTS (output) = GST_CLOCK_TIME_NONE;
  }
  self->passing = output;

  return flow;
}

/* puts a frame into the window */
static GstFlowReturn
gst_nf_predict_take (
    GstNfPredict *self, GstBuffer *input, const GstNfWindowSettings *settings)
{
  g_autoptr (GError) error = NULL;
  guint8 *pixels = gst_nf_window_place (&self->window);

  if (!gst_nf_video_to_pixels (self->converters.in, input, pixels, &error))
    return gst_nf_element_flow (GST_ELEMENT (self), error);
  if (GST_BUFFER_OFFSET_IS_VALID (input))
    self->offset = GST_BUFFER_OFFSET (input);
  else
    self->offset++; /* the first one is number 0 */
  self->due = gst_nf_window_is_due (&self->window, settings);
  if (self->emit == GST_NF_EMIT_ALL)
    return gst_nf_predict_pass (self, input);

  return GST_FLOW_OK;
}

static gboolean
gst_nf_predict_is_outside (GstNfPredict *self, GstBuffer *input)
{
  GstClockTime begin = GST_BUFFER_PTS (input), end = begin;

  if (!GST_CLOCK_TIME_IS_VALID (begin))
    return FALSE;
  if (GST_BUFFER_DURATION_IS_VALID (input))
    end += GST_BUFFER_DURATION (input);

  return !gst_segment_clip (
      &self->segment, GST_FORMAT_TIME, begin, end, NULL, NULL);
}

static GstFlowReturn
gst_nf_predict_submit_input_buffer (
    GstBaseTransform *trans, gboolean is_discont, GstBuffer *input)
{
  GstNfPredict *self = GST_NF_PREDICT (trans);
  gboolean discont = GST_BUFFER_IS_DISCONT (input);
  GstNfWindowSettings settings;
  GstFlowReturn flow = GST_BASE_TRANSFORM_CLASS (gst_nf_predict_parent_class)
                           ->submit_input_buffer (trans, is_discont, input);

  input = g_steal_pointer (&trans->queued_buf);
  if (flow != GST_FLOW_OK || input == NULL) {
    gst_clear_buffer (&input);
    return flow;
  }
  GST_OBJECT_LOCK (self);
  settings = self->window_settings;
  self->stats.frames_in++;
  GST_OBJECT_UNLOCK (self);
  settings.mode = self->mode;
  if (self->segment.rate < 0) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("Cannot predict backwards. Play with a rate above 0."), (NULL));
    flow = GST_FLOW_ERROR;
  } else if (!gst_nf_predict_is_outside (self, input)) {
    if (discont || self->clip_begins)
      gst_nf_predict_begin_clip (self);
    gst_nf_cadence_take (&self->cadence, input, self->segment.start);
    if (gst_nf_window_wants (&self->window, self->mode))
      flow = gst_nf_predict_take (self, input, &settings);
  }
  gst_buffer_unref (input);

  return flow;
}

/* whether the last frame of the drawing that is due would come too late */
static gboolean
gst_nf_predict_drop_late (GstNfPredict *self, const GstNfDrawJob *job)
{
  const GstSegment *segment = &GST_BASE_TRANSFORM (self)->segment;
  GstClockTime time = self->cadence.newest
      + gst_nf_cadence_ahead (&self->cadence, job->horizon);
  GstClockTime running =
      gst_segment_to_running_time (segment, GST_FORMAT_TIME, time);

  if (self->mode != GST_NF_WINDOW_SLIDING
      || !gst_base_transform_is_qos_enabled (GST_BASE_TRANSFORM (self))
      || !gst_nf_timing_is_late (&self->timing, running))
    return FALSE;
  GST_DEBUG_OBJECT (
      self, "drawing %" G_GUINT64_FORMAT " would be too late", job->clip);
  gst_nf_timing_drop (
      &self->timing, segment, time, gst_nf_cadence_ahead (&self->cadence, 1));
  self->first_out = TRUE;

  return TRUE;
}

static GstFlowReturn
gst_nf_predict_draw (GstNfPredict *self)
{
  g_autoptr (GError) error = NULL;
  GstNfDrawJob job = { GST_ELEMENT (self),
    gst_nf_model_predictor (self->model) };
  GstClockTime began = gst_util_get_timestamp (), took;

  self->due = FALSE;
  GST_OBJECT_LOCK (self);
  job.settings = self->draw_settings;
  job.horizon = self->window_settings.horizon;
  GST_OBJECT_UNLOCK (self);
  job.emit = self->emit;
  job.window = &self->window;
  job.clip = self->clip;
  job.cancellable = self->cancel.cancellable;
  if (self->mode == GST_NF_WINDOW_SLIDING)
    self->clip++;
  if (gst_nf_predict_drop_late (self, &job))
    return GST_FLOW_OK;
  if (!gst_nf_draw_run (&self->draw, &job, &error))
    return gst_nf_element_flow (GST_ELEMENT (self), error);
  took = gst_util_get_timestamp () - began;
  GST_DEBUG_OBJECT (self,
      "drew clip %" G_GUINT64_FORMAT " in %" GST_TIME_FORMAT, job.clip,
      GST_TIME_ARGS (took));
  GST_OBJECT_LOCK (self);
  self->stats.clips++;
  self->stats.computing += took;
  GST_OBJECT_UNLOCK (self);
  gst_nf_timing_count (&self->timing, 1);
  gst_nf_timing_measured (&self->timing, took);

  return GST_FLOW_OK;
}

/* the next frame of the drawing, or none if its time was pushed already */
static GstFlowReturn
gst_nf_predict_make_frame (GstNfPredict *self, GstBuffer **output)
{
  guint number;
  const guint8 *pixels = gst_nf_draw_take (&self->draw, &number);
  GstClockTime newest = self->cadence.newest;
  GstClockTime begin = newest + gst_nf_cadence_ahead (&self->cadence, number);
  GstClockTime end = newest + gst_nf_cadence_ahead (&self->cadence, number + 1);
  g_autoptr (GError) error = NULL;
  GstFlowReturn flow;
  GstBuffer *buffer;

  if (self->mode == GST_NF_WINDOW_SLIDING
      && begin + (end - begin) / 2 < self->pushed_until)
    return GST_FLOW_OK;
  buffer = gst_nf_predict_acquire (self, &flow);
  if (buffer == NULL)
    return flow;
  if (!gst_nf_video_from_pixels (
          self->converters.out, pixels, buffer, &error)) {
    gst_buffer_unref (buffer);
    return gst_nf_element_flow (GST_ELEMENT (self), error);
  }
  GST_BUFFER_PTS (buffer) = begin;
  GST_BUFFER_DURATION (buffer) = end - begin;
  GST_BUFFER_OFFSET (buffer) = self->offset + number;
  GST_BUFFER_OFFSET_END (buffer) = self->offset + number + 1;
  self->pushed_until = end;
  *output = buffer;

  return GST_FLOW_OK;
}

static GstFlowReturn
gst_nf_predict_generate_output (GstBaseTransform *trans, GstBuffer **output)
{
  GstNfPredict *self = GST_NF_PREDICT (trans);
  GstFlowReturn flow = GST_FLOW_OK;

  *output = g_steal_pointer (&self->passing);
  if (*output == NULL && self->due)
    flow = gst_nf_predict_draw (self);
  while (flow == GST_FLOW_OK && *output == NULL
      && gst_nf_draw_has_frame (&self->draw))
    flow = gst_nf_predict_make_frame (self, output);
  if (*output == NULL)
    return flow;
  if (self->first_out)
    GST_BUFFER_FLAG_SET (*output, GST_BUFFER_FLAG_DISCONT);
  self->first_out = FALSE;
  GST_OBJECT_LOCK (self);
  self->stats.frames_out++;
  GST_OBJECT_UNLOCK (self);
  GST_LOG_OBJECT (self, "%" GST_PTR_FORMAT, *output);

  return flow;
}

GST_ELEMENT_REGISTER_DEFINE (
    nfpredict, "nfpredict", GST_RANK_NONE, GST_TYPE_NF_PREDICT)
