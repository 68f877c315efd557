/* SPDX-License-Identifier: MIT
 *
 * nfcores — a lease of CPU cores for each network of a process that computes
 *
 * A run leases as many cores as it has threads, and waits until so many are
 * free. The run that has waited longest is the next one. A long run yields its
 * cores to those that wait from time to time. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/tensor/nfdevice.h>
#include <nextframe/core/threads/nfmatmulprecision.h>

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * NfCoreLease:
 *
 * A lease of the calling thread. Only computing on the CPU needs one.
 */
typedef struct
{
  /*< private >*/
  guint cores; /* wanted; 0: no lease */
  gboolean held;
  gint usual; /* threads of the calling thread's ops before */
  NfMatmulPrecision precision; /* of the calling thread before */
} NfCoreLease;

/**
 * nf_cores_acquire:
 * @lease: (out caller-allocates): the lease of the calling thread, which must
 *   not hold another one; the same thread ends it with nf_cores_release()
 * @device: where the thread will compute; on devices other than the CPU it
 *   waits for nothing
 * @threads: threads that the calling thread's ops use until the lease ends; 0:
 *   what nf_threads_default() was at the process's first lease
 * @cancellable: (nullable): ends the wait
 * @error: return location: %NF_ERROR_CANCELLED
 *
 * Waits until as many cores are free as there are threads, or all cores where
 * there are fewer than that. A precision that is chosen by
 * nf_matmul_precision_set() afterwards lasts as long as the lease.
 *
 * Returns: FALSE with @error set; then there is no lease to end
 */
NF_API gboolean nf_cores_acquire (NfCoreLease *lease, const NfDevice *device,
    guint threads, GCancellable *cancellable, GError **error);

/**
 * nf_cores_yield:
 * @lease: a lease of the calling thread
 * @cancellable: (nullable): ends the wait
 * @error: return location: %NF_ERROR_CANCELLED
 *
 * Gives the cores to the threads that have waited for them longer, if there are
 * any, and waits until they are free again.
 *
 * Returns: FALSE with @error set; the lease has to be ended all the same
 */
NF_API gboolean nf_cores_yield (
    NfCoreLease *lease, GCancellable *cancellable, GError **error);

/**
 * nf_cores_release:
 * @lease: a lease of the calling thread
 *
 * Ends the lease. The calling thread's ops have as many threads, and the matmul
 * precision, that they had before it.
 */
NF_API void nf_cores_release (NfCoreLease *lease);

G_END_DECLS
