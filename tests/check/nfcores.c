/* SPDX-License-Identifier: MIT
 *
 * nfcores — tests of elements with networks that share the cores
 *
 * See: threads.c, for turns without elements */
#include "nfmodelrig.h"

#include <nextframe/core/ops/nfobserve.h>
#include <nextframe/core/threads/nfcores.h>

/* as many denoising steps as no test waits for */
#define ENDLESS "steps=1000 ensemble=256 horizon=1000"
#define ALL 4096 /* more threads than there are cores */

static GstHarness *
new_harness (const gchar *element, const gchar *checkpoint,
    const gchar *settings, GstBus **bus)
{
  g_autofree gchar *launch = g_strdup_printf (
      "%s checkpoint=%s device=cpu %s", element, checkpoint, settings);
  GstHarness *h = nf_test_harness_new (launch, bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);

  return h;
}

/* pushes the frame that makes the element compute from another thread */
static GThread *
push_apart (GstHarness *h, guint number)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstVideoInfo info;
  GThread *thread;

  fail_unless (gst_video_info_from_caps (&info, caps));
  thread = nf_test_push_apart (h, nf_test_frame (&info, number, 0));
  while (nf_test_stat (h->element, "frames-in") <= number)
    g_usleep (1000);

  return thread;
}

static void
expect_flushing (GThread *thread)
{
  fail_unless_equals_int (
      GPOINTER_TO_INT (g_thread_join (thread)), GST_FLOW_FLUSHING);
}

/* all cores, until nf_cores_release() */
static void
take_cores (NfCoreLease *lease)
{
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);

  fail_unless (nf_cores_acquire (lease, device, ALL, NULL, NULL));
}

GST_START_TEST (test_threads_property)
{
  static const gchar *const elements[] = { "nfpredict", "nfsegment" };
  GstElement *element = gst_element_factory_make (elements[__i__], NULL);
  guint threads;

  g_object_get (element, "threads", &threads, NULL);
  fail_unless_equals_int (threads, 0);
  g_object_set (element, "threads", 3, NULL);
  g_object_get (element, "threads", &threads, NULL);
  fail_unless_equals_int (threads, 3);
  gst_object_unref (element);
}
GST_END_TEST

GST_START_TEST (test_any_threads)
{
  static const gchar *const settings[] = { "threads=1", "threads=2",
    "threads=7" };
  GstBus *bus;
  GstHarness *h =
      new_harness ("nfsegment", nf_models_segmenter (), settings[__i__], &bus);

  nf_test_push_frames (h, 0, 2);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 2);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* a long prediction lets others in between its steps */
GST_START_TEST (test_segment_beside_endless_prediction)
{
  GstBus *predict_bus, *bus;
  GstHarness *predict =
      new_harness ("nfpredict", nf_models_predictor (), ENDLESS, &predict_bus);
  GstHarness *h = new_harness ("nfsegment", nf_models_segmenter (), "", &bus);
  GThread *thread;

  nf_test_push_frames (predict, 0, NF_MODELS_CONTEXT - 1);
  thread = push_apart (predict, NF_MODELS_CONTEXT - 1);
  nf_test_push_frames (h, 0, 3);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 3);
  gst_harness_push_event (predict, gst_event_new_flush_start ());
  expect_flushing (thread);
  nf_test_harness_free (predict, predict_bus);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_flush_while_waiting)
{
  GstBus *bus;
  GstHarness *h = new_harness ("nfsegment", nf_models_segmenter (), "", &bus);
  GThread *thread;
  NfCoreLease lease;

  take_cores (&lease);
  thread = push_apart (h, 0);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  expect_flushing (thread);
  nf_cores_release (&lease);
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (h, nf_test_new_segment (1.0));
  nf_test_push_frames (h, 0, 1);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 1);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

GST_START_TEST (test_stop_while_waiting)
{
  GstBus *bus;
  GstHarness *h = new_harness (
      "nfpredict", nf_models_predictor (), "steps=1 horizon=1", &bus);
  GThread *thread;
  NfCoreLease lease;

  nf_test_push_frames (h, 0, NF_MODELS_CONTEXT - 1);
  take_cores (&lease);
  thread = push_apart (h, NF_MODELS_CONTEXT - 1);
  fail_unless_equals_int (gst_element_set_state (h->element, GST_STATE_NULL),
      GST_STATE_CHANGE_SUCCESS);
  expect_flushing (thread);
  nf_cores_release (&lease);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* how often cores were free, and how often not, when something was painted */
static void
look_at_cores (const NfOpCall *call, gboolean backward, const NfOpTime *time,
    gpointer data)
{
  g_autoptr (GCancellable) at_once = g_cancellable_new ();
  guint *painted = data;
  gboolean free;
  NfCoreLease lease;

  if (call->op != NF_OP_PAINT)
    return;
  g_cancellable_cancel (at_once);
  free = nf_cores_acquire (&lease, call->device, ALL, at_once, NULL);
  if (free)
    nf_cores_release (&lease);
  painted[free]++;
}

/* pictures of masks are painted in the lease of the network that made them */
GST_START_TEST (test_paints_in_turn)
{
  static const gchar *const settings[] = { "output=palette batch-size=2",
    "output=overlay" };
  GstBus *bus;
  GstHarness *h =
      new_harness ("nfsegment", nf_models_segmenter (), settings[__i__], &bus);
  guint painted[2] = { 0, 0 };

  nf_observe_begin (look_at_cores, painted);
  nf_test_push_frames (h, 0, 4);
  nf_observe_end ();
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 4);
  fail_unless_equals_int (painted[TRUE], 0);
  fail_unless (painted[FALSE] > 0);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static Suite *
nfcores_suite (void)
{
  Suite *suite = suite_create ("nfcores");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_loop_test (tc, test_threads_property, 0, 2);
  tcase_add_loop_test (tc, test_any_threads, 0, 3);
  tcase_add_test (tc, test_segment_beside_endless_prediction);
  tcase_add_test (tc, test_flush_while_waiting);
  tcase_add_test (tc, test_stop_while_waiting);
  tcase_add_loop_test (tc, test_paints_in_turn, 0, 2);

  return suite;
}

GST_CHECK_MAIN (nfcores)
