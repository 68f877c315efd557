/* SPDX-License-Identifier: MIT
 *
 * gstnfpredictbase — base class of elements that predict the frames of a video
 *
 * Properties, states, caps, queries and events; what becomes of the frames is in
 * gstnfpredictstream.c. How that looks from outside is in the documentation of
 * the elements: gstnfpredict.c, gstnfextrapolate.c. */
#include "predict/gstnfpredictbase.h"

#include "common/gstnferror.h"
#include "predict/gstnfpredictstream.h"

GST_DEBUG_CATEGORY (gst_nf_predict_base_debug);
#define GST_CAT_DEFAULT gst_nf_predict_base_debug

typedef struct
{
  GstNfPredictStream stream;
} GstNfPredictBasePrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (
    GstNfPredictBase, gst_nf_predict_base, GST_TYPE_VIDEO_FILTER)

static GstNfPredictStream *
stream_of (GstNfPredictBase *self)
{
  GstNfPredictBasePrivate *priv =
      gst_nf_predict_base_get_instance_private (self);

  return &priv->stream;
}

static void gst_nf_predict_base_finalize (GObject *object);
static void gst_nf_predict_base_notify (GObject *object, GParamSpec *spec);
static GstStateChangeReturn gst_nf_predict_base_change_state (
    GstElement *element, GstStateChange transition);
static gboolean gst_nf_predict_base_start (GstBaseTransform *trans);
static gboolean gst_nf_predict_base_stop (GstBaseTransform *trans);
static gboolean gst_nf_predict_base_set_caps (
    GstBaseTransform *trans, GstCaps *incaps, GstCaps *outcaps);
static gboolean gst_nf_predict_base_set_info (GstVideoFilter *filter,
    GstCaps *incaps, GstVideoInfo *in_info, GstCaps *outcaps,
    GstVideoInfo *out_info);
static gboolean gst_nf_predict_base_query (
    GstBaseTransform *trans, GstPadDirection direction, GstQuery *query);
static gboolean gst_nf_predict_base_sink_event (
    GstBaseTransform *trans, GstEvent *event);
static gboolean gst_nf_predict_base_src_event (
    GstBaseTransform *trans, GstEvent *event);
static GstFlowReturn gst_nf_predict_base_submit_input_buffer (
    GstBaseTransform *trans, gboolean is_discont, GstBuffer *input);
static GstFlowReturn gst_nf_predict_base_generate_output (
    GstBaseTransform *trans, GstBuffer **output);

static void
gst_nf_predict_base_get_stats (GObject *object, GValue *value)
{
  GstNfPredictBase *self = GST_NF_PREDICT_BASE (object);
  GstNfPredictBaseClass *klass = GST_NF_PREDICT_BASE_GET_CLASS (self);
  GstNfPredictStream *stream = stream_of (self);
  GstStructure *stats = gst_structure_new_empty (klass->stats_name);
  const GstNfPredictStats *s = &stream->stats;

  gst_structure_set (stats, "frames-in", G_TYPE_UINT64, s->frames_in,
      "frames-out", G_TYPE_UINT64, s->frames_out, "clips", G_TYPE_UINT64,
      s->clips, "incomplete", G_TYPE_UINT64, s->incomplete, "dropped",
      G_TYPE_UINT64, stream->latency.dropped, "seconds-per-clip", G_TYPE_DOUBLE,
      (gdouble) s->computing / GST_SECOND / MAX (s->clips, 1), "latency",
      G_TYPE_UINT64, stream->latency.announced, NULL);
  if (klass->add_stats != NULL)
    klass->add_stats (self, stats);
  g_value_take_boxed (value, stats);
}

static const GstNfProperty properties[] = {
  GST_NF_GROUP (gst_nf_window_properties, GstNfPredictStream, settings),
  {
      .name = "stats",
      .nick = "Statistics",
      .blurb = "Frames, clips and times so far, and what makes the prediction",
      .details =
          "Counted since the start: `frames-in`, `frames-out` (uint64), "
          "`clips` (uint64, predictions that were made), `incomplete` (uint64, "
          "clips that ended before the window was full), `dropped` (uint64, "
          "predictions, because of QoS), `seconds-per-clip` (double, mean time "
          "of computing), `latency` (uint64, time of computing that is "
          "announced, ns).",
      GST_NF_STRUCTURE,
      .get = gst_nf_predict_base_get_stats,
  },
  GST_NF_PROPERTIES_END,
};

