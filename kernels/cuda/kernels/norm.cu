/* SPDX-License-Identifier: MIT
 *
 * norm — batch norm, forward and backward (CUDA)
 *
 * y = act ((x - mean) r weight + bias + residual); with g = dy where a ReLU let
 * it pass, xh = (x - mean) r and means over all rows:
 *   dx = r weight (g - mean (g) - xh mean (g xh)), dweight = sum g xh,
 *   dbias = sum g, dresidual = g; without batch statistics no means.
 * Sums of x are of x less the first row, so a mean that is large beside the
 * deviation costs no digits. Siblings: kernels/cpu/kernels/norm.c, modulate.cu. */
#include "cuda/kernels/nfcolumns.h"

/**
 * NfBatch:
 * @residual: (nullable): as @x
 * @stats: 2 c: means, then 1 / sqrt (var + eps)
 *
 * A call's inputs.
 */
template <class T> struct NfBatch
{
  const T *x, *residual;
  const float *weight, *bias;
  float *stats;
  gsize rows;
  unsigned int c;
  bool training, relu;
  float momentum, eps;
};

template <class T>
static NfBatch<T>
batch_of (const NfOpCall *call, NfTensor *stats)
{
  const NfBatchNormParams *p = (const NfBatchNormParams *) call->params;
  const NfTensor *x = call->in[NF_BATCH_NORM_X];

  return NfBatch<T>{ nf_data<T> (x),
    nf_data<T> (call->in[NF_BATCH_NORM_RESIDUAL]),
    nf_data<float> (call->in[NF_BATCH_NORM_WEIGHT]),
    nf_data<float> (call->in[NF_BATCH_NORM_BIAS]), nf_data<float> (stats),
    (gsize) (x->n * x->h * x->w), (unsigned int) x->c, (bool) p->training,
    p->act == NF_ACT_RELU, p->momentum, p->eps };
}

/* sums of x - pivot and of its square */
template <class T> struct BatchSums
{
  NfBatch<T> k;

  template <int V>
  __device__ __forceinline__ void
  sum (const NfPart &part, float (&sums)[2][V]) const
  {
    const T *x = k.x + part.column;
    float pivot[V];

    nf_load_pack<V> (pivot, x);
#pragma unroll 4
    for (gsize row = part.row; row < part.end; row += part.step) {
      float v[V];

      nf_load_pack<V> (v, x + row * k.c);
      nf_add_moments<V> (sums, v, pivot);
    }
  }
};

/* statistics of the batch, which is counted and towards which the running ones
 * move, or these */
template <class T>
static __global__ void
batch_stats_kernel (const NfBatch<T> k, const NfColumns t, const float *parts,
    float *mean, float *var, gint64 *count)
{
  const unsigned int c = blockIdx.x * 32 + threadIdx.x;
  const float m = (float) k.rows, keep = 1.0f - k.momentum;
  float sums[2], v;

  if (k.training)
    nf_fold<2> (parts, t, 0, c, sums);
  if (threadIdx.y > 0 || c >= k.c)
    return;
  if (!k.training) {
    k.stats[c] = mean[c];
    k.stats[k.c + c] = 1.0f / sqrtf (var[c] + k.eps);
    return;
  }
  if (count != NULL && c == 0)
    ++*count;
  sums[0] /= m;
  v = sums[1] / m - sums[0] * sums[0];
  v = v < 0.0f ? 0.0f : v;
  k.stats[c] = nf_load (k.x + c) + sums[0];
  k.stats[k.c + c] = 1.0f / sqrtf (v + k.eps);
  mean[c] = keep * mean[c] + k.momentum * k.stats[c];
  var[c] = keep * var[c] + k.momentum * (k.rows > 1 ? v * (m / (m - 1)) : v);
}

template <class T> struct BatchRows
{
  NfBatch<T> k;
  T *y;

  template <int V>
  __device__ __forceinline__ void
  apply (const NfPart &part) const
  {
    float mean[V], a[V], bias[V];

#pragma unroll
    for (int i = 0; i < V; i++) {
      const unsigned int c = part.column + i;

      mean[i] = k.stats[c];
      a[i] = k.stats[k.c + c] * k.weight[c];
      bias[i] = k.bias[c];
    }
#pragma unroll 2
    for (gsize row = part.row; row < part.end; row += part.step) {
      const gsize at = row * k.c + part.column;
      float v[V], more[V] = {};

      nf_load_pack<V> (v, k.x + at);
      if (k.residual != NULL)
        nf_load_pack<V> (more, k.residual + at);
#pragma unroll
      for (int i = 0; i < V; i++) {
        v[i] = (v[i] - mean[i]) * a[i] + bias[i] + more[i];
        if (k.relu && v[i] < 0.0f)
          v[i] = 0.0f;
      }
      nf_store_pack<V> (y + at, v);
    }
  }
};

