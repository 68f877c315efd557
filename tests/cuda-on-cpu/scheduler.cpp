/* SPDX-License-Identifier: MIT
 *
 * scheduler — the threads of one block, as fibers of one OS thread */
#include "scheduler.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace runner {

__thread Here here = {};

void
die (const char *format, ...)
{
  const Block *block = here.running;
  va_list args;

  fprintf (stderr, "cuda-on-cpu: ");
  if (block != nullptr)
    fprintf (stderr,
        "%s: block (%u, %u, %u), thread (%u, %u, %u): ", block->launch->name,
        here.block.x, here.block.y, here.block.z, here.thread.x, here.thread.y,
        here.thread.z);
  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  fprintf (stderr, "\n");
  fflush (stderr);
  abort ();
}

static unsigned
n_warps (const Block *block)
{
  return (block->n_threads + LANES - 1) / LANES;
}

/* the next thread that can run, from the cursor on and then from the other
 * end; -1: none */
static int
next_runnable (const Block *block)
{
  const unsigned warps = n_warps (block);
  const unsigned first = block->cursor / LANES, lane = block->cursor % LANES;
  unsigned mask = block->reverse ? ~0u >> (LANES - 1 - lane) : ~0u << lane;

  for (unsigned k = 0; k <= warps; k++) {
    const unsigned step = k % warps;
    const unsigned warp =
        (block->reverse ? first + warps - step : first + step) % warps;
    const unsigned found = block->runnable[warp] & mask;

    if (found != 0)
      return warp * LANES
          + (block->reverse ? LANES - 1 - __builtin_clz (found)
                            : __builtin_ctz (found));
    mask = ~0u;
  }
  return -1;
}

static uint3
thread_index (const dim3 &dim, unsigned thread)
{
  if (dim.y == 1 && dim.z == 1)
    return uint3{ thread, 0, 0 };
  return uint3{ thread % dim.x, thread / dim.x % dim.y,
    thread / dim.x / dim.y };
}

/* a barrier that can never be passed: which threads are where */
[[noreturn]] static void
die_of_barrier (Block *block)
{
  const Thread *waiting = nullptr;

  for (unsigned i = 0; i < block->n_threads; i++)
    if (block->threads[i].barrier.file != nullptr)
      waiting = &block->threads[i];
  for (unsigned i = 0; i < block->n_threads; i++) {
    const Thread *t = &block->threads[i];
    const unsigned bit = 1u << i % LANES;

    if (t->barrier.file != nullptr)
      continue;
    here.thread = t->index;
    if (block->ended[i / LANES] & bit)
      die ("has ended, while %u of %u threads wait at the barrier of %s:%d",
          block->n_at_barrier, block->n_threads, waiting->barrier.file,
          waiting->barrier.line);
    if (waiting != nullptr)
      die ("waits for other lanes (mask 0x%08x) at %s:%d, while %u of %u "
           "threads wait at the barrier of %s:%d",
          t->call.mask, t->call.site.file, t->call.site.line,
          block->n_at_barrier, block->n_threads, waiting->barrier.file,
          waiting->barrier.line);
    die ("waits for lanes (mask 0x%08x) that do not come to %s:%d",
        t->call.mask, t->call.site.file, t->call.site.line);
  }
  die ("nothing can run");
}

/* lanes that wait for others, none of which can come */
[[noreturn]] static void
die_of_warp (Block *block)
{
  for (unsigned i = 0; i < block->n_threads; i++)
    if (block->in_warp_call[i / LANES] & 1u << i % LANES) {
      const WarpCall *call = &block->threads[i].call;

      here.thread = block->threads[i].index;
      die ("waits for lanes (mask 0x%08x) that do not come to %s:%d",
          call->mask, call->site.file, call->site.line);
    }
  die ("nothing can run");
}

/* makes @thread the one that runs; the caller switches to its fiber */
static void
set_current (Block *block, unsigned thread)
{
  block->current = thread;
  block->cursor = thread;
  block->runnable[thread / LANES] &= ~(1u << thread % LANES);
  here.thread = block->threads[thread].index;
}

static void thread_main ();

static Fiber *
fiber_for (Block *block, unsigned thread)
{
  if (under_tsan) {
    Fiber **own = &block->own[thread];

    if (*own == nullptr)
      *own = fiber_new (thread_main, thread);
    return *own;
  }
  if (block->n_idle > 0)
    return block->idle[--block->n_idle];
  return fiber_new (thread_main, block->n_fibers++);
}

/* lets a thread begin; nullptr where it can use the fiber that just became
 * free, which is the caller's */
