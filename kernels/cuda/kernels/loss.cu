/* SPDX-License-Identifier: MIT
 *
 * loss — cross entropy, Dice and the noise loss, forward and backward (CUDA)
 *
 * The maths is in the sibling, kernels/cpu/kernels/loss.c. A group of threads does a
 * pixel's softmax; sums over pixels are made by blocks in double precision,
 * their sums added in order by one more kernel.
 *
 * A target outside the classes cannot be an error of the op, which is only
 * queued: the loss becomes NaN, and the error comes when the thread next reads a
 * tensor, that is, with the loss itself (nfcudafault.c). Nothing waits for it
 * before. */
#include "cuda/kernels/nfgroup.h"
#include "cuda/kernels/nfreduce.h"
#include "cuda/runtime/nfcudafault.h"

#define NOWHERE G_MAXUINT64 /* a place: no fault */

/* ---- labels ---- */

/* which labels count: none does that is ignored */
struct Counted
{
  bool ignores;
  gint64 ignored;

  __device__ __forceinline__ bool
  counts (gint64 label) const
  {
    return !ignores || label != ignored;
  }
};

/* the least of a block, in thread 0 */
static __device__ __forceinline__ guint64
block_least (guint64 value, guint64 *shared)
{
  for (int step = 16; step > 0; step /= 2) {
    const guint64 other = __shfl_xor_sync (0xffffffffu, value, step);

    value = MIN (value, other);
  }
  if (threadIdx.x % 32 == 0)
    shared[threadIdx.x / 32] = value;
  __syncthreads ();
  for (unsigned int i = 0; threadIdx.x == 0 && i < blockDim.x / 32; i++)
    value = MIN (value, shared[i]);
  return value;
}

/* what one block does last: the loss from the sum of its parts, and the first
 * fault that any block found */
template <class L> struct Verdict
{
  const double *parts;
  gsize n_parts;
  double scale, shift; /* loss = shift + scale * sum */
  const double *weights; /* n_parts, or NULL; the sum is divided by theirs */
  float *inverse; /* NULL, or where 1 / sum of the weights goes */
  const guint64 *faults;
  gsize n_faults;
  const L *target;
  NfCudaFault found;
  NfCudaFault *fault;
  float *loss;
};

template <class L>
static __global__ void
verdict_kernel (const Verdict<L> v)
{
  __shared__ double shared[32];
  __shared__ guint64 places[32];
  const double sum = nf_sum_parts (v.parts, v.n_parts, shared);
  guint64 place = NOWHERE;
  double inverse = 1;

  if (v.weights != NULL) {
    __syncthreads ();
    inverse = 1
        / fmax (
            nf_sum_parts (v.weights, v.n_parts, shared), (double) G_MINFLOAT);
  }
  for (gsize i = threadIdx.x; i < v.n_faults; i += blockDim.x)
    place = MIN (place, v.faults[i]);
  place = block_least (place, places);
  if (threadIdx.x != 0)
    return;
  if (v.inverse != NULL)
    *v.inverse = (float) inverse;
  *v.loss =
      place == NOWHERE ? (float) (v.shift + v.scale * inverse * sum) : NAN;
  if (place == NOWHERE || v.fault->found)
    return;
  *v.fault = v.found;
  v.fault->place = (gint64) place;
  v.fault->label = (gint64) v.target[place];
  __threadfence_system ();
  v.fault->found = TRUE;
}

template <class L>
static Verdict<L>
verdict_of (const NfOpCall *call, NfCudaFault *fault)
{
  const NfTensor *target = call->in[NF_CROSS_ENTROPY_TARGET];
  Verdict<L> v = {};

  v.scale = 1;
  v.target = nf_data<L> (target);
  v.found.op = call->op;
  v.found.classes = call->in[NF_CROSS_ENTROPY_LOGITS]->c;
  v.found.h = target->h;
  v.found.w = target->w;
  v.fault = fault;
  v.loss = nf_data<float> (call->out);
  return v;
}

/* ---- softmax of a pixel, by a group ---- */