template <int V, class T>
static gboolean
batch_norm_forward (
    NfCudaStream *stream, NfOpCall *call, NfTensor *stats, GError **error)
{
  const NfBatch<T> k = batch_of<T> (call, stats);
  const NfColumns t = nf_columns (1, k.rows, k.c, V, 8, NF_COLUMN_BLOCKS);
  NfScratch room (stream, sizeof (float) * t.parts * 2 * k.c, error);

  if (room.get<float> () == NULL)
    return FALSE;
  if (k.training)
    nf_sum_columns<2, V> (stream, BatchSums<T>{ k }, t, room.get<float> ());
  nf_launch (batch_stats_kernel<T>, nf_fold_grid (t), nf_fold_block (), 0,
      stream->handle, k, t, room.get<float> (),
      nf_data<float> (call->in[NF_BATCH_NORM_MEAN]),
      nf_data<float> (call->in[NF_BATCH_NORM_VAR]),
      nf_data<gint64> (call->in[NF_BATCH_NORM_COUNT]));
  nf_apply_columns<V> (stream, BatchRows<T>{ k, nf_data<T> (call->out) },
      nf_columns (1, k.rows, k.c, V, 8, 0));
  return TRUE;
}

/* saved[0]: (1, 2 C, 1, 1): mean, then r */
gboolean
nf_cuda_batch_norm_forward (
    NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfTensor *x = call->in[NF_BATCH_NORM_X],
                 *residual = call->in[NF_BATCH_NORM_RESIDUAL];
  NfTensor *stats =
      nf_tensor_new (call->device, NF_F32, 1, 2 * x->c, 1, 1, error);
  gboolean ok;

  call->saved[0] = stats;
  if (stats == NULL)
    return FALSE;
  NF_DISPATCH_ACTIVATION (nf_cuda_is_bf16 (call),
      ok = x->c % nf_pack_size<T> == 0
              && nf_aligned (
                  nf_data<T> (x), nf_data<T> (residual), nf_data<T> (call->out))
          ? batch_norm_forward<nf_pack_size<T>, T> (stream, call, stats, error)
          : batch_norm_forward<1, T> (stream, call, stats, error));
  return ok && nf_cuda_launched (stream, "batch_norm_forward", error);
}

/* ----------------------------------------------------------------- backward */

/* sums of g and of g (x - mean) */
template <class T> struct BatchGrads
{
  NfBatch<T> k;
  const T *y, *dy; /* y: where there is a ReLU */

  template <int V>
  __device__ __forceinline__ void
  load (gsize at, float (&g)[V]) const
  {
    nf_load_pack<V> (g, dy + at);
    if (k.relu) {
      float up[V];

      nf_load_pack<V> (up, y + at);
#pragma unroll
      for (int i = 0; i < V; i++)
        g[i] = up[i] > 0.0f ? g[i] : 0.0f;
    }
  }

  template <int V>
  __device__ __forceinline__ void
  sum (const NfPart &part, float (&sums)[2][V]) const
  {
    float mean[V];

#pragma unroll
    for (int i = 0; i < V; i++)
      mean[i] = k.stats[part.column + i];
#pragma unroll 2
    for (gsize row = part.row; row < part.end; row += part.step) {
      const gsize at = row * k.c + part.column;
      float g[V], x[V];

      load<V> (at, g);
      nf_load_pack<V> (x, k.x + at);
#pragma unroll
      for (int i = 0; i < V; i++) {
        sums[0][i] += g[i];
        sums[1][i] += g[i] * (x[i] - mean[i]);
      }
    }
  }
};

