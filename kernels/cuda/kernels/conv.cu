/* SPDX-License-Identifier: MIT
 *
 * conv — convolution, forward and backward (CUDA, cuDNN)
 *
 * y = act (gain * (sum x * weight + bias + residual)). cuDNN multiplies by the
 * gain, adds bias and residual and applies ReLU in the same pass where it has an
 * engine for that, with a bias that the gain is part of;
 * otherwise one kernel of ours does the rest in place. ReLU's gradient is taken
 * from y: dy counts where y > 0. In bf16 cuDNN wants weight and bias in bf16
 * and gives the weight's gradient in bf16, which is widened. Where it has no
 * plan for bf16, as before compute capability 8.0, f32 is multiplied instead.
 * See docs/ops.md.
 * Siblings: convcat.cu, kernels/cpu/kernels/conv.c */
#include "cuda/cudnn/nfconv.h"
#include "cuda/kernels/nfcolumns.h"

/* a parameter's data times @gain, in the flow's type */
static gpointer
parameter (NfCudaStream *stream, const NfCudaConv *conv, NfTensor *tensor,
    gfloat gain, GError **error)
{
  const NfTensor *copy =
      nf_cuda_weight_copy (stream, tensor, conv->out->dtype, gain, error);

  return copy != NULL ? copy->data : NULL;
}

/* ---------------------------------------------------------- without bf16 */

template <class To, class From>
static void
convert (NfCudaStream *stream, gpointer to, gconstpointer from, gsize n)
{
  const NfConvert<To, From> f = { static_cast<To *> (to),
    static_cast<const From *> (from) };

  nf_each<8> (stream, f, n, nf_aligned (to, from));
}

/* a convolution of bf16 by a plan for f32, whose factors may be rounded to TF32,
 * which has all bits of bf16 */
static gboolean
run_in_f32 (NfCudaStream *stream, const NfCudnnConv *conv,
    const NfCudnnData *data, GError **error)
{
  const gsize n_x = (gsize) conv->n * conv->c * conv->h * conv->w;
  const gsize n_weight = (gsize) conv->o * conv->c * conv->kh * conv->kw;
  const gsize n_y = (gsize) conv->n * conv->o * conv->oh * conv->ow;
  NfScratch x (stream, n_x * sizeof (float), error);
  NfScratch weight (stream, n_weight * sizeof (float), error);
  NfScratch y (stream, n_y * sizeof (float), error);
  const NfCudnnData wide = { x.get<void> (), weight.get<void> (),
    y.get<void> (), NULL, NULL };
  NfCudnnConv shape = *conv;
  NfCudnnPlan *plan;

  if (wide.x == NULL || wide.weight == NULL || wide.y == NULL)
    return FALSE;
  shape.bf16 = FALSE;
  shape.tf32 = TRUE;
  plan = nf_cudnn_plan (stream, &shape, &wide, error);
  if (plan == NULL)
    return FALSE;
  if (conv->pass != NF_CUDNN_BACKWARD_DATA)
    convert<float, NfBf16> (stream, wide.x, data->x, n_x);
  if (conv->pass != NF_CUDNN_BACKWARD_WEIGHT)
    convert<float, NfBf16> (stream, wide.weight, data->weight, n_weight);
  if (conv->pass != NF_CUDNN_FORWARD)
    convert<float, NfBf16> (stream, wide.y, data->y, n_y);
  if (!nf_cuda_launched (stream, "conv_widen", error)
      || !nf_cudnn_run (stream, &shape, plan, &wide, error))
    return FALSE;
  if (conv->pass == NF_CUDNN_FORWARD)
    convert<NfBf16, float> (stream, data->y, wide.y, n_y);
  else if (conv->pass == NF_CUDNN_BACKWARD_DATA)
    convert<NfBf16, float> (stream, data->x, wide.x, n_x);
  else
    convert<NfBf16, float> (stream, data->weight, wide.weight, n_weight);
  return nf_cuda_launched (stream, "conv_narrow", error);
}

/* queues a convolution without anything that follows it */
static gboolean
run (NfCudaStream *stream, NfCudnnConv *conv, const NfCudnnData *data,
    GError **error)
{
  g_autoptr (GError) why = NULL;
  NfCudnnPlan *plan = nf_cudnn_plan (stream, conv, data, &why);

  if (plan != NULL)
    return nf_cudnn_run (stream, conv, plan, data, error);
  if (conv->bf16 && g_error_matches (why, NF_ERROR, NF_ERROR_UNSUPPORTED))
    return run_in_f32 (stream, conv, data, error);
  g_propagate_error (error, static_cast<GError *> (g_steal_pointer (&why)));
  return FALSE;
}

/* ---------------------------------------------------------------- forward */

