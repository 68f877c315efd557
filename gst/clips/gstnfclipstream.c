/* SPDX-License-Identifier: MIT
 *
 * gstnfclipstream — one of the two streams of a source of clips */
#include "clips/gstnfclipstream.h"

#include "common/gstnfpool.h"

/**
 * gst_nf_clip_stream_init:
 * @self: (out): a stream that has not begun
 * @element: gets the pad
 * @name: of its pad template, and of the pad
 * @format: of the frames
 */
void
gst_nf_clip_stream_init (GstNfClipStream *self, GstElement *element,
    const gchar *name, GstVideoFormat format)
{
  GstPadTemplate *pad_template = gst_element_class_get_pad_template (
      GST_ELEMENT_GET_CLASS (element), name);

  *self = (GstNfClipStream){ .format = format };
  gst_video_info_init (&self->info);
  self->pad = gst_pad_new_from_template (pad_template, name);
  gst_pad_use_fixed_caps (self->pad);
  gst_element_add_pad (element, self->pad);
}

/**
 * gst_nf_clip_stream_start:
 * @group_id: of both streams
 *
 * Says that the stream begins.
 */
void
gst_nf_clip_stream_start (GstNfClipStream *self, guint group_id)
{
  GstElement *element = gst_pad_get_parent_element (self->pad);
  g_autofree gchar *id =
      gst_pad_create_stream_id (self->pad, element, GST_PAD_NAME (self->pad));
  GstEvent *event = gst_event_new_stream_start (id);

  gst_object_unref (element);
  gst_event_set_group_id (event, group_id);
  gst_pad_push_event (self->pad, event);
}

/* (transfer full) @pool takes the place of the old one */
static void
replace_pool (GstNfClipStream *self, GstBufferPool *pool)
{
  GstBufferPool *old;

  GST_OBJECT_LOCK (self->pad);
  old = self->pool;
  self->pool = pool;
  GST_OBJECT_UNLOCK (self->pad);
  gst_nf_pool_clear (&old);
}

/**
 * gst_nf_clip_stream_stop:
 *
 * Lets go of all frames; the streaming thread has ended.
 */
void
gst_nf_clip_stream_stop (GstNfClipStream *self)
{
  gst_nf_clip_stream_drop (self);
  replace_pool (self, NULL);
  gst_video_info_init (&self->info);
}

/**
 * gst_nf_clip_stream_set_flushing:
 * @flushing: whether nobody may wait for a free frame; from any thread
 */
void
gst_nf_clip_stream_set_flushing (GstNfClipStream *self, gboolean flushing)
{
  GstBufferPool *pool = NULL;

  GST_OBJECT_LOCK (self->pad);
  if (self->pool != NULL)
    pool = gst_object_ref (self->pool);
  GST_OBJECT_UNLOCK (self->pad);
  if (pool != NULL)
    gst_buffer_pool_set_flushing (pool, flushing);
  gst_clear_object (&pool);
}

/* of @caps no more than width, height and framerate, without a format */
static GstCaps *
sizes_of (GstCaps *caps)
{
  static const gchar *const fields[] = { "width", "height", "framerate" };
  GstCaps *sizes = gst_caps_new_empty ();

  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    const GstStructure *from = gst_caps_get_structure (caps, i);
    GstStructure *to = gst_structure_new_empty ("video/x-raw");

    for (guint k = 0; k < G_N_ELEMENTS (fields); k++)
      if (gst_structure_has_field (from, fields[k]))
        gst_structure_set_value (
            to, fields[k], gst_structure_get_value (from, fields[k]));
    gst_caps_append_structure (sizes, to);
  }

  return sizes;
}

/**
 * gst_nf_clip_stream_restrict:
 * @caps: (transfer full): sizes and framerates: video/x-raw without a format
 *
 * Returns: (transfer full): what of @caps the peer takes; all, when not linked
 */
