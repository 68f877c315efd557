/* SPDX-License-Identifier: MIT
 *
 * gstnfcompare — base class of elements that score predicted frames by true ones
 *
 * Siblings: gstnfpairing.c (which frames are pairs), gstnfcomparepad.c */
#include "compare/gstnfcompare.h"

#include "compare/gstnfpairing.h"

#define PREDICTION GST_NF_COMPARE_PREDICTION
#define TRUTH GST_NF_COMPARE_TRUTH
#define N_INPUTS GST_NF_COMPARE_N_INPUTS

#define PRIVATE(self) gst_nf_compare_get_instance_private (self)

/* of the streaming thread, except while starting and stopping */
typedef struct
{
  GstNfComparePad *inputs[N_INPUTS];
  GstCaps *caps; /* (nullable): of the prediction */
  guint32 segment_seqnum; /* of the prediction's segment */
  gboolean segment_waits; /* until the base class pushes it with a frame */

  gchar *report; /* (nullable): settings, as when it began */
  gboolean strict;
  gboolean post_messages;
  GstClockTime interval;

  GstClockTime
      latest_message; /* running time of the latest pair with a message */
  gboolean in_clip; /* a pair of the clip that has not ended was scored */
  gchar *clip_id; /* (nullable): stream-id of that clip */
  guint64 frames, unmatched[N_INPUTS];
  gboolean reported;
} GstNfComparePrivate;

static const gchar *const pad_names[N_INPUTS] = { "prediction", "truth" };

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (
    GstNfCompare, gst_nf_compare, GST_TYPE_AGGREGATOR)

static void gst_nf_compare_constructed (GObject *object);
static void gst_nf_compare_finalize (GObject *object);
static gboolean gst_nf_compare_start (GstAggregator *aggregator);
static gboolean gst_nf_compare_stop (GstAggregator *aggregator);
static GstFlowReturn gst_nf_compare_flush (GstAggregator *aggregator);
static GstFlowReturn gst_nf_compare_update_src_caps (
    GstAggregator *aggregator, GstCaps *caps, GstCaps **result);
static gboolean gst_nf_compare_propose_allocation (GstAggregator *aggregator,
    GstAggregatorPad *pad, GstQuery *decided, GstQuery *query);
static gboolean gst_nf_compare_sink_query (
    GstAggregator *aggregator, GstAggregatorPad *pad, GstQuery *query);
static gboolean gst_nf_compare_src_query (
    GstAggregator *aggregator, GstQuery *query);
static GstFlowReturn gst_nf_compare_sink_event_pre_queue (
    GstAggregator *aggregator, GstAggregatorPad *pad, GstEvent *event);
static gboolean gst_nf_compare_sink_event (
    GstAggregator *aggregator, GstAggregatorPad *pad, GstEvent *event);
static GstFlowReturn gst_nf_compare_aggregate (
    GstAggregator *aggregator, gboolean timeout);

