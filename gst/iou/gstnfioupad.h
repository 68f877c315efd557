/* SPDX-License-Identifier: MIT
 *
 * gstnfioupad — a mask stream that goes into nfiou
 *
 * See: gstnfiou.h */
#pragma once

#include <gst/base/gstaggregator.h>
#include <gst/video/video.h>

G_BEGIN_DECLS

#define GST_TYPE_NF_IOU_PAD (gst_nf_iou_pad_get_type ())
G_DECLARE_FINAL_TYPE (
    GstNfIouPad, gst_nf_iou_pad, GST, NF_IOU_PAD, GstAggregatorPad)

/**
 * GstNfIouPad:
 * @info: of the frames; format UNKNOWN until caps came
 * @stream_id: (nullable): of the latest stream-start
 * @title: (nullable): of what the stream shows now, from its tags
 * @begins_clip: a clip begins with the next frame
 *
 * What the streaming thread knows of the stream.
 */
struct _GstNfIouPad
{
  GstAggregatorPad parent;
  GstVideoInfo info;
  gchar *stream_id;
  gchar *title;
  gboolean begins_clip;
};

/**
 * GstNfIouCandidate:
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
} GstNfIouCandidate;

void gst_nf_iou_pad_reset (GstNfIouPad *pad);
void gst_nf_iou_pad_segment (const GstNfIouPad *pad, GstSegment *segment);
void gst_nf_iou_pad_note_event (GstNfIouPad *pad, GstEvent *event);
gboolean gst_nf_iou_pad_peek (GstNfIouPad *pad, GstNfIouCandidate *candidate);
GstBuffer *gst_nf_iou_pad_pop (GstNfIouPad *pad, gboolean *begins_clip);

void gst_nf_iou_answer_caps (GstPad *pad, GstPad *other, GstQuery *query);

G_END_DECLS
