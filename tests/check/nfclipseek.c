/* SPDX-License-Identifier: MIT
 *
 * nfclipseek — seeks, queries and times of sources of clips
 *
 * What nfscenesrc and nfclipsrc share (gstnfclips), tested with nfscenesrc.
 * Sibling: nfcliplive.c */
#include "nfcliprig.h"

#define SMALL "nfscenesrc width=24 height=16 frames=3 "
#define CLIPS 6
#define FRAMES (3 * CLIPS)
#define FRAME (40 * GST_MSECOND)

static GstFormat
clip_format (void)
{
  GstFormat format = gst_format_get_by_nick ("clip");

  fail_unless (format != GST_FORMAT_UNDEFINED);

  return format;
}

/* of each frame, the digests of video and mask */
static void
play_through (gchar *digests[FRAMES][NF_CLIP_RIG_PADS])
{
  NfClipRig rig;

  nf_clip_rig_open (&rig, SMALL "clips=6");
  for (guint frame = 0; frame < FRAMES; frame++)
    for (guint i = 0; i < NF_CLIP_RIG_PADS; i++) {
      GstSample *sample = nf_clip_rig_pull (&rig, i);

      digests[frame][i] = nf_clip_sample_digest (sample);
      gst_sample_unref (sample);
    }
  nf_clip_rig_close (&rig);
}

static void
forget (gchar *digests[FRAMES][NF_CLIP_RIG_PADS])
{
  for (guint i = 0; i < FRAMES * NF_CLIP_RIG_PADS; i++)
    g_free (digests[i / NF_CLIP_RIG_PADS][i % NF_CLIP_RIG_PADS]);
}

/* frames @from to @to, with the bytes that playing through shows, then EOS */
static void
expect_frames (NfClipRig *rig, gchar *digests[FRAMES][NF_CLIP_RIG_PADS],
    guint from, guint to)
{
  for (guint frame = from; frame <= to; frame++)
    for (guint i = 0; i < NF_CLIP_RIG_PADS; i++) {
      GstSample *sample = nf_clip_rig_pull (rig, i);
      GstBuffer *buffer;
      g_autofree gchar *digest = NULL;

      fail_unless (sample != NULL, "frame %u did not come", frame);
      buffer = gst_sample_get_buffer (sample);
      digest = nf_clip_sample_digest (sample);
      fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), frame * FRAME);
      fail_unless_equals_string (digest, digests[frame][i]);
      fail_unless_equals_int (
          GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT),
          frame == from || frame % 3 == 0);
      gst_sample_unref (sample);
    }
  nf_clip_rig_expect_eos (rig);
}

#define FLUSH GST_SEEK_FLAG_FLUSH
#define KEY (FLUSH | GST_SEEK_FLAG_KEY_UNIT)
#define TIME 't'
#define IN_FRAMES 'f'
#define IN_CLIPS 'c'
#define IN_BYTES 'b'

static GstFormat
format_of (gchar letter)
{
  switch (letter) {
    case TIME:
      return GST_FORMAT_TIME;
    case IN_FRAMES:
      return GST_FORMAT_DEFAULT;
    case IN_CLIPS:
      return clip_format ();
    default:
      return GST_FORMAT_BYTES;
  }
}

static const struct
{
  gchar format;
  gint64 start, stop; /* stop 0: none; negative start: from the end */
  GstSeekFlags flags;
  guint from, to;
} seeks[] = {
  { TIME, 0, 0, FLUSH, 0, 17 },
  { TIME, 4 * FRAME, 0, FLUSH, 4, 17 },
  { TIME, 5 * FRAME - 1, 0, FLUSH, 4, 17 },
  { TIME, 4 * FRAME, 7 * FRAME, FLUSH, 4, 6 },
  { TIME, 4 * FRAME, 7 * FRAME + 1, FLUSH, 4, 7 },
  { TIME, -2 * (gint64) FRAME, 0, FLUSH, 16, 17 },
  { TIME, 5 * FRAME, 0, KEY, 3, 17 },
  { TIME, 4 * FRAME, 0, KEY | GST_SEEK_FLAG_SNAP_AFTER, 6, 17 },
  { TIME, 4 * FRAME, 0, KEY | GST_SEEK_FLAG_SNAP_NEAREST, 3, 17 },
  { TIME, 5 * FRAME, 0, KEY | GST_SEEK_FLAG_SNAP_NEAREST, 6, 17 },
  { TIME, 6 * FRAME, 0, KEY | GST_SEEK_FLAG_SNAP_AFTER, 6, 17 },
  { IN_FRAMES, 13, 0, FLUSH, 13, 17 },
  { IN_FRAMES, 13, 15, FLUSH, 13, 14 },
  { IN_FRAMES, -1, 0, FLUSH, 17, 17 },
  { IN_CLIPS, 0, 1, FLUSH, 0, 2 },
  { IN_CLIPS, 4, 0, FLUSH, 12, 17 },
  { IN_CLIPS, 2, 4, FLUSH, 6, 11 },
  { IN_CLIPS, -1, 0, FLUSH, 15, 17 },
};

