/* SPDX-License-Identifier: MIT
 *
 * nfclipsrc — the clips of a data set on two pads: what comes, and when it
 * fails
 *
 * Sibling: nfclipseek.c (seeks, states, live: what it shares with
 * nfscenesrc) */
#include "nfcliprig.h"
#include "testclips.h"

#include <glib/gstdio.h>
#include <string.h>

#define FRAME (40 * GST_MSECOND)

/* the data set of most tests: lengths, sizes and labels differ */
static const struct
{
  const gchar *name;
  guint frames;
  gint width, height;
  gboolean mask;
} clips[] = {
  { "train/video_2", 3, 20, 12, TRUE },
  { "train/video_10", 2, 13, 9, TRUE },
  { "val/video_1", 4, 13, 9, TRUE },
  { "hidden/video_7", 2, 20, 12, FALSE },
};

static gchar *
new_dataset (void)
{
  gchar *root = nf_test_folder_new ();

  for (guint i = 0; i < G_N_ELEMENTS (clips); i++)
    g_free (nf_test_write_clip (root, clips[i].name, clips[i].frames,
        clips[i].width, clips[i].height, clips[i].mask));

  return root;
}

static void
free_dataset (gchar *root)
{
  nf_test_folder_remove (root);
  g_free (root);
}

static void
check_size (GstSample *sample, guint clip)
{
  const GstStructure *s =
      gst_caps_get_structure (gst_sample_get_caps (sample), 0);
  gint width, height;

  fail_unless (gst_structure_get_int (s, "width", &width));
  fail_unless (gst_structure_get_int (s, "height", &height));
  fail_unless_equals_int (width, clips[clip].width);
  fail_unless_equals_int (height, clips[clip].height);
}

static guint8
known_class (guint8 value, guint classes)
{
  return value < classes ? value : 0;
}

static void
check_pixels (GstSample *sample, guint pad, guint t, guint clip, guint classes)
{
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  GstCaps *caps = gst_sample_get_caps (sample);

  for (gint y = 0; y < clips[clip].height; y++)
    for (gint x = 0; x < clips[clip].width; x++) {
      if (pad == NF_CLIP_RIG_MASK)
        fail_unless_equals_int (nf_test_pixel (buffer, caps, x, y),
            known_class (nf_test_clip_class (t, x, y), classes));
      for (guint k = 0; pad == NF_CLIP_RIG_VIDEO && k < 3; k++)
        fail_unless_equals_int (nf_test_pixel (buffer, caps, 3 * x + k, y),
            nf_test_clip_pixel (t, x, y, k));
    }
}

/* a clip comes, its first frame is number @frame of the stream; number behind
 * its last one */
static guint64
expect_clip (NfClipRig *rig, guint clip, guint64 frame, guint classes)
{
  for (guint t = 0; t < clips[clip].frames; t++, frame++)
    for (guint pad = 0; pad < NF_CLIP_RIG_PADS; pad++) {
      GstSample *sample;
      GstBuffer *buffer;

      if (pad == NF_CLIP_RIG_MASK && !clips[clip].mask)
        continue;
      sample = nf_clip_rig_pull (rig, pad);
      fail_unless (sample != NULL, "%s, frame %u", clips[clip].name, t);
      buffer = gst_sample_get_buffer (sample);
      check_size (sample, clip);
      check_pixels (sample, pad, t, clip, classes);
      fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), frame * FRAME);
      fail_unless_equals_uint64 (GST_BUFFER_DURATION (buffer), FRAME);
      fail_unless_equals_uint64 (GST_BUFFER_OFFSET (buffer), frame);
      fail_unless_equals_int (
          GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT), t == 0);
      gst_sample_unref (sample);
    }

  return frame;
}

static const struct
{
  const gchar *properties;
  const gchar *clips; /* digits */
  guint classes;
} plays[] = {
  { "", "0123", 49 },
  { "classes=256", "0123", 256 },
  { "classes=7", "0123", 7 },
  { "split=val,train", "201", 49 },
  { "split=\" train ,hidden\"", "013", 49 },
  { "split=unlabeled,val", "2", 49 },
  { "first=1", "123", 49 },
  { "clips=2", "01", 49 },
  { "first=2 clips=1", "2", 49 },
  { "first=3 clips=5", "3", 49 },
};

