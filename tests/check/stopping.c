/* SPDX-License-Identifier: MIT
 *
 * stopping — elements that are stopped while they work
 *
 * While an element is being stopped its source pads are deactivated first: they
 * have no caps any more, and nothing can be pushed, but the streaming thread may
 * still be computing. Nothing may be reported then, and no memory read that is
 * gone. */
#include "nfmodelrig.h"

#define FRAMES "video/x-raw,width=24,height=16,framerate=25/1"
#define MASKS "video/x-raw,format=GRAY8,width=24,height=16,framerate=25/1"
#define STOPS 100 /* of each pipeline, unless NF_STOPS says otherwise */
#define WITHIN 6 /* milliseconds until a stop, unless NF_STOPS_WITHIN says so */

/* %s stands for the path of the element's network, where it has one */
static const struct
{
  const gchar *element;
  const gchar *(*network) (void);
  const gchar *before, *after; /* its pipeline */
} rows[] = {
  { "nfsegment name=e device=cpu checkpoint=%s", nf_models_segmenter,
      "videotestsrc ! " FRAMES " !", "! fakesink" },
  { "nfsegment name=e device=cpu batch-size=4 checkpoint=%s",
      nf_models_segmenter, "videotestsrc ! " FRAMES " !", "! fakesink" },
  { "nfsegment name=e device=cpu output=overlay checkpoint=%s",
      nf_models_segmenter, "videotestsrc ! " FRAMES " !", "! fakesink" },
  { "nfsegment name=e device=cpu decision=clip lookahead=2 checkpoint=%s",
      nf_models_segmenter, "videotestsrc ! " FRAMES " !", "! fakesink" },
  { "nfpredict name=e device=cpu window=sliding steps=2 horizon=3 "
    "checkpoint=%s",
      nf_models_predictor, "videotestsrc ! " FRAMES " !", "! fakesink" },
  { "nfextrapolate name=e window=sliding method=linear", NULL,
      "videotestsrc ! " MASKS " !", "! fakesink" },
  { "nfnpyenc name=e", NULL, "videotestsrc ! " MASKS " !", "! fakesink" },
  { "nfnpydec name=e", NULL,
      "videotestsrc num-buffers=200 ! " MASKS " ! nfnpyenc !", "! fakesink" },
  { "nfscenesrc name=e width=24 height=16", NULL, "",
      "e.video ! queue ! fakesink e.mask ! queue ! fakesink" },
  { "nfclipsrc name=e location=scenes:1:20", NULL, "",
      "e.video ! queue ! fakesink e.mask ! queue ! fakesink" },
  { "nfiou name=e", NULL, "",
      "! fakesink videotestsrc ! " MASKS " ! e.prediction videotestsrc "
      "pattern=ball ! " MASKS " ! e.truth" },
};

static gchar *
launch_line (guint row)
{
  g_autofree gchar *format = g_strdup_printf (
      "%s %s %s", rows[row].before, rows[row].element, rows[row].after);
  g_auto (GStrv) parts = g_strsplit (format, "%s", 2);

  return parts[1] == NULL
      ? g_strdup (format)
      : g_strconcat (parts[0], rows[row].network (), parts[1], NULL);
}

static guint
number (const gchar *variable, guint otherwise)
{
  const gchar *wanted = g_getenv (variable);

  return wanted != NULL ? (guint) g_ascii_strtoull (wanted, NULL, 10)
                        : otherwise;
}

/* at a random moment, the element with its pipeline, or before it */
static void
stop_once (GstElement *pipeline, GRand *rand, gboolean alone)
{
  g_autoptr (GstElement) element =
      gst_bin_get_by_name (GST_BIN (pipeline), "e");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_usleep ((gulong) g_rand_int_range (
      rand, 0, 1000 * (gint32) number ("NF_STOPS_WITHIN", WITHIN)));
  if (alone) {
    gst_element_set_locked_state (element, TRUE);
    fail_unless_equals_int (gst_element_set_state (element, GST_STATE_NULL),
        GST_STATE_CHANGE_SUCCESS);
  }
  fail_unless_equals_int (gst_element_set_state (pipeline, GST_STATE_NULL),
      GST_STATE_CHANGE_SUCCESS);
  gst_element_set_locked_state (element, FALSE);
  nf_test_expect_no_error (bus);
}

