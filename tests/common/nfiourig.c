/* SPDX-License-Identifier: MIT
 *
 * nfiourig — what the tests of nfiou share: two fed pads, and what came of it */
#include "nfiourig.h"

#include <math.h>
#include <string.h>

void
nf_rig_set_caps (NfFeed *feed, guint width, guint height)
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
NfRig *
nf_rig_new (const gchar *property, const gchar *value)
{
  NfRig *rig = g_new0 (NfRig, 1);

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
  rig->prediction.duration = rig->truth.duration = NF_FEED_FRAME_MS;
  gst_harness_play (rig->out);
  gst_harness_play (rig->prediction.harness);
  gst_harness_play (rig->truth.harness);
  nf_rig_set_caps (&rig->prediction, 8, 6);
  nf_rig_set_caps (&rig->truth, 8, 6);
  g_signal_connect (rig->element, "notify::jaccard", G_CALLBACK (count_notify),
      &rig->notified);

  return rig;
}

void
nf_rig_free (NfRig *rig)
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
  NfFeed *feed = data;

  feed->flow = GST_FLOW_OK;
  for (guint i = 0; i < feed->n_frames && feed->flow == GST_FLOW_OK; i++) {
    const NfFeedFrame *frame = &feed->frames[i];
    GstBuffer *buffer = nf_test_gray_frame (
        feed->width, feed->height, feed->stride, frame->value);

    if (frame->time != NF_FEED_NONE)
      GST_BUFFER_PTS (buffer) = frame->time * GST_MSECOND;
    GST_BUFFER_DURATION (buffer) = feed->duration * GST_MSECOND;
    if (frame->discont)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    feed->flow = gst_harness_push (feed->harness, buffer);
  }

  return NULL;
}

static gpointer
feed_thread_eos (gpointer data)
{
  NfFeed *feed = data;

  feed_thread (feed);
  gst_harness_push_event (feed->harness, gst_event_new_eos ());

  return NULL;
}

void
nf_rig_set_frames (NfFeed *feed, const NfFeedFrame *frames, guint n_frames)
{
  feed->frames = frames;
  feed->n_frames = n_frames;
}

void
nf_rig_feed (NfRig *rig, gboolean eos)
{
  GThreadFunc function = eos ? feed_thread_eos : feed_thread;
  GThread *prediction = g_thread_new ("prediction", function, &rig->prediction);
  GThread *truth = g_thread_new ("truth", function, &rig->truth);

  g_thread_join (prediction);
  g_thread_join (truth);
}

/* (transfer full): the next message of this scope; others are thrown away */
GstStructure *
nf_rig_pop (NfRig *rig, const gchar *scope)
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

gdouble
nf_rig_score (const GstStructure *structure, const gchar *name)
{
  gdouble value = 0;

  fail_unless (gst_structure_get_double (structure, name, &value));

  return value;
}

guint64
nf_rig_count (const GstStructure *structure, const gchar *name)
{
  guint64 value = 0;

  fail_unless (gst_structure_get_uint64 (structure, name, &value));

  return value;
}

gboolean
nf_rig_near (gdouble value, gdouble expected, gdouble tolerance)
{
  return fabs (value - expected) <= tolerance;
}

void
nf_rig_expect_total (NfRig *rig, guint frames, guint unmatched_prediction,
    guint unmatched_truth, guint clips)
{
  g_autoptr (GstStructure) total = nf_rig_pop (rig, "total");
  g_autoptr (GstStructure) stats = NULL;
  guint n_clips = 0;

  fail_unless_equals_uint64 (nf_rig_count (total, "frames"), frames);
  fail_unless_equals_uint64 (
      nf_rig_count (total, "unmatched-prediction"), unmatched_prediction);
  fail_unless_equals_uint64 (
      nf_rig_count (total, "unmatched-truth"), unmatched_truth);
  fail_unless (gst_structure_get_uint (total, "clips", &n_clips));
  fail_unless_equals_int (n_clips, clips);
  g_object_get (rig->element, "stats", &stats, NULL);
  fail_unless_equals_uint64 (nf_rig_count (stats, "frames"), frames);
  fail_unless_equals_uint64 (
      nf_rig_count (stats, "unmatched-truth"), unmatched_truth);
}

/* 22 frames of a nf_rig_clip, class 5 */
const NfFeedFrame nf_rig_clip[22] = { { 0, 5 }, { 40, 5 }, { 80, 5 },
  { 120, 5 }, { 160, 5 }, { 200, 5 }, { 240, 5 }, { 280, 5 }, { 320, 5 },
  { 360, 5 }, { 400, 5 }, { 440, 5 }, { 480, 5 }, { 520, 5 }, { 560, 5 },
  { 600, 5 }, { 640, 5 }, { 680, 5 }, { 720, 5 }, { 760, 5 }, { 800, 5 },
  { 840, 5 } };

/* two clips; the truth of the second one says where it begins */
const NfFeedFrame nf_rig_two_truths[6] = { { 0, 1 }, { 40, 1 }, { 80, 1 },
  { 120, 2, TRUE }, { 160, 2 }, { 200, 2 } };

void
nf_rig_push_segment (
    GstHarness *h, guint base, guint start, const gchar *stream)
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
