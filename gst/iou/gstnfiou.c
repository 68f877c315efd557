/* SPDX-License-Identifier: MIT
 *
 * gstnfiou — nfiou: two mask streams in, scores out
 *
 * Siblings: gstnfioupairing.c (which masks are pairs), gstnfioueval.c (their
 * scores), gstnfioumessage.c */

/**
 * SECTION:element-nfiou
 * @title: nfiou
 * @short_description: Scores predicted masks against true ones
 * @see_also: nfsegment, nfextrapolate, nfnpydec
 *
 * Compares class masks (GRAY8, a class id in each pixel) that come to the pads
 * `prediction` and `truth`, and hands the predictions on unchanged. Two masks
 * are a pair when their running times differ by half a frame's duration at
 * most; masks without a partner are counted, or an error with
 * #GstNfIou:strict. Ids of #GstNfIou:classes and more count as background (0).
 *
 * All pixels of all pairs go into one confusion matrix. A class's score is
 * TP / (TP + FP + FN); the Jaccard index is the mean over the classes that
 * occur in the prediction or in the truth. It is told for every frame, every
 * clip and pooled over everything. A clip begins where the stream-start, a new
 * segment or a DISCONT buffer of either pad says so. A flush forgets all.
 *
 * The pads wait for each other. When one thread feeds both (a tee, a source
 * with two pads), put a queue before each of them that holds as many frames as
 * the prediction lags behind.
 *
 * ## Messages
 *
 * With #GstNfIou:post-messages element messages named `nf-iou` are posted; scores are doubles, 0 to 1, or
 * NaN when there was nothing to score; times are guint64 nanoseconds.
 *
 * * `scope` (string): `frame` after each pair, `clip` when a clip has ended,
 *   `total` at EOS
 * * `jaccard`, `dice`, `pixel-accuracy` (double): of that frame, that clip, or
 *   pooled over everything
 * * `class-iou` (GValueArray of double): of each class; NaN where it occurs
 *   in neither mask
 * * `clip` (uint): number of the clip, from 0; scopes `frame` and `clip`
 * * `name` (string): of the clip, as the title in the tags of the prediction or
 *   else of the truth says it; may be NULL; scopes `frame` and `clip`
 *
 * Of scope `frame`:
 *
 * * `running-time`, `stream-time`, `timestamp`, `duration` (guint64): of the
 *   predicted frame
 *
 * Of scope `clip`:
 *
 * * `stream-id` (string): of the prediction's stream-start, may be NULL
 * * `frames` (guint64): pairs scored
 * * `start-time`, `end-time` (guint64): running times of the first and the
 *   last of them
 *
 * Of scope `total`, and in #GstNfIou:stats (there without `class-iou`):
 *
 * * `frames` (guint64): pairs scored
 * * `clips` (uint): clips with at least one pair
 * * `mean-clip-jaccard` (double): mean of the clips' Jaccard indices
 * * `unmatched-prediction`, `unmatched-truth` (guint64): masks that found no
 *   partner
 *
 * ## Example
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=22 pattern=ball ! video/x-raw,format=GRAY8,width=240,height=160,framerate=25/1 ! nfnpyenc ! filesink location=truth.npy
 * gst-launch-1.0 -m filesrc location=truth.npy ! nfnpydec ! nfiou name=score report=score.json ! fakesink filesrc location=truth.npy ! nfnpydec ! score.truth
 * ]| Writes a file of masks and scores it against itself: 1.
 *
 * Since: 0.1
 */
#include "iou/gstnfiou.h"

#include "common/gstnfproperties.h"
#include "gstnfelements.h"
#include "iou/gstnfioueval.h"
#include "iou/gstnfioumessage.h"
#include "iou/gstnfioupairing.h"

#include <nextframe/metrics/nfclasses.h>
#include <nextframe/metrics/nfconfusion.h>

#include <math.h>

GST_DEBUG_CATEGORY_STATIC (gst_nf_iou_debug);
#define GST_CAT_DEFAULT gst_nf_iou_debug

#define MASK_CAPS GST_VIDEO_CAPS_MAKE ("GRAY8")

