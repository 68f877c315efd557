/* SPDX-License-Identifier: MIT
 *
 * nfanalytics — tests of the masks that nfsegment attaches to its buffers
 *
 * Read back by GstAnalytics, as an element downstream would.
 * Sibling: nfsegment.c */
#include "nfmodelrig.h"
#include "nftestmodels.h"

#include <nextframe/metrics/nfclasses.h>

#include <gst/analytics/analytics.h>
#include <string.h>

typedef struct
{
  const gchar *settings;
  guint width, height;
} Case;

/* rows of other than a multiple of four bytes, too */
static const Case cases[] = {
  { "output=ids", 24, 16 },
  { "output=overlay", 24, 16 },
  { "output=palette", 33, 17 },
  { "output=ids batch-size=2", 1, 5 },
};

/* (transfer full): what nfsegment makes of a frame */
static GstBuffer *
run (GstHarness *h, const GstVideoInfo *info, GstBuffer *frame)
{
  gst_harness_set_src_caps (h, gst_video_info_to_caps (info));
  fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  gst_harness_push_event (h, gst_event_new_eos ());

  return gst_harness_pull (h);
}

/* the only segmentation that the buffer has */
static GstAnalyticsSegmentationMtd
only_segmentation (GstBuffer *buffer)
{
  GstAnalyticsRelationMeta *meta =
      gst_buffer_get_analytics_relation_meta (buffer);
  GstAnalyticsSegmentationMtd first, other;
  gpointer state = NULL;

  fail_unless (meta != NULL);
  fail_unless (gst_analytics_relation_meta_iterate (
      meta, &state, gst_analytics_segmentation_mtd_get_mtd_type (), &first));
  fail_if (gst_analytics_relation_meta_iterate (
      meta, &state, gst_analytics_segmentation_mtd_get_mtd_type (), &other));

  return first;
}

/* it covers the frame, and its pixels are those of @expected */
static void
check_mask (const GstAnalyticsSegmentationMtd *regions,
    const GstVideoInfo *frame, GBytes *expected)
{
  const guint8 *want = g_bytes_get_data (expected, NULL);
  GstVideoFrame mapped;
  GstVideoInfo info;
  GstVideoMeta *video;
  GstBuffer *mask;
  guint w, h;
  gint x, y;

  mask = gst_analytics_segmentation_mtd_get_mask (regions, &x, &y, &w, &h);
  fail_unless (mask != NULL && x == 0 && y == 0);
  fail_unless_equals_int (w, frame->width);
  fail_unless_equals_int (h, frame->height);
  video = gst_buffer_get_video_meta (mask);
  fail_unless (video != NULL && video->format == GST_VIDEO_FORMAT_GRAY8);
  fail_unless (video->width == w && video->height == h);
  fail_unless (gst_video_info_set_format (&info, video->format, w, h));
  fail_unless (gst_video_frame_map (&mapped, &info, mask, GST_MAP_READ));
  for (guint row = 0; row < h; row++)
    fail_unless (
        memcmp ((guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&mapped, 0)
                + (gsize) row * GST_VIDEO_FRAME_PLANE_STRIDE (&mapped, 0),
            want + (gsize) row * w, w)
        == 0);
  gst_video_frame_unmap (&mapped);
  gst_buffer_unref (mask);
}

/* as many regions as classes, each with its name */
static void
check_names (const GstAnalyticsSegmentationMtd *regions, guint classes,
    GstAnalyticsRelTypes relation)
{
  GstAnalyticsClsMtd names;
  gpointer state = NULL;

  fail_unless_equals_int (
      gst_analytics_segmentation_mtd_get_region_count (regions), classes);
  fail_unless (gst_analytics_relation_meta_get_direct_related (regions->meta,
      regions->id, relation, gst_analytics_cls_mtd_get_mtd_type (), &state,
      &names));
  fail_unless_equals_int (gst_analytics_cls_mtd_get_length (&names), classes);
  for (guint id = 0; id < classes; id++) {
    g_autofree gchar *other = g_strdup_printf ("class %u", id);
    gsize index = classes;

    fail_unless (
        gst_analytics_segmentation_mtd_get_region_index (regions, &index, id));
    fail_unless_equals_int (index, id);
    fail_unless_equals_string (
        g_quark_to_string (gst_analytics_cls_mtd_get_quark (&names, index)),
        classes == NF_N_CLASSES ? nf_class_name (id) : other);
  }
}

GST_START_TEST (test_analytics_mask)
{
  const Case *c = &cases[__i__];
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new (c->settings, &bus);
  GstAnalyticsSegmentationMtd regions;
  g_autoptr (GBytes) expected = NULL;
  GstBuffer *frame, *out;
  GstVideoInfo info;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, c->width, c->height);
  frame = nf_test_frame (&info, 3, 0);
  expected = nf_segment_expected (frame, &info, NF_F32, FALSE);
  out = run (h, &info, frame);
  regions = only_segmentation (out);
  check_mask (&regions, &info, expected);
  check_names (&regions, NF_N_CLASSES, GST_ANALYTICS_REL_TYPE_RELATE_TO);
  check_names (&regions, NF_N_CLASSES, GST_ANALYTICS_REL_TYPE_N_TO_N);
  gst_buffer_unref (out);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* a copy of the buffer keeps the mask when the buffer has gone */
GST_START_TEST (test_analytics_copy)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("output=overlay", &bus);
  GstAnalyticsSegmentationMtd regions;
  g_autoptr (GBytes) expected = NULL;
  GstBuffer *frame, *out, *copy;
  GstVideoInfo info;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, 24, 16);
  frame = nf_test_frame (&info, 3, 0);
  expected = nf_segment_expected (frame, &info, NF_F32, FALSE);
  out = run (h, &info, frame);
  copy = gst_buffer_copy (out);
  gst_buffer_unref (out);
  nf_test_harness_free (h, bus);
  regions = only_segmentation (copy);
  check_mask (&regions, &info, expected);
  check_names (&regions, NF_N_CLASSES, GST_ANALYTICS_REL_TYPE_N_TO_N);
  gst_buffer_unref (copy);
}
GST_END_TEST

/* a network with other classes than ours */
GST_START_TEST (test_analytics_other_classes)
{
  g_autofree gchar *path = nf_models_path ("five");
  g_autofree gchar *settings = g_strdup_printf ("checkpoint=%s", path);
  GstAnalyticsSegmentationMtd regions;
  NfUnetppConfig config;
  GstVideoInfo info;
  GstBuffer *out;
  GstHarness *h;
  GstBus *bus;

  nf_test_unetpp_config (&config);
  config.classes = 5;
  nf_test_save_unetpp (path, &config, 3);
  h = nf_segment_harness_new (settings, &bus);
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, 24, 16);
  out = run (h, &info, nf_test_frame (&info, 0, 0));
  regions = only_segmentation (out);
  check_names (&regions, 5, GST_ANALYTICS_REL_TYPE_N_TO_N);
  gst_buffer_unref (out);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static Suite *
nfanalytics_suite (void)
{
  Suite *suite = suite_create ("nfanalytics");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_loop_test (tc, test_analytics_mask, 0, G_N_ELEMENTS (cases));
  tcase_add_test (tc, test_analytics_copy);
  tcase_add_test (tc, test_analytics_other_classes);

  return suite;
}

GST_CHECK_MAIN (nfanalytics)
