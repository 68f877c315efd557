/* SPDX-License-Identifier: MIT
 *
 * gstnfsegment — nfsegment: the class of every pixel of a video
 *
 * Frames are collected until a batch is full, the network runs once, and
 * generate_output() hands the masks out one by one. Whatever must not overtake
 * frames (events, new caps) drains the batch first; tags wait in it. A thread with
 * the stream's lock does the same with a batch that a live source does not fill.
 * Siblings: gstnfsegmentmodel.c (the network), gstnfbatch.c (running it),
 * gstnfmaskvideo.c (what is pushed), gstnfsegmentcaps.c, gstnfpredict.c */

/**
 * SECTION:element-nfsegment
 * @title: nfsegment
 * @short_description: Names the object that every pixel belongs to
 * @see_also: nfpredict, nfiou, nfnpyenc
 *
 * Runs a UNet++ on every frame, at the frame's own size. The result is a mask
 * of class ids (GRAY8), or a picture of it; see #GstNfSegment:output.
 * Timestamps and flags are those of the frame.
 *
 * Each buffer carries one #GstVideoRegionOfInterestMeta for each class with at
 * least eight pixels: the smallest box around the class's pixels, in pixels of
 * the frame. `roi_type` is the name of the class (that of #GstNfSegment:labels, or
 * "green rubber cylinder", or "class 7" where the network has other than 49
 * classes), `id` is the class, `parent_id` -1.
 *
 * With GStreamer 1.26 or later each buffer carries the mask, too, whatever
 * #GstNfSegment:output is: as a #GstAnalyticsSegmentationMtd, whose regions are
 * the network's classes, related to a #GstAnalyticsClsMtd with their names.
 *
 * With #GstNfSegment:confidence each buffer carries how sure the network is of
 * each pixel, too, as a picture in a #GstCustomMeta named `NfConfidenceMeta`.
 *
 * On a GPU frames may come in its memory (memory:CUDAMemory), and pictures of
 * masks may go out there, so that they need not pass through the host; see
 * docs/elements.md. Ids always go out in the host's memory.
 *
 * What class a pixel gets is decided pixel by pixel, region by region, or object
 * by object with the votes of all frames of a clip: #GstNfSegment:decision. In
 * the last case masks wait for the frames that vote after them; the latency is
 * reported, and of a live source only past frames vote where
 * #GstNfSegment:lookahead is not set.
 *
 * With #GstNfSegment:batch-size above 1 frames wait until there are so many, or
 * until the stream ends, pauses in a gap, or changes its caps; of a live source
 * for #GstNfSegment:batch-timeout at most. The latency is reported. Frames that
 * are too late are dropped before anything is computed,
 * where the property `qos` is set.
 *
 * ## Example
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=5 ! video/x-raw,width=240,height=160 ! nfsegment checkpoint=unetpp.safetensors ! nfnpyenc ! filesink location=mask.npy
 * gst-launch-1.0 videotestsrc num-buffers=5 ! nfsegment output=overlay ! videoconvert ! fakesink
 * ]| The first line writes the masks of a video as a NumPy array, the second one
 * paints its objects in their colours, which autovideosink would show.
 *
 * Since: 0.1
 */
#include "segment/gstnfsegment.h"

#include "common/gstnfcancel.h"
#include "common/gstnfcuda.h"
#include "common/gstnfdeadline.h"
#include "common/gstnfensemble.h"
#include "common/gstnferror.h"
#include "common/gstnflatency.h"
#include "gstnfelements.h"
#include "segment/gstnfanalytics.h"
#include "segment/gstnfbatch.h"
#include "segment/gstnfconfidence.h"
#include "segment/gstnfmaskvideo.h"
#include "segment/gstnfsegmentcaps.h"
#include "segment/gstnfsegmentmodel.h"

GST_DEBUG_CATEGORY (gst_nf_segment_debug); /* gstnfsegmentmodel.c's, too */
#define GST_CAT_DEFAULT gst_nf_segment_debug

/* frames that vote after a frame, where a clip has no end for long */
#define MAX_CLIP 64

/* what is counted; guarded by the object lock; see the property `stats` */
typedef struct
{
  guint64 frames_in, frames_out;
  guint64 dropped; /* because of QoS */
  guint64 batches; /* runs of the network */
  GstClockTime computing; /* all of them together */
} GstNfSegmentStats;

struct _GstNfSegment
{
  GstVideoFilter parent;

  GstNfLatency latency;
  GstNfCancel cancel;

