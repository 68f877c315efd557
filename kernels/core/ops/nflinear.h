/* SPDX-License-Identifier: MIT
 *
 * nflinear — the inputs of a linear layer, and where their weights lie
 *
 * Private to the library: what the backends share. */
#pragma once

#include "core/ops/nfoplist.h"

G_BEGIN_DECLS

/**
 * NfLinearSource:
 * @input: %NF_LINEAR_X or %NF_LINEAR_SKIP: the inputs whose channels lie side by
 *   side
 * @x: that input
 * @rows: pixels of it
 * @out: channels of the result
 * @at: index of its first weight in the matrix
 * @step: from one of the matrix's rows to the next, in elements
 */
typedef struct
{
  guint input;
  const NfTensor *x;
  gint64 rows, out;
  gsize at;
  gint64 step;
} NfLinearSource;

guint nf_linear_sources (const NfOpCall *call, NfLinearSource sources[2]);

G_END_DECLS
