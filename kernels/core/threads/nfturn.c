/* SPDX-License-Identifier: MIT
 *
 * nfturn — who computes: networks of one process take turns at the cores
 *
 * Threads of two networks that share cores would wait for each other at the end
 * of every op, and push each other's data out of the caches.
 * See: kernels/core/threads/nfthreads.c (how many threads), nfspin.c (how they wait) */
#include "core/threads/nfturn.h"

#include "core/nferror.h"
#include "core/threads/nfthreads.h"

#include <omp.h>

static GMutex lock;
static GCond changed;
static GQueue waiting = G_QUEUE_INIT; /* NfTurn, the oldest first */
static guint n_cores, n_usual; /* cores and threads; 0 before the first turn */
static guint n_free;

/* the caller holds the lock */
static void
count_cores_locked (void)
{
  if (n_cores > 0)
    return;
  n_cores = n_free = nf_threads_physical_cores ();
  n_usual = nf_threads_default ();
}

/* the caller holds the lock */
static gboolean
take_locked (NfTurn *turn)
{
  if (g_queue_peek_head (&waiting) != turn || n_free < turn->cores)
    return FALSE;
  n_free -= turn->cores;
  turn->held = TRUE;
  return TRUE;
}

/* the caller holds the lock */
static void
give_back_locked (NfTurn *turn)
{
  n_free += turn->cores;
  turn->held = FALSE;
  g_cond_broadcast (&changed);
}

static void
wake (GCancellable *cancellable, gpointer data)
{
  g_mutex_lock (&lock);
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
}

/* The lock is not held where the cancellable is connected or disconnected:
 * these wait for wake() in another thread, which wants the lock. */
static void
wait_for_cores (NfTurn *turn, GCancellable *cancellable)
{
  gulong handler = cancellable != NULL
      ? g_cancellable_connect (cancellable, G_CALLBACK (wake), NULL, NULL)
      : 0;

  g_mutex_lock (&lock);
  while (!g_cancellable_is_cancelled (cancellable) && !take_locked (turn))
    g_cond_wait (&changed, &lock);
  g_queue_remove (&waiting, turn);
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
  g_cancellable_disconnect (cancellable, handler);
}

/* the caller has put the turn into the queue, and does not hold the lock */
static gboolean
queue_up (NfTurn *turn, GCancellable *cancellable, GError **error)
{
  wait_for_cores (turn, cancellable);
  if (!turn->held)
    g_set_error (error, NF_ERROR, NF_ERROR_CANCELLED,
        "cancelled while other networks computed");
  return turn->held;
}

/**
 * nf_turn_begin:
 * @turn: (out): of the calling thread, which must not hold another one; ended by
 *   nf_turn_end() from the same thread
 * @device: where will be computed; on other devices than the CPU nothing is
 *   waited for
 * @threads: for the ops of the calling thread until the turn ends; 0: as
 *   nf_threads_default() was with the first turn
 * @cancellable: (nullable): ends the wait
 * @error: return location: %NF_ERROR_CANCELLED
 *
 * Waits until there are as many free cores as threads (or all, where there are
 * fewer cores than that). What nf_products_set() says from then on lasts as long
 * as the turn.
 *
 * Returns: FALSE with @error set; then there is no turn to end
 */
gboolean
nf_turn_begin (NfTurn *turn, const NfDevice *device, guint threads,
    GCancellable *cancellable, GError **error)
{
  gboolean ok;

  turn->cores = 0;
  turn->held = FALSE;
  turn->products = nf_products_get ();
  if (!device->backend->on_host)
    return TRUE;
  g_mutex_lock (&lock);
  count_cores_locked ();
  threads = threads > 0 ? threads : n_usual;
  turn->cores = MIN (threads, n_cores);
  g_queue_push_tail (&waiting, turn);
  ok = take_locked (turn);
  if (ok)
    g_queue_pop_head (&waiting);
  g_mutex_unlock (&lock);
  if (!ok && !queue_up (turn, cancellable, error))
    return FALSE;
  turn->usual = omp_get_max_threads ();
  omp_set_num_threads ((gint) threads);
  return TRUE;
}

/**
 * nf_turn_yield:
 * @turn: begun
 * @cancellable: (nullable): ends the wait
 * @error: return location: %NF_ERROR_CANCELLED
 *
 * Lets those that wait have their turn first.
 *
 * Returns: FALSE with @error set; the turn is still to be ended
 */
gboolean
nf_turn_yield (NfTurn *turn, GCancellable *cancellable, GError **error)
{
  gboolean others;

  if (!turn->held)
    return TRUE;
  g_mutex_lock (&lock);
  others = !g_queue_is_empty (&waiting);
  if (others) {
    give_back_locked (turn);
    g_queue_push_tail (&waiting, turn);
  }
  g_mutex_unlock (&lock);
  return !others || queue_up (turn, cancellable, error);
}

/**
 * nf_turn_end:
 * @turn: begun
 *
 * The calling thread's ops have as many threads as before, and multiply as
 * nf_products_set() said before.
 */
void
nf_turn_end (NfTurn *turn)
{
  nf_products_set (turn->products);
  if (turn->cores == 0)
    return;
  omp_set_num_threads (turn->usual);
  g_mutex_lock (&lock);
  if (turn->held)
    give_back_locked (turn);
  g_mutex_unlock (&lock);
}