  /* object lock */
  GstNfSegmentSettings settings;
  GstNfSegmentStats stats;

  /* streaming thread, except while starting and stopping */
  GstNfSegmentModel model;
  GstNfDeadline deadline; /* of the batch */
  guint wanted; /* properties, as at start: batch-size */
  gint lookahead;
  GstClockTime batch_timeout;
  GstClockTime patience; /* with a batch that is not full; 0: without end */
  gint64 overdue; /* monotonic time at which it ends with the one that waits */
  GstNfCuda cuda;
  GstNfBatch batch;
  GstNfSegmentOutput output; /* the property, as the frames in @batch have it */
  gboolean hurried; /* a batch need not be full */
  gboolean draining; /* nor frames be held */
  GstFlowReturn drained; /* what came of it; given to who pushes next */
  gboolean out_in_device_memory; /* the masks that go out */
};

G_DEFINE_TYPE (GstNfSegment, gst_nf_segment, GST_TYPE_VIDEO_FILTER)

static void gst_nf_segment_finalize (GObject *object);
static GstStateChangeReturn gst_nf_segment_change_state (
    GstElement *element, GstStateChange transition);
static gboolean gst_nf_segment_start (GstBaseTransform *trans);
static gboolean gst_nf_segment_stop (GstBaseTransform *trans);
static void gst_nf_segment_set_context (
    GstElement *element, GstContext *context);
static gboolean gst_nf_segment_propose_allocation (
    GstBaseTransform *trans, GstQuery *decide_query, GstQuery *query);
static gboolean gst_nf_segment_decide_allocation (
    GstBaseTransform *trans, GstQuery *query);
static GstCaps *gst_nf_segment_transform_caps (GstBaseTransform *trans,
    GstPadDirection direction, GstCaps *caps, GstCaps *filter);
static gboolean gst_nf_segment_set_caps (
    GstBaseTransform *trans, GstCaps *incaps, GstCaps *outcaps);
static gboolean gst_nf_segment_set_info (GstVideoFilter *filter,
    GstCaps *incaps, GstVideoInfo *in_info, GstCaps *outcaps,
    GstVideoInfo *out_info);
static gboolean gst_nf_segment_query (
    GstBaseTransform *trans, GstPadDirection direction, GstQuery *query);
static gboolean gst_nf_segment_sink_event (
    GstBaseTransform *trans, GstEvent *event);
static GstFlowReturn gst_nf_segment_submit_input_buffer (
    GstBaseTransform *trans, gboolean is_discont, GstBuffer *input);
static GstFlowReturn gst_nf_segment_generate_output (
    GstBaseTransform *trans, GstBuffer **output);
static void gst_nf_segment_be_overdue (gpointer data);

static void
gst_nf_segment_get_stats (GObject *object, GValue *value)
{
  const GstNfSegment *self = GST_NF_SEGMENT (object);
  const GstNfSegmentStats *stats = &self->stats;
  GstStructure *structure = gst_structure_new ("nf-segment-stats", "frames-in",
      G_TYPE_UINT64, stats->frames_in, "frames-out", G_TYPE_UINT64,
      stats->frames_out, "dropped", G_TYPE_UINT64, stats->dropped, "batches",
      G_TYPE_UINT64, stats->batches, "seconds-per-frame", G_TYPE_DOUBLE,
      (gdouble) stats->computing / GST_SECOND / MAX (stats->frames_out, 1),
      "latency", G_TYPE_UINT64, self->latency.announced, NULL);

  g_value_take_boxed (value, structure);
  gst_nf_segment_model_describe (&self->model, structure);
}

static const GstNfProperty properties[] = {
  {
      .type = GST_NF_PROPERTY_GROUP,
      .group = gst_nf_segment_properties,
  },
  {
      .name = "stats",
      .nick = "Statistics",
      .blurb = "Frames and times so far, and what the network is",
      .details =
          "Counted since the start: `frames-in`, `frames-out`, `dropped` "
          "(uint64; the last because of QoS), `batches` (uint64, runs of the "
          "network), `seconds-per-frame` (double, mean time of computing), "
          "`latency` (uint64, time of computing that is announced, ns); "
          "between start and stop also `checkpoint` (the file of the network "
          "that is in use), `arch`, `encoder`, `device` (string) and `classes` "
          "(int).",
      GST_NF_STRUCTURE,
      .get = gst_nf_segment_get_stats,
  },
  GST_NF_PROPERTIES_END,
};

