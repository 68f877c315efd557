/* SPDX-License-Identifier: MIT
 *
 * video — ops on video frames and masks, bytes in and out (CUDA)
 *
 * to_rgb, resize, paint, confusion, with the CPU's bytes: what happens to one
 * pixel stands in core/ops/nfpixels.h. Counts are whole numbers, so atomic additions
 * give the same ones in any order. Sibling: kernels/cpu/kernels/video.c. See
 * docs/ops.md. */
#include "core/ops/nfpixels.h"
#include "cuda/kernels/nfreduce.h"

static NfImage
image_of (const NfTensor *x, gint64 c)
{
  return NfImage{ x->n, x->h, x->w, (unsigned int) c };
}

/* ---- to_rgb ---- */

struct ToRgb
{
  guint8 *rgb;
  NfToRgb f;

  __device__ __forceinline__ void
  pixel (gint64 n, gint64 y, gint64 x) const
  {
    nf_to_rgb_pixel (&f, n, y, x, rgb + ((n * f.h + y) * f.w + x) * 3);
  }
};

gboolean
nf_cuda_to_rgb_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const ToRgb f = { nf_data<guint8> (call->out), nf_to_rgb_of (call) };

  nf_pixels (stream, f, image_of (call->out, 1));
  return nf_cuda_launched (stream, "to_rgb_forward", error);
}

/* ---- resize ---- */

struct Resize
{
  guint8 *y;
  const guint8 *x;
  NfImage result;
  NfResizeAxis rows, columns;

  /* the weighted sum of one row's pixels under the filter */
  __device__ __forceinline__ guint32
  row_sum (const guint8 *row, const NfResizePlace &place, unsigned int k,
      guint32 *weights) const
  {
    guint32 sum = 0;

    *weights = 0;
    for (int i = 0; i < columns.taps; i++) {
      const guint32 weight = nf_resize_weight (&columns, &place, i);

      *weights += weight;
      sum += weight * row[nf_resize_tap (&columns, &place, i) * result.c + k];
    }
    return sum;
  }

  __device__ __forceinline__ void
  pixel (gint64 n, gint64 at_row, gint64 at_column) const
  {
    const NfResizePlace row = nf_resize_place (&rows, at_row);
    const NfResizePlace column = nf_resize_place (&columns, at_column);
    guint8 *out =
        y + ((n * result.h + at_row) * result.w + at_column) * result.c;

    NF_CHANNEL_LOOP (k, result.c)
    {
      guint64 sum = 0, row_weights = 0, weights;
      guint32 column_weights = 0;

      for (int i = 0; i < rows.taps; i++) {
        const guint32 weight = nf_resize_weight (&rows, &row, i);
        const gint64 from = n * rows.from + nf_resize_tap (&rows, &row, i);

        row_weights += weight;
        sum += (guint64) weight
            * row_sum (
                x + from * columns.from * result.c, column, k, &column_weights);
      }
      weights = row_weights * column_weights;
      out[k] = (guint8) ((sum + weights / 2) / weights);
    }
  }
};

gboolean
nf_cuda_resize_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfTensor *x = call->in[NF_RESIZE_X], *y = call->out;
  const Resize f = { nf_data<guint8> (y), nf_data<guint8> (x),
    image_of (y, y->c), nf_resize_axis (x->h, y->h),
    nf_resize_axis (x->w, y->w) };

  nf_pixels (stream, f, f.result);
  return nf_cuda_launched (stream, "resize_forward", error);
}

/* ---- paint ---- */

static __global__ void
paint_kernel (guint8 *rgb, const guint8 *ids, const guint8 *colors,
    const guint8 *frame, unsigned int channels, gsize n)
{
  const unsigned int step = channels == 3 ? 1 : 0;

  NF_GRID_LOOP (i, n)
  {
    const unsigned int id = ids[i];

#pragma unroll
    for (unsigned int k = 0; k < 3; k++) {
      const unsigned int color = colors[3 * id + k];

      rgb[3 * i + k] = frame == NULL
          ? (guint8) color
          : nf_overlay_byte (id, frame[i * channels + k * step], color);
    }
  }
}

