/* SPDX-License-Identifier: MIT
 *
 * conv — convolution, forward and backward (CUDA, cuDNN)
 *
 * y = act (gain * (sum x * weight + bias + residual)). cuDNN adds bias and
 * residual and applies ReLU in the same pass where it has an engine for that;
 * otherwise one kernel of ours does the rest in place. ReLU's gradient is taken
 * from y: dy counts where y > 0. In bf16 cuDNN wants weight and bias in bf16
 * and gives the weight's gradient in bf16, which is widened. See docs/ops.md.
 * Siblings: convcat.cu, kernels/cpu/kernels/conv.c */
#include "cuda/cudnn/nfconv.h"
#include "cuda/kernels/nfeach.h"

/* a parameter's data in the flow's type */
static gpointer
parameter (NfCudaStream *stream, const NfCudaConv *conv, NfTensor *tensor,
    GError **error)
{
  const NfTensor *half;

  if (conv->out->dtype == NF_F32)
    return tensor->data;
  half = nf_cuda_weight_bf16 (stream, tensor, error);
  return half != NULL ? half->data : NULL;
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
  data->bias = parameter (stream, conv, conv->bias, NULL);
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
  NfCudnnData data = { conv->x, parameter (stream, conv, conv->weight, error),
    conv->out->data, NULL, NULL };
  NfCudnnConv shape = plain;
  NfCudnnPlan *plan;

  if (data.weight == NULL)
    return FALSE;
  plan = whole_plan (stream, conv, &shape, &data);
  if (plan != NULL)
    return nf_cudnn_run (stream, &shape, plan, &data, error);
  shape = plain;
  data.bias = data.residual = NULL;
  return nf_cudnn_conv (stream, &shape, &data, error)
      && finish (stream, conv, error);
}

/* --------------------------------------------------------------- backward */

/* dz = gain * dy, where a ReLU let it pass */
template <class T> struct ThroughAct
{
  T *dz;
  const T *dy, *y;
  float gain;
  bool relu;

  template <int V>
  __device__ __forceinline__ void
  run (gsize i) const
  {
    float v[V], past[V];

    nf_load_pack<V> (v, dy + i);
    if (relu)
      nf_load_pack<V> (past, y + i);
#pragma unroll
    for (int k = 0; k < V; k++)
      v[k] = !relu || past[k] > 0.0f ? gain * v[k] : 0.0f;
    nf_store_pack<V> (dz + i, v);
  }
};

static gboolean
through_act (NfCudaStream *stream, const NfCudaConv *conv, const NfTensor *dy,
    gpointer dz, GError **error)
{
  NF_DISPATCH_ACTIVATION (dy->dtype == NF_BF16, {
    const ThroughAct<T> f = { static_cast<T *> (dz), nf_data<T> (dy),
      nf_data<T> (conv->out), conv->gain, conv->act == NF_ACT_RELU };

    nf_each<nf_pack_size<T>> (
        stream, f, nf_tensor_elements (dy), nf_aligned (f.dz, f.dy, f.y));
  });
  return nf_cuda_launched (stream, "conv_through_act", error);
}

static gboolean
backward_data (NfCudaStream *stream, const NfCudaConv *conv, gpointer dz,
    gpointer dx, GError **error)
{
  NfCudnnConv shape = nf_cuda_conv_shape (conv, NF_CUDNN_BACKWARD_DATA);
  const NfCudnnData data = { dx, parameter (stream, conv, conv->weight, error),
    dz, NULL, NULL };

  return data.weight != NULL && nf_cudnn_conv (stream, &shape, &data, error);
}

static gboolean
backward_weight (NfCudaStream *stream, const NfCudaConv *conv, gpointer dz,
    const NfTensor *dweight, GError **error)
{
  NfCudnnConv shape = nf_cuda_conv_shape (conv, NF_CUDNN_BACKWARD_WEIGHT);
  const gsize n = nf_tensor_elements (dweight);
  NfScratch half (stream, shape.bf16 ? n * sizeof (NfBf16) : 0, error);
  const NfConvert<float, NfBf16> widen = { nf_data<float> (dweight),
    half.get<NfBf16> () };
  const NfCudnnData data = { conv->x,
    shape.bf16 ? half.get<void> () : dweight->data, dz, NULL, NULL };

  if (half.get<void> () == NULL
      || !nf_cudnn_conv (stream, &shape, &data, error))
    return FALSE;
  if (shape.bf16)
    nf_each<8> (stream, widen, n, nf_aligned (widen.y));
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
  gpointer dz = grad_out->data;

  if (room.get<void> () == NULL)
    return FALSE;
  if (changed) {
    dz = grads->residual != NULL ? grads->residual->data : room.get<void> ();
    if (!through_act (stream, conv, grad_out, dz, error))
      return FALSE;
  }
  if (grads->x != NULL && !backward_data (stream, conv, dz, grads->x, error))
    return FALSE;
  if (grads->weight != NULL
      && !backward_weight (stream, conv, dz, grads->weight, error))
    return FALSE;
  return grads->bias == NULL
      || nf_cuda_column_sums (stream, dz, grad_out->dtype == NF_BF16,
          grad_out->n * grad_out->h * grad_out->w, grad_out->c,
          nf_data<float> (grads->bias), error);
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