/* y = act (gain * (y + bias + residual)), V channels at a time */
template <class T, int V> struct Finish
{
  T *y;
  const float *bias;
  const T *residual;
  unsigned int c; /* packs of channels */
  float gain;
  NfAct act;

  __device__ __forceinline__ void
  pixel (gint64, gint64, gint64 x) const
  {
    NF_CHANNEL_LOOP (k, c)
    {
      const gsize at = ((gsize) x * c + k) * V;
      float v[V], more[V];

      nf_load_pack<V> (v, y + at);
      if (bias != NULL) {
#pragma unroll
        for (int i = 0; i < V; i++)
          v[i] += bias[k * V + i];
      }
      if (residual != NULL) {
        nf_load_pack<V> (more, residual + at);
#pragma unroll
        for (int i = 0; i < V; i++)
          v[i] += more[i];
      }
#pragma unroll
      for (int i = 0; i < V; i++)
        v[i] = nf_act_value (gain * v[i], act);
      nf_store_pack<V> (y + at, v);
    }
  }
};

template <class T, int V>
static void
finish_packs (NfCudaStream *stream, const NfCudaConv *conv)
{
  const NfTensor *y = conv->out;
  const Finish<T, V> f = { nf_data<T> (y), nf_data<float> (conv->bias),
    nf_data<T> (conv->residual), (unsigned int) (y->c / V), conv->gain,
    conv->act };

  nf_pixels (stream, f, { 1, 1, y->n * y->h * y->w, f.c });
}

static gboolean
finish (NfCudaStream *stream, const NfCudaConv *conv, GError **error)
{
  const NfTensor *y = conv->out;

  if (conv->bias == NULL && conv->residual == NULL && conv->gain == 1.0f
      && conv->act == NF_ACT_NONE)
    return TRUE;
  NF_DISPATCH_ACTIVATION (y->dtype == NF_BF16, {
    if (y->c % nf_pack_size<T> == 0
        && nf_aligned (nf_data<T> (y), nf_data<T> (conv->residual)))
      finish_packs<T, nf_pack_size<T>> (stream, conv);
    else
      finish_packs<T, 1> (stream, conv);
  });
  return nf_cuda_launched (stream, "conv_finish", error);
}

/* the plan that does it all; NULL where there is none */
static NfCudnnPlan *
whole_plan (NfCudaStream *stream, const NfCudaConv *conv, NfCudnnConv *shape,
    NfCudnnData *data)
{
  if (!nf_cuda_conv_fuse (conv, shape))
    return NULL;
  data->bias = parameter (stream, conv, conv->bias, conv->gain, NULL);
  data->residual = nf_data<void> (conv->residual);
  return data->bias != NULL ? nf_cudnn_plan (stream, shape, data, NULL) : NULL;
}

/**
 * nf_cuda_conv_forward:
 * @stream: the calling thread's
 * @conv: a convolution
 * @error: return location: %NF_ERROR_NO_MEMORY, %NF_ERROR_UNSUPPORTED,
 *   %NF_ERROR_NO_DEVICE
 *
 * Queues it.
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_cuda_conv_forward (
    NfCudaStream *stream, const NfCudaConv *conv, GError **error)
{
  const NfCudnnConv plain = nf_cuda_conv_shape (conv, NF_CUDNN_FORWARD);
  NfCudnnData data = { conv->x,
    parameter (stream, conv, conv->weight, 1.0f, error), conv->out->data, NULL,
    NULL };
  NfCudnnConv shape = plain;
  NfCudnnPlan *plan;

  if (data.weight == NULL)
    return FALSE;
  plan = whole_plan (stream, conv, &shape, &data);
  if (plan != NULL)
    return nf_cudnn_run (stream, &shape, plan, &data, error);
  shape = plain;
  data.bias = data.residual = NULL;
  return run (stream, &shape, &data, error) && finish (stream, conv, error);
}

/* --------------------------------------------------------------- backward */

/* dz = gain * dy, where a ReLU let it pass; in sums what is stored counts */
template <class T> struct ThroughAct
{
  T *dz;
  const T *dy, *y;
  unsigned int columns;
  float gain;
  bool relu;

  template <int V>
  __device__ __forceinline__ void
  run (gsize i) const
  {
    float v[V];

    make<V> (i, v);
  }

  template <int V>
  __device__ __forceinline__ void
  sum (const NfPart &part, float (&sums)[1][V]) const
  {
#pragma unroll 4
    for (gsize row = part.row; row < part.end; row += part.step) {
      float v[V];

      make<V> (row * columns + part.column, v);
#pragma unroll
      for (int k = 0; k < V; k++)
        sums[0][k] += v[k];
    }
  }

private:
  template <int V>
  __device__ __forceinline__ void
  make (gsize i, float (&v)[V]) const
  {
    float past[V];

    nf_load_pack<V> (v, dy + i);
    if (relu)
      nf_load_pack<V> (past, y + i);
#pragma unroll
    for (int k = 0; k < V; k++) {
      T stored;

      nf_store (&stored, !relu || past[k] > 0.0f ? gain * v[k] : 0.0f);
      v[k] = nf_load (&stored);
    }
    nf_store_pack<V> (dz + i, v);
  }
};

