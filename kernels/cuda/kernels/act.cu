/* SPDX-License-Identifier: MIT
 *
 * act — elementwise ops, forward and backward (CUDA)
 *
 * Activations, sums, clamping, dropout, pixels to numbers and back, casts.
 * What normalize, quantize and dropout do to a number has the CPU's bits.
 * Siblings: kernels/cpu/kernels/act.c, cast.c. See docs/ops.md. */
#include "cuda/kernels/nfeach.h"
#include "cuda/kernels/philox.h"

/* ---- activation ---- */

static __device__ __forceinline__ float
act_slope (float x, NfAct act)
{
  float s;

  if (act == NF_ACT_RELU)
    return x > 0.0f ? 1.0f : 0.0f;
  if (act != NF_ACT_SILU)
    return 1.0f;
  s = 1.0f / (1.0f + expf (-x));
  return s * (1.0f + x * (1.0f - s));
}

template <class T> struct Activation
{
  T *y;
  const T *x;
  NfAct act;

  template <int V>
  __device__ __forceinline__ void
  run (gsize i) const
  {
    float v[V];

    nf_load_pack (v, x + i);
#pragma unroll
    for (int j = 0; j < V; j++)
      v[j] = nf_act_value (v[j], act);
    nf_store_pack (y + i, v);
  }
};

template <class T> struct ActivationBackward
{
  T *dx;
  const T *dy, *x;
  NfAct act;

  template <int V>
  __device__ __forceinline__ void
  run (gsize i) const
  {
    float v[V], d[V];

    nf_load_pack (v, x + i);
    nf_load_pack (d, dy + i);
#pragma unroll
    for (int j = 0; j < V; j++)
      d[j] *= act_slope (v[j], act);
    nf_store_pack (dx + i, d);
  }
};

template <class T>
static void
activation_forward (NfCudaStream *stream, NfOpCall *call)
{
  const NfActivationParams *p = (const NfActivationParams *) call->params;
  const Activation<T> f = { nf_data<T> (call->out),
    nf_data<T> (call->in[NF_ACTIVATION_X]), p->act };

  nf_each<nf_pack_size<T>> (
      stream, f, nf_tensor_elements (call->out), nf_aligned (f.y, f.x));
}

template <class T>
static void
activation_backward (
    NfCudaStream *stream, NfOpCall *call, const NfTensor *dy, NfTensor *dx)
{
  const NfActivationParams *p = (const NfActivationParams *) call->params;
  const ActivationBackward<T> f = { nf_data<T> (dx), nf_data<T> (dy),
    nf_data<T> (call->in[NF_ACTIVATION_X]), p->act };

  nf_each<nf_pack_size<T>> (
      stream, f, nf_tensor_elements (dx), nf_aligned (f.dx, f.dy, f.x));
}

gboolean
nf_cuda_activation_forward (
    NfCudaStream *stream, NfOpCall *call, GError **error)
{
  NF_DISPATCH_ACTIVATION (
      nf_cuda_is_bf16 (call), activation_forward<T> (stream, call));
  return nf_cuda_launched (stream, "activation_forward", error);
}

gboolean
nf_cuda_activation_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  NF_DISPATCH_ACTIVATION (nf_cuda_is_bf16 (call),
      activation_backward<T> (
          stream, call, grad_out, grad_in[NF_ACTIVATION_X]));
  return nf_cuda_launched (stream, "activation_backward", error);
}

/* ---- axpby ---- */

template <class T> struct Axpby
{
  T *y;
  const T *a, *b; /* b may be NULL */
  float alpha, beta;
  bool relu;

  template <int V>
  __device__ __forceinline__ void
  run (gsize i) const
  {
    float v[V], w[V] = { 0 };

    nf_load_pack (v, a + i);
    if (b != NULL)
      nf_load_pack (w, b + i);
#pragma unroll
    for (int j = 0; j < V; j++) {
      v[j] = alpha * v[j] + (b != NULL ? beta * w[j] : 0.0f);
      v[j] = relu && v[j] < 0.0f ? 0.0f : v[j];
    }
    nf_store_pack (y + i, v);
  }
};

