/* SPDX-License-Identifier: MIT
 *
 * nfsegment — tests of the element that names every pixel's object
 *
 * The network is untrained; that the element's masks are its masks is checked
 * against the library. */
#include "nfmodelrig.h"
#include "nftestmodels.h"

#include <string.h>

typedef struct
{
  const gchar *format;
  guint width, height;
} FormatCase;

static const FormatCase format_cases[] = {
  { "RGB", 24, 16 },
  { "RGB", 33, 31 },
  { "RGB", 1, 1 },
  { "RGB", 40, 1 },
  { "RGB", 1, 40 },
  { "BGRx", 17, 33 },
  { "I420", 31, 21 },
  { "NV12", 64, 32 },
  { "GRAY8", 5, 7 },
  { "I420_10LE", 26, 14 },
};

/* any format and size, with any strides, gives the library's mask */
GST_START_TEST (test_segment_formats)
{
  const FormatCase *c = &format_cases[__i__];
  g_autofree gchar *text = g_strdup_printf (
      "video/x-raw,format=%s,width=%u,height=%u,framerate=25/1", c->format,
      c->width, c->height);
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  for (guint pad = 0; pad <= 16; pad += 16) {
    GstBus *bus;
    GstHarness *h = nf_segment_harness_new ("", &bus);
    GstBuffer *frame = nf_test_frame (&info, 3, pad);
    g_autoptr (GBytes) expected =
        nf_segment_expected (frame, &info, NF_F32, FALSE);

    gst_harness_set_src_caps (h, gst_caps_ref (caps));
    fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
    nf_segment_expect (h, expected);
    nf_test_harness_free (h, bus);
  }
}
GST_END_TEST

GST_START_TEST (test_segment_tta)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("tta=true", &bus);
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  g_autoptr (GBytes) expected = NULL;
  GstVideoInfo info;
  GstBuffer *frame;

  fail_unless (gst_video_info_from_caps (&info, caps));
  frame = nf_test_frame (&info, 3, 0);
  expected = nf_segment_expected (frame, &info, NF_F32, TRUE);
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  nf_segment_expect (h, expected);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* a network of gray frames, with other than 49 classes */
/* masks of the network in bf16, where it is in bf16 */
GST_START_TEST (test_segment_bf16)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  g_autoptr (GBytes) expected = NULL;
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("precision=bf16", &bus);
  GstBuffer *frame;
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  frame = nf_test_frame (&info, 3, 0);
  expected = nf_segment_expected (frame, &info, NF_BF16, FALSE);
  fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  nf_segment_expect (h, expected);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* what the network computes in may change between frames, as the property says */
