/* SPDX-License-Identifier: MIT
 *
 * evalresume — an evaluation that goes on where it stopped */
#include "evalplace.h"

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Forgets what differs from run to run. */
static gchar *
figures_alone (JsonObject *report)
{
  JsonArray *rows = json_object_get_array_member (report, "rows");
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  for (guint i = 0; i < json_array_get_length (rows); i++) {
    JsonObject *row = json_array_get_object_element (rows, i);
    JsonArray *scores = json_object_get_array_member (row, "clip-scores");

    json_object_remove_member (row, "seconds-per-clip");
    for (guint k = 0; k < json_array_get_length (scores); k++)
      json_array_remove_element (json_array_get_array_element (scores, k), 3);
  }
  json_node_set_object (node, report);
  return json_to_string (node, FALSE);
}

static void
assert_same_figures (const NfEvalPlace *place, const gchar *a, const gchar *b)
{
  g_autoptr (JsonObject) report_a = nf_test_eval_report (place, a);
  g_autoptr (JsonObject) report_b = nf_test_eval_report (place, b);
  g_autofree gchar *text_a = figures_alone (report_a);
  g_autofree gchar *text_b = figures_alone (report_b);

  g_assert_cmpstr (text_a, ==, text_b);
}

static void
append_text (const NfEvalPlace *place, const gchar *run, const gchar *more)
{
  g_autofree gchar *path = nf_test_eval_path (place, run, "clips.jsonl");
  g_autofree gchar *before = nf_test_eval_text (place, run, "clips.jsonl");
  g_autofree gchar *text = g_strconcat (before, more, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* Clip by clip, with a line that was not finished: as in one go. */
static void
test_goes_on (NfEvalPlace *place, gconstpointer unused)
{
  g_autofree gchar *straight =
      g_strdup_printf ("--out %s/straight", place->root);

  nf_test_eval_well (place, straight);
  for (guint n = 1; n <= NF_EVAL_PLACE_CLIPS; n++) {
    g_autofree gchar *part =
        g_strdup_printf ("--clips %u --out %s/parts", n, place->root);

    nf_test_eval_well (place, part);
    if (n == 1)
      append_text (place, "parts", "{\"name\":\"val/video_2\",\"rows\":[{\"ro");
  }
  assert_same_figures (place, "straight", "parts");
  /* nothing is left to do, and nothing changes */
  nf_test_eval_well (place, straight);
  assert_same_figures (place, "straight", "parts");
}

/* In parts, of which one is done twice and one is left to the whole. */
static void
test_parts (NfEvalPlace *place, gconstpointer unused)
{
  g_autofree gchar *straight =
      g_strdup_printf ("--out %s/straight", place->root);
  g_autofree gchar *whole = g_strdup_printf ("--out %s/parts", place->root);
  g_autofree gchar *other =
      g_strdup_printf ("--out %s/parts --steps 3", place->root);
  g_autofree gchar *path = nf_test_eval_path (place, "parts", "report.json");
  g_autoptr (GError) error = NULL;
  gchar *part = NULL;

  nf_test_eval_well (place, straight);
  for (guint i = 3; i > 0; i -= i == 1 ? 1 : 2) {
    part = g_strdup_printf ("%s --shard %u/3", whole, i);
    nf_test_eval_well (place, part);
    nf_test_eval_well (place, part);
    g_free (part);
  }
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_false (nf_test_eval_place (place, other, &error));
  g_assert_nonnull (strstr (error->message, "steps was 2 and is 3 now"));
  nf_test_eval_well (place, whole);
  assert_same_figures (place, "straight", "parts");
}

/* Fewer clips than there are: the report is of those, the others stay. */
static void
test_fewer_clips (NfEvalPlace *place, gconstpointer unused)
{
  g_autofree gchar *all =
      g_strdup_printf ("--only hold --out %s/run", place->root);
  g_autofree gchar *few = g_strdup_printf ("%s --clips 1", all);
  g_autofree gchar *before = NULL;
  g_autofree gchar *after = NULL;
  g_autoptr (JsonObject) report = NULL;

  nf_test_eval_well (place, all);
  before = nf_test_eval_text (place, "run", "clips.jsonl");
  nf_test_eval_well (place, few);
  after = nf_test_eval_text (place, "run", "clips.jsonl");
  report = nf_test_eval_report (place, "run");
  g_assert_cmpstr (before, ==, after);
  g_assert_cmpint (json_object_get_int_member (report, "clips"), ==, 1);
}

/* Interrupts this program once a clip is done. */
static gpointer
interrupt_thread (gpointer path)
{
  GStatBuf info;

  while (g_stat (path, &info) != 0 || info.st_size == 0)
    g_usleep (1000);
  kill (getpid (), SIGINT);
  return NULL;
}

static void
test_interrupt (NfEvalPlace *place, gconstpointer unused)
{
  g_autofree gchar *options = g_strdup_printf (
      "--data scenes:3:100000 --only hold --out %s/run", place->root);
  g_autofree gchar *path = nf_test_eval_path (place, "run", "clips.jsonl");
  g_autofree gchar *page = nf_test_eval_path (place, "run", "report.html");
  GThread *thread = g_thread_new ("interrupt", interrupt_thread, path);
  g_autoptr (JsonObject) report = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (nf_test_eval (options, &error));
  g_assert_no_error (error);
  g_thread_join (thread);
  report = nf_test_eval_report (place, "run");
  g_assert_false (json_object_get_boolean_member (report, "complete"));
  g_assert_cmpint (json_object_get_int_member (report, "clips"), >, 0);
  g_assert_cmpint (json_object_get_int_member (report, "clips"), <, 100000);
  g_assert_false (g_file_test (page, G_FILE_TEST_EXISTS));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  NF_TEST_EVAL_ADD ("goes-on", test_goes_on);
  NF_TEST_EVAL_ADD ("parts", test_parts);
  NF_TEST_EVAL_ADD ("fewer-clips", test_fewer_clips);
  NF_TEST_EVAL_ADD ("interrupt", test_interrupt);
  return g_test_run ();
}
