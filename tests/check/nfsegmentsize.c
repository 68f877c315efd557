/* SPDX-License-Identifier: MIT
 *
 * nfsegmentsize — tests of nfsegment: frames beside those of the training
 *
 * Siblings: nfsegment.c, nfsegmentdecision.c */
#include "nfmodelrig.h"
#include "nftestmodels.h"

#include "video/gstnfvideo.h"
#include <nextframe/metrics/nfmask.h>
#include <nextframe/nets/nfsegmenter.h>

#include <string.h>

#define FRAME (40 * GST_MSECOND)

/* (transfer full): the network of the other tests, trained on frames of 24x16
 * as it says */
static gchar *
save_sized (void)
{
  gchar *path = nf_models_path ("sized.safetensors");
  NfUnetppConfig config;

  nf_test_unetpp_config (&config);
  nf_test_save_unetpp_of_size (path, &config, 3, 16, 24);

  return path;
}

static GstHarness *
sized_harness_new (const gchar *settings, GstBus **bus)
{
  g_autofree gchar *path = save_sized ();
  g_autofree gchar *all = g_strdup_printf ("checkpoint=%s %s", path, settings);

  return nf_segment_harness_new (all, bus);
}

static void
set_caps (GstHarness *h, const gchar *size, GstVideoInfo *info)
{
  g_autofree gchar *text =
      g_strdup_printf ("video/x-raw,format=RGB,framerate=25/1,%s", size);
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);

  fail_unless (gst_video_info_from_caps (info, caps));
  gst_harness_set_src_caps (h, g_steal_pointer (&caps));
}

/* (transfer full): the mask of the frame that the network sees at another size,
 * at the frame's own */
static guint8 *
scaled_mask (const GstVideoInfo *info, guint width, guint height)
{
  g_autofree gchar *path = save_sized ();
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (NfSegmenter) segmenter = nf_segmenter_load (path, device, NULL);
  g_autoptr (GstNfVideo) video = NULL;
  g_autofree guint8 *pixels = g_malloc (3 * width * height);
  g_autofree guint8 *small = g_malloc (width * height);
  guint8 *mask = g_malloc ((gsize) info->width * info->height);
  GstBuffer *frame = nf_test_frame (info, 0, 0);
  GstVideoInfo packed;

  fail_unless (segmenter != NULL);
  fail_unless (gst_nf_video_packed_info (&packed, width, height, 3, NULL));
  video = gst_nf_video_new (info, &packed, NULL);
  fail_unless (video != NULL);
  fail_unless (gst_nf_video_to_pixels (video, frame, pixels, NULL));
  fail_unless (nf_segmenter_run (
      segmenter, NF_F32, FALSE, pixels, 1, height, width, small, NULL, NULL));
  nf_mask_scale (
      small, width, height, mask, (guint) info->width, (guint) info->height);
  gst_buffer_unref (frame);

  return mask;
}

typedef struct
{
  const gchar *caps;
  guint width, height; /* that the network sees */
} ScaleCase;

static const ScaleCase scale_cases[] = {
  { "width=24,height=16", 24, 16 },
  { "width=48,height=32", 24, 16 },
  { "width=12,height=8", 24, 16 },
  { "width=41,height=37", 21, 19 },
  { "width=24,height=32,pixel-aspect-ratio=2/1", 24, 16 },
  { "width=300,height=1", 339, 1 },
};

/* as many pixels as in the training, square ones, in the shape of the frame */
GST_START_TEST (test_size_scale)
{
  static const gchar *const outputs[] = { "ids", "palette", "overlay" };
  const ScaleCase *c = &scale_cases[__i__];

  for (guint i = 0; i < G_N_ELEMENTS (outputs); i++) {
    g_autofree gchar *settings =
        g_strdup_printf ("scale=auto output=%s", outputs[i]);
    GstBus *bus;
    GstHarness *h = sized_harness_new (settings, &bus);
    g_autofree guint8 *mask = NULL;
    g_autofree guint8 *painted = NULL;
    g_autoptr (GBytes) rgb = NULL;
    g_autoptr (GBytes) got = NULL;
    GstVideoInfo info, out_info;
    GstBuffer *frame, *out;
    gsize area;

    set_caps (h, c->caps, &info);
    area = (gsize) info.width * info.height;
    nf_test_push_frames (h, 0, 1);
    out = gst_harness_pull (h);
    out_info = nf_test_output_info (h);
    fail_unless_equals_int (out_info.width, info.width);
    fail_unless_equals_int (out_info.height, info.height);
    fail_unless_equals_int (out_info.par_n, info.par_n);
    got = nf_test_pixels (
        out, &out_info, i == 0 ? GST_VIDEO_FORMAT_GRAY8 : GST_VIDEO_FORMAT_RGB);
    mask = scaled_mask (&info, c->width, c->height);
    frame = nf_test_frame (&info, 0, 0);
    rgb = nf_test_pixels (frame, &info, GST_VIDEO_FORMAT_RGB);
    painted = g_malloc (3 * area);
    if (i == 1)
      nf_mask_paint (mask, area, painted);
    else if (i == 2)
      nf_segment_overlay (mask, g_bytes_get_data (rgb, NULL), area, painted);
    fail_unless (memcmp (i == 0 ? mask : painted, g_bytes_get_data (got, NULL),
                     i == 0 ? area : 3 * area)
        == 0);
    nf_test_expect_warning (bus, NULL);
    gst_buffer_unref (frame);
    gst_buffer_unref (out);
    nf_test_harness_free (h, bus);
  }
}
GST_END_TEST

