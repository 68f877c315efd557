/* SPDX-License-Identifier: MIT
 *
 * nfpredictmode — tests of nfpredict: modes of masked conditioning, and networks
 * that see every so many-th frame
 *
 * The network sees three frames before and two behind, and predicts two. Siblings:
 * nfpredict.c, masked.c (the same in the library) */
#include "nfmodelrig.h"
#include "nftestmodels.h"

static gchar *masked, *strided, *both;

static void
make_networks (void)
{
  NfUnetConfig c;

  nf_models_make ();
  masked = nf_models_path ("masked.safetensors");
  strided = nf_models_path ("strided.safetensors");
  nf_test_unet_config (&c);
  c.frame_stride = 2;
  nf_test_save_unet (strided, &c, 1);
  c.frame_stride = 1;
  c.num_frames_future = 2;
  c.prob_mask_cond = 0.5;
  c.prob_mask_future = 0.5;
  nf_test_save_unet (masked, &c, 1);
  both = nf_models_path ("both.safetensors");
  c.frame_stride = 2;
  nf_test_save_unet (both, &c, 1);
}

static void
remove_networks (void)
{
  nf_models_remove ();
  g_free (masked);
  g_free (strided);
  g_free (both);
}

static GstHarness *
new_harness (const gchar *network, const gchar *settings, GstBus **bus)
{
  g_autofree gchar *all =
      g_strdup_printf ("checkpoint=%s emit=rollout %s", network, settings);

  return nf_predict_harness_new (all, bus);
}

/* modes, frames of the clip that come, and those that go out */
static const struct
{
  const gchar *settings;
  guint from, n;
  guint n_out, out[6];
} rows[] = {
  { "mode=predict horizon=3", 0, 3, 3, { 3, 4, 5 } },
  /* three before, two that are not looked at, two behind */
  { "mode=interpolate", 0, 7, 2, { 3, 4 } },
  { "mode=interpolate emit=target", 0, 7, 1, { 4 } },
  { "mode=interpolate window=sliding stride=2", 0, 9, 4, { 3, 4, 5, 6 } },
  { "mode=backward", 10, 2, 2, { 8, 9 } },
  { "mode=generate", 4, 1, 2, { 4, 5 } },
};

