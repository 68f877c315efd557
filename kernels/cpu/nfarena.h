/* SPDX-License-Identifier: MIT
 *
 * nfarena — the memory that the CPU backend's tensors lie in
 *
 * Private to the CPU backend. Calls may come from several threads at once. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/tensor/nfdevice.h>

G_BEGIN_DECLS

typedef struct _NfArena NfArena;

NF_API NfArena *nf_arena_new (gboolean keep);
NF_API void nf_arena_free (NfArena *arena);

NF_API gpointer nf_arena_alloc (NfArena *arena, gsize bytes);
NF_API gpointer nf_arena_alloc_lasting (NfArena *arena, gsize bytes);
NF_API void nf_arena_release (NfArena *arena, gpointer data, gsize bytes);

NF_API void nf_arena_memory (
    NfArena *arena, gboolean restart, NfDeviceMemory *memory);

G_END_DECLS