const GstNfProperty gst_nf_compare_properties[] = {
  {
      .name = "report",
      .nick = "Report",
      .blurb =
          "File that the scores are written to as JSON, at EOS or when stopped",
      .details = "See [below](#report). The file is replaced as a whole; its "
                 "folder must exist. NULL: no report.",
      GST_NF_STRING (NULL),
      GST_NF_FIELD (GstNfCompareSettings, report),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "strict",
      .nick = "Strict",
      .blurb = "Whether a frame without a partner is an error",
      GST_NF_BOOLEAN (FALSE),
      GST_NF_FIELD (GstNfCompareSettings, strict),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "post-messages",
      .nick = "Post messages",
      .blurb = "Whether scores are posted as messages",
      .details = "Switch them off where nobody reads the bus: they wait in its "
                 "memory.",
      GST_NF_BOOLEAN (TRUE),
      GST_NF_FIELD (GstNfCompareSettings, post_messages),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "interval",
      .nick = "Interval",
      .blurb = "Least running time from one message of scope `frame` to the "
               "next one of its clip, ns; 0: one for each pair",
      .details = "The first pair of each clip has one. Scores count all pairs.",
      GST_NF_UINT64 (0, G_MAXINT64, 0),
      GST_NF_FIELD (GstNfCompareSettings, interval),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  GST_NF_PROPERTIES_END,
};

static void
gst_nf_compare_class_init (GstNfCompareClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstAggregatorClass *aggregator_class = GST_AGGREGATOR_CLASS (klass);

  object_class->constructed = gst_nf_compare_constructed;
  object_class->finalize = gst_nf_compare_finalize;
  aggregator_class->start = GST_DEBUG_FUNCPTR (gst_nf_compare_start);
  aggregator_class->stop = GST_DEBUG_FUNCPTR (gst_nf_compare_stop);
  aggregator_class->flush = GST_DEBUG_FUNCPTR (gst_nf_compare_flush);
  aggregator_class->update_src_caps =
      GST_DEBUG_FUNCPTR (gst_nf_compare_update_src_caps);
  aggregator_class->propose_allocation =
      GST_DEBUG_FUNCPTR (gst_nf_compare_propose_allocation);
  aggregator_class->sink_query = GST_DEBUG_FUNCPTR (gst_nf_compare_sink_query);
  aggregator_class->src_query = GST_DEBUG_FUNCPTR (gst_nf_compare_src_query);
  aggregator_class->sink_event_pre_queue =
      GST_DEBUG_FUNCPTR (gst_nf_compare_sink_event_pre_queue);
  aggregator_class->sink_event = GST_DEBUG_FUNCPTR (gst_nf_compare_sink_event);
  aggregator_class->aggregate = GST_DEBUG_FUNCPTR (gst_nf_compare_aggregate);
}

void
gst_nf_compare_class_add_pads (GstNfCompareClass *klass, const gchar *caps)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  g_autoptr (GstCaps) frames = gst_caps_from_string (caps);

  for (guint i = 0; i < N_INPUTS; i++)
    gst_element_class_add_pad_template (element_class,
        gst_pad_template_new_with_gtype (pad_names[i], GST_PAD_SINK,
            GST_PAD_ALWAYS, frames, GST_TYPE_NF_COMPARE_PAD));
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new_with_gtype (
          "src", GST_PAD_SRC, GST_PAD_ALWAYS, frames, GST_TYPE_AGGREGATOR_PAD));
}

static void
gst_nf_compare_init (GstNfCompare *self)
{
}

/* the pads have the templates of the subclass, which is known now */
static void
gst_nf_compare_constructed (GObject *object)
{
  GstNfComparePrivate *priv = PRIVATE (GST_NF_COMPARE (object));
  GstElementClass *klass = GST_ELEMENT_GET_CLASS (object);

  for (guint i = 0; i < N_INPUTS; i++) {
    priv->inputs[i] = g_object_new (GST_TYPE_NF_COMPARE_PAD, "name",
        pad_names[i], "direction", GST_PAD_SINK, "template",
        gst_element_class_get_pad_template (klass, pad_names[i]), NULL);
    gst_element_add_pad (GST_ELEMENT (object), GST_PAD (priv->inputs[i]));
  }
  G_OBJECT_CLASS (gst_nf_compare_parent_class)->constructed (object);
}

static void
gst_nf_compare_finalize (GObject *object)
{
  GstNfComparePrivate *priv = PRIVATE (GST_NF_COMPARE (object));

  gst_clear_caps (&priv->caps);
  g_free (priv->report);
  g_free (priv->clip_id);

  G_OBJECT_CLASS (gst_nf_compare_parent_class)->finalize (object);
}

gboolean
gst_nf_compare_set_up (GstNfCompare *self, const GstNfCompareSettings *settings)
{
  GstNfComparePrivate *priv = PRIVATE (self);
  g_autofree gchar *folder = NULL;
  gboolean is_folder;

  g_free (priv->report);
  priv->report = g_strdup (settings->report);
  priv->strict = settings->strict;
  priv->post_messages = settings->post_messages;
  priv->interval = settings->interval;
  if (priv->report == NULL)
    return TRUE;
  folder = g_path_get_dirname (priv->report);
  is_folder = g_file_test (priv->report, G_FILE_TEST_IS_DIR);
  if (!is_folder && g_file_test (folder, G_FILE_TEST_IS_DIR))
    return TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, OPEN_WRITE,
      ("The report '%s' cannot be written: %s. Make the folder, or correct the "
       "property 'report'.",
          priv->report,
          is_folder ? "it is a folder" : "its folder does not exist"),
      (NULL));

  return FALSE;
}

gboolean
gst_nf_compare_posts_messages (GstNfCompare *self)
{
  return ((GstNfComparePrivate *) PRIVATE (self))->post_messages;
}

