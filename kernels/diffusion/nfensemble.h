/* SPDX-License-Identifier: MIT
 *
 * nfensemble — several predictions of a frame become one */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/tensor/nftensor.h>

#include <glib.h>

G_BEGIN_DECLS

/**
 * NfEnsembleMode: what becomes of several predictions of a frame
 * @NF_ENSEMBLE_MEAN: mean of each value: least squared error, but soft
 * @NF_ENSEMBLE_MEDIAN: median of each value
 * @NF_ENSEMBLE_MEDOID: the prediction that is nearest to all others: sharp
 * @NF_ENSEMBLE_EACH: all of them, one behind the other
 */
typedef enum
{
  NF_ENSEMBLE_MEAN,
  NF_ENSEMBLE_MEDIAN,
  NF_ENSEMBLE_MEDOID,
  NF_ENSEMBLE_EACH,
} NfEnsembleMode;

/**
 * nf_ensemble_combine:
 * @mode: how to combine them, not %NF_ENSEMBLE_EACH
 * @predictions: (array length=n): frames of @bytes values
 * @n: how many predictions there are, at least 1
 * @bytes: size of a frame, bytes
 * @out: (out caller-allocates): the frame; it may not be one of @predictions
 *
 * Combines predictions of the same frame in host memory. Of an even number of
 * values the median is the lower one of the two in the middle. The medoid
 * (Kaufman and Rousseeuw, 1987) has the sum of absolute differences as distance.
 */
NF_API void nf_ensemble_combine (NfEnsembleMode mode,
    const guint8 *const *predictions, guint n, gsize bytes, guint8 *out);

/**
 * nf_ensemble_combine_frames:
 * @mode: how to combine them
 * @predictions: (array): @n predictions of @horizon frames each, u8 (1, C, H,
 *   W); NULL in place of frames that the network does not predict
 * @n: how many predictions there are, at least 1
 * @horizon: how many frames each of them has
 * @out: (out) (array) (transfer full): @horizon places that hold NULL; each
 *   gets its frame, on the same device, and stays NULL where none is predicted;
 *   with %NF_ENSEMBLE_EACH it gets @n of them as one batch, where predictions
 *   of several clips follow each other
 * @error: return location: %NF_ERROR_NO_MEMORY, or as the device has it
 *
 * Returns: FALSE with @error set; then @out may hold some of the frames, which
 *   the caller has to unref
 */
NF_API gboolean nf_ensemble_combine_frames (NfEnsembleMode mode,
    NfTensor *const *predictions, guint n, guint horizon, NfTensor **out,
    GError **error);

G_END_DECLS
