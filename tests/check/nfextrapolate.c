/* SPDX-License-Identifier: MIT
 *
 * nfextrapolate — tests of the element that predicts masks
 *
 * What the methods predict is tested in extrapolate.c, windows and times in
 * nfpredict.c; here it is that masks come in and go out unchanged, and when. */
#include "nfvideotest.h"

#include <nextframe/scene/track/nfextrapolate.h>

#include <string.h>

#define WIDTH 33
#define HEIGHT 21
#define CAPS "video/x-raw,format=GRAY8,width=33,height=21,framerate=25/1"
#define FRAME (40 * GST_MSECOND)

static GstHarness *
new_harness (const gchar *settings, GstBus **bus)
{
  g_autofree gchar *launch = g_strdup_printf ("nfextrapolate %s", settings);
  GstHarness *h = nf_test_harness_new (launch, bus);

  gst_harness_set_src_caps_str (h, CAPS);

  return h;
}

/* a square of class 19 that moves to the right, and a corner of each value */
static void
paint (guint8 *mask, guint number)
{
  memset (mask, 0, WIDTH * HEIGHT);
  for (guint y = 6; y < 12; y++)
    memset (mask + y * WIDTH + 2 + number, 19, 6);
  for (guint i = 0; i < 256; i++)
    mask[(13 + i / 32) * WIDTH + i % 32] = (guint8) i;
}

/* (transfer full): mask @number, with @pad bytes behind each row */
static GstBuffer *
new_mask (guint number, guint pad)
{
  gsize offset[GST_VIDEO_MAX_PLANES] = { 0 };
  gint stride[GST_VIDEO_MAX_PLANES] = { (gint) (WIDTH + pad) };
  guint8 mask[WIDTH * HEIGHT];
  GstBuffer *buffer =
      gst_buffer_new_allocate (NULL, (WIDTH + pad) * HEIGHT, NULL);

  paint (mask, number);
  for (guint y = 0; y < HEIGHT; y++) {
    gst_buffer_fill (buffer, y * (WIDTH + pad), mask + y * WIDTH, WIDTH);
    gst_buffer_memset (buffer, y * (WIDTH + pad) + WIDTH, 255, pad);
  }
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_FORMAT_GRAY8, WIDTH, HEIGHT, 1, offset, stride);
  nf_test_set_times (buffer, number, FRAME);

  return buffer;
}

static void
push_masks (GstHarness *h, guint from, guint n, guint pad)
{
  for (guint i = from; i < from + n; i++)
    fail_unless_equals_int (
        gst_harness_push (h, new_mask (i, pad)), GST_FLOW_OK);
}

/* what @method predicts @ahead masks after the first @n */
static void
predict (NfExtrapolateMethod method, guint n, guint ahead, guint8 *mask)
{
  g_autofree guint8 *past = g_malloc (n * WIDTH * HEIGHT);
  g_autofree guint8 *future = g_malloc (ahead * WIDTH * HEIGHT);
  g_autofree const guint8 **masks = g_new (const guint8 *, n);

  for (guint i = 0; i < n; i++) {
    paint (past + i * WIDTH * HEIGHT, i);
    masks[i] = past + i * WIDTH * HEIGHT;
  }
  fail_unless (
      nf_extrapolate (method, masks, n, WIDTH, HEIGHT, ahead, future, NULL));
  memcpy (mask, future + (ahead - 1) * WIDTH * HEIGHT, WIDTH * HEIGHT);
}

/* takes the next buffer: mask @number, these pixels */
static void
expect_mask (GstHarness *h, guint number, const guint8 *pixels)
{
  GstBuffer *buffer = gst_harness_pull (h);
  GstVideoInfo info = nf_test_output_info (h);
  GstVideoFrame frame;

  fail_unless_equals_clocktime (GST_BUFFER_PTS (buffer), number * FRAME);
  fail_unless_equals_clocktime (GST_BUFFER_DURATION (buffer), FRAME);
  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  for (gint y = 0; y < HEIGHT; y++)
    fail_unless (memcmp ((guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0)
                         + y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0),
                     pixels + y * WIDTH, WIDTH)
            == 0,
        "mask %u differs in row %d", number, y);
  gst_video_frame_unmap (&frame);
  gst_buffer_unref (buffer);
}

typedef struct
{
  const gchar *name;
  NfExtrapolateMethod method;
} MethodCase;

static const MethodCase methods[] = {
  { "hold", NF_EXTRAPOLATE_HOLD },
  { "linear", NF_EXTRAPOLATE_LINEAR },
  { "dynamics", NF_EXTRAPOLATE_DYNAMICS },
};