#define PREDICTION GST_NF_IOU_PREDICTION
#define TRUTH GST_NF_IOU_TRUTH
#define N_INPUTS GST_NF_IOU_N_INPUTS

typedef struct
{
  guint classes;
  gchar *report;
  gboolean strict;
  gboolean post_messages;
} Settings;

struct _GstNfIou
{
  GstAggregator parent;

  /* object lock */
  Settings settings;
  NfScores scores;

  /* streaming thread */
  GstNfIouPad *inputs[N_INPUTS];
  GstCaps *caps; /* (nullable): of the prediction */
  guint32 segment_seqnum; /* of the prediction's segment */
  gboolean segment_waits; /* until the base class pushes it with a frame */
  GstNfIouEval eval;
};

static GParamSpec *jaccard_property, *stats_property;

static GstStaticPadTemplate prediction_template = GST_STATIC_PAD_TEMPLATE (
    "prediction", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (MASK_CAPS));

static GstStaticPadTemplate truth_template = GST_STATIC_PAD_TEMPLATE (
    "truth", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (MASK_CAPS));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (MASK_CAPS));

G_DEFINE_TYPE (GstNfIou, gst_nf_iou, GST_TYPE_AGGREGATOR)

static void gst_nf_iou_finalize (GObject *object);
static gboolean gst_nf_iou_start (GstAggregator *aggregator);
static gboolean gst_nf_iou_stop (GstAggregator *aggregator);
static GstFlowReturn gst_nf_iou_flush (GstAggregator *aggregator);
static GstFlowReturn gst_nf_iou_update_src_caps (
    GstAggregator *aggregator, GstCaps *caps, GstCaps **result);
static gboolean gst_nf_iou_propose_allocation (GstAggregator *aggregator,
    GstAggregatorPad *pad, GstQuery *decided, GstQuery *query);
static gboolean gst_nf_iou_sink_query (
    GstAggregator *aggregator, GstAggregatorPad *pad, GstQuery *query);
static gboolean gst_nf_iou_src_query (
    GstAggregator *aggregator, GstQuery *query);
static GstFlowReturn gst_nf_iou_sink_event_pre_queue (
    GstAggregator *aggregator, GstAggregatorPad *pad, GstEvent *event);
static gboolean gst_nf_iou_sink_event (
    GstAggregator *aggregator, GstAggregatorPad *pad, GstEvent *event);
static GstFlowReturn gst_nf_iou_aggregate (
    GstAggregator *aggregator, gboolean timeout);

static void
gst_nf_iou_get_jaccard (GObject *object, GValue *value)
{
  g_value_set_double (value, GST_NF_IOU (object)->scores.jaccard);
}

static void
gst_nf_iou_get_stats (GObject *object, GValue *value)
{
  g_value_take_boxed (
      value, gst_nf_iou_scores_structure (&GST_NF_IOU (object)->scores));
}

static const GstNfProperty properties[] = {
  {
      .name = "classes",
      .nick = "Classes",
      .blurb =
          "Number of classes, background included; larger ids are background",
      GST_NF_UINT (
          NF_CONFUSION_MIN_CLASSES, NF_CONFUSION_MAX_CLASSES, NF_N_CLASSES),
      GST_NF_FIELD (Settings, classes),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "report",
      .nick = "Report",
      .blurb =
          "File that the scores are written to as JSON, at EOS or when stopped",
      .details = "See [below](#report). The file is replaced as a whole; its "
                 "folder must exist. NULL: no report.",
      GST_NF_STRING (NULL),
      GST_NF_FIELD (Settings, report),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "strict",
      .nick = "Strict",
      .blurb = "Whether a mask without a partner is an error",
      GST_NF_BOOLEAN (FALSE),
      GST_NF_FIELD (Settings, strict),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "post-messages",
      .nick = "Post messages",
      .blurb = "Whether scores are posted as messages",
      .details = "Switch them off where nobody reads the bus: they wait in its "
                 "memory.",
      GST_NF_BOOLEAN (TRUE),
      GST_NF_FIELD (Settings, post_messages),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "jaccard",
      .nick = "Jaccard index",
      .blurb = "Pooled Jaccard index of all pairs so far, NaN before the first",
      .details = "Notified after each pair, from the streaming thread.",
      GST_NF_DOUBLE (0, 1, 0),
      .get = gst_nf_iou_get_jaccard,
  },
  {
      .name = "stats",
      .nick = "Statistics",
      .blurb = "All scores so far",
      .details = "Its fields are those of the [message](#messages) of scope "
                 "`total`, without `class-iou`. Notified as `jaccard` is.",
      GST_NF_STRUCTURE,
      .get = gst_nf_iou_get_stats,
  },
  GST_NF_PROPERTIES_END,
};

