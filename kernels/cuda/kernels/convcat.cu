/* SPDX-License-Identifier: MIT
 *
 * convcat — convolution over several inputs, forward and backward (CUDA)
 *
 * One kernel puts the inputs side by side, the first one doubled where it is
 * to be upsampled, in memory that lives as long as the op; then it is a plain
 * convolution. Backward makes the gradient of all inputs at once and hands out
 * the parts. The copies cost less than a convolution for each input would.
 * Sibling: kernels/cpu/kernels/convcat.c, which never puts them side by side. */
#include "cuda/cudnn/nfconv.h"
#include "cuda/kernels/nfeach.h"

#define MOST 6 /* inputs */

/* one input: channels from @from on of all of them, in packs */
template <class T> struct Part
{
  T *x;
  unsigned int from, count;
  bool up; /* half as high and wide */
};

/* the pixel of a part that pixel (n, y, x) of all shows */
template <class T>
static __device__ __forceinline__ gsize
pixel_of (const Part<T> &part, const NfImage &all, gint64 n, gint64 y, gint64 x)
{
  return part.up ? (gsize) ((n * (all.h / 2) + y / 2) * (all.w / 2) + x / 2)
                 : (gsize) ((n * all.h + y) * all.w + x);
}

template <class T, int V> struct Gather
{
  Part<const NfPack<T, V>> parts[MOST];
  int n_parts;
  NfPack<T, V> *to;
  NfImage all;

  __device__ __forceinline__ void
  pixel (gint64 n, gint64 y, gint64 x) const
  {
    const gsize at = (gsize) ((n * all.h + y) * all.w + x) * all.c;

    NF_CHANNEL_LOOP (k, all.c)
    {
#pragma unroll
      for (int i = 0; i < MOST; i++)
        if (i < n_parts && k - parts[i].from < parts[i].count)
          to[at + k] =
              parts[i].x[pixel_of (parts[i], all, n, y, x) * parts[i].count + k
                  - parts[i].from];
    }
  }
};

template <class T, int V>
static void
gather (NfCudaStream *stream, const NfOpCall *call, const NfCudaConv *conv)
{
  const NfConv2dCatParams *p =
      static_cast<const NfConv2dCatParams *> (call->params);
  Gather<T, V> f = { {}, (int) nf_cuda_conv_sources (call),
    static_cast<NfPack<T, V> *> (conv->x),
    { conv->n, conv->h, conv->w, (unsigned int) (conv->c / V) } };
  unsigned int from = 0;

  for (int i = 0; i < f.n_parts; i++) {
    const NfTensor *x = call->in[NF_CONV2D_CAT_X + i];

    f.parts[i] = { nf_data<const NfPack<T, V>> (x), from,
      (unsigned int) (x->c / V), p->up && i == 0 };
    from += f.parts[i].count;
  }
  nf_pixels (stream, f, f.all);
}

/* the gradient of one part: pixels that showed the same one are summed */
template <class T, int V> struct Take
{
  Part<T> part; /* counted in channels */
  const T *from;
  NfImage all;

  __device__ __forceinline__ void
  pixel (gint64 n, gint64 y, gint64 x) const
  {
    const int times = part.up ? 2 : 1;
    const gint64 width = all.w / times, height = all.h / times;
    T *to = part.x + ((n * height + y) * width + x) * part.count;

    NF_CHANNEL_LOOP (k, part.count / V)
    {
      float sum[V] = {};

      for (int a = 0; a < times * times; a++) {
        const gint64 row = n * all.h + y * times + a / times;
        float v[V];

        nf_load_pack<V> (v,
            from + (row * all.w + x * times + a % times) * all.c + part.from
                + k * V);
#pragma unroll
        for (int i = 0; i < V; i++)
          sum[i] += v[i];
      }
      nf_store_pack<V> (to + (gsize) k * V, sum);
    }
  }
};

template <class T, int V>
static void
take (NfCudaStream *stream, const NfOpCall *call, const NfCudaConv *conv,
    const T *grads, NfTensor **grad_in)
{
  const NfConv2dCatParams *p =
      static_cast<const NfConv2dCatParams *> (call->params);
  const NfImage all = { conv->n, conv->h, conv->w, (unsigned int) conv->c };
  unsigned int from = 0;

  for (guint i = 0; i < nf_cuda_conv_sources (call); i++) {
    const NfTensor *x = call->in[NF_CONV2D_CAT_X + i],
                   *dx = grad_in[NF_CONV2D_CAT_X + i];
    const Take<T, V> f = { { nf_data<T> (dx), from, (unsigned int) x->c,
                               p->up && i == 0 },
      grads, all };

    if (dx != NULL)
      nf_pixels (stream, f, { x->n, x->h, x->w, (unsigned int) (x->c / V) });
    from += (unsigned int) x->c;
  }
}

