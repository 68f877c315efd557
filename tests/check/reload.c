/* SPDX-License-Identifier: MIT
 *
 * reload — checkpoints that are set while an element plays
 *
 * The network from before makes whole frames and clips until the new one is
 * there, and stays where the new one is no good. When that happens depends on how
 * fast a file is loaded, so the tests take every moment for right that leaves
 * frames of one network before frames of the other. */
#include "nfmodelrig.h"
#include "nftestmodels.h"

#include "common/gstnfreload.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define STORM 10 /* settings in a row, and stops */

typedef struct
{
  GstHarness *(*harness) (const gchar *settings, GstBus **bus);
  const gchar *settings;
  guint context; /* frames that a clip takes */
  void (*save_other) (const gchar *path);
} ReloadCase;

static void
save_segmenter (const gchar *path)
{
  NfUnetppConfig config;

  nf_test_unetpp_config (&config);
  config.classes = 7;
  nf_test_save_unetpp (path, &config, 77);
}

static void
save_predictor (const gchar *path)
{
  NfUnetConfig config;

  nf_test_unet_config (&config);
  nf_test_save_unet (path, &config, 77);
}

/* of frames of another size, with a shorter context */
static void
save_other_predictor (const gchar *path)
{
  NfUnetConfig config;

  nf_test_unet_config (&config);
  config.num_frames_cond = 2;
  config.height = 8;
  nf_test_save_unet (path, &config, 77);
}

static const ReloadCase cases[] = {
  { nf_segment_harness_new, "", 1, save_segmenter },
  { nf_segment_harness_new, "batch-size=4", 4, save_segmenter },
  { nf_segment_harness_new, "decision=clip output=overlay", 1, save_segmenter },
  { nf_predict_harness_new, "", NF_MODELS_CONTEXT, save_predictor },
  { nf_predict_harness_new, "", NF_MODELS_CONTEXT, save_other_predictor },
  { nf_predict_harness_new, "window=sliding", NF_MODELS_CONTEXT,
      save_predictor },
  { nf_predict_harness_new, "window=sliding emit=rollout", NF_MODELS_CONTEXT,
      save_other_predictor },
};

/* (transfer full): of the network that an element uses now */
static gchar *
in_use (GstHarness *h, const gchar *field)
{
  GstStructure *stats = NULL;
  gchar *path;

  g_object_get (h->element, "stats", &stats, NULL);
  path = g_strdup (gst_structure_get_string (stats, field));
  gst_structure_free (stats);

  return path;
}

static gboolean
uses (GstHarness *h, const gchar *field, const gchar *path)
{
  g_autofree gchar *now = in_use (h, field);

  return g_strcmp0 (now, path) == 0;
}

/* pushes the first @n frames as a clip of its own; adds what comes */
static void
push_clip (GstHarness *h, guint n, GPtrArray *outputs)
{
  gst_harness_push_event (h, gst_event_new_stream_start ("again"));
  gst_harness_push_event (h, nf_models_new_segment ());
  nf_test_push_frames (h, 0, n);
  gst_harness_push_event (h, gst_event_new_gap (n * NF_MODELS_FRAME, 1));
  while (gst_harness_buffers_in_queue (h) > 0)
    g_ptr_array_add (outputs, gst_harness_pull (h));
}

static GPtrArray *
outputs_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
}

static gboolean
is_same (GstBuffer *a, GstBuffer *b)
{
  GstMapInfo x, y;
  gboolean same;

  fail_unless (gst_buffer_map (a, &x, GST_MAP_READ));
  fail_unless (gst_buffer_map (b, &y, GST_MAP_READ));
  same = x.size == y.size && memcmp (x.data, y.data, x.size) == 0;
  gst_buffer_unmap (a, &x);
  gst_buffer_unmap (b, &y);

  return same;
}

