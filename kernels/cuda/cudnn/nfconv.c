/* SPDX-License-Identifier: MIT
 *
 * nfconv — conv2d and conv2d_cat as convolutions of cuDNN */
#include "cuda/cudnn/nfconv.h"

static NfCudaConv
conv2d_of (const NfOpCall *call)
{
  const NfConv2dParams *p = call->params;
  const NfTensor *x = call->in[NF_CONV2D_X];

  return (NfCudaConv){ x->data, x->n, x->c, x->h, x->w, p->stride, p->pad,
    call->in[NF_CONV2D_WEIGHT], call->in[NF_CONV2D_BIAS],
    call->in[NF_CONV2D_RESIDUAL], call->out, p->gain != 0.0f ? p->gain : 1.0f,
    p->act, call->tf32 };
}

static NfCudaConv
conv2d_cat_of (const NfOpCall *call)
{
  const NfConv2dCatParams *p = call->params;
  NfTensor *weight = call->in[NF_CONV2D_CAT_WEIGHT], *out = call->out;
  gboolean plain = nf_cuda_conv_sources (call) == 1 && !p->up;

  return (NfCudaConv){ plain ? call->in[NF_CONV2D_CAT_X]->data : NULL, out->n,
    weight->c, out->h, out->w, 1, (gint) weight->h / 2, weight,
    p->bias ? call->in[call->n_in - 1] : NULL, NULL, out, 1.0f, p->act,
    call->tf32 };
}

/**
 * nf_cuda_conv_sources:
 * @call: a conv2d_cat
 *
 * Returns: how many inputs it puts side by side
 */
guint
nf_cuda_conv_sources (const NfOpCall *call)
{
  const NfConv2dCatParams *p = call->params;

  return call->n_in - (p->bias ? 2 : 1);
}

/**
 * nf_cuda_conv_of:
 * @call: a conv2d or conv2d_cat
 *
 * Returns: its convolution; without x where the inputs of conv2d_cat have to be
 *   put side by side first
 */
NfCudaConv
nf_cuda_conv_of (const NfOpCall *call)
{
  return call->op == NF_OP_CONV2D ? conv2d_of (call) : conv2d_cat_of (call);
}

/**
 * nf_cuda_conv_shape:
 * @conv: a convolution
 * @pass: what is computed
 *
 * Returns: what cuDNN is asked for, without anything that follows it
 */
NfCudnnConv
nf_cuda_conv_shape (const NfCudaConv *conv, NfCudnnPass pass)
{
  const NfTensor *w = conv->weight, *y = conv->out;
  const gboolean bf16 = y->dtype == NF_BF16;

  return (NfCudnnConv){ .pass = pass,
    .n = (gint) conv->n,
    .c = (gint) conv->c,
    .h = (gint) conv->h,
    .w = (gint) conv->w,
    .o = (gint) w->n,
    .kh = (gint) w->h,
    .kw = (gint) w->w,
    .oh = (gint) y->h,
    .ow = (gint) y->w,
    .stride = conv->stride,
    .pad = conv->pad,
    .gain = 1.0f,
    .bf16 = bf16,
    .tf32 = conv->tf32 && !bf16 };
}

/**
 * nf_cuda_conv_fuse:
 * @conv: a convolution
 * @shape: its forward pass, to which what follows is added
 *
 * Returns: FALSE where cuDNN has no form for all of it
 */
gboolean
nf_cuda_conv_fuse (const NfCudaConv *conv, NfCudnnConv *shape)
{
  if (conv->bias == NULL || conv->act == NF_ACT_SILU)
    return FALSE;
  shape->gain = conv->gain;
  shape->bias = TRUE;
  shape->residual = conv->residual != NULL;
  shape->relu = conv->act == NF_ACT_RELU;
  return TRUE;
}
