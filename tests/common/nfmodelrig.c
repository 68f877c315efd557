/* SPDX-License-Identifier: MIT
 *
 * nfmodelrig — what tests of elements with networks share: the networks in a
 * folder, harnesses, what the elements must give */
#include "nfmodelrig.h"

#include <nextframe/metrics/nfclasses.h>

#include "nftestmodels.h"

#include <nextframe/nets/nfsegmenter.h>

static gchar *folder, *predictor, *direct_predictor, *segmenter;

/**
 * nf_models_make:
 *
 * Makes the networks, for tcase_add_unchecked_fixture().
 */
void
nf_models_make (void)
{
  NfUnetConfig unet;
  NfUnetppConfig unetpp;

  folder = nf_test_folder_new ();
  predictor = nf_models_path ("next-frame.safetensors");
  direct_predictor = nf_models_path ("direct.safetensors");
  segmenter = nf_models_path ("unetpp.safetensors");
  nf_test_unet_config (&unet);
  nf_test_save_unet (predictor, &unet, 1);
  unet.num_frames = 1;
  unet.future_gap = 2;
  nf_test_save_unet (direct_predictor, &unet, 1);
  nf_test_unetpp_config (&unetpp);
  nf_test_save_unetpp (segmenter, &unetpp, 3);
}

void
nf_models_remove (void)
{
  nf_test_folder_remove (folder);
  g_free (folder);
  g_free (predictor);
  g_free (direct_predictor);
  g_free (segmenter);
}

/**
 * nf_models_path:
 * @name: of a file
 *
 * Returns: (transfer full): its path in a folder that is removed with the models
 */
gchar *
nf_models_path (const gchar *name)
{
  return g_build_filename (folder, name, NULL);
}

/**
 * nf_models_predictor:
 *
 * Returns: (transfer none): path of a network that predicts two frames at once
 */
const gchar *
nf_models_predictor (void)
{
  return predictor;
}

/**
 * nf_models_direct_predictor:
 *
 * Returns: (transfer none): path of a network that predicts the third frame
 *   alone
 */
const gchar *
nf_models_direct_predictor (void)
{
  return direct_predictor;
}

/**
 * nf_models_segmenter:
 *
 * Returns: (transfer none): path of a network that names the objects of a frame
 */
const gchar *
nf_models_segmenter (void)
{
  return segmenter;
}

/**
 * nf_models_restart:
 * @h: a harness
 *
 * Stops the element and starts it again.
 */
void
nf_models_restart (GstHarness *h)
{
  fail_unless_equals_int (gst_element_set_state (h->element, GST_STATE_NULL),
      GST_STATE_CHANGE_SUCCESS);
  fail_unless_equals_int (gst_element_set_state (h->element, GST_STATE_PLAYING),
      GST_STATE_CHANGE_SUCCESS);
}

/**
 * nf_models_begin_stream:
 * @h: a harness whose element was started
 *
 * Pushes what stands before the first frame of %NF_MODELS_CAPS.
 */
void
nf_models_begin_stream (GstHarness *h)
{
  gst_harness_push_event (h, gst_event_new_stream_start ("again"));
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  gst_harness_push_event (h, nf_models_new_segment ());
}

/**
 * nf_models_new_gap:
 *
 * Returns: (transfer full): that there is no frame 3
 */
GstEvent *
nf_models_new_gap (void)
{
  return gst_event_new_gap (3 * NF_MODELS_FRAME, NF_MODELS_FRAME);
}

/**
 * nf_models_new_segment:
 *
 * Returns: (transfer full): nf_test_new_segment() at rate 1, for tables
 */
GstEvent *
nf_models_new_segment (void)
{
  return nf_test_new_segment (1.0);
}

/**
 * nf_models_new_tag:
 *
 * Returns: (transfer full): a tag that stands between frames
 */
GstEvent *
nf_models_new_tag (void)
{
  return gst_event_new_tag (
      gst_tag_list_new (GST_TAG_TITLE, "in between", NULL));
}

static GstPadProbeReturn
note_order (GstPad *pad, GstPadProbeInfo *info, gpointer order)
{
  if ((info->type & GST_PAD_PROBE_TYPE_BUFFER) != 0)
    g_string_append_c (order, 'b');
  else if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_TAG)
    g_string_append_c (order, 't');

  return GST_PAD_PROBE_OK;
}

/**
 * nf_models_watch_order:
 * @h: a harness
 * @order: gets a letter for what leaves: b for a buffer, t for a tag; outlives @h
 */
