/* SPDX-License-Identifier: MIT
 *
 * nfiou — tests of the element that scores masks
 *
 * Each pad is fed by a thread of its own, as in a pipeline: the pads wait for
 * each other. */
#include "nfelementtest.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

/* a frame of one value; `time` in ms, or NONE */
typedef struct
{
  gint time;
  guint8 value;
  gboolean discont;
} Frame;

#define NONE (-1)
#define FRAME_MS 40

typedef struct
{
  GstHarness *harness;
  guint width, height, stride;
  const Frame *frames;
  guint n_frames;
  GstFlowReturn flow;
} Feed;

typedef struct
{
  GstElement *element;
  GstHarness *out;
  Feed prediction;
  Feed truth;
  GstBus *bus;
  guint notified;
} Rig;

static void
set_caps (Feed *feed, guint width, guint height)
{
  g_autofree gchar *caps = g_strdup_printf (
      "video/x-raw,format=GRAY8,width=%u,height=%u,framerate=25/1", width,
      height);

  feed->width = width;
  feed->height = height;
  feed->stride = width;
  gst_harness_set_src_caps_str (feed->harness, caps);
}

static void
count_notify (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  guint *count = user_data;

  (*count)++;
}

/* with properties, written as in gst_util_set_object_arg () */
static Rig *
rig_new (const gchar *property, const gchar *value)
{
  Rig *rig = g_new0 (Rig, 1);

  rig->element = gst_element_factory_make ("nfiou", NULL);
  fail_unless (rig->element != NULL);
  gst_object_ref_sink (rig->element);
  if (property != NULL)
    gst_util_set_object_arg (G_OBJECT (rig->element), property, value);
  rig->bus = nf_test_attach_bus (rig->element);
  rig->out = gst_harness_new_with_element (rig->element, NULL, "src");
  rig->prediction.harness =
      gst_harness_new_with_element (rig->element, "prediction", NULL);
  rig->truth.harness =
      gst_harness_new_with_element (rig->element, "truth", NULL);
  gst_harness_play (rig->out);
  gst_harness_play (rig->prediction.harness);
  gst_harness_play (rig->truth.harness);
  set_caps (&rig->prediction, 8, 6);
  set_caps (&rig->truth, 8, 6);
  g_signal_connect (rig->element, "notify::jaccard", G_CALLBACK (count_notify),
      &rig->notified);

  return rig;
}

static void
rig_free (Rig *rig)
{
  gst_element_set_bus (rig->element, NULL);
  gst_element_set_state (rig->element, GST_STATE_NULL);
  gst_harness_teardown (rig->truth.harness);
  gst_harness_teardown (rig->prediction.harness);
  gst_harness_teardown (rig->out);
  gst_object_unref (rig->element);
  gst_object_unref (rig->bus);
  g_free (rig);
}

static gpointer
feed_thread (gpointer data)
{
  Feed *feed = data;

  feed->flow = GST_FLOW_OK;
  for (guint i = 0; i < feed->n_frames && feed->flow == GST_FLOW_OK; i++) {
    const Frame *frame = &feed->frames[i];
    GstBuffer *buffer = nf_test_gray_frame (
        feed->width, feed->height, feed->stride, frame->value);

    if (frame->time != NONE)
      GST_BUFFER_PTS (buffer) = frame->time * GST_MSECOND;
    GST_BUFFER_DURATION (buffer) = FRAME_MS * GST_MSECOND;
    if (frame->discont)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    feed->flow = gst_harness_push (feed->harness, buffer);
  }

  return NULL;
}

static gpointer
feed_thread_eos (gpointer data)
{
  Feed *feed = data;

  feed_thread (feed);
  gst_harness_push_event (feed->harness, gst_event_new_eos ());

  return NULL;
}

static void
set_frames (Feed *feed, const Frame *frames, guint n_frames)
{
  feed->frames = frames;
  feed->n_frames = n_frames;
}

static void
rig_feed (Rig *rig, gboolean eos)
{
  GThreadFunc function = eos ? feed_thread_eos : feed_thread;
  GThread *prediction = g_thread_new ("prediction", function, &rig->prediction);
  GThread *truth = g_thread_new ("truth", function, &rig->truth);

  g_thread_join (prediction);
  g_thread_join (truth);
}

/* feeds these frames and EOS */
#define RIG_RUN(rig, predictions, truths)                                      \
  G_STMT_START                                                                 \
  {                                                                            \
    set_frames (&(rig)->prediction, predictions, G_N_ELEMENTS (predictions));  \
    set_frames (&(rig)->truth, truths, G_N_ELEMENTS (truths));                 \
    rig_feed (rig, TRUE);                                                      \
  }                                                                            \
  G_STMT_END

