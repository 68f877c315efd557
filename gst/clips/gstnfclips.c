/* SPDX-License-Identifier: MIT
 *
 * gstnfclips — what nfclipsrc and nfscenesrc share: a source of clips
 *
 * The task of the pad `video` feeds both pads. It owns what is drawn; seeks,
 * queries and state changes come from other threads. A flushing seek stops the
 * task, any other one is left for it to take before its next frame. */
#include "clips/gstnfclips.h"

#include "clips/gstnfclipfeed.h"
#include "common/gstnferror.h"
#include "common/gstnfproperties.h"

GST_DEBUG_CATEGORY (gst_nf_clips_debug);
#define GST_CAT_DEFAULT gst_nf_clips_debug

typedef struct
{
  guint64 first;
  gint64 clips; /* -1: all */
  GstNfFraction framerate;
  gboolean is_live;
  gint num_buffers; /* -1: all */
} Settings;

typedef struct
{
  GstNfClipFeed feed;
  Settings settings; /* object lock */

  GMutex seek_lock; /* seeks, starting and stopping; never while streaming */
  gboolean started; /* seek lock */
  guint32 last_seek; /* seek lock: its number */
} GstNfClipsPrivate;

/* without a framerate there are no times */
#define CAPS(format)                                                           \
  "video/x-raw, format = " format ", width = " GST_VIDEO_SIZE_RANGE            \
  ", height = " GST_VIDEO_SIZE_RANGE                                           \
  ", framerate = (fraction) [ 1/2147483647, 2147483647/1 ]"

static GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE (
    "video", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS ("RGB")));

static GstStaticPadTemplate mask_template = GST_STATIC_PAD_TEMPLATE (
    "mask", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS ("GRAY8")));

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (GstNfClips, gst_nf_clips, GST_TYPE_ELEMENT)

#define PRIV(self)                                                             \
  ((GstNfClipsPrivate *) gst_nf_clips_get_instance_private (self))

static void gst_nf_clips_finalize (GObject *object);
static GstStateChangeReturn gst_nf_clips_change_state (
    GstElement *element, GstStateChange transition);
static gboolean gst_nf_clips_send_event (GstElement *element, GstEvent *event);
static gboolean gst_nf_clips_src_query (
    GstPad *pad, GstObject *parent, GstQuery *query);
static gboolean gst_nf_clips_src_event (
    GstPad *pad, GstObject *parent, GstEvent *event);

static const GstNfProperty properties[] = {
  {
      .name = "first",
      .nick = "First clip",
      .blurb = "Number of the first clip, from 0",
      .details = "Clip N is the same whichever one is the first, so that a "
                 "long run can be split.",
      GST_NF_UINT64 (0, G_MAXINT64, 0),
      GST_NF_FIELD (Settings, first),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "clips",
      .nick = "Clips",
      .blurb = "How many clips come before EOS (-1: all there are)",
      .details = "Where there are fewer, all of them come. nfscenesrc makes "
                 "them without end.",
      GST_NF_INT64 (-1, G_MAXINT64, -1),
      GST_NF_FIELD (Settings, clips),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "framerate",
      .nick = "Framerate",
      .blurb = "Frames per second, where downstream leaves the choice",
      .details = "It changes times alone, never what is in the frames.",
      GST_NF_FRACTION (25, 1),
      GST_NF_FIELD (Settings, framerate),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "is-live",
      .nick = "Is live",
      .blurb = "Push frames at their time, as a camera does",
      .details = "Then they come only while PLAYING, and the source cannot "
                 "seek.",
      GST_NF_BOOLEAN (FALSE),
      GST_NF_FIELD (Settings, is_live),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "num-buffers",
      .nick = "Number of buffers",
      .blurb = "How many frames each pad pushes before EOS (-1: all)",
      .details =
          "Counted since the start, whatever seeks there are; it may end "
          "within a clip.",
      GST_NF_INT (-1, G_MAXINT, -1),
      GST_NF_FIELD (Settings, num_buffers),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  GST_NF_PROPERTIES_END,
};

static void
gst_nf_clips_class_init (GstNfClipsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gst_nf_clips_debug, "nfclips", 0, "sources of clips");

  object_class->finalize = gst_nf_clips_finalize;
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_nf_clips_change_state);
  element_class->send_event = GST_DEBUG_FUNCPTR (gst_nf_clips_send_event);

  gst_nf_properties_install (
      object_class, properties, G_PRIVATE_OFFSET (GstNfClips, settings));
  gst_element_class_add_static_pad_template (element_class, &video_template);
  gst_element_class_add_static_pad_template (element_class, &mask_template);
  gst_type_mark_as_plugin_api (GST_TYPE_NF_CLIPS, 0);
  /* applications find it by its nick from here on */
  gst_nf_clip_format ();
}

