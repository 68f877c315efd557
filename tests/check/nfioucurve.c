/* SPDX-License-Identifier: MIT
 *
 * nfioucurve — tests of nfiou: the curve over the horizon, names of classes, and
 * a score that the pipeline must reach
 *
 * Siblings: nfiou.c, nfioureport.c */
#include "nfiourig.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

static gchar *folder;
static gchar *report;
static gchar *labels;

static void
setup (void)
{
  folder = g_dir_make_tmp ("nfiou-XXXXXX", NULL);
  report = g_build_filename (folder, "report.json", NULL);
  labels = g_build_filename (folder, "labels.txt", NULL);
}

static void
teardown (void)
{
  g_remove (report);
  g_remove (labels);
  fail_unless_equals_int (g_rmdir (folder), 0);
  g_free (report);
  g_free (labels);
  g_free (folder);
}

/* with the properties that were set since */
static void
start_again (NfRig *rig)
{
  gst_element_set_state (rig->element, GST_STATE_READY);
  gst_element_set_state (rig->element, GST_STATE_PLAYING);
  nf_rig_push_segment (rig->prediction.harness, 0, 0, "again");
  nf_rig_push_segment (rig->truth.harness, 0, 0, "again");
  nf_rig_set_caps (&rig->prediction, 8, 6);
  nf_rig_set_caps (&rig->truth, 8, 6);
}

/* two clips of three and two frames: what was predicted and what is true */
static const NfFeedFrame predictions[] = { { 0, 1, TRUE }, { 40, 1 }, { 80, 2 },
  { 120, 1, TRUE }, { 160, 3 } };
static const NfFeedFrame truths[] = { { 0, 1, TRUE }, { 40, 2 }, { 80, 2 },
  { 120, 1, TRUE }, { 160, 3 } };

/* first frames: 1 twice. Second frames: 1 for 2, and 3. Third frames: 2 */
static const gdouble curve[] = { 1, 1.0 / 3, 1 };

static void
expect_curve (const GstStructure *total, guint steps)
{
  const GValue *value = gst_structure_get_value (total, "horizon-jaccard");
  const GValueArray *array;

  fail_unless (value != NULL);
  array = g_value_get_boxed (value);
  fail_unless_equals_int (array->n_values, steps);
  for (guint i = 0; i < steps; i++)
    fail_unless (
        nf_rig_near (g_value_get_double (&array->values[i]), curve[i], 1e-15));
}

GST_START_TEST (test_curve_horizon)
{
  static const struct
  {
    const gchar *horizon;
    guint steps;
  } cases[] = { { "32", 3 }, { "2", 2 }, { "0", 0 } };
  NfRig *rig = nf_rig_new ("horizon", cases[__i__].horizon);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GstStructure) total = NULL;
  JsonArray *steps;

  g_object_set (rig->element, "report", report, NULL);
  start_again (rig);
  NF_RIG_RUN (rig, predictions, truths);
  total = nf_rig_pop (rig, "total");
  expect_curve (total, cases[__i__].steps);

  fail_unless (json_parser_load_from_file (parser, report, NULL));
  steps = json_object_get_array_member (
      json_node_get_object (json_parser_get_root (parser)), "horizon");
  fail_unless_equals_int (json_array_get_length (steps), cases[__i__].steps);
  for (guint i = 0; i < cases[__i__].steps; i++) {
    JsonObject *step = json_array_get_object_element (steps, i);

    fail_unless_equals_int (json_object_get_int_member (step, "frame"), i + 1);
    fail_unless_equals_int (
        json_object_get_int_member (step, "frames"), i < 2 ? 2 : 1);
    fail_unless (nf_rig_near (
        json_object_get_double_member (step, "jaccard"), curve[i], 1e-15));
    fail_unless_equals_int (
        json_array_get_length (json_object_get_array_member (step, "classes")),
        i == 1 ? 3 : 1);
  }
  nf_rig_free (rig);
}
GST_END_TEST

/* class 1: 2 of 3 frames that have it; class 2: 1 of 2; class 3: 1 */
#define POOLED ((2.0 / 3 + 1.0 / 2 + 1) / 3)

