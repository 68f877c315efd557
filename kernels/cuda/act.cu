/* SPDX-License-Identifier: MIT
 *
 * act — activation functions, forward and backward (CUDA)
 *
 * Sibling: kernels/cpu/act.c. See docs/ops.md. */
#include "cuda/nfkernel.h"

static __device__ __forceinline__ float
act_value (float x, NfAct act)
{
  if (act == NF_ACT_RELU)
    return x > 0.0f || isnan (x) ? x : 0.0f;
  return act == NF_ACT_SILU ? x / (1.0f + expf (-x)) : x;
}

static __device__ __forceinline__ float
act_slope (float x, NfAct act)
{
  float s;

  if (act == NF_ACT_RELU)
    return x > 0.0f ? 1.0f : 0.0f;
  if (act != NF_ACT_SILU)
    return 1.0f;
  s = 1.0f / (1.0f + expf (-x));
  return s * (1.0f + x * (1.0f - s));
}

template <class T>
__global__ void
activation_forward_kernel (T *y, const T *x, gsize n, NfAct act)
{
  NF_GRID_LOOP (i, n)
  nf_store (&y[i], act_value (nf_load (&x[i]), act));
}

template <class T>
__global__ void
activation_backward_kernel (T *dx, const T *dy, const T *x, gsize n, NfAct act)
{
  NF_GRID_LOOP (i, n)
  nf_store (&dx[i], nf_load (&dy[i]) * act_slope (nf_load (&x[i]), act));
}

gboolean
nf_cuda_activation_forward (
    NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfActivationParams *p = (const NfActivationParams *) call->params;
  const gsize n = nf_tensor_elements (call->out);

  NF_FLOW (nf_cuda_is_bf16 (call),
      nf_launch (activation_forward_kernel<T>, nf_grid (n), NF_CUDA_BLOCK, 0,
          stream->handle, nf_data<T> (call->out), nf_data<T> (call->in[0]), n,
          p->act));
  return nf_cuda_launched (stream, "activation_forward", error);
}

gboolean
nf_cuda_activation_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  const NfActivationParams *p = (const NfActivationParams *) call->params;
  const gsize n = nf_tensor_elements (call->out);

  NF_FLOW (nf_cuda_is_bf16 (call),
      nf_launch (activation_backward_kernel<T>, nf_grid (n), NF_CUDA_BLOCK, 0,
          stream->handle, nf_data<T> (grad_in[0]), nf_data<T> (grad_out),
          nf_data<T> (call->in[0]), n, p->act));
  return nf_cuda_launched (stream, "activation_backward", error);
}
