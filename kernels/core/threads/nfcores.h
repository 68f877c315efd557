/* SPDX-License-Identifier: MIT
 *
 * nfcores — who computes: networks of one process take turns at the cores
 *
 * A run takes as many cores as it has threads, and waits until so many are free.
 * Whoever has waited longest comes next. Long runs let the others in between. */
#pragma once

#include "core/tensor/nfdevice.h"
#include "core/threads/nfmatmulprecision.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * NfCoreLease:
 *
 * A lease of the calling thread. Of no concern to other devices than the CPU.
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
 * @lease: (out): of the calling thread, which must not hold another one; ended by
 *   nf_cores_release() from the same thread
 * @device: where will be computed; on other devices than the CPU nothing is
 *   waited for
 * @threads: for the ops of the calling thread until the lease ends; 0: as
 *   nf_threads_default() was with the first lease
 * @cancellable: (nullable): ends the wait
 * @error: return location: %NF_ERROR_CANCELLED
 *
 * Waits until there are as many free cores as threads (or all, where there are
 * fewer cores than that). What nf_matmul_precision_set() says from then on lasts as long
 * as the lease.
 *
 * Returns: FALSE with @error set; then there is no lease to end
 */
gboolean nf_cores_acquire (NfCoreLease *lease, const NfDevice *device,
    guint threads, GCancellable *cancellable, GError **error);

/**
 * nf_cores_yield:
 * @lease: begun
 * @cancellable: (nullable): ends the wait
 * @error: return location: %NF_ERROR_CANCELLED
 *
 * Lets those that wait have their turn first.
 *
 * Returns: FALSE with @error set; the lease is still to be ended
 */
gboolean nf_cores_yield (
    NfCoreLease *lease, GCancellable *cancellable, GError **error);

/**
 * nf_cores_release:
 * @lease: begun
 *
 * The calling thread's ops have as many threads as before, and multiply as
 * nf_matmul_precision_set() said before.
 */
void nf_cores_release (NfCoreLease *lease);

G_END_DECLS
