/* SPDX-License-Identifier: MIT
 *
 * gstnfclipfeed — what the streaming thread of a source of clips does
 *
 * Orders come from other threads and are obeyed between two frames. */
#include "clips/gstnfclipfeed.h"

#include "common/gstnferror.h"

GST_DEBUG_CATEGORY_EXTERN (gst_nf_clips_debug);
#define GST_CAT_DEFAULT gst_nf_clips_debug

#define VIDEO GST_NF_CLIP_VIDEO
#define MASK GST_NF_CLIP_MASK
#define N_STREAMS GST_NF_CLIP_N_STREAMS

/* an error message was posted already */
#define FLOW_POSTED GST_FLOW_CUSTOM_ERROR
/* the clip cannot be got and is passed over */
#define FLOW_SKIP GST_FLOW_CUSTOM_SUCCESS

/**
 * gst_nf_clip_feed_init:
 * @self: (out): of @element, which gets its pads
 * @element: not referenced
 */
void
gst_nf_clip_feed_init (GstNfClipFeed *self, GstElement *element)
{
  static const GstVideoFormat formats[N_STREAMS] = { GST_VIDEO_FORMAT_RGB,
    GST_VIDEO_FORMAT_GRAY8 };
  static const gchar *const names[N_STREAMS] = { "video", "mask" };
  GstNfClipTimeline timeline;

  *self = (GstNfClipFeed){ .element = element };
  gst_nf_clip_timeline_init (&timeline, 25, 1);
  gst_nf_clip_position_init (&self->position, &timeline);
  g_queue_init (&self->events);
  gst_nf_clip_pacer_init (&self->pacer, element);
  self->combiner = gst_flow_combiner_new ();
  for (guint i = 0; i < N_STREAMS; i++) {
    gst_nf_clip_stream_init (&self->streams[i], element, names[i], formats[i]);
    gst_flow_combiner_add_pad (self->combiner, self->streams[i].pad);
  }
}

/**
 * gst_nf_clip_feed_clear:
 * @self: stopped
 */
void
gst_nf_clip_feed_clear (GstNfClipFeed *self)
{
  gst_nf_clip_feed_forget_orders (self);
  gst_flow_combiner_free (self->combiner);
  gst_nf_clip_pacer_clear (&self->pacer);
}

/**
 * gst_nf_clip_feed_start:
 * @hooks: what makes the clips; they stay
 * @timeline: (transfer full): of the clips
 * @live: whether frames are pushed at their time
 * @left: how many frames are pushed at most
 *
 * Begins at the first frame, or where a seek says that was ordered before.
 */
void
gst_nf_clip_feed_start (GstNfClipFeed *self, const GstNfClipHooks *hooks,
    const GstNfClipTimeline *timeline, gboolean live, guint64 left)
{
  GST_OBJECT_LOCK (self->element);
  gst_nf_clip_position_init (&self->position, timeline);
  self->eos = FALSE;
  GST_OBJECT_UNLOCK (self->element);
  self->hooks = hooks;
  gst_nf_clip_pacer_start (&self->pacer, live);
  self->began = FALSE;
  self->left = left;
  g_atomic_int_set (&self->watch.warned, FALSE);
  self->send_segment = TRUE;
  self->seqnum = gst_util_seqnum_next ();
  self->clip = G_MAXUINT64;
  self->format = (GstNfClipFormat){ 0 };
  gst_flow_combiner_reset (self->combiner);
}

/**
 * gst_nf_clip_feed_stop:
 *
 * Lets go of clips and frames; the streaming thread has ended.
 */
void
gst_nf_clip_feed_stop (GstNfClipFeed *self)
{
  for (guint i = 0; i < N_STREAMS; i++)
    gst_nf_clip_stream_stop (&self->streams[i]);
  gst_nf_clip_feed_forget_orders (self);
  GST_OBJECT_LOCK (self->element);
  gst_nf_clip_timeline_clear (&self->position.timeline);
  GST_OBJECT_UNLOCK (self->element);
}

/**
 * gst_nf_clip_feed_set_flushing:
 * @flushing: whether nobody may wait for a free frame; from any thread
 */
void
gst_nf_clip_feed_set_flushing (GstNfClipFeed *self, gboolean flushing)
{
  for (guint i = 0; i < N_STREAMS; i++)
    gst_nf_clip_stream_set_flushing (&self->streams[i], flushing);
}

