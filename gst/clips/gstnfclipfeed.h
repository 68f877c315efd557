/* SPDX-License-Identifier: MIT
 *
 * gstnfclipfeed — what the streaming thread of a source of clips does
 *
 * Frame by frame: what others ordered, the clip, its frames, the wait of a
 * live source, and the push to both pads.
 * See: gstnfclips.c, which has the thread */
#pragma once

#include "clips/gstnfclippacer.h"
#include "clips/gstnfclipposition.h"
#include "clips/gstnfcliphooks.h"
#include "clips/gstnfclipstream.h"
#include "clips/gstnfclipwatch.h"

#include <gst/base/gstflowcombiner.h>

G_BEGIN_DECLS

enum
{
  GST_NF_CLIP_VIDEO,
  GST_NF_CLIP_MASK,
  GST_NF_CLIP_N_STREAMS
};

/**
 * GstNfClipFeed:
 * @streams: the pads
 * @pacer: when a live source may push
 * @position: where the source is; written by the streaming thread, read by others
 *   with the element's object lock
 *
 * Belongs to one element.
 */
typedef struct
{
  GstNfClipStream streams[GST_NF_CLIP_N_STREAMS];
  GstNfClipPacer pacer;
  GstNfClipPosition position;

  /*< private >*/
  GstElement *element;
  const GstNfClipHooks *hooks;

  /* object lock: orders, to be obeyed before the next frame */
  GstEvent *seek; /* (nullable) */
  GQueue events; /* GstEvent: for both pads */
  gboolean eos;

  /* streaming thread */
  GstFlowCombiner *combiner;
  GstNfClipWatch watch;
  guint64 left; /* frames to push before the end */
  gboolean began; /* the streams are announced, the framerate is chosen */
  gboolean send_segment;
  gboolean send_title; /* of the clip */
  guint32 seqnum; /* of the segment */
  guint64 clip; /* that was begun; G_MAXUINT64: none */
  GstNfClipFormat format; /* of it */
} GstNfClipFeed;

void gst_nf_clip_feed_init (GstNfClipFeed *self, GstElement *element);
void gst_nf_clip_feed_clear (GstNfClipFeed *self);
void gst_nf_clip_feed_start (GstNfClipFeed *self, const GstNfClipHooks *hooks,
    const GstNfClipTimeline *timeline, gboolean live, guint64 left);
void gst_nf_clip_feed_stop (GstNfClipFeed *self);
void gst_nf_clip_feed_set_flushing (GstNfClipFeed *self, gboolean flushing);

void gst_nf_clip_feed_order_seek (GstNfClipFeed *self, GstEvent *event);
void gst_nf_clip_feed_order_event (GstNfClipFeed *self, GstEvent *event);
void gst_nf_clip_feed_order_eos (GstNfClipFeed *self);
void gst_nf_clip_feed_forget_orders (GstNfClipFeed *self);
gboolean gst_nf_clip_feed_has_seek (GstNfClipFeed *self);

GstFlowReturn gst_nf_clip_feed_step (GstNfClipFeed *self);
void gst_nf_clip_feed_finish (GstNfClipFeed *self, GstFlowReturn flow);
gboolean gst_nf_clip_feed_go (GstNfClipFeed *self, GstEvent *event);
void gst_nf_clip_feed_push_event (GstNfClipFeed *self, GstEvent *event);

G_END_DECLS
