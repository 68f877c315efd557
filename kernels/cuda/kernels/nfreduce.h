/* SPDX-License-Identifier: MIT
 *
 * nfreduce — sums over all elements that are the same in each run
 *
 * Each block sums what it gets by a fixed rule, in double precision; one block
 * then adds the blocks' sums in their order. */
#pragma once

#include "cuda/kernels/nfeach.h"

/* at most, for one sum; in tests fewer */
#ifndef NF_REDUCE_BLOCKS
#define NF_REDUCE_BLOCKS 512
#endif

/* blocks to sum `n` pieces of work, one a thread or more */
static inline unsigned int
nf_reduce_grid (gsize n)
{
  return MIN (nf_grid (n), NF_REDUCE_BLOCKS);
}

/* the sum of n numbers by one block, in every thread */
static __device__ __forceinline__ double
nf_sum_parts (const double *parts, gsize n, double *shared)
{
  double sum = 0;

  for (gsize i = threadIdx.x; i < n; i += blockDim.x)
    sum += parts[i];
  return nf_block_sum (sum, shared);
}

/* parts[block] = the sum of f.sum<V> (i), of the elements i to i + V - 1 */
template <int V, class F>
static __global__ void
sum_kernel (const F f, gsize n, double *parts)
{
  __shared__ double shared[32];
  const gsize packs = n / V;
  double sum = 0;

  NF_GRID_LOOP (i, packs)
  sum += f.template sum<V> (i * V);
  NF_GRID_LOOP (i, n - packs * V)
  sum += f.template sum<1> (packs * V + i);
  sum = nf_block_sum (sum, shared);
  if (threadIdx.x == 0)
    parts[blockIdx.x] = sum;
}

/* one block: result = scale * the sum of all parts */
template <class R>
static __global__ void
sum_parts_kernel (const double *parts, gsize n, double scale, R *result)
{
  __shared__ double shared[32];
  const double sum = nf_sum_parts (parts, n, shared);

  if (threadIdx.x == 0)
    *result = (R) (scale * sum);
}

/* result = scale * the sum of f over n elements */
template <int V, class F>
static gboolean
nf_sum_each (NfCudaStream *stream, const F &f, gsize n, bool aligned,
    double scale, float *result, GError **error)
{
  const unsigned int blocks = nf_reduce_grid (aligned ? (n + V - 1) / V : n);
  NfScratch parts (stream, blocks * sizeof (double), error);

  if (parts.get<double> () == NULL)
    return FALSE;
  if (aligned)
    nf_launch (sum_kernel<V, F>, blocks, NF_CUDA_BLOCK, 0, stream->handle, f, n,
        parts.get<double> ());
  else
    nf_launch (sum_kernel<1, F>, blocks, NF_CUDA_BLOCK, 0, stream->handle, f, n,
        parts.get<double> ());
  nf_launch (sum_parts_kernel<float>, 1, NF_CUDA_BLOCK, 0, stream->handle,
      parts.get<double> (), blocks, scale, result);
  return TRUE;
}