static void
gst_nf_clips_init (GstNfClips *self)
{
  GstNfClipsPrivate *priv = PRIV (self);

  gst_nf_properties_init (properties, &priv->settings);
  g_mutex_init (&priv->seek_lock);
  gst_nf_clip_feed_init (&priv->feed, GST_ELEMENT (self));
  for (guint i = 0; i < GST_NF_CLIP_N_STREAMS; i++) {
    GstPad *pad = priv->feed.streams[i].pad;

    gst_pad_set_query_function (
        pad, GST_DEBUG_FUNCPTR (gst_nf_clips_src_query));
    gst_pad_set_event_function (
        pad, GST_DEBUG_FUNCPTR (gst_nf_clips_src_event));
  }
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SOURCE);
}

static void
gst_nf_clips_finalize (GObject *object)
{
  GstNfClipsPrivate *priv = PRIV (GST_NF_CLIPS (object));

  gst_nf_clip_feed_clear (&priv->feed);
  g_mutex_clear (&priv->seek_lock);

  G_OBJECT_CLASS (gst_nf_clips_parent_class)->finalize (object);
}

/* the task of the first pad feeds both */
static GstPad *
gst_nf_clips_task_pad (GstNfClips *self)
{
  return PRIV (self)->feed.streams[GST_NF_CLIP_VIDEO].pad;
}

static void
gst_nf_clips_loop (gpointer data)
{
  GstNfClips *self = data;
  GstNfClipFeed *feed = &PRIV (self)->feed;
  GstPad *pad = gst_nf_clips_task_pad (self);
  GstFlowReturn flow = gst_nf_clip_feed_step (feed);

  if (flow == GST_FLOW_OK)
    return;
  GST_DEBUG_OBJECT (self, "pausing: %s", gst_flow_get_name (flow));
  gst_pad_pause_task (pad);
  if (flow == GST_FLOW_FLUSHING)
    return;
  /* a seek that came just now may have started the task before it was paused */
  if (flow == GST_FLOW_EOS && gst_nf_clip_feed_has_seek (feed))
    gst_pad_start_task (pad, gst_nf_clips_loop, self, NULL);
  else
    gst_nf_clip_feed_finish (feed, flow);
}

