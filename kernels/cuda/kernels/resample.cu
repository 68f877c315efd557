/* SPDX-License-Identifier: MIT
 *
 * resample — FIR resampling, forward and backward (CUDA)
 *
 * Separable (1, 3, 3, 1) / 8, zeros outside, written out as the four phases of
 * the result (up) or as one sum (down), so there is nothing in between. As on
 * the CPU two kernels with a gain serve all four: the transpose of up is 4
 * down, that of down is up / 4.
 * Sibling: kernels/cpu/kernels/resample.c; nearest is in move.cu. See docs/ops.md. */
#include "cuda/kernels/nfeach.h"

/* V channels of a pixel; zeros outside the image */
template <int V, class T>
static __device__ __forceinline__ void
load_pixel (float (&v)[V], const T *x, const NfImage &image, gint64 n, gint64 y,
    gint64 column, unsigned int k)
{
  if (y >= 0 && y < image.h && column >= 0 && column < image.w) {
    nf_load_pack (
        v, x + (((n * image.h + y) * image.w + column) * image.c + k) * V);
    return;
  }
#pragma unroll
  for (int i = 0; i < V; i++)
    v[i] = 0.0f;
}

/* the four pixels of the result at one of the source, from it and the eight
 * around: near is 3/4, far 1/4 in each direction */
template <class T, int V> struct FirUp
{
  T *to;
  const T *from;
  NfImage source;
  float gain;

  /* left and right columns of the result for one row of the source */
  __device__ __forceinline__ void
  row (float (&left)[V], float (&right)[V], gint64 n, gint64 y, gint64 x,
      unsigned int k) const
  {
    float middle[V];

    load_pixel (left, from, source, n, y, x - 1, k);
    load_pixel (middle, from, source, n, y, x, k);
    load_pixel (right, from, source, n, y, x + 1, k);
#pragma unroll
    for (int i = 0; i < V; i++) {
      left[i] = 3 * middle[i] + left[i];
      right[i] = 3 * middle[i] + right[i];
    }
  }

  __device__ __forceinline__ void
  store (const float (&near)[V], const float (&far)[V], gint64 n, gint64 y,
      gint64 x, unsigned int k) const
  {
    float v[V];

#pragma unroll
    for (int i = 0; i < V; i++)
      v[i] = gain * (3 * near[i] + far[i]);
    nf_store_pack (
        to + (((n * 2 * source.h + y) * 2 * source.w + x) * source.c + k) * V,
        v);
  }

  __device__ __forceinline__ void
  pixel (gint64 n, gint64 y, gint64 x) const
  {
    NF_CHANNEL_LOOP (k, source.c)
    {
      float left[3][V], right[3][V];

#pragma unroll
      for (int i = 0; i < 3; i++)
        row (left[i], right[i], n, y + i - 1, x, k);
      store (left[1], left[0], n, 2 * y, 2 * x, k);
      store (right[1], right[0], n, 2 * y, 2 * x + 1, k);
      store (left[1], left[2], n, 2 * y + 1, 2 * x, k);
      store (right[1], right[2], n, 2 * y + 1, 2 * x + 1, k);
    }
  }
};

/* one pixel of the result from four by four of the source */
template <class T, int V> struct FirDown
{
  T *to;
  const T *from;
  NfImage source, result;
  float gain;

  __device__ __forceinline__ void
  pixel (gint64 n, gint64 y, gint64 x) const
  {
    NF_CHANNEL_LOOP (k, result.c)
    {
      float sum[V] = { 0 }, v[V];

#pragma unroll
      for (int i = 0; i < 4; i++)
#pragma unroll
        for (int j = 0; j < 4; j++) {
          const float weight =
              (i == 1 || i == 2 ? 3 : 1) * (j == 1 || j == 2 ? 3 : 1);

          load_pixel (v, from, source, n, 2 * y + i - 1, 2 * x + j - 1, k);
#pragma unroll
          for (int l = 0; l < V; l++)
            sum[l] += weight * v[l];
        }
#pragma unroll
      for (int l = 0; l < V; l++)
        sum[l] *= gain;
      nf_store_pack (
          to + (((n * result.h + y) * result.w + x) * result.c + k) * V, sum);
    }
  }
};

template <class T, int V>
static void
fir_packs (NfCudaStream *stream, const NfTensor *x, const NfTensor *y, bool up,
    float gain)
{
  const unsigned int c = (unsigned int) (x->c / V);
  const NfImage source = { x->n, x->h, x->w, c };
  const NfImage result = { y->n, y->h, y->w, c };

  if (up)
    nf_pixels (stream,
        FirUp<T, V>{ nf_data<T> (y), nf_data<T> (x), source, gain }, source);
  else
    nf_pixels (stream,
        FirDown<T, V>{ nf_data<T> (y), nf_data<T> (x), source, result, gain },
        result);
}

template <class T>
static void
fir (NfCudaStream *stream, const NfTensor *x, const NfTensor *y, bool up,
    float gain)
{
  if (x->c % nf_pack_size<T> == 0 && nf_aligned (x->data, y->data))
    fir_packs<T, nf_pack_size<T>> (stream, x, y, up, gain);
  else
    fir_packs<T, 1> (stream, x, y, up, gain);
}

gboolean
nf_cuda_fir_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const bool up = ((const NfFirParams *) call->params)->up;

  NF_DISPATCH_ACTIVATION (nf_cuda_is_bf16 (call),
      fir<T> (stream, call->in[NF_FIR_X], call->out, up,
          up ? 1.0f / 16 : 1.0f / 64));
  return nf_cuda_launched (stream, "fir_forward", error);
}

gboolean
nf_cuda_fir_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  const bool up = ((const NfFirParams *) call->params)->up;

  NF_DISPATCH_ACTIVATION (nf_cuda_is_bf16 (call),
      fir<T> (stream, grad_out, grad_in[NF_FIR_X], !up,
          up ? 1.0f / 16 : 1.0f / 64));
  return nf_cuda_launched (stream, "fir_backward", error);
}
