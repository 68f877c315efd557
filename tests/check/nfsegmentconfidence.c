/* SPDX-License-Identifier: MIT
 *
 * nfsegmentconfidence — tests of nfsegment: how sure the network is of each pixel
 *
 * Siblings: nfsegment.c, nfsegmentdecision.c */
#include "nfmodelrig.h"

#include <math.h>
#include <string.h>

#define WIDTH 24
#define HEIGHT 16
#define CLASSES 49

static const gchar *const decisions[] = { "pixel", "region", "clip" };

/* what the library says of picture @number: 255 times the largest probability */
static void
expect_confidence (guint number, guint8 *expected)
{
  g_autofree gfloat *p = g_new0 (gfloat, WIDTH * HEIGHT * CLASSES);

  nf_segment_add_probabilities (number, p);
  for (guint i = 0; i < WIDTH * HEIGHT; i++) {
    gfloat most = 0;

    for (guint k = 0; k < CLASSES; k++)
      most = fmaxf (most, p[i * CLASSES + k]);
    expected[i] = (guint8) lrintf (255 * most);
  }
}

/* (nullable): the picture that a buffer carries */
static GstBuffer *
carried (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "NfConfidenceMeta");
  GstBuffer *picture = NULL;

  if (meta != NULL)
    fail_unless (gst_structure_get (gst_custom_meta_get_structure (meta),
        "picture", GST_TYPE_BUFFER, &picture, NULL));

  return picture;
}

/* within one step: another sum rounds otherwise */
static void
expect_values (GstBuffer *picture, guint number)
{
  guint8 expected[WIDTH * HEIGHT];
  GstMapInfo map;
  guint least = 255, most = 0;

  expect_confidence (number, expected);
  fail_unless (gst_buffer_map (picture, &map, GST_MAP_READ));
  fail_unless_equals_uint64 (map.size, WIDTH * HEIGHT);
  for (guint i = 0; i < WIDTH * HEIGHT; i++) {
    least = MIN (least, map.data[i]);
    most = MAX (most, map.data[i]);
    fail_unless (ABS ((gint) map.data[i] - (gint) expected[i]) <= 1,
        "pixel %u of picture %u: %u, expected %u", i, number, map.data[i],
        expected[i]);
  }
  fail_unless (least < most, "all values are %u", least);
  gst_buffer_unmap (picture, &map);
}

static GstHarness *
harness_new (const gchar *decision, const gchar *settings, GstBus **bus)
{
  g_autofree gchar *all =
      g_strdup_printf ("decision=%s %s", decision, settings);

  GstHarness *h = nf_segment_harness_new (all, bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);

  return h;
}

/* masks of pictures 0 to 2, with and without the meta, are the same */
GST_START_TEST (test_confidence_meta)
{
  const gchar *decision = decisions[__i__];
  GstBus *bus, *plain_bus;
  GstHarness *h = harness_new (decision, "confidence=true batch-size=2", &bus);
  GstHarness *plain = harness_new (decision, "batch-size=2", &plain_bus);

  nf_test_push_frames (h, 0, 3);
  nf_test_push_frames (plain, 0, 3);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  fail_unless (gst_harness_push_event (plain, gst_event_new_eos ()));
  for (guint i = 0; i < 3; i++) {
    g_autoptr (GstBuffer) mask = gst_harness_pull (h);
    g_autoptr (GstBuffer) same = gst_harness_pull (plain);
    g_autoptr (GstBuffer) picture = carried (mask);
    const GstVideoMeta *video;
    GstMapInfo map;

    fail_unless (picture != NULL);
    fail_unless (carried (same) == NULL);
    video = gst_buffer_get_video_meta (picture);
    fail_unless (video != NULL && video->format == GST_VIDEO_FORMAT_GRAY8
        && video->width == WIDTH && video->height == HEIGHT);
    expect_values (picture, i);
    fail_unless (gst_buffer_map (same, &map, GST_MAP_READ));
    fail_unless (gst_buffer_memcmp (mask, 0, map.data, map.size) == 0);
    gst_buffer_unmap (same, &map);
  }
  nf_test_harness_free (h, bus);
  nf_test_harness_free (plain, plain_bus);
}
GST_END_TEST

