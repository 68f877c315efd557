/* SPDX-License-Identifier: MIT
 *
 * nfpredictrig — what the tests of nfpredict share: networks, a harness */
#include "nfpredictrig.h"

#include "nftestmodels.h"

static gchar *folder, *checkpoint, *direct_checkpoint;

/**
 * nf_predict_path:
 * @name: of a file
 *
 * Returns: (transfer full): its path in a folder that is removed with the models
 */
gchar *
nf_predict_path (const gchar *name)
{
  return g_build_filename (folder, name, NULL);
}

/**
 * nf_predict_make_models:
 *
 * Makes the networks, for tcase_add_unchecked_fixture().
 */
void
nf_predict_make_models (void)
{
  NfUnetConfig config;

  folder = nf_test_folder_new ();
  checkpoint = nf_predict_path ("next-frame.safetensors");
  direct_checkpoint = nf_predict_path ("direct.safetensors");
  nf_test_unet_config (&config);
  nf_test_save_unet (checkpoint, &config, 1);
  config.num_frames = 1;
  config.future_gap = 2;
  nf_test_save_unet (direct_checkpoint, &config, 1);
}

void
nf_predict_remove_models (void)
{
  nf_test_folder_remove (folder);
  g_free (folder);
  g_free (checkpoint);
  g_free (direct_checkpoint);
}

/**
 * nf_predict_checkpoint:
 *
 * Returns: (transfer none): path of a network that draws frame by frame
 */
const gchar *
nf_predict_checkpoint (void)
{
  return checkpoint;
}

/**
 * nf_predict_direct_checkpoint:
 *
 * Returns: (transfer none): path of a network that draws the third frame alone
 */
const gchar *
nf_predict_direct_checkpoint (void)
{
  return direct_checkpoint;
}

/**
 * nf_predict_harness_new:
 * @settings: properties, as in gst-launch-1.0; few steps, and a short way ahead,
 *   unless they say otherwise
 * @bus: (out): gets its messages
 *
 * Returns: (transfer full): nfpredict on the CPU
 */
GstHarness *
nf_predict_harness_new (const gchar *settings, GstBus **bus)
{
  g_autofree gchar *launch = g_strdup_printf (
      "nfpredict checkpoint=%s device=cpu steps=2 horizon=3 %s", checkpoint,
      settings);

  return nf_test_harness_new (launch, bus);
}

/**
 * nf_predict_expect_frames:
 * @h: with frames in the queue
 * @numbers: (array length=n): of these frames, by their times; no others are
 *   there
 * @n: how many
 */
void
nf_predict_expect_frames (GstHarness *h, const guint *numbers, guint n)
{
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), n);
  for (guint i = 0; i < n; i++) {
    GstBuffer *buffer = gst_harness_pull (h);

    fail_unless_equals_clocktime (
        GST_BUFFER_PTS (buffer), numbers[i] * NF_PREDICT_FRAME);
    fail_unless_equals_clocktime (
        GST_BUFFER_DURATION (buffer), NF_PREDICT_FRAME);
    fail_unless_equals_clocktime (GST_BUFFER_DTS (buffer), GST_CLOCK_TIME_NONE);
    gst_buffer_unref (buffer);
  }
}

/**
 * nf_predict_one:
 * @settings: properties
 * @skip: number of the clip
 *
 * Returns: (transfer full): the prediction for the same frames in that clip
 */
GstBuffer *
nf_predict_one (const gchar *settings, guint skip)
{
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new (settings, &bus);
  GstBuffer *out;

  gst_harness_set_src_caps_str (h, NF_PREDICT_CAPS);
  for (guint i = 0; i <= skip; i++) {
    if (i > 0)
      gst_harness_push_event (h, gst_event_new_stream_start ("again"));
    nf_test_push_frames (h, 0, NF_PREDICT_CONTEXT);
  }
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), skip + 1);
  for (guint i = 0; i < skip; i++)
    gst_buffer_unref (gst_harness_pull (h));
  out = gst_harness_pull (h);
  nf_test_harness_free (h, bus);

  return out;
}
