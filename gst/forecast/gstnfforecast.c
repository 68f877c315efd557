/* SPDX-License-Identifier: MIT
 *
 * gstnfforecast — base class of elements that foretell the frames of a video
 *
 * Properties, states, caps, queries and events; what becomes of the frames is in
 * gstnfforecastflow.c. How that looks from outside is in the documentation of
 * the elements: gstnfpredict.c, gstnfextrapolate.c. */
#include "forecast/gstnfforecast.h"

#include "common/gstnferror.h"
#include "forecast/gstnfforecastflow.h"

GST_DEBUG_CATEGORY (gst_nf_forecast_debug);
#define GST_CAT_DEFAULT gst_nf_forecast_debug

typedef struct
{
  GstNfForecastFlow flow;
} GstNfForecastPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (
    GstNfForecast, gst_nf_forecast, GST_TYPE_VIDEO_FILTER)

static GstNfForecastFlow *
flow_of (GstNfForecast *self)
{
  GstNfForecastPrivate *priv = gst_nf_forecast_get_instance_private (self);

  return &priv->flow;
}

static void gst_nf_forecast_finalize (GObject *object);
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
gst_nf_forecast_get_stats (GObject *object, GValue *value)
{
  GstNfForecast *self = GST_NF_FORECAST (object);
  GstNfForecastClass *klass = GST_NF_FORECAST_GET_CLASS (self);
  GstNfForecastFlow *flow = flow_of (self);
  GstStructure *stats = gst_structure_new_empty (klass->stats_name);
  const GstNfForecastStats *s = &flow->stats;

  gst_structure_set (stats, "frames-in", G_TYPE_UINT64, s->frames_in,
      "frames-out", G_TYPE_UINT64, s->frames_out, "clips", G_TYPE_UINT64,
      s->clips, "incomplete", G_TYPE_UINT64, s->incomplete, "dropped",
      G_TYPE_UINT64, flow->timing.dropped, "seconds-per-clip", G_TYPE_DOUBLE,
      (gdouble) s->computing / GST_SECOND / MAX (s->clips, 1), "latency",
      G_TYPE_UINT64, flow->timing.announced, NULL);
  if (klass->add_stats != NULL)
    klass->add_stats (self, stats);
  g_value_take_boxed (value, stats);
}

static const GstNfProperty properties[] = {
  GST_NF_GROUP (gst_nf_window_properties, GstNfForecastFlow, settings),
  {
      .name = "stats",
      .nick = "Statistics",
      .blurb = "Frames, clips and times so far, and what makes the forecast",
      .details =
          "Counted since the start: `frames-in`, `frames-out` (uint64), "
          "`clips` (uint64, predictions that were made), `incomplete` (uint64, "
          "clips that ended before the window was full), `dropped` (uint64, "
          "predictions, because of QoS), `seconds-per-clip` (double, mean time "
          "of computing), `latency` (uint64, time of computing that is "
          "announced, ns).",
      GST_NF_STRUCTURE,
      .get = gst_nf_forecast_get_stats,
  },
  GST_NF_PROPERTIES_END,
};

static void
gst_nf_forecast_class_init (GstNfForecastClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gst_nf_forecast_debug, "nfforecast", 0, "base of forecasting elements");

  object_class->finalize = gst_nf_forecast_finalize;
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

  gst_nf_properties_install (
      object_class, properties, G_PRIVATE_OFFSET (GstNfForecast, flow));
  gst_type_mark_as_plugin_api (GST_TYPE_NF_FORECAST, 0);
}

static void
gst_nf_forecast_init (GstNfForecast *self)
{
  gst_nf_forecast_flow_init (flow_of (self), self);
}

static void
gst_nf_forecast_finalize (GObject *object)
{
  gst_nf_forecast_flow_clear (flow_of (GST_NF_FORECAST (object)));

  G_OBJECT_CLASS (gst_nf_forecast_parent_class)->finalize (object);
}

static GstStateChangeReturn
gst_nf_forecast_change_state (GstElement *element, GstStateChange transition)
{
  GstNfForecast *self = GST_NF_FORECAST (element);

  gst_nf_cancel_change_state (&flow_of (self)->cancel, transition);

  return GST_ELEMENT_CLASS (gst_nf_forecast_parent_class)
      ->change_state (element, transition);
}

static gboolean
gst_nf_forecast_start (GstBaseTransform *trans)
{
  GstNfForecast *self = GST_NF_FORECAST (trans);
  g_autoptr (GError) error = NULL;

  if (gst_nf_forecast_flow_start (flow_of (self), &error))
    return TRUE;
  gst_nf_element_error (GST_ELEMENT (self), error);
  gst_nf_forecast_stop (trans);

  return FALSE;
}

static gboolean
gst_nf_forecast_stop (GstBaseTransform *trans)
{
  gst_nf_forecast_flow_stop (flow_of (GST_NF_FORECAST (trans)));

  return TRUE;
}