static void
gst_nf_segment_class_init (GstNfSegmentClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gst_nf_segment_debug, "nfsegment", 0, "masks of objects");

  object_class->finalize = gst_nf_segment_finalize;
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_nf_segment_change_state);
  element_class->set_context = GST_DEBUG_FUNCPTR (gst_nf_segment_set_context);
  trans_class->propose_allocation =
      GST_DEBUG_FUNCPTR (gst_nf_segment_propose_allocation);
  trans_class->decide_allocation =
      GST_DEBUG_FUNCPTR (gst_nf_segment_decide_allocation);
  trans_class->start = GST_DEBUG_FUNCPTR (gst_nf_segment_start);
  trans_class->stop = GST_DEBUG_FUNCPTR (gst_nf_segment_stop);
  trans_class->transform_caps =
      GST_DEBUG_FUNCPTR (gst_nf_segment_transform_caps);
  trans_class->set_caps = GST_DEBUG_FUNCPTR (gst_nf_segment_set_caps);
  trans_class->query = GST_DEBUG_FUNCPTR (gst_nf_segment_query);
  trans_class->sink_event = GST_DEBUG_FUNCPTR (gst_nf_segment_sink_event);
  trans_class->submit_input_buffer =
      GST_DEBUG_FUNCPTR (gst_nf_segment_submit_input_buffer);
  trans_class->generate_output =
      GST_DEBUG_FUNCPTR (gst_nf_segment_generate_output);
  GST_VIDEO_FILTER_CLASS (klass)->set_info =
      GST_DEBUG_FUNCPTR (gst_nf_segment_set_info);

  gst_nf_properties_install (
      object_class, properties, G_STRUCT_OFFSET (GstNfSegment, settings));

  gst_element_class_add_pad_template (element_class,
      gst_nf_cuda_pad_template ("sink", GST_PAD_SINK,
          GST_VIDEO_CAPS_MAKE (GST_VIDEO_FORMATS_ALL), GST_NF_CUDA_READS));
  gst_element_class_add_pad_template (element_class,
      gst_nf_cuda_pad_template ("src", GST_PAD_SRC,
          GST_VIDEO_CAPS_MAKE ("{ GRAY8, RGB }"), GST_NF_CUDA_WRITES));
  gst_element_class_set_static_metadata (element_class, "Object segmenter",
      "Filter/Analyzer/Video",
      "Names the object that every pixel belongs to, with a UNet++",
      GST_NF_AUTHOR);
}

/* (out): @settings: as they are now, to be cleared */
static void
gst_nf_segment_copy_settings (
    GstNfSegment *self, GstNfSegmentSettings *settings)
{
  gst_nf_properties_copy (
      properties, self, &self->settings, settings, sizeof *settings);
}

static gpointer
gst_nf_segment_load (GstElement *element, GError **error)
{
  return gst_nf_segment_model_load (&GST_NF_SEGMENT (element)->model, error);
}

static void
gst_nf_segment_init (GstNfSegment *self)
{
  gst_nf_segment_model_init (&self->model, GST_ELEMENT (self),
      &self->settings.model, gst_nf_segment_load);
  gst_nf_latency_init (&self->latency, GST_ELEMENT (self));
  gst_nf_properties_init (properties, &self->settings);
  gst_nf_cancel_init (&self->cancel, GST_ELEMENT (self));
  gst_nf_batch_init (&self->batch);
  gst_nf_cuda_init (&self->cuda, GST_ELEMENT (self));
  gst_nf_deadline_init (&self->deadline, gst_nf_segment_be_overdue, self);
}

static void
gst_nf_segment_finalize (GObject *object)
{
  GstNfSegment *self = GST_NF_SEGMENT (object);

  gst_nf_properties_clear (properties, &self->settings);
  gst_nf_segment_model_clear (&self->model);
  gst_nf_cancel_clear (&self->cancel);
  gst_nf_deadline_clear (&self->deadline);
  gst_nf_batch_clear (&self->batch);

  G_OBJECT_CLASS (gst_nf_segment_parent_class)->finalize (object);
}

static GstStateChangeReturn
gst_nf_segment_change_state (GstElement *element, GstStateChange transition)
{
  GstNfSegment *self = GST_NF_SEGMENT (element);

  gst_nf_cancel_change_state (&self->cancel, transition);

  return GST_ELEMENT_CLASS (gst_nf_segment_parent_class)
      ->change_state (element, transition);
}

