/* SPDX-License-Identifier: MIT
 *
 * gstnfiou — nfiou: two mask streams in, scores out
 *
 * Both pads are kept in the order of their running times: of the two frames
 * in front, the earlier one found no partner, unless they lie within half a
 * frame of each other. So either pad may bring any part of the frames.
 * Siblings: gstnfioumessage.c, kernels/metrics/nfscoreboard.c */

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
 * Element messages named `nf-iou` are posted; scores are doubles, 0 to 1, or
 * NaN when there was nothing to score; times are guint64 nanoseconds.
 *
 * * `scope` (string): `frame` after each pair, `clip` when a clip has ended,
 *   `total` at EOS
 * * `jaccard`, `dice`, `pixel-accuracy` (double): of that frame, that clip, or
 *   pooled over everything
 * * `class-iou` (GstValueArray of double): of each class; NaN where it occurs
 *   in neither mask
 * * `clip` (uint): number of the clip, from 0; scopes `frame` and `clip`
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
#include "gstnfiou.h"

#include "gstnfelements.h"
#include "gstnfioueval.h"
#include "gstnfioumessage.h"
#include "metrics/nfclasses.h"

#include <math.h>

GST_DEBUG_CATEGORY_STATIC (gst_nf_iou_debug);
#define GST_CAT_DEFAULT gst_nf_iou_debug

#define DEFAULT_CLASSES NF_N_CLASSES
#define DEFAULT_REPORT NULL
#define DEFAULT_STRICT FALSE

#define MASK_CAPS GST_VIDEO_CAPS_MAKE ("GRAY8")

enum
{
  PROP_0,
  PROP_CLASSES,
  PROP_REPORT,
  PROP_STRICT,
  PROP_JACCARD,
  PROP_STATS,
  N_PROPS
};

enum
{
  PREDICTION,
  TRUTH,
  N_INPUTS
};

struct _GstNfIou
{
  GstAggregator parent;

  /* object lock */
  guint classes;
  gchar *report;
  gboolean strict;
  NfScores scores;

  /* streaming thread */
  GstNfIouPad *inputs[N_INPUTS];
  GstCaps *caps; /* (nullable): of the prediction */
  GstNfIouEval eval;
};

static GParamSpec *properties[N_PROPS];

static GstStaticPadTemplate prediction_template = GST_STATIC_PAD_TEMPLATE (
    "prediction", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (MASK_CAPS));

static GstStaticPadTemplate truth_template = GST_STATIC_PAD_TEMPLATE (
    "truth", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (MASK_CAPS));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (MASK_CAPS));

G_DEFINE_TYPE (GstNfIou, gst_nf_iou, GST_TYPE_AGGREGATOR)

