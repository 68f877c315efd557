/* SPDX-License-Identifier: MIT
 *
 * nftape — recording ops for their gradients
 *
 * Between nf_tape_begin() and nf_tape_end() every op of this thread that
 * depends on a tensor with requires_grad is recorded. nf_tape_backward()
 * (nfbackward.h) makes the gradients. Without a tape, nothing is kept. */
#pragma once

#include "core/ops/nfoplist.h"

G_BEGIN_DECLS

typedef struct _NfTape NfTape;

NfTape *nf_tape_new (void);
void nf_tape_free (NfTape *tape);
void nf_tape_begin (NfTape *tape);
void nf_tape_end (NfTape *tape);
NfTape *nf_tape_current (void);
gboolean nf_tape_record (NfTape *tape, const NfOpCall *call, GError **error);
NfOpCall *nf_tape_last (NfTape *tape);
void nf_tape_drop_last (NfTape *tape);
gboolean nf_tape_last_unchanged (const NfTape *tape, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfTape, nf_tape_free)

G_END_DECLS
