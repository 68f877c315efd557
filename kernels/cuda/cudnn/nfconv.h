/* SPDX-License-Identifier: MIT
 *
 * nfconv — what conv2d and conv2d_cat share (CUDA) */
#pragma once

#include "cuda/cudnn/nfcudnn.h"

G_BEGIN_DECLS

/**
 * NfCudaConv:
 * @x: (nullable): (n, c, h, w), of the flow's type; of conv2d_cat all inputs
 *   side by side
 * @weight: (o, c, kh, kw)
 * @bias: (nullable): a vector of o
 * @residual: (nullable): of @out's shape and type
 * @out: (n, o, oh, ow), of the flow's type
 * @tf32: products of f32 may be rounded to TF32
 *
 * out = act (gain * (x * weight + bias + residual))
 */
typedef struct
{
  gpointer x;
  gint64 n, c, h, w;
  gint stride, pad;
  NfTensor *weight, *bias, *residual, *out;
  gfloat gain;
  NfAct act;
  gboolean tf32;
} NfCudaConv;

/**
 * NfCudaConvGrads: where gradients go; NULL where one is not wanted
 */
typedef struct
{
  gpointer x;
  NfTensor *weight, *bias, *residual;
} NfCudaConvGrads;

/* nfconv.c */
guint nf_cuda_conv_sources (const NfOpCall *call);
NfCudaConv nf_cuda_conv_of (const NfOpCall *call);
NfCudnnConv nf_cuda_conv_shape (const NfCudaConv *conv, NfCudnnPass pass);
gboolean nf_cuda_conv_fuse (const NfCudaConv *conv, NfCudnnConv *shape);

/* conv.cu */
gboolean nf_cuda_conv_forward (
    NfCudaStream *stream, const NfCudaConv *conv, GError **error);
gboolean nf_cuda_conv_backward (NfCudaStream *stream, const NfCudaConv *conv,
    const NfTensor *grad_out, const NfCudaConvGrads *grads, GError **error);

G_END_DECLS