/* frame 22 from 11, at its time, as the library predicts it */
GST_START_TEST (test_extrapolate_method)
{
  const MethodCase *c = &methods[__i__];
  g_autofree gchar *settings = g_strdup_printf ("method=%s", c->name);
  guint8 expected[WIDTH * HEIGHT];
  GstBus *bus;
  GstHarness *h = new_harness (settings, &bus);

  predict (c->method, 11, 11, expected);
  push_masks (h, 0, 22, 7);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 1);
  expect_mask (h, 21, expected);
  fail_unless_equals_int (nf_test_stat (h->element, "clips"), 1);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* the futures and what is made of them are the library's, with the same seed */
GST_START_TEST (test_extrapolate_futures)
{
  static const gchar *const nicks[] = { "likeliest", "jaccard", "pooled" };
  const NfFuturesParams params = {
    .futures = 5, .decide = (NfDecide) __i__, .seed = 7
  };
  g_autofree gchar *settings =
      g_strdup_printf ("futures=5 seed=7 decide=%s", nicks[__i__]);
  guint8 past[11][WIDTH * HEIGHT], expected[11][WIDTH * HEIGHT];
  const guint8 *masks[11];
  GstBus *bus;
  GstHarness *h = new_harness (settings, &bus);

  for (guint i = 0; i < 11; i++) {
    paint (past[i], i);
    masks[i] = past[i];
  }
  fail_unless (nf_extrapolate_futures (
      &params, masks, 11, WIDTH, HEIGHT, 11, 11, expected[0], NULL));
  push_masks (h, 0, 22, 0);
  expect_mask (h, 21, expected[10]);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* and so they are for all frames of a rollout; each setting makes others of them */
GST_START_TEST (test_extrapolate_futures_rollout)
{
  static const struct
  {
    const gchar *settings;
    NfFuturesParams params;
  } cases[] = {
    { "futures=6 seed=7 decide=pooled",
        { .futures = 6, .decide = NF_DECIDE_POOLED, .seed = 7 } },
    { "futures=6 seed=8 decide=pooled",
        { .futures = 6, .decide = NF_DECIDE_POOLED, .seed = 8 } },
    { "futures=2 seed=7 decide=jaccard",
        { .futures = 2, .decide = NF_DECIDE_JACCARD, .seed = 7 } },
  };
  static const gchar *const emits[] = { "rollout", "all" };
  guint8 past[11][WIDTH * HEIGHT], expected[11][WIDTH * HEIGHT];
  const guint8 *masks[11];

  for (guint i = 0; i < 11; i++) {
    paint (past[i], i);
    masks[i] = past[i];
  }
  fail_unless (nf_extrapolate_futures (&cases[__i__].params, masks, 11, WIDTH,
      HEIGHT, 1, 11, expected[0], NULL));
  for (guint e = 0; e < G_N_ELEMENTS (emits); e++) {
    g_autofree gchar *settings =
        g_strdup_printf ("%s emit=%s", cases[__i__].settings, emits[e]);
    GstBus *bus;
    GstHarness *h = new_harness (settings, &bus);

    push_masks (h, 0, 11, 0);
    for (guint i = 0; e == 1 && i < 11; i++)
      expect_mask (h, i, past[i]);
    for (guint i = 0; i < 11; i++)
      expect_mask (h, 11 + i, expected[i]);
    nf_test_harness_free (h, bus);
  }
}
GST_END_TEST

static const gchar *const colorimetries[] = { "bt709", "bt601", "sRGB",
  "1:1:0:0", "2:1:5:1" };

/* classes are not brightness: no colorimetry changes them */
GST_START_TEST (test_extrapolate_colorimetry)
{
  g_autofree gchar *caps =
      g_strdup_printf (CAPS ",colorimetry=%s", colorimetries[__i__]);
  guint8 expected[WIDTH * HEIGHT];
  GstBus *bus;
  GstHarness *h = new_harness ("method=hold context=1", &bus);

  gst_harness_set_src_caps_str (h, caps);
  push_masks (h, 0, 1, 0);
  paint (expected, 0);
  expect_mask (h, 11, expected);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_extrapolate_emit_all)
{
  guint8 expected[WIDTH * HEIGHT];
  GstBus *bus;
  GstHarness *h =
      new_harness ("method=linear context=3 horizon=4 emit=all", &bus);

  push_masks (h, 0, 5, 3);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 7);
  for (guint i = 0; i < 7; i++) {
    if (i < 3)
      paint (expected, i);
    else
      predict (NF_EXTRAPOLATE_LINEAR, 3, i - 2, expected);
    expect_mask (h, i, expected);
  }
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_extrapolate_sliding)
{
  guint8 expected[WIDTH * HEIGHT];
  GstBus *bus;
  GstHarness *h =
      new_harness ("method=hold context=2 horizon=1 window=sliding", &bus);

  push_masks (h, 0, 5, 0);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 4);
  for (guint i = 1; i < 5; i++) {
    paint (expected, i);
    expect_mask (h, i + 1, expected);
  }
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* masks of another size are another clip */
GST_START_TEST (test_extrapolate_caps_change)
{
  GstBus *bus;
  GstHarness *h = new_harness ("method=hold context=3 horizon=1", &bus);
  GstVideoInfo info;

  push_masks (h, 0, 2, 0);
  gst_harness_set_src_caps_str (
      h, "video/x-raw,format=GRAY8,width=64,height=48,framerate=25/1");
  nf_test_push_frames (h, 2, 2);
  nf_test_expect_warning (bus, "ended after 2 of the 3 frames");
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
  nf_test_push_frames (h, 4, 1);
  info = nf_test_output_info (h);
  fail_unless_equals_int (info.width, 64);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 1);
  fail_unless_equals_int (nf_test_stat (h->element, "incomplete"), 1);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* a frame that is marked DISCONT begins the next clip */