template <class T> struct AxpbyBackward
{
  T *da, *db; /* either may be NULL */
  const T *dy, *y;
  float alpha, beta;
  bool relu;

  template <int V>
  __device__ __forceinline__ void
  store (T *d, float factor, const float (&g)[V]) const
  {
    float v[V];

    if (d == NULL)
      return;
#pragma unroll
    for (int j = 0; j < V; j++)
      v[j] = factor * g[j];
    nf_store_pack (d, v);
  }

  template <int V>
  __device__ __forceinline__ void
  run (gsize i) const
  {
    float g[V], v[V];

    nf_load_pack (g, dy + i);
    if (relu) {
      nf_load_pack (v, y + i);
#pragma unroll
      for (int j = 0; j < V; j++)
        g[j] = v[j] > 0.0f ? g[j] : 0.0f;
    }
    store (da != NULL ? da + i : NULL, alpha, g);
    store (db != NULL ? db + i : NULL, beta, g);
  }
};

template <class T>
static void
axpby_forward (NfCudaStream *stream, NfOpCall *call)
{
  const NfAxpbyParams *p = (const NfAxpbyParams *) call->params;
  const Axpby<T> f = { nf_data<T> (call->out),
    nf_data<T> (call->in[NF_AXPBY_A]), nf_data<T> (call->in[NF_AXPBY_B]),
    p->alpha, p->beta, p->act == NF_ACT_RELU };

  nf_each<nf_pack_size<T>> (
      stream, f, nf_tensor_elements (call->out), nf_aligned (f.y, f.a, f.b));
}

template <class T>
static void
axpby_backward (NfCudaStream *stream, NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in)
{
  const NfAxpbyParams *p = (const NfAxpbyParams *) call->params;
  const AxpbyBackward<T> f = { nf_data<T> (grad_in[NF_AXPBY_A]),
    nf_data<T> (grad_in[NF_AXPBY_B]), nf_data<T> (grad_out),
    nf_data<T> (call->out), p->alpha, p->beta, p->act == NF_ACT_RELU };

  nf_each<nf_pack_size<T>> (stream, f, nf_tensor_elements (grad_out),
      nf_aligned (f.da, f.db, f.dy, f.y));
}

gboolean
nf_cuda_axpby_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  NF_DISPATCH_ACTIVATION (
      nf_cuda_is_bf16 (call), axpby_forward<T> (stream, call));
  return nf_cuda_launched (stream, "axpby_forward", error);
}

gboolean
nf_cuda_axpby_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  NF_DISPATCH_ACTIVATION (nf_cuda_is_bf16 (call),
      axpby_backward<T> (stream, call, grad_out, grad_in));
  return nf_cuda_launched (stream, "axpby_backward", error);
}

/* ---- clamp ---- */

/* dy is NULL forward; NaN passes through forward */
struct Clamp
{
  float *out;
  const float *x, *dy;
  float lo, hi;

  template <int V>
  __device__ __forceinline__ void
  run (gsize i) const
  {
    float v[V], d[V];

    nf_load_pack (v, x + i);
    if (dy != NULL)
      nf_load_pack (d, dy + i);
#pragma unroll
    for (int j = 0; j < V; j++) {
      if (dy != NULL)
        v[j] = v[j] >= lo && v[j] <= hi ? d[j] : 0.0f;
      else
        v[j] = v[j] < lo ? lo : v[j] > hi ? hi : v[j];
    }
    nf_store_pack (out + i, v);
  }
};

static gboolean
clamp (NfCudaStream *stream, NfOpCall *call, const NfTensor *dy, NfTensor *out,
    GError **error)
{
  const NfClampParams *p = (const NfClampParams *) call->params;
  const Clamp f = { nf_data<float> (out), nf_data<float> (call->in[NF_CLAMP_X]),
    nf_data<float> (dy), p->lo, p->hi };

  nf_each<4> (
      stream, f, nf_tensor_elements (out), nf_aligned (f.out, f.x, f.dy));
  return nf_cuda_launched (stream, "clamp", error);
}

