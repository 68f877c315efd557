/* SPDX-License-Identifier: MIT
 *
 * nfnpydecplay — tests of nfnpydec in pipelines: seeks, finding the type
 *
 * Sibling: nfnpydec.c, what the element makes of bytes */
#include "nfelementtest.h"

#include <glib/gstdio.h>

/* a pipeline that holds at its first frame, and seeks */
typedef struct
{
  GstElement *pipeline;
  GstElement *sink;
  gchar *folder;
  gchar *path;
} Player;

static void
player_open (Player *player, const guint64 *shape, const gchar *elements)
{
  g_autoptr (GBytes) bytes = nf_test_npy_counting (shape, 3);
  g_autofree gchar *description = NULL;

  player->folder = g_dir_make_tmp ("nfnpydec-XXXXXX", NULL);
  player->path = g_build_filename (player->folder, "array.npy", NULL);
  fail_unless (g_file_set_contents (player->path,
      g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL));
  description = g_strdup_printf (
      "filesrc location=%s blocksize=77 ! %s ! appsink name=sink sync=false",
      player->path, elements);
  player->pipeline = gst_parse_launch (description, NULL);
  fail_unless (player->pipeline != NULL);
  player->sink = gst_bin_get_by_name (GST_BIN (player->pipeline), "sink");
  gst_element_set_state (player->pipeline, GST_STATE_PLAYING);
  fail_unless_equals_int (
      gst_element_get_state (player->pipeline, NULL, NULL, 10 * GST_SECOND),
      GST_STATE_CHANGE_SUCCESS);
}

static void
player_close (Player *player)
{
  gst_element_set_state (player->pipeline, GST_STATE_NULL);
  gst_object_unref (player->sink);
  gst_object_unref (player->pipeline);
  g_remove (player->path);
  g_rmdir (player->folder);
  g_free (player->path);
  g_free (player->folder);
}

/* pulls to the end; the frames must be these */
static void
player_expect_frames (Player *player, guint from, guint to, guint pixels)
{
  for (guint i = from; i <= to; i++) {
    GstSample *sample = NULL;
    GstBuffer *buffer;

    g_signal_emit_by_name (
        player->sink, "try-pull-sample", 10 * GST_SECOND, &sample);
    fail_unless (sample != NULL, "frame %u did not come", i);
    buffer = gst_sample_get_buffer (sample);
    fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), i * 40 * GST_MSECOND);
    fail_unless_equals_int (
        nf_test_pixel (buffer, gst_sample_get_caps (sample), 0, 0),
        i * pixels % 251);
    gst_sample_unref (sample);
  }
}

static void
player_expect_eos (Player *player)
{
  GstSample *sample = NULL;
  gboolean eos = FALSE;

  g_signal_emit_by_name (
      player->sink, "try-pull-sample", 10 * GST_SECOND, &sample);
  fail_unless (sample == NULL);
  g_object_get (player->sink, "eos", &eos, NULL);
  fail_unless (eos);
}

GST_START_TEST (test_nfnpydec_seeks_in_time)
{
  static const guint64 shape[] = { 22, 4, 5 };
  static const gchar *const elements[] = { "nfnpydec",
    "queue ! nfnpydec ! queue" };
  gint64 duration = 0;
  GstElement *pipeline;
  Player player;

  player_open (&player, shape, elements[__i__]);
  pipeline = player.pipeline;
  fail_unless (
      gst_element_query_duration (pipeline, GST_FORMAT_TIME, &duration));
  fail_unless_equals_uint64 (duration, 22 * 40 * GST_MSECOND);
  player_expect_frames (&player, 0, 4, 20);

  fail_unless (gst_element_seek_simple (pipeline, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, 600 * GST_MSECOND));
  player_expect_frames (&player, 15, 21, 20);
  player_expect_eos (&player);

  fail_unless (gst_element_seek (pipeline, 2.0, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 119 * GST_MSECOND,
      GST_SEEK_TYPE_SET, 201 * GST_MSECOND));
  player_expect_frames (&player, 2, 5, 20);
  player_expect_eos (&player);

  fail_unless (gst_element_seek (pipeline, 1.0, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, -1));
  player_expect_frames (&player, 0, 21, 20);
  player_expect_eos (&player);

  fail_if (gst_element_seek (pipeline, -1.0, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, -1));
  player_close (&player);
}
GST_END_TEST;

GST_START_TEST (test_nfnpydec_segment_seek)
{
  static const guint64 shape[] = { 10, 2, 2 };
  GstMessage *message;
  GstBus *bus;
  gint64 position = 0;
  Player player;

  player_open (&player, shape, "nfnpydec");
  bus = gst_element_get_bus (player.pipeline);
  fail_unless (gst_element_seek (player.pipeline, 1.0, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_SEGMENT, GST_SEEK_TYPE_SET,
      80 * GST_MSECOND, GST_SEEK_TYPE_SET, 200 * GST_MSECOND));
  player_expect_frames (&player, 2, 4, 4);
  message = gst_bus_timed_pop_filtered (
      bus, 10 * GST_SECOND, GST_MESSAGE_SEGMENT_DONE | GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_SEGMENT_DONE);
  gst_message_parse_segment_done (message, NULL, &position);
  fail_unless_equals_uint64 (position, 200 * GST_MSECOND);
  gst_message_unref (message);

  /* and on, without a flush */
  fail_unless (gst_element_seek (player.pipeline, 1.0, GST_FORMAT_TIME,
      GST_SEEK_FLAG_NONE, GST_SEEK_TYPE_SET, 320 * GST_MSECOND,
      GST_SEEK_TYPE_SET, -1));
  player_expect_frames (&player, 8, 9, 4);
  player_expect_eos (&player);
  gst_object_unref (bus);
  player_close (&player);
}
GST_END_TEST;