GST_START_TEST (test_nfclipsrc_plays)
{
  gchar *root = new_dataset ();
  g_autofree gchar *source = g_strdup_printf (
      "nfclipsrc location=\"%s\" %s", root, plays[__i__].properties);
  guint64 frame = 0;
  NfClipRig rig;

  nf_clip_rig_open (&rig, source);
  for (const gchar *clip = plays[__i__].clips; *clip != '\0'; clip++)
    frame = expect_clip (&rig, *clip - '0', frame, plays[__i__].classes);
  nf_clip_rig_expect_eos (&rig);
  nf_clip_rig_close (&rig);
  free_dataset (root);
}
GST_END_TEST;

/* a location may name scenes: so many, or without end */
GST_START_TEST (test_nfclipsrc_plays_scenes)
{
  static const struct
  {
    const gchar *source;
    guint clips;
  } cases[] = {
    { "nfclipsrc location=scenes:3:2", 2 },
    { "nfclipsrc location=scenes:3:9 first=1 clips=1", 1 },
    { "nfclipsrc location=scenes:3 clips=1", 1 },
  };
  NfClipRig rig;

  nf_clip_rig_open (&rig, cases[__i__].source);
  for (guint64 frame = 0; frame < cases[__i__].clips * 22; frame++)
    nf_clip_rig_expect_frame (&rig, frame, frame % 22 == 0);
  nf_clip_rig_expect_eos (&rig);
  nf_clip_rig_close (&rig);
}
GST_END_TEST

GST_START_TEST (test_nfclipsrc_seeks)
{
  static const gchar order[] = "3021312";
  static const guint64 firsts[] = { 0, 3, 5, 9 };
  gchar *root = new_dataset ();
  g_autofree gchar *source =
      g_strdup_printf ("nfclipsrc location=\"%s\"", root);
  gint64 value;
  GstFormat format;
  NfClipRig rig;

  nf_clip_rig_open (&rig, source);
  format = gst_format_get_by_nick ("clip");
  for (const gchar *clip = order; *clip != '\0'; clip++) {
    guint n = *clip - '0';
    GstEvent *seek = gst_event_new_seek (1.0, format, GST_SEEK_FLAG_FLUSH,
        GST_SEEK_TYPE_SET, n, GST_SEEK_TYPE_SET, n + 1);

    fail_unless (nf_clip_rig_seek (&rig, rig.pipeline, seek));
    fail_unless_equals_uint64 (
        expect_clip (&rig, n, firsts[n], 49), firsts[n] + clips[n].frames);
    nf_clip_rig_expect_eos (&rig);
  }
  fail_unless (gst_element_query_duration (rig.src, format, &value));
  fail_unless_equals_int64 (value, 4);
  fail_unless (gst_element_query_duration (rig.src, GST_FORMAT_TIME, &value));
  fail_unless_equals_int64 (value, 11 * FRAME);
  for (guint frame = 0; frame < 11; frame++) {
    fail_unless (gst_element_query_convert (
        rig.src, GST_FORMAT_DEFAULT, frame, format, &value));
    fail_unless (firsts[value] <= frame);
    fail_unless (value == 3 || firsts[value + 1] > frame);
  }
  nf_clip_rig_close (&rig);
  free_dataset (root);
}
GST_END_TEST;

/* one gap a frame, with the frame's time, after the caps of its size */
GST_START_TEST (test_nfclipsrc_gaps)
{
  gchar *root = new_dataset ();
  GstElement *src = gst_element_factory_make ("nfclipsrc", NULL);
  GstHarness *h;
  guint gaps = 0;
  GstEventType last = GST_EVENT_UNKNOWN;

  g_object_set (src, "location", root, "split", "hidden,val", NULL);
  h = gst_harness_new_with_element (src, NULL, "mask");
  gst_harness_play (h);
  while (last != GST_EVENT_EOS) {
    GstEvent *event = gst_harness_pull_event (h);

    fail_unless (event != NULL);
    last = GST_EVENT_TYPE (event);
    if (last == GST_EVENT_GAP) {
      GstClockTime time, duration;

      gst_event_parse_gap (event, &time, &duration);
      fail_unless_equals_uint64 (time, gaps * FRAME);
      fail_unless_equals_uint64 (duration, FRAME);
      gaps++;
    }
    gst_event_unref (event);
  }
  fail_unless_equals_int (gaps, 2);
  fail_unless_equals_int (gst_harness_buffers_received (h), 4);
  gst_harness_teardown (h);
  gst_object_unref (src);
  free_dataset (root);
}
GST_END_TEST;

