/* SPDX-License-Identifier: MIT
 *
 * nfformats — the same pictures in every format of video
 *
 * With the checkpoints that ship, nfsegment and nfpredict must make the same of
 * the clip that ships, whichever format, range, colours or chroma its frames
 * come in, but for what is lost on the way there: 8-bit YUV takes 3 levels off
 * on average, and chroma has half the rows and columns. */
#include "nfvideotest.h"

#include "io/nfpng.h"

#include <math.h>

#define WIDTH 240
#define HEIGHT 160
#define CONTEXT 11 /* frames that nfpredict needs */

/**
 * Format:
 * @caps: format and what else caps say of colours
 * @levels: what predicted frames may differ by, on average: with the guide hold
 *   they differ as the frames that come in do, of which GStreamer's 8-bit matrix
 *   makes 3.4 levels with this clip
 * @percent: of a mask's pixels that may have another class
 */
typedef struct
{
  const gchar *caps;
  gdouble levels, percent;
} Format;

static const Format formats[] = {
  { "BGR", 0, 0 },
  { "RGBx", 0, 0 },
  { "ABGR", 0, 0 },
  { "RGBA", 0, 0 },
  { "GBR", 0, 0 },
  { "RGBA64_LE", 0, 0 },
  { "BGR10A2_LE", 0.1, 0.1 },
  { "Y444", 4, 0.3 },
  { "AYUV", 4, 0.3 },
  { "Y42B", 4, 0.3 },
  { "YUY2", 4, 0.3 },
  { "UYVY", 4, 0.3 },
  { "NV12", 4, 0.3 },
  { "NV21", 4, 0.3 },
  { "I420", 4, 0.3 },
  { "YV12", 4, 0.3 },
  { "A420", 4, 0.3 },
  { "I420_10LE", 1, 0.3 },
  { "P010_10LE", 1, 0.3 },
  { "P016_LE", 1, 0.3 },
  { "v210", 1, 0.3 },
  { "Y444_16LE", 0.1, 0.1 },
  { "GRAY8", 0, 0 },
  { "GRAY16_LE", 0.001, 0 },
  { "GRAY16_BE", 0.001, 0 },
  { "NV12,colorimetry=bt601", 4, 0.3 },
  { "NV12,colorimetry=bt709", 4, 0.3 },
  { "NV12,colorimetry=bt2020", 4, 0.3 },
  { "NV12,colorimetry=1:4:0:0", 1, 0.3 },
  { "AYUV,colorimetry=1:3:5:1", 2, 0.3 },
  { "P010_10LE,colorimetry=bt2020-10", 1, 0.3 },
  { "P010_10LE,colorimetry=1:6:0:0", 1, 0.3 },
  { "I420,colorimetry=bt709", 4, 0.3 },
  { "GRAY8,colorimetry=2:4:0:0", 4, 0.3 },
  { "RGB,colorimetry=2:1:0:0", 4, 0.3 },
  { "NV12,chroma-site=jpeg", 4, 0.3 },
  { "NV12,chroma-site=mpeg2", 4, 0.3 },
  { "NV12,chroma-site=cosited", 4, 0.3 },
  { "YUY2,interlace-mode=interleaved", 4, 0.3 },
  { "NV12,interlace-mode=interleaved", 4, 0.3 },
  { "I420,interlace-mode=mixed", 4, 0.3 },
};

static GBytes *clip[CONTEXT]; /* packed RGB */

static void
read_clip (void)
{
  g_autofree gchar *checkpoints =
      g_build_filename (g_getenv ("NF_SOURCE"), "examples/checkpoints", NULL);

  g_setenv ("NEXTFRAME_PATH", checkpoints, TRUE);
  for (guint i = 0; i < CONTEXT; i++) {
    g_autofree gchar *path =
        g_strdup_printf ("%s/examples/data/train/video_0/image_%u.png",
            g_getenv ("NF_SOURCE"), i);
    guint8 *pixels = g_malloc (3 * WIDTH * HEIGHT);

    fail_unless (nf_png_read_rgb (path, WIDTH, HEIGHT, pixels, NULL));
    clip[i] = g_bytes_new_take (pixels, 3 * WIDTH * HEIGHT);
  }
}

static void
forget_clip (void)
{
  for (guint i = 0; i < CONTEXT; i++)
    g_clear_pointer (&clip[i], g_bytes_unref);
}

static GstCaps *
caps_of (const gchar *format)
{
  g_autofree gchar *text =
      g_strdup_printf ("video/x-raw,width=%d,height=%d,framerate=25/1,"
                       "format=%s",
          WIDTH, HEIGHT, format);

  return gst_caps_from_string (text);
}

static GstVideoInfo
rgb_info (void)
{
  GstVideoInfo info;

  fail_unless (
      gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT));

  return info;
}

/* (transfer full): @buffer as another video */
static GstBuffer *
convert (GstBuffer *buffer, GstVideoInfo from, GstVideoInfo to)
{
  GstBuffer *made = gst_buffer_new_allocate (NULL, to.size, NULL);
  GstVideoConverter *converter;
  GstVideoFrame in, out;

  from.interlace_mode = to.interlace_mode;
  from.fps_n = to.fps_n;
  from.fps_d = to.fps_d;
  gst_buffer_memset (made, 0, 0, to.size);
  converter = gst_video_converter_new (&from, &to, NULL);
  fail_unless (converter != NULL);
  fail_unless (gst_video_frame_map (&in, &from, buffer, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&out, &to, made, GST_MAP_WRITE));
  gst_video_converter_frame (converter, &in, &out);
  gst_video_frame_unmap (&out);
  gst_video_frame_unmap (&in);
  gst_video_converter_free (converter);

  return made;
}

