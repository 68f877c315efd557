/* SPDX-License-Identifier: MIT
 *
 * videoops — the ops on video against GStreamer's converter
 *
 * A network sees the same picture whether a frame comes to it on a device or
 * through the host, but for what GstVideoConverter rounds: weights have 6 to 8
 * bits there. Colours are compared with its exact way, that to 16-bit values:
 * with 8 bits its matrix takes 2 levels off on average. On the first of
 * NF_TEST_DEVICES, by default the CPU. */
#include "core/nfops.h"
#include "gstnfcolor.h"
#include "gstnfvideo.h"
#include "testdevice.h"

#include <stdlib.h>
#include <string.h>

static NfDevice *device;

typedef struct
{
  gint most; /* levels apart */
  gdouble mean;
} Difference;

static Difference
compare (const guint8 *a, const guint8 *b, gsize n)
{
  Difference d = { 0, 0 };

  for (gsize i = 0; i < n; i++) {
    const gint apart = abs (a[i] - b[i]);

    d.most = MAX (d.most, apart);
    d.mean += (gdouble) apart / (gdouble) n;
  }
  return d;
}

/* a picture with slopes and edges, RGB */
static guint8 *
picture (gint width, gint height)
{
  guint8 *rgb = g_malloc ((gsize) 3 * width * height);

  for (gint y = 0; y < height; y++)
    for (gint x = 0; x < width; x++) {
      guint8 *pixel = rgb + 3 * (y * width + x);
      const gboolean object = (x / 9 + y / 7) % 3 == 0;

      pixel[0] = (guint8) (object ? 200 : 40 + 150 * x / width);
      pixel[1] = (guint8) (object ? 60 : 60 + 120 * y / height);
      pixel[2] =
          (guint8) (object ? 90 : 230 - 110 * (x + y) / (width + height));
    }
  return rgb;
}

static GstVideoInfo
info_of (GstVideoFormat format, gint width, gint height)
{
  GstVideoInfo info;

  g_assert_true (
      gst_video_info_set_format (&info, format, (guint) width, (guint) height));
  return info;
}

/* packed RGB to another format and size, as the elements do it */
static GstBuffer *
from_rgb (const guint8 *rgb, gint width, gint height, const GstVideoInfo *to)
{
  g_autoptr (GstNfVideo) video = NULL;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, to->size, NULL);
  GstVideoInfo from;

  g_assert_true (
      gst_nf_video_packed_info (&from, (guint) width, (guint) height, 3, NULL));
  video = gst_nf_video_new (&from, to, NULL);
  g_assert_nonnull (video);
  g_assert_true (gst_nf_video_from_pixels (video, rgb, buffer, NULL));
  return buffer;
}

/* and back, by 16-bit values where @exact is set */
static guint8 *
to_rgb (GstBuffer *buffer, const GstVideoInfo *from, gint width, gint height,
    gboolean exact)
{
  const gsize pixels = (gsize) width * (gsize) height;
  const GstVideoInfo to = info_of (GST_VIDEO_FORMAT_ARGB64, width, height);
  g_autofree guint16 *argb = g_malloc (8 * pixels);
  guint8 *rgb = g_malloc (3 * pixels);
  GstVideoInfo packed;
  g_autoptr (GstNfVideo) video = NULL;

  g_assert_true (gst_nf_video_packed_info (
      &packed, (guint) width, (guint) height, 3, NULL));
  video = gst_nf_video_new (from, exact ? &to : &packed, NULL);
  g_assert_nonnull (video);
  g_assert_true (gst_nf_video_to_pixels (
      video, buffer, exact ? (guint8 *) argb : rgb, NULL));
  for (gsize i = 0; exact && i < 3 * pixels; i++)
    rgb[i] = (guint8) ((argb[i / 3 * 4 + i % 3 + 1] + 128) / 257);
  return rgb;
}

/* ---- resize ---- */

/* from, to, and how many levels may be between */
static const gint sizes[][5] = {
  { 240, 160, 128, 128, 1 },
  { 61, 47, 60, 46, 2 },
  { 60, 46, 61, 47, 1 },
  { 17, 9, 24, 16, 1 },
  { 24, 16, 83, 11, 1 },
  { 320, 180, 45, 77, 4 },
  { 100, 50, 33, 150, 2 },
  { 5, 3, 2, 7, 1 },
  { 1, 1, 5, 3, 0 },
  { 40, 30, 1, 1, 1 },
};

static void
test_resize (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    const gint *s = sizes[i];
    g_autofree guint8 *rgb = picture (s[0], s[1]);
    const gsize bytes = (gsize) 3 * s[2] * s[3];
    const GstVideoInfo info = info_of (GST_VIDEO_FORMAT_RGB, s[0], s[1]);
    GstBuffer *frame = from_rgb (rgb, s[0], s[1], &info);
    g_autofree guint8 *want = to_rgb (frame, &info, s[2], s[3], FALSE);
    g_autofree guint8 *got = g_malloc (bytes);
    g_autoptr (NfTensor) x =
        nf_tensor_new_from_nhwc (device, NF_U8, 1, 3, s[1], s[0], rgb, NULL);
    g_autoptr (NfTensor) y = nf_op_resize (x, s[3], s[2], NULL);
    Difference d;

    g_assert_true (nf_tensor_to_nhwc (y, got, NULL));
    d = compare (got, want, bytes);
    g_test_message ("%dx%d to %dx%d: %d levels at most, %.3f on average", s[0],
        s[1], s[2], s[3], d.most, d.mean);
    g_assert_cmpint (d.most, <=, s[4]);
    g_assert_cmpfloat (d.mean, <=, 0.5);
    gst_buffer_unref (frame);
  }
}

