/* SPDX-License-Identifier: MIT
 *
 * model — tests of how elements find, share and release networks */
#include "config.h"
#include "common/gstnfmodel.h"
#include "nftestmodels.h"

#include <nextframe/core/nferror.h>

#include <gst/check/gstcheck.h>
#include <string.h>
#include <unistd.h>

#define N_THREADS 8

static gchar *folder, *checkpoint;

static void
make_models (void)
{
  NfUnetConfig config;

  folder = nf_test_folder_new ();
  checkpoint = g_build_filename (folder, "next-frame.safetensors", NULL);
  nf_test_unet_config (&config);
  nf_test_save_unet (checkpoint, &config, 1);
}

static void
remove_models (void)
{
  nf_test_folder_remove (folder);
  g_free (folder);
  g_free (checkpoint);
}

static GstNfModel *
acquire (const gchar *path, GError **error)
{
  GstNfModelSettings settings;
  GstNfModel *model;

  gst_nf_properties_init (gst_nf_predictor_properties, &settings);
  settings.checkpoint = g_strdup (path);
  model = gst_nf_model_acquire (&settings, GST_NF_MODEL_PREDICTOR, error);
  gst_nf_properties_clear (gst_nf_predictor_properties, &settings);

  return model;
}

/* the same file by any path is the same network, as long as anyone holds it */
GST_START_TEST (test_model_shared)
{
  g_autofree gchar *detour = g_build_filename (
      folder, "..", g_strrstr (folder, "/"), "next-frame.safetensors", NULL);
  g_autofree gchar *link = g_build_filename (folder, "link", NULL);
  GstNfModel *one = acquire (checkpoint, NULL), *two, *three;
  NfPredictor *predictor = gst_nf_model_predictor (one);

  fail_unless (symlink ("next-frame.safetensors", link) == 0);
  two = acquire (detour, NULL);
  three = acquire (link, NULL);
  fail_unless (one == two && one == three);
  fail_unless (gst_nf_model_segmenter (one) == NULL);
  fail_unless_equals_string (gst_nf_model_path (one), checkpoint);
  fail_unless_equals_string (gst_nf_model_device (one)->name, "cpu");
  gst_nf_model_release (one);
  gst_nf_model_release (two);
  fail_unless (gst_nf_model_predictor (three) == predictor);
  gst_nf_model_release (three);
}
GST_END_TEST

/* bytes that the CPU's tensors take up now, packed weights among them */
static gsize
live_now (void)
{
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  NfDeviceMemory memory;

  nf_device_memory (device, TRUE, &memory);
  nf_device_memory (device, FALSE, &memory);
  return memory.live;
}

static void
predict (GstNfModel *model)
{
  NfPredictor *predictor = gst_nf_model_predictor (model);
  const NfUnetConfig *c = nf_predictor_config (predictor);
  gsize bytes = (gsize) (c->height * c->width * c->channels);
  g_autofree guint8 *frame = g_malloc0 (bytes);
  g_autofree guint8 *out = g_malloc (bytes);
  const guint8 *context[] = { frame, frame, frame };
  guint8 *predicted[] = { out };
  NfPrediction prediction;
  g_autoptr (GError) error = NULL;

  nf_prediction_init (&prediction);
  prediction.steps = 2;
  prediction.horizon = 1;
  fail_unless (nf_predictor_predict_pixels (predictor, &prediction, 1,
                   NF_ENSEMBLE_MEAN, context, predicted, &error),
      "%s", error ? error->message : "");
}

/* what a network keeps is kept once, however many use it */
GST_START_TEST (test_model_weights_once)
{
  GstNfModel *one = acquire (checkpoint, NULL), *two;
  gsize before = live_now (), used;

  predict (one);
  used = live_now ();
  two = acquire (checkpoint, NULL);
  fail_unless_equals_uint64 (live_now (), used);
  predict (two);
  fail_unless (used > before);
  fail_unless_equals_uint64 (live_now (), used);
  gst_nf_model_release (one);
  fail_unless_equals_uint64 (live_now (), used);
  gst_nf_model_release (two);
  fail_unless_equals_uint64 (live_now (), 0);
}
GST_END_TEST

static gpointer
acquire_apart (gpointer data)
{
  return acquire (data, NULL);
}