/**
 * gst_nf_clip_feed_order_seek:
 * @event: (transfer none): to be done before the next frame, and instead of
 *   one that was ordered before
 */
void
gst_nf_clip_feed_order_seek (GstNfClipFeed *self, GstEvent *event)
{
  GST_OBJECT_LOCK (self->element);
  gst_event_replace (&self->seek, event);
  GST_OBJECT_UNLOCK (self->element);
}

/**
 * gst_nf_clip_feed_order_event:
 * @event: (transfer full): for both pads, before the next frame
 */
void
gst_nf_clip_feed_order_event (GstNfClipFeed *self, GstEvent *event)
{
  GST_OBJECT_LOCK (self->element);
  g_queue_push_tail (&self->events, event);
  GST_OBJECT_UNLOCK (self->element);
}

/**
 * gst_nf_clip_feed_order_eos:
 *
 * No further frame comes.
 */
void
gst_nf_clip_feed_order_eos (GstNfClipFeed *self)
{
  GST_OBJECT_LOCK (self->element);
  self->eos = TRUE;
  GST_OBJECT_UNLOCK (self->element);
  gst_nf_clip_pacer_interrupt (&self->pacer);
}

/**
 * gst_nf_clip_feed_forget_orders:
 *
 * As after a flush.
 */
void
gst_nf_clip_feed_forget_orders (GstNfClipFeed *self)
{
  GST_OBJECT_LOCK (self->element);
  gst_clear_event (&self->seek);
  g_queue_clear_full (&self->events, (GDestroyNotify) gst_event_unref);
  self->eos = FALSE;
  GST_OBJECT_UNLOCK (self->element);
}

/**
 * gst_nf_clip_feed_has_seek:
 *
 * Returns: whether a seek was ordered, and no end
 */
gboolean
gst_nf_clip_feed_has_seek (GstNfClipFeed *self)
{
  gboolean has;

  GST_OBJECT_LOCK (self->element);
  has = self->seek != NULL && !self->eos;
  GST_OBJECT_UNLOCK (self->element);

  return has;
}

/**
 * gst_nf_clip_feed_push_event:
 * @event: (transfer full): for both pads
 */
void
gst_nf_clip_feed_push_event (GstNfClipFeed *self, GstEvent *event)
{
  for (guint i = 0; i < N_STREAMS; i++)
    gst_pad_push_event (self->streams[i].pad, gst_event_ref (event));
  gst_event_unref (event);
}

/* (transfer full) an event that belongs to the segment */
static void
push_numbered (GstNfClipFeed *self, GstEvent *event)
{
  gst_event_set_seqnum (event, self->seqnum);
  gst_nf_clip_feed_push_event (self, event);
}

/* what of these sizes and framerates everybody downstream takes */
static GstCaps *
restrict_caps (GstNfClipFeed *self, GstCaps *caps)
{

  for (guint i = 0; i < N_STREAMS; i++)
    caps = gst_nf_clip_stream_restrict (&self->streams[i], caps);

  return caps;
}

/* of what everybody downstream takes, what is nearest to these wishes; the
 * framerate is no wish any more once it was chosen */
static gboolean
choose (
    GstNfClipFeed *self, gint *width, gint *height, gint *fps_n, gint *fps_d)
{
  GstCaps *caps =
      gst_caps_new_simple ("video/x-raw", "width", GST_TYPE_INT_RANGE, 1,
          G_MAXINT, "height", GST_TYPE_INT_RANGE, 1, G_MAXINT, "framerate",
          GST_TYPE_FRACTION_RANGE, 1, G_MAXINT, G_MAXINT, 1, NULL);
  GstStructure *structure;

  if (self->began)
    gst_caps_set_simple (
        caps, "framerate", GST_TYPE_FRACTION, *fps_n, *fps_d, NULL);
  caps = restrict_caps (self, caps);
  if (gst_caps_is_empty (caps)) {
    gst_caps_unref (caps);
    return FALSE;
  }
  caps = gst_caps_truncate (gst_caps_make_writable (caps));
  structure = gst_caps_get_structure (caps, 0);
  gst_structure_fixate_field_nearest_int (structure, "width", *width);
  gst_structure_fixate_field_nearest_int (structure, "height", *height);
  gst_structure_fixate_field_nearest_fraction (
      structure, "framerate", *fps_n, *fps_d);
  gst_structure_get_int (structure, "width", width);
  gst_structure_get_int (structure, "height", height);
  gst_structure_get_fraction (structure, "framerate", fps_n, fps_d);
  gst_caps_unref (caps);

  return TRUE;
}