/* the predictions of a perfect network: the masks themselves, and where there
 * are none, nothing */
GST_START_TEST (test_nfclipsrc_is_scored)
{
  gchar *root = new_dataset ();
  g_autofree gchar *report = g_build_filename (root, "report.json", NULL);
  g_autofree gchar *description = g_strdup_printf (
      "nfclipsrc location=\"%s\" name=c c.mask ! tee name=t ! queue ! "
      "score.prediction t. ! queue ! score.truth nfiou name=score "
      "report=\"%s\" strict=true ! fakesink c.video ! queue ! fakesink",
      root, report);
  g_autofree gchar *error = nf_test_run (description);
  g_autofree gchar *text = NULL;

  fail_unless (error == NULL, "%s", error);
  fail_unless (g_file_get_contents (report, &text, NULL, NULL));
  fail_unless (strstr (text, "\"jaccard\" : 1.0,") != NULL, "%s", text);
  fail_unless (strstr (text, "\"frames\" : 9,") != NULL, "%s", text);
  fail_unless (strstr (text, "\"clip\" : 2,") != NULL, "%s", text);
  fail_unless (strstr (text, "\"clip\" : 3,") == NULL, "%s", text);
  free_dataset (root);
}
GST_END_TEST;

static void
spoil_frame (const gchar *root)
{
  g_autofree gchar *path =
      g_build_filename (root, "train/video_10/image_1.png", NULL);
  g_autofree gchar *data = NULL;
  gsize size;

  fail_unless (g_file_get_contents (path, &data, &size, NULL));
  fail_unless (g_file_set_contents (path, data, size / 2, NULL));
}

static void
spoil_frame_size (const gchar *root)
{
  g_autofree gchar *folder = g_build_filename (root, "train/video_10", NULL);

  nf_test_write_frame (folder, 1, 5, 5);
}

static void
spoil_frame_missing (const gchar *root)
{
  g_autofree gchar *path =
      g_build_filename (root, "train/video_2/image_1.png", NULL);

  g_unlink (path);
}

static void
spoil_mask (const gchar *root)
{
  g_autofree gchar *folder = g_build_filename (root, "val/video_1", NULL);

  nf_test_write_mask (folder, 4, 9, 13, 7);
}

static void
spoil_mask_shape (const gchar *root)
{
  g_autofree gchar *folder = g_build_filename (root, "val/video_1", NULL);

  nf_test_write_mask (folder, 3, 9, 13, 0);
}

static void
spoil_nothing (const gchar *root)
{
}

static const struct
{
  void (*spoil) (const gchar *root);
  const gchar *properties; /* after those that name the root */
  const gchar *says;
} failures[] = {
  { spoil_frame, "", "train/video_10/image_1.png: not readable" },
  { spoil_frame_size, "", "train/video_10/image_1.png: expected 13x9 pixels" },
  { spoil_frame_missing, "", "train/video_2/image_1.png: missing" },
  { spoil_mask, "", "val/video_1/mask.npy" },
  { spoil_mask_shape, "", "val/video_1/mask.npy: expected shape (4, 9, 13)" },
  { spoil_nothing, "location=/nowhere", "/nowhere: no such folder" },
  { spoil_nothing, "split=trian", "one of \"trian\", found none" },
  { spoil_nothing, "split=\"\"", "found none" },
  { spoil_nothing, "first=4", "the data set has 4 clips" },
};

/* once, and the clips before the bad one were played */
GST_START_TEST (test_nfclipsrc_fails)
{
  gchar *root = new_dataset ();
  g_autofree gchar *description = NULL;
  g_autofree gchar *error = NULL;

  failures[__i__].spoil (root);
  description = g_strdup_printf (
      "nfclipsrc location=\"%s\" %s name=c c.video ! queue ! fakesink "
      "c.mask ! queue ! fakesink",
      root, failures[__i__].properties);
  error = nf_test_run (description);
  fail_unless (error != NULL);
  fail_unless (
      strstr (error, failures[__i__].says) != NULL, "unexpected: %s", error);
  free_dataset (root);
}
GST_END_TEST;

static void
spoil_first_clip (const gchar *root)
{
  g_autofree gchar *folder = g_build_filename (root, "train/video_2", NULL);

  nf_test_write_frame (folder, 2, 5, 5);
}

