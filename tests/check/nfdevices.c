/* SPDX-License-Identifier: MIT
 *
 * nfdevices — tests of elements that compute at the same time
 *
 * Two elements, each fed by a thread of its own, on one device or on two, must
 * give what each gives alone. The devices are the first and the last of
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

/* both at once, several times, against each alone; returns whether both make the
 * same */
static gboolean
expect_no_disturbance (const Job *a, const Job *b)
{
  g_autoptr (GBytes) alone_a = run_job ((gpointer) a);
  g_autoptr (GBytes) alone_b = run_job ((gpointer) b);

  fail_unless (g_bytes_get_size (alone_a) > 0);
  fail_unless (g_bytes_get_size (alone_b) > 0);
  for (guint i = 0; i < 3; i++) {
    GThread *thread = g_thread_new ("other", run_job, (gpointer) b);
    g_autoptr (GBytes) beside_a = run_job ((gpointer) a);
    g_autoptr (GBytes) beside_b = g_thread_join (thread);

    fail_unless (g_bytes_equal (alone_a, beside_a));
    fail_unless (g_bytes_equal (alone_b, beside_b));
  }

  return g_bytes_equal (alone_a, alone_b);
}

#define PREDICTS "steps=4 horizon=2 window=sliding"

GST_START_TEST (test_one_device)
{
  const Job a = { "nfsegment", "", first_device, 0 };
  const Job b = { "nfsegment", "tta=true", first_device, 7 };
  const Job c = { "nfpredict", PREDICTS, first_device, 0 };
  const Job d = { "nfpredict", PREDICTS " seed=9", first_device, 3 };

  expect_no_disturbance (&a, &b);
  expect_no_disturbance (&a, &c);
  expect_no_disturbance (&c, &d);
}
GST_END_TEST

GST_START_TEST (test_two_devices)
{
  const Job a = { "nfsegment", "", first_device, 0 };
  const Job b = { "nfsegment", "", last_device, 7 };
  const Job c = { "nfpredict", PREDICTS, first_device, 0 };
  const Job d = { "nfpredict", PREDICTS, last_device, 3 };

  expect_no_disturbance (&a, &b);
  expect_no_disturbance (&c, &b);
  expect_no_disturbance (&c, &d);
}
GST_END_TEST

/* what one element is to compute in is of no concern to another */
GST_START_TEST (test_precisions)
{
  const Job f32 = { "nfpredict", PREDICTS " precision=f32", first_device, 0 };
  const Job tf32 = { "nfpredict", PREDICTS " precision=tf32", first_device, 0 };

  /* the CPU has no TF32 */
  fail_unless_equals_int (
      expect_no_disturbance (&f32, &tf32), g_str_equal (first_device, "cpu"));
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
