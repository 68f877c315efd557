/* SPDX-License-Identifier: MIT
 *
 * nfvideotest — frames for the tests of elements, and what came of them */
#include "nfvideotest.h"

#include <string.h>

/* frames of 25 a second, as nf_test_push_frames() gives them */
#define DURATION (40 * GST_MSECOND)

/* a picture that moves with its number, for any format through RGB */
static guint8
picture (guint x, guint y, guint channel, guint number)
{
  guint bright = (x + 2 * number) % 24 < 8 && y % 16 < 8;

  return (guint8) (40 * channel + (bright ? 120 : 20) + y);
}

static void
paint (guint8 *rgb, const GstVideoInfo *info, guint number)
{
  for (gint y = 0; y < info->height; y++)
    for (gint x = 0; x < info->width; x++)
      for (guint k = 0; k < 3; k++)
        *rgb++ = picture (x, y, k, number);
}

/* a buffer for @info whose strides have @pad bytes more than they need, with
 * 255 in them */
static GstBuffer *
allocate (GstVideoInfo *info, guint pad)
{
  GstVideoAlignment align;
  GstBuffer *buffer;

  gst_video_alignment_reset (&align);
  align.padding_right = pad;
  align.padding_bottom = pad;
  if (pad > 0)
    fail_unless (gst_video_info_align (info, &align));
  buffer = gst_buffer_new_allocate (NULL, info->size, NULL);
  gst_buffer_memset (buffer, 0, 255, info->size);
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_INFO_FORMAT (info), info->width, info->height,
      info->finfo->n_planes, info->offset, info->stride);

  return buffer;
}

/**
 * nf_test_frame:
 * @info: of the frame
 * @number: which picture
 * @pad: pixels that rows and planes are longer than they need to be
 *
 * Returns: (transfer full): a frame without timestamp
 */
GstBuffer *
nf_test_frame (const GstVideoInfo *info, guint number, guint pad)
{
  GstVideoInfo in, out = *info, tight;
  GstVideoFrame from, to;
  GstVideoConverter *converter;
  GstBuffer *rgb, *buffer;
  GstMapInfo map;

  fail_unless (gst_video_info_set_format (
      &in, GST_VIDEO_FORMAT_RGB, info->width, info->height));
  in.stride[0] = 3 * info->width;
  in.size = (gsize) in.stride[0] * info->height;
  in.fps_n = out.fps_n;
  in.fps_d = out.fps_d;
  in.interlace_mode = out.interlace_mode;
  tight = in;
  rgb = allocate (&tight, 0);
  fail_unless (gst_buffer_map (rgb, &map, GST_MAP_WRITE));
  paint (map.data, &in, number);
  gst_buffer_unmap (rgb, &map);
  buffer = allocate (&out, pad);
  fail_unless (gst_video_frame_map (&from, &in, rgb, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&to, &out, buffer, GST_MAP_WRITE));
  converter = gst_video_converter_new (&in, &out, NULL);
  fail_unless (converter != NULL);
  gst_video_converter_frame (converter, &from, &to);
  gst_video_converter_free (converter);
  gst_video_frame_unmap (&from);
  gst_video_frame_unmap (&to);
  gst_buffer_unref (rgb);

  return buffer;
}

/**
 * nf_test_set_times:
 * @frame: a frame
 * @number: which one it is
 * @duration: of each frame
 */
void
nf_test_set_times (GstBuffer *frame, guint number, GstClockTime duration)
{
  GST_BUFFER_PTS (frame) = number * duration;
  GST_BUFFER_DURATION (frame) = duration;
}

/**
 * nf_test_next_frame:
 * @h: whose source caps are set
 * @number: of the frame, for its picture and time
 *
 * Returns: (transfer full): a frame of 25 a second
 */
GstBuffer *
nf_test_next_frame (GstHarness *h, guint number)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (h->srcpad);
  GstVideoInfo info;
  GstBuffer *frame;

  fail_unless (gst_video_info_from_caps (&info, caps));
  frame = nf_test_frame (&info, number, 0);
  nf_test_set_times (frame, number, DURATION);

  return frame;
}

/**
 * nf_test_push_frames:
 * @h: whose source caps are set
 * @from: number of the first frame, for its picture and time
 * @n: how many
 *
 * Frames of 25 a second; each must be taken with OK.
 */
void
nf_test_push_frames (GstHarness *h, guint from, guint n)
{
  for (guint i = from; i < from + n; i++)
    fail_unless_equals_int (
        gst_harness_push (h, nf_test_next_frame (h, i)), GST_FLOW_OK);
}

typedef struct
{
  GstHarness *h;
  GstBuffer *frame;
} Push;

