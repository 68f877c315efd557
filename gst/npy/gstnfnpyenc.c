/* SPDX-License-Identifier: MIT
 *
 * gstnfnpyenc — nfnpyenc: video as a NumPy array
 *
 * The header comes first, but only the end shows how many frames there are.
 * Where downstream can seek, a header of 0 frames is written first and
 * rewritten in place at the end; where it cannot, the frames wait in memory.
 * Siblings: gstnfnpydec.c, gstnfnpyvideo.c, kernels/io/nfnpy.c */

/**
 * SECTION:element-nfnpyenc
 * @title: nfnpyenc
 * @short_description: Writes video as a NumPy array (.npy)
 * @see_also: nfnpydec
 *
 * Writes all frames of a stream as one array, which numpy.load () reads:
 * GRAY8 as (T, H, W) of `|u1`, GRAY16_LE and GRAY16_BE as (T, H, W) of `<u2`
 * and `>u2`, RGB as (T, H, W, 3) of `|u1`. Timestamps are not kept.
 *
 * T is known at the end of the stream only. If downstream answers a SEEKING
 * query in bytes with yes, as filesink does for a regular file, frames are
 * written as they come, and the header is rewritten at EOS; a file whose
 * stream was cut off before EOS says that it has 0 frames. Otherwise (a pipe,
 * a socket, appsink) all frames are kept in memory until EOS, and header and
 * frames are sent then. A stream without frames makes an array of shape
 * (0, H, W). All frames must have the format and size of the first.
 *
 * Stop a recording with EOS: gst-launch-1.0 does so on Ctrl-C with -e.
 *
 * With #GstNfNpyEnc:index a second file says which frame of which clip each row
 * is, so that a clip that is missing is seen, and not taken for another one.
 *
 * ## Example
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=22 ! video/x-raw,format=RGB,width=240,height=160 ! nfnpyenc ! filesink location=frames.npy
 * ]| Writes an array of shape (22, 160, 240, 3).
 *
 * Since: 0.1
 */
#include "npy/gstnfnpyenc.h"

#include "common/gstnfearly.h"
#include "common/gstnferror.h"
#include "common/gstnfproperties.h"
#include "gstnfelements.h"
#include "npy/gstnfnpyindex.h"
#include "npy/gstnfnpyvideo.h"

GST_DEBUG_CATEGORY_STATIC (gst_nf_npy_enc_debug);
#define GST_CAT_DEFAULT gst_nf_npy_enc_debug

typedef struct
{
  gchar *index;
} Settings;

struct _GstNfNpyEnc
{
  GstElement parent;
  Settings settings; /* under the object lock */
  GstPad *sinkpad;
  GstPad *srcpad;

  /* streaming thread */
  GstVideoInfo input; /* of the caps; format UNKNOWN until they came */
  GstVideoInfo info; /* of the array */
  GstSegment segment;
  guint64 frames;
  gboolean started; /* the first frame came */
  gboolean in_place; /* the header is rewritten; else frames wait */
  gboolean has_segment; /* it was pushed */
  GQueue early; /* GstEvent, until that */
  GQueue waiting; /* GstBuffer */
  Settings now; /* as it began */
  GstNfNpyIndex index;
};

static const GstNfProperty properties[] = {
  {
      .name = "index",
      .nick = "Index",
      .blurb = "File that says which frame of which clip each row is, written "
               "at EOS",
      .details =
          "See [below](#index-of-an-array). The file is replaced as a whole; "
          "its folder must exist. NULL: no index.",
      GST_NF_STRING (NULL),
      GST_NF_FIELD (Settings, index),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  GST_NF_PROPERTIES_END,
};

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_NF_NPY_FORMATS)));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_NF_NPY_CAPS));

G_DEFINE_TYPE (GstNfNpyEnc, gst_nf_npy_enc, GST_TYPE_ELEMENT)

static void gst_nf_npy_enc_finalize (GObject *object);
static GstStateChangeReturn gst_nf_npy_enc_change_state (
    GstElement *element, GstStateChange transition);
static gboolean gst_nf_npy_enc_sink_query (
    GstPad *pad, GstObject *parent, GstQuery *query);
static gboolean gst_nf_npy_enc_src_query (
    GstPad *pad, GstObject *parent, GstQuery *query);
static gboolean gst_nf_npy_enc_src_event (
    GstPad *pad, GstObject *parent, GstEvent *event);
static gboolean gst_nf_npy_enc_sink_event (
    GstPad *pad, GstObject *parent, GstEvent *event);
static GstFlowReturn gst_nf_npy_enc_chain (
    GstPad *pad, GstObject *parent, GstBuffer *buffer);

