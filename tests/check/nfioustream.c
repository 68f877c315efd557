/* SPDX-License-Identifier: MIT
 *
 * nfioustream — tests of nfiou: clips, caps, flushes, gaps, latency */
#include "nfiourig.h"

#include <math.h>

GST_START_TEST (test_nfiou_clips_by_discont)
{
  static const NfFeedFrame by_truth[] = { { 80, 1 }, { 200, 0 } };
  static const NfFeedFrame by_both[] = { { 80, 1, TRUE }, { 200, 0, TRUE } };
  g_autoptr (GstStructure) message = NULL;
  NfRig *rig = nf_rig_new (NULL, NULL);
  guint index = 9;

  nf_rig_set_frames (&rig->prediction, __i__ == 0 ? by_truth : by_both, 2);
  nf_rig_set_frames (&rig->truth, nf_rig_two_truths, 6);
  nf_rig_feed (rig, TRUE);
  message = nf_rig_pop (rig, "clip");
  fail_unless (gst_structure_get_uint (message, "clip", &index));
  fail_unless_equals_int (index, 0);
  fail_unless (nf_rig_near (nf_rig_score (message, "jaccard"), 1, 0));
  fail_unless_equals_uint64 (nf_rig_count (message, "frames"), 1);
  fail_unless_equals_uint64 (
      nf_rig_count (message, "start-time"), 80 * GST_MSECOND);
  gst_structure_free (message);
  message = nf_rig_pop (rig, "clip");
  fail_unless (gst_structure_get_uint (message, "clip", &index));
  fail_unless_equals_int (index, 1);
  fail_unless (nf_rig_near (nf_rig_score (message, "jaccard"), 0, 0));
  gst_structure_free (message);
  message = nf_rig_pop (rig, "total");
  /* class 0: 0 of 48, class 1: 48 of 48, class 2: 0 of 48 */
  fail_unless (nf_rig_near (nf_rig_score (message, "jaccard"), 1.0 / 3, 1e-15));
  fail_unless (
      nf_rig_near (nf_rig_score (message, "mean-clip-jaccard"), 0.5, 1e-15));
  nf_rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_clips_by_segment)
{
  static const NfFeedFrame first_clip[] = { { 0, 1 }, { 40, 1 } };
  static const NfFeedFrame shifted[] = { { 1000, 1 }, { 1040, 2 } };
  g_autoptr (GstStructure) message = NULL;
  GstSegment segment;
  GstEvent *event;
  NfRig *rig = nf_rig_new (NULL, NULL);

  nf_rig_push_segment (rig->prediction.harness, 0, 0, "one");
  nf_rig_set_frames (&rig->prediction, first_clip, 2);
  nf_rig_set_frames (&rig->truth, first_clip, 2);
  nf_rig_feed (rig, FALSE);
  /* the same running time by two segments that differ */
  nf_rig_push_segment (rig->prediction.harness, 80, 0, "two");
  nf_rig_push_segment (rig->truth.harness, 80, 1000, NULL);
  nf_rig_set_frames (&rig->truth, shifted, 2);
  nf_rig_feed (rig, TRUE);
  message = nf_rig_pop (rig, "clip");
  fail_unless_equals_string (
      gst_structure_get_string (message, "stream-id"), "one");
  fail_unless_equals_uint64 (
      nf_rig_count (message, "end-time"), 40 * GST_MSECOND);
  gst_structure_free (message);
  message = nf_rig_pop (rig, "clip");
  fail_unless_equals_string (
      gst_structure_get_string (message, "stream-id"), "two");
  fail_unless_equals_uint64 (
      nf_rig_count (message, "end-time"), 120 * GST_MSECOND);
  nf_rig_expect_total (rig, 4, 0, 0, 2);
  gst_segment_init (&segment, GST_FORMAT_UNDEFINED);
  while ((event = gst_harness_try_pull_event (rig->out)) != NULL) {
    if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT)
      gst_event_copy_segment (event, &segment);
    gst_event_unref (event);
  }
  fail_unless_equals_uint64 (segment.base, 80 * GST_MSECOND);
  nf_rig_free (rig);
}
GST_END_TEST;

static void
push_title (NfFeed *feed, const gchar *title)
{
  gst_harness_push_event (feed->harness,
      gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, title, NULL)));
}

