/* SPDX-License-Identifier: MIT
 *
 * nfgroupnorm — what group norm's kernels forward and backward share (CUDA)
 *
 * The maths is in kernels/cpu/kernels/groupnorm.c. A group's channels lie side by side
 * in each pixel, so groups are done as columns, see nfcolumns.h. Where a few
 * groups fit the caches one block does them at once, all steps in one kernel. */
#pragma once

#include "cuda/kernels/nfcolumns.h"

#define NF_NORM_MOST_GROUPS 8 /* in one block */
#define NF_NORM_MOST 16384 /* values in one block */

/**
 * NfNorm:
 * @x: (samples, rows, cx)
 * @skip: (nullable): (samples, rows, c - cx): channels behind those of @x
 * @weight: (nullable): c
 * @bias: (nullable): c
 * @scale: (nullable): (samples or 1, rows, c)
 * @shift: (nullable): likewise
 * @time: (nullable): (samples or 1, 2 c)
 * @stats: (samples, 2 groups): means, then 1 / sqrt (var + eps)
 * @map_step: from row to row of @scale and @shift, in elements
 * @cx: channels of @x
 * @c: of @x and @skip
 * @per: channels of a group
 * @shared_maps: one for all samples
 * @shared_time: likewise
 *
 * A call's inputs.
 */
template <class T> struct NfNorm
{
  const T *x, *skip;
  const float *weight, *bias;
  const T *scale, *shift;
  const float *time;
  float *stats;
  gsize rows, map_step;
  unsigned int samples, cx, c, groups, per;
  bool shared_maps, shared_time, silu;
  float eps;
};

/* maps, or their gradients; shift lies behind scale where it is no tensor of
 * its own */
template <class T> struct NfNormMaps
{
  T *scale, *shift;
};

/* @tensors: the call's inputs, or their gradients */
template <class T>
static inline NfNormMaps<T>
nf_norm_maps (NfTensor *const *tensors, unsigned int c)
{
  const NfTensor *scale = tensors[NF_GROUP_NORM_SCALE];
  NfNormMaps<T> maps = { nf_data<T> (scale),
    nf_data<T> (tensors[NF_GROUP_NORM_SHIFT]) };

  if (scale != NULL && scale->c > c)
    maps.shift = maps.scale + c;
  return maps;
}

template <class T>
static inline NfNorm<T>
nf_norm_of (const NfOpCall *call, NfTensor *stats)
{
  const NfGroupNormParams *p = (const NfGroupNormParams *) call->params;
  const NfTensor *x = call->in[NF_GROUP_NORM_X],
                 *scale = call->in[NF_GROUP_NORM_SCALE],
                 *time = call->in[NF_GROUP_NORM_TIME];
  const unsigned int c = (unsigned int) call->out->c;
  const NfNormMaps<T> maps = nf_norm_maps<T> (call->in, c);

  return NfNorm<T>{ nf_data<T> (x), nf_data<T> (call->in[NF_GROUP_NORM_SKIP]),
    nf_data<float> (call->in[NF_GROUP_NORM_WEIGHT]),
    nf_data<float> (call->in[NF_GROUP_NORM_BIAS]), maps.scale, maps.shift,
    nf_data<float> (time), nf_data<float> (stats), (gsize) (x->h * x->w),
    (gsize) (scale != NULL ? scale->c : 0), (unsigned int) x->n,
    (unsigned int) x->c, c, (unsigned int) p->groups,
    c / (unsigned int) p->groups, scale != NULL && scale->n < x->n,
    time != NULL && time->n < x->n, p->act == NF_ACT_SILU, p->eps };
}

/* values of one column, from a sample's first row on, and from row to row */
template <class T> struct NfColumn
{
  const T *from;
  gsize step;
};

