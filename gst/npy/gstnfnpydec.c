/* SPDX-License-Identifier: MIT
 *
 * gstnfnpydec — nfnpydec: NumPy arrays as video
 *
 * An array of shape (T, H, W) is T frames. The header gives the caps, the
 * number of frames and so the duration; the elements follow frame by frame
 * without padding, so a time is an offset in the file, and seeking in time is
 * seeking in bytes upstream.
 * Siblings: gstnfnpyreader.c (bytes), gstnfnpystream.c (times),
 * gstnfnpyenc.c */

/**
 * SECTION:element-nfnpydec
 * @title: nfnpydec
 * @short_description: Reads NumPy arrays (.npy) as video
 * @see_also: nfnpyenc, nfiou
 *
 * Turns a stream of .npy files into raw video. The shape of the array decides:
 *
 * * (T, H, W) of bytes is T frames of GRAY8, of 16-bit numbers T frames of
 *   GRAY16_LE or GRAY16_BE
 * * (T, H, W, 3) of bytes is T frames of RGB
 * * (H, W) is one frame, and (T, H, W, 1) is the same as (T, H, W)
 *
 * Booleans and whole numbers of other sizes, as masks are often saved, become
 * GRAY8 when every value lies in 0 to 255. Other element types and arrays in
 * Fortran order are refused, with the reason. Three axes are always (T, H, W),
 * even if the last one has length 3.
 *
 * The first frame's time is 0, the others follow at #GstNfNpyDec:framerate.
 * When upstream can seek in bytes (filesrc can), the element seeks in time.
 * Arrays that follow each other in one stream are shown one after the other;
 * the first frame of each is marked DISCONT. A file that ends too early is an
 * error that says how many frames were expected and how many were found.
 *
 * ## Example
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=22 ! video/x-raw,format=GRAY8,width=240,height=160 ! nfnpyenc ! filesink location=mask.npy
 * gst-launch-1.0 filesrc location=mask.npy ! nfnpydec framerate=10/1 ! videoconvert ! fakesink
 * ]| The first line writes an array of shape (22, 160, 240), the second one
 * plays it.
 *
 * Since: 0.1
 */
#include "npy/gstnfnpydec.h"

#include "common/gstnfearly.h"
#include "common/gstnferror.h"
#include "common/gstnfpool.h"
#include "common/gstnfproperties.h"
#include "gstnfelements.h"
#include "npy/gstnfnpyreader.h"

GST_DEBUG_CATEGORY_STATIC (gst_nf_npy_dec_debug);
#define GST_CAT_DEFAULT gst_nf_npy_dec_debug

typedef struct
{
  GstNfFraction framerate;
  gboolean palette;
} Settings;

struct _GstNfNpyDec
{
  GstElement parent;
  GstPad *sinkpad;
  GstPad *srcpad;

  /* object lock: written by the streaming thread, read by seeks and queries */
  Settings settings;
  GstNfNpyStream stream;

  /* streaming thread */
  GstNfNpyReader reader;
  GstBufferPool *pool;
  gboolean send_segment;
  guint32 segment_seqnum;
  gint64 segment_offset; /* of running time, as upstream's segment had it */
  GQueue early; /* events that came before our segment and must follow it */
  gboolean discont;
  GstFlowReturn flow; /* of the latest buffer */
};

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_NF_NPY_CAPS "; " GST_NF_NPY_OLD_CAPS));

static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_NF_NPY_FORMATS)));

G_DEFINE_TYPE (GstNfNpyDec, gst_nf_npy_dec, GST_TYPE_ELEMENT)

static void gst_nf_npy_dec_finalize (GObject *object);
static GstStateChangeReturn gst_nf_npy_dec_change_state (
    GstElement *element, GstStateChange transition);
static gboolean gst_nf_npy_dec_sink_query (
    GstPad *pad, GstObject *parent, GstQuery *query);
static gboolean gst_nf_npy_dec_src_query (
    GstPad *pad, GstObject *parent, GstQuery *query);
static gboolean gst_nf_npy_dec_src_event (
    GstPad *pad, GstObject *parent, GstEvent *event);
static gboolean gst_nf_npy_dec_sink_event (
    GstPad *pad, GstObject *parent, GstEvent *event);
