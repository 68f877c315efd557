/* SPDX-License-Identifier: MIT
 *
 * queues — the work of streams, and the order in which it is done
 *
 * Eager, the default: work is done within the call that queues it. Lazy
 * (NF_CUDA_LAZY=SEED): it is done only when somebody waits for it, so that
 * waiting for too little gives wrong results. With seed 1 only what is waited
 * for is done, and what that waits for; with others work of any stream may
 * come in between, by a random choice that the seed makes repeatable. */
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace runner {

struct Capture;
struct Queue;

/* guards everything in this file, streams, events and captures */
typedef std::unique_lock<std::mutex> Lock;
Lock lock_queues ();

/* seed of the lazy mode, 0 where work is done at once */
unsigned lazy_seed ();

/* 0 to @below - 1, by the seed; the lock is held */
unsigned random_below (unsigned below);

/* stands for the first @position pieces of work of a queue */
struct Ticket
{
  std::shared_ptr<Queue> queue;
  uint64_t position = 0;
};

/* @ready: (may be empty) whether it can be done; asked, with the lock held, when
 * all is done that comes before. What it waits for lies outside: another process */
struct QueueItem
{
  std::vector<Ticket> after;
  std::function<void ()> run;
  std::function<bool ()> ready;
};

/**
 * Queue:
 * @with_legacy: waits for the legacy default stream, and that for it
 * @items: not begun
 * @submitted, @completed: pieces of work so far
 * @running: whether an OS thread does a piece now
 * @capture: what takes the work instead, if anything
 * @frontier: its nodes that the next one comes after
 */
struct Queue
{
  int device;
  bool with_legacy;
  std::deque<QueueItem> items;
  uint64_t submitted = 0, completed = 0;
  bool running = false;
  std::shared_ptr<Capture> capture;
  std::vector<size_t> frontier;
};

std::shared_ptr<Queue> queue_new (int device, bool with_legacy);

/* the one of the device's legacy default stream */
std::shared_ptr<Queue> queue_legacy (int device);

/* @queue gets no more work; what it has will be done */
void queue_close (Lock &lock, const std::shared_ptr<Queue> &queue);

/* adds work that comes after what @after stands for, see QueueItem; work that
 * is not ready keeps nobody within this call */
void queue_add (Lock &lock, const std::shared_ptr<Queue> &queue,
    std::vector<Ticket> after, std::function<void ()> run,
    std::function<bool ()> ready = nullptr);

/* all work of a queue so far */
Ticket queue_ticket (const std::shared_ptr<Queue> &queue);

bool ticket_done (const Ticket &ticket);

/* does work until it is done */
void ticket_finish (Lock &lock, const Ticket &ticket);

/* does work if some is left that is ready, a piece of it or, where work is not
 * put off, all; whether it is done then */
bool ticket_query (Lock &lock, const Ticket &ticket);

/* all work of a device */
void queues_finish (Lock &lock, int device);

/* pieces of work that are not done, of all queues; for tests of the module */
extern "C" unsigned nf_runner_queued (void);

/* all queues that are being captured */
std::vector<std::shared_ptr<Queue>> queues_capturing ();

} // namespace runner