/* (transfer full): the next message of this scope; others are thrown away */
static GstStructure *
rig_pop (Rig *rig, const gchar *scope)
{
  GstMessage *message;

  while ((message = gst_bus_timed_pop_filtered (rig->bus, 10 * GST_SECOND,
              GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR))
      != NULL) {
    const GstStructure *s = gst_message_get_structure (message);
    GstStructure *found = NULL;

    fail_unless (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT);
    if (g_strcmp0 (gst_structure_get_string (s, "scope"), scope) == 0)
      found = gst_structure_copy (s);
    gst_message_unref (message);
    if (found != NULL)
      return found;
  }
  fail ("no message of scope %s", scope);

  return NULL;
}

static gdouble
get_score (const GstStructure *structure, const gchar *name)
{
  gdouble value = 0;

  fail_unless (gst_structure_get_double (structure, name, &value));

  return value;
}

static guint64
get_count (const GstStructure *structure, const gchar *name)
{
  guint64 value = 0;

  fail_unless (gst_structure_get_uint64 (structure, name, &value));

  return value;
}

static gboolean
near (gdouble value, gdouble expected, gdouble tolerance)
{
  return fabs (value - expected) <= tolerance;
}

static void
expect_total (Rig *rig, guint frames, guint unmatched_prediction,
    guint unmatched_truth, guint clips)
{
  g_autoptr (GstStructure) total = rig_pop (rig, "total");
  g_autoptr (GstStructure) stats = NULL;
  guint n_clips = 0;

  fail_unless_equals_uint64 (get_count (total, "frames"), frames);
  fail_unless_equals_uint64 (
      get_count (total, "unmatched-prediction"), unmatched_prediction);
  fail_unless_equals_uint64 (
      get_count (total, "unmatched-truth"), unmatched_truth);
  fail_unless (gst_structure_get_uint (total, "clips", &n_clips));
  fail_unless_equals_int (n_clips, clips);
  g_object_get (rig->element, "stats", &stats, NULL);
  fail_unless_equals_uint64 (get_count (stats, "frames"), frames);
  fail_unless_equals_uint64 (
      get_count (stats, "unmatched-truth"), unmatched_truth);
}

/* 22 frames of a clip, class 5 */
static const Frame clip[] = { { 0, 5 }, { 40, 5 }, { 80, 5 }, { 120, 5 },
  { 160, 5 }, { 200, 5 }, { 240, 5 }, { 280, 5 }, { 320, 5 }, { 360, 5 },
  { 400, 5 }, { 440, 5 }, { 480, 5 }, { 520, 5 }, { 560, 5 }, { 600, 5 },
  { 640, 5 }, { 680, 5 }, { 720, 5 }, { 760, 5 }, { 800, 5 }, { 840, 5 } };

