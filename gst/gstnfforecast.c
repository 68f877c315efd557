/* SPDX-License-Identifier: MIT
 *
 * gstnfforecast — base class of elements that foretell the frames of a video
 *
 * Frames are brought to packed pixels on the device as they come and put into a
 * window; when that is full, generate_output() lets the subclass foretell and
 * hands the frames out one by one. How that looks from outside is in the documentation of
 * the elements: gstnfpredict.c, gstnfextrapolate.c.
 * Siblings: gstnfwindow.c (when to foretell), gstnfcadence.c (times of frames) */
#include "gstnfforecast.h"

#include "gstnfcadence.h"
#include "gstnfcancel.h"
#include "gstnfconverters.h"
#include "gstnferror.h"
#include "gstnftiming.h"

#include <string.h>

GST_DEBUG_CATEGORY_STATIC (gst_nf_forecast_debug);
#define GST_CAT_DEFAULT gst_nf_forecast_debug

enum
{
  PROP_0,
  PROP_WINDOW,
  PROP_STATS = PROP_WINDOW + GST_NF_WINDOW_N_PROPS
};

typedef struct
{
  guint64 frames_in, frames_out, clips, incomplete;
  GstClockTime computing; /* of all clips together */
} Stats;

typedef struct
{
  GstNfTiming timing;
  GstNfCancel cancel;

  /* object lock */
  GstNfWindowSettings window_settings;
  Stats stats;

  /* streaming thread, except while starting and stopping */
  GstNfWindowMode mode;
  GstNfEmit emit;
  guint length; /* of the window, frames */
  NfDevice *device; /* where frames lie; NULL while stopped */
  GstVideoInfo packed; /* what the window holds */
  GstNfConverters converters;
  GstNfWindow window;
  GstNfCadence cadence;
  GstNfFuture future;
  GstSegment segment; /* as it came in */
  GstBuffer *passing; /* a frame of the context that is to be pushed */
  gboolean clip_begins; /* with the next frame */
  gboolean due; /* a forecast */
  gboolean first_out; /* the next frame out is the first one of its clip */
  guint64 clip;
  guint64 offset; /* of the newest frame */
  GstClockTime pushed_until; /* end of the last frame that was pushed */
} GstNfForecastPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (
    GstNfForecast, gst_nf_forecast, GST_TYPE_VIDEO_FILTER)

#define PRIV(self)                                                             \
  ((GstNfForecastPrivate *) gst_nf_forecast_get_instance_private (self))

static void gst_nf_forecast_finalize (GObject *object);
static void gst_nf_forecast_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec);
static void gst_nf_forecast_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec);
static GstStateChangeReturn gst_nf_forecast_change_state (
    GstElement *element, GstStateChange transition);
static gboolean gst_nf_forecast_start (GstBaseTransform *trans);
static gboolean gst_nf_forecast_stop (GstBaseTransform *trans);
static gboolean gst_nf_forecast_set_caps (
    GstBaseTransform *trans, GstCaps *incaps, GstCaps *outcaps);
static gboolean gst_nf_forecast_set_info (GstVideoFilter *filter,
    GstCaps *incaps, GstVideoInfo *in_info, GstCaps *outcaps,
    GstVideoInfo *out_info);
static gboolean gst_nf_forecast_query (
    GstBaseTransform *trans, GstPadDirection direction, GstQuery *query);
static gboolean gst_nf_forecast_sink_event (
    GstBaseTransform *trans, GstEvent *event);
static gboolean gst_nf_forecast_src_event (
    GstBaseTransform *trans, GstEvent *event);
static GstFlowReturn gst_nf_forecast_submit_input_buffer (
    GstBaseTransform *trans, gboolean is_discont, GstBuffer *input);
static GstFlowReturn gst_nf_forecast_generate_output (
    GstBaseTransform *trans, GstBuffer **output);