/* TRUE where all parts are whole packs of @size channels */
static bool
in_packs (const NfOpCall *call, NfTensor *const *tensors, gint64 size)
{
  for (guint i = 0; i < nf_cuda_conv_sources (call); i++) {
    const NfTensor *tensor = tensors[NF_CONV2D_CAT_X + i];

    if (call->in[NF_CONV2D_CAT_X + i]->c % size != 0
        || (tensor != NULL && !nf_aligned (tensor->data)))
      return false;
  }
  return true;
}

static gsize
bytes_of_all (const NfOpCall *call)
{
  const NfTensor *out = call->out;

  return nf_dtype_size (out->dtype)
      * (gsize) (out->n * out->h * out->w * call->in[NF_CONV2D_CAT_WEIGHT]->c);
}

static gboolean
concat_inputs (NfCudaStream *stream, const NfOpCall *call,
    const NfCudaConv *conv, GError **error)
{
  NF_DISPATCH_ACTIVATION (nf_cuda_is_bf16 (call), {
    if (in_packs (call, call->in, nf_pack_size<T>))
      gather<T, nf_pack_size<T>> (stream, call, conv);
    else
      gather<T, 1> (stream, call, conv);
  });
  return nf_cuda_launched (stream, "conv2d_cat_gather", error);
}

gboolean
nf_cuda_conv2d_cat_forward (
    NfCudaStream *stream, NfOpCall *call, GError **error)
{
  NfCudaConv conv = nf_cuda_conv_of (call);
  const bool plain = conv.x != NULL;
  NfScratch all (stream, plain ? 0 : bytes_of_all (call), error);

  if (all.get<void> () == NULL)
    return FALSE;
  if (!plain) {
    conv.x = all.get<void> ();
    if (!concat_inputs (stream, call, &conv, error))
      return FALSE;
  }
  return nf_cuda_conv_forward (stream, &conv, error);
}

static gboolean
split_gradients (NfCudaStream *stream, const NfOpCall *call,
    const NfCudaConv *conv, gpointer grads, NfTensor **grad_in, GError **error)
{
  NF_DISPATCH_ACTIVATION (nf_cuda_is_bf16 (call), {
    const T *from = static_cast<const T *> (grads);

    if (in_packs (call, grad_in, nf_pack_size<T>))
      take<T, nf_pack_size<T>> (stream, call, conv, from, grad_in);
    else
      take<T, 1> (stream, call, conv, from, grad_in);
  });
  return nf_cuda_launched (stream, "conv2d_cat_take", error);
}

gboolean
nf_cuda_conv2d_cat_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  const guint n = nf_cuda_conv_sources (call);
  NfCudaConv conv = nf_cuda_conv_of (call);
  const bool plain = conv.x != NULL;
  NfCudaConvGrads grads = { plain ? nf_data<void> (grad_in[NF_CONV2D_CAT_X])
                                  : NULL,
    grad_in[NF_CONV2D_CAT_WEIGHT],
    call->n_in > n + 1 ? grad_in[NF_CONV2D_CAT_X + n] : NULL, NULL };
  bool wanted = false;

  for (guint i = 0; i < n; i++)
    wanted = wanted || grad_in[NF_CONV2D_CAT_X + i] != NULL;
  if (plain)
    return nf_cuda_conv_backward (stream, &conv, grad_out, &grads, error);

  NfScratch all (stream, grads.weight != NULL ? bytes_of_all (call) : 0, error);
  NfScratch room (stream, wanted ? bytes_of_all (call) : 0, error);

  if (all.get<void> () == NULL || room.get<void> () == NULL)
    return FALSE;
  conv.x = all.get<void> ();
  grads.x = wanted ? room.get<void> () : NULL;
  return (grads.weight == NULL || concat_inputs (stream, call, &conv, error))
      && nf_cuda_conv_backward (stream, &conv, grad_out, &grads, error)
      && (!wanted
          || split_gradients (stream, call, &conv, grads.x, grad_in, error));
}