GstCaps *
gst_nf_clip_stream_restrict (GstNfClipStream *self, GstCaps *caps)
{
  g_autoptr (GstCaps) mine = gst_pad_get_pad_template_caps (self->pad);
  g_autoptr (GstCaps) taken = NULL;
  g_autoptr (GstCaps) sizes = NULL;
  GstCaps *result;

  if (!gst_pad_is_linked (self->pad))
    return caps;
  taken = gst_pad_peer_query_caps (self->pad, mine);
  sizes = sizes_of (taken);
  result = gst_caps_intersect_full (sizes, caps, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (caps);

  return result;
}

/**
 * gst_nf_clip_stream_set_info:
 * @width: of the frames that follow, pixels
 * @height: of the frames that follow, pixels
 * @fps_n: frames in @fps_d seconds
 * @fps_d: see @fps_n
 *
 * Announces the frames, if they differ from those before.
 */
void
gst_nf_clip_stream_set_info (
    GstNfClipStream *self, gint width, gint height, gint fps_n, gint fps_d)
{
  g_autoptr (GstCaps) caps = NULL;
  GstVideoInfo info;

  gst_video_info_set_format (&info, self->format, width, height);
  GST_VIDEO_INFO_FPS_N (&info) = fps_n;
  GST_VIDEO_INFO_FPS_D (&info) = fps_d;
  if (gst_video_info_is_equal (&info, &self->info))
    return;
  self->info = info;
  caps = gst_video_info_to_caps (&info);
  GST_DEBUG_OBJECT (self->pad, "caps %" GST_PTR_FORMAT, caps);
  replace_pool (self, NULL);
  gst_pad_push_event (self->pad, gst_event_new_caps (caps));
}

static gboolean
ensure_pool (GstNfClipStream *self)
{
  g_autoptr (GstCaps) caps = NULL;

  if (!gst_pad_check_reconfigure (self->pad) && self->pool != NULL)
    return TRUE;
  caps = gst_video_info_to_caps (&self->info);
  replace_pool (self, gst_nf_pool_negotiate (self->pad, caps));
  if (self->pool == NULL)
    gst_pad_mark_reconfigure (self->pad);

  return self->pool != NULL;
}

/**
 * gst_nf_clip_stream_begin_frame:
 *
 * Gets a frame to draw to, of the announced size.
 *
 * Returns: %GST_FLOW_OK with a frame; %GST_FLOW_NOT_LINKED when nobody would
 *   see it; %GST_FLOW_FLUSHING; %GST_FLOW_NOT_NEGOTIATED when there are no
 *   buffers; %GST_FLOW_ERROR when they cannot be written to
 */
GstFlowReturn
gst_nf_clip_stream_begin_frame (GstNfClipStream *self)
{
  GstBuffer *buffer = NULL;
  GstFlowReturn flow;

  if (!gst_pad_is_linked (self->pad))
    return GST_FLOW_NOT_LINKED;
  if (!ensure_pool (self))
    return GST_PAD_IS_FLUSHING (self->pad) ? GST_FLOW_FLUSHING
                                           : GST_FLOW_NOT_NEGOTIATED;
  flow = gst_buffer_pool_acquire_buffer (self->pool, &buffer, NULL);
  if (flow != GST_FLOW_OK)
    return flow;
  self->drawing =
      gst_video_frame_map (&self->frame, &self->info, buffer, GST_MAP_WRITE);
  /* the frame holds a reference of its own */
  gst_buffer_unref (buffer);

  return self->drawing ? GST_FLOW_OK : GST_FLOW_ERROR;
}

/**
 * gst_nf_clip_stream_push:
 * @time: when the frame is shown
 * @duration: for how long
 * @offset: its number
 *
 * Pushes the frame that was begun, once it is drawn.
 */
GstFlowReturn
gst_nf_clip_stream_push (GstNfClipStream *self, GstClockTime time,
    GstClockTime duration, guint64 offset)
{
  GstBuffer *buffer = gst_buffer_ref (self->frame.buffer);

  gst_nf_clip_stream_drop (self);
  GST_BUFFER_PTS (buffer) = time;
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION (buffer) = duration;
  GST_BUFFER_OFFSET (buffer) = offset;
  GST_BUFFER_OFFSET_END (buffer) = offset + 1;
  if (self->discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  self->discont = FALSE;

  return gst_pad_push (self->pad, buffer);
}

/**
 * gst_nf_clip_stream_drop:
 *
 * Gives the frame back that was begun, if there is one.
 */
void
gst_nf_clip_stream_drop (GstNfClipStream *self)
{
  if (self->drawing)
    gst_video_frame_unmap (&self->frame);
  self->drawing = FALSE;
}

/**
 * gst_nf_clip_stream_push_gap:
 * @time: when there is nothing to show
 * @duration: for how long
 *
 * Says that there is no frame.
 */
GstFlowReturn
gst_nf_clip_stream_push_gap (
    GstNfClipStream *self, GstClockTime time, GstClockTime duration)
{
  if (!gst_pad_is_linked (self->pad))
    return GST_FLOW_NOT_LINKED;
  if (gst_pad_push_event (self->pad, gst_event_new_gap (time, duration)))
    return GST_FLOW_OK;

  return GST_PAD_IS_FLUSHING (self->pad) ? GST_FLOW_FLUSHING : GST_FLOW_OK;
}