static GstFlowReturn gst_nf_npy_dec_chain (
    GstPad *pad, GstObject *parent, GstBuffer *buffer);

static const GstNfProperty properties[] = {
  {
      .name = "framerate",
      .nick = "Framerate",
      .blurb = "Frames per second, which the file itself does not say",
      .details = "Frame N of the array is shown at N / framerate.",
      GST_NF_FRACTION (25, 1),
      GST_NF_FIELD (Settings, framerate),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "palette",
      .nick = "Palette",
      .blurb = "Show class ids as RGB, every class in its colour",
      .details = "The colours are those of `nfsegment output=palette`. Arrays "
                 "of other values than bytes are not changed.",
      GST_NF_BOOLEAN (FALSE),
      GST_NF_FIELD (Settings, palette),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  GST_NF_PROPERTIES_END,
};

static void
gst_nf_npy_dec_class_init (GstNfNpyDecClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gst_nf_npy_dec_debug, "nfnpydec", 0, "NumPy arrays as video");

  object_class->finalize = gst_nf_npy_dec_finalize;
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_nf_npy_dec_change_state);

  gst_nf_properties_install (
      object_class, properties, G_STRUCT_OFFSET (GstNfNpyDec, settings));
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "NumPy array decoder",
      "Codec/Decoder/Video", "Reads NumPy arrays (.npy) as gray or RGB video",
      GST_NF_AUTHOR);
}

static void
gst_nf_npy_dec_init (GstNfNpyDec *self)
{
  self->sinkpad = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (
      self->sinkpad, GST_DEBUG_FUNCPTR (gst_nf_npy_dec_chain));
  gst_pad_set_event_function (
      self->sinkpad, GST_DEBUG_FUNCPTR (gst_nf_npy_dec_sink_event));
  gst_pad_set_query_function (
      self->sinkpad, GST_DEBUG_FUNCPTR (gst_nf_npy_dec_sink_query));
  gst_element_add_pad (GST_ELEMENT (self), self->sinkpad);

  self->srcpad = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_query_function (
      self->srcpad, GST_DEBUG_FUNCPTR (gst_nf_npy_dec_src_query));
  gst_pad_set_event_function (
      self->srcpad, GST_DEBUG_FUNCPTR (gst_nf_npy_dec_src_event));
  gst_pad_use_fixed_caps (self->srcpad);
  gst_element_add_pad (GST_ELEMENT (self), self->srcpad);

  gst_nf_properties_init (properties, &self->settings);
  gst_nf_npy_stream_init (&self->stream);
  gst_nf_npy_reader_init (&self->reader, GST_ELEMENT (self));
}

static void
gst_nf_npy_dec_finalize (GObject *object)
{
  GstNfNpyDec *self = GST_NF_NPY_DEC (object);

  gst_nf_npy_stream_reset (&self->stream);
  gst_nf_npy_reader_clear (&self->reader);

  G_OBJECT_CLASS (gst_nf_npy_dec_parent_class)->finalize (object);
}

static void
gst_nf_npy_dec_begin_reading (GstNfNpyDec *self)
{
  gst_nf_npy_reader_begin (&self->reader);
  self->discont = TRUE;
  self->flow = GST_FLOW_OK;
}

static GstStateChangeReturn
gst_nf_npy_dec_change_state (GstElement *element, GstStateChange transition)
{
  GstNfNpyDec *self = GST_NF_NPY_DEC (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    gst_nf_npy_dec_begin_reading (self);
    GST_OBJECT_LOCK (self);
    gst_nf_npy_stream_reset (&self->stream);
    GST_OBJECT_UNLOCK (self);
    self->send_segment = FALSE;
  }
  ret = GST_ELEMENT_CLASS (gst_nf_npy_dec_parent_class)
            ->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    gst_nf_npy_reader_flush (&self->reader);
    gst_nf_early_clear (&self->early);
    gst_nf_pool_clear (&self->pool);
  }

  return ret;
}

static gboolean
gst_nf_npy_dec_negotiate (GstNfNpyDec *self)
{
  g_autoptr (GstCaps) caps = gst_video_info_to_caps (&self->stream.info);

  GST_DEBUG_OBJECT (self, "caps %" GST_PTR_FORMAT, caps);
  gst_pad_check_reconfigure (self->srcpad);
  gst_nf_pool_clear (&self->pool);
  if (gst_pad_push_event (self->srcpad, gst_event_new_caps (caps)))
    self->pool = gst_nf_pool_negotiate (self->srcpad, caps);
  if (self->pool == NULL)
    gst_pad_mark_reconfigure (self->srcpad);

  return self->pool != NULL;
}

