/* SPDX-License-Identifier: MIT
 *
 * nfmodule — the layers that networks are made of: parameters and calls */
#include <nextframe/nets/nfmodule.h>

#include <math.h>

#define BATCH_NORM_MOMENTUM 0.1f /* as PyTorch's BatchNorm2d */

static void
weight_rule (NfWeightInit rule, gdouble fan_in, gdouble fan_out, NfInit *init,
    gfloat *scale)
{
  switch (rule) {
    case NF_WEIGHT_TORCH:
      *init = NF_INIT_UNIFORM;
      *scale = (gfloat) (1.0 / sqrt (fan_in));
      break;
    case NF_WEIGHT_XAVIER:
      *init = NF_INIT_UNIFORM;
      *scale = (gfloat) sqrt (6.0 / (fan_in + fan_out));
      break;
    case NF_WEIGHT_HE:
      *init = NF_INIT_NORMAL;
      *scale = (gfloat) sqrt (2.0 / fan_out);
      break;
    default:
      *init = NF_INIT_ZERO;
      *scale = 0.0f;
      break;
  }
}

NfTensor *
nf_vector_init (NfParams *params, const gchar *path, const gchar *name,
    gint64 c, gboolean trainable, NfInit init, gfloat scale, GError **error)
{
  g_autofree gchar *full = g_strdup_printf ("%s.%s", path, name);

  return nf_params_add (
      params, full, NF_F32, 1, &c, trainable, init, scale, error);
}

static NfTensor *
weight_init (NfParams *params, const gchar *path, const gchar *name, guint rank,
    const gint64 *dims, gdouble fan_in, gdouble fan_out, NfWeightInit rule,
    GError **error)
{
  g_autofree gchar *full = g_strdup_printf ("%s.%s", path, name);
  NfInit init;
  gfloat scale;

  weight_rule (rule, fan_in, fan_out, &init, &scale);
  return nf_params_add (
      params, full, NF_F32, rank, dims, TRUE, init, scale, error);
}

static NfTensor *
bias_init (NfParams *params, const gchar *path, const gchar *name, gint64 out,
    gdouble fan_in, NfWeightInit rule, GError **error)
{
  gboolean random = rule == NF_WEIGHT_TORCH;

  return nf_vector_init (params, path, name, out, TRUE,
      random ? NF_INIT_UNIFORM : NF_INIT_ZERO,
      random ? (gfloat) (1.0 / sqrt (fan_in)) : 0.0f, error);
}

gboolean
nf_conv_init (NfConv *conv, NfParams *params, const gchar *path, gint64 in,
    gint64 out, gint kernel, gboolean bias, NfWeightInit init, GError **error)
{
  const gint64 dims[4] = { out, in, kernel, kernel };
  gdouble area = kernel * kernel;

  conv->pad = kernel / 2;
  conv->weight = weight_init (params, path, "weight", 4, dims,
      (gdouble) in * area, (gdouble) out * area, init, error);
  if (conv->weight == NULL)
    return FALSE;
  conv->bias = bias
      ? bias_init (params, path, "bias", out, (gdouble) in * area, init, error)
      : NULL;
  return !bias || conv->bias != NULL;
}

NfTensor *
nf_conv_run (
    const NfConv *conv, NfTensor *x, gint stride, NfAct act, GError **error)
{
  NfConv2dParams params = { .stride = stride, .pad = conv->pad, .act = act };

  return nf_op_conv2d (x, conv->weight, conv->bias, &params, error);
}

gboolean
nf_linear_init (NfLinear *linear, NfParams *params, const gchar *path,
    gint64 in, gint64 out, NfWeightInit init, GError **error)
{
  const gint64 dims[2] = { out, in };

  linear->transposed = FALSE;
  linear->weight = weight_init (params, path, "weight", 2, dims, (gdouble) in,
      (gdouble) out, init, error);
  if (linear->weight == NULL)
    return FALSE;
  linear->bias =
      bias_init (params, path, "bias", out, (gdouble) in, init, error);
  return linear->bias != NULL;
}

gboolean
nf_nin_init (NfLinear *linear, NfParams *params, const gchar *path, gint64 in,
    gint64 out, NfWeightInit init, GError **error)
{
  const gint64 dims[2] = { in, out };

  linear->transposed = TRUE;
  linear->weight = weight_init (
      params, path, "W", 2, dims, (gdouble) in, (gdouble) out, init, error);
  if (linear->weight == NULL)
    return FALSE;
  linear->bias = bias_init (params, path, "b", out, (gdouble) in, init, error);
  return linear->bias != NULL;
}

NfTensor *
nf_linear_run (const NfLinear *linear, NfTensor *x, GError **error)
{
  NfLinearParams params = { linear->transposed };

  return nf_op_linear (x, linear->weight, linear->bias, &params, error);
}

gboolean
nf_batch_norm_init (NfBatchNorm *norm, NfParams *params, const gchar *path,
    gint64 c, GError **error)
{
  g_autofree gchar *count = g_strdup_printf ("%s.num_batches_tracked", path);

  norm->weight = nf_vector_init (
      params, path, "weight", c, TRUE, NF_INIT_ONE, 0.0f, error);
  if (norm->weight == NULL)
    return FALSE;
  norm->bias =
      nf_vector_init (params, path, "bias", c, TRUE, NF_INIT_ZERO, 0.0f, error);
  if (norm->bias == NULL)
    return FALSE;
  norm->mean = nf_vector_init (
      params, path, "running_mean", c, FALSE, NF_INIT_ZERO, 0.0f, error);
  if (norm->mean == NULL)
    return FALSE;
  norm->var = nf_vector_init (
      params, path, "running_var", c, FALSE, NF_INIT_ONE, 0.0f, error);
  if (norm->var == NULL)
    return FALSE;
  norm->count = nf_params_add (
      params, count, NF_I64, 0, NULL, FALSE, NF_INIT_ZERO, 0.0f, error);
  return norm->count != NULL;
}

NfTensor *
nf_batch_norm_run (const NfBatchNorm *norm, NfTensor *x, NfTensor *residual,
    const NfForward *forward, NfAct act, GError **error)
{
  NfBatchNormParams params = { .training = forward != NULL && forward->training,
    .momentum = BATCH_NORM_MOMENTUM,
    .eps = NF_BATCH_NORM_EPS,
    .act = act };

  NfBatchNormInputs inputs = { .x = x,
    .weight = norm->weight,
    .bias = norm->bias,
    .mean = norm->mean,
    .var = norm->var,
    .residual = residual,
    .count = norm->count };

  return nf_op_batch_norm (&inputs, &params, error);
}
