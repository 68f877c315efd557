/* SPDX-License-Identifier: MIT
 *
 * nfpredictbatch — tests of nfpredict: several clips predicted at once
 *
 * Whatever the batch, the same frames come in the same order, with the same
 * times and marks. Siblings: nfpredict.c, nfpredictclips.c, masked.c */
#include "nfmodelrig.h"

#include <string.h>

#define CLIPS 5
#define MOST_FRAMES 64

typedef struct
{
  GstBuffer *frames[MOST_FRAMES];
  guint n;
  GstVideoInfo info;
} Output;

static void
output_clear (Output *output)
{
  for (guint i = 0; i < output->n; i++)
    gst_buffer_unref (output->frames[i]);
}

/* a clip that begins with a mark; clip 2 is too short for a prediction */
static void
push_clip (GstHarness *h, guint clip)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  for (guint i = 0; i < (clip == 2 ? 2 : 4); i++) {
    GstBuffer *frame = nf_test_frame (&info, 10 * clip + i, 0);

    nf_test_set_times (frame, 10 * clip + i, NF_MODELS_FRAME);
    if (i == 0)
      GST_BUFFER_FLAG_SET (frame, GST_BUFFER_FLAG_DISCONT);
    fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  }
}

static void
collect (const gchar *settings, guint batch, Output *output)
{
  g_autofree gchar *all =
      g_strdup_printf ("batch-size=%u emit=rollout %s", batch, settings);
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new (all, &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  for (guint clip = 0; clip < CLIPS; clip++)
    push_clip (h, clip);
  gst_harness_push_event (h, gst_event_new_eos ());
  output->info = nf_test_output_info (h);
  for (output->n = 0; gst_harness_buffers_in_queue (h) > 0; output->n++) {
    fail_unless (output->n < MOST_FRAMES);
    output->frames[output->n] = gst_harness_pull (h);
  }
  nf_test_harness_free (h, bus);
}

static const gchar *const settings[] = { "sampler=ddpm",
  "sampler=ddpm ensemble=2 ensemble-mode=medoid", "window=sliding stride=2",
  "guide=hold" };

GST_START_TEST (test_batch_same_frames)
{
  Output alone;

  collect (settings[__i__], 1, &alone);
  fail_unless (alone.n >= 12);
  for (guint batch = 2; batch <= 8; batch += 3) {
    Output together;

    collect (settings[__i__], batch, &together);
    fail_unless_equals_int (together.n, alone.n);
    for (guint i = 0; i < alone.n; i++) {
      GstBuffer *a = alone.frames[i], *b = together.frames[i];

      fail_unless (nf_test_same (a, b, &alone.info));
      fail_unless_equals_clocktime (GST_BUFFER_PTS (a), GST_BUFFER_PTS (b));
      fail_unless_equals_clocktime (
          GST_BUFFER_DURATION (a), GST_BUFFER_DURATION (b));
      fail_unless_equals_uint64 (GST_BUFFER_OFFSET (a), GST_BUFFER_OFFSET (b));
      /* the base class marks the first frame that leaves after a mark came */
      if (GST_BUFFER_IS_DISCONT (a)
          || strstr (settings[__i__], "sliding") == NULL)
        fail_unless_equals_int (
            GST_BUFFER_IS_DISCONT (a), GST_BUFFER_IS_DISCONT (b));
    }
    output_clear (&together);
  }
  output_clear (&alone);
}
GST_END_TEST

/* nothing comes before as many clips are there, and an event between frames ends
 * the wait */
GST_START_TEST (test_batch_waits)
{
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new ("batch-size=2", &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  push_clip (h, 0);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
  push_clip (h, 1);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 2);
  push_clip (h, 3);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 2);
  gst_harness_push_event (h, nf_models_new_segment ());
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 3);
  fail_unless_equals_int (nf_test_stat (h->element, "clips"), 3);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* tags stay where they were between the clips */
GST_START_TEST (test_batch_tags)
{
  g_autoptr (GString) order = g_string_new (NULL);
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new ("batch-size=3", &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_models_watch_order (h, order);
  for (guint clip = 0; clip < 2; clip++) {
    gst_harness_push_event (h, nf_models_new_tag ());
    push_clip (h, clip);
  }
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_string (order->str, "tbtb");
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* the horizon may change while clips wait: each goes as far as it was when the clip
 * was over, with the frames that it has alone */
GST_START_TEST (test_batch_horizons)
{
  static const guint horizons[] = { 4, 2, 2, 3 };
  g_autoptr (GPtrArray) alone =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
  guint n = 0;

  for (guint together = 0; together < 2; together++) {
    g_autofree gchar *batch = g_strdup_printf ("emit=rollout batch-size=%u",
        together ? (guint) G_N_ELEMENTS (horizons) : 1);
    GstBus *bus;
    GstHarness *h = nf_predict_harness_new (batch, &bus);
    GstBuffer *frame;
    GstVideoInfo info;

    gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
    for (guint i = 0; i < G_N_ELEMENTS (horizons); i++) {
      gst_harness_set (h, "nfpredict", "horizon", horizons[i], NULL);
      push_clip (h, i == 2 ? 5 : i);
    }
    gst_harness_push_event (h, gst_event_new_eos ());
    info = nf_test_output_info (h);
    while ((frame = gst_harness_try_pull (h)) != NULL) {
      if (together) {
        GstBuffer *other = g_ptr_array_index (alone, n++);

        fail_unless_equals_clocktime (
            GST_BUFFER_PTS (frame), GST_BUFFER_PTS (other));
        fail_unless (nf_test_same (frame, other, &info));
        gst_buffer_unref (frame);
      } else {
        g_ptr_array_add (alone, frame);
      }
    }
    nf_test_harness_free (h, bus);
  }
  fail_unless_equals_int (n, 4 + 2 + 2 + 3);
  fail_unless_equals_int (alone->len, n);
}
GST_END_TEST

/* a flush forgets what waits */
GST_START_TEST (test_batch_flush)
{
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new ("batch-size=2", &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  push_clip (h, 0);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (h, nf_models_new_segment ());
  push_clip (h, 1);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 1);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_batch_refused)
{
  g_autofree gchar *launch = g_strdup_printf (
      "nfpredict checkpoint=%s device=cpu horizon=3 batch-size=2 emit=all",
      nf_models_predictor ());

  nf_test_expect_start_error (gst_parse_launch (launch, NULL),
      GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "emit=all with batch-size=2");
}
GST_END_TEST

static Suite *
nfpredictbatch_suite (void)
{
  Suite *s = suite_create ("nfpredictbatch");
  TCase *tc = tcase_create ("batch");

  suite_add_tcase (s, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_loop_test (tc, test_batch_same_frames, 0, G_N_ELEMENTS (settings));
  tcase_add_test (tc, test_batch_waits);
  tcase_add_test (tc, test_batch_tags);
  tcase_add_test (tc, test_batch_horizons);
  tcase_add_test (tc, test_batch_flush);
  tcase_add_test (tc, test_batch_refused);

  return s;
}

GST_CHECK_MAIN (nfpredictbatch)