/* p_k = exp (z_k - top) / sum; 0 and 1 for a pixel that is not there */
static __device__ __forceinline__ void
softmax_of (const float *z, bool there, unsigned int c, unsigned int group,
    float *top, float *sum)
{
  const unsigned int lane = threadIdx.x % group;
  float most = -INFINITY, total = 0.0f;

  for (unsigned int k = lane; there && k < c; k += group)
    most = fmaxf (most, z[k]);
  most = nf_group_max (most, group);
  for (unsigned int k = lane; there && k < c; k += group)
    total += expf (z[k] - most);
  total = nf_group_sum (total, group);
  *top = there ? most : 0.0f;
  *sum = there ? total : 1.0f;
}

/* ---- cross entropy ---- */

/* the labels that count, and what a pixel of a class weighs */
struct Weighed
{
  Counted labels;
  const float *weights; /* NULL: 1 */

  __device__ __forceinline__ float
  of (gint64 label) const
  {
    if (!labels.counts (label))
      return 0.0f;
    return weights != NULL ? weights[label] : 1.0f;
  }
};

static Weighed
weighed_of (const NfOpCall *call)
{
  const NfCrossEntropyParams *p = (const NfCrossEntropyParams *) call->params;

  return Weighed{ { p->ignores != FALSE, p->ignored },
    nf_data<float> (call->in[NF_CROSS_ENTROPY_WEIGHTS]) };
}

template <class L>
static __global__ void
cross_entropy_forward_kernel (const float *z, const L *target, gsize pixels,
    unsigned int c, unsigned int group, const Weighed weighed, double *parts,
    double *weights, guint64 *faults)
{
  __shared__ double shared[32];
  __shared__ guint64 places[32];
  const unsigned int lane = threadIdx.x % group;
  guint64 place = NOWHERE;
  double total = 0, weight = 0;

  NF_GROUP_LOOP (pixel, pixels, group)
  {
    const bool there = pixel < pixels;
    const float *row = z + pixel * c;
    float top, sum;

    softmax_of (row, there, c, group, &top, &sum);
    if (there && lane == 0) {
      const gint64 label = (gint64) target[pixel];

      if (weighed.labels.counts (label) && (label < 0 || label >= c)) {
        place = MIN (place, pixel);
      } else {
        const float w = weighed.of (label);

        weight += w;
        if (w != 0.0f)
          total += w * (logf (sum) - (row[label] - top));
      }
    }
  }
  total = nf_block_sum (total, shared);
  __syncthreads ();
  weight = nf_block_sum (weight, shared);
  place = block_least (place, places);
  if (threadIdx.x == 0) {
    parts[blockIdx.x] = total;
    weights[blockIdx.x] = weight;
    faults[blockIdx.x] = place;
  }
}

template <class L>
static gboolean
cross_entropy_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const gint64 c = call->in[NF_CROSS_ENTROPY_LOGITS]->c;
  const gsize pixels = nf_tensor_elements (call->in[NF_CROSS_ENTROPY_TARGET]);
  const unsigned int group = nf_group_size (c);
  const unsigned int blocks = nf_reduce_grid (pixels * group);
  NfScratch parts (stream, 2 * blocks * sizeof (double), error);
  NfScratch faults (stream, blocks * sizeof (guint64), error);
  NfCudaFault *fault = nf_cuda_fault (stream, error);
  Verdict<L> v = verdict_of<L> (call, fault);

  if (parts.get<double> () == NULL || faults.get<guint64> () == NULL
      || fault == NULL)
    return FALSE;
  v.parts = parts.get<double> ();
  v.weights = v.parts + blocks;
  v.inverse = nf_data<float> (call->saved[0]);
  v.faults = faults.get<guint64> ();
  v.n_parts = v.n_faults = blocks;
  nf_launch (cross_entropy_forward_kernel<L>, blocks, NF_CUDA_BLOCK, 0,
      stream->handle, nf_data<float> (call->in[NF_CROSS_ENTROPY_LOGITS]),
      v.target, pixels, c, group, weighed_of (call), parts.get<double> (),
      parts.get<double> () + blocks, faults.get<guint64> ());
  nf_launch (verdict_kernel<L>, 1, NF_CUDA_BLOCK, 0, stream->handle, v);
  return nf_cuda_launched (stream, "cross_entropy_forward", error);
}

gboolean
nf_cuda_cross_entropy_forward (
    NfCudaStream *stream, NfOpCall *call, GError **error)
{
  if (call->record) {
    call->saved[0] = nf_tensor_new (call->device, NF_F32, 1, 1, 1, 1, error);
    if (call->saved[0] == NULL)
      return FALSE;
  }
  return call->in[NF_CROSS_ENTROPY_TARGET]->dtype == NF_U8
      ? cross_entropy_forward<guint8> (stream, call, error)
      : cross_entropy_forward<gint64> (stream, call, error);
}

