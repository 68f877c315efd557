/* SPDX-License-Identifier: MIT
 *
 * nfsegmentdecision — tests of nfsegment: masks decided by regions and clips
 *
 * The network is untrained, so its regions are odd ones; that the element's
 * masks are the library's is checked. Siblings: regions.c (what regions are),
 * nfsegmentsize.c */
#include "nfmodelrig.h"

#include <nextframe/metrics/nfclasses.h>
#include <nextframe/metrics/nfmask.h>
#include <nextframe/nets/nfsegmenter.h>
#include <nextframe/regions/nfregionvotes.h>

#include <string.h>

#define FRAME NF_MODELS_FRAME
#define WIDTH 24
#define HEIGHT 16
#define CLASSES 49

/* (transfer full): the regions of a frame, by the library */
static NfRegions *
find_regions (NfSegmenter *segmenter, NfDevice *device, GstBuffer *frame)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  g_autoptr (GBytes) rgb = NULL;
  g_autoptr (NfTensor) pixels = NULL;
  g_autoptr (NfTensor) p = NULL;
  g_autofree gfloat *host = g_new (gfloat, WIDTH * HEIGHT * CLASSES);
  GstVideoInfo info;
  NfRegions *regions;

  fail_unless (gst_video_info_from_caps (&info, caps));
  rgb = nf_test_pixels (frame, &info, GST_VIDEO_FORMAT_RGB);
  pixels = nf_tensor_new_from_nhwc (
      device, NF_U8, 1, 3, HEIGHT, WIDTH, g_bytes_get_data (rgb, NULL), NULL);
  p = nf_segmenter_probabilities (segmenter, NF_F32, FALSE, pixels, NULL, NULL);
  fail_unless (p != NULL && nf_tensor_to_nhwc (p, host, NULL));
  regions = nf_regions_new (host, WIDTH, HEIGHT, CLASSES, NULL);
  fail_unless (regions != NULL);

  return regions;
}

/* (transfer full): picture @number as a frame */
static GstBuffer *
new_frame (guint number)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstVideoInfo info;
  GstBuffer *frame;

  fail_unless (gst_video_info_from_caps (&info, caps));
  frame = nf_test_frame (&info, number, 0);
  nf_test_set_times (frame, number, FRAME);

  return frame;
}

/* (transfer full): the mask that the library has for the frame @number of a
 * clip whose @n frames vote; for itself where @n is 0 */
static GBytes *
mask_of (GstBuffer *const *frames, guint n, guint number, gboolean unique)
{
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (NfSegmenter) segmenter =
      nf_segmenter_load (nf_models_segmenter (), device, NULL);
  g_autoptr (NfRegionVotes) votes = nf_region_votes_new (CLASSES, unique);
  g_autoptr (NfRegions) regions = NULL;
  g_autofree guint *chosen = g_new0 (guint, WIDTH * HEIGHT);
  guint8 *mask = g_malloc (WIDTH * HEIGHT);

  fail_unless (segmenter != NULL);
  for (guint i = 0; i < n; i++) {
    NfRegions *next = find_regions (segmenter, device, frames[i]);

    nf_region_votes_add (votes, next);
    if (i == number)
      regions = next;
    else
      nf_regions_free (next);
  }
  if (regions == NULL) {
    regions = find_regions (segmenter, device, frames[number]);
    nf_regions_choose (regions, unique, chosen);
  } else {
    nf_region_votes_choose (votes, regions, chosen);
  }
  nf_regions_paint (regions, chosen, mask);

  return g_bytes_new_take (mask, WIDTH * HEIGHT);
}

/* (transfer full): the mask that the library has for picture @number of a clip
 * of pictures from @first on, once those before @end have voted; alone where
 * @end is 0 */
static GBytes *
expected_mask (guint first, guint number, guint end, gboolean unique)
{
  GstBuffer *frames[16];
  const guint n = MAX (end, number + 1) - first;
  GBytes *mask;

  g_assert (n <= G_N_ELEMENTS (frames));
  for (guint i = 0; i < n; i++)
    frames[i] = new_frame (first + i);
  mask = mask_of (frames, end > 0 ? end - first : 0, number - first, unique);
  for (guint i = 0; i < n; i++)
    gst_buffer_unref (frames[i]);

  return mask;
}

