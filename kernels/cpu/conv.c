/* SPDX-License-Identifier: MIT
 *
 * conv — convolution, forward and backward (CPU, oneDNN)
 *
 * y = act (sum x * weight + bias). ReLU's gradient is taken from y: dy counts
 * where y > 0. See docs/ops.md. */
#include "cpu/nfdnnl.h"

static NfDnnlConv
conv_of (const NfOpCall *call)
{
  const NfConv2dParams *p = call->params;
  const NfTensor *x = call->in[0], *w = call->in[1], *y = call->out;

  return (NfDnnlConv){ x->n, x->c, x->h, x->w, w->n, y->h, y->w, w->h, w->w,
    p->stride, p->pad, p->act, call->in[2] != NULL };
}

gboolean
nf_cpu_conv2d_forward (NfOpCall *call, GError **error)
{
  NfDnnlConv conv = conv_of (call);

  return nf_dnnl_conv_forward (call->device, &conv, nf_cpu_f32 (call->in[0]),
      call->in[1], call->in[2] != NULL ? nf_cpu_f32 (call->in[2]) : NULL,
      nf_cpu_f32 (call->out), error);
}

gboolean
nf_cpu_conv2d_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  NfDnnlConv conv = conv_of (call);
  g_autoptr (NfTensor) masked = NULL;
  const gfloat *dy = nf_cpu_f32 (grad_out);

  if (conv.act == NF_ACT_RELU) {
    masked = nf_cpu_through_relu (call->out, grad_out, error);
    if (masked == NULL)
      return FALSE;
    dy = nf_cpu_f32 (masked);
  }
  conv.act = NF_ACT_NONE;
  conv.bias = FALSE;
  if (grad_in[0] != NULL
      && !nf_dnnl_conv_backward_data (
          call->device, &conv, dy, call->in[1], nf_cpu_f32 (grad_in[0]), error))
    return FALSE;
  if (grad_in[1] == NULL && grad_in[2] == NULL)
    return TRUE;
  conv.bias = grad_in[2] != NULL;
  if (grad_in[1] != NULL)
    return nf_dnnl_conv_backward_weights (call->device, &conv,
        nf_cpu_f32 (call->in[0]), dy, nf_cpu_f32 (grad_in[1]),
        grad_in[2] != NULL ? nf_cpu_f32 (grad_in[2]) : NULL, error);
  nf_cpu_sum_rows (dy, grad_out->n * grad_out->h * grad_out->w, grad_out->c,
      nf_cpu_f32 (grad_in[2]));
  return TRUE;
}
