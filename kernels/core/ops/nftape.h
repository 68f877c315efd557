/* SPDX-License-Identifier: MIT
 *
 * nftape — recording ops for their gradients
 *
 * Between nf_tape_begin() and nf_tape_end() every op of this thread that
 * depends on a tensor with requires_grad is recorded. nf_tape_backward()
 * (nfbackward.h) makes the gradients. Without a tape, nothing is kept. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/ops/nfoplist.h>

G_BEGIN_DECLS

typedef struct _NfTape NfTape;

/**
 * nf_tape_new:
 * Returns: (transfer full): an empty tape that is not recording; it belongs to
 *   one thread
 */
NF_API NfTape *nf_tape_new (void);

/**
 * nf_tape_free:
 * @tape: (transfer full): not recording; freed with all that it holds
 */
NF_API void nf_tape_free (NfTape *tape);

/**
 * nf_tape_begin:
 * @tape: a tape of this thread
 *
 * Records the calling thread's ops from now on. Only one tape of a thread can
 * record at a time.
 */
NF_API void nf_tape_begin (NfTape *tape);

/**
 * nf_tape_end:
 * @tape: the tape that records this thread
 *
 * Ends the recording; the tape keeps what it holds until a backward pass or
 * nf_tape_free().
 */
NF_API void nf_tape_end (NfTape *tape);

/**
 * nf_tape_current:
 * Returns: (transfer none) (nullable): the tape that records this thread
 */
NF_API NfTape *nf_tape_current (void);

/**
 * nf_tape_record:
 * @tape: the tape that is recording
 * @call: an op that ran forward; its saved tensors move to the tape
 * @error: return location: %NF_ERROR_UNSUPPORTED where the op has no gradient
 *
 * nf_op_run() calls this; nobody else needs to.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_tape_record (
    NfTape *tape, const NfOpCall *call, GError **error);

/**
 * nf_tape_last:
 * @tape: not recording
 *
 * Returns: (transfer none) (nullable): the latest record; NULL where the tape
 *   is empty
 */
NF_API NfOpCall *nf_tape_last (NfTape *tape);

/**
 * nf_tape_drop_last:
 * @tape: not empty
 *
 * Frees the record that nf_tape_last() returns, with what it holds.
 */
NF_API void nf_tape_drop_last (NfTape *tape);

/**
 * nf_tape_last_unchanged:
 * @tape: not empty
 * @error: return location: %NF_ERROR_INVALID
 *
 * Returns: FALSE with @error set where an input of nf_tape_last() has changed
 *   since it was recorded
 */
NF_API gboolean nf_tape_last_unchanged (const NfTape *tape, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfTape, nf_tape_free)

G_END_DECLS