/* the element's next mask is the library's, of a clip from @first on */
static void
expect_mask (GstHarness *h, guint first, guint number, guint end)
{
  g_autoptr (GBytes) expected = expected_mask (first, number, end, TRUE);

  nf_segment_expect (h, expected);
}

static void
push_discont (GstHarness *h, guint number)
{
  GstBuffer *frame = new_frame (number);

  GST_BUFFER_FLAG_SET (frame, GST_BUFFER_FLAG_DISCONT);
  fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
}

/* each frame for itself, in batches or not */
GST_START_TEST (test_decision_region)
{
  static const gchar *const settings[] = { "decision=region",
    "decision=region batch-size=3", "decision=region lookahead=5" };
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new (settings[__i__], &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 6);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 6);
  for (guint i = 0; i < 6; i++)
    expect_mask (h, 0, i, 0);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* (transfer full): a frame of which it is known which classes may be in it, of
 * so many */
static GstBuffer *
frame_of_classes (guint number, guint64 classes, guint of)
{
  GstBuffer *frame = new_frame (number);
  static const gchar *tags[] = { NULL };
  GstCustomMeta *meta;

  if (gst_meta_get_info ("NfClassesMeta") == NULL)
    gst_meta_register_custom ("NfClassesMeta", tags, NULL, NULL, NULL);
  meta = gst_buffer_add_custom_meta (frame, "NfClassesMeta");
  gst_structure_set (gst_custom_meta_get_structure (meta), "classes",
      G_TYPE_UINT64, classes, "of", G_TYPE_UINT, of, NULL);

  return frame;
}

static guint64
classes_in (GstBuffer *mask)
{
  GstMapInfo map;
  guint64 classes = 0;

  fail_unless (gst_buffer_map (mask, &map, GST_MAP_READ));
  for (gsize i = 0; i < map.size; i++)
    if (map.data[i] != 0)
      classes |= G_GUINT64_CONSTANT (1) << map.data[i];
  gst_buffer_unmap (mask, &map);

  return classes;
}

/* what nfpredict says of a frame's classes holds where regions decide, for that
 * frame alone, and where the classes are the network's */
GST_START_TEST (test_decision_expected_classes)
{
  static const gchar *const settings[] = { "decision=region",
    "decision=region batch-size=2" };
  const guint64 expected = 1 << 3 | 1 << 9;
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new (settings[__i__], &bus);
  GstBuffer *free, *bound, *other;

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  gst_harness_push (h, new_frame (2));
  gst_harness_push (h, frame_of_classes (2, expected, NF_N_CLASSES));
  gst_harness_push (h, frame_of_classes (2, expected, NF_N_CLASSES - 1));
  gst_harness_push_event (h, gst_event_new_eos ());
  free = gst_harness_pull (h);
  bound = gst_harness_pull (h);
  other = gst_harness_pull (h);
  fail_unless (classes_in (other) == classes_in (free));
  fail_unless ((classes_in (free) & ~expected) != 0);
  fail_unless (classes_in (bound) != 0);
  fail_unless ((classes_in (bound) & ~expected) == 0);
  gst_buffer_unref (free);
  gst_buffer_unref (bound);
  gst_buffer_unref (other);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* not unique: classes come several times */
GST_START_TEST (test_decision_not_unique)
{
  g_autoptr (GBytes) expected = expected_mask (0, 2, 0, FALSE);
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("decision=region unique=false", &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 2, 1);
  nf_segment_expect (h, expected);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* a mask waits for so many frames of its clip; a DISCONT begins another */
GST_START_TEST (test_decision_clip)
{
  static const guint batches[] = { 1, 3 };
  const guint batch = batches[__i__];
  g_autofree gchar *settings =
      g_strdup_printf ("decision=clip lookahead=2 batch-size=%u", batch);
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new (settings, &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  for (guint i = 0; i < 6; i++) {
    const guint ran = (i + 1) / batch * batch;

    nf_test_push_frames (h, i, 1);
    fail_unless_equals_int (
        gst_harness_buffers_in_queue (h), ran > 2 ? ran - 2 : 0);
  }
  push_discont (h, 6);
  if (batch == 1)
    fail_unless_equals_int (gst_harness_buffers_in_queue (h), 6);
  nf_test_push_frames (h, 7, 1);
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 8);
  for (guint i = 0; i < 6; i++)
    expect_mask (h, 0, i, MIN (i + 3, 6));
  for (guint i = 6; i < 8; i++)
    expect_mask (h, 6, i, 8);
  fail_unless_equals_int (nf_test_stat (h->element, "frames-out"), 8);
  fail_unless_equals_int (
      nf_test_stat (h->element, "batches"), batch == 1 ? 8 : 3);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* times and flags of what was held */
GST_START_TEST (test_decision_clip_keeps_times)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("decision=clip lookahead=9", &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 2);
  push_discont (h, 2);
  gst_harness_push_event (h, gst_event_new_eos ());
  for (guint i = 0; i < 3; i++) {
    GstBuffer *buffer = gst_harness_pull (h);

    fail_unless_equals_clocktime (GST_BUFFER_PTS (buffer), i * FRAME);
    fail_unless_equals_clocktime (GST_BUFFER_DURATION (buffer), FRAME);
    if (i > 0)
      fail_unless_equals_int (
          GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT), i == 2);
    gst_buffer_unref (buffer);
  }
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* what must not overtake frames lets them go; a gap ends no clip */
GST_START_TEST (test_decision_clip_events)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("decision=clip lookahead=9", &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 3);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
  gst_harness_push_event (h, nf_models_new_gap ());
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 3);
  nf_test_push_frames (h, 3, 2);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 3);
  gst_harness_push_event (h, nf_test_new_segment (1.0));
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 5);
  nf_test_push_frames (h, 5, 2);
  gst_harness_push_event (h, gst_event_new_eos ());
  for (guint i = 0; i < 3; i++)
    expect_mask (h, 0, i, 3);
  for (guint i = 3; i < 5; i++)
    expect_mask (h, 0, i, 5);
  for (guint i = 5; i < 7; i++)
    expect_mask (h, 5, i, 7);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* tags keep their place among frames that are held, and end no clip */
