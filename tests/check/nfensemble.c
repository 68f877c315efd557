/* SPDX-License-Identifier: MIT
 *
 * nfensemble — tests of predictions that stay apart, and meet as probabilities
 *
 * nfpredict pushes each of them with ensemble-mode=each; nfsegment makes one mask
 * of them. Siblings: nfpredictbatch.c, nfsegmentconfidence.c */
#include "nfmodelrig.h"

#include <nextframe/diffusion/nfensemble.h>

#include <string.h>

#define WIDTH 24
#define HEIGHT 16
#define PIXELS (WIDTH * HEIGHT)
#define CLASSES 49
#define META "NfEnsembleMeta"
#define N 3

/* G_MAXUINT where the buffer has no meta, or one of other ensembles */
static guint
prediction_of (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, META);
  guint prediction, predictions;

  if (meta == NULL
      || !gst_structure_get (gst_custom_meta_get_structure (meta), "prediction",
          G_TYPE_UINT, &prediction, "predictions", G_TYPE_UINT, &predictions,
          NULL)
      || predictions != N)
    return G_MAXUINT;

  return prediction;
}

/* --- nfpredict --- */

static void
push_clips (GstHarness *h)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  for (guint i = 0; i < 8; i++) {
    GstBuffer *frame = nf_test_frame (&info, i, 0);

    nf_test_set_times (frame, i, NF_MODELS_FRAME);
    if (i == 4)
      GST_BUFFER_FLAG_SET (frame, GST_BUFFER_FLAG_DISCONT);
    fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  }
  gst_harness_push_event (h, gst_event_new_eos ());
}

static GstHarness *
predict (const gchar *settings, const gchar *mode, GstBus **bus)
{
  g_autofree gchar *all = g_strdup_printf (
      "sampler=ddpm ensemble=%d ensemble-mode=%s %s", N, mode, settings);
  GstHarness *h = nf_predict_harness_new (all, bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  push_clips (h);

  return h;
}

static const gchar *const settings[] = { "", "emit=rollout",
  "batch-size=2 emit=rollout", "window=sliding emit=rollout", "guide=hold" };

/* within one step: where frames are scaled the mean is rounded before that */
static void
expect_near (const guint8 *made, GBytes *wanted)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (wanted, &size);

  for (gsize i = 0; i < size; i++)
    fail_unless (ABS (made[i] - data[i]) <= 1,
        "byte %" G_GSIZE_FORMAT ": %u, expected %u", i, made[i], data[i]);
}

/* the predictions that ensemble-mode=mean makes the mean of, one after the
 * other */
GST_START_TEST (test_ensemble_each)
{
  GstBus *bus, *mean_bus;
  GstHarness *h = predict (settings[__i__], "each", &bus);
  GstHarness *mean = predict (settings[__i__], "mean", &mean_bus);
  GstVideoInfo info = nf_test_output_info (h);
  const guint n = gst_harness_buffers_in_queue (mean);

  fail_unless (n >= 2);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), N * n);
  for (guint i = 0; i < n; i++) {
    g_autoptr (GstBuffer) wanted = gst_harness_pull (mean);
    g_autoptr (GBytes) wanted_rgb =
        nf_test_pixels (wanted, &info, GST_VIDEO_FORMAT_RGB);
    g_autofree guint8 *made = g_malloc (g_bytes_get_size (wanted_rgb));
    const guint8 *rgb[N];
    GBytes *bytes[N];

    fail_unless_equals_int (prediction_of (wanted), G_MAXUINT);
    for (guint k = 0; k < N; k++) {
      g_autoptr (GstBuffer) one = gst_harness_pull (h);

      fail_unless_equals_int (prediction_of (one), k);
      fail_unless_equals_clocktime (
          GST_BUFFER_PTS (one), GST_BUFFER_PTS (wanted));
      fail_unless_equals_clocktime (
          GST_BUFFER_DURATION (one), GST_BUFFER_DURATION (wanted));
      fail_unless_equals_uint64 (
          GST_BUFFER_OFFSET (one), GST_BUFFER_OFFSET (wanted));
      fail_unless (k == 0 || !GST_BUFFER_IS_DISCONT (one));
      bytes[k] = nf_test_pixels (one, &info, GST_VIDEO_FORMAT_RGB);
      rgb[k] = g_bytes_get_data (bytes[k], NULL);
    }
    fail_unless (!g_bytes_equal (bytes[0], bytes[1]));
    nf_ensemble_combine (
        NF_ENSEMBLE_MEAN, rgb, N, g_bytes_get_size (wanted_rgb), made);
    expect_near (made, wanted_rgb);
    for (guint k = 0; k < N; k++)
      g_bytes_unref (bytes[k]);
  }
  nf_test_harness_free (h, bus);
  nf_test_harness_free (mean, mean_bus);
}
GST_END_TEST

