/* SPDX-License-Identifier: MIT
 *
 * nfgraph — a function of tensors that is run again and again
 *
 * Where the device can, the ops that the function runs are captured once and
 * then started as a whole, which spares the host the work of asking for each.
 * Elsewhere the function is simply called. */
#pragma once

#include "core/tensor/nfdevice.h"
#include "core/tensor/nftensor.h"

G_BEGIN_DECLS

#define NF_GRAPH_MAX_INPUTS 6

typedef struct _NfGraph NfGraph;

/**
 * NfGraphFunc:
 * @data: as in nf_graph_new()
 * @in: the inputs
 * @error: return location
 *
 * It may only run ops, on @in and on tensors that do not move as long as the
 * graph is used; their values may change (nf_tensor_changed()). It must not look
 * at values or take anything from the host, as a batch norm that becomes part of
 * a convolution does (nfconvnorm.h).
 * Gradients that it leaves in parameters are those of the latest run; where the
 * graph is captured (nf_graph_captured()) they must not be cleared.
 *
 * Returns: (transfer full) (nullable): the result
 */
typedef NfTensor *(*NfGraphFunc) (
    gpointer data, NfTensor *const *in, GError **error);

NfGraph *nf_graph_new (NfDevice *device, NfGraphFunc func, gpointer data);
void nf_graph_free (NfGraph *graph);
NfTensor *nf_graph_run (
    NfGraph *graph, NfTensor *const *in, guint n_in, GError **error);
guint nf_graph_launches (const NfGraph *graph);
gboolean nf_graph_captured (const NfGraph *graph);
void nf_graph_changes (NfTensor *tensor);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfGraph, nf_graph_free)

G_END_DECLS