static GstEvent *
new_seek (guint i)
{
  return gst_event_new_seek (1.0, format_of (seeks[i].format), seeks[i].flags,
      seeks[i].start < 0 ? GST_SEEK_TYPE_END : GST_SEEK_TYPE_SET,
      seeks[i].start, GST_SEEK_TYPE_SET,
      seeks[i].stop > 0 ? seeks[i].stop : -1);
}

/* from several places: the queues are full, the stream has ended, and the seek
 * comes over both branches */
GST_START_TEST (test_seek_shows_what_playing_shows)
{
  gchar *digests[FRAMES][NF_CLIP_RIG_PADS];
  NfClipRig rig;

  play_through (digests);
  nf_clip_rig_open (&rig, SMALL "clips=6");
  for (guint i = 0; i < G_N_ELEMENTS (seeks); i++) {
    fail_unless (nf_clip_rig_seek (&rig, rig.pipeline, new_seek (i)));
    expect_frames (&rig, digests, seeks[i].from, seeks[i].to);
  }
  for (guint i = 0; i < G_N_ELEMENTS (seeks); i++) {
    fail_unless (nf_clip_rig_seek (&rig, rig.pipeline, new_seek (0)));
    g_free (nf_clip_rig_digest (&rig, 1 + i % 3));
    fail_unless (nf_clip_rig_seek (&rig, rig.src, new_seek (i)));
    expect_frames (&rig, digests, seeks[i].from, seeks[i].to);
  }
  nf_clip_rig_close (&rig);
  forget (digests);
}
GST_END_TEST;

static GstPadProbeReturn
count_flushes (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START)
    g_atomic_int_inc ((gint *) data);

  return GST_PAD_PROBE_OK;
}

/* though it comes from both sinks */
GST_START_TEST (test_seek_is_done_once)
{
  gint flushes = 0;
  NfClipRig rig;
  GstPad *pad;

  nf_clip_rig_open (&rig, SMALL "clips=6");
  pad = gst_element_get_static_pad (rig.src, "mask");
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH,
      count_flushes, &flushes, NULL);
  for (gint i = 1; i <= 3; i++) {
    fail_unless (nf_clip_rig_seek (&rig, rig.pipeline, new_seek (0)));
    fail_unless_equals_int (g_atomic_int_get (&flushes), i);
  }
  nf_clip_rig_close (&rig);
  gst_object_unref (pad);
}
GST_END_TEST;

