/* SPDX-License-Identifier: MIT
 *
 * nfpredict-guide — tests of nfpredict with a guide
 *
 * With untrained networks: what they predict means nothing, but which guide they
 * get, and what becomes of it, can be told.
 * Siblings: nfpredict.c; guide.c (what guides look like) */
#include "nfmodelrig.h"
#include "nftestmodels.h"

#include <string.h>

#define CAPS "video/x-raw,format=RGB,width=240,height=160,framerate=25/1"

static gchar *guided, *residual, *segmenter;

static void
make_models (void)
{
  NfUnetConfig config;
  NfUnetppConfig unetpp;

  nf_models_make ();
  guided = nf_models_path ("guided.safetensors");
  residual = nf_models_path ("residual.safetensors");
  segmenter = nf_models_path ("segmenter.safetensors");
  nf_test_unet_config (&config);
  config.num_frames = 1;
  config.future_gap = 2;
  config.spade = FALSE;
  config.target = NF_TARGET_V;
  config.guide = TRUE;
  nf_test_save_unet (guided, &config, 1);
  config.residual = 4;
  nf_test_save_unet (residual, &config, 1);
  nf_test_unetpp_config (&unetpp);
  nf_test_save_unetpp (segmenter, &unetpp, 1);
}

static void
remove_models (void)
{
  nf_models_remove ();
  g_free (guided);
  g_free (residual);
  g_free (segmenter);
}

/* (transfer full): the frame that is predicted from three */
static GstBuffer *
predict (const gchar *settings)
{
  g_autofree gchar *all = g_strdup_printf (
      "checkpoint=%s segment-checkpoint=%s %s", guided, segmenter, settings);
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new (all, &bus);
  GstBuffer *out;

  gst_harness_set_src_caps_str (h, CAPS);
  nf_test_push_frames (h, 0, NF_MODELS_CONTEXT);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 1);
  out = gst_harness_pull (h);
  nf_test_harness_free (h, bus);

  return out;
}

/* the classes that nfpredict says may be in a frame */
static guint64
classes_of (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "NfClassesMeta");
  guint64 classes = 0;

  if (meta != NULL)
    fail_unless (gst_structure_get_uint64 (
        gst_custom_meta_get_structure (meta), "classes", &classes));

  return classes;
}

static gboolean
same (GstBuffer *a, GstBuffer *b)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  return nf_test_same (a, b, &info);
}

/* the guide changes what is predicted, the same one gives the same frame, and auto
 * is dynamics with such a network */
GST_START_TEST (test_guide_kinds)
{
  GstBuffer *none = predict ("guide=none");
  GstBuffer *hold = predict ("guide=hold");
  GstBuffer *dynamics = predict ("guide=dynamics");
  GstBuffer *again = predict ("guide=dynamics");
  GstBuffer *automatic = predict ("");
  GstBuffer *later = predict ("guide=hold guide-start=0.6");
  GstBuffer *soft = predict ("guide=hold guide-start=0.6 sharpen=false");

  fail_if (same (none, hold));
  fail_if (same (hold, dynamics));
  fail_unless (same (dynamics, again));
  fail_unless (same (dynamics, automatic));
  fail_if (same (hold, later));
  fail_if (same (later, soft));
  gst_buffer_unref (none);
  gst_buffer_unref (hold);
  gst_buffer_unref (dynamics);
  gst_buffer_unref (again);
  gst_buffer_unref (automatic);
  gst_buffer_unref (later);
  gst_buffer_unref (soft);
}
GST_END_TEST

/* the objects of a guide by dynamics are known to who comes next, and copies keep
 * that; without such a guide nothing is known */
GST_START_TEST (test_guide_classes)
{
  GstBuffer *dynamics = predict ("guide=dynamics");
  GstBuffer *hold = predict ("guide=hold");
  GstBuffer *copy = gst_buffer_copy_deep (dynamics);

  fail_unless (classes_of (dynamics) != 0);
  fail_unless_equals_int (classes_of (dynamics) & 1, 0);
  fail_unless_equals_uint64 (classes_of (copy), classes_of (dynamics));
  fail_unless_equals_uint64 (classes_of (hold), 0);
  gst_buffer_unref (copy);
  gst_buffer_unref (dynamics);
  gst_buffer_unref (hold);
}
GST_END_TEST

/* @frames gray ones, in which the segmenter that ships finds nothing;
 * returns how many warnings say so */
