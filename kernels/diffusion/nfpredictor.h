/* SPDX-License-Identifier: MIT
 *
 * nfpredictor — frames in, future frames out, from a checkpoint
 *
 * What nfpredict calls. Immutable once loaded, but for what it has captured
 * (nfsamplinggraph.h): several threads may run one predictor at once. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/diffusion/nfensemble.h>
#include <nextframe/diffusion/nfprediction.h>

G_BEGIN_DECLS

typedef struct _NfPredictor NfPredictor;

/**
 * nf_predictor_load:
 * @path: a checkpoint of a network that predicts
 * @device: where it runs
 * @error: return location: %NF_ERROR_NOT_FOUND, %NF_ERROR_FORMAT,
 *   %NF_ERROR_INVALID, %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): the predictor
 */
NF_API NfPredictor *nf_predictor_load (
    const gchar *path, NfDevice *device, GError **error);

/**
 * nf_predictor_ref:
 * @predictor: a predictor
 *
 * Returns: (transfer full): @predictor
 */
NF_API NfPredictor *nf_predictor_ref (NfPredictor *predictor);

/**
 * nf_predictor_unref:
 * @predictor: (transfer full): a predictor; the last reference frees it
 */
NF_API void nf_predictor_unref (NfPredictor *predictor);

/**
 * nf_predictor_arch:
 * @predictor: a predictor
 *
 * Returns: (transfer none): its network's architecture
 */
NF_API const gchar *nf_predictor_arch (const NfPredictor *predictor);

/**
 * nf_predictor_config:
 * @predictor: a predictor
 *
 * Returns: (transfer none): the frames, noise schedule and target of its
 *   network
 */
NF_API const NfUnetConfig *nf_predictor_config (const NfPredictor *predictor);

/**
 * nf_predictor_init_prediction:
 * @predictor: a predictor
 * @prediction: (out caller-allocates): as of nf_prediction_init_for(), with the
 *   method, the steps and the guide start that the checkpoint recommends
 *
 * The checkpoint's facts `sampler`, `sampling-steps` and `guide-start` say what it
 * recommends; where it has none, it is 50 steps of DDIM, and a start from noise
 * alone.
 */
NF_API void nf_predictor_init_prediction (
    const NfPredictor *predictor, NfPrediction *prediction);

/**
 * nf_predictor_segmenter:
 * @predictor: a predictor
 *
 * Returns: (transfer none) (nullable): the name of the segmenter's checkpoint
 *   whose masks the guides were made from in training
 */
NF_API const gchar *nf_predictor_segmenter (const NfPredictor *predictor);

/**
 * nf_predictor_predict:
 * @predictor: a predictor
 * @prediction: how to predict; its stream is the clip's number, or that of the
 *   first where the others follow, or its streams are those of all; its graphs
 *   are the predictor's
 * @ensemble: predictions to combine, at least 1
 * @mode: how to combine them
 * @context: (array): nf_prediction_known() frames on the predictor's device,
 *   oldest first: u8 (N, channels, H, W) of the network's size, where N clips
 *   are predicted at once
 * @out: (out) (array) (transfer full): prediction->horizon frames of the same
 *   kind; NULL in place of frames that the network does not predict
 * @error: return location: %NF_ERROR_CANCELLED, %NF_ERROR_INVALID,
 *   %NF_ERROR_NO_MEMORY, or as the device has it
 *
 * Returns: FALSE with @error set; then @out holds nothing but NULL
 */
NF_API gboolean nf_predictor_predict (NfPredictor *predictor,
    const NfPrediction *prediction, guint ensemble, NfEnsembleMode mode,
    NfTensor *const *context, NfTensor **out, GError **error);

/**
 * nf_predictor_predict_pixels:
 * @predictor: a predictor
 * @prediction: how to predict; its stream is the clip's number
 * @ensemble: predictions to combine, at least 1
 * @mode: how to combine them
 * @context: (array): nf_prediction_known() packed frames (H x W x channels
 *   bytes) in host memory, oldest first, of the network's size
 * @out: (array): prediction->horizon places for frames of the same size; NULL
 *   in place of frames that are not wanted
 * @error: return location: as nf_predictor_predict(); %NF_ERROR_INVALID also
 *   where the network does not predict a frame that is wanted
 *
 * nf_predictor_predict() with frames in host memory.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_predictor_predict_pixels (NfPredictor *predictor,
    const NfPrediction *prediction, guint ensemble, NfEnsembleMode mode,
    const guint8 *const *context, guint8 *const *out, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfPredictor, nf_predictor_unref)

G_END_DECLS
