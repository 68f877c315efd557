/* SPDX-License-Identifier: MIT
 *
 * timing — tests of measured latency and of what is too late, and of how far
 * apart frames are */
#include "common/gstnftimestamps.h"
#include "common/gstnflatency.h"
#include "nfelementtest.h"

static GstElement *element;
static GstBus *bus;
static GstNfLatency latency;

static void
setup (void)
{
  element = gst_object_ref_sink (gst_bin_new (NULL));
  bus = nf_test_attach_bus (element);
  gst_nf_latency_init (&latency, element);
}

static void
teardown (void)
{
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}

static guint
count_messages (GstMessageType type)
{
  GstMessage *message;
  guint n = 0;

  while ((message = gst_bus_pop_filtered (bus, type))) {
    gst_message_unref (message);
    n++;
  }

  return n;
}

/* announced when it grows, with 5 % more; not for what is within that */
GST_START_TEST (test_timing_grows)
{
  gst_nf_latency_measured (&latency, 100 * GST_MSECOND);
  fail_unless_equals_clocktime (latency.announced, 105 * GST_MSECOND);
  fail_unless_equals_int (count_messages (GST_MESSAGE_LATENCY), 1);
  gst_nf_latency_measured (&latency, 99 * GST_MSECOND);
  gst_nf_latency_measured (&latency, 100 * GST_MSECOND);
  fail_unless_equals_int (count_messages (GST_MESSAGE_LATENCY), 0);
  gst_nf_latency_measured (&latency, 200 * GST_MSECOND);
  fail_unless_equals_clocktime (latency.announced, 210 * GST_MSECOND);
  fail_unless_equals_int (count_messages (GST_MESSAGE_LATENCY), 1);
}
GST_END_TEST

/* announced when it shrinks by a quarter, and stays so for a while */
GST_START_TEST (test_timing_shrinks)
{
  gst_nf_latency_measured (&latency, 100 * GST_MSECOND);
  for (guint i = 0; i < 30; i++)
    gst_nf_latency_measured (&latency, 80 * GST_MSECOND);
  fail_unless_equals_clocktime (latency.announced, 105 * GST_MSECOND);
  gst_nf_latency_measured (&latency, 60 * GST_MSECOND);
  fail_unless_equals_clocktime (latency.announced, 105 * GST_MSECOND);
  for (guint i = 0; i < 30; i++)
    gst_nf_latency_measured (&latency, 60 * GST_MSECOND);
  fail_unless_equals_clocktime (latency.announced, 63 * GST_MSECOND);
  fail_unless_equals_int (count_messages (GST_MESSAGE_LATENCY), 2);
}
GST_END_TEST

/* a prediction is late only by what computing takes beyond the time it is ahead */
GST_START_TEST (test_timing_ahead)
{
  gst_nf_latency_set_ahead (&latency, 100 * GST_MSECOND);
  gst_nf_latency_measured (&latency, 80 * GST_MSECOND);
  fail_unless_equals_clocktime (gst_nf_latency_own (&latency), 0);
  fail_unless_equals_int (count_messages (GST_MESSAGE_LATENCY), 0);
  gst_nf_latency_measured (&latency, 200 * GST_MSECOND);
  fail_unless_equals_clocktime (
      gst_nf_latency_own (&latency), 110 * GST_MSECOND);
  fail_unless_equals_int (count_messages (GST_MESSAGE_LATENCY), 1);
  /* hardly another time */
  gst_nf_latency_set_ahead (&latency, 105 * GST_MSECOND);
  fail_unless_equals_int (count_messages (GST_MESSAGE_LATENCY), 0);
  gst_nf_latency_set_ahead (&latency, 40 * GST_MSECOND);
  fail_unless_equals_clocktime (
      gst_nf_latency_own (&latency), 170 * GST_MSECOND);
  fail_unless_equals_int (count_messages (GST_MESSAGE_LATENCY), 1);
}
GST_END_TEST