gboolean
gst_nf_compare_reports (GstNfCompare *self)
{
  return ((GstNfComparePrivate *) PRIVATE (self))->report != NULL;
}

static gboolean
gst_nf_compare_begin (GstNfCompare *self)
{
  GstNfComparePrivate *priv = PRIVATE (self);

  GST_NF_COMPARE_GET_CLASS (self)->forget (self);
  g_clear_pointer (&priv->clip_id, g_free);
  priv->in_clip = FALSE;
  priv->frames = 0;
  memset (priv->unmatched, 0, sizeof priv->unmatched);
  priv->reported = FALSE;
  if (!GST_NF_COMPARE_GET_CLASS (self)->begin (self)) {
    GST_NF_COMPARE_GET_CLASS (self)->forget (self);
    return FALSE;
  }
  GST_NF_COMPARE_GET_CLASS (self)->publish (self);

  return TRUE;
}

static void
gst_nf_compare_end_clip (GstNfCompare *self)
{
  GstNfComparePrivate *priv = PRIVATE (self);

  if (priv->in_clip)
    GST_NF_COMPARE_GET_CLASS (self)->end_clip (self, priv->clip_id);
  g_clear_pointer (&priv->clip_id, g_free);
  priv->in_clip = FALSE;
}

static void
gst_nf_compare_write_report (GstNfCompare *self, gboolean complete)
{
  GstNfComparePrivate *priv = PRIVATE (self);
  g_autoptr (GError) error = NULL;

  priv->reported = TRUE;
  if (priv->report == NULL)
    return;
  if (!GST_NF_COMPARE_GET_CLASS (self)->write_report (
          self, priv->report, complete, &error))
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("%s.", error->message),
        ("report '%s'", priv->report));
}

static gboolean
gst_nf_compare_start (GstAggregator *aggregator)
{
  GstNfCompare *self = GST_NF_COMPARE (aggregator);
  GstNfComparePrivate *priv = PRIVATE (self);

  for (guint i = 0; i < N_INPUTS; i++)
    gst_nf_compare_pad_reset (priv->inputs[i]);
  priv->segment_waits = FALSE;

  return gst_nf_compare_begin (self);
}

/* reports what was gathered, unless that was done already */
static gboolean
gst_nf_compare_stop (GstAggregator *aggregator)
{
  GstNfCompare *self = GST_NF_COMPARE (aggregator);
  GstNfComparePrivate *priv = PRIVATE (self);

  if (!priv->reported
      && priv->frames + priv->unmatched[PREDICTION] + priv->unmatched[TRUTH]
          > 0) {
    gst_nf_compare_end_clip (self);
    gst_nf_compare_write_report (self, FALSE);
  }
  GST_NF_COMPARE_GET_CLASS (self)->forget (self);
  gst_clear_caps (&priv->caps);

  return TRUE;
}

static GstFlowReturn
gst_nf_compare_flush (GstAggregator *aggregator)
{
  return gst_nf_compare_begin (GST_NF_COMPARE (aggregator)) ? GST_FLOW_OK
                                                            : GST_FLOW_ERROR;
}

static GstFlowReturn
gst_nf_compare_update_src_caps (
    GstAggregator *aggregator, GstCaps *caps, GstCaps **result)
{
  GstNfComparePrivate *priv = PRIVATE (GST_NF_COMPARE (aggregator));

  if (priv->caps == NULL)
    return GST_AGGREGATOR_FLOW_NEED_DATA;
  if (!gst_caps_can_intersect (priv->caps, caps))
    return GST_FLOW_NOT_NEGOTIATED;
  *result = gst_caps_ref (priv->caps);

  return GST_FLOW_OK;
}

/* predictions go on as they are, so downstream decides how they may lie in
 * memory; truths end here */
static gboolean
gst_nf_compare_propose_allocation (GstAggregator *aggregator,
    GstAggregatorPad *pad, GstQuery *decided, GstQuery *query)
{
  GstNfComparePrivate *priv = PRIVATE (GST_NF_COMPARE (aggregator));

  if (pad == GST_AGGREGATOR_PAD (priv->inputs[PREDICTION]))
    return gst_pad_peer_query (aggregator->srcpad, query);
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);

  return TRUE;
}

