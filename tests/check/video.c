/* SPDX-License-Identifier: MIT
 *
 * video — tests of frames on their way to a network and back */
#include "video/gstnfvideo.h"
#include "nfvideotest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_COLORS 4

static const guint8 colors[N_COLORS][3] = {
  { 200, 40, 90 },
  { 20, 180, 60 },
  { 128, 128, 128 },
  { 235, 235, 16 },
};

static GstVideoInfo
packed (guint width, guint height, guint channels)
{
  g_autoptr (GError) error = NULL;
  GstVideoInfo info;

  fail_unless (
      gst_nf_video_packed_info (&info, width, height, channels, &error), "%s",
      error ? error->message : "");

  return info;
}

static guint8 *
one_color (guint width, guint height, const guint8 *color)
{
  guint8 *pixels = g_malloc (3 * width * height);

  for (guint i = 0; i < width * height; i++)
    memcpy (pixels + 3 * i, color, 3);

  return pixels;
}

/* a color survives the way into a format and size, and back */
static void
check_color (GstNfVideo *there, GstNfVideo *back, const GstVideoInfo *info,
    const guint8 *color)
{
  const guint width = 24, height = 16;
  g_autofree guint8 *pixels = one_color (width, height, color);
  g_autofree guint8 *again = g_malloc (3 * width * height);
  gboolean gray = GST_VIDEO_FORMAT_INFO_IS_GRAY (info->finfo);
  guint luma = (guint) (0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]);
  gint allowed = GST_VIDEO_INFO_COMP_DEPTH (info, 0) < 8 ? 36 : 12;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info->size, NULL);

  fail_unless (gst_nf_video_from_pixels (there, pixels, buffer, NULL));
  fail_unless (gst_nf_video_to_pixels (back, buffer, again, NULL));
  for (guint i = 0; i < 3 * width * height; i++) {
    gint wanted = gray ? (gint) luma : pixels[i];

    fail_unless (abs (again[i] - wanted) <= allowed,
        "%s %dx%d: value %u is %u, expected %d",
        gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (info)), info->width,
        info->height, i, again[i], wanted);
  }
  gst_buffer_unref (buffer);
}

GST_START_TEST (test_video_all_formats)
{
  static const gint sizes[][2] = { { 24, 16 }, { 50, 18 }, { 32, 64 } };
  const gint *size = sizes[__i__ % 3];
  const gboolean interlaced = __i__ >= 3;
  const gboolean whole_tiles = !interlaced && size[0] % 16 + size[1] % 32 == 0;
  GstVideoInfo model = packed (24, 16, 3);
  guint n;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);

  for (guint i = 0; i < n; i++) {
    g_autoptr (GstNfVideo) there = NULL;
    g_autoptr (GstNfVideo) back = NULL;
    GstVideoInfo info;

    if (formats[i] == GST_VIDEO_FORMAT_RGB8P)
      continue; /* 256 colours, which converters choose without looking */
    if (!whole_tiles
        && g_str_has_prefix (gst_video_format_to_string (formats[i]), "MT2110"))
      continue; /* GStreamer 1.26 itself makes noise of others, and of fields */
    fail_unless (
        gst_video_info_set_format (&info, formats[i], size[0], size[1]));
    if (interlaced)
      info.interlace_mode = GST_VIDEO_INTERLACE_MODE_INTERLEAVED;
    there = gst_nf_video_new (&model, &info, NULL);
    back = gst_nf_video_new (&info, &model, NULL);
    fail_unless (there != NULL && back != NULL);
    for (guint c = 0; c < N_COLORS; c++)
      check_color (there, back, &info, colors[c]);
  }
}
GST_END_TEST

