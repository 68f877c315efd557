/* SPDX-License-Identifier: MIT
 *
 * nfpredict — tests of the element that predicts frames
 *
 * With an untrained network of three frames of context: what it predicts
 * means nothing, but which frames it predicts, and from what, can be seen.
 * Siblings: nfpredictclips.c (clips and times), nfpredictlive.c */
#include "nfmodelrig.h"
#include "nftestmodels.h"

#include <nextframe/diffusion/nfsampler.h>

typedef struct
{
  const gchar *settings;
  guint pushed;
  guint n;
  guint numbers[12];
} EmitCase;

static const EmitCase emit_cases[] = {
  { "", 6, 1, { 5 } },
  { "emit=target horizon=1", 3, 1, { 3 } },
  { "emit=rollout", 6, 3, { 3, 4, 5 } },
  { "emit=rollout horizon=4", 3, 4, { 3, 4, 5, 6 } },
  { "emit=all", 6, 6, { 0, 1, 2, 3, 4, 5 } },
  { "emit=all horizon=1", 2, 2, { 0, 1 } },
  { "", 2, 0, { 0 } },
  { "window=sliding", 6, 4, { 5, 6, 7, 8 } },
  { "window=sliding stride=2", 8, 3, { 5, 7, 9 } },
  { "window=sliding stride=5", 9, 2, { 5, 10 } },
  { "window=sliding stride=3 emit=rollout", 9, 9,
      { 3, 4, 5, 6, 7, 8, 9, 10, 11 } },
  { "window=sliding stride=2 emit=rollout", 5, 5, { 3, 4, 5, 6, 7 } },
  { "window=sliding stride=4 emit=rollout horizon=2", 7, 4, { 3, 4, 7, 8 } },
  { "sampler=ddpm", 3, 1, { 5 } },
  { "sampler=f-pndm", 3, 1, { 5 } },
  { "sampler=dpm-solver++", 3, 1, { 5 } },
  { "ensemble=3 ensemble-mode=median", 3, 1, { 5 } },
};

GST_START_TEST (test_predict_which_frames)
{
  const EmitCase *c = &emit_cases[__i__];
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new (c->settings, &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, c->pushed);
  nf_predict_expect_frames (h, c->numbers, c->n);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* the property has each method, by number and by name, and `auto` */
GST_START_TEST (test_predict_samplers)
{
  GstElement *element = gst_element_factory_make ("nfpredict", NULL);
  GParamSpec *spec =
      g_object_class_find_property (G_OBJECT_GET_CLASS (element), "sampler");
  GEnumClass *values = G_PARAM_SPEC_ENUM (spec)->enum_class;

  fail_unless_equals_int (values->n_values, NF_N_SAMPLERS + 1);
  fail_unless_equals_string (g_enum_get_value (values, -1)->value_nick, "auto");
  for (guint i = 0; i < NF_N_SAMPLERS; i++) {
    NfSamplerMethod method = (NfSamplerMethod) i;
    GEnumValue *value = g_enum_get_value (values, (gint) i);

    fail_unless_equals_string (
        value->value_nick, nf_sampler_method_name (method));
    fail_unless_equals_string (
        value->value_name, nf_sampler_method_description (method));
  }
  gst_object_unref (element);
}
GST_END_TEST

GST_START_TEST (test_predict_future_gap)
{
  static const guint target[] = { 5 };
  g_autofree gchar *settings = g_strdup_printf (
      "checkpoint=%s emit=rollout", nf_models_direct_predictor ());
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new (settings, &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 4);
  nf_predict_expect_frames (h, target, 1);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_predict_unreachable_horizon_fails)
{
  GstElement *element = gst_element_factory_make ("nfpredict", NULL);

  g_object_set (element, "checkpoint", nf_models_direct_predictor (), "horizon",
      11, NULL);
  nf_test_expect_start_error (element, GST_LIBRARY_ERROR,
      GST_LIBRARY_ERROR_SETTINGS,
      "horizon 11 is not among the frames that this "
      "network predicts after its context: 3");
}
GST_END_TEST

/* a horizon that the network cannot reach is refused when it is set */
GST_START_TEST (test_predict_horizon_changed_fails)
{
  g_autofree gchar *settings =
      g_strdup_printf ("checkpoint=%s", nf_models_direct_predictor ());
  static const guint numbers[] = { 5 };
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new (settings, &bus);
  guint horizon;

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 2);
  g_object_set (h->element, "horizon", 2, NULL);
  nf_test_expect_warning (bus, "horizon 2 is not among the frames");
  g_object_get (h->element, "horizon", &horizon, NULL);
  fail_unless_equals_int (horizon, 3);
  g_object_set (h->element, "horizon", 3, NULL);
  nf_test_push_frames (h, 2, 1);
  nf_predict_expect_frames (h, numbers, 1);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_predict_wrong_settings_fail)
{
  GstElement *element = gst_element_factory_make ("nfpredict", NULL);

  gst_util_set_object_arg (
      G_OBJECT (element), "checkpoint", nf_models_predictor ());
  gst_util_set_object_arg (G_OBJECT (element), "window", "sliding");
  gst_util_set_object_arg (G_OBJECT (element), "emit", "all");
  nf_test_expect_start_error (element, GST_LIBRARY_ERROR,
      GST_LIBRARY_ERROR_SETTINGS, "emit=all with window=sliding");
}
GST_END_TEST

