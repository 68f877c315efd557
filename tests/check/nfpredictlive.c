/* SPDX-License-Identifier: MIT
 *
 * nfpredictlive — tests of nfpredict in time: flush, stop, latency, QoS, seeks
 *
 * Siblings: nfpredict.c (what it predicts), nfpredictclips.c */
#include "nfmodelrig.h"

/* as many denoising steps as no test waits for */
#define ENDLESS "steps=1000 ensemble=256 horizon=1000"

static GstHarness *
new_harness (const gchar *settings, GstBus **bus)
{
  GstHarness *h = nf_predict_harness_new (settings, bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);

  return h;
}

/* begins a prediction that does not end by itself, and waits until it goes on */
static GThread *
begin_endless (GstHarness *h, GstBus *bus)
{
  GstVideoInfo info;
  GThread *thread;
  GstMessage *message;
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);

  fail_unless (gst_video_info_from_caps (&info, caps));
  nf_test_push_frames (h, 0, NF_MODELS_CONTEXT - 1);
  thread =
      nf_test_push_apart (h, nf_test_frame (&info, NF_MODELS_CONTEXT - 1, 0));
  message = gst_bus_timed_pop_filtered (
      bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_ELEMENT);
  fail_unless (gst_message_has_name (message, "nf-predict-progress"));
  gst_message_unref (message);

  return thread;
}

GST_START_TEST (test_predict_flush_while_predicting)
{
  GstBus *bus;
  GstHarness *h = new_harness (ENDLESS, &bus);
  GThread *thread = begin_endless (h, bus);

  gst_harness_push_event (h, gst_event_new_flush_start ());
  fail_unless_equals_int (
      GPOINTER_TO_INT (g_thread_join (thread)), GST_FLOW_FLUSHING);
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (h, nf_test_new_segment (1.0));
  fail_unless_equals_int (nf_test_stat (h->element, "clips"), 0);
  g_object_set (h->element, "steps", 2, "ensemble", 1, "horizon", 3, NULL);
  nf_test_push_frames (h, 0, NF_MODELS_CONTEXT);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 1);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_predict_stop_while_predicting)
{
  GstBus *bus;
  GstHarness *h = new_harness (ENDLESS, &bus);
  GThread *thread = begin_endless (h, bus);

  fail_unless_equals_int (gst_element_set_state (h->element, GST_STATE_NULL),
      GST_STATE_CHANGE_SUCCESS);
  fail_unless_equals_int (
      GPOINTER_TO_INT (g_thread_join (thread)), GST_FLOW_FLUSHING);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* the window, the clip's number and what waits are gone after a flush */
GST_START_TEST (test_predict_flush_forgets)
{
  GstBus *bus;
  GstHarness *h = new_harness ("", &bus);
  GstVideoInfo info;
  GstBuffer *before, *after;

  nf_test_push_frames (h, 0, NF_MODELS_CONTEXT);
  before = gst_harness_pull (h);
  gst_harness_push_event (h, nf_test_new_segment (1.0));
  nf_test_push_frames (h, 0, NF_MODELS_CONTEXT - 1);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (h, nf_test_new_segment (1.0));
  nf_test_push_frames (h, 0, NF_MODELS_CONTEXT - 1);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
  nf_test_push_frames (h, NF_MODELS_CONTEXT - 1, 1);
  after = gst_harness_pull (h);
  info = nf_test_output_info (h);
  fail_unless (nf_test_same (before, after, &info));
  nf_test_expect_warning (bus, NULL);
  gst_buffer_unref (before);
  gst_buffer_unref (after);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_predict_start_stop_start)
{
  GstBus *bus;
  GstHarness *h = new_harness ("emit=rollout", &bus);
  GstBuffer *first_time = NULL;

  for (guint i = 0; i < 3; i++) {
    GstVideoInfo info;
    GstBuffer *buffer;

    if (i > 0)
      nf_models_restart (h);
    nf_models_begin_stream (h);
    nf_test_push_frames (h, 0, NF_MODELS_CONTEXT + 1);
    fail_unless_equals_int (gst_harness_buffers_in_queue (h), 3);
    fail_unless_equals_int (nf_test_stat (h->element, "clips"), 1);
    buffer = gst_harness_pull (h);
    info = nf_test_output_info (h);
    if (first_time == NULL)
      first_time = gst_buffer_ref (buffer);
    fail_unless (nf_test_same (first_time, buffer, &info));
    gst_buffer_unref (buffer);
    for (guint k = 1; k < 3; k++)
      gst_buffer_unref (gst_harness_pull (h));
  }
  gst_buffer_unref (first_time);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* two elements of one network work at the same time, and one outlives it */
GST_START_TEST (test_predict_two_instances)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstBus *bus[2];
  GstHarness *h[2];
  GThread *thread;
  GstBuffer *out[2];
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  for (guint i = 0; i < 2; i++) {
    h[i] = new_harness ("steps=20", &bus[i]);
    nf_test_push_frames (h[i], 0, NF_MODELS_CONTEXT - 1);
  }
  thread = nf_test_push_apart (
      h[0], nf_test_frame (&info, NF_MODELS_CONTEXT - 1, 0));
  nf_test_push_frames (h[1], NF_MODELS_CONTEXT - 1, 1);
  fail_unless_equals_int (
      GPOINTER_TO_INT (g_thread_join (thread)), GST_FLOW_OK);
  for (guint i = 0; i < 2; i++)
    out[i] = gst_harness_pull (h[i]);
  fail_unless (nf_test_same (out[0], out[1], &info));
  nf_test_harness_free (h[0], bus[0]);
  gst_harness_push_event (h[1], gst_event_new_stream_start ("again"));
  nf_test_push_frames (h[1], 0, NF_MODELS_CONTEXT);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h[1]), 1);
  gst_buffer_unref (out[0]);
  gst_buffer_unref (out[1]);
  nf_test_harness_free (h[1], bus[1]);
}
GST_END_TEST

