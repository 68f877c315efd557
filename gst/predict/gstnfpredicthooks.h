/* SPDX-License-Identifier: MIT
 *
 * gstnfpredicthooks — what predicts the frames of a video
 *
 * See: gstnfpredictbase.h, whose subclasses predict; gstnfpredictstream.h, which
 * asks them */
#pragma once

#include "predict/gstnfpredictedframes.h"
#include "predict/gstnfwindow.h"

#include <nextframe/core/tensor/nfdevice.h>

#include <gio/gio.h>
#include <gst/video/gstvideofilter.h>

G_BEGIN_DECLS

/**
 * GstNfPredictJob:
 * @emit: which frames are wanted
 * @horizon: number of the last one, counted as #GstNfPredictShape says
 * @window: the context, full
 * @packed: its frames
 * @clip: number of the clip, or of the window when sliding, from 0 on
 * @cancellable: to be looked at from time to time
 * @predicted: empty; gets the frames
 *
 * What is to be predicted.
 */
typedef struct
{
  GstNfEmit emit;
  guint horizon;
  const GstNfWindow *window;
  const GstVideoInfo *packed;
  guint64 clip;
  GCancellable *cancellable;
  GstNfPredictedFrames *predicted;
} GstNfPredictJob;

/**
 * GstNfPredictShape:
 * @length: frames that fill the window
 * @behind: frames from the one that predicted frames are numbered from to the
 *   newest one of the window; 0: they follow that
 * @last: number of the last frame that can be predicted; 0: that is the property
 *   `horizon`
 * @batch: predictions that are made at once; 0: one
 *
 * Where predicted frames lie beside the frames of the window.
 */
typedef struct
{
  guint length;
  guint behind;
  guint last;
  guint batch;
} GstNfPredictShape;

/**
 * GstNfPredictHooks:
 * @open: called once at the start, with the settings of the window: makes
 *   ready, and says what the window is (all zeros before) and on which device
 *   its frames are to lie (transfer full)
 * @close: (nullable): called once at the stop, also when @open failed
 * @renew: (nullable): called between clips, or between frames when sliding, with
 *   the settings of the window: where something new is to predict, that takes the
 *   place of what did, and @shape says what its window is; returns
 *   FALSE where nothing changes
 * @settle: (nullable): called after @renew: whether what is new can be used; if
 *   not, because of @error, what was before comes back
 * @check: (nullable): whether what predicts can do what the settings ask for;
 *   called without any lock, by whoever sets a property
 * @describe: what packed pixels the window is to hold, for frames of @in
 * @predict: does jobs, one or as many as a batch has, which differ in window and
 *   clip alone; called by the streaming thread without any lock
 *
 * What a subclass does, for the element that each of them gets.
 */
typedef struct
{
  gboolean (*open) (GstVideoFilter *element,
      const GstNfWindowSettings *settings, GstNfPredictShape *shape,
      NfDevice **device, GError **error);
  void (*close) (GstVideoFilter *element);
  gboolean (*check) (GstVideoFilter *element,
      const GstNfWindowSettings *settings, GError **error);
  gboolean (*renew) (GstVideoFilter *element,
      const GstNfWindowSettings *settings, GstNfPredictShape *shape);
  void (*settle) (GstVideoFilter *element, const GError *error);
  gboolean (*describe) (GstVideoFilter *element, const GstVideoInfo *in,
      GstVideoInfo *packed, GError **error);
  gboolean (*predict) (GstVideoFilter *element, const GstNfPredictJob *jobs,
      guint n, GError **error);
} GstNfPredictHooks;

G_END_DECLS
