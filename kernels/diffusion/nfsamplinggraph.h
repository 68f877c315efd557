/* SPDX-License-Identifier: MIT
 *
 * nfsamplinggraph — evaluations of a network that predicts, captured once
 *
 * Sampling evaluates the network dozens of times for the same conditioning, and
 * then for the next one. Where the device captures graphs (nfgraph.h), one
 * graph does for all of them: a new conditioning is copied to the addresses of
 * the first one. A graph is used by one thread at a time; a store lends as many
 * as there are threads that sample, and keeps them in between. On other devices
 * nothing is kept. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/nets/nfunet.h>

G_BEGIN_DECLS

typedef struct _NfSamplingGraph NfSamplingGraph;
typedef struct _NfSamplingGraphs NfSamplingGraphs;

/**
 * nf_sampling_graphs_new:
 * @net: the network, which outlives the result; its weights may change, but
 *   stay at their addresses
 *
 * Returns: (transfer full): a store without any graph yet, for any thread
 */
NF_API NfSamplingGraphs *nf_sampling_graphs_new (NfUnet *net);

/**
 * nf_sampling_graphs_free:
 * @graphs: (transfer full) (nullable): a store that has got back what it lent
 *
 * Frees it with the memory of its graphs.
 */
NF_API void nf_sampling_graphs_free (NfSamplingGraphs *graphs);

/**
 * nf_sampling_graphs_launches:
 * @graphs: a store
 *
 * Returns: how often the graphs that it has were started as a whole
 */
NF_API guint nf_sampling_graphs_launches (NfSamplingGraphs *graphs);

/**
 * nf_sampling_graphs_borrow:
 * @graphs: a store
 * @n: batch size
 * @dtype: of the conditioning
 *
 * Returns: (transfer full): a graph for the calling thread: one that was made
 *   for this batch and type where such a one is idle, else another one that is
 *   idle, else a new one. Give it back, or free it
 */
NfSamplingGraph *nf_sampling_graphs_borrow (
    NfSamplingGraphs *graphs, gint64 n, NfDType dtype);

/**
 * nf_sampling_graphs_give_back:
 * @graphs: a store
 * @graph: (transfer full): what it lent
 *
 * Keeps it with its conditioning, or frees it where the device captures no
 * graphs.
 */
void nf_sampling_graphs_give_back (
    NfSamplingGraphs *graphs, NfSamplingGraph *graph);

/**
 * nf_sampling_graph_free:
 * @graph: (transfer full): from nf_sampling_graphs_borrow()
 */
void nf_sampling_graph_free (NfSamplingGraph *graph);

/**
 * nf_sampling_graph_condition:
 * @graph: a graph
 * @cond: (nullable): as of nf_unet_condition()
 * @error: return location: as the ops have it
 *
 * What follows is evaluated for this conditioning.
 *
 * Returns: FALSE with @error set; the graph can then only be freed
 */
gboolean nf_sampling_graph_condition (
    NfSamplingGraph *graph, NfTensor *cond, GError **error);

/**
 * nf_sampling_graph_run:
 * @graph: a graph with a conditioning
 * @x: noisy frames
 * @time: of their label, from nf_unet_times()
 * @error: return location: as the ops have it
 *
 * Returns: (transfer full) (nullable): as of nf_unet_forward_at(), the same
 *   bits
 */
NfTensor *nf_sampling_graph_run (
    NfSamplingGraph *graph, NfTensor *x, NfTensor *time, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfSamplingGraphs, nf_sampling_graphs_free)

G_END_DECLS
