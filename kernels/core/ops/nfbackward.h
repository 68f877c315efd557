/* SPDX-License-Identifier: MIT
 *
 * nfbackward — gradients, from a tape's records in reverse
 *
 * nf_tape_backward() walks the records once in reverse, frees them as it goes and
 * adds into the grad of the tensors that were marked (parameters). */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/ops/nfops.h>
#include <nextframe/core/ops/nftape.h>

G_BEGIN_DECLS

/**
 * nf_tape_backward:
 * @tape: not recording
 * @loss: a recorded scalar
 * @error: return location: as in nf_tape_backward_from()
 *
 * Calls nf_tape_backward_from() with a gradient of one.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_tape_backward (NfTape *tape, NfTensor *loss, GError **error);

/**
 * nf_tape_backward_from:
 * @tape: not recording
 * @output: a tensor that was recorded
 * @grad_out: its gradient, of the same shape and type
 * @error: return location: %NF_ERROR_INVALID where @output depends on no
 *   parameter, or where an input was changed after it was recorded;
 *   %NF_ERROR_NO_MEMORY; or as the backend has it
 *
 * Adds the gradients of all tensors with requires_grad into their grad, and
 * empties the tape, also when it fails.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_tape_backward_from (
    NfTape *tape, NfTensor *output, NfTensor *grad_out, GError **error);

G_END_DECLS