static void
gst_nf_segment_restart_batch (
    GstNfSegment *self, GstNfDecision decision, gboolean unique)
{
  gst_nf_batch_start (
      &self->batch, decision, unique, (guint) self->model.classes);
}

/* for frames that wait for others, and for how long */
static gboolean
gst_nf_segment_start_waiting (
    GstNfSegment *self, const GstNfSegmentSettings *settings, GError **error)
{
  self->wanted = settings->batch_size;
  self->lookahead = settings->lookahead;
  self->batch_timeout = settings->batch_timeout;

  return self->batch_timeout == 0
      || gst_nf_deadline_start (&self->deadline, error);
}

static gboolean
gst_nf_segment_start (GstBaseTransform *trans)
{
  GstNfSegment *self = GST_NF_SEGMENT (trans);
  g_autoptr (GError) error = NULL;
  GstNfSegmentSettings settings;
  gboolean started;

  gst_nf_cancel_start (&self->cancel);
  gst_nf_latency_reset (&self->latency);
  self->drained = GST_FLOW_OK;
  gst_nf_segment_copy_settings (self, &settings);
  started = gst_nf_segment_start_waiting (self, &settings, &error)
      && gst_nf_segment_model_start (
          &self->model, settings.scale, settings.labels, &error);
  gst_nf_properties_clear (properties, &settings);
  if (!started) {
    gst_nf_element_error (GST_ELEMENT (self), error);
    gst_nf_deadline_stop (&self->deadline);
    return FALSE;
  }
  gst_nf_cuda_start (&self->cuda, gst_nf_model_device (self->model.model));
  GST_OBJECT_LOCK (self);
  self->stats = (GstNfSegmentStats){ 0 };
  GST_OBJECT_UNLOCK (self);
  gst_nf_segment_restart_batch (self, settings.decision, settings.unique);

  return TRUE;
}

static gboolean
gst_nf_segment_stop (GstBaseTransform *trans)
{
  GstNfSegment *self = GST_NF_SEGMENT (trans);

  gst_nf_deadline_stop (&self->deadline);
  gst_nf_batch_forget (&self->batch);
  gst_nf_segment_model_stop (&self->model);
  gst_nf_cuda_stop (&self->cuda);

  return TRUE;
}

static GstCaps *
gst_nf_segment_transform_caps (GstBaseTransform *trans,
    GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstNfSegment *self = GST_NF_SEGMENT (trans);
  gboolean gray;

  GST_OBJECT_LOCK (self);
  gray = self->settings.output == GST_NF_SEGMENT_IDS
      || self->settings.output == GST_NF_SEGMENT_CONFIDENCE;
  GST_OBJECT_UNLOCK (self);

  return gst_nf_segment_caps_transform (
      &self->cuda, direction, caps, filter, gray);
}

/* pushes all masks that can be made now; FALSE where that cannot be done, and the
 * next frame is refused for the same reason */
static gboolean
gst_nf_segment_push_masks (GstNfSegment *self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);
  GstFlowReturn flow = GST_FLOW_OK;
  GstBuffer *buffer;

  do {
    flow = gst_nf_segment_generate_output (trans, &buffer);
    if (buffer != NULL)
      flow = gst_pad_push (trans->srcpad, buffer);
  } while (flow == GST_FLOW_OK && buffer != NULL);
  /* a pad that is not linked now may be so with the next frame */
  if (flow != GST_FLOW_OK && flow != GST_FLOW_NOT_LINKED)
    self->drained = flow;

  return flow == GST_FLOW_OK;
}

/* pushes everything that was collected, in a batch of its own; FALSE as above */
static gboolean
gst_nf_segment_drain (GstNfSegment *self)
{
  gboolean ok;

  self->draining = TRUE;
  ok = gst_nf_segment_push_masks (self);
  self->draining = FALSE;

  return ok;
}

/* the deadline's thread: frames that waited long enough go without the others */
static void
gst_nf_segment_be_overdue (gpointer data)
{
  GstNfSegment *self = data;
  GstPad *sinkpad = GST_BASE_TRANSFORM_SINK_PAD (self);

  GST_PAD_STREAM_LOCK (sinkpad);
  /* meanwhile the batch may have been filled, flushed or stopped */
  if (gst_nf_batch_waiting (&self->batch) > 0
      && g_get_monotonic_time () >= self->overdue
      && !g_cancellable_is_cancelled (self->cancel.cancellable)) {
    GST_DEBUG_OBJECT (self, "a batch of %u frames, for no more came in time",
        gst_nf_batch_waiting (&self->batch));
    self->hurried = TRUE;
    gst_nf_segment_push_masks (self);
    self->hurried = FALSE;
  }
  GST_PAD_STREAM_UNLOCK (sinkpad);
}

