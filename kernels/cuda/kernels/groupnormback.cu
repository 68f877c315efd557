/* SPDX-License-Identifier: MIT
 *
 * groupnormback — gradients of group norm with modulation (CUDA)
 *
 * As in kernels/cpu/kernels/groupnorm.c: four sums a channel, of dt, dt m, dg and
 * dg xh; from them the means of h and h xh in a group, the gradients of weight,
 * bias and time, and in a second pass dx = a dg - r (mean (h) + xh mean (h xh)).
 * Nothing but the sums is kept between the passes: g and dg are computed again.
 * Sibling: groupnorm.cu. */
#include "cuda/kernels/nfgroupnorm.h"

#define SUMS 4
#define WIDTH 4 /* columns of a thread; with 8 of bf16 registers run out */

/* one row of V columns, and then their gradients */
template <int V> struct NormRow
{
  float x[V], dy[V], scale[V], shift[V];
};

/* of one value; @off: x - mean */
typedef struct
{
  float off, g, m, dt, dm, dg;
} NormSlopes;

template <int V, class T>
static __device__ __forceinline__ void
norm_load (const NfNorm<T> &k, const NfColumn<T> &x, const T *dy, gsize map,
    gsize row, NormRow<V> &r)
{
  nf_load_pack<V> (r.x, x.from + row * x.step);
  nf_load_pack<V> (r.dy, dy + row * k.c);
  if (k.scale != NULL) {
    nf_load_pack<V> (r.scale, k.scale + map + row * k.map_step);
    nf_load_pack<V> (r.shift, k.shift + map + row * k.map_step);
  }
}

template <int V, class T>
static __device__ __forceinline__ NormSlopes
norm_slopes (
    const NfNorm<T> &k, const NfNormTerms<V> &terms, const NormRow<V> &r, int i)
{
  const float gain = k.scale != NULL ? 1.0f + r.scale[i] : 1.0f;
  NormSlopes s;

  s.off = r.x[i] - terms.mean[i];
  s.g = s.off * terms.a[i] + terms.bias[i];
  s.m = k.scale != NULL ? s.g * gain + r.shift[i] : s.g;
  s.dt = r.dy[i];
  if (k.silu) {
    const float t = s.m * terms.time_scale[i] + terms.time_shift[i];
    const float e = 1.0f / (1.0f + expf (-t));

    s.dt *= e * (1.0f + t * (1.0f - e));
  }
  s.dm = s.dt * terms.time_scale[i];
  s.dg = s.dm * gain;
  return s;
}

/* the sums of dt, dt m, dg and dg (x - mean); maps of one sample on the way */
template <class T> struct NormGrads
{
  NfNorm<T> k;
  const T *dy;
  T *dscale, *dshift; /* or NULL */

  template <int V>
  __device__ __forceinline__ void
  sum (const NfPart &part, float (&sums)[SUMS][V]) const
  {
    const NfColumn<T> x = nf_norm_column (k, part.sample, part.column);
    const gsize map = nf_norm_map (k, part.sample, part.column);
    const T *from = dy + part.sample * k.rows * k.c + part.column;
    NfNormTerms<V> terms;

    nf_norm_terms<V> (k, part, k.stats + (gsize) part.sample * 2 * k.groups,
        k.groups, 0, terms);
    for (gsize row = part.row; row < part.end; row += part.step) {
      NormRow<V> r;

      norm_load<V> (k, x, from, map, row, r);
#pragma unroll
      for (int i = 0; i < V; i++) {
        const NormSlopes s = norm_slopes<V> (k, terms, r, i);

        sums[0][i] += s.dt;
        sums[1][i] += s.dt * s.m;
        sums[2][i] += s.dg;
        sums[3][i] += s.dg * s.off;
        r.scale[i] = s.dm * s.g;
        r.shift[i] = s.dm;
      }
      if (dscale != NULL)
        nf_store_pack<V> (dscale + map + row * k.map_step, r.scale);
      if (dshift != NULL)
        nf_store_pack<V> (dshift + map + row * k.map_step, r.shift);
    }
  }
};

