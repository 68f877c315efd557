/* SPDX-License-Identifier: MIT
 *
 * graphs — work that is captured from streams and done later, many times */
#pragma once

#include "queues.h"

#include <cuda_runtime_api.h>

#include <thread>

namespace runner {

enum class WorkKind
{
  kernel,
  copy,
  fill,
  convolution,
  product,
  host,
  event
};

/**
 * Work: what a stream does
 * @function: of kernels: which one
 * @run: does it; may be called more than once
 */
struct Work
{
  WorkKind kind;
  const void *function;
  std::function<void ()> run;
};

/* @after: nodes that come before this one */
struct Node
{
  Work work;
  std::vector<size_t> after;
};

struct Graph
{
  std::vector<Node> nodes;
};

/* pieces of work of each WorkKind that the graph instantiated last has, in the
 * order of that type; for tests of the module */
constexpr size_t WORK_KINDS = static_cast<size_t> (WorkKind::event) + 1;
extern "C" void nf_runner_graph_work (unsigned counts[WORK_KINDS]);
void graph_remember (const Graph &graph);

/* pieces of each WorkKind that were given to streams so far, captured or not */
extern "C" void nf_runner_submitted (unsigned counts[WORK_KINDS]);
void work_count (WorkKind kind);

/**
 * Capture:
 * @origin: where it began
 * @thread: who began it
 * @error: what was wrong with it; cudaSuccess so far
 */
struct Capture
{
  Graph graph;
  const Queue *origin;
  cudaStreamCaptureMode mode;
  std::thread::id thread;
  bool valid = true;
};

/* makes the capture of a queue useless; returns @error */
cudaError_t capture_spoil (Capture *capture, cudaError_t error);

/* the work of @queue goes to its capture */
cudaError_t capture_add (Queue *queue, Work work);

/* @queue goes on after @frontier, nodes of @capture, which it joins */
cudaError_t capture_wait (Queue *queue, const std::shared_ptr<Capture> &capture,
    const std::vector<size_t> &frontier);

/* whether all nodes come before one of @frontier, or are in it */
bool graph_ends_in (const Graph &graph, const std::vector<size_t> &frontier);

/* whether one can take the place of the other in an executable graph */
bool graph_alike (const Graph &a, const Graph &b);

/* does all of it, in the order of capture, or, with lazy seeds above 1, in a
 * random one that its edges allow */
void graph_run (const Graph &graph);

} // namespace runner
