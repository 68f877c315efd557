/* SPDX-License-Identifier: MIT
 *
 * nfiou — tests of the element that scores masks: which are pairs, and what they score */
#include "nfiourig.h"

#include <math.h>
#include <string.h>

GST_START_TEST (test_nfiou_same_masks)
{
  NfRig *rig = nf_rig_new (NULL, NULL);
  gdouble jaccard = 0;

  g_object_get (rig->element, "jaccard", &jaccard, NULL);
  fail_unless (isnan (jaccard));
  NF_RIG_RUN (rig, nf_rig_clip, nf_rig_clip);
  for (guint i = 0; i < G_N_ELEMENTS (nf_rig_clip); i++) {
    GstBuffer *buffer = gst_harness_pull (rig->out);
    g_autoptr (GstCaps) caps = gst_pad_get_current_caps (rig->out->sinkpad);

    fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), i * 40 * GST_MSECOND);
    fail_unless_equals_uint64 (GST_BUFFER_DURATION (buffer), 40 * GST_MSECOND);
    fail_unless_equals_int (nf_test_pixel (buffer, caps, 7, 5), 5);
    gst_buffer_unref (buffer);
  }
  nf_rig_expect_total (rig, 22, 0, 0, 1);
  g_object_get (rig->element, "jaccard", &jaccard, NULL);
  fail_unless (nf_rig_near (jaccard, 1, 0));
  fail_unless (rig->notified >= 22);
  nf_rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_last_frame_only)
{
  static const NfFeedFrame last[] = { { 840, 5 } };
  NfRig *rig = nf_rig_new (NULL, NULL);

  NF_RIG_RUN (rig, last, nf_rig_clip);
  nf_rig_expect_total (rig, 1, 0, 21, 1);
  fail_unless_equals_int (gst_harness_buffers_received (rig->out), 1);
  nf_rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_later_half)
{
  NfRig *rig = nf_rig_new (NULL, NULL);

  nf_rig_set_frames (&rig->prediction, nf_rig_clip + 11, 11);
  nf_rig_set_frames (&rig->truth, nf_rig_clip, 22);
  nf_rig_feed (rig, TRUE);
  nf_rig_expect_total (rig, 11, 0, 11, 1);
  fail_unless_equals_int (gst_harness_buffers_received (rig->out), 11);
  nf_rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_truth_ends_first)
{
  NfRig *rig = nf_rig_new (NULL, NULL);

  nf_rig_set_frames (&rig->prediction, nf_rig_clip, 22);
  nf_rig_set_frames (&rig->truth, nf_rig_clip, 3);
  nf_rig_feed (rig, TRUE);
  nf_rig_expect_total (rig, 3, 19, 0, 1);
  fail_unless_equals_int (gst_harness_buffers_received (rig->out), 22);
  nf_rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_one_pad_without_frames)
{
  NfRig *rig = nf_rig_new (NULL, NULL);
  GstMessage *message;

  nf_rig_set_frames (
      __i__ == 0 ? &rig->prediction : &rig->truth, nf_rig_clip, 22);
  nf_rig_feed (rig, TRUE);
  nf_rig_expect_total (rig, 0, __i__ == 0 ? 22 : 0, __i__ == 0 ? 0 : 22, 0);
  nf_rig_free (rig);

  rig = nf_rig_new (NULL, NULL);
  nf_rig_feed (rig, TRUE);
  message = gst_bus_timed_pop_filtered (
      rig->bus, 10 * GST_SECOND, GST_MESSAGE_WARNING);
  fail_unless (message != NULL);
  gst_message_unref (message);
  nf_rig_expect_total (rig, 0, 0, 0, 0);
  nf_rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_tolerance)
{
  static const NfFeedFrame truths[] = { { 0, 1 }, { 40, 1 }, { 80, 1 },
    { 120, 1 } };
  static const NfFeedFrame within[] = { { 20, 1 }, { 60, 1 }, { 100, 1 } };
  static const NfFeedFrame beyond[] = { { 0, 1 }, { 61, 1 }, { 141, 1 } };
  NfRig *rig = nf_rig_new (NULL, NULL);

  NF_RIG_RUN (rig, within, truths);
  nf_rig_expect_total (rig, 3, 0, 1, 1);
  nf_rig_free (rig);
  rig = nf_rig_new (NULL, NULL);
  NF_RIG_RUN (rig, beyond, truths);
  nf_rig_expect_total (rig, 2, 1, 2, 1);
  nf_rig_free (rig);
}
GST_END_TEST;