static void
report_late (GstClockTimeDiff diff, GstClockTime timestamp)
{
  GstEvent *event =
      gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 1.5, diff, timestamp);

  gst_nf_latency_qos_event (&latency, event);
  gst_event_unref (event);
}

GST_START_TEST (test_timing_late)
{
  fail_if (gst_nf_latency_is_late (&latency, 0));
  report_late (10, 100);
  fail_unless (gst_nf_latency_is_late (&latency, 120));
  fail_if (gst_nf_latency_is_late (&latency, 121));
  fail_if (gst_nf_latency_is_late (&latency, GST_CLOCK_TIME_NONE));
  report_late (-10, 100);
  fail_unless (gst_nf_latency_is_late (&latency, 90));
  fail_if (gst_nf_latency_is_late (&latency, 91));
  report_late (10, 100);
  gst_nf_latency_reset_qos (&latency);
  fail_if (gst_nf_latency_is_late (&latency, 1));
}
GST_END_TEST

GST_START_TEST (test_timing_drop_message)
{
  guint64 running, stream, timestamp, duration, processed, dropped;
  gboolean live;
  GstFormat format;
  GstSegment segment;
  GstMessage *message;
  gint64 jitter;
  gdouble proportion;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = 1000;
  segment.time = 5000;
  report_late (10, 100);
  gst_nf_latency_count (&latency, 7);
  gst_nf_latency_drop (&latency, &segment, 1100, 40);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_QOS);
  fail_unless (message != NULL);
  gst_message_parse_qos (
      message, &live, &running, &stream, &timestamp, &duration);
  fail_unless_equals_uint64 (running, 100);
  fail_unless_equals_uint64 (stream, 5100);
  fail_unless_equals_uint64 (timestamp, 1100);
  fail_unless_equals_uint64 (duration, 40);
  gst_message_parse_qos_values (message, &jitter, &proportion, NULL);
  fail_unless_equals_int64 (jitter, 20);
  fail_unless (proportion == 1.5);
  gst_message_parse_qos_stats (message, &format, &processed, &dropped);
  fail_unless_equals_int (format, GST_FORMAT_BUFFERS);
  fail_unless_equals_uint64 (processed, 7);
  fail_unless_equals_uint64 (dropped, 1);
  gst_message_unref (message);
}
GST_END_TEST

/* a flush may come between finding a frame late and dropping it */
GST_START_TEST (test_timing_drop_without_earliest)
{
  GstSegment segment;
  GstMessage *message;
  gint64 jitter;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  report_late (10, 100);
  gst_nf_latency_reset_qos (&latency);
  gst_nf_latency_drop (&latency, &segment, 100, 40);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_QOS);
  fail_unless (message != NULL);
  gst_message_parse_qos_values (message, &jitter, NULL, NULL);
  fail_unless_equals_int64 (jitter, 0);
  gst_message_unref (message);
}
GST_END_TEST

static GstClockTime
take_behind (GstNfTimestamps *timestamps, GstClockTime pts,
    GstClockTime duration, guint missing)
{
  GstBuffer *buffer = gst_buffer_new ();
  GstClockTime time;

  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = duration;
  time = gst_nf_timestamps_add (timestamps, buffer, 500, missing);
  gst_buffer_unref (buffer);

  return time;
}

static GstClockTime
take (GstNfTimestamps *timestamps, GstClockTime pts, GstClockTime duration)
{
  return take_behind (timestamps, pts, duration, 0);
}