static const struct
{
  void (*spoil) (const gchar *root);
  const gchar *says;
  guint bad; /* number of the clip */
  gboolean at_start; /* it is found bad when the source starts */
} skips[] = {
  { spoil_frame, "train/video_10/image_1.png: not readable", 1, FALSE },
  { spoil_frame_size, "train/video_10/image_1.png: expected 13x9", 1, FALSE },
  { spoil_mask, "val/video_1/mask.npy", 2, FALSE },
  { spoil_first_clip, "train/video_2/image_2.png: expected 20x12", 0, FALSE },
  { spoil_frame_missing, "train/video_2/image_1.png: missing", 0, TRUE },
};

/* all other clips come, at their times, and a warning names the file */
GST_START_TEST (test_nfclipsrc_skips)
{
  gchar *root = new_dataset ();
  g_autofree gchar *source =
      g_strdup_printf ("nfclipsrc location=\"%s\" on-error=skip", root);
  g_autofree gchar *text = NULL;
  g_autoptr (GError) warning = NULL;
  guint64 frame = 0;
  GstMessage *message;
  NfClipRig rig;

  skips[__i__].spoil (root);
  nf_clip_rig_open (&rig, source);
  for (guint clip = 0; clip < G_N_ELEMENTS (clips); clip++) {
    if (clip != skips[__i__].bad)
      frame = expect_clip (&rig, clip, frame, 49);
    else if (!skips[__i__].at_start)
      frame += clips[clip].frames;
  }
  nf_clip_rig_expect_eos (&rig);
  message = gst_bus_pop_filtered (rig.bus, GST_MESSAGE_WARNING);
  fail_unless (message != NULL);
  gst_message_parse_warning (message, &warning, &text);
  gst_message_unref (message);
  fail_unless (strstr (warning->message, skips[__i__].says) != NULL, "%s",
      warning->message);
  fail_unless (
      gst_bus_pop_filtered (rig.bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR)
      == NULL);
  nf_clip_rig_close (&rig);
  free_dataset (root);
}
GST_END_TEST;

/* where no clip is left there is nothing to play */
GST_START_TEST (test_nfclipsrc_skips_all_fails)
{
  gchar *root = new_dataset ();
  g_autofree gchar *description = g_strdup_printf (
      "nfclipsrc location=\"%s\" split=hidden on-error=skip ! fakesink", root);
  g_autofree gchar *path =
      g_build_filename (root, "hidden/video_7/image_0.png", NULL);
  g_autofree gchar *error = NULL;

  g_unlink (path);
  error = nf_test_run (description);
  fail_unless (error != NULL && strstr (error, "can be used") != NULL, "%s",
      error != NULL ? error : "no error");
  free_dataset (root);
}
GST_END_TEST;

GST_START_TEST (test_nfclipsrc_without_location_fails)
{
  g_autofree gchar *error = nf_test_run ("nfclipsrc ! fakesink");

  fail_unless (error != NULL && strstr (error, "property location") != NULL);
}
GST_END_TEST;

