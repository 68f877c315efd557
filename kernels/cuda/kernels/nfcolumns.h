/* SPDX-License-Identifier: MIT
 *
 * nfcolumns — kernels whose threads keep to some channels of many pixels
 *
 * Memory is rows (pixels) of columns (channels). The rows of a sample are cut
 * into parts; a block does one part of some columns, a thread V neighbours of
 * them, every so many rows. So what belongs to a channel is read once, and a
 * sum over pixels is a sum within the block, then one over the parts. How rows
 * are cut depends on the shape alone, and so do the bits of the sums.
 *
 * An op is a struct F with pointers and numbers, and
 *   f.sum<V> (part, sums): adds its K values of each column to sums[K][V];
 *   f.apply<V> (part): does what there is to do in each row. */
#pragma once

#include "cuda/kernels/nfeach.h"

#define NF_FOLD_LANES 16 /* threads that add the parts of one column */
#define NF_COLUMN_BLOCKS 512 /* a sum is cut into no more than it takes */

/**
 * NfColumns:
 * @rows: of a sample
 * @per: rows of a part
 * @samples: how many
 * @columns: of a row
 * @parts: of a sample
 * @across: threads of a block side by side
 * @tiles: blocks side by side
 *
 * How a matrix is spread over blocks.
 */
typedef struct
{
  gsize rows, per;
  unsigned int samples, columns, parts, across, tiles;
} NfColumns;

/**
 * NfPart:
 * @sample: which
 * @column: the first one
 * @row: the first one, of the sample
 * @end: behind the last row
 * @step: from row to row
 *
 * What one thread does; nothing where @row is not below @end.
 */
typedef struct
{
  unsigned int sample, column;
  gsize row, end, step;
} NfPart;

/* @least: rows of a thread, where there are enough; @most: blocks, or 0 */
static inline NfColumns
nf_columns (gsize samples, gsize rows, gsize columns, int width, gsize least,
    gsize most)
{
  const gsize packs = (columns + width - 1) / width;
  const gsize tiles = (packs + 31) / 32;
  const gsize across = (packs + tiles - 1) / tiles;
  const gsize high = NF_CUDA_BLOCK / across * least;
  gsize parts = (rows + high - 1) / high;
  gsize per;

  if (most > 0)
    parts = MIN (parts, MAX (1, most / (samples * tiles)));
  per = (rows + parts - 1) / parts;
  return NfColumns{ rows, per, (unsigned int) samples, (unsigned int) columns,
    (unsigned int) ((rows + per - 1) / per), (unsigned int) across,
    (unsigned int) tiles };
}

static inline dim3
nf_columns_grid (const NfColumns &t)
{
  return dim3 (t.samples * t.parts, t.tiles);
}

template <int V>
static __device__ __forceinline__ NfPart
nf_part (const NfColumns &t)
{
  const unsigned int down = threadIdx.x / t.across;
  const unsigned int high = blockDim.x / t.across;
  const unsigned int column =
      (blockIdx.y * t.across + threadIdx.x % t.across) * V;
  const gsize first = blockIdx.x % t.parts * t.per;
  const gsize end = first + t.per < t.rows ? first + t.per : t.rows;

  return NfPart{ blockIdx.x / t.parts, column,
    down < high && column < t.columns ? first + down : end, end, high };
}

/* the sums of a column's threads, in the first of them; @room: a float for
 * each of the block's threads and columns of one; @across threads stand side
 * by side */
template <int V>
static __device__ __forceinline__ void
nf_sum_down (float (&sums)[V], float *room, unsigned int across)
{
  const unsigned int down = threadIdx.x / across;

  for (unsigned int high = blockDim.x / across; high > 1;) {
    const unsigned int half = (high + 1) / 2;

    for (int i = 0; i < V; i++)
      room[i * blockDim.x + threadIdx.x] = sums[i];
    __syncthreads ();
    if (down + half < high)
      for (int i = 0; i < V; i++)
        sums[i] += room[i * blockDim.x + threadIdx.x + half * across];
    __syncthreads ();
    high = half;
  }
}

/* adds a row less @pivot, and its square */
template <int V>
static __device__ __forceinline__ void
nf_add_moments (
    float (&sums)[2][V], const float (&values)[V], const float (&pivot)[V])
{
#pragma unroll
  for (int i = 0; i < V; i++) {
    const float off = values[i] - pivot[i];

    sums[0][i] += off;
    sums[1][i] += off * off;
  }
}

