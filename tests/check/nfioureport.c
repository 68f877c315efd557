/* SPDX-License-Identifier: MIT
 *
 * nfioureport — tests of nfiou: its report, and real clips */
#include "nfiourig.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

static gchar *folder;
static gchar *path;

static void
setup (void)
{
  folder = g_dir_make_tmp ("nfiou-XXXXXX", NULL);
  path = g_build_filename (folder, "report.json", NULL);
}

static void
teardown (void)
{
  g_remove (path);
  fail_unless_equals_int (g_rmdir (folder), 0);
  g_free (path);
  g_free (folder);
}

static JsonObject *
load_report (JsonParser *parser)
{
  fail_unless (json_parser_load_from_file (parser, path, NULL));

  return json_node_get_object (json_parser_get_root (parser));
}

GST_START_TEST (test_nfiou_report_at_eos)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *report, *clip_object;
  JsonArray *clips;
  NfRig *rig = nf_rig_new ("report", path);
  static const NfFeedFrame predictions[] = { { 80, 1 }, { 200, 0 } };

  NF_RIG_RUN (rig, predictions, nf_rig_two_truths);
  nf_rig_expect_total (rig, 2, 0, 4, 2);
  report = load_report (parser);
  fail_unless (nf_rig_near (
      json_object_get_double_member (report, "jaccard"), 1.0 / 3, 1e-15));
  fail_unless_equals_int (json_object_get_int_member (report, "frames"), 2);
  fail_unless_equals_int (
      json_object_get_int_member (report, "unmatched-truth"), 4);
  fail_unless (json_object_get_boolean_member (report, "complete"));
  clips = json_object_get_array_member (report, "clips");
  fail_unless_equals_int (json_array_get_length (clips), 2);
  clip_object = json_array_get_object_element (clips, 1);
  fail_unless (nf_rig_near (
      json_object_get_double_member (clip_object, "jaccard"), 0, 0));
  fail_unless_equals_int (json_array_get_length (json_object_get_array_member (
                              clip_object, "frame-scores")),
      1);
  nf_rig_free (rig);
}
GST_END_TEST;

static void
expect_class (JsonObject *report, guint id, guint true_positives,
    guint false_positives, guint false_negatives)
{
  JsonObject *class_object = json_array_get_object_element (
      json_object_get_array_member (report, "classes"), id);

  fail_unless_equals_int (json_object_get_int_member (class_object, "id"), id);
  fail_unless_equals_int (
      json_object_get_int_member (class_object, "true-positives"),
      true_positives);
  fail_unless_equals_int (
      json_object_get_int_member (class_object, "false-positives"),
      false_positives);
  fail_unless_equals_int (
      json_object_get_int_member (class_object, "false-negatives"),
      false_negatives);
}

/* What is predicted and not there, and what is there and not predicted. */
GST_START_TEST (test_nfiou_report_of_wrong_classes)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  static const NfFeedFrame predictions[] = { { 0, 3 }, { 40, 5 }, { 80, 3 } };
  static const NfFeedFrame truths[] = { { 0, 3 }, { 40, 5 }, { 80, 5 } };
  NfRig *rig = nf_rig_new ("report", path);
  JsonObject *report;

  NF_RIG_RUN (rig, predictions, truths);
  nf_rig_expect_total (rig, 3, 0, 0, 1);
  report = load_report (parser);
  expect_class (report, 3, 48, 48, 0);
  expect_class (report, 5, 48, 0, 48);
  nf_rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_report_at_stop_and_start_again)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *report;
  NfRig *rig = nf_rig_new ("report", path);

  nf_rig_set_frames (&rig->prediction, nf_rig_clip, 3);
  nf_rig_set_frames (&rig->truth, nf_rig_clip, 3);
  nf_rig_feed (rig, FALSE);
  gst_buffer_unref (gst_harness_pull (rig->out));
  gst_buffer_unref (gst_harness_pull (rig->out));
  gst_buffer_unref (gst_harness_pull (rig->out));
  fail_if (g_file_test (path, G_FILE_TEST_EXISTS));
  gst_element_set_state (rig->element, GST_STATE_READY);
  report = load_report (parser);
  fail_if (json_object_get_boolean_member (report, "complete"));
  fail_unless_equals_int (json_object_get_int_member (report, "frames"), 3);

  gst_element_set_state (rig->element, GST_STATE_PLAYING);
  nf_rig_push_segment (rig->prediction.harness, 0, 0, "again");
  nf_rig_push_segment (rig->truth.harness, 0, 0, "again");
  nf_rig_set_caps (&rig->prediction, 5, 5);
  nf_rig_set_caps (&rig->truth, 5, 5);
  NF_RIG_RUN (rig, nf_rig_clip, nf_rig_clip);
  nf_rig_expect_total (rig, 22, 0, 0, 1);
  report = load_report (parser);
  fail_unless (json_object_get_boolean_member (report, "complete"));
  fail_unless_equals_int (json_object_get_int_member (report, "frames"), 22);
  nf_rig_free (rig);
}
GST_END_TEST;