gboolean
nf_cuda_clamp_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  return clamp (stream, call, NULL, call->out, error);
}

gboolean
nf_cuda_clamp_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  return clamp (stream, call, grad_out, grad_in[NF_CLAMP_X], error);
}

/* ---- dropout ---- */

/* y = x m / (1 - p): a thread does the four elements of a block of words */
template <int V, class T>
static __global__ void
dropout_kernel (T *y, const T *x, gint64 samples, gsize size, NfRngKey key,
    const guint64 *first, guint32 limit, float scale)
{
  if (first != NULL)
    key.stream += *first;
  for (gint64 n = blockIdx.y; n < samples; n += gridDim.y)
    NF_GRID_LOOP (block, (size + 3) / 4)
    {
      const NfPhilox bits = nf_philox (key, n, (guint32) block);
      const gsize at = n * size + block * 4;

#pragma unroll
      for (int i = 0; i < 4; i += V) {
        float v[V];

        if (block * 4 + i >= size)
          break;
        nf_load_pack (v, x + at + i);
#pragma unroll
        for (int j = 0; j < V; j++)
          v[j] = bits.v[i + j] < limit ? 0.0f : __fmul_rn (v[j], scale);
        nf_store_pack (y + at + i, v);
      }
    }
}

template <class T>
static void
dropout (NfCudaStream *stream, const NfOpCall *call, const NfTensor *x,
    const NfTensor *y)
{
  const NfDropoutParams *p = (const NfDropoutParams *) call->params;
  const gsize size = nf_tensor_elements (y) / (gsize) y->n;
  const dim3 grid (
      nf_grid ((size + 3) / 4), (unsigned int) MIN (y->n, NF_MOST_BLOCKS));
  const guint32 limit = (guint32) ((gdouble) p->p * 4294967296.0);
  const float scale = 1.0f / (1.0f - p->p);
  const guint64 *first = nf_data<guint64> (call->in[NF_DROPOUT_FIRST]);
  T *to = nf_data<T> (y), *from = nf_data<T> (x);

  if (size % 4 == 0 && nf_aligned (to, from))
    nf_launch (dropout_kernel<4, T>, grid, NF_CUDA_BLOCK, 0, stream->handle, to,
        from, y->n, size, p->key, first, limit, scale);
  else
    nf_launch (dropout_kernel<1, T>, grid, NF_CUDA_BLOCK, 0, stream->handle, to,
        from, y->n, size, p->key, first, limit, scale);
}

gboolean
nf_cuda_dropout_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  NF_DISPATCH_ACTIVATION (nf_cuda_is_bf16 (call),
      dropout<T> (stream, call, call->in[NF_DROPOUT_X], call->out));
  return nf_cuda_launched (stream, "dropout_forward", error);
}

gboolean
nf_cuda_dropout_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  NF_DISPATCH_ACTIVATION (nf_cuda_is_bf16 (call),
      dropout<T> (stream, call, grad_out, grad_in[NF_DROPOUT_X]));
  return nf_cuda_launched (stream, "dropout_backward", error);
}

/* ---- normalize and quantize ---- */

/* y = x scale[k] + shift[k] with k = channel % period */
template <class T> struct Normalize
{
  float *y;
  const T *x;
  gsize c;
  NfNormalizeParams p;

  template <int V>
  __device__ __forceinline__ void
  run (gsize i) const
  {
    gsize channel = i % c;
    float v[V];

    nf_load_pack (v, x + i);
#pragma unroll
    for (int j = 0; j < V; j++) {
      const unsigned int k = (unsigned int) channel % (unsigned int) p.period;
      const float scale = k == 0 ? p.scale[0]
          : k == 1               ? p.scale[1]
          : k == 2               ? p.scale[2]
                                 : p.scale[3];
      const float shift = k == 0 ? p.shift[0]
          : k == 1               ? p.shift[1]
          : k == 2               ? p.shift[2]
                                 : p.shift[3];

      v[j] = nf_mul_add (v[j], scale, shift);
      channel = channel + 1 == c ? 0 : channel + 1;
    }
    nf_store_pack (y + i, v);
  }
};

