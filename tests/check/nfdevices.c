/* SPDX-License-Identifier: MIT
 *
 * nfdevices — tests of elements that compute at the same time
 *
 * Elements, each fed by a thread of its own, on one device or on two, must give
 * what each gives alone. The devices are the first and the last of
 * NF_TEST_DEVICES ("cuda:0,cuda:1"); by default both are the CPU. */
#include "nfmodelrig.h"

#define FRAMES 6

typedef struct
{
  const gchar *element, *settings, *device;
  guint skip; /* its frames begin with this one */
} Job;

static gchar *first_device, *last_device;

/* all that an element makes of a job's frames, one after the other */
static gpointer
run_job (gpointer data)
{
  const Job *job = data;
  const gboolean predicts = g_str_equal (job->element, "nfpredict");
  g_autofree gchar *launch = g_strdup_printf ("%s checkpoint=%s device=%s %s",
      job->element, predicts ? nf_models_predictor () : nf_models_segmenter (),
      job->device, job->settings);
  GByteArray *all = g_byte_array_new ();
  GstBuffer *buffer;
  GstBus *bus;
  GstHarness *h = nf_test_harness_new (launch, &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, job->skip, FRAMES);
  while ((buffer = gst_harness_try_pull (h)) != NULL) {
    GstMapInfo map;

    fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
    g_byte_array_append (all, map.data, (guint) map.size);
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
  nf_test_harness_free (h, bus);

  return g_byte_array_free_to_bytes (all);
}

#define MOST_JOBS 4

/* all at once, twice, against each alone, whose outcome is in @alone */
static void
expect_no_disturbance (const Job *jobs, guint n, GBytes **alone)
{
  for (guint i = 0; i < n; i++) {
    alone[i] = run_job ((gpointer) &jobs[i]);
    fail_unless (g_bytes_get_size (alone[i]) > 0);
  }
  for (guint round = 0; round < 2; round++) {
    GThread *threads[MOST_JOBS];

    for (guint i = 0; i < n; i++)
      threads[i] = g_thread_new ("job", run_job, (gpointer) &jobs[i]);
    for (guint i = 0; i < n; i++) {
      g_autoptr (GBytes) beside = g_thread_join (threads[i]);

      fail_unless (g_bytes_equal (alone[i], beside), "job %u", i);
    }
  }
}

static void
free_all (GBytes **alone, guint n)
{
  for (guint i = 0; i < n; i++)
    g_bytes_unref (alone[i]);
}

#define PREDICTS "steps=4 horizon=2 window=sliding"

GST_START_TEST (test_one_device)
{
  const Job jobs[] = {
    { "nfsegment", "", first_device, 0 },
    { "nfsegment", "tta=true", first_device, 7 },
    { "nfpredict", PREDICTS, first_device, 0 },
    { "nfpredict", PREDICTS " seed=9", first_device, 3 },
  };
  GBytes *alone[MOST_JOBS];

  expect_no_disturbance (jobs, G_N_ELEMENTS (jobs), alone);
  free_all (alone, G_N_ELEMENTS (jobs));
}
GST_END_TEST

GST_START_TEST (test_two_devices)
{
  const Job jobs[] = {
    { "nfsegment", "", first_device, 0 },
    { "nfsegment", "", last_device, 7 },
    { "nfpredict", PREDICTS, first_device, 0 },
    { "nfpredict", PREDICTS, last_device, 3 },
  };
  GBytes *alone[MOST_JOBS];

  expect_no_disturbance (jobs, G_N_ELEMENTS (jobs), alone);
  free_all (alone, G_N_ELEMENTS (jobs));
}
GST_END_TEST

/* what one element is to compute in is of no concern to another */
GST_START_TEST (test_precisions)
{
  const Job jobs[] = {
    { "nfpredict", PREDICTS " precision=f32", first_device, 0 },
    { "nfpredict", PREDICTS " precision=tf32", first_device, 0 },
  };
  GBytes *alone[MOST_JOBS];

  expect_no_disturbance (jobs, G_N_ELEMENTS (jobs), alone);
  /* the CPU has no TF32 */
  fail_unless_equals_int (
      g_bytes_equal (alone[0], alone[1]), g_str_equal (first_device, "cpu"));
  free_all (alone, G_N_ELEMENTS (jobs));
}
GST_END_TEST

static Suite *
nfdevices_suite (void)
{
  Suite *s = suite_create ("nfdevices");
  TCase *tc = tcase_create ("general");
  const gchar *listed = g_getenv ("NF_TEST_DEVICES");
  g_auto (GStrv) names = g_strsplit (listed ? listed : "cpu", ",", -1);

  first_device = g_strdup (names[0]);
  last_device = g_strdup (names[g_strv_length (names) - 1]);
  suite_add_tcase (s, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_test (tc, test_one_device);
  tcase_add_test (tc, test_two_devices);
  tcase_add_test (tc, test_precisions);

  return s;
}

GST_CHECK_MAIN (nfdevices);