static void
gst_nf_forecast_class_init (GstNfForecastClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gst_nf_forecast_debug, "nfforecast", 0, "base of forecasting elements");

  object_class->finalize = gst_nf_forecast_finalize;
  object_class->set_property = gst_nf_forecast_set_property;
  object_class->get_property = gst_nf_forecast_get_property;
  element_class->change_state =
      GST_DEBUG_FUNCPTR (gst_nf_forecast_change_state);
  trans_class->start = GST_DEBUG_FUNCPTR (gst_nf_forecast_start);
  trans_class->stop = GST_DEBUG_FUNCPTR (gst_nf_forecast_stop);
  trans_class->set_caps = GST_DEBUG_FUNCPTR (gst_nf_forecast_set_caps);
  trans_class->query = GST_DEBUG_FUNCPTR (gst_nf_forecast_query);
  trans_class->sink_event = GST_DEBUG_FUNCPTR (gst_nf_forecast_sink_event);
  trans_class->src_event = GST_DEBUG_FUNCPTR (gst_nf_forecast_src_event);
  trans_class->submit_input_buffer =
      GST_DEBUG_FUNCPTR (gst_nf_forecast_submit_input_buffer);
  trans_class->generate_output =
      GST_DEBUG_FUNCPTR (gst_nf_forecast_generate_output);
  GST_VIDEO_FILTER_CLASS (klass)->set_info =
      GST_DEBUG_FUNCPTR (gst_nf_forecast_set_info);

  gst_nf_window_settings_install (object_class, PROP_WINDOW);
  /**
   * GstNfForecast:stats:
   *
   * A structure, counted since the start:
   *
   * * `frames-in`, `frames-out` #guint64: frames that came and were pushed
   * * `clips` #guint64: forecasts that were made
   * * `incomplete` #guint64: clips that ended before the window was full
   * * `dropped` #guint64: forecasts that were dropped because of QoS
   * * `seconds-per-clip` #gdouble: mean time of computing
   * * `latency` #guint64: time of computing that is announced, in ns
   *
   * Its name, and the fields that are added to these, are the element's own.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Frames, clips and times so far, and what makes the forecast",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  gst_type_mark_as_plugin_api (GST_TYPE_NF_FORECAST, 0);
}

static void
gst_nf_forecast_init (GstNfForecast *self)
{
  GstNfForecastPrivate *priv = PRIV (self);

  gst_nf_window_settings_init (&priv->window_settings);
  gst_nf_timing_init (&priv->timing, GST_ELEMENT (self));
  gst_nf_cancel_init (&priv->cancel, GST_ELEMENT (self));
}

static void
gst_nf_forecast_finalize (GObject *object)
{
  gst_nf_cancel_clear (&PRIV (GST_NF_FORECAST (object))->cancel);

  G_OBJECT_CLASS (gst_nf_forecast_parent_class)->finalize (object);
}

static void
gst_nf_forecast_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstNfForecastPrivate *priv = PRIV (GST_NF_FORECAST (object));

  if (!gst_nf_window_settings_set (&priv->window_settings, GST_ELEMENT (object),
          id - PROP_WINDOW, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

/* (transfer full) */
static GstStructure *
gst_nf_forecast_get_stats (GstNfForecast *self)
{
  GstNfForecastClass *klass = GST_NF_FORECAST_GET_CLASS (self);
  GstNfForecastPrivate *priv = PRIV (self);
  GstStructure *stats = gst_structure_new_empty (klass->stats_name);
  const Stats *s = &priv->stats;

  GST_OBJECT_LOCK (self);
  gst_structure_set (stats, "frames-in", G_TYPE_UINT64, s->frames_in,
      "frames-out", G_TYPE_UINT64, s->frames_out, "clips", G_TYPE_UINT64,
      s->clips, "incomplete", G_TYPE_UINT64, s->incomplete, "dropped",
      G_TYPE_UINT64, priv->timing.dropped, "seconds-per-clip", G_TYPE_DOUBLE,
      (gdouble) s->computing / GST_SECOND / MAX (s->clips, 1), "latency",
      G_TYPE_UINT64, priv->timing.announced, NULL);
  if (klass->add_stats != NULL)
    klass->add_stats (self, stats);
  GST_OBJECT_UNLOCK (self);

  return stats;
}