template <class L>
static __global__ void
cross_entropy_backward_kernel (float *dz, const float *dy, const float *z,
    const L *target, gsize pixels, unsigned int c, unsigned int group,
    const Weighed weighed, const float *inverse)
{
  const unsigned int lane = threadIdx.x % group;
  const float scale = *dy * *inverse;

  NF_GROUP_LOOP (pixel, pixels, group)
  {
    const bool there = pixel < pixels;
    const float *row = z + pixel * c;
    const gint64 label = there ? (gint64) target[pixel] : 0;
    /* forward found any label that is none: its gradient is of no use */
    const bool known = label >= 0 && label < c;
    const float share = known ? scale * weighed.of (label) : 0.0f;
    float top, sum;

    softmax_of (row, there, c, group, &top, &sum);
    for (unsigned int k = lane; there && k < c; k += group) {
      const float hit = label == (gint64) k ? 1.0f : 0.0f;

      dz[pixel * c + k] =
          share != 0.0f ? share * (expf (row[k] - top) / sum - hit) : 0.0f;
    }
  }
}

template <class L>
static void
cross_entropy_backward (
    NfCudaStream *stream, NfOpCall *call, const NfTensor *dy, NfTensor *dz)
{
  const gint64 c = call->in[NF_CROSS_ENTROPY_LOGITS]->c;
  const gsize pixels = nf_tensor_elements (call->in[NF_CROSS_ENTROPY_TARGET]);
  const unsigned int group = nf_group_size (c);

  nf_launch (cross_entropy_backward_kernel<L>, nf_group_grid (pixels, group),
      NF_CUDA_BLOCK, 0, stream->handle, nf_data<float> (dz),
      nf_data<float> (dy), nf_data<float> (call->in[NF_CROSS_ENTROPY_LOGITS]),
      nf_data<L> (call->in[NF_CROSS_ENTROPY_TARGET]), pixels, c, group,
      weighed_of (call), nf_data<float> (call->saved[0]));
}

gboolean
nf_cuda_cross_entropy_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  if (call->in[NF_CROSS_ENTROPY_TARGET]->dtype == NF_U8)
    cross_entropy_backward<guint8> (
        stream, call, grad_out, grad_in[NF_CROSS_ENTROPY_LOGITS]);
  else
    cross_entropy_backward<gint64> (
        stream, call, grad_out, grad_in[NF_CROSS_ENTROPY_LOGITS]);
  return nf_cuda_launched (stream, "cross_entropy_backward", error);
}

/* ---- Dice ---- */

#define TILE 64 /* pixels that a block does at once */

/* P, I and T of an image's classes, see kernels/cpu/kernels/loss.c; c each, for every
 * (image, piece of it) */
typedef struct
{
  gsize plane; /* pixels of an image */
  gint64 n;
  unsigned int c, group, pieces;
  Counted labels;
} Dice;

/* A block does every pieces-th tile of an image, for up to 256 classes: first
 * groups find each pixel's softmax, then a thread adds up one class over some
 * of the pixels. */
