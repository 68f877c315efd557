/* SPDX-License-Identifier: MIT
 *
 * move — ops that move data, forward and backward (CUDA)
 *
 * Concat, slice, pad, flip, nearest, argmax. What only moves is copied in words
 * of 1 to 16 bytes, whatever its type. Backward of pad and nearest is a sum over
 * the copies of a pixel, made by the thread of that pixel.
 * Siblings: kernels/cpu/kernels/move.c, resample.c. See docs/ops.md. */
#include "cuda/kernels/nfeach.h"
#include "cuda/kernels/nfgroup.h"

/* ---- words ---- */

/* the largest word, in bytes, of which all these sizes and addresses are
 * multiples */
template <class... S>
static unsigned int
word_size (S... sizes)
{
  const gsize all = (((gsize) sizes) | ...);
  unsigned int word = 16;

  while (all % word != 0)
    word /= 2;
  return word;
}

/* runs CODE with W as an unsigned type of so many bytes */
#define WITH_WORD(bytes, CODE)                                                 \
  do {                                                                         \
    if ((bytes) == 16) {                                                       \
      typedef uint4 W;                                                         \
      CODE;                                                                    \
    } else if ((bytes) == 8) {                                                 \
      typedef uint2 W;                                                         \
      CODE;                                                                    \
    } else if ((bytes) == 4) {                                                 \
      typedef guint32 W;                                                       \
      CODE;                                                                    \
    } else if ((bytes) == 2) {                                                 \
      typedef guint16 W;                                                       \
      CODE;                                                                    \
    } else {                                                                   \
      typedef guint8 W;                                                        \
      CODE;                                                                    \
    }                                                                          \
  } while (0)

static gsize
pixel_bytes (const NfTensor *x)
{
  return (gsize) x->c * nf_dtype_size (x->dtype);
}

/* x in words of W: for ops that go by rows and columns */
template <class W>
static NfImage
image_of (const NfTensor *x)
{
  return NfImage{ x->n, x->h, x->w,
    (unsigned int) (pixel_bytes (x) / sizeof (W)) };
}

/* all pixels of x in a row, with c words each */
static NfImage
line_of (const NfTensor *x, unsigned int c)
{
  return NfImage{ 1, 1, x->n * x->h * x->w, c };
}

/* ---- concat ---- */

/* the parts of a pixel, and all of it: part i has the words begin[i] to
 * begin[i + 1] - 1; a part that is not wanted is NULL */
template <class W, bool SPLIT> struct Concat
{
  W *whole, *part[NF_OP_MAX_INPUTS];
  unsigned int begin[NF_OP_MAX_INPUTS + 1];

  __device__ __forceinline__ void
  pixel (gint64, gint64, gint64 x) const
  {
    W *all = whole + x * begin[NF_OP_MAX_INPUTS];

    NF_CHANNEL_LOOP (k, begin[NF_OP_MAX_INPUTS])
#pragma unroll
    for (int i = 0; i < NF_OP_MAX_INPUTS; i++)
      if (k >= begin[i] && k < begin[i + 1] && part[i] != NULL) {
        W *own = part[i] + x * (begin[i + 1] - begin[i]) + (k - begin[i]);

        if (SPLIT)
          *own = all[k];
        else
          all[k] = *own;
      }
  }
};

template <class W, bool SPLIT>
static void
concat (NfCudaStream *stream, const NfOpCall *call, const NfTensor *whole,
    NfTensor *const *part)
{
  Concat<W, SPLIT> f = {};

  f.whole = nf_data<W> (whole);
  for (guint i = 0; i < NF_OP_MAX_INPUTS; i++) {
    const gsize bytes = i < call->n_in ? pixel_bytes (call->in[i]) : 0;

    f.part[i] = i < call->n_in ? nf_data<W> (part[i]) : NULL;
    f.begin[i + 1] = f.begin[i] + (unsigned int) (bytes / sizeof (W));
  }
  nf_pixels (stream, f, line_of (whole, f.begin[NF_OP_MAX_INPUTS]));
}

