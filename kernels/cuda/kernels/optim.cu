/* SPDX-License-Identifier: MIT
 *
 * optim — gradient norm, Adam and running average of the weights (CUDA)
 *
 * One tensor at a time as ops, or all at once for nf_optim_norm() and
 * nf_optim_step(): then a block does one chunk of one tensor, and of the copy
 * that convolutions and products read (weights.cu).
 * Sibling: kernels/cpu/kernels/optim.c, which has the maths. See docs/ops.md. */
#include "cuda/kernels/nfreduce.h"
#include "cuda/runtime/nfcudacopy.h"
#include "cuda/runtime/nfcudastream.h"

#include <math.h>

/* ---- sum of squares ---- */

struct Squares
{
  const float *x;

  template <int V>
  __device__ __forceinline__ double
  sum (gsize i) const
  {
    float v[V], sum = 0.0f;

    nf_load_pack (v, x + i);
#pragma unroll
    for (int j = 0; j < V; j++)
      sum += v[j] * v[j];
    return sum;
  }
};

gboolean
nf_cuda_sum_squares_forward (
    NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const Squares f = { nf_data<float> (call->in[NF_SUM_SQUARES_X]) };

  return nf_sum_each<4> (stream, f,
             nf_tensor_elements (call->in[NF_SUM_SQUARES_X]), nf_aligned (f.x),
             1, nf_data<float> (call->out), error)
      && nf_cuda_launched (stream, "sum_squares_forward", error);
}

/* ---- Adam and EMA ---- */

/* what Adam's parameters come to, in the CPU's words */
typedef struct
{
  float scale, eps, coupled, keep, b1, b2, c1, c2, step, root;
} AdamFactors;

static AdamFactors
adam_factors (const NfAdamParams *a)
{
  AdamFactors f;

  f.scale = (float) a->grad_scale;
  f.eps = (float) a->eps;
  f.coupled = a->decoupled ? 0 : (float) a->weight_decay;
  f.keep = a->decoupled ? (float) (1 - a->lr * a->weight_decay) : 1;
  f.b1 = (float) a->beta1;
  f.b2 = (float) a->beta2;
  f.c1 = (float) (1 - a->beta1);
  f.c2 = (float) (1 - a->beta2);
  f.step = (float) (a->lr / (1 - pow (a->beta1, (double) a->t)));
  f.root = (float) (1 / sqrt (1 - pow (a->beta2, (double) a->t)));
  return f;
}

typedef struct
{
  float keep, take;
} EmaFactors;

static EmaFactors
ema_factors (double rate)
{
  return EmaFactors{ (float) rate, (float) (1 - rate) };
}

/* a pointer from a table may point anywhere, for all that nvcc knows */
#define IN_GLOBAL(pointer) __builtin_assume (__isGlobal (pointer))

/* what is kept of a weight in another form, see weights.cu; @data NULL: nothing */
typedef struct
{
  void *data;
  float gain;
  bool bf16;
} WeightCopy;

template <int V>
static __device__ __forceinline__ void
store_copy (const WeightCopy &copy, gsize i, const float (&x)[V])
{
  float scaled[V];

  IN_GLOBAL (copy.data);
#pragma unroll
  for (int j = 0; j < V; j++)
    scaled[j] = copy.gain * x[j];
  if (copy.bf16)
    nf_store_pack (static_cast<NfBf16 *> (copy.data) + i, scaled);
  else
    nf_store_pack (static_cast<float *> (copy.data) + i, scaled);
}

/* one parameter: Adam where there is a gradient, then its running average where
 * there is a shadow */
struct Update
{
  float *p, *m, *v, *shadow;
  const float *grad;
  WeightCopy copy;
  AdamFactors adam;
  EmaFactors ema;

  template <int V>
  __device__ __forceinline__ void
  move (float (&x)[V], gsize i) const
  {
    float g[V], first[V], second[V];

    IN_GLOBAL (grad);
    IN_GLOBAL (m);
    IN_GLOBAL (v);
    nf_load_pack (g, grad + i);
    nf_load_pack (first, m + i);
    nf_load_pack (second, v + i);
#pragma unroll
    for (int j = 0; j < V; j++) {
      g[j] = g[j] * adam.scale + adam.coupled * x[j];
      first[j] = adam.b1 * first[j] + adam.c1 * g[j];
      second[j] = adam.b2 * second[j] + adam.c2 * (g[j] * g[j]);
      x[j] = adam.keep * x[j]
          - adam.step * first[j] / (sqrtf (second[j]) * adam.root + adam.eps);
    }
    nf_store_pack (p + i, x);
    nf_store_pack (m + i, first);
    nf_store_pack (v + i, second);
    if (copy.data != NULL)
      store_copy (copy, i, x);
  }

