/* SPDX-License-Identifier: MIT
 *
 * nfcudamemory — tests of elements with video in a GPU's memory
 *
 * On the stand-ins of tests/cuda-on-cpu, with their libcuda.so.1 for GStreamer's
 * CUDA library; or on a GPU, where copies are not counted. Frames in a GPU's
 * memory must become what the same frames in the host's become on that device. */
#include "nfcudarig.h"
#include "nfmodelrig.h"
#include <nextframe/core/tensor/nfdevice.h>

#include <string.h>

#define CUDA "video/x-raw(memory:CUDAMemory)"
#define RAW "video/x-raw"

/**
 * Case:
 * @launch: elements; PREDICTOR and SEGMENTER stand for checkpoints
 * @in: memory of the frames that go in
 * @out: memory and format that are asked for; NULL: any
 * @format: of the frames
 * @width: of the frames
 * @height: of the frames
 * @differ: by how much values may differ on average
 */
typedef struct
{
  const gchar *launch, *in, *out, *format;
  gint width, height;
  gdouble differ;
} Case;

static GstCaps *
caps_of (const Case *c)
{
  g_autofree gchar *text =
      g_strdup_printf ("%s,format=%s,width=%d,height=%d,framerate=25/1", c->in,
          c->format, c->width, c->height);

  return gst_caps_from_string (text);
}

/* all that comes of a case's frames, one after the other */
static GBytes *
run (const Case *c, GstCudaContext *given, GstCudaContext *frames_of)
{
  GByteArray *all = g_byte_array_new ();
  g_autoptr (GstCaps) caps = caps_of (c);
  g_autoptr (GstCaps) made = NULL;
  GstBuffer *buffer;
  GstBus *bus;
  GstHarness *h = nf_cuda_harness_new (c->launch, given, &bus);
  GstVideoInfo info;

  if (c->out != NULL)
    gst_harness_set_sink_caps_str (h, c->out);
  gst_harness_set_src_caps (h, gst_caps_ref (caps));
  nf_cuda_push_frames (h, caps, frames_of, 0);
  gst_harness_push_event (h, gst_event_new_eos ());
  nf_test_expect_no_error (bus);
  made = gst_pad_get_current_caps (h->sinkpad);
  fail_unless (made != NULL && gst_video_info_from_caps (&info, made));
  if (c->out != NULL) {
    g_autoptr (GstCaps) wanted = gst_caps_from_string (c->out);

    fail_unless (gst_caps_is_subset (made, wanted));
  }
  while ((buffer = gst_harness_try_pull (h)) != NULL) {
    g_autoptr (GBytes) pixels =
        nf_test_pixels (buffer, &info, GST_VIDEO_INFO_FORMAT (&info));
    const gboolean there =
        gst_is_cuda_memory (gst_buffer_peek_memory (buffer, 0));

    fail_unless_equals_int (there,
        gst_caps_features_contains (
            gst_caps_get_features (made, 0), "memory:CUDAMemory"));
    g_byte_array_append (all, g_bytes_get_data (pixels, NULL),
        (guint) g_bytes_get_size (pixels));
    gst_buffer_unref (buffer);
  }
  fail_unless (all->len > 0, "nothing came out");
  nf_test_harness_free (h, bus);

  return g_byte_array_free_to_bytes (all);
}

/* the same of frames in the host's memory */
static GBytes *
run_raw (const Case *c)
{
  g_autofree gchar *out = NULL;
  Case raw = *c;

  raw.in = RAW;
  if (c->out != NULL) {
    out = g_strconcat (RAW, strchr (c->out, ','), NULL);
    raw.out = out;
  }

  return run (&raw, NULL, NULL);
}

/* largest and mean difference of two results */
static void
compare (GBytes *a, GBytes *b, guint *largest, gdouble *mean)
{
  gsize n, m;
  const guint8 *x = g_bytes_get_data (a, &n), *y = g_bytes_get_data (b, &m);
  gdouble sum = 0.0;

  fail_unless_equals_uint64 (n, m);
  *largest = 0;
  for (gsize i = 0; i < n; i++) {
    guint d = (guint) ABS ((gint) x[i] - (gint) y[i]);

    *largest = MAX (*largest, d);
    sum += d;
  }
  *mean = sum / (gdouble) n;
}