static gboolean
gst_nf_clips_start (GstNfClips *self)
{
  GstNfClipsClass *klass = GST_NF_CLIPS_GET_CLASS (self);
  GstNfClipsPrivate *priv = PRIV (self);
  g_autoptr (GError) error = NULL;
  GstNfClipTimeline timeline;
  Settings settings;
  guint64 n_clips;

  GST_OBJECT_LOCK (self);
  settings = priv->settings;
  GST_OBJECT_UNLOCK (self);
  n_clips = settings.clips < 0 ? G_MAXUINT64 : (guint64) settings.clips;
  gst_nf_clip_timeline_init (
      &timeline, settings.framerate.n, settings.framerate.d);
  if (!klass->open (self, settings.first, n_clips, &timeline, &error)) {
    gst_nf_clip_timeline_clear (&timeline);
    klass->close (self);
    gst_nf_element_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  gst_nf_clip_feed_start (&priv->feed, &klass->hooks, &timeline,
      settings.is_live,
      settings.num_buffers < 0 ? G_MAXUINT64 : (guint64) settings.num_buffers);

  return TRUE;
}

static void
gst_nf_clips_run (GstNfClips *self)
{
  GstNfClipsPrivate *priv = PRIV (self);

  g_mutex_lock (&priv->seek_lock);
  priv->started = TRUE;
  priv->last_seek = GST_SEQNUM_INVALID;
  gst_pad_start_task (
      gst_nf_clips_task_pad (self), gst_nf_clips_loop, self, NULL);
  g_mutex_unlock (&priv->seek_lock);
}

/* the streaming thread ends */
static void
gst_nf_clips_halt (GstNfClips *self)
{
  GstNfClipsPrivate *priv = PRIV (self);

  g_mutex_lock (&priv->seek_lock);
  priv->started = FALSE;
  g_mutex_unlock (&priv->seek_lock);
  gst_nf_clip_pacer_interrupt (&priv->feed.pacer);
  gst_nf_clip_feed_set_flushing (&priv->feed, TRUE);
  /* a pad that is deactivated lets go of the thread; the one that has the task
   * waits for its end, so it goes last */
  gst_pad_set_active (priv->feed.streams[GST_NF_CLIP_MASK].pad, FALSE);
  gst_pad_set_active (gst_nf_clips_task_pad (self), FALSE);
  gst_pad_stop_task (gst_nf_clips_task_pad (self));
}

static void
gst_nf_clips_stop (GstNfClips *self)
{
  gst_nf_clip_feed_stop (&PRIV (self)->feed);
  GST_NF_CLIPS_GET_CLASS (self)->close (self);
}

static GstStateChangeReturn
gst_nf_clips_change_state (GstElement *element, GstStateChange transition)
{
  GstNfClips *self = GST_NF_CLIPS (element);
  GstNfClipPacer *pacer = &PRIV (self)->feed.pacer;
  GstStateChangeReturn ret;
  gboolean no_preroll = FALSE;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED
      && !gst_nf_clips_start (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED)
    gst_nf_clip_pacer_set_playing (pacer, FALSE);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    gst_nf_clips_halt (self);
  ret = GST_ELEMENT_CLASS (gst_nf_clips_parent_class)
            ->change_state (element, transition);
  switch (transition) {
    case GST_STATE_CHANGE_READY_TO_PAUSED:
      no_preroll = gst_nf_clip_pacer_is_live (pacer);
      if (ret == GST_STATE_CHANGE_FAILURE)
        gst_nf_clips_stop (self);
      else
        gst_nf_clips_run (self);
      break;
    case GST_STATE_CHANGE_PAUSED_TO_PLAYING:
      gst_nf_clip_pacer_set_playing (pacer, TRUE);
      break;
    case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
      no_preroll = gst_nf_clip_pacer_is_live (pacer);
      break;
    case GST_STATE_CHANGE_PAUSED_TO_READY:
      gst_nf_clips_stop (self);
      break;
    default:
      break;
  }
  if (ret == GST_STATE_CHANGE_SUCCESS && no_preroll)
    return GST_STATE_CHANGE_NO_PREROLL;

  return ret;
}

static void
gst_nf_clips_flushing_seek (GstNfClips *self, GstEvent *seek)
{
  GstNfClipFeed *feed = &PRIV (self)->feed;
  GstPad *pad = gst_nf_clips_task_pad (self);
  GstEvent *start = gst_event_new_flush_start ();
  GstEvent *stop = gst_event_new_flush_stop (TRUE);

  gst_event_set_seqnum (start, gst_event_get_seqnum (seek));
  gst_event_set_seqnum (stop, gst_event_get_seqnum (seek));
  gst_nf_clip_feed_push_event (feed, start);
  gst_nf_clip_feed_set_flushing (feed, TRUE);
  gst_pad_pause_task (pad);
  GST_PAD_STREAM_LOCK (pad);
  gst_nf_clip_feed_set_flushing (feed, FALSE);
  gst_nf_clip_feed_push_event (feed, stop);
  gst_nf_clip_feed_forget_orders (feed);
  gst_nf_clip_pacer_resume (&feed->pacer);
  gst_nf_clip_feed_go (feed, seek);
  gst_pad_start_task (pad, gst_nf_clips_loop, self, NULL);
  GST_PAD_STREAM_UNLOCK (pad);
}

/* whether the seek can be done */
static gboolean
gst_nf_clips_can_seek (GstNfClips *self, GstEvent *event)
{
  GstNfClipFeed *feed = &PRIV (self)->feed;
  GstNfClipPosition position;
  gboolean ok;

  if (gst_nf_clip_pacer_is_live (&feed->pacer))
    return FALSE;
  GST_OBJECT_LOCK (self);
  position = feed->position;
  ok = gst_nf_clip_position_seek (&position, event);
  GST_OBJECT_UNLOCK (self);

  return ok;
}

/* with the seek lock, while started */
static gboolean
gst_nf_clips_do_seek (GstNfClips *self, GstEvent *event)
{
  GstSeekFlags flags;

  if (!gst_nf_clips_can_seek (self, event))
    return FALSE;
  gst_event_parse_seek (event, NULL, NULL, &flags, NULL, NULL, NULL, NULL);
  if ((flags & GST_SEEK_FLAG_FLUSH) != 0) {
    gst_nf_clips_flushing_seek (self, event);
    return TRUE;
  }
  gst_nf_clip_feed_order_seek (&PRIV (self)->feed, event);
  gst_pad_start_task (
      gst_nf_clips_task_pad (self), gst_nf_clips_loop, self, NULL);

  return TRUE;
}

/* when both streams end in sinks, a seek comes from each pad: it is done once;
 * before the start it is kept until then */
static gboolean
gst_nf_clips_seek (GstNfClips *self, GstEvent *event)
{
  GstNfClipsPrivate *priv = PRIV (self);
  guint32 seqnum = gst_event_get_seqnum (event);
  gboolean ok = TRUE;

  g_mutex_lock (&priv->seek_lock);
  if (!priv->started)
    gst_nf_clip_feed_order_seek (&priv->feed, event);
  else if (seqnum != priv->last_seek)
    ok = gst_nf_clips_do_seek (self, event);
  if (ok && priv->started)
    priv->last_seek = seqnum;
  g_mutex_unlock (&priv->seek_lock);
  GST_DEBUG_OBJECT (
      self, "%s %" GST_PTR_FORMAT, ok ? "takes" : "cannot do", event);

  return ok;
}

/* what an application sends to the element goes to both pads */
static gboolean
gst_nf_clips_send_event (GstElement *element, GstEvent *event)
{
  GstNfClips *self = GST_NF_CLIPS (element);
  GstNfClipFeed *feed = &PRIV (self)->feed;
  gboolean ok = TRUE;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_SEEK:
      ok = gst_nf_clips_seek (self, event);
      break;
    case GST_EVENT_EOS:
      gst_nf_clip_feed_order_eos (feed);
      break;
    case GST_EVENT_TAG:
    case GST_EVENT_CUSTOM_DOWNSTREAM:
    case GST_EVENT_CUSTOM_DOWNSTREAM_STICKY:
      gst_nf_clip_feed_order_event (feed, gst_event_ref (event));
      break;
    case GST_EVENT_CUSTOM_DOWNSTREAM_OOB:
      gst_nf_clip_feed_push_event (feed, gst_event_ref (event));
      break;
    default:
      ok = FALSE;
      break;
  }
  gst_event_unref (event);

  return ok;
}

