/* SPDX-License-Identifier: MIT
 *
 * nfblocks — the memory that the CPU backend's tensors lie in
 *
 * Private to the CPU backend. Calls may come from several threads at once. */
#pragma once

#include "core/tensor/nfdevice.h"

G_BEGIN_DECLS

typedef struct _NfBlocks NfBlocks;

NfBlocks *nf_blocks_new (gboolean keep);
void nf_blocks_free (NfBlocks *blocks);

gpointer nf_blocks_get (NfBlocks *blocks, gsize bytes);
gpointer nf_blocks_get_lasting (NfBlocks *blocks, gsize bytes);
void nf_blocks_give (NfBlocks *blocks, gpointer data, gsize bytes);

void nf_blocks_memory (
    NfBlocks *blocks, gboolean restart, NfDeviceMemory *memory);

G_END_DECLS
