/* SPDX-License-Identifier: MIT
 *
 * gstnfcomparepad — a stream of frames that are compared
 *
 * See: gstnfcompare.h */
#pragma once

#include <gst/base/gstaggregator.h>
#include <gst/video/video.h>

G_BEGIN_DECLS

#define GST_TYPE_NF_COMPARE_PAD (gst_nf_compare_pad_get_type ())
G_DECLARE_FINAL_TYPE (
    GstNfComparePad, gst_nf_compare_pad, GST, NF_COMPARE_PAD, GstAggregatorPad)

/**
 * GstNfComparePad:
 * @info: of the frames; format UNKNOWN until caps came
 * @stream_id: (nullable): of the latest stream-start
 * @title: (nullable): of what the stream shows now, from its tags
 * @begins_clip: a clip begins with the next frame
 *
 * What the streaming thread knows of the stream.
 */
struct _GstNfComparePad
{
  GstAggregatorPad parent;
  GstVideoInfo info;
  gchar *stream_id;
  gchar *title;
  gboolean begins_clip;
};

/**
 * GstNfCandidate:
 * @buffer: (nullable): the frame in front of a pad's queue
 * @gap: it stands for a time without frames
 * @time: running time, ns; negative before the segment's start
 * @duration: ns, or %GST_CLOCK_TIME_NONE
 *
 * What may become a half of a pair.
 */
typedef struct
{
  GstBuffer *buffer;
  gboolean gap;
  gint64 time;
  GstClockTime duration;
} GstNfCandidate;

void gst_nf_compare_pad_reset (GstNfComparePad *pad);
void gst_nf_compare_pad_segment (
    const GstNfComparePad *pad, GstSegment *segment);
void gst_nf_compare_pad_note_event (GstNfComparePad *pad, GstEvent *event);
gboolean gst_nf_compare_pad_peek (
    GstNfComparePad *pad, GstNfCandidate *candidate);
GstBuffer *gst_nf_compare_pad_pop (GstNfComparePad *pad, gboolean *begins_clip);

void gst_nf_compare_answer_caps (GstPad *pad, GstPad *other, GstQuery *query);

G_END_DECLS
