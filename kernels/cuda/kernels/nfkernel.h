/* SPDX-License-Identifier: MIT
 *
 * nfkernel — what the .cu files share: launching, types, sums over a block
 *
 * The same sources are built by nvcc and, for tests on machines without a GPU,
 * by a C++ compiler with tests/cuda-on-cpu/runner.h in front, which brings
 * nf_launch() and NF_DYN_SHARED() of its own. Arithmetic is in f32; bf16 is
 * only how values are stored. Kernels whose bits must be the CPU's say so and
 * use __fmul_rn() and __fadd_rn(), which are never contracted. */
#pragma once

#include "cuda/kernels/nfcudaops.h"
#include "cuda/runtime/nfcudamemory.h"

#include <cuda_bf16.h>

/* of a grid, in each direction; loops do the rest, in tests from fewer on */
#ifndef NF_MOST_BLOCKS
#define NF_MOST_BLOCKS 65535
#endif

#ifdef __CUDACC__

/* dynamic shared memory, aligned as matrices for tensor cores must be */
#define NF_DYN_SHARED(T, name)                                                 \
  extern __shared__ __align__ (32) unsigned char nf_dyn_shared_[];             \
  T *name = reinterpret_cast<T *> (nf_dyn_shared_)

/* kernel <<< grid, block, shared, stream >>> (args...), arguments converted */
template <class... P, class... A>
static inline void
nf_launch (void (*kernel) (P...), dim3 grid, dim3 block, size_t shared,
    cudaStream_t stream, A... args)
{
  kernel<<<grid, block, shared, stream>>> (static_cast<P> (args)...);
}

#endif

typedef __nv_bfloat16 NfBf16;

static __device__ __forceinline__ float
nf_load (const float *x)
{
  return *x;
}

static __device__ __forceinline__ float
nf_load (const NfBf16 *x)
{
  return __bfloat162float (*x);
}

static __device__ __forceinline__ float
nf_load (const unsigned char *x)
{
  return (float) *x;
}

static __device__ __forceinline__ void
nf_store (float *y, float value)
{
  *y = value;
}

/* rounds to nearest, ties to even */
static __device__ __forceinline__ void
nf_store (NfBf16 *y, float value)
{
  *y = __float2bfloat16 (value);
}

/* sum over a warp, in every lane, the same in each run */
template <class S>
static __device__ __forceinline__ S
nf_warp_sum (S value)
{
  for (int step = 16; step > 0; step /= 2)
    value += __shfl_xor_sync (0xffffffffu, value, step);
  return value;
}

static __device__ __forceinline__ float
nf_warp_max (float value)
{
  for (int step = 16; step > 0; step /= 2)
    value = fmaxf (value, __shfl_xor_sync (0xffffffffu, value, step));
  return value;
}

/* sum over a block of whole warps, in every thread; @shared: 32 numbers that
 * nothing else uses until the next barrier of the caller */
template <class S>
static __device__ __forceinline__ S
nf_block_sum (S value, S *shared)
{
  const unsigned int thread = threadIdx.x + blockDim.x * threadIdx.y;
  const unsigned int warps = (blockDim.x * blockDim.y + 31) / 32;
  S sum = 0;

  value = nf_warp_sum (value);
  if (thread % 32 == 0)
    shared[thread / 32] = value;
  __syncthreads ();
  for (unsigned int i = 0; i < warps; i++)
    sum += shared[i];
  __syncthreads ();
  return sum;
}

/* blocks for one thread an element, or a grid-stride loop where they are many */
static inline unsigned int
nf_grid (gsize elements)
{
  gsize blocks = (elements + NF_CUDA_BLOCK - 1) / NF_CUDA_BLOCK;

  return (unsigned int) CLAMP (blocks, 1, NF_MOST_BLOCKS);
}

/* for (gsize i = first; i < n; i += step), over the whole grid */
#define NF_GRID_LOOP(i, n)                                                     \
  for (gsize i = (gsize) blockIdx.x * blockDim.x + threadIdx.x; i < (n);       \
       i += (gsize) gridDim.x * blockDim.x)

template <class T>
static inline T *
nf_data (const NfTensor *tensor)
{
  return tensor != NULL ? static_cast<T *> (tensor->data) : NULL;
}

/* runs the code with T as the type of what flows through the op */
#define NF_DISPATCH_ACTIVATION(bf16, ...)                                      \
  do {                                                                         \
    if (bf16) {                                                                \
      typedef NfBf16 T;                                                        \
      __VA_ARGS__;                                                             \
    } else {                                                                   \
      typedef float T;                                                         \
      __VA_ARGS__;                                                             \
    }                                                                          \
  } while (0)

/* memory for the length of a function; its next user comes later in the same
 * stream */
class NfScratch {
public:
  NfScratch (NfCudaStream *stream, gsize bytes, GError **error)
      : stream_ (stream), data_ (nf_cuda_alloc (stream, bytes, error))
  {
  }

  ~NfScratch ()
  {
    if (data_ != NULL)
      nf_cuda_release (stream_->cuda, data_);
  }

  NfScratch (const NfScratch &) = delete;
  NfScratch &operator= (const NfScratch &) = delete;

  template <class T>
  T *
  get () const
  {
    return static_cast<T *> (data_);
  }

private:
  NfCudaStream *stream_;
  gpointer data_;
};
