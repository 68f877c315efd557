/* SPDX-License-Identifier: MIT
 *
 * gstnfpredictstream — what the streaming thread of a predicting element does
 *
 * A frame comes in by take(); give() hands out what became of it, until there
 * is nothing more.
 * See: gstnfpredictbase.c, whose methods call these */
#pragma once

#include "common/gstnftimestamps.h"
#include "common/gstnfcancel.h"
#include "common/gstnfframes.h"
#include "common/gstnflatency.h"
#include "predict/gstnffill.h"
#include "predict/gstnfconverters.h"
#include "predict/gstnfpredicthooks.h"
#include "predict/gstnfwaiting.h"
#include "video/gstnfvideo.h"

G_BEGIN_DECLS

/**
 * GstNfPredictStats:
 * @frames_in: frames that came
 * @frames_out: that were pushed
 * @clips: predictions that were made
 * @incomplete: clips that ended before the window was full
 * @computing: all predictions together
 */
typedef struct
{
  guint64 frames_in, frames_out, clips, incomplete;
  GstClockTime computing;
} GstNfPredictStats;

/**
 * GstNfPredictStream:
 * @latency: how long predictions take
 * @cancel: ends one
 * @settings: the properties; object lock
 * @horizon: the property, where what predicts can do that, else the one before;
 *   object lock
 * @stats: object lock
 * @clip_begins: with the next frame
 * @title: (nullable): of the clip, as tags say
 *
 * Belongs to one element.
 */
typedef struct
{
  GstNfLatency latency;
  GstNfCancel cancel;
  GstNfWindowSettings settings;
  guint horizon;
  GstNfPredictStats stats;
  gboolean clip_begins;
  gchar *title;

  /*< private >*/
  GstVideoFilter *element;
  const GstNfPredictHooks *hooks; /* NULL before the first start */

  /* streaming thread, except while starting and stopping */
  GstNfWindowMode mode;
  GstNfEmit emit;
  GstNfPredictShape shape;
  NfDevice *device; /* where frames lie; NULL while stopped */
  GstVideoInfo packed; /* what the window holds */
  GstNfConverters converters;
  GstNfWindow window;
  GstNfTimestamps timestamps;
  GQueue waiting; /* GstNfWaiting: where predictions are made in batches */
  GstNfWaiting *leaving; /* whose frames are pushed; or NULL: the window's */
  GstNfPredictedFrames predicted;
  GstSegment segment; /* as it came in */
  GstBuffer *passing; /* a frame of the context that is to be pushed */
  GstNfFill fill; /* frames that pass with emit=gaps */
  gboolean due; /* a prediction */
  gboolean first_out; /* the next frame out is the first one of its clip */
  guint64 clip; /* its number */
  guint64 windows; /* from which a prediction was made, when sliding */
  guint untold; /* clips that ended too early since the last warning */
  gint64 warned; /* monotonic time of that; 0: none yet */
  gboolean told_early; /* the warning of frames before the time 0 was given */
  guint64 offset; /* of the newest frame */
  GstClockTime pushed_until; /* end of the last frame that was pushed */
} GstNfPredictStream;

void gst_nf_predict_stream_init (
    GstNfPredictStream *self, GstVideoFilter *element);
void gst_nf_predict_stream_clear (GstNfPredictStream *self);
gboolean gst_nf_predict_stream_start (
    GstNfPredictStream *self, const GstNfPredictHooks *hooks, GError **error);
void gst_nf_predict_stream_stop (GstNfPredictStream *self);

void gst_nf_predict_stream_flush (GstNfPredictStream *self);
gboolean gst_nf_predict_stream_set_caps (
    GstNfPredictStream *self, GstCaps *in, GstCaps *out, GError **error);
GstEvent *gst_nf_predict_stream_set_segment (
    GstNfPredictStream *self, GstEvent *event);
void gst_nf_predict_stream_take_tags (
    GstNfPredictStream *self, GstEvent *event);
void gst_nf_predict_stream_end (GstNfPredictStream *self);

GstFlowReturn gst_nf_predict_stream_submit (
    GstNfPredictStream *self, GstBuffer *input);
GstFlowReturn gst_nf_predict_stream_generate (
    GstNfPredictStream *self, GstBuffer **output);
gboolean gst_nf_predict_stream_hold (GstNfPredictStream *self, GstEvent *event);
void gst_nf_predict_stream_drain (GstNfPredictStream *self);

G_END_DECLS