/* a network sees the pixels that it was trained on */
GST_START_TEST (test_video_same_as_training)
{
  static const guint sizes[][4] = {
    { 240, 160, 128, 128 },
    { 24, 16, 24, 16 },
    { 17, 9, 24, 16 },
    { 1, 1, 5, 3 },
    { 61, 47, 60, 46 },
  };
  const guint *s = sizes[__i__];
  GstVideoInfo info, model = packed (s[2], s[3], 3);
  g_autoptr (GBytes) rgb = NULL;
  g_autoptr (GstNfVideo) video = NULL;
  g_autofree guint8 *seen = g_malloc (model.size);
  g_autofree guint8 *trained = g_malloc (model.size);
  GstBuffer *frame;

  fail_unless (
      gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, s[0], s[1]));
  frame = nf_test_frame (&info, 5, 0);
  rgb = nf_test_pixels (frame, &info, GST_VIDEO_FORMAT_RGB);
  video = gst_nf_video_new (&info, &model, NULL);
  fail_unless (gst_nf_video_to_pixels (video, frame, seen, NULL));
  fail_unless (gst_nf_video_resize_rgb (
      g_bytes_get_data (rgb, NULL), s[0], s[1], trained, s[2], s[3], NULL));
  fail_unless (memcmp (seen, trained, model.size) == 0);
  gst_buffer_unref (frame);
}
GST_END_TEST

/* (transfer full): packed pixels of a buffer */
static GBytes *
read_pixels (
    GstBuffer *buffer, const GstVideoInfo *info, const GstVideoInfo *packed)
{
  g_autoptr (GstNfVideo) video = gst_nf_video_new (info, packed, NULL);
  guint8 *pixels = g_malloc (packed->size);

  fail_unless (video != NULL);
  fail_unless (gst_nf_video_to_pixels (video, buffer, pixels, NULL));

  return g_bytes_new_take (pixels, packed->size);
}

/* (transfer full): a buffer of packed pixels */
static GstBuffer *
write_pixels (
    GBytes *pixels, const GstVideoInfo *packed, const GstVideoInfo *info)
{
  g_autoptr (GstNfVideo) video = gst_nf_video_new (packed, info, NULL);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info->size, NULL);

  fail_unless (video != NULL);
  fail_unless (gst_nf_video_from_pixels (
      video, g_bytes_get_data (pixels, NULL), buffer, NULL));

  return buffer;
}

static const GstVideoFormat scaled_formats[] = { GST_VIDEO_FORMAT_RGB,
  GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_RGBA, GST_VIDEO_FORMAT_I420,
  GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_AYUV,
  GST_VIDEO_FORMAT_P010_10LE, GST_VIDEO_FORMAT_GRAY8,
  GST_VIDEO_FORMAT_GRAY16_LE };

/* a frame of any format is scaled as its RGB is, when it grows, too: both on its
 * way to a network and back */
GST_START_TEST (test_video_scaled_as_rgb)
{
  static const guint sizes[][4] = {
    { 24, 16, 60, 42 },
    { 60, 42, 24, 16 },
    { 24, 42, 60, 16 },
    { 7, 5, 33, 6 },
  };
  const guint *s = sizes[__i__];
  const GstVideoInfo small = packed (s[0], s[1], 3);
  const GstVideoInfo large = packed (s[2], s[3], 3);

  for (guint i = 0; i < G_N_ELEMENTS (scaled_formats); i++) {
    GstVideoInfo from, to;
    g_autoptr (GBytes) rgb = NULL, apart = NULL, once = NULL;
    GstBuffer *frame, *plain, *back, *same;

    fail_unless (
        gst_video_info_set_format (&from, scaled_formats[i], s[0], s[1]));
    fail_unless (
        gst_video_info_set_format (&to, scaled_formats[i], s[2], s[3]));
    frame = nf_test_frame (&from, 5, 0);
    rgb = read_pixels (frame, &from, &small);
    plain = write_pixels (rgb, &small, &small);
    apart = read_pixels (plain, &small, &large);
    once = read_pixels (frame, &from, &large);
    fail_unless (g_bytes_equal (once, apart), "%s",
        gst_video_format_to_string (scaled_formats[i]));
    back = write_pixels (rgb, &small, &to);
    same = write_pixels (apart, &large, &to);
    fail_unless (nf_test_same (back, same, &to), "%s",
        gst_video_format_to_string (scaled_formats[i]));
    gst_buffer_unref (frame);
    gst_buffer_unref (plain);
    gst_buffer_unref (back);
    gst_buffer_unref (same);
  }
}
GST_END_TEST

/* (transfer full): a picture of 8x16 whose first chroma rises with its rows, 0 to
 * 7, or is high in the fields' second rows alone; luma and the rest are gray */