/* sums of g and g xh, and their means; of g and xh of a batch alone */
template <class T>
static __global__ void
batch_fold_kernel (const NfBatch<T> k, const NfColumns t, const float *parts,
    float *means, float *dweight, float *dbias)
{
  const unsigned int c = blockIdx.x * 32 + threadIdx.x;
  const float over = k.training ? 1.0f / (float) k.rows : 0.0f;
  float sums[2];

  nf_fold<2> (parts, t, 0, c, sums);
  if (threadIdx.y > 0 || c >= k.c)
    return;
  sums[1] *= k.stats[k.c + c];
  means[c] = sums[0] * over;
  means[k.c + c] = sums[1] * over;
  if (dweight != NULL)
    dweight[c] = sums[1];
  if (dbias != NULL)
    dbias[c] = sums[0];
}

template <class T> struct BatchBack
{
  BatchGrads<T> f;
  const float *means; /* 2 c: of g, then of g xh */
  T *dx, *dresidual; /* or NULL */

  template <int V>
  __device__ __forceinline__ void
  apply (const NfPart &part) const
  {
    const NfBatch<T> &k = f.k;
    float mean[V], a[V], g1[V], g2[V];

#pragma unroll
    for (int i = 0; i < V; i++) {
      const unsigned int c = part.column + i;
      const float r = k.stats[k.c + c];

      mean[i] = k.stats[c];
      a[i] = r * k.weight[c];
      g1[i] = means[c];
      g2[i] = r * means[k.c + c];
    }
#pragma unroll 2
    for (gsize row = part.row; row < part.end; row += part.step) {
      const gsize at = row * k.c + part.column;
      float g[V], x[V];

      f.template load<V> (at, g);
      if (dresidual != NULL)
        nf_store_pack<V> (dresidual + at, g);
      if (dx == NULL)
        continue;
      nf_load_pack<V> (x, k.x + at);
#pragma unroll
      for (int i = 0; i < V; i++)
        g[i] = a[i] * (g[i] - g1[i] - (x[i] - mean[i]) * g2[i]);
      nf_store_pack<V> (dx + at, g);
    }
  }
};

template <int V, class T>
static gboolean
batch_norm_backward (NfCudaStream *stream, const BatchGrads<T> &f,
    NfTensor **grad_in, GError **error)
{
  const NfBatch<T> &k = f.k;
  const NfColumns t = nf_columns (1, k.rows, k.c, V, 8, NF_COLUMN_BLOCKS);
  const gsize sums = (gsize) t.parts * 2 * k.c;
  NfScratch room (stream, sizeof (float) * (sums + 2 * k.c), error);
  const BatchBack<T> back = { f, room.get<float> () + sums,
    nf_data<T> (grad_in[NF_BATCH_NORM_X]),
    nf_data<T> (grad_in[NF_BATCH_NORM_RESIDUAL]) };

  if (room.get<float> () == NULL)
    return FALSE;
  nf_sum_columns<2, V> (stream, f, t, room.get<float> ());
  nf_launch (batch_fold_kernel<T>, nf_fold_grid (t), nf_fold_block (), 0,
      stream->handle, k, t, room.get<float> (), room.get<float> () + sums,
      nf_data<float> (grad_in[NF_BATCH_NORM_WEIGHT]),
      nf_data<float> (grad_in[NF_BATCH_NORM_BIAS]));
  if (back.dx != NULL || back.dresidual != NULL)
    nf_apply_columns<V> (stream, back, nf_columns (1, k.rows, k.c, V, 8, 0));
  return TRUE;
}

template <class T>
static gboolean
batch_norm_backward_of (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  const NfBatch<T> k = batch_of<T> (call, call->saved[0]);
  const BatchGrads<T> f = { k, nf_data<T> (call->out), nf_data<T> (grad_out) };

  if (k.c % nf_pack_size<T> == 0
      && nf_aligned (k.x, f.y, f.dy, nf_data<T> (grad_in[NF_BATCH_NORM_X]),
          nf_data<T> (grad_in[NF_BATCH_NORM_RESIDUAL])))
    return batch_norm_backward<nf_pack_size<T>> (stream, f, grad_in, error);
  return batch_norm_backward<1> (stream, f, grad_in, error);
}

gboolean
nf_cuda_batch_norm_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  gboolean ok;

  NF_DISPATCH_ACTIVATION (nf_cuda_is_bf16 (call),
      ok = batch_norm_backward_of<T> (stream, call, grad_out, grad_in, error));
  return ok && nf_cuda_launched (stream, "batch_norm_backward", error);
}