#define SEGMENTS "nfsegment checkpoint=SEGMENTER device=cuda:0 decision=pixel "
#define PREDICTS                                                               \
  "nfpredict checkpoint=PREDICTOR device=cuda:0 steps=2 horizon=2 "            \
  "emit=rollout "

/* packed pixels lose nothing on their way, so all bytes agree; so do those that
 * go through the host, as frames of another context on the same device do */
static const Case same_cases[] = {
  { SEGMENTS, CUDA, NULL, "RGB", 24, 16 },
  { SEGMENTS, CUDA, NULL, "RGB", 33, 31 },
  { SEGMENTS, CUDA, NULL, "BGRA", 17, 9 },
  { SEGMENTS "output=palette", CUDA, CUDA ",format=RGB", "ARGB", 24, 16 },
  { SEGMENTS "output=palette", CUDA, RAW ",format=RGB", "RGB", 24, 16 },
  { SEGMENTS "output=overlay", RAW, CUDA ",format=RGB", "RGB", 25, 16 },
  { SEGMENTS "output=overlay", CUDA, CUDA ",format=RGB", "BGR", 25, 16 },
  { SEGMENTS "batch-size=3", CUDA, NULL, "RGBx", 24, 16 },
  { SEGMENTS "batch-size=2 output=overlay", CUDA, CUDA ",format=RGB", "RGB", 9,
      8 },
  { PREDICTS, CUDA, CUDA ",format=RGB,width=24,height=16", "RGB", 24, 16 },
  { PREDICTS, CUDA, RAW ",format=RGB,width=24,height=16", "BGRx", 24, 16 },
  { PREDICTS, CUDA, CUDA ",format=RGB,width=24,height=16", "ABGR", 24, 16 },
  { PREDICTS, CUDA, CUDA ",format=RGB,width=24,height=16", "RGBA", 24, 16 },
  { PREDICTS, CUDA, CUDA ",format=RGB,width=24,height=16",
      "NV12,interlace-mode=interleaved", 24, 16 },
  { PREDICTS, RAW, CUDA ",format=RGB,width=24,height=16", "RGB", 24, 16 },
};

GST_START_TEST (test_same_bytes)
{
  const Case *c = &same_cases[__i__];
  /* what one run planned is there for the next */
  g_autoptr (NfDevice) device = nf_device_open ("cuda:0", NULL);
  GstCudaContext *primary = nf_cuda_primary_context ();
  GstCudaContext *other = gst_cuda_context_new (0);
  g_autoptr (GBytes) expected = run_raw (c);
  g_autoptr (GBytes) own = run (c, NULL, primary);
  g_autoptr (GBytes) given = run (c, other, other);
  g_autoptr (GBytes) foreign = run (c, NULL, other);

  fail_unless (g_bytes_equal (own, expected));
  fail_unless (g_bytes_equal (given, expected));
  fail_unless (g_bytes_equal (foreign, expected));
  ASSERT_OBJECT_REFCOUNT (primary, "primary context", 1);
  ASSERT_OBJECT_REFCOUNT (other, "context", 1);
  gst_object_unref (primary);
  gst_object_unref (other);
}
GST_END_TEST

/* converted and scaled there, not by GstVideoConverter; an untrained network may
 * name some pixels otherwise then */
static const Case near_cases[] = {
  { SEGMENTS "output=overlay", CUDA, CUDA ",format=RGB", "NV12", 32, 24, 6.0 },
  { SEGMENTS "output=overlay", CUDA, CUDA ",format=RGB", "I420", 33, 24, 6.0 },
  { PREDICTS, CUDA, CUDA ",format=RGB,width=40,height=24", "RGB", 40, 24, 1.0 },
  { PREDICTS, CUDA, CUDA ",format=RGB,width=24,height=16", "I420", 24, 16,
      1.0 },
  { PREDICTS, CUDA, CUDA ",format=RGB,width=11,height=13", "NV12", 64, 48,
      1.0 },
  { PREDICTS, CUDA, CUDA ",format=RGB,width=30,height=20", "BGRA", 12, 8, 1.0 },
  { PREDICTS, CUDA, CUDA ",format=RGB,width=24,height=16",
      "NV12,colorimetry=bt709", 24, 16, 1.0 },
  { PREDICTS, CUDA, CUDA ",format=RGB,width=24,height=16",
      "NV12,colorimetry=1:6:0:0,chroma-site=cosited", 24, 16, 1.0 },
  { PREDICTS, CUDA, CUDA ",format=RGB,width=24,height=16",
      "I420,colorimetry=1:4:0:0,chroma-site=mpeg2", 24, 16, 1.0 },
};