/* the output itself, as gray video; without a meta that nobody asked for */
GST_START_TEST (test_confidence_output)
{
  GstBus *bus;
  GstHarness *h = harness_new (decisions[__i__], "output=confidence", &bus);
  GstVideoInfo info;

  nf_test_push_frames (h, 0, 2);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GstBuffer) picture = gst_harness_pull (h);

    expect_values (picture, i);
    fail_unless (carried (picture) == NULL);
  }
  info = nf_test_output_info (h);
  fail_unless_equals_int (
      GST_VIDEO_INFO_FORMAT (&info), GST_VIDEO_FORMAT_GRAY8);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* from ids to confidence while playing, and back */
GST_START_TEST (test_confidence_switched)
{
  GstBus *bus;
  GstHarness *h = harness_new ("pixel", "", &bus);
  GstElement *element = gst_harness_find_element (h, "nfsegment");

  for (guint i = 0; i < 3; i++) {
    g_autoptr (GstBuffer) buffer = NULL;

    gst_util_set_object_arg (
        G_OBJECT (element), "output", i == 1 ? "confidence" : "ids");
    nf_test_push_frames (h, i, 1);
    buffer = gst_harness_pull (h);
    if (i == 1) {
      expect_values (buffer, i);
    } else {
      guint8 expected[WIDTH * HEIGHT];

      expect_confidence (i, expected);
      fail_unless (
          gst_buffer_memcmp (buffer, 0, expected, sizeof expected) != 0);
    }
  }
  gst_object_unref (element);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* frames that are held while the output changes are of the one before: there and
 * back, and with other caps */
GST_START_TEST (test_confidence_switched_while_held)
{
  static const gchar *const outputs[] = { "ids", "confidence", "palette" };
  GstBus *bus, *plain_bus;
  GstHarness *h = harness_new ("clip", "lookahead=8", &bus);
  GstHarness *plain = harness_new ("clip", "lookahead=8", &plain_bus);
  GstElement *element = gst_harness_find_element (h, "nfsegment");

  nf_test_push_frames (plain, 0, 3);
  fail_unless (gst_harness_push_event (plain, gst_event_new_eos ()));
  for (guint k = 0; k < G_N_ELEMENTS (outputs); k++) {
    gst_util_set_object_arg (G_OBJECT (element), "output", outputs[k]);
    nf_test_push_frames (h, 3 * k, 3);
    fail_unless_equals_int (gst_harness_buffers_in_queue (h), k > 0 ? 3 : 0);
    for (guint i = 0; k > 0 && i < 3; i++) {
      g_autoptr (GstBuffer) picture = gst_harness_pull (h);
      g_autoptr (GstBuffer) ids = k == 1 ? gst_harness_pull (plain) : NULL;
      GstMapInfo map;

      if (k == 2) {
        expect_values (picture, 3 + i);
        continue;
      }
      fail_unless (gst_buffer_map (ids, &map, GST_MAP_READ));
      fail_unless_equals_int (
          gst_buffer_memcmp (picture, 0, map.data, map.size), 0);
      gst_buffer_unmap (ids, &map);
    }
  }
  gst_object_unref (element);
  nf_test_harness_free (h, bus);
  nf_test_harness_free (plain, plain_bus);
}
GST_END_TEST

static Suite *
nfsegment_confidence_suite (void)
{
  Suite *suite = suite_create ("nfsegment-confidence");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_loop_test (tc, test_confidence_meta, 0, G_N_ELEMENTS (decisions));
  tcase_add_loop_test (tc, test_confidence_output, 0, G_N_ELEMENTS (decisions));
  tcase_add_test (tc, test_confidence_switched);
  tcase_add_test (tc, test_confidence_switched_while_held);

  return suite;
}

GST_CHECK_MAIN (nfsegment_confidence)