/* frames without a timestamp follow those that have one */
GST_START_TEST (test_timestamps_mixed)
{
  const GstClockTime none = GST_CLOCK_TIME_NONE;
  GstNfTimestamps timestamps;

  gst_nf_timestamps_init (&timestamps, element);
  fail_unless_equals_clocktime (take (&timestamps, none, 30), 500);
  fail_unless_equals_clocktime (take (&timestamps, none, 20), 530);
  fail_unless_equals_clocktime (take (&timestamps, 1000, none), 1000);
  fail_unless_equals_clocktime (take (&timestamps, 1100, none), 1100);
  fail_unless_equals_clocktime (take (&timestamps, none, none), 1200);
  fail_unless_equals_clocktime (gst_nf_timestamps_ahead (&timestamps, 4), 400);
  gst_nf_timestamps_begin_clip (&timestamps);
  fail_unless_equals_clocktime (take (&timestamps, 7000, 60), 7000);
  fail_unless_equals_clocktime (gst_nf_timestamps_ahead (&timestamps, 2), 120);
  gst_nf_timestamps_restart (&timestamps);
  fail_unless_equals_clocktime (timestamps.newest, none);
  fail_unless_equals_clocktime (take (&timestamps, none, none), 500);
  fail_unless_equals_int (count_messages (GST_MESSAGE_WARNING), 0);
  gst_nf_timestamps_ahead (&timestamps, 1);
  gst_nf_timestamps_ahead (&timestamps, 1);
  fail_unless_equals_int (count_messages (GST_MESSAGE_WARNING), 1);
}
GST_END_TEST

/* timestamps that do not advance say nothing */
GST_START_TEST (test_timestamps_standing_still)
{
  GstNfTimestamps timestamps;

  gst_nf_timestamps_init (&timestamps, element);
  take (&timestamps, 100, 30);
  take (&timestamps, 100, 30);
  fail_unless_equals_clocktime (gst_nf_timestamps_ahead (&timestamps, 1), 30);
}
GST_END_TEST

static gint64
missing_before (const GstNfTimestamps *timestamps, GstClockTime pts)
{
  GstBuffer *buffer = gst_buffer_new ();
  gint64 missing;

  GST_BUFFER_PTS (buffer) = pts;
  missing = gst_nf_timestamps_missing (timestamps, buffer);
  gst_buffer_unref (buffer);

  return missing;
}

/* Without a framerate the distance of frames is the mean of those that came, in
 * which those that are missing count; what lies half a frame off is no gap. */
GST_START_TEST (test_timestamps_missing)
{
  GstNfTimestamps timestamps;

  gst_nf_timestamps_init (&timestamps, element);
  take (&timestamps, 0, GST_CLOCK_TIME_NONE);
  take (&timestamps, 100, GST_CLOCK_TIME_NONE);
  fail_unless_equals_int64 (missing_before (&timestamps, 249), 0);
  fail_unless_equals_int64 (missing_before (&timestamps, 250), 1);
  fail_unless_equals_int64 (missing_before (&timestamps, 349), 1);
  fail_unless_equals_int64 (missing_before (&timestamps, 400), 2);
  fail_unless_equals_int64 (missing_before (&timestamps, 50), 0);
  fail_unless_equals_int64 (missing_before (&timestamps, 49), -1);
  take_behind (&timestamps, 400, GST_CLOCK_TIME_NONE, 2);
  fail_unless_equals_clocktime (gst_nf_timestamps_ahead (&timestamps, 3), 300);
  fail_unless_equals_int64 (missing_before (&timestamps, 500), 0);
  fail_unless_equals_int64 (missing_before (&timestamps, 600), 1);
}
GST_END_TEST

static Suite *
timing_suite (void)
{
  Suite *suite = suite_create ("timing");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_timing_grows);
  tcase_add_test (tc, test_timing_shrinks);
  tcase_add_test (tc, test_timing_ahead);
  tcase_add_test (tc, test_timing_late);
  tcase_add_test (tc, test_timing_drop_message);
  tcase_add_test (tc, test_timing_drop_without_earliest);
  tcase_add_test (tc, test_timestamps_mixed);
  tcase_add_test (tc, test_timestamps_standing_still);
  tcase_add_test (tc, test_timestamps_missing);

  return suite;
}

GST_CHECK_MAIN (timing)