GST_START_TEST (test_near)
{
  const Case *c = &near_cases[__i__];
  g_autoptr (NfDevice) device = nf_device_open ("cuda:0", NULL);
  GstCudaContext *context = gst_cuda_context_new (0);
  g_autoptr (GBytes) expected = run_raw (c);
  g_autoptr (GBytes) got = run (c, context, context);
  gdouble mean;
  guint largest;

  compare (got, expected, &largest, &mean);
  fail_unless (mean <= c->differ, "mean difference %g", mean);
  gst_object_unref (context);
}
GST_END_TEST

static gboolean
offers_cuda (GstPad *pad)
{
  g_autoptr (GstCaps) caps = gst_pad_query_caps (pad, NULL);

  for (guint i = 0; i < gst_caps_get_size (caps); i++)
    if (gst_caps_features_contains (
            gst_caps_get_features (caps, i), "memory:CUDAMemory"))
      return TRUE;

  return FALSE;
}

static void
expect_offers (const gchar *launch, gboolean sink, gboolean src)
{
  GstBus *bus;
  GstHarness *h = nf_cuda_harness_new (launch, NULL, &bus);
  g_autoptr (GstPad) sinkpad = gst_element_get_static_pad (h->element, "sink");
  g_autoptr (GstPad) srcpad = gst_element_get_static_pad (h->element, "src");

  fail_unless_equals_int (offers_cuda (sinkpad), sink);
  fail_unless_equals_int (offers_cuda (srcpad), src);
  nf_test_harness_free (h, bus);
}

/* a GPU's memory is offered where the element computes on one */
GST_START_TEST (test_offers)
{
  expect_offers ("nfsegment checkpoint=SEGMENTER device=cpu", FALSE, FALSE);
  expect_offers ("nfpredict checkpoint=PREDICTOR device=cpu", FALSE, FALSE);
  expect_offers ("nfsegment checkpoint=SEGMENTER device=cuda:0", TRUE, FALSE);
  expect_offers (
      "nfsegment checkpoint=SEGMENTER device=auto output=palette", TRUE, TRUE);
  expect_offers ("nfpredict checkpoint=PREDICTOR device=cuda", TRUE, TRUE);
}
GST_END_TEST

/* frames that GstCudaMemory has no right layout for are never agreed on, so that
 * a converter before the element makes others of them */
static void
expect_accepts (const gchar *launch)
{
  static const struct
  {
    const gchar *format;
    gint width, height;
    gboolean accepted;
  } cases[] = {
    { "I420", 33, 24, TRUE },
    { "I420", 33, 23, FALSE },
    { "I420", 1, 1, FALSE },
    { "NV12", 33, 23, TRUE },
    { "RGB", 33, 23, TRUE },
    { "YV12", 32, 24, FALSE },
    { "P010_10LE", 32, 24, FALSE },
  };
  GstBus *bus;
  GstHarness *h = nf_cuda_harness_new (launch, NULL, &bus);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (h->element, "sink");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const Case c = { NULL, CUDA, NULL, cases[i].format, cases[i].width,
      cases[i].height, 0.0 };
    g_autoptr (GstCaps) caps = caps_of (&c);

    fail_unless_equals_int (
        gst_pad_query_accept_caps (pad, caps), cases[i].accepted);
  }
  nf_test_harness_free (h, bus);
}

GST_START_TEST (test_accepts)
{
  expect_accepts (SEGMENTS "output=palette");
  expect_accepts (PREDICTS);
}
GST_END_TEST

GST_START_TEST (test_cpu_refuses_cuda_memory_fails)
{
  const Case c = { NULL, CUDA, NULL, "RGB", 24, 16 };
  g_autoptr (GstCaps) caps = caps_of (&c);
  GstBus *bus;
  GstHarness *h = nf_cuda_harness_new (
      "nfsegment checkpoint=SEGMENTER device=cpu", NULL, &bus);

  gst_harness_set_src_caps (h, gst_caps_ref (caps));
  fail_unless_equals_int (
      gst_harness_push (h, gst_buffer_new ()), GST_FLOW_NOT_NEGOTIATED);
  gst_element_set_bus (h->element, NULL);
  gst_object_unref (bus);
  gst_harness_teardown (h);
}
GST_END_TEST