/* the segment ends where it was to end, within a frame or behind the last one,
 * and what is played next without a flush begins at that running time */
GST_START_TEST (test_nfnpydec_stop_within_frame)
{
  static const guint64 shape[] = { 10, 2, 2 };
  static const struct
  {
    guint start, stop, first, last, base; /* times in ms */
  } cases[] = {
    { 80, 200, 2, 4, 120 },
    { 80, 190, 2, 4, 110 },
    { 80, 161, 2, 4, 81 },
    { 90, 150, 2, 3, 60 },
    { 320, 390, 8, 9, 70 },
  };
  GstBus *bus;
  GstMessage *message;
  GstSample *sample = NULL;
  gint64 position = 0;
  Player player;

  player_open (&player, shape, "nfnpydec");
  bus = gst_element_get_bus (player.pipeline);
  fail_unless (gst_element_seek (player.pipeline, 1.0, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_SEGMENT, GST_SEEK_TYPE_SET,
      cases[__i__].start * GST_MSECOND, GST_SEEK_TYPE_SET,
      cases[__i__].stop * GST_MSECOND));
  player_expect_frames (&player, cases[__i__].first, cases[__i__].last, 4);
  message = gst_bus_timed_pop_filtered (
      bus, 10 * GST_SECOND, GST_MESSAGE_SEGMENT_DONE | GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_SEGMENT_DONE);
  gst_message_parse_segment_done (message, NULL, &position);
  fail_unless_equals_uint64 (position, cases[__i__].stop * GST_MSECOND);
  gst_message_unref (message);
  fail_unless (gst_element_seek (player.pipeline, 1.0, GST_FORMAT_TIME,
      GST_SEEK_FLAG_NONE, GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, -1));
  g_signal_emit_by_name (
      player.sink, "try-pull-sample", 10 * GST_SECOND, &sample);
  fail_unless (sample != NULL);
  fail_unless_equals_uint64 (
      gst_sample_get_segment (sample)->base, cases[__i__].base * GST_MSECOND);
  gst_sample_unref (sample);
  player_expect_frames (&player, 1, 9, 4);
  player_expect_eos (&player);
  gst_object_unref (bus);
  player_close (&player);
}
GST_END_TEST;

GST_START_TEST (test_nfnpydec_type_is_found)
{
  static const guint64 shape[] = { 3, 4, 5 };
  static const gchar *const elements[] = { "decodebin ! videoconvert",
    "decodebin3 ! videoconvert" };
  Player player;

  player_open (&player, shape, elements[__i__]);
  player_expect_frames (&player, 0, 2, 20);
  player_expect_eos (&player);
  player_close (&player);
}
GST_END_TEST;

/* by its address, to the end */
GST_START_TEST (test_nfnpydec_plays_uri)
{
  static const guint64 shape[] = { 3, 16, 24 };
  static const gchar *const lines[] = {
    "uridecodebin uri=%s ! fakesink",
    "uridecodebin3 uri=%s ! fakesink",
    "playbin uri=%s video-sink=fakesink",
    "playbin3 uri=%s video-sink=fakesink",
  };
  g_auto (GStrv) parts = g_strsplit (lines[__i__], "%s", 2);
  g_autofree gchar *uri = NULL, *line = NULL, *error = NULL;
  Player player;

  player_open (&player, shape, "nfnpydec");
  uri = g_filename_to_uri (player.path, NULL, NULL);
  line = g_strconcat (parts[0], uri, parts[1], NULL);
  error = nf_test_run (line);
  fail_unless (error == NULL, "%s: %s", line, error);
  player_close (&player);
}
GST_END_TEST;

GST_START_TEST (test_nfnpydec_plays_real_mask)
{
  g_autofree gchar *path = nf_test_shared_path ("data/train/video_0/mask.npy");
  g_autofree gchar *description = NULL;
  g_autofree gchar *error = NULL;

  if (path == NULL)
    return;
  description = g_strdup_printf (
      "filesrc location=%s ! nfnpydec ! "
      "video/x-raw,format=GRAY8,width=240,height=160,framerate=25/1 ! fakesink",
      path);
  error = nf_test_run (description);
  fail_unless (error == NULL, "%s", error);
}
GST_END_TEST;

static Suite *
nfnpydec_play_suite (void)
{
  Suite *suite = suite_create ("nfnpydec-play");
  TCase *tc = tcase_create ("pipelines");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_nfnpydec_seeks_in_time, 0, 2);
  tcase_add_test (tc, test_nfnpydec_segment_seek);
  tcase_add_loop_test (tc, test_nfnpydec_stop_within_frame, 0, 5);
  tcase_add_loop_test (tc, test_nfnpydec_type_is_found, 0, 2);
  tcase_add_loop_test (tc, test_nfnpydec_plays_uri, 0, 4);
  tcase_add_test (tc, test_nfnpydec_plays_real_mask);

  return suite;
}

GST_CHECK_MAIN (nfnpydec_play)