static void
expect_name (NfRig *rig, const gchar *scope, const gchar *name)
{
  g_autoptr (GstStructure) message = nf_rig_pop (rig, scope);

  fail_unless_equals_string (gst_structure_get_string (message, "name"), name);
}

/* a clip is called what the tags before it say: the prediction's, or else the
 * truth's; other tags say nothing about it, another stream has none */
GST_START_TEST (test_nfiou_clip_names)
{
  static const NfFeedFrame first[] = { { 0, 1, TRUE }, { 40, 1, FALSE } };
  static const NfFeedFrame second[] = { { 80, 1, TRUE } };
  static const NfFeedFrame third[] = { { 120, 1, TRUE } };
  static const NfFeedFrame fourth[] = { { 0, 1, TRUE } };
  NfRig *rig = nf_rig_new (NULL, NULL);

  push_title (&rig->prediction, "one");
  nf_rig_set_frames (&rig->prediction, first, 2);
  nf_rig_set_frames (&rig->truth, first, 2);
  nf_rig_feed (rig, FALSE);
  push_title (&rig->prediction, "two");
  push_title (&rig->truth, "not this");
  nf_rig_set_frames (&rig->prediction, second, 1);
  nf_rig_set_frames (&rig->truth, second, 1);
  nf_rig_feed (rig, FALSE);
  gst_harness_push_event (rig->prediction.harness,
      gst_event_new_tag (gst_tag_list_new (GST_TAG_ARTIST, "nobody", NULL)));
  nf_rig_set_frames (&rig->prediction, third, 1);
  nf_rig_set_frames (&rig->truth, third, 1);
  nf_rig_feed (rig, FALSE);
  nf_rig_push_segment (rig->prediction.harness, 160, 0, "again");
  nf_rig_push_segment (rig->truth.harness, 160, 0, NULL);
  push_title (&rig->truth, "truth's");
  NF_RIG_RUN (rig, fourth, fourth);
  expect_name (rig, "frame", "one");
  expect_name (rig, "frame", "one");
  expect_name (rig, "clip", "one");
  expect_name (rig, "frame", "two");
  expect_name (rig, "clip", "two");
  expect_name (rig, "clip", "two");
  expect_name (rig, "clip", "truth's");
  nf_rig_free (rig);
}
GST_END_TEST;