static void
gst_nf_forecast_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstNfForecast *self = GST_NF_FORECAST (object);

  if (id == PROP_STATS)
    g_value_take_boxed (value, gst_nf_forecast_get_stats (self));
  else if (!gst_nf_window_settings_get (&PRIV (self)->window_settings,
               GST_ELEMENT (object), id - PROP_WINDOW, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static GstStateChangeReturn
gst_nf_forecast_change_state (GstElement *element, GstStateChange transition)
{
  GstNfForecast *self = GST_NF_FORECAST (element);
  GstNfForecastPrivate *priv = PRIV (self);

  gst_nf_cancel_change_state (&priv->cancel, transition);

  return GST_ELEMENT_CLASS (gst_nf_forecast_parent_class)
      ->change_state (element, transition);
}

/* as at the start of a stream, of which nothing is known yet */
static void
gst_nf_forecast_forget (GstNfForecast *self)
{
  GstNfForecastPrivate *priv = PRIV (self);

  gst_nf_window_restart (&priv->window);
  gst_nf_future_clear (&priv->future);
  gst_clear_buffer (&priv->passing);
  gst_nf_timing_reset_qos (&priv->timing);
  priv->clip_begins = TRUE;
  priv->due = FALSE;
  priv->clip = 0;
  gst_nf_cadence_restart (&priv->cadence);
  priv->pushed_until = 0;
}

static gboolean
gst_nf_forecast_open (GstNfForecast *self, GError **error)
{
  GstNfForecastPrivate *priv = PRIV (self);
  GstNfWindowSettings settings;

  GST_OBJECT_LOCK (self);
  settings = priv->window_settings;
  GST_OBJECT_UNLOCK (self);
  priv->mode = settings.mode;
  priv->emit = settings.emit;

  return gst_nf_window_settings_check (&settings, error)
      && GST_NF_FORECAST_GET_CLASS (self)->open (
          self, &settings, &priv->length, &priv->device, error);
}

static gboolean
gst_nf_forecast_start (GstBaseTransform *trans)
{
  GstNfForecast *self = GST_NF_FORECAST (trans);
  GstNfForecastPrivate *priv = PRIV (self);
  g_autoptr (GError) error = NULL;

  GST_OBJECT_LOCK (self);
  memset (&priv->stats, 0, sizeof priv->stats);
  GST_OBJECT_UNLOCK (self);
  gst_nf_cancel_start (&priv->cancel);
  gst_nf_timing_reset (&priv->timing);
  gst_segment_init (&priv->segment, GST_FORMAT_TIME);
  gst_nf_cadence_init (&priv->cadence, GST_ELEMENT (self));
  gst_nf_forecast_forget (self);
  if (gst_nf_forecast_open (self, &error))
    return TRUE;
  gst_nf_element_error (GST_ELEMENT (self), error);
  gst_nf_forecast_stop (trans);

  return FALSE;
}

static gboolean
gst_nf_forecast_stop (GstBaseTransform *trans)
{
  GstNfForecast *self = GST_NF_FORECAST (trans);
  GstNfForecastPrivate *priv = PRIV (self);

  gst_nf_future_clear (&priv->future);
  gst_clear_buffer (&priv->passing);
  gst_nf_window_clear (&priv->window);
  gst_nf_converters_clear (&priv->converters);
  g_clear_pointer (&priv->device, nf_device_unref);
  if (GST_NF_FORECAST_GET_CLASS (self)->close != NULL)
    GST_NF_FORECAST_GET_CLASS (self)->close (self);

  return TRUE;
}

/* a window that will never be full, because its clip is over */
static void
gst_nf_forecast_warn_incomplete (GstNfForecast *self, guint frames)
{
  GstNfForecastPrivate *priv = PRIV (self);

  GST_OBJECT_LOCK (self);
  priv->stats.incomplete++;
  GST_OBJECT_UNLOCK (self);
  GST_ELEMENT_WARNING (self, STREAM, FAILED,
      ("Clip %" G_GUINT64_FORMAT " ended after %u of the %u frames that a "
       "prediction needs, so nothing was predicted.",
          priv->clip, frames, priv->window.length),
      ("Give at least %u frames in each clip.", priv->window.length));
}

static void
gst_nf_forecast_begin_clip (GstNfForecast *self)
{
  GstNfForecastPrivate *priv = PRIV (self);
  gboolean some = priv->window.count > 0;
  guint lost = gst_nf_window_restart (&priv->window);

  if (lost > 0)
    gst_nf_forecast_warn_incomplete (self, lost);
  if (some && priv->mode == GST_NF_WINDOW_CLIP)
    priv->clip++;
  gst_nf_cadence_begin_clip (&priv->cadence);
  gst_nf_future_clear (&priv->future);
  priv->due = FALSE;
  priv->clip_begins = FALSE;
  priv->first_out = TRUE;
  priv->offset = GST_BUFFER_OFFSET_NONE;
}

/* a window for other pixels than before forgets those that it held */
static void
gst_nf_forecast_set_packed (GstNfForecast *self, const GstVideoInfo *packed)
{
  GstNfForecastPrivate *priv = PRIV (self);

  if (priv->window.length > 0
      && gst_video_info_is_equal (packed, &priv->packed))
    return;
  if (priv->window.length > 0)
    gst_nf_forecast_begin_clip (self);
  priv->clip_begins = TRUE;
  priv->packed = *packed;
  gst_nf_window_clear (&priv->window);
  gst_nf_window_init (&priv->window, priv->length);
}

static gboolean
gst_nf_forecast_set_info (GstVideoFilter *filter, GstCaps *incaps,
    GstVideoInfo *in_info, GstCaps *outcaps, GstVideoInfo *out_info)
{
  GstNfForecast *self = GST_NF_FORECAST (filter);
  GstNfForecastPrivate *priv = PRIV (self);
  g_autoptr (GError) error = NULL;
  GstVideoInfo packed;

  GST_DEBUG_OBJECT (
      self, "from %" GST_PTR_FORMAT " to %" GST_PTR_FORMAT, incaps, outcaps);
  if (!GST_NF_FORECAST_GET_CLASS (self)->describe (
          self, in_info, &packed, &error)
      || !gst_nf_converters_set (
          &priv->converters, priv->device, incaps, &packed, outcaps, &error)) {
    gst_nf_element_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  if (filter->negotiated && !gst_video_info_is_equal (&filter->in_info, in_info)
      && priv->window.count > 0) {
    GST_WARNING_OBJECT (self, "the caps changed within a clip; another begins");
    priv->clip_begins = TRUE;
  }
  gst_nf_forecast_set_packed (self, &packed);
  gst_nf_cadence_set_info (&priv->cadence, in_info);
  gst_nf_timing_set_held (&priv->timing, in_info, priv->length);

  return TRUE;
}

static gboolean
gst_nf_forecast_set_caps (
    GstBaseTransform *trans, GstCaps *incaps, GstCaps *outcaps)
{
  gboolean ok = GST_BASE_TRANSFORM_CLASS (gst_nf_forecast_parent_class)
                    ->set_caps (trans, incaps, outcaps);

  /* what goes out is new even where the caps are the same */
  gst_base_transform_set_in_place (trans, FALSE);

  return ok;
}

static gboolean
gst_nf_forecast_query (
    GstBaseTransform *trans, GstPadDirection direction, GstQuery *query)
{
  GstNfForecast *self = GST_NF_FORECAST (trans);
  GstNfForecastPrivate *priv = PRIV (self);

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY || direction != GST_PAD_SRC)
    return GST_BASE_TRANSFORM_CLASS (gst_nf_forecast_parent_class)
        ->query (trans, direction, query);
  return gst_nf_timing_answer_latency (&priv->timing, trans->sinkpad, query);
}

/* (transfer full): the segment for what is pushed; the future has no stop, and
 * frames without timestamps get some */
static GstEvent *
gst_nf_forecast_take_segment (GstNfForecast *self, GstEvent *event)
{
  GstNfForecastPrivate *priv = PRIV (self);
  GstSegment segment;
  GstEvent *open;

  gst_event_copy_segment (event, &segment);
  if (segment.format != GST_FORMAT_TIME)
    gst_segment_init (&segment, GST_FORMAT_TIME);
  priv->segment = segment;
  priv->clip_begins = TRUE;
  gst_nf_cadence_restart (&priv->cadence);
  priv->pushed_until = 0;
  gst_nf_timing_reset_qos (&priv->timing);
  segment.stop = GST_CLOCK_TIME_NONE;
  open = gst_event_new_segment (&segment);
  gst_event_set_seqnum (open, gst_event_get_seqnum (event));
  gst_event_unref (event);

  return open;
}

static gboolean
gst_nf_forecast_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstNfForecast *self = GST_NF_FORECAST (trans);
  GstNfForecastPrivate *priv = PRIV (self);

  gst_nf_cancel_event (&priv->cancel, event);
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      priv->clip_begins = TRUE;
      break;
    case GST_EVENT_SEGMENT:
      event = gst_nf_forecast_take_segment (self, event);
      break;
    case GST_EVENT_EOS:
      gst_nf_forecast_begin_clip (self);
      priv->clip_begins = TRUE;
      break;
    case GST_EVENT_FLUSH_STOP:
      gst_nf_forecast_forget (self);
      break;
    default:
      break;
  }

  return GST_BASE_TRANSFORM_CLASS (gst_nf_forecast_parent_class)
      ->sink_event (trans, event);
}

