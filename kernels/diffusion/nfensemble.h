/* SPDX-License-Identifier: MIT
 *
 * nfensemble — several predictions of a frame become one */
#pragma once

#include "core/tensor/nftensor.h"

#include <glib.h>

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

void nf_ensemble_combine (NfEnsembleMode mode, const guint8 *const *predictions,
    guint n, gsize bytes, guint8 *out);
gboolean nf_ensemble_combine_frames (NfEnsembleMode mode,
    NfTensor *const *predictions, guint n, guint horizon, NfTensor **out,
    GError **error);

G_END_DECLS