/* the segment says the same as the seek, and both pads get the same events */
GST_START_TEST (test_seek_segments)
{
  GstHarness *h[NF_CLIP_RIG_PADS];
  GstElement *src = gst_element_factory_make ("nfscenesrc", NULL);
  GstEvent *seek = gst_event_new_seek (2.0, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT, GST_SEEK_TYPE_SET,
      4 * FRAME, GST_SEEK_TYPE_SET, 8 * FRAME);
  guint32 seqnum = gst_event_get_seqnum (seek);

  g_object_set (src, "width", 24, "height", 16, "frames", 3, "clips",
      (gint64) CLIPS, NULL);
  h[0] = gst_harness_new_with_element (src, NULL, "video");
  h[1] = gst_harness_new_with_element (src, NULL, "mask");
  for (guint i = 0; i < 2; i++)
    gst_harness_play (h[i]);
  for (guint i = 0; i < 2; i++)
    gst_buffer_unref (gst_harness_pull (h[i]));
  fail_unless (gst_element_send_event (src, seek));
  for (guint i = 0; i < 2; i++) {
    static const GstEventType expected[] = { GST_EVENT_FLUSH_START,
      GST_EVENT_FLUSH_STOP, GST_EVENT_SEGMENT, GST_EVENT_TAG, GST_EVENT_TAG,
      GST_EVENT_EOS }; /* the titles of two clips */
    guint n = 0;

    while (n < G_N_ELEMENTS (expected)) {
      GstEvent *event = gst_harness_pull_event (h[i]);

      fail_unless (event != NULL);
      if (gst_event_get_seqnum (event) == seqnum) {
        fail_unless_equals_int (GST_EVENT_TYPE (event), expected[n]);
        n++;
        if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT) {
          const GstSegment *segment;

          gst_event_parse_segment (event, &segment);
          fail_unless_equals_uint64 (segment->start, 3 * FRAME);
          fail_unless_equals_uint64 (segment->time, 3 * FRAME);
          fail_unless_equals_uint64 (segment->stop, 8 * FRAME);
          fail_unless_equals_uint64 (segment->base, 0);
          fail_unless_equals_uint64 (segment->duration, FRAMES * FRAME);
          fail_unless (segment->rate == 2.0);
        }
      }
      gst_event_unref (event);
    }
  }
  for (guint i = 0; i < 2; i++)
    gst_harness_teardown (h[i]);
  gst_object_unref (src);
}
GST_END_TEST;

/* running times go on where the stream was left */
GST_START_TEST (test_seek_without_flush)
{
  GstElement *pipeline = gst_parse_launch (SMALL
      "clips=6 name=src ! appsink name=sink sync=false max-buffers=1",
      NULL);
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GstClockTime last = 0, pts = 0;
  GstSample *sample = NULL;
  guint n = 0;

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND);
  /* does not wait for a frame to be taken, and the latter one counts */
  for (guint i = 4; i <= 5; i++)
    fail_unless (gst_element_seek (pipeline, 1.0, clip_format (),
        GST_SEEK_FLAG_NONE, GST_SEEK_TYPE_SET, i, GST_SEEK_TYPE_NONE, 0));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (TRUE) {
    GstClockTime running;

    g_signal_emit_by_name (sink, "try-pull-sample", 10 * GST_SECOND, &sample);
    if (sample == NULL)
      break;
    pts = GST_BUFFER_PTS (gst_sample_get_buffer (sample));
    running = gst_segment_to_running_time (
        gst_sample_get_segment (sample), GST_FORMAT_TIME, pts);
    fail_unless (running == (n > 0 ? last + FRAME : 0));
    last = running;
    n++;
    gst_sample_unref (sample);
  }
  /* some frames before it, and clip 5 */
  fail_unless_equals_uint64 (pts, 17 * FRAME);
  fail_unless (n >= 4 && n <= 6, "%u frames", n);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
}
GST_END_TEST;

static void
expect_segment_done (GstBus *bus, GstClockTime expected)
{
  GstMessage *message = gst_bus_timed_pop_filtered (
      bus, 20 * GST_SECOND, GST_MESSAGE_SEGMENT_DONE | GST_MESSAGE_ERROR);
  gint64 position;

  fail_unless (message != NULL);
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_SEGMENT_DONE);
  gst_message_parse_segment_done (message, NULL, &position);
  fail_unless_equals_uint64 (position, expected);
  gst_message_unref (message);
}

/* as a player does that shows a part again and again: it begins with frame 6
 * and ends in the middle of frame 8 */