static gboolean
gst_nf_forecast_src_event (GstBaseTransform *trans, GstEvent *event)
{
  GstNfForecast *self = GST_NF_FORECAST (trans);
  GstNfForecastPrivate *priv = PRIV (self);
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
    gst_nf_timing_qos_event (&priv->timing, event);
    return gst_pad_push_event (trans->sinkpad, event);
  }

  return GST_BASE_TRANSFORM_CLASS (gst_nf_forecast_parent_class)
      ->src_event (trans, event);
}

/* (transfer full) (nullable): an empty frame for downstream */
static GstBuffer *
gst_nf_forecast_acquire (GstNfForecast *self, GstFlowReturn *flow)
{
  GstBufferPool *pool =
      gst_base_transform_get_buffer_pool (GST_BASE_TRANSFORM (self));
  GstBuffer *buffer = NULL;

  *flow = GST_FLOW_NOT_NEGOTIATED;
  if (pool == NULL)
    return NULL;
  if (gst_buffer_pool_set_active (pool, TRUE))
    *flow = gst_nf_element_no_frame (GST_ELEMENT (self),
        gst_buffer_pool_acquire_buffer (pool, &buffer, NULL),
        GST_BASE_TRANSFORM (self)->srcpad);
  gst_object_unref (pool);

  return buffer;
}