/* (transfer full): (H, W, classes): what the network makes of the frame at another
 * size */
static gfloat *
small_probabilities (const GstVideoInfo *info, guint width, guint height)
{
  g_autofree gchar *path = save_sized ();
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (NfSegmenter) segmenter = nf_segmenter_load (path, device, NULL);
  g_autoptr (GstNfVideo) video = NULL;
  g_autofree guint8 *bytes = g_malloc (3 * width * height);
  g_autoptr (GstBuffer) frame = nf_test_frame (info, 0, 0);
  g_autoptr (NfTensor) pixels = NULL;
  g_autoptr (NfTensor) p = NULL;
  GstVideoInfo packed;
  gfloat *values;

  fail_unless (segmenter != NULL);
  fail_unless (gst_nf_video_packed_info (&packed, width, height, 3, NULL));
  video = gst_nf_video_new (info, &packed, NULL);
  fail_unless (gst_nf_video_to_pixels (video, frame, bytes, NULL));
  pixels =
      nf_tensor_new_from_nhwc (device, NF_U8, 1, 3, height, width, bytes, NULL);
  p = nf_segmenter_probabilities (segmenter, NF_F32, FALSE, pixels, NULL, NULL);
  fail_unless (p != NULL);
  values = g_malloc (p->bytes);
  fail_unless (nf_tensor_to_nhwc (p, values, NULL));

  return values;
}

/* a plane of the frame's size: @values of the network's size, scaled as masks are;
 * within one step: another sum rounds otherwise */
static void
expect_plane (const guint8 *plane, const GstVideoInfo *info,
    const guint8 *values, const ScaleCase *c)
{
  const gsize area = (gsize) info->width * info->height;
  g_autofree guint8 *expected = g_malloc (area);

  nf_mask_scale (values, c->width, c->height, expected, (guint) info->width,
      (guint) info->height);
  for (gsize i = 0; i < area; i++)
    fail_unless (ABS (plane[i] - expected[i]) <= 1,
        "pixel %" G_GSIZE_FORMAT ": %u, expected %u", i, plane[i], expected[i]);
}

/* how likely classes are has the size of the frame, too, as metas and as the output;
 * pixels, regions and clips decide */
GST_START_TEST (test_size_scale_probabilities)
{
  static const gchar *const ways[] = { "decision=pixel output=ids",
    "decision=region output=confidence", "decision=clip output=confidence" };
  const ScaleCase *c = &scale_cases[__i__];

  for (guint way = 0; way < G_N_ELEMENTS (ways); way++) {
    g_autofree gchar *settings = g_strdup_printf (
        "scale=auto confidence=true probabilities=true %s", ways[way]);
    const gsize small = (gsize) c->width * c->height;
    g_autofree guint8 *values = g_malloc (small);
    g_autofree guint8 *most = g_malloc0 (small);
    g_autofree gfloat *p = NULL;
    g_autoptr (GstBuffer) out = NULL;
    g_autoptr (GstBuffer) planes = NULL;
    g_autoptr (GstBuffer) picture = NULL;
    guint classes, width, height;
    GstMapInfo map, own;
    GstVideoInfo info;
    GstBus *bus;
    GstHarness *h = sized_harness_new (settings, &bus);

    set_caps (h, c->caps, &info);
    nf_test_push_frames (h, 0, 1);
    gst_harness_push_event (h, gst_event_new_eos ());
    out = gst_harness_pull (h);
    fail_unless (gst_structure_get (
        gst_custom_meta_get_structure (
            gst_buffer_get_custom_meta (out, "NfProbabilitiesMeta")),
        "planes", GST_TYPE_BUFFER, &planes, "classes", G_TYPE_UINT, &classes,
        "height", G_TYPE_UINT, &height, "width", G_TYPE_UINT, &width, NULL));
    fail_unless_equals_int (width, info.width);
    fail_unless_equals_int (height, info.height);
    fail_unless (gst_buffer_map (planes, &map, GST_MAP_READ));
    fail_unless_equals_uint64 (map.size, (gsize) width * height * classes);
    p = small_probabilities (&info, c->width, c->height);
    for (guint k = 0; k < classes; k++) {
      for (gsize i = 0; i < small; i++) {
        values[i] = (guint8) (255 * p[i * classes + k] + 0.5f);
        most[i] = MAX (most[i], values[i]);
      }
      expect_plane (map.data + (gsize) k * width * height, &info, values, c);
    }
    gst_buffer_unmap (planes, &map);
    fail_unless (gst_structure_get (
        gst_custom_meta_get_structure (
            gst_buffer_get_custom_meta (out, "NfConfidenceMeta")),
        "picture", GST_TYPE_BUFFER, &picture, NULL));
    fail_unless (gst_buffer_map (picture, &map, GST_MAP_READ));
    fail_unless_equals_uint64 (map.size, (gsize) width * height);
    expect_plane (map.data, &info, most, c);
    if (way > 0) {
      g_autoptr (GBytes) pixels = NULL;

      info = nf_test_output_info (h);
      pixels = nf_test_pixels (out, &info, GST_VIDEO_FORMAT_GRAY8);
      fail_unless (gst_buffer_map (picture, &own, GST_MAP_READ));
      fail_unless (
          memcmp (own.data, g_bytes_get_data (pixels, NULL), own.size) == 0);
      gst_buffer_unmap (picture, &own);
    }
    gst_buffer_unmap (picture, &map);
    nf_test_harness_free (h, bus);
  }
}
GST_END_TEST

