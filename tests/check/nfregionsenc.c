/* SPDX-License-Identifier: MIT
 *
 * nfregionsenc — tests of nfregionsenc: regions of interest as lines of JSON */
#include "nfmodelrig.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define CAPS "video/x-raw,format=GRAY8,width=24,height=16,framerate=25/1"

/* (transfer full): the line of a frame, which is the only one in its buffer */
static JsonNode *
pull_line (GstHarness *h)
{
  g_autoptr (GstBuffer) buffer = gst_harness_pull (h);
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;
  const gsize size = gst_buffer_get_size (buffer);
  JsonNode *node;

  text = g_malloc0 (size + 1);
  gst_buffer_extract (buffer, 0, text, size);
  fail_unless_equals_int (strlen (text), size);
  fail_unless (strchr (text, '\n') == text + size - 1, "%s", text);
  node = json_from_string (text, &error);
  fail_unless (node != NULL, "%s: %s", text, error->message);

  return node;
}

static GstBuffer *
frame_new (GstClockTime time)
{
  GstBuffer *frame = gst_buffer_new_allocate (NULL, 24 * 16, NULL);

  gst_buffer_memset (frame, 0, 0, 24 * 16);
  GST_BUFFER_PTS (frame) = time;

  return frame;
}

/* regions of any element, names with quotes and without UTF-8; none at all */
GST_START_TEST (test_regions_of_any_element)
{
  GstHarness *h = gst_harness_new ("nfregionsenc");
  g_autoptr (JsonNode) with = NULL;
  g_autoptr (JsonNode) without = NULL;
  GstBuffer *frame = frame_new (40);
  JsonObject *line, *region;
  JsonArray *regions;

  gst_harness_set_src_caps_str (h, CAPS);
  GST_BUFFER_DURATION (frame) = 40 * GST_MSECOND;
  gst_buffer_add_video_region_of_interest_meta (frame, "a \"cube\"", 1, 2, 3, 4)
      ->id = 7;
  gst_buffer_add_video_region_of_interest_meta (frame, "\xff", 0, 0, 24, 16);
  fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  fail_unless_equals_int (
      gst_harness_push (h, frame_new (GST_CLOCK_TIME_NONE)), GST_FLOW_OK);

  with = pull_line (h);
  line = json_node_get_object (with);
  fail_unless_equals_int (json_object_get_int_member (line, "frame"), 0);
  fail_unless_equals_int (json_object_get_int_member (line, "timestamp"), 40);
  fail_unless_equals_int (
      json_object_get_int_member (line, "duration"), 40 * GST_MSECOND);
  regions = json_object_get_array_member (line, "regions");
  fail_unless_equals_int (json_array_get_length (regions), 2);
  region = json_array_get_object_element (regions, 0);
  fail_unless_equals_int (json_object_get_int_member (region, "id"), 7);
  fail_unless_equals_string (
      json_object_get_string_member (region, "name"), "a \"cube\"");
  fail_unless_equals_int (json_object_get_int_member (region, "x"), 1);
  fail_unless_equals_int (json_object_get_int_member (region, "y"), 2);
  fail_unless_equals_int (json_object_get_int_member (region, "width"), 3);
  fail_unless_equals_int (json_object_get_int_member (region, "height"), 4);
  region = json_array_get_object_element (regions, 1);
  fail_unless (json_object_get_null_member (region, "name"));

  without = pull_line (h);
  line = json_node_get_object (without);
  fail_unless_equals_int (json_object_get_int_member (line, "frame"), 1);
  fail_unless (json_object_get_null_member (line, "timestamp"));
  fail_unless_equals_int (
      json_array_get_length (json_object_get_array_member (line, "regions")),
      0);
  gst_harness_teardown (h);
}
GST_END_TEST

/* frames are counted from 0 on in each stream */
GST_START_TEST (test_regions_frames_of_streams)
{
  GstHarness *h = gst_harness_new ("nfregionsenc");

  gst_harness_set_src_caps_str (h, CAPS);
  for (guint stream = 0; stream < 3; stream++) {
    for (guint i = 0; i < 2 + stream; i++) {
      g_autoptr (JsonNode) node = NULL;

      fail_unless_equals_int (
          gst_harness_push (h, frame_new (i * 40)), GST_FLOW_OK);
      node = pull_line (h);
      fail_unless_equals_int (
          json_object_get_int_member (json_node_get_object (node), "frame"), i);
    }
    nf_models_begin_stream (h);
  }
  gst_harness_teardown (h);
}
GST_END_TEST

/* behind nfsegment: what its buffers carry, whatever it gives out */
GST_START_TEST (test_regions_of_nfsegment)
{
  static const gchar *const outputs[] = { "ids", "overlay" };
  g_autofree gchar *launch = g_strdup_printf (
      "nfsegment checkpoint=%s device=cpu output=%s ! nfregionsenc",
      nf_models_segmenter (), outputs[__i__]);
  g_autofree gchar *settings =
      g_strdup_printf ("decision=region output=%s", outputs[__i__]);
  GstBus *plain_bus;
  GstHarness *h = gst_harness_new_parse (launch);
  GstHarness *plain = nf_segment_harness_new (settings, &plain_bus);
  guint found = 0;

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  gst_harness_set_src_caps_str (plain, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 3);
  nf_test_push_frames (plain, 0, 3);
  for (guint i = 0; i < 3; i++) {
    g_autoptr (GstBuffer) mask = gst_harness_pull (plain);
    g_autoptr (JsonNode) node = pull_line (h);
    JsonArray *regions =
        json_object_get_array_member (json_node_get_object (node), "regions");
    gpointer state = NULL;
    GstMeta *meta;
    guint n = 0;

    while ((meta = gst_buffer_iterate_meta_filtered (
                mask, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))
        != NULL) {
      const GstVideoRegionOfInterestMeta *roi =
          (const GstVideoRegionOfInterestMeta *) meta;
      JsonObject *region;

      fail_unless (n < json_array_get_length (regions));
      region = json_array_get_object_element (regions, n++);
      fail_unless_equals_int (
          json_object_get_int_member (region, "id"), roi->id);
      fail_unless_equals_string (json_object_get_string_member (region, "name"),
          g_quark_to_string (roi->roi_type));
      fail_unless_equals_int (
          json_object_get_int_member (region, "width"), roi->w);
    }
    fail_unless_equals_int (json_array_get_length (regions), n);
    found += n;
  }
  fail_unless (found > 0, "no regions were seen");
  gst_harness_teardown (h);
  nf_test_harness_free (plain, plain_bus);
}
GST_END_TEST

static Suite *
nfregionsenc_suite (void)
{
  Suite *suite = suite_create ("nfregionsenc");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_test (tc, test_regions_of_any_element);
  tcase_add_test (tc, test_regions_frames_of_streams);
  tcase_add_loop_test (tc, test_regions_of_nfsegment, 0, 2);

  return suite;
}

GST_CHECK_MAIN (nfregionsenc)