GST_START_TEST (test_nfiou_same_masks)
{
  Rig *rig = rig_new (NULL, NULL);
  gdouble jaccard = 0;

  g_object_get (rig->element, "jaccard", &jaccard, NULL);
  fail_unless (isnan (jaccard));
  RIG_RUN (rig, clip, clip);
  for (guint i = 0; i < G_N_ELEMENTS (clip); i++) {
    GstBuffer *buffer = gst_harness_pull (rig->out);
    g_autoptr (GstCaps) caps = gst_pad_get_current_caps (rig->out->sinkpad);

    fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), i * 40 * GST_MSECOND);
    fail_unless_equals_uint64 (GST_BUFFER_DURATION (buffer), 40 * GST_MSECOND);
    fail_unless_equals_int (nf_test_pixel (buffer, caps, 7, 5), 5);
    gst_buffer_unref (buffer);
  }
  expect_total (rig, 22, 0, 0, 1);
  g_object_get (rig->element, "jaccard", &jaccard, NULL);
  fail_unless (near (jaccard, 1, 0));
  fail_unless (rig->notified >= 22);
  rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_last_frame_only)
{
  static const Frame last[] = { { 840, 5 } };
  Rig *rig = rig_new (NULL, NULL);

  RIG_RUN (rig, last, clip);
  expect_total (rig, 1, 0, 21, 1);
  fail_unless_equals_int (gst_harness_buffers_received (rig->out), 1);
  rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_later_half)
{
  Rig *rig = rig_new (NULL, NULL);

  set_frames (&rig->prediction, clip + 11, 11);
  set_frames (&rig->truth, clip, 22);
  rig_feed (rig, TRUE);
  expect_total (rig, 11, 0, 11, 1);
  fail_unless_equals_int (gst_harness_buffers_received (rig->out), 11);
  rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_truth_ends_first)
{
  Rig *rig = rig_new (NULL, NULL);

  set_frames (&rig->prediction, clip, 22);
  set_frames (&rig->truth, clip, 3);
  rig_feed (rig, TRUE);
  expect_total (rig, 3, 19, 0, 1);
  fail_unless_equals_int (gst_harness_buffers_received (rig->out), 22);
  rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_one_pad_without_frames)
{
  Rig *rig = rig_new (NULL, NULL);
  GstMessage *message;

  set_frames (__i__ == 0 ? &rig->prediction : &rig->truth, clip, 22);
  rig_feed (rig, TRUE);
  expect_total (rig, 0, __i__ == 0 ? 22 : 0, __i__ == 0 ? 0 : 22, 0);
  rig_free (rig);

  rig = rig_new (NULL, NULL);
  rig_feed (rig, TRUE);
  message = gst_bus_timed_pop_filtered (
      rig->bus, 10 * GST_SECOND, GST_MESSAGE_WARNING);
  fail_unless (message != NULL);
  gst_message_unref (message);
  expect_total (rig, 0, 0, 0, 0);
  rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_tolerance)
{
  static const Frame truths[] = { { 0, 1 }, { 40, 1 }, { 80, 1 }, { 120, 1 } };
  static const Frame within[] = { { 20, 1 }, { 60, 1 }, { 100, 1 } };
  static const Frame beyond[] = { { 0, 1 }, { 61, 1 }, { 141, 1 } };
  Rig *rig = rig_new (NULL, NULL);

  RIG_RUN (rig, within, truths);
  expect_total (rig, 3, 0, 1, 1);
  rig_free (rig);
  rig = rig_new (NULL, NULL);
  RIG_RUN (rig, beyond, truths);
  expect_total (rig, 2, 1, 2, 1);
  rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_strict_fails)
{
  Rig *rig = rig_new ("strict", "true");

  RIG_RUN (rig, clip, clip);
  expect_total (rig, 22, 0, 0, 1);
  nf_test_expect_no_error (rig->bus);
  rig_free (rig);

  rig = rig_new ("strict", "true");
  set_frames (&rig->prediction, clip + 2, 3);
  set_frames (&rig->truth, clip, 5);
  rig_feed (rig, TRUE);
  nf_test_expect_error (rig->bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
      "The truth at running time 0.000 s has no prediction");
  rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_sizes_differ_fails)
{
  Rig *rig = rig_new (NULL, NULL);

  set_caps (&rig->truth, 4, 3);
  RIG_RUN (rig, clip, clip);
  nf_test_expect_error (rig->bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      "The predictions are 8x6, the truths 4x3");
  fail_unless_equals_int (rig->prediction.flow, GST_FLOW_ERROR);
  rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_no_time_fails)
{
  static const Frame timeless[] = { { NONE, 1 } };
  Rig *rig = rig_new (NULL, NULL);

  set_frames (&rig->prediction, __i__ == 0 ? timeless : clip, 1);
  set_frames (&rig->truth, __i__ == 0 ? clip : timeless, 1);
  rig_feed (rig, TRUE);
  nf_test_expect_error (rig->bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      __i__ == 0 ? "pad 'prediction' has no time" : "pad 'truth' has no time");
  rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_short_frame_fails)
{
  Rig *rig = rig_new (NULL, NULL);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 5, NULL);

  GST_BUFFER_PTS (buffer) = 0;
  set_frames (&rig->prediction, clip, 1);
  fail_unless_equals_int (
      gst_harness_push (rig->truth.harness, buffer), GST_FLOW_OK);
  rig_feed (rig, TRUE);
  nf_test_expect_error (rig->bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      "pad 'truth' does not have the size");
  rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_sizes_and_strides)
{
  static const guint sizes[][4] = { { 1, 1, 1, 1 }, { 1, 1, 7, 3 },
    { 9, 5, 12, 9 }, { 17, 3, 17, 40 }, { 240, 160, 256, 240 } };
  static const Frame predictions[] = { { 0, 3 }, { 40, 4 } };
  static const Frame truths[] = { { 0, 3 }, { 40, 3 } };
  const guint *size = sizes[__i__];
  g_autoptr (GstStructure) frame = NULL;
  Rig *rig = rig_new (NULL, NULL);

  set_caps (&rig->prediction, size[0], size[1]);
  set_caps (&rig->truth, size[0], size[1]);
  rig->prediction.stride = size[2];
  rig->truth.stride = size[3];
  RIG_RUN (rig, predictions, truths);
  frame = rig_pop (rig, "frame");
  fail_unless (near (get_score (frame, "jaccard"), 1, 0));
  fail_unless (near (get_score (frame, "pixel-accuracy"), 1, 0));
  gst_structure_free (frame);
  frame = rig_pop (rig, "frame");
  fail_unless (near (get_score (frame, "jaccard"), 0, 0));
  fail_unless_equals_uint64 (get_count (frame, "timestamp"), 40 * GST_MSECOND);
  fail_unless_equals_uint64 (
      get_count (frame, "running-time"), 40 * GST_MSECOND);
  rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_large_ids_are_background)
{
  static const Frame predictions[] = { { 0, 0 }, { 40, 1 }, { 80, 200 } };
  static const Frame truths[] = { { 0, 49 }, { 40, 1 }, { 80, 255 } };
  g_autoptr (GstStructure) total = NULL;
  const GValue *classes;
  Rig *rig = rig_new (NULL, NULL);

  RIG_RUN (rig, predictions, truths);
  total = rig_pop (rig, "total");
  fail_unless (near (get_score (total, "jaccard"), 1, 0));
  classes = gst_structure_get_value (total, "class-iou");
  fail_unless_equals_int (gst_value_array_get_size (classes), 49);
  fail_unless (
      near (g_value_get_double (gst_value_array_get_value (classes, 1)), 1, 0));
  fail_unless (
      isnan (g_value_get_double (gst_value_array_get_value (classes, 2))));
  rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_classes)
{
  static const Frame predictions[] = { { 0, 255 }, { 40, 2 } };
  static const Frame truths[] = { { 0, 255 }, { 40, 2 } };
  g_autoptr (GstStructure) frame = NULL;
  Rig *rig = rig_new ("classes", __i__ == 0 ? "2" : "256");

  RIG_RUN (rig, predictions, truths);
  frame = rig_pop (rig, "frame");
  fail_unless (near (get_score (frame, "jaccard"), 1, 0));
  fail_unless_equals_int (
      gst_value_array_get_size (gst_structure_get_value (frame, "class-iou")),
      __i__ == 0 ? 2 : 256);
  rig_free (rig);
}
GST_END_TEST;