/* begins another stream of three pairs, and ends it or not */
static void
feed_again (NfRig *rig, gboolean eos)
{
  nf_rig_push_segment (rig->prediction.harness, 0, 0, "again");
  nf_rig_push_segment (rig->truth.harness, 0, 0, "again");
  nf_rig_set_caps (&rig->prediction, 8, 6);
  nf_rig_set_caps (&rig->truth, 8, 6);
  nf_rig_set_frames (&rig->prediction, nf_rig_clip, 3);
  nf_rig_set_frames (&rig->truth, nf_rig_clip, 3);
  nf_rig_feed (rig, eos);
  for (guint i = 0; i < 3; i++)
    gst_buffer_unref (gst_harness_pull (rig->out));
}

/* of both pads, as a seek does it */
static void
flush (NfRig *rig)
{
  GstEvent *start = gst_event_new_flush_start ();
  GstEvent *stop = gst_event_new_flush_stop (TRUE);

  gst_event_set_seqnum (stop, gst_event_get_seqnum (start));
  gst_harness_push_event (rig->prediction.harness, gst_event_ref (start));
  gst_harness_push_event (rig->truth.harness, start);
  gst_harness_push_event (rig->prediction.harness, gst_event_ref (stop));
  gst_harness_push_event (rig->truth.harness, stop);
}

/* What is stopped before its end is reported, also after a stream that was reported
 * at its end: whether a flush lies between them, or another start. */
GST_START_TEST (test_nfiou_report_of_each_run)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  NfRig *rig = nf_rig_new ("report", path);

  feed_again (rig, TRUE);
  nf_rig_expect_total (rig, 3, 0, 0, 1);
  fail_unless (
      json_object_get_boolean_member (load_report (parser), "complete"));
  if (__i__ == 0) {
    flush (rig);
  } else {
    gst_element_set_state (rig->element, GST_STATE_READY);
    gst_element_set_state (rig->element, GST_STATE_PLAYING);
  }
  feed_again (rig, FALSE);
  gst_element_set_state (rig->element, GST_STATE_READY);
  fail_if (json_object_get_boolean_member (load_report (parser), "complete"));
  nf_rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_report_without_folder_fails)
{
  g_autofree gchar *nowhere = g_build_filename (folder, "no", "r.json", NULL);
  GstElement *element = gst_element_factory_make ("nfiou", NULL);
  GstBus *bus = nf_test_attach_bus (element);

  g_object_set (element, "report", __i__ == 0 ? nowhere : folder, NULL);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  nf_test_expect_error (bus, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE,
      __i__ == 0 ? "its folder does not exist" : "it is a folder");
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_real_mask_against_itself)
{
  g_autofree gchar *mask = nf_test_shared_path ("data/train/video_0/mask.npy");
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree gchar *description = NULL;
  g_autofree gchar *error = NULL;
  JsonObject *report;

  if (mask == NULL)
    return;
  description = g_strdup_printf (
      "filesrc location=%s ! nfnpydec ! nfiou name=score report=%s ! fakesink "
      "filesrc location=%s ! nfnpydec ! score.truth",
      mask, path, mask);
  error = nf_test_run (description);
  fail_unless (error == NULL, "%s", error);
  report = load_report (parser);
  fail_unless (
      nf_rig_near (json_object_get_double_member (report, "jaccard"), 1, 0));
  fail_unless_equals_int (json_object_get_int_member (report, "frames"), 22);
}
GST_END_TEST;