typedef struct
{
  const gchar *file; /* in the folder */
  const gchar *device;
  const gchar *domain;
  gint code;
  const gchar *says;
} ModelCase;

static const ModelCase model_cases[] = {
  { "/nowhere/x.safetensors", "cpu", "resource", GST_RESOURCE_ERROR_NOT_FOUND,
      "nextframe-train diffusion" },
  { "text", "cpu", "stream", GST_STREAM_ERROR_WRONG_TYPE,
      "text: is text, not" },
  { "truncated", "cpu", "stream", GST_STREAM_ERROR_DECODE, "truncated" },
  { "unetpp", "cpu", "library", GST_LIBRARY_ERROR_SETTINGS,
      "unetpp, which finds masks" },
  { "next-frame.safetensors", "gpu", "library", GST_LIBRARY_ERROR_SETTINGS,
      "device gpu" },
  { "next-frame.safetensors", "cuda:9", "resource",
      GST_RESOURCE_ERROR_NOT_FOUND, "device cuda" },
};

static void
make_broken_models (void)
{
  g_autofree gchar *text = nf_models_path ("text");
  g_autofree gchar *truncated = nf_models_path ("truncated");
  g_autofree gchar *unetpp = nf_models_path ("unetpp");
  g_autofree gchar *whole = NULL;
  NfUnetppConfig config;
  gsize size;

  fail_unless (g_file_set_contents (text, "once upon a time", -1, NULL));
  fail_unless (
      g_file_get_contents (nf_models_predictor (), &whole, &size, NULL));
  fail_unless (g_file_set_contents (truncated, whole, size - 100, NULL));
  nf_test_unetpp_config (&config);
  nf_test_save_unetpp (unetpp, &config, 1);
}

GST_START_TEST (test_predict_bad_model_fails)
{
  const ModelCase *c = &model_cases[__i__];
  GQuark domain = g_str_equal (c->domain, "resource") ? GST_RESOURCE_ERROR
      : g_str_equal (c->domain, "stream")             ? GST_STREAM_ERROR
                                                      : GST_LIBRARY_ERROR;
  GstElement *element = gst_element_factory_make ("nfpredict", NULL);
  g_autofree gchar *path =
      c->file[0] == '/' ? g_strdup (c->file) : nf_models_path (c->file);

  make_broken_models ();
  g_object_set (element, "checkpoint", path, "device", c->device, NULL);
  nf_test_expect_start_error (element, domain, c->code, c->says);
}
GST_END_TEST

typedef struct
{
  const gchar *format;
  guint width, height;
} FormatCase;

static const FormatCase format_cases[] = {
  { "RGB", 24, 16 },
  { "RGB", 240, 160 },
  { "BGRx", 33, 17 },
  { "I420", 31, 21 },
  { "NV12", 48, 32 },
  { "YUY2", 17, 9 },
  { "GRAY8", 5, 7 },
  { "GRAY16_LE", 24, 16 },
  { "ARGB64", 24, 16 },
  { "v210", 50, 20 },
  { "I420_10LE", 26, 14 },
  { "RGB", 1, 1 },
  { "I420", 1, 1 },
};

