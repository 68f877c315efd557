/* SPDX-License-Identifier: MIT
 *
 * modulate — y = x (1 + scale) + shift, forward and backward (CUDA)
 *
 * scale and shift are maps, or a value a channel; see docs/ops.md. Their
 * gradients are sums over what shares a value. Siblings: kernels/cpu/kernels/norm.c,
 * norm.cu. */
#include "cuda/kernels/nfcolumns.h"

/**
 * NfModulate:
 * @x: (samples, rows, c)
 * @scale: (samples or 1, rows or 1, c)
 * @shift: (nullable): likewise
 * @shared: one for all samples
 * @whole: maps
 */
template <class T> struct NfModulate
{
  const T *x, *scale, *shift;
  gsize rows;
  unsigned int samples, c;
  bool shared, whole;
  T *y;

  template <int V>
  __device__ __forceinline__ void
  apply (const NfPart &part) const
  {
    const gsize first = part.sample * rows * c + part.column;
    const gsize map =
        (shared ? 0 : part.sample * (whole ? rows : 1) * c) + part.column;

#pragma unroll 2
    for (gsize row = part.row; row < part.end; row += part.step) {
      const gsize at = map + (whole ? row * c : 0);
      float v[V], a[V], b[V] = {};

      nf_load_pack<V> (v, x + first + row * c);
      nf_load_pack<V> (a, scale + at);
      if (shift != NULL)
        nf_load_pack<V> (b, shift + at);
#pragma unroll
      for (int i = 0; i < V; i++)
        v[i] = v[i] * (1.0f + a[i]) + b[i];
      nf_store_pack<V> (y + first + row * c, v);
    }
  }
};

template <class T>
static NfModulate<T>
modulate_of (const NfOpCall *call)
{
  const NfTensor *x = call->in[NF_MODULATE_X], *s = call->in[NF_MODULATE_SCALE];

  return NfModulate<T>{ nf_data<T> (x), nf_data<T> (s),
    nf_data<T> (call->in[NF_MODULATE_SHIFT]), (gsize) (x->h * x->w),
    (unsigned int) x->n, (unsigned int) x->c, s->n < x->n,
    s->h * s->w == x->h * x->w, nf_data<T> (call->out) };
}

/* gradients of maps: of dscale dy x, of dshift dy */
template <class T> struct ModulateMaps
{
  NfModulate<T> k;
  const T *dy;
  T *dscale, *dshift; /* or NULL */

  template <int V>
  __device__ __forceinline__ void
  apply (const NfPart &part) const
  {
    const gsize size = k.rows * k.c;
    const unsigned int users = k.shared ? k.samples : 1;

    for (gsize row = part.row; row < part.end; row += part.step) {
      const gsize at = part.sample * size + row * k.c + part.column;
      float da[V] = {}, db[V] = {};

      for (unsigned int n = 0; n < users; n++) {
        float g[V], x[V];

        nf_load_pack<V> (g, dy + n * size + at);
        nf_load_pack<V> (x, k.x + n * size + at);
#pragma unroll
        for (int i = 0; i < V; i++) {
          da[i] += g[i] * x[i];
          db[i] += g[i];
        }
      }
      if (dscale != NULL)
        nf_store_pack<V> (dscale + at, da);
      if (dshift != NULL)
        nf_store_pack<V> (dshift + at, db);
    }
  }
};

/* the same for a value a channel, as sums over rows */
template <class T> struct ModulateSums
{
  const T *x, *dy;
  gsize rows; /* that share the value */
  unsigned int c;

  template <int V>
  __device__ __forceinline__ void
  sum (const NfPart &part, float (&sums)[2][V]) const
  {
    const gsize first = part.sample * rows * c + part.column;

#pragma unroll 4
    for (gsize row = part.row; row < part.end; row += part.step) {
      float g[V], v[V];

      nf_load_pack<V> (g, dy + first + row * c);
      nf_load_pack<V> (v, x + first + row * c);
#pragma unroll
      for (int i = 0; i < V; i++) {
        sums[0][i] += g[i] * v[i];
        sums[1][i] += g[i];
      }
    }
  }
};