GST_START_TEST (test_mode_times)
{
  GstBus *bus;
  GstHarness *h = new_harness (masked, rows[__i__].settings, &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, rows[__i__].from, rows[__i__].n);
  nf_predict_expect_frames (h, rows[__i__].out, rows[__i__].n_out);
  nf_test_expect_warning (bus, NULL);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* frames that are missing are drawn: those that came stand for others around
 * them alone */
GST_START_TEST (test_mode_gap_is_filled)
{
  static const guint numbers[] = { 3, 4 };
  GstBus *bus;
  GstHarness *whole = new_harness (masked, "mode=interpolate", &bus);
  GstBus *gap_bus;
  GstHarness *gap = new_harness (masked, "mode=interpolate", &gap_bus);
  GstVideoInfo info;

  gst_harness_set_src_caps_str (whole, NF_MODELS_CAPS);
  nf_test_push_frames (whole, 0, 7);
  gst_harness_set_src_caps_str (gap, NF_MODELS_CAPS);
  nf_test_push_frames (gap, 0, 3);
  nf_test_push_frames (gap, 5, 2);
  info = nf_test_output_info (whole);
  for (guint i = 0; i < 2; i++) {
    GstBuffer *a = gst_harness_pull (whole), *b = gst_harness_pull (gap);

    fail_unless (nf_test_same (a, b, &info));
    fail_unless_equals_clocktime (
        GST_BUFFER_PTS (b), numbers[i] * NF_MODELS_FRAME);
    gst_buffer_unref (a);
    gst_buffer_unref (b);
  }
  nf_test_harness_free (whole, bus);
  nf_test_harness_free (gap, gap_bus);
}
GST_END_TEST

/* Streams with holes: frames that come, and that go out. Three frames before a
 * hole and two behind the block of two are looked at. */
static const struct
{
  guint n, numbers[20];
  guint n_out, out[20];
  guint predictions;
} holes[] = {
  /* none */
  { 8, { 0, 1, 2, 3, 4, 5, 6, 7 }, 8, { 0, 1, 2, 3, 4, 5, 6, 7 }, 0 },
  /* as long as a block */
  { 7, { 0, 1, 2, 3, 6, 7, 8 }, 9, { 0, 1, 2, 3, 4, 5, 6, 7, 8 }, 1 },
  /* shorter: what came of the block passes */
  { 8, { 0, 1, 2, 4, 5, 6, 7, 8 }, 9, { 0, 1, 2, 3, 4, 5, 6, 7, 8 }, 1 },
  /* two, and the frames of the first one are context of the second */
  { 11, { 0, 1, 2, 4, 5, 6, 9, 10, 11, 12, 13 }, 14,
      { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 }, 2 },
  /* longer than a block */
  { 7, { 0, 1, 2, 6, 7, 8, 9 }, 7, { 0, 1, 2, 6, 7, 8, 9 }, 0 },
  /* too early: no context */
  { 6, { 0, 1, 3, 4, 5, 6 }, 6, { 0, 1, 3, 4, 5, 6 }, 0 },
  /* the end comes before the frames behind it */
  { 5, { 0, 1, 2, 4, 5 }, 5, { 0, 1, 2, 4, 5 }, 0 },
  /* a hole behind a hole shifts what is looked at past it */
  { 8, { 0, 1, 2, 4, 8, 9, 10, 11 }, 8, { 0, 1, 2, 4, 8, 9, 10, 11 }, 0 },
  /* a longer one than max-gap ends the clip, and what waits is not lost */
  { 8, { 0, 1, 2, 4, 50, 51, 52, 53 }, 8, { 0, 1, 2, 4, 50, 51, 52, 53 }, 0 },
};

/* gives a row to @h, and ends the stream */
static void
push_holes (GstHarness *h, guint row)
{
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  for (guint i = 0; i < holes[row].n; i++)
    nf_test_push_frames (h, holes[row].numbers[i], 1);
  gst_harness_push_event (h, gst_event_new_eos ());
}

GST_START_TEST (test_mode_fills_stream)
{
  GstBus *bus;
  GstHarness *h =
      new_harness (masked, "mode=interpolate window=sliding emit=gaps", &bus);
  g_autoptr (GstStructure) stats = NULL;
  GstElement *element;
  guint64 predictions;

  push_holes (h, __i__);
  nf_predict_expect_frames (h, holes[__i__].out, holes[__i__].n_out);
  nf_test_expect_warning (bus, NULL);
  element = gst_harness_find_element (h, "nfpredict");
  g_object_get (element, "stats", &stats, NULL);
  gst_object_unref (element);
  fail_unless (gst_structure_get_uint64 (stats, "clips", &predictions));
  fail_unless_equals_uint64 (predictions, holes[__i__].predictions);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* a frame of a hole is the one that the whole stream's block has there, and frames
 * that came pass as they are */
GST_START_TEST (test_mode_fill_is_interpolated)
{
  GstBus *bus;
  GstHarness *whole = new_harness (masked, "mode=interpolate", &bus);
  GstBus *hole_bus;
  GstHarness *hole = new_harness (
      masked, "mode=interpolate window=sliding emit=gaps", &hole_bus);
  GstVideoInfo info;

  gst_harness_set_src_caps_str (whole, NF_MODELS_CAPS);
  nf_test_push_frames (whole, 0, 7);
  gst_harness_set_src_caps_str (hole, NF_MODELS_CAPS);
  nf_test_push_frames (hole, 0, 3);
  nf_test_push_frames (hole, 5, 1);
  fail_unless_equals_int (gst_harness_buffers_in_queue (hole), 3);
  nf_test_push_frames (hole, 6, 1);
  fail_unless_equals_int (gst_harness_buffers_in_queue (hole), 7);
  info = nf_test_output_info (whole);
  for (guint i = 0; i < 7; i++) {
    GstBuffer *b = gst_harness_pull (hole);

    fail_unless (i == 0 || !GST_BUFFER_IS_DISCONT (b));
    if (i == 3 || i == 4) {
      GstBuffer *a = gst_harness_pull (whole);

      fail_unless (nf_test_same (a, b, &info));
      gst_buffer_unref (a);
    }
    gst_buffer_unref (b);
  }
  nf_test_harness_free (whole, bus);
  nf_test_harness_free (hole, hole_bus);
}
GST_END_TEST

/* frames before the time 0 do not exist */
GST_START_TEST (test_mode_before_time_zero)
{
  static const guint numbers[] = { 0 };
  GstBus *bus;
  GstHarness *h = new_harness (masked, "mode=backward", &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 1, 2);
  nf_test_expect_warning (bus, "before the time 0");
  nf_test_expect_warning (bus, NULL);
  nf_predict_expect_frames (h, numbers, 1);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_mode_stride)
{
  static const guint numbers[] = { 6, 8 };
  GstBus *bus;
  GstHarness *h = new_harness (strided, "horizon=4", &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 5);
  nf_predict_expect_frames (h, numbers, 2);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* Every second frame is known, before and behind those that are predicted: the others
 * may show anything, and each that is known counts. */
static const struct
{
  const gchar *settings;
  guint n; /* frames that come */
  guint n_known, known[5];
} seen[] = {
  { "mode=predict horizon=4", 5, 3, { 0, 2, 4 } },
  { "mode=interpolate", 13, 5, { 0, 2, 4, 10, 12 } },
  { "mode=backward", 3, 2, { 0, 2 } },
  { "mode=generate", 1, 0, { 0 } },
};

/* (transfer full): the first prediction of a row, where one frame shows something
 * else */
static GstBuffer *
predict_with_other (guint row, guint other, GstVideoInfo *info)
{
  GstBus *bus;
  GstHarness *h = new_harness (both, seen[row].settings, &bus);
  GstBuffer *made;

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  for (guint i = 0; i < seen[row].n; i++) {
    GstBuffer *frame = nf_test_next_frame (h, i == other ? 100 + i : i);

    nf_test_set_times (frame, 10 + i, NF_MODELS_FRAME);
    fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  }
  made = gst_harness_pull (h);
  *info = nf_test_output_info (h);
  nf_test_harness_drop (h, bus);

  return made;
}

GST_START_TEST (test_mode_known_frames)
{
  GstVideoInfo info;
  g_autoptr (GstBuffer) plain =
      predict_with_other (__i__, seen[__i__].n, &info);
  guint next = 0;

  for (guint i = 0; i < seen[__i__].n; i++) {
    g_autoptr (GstBuffer) made = predict_with_other (__i__, i, &info);
    const gboolean is_known =
        next < seen[__i__].n_known && seen[__i__].known[next] == i;

    next += is_known;
    fail_unless (nf_test_same (plain, made, &info) != is_known, "%s: frame %u",
        seen[__i__].settings, i);
  }
}
GST_END_TEST

/* how sampling ends is of the user's choice; auto goes with the clipping */
GST_START_TEST (test_mode_denoise)
{
  static const gchar *const same[] = { "clip=published",
    "clip=published denoise=again" };
  GstBus *bus;
  GstHarness *h = new_harness (masked, "denoise=none clip=published", &bus);
  GstBuffer *none, *again[2];
  GstVideoInfo info;

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 3);
  none = gst_harness_pull (h);
  info = nf_test_output_info (h);
  nf_test_harness_drop (h, bus);
  for (guint i = 0; i < 2; i++) {
    h = new_harness (masked, same[i], &bus);
    gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
    nf_test_push_frames (h, 0, 3);
    again[i] = gst_harness_pull (h);
    nf_test_harness_drop (h, bus);
  }
  fail_unless (nf_test_same (again[0], again[1], &info));
  fail_if (nf_test_same (none, again[0], &info));
  gst_buffer_unref (none);
  gst_buffer_unref (again[0]);
  gst_buffer_unref (again[1]);
}
GST_END_TEST

static const struct
{
  const gchar *settings;
  gboolean masked;
  const gchar *says;
} refusals[] = {
  { "mode=interpolate", FALSE, "it knows: predict" },
  { "horizon=3", FALSE, "context: 2 and on in steps of 2" },
  { "mode=backward emit=all", TRUE, "emit=all with mode=backward" },
  { "mode=interpolate emit=gaps", TRUE, "emit=gaps needs window=sliding" },
  { "mode=backward window=sliding emit=gaps", TRUE, "mode=interpolate" },
  { "horizon=4 window=sliding emit=gaps", FALSE, "mode=interpolate" },
};

GST_START_TEST (test_mode_refused)
{
  g_autofree gchar *all =
      g_strdup_printf ("nfpredict checkpoint=%s device=cpu emit=rollout %s",
          refusals[__i__].masked ? masked : strided, refusals[__i__].settings);
  GstElement *element = gst_parse_launch (all, NULL);

  nf_test_expect_start_error (element, GST_LIBRARY_ERROR,
      GST_LIBRARY_ERROR_SETTINGS, refusals[__i__].says);
}
GST_END_TEST

static Suite *
nfpredictmode_suite (void)
{
  Suite *s = suite_create ("nfpredictmode");
  TCase *tc = tcase_create ("modes");

  suite_add_tcase (s, tc);
  tcase_add_unchecked_fixture (tc, make_networks, remove_networks);
  tcase_add_loop_test (tc, test_mode_times, 0, G_N_ELEMENTS (rows));
  tcase_add_test (tc, test_mode_gap_is_filled);
  tcase_add_loop_test (tc, test_mode_fills_stream, 0, G_N_ELEMENTS (holes));
  tcase_add_test (tc, test_mode_fill_is_interpolated);
  tcase_add_test (tc, test_mode_before_time_zero);
  tcase_add_test (tc, test_mode_stride);
  tcase_add_loop_test (tc, test_mode_known_frames, 0, G_N_ELEMENTS (seen));
  tcase_add_test (tc, test_mode_denoise);
  tcase_add_loop_test (tc, test_mode_refused, 0, G_N_ELEMENTS (refusals));

  return s;
}

GST_CHECK_MAIN (nfpredictmode)
