/* SPDX-License-Identifier: MIT
 *
 * nfinputs — what ops read whose inputs lie side by side, or apart
 *
 * Private to the library and its backends, which ask here where the parts of a
 * linear layer's and of an attention's inputs are. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/ops/nfoplist.h>

G_BEGIN_DECLS

/**
 * NfLinearSource:
 * @input: %NF_LINEAR_X or %NF_LINEAR_SKIP: the inputs whose channels lie side
 *   by side
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

NF_API guint nf_linear_sources (
    const NfOpCall *call, NfLinearSource sources[2]);

/**
 * NfAttentionParts:
 * @c: channels of each part
 * @step: from pixel to pixel, in elements
 * @input: the input that q, k and v lie in
 * @at: the first channel of each there
 *
 * Where an attention finds q, k and v: inputs of their own, or side by side.
 */
typedef struct
{
  gint64 c, step;
  guint input[3];
  gsize at[3];
} NfAttentionParts;

NF_API NfAttentionParts nf_attention_parts (const NfOpCall *call);
NF_API gpointer nf_attention_part (
    const NfAttentionParts *parts, guint part, NfTensor *const *tensors);

G_END_DECLS
