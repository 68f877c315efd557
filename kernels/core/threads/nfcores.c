/* SPDX-License-Identifier: MIT
 *
 * nfcores — a lease of CPU cores for each network of a process that computes
 *
 * Threads of two networks that share cores would wait for each other at the end
 * of every op, and push each other's data out of the caches.
 * See: nfthreads.c (how many threads), nfwaitpolicy.c (how they wait) */
#include <nextframe/core/threads/nfcores.h>

#include <nextframe/core/nferror.h>
#include <nextframe/core/threads/nfthreads.h>

#include <omp.h>

static GMutex lock;
static GCond changed;
static GQueue waiting = G_QUEUE_INIT; /* NfCoreLease, the oldest first */
static guint n_cores, n_usual; /* cores and threads; 0 before the first lease */
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
acquire_locked (NfCoreLease *lease)
{
  if (g_queue_peek_head (&waiting) != lease || n_free < lease->cores)
    return FALSE;
  n_free -= lease->cores;
  lease->held = TRUE;
  return TRUE;
}

/* the caller holds the lock */
static void
release_locked (NfCoreLease *lease)
{
  n_free += lease->cores;
  lease->held = FALSE;
  g_cond_broadcast (&changed);
}

static void
wake (GCancellable *cancellable, gpointer data)
{
  g_mutex_lock (&lock);
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
}

/* The lock must not be held while the cancellable is connected or disconnected:
 * both wait for wake() in another thread, which takes the lock. */
static void
wait_for_cores (NfCoreLease *lease, GCancellable *cancellable)
{
  gulong handler = cancellable != NULL
      ? g_cancellable_connect (cancellable, G_CALLBACK (wake), NULL, NULL)
      : 0;

  g_mutex_lock (&lock);
  while (!g_cancellable_is_cancelled (cancellable) && !acquire_locked (lease))
    g_cond_wait (&changed, &lock);
  g_queue_remove (&waiting, lease);
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
  g_cancellable_disconnect (cancellable, handler);
}

/* the caller has added the lease to the queue, and does not hold the lock */
static gboolean
queue_up (NfCoreLease *lease, GCancellable *cancellable, GError **error)
{
  wait_for_cores (lease, cancellable);
  if (!lease->held)
    g_set_error (error, NF_ERROR, NF_ERROR_CANCELLED,
        "cancelled while other networks computed");
  return lease->held;
}

gboolean
nf_cores_acquire (NfCoreLease *lease, const NfDevice *device, guint threads,
    GCancellable *cancellable, GError **error)
{
  gboolean ok;

  lease->cores = 0;
  lease->held = FALSE;
  lease->precision = nf_matmul_precision_get ();
  if (!device->backend->on_host)
    return TRUE;
  g_mutex_lock (&lock);
  count_cores_locked ();
  threads = threads > 0 ? threads : n_usual;
  lease->cores = MIN (threads, n_cores);
  g_queue_push_tail (&waiting, lease);
  ok = acquire_locked (lease);
  if (ok)
    g_queue_pop_head (&waiting);
  g_mutex_unlock (&lock);
  if (!ok && !queue_up (lease, cancellable, error))
    return FALSE;
  lease->usual = omp_get_max_threads ();
  omp_set_num_threads ((gint) threads);
  return TRUE;
}

gboolean
nf_cores_yield (NfCoreLease *lease, GCancellable *cancellable, GError **error)
{
  gboolean others;

  if (!lease->held)
    return TRUE;
  g_mutex_lock (&lock);
  others = !g_queue_is_empty (&waiting);
  if (others) {
    release_locked (lease);
    g_queue_push_tail (&waiting, lease);
  }
  g_mutex_unlock (&lock);
  return !others || queue_up (lease, cancellable, error);
}

void
nf_cores_release (NfCoreLease *lease)
{
  nf_matmul_precision_set (lease->precision);
  if (lease->cores == 0)
    return;
  omp_set_num_threads (lease->usual);
  g_mutex_lock (&lock);
  if (lease->held)
    release_locked (lease);
  g_mutex_unlock (&lock);
}