/* what a prediction is made of need not wait: only what predicting takes beyond the
 * time that the prediction lies ahead makes it late */
GST_START_TEST (test_predict_latency)
{
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new ("", &bus);

  /* three frames are half a minute */
  gst_harness_set_src_caps_str (
      h, "video/x-raw,format=RGB,width=24,height=16,framerate=1/10");
  gst_harness_set_upstream_latency (h, GST_SECOND);
  nf_test_push_frames (h, 0, NF_MODELS_CONTEXT - 1);
  fail_unless_equals_clocktime (gst_harness_query_latency (h), GST_SECOND);
  nf_test_push_frames (h, NF_MODELS_CONTEXT - 1, 1);
  fail_unless (nf_test_stat (h->element, "latency") > 0);
  fail_unless_equals_clocktime (gst_harness_query_latency (h), GST_SECOND);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* frames that pass by wait for the prediction */
GST_START_TEST (test_predict_latency_of_context)
{
  GstBus *bus;
  GstHarness *h = new_harness ("emit=all", &bus);
  GstClockTime announced;
  GstMessage *message;

  gst_harness_set_upstream_latency (h, GST_SECOND);
  nf_test_push_frames (h, 0, NF_MODELS_CONTEXT);
  announced = nf_test_stat (h->element, "latency");
  fail_unless (announced > 0);
  fail_unless_equals_clocktime (
      gst_harness_query_latency (h), GST_SECOND + announced);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_LATENCY);
  fail_unless (message != NULL);
  gst_message_unref (message);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* a camera is shown at its time, whatever predicts beside it: the prediction is
 * four seconds ahead */
GST_START_TEST (test_predict_beside_camera)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "nfscenesrc is-live=true name=s width=24 height=16 framerate=25/1 "
      "s.mask ! tee name=t t. ! queue ! fakesink sync=true t. ! queue ! "
      "nfextrapolate name=p method=hold context=2 horizon=100 window=sliding ! "
      "fakesink sync=true",
      NULL);
  g_autoptr (GstElement) predictor =
      gst_bin_get_by_name (GST_BIN (pipeline), "p");
  GstQuery *query = gst_query_new_latency ();
  GstClockTime min;
  gboolean live;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (nf_test_stat (predictor, "clips") == 0)
    g_usleep (1000);
  fail_unless (gst_element_query (pipeline, query));
  gst_query_parse_latency (query, &live, &min, NULL);
  fail_unless (live);
  /* that of the source (a frame) and of the sinks (20 ms) */
  fail_unless_equals_clocktime (min, NF_MODELS_FRAME + 20 * GST_MSECOND);
  gst_query_unref (query);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}