GST_START_TEST (test_seek_segment_loops)
{
  const GstClockTime stop = 9 * FRAME - FRAME / 2;
  NfClipRig rig;

  nf_clip_rig_open (&rig, SMALL "clips=6");
  for (guint i = 0; i < 5; i++) {
    GstSeekFlags flags =
        GST_SEEK_FLAG_SEGMENT | (i == 0 ? GST_SEEK_FLAG_FLUSH : 0);

    fail_unless (gst_element_seek (rig.pipeline, 1.0, GST_FORMAT_TIME, flags,
        GST_SEEK_TYPE_SET, 6 * FRAME, GST_SEEK_TYPE_SET, stop));
    for (guint pad = 0; pad < NF_CLIP_RIG_PADS; pad++) {
      GstSample *sample = nf_clip_rig_pull (&rig, pad);

      fail_unless (sample != NULL);
      fail_unless_equals_uint64 (
          GST_BUFFER_PTS (gst_sample_get_buffer (sample)), 6 * FRAME);
      fail_unless_equals_uint64 (
          gst_sample_get_segment (sample)->base, i * (stop - 6 * FRAME));
      gst_sample_unref (sample);
    }
    for (guint frame = 7; frame < 9; frame++)
      nf_clip_rig_expect_frame (&rig, frame, FALSE);
    expect_segment_done (rig.bus, stop);
  }
  fail_unless (gst_element_seek (rig.pipeline, 1.0, clip_format (), 0,
      GST_SEEK_TYPE_SET, 5, GST_SEEK_TYPE_SET, -1));
  for (guint frame = 15; frame < 18; frame++)
    nf_clip_rig_expect_frame (&rig, frame, frame == 15);
  nf_clip_rig_expect_eos (&rig);
  nf_clip_rig_close (&rig);
}
GST_END_TEST;

GST_START_TEST (test_seek_before_the_start)
{
  GstElement *src = gst_element_factory_make ("nfscenesrc", NULL);
  GstHarness *h;
  GstBuffer *buffer;

  g_object_set (src, "width", 24, "height", 16, "frames", 3, "clips",
      (gint64) CLIPS, NULL);
  gst_element_set_state (src, GST_STATE_READY);
  fail_unless (gst_element_seek (src, 1.0, clip_format (), GST_SEEK_FLAG_FLUSH,
      GST_SEEK_TYPE_SET, 4, GST_SEEK_TYPE_SET, 5));
  h = gst_harness_new_with_element (src, NULL, "video");
  gst_harness_play (h);
  for (guint frame = 12; frame < 15; frame++) {
    buffer = gst_harness_pull (h);
    fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), frame * FRAME);
    gst_buffer_unref (buffer);
  }
  /* the next start begins at the beginning */
  gst_element_set_state (src, GST_STATE_NULL);
  gst_harness_play (h);
  buffer = gst_harness_pull (h);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), 0);
  gst_buffer_unref (buffer);
  gst_harness_teardown (h);
  gst_object_unref (src);
}
GST_END_TEST;

/* the seek goes up over both branches, and both are flushed once */
GST_START_TEST (test_seek_through_nfiou)
{
  GstElement *pipeline = gst_parse_launch (SMALL
      "clips=6 name=s s.mask ! tee name=t ! queue ! i.prediction "
      "t. ! queue ! i.truth nfiou name=i strict=true ! "
      "appsink name=sink sync=false max-buffers=1",
      NULL);
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GstBus *bus = gst_element_get_bus (pipeline);
  GstSample *sample = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < 10; i++) {
    guint begin = 3 * (i % CLIPS);

    fail_unless_equals_int (
        gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND),
        GST_STATE_CHANGE_SUCCESS);
    fail_unless (gst_element_seek_simple (pipeline, GST_FORMAT_TIME,
        GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT, (begin + 1) * FRAME));
    for (guint frame = begin; frame < (i < 9 ? begin + 2 : FRAMES); frame++) {
      g_signal_emit_by_name (sink, "try-pull-sample", 20 * GST_SECOND, &sample);
      fail_unless (sample != NULL, "frame %u of seek %u", frame, i);
      fail_unless_equals_uint64 (
          GST_BUFFER_PTS (gst_sample_get_buffer (sample)), frame * FRAME);
      gst_sample_unref (sample);
    }
  }
  g_signal_emit_by_name (sink, "try-pull-sample", 20 * GST_SECOND, &sample);
  fail_unless (sample == NULL);
  nf_test_expect_no_error (bus);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
}
GST_END_TEST;

static GstPadProbeReturn
seek_at_frame (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

  if (GST_BUFFER_OFFSET (buffer) == 4)
    fail_unless (gst_element_seek_simple (
        data, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 12 * FRAME));

  return GST_BUFFER_OFFSET (buffer) == 4 ? GST_PAD_PROBE_DROP
                                         : GST_PAD_PROBE_OK;
}