/* the element can be used again when that was put right */
GST_START_TEST (test_nfclipsrc_starts_after_failure)
{
  gchar *root = new_dataset ();
  GstElement *src = gst_element_factory_make ("nfclipsrc", NULL);
  GstHarness *h = gst_harness_new_with_element (src, NULL, "video");
  GstBus *bus = nf_test_attach_bus (src);

  fail_unless_equals_int (
      gst_element_set_state (src, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  nf_test_expect_error (
      bus, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND, "location");
  gst_element_set_state (src, GST_STATE_NULL);
  g_object_set (src, "location", root, "clips", (gint64) 1, NULL);
  gst_harness_play (h);
  for (guint i = 0; i < 3; i++)
    gst_buffer_unref (gst_harness_pull (h));
  nf_test_expect_no_error (bus);
  gst_element_set_bus (src, NULL);
  gst_object_unref (bus);
  gst_harness_teardown (h);
  gst_object_unref (src);
  free_dataset (root);
}
GST_END_TEST;

/* the next element cannot have another size */
GST_START_TEST (test_nfclipsrc_size_not_taken_fails)
{
  gchar *root = new_dataset ();
  g_autofree gchar *description = g_strdup_printf (
      "nfclipsrc location=\"%s\" ! video/x-raw,width=20 ! fakesink", root);
  g_autofree gchar *error = nf_test_run (description);

  fail_unless (error != NULL && strstr (error, "videoscale") != NULL, "%s",
      error != NULL ? error : "no error");
  free_dataset (root);
}
GST_END_TEST;

/* the titles in tags, or the names in scores of clips, one after the other */
static gchar *
collect_names (GstBus *bus, GstMessageType wanted)
{
  GString *names = g_string_new (NULL);
  GstMessageType type = GST_MESSAGE_UNKNOWN;

  while (type != GST_MESSAGE_EOS) {
    GstMessage *message = gst_bus_timed_pop_filtered (
        bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR | wanted);
    const GstStructure *s;

    fail_unless (message != NULL);
    type = GST_MESSAGE_TYPE (message);
    fail_unless (type != GST_MESSAGE_ERROR);
    s = gst_message_get_structure (message);
    if (type == GST_MESSAGE_TAG) {
      g_autoptr (GstTagList) tags = NULL;
      g_autofree gchar *title = NULL;

      gst_message_parse_tag (message, &tags);
      fail_unless (gst_tag_list_get_string (tags, GST_TAG_TITLE, &title));
      g_string_append_printf (names, "%s ", title);
    } else if (type == GST_MESSAGE_ELEMENT
        && g_str_equal (gst_structure_get_string (s, "scope"), "clip")) {
      g_string_append_printf (
          names, "%s ", gst_structure_get_string (s, "name"));
    }
    gst_message_unref (message);
  }

  return g_string_free (names, FALSE);
}

/* whoever gets frames learns which clip they are from */
GST_START_TEST (test_nfclipsrc_names_clips)
{
  static const gchar *const elements[] = {
    "c.video ! fakesink sync=false",
    "c.mask ! fakesink sync=false",
    ("c.mask ! tee name=t ! queue ! nfiou name=score ! fakesink "
     "t. ! queue ! score.truth"),
  };
  gchar *root = new_dataset ();
  g_autofree gchar *description =
      g_strdup_printf ("nfclipsrc location=\"%s\" split=train,val name=c %s",
          root, elements[__i__]);
  GstElement *pipeline = gst_parse_launch (description, NULL);
  g_autofree gchar *names = NULL;
  GstBus *bus;

  fail_unless (pipeline != NULL);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  names =
      collect_names (bus, __i__ == 2 ? GST_MESSAGE_ELEMENT : GST_MESSAGE_TAG);
  fail_unless_equals_string (
      names, "train/video_2 train/video_10 val/video_1 ");
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
  free_dataset (root);
}
GST_END_TEST;

GST_START_TEST (test_nfclipsrc_plays_real_clips)
{
  g_autofree gchar *path = nf_test_shared_path ("data");
  g_autofree gchar *description = NULL;
  g_autofree gchar *error = NULL;

  if (path == NULL)
    return;
  description = g_strdup_printf (
      "nfclipsrc location=\"%s\" split=train,unlabeled name=c "
      "c.video ! queue ! video/x-raw,format=RGB,width=240,height=160 ! "
      "fakesink c.mask ! queue ! video/x-raw,format=GRAY8 ! fakesink",
      path);
  error = nf_test_run (description);
  fail_unless (error == NULL, "%s", error);
}
GST_END_TEST;

static Suite *
nfclipsrc_suite (void)
{
  Suite *suite = suite_create ("nfclipsrc");
  TCase *good = tcase_create ("good"), *bad = tcase_create ("bad");

  suite_add_tcase (suite, good);
  tcase_add_loop_test (good, test_nfclipsrc_plays, 0, G_N_ELEMENTS (plays));
  tcase_add_loop_test (good, test_nfclipsrc_plays_scenes, 0, 3);
  tcase_add_test (good, test_nfclipsrc_seeks);
  tcase_add_test (good, test_nfclipsrc_gaps);
  tcase_add_test (good, test_nfclipsrc_is_scored);
  tcase_add_loop_test (good, test_nfclipsrc_names_clips, 0, 3);
  tcase_add_test (good, test_nfclipsrc_plays_real_clips);

  suite_add_tcase (suite, bad);
  tcase_add_loop_test (bad, test_nfclipsrc_fails, 0, G_N_ELEMENTS (failures));
  tcase_add_loop_test (bad, test_nfclipsrc_skips, 0, G_N_ELEMENTS (skips));
  tcase_add_test (bad, test_nfclipsrc_skips_all_fails);
  tcase_add_test (bad, test_nfclipsrc_without_location_fails);
  tcase_add_test (bad, test_nfclipsrc_starts_after_failure);
  tcase_add_test (bad, test_nfclipsrc_size_not_taken_fails);

  return suite;
}

GST_CHECK_MAIN (nfclipsrc)
