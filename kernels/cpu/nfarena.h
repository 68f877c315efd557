/* SPDX-License-Identifier: MIT
 *
 * nfarena — the memory that the CPU backend's tensors lie in
 *
 * Private to the CPU backend. Calls may come from several threads at once. */
#pragma once

#include "core/tensor/nfdevice.h"

G_BEGIN_DECLS

typedef struct _NfArena NfArena;

NfArena *nf_arena_new (gboolean keep);
void nf_arena_free (NfArena *arena);

gpointer nf_arena_alloc (NfArena *arena, gsize bytes);
gpointer nf_arena_alloc_lasting (NfArena *arena, gsize bytes);
void nf_arena_release (NfArena *arena, gpointer data, gsize bytes);

void nf_arena_memory (NfArena *arena, gboolean restart, NfDeviceMemory *memory);

G_END_DECLS