/* sends the events that come before the next mask */
static void
gst_nf_segment_push_events (GstNfSegment *self)
{
  GstEvent *event;

  while ((event = gst_nf_batch_take_event (&self->batch)) != NULL)
    gst_pad_push_event (GST_BASE_TRANSFORM_SRC_PAD (self), event);
}

/* after a drain that failed: frames that are left must not follow what comes
 * next; the events between them do */
static void
gst_nf_segment_forget_frames (GstNfSegment *self)
{
  gst_nf_batch_forget_frames (&self->batch);
  gst_nf_segment_push_events (self);
}

/* how many frames are held until masks are decided */
static guint
gst_nf_segment_choose_lookahead (GstNfSegment *self)
{
  if (self->batch.decision != GST_NF_DECISION_CLIP)
    return 0;
  if (self->lookahead != GST_NF_SEGMENT_AHEAD_AUTO)
    return (guint) self->lookahead;

  return gst_nf_latency_is_live (GST_BASE_TRANSFORM_SINK_PAD (self)) ? 0
                                                                     : MAX_CLIP;
}

/* how long the first frame of a batch waits for the others at most; 0: until they
 * are there */
static GstClockTime
gst_nf_segment_choose_patience (GstNfSegment *self)
{
  return self->batch_timeout > 0
          && gst_nf_latency_is_live (GST_BASE_TRANSFORM_SINK_PAD (self))
      ? self->batch_timeout
      : 0;
}

/* how long it waits for them as things are */
static GstClockTime
gst_nf_segment_batch_wait (GstNfSegment *self, const GstVideoInfo *info)
{
  const GstClockTime filled = gst_nf_latency_of_frames (info, self->wanted - 1);

  if (self->patience == 0)
    return filled;

  return info->fps_n > 0 ? MIN (filled, self->patience) : self->patience;
}

