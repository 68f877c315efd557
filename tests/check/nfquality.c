/* SPDX-License-Identifier: MIT
 *
 * nfquality — tests of nfquality: PSNR and SSIM of predicted frames
 *
 * How frames are paired is tested with nfiou, which has the same base class.
 * Siblings: nfiou.c, nfioustream.c, image.c (the formulas) */
#include "nfelementtest.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#define SIZE ",width=16,height=12,framerate=25/1"

static gchar *folder;
static gchar *path;

static void
setup (void)
{
  folder = g_dir_make_tmp ("nfquality-XXXXXX", NULL);
  path = g_build_filename (folder, "report.json", NULL);
}

static void
teardown (void)
{
  g_remove (path);
  fail_unless_equals_int (g_rmdir (folder), 0);
  g_free (path);
  g_free (folder);
}

/* frames of one gray, as a branch of a pipeline */
static gchar *
gray (guint frames, guint value, const gchar *format, const gchar *to)
{
  return g_strdup_printf (
      "videotestsrc num-buffers=%u pattern=solid-color "
      "foreground-color=0xff%02x%02x%02x ! video/x-raw,format=%s" SIZE
      " ! queue ! %s ",
      frames, value, value, value, format, to);
}

/* runs a pipeline to its end; (transfer full) (nullable): its error. Messages of
 * nfquality go into @messages, as "scope" and structure */
static gchar *
run (const gchar *description, GPtrArray *messages)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (description, &error);
  g_autoptr (GstBus) bus = NULL;
  gchar *text = NULL;
  gboolean over = FALSE;

  fail_unless (error == NULL, "%s: %s", description, error->message);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (!over) {
    g_autoptr (GstMessage) message =
        gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
            GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT);

    fail_unless (message != NULL, "%s: does not end", description);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
      gst_message_parse_error (message, &error, NULL);
      text = g_strdup (error->message);
    } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT
        && gst_message_has_name (message, "nf-quality")) {
      g_ptr_array_add (
          messages, gst_structure_copy (gst_message_get_structure (message)));
    }
    over = GST_MESSAGE_TYPE (message) != GST_MESSAGE_ELEMENT;
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);

  return text;
}

static void
structure_free (gpointer structure)
{
  gst_structure_free (structure);
}

static gdouble
number (const GstStructure *structure, const gchar *field)
{
  gdouble value = NAN;

  fail_unless (gst_structure_get_double (structure, field, &value),
      "no field %s", field);

  return value;
}

static void
expect_near (gdouble got, gdouble expected, const gchar *what)
{
  fail_unless (got == expected
          || (isfinite (expected)
              && fabs (got - expected) <= 1e-9 * fabs (expected)),
      "%s: %.17g, expected %.17g", what, got, expected);
}

static gdouble
psnr (gdouble mean_squared_error)
{
  return 10 * log10 (255 * 255 / mean_squared_error);
}

/* of two even pictures */
static gdouble
ssim (gdouble a, gdouble b)
{
  const gdouble c1 = 0.01 * 255 * 0.01 * 255;

  return (2 * a * b + c1) / (a * a + b * b + c1);
}

static void
expect_step (const GstStructure *total, const gchar *field, guint step,
    guint steps, gdouble expected)
{
  const GValue *value = gst_structure_get_value (total, field);
  const GValueArray *array;

  fail_unless (value != NULL);
  array = g_value_get_boxed (value);
  fail_unless_equals_int (array->n_values, steps);
  expect_near (g_value_get_double (&array->values[step]), expected, field);
}