static gboolean
push_mask (
    GstHarness *h, GBytes *masks, guint frame, guint at_frame, gboolean discont)
{
  GstBuffer *buffer =
      nf_test_slice (masks, (gsize) frame * 160 * 240, 160 * 240);

  GST_BUFFER_PTS (buffer) = at_frame * NF_FEED_FRAME_MS * GST_MSECOND;
  GST_BUFFER_DURATION (buffer) = NF_FEED_FRAME_MS * GST_MSECOND;
  if (discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);

  return gst_harness_push (h, buffer) == GST_FLOW_OK;
}

/* the mask of frame 11 as the prediction of frame 22, three clips in a row */
GST_START_TEST (test_nfiou_copy_baseline_of_real_clips)
{
  NfRig *rig = nf_rig_new (NULL, NULL);
  g_autoptr (GstStructure) total = NULL;

  nf_rig_set_caps (&rig->prediction, 240, 160);
  nf_rig_set_caps (&rig->truth, 240, 160);
  for (guint i = 0; i < 3; i++) {
    g_autofree gchar *file =
        g_strdup_printf ("data/train/video_%u/mask.npy", i);
    g_autofree gchar *mask = nf_test_shared_path (file);
    g_autoptr (GBytes) masks = NULL;
    NfNpyHeader header;

    if (mask == NULL) {
      nf_rig_free (rig);
      return;
    }
    masks = nf_npy_load (mask, &header, NULL);
    fail_unless (masks != NULL);
    fail_unless (
        push_mask (rig->prediction.harness, masks, 10, 22 * i + 21, TRUE));
    for (guint t = 0; t < 22; t++)
      fail_unless (
          push_mask (rig->truth.harness, masks, t, 22 * i + t, t == 0));
  }
  nf_rig_feed (rig, TRUE);
  total = nf_rig_pop (rig, "total");
  fail_unless_equals_uint64 (nf_rig_count (total, "frames"), 3);
  fail_unless_equals_uint64 (nf_rig_count (total, "unmatched-truth"), 63);
  fail_unless (nf_rig_near (nf_rig_score (total, "jaccard"), 0.348, 0.0005));
  fail_unless (
      nf_rig_near (nf_rig_score (total, "mean-clip-jaccard"), 0.434, 0.0005));
  nf_rig_free (rig);
}
GST_END_TEST;

static Suite *
nfiou_report_suite (void)
{
  Suite *suite = suite_create ("nfiou-report");
  TCase *files = tcase_create ("files");

  suite_add_tcase (suite, files);
  tcase_add_checked_fixture (files, setup, teardown);
  tcase_add_test (files, test_nfiou_report_at_eos);
  tcase_add_test (files, test_nfiou_report_of_wrong_classes);
  tcase_add_test (files, test_nfiou_report_at_stop_and_start_again);
  tcase_add_loop_test (files, test_nfiou_report_of_each_run, 0, 2);
  tcase_add_loop_test (files, test_nfiou_report_without_folder_fails, 0, 2);
  tcase_add_test (files, test_nfiou_real_mask_against_itself);
  tcase_add_test (files, test_nfiou_copy_baseline_of_real_clips);

  return suite;
}

GST_CHECK_MAIN (nfiou_report)