  template <int V>
  __device__ __forceinline__ void
  run (gsize i) const
  {
    float x[V], old[V];

    IN_GLOBAL (p);
    nf_load_pack (x, p + i);
    if (grad != NULL)
      move (x, i);
    if (shadow == NULL)
      return;
    IN_GLOBAL (shadow);
    nf_load_pack (old, shadow + i);
#pragma unroll
    for (int j = 0; j < V; j++)
      old[j] = ema.take * x[j] + ema.keep * old[j];
    nf_store_pack (shadow + i, old);
  }
};

gboolean
nf_cuda_adam_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const Update f = { nf_data<float> (call->in[NF_ADAM_PARAM]),
    nf_data<float> (call->in[NF_ADAM_M]), nf_data<float> (call->in[NF_ADAM_V]),
    NULL, nf_data<float> (call->in[NF_ADAM_GRAD]), {},
    adam_factors ((const NfAdamParams *) call->params), {} };

  nf_each<4> (stream, f, nf_tensor_elements (call->in[NF_ADAM_PARAM]),
      nf_aligned (f.p, f.m, f.v, f.grad));
  return nf_cuda_launched (stream, "adam_forward", error);
}

gboolean
nf_cuda_ema_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const Update f = { nf_data<float> (call->in[NF_EMA_VALUE]), NULL, NULL,
    nf_data<float> (call->in[NF_EMA_SHADOW]), NULL, {}, {},
    ema_factors (((const NfEmaParams *) call->params)->rate) };

  nf_each<4> (stream, f, nf_tensor_elements (call->in[NF_EMA_SHADOW]),
      nf_aligned (f.p, f.shadow));
  return nf_cuda_launched (stream, "ema_forward", error);
}

/* ---- all tensors at once ---- */

#define CHUNK 16384 /* elements that a block does */

/* one tensor, or one parameter with what belongs to it; a table of them lies on
 * the device, and a block looks up which one its chunk is of */
typedef struct
{
  float *p, *m, *v, *shadow;
  const float *grad;
  WeightCopy copy;
  gsize n;
  guint32 chunk; /* number of its first chunk */
  gboolean aligned;
} Leaf;

/* the last leaf that does not begin behind the chunk */
static __device__ __forceinline__ const Leaf *
leaf_of (const Leaf *leaves, unsigned int n, unsigned int chunk)
{
  unsigned int least = 0, most = n - 1;

  while (least < most) {
    const unsigned int middle = (least + most + 1) / 2;

    if (leaves[middle].chunk <= chunk)
      least = middle;
    else
      most = middle - 1;
  }
  return &leaves[least];
}

/* f.run<V> (i) for the elements of the block's chunk */
template <class F>
static __device__ __forceinline__ void
each_of_chunk (const Leaf &leaf, F &f)
{
  const gsize from = (gsize) (blockIdx.x - leaf.chunk) * CHUNK;
  const gsize to = MIN (from + CHUNK, leaf.n);
  const gsize packs = leaf.aligned ? (to - from) / 4 : 0;

  for (gsize i = threadIdx.x; i < packs; i += blockDim.x)
    f.template run<4> (from + i * 4);
  for (gsize i = from + packs * 4 + threadIdx.x; i < to; i += blockDim.x)
    f.template run<1> (i);
}

struct ChunkSquares
{
  Squares squares;
  double total;

  template <int V>
  __device__ __forceinline__ void
  run (gsize i)
  {
    total += squares.sum<V> (i);
  }
};

static __global__ void
chunk_squares_kernel (const Leaf *leaves, unsigned int n, double *parts)
{
  __shared__ double shared[32];
  const Leaf leaf = *leaf_of (leaves, n, blockIdx.x);
  ChunkSquares f = { { leaf.p }, 0 };

  IN_GLOBAL (leaf.p);
  each_of_chunk (leaf, f);
  f.total = nf_block_sum (f.total, shared);
  if (threadIdx.x == 0)
    parts[blockIdx.x] = f.total;
}

static __global__ void
chunk_update_kernel (
    const Leaf *leaves, unsigned int n, AdamFactors adam, EmaFactors ema)
{
  const Leaf leaf = *leaf_of (leaves, n, blockIdx.x);
  const Update f = { leaf.p, leaf.m, leaf.v, leaf.shadow, leaf.grad, leaf.copy,
    adam, ema };

  each_of_chunk (leaf, f);
}