/* where frames of one pad last longer, half of the shorter ones counts,
 * whichever pad they come to */
GST_START_TEST (test_nfiou_tolerance_of_shorter)
{
  static const NfFeedFrame near[] = { { 10, 1 }, { 90, 1 } };
  static const NfFeedFrame far[] = { { 11, 1 }, { 91, 1 } };
  static const NfFeedFrame others[] = { { 0, 1 }, { 80, 1 } };
  NfRig *rig;

  for (guint i = 0; i < 2; i++) {
    rig = nf_rig_new (NULL, NULL);
    rig->prediction.duration = __i__ == 0 ? 20 : 80;
    rig->truth.duration = __i__ == 0 ? 80 : 20;
    if (i == 0)
      NF_RIG_RUN (rig, near, others);
    else
      NF_RIG_RUN (rig, far, others);
    nf_rig_expect_total (
        rig, i == 0 ? 2 : 0, i == 0 ? 0 : 2, i == 0 ? 0 : 2, i == 0 ? 1 : 0);
    nf_rig_free (rig);
  }
}
GST_END_TEST;

GST_START_TEST (test_nfiou_strict_fails)
{
  NfRig *rig = nf_rig_new ("strict", "true");

  NF_RIG_RUN (rig, nf_rig_clip, nf_rig_clip);
  nf_rig_expect_total (rig, 22, 0, 0, 1);
  nf_test_expect_no_error (rig->bus);
  nf_rig_free (rig);

  rig = nf_rig_new ("strict", "true");
  nf_rig_set_frames (&rig->prediction, nf_rig_clip + 2, 3);
  nf_rig_set_frames (&rig->truth, nf_rig_clip, 5);
  nf_rig_feed (rig, TRUE);
  nf_test_expect_error (rig->bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
      "The truth at running time 0.000 s has no prediction");
  nf_rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_sizes_differ_fails)
{
  NfRig *rig = nf_rig_new (NULL, NULL);

  nf_rig_set_caps (&rig->truth, 4, 3);
  NF_RIG_RUN (rig, nf_rig_clip, nf_rig_clip);
  nf_test_expect_error (rig->bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      "The predictions are 8x6, the truths 4x3");
  fail_unless_equals_int (rig->prediction.flow, GST_FLOW_ERROR);
  nf_rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_no_time_fails)
{
  static const NfFeedFrame timeless[] = { { NF_FEED_NONE, 1 } };
  NfRig *rig = nf_rig_new (NULL, NULL);

  nf_rig_set_frames (&rig->prediction, __i__ == 0 ? timeless : nf_rig_clip, 1);
  nf_rig_set_frames (&rig->truth, __i__ == 0 ? nf_rig_clip : timeless, 1);
  nf_rig_feed (rig, TRUE);
  nf_test_expect_error (rig->bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      __i__ == 0 ? "pad 'prediction' has no time" : "pad 'truth' has no time");
  nf_rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_short_frame_fails)
{
  NfRig *rig = nf_rig_new (NULL, NULL);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 5, NULL);

  GST_BUFFER_PTS (buffer) = 0;
  nf_rig_set_frames (&rig->prediction, nf_rig_clip, 1);
  fail_unless_equals_int (
      gst_harness_push (rig->truth.harness, buffer), GST_FLOW_OK);
  nf_rig_feed (rig, TRUE);
  nf_test_expect_error (rig->bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      "pad 'truth' does not have the size");
  nf_rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_sizes_and_strides)
{
  static const guint sizes[][4] = { { 1, 1, 1, 1 }, { 1, 1, 7, 3 },
    { 9, 5, 12, 9 }, { 17, 3, 17, 40 }, { 240, 160, 256, 240 } };
  static const NfFeedFrame predictions[] = { { 0, 3 }, { 40, 4 } };
  static const NfFeedFrame truths[] = { { 0, 3 }, { 40, 3 } };
  const guint *size = sizes[__i__];
  g_autoptr (GstStructure) frame = NULL;
  NfRig *rig = nf_rig_new (NULL, NULL);

  nf_rig_set_caps (&rig->prediction, size[0], size[1]);
  nf_rig_set_caps (&rig->truth, size[0], size[1]);
  rig->prediction.stride = size[2];
  rig->truth.stride = size[3];
  NF_RIG_RUN (rig, predictions, truths);
  frame = nf_rig_pop (rig, "frame");
  fail_unless (nf_rig_near (nf_rig_score (frame, "jaccard"), 1, 0));
  fail_unless (nf_rig_near (nf_rig_score (frame, "pixel-accuracy"), 1, 0));
  gst_structure_free (frame);
  frame = nf_rig_pop (rig, "frame");
  fail_unless (nf_rig_near (nf_rig_score (frame, "jaccard"), 0, 0));
  fail_unless_equals_uint64 (
      nf_rig_count (frame, "timestamp"), 40 * GST_MSECOND);
  fail_unless_equals_uint64 (
      nf_rig_count (frame, "running-time"), 40 * GST_MSECOND);
  nf_rig_free (rig);
}
GST_END_TEST;