/* (transfer full): what comes of as many clips with one network alone */
static GPtrArray *
outputs_of (const ReloadCase *c, const gchar *checkpoint, guint clips)
{
  g_autofree gchar *settings =
      g_strdup_printf ("checkpoint=%s %s", checkpoint, c->settings);
  GPtrArray *outputs = outputs_new ();
  GstBus *bus;
  GstHarness *h = c->harness (settings, &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  for (guint i = 0; i < clips; i++)
    push_clip (h, c->context, outputs);
  nf_test_harness_free (h, bus);

  return outputs;
}

/* frames of the network from before, then those of the new one, both as they are
 * when each is alone */
GST_START_TEST (test_reload_between_clips)
{
  const ReloadCase *c = &cases[__i__];
  g_autofree gchar *other = nf_models_path ("other.safetensors");
  g_autofree gchar *initial = NULL;
  g_autoptr (GPtrArray) outputs = outputs_new ();
  g_autoptr (GPtrArray) before = NULL;
  g_autoptr (GPtrArray) after = NULL;
  guint clips, whole = 0;
  GstBus *bus;
  GstHarness *h;

  c->save_other (other);
  h = c->harness (c->settings, &bus);
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  push_clip (h, c->context, outputs);
  initial = in_use (h, "checkpoint");
  g_object_set (h->element, "checkpoint", other, NULL);
  for (clips = 1; !uses (h, "checkpoint", other); clips++) {
    whole = outputs->len;
    push_clip (h, c->context, outputs);
  }
  nf_test_harness_free (h, bus);
  before = outputs_of (c, initial, clips);
  after = outputs_of (c, other, clips);
  for (guint i = 0; i < whole; i++)
    fail_unless (is_same (outputs->pdata[i], before->pdata[i]),
        "frame %u is not of the network from before", i);
  fail_unless (outputs->len > whole);
  /* of networks with windows of the same length */
  for (guint i = whole; i < outputs->len && after->len == before->len; i++)
    fail_unless (is_same (outputs->pdata[i], after->pdata[i]),
        "frame %u is not of the new network", i);
}
GST_END_TEST

/* a clip that has begun ends with the network that it began with */
GST_START_TEST (test_reload_within_clip)
{
  g_autofree gchar *other = nf_models_path ("other.safetensors");
  g_autoptr (GPtrArray) expected =
      outputs_of (&cases[3], nf_models_predictor (), 1);
  GstBuffer *out;
  GstBus *bus;
  GstHarness *h;

  save_predictor (other);
  h = nf_predict_harness_new ("", &bus);
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 1);
  g_object_set (h->element, "checkpoint", other, NULL);
  g_usleep (G_USEC_PER_SEC / 5); /* it is loaded by now, as a rule */
  nf_test_push_frames (h, 1, NF_MODELS_CONTEXT - 1);
  fail_unless (uses (h, "checkpoint", nf_models_predictor ()));
  out = gst_harness_pull (h);
  fail_unless (is_same (out, expected->pdata[0]));
  gst_buffer_unref (out);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* frames that wait for a batch get their masks from the network from before */
GST_START_TEST (test_reload_within_batch)
{
  const ReloadCase alone = { nf_segment_harness_new, "", 1, save_segmenter };
  g_autofree gchar *other = nf_models_path ("other.safetensors");
  g_autoptr (GPtrArray) outputs = outputs_new ();
  g_autoptr (GPtrArray) before = NULL;
  g_autoptr (GPtrArray) after = NULL;
  GstBus *bus;
  GstHarness *h;
  guint frames;

  save_segmenter (other);
  before = outputs_of (&alone, nf_models_segmenter (), 1);
  after = outputs_of (&alone, other, 1);
  h = nf_segment_harness_new ("batch-size=64", &bus);
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 1);
  g_object_set (h->element, "checkpoint", other, NULL);
  for (frames = 1; !uses (h, "checkpoint", other); frames++) {
    g_usleep (5000); /* few frames, so that they fill no batch, as a rule */
    nf_test_push_frames (h, 0, 1);
  }
  gst_harness_push_event (h, nf_models_new_gap ());
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), frames);
  for (guint i = 0; i < frames; i++) {
    g_ptr_array_add (outputs, gst_harness_pull (h));
    fail_unless (is_same (outputs->pdata[i],
                     i + 1 < frames ? before->pdata[0] : after->pdata[0]),
        "frame %u of %u", i, frames);
  }
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* frames are held for the masks of a clip as before, by the new network, too */
GST_START_TEST (test_reload_keeps_lookahead)
{
  g_autofree gchar *other = nf_models_path ("other.safetensors");
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("decision=clip lookahead=2", &bus);

  save_segmenter (other);
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 5);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 3);
  g_object_set (h->element, "checkpoint", other, NULL);
  for (guint i = 5; !uses (h, "checkpoint", other); i++) {
    g_usleep (5000);
    nf_test_push_frames (h, i, 1);
  }
  while (gst_harness_buffers_in_queue (h) > 0)
    gst_buffer_unref (gst_harness_pull (h));
  nf_models_begin_stream (h);
  while (gst_harness_buffers_in_queue (h) > 0)
    gst_buffer_unref (gst_harness_pull (h));
  nf_test_push_frames (h, 0, 5);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 3);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

typedef struct
{
  guint element; /* of cases */
  const gchar *settings;
  const gchar *property;
  const gchar *file; /* in the folder of models */
  const gchar *says;
} RefusedCase;

