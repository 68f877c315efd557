/* SPDX-License-Identifier: MIT
 *
 * nfgraph — a function of tensors that is run again and again
 *
 * Where the device can do so, the ops that the function runs are captured once
 * and then started as a whole, which saves the host the work of starting each
 * one. On other devices the function is simply called. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/tensor/nfdevice.h>
#include <nextframe/core/tensor/nftensor.h>

G_BEGIN_DECLS

#define NF_GRAPH_MAX_INPUTS 6

typedef struct _NfGraph NfGraph;

/**
 * NfGraphFunc:
 * @data: as in nf_graph_new()
 * @in: the inputs
 * @error: return location
 *
 * The function may only run ops, on @in and on tensors that stay at their
 * address as long as the graph is used; their values may change
 * (nf_tensor_changed()). It must not look at values or take data from the host.
 * (A batch norm that becomes part of a convolution does, see nfconvnorm.h.)
 * Gradients that it leaves in parameters are those of the latest run; where the
 * graph is captured (nf_graph_captured()) they must not be cleared.
 *
 * Returns: (transfer full) (nullable): the result
 */
typedef NfTensor *(*NfGraphFunc) (
    gpointer data, NfTensor *const *in, GError **error);

/**
 * nf_graph_new:
 * @device: where @func runs
 * @func: the function
 * @data: given to @func
 *
 * Returns: (transfer full): the graph, to be used by one thread at a time
 */
NF_API NfGraph *nf_graph_new (
    NfDevice *device, NfGraphFunc func, gpointer data);

/**
 * nf_graph_free:
 * @graph: (transfer full) (nullable): a graph that is not running
 */
NF_API void nf_graph_free (NfGraph *graph);

/**
 * nf_graph_run:
 * @graph: a graph
 * @in: (array length=n_in): the inputs; where their shapes or the setting of
 *   nf_matmul_precision_set() differ from those before, the function is
 *   captured anew
 * @n_in: how many, at most %NF_GRAPH_MAX_INPUTS
 * @error: return location: as the function and the device have it
 *
 * Returns: (transfer full) (nullable): the function's result, the same bits
 *   whether it was captured or not
 */
NF_API NfTensor *nf_graph_run (
    NfGraph *graph, NfTensor *const *in, guint n_in, GError **error);

/**
 * nf_graph_launches:
 * @graph: a graph
 *
 * Returns: how often a captured graph was started instead of calling the
 *   function
 */
NF_API guint nf_graph_launches (const NfGraph *graph);

/**
 * nf_graph_captured:
 * @graph: a graph
 *
 * Returns: whether the latest run was a captured one
 */
NF_API gboolean nf_graph_captured (const NfGraph *graph);

/**
 * nf_graph_changes:
 * @tensor: changed by an op that the calling thread runs
 *
 * While that op is being captured, this notes that every later start of the
 * graph changes the tensor, so that what was derived from its old data is no
 * longer valid then. It has to be called for every input that an op changes.
 */
NF_API void nf_graph_changes (NfTensor *tensor);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfGraph, nf_graph_free)

G_END_DECLS