template <class T>
static void
normalize (NfCudaStream *stream, const NfTensor *x, const NfTensor *y,
    const NfNormalizeParams *p)
{
  const Normalize<T> f = { nf_data<float> (y), nf_data<T> (x), (gsize) x->c,
    *p };

  nf_each<4> (stream, f, nf_tensor_elements (y), nf_aligned (f.y, f.x));
}

gboolean
nf_cuda_normalize_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfNormalizeParams *p = (const NfNormalizeParams *) call->params;

  if (call->in[NF_NORMALIZE_X]->dtype == NF_U8)
    normalize<guint8> (stream, call->in[NF_NORMALIZE_X], call->out, p);
  else
    normalize<float> (stream, call->in[NF_NORMALIZE_X], call->out, p);
  return nf_cuda_launched (stream, "normalize_forward", error);
}

gboolean
nf_cuda_normalize_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  NfNormalizeParams scale = *(const NfNormalizeParams *) call->params;

  for (guint i = 0; i < G_N_ELEMENTS (scale.shift); i++)
    scale.shift[i] = 0.0f;
  normalize<float> (stream, grad_out, grad_in[NF_NORMALIZE_X], &scale);
  return nf_cuda_launched (stream, "normalize_backward", error);
}

struct Quantize
{
  guint8 *y;
  const float *x;
  float scale, shift;

  template <int V>
  __device__ __forceinline__ void
  run (gsize i) const
  {
    float v[V];
    NfPack<guint8, V> bytes;

    nf_load_pack (v, x + i);
#pragma unroll
    for (int j = 0; j < V; j++) {
      v[j] = nf_mul_add (v[j], scale, shift);
      if (!(v[j] > 0.0f))
        bytes.v[j] = 0;
      else
        bytes.v[j] = v[j] >= 255.0f ? 255 : (guint8) rintf (v[j]);
    }
    *reinterpret_cast<NfPack<guint8, V> *> (y + i) = bytes;
  }
};

gboolean
nf_cuda_quantize_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfQuantizeParams *p = (const NfQuantizeParams *) call->params;
  const Quantize f = { nf_data<guint8> (call->out),
    nf_data<float> (call->in[NF_QUANTIZE_X]), p->scale, p->shift };

  nf_each<4> (stream, f, nf_tensor_elements (call->out), nf_aligned (f.y, f.x));
  return nf_cuda_launched (stream, "quantize_forward", error);
}

/* ---- cast ---- */

template <class To, class From>
static gboolean
cast_to (NfCudaStream *stream, const NfTensor *x, NfTensor *y, GError **error)
{
  const NfConvert<To, From> f = { nf_data<To> (y), nf_data<From> (x) };

  nf_each<8> (stream, f, nf_tensor_elements (y), nf_aligned (f.y, f.x));
  return nf_cuda_launched (stream, "cast", error);
}

static gboolean
cast (NfCudaStream *stream, const NfTensor *x, NfTensor *y, GError **error)
{
  if (x->dtype == y->dtype)
    return nf_cuda_ok (cudaMemcpyAsync (y->data, x->data, y->bytes,
                           cudaMemcpyDeviceToDevice, stream->handle),
        "cast", error);
  if (y->dtype == NF_BF16)
    return cast_to<NfBf16, float> (stream, x, y, error);
  return cast_to<float, NfBf16> (stream, x, y, error);
}

gboolean
nf_cuda_cast_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  return cast (stream, call->in[NF_CAST_X], call->out, error);
}

gboolean
nf_cuda_cast_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  return cast (stream, grad_out, grad_in[NF_CAST_X], error);
}
