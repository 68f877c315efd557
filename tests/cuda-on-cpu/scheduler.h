/* SPDX-License-Identifier: MIT
 *
 * scheduler — the threads of one block, as fibers of one OS thread
 *
 * Exactly one CUDA thread of a block runs at a time, until it ends or waits.
 * Then comes the next one that can run, in rising or falling order of their
 * numbers, so that what is written without a barrier is seen by some threads
 * and not by others, and by others in the other order.
 *
 * Whatever CUDA leaves undefined ends the program with a message that names
 * kernel, block and thread. */
#pragma once

#include "fibers.h"
#include "here.h"
#include "sanitizers.h"
#include "warp.h"

#include <cstdint>

namespace runner {

constexpr unsigned MAX_THREADS = 1024; /* of a block */
constexpr unsigned LANES = 32; /* threads of a warp */
constexpr unsigned MAX_WARPS = MAX_THREADS / LANES;

/* where in the kernel a barrier or warp primitive stands */
struct Site
{
  const char *file;
  int line;
};

/**
 * WarpCall:
 * @mask: lanes that take part, as the kernel says
 * @value: this lane's
 * @source: shuffle: lane whose value it gets
 */
struct WarpCall
{
  WarpOp op;
  unsigned mask;
  uint64_t value;
  int source;
  Site site;
};

/**
 * Thread:
 * @index: threadIdx
 * @fiber: where it runs; nullptr before it begins
 * @barrier: the one that it waits at
 * @call: the warp primitive that it waits in
 * @result: what that gave
 * @partners: lanes that took part
 * @syncs: __syncwarp () so far
 * @odd_partners: lanes whose number of those was odd
 */
struct Thread
{
  uint3 index;
  Fiber *fiber;
  Site barrier;
  WarpCall call;
  uint64_t result;
  unsigned partners, syncs, odd_partners;
};

/**
 * Launch:
 * @name: of the kernel
 * @body: runs the kernel in one thread, with @closure
 * @shared: bytes of dynamic shared memory
 */
struct Launch
{
  const char *name;
  dim3 grid, block;
  size_t shared;
  void (*body) (const void *closure);
  const void *closure;
};

/**
 * Block: what an OS thread knows of the block that it runs
 * @n_threads: its threads
 * @n_ended: those that have ended
 * @n_at_barrier: those that wait for all others
 * @current: the one that runs
 * @cursor: where the search for the next one begins
 * @reverse: whether it goes down
 * @runnable: threads that can run, a word a warp
 * @fresh: those that have not begun
 * @ended: those that have ended
 * @in_warp_call: those that wait for other lanes
 * @alike: whether all of these made the same call
 * @barriers: barriers passed so far
 * @arriving: threads with a predicate that holds, at the next barrier
 * @arrived: those of the last barrier
 * @begin, @end: order between the OS thread and the block
 */
struct Block
{
  Launch *launch;
  unsigned n_threads, n_ended, n_at_barrier;
  unsigned current, cursor;
  bool reverse;
  unsigned runnable[MAX_WARPS], fresh[MAX_WARPS], ended[MAX_WARPS];
  unsigned in_warp_call[MAX_WARPS];
  bool alike[MAX_WARPS];
  Thread threads[MAX_THREADS];
  unsigned barriers;
  int arriving, arrived;
  Fiber *home;
  Fiber *idle[MAX_THREADS]; /* fibers without a thread */
  unsigned n_idle, n_fibers;
  Fiber *own[MAX_THREADS]; /* TSan: one fiber a thread */
  Token begin, end;
  Token barrier_tokens[2];
  Token lane_tokens[MAX_THREADS][2];
};

/* runs the block that here.block names; here.shared is set */
void block_run (Block *block, Launch *launch);
Block *block_new (bool reverse);
void block_free (Block *block);

/* for warp.cpp: the calling thread waits until it is runnable again */
void block_wait (Block *block);
void block_set_runnable (Block *block, unsigned warp, unsigned lanes);
void warp_thread_ended (Block *block, unsigned thread);

/* ends the program; @format says what the running CUDA thread did */
[[noreturn]] void die (const char *format, ...)
    __attribute__ ((format (printf, 1, 2)));

} // namespace runner