template <class L>
static __global__ void
dice_sums_kernel (const float *z, const L *target, const Dice d,
    unsigned int across, double *parts, guint64 *faults)
{
  __shared__ float top[TILE], sum[TILE], sums[3][NF_CUDA_BLOCK];
  __shared__ gint64 label[TILE];
  __shared__ guint64 places[32];
  const unsigned int k = blockIdx.z * across + threadIdx.x % across;
  const unsigned int first = threadIdx.x / across, step = blockDim.x / across;
  const unsigned int groups = blockDim.x / d.group;

  for (gint64 n = blockIdx.y; n < d.n; n += gridDim.y) {
    float all = 0.0f, hit = 0.0f, count = 0.0f;
    guint64 place = NOWHERE;

    for (gsize from = (gsize) blockIdx.x * TILE; from < d.plane;
         from += (gsize) d.pieces * TILE) {
      const unsigned int size = (unsigned int) MIN (TILE, d.plane - from);
      const gsize base = n * d.plane + from;

      __syncthreads ();
      for (unsigned int at = 0; at < TILE; at += groups) {
        const unsigned int i = at + threadIdx.x / d.group;
        float most, total;

        softmax_of (
            z + (base + i) * d.c, i < size, d.c, d.group, &most, &total);
        if (i < size && threadIdx.x % d.group == 0) {
          top[i] = most;
          sum[i] = total;
          label[i] = (gint64) target[base + i];
          if (d.labels.counts (label[i]) && (label[i] < 0 || label[i] >= d.c))
            place = MIN (place, base + i);
        }
      }
      __syncthreads ();
      for (unsigned int i = first; k < d.c && i < size; i += step) {
        if (!d.labels.counts (label[i]))
          continue;
        const float p = expf (z[(base + i) * d.c + k] - top[i]) / sum[i];

        all += p;
        hit += label[i] == (gint64) k ? p : 0.0f;
        count += label[i] == (gint64) k ? 1.0f : 0.0f;
      }
    }
    sums[0][threadIdx.x] = all;
    sums[1][threadIdx.x] = hit;
    sums[2][threadIdx.x] = count;
    place = block_least (place, places);
    __syncthreads ();
    if (threadIdx.x == 0 && blockIdx.z == 0)
      faults[n * d.pieces + blockIdx.x] = place;
    for (unsigned int q = first; q < 3 && k < d.c; q += step) {
      double whole = 0;

      for (unsigned int i = 0; i < step; i++)
        whole += sums[q][i * across + threadIdx.x % across];
      parts[((n * d.pieces + blockIdx.x) * 3 + q) * d.c + k] = whole;
    }
  }
}

/* (2 I + s) / D of each image and class; and where `saved` is not NULL, what
 * backward needs of it: for every image c factors of all classes, and c more of
 * the true one */
static __global__ void
dice_shares_kernel (const double *parts, const Dice d, double smooth,
    double *shares, float *saved)
{
  const double share = 1.0 / ((double) d.n * d.c);

  NF_GRID_LOOP (at, (gsize) d.n * d.c)
  {
    const gsize n = at / d.c, k = at % d.c;
    double sums[3] = { 0 }, top, bottom;

    for (unsigned int i = 0; i < d.pieces; i++)
#pragma unroll
      for (int q = 0; q < 3; q++)
        sums[q] += parts[((n * d.pieces + i) * 3 + q) * d.c + k];
    top = 2 * sums[1] + smooth;
    bottom = sums[0] + sums[2] + smooth;
    shares[at] = top / bottom;
    if (saved != NULL) {
      saved[n * 2 * d.c + k] = (float) (share * top / (bottom * bottom));
      saved[n * 2 * d.c + d.c + k] = (float) (share * 2 / bottom);
    }
  }
}

/* The same over the batch, and the classes that occur in it; one block. Shares
 * are of the mean already, those of other classes 0. */
static __global__ void
dice_present_kernel (const double *parts, const Dice d, double smooth,
    double *shares, float *saved)
{
  __shared__ double shared[32];
  const gsize pieces = (gsize) d.n * d.pieces;
  double present = 0;

  for (unsigned int k = threadIdx.x; k < d.c; k += blockDim.x) {
    double count = 0;

    for (gsize i = 0; i < pieces; i++)
      count += parts[(i * 3 + 2) * d.c + k];
    present += count > 0 ? 1 : 0;
  }
  present = fmax (nf_block_sum (present, shared), 1.0);
  for (unsigned int k = threadIdx.x; k < d.c; k += blockDim.x) {
    double sums[3] = { 0 }, top, bottom, share;

    for (gsize i = 0; i < pieces; i++)
#pragma unroll
      for (int q = 0; q < 3; q++)
        sums[q] += parts[(i * 3 + q) * d.c + k];
    top = 2 * sums[1] + smooth;
    bottom = sums[0] + sums[2] + smooth;
    share = sums[2] > 0 ? 1 / present : 0;
    shares[k] = share * top / bottom;
    for (gint64 n = 0; saved != NULL && n < d.n; n++) {
      saved[n * 2 * d.c + k] = (float) (share * top / (bottom * bottom));
      saved[n * 2 * d.c + d.c + k] = (float) (share * 2 / bottom);
    }
  }
}

