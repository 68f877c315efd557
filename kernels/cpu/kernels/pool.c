/* SPDX-License-Identifier: MIT
 *
 * pool — max pooling and softmax, forward and backward (CPU, oneDNN)
 *
 * Max pooling keeps which pixel won and sends the gradient there. Softmax over
 * channels: dx = y (dy - sum (dy y)). See docs/ops.md. */
#include "cpu/dnnl/nfdnnl.h"

static NfDnnlPool
pool_of (const NfOpCall *call)
{
  const NfMaxPoolParams *p = call->params;
  const NfTensor *x = call->in[NF_MAX_POOL_X], *y = call->out;

  return (NfDnnlPool){ .n = x->n,
    .c = x->c,
    .h = x->h,
    .w = x->w,
    .oh = y->h,
    .ow = y->w,
    .kernel = p->kernel,
    .stride = p->stride,
    .pad = p->pad,
    .bf16 = x->dtype == NF_BF16 };
}

gboolean
nf_cpu_max_pool_forward (NfOpCall *call, GError **error)
{
  NfDnnlPool pool = pool_of (call);

  if (nf_dnnl_lacks_bf16 (call))
    return nf_cpu_through_f32 (call, nf_cpu_max_pool_forward, error);
  return nf_dnnl_max_pool_forward (call->device, &pool,
      call->in[NF_MAX_POOL_X]->data, call->out->data, &call->saved[0], error);
}

gboolean
nf_cpu_max_pool_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  NfDnnlPool pool = pool_of (call);

  if (nf_dnnl_lacks_bf16 (call))
    return nf_cpu_back_through_f32 (
        call, grad_out, grad_in, nf_cpu_max_pool_backward, error);
  return nf_dnnl_max_pool_backward (call->device, &pool, grad_out->data,
      call->saved[0], grad_in[NF_MAX_POOL_X]->data, error);
}

gboolean
nf_cpu_softmax_forward (NfOpCall *call, GError **error)
{
  const NfTensor *x = call->in[NF_SOFTMAX_X];

  return nf_dnnl_softmax_forward (call->device, x->n * x->h * x->w, x->c,
      nf_cpu_f32 (x), nf_cpu_f32 (call->out), error);
}

gboolean
nf_cpu_softmax_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const NfTensor *y = call->out;

  return nf_dnnl_softmax_backward (call->device, y->n * y->h * y->w, y->c,
      nf_cpu_f32 (y), nf_cpu_f32 (grad_out), nf_cpu_f32 (grad_in[NF_SOFTMAX_X]),
      error);
}
