/* SPDX-License-Identifier: MIT
 *
 * nfsamplinggraph — evaluations of a network that predicts, captured once */
#include <nextframe/diffusion/nfsamplinggraph.h>

#include <nextframe/core/ops/nfgraph.h>

/**
 * NfSamplingGraph:
 * @cond: (nullable): at the addresses that the graph reads
 * @n: batch size of @cond
 * @dtype: type of @cond
 * @versions: of the parameters that were captured. What a network makes of them
 *   once (weights of several layers as one) does not follow their changes
 */
struct _NfSamplingGraph
{
  NfUnet *net;
  NfGraph *graph;
  NfUnetCond *cond;
  gint64 n;
  NfDType dtype;
  guint versions;
};

/**
 * NfSamplingGraphs:
 * @idle: NfSamplingGraph that nobody has borrowed, used last behind
 */
struct _NfSamplingGraphs
{
  NfUnet *net;
  GMutex lock;
  GPtrArray *idle;
};

/* in: noisy frames, what depends on their label alone */
static NfTensor *
evaluate (gpointer data, NfTensor *const *in, GError **error)
{
  NfSamplingGraph *graph = data;

  return nf_unet_forward_at (
      graph->net, in[0], in[1], graph->cond, NULL, error);
}

void
nf_sampling_graph_free (NfSamplingGraph *graph)
{
  nf_graph_free (graph->graph);
  g_clear_pointer (&graph->cond, nf_unet_cond_free);
  g_free (graph);
}

NfSamplingGraphs *
nf_sampling_graphs_new (NfUnet *net)
{
  NfSamplingGraphs *graphs = g_new0 (NfSamplingGraphs, 1);

  graphs->net = net;
  g_mutex_init (&graphs->lock);
  graphs->idle =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_sampling_graph_free);
  return graphs;
}

void
nf_sampling_graphs_free (NfSamplingGraphs *graphs)
{
  if (graphs == NULL)
    return;
  g_ptr_array_unref (graphs->idle);
  g_mutex_clear (&graphs->lock);
  g_free (graphs);
}

guint
nf_sampling_graphs_launches (NfSamplingGraphs *graphs)
{
  guint launches = 0;

  g_mutex_lock (&graphs->lock);
  for (guint i = 0; i < graphs->idle->len; i++) {
    const NfSamplingGraph *graph = g_ptr_array_index (graphs->idle, i);

    launches += graph->graph != NULL ? nf_graph_launches (graph->graph) : 0;
  }
  g_mutex_unlock (&graphs->lock);
  return launches;
}

static gboolean
is_made_for (const NfSamplingGraph *graph, gint64 n, NfDType dtype)
{
  return graph->cond != NULL && graph->n == n && graph->dtype == dtype;
}

NfSamplingGraph *
nf_sampling_graphs_borrow (NfSamplingGraphs *graphs, gint64 n, NfDType dtype)
{
  NfSamplingGraph *graph = NULL;
  guint at;

  g_mutex_lock (&graphs->lock);
  at = graphs->idle->len;
  while (at > 0 && !is_made_for (graphs->idle->pdata[at - 1], n, dtype))
    at--;
  if (graphs->idle->len > 0)
    graph = g_ptr_array_steal_index (graphs->idle, at > 0 ? at - 1 : 0);
  g_mutex_unlock (&graphs->lock);
  if (graph == NULL) {
    graph = g_new0 (NfSamplingGraph, 1);
    graph->net = graphs->net;
  }
  return graph;
}

void
nf_sampling_graphs_give_back (NfSamplingGraphs *graphs, NfSamplingGraph *graph)
{
  if (nf_unet_params (graphs->net)->device->backend->graph == NULL) {
    nf_sampling_graph_free (graph);
    return;
  }
  g_mutex_lock (&graphs->lock);
  g_ptr_array_add (graphs->idle, graph);
  g_mutex_unlock (&graphs->lock);
}

/* grows with every change of a parameter */
static guint
versions_of (NfUnet *net)
{
  NfParams *params = nf_unet_params (net);
  guint versions = 0;

  for (guint i = 0; i < nf_params_count (params); i++)
    versions += nf_params_index (params, i)->value->version;
  return versions;
}

/* the values of another conditioning at the addresses of the first one */
static gboolean
replace_values (NfSamplingGraph *graph, NfTensor *cond, GError **error)
{
  g_autoptr (NfUnetCond) fresh = nf_unet_condition (graph->net, cond, error);

  return fresh != NULL && nf_unet_cond_copy (graph->cond, fresh, error);
}

/* @cond becomes a part of what is kept */
static gboolean
keep (NfSamplingGraph *graph, NfTensor *cond, GError **error)
{
  g_clear_pointer (&graph->graph, nf_graph_free);
  g_clear_pointer (&graph->cond, nf_unet_cond_free);
  graph->cond = nf_unet_condition (graph->net, cond, error);
  if (graph->cond == NULL)
    return FALSE;
  graph->graph = nf_graph_new (cond->device, evaluate, graph);
  graph->n = cond->n;
  graph->dtype = cond->dtype;
  graph->versions = versions_of (graph->net);
  return TRUE;
}

gboolean
nf_sampling_graph_condition (
    NfSamplingGraph *graph, NfTensor *cond, GError **error)
{
  g_autoptr (NfTensor) own = NULL;

  if (cond == NULL)
    return FALSE;
  if (cond->device->backend->graph == NULL)
    return keep (graph, cond, error);
  if (is_made_for (graph, cond->n, cond->dtype)
      && graph->versions == versions_of (graph->net))
    return replace_values (graph, cond, error);
  own = nf_tensor_new_like (cond, error); /* what is written later */
  return own != NULL && nf_tensor_copy (own, cond, error)
      && keep (graph, own, error);
}

NfTensor *
nf_sampling_graph_run (
    NfSamplingGraph *graph, NfTensor *x, NfTensor *time, GError **error)
{
  return nf_graph_run (graph->graph, (NfTensor *[]){ x, time }, 2, error);
}
