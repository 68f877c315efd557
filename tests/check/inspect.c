/* SPDX-License-Identifier: MIT
 *
 * inspect — what gst-inspect-1.0 says of the elements, and whether it is so
 *
 * See: properties.c, which does the same for properties */
#include "nfmodelrig.h"

#include <string.h>

/* GStreamer's words for what an element is, in their order */
static const gchar *const classes[] = { "Codec/Decoder/Video",
  "Codec/Encoder/Metadata", "Codec/Encoder/Video", "Filter/Analyzer/Video",
  "Filter/Effect/Video", "Source/File/Video", "Source/Video", NULL };

GST_START_TEST (test_inspect_metadata)
{
  GstPlugin *plugin =
      gst_registry_find_plugin (gst_registry_get (), "nextframe");
  GList *features = gst_registry_get_feature_list_by_plugin (
      gst_registry_get (), "nextframe");
  guint n = 0;

  fail_unless (plugin != NULL);
  fail_unless_equals_string (
      gst_plugin_get_origin (plugin), "Unknown package origin");
  fail_unless_equals_string (gst_plugin_get_source (plugin), "gst-nextframe");
  for (GList *l = features; l != NULL; l = l->next) {
    GstElementFactory *factory;

    if (!GST_IS_ELEMENT_FACTORY (l->data))
      continue;
    factory = l->data;
    n++;
    fail_unless (g_strv_contains (classes,
                     gst_element_factory_get_metadata (
                         factory, GST_ELEMENT_METADATA_KLASS)),
        "%s", GST_OBJECT_NAME (factory));
    fail_unless_equals_string (
        gst_element_factory_get_metadata (factory, GST_ELEMENT_METADATA_AUTHOR),
        "The gst-nextframe authors");
  }
  fail_unless (n >= 10);
  gst_plugin_feature_list_free (features);
  gst_object_unref (plugin);
}
GST_END_TEST

typedef struct
{
  GArray *times; /* PTS of what the element pushes */
  GstVideoInfo taken; /* what it gets */
} Watched;

static GstPadProbeReturn
note_frame (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Watched *watched = data;
  GstClockTime time = GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info));

  g_array_append_val (watched->times, time);

  return GST_PAD_PROBE_OK;
}

/* runs a pipeline to its end; (out): what passed the first element of @type */
static void
run (const gchar *launch, const gchar *type, Watched *watched)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);
  g_autoptr (GstElement) element = NULL;
  g_autoptr (GstPad) src = NULL;
  g_autoptr (GstPad) sink = NULL;
  g_autoptr (GstCaps) caps = NULL;
  g_autofree gchar *name = g_strconcat (type, "0", NULL);
  GstBus *bus;
  GstMessage *message;

  fail_unless (error == NULL, "%s", error != NULL ? error->message : "");
  watched->times = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  element = gst_bin_get_by_name (GST_BIN (pipeline), name);
  fail_unless (element != NULL);
  src = gst_element_get_static_pad (element, "src");
  sink = gst_element_get_static_pad (element, "sink");
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER, note_frame, watched, NULL);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
  gst_message_unref (message);
  caps = gst_pad_get_current_caps (sink);
  fail_unless (gst_video_info_from_caps (&watched->taken, caps));
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
}

/* (transfer full): the line of the element's documentation with @words */
static gchar *
example_with (const gchar *file, const gchar *words)
{
  g_autofree gchar *path =
      g_build_filename (g_getenv ("NF_SOURCE"), file, NULL);
  g_autofree gchar *text = NULL;
  gchar *begin, *end;

  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  begin = strstr (text, words);
  fail_unless (begin != NULL);
  end = strchr (begin, '\n');
  while (!g_str_has_prefix (begin, "gst-launch-1.0 "))
    begin--;
  begin += strlen ("gst-launch-1.0 ");

  return g_strndup (begin, (gsize) (end - begin));
}

/* nfpredict's third example predicts every third frame, eleven frames ahead,
 * with the networks that ship */
GST_START_TEST (test_inspect_sliding_example)
{
  g_autofree gchar *networks = g_build_filename (
      g_getenv ("NF_SOURCE"), "examples", "checkpoints", NULL);
  g_autofree gchar *launch =
      example_with ("gst/predict/gstnfpredict.c", "window=sliding stride=3");
  Watched watched;

  g_setenv ("NEXTFRAME_PATH", networks, TRUE);
  run (launch, "nfpredict", &watched);
  fail_unless_equals_int (watched.times->len, 4);
  for (guint i = 0; i < watched.times->len; i++) {
    /* of the videotestsrc's 30 frames a second */
    gint64 off = (gint64) g_array_index (watched.times, GstClockTime, i)
        - (gint64) ((10 + 3 * i + 11) * GST_SECOND / 30);

    fail_unless (ABS (off) < GST_MSECOND,
        "frame %u is %" G_GINT64_FORMAT " off", i, off);
  }
  g_array_unref (watched.times);
}
GST_END_TEST

static const gchar *const filters[] = { "nfsegment", "nfpredict" };

/* where the source leaves the choice, frames come with 8 bits */
GST_START_TEST (test_inspect_8_bits)
{
  const gchar *filter = filters[__i__];
  g_autofree gchar *launch =
      g_strdup_printf ("videotestsrc num-buffers=1 ! %s device=cpu "
                       "checkpoint=%s ! fakesink",
          filter, __i__ == 0 ? nf_models_segmenter () : nf_models_predictor ());
  Watched watched;

  run (launch, filter, &watched);
  for (guint i = 0; i < GST_VIDEO_INFO_N_COMPONENTS (&watched.taken); i++)
    fail_unless_equals_int (GST_VIDEO_INFO_COMP_DEPTH (&watched.taken, i), 8);
  g_array_unref (watched.times);
}
GST_END_TEST

static Suite *
inspect_suite (void)
{
  Suite *suite = suite_create ("inspect");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_test (tc, test_inspect_metadata);
  tcase_add_test (tc, test_inspect_sliding_example);
  tcase_add_loop_test (tc, test_inspect_8_bits, 0, G_N_ELEMENTS (filters));

  return suite;
}

GST_CHECK_MAIN (inspect)