GST_START_TEST (test_memory_of_another_device_fails)
{
  const Case c = { NULL, CUDA, NULL, "RGB", 24, 16 };
  g_autoptr (GstCaps) caps = caps_of (&c);
  GstCudaContext *other = gst_cuda_context_new (1);
  GstBufferPool *pool;
  GstBuffer *frame;
  GstBus *bus;
  GstHarness *h;
  GstVideoInfo info;

  if (other == NULL) {
    g_printerr ("skipped: there is one GPU only\n");
    return;
  }
  pool = nf_cuda_pool_new (other, caps);
  h = nf_cuda_harness_new (SEGMENTS, NULL, &bus);
  fail_unless (gst_video_info_from_caps (&info, caps));
  gst_harness_set_src_caps (h, gst_caps_ref (caps));
  frame = nf_cuda_upload (pool, &info, nf_test_frame (&info, 0, 0));
  fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_ERROR);
  nf_test_expect_error (bus, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "a frame lies on cuda:1, this element computes on cuda:0");
  nf_test_harness_free (h, bus);
  gst_buffer_pool_set_active (pool, FALSE);
  gst_object_unref (pool);
  gst_object_unref (other);
}
GST_END_TEST

GST_START_TEST (test_host_memory_in_its_place_fails)
{
  const Case c = { NULL, CUDA, NULL, "RGB", 24, 16 };
  g_autoptr (GstCaps) caps = caps_of (&c);
  GstBus *bus;
  GstHarness *h = nf_cuda_harness_new (SEGMENTS, NULL, &bus);
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  gst_harness_set_src_caps (h, gst_caps_ref (caps));
  fail_unless_equals_int (
      gst_harness_push (h, nf_test_frame (&info, 0, 0)), GST_FLOW_ERROR);
  nf_test_expect_error (bus, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "without GstCudaMemory");
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* what comes into an element of a bin */
static void
expect_cuda_memory (GstElement *bin, const gchar *name)
{
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (bin), name);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "sink");
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  fail_unless (gst_caps_features_contains (
      gst_caps_get_features (caps, 0), "memory:CUDAMemory"));
}

/* frames of the context that the elements offer go through both of them on the
 * device: no copy to or from the host but that of the masks, which is the
 * module's own */
GST_START_TEST (test_no_copies_between)
{
  const Case c = { NULL, CUDA, NULL, "NV12", 40, 24 };
  g_autoptr (GstCaps) caps = caps_of (&c);
  GstCudaContext *context = nf_cuda_primary_context ();
  NfStandinDriverCounts before, after;
  GPtrArray *frames = nf_cuda_frames (caps, context, 0);
  GstBus *bus;
  GstHarness *h = nf_cuda_harness_new (
      PREDICTS " ! " SEGMENTS "output=palette name=second", NULL, &bus);

  gst_harness_set_sink_caps_str (h, CUDA ",format=RGB");
  gst_harness_set_src_caps (h, gst_caps_ref (caps));
  before = nf_cuda_count_copies ();
  nf_cuda_push_all (h, frames);
  after = nf_cuda_count_copies ();
  fail_unless (gst_harness_buffers_in_queue (h) > 0);
  expect_cuda_memory (h->element, "second");
  fail_unless_equals_int (after.downloads, before.downloads);
  fail_unless_equals_int (after.uploads, before.uploads);
  nf_test_harness_free (h, bus);
  ASSERT_OBJECT_REFCOUNT (context, "context", 1);
  gst_object_unref (context);
}
GST_END_TEST

/* takes what is left of a device's memory, in frames of this size */
static void
take_all (GstCudaContext *context, const gchar *text, GPtrArray *taken)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  GstBufferPool *pool = nf_cuda_pool_new (context, caps);
  GstBuffer *buffer;

  while (gst_buffer_pool_acquire_buffer (pool, &buffer, NULL) == GST_FLOW_OK)
    g_ptr_array_add (taken, buffer);
  gst_buffer_pool_set_active (pool, FALSE);
  gst_object_unref (pool);
}