static void
gst_nf_npy_dec_send_segment (GstNfNpyDec *self)
{
  GstEvent *event;

  if (!self->send_segment)
    return;
  self->send_segment = FALSE;
  event = gst_event_new_segment (&self->stream.segment);
  gst_event_set_seqnum (event, self->segment_seqnum);
  gst_event_set_running_time_offset (event, self->segment_offset);
  gst_pad_push_event (self->srcpad, event);
  gst_nf_early_push (&self->early, self->srcpad);
}

static GstFlowReturn
gst_nf_npy_dec_begin_array (
    GstNfNpyDec *self, const NfNpyHeader *header, GError **error)
{
  const GstVideoInfo *info = &self->stream.info;
  const GstNfFraction *framerate = &self->settings.framerate;
  gboolean ok;

  GST_OBJECT_LOCK (self);
  ok = gst_nf_npy_stream_begin_array (&self->stream, header,
      self->settings.palette, framerate->n, framerate->d, error);
  GST_OBJECT_UNLOCK (self);
  if (!ok)
    return GST_FLOW_ERROR;
  gst_nf_npy_reader_begin_array (&self->reader, &self->stream);
  self->discont = TRUE;
  GST_INFO_OBJECT (self, "array %u: %" G_GUINT64_FORMAT " frames of %dx%d %s",
      self->reader.arrays, self->stream.frames, info->width, info->height,
      gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (info)));
  if (!gst_nf_npy_dec_negotiate (self))
    return GST_PAD_IS_FLUSHING (self->srcpad) ? GST_FLOW_FLUSHING
                                              : GST_FLOW_NOT_NEGOTIATED;
  gst_nf_npy_dec_send_segment (self);

  return GST_FLOW_OK;
}

static GstFlowReturn
gst_nf_npy_dec_read_header (GstNfNpyDec *self)
{
  g_autoptr (GError) error = NULL;
  GstFlowReturn flow = GST_FLOW_OK;
  NfNpyHeader header;

  if (gst_nf_npy_reader_parse_header (&self->reader, &header, &error))
    flow = gst_nf_npy_dec_begin_array (self, &header, &error);
  if (error != NULL) {
    if (self->reader.arrays > 0)
      g_prefix_error (&error,
          "bytes follow array %u that are no other array; cut them off, or "
          "save "
          "the array again: ",
          self->reader.arrays);
    gst_nf_element_error (GST_ELEMENT (self), error);
    return GST_FLOW_ERROR;
  }

  return flow;
}

static GstFlowReturn
gst_nf_npy_dec_push_frame (GstNfNpyDec *self)
{
  GstBuffer *buffer = NULL;
  GstFlowReturn flow;

  if (gst_nf_npy_stream_is_past_stop (&self->stream))
    return GST_FLOW_EOS;
  if (gst_pad_check_reconfigure (self->srcpad)
      && !gst_nf_npy_dec_negotiate (self))
    return GST_PAD_IS_FLUSHING (self->srcpad) ? GST_FLOW_FLUSHING
                                              : GST_FLOW_NOT_NEGOTIATED;
  gst_nf_npy_dec_send_segment (self);
  flow = gst_buffer_pool_acquire_buffer (self->pool, &buffer, NULL);
  if (flow != GST_FLOW_OK)
    return flow;
  if (!gst_nf_npy_reader_read_frame (&self->reader, &self->stream, buffer)) {
    gst_buffer_unref (buffer);
    return GST_FLOW_ERROR;
  }
  gst_nf_npy_stream_stamp (&self->stream, buffer);
  if (self->discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  self->discont = FALSE;
  GST_OBJECT_LOCK (self);
  gst_nf_npy_stream_advance (&self->stream);
  GST_OBJECT_UNLOCK (self);

  return gst_pad_push (self->srcpad, buffer);
}

static GstFlowReturn
gst_nf_npy_dec_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstNfNpyDec *self = GST_NF_NPY_DEC (parent);

  gst_adapter_push (self->reader.adapter, buffer);
  self->flow = GST_FLOW_OK;
  do {
    gboolean in_array = gst_nf_npy_stream_in_array (&self->stream);

    if (!gst_nf_npy_reader_has_enough (&self->reader, in_array))
      break;
    self->flow = in_array ? gst_nf_npy_dec_push_frame (self)
                          : gst_nf_npy_dec_read_header (self);
  } while (self->flow == GST_FLOW_OK);

  return self->flow;
}