/* any alpha: it is not part of the picture */
static void
scatter_alpha (GstBuffer *buffer, const GstVideoInfo *info)
{
  const guint bytes = GST_VIDEO_INFO_COMP_DEPTH (info, 3) / 8;
  GstVideoFrame frame;

  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READWRITE));
  for (gint y = 0; bytes > 0 && y < info->height; y++) {
    guint8 *at = (guint8 *) GST_VIDEO_FRAME_COMP_DATA (&frame, 3)
        + y * GST_VIDEO_FRAME_COMP_STRIDE (&frame, 3);

    for (gint x = 0; x < info->width; x++)
      for (guint k = 0; k < bytes; k++)
        at[x * GST_VIDEO_FRAME_COMP_PSTRIDE (&frame, 3) + (gint) k] =
            (guint8) (17 * x + 5 * y);
  }
  gst_video_frame_unmap (&frame);
}

/* (transfer full): the clip's frame @number; where @gray, only its brightness */
static GstBuffer *
make_frame (const GstVideoInfo *info, guint number, gboolean gray)
{
  const GstVideoInfo rgb = rgb_info ();
  GstBuffer *picture = gst_buffer_new_wrapped_bytes (clip[number]), *made;
  GstVideoInfo bright;

  if (gray) {
    fail_unless (gst_video_info_set_format (
        &bright, GST_VIDEO_FORMAT_GRAY8, WIDTH, HEIGHT));
    made = convert (picture, rgb, bright);
    gst_buffer_unref (picture);
    picture = convert (made, bright, rgb);
    gst_buffer_unref (made);
  }
  made = convert (picture, rgb, *info);
  gst_buffer_unref (picture);
  if (GST_VIDEO_INFO_HAS_ALPHA (info))
    scatter_alpha (made, info);
  nf_test_set_times (made, number, 40 * GST_MSECOND);

  return made;
}

/**
 * Work:
 * @launch: an element
 * @out: what it shall make
 * @frames: how many frames of the clip it gets
 */
typedef struct
{
  const gchar *launch, *out;
  guint frames;
} Work;

static const Work segments = { "nfsegment device=cpu decision=pixel",
  "video/x-raw,format=GRAY8", 1 };
/* with dynamics an object is found or not, which is no matter of levels */
static const Work predicts = { "nfpredict device=cpu steps=2 seed=3 guide=hold",
  "video/x-raw,format=RGB", CONTEXT };

/* (transfer full): all that an element makes of the clip */
static GByteArray *
run (const Work *work, const gchar *format, gboolean gray)
{
  g_autoptr (GstCaps) caps = caps_of (format);
  GByteArray *all = g_byte_array_new ();
  GstVideoInfo info, made;
  GstBuffer *buffer;
  GstBus *bus;
  GstHarness *h = nf_test_harness_new (work->launch, &bus);

  fail_unless (gst_video_info_from_caps (&info, caps), "%s", format);
  gst_harness_set_sink_caps_str (h, work->out);
  gst_harness_set_src_caps (h, gst_caps_ref (caps));
  for (guint i = 0; i < work->frames; i++)
    fail_unless_equals_int (
        gst_harness_push (h, make_frame (&info, i, gray)), GST_FLOW_OK);
  gst_harness_push_event (h, gst_event_new_eos ());
  made = nf_test_output_info (h);
  while ((buffer = gst_harness_try_pull (h)) != NULL) {
    g_autoptr (GBytes) pixels =
        nf_test_pixels (buffer, &made, GST_VIDEO_INFO_FORMAT (&made));

    g_byte_array_append (all, g_bytes_get_data (pixels, NULL),
        (guint) g_bytes_get_size (pixels));
    gst_buffer_unref (buffer);
  }
  fail_unless (all->len > 0, "nothing came out");
  nf_test_harness_free (h, bus);

  return all;
}

static gdouble
by_value (guint8 a, guint8 b)
{
  return fabs ((gdouble) a - (gdouble) b);
}

static gdouble
by_class (guint8 a, guint8 b)
{
  return a != b ? 100.0 : 0.0;
}

static gdouble
mean_distance (const GByteArray *a, const GByteArray *b,
    gdouble (*distance) (guint8 a, guint8 b))
{
  gdouble sum = 0.0;

  fail_unless_equals_int (a->len, b->len);
  for (guint i = 0; i < a->len; i++)
    sum += distance (a->data[i], b->data[i]);

  return sum / a->len;
}

/* every format against RGB, gray ones against gray RGB */
static void
check_formats (const Work *work)
{
  const gboolean ids = work == &segments;
  g_autoptr (GByteArray) colors = run (work, "RGB", FALSE);
  g_autoptr (GByteArray) grays = run (work, "RGB", TRUE);

  fail_unless (mean_distance (colors, grays, by_value) > 0);
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    const Format *f = &formats[i];
    const gboolean gray = g_str_has_prefix (f->caps, "GRAY");
    g_autoptr (GByteArray) got = run (work, f->caps, gray);
    const gdouble apart =
        mean_distance (got, gray ? grays : colors, ids ? by_class : by_value);

    fail_unless (apart <= (ids ? f->percent : f->levels), "%s: %g %s", f->caps,
        apart, ids ? "% of the mask differ" : "levels apart");
  }
}

GST_START_TEST (test_segment)
{
  check_formats (&segments);
}
GST_END_TEST

GST_START_TEST (test_predict)
{
  check_formats (&predicts);
}
GST_END_TEST

static Suite *
nfformats_suite (void)
{
  Suite *s = suite_create ("nfformats");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_unchecked_fixture (tc, read_clip, forget_clip);
  tcase_add_test (tc, test_segment);
  tcase_add_test (tc, test_predict);

  return s;
}

GST_CHECK_MAIN (nfformats);
