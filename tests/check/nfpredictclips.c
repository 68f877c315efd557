/* SPDX-License-Identifier: MIT
 *
 * nfpredictclips — tests of nfpredict: where clips begin and end, and times
 *
 * Siblings: nfpredict.c (what is predicted), nfpredictlive.c */
#include "nfmodelrig.h"

/* a clip that was too short counts: the next one is number 1 */
GST_START_TEST (test_predict_short_clip)
{
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new ("", &bus);
  GstBuffer *expected = nf_predict_one ("", 1), *out;
  GstVideoInfo info;

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, NF_MODELS_CONTEXT - 1);
  gst_harness_push_event (h, gst_event_new_stream_start ("again"));
  nf_test_push_frames (h, 0, NF_MODELS_CONTEXT);
  nf_test_expect_warning (bus, "ended after 2 of the 3 frames");
  out = gst_harness_pull (h);
  info = nf_test_output_info (h);
  fail_unless (nf_test_same (out, expected, &info));
  fail_unless_equals_int (nf_test_stat (h->element, "incomplete"), 1);
  fail_unless_equals_int (nf_test_stat (h->element, "clips"), 1);
  gst_buffer_unref (out);
  gst_buffer_unref (expected);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_predict_eos_with_part_of_window)
{
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new ("", &bus);
  GstEvent *event;
  gboolean eos = FALSE;

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 2);
  gst_harness_push_event (h, gst_event_new_eos ());
  nf_test_expect_warning (bus, "ended after 2 of the 3 frames");
  nf_test_expect_warning (bus, NULL);
  while (!eos && (event = gst_harness_try_pull_event (h)) != NULL) {
    eos = GST_EVENT_TYPE (event) == GST_EVENT_EOS;
    gst_event_unref (event);
  }
  fail_unless (eos);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_predict_eos_after_prediction)
{
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new ("", &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, NF_MODELS_CONTEXT + 1);
  gst_harness_push_event (h, gst_event_new_eos ());
  nf_test_expect_warning (bus, NULL);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* DISCONT and segments begin clips, and their first frame out is marked */
GST_START_TEST (test_predict_clips)
{
  static const guint numbers[] = { 5 };
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new ("", &bus);
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstVideoInfo info;
  GstBuffer *buffer;

  fail_unless (gst_video_info_from_caps (&info, caps));
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 5);
  nf_predict_expect_frames (h, numbers, 1);

  buffer = nf_test_frame (&info, 0, 0);
  nf_test_set_times (buffer, 0, NF_MODELS_FRAME);
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  fail_unless_equals_int (gst_harness_push (h, buffer), GST_FLOW_OK);
  nf_test_push_frames (h, 1, 2);
  buffer = gst_harness_pull (h);
  fail_unless (GST_BUFFER_IS_DISCONT (buffer));
  gst_buffer_unref (buffer);

  gst_harness_push_event (h, nf_test_new_segment (1.0));
  nf_test_push_frames (h, 0, 5);
  nf_predict_expect_frames (h, numbers, 1);
  fail_unless_equals_int (nf_test_stat (h->element, "clips"), 3);
  fail_unless_equals_int (nf_test_stat (h->element, "frames-in"), 13);
  fail_unless_equals_int (nf_test_stat (h->element, "frames-out"), 3);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* when sliding a mark begins a clip, too, unless frames were dropped before it */
GST_START_TEST (test_predict_sliding_discont)
{
  const guint missing = (guint) __i__;
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new ("window=sliding", &bus);
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstVideoInfo info;
  GstBuffer *buffer;

  fail_unless (gst_video_info_from_caps (&info, caps));
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 3);
  fail_unless_equals_int (gst_harness_buffers_received (h), 1);
  buffer = nf_test_frame (&info, 3 + missing, 0);
  nf_test_set_times (buffer, 3 + missing, NF_MODELS_FRAME);
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  fail_unless_equals_int (gst_harness_push (h, buffer), GST_FLOW_OK);
  fail_unless_equals_int (
      gst_harness_buffers_received (h), missing > 0 ? 2 : 1);
  nf_test_push_frames (h, 4 + missing, 2);
  fail_unless_equals_int (
      gst_harness_buffers_received (h), missing > 0 ? 4 : 2);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* frames outside of the segment are no context; the future lies behind it */
GST_START_TEST (test_predict_segment)
{
  static const guint numbers[] = { 7 };
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new ("", &bus);
  const GstSegment *got = NULL;
  GstSegment segment;
  GstEvent *event;

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.position = segment.time = 2 * NF_MODELS_FRAME;
  segment.stop = 5 * NF_MODELS_FRAME;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  nf_test_push_frames (h, 0, 7);
  nf_predict_expect_frames (h, numbers, 1);
  event = gst_pad_get_sticky_event (h->sinkpad, GST_EVENT_SEGMENT, 0);
  gst_event_parse_segment (event, &got);
  fail_unless_equals_clocktime (got->start, 2 * NF_MODELS_FRAME);
  fail_unless_equals_clocktime (got->stop, GST_CLOCK_TIME_NONE);
  gst_event_unref (event);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

typedef struct
{
  const gchar *framerate; /* in the caps */
  GstClockTime spacing; /* of the timestamps; NONE: none */
  GstClockTime duration; /* of the buffers */
  GstClockTime time, lasts; /* of the frame three ahead */
  const gchar *warning;
} TimeCase;

static const TimeCase time_cases[] = {
  { "30000/1001", 33366666, 33366666, 2 * 33366666 + 100100000, 33366667,
      NULL },
  { "0/1", 50 * GST_MSECOND, GST_CLOCK_TIME_NONE, 250 * GST_MSECOND,
      50 * GST_MSECOND, NULL },
  { "0/1", GST_CLOCK_TIME_NONE, 20 * GST_MSECOND, 100 * GST_MSECOND,
      20 * GST_MSECOND, NULL },
  { "0/1", GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, 200 * GST_MSECOND,
      40 * GST_MSECOND, "taking 40 ms" },
  { "25/1", GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, 200 * GST_MSECOND,
      40 * GST_MSECOND, NULL },
  { "7/100000", GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, 71428571428571,
      14285714285714, NULL },
};

GST_START_TEST (test_predict_times)
{
  const TimeCase *c = &time_cases[__i__];
  g_autofree gchar *text = g_strdup_printf (
      "video/x-raw,format=RGB,width=24,height=16,framerate=%s", c->framerate);
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new ("", &bus);
  GstVideoInfo info;
  GstBuffer *buffer;

  fail_unless (gst_video_info_from_caps (&info, caps));
  gst_harness_set_src_caps (h, gst_caps_ref (caps));
  for (guint i = 0; i < NF_MODELS_CONTEXT; i++) {
    buffer = nf_test_frame (&info, i, 0);
    if (GST_CLOCK_TIME_IS_VALID (c->spacing))
      GST_BUFFER_PTS (buffer) = i * c->spacing;
    GST_BUFFER_DURATION (buffer) = c->duration;
    GST_BUFFER_OFFSET (buffer) = 100 + i;
    fail_unless_equals_int (gst_harness_push (h, buffer), GST_FLOW_OK);
  }
  buffer = gst_harness_pull (h);
  fail_unless (GST_CLOCK_DIFF (GST_BUFFER_PTS (buffer), c->time) <= 2
          && GST_CLOCK_DIFF (GST_BUFFER_PTS (buffer), c->time) >= -2,
      "%" GST_TIME_FORMAT, GST_TIME_ARGS (GST_BUFFER_PTS (buffer)));
  fail_unless (GST_CLOCK_DIFF (GST_BUFFER_DURATION (buffer), c->lasts) <= 1
          && GST_CLOCK_DIFF (GST_BUFFER_DURATION (buffer), c->lasts) >= -1,
      "%" GST_TIME_FORMAT, GST_TIME_ARGS (GST_BUFFER_DURATION (buffer)));
  fail_unless_equals_uint64 (GST_BUFFER_OFFSET (buffer), 105);
  fail_unless_equals_uint64 (GST_BUFFER_OFFSET_END (buffer), 106);
  nf_test_expect_warning (bus, c->warning);
  nf_test_expect_warning (bus, NULL);
  gst_buffer_unref (buffer);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* new caps begin a clip, in the middle of one */
GST_START_TEST (test_predict_caps_change)
{
  static const guint numbers[] = { 7 };
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new ("", &bus);
  GstVideoInfo info;

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 2);
  gst_harness_set_src_caps_str (
      h, "video/x-raw,format=I420,width=30,height=20,framerate=25/1");
  nf_test_push_frames (h, 2, NF_MODELS_CONTEXT);
  nf_test_expect_warning (bus, "ended after 2 of the 3 frames");
  nf_predict_expect_frames (h, numbers, 1);
  info = nf_test_output_info (h);
  fail_unless_equals_int (info.width, 30);
  fail_unless_equals_int (GST_VIDEO_INFO_FORMAT (&info), GST_VIDEO_FORMAT_I420);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* and they alone do, without a segment or a mark: another format, size or
 * framerate */
GST_START_TEST (test_predict_caps_change_alone)
{
  static const gchar *const changes[] = {
    "video/x-raw,format=BGRx,width=24,height=16,framerate=25/1",
    "video/x-raw,format=RGB,width=48,height=16,framerate=25/1",
    "video/x-raw,format=RGB,width=24,height=17,framerate=25/1",
    "video/x-raw,format=RGB,width=24,height=16,framerate=25/1,"
    "pixel-aspect-ratio=2/1",
  };
  static const guint numbers[] = { 7 };
  g_autoptr (GstCaps) caps = gst_caps_from_string (changes[__i__]);
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new ("", &bus);
  GstVideoInfo info;

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 2);
  fail_unless (gst_harness_push_event (h, gst_event_new_caps (caps)));
  fail_unless (gst_video_info_from_caps (&info, caps));
  for (guint i = 2; i < 2 + NF_MODELS_CONTEXT; i++) {
    GstBuffer *frame = nf_test_frame (&info, i, 0);

    nf_test_set_times (frame, i, NF_MODELS_FRAME);
    fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  }
  nf_test_expect_warning (bus, "ended after 2 of the 3 frames");
  nf_predict_expect_frames (h, numbers, 1);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* other caps downstream do not disturb the clip */
GST_START_TEST (test_predict_reconfigure)
{
  static const guint numbers[] = { 5 };
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new ("", &bus);
  GstVideoInfo info;

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 2);
  gst_harness_set_sink_caps_str (h, "video/x-raw,format=NV12,width=12");
  gst_harness_push_upstream_event (h, gst_event_new_reconfigure ());
  nf_test_push_frames (h, 2, 1);
  nf_test_expect_warning (bus, NULL);
  nf_predict_expect_frames (h, numbers, 1);
  info = nf_test_output_info (h);
  fail_unless_equals_int (info.width, 12);
  fail_unless_equals_int (GST_VIDEO_INFO_FORMAT (&info), GST_VIDEO_FORMAT_NV12);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static Suite *
nfpredict_clips_suite (void)
{
  Suite *suite = suite_create ("nfpredict-clips");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_test (tc, test_predict_short_clip);
  tcase_add_test (tc, test_predict_eos_with_part_of_window);
  tcase_add_test (tc, test_predict_eos_after_prediction);
  tcase_add_test (tc, test_predict_clips);
  tcase_add_loop_test (tc, test_predict_sliding_discont, 0, 2);
  tcase_add_test (tc, test_predict_segment);
  tcase_add_loop_test (tc, test_predict_times, 0, G_N_ELEMENTS (time_cases));
  tcase_add_test (tc, test_predict_caps_change);
  tcase_add_loop_test (tc, test_predict_caps_change_alone, 0, 4);
  tcase_add_test (tc, test_predict_reconfigure);

  return suite;
}

GST_CHECK_MAIN (nfpredict_clips)
