/* SPDX-License-Identifier: MIT
 *
 * nfnpyenc — tests of the element that writes NumPy arrays */
#include "nfelementtest.h"

#include <glib/gstdio.h>
#include <string.h>

static gchar *folder;
static gchar *path;

static void
setup (void)
{
  folder = g_dir_make_tmp ("nfnpyenc-XXXXXX", NULL);
  path = g_build_filename (folder, "array.npy", NULL);
}

static void
teardown (void)
{
  g_remove (path);
  g_rmdir (folder);
  g_free (path);
  g_free (folder);
}

static GstHarness *
new_harness (const gchar *caps, GstBus **bus)
{
  GstHarness *h = nf_test_harness_new ("nfnpyenc", bus);

  gst_harness_set_src_caps_str (h, caps);

  return h;
}

static GstHarness *
new_gray_harness (guint width, guint height, GstBus **bus)
{
  g_autofree gchar *caps = g_strdup_printf (
      "video/x-raw,format=GRAY8,width=%u,height=%u,framerate=10/1", width,
      height);

  return new_harness (caps, bus);
}

/* everything that came out, as one file */
static GBytes *
pull_file (GstHarness *h)
{
  GByteArray *file = g_byte_array_new ();
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (h)) != NULL) {
    GstMapInfo map;

    gst_buffer_map (buffer, &map, GST_MAP_READ);
    g_byte_array_append (file, map.data, map.size);
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }

  return g_byte_array_free_to_bytes (file);
}

static const guint8 *
parse_file (GBytes *file, NfNpyHeader *header)
{
  gsize size, wanted;
  const guint8 *data = g_bytes_get_data (file, &size);

  fail_unless_equals_int (
      nf_npy_parse_header (data, size, header, &wanted, NULL), NF_NPY_PARSED);
  fail_unless_equals_uint64 (size, header->header_bytes + header->data_bytes);

  return data + header->header_bytes;
}

