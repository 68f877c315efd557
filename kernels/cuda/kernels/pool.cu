/* SPDX-License-Identifier: MIT
 *
 * pool — max pooling, forward and backward (CUDA)
 *
 * Recorded, it keeps which pixel of each window won, in 16 bits as its number
 * in the window, or, where windows are larger, in 32 bits as its number in the
 * image; backward looks, for each pixel, at the windows that it lies in.
 * Sibling: kernels/cpu/kernels/pool.c. See docs/ops.md. */
#include "cuda/kernels/nfeach.h"

#define MOST 256 /* rows of a window whose pixels' numbers fit 16 bits */

/**
 * NfPool:
 * @winner: (nullable): numbers of the pixels that won, as large as the result;
 *   guint16 or guint32
 */
template <class W> struct NfPool
{
  W *winner;
  int h, w, out_h, out_w, c, kernel, stride, pad;

  /* of the pixel at (@row, @column), which is (@a, @b) in the window */
  __device__ __forceinline__ W
  number (int row, int column, int a, int b) const
  {
    return sizeof (W) == 2 ? (W) (a * kernel + b)
                           : (W) row * (W) w + (W) column;
  }
};

static bool
is_wide (const NfOpCall *call)
{
  return ((const NfMaxPoolParams *) call->params)->kernel > MOST;
}

template <class W>
static NfPool<W>
pool_of (const NfOpCall *call)
{
  const NfMaxPoolParams *p = (const NfMaxPoolParams *) call->params;
  const NfTensor *x = call->in[NF_MAX_POOL_X], *y = call->out;

  return NfPool<W>{ nf_data<W> (call->saved[0]), (int) x->h, (int) x->w,
    (int) y->h, (int) y->w, (int) x->c, p->kernel, p->stride, p->pad };
}

/* NaN wins */
template <int V, class T, class W> struct PoolForward
{
  NfPool<W> k;
  const T *x;
  T *y;

  __device__ __forceinline__ void
  pixel (gint64 n, int row, int column) const
  {
    const gsize to = ((gsize) (n * k.out_h + row) * k.out_w + column) * k.c;
    const int top = row * k.stride - k.pad, left = column * k.stride - k.pad;

    NF_CHANNEL_LOOP (pack, (unsigned int) k.c / V)
    {
      const T *from = x + (gsize) n * k.h * k.w * k.c + pack * V;
      NfPack<W, V> winner = {};
      float best[V] = {};
      bool any = false;

      for (int a = max (0, -top); a < min (k.kernel, k.h - top); a++)
        for (int b = max (0, -left); b < min (k.kernel, k.w - left); b++) {
          const gsize at = (gsize) (top + a) * k.w + left + b;
          float v[V];

          nf_load_pack<V> (v, from + at * k.c);
#pragma unroll
          for (int i = 0; i < V; i++)
            if (!any || v[i] > best[i] || isnan (v[i])) {
              best[i] = v[i];
              winner.v[i] = k.number (top + a, left + b, a, b);
            }
          any = true;
        }
      nf_store_pack<V> (y + to + pack * V, best);
      if (k.winner != NULL)
        *reinterpret_cast<NfPack<W, V> *> (k.winner + to + pack * V) = winner;
    }
  }
};

template <int V, class T, class W> struct PoolBackward
{
  NfPool<W> k;
  const T *dy;
  T *dx;

  __device__ __forceinline__ void
  pixel (gint64 n, int row, int column) const
  {
    const gsize to = ((gsize) (n * k.h + row) * k.w + column) * k.c;
    const int down = row + k.pad, right = column + k.pad;
    const int top = max (0, (down - k.kernel + k.stride) / k.stride);
    const int left = max (0, (right - k.kernel + k.stride) / k.stride);

    NF_CHANNEL_LOOP (pack, (unsigned int) k.c / V)
    {
      float sum[V] = {};

      for (int a = top; a < min (k.out_h, down / k.stride + 1); a++)
/* of four at once the numbers alone would fill the registers */
#pragma unroll 2
        for (int b = left; b < min (k.out_w, right / k.stride + 1); b++) {
          const gsize at =
              ((gsize) (n * k.out_h + a) * k.out_w + b) * k.c + pack * V;
          const W me =
              k.number (row, column, down - a * k.stride, right - b * k.stride);
          const NfPack<W, V> winner =
              *reinterpret_cast<const NfPack<W, V> *> (k.winner + at);
          float v[V];

          nf_load_pack<V> (v, dy + at);
#pragma unroll
          for (int i = 0; i < V; i++)
            sum[i] += winner.v[i] == me ? v[i] : 0.0f;
        }
      nf_store_pack<V> (dx + to + pack * V, sum);
    }
  }
};

template <int V, class T, class W>
static void
pool_forward (NfCudaStream *stream, const NfOpCall *call)
{
  const NfTensor *y = call->out;
  const PoolForward<V, T, W> f = { pool_of<W> (call),
    nf_data<T> (call->in[NF_MAX_POOL_X]), nf_data<T> (y) };

  nf_pixels (stream, f, NfImage{ y->n, y->h, y->w, (unsigned int) y->c / V });
}

template <class T, class W>
static void
pool_forward_any (NfCudaStream *stream, const NfOpCall *call)
{
  if (call->in[NF_MAX_POOL_X]->c % nf_pack_size<T> == 0
      && nf_aligned (call->in[NF_MAX_POOL_X]->data, call->out->data))
    pool_forward<nf_pack_size<T>, T, W> (stream, call);
  else
    pool_forward<1, T, W> (stream, call);
}

/* saved[0]: the winners, two or four bytes each, where the call is recorded */
gboolean
nf_cuda_max_pool_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfTensor *y = call->out;

  if (call->record) {
    call->saved[0] = nf_tensor_new (call->device, NF_U8, y->n,
        (is_wide (call) ? 4 : 2) * y->c, y->h, y->w, error);
    if (call->saved[0] == NULL)
      return FALSE;
  }
  NF_DISPATCH_ACTIVATION (nf_cuda_is_bf16 (call), {
    if (is_wide (call))
      pool_forward_any<T, guint32> (stream, call);
    else
      pool_forward_any<T, guint16> (stream, call);
  });
  return nf_cuda_launched (stream, "max_pool_forward", error);
}

template <int V, class T, class W>
static void
pool_backward (NfCudaStream *stream, const NfOpCall *call,
    const NfTensor *grad_out, const NfTensor *dx)
{
  const PoolBackward<V, T, W> f = { pool_of<W> (call), nf_data<T> (grad_out),
    nf_data<T> (dx) };

  nf_pixels (
      stream, f, NfImage{ dx->n, dx->h, dx->w, (unsigned int) dx->c / V });
}

template <class T, class W>
static void
pool_backward_any (NfCudaStream *stream, const NfOpCall *call,
    const NfTensor *grad_out, const NfTensor *dx)
{
  if (dx->c % nf_pack_size<T> == 0 && nf_aligned (dx->data, grad_out->data))
    pool_backward<nf_pack_size<T>, T, W> (stream, call, grad_out, dx);
  else
    pool_backward<1, T, W> (stream, call, grad_out, dx);
}

gboolean
nf_cuda_max_pool_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  NF_DISPATCH_ACTIVATION (nf_cuda_is_bf16 (call), {
    if (is_wide (call))
      pool_backward_any<T, guint32> (
          stream, call, grad_out, grad_in[NF_MAX_POOL_X]);
    else
      pool_backward_any<T, guint16> (
          stream, call, grad_out, grad_in[NF_MAX_POOL_X]);
  });
  return nf_cuda_launched (stream, "max_pool_backward", error);
}
