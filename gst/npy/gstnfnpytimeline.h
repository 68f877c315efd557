/* SPDX-License-Identifier: MIT
 *
 * gstnfnpytimeline — where the frames of arrays lie in time and in the file
 *
 * Frame N of an array is shown at N / framerate and begins at byte
 * header + N * frame size, so a time is an offset, and a seek in time is a
 * seek in bytes. Arrays that follow each other go on in time.
 * See: gstnfnpydec.c, which guards the structure with its object lock. */
#pragma once

#include "npy/gstnfnpyvideo.h"

G_BEGIN_DECLS

/**
 * GstNfNpySeek:
 * @seqnum: of the seek, and of the segment that answers it
 * @frame: the first frame after it
 * @segment: the segment after it
 * @began: when it was sent upstream, as #GstNfNpyTimeline.steps counts
 * @ended: when upstream had taken it; 0 until then
 *
 * A seek that was sent upstream, and whose segment has not come.
 */
typedef struct
{
  guint32 seqnum;
  guint64 frame;
  GstSegment segment;
  guint64 began, ended;
} GstNfNpySeek;

/**
 * GstNfNpyTimeline:
 * @header: of the current array
 * @info: its frames, with the framerate; format UNKNOWN before the first array
 * @frames: how many it has
 * @first_frame: frames of the arrays before it in the stream
 * @next_frame: the one that comes next in it; @frames when none is awaited
 * @segment: of time; its position is the end of the latest frame
 * @seeks: of #GstNfNpySeek: those that were sent upstream, the newest one last;
 *   several when one overtakes the segment of the one before
 * @steps: counts what happens to seeks
 *
 * The state of a stream of arrays.
 */
typedef struct
{
  NfNpyHeader header;
  GstVideoInfo info;
  guint64 frames;
  guint64 first_frame;
  guint64 next_frame;
  GstSegment segment;
  GQueue seeks;
  guint64 steps;
} GstNfNpyTimeline;

void gst_nf_npy_timeline_init (GstNfNpyTimeline *line);
void gst_nf_npy_timeline_reset (GstNfNpyTimeline *line);
void gst_nf_npy_timeline_begin_stream (GstNfNpyTimeline *line);
gboolean gst_nf_npy_timeline_begin_array (GstNfNpyTimeline *line,
    const NfNpyHeader *header, gboolean palette, gint fps_n, gint fps_d,
    GError **error);
void gst_nf_npy_timeline_flush (GstNfNpyTimeline *line);

gboolean gst_nf_npy_timeline_in_array (const GstNfNpyTimeline *line);
gboolean gst_nf_npy_timeline_is_past_stop (const GstNfNpyTimeline *line);
void gst_nf_npy_timeline_stamp (
    const GstNfNpyTimeline *line, GstBuffer *buffer);
void gst_nf_npy_timeline_advance (GstNfNpyTimeline *line);

gboolean gst_nf_npy_timeline_can_seek (const GstNfNpyTimeline *line);
GstEvent *gst_nf_npy_timeline_begin_seek (
    GstNfNpyTimeline *line, GstEvent *event, guint64 *number);
void gst_nf_npy_timeline_end_seek (
    GstNfNpyTimeline *line, guint64 number, gboolean taken);
gboolean gst_nf_npy_timeline_take_seek (GstNfNpyTimeline *line, guint32 seqnum);

gboolean gst_nf_npy_timeline_answer (
    const GstNfNpyTimeline *line, GstQuery *query, gboolean seekable);

G_END_DECLS