static gboolean
gst_nf_compare_sink_query (
    GstAggregator *aggregator, GstAggregatorPad *pad, GstQuery *query)
{
  GstNfComparePrivate *priv = PRIVATE (GST_NF_COMPARE (aggregator));

  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS
      || pad != GST_AGGREGATOR_PAD (priv->inputs[PREDICTION]))
    return GST_AGGREGATOR_CLASS (gst_nf_compare_parent_class)
        ->sink_query (aggregator, pad, query);
  gst_nf_compare_answer_caps (GST_PAD (pad), aggregator->srcpad, query);

  return TRUE;
}

static gboolean
gst_nf_compare_src_query (GstAggregator *aggregator, GstQuery *query)
{
  GstNfComparePrivate *priv = PRIVATE (GST_NF_COMPARE (aggregator));

  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS)
    return GST_AGGREGATOR_CLASS (gst_nf_compare_parent_class)
        ->src_query (aggregator, query);
  gst_nf_compare_answer_caps (
      aggregator->srcpad, GST_PAD (priv->inputs[PREDICTION]), query);

  return TRUE;
}

/* without its partner a pad waits for ever: say so */
static GstFlowReturn
gst_nf_compare_sink_event_pre_queue (
    GstAggregator *aggregator, GstAggregatorPad *pad, GstEvent *event)
{
  GstNfComparePrivate *priv = PRIVATE (GST_NF_COMPARE (aggregator));
  gboolean is_truth = pad == GST_AGGREGATOR_PAD (priv->inputs[TRUTH]);
  GstPad *other = GST_PAD (priv->inputs[is_truth ? PREDICTION : TRUTH]);

  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT && !gst_pad_is_linked (other))
    GST_ELEMENT_WARNING (aggregator, CORE, PAD,
        ("The pad '%s' is not linked: nothing can be scored until it is.",
            GST_PAD_NAME (other)),
        (NULL));

  return GST_AGGREGATOR_CLASS (gst_nf_compare_parent_class)
      ->sink_event_pre_queue (aggregator, pad, event);
}

/* frames, their caps and segment go on as the prediction brings them */
static void
gst_nf_compare_follow_prediction (GstNfCompare *self, GstEvent *event)
{
  GstNfComparePrivate *priv = PRIVATE (self);
  GstAggregator *aggregator = GST_AGGREGATOR (self);
  GstSegment segment;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      gst_caps_replace (&priv->caps, caps);
      gst_pad_mark_reconfigure (aggregator->srcpad);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment (event, &segment);
      if (segment.format != GST_FORMAT_TIME)
        gst_segment_init (&segment, GST_FORMAT_TIME);
      gst_aggregator_update_segment (aggregator, &segment);
      priv->segment_seqnum = gst_event_get_seqnum (event);
      priv->segment_waits = TRUE;
      break;
    default:
      break;
  }
}

static gboolean
gst_nf_compare_sink_event (
    GstAggregator *aggregator, GstAggregatorPad *pad, GstEvent *event)
{
  GstNfCompare *self = GST_NF_COMPARE (aggregator);
  GstNfComparePrivate *priv = PRIVATE (self);

  gst_nf_compare_pad_note_event (GST_NF_COMPARE_PAD (pad), event);
  if (pad == GST_AGGREGATOR_PAD (priv->inputs[PREDICTION]))
    gst_nf_compare_follow_prediction (self, event);

  return GST_AGGREGATOR_CLASS (gst_nf_compare_parent_class)
      ->sink_event (aggregator, pad, event);
}

/* (transfer full): the frame in front; a clip may begin with it */
static GstBuffer *
gst_nf_compare_pop (GstNfCompare *self, guint which)
{
  GstNfComparePrivate *priv = PRIVATE (self);
  gboolean begins_clip;
  GstBuffer *buffer =
      gst_nf_compare_pad_pop (priv->inputs[which], &begins_clip);

  if (begins_clip)
    gst_nf_compare_end_clip (self);

  return buffer;
}

static GstFlowReturn
gst_nf_compare_push (GstNfCompare *self, GstBuffer *buffer)
{
  GstNfComparePrivate *priv = PRIVATE (self);
  GstAggregator *aggregator = GST_AGGREGATOR (self);
  GstAggregatorPad *src = GST_AGGREGATOR_PAD (aggregator->srcpad);

  GST_OBJECT_LOCK (src);
  src->segment.position = GST_BUFFER_PTS (buffer);
  GST_OBJECT_UNLOCK (src);
  priv->segment_waits = FALSE;

  return gst_aggregator_finish_buffer (aggregator, buffer);
}

