/* SPDX-License-Identifier: MIT
 *
 * nfcudagraph — capturing a thread's work as a CUDA graph, and starting it
 *
 * What is captured keeps its memory: while a thread captures, it allocates from
 * a pool that belongs to the graph. That starts with what is free in the
 * stream's own, and gives back what was not needed after the capture, the rest
 * when the graph is freed. Memory from outside that the captured work reads or
 * writes is remembered, so that each start waits for whoever uses it; so are
 * weights whose copies in bf16 it reads, which each start brings up to date. */
#include "cuda/runtime/nfcudagraph.h"

#include "cuda/runtime/nfcudafault.h"
#include "cuda/runtime/nfcudamemory.h"
#include "cuda/runtime/nfcudastream.h"

#define AHEAD 2 /* starts that the host may be ahead of the device */

/**
 * Graph:
 * @noted: while it was captured
 * @pool: memory of what was captured; its stream is where it ran last
 * @home: gets the memory back
 * @done: the latest starts' ends, by turns
 * @starts: how many there were
 */
typedef struct
{
  NfCudaGraph noted; /* first: NfCudaStream.graph points to it */
  cudaGraphExec_t exec;
  NfCudaPool *pool, *home;
  cudaEvent_t done[AHEAD];
  guint starts;
} Graph;

static void
graph_free (NfDevice *device, gpointer data)
{
  Graph *graph = data;

  cudaSetDevice (nf_cuda_of (device)->index); /* see nf_cuda_release() */
  if (graph->exec != NULL)
    cudaGraphExecDestroy (graph->exec);
  for (guint i = 0; i < AHEAD; i++)
    if (graph->done[i] != NULL)
      cudaEventDestroy (graph->done[i]);
  nf_cuda_pool_return (graph->pool, graph->home);
  g_hash_table_unref (graph->noted.outer);
  g_hash_table_unref (graph->noted.weights);
  g_clear_pointer (&graph->noted.note, nf_cuda_note_unref);
  g_free (graph);
}

/* from now on others that wait for the stream wait for what it was asked until
 * here, see nf_cuda_stream_wait() */
static gboolean
begin_capture (NfCudaStream *stream, Graph *graph, GError **error)
{
  static const gchar what[] = "cannot capture a graph";
  gboolean ok;

  g_mutex_lock (&stream->cuda->lock);
  ok = nf_cuda_ok (cudaEventRecord (stream->event, stream->handle), what, error)
      && nf_cuda_ok (
          cudaStreamBeginCapture (stream->handle, cudaStreamCaptureModeRelaxed),
          what, error);
  if (ok)
    stream->graph = &graph->noted;
  g_mutex_unlock (&stream->cuda->lock);
  return ok;
}

static gboolean
graph_begin (NfDevice *device, GError **error)
{
  NfCudaStream *stream = nf_cuda_stream_current (device, error);
  Graph *graph;

  if (stream == NULL)
    return FALSE;
  graph = g_new0 (Graph, 1);
  if (!begin_capture (stream, graph, error)) {
    g_free (graph);
    return FALSE;
  }
  graph->home = stream->own;
  graph->pool = nf_cuda_pool_new (stream->cuda, stream);
  graph->noted.outer = g_hash_table_new (NULL, NULL);
  graph->noted.weights = g_hash_table_new_full (
      NULL, NULL, (GDestroyNotify) nf_tensor_unref, NULL);
  nf_cuda_pool_move (graph->home, graph->pool, TRUE);
  stream->pool = graph->pool;
  return TRUE;
}

static gpointer
graph_end (NfDevice *device, GError **error)
{
  NfCudaStream *stream = nf_cuda_stream_current (device, error);
  Graph *graph = (Graph *) stream->graph;
  cudaGraph_t captured = NULL;
  gboolean ok;

  g_mutex_lock (&stream->cuda->lock);
  ok = nf_cuda_ok (cudaStreamEndCapture (stream->handle, &captured),
      "capturing a graph failed", error);
  stream->graph = NULL;
  nf_cuda_release_late (stream);
  g_mutex_unlock (&stream->cuda->lock);
  stream->pool = stream->own;
  nf_cuda_pool_move (graph->pool, graph->home, FALSE);
  if (ok)
    ok = nf_cuda_ok (cudaGraphInstantiate (&graph->exec, captured, 0),
        "cannot prepare a graph", error);
  if (captured != NULL)
    cudaGraphDestroy (captured);
  if (ok)
    return graph;
  graph_free (device, graph);
  return NULL;
}

/* the start before the latest ones has ended: whoever counts starts, or stops
 * after one, would else be far ahead of the device */
static gboolean
keep_pace (Graph *graph, GError **error)
{
  cudaEvent_t *done = &graph->done[graph->starts % AHEAD];

  if (*done == NULL)
    return nf_cuda_ok (cudaEventCreateWithFlags (done, cudaEventDisableTiming),
        "cannot make an event", error);
  return nf_cuda_ok (
      cudaEventSynchronize (*done), "an earlier graph failed", error);
}

static gboolean
graph_launch (NfDevice *device, gpointer data, GError **error)
{
  static const gchar what[] = "cannot start a graph";
  NfCudaStream *stream = nf_cuda_stream_current (device, error);
  Graph *graph = data;
  GHashTableIter iter;
  gpointer weight, follow, address, writes;

  if (stream == NULL || !keep_pace (graph, error)
      || !nf_cuda_pool_acquire (graph->pool, stream, error))
    return FALSE;
  g_hash_table_iter_init (&iter, graph->noted.weights);
  while (g_hash_table_iter_next (&iter, &weight, &follow))
    if (!((NfCudaFollow) follow) (stream, weight, error))
      return FALSE;
  g_hash_table_iter_init (&iter, graph->noted.outer);
  while (g_hash_table_iter_next (&iter, &address, &writes))
    if (!nf_cuda_reads (stream, address, error)
        || (writes && !nf_cuda_writes (stream, address, error)))
      return FALSE;
  if (!nf_cuda_ok (cudaGraphLaunch (graph->exec, stream->handle), what, error))
    return FALSE;
  nf_cuda_fault_expect (stream, graph->noted.note);
  return nf_cuda_ok (
      cudaEventRecord (graph->done[graph->starts++ % AHEAD], stream->handle),
      what, error);
}

/**
 * nf_cuda_graph_follows:
 * @graph: being captured
 * @weight: one whose copy in bf16 it reads
 * @follow: called before each start of the graph, which may change the copy
 */
void
nf_cuda_graph_follows (
    NfCudaGraph *graph, NfTensor *weight, NfCudaFollow follow)
{
  if (!g_hash_table_contains (graph->weights, weight))
    g_hash_table_insert (
        graph->weights, nf_tensor_ref (weight), (gpointer) follow);
}

const NfBackendGraph nf_cuda_backend_graph = {
  .begin = graph_begin,
  .end = graph_end,
  .launch = graph_launch,
  .free = graph_free,
};