/* a clip of two frames that are wrong by 10, and one of one frame that is right */
GST_START_TEST (test_quality_of_clips)
{
  g_autofree gchar *p1 = gray (2, 100, "RGB", "p.");
  g_autofree gchar *t1 = gray (2, 110, "RGB", "t.");
  g_autofree gchar *p2 = gray (1, 40, "RGB", "p.");
  g_autofree gchar *t2 = gray (1, 40, "RGB", "t.");
  g_autofree gchar *line = g_strdup_printf (
      "concat name=p ! queue ! c.prediction concat name=t ! queue ! c.truth "
      "nfquality name=c report=%s ! fakesink %s %s %s %s",
      path, p1, t1, p2, t2);
  g_autoptr (GPtrArray) messages =
      g_ptr_array_new_with_free_func (structure_free);
  g_autofree gchar *error = run (line, messages);
  static const gchar *const scopes[] = { "frame", "frame", "clip", "frame",
    "clip", "total" };
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *report, *clip;
  const GstStructure *total, *wrong, *right;
  guint64 frames;
  guint clips;

  fail_unless (error == NULL, "%s", error);
  fail_unless_equals_int (messages->len, G_N_ELEMENTS (scopes));
  for (guint i = 0; i < messages->len; i++)
    fail_unless_equals_string (
        gst_structure_get_string (messages->pdata[i], "scope"), scopes[i]);
  wrong = messages->pdata[2];
  right = messages->pdata[4];
  total = messages->pdata[5];
  expect_near (number (messages->pdata[0], "psnr"), psnr (100), "frame");
  expect_near (number (messages->pdata[0], "ssim"), ssim (100, 110), "frame");
  expect_near (number (wrong, "psnr"), psnr (100), "clip 0");
  expect_near (number (right, "psnr"), INFINITY, "clip 1");
  expect_near (number (right, "ssim"), 1, "clip 1");
  expect_near (number (total, "psnr"), psnr (200.0 / 3), "total");
  expect_near (number (total, "mean-psnr"), INFINITY, "total");
  expect_near (number (total, "ssim"), (2 * ssim (100, 110) + 1) / 3, "total");
  fail_unless (gst_structure_get_uint64 (total, "frames", &frames)
      && frames == 3 && gst_structure_get_uint (total, "clips", &clips)
      && clips == 2);
  expect_step (total, "horizon-psnr", 0, 2, psnr (50));
  expect_step (total, "horizon-psnr", 1, 2, psnr (100));
  expect_step (total, "horizon-mean-psnr", 0, 2, INFINITY);
  expect_step (total, "horizon-mean-psnr", 1, 2, psnr (100));
  expect_step (total, "horizon-ssim", 0, 2, (ssim (100, 110) + 1) / 2);

  fail_unless (json_parser_load_from_file (parser, path, NULL));
  report = json_node_get_object (json_parser_get_root (parser));
  expect_near (json_object_get_double_member (report, "psnr"), psnr (200.0 / 3),
      "report");
  fail_unless (json_object_get_null_member (report, "mean-psnr"));
  fail_unless_equals_int (json_object_get_int_member (report, "squared-error"),
      2 * 100 * 3 * 16 * 12);
  fail_unless_equals_int (
      json_object_get_int_member (report, "values"), 3 * 3 * 16 * 12);
  fail_unless (json_object_get_boolean_member (report, "complete"));
  clip = json_array_get_object_element (
      json_object_get_array_member (report, "clips"), 1);
  fail_unless (json_object_get_null_member (clip, "psnr"));
  fail_unless_equals_int (json_object_get_int_member (clip, "frames"), 1);
  fail_unless_equals_int (
      json_array_get_length (json_object_get_array_member (report, "horizon")),
      2);
}
GST_END_TEST

/* the numbers of clips in the messages of frames */
static void
expect_clips (const GPtrArray *messages, const guint *expected, guint n)
{
  guint found = 0, clip = G_MAXUINT;

  for (guint i = 0; i < messages->len; i++) {
    const GstStructure *message = messages->pdata[i];

    if (g_strcmp0 (gst_structure_get_string (message, "scope"), "frame") != 0)
      continue;
    fail_unless (found < n && gst_structure_get_uint (message, "clip", &clip));
    fail_unless_equals_int (clip, expected[found]);
    found++;
  }
  fail_unless_equals_int (found, n);
}

/* the format and the size of one pad's frames, then of the other's, change within
 * the stream */
GST_START_TEST (test_quality_caps_change)
{
  static const struct
  {
    const gchar *predictions[2], *truths[2]; /* of two clips */
  } cases[] = {
    { { "RGB" SIZE, "I420" SIZE }, { "RGB" SIZE, "RGB" SIZE } },
    { { "RGB" SIZE, "RGB" SIZE }, { "I420" SIZE, "BGRx" SIZE } },
    { { "RGB" SIZE, "RGB,width=40,height=30,framerate=25/1" },
        { "RGB" SIZE, "RGB,width=40,height=30,framerate=25/1" } },
    { { "RGB,width=40,height=30,framerate=25/1", "RGB" SIZE },
        { "RGB,width=40,height=30,framerate=25/1", "RGB" SIZE } },
  };
  static const guint clips[] = { 0, 0, 1, 1 };
  g_autoptr (GString) line = g_string_new (
      "concat name=p ! queue ! c.prediction concat name=t ! queue ! c.truth "
      "nfquality name=c ! fakesink ");
  g_autoptr (GPtrArray) messages =
      g_ptr_array_new_with_free_func (structure_free);
  g_autofree gchar *error = NULL;

  for (guint i = 0; i < 2; i++) {
    const gchar *const caps[] = { cases[__i__].predictions[i],
      cases[__i__].truths[i] };

    for (guint k = 0; k < 2; k++)
      g_string_append_printf (line,
          "videotestsrc num-buffers=2 pattern=solid-color "
          "foreground-color=0xff%s ! video/x-raw,format=%s ! queue ! %s ",
          k == 0 ? "c82814" : "be2814", caps[k], k == 0 ? "p." : "t.");
  }
  error = run (line->str, messages);
  fail_unless (error == NULL, "%s", error);
  expect_clips (messages, clips, G_N_ELEMENTS (clips));
  /* red is wrong by 10; limited range has coarser steps */
  for (guint i = 0; i < messages->len; i++)
    fail_unless (
        fabs (number (messages->pdata[i], "psnr") - psnr (100.0 / 3)) < 3,
        "%s: PSNR %g", gst_structure_get_string (messages->pdata[i], "scope"),
        number (messages->pdata[i], "psnr"));
}
GST_END_TEST