static gboolean
gst_nf_clips_src_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  gboolean ok = TRUE;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_SEEK:
      ok = gst_nf_clips_seek (GST_NF_CLIPS (parent), event);
      break;
    case GST_EVENT_QOS: /* every frame is drawn, late or not */
    case GST_EVENT_LATENCY:
    case GST_EVENT_RECONFIGURE: /* before the next frame */
      break;
    default:
      ok = FALSE;
      break;
  }
  gst_event_unref (event);

  return ok;
}

/* the answers that come from where the source is; FALSE for other queries */
static gboolean
gst_nf_clips_answer (GstNfClips *self, GstQuery *query)
{
  const GstNfClipPosition *position = &PRIV (self)->feed.position;
  GstFormat format, to;
  gint64 value, result;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_DURATION:
      gst_query_parse_duration (query, &format, NULL);
      value = gst_nf_clip_timeline_duration (&position->timeline, format);
      gst_query_set_duration (query, format, value);
      return value >= 0;
    case GST_QUERY_POSITION:
      gst_query_parse_position (query, &format, NULL);
      value = gst_nf_clip_position_get (position, format);
      gst_query_set_position (query, format, value);
      return value >= 0;
    case GST_QUERY_CONVERT:
      gst_query_parse_convert (query, &format, &value, &to, NULL);
      if (!gst_nf_clip_timeline_convert (
              &position->timeline, format, value, to, &result))
        return FALSE;
      gst_query_set_convert (query, format, value, to, result);
      return TRUE;
    default:
      return FALSE;
  }
}