/* two clips; the truth of the second one says where it begins */
static const Frame two_truths[] = { { 0, 1 }, { 40, 1 }, { 80, 1 },
  { 120, 2, TRUE }, { 160, 2 }, { 200, 2 } };

GST_START_TEST (test_nfiou_clips_by_discont)
{
  static const Frame by_truth[] = { { 80, 1 }, { 200, 0 } };
  static const Frame by_both[] = { { 80, 1, TRUE }, { 200, 0, TRUE } };
  g_autoptr (GstStructure) message = NULL;
  Rig *rig = rig_new (NULL, NULL);
  guint index = 9;

  set_frames (&rig->prediction, __i__ == 0 ? by_truth : by_both, 2);
  set_frames (&rig->truth, two_truths, 6);
  rig_feed (rig, TRUE);
  message = rig_pop (rig, "clip");
  fail_unless (gst_structure_get_uint (message, "clip", &index));
  fail_unless_equals_int (index, 0);
  fail_unless (near (get_score (message, "jaccard"), 1, 0));
  fail_unless_equals_uint64 (get_count (message, "frames"), 1);
  fail_unless_equals_uint64 (
      get_count (message, "start-time"), 80 * GST_MSECOND);
  gst_structure_free (message);
  message = rig_pop (rig, "clip");
  fail_unless (gst_structure_get_uint (message, "clip", &index));
  fail_unless_equals_int (index, 1);
  fail_unless (near (get_score (message, "jaccard"), 0, 0));
  gst_structure_free (message);
  message = rig_pop (rig, "total");
  /* class 0: 0 of 48, class 1: 48 of 48, class 2: 0 of 48 */
  fail_unless (near (get_score (message, "jaccard"), 1.0 / 3, 1e-15));
  fail_unless (near (get_score (message, "mean-clip-jaccard"), 0.5, 1e-15));
  rig_free (rig);
}
GST_END_TEST;

static void
push_segment (GstHarness *h, guint base, guint start, const gchar *stream)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.base = base * GST_MSECOND;
  segment.start = segment.time = start * GST_MSECOND;
  if (stream != NULL)
    fail_unless (
        gst_harness_push_event (h, gst_event_new_stream_start (stream)));
  fail_unless (gst_harness_push_event (h, gst_event_new_segment (&segment)));
}

