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
gdouble nf_predictor_guide_start (const NfPredictor *predictor);
const gchar *nf_predictor_segmenter (const NfPredictor *predictor);
gboolean nf_predictor_predict (NfPredictor *predictor,
    const NfPrediction *prediction, guint ensemble, NfEnsembleMode mode,
    NfTensor *const *context, NfTensor **out, GError **error);
gboolean nf_predictor_predict_pixels (NfPredictor *predictor,
    const NfPrediction *prediction, guint ensemble, NfEnsembleMode mode,
    const guint8 *const *context, guint8 *const *out, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfPredictor, nf_predictor_unref)

G_END_DECLS