static void
gst_nf_iou_class_init (GstNfIouClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstAggregatorClass *aggregator_class = GST_AGGREGATOR_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gst_nf_iou_debug, "nfiou", 0, "scores of predicted masks");

  object_class->finalize = gst_nf_iou_finalize;
  gst_nf_properties_install (
      object_class, properties, G_STRUCT_OFFSET (GstNfIou, settings));
  jaccard_property = g_object_class_find_property (object_class, "jaccard");
  stats_property = g_object_class_find_property (object_class, "stats");

  aggregator_class->start = GST_DEBUG_FUNCPTR (gst_nf_iou_start);
  aggregator_class->stop = GST_DEBUG_FUNCPTR (gst_nf_iou_stop);
  aggregator_class->flush = GST_DEBUG_FUNCPTR (gst_nf_iou_flush);
  aggregator_class->update_src_caps =
      GST_DEBUG_FUNCPTR (gst_nf_iou_update_src_caps);
  aggregator_class->propose_allocation =
      GST_DEBUG_FUNCPTR (gst_nf_iou_propose_allocation);
  aggregator_class->sink_query = GST_DEBUG_FUNCPTR (gst_nf_iou_sink_query);
  aggregator_class->src_query = GST_DEBUG_FUNCPTR (gst_nf_iou_src_query);
  aggregator_class->sink_event_pre_queue =
      GST_DEBUG_FUNCPTR (gst_nf_iou_sink_event_pre_queue);
  aggregator_class->sink_event = GST_DEBUG_FUNCPTR (gst_nf_iou_sink_event);
  aggregator_class->aggregate = GST_DEBUG_FUNCPTR (gst_nf_iou_aggregate);

  gst_element_class_add_static_pad_template_with_gtype (
      element_class, &prediction_template, GST_TYPE_NF_IOU_PAD);
  gst_element_class_add_static_pad_template_with_gtype (
      element_class, &truth_template, GST_TYPE_NF_IOU_PAD);
  gst_element_class_add_static_pad_template_with_gtype (
      element_class, &src_template, GST_TYPE_AGGREGATOR_PAD);
  gst_element_class_set_static_metadata (element_class, "Mask evaluator",
      "Filter/Analyzer/Video",
      "Scores predicted class masks against true ones (Jaccard index)",
      GST_NF_AUTHOR);
}

static void
gst_nf_iou_init (GstNfIou *self)
{
  GstStaticPadTemplate *templates[N_INPUTS] = { &prediction_template,
    &truth_template };

  for (guint i = 0; i < N_INPUTS; i++) {
    g_autoptr (GstPadTemplate) pad_template =
        gst_static_pad_template_get (templates[i]);

    self->inputs[i] =
        g_object_new (GST_TYPE_NF_IOU_PAD, "name", templates[i]->name_template,
            "direction", GST_PAD_SINK, "template", pad_template, NULL);
    gst_element_add_pad (GST_ELEMENT (self), GST_PAD (self->inputs[i]));
  }
  gst_nf_properties_init (properties, &self->settings);
  self->scores.jaccard = self->scores.dice = NAN;
  self->scores.pixel_accuracy = self->scores.mean_clip_jaccard = NAN;
}

static void
gst_nf_iou_finalize (GObject *object)
{
  GstNfIou *self = GST_NF_IOU (object);

  gst_nf_iou_eval_clear (&self->eval);
  gst_clear_caps (&self->caps);
  gst_nf_properties_clear (properties, &self->settings);

  G_OBJECT_CLASS (gst_nf_iou_parent_class)->finalize (object);
}

