/* SPDX-License-Identifier: MIT
 *
 * nftape — reverse-mode gradients
 *
 * Between nf_tape_begin() and nf_tape_end() every op of this thread that
 * depends on a tensor with requires_grad is recorded. nf_tape_backward() walks
 * the records once in reverse, frees them as it goes and adds into the grad of
 * the tensors that were marked (parameters). Without a tape, nothing is kept. */
#pragma once

#include "core/ops/nfops.h"

G_BEGIN_DECLS

typedef struct _NfTape NfTape;

NfTape *nf_tape_new (void);
void nf_tape_free (NfTape *tape);
void nf_tape_begin (NfTape *tape);
void nf_tape_end (NfTape *tape);
NfTape *nf_tape_current (void);
gboolean nf_tape_record (NfTape *tape, const NfOpCall *call, GError **error);
gboolean nf_tape_backward (NfTape *tape, NfTensor *loss, GError **error);
gboolean nf_tape_backward_from (
    NfTape *tape, NfTensor *output, NfTensor *grad_out, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfTape, nf_tape_free)

G_END_DECLS
