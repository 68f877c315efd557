/* SPDX-License-Identifier: MIT
 *
 * nfsegmentbatch — tests of nfsegment: when frames are computed and pushed
 *
 * Batches, what drains them, flushes, latency, quality of service.
 * Sibling: nfsegment.c, what becomes of a frame */
#include "nfmodelrig.h"

#define FRAME NF_MODELS_FRAME

/* what must not overtake frames drains the batch */
GST_START_TEST (test_segment_batch_drains)
{
  static GstEvent *(*const drains[]) (
      void) = { gst_event_new_eos, nf_models_new_gap, nf_models_new_segment };
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("batch-size=4", &bus);
  GBytes *expected[7];
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  for (guint i = 0; i < 7; i++) {
    GstBuffer *frame = nf_test_frame (&info, i, 0);

    expected[i] = nf_segment_expected (frame, &info, NF_F32, FALSE);
    gst_buffer_unref (frame);
  }
  nf_test_push_frames (h, 0, 3);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
  nf_test_push_frames (h, 3, 4);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 4);
  gst_harness_push_event (h, drains[__i__]());
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 7);
  for (guint i = 0; i < 7; i++) {
    nf_segment_expect (h, expected[i]);
    g_bytes_unref (expected[i]);
  }
  fail_unless_equals_int (nf_test_stat (h->element, "batches"), 2);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* tags keep their place among the frames, and end no batch */
GST_START_TEST (test_segment_batch_keeps_tags)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("batch-size=3", &bus);
  g_autoptr (GString) order = g_string_new (NULL);

  nf_models_watch_order (h, order);
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  gst_harness_push_event (h, nf_models_new_tag ());
  fail_unless_equals_string (order->str, "t");
  nf_test_push_frames (h, 0, 1);
  gst_harness_push_event (h, nf_models_new_tag ());
  nf_test_push_frames (h, 1, 2);
  fail_unless_equals_string (order->str, "tbtbb");
  nf_test_push_frames (h, 3, 1);
  gst_harness_push_event (h, nf_models_new_tag ());
  gst_harness_push_event (h, nf_models_new_tag ());
  nf_test_push_frames (h, 4, 1);
  gst_harness_push_event (h, nf_models_new_tag ());
  fail_unless_equals_string (order->str, "tbtbb");
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_string (order->str, "tbtbbbttbt");
  fail_unless_equals_int (nf_test_stat (h->element, "batches"), 2);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* frames of the old caps go out with the old caps */
GST_START_TEST (test_segment_batch_caps_change)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("batch-size=4", &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 2);
  gst_harness_set_src_caps_str (
      h, "video/x-raw,format=GRAY8,width=8,height=8,framerate=25/1");
  nf_test_push_frames (h, 2, 1);
  gst_util_set_object_arg (G_OBJECT (h->element), "output", "palette");
  nf_test_push_frames (h, 3, 4);
  for (guint i = 0; i < 7; i++) {
    GstBuffer *buffer = gst_harness_pull (h);

    fail_unless_equals_int (gst_buffer_get_size (buffer),
        i < 2       ? 24 * 16
            : i < 3 ? 8 * 8
                    : 24 * 8);
    fail_unless_equals_clocktime (GST_BUFFER_PTS (buffer), i * FRAME);
    gst_buffer_unref (buffer);
  }
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* who asks for what cannot be, learns so, and nothing else happens */
GST_START_TEST (test_segment_caps_of_nothing)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("", &bus);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (h->element, "sink");
  g_autoptr (GstCaps) filter = gst_caps_from_string ("audio/x-raw");
  g_autoptr (GstCaps) caps = gst_pad_query_caps (sink, filter);

  fail_unless (gst_caps_is_empty (caps));
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* masks that could not be pushed are lost with their caps */
GST_START_TEST (test_segment_batch_caps_change_unlinked)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("batch-size=5", &bus);
  g_autoptr (GstPad) src = gst_element_get_static_pad (h->element, "src");

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 4);
  gst_pad_unlink (src, h->sinkpad);
  gst_harness_set_src_caps_str (
      h, "video/x-raw,format=RGB,width=64,height=48,framerate=25/1");
  gst_pad_link (src, h->sinkpad);
  nf_test_push_frames (h, 4, 5);
  for (guint i = 4; i < 9; i++) {
    GstBuffer *buffer = gst_harness_try_pull (h);

    fail_unless (buffer != NULL);
    fail_unless_equals_int (gst_buffer_get_size (buffer), 64 * 48);
    fail_unless_equals_clocktime (GST_BUFFER_PTS (buffer), i * FRAME);
    gst_buffer_unref (buffer);
  }
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_segment_batch_flush)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("batch-size=4", &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 3);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (h, nf_test_new_segment (1.0));
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
  nf_test_push_frames (h, 10, 4);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 4);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* a flush does not wait for a batch to be computed; what comes next is */
