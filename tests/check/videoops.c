/* SPDX-License-Identifier: MIT
 *
 * videoops — the ops on video against GStreamer's converter
 *
 * A network sees the same picture whether a frame comes to it on a device or
 * through the host, but for what GstVideoConverter rounds: weights have 6 to 8
 * bits there. Colours are compared with its exact way, that to 16-bit values:
 * with 8 bits its matrix takes 2 levels off on average. On the first of
 * NF_TEST_DEVICES, by default the CPU. */
#include <nextframe/core/ops/nfops.h>
#include "common/gstnfcolor.h"
#include "video/gstnfvideo.h"
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
  { 48, 32, 240, 160, 2 },
  { 128, 128, 240, 160, 2 },
  { 7, 160, 160, 7, 4 },
  { 1, 9, 64, 10, 1 },
  { 64, 48, 512, 768, 1 },
};

/* (transfer full): pixels of @channels at another size, as the elements have
 * GStreamer scale them */
static guint8 *
scaled (const guint8 *pixels, gint channels, const gint *s)
{
  GstVideoInfo from, to;
  g_autoptr (GstNfVideo) video = NULL;
  GstBuffer *frame;
  guint8 *out;

  g_assert_true (gst_nf_video_packed_info (
      &from, (guint) s[0], (guint) s[1], (guint) channels, NULL));
  g_assert_true (gst_nf_video_packed_info (
      &to, (guint) s[2], (guint) s[3], (guint) channels, NULL));
  frame = gst_buffer_new_memdup (pixels, from.size);
  gst_buffer_add_video_meta_full (frame, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_INFO_FORMAT (&from), (guint) s[0], (guint) s[1], 1, from.offset,
      from.stride);
  out = g_malloc (to.size);
  video = gst_nf_video_new (&from, &to, NULL);
  g_assert_nonnull (video);
  g_assert_true (gst_nf_video_to_pixels (video, frame, out, NULL));
  gst_buffer_unref (frame);
  return out;
}

static void
check_resize (const guint8 *pixels, gint channels, const gint *s)
{
  const gsize bytes = (gsize) channels * (gsize) s[2] * (gsize) s[3];
  g_autofree guint8 *want = scaled (pixels, channels, s);
  g_autofree guint8 *got = g_malloc (bytes);
  g_autoptr (NfTensor) x = nf_tensor_new_from_nhwc (
      device, NF_U8, 1, channels, s[1], s[0], pixels, NULL);
  g_autoptr (NfTensor) y = nf_op_resize (x, s[3], s[2], NULL);
  Difference d;

  g_assert_true (nf_tensor_to_nhwc (y, got, NULL));
  d = compare (got, want, bytes);
  g_test_message ("%d channels, %dx%d to %dx%d: %d levels at most, %.3f on "
                  "average",
      channels, s[0], s[1], s[2], s[3], d.most, d.mean);
  g_assert_cmpint (d.most, <=, s[4]);
  g_assert_cmpfloat (d.mean, <=, 0.6);
}

/* frames that shrink and that grow, of colours and of gray */
static void
test_resize (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    const gint *s = sizes[i];
    g_autofree guint8 *rgb = picture (s[0], s[1]);
    g_autofree guint8 *gray = g_malloc ((gsize) s[0] * (gsize) s[1]);

    for (gint k = 0; k < s[0] * s[1]; k++)
      gray[k] = rgb[3 * k];
    check_resize (rgb, 3, s);
    check_resize (gray, 1, s);
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

    planes[i] = nf_tensor_new_from_pitched (device, NF_U8,
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

/* I420 whose first chroma rises by 40 a row, or a column, luma and the other one
 * being constant */
static GstBuffer *
chroma_ramp (const GstVideoInfo *info, gboolean down)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info->size, NULL);
  GstVideoFrame frame;

  gst_buffer_memset (buffer, 0, 128, info->size);
  g_assert_true (gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE));
  for (gint y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&frame, 1); y++)
    for (gint x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (&frame, 1); x++) {
      guint8 *row = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 1)
          + y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 1);

      row[x] = (guint8) (40 + 40 * (down ? y : x));
    }
  gst_video_frame_unmap (&frame);
  return buffer;
}

/* Chroma lies where its site says: cosited samples on every second row or
 * column, those between being means of two; others halfway between two. What
 * GStreamer's converter does: the same, but cosited rows it repeats (up to 1.26;
 * its source has the mean as a drawing, and a note that it is missing). */
static void
test_chroma_sites (void)
{
  static const gint cosited[] = { 40, 60, 80, 100, 120, 140, 160, 160 };
  static const gint between[] = { 40, 50, 70, 90, 110, 130, 150, 160 };

  for (guint i = 0; i < 8; i++) {
    const gboolean down = i % 2 == 1;
    const guint site = i / 2;
    const gboolean exact = site & (down ? 2 : 1);
    GstVideoInfo info = info_of (GST_VIDEO_FORMAT_I420, 8, 8);
    g_autoptr (NfTensor) out = NULL;
    g_autofree guint8 *rgb = g_malloc (3 * 8 * 8);
    GstBuffer *frame;

    g_assert_true (gst_video_colorimetry_from_string (
        &info.colorimetry, "1:4:0:0")); /* blue = luma + 1.772 chroma */
    info.chroma_site = site == 0 ? GST_VIDEO_CHROMA_SITE_NONE
        : site == 1              ? GST_VIDEO_CHROMA_SITE_H_COSITED
        : site == 2              ? GST_VIDEO_CHROMA_SITE_V_COSITED
                                 : GST_VIDEO_CHROMA_SITE_COSITED;
    frame = chroma_ramp (&info, down);
    out = converted (frame, &info);
    g_assert_true (nf_tensor_to_nhwc (out, rgb, NULL));
    for (gint k = 0; k < 8; k++) {
      const gint chroma = (exact ? cosited : between)[k];
      const gdouble blue = 128 + 1.772 * (chroma - 128);

      g_assert_cmpfloat_with_epsilon (
          rgb[3 * (down ? 8 * k + 3 : 8 * 3 + k) + 2], CLAMP (blue, 0, 255), 1);
    }
    gst_buffer_unref (frame);
  }
}

/* what no matrix or no byte describes, and chroma of fields, goes through the
 * host */
static void
test_others (void)
{
  GstVideoInfo info = info_of (GST_VIDEO_FORMAT_I420_10LE, 8, 8);
  NfToRgbParams params;

  g_assert_false (gst_nf_color_to_rgb (&info, &params));
  info = info_of (GST_VIDEO_FORMAT_I420, 8, 8);
  info.colorimetry.matrix = GST_VIDEO_COLOR_MATRIX_UNKNOWN;
  g_assert_false (gst_nf_color_to_rgb (&info, &params));
  info = info_of (GST_VIDEO_FORMAT_NV12, 8, 8);
  info.interlace_mode = GST_VIDEO_INTERLACE_MODE_INTERLEAVED;
  g_assert_false (gst_nf_color_to_rgb (&info, &params));
  info = info_of (GST_VIDEO_FORMAT_RGB, 8, 8);
  info.interlace_mode = GST_VIDEO_INTERLACE_MODE_INTERLEAVED;
  g_assert_true (gst_nf_color_to_rgb (&info, &params));
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
  ADD (chroma_sites);
  ADD (others);
  status = g_test_run ();
  nf_device_unref (device);
  gst_deinit ();
  return status;
}