/* gradients of maps that all samples share */
template <class T> struct NormMaps
{
  NfNorm<T> k;
  const T *dy;
  T *dscale, *dshift; /* or NULL */

  template <int V>
  __device__ __forceinline__ void
  apply (const NfPart &rows) const
  {
    for (gsize row = rows.row; row < rows.end; row += rows.step) {
      const gsize map = row * k.map_step + rows.column;
      float da[V] = {}, db[V] = {};

      for (unsigned int n = 0; n < k.samples; n++) {
        const NfPart part = { n, rows.column, row, row + 1, 1 };
        NfNormTerms<V> terms;
        NormRow<V> r;

        nf_norm_terms<V> (
            k, part, k.stats + (gsize) n * 2 * k.groups, k.groups, 0, terms);
        norm_load<V> (k, nf_norm_column (k, n, part.column),
            dy + n * k.rows * k.c + part.column,
            nf_norm_map (k, n, part.column), row, r);
#pragma unroll
        for (int i = 0; i < V; i++) {
          const NormSlopes s = norm_slopes<V> (k, terms, r, i);

          da[i] += s.dm * s.g;
          db[i] += s.dm;
        }
      }
      if (dscale != NULL)
        nf_store_pack<V> (dscale + map, da);
      if (dshift != NULL)
        nf_store_pack<V> (dshift + map, db);
    }
  }
};

/* where dx goes, and what it takes beside dy */
template <class T> struct NormBack
{
  NormGrads<T> f;
  T *dx, *dskip; /* or NULL */
  float *sums; /* (samples, 4, c) */
  float *means; /* (samples, groups, 2): of h and of h xh */

  /* @means: of the group @first and those behind it */
  template <int V>
  __device__ __forceinline__ void
  rows (const NfPart &part, const float *group_means, unsigned int first) const
  {
    const NfNorm<T> &k = f.k;
    const bool behind = part.column >= k.cx;
    const NfColumn<T> x = nf_norm_column (k, part.sample, part.column);
    const gsize map = nf_norm_map (k, part.sample, part.column);
    const float *stats = k.stats + (gsize) part.sample * 2 * k.groups;
    const T *dy = f.dy + part.sample * k.rows * k.c + part.column;
    T *to = behind ? dskip : dx;
    NfNormTerms<V> terms;
    float q[V], s[V];

    if (to == NULL)
      return;
    to += part.sample * k.rows * x.step
        + (gsize) (part.column - (behind ? k.cx : 0));
    nf_norm_terms<V> (k, part, stats, k.groups, 0, terms);
#pragma unroll
    for (int i = 0; i < V; i++) {
      const unsigned int g = (part.column + i) / k.per;
      const float r = stats[k.groups + g];

      s[i] = -r * group_means[2 * (g - first)];
      q[i] = -r * r * group_means[2 * (g - first) + 1];
    }
    for (gsize row = part.row; row < part.end; row += part.step) {
      NormRow<V> r;

      norm_load<V> (k, x, dy, map, row, r);
#pragma unroll
      for (int i = 0; i < V; i++) {
        const NormSlopes slopes = norm_slopes<V> (k, terms, r, i);

        r.x[i] = terms.a[i] * slopes.dg + q[i] * slopes.off + s[i];
      }
      nf_store_pack<V> (to + row * x.step, r.x);
    }
  }

  template <int V>
  __device__ __forceinline__ void
  apply (const NfPart &part) const
  {
    rows<V> (part, means + (gsize) part.sample * f.k.groups * 2, 0);
  }
};