/* of a type that bindings know without GStreamer's help */
static const GValueArray *
class_iou (const GstStructure *message)
{
  const GValue *value = gst_structure_get_value (message, "class-iou");

  fail_unless_equals_string (G_VALUE_TYPE_NAME (value), "GValueArray");

  return g_value_get_boxed (value);
}

static void
count_up (gint *count)
{
  g_atomic_int_inc (count);
}

/* without messages the properties say everything, and say when they change */
GST_START_TEST (test_nfiou_without_messages)
{
  static const NfFeedFrame frames[] = { { 0, 1 }, { 40, 1 } };
  NfRig *rig = nf_rig_new ("post-messages", "false");
  g_autoptr (GstStructure) stats = NULL;
  gint changes = 0;

  g_signal_connect_swapped (
      rig->element, "notify::stats", G_CALLBACK (count_up), &changes);
  NF_RIG_RUN (rig, frames, frames);
  /* frames are compared by a thread of the element */
  for (guint i = 0; i < 1000 && g_atomic_int_get (&changes) < 2; i++)
    g_usleep (10000);
  fail_unless (gst_bus_pop_filtered (rig->bus, GST_MESSAGE_ELEMENT) == NULL);
  g_object_get (rig->element, "stats", &stats, NULL);
  fail_unless_equals_uint64 (nf_rig_count (stats, "frames"), 2);
  fail_unless (changes >= 2, "notified %d times", changes);
  nf_rig_free (rig);
}
GST_END_TEST;

/* the pairs that were heard of, and those that the property did not know then */
typedef struct
{
  guint heard, unknown;
} Heard;

static GstBusSyncReply
compare_with_property (GstBus *bus, GstMessage *message, gpointer data)
{
  const GstStructure *said = gst_message_get_structure (message);
  Heard *heard = data;
  gdouble pooled;

  if (said == NULL || !gst_structure_has_name (said, "nf-iou")
      || !g_str_equal (gst_structure_get_string (said, "scope"), "frame"))
    return GST_BUS_PASS;
  g_object_get (GST_MESSAGE_SRC (message), "jaccard", &pooled, NULL);
  /* of two pairs the first is equal, the second has two classes at odds */
  if (!nf_rig_near (pooled, heard->heard == 0 ? 1 : 0.25, 1e-12))
    heard->unknown++;
  heard->heard++;

  return GST_BUS_PASS;
}

GST_START_TEST (test_nfiou_property_before_message)
{
  static const NfFeedFrame predictions[] = { { 0, 1 }, { 40, 2 } };
  static const NfFeedFrame truths[] = { { 0, 1 }, { 40, 1 } };
  NfRig *rig = nf_rig_new (NULL, NULL);
  Heard heard = { 0 };

  gst_bus_set_sync_handler (rig->bus, compare_with_property, &heard, NULL);
  NF_RIG_RUN (rig, predictions, truths);
  nf_rig_expect_total (rig, 2, 0, 0, 1);
  fail_unless_equals_int (heard.heard, 2);
  fail_unless_equals_int (heard.unknown, 0);
  nf_rig_free (rig);
}
GST_END_TEST;

/* a second clip begins at 160 ms; all pairs count */
GST_START_TEST (test_nfiou_interval)
{
  static const NfFeedFrame frames[] = { { 0, 1 }, { 40, 1 }, { 80, 1 },
    { 120, 1 }, { 160, 1, TRUE }, { 200, 1 }, { 240, 1 } };
  static const guint64 expected[] = { 0, 80, 160, 240 };
  NfRig *rig = nf_rig_new ("interval", "80000000");
  guint heard = 0;

  NF_RIG_RUN (rig, frames, frames);
  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
        rig->bus, 10 * GST_SECOND, GST_MESSAGE_ELEMENT);
    const GstStructure *said;
    const gchar *scope;

    fail_unless (message != NULL);
    said = gst_message_get_structure (message);
    scope = gst_structure_get_string (said, "scope");
    if (g_str_equal (scope, "total")) {
      fail_unless_equals_uint64 (nf_rig_count (said, "frames"), 7);
      break;
    }
    if (!g_str_equal (scope, "frame"))
      continue;
    fail_unless (heard < G_N_ELEMENTS (expected));
    fail_unless_equals_uint64 (
        nf_rig_count (said, "running-time"), expected[heard] * GST_MSECOND);
    heard++;
  }
  fail_unless_equals_int (heard, G_N_ELEMENTS (expected));
  nf_rig_free (rig);
}
GST_END_TEST;