void
nf_models_watch_order (GstHarness *h, GString *order)
{
  g_autoptr (GstPad) src = gst_element_get_static_pad (h->element, "src");

  gst_pad_add_probe (src,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      note_order, order, NULL);
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
      "nfpredict checkpoint=%s device=cpu steps=2 horizon=3 %s", predictor,
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
        GST_BUFFER_PTS (buffer), numbers[i] * NF_MODELS_FRAME);
    fail_unless_equals_clocktime (
        GST_BUFFER_DURATION (buffer), NF_MODELS_FRAME);
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

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  for (guint i = 0; i <= skip; i++) {
    if (i > 0)
      gst_harness_push_event (h, gst_event_new_stream_start ("again"));
    nf_test_push_frames (h, 0, NF_MODELS_CONTEXT);
  }
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), skip + 1);
  for (guint i = 0; i < skip; i++)
    gst_buffer_unref (gst_harness_pull (h));
  out = gst_harness_pull (h);
  nf_test_harness_free (h, bus);

  return out;
}

/**
 * nf_segment_harness_new:
 * @settings: properties, as in gst-launch-1.0; pixels decide unless they say
 *   otherwise
 * @bus: (out): gets its messages
 *
 * Returns: (transfer full): nfsegment on the CPU
 */
GstHarness *
nf_segment_harness_new (const gchar *settings, GstBus **bus)
{
  g_autofree gchar *launch =
      g_strdup_printf ("nfsegment checkpoint=%s device=cpu decision=pixel %s",
          segmenter, settings);

  return nf_test_harness_new (launch, bus);
}

/**
 * nf_segment_expected:
 * @frame: of any format
 * @info: of @frame
 * @dtype: what the network computes in
 * @tta: whether it sees the mirrored frame, too
 *
 * Returns: (transfer full): the mask that the library has for the frame
 */
GBytes *
nf_segment_expected (
    GstBuffer *frame, const GstVideoInfo *info, NfDType dtype, gboolean tta)
{
  g_autoptr (GBytes) rgb = nf_test_pixels (frame, info, GST_VIDEO_FORMAT_RGB);
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (NfSegmenter) network = nf_segmenter_load (segmenter, device, NULL);
  gsize area = (gsize) info->width * info->height;
  guint8 *mask = g_malloc (area);

  fail_unless (network != NULL);
  fail_unless (
      nf_segmenter_run (network, dtype, tta, g_bytes_get_data (rgb, NULL), 1,
          info->height, info->width, mask, NULL, NULL));

  return g_bytes_new_take (mask, area);
}

/**
 * nf_segment_add_probabilities:
 * @number: of a test picture of %NF_MODELS_CAPS
 * @sum: (inout): (H, W, classes): gets the probabilities added that the library
 *   has for the picture
 */
void
nf_segment_add_probabilities (guint number, gfloat *sum)
{
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (NfSegmenter) network = nf_segmenter_load (segmenter, device, NULL);
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  g_autofree gfloat *p = NULL;
  g_autoptr (GstBuffer) frame = NULL;
  g_autoptr (GBytes) rgb = NULL;
  g_autoptr (NfTensor) pixels = NULL;
  g_autoptr (NfTensor) all = NULL;
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  frame = nf_test_frame (&info, number, 0);
  rgb = nf_test_pixels (frame, &info, GST_VIDEO_FORMAT_RGB);
  pixels = nf_tensor_new_from_nhwc (device, NF_U8, 1, 3, info.height,
      info.width, g_bytes_get_data (rgb, NULL), NULL);
  all = nf_segmenter_probabilities (network, NF_F32, FALSE, pixels, NULL, NULL);
  fail_unless (all != NULL);
  p = g_malloc (all->bytes);
  fail_unless (nf_tensor_to_nhwc (all, p, NULL));
  for (gsize i = 0; i < all->bytes / sizeof *p; i++)
    sum[i] += p[i];
}

/**
 * nf_segment_expect:
 * @h: nfsegment with a mask in the queue
 * @expected: what that must be
 */
void
nf_segment_expect (GstHarness *h, GBytes *expected)
{
  GstVideoInfo info = nf_test_output_info (h);
  GstBuffer *out = gst_harness_pull (h);
  g_autoptr (GBytes) mask = nf_test_pixels (out, &info, GST_VIDEO_FORMAT_GRAY8);

  fail_unless_equals_int (
      GST_VIDEO_INFO_FORMAT (&info), GST_VIDEO_FORMAT_GRAY8);
  fail_unless (g_bytes_equal (mask, expected));
  gst_buffer_unref (out);
}

/**
 * nf_segment_overlay:
 * @mask: classes, one a pixel
 * @frame: RGB
 * @pixels: of both
 * @rgb: (out): RGB: the frame where there is ground, and an object half in the
 *   colour of its class
 */
void
nf_segment_overlay (
    const guint8 *mask, const guint8 *frame, gsize pixels, guint8 *rgb)
{
  for (gsize i = 0; i < 3 * pixels; i++) {
    const guint8 id = mask[i / 3];
    const guint color = nf_class_colors ()[3 * id + i % 3];

    rgb[i] = id == 0 ? frame[i] : (guint8) ((color + frame[i] + 1) / 2);
  }
}