GST_START_TEST (test_nfiou_clips_by_segment)
{
  static const Frame first_clip[] = { { 0, 1 }, { 40, 1 } };
  static const Frame shifted[] = { { 1000, 1 }, { 1040, 2 } };
  g_autoptr (GstStructure) message = NULL;
  GstSegment segment;
  GstEvent *event;
  Rig *rig = rig_new (NULL, NULL);

  push_segment (rig->prediction.harness, 0, 0, "one");
  set_frames (&rig->prediction, first_clip, 2);
  set_frames (&rig->truth, first_clip, 2);
  rig_feed (rig, FALSE);
  /* the same running time by two segments that differ */
  push_segment (rig->prediction.harness, 80, 0, "two");
  push_segment (rig->truth.harness, 80, 1000, NULL);
  set_frames (&rig->truth, shifted, 2);
  rig_feed (rig, TRUE);
  message = rig_pop (rig, "clip");
  fail_unless_equals_string (
      gst_structure_get_string (message, "stream-id"), "one");
  fail_unless_equals_uint64 (get_count (message, "end-time"), 40 * GST_MSECOND);
  gst_structure_free (message);
  message = rig_pop (rig, "clip");
  fail_unless_equals_string (
      gst_structure_get_string (message, "stream-id"), "two");
  fail_unless_equals_uint64 (
      get_count (message, "end-time"), 120 * GST_MSECOND);
  expect_total (rig, 4, 0, 0, 2);
  gst_segment_init (&segment, GST_FORMAT_UNDEFINED);
  while ((event = gst_harness_try_pull_event (rig->out)) != NULL) {
    if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT)
      gst_event_copy_segment (event, &segment);
    gst_event_unref (event);
  }
  fail_unless_equals_uint64 (segment.base, 80 * GST_MSECOND);
  rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_caps_change)
{
  static const Frame more[] = { { 880, 5 }, { 920, 5 } };
  g_autoptr (GstCaps) caps = NULL;
  gint width = 0;
  Rig *rig = rig_new (NULL, NULL);

  set_frames (&rig->prediction, clip, 22);
  set_frames (&rig->truth, clip, 22);
  rig_feed (rig, FALSE);
  set_caps (&rig->prediction, 3, 9);
  set_caps (&rig->truth, 3, 9);
  RIG_RUN (rig, more, more);
  expect_total (rig, 24, 0, 0, 2);
  nf_test_expect_no_error (rig->bus);
  caps = gst_pad_get_current_caps (rig->out->sinkpad);
  gst_structure_get_int (gst_caps_get_structure (caps, 0), "width", &width);
  fail_unless_equals_int (width, 3);
  rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_flush_forgets)
{
  static const Frame wrong[] = { { 0, 1 }, { 40, 1 } };
  static const Frame right[] = { { 0, 2 }, { 40, 2 } };
  GstEvent *start = gst_event_new_flush_start ();
  GstEvent *stop = gst_event_new_flush_stop (TRUE);
  g_autoptr (GstStructure) total = NULL;
  Rig *rig = rig_new (NULL, NULL);

  gst_event_set_seqnum (stop, gst_event_get_seqnum (start));
  set_frames (&rig->prediction, wrong, 2);
  set_frames (&rig->truth, right, 2);
  rig_feed (rig, FALSE);
  gst_harness_push_event (rig->prediction.harness, gst_event_ref (start));
  gst_harness_push_event (rig->truth.harness, start);
  gst_harness_push_event (rig->prediction.harness, gst_event_ref (stop));
  gst_harness_push_event (rig->truth.harness, stop);
  push_segment (rig->prediction.harness, 0, 0, NULL);
  push_segment (rig->truth.harness, 0, 0, NULL);
  RIG_RUN (rig, right, right);
  total = rig_pop (rig, "total");
  fail_unless_equals_uint64 (get_count (total, "frames"), 2);
  fail_unless (near (get_score (total, "jaccard"), 1, 0));
  rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_gaps)
{
  static const Frame predictions[] = { { 80, 5 } };
  static const Frame truths[] = { { 80, 5 } };
  guint gaps = 0;
  GstEvent *event;
  Rig *rig = rig_new (NULL, NULL);

  gst_harness_push_event (
      rig->prediction.harness, gst_event_new_gap (0, 80 * GST_MSECOND));
  gst_harness_push_event (
      rig->truth.harness, gst_event_new_gap (0, 40 * GST_MSECOND));
  gst_harness_push_event (rig->truth.harness,
      gst_event_new_gap (40 * GST_MSECOND, 40 * GST_MSECOND));
  RIG_RUN (rig, predictions, truths);
  expect_total (rig, 1, 0, 0, 1);
  while ((event = gst_harness_try_pull_event (rig->out)) != NULL) {
    gaps += GST_EVENT_TYPE (event) == GST_EVENT_GAP;
    gst_event_unref (event);
  }
  fail_unless_equals_int (gaps, 1);
  rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_latency)
{
  GstClockTime minimum = 0, maximum = 0;
  GstQuery *query = gst_query_new_latency ();
  gboolean live = FALSE;
  Rig *rig = rig_new (NULL, NULL);

  gst_harness_set_upstream_latency (rig->prediction.harness, 440 * GST_MSECOND);
  gst_harness_set_upstream_latency (rig->truth.harness, 40 * GST_MSECOND);
  set_frames (&rig->prediction, clip, 1);
  set_frames (&rig->truth, clip, 1);
  rig_feed (rig, FALSE);
  fail_unless (gst_pad_peer_query (rig->out->sinkpad, query));
  gst_query_parse_latency (query, &live, &minimum, &maximum);
  fail_unless_equals_uint64 (minimum, 440 * GST_MSECOND);
  gst_query_unref (query);
  rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_caps_queries)
{
  g_autoptr (GstCaps) prediction = NULL;
  g_autoptr (GstCaps) truth = NULL;
  g_autoptr (GstCaps) src = NULL;
  g_autoptr (GstCaps) sized =
      gst_caps_from_string ("video/x-raw,format=GRAY8,width=8,height=6");
  GstHarness *out;
  GstElement *element = gst_element_factory_make ("nfiou", NULL);
  GstPad *pad;

  gst_object_ref_sink (element);
  out = gst_harness_new_with_element (element, NULL, "src");
  gst_harness_set_sink_caps_str (
      out, "video/x-raw,format=GRAY8,width=8,height=6,framerate=25/1");
  pad = gst_element_get_static_pad (element, "prediction");
  prediction = gst_pad_query_caps (pad, NULL);
  gst_object_unref (pad);
  fail_unless (gst_caps_is_subset (prediction, sized));
  pad = gst_element_get_static_pad (element, "truth");
  truth = gst_pad_query_caps (pad, NULL);
  gst_object_unref (pad);
  fail_unless (gst_caps_can_intersect (sized, truth));
  fail_if (gst_caps_is_fixed (truth));
  src = gst_pad_peer_query_caps (out->sinkpad, NULL);
  fail_unless (gst_caps_can_intersect (src, sized));
  gst_harness_teardown (out);
  gst_object_unref (element);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_unlinked_pad_warns)
{
  GstHarness *h = gst_harness_new_with_padnames ("nfiou", "prediction", "src");
  GstBus *bus = nf_test_attach_bus (h->element);
  g_autoptr (GError) warning = NULL;
  GstMessage *message;

  gst_harness_set_src_caps_str (
      h, "video/x-raw,format=GRAY8,width=8,height=6,framerate=25/1");
  message =
      gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND, GST_MESSAGE_WARNING);
  fail_unless (message != NULL);
  gst_message_parse_warning (message, &warning, NULL);
  fail_unless (strstr (warning->message, "'truth' is not linked") != NULL);
  gst_message_unref (message);
  gst_element_set_bus (h->element, NULL);
  gst_object_unref (bus);
  gst_harness_teardown (h);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_two_instances)
{
  static const Frame wrong[] = { { 0, 7 }, { 40, 7 } };
  Rig *one = rig_new (NULL, NULL), *two = rig_new (NULL, NULL);
  g_autoptr (GstStructure) total_one = NULL;
  g_autoptr (GstStructure) total_two = NULL;

  set_frames (&two->prediction, wrong, 2);
  set_frames (&two->truth, clip, 2);
  rig_feed (two, FALSE);
  RIG_RUN (one, clip, clip);
  two->prediction.n_frames = two->truth.n_frames = 0;
  rig_feed (two, TRUE);
  total_one = rig_pop (one, "total");
  total_two = rig_pop (two, "total");
  fail_unless (near (get_score (total_one, "jaccard"), 1, 0));
  fail_unless (near (get_score (total_two, "jaccard"), 0, 0));
  rig_free (one);
  rig_free (two);
}
GST_END_TEST;