GST_START_TEST (test_decision_clip_keeps_tags)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("decision=clip lookahead=2", &bus);
  g_autoptr (GString) order = g_string_new (NULL);

  nf_models_watch_order (h, order);
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 1);
  gst_harness_push_event (h, nf_models_new_tag ());
  nf_test_push_frames (h, 1, 2);
  fail_unless_equals_string (order->str, "bt");
  nf_test_push_frames (h, 3, 1);
  fail_unless_equals_string (order->str, "btb");
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_string (order->str, "btbbb");
  expect_mask (h, 0, 0, 3);
  expect_mask (h, 0, 1, 4);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static GstFlowReturn
end_at_once (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  gst_buffer_unref (buffer);
  return GST_FLOW_EOS;
}

/* downstream has enough of a stream while its masks are pushed: those that are
 * left do not follow into the next one, the tags among them do, and the next one
 * is not refused */
GST_START_TEST (test_decision_clip_ends_early)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("decision=clip lookahead=9", &bus);
  const GstPadChainFunction chain = GST_PAD_CHAINFUNC (h->sinkpad);
  g_autoptr (GString) order = g_string_new (NULL);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 2);
  gst_harness_push_event (h, nf_models_new_tag ());
  nf_test_push_frames (h, 2, 1);
  nf_models_watch_order (h, order);
  gst_pad_set_chain_function (h->sinkpad, end_at_once);
  if (__i__ == 1)
    nf_models_begin_stream (h);
  else
    gst_harness_push_event (h, nf_test_new_segment (1.0));
  gst_pad_set_chain_function (h->sinkpad, chain);
  fail_unless_equals_string (order->str, "bt");
  nf_test_push_frames (h, 3, 2);
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_string (order->str, "btbb");
  expect_mask (h, 3, 3, 5);
  expect_mask (h, 3, 4, 5);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* a flush forgets what is held, and the votes */
GST_START_TEST (test_decision_clip_flush)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("decision=clip lookahead=3", &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 3);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (h, nf_test_new_segment (1.0));
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
  nf_test_push_frames (h, 10, 2);
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 2);
  for (guint i = 10; i < 12; i++)
    expect_mask (h, 10, i, 12);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* frames that are held go out with their caps; others begin a clip */
