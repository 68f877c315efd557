/* SPDX-License-Identifier: MIT
 *
 * nfsegmentlive — tests of nfsegment: batches that a live source does not fill
 *
 * What goes out then, and when, and what the latency is. A harness is a live
 * source. No test depends on how fast frames are computed or come.
 * Sibling: nfsegmentbatch.c */
#include "nfmodelrig.h"

#define FRAME NF_MODELS_FRAME
#define ROUNDS 12 /* stops and flushes while a batch waits */

static GstFlowReturn
refuse (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  gst_buffer_unref (buffer);
  g_atomic_int_inc ((gint *) g_object_get_data (G_OBJECT (pad), "refused"));

  return GST_FLOW_EOS;
}

/* the source stops, and goes on; all that came goes out, in its order */
GST_START_TEST (test_segment_timeout)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  g_autoptr (GString) order = g_string_new (NULL);
  GstBus *bus;
  GstHarness *h =
      nf_segment_harness_new ("batch-size=4 batch-timeout=30000000", &bus);
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  nf_models_watch_order (h, order);
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  for (guint i = 0; i < 8; i++) {
    GstBuffer *frame = nf_test_frame (&info, i, 0);
    g_autoptr (GBytes) expected =
        nf_segment_expected (frame, &info, NF_F32, FALSE);

    gst_buffer_unref (frame);
    if (i % 3 == 0) {
      nf_test_push_frames (h, i, i < 6 ? 3 : 2);
      gst_harness_push_event (h, nf_models_new_tag ());
    }
    nf_segment_expect (h, expected);
  }
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_string (order->str, "bbbtbbbtbbt");
  fail_unless_equals_int (nf_test_stat (h->element, "frames-out"), 8);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* masks that wait for the votes of later frames go on waiting */
GST_START_TEST (test_segment_timeout_lookahead)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new (
      "batch-size=4 batch-timeout=30000000 decision=clip lookahead=1", &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 2);
  gst_buffer_unref (gst_harness_pull (h));
  fail_unless (gst_harness_try_pull (h) == NULL);
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 1);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* what became of a push without a source is given to the next frame */
GST_START_TEST (test_segment_timeout_refused)
{
  GstBus *bus;
  GstHarness *h =
      nf_segment_harness_new ("batch-size=4 batch-timeout=1000000", &bus);
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstVideoInfo info;
  gint refused = 0;

  fail_unless (gst_video_info_from_caps (&info, caps));
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  g_object_set_data (G_OBJECT (h->sinkpad), "refused", &refused);
  gst_pad_set_chain_function (h->sinkpad, refuse);
  nf_test_push_frames (h, 0, 1);
  while (g_atomic_int_get (&refused) == 0)
    g_usleep (1000);
  fail_unless_equals_int (
      gst_harness_push (h, nf_test_frame (&info, 1, 0)), GST_FLOW_EOS);
  fail_unless_equals_int (g_atomic_int_get (&refused), 1);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* flushes and stops at any moment of a batch that waits */
GST_START_TEST (test_segment_timeout_storm)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new (
      "batch-size=4 batch-timeout=10000000 output=overlay", &bus);
  GRand *random = g_rand_new_with_seed (1);

  for (guint i = 0; i < ROUNDS; i++) {
    nf_models_begin_stream (h);
    nf_test_push_frames (h, 0, (guint) g_rand_int_range (random, 1, 4));
    g_usleep ((gulong) g_rand_int_range (random, 0, 25000));
    if (__i__ == 0) {
      nf_models_restart (h);
      continue;
    }
    gst_harness_push_event (h, gst_event_new_flush_start ());
    gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  }
  g_rand_free (random);
  while (gst_harness_buffers_in_queue (h) > 0)
    gst_buffer_unref (gst_harness_pull (h));
  nf_models_begin_stream (h);
  nf_test_push_frames (h, 0, 1);
  gst_buffer_unref (gst_harness_pull (h));
  nf_test_harness_free (h, bus);
}
GST_END_TEST

