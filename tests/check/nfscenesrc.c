/* SPDX-License-Identifier: MIT
 *
 * nfscenesrc — synthetic clips on two pads: what comes, and when it fails
 *
 * Siblings: nfclipseek.c, nfcliplive.c (seeks, states, live: what it shares with
 * nfclipsrc) */
#include "nfcliprig.h"
#include <nextframe/scene/render/nfrender.h>

#include <string.h>

#define SMALL "nfscenesrc width=24 height=16 frames=3 "

GST_START_TEST (test_nfscenesrc_clips_follow_each_other)
{
  NfClipRig rig;

  nf_clip_rig_open (&rig, SMALL "clips=4");
  for (guint frame = 0; frame < 12; frame++)
    nf_clip_rig_expect_frame (&rig, frame, frame % 3 == 0);
  nf_clip_rig_expect_eos (&rig);
  nf_clip_rig_close (&rig);
}
GST_END_TEST;

GST_START_TEST (test_nfscenesrc_defaults)
{
  NfClipRig rig;
  static const gchar *const formats[] = { "RGB", "GRAY8" };

  nf_clip_rig_open (&rig, "nfscenesrc clips=1");
  for (guint i = 0; i < NF_CLIP_RIG_PADS; i++) {
    GstSample *sample = nf_clip_rig_pull (&rig, i);
    const GstStructure *s =
        gst_caps_get_structure (gst_sample_get_caps (sample), 0);
    gint width, height, fps_n, fps_d;

    fail_unless_equals_string (
        gst_structure_get_string (s, "format"), formats[i]);
    fail_unless (
        gst_structure_get (s, "width", G_TYPE_INT, &width, "height", G_TYPE_INT,
            &height, "framerate", GST_TYPE_FRACTION, &fps_n, &fps_d, NULL));
    fail_unless_equals_int (width, 240);
    fail_unless_equals_int (height, 160);
    fail_unless_equals_int (fps_n, 25);
    fail_unless_equals_int (fps_d, 1);
    gst_sample_unref (sample);
  }
  for (guint frame = 1; frame < 22; frame++)
    nf_clip_rig_expect_frame (&rig, frame, FALSE);
  nf_clip_rig_expect_eos (&rig);
  nf_clip_rig_close (&rig);
}
GST_END_TEST;

/* a row of the frame is as the library draws it, whatever lies between rows */
static void
check_rows (
    GstSample *sample, const guint8 *pixels, guint row_bytes, guint rows)
{
  for (guint y = 0; y < rows; y++)
    for (guint x = 0; x < row_bytes; x++)
      fail_unless_equals_int (nf_test_pixel (gst_sample_get_buffer (sample),
                                  gst_sample_get_caps (sample), x, y),
          pixels[y * row_bytes + x]);
}

/* sizes whose rows are padded in memory, and those whose are not */
static const struct
{
  guint width, height;
} sizes[] = { { 24, 16 }, { 25, 17 }, { 3, 2 }, { 1, 1 } };

GST_START_TEST (test_nfscenesrc_shows_the_scene)
{
  guint w = sizes[__i__].width, h = sizes[__i__].height;
  g_autofree gchar *source = g_strdup_printf (
      "nfscenesrc seed=5 first=7 clips=1 frames=4 min-objects=3 max-objects=5 "
      "width=%u height=%u",
      w, h);
  g_autofree guint8 *rgb = g_malloc (3 * w * h);
  g_autofree guint8 *mask = g_malloc (w * h);
  g_autoptr (NfRenderer) renderer = nf_renderer_new (w, h, 1);
  g_autoptr (NfScene) scene = NULL;
  NfSceneParams params;
  NfClipRig rig;

  nf_scene_params_init (&params);
  params.seed = 5;
  params.clip = 7;
  params.frames = 4;
  params.min_objects = 3;
  params.max_objects = 5;
  scene = nf_scene_new (&params, NULL);
  nf_clip_rig_open (&rig, source);
  for (guint t = 0; t < params.frames; t++) {
    guint n;
    const NfSceneObject *objects = nf_scene_objects (scene, t, &n);
    GstSample *sample = nf_clip_rig_pull (&rig, NF_CLIP_RIG_VIDEO);

    nf_renderer_render (
        renderer, nf_scene_view (scene), objects, n, rgb, 3 * w, mask, w);
    check_rows (sample, rgb, 3 * w, h);
    gst_sample_unref (sample);
    sample = nf_clip_rig_pull (&rig, NF_CLIP_RIG_MASK);
    check_rows (sample, mask, w, h);
    gst_sample_unref (sample);
  }
  nf_clip_rig_expect_eos (&rig);
  nf_clip_rig_close (&rig);
}
GST_END_TEST;