static Dice
dice_of (const NfOpCall *call)
{
  const NfDiceLossParams *p = (const NfDiceLossParams *) call->params;
  const NfTensor *z = call->in[NF_DICE_LOSS_LOGITS];
  const gsize plane = (gsize) (z->h * z->w);
  const gsize tiles = (plane + TILE - 1) / TILE;
  const gsize most = MAX (1, 2 * NF_REDUCE_BLOCKS / z->n);

  return Dice{ plane, z->n, (unsigned int) z->c, nf_group_size (z->c),
    (unsigned int) MIN (tiles, most), { p->ignores != FALSE, p->ignored } };
}

template <class L>
static gboolean
dice_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfDiceLossParams *p = (const NfDiceLossParams *) call->params;
  const Dice d = dice_of (call);
  const gsize classes = (gsize) d.n * d.c, pieces = (gsize) d.n * d.pieces;
  const unsigned int across = nf_power_of_two (d.c, NF_CUDA_BLOCK);
  const dim3 grid (d.pieces, (unsigned int) MIN (d.n, NF_MOST_BLOCKS),
      (d.c + across - 1) / across);
  NfScratch parts (stream, pieces * 3 * d.c * sizeof (double), error);
  NfScratch shares (stream, classes * sizeof (double), error);
  NfScratch faults (stream, pieces * sizeof (guint64), error);
  NfCudaFault *fault = nf_cuda_fault (stream, error);
  Verdict<L> v = verdict_of<L> (call, fault);

  if (parts.get<double> () == NULL || shares.get<double> () == NULL
      || faults.get<guint64> () == NULL || fault == NULL)
    return FALSE;
  v.parts = shares.get<double> ();
  v.n_parts = p->present ? d.c : classes;
  v.faults = faults.get<guint64> ();
  v.n_faults = pieces;
  v.shift = 1;
  v.scale = p->present ? -1 : -1.0 / (double) classes;
  nf_launch (dice_sums_kernel<L>, grid, NF_CUDA_BLOCK, 0, stream->handle,
      nf_data<float> (call->in[NF_DICE_LOSS_LOGITS]), v.target, d, across,
      parts.get<double> (), faults.get<guint64> ());
  if (p->present)
    nf_launch (dice_present_kernel, 1, NF_CUDA_BLOCK, 0, stream->handle,
        parts.get<double> (), d, (double) p->smooth, shares.get<double> (),
        nf_data<float> (call->saved[0]));
  else
    nf_launch (dice_shares_kernel, nf_grid (classes), NF_CUDA_BLOCK, 0,
        stream->handle, parts.get<double> (), d, (double) p->smooth,
        shares.get<double> (), nf_data<float> (call->saved[0]));
  nf_launch (verdict_kernel<L>, 1, NF_CUDA_BLOCK, 0, stream->handle, v);
  return nf_cuda_launched (stream, "dice_loss_forward", error);
}

gboolean
nf_cuda_dice_loss_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfTensor *z = call->in[NF_DICE_LOSS_LOGITS];

  if (call->record) {
    call->saved[0] =
        nf_tensor_new (call->device, NF_F32, z->n, z->c, 2, 1, error);
    if (call->saved[0] == NULL)
      return FALSE;
  }
  return call->in[NF_DICE_LOSS_TARGET]->dtype == NF_U8
      ? dice_forward<guint8> (stream, call, error)
      : dice_forward<gint64> (stream, call, error);
}

template <class L>
static __global__ void
dice_backward_kernel (float *dz, const float *dy, const float *z,
    const L *target, const float *saved, const Dice d)
{
  const unsigned int lane = threadIdx.x % d.group;
  const gsize pixels = (gsize) d.n * d.plane;
  const float scale = *dy;

  NF_GROUP_LOOP (pixel, pixels, d.group)
  {
    const bool there = pixel < pixels;
    const float *row = z + pixel * d.c;
    const float *all = saved + pixel / d.plane * 2 * d.c;
    const gint64 label = there ? (gint64) target[pixel] : -1;
    const bool right = label >= 0 && label < d.c;
    const float counts = d.labels.counts (label) ? scale : 0.0f;
    float top, sum, hit, mean = 0.0f;

    softmax_of (row, there, d.c, d.group, &top, &sum);
    hit = right ? expf (row[label] - top) / sum * all[d.c + label] : 0.0f;
    for (unsigned int k = lane; there && k < d.c; k += d.group)
      mean += expf (row[k] - top) / sum * all[k];
    mean = nf_group_sum (mean, d.group) - hit;
    for (unsigned int k = lane; there && k < d.c; k += d.group) {
      const float p = expf (row[k] - top) / sum;

      dz[pixel * d.c + k] =
          counts * (p * (all[k] - mean) - ((gint64) k == label ? hit : 0.0f));
    }
  }
}