static gboolean
gst_nf_segment_set_info (GstVideoFilter *filter, GstCaps *incaps,
    GstVideoInfo *in_info, GstCaps *outcaps, GstVideoInfo *out_info)
{
  GstNfSegment *self = GST_NF_SEGMENT (filter);
  g_autoptr (GError) error = NULL;
  guint ahead = gst_nf_segment_choose_lookahead (self);

  self->patience = gst_nf_segment_choose_patience (self);
  GST_DEBUG_OBJECT (
      self, "from %" GST_PTR_FORMAT " to %" GST_PTR_FORMAT, incaps, outcaps);
  if (!gst_nf_segment_drain (self))
    GST_DEBUG_OBJECT (self, "masks of the frames before are lost: %s",
        gst_flow_get_name (self->drained));
  /* what could not be pushed has the caps before */
  gst_nf_segment_forget_frames (self);
  if (!gst_nf_segment_model_set_frames (
          &self->model, incaps, in_info, &error)) {
    gst_nf_element_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  self->out_in_device_memory = gst_nf_cuda_is_memory (outcaps);
  gst_nf_batch_set_ahead (&self->batch, ahead);
  gst_nf_latency_set_held (&self->latency,
      gst_nf_segment_batch_wait (self, in_info)
          + gst_nf_latency_of_frames (in_info, ahead));

  return TRUE;
}

static gboolean
gst_nf_segment_set_caps (
    GstBaseTransform *trans, GstCaps *incaps, GstCaps *outcaps)
{
  gboolean ok = GST_BASE_TRANSFORM_CLASS (gst_nf_segment_parent_class)
                    ->set_caps (trans, incaps, outcaps);

  /* what goes out is new even where the caps are the same */
  gst_base_transform_set_in_place (trans, FALSE);

  return ok;
}

static void
gst_nf_segment_set_context (GstElement *element, GstContext *context)
{
  gst_nf_cuda_set_context (&GST_NF_SEGMENT (element)->cuda, context);
  GST_ELEMENT_CLASS (gst_nf_segment_parent_class)
      ->set_context (element, context);
}

static gboolean
gst_nf_segment_propose_allocation (
    GstBaseTransform *trans, GstQuery *decide_query, GstQuery *query)
{
  GstNfSegment *self = GST_NF_SEGMENT (trans);

  if (gst_nf_cuda_is_asked (query))
    return gst_nf_cuda_propose (&self->cuda, query);

  return GST_BASE_TRANSFORM_CLASS (gst_nf_segment_parent_class)
      ->propose_allocation (trans, decide_query, query);
}

static gboolean
gst_nf_segment_decide_allocation (GstBaseTransform *trans, GstQuery *query)
{
  GstNfSegment *self = GST_NF_SEGMENT (trans);

  return (!gst_nf_cuda_is_asked (query)
             || gst_nf_cuda_decide (&self->cuda, query))
      && GST_BASE_TRANSFORM_CLASS (gst_nf_segment_parent_class)
             ->decide_allocation (trans, query);
}

static gboolean
gst_nf_segment_query (
    GstBaseTransform *trans, GstPadDirection direction, GstQuery *query)
{
  GstNfSegment *self = GST_NF_SEGMENT (trans);
  GstQueryType type = GST_QUERY_TYPE (query);
  gboolean ok;

  if (type == GST_QUERY_LATENCY && direction == GST_PAD_SRC)
    return gst_nf_latency_answer_latency (
        &self->latency, trans->sinkpad, query);
  if (type == GST_QUERY_CONTEXT
      && gst_nf_cuda_answer_context (&self->cuda, query))
    return TRUE;
  if (type == GST_QUERY_DRAIN && direction == GST_PAD_SINK
      && !gst_nf_segment_drain (self))
    return FALSE;
  ok = GST_BASE_TRANSFORM_CLASS (gst_nf_segment_parent_class)
           ->query (trans, direction, query);
  if (ok && type == GST_QUERY_CAPS && direction == GST_PAD_SINK)
    gst_nf_segment_caps_forget_formats (trans, query);

  return ok;
}

static gboolean
gst_nf_segment_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstNfSegment *self = GST_NF_SEGMENT (trans);

  gst_nf_cancel_event (&self->cancel, event);
  /* tags wait for the frames before them; they do not end a batch */
  if (GST_EVENT_TYPE (event) == GST_EVENT_TAG
      && gst_nf_batch_add_event (&self->batch, event))
    return TRUE;
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP) {
    gst_nf_batch_forget (&self->batch);
    self->drained = GST_FLOW_OK;
  } else if (GST_EVENT_IS_SERIALIZED (event) && !gst_nf_segment_drain (self)) {
    GST_DEBUG_OBJECT (self, "masks before %" GST_PTR_FORMAT " are lost: %s",
        event, gst_flow_get_name (self->drained));
    gst_nf_segment_forget_frames (self);
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START
      || GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT) {
    gst_nf_batch_begin_clip (&self->batch);
    /* downstream may want what comes now, though no more of what came before */
    if (self->drained != GST_FLOW_ERROR
        && self->drained != GST_FLOW_NOT_NEGOTIATED)
      self->drained = GST_FLOW_OK;
  }

  return GST_BASE_TRANSFORM_CLASS (gst_nf_segment_parent_class)
      ->sink_event (trans, event);
}

/* the batch that begins now does not wait for ever */
static void
gst_nf_segment_set_deadline (GstNfSegment *self)
{
  if (self->patience == 0)
    return;
  self->overdue =
      g_get_monotonic_time () + (gint64) (self->patience / GST_USECOND);
  gst_nf_deadline_set (&self->deadline, self->overdue);
}

/* adds a frame to those that wait */
static gboolean
gst_nf_segment_add (GstNfSegment *self, GstBuffer *input, GError **error)
{
  const GstVideoInfo *info = &GST_VIDEO_FILTER (self)->in_info;
  g_autoptr (NfTensor) pixels = NULL;
  g_autoptr (NfTensor) picture = NULL;
  const gboolean first = gst_nf_batch_waiting (&self->batch) == 0;
  gboolean overlay;

  GST_OBJECT_LOCK (self);
  overlay = self->settings.output == GST_NF_SEGMENT_OVERLAY;
  GST_OBJECT_UNLOCK (self);
  if (!gst_nf_segment_model_read (
          &self->model, input, &pixels, overlay ? &picture : NULL, error))
    return FALSE;
  if (GST_BUFFER_FLAG_IS_SET (input, GST_BUFFER_FLAG_DISCONT))
    gst_nf_batch_begin_clip (&self->batch);
  gst_nf_batch_add (&self->batch, gst_buffer_ref (input),
      g_steal_pointer (&pixels), g_steal_pointer (&picture),
      (guint) info->width, (guint) info->height);
  if (first)
    gst_nf_segment_set_deadline (self);

  return TRUE;
}