/* any format and size; strides make no difference */
GST_START_TEST (test_predict_formats)
{
  const FormatCase *c = &format_cases[__i__];
  g_autofree gchar *text = g_strdup_printf (
      "video/x-raw,format=%s,width=%u,height=%u,framerate=25/1", c->format,
      c->width, c->height);
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  GstBuffer *out[2];
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  for (guint pad = 0; pad < 2; pad++) {
    GstBus *bus;
    GstHarness *h = nf_predict_harness_new ("", &bus);
    GstVideoInfo got;

    gst_harness_set_src_caps (h, gst_caps_ref (caps));
    for (guint i = 0; i < NF_MODELS_CONTEXT; i++)
      fail_unless_equals_int (
          gst_harness_push (h, nf_test_frame (&info, i, 32 * pad)),
          GST_FLOW_OK);
    out[pad] = gst_harness_pull (h);
    got = nf_test_output_info (h);
    fail_unless (gst_video_info_is_equal (&info, &got));
    fail_unless_equals_int (gst_buffer_get_size (out[pad]), info.size);
    nf_test_harness_free (h, bus);
  }
  fail_unless (nf_test_same (out[0], out[1], &info));
  gst_buffer_unref (out[0]);
  gst_buffer_unref (out[1]);
}
GST_END_TEST

/* another size and format than the input's, with the picture's shape kept */
GST_START_TEST (test_predict_other_output)
{
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new ("emit=all", &bus);
  g_autoptr (GstCaps) caps = NULL;
  const GstStructure *s;
  gint n, d;

  gst_harness_set_sink_caps_str (
      h, "video/x-raw,format={I420,NV12},width=40,height=[10,12]");
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, NF_MODELS_CONTEXT);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 6);
  caps = gst_pad_get_current_caps (h->sinkpad);
  s = gst_caps_get_structure (caps, 0);
  fail_unless_equals_string (gst_structure_get_string (s, "format"), "I420");
  fail_unless (gst_structure_get_int (s, "height", &n) && n == 12);
  fail_unless (gst_structure_get_fraction (s, "pixel-aspect-ratio", &n, &d));
  fail_unless (n == 9 && d == 20, "pixel aspect ratio %d/%d", n, d);
  fail_unless (gst_structure_get_fraction (s, "framerate", &n, &d));
  fail_unless (n == 25 && d == 1);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_predict_caps_query)
{
  GstBus *bus;
  GstHarness *h = nf_predict_harness_new ("", &bus);
  g_autoptr (GstCaps) gray =
      gst_caps_from_string ("video/x-raw,format=GRAY8,width=7,height=3,"
                            "framerate=30/1");
  g_autoptr (GstCaps) up = NULL;
  g_autoptr (GstCaps) down = NULL;
  g_autoptr (GstCaps) rate = gst_caps_from_string ("video/x-raw,framerate=5/1");
  g_autoptr (GstCaps) text = gst_caps_from_string ("text/x-raw");

  gst_harness_set_sink_caps (h, gst_caps_ref (gray));
  up = gst_pad_peer_query_caps (h->srcpad, NULL);
  fail_unless (gst_caps_can_intersect (up, gray));
  fail_if (gst_caps_can_intersect (up, rate), "%" GST_PTR_FORMAT, up);
  fail_if (gst_caps_can_intersect (up, text));
  down = gst_pad_peer_query_caps (h->sinkpad, rate);
  fail_unless (gst_caps_is_subset (down, rate), "%" GST_PTR_FORMAT, down);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_predict_same_seed_same_frame)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstBuffer *first = nf_predict_one ("seed=7", 0);
  GstBuffer *again = nf_predict_one ("seed=7", 0);
  GstBuffer *other_seed = nf_predict_one ("seed=8", 0);
  GstBuffer *other_clip = nf_predict_one ("seed=7", 1);
  GstBuffer *same_clip = nf_predict_one ("seed=7", 1);
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  fail_unless (nf_test_same (first, again, &info));
  fail_if (nf_test_same (first, other_seed, &info));
  fail_if (nf_test_same (first, other_clip, &info));
  fail_unless (nf_test_same (other_clip, same_clip, &info));
  gst_buffer_unref (first);
  gst_buffer_unref (again);
  gst_buffer_unref (other_seed);
  gst_buffer_unref (other_clip);
  gst_buffer_unref (same_clip);
}
GST_END_TEST

/* (transfer full): a prediction by a network whose checkpoint recommends how to
 * sample, in a file of its own */
