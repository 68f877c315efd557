/* SPDX-License-Identifier: MIT
 *
 * gstnfforecastflow — what the streaming thread of a forecasting element does
 *
 * A frame comes in by take(); give() hands out what became of it, until there
 * is nothing more.
 * See: gstnfforecast.c, whose methods call these */
#pragma once

#include "common/gstnfcadence.h"
#include "common/gstnfcancel.h"
#include "common/gstnfframes.h"
#include "common/gstnftiming.h"
#include "forecast/gstnfforecast.h"
#include "video/gstnfvideo.h"

G_BEGIN_DECLS

/**
 * GstNfConverters:
 * @in: to the network's packed pixels on its device
 * @out: from them to what downstream wants
 * @past: (nullable): from what comes in to what downstream wants; NULL where
 *   that is the same
 *
 * In to the network, from the network out, and in to out for frames that pass
 * by; new caps make all of them anew. NULL before the first caps.
 */
typedef struct
{
  GstNfFrames *in, *out;
  GstNfVideo *past;
} GstNfConverters;

/**
 * GstNfForecastStats:
 * @frames_in: frames that came
 * @frames_out: that were pushed
 * @clips: forecasts that were made
 * @incomplete: clips that ended before the window was full
 * @computing: all forecasts together
 */
typedef struct
{
  guint64 frames_in, frames_out, clips, incomplete;
  GstClockTime computing;
} GstNfForecastStats;

/**
 * GstNfForecastFlow:
 * @timing: how long forecasts take
 * @cancel: ends one
 * @settings: the properties; object lock
 * @stats: object lock
 * @clip_begins: with the next frame
 * @title: (nullable): of the clip, as tags say
 *
 * Belongs to one element.
 */
typedef struct
{
  GstNfTiming timing;
  GstNfCancel cancel;
  GstNfWindowSettings settings;
  GstNfForecastStats stats;
  gboolean clip_begins;
  gchar *title;

  /*< private >*/
  GstNfForecast *forecast; /* the element */

  /* streaming thread, except while starting and stopping */
  GstNfWindowMode mode;
  GstNfEmit emit;
  guint length; /* of the window, frames */
  NfDevice *device; /* where frames lie; NULL while stopped */
  GstVideoInfo packed; /* what the window holds */
  GstNfConverters converters;
  GstNfWindow window;
  GstNfCadence cadence;
  GstNfFuture future;
  GstSegment segment; /* as it came in */
  GstBuffer *passing; /* a frame of the context that is to be pushed */
  gboolean due; /* a forecast */
  gboolean first_out; /* the next frame out is the first one of its clip */
  guint64 clip; /* its number */
  guint64 windows; /* from which a forecast was made, when sliding */
  guint untold; /* clips that ended too early since the last warning */
  gint64 warned; /* monotonic time of that; 0: none yet */
  guint64 offset; /* of the newest frame */
  GstClockTime pushed_until; /* end of the last frame that was pushed */
} GstNfForecastFlow;

void gst_nf_forecast_flow_init (
    GstNfForecastFlow *self, GstNfForecast *forecast);
void gst_nf_forecast_flow_clear (GstNfForecastFlow *self);
gboolean gst_nf_forecast_flow_start (GstNfForecastFlow *self, GError **error);
void gst_nf_forecast_flow_stop (GstNfForecastFlow *self);

void gst_nf_forecast_flow_forget (GstNfForecastFlow *self);
gboolean gst_nf_forecast_flow_set_caps (
    GstNfForecastFlow *self, GstCaps *in, GstCaps *out, GError **error);
GstEvent *gst_nf_forecast_flow_take_segment (
    GstNfForecastFlow *self, GstEvent *event);
void gst_nf_forecast_flow_take_tags (GstNfForecastFlow *self, GstEvent *event);
void gst_nf_forecast_flow_end_stream (GstNfForecastFlow *self);

GstFlowReturn gst_nf_forecast_flow_take (
    GstNfForecastFlow *self, GstBuffer *input);
GstFlowReturn gst_nf_forecast_flow_give (
    GstNfForecastFlow *self, GstBuffer **output);

G_END_DECLS