/* the base class pushes segments with frames alone */
static void
gst_nf_compare_push_segment (GstNfCompare *self)
{
  GstNfComparePrivate *priv = PRIVATE (self);
  GstAggregator *aggregator = GST_AGGREGATOR (self);
  GstAggregatorPad *src = GST_AGGREGATOR_PAD (aggregator->srcpad);
  GstSegment segment;
  GstEvent *event;

  if (!priv->segment_waits)
    return;
  GST_OBJECT_LOCK (src);
  segment = src->segment;
  GST_OBJECT_UNLOCK (src);
  event = gst_event_new_segment (&segment);
  gst_event_set_seqnum (event, priv->segment_seqnum);
  gst_pad_push_event (aggregator->srcpad, event);
  priv->segment_waits = FALSE;
}

/* a time without frames: of the prediction it goes downstream */
static GstFlowReturn
gst_nf_compare_skip_gap (GstNfCompare *self, guint which)
{
  GstNfComparePrivate *priv = PRIVATE (self);
  GstAggregator *aggregator = GST_AGGREGATOR (self);
  GstBuffer *buffer = gst_nf_compare_pop (self, which);

  if (which == PREDICTION && priv->caps != NULL) {
    gst_aggregator_set_src_caps (aggregator, priv->caps);
    gst_nf_compare_push_segment (self);
    gst_pad_push_event (aggregator->srcpad,
        gst_event_new_gap (
            GST_BUFFER_PTS (buffer), GST_BUFFER_DURATION (buffer)));
  }
  gst_buffer_unref (buffer);

  return GST_FLOW_OK;
}

static GstFlowReturn
gst_nf_compare_unmatched (
    GstNfCompare *self, guint which, const GstNfCandidate *candidate)
{
  GstNfComparePrivate *priv = PRIVATE (self);
  GstNfComparePad *pad = priv->inputs[which];
  GstBuffer *buffer;

  GST_DEBUG_OBJECT (pad, "no partner at %" GST_STIME_FORMAT,
      GST_STIME_ARGS (candidate->time));
  if (priv->strict) {
    GST_ELEMENT_ERROR (self, STREAM, FAILED,
        ("The %s at running time %.3f s has no %s within half a frame. Check "
         "the framerates, or set strict=false.",
            GST_PAD_NAME (pad), candidate->time / 1e9,
            GST_PAD_NAME (priv->inputs[!which])),
        (NULL));
    return GST_FLOW_ERROR;
  }
  buffer = gst_nf_compare_pop (self, which);
  priv->unmatched[which]++;
  GST_NF_COMPARE_GET_CLASS (self)->unmatched (self, which == TRUTH);
  GST_NF_COMPARE_GET_CLASS (self)->publish (self);
  if (which == PREDICTION)
    return gst_nf_compare_push (self, buffer);
  gst_buffer_unref (buffer);

  return GST_FLOW_OK;
}

static gboolean
gst_nf_compare_check_sizes (GstNfCompare *self)
{
  GstNfComparePrivate *priv = PRIVATE (self);
  const GstVideoInfo *prediction = &priv->inputs[PREDICTION]->info;
  const GstVideoInfo *truth = &priv->inputs[TRUTH]->info;

  if (prediction->width == truth->width && prediction->height == truth->height)
    return TRUE;
  GST_ELEMENT_ERROR (self, STREAM, FORMAT,
      ("The predictions are %dx%d, the truths %dx%d: frames of one size are "
       "needed. Put videoscale and a caps filter before one of the pads; for "
       "masks with method=nearest-neighbour.",
          prediction->width, prediction->height, truth->width, truth->height),
      (NULL));

  return FALSE;
}

