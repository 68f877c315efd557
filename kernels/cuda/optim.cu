/* SPDX-License-Identifier: MIT
 *
 * optim — gradient norm, Adam and running average of the weights (CUDA)
 *
 * Sibling: kernels/cpu/optim.c, which has the maths. See docs/ops.md. */
#include "cuda/nfreduce.h"

#include <math.h>

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
  const Squares f = { nf_data<float> (call->in[0]) };

  return nf_sum_each<4> (stream, f, nf_tensor_elements (call->in[0]),
             nf_aligned (f.x), 1, nf_data<float> (call->out), error)
      && nf_cuda_launched (stream, "sum_squares_forward", error);
}

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

struct Adam
{
  float *p, *m, *v;
  const float *grad;
  AdamFactors a;

  template <int V>
  __device__ __forceinline__ void
  run (gsize i) const
  {
    float x[V], g[V], first[V], second[V];

    nf_load_pack (x, p + i);
    nf_load_pack (g, grad + i);
    nf_load_pack (first, m + i);
    nf_load_pack (second, v + i);
#pragma unroll
    for (int j = 0; j < V; j++) {
      g[j] = g[j] * a.scale + a.coupled * x[j];
      first[j] = a.b1 * first[j] + a.c1 * g[j];
      second[j] = a.b2 * second[j] + a.c2 * (g[j] * g[j]);
      x[j] = a.keep * x[j]
          - a.step * first[j] / (sqrtf (second[j]) * a.root + a.eps);
    }
    nf_store_pack (p + i, x);
    nf_store_pack (m + i, first);
    nf_store_pack (v + i, second);
  }
};

gboolean
nf_cuda_adam_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const Adam f = { nf_data<float> (call->in[0]), nf_data<float> (call->in[2]),
    nf_data<float> (call->in[3]), nf_data<float> (call->in[1]),
    adam_factors ((const NfAdamParams *) call->params) };

  nf_each<4> (stream, f, nf_tensor_elements (call->in[0]),
      nf_aligned (f.p, f.m, f.v, f.grad));
  return nf_cuda_launched (stream, "adam_forward", error);
}

struct Ema
{
  float *shadow;
  const float *value;
  float keep, take;

  template <int V>
  __device__ __forceinline__ void
  run (gsize i) const
  {
    float old[V], x[V];

    nf_load_pack (old, shadow + i);
    nf_load_pack (x, value + i);
#pragma unroll
    for (int j = 0; j < V; j++)
      old[j] = take * x[j] + keep * old[j];
    nf_store_pack (shadow + i, old);
  }
};

gboolean
nf_cuda_ema_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const double rate = ((const NfEmaParams *) call->params)->rate;
  const Ema f = { nf_data<float> (call->in[0]), nf_data<float> (call->in[1]),
    (float) rate, (float) (1 - rate) };

  nf_each<4> (stream, f, nf_tensor_elements (call->in[0]),
      nf_aligned (f.shadow, f.value));
  return nf_cuda_launched (stream, "ema_forward", error);
}
