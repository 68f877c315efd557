/* SPDX-License-Identifier: MIT
 *
 * graphs — work that is captured from streams and done later, many times */
#include "graphs.h"

#include <atomic>

namespace runner {

cudaError_t
capture_spoil (Capture *capture, cudaError_t error)
{
  capture->valid = false;
  return error;
}

cudaError_t
capture_add (Queue *queue, Work work)
{
  Graph *graph = &queue->capture->graph;

  if (!queue->capture->valid)
    return cudaErrorStreamCaptureInvalidated;
  graph->nodes.push_back ({ std::move (work), queue->frontier });
  queue->frontier = { graph->nodes.size () - 1 };
  return cudaSuccess;
}

cudaError_t
capture_wait (Queue *queue, const std::shared_ptr<Capture> &capture,
    const std::vector<size_t> &frontier)
{
  if (!capture->valid)
    return cudaErrorStreamCaptureInvalidated;
  if (queue->capture != nullptr && queue->capture != capture) {
    capture_spoil (queue->capture.get (), cudaErrorStreamCaptureMerge);
    return capture_spoil (capture.get (), cudaErrorStreamCaptureMerge);
  }
  queue->capture = capture;
  queue->frontier.insert (
      queue->frontier.end (), frontier.begin (), frontier.end ());
  return cudaSuccess;
}

bool
graph_ends_in (const Graph &graph, const std::vector<size_t> &frontier)
{
  std::vector<bool> before (graph.nodes.size (), false);

  for (size_t node : frontier)
    before[node] = true;
  for (size_t i = graph.nodes.size (); i-- > 0;) {
    if (!before[i])
      return false;
    for (size_t node : graph.nodes[i].after)
      before[node] = true;
  }
  return true;
}

bool
graph_alike (const Graph &a, const Graph &b)
{
  if (a.nodes.size () != b.nodes.size ())
    return false;
  for (size_t i = 0; i < a.nodes.size (); i++)
    if (a.nodes[i].work.kind != b.nodes[i].work.kind
        || a.nodes[i].work.function != b.nodes[i].work.function
        || a.nodes[i].after != b.nodes[i].after)
      return false;
  return true;
}

static unsigned last_work[WORK_KINDS];

void
graph_remember (const Graph &graph)
{
  const Lock lock = lock_queues ();

  for (unsigned &count : last_work)
    count = 0;
  for (const Node &node : graph.nodes)
    last_work[static_cast<size_t> (node.work.kind)]++;
}

extern "C" void
nf_runner_graph_work (unsigned counts[WORK_KINDS])
{
  const Lock lock = lock_queues ();

  for (size_t i = 0; i < WORK_KINDS; i++)
    counts[i] = last_work[i];
}

static std::atomic<unsigned> submitted[WORK_KINDS];

void
work_count (WorkKind kind)
{
  submitted[static_cast<size_t> (kind)]++;
}

extern "C" void
nf_runner_submitted (unsigned counts[WORK_KINDS])
{
  for (size_t i = 0; i < WORK_KINDS; i++)
    counts[i] = submitted[i];
}

static std::vector<size_t>
order_of (const Graph &graph)
{
  const size_t n = graph.nodes.size ();
  std::vector<size_t> order, ready, missing (n);
  std::vector<std::vector<size_t>> followers (n);
  Lock lock = lock_queues ();

  for (size_t i = 0; i < n; i++) {
    missing[i] = graph.nodes[i].after.size ();
    for (size_t node : graph.nodes[i].after)
      followers[node].push_back (i);
    if (missing[i] == 0)
      ready.push_back (i);
  }
  while (!ready.empty ()) {
    const size_t chosen = random_below (ready.size ()), node = ready[chosen];

    ready.erase (ready.begin () + chosen);
    order.push_back (node);
    for (size_t follower : followers[node])
      if (--missing[follower] == 0)
        ready.push_back (follower);
  }
  return order;
}

void
graph_run (const Graph &graph)
{
  if (lazy_seed () > 1) {
    for (size_t node : order_of (graph))
      graph.nodes[node].work.run ();
  } else {
    for (const Node &node : graph.nodes)
      node.work.run ();
  }
}

} // namespace runner