/* the curve has no more steps than were asked for; pairs after them count in all
 * other scores */
GST_START_TEST (test_quality_horizon)
{
  static const guint horizons[] = { 0, 1, 2, 3, 5 };
  const guint steps = MIN (horizons[__i__], 3);
  g_autofree gchar *prediction = gray (3, 100, "RGB", "c.prediction");
  g_autofree gchar *truth = gray (3, 110, "RGB", "c.truth");
  g_autofree gchar *line =
      g_strdup_printf ("nfquality name=c horizon=%u ! fakesink %s %s",
          horizons[__i__], prediction, truth);
  g_autoptr (GPtrArray) messages =
      g_ptr_array_new_with_free_func (structure_free);
  g_autofree gchar *error = run (line, messages);
  const GstStructure *total;
  guint64 frames = 0;

  fail_unless (error == NULL, "%s", error);
  total = messages->pdata[messages->len - 1];
  if (steps > 0)
    expect_step (total, "horizon-psnr", steps - 1, steps, psnr (100));
  else
    fail_unless_equals_int (
        ((const GValueArray *) g_value_get_boxed (
             gst_structure_get_value (total, "horizon-psnr")))
            ->n_values,
        0);
  fail_unless (
      gst_structure_get_uint64 (total, "frames", &frames) && frames == 3);
}
GST_END_TEST

/* frames of other formats are compared as RGB, and go on as they are */
GST_START_TEST (test_quality_formats)
{
  static const gchar *const formats[] = { "I420", "BGRx", "GRAY8", "v210" };
  g_autofree gchar *prediction = gray (2, 100, formats[__i__], "c.prediction");
  g_autofree gchar *truth = gray (2, 100, "RGB", "c.truth");
  g_autofree gchar *line = g_strdup_printf (
      "nfquality name=c ! video/x-raw,format=%s" SIZE " ! fakesink %s %s",
      formats[__i__], prediction, truth);
  g_autoptr (GPtrArray) messages =
      g_ptr_array_new_with_free_func (structure_free);
  g_autofree gchar *error = run (line, messages);
  const GstStructure *total;

  fail_unless (error == NULL, "%s", error);
  total = messages->pdata[messages->len - 1];
  /* limited range has coarser steps: a pixel is wrong by two at most */
  fail_unless (number (total, "psnr") > psnr (5), "%g", number (total, "psnr"));
  fail_unless (number (total, "ssim") > 0.999);
}
GST_END_TEST

GST_START_TEST (test_quality_fails)
{
  static const struct
  {
    const gchar *prediction, *truth, *says;
  } cases[] = {
    { "width=16,height=12", "width=12,height=16",
        "The predictions are 16x12, the truths 12x16" },
    { "width=10,height=12", "width=10,height=12",
        "SSIM: expected pictures of at least 11x11 pixels, got 10x12" },
  };
  g_autofree gchar *line = g_strdup_printf (
      "nfquality name=c ! fakesink videotestsrc num-buffers=1 ! "
      "video/x-raw,format=RGB,%s ! queue ! c.prediction videotestsrc "
      "num-buffers=1 ! video/x-raw,format=RGB,%s ! queue ! c.truth",
      cases[__i__].prediction, cases[__i__].truth);
  g_autoptr (GPtrArray) messages =
      g_ptr_array_new_with_free_func (structure_free);
  g_autofree gchar *error = run (line, messages);

  fail_unless (error != NULL);
  fail_unless (strstr (error, cases[__i__].says) != NULL, "%s", error);
}
GST_END_TEST

/* without messages the property says it; nothing was scored yet: NaN */
GST_START_TEST (test_quality_stats)
{
  GstElement *element = gst_element_factory_make ("nfquality", NULL);
  g_autoptr (GstStructure) stats = NULL;

  g_object_get (element, "stats", &stats, NULL);
  fail_unless (isnan (number (stats, "psnr")));
  fail_unless (isnan (number (stats, "ssim")));
  fail_if (gst_structure_has_field (stats, "horizon-psnr"));
  gst_object_unref (element);
}
GST_END_TEST

static Suite *
nfquality_suite (void)
{
  Suite *suite = suite_create ("nfquality");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_quality_of_clips);
  tcase_add_loop_test (tc, test_quality_caps_change, 0, 4);
  tcase_add_loop_test (tc, test_quality_horizon, 0, 5);
  tcase_add_loop_test (tc, test_quality_formats, 0, 4);
  tcase_add_loop_test (tc, test_quality_fails, 0, 2);
  tcase_add_test (tc, test_quality_stats);

  return suite;
}

GST_CHECK_MAIN (nfquality)