GST_START_TEST (test_decision_clip_caps_change)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("decision=clip lookahead=9", &bus);

  gst_harness_set_src_caps_str (
      h, "video/x-raw,format=GRAY8,width=8,height=8,framerate=25/1");
  nf_test_push_frames (h, 0, 2);
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 2, 2);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 2);
  for (guint i = 0; i < 2; i++) {
    GstBuffer *buffer = gst_harness_pull (h);

    fail_unless_equals_int (gst_buffer_get_size (buffer), 8 * 8);
    gst_buffer_unref (buffer);
  }
  gst_harness_push_event (h, gst_event_new_eos ());
  for (guint i = 2; i < 4; i++)
    expect_mask (h, 2, i, 4);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* stopped with frames held, and started again */
GST_START_TEST (test_decision_clip_restart)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("decision=clip lookahead=1", &bus);

  for (guint i = 0; i < 2; i++) {
    if (i > 0)
      nf_models_restart (h);
    nf_models_begin_stream (h);
    nf_test_push_frames (h, 5 * i, 3);
    fail_unless_equals_int (gst_harness_buffers_in_queue (h), 2);
    expect_mask (h, 5 * i, 5 * i, 5 * i + 2);
    expect_mask (h, 5 * i, 5 * i + 1, 5 * i + 3);
  }
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static void
note_freed (gpointer freed, GstMiniObject *object)
{
  *(gboolean *) freed = TRUE;
}

/* upstream's memory is not held with the masks */
GST_START_TEST (test_decision_clip_frees_memory)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstBus *bus;
  GstHarness *h =
      nf_segment_harness_new ("decision=clip lookahead=9 output=overlay", &bus);
  gboolean freed = FALSE;
  GstVideoInfo info;
  GstBuffer *frame;

  fail_unless (gst_video_info_from_caps (&info, caps));
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  frame = nf_test_frame (&info, 0, 0);
  gst_mini_object_weak_ref (
      GST_MINI_OBJECT (gst_buffer_peek_memory (frame, 0)), note_freed, &freed);
  fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  fail_unless (freed);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* what was held is seen below its colours, and has its regions of interest */
GST_START_TEST (test_decision_clip_pictures)
{
  static const gchar *const outputs[] = { "palette", "overlay" };
  g_autofree gchar *settings =
      g_strdup_printf ("decision=clip lookahead=9 output=%s", outputs[__i__]);
  g_autoptr (GstCaps) caps = gst_caps_from_string (NF_MODELS_CAPS);
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new (settings, &bus);
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 3);
  gst_harness_push_event (h, gst_event_new_eos ());
  for (guint i = 0; i < 3; i++) {
    g_autoptr (GBytes) mask = expected_mask (0, i, 3, TRUE);
    GstBuffer *frame = new_frame (i);
    GstBuffer *out = gst_harness_pull (h);
    g_autoptr (GBytes) rgb =
        nf_test_pixels (frame, &info, GST_VIDEO_FORMAT_RGB);
    g_autoptr (GBytes) got = nf_test_pixels (out, &info, GST_VIDEO_FORMAT_RGB);
    g_autofree guint8 *painted = g_malloc (3 * WIDTH * HEIGHT);
    NfMaskObject objects[NF_MASK_MAX_OBJECTS];

    if (__i__ == 0)
      nf_mask_paint (g_bytes_get_data (mask, NULL), WIDTH * HEIGHT, painted);
    else
      nf_segment_overlay (g_bytes_get_data (mask, NULL),
          g_bytes_get_data (rgb, NULL), WIDTH * HEIGHT, painted);
    fail_unless (
        memcmp (painted, g_bytes_get_data (got, NULL), 3 * WIDTH * HEIGHT)
        == 0);
    fail_unless_equals_int (
        gst_buffer_get_n_meta (out, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE),
        nf_mask_objects (
            g_bytes_get_data (mask, NULL), WIDTH, HEIGHT, 8, objects));
    gst_buffer_unref (frame);
    gst_buffer_unref (out);
  }
  nf_test_harness_free (h, bus);
}
GST_END_TEST

static GstPadProbeReturn
answer_not_live (GstPad *pad, GstPadProbeInfo *info, gpointer unused)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return GST_PAD_PROBE_OK;
  gst_query_set_latency (query, FALSE, 0, GST_CLOCK_TIME_NONE);

  return GST_PAD_PROBE_HANDLED;
}

