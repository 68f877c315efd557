/* SPDX-License-Identifier: MIT
 *
 * groupnorm — group norm with modulation and activation (CUDA)
 *
 * Sums are of x less the group's first value, so a mean that is large beside
 * the deviation costs no digits. Siblings: kernels/cpu/kernels/groupnorm.c, whose
 * comment has the maths, and groupnormback.cu. */
#include "cuda/kernels/nfgroupnorm.h"

/* the first value of a sample's group */
template <class T>
static __device__ __forceinline__ float
norm_pivot (const NfNorm<T> &k, unsigned int sample, unsigned int group)
{
  return nf_load (nf_norm_column (k, sample, group * k.per).from);
}

/* sums of x - pivot and of its square */
template <class T> struct NormSums
{
  NfNorm<T> k;

  template <int V>
  __device__ __forceinline__ void
  sum (const NfPart &part, float (&sums)[2][V]) const
  {
    const NfColumn<T> x = nf_norm_column (k, part.sample, part.column);
    float pivot[V];

#pragma unroll
    for (int i = 0; i < V; i++)
      pivot[i] = norm_pivot (k, part.sample, (part.column + i) / k.per);
#pragma unroll 4
    for (gsize row = part.row; row < part.end; row += part.step) {
      float v[V];

      nf_load_pack<V> (v, x.from + row * x.step);
      nf_add_moments<V> (sums, v, pivot);
    }
  }
};

/* mean and r of a group, from its two sums */
template <class T>
static __device__ __forceinline__ void
norm_stats (const NfNorm<T> &k, unsigned int sample, unsigned int group,
    float sum, float squares, float *mean, float *r)
{
  const float m = (float) (k.rows * k.per), off = sum / m;
  const float var = squares / m - off * off;

  *mean = norm_pivot (k, sample, group) + off;
  *r = 1.0f / sqrtf ((var < 0.0f ? 0.0f : var) + k.eps);
}

/* y = act (t) in the rows of @part */
template <int V, class T>
static __device__ __forceinline__ void
norm_rows (
    const NfNorm<T> &k, const NfPart &part, const NfNormTerms<V> &terms, T *y)
{
  const NfColumn<T> x = nf_norm_column (k, part.sample, part.column);
  const gsize map = nf_norm_map (k, part.sample, part.column);

  y += part.sample * k.rows * k.c + part.column;
  for (gsize row = part.row; row < part.end; row += part.step) {
    float v[V], scale[V], shift[V];

    nf_load_pack<V> (v, x.from + row * x.step);
    if (k.scale != NULL) {
      nf_load_pack<V> (scale, k.scale + map + row * k.map_step);
      nf_load_pack<V> (shift, k.shift + map + row * k.map_step);
    }
#pragma unroll
    for (int i = 0; i < V; i++) {
      v[i] = (v[i] - terms.mean[i]) * terms.a[i] + terms.bias[i];
      if (k.scale != NULL)
        v[i] = v[i] * (1.0f + scale[i]) + shift[i];
      v[i] = v[i] * terms.time_scale[i] + terms.time_shift[i];
      if (k.silu)
        v[i] /= 1.0f + expf (-v[i]);
    }
    nf_store_pack<V> (y + row * k.c, v);
  }
}

/* whole groups in one go; the second reading of x is from the caches */
template <int V, class T>
static __global__ void
norm_whole_kernel (const NormSums<T> f, unsigned int together, T *y)
{
  __shared__ float room[32], stats[2 * NF_NORM_MOST_GROUPS];
  const NfNorm<T> &k = f.k;
  const NfPart part = nf_norm_part<V> (k, together);
  const unsigned int first = blockIdx.x % (k.groups / together) * together;
  float sums[2][V] = {};
  NfNormTerms<V> terms;

  if (part.row < part.end)
    f.template sum<V> (part, sums);
  for (unsigned int g = 0; g < together; g++) {
    float sum = 0.0f, squares = 0.0f;

#pragma unroll
    for (int i = 0; i < V; i++)
      if (nf_norm_group (part, i, k.per, together) == g) {
        sum += sums[0][i];
        squares += sums[1][i];
      }
    sum = nf_block_sum (sum, room);
    squares = nf_block_sum (squares, room);
    if (threadIdx.x == 0) {
      float *kept = k.stats + (gsize) part.sample * 2 * k.groups + first + g;

      norm_stats (k, part.sample, first + g, sum, squares, &stats[g],
          &stats[together + g]);
      kept[0] = stats[g];
      kept[k.groups] = stats[together + g];
    }
  }
  __syncthreads ();
  if (part.row >= part.end)
    return;
  nf_norm_terms<V> (k, part, stats, together, first, terms);
  norm_rows<V> (k, part, terms, y);
}

