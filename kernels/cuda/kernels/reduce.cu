/* SPDX-License-Identifier: MIT
 *
 * reduce — sums over the rows of a matrix of channels-last pixels (CUDA)
 *
 * Gradients of biases. Sibling: kernels/cpu/reduce.c. */
#include "cuda/kernels/nfcolumns.h"

template <class T> struct RowSums
{
  const T *x;
  unsigned int columns;

  template <int V>
  __device__ __forceinline__ void
  sum (const NfPart &part, float (&sums)[1][V]) const
  {
#pragma unroll 4
    for (gsize row = part.row; row < part.end; row += part.step) {
      float v[V];

      nf_load_pack<V> (v, x + row * columns + part.column);
#pragma unroll
      for (int i = 0; i < V; i++)
        sums[0][i] += v[i];
    }
  }
};

static __global__ void
fold_sums_kernel (const float *parts, const NfColumns t, float *sums)
{
  const unsigned int column = blockIdx.x * 32 + threadIdx.x;
  float sum[1];

  nf_fold<1> (parts, t, blockIdx.y, column, sum);
  if (threadIdx.y == 0 && column < t.columns)
    sums[(gsize) blockIdx.y * t.columns + column] = sum[0];
}

template <int V, class T>
static gboolean
column_sums (NfCudaStream *stream, const T *x, gint64 rows, gint64 columns,
    float *sums, GError **error)
{
  const NfColumns t = nf_columns (1, rows, columns, V, 8, NF_COLUMN_BLOCKS);
  const RowSums<T> f = { x, t.columns };
  NfScratch room (stream, sizeof (float) * t.parts * columns, error);

  if (room.get<float> () == NULL)
    return FALSE;
  nf_sum_columns<1, V> (stream, f, t, t.parts > 1 ? room.get<float> () : sums);
  if (t.parts > 1)
    nf_launch (fold_sums_kernel, nf_fold_grid (t), nf_fold_block (), 0,
        stream->handle, room.get<float> (), t, sums);
  return nf_cuda_launched (stream, "column_sums", error);
}

template <class T>
static gboolean
column_sums_of (NfCudaStream *stream, const T *x, gint64 rows, gint64 columns,
    float *sums, GError **error)
{
  if (columns % nf_pack_size<T> == 0 && nf_aligned (x))
    return column_sums<nf_pack_size<T>> (stream, x, rows, columns, sums, error);
  return column_sums<1> (stream, x, rows, columns, sums, error);
}

/**
 * nf_cuda_column_sums:
 * @x: rows x columns, f32 or bf16
 * @bf16: which
 * @rows: number of pixels
 * @columns: number of channels
 * @sums: (out): as many sums, f32, on the device
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * Queues the sums of @x's columns.
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_cuda_column_sums (NfCudaStream *stream, gconstpointer x, gboolean bf16,
    gint64 rows, gint64 columns, gfloat *sums, GError **error)
{
  NF_DISPATCH_ACTIVATION (bf16,
      return column_sums_of (
          stream, static_cast<const T *> (x), rows, columns, sums, error));
}