/* what the messages of frames say: of which clip, when, and how good */
GST_START_TEST (test_nfiou_frame_messages)
{
  static const NfFeedFrame predictions[] = { { 0, 1, TRUE }, { 40, 2 },
    { 80, 2, TRUE } };
  static const NfFeedFrame truths[] = { { 0, 1, TRUE }, { 40, 1 },
    { 80, 2, TRUE } };
  static const guint clips[] = { 0, 0, 1 };
  static const gdouble scores[] = { 1, 0, 1 };
  NfRig *rig = nf_rig_new (NULL, NULL);

  nf_rig_push_segment (rig->prediction.harness, 1000, 0, "a");
  nf_rig_push_segment (rig->truth.harness, 1000, 0, "b");
  NF_RIG_RUN (rig, predictions, truths);
  for (guint i = 0; i < G_N_ELEMENTS (clips); i++) {
    g_autoptr (GstStructure) message = nf_rig_pop (rig, "frame");
    guint clip = G_MAXUINT;

    fail_unless (gst_structure_get_uint (message, "clip", &clip));
    fail_unless_equals_int (clip, clips[i]);
    fail_unless_equals_uint64 (
        nf_rig_count (message, "running-time"), (1000 + 40 * i) * GST_MSECOND);
    fail_unless_equals_uint64 (
        nf_rig_count (message, "stream-time"), 40 * i * GST_MSECOND);
    fail_unless (
        nf_rig_near (nf_rig_score (message, "jaccard"), scores[i], 1e-15));
  }
  nf_rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_caps_change)
{
  static const NfFeedFrame more[] = { { 880, 5 }, { 920, 5 } };
  g_autoptr (GstCaps) caps = NULL;
  gint width = 0;
  NfRig *rig = nf_rig_new (NULL, NULL);

  nf_rig_set_frames (&rig->prediction, nf_rig_clip, 22);
  nf_rig_set_frames (&rig->truth, nf_rig_clip, 22);
  nf_rig_feed (rig, FALSE);
  nf_rig_set_caps (&rig->prediction, 3, 9);
  nf_rig_set_caps (&rig->truth, 3, 9);
  NF_RIG_RUN (rig, more, more);
  nf_rig_expect_total (rig, 24, 0, 0, 2);
  nf_test_expect_no_error (rig->bus);
  caps = gst_pad_get_current_caps (rig->out->sinkpad);
  gst_structure_get_int (gst_caps_get_structure (caps, 0), "width", &width);
  fail_unless_equals_int (width, 3);
  nf_rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_flush_forgets)
{
  static const NfFeedFrame wrong[] = { { 0, 1 }, { 40, 1 } };
  static const NfFeedFrame right[] = { { 0, 2 }, { 40, 2 } };
  GstEvent *start = gst_event_new_flush_start ();
  GstEvent *stop = gst_event_new_flush_stop (TRUE);
  g_autoptr (GstStructure) total = NULL;
  NfRig *rig = nf_rig_new (NULL, NULL);

  gst_event_set_seqnum (stop, gst_event_get_seqnum (start));
  nf_rig_set_frames (&rig->prediction, wrong, 2);
  nf_rig_set_frames (&rig->truth, right, 2);
  nf_rig_feed (rig, FALSE);
  gst_harness_push_event (rig->prediction.harness, gst_event_ref (start));
  gst_harness_push_event (rig->truth.harness, start);
  gst_harness_push_event (rig->prediction.harness, gst_event_ref (stop));
  gst_harness_push_event (rig->truth.harness, stop);
  nf_rig_push_segment (rig->prediction.harness, 0, 0, NULL);
  nf_rig_push_segment (rig->truth.harness, 0, 0, NULL);
  NF_RIG_RUN (rig, right, right);
  total = nf_rig_pop (rig, "total");
  fail_unless_equals_uint64 (nf_rig_count (total, "frames"), 2);
  fail_unless (nf_rig_near (nf_rig_score (total, "jaccard"), 1, 0));
  nf_rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_gaps)
{
  static const NfFeedFrame predictions[] = { { 80, 5 } };
  static const NfFeedFrame truths[] = { { 80, 5 } };
  guint gaps = 0, segments = 0;
  GstEvent *event;
  NfRig *rig = nf_rig_new (NULL, NULL);

  gst_harness_push_event (
      rig->prediction.harness, gst_event_new_gap (0, 80 * GST_MSECOND));
  gst_harness_push_event (
      rig->truth.harness, gst_event_new_gap (0, 40 * GST_MSECOND));
  gst_harness_push_event (rig->truth.harness,
      gst_event_new_gap (40 * GST_MSECOND, 40 * GST_MSECOND));
  NF_RIG_RUN (rig, predictions, truths);
  nf_rig_expect_total (rig, 1, 0, 0, 1);
  while ((event = gst_harness_try_pull_event (rig->out)) != NULL) {
    segments += GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT;
    gaps += GST_EVENT_TYPE (event) == GST_EVENT_GAP;
    fail_unless (gaps == 0 || segments > 0, "a gap comes before the segment");
    gst_event_unref (event);
  }
  fail_unless_equals_int (gaps, 1);
  nf_rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_latency)
{
  GstClockTime minimum = 0, maximum = 0;
  GstQuery *query = gst_query_new_latency ();
  gboolean live = FALSE;
  NfRig *rig = nf_rig_new (NULL, NULL);

  gst_harness_set_upstream_latency (rig->prediction.harness, 440 * GST_MSECOND);
  gst_harness_set_upstream_latency (rig->truth.harness, 40 * GST_MSECOND);
  nf_rig_set_frames (&rig->prediction, nf_rig_clip, 1);
  nf_rig_set_frames (&rig->truth, nf_rig_clip, 1);
  nf_rig_feed (rig, FALSE);
  fail_unless (gst_pad_peer_query (rig->out->sinkpad, query));
  gst_query_parse_latency (query, &live, &minimum, &maximum);
  fail_unless_equals_uint64 (minimum, 440 * GST_MSECOND);
  gst_query_unref (query);
  nf_rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_caps_queries)
{
  g_autoptr (GstCaps) prediction = NULL;
  g_autoptr (GstCaps) truth = NULL;
  g_autoptr (GstCaps) src = NULL;
  g_autoptr (GstCaps) sized =
      gst_caps_from_string ("video/x-raw,format=GRAY8,width=8,height=6");
  GstHarness *out;
  GstElement *element = gst_element_factory_make ("nfiou", NULL);
  GstPad *pad;

  gst_object_ref_sink (element);
  out = gst_harness_new_with_element (element, NULL, "src");
  gst_harness_set_sink_caps_str (
      out, "video/x-raw,format=GRAY8,width=8,height=6,framerate=25/1");
  pad = gst_element_get_static_pad (element, "prediction");
  prediction = gst_pad_query_caps (pad, NULL);
  gst_object_unref (pad);
  fail_unless (gst_caps_is_subset (prediction, sized));
  pad = gst_element_get_static_pad (element, "truth");
  truth = gst_pad_query_caps (pad, NULL);
  gst_object_unref (pad);
  fail_unless (gst_caps_can_intersect (sized, truth));
  fail_if (gst_caps_is_fixed (truth));
  src = gst_pad_peer_query_caps (out->sinkpad, NULL);
  fail_unless (gst_caps_can_intersect (src, sized));
  gst_harness_teardown (out);
  gst_object_unref (element);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_unlinked_pad_warns)
{
  GstHarness *h = gst_harness_new_with_padnames ("nfiou", "prediction", "src");
  GstBus *bus = nf_test_attach_bus (h->element);
  g_autoptr (GError) warning = NULL;
  GstMessage *message;

  gst_harness_set_src_caps_str (
      h, "video/x-raw,format=GRAY8,width=8,height=6,framerate=25/1");
  message =
      gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND, GST_MESSAGE_WARNING);
  fail_unless (message != NULL);
  gst_message_parse_warning (message, &warning, NULL);
  fail_unless (strstr (warning->message, "'truth' is not linked") != NULL);
  gst_message_unref (message);
  gst_element_set_bus (h->element, NULL);
  gst_object_unref (bus);
  gst_harness_teardown (h);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_two_instances)
{
  static const NfFeedFrame wrong[] = { { 0, 7 }, { 40, 7 } };
  NfRig *one = nf_rig_new (NULL, NULL), *two = nf_rig_new (NULL, NULL);
  g_autoptr (GstStructure) total_one = NULL;
  g_autoptr (GstStructure) total_two = NULL;

  nf_rig_set_frames (&two->prediction, wrong, 2);
  nf_rig_set_frames (&two->truth, nf_rig_clip, 2);
  nf_rig_feed (two, FALSE);
  NF_RIG_RUN (one, nf_rig_clip, nf_rig_clip);
  two->prediction.n_frames = two->truth.n_frames = 0;
  nf_rig_feed (two, TRUE);
  total_one = nf_rig_pop (one, "total");
  total_two = nf_rig_pop (two, "total");
  fail_unless (nf_rig_near (nf_rig_score (total_one, "jaccard"), 1, 0));
  fail_unless (nf_rig_near (nf_rig_score (total_two, "jaccard"), 0, 0));
  nf_rig_free (one);
  nf_rig_free (two);
}
GST_END_TEST;

static Suite *
nfiou_stream_suite (void)
{
  Suite *suite = suite_create ("nfiou-stream");
  TCase *clips = tcase_create ("clips");
  TCase *citizen = tcase_create ("citizen");

  suite_add_tcase (suite, clips);
  tcase_add_loop_test (clips, test_nfiou_clips_by_discont, 0, 2);
  tcase_add_test (clips, test_nfiou_clips_by_segment);
  tcase_add_test (clips, test_nfiou_clip_names);
  tcase_add_test (clips, test_nfiou_frame_messages);
  suite_add_tcase (suite, citizen);
  tcase_add_test (citizen, test_nfiou_caps_change);
  tcase_add_test (citizen, test_nfiou_flush_forgets);
  tcase_add_test (citizen, test_nfiou_gaps);
  tcase_add_test (citizen, test_nfiou_latency);
  tcase_add_test (citizen, test_nfiou_caps_queries);
  tcase_add_test (citizen, test_nfiou_unlinked_pad_warns);
  tcase_add_test (citizen, test_nfiou_two_instances);

  return suite;
}

GST_CHECK_MAIN (nfiou_stream)