template <class L>
static void
dice_backward (
    NfCudaStream *stream, NfOpCall *call, const NfTensor *dy, NfTensor *dz)
{
  const Dice d = dice_of (call);

  nf_launch (dice_backward_kernel<L>,
      nf_group_grid ((gsize) d.n * d.plane, d.group), NF_CUDA_BLOCK, 0,
      stream->handle, nf_data<float> (dz), nf_data<float> (dy),
      nf_data<float> (call->in[NF_DICE_LOSS_LOGITS]),
      nf_data<L> (call->in[NF_DICE_LOSS_TARGET]),
      nf_data<float> (call->saved[0]), d);
}

gboolean
nf_cuda_dice_loss_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  if (call->in[NF_DICE_LOSS_TARGET]->dtype == NF_U8)
    dice_backward<guint8> (
        stream, call, grad_out, grad_in[NF_DICE_LOSS_LOGITS]);
  else
    dice_backward<gint64> (
        stream, call, grad_out, grad_in[NF_DICE_LOSS_LOGITS]);
  return nf_cuda_launched (stream, "dice_loss_backward", error);
}

/* ---- noise loss ---- */

struct NoiseLoss
{
  const float *e, *z;
  bool absolute;

  template <int V>
  __device__ __forceinline__ double
  sum (gsize i) const
  {
    float a[V], b[V], sum = 0.0f;

    nf_load_pack (a, e + i);
    nf_load_pack (b, z + i);
#pragma unroll
    for (int j = 0; j < V; j++)
      sum += absolute ? fabsf (b[j] - a[j]) : (b[j] - a[j]) * (b[j] - a[j]);
    return sum;
  }
};

gboolean
nf_cuda_noise_loss_forward (
    NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NoiseLoss f = { nf_data<float> (call->in[NF_NOISE_LOSS_E]),
    nf_data<float> (call->in[NF_NOISE_LOSS_Z]),
    (bool) ((const NfNoiseLossParams *) call->params)->absolute };

  return nf_sum_each<4> (stream, f,
             nf_tensor_elements (call->in[NF_NOISE_LOSS_E]),
             nf_aligned (f.e, f.z),
             (f.absolute ? 1.0 : 0.5) / (double) call->in[NF_NOISE_LOSS_E]->n,
             nf_data<float> (call->out), error)
      && nf_cuda_launched (stream, "noise_loss_forward", error);
}

struct NoiseLossBackward
{
  float *de, *dz; /* either may be NULL */
  const float *dy, *e, *z;
  float n;
  bool absolute;

  template <int V>
  __device__ __forceinline__ void
  run (gsize i) const
  {
    const float share = *dy / n;
    float a[V], b[V];

    nf_load_pack (a, e + i);
    nf_load_pack (b, z + i);
#pragma unroll
    for (int j = 0; j < V; j++) {
      const float more = b[j] - a[j];

      b[j] = share
          * (absolute ? (float) (more > 0.0f) - (float) (more < 0.0f) : more);
      a[j] = -b[j];
    }
    if (de != NULL)
      nf_store_pack (de + i, a);
    if (dz != NULL)
      nf_store_pack (dz + i, b);
  }
};

gboolean
nf_cuda_noise_loss_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  const NoiseLossBackward f = { nf_data<float> (grad_in[NF_NOISE_LOSS_E]),
    nf_data<float> (grad_in[NF_NOISE_LOSS_Z]), nf_data<float> (grad_out),
    nf_data<float> (call->in[NF_NOISE_LOSS_E]),
    nf_data<float> (call->in[NF_NOISE_LOSS_Z]),
    (float) call->in[NF_NOISE_LOSS_E]->n,
    (bool) ((const NfNoiseLossParams *) call->params)->absolute };

  nf_each<4> (stream, f, nf_tensor_elements (call->in[NF_NOISE_LOSS_E]),
      nf_aligned (f.de, f.dz, f.e, f.z));
  return nf_cuda_launched (stream, "noise_loss_backward", error);
}
