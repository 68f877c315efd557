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

template <class T>
static gboolean
column_sums_of (NfCudaStream *stream, const T *x, gint64 rows, gint64 columns,
    float *sums, GError **error)
{
  const RowSums<T> f = { x, (unsigned int) columns };

  if (columns % nf_pack_size<T> == 0 && nf_aligned (x))
    return nf_total_columns<nf_pack_size<T>> (
        stream, f, rows, columns, sums, "column_sums", error);
  return nf_total_columns<1> (
      stream, f, rows, columns, sums, "column_sums", error);
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
