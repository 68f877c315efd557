/* SPDX-License-Identifier: MIT
 *
 * eventorder — events leave in the order that GStreamer demands, with what they
 * said when they came
 *
 * Sibling: nfioustream.c, for nfiou */
#include "nfmodelrig.h"

#include <nextframe/scene/render/nfrender.h>

#define CLIP_FRAMES 1000

static const gchar masks[] =
    "video/x-raw,format=GRAY8,width=24,height=16,framerate=25/1";

/* %s stands for the path of the network */
static const struct
{
  const gchar *launch;
  const gchar *(*network) (void);
  const gchar *caps; /* NULL: an array */
  gboolean waits; /* nothing leaves before the stream ends */
} rows[] = {
  { "nfnpydec", NULL, NULL, FALSE },
  { "nfnpyenc", NULL, masks, TRUE },
  { "nfextrapolate method=hold context=1 horizon=1", NULL, masks, FALSE },
  { "nfsegment device=cpu batch-size=2 checkpoint=%s", nf_models_segmenter,
      NF_MODELS_CAPS, TRUE },
  { "nfpredict device=cpu steps=1 horizon=1 checkpoint=%s", nf_models_predictor,
      NF_MODELS_CAPS, FALSE },
};

static GstHarness *
new_harness (guint row, GstBus **bus)
{
  g_auto (GStrv) parts = g_strsplit (rows[row].launch, "%s", 2);
  g_autofree gchar *launch = rows[row].network == NULL
      ? g_strdup (parts[0])
      : g_strconcat (parts[0], rows[row].network (), NULL);

  return nf_test_harness_new (launch, bus);
}

static void
push_array (GstHarness *h)
{
  static const guint64 shape[] = { 3, 16, 24 };
  g_autoptr (GBytes) bytes = nf_test_npy_counting (shape, 3);

  fail_unless_equals_int (
      gst_harness_push (h, nf_test_slice (bytes, 0, g_bytes_get_size (bytes))),
      GST_FLOW_OK);
}

static void
push_segment (GstHarness *h, const GstSegment *segment, gint64 offset)
{
  GstEvent *event = gst_event_new_segment (segment);

  gst_event_set_running_time_offset (event, offset);
  fail_unless (gst_harness_push_event (h, event));
}

/* stream-start, caps, segment and all else */
static guint
rank (GstEvent *event)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      return 0;
    case GST_EVENT_CAPS:
      return 1;
    case GST_EVENT_SEGMENT:
      return 2;
    default:
      return 3;
  }
}

static void
begin (GstHarness *h, guint row, const GstSegment *segment, gint64 offset)
{
  fail_unless (
      gst_harness_push_event (h, gst_event_new_stream_start ("stream")));
  if (rows[row].caps != NULL) {
    g_autoptr (GstCaps) caps = gst_caps_from_string (rows[row].caps);

    fail_unless (gst_harness_push_event (h, gst_event_new_caps (caps)));
  }
  push_segment (h, segment, offset);
}

GST_START_TEST (test_tags_follow_segment)
{
  GstBus *bus;
  GstHarness *h = new_harness ((guint) __i__, &bus);
  GstSegment segment;
  GstEvent *event;
  guint before = 0, tags = 0;

  gst_segment_init (
      &segment, rows[__i__].caps != NULL ? GST_FORMAT_TIME : GST_FORMAT_BYTES);
  gst_harness_set_src_caps_str (
      h, rows[__i__].caps != NULL ? rows[__i__].caps : "video/x-npy");
  while ((event = gst_harness_try_pull_event (h)) != NULL)
    gst_event_unref (event);
  begin (h, (guint) __i__, &segment, 0);
  fail_unless (gst_harness_push_event (
      h, gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, "a clip", NULL))));
  if (rows[__i__].caps == NULL)
    push_array (h);
  else
    nf_test_push_frames (h, 0, 3);
  if (rows[__i__].waits)
    fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  while ((event = gst_harness_try_pull_event (h)) != NULL) {
    fail_unless (rank (event) >= before, "%s comes too late",
        GST_EVENT_TYPE_NAME (event));
    before = rank (event);
    tags += GST_EVENT_TYPE (event) == GST_EVENT_TAG;
    gst_event_unref (event);
  }
  fail_unless_equals_int (tags, 1);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static GstEvent *
segment_out (GstHarness *h)
{
  return gst_pad_get_sticky_event (h->sinkpad, GST_EVENT_SEGMENT, 0);
}