static unsigned int
concat_word (const NfOpCall *call, const NfTensor *whole, NfTensor *const *part)
{
  unsigned int word = word_size (whole->data);

  for (guint i = 0; i < call->n_in; i++)
    word = word_size (word, pixel_bytes (call->in[i]),
        part[i] != NULL ? part[i]->data : NULL);
  return word;
}

gboolean
nf_cuda_concat_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  NfTensor *const *in = call->in;

  WITH_WORD (concat_word (call, call->out, in),
      (concat<W, false> (stream, call, call->out, in)));
  return nf_cuda_launched (stream, "concat_forward", error);
}

gboolean
nf_cuda_concat_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  WITH_WORD (concat_word (call, grad_out, grad_in),
      (concat<W, true> (stream, call, grad_out, grad_in)));
  return nf_cuda_launched (stream, "concat_backward", error);
}

/* ---- slice ---- */

/* word k is word k + shift of the source, zero where that has none */
template <class W> struct Slice
{
  W *to;
  const W *from;
  unsigned int to_c, from_c, shift; /* modulo 2^32 */

  __device__ __forceinline__ void
  pixel (gint64, gint64, gint64 x) const
  {
    NF_CHANNEL_LOOP (k, to_c)
    {
      const unsigned int source = k + shift;

      to[x * to_c + k] = source < from_c ? from[x * from_c + source] : W ();
    }
  }
};

template <class W>
static void
slice_words (NfCudaStream *stream, const NfTensor *from, const NfTensor *to,
    gint64 bytes)
{
  const Slice<W> f = { nf_data<W> (to), nf_data<W> (from), image_of<W> (to).c,
    image_of<W> (from).c, (unsigned int) (bytes / (gint64) sizeof (W)) };

  nf_pixels (stream, f, line_of (to, f.to_c));
}

/* channel c is channel c + shift of the source, zero where that has none */
static gboolean
slice (NfCudaStream *stream, const NfTensor *from, const NfTensor *to,
    gint64 shift, GError **error)
{
  const gint64 bytes = shift * (gint64) nf_dtype_size (to->dtype);

  WITH_WORD (word_size (from->data, to->data, pixel_bytes (from),
                 pixel_bytes (to), bytes),
      slice_words<W> (stream, from, to, bytes));
  return nf_cuda_launched (stream, "slice", error);
}

gboolean
nf_cuda_slice_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfSliceParams *p = (const NfSliceParams *) call->params;

  return slice (stream, call->in[NF_SLICE_X], call->out, p->from, error);
}

gboolean
nf_cuda_slice_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  const NfSliceParams *p = (const NfSliceParams *) call->params;

  return slice (stream, grad_out, grad_in[NF_SLICE_X], -p->from, error);
}

/* ---- pad, flip and nearest: pixels taken from elsewhere ---- */

/* One direction of an op, rows or columns: source() is where a place of the
 * result comes from, -1 for a zero; copies() all places that come from one of
 * the source, from `first` up to `last`. */

struct Padding
{
  gint64 before, size, result; /* places added in front; sizes */
  bool edge;

  __device__ __forceinline__ gint64
  source (gint64 at) const
  {
    const gint64 from = at - before;

    if (from >= 0 && from < size)
      return from;
    return !edge ? -1 : from < 0 ? 0 : size - 1;
  }

  __device__ __forceinline__ void
  copies (gint64 at, gint64 *first, gint64 *last) const
  {
    *first = edge && at == 0 ? 0 : at + before;
    *last = edge && at == size - 1 ? result - 1 : at + before;
    *first = *first < 0 ? 0 : *first;
    *last = *last >= result ? result - 1 : *last;
  }
};

struct Mirror
{
  gint64 size;

  __device__ __forceinline__ gint64
  source (gint64 at) const
  {
    return size - 1 - at;
  }
};

struct Same
{
  __device__ __forceinline__ gint64
  source (gint64 at) const
  {
    return at;
  }
};

struct Nearest
{
  guint64 size, result;