static guint
warnings_of_nothing (const gchar *settings, guint frames)
{
  g_autofree gchar *all = g_strdup_printf (
      "checkpoint=%s segment-checkpoint=%s/examples/checkpoints/"
      "unetpp.safetensors window=sliding %s",
      guided, g_getenv ("NF_SOURCE"), settings);
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new (all, &bus);
  GstMessage *message;
  guint warnings = 0;

  gst_harness_set_src_caps_str (h, CAPS);
  for (guint i = 0; i < frames; i++) {
    GstBuffer *gray = gst_harness_create_buffer (h, 240 * 160 * 3);

    gst_buffer_memset (gray, 0, 0x80, 240 * 160 * 3);
    GST_BUFFER_PTS (gray) = i * 40 * GST_MSECOND;
    GST_BUFFER_DURATION (gray) = 40 * GST_MSECOND;
    fail_unless_equals_int (gst_harness_push (h, gray), GST_FLOW_OK);
  }
  while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING))) {
    g_autoptr (GError) error = NULL;

    gst_message_parse_warning (message, &error, NULL);
    warnings += strstr (error->message, "nothing was found") != NULL;
    gst_message_unref (message);
  }
  nf_test_harness_free (h, bus);

  return warnings;
}

/* of several predictions the first one counts; other guides look for nothing */
GST_START_TEST (test_guide_of_nothing)
{
  fail_unless_equals_int (
      warnings_of_nothing ("guide=dynamics", NF_MODELS_CONTEXT + 1), 1);
  fail_unless_equals_int (
      warnings_of_nothing ("guide=hold", NF_MODELS_CONTEXT + 1), 0);
}
GST_END_TEST

/* from the end of the schedule on nothing is denoised: the newest frame comes out */
GST_START_TEST (test_guide_itself)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);
  GstBuffer *out = predict ("guide=hold guide-start=1");
  GstVideoInfo info;
  GstBuffer *newest;

  fail_unless (gst_video_info_from_caps (&info, caps));
  newest = nf_test_frame (&info, NF_MODELS_CONTEXT - 1, 0);
  fail_unless (nf_test_same (out, newest, &info));
  gst_buffer_unref (newest);
  gst_buffer_unref (out);
}
GST_END_TEST

/* a network that was trained without a guide can start from one */
GST_START_TEST (test_guide_of_plain_network)
{
  g_autofree gchar *plain =
      g_strdup_printf ("checkpoint=%s", nf_models_direct_predictor ());
  g_autofree gchar *start =
      g_strdup_printf ("%s guide=hold guide-start=0.8", plain);
  g_autofree gchar *only = g_strdup_printf ("%s guide=hold", plain);
  GstBuffer *a = predict (plain);
  GstBuffer *b = predict (start);
  GstBuffer *c = predict (only);

  fail_if (same (a, b));
  fail_if (same (b, c));
  gst_buffer_unref (a);
  gst_buffer_unref (b);
  gst_buffer_unref (c);
}
GST_END_TEST

/* a network that predicts differences has the newest frame where there is no guide,
 * and starts from none of them */
GST_START_TEST (test_guide_residual)
{
  g_autofree gchar *checkpoint = g_strdup_printf ("checkpoint=%s", residual);
  g_autofree gchar *no_guide = g_strdup_printf ("%s guide=none", checkpoint);
  g_autofree gchar *held =
      g_strdup_printf ("%s guide=hold sharpen=false", checkpoint);
  g_autofree gchar *start = g_strdup_printf ("%s guide-start=0.7", held);
  GstBuffer *dynamics = predict (checkpoint);
  GstBuffer *none = predict (no_guide);
  GstBuffer *hold = predict (held);
  GstBuffer *later = predict (start);

  fail_if (same (dynamics, hold));
  fail_if (same (none, dynamics));
  fail_if (same (hold, later));
  gst_buffer_unref (dynamics);
  gst_buffer_unref (none);
  gst_buffer_unref (hold);
  gst_buffer_unref (later);
}
GST_END_TEST

GST_START_TEST (test_guide_without_segmenter_fails)
{
  GstElement *element = gst_element_factory_make ("nfpredict", NULL);

  g_object_set (element, "checkpoint", guided, "device", "cpu", "horizon", 3,
      "segment-checkpoint", "/nowhere/s.safetensors", NULL);
  nf_test_expect_start_error (element, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_NOT_FOUND, "segment-checkpoint");
}
GST_END_TEST

static Suite *
nfpredict_guide_suite (void)
{
  Suite *suite = suite_create ("nfpredict-guide");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_unchecked_fixture (tc, make_models, remove_models);
  tcase_set_timeout (tc, 120);
  tcase_add_test (tc, test_guide_kinds);
  tcase_add_test (tc, test_guide_classes);
  tcase_add_test (tc, test_guide_of_nothing);
  tcase_add_test (tc, test_guide_itself);
  tcase_add_test (tc, test_guide_of_plain_network);
  tcase_add_test (tc, test_guide_residual);
  tcase_add_test (tc, test_guide_without_segmenter_fails);

  return suite;
}

GST_CHECK_MAIN (nfpredict_guide);