GST_START_TEST (test_nfnpyenc_collects_padded_frames)
{
  static const guint sizes[][2] = { { 1, 1 }, { 5, 3 }, { 8, 4 }, { 7, 1 } };
  guint width = sizes[__i__][0], height = sizes[__i__][1];
  g_autoptr (GBytes) file = NULL;
  const guint8 *data;
  NfNpyHeader header;
  GstBus *bus;
  GstHarness *h = new_gray_harness (width, height, &bus);

  for (guint t = 0; t < 3; t++)
    fail_unless_equals_int (
        gst_harness_push (
            h, nf_test_gray_frame (width, height, width + 11 * t, 10 + t)),
        GST_FLOW_OK);
  fail_unless_equals_int (gst_harness_buffers_received (h), 0);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  file = pull_file (h);
  data = parse_file (file, &header);
  fail_unless_equals_int (header.type, NF_NPY_U8);
  fail_unless_equals_int (header.n_dims, 3);
  fail_unless_equals_uint64 (header.shape[0], 3);
  fail_unless_equals_uint64 (header.shape[1], height);
  fail_unless_equals_uint64 (header.shape[2], width);
  for (guint t = 0; t < 3; t++)
    for (guint i = 0; i < width * height; i++)
      fail_unless_equals_int (data[t * width * height + i], 10 + t);
  nf_test_harness_free (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpyenc_no_frames)
{
  g_autoptr (GBytes) file = NULL;
  NfNpyHeader header;
  GstBus *bus;
  GstHarness *h = new_gray_harness (6, 4, &bus);

  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  file = pull_file (h);
  parse_file (file, &header);
  fail_unless_equals_int (header.n_dims, 3);
  fail_unless_equals_uint64 (header.shape[0], 0);
  fail_unless_equals_uint64 (header.shape[1], 4);
  fail_unless_equals_uint64 (header.shape[2], 6);
  nf_test_harness_free (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpyenc_no_caps_fails)
{
  GstHarness *h = gst_harness_new ("nfnpyenc");
  GstBus *bus = nf_test_attach_bus (h->element);

  gst_harness_play (h);
  gst_harness_push_event (h, gst_event_new_stream_start ("none"));
  gst_harness_push_event (h, gst_event_new_eos ());
  nf_test_expect_error (bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      "before it said what its frames are");
  nf_test_harness_drop (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpyenc_caps_change_fails)
{
  static const gchar *const changes[] = {
    "video/x-raw,format=GRAY8,width=4,height=6,framerate=10/1",
    "video/x-raw,format=GRAY8,width=6,height=8,framerate=10/1",
    "video/x-raw,format=GRAY8,width=6,height=3,framerate=10/1",
    "video/x-raw,format=GRAY8,width=8,height=4,framerate=10/1",
    "video/x-raw,format=GRAY16_LE,width=6,height=4,framerate=10/1",
    "video/x-raw,format=RGB,width=6,height=4,framerate=10/1",
  };
  GstBus *bus;
  GstHarness *h = new_gray_harness (6, 4, &bus);
  g_autoptr (GstCaps) caps = gst_caps_from_string (changes[__i__]);

  gst_harness_push (h, nf_test_gray_frame (6, 4, 6, 1));
  fail_unless (gst_harness_push_event (h, gst_event_new_caps (caps)));
  fail_unless_equals_int (
      gst_harness_push (h, gst_buffer_new_allocate (NULL, 96, NULL)),
      GST_FLOW_ERROR);
  nf_test_expect_error (
      bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "began with 6x4 GRAY8");
  nf_test_harness_drop (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpyenc_caps_change_before_and_of_rate)
{
  g_autoptr (GBytes) file = NULL;
  NfNpyHeader header;
  GstBus *bus;
  GstHarness *h = new_gray_harness (9, 9, &bus);

  gst_harness_set_src_caps_str (
      h, "video/x-raw,format=GRAY8,width=6,height=4,framerate=10/1");
  gst_harness_push (h, nf_test_gray_frame (6, 4, 6, 1));
  gst_harness_set_src_caps_str (
      h, "video/x-raw,format=GRAY8,width=6,height=4,framerate=25/1");
  gst_harness_push (h, nf_test_gray_frame (6, 4, 6, 1));
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  file = pull_file (h);
  parse_file (file, &header);
  fail_unless_equals_uint64 (header.shape[0], 2);
  nf_test_harness_free (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpyenc_short_frame_fails)
{
  GstBus *bus;
  GstHarness *h = new_gray_harness (6, 4, &bus);

  fail_unless_equals_int (
      gst_harness_push (h, gst_buffer_new_allocate (NULL, 5, NULL)),
      GST_FLOW_ERROR);
  nf_test_expect_error (
      bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "got 5");
  nf_test_harness_drop (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpyenc_flush_begins_again)
{
  g_autoptr (GBytes) file = NULL;
  const guint8 *data;
  NfNpyHeader header;
  GstBus *bus;
  GstHarness *h = new_gray_harness (2, 2, &bus);

  gst_harness_push (h, nf_test_gray_frame (2, 2, 2, 1));
  fail_unless (gst_harness_push_event (h, gst_event_new_flush_start ()));
  fail_unless (gst_harness_push_event (h, gst_event_new_flush_stop (TRUE)));
  fail_unless (gst_harness_push_event (h, nf_test_new_segment (1.0)));
  gst_harness_push (h, nf_test_gray_frame (2, 2, 2, 2));
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  file = pull_file (h);
  data = parse_file (file, &header);
  fail_unless_equals_uint64 (header.shape[0], 1);
  fail_unless_equals_int (data[0], 2);
  nf_test_harness_drop (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpyenc_outside_segment_is_left_out)
{
  g_autoptr (GBytes) file = NULL;
  const guint8 *data;
  NfNpyHeader header;
  GstSegment segment;
  GstBus *bus;
  GstHarness *h = new_gray_harness (2, 2, &bus);

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = 100 * GST_MSECOND;
  segment.stop = 300 * GST_MSECOND;
  fail_unless (gst_harness_push_event (h, gst_event_new_segment (&segment)));
  for (guint t = 0; t < 5; t++) {
    GstBuffer *buffer = nf_test_gray_frame (2, 2, 2, t);

    GST_BUFFER_PTS (buffer) = t * 100 * GST_MSECOND;
    GST_BUFFER_DURATION (buffer) = 100 * GST_MSECOND;
    gst_harness_push (h, buffer);
  }
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  file = pull_file (h);
  data = parse_file (file, &header);
  fail_unless_equals_uint64 (header.shape[0], 2);
  fail_unless_equals_int (data[0], 1);
  nf_test_harness_drop (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpyenc_start_stop_start)
{
  GstBus *bus;
  GstHarness *h = new_gray_harness (2, 2, &bus);
  g_autoptr (GBytes) file = NULL;
  NfNpyHeader header;

  gst_harness_push (h, nf_test_gray_frame (2, 2, 2, 1));
  gst_element_set_state (h->element, GST_STATE_NULL);
  gst_harness_play (h);
  gst_harness_set_src_caps_str (
      h, "video/x-raw,format=GRAY8,width=3,height=2,framerate=10/1");
  gst_harness_push (h, nf_test_gray_frame (3, 2, 3, 1));
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  file = pull_file (h);
  parse_file (file, &header);
  fail_unless_equals_uint64 (header.shape[0], 1);
  fail_unless_equals_uint64 (header.shape[2], 3);
  nf_test_harness_free (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpyenc_two_instances)
{
  GstBus *bus_one, *bus_two;
  GstHarness *one = new_gray_harness (2, 2, &bus_one);
  GstHarness *two = new_gray_harness (5, 5, &bus_two);
  g_autoptr (GBytes) file_one = NULL;
  g_autoptr (GBytes) file_two = NULL;
  NfNpyHeader header;

  for (guint t = 0; t < 3; t++) {
    gst_harness_push (one, nf_test_gray_frame (2, 2, 2, 1));
    if (t > 0)
      gst_harness_push (two, nf_test_gray_frame (5, 5, 8, 1));
  }
  gst_harness_push_event (one, gst_event_new_eos ());
  gst_harness_push_event (two, gst_event_new_eos ());
  file_one = pull_file (one);
  file_two = pull_file (two);
  parse_file (file_one, &header);
  fail_unless_equals_uint64 (header.shape[0], 3);
  parse_file (file_two, &header);
  fail_unless_equals_uint64 (header.shape[0], 2);
  nf_test_harness_drop (one, bus_one);
  nf_test_harness_drop (two, bus_two);
}
GST_END_TEST;

typedef struct
{
  const gchar *format;
  NfNpyType type;
  gboolean big_endian;
  guint n_dims;
} FormatCase;

static const FormatCase format_cases[] = {
  { "GRAY8", NF_NPY_U8, FALSE, 3 },
  { "GRAY16_LE", NF_NPY_U16, FALSE, 3 },
  { "GRAY16_BE", NF_NPY_U16, TRUE, 3 },
  { "RGB", NF_NPY_U8, FALSE, 4 },
};

/* to a file and back, in both ways of writing: the same frames */
GST_START_TEST (test_nfnpyenc_file_round_trip)
{
  const FormatCase *c = &format_cases[__i__];
  static const gchar *const ways[] = { "nfnpyenc", "nfnpyenc ! queue",
    "nfnpyenc ! nfnpydec ! nfnpyenc" };
  g_autoptr (GBytes) previous = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++) {
    g_autofree gchar *description = g_strdup_printf (
        "videotestsrc num-buffers=5 pattern=ball ! "
        "video/x-raw,format=%s,width=17,height=9 ! %s ! filesink location=%s",
        c->format, ways[i], path);
    g_autofree gchar *error = nf_test_run (description);
    g_autoptr (GBytes) data = NULL;
    NfNpyHeader header;

    fail_unless (error == NULL, "%s", error);
    data = nf_npy_load (path, &header, NULL);
    fail_unless (data != NULL);
    fail_unless_equals_int (header.type, c->type);
    fail_unless_equals_int (header.big_endian, c->big_endian);
    fail_unless_equals_int (header.n_dims, c->n_dims);
    fail_unless_equals_uint64 (header.shape[0], 5);
    fail_unless (previous == NULL || g_bytes_equal (previous, data));
    g_clear_pointer (&previous, g_bytes_unref);
    previous = g_steal_pointer (&data);
  }
}
GST_END_TEST;

GST_START_TEST (test_nfnpyenc_real_mask_round_trip)
{
  g_autofree gchar *mask = nf_test_shared_path ("data/train/video_0/mask.npy");
  g_autofree gchar *description = NULL;
  g_autofree gchar *error = NULL;
  g_autofree gchar *before = NULL;
  g_autofree gchar *after = NULL;
  gsize size_before, size_after;

  if (mask == NULL)
    return;
  description = g_strdup_printf (
      "filesrc location=%s ! nfnpydec ! nfnpyenc ! filesink location=%s", mask,
      path);
  error = nf_test_run (description);
  fail_unless (error == NULL, "%s", error);
  fail_unless (g_file_get_contents (mask, &before, &size_before, NULL));
  fail_unless (g_file_get_contents (path, &after, &size_after, NULL));
  fail_unless_equals_uint64 (size_before, size_after);
  fail_unless (memcmp (before, after, size_before) == 0);
}
GST_END_TEST;

static GstEvent *
new_title (const gchar *title)
{
  return gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, title, NULL));
}

static GstHarness *
new_index_harness (const gchar *index)
{
  GstElement *enc = gst_element_factory_make ("nfnpyenc", NULL);
  GstHarness *h;

  g_object_set (enc, "index", index, NULL);
  h = gst_harness_new_with_element (enc, "sink", "src");
  gst_object_unref (enc);
  gst_harness_set_src_caps_str (
      h, "video/x-raw,format=GRAY8,width=4,height=2,framerate=10/1");

  return h;
}

/* frames of 100 ms from @from on */
static void
push_frames (GstHarness *h, guint from, guint n, gboolean discont)
{
  for (guint t = from; t < from + n; t++) {
    GstBuffer *buffer = nf_test_gray_frame (4, 2, 4, t);

    GST_BUFFER_PTS (buffer) = t * 100 * GST_MSECOND;
    if (discont && t == from)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    else
      GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_DISCONT);
    fail_unless_equals_int (gst_harness_push (h, buffer), GST_FLOW_OK);
  }
}

static void
begin_segment (GstHarness *h)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (h, gst_event_new_segment (&segment));
}

static void
begin_stream (GstHarness *h, const gchar *name)
{
  gst_harness_push_event (h, gst_event_new_stream_start (name));
  begin_segment (h);
}

static void
flush (GstHarness *h)
{
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  begin_segment (h);
}

static void
assert_index (const gchar *expected)
{
  g_autofree gchar *text = NULL;
  g_autofree gchar *all =
      g_strconcat ("row,clip,time,missing\n", expected, NULL);

  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  fail_unless_equals_string (text, all);
}

/* A clip without frames has a line, and shifts no other; a title that needs
 * quotation marks has them. */
GST_START_TEST (test_nfnpyenc_index_of_titles)
{
  GstHarness *h = new_index_harness (path);

  gst_harness_push_event (h, new_title ("hidden/video_0"));
  push_frames (h, 2, 1, TRUE);
  gst_harness_push_event (h, new_title ("hidden/video_1"));
  gst_harness_push_event (h, new_title ("a \"b\", c"));
  gst_harness_push_event (h, new_title ("a \"b\", c"));
  push_frames (h, 7, 2, TRUE);
  gst_harness_push_event (h, gst_event_new_gap (GST_SECOND, 100 * GST_MSECOND));
  gst_harness_push_event (h, new_title ("last"));
  fail_if (g_file_test (path, G_FILE_TEST_EXISTS));
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  assert_index ("0,hidden/video_0,0.200000000,\n"
                ",hidden/video_1,,no frame\n"
                "1,\"a \"\"b\"\", c\",0.700000000,\n"
                "2,\"a \"\"b\"\", c\",0.800000000,\n"
                ",\"a \"\"b\"\", c\",1.000000000,gap\n"
                ",last,,no frame\n");
  gst_harness_teardown (h);
}
GST_END_TEST;

/* Times are those of the stream, whatever the segment makes of them; so are those
 * of gaps. */
GST_START_TEST (test_nfnpyenc_index_of_segments)
{
  GstHarness *h = new_index_harness (path);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = 2;
  segment.base = 7 * GST_SECOND;
  segment.start = GST_SECOND;
  segment.time = 3 * GST_SECOND;
  gst_harness_push_event (h, gst_event_new_stream_start ("one"));
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  push_frames (h, 10, 2, TRUE);
  gst_harness_push_event (
      h, gst_event_new_gap (1200 * GST_MSECOND, 100 * GST_MSECOND));
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  assert_index ("0,0,3.000000000,\n"
                "1,0,3.100000000,\n"
                ",0,3.200000000,gap\n");
  gst_harness_teardown (h);
}
GST_END_TEST

/* A title is that of its stream: it makes no line of the next one, and no frame of
 * a stream without a title has it. */
GST_START_TEST (test_nfnpyenc_index_of_streams)
{
  GstHarness *h = new_index_harness (path);

  gst_harness_push_event (h, new_title ("a"));
  push_frames (h, 0, 1, TRUE);
  begin_stream (h, "second");
  gst_harness_push_event (h, new_title ("b"));
  push_frames (h, 1, 1, TRUE);
  begin_stream (h, "third");
  push_frames (h, 2, 1, TRUE);
  push_frames (h, 3, 1, TRUE);
  begin_stream (h, "fourth");
  gst_harness_push_event (h, new_title ("empty"));
  begin_stream (h, "fifth");
  gst_harness_push_event (h, new_title ("a"));
  push_frames (h, 4, 1, TRUE);
  begin_stream (h, "nothing at all");
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  assert_index ("0,a,0.000000000,\n"
                "1,b,0.100000000,\n"
                "2,2,0.200000000,\n"
                "3,3,0.300000000,\n"
                ",empty,,no frame\n"
                "4,a,0.400000000,\n");
  gst_harness_teardown (h);
}
GST_END_TEST;

/* A flush leaves the tags on the pad: frames after it have the title. Of a clip
 * that another one follows at once, there is no line. */
GST_START_TEST (test_nfnpyenc_index_of_flushes)
{
  GstHarness *h = new_index_harness (path);

  gst_harness_push_event (h, new_title ("a"));
  push_frames (h, 0, 2, TRUE);
  flush (h);
  push_frames (h, 3, 1, TRUE);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  assert_index ("0,a,0.300000000,\n");
  flush (h);
  gst_harness_push_event (h, new_title ("b"));
  push_frames (h, 5, 1, TRUE);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  assert_index ("0,b,0.500000000,\n");
  begin_stream (h, "second");
  push_frames (h, 6, 1, TRUE);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  assert_index ("0,0,0.600000000,\n");
  gst_harness_teardown (h);
}
GST_END_TEST;

/* Without titles clips are counted; a flush begins the index again. */
GST_START_TEST (test_nfnpyenc_index_of_marks)
{
  GstHarness *h = new_index_harness (path);

  push_frames (h, 0, 2, TRUE);
  flush (h);
  push_frames (h, 3, 2, TRUE);
  push_frames (h, 5, 1, TRUE);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  assert_index ("0,0,0.300000000,\n1,0,0.400000000,\n2,1,0.500000000,\n");
  gst_harness_teardown (h);
}
GST_END_TEST;

/* An index that cannot be written is an error at the start, not at the end. */
GST_START_TEST (test_nfnpyenc_index_refused)
{
  g_autofree gchar *nowhere = g_build_filename (folder, "no", "i.csv", NULL);
  const gchar *places[] = { nowhere, folder };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    g_autofree gchar *description = g_strdup_printf (
        "nfscenesrc clips=1 ! nfnpyenc index=%s ! filesink location=%s",
        places[i], path);
    g_autofree gchar *error = nf_test_run (description);

    fail_unless (error != NULL && strstr (error, "index") != NULL, "%s", error);
  }
}
GST_END_TEST;

static Suite *
nfnpyenc_suite (void)
{
  Suite *suite = suite_create ("nfnpyenc");
  TCase *frames = tcase_create ("frames"), *files = tcase_create ("files");

  suite_add_tcase (suite, frames);
  tcase_add_loop_test (frames, test_nfnpyenc_collects_padded_frames, 0, 4);
  tcase_add_test (frames, test_nfnpyenc_no_frames);
  tcase_add_test (frames, test_nfnpyenc_no_caps_fails);
  tcase_add_loop_test (frames, test_nfnpyenc_caps_change_fails, 0, 6);
  tcase_add_test (frames, test_nfnpyenc_caps_change_before_and_of_rate);
  tcase_add_test (frames, test_nfnpyenc_short_frame_fails);
  tcase_add_test (frames, test_nfnpyenc_flush_begins_again);
  tcase_add_test (frames, test_nfnpyenc_outside_segment_is_left_out);
  tcase_add_test (frames, test_nfnpyenc_start_stop_start);
  tcase_add_test (frames, test_nfnpyenc_two_instances);

  suite_add_tcase (suite, files);
  tcase_add_checked_fixture (files, setup, teardown);
  tcase_add_loop_test (
      files, test_nfnpyenc_file_round_trip, 0, G_N_ELEMENTS (format_cases));
  tcase_add_test (files, test_nfnpyenc_real_mask_round_trip);
  tcase_add_test (files, test_nfnpyenc_index_of_titles);
  tcase_add_test (files, test_nfnpyenc_index_of_segments);
  tcase_add_test (files, test_nfnpyenc_index_of_streams);
  tcase_add_test (files, test_nfnpyenc_index_of_flushes);
  tcase_add_test (files, test_nfnpyenc_index_of_marks);
  tcase_add_test (files, test_nfnpyenc_index_refused);

  return suite;
}

GST_CHECK_MAIN (nfnpyenc)