/* only where there is little of it: NF_CUDA_MEMORY of the stand-ins */
GST_START_TEST (test_no_memory_fails)
{
  const Case c = { NULL, RAW, NULL, "RGB", 24, 16 };
  g_autoptr (GstCaps) caps = caps_of (&c);
  g_autoptr (GPtrArray) taken = NULL;
  GstCudaContext *context;
  GstBus *bus;
  GstHarness *h;
  GPtrArray *frames;
  GstFlowReturn flow = GST_FLOW_OK;

  if (g_getenv ("NF_CUDA_MEMORY") == NULL) {
    g_printerr ("skipped: NF_CUDA_MEMORY is not set\n");
    return;
  }
  context = gst_cuda_context_new (0);
  h = nf_cuda_harness_new (SEGMENTS "output=palette", context, &bus);
  taken = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
  gst_harness_set_sink_caps_str (h, CUDA ",format=RGB");
  gst_harness_set_src_caps (h, gst_caps_ref (caps));
  nf_cuda_push_frames (h, caps, NULL, 0);
  take_all (context, CUDA ",format=RGB,width=512,height=512", taken);
  take_all (context, CUDA ",format=RGB,width=24,height=16", taken);
  frames = nf_cuda_frames (caps, NULL, NF_CUDA_FRAMES);
  for (guint i = 0; i < frames->len; i++) {
    if (flow == GST_FLOW_OK)
      flow = gst_harness_push (h, frames->pdata[i]);
    else
      gst_buffer_unref (frames->pdata[i]);
  }
  g_ptr_array_unref (frames);
  fail_unless_equals_int (flow, GST_FLOW_ERROR);
  nf_test_expect_error (bus, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_NO_SPACE_LEFT, "No memory for another frame");
  nf_test_harness_free (h, bus);
  g_clear_pointer (&taken, g_ptr_array_unref);
  ASSERT_OBJECT_REFCOUNT (context, "context", 1);
  gst_object_unref (context);
}
GST_END_TEST

/* other caps, flushes and states, in the middle of a batch */
GST_START_TEST (test_states)
{
  const Case a = { NULL, CUDA, NULL, "RGB", 24, 16 };
  const Case b = { NULL, RAW, NULL, "NV12", 24, 16 };
  g_autoptr (GstCaps) there = caps_of (&a);
  g_autoptr (GstCaps) here = caps_of (&b);
  GstCudaContext *context = gst_cuda_context_new (0);
  GstBus *bus;
  GstHarness *h = nf_cuda_harness_new (SEGMENTS "batch-size=4", context, &bus);

  for (guint i = 0; i < 2; i++) {
    gst_harness_set_src_caps (h, gst_caps_ref (there));
    nf_cuda_push_frames (h, there, context, 0);
    gst_harness_set_src_caps (h, gst_caps_ref (here));
    nf_cuda_push_frames (h, here, context, NF_CUDA_FRAMES);
    gst_harness_set_src_caps (h, gst_caps_ref (there));
    nf_cuda_push_frames (h, there, context, 2 * NF_CUDA_FRAMES);
    gst_harness_push_event (h, gst_event_new_flush_start ());
    gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
    nf_test_expect_no_error (bus);
    fail_unless (gst_harness_buffers_in_queue (h) >= 10);
    gst_element_set_state (h->element, GST_STATE_NULL);
    gst_element_set_state (h->element, GST_STATE_PLAYING);
    gst_harness_play (h);
  }
  nf_test_harness_free (h, bus);
  ASSERT_OBJECT_REFCOUNT (context, "context", 1);
  gst_object_unref (context);
}
GST_END_TEST

static Suite *
nfcudamemory_suite (void)
{
  Suite *s = suite_create ("nfcudamemory");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_unchecked_fixture (tc, nf_cuda_make_models, nf_models_remove);
  tcase_add_loop_test (tc, test_same_bytes, 0, G_N_ELEMENTS (same_cases));
  tcase_add_loop_test (tc, test_near, 0, G_N_ELEMENTS (near_cases));
  tcase_add_test (tc, test_offers);
  tcase_add_test (tc, test_accepts);
  tcase_add_test (tc, test_cpu_refuses_cuda_memory_fails);
  tcase_add_test (tc, test_memory_of_another_device_fails);
  tcase_add_test (tc, test_host_memory_in_its_place_fails);
  tcase_add_test (tc, test_no_copies_between);
  tcase_add_test (tc, test_no_memory_fails);
  tcase_add_test (tc, test_states);

  return s;
}

GST_CHECK_MAIN (nfcudamemory);
