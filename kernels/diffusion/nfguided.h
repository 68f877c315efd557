/* SPDX-License-Identifier: MIT
 *
 * nfguided — frames in, future frames out, with a guide
 *
 * The guide is a frame that stands for the future: the newest one, or the one
 * that tracks and dynamics predict from the masks of a segmenter. Networks that
 * take a guide see it beside the context; sampling of any network can start
 * from it. Frames may be larger than the network's: the result has the guide's
 * detail then. See: nfpredictor.h, scene/guide/nfguide.h */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/diffusion/nfcontextmasks.h>
#include <nextframe/diffusion/nfpredictor.h>
#include <nextframe/nets/nfsegmenter.h>

G_BEGIN_DECLS

/**
 * NfGuideKind:
 * @NF_GUIDE_NONE: none
 * @NF_GUIDE_HOLD: the newest frame
 * @NF_GUIDE_DYNAMICS: the frame that tracks and dynamics predict
 */
typedef enum
{
  NF_GUIDE_NONE,
  NF_GUIDE_HOLD,
  NF_GUIDE_DYNAMICS,
} NfGuideKind;

/**
 * NfGuided:
 * @predictor: the network that predicts
 * @segmenter: (nullable): the network that finds masks; %NF_GUIDE_DYNAMICS
 *   needs it or @masks. Frames should be about as large as those it was trained
 *   on
 * @kind: of guide
 * @sharpen: whether results that are larger than the network's frames get the
 *   guide's detail
 * @draw: which future the guide of the first prediction shows, from 0, as
 *   nf_guide_render() takes it; each further prediction of an ensemble gets the
 *   next one
 * @masks: (nullable): (num_frames_cond, H, W): the classes in the context, as
 *   large as its frames, where the caller has them from nf_guided_masks()
 * @memory: (nullable): of the context's regions, so that frames that the next
 *   prediction has too are looked at once
 * @truth: (nullable): (horizon, H, W): the classes in the future frames, for
 *   guides that show the true future
 * @classes: (nullable): set to a bit for each class whose objects may be in a
 *   guide by dynamics, as nf_regions_expect() takes them
 *
 * All of them belong to the caller. @masks and @truth are for
 * %NF_GUIDE_DYNAMICS.
 */
typedef struct
{
  NfPredictor *predictor;
  NfSegmenter *segmenter;
  NfGuideKind kind;
  gboolean sharpen;
  guint draw;
  const guint8 *masks;
  NfContextMasks *memory;
  const guint8 *truth;
  guint64 *classes;
} NfGuided;

/**
 * nf_guided_masks:
 * @how: the network and the guide, with a segmenter
 * @prediction: its dtype is what the segmenter computes in
 * @context: (array): num_frames_cond frames, as nf_guided_predict() takes them
 * @masks: (out caller-allocates): (num_frames_cond, H, W): classes
 * @error: return location: %NF_ERROR_CANCELLED, %NF_ERROR_NO_MEMORY, or as the
 *   device has it
 *
 * Finds the masks that a guide by dynamics (%NF_GUIDE_DYNAMICS) is made from,
 * for callers that predict more than once from the same context.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_guided_masks (const NfGuided *how,
    const NfPrediction *prediction, NfTensor *const *context, guint8 *masks,
    GError **error);

/**
 * nf_guided_predict:
 * @how: the network and the guide
 * @prediction: how to predict, as nf_predictor_predict() takes it, without a
 *   guide; with a guide start of 1 the network does not run, and the guide
 *   frames themselves are the result
 * @ensemble: predictions to combine, at least 1; a guide by dynamics shows
 *   another future for each of them
 * @mode: how to combine them
 * @context: (array): nf_prediction_known() frames on the predictor's device,
 *   oldest first: u8 (1, channels, H, W) of any one size; with a guide the
 *   network's frames have 3 channels, and its mode is %NF_MODE_PREDICT
 * @out: (out) (array) (transfer full): prediction->horizon frames of the same
 *   kind and size; NULL in place of frames that the network does not predict
 * @error: return location: %NF_ERROR_CANCELLED, %NF_ERROR_INVALID,
 *   %NF_ERROR_NO_MEMORY, or as the device has it
 *
 * Returns: FALSE with @error set; then @out holds nothing but NULL
 */
NF_API gboolean nf_guided_predict (const NfGuided *how,
    const NfPrediction *prediction, guint ensemble, NfEnsembleMode mode,
    NfTensor *const *context, NfTensor **out, GError **error);

G_END_DECLS
