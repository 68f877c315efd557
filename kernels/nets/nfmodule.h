/* SPDX-License-Identifier: MIT
 *
 * nfmodule — the layers that networks are made of: parameters and calls
 *
 * Each layer struct borrows its tensors from an NfParams list, where
 * nf_LAYER_init() has put them under "PATH.NAME" as PyTorch names them. */
#pragma once

#include "core/ops/nfops.h"
#include "core/params/nfparams.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define NF_BATCH_NORM_EPS 1e-5f /* as PyTorch's BatchNorm2d */

/**
 * NfForward:
 * @training: dropout on, batch statistics in batch norm
 * @seed: of the dropout masks
 * @first: (nullable): number of the batch's first sample, for the masks: an i64
 *   scalar; NULL: 0
 * @dtype: what a UNet++ computes in: %NF_F32 or %NF_BF16; a noise predictor's
 *   conditioning frames say it
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
 * @conv: (out): the layer
 * @params: list that gets PATH.weight and PATH.bias
 * @path: dotted path
 * @in: channels in
 * @out: channels out
 * @kernel: odd; the padding keeps the size
 * @bias: whether there is one
 * @init: start values
 * @error: return location
 *
 * Returns: FALSE with @error set
 */
gboolean nf_conv_init (NfConv *conv, NfParams *params, const gchar *path,
    gint64 in, gint64 out, gint kernel, gboolean bias, NfWeightInit init,
    GError **error);

NfTensor *nf_conv_run (
    const NfConv *conv, NfTensor *x, gint stride, NfAct act, GError **error);

/**
 * nf_linear_init:
 *
 * A linear layer: PATH.weight [out, in] and PATH.bias [out].
 *
 * Returns: FALSE with @error set
 */
gboolean nf_linear_init (NfLinear *linear, NfParams *params, const gchar *path,
    gint64 in, gint64 out, NfWeightInit init, GError **error);

/**
 * nf_nin_init:
 *
 * A 1x1 convolution stored as a matrix: PATH.W [in, out] and PATH.b [out].
 *
 * Returns: FALSE with @error set
 */
gboolean nf_nin_init (NfLinear *linear, NfParams *params, const gchar *path,
    gint64 in, gint64 out, NfWeightInit init, GError **error);

NfTensor *nf_linear_run (const NfLinear *linear, NfTensor *x, GError **error);

/**
 * nf_batch_norm_init:
 *
 * PATH.weight, .bias, .running_mean, .running_var and .num_batches_tracked.
 *
 * Returns: FALSE with @error set
 */
gboolean nf_batch_norm_init (NfBatchNorm *norm, NfParams *params,
    const gchar *path, gint64 c, GError **error);

NfTensor *nf_batch_norm_run (const NfBatchNorm *norm, NfTensor *x,
    NfTensor *residual, const NfForward *forward, NfAct act, GError **error);

/**
 * nf_vector_init:
 * @params: list that gets the parameter
 * @path: of the layer
 * @name: of the vector in it
 * @c: its length
 *
 * Returns: (transfer none) (nullable): the vector PATH.NAME, (1, C, 1, 1)
 */
NfTensor *nf_vector_init (NfParams *params, const gchar *path,
    const gchar *name, gint64 c, gboolean trainable, NfInit init, gfloat scale,
    GError **error);

G_END_DECLS