static gchar *folder;
static gchar *path;

static void
setup (void)
{
  folder = g_dir_make_tmp ("nfiou-XXXXXX", NULL);
  path = g_build_filename (folder, "report.json", NULL);
}

static void
teardown (void)
{
  g_remove (path);
  fail_unless_equals_int (g_rmdir (folder), 0);
  g_free (path);
  g_free (folder);
}

static JsonObject *
load_report (JsonParser *parser)
{
  fail_unless (json_parser_load_from_file (parser, path, NULL));

  return json_node_get_object (json_parser_get_root (parser));
}

GST_START_TEST (test_nfiou_report_at_eos)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *report, *clip_object;
  JsonArray *clips;
  Rig *rig = rig_new ("report", path);
  static const Frame predictions[] = { { 80, 1 }, { 200, 0 } };

  RIG_RUN (rig, predictions, two_truths);
  expect_total (rig, 2, 0, 4, 2);
  report = load_report (parser);
  fail_unless (
      near (json_object_get_double_member (report, "jaccard"), 1.0 / 3, 1e-15));
  fail_unless_equals_int (json_object_get_int_member (report, "frames"), 2);
  fail_unless_equals_int (
      json_object_get_int_member (report, "unmatched-truth"), 4);
  fail_unless (json_object_get_boolean_member (report, "complete"));
  clips = json_object_get_array_member (report, "clips");
  fail_unless_equals_int (json_array_get_length (clips), 2);
  clip_object = json_array_get_object_element (clips, 1);
  fail_unless (
      near (json_object_get_double_member (clip_object, "jaccard"), 0, 0));
  fail_unless_equals_int (json_array_get_length (json_object_get_array_member (
                              clip_object, "frame-scores")),
      1);
  rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_report_at_stop_and_start_again)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *report;
  Rig *rig = rig_new ("report", path);

  set_frames (&rig->prediction, clip, 3);
  set_frames (&rig->truth, clip, 3);
  rig_feed (rig, FALSE);
  gst_buffer_unref (gst_harness_pull (rig->out));
  gst_buffer_unref (gst_harness_pull (rig->out));
  gst_buffer_unref (gst_harness_pull (rig->out));
  fail_if (g_file_test (path, G_FILE_TEST_EXISTS));
  gst_element_set_state (rig->element, GST_STATE_READY);
  report = load_report (parser);
  fail_if (json_object_get_boolean_member (report, "complete"));
  fail_unless_equals_int (json_object_get_int_member (report, "frames"), 3);

  gst_element_set_state (rig->element, GST_STATE_PLAYING);
  push_segment (rig->prediction.harness, 0, 0, "again");
  push_segment (rig->truth.harness, 0, 0, "again");
  set_caps (&rig->prediction, 5, 5);
  set_caps (&rig->truth, 5, 5);
  RIG_RUN (rig, clip, clip);
  expect_total (rig, 22, 0, 0, 1);
  report = load_report (parser);
  fail_unless (json_object_get_boolean_member (report, "complete"));
  fail_unless_equals_int (json_object_get_int_member (report, "frames"), 22);
  rig_free (rig);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_report_without_folder_fails)
{
  g_autofree gchar *nowhere = g_build_filename (folder, "no", "r.json", NULL);
  GstElement *element = gst_element_factory_make ("nfiou", NULL);
  GstBus *bus = nf_test_attach_bus (element);

  g_object_set (element, "report", __i__ == 0 ? nowhere : folder, NULL);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  nf_test_expect_error (bus, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE,
      __i__ == 0 ? "its folder does not exist" : "it is a folder");
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}
GST_END_TEST;