/* of x or of skip */
template <class T>
static __device__ __forceinline__ NfColumn<T>
nf_norm_column (const NfNorm<T> &k, unsigned int sample, unsigned int column)
{
  const gsize row = sample * k.rows;
  const unsigned int behind = k.c - k.cx;

  const NfColumn<T> result = column < k.cx
      ? NfColumn<T>{ k.x + row * k.cx + column, k.cx }
      : NfColumn<T>{ k.skip + row * behind + (column - k.cx), behind };

  /* one of two pointers may point anywhere, for all that nvcc knows */
  __builtin_assume (__isGlobal (result.from));
  return result;
}

/* where the maps of a column begin, in elements */
template <class T>
static __device__ __forceinline__ gsize
nf_norm_map (const NfNorm<T> &k, unsigned int sample, unsigned int column)
{
  return (k.shared_maps ? 0 : sample * k.rows * k.map_step) + column;
}

/**
 * NfNormTerms:
 *
 * What is the same in all rows: g = (x - mean) a + bias, m = g (1 + scale) +
 * shift, t = m time_scale + time_shift, for V columns.
 */
template <int V> struct NfNormTerms
{
  float mean[V], a[V], bias[V], time_scale[V], time_shift[V];
};

/* @stats: the sample's, of the group @first and those behind it */
template <int V, class T>
static __device__ __forceinline__ void
nf_norm_terms (const NfNorm<T> &k, const NfPart &part, const float *stats,
    unsigned int groups, unsigned int first, NfNormTerms<V> &terms)
{
  const float *time =
      k.time + (k.shared_time ? 0 : (gsize) part.sample * 2 * k.c);

#pragma unroll
  for (int i = 0; i < V; i++) {
    const unsigned int c = part.column + i, g = c / k.per - first;

    terms.mean[i] = stats[g];
    terms.a[i] = stats[groups + g] * (k.weight != NULL ? k.weight[c] : 1.0f);
    terms.bias[i] = k.bias != NULL ? k.bias[c] : 0.0f;
    terms.time_scale[i] = k.time != NULL ? 1.0f + time[c] : 1.0f;
    terms.time_shift[i] = k.time != NULL ? time[k.c + c] : 0.0f;
  }
}

/* the plan of the kernel that does whole groups */
typedef struct
{
  unsigned int width; /* columns of a thread; 0: groups are too large */
  unsigned int together; /* groups of a block */
} NfNormPlan;

template <class T>
static inline bool
nf_norm_aligned (const NfNorm<T> &k)
{
  return k.cx % nf_pack_size<T> == 0 && k.c % nf_pack_size<T> == 0
      && nf_aligned (k.x, k.skip, k.scale, k.shift);
}

/* neighbouring groups until they are 64 bytes wide, to read whole sectors, or
 * all that a block takes */
template <class T>
static inline NfNormPlan
nf_norm_plan (const NfNorm<T> &k, unsigned int pack)
{
  NfNormPlan plan = { 1, 1 };

  for (unsigned int n = 1; n <= NF_NORM_MOST_GROUPS; n++)
    if (k.groups % n == 0 && n * k.per % pack == 0
        && (plan.width < pack || n * k.per * k.rows <= NF_NORM_MOST)) {
      plan = NfNormPlan{ pack, n };
      if (n * k.per * sizeof (T) >= 64)
        break;
    }
  if (plan.together * k.per > NF_CUDA_BLOCK * plan.width
      || plan.together * k.per * k.rows > NF_NORM_MOST)
    plan.width = 0;
  return plan;
}

/* the thread's part of a block that does plan.together groups */
template <int V, class T>
static __device__ __forceinline__ NfPart
nf_norm_part (const NfNorm<T> &k, unsigned int together)
{
  const unsigned int columns = together * k.per, across = columns / V;
  const unsigned int blocks = k.groups / together;
  const unsigned int high = blockDim.x / across;
  const unsigned int down = threadIdx.x / across;

  return NfPart{ blockIdx.x / blocks,
    blockIdx.x % blocks * columns + threadIdx.x % across * V,
    down < high ? down : k.rows, k.rows, high };
}

/* the group that column i of a thread is in, of those of its block */
static __device__ __forceinline__ unsigned int
nf_norm_group (
    const NfPart &part, int i, unsigned int per, unsigned int together)
{
  return (part.column + i) / per % together;
}