/* as many as asked for, in the middle of a clip; again after a seek none */
GST_START_TEST (test_nfscenesrc_num_buffers)
{
  NfClipRig rig;

  nf_clip_rig_open (
      &rig, "nfscenesrc width=24 height=16 frames=3 num-buffers=4");
  for (guint frame = 0; frame < 4; frame++)
    nf_clip_rig_expect_frame (&rig, frame, frame % 3 == 0);
  nf_clip_rig_expect_eos (&rig);
  nf_clip_rig_close (&rig);
}
GST_END_TEST;

/* sinks without queues: each waits for what the other one holds up */
GST_START_TEST (test_nfscenesrc_without_queues_warns)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "nfscenesrc name=s width=24 height=16 s.video ! fakesink "
      "s.mask ! fakesink",
      NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GError) warning = NULL;
  GstMessage *message;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, 60 * GST_SECOND, GST_MESSAGE_WARNING | GST_MESSAGE_ASYNC_DONE);
  fail_unless (message != NULL);
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_WARNING);
  gst_message_parse_warning (message, &warning, NULL);
  fail_unless (strstr (warning->message, "put a queue behind each") != NULL,
      "%s", warning->message);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}
GST_END_TEST;

static gchar *
digest (const gchar *source, guint n_frames)
{
  NfClipRig rig;
  gchar *result;

  nf_clip_rig_open (&rig, source);
  result = nf_clip_rig_digest (&rig, n_frames);
  nf_clip_rig_close (&rig);

  return result;
}

GST_START_TEST (test_nfscenesrc_is_reproducible)
{
  static const gchar base[] = "nfscenesrc width=96 height=64 frames=5 ";
  static const struct
  {
    const gchar *more;
    gboolean same;
  } cases[] = {
    { "clips=2 seed=3", TRUE },
    { "clips=-1 seed=3 threads=1", TRUE },
    { "clips=2 seed=3 threads=2", TRUE },
    { "clips=2 seed=4", FALSE },
    { "clips=2 seed=3 first=1", FALSE },
    { "clips=2 seed=3 min-objects=8", FALSE },
  };
  g_autofree gchar *first = g_strconcat (base, cases[0].more, NULL);
  g_autofree gchar *expected = digest (first, 10);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *source = g_strconcat (base, cases[i].more, NULL);
    g_autofree gchar *got = digest (source, 10);

    fail_unless (g_str_equal (got, expected) == cases[i].same, "%s", source);
  }
}
GST_END_TEST;

GST_START_TEST (test_nfscenesrc_one_pad_is_enough)
{
  static const gchar *const pads[] = { "video", "mask" };
  g_autofree gchar *description = g_strdup_printf (SMALL
      "clips=2 name=src src.%s ! fakesink name=sink signal-handoffs=true",
      pads[__i__]);
  g_autofree gchar *error = nf_test_run (description);

  fail_unless (error == NULL, "%s", error);
}
GST_END_TEST;

static GstPadProbeReturn
count_caps_queries (GstPad *pad, GstPadProbeInfo *info, gpointer count)
{
  if (GST_QUERY_TYPE (GST_PAD_PROBE_INFO_QUERY (info)) == GST_QUERY_CAPS)
    g_atomic_int_inc ((gint *) count);
  return GST_PAD_PROBE_OK;
}

static gint
caps_queries (guint frames)
{
  g_autofree gchar *line =
      g_strdup_printf (SMALL "num-buffers=%u ! fakesink name=sink", frames);
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstElement) sink =
      gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  GstMessage *message;
  gint count = 0;

  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_QUERY_BOTH, count_caps_queries, &count, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (
      message != NULL && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  return count;
}

/* sizes are chosen once, not with every frame, also where a pad is not linked */
GST_START_TEST (test_nfscenesrc_asks_once)
{
  fail_unless_equals_int (caps_queries (9), caps_queries (2));
}
GST_END_TEST;

GST_START_TEST (test_nfscenesrc_links_to_what_fits)
{
  g_autofree gchar *video =
      nf_test_run (SMALL "clips=1 ! videoconvert ! fakesink");
  g_autofree gchar *mask =
      nf_test_run (SMALL "clips=1 ! video/x-raw,format=GRAY8 ! fakesink");

  fail_unless (video == NULL, "%s", video);
  fail_unless (mask == NULL, "%s", mask);
}
GST_END_TEST;