static const RefusedCase refused[] = {
  { 0, "", "checkpoint", "nowhere.safetensors", "nowhere.safetensors" },
  { 0, "", "checkpoint", "text", "is text, not" },
  { 0, "", "checkpoint", "next-frame.safetensors", "spade_unet" },
  { 3, "", "checkpoint", "nowhere.safetensors", "nowhere.safetensors" },
  { 3, "", "checkpoint", "unetpp.safetensors", "unetpp" },
  /* it predicts the third frame and every one after, not the second */
  { 3, "horizon=2", "checkpoint", "direct.safetensors", "horizon" },
  { 3, "guide=dynamics", "segment-checkpoint", "text", "is text, not" },
  { 0, "labels", "checkpoint", "seven.safetensors", "names 49" },
};

/* (transfer full): for gst-launch-1.0: with the file of labels, or the network,
 * that they need */
static gchar *
refused_settings (const RefusedCase *c)
{
  g_autofree gchar *labels = nf_models_path ("labels.txt");
  g_autofree gchar *seven = nf_models_path ("seven.safetensors");
  g_autoptr (GString) names = g_string_new (NULL);

  if (strstr (c->settings, "dynamics") != NULL)
    return g_strdup_printf (
        "guide=dynamics segment-checkpoint=%s", nf_models_segmenter ());
  if (strcmp (c->settings, "labels") != 0)
    return g_strdup (c->settings);
  for (guint i = 0; i < 49; i++)
    g_string_append_printf (names, "class %u\n", i);
  fail_unless (g_file_set_contents (labels, names->str, -1, NULL));
  save_segmenter (seven);

  return g_strdup_printf ("labels=%s", labels);
}