/* takes the network that was loaded for the next frame; those before are pushed
 * with the masks of the one in use */
static void
gst_nf_segment_change_model (GstNfSegment *self)
{
  const GstVideoFilter *filter = GST_VIDEO_FILTER (self);
  GstNfModel *model = gst_nf_segment_model_take (&self->model);
  const guint ahead = self->batch.ahead;
  g_autoptr (GstCaps) caps = NULL;

  if (model == NULL)
    return;
  if (!gst_nf_segment_drain (self))
    gst_nf_segment_forget_frames (self);
  if (filter->negotiated)
    caps = gst_pad_get_current_caps (GST_BASE_TRANSFORM_SINK_PAD (self));
  if (!gst_nf_segment_model_change (
          &self->model, model, caps, &filter->in_info))
    return;
  gst_nf_segment_restart_batch (self, self->batch.decision, self->batch.unique);
  gst_nf_batch_set_ahead (&self->batch, ahead);
}

static GstFlowReturn
gst_nf_segment_submit_input_buffer (
    GstBaseTransform *trans, gboolean is_discont, GstBuffer *input)
{
  GstNfSegment *self = GST_NF_SEGMENT (trans);
  const gboolean continues = gst_nf_batch_continues (&self->batch, input);
  g_autoptr (GstBuffer) prediction = continues ? gst_buffer_ref (input) : NULL;
  g_autoptr (GstBuffer) frame = NULL;
  g_autoptr (GError) error = NULL;
  GstNfSegmentOutput output;
  GstFlowReturn flow = GST_BASE_TRANSFORM_CLASS (gst_nf_segment_parent_class)
                           ->submit_input_buffer (trans, is_discont, input);

  frame = g_steal_pointer (&trans->queued_buf);
  /* a moment is late, or it is not, with its first prediction */
  if (flow == GST_BASE_TRANSFORM_FLOW_DROPPED && continues) {
    frame = g_steal_pointer (&prediction);
    flow = GST_FLOW_OK;
  }
  gst_nf_segment_change_model (self);
  GST_OBJECT_LOCK (self);
  output = self->settings.output;
  self->stats.frames_in++;
  if (flow == GST_BASE_TRANSFORM_FLOW_DROPPED)
    self->stats.dropped++;
  GST_OBJECT_UNLOCK (self);
  if (output != self->output && !gst_nf_segment_drain (self))
    gst_nf_segment_forget_frames (self);
  self->output = output;
  if (flow == GST_FLOW_OK
      || (flow == GST_BASE_TRANSFORM_FLOW_DROPPED
          && self->drained != GST_FLOW_OK))
    flow = self->drained;
  self->drained = GST_FLOW_OK;
  if (flow != GST_FLOW_OK || frame == NULL)
    return flow;
  if (!gst_nf_segment_add (self, frame, &error))
    return gst_nf_element_flow (GST_ELEMENT (self), error);

  return GST_FLOW_OK;
}

/* everything that takes cores, under one lease of them */
static gboolean
gst_nf_segment_compute (
    GstNfSegment *self, const GstNfSegmentSettings *settings, GError **error)
{
  const GstVideoInfo *out = &GST_VIDEO_FILTER (self)->out_info;
  GCancellable *cancellable = self->cancel.cancellable;
  NfCoreLease lease;
  gboolean ok;

  if (!gst_nf_model_begin (
          self->model.model, &settings->model, &lease, cancellable, error))
    return FALSE;
  gst_nf_batch_keep_confidence (&self->batch,
      settings->confidence || self->output == GST_NF_SEGMENT_CONFIDENCE);
  gst_nf_batch_keep_probabilities (&self->batch, settings->probabilities);
  ok = (gst_nf_batch_waiting (&self->batch) == 0
           || gst_nf_batch_run (&self->batch, !self->draining && !self->hurried,
               gst_nf_model_segmenter (self->model.model),
               gst_nf_model_settings_dtype (&settings->model), settings->tta,
               cancellable, error))
      && (!self->draining || gst_nf_batch_decide (&self->batch, error))
      && (GST_VIDEO_INFO_FORMAT (out) == GST_VIDEO_FORMAT_GRAY8
          || gst_nf_batch_paint (&self->batch,
              gst_nf_model_device (self->model.model), self->model.colors,
              settings->output == GST_NF_SEGMENT_OVERLAY, error));
  nf_cores_release (&lease);

  return ok;
}

