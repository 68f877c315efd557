/* SPDX-License-Identifier: MIT
 *
 * matmulplain — products of matrices of any type and step (CUDA)
 *
 * For those that cuBLASLt has no algorithm for, such as rows of bf16 at odd
 * addresses on some GPUs. A block does 16 x 16 elements, from tiles of both
 * factors in shared memory; sums are f32. Sibling: matmul.c. */
#include "cuda/kernels/nfkernel.h"
#include "cuda/kernels/nfmatmul.h"

#define SIDE 16 /* of a tile; a thread an element */

/* blockIdx.x says which rows, y which columns */
template <class T, class To>
static __global__ void
__launch_bounds__ (SIDE *SIDE) matmul_plain_kernel (const NfMatmul p)
{
  __shared__ float left[SIDE][SIDE + 1], right[SIDE][SIDE + 1];
  const NfMatmulShape &s = p.shape;
  const T *a = static_cast<const T *> (p.a), *b = static_cast<const T *> (p.b);
  const gint64 row = (gint64) blockIdx.x * SIDE + threadIdx.y;
  const gint64 column = (gint64) blockIdx.y * SIDE + threadIdx.x;
  float sum = 0.0f;
  To *c;

  for (gint64 first = 0; first < s.inner; first += SIDE) {
    const gint64 across = first + threadIdx.x, down = first + threadIdx.y;

    left[threadIdx.y][threadIdx.x] = row < s.rows && across < s.inner
        ? nf_load (a
            + (s.a_turned ? across * s.a_step + row : row * s.a_step + across))
        : 0.0f;
    right[threadIdx.y][threadIdx.x] = column < s.cols && down < s.inner
        ? nf_load (b
            + (s.b_turned ? column * s.b_step + down
                          : down * s.b_step + column))
        : 0.0f;
    __syncthreads ();
#pragma unroll
    for (int i = 0; i < SIDE; i++)
      sum += left[threadIdx.y][i] * right[i][threadIdx.x];
    __syncthreads ();
  }
  if (row >= s.rows || column >= s.cols)
    return;
  c = static_cast<To *> (p.c) + row * s.c_step + column;
  if (s.add)
    sum += nf_load (c);
  if (p.bias != NULL)
    sum += nf_load (static_cast<const To *> (p.bias) + column);
  nf_store (c, sum);
}

template <class T, class To>
static void
launch (NfCudaStream *stream, const NfMatmul &p)
{
  const dim3 grid ((unsigned int) ((p.shape.rows + SIDE - 1) / SIDE),
      (unsigned int) ((p.shape.cols + SIDE - 1) / SIDE));

  nf_launch (matmul_plain_kernel<T, To>, grid, dim3 (SIDE, SIDE), 0,
      stream->handle, p);
}

/**
 * nf_cuda_matmul_plain:
 * @stream: the calling thread's
 * @product: of f32 to f32, or of bf16 to either; up to a million columns
 * @error: return location
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_cuda_matmul_plain (
    NfCudaStream *stream, const NfMatmul *product, GError **error)
{
  if (!product->shape.bf16)
    launch<float, float> (stream, *product);
  else if (product->shape.to_bf16)
    launch<NfBf16, NfBf16> (stream, *product);
  else
    launch<NfBf16, float> (stream, *product);
  return nf_cuda_launched (stream, "matmul_plain", error);
}