/* somebody who is handed a frame seeks at once: the mask of that frame does not
 * come after the flush any more */
GST_START_TEST (test_seek_from_the_streaming_thread)
{
  static const guint expected[] = { 0, 1, 2, 3, 12, 13, 14, 15, 16, 17 };
  GstElement *src = gst_element_factory_make ("nfscenesrc", NULL);
  GstPad *pad = gst_element_get_static_pad (src, "video");
  GstHarness *h[2];

  g_object_set (src, "width", 24, "height", 16, "frames", 3, "clips",
      (gint64) CLIPS, NULL);
  h[0] = gst_harness_new_with_element (src, NULL, "video");
  h[1] = gst_harness_new_with_element (src, NULL, "mask");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, seek_at_frame, src, NULL);
  for (guint i = 0; i < 2; i++)
    gst_harness_play (h[i]);
  for (guint n = 0; n < G_N_ELEMENTS (expected); n++)
    for (guint i = 0; i < 2; i++) {
      GstBuffer *buffer = gst_harness_pull (h[i]);

      fail_unless_equals_uint64 (GST_BUFFER_OFFSET (buffer), expected[n]);
      gst_buffer_unref (buffer);
    }
  for (guint i = 0; i < 2; i++)
    gst_harness_teardown (h[i]);
  gst_object_unref (pad);
  gst_object_unref (src);
}
GST_END_TEST;

/* another rate, from where the source is */
GST_START_TEST (test_seek_changes_the_rate)
{
  GstSample *sample;
  NfClipRig rig;
  GstClockTime pts;
  guint64 next;

  nf_clip_rig_open (&rig, SMALL "clips=-1");
  nf_clip_rig_expect_frame (&rig, 0, TRUE);
  fail_unless (gst_element_seek (rig.src, 2.0, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_NONE, 0, GST_SEEK_TYPE_NONE, 0));
  sample = nf_clip_rig_pull (&rig, NF_CLIP_RIG_VIDEO);
  pts = GST_BUFFER_PTS (gst_sample_get_buffer (sample));
  next = pts / FRAME;
  fail_unless (next > 0 && next < 20, "frame %u", (guint) next);
  fail_unless (gst_sample_get_segment (sample)->rate == 2.0);
  fail_unless_equals_uint64 (
      gst_segment_to_running_time (
          gst_sample_get_segment (sample), GST_FORMAT_TIME, pts + FRAME),
      FRAME / 2);
  gst_sample_unref (sample);
  nf_clip_rig_close (&rig);
}
GST_END_TEST;

GST_START_TEST (test_seek_refused)
{
  static const struct
  {
    gdouble rate;
    gchar format;
    GstSeekFlags flags;
    gint64 start, stop;
  } cases[] = {
    { -1.0, TIME, FLUSH, 0, -1 },
    { 1.0, IN_BYTES, FLUSH, 0, -1 },
    { 1.0, IN_CLIPS, FLUSH, CLIPS + 1, -1 },
    { 1.0, IN_CLIPS, FLUSH, 3, 2 },
  };
  NfClipRig rig;

  nf_clip_rig_open (&rig, SMALL "clips=6");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    fail_if (gst_element_seek (rig.src, cases[i].rate,
                 format_of (cases[i].format), cases[i].flags, GST_SEEK_TYPE_SET,
                 cases[i].start, GST_SEEK_TYPE_SET, cases[i].stop),
        "case %u", i);
  fail_if (gst_element_seek (rig.src, 2.0, GST_FORMAT_TIME,
      GST_SEEK_FLAG_INSTANT_RATE_CHANGE, GST_SEEK_TYPE_NONE, 0,
      GST_SEEK_TYPE_NONE, 0));
  /* and nothing has happened */
  for (guint frame = 0; frame < FRAMES; frame++)
    nf_clip_rig_expect_frame (&rig, frame, frame % 3 == 0);
  nf_clip_rig_expect_eos (&rig);
  nf_clip_rig_close (&rig);
}
GST_END_TEST;

static void
expect_conversion (GstElement *element, GstFormat from, gint64 value,
    GstFormat to, gint64 expected)
{
  gint64 result = 0;

  fail_unless (gst_element_query_convert (element, from, value, to, &result));
  fail_unless_equals_int64 (result, expected);
}