/* as from appsrc in its default format: timestamps are running times */
GST_START_TEST (test_nfiou_segments_in_bytes)
{
  static const NfFeedFrame frames[] = { { 0, 1 }, { 40, 1 } };
  NfRig *rig = nf_rig_new (NULL, NULL);
  NfFeed *feeds[] = { &rig->prediction, &rig->truth };
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_BYTES);
  for (guint i = 0; i < G_N_ELEMENTS (feeds); i++)
    fail_unless (gst_harness_push_event (
        feeds[i]->harness, gst_event_new_segment (&segment)));
  NF_RIG_RUN (rig, frames, frames);
  nf_rig_expect_total (rig, 2, 0, 0, 1);
  nf_rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_large_ids_are_background)
{
  static const NfFeedFrame predictions[] = { { 0, 0 }, { 40, 1 }, { 80, 200 } };
  static const NfFeedFrame truths[] = { { 0, 49 }, { 40, 1 }, { 80, 255 } };
  g_autoptr (GstStructure) total = NULL;
  const GValueArray *classes;
  NfRig *rig = nf_rig_new (NULL, NULL);

  NF_RIG_RUN (rig, predictions, truths);
  total = nf_rig_pop (rig, "total");
  fail_unless (nf_rig_near (nf_rig_score (total, "jaccard"), 1, 0));
  classes = class_iou (total);
  fail_unless_equals_int (classes->n_values, 49);
  fail_unless (nf_rig_near (g_value_get_double (&classes->values[1]), 1, 0));
  fail_unless (isnan (g_value_get_double (&classes->values[2])));
  nf_rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_classes)
{
  static const NfFeedFrame predictions[] = { { 0, 255 }, { 40, 2 } };
  static const NfFeedFrame truths[] = { { 0, 255 }, { 40, 2 } };
  g_autoptr (GstStructure) frame = NULL;
  NfRig *rig = nf_rig_new ("classes", __i__ == 0 ? "2" : "256");

  NF_RIG_RUN (rig, predictions, truths);
  frame = nf_rig_pop (rig, "frame");
  fail_unless (nf_rig_near (nf_rig_score (frame, "jaccard"), 1, 0));
  fail_unless_equals_int (class_iou (frame)->n_values, __i__ == 0 ? 2 : 256);
  nf_rig_free (rig);
}
GST_END_TEST;

static Suite *
nfiou_suite (void)
{
  Suite *suite = suite_create ("nfiou");
  TCase *pairs = tcase_create ("pairs");

  suite_add_tcase (suite, pairs);
  tcase_add_test (pairs, test_nfiou_same_masks);
  tcase_add_test (pairs, test_nfiou_last_frame_only);
  tcase_add_test (pairs, test_nfiou_later_half);
  tcase_add_test (pairs, test_nfiou_truth_ends_first);
  tcase_add_loop_test (pairs, test_nfiou_one_pad_without_frames, 0, 2);
  tcase_add_test (pairs, test_nfiou_tolerance);
  tcase_add_loop_test (pairs, test_nfiou_tolerance_of_shorter, 0, 2);
  tcase_add_test (pairs, test_nfiou_strict_fails);
  tcase_add_test (pairs, test_nfiou_sizes_differ_fails);
  tcase_add_loop_test (pairs, test_nfiou_no_time_fails, 0, 2);
  tcase_add_test (pairs, test_nfiou_short_frame_fails);
  tcase_add_loop_test (pairs, test_nfiou_sizes_and_strides, 0, 5);
  tcase_add_test (pairs, test_nfiou_without_messages);
  tcase_add_test (pairs, test_nfiou_property_before_message);
  tcase_add_test (pairs, test_nfiou_interval);
  tcase_add_test (pairs, test_nfiou_segments_in_bytes);
  tcase_add_test (pairs, test_nfiou_large_ids_are_background);
  tcase_add_loop_test (pairs, test_nfiou_classes, 0, 2);

  return suite;
}

GST_CHECK_MAIN (nfiou)
