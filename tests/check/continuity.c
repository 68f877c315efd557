/* SPDX-License-Identifier: MIT
 *
 * continuity — what becomes of a window of frames where some are missing
 *
 * Whether frames follow one another is a matter of their times, see the
 * property max-gap of nfpredict and nfextrapolate. */
#include "nfvideotest.h"

#include <nextframe/core/tensor/nfdevice.h>
#include <nextframe/core/tensor/nftensor.h>
#include "predict/gstnfwindow.h"

#define MASKS "video/x-raw,format=GRAY8,width=24,height=16,framerate=25/1"
#define SLIDING "nfextrapolate method=hold context=3 horizon=1 window=sliding "

static GstHarness *
new_harness (const gchar *launch, GstBus **bus)
{
  GstHarness *h = nf_test_harness_new (launch, bus);

  gst_harness_set_src_caps_str (h, MASKS);

  return h;
}

/* as a queue that drops frames pushes the next one */
static void
push_discont (GstHarness *h, guint number)
{
  GstBuffer *frame = nf_test_next_frame (h, number);

  GST_BUFFER_FLAG_SET (frame, GST_BUFFER_FLAG_DISCONT);
  fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
}

static const struct
{
  const gchar *settings;
  guint next; /* number of the frame that follows 0, 1, 2 */
  gboolean goes_on;
} gaps[] = {
  { "", 3, TRUE },
  { "", 5, TRUE },
  { "", 13, TRUE },
  { "", 14, FALSE },
  { "", 100, FALSE },
  { "", 1, FALSE },
  { "max-gap=0", 3, TRUE },
  { "max-gap=0", 4, FALSE },
  { "max-gap=97", 100, TRUE },
};

/* where time is missing it is the time that counts, with and without the flag;
 * where none is missing the flag begins a clip */
GST_START_TEST (test_gap)
{
  g_autofree gchar *launch =
      g_strconcat (SLIDING, gaps[__i__ / 2].settings, NULL);
  const guint next = gaps[__i__ / 2].next;
  const gboolean discont = __i__ % 2 != 0;
  const gboolean goes_on = gaps[__i__ / 2].goes_on && !(discont && next == 3);
  GstBus *bus;
  GstHarness *h = new_harness (launch, &bus);

  nf_test_push_frames (h, 0, 3);
  if (discont)
    push_discont (h, next);
  else
    nf_test_push_frames (h, next, 1);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), goes_on ? 2 : 1);
  nf_test_push_frames (h, next + 1, 2);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), goes_on ? 4 : 2);
  fail_unless_equals_int (nf_test_stat (h->element, "incomplete"), 0);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* numbers of frames go on over those that are missing, by those that frames have, or
 * else from 0 on */
GST_START_TEST (test_gap_offsets)
{
  static const guint numbers[] = { 0, 1, 2, 5, 6, 14, 15 };
  const guint from = __i__ == 0 ? 0 : 1000;
  GstBus *bus;
  GstHarness *h = new_harness (SLIDING, &bus);

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
    GstBuffer *frame = nf_test_next_frame (h, numbers[i]);

    if (from > 0)
      GST_BUFFER_OFFSET (frame) = from + numbers[i];
    fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  }
  for (guint i = 2; i < G_N_ELEMENTS (numbers); i++) {
    g_autoptr (GstBuffer) frame = gst_harness_pull (h);

    fail_unless_equals_uint64 (
        GST_BUFFER_OFFSET (frame), from + numbers[i] + 1);
    fail_unless_equals_clocktime (
        GST_BUFFER_PTS (frame), (numbers[i] + 1) * 40 * GST_MSECOND);
  }
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* two frames of three are lost, for long */
GST_START_TEST (test_leaky_queue)
{
  GstBus *bus;
  GstHarness *h = new_harness (SLIDING, &bus);

  for (guint i = 0; i < 50; i++)
    push_discont (h, 3 * i);
  fail_unless_equals_int (nf_test_stat (h->element, "frames-out"), 49);
  fail_unless_equals_int (nf_test_stat (h->element, "incomplete"), 0);
  nf_test_expect_warning (bus, NULL);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* clips of a data set, which follow each other without a gap, are marked */
GST_START_TEST (test_discont_begins_clip)
{
  GstBus *bus;
  GstHarness *h =
      new_harness ("nfextrapolate method=hold context=3 horizon=1", &bus);

  for (guint i = 0; i < 9; i += 3) {
    push_discont (h, i);
    nf_test_push_frames (h, i + 1, 2);
  }
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 3);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static void
push_title (GstHarness *h, const gchar *title)
{
  fail_unless (gst_harness_push_event (
      h, gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, title, NULL))));
}