/* whole groups in one go; the second reading is from the caches */
template <int V, class T>
static __global__ void
norm_whole_backward_kernel (const NormBack<T> b, unsigned int together)
{
  __shared__ float room[NF_CUDA_BLOCK * V], means[2 * NF_NORM_MOST_GROUPS];
  const NfNorm<T> &k = b.f.k;
  const NfPart part = nf_norm_part<V> (k, together);
  const unsigned int first = blockIdx.x % (k.groups / together) * together;
  const unsigned int across = together * k.per / V;
  const float m = (float) (k.rows * k.per);
  const float *r = k.stats + ((gsize) part.sample * 2 + 1) * k.groups;
  float sums[SUMS][V] = {};

  if (part.row < part.end)
    b.f.template sum<V> (part, sums);
  for (int j = 0; j < SUMS; j++) {
    float *to = b.sums + ((gsize) part.sample * SUMS + j) * k.c + part.column;

    nf_sum_down<V> (sums[j], room, across);
#pragma unroll
    for (int i = 0; i < V; i++) {
      if (j == SUMS - 1)
        sums[j][i] *= r[(part.column + i) / k.per];
      if (threadIdx.x < across)
        to[i] = sums[j][i];
    }
  }
  for (unsigned int g = 0; g < together; g++) {
    float h = 0.0f, hx = 0.0f;

#pragma unroll
    for (int i = 0; i < V; i++)
      if (threadIdx.x < across
          && nf_norm_group (part, i, k.per, together) == g) {
        const float w = k.weight != NULL ? k.weight[part.column + i] : 1.0f;

        h += w * sums[2][i];
        hx += w * sums[3][i];
      }
    h = nf_block_sum (h, room);
    hx = nf_block_sum (hx, room);
    if (threadIdx.x == 0) {
      means[2 * g] = h / m;
      means[2 * g + 1] = hx / m;
    }
  }
  __syncthreads ();
  if (part.row < part.end)
    b.template rows<V> (part, means, first);
}

/* a group's sums over all parts, and its means; in blocks of 32 x
 * NF_FOLD_LANES */
template <class T>
static __global__ void
norm_fold_kernel (const NormBack<T> b, const NfColumns t, const float *parts)
{
  const NfNorm<T> &k = b.f.k;
  const unsigned int sample = blockIdx.x / k.groups;
  const unsigned int group = blockIdx.x % k.groups;
  const float r = k.stats[((gsize) sample * 2 + 1) * k.groups + group];
  float h = 0.0f, hx = 0.0f;

  for (unsigned int i = 0; i < k.per; i += 32) {
    const bool inside = i + threadIdx.x < k.per;
    const unsigned int c = inside ? group * k.per + i + threadIdx.x : k.c;
    float sums[SUMS];

    nf_fold<SUMS> (parts, t, sample, c, sums);
    if (threadIdx.y > 0 || !inside)
      continue;
    sums[3] *= r;
    for (int j = 0; j < SUMS; j++)
      b.sums[((gsize) sample * SUMS + j) * k.c + c] = sums[j];
    h += (k.weight != NULL ? k.weight[c] : 1.0f) * sums[2];
    hx += (k.weight != NULL ? k.weight[c] : 1.0f) * sums[3];
  }
  if (threadIdx.y > 0)
    return;
  h = nf_warp_sum (h);
  hx = nf_warp_sum (hx);
  if (threadIdx.x == 0) {
    b.means[2 * (gsize) blockIdx.x] = h / (float) (k.rows * k.per);
    b.means[2 * (gsize) blockIdx.x + 1] = hx / (float) (k.rows * k.per);
  }
}

/* gradients of vectors, from the sums of all samples */
template <class T>
static __global__ void
norm_vectors_kernel (const NfNorm<T> k, const float *sums, float *dweight,
    float *dbias, float *dtime)
{
  const unsigned int c = blockIdx.x * blockDim.x + threadIdx.x;
  float total[SUMS] = {};

  if (c >= k.c)
    return;
  for (unsigned int n = 0; n < k.samples; n++) {
    const float *from = sums + (gsize) n * SUMS * k.c + c;

    for (int j = 0; j < SUMS; j++)
      total[j] += from[j * k.c];
    if (dtime != NULL && !k.shared_time) {
      dtime[(gsize) n * 2 * k.c + c] = from[k.c];
      dtime[((gsize) n * 2 + 1) * k.c + c] = from[0];
    }
  }
  if (dweight != NULL)
    dweight[c] = total[3];
  if (dbias != NULL)
    dbias[c] = total[2];
  if (dtime != NULL && k.shared_time) {
    dtime[c] = total[1];
    dtime[k.c + c] = total[0];
  }
}

