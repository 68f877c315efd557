/* SPDX-License-Identifier: MIT
 *
 * nfturn — who computes: networks of one process take turns at the cores
 *
 * A run takes as many cores as it has threads, and waits until so many are free.
 * Whoever has waited longest comes next. Long runs let the others in between. */
#pragma once

#include "core/tensor/nfdevice.h"
#include "core/threads/nfproducts.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * NfTurn:
 *
 * A turn of the calling thread. Of no concern to other devices than the CPU.
 */
typedef struct
{
  /*< private >*/
  guint cores; /* wanted; 0: no turn */
  gboolean held;
  gint usual; /* threads of the calling thread's ops before */
  NfProducts products; /* of the calling thread before */
} NfTurn;

gboolean nf_turn_begin (NfTurn *turn, const NfDevice *device, guint threads,
    GCancellable *cancellable, GError **error);
gboolean nf_turn_yield (
    NfTurn *turn, GCancellable *cancellable, GError **error);
void nf_turn_end (NfTurn *turn);

G_END_DECLS