static gboolean
gst_nf_forecast_set_info (GstVideoFilter *filter, GstCaps *incaps,
    GstVideoInfo *in_info, GstCaps *outcaps, GstVideoInfo *out_info)
{
  GstNfForecast *self = GST_NF_FORECAST (filter);
  g_autoptr (GError) error = NULL;

  GST_DEBUG_OBJECT (
      self, "from %" GST_PTR_FORMAT " to %" GST_PTR_FORMAT, incaps, outcaps);
  if (gst_nf_forecast_flow_set_caps (flow_of (self), incaps, outcaps, &error))
    return TRUE;
  gst_nf_element_error (GST_ELEMENT (self), error);

  return FALSE;
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
  GstNfForecastFlow *flow = flow_of (GST_NF_FORECAST (trans));

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY || direction != GST_PAD_SRC)
    return GST_BASE_TRANSFORM_CLASS (gst_nf_forecast_parent_class)
        ->query (trans, direction, query);
  return gst_nf_timing_answer_latency (&flow->timing, trans->sinkpad, query);
}

static gboolean
gst_nf_forecast_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstNfForecastFlow *flow = flow_of (GST_NF_FORECAST (trans));

  gst_nf_cancel_event (&flow->cancel, event);
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      flow->clip_begins = TRUE;
      break;
    case GST_EVENT_TAG:
      gst_nf_forecast_flow_take_tags (flow, event);
      break;
    case GST_EVENT_SEGMENT:
      event = gst_nf_forecast_flow_take_segment (flow, event);
      break;
    case GST_EVENT_EOS:
      gst_nf_forecast_flow_end_stream (flow);
      break;
    case GST_EVENT_FLUSH_STOP:
      gst_nf_forecast_flow_forget (flow);
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
    gst_nf_timing_qos_event (&flow_of (self)->timing, event);
    return gst_pad_push_event (trans->sinkpad, event);
  }

  return GST_BASE_TRANSFORM_CLASS (gst_nf_forecast_parent_class)
      ->src_event (trans, event);
}

static GstFlowReturn
gst_nf_forecast_submit_input_buffer (
    GstBaseTransform *trans, gboolean is_discont, GstBuffer *input)
{
  GstNfForecast *self = GST_NF_FORECAST (trans);
  GstFlowReturn flow = GST_BASE_TRANSFORM_CLASS (gst_nf_forecast_parent_class)
                           ->submit_input_buffer (trans, is_discont, input);

  input = g_steal_pointer (&trans->queued_buf);
  if (flow == GST_FLOW_OK && input != NULL)
    flow = gst_nf_forecast_flow_take (flow_of (self), input);
  gst_clear_buffer (&input);

  return flow;
}

static GstFlowReturn
gst_nf_forecast_generate_output (GstBaseTransform *trans, GstBuffer **output)
{
  return gst_nf_forecast_flow_give (flow_of (GST_NF_FORECAST (trans)), output);
}

/* --------------------------- predicted frames that wait until they are pushed */

/**
 * gst_nf_future_alloc:
 * @future: (inout): loses the frames it has
 * @first: number of the first frame, at least 1
 * @last: number of the last frame, at least @first
 *
 * Makes places for frames, which the caller fills by gst_nf_future_set().
 */
void
gst_nf_future_alloc (GstNfFuture *future, guint first, guint last)
{
  gst_nf_future_clear (future);
  future->frames = g_new0 (NfTensor *, last - first + 1);
  future->first = future->next = first;
  future->last = last;
}

/**
 * gst_nf_future_set:
 * @future: with a place for it
 * @number: of a frame, from the first to the last
 * @frame: (transfer full): its pixels
 */
void
gst_nf_future_set (GstNfFuture *future, guint number, NfTensor *frame)
{
  future->frames[number - future->first] = frame;
}

/**
 * gst_nf_future_has_frame:
 * @future: may be all zeros
 *
 * Returns: whether there is a frame to take
 */
gboolean
gst_nf_future_has_frame (const GstNfFuture *future)
{
  return future->frames != NULL && future->next <= future->last;
}

/**
 * gst_nf_future_take:
 * @future: with a frame to take
 * @number: (out): the frame's number, from 1 on
 *
 * Returns: (transfer full): its pixels
 */
NfTensor *
gst_nf_future_take (GstNfFuture *future, guint *number)
{
  *number = future->next++;

  return g_steal_pointer (&future->frames[*number - future->first]);
}

/**
 * gst_nf_future_clear:
 * @future: to be emptied; may be all zeros
 */
void
gst_nf_future_clear (GstNfFuture *future)
{
  if (future->frames != NULL)
    for (guint i = future->first; i <= future->last; i++)
      nf_tensor_clear (&future->frames[i - future->first]);
  g_clear_pointer (&future->frames, g_free);
  future->next = 1;
  future->last = 0;
}