static void
gst_nf_predict_base_class_init (GstNfPredictBaseClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_nf_predict_base_debug, "nfpredictbase", 0,
      "base of predicting elements");

  object_class->finalize = gst_nf_predict_base_finalize;
  object_class->notify = gst_nf_predict_base_notify;
  element_class->change_state =
      GST_DEBUG_FUNCPTR (gst_nf_predict_base_change_state);
  trans_class->start = GST_DEBUG_FUNCPTR (gst_nf_predict_base_start);
  trans_class->stop = GST_DEBUG_FUNCPTR (gst_nf_predict_base_stop);
  trans_class->set_caps = GST_DEBUG_FUNCPTR (gst_nf_predict_base_set_caps);
  trans_class->query = GST_DEBUG_FUNCPTR (gst_nf_predict_base_query);
  trans_class->sink_event = GST_DEBUG_FUNCPTR (gst_nf_predict_base_sink_event);
  trans_class->src_event = GST_DEBUG_FUNCPTR (gst_nf_predict_base_src_event);
  trans_class->submit_input_buffer =
      GST_DEBUG_FUNCPTR (gst_nf_predict_base_submit_input_buffer);
  trans_class->generate_output =
      GST_DEBUG_FUNCPTR (gst_nf_predict_base_generate_output);
  GST_VIDEO_FILTER_CLASS (klass)->set_info =
      GST_DEBUG_FUNCPTR (gst_nf_predict_base_set_info);

  gst_nf_properties_install (
      object_class, properties, G_PRIVATE_OFFSET (GstNfPredictBase, stream));
  gst_type_mark_as_plugin_api (GST_TYPE_NF_PREDICT_BASE, 0);
}

static void
gst_nf_predict_base_init (GstNfPredictBase *self)
{
  gst_nf_predict_stream_init (stream_of (self), GST_VIDEO_FILTER (self));
}

static void
gst_nf_predict_base_finalize (GObject *object)
{
  gst_nf_predict_stream_clear (stream_of (GST_NF_PREDICT_BASE (object)));

  G_OBJECT_CLASS (gst_nf_predict_base_parent_class)->finalize (object);
}

/* a horizon that cannot be reached is refused when it is set */
static void
gst_nf_predict_base_notify (GObject *object, GParamSpec *spec)
{
  GstNfPredictBase *self = GST_NF_PREDICT_BASE (object);
  const GstNfPredictHooks *hooks = &GST_NF_PREDICT_BASE_GET_CLASS (self)->hooks;
  GstNfPredictStream *stream = stream_of (self);
  g_autoptr (GError) error = NULL;
  GstNfWindowSettings settings;
  gboolean ok;

  if (!g_str_equal (spec->name, "horizon"))
    return;
  GST_OBJECT_LOCK (self);
  settings = stream->settings;
  GST_OBJECT_UNLOCK (self);
  ok = hooks->check == NULL
      || hooks->check (GST_VIDEO_FILTER (self), &settings, &error);
  GST_OBJECT_LOCK (self);
  if (ok)
    stream->horizon = settings.horizon;
  else
    stream->settings.horizon = stream->horizon;
  GST_OBJECT_UNLOCK (self);
  if (ok)
    return;
  gst_nf_element_warning (GST_ELEMENT (self),
      "The horizon cannot be reached, so the one from before stays", error);
  g_object_notify_by_pspec (object, spec);
}

static GstStateChangeReturn
gst_nf_predict_base_change_state (
    GstElement *element, GstStateChange transition)
{
  GstNfPredictBase *self = GST_NF_PREDICT_BASE (element);

  gst_nf_cancel_change_state (&stream_of (self)->cancel, transition);

  return GST_ELEMENT_CLASS (gst_nf_predict_base_parent_class)
      ->change_state (element, transition);
}

static gboolean
gst_nf_predict_base_start (GstBaseTransform *trans)
{
  GstNfPredictBase *self = GST_NF_PREDICT_BASE (trans);
  const GstNfPredictHooks *hooks = &GST_NF_PREDICT_BASE_GET_CLASS (self)->hooks;
  g_autoptr (GError) error = NULL;

  if (gst_nf_predict_stream_start (stream_of (self), hooks, &error))
    return TRUE;
  gst_nf_element_error (GST_ELEMENT (self), error);
  gst_nf_predict_base_stop (trans);

  return FALSE;
}