GST_END_TEST

/* predictions that come too late are not begun, when sliding */
GST_START_TEST (test_predict_qos)
{
  GstBus *bus;
  GstHarness *h = new_harness ("window=sliding", &bus);
  GstMessage *message;
  guint64 dropped;

  nf_test_push_frames (h, 0, NF_MODELS_CONTEXT);
  gst_harness_push_upstream_event (h,
      gst_event_new_qos (
          GST_QOS_TYPE_UNDERFLOW, 2.0, NF_MODELS_FRAME, 5 * NF_MODELS_FRAME));
  nf_test_push_frames (h, NF_MODELS_CONTEXT, 3);
  /* frames 6 and 7 are not later than 5 + 2 frames */
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 2);
  fail_unless_equals_int (nf_test_stat (h->element, "dropped"), 2);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_QOS);
  fail_unless (message != NULL);
  gst_message_parse_qos_stats (message, NULL, NULL, &dropped);
  fail_unless_equals_int (dropped, 1);
  gst_message_unref (message);
  gst_buffer_unref (gst_harness_pull (h));
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* every prediction has noise of its own, whatever was dropped before */
GST_START_TEST (test_predict_qos_keeps_noise)
{
  GstBus *bus[2];
  GstHarness *h[2];
  GstBuffer *out[2];
  GstVideoInfo info;

  for (guint i = 0; i < 2; i++) {
    h[i] = new_harness ("window=sliding", &bus[i]);
    nf_test_push_frames (h[i], 0, NF_MODELS_CONTEXT);
    if (i == 1)
      gst_harness_push_upstream_event (h[i],
          gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 2.0, NF_MODELS_FRAME,
              5 * NF_MODELS_FRAME));
    nf_test_push_frames (h[i], NF_MODELS_CONTEXT, 3);
    out[i] = NULL;
    while (gst_harness_buffers_in_queue (h[i]) > 0) {
      gst_clear_buffer (&out[i]);
      out[i] = gst_harness_pull (h[i]);
    }
  }
  info = nf_test_output_info (h[0]);
  fail_unless (nf_test_same (out[0], out[1], &info));
  fail_unless (GST_BUFFER_IS_DISCONT (out[1]));
  for (guint i = 0; i < 2; i++) {
    gst_buffer_unref (out[i]);
    nf_test_harness_free (h[i], bus[i]);
  }
}
GST_END_TEST

