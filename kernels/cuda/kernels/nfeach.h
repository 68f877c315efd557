/* SPDX-License-Identifier: MIT
 *
 * nfeach — one kernel for all elementwise ops, one for all that go by pixels
 *
 * An op is a struct F with pointers, numbers and what to do; the kernels here
 * bring the loops. Elements are read and written in packs of up to 16 bytes a
 * thread where the memory is aligned, one by one elsewhere and at the end. */
#pragma once

#include "cuda/kernels/nfkernel.h"

/* V neighbours that are moved at once */
template <class T, int V>
struct alignas (V * sizeof (T) < 16 ? V * sizeof (T) : 16) NfPack
{
  T v[V];
};

template <int V, class T>
static __device__ __forceinline__ void
nf_load_pack (float (&v)[V], const T *x)
{
  const NfPack<T, V> pack = *reinterpret_cast<const NfPack<T, V> *> (x);

#pragma unroll
  for (int i = 0; i < V; i++)
    v[i] = nf_load (&pack.v[i]);
}

/* Where @y comes from a sum or difference of unsigned ints, which may wrap, nvcc
 * writes the values one by one: such an offset is to be a gsize */
template <int V, class T>
static __device__ __forceinline__ void
nf_store_pack (T *y, const float (&v)[V])
{
  NfPack<T, V> pack;

#pragma unroll
  for (int i = 0; i < V; i++)
    nf_store (&pack.v[i], v[i]);
  *reinterpret_cast<NfPack<T, V> *> (y) = pack;
}

/* TRUE where packs may be read at all these addresses */
template <class... P>
static inline bool
nf_aligned (P... pointers)
{
  return ((((guintptr) pointers) % 16 == 0) && ...);
}

/* elements of a flow's type in 16 bytes */
template <class T> constexpr int nf_pack_size = 16 / sizeof (T);

/* NaN stays NaN */
static __device__ __forceinline__ float
nf_act_value (float x, NfAct act)
{
  if (act == NF_ACT_RELU)
    return x < 0.0f ? 0.0f : x;
  return act == NF_ACT_SILU ? x / (1.0f + expf (-x)) : x;
}

/* f.run<V> (i) does the elements i to i + V - 1 */
template <int V, class F>
static __global__ void
each_kernel (const F f, gsize n)
{
  const gsize packs = n / V;

  NF_GRID_LOOP (i, packs)
  f.template run<V> (i * V);
  NF_GRID_LOOP (i, n - packs * V)
  f.template run<1> (packs * V + i);
}

template <int V, class F>
static inline void
nf_each (NfCudaStream *stream, const F &f, gsize n, bool aligned)
{
  if (aligned)
    nf_launch (each_kernel<V, F>, nf_grid ((n + V - 1) / V), NF_CUDA_BLOCK, 0,
        stream->handle, f, n);
  else
    nf_launch (
        each_kernel<1, F>, nf_grid (n), NF_CUDA_BLOCK, 0, stream->handle, f, n);
}

/* elements in another type */
template <class To, class From> struct NfConvert
{
  To *y;
  const From *x;

  template <int V>
  __device__ __forceinline__ void
  run (gsize i) const
  {
    float v[V];

    nf_load_pack (v, x + i);
    nf_store_pack (y + i, v);
  }
};

/* pixels with what lies in one: C channels, or packs or words of them */
typedef struct
{
  gint64 n, h, w;
  unsigned int c;
} NfImage;

/* for (unsigned k = first; k < c; k += step), over a pixel's threads */
#define NF_CHANNEL_LOOP(k, c)                                                  \
  for (unsigned int k = threadIdx.x; k < (c); k += blockDim.x)

/* f.pixel (n, y, x) does one pixel, together with its threads of other
 * threadIdx.x */
template <class F>
static __global__ void
pixels_kernel (const F f, const NfImage image)
{
  for (gint64 row = blockIdx.y; row < image.n * image.h; row += gridDim.y)
    for (gint64 x = (gint64) blockIdx.x * blockDim.y + threadIdx.y; x < image.w;
         x += (gint64) gridDim.x * blockDim.y)
      f.pixel (row / image.h, row % image.h, x);
}

static inline unsigned int
nf_power_of_two (gint64 least, unsigned int most)
{
  unsigned int power = 1;

  while (power < least && power < most)
    power *= 2;
  return power;
}

template <class F>
static inline void
nf_pixels (NfCudaStream *stream, const F &f, const NfImage &image)
{
  const unsigned int across = nf_power_of_two (image.c, NF_CUDA_BLOCK);
  const dim3 block (across, nf_power_of_two (image.w, NF_CUDA_BLOCK / across));
  const dim3 grid ((unsigned int) ((image.w + block.y - 1) / block.y),
      (unsigned int) MIN (image.n * image.h, NF_MOST_BLOCKS));

  nf_launch (pixels_kernel<F>, grid, block, 0, stream->handle, f, image);
}