GST_START_TEST (test_curve_min_jaccard)
{
  static const struct
  {
    gdouble least;
    gboolean fails;
  } cases[] = { { 0, FALSE }, { POOLED - 1e-6, FALSE }, { POOLED, FALSE },
    { POOLED + 1e-6, TRUE }, { 1, TRUE } };
  g_autofree gchar *value = g_strdup_printf ("%.17g", cases[__i__].least);
  NfRig *rig = nf_rig_new ("min-jaccard", value);
  g_autoptr (GstStructure) total = NULL;

  NF_RIG_RUN (rig, predictions, truths);
  total = nf_rig_pop (rig, "total");
  fail_unless (nf_rig_near (nf_rig_score (total, "jaccard"), POOLED, 1e-12));
  if (cases[__i__].fails)
    nf_test_expect_error (rig->bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
        "The Jaccard index is 0.7222, and min-jaccard asks for ");
  else
    nf_test_expect_no_error (rig->bus);
  nf_rig_free (rig);
}
GST_END_TEST

/* nothing was scored: that is no success either */
GST_START_TEST (test_curve_min_jaccard_of_nothing_fails)
{
  static const NfFeedFrame early[] = { { 0, 1 } };
  static const NfFeedFrame late[] = { { 4000, 1 } };
  NfRig *rig = nf_rig_new ("min-jaccard", "0.1");
  g_autoptr (GstStructure) total = NULL;

  NF_RIG_RUN (rig, early, late);
  total = nf_rig_pop (rig, "total");
  nf_test_expect_error (rig->bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
      "Nothing was scored, and min-jaccard asks for 0.1");
  nf_rig_free (rig);
}
GST_END_TEST

GST_START_TEST (test_curve_labels)
{
  static const NfFeedFrame frame[] = { { 0, 1 } };
  NfRig *rig = nf_rig_new ("classes", "3");
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonArray *classes;
  static const gchar *const names[] = { "ground", "a car", "Fußgänger" };

  /* spaces at the ends are no part of a name; the last line may end or not */
  fail_unless (g_file_set_contents (labels,
      __i__ == 0 ? "ground\n a car \nFußgänger\n"
                 : "ground\r\na car\r\nFußgänger",
      -1, NULL));
  g_object_set (rig->element, "labels", labels, "report", report, NULL);
  start_again (rig);
  NF_RIG_RUN (rig, frame, frame);
  nf_rig_expect_total (rig, 1, 0, 0, 1);
  fail_unless (json_parser_load_from_file (parser, report, NULL));
  classes = json_object_get_array_member (
      json_node_get_object (json_parser_get_root (parser)), "classes");
  for (guint i = 0; i < 3; i++)
    fail_unless_equals_string (
        json_object_get_string_member (
            json_array_get_object_element (classes, i), "name"),
        names[i]);
  nf_rig_free (rig);
}
GST_END_TEST

GST_START_TEST (test_curve_wrong_labels_fail)
{
  static const struct
  {
    const gchar *text; /* NULL: there is no file */
    GQuark (*domain) (void);
    gint code;
    const gchar *says;
  } cases[] = {
    { NULL, gst_resource_error_quark, GST_RESOURCE_ERROR_NOT_FOUND,
        "cannot read" },
    { "one\ntwo\n", gst_stream_error_quark, GST_STREAM_ERROR_DECODE,
        "has 2 lines, expected 3" },
    { "one\n\nthree\n", gst_stream_error_quark, GST_STREAM_ERROR_DECODE,
        "line 2" },
    { "one\ntwo\n\xff\n", gst_stream_error_quark, GST_STREAM_ERROR_DECODE,
        "is not UTF-8" },
  };
  GstElement *element = gst_element_factory_make ("nfiou", NULL);
  GstBus *bus = nf_test_attach_bus (element);

  if (cases[__i__].text != NULL)
    fail_unless (g_file_set_contents (labels, cases[__i__].text, -1, NULL));
  g_object_set (element, "labels", labels, "classes", 3, NULL);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  nf_test_expect_error (
      bus, cases[__i__].domain (), cases[__i__].code, cases[__i__].says);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}
GST_END_TEST

static Suite *
nfiou_curve_suite (void)
{
  Suite *suite = suite_create ("nfiou-curve");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_loop_test (tc, test_curve_horizon, 0, 3);
  tcase_add_loop_test (tc, test_curve_min_jaccard, 0, 5);
  tcase_add_test (tc, test_curve_min_jaccard_of_nothing_fails);
  tcase_add_loop_test (tc, test_curve_labels, 0, 2);
  tcase_add_loop_test (tc, test_curve_wrong_labels_fail, 0, 4);

  return suite;
}

GST_CHECK_MAIN (nfiou_curve)