template <class T>
static __global__ void
modulate_fold_kernel (
    const NfColumns t, const float *parts, T *dscale, T *dshift)
{
  const unsigned int c = blockIdx.x * 32 + threadIdx.x;
  const gsize at = (gsize) blockIdx.y * t.columns + c;
  float sums[2];

  nf_fold<2> (parts, t, blockIdx.y, c, sums);
  if (threadIdx.y > 0 || c >= t.columns)
    return;
  if (dscale != NULL)
    nf_store (&dscale[at], sums[0]);
  if (dshift != NULL)
    nf_store (&dshift[at], sums[1]);
}

template <int V, class T>
static gboolean
modulate_vectors (
    NfCudaStream *stream, const ModulateMaps<T> &f, GError **error)
{
  const NfModulate<T> &k = f.k;
  const gsize samples = k.shared ? 1 : k.samples;
  const gsize rows = k.samples / samples * k.rows;
  const NfColumns t = nf_columns (samples, rows, k.c, V, 8, NF_COLUMN_BLOCKS);
  NfScratch room (stream, sizeof (float) * samples * t.parts * 2 * k.c, error);

  if (room.get<float> () == NULL)
    return FALSE;
  nf_sum_columns<2, V> (
      stream, ModulateSums<T>{ k.x, f.dy, rows, k.c }, t, room.get<float> ());
  nf_launch (modulate_fold_kernel<T>, nf_fold_grid (t), nf_fold_block (), 0,
      stream->handle, t, room.get<float> (), f.dscale, f.dshift);
  return TRUE;
}

template <int V, class T>
static gboolean
modulate_backward (
    NfCudaStream *stream, const ModulateMaps<T> &f, T *dx, GError **error)
{
  const NfModulate<T> &k = f.k;
  NfModulate<T> back = k;

  back.x = f.dy;
  back.shift = NULL;
  back.y = dx;
  if (dx != NULL)
    nf_apply_columns<V> (
        stream, back, nf_columns (k.samples, k.rows, k.c, V, 4, 0));
  if (f.dscale == NULL && f.dshift == NULL)
    return TRUE;
  if (!k.whole)
    return modulate_vectors<V> (stream, f, error);
  nf_apply_columns<V> (
      stream, f, nf_columns (k.shared ? 1 : k.samples, k.rows, k.c, V, 4, 0));
  return TRUE;
}

template <class T>
static gboolean
modulate_backward_of (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  const NfModulate<T> k = modulate_of<T> (call);
  const ModulateMaps<T> f = { k, nf_data<T> (grad_out),
    nf_data<T> (grad_in[NF_MODULATE_SCALE]),
    nf_data<T> (grad_in[NF_MODULATE_SHIFT]) };
  T *dx = nf_data<T> (grad_in[NF_MODULATE_X]);

  if (k.c % nf_pack_size<T> == 0
      && nf_aligned (k.x, k.scale, f.dy, f.dscale, f.dshift, dx))
    return modulate_backward<nf_pack_size<T>> (stream, f, dx, error);
  return modulate_backward<1> (stream, f, dx, error);
}

template <class T>
static void
modulate_forward (NfCudaStream *stream, const NfModulate<T> &k)
{
  if (k.c % nf_pack_size<T> == 0 && nf_aligned (k.x, k.scale, k.shift, k.y))
    nf_apply_columns<nf_pack_size<T>> (
        stream, k, nf_columns (k.samples, k.rows, k.c, nf_pack_size<T>, 4, 0));
  else
    nf_apply_columns<1> (
        stream, k, nf_columns (k.samples, k.rows, k.c, 1, 4, 0));
}

gboolean
nf_cuda_modulate_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  NF_DISPATCH_ACTIVATION (
      nf_cuda_is_bf16 (call), modulate_forward (stream, modulate_of<T> (call)));
  return nf_cuda_launched (stream, "modulate_forward", error);
}

gboolean
nf_cuda_modulate_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  gboolean ok;

  NF_DISPATCH_ACTIVATION (nf_cuda_is_bf16 (call),
      ok = modulate_backward_of<T> (stream, call, grad_out, grad_in, error));
  return ok && nf_cuda_launched (stream, "modulate_backward", error);
}
