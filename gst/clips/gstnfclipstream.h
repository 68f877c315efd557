/* SPDX-License-Identifier: MIT
 *
 * gstnfclipstream — one of the two streams of a source of clips
 *
 * A pad with its caps, its pool, and the frame that is being drawn.
 * See: gstnfclips.c */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

/**
 * GstNfClipStream:
 * @pad: the source pad
 * @format: of its frames
 * @info: of the frames it has announced; UNKNOWN before the first caps
 * @frame: what is drawn to, while @drawing
 * @drawing: whether a frame was begun
 * @discont: the next buffer does not follow the one before
 *
 * Used by the streaming thread alone, but for flushing.
 */
typedef struct
{
  GstPad *pad;
  GstVideoFormat format;
  GstVideoInfo info;
  GstVideoFrame frame;
  gboolean drawing;
  gboolean discont;

  /*< private >*/
  GstBufferPool *pool; /* the pad's object lock */
} GstNfClipStream;

void gst_nf_clip_stream_init (GstNfClipStream *self, GstElement *element,
    const gchar *name, GstVideoFormat format);
void gst_nf_clip_stream_start (GstNfClipStream *self, guint group_id);
void gst_nf_clip_stream_stop (GstNfClipStream *self);
void gst_nf_clip_stream_set_flushing (GstNfClipStream *self, gboolean flushing);

GstCaps *gst_nf_clip_stream_restrict (GstNfClipStream *self, GstCaps *caps);
void gst_nf_clip_stream_set_info (
    GstNfClipStream *self, gint width, gint height, gint fps_n, gint fps_d);

GstFlowReturn gst_nf_clip_stream_begin_frame (GstNfClipStream *self);
GstFlowReturn gst_nf_clip_stream_push (GstNfClipStream *self, GstClockTime time,
    GstClockTime duration, guint64 offset);
void gst_nf_clip_stream_drop (GstNfClipStream *self);
GstFlowReturn gst_nf_clip_stream_push_gap (
    GstNfClipStream *self, GstClockTime time, GstClockTime duration);

G_END_DECLS
