/* SPDX-License-Identifier: MIT
 *
 * nfmodule — the layers that networks are made of: parameters and calls
 *
 * A layer struct borrows its tensors from an NfParams list, to which
 * nf_LAYER_init() adds them as "PATH.NAME", the names that PyTorch has. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/ops/nfops.h>
#include <nextframe/core/params/nfparams.h>

#include <gio/gio.h>

G_BEGIN_DECLS

#define NF_BATCH_NORM_EPS 1e-5f /* as PyTorch's BatchNorm2d */

/**
 * NfForward:
 * @training: dropout on, batch statistics in batch norm
 * @seed: of the dropout masks
 * @first: (nullable): number of the batch's first sample, for the masks: an i64
 *   scalar; NULL: 0
 * @dtype: what a UNet++ computes in: %NF_F32 or %NF_BF16; a network that
 *   predicts computes in the type of its conditioning
 * @cancellable: (nullable): looked at before every convolution of a UNet++
 *
 * How a network is to be run. NULL stands for inference.
 */
typedef struct
{
  gboolean training;
  guint64 seed;
  NfTensor *first;
  NfDType dtype;
  GCancellable *cancellable;
} NfForward;

/**
 * NfWeightInit: start values of a weight
 * @NF_WEIGHT_ZERO: zeros (bias too)
 * @NF_WEIGHT_TORCH: uniform, +-1 / sqrt (fan in), PyTorch's default, bias too
 * @NF_WEIGHT_XAVIER: uniform, variance 2 / (fan in + fan out); bias 0
 *   (Glorot and Bengio, 2010)
 * @NF_WEIGHT_HE: normal, variance 2 / fan out; bias 0 (He et al., 2015)
 */
typedef enum
{
  NF_WEIGHT_ZERO,
  NF_WEIGHT_TORCH,
  NF_WEIGHT_XAVIER,
  NF_WEIGHT_HE,
} NfWeightInit;

typedef struct
{
  NfTensor *weight, *bias; /* (O, I, k, k); (nullable) (1, O, 1, 1) */
  gint pad;
} NfConv;

typedef struct
{
  NfTensor *weight, *bias;
  gboolean transposed; /* weight is [in, out], as in "NIN" layers */
} NfLinear;

typedef struct
{
  NfTensor *weight, *bias, *mean, *var, *count;
} NfBatchNorm;

/**
 * nf_conv_init:
 * @conv: (out caller-allocates): the layer; it borrows its tensors from @params
 * @params: list that gets PATH.weight and PATH.bias
 * @path: dotted path
 * @in: channels in
 * @out: channels out
 * @kernel: odd; the padding keeps the size
 * @bias: whether there is one
 * @init: start values
 * @error: return location: as nf_params_add()
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_conv_init (NfConv *conv, NfParams *params, const gchar *path,
    gint64 in, gint64 out, gint kernel, gboolean bias, NfWeightInit init,
    GError **error);

/**
 * nf_conv_run:
 * @conv: a layer
 * @x: (N, in, H, W)
 * @stride: in both directions, at least 1
 * @act: applied to the result
 * @error: return location: as the ops have it
 *
 * Returns: (transfer full) (nullable): (N, out, H / stride, W / stride),
 *   rounded up
 */
NF_API NfTensor *nf_conv_run (
    const NfConv *conv, NfTensor *x, gint stride, NfAct act, GError **error);

/**
 * nf_linear_init:
 * @linear: (out caller-allocates): the layer; it borrows its tensors from
 *   @params
 * @params: list that gets PATH.weight [out, in] and PATH.bias [out]
 * @path: dotted path
 * @in: channels in
 * @out: channels out
 * @init: start values
 * @error: return location: as nf_params_add()
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_linear_init (NfLinear *linear, NfParams *params,
    const gchar *path, gint64 in, gint64 out, NfWeightInit init,
    GError **error);

/**
 * nf_nin_init:
 * @linear: (out caller-allocates): the layer; it borrows its tensors from
 *   @params
 * @params: list that gets PATH.W [in, out] and PATH.b [out]
 * @path: dotted path
 * @in: channels in
 * @out: channels out
 * @init: start values
 * @error: return location: as nf_params_add()
 *
 * A 1x1 convolution whose weight is stored as a matrix.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_nin_init (NfLinear *linear, NfParams *params,
    const gchar *path, gint64 in, gint64 out, NfWeightInit init,
    GError **error);

/**
 * nf_linear_run:
 * @linear: a layer
 * @x: (N, in, H, W)
 * @error: return location: as the ops have it
 *
 * Returns: (transfer full) (nullable): (N, out, H, W)
 */
NF_API NfTensor *nf_linear_run (
    const NfLinear *linear, NfTensor *x, GError **error);

/**
 * nf_batch_norm_init:
 * @norm: (out caller-allocates): the layer; it borrows its tensors from @params
 * @params: list that gets PATH.weight, PATH.bias, PATH.running_mean,
 *   PATH.running_var and PATH.num_batches_tracked
 * @path: dotted path
 * @c: channels
 * @error: return location: as nf_params_add()
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_batch_norm_init (NfBatchNorm *norm, NfParams *params,
    const gchar *path, gint64 c, GError **error);

/**
 * nf_batch_norm_run:
 * @norm: a layer
 * @x: (N, C, H, W)
 * @residual: (nullable): added behind the norm, of the same shape
 * @forward: (nullable): how to run; in training the statistics are those of the
 *   batch, and the running ones change
 * @act: applied to the sum: none or ReLU
 * @error: return location: as the ops have it
 *
 * Returns: (transfer full) (nullable): (N, C, H, W)
 */
NF_API NfTensor *nf_batch_norm_run (const NfBatchNorm *norm, NfTensor *x,
    NfTensor *residual, const NfForward *forward, NfAct act, GError **error);

/**
 * nf_vector_init:
 * @params: list that gets the parameter
 * @path: of the layer
 * @name: of the vector in it
 * @c: its length
 * @trainable: whether an optimiser may change it
 * @init: start value
 * @scale: see #NfInit
 * @error: return location: as nf_params_add()
 *
 * Returns: (transfer none) (nullable): the vector PATH.NAME, (1, C, 1, 1)
 */
NF_API NfTensor *nf_vector_init (NfParams *params, const gchar *path,
    const gchar *name, gint64 c, gboolean trainable, NfInit init, gfloat scale,
    GError **error);

G_END_DECLS