GST_START_TEST (test_nfiou_real_mask_against_itself)
{
  g_autofree gchar *mask = nf_test_shared_path ("data/train/video_0/mask.npy");
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree gchar *description = NULL;
  g_autofree gchar *error = NULL;
  JsonObject *report;

  if (mask == NULL)
    return;
  description = g_strdup_printf (
      "filesrc location=%s ! nfnpydec ! nfiou name=score report=%s ! fakesink "
      "filesrc location=%s ! nfnpydec ! score.truth",
      mask, path, mask);
  error = nf_test_run (description);
  fail_unless (error == NULL, "%s", error);
  report = load_report (parser);
  fail_unless (near (json_object_get_double_member (report, "jaccard"), 1, 0));
  fail_unless_equals_int (json_object_get_int_member (report, "frames"), 22);
}
GST_END_TEST;

static gboolean
push_mask (
    GstHarness *h, GBytes *masks, guint frame, guint at_frame, gboolean discont)
{
  GstBuffer *buffer =
      nf_test_slice (masks, (gsize) frame * 160 * 240, 160 * 240);

  GST_BUFFER_PTS (buffer) = at_frame * FRAME_MS * GST_MSECOND;
  GST_BUFFER_DURATION (buffer) = FRAME_MS * GST_MSECOND;
  if (discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);

  return gst_harness_push (h, buffer) == GST_FLOW_OK;
}