/* frames of several sizes in one stream, held, and batched */
GST_START_TEST (test_size_scale_changes)
{
  GstBus *bus;
  GstHarness *h = sized_harness_new (
      "scale=auto decision=clip lookahead=9 batch-size=2", &bus);
  GstVideoInfo info;

  set_caps (h, "width=48,height=32", &info);
  nf_test_push_frames (h, 0, 3);
  set_caps (h, "width=24,height=16", &info);
  nf_test_push_frames (h, 3, 3);
  set_caps (h, "width=96,height=64", &info);
  nf_test_push_frames (h, 6, 1);
  gst_harness_push_event (h, gst_event_new_eos ());
  for (guint i = 0; i < 7; i++) {
    GstBuffer *buffer = gst_harness_pull (h);

    fail_unless_equals_clocktime (GST_BUFFER_PTS (buffer), i * FRAME);
    fail_unless_equals_int (gst_buffer_get_size (buffer),
        i < 3       ? 48 * 32
            : i < 6 ? 24 * 16
                    : 96 * 64);
    gst_buffer_unref (buffer);
  }
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* once for each caps whose frames are far from those of the training */
GST_START_TEST (test_size_warning)
{
  static const struct
  {
    const gchar *caps, *says;
  } cases[] = {
    { "width=24,height=16", NULL },
    { "width=31,height=20", NULL },
    { "width=40,height=26",
        "40x26 are far from 24x16, which the network was trained on" },
    { "width=19,height=12", NULL },
    { "width=15,height=10", "15x10 are far from 24x16" },
    { "width=16,height=24", NULL },
  };
  GstBus *bus;
  GstHarness *h = sized_harness_new ("", &bus);
  GstVideoInfo info;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    set_caps (h, cases[i].caps, &info);
    nf_test_push_frames (h, 2 * i, 2);
    nf_test_expect_warning (bus, cases[i].says);
    nf_test_expect_warning (bus, NULL);
  }
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* a checkpoint that does not say what it was trained on */
GST_START_TEST (test_size_unknown)
{
  static const gchar *const settings[] = { "scale=none", "scale=auto" };
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new (settings[__i__], &bus);
  g_autoptr (GBytes) expected = NULL;
  GstVideoInfo info;
  GstBuffer *frame;

  set_caps (h, "width=96,height=64", &info);
  frame = nf_test_frame (&info, 0, 0);
  expected = nf_segment_expected (frame, &info, NF_F32, FALSE);
  fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  nf_segment_expect (h, expected);
  nf_test_expect_warning (bus, NULL);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static Suite *
nfsegment_size_suite (void)
{
  Suite *suite = suite_create ("nfsegment-size");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_loop_test (tc, test_size_scale, 0, G_N_ELEMENTS (scale_cases));
  tcase_add_loop_test (
      tc, test_size_scale_probabilities, 0, G_N_ELEMENTS (scale_cases));
  tcase_add_test (tc, test_size_scale_changes);
  tcase_add_test (tc, test_size_warning);
  tcase_add_loop_test (tc, test_size_unknown, 0, 2);

  return suite;
}

GST_CHECK_MAIN (nfsegment_size)
