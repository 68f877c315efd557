/* SPDX-License-Identifier: MIT
 *
 * nfpredictmode — tests of nfpredict: modes of masked conditioning, and networks
 * that see every so many-th frame
 *
 * The network sees three frames before and two behind, and draws two. Siblings:
 * nfpredict.c, masked.c (the same in the library) */
#include "nfmodelrig.h"
#include "nftestmodels.h"

static gchar *masked, *strided;

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
}

static void
remove_networks (void)
{
  nf_models_remove ();
  g_free (masked);
  g_free (strided);
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
  { "horizon=3", FALSE, "every 2-th" },
  { "mode=backward emit=all", TRUE, "emit=all with mode=backward" },
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
  tcase_add_test (tc, test_mode_before_time_zero);
  tcase_add_test (tc, test_mode_stride);
  tcase_add_test (tc, test_mode_denoise);
  tcase_add_loop_test (tc, test_mode_refused, 0, G_N_ELEMENTS (refusals));

  return s;
}

GST_CHECK_MAIN (nfpredictmode)