GST_START_TEST (test_seek_queries)
{
  GstFormat clip;
  gint64 value;
  gboolean seekable;
  GstQuery *query;
  NfClipRig rig;

  nf_clip_rig_open (&rig, SMALL "clips=6");
  clip = clip_format ();
  fail_unless (gst_element_query_duration (rig.src, GST_FORMAT_TIME, &value));
  fail_unless_equals_int64 (value, FRAMES * FRAME);
  fail_unless (
      gst_element_query_duration (rig.src, GST_FORMAT_DEFAULT, &value));
  fail_unless_equals_int64 (value, FRAMES);
  fail_unless (gst_element_query_duration (rig.src, clip, &value));
  fail_unless_equals_int64 (value, CLIPS);
  fail_if (gst_element_query_duration (rig.src, GST_FORMAT_BYTES, &value));

  expect_conversion (rig.src, clip, 2, GST_FORMAT_TIME, 6 * FRAME);
  expect_conversion (rig.src, clip, 6, GST_FORMAT_DEFAULT, 18);
  expect_conversion (rig.src, GST_FORMAT_TIME, 6 * FRAME - 1, clip, 1);
  expect_conversion (rig.src, GST_FORMAT_TIME, 6 * FRAME, clip, 2);
  expect_conversion (
      rig.src, GST_FORMAT_TIME, 6 * FRAME - 1, GST_FORMAT_DEFAULT, 5);
  fail_if (
      gst_element_query_convert (rig.src, clip, 7, GST_FORMAT_TIME, &value));

  query = gst_query_new_seeking (clip);
  fail_unless (gst_element_query (rig.src, query));
  gst_query_parse_seeking (query, NULL, &seekable, NULL, &value);
  fail_unless (seekable);
  fail_unless_equals_int64 (value, CLIPS);
  gst_query_unref (query);

  g_free (nf_clip_rig_digest (&rig, FRAMES));
  nf_clip_rig_expect_eos (&rig);
  fail_unless (gst_element_query_position (rig.src, GST_FORMAT_TIME, &value));
  fail_unless_equals_int64 (value, FRAMES * FRAME);
  fail_unless (gst_element_query_position (rig.src, clip, &value));
  fail_unless_equals_int64 (value, CLIPS);
  nf_clip_rig_close (&rig);
}
GST_END_TEST;

GST_START_TEST (test_seek_without_end)
{
  gint64 value;
  NfClipRig rig;

  nf_clip_rig_open (&rig, SMALL);
  fail_if (gst_element_query_duration (rig.src, GST_FORMAT_TIME, &value));
  fail_if (gst_element_seek (rig.src, 1.0, clip_format (), GST_SEEK_FLAG_FLUSH,
      GST_SEEK_TYPE_END, -1, GST_SEEK_TYPE_NONE, 0));
  fail_unless (gst_element_seek (rig.src, 1.0, clip_format (),
      GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 1000000, GST_SEEK_TYPE_NONE, 0));
  nf_clip_rig_expect_frame (&rig, 3000000, TRUE);
  nf_clip_rig_expect_frame (&rig, 3000001, FALSE);
  nf_clip_rig_close (&rig);
}
GST_END_TEST;

static Suite *
nfclipseek_suite (void)
{
  Suite *suite = suite_create ("nfclipseek");
  TCase *tc = tcase_create ("seek");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_seek_shows_what_playing_shows);
  tcase_add_test (tc, test_seek_is_done_once);
  tcase_add_test (tc, test_seek_segments);
  tcase_add_test (tc, test_seek_without_flush);
  tcase_add_test (tc, test_seek_segment_loops);
  tcase_add_test (tc, test_seek_before_the_start);
  tcase_add_test (tc, test_seek_through_nfiou);
  tcase_add_test (tc, test_seek_from_the_streaming_thread);
  tcase_add_test (tc, test_seek_changes_the_rate);
  tcase_add_test (tc, test_seek_refused);
  tcase_add_test (tc, test_seek_queries);
  tcase_add_test (tc, test_seek_without_end);

  return suite;
}

GST_CHECK_MAIN (nfclipseek)