static void gst_nf_iou_finalize (GObject *object);
static void gst_nf_iou_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec);
static void gst_nf_iou_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec);
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
gst_nf_iou_install_properties (GObjectClass *object_class)
{
  const GParamFlags shared = G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  /**
   * GstNfIou:classes:
   *
   * How many classes there are, background included. Larger ids in either
   * mask count as background.
   *
   * Default: 49. Since: 0.1
   */
  properties[PROP_CLASSES] = g_param_spec_uint ("classes", "Classes",
      "Number of classes, background included; larger ids are background",
      NF_CONFUSION_MIN_CLASSES, NF_CONFUSION_MAX_CLASSES, DEFAULT_CLASSES,
      G_PARAM_READWRITE | shared);

  /**
   * GstNfIou:report:
   *
   * Where the scores are written as JSON: at EOS, or when the element stops
   * before EOS what was gathered until then (with `complete` false). The file
   * is replaced as a whole. Its folder must exist. The members are listed in
   * docs/elements.md.
   *
   * Default: NULL (no report). Since: 0.1
   */
  properties[PROP_REPORT] = g_param_spec_string ("report", "Report",
      "File that the scores are written to as JSON, at EOS or when stopped",
      DEFAULT_REPORT, G_PARAM_READWRITE | shared);

  /**
   * GstNfIou:strict:
   *
   * Post an error, and stop, when a mask of either pad finds no partner.
   *
   * Default: FALSE. Since: 0.1
   */
  properties[PROP_STRICT] = g_param_spec_boolean ("strict", "Strict",
      "Whether a mask without a partner is an error", DEFAULT_STRICT,
      G_PARAM_READWRITE | shared);

  /**
   * GstNfIou:jaccard:
   *
   * The pooled Jaccard index of all pairs so far; NaN before the first pair.
   * Notified after each pair, from the streaming thread.
   *
   * Since: 0.1
   */
  properties[PROP_JACCARD] = g_param_spec_double ("jaccard", "Jaccard index",
      "Pooled Jaccard index of all pairs so far, NaN before the first", 0, 1, 0,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * GstNfIou:stats:
   *
   * All scores so far; the fields are those of the message of scope `total`,
   * without `class-iou`.
   *
   * Since: 0.1
   */
  properties[PROP_STATS] =
      g_param_spec_boxed ("stats", "Statistics", "All scores so far",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
gst_nf_iou_class_init (GstNfIouClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstAggregatorClass *aggregator_class = GST_AGGREGATOR_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gst_nf_iou_debug, "nfiou", 0, "scores of predicted masks");

  object_class->finalize = gst_nf_iou_finalize;
  object_class->set_property = gst_nf_iou_set_property;
  object_class->get_property = gst_nf_iou_get_property;
  gst_nf_iou_install_properties (object_class);

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
      "gst-nextframe");
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
  self->classes = DEFAULT_CLASSES;
  self->strict = DEFAULT_STRICT;
  self->scores.jaccard = self->scores.dice = NAN;
  self->scores.pixel_accuracy = self->scores.mean_clip_jaccard = NAN;
}

static void
gst_nf_iou_finalize (GObject *object)
{
  GstNfIou *self = GST_NF_IOU (object);

  gst_nf_iou_eval_clear (&self->eval);
  gst_clear_caps (&self->caps);
  g_free (self->report);

  G_OBJECT_CLASS (gst_nf_iou_parent_class)->finalize (object);
}

static void
gst_nf_iou_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstNfIou *self = GST_NF_IOU (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_CLASSES:
      self->classes = g_value_get_uint (value);
      break;
    case PROP_REPORT:
      g_free (self->report);
      self->report = g_value_dup_string (value);
      break;
    case PROP_STRICT:
      self->strict = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_nf_iou_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstNfIou *self = GST_NF_IOU (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_CLASSES:
      g_value_set_uint (value, self->classes);
      break;
    case PROP_REPORT:
      g_value_set_string (value, self->report);
      break;
    case PROP_STRICT:
      g_value_set_boolean (value, self->strict);
      break;
    case PROP_JACCARD:
      g_value_set_double (value, self->scores.jaccard);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, gst_nf_iou_scores_structure (&self->scores));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

/* the properties show what was scored until now */
static void
gst_nf_iou_publish (GstNfIou *self)
{
  NfScores scores = nf_scoreboard_get_scores (self->eval.board);

  GST_OBJECT_LOCK (self);
  self->scores = scores;
  GST_OBJECT_UNLOCK (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_JACCARD]);
}

static gboolean
gst_nf_iou_begin (GstNfIou *self)
{
  g_autofree gchar *report = NULL;
  guint classes;

  GST_OBJECT_LOCK (self);
  classes = self->classes;
  report = g_strdup (self->report);
  GST_OBJECT_UNLOCK (self);
  if (!gst_nf_iou_eval_begin (&self->eval, GST_ELEMENT (self), classes, report))
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

/* what the other side of the prediction's way through takes */
static void
gst_nf_iou_query_caps (GstPad *pad, GstPad *other, GstQuery *query)
{
  g_autoptr (GstCaps) mine = gst_pad_get_pad_template_caps (pad);
  g_autoptr (GstCaps) caps = NULL;
  GstCaps *filter;

  gst_query_parse_caps (query, &filter);
  caps = filter != NULL
      ? gst_caps_intersect_full (filter, mine, GST_CAPS_INTERSECT_FIRST)
      : gst_caps_ref (mine);
  gst_caps_take (&caps, gst_pad_peer_query_caps (other, caps));
  gst_caps_take (&caps, gst_caps_intersect (caps, mine));
  gst_query_set_caps_result (query, caps);
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
  gst_nf_iou_query_caps (GST_PAD (pad), aggregator->srcpad, query);

  return TRUE;
}

static gboolean
gst_nf_iou_src_query (GstAggregator *aggregator, GstQuery *query)
{
  GstNfIou *self = GST_NF_IOU (aggregator);

  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS)
    return GST_AGGREGATOR_CLASS (gst_nf_iou_parent_class)
        ->src_query (aggregator, query);
  gst_nf_iou_query_caps (
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
  const GstSegment *segment;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      gst_caps_replace (&self->caps, caps);
      gst_pad_mark_reconfigure (aggregator->srcpad);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_parse_segment (event, &segment);
      if (segment->format == GST_FORMAT_TIME)
        gst_aggregator_update_segment (aggregator, segment);
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

  return gst_aggregator_finish_buffer (aggregator, buffer);
}

/* a time without frames: of the prediction it is told downstream */
static GstFlowReturn
gst_nf_iou_skip_gap (GstNfIou *self, guint which)
{
  GstAggregator *aggregator = GST_AGGREGATOR (self);
  GstBuffer *buffer = gst_nf_iou_pop (self, which);

  if (which == PREDICTION && self->caps != NULL) {
    gst_aggregator_set_src_caps (aggregator, self->caps);
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
  strict = self->strict;
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
gst_nf_iou_finish (GstNfIou *self)
{
  gst_nf_iou_eval_finish (&self->eval);
  gst_nf_iou_publish (self);

  return GST_FLOW_EOS;
}

/* of the frames in front, which one is next, and is it alone */
static GstFlowReturn
gst_nf_iou_advance (GstNfIou *self, const GstNfIouCandidate fronts[N_INPUTS])
{
  const GstNfIouCandidate *prediction = &fronts[PREDICTION];
  const GstNfIouCandidate *truth = &fronts[TRUTH];
  gboolean ended[N_INPUTS];

  for (guint i = 0; i < N_INPUTS; i++) {
    ended[i] = fronts[i].buffer == NULL
        && gst_aggregator_pad_is_eos (GST_AGGREGATOR_PAD (self->inputs[i]));
    if (fronts[i].buffer == NULL && !ended[i])
      return GST_AGGREGATOR_FLOW_NEED_DATA;
    if (fronts[i].buffer != NULL && fronts[i].gap)
      return gst_nf_iou_skip_gap (self, i);
  }
  if (ended[PREDICTION] && ended[TRUTH])
    return gst_nf_iou_finish (self);
  if (ended[TRUTH])
    return gst_nf_iou_unmatched (self, PREDICTION, prediction);
  if (ended[PREDICTION])
    return gst_nf_iou_unmatched (self, TRUTH, truth);
  if (gst_nf_iou_is_pair (prediction, truth))
    return gst_nf_iou_matched (self, prediction);

  return truth->time < prediction->time
      ? gst_nf_iou_unmatched (self, TRUTH, truth)
      : gst_nf_iou_unmatched (self, PREDICTION, prediction);
}

static GstFlowReturn
gst_nf_iou_aggregate (GstAggregator *aggregator, gboolean timeout)
{
  GstNfIou *self = GST_NF_IOU (aggregator);
  GstNfIouCandidate fronts[N_INPUTS] = { { NULL } };
  GstFlowReturn flow = GST_FLOW_OK;

  for (guint i = 0; i < N_INPUTS && flow == GST_FLOW_OK; i++) {
    if (gst_nf_iou_pad_peek (self->inputs[i], &fronts[i]))
      continue;
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("A frame on the pad '%s' has no time: masks are paired by their "
         "timestamps. Give the source a framerate.",
            GST_PAD_NAME (self->inputs[i])),
        ("%" GST_PTR_FORMAT, fronts[i].buffer));
    flow = GST_FLOW_ERROR;
  }
  if (flow == GST_FLOW_OK)
    flow = gst_nf_iou_advance (self, fronts);
  for (guint i = 0; i < N_INPUTS; i++)
    gst_clear_buffer (&fronts[i].buffer);

  return flow;
}

GST_ELEMENT_REGISTER_DEFINE (nfiou, "nfiou", GST_RANK_NONE, GST_TYPE_NF_IOU)
