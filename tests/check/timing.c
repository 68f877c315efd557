/* SPDX-License-Identifier: MIT
 *
 * timing — tests of measured latency and of what is too late, and of how far
 * apart frames are */
#include "common/gstnfcadence.h"
#include "common/gstnftiming.h"
#include "nfelementtest.h"

static GstElement *element;
static GstBus *bus;
static GstNfTiming timing;

static void
setup (void)
{
  element = gst_object_ref_sink (gst_bin_new (NULL));
  bus = nf_test_attach_bus (element);
  gst_nf_timing_init (&timing, element);
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
  gst_nf_timing_measured (&timing, 100 * GST_MSECOND);
  fail_unless_equals_clocktime (timing.announced, 105 * GST_MSECOND);
  fail_unless_equals_int (count_messages (GST_MESSAGE_LATENCY), 1);
  gst_nf_timing_measured (&timing, 99 * GST_MSECOND);
  gst_nf_timing_measured (&timing, 100 * GST_MSECOND);
  fail_unless_equals_int (count_messages (GST_MESSAGE_LATENCY), 0);
  gst_nf_timing_measured (&timing, 200 * GST_MSECOND);
  fail_unless_equals_clocktime (timing.announced, 210 * GST_MSECOND);
  fail_unless_equals_int (count_messages (GST_MESSAGE_LATENCY), 1);
}
GST_END_TEST

/* announced when it shrinks by a quarter, and stays so for a while */
GST_START_TEST (test_timing_shrinks)
{
  gst_nf_timing_measured (&timing, 100 * GST_MSECOND);
  for (guint i = 0; i < 30; i++)
    gst_nf_timing_measured (&timing, 80 * GST_MSECOND);
  fail_unless_equals_clocktime (timing.announced, 105 * GST_MSECOND);
  gst_nf_timing_measured (&timing, 60 * GST_MSECOND);
  fail_unless_equals_clocktime (timing.announced, 105 * GST_MSECOND);
  for (guint i = 0; i < 30; i++)
    gst_nf_timing_measured (&timing, 60 * GST_MSECOND);
  fail_unless_equals_clocktime (timing.announced, 63 * GST_MSECOND);
  fail_unless_equals_int (count_messages (GST_MESSAGE_LATENCY), 2);
}
GST_END_TEST

/* a forecast is late only by what computing takes beyond the time it is ahead */
GST_START_TEST (test_timing_ahead)
{
  gst_nf_timing_set_ahead (&timing, 100 * GST_MSECOND);
  gst_nf_timing_measured (&timing, 80 * GST_MSECOND);
  fail_unless_equals_clocktime (gst_nf_timing_latency (&timing), 0);
  fail_unless_equals_int (count_messages (GST_MESSAGE_LATENCY), 0);
  gst_nf_timing_measured (&timing, 200 * GST_MSECOND);
  fail_unless_equals_clocktime (
      gst_nf_timing_latency (&timing), 110 * GST_MSECOND);
  fail_unless_equals_int (count_messages (GST_MESSAGE_LATENCY), 1);
  /* hardly another time */
  gst_nf_timing_set_ahead (&timing, 105 * GST_MSECOND);
  fail_unless_equals_int (count_messages (GST_MESSAGE_LATENCY), 0);
  gst_nf_timing_set_ahead (&timing, 40 * GST_MSECOND);
  fail_unless_equals_clocktime (
      gst_nf_timing_latency (&timing), 170 * GST_MSECOND);
  fail_unless_equals_int (count_messages (GST_MESSAGE_LATENCY), 1);
}
GST_END_TEST

static void
tell_late (GstClockTimeDiff diff, GstClockTime timestamp)
{
  GstEvent *event =
      gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 1.5, diff, timestamp);

  gst_nf_timing_qos_event (&timing, event);
  gst_event_unref (event);
}

GST_START_TEST (test_timing_late)
{
  fail_if (gst_nf_timing_is_late (&timing, 0));
  tell_late (10, 100);
  fail_unless (gst_nf_timing_is_late (&timing, 120));
  fail_if (gst_nf_timing_is_late (&timing, 121));
  fail_if (gst_nf_timing_is_late (&timing, GST_CLOCK_TIME_NONE));
  tell_late (-10, 100);
  fail_unless (gst_nf_timing_is_late (&timing, 90));
  fail_if (gst_nf_timing_is_late (&timing, 91));
  tell_late (10, 100);
  gst_nf_timing_reset_qos (&timing);
  fail_if (gst_nf_timing_is_late (&timing, 1));
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
  tell_late (10, 100);
  gst_nf_timing_count (&timing, 7);
  gst_nf_timing_drop (&timing, &segment, 1100, 40);
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

static GstClockTime
take (GstNfCadence *cadence, GstClockTime pts, GstClockTime duration)
{
  GstBuffer *buffer = gst_buffer_new ();
  GstClockTime time;

  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = duration;
  time = gst_nf_cadence_take (cadence, buffer, 500, 0);
  gst_buffer_unref (buffer);

  return time;
}

/* frames without a timestamp follow those that have one */
GST_START_TEST (test_cadence_mixed)
{
  const GstClockTime none = GST_CLOCK_TIME_NONE;
  GstNfCadence cadence;

  gst_nf_cadence_init (&cadence, element);
  fail_unless_equals_clocktime (take (&cadence, none, 30), 500);
  fail_unless_equals_clocktime (take (&cadence, none, 20), 530);
  fail_unless_equals_clocktime (take (&cadence, 1000, none), 1000);
  fail_unless_equals_clocktime (take (&cadence, 1100, none), 1100);
  fail_unless_equals_clocktime (take (&cadence, none, none), 1200);
  fail_unless_equals_clocktime (gst_nf_cadence_ahead (&cadence, 4), 400);
  gst_nf_cadence_begin_clip (&cadence);
  fail_unless_equals_clocktime (take (&cadence, 7000, 60), 7000);
  fail_unless_equals_clocktime (gst_nf_cadence_ahead (&cadence, 2), 120);
  gst_nf_cadence_restart (&cadence);
  fail_unless_equals_clocktime (cadence.newest, none);
  fail_unless_equals_clocktime (take (&cadence, none, none), 500);
  fail_unless_equals_int (count_messages (GST_MESSAGE_WARNING), 0);
  gst_nf_cadence_ahead (&cadence, 1);
  gst_nf_cadence_ahead (&cadence, 1);
  fail_unless_equals_int (count_messages (GST_MESSAGE_WARNING), 1);
}
GST_END_TEST

/* timestamps that do not advance tell nothing */
GST_START_TEST (test_cadence_standing_still)
{
  GstNfCadence cadence;

  gst_nf_cadence_init (&cadence, element);
  take (&cadence, 100, 30);
  take (&cadence, 100, 30);
  fail_unless_equals_clocktime (gst_nf_cadence_ahead (&cadence, 1), 30);
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
  tcase_add_test (tc, test_cadence_mixed);
  tcase_add_test (tc, test_cadence_standing_still);

  return suite;
}

GST_CHECK_MAIN (timing)
