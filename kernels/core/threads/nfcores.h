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

gboolean nf_cores_acquire (NfCoreLease *lease, const NfDevice *device,
    guint threads, GCancellable *cancellable, GError **error);
gboolean nf_cores_yield (
    NfCoreLease *lease, GCancellable *cancellable, GError **error);
void nf_cores_release (NfCoreLease *lease);

G_END_DECLS