static gboolean
gst_nf_predict_base_stop (GstBaseTransform *trans)
{
  gst_nf_predict_stream_stop (stream_of (GST_NF_PREDICT_BASE (trans)));

  return TRUE;
}

static gboolean
gst_nf_predict_base_set_info (GstVideoFilter *filter, GstCaps *incaps,
    GstVideoInfo *in_info, GstCaps *outcaps, GstVideoInfo *out_info)
{
  GstNfPredictBase *self = GST_NF_PREDICT_BASE (filter);
  g_autoptr (GError) error = NULL;

  GST_DEBUG_OBJECT (
      self, "from %" GST_PTR_FORMAT " to %" GST_PTR_FORMAT, incaps, outcaps);
  if (gst_nf_predict_stream_set_caps (
          stream_of (self), incaps, outcaps, &error))
    return TRUE;
  gst_nf_element_error (GST_ELEMENT (self), error);

  return FALSE;
}

static gboolean
gst_nf_predict_base_set_caps (
    GstBaseTransform *trans, GstCaps *incaps, GstCaps *outcaps)
{
  gboolean ok = GST_BASE_TRANSFORM_CLASS (gst_nf_predict_base_parent_class)
                    ->set_caps (trans, incaps, outcaps);

  /* what goes out is new even where the caps are the same */
  gst_base_transform_set_in_place (trans, FALSE);

  return ok;
}

static gboolean
gst_nf_predict_base_query (
    GstBaseTransform *trans, GstPadDirection direction, GstQuery *query)
{
  GstNfPredictStream *stream = stream_of (GST_NF_PREDICT_BASE (trans));

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY || direction != GST_PAD_SRC)
    return GST_BASE_TRANSFORM_CLASS (gst_nf_predict_base_parent_class)
        ->query (trans, direction, query);
  return gst_nf_latency_answer_latency (
      &stream->latency, trans->sinkpad, query);
}

static gboolean
gst_nf_predict_base_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstNfPredictStream *stream = stream_of (GST_NF_PREDICT_BASE (trans));

  gst_nf_cancel_event (&stream->cancel, event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_TAG) {
    gst_nf_predict_stream_take_tags (stream, event);
    if (gst_nf_predict_stream_hold (stream, event)) {
      gst_event_unref (event);
      return TRUE;
    }
  } else if (GST_EVENT_IS_SERIALIZED (event)
      && GST_EVENT_TYPE (event) != GST_EVENT_FLUSH_STOP) {
    gst_nf_predict_stream_drain (stream);
  }
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      stream->clip_begins = TRUE;
      break;
    case GST_EVENT_SEGMENT:
      event = gst_nf_predict_stream_set_segment (stream, event);
      break;
    case GST_EVENT_EOS:
      gst_nf_predict_stream_end (stream);
      break;
    case GST_EVENT_FLUSH_STOP:
      gst_nf_predict_stream_flush (stream);
      break;
    default:
      break;
  }

  return GST_BASE_TRANSFORM_CLASS (gst_nf_predict_base_parent_class)
      ->sink_event (trans, event);
}

static gboolean
gst_nf_predict_base_src_event (GstBaseTransform *trans, GstEvent *event)
{
  GstNfPredictBase *self = GST_NF_PREDICT_BASE (trans);
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
    gst_nf_latency_qos_event (&stream_of (self)->latency, event);
    return gst_pad_push_event (trans->sinkpad, event);
  }

  return GST_BASE_TRANSFORM_CLASS (gst_nf_predict_base_parent_class)
      ->src_event (trans, event);
}

static GstFlowReturn
gst_nf_predict_base_submit_input_buffer (
    GstBaseTransform *trans, gboolean is_discont, GstBuffer *input)
{
  GstNfPredictBase *self = GST_NF_PREDICT_BASE (trans);
  GstFlowReturn flow =
      GST_BASE_TRANSFORM_CLASS (gst_nf_predict_base_parent_class)
          ->submit_input_buffer (trans, is_discont, input);

  input = g_steal_pointer (&trans->queued_buf);
  if (flow == GST_FLOW_OK && input != NULL)
    flow = gst_nf_predict_stream_submit (stream_of (self), input);
  gst_clear_buffer (&input);

  return flow;
}

static GstFlowReturn
gst_nf_predict_base_generate_output (
    GstBaseTransform *trans, GstBuffer **output)
{
  return gst_nf_predict_stream_generate (
      stream_of (GST_NF_PREDICT_BASE (trans)), output);
}
