/* SPDX-License-Identifier: MIT
 *
 * queues — the work of streams, and the order in which it is done */
#include "queues.h"

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <random>

namespace runner {

/* between looks at work that is not ready */
constexpr std::chrono::milliseconds LOOK_OUTSIDE (1);

/**
 * Queues:
 * @changed: a piece of work was done
 * @all: queues that are open or have work
 * @legacy: device -> its legacy default stream
 */
struct Queues
{
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::shared_ptr<Queue>> all;
  std::map<int, std::shared_ptr<Queue>> legacy;
  std::minstd_rand random{ lazy_seed () };
};

static Queues &
queues ()
{
  static Queues all;

  return all;
}

Lock
lock_queues ()
{
  return Lock (queues ().mutex);
}

unsigned
lazy_seed ()
{
  static const char *seed = getenv ("NF_CUDA_LAZY");

  return seed != nullptr ? strtoul (seed, nullptr, 10) : 0;
}

unsigned
random_below (unsigned below)
{
  return queues ().random () % below;
}

std::shared_ptr<Queue>
queue_new (int device, bool with_legacy)
{
  std::shared_ptr<Queue> queue = std::make_shared<Queue> ();

  queue->device = device;
  queue->with_legacy = with_legacy;
  queues ().all.push_back (queue);
  return queue;
}

std::shared_ptr<Queue>
queue_legacy (int device)
{
  std::shared_ptr<Queue> &queue = queues ().legacy[device];

  if (queue == nullptr)
    queue = queue_new (device, false);
  return queue;
}

static void
forget (const Queue *queue)
{
  std::vector<std::shared_ptr<Queue>> &all = queues ().all;

  for (size_t i = 0; i < all.size (); i++)
    if (all[i].get () == queue) {
      all.erase (all.begin () + i);
      return;
    }
}

void
queue_close (Lock &lock, const std::shared_ptr<Queue> &queue)
{
  const Queue *closed = queue.get ();

  if (queue->completed == queue->submitted)
    forget (closed);
  else
    queue_add (lock, queue, {}, [closed] {
      Lock again = lock_queues ();

      forget (closed);
    });
}

Ticket
queue_ticket (const std::shared_ptr<Queue> &queue)
{
  return { queue, queue->submitted };
}

bool
ticket_done (const Ticket &ticket)
{
  return ticket.queue == nullptr || ticket.queue->completed >= ticket.position;
}

/* The legacy default stream waits for all that work with it, they for it. */
static void
add_legacy (const std::shared_ptr<Queue> &queue, std::vector<Ticket> *after)
{
  const std::shared_ptr<Queue> legacy = queue_legacy (queue->device);

  if (queue->with_legacy)
    after->push_back (queue_ticket (legacy));
  if (queue != legacy)
    return;
  for (const std::shared_ptr<Queue> &other : queues ().all)
    if (other->device == queue->device && other->with_legacy)
      after->push_back (queue_ticket (other));
}

/* does the first piece of @queue's work, or of one that it waits for; FALSE
 * where another OS thread is at it, or there is none that is ready */
static bool
advance (Lock &lock, std::shared_ptr<Queue> queue)
{
  std::function<void ()> run;

  if (queue->running || queue->items.empty ())
    return false;
  for (const Ticket &ticket : queue->items.front ().after)
    if (!ticket_done (ticket))
      return advance (lock, ticket.queue);
  if (queue->items.front ().ready && !queue->items.front ().ready ())
    return false;
  run = std::move (queue->items.front ().run);
  queue->items.pop_front ();
  queue->running = true;
  lock.unlock ();
  if (run)
    run ();
  run = nullptr;
  lock.lock ();
  queue->running = false;
  queue->completed++;
  queues ().changed.notify_all ();
  return true;
}

/* with other seeds than 1, half of the time: work that nobody waits for */
static void
advance_any (Lock &lock)
{
  if (lazy_seed () > 1 && random_below (2) == 0)
    advance (lock, queues ().all[random_below (queues ().all.size ())]);
}

void
ticket_finish (Lock &lock, const Ticket &ticket)
{
  while (!ticket_done (ticket)) {
    advance_any (lock);
    if (!ticket_done (ticket) && !advance (lock, ticket.queue))
      queues ().changed.wait_for (lock, LOOK_OUTSIDE);
  }
}

static bool
waits_for_outside (const Queue &queue)
{
  for (const QueueItem &item : queue.items)
    if (item.ready)
      return true;
  return false;
}

void
queue_add (Lock &lock, const std::shared_ptr<Queue> &queue,
    std::vector<Ticket> after, std::function<void ()> run,
    std::function<bool ()> ready)
{
  add_legacy (queue, &after);
  queue->items.push_back (
      { std::move (after), std::move (run), std::move (ready) });
  queue->submitted++;
  if (lazy_seed () > 0)
    return;
  if (waits_for_outside (*queue))
    ticket_query (lock, queue_ticket (queue));
  else
    ticket_finish (lock, queue_ticket (queue));
}

bool
ticket_query (Lock &lock, const Ticket &ticket)
{
  if (!ticket_done (ticket)) {
    advance_any (lock);
    while (advance (lock, ticket.queue) && lazy_seed () == 0
        && !ticket_done (ticket)) {
    }
  }
  return ticket_done (ticket);
}

void
queues_finish (Lock &lock, int device)
{
  const std::vector<std::shared_ptr<Queue>> all = queues ().all;

  for (const std::shared_ptr<Queue> &queue : all)
    if (queue->device == device)
      ticket_finish (lock, queue_ticket (queue));
}

extern "C" unsigned
nf_runner_queued (void)
{
  const Lock lock = lock_queues ();
  uint64_t count = 0;

  for (const std::shared_ptr<Queue> &queue : queues ().all)
    count += queue->submitted - queue->completed;
  return (unsigned) count;
}

std::vector<std::shared_ptr<Queue>>
queues_capturing ()
{
  std::vector<std::shared_ptr<Queue>> found;

  for (const std::shared_ptr<Queue> &queue : queues ().all)
    if (queue->capture != nullptr)
      found.push_back (queue);
  return found;
}

} // namespace runner
