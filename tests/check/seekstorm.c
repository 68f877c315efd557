/* SPDX-License-Identifier: MIT
 *
 * seekstorm — seeks that come faster than they are answered
 *
 * An application that is scrubbed sends a seek before the one before was
 * answered. None of them may be an error, and the last one wins. */
#include "nfmodelrig.h"

#include "testfolder.h"

#include <glib/gstdio.h>

#define SEEKS 100
#define FRAMES 40
#define FRAME (40 * GST_MSECOND)
#define LAST 7 /* the frame that the last seek goes to */
#define PATIENCE (20 * GST_SECOND)

static gchar *folder, *array;

static void
setup (void)
{
  static const guint64 shape[] = { FRAMES, 16, 24 };
  g_autoptr (GBytes) bytes = nf_test_npy_counting (shape, 3);

  nf_models_make ();
  folder = nf_test_folder_new ();
  array = g_build_filename (folder, "array.npy", NULL);
  fail_unless (g_file_set_contents (array, g_bytes_get_data (bytes, NULL),
      (gssize) g_bytes_get_size (bytes), NULL));
}

static void
teardown (void)
{
  nf_test_folder_remove (folder);
  g_free (folder);
  g_free (array);
  nf_models_remove ();
}

#define SINK " ! appsink name=sink sync=false max-buffers=4"
#define ARRAY "filesrc location=ARRAY blocksize=77 ! "

static const struct
{
  const gchar *line; /* ARRAY and SEGMENTER stand for paths */
  gboolean same_times; /* frames go out with the times that they came with */
} rows[] = {
  { ARRAY "nfnpydec" SINK, TRUE },
  { ARRAY "queue ! nfnpydec ! queue" SINK, TRUE },
  { ARRAY
      "nfnpydec ! nfsegment device=cpu batch-size=4 checkpoint=SEGMENTER" SINK,
      TRUE },
  { ARRAY "nfnpydec ! nfextrapolate method=hold window=sliding context=2" SINK,
      FALSE },
  { ARRAY "nfnpydec ! i.prediction " ARRAY
          "nfnpydec ! i.truth nfiou name=i" SINK,
      TRUE },
  { "nfscenesrc name=s width=24 height=16 clips=6 s.video ! queue" SINK
    " s.mask ! queue ! fakesink",
      TRUE },
  { "nfclipsrc name=s location=scenes:1:5 s.video ! queue" SINK
    " s.mask ! queue ! fakesink",
      TRUE },
};

static gchar *
replace (const gchar *text, const gchar *name, const gchar *path)
{
  g_auto (GStrv) parts = g_strsplit (text, name, -1);

  return g_strjoinv (path, parts);
}

static GstElement *
new_pipeline (const gchar *text)
{
  g_autofree gchar *with_array = replace (text, "ARRAY", array);
  g_autofree gchar *line =
      replace (with_array, "SEGMENTER", nf_models_segmenter ());
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);

  fail_unless (error == NULL, "%s: %s", line, error ? error->message : "");

  return pipeline;
}

static void
seek (GstElement *pipeline, gdouble rate, guint frame)
{
  fail_unless (
      gst_element_seek (pipeline, rate, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
          GST_SEEK_TYPE_SET, frame * FRAME, GST_SEEK_TYPE_SET, -1));
}

static void
storm (GstElement *pipeline, guint32 seed)
{
  static const gdouble rates[] = { 1.0, 2.0, 0.5 };
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  for (guint i = 0; i < SEEKS; i++) {
    seek (pipeline, rates[g_rand_int_range (rand, 0, 3)],
        (guint) g_rand_int_range (rand, 0, FRAMES));
    g_usleep ((gulong) g_rand_int_range (rand, 0, 3000));
  }
  seek (pipeline, 1.0, LAST);
}

static void
expect_state (GstElement *pipeline)
{
  fail_unless_equals_int (
      gst_element_get_state (pipeline, NULL, NULL, PATIENCE),
      GST_STATE_CHANGE_SUCCESS);
}

static void
run_storm (guint row, GstState state)
{
  g_autoptr (GstElement) pipeline = new_pipeline (rows[row].line);
  g_autoptr (GstElement) sink =
      gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  GstSample *sample = NULL;

  gst_element_set_state (pipeline, state);
  expect_state (pipeline);
  storm (pipeline, row);
  expect_state (pipeline);
  nf_test_expect_no_error (bus);
  g_signal_emit_by_name (sink,
      state == GST_STATE_PAUSED ? "try-pull-preroll" : "try-pull-sample",
      PATIENCE, &sample);
  fail_unless (sample != NULL, "no frame came: %s", rows[row].line);
  if (rows[row].same_times)
    fail_unless_equals_clocktime (
        GST_BUFFER_PTS (gst_sample_get_buffer (sample)), LAST * FRAME);
  gst_sample_unref (sample);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  nf_test_expect_no_error (bus);
}

