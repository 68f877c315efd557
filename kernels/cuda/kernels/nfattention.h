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

/* rows of pixels, each @step elements behind the one before */
typedef struct
{
  gconstpointer data;
  int step;
  bool bf16;
} NfAttentionRows;

/* the head of a sample that a block works on */
typedef struct
{
  gsize row; /* the sample's first pixel, of all samples' */
  int channel; /* the head's first one */
} NfAttentionHead;

/**
 * NfAttention:
 * @row: what the rows of the first scores are made of
 * @column: and their columns
 * @row2: of the second scores
 * @column2: and their columns
 * @times: what the weights are multiplied with
 * @out: the result, of the type of @row, its rows @out_step elements apart
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
  int pixels, c, d, heads, out_step;
  float scale;
} NfAttention;

/* @index: of a sample's head */
static __device__ __forceinline__ NfAttentionHead
nf_attention_head (const NfAttention &p, unsigned int index)
{
  return NfAttentionHead{ (gsize) (index / p.heads) * p.pixels,
    (int) (index % p.heads) * p.d };
}

/* where a pixel of the head begins, in rows that are @step apart */
static __device__ __forceinline__ gsize
nf_attention_at (const NfAttentionHead &head, int pixel, int step)
{
  return (head.row + pixel) * step + head.channel;
}

/* attentionbf16.cu */
bool nf_attention_bf16 (NfCudaStream *stream, NfAttentionResult result,
    const NfAttention &p, gsize heads);
bool nf_attention_bf16_dots (NfCudaStream *stream, const NfAttention &p,
    const NfAttentionRows &y, const NfAttentionRows &dy, float *dots,
    gsize heads);