/* clips are never dropped */
GST_START_TEST (test_predict_qos_clip)
{
  GstBus *bus;
  GstHarness *h = new_harness ("", &bus);

  nf_test_push_frames (h, 0, 1);
  gst_harness_push_upstream_event (h,
      gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 2.0, GST_SECOND, GST_SECOND));
  nf_test_push_frames (h, 1, NF_MODELS_CONTEXT);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 1);
  fail_unless_equals_int (gst_harness_upstream_events_received (h), 2);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_predict_progress)
{
  GstBus *bus;
  GstHarness *h = new_harness ("steps=200 ensemble=2 sampler=ddpm", &bus);
  gint64 began = g_get_monotonic_time ();
  guint messages = 0, done = 0, total = 0, before = 0;
  guint64 clip = 77;
  GstMessage *message;

  nf_test_push_frames (h, 0, NF_MODELS_CONTEXT);
  while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT))) {
    fail_unless (gst_structure_get (gst_message_get_structure (message), "clip",
        G_TYPE_UINT64, &clip, "done", G_TYPE_UINT, &done, "total", G_TYPE_UINT,
        &total, NULL));
    fail_unless (clip == 0 && done > before && done <= total);
    before = done;
    messages++;
    gst_message_unref (message);
  }
  fail_unless (
      messages <= 4.0 * (g_get_monotonic_time () - began) / G_USEC_PER_SEC,
      "%u messages", messages);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_predict_backwards_fails)
{
  GstBus *bus;
  GstHarness *h = new_harness ("", &bus);
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  fail_if (gst_harness_push_upstream_event (h,
      gst_event_new_seek (-1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
          GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, GST_SECOND)));
  gst_harness_push_event (h, nf_test_new_segment (-1.0));
  fail_unless_equals_int (
      gst_harness_push (h, nf_test_frame (&info, 0, 0)), GST_FLOW_ERROR);
  nf_test_expect_error (
      bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "predict backwards");
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* a gap, and segments in bytes, disturb nothing */
GST_START_TEST (test_predict_gap_and_bytes)
{
  GstBus *bus;
  GstHarness *h = new_harness ("", &bus);
  GstSegment segment;
  GstEvent *event;
  gboolean gap = FALSE;

  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  nf_test_push_frames (h, 0, NF_MODELS_CONTEXT - 1);
  gst_harness_push_event (h,
      gst_event_new_gap (NF_MODELS_CONTEXT * NF_MODELS_FRAME, NF_MODELS_FRAME));
  while ((event = gst_harness_try_pull_event (h)) != NULL) {
    gap |= GST_EVENT_TYPE (event) == GST_EVENT_GAP;
    gst_event_unref (event);
  }
  fail_unless (gap);
  nf_test_push_frames (h, NF_MODELS_CONTEXT - 1, 1);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 1);
  event = gst_pad_get_sticky_event (h->sinkpad, GST_EVENT_SEGMENT, 0);
  gst_event_copy_segment (event, &segment);
  fail_unless_equals_int (segment.format, GST_FORMAT_TIME);
  gst_event_unref (event);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* upstream may use strides of its own */
GST_START_TEST (test_predict_allocation)
{
  GstBus *bus;
  GstHarness *h = new_harness ("", &bus);
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstQuery *query = gst_query_new_allocation (caps, TRUE);

  nf_test_push_frames (h, 0, 1);
  fail_unless (gst_pad_peer_query (h->srcpad, query));
  fail_unless (
      gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL));
  gst_query_unref (query);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static Suite *
nfpredictlive_suite (void)
{
  Suite *suite = suite_create ("nfpredictlive");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_test (tc, test_predict_flush_while_predicting);
  tcase_add_test (tc, test_predict_stop_while_predicting);
  tcase_add_test (tc, test_predict_flush_forgets);
  tcase_add_test (tc, test_predict_start_stop_start);
  tcase_add_test (tc, test_predict_two_instances);
  tcase_add_test (tc, test_predict_latency);
  tcase_add_test (tc, test_predict_latency_of_context);
  tcase_add_test (tc, test_predict_beside_camera);
  tcase_add_test (tc, test_predict_qos);
  tcase_add_test (tc, test_predict_qos_keeps_noise);
  tcase_add_test (tc, test_predict_qos_clip);
  tcase_add_test (tc, test_predict_progress);
  tcase_add_test (tc, test_predict_backwards_fails);
  tcase_add_test (tc, test_predict_gap_and_bytes);
  tcase_add_test (tc, test_predict_allocation);

  return suite;
}

GST_CHECK_MAIN (nfpredictlive)