/* The streams begin: what has to be said, and known, before any frame. */
static GstFlowReturn
begin (GstNfClipFeed *self)
{
  gint fps_n = self->position.timeline.fps_n,
       fps_d = self->position.timeline.fps_d;
  GstClockTime duration = self->position.segment.duration;
  gint width = 1, height = 1;
  guint group_id = gst_util_group_id_next ();

  for (guint i = 0; i < N_STREAMS; i++)
    gst_nf_clip_stream_start (&self->streams[i], group_id);
  if (!choose (self, &width, &height, &fps_n, &fps_d))
    return GST_FLOW_NOT_NEGOTIATED;
  GST_OBJECT_LOCK (self->element);
  gst_nf_clip_position_set_framerate (&self->position, fps_n, fps_d);
  GST_OBJECT_UNLOCK (self->element);
  self->began = TRUE;
  if (self->position.segment.duration != duration)
    gst_element_post_message (self->element,
        gst_message_new_duration_changed (GST_OBJECT (self->element)));

  return GST_FLOW_OK;
}

/**
 * gst_nf_clip_feed_go:
 * @event: (transfer none): a seek
 *
 * Goes where a seek says, from the streaming thread or while that stands still.
 *
 * Returns: FALSE when that cannot be done
 */
gboolean
gst_nf_clip_feed_go (GstNfClipFeed *self, GstEvent *event)
{
  GstSegment segment;
  gboolean ok;

  GST_OBJECT_LOCK (self->element);
  ok = gst_nf_clip_position_seek (&self->position, event);
  segment = self->position.segment;
  GST_OBJECT_UNLOCK (self->element);
  GST_DEBUG_OBJECT (
      self->element, "%s %" GST_PTR_FORMAT, ok ? "done:" : "cannot do", event);
  if (!ok)
    return FALSE;
  self->send_segment = TRUE;
  self->send_title = TRUE;
  self->seqnum = gst_event_get_seqnum (event);
  for (guint i = 0; i < N_STREAMS; i++)
    self->streams[i].discont = TRUE;
  gst_flow_combiner_reset (self->combiner);
  if ((segment.flags & GST_SEGMENT_FLAG_SEGMENT) != 0)
    gst_element_post_message (self->element,
        gst_message_new_segment_start (
            GST_OBJECT (self->element), GST_FORMAT_TIME, segment.position));

  return TRUE;
}

/* goes where the next frame is to come from; whether another one comes */
static gboolean
handle_seek (GstNfClipFeed *self)
{
  GstEvent *seek;
  gboolean go_on;

  GST_OBJECT_LOCK (self->element);
  seek = g_steal_pointer (&self->seek);
  GST_OBJECT_UNLOCK (self->element);
  if (seek != NULL && !gst_nf_clip_feed_go (self, seek))
    GST_WARNING_OBJECT (self->element, "cannot do %" GST_PTR_FORMAT, seek);
  gst_clear_event (&seek);
  GST_OBJECT_LOCK (self->element);
  go_on = self->left > 0 && !self->eos
      && !gst_nf_clip_position_is_at_end (&self->position);
  GST_OBJECT_UNLOCK (self->element);

  return go_on;
}

/* @base: running time at which a live source begins */
static void
send_segment (GstNfClipFeed *self, GstClockTime base)
{
  if (!self->send_segment)
    return;
  self->send_segment = FALSE;
  GST_OBJECT_LOCK (self->element);
  self->position.segment.base += base;
  GST_OBJECT_UNLOCK (self->element);
  push_numbered (self, gst_event_new_segment (&self->position.segment));
}

/* after the segment, for such is the order of events */
static void
push_ordered_events (GstNfClipFeed *self)
{
  GstEvent *event;

  GST_OBJECT_LOCK (self->element);
  while ((event = g_queue_pop_head (&self->events)) != NULL) {
    GST_OBJECT_UNLOCK (self->element);
    gst_nf_clip_feed_push_event (self, event);
    GST_OBJECT_LOCK (self->element);
  }
  GST_OBJECT_UNLOCK (self->element);
}

