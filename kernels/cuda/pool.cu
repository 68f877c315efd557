/* SPDX-License-Identifier: MIT
 *
 * pool — max pooling, forward and backward (CUDA)
 *
 * Recorded, it keeps which pixel of each window won, as its number in the
 * window; backward looks, for each pixel, at the windows that it lies in.
 * Sibling: kernels/cpu/pool.c. See docs/ops.md. */
#include "cuda/nfeach.h"

#define MOST 256 /* rows of a window: numbers of its pixels fit 16 bits */

/**
 * NfPool:
 * @winner: (nullable): numbers of the pixels that won, as large as the result
 */
typedef struct
{
  guint16 *winner;
  int h, w, out_h, out_w, c, kernel, stride, pad;
} NfPool;

static NfPool
pool_of (const NfOpCall *call)
{
  const NfMaxPoolParams *p = (const NfMaxPoolParams *) call->params;
  const NfTensor *x = call->in[0], *y = call->out;

  return NfPool{ nf_data<guint16> (call->saved[0]), (int) x->h, (int) x->w,
    (int) y->h, (int) y->w, (int) x->c, p->kernel, p->stride, p->pad };
}

/* NaN wins */
template <int V, class T> struct PoolForward
{
  NfPool k;
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
      NfPack<guint16, V> winner = {};
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
              winner.v[i] = (guint16) (a * k.kernel + b);
            }
          any = true;
        }
      nf_store_pack<V> (y + to + pack * V, best);
      if (k.winner != NULL)
        *reinterpret_cast<NfPack<guint16, V> *> (k.winner + to + pack * V) =
            winner;
    }
  }
};

template <int V, class T> struct PoolBackward
{
  NfPool k;
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
        for (int b = left; b < min (k.out_w, right / k.stride + 1); b++) {
          const gsize at =
              ((gsize) (n * k.out_h + a) * k.out_w + b) * k.c + pack * V;
          const int me =
              (down - a * k.stride) * k.kernel + right - b * k.stride;
          const NfPack<guint16, V> winner =
              *reinterpret_cast<const NfPack<guint16, V> *> (k.winner + at);
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

template <int V, class T>
static void
pool_forward (NfCudaStream *stream, const NfOpCall *call)
{
  const NfTensor *y = call->out;
  const PoolForward<V, T> f = { pool_of (call), nf_data<T> (call->in[0]),
    nf_data<T> (y) };

  nf_pixels (stream, f, NfImage{ y->n, y->h, y->w, (unsigned int) y->c / V });
}

/* saved[0]: the winners, two bytes each, where the call is recorded */
gboolean
nf_cuda_max_pool_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfMaxPoolParams *p = (const NfMaxPoolParams *) call->params;
  const NfTensor *x = call->in[0], *y = call->out;

  if (p->kernel > MOST) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "max_pool: device cuda takes kernels up to %d, not %d; use device cpu",
        MOST, p->kernel);
    return FALSE;
  }
  if (call->record) {
    call->saved[0] =
        nf_tensor_new (call->device, NF_U8, y->n, 2 * y->c, y->h, y->w, error);
    if (call->saved[0] == NULL)
      return FALSE;
  }
  NF_FLOW (nf_cuda_is_bf16 (call), {
    if (x->c % nf_pack_size<T> == 0 && nf_aligned (x->data, y->data))
      pool_forward<nf_pack_size<T>, T> (stream, call);
    else
      pool_forward<1, T> (stream, call);
  });
  return nf_cuda_launched (stream, "max_pool_forward", error);
}

template <int V, class T>
static void
pool_backward (NfCudaStream *stream, const NfOpCall *call,
    const NfTensor *grad_out, const NfTensor *dx)
{
  const PoolBackward<V, T> f = { pool_of (call), nf_data<T> (grad_out),
    nf_data<T> (dx) };

  nf_pixels (
      stream, f, NfImage{ dx->n, dx->h, dx->w, (unsigned int) dx->c / V });
}

gboolean
nf_cuda_max_pool_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  const NfTensor *dx = grad_in[0];

  NF_FLOW (nf_cuda_is_bf16 (call), {
    if (dx->c % nf_pack_size<T> == 0 && nf_aligned (dx->data, grad_out->data))
      pool_backward<nf_pack_size<T>, T> (stream, call, grad_out, dx);
    else
      pool_backward<1, T> (stream, call, grad_out, dx);
  });
  return nf_cuda_launched (stream, "max_pool_backward", error);
}