gboolean
nf_cuda_paint_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfTensor *frame = call->in[NF_PAINT_FRAME];
  const gsize n = call->in[NF_PAINT_IDS]->bytes;

  nf_launch (paint_kernel, nf_grid (n), NF_CUDA_BLOCK, 0, stream->handle,
      nf_data<guint8> (call->out), nf_data<guint8> (call->in[NF_PAINT_IDS]),
      nf_data<guint8> (call->in[NF_PAINT_COLORS]), nf_data<guint8> (frame),
      frame != NULL ? frame->c : 0, n);
  return nf_cuda_launched (stream, "paint_forward", error);
}

/* ---- confusion ---- */

#define SHARED_CELLS (48 * 1024 / sizeof (unsigned int)) /* of a block */

/* counts pixels as long as their pair of classes stays the same */
template <class C> struct Run
{
  C *counts;
  unsigned int classes, cell, length;

  __device__ __forceinline__ void
  flush ()
  {
    if (length > 0)
      atomicAdd (counts + cell, length);
    length = 0;
  }

  __device__ __forceinline__ void
  add (unsigned int truth, unsigned int prediction)
  {
    const unsigned int now = (truth < classes ? truth : 0) * classes
        + (prediction < classes ? prediction : 0);

    if (now != cell)
      flush ();
    cell = now;
    length++;
  }
};

/* the pixels of this thread, V neighbours at once */
template <int V, class C>
static __device__ __forceinline__ void
count_pixels (C *counts, const guint8 *truth, const guint8 *prediction, gsize n,
    unsigned int classes)
{
  const gsize packs = n / V;
  Run<C> run = { counts, classes, 0, 0 };

  NF_GRID_LOOP (i, packs)
  {
    const NfPack<guint8, V> t =
        reinterpret_cast<const NfPack<guint8, V> *> (truth)[i];
    const NfPack<guint8, V> p =
        reinterpret_cast<const NfPack<guint8, V> *> (prediction)[i];

#pragma unroll
    for (int j = 0; j < V; j++)
      run.add (t.v[j], p.v[j]);
  }
  NF_GRID_LOOP (i, n - packs * V)
  run.add (truth[packs * V + i], prediction[packs * V + i]);
  run.flush ();
}

/* OWN: a block counts in shared memory first */
template <int V, bool OWN>
static __global__ void
confusion_kernel (unsigned long long *counts, const guint8 *truth,
    const guint8 *prediction, gsize n, unsigned int classes)
{
  const unsigned int cells = classes * classes;

  if (OWN) {
    NF_DYN_SHARED (unsigned int, own);

    for (unsigned int i = threadIdx.x; i < cells; i += blockDim.x)
      own[i] = 0;
    __syncthreads ();
    count_pixels<V> (own, truth, prediction, n, classes);
    __syncthreads ();
    for (unsigned int i = threadIdx.x; i < cells; i += blockDim.x)
      if (own[i] > 0)
        atomicAdd (counts + i, own[i]);
  } else {
    count_pixels<V> (counts, truth, prediction, n, classes);
  }
}

template <int V>
static void
confusion (NfCudaStream *stream, const NfOpCall *call, unsigned int classes)
{
  const gsize n = call->in[NF_CONFUSION_TRUTH]->bytes,
              cells = (gsize) classes * classes;
  const bool own = cells <= SHARED_CELLS;

  nf_launch (own ? confusion_kernel<V, true> : confusion_kernel<V, false>,
      nf_reduce_grid ((n + V - 1) / V), NF_CUDA_BLOCK,
      own ? cells * sizeof (unsigned int) : 0, stream->handle,
      nf_data<unsigned long long> (call->out),
      nf_data<guint8> (call->in[NF_CONFUSION_TRUTH]),
      nf_data<guint8> (call->in[NF_CONFUSION_PREDICTION]), n, classes);
}

gboolean
nf_cuda_confusion_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfConfusionParams *p = (const NfConfusionParams *) call->params;
  const NfTensor *out = call->out;

  if (!nf_cuda_ok (cudaMemsetAsync (out->data, 0, out->bytes, stream->handle),
          "cannot clear the counts", error))
    return FALSE;
  if (nf_aligned (call->in[NF_CONFUSION_TRUTH]->data,
          call->in[NF_CONFUSION_PREDICTION]->data))
    confusion<16> (stream, call, (unsigned int) p->classes);
  else
    confusion<1> (stream, call, (unsigned int) p->classes);
  return nf_cuda_launched (stream, "confusion_forward", error);
}