static Fiber *
begin_thread (Block *block, unsigned thread, Fiber *free)
{
  Thread *t = &block->threads[thread];

  block->fresh[thread / LANES] &= ~(1u << thread % LANES);
  t->index = thread_index (block->launch->block, thread);
  t->barrier.file = nullptr;
  t->syncs = 0;
  t->fiber = free != nullptr && !under_tsan ? free : fiber_for (block, thread);
  return t->fiber;
}

/* goes on in another thread, from @self, the caller's fiber; @free: @self has
 * no thread any more */
static void
run_next (Block *block, Fiber *self, bool free)
{
  const int next = next_runnable (block);
  Fiber *fiber;

  if (next < 0 && block->n_ended == block->n_threads)
    fiber = block->home;
  else if (next < 0 && block->n_at_barrier > 0)
    die_of_barrier (block);
  else if (next < 0)
    die_of_warp (block);
  else if (block->fresh[next / LANES] & 1u << next % LANES)
    fiber = begin_thread (block, next, free ? self : nullptr);
  else
    fiber = block->threads[next].fiber;
  if (next >= 0)
    set_current (block, next);
  if (fiber == self)
    return;
  if (free && !under_tsan)
    block->idle[block->n_idle++] = self;
  fiber_switch (self, fiber);
}

/* what each fiber does: one thread after the other */
static void
thread_main ()
{
  fiber_begins ();
  for (;;) {
    Block *block = here.running;
    const unsigned thread = block->current;

    heed (&block->begin);
    block->launch->body (block->launch->closure);
    tell (&block->end);
    block->ended[thread / LANES] |= 1u << thread % LANES;
    block->n_ended++;
    warp_thread_ended (block, thread);
    run_next (block, block->threads[thread].fiber, true);
  }
}

void
block_wait (Block *block)
{
  run_next (block, block->threads[block->current].fiber, false);
}

void
block_set_runnable (Block *block, unsigned warp, unsigned lanes)
{
  block->runnable[warp] |= lanes;
  block->cursor = warp * LANES;
  if (block->reverse)
    block->cursor += LANES - 1;
}

static void
open_barrier (Block *block)
{
  const Site site = block->threads[block->current].barrier;

  for (unsigned i = 0; i < block->n_threads; i++) {
    Thread *t = &block->threads[i];

    if (t->barrier.line != site.line
        || (t->barrier.file != site.file
            && strcmp (t->barrier.file, site.file) != 0)) {
      here.thread = t->index;
      die ("waits at the barrier of %s:%d, others at that of %s:%d",
          t->barrier.file, t->barrier.line, site.file, site.line);
    }
    t->barrier.file = nullptr;
    block->runnable[i / LANES] |= 1u << i % LANES;
  }
  block->n_at_barrier = 0;
  block->arrived = block->arriving;
  block->arriving = 0;
  block->barriers++;
  block->cursor = block->reverse ? block->n_threads - 1 : 0;
}

int
block_barrier (bool predicate, const char *file, int line)
{
  Block *block = here.running;
  Token *token = &block->barrier_tokens[block->barriers % 2];

  tell (token);
  block->arriving += predicate;
  block->threads[block->current].barrier = { file, line };
  if (++block->n_at_barrier == block->n_threads)
    open_barrier (block);
  block_wait (block);
  heed (token);
  return block->arrived;
}

void
block_run (Block *block, Launch *launch)
{
  block->launch = launch;
  block->n_threads = launch->block.x * launch->block.y * launch->block.z;
  block->n_ended = block->n_at_barrier = 0;
  block->cursor = block->reverse ? block->n_threads - 1 : 0;
  for (unsigned warp = 0; warp < n_warps (block); warp++) {
    const unsigned lanes = block->n_threads - warp * LANES;

    block->fresh[warp] = lanes >= LANES ? ~0u : (1u << lanes) - 1;
    block->runnable[warp] = block->fresh[warp];
    block->ended[warp] = block->in_warp_call[warp] = 0;
  }
  here.running = block;
  tell (&block->begin);
  run_next (block, block->home, false);
  heed (&block->end);
  here.running = nullptr;
}

Block *
block_new (bool reverse)
{
  Block *block = new Block ();

  block->reverse = reverse;
  block->home = fiber_of_thread ();
  return block;
}

void
block_free (Block *block)
{
  for (unsigned i = 0; i < block->n_idle; i++)
    fiber_free (block->idle[i]);
  for (unsigned i = 0; i < MAX_THREADS; i++)
    if (block->own[i] != nullptr)
      fiber_free (block->own[i]);
  fiber_free (block->home);
  delete block;
}

} // namespace runner