/* and so they are for windows that slide: by their titles */
GST_START_TEST (test_title_begins_clip)
{
  GstBus *bus;
  GstHarness *h = new_harness (SLIDING, &bus);

  push_title (h, "train/video_0");
  nf_test_push_frames (h, 0, 3);
  push_title (h, "train/video_0");
  nf_test_push_frames (h, 3, 1);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 2);
  push_title (h, "train/video_1");
  nf_test_push_frames (h, 4, 2);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 2);
  nf_test_push_frames (h, 6, 1);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 3);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* so clips of a source are told apart: of each of three a window of three */
GST_START_TEST (test_clips_of_source)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "nfscenesrc clips=3 frames=5 width=24 height=16 name=s s.mask ! queue ! "
      "nfextrapolate name=e method=hold context=3 horizon=1 window=sliding ! "
      "fakesink",
      NULL);
  g_autoptr (GstElement) element =
      gst_bin_get_by_name (GST_BIN (pipeline), "e");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  GstMessage *message;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (
      message != NULL && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  gst_message_unref (message);
  fail_unless_equals_uint64 (nf_test_stat (element, "clips"), 9);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}
GST_END_TEST

/* many clips that are too short within a second: one warning, and at the end
 * one that counts the others; clips are counted, not windows */
GST_START_TEST (test_warnings_are_counted)
{
  GstBus *bus;
  GstHarness *h = new_harness (SLIDING, &bus);

  nf_test_push_frames (h, 0, 6);
  for (guint i = 1; i <= 20; i++)
    nf_test_push_frames (h, 100 * i, 2);
  nf_test_push_frames (h, 2100, 1);
  nf_test_expect_warning (bus, "Clip 1 ended after 2 of the 3 frames");
  nf_test_expect_warning (bus, NULL);
  gst_harness_push_event (h, gst_event_new_eos ());
  nf_test_expect_warning (bus, "20 more clips");
  nf_test_expect_warning (bus, NULL);
  fail_unless_equals_int (nf_test_stat (h->element, "incomplete"), 21);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static NfTensor *
new_tensor (NfDevice *device, guint8 value)
{
  return nf_tensor_new_from_nhwc (device, NF_U8, 1, 1, 1, 1, &value, NULL);
}

/* the nearest frame stands for each that is missing */
GST_START_TEST (test_missing_by_position)
{
  static const guint8 expected[] = { 1, 1, 1, 2, 2, 2 };
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  NfTensor *frames[G_N_ELEMENTS (expected)];
  NfTensor *after = new_tensor (device, 2);
  GstNfWindow window;

  gst_nf_window_init (&window, G_N_ELEMENTS (expected));
  gst_nf_window_push (&window, new_tensor (device, 1));
  gst_nf_window_put_missing (&window, after, 4);
  gst_nf_window_push (&window, after);
  fail_unless_equals_int (window.count, G_N_ELEMENTS (expected));
  gst_nf_window_frames (&window, frames);
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    fail_unless_equals_int (*(const guint8 *) frames[i]->data, expected[i]);
  gst_nf_window_clear (&window);
}
GST_END_TEST

static Suite *
continuity_suite (void)
{
  Suite *suite = suite_create ("continuity");
  TCase *tcase = tcase_create ("continuity");

  tcase_add_loop_test (tcase, test_gap, 0, 2 * G_N_ELEMENTS (gaps));
  tcase_add_loop_test (tcase, test_gap_offsets, 0, 2);
  tcase_add_test (tcase, test_leaky_queue);
  tcase_add_test (tcase, test_discont_begins_clip);
  tcase_add_test (tcase, test_title_begins_clip);
  tcase_add_test (tcase, test_clips_of_source);
  tcase_add_test (tcase, test_warnings_are_counted);
  tcase_add_test (tcase, test_missing_by_position);
  suite_add_tcase (suite, tcase);

  return suite;
}

GST_CHECK_MAIN (continuity);
