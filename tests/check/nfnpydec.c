/* SPDX-License-Identifier: MIT
 *
 * nfnpydec — tests of the element that plays NumPy arrays
 *
 * Sibling: nfnpydecplay.c, whole pipelines and seeks */
#include "nfelementtest.h"

#include <nextframe/metrics/nfclasses.h>

static GstHarness *
new_harness (GstBus **bus)
{
  GstHarness *h = nf_test_harness_new ("nfnpydec", bus);

  gst_harness_set_src_caps_str (h, "application/x-npy");

  return h;
}

static GstFlowReturn
push_in_pieces (GstHarness *h, GBytes *bytes, gsize piece)
{
  GstFlowReturn flow = GST_FLOW_OK;

  for (gsize at = 0; at < g_bytes_get_size (bytes) && flow == GST_FLOW_OK;
       at += piece)
    flow = gst_harness_push (h, nf_test_slice (bytes, at, piece));

  return flow;
}

static void
check_caps (GstHarness *h, const gchar *format, gint width, gint height)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (h->sinkpad);
  GstStructure *s;
  gint value;

  fail_unless (caps != NULL);
  s = gst_caps_get_structure (caps, 0);
  fail_unless_equals_string (gst_structure_get_string (s, "format"), format);
  fail_unless (gst_structure_get_int (s, "width", &value) && value == width);
  fail_unless (gst_structure_get_int (s, "height", &value) && value == height);
}

typedef struct
{
  NfNpyType type;
  gboolean big_endian;
  guint64 shape[4];
  guint n_dims;
  const gchar *format;
  guint frames;
} FormatCase;

static const FormatCase format_cases[] = {
  { NF_NPY_U8, FALSE, { 3, 5, 7 }, 3, "GRAY8", 3 },
  { NF_NPY_U8, FALSE, { 2, 4, 8 }, 3, "GRAY8", 2 },
  { NF_NPY_U8, FALSE, { 2, 1, 1 }, 3, "GRAY8", 2 },
  { NF_NPY_U8, FALSE, { 2, 5, 3 }, 3, "GRAY8", 2 },
  { NF_NPY_U8, FALSE, { 5, 7 }, 2, "GRAY8", 1 },
  { NF_NPY_U8, FALSE, { 2, 5, 7, 1 }, 4, "GRAY8", 2 },
  { NF_NPY_U8, FALSE, { 2, 5, 7, 3 }, 4, "RGB", 2 },
  { NF_NPY_U8, FALSE, { 2, 1, 1, 3 }, 4, "RGB", 2 },
  { NF_NPY_BOOL, FALSE, { 2, 5, 7 }, 3, "GRAY8", 2 },
  { NF_NPY_I8, FALSE, { 2, 5, 7 }, 3, "GRAY8", 2 },
  { NF_NPY_U16, FALSE, { 2, 5, 7 }, 3, "GRAY16_LE", 2 },
  { NF_NPY_U16, TRUE, { 2, 5, 7 }, 3, "GRAY16_BE", 2 },
  { NF_NPY_I16, TRUE, { 2, 5, 7 }, 3, "GRAY8", 2 },
  { NF_NPY_I32, FALSE, { 2, 5, 7 }, 3, "GRAY8", 2 },
  { NF_NPY_I64, FALSE, { 2, 5, 7 }, 3, "GRAY8", 2 },
};

/* the low byte of element i is i % 100; of 16-bit gray, the high one i % 7 */
static GBytes *
make_case (const FormatCase *c)
{
  gsize n = 1, size = nf_npy_type_size (c->type);
  g_autofree guint8 *data = NULL;

  for (guint i = 0; i < c->n_dims; i++)
    n *= c->shape[i];
  data = g_malloc0 (n * size);
  for (gsize i = 0; i < n; i++) {
    data[i * size + (c->big_endian ? size - 1 : 0)] = i % 100;
    if (c->type == NF_NPY_U16)
      data[i * size + (c->big_endian ? 0 : 1)] = i % 7;
  }

  return nf_test_npy (c->type, c->big_endian, c->shape, c->n_dims, data);
}