static GstBuffer *
chroma_rows (const GstVideoInfo *info, gboolean rises)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info->size, NULL);
  const guint deep = GST_VIDEO_INFO_COMP_DEPTH (info, 1) > 8;
  GstVideoFrame frame;

  gst_buffer_memset (buffer, 0, 128, info->size);
  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE));
  for (gint y = 0; y < 8; y++)
    for (gint x = 0; x < 4; x++) {
      guint8 *row = (guint8 *) GST_VIDEO_FRAME_COMP_DATA (&frame, 1)
          + y * GST_VIDEO_FRAME_COMP_STRIDE (&frame, 1);

      row[x * GST_VIDEO_FRAME_COMP_PSTRIDE (&frame, 1) + (gint) deep] =
          (guint8) (rises      ? 90 + 10 * y
                  : y % 2 == 0 ? 100
                               : 160);
    }
  gst_video_frame_unmap (&frame);
  GST_BUFFER_FLAG_SET (buffer, GST_VIDEO_BUFFER_FLAG_INTERLACED);

  return buffer;
}

/* in interlaced frames every second row of chroma belongs to a field */
GST_START_TEST (test_video_interlaced)
{
  static const GstVideoFormat subsampled[] = { GST_VIDEO_FORMAT_NV12,
    GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_P010_10LE };
  GstVideoInfo info, model = packed (8, 16, 3);

  fail_unless (gst_video_info_set_format (&info, subsampled[__i__], 8, 16));
  fail_unless (
      gst_video_colorimetry_from_string (&info.colorimetry, "1:4:0:0"));
  for (guint i = 0; i < 4; i++) {
    const gboolean rises = i % 2 == 0;
    g_autoptr (GBytes) rgb = NULL;
    const guint8 *pixels;
    GstBuffer *buffer;

    info.interlace_mode = i < 2 ? GST_VIDEO_INTERLACE_MODE_INTERLEAVED
                                : GST_VIDEO_INTERLACE_MODE_MIXED;
    buffer = chroma_rows (&info, rises);
    rgb = read_pixels (buffer, &info, &model);
    pixels = g_bytes_get_data (rgb, NULL);
    for (gint y = 2; y < 14; y++) {
      const gdouble chroma = rises ? 88.75 + 5 * y : y % 2 == 0 ? 100 : 160;
      const gdouble blue = 128 + 1.772 * (chroma - 128);

      fail_unless (fabs (pixels[(8 * y + 3) * 3 + 2] - blue) <= 4,
          "row %d: %u, expected %g", y, pixels[(8 * y + 3) * 3 + 2], blue);
    }
    gst_buffer_unref (buffer);
  }
}
GST_END_TEST

/* where fields have no whole number of such rows, memory checkers see to it */
GST_START_TEST (test_video_interlaced_small)
{
  static const guint sizes[][2] = { { 1, 1 }, { 3, 1 }, { 1, 2 }, { 5, 3 },
    { 4, 5 }, { 7, 6 }, { 9, 7 }, { 7, 12 } };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    const GstVideoInfo model = packed (sizes[i][0], sizes[i][1], 3);
    guint n;
    const GstVideoFormat *formats = gst_video_formats_raw (&n);

    for (guint k = 0; k < n; k++) {
      g_autofree guint8 *pixels = g_malloc0 (model.size);
      g_autoptr (GBytes) in = g_bytes_new (pixels, model.size);
      GstVideoInfo info;
      GstBuffer *buffer;

      if (formats[k] == GST_VIDEO_FORMAT_RGB8P
          || g_str_has_prefix (
              gst_video_format_to_string (formats[k]), "MT2110"))
        continue; /* see above */
      fail_unless (gst_video_info_set_format (
          &info, formats[k], sizes[i][0], sizes[i][1]));
      info.interlace_mode = GST_VIDEO_INTERLACE_MODE_INTERLEAVED;
      buffer = write_pixels (in, &model, &info);
      g_bytes_unref (read_pixels (buffer, &info, &model));
      gst_buffer_unref (buffer);
    }
  }
}
GST_END_TEST