/* sums of each part: (samples, parts, K, columns) */
template <int K, int V, class F>
static __global__ void
column_sums_kernel (const F f, const NfColumns t, float *sums)
{
  __shared__ float room[NF_CUDA_BLOCK * V];
  const NfPart part = nf_part<V> (t);
  float mine[K][V] = {};

  if (part.row < part.end)
    f.template sum<V> (part, mine);
  for (int k = 0; k < K; k++) {
    float *to = sums + ((gsize) blockIdx.x * K + k) * t.columns + part.column;

    nf_sum_down<V> (mine[k], room, t.across);
    for (int i = 0; i < V; i++)
      if (threadIdx.x < t.across && part.column + i < t.columns)
        to[i] = mine[k][i];
  }
}

template <int V, class F>
static __global__ void
columns_kernel (const F f, const NfColumns t)
{
  const NfPart part = nf_part<V> (t);

  if (part.row < part.end)
    f.template apply<V> (part);
}

/* the sums of a column's parts, in the threads with threadIdx.y 0 of a block
 * of 32 x NF_FOLD_LANES; others get something else */
template <int K>
static __device__ __forceinline__ void
nf_fold (const float *parts, const NfColumns &t, unsigned int sample,
    unsigned int column, float (&sums)[K])
{
  __shared__ float room[NF_FOLD_LANES][32];
  const float *from = parts + (gsize) sample * t.parts * K * t.columns + column;

  for (int k = 0; k < K; k++) {
    float sum = 0.0f;

    if (column < t.columns)
      for (unsigned int i = threadIdx.y; i < t.parts; i += NF_FOLD_LANES)
        sum += from[((gsize) i * K + k) * t.columns];
    room[threadIdx.y][threadIdx.x] = sum;
    __syncthreads ();
    for (unsigned int half = NF_FOLD_LANES / 2; half > 0; half /= 2) {
      if (threadIdx.y < half)
        room[threadIdx.y][threadIdx.x] += room[threadIdx.y + half][threadIdx.x];
      __syncthreads ();
    }
    sums[k] = room[threadIdx.y][threadIdx.x];
    __syncthreads ();
  }
}

static inline dim3
nf_fold_block (void)
{
  return dim3 (32, NF_FOLD_LANES);
}

/* blocks for nf_fold() of all columns of a sample: blockIdx.x says which 32 */
static inline dim3
nf_fold_grid (const NfColumns &t)
{
  return dim3 ((t.columns + 31) / 32, t.samples);
}

/* queues the sums of all parts into @sums, see column_sums_kernel() */
template <int K, int V, class F>
static inline void
nf_sum_columns (
    NfCudaStream *stream, const F &f, const NfColumns &t, float *sums)
{
  nf_launch (column_sums_kernel<K, V, F>, nf_columns_grid (t), NF_CUDA_BLOCK, 0,
      stream->handle, f, t, sums);
}

template <int V, class F>
static inline void
nf_apply_columns (NfCudaStream *stream, const F &f, const NfColumns &t)
{
  nf_launch (columns_kernel<V, F>, nf_columns_grid (t), NF_CUDA_BLOCK, 0,
      stream->handle, f, t);
}

/* one sum of each column out of those of its parts; of F, since nvcc complains
 * about a kernel that is not used */
template <class F>
static __global__ void
fold_sums_kernel (const float *parts, const NfColumns t, float *sums)
{
  const unsigned int column = blockIdx.x * 32 + threadIdx.x;
  float sum[1];

  nf_fold<1> (parts, t, blockIdx.y, column, sum);
  if (threadIdx.y == 0 && column < t.columns)
    sums[(gsize) blockIdx.y * t.columns + column] = sum[0];
}

/* queues f.sum<V> over all rows of a matrix: @sums has a float for each column;
 * @name: for messages */
template <int V, class F>
static inline gboolean
nf_total_columns (NfCudaStream *stream, const F &f, gint64 rows, gint64 columns,
    float *sums, const gchar *name, GError **error)
{
  const NfColumns t = nf_columns (1, rows, columns, V, 8, NF_COLUMN_BLOCKS);
  NfScratch room (stream, sizeof (float) * t.parts * columns, error);

  if (room.get<float> () == NULL)
    return FALSE;
  nf_sum_columns<1, V> (stream, f, t, t.parts > 1 ? room.get<float> () : sums);
  if (t.parts > 1)
    nf_launch (fold_sums_kernel<F>, nf_fold_grid (t), nf_fold_block (), 0,
        stream->handle, room.get<float> (), t, sums);
  return nf_cuda_launched (stream, name, error);
}