/* (transfer full) (nullable): a frame of the context, as downstream wants it */
static GstBuffer *
gst_nf_forecast_convert (
    GstNfForecast *self, GstBuffer *input, GstFlowReturn *flow)
{
  GstNfForecastPrivate *priv = PRIV (self);
  g_autoptr (GError) error = NULL;
  GstBuffer *output;

  *flow = GST_FLOW_OK;
  if (priv->converters.past == NULL)
    return gst_buffer_make_writable (gst_buffer_ref (input));
  output = gst_nf_forecast_acquire (self, flow);
  if (output == NULL)
    return NULL;
  gst_buffer_copy_into (
      output, input, GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  if (!gst_nf_video_convert (priv->converters.past, input, output, &error)) {
    *flow = gst_nf_element_flow (GST_ELEMENT (self), error);
    gst_clear_buffer (&output);
  }

  return output;
}

/* lets a frame of the context pass */
static GstFlowReturn
gst_nf_forecast_pass (GstNfForecast *self, GstBuffer *input)
{
  GstNfForecastPrivate *priv = PRIV (self);
  GstFlowReturn flow;
  GstBuffer *output = gst_nf_forecast_convert (self, input, &flow);

  if (output != NULL) {
    GST_BUFFER_PTS (output) = priv->cadence.newest;
    GST_BUFFER_DTS (output) = GST_CLOCK_TIME_NONE;
  }
  priv->passing = output;

  return flow;
}

/* puts a frame into the window */
static GstFlowReturn
gst_nf_forecast_take (
    GstNfForecast *self, GstBuffer *input, const GstNfWindowSettings *settings)
{
  GstNfForecastPrivate *priv = PRIV (self);
  g_autoptr (GError) error = NULL;
  NfTensor *frame = gst_nf_frames_read (priv->converters.in, input, &error);

  if (frame == NULL)
    return gst_nf_element_flow (GST_ELEMENT (self), error);
  gst_nf_window_put (&priv->window, frame);
  if (GST_BUFFER_OFFSET_IS_VALID (input))
    priv->offset = GST_BUFFER_OFFSET (input);
  else
    priv->offset++; /* the first one is number 0 */
  priv->due = gst_nf_window_is_due (&priv->window, settings);
  if (priv->emit == GST_NF_EMIT_ALL)
    return gst_nf_forecast_pass (self, input);

  return GST_FLOW_OK;
}

static gboolean
gst_nf_forecast_is_outside (GstNfForecast *self, GstBuffer *input)
{
  GstNfForecastPrivate *priv = PRIV (self);
  GstClockTime begin = GST_BUFFER_PTS (input), end = begin;

  if (!GST_CLOCK_TIME_IS_VALID (begin))
    return FALSE;
  if (GST_BUFFER_DURATION_IS_VALID (input))
    end += GST_BUFFER_DURATION (input);

  return !gst_segment_clip (
      &priv->segment, GST_FORMAT_TIME, begin, end, NULL, NULL);
}

static GstFlowReturn
gst_nf_forecast_submit_input_buffer (
    GstBaseTransform *trans, gboolean is_discont, GstBuffer *input)
{
  GstNfForecast *self = GST_NF_FORECAST (trans);
  GstNfForecastPrivate *priv = PRIV (self);
  gboolean discont = GST_BUFFER_IS_DISCONT (input);
  GstNfWindowSettings settings;
  GstFlowReturn flow = GST_BASE_TRANSFORM_CLASS (gst_nf_forecast_parent_class)
                           ->submit_input_buffer (trans, is_discont, input);

  input = g_steal_pointer (&trans->queued_buf);
  if (flow != GST_FLOW_OK || input == NULL) {
    gst_clear_buffer (&input);
    return flow;
  }
  GST_OBJECT_LOCK (self);
  settings = priv->window_settings;
  priv->stats.frames_in++;
  GST_OBJECT_UNLOCK (self);
  settings.mode = priv->mode;
  if (priv->segment.rate < 0) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("Cannot predict backwards. Play with a rate above 0."), (NULL));
    flow = GST_FLOW_ERROR;
  } else if (!gst_nf_forecast_is_outside (self, input)) {
    if (discont || priv->clip_begins)
      gst_nf_forecast_begin_clip (self);
    gst_nf_cadence_take (&priv->cadence, input, priv->segment.start);
    if (gst_nf_window_wants (&priv->window, priv->mode))
      flow = gst_nf_forecast_take (self, input, &settings);
  }
  gst_buffer_unref (input);

  return flow;
}