/* by parts: sums, their totals and means, then dx */
template <int V, class T>
static gboolean
norm_parts_backward (NfCudaStream *stream, const NormBack<T> &b, GError **error)
{
  const NfNorm<T> &k = b.f.k;
  const NfColumns t =
      nf_columns (k.samples, k.rows, k.c, V, 8, NF_COLUMN_BLOCKS);
  NfScratch room (
      stream, sizeof (float) * k.samples * t.parts * SUMS * k.c, error);

  if (room.get<float> () == NULL)
    return FALSE;
  nf_sum_columns<SUMS, V> (stream, b.f, t, room.get<float> ());
  nf_launch (norm_fold_kernel<T>, k.samples * k.groups, nf_fold_block (), 0,
      stream->handle, b, t, room.get<float> ());
  if (b.dx != NULL || b.dskip != NULL)
    nf_apply_columns<V> (
        stream, b, nf_columns (k.samples, k.rows, k.c, V, 8, 0));
  return TRUE;
}

/* sums and dx, and maps where each sample has its own */
template <class T>
static gboolean
norm_values_backward (
    NfCudaStream *stream, const NormBack<T> &b, bool aligned, GError **error)
{
  const NfNorm<T> &k = b.f.k;
  const NfNormPlan plan = nf_norm_plan (k, aligned ? WIDTH : 1);

  if (plan.width == 0)
    return aligned ? norm_parts_backward<WIDTH> (stream, b, error)
                   : norm_parts_backward<1> (stream, b, error);
  nf_launch (plan.width > 1 ? norm_whole_backward_kernel<WIDTH, T>
                            : norm_whole_backward_kernel<1, T>,
      k.samples * k.groups / plan.together, NF_CUDA_BLOCK, 0, stream->handle, b,
      plan.together);
  return TRUE;
}

template <class T>
static void
norm_maps_backward (NfCudaStream *stream, const NormMaps<T> &f, bool aligned)
{
  const NfNorm<T> &k = f.k;

  if (aligned)
    nf_apply_columns<WIDTH> (
        stream, f, nf_columns (1, k.rows, k.c, WIDTH, 1, 0));
  else
    nf_apply_columns<1> (stream, f, nf_columns (1, k.rows, k.c, 1, 1, 0));
}

template <class T>
static gboolean
norm_backward (NfCudaStream *stream, NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const NfNorm<T> k = nf_norm_of<T> (call, call->saved[0]);
  const T *dy = nf_data<T> (grad_out);
  T *dx = nf_data<T> (grad_in[NF_GROUP_NORM_X]),
    *dskip = nf_data<T> (grad_in[NF_GROUP_NORM_SKIP]);
  const NfNormMaps<T> maps = nf_norm_maps<T> (grad_in, k.c);
  T *const dscale = maps.scale, *const dshift = maps.shift, *const none = NULL;
  const bool aligned =
      nf_norm_aligned (k) && nf_aligned (dy, dx, dskip, dscale, dshift);
  const gsize sums = (gsize) k.samples * SUMS * k.c;
  NfScratch room (stream,
      sizeof (float) * (sums + (gsize) k.samples * k.groups * 2), error);

  if (room.get<float> () == NULL)
    return FALSE;
  if (!norm_values_backward (stream,
          NormBack<T>{ { k, dy, k.shared_maps ? none : dscale,
                           k.shared_maps ? none : dshift },
              dx, dskip, room.get<float> (), room.get<float> () + sums },
          aligned, error))
    return FALSE;
  if (k.shared_maps && (dscale != NULL || dshift != NULL))
    norm_maps_backward (stream, NormMaps<T>{ k, dy, dscale, dshift }, aligned);
  if (grad_in[NF_GROUP_NORM_WEIGHT] != NULL
      || grad_in[NF_GROUP_NORM_BIAS] != NULL
      || grad_in[NF_GROUP_NORM_TIME] != NULL)
    nf_launch (norm_vectors_kernel<T>, (k.c + 127) / 128, 128, 0,
        stream->handle, k, room.get<float> (),
        nf_data<float> (grad_in[NF_GROUP_NORM_WEIGHT]),
        nf_data<float> (grad_in[NF_GROUP_NORM_BIAS]),
        nf_data<float> (grad_in[NF_GROUP_NORM_TIME]));
  return TRUE;
}

gboolean
nf_cuda_group_norm_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  gboolean ok;

  NF_DISPATCH_ACTIVATION (nf_cuda_is_bf16 (call),
      ok = norm_backward<T> (stream, call, grad_out, grad_in, error));
  return ok && nf_cuda_launched (stream, "group_norm_backward", error);
}