/* what is no good is reported, and changes nothing */
GST_START_TEST (test_reload_refused)
{
  const RefusedCase *c = &refused[__i__];
  const ReloadCase *element = &cases[c->element];
  g_autofree gchar *path = nf_models_path (c->file);
  g_autofree gchar *text = nf_models_path ("text");
  g_autofree gchar *settings = refused_settings (c);
  g_autofree gchar *initial = NULL;
  g_autoptr (GPtrArray) outputs = outputs_new ();
  GstMessage *message = NULL;
  GstBus *bus;
  GstHarness *h;

  fail_unless (
      g_file_set_contents (text, "a text, and a longer one", -1, NULL));
  h = element->harness (settings, &bus);
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  push_clip (h, element->context, outputs);
  initial = in_use (h, c->property);
  g_object_set (h->element, c->property, path, NULL);
  while (message == NULL) {
    push_clip (h, element->context, outputs);
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  }
  {
    g_autoptr (GError) error = NULL;

    gst_message_parse_warning (message, &error, NULL);
    fail_unless (strstr (error->message, "stays in use") != NULL
            && strstr (error->message, c->says) != NULL,
        "%s", error->message);
  }
  gst_message_unref (message);
  push_clip (h, element->context, outputs);
  fail_unless (uses (h, c->property, initial));
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* a file that takes the place of another is loaded, also where both are as large
 * and as old */
GST_START_TEST (test_reload_replaced)
{
  g_autofree gchar *path = nf_models_path ("replaced.safetensors");
  g_autofree gchar *next = nf_models_path ("next.safetensors");
  g_autofree gchar *settings = g_strdup_printf ("checkpoint=%s", path);
  g_autoptr (GPtrArray) outputs = outputs_new ();
  NfUnetConfig config;
  GStatBuf before, after;
  GstBus *bus;
  GstHarness *h;

  nf_test_unet_config (&config);
  nf_test_save_unet (path, &config, 1);
  nf_test_save_unet (next, &config, 2);
  fail_unless (g_stat (path, &before) == 0);
  h = nf_predict_harness_new (settings, &bus);
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  push_clip (h, NF_MODELS_CONTEXT, outputs);
  fail_unless (utimensat (AT_FDCWD, next,
                   (struct timespec[2]){ before.st_atim, before.st_mtim }, 0)
      == 0);
  fail_unless (g_stat (next, &after) == 0);
  fail_unless_equals_int64 (after.st_size, before.st_size);
  fail_unless (g_rename (next, path) == 0);
  g_object_set (h->element, "checkpoint", path, NULL);
  do
    push_clip (h, NF_MODELS_CONTEXT, outputs);
  while (is_same (outputs->pdata[0], outputs->pdata[outputs->len - 1]));
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static gboolean load_fails;

static gpointer
load_or_fail (GstElement *element, GError **error)
{
  if (!load_fails)
    return g_strdup ("good");
  g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND, "nothing there");

  return NULL;
}

/* sets the property, and waits until what it names is loaded or refused */
static void
change (GstElement *element, GstNfReload *reload, gboolean fails)
{
  gboolean running = TRUE;

  load_fails = fails;
  gst_nf_reload_property_changed (G_OBJECT (element));
  while (running) {
    g_mutex_lock (&reload->lock);
    running = reload->running;
    g_mutex_unlock (&reload->lock);
    g_thread_yield ();
  }
}

/* what was loaded and not taken yet stays where the next is no good */
GST_START_TEST (test_reload_good_then_bad)
{
  GstElement *element = gst_element_factory_make ("identity", NULL);
  GstNfReload reload;
  gchar *taken;

  gst_nf_reload_init (&reload, element, load_or_fail, g_free);
  gst_nf_reload_start (&reload);
  change (element, &reload, FALSE);
  change (element, &reload, TRUE);
  taken = gst_nf_reload_take (&reload);
  fail_unless_equals_string (taken, "good");
  g_free (taken);
  fail_unless (gst_nf_reload_take (&reload) == NULL);
  gst_nf_reload_stop (&reload);
  gst_nf_reload_clear (&reload);
  gst_object_unref (element);
}
GST_END_TEST

/* the segmenter of a guide is changed as the predictor is */
GST_START_TEST (test_reload_segmenter)
{
  g_autofree gchar *other = nf_models_path ("other-unetpp.safetensors");
  g_autofree gchar *settings = g_strdup_printf (
      "guide=dynamics segment-checkpoint=%s", nf_models_segmenter ());
  g_autoptr (GPtrArray) outputs = outputs_new ();
  GstBus *bus;
  GstHarness *h;
  guint clips;

  save_segmenter (other);
  h = nf_predict_harness_new (settings, &bus);
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  push_clip (h, NF_MODELS_CONTEXT, outputs);
  fail_unless (uses (h, "segment-checkpoint", nf_models_segmenter ()));
  g_object_set (h->element, "segment-checkpoint", other, NULL);
  for (clips = 1; !uses (h, "segment-checkpoint", other); clips++)
    push_clip (h, NF_MODELS_CONTEXT, outputs);
  fail_unless_equals_int (outputs->len, clips);
  fail_unless (uses (h, "checkpoint", nf_models_predictor ()));
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* of many settings in a row the last one wins */
GST_START_TEST (test_reload_storm)
{
  const ReloadCase *c = &cases[__i__];
  g_autofree gchar *other = nf_models_path ("other.safetensors");
  g_autofree gchar *initial = NULL;
  g_autoptr (GPtrArray) outputs = outputs_new ();
  GstBus *bus;
  GstHarness *h;

  c->save_other (other);
  h = c->harness (c->settings, &bus);
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  initial = in_use (h, "checkpoint");
  for (guint i = 0; i < STORM; i++) {
    g_object_set (h->element, "checkpoint", i % 2 == 0 ? initial : other, NULL);
    if (i % 5 == 0)
      push_clip (h, c->context, outputs);
  }
  while (!uses (h, "checkpoint", other))
    push_clip (h, c->context, outputs);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* an element that stops while it loads, and starts with what was set last */
GST_START_TEST (test_reload_stopped)
{
  const ReloadCase *c = &cases[__i__];
  g_autofree gchar *other = nf_models_path ("other.safetensors");
  g_autofree gchar *initial = NULL;
  g_autoptr (GPtrArray) outputs = outputs_new ();
  GstBus *bus;
  GstHarness *h;

  c->save_other (other);
  h = c->harness (c->settings, &bus);
  initial = in_use (h, "checkpoint");
  for (guint i = 0; i < STORM; i++) {
    g_object_set (h->element, "checkpoint", i % 2 == 0 ? initial : other, NULL);
    nf_models_restart (h);
    nf_models_begin_stream (h);
    push_clip (h, c->context, outputs);
    fail_unless (uses (h, "checkpoint", i % 2 == 0 ? initial : other));
  }
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static Suite *
reload_suite (void)
{
  Suite *suite = suite_create ("reload");
  TCase *tc = tcase_create ("general");
  const gint n = G_N_ELEMENTS (cases);

  suite_add_tcase (suite, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_loop_test (tc, test_reload_between_clips, 0, n);
  tcase_add_test (tc, test_reload_within_clip);
  tcase_add_test (tc, test_reload_within_batch);
  tcase_add_test (tc, test_reload_keeps_lookahead);
  tcase_add_loop_test (
      tc, test_reload_refused, 0, (gint) G_N_ELEMENTS (refused));
  tcase_add_test (tc, test_reload_replaced);
  tcase_add_test (tc, test_reload_good_then_bad);
  tcase_add_test (tc, test_reload_segmenter);
  tcase_add_loop_test (tc, test_reload_storm, 0, n);
  tcase_add_loop_test (tc, test_reload_stopped, 0, n);

  return suite;
}

GST_CHECK_MAIN (reload)