/* @sums: (nullable): gets those of dz's channels */
static gboolean
through_act (NfCudaStream *stream, const NfCudaConv *conv, const NfTensor *dy,
    gpointer dz, gfloat *sums, GError **error)
{
  const gint64 rows = dy->n * dy->h * dy->w;
  const gchar *name = "conv_through_act";

  NF_DISPATCH_ACTIVATION (dy->dtype == NF_BF16, {
    const ThroughAct<T> f = { static_cast<T *> (dz), nf_data<T> (dy),
      nf_data<T> (conv->out), (unsigned int) dy->c, conv->gain,
      conv->act == NF_ACT_RELU };
    const bool aligned = nf_aligned (f.dz, f.dy, f.y);

    if (sums != NULL && aligned && dy->c % nf_pack_size<T> == 0)
      return nf_total_columns<nf_pack_size<T>> (
          stream, f, rows, dy->c, sums, name, error);
    if (sums != NULL)
      return nf_total_columns<1> (stream, f, rows, dy->c, sums, name, error);
    nf_each<nf_pack_size<T>> (stream, f, nf_tensor_elements (dy), aligned);
  });
  return nf_cuda_launched (stream, name, error);
}

static gboolean
backward_data (NfCudaStream *stream, const NfCudaConv *conv, gpointer dz,
    gpointer dx, GError **error)
{
  NfCudnnConv shape = nf_cuda_conv_shape (conv, NF_CUDNN_BACKWARD_DATA);
  const NfCudnnData data = { dx,
    parameter (stream, conv, conv->weight, 1.0f, error), dz, NULL, NULL };

  return data.weight != NULL && run (stream, &shape, &data, error);
}

static gboolean
backward_weight (NfCudaStream *stream, const NfCudaConv *conv, gpointer dz,
    const NfTensor *dweight, GError **error)
{
  NfCudnnConv shape = nf_cuda_conv_shape (conv, NF_CUDNN_BACKWARD_WEIGHT);
  const gsize n = nf_tensor_elements (dweight);
  NfScratch half (stream, shape.bf16 ? n * sizeof (NfBf16) : 0, error);
  const NfCudnnData data = { conv->x,
    shape.bf16 ? half.get<void> () : dweight->data, dz, NULL, NULL };

  if (half.get<void> () == NULL || !run (stream, &shape, &data, error))
    return FALSE;
  if (shape.bf16)
    convert<float, NfBf16> (stream, dweight->data, half.get<void> (), n);
  return nf_cuda_launched (stream, "conv_widen", error);
}

/**
 * nf_cuda_conv_backward:
 * @stream: the calling thread's
 * @conv: a convolution that has run
 * @grad_out: the gradient of its result
 * @grads: where the others go
 * @error: return location: %NF_ERROR_NO_MEMORY, %NF_ERROR_UNSUPPORTED,
 *   %NF_ERROR_NO_DEVICE
 *
 * Queues its gradients.
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_cuda_conv_backward (NfCudaStream *stream, const NfCudaConv *conv,
    const NfTensor *grad_out, const NfCudaConvGrads *grads, GError **error)
{
  const bool changed =
      conv->act == NF_ACT_RELU || conv->gain != 1.0f || grads->residual != NULL;
  NfScratch room (
      stream, changed && grads->residual == NULL ? grad_out->bytes : 0, error);
  gfloat *sums = nf_data<float> (grads->bias);
  gpointer dz = grad_out->data;

  if (room.get<void> () == NULL)
    return FALSE;
  if (changed) {
    dz = grads->residual != NULL ? grads->residual->data : room.get<void> ();
    if (!through_act (stream, conv, grad_out, dz, sums, error))
      return FALSE;
    sums = NULL;
  }
  if (grads->x != NULL && !backward_data (stream, conv, dz, grads->x, error))
    return FALSE;
  if (grads->weight != NULL
      && !backward_weight (stream, conv, dz, grads->weight, error))
    return FALSE;
  return sums == NULL
      || nf_cuda_column_sums (stream, dz, grad_out->dtype == NF_BF16,
          grad_out->n * grad_out->h * grad_out->w, grad_out->c, sums, error);
}

/* ----------------------------------------------------------------- conv2d */

gboolean
nf_cuda_conv2d_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfCudaConv conv = nf_cuda_conv_of (call);

  return nf_cuda_conv_forward (stream, &conv, error);
}

gboolean
nf_cuda_conv2d_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  const NfCudaConv conv = nf_cuda_conv_of (call);
  const NfCudaConvGrads grads = { nf_data<void> (grad_in[NF_CONV2D_X]),
    grad_in[NF_CONV2D_WEIGHT], grad_in[NF_CONV2D_BIAS],
    grad_in[NF_CONV2D_RESIDUAL] };

  return nf_cuda_conv_backward (stream, &conv, grad_out, &grads, error);
}
