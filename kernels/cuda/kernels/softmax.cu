/* SPDX-License-Identifier: MIT
 *
 * softmax — over a pixel's channels, forward and backward (CUDA)
 *
 * y_c = exp (x_c - max x) / sum_j exp (x_j - max x), dx = y (dy - sum dy y).
 * A pixel's channels are shared by the lanes of a warp, or by some of them where
 * there are few. Sibling: kernels/cpu/kernels/pool.c. See docs/ops.md. */
#include "cuda/kernels/nfeach.h"

/* lanes: a power of two */
static __device__ __forceinline__ float
lanes_sum (float value, int lanes)
{
  for (int step = lanes / 2; step > 0; step /= 2)
    value += __shfl_xor_sync (0xffffffffu, value, step);
  return value;
}

static __device__ __forceinline__ float
lanes_max (float value, int lanes)
{
  for (int step = lanes / 2; step > 0; step /= 2)
    value = fmaxf (value, __shfl_xor_sync (0xffffffffu, value, step));
  return value;
}

/* all threads go through the same steps: those of a pixel that is not there do
 * the last one again, and write nothing */
template <class T>
static __global__ void
softmax_forward_kernel (T *y, const T *x, gsize rows, int c, int lanes)
{
  const int lane = threadIdx.x % lanes, pixels = blockDim.x / lanes;
  const gsize row = (gsize) blockIdx.x * pixels + threadIdx.x / lanes;
  const gsize at = (row < rows ? row : rows - 1) * c;
  float top = -INFINITY, sum = 0.0f;

  for (int i = lane; i < c; i += lanes)
    top = fmaxf (top, nf_load (x + at + i));
  top = lanes_max (top, lanes);
  for (int i = lane; i < c; i += lanes)
    sum += expf (nf_load (x + at + i) - top);
  sum = lanes_sum (sum, lanes);
  for (int i = lane; i < c && row < rows; i += lanes)
    nf_store (y + at + i, expf (nf_load (x + at + i) - top) / sum);
}

template <class T>
static __global__ void
softmax_backward_kernel (
    T *dx, const T *dy, const T *y, gsize rows, int c, int lanes)
{
  const int lane = threadIdx.x % lanes, pixels = blockDim.x / lanes;
  const gsize row = (gsize) blockIdx.x * pixels + threadIdx.x / lanes;
  const gsize at = (row < rows ? row : rows - 1) * c;
  float sum = 0.0f;

  for (int i = lane; i < c; i += lanes)
    sum += nf_load (dy + at + i) * nf_load (y + at + i);
  sum = lanes_sum (sum, lanes);
  for (int i = lane; i < c && row < rows; i += lanes)
    nf_store (
        dx + at + i, nf_load (y + at + i) * (nf_load (dy + at + i) - sum));
}

/* threads of a pixel */
static int
lanes_for (const NfTensor *y)
{
  return (int) nf_power_of_two (y->c, 32);
}

static unsigned int
blocks_for (const NfTensor *y)
{
  const gint64 pixels = NF_CUDA_BLOCK / lanes_for (y);

  return (unsigned int) ((y->n * y->h * y->w + pixels - 1) / pixels);
}

gboolean
nf_cuda_softmax_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfTensor *y = call->out;

  NF_DISPATCH_ACTIVATION (nf_cuda_is_bf16 (call),
      nf_launch (softmax_forward_kernel<T>, blocks_for (y), NF_CUDA_BLOCK, 0,
          stream->handle, nf_data<T> (y), nf_data<T> (call->in[NF_SOFTMAX_X]),
          y->n * y->h * y->w, y->c, lanes_for (y)));
  return nf_cuda_launched (stream, "softmax_forward", error);
}

gboolean
nf_cuda_softmax_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  const NfTensor *y = call->out;

  NF_DISPATCH_ACTIVATION (nf_cuda_is_bf16 (call),
      nf_launch (softmax_backward_kernel<T>, blocks_for (y), NF_CUDA_BLOCK, 0,
          stream->handle, nf_data<T> (grad_in[NF_SOFTMAX_X]),
          nf_data<T> (grad_out), nf_data<T> (y), y->n * y->h * y->w, y->c,
          lanes_for (y)));
  return nf_cuda_launched (stream, "softmax_backward", error);
}