static void
gst_nf_npy_enc_class_init (GstNfNpyEncClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gst_nf_npy_enc_debug, "nfnpyenc", 0, "video as a NumPy array");

  object_class->finalize = gst_nf_npy_enc_finalize;
  gst_nf_properties_install (
      object_class, properties, G_STRUCT_OFFSET (GstNfNpyEnc, settings));
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_nf_npy_enc_change_state);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "NumPy array encoder",
      "Codec/Encoder/Video",
      "Writes gray or RGB video as one NumPy array (.npy)", GST_NF_AUTHOR);
}

static void
gst_nf_npy_enc_init (GstNfNpyEnc *self)
{
  self->sinkpad = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (
      self->sinkpad, GST_DEBUG_FUNCPTR (gst_nf_npy_enc_chain));
  gst_pad_set_event_function (
      self->sinkpad, GST_DEBUG_FUNCPTR (gst_nf_npy_enc_sink_event));
  gst_pad_set_query_function (
      self->sinkpad, GST_DEBUG_FUNCPTR (gst_nf_npy_enc_sink_query));
  gst_element_add_pad (GST_ELEMENT (self), self->sinkpad);

  self->srcpad = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_query_function (
      self->srcpad, GST_DEBUG_FUNCPTR (gst_nf_npy_enc_src_query));
  gst_pad_set_event_function (
      self->srcpad, GST_DEBUG_FUNCPTR (gst_nf_npy_enc_src_event));
  gst_pad_use_fixed_caps (self->srcpad);
  gst_element_add_pad (GST_ELEMENT (self), self->srcpad);

  g_queue_init (&self->waiting);
  gst_nf_properties_init (properties, &self->settings);
  gst_nf_properties_init (properties, &self->now);
}

/* the next frame begins an array */
static void
gst_nf_npy_enc_reset (GstNfNpyEnc *self)
{
  g_queue_clear_full (&self->waiting, (GDestroyNotify) gst_buffer_unref);
  gst_nf_early_clear (&self->early);
  if (self->now.index != NULL)
    gst_nf_npy_index_begin (&self->index);
  self->frames = 0;
  self->started = self->has_segment = FALSE;
}

static void
gst_nf_npy_enc_finalize (GObject *object)
{
  GstNfNpyEnc *self = GST_NF_NPY_ENC (object);

  gst_nf_npy_enc_reset (self);
  gst_nf_npy_index_clear (&self->index);
  gst_nf_properties_clear (properties, &self->settings);
  gst_nf_properties_clear (properties, &self->now);

  G_OBJECT_CLASS (gst_nf_npy_enc_parent_class)->finalize (object);
}

/* takes the settings; FALSE where there can be no index */
static gboolean
gst_nf_npy_enc_open (GstNfNpyEnc *self)
{
  g_autoptr (GError) error = NULL;

  gst_nf_properties_clear (properties, &self->now);
  gst_nf_properties_copy (
      properties, self, &self->settings, &self->now, sizeof self->now);
  gst_nf_npy_index_clear (&self->index);
  if (self->now.index == NULL)
    return TRUE;
  gst_nf_npy_index_begin (&self->index);
  if (gst_nf_npy_index_check (self->now.index, &error))
    return TRUE;
  gst_nf_element_error (GST_ELEMENT (self), error);

  return FALSE;
}

static GstStateChangeReturn
gst_nf_npy_enc_change_state (GstElement *element, GstStateChange transition)
{
  GstNfNpyEnc *self = GST_NF_NPY_ENC (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    gst_video_info_init (&self->input);
    gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
    if (!gst_nf_npy_enc_open (self))
      return GST_STATE_CHANGE_FAILURE;
  }
  ret = GST_ELEMENT_CLASS (gst_nf_npy_enc_parent_class)
            ->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    if (self->frames > 0)
      GST_WARNING_OBJECT (self,
          "stopped before EOS: the array of %" G_GUINT64_FORMAT
          " frames is not complete",
          self->frames);
    gst_nf_npy_enc_reset (self);
  }

  return ret;
}

static gboolean
gst_nf_npy_enc_downstream_seeks (GstNfNpyEnc *self)
{
  GstQuery *query = gst_query_new_seeking (GST_FORMAT_BYTES);
  gboolean seekable = FALSE;

  if (gst_pad_peer_query (self->srcpad, query))
    gst_query_parse_seeking (query, NULL, &seekable, NULL, NULL);
  gst_query_unref (query);

  return seekable;
}

