/* SPDX-License-Identifier: MIT
 *
 * flatmemory — elements give back what each frame takes
 *
 * Memory that is lost with every frame is no object of GStreamer's, so that its
 * leaks tracer has nothing to name: what the C library has given out is counted
 * instead, once the elements have what they keep. The library's caches of each
 * thread are left out (meson.build), as they count as given out. Siblings:
 * leaks.sh, failingmemory.c */
#include "nfmodelrig.h"

#include <malloc.h>

#define WARM 48 /* frames */
#define FRAMES 240
#define LOST 8 /* bytes a frame; the smallest piece of memory has 24 */

/* %s stands for the path of the network */
static const struct
{
  const gchar *launch;
  const gchar *(*network) (void);
  const gchar *caps;
} rows[] = {
  { "nfsegment device=cpu decision=pixel confidence=true probabilities=true "
    "output=confidence checkpoint=%s",
      nf_models_segmenter, NF_MODELS_CAPS },
  { "nfsegment device=cpu decision=region confidence=true output=overlay "
    "batch-size=2 checkpoint=%s",
      nf_models_segmenter, NF_MODELS_CAPS },
  { "nfsegment device=cpu decision=clip lookahead=3 probabilities=true "
    "output=palette checkpoint=%s",
      nf_models_segmenter, NF_MODELS_CAPS },
  { "nfpredict device=cpu steps=1 window=sliding horizon=2 emit=rollout "
    "post-messages=false checkpoint=%s",
      nf_models_predictor, NF_MODELS_CAPS },
  { "nfpredict device=cpu steps=1 window=sliding horizon=2 ensemble=2 "
    "ensemble-mode=median batch-size=2 post-messages=false checkpoint=%s",
      nf_models_predictor, NF_MODELS_CAPS },
  { "nfpredict device=cpu steps=1 window=sliding horizon=2 ensemble=2 "
    "ensemble-mode=each post-messages=false checkpoint=%s",
      nf_models_predictor, NF_MODELS_CAPS },
  { "nfsegment device=cpu checkpoint=%s ! nfregionsenc", nf_models_segmenter,
      NF_MODELS_CAPS },
  { "nfextrapolate method=dynamics context=3 horizon=2 futures=3 "
    "window=sliding emit=rollout",
      NULL, "video/x-raw,format=GRAY8,width=24,height=16,framerate=25/1" },
};

static gsize
in_use (void)
{
  const struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

/* takes what comes out, messages (of a latency that changed) as well */
static void
play (GstHarness *h, GstBus *bus, guint from, guint n)
{
  for (guint i = from; i < from + n; i++) {
    GstBuffer *buffer;
    GstMessage *message;

    nf_test_push_frames (h, i, 1);
    while ((buffer = gst_harness_try_pull (h)) != NULL)
      gst_buffer_unref (buffer);
    while ((message = gst_bus_pop (bus)) != NULL)
      gst_message_unref (message);
  }
}

GST_START_TEST (test_frames_are_given_back)
{
  g_auto (GStrv) parts = g_strsplit (rows[__i__].launch, "%s", 2);
  g_autofree gchar *launch = rows[__i__].network == NULL
      ? g_strdup (parts[0])
      : g_strconcat (parts[0], rows[__i__].network (), NULL);
  GstBus *bus;
  GstHarness *h = nf_test_harness_new (launch, &bus);
  gsize before, after;

  gst_harness_set_src_caps_str (h, rows[__i__].caps);
  play (h, bus, 0, WARM);
  before = in_use ();
  play (h, bus, WARM, FRAMES);
  after = in_use ();
  fail_unless (after <= before + FRAMES * LOST,
      "%s: %" G_GSIZE_FORMAT " bytes more after %d frames", launch,
      after - before, FRAMES);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static Suite *
flatmemory_suite (void)
{
  Suite *suite = suite_create ("flatmemory");
  TCase *tc = tcase_create ("frames");

  suite_add_tcase (suite, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_loop_test (tc, test_frames_are_given_back, 0, G_N_ELEMENTS (rows));

  return suite;
}

GST_CHECK_MAIN (flatmemory)