/* ---- to_rgb ---- */

static const GstVideoFormat formats[] = { GST_VIDEO_FORMAT_RGB,
  GST_VIDEO_FORMAT_BGR, GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_xRGB,
  GST_VIDEO_FORMAT_GRAY8, GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_NV21,
  GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_YV12, GST_VIDEO_FORMAT_Y444 };

/* the frame's planes as tensors */
static NfTensor *
converted (GstBuffer *frame, const GstVideoInfo *info)
{
  const guint n = GST_VIDEO_INFO_N_PLANES (info);
  NfToRgbParams params;
  NfTensor *planes[3] = { NULL }, *rgb;
  g_autoptr (GError) error = NULL;
  GstVideoFrame map;

  g_assert_true (gst_nf_color_to_rgb (info, &params));
  g_assert_true (gst_video_frame_map (&map, info, frame, GST_MAP_READ));
  for (guint i = 0; i < n; i++) {
    const gint width =
        i == 0 ? info->width : GST_VIDEO_FRAME_COMP_WIDTH (&map, 1);
    const gint height =
        i == 0 ? info->height : GST_VIDEO_FRAME_COMP_HEIGHT (&map, 1);

    planes[i] = nf_tensor_new_from_rows (device, NF_U8,
        GST_VIDEO_FRAME_COMP_PSTRIDE (&map, i), height, width,
        GST_VIDEO_FRAME_PLANE_DATA (&map, i),
        (gsize) GST_VIDEO_FRAME_PLANE_STRIDE (&map, i), &error);
    g_assert_no_error (error);
  }
  gst_video_frame_unmap (&map);
  rgb = nf_op_to_rgb (planes, n, &params, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 3; i++)
    nf_tensor_clear (&planes[i]);
  return rgb;
}

static void
check_format (GstVideoFormat format, gint width, gint height,
    const gchar *colorimetry, GstVideoChromaSite site)
{
  g_autofree guint8 *rgb = picture (width, height);
  const gsize bytes = (gsize) 3 * width * height;
  GstVideoInfo info = info_of (format, width, height);
  const gboolean yuv = GST_VIDEO_INFO_IS_YUV (&info);
  g_autofree guint8 *want = NULL;
  g_autofree guint8 *got = g_malloc (bytes);
  g_autoptr (NfTensor) out = NULL;
  GstBuffer *frame;
  Difference d;

  if (colorimetry != NULL && yuv) {
    g_assert_true (
        gst_video_colorimetry_from_string (&info.colorimetry, colorimetry));
    info.chroma_site = site;
  }
  frame = from_rgb (rgb, width, height, &info);
  want = to_rgb (frame, &info, width, height, yuv);
  out = converted (frame, &info);
  g_assert_true (nf_tensor_to_nhwc (out, got, NULL));
  d = compare (got, want, bytes);
  g_test_message ("%s %s %dx%d: %d levels at most, %.3f on average",
      gst_video_format_to_string (format), colorimetry ? colorimetry : "",
      width, height, d.most, d.mean);
  g_assert_cmpint (d.most, <=, yuv ? 4 : 0);
  g_assert_cmpfloat (d.mean, <=, 2);
  gst_buffer_unref (frame);
}

static void
test_to_rgb (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    check_format (formats[i], 64, 48, NULL, GST_VIDEO_CHROMA_SITE_UNKNOWN);
    check_format (formats[i], 33, 21, NULL, GST_VIDEO_CHROMA_SITE_UNKNOWN);
    check_format (formats[i], 40, 600, NULL, GST_VIDEO_CHROMA_SITE_UNKNOWN);
    check_format (formats[i], 33, 21, GST_VIDEO_COLORIMETRY_BT601,
        GST_VIDEO_CHROMA_SITE_JPEG);
    check_format (formats[i], 34, 22, GST_VIDEO_COLORIMETRY_BT709,
        GST_VIDEO_CHROMA_SITE_MPEG2);
    check_format (formats[i], 33, 22, "1:4:0:0", GST_VIDEO_CHROMA_SITE_MPEG2);
  }
}

/* what no matrix or no byte describes goes through the host */
static void
test_others (void)
{
  GstVideoInfo info = info_of (GST_VIDEO_FORMAT_I420_10LE, 8, 8);
  NfToRgbParams params;

  g_assert_false (gst_nf_color_to_rgb (&info, &params));
  info = info_of (GST_VIDEO_FORMAT_I420, 8, 8);
  info.colorimetry.matrix = GST_VIDEO_COLOR_MATRIX_UNKNOWN;
  g_assert_false (gst_nf_color_to_rgb (&info, &params));
}

#define ADD(name) g_test_add_func ("/video-ops/" #name, test_##name)

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  device = test_device_open ();
  ADD (resize);
  ADD (to_rgb);
  ADD (others);
  status = g_test_run ();
  nf_device_unref (device);
  gst_deinit ();
  return status;
}