/* the properties show what was scored until now */
static void
gst_nf_iou_publish (GstNfIou *self)
{
  NfScores scores = nf_scoreboard_get_scores (self->eval.board);

  GST_OBJECT_LOCK (self);
  self->scores = scores;
  GST_OBJECT_UNLOCK (self);
  g_object_notify_by_pspec (G_OBJECT (self), jaccard_property);
  g_object_notify_by_pspec (G_OBJECT (self), stats_property);
}

static gboolean
gst_nf_iou_begin (GstNfIou *self)
{
  Settings settings;
  gboolean ok;

  gst_nf_properties_copy (
      properties, self, &self->settings, &settings, sizeof settings);
  ok = gst_nf_iou_eval_begin (&self->eval, GST_ELEMENT (self), settings.classes,
      settings.report, settings.post_messages);
  gst_nf_properties_clear (properties, &settings);
  if (!ok)
    return FALSE;
  gst_nf_iou_publish (self);

  return TRUE;
}

static gboolean
gst_nf_iou_start (GstAggregator *aggregator)
{
  GstNfIou *self = GST_NF_IOU (aggregator);

  for (guint i = 0; i < N_INPUTS; i++)
    gst_nf_iou_pad_reset (self->inputs[i]);
  self->segment_waits = FALSE;

  return gst_nf_iou_begin (self);
}

static gboolean
gst_nf_iou_stop (GstAggregator *aggregator)
{
  GstNfIou *self = GST_NF_IOU (aggregator);

  gst_nf_iou_eval_stop (&self->eval);
  gst_nf_iou_eval_clear (&self->eval);
  gst_clear_caps (&self->caps);

  return TRUE;
}

static GstFlowReturn
gst_nf_iou_flush (GstAggregator *aggregator)
{
  return gst_nf_iou_begin (GST_NF_IOU (aggregator)) ? GST_FLOW_OK
                                                    : GST_FLOW_ERROR;
}

static GstFlowReturn
gst_nf_iou_update_src_caps (
    GstAggregator *aggregator, GstCaps *caps, GstCaps **result)
{
  GstNfIou *self = GST_NF_IOU (aggregator);

  if (self->caps == NULL)
    return GST_AGGREGATOR_FLOW_NEED_DATA;
  if (!gst_caps_can_intersect (self->caps, caps))
    return GST_FLOW_NOT_NEGOTIATED;
  *result = gst_caps_ref (self->caps);

  return GST_FLOW_OK;
}

/* predictions go on as they are, so downstream decides how they may lie in
 * memory; truths end here */
static gboolean
gst_nf_iou_propose_allocation (GstAggregator *aggregator, GstAggregatorPad *pad,
    GstQuery *decided, GstQuery *query)
{
  GstNfIou *self = GST_NF_IOU (aggregator);

  if (pad == GST_AGGREGATOR_PAD (self->inputs[PREDICTION]))
    return gst_pad_peer_query (aggregator->srcpad, query);
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);

  return TRUE;
}

static gboolean
gst_nf_iou_sink_query (
    GstAggregator *aggregator, GstAggregatorPad *pad, GstQuery *query)
{
  GstNfIou *self = GST_NF_IOU (aggregator);

  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS
      || pad != GST_AGGREGATOR_PAD (self->inputs[PREDICTION]))
    return GST_AGGREGATOR_CLASS (gst_nf_iou_parent_class)
        ->sink_query (aggregator, pad, query);
  gst_nf_iou_answer_caps (GST_PAD (pad), aggregator->srcpad, query);

  return TRUE;
}

static gboolean
gst_nf_iou_src_query (GstAggregator *aggregator, GstQuery *query)
{
  GstNfIou *self = GST_NF_IOU (aggregator);

  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS)
    return GST_AGGREGATOR_CLASS (gst_nf_iou_parent_class)
        ->src_query (aggregator, query);
  gst_nf_iou_answer_caps (
      aggregator->srcpad, GST_PAD (self->inputs[PREDICTION]), query);

  return TRUE;
}

