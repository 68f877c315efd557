/* SPDX-License-Identifier: MIT
 *
 * gstnfnpystream — where the frames of arrays lie in time and in the file
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
 * @began: when it was sent upstream, as #GstNfNpyStream.steps counts
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
 * GstNfNpyStream:
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
} GstNfNpyStream;

void gst_nf_npy_stream_init (GstNfNpyStream *stream);
void gst_nf_npy_stream_reset (GstNfNpyStream *stream);
void gst_nf_npy_stream_begin_stream (GstNfNpyStream *stream);
gboolean gst_nf_npy_stream_begin_array (GstNfNpyStream *stream,
    const NfNpyHeader *header, gboolean palette, gint fps_n, gint fps_d,
    GError **error);
void gst_nf_npy_stream_flush (GstNfNpyStream *stream);

gboolean gst_nf_npy_stream_in_array (const GstNfNpyStream *stream);
gboolean gst_nf_npy_stream_is_past_stop (const GstNfNpyStream *stream);
void gst_nf_npy_stream_stamp (const GstNfNpyStream *stream, GstBuffer *buffer);
void gst_nf_npy_stream_advance (GstNfNpyStream *stream);

gboolean gst_nf_npy_stream_can_seek (const GstNfNpyStream *stream);
GstEvent *gst_nf_npy_stream_begin_seek (
    GstNfNpyStream *stream, GstEvent *event, guint64 *number);
void gst_nf_npy_stream_end_seek (
    GstNfNpyStream *stream, guint64 number, gboolean taken);
gboolean gst_nf_npy_stream_take_seek (GstNfNpyStream *stream, guint32 seqnum);

gboolean gst_nf_npy_stream_answer (
    const GstNfNpyStream *stream, GstQuery *query, gboolean seekable);

G_END_DECLS