static GstFlowReturn
gst_nf_segment_run (GstNfSegment *self)
{
  g_autoptr (GError) error = NULL;
  GstClockTime began = gst_util_get_timestamp (), took;
  guint n = gst_nf_batch_waiting (&self->batch);
  GstNfSegmentSettings settings;
  gboolean ok;

  gst_nf_segment_copy_settings (self, &settings);
  ok = gst_nf_segment_compute (self, &settings, &error);
  gst_nf_properties_clear (properties, &settings);
  if (!ok) {
    gst_nf_batch_forget (&self->batch);
    return gst_nf_element_flow (GST_ELEMENT (self), error);
  }
  took = gst_util_get_timestamp () - began;
  GST_DEBUG_OBJECT (
      self, "%u frames in %" GST_TIME_FORMAT, n, GST_TIME_ARGS (took));
  GST_OBJECT_LOCK (self);
  self->stats.batches += n > 0;
  self->stats.computing += took;
  GST_OBJECT_UNLOCK (self);
  gst_nf_latency_measured (&self->latency, took);
  if (gst_nf_batch_waiting (&self->batch) > 0)
    gst_nf_segment_set_deadline (self); /* of the frame that stays */

  return GST_FLOW_OK;
}

/* the oldest frame's mask; what it is like was said by the caps that were set,
 * for those of the pad are gone while the element is being stopped */
static GstFlowReturn
gst_nf_segment_make_frame (GstNfSegment *self, GstBuffer **output)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);
  g_auto (GstNfBatchMask) mask = { NULL };
  g_autoptr (GstBuffer) buffer = NULL;
  g_autoptr (GError) error = NULL;
  GstFlowReturn flow;
  gboolean carries_confidence;

  GST_OBJECT_LOCK (self);
  carries_confidence = self->settings.confidence;
  GST_OBJECT_UNLOCK (self);
  gst_nf_batch_take (&self->batch, &mask);
  flow = GST_BASE_TRANSFORM_CLASS (gst_nf_segment_parent_class)
             ->prepare_output_buffer (trans, mask.buffer, &buffer);
  if (flow != GST_FLOW_OK)
    return gst_nf_element_no_frame (GST_ELEMENT (self), flow, trans->srcpad);
  gst_nf_ensemble_detach (buffer);
  if (!gst_nf_mask_video_store (&mask, &GST_VIDEO_FILTER (self)->out_info,
          self->output == GST_NF_SEGMENT_CONFIDENCE, self->out_in_device_memory,
          buffer, &error))
    return gst_nf_element_flow (GST_ELEMENT (self), error);
  if (carries_confidence && mask.confidence != NULL)
    gst_nf_confidence_attach (buffer, mask.confidence, mask.width, mask.height);
  if (mask.probabilities != NULL)
    gst_nf_probabilities_attach (buffer, g_steal_pointer (&mask.probabilities),
        (guint) self->model.classes, mask.width, mask.height);
  gst_nf_mask_video_add_regions (
      &mask, self->model.classes, self->model.names, buffer);
  gst_nf_analytics_add_mask (
      &mask, self->model.classes, self->model.names, buffer);
  GST_OBJECT_LOCK (self);
  self->stats.frames_out++;
  GST_OBJECT_UNLOCK (self);
  GST_LOG_OBJECT (self, "%" GST_PTR_FORMAT, buffer);
  *output = g_steal_pointer (&buffer);

  return GST_FLOW_OK;
}

static GstFlowReturn
gst_nf_segment_generate_output (GstBaseTransform *trans, GstBuffer **output)
{
  GstNfSegment *self = GST_NF_SEGMENT (trans);
  GstFlowReturn flow = GST_FLOW_OK;
  guint waiting = gst_nf_batch_waiting (&self->batch);
  gboolean due = self->draining ? waiting + gst_nf_batch_held (&self->batch) > 0
                                : (self->hurried && waiting > 0)
          || gst_nf_batch_is_full (&self->batch, self->wanted);

  *output = NULL;
  gst_nf_segment_push_events (self);
  if (gst_nf_batch_ready (&self->batch) == 0 && due)
    flow = gst_nf_segment_run (self);
  if (flow == GST_FLOW_OK && gst_nf_batch_ready (&self->batch) > 0)
    flow = gst_nf_segment_make_frame (self, output);

  return flow;
}

GST_ELEMENT_REGISTER_DEFINE (
    nfsegment, "nfsegment", GST_RANK_NONE, GST_TYPE_NF_SEGMENT)