/* without its partner a pad waits for ever: say so */
static GstFlowReturn
gst_nf_iou_sink_event_pre_queue (
    GstAggregator *aggregator, GstAggregatorPad *pad, GstEvent *event)
{
  GstNfIou *self = GST_NF_IOU (aggregator);
  gboolean is_truth = pad == GST_AGGREGATOR_PAD (self->inputs[TRUTH]);
  GstPad *other = GST_PAD (self->inputs[is_truth ? PREDICTION : TRUTH]);

  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT && !gst_pad_is_linked (other))
    GST_ELEMENT_WARNING (self, CORE, PAD,
        ("The pad '%s' is not linked: nothing can be scored until it is.",
            GST_PAD_NAME (other)),
        (NULL));

  return GST_AGGREGATOR_CLASS (gst_nf_iou_parent_class)
      ->sink_event_pre_queue (aggregator, pad, event);
}

/* frames, their caps and segment go on as the prediction brings them */
static void
gst_nf_iou_follow_prediction (GstNfIou *self, GstEvent *event)
{
  GstAggregator *aggregator = GST_AGGREGATOR (self);
  GstSegment segment;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      gst_caps_replace (&self->caps, caps);
      gst_pad_mark_reconfigure (aggregator->srcpad);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment (event, &segment);
      if (segment.format != GST_FORMAT_TIME)
        gst_segment_init (&segment, GST_FORMAT_TIME);
      gst_aggregator_update_segment (aggregator, &segment);
      self->segment_seqnum = gst_event_get_seqnum (event);
      self->segment_waits = TRUE;
      break;
    default:
      break;
  }
}

static gboolean
gst_nf_iou_sink_event (
    GstAggregator *aggregator, GstAggregatorPad *pad, GstEvent *event)
{
  GstNfIou *self = GST_NF_IOU (aggregator);

  gst_nf_iou_pad_note_event (GST_NF_IOU_PAD (pad), event);
  if (pad == GST_AGGREGATOR_PAD (self->inputs[PREDICTION]))
    gst_nf_iou_follow_prediction (self, event);

  return GST_AGGREGATOR_CLASS (gst_nf_iou_parent_class)
      ->sink_event (aggregator, pad, event);
}

/* (transfer full): the frame in front; a clip may begin with it */
static GstBuffer *
gst_nf_iou_pop (GstNfIou *self, guint which)
{
  gboolean begins_clip;
  GstBuffer *buffer = gst_nf_iou_pad_pop (self->inputs[which], &begins_clip);

  if (begins_clip)
    gst_nf_iou_eval_end_clip (&self->eval);

  return buffer;
}

static GstFlowReturn
gst_nf_iou_push (GstNfIou *self, GstBuffer *buffer)
{
  GstAggregator *aggregator = GST_AGGREGATOR (self);
  GstAggregatorPad *src = GST_AGGREGATOR_PAD (aggregator->srcpad);

  GST_OBJECT_LOCK (src);
  src->segment.position = GST_BUFFER_PTS (buffer);
  GST_OBJECT_UNLOCK (src);
  self->segment_waits = FALSE;

  return gst_aggregator_finish_buffer (aggregator, buffer);
}

/* the base class pushes segments with frames alone */
static void
gst_nf_iou_push_segment (GstNfIou *self)
{
  GstAggregator *aggregator = GST_AGGREGATOR (self);
  GstAggregatorPad *src = GST_AGGREGATOR_PAD (aggregator->srcpad);
  GstSegment segment;
  GstEvent *event;

  if (!self->segment_waits)
    return;
  GST_OBJECT_LOCK (src);
  segment = src->segment;
  GST_OBJECT_UNLOCK (src);
  event = gst_event_new_segment (&segment);
  gst_event_set_seqnum (event, self->segment_seqnum);
  gst_pad_push_event (aggregator->srcpad, event);
  self->segment_waits = FALSE;
}

/* a time without frames: of the prediction it is told downstream */
static GstFlowReturn
gst_nf_iou_skip_gap (GstNfIou *self, guint which)
{
  GstAggregator *aggregator = GST_AGGREGATOR (self);
  GstBuffer *buffer = gst_nf_iou_pop (self, which);

  if (which == PREDICTION && self->caps != NULL) {
    gst_aggregator_set_src_caps (aggregator, self->caps);
    gst_nf_iou_push_segment (self);
    gst_pad_push_event (aggregator->srcpad,
        gst_event_new_gap (
            GST_BUFFER_PTS (buffer), GST_BUFFER_DURATION (buffer)));
  }
  gst_buffer_unref (buffer);

  return GST_FLOW_OK;
}