/* the leaf's place in the table; returns the next one's first chunk */
static guint32
place_leaf (Leaf *leaf, const NfTensor *tensor, guint32 chunk)
{
  leaf->p = nf_data<float> (tensor);
  leaf->n = nf_tensor_elements (tensor);
  leaf->chunk = chunk;
  leaf->aligned =
      nf_aligned (leaf->p, leaf->m, leaf->v, leaf->shadow, leaf->grad);
  return chunk + (guint32) ((leaf->n + CHUNK - 1) / CHUNK);
}

static gboolean
optim_norm (NfDevice *device, NfTensor *const *tensors, guint n, gdouble *norm,
    GError **error)
{
  NfCudaStream *stream = nf_cuda_stream_current (device, error);
  g_autofree Leaf *leaves = g_new0 (Leaf, n);
  guint32 chunks = 0;
  gdouble sum;

  if (stream == NULL)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    if (!nf_cuda_reads (stream, tensors[i]->data, error))
      return FALSE;
    chunks = place_leaf (&leaves[i], tensors[i], chunks);
  }
  NfScratch table (stream, n * sizeof (Leaf), error);
  NfScratch parts (stream, (chunks + 1) * sizeof (double), error);
  if (table.get<Leaf> () == NULL || parts.get<double> () == NULL
      || !nf_cuda_upload (
          stream, table.get<Leaf> (), leaves, n * sizeof (Leaf), error))
    return FALSE;
  nf_launch (chunk_squares_kernel, chunks, NF_CUDA_BLOCK, 0, stream->handle,
      table.get<Leaf> (), n, parts.get<double> ());
  nf_launch (sum_parts_kernel<double>, 1, NF_CUDA_BLOCK, 0, stream->handle,
      parts.get<double> (), chunks, 1.0, parts.get<double> () + chunks);
  if (!nf_cuda_launched (stream, "optim_norm", error)
      || !nf_cuda_download (
          stream, &sum, parts.get<double> () + chunks, sizeof sum, error))
    return FALSE;
  *norm = sqrt (sum);
  return TRUE;
}

/* the item's tensors, whose other users have been waited for */
static gboolean
begin_item (
    NfCudaStream *stream, const NfOptimItem *item, Leaf *leaf, GError **error)
{
  NfTensor *changed[] = { item->shadow, item->value, item->m, item->v };
  const NfTensor *copy = NULL;

  for (guint i = 0; i < (item->grad != NULL ? G_N_ELEMENTS (changed) : 1); i++)
    if (changed[i] != NULL && !nf_cuda_writes (stream, changed[i]->data, error))
      return FALSE;
  if (item->grad != NULL
      && !nf_cuda_weight_move (
          stream, item->value, &copy, &leaf->copy.gain, error))
    return FALSE;
  leaf->copy.data = nf_data<void> (copy);
  leaf->copy.bf16 = copy != NULL && copy->dtype == NF_BF16;
  leaf->m = nf_data<float> (item->m);
  leaf->v = nf_data<float> (item->v);
  leaf->shadow = nf_data<float> (item->shadow);
  leaf->grad = nf_data<float> (item->grad);
  return nf_cuda_reads (
      stream, (item->grad != NULL ? item->grad : item->value)->data, error);
}

static gboolean
optim_step (NfDevice *device, const NfOptimItem *items, guint n,
    const NfAdamParams *adam, gdouble ema_rate, GError **error)
{
  NfCudaStream *stream = nf_cuda_stream_current (device, error);
  g_autofree Leaf *leaves = g_new0 (Leaf, n);
  guint32 chunks = 0;
  guint used = 0;

  if (stream == NULL)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    if (items[i].grad == NULL && items[i].shadow == NULL)
      continue;
    if (!begin_item (stream, &items[i], &leaves[used], error))
      return FALSE;
    chunks = place_leaf (&leaves[used++], items[i].value, chunks);
  }
  if (used == 0)
    return TRUE;
  NfScratch table (stream, used * sizeof (Leaf), error);
  if (table.get<Leaf> () == NULL
      || !nf_cuda_upload (
          stream, table.get<Leaf> (), leaves, used * sizeof (Leaf), error))
    return FALSE;
  nf_launch (chunk_update_kernel, chunks, NF_CUDA_BLOCK, 0, stream->handle,
      table.get<Leaf> (), used, adam_factors (adam), ema_factors (ema_rate));
  return nf_cuda_launched (stream, "optim_step", error);
}

const NfBackendOptim nf_cuda_backend_optim = { optim_norm, optim_step };