GST_START_TEST (test_extrapolate_clips)
{
  guint8 expected[WIDTH * HEIGHT];
  GstBus *bus;
  GstHarness *h = new_harness ("method=hold context=2 horizon=1", &bus);

  for (guint i = 0; i < 9; i++) {
    GstBuffer *mask = new_mask (i, 0);

    if (i % 3 == 0)
      GST_BUFFER_FLAG_SET (mask, GST_BUFFER_FLAG_DISCONT);
    fail_unless_equals_int (gst_harness_push (h, mask), GST_FLOW_OK);
  }
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 3);
  for (guint i = 1; i < 9; i += 3) {
    paint (expected, i);
    expect_mask (h, i + 1, expected);
  }
  fail_unless_equals_int (nf_test_stat (h->element, "clips"), 3);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* the same element once more, after it was stopped */
GST_START_TEST (test_extrapolate_restart)
{
  guint8 expected[WIDTH * HEIGHT];
  GstBus *bus;
  GstHarness *h = new_harness ("method=hold context=2 horizon=1", &bus);

  push_masks (h, 0, 1, 0);
  gst_element_set_state (h->element, GST_STATE_READY);
  g_object_set (h->element, "context", 1, NULL);
  gst_harness_play (h);
  gst_harness_set_src_caps_str (h, CAPS);
  push_masks (h, 4, 1, 0);
  paint (expected, 4);
  expect_mask (h, 5, expected);
  fail_unless_equals_int (nf_test_stat (h->element, "frames-in"), 1);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_extrapolate_colour_fails)
{
  g_autoptr (GstCaps) caps =
      gst_caps_from_string ("video/x-raw,format=RGB,width=8,height=8");
  GstBus *bus;
  GstHarness *h = nf_test_harness_new ("nfextrapolate", &bus);

  fail_if (gst_pad_peer_query_accept_caps (h->srcpad, caps));
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static gpointer
push_last (gpointer data)
{
  GstHarness *h = data;

  return GINT_TO_POINTER (gst_harness_push (h, new_mask (10, 0)));
}

/* a flush does not wait for a prediction that takes minutes, and the next one is
 * made as if nothing had been */
GST_START_TEST (test_extrapolate_flush)
{
  GstBus *bus;
  GstHarness *h = new_harness (
      "method=dynamics futures=1000 decide=pooled horizon=1000 emit=rollout",
      &bus);
  guint8 expected[WIDTH * HEIGHT];
  GThread *thread;

  push_masks (h, 0, 10, 0);
  thread = g_thread_new ("push", push_last, h);
  while (nf_test_stat (h->element, "frames-in") < 11)
    g_usleep (1000);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  fail_unless_equals_int (
      GPOINTER_TO_INT (g_thread_join (thread)), GST_FLOW_FLUSHING);
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  nf_test_expect_no_error (bus);
  g_object_set (h->element, "futures", 48, "horizon", 2, NULL);
  gst_harness_push_event (h, nf_test_new_segment (1));
  push_masks (h, 0, 11, 0);
  predict (NF_EXTRAPOLATE_DYNAMICS, 11, 1, expected);
  expect_mask (h, 11, expected);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static Suite *
nfextrapolate_suite (void)
{
  Suite *suite = suite_create ("nfextrapolate");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_extrapolate_method, 0, G_N_ELEMENTS (methods));
  tcase_add_loop_test (tc, test_extrapolate_futures, 0, 3);
  tcase_add_loop_test (tc, test_extrapolate_futures_rollout, 0, 3);
  tcase_add_loop_test (
      tc, test_extrapolate_colorimetry, 0, G_N_ELEMENTS (colorimetries));
  tcase_add_test (tc, test_extrapolate_emit_all);
  tcase_add_test (tc, test_extrapolate_sliding);
  tcase_add_test (tc, test_extrapolate_caps_change);
  tcase_add_test (tc, test_extrapolate_clips);
  tcase_add_test (tc, test_extrapolate_restart);
  tcase_add_test (tc, test_extrapolate_colour_fails);
  tcase_add_test (tc, test_extrapolate_flush);

  return suite;
}

GST_CHECK_MAIN (nfextrapolate)