/* whether the last frame of the forecast that is due would come too late */
static gboolean
gst_nf_forecast_drop_late (GstNfForecast *self, const GstNfForecastJob *job)
{
  GstNfForecastPrivate *priv = PRIV (self);
  const GstSegment *segment = &GST_BASE_TRANSFORM (self)->segment;
  GstClockTime time = priv->cadence.newest
      + gst_nf_cadence_ahead (&priv->cadence, job->horizon);
  GstClockTime running =
      gst_segment_to_running_time (segment, GST_FORMAT_TIME, time);

  if (priv->mode != GST_NF_WINDOW_SLIDING
      || !gst_base_transform_is_qos_enabled (GST_BASE_TRANSFORM (self))
      || !gst_nf_timing_is_late (&priv->timing, running))
    return FALSE;
  GST_DEBUG_OBJECT (
      self, "forecast %" G_GUINT64_FORMAT " would be too late", job->clip);
  gst_nf_timing_drop (
      &priv->timing, segment, time, gst_nf_cadence_ahead (&priv->cadence, 1));
  priv->first_out = TRUE;

  return TRUE;
}

static GstFlowReturn
gst_nf_forecast_foretell (GstNfForecast *self)
{
  GstNfForecastPrivate *priv = PRIV (self);
  g_autoptr (GError) error = NULL;
  GstClockTime began = gst_util_get_timestamp (), took;
  GstNfForecastJob job = { .emit = priv->emit,
    .window = &priv->window,
    .packed = &priv->packed,
    .clip = priv->clip,
    .cancellable = priv->cancel.cancellable };

  priv->due = FALSE;
  GST_OBJECT_LOCK (self);
  job.horizon = priv->window_settings.horizon;
  GST_OBJECT_UNLOCK (self);
  if (priv->mode == GST_NF_WINDOW_SLIDING)
    priv->clip++;
  if (gst_nf_forecast_drop_late (self, &job))
    return GST_FLOW_OK;
  if (!GST_NF_FORECAST_GET_CLASS (self)->foretell (
          self, &job, &priv->future, &error))
    return gst_nf_element_flow (GST_ELEMENT (self), error);
  took = gst_util_get_timestamp () - began;
  GST_DEBUG_OBJECT (self, "clip %" G_GUINT64_FORMAT " took %" GST_TIME_FORMAT,
      job.clip, GST_TIME_ARGS (took));
  GST_OBJECT_LOCK (self);
  priv->stats.clips++;
  priv->stats.computing += took;
  GST_OBJECT_UNLOCK (self);
  gst_nf_timing_count (&priv->timing, 1);
  gst_nf_timing_measured (&priv->timing, took);

  return GST_FLOW_OK;
}

