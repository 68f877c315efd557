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
 * @horizon: number of the last one
 * @window: the context, full
 * @packed: its frames
 * @clip: number of the clip, or of the window when sliding, from 0 on
 * @cancellable: to be looked at from time to time
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
} GstNfPredictJob;

/**
 * GstNfPredictHooks:
 * @open: called once at the start, with the settings of the window: makes
 *   ready, and says how many frames fill the window and on which device they
 *   are to lie (transfer full)
 * @close: (nullable): called once at the stop, also when @open failed
 * @renew: (nullable): called between clips, or between frames when sliding, with
 *   the settings of the window: where something new is to predict, that takes the
 *   place of what did, and @length says how many frames fill its window; returns
 *   FALSE where nothing changes
 * @settle: (nullable): called after @renew: whether what is new can be used; if
 *   not, because of @error, what was before comes back
 * @check: (nullable): whether what predicts can do what the settings ask for;
 *   called without any lock, by whoever sets a property
 * @describe: what packed pixels the window is to hold, for frames of @in
 * @predict: fills @predicted; called by the streaming thread without any lock
 *
 * What a subclass does, for the element that each of them gets.
 */
typedef struct
{
  gboolean (*open) (GstVideoFilter *element,
      const GstNfWindowSettings *settings, guint *length, NfDevice **device,
      GError **error);
  void (*close) (GstVideoFilter *element);
  gboolean (*check) (GstVideoFilter *element,
      const GstNfWindowSettings *settings, GError **error);
  gboolean (*renew) (GstVideoFilter *element,
      const GstNfWindowSettings *settings, guint *length);
  void (*settle) (GstVideoFilter *element, const GError *error);
  gboolean (*describe) (GstVideoFilter *element, const GstVideoInfo *in,
      GstVideoInfo *packed, GError **error);
  gboolean (*predict) (GstVideoFilter *element, const GstNfPredictJob *job,
      GstNfPredictedFrames *predicted, GError **error);
} GstNfPredictHooks;

G_END_DECLS