/* from the beginning of the file: the header as it is now */
static GstFlowReturn
gst_nf_npy_enc_push_header (GstNfNpyEnc *self)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  NfNpyHeader header;
  GstSegment segment;
  GstBuffer *buffer;

  if (!gst_nf_npy_video_to_header (
          &self->info, self->frames, &header, &error)) {
    gst_nf_element_error (GST_ELEMENT (self), error);
    return GST_FLOW_ERROR;
  }
  bytes = nf_npy_format_header (&header);
  buffer = gst_buffer_new_wrapped_bytes (bytes);
  GST_BUFFER_OFFSET (buffer) = 0;
  GST_BUFFER_OFFSET_END (buffer) = g_bytes_get_size (bytes);
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_pad_push_event (self->srcpad, gst_event_new_segment (&segment));
  self->has_segment = TRUE;
  gst_nf_early_push (&self->early, self->srcpad);

  return gst_pad_push (self->srcpad, buffer);
}

static gboolean
gst_nf_npy_enc_push_caps (GstNfNpyEnc *self)
{
  g_autoptr (GstCaps) caps = gst_static_pad_template_get_caps (&src_template);

  return gst_pad_push_event (self->srcpad, gst_event_new_caps (caps));
}

static GstFlowReturn
gst_nf_npy_enc_start (GstNfNpyEnc *self)
{
  self->started = TRUE;
  self->in_place = gst_nf_npy_enc_downstream_seeks (self);
  GST_INFO_OBJECT (self, "%s",
      self->in_place ? "downstream can seek: the header is rewritten at EOS"
                     : "downstream cannot seek: frames wait in memory for EOS");
  if (!self->in_place)
    return GST_FLOW_OK;
  if (!gst_nf_npy_enc_push_caps (self))
    return GST_FLOW_NOT_NEGOTIATED;

  return gst_nf_npy_enc_push_header (self);
}

/* (transfer full) (nullable): the frame without padding */
static GstBuffer *
gst_nf_npy_enc_pack (GstNfNpyEnc *self, GstBuffer *buffer)
{
  gsize size = (gsize) self->info.width * self->info.height
      * GST_VIDEO_INFO_COMP_PSTRIDE (&self->info, 0);
  g_autofree guint8 *data = NULL;
  GstVideoFrame frame;

  if (!gst_video_frame_map (&frame, &self->info, buffer, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("A frame does not have the size that its caps say: expected "
         "%" G_GSIZE_FORMAT " bytes, got %" G_GSIZE_FORMAT ".",
            self->info.size, gst_buffer_get_size (buffer)),
        (NULL));
    return NULL;
  }
  data = g_try_malloc (size);
  if (data != NULL)
    gst_nf_npy_video_write (&frame, data);
  gst_video_frame_unmap (&frame);
  if (data == NULL) {
    GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT,
        ("No memory for another frame of %dx%d. Write to a file, which takes "
         "them as they come, or write fewer.",
            self->info.width, self->info.height),
        ("%" G_GUINT64_FORMAT " frames wait for the end of the stream",
            self->frames));
    return NULL;
  }

  return gst_buffer_new_wrapped (g_steal_pointer (&data), size);
}

static gboolean
gst_nf_npy_enc_is_in_segment (GstNfNpyEnc *self, GstBuffer *buffer)
{
  GstClockTime begin = GST_BUFFER_PTS (buffer), end = GST_CLOCK_TIME_NONE;

  if (self->segment.format != GST_FORMAT_TIME
      || !GST_CLOCK_TIME_IS_VALID (begin))
    return TRUE;
  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    end = begin + GST_BUFFER_DURATION (buffer);

  return gst_segment_clip (
      &self->segment, GST_FORMAT_TIME, begin, end, NULL, NULL);
}

/* the first frame decides what the array holds; FALSE when this one differs */
static gboolean
gst_nf_npy_enc_check_format (GstNfNpyEnc *self)
{
  const GstVideoInfo *old = &self->info, *new = &self->input;

  if (!self->started)
    self->info = self->input;
  if (GST_VIDEO_INFO_FORMAT (new) == GST_VIDEO_INFO_FORMAT (old)
      && new->width == old->width &&new->height == old->height)
    return TRUE;
  GST_ELEMENT_ERROR (self, STREAM, FORMAT,
      ("All frames of an array have one size and format: it began with %dx%d "
       "%s, now %dx%d %s comes. Put videoscale and videoconvert with a caps "
       "filter before this element.",
          old->width, old->height,
          gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (old)), new->width,
          new->height,
          gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (new))),
      ("the caps changed after %" G_GUINT64_FORMAT " frames", self->frames));

  return FALSE;
}