GST_START_TEST (test_stops_with_pipeline)
{
  g_autofree gchar *line = launch_line ((guint) __i__);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) __i__);

  fail_unless (error == NULL, "%s: %s", line, error ? error->message : "");
  for (guint i = 0; i < number ("NF_STOPS", STOPS); i++)
    stop_once (pipeline, rand, FALSE);
}
GST_END_TEST

GST_START_TEST (test_stops_alone)
{
  g_autofree gchar *line = launch_line ((guint) __i__);
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1000 + (guint32) __i__);

  for (guint i = 0; i < number ("NF_STOPS", STOPS); i++)
    stop_once (pipeline, rand, TRUE);
}
GST_END_TEST

/* elements with one input, whose source pad is deactivated between two frames:
 * what a stop does while they compute */
static const struct
{
  const gchar *launch;
  const gchar *(*network) (void);
  const gchar *caps;
  guint frames; /* that are taken before anything would go out */
} filters[] = {
  { "nfsegment device=cpu checkpoint=%s", nf_models_segmenter, FRAMES, 0 },
  { "nfsegment device=cpu batch-size=4 checkpoint=%s", nf_models_segmenter,
      FRAMES, 3 },
  { "nfsegment device=cpu output=palette checkpoint=%s", nf_models_segmenter,
      FRAMES, 0 },
  { "nfpredict device=cpu steps=2 horizon=3 checkpoint=%s", nf_models_predictor,
      FRAMES, NF_MODELS_CONTEXT - 1 },
  { "nfextrapolate method=hold context=3", NULL, MASKS, 2 },
};

GST_START_TEST (test_source_pad_is_inactive)
{
  g_auto (GStrv) parts = g_strsplit (filters[__i__].launch, "%s", 2);
  g_autofree gchar *launch = filters[__i__].network == NULL
      ? g_strdup (parts[0])
      : g_strconcat (parts[0], filters[__i__].network (), NULL);
  g_autofree gchar *caps = g_strdup_printf ("%s%s", filters[__i__].caps,
      strstr (filters[__i__].caps, "format") != NULL ? "" : ",format=RGB");
  GstBus *bus;
  GstHarness *h = nf_test_harness_new (launch, &bus);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (h->element, "src");

  gst_harness_set_src_caps_str (h, caps);
  nf_test_push_frames (h, 0, filters[__i__].frames);
  gst_pad_set_active (pad, FALSE);
  fail_unless_equals_int (
      gst_harness_push (h, nf_test_next_frame (h, filters[__i__].frames)),
      GST_FLOW_FLUSHING);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* what goes wrong while collected frames go out is told to who pushes next */
GST_START_TEST (test_drain_is_looked_at)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("batch-size=4", &bus);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (h->element, "src");
  GstQuery *drain = gst_query_new_drain ();

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 2);
  gst_pad_set_active (pad, FALSE);
  fail_if (gst_pad_peer_query (h->srcpad, drain));
  fail_unless_equals_int (
      gst_harness_push (h, nf_test_next_frame (h, 2)), GST_FLOW_FLUSHING);
  gst_query_unref (drain);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static Suite *
stopping_suite (void)
{
  Suite *suite = suite_create ("stopping");
  TCase *tcase = tcase_create ("stopping");

  tcase_add_unchecked_fixture (tcase, nf_models_make, nf_models_remove);
  tcase_add_loop_test (
      tcase, test_source_pad_is_inactive, 0, G_N_ELEMENTS (filters));
  tcase_add_test (tcase, test_drain_is_looked_at);
  tcase_add_loop_test (tcase, test_stops_with_pipeline, 0, G_N_ELEMENTS (rows));
  tcase_add_loop_test (tcase, test_stops_alone, 0, G_N_ELEMENTS (rows));
  suite_add_tcase (suite, tcase);

  return suite;
}

GST_CHECK_MAIN (stopping);
