/* SPDX-License-Identifier: MIT
 *
 * gstnfensemble — which of several predictions a frame is, as a meta of its
 * buffer
 *
 * nfpredict pushes them one after the other with ensemble-mode=each, and
 * nfsegment behind it makes one mask of them. The meta is a custom one of
 * GStreamer's, which stays with a frame through converters. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/** GST_NF_ENSEMBLE_META: name of the meta; its structure has the fields
 * `prediction`, a uint from 0 on, and `predictions`, a uint: how many frames with
 * the same time there are */
#define GST_NF_ENSEMBLE_META "NfEnsembleMeta"

/**
 * GstNfEnsemblePlace:
 * @prediction: which one it is, from 0 on
 * @predictions: how many there are, at least 1
 */
typedef struct
{
  guint prediction, predictions;
} GstNfEnsemblePlace;

/**
 * gst_nf_ensemble_attach:
 * @buffer: writable
 * @place: of the frame in it; a lone prediction gets no meta
 */
void gst_nf_ensemble_attach (
    GstBuffer *buffer, const GstNfEnsemblePlace *place);

/**
 * gst_nf_ensemble_place:
 * @buffer: any buffer
 *
 * Returns: the place of the frame in it; one of one where nothing is said, or
 *   what cannot be
 */
GstNfEnsemblePlace gst_nf_ensemble_place (GstBuffer *buffer);

/**
 * gst_nf_ensemble_detach:
 * @buffer: writable; loses the meta, as a frame that was made of all predictions
 */
void gst_nf_ensemble_detach (GstBuffer *buffer);

G_END_DECLS
