/* SPDX-License-Identifier: MIT
 *
 * standin-graphs — cudart: capture, and graphs */
#include "standin.h"

struct CUgraph_st
{
  runner::Graph graph;
};

/* work that was launched keeps the graph that it was launched with */
struct CUgraphExec_st
{
  std::shared_ptr<const runner::Graph> graph;
};

namespace runner {

/* the queues that were captured are free again */
static void
leave_capture (const std::shared_ptr<Capture> &capture)
{
  for (const std::shared_ptr<Queue> &queue : queues_capturing ())
    if (queue->capture == capture) {
      queue->capture = nullptr;
      queue->frontier.clear ();
    }
}

static cudaError_t
check_end (const Queue *queue)
{
  Capture *capture = queue->capture.get ();

  if (capture == nullptr)
    return cudaErrorIllegalState;
  if (capture->origin != queue)
    return capture_spoil (capture, cudaErrorStreamCaptureUnmatched);
  if (capture->mode != cudaStreamCaptureModeRelaxed
      && capture->thread != std::this_thread::get_id ())
    return capture_spoil (capture, cudaErrorStreamCaptureWrongThread);
  return cudaSuccess;
}

} // namespace runner

using namespace runner;

cudaError_t
cudaStreamBeginCapture (cudaStream_t stream, enum cudaStreamCaptureMode mode)
{
  Lock lock = lock_queues ();
  const std::shared_ptr<Queue> queue = queue_of (stream);

  if (queue == nullptr)
    return fail (cudaErrorInvalidResourceHandle);
  if (queue == queue_legacy (queue->device))
    return fail (cudaErrorStreamCaptureUnsupported);
  if (queue->capture != nullptr)
    return fail (capture_spoil (queue->capture.get (), cudaErrorIllegalState));
  queue->capture = std::make_shared<Capture> ();
  queue->capture->origin = queue.get ();
  queue->capture->mode = mode;
  queue->capture->thread = std::this_thread::get_id ();
  queue->frontier.clear ();
  return cudaSuccess;
}

cudaError_t
cudaStreamEndCapture (cudaStream_t stream, cudaGraph_t *graph)
{
  Lock lock = lock_queues ();
  const std::shared_ptr<Queue> queue = queue_of (stream);
  cudaError_t error = cudaErrorInvalidResourceHandle;

  *graph = nullptr;
  if (queue != nullptr)
    error = check_end (queue.get ());
  if (error != cudaSuccess)
    return fail (error);
  const std::shared_ptr<Capture> capture = queue->capture;

  if (!capture->valid)
    error = cudaErrorStreamCaptureInvalidated;
  else if (!graph_ends_in (capture->graph, queue->frontier))
    error = cudaErrorStreamCaptureUnjoined;
  leave_capture (capture);
  if (error == cudaSuccess)
    *graph = new CUgraph_st{ capture->graph };
  return fail (error);
}

cudaError_t
cudaStreamIsCapturing (
    cudaStream_t stream, enum cudaStreamCaptureStatus *status)
{
  Lock lock = lock_queues ();
  const std::shared_ptr<Queue> queue = queue_of (stream);

  if (queue == nullptr)
    return fail (cudaErrorInvalidResourceHandle);
  *status = cudaStreamCaptureStatusNone;
  if (queue->capture != nullptr)
    *status = queue->capture->valid ? cudaStreamCaptureStatusActive
                                    : cudaStreamCaptureStatusInvalidated;
  return cudaSuccess;
}

cudaError_t
cudaGraphGetNodes (cudaGraph_t graph, cudaGraphNode_t *nodes, size_t *count)
{
  if (nodes != nullptr)
    return fail_because (
        cudaErrorNotSupported, "nodes of a graph can only be counted here");
  *count = graph->graph.nodes.size ();
  return cudaSuccess;
}

cudaError_t
cudaGraphDestroy (cudaGraph_t graph)
{
  delete graph;
  return cudaSuccess;
}

cudaError_t
cudaGraphInstantiate (
    cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long)
{
  *exec = new CUgraphExec_st{ std::make_shared<const Graph> (graph->graph) };
  graph_remember (graph->graph);
  return cudaSuccess;
}

cudaError_t
cudaGraphInstantiateWithFlags (
    cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long flags)
{
  return cudaGraphInstantiate (exec, graph, flags);
}

cudaError_t
cudaGraphUpload (cudaGraphExec_t, cudaStream_t stream)
{
  return submit (stream, { WorkKind::event, nullptr, [] {} });
}

cudaError_t
cudaGraphLaunch (cudaGraphExec_t exec, cudaStream_t stream)
{
  const std::shared_ptr<const Graph> graph = exec->graph;

  return submit (
      stream, { WorkKind::host, nullptr, [graph] { graph_run (*graph); } });
}

cudaError_t
cudaGraphExecUpdate (cudaGraphExec_t exec, cudaGraph_t graph,
    cudaGraphExecUpdateResultInfo *info)
{
  *info = {};
  if (!graph_alike (*exec->graph, graph->graph)) {
    info->result = cudaGraphExecUpdateErrorTopologyChanged;
    return fail (cudaErrorGraphExecUpdateFailure);
  }
  info->result = cudaGraphExecUpdateSuccess;
  exec->graph = std::make_shared<const Graph> (graph->graph);
  return cudaSuccess;
}

cudaError_t
cudaGraphExecDestroy (cudaGraphExec_t exec)
{
  delete exec;
  return cudaSuccess;
}
