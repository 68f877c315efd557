/* SPDX-License-Identifier: MIT
 *
 * nfcliplive — sources of clips: states, stopping, live
 *
 * What nfscenesrc and nfclipsrc share (gstnfclips), tested with nfscenesrc.
 * Sibling: nfclipseek.c */
#include "nfcliprig.h"

#include <string.h>

#define SMALL "nfscenesrc width=24 height=16 frames=3 "
#define FRAME (40 * GST_MSECOND)

GST_START_TEST (test_state_again_and_again)
{
  GstElement *pipeline =
      gst_parse_launch (SMALL "clips=2 name=src src.video ! queue ! fakesink "
                              "src.mask ! queue ! fakesink",
          NULL);
  GstBus *bus = gst_element_get_bus (pipeline);

  for (guint i = 0; i < 6; i++) {
    GstMessage *message;

    gst_element_set_state (
        pipeline, i % 3 == 0 ? GST_STATE_PAUSED : GST_STATE_PLAYING);
    if (i % 3 == 1)
      gst_element_set_state (pipeline, GST_STATE_READY);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    message = gst_bus_timed_pop_filtered (
        bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    fail_unless (message != NULL);
    fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
    gst_message_unref (message);
    fail_unless_equals_int (gst_element_set_state (pipeline,
                                i % 2 == 0 ? GST_STATE_NULL : GST_STATE_READY),
        GST_STATE_CHANGE_SUCCESS);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
}
GST_END_TEST;

/* the thread hangs in a full queue, at various places */
GST_START_TEST (test_state_stop_with_full_queues)
{
  for (guint i = 0; i < 20; i++) {
    NfClipRig rig;

    nf_clip_rig_open (&rig, SMALL);
    if (i > 0)
      g_free (nf_clip_rig_digest (&rig, i));
    nf_clip_rig_close (&rig);
  }
}
GST_END_TEST;

static GstPadProbeReturn
block (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  return GST_PAD_PROBE_OK;
}

/* the thread hangs in the source's own pad, which nobody else releases */
GST_START_TEST (test_state_stop_with_blocked_pad)
{
  static const gchar *const pads[] = { "video", "mask" };
  GstElement *src = gst_element_factory_make ("nfscenesrc", NULL);
  GstHarness *h[2];

  h[0] = gst_harness_new_with_element (src, NULL, "video");
  h[1] = gst_harness_new_with_element (src, NULL, "mask");
  for (guint i = 0; i < 2; i++) {
    GstPad *pad = gst_element_get_static_pad (src, pads[i]);
    gulong probe = gst_pad_add_probe (pad,
        GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, block, NULL,
        NULL);

    gst_element_set_state (src, GST_STATE_PLAYING);
    while (!gst_pad_is_blocking (pad))
      g_usleep (1000);
    fail_unless_equals_int (
        gst_element_set_state (src, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
    gst_pad_remove_probe (pad, probe);
    gst_object_unref (pad);
  }
  for (guint i = 0; i < 2; i++)
    gst_harness_teardown (h[i]);
  gst_object_unref (src);
}
GST_END_TEST;

/* flushes from another thread than that of the frames, while they run */
GST_START_TEST (test_state_flushes_while_playing)
{
  GstElement *pipeline =
      gst_parse_launch (SMALL "name=src src.video ! queue ! fakesink "
                              "src.mask ! queue ! fakesink",
          NULL);
  GstElement *src = gst_bin_get_by_name (GST_BIN (pipeline), "src");
  GstBus *bus = gst_element_get_bus (pipeline);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < 50; i++) {
    fail_unless_equals_int (
        gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND),
        GST_STATE_CHANGE_SUCCESS);
    fail_unless (gst_element_seek_simple (i % 2 ? pipeline : src,
        GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, i * 7 * FRAME));
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  nf_test_expect_no_error (bus);
  gst_object_unref (src);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
}
GST_END_TEST;

/* what an application sends to the source comes out of both pads */
GST_START_TEST (test_state_events_from_outside)
{
  GstElement *src = gst_element_factory_make ("nfscenesrc", NULL);
  GstHarness *h[2];

  g_object_set (src, "width", 24, "height", 16, "is-live", TRUE, NULL);
  h[0] = gst_harness_new_with_element (src, NULL, "video");
  h[1] = gst_harness_new_with_element (src, NULL, "mask");
  fail_unless (gst_element_send_event (src,
      gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
          gst_structure_new_empty ("test-hello"))));
  for (guint i = 0; i < 2; i++)
    gst_harness_play (h[i]);
  fail_unless (gst_harness_wait_for_clock_id_waits (h[0], 1, 20));
  fail_unless (gst_harness_crank_single_clock_wait (h[0]));
  for (guint i = 0; i < 2; i++)
    gst_buffer_unref (gst_harness_pull (h[i]));
  fail_unless (gst_harness_wait_for_clock_id_waits (h[0], 1, 20));
  fail_unless (gst_element_send_event (src, gst_event_new_eos ()));
  for (guint i = 0; i < 2; i++) {
    static const GstEventType expected[] = { GST_EVENT_STREAM_START,
      GST_EVENT_CAPS, GST_EVENT_SEGMENT, GST_EVENT_CUSTOM_DOWNSTREAM,
      GST_EVENT_TAG, GST_EVENT_EOS };

    for (guint n = 0; n < G_N_ELEMENTS (expected); n++) {
      GstEvent *event = gst_harness_pull_event (h[i]);

      fail_unless (event != NULL);
      fail_unless_equals_string (
          GST_EVENT_TYPE_NAME (event), gst_event_type_get_name (expected[n]));
      gst_event_unref (event);
    }
  }
  fail_if (gst_element_send_event (src, gst_event_new_flush_start ()));
  for (guint i = 0; i < 2; i++)
    gst_harness_teardown (h[i]);
  gst_object_unref (src);
}
GST_END_TEST;

/* both streams belong together, and each has its own name */
GST_START_TEST (test_state_stream_start)
{
  static const gchar *const endings[] = { "/video", "/mask" };
  GstElement *src = gst_element_factory_make ("nfscenesrc", NULL);
  GstHarness *h[2];
  guint groups[2] = { 0, 1 };

  h[0] = gst_harness_new_with_element (src, NULL, "video");
  h[1] = gst_harness_new_with_element (src, NULL, "mask");
  g_object_set (src, "clips", (gint64) 1, NULL);
  for (guint i = 0; i < 2; i++)
    gst_harness_play (h[i]);
  for (guint i = 0; i < 2; i++) {
    GstEvent *event = gst_harness_pull_event (h[i]);
    const gchar *id;

    fail_unless_equals_int (GST_EVENT_TYPE (event), GST_EVENT_STREAM_START);
    gst_event_parse_stream_start (event, &id);
    fail_unless (g_str_has_suffix (id, endings[i]), "%s", id);
    fail_unless (gst_event_parse_group_id (event, &groups[i]));
    gst_event_unref (event);
  }
  fail_unless_equals_int (groups[0], groups[1]);
  for (guint i = 0; i < 2; i++)
    gst_harness_teardown (h[i]);
  gst_object_unref (src);
}
GST_END_TEST;

/* the pad is linked while the other one runs, in the middle of a clip */
GST_START_TEST (test_state_pad_linked_late)
{
  GstElement *src = gst_element_factory_make ("nfscenesrc", NULL);
  GstHarness *video, *mask = NULL;
  GstBuffer *buffer;

  g_object_set (src, "width", 24, "height", 16, "frames", 1000, NULL);
  g_object_set (src, "is-live", TRUE, NULL);
  video = gst_harness_new_with_element (src, NULL, "video");
  gst_harness_play (video);
  for (guint i = 0; i < 6; i++) {
    fail_unless (gst_harness_wait_for_clock_id_waits (video, 1, 20));
    /* frame 4 is drawn already */
    if (i == 4) {
      mask = gst_harness_new_with_element (src, NULL, "mask");
      gst_harness_play (mask);
    }
    fail_unless (gst_harness_crank_single_clock_wait (video));
    gst_buffer_unref (gst_harness_pull (video));
  }
  buffer = gst_harness_pull (mask);
  fail_unless_equals_uint64 (GST_BUFFER_OFFSET (buffer), 5);
  fail_unless (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT));
  gst_buffer_unref (buffer);
  gst_harness_teardown (mask);
  gst_harness_teardown (video);
  gst_object_unref (src);
}
GST_END_TEST;

/* properties that change while it plays are for the next start */
GST_START_TEST (test_state_properties_while_playing)
{
  GstElement *src = gst_element_factory_make ("nfscenesrc", NULL);
  GstHarness *h = gst_harness_new_with_element (src, NULL, "video");

  g_object_set (
      src, "width", 24, "height", 16, "frames", 3, "clips", (gint64) 2, NULL);
  for (guint i = 0; i < 2; i++) {
    guint frames = i == 0 ? 6 : 5;

    gst_harness_play (h);
    for (guint n = 0; n < frames; n++) {
      GstBuffer *buffer = gst_harness_pull (h);

      g_object_set (src, "frames", 5, "clips", (gint64) 1, "width", 48,
          "framerate", 10, 1, NULL);
      fail_unless_equals_uint64 (GST_BUFFER_DURATION (buffer),
          i == 0 ? 40 * GST_MSECOND : 100 * GST_MSECOND);
      fail_unless_equals_int (
          gst_buffer_get_size (buffer), (i == 0 ? 24 : 48) * 3 * 16);
      gst_buffer_unref (buffer);
    }
    gst_element_set_state (src, GST_STATE_NULL);
    fail_unless (gst_harness_try_pull (h) == NULL);
  }
  gst_harness_teardown (h);
  gst_object_unref (src);
}
GST_END_TEST;

static void
live_new (GstElement **src, GstHarness *h[2])
{
  *src = gst_element_factory_make ("nfscenesrc", NULL);
  g_object_set (
      *src, "width", 24, "height", 16, "frames", 3, "is-live", TRUE, NULL);
  h[0] = gst_harness_new_with_element (*src, NULL, "mask");
  h[1] = gst_harness_new_with_element (*src, NULL, "video");
}

static void
live_free (GstElement *src, GstHarness *h[2])
{
  for (guint i = 0; i < 2; i++)
    gst_harness_teardown (h[i]);
  gst_object_unref (src);
}

/* both pads get this frame, and no other, at this time of the clock */
static void
live_expect (GstHarness *h[2], guint64 frame, GstClockTime time)
{
  GstTestClock *clock = gst_harness_get_testclock (h[1]);

  fail_unless (gst_harness_wait_for_clock_id_waits (h[1], 1, 20));
  fail_unless_equals_uint64 (gst_test_clock_get_next_entry_time (clock), time);
  for (guint i = 0; i < 2; i++)
    fail_unless_equals_int (gst_harness_buffers_in_queue (h[i]), 0);
  fail_unless (gst_harness_crank_single_clock_wait (h[1]));
  for (guint i = 0; i < 2; i++) {
    GstBuffer *buffer = gst_harness_pull (h[i]);

    fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), frame * FRAME);
    fail_unless_equals_int (
        GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT),
        frame % 3 == 0);
    gst_buffer_unref (buffer);
  }
  gst_object_unref (clock);
}