  __device__ __forceinline__ gint64
  source (gint64 at) const
  {
    return (gint64) ((guint64) at * size / result);
  }

  __device__ __forceinline__ gint64
  first_copy (gint64 at) const
  {
    return (gint64) (((guint64) at * result + size - 1) / size);
  }

  __device__ __forceinline__ void
  copies (gint64 at, gint64 *first, gint64 *last) const
  {
    *first = first_copy (at);
    *last = first_copy (at + 1) - 1;
  }
};

template <class W, class Rows, class Columns> struct Gather
{
  W *to;
  const W *from;
  NfImage result, source;
  Rows rows;
  Columns columns;

  __device__ __forceinline__ void
  pixel (gint64 n, gint64 y, gint64 x) const
  {
    const gint64 row = rows.source (y), column = columns.source (x);
    const W *pixel =
        from + ((n * source.h + row) * source.w + column) * result.c;
    W *out = to + ((n * result.h + y) * result.w + x) * result.c;

    NF_CHANNEL_LOOP (k, result.c)
    out[k] = row < 0 || column < 0 ? W () : pixel[k];
  }
};

template <class W, class Rows, class Columns>
static void
gather_words (NfCudaStream *stream, const NfTensor *from, const NfTensor *to,
    Rows rows, Columns columns)
{
  const Gather<W, Rows, Columns> f = { nf_data<W> (to), nf_data<W> (from),
    image_of<W> (to), image_of<W> (from), rows, columns };

  nf_pixels (stream, f, f.result);
}

template <class Rows, class Columns>
static void
gather (NfCudaStream *stream, const NfTensor *from, const NfTensor *to,
    Rows rows, Columns columns)
{
  WITH_WORD (word_size (pixel_bytes (to), from->data, to->data),
      gather_words<W> (stream, from, to, rows, columns));
}

/* dx is the sum of dy over the copies; V channels at once */
template <class T, int V, class Copies> struct SumCopies
{
  T *dx;
  const T *dy;
  NfImage source, result;
  Copies rows, columns;

  __device__ __forceinline__ void
  pixel (gint64 n, gint64 y, gint64 x) const
  {
    const gint64 at = ((n * source.h + y) * source.w + x) * source.c;
    gint64 top, bottom, left, right;

    rows.copies (y, &top, &bottom);
    columns.copies (x, &left, &right);
    NF_CHANNEL_LOOP (k, source.c)
    {
      float sum[V] = { 0 };

      for (gint64 i = top; i <= bottom; i++)
        for (gint64 j = left; j <= right; j++) {
          float v[V];

          nf_load_pack (
              v, dy + (((n * result.h + i) * result.w + j) * source.c + k) * V);
#pragma unroll
          for (int l = 0; l < V; l++)
            sum[l] += v[l];
        }
      nf_store_pack (dx + (at + k) * V, sum);
    }
  }
};

template <class T, int V, class Copies>
static void
sum_copies_of (NfCudaStream *stream, const NfTensor *dy, const NfTensor *dx,
    Copies rows, Copies columns)
{
  const NfImage source = { dx->n, dx->h, dx->w, (unsigned int) (dx->c / V) };
  const NfImage result = { dy->n, dy->h, dy->w, source.c };
  const SumCopies<T, V, Copies> f = { nf_data<T> (dx), nf_data<T> (dy), source,
    result, rows, columns };

  nf_pixels (stream, f, source);
}

template <class T, class Copies>
static void
sum_copies (NfCudaStream *stream, const NfTensor *dy, const NfTensor *dx,
    Copies rows, Copies columns)
{
  if (dx->c % nf_pack_size<T> == 0 && nf_aligned (dx->data, dy->data))
    sum_copies_of<T, nf_pack_size<T>> (stream, dy, dx, rows, columns);
  else
    sum_copies_of<T, 1> (stream, dy, dx, rows, columns);
}

static Padding
padding (gint before, gint64 size, gint64 result, NfPadMode mode)
{
  return Padding{ before, size, result, mode == NF_PAD_EDGE };
}