/* mean and r of each group from the sums of its parts */
template <class T>
static __global__ void
norm_stats_kernel (const NfNorm<T> k, const NfColumns t, const float *sums)
{
  __shared__ float room[32];
  const unsigned int sample = blockIdx.x / k.groups;
  const unsigned int group = blockIdx.x % k.groups;
  float sum = 0.0f, squares = 0.0f;

  for (unsigned int i = threadIdx.x; i < t.parts * k.per; i += blockDim.x) {
    const float *from = sums + ((gsize) sample * t.parts + i / k.per) * 2 * k.c;

    sum += from[group * k.per + i % k.per];
    squares += from[k.c + group * k.per + i % k.per];
  }
  sum = nf_block_sum (sum, room);
  squares = nf_block_sum (squares, room);
  if (threadIdx.x == 0) {
    float *stats = k.stats + (gsize) sample * 2 * k.groups + group;

    norm_stats (k, sample, group, sum, squares, stats, stats + k.groups);
  }
}

template <class T> struct NormRows
{
  NfNorm<T> k;
  T *y;

  template <int V>
  __device__ __forceinline__ void
  apply (const NfPart &part) const
  {
    const float *stats = k.stats + (gsize) part.sample * 2 * k.groups;
    NfNormTerms<V> terms;

    nf_norm_terms<V> (k, part, stats, k.groups, 0, terms);
    norm_rows<V> (k, part, terms, y);
  }
};

/* by parts: sums, then statistics, then values */
template <int V, class T>
static gboolean
norm_parts (NfCudaStream *stream, const NfNorm<T> &k, T *y, GError **error)
{
  const NfColumns t =
      nf_columns (k.samples, k.rows, k.c, V, 8, NF_COLUMN_BLOCKS);
  const NormRows<T> rows = { k, y };
  NfScratch room (
      stream, sizeof (float) * k.samples * t.parts * 2 * k.c, error);

  if (room.get<float> () == NULL)
    return FALSE;
  nf_sum_columns<2, V> (stream, NormSums<T>{ k }, t, room.get<float> ());
  nf_launch (norm_stats_kernel<T>, k.samples * k.groups, 128, 0, stream->handle,
      k, t, room.get<float> ());
  nf_apply_columns<V> (
      stream, rows, nf_columns (k.samples, k.rows, k.c, V, 8, 0));
  return TRUE;
}

template <class T>
static gboolean
norm_forward (
    NfCudaStream *stream, NfOpCall *call, NfTensor *stats, GError **error)
{
  const NfNorm<T> k = nf_norm_of<T> (call, stats);
  const bool aligned = nf_norm_aligned (k) && nf_aligned (call->out->data);
  const NfNormPlan plan = nf_norm_plan (k, aligned ? nf_pack_size<T> : 1);
  T *y = nf_data<T> (call->out);

  if (plan.width == 0)
    return aligned ? norm_parts<nf_pack_size<T>> (stream, k, y, error)
                   : norm_parts<1> (stream, k, y, error);
  nf_launch (plan.width > 1 ? norm_whole_kernel<nf_pack_size<T>, T>
                            : norm_whole_kernel<1, T>,
      k.samples * k.groups / plan.together, NF_CUDA_BLOCK, 0, stream->handle,
      NormSums<T>{ k }, plan.together, y);
  return TRUE;
}

/* saved[0]: (N, 2 groups): means, then r, of each sample */
gboolean
nf_cuda_group_norm_forward (
    NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfGroupNormParams *p = (const NfGroupNormParams *) call->params;
  gboolean ok;

  call->saved[0] = nf_tensor_new (
      call->device, NF_F32, call->out->n, 2 * p->groups, 1, 1, error);
  if (call->saved[0] == NULL)
    return FALSE;
  NF_DISPATCH_ACTIVATION (nf_cuda_is_bf16 (call),
      ok = norm_forward<T> (stream, call, call->saved[0], error));
  return ok && nf_cuda_launched (stream, "group_norm_forward", error);
}
