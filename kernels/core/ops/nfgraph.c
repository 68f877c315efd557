/* SPDX-License-Identifier: MIT
 *
 * nfgraph — a function of tensors that is run again and again
 *
 * The first run is an ordinary one, in which kernels make what they need only
 * once (plans, packed weights). The second run is captured. Its inputs are
 * copies at fixed addresses; every later run copies its inputs to these
 * addresses, starts the graph, and copies the result. */
#include <nextframe/core/ops/nfgraph.h>

#include <nextframe/core/threads/nfmatmulprecision.h>

#define MAX_FAILURES 3

struct _NfGraph
{
  NfDevice *device;
  NfGraphFunc func;
  gpointer data;
  guint runs, launches;
  guint failures; /* to capture; after a few it is not tried again */
  gpointer captured; /* of the backend */
  gboolean tf32; /* nf_matmul_precision_is_tf32() when it was captured */
  guint n_in;
  NfTensor *in[NF_GRAPH_MAX_INPUTS], *out;
  GPtrArray *changes; /* what the captured ops change, besides the result */
};

static _Thread_local NfGraph *capturing;

NfGraph *
nf_graph_new (NfDevice *device, NfGraphFunc func, gpointer data)
{
  NfGraph *graph = g_new0 (NfGraph, 1);

  graph->device = nf_device_ref (device);
  graph->func = func;
  graph->data = data;
  graph->changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_tensor_unref);
  return graph;
}

/* what was captured; the result lies in memory of the graph */
static void
forget (NfGraph *graph)
{
  nf_tensor_clear (&graph->out);
  for (guint i = 0; i < NF_GRAPH_MAX_INPUTS; i++)
    nf_tensor_clear (&graph->in[i]);
  if (graph->captured != NULL)
    graph->device->backend->graph->free (graph->device, graph->captured);
  graph->captured = NULL;
  g_ptr_array_set_size (graph->changes, 0);
  graph->runs = 0;
}

void
nf_graph_free (NfGraph *graph)
{
  if (graph == NULL)
    return;
  forget (graph);
  g_ptr_array_unref (graph->changes);
  nf_device_unref (graph->device);
  g_free (graph);
}

static gboolean
same_run (const NfGraph *graph, NfTensor *const *in, guint n_in)
{
  gboolean same =
      n_in == graph->n_in && nf_matmul_precision_is_tf32 () == graph->tf32;

  for (guint i = 0; same && i < n_in; i++)
    same = in[i]->dtype == graph->in[i]->dtype
        && nf_tensor_same_shape (in[i], graph->in[i]);
  return same;
}

static gboolean
copy_inputs (NfGraph *graph, NfTensor *const *in, GError **error)
{
  for (guint i = 0; i < graph->n_in; i++)
    if (!nf_tensor_copy (graph->in[i], in[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
keep_inputs (NfGraph *graph, NfTensor *const *in, guint n_in, GError **error)
{
  graph->n_in = n_in;
  graph->tf32 = nf_matmul_precision_is_tf32 ();
  for (guint i = 0; i < n_in; i++) {
    graph->in[i] = nf_tensor_new_like (in[i], error);
    if (graph->in[i] == NULL)
      return FALSE;
  }
  return copy_inputs (graph, in, error);
}

/* Where capturing fails, an ordinary run follows, which reports the cause.
 * Capturing may succeed the next time: the first run of another thread makes
 * what that thread needs. */
static gboolean
capture (NfGraph *graph, NfTensor *const *in, guint n_in)
{
  const NfBackendGraph *backend = graph->device->backend->graph;
  g_autoptr (GError) error = NULL;

  if (!keep_inputs (graph, in, n_in, &error)
      || !backend->begin (graph->device, &error)) {
    g_debug ("no graph: %s", error->message);
    return FALSE;
  }
  capturing = graph;
  graph->out = graph->func (graph->data, graph->in, &error);
  capturing = NULL;
  graph->captured = backend->end (graph->device, error != NULL ? NULL : &error);
  if (graph->out != NULL && graph->captured != NULL)
    return TRUE;
  g_debug ("no graph: %s", error->message);
  return FALSE;
}

static void
mark_changed (gpointer tensor, gpointer unused)
{
  nf_tensor_changed (tensor);
}

static NfTensor *
launch (NfGraph *graph, GError **error)
{
  g_autoptr (NfTensor) result = NULL;

  if (!graph->device->backend->graph->launch (
          graph->device, graph->captured, error))
    return NULL;
  graph->launches++;
  g_ptr_array_foreach (graph->changes, mark_changed, NULL);
  result = nf_tensor_new_like (graph->out, error);
  if (result == NULL || !nf_tensor_copy (result, graph->out, error))
    return NULL;
  return g_steal_pointer (&result);
}

NfTensor *
nf_graph_run (NfGraph *graph, NfTensor *const *in, guint n_in, GError **error)
{
  g_return_val_if_fail (n_in <= NF_GRAPH_MAX_INPUTS, NULL);

  if (graph->device->backend->graph == NULL || graph->failures == MAX_FAILURES)
    return graph->func (graph->data, in, error);
  if (graph->captured != NULL && !same_run (graph, in, n_in))
    forget (graph);
  if (graph->captured != NULL)
    return copy_inputs (graph, in, error) ? launch (graph, error) : NULL;
  if (graph->runs++ == 0)
    return graph->func (graph->data, in, error);
  if (capture (graph, in, n_in))
    return launch (graph, error);
  forget (graph);
  graph->failures++;
  graph->runs = 1;
  return graph->func (graph->data, in, error);
}

guint
nf_graph_launches (const NfGraph *graph)
{
  return graph->launches;
}

void
nf_graph_changes (NfTensor *tensor)
{
  if (capturing != NULL)
    g_ptr_array_add (capturing->changes, nf_tensor_ref (tensor));
}

gboolean
nf_graph_captured (const NfGraph *graph)
{
  return graph->captured != NULL;
}