/* says which clip the next frames are from */
static void
send_title (GstNfClipFeed *self)
{
  if (self->send_title && self->format.title != NULL)
    push_numbered (self,
        gst_event_new_tag (
            gst_tag_list_new (GST_TAG_TITLE, self->format.title, NULL)));
  self->send_title = FALSE;
}

static void
set_size (GstNfClipFeed *self, gint width, gint height)
{
  const GstNfClipTimeline *timeline = &self->position.timeline;

  for (guint i = 0; i < N_STREAMS; i++)
    gst_nf_clip_stream_set_info (
        &self->streams[i], width, height, timeline->fps_n, timeline->fps_d);
  self->format.width = width;
  self->format.height = height;
}

/* downstream may have come to want another size meanwhile; a pad that is not
 * linked asks for ever, and nobody sees its frames */
static GstFlowReturn
renegotiate (GstNfClipFeed *self)
{
  gint fps_n = self->position.timeline.fps_n,
       fps_d = self->position.timeline.fps_d;
  gint width = self->format.width, height = self->format.height;
  gboolean asked = FALSE;

  for (guint i = 0; i < N_STREAMS; i++)
    asked |= gst_pad_is_linked (self->streams[i].pad)
        && GST_PAD_NEEDS_RECONFIGURE (self->streams[i].pad);
  if (!asked || width == 0 || !self->hooks->any_size)
    return GST_FLOW_OK;
  if (!choose (self, &width, &height, &fps_n, &fps_d))
    return GST_FLOW_NOT_NEGOTIATED;
  set_size (self, width, height);

  return GST_FLOW_OK;
}

/* what becomes of a clip that cannot be got */
static GstFlowReturn
refuse_clip (GstNfClipFeed *self, const GError *error)
{
  const GstNfClipHooks *hooks = self->hooks;

  self->format.title = NULL; /* it ended with the clip before */
  if (hooks->skips_bad_clips == NULL
      || !hooks->skips_bad_clips (self->element)) {
    gst_nf_element_error (self->element, error);
    return FLOW_POSTED;
  }
  GST_ELEMENT_WARNING (self->element, RESOURCE, READ,
      ("A clip is left out: %s", error->message),
      ("on-error=stop ends the stream there"));

  return FLOW_SKIP;
}

/* makes the clip of the next frame the one that is drawn */
static GstFlowReturn
begin_clip (GstNfClipFeed *self, guint64 clip)
{
  const GstNfClipHooks *hooks = self->hooks;
  gint fps_n = self->position.timeline.fps_n,
       fps_d = self->position.timeline.fps_d;
  GstNfClipFormat format = { 0 };
  g_autoptr (GError) error = NULL;

  if (clip == self->clip)
    return GST_FLOW_OK;
  GST_DEBUG_OBJECT (self->element, "clip %" G_GUINT64_FORMAT, clip);
  self->clip = G_MAXUINT64;
  if (!hooks->begin_clip (self->element, clip, &format, &error))
    return refuse_clip (self, error);
  if (hooks->any_size && self->format.width > 0) {
    format.width = self->format.width;
    format.height = self->format.height;
  } else if (hooks->any_size) {
    if (!choose (self, &format.width, &format.height, &fps_n, &fps_d))
      return GST_FLOW_NOT_NEGOTIATED;
  }
  self->format = format;
  set_size (self, format.width, format.height);
  self->clip = clip;
  self->send_title = TRUE;

  return GST_FLOW_OK;
}