GST_START_TEST (test_segment_precision_changes)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  static const NfDType types[] = { NF_F32, NF_BF16, NF_F32 };
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("", &bus);
  GParamSpec *precision = g_object_class_find_property (
      G_OBJECT_GET_CLASS (h->element), "precision");
  GstVideoInfo info;

  fail_unless ((precision->flags & GST_PARAM_MUTABLE_PLAYING) != 0);
  fail_unless (gst_video_info_from_caps (&info, caps));
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    GstBuffer *frame = nf_test_frame (&info, i, 0);
    g_autoptr (GBytes) expected =
        nf_segment_expected (frame, &info, types[i], FALSE);

    gst_util_set_object_arg (G_OBJECT (h->element), "precision",
        types[i] == NF_BF16 ? "bf16" : "f32");
    fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
    nf_segment_expect (h, expected);
  }
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_segment_gray_network)
{
  g_autofree gchar *gray = nf_models_path ("gray");
  g_autofree gchar *settings =
      g_strdup_printf ("checkpoint=%s output=overlay", gray);
  gpointer state = NULL;
  NfUnetppConfig config;
  GstHarness *h;
  GstBuffer *out;
  GstMeta *meta;
  GstBus *bus;

  nf_test_unetpp_config (&config);
  config.channels = 1;
  config.classes = 5;
  nf_test_save_unetpp (gray, &config, 3);
  h = nf_segment_harness_new (settings, &bus);
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 1);
  out = gst_harness_pull (h);
  while ((meta = gst_buffer_iterate_meta_filtered (
              out, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    GstVideoRegionOfInterestMeta *roi = (GstVideoRegionOfInterestMeta *) meta;
    g_autofree gchar *name = g_strdup_printf ("class %d", roi->id);

    fail_unless_equals_string (g_quark_to_string (roi->roi_type), name);
  }
  gst_buffer_unref (out);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* regions have the names of the file; "name of N" for class N */
GST_START_TEST (test_segment_labels)
{
  g_autofree gchar *labels = nf_models_path ("labels.txt");
  g_autofree gchar *settings =
      g_strdup_printf ("decision=pixel labels=%s", labels);
  g_autoptr (GString) names = g_string_new (NULL);
  gpointer state = NULL;
  guint regions = 0;
  GstHarness *h;
  GstBuffer *out;
  GstMeta *meta;
  GstBus *bus;

  for (guint i = 0; i < 49; i++)
    g_string_append_printf (names, "name of %u\n", i);
  fail_unless (g_file_set_contents (labels, names->str, -1, NULL));
  h = nf_segment_harness_new (settings, &bus);
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 3, 1);
  out = gst_harness_pull (h);
  while ((meta = gst_buffer_iterate_meta_filtered (
              out, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    GstVideoRegionOfInterestMeta *roi = (GstVideoRegionOfInterestMeta *) meta;
    g_autofree gchar *name = g_strdup_printf ("name of %d", roi->id);

    fail_unless_equals_string (g_quark_to_string (roi->roi_type), name);
    regions++;
  }
  fail_unless (regions > 0);
  gst_buffer_unref (out);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* a file with other classes than the network has is refused at the start, and a
 * network with others than the file has while playing */
GST_START_TEST (test_segment_wrong_labels)
{
  g_autofree gchar *labels = nf_models_path ("labels.txt");
  GstElement *element = gst_element_factory_make ("nfsegment", NULL);
  GstBus *bus = nf_test_attach_bus (element);

  fail_unless (g_file_set_contents (labels, "one\ntwo\n", -1, NULL));
  g_object_set (element, "checkpoint", nf_models_segmenter (), "device", "cpu",
      "labels", labels, NULL);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  nf_test_expect_error (bus, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
      "has 2 lines, expected 49");
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}
GST_END_TEST

/* the background is black, or as it was; objects have colours */
static void
check_picture (const guint8 *mask, const guint8 *rgb, const guint8 *picture,
    gsize area, gboolean overlay)
{
  gboolean objects = FALSE;

  for (gsize i = 0; i < area; i++) {
    gboolean same = memcmp (rgb + 3 * i, picture + 3 * i, 3) == 0;
    gboolean black = picture[3 * i] == 0 && picture[3 * i + 1] == 0
        && picture[3 * i + 2] == 0;

    objects |= mask[i] != 0;
    if (mask[i] == 0)
      fail_unless (overlay ? same : black);
    else
      fail_if (overlay ? same : black);
  }
  fail_unless (objects);
}

GST_START_TEST (test_segment_pictures)
{
  static const gchar *const outputs[] = { "output=palette", "output=overlay" };
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new (outputs[__i__], &bus);
  GstVideoInfo info, got;
  GstBuffer *frame, *out;
  g_autoptr (GBytes) mask = NULL;
  g_autoptr (GBytes) rgb = NULL;
  g_autoptr (GBytes) picture = NULL;

  fail_unless (gst_video_info_from_caps (&info, caps));
  frame = nf_test_frame (&info, 3, 0);
  mask = nf_segment_expected (frame, &info, NF_F32, FALSE);
  rgb = nf_test_pixels (frame, &info, GST_VIDEO_FORMAT_RGB);
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  out = gst_harness_pull (h);
  got = nf_test_output_info (h);
  fail_unless_equals_int (GST_VIDEO_INFO_FORMAT (&got), GST_VIDEO_FORMAT_RGB);
  picture = nf_test_pixels (out, &got, GST_VIDEO_FORMAT_RGB);
  check_picture (g_bytes_get_data (mask, NULL), g_bytes_get_data (rgb, NULL),
      g_bytes_get_data (picture, NULL), g_bytes_get_size (mask), __i__ == 1);
  gst_buffer_unref (out);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* the output can change while frames flow */
GST_START_TEST (test_segment_output_changed)
{
  static const struct
  {
    const gchar *output;
    GstVideoFormat format;
  } changes[] = {
    { "ids", GST_VIDEO_FORMAT_GRAY8 },
    { "overlay", GST_VIDEO_FORMAT_RGB },
    { "palette", GST_VIDEO_FORMAT_RGB },
    { "ids", GST_VIDEO_FORMAT_GRAY8 },
  };
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("", &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++) {
    GstVideoInfo info;

    gst_util_set_object_arg (
        G_OBJECT (h->element), "output", changes[i].output);
    nf_test_push_frames (h, i, 1);
    gst_buffer_unref (gst_harness_pull (h));
    info = nf_test_output_info (h);
    fail_unless_equals_int (GST_VIDEO_INFO_FORMAT (&info), changes[i].format);
  }
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_segment_keeps_times_and_flags)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("", &bus);
  GstVideoInfo info;
  GstBuffer *buffer;

  fail_unless (gst_video_info_from_caps (&info, caps));
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  buffer = nf_test_frame (&info, 0, 0);
  GST_BUFFER_PTS (buffer) = 17;
  GST_BUFFER_DTS (buffer) = 16;
  GST_BUFFER_DURATION (buffer) = 5;
  GST_BUFFER_OFFSET (buffer) = 3;
  GST_BUFFER_OFFSET_END (buffer) = 4;
  GST_BUFFER_FLAG_SET (
      buffer, GST_BUFFER_FLAG_DISCONT | GST_BUFFER_FLAG_MARKER);
  fail_unless_equals_int (gst_harness_push (h, buffer), GST_FLOW_OK);
  buffer = gst_harness_pull (h);
  fail_unless_equals_clocktime (GST_BUFFER_PTS (buffer), 17);
  fail_unless_equals_clocktime (GST_BUFFER_DTS (buffer), 16);
  fail_unless_equals_clocktime (GST_BUFFER_DURATION (buffer), 5);
  fail_unless_equals_uint64 (GST_BUFFER_OFFSET (buffer), 3);
  fail_unless_equals_uint64 (GST_BUFFER_OFFSET_END (buffer), 4);
  fail_unless (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT));
  fail_unless (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_MARKER));
  gst_buffer_unref (buffer);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_segment_caps)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("", &bus);
  g_autoptr (GstCaps) rgb = gst_caps_from_string ("video/x-raw,format=RGB");
  g_autoptr (GstCaps) up = NULL;
  g_autoptr (GstCaps) down = NULL;
  g_autoptr (GstCaps) fixed = NULL;
  const GstStructure *s;
  gint n, d;

  gst_harness_set_sink_caps_str (
      h, "video/x-raw,format={RGB,GRAY8},width=20,framerate=[0/1,30/1]");
  up = gst_pad_peer_query_caps (h->srcpad, NULL);
  fail_unless (gst_caps_can_intersect (up, rgb), "%" GST_PTR_FORMAT, up);
  s = gst_caps_get_structure (up, 0);
  fail_unless (gst_structure_get_int (s, "width", &n) && n == 20);
  down = gst_pad_peer_query_caps (h->sinkpad, rgb);
  fail_unless (gst_caps_is_empty (down), "%" GST_PTR_FORMAT, down);
  gst_harness_set_src_caps_str (h,
      "video/x-raw,format=I420,width=20,height=6,framerate=30/1,"
      "pixel-aspect-ratio=4/3,colorimetry=bt601,chroma-site=mpeg2");
  nf_test_push_frames (h, 0, 1);
  gst_buffer_unref (gst_harness_pull (h));
  fixed = gst_pad_get_current_caps (h->sinkpad);
  s = gst_caps_get_structure (fixed, 0);
  fail_unless_equals_string (gst_structure_get_string (s, "format"), "GRAY8");
  fail_unless (gst_structure_get_fraction (s, "pixel-aspect-ratio", &n, &d));
  fail_unless (n == 4 && d == 3);
  fail_unless (gst_structure_get_fraction (s, "framerate", &n, &d) && n == 30);
  fail_if (gst_structure_has_field (s, "chroma-site"));
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* upstream must not be led to gray frames because masks are gray */
GST_START_TEST (test_segment_asks_for_colour)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("", &bus);
  g_autoptr (GstCaps) wanted = gst_caps_from_string (
      "video/x-raw,format=RGB,width=24,height=16; video/x-raw,width=24");
  g_autoptr (GstCaps) caps = NULL;

  gst_harness_set_sink_caps_str (h, "video/x-raw,format=GRAY8");
  caps = gst_pad_peer_query_caps (h->srcpad, wanted);
  fail_unless (gst_caps_get_size (caps) >= 2);
  fail_unless_equals_string (
      gst_structure_get_string (gst_caps_get_structure (caps, 0), "format"),
      "RGB");
  nf_test_harness_free (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_segment_bad_model_fails)
{
  g_autofree gchar *unet = nf_models_path ("unet");
  GstElement *element = gst_element_factory_make ("nfsegment", NULL);
  NfUnetConfig config;

  g_object_set (element, "checkpoint", "/nowhere/x", NULL);
  nf_test_expect_start_error (element, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_NOT_FOUND, "nextframe-train segment");
  nf_test_unet_config (&config);
  nf_test_save_unet (unet, &config, 1);
  element = gst_element_factory_make ("nfsegment", NULL);
  g_object_set (element, "checkpoint", unet, NULL);
  nf_test_expect_start_error (element, GST_LIBRARY_ERROR,
      GST_LIBRARY_ERROR_SETTINGS,
      "spade_unet, which predicts frames, expected unetpp");
}
GST_END_TEST

/* every class of eight pixels or more has a region: its box, name and id */
GST_START_TEST (test_segment_regions)
{
  static const gchar *const outputs[] = { "output=ids", "output=overlay" };
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new (outputs[__i__], &bus);
  g_autoptr (GBytes) expected = NULL;
  const guint8 *mask;
  guint regions = 0, wanted = 0;
  gpointer state = NULL;
  GstVideoInfo info;
  GstBuffer *buffer;
  GstMeta *meta;

  fail_unless (gst_video_info_from_caps (&info, caps));
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  buffer = nf_test_frame (&info, 3, 0);
  expected = nf_segment_expected (buffer, &info, NF_F32, FALSE);
  mask = g_bytes_get_data (expected, NULL);
  fail_unless_equals_int (gst_harness_push (h, buffer), GST_FLOW_OK);
  buffer = gst_harness_pull (h);
  while ((meta = gst_buffer_iterate_meta_filtered (
              buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    GstVideoRegionOfInterestMeta *roi = (GstVideoRegionOfInterestMeta *) meta;
    guint left = 24, right = 0, top = 16, bottom = 0;

    for (guint i = 0; i < 24 * 16; i++) {
      if (mask[i] != roi->id)
        continue;
      left = MIN (left, i % 24);
      right = MAX (right, i % 24);
      top = MIN (top, i / 24);
      bottom = MAX (bottom, i / 24);
    }
    fail_unless (roi->id > 0 && roi->parent_id == -1);
    fail_unless_equals_int (roi->x, left);
    fail_unless_equals_int (roi->y, top);
    fail_unless_equals_int (roi->w, right - left + 1);
    fail_unless_equals_int (roi->h, bottom - top + 1);
    fail_unless (strstr (g_quark_to_string (roi->roi_type), " ") != NULL);
    regions++;
  }
  for (guint id = 1; id < 49; id++) {
    guint area = 0;

    for (guint i = 0; i < 24 * 16; i++)
      area += mask[i] == id;
    wanted += area >= 8;
  }
  fail_unless (wanted > 0);
  fail_unless_equals_int (regions, wanted);
  gst_buffer_unref (buffer);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* values of 16 bits would be brought to 8 at once */
GST_START_TEST (test_segment_prefers_8_bits)
{
  g_autofree gchar *line = g_strdup_printf (
      "videotestsrc num-buffers=1 ! nfsegment name=s device=cpu checkpoint=%s "
      "! fakesink",
      nf_models_segmenter ());
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstElement) element =
      gst_bin_get_by_name (GST_BIN (pipeline), "s");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "sink");
  g_autoptr (GstCaps) caps = NULL;
  GstVideoInfo info;

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  fail_unless_equals_int (
      gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND),
      GST_STATE_CHANGE_SUCCESS);
  caps = gst_pad_get_current_caps (pad);
  fail_unless (gst_video_info_from_caps (&info, caps));
  fail_unless_equals_int (GST_VIDEO_INFO_COMP_DEPTH (&info, 0), 8);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}
GST_END_TEST

/* a buffer that is shorter than its caps say */
GST_START_TEST (test_segment_short_frame_fails)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("", &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  fail_unless_equals_int (
      gst_harness_push (
          h, gst_buffer_new_allocate (NULL, 24 * 16 * 3 - 1, NULL)),
      GST_FLOW_ERROR);
  nf_test_expect_error (
      bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "stride of 72 bytes");
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static Suite *
nfsegment_suite (void)
{
  Suite *suite = suite_create ("nfsegment");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_loop_test (
      tc, test_segment_formats, 0, G_N_ELEMENTS (format_cases));
  tcase_add_test (tc, test_segment_prefers_8_bits);
  tcase_add_test (tc, test_segment_short_frame_fails);
  tcase_add_test (tc, test_segment_bf16);
  tcase_add_test (tc, test_segment_tta);
  tcase_add_test (tc, test_segment_precision_changes);
  tcase_add_test (tc, test_segment_gray_network);
  tcase_add_test (tc, test_segment_labels);
  tcase_add_test (tc, test_segment_wrong_labels);
  tcase_add_loop_test (tc, test_segment_pictures, 0, 2);
  tcase_add_test (tc, test_segment_output_changed);
  tcase_add_test (tc, test_segment_keeps_times_and_flags);
  tcase_add_test (tc, test_segment_caps);
  tcase_add_test (tc, test_segment_asks_for_colour);
  tcase_add_test (tc, test_segment_bad_model_fails);
  tcase_add_loop_test (tc, test_segment_regions, 0, 2);

  return suite;
}

GST_CHECK_MAIN (nfsegment)