static GstFlowReturn
gst_nf_npy_enc_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstNfNpyEnc *self = GST_NF_NPY_ENC (parent);
  g_autoptr (GstBuffer) input = buffer;
  GstFlowReturn flow = GST_FLOW_OK;
  GstBuffer *packed;

  if (GST_VIDEO_INFO_FORMAT (&self->input) == GST_VIDEO_FORMAT_UNKNOWN)
    return GST_FLOW_NOT_NEGOTIATED;
  if (!gst_nf_npy_enc_is_in_segment (self, input)) {
    GST_LOG_OBJECT (self, "outside the segment: %" GST_PTR_FORMAT, input);
    return GST_FLOW_OK;
  }
  if (!gst_nf_npy_enc_check_format (self))
    return GST_FLOW_ERROR;
  if (!self->started)
    flow = gst_nf_npy_enc_start (self);
  if (flow != GST_FLOW_OK)
    return flow;
  packed = gst_nf_npy_enc_pack (self, input);
  if (packed == NULL)
    return GST_FLOW_ERROR;
  gst_nf_npy_index_add (&self->index, self->frames, input, &self->segment);
  self->frames++;
  if (self->in_place)
    return gst_pad_push (self->srcpad, packed);
  g_queue_push_tail (&self->waiting, packed);

  return GST_FLOW_OK;
}

/* the array is written: its index is, too */
static GstFlowReturn
gst_nf_npy_enc_write_index (GstNfNpyEnc *self)
{
  g_autoptr (GError) error = NULL;

  if (self->now.index == NULL
      || gst_nf_npy_index_write (&self->index, self->now.index, &error))
    return GST_FLOW_OK;
  gst_nf_element_error (GST_ELEMENT (self), error);

  return GST_FLOW_ERROR;
}

/* all frames came: the header gets its number, and what waits is sent */
static GstFlowReturn
gst_nf_npy_enc_finish (GstNfNpyEnc *self)
{
  GstFlowReturn flow;

  if (GST_VIDEO_INFO_FORMAT (&self->input) == GST_VIDEO_FORMAT_UNKNOWN) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("The stream ended before it said what its frames are: no array was "
         "written. Check the elements before this one."),
        ("EOS came without caps"));
    return GST_FLOW_ERROR;
  }
  if (!self->started)
    self->info = self->input;
  if ((!self->started || !self->in_place) && !gst_nf_npy_enc_push_caps (self))
    return GST_FLOW_NOT_NEGOTIATED;
  flow = gst_nf_npy_enc_push_header (self);
  while (flow == GST_FLOW_OK && !g_queue_is_empty (&self->waiting))
    flow = gst_pad_push (self->srcpad, g_queue_pop_head (&self->waiting));
  GST_INFO_OBJECT (self, "array of %" G_GUINT64_FORMAT " frames: %s",
      self->frames, gst_flow_get_name (flow));

  return flow == GST_FLOW_OK ? gst_nf_npy_enc_write_index (self) : flow;
}

static gboolean
gst_nf_npy_enc_sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstNfNpyEnc *self = GST_NF_NPY_ENC (parent);
  gboolean ok = TRUE;
  GstCaps *caps;

  gst_nf_npy_index_take_event (&self->index, event, &self->segment);
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      if (!self->started)
        return gst_pad_event_default (pad, parent, event);
      break; /* its frames go into the same array */
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      ok = gst_video_info_from_caps (&self->input, caps);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment (event, &self->segment);
      break;
    case GST_EVENT_GAP:
    case GST_EVENT_SEGMENT_DONE:
      break;
    case GST_EVENT_FLUSH_STOP:
      gst_nf_npy_enc_reset (self);
      gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
      return gst_pad_event_default (pad, parent, event);
    case GST_EVENT_EOS:
      gst_nf_npy_enc_finish (self);
      gst_nf_npy_enc_reset (self);
      return gst_pad_event_default (pad, parent, event);
    default:
      /* others come from any thread */
      if (GST_EVENT_IS_SERIALIZED (event) && !self->has_segment
          && gst_nf_early_hold (&self->early, event))
        break;
      return gst_pad_event_default (pad, parent, event);
  }
  gst_event_unref (event);

  return ok;
}

static gboolean
gst_nf_npy_enc_src_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  if (GST_EVENT_TYPE (event) != GST_EVENT_SEEK)
    return gst_pad_event_default (pad, parent, event);
  GST_INFO_OBJECT (parent, "an array that is being written cannot be sought");
  gst_event_unref (event);

  return FALSE;
}

static gboolean
gst_nf_npy_enc_sink_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  if (GST_QUERY_TYPE (query) != GST_QUERY_ALLOCATION)
    return gst_pad_query_default (pad, parent, query);
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);

  return TRUE;
}

static gboolean
gst_nf_npy_enc_src_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstFormat format;

  if (GST_QUERY_TYPE (query) != GST_QUERY_SEEKING)
    return gst_pad_query_default (pad, parent, query);
  gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
  gst_query_set_seeking (query, format, FALSE, 0, -1);

  return TRUE;
}

GST_ELEMENT_REGISTER_DEFINE (
    nfnpyenc, "nfnpyenc", GST_RANK_NONE, GST_TYPE_NF_NPY_ENC)
