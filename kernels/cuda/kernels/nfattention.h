/* SPDX-License-Identifier: MIT
 *
 * nfattention — what attention's kernels share (CUDA)
 *
 * attention.cu has the maths and the kernels for any type, attentionbf16.cu
 * those for tensor cores, which attention.cu takes where they run. */
#pragma once

#include "cuda/kernels/nfeach.h"

#define NF_ATTENTION_BF16_MOST 128 /* channels of a head on tensor cores */

/* which product a kernel computes */
typedef enum
{
  NF_ATTENTION_Y,
  NF_ATTENTION_DQ,
  NF_ATTENTION_DK,
  NF_ATTENTION_DV,
} NfAttentionResult;

/* rows of pixels; a head's channels begin at its first one */
typedef struct
{
  gconstpointer data;
  bool bf16;
} NfAttentionRows;

/**
 * NfAttention:
 * @row: what the rows of the first scores are made of
 * @column: and their columns
 * @row2: of the second scores
 * @column2: and their columns
 * @times: what the weights are multiplied with
 * @out: the result, of the type of @row
 * @log_sums: L, (samples heads, pixels); forward writes it, or NULL
 * @dots: D, likewise
 * @c: channels
 * @d: of a head
 */
typedef struct
{
  NfAttentionRows row, column, row2, column2, times;
  gpointer out;
  float *log_sums;
  const float *dots;
  int pixels, c, d, heads;
  float scale;
} NfAttention;

/* attentionbf16.cu */
bool nf_attention_bf16 (NfCudaStream *stream, NfAttentionResult result,
    const NfAttention &p, gsize heads);
bool nf_attention_bf16_dots (NfCudaStream *stream, const NfAttention &p,
    const NfAttentionRows &y, const NfAttentionRows &dy, float *dots,
    gsize heads);