/* @prediction, @truth: (transfer none) */
static gboolean
gst_nf_compare_score (GstNfCompare *self, GstBuffer *prediction,
    GstBuffer *truth, GstClockTime running_time)
{
  GstNfComparePrivate *priv = PRIVATE (self);
  const GstNfComparePad *pads[N_INPUTS] = { priv->inputs[PREDICTION],
    priv->inputs[TRUTH] };
  GstSegment segment;
  GstNfComparePair pair = {
    .prediction = prediction,
    .truth = truth,
    .prediction_info = &pads[PREDICTION]->info,
    .truth_info = &pads[TRUTH]->info,
    .running_time = running_time,
    .begins_clip = !priv->in_clip,
    .title = pads[PREDICTION]->title != NULL ? pads[PREDICTION]->title
                                             : pads[TRUTH]->title,
  };

  if (!gst_nf_compare_check_sizes (self))
    return FALSE;
  gst_nf_compare_pad_segment (pads[PREDICTION], &segment);
  pair.stream_time = gst_segment_to_stream_time (
      &segment, GST_FORMAT_TIME, GST_BUFFER_PTS (prediction));
  if (!priv->in_clip)
    priv->clip_id = g_strdup (pads[PREDICTION]->stream_id);
  priv->in_clip = TRUE;
  if (!GST_NF_COMPARE_GET_CLASS (self)->score (self, &pair))
    return FALSE;
  priv->frames++;
  /* first what it has changed: who hears of the pair may look at it */
  GST_NF_COMPARE_GET_CLASS (self)->publish (self);
  if (priv->post_messages
      && (pair.begins_clip
          || running_time - priv->latest_message >= priv->interval)) {
    priv->latest_message = running_time;
    GST_NF_COMPARE_GET_CLASS (self)->post (self, &pair);
  }

  return TRUE;
}

static GstFlowReturn
gst_nf_compare_matched (GstNfCompare *self, const GstNfCandidate *prediction)
{
  GstBuffer *buffers[N_INPUTS];
  gboolean ok;

  gst_aggregator_selected_samples (GST_AGGREGATOR (self),
      GST_BUFFER_PTS (prediction->buffer), GST_CLOCK_TIME_NONE,
      prediction->duration, NULL);
  for (guint i = 0; i < N_INPUTS; i++)
    buffers[i] = gst_nf_compare_pop (self, i);
  ok = gst_nf_compare_score (
      self, buffers[PREDICTION], buffers[TRUTH], MAX (prediction->time, 0));
  gst_buffer_unref (buffers[TRUTH]);
  if (!ok) {
    gst_buffer_unref (buffers[PREDICTION]);
    return GST_FLOW_ERROR;
  }

  return gst_nf_compare_push (self, buffers[PREDICTION]);
}

/* all frames came */
static GstFlowReturn
gst_nf_compare_finish (GstNfCompare *self)
{
  GstNfComparePrivate *priv = PRIVATE (self);

  gst_nf_compare_end_clip (self);
  if (priv->frames == 0)
    GST_ELEMENT_WARNING (self, STREAM, FAILED,
        ("Nothing was scored: of %" G_GUINT64_FORMAT
         " predictions and %" G_GUINT64_FORMAT
         " truths no two have the same time. Check the framerates.",
            priv->unmatched[PREDICTION], priv->unmatched[TRUTH]),
        (NULL));
  gst_nf_compare_write_report (self, TRUE);
  GST_NF_COMPARE_GET_CLASS (self)->publish (self);

  return GST_NF_COMPARE_GET_CLASS (self)->finish (self) ? GST_FLOW_EOS
                                                        : GST_FLOW_ERROR;
}

static GstFlowReturn
gst_nf_compare_aggregate (GstAggregator *aggregator, gboolean timeout)
{
  GstNfCompare *self = GST_NF_COMPARE (aggregator);
  GstNfComparePrivate *priv = PRIVATE (self);
  g_auto (GstNfPairing) pairing = { 0 };
  const GstNfCandidate *front;

  gst_nf_pairing_find (&pairing, priv->inputs);
  front = &pairing.fronts[pairing.which];
  switch (pairing.step) {
    case GST_NF_PAIRING_UNTIMED:
      GST_ELEMENT_ERROR (self, STREAM, FORMAT,
          ("A frame on the pad '%s' has no time: frames are paired by their "
           "timestamps. Give the source a framerate.",
              GST_PAD_NAME (priv->inputs[pairing.which])),
          ("%" GST_PTR_FORMAT, front->buffer));
      return GST_FLOW_ERROR;
    case GST_NF_PAIRING_GAP:
      return gst_nf_compare_skip_gap (self, pairing.which);
    case GST_NF_PAIRING_PAIR:
      return gst_nf_compare_matched (self, front);
    case GST_NF_PAIRING_UNPAIRED:
      return gst_nf_compare_unmatched (self, pairing.which, front);
    case GST_NF_PAIRING_END:
      return gst_nf_compare_finish (self);
    default:
      return GST_AGGREGATOR_FLOW_NEED_DATA;
  }
}