/* draws the next frame for those pads that are linked */
static GstFlowReturn
draw (GstNfClipFeed *self, guint frame)
{
  g_autoptr (GError) error = NULL;
  GstVideoFrame *frames[N_STREAMS] = { NULL };
  GstFlowReturn flow = GST_FLOW_OK;

  for (guint i = 0; i < N_STREAMS; i++) {
    GstNfClipStream *stream = &self->streams[i];
    GstFlowReturn one = GST_FLOW_OK;

    if (i == VIDEO || self->format.has_mask)
      one = gst_nf_clip_stream_begin_frame (stream);
    else if (!gst_pad_is_linked (stream->pad))
      one = GST_FLOW_NOT_LINKED;
    if (one == GST_FLOW_ERROR) {
      gst_nf_element_no_frame (self->element, one, stream->pad);
      return FLOW_POSTED;
    }
    flow = gst_flow_combiner_update_pad_flow (self->combiner, stream->pad, one);
    frames[i] = stream->drawing ? &stream->frame : NULL;
  }
  if (flow != GST_FLOW_OK || (frames[VIDEO] == NULL && frames[MASK] == NULL)
      || self->hooks->draw (
          self->element, frame, frames[VIDEO], frames[MASK], &error))
    return flow;
  gst_nf_element_error (self->element, error);

  return FLOW_POSTED;
}

/* waits for the frame's time where the source is live; says which segment it
 * is in where that is new */
static GstFlowReturn
wait_turn (GstNfClipFeed *self)
{
  GstClockTime now, time;
  gboolean eos;

  if (gst_nf_clip_pacer_wait_playing (&self->pacer, &now)) {
    send_segment (self, now);
    push_ordered_events (self);
    send_title (self);
    GST_OBJECT_LOCK (self->element);
    time = gst_nf_clip_position_running_time (&self->position);
    GST_OBJECT_UNLOCK (self->element);
    if (gst_nf_clip_pacer_wait (&self->pacer, time))
      return GST_FLOW_OK;
  }
  GST_OBJECT_LOCK (self->element);
  eos = self->eos;
  GST_OBJECT_UNLOCK (self->element);

  return eos ? GST_FLOW_EOS : GST_FLOW_FLUSHING;
}

/* pushes what was drawn, or that there is nothing */
static GstFlowReturn
push (GstNfClipFeed *self)
{
  const GstNfClipTimeline *timeline = &self->position.timeline;
  guint64 frame = self->position.next_frame;
  GstClockTime time = gst_nf_clip_timeline_time (timeline, frame);
  GstClockTime duration =
      gst_nf_clip_timeline_time (timeline, frame + 1) - time;
  const gboolean both =
      self->streams[VIDEO].drawing && self->streams[MASK].drawing;
  GstFlowReturn flow = GST_FLOW_OK;

  self->left--;
  /* first, for whoever gets a frame may seek at once: the rest is dropped */
  GST_OBJECT_LOCK (self->element);
  gst_nf_clip_position_advance (&self->position);
  GST_OBJECT_UNLOCK (self->element);
  for (guint i = 0; i < N_STREAMS && !self->send_segment; i++) {
    GstNfClipStream *stream = &self->streams[i];
    GstFlowReturn one = GST_FLOW_NOT_LINKED;
    GstClockID watched = NULL;

    if (both)
      watched =
          gst_nf_clip_watch_begin (&self->watch, self->element, stream->pad);
    if (stream->drawing)
      one = gst_nf_clip_stream_push (stream, time, duration, frame);
    else if (i == MASK && !self->format.has_mask)
      one = gst_nf_clip_stream_push_gap (stream, time, duration);
    gst_nf_clip_watch_end (watched);
    flow = gst_flow_combiner_update_pad_flow (self->combiner, stream->pad, one);
  }

  return flow;
}

/* says that there is nothing from the next frame on until another clip begins;
 * before the first caps that cannot be said, for the segment comes after them */
static GstFlowReturn
pass_over (GstNfClipFeed *self, guint64 clip)
{
  const GstNfClipTimeline *timeline = &self->position.timeline;
  guint64 end = gst_nf_clip_timeline_first_frame (timeline, clip + 1);
  GstClockTime time =
      gst_nf_clip_timeline_time (timeline, self->position.next_frame);
  GstClockTime duration = gst_nf_clip_timeline_time (timeline, end) - time;
  const gboolean announced = self->format.width > 0;
  GstFlowReturn flow = announced ? wait_turn (self) : GST_FLOW_OK;

  if (flow != GST_FLOW_OK)
    return flow;
  GST_OBJECT_LOCK (self->element);
  gst_nf_clip_position_go_to (&self->position, end);
  GST_OBJECT_UNLOCK (self->element);
  for (guint i = 0; i < N_STREAMS && announced; i++) {
    GstPad *pad = self->streams[i].pad;

    flow = gst_flow_combiner_update_pad_flow (self->combiner, pad,
        gst_nf_clip_stream_push_gap (&self->streams[i], time, duration));
  }

  return flow;
}