GST_START_TEST (test_nfscenesrc_downstream_chooses)
{
  static const gchar *const wanted[] = {
    "width=10,height=7,framerate=7/3",
    "width=[30,50],framerate=[5/1,10/1]",
    "height=(int){3,9,12}",
  };
  static const gint expected[][4] = { { 10, 7, 7, 3 }, { 30, 16, 10, 1 },
    { 24, 12, 25, 1 } };
  g_autofree gchar *source = g_strdup_printf (SMALL
      "clips=2 name=s s.mask ! queue ! fakesink s.video ! queue ! "
      "video/x-raw,%s ! appsink name=sink sync=false",
      wanted[__i__]);
  const gint *e = expected[__i__];
  GstElement *pipeline = gst_parse_launch (source, NULL);
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GstSample *sample = NULL;
  GstVideoInfo info;
  gint64 duration;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < 6; i++) {
    g_clear_pointer (&sample, gst_sample_unref);
    g_signal_emit_by_name (sink, "try-pull-sample", 10 * GST_SECOND, &sample);
    fail_unless (sample != NULL);
  }
  fail_unless_equals_uint64 (GST_BUFFER_PTS (gst_sample_get_buffer (sample)),
      gst_util_uint64_scale (5, GST_SECOND * e[3], e[2]));
  fail_unless (gst_video_info_from_caps (&info, gst_sample_get_caps (sample)));
  fail_unless_equals_int (info.width, e[0]);
  fail_unless_equals_int (info.height, e[1]);
  fail_unless_equals_int (info.fps_n, e[2]);
  fail_unless_equals_int (info.fps_d, e[3]);
  fail_unless (
      gst_element_query_duration (pipeline, GST_FORMAT_TIME, &duration));
  fail_unless_equals_uint64 (
      duration, gst_util_uint64_scale (6, GST_SECOND * e[3], e[2]));
  gst_sample_unref (sample);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
}
GST_END_TEST;

static const struct
{
  const gchar *pipeline;
  const gchar *says;
} failures[] = {
  { SMALL "name=src fakesink",
      "Link the pad 'video', the pad 'mask', or both" },
  { SMALL "min-objects=5 max-objects=4 ! fakesink",
      "min-objects is 5, more than max-objects, which is 4" },
  { SMALL "name=src src.video ! queue ! video/x-raw,width=10 ! fakesink "
          "src.mask ! queue ! video/x-raw,width=11 ! fakesink",
      "The next elements do not take these frames" },
};

GST_START_TEST (test_nfscenesrc_fails)
{
  g_autofree gchar *error = nf_test_run (failures[__i__].pipeline);

  fail_unless (error != NULL);
  fail_unless (
      strstr (error, failures[__i__].says) != NULL, "unexpected: %s", error);
}
GST_END_TEST;

GST_START_TEST (test_nfscenesrc_no_clips_is_eos)
{
  g_autofree gchar *error = nf_test_run (SMALL "clips=0 ! fakesink");

  fail_unless (error == NULL, "%s", error);
}
GST_END_TEST;

/* one branch has enough: the other one goes on to the end */
GST_START_TEST (test_nfscenesrc_one_branch_ends_early)
{
  g_autofree gchar *error = nf_test_run (
      SMALL "clips=3 name=src src.video ! queue ! identity eos-after=2 ! "
            "fakesink src.mask ! queue ! fakesink num-buffers=9");

  fail_unless (error == NULL, "%s", error);
}
GST_END_TEST;

static Suite *
nfscenesrc_suite (void)
{
  Suite *suite = suite_create ("nfscenesrc");
  TCase *good = tcase_create ("good"), *bad = tcase_create ("bad");

  suite_add_tcase (suite, good);
  tcase_add_test (good, test_nfscenesrc_clips_follow_each_other);
  tcase_add_test (good, test_nfscenesrc_defaults);
  tcase_add_loop_test (
      good, test_nfscenesrc_shows_the_scene, 0, G_N_ELEMENTS (sizes));
  tcase_add_test (good, test_nfscenesrc_num_buffers);
  tcase_add_test (good, test_nfscenesrc_without_queues_warns);
  tcase_add_test (good, test_nfscenesrc_is_reproducible);
  tcase_add_loop_test (good, test_nfscenesrc_one_pad_is_enough, 0, 2);
  tcase_add_test (good, test_nfscenesrc_asks_once);
  tcase_add_test (good, test_nfscenesrc_links_to_what_fits);
  tcase_add_loop_test (good, test_nfscenesrc_downstream_chooses, 0, 3);
  tcase_add_test (good, test_nfscenesrc_no_clips_is_eos);
  tcase_add_test (good, test_nfscenesrc_one_branch_ends_early);

  suite_add_tcase (suite, bad);
  tcase_add_loop_test (bad, test_nfscenesrc_fails, 0, G_N_ELEMENTS (failures));

  return suite;
}

GST_CHECK_MAIN (nfscenesrc)
