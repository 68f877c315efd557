/* SPDX-License-Identifier: MIT
 *
 * nfbackward — gradients, from a tape's records in reverse
 *
 * nf_tape_backward() walks the records once in reverse, frees them as it goes and
 * adds into the grad of the tensors that were marked (parameters). */
#pragma once

#include "core/ops/nfops.h"
#include "core/ops/nftape.h"

G_BEGIN_DECLS

gboolean nf_tape_backward (NfTape *tape, NfTensor *loss, GError **error);
gboolean nf_tape_backward_from (
    NfTape *tape, NfTensor *output, NfTensor *grad_out, GError **error);

G_END_DECLS
