/* SPDX-License-Identifier: MIT
 *
 * nfsegmentrig — what the tests of nfsegment share: a network, expected masks */
#include "nfsegmentrig.h"

#include "nftestmodels.h"

#include "nets/nfsegmenter.h"

static gchar *folder, *checkpoint;

/**
 * nf_segment_path:
 * @name: of a file
 *
 * Returns: (transfer full): its path in a folder that is removed with the models
 */
gchar *
nf_segment_path (const gchar *name)
{
  return g_build_filename (folder, name, NULL);
}

/**
 * nf_segment_make_models:
 *
 * Makes the network, for tcase_add_unchecked_fixture().
 */
void
nf_segment_make_models (void)
{
  NfUnetppConfig config;

  folder = nf_test_folder_new ();
  checkpoint = nf_segment_path ("unetpp.safetensors");
  nf_test_unetpp_config (&config);
  nf_test_save_unetpp (checkpoint, &config, 3);
}

void
nf_segment_remove_models (void)
{
  nf_test_folder_remove (folder);
  g_free (folder);
  g_free (checkpoint);
}

/**
 * nf_segment_harness_new:
 * @settings: properties, as in gst-launch-1.0
 * @bus: (out): gets its messages
 *
 * Returns: (transfer full): nfsegment on the CPU
 */
GstHarness *
nf_segment_harness_new (const gchar *settings, GstBus **bus)
{
  g_autofree gchar *launch = g_strdup_printf (
      "nfsegment checkpoint=%s device=cpu %s", checkpoint, settings);

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
  g_autoptr (NfSegmenter) segmenter =
      nf_segmenter_load (checkpoint, device, NULL);
  gsize area = (gsize) info->width * info->height;
  guint8 *mask = g_malloc (area);

  fail_unless (segmenter != NULL);
  fail_unless (
      nf_segmenter_run (segmenter, dtype, tta, g_bytes_get_data (rgb, NULL), 1,
          info->height, info->width, mask, NULL, NULL));

  return g_bytes_new_take (mask, area);
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