GST_START_TEST (test_live_frames_come_at_their_time)
{
  GstElement *src;
  GstHarness *h[2];

  live_new (&src, h);
  for (guint i = 0; i < 2; i++)
    gst_harness_play (h[i]);
  for (guint frame = 0; frame < 5; frame++)
    live_expect (h, frame, frame * FRAME);
  for (guint i = 0; i < 2; i++)
    fail_unless_equals_uint64 (gst_harness_query_latency (h[i]), FRAME);
  live_free (src, h);
}
GST_END_TEST;

/* it begins when the pipeline plays for some time already */
GST_START_TEST (test_live_begins_late)
{
  GstElement *src;
  GstHarness *h[2];

  live_new (&src, h);
  gst_harness_set_time (h[1], 7 * GST_SECOND);
  gst_element_set_base_time (src, 2 * GST_SECOND);
  for (guint i = 0; i < 2; i++)
    gst_harness_play (h[i]);
  live_expect (h, 0, 7 * GST_SECOND);
  live_expect (h, 1, 7 * GST_SECOND + FRAME);
  for (guint i = 0; i < 2; i++) {
    gboolean found = FALSE;

    while (!found) {
      GstEvent *event = gst_harness_pull_event (h[i]);
      const GstSegment *segment;

      fail_unless (event != NULL);
      found = GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT;
      if (found) {
        gst_event_parse_segment (event, &segment);
        fail_unless_equals_uint64 (segment->base, 5 * GST_SECOND);
        fail_unless_equals_uint64 (segment->start, 0);
      }
      gst_event_unref (event);
    }
  }
  live_free (src, h);
}
GST_END_TEST;