/* the mask of frame 11 as the prediction of frame 22, three clips in a row */
GST_START_TEST (test_nfiou_copy_baseline_of_real_clips)
{
  Rig *rig = rig_new (NULL, NULL);
  g_autoptr (GstStructure) total = NULL;

  set_caps (&rig->prediction, 240, 160);
  set_caps (&rig->truth, 240, 160);
  for (guint i = 0; i < 3; i++) {
    g_autofree gchar *file =
        g_strdup_printf ("data/train/video_%u/mask.npy", i);
    g_autofree gchar *mask = nf_test_shared_path (file);
    g_autoptr (GBytes) masks = NULL;
    NfNpyHeader header;

    if (mask == NULL) {
      rig_free (rig);
      return;
    }
    masks = nf_npy_load (mask, &header, NULL);
    fail_unless (masks != NULL);
    fail_unless (
        push_mask (rig->prediction.harness, masks, 10, 22 * i + 21, TRUE));
    for (guint t = 0; t < 22; t++)
      fail_unless (
          push_mask (rig->truth.harness, masks, t, 22 * i + t, t == 0));
  }
  rig_feed (rig, TRUE);
  total = rig_pop (rig, "total");
  fail_unless_equals_uint64 (get_count (total, "frames"), 3);
  fail_unless_equals_uint64 (get_count (total, "unmatched-truth"), 63);
  fail_unless (near (get_score (total, "jaccard"), 0.348, 0.0005));
  fail_unless (near (get_score (total, "mean-clip-jaccard"), 0.434, 0.0005));
  rig_free (rig);
}
GST_END_TEST;

static Suite *
nfiou_suite (void)
{
  Suite *suite = suite_create ("nfiou");
  TCase *pairs = tcase_create ("pairs"), *clips = tcase_create ("clips");
  TCase *citizen = tcase_create ("citizen"), *files = tcase_create ("files");

  suite_add_tcase (suite, pairs);
  tcase_add_test (pairs, test_nfiou_same_masks);
  tcase_add_test (pairs, test_nfiou_last_frame_only);
  tcase_add_test (pairs, test_nfiou_later_half);
  tcase_add_test (pairs, test_nfiou_truth_ends_first);
  tcase_add_loop_test (pairs, test_nfiou_one_pad_without_frames, 0, 2);
  tcase_add_test (pairs, test_nfiou_tolerance);
  tcase_add_test (pairs, test_nfiou_strict_fails);
  tcase_add_test (pairs, test_nfiou_sizes_differ_fails);
  tcase_add_loop_test (pairs, test_nfiou_no_time_fails, 0, 2);
  tcase_add_test (pairs, test_nfiou_short_frame_fails);
  tcase_add_loop_test (pairs, test_nfiou_sizes_and_strides, 0, 5);
  tcase_add_test (pairs, test_nfiou_large_ids_are_background);
  tcase_add_loop_test (pairs, test_nfiou_classes, 0, 2);

  suite_add_tcase (suite, clips);
  tcase_add_loop_test (clips, test_nfiou_clips_by_discont, 0, 2);
  tcase_add_test (clips, test_nfiou_clips_by_segment);

  suite_add_tcase (suite, citizen);
  tcase_add_test (citizen, test_nfiou_caps_change);
  tcase_add_test (citizen, test_nfiou_flush_forgets);
  tcase_add_test (citizen, test_nfiou_gaps);
  tcase_add_test (citizen, test_nfiou_latency);
  tcase_add_test (citizen, test_nfiou_caps_queries);
  tcase_add_test (citizen, test_nfiou_unlinked_pad_warns);
  tcase_add_test (citizen, test_nfiou_two_instances);

  suite_add_tcase (suite, files);
  tcase_add_checked_fixture (files, setup, teardown);
  tcase_add_test (files, test_nfiou_report_at_eos);
  tcase_add_test (files, test_nfiou_report_at_stop_and_start_again);
  tcase_add_loop_test (files, test_nfiou_report_without_folder_fails, 0, 2);
  tcase_add_test (files, test_nfiou_real_mask_against_itself);
  tcase_add_test (files, test_nfiou_copy_baseline_of_real_clips);

  return suite;
}

GST_CHECK_MAIN (nfiou)
