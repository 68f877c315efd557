/* SPDX-License-Identifier: MIT
 *
 * nfconvnorm — a convolution with batch norm behind it
 *
 * With a = gamma / sqrt (var + eps), norm (w * x) = (a w) * x + beta - mean a,
 * a per channel of the result. */
#include "nets/nfconvnorm.h"

#include <nextframe/core/tensor/nftensor.h>
#include <nextframe/core/ops/nftape.h>

#include <math.h>

/**
 * nf_conv_norm_init:
 * @layer: (out): the layer, zeros; free with nf_conv_norm_clear()
 * @params: list that gets the parameters
 * @conv: path of the convolution
 * @norm: path of the batch norm
 * @in: channels in
 * @out: channels out
 * @kernel: odd; the padding keeps the size
 * @error: return location
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_conv_norm_init (NfConvNorm *layer, NfParams *params, const gchar *conv,
    const gchar *norm, gint64 in, gint64 out, gint kernel, GError **error)
{
  g_mutex_init (&layer->lock);
  return nf_conv_init (&layer->conv, params, conv, in, out, kernel, FALSE,
             NF_WEIGHT_HE, error)
      && nf_batch_norm_init (&layer->norm, params, norm, out, error);
}

static void
forget (NfConvNorm *layer)
{
  nf_tensor_clear (&layer->weight);
  nf_tensor_clear (&layer->bias);
}

void
nf_conv_norm_clear (NfConvNorm *layer)
{
  if (layer->conv.weight == NULL)
    return;
  forget (layer);
  g_mutex_clear (&layer->lock);
}

static guint
versions_of (const NfConvNorm *layer)
{
  const NfBatchNorm *norm = &layer->norm;

  return layer->conv.weight->version + norm->weight->version
      + norm->bias->version + norm->mean->version + norm->var->version;
}

/* a and the bias of both layers together */
static gboolean
scale_and_bias (
    const NfBatchNorm *norm, gdouble *scale, gfloat *bias, GError **error)
{
  gint64 c = norm->weight->c;
  g_autofree gfloat *values = g_new (gfloat, 4 * c);
  const gfloat *gamma = values, *beta = values + c;
  const gfloat *mean = values + 2 * c, *var = values + 3 * c;

  if (!nf_tensor_to_nhwc (norm->weight, values, error)
      || !nf_tensor_to_nhwc (norm->bias, values + c, error)
      || !nf_tensor_to_nhwc (norm->mean, values + 2 * c, error)
      || !nf_tensor_to_nhwc (norm->var, values + 3 * c, error))
    return FALSE;
  for (gint64 i = 0; i < c; i++) {
    scale[i] = (gdouble) gamma[i] / sqrt ((gdouble) var[i] + NF_BATCH_NORM_EPS);
    bias[i] = (gfloat) ((gdouble) beta[i] - (gdouble) mean[i] * scale[i]);
  }
  return TRUE;
}

/* the weight of both layers together, made when it is asked for */
typedef struct
{
  NfSource base;
  NfTensor *weight; /* of the convolution */
  gdouble *scale; /* a value for each of its filters */
} Folded;

static gboolean
folded_read (const NfSource *source, const NfTensor *tensor, gpointer data,
    GError **error)
{
  const Folded *self = (const Folded *) source;
  gint64 size = tensor->c * tensor->h * tensor->w;
  gfloat *w = data;

  if (!nf_tensor_to_nhwc (self->weight, data, error))
    return FALSE;
  for (gint64 n = 0; n < tensor->n; n++, w += size)
    for (gint64 i = 0; i < size; i++)
      w[i] = (gfloat) ((gdouble) w[i] * self->scale[n]);
  return TRUE;
}

static void
folded_free (NfSource *source)
{
  Folded *self = (Folded *) source;

  nf_tensor_unref (self->weight);
  g_free (self->scale);
  g_free (self);
}

static NfSource *
folded_source (NfTensor *weight, gdouble *scale)
{
  Folded *self = g_new0 (Folded, 1);

  self->base =
      (NfSource){ .read = folded_read, .free = folded_free, .in_place = NULL };
  self->weight = nf_tensor_ref (weight);
  self->scale = scale;
  return &self->base;
}

/* makes layer->weight and layer->bias; the lock is held */
static gboolean
fold (NfConvNorm *layer, GError **error)
{
  NfTensor *from = layer->conv.weight;
  g_autofree gdouble *scale = g_new (gdouble, from->n);
  g_autofree gfloat *bias = g_new (gfloat, from->n);
  guint versions = versions_of (layer);

  if (!scale_and_bias (&layer->norm, scale, bias, error))
    return FALSE;
  forget (layer);
  layer->weight = nf_tensor_new_lazy (from->device, NF_F32, from->n, from->c,
      from->h, from->w, folded_source (from, g_steal_pointer (&scale)), error);
  layer->bias = nf_tensor_new_from_nhwc (
      from->device, NF_F32, 1, from->n, 1, 1, bias, error);
  layer->versions = versions;
  if (layer->weight != NULL && layer->bias != NULL)
    return TRUE;
  forget (layer);
  return FALSE;
}