GST_START_TEST (test_segment_flush_while_computing)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (
      "video/x-raw,format=RGB,width=800,height=600,framerate=25/1");
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("batch-size=2", &bus);
  GstVideoInfo info;
  GThread *thread;

  fail_unless (gst_video_info_from_caps (&info, caps));
  gst_harness_set_src_caps (h, gst_caps_ref (caps));
  nf_test_push_frames (h, 0, 1);
  thread = nf_test_push_apart (h, nf_test_frame (&info, 1, 0));
  while (nf_test_stat (h->element, "frames-in") < 2)
    g_usleep (1000);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  fail_unless_equals_int (
      GPOINTER_TO_INT (g_thread_join (thread)), GST_FLOW_FLUSHING);
  fail_unless_equals_int (nf_test_stat (h->element, "batches"), 0);
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  gst_harness_push_event (h, nf_test_new_segment (1.0));
  nf_test_push_frames (h, 0, 2);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 2);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* frames wait for their batch, and then for the network */
GST_START_TEST (test_segment_latency)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("batch-size=3", &bus);
  GstClockTime before;
  GstMessage *message;

  gst_harness_set_upstream_latency (h, GST_SECOND);
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 2);
  before = gst_harness_query_latency (h);
  fail_unless_equals_clocktime (before, GST_SECOND + 2 * FRAME);
  nf_test_push_frames (h, 2, 1);
  fail_unless_equals_clocktime (gst_harness_query_latency (h),
      before + nf_test_stat (h->element, "latency"));
  fail_unless (nf_test_stat (h->element, "latency") > 0);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_LATENCY);
  fail_unless (message != NULL);
  gst_message_unref (message);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* late frames are dropped before anything is computed, and that is reported */
GST_START_TEST (test_segment_qos)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("", &bus);
  guint64 processed, dropped;
  GstMessage *message;

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 1);
  gst_harness_push_upstream_event (
      h, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 2.0, 3 * FRAME, FRAME));
  nf_test_push_frames (h, 1, 3);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 1);
  nf_test_push_frames (h, 100, 1);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 2);
  fail_unless_equals_int (nf_test_stat (h->element, "dropped"), 3);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_QOS);
  fail_unless (message != NULL);
  gst_message_parse_qos_stats (message, NULL, &processed, &dropped);
  fail_unless_equals_int (processed, 1);
  fail_unless_equals_int (dropped, 1);
  gst_message_unref (message);
  g_object_set (h->element, "qos", FALSE, NULL);
  nf_test_push_frames (h, 1, 1);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 3);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_segment_start_stop_start)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("batch-size=2", &bus);

  for (guint i = 0; i < 3; i++) {
    if (i > 0)
      nf_models_restart (h);
    nf_models_begin_stream (h);
    nf_test_push_frames (h, 0, 3);
    fail_unless_equals_int (nf_test_stat (h->element, "frames-out"), 2);
  }
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static Suite *
nfsegment_batch_suite (void)
{
  Suite *suite = suite_create ("nfsegment-batch");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_loop_test (tc, test_segment_batch_drains, 0, 3);
  tcase_add_test (tc, test_segment_batch_keeps_tags);
  tcase_add_test (tc, test_segment_batch_caps_change);
  tcase_add_test (tc, test_segment_caps_of_nothing);
  tcase_add_test (tc, test_segment_batch_caps_change_unlinked);
  tcase_add_test (tc, test_segment_batch_flush);
  tcase_add_test (tc, test_segment_flush_while_computing);
  tcase_add_test (tc, test_segment_latency);
  tcase_add_test (tc, test_segment_qos);
  tcase_add_test (tc, test_segment_start_stop_start);

  return suite;
}

GST_CHECK_MAIN (nfsegment_batch)