/* after an error, ours or downstream's, the rest was not asked for */
static void
gst_nf_npy_dec_check_end (GstNfNpyDec *self)
{
  if (self->flow == GST_FLOW_OK)
    gst_nf_npy_reader_check_end (&self->reader, &self->stream);
}

static void
gst_nf_npy_dec_begin_stream (GstNfNpyDec *self)
{
  gst_nf_npy_dec_begin_reading (self);
  GST_OBJECT_LOCK (self);
  gst_nf_npy_stream_begin_stream (&self->stream);
  GST_OBJECT_UNLOCK (self);
}

/* upstream answers our seek, or begins another file */
static void
gst_nf_npy_dec_segment (GstNfNpyDec *self, GstEvent *event)
{
  const guint32 seqnum = gst_event_get_seqnum (event);
  const GstSegment *segment = &self->stream.segment;
  gboolean sought;

  self->segment_seqnum = seqnum;
  self->segment_offset = gst_event_get_running_time_offset (event);
  self->send_segment = TRUE;
  GST_OBJECT_LOCK (self);
  sought = gst_nf_npy_stream_take_seek (&self->stream, seqnum);
  GST_OBJECT_UNLOCK (self);
  if (!sought) {
    gst_nf_npy_dec_begin_stream (self);
    return;
  }
  gst_nf_npy_reader_flush (&self->reader);
  self->discont = TRUE;
  self->flow = GST_FLOW_OK;
  if ((segment->flags & GST_SEGMENT_FLAG_SEGMENT) != 0)
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_segment_start (
            GST_OBJECT (self), GST_FORMAT_TIME, segment->start));
}

static gboolean
gst_nf_npy_dec_segment_done (GstNfNpyDec *self)
{
  const GstSegment *segment = &self->stream.segment;
  gint64 position = MIN (segment->position, segment->stop);

  gst_nf_npy_dec_check_end (self);
  gst_nf_npy_dec_send_segment (self);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_segment_done (
          GST_OBJECT (self), GST_FORMAT_TIME, position));

  return gst_pad_push_event (
      self->srcpad, gst_event_new_segment_done (GST_FORMAT_TIME, position));
}

static gboolean
gst_nf_npy_dec_sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstNfNpyDec *self = GST_NF_NPY_DEC (parent);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      if (gst_nf_npy_reader_has_begun (&self->reader))
        gst_nf_npy_dec_check_end (self);
      /* what was asked and said of the stream before does not concern this one */
      gst_nf_early_clear (&self->early);
      GST_OBJECT_LOCK (self);
      gst_nf_npy_stream_forget_seeks (&self->stream);
      GST_OBJECT_UNLOCK (self);
      gst_nf_npy_dec_begin_stream (self);
      break;
    case GST_EVENT_SEGMENT:
      gst_nf_npy_dec_segment (self, event);
      gst_event_unref (event);
      return TRUE;
    case GST_EVENT_FLUSH_STOP:
      gst_nf_npy_reader_flush (&self->reader);
      gst_nf_early_clear (&self->early);
      self->flow = GST_FLOW_OK;
      GST_OBJECT_LOCK (self);
      gst_nf_npy_stream_flush (&self->stream);
      GST_OBJECT_UNLOCK (self);
      break;
    case GST_EVENT_SEGMENT_DONE:
      gst_event_unref (event);
      return gst_nf_npy_dec_segment_done (self);
    case GST_EVENT_EOS:
      gst_nf_npy_dec_check_end (self);
      gst_nf_npy_dec_send_segment (self);
      break;
    case GST_EVENT_CAPS:
    case GST_EVENT_GAP:
      gst_event_unref (event);
      return TRUE;
    default:
      /* others come from any thread */
      if (!GST_EVENT_IS_SERIALIZED (event) || !self->send_segment
          || !gst_nf_early_hold (&self->early, event))
        break;
      gst_event_unref (event);
      return TRUE;
  }

  return gst_pad_event_default (pad, parent, event);
}

