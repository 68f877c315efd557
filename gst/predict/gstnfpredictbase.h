/* SPDX-License-Identifier: MIT
 *
 * gstnfpredictbase — base class of elements that predict the frames of a video
 *
 * Collects frames in a window, lets the subclass predict when that is due, and
 * pushes what came of it. A subclass says how many frames it needs, what pixels
 * it takes, and predicts.
 * Subclasses: gstnfpredict.c (a network), gstnfextrapolate.c (without one) */
#pragma once

#include "predict/gstnfwindow.h"

#include "core/tensor/nfdevice.h"
#include "core/tensor/nftensor.h"

#include <gio/gio.h>
#include <gst/video/gstvideofilter.h>

G_BEGIN_DECLS

/**
 * GstNfPredictedFrames:
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
} GstNfPredictedFrames;

void gst_nf_predicted_frames_alloc (
    GstNfPredictedFrames *predicted, guint first, guint last);
void gst_nf_predicted_frames_set (
    GstNfPredictedFrames *predicted, guint number, NfTensor *frame);
gboolean gst_nf_predicted_frames_has_frame (
    const GstNfPredictedFrames *predicted);
NfTensor *gst_nf_predicted_frames_take (
    GstNfPredictedFrames *predicted, guint *number);
void gst_nf_predicted_frames_clear (GstNfPredictedFrames *predicted);

#define GST_TYPE_NF_PREDICT_BASE (gst_nf_predict_base_get_type ())
G_DECLARE_DERIVABLE_TYPE (
    GstNfPredictBase, gst_nf_predict_base, GST, NF_PREDICT_BASE, GstVideoFilter)

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
 * GstNfPredictBaseClass:
 * @stats_name: name of the structure `stats`
 * @open: called once at the start, with the settings of the window: makes
 *   ready, and says how many frames fill the window and on which device they
 *   are to lie (transfer full)
 * @close: called once at the stop, also when @open failed
 * @describe: what packed pixels the window is to hold, for frames of @in
 * @predict: fills @predicted; called by the streaming thread without any lock
 * @add_stats: adds the subclass's own fields to the structure `stats`; called
 *   with the object lock
 *
 * All but @add_stats and @close are demanded.
 */
struct _GstNfPredictBaseClass
{
  GstVideoFilterClass parent_class;

  const gchar *stats_name;
  gboolean (*open) (GstNfPredictBase *self, const GstNfWindowSettings *settings,
      guint *length, NfDevice **device, GError **error);
  void (*close) (GstNfPredictBase *self);
  gboolean (*describe) (GstNfPredictBase *self, const GstVideoInfo *in,
      GstVideoInfo *packed, GError **error);
  gboolean (*predict) (GstNfPredictBase *self, const GstNfPredictJob *job,
      GstNfPredictedFrames *predicted, GError **error);
  void (*add_stats) (GstNfPredictBase *self, GstStructure *stats);
};

G_END_DECLS
