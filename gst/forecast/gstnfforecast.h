/* SPDX-License-Identifier: MIT
 *
 * gstnfforecast — base class of elements that foretell the frames of a video
 *
 * Collects frames in a window, lets the subclass foretell when that is due, and
 * pushes what came of it. A subclass says how many frames it needs, what pixels
 * it takes, and foretells.
 * Subclasses: gstnfpredict.c (a network), gstnfextrapolate.c (without one) */
#pragma once

#include "forecast/gstnfwindow.h"

#include "core/tensor/nfdevice.h"
#include "core/tensor/nftensor.h"

#include <gio/gio.h>
#include <gst/video/gstvideofilter.h>

G_BEGIN_DECLS

/**
 * GstNfFuture:
 * @next: number of the next frame to push; beyond @last when there is none
 * @last: number of the last frame
 *
 * Predicted frames that wait until they are pushed, numbered from the context
 * on: 1 is the one that follows it. Belongs to the streaming thread. All zeros
 * when empty. Frames are tensors as gstnfframes.h has them.
 */
typedef struct
{
  guint next, last;

  /*< private >*/
  guint first;
  NfTensor **frames; /* NULL where a frame was taken */
} GstNfFuture;

void gst_nf_future_alloc (GstNfFuture *future, guint first, guint last);
void gst_nf_future_set (GstNfFuture *future, guint number, NfTensor *frame);
gboolean gst_nf_future_has_frame (const GstNfFuture *future);
NfTensor *gst_nf_future_take (GstNfFuture *future, guint *number);
void gst_nf_future_clear (GstNfFuture *future);

#define GST_TYPE_NF_FORECAST (gst_nf_forecast_get_type ())
G_DECLARE_DERIVABLE_TYPE (
    GstNfForecast, gst_nf_forecast, GST, NF_FORECAST, GstVideoFilter)

/**
 * GstNfForecastJob:
 * @emit: which frames are wanted
 * @horizon: number of the last one
 * @window: the context, full
 * @packed: its frames
 * @clip: number of the clip, or of the window when sliding, from 0 on
 * @cancellable: to be looked at from time to time
 *
 * What is to be foretold.
 */
typedef struct
{
  GstNfEmit emit;
  guint horizon;
  const GstNfWindow *window;
  const GstVideoInfo *packed;
  guint64 clip;
  GCancellable *cancellable;
} GstNfForecastJob;

/**
 * GstNfForecastClass:
 * @stats_name: name of the structure `stats`
 * @open: called once at the start, with the settings of the window: makes
 *   ready, and says how many frames fill the window and on which device they
 *   are to lie (transfer full)
 * @close: called once at the stop, also when @open failed
 * @describe: what packed pixels the window is to hold, for frames of @in
 * @foretell: fills @future; called by the streaming thread without any lock
 * @add_stats: adds the subclass's own fields to the structure `stats`; called
 *   with the object lock
 *
 * All but @add_stats and @close are demanded.
 */
struct _GstNfForecastClass
{
  GstVideoFilterClass parent_class;

  const gchar *stats_name;
  gboolean (*open) (GstNfForecast *self, const GstNfWindowSettings *settings,
      guint *length, NfDevice **device, GError **error);
  void (*close) (GstNfForecast *self);
  gboolean (*describe) (GstNfForecast *self, const GstVideoInfo *in,
      GstVideoInfo *packed, GError **error);
  gboolean (*foretell) (GstNfForecast *self, const GstNfForecastJob *job,
      GstNfFuture *future, GError **error);
  void (*add_stats) (GstNfForecast *self, GstStructure *stats);
};

G_END_DECLS
