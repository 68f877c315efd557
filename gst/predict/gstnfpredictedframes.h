/* SPDX-License-Identifier: MIT
 *
 * gstnfpredictedframes — predicted frames that wait until they are pushed
 *
 * See: gstnfpredicthooks.h (who fills it), gstnfpredictstream.h (who takes) */
#pragma once

#include "common/gstnfensemble.h"

#include <nextframe/core/tensor/nftensor.h>

G_BEGIN_DECLS

/**
 * GstNfPredictedFrames:
 * @next: number of the next frame to push; beyond @last when there is none
 * @last: number of the last frame; from the first to it they are all in equal
 *   steps
 * @classes: the classes that may be in them, as gst_nf_classes_attach() takes
 *   them; 0: nothing is known
 * @n_classes: how many classes there are, where it is known which are in them
 *
 * Predicted frames that wait until they are pushed, numbered from the context
 * on: 1 is the one that follows it. Belongs to the streaming thread. All zeros
 * when empty. Frames are tensors as gstnfframes.h has them, a batch where there
 * are several predictions of a frame.
 */
typedef struct
{
  guint next, last;
  guint64 classes;
  guint n_classes;

  /*< private >*/
  guint first, step;
  guint prediction; /* of the next frame, from 0 */
  NfTensor **frames; /* NULL where a frame was taken */
} GstNfPredictedFrames;

void gst_nf_predicted_frames_alloc (
    GstNfPredictedFrames *predicted, guint first, guint last, guint step);
void gst_nf_predicted_frames_set (
    GstNfPredictedFrames *predicted, guint number, NfTensor *frame);
gboolean gst_nf_predicted_frames_has_frame (
    const GstNfPredictedFrames *predicted);
NfTensor *gst_nf_predicted_frames_take (GstNfPredictedFrames *predicted,
    guint *number, GstNfEnsemblePlace *place, GError **error);
void gst_nf_predicted_frames_clear (GstNfPredictedFrames *predicted);

G_END_DECLS