GST_START_TEST (test_storm_paused)
{
  run_storm ((guint) __i__, GST_STATE_PAUSED);
}
GST_END_TEST

GST_START_TEST (test_storm_playing)
{
  run_storm ((guint) __i__, GST_STATE_PLAYING);
}
GST_END_TEST

/* The segment that answers a seek comes while the next seek is on its way
 * upstream: probes on the decoder's sink pad hold both until they meet. */
typedef struct
{
  GMutex lock;
  GCond cond;
  guint32 first, second; /* numbers of the seeks */
  gboolean second_began;
  guint buffers; /* since the segment that answers the first one */
} Meeting;

static GstPadProbeReturn
hold_segment (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Meeting *meeting = data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);

  g_mutex_lock (&meeting->lock);
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT
      && gst_event_get_seqnum (event) == meeting->first) {
    while (!meeting->second_began)
      g_cond_wait (&meeting->cond, &meeting->lock);
    meeting->buffers = 0;
  }
  g_mutex_unlock (&meeting->lock);

  return GST_PAD_PROBE_OK;
}

/* for a few seconds at most: where the segment was not understood nothing
 * follows it */
static GstPadProbeReturn
hold_seek (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Meeting *meeting = data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  const gint64 patience = g_get_monotonic_time () + 5 * G_USEC_PER_SEC;

  g_mutex_lock (&meeting->lock);
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK
      && gst_event_get_seqnum (event) == meeting->second) {
    meeting->second_began = TRUE;
    meeting->buffers = 0;
    g_cond_broadcast (&meeting->cond);
    while (meeting->buffers < 3
        && g_cond_wait_until (&meeting->cond, &meeting->lock, patience))
      ;
  }
  g_mutex_unlock (&meeting->lock);

  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
count_buffers (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Meeting *meeting = data;

  g_mutex_lock (&meeting->lock);
  meeting->buffers++;
  g_cond_broadcast (&meeting->cond);
  g_mutex_unlock (&meeting->lock);

  return GST_PAD_PROBE_OK;
}

static GstEvent *
new_seek (guint frame, guint32 *number)
{
  GstEvent *event =
      gst_event_new_seek (1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
          GST_SEEK_TYPE_SET, frame * FRAME, GST_SEEK_TYPE_SET, -1);

  *number = gst_event_get_seqnum (event);

  return event;
}

GST_START_TEST (test_overtaken_segment)
{
  g_autoptr (GstElement) pipeline = new_pipeline (ARRAY "nfnpydec name=d" SINK);
  g_autoptr (GstElement) sink =
      gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_autoptr (GstElement) decoder =
      gst_bin_get_by_name (GST_BIN (pipeline), "d");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (decoder, "sink");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  GstEvent *earlier, *later;
  Meeting meeting = { 0 };
  GstSample *sample = NULL;

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  expect_state (pipeline);
  earlier = new_seek (20, &meeting.first);
  later = new_seek (LAST, &meeting.second);
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, hold_segment, &meeting, NULL);
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, hold_seek, &meeting, NULL);
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BUFFER, count_buffers, &meeting, NULL);
  fail_unless (gst_element_send_event (pipeline, earlier));
  fail_unless (gst_element_send_event (pipeline, later));
  expect_state (pipeline);
  nf_test_expect_no_error (bus);
  g_signal_emit_by_name (sink, "try-pull-preroll", PATIENCE, &sample);
  fail_unless (sample != NULL);
  fail_unless_equals_clocktime (
      GST_BUFFER_PTS (gst_sample_get_buffer (sample)), LAST * FRAME);
  gst_sample_unref (sample);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}
GST_END_TEST

static Suite *
seekstorm_suite (void)
{
  Suite *suite = suite_create ("seekstorm");
  TCase *tcase = tcase_create ("seekstorm");

  tcase_add_unchecked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, test_overtaken_segment);
  tcase_add_loop_test (tcase, test_storm_paused, 0, G_N_ELEMENTS (rows));
  tcase_add_loop_test (tcase, test_storm_playing, 0, G_N_ELEMENTS (rows));
  suite_add_tcase (suite, tcase);

  return suite;
}

GST_CHECK_MAIN (seekstorm);