/* the next frame of the forecast, or none if its time was pushed already */
static GstFlowReturn
gst_nf_forecast_make_frame (GstNfForecast *self, GstBuffer **output)
{
  GstNfForecastPrivate *priv = PRIV (self);
  guint number;
  g_autoptr (NfTensor) frame = gst_nf_future_take (&priv->future, &number);
  GstClockTime newest = priv->cadence.newest;
  GstClockTime begin = newest + gst_nf_cadence_ahead (&priv->cadence, number);
  GstClockTime end = newest + gst_nf_cadence_ahead (&priv->cadence, number + 1);
  g_autoptr (GError) error = NULL;
  GstFlowReturn flow;
  GstBuffer *buffer;

  if (priv->mode == GST_NF_WINDOW_SLIDING
      && begin + (end - begin) / 2 < priv->pushed_until)
    return GST_FLOW_OK;
  buffer = gst_nf_forecast_acquire (self, &flow);
  if (buffer == NULL)
    return flow;
  if (!gst_nf_frames_write (priv->converters.out, frame, buffer, &error)) {
    gst_buffer_unref (buffer);
    return gst_nf_element_flow (GST_ELEMENT (self), error);
  }
  GST_BUFFER_PTS (buffer) = begin;
  GST_BUFFER_DURATION (buffer) = end - begin;
  GST_BUFFER_OFFSET (buffer) = priv->offset + number;
  GST_BUFFER_OFFSET_END (buffer) = priv->offset + number + 1;
  priv->pushed_until = end;
  *output = buffer;

  return GST_FLOW_OK;
}

static GstFlowReturn
gst_nf_forecast_generate_output (GstBaseTransform *trans, GstBuffer **output)
{
  GstNfForecast *self = GST_NF_FORECAST (trans);
  GstNfForecastPrivate *priv = PRIV (self);
  GstFlowReturn flow = GST_FLOW_OK;

  *output = g_steal_pointer (&priv->passing);
  if (*output == NULL && priv->due)
    flow = gst_nf_forecast_foretell (self);
  while (flow == GST_FLOW_OK && *output == NULL
      && gst_nf_future_has_frame (&priv->future))
    flow = gst_nf_forecast_make_frame (self, output);
  if (*output == NULL)
    return flow;
  if (priv->first_out)
    GST_BUFFER_FLAG_SET (*output, GST_BUFFER_FLAG_DISCONT);
  priv->first_out = FALSE;
  GST_OBJECT_LOCK (self);
  priv->stats.frames_out++;
  GST_OBJECT_UNLOCK (self);
  GST_LOG_OBJECT (self, "%" GST_PTR_FORMAT, *output);

  return flow;
}