gboolean
nf_cuda_pad_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfPadParams *p = (const NfPadParams *) call->params;
  const NfTensor *x = call->in[NF_PAD_X], *y = call->out;

  gather (stream, x, y, padding (p->top, x->h, y->h, p->mode),
      padding (p->left, x->w, y->w, p->mode));
  return nf_cuda_launched (stream, "pad_forward", error);
}

gboolean
nf_cuda_pad_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  const NfPadParams *p = (const NfPadParams *) call->params;
  const NfTensor *x = call->in[NF_PAD_X], *y = call->out;

  NF_DISPATCH_ACTIVATION (nf_cuda_is_bf16 (call),
      sum_copies<T> (stream, grad_out, grad_in[NF_PAD_X],
          padding (p->top, x->h, y->h, p->mode),
          padding (p->left, x->w, y->w, p->mode)));
  return nf_cuda_launched (stream, "pad_backward", error);
}

gboolean
nf_cuda_flip_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  gather (
      stream, call->in[NF_FLIP_X], call->out, Same (), Mirror{ call->out->w });
  return nf_cuda_launched (stream, "flip_forward", error);
}

gboolean
nf_cuda_flip_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  gather (stream, grad_out, grad_in[NF_FLIP_X], Same (), Mirror{ grad_out->w });
  return nf_cuda_launched (stream, "flip_backward", error);
}

static Nearest
nearest (gint64 size, gint64 result)
{
  return Nearest{ (guint64) size, (guint64) result };
}

gboolean
nf_cuda_nearest_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfTensor *x = call->in[NF_NEAREST_X], *y = call->out;

  gather (stream, x, y, nearest (x->h, y->h), nearest (x->w, y->w));
  return nf_cuda_launched (stream, "nearest_forward", error);
}

gboolean
nf_cuda_nearest_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  const NfTensor *x = call->in[NF_NEAREST_X], *y = call->out;

  NF_DISPATCH_ACTIVATION (nf_cuda_is_bf16 (call),
      sum_copies<T> (stream, grad_out, grad_in[NF_NEAREST_X],
          nearest (x->h, y->h), nearest (x->w, y->w)));
  return nf_cuda_launched (stream, "nearest_backward", error);
}

/* ---- argmax ---- */

/* NaN in channel 0 wins, as on the CPU, where nothing is larger than it;
 * elsewhere it never does */
template <class T>
static __global__ void
argmax_kernel (
    guint8 *y, const T *x, gsize pixels, unsigned int c, unsigned int group)
{
  const unsigned int lane = threadIdx.x % group;

  NF_GROUP_LOOP (pixel, pixels, group)
  {
    float best = -INFINITY;
    unsigned int at = lane;

    for (unsigned int k = lane; pixel < pixels && k < c; k += group) {
      float v = nf_load (x + pixel * c + k);

      if (k == 0 && isnan (v))
        v = INFINITY;
      if (v > best) {
        best = v;
        at = k;
      }
    }
    for (unsigned int step = group / 2; step > 0; step /= 2) {
      const float other = __shfl_xor_sync (0xffffffffu, best, (int) step);
      const unsigned int place = __shfl_xor_sync (0xffffffffu, at, (int) step);

      if (other > best || (other == best && place < at)) {
        best = other;
        at = place;
      }
    }
    if (lane == 0 && pixel < pixels)
      y[pixel] = (guint8) at;
  }
}

gboolean
nf_cuda_argmax_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const gint64 c = call->in[NF_ARGMAX_X]->c;
  const unsigned int group = nf_group_size (c);
  const gsize pixels = nf_tensor_elements (call->out);

  NF_DISPATCH_ACTIVATION (call->in[NF_ARGMAX_X]->dtype == NF_BF16,
      nf_launch (argmax_kernel<T>, nf_group_grid (pixels, group), NF_CUDA_BLOCK,
          0, stream->handle, nf_data<guint8> (call->out),
          nf_data<T> (call->in[NF_ARGMAX_X]), pixels, c, group));
  return nf_cuda_launched (stream, "argmax_forward", error);
}