static gboolean
gst_nf_npy_dec_upstream_seeks (GstNfNpyDec *self)
{
  GstQuery *query = gst_query_new_seeking (GST_FORMAT_BYTES);
  gboolean seekable = FALSE;

  if (gst_pad_peer_query (self->sinkpad, query))
    gst_query_parse_seeking (query, NULL, &seekable, NULL, NULL);
  gst_query_unref (query);

  return seekable;
}

static gboolean
gst_nf_npy_dec_is_seekable (GstNfNpyDec *self)
{
  gboolean known;

  GST_OBJECT_LOCK (self);
  known = gst_nf_npy_stream_can_seek (&self->stream);
  GST_OBJECT_UNLOCK (self);

  return known && gst_nf_npy_dec_upstream_seeks (self);
}

static gboolean
gst_nf_npy_dec_seek (GstNfNpyDec *self, GstEvent *event)
{
  GstEvent *upstream = NULL;
  guint64 number;
  gboolean taken;

  if (gst_nf_npy_dec_is_seekable (self)) {
    GST_OBJECT_LOCK (self);
    upstream = gst_nf_npy_stream_begin_seek (&self->stream, event, &number);
    GST_OBJECT_UNLOCK (self);
  }
  if (upstream == NULL) {
    GST_INFO_OBJECT (self, "cannot do %" GST_PTR_FORMAT, event);
    return FALSE;
  }
  taken = gst_pad_push_event (self->sinkpad, upstream);
  GST_OBJECT_LOCK (self);
  gst_nf_npy_stream_end_seek (&self->stream, number, taken);
  GST_OBJECT_UNLOCK (self);

  return taken;
}

static gboolean
gst_nf_npy_dec_src_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstNfNpyDec *self = GST_NF_NPY_DEC (parent);
  gboolean ok;

  if (GST_EVENT_TYPE (event) != GST_EVENT_SEEK)
    return gst_pad_event_default (pad, parent, event);
  ok = gst_nf_npy_dec_seek (self, event);
  gst_event_unref (event);

  return ok;
}

static gboolean
gst_nf_npy_dec_src_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstNfNpyDec *self = GST_NF_NPY_DEC (parent);
  gboolean seekable = FALSE, ok;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_SEEKING:
      seekable = gst_nf_npy_dec_is_seekable (self);
      /* fall through */
    case GST_QUERY_DURATION:
    case GST_QUERY_POSITION:
      GST_OBJECT_LOCK (self);
      ok = gst_nf_npy_stream_answer (&self->stream, query, seekable);
      GST_OBJECT_UNLOCK (self);
      return ok;
    default:
      return gst_pad_query_default (pad, parent, query);
  }
}

/* what lies downstream can seek in other bytes than ours, if at all */
static gboolean
gst_nf_npy_dec_sink_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstFormat format;

  if (GST_QUERY_TYPE (query) != GST_QUERY_SEEKING)
    return gst_pad_query_default (pad, parent, query);
  gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
  gst_query_set_seeking (query, format, FALSE, 0, -1);

  return TRUE;
}

GST_ELEMENT_REGISTER_DEFINE (
    nfnpydec, "nfnpydec", GST_RANK_PRIMARY, GST_TYPE_NF_NPY_DEC)

/* --------------------------- arrays are known by their first bytes, as a type */

static GstStaticCaps npy_caps = GST_STATIC_CAPS (GST_NF_NPY_CAPS);

static void
gst_nf_npy_type_find (GstTypeFind *find, gpointer user_data)
{
  const guint8 *data = gst_type_find_peek (find, 0, NF_NPY_MAGIC_BYTES);

  if (data != NULL && memcmp (data, NF_NPY_MAGIC, NF_NPY_MAGIC_BYTES) == 0)
    gst_type_find_suggest_empty_simple (
        find, GST_TYPE_FIND_MAXIMUM, GST_NF_NPY_CAPS);
}

GST_TYPE_FIND_REGISTER_DEFINE (nfnpy, "nfnpy", GST_RANK_PRIMARY,
    gst_nf_npy_type_find, "npy", gst_static_caps_get (&npy_caps), NULL, NULL)