/* what is held is in the latency; by default a live source's frames are not */
GST_START_TEST (test_decision_clip_latency)
{
  static const struct
  {
    const gchar *settings;
    gboolean live;
    guint held;
  } cases[] = {
    { "decision=clip", TRUE, 0 },
    { "decision=clip batch-size=3", TRUE, 2 },
    { "decision=clip lookahead=5", TRUE, 5 },
    { "decision=clip lookahead=5 batch-size=3", TRUE, 7 },
    { "decision=clip", FALSE, 64 },
    { "decision=clip lookahead=5", FALSE, 5 },
    { "decision=clip lookahead=0", FALSE, 0 },
    { "decision=region lookahead=5", FALSE, 0 },
  };
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new (cases[__i__].settings, &bus);

  if (!cases[__i__].live)
    gst_pad_add_probe (h->srcpad, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM,
        answer_not_live, NULL, NULL);
  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  nf_test_push_frames (h, 0, 1);
  fail_unless_equals_clocktime (gst_harness_query_latency (h),
      cases[__i__].held * FRAME + nf_test_stat (h->element, "latency"));
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* of a live source: past frames alone vote, at once */
GST_START_TEST (test_decision_clip_live)
{
  GstBus *bus;
  GstHarness *h = nf_segment_harness_new ("decision=clip", &bus);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  for (guint i = 0; i < 4; i++) {
    nf_test_push_frames (h, i, 1);
    expect_mask (h, 0, i, i + 1);
  }
  nf_test_harness_free (h, bus);
}
GST_END_TEST

/* (transfer full): a bin that draws four frames of each clip, and what follows */
static GstHarness *
predict_harness_new (const gchar *then)
{
  g_autofree gchar *launch = g_strdup_printf (
      "nfpredict checkpoint=%s device=cpu steps=1 horizon=4 emit=rollout %s",
      nf_models_predictor (), then);
  GstHarness *h = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (h, NF_MODELS_CAPS);
  for (guint i = 0; i < 6; i++)
    if (i % 3 == 0)
      push_discont (h, i);
    else
      nf_test_push_frames (h, i, 1);
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 8);

  return h;
}

/* the frames that nfpredict draws for a clip are a clip */
GST_START_TEST (test_decision_clip_of_predicted)
{
  g_autofree gchar *then = g_strdup_printf (
      "! nfsegment checkpoint=%s device=cpu decision=clip lookahead=9",
      nf_models_segmenter ());
  GstHarness *predicted = predict_harness_new ("");
  GstHarness *masks = predict_harness_new (then);

  for (guint clip = 0; clip < 2; clip++) {
    GstBuffer *frames[4];

    for (guint i = 0; i < 4; i++)
      frames[i] = gst_harness_pull (predicted);
    for (guint i = 0; i < 4; i++) {
      g_autoptr (GBytes) expected = mask_of (frames, 4, i, TRUE);

      nf_segment_expect (masks, expected);
    }
    for (guint i = 0; i < 4; i++)
      gst_buffer_unref (frames[i]);
  }
  gst_harness_teardown (predicted);
  gst_harness_teardown (masks);
}
GST_END_TEST

static Suite *
nfsegment_decision_suite (void)
{
  Suite *suite = suite_create ("nfsegment-decision");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_loop_test (tc, test_decision_region, 0, 3);
  tcase_add_loop_test (tc, test_decision_expected_classes, 0, 2);
  tcase_add_test (tc, test_decision_not_unique);
  tcase_add_loop_test (tc, test_decision_clip, 0, 2);
  tcase_add_test (tc, test_decision_clip_keeps_times);
  tcase_add_test (tc, test_decision_clip_events);
  tcase_add_test (tc, test_decision_clip_keeps_tags);
  tcase_add_loop_test (tc, test_decision_clip_ends_early, 0, 2);
  tcase_add_test (tc, test_decision_clip_flush);
  tcase_add_test (tc, test_decision_clip_caps_change);
  tcase_add_test (tc, test_decision_clip_restart);
  tcase_add_test (tc, test_decision_clip_frees_memory);
  tcase_add_loop_test (tc, test_decision_clip_pictures, 0, 2);
  tcase_add_loop_test (tc, test_decision_clip_latency, 0, 8);
  tcase_add_test (tc, test_decision_clip_live);
  tcase_add_test (tc, test_decision_clip_of_predicted);

  return suite;
}

GST_CHECK_MAIN (nfsegment_decision)