/* (out) (transfer full) */
static gboolean
folded (NfConvNorm *layer, NfTensor **weight, NfTensor **bias, GError **error)
{
  gboolean ok = TRUE;

  g_mutex_lock (&layer->lock);
  if (layer->weight == NULL || layer->versions != versions_of (layer))
    ok = fold (layer, error);
  if (ok) {
    *weight = nf_tensor_ref (layer->weight);
    *bias = nf_tensor_ref (layer->bias);
  }
  g_mutex_unlock (&layer->lock);
  return ok;
}

/* where not, the parameters are going to change */
static gboolean
is_inference (NfConvNorm *layer, const NfForward *forward)
{
  if (nf_tape_current () == NULL && (forward == NULL || !forward->training))
    return TRUE;
  g_mutex_lock (&layer->lock);
  forget (layer);
  g_mutex_unlock (&layer->lock);
  return FALSE;
}

static gboolean
may_go_on (const NfForward *forward, GError **error)
{
  if (forward == NULL || !g_cancellable_is_cancelled (forward->cancellable))
    return TRUE;
  g_set_error (
      error, NF_ERROR, NF_ERROR_CANCELLED, "unetpp: the run was cancelled");
  return FALSE;
}

static NfTensor *
run_folded (NfConvNorm *layer, NfTensor *x, const NfConv2dParams *params,
    NfTensor *residual, GError **error)
{
  g_autoptr (NfTensor) weight = NULL;
  g_autoptr (NfTensor) bias = NULL;

  if (!folded (layer, &weight, &bias, error))
    return NULL;
  return nf_op_conv2d_add (x, weight, bias, residual, params, error);
}

static NfTensor *
run_apart (NfConvNorm *layer, NfTensor *x, const NfConv2dParams *params,
    NfTensor *residual, const NfForward *forward, GError **error)
{
  g_autoptr (NfTensor) h =
      nf_conv_run (&layer->conv, x, params->stride, NF_ACT_NONE, error);

  return nf_batch_norm_run (
      &layer->norm, h, residual, forward, params->act, error);
}

/**
 * nf_conv_norm_run:
 * @layer: the layer
 * @x: (nullable): what goes in; NULL where what makes it has failed
 * @stride: of the convolution
 * @residual: (nullable): added to what the norm makes
 * @act: applied to the sum: none or ReLU
 * @forward: (nullable): how to run
 * @error: return location: %NF_ERROR_CANCELLED among others
 *
 * Returns: (transfer full) (nullable): what comes out
 */
NfTensor *
nf_conv_norm_run (NfConvNorm *layer, NfTensor *x, gint stride,
    NfTensor *residual, NfAct act, const NfForward *forward, GError **error)
{
  const NfConv2dParams params = {
    .stride = stride, .pad = layer->conv.pad, .act = act
  };

  if (x == NULL || !may_go_on (forward, error))
    return NULL;
  return is_inference (layer, forward)
      ? run_folded (layer, x, &params, residual, error)
      : run_apart (layer, x, &params, residual, forward, error);
}

/**
 * nf_conv_norm_run_up:
 * @layer: the layer, its kernel 3x3
 * @x: (array length=n): what goes in, side by side; the first one is half as
 *   large as the others and is upsampled
 * @n: how many
 * @forward: (nullable): how to run
 * @error: return location: %NF_ERROR_CANCELLED among others
 *
 * Returns: (transfer full) (nullable): ReLU of what comes out
 */
NfTensor *
nf_conv_norm_run_up (NfConvNorm *layer, NfTensor *const *x, guint n,
    const NfForward *forward, GError **error)
{
  NfConv2dCatParams params = { .up = TRUE, .act = NF_ACT_NONE };
  g_autoptr (NfTensor) weight = NULL;
  g_autoptr (NfTensor) bias = NULL;
  g_autoptr (NfTensor) h = NULL;

  if (!may_go_on (forward, error))
    return NULL;
  if (is_inference (layer, forward)) {
    params.act = NF_ACT_RELU;
    if (!folded (layer, &weight, &bias, error))
      return NULL;
    return nf_op_conv2d_cat (x, n, weight, bias, &params, error);
  }
  h = nf_op_conv2d_cat (x, n, layer->conv.weight, NULL, &params, error);
  return nf_batch_norm_run (&layer->norm, h, NULL, forward, NF_ACT_RELU, error);
}