static guint8
expected_byte (const FormatCase *c, gsize i)
{
  if (c->type == NF_NPY_U16) {
    gboolean low = (i % 2 == 0) != c->big_endian;
    return low ? i / 2 % 100 : i / 2 % 7;
  }
  return c->type == NF_NPY_BOOL ? i % 100 != 0 : i % 100;
}

GST_START_TEST (test_nfnpydec_formats)
{
  const FormatCase *c = &format_cases[__i__];
  guint rows = c->n_dims == 2 ? 0 : 1;
  guint height = c->shape[rows], width = c->shape[rows + 1];
  guint row_bytes = width * (c->n_dims == 4 ? c->shape[3] : 1)
      * (c->type == NF_NPY_U16 ? 2 : 1);
  g_autoptr (GBytes) bytes = make_case (c);
  GstBus *bus;
  GstHarness *h = new_harness (&bus);

  fail_unless_equals_int (push_in_pieces (h, bytes, 13), GST_FLOW_OK);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  check_caps (h, c->format, width, height);
  fail_unless_equals_int (gst_harness_buffers_received (h), c->frames);
  for (guint t = 0; t < c->frames; t++) {
    GstBuffer *buffer = gst_harness_pull (h);
    g_autoptr (GstCaps) caps = gst_pad_get_current_caps (h->sinkpad);

    fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), t * 40 * GST_MSECOND);
    fail_unless_equals_uint64 (GST_BUFFER_DURATION (buffer), 40 * GST_MSECOND);
    fail_unless_equals_int (
        GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT), t == 0);
    for (guint y = 0; y < height; y++)
      for (guint x = 0; x < row_bytes; x++)
        fail_unless_equals_int (nf_test_pixel (buffer, caps, x, y),
            expected_byte (c, (gsize) (t * height + y) * row_bytes + x));
    gst_buffer_unref (buffer);
  }
  nf_test_harness_free (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpydec_any_chunking)
{
  static const guint64 shape[] = { 4, 3, 5 };
  static const gsize pieces[] = { 1, 2, 7, 15, 16, 128, 129, 1000 };
  g_autoptr (GBytes) bytes = nf_test_npy_counting (shape, 3);
  GstBus *bus;
  GstHarness *h = new_harness (&bus);

  fail_unless_equals_int (
      push_in_pieces (h, bytes, pieces[__i__]), GST_FLOW_OK);
  fail_unless_equals_int (gst_harness_buffers_received (h), 4);
  nf_test_harness_drop (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpydec_framerate)
{
  static const guint64 shape[] = { 4, 1, 1 };
  g_autoptr (GBytes) bytes = nf_test_npy_counting (shape, 3);
  GstClockTime at = 0;
  GstBus *bus;
  GstHarness *h = new_harness (&bus);

  gst_util_set_object_arg (G_OBJECT (h->element), "framerate", "30000/1001");
  fail_unless_equals_int (push_in_pieces (h, bytes, 1000), GST_FLOW_OK);
  for (guint i = 0; i < 4; i++) {
    GstBuffer *buffer = gst_harness_pull (h);

    fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), at);
    fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer),
        gst_util_uint64_scale (i, 1001 * GST_SECOND, 30000));
    at += GST_BUFFER_DURATION (buffer);
    gst_buffer_unref (buffer);
  }
  nf_test_harness_drop (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpydec_palette)
{
  static const guint64 shape[] = { 1, 1, 3 };
  static const guint8 ids[] = { 0, 1, 48 };
  g_autoptr (GBytes) bytes = nf_test_npy (NF_NPY_U8, FALSE, shape, 3, ids);
  GstMapInfo map;
  GstBuffer *buffer;
  GstBus *bus;
  GstHarness *h = new_harness (&bus);

  g_object_set (h->element, "palette", TRUE, NULL);
  fail_unless_equals_int (push_in_pieces (h, bytes, 7), GST_FLOW_OK);
  check_caps (h, "RGB", 3, 1);
  buffer = gst_harness_pull (h);
  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  for (guint i = 0; i < 9; i++)
    fail_unless_equals_int (
        map.data[i], nf_class_color (ids[i / 3]) >> (16 - 8 * (i % 3)) & 255);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  nf_test_harness_drop (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpydec_truncated_fails)
{
  static const guint64 shape[] = { 22, 4, 5 };
  g_autoptr (GBytes) bytes = nf_test_npy_counting (shape, 3);
  g_autoptr (GBytes) part = g_bytes_new_from_bytes (bytes, 0, 128 + 20 * 3 + 7);
  GstBus *bus;
  GstHarness *h = new_harness (&bus);

  fail_unless_equals_int (push_in_pieces (h, part, 50), GST_FLOW_OK);
  gst_harness_push_event (h, gst_event_new_eos ());
  nf_test_expect_error (bus, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
      "expected 22 frames of 5x4, found 3");
  fail_unless_equals_int (gst_harness_buffers_received (h), 3);
  nf_test_harness_drop (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpydec_truncated_header_fails)
{
  static const guint64 shape[] = { 2, 4, 5 };
  static const gsize sizes[] = { 0, 4, 9, 60, 127 };
  g_autoptr (GBytes) bytes = nf_test_npy_counting (shape, 3);
  g_autoptr (GBytes) part = g_bytes_new_from_bytes (bytes, 0, sizes[__i__]);
  GstBus *bus;
  GstHarness *h = new_harness (&bus);

  fail_unless_equals_int (push_in_pieces (h, part, 50), GST_FLOW_OK);
  gst_harness_push_event (h, gst_event_new_eos ());
  nf_test_expect_error (
      bus, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, "ends within its header");
  nf_test_harness_drop (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpydec_refused_fails)
{
  static const struct
  {
    NfNpyType type;
    guint64 shape[5];
    guint n_dims;
    gint code;
    const gchar *says;
  } cases[] = {
    { NF_NPY_U8, { 5 }, 1, GST_STREAM_ERROR_WRONG_TYPE, "(5,)" },
    { NF_NPY_U8, { 1, 1, 1, 2 }, 4, GST_STREAM_ERROR_WRONG_TYPE, "reshape" },
    { NF_NPY_U8, { 1, 1, 1, 1, 1 }, 5, GST_STREAM_ERROR_WRONG_TYPE, "shape" },
    { NF_NPY_U8, { 2, 0, 4 }, 3, GST_STREAM_ERROR_WRONG_TYPE, "(2, 0, 4)" },
    { NF_NPY_U8, { 0, 1, 99999 }, 3, GST_STREAM_ERROR_WRONG_TYPE, "32767" },
    { NF_NPY_I64, { 1, 1, 1, 3 }, 4, GST_STREAM_ERROR_WRONG_TYPE, "colour" },
  };
  g_autofree guint8 *data = g_malloc0 (64);
  g_autoptr (GBytes) bytes = nf_test_npy (
      cases[__i__].type, FALSE, cases[__i__].shape, cases[__i__].n_dims, data);
  GstBus *bus;
  GstHarness *h = new_harness (&bus);

  fail_unless_equals_int (push_in_pieces (h, bytes, 1000), GST_FLOW_ERROR);
  nf_test_expect_error (
      bus, GST_STREAM_ERROR, cases[__i__].code, cases[__i__].says);
  nf_test_harness_drop (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpydec_not_npy_fails)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\x89PNG\r\n\x1a\n", 8);
  GstBus *bus;
  GstHarness *h = new_harness (&bus);

  fail_unless_equals_int (push_in_pieces (h, bytes, 8), GST_FLOW_ERROR);
  nf_test_expect_error (
      bus, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, "no array begins here");
  nf_test_harness_drop (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpydec_value_out_of_range_fails)
{
  static const guint64 shape[] = { 2, 2, 2 };
  static const gint16 data[] = { 1, 2, 3, 4, 5, 6, 7, 300 };
  g_autoptr (GBytes) bytes =
      nf_test_npy (NF_NPY_I16, G_BYTE_ORDER == G_BIG_ENDIAN, shape, 3, data);
  GstBus *bus;
  GstHarness *h = new_harness (&bus);

  fail_unless_equals_int (push_in_pieces (h, bytes, 1000), GST_FLOW_ERROR);
  nf_test_expect_error (bus, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
      "frame 1, row 1: npy: element 1 is 300");
  fail_unless_equals_int (gst_harness_buffers_received (h), 1);
  nf_test_harness_drop (h, bus);
}
GST_END_TEST;

static GstFlowReturn
refuse (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  gst_buffer_unref (buffer);

  return GST_FLOW_ERROR;
}

GST_START_TEST (test_nfnpydec_error_downstream_is_the_only_one)
{
  static const guint64 shape[] = { 22, 4, 5 };
  g_autoptr (GBytes) bytes = nf_test_npy_counting (shape, 3);
  GstBus *bus;
  GstHarness *h = new_harness (&bus);

  gst_pad_set_chain_function (h->sinkpad, refuse);
  fail_unless_equals_int (push_in_pieces (h, bytes, 200), GST_FLOW_ERROR);
  gst_harness_push_event (h, gst_event_new_eos ());
  nf_test_harness_free (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpydec_arrays_in_a_row)
{
  static const guint64 shape_one[] = { 2, 3, 5 }, shape_two[] = { 1, 4, 4 };
  g_autoptr (GBytes) one = nf_test_npy_counting (shape_one, 3);
  g_autoptr (GBytes) two = nf_test_npy_counting (shape_two, 3);
  GstBus *bus;
  GstHarness *h = new_harness (&bus);

  fail_unless_equals_int (push_in_pieces (h, one, 64), GST_FLOW_OK);
  check_caps (h, "GRAY8", 5, 3);
  fail_unless_equals_int (push_in_pieces (h, two, 64), GST_FLOW_OK);
  check_caps (h, "GRAY8", 4, 4);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  for (guint i = 0; i < 3; i++) {
    GstBuffer *buffer = gst_harness_pull (h);

    fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), i * 40 * GST_MSECOND);
    fail_unless_equals_int (
        GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT), i != 1);
    gst_buffer_unref (buffer);
  }
  nf_test_harness_free (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpydec_bytes_after_the_array_fails)
{
  static const guint64 shape[] = { 1, 4, 4 };
  g_autoptr (GBytes) bytes = nf_test_npy_counting (shape, 3);
  GstBus *bus;
  GstHarness *h = new_harness (&bus);

  fail_unless_equals_int (push_in_pieces (h, bytes, 1000), GST_FLOW_OK);
  fail_unless_equals_int (
      gst_harness_push (h, gst_buffer_new_wrapped (g_strdup ("rubbish?"), 8)),
      GST_FLOW_ERROR);
  nf_test_expect_error (bus, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
      "bytes follow array 1 that are no other array");
  nf_test_harness_drop (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpydec_new_stream_renegotiates)
{
  static const guint64 shape_one[] = { 2, 3, 5 }, shape_two[] = { 2, 4, 4, 3 };
  g_autoptr (GBytes) one = nf_test_npy_counting (shape_one, 3);
  g_autoptr (GBytes) two = nf_test_npy_counting (shape_two, 4);
  GstSegment segment;
  GstEvent *event;
  guint segments = 0;
  GstBus *bus;
  GstHarness *h = new_harness (&bus);

  fail_unless_equals_int (push_in_pieces (h, one, 64), GST_FLOW_OK);
  fail_unless (
      gst_harness_push_event (h, gst_event_new_stream_start ("second")));
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  fail_unless (gst_harness_push_event (h, gst_event_new_segment (&segment)));
  fail_unless_equals_int (push_in_pieces (h, two, 64), GST_FLOW_OK);
  check_caps (h, "RGB", 4, 4);
  fail_unless_equals_int (gst_harness_buffers_received (h), 4);
  while ((event = gst_harness_try_pull_event (h)) != NULL) {
    if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT) {
      gst_event_copy_segment (event, &segment);
      fail_unless_equals_int (segment.format, GST_FORMAT_TIME);
      fail_unless_equals_uint64 (
          segment.base, segments == 0 ? 0 : 80 * GST_MSECOND);
      segments++;
    }
    gst_event_unref (event);
  }
  fail_unless_equals_int (segments, 2);
  nf_test_harness_free (h, bus);
}
GST_END_TEST;

/* tags of a stream that had no array are not those of the next one */
GST_START_TEST (test_nfnpydec_new_stream_without_old_tags)
{
  static const guint64 shape[] = { 2, 3, 5 };
  static const gchar *const titles[] = { "first", "second" };
  g_autoptr (GBytes) bytes = nf_test_npy_counting (shape, 3);
  GstEvent *event;
  guint tags = 0;
  GstBus *bus;
  GstHarness *h = new_harness (&bus);

  for (guint i = 0; i < G_N_ELEMENTS (titles); i++) {
    GstSegment segment;

    gst_harness_push_event (h, gst_event_new_stream_start (titles[i]));
    gst_segment_init (&segment, GST_FORMAT_BYTES);
    gst_harness_push_event (h, gst_event_new_segment (&segment));
    gst_harness_push_event (h,
        gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, titles[i], NULL)));
  }
  fail_unless_equals_int (push_in_pieces (h, bytes, 64), GST_FLOW_OK);
  while ((event = gst_harness_try_pull_event (h)) != NULL) {
    if (GST_EVENT_TYPE (event) == GST_EVENT_TAG) {
      GstTagList *list;
      g_autofree gchar *title = NULL;

      gst_event_parse_tag (event, &list);
      gst_tag_list_get_string (list, GST_TAG_TITLE, &title);
      fail_unless_equals_string (title, "second");
      tags++;
    }
    gst_event_unref (event);
  }
  fail_unless_equals_int (tags, 1);
  nf_test_harness_free (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpydec_new_stream_too_early_fails)
{
  static const guint64 shape[] = { 2, 3, 5 };
  g_autoptr (GBytes) bytes = nf_test_npy_counting (shape, 3);
  GstBus *bus;
  GstHarness *h = new_harness (&bus);

  gst_harness_push (h, nf_test_slice (bytes, 0, 128 + 20));
  gst_harness_push_event (h, gst_event_new_stream_start ("second"));
  nf_test_expect_error (bus, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
      "expected 2 frames of 5x3, found 1");
  nf_test_harness_drop (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpydec_flush_and_restart)
{
  static const guint64 shape[] = { 2, 3, 5 };
  g_autoptr (GBytes) bytes = nf_test_npy_counting (shape, 3);
  GstSegment segment;
  GstBus *bus;
  GstHarness *h = new_harness (&bus);

  gst_harness_push (h, nf_test_slice (bytes, 0, 128 + 20));
  fail_unless (gst_harness_push_event (h, gst_event_new_flush_start ()));
  fail_unless (gst_harness_push_event (h, gst_event_new_flush_stop (TRUE)));
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  fail_unless (gst_harness_push_event (h, gst_event_new_segment (&segment)));
  fail_unless_equals_int (push_in_pieces (h, bytes, 64), GST_FLOW_OK);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  nf_test_expect_no_error (bus);
  gst_buffer_unref (gst_harness_pull (h));
  for (guint i = 0; i < 2; i++) {
    GstBuffer *buffer = gst_harness_pull (h);
    fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), i * 40 * GST_MSECOND);
    gst_buffer_unref (buffer);
  }
  nf_test_harness_drop (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpydec_no_frames)
{
  static const guint64 shape[] = { 0, 3, 5 };
  g_autoptr (GBytes) bytes = nf_test_npy_counting (shape, 3);
  GstBus *bus;
  GstHarness *h = new_harness (&bus);

  fail_unless_equals_int (push_in_pieces (h, bytes, 64), GST_FLOW_OK);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  check_caps (h, "GRAY8", 5, 3);
  fail_unless_equals_int (gst_harness_buffers_received (h), 0);
  nf_test_harness_free (h, bus);
}
GST_END_TEST;

GST_START_TEST (test_nfnpydec_start_stop_start)
{
  static const guint64 shape[] = { 2, 3, 5 };
  g_autoptr (GBytes) bytes = nf_test_npy_counting (shape, 3);
  g_autoptr (GBytes) part = g_bytes_new_from_bytes (bytes, 0, 150);

  for (guint i = 0; i < 2; i++) {
    GstBus *bus;
    GstHarness *h = new_harness (&bus);

    fail_unless_equals_int (push_in_pieces (h, part, 64), GST_FLOW_OK);
    gst_element_set_state (h->element, GST_STATE_NULL);
    gst_harness_play (h);
    gst_harness_set_src_caps_str (h, "application/x-npy");
    fail_unless_equals_int (push_in_pieces (h, bytes, 64), GST_FLOW_OK);
    fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
    nf_test_expect_no_error (bus);
    fail_unless_equals_int (gst_harness_buffers_received (h), 3);
    nf_test_harness_drop (h, bus);
  }
}
GST_END_TEST;

GST_START_TEST (test_nfnpydec_two_instances)
{
  static const guint64 shape_one[] = { 2, 3, 5 }, shape_two[] = { 3, 4, 4 };
  g_autoptr (GBytes) one = nf_test_npy_counting (shape_one, 3);
  g_autoptr (GBytes) two = nf_test_npy_counting (shape_two, 3);
  GstBus *bus_one, *bus_two;
  GstHarness *h_one = new_harness (&bus_one), *h_two = new_harness (&bus_two);

  for (gsize at = 0; at < 200; at += 20) {
    if (at < g_bytes_get_size (one))
      gst_harness_push (h_one, nf_test_slice (one, at, 20));
    if (at < g_bytes_get_size (two))
      gst_harness_push (h_two, nf_test_slice (two, at, 20));
  }
  fail_unless_equals_int (gst_harness_buffers_received (h_one), 2);
  fail_unless_equals_int (gst_harness_buffers_received (h_two), 3);
  check_caps (h_one, "GRAY8", 5, 3);
  check_caps (h_two, "GRAY8", 4, 4);
  nf_test_harness_drop (h_one, bus_one);
  nf_test_harness_drop (h_two, bus_two);
}
GST_END_TEST;

static Suite *
nfnpydec_suite (void)
{
  Suite *suite = suite_create ("nfnpydec");
  TCase *good = tcase_create ("good"), *bad = tcase_create ("bad");

  suite_add_tcase (suite, good);
  tcase_add_loop_test (
      good, test_nfnpydec_formats, 0, G_N_ELEMENTS (format_cases));
  tcase_add_loop_test (good, test_nfnpydec_any_chunking, 0, 8);
  tcase_add_test (good, test_nfnpydec_framerate);
  tcase_add_test (good, test_nfnpydec_palette);
  tcase_add_test (good, test_nfnpydec_arrays_in_a_row);
  tcase_add_test (good, test_nfnpydec_new_stream_renegotiates);
  tcase_add_test (good, test_nfnpydec_new_stream_without_old_tags);
  tcase_add_test (good, test_nfnpydec_flush_and_restart);
  tcase_add_test (good, test_nfnpydec_no_frames);
  tcase_add_test (good, test_nfnpydec_start_stop_start);
  tcase_add_test (good, test_nfnpydec_two_instances);

  suite_add_tcase (suite, bad);
  tcase_add_test (bad, test_nfnpydec_truncated_fails);
  tcase_add_loop_test (bad, test_nfnpydec_truncated_header_fails, 0, 5);
  tcase_add_loop_test (bad, test_nfnpydec_refused_fails, 0, 6);
  tcase_add_test (bad, test_nfnpydec_not_npy_fails);
  tcase_add_test (bad, test_nfnpydec_error_downstream_is_the_only_one);
  tcase_add_test (bad, test_nfnpydec_value_out_of_range_fails);
  tcase_add_test (bad, test_nfnpydec_bytes_after_the_array_fails);
  tcase_add_test (bad, test_nfnpydec_new_stream_too_early_fails);

  return suite;
}

GST_CHECK_MAIN (nfnpydec)