static GstBuffer *
predict_recommended (
    const gchar *sampler, const gchar *steps, const gchar *settings)
{
  g_autofree gchar *path = nf_models_path ("recommended.safetensors");
  g_autofree gchar *all =
      g_strdup_printf ("checkpoint=%s steps=0 %s", path, settings);
  g_autoptr (GHashTable) facts = g_hash_table_new (g_str_hash, g_str_equal);
  NfUnetConfig config;

  if (sampler != NULL)
    g_hash_table_insert (facts, (gpointer) "sampler", (gpointer) sampler);
  if (steps != NULL)
    g_hash_table_insert (facts, (gpointer) "sampling-steps", (gpointer) steps);
  nf_test_unet_config (&config);
  nf_test_save_unet_with (path, &config, facts, 1);
  return nf_predict_one (all, 0);
}

static const struct
{
  const gchar *sampler, *steps, *settings, *same;
} recommended_cases[] = {
  { NULL, NULL, "", "sampler=ddim steps=50" },
  { "dpm-solver++", "3", "", "sampler=dpm-solver++ steps=3" },
  { "dpm-solver++", "3", "sampler=ddim", "sampler=ddim steps=3" },
  { "dpm-solver++", "3", "steps=4", "sampler=dpm-solver++ steps=4" },
  { "ddpm", NULL, "", "sampler=ddpm steps=50" },
  { NULL, "7", "", "sampler=ddim steps=7" },
};

/* what the checkpoint recommends holds unless a property says otherwise */
GST_START_TEST (test_predict_recommended)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstBuffer *got = predict_recommended (recommended_cases[__i__].sampler,
      recommended_cases[__i__].steps, recommended_cases[__i__].settings);
  GstBuffer *expected =
      predict_recommended (NULL, NULL, recommended_cases[__i__].same);
  GstBuffer *other = predict_recommended (NULL, NULL, "sampler=f-pndm steps=5");
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  fail_unless (nf_test_same (got, expected, &info));
  fail_if (nf_test_same (got, other, &info));
  gst_buffer_unref (got);
  gst_buffer_unref (expected);
  gst_buffer_unref (other);
}
GST_END_TEST

/* bf16 predicts nearly the same frame */
GST_START_TEST (test_predict_bf16)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstBuffer *full = nf_predict_one ("precision=f32 steps=10", 0);
  GstBuffer *half = nf_predict_one ("precision=bf16 steps=10", 0);
  g_autoptr (GBytes) a = NULL;
  g_autoptr (GBytes) b = NULL;
  const guint8 *x, *y;
  gdouble sum = 0.0;
  GstVideoInfo info;
  gsize n;

  fail_unless (gst_video_info_from_caps (&info, caps));
  a = nf_test_pixels (full, &info, GST_VIDEO_FORMAT_RGB);
  b = nf_test_pixels (half, &info, GST_VIDEO_FORMAT_RGB);
  x = g_bytes_get_data (a, &n);
  y = g_bytes_get_data (b, NULL);
  for (gsize i = 0; i < n; i++)
    sum += ABS (x[i] - y[i]);
  fail_unless (sum / n < 4.0, "bf16 is %g levels away", sum / n);
  gst_buffer_unref (full);
  gst_buffer_unref (half);
}
GST_END_TEST

static Suite *
nfpredict_suite (void)
{
  Suite *suite = suite_create ("nfpredict");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_loop_test (
      tc, test_predict_which_frames, 0, G_N_ELEMENTS (emit_cases));
  tcase_add_test (tc, test_predict_samplers);
  tcase_add_test (tc, test_predict_future_gap);
  tcase_add_test (tc, test_predict_unreachable_horizon_fails);
  tcase_add_test (tc, test_predict_horizon_changed_fails);
  tcase_add_test (tc, test_predict_wrong_settings_fail);
  tcase_add_loop_test (
      tc, test_predict_bad_model_fails, 0, G_N_ELEMENTS (model_cases));
  tcase_add_loop_test (
      tc, test_predict_formats, 0, G_N_ELEMENTS (format_cases));
  tcase_add_test (tc, test_predict_other_output);
  tcase_add_test (tc, test_predict_caps_query);
  tcase_add_test (tc, test_predict_same_seed_same_frame);
  tcase_add_loop_test (
      tc, test_predict_recommended, 0, G_N_ELEMENTS (recommended_cases));
  tcase_add_test (tc, test_predict_bf16);

  return suite;
}

GST_CHECK_MAIN (nfpredict)