/* --- nfsegment --- */

/* (transfer full): what the library says of pictures, added up */
static gfloat *
sum_of (const guint *numbers, guint n)
{
  gfloat *sum = g_new0 (gfloat, PIXELS * CLASSES);

  for (guint i = 0; i < n; i++)
    nf_segment_add_probabilities (numbers[i], sum);

  return sum;
}

/* the planes that a mask carries are the mean over pictures; within one step:
 * another sum rounds otherwise */
static void
expect_mean (GstBuffer *mask, const guint *numbers, guint n)
{
  g_autofree gfloat *sum = sum_of (numbers, n);
  GstCustomMeta *meta =
      gst_buffer_get_custom_meta (mask, "NfProbabilitiesMeta");
  g_autoptr (GstBuffer) planes = NULL;
  guint classes, height, width;
  GstMapInfo map;

  fail_unless (meta != NULL
      && gst_structure_get (gst_custom_meta_get_structure (meta), "planes",
          GST_TYPE_BUFFER, &planes, "classes", G_TYPE_UINT, &classes, "height",
          G_TYPE_UINT, &height, "width", G_TYPE_UINT, &width, NULL));
  fail_unless (classes == CLASSES && height == HEIGHT && width == WIDTH);
  fail_unless (gst_buffer_map (planes, &map, GST_MAP_READ));
  fail_unless_equals_uint64 (map.size, PIXELS * CLASSES);
  for (guint k = 0; k < CLASSES; k++)
    for (guint i = 0; i < PIXELS; i++) {
      const gint wanted =
          (gint) (255 * sum[i * CLASSES + k] / (gfloat) n + 0.5f);

      fail_unless (ABS (map.data[k * PIXELS + i] - wanted) <= 1,
          "class %u, pixel %u: %u, expected %d", k, i, map.data[k * PIXELS + i],
          wanted);
    }
  gst_buffer_unmap (planes, &map);
}

/* each pixel's class is the first one of those that are most likely */
static void
expect_argmax (GstBuffer *mask, const guint *numbers, guint n)
{
  g_autofree gfloat *sum = sum_of (numbers, n);
  GstMapInfo map;

  fail_unless (gst_buffer_map (mask, &map, GST_MAP_READ));
  for (guint i = 0; i < PIXELS; i++) {
    const gfloat *p = sum + i * CLASSES;
    const gfloat chosen = p[map.data[i]];

    for (guint k = 0; k < CLASSES; k++)
      fail_unless (
          p[k] <= chosen + 1e-5f, "pixel %u: %u, not %u", i, map.data[i], k);
  }
  gst_buffer_unmap (mask, &map);
}

/* picture @number as prediction @prediction of frame @frame */
static void
push_prediction (GstHarness *h, guint frame, guint number, guint prediction)
{
  static const gchar *tags[] = { NULL };
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstCustomMeta *meta;
  GstVideoInfo info;
  GstBuffer *buffer;

  fail_unless (gst_video_info_from_caps (&info, caps));
  buffer = nf_test_frame (&info, number, 0);
  nf_test_set_times (buffer, frame, NF_MODELS_FRAME);
  if (gst_meta_get_info (META) == NULL)
    gst_meta_register_custom (META, tags, NULL, NULL, NULL);
  meta = gst_buffer_add_custom_meta (buffer, META);
  gst_structure_set (gst_custom_meta_get_structure (meta), "prediction",
      G_TYPE_UINT, prediction, "predictions", G_TYPE_UINT, N, NULL);
  fail_unless_equals_int (gst_harness_push (h, buffer), GST_FLOW_OK);
}

static void
expect_mask (
    GstHarness *h, guint frame, gboolean pixel, const guint *numbers, guint n)
{
  g_autoptr (GstBuffer) mask = gst_harness_pull (h);

  fail_unless_equals_clocktime (GST_BUFFER_PTS (mask), frame * NF_MODELS_FRAME);
  fail_unless (gst_buffer_get_custom_meta (mask, META) == NULL);
  expect_mean (mask, numbers, n);
  if (pixel)
    expect_argmax (mask, numbers, n);
}