/* of what an element makes anew */
GST_START_TEST (test_segment_keeps_offset)
{
  static const guint with_time[] = { 0, 2, 4 };
  const guint row = with_time[__i__];
  GstBus *bus;
  GstHarness *h = new_harness (row, &bus);
  GstSegment segment;
  GstEvent *event;

  gst_segment_init (
      &segment, rows[row].caps != NULL ? GST_FORMAT_TIME : GST_FORMAT_BYTES);
  gst_harness_set_src_caps_str (
      h, rows[row].caps != NULL ? rows[row].caps : "video/x-npy");
  begin (h, row, &segment, 7 * GST_MSECOND);
  if (rows[row].caps == NULL)
    push_array (h);
  event = segment_out (h);
  fail_unless (event != NULL);
  fail_unless_equals_int64 (
      gst_event_get_running_time_offset (event), 7 * GST_MSECOND);
  gst_event_unref (event);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* backwards a segment begins at its stop */
GST_START_TEST (test_reverse_segment_keeps_stop)
{
  static const guint predictors[] = { 2, 4 };
  const guint row = predictors[__i__];
  GstBus *bus;
  GstHarness *h = new_harness (row, &bus);
  const GstSegment *got;
  GstSegment segment;
  GstEvent *event;

  gst_harness_set_src_caps_str (h, rows[row].caps);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = -1;
  segment.stop = segment.position = 2 * GST_SECOND;
  begin (h, row, &segment, 0);
  event = segment_out (h);
  gst_event_parse_segment (event, &got);
  fail_unless_equals_clocktime (got->stop, 2 * GST_SECOND);
  gst_event_unref (event);
  segment.rate = 1;
  push_segment (h, &segment, 0);
  event = segment_out (h);
  gst_event_parse_segment (event, &got);
  fail_unless_equals_clocktime (got->stop, GST_CLOCK_TIME_NONE);
  gst_event_unref (event);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* pulls frames until one has these columns */
/* the frame of the only clip that a sample must show, in this size: pixel by pixel
 * what the library renders */
static void
check_scene (GstSample *sample, const GstVideoInfo *info)
{
  const gboolean rgb = GST_VIDEO_INFO_FORMAT (info) == GST_VIDEO_FORMAT_RGB;
  const gsize width = (gsize) info->width, height = (gsize) info->height;
  const gsize row = rgb ? 3 * width : width;
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  g_autofree guint8 *pixels = g_malloc (3 * width * height);
  g_autofree guint8 *mask = g_malloc (width * height);
  g_autoptr (NfRenderer) renderer =
      nf_renderer_new ((guint) width, (guint) height, 1);
  g_autoptr (NfScene) scene = NULL;
  const NfSceneObject *objects;
  NfSceneParams params;
  guint n;

  nf_scene_params_init (&params);
  params.frames = CLIP_FRAMES;
  scene = nf_scene_new (&params, NULL);
  fail_unless (scene != NULL);
  objects = nf_scene_objects (scene, (guint) GST_BUFFER_OFFSET (buffer), &n);
  nf_renderer_render (renderer, nf_scene_view (scene), objects, n, pixels,
      3 * width, mask, width);
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < row; x++)
      fail_unless_equals_int (
          nf_test_pixel (buffer, gst_sample_get_caps (sample), x, y),
          (rgb ? pixels : mask)[y * row + x]);
}

static void
expect_size (GstElement *sink, gint width, gint height)
{
  GstVideoInfo info = { 0 };

  while (info.width != width || info.height != height) {
    GstSample *sample = NULL;

    g_signal_emit_by_name (sink, "try-pull-sample", 20 * GST_SECOND, &sample);
    fail_unless (sample != NULL, "no frame has %dx%d", width, height);
    fail_unless (
        gst_video_info_from_caps (&info, gst_sample_get_caps (sample)));
    if (info.width == width && info.height == height)
      check_scene (sample, &info);
    gst_sample_unref (sample);
  }
}

/* another size is asked for while the source plays, in the middle of a clip: in
 * both directions, or in one alone */
GST_START_TEST (test_source_reconfigures)
{
  static const gchar *const pads[] = { "video", "mask" };
  static const gint sizes[][2] = { { 30, 16 }, { 24, 21 }, { 18, 9 } };
  const gint *size = sizes[__i__ / 2];
  g_autofree gchar *line = g_strdup_printf (
      "nfscenesrc name=s frames=%d width=24 height=16 s.%s ! queue ! "
      "capsfilter "
      "name=f caps=video/x-raw,width=24 ! appsink name=sink sync=false "
      "max-buffers=2 s.%s ! queue ! fakesink",
      CLIP_FRAMES, pads[__i__ % 2], pads[!(__i__ % 2)]);
  g_autofree gchar *caps =
      g_strdup_printf ("video/x-raw,width=%d,height=%d", size[0], size[1]);
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstElement) filter = gst_bin_get_by_name (GST_BIN (pipeline), "f");
  g_autoptr (GstElement) sink =
      gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  expect_size (sink, 24, 16);
  gst_util_set_object_arg (G_OBJECT (filter), "caps", caps);
  expect_size (sink, size[0], size[1]);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  nf_test_expect_no_error (bus);
}
GST_END_TEST

static Suite *
eventorder_suite (void)
{
  Suite *suite = suite_create ("eventorder");
  TCase *tcase = tcase_create ("eventorder");

  tcase_add_unchecked_fixture (tcase, nf_models_make, nf_models_remove);
  tcase_add_loop_test (tcase, test_tags_follow_segment, 0, G_N_ELEMENTS (rows));
  tcase_add_loop_test (tcase, test_segment_keeps_offset, 0, 3);
  tcase_add_loop_test (tcase, test_reverse_segment_keeps_stop, 0, 2);
  tcase_add_loop_test (tcase, test_source_reconfigures, 0, 6);
  suite_add_tcase (suite, tcase);

  return suite;
}

GST_CHECK_MAIN (eventorder);