typedef struct
{
  const gchar *settings, *caps;
  GstClockTime held; /* before anything is computed */
} LatencyCase;

#define CAPS_AT(framerate)                                                     \
  "video/x-raw,format=RGB,width=24,height=16,framerate=" framerate

/* a batch waits for what comes first, the last frame or the end of the time */
GST_START_TEST (test_segment_timeout_latency)
{
  static const LatencyCase cases[] = {
    { "batch-size=4 batch-timeout=100000000", CAPS_AT ("25/1"),
        100 * GST_MSECOND },
    { "batch-size=4 batch-timeout=200000000", CAPS_AT ("25/1"), 3 * FRAME },
    { "batch-size=4 batch-timeout=200000000", CAPS_AT ("0/1"),
        200 * GST_MSECOND },
    { "batch-size=4", CAPS_AT ("25/1"), 3 * FRAME },
    { "batch-size=1 batch-timeout=200000000", CAPS_AT ("25/1"), 0 },
    { "batch-size=4 batch-timeout=100000000 decision=clip lookahead=2",
        CAPS_AT ("25/1"), 100 * GST_MSECOND + 2 * FRAME },
  };
  const LatencyCase *c = &cases[__i__];
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new (c->settings, &bus);

  gst_harness_set_upstream_latency (h, GST_SECOND);
  gst_harness_set_src_caps_str (h, c->caps);
  fail_unless_equals_clocktime (
      gst_harness_query_latency (h), GST_SECOND + c->held);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* a live pipeline whose source stops shows the last frames; other sources are
 * waited for */
GST_START_TEST (test_segment_timeout_pipeline)
{
  const gboolean live = __i__ == 0;
  g_autofree gchar *launch = g_strdup_printf (
      "appsrc name=source format=time do-timestamp=true is-live=%d caps=\"%s\" "
      "! nfsegment name=segment checkpoint=%s device=cpu batch-size=4 "
      "batch-timeout=50000000 ! appsink name=sink sync=%d",
      live, NF_MODELS_CAPS, nf_models_segmenter (), live);
  GstElement *pipeline = gst_parse_launch (launch, NULL);
  g_autoptr (GstElement) source =
      gst_bin_get_by_name (GST_BIN (pipeline), "source");
  g_autoptr (GstElement) segment =
      gst_bin_get_by_name (GST_BIN (pipeline), "segment");
  g_autoptr (GstElement) sink =
      gst_bin_get_by_name (GST_BIN (pipeline), "sink");

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < 3; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 24 * 16 * 3, NULL);
    GstFlowReturn flow;

    gst_buffer_memset (buffer, 0, (guint8) (60 * i), 24 * 16 * 3);
    g_signal_emit_by_name (source, "push-buffer", buffer, &flow);
    gst_buffer_unref (buffer);
    fail_unless_equals_int (flow, GST_FLOW_OK);
  }
  while (nf_test_stat (segment, "frames-in") < 3)
    g_usleep (1000);
  if (!live) {
    g_usleep (100000);
    fail_unless_equals_int (nf_test_stat (segment, "frames-out"), 0);
  }
  for (guint i = 0; i < 3; i++) {
    GstFlowReturn flow;
    GstSample *sample = NULL;

    if (!live && i == 0)
      g_signal_emit_by_name (source, "end-of-stream", &flow);
    g_signal_emit_by_name (sink, "pull-sample", &sample);
    fail_unless (sample != NULL);
    gst_sample_unref (sample);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}
GST_END_TEST

static Suite *
nfsegment_live_suite (void)
{
  Suite *suite = suite_create ("nfsegment-live");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_test (tc, test_segment_timeout);
  tcase_add_test (tc, test_segment_timeout_lookahead);
  tcase_add_test (tc, test_segment_timeout_refused);
  tcase_add_loop_test (tc, test_segment_timeout_storm, 0, 2);
  tcase_add_loop_test (tc, test_segment_timeout_latency, 0, 6);
  tcase_add_loop_test (tc, test_segment_timeout_pipeline, 0, 2);

  return suite;
}

GST_CHECK_MAIN (nfsegment_live)