/* those that come at once wait for one load, whether it works or not */
GST_START_TEST (test_model_loaded_once)
{
  g_autofree gchar *text = g_build_filename (folder, "text", NULL);
  const gchar *paths[] = { checkpoint, text };
  GThread *threads[N_THREADS];
  GstNfModel *models[N_THREADS];

  fail_unless (g_file_set_contents (text, "once upon a time", -1, NULL));
  for (guint i = 0; i < N_THREADS; i++)
    threads[i] =
        g_thread_new ("acquire", acquire_apart, (gpointer) paths[__i__]);
  for (guint i = 0; i < N_THREADS; i++)
    models[i] = g_thread_join (threads[i]);
  for (guint i = 0; i < N_THREADS; i++) {
    if (__i__ == 1)
      fail_unless (models[i] == NULL);
    else
      fail_unless (models[i] != NULL && models[i] == models[0]);
  }
  for (guint i = 0; i < N_THREADS && __i__ == 0; i++)
    gst_nf_model_release (models[i]);
}
GST_END_TEST

/* a file that was written anew is another network */
GST_START_TEST (test_model_new_file)
{
  GstNfModel *before = acquire (checkpoint, NULL), *after;
  NfUnetConfig config;

  nf_test_unet_config (&config);
  config.num_frames_cond = 5;
  nf_test_save_unet (checkpoint, &config, 2);
  after = acquire (checkpoint, NULL);
  fail_unless (after != NULL && after != before);
  fail_unless_equals_int (
      nf_predictor_config (gst_nf_model_predictor (after))->num_frames_cond, 5);
  fail_unless_equals_int (
      nf_predictor_config (gst_nf_model_predictor (before))->num_frames_cond,
      3);
  gst_nf_model_release (before);
  gst_nf_model_release (after);
}
GST_END_TEST

/* where a name is looked up, and what is said when it is nowhere */
GST_START_TEST (test_model_search)
{
  g_autofree gchar *path = g_strdup_printf (":/nowhere:%s", folder);
  g_autofree gchar *found = NULL;
  g_autofree gchar *given = NULL;
  g_autofree gchar *nothing = NULL;
  g_autoptr (GError) error = NULL;

  g_setenv ("NEXTFRAME_PATH", path, TRUE);
  found = gst_nf_model_find (GST_NF_MODEL_PREDICTOR, NULL, &error);
  fail_unless_equals_string (found, checkpoint);
  given = gst_nf_model_find (
      GST_NF_MODEL_SEGMENTER, "next-frame.safetensors", &error);
  fail_unless_equals_string (given, checkpoint);
  nothing = gst_nf_model_find (GST_NF_MODEL_PREDICTOR, "", &error);
  fail_unless_equals_string (nothing, checkpoint);
  fail_unless (error == NULL);
}
GST_END_TEST

GST_START_TEST (test_model_nowhere_fails)
{
  static const gchar *const names[] = { NULL, "some/where.safetensors",
    "/nowhere/x.safetensors" };
  static const gchar *const says[] = { "looked in /nowhere, ",
    "looked in the current folder, /nowhere, ", "looked in that place. " };
  g_autofree gchar *found = NULL;
  g_autoptr (GError) error = NULL;

  g_setenv ("NEXTFRAME_PATH", "/nowhere", TRUE);
  found = gst_nf_model_find (GST_NF_MODEL_SEGMENTER, names[__i__], &error);
  if (found != NULL && g_str_has_prefix (found, NF_CHECKPOINT_DIR))
    return; /* the project is installed */
  fail_unless (found == NULL);
  fail_unless (g_error_matches (error, NF_ERROR, NF_ERROR_NOT_FOUND));
  fail_unless (strstr (error->message, says[__i__]) != NULL
          && strstr (error->message, "nextframe-train segment") != NULL,
      "%s", error->message);
}
GST_END_TEST

static Suite *
model_suite (void)
{
  Suite *suite = suite_create ("model");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, make_models, remove_models);
  tcase_add_test (tc, test_model_shared);
  tcase_add_test (tc, test_model_weights_once);
  tcase_add_loop_test (tc, test_model_loaded_once, 0, 2);
  tcase_add_test (tc, test_model_new_file);
  tcase_add_test (tc, test_model_search);
  tcase_add_loop_test (tc, test_model_nowhere_fails, 0, 3);

  return suite;
}

GST_CHECK_MAIN (model)