static const gchar *const ways[] = { "decision=pixel", "decision=region",
  "decision=clip", "decision=pixel batch-size=2",
  "decision=region batch-size=2" };

/* all predictions of a frame; some, where late ones were dropped; a lone frame; and
 * some at the end */
GST_START_TEST (test_ensemble_one_mask)
{
  static const guint numbers[] = { 0, 1, 2, 3, 5, 6, 8, 9 };
  const gboolean pixel = strstr (ways[__i__], "pixel") != NULL;
  g_autofree gchar *all =
      g_strdup_printf ("probabilities=true %s", ways[__i__]);
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new (all, &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  for (guint k = 0; k < N; k++)
    push_prediction (h, 0, numbers[k], k);
  if (strstr (all, "batch-size") == NULL && strstr (all, "clip") == NULL)
    fail_unless_equals_int (gst_harness_buffers_in_queue (h), 1);
  push_prediction (h, 1, numbers[3], 0);
  push_prediction (h, 1, numbers[4], 2);
  nf_test_push_frames (h, numbers[5], 1);
  push_prediction (h, 7, numbers[6], 0);
  push_prediction (h, 7, numbers[7], 1);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 4);
  expect_mask (h, 0, pixel, numbers, 3);
  expect_mask (h, 1, pixel, numbers + 3, 2);
  expect_mask (h, 6, pixel, numbers + 5, 1);
  expect_mask (h, 7, pixel, numbers + 6, 2);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* the last prediction of a moment is missing, and those of the next one come one by
 * one; then one comes late, after its mask was made */
GST_START_TEST (test_ensemble_behind_incomplete)
{
  static const guint numbers[] = { 0, 1, 2, 3, 5, 6, 8 };
  const gboolean pixel = strstr (ways[__i__], "pixel") != NULL;
  g_autofree gchar *all =
      g_strdup_printf ("probabilities=true %s", ways[__i__]);
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new (all, &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  push_prediction (h, 0, numbers[0], 0);
  push_prediction (h, 0, numbers[1], 1);
  for (guint k = 0; k < N; k++)
    push_prediction (h, 1, numbers[2 + k], k);
  push_prediction (h, 2, numbers[5], 0);
  gst_harness_push_event (h, nf_models_new_gap ());
  push_prediction (h, 2, numbers[6], 1);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 3);
  expect_mask (h, 0, pixel, numbers, 2);
  expect_mask (h, 1, pixel, numbers + 2, 3);
  expect_mask (h, 2, pixel, numbers + 5, 1);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* all predictions of a moment, or none: a late first one is left out with the
 * others, and others of one that was in time are not */
GST_START_TEST (test_ensemble_qos)
{
  static const guint numbers[] = { 0, 1, 2, 3, 5, 6 };
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("probabilities=true qos=true", &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  push_prediction (h, 0, numbers[0], 0);
  gst_harness_push_upstream_event (h,
      gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 1.0, 10 * NF_MODELS_FRAME, 0));
  push_prediction (h, 0, numbers[1], 1);
  push_prediction (h, 0, numbers[2], 2);
  for (guint k = 0; k < N; k++)
    push_prediction (h, 1, numbers[3 + k], k);
  for (guint k = 0; k < N; k++)
    push_prediction (h, 40, numbers[3 + k], k);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 2);
  expect_mask (h, 0, FALSE, numbers, 3);
  expect_mask (h, 40, FALSE, numbers + 3, 3);
  fail_unless_equals_int (nf_test_stat (h->element, "dropped"), 3);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static Suite *
nf_ensemble_suite (void)
{
  Suite *suite = suite_create ("nf-ensemble");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_loop_test (tc, test_ensemble_each, 0, G_N_ELEMENTS (settings));
  tcase_add_loop_test (tc, test_ensemble_one_mask, 0, G_N_ELEMENTS (ways));
  tcase_add_loop_test (
      tc, test_ensemble_behind_incomplete, 0, G_N_ELEMENTS (ways));
  tcase_add_test (tc, test_ensemble_qos);

  return suite;
}

GST_CHECK_MAIN (nf_ensemble)