/**
 * gst_nf_clip_feed_step:
 *
 * One frame on both pads.
 *
 * Returns: why there are no more, if not %GST_FLOW_OK; to be given to
 *   gst_nf_clip_feed_finish()
 */
GstFlowReturn
gst_nf_clip_feed_step (GstNfClipFeed *self)
{
  const GstNfClipTimeline *timeline = &self->position.timeline;
  GstFlowReturn flow = GST_FLOW_OK;
  guint64 clip, first;

  if (!self->began)
    flow = begin (self);
  if (flow != GST_FLOW_OK)
    return flow;
  if (!handle_seek (self))
    return GST_FLOW_EOS;
  clip = gst_nf_clip_timeline_clip_at (timeline, self->position.next_frame);
  first = gst_nf_clip_timeline_first_frame (timeline, clip);
  if (self->position.next_frame == first)
    for (guint i = 0; i < N_STREAMS; i++)
      self->streams[i].discont = TRUE;
  flow = renegotiate (self);
  if (flow == GST_FLOW_OK)
    flow = begin_clip (self, clip);
  if (flow == FLOW_SKIP)
    return pass_over (self, clip);
  if (flow == GST_FLOW_OK)
    flow = draw (self, self->position.next_frame - first);
  if (flow == GST_FLOW_OK)
    flow = wait_turn (self);
  if (flow == GST_FLOW_OK)
    flow = push (self);
  for (guint i = 0; i < N_STREAMS; i++)
    gst_nf_clip_stream_drop (&self->streams[i]);

  return flow;
}

static void
report (GstNfClipFeed *self, GstFlowReturn flow)
{

  switch (flow) {
    case FLOW_POSTED:
      break;
    case GST_FLOW_NOT_LINKED:
      GST_ELEMENT_ERROR (self->element, STREAM, FAILED,
          ("Nobody takes the frames. Link the pad 'video', the pad 'mask', or "
           "both."),
          ("streaming stopped, reason %s (%d)", gst_flow_get_name (flow),
              flow));
      break;
    case GST_FLOW_NOT_NEGOTIATED:
      GST_ELEMENT_ERROR (self->element, STREAM, FORMAT,
          ("The next elements do not take these frames: RGB from the pad "
           "'video', GRAY8 class ids from the pad 'mask', of one size and "
           "framerate. Put videoconvert, videoscale (for masks with "
           "method=nearest-neighbour) or videorate behind the pads."),
          ("size %dx%d (0x0: not yet chosen), framerate %d/%d",
              self->format.width, self->format.height,
              self->position.timeline.fps_n, self->position.timeline.fps_d));
      break;
    default:
      GST_ELEMENT_FLOW_ERROR (self->element, flow);
      break;
  }
}

/* the end of what a segment seek asked for */
static void
push_segment_done (GstNfClipFeed *self)
{
  const GstSegment *segment = &self->position.segment;
  gint64 position = MIN (segment->position, segment->stop);
  GstMessage *message = gst_message_new_segment_done (
      GST_OBJECT (self->element), GST_FORMAT_TIME, position);

  gst_message_set_seqnum (message, self->seqnum);
  gst_element_post_message (self->element, message);
  push_numbered (self, gst_event_new_segment_done (GST_FORMAT_TIME, position));
}

/**
 * gst_nf_clip_feed_finish:
 * @flow: why there are no more frames; not %GST_FLOW_FLUSHING
 *
 * Says so: to both pads, and in an error message where it is one.
 */
void
gst_nf_clip_feed_finish (GstNfClipFeed *self, GstFlowReturn flow)
{
  gboolean segment_done = flow == GST_FLOW_EOS
      && (self->position.segment.flags & GST_SEGMENT_FLAG_SEGMENT) != 0;

  GST_OBJECT_LOCK (self->element);
  segment_done &= !self->eos;
  GST_OBJECT_UNLOCK (self->element);
  if (flow != GST_FLOW_EOS)
    report (self, flow);
  send_segment (self, 0);
  push_ordered_events (self);
  if (segment_done)
    push_segment_done (self);
  else
    push_numbered (self, gst_event_new_eos ());
}