static gpointer
push (gpointer data)
{
  Push *p = data;
  GstFlowReturn flow = gst_harness_push (p->h, p->frame);

  g_free (p);

  return GINT_TO_POINTER (flow);
}

/**
 * nf_test_push_apart:
 * @h: a harness
 * @frame: (transfer full): a frame
 *
 * Returns: (transfer full): a thread that pushes the frame, and returns the
 *   #GstFlowReturn
 */
GThread *
nf_test_push_apart (GstHarness *h, GstBuffer *frame)
{
  Push *p = g_new (Push, 1);

  p->h = h;
  p->frame = frame;

  return g_thread_new ("push", push, p);
}

/**
 * nf_test_pixels:
 * @buffer: a frame
 * @info: of it
 * @format: wanted, of one plane
 *
 * Returns: (transfer full): its pixels in that format, rows without padding
 */
GBytes *
nf_test_pixels (
    GstBuffer *buffer, const GstVideoInfo *info, GstVideoFormat format)
{
  GstVideoInfo in = *info, out;
  GstVideoConverter *converter;
  GstVideoFrame from, to;
  guint8 *pixels;

  fail_unless (
      gst_video_info_set_format (&out, format, info->width, info->height));
  out.stride[0] = out.width * GST_VIDEO_INFO_COMP_PSTRIDE (&out, 0);
  out.size = (gsize) out.stride[0] * out.height;
  out.fps_n = in.fps_n;
  out.fps_d = in.fps_d;
  in.interlace_mode = out.interlace_mode;
  pixels = g_malloc (out.size);
  converter = gst_video_converter_new (&in, &out, NULL);
  fail_unless (converter != NULL);
  fail_unless (gst_video_frame_map (&from, &in, buffer, GST_MAP_READ));
  memset (&to, 0, sizeof to);
  to.info = out;
  to.data[0] = pixels;
  gst_video_converter_frame (converter, &from, &to);
  gst_video_frame_unmap (&from);
  gst_video_converter_free (converter);

  return g_bytes_new_take (pixels, out.size);
}

/**
 * nf_test_same:
 * @a: a frame
 * @b: a frame
 * @info: of both
 *
 * Returns: whether they show exactly the same picture
 */
gboolean
nf_test_same (GstBuffer *a, GstBuffer *b, const GstVideoInfo *info)
{
  g_autoptr (GBytes) pixels = nf_test_pixels (a, info, GST_VIDEO_FORMAT_ARGB64);
  g_autoptr (GBytes) others = nf_test_pixels (b, info, GST_VIDEO_FORMAT_ARGB64);

  return g_bytes_equal (pixels, others);
}

/**
 * nf_test_output_info:
 * @h: a harness that got caps
 *
 * Returns: what its element's output is
 */
GstVideoInfo
nf_test_output_info (GstHarness *h)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (h->sinkpad);
  GstVideoInfo info;

  fail_unless (caps != NULL && gst_video_info_from_caps (&info, caps));

  return info;
}

/**
 * nf_test_stat:
 * @element: has a property `stats`
 * @name: of a number in it
 *
 * Returns: the number
 */
guint64
nf_test_stat (GstElement *element, const gchar *name)
{
  GstStructure *stats = NULL;
  guint64 value = 0;

  g_object_get (element, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, name, &value),
      "no %s in the statistics", name);
  gst_structure_free (stats);

  return value;
}

/**
 * nf_test_expect_start_error:
 * @element: (transfer full): an element
 * @domain: of the error
 * @code: of the error
 * @says: what its text must contain
 *
 * Fails unless the element refuses to start, with exactly this error.
 */
void
nf_test_expect_start_error (
    GstElement *element, GQuark domain, gint code, const gchar *says)
{
  GstBus *bus = nf_test_attach_bus (element);

  gst_object_ref_sink (element);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  nf_test_expect_error (bus, domain, code, says);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}

/**
 * nf_test_expect_warning:
 * @bus: a bus
 * @says: what the warning must contain, or NULL when there must be none
 *
 * Looks at the oldest warning that waits.
 */
void
nf_test_expect_warning (GstBus *bus, const gchar *says)
{
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  g_autoptr (GError) warning = NULL;

  if (message != NULL)
    gst_message_parse_warning (message, &warning, NULL);
  gst_clear_message (&message);
  if (says == NULL)
    fail_unless (
        warning == NULL, "warning: %s", warning ? warning->message : "");
  else
    fail_unless (warning != NULL && strstr (warning->message, says) != NULL,
        "warning '%s' does not contain '%s'", warning ? warning->message : "",
        says);
}