GST_START_TEST (test_live_states)
{
  GstElement *src;
  GstHarness *h[2];

  live_new (&src, h);
  fail_unless_equals_int (gst_element_set_state (src, GST_STATE_PAUSED),
      GST_STATE_CHANGE_NO_PREROLL);
  for (guint i = 0; i < 2; i++)
    fail_unless_equals_int (gst_harness_buffers_in_queue (h[i]), 0);
  fail_if (
      gst_element_seek_simple (src, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0));
  for (guint i = 0; i < 2; i++)
    gst_harness_play (h[i]);
  live_expect (h, 0, 0);
  fail_unless (gst_harness_wait_for_clock_id_waits (h[1], 1, 20));

  /* the time that it is not playing counts not */
  fail_unless_equals_int (gst_element_set_state (src, GST_STATE_PAUSED),
      GST_STATE_CHANGE_NO_PREROLL);
  gst_harness_set_time (h[1], 10 * GST_SECOND);
  gst_element_set_base_time (src, 10 * GST_SECOND);
  fail_unless_equals_int (
      gst_element_set_state (src, GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
  live_expect (h, 1, 10 * GST_SECOND + FRAME);
  fail_unless_equals_int (
      gst_element_set_state (src, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  live_free (src, h);
}
GST_END_TEST;

static Suite *
nfcliplive_suite (void)
{
  Suite *suite = suite_create ("nfcliplive");
  TCase *states = tcase_create ("states"), *live = tcase_create ("live");

  suite_add_tcase (suite, states);
  tcase_add_test (states, test_state_again_and_again);
  tcase_add_test (states, test_state_stop_with_full_queues);
  tcase_add_test (states, test_state_stop_with_blocked_pad);
  tcase_add_test (states, test_state_flushes_while_playing);
  tcase_add_test (states, test_state_events_from_outside);
  tcase_add_test (states, test_state_stream_start);
  tcase_add_test (states, test_state_pad_linked_late);
  tcase_add_test (states, test_state_properties_while_playing);

  suite_add_tcase (suite, live);
  tcase_add_test (live, test_live_frames_come_at_their_time);
  tcase_add_test (live, test_live_begins_late);
  tcase_add_test (live, test_live_states);

  return suite;
}

GST_CHECK_MAIN (nfcliplive)
