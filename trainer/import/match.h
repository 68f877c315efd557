/* SPDX-License-Identifier: MIT
 *
 * match — gives a network the tensors of its parameters' names
 *
 * Sibling: weights.h, where the tensors are from */
#pragma once

#include <nextframe/core/params/nfparams.h>
#include "import/weights.h"

G_BEGIN_DECLS

/**
 * NfMatch:
 * @matched: parameters whose tensor the file has, in their shape
 * @missing: those that it lacks; norms' counters of batches may be missing
 * @wrong: those that it has in another shape or kind of number
 * @unexpected: tensors of the file that the network has no place for
 * @report: (owned): lines that name all but the matched ones
 */
typedef struct
{
  guint matched, missing, wrong, unexpected;
  GString *report;
} NfMatch;

/**
 * nf_match_names:
 * @match: (out): what fits; to be cleared
 * @params: of a network
 * @weights: of a file
 * @prefix: what stands in front of a tensor's name in @params and not in the
 *   file, "" for nothing
 */
void nf_match_names (NfMatch *match, NfParams *params, const NfWeights *weights,
    const gchar *prefix);
void nf_match_clear (NfMatch *match);

/**
 * nf_match_fill:
 * @params: of a network
 * @weights: of a file, where all parameters matched
 * @prefix: as of nf_match_names()
 * @error: return location: %NF_ERROR_FORMAT where a number is not finite or a
 *   running variance negative, %NF_ERROR_NO_MEMORY, %NF_ERROR_IO
 *
 * Returns: FALSE with @error set
 */
gboolean nf_match_fill (
    NfParams *params, NfWeights *weights, const gchar *prefix, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NfMatch, nf_match_clear)

G_END_DECLS
