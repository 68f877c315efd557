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

/**
 * nf_tape_free:
 *
 * Frees the tape and what it holds; it must not be recording.
 */
void nf_tape_free (NfTape *tape);

/**
 * nf_tape_begin:
 *
 * Records the calling thread's ops from now on; tapes do not nest.
 */
void nf_tape_begin (NfTape *tape);

void nf_tape_end (NfTape *tape);

/**
 * nf_tape_current:
 *
 * Returns: (transfer none) (nullable): the tape that records this thread
 */
NfTape *nf_tape_current (void);

/**
 * nf_tape_record:
 * @call: an op that ran forward; its saved tensors move to the tape
 *
 * Called by nf_op_run().
 *
 * Returns: FALSE with %NF_ERROR_UNSUPPORTED where the op has no gradient
 */
gboolean nf_tape_record (NfTape *tape, const NfOpCall *call, GError **error);

/**
 * nf_tape_last:
 * @tape: not recording
 *
 * Returns: (transfer none) (nullable): what was recorded last; NULL where the
 *   tape is empty
 */
NfOpCall *nf_tape_last (NfTape *tape);

/**
 * nf_tape_drop_last:
 * @tape: not empty
 *
 * Frees nf_tape_last() and what it holds.
 */
void nf_tape_drop_last (NfTape *tape);

/**
 * nf_tape_last_unchanged:
 * @tape: not empty
 * @error: return location: %NF_ERROR_INVALID
 *
 * Returns: FALSE with @error set where an input of nf_tape_last() was changed
 *   since
 */
gboolean nf_tape_last_unchanged (const NfTape *tape, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfTape, nf_tape_free)

G_END_DECLS