/* equal formats and sizes are copied bit by bit */
GST_START_TEST (test_video_unchanged)
{
  GstVideoInfo info, model = packed (31, 7, 3);
  g_autofree guint8 *pixels = g_malloc (model.size);
  g_autofree guint8 *again = g_malloc (model.size);

  for (gsize i = 0; i < model.size; i++)
    pixels[i] = (guint8) (i * 37 + i / 256);
  fail_unless (gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, 31, 7));
  for (guint pad = 0; pad < 2; pad++) {
    g_autoptr (GstNfVideo) there = gst_nf_video_new (&model, &info, NULL);
    g_autoptr (GstNfVideo) back = gst_nf_video_new (&info, &model, NULL);
    GstBuffer *buffer = nf_test_frame (&info, 0, 16 * pad);

    fail_unless (gst_nf_video_from_pixels (there, pixels, buffer, NULL));
    fail_unless (gst_nf_video_to_pixels (back, buffer, again, NULL));
    fail_unless (memcmp (pixels, again, model.size) == 0);
    gst_buffer_unref (buffer);
  }
}
GST_END_TEST

/* class ids stay what they are, whatever range the caps speak of */
GST_START_TEST (test_video_store)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (
      "video/x-raw,format=GRAY8,width=33,height=5,framerate=25/1,"
      "colorimetry=bt601");
  guint8 ids[33 * 5];
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  for (guint i = 0; i < sizeof ids; i++)
    ids[i] = (guint8) i;
  for (guint pad = 0; pad < 2; pad++) {
    GstBuffer *buffer = nf_test_frame (&info, 0, 16 * pad);

    fail_unless (gst_nf_video_store (ids, &info, buffer, NULL));
    for (guint i = 0; i < sizeof ids; i++)
      fail_unless_equals_int (
          nf_test_pixel (buffer, caps, i % 33, i / 33), ids[i]);
    gst_buffer_unref (buffer);
  }
}
GST_END_TEST

GST_START_TEST (test_video_channels_fail)
{
  g_autoptr (GError) error = NULL;
  GstVideoInfo info;

  fail_if (gst_nf_video_packed_info (&info, 4, 4, 2, &error));
  fail_unless (g_error_matches (error, NF_ERROR, NF_ERROR_UNSUPPORTED));
}
GST_END_TEST

GST_START_TEST (test_video_size_fails)
{
  g_autoptr (GError) error = NULL;
  GstVideoInfo info;

  fail_if (gst_nf_video_packed_info (&info, G_MAXINT, G_MAXINT, 3, &error));
  fail_unless (g_error_matches (error, NF_ERROR, NF_ERROR_INVALID));
}
GST_END_TEST

/* a buffer with less in it than its caps say */
GST_START_TEST (test_video_short_buffer_fails)
{
  GstVideoInfo info, model = packed (24, 16, 3);
  g_autoptr (GstNfVideo) there = NULL;
  g_autoptr (GstNfVideo) back = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *pixels = g_malloc0 (model.size);
  GstBuffer *buffer;

  fail_unless (
      gst_video_info_set_format (&info, GST_VIDEO_FORMAT_I420, 24, 16));
  there = gst_nf_video_new (&model, &info, NULL);
  back = gst_nf_video_new (&info, &model, NULL);
  buffer = gst_buffer_new_allocate (NULL, info.size - 1, NULL);
  fail_if (gst_nf_video_to_pixels (back, buffer, pixels, &error));
  fail_unless (g_error_matches (error, NF_ERROR, NF_ERROR_SHAPE));
  g_clear_error (&error);
  fail_if (gst_nf_video_from_pixels (there, pixels, buffer, &error));
  fail_unless (g_error_matches (error, NF_ERROR, NF_ERROR_SHAPE));
  g_clear_error (&error);
  fail_if (gst_nf_video_convert (back, buffer, buffer, &error));
  fail_unless (g_error_matches (error, NF_ERROR, NF_ERROR_SHAPE));
  gst_buffer_unref (buffer);
}
GST_END_TEST

static Suite *
video_suite (void)
{
  Suite *suite = suite_create ("video");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_video_all_formats, 0, 6);
  tcase_add_loop_test (tc, test_video_interlaced, 0, 3);
  tcase_add_test (tc, test_video_interlaced_small);
  tcase_add_loop_test (tc, test_video_same_as_training, 0, 5);
  tcase_add_loop_test (tc, test_video_scaled_as_rgb, 0, 4);
  tcase_add_test (tc, test_video_unchanged);
  tcase_add_test (tc, test_video_store);
  tcase_add_test (tc, test_video_channels_fail);
  tcase_add_test (tc, test_video_size_fails);
  tcase_add_test (tc, test_video_short_buffer_fails);

  return suite;
}

GST_CHECK_MAIN (video)