static void
gst_nf_clips_answer_seeking (GstNfClips *self, GstQuery *query)
{
  GstNfClipFeed *feed = &PRIV (self)->feed;
  gboolean seekable = !gst_nf_clip_pacer_is_live (&feed->pacer);
  GstFormat format;
  gint64 end;

  gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
  seekable &= format == GST_FORMAT_TIME || format == GST_FORMAT_DEFAULT
      || format == gst_nf_clip_format ();
  GST_OBJECT_LOCK (self);
  end = gst_nf_clip_timeline_duration (&feed->position.timeline, format);
  GST_OBJECT_UNLOCK (self);
  gst_query_set_seeking (query, format, seekable, 0, end);
}

/* a live source is a frame late at most: it draws while the one before is
 * shown */
static void
gst_nf_clips_answer_latency (GstNfClips *self, GstQuery *query)
{
  GstNfClipFeed *feed = &PRIV (self)->feed;
  gboolean live = gst_nf_clip_pacer_is_live (&feed->pacer);
  GstClockTime frame;

  GST_OBJECT_LOCK (self);
  frame = gst_nf_clip_timeline_time (&feed->position.timeline, 1);
  GST_OBJECT_UNLOCK (self);
  gst_query_set_latency (query, live, live ? frame : 0, GST_CLOCK_TIME_NONE);
}

static gboolean
gst_nf_clips_src_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstNfClips *self = GST_NF_CLIPS (parent);
  gboolean ok;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_DURATION:
    case GST_QUERY_POSITION:
    case GST_QUERY_CONVERT:
      GST_OBJECT_LOCK (self);
      ok = gst_nf_clips_answer (self, query);
      GST_OBJECT_UNLOCK (self);
      return ok;
    case GST_QUERY_SEEKING:
      gst_nf_clips_answer_seeking (self, query);
      return TRUE;
    case GST_QUERY_LATENCY:
      gst_nf_clips_answer_latency (self, query);
      return TRUE;
    case GST_QUERY_SCHEDULING:
      gst_query_set_scheduling (
          query, GST_SCHEDULING_FLAG_SEQUENTIAL, 1, -1, 0);
      gst_query_add_scheduling_mode (query, GST_PAD_MODE_PUSH);
      return TRUE;
    default:
      return gst_pad_query_default (pad, parent, query);
  }
}
