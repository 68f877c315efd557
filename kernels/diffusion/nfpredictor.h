/* SPDX-License-Identifier: MIT
 *
 * nfpredictor — frames in, future frames out, from a checkpoint
 *
 * What nfpredict calls. Immutable once loaded: several threads may run one
 * predictor at once. */
#pragma once

#include "diffusion/nfprediction.h"

G_BEGIN_DECLS

/**
 * NfEnsembleMode: how several predictions become one frame
 * @NF_ENSEMBLE_MEAN: mean of each value: least squared error, but soft
 * @NF_ENSEMBLE_MEDIAN: median of each value
 * @NF_ENSEMBLE_MEDOID: the draw that is nearest to all others: sharp
 */
typedef enum
{
  NF_ENSEMBLE_MEAN,
  NF_ENSEMBLE_MEDIAN,
  NF_ENSEMBLE_MEDOID,
} NfEnsembleMode;

typedef struct _NfPredictor NfPredictor;

/**
 * nf_predictor_load:
 * @path: a checkpoint of a diffusion U-Net
 * @device: where it runs
 * @error: return location: %NF_ERROR_NOT_FOUND, %NF_ERROR_FORMAT,
 *   %NF_ERROR_INVALID, %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): the predictor
 */
NfPredictor *nf_predictor_load (
    const gchar *path, NfDevice *device, GError **error);

NfPredictor *nf_predictor_ref (NfPredictor *predictor);
void nf_predictor_unref (NfPredictor *predictor);

/**
 * nf_predictor_arch:
 * @predictor: a predictor
 *
 * Returns: (transfer none): its network's architecture
 */
const gchar *nf_predictor_arch (const NfPredictor *predictor);
const NfUnetConfig *nf_predictor_config (const NfPredictor *predictor);

/**
 * nf_predictor_guide_start:
 *
 * Returns: which part of the schedule sampling with a guide passes over, as the
 *   checkpoint says it, 0 to 1; 0 where it says nothing
 */
gdouble nf_predictor_guide_start (const NfPredictor *predictor);

/**
 * nf_predictor_segmenter:
 *
 * Returns: (transfer none) (nullable): name of the checkpoint of the segmenter
 *   whose masks its guides are made from, as the training noted it
 */
const gchar *nf_predictor_segmenter (const NfPredictor *predictor);

/**
 * nf_predictor_predict:
 * @prediction: how to draw; its stream is the clip's number
 * @ensemble: predictions to combine, at least 1
 * @mode: how to combine them
 * @context: (array): num_frames_cond frames on the predictor's device, oldest
 *   first: u8 (1, channels, H, W) of the network's size
 * @out: (out) (array) (transfer full): prediction->horizon frames of the same kind;
 *   NULL where the network draws none
 * @error: return location: %NF_ERROR_CANCELLED, ...
 *
 * Returns: FALSE with @error set; then @out holds none
 */
gboolean nf_predictor_predict (NfPredictor *predictor,
    const NfPrediction *prediction, guint ensemble, NfEnsembleMode mode,
    NfTensor *const *context, NfTensor **out, GError **error);

/**
 * nf_predictor_predict_pixels:
 * @prediction: how to draw; its stream is the clip's number
 * @ensemble: predictions to combine, at least 1
 * @mode: how to combine them
 * @context: (array): num_frames_cond packed frames (H x W x channels bytes),
 *   oldest first, of the network's size
 * @out: (array): prediction->horizon places for frames of the same size; NULL
 *   where a frame is not wanted
 * @error: return location: %NF_ERROR_CANCELLED, %NF_ERROR_INVALID (also where a
 *   wanted frame is not one that the network draws), ...
 *
 * nf_predictor_predict() with frames in the host's memory.
 *
 * Returns: FALSE with @error set
 */
gboolean nf_predictor_predict_pixels (NfPredictor *predictor,
    const NfPrediction *prediction, guint ensemble, NfEnsembleMode mode,
    const guint8 *const *context, guint8 *const *out, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfPredictor, nf_predictor_unref)

G_END_DECLS