static GstFlowReturn
gst_nf_iou_unmatched (
    GstNfIou *self, guint which, const GstNfIouCandidate *candidate)
{
  GstNfIouPad *pad = self->inputs[which];
  GstBuffer *buffer;
  gboolean strict;

  GST_OBJECT_LOCK (self);
  strict = self->settings.strict;
  GST_OBJECT_UNLOCK (self);
  GST_DEBUG_OBJECT (pad, "no partner at %" GST_STIME_FORMAT,
      GST_STIME_ARGS (candidate->time));
  if (strict) {
    GST_ELEMENT_ERROR (self, STREAM, FAILED,
        ("The %s at running time %.3f s has no %s within half a frame. Check "
         "the framerates, or set strict=false.",
            GST_PAD_NAME (pad), candidate->time / 1e9,
            GST_PAD_NAME (self->inputs[!which])),
        (NULL));
    return GST_FLOW_ERROR;
  }
  buffer = gst_nf_iou_pop (self, which);
  nf_scoreboard_add_unmatched (
      self->eval.board, which == PREDICTION, which == TRUTH);
  gst_nf_iou_publish (self);
  if (which == PREDICTION)
    return gst_nf_iou_push (self, buffer);
  gst_buffer_unref (buffer);

  return GST_FLOW_OK;
}

static GstFlowReturn
gst_nf_iou_matched (GstNfIou *self, const GstNfIouCandidate *prediction)
{
  GstBuffer *buffers[N_INPUTS];
  gboolean ok;

  gst_aggregator_selected_samples (GST_AGGREGATOR (self),
      GST_BUFFER_PTS (prediction->buffer), GST_CLOCK_TIME_NONE,
      prediction->duration, NULL);
  for (guint i = 0; i < N_INPUTS; i++)
    buffers[i] = gst_nf_iou_pop (self, i);
  ok = gst_nf_iou_eval_score (&self->eval, self->inputs[PREDICTION],
      buffers[PREDICTION], self->inputs[TRUTH], buffers[TRUTH],
      MAX (prediction->time, 0));
  gst_buffer_unref (buffers[TRUTH]);
  if (!ok) {
    gst_buffer_unref (buffers[PREDICTION]);
    return GST_FLOW_ERROR;
  }
  gst_nf_iou_publish (self);

  return gst_nf_iou_push (self, buffers[PREDICTION]);
}

static GstFlowReturn
gst_nf_iou_aggregate (GstAggregator *aggregator, gboolean timeout)
{
  GstNfIou *self = GST_NF_IOU (aggregator);
  g_auto (GstNfIouPairing) pairing = { 0 };
  const GstNfIouCandidate *front;

  gst_nf_iou_pairing_find (&pairing, self->inputs);
  front = &pairing.fronts[pairing.which];
  switch (pairing.step) {
    case GST_NF_IOU_UNTIMED:
      GST_ELEMENT_ERROR (self, STREAM, FORMAT,
          ("A frame on the pad '%s' has no time: masks are paired by their "
           "timestamps. Give the source a framerate.",
              GST_PAD_NAME (self->inputs[pairing.which])),
          ("%" GST_PTR_FORMAT, front->buffer));
      return GST_FLOW_ERROR;
    case GST_NF_IOU_GAP:
      return gst_nf_iou_skip_gap (self, pairing.which);
    case GST_NF_IOU_PAIR:
      return gst_nf_iou_matched (self, front);
    case GST_NF_IOU_UNPAIRED:
      return gst_nf_iou_unmatched (self, pairing.which, front);
    case GST_NF_IOU_END:
      gst_nf_iou_eval_finish (&self->eval);
      gst_nf_iou_publish (self);
      return GST_FLOW_EOS;
    default:
      return GST_AGGREGATOR_FLOW_NEED_DATA;
  }
}

GST_ELEMENT_REGISTER_DEFINE (nfiou, "nfiou", GST_RANK_NONE, GST_TYPE_NF_IOU)
