/* SPDX-License-Identifier: MIT
 *
 * nfops — running an op, and a function for each */
#include <nextframe/core/ops/nfops.h>

#include <nextframe/core/ops/nfgraph.h>
#include <nextframe/core/ops/nfobserve.h>
#include <nextframe/core/threads/nfmatmulprecision.h>
#include "core/ops/nfshapes.h"
#include <nextframe/core/tensor/nftensor.h>
#include <nextframe/core/ops/nftape.h>

/* FALSE: the op lacks an input */
static gboolean
lacks (NfOp op, guint input, GError **error)
{
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID, "%s: input %u is missing",
      nf_op_name (op), input);
  return FALSE;
}

/* Whether an op before this one has failed. Then the error is set or a required
 * input is NULL, and an error that is set already, the first cause, is kept.
 * Where none is set, the missing input is reported. */
static gboolean
has_failed_input (NfOp op, NfTensor *const *in, guint n_in, GError **error)
{
  if (nf_has_failed (error))
    return TRUE;
  for (guint i = 0; i < n_in; i++) {
    if (in[i] != NULL || (nf_op_input_facts (op, i) & NF_IN_OPTIONAL))
      continue;
    return !lacks (op, i, error);
  }
  return FALSE;
}

static gboolean
on_one_device (const NfOpCall *call, GError **error)
{
  for (guint i = 0; i < call->n_in; i++) {
    const NfTensor *t = call->in[i];

    if (t == NULL || t->device == call->device)
      continue;
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "%s: input %u lies on %s, the first input on %s; move it first",
        nf_op_name (call->op), i, t->device->name, call->device->name);
    return FALSE;
  }
  return TRUE;
}

static void
mark_changes (const NfOpCall *call)
{
  guint changes = nf_op_changes (call);

  for (guint i = 0; i < call->n_in; i++)
    if ((changes & 1u << i) && call->in[i] != NULL) {
      nf_tensor_changed (call->in[i]);
      nf_graph_changes (call->in[i]);
    }
}

static gboolean
wants_gradient (const NfOpCall *call)
{
  for (guint i = 0; i < call->n_in; i++)
    if (call->in[i] != NULL && call->in[i]->requires_grad)
      return TRUE;
  return FALSE;
}

/* whether the kernel takes this input without data */
static gboolean
takes_lazy (const NfOpCall *call, guint index)
{
  return call->device->backend->lazy_weights && !call->record
      && (nf_op_input_facts (call->op, index) & NF_IN_WEIGHT);
}

/* fetches the data of all inputs whose kernel needs it */
static gboolean
fetch_inputs (NfOpCall *call, GError **error)
{
  guint changes = nf_op_changes (call);

  for (guint i = 0; i < call->n_in; i++) {
    NfTensor *t = call->in[i];

    if (t == NULL || t->source == NULL || takes_lazy (call, i))
      continue;
    if (!(changes & 1u << i ? nf_tensor_own_data (t, TRUE, error)
                            : nf_tensor_need_data (t, error)))
      return FALSE;
  }
  return TRUE;
}

static void
clear_saved (NfOpCall *call)
{
  for (guint i = 0; i < NF_OP_MAX_SAVED; i++)
    nf_tensor_clear (&call->saved[i]);
}

/* checks, allocates the result, runs the kernel, records; the result may be
 * an input itself where the op works in place */
static NfTensor *
run_on (NfDevice *device, NfOp op, NfTensor *const *in, guint n_in,
    gconstpointer params, GError **error)
{
  const NfOpInfo *info = nf_op_info (op);
  const gboolean in_place = info->kind == NF_OP_KIND_IN_PLACE;
  NfOpForward forward = device->backend->ops[op].forward;
  NfTape *tape = nf_tape_current ();
  NfOpCall call = { .op = op,
    .device = device,
    .n_in = n_in,
    .params = params,
    .tf32 = nf_matmul_precision_is_tf32 () };
  NfWatch watch;
  NfShape s;
  gboolean ok;

  for (guint i = 0; i < n_in; i++)
    call.in[i] = in[i];
  if (!on_one_device (&call, error) || !nf_shape_of (&call, &s, error))
    return NULL;
  if (forward == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "%s: device %s has no such kernel; use device cpu", info->name,
        device->name);
    return NULL;
  }
  call.record = tape != NULL && !in_place && wants_gradient (&call);
  if (!fetch_inputs (&call, error)) {
    g_prefix_error (error, "%s: ", info->name);
    return NULL;
  }
  if (in_place)
    call.out = nf_tensor_ref (in[0]);
  else
    call.out = nf_tensor_new (device, s.dtype, s.n, s.c, s.h, s.w, error);
  if (call.out == NULL) {
    g_prefix_error (error, "%s: ", info->name);
    return NULL;
  }
  if (device->backend->before_op != NULL)
    device->backend->before_op (device);
  nf_watch_start (&watch, &call);
  ok = forward (&call, error);
  nf_watch_stop (&watch, &call, FALSE);
  mark_changes (&call);
  if (!ok || (call.record && !nf_tape_record (tape, &call, error)))
    nf_tensor_clear (&call.out);
  clear_saved (&call);
  return call.out;
}

NfTensor *
nf_op_run (NfOp op, NfTensor *const *in, guint n_in, gconstpointer params,
    GError **error)
{
  const guint least = nf_op_least_inputs (op), most = nf_op_most_inputs (op);

  if (has_failed_input (op, in, n_in, error))
    return NULL;
  if (n_in < least || n_in > most || n_in < 1) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "%s: takes %u to %u inputs, got %u", nf_op_name (op), least, most,
        n_in);
    return NULL;
  }
  return run_on (in[0]->device, op, in, n_in, params, error);
}

static const NfNoParams no_params = { 0 };

/* TRUE where a tape would record an op on any of these */
static gboolean
recording (NfTensor *const *in, guint n)
{
  NfOpCall call = { .n_in = n };

  for (guint i = 0; i < n; i++)
    call.in[i] = in[i];
  return nf_tape_current () != NULL && wants_gradient (&call);
}

NfTensor *
nf_op_conv2d (NfTensor *x, NfTensor *weight, NfTensor *bias,
    const NfConv2dParams *params, GError **error)
{
  return nf_op_conv2d_add (x, weight, bias, NULL, params, error);
}

NfTensor *
nf_op_conv2d_add (NfTensor *x, NfTensor *weight, NfTensor *bias,
    NfTensor *residual, const NfConv2dParams *params, GError **error)
{
  NfTensor *in[] = { x, weight, bias, residual };

  /* the gradient of SiLU needs the value before it, which fusing loses */
  if (params->act == NF_ACT_SILU && recording (in, 4)) {
    NfConv2dParams plain = *params;
    g_autoptr (NfTensor) y = NULL;

    plain.act = NF_ACT_NONE;
    y = nf_op_run (NF_OP_CONV2D, in, 4, &plain, error);
    return nf_op_activation (y, NF_ACT_SILU, error);
  }
  return nf_op_run (NF_OP_CONV2D, in, 4, params, error);
}

NfTensor *
nf_op_conv2d_cat (NfTensor *const *x, guint n, NfTensor *weight, NfTensor *bias,
    const NfConv2dCatParams *params, GError **error)
{
  NfConv2dCatParams own = *params;
  NfTensor *in[NF_OP_MAX_INPUTS] = { weight };

  g_return_val_if_fail (n + 2 <= NF_OP_MAX_INPUTS, NULL);
  for (guint i = 0; i < n; i++)
    in[i + 1] = x[i];
  own.bias = bias != NULL;
  if (own.bias)
    in[n + 1] = bias;
  return nf_op_run (
      NF_OP_CONV2D_CAT, in, own.bias ? n + 2 : n + 1, &own, error);
}

NfTensor *
nf_op_linear (NfTensor *x, NfTensor *weight, NfTensor *bias,
    const NfLinearParams *params, GError **error)
{
  return nf_op_linear_pair (x, NULL, weight, bias, params, error);
}

NfTensor *
nf_op_linear_pair (NfTensor *x, NfTensor *skip, NfTensor *weight,
    NfTensor *bias, const NfLinearParams *params, GError **error)
{
  NfTensor *in[] = { x, weight, bias, skip };

  return nf_op_run (NF_OP_LINEAR, in, 4, params, error);
}

NfTensor *
nf_op_attention (NfTensor *q, NfTensor *k, NfTensor *v,
    const NfAttentionParams *params, GError **error)
{
  NfTensor *in[] = { q, k, v };

  /* without them the op would take q for all three */
  for (guint i = NF_ATTENTION_K; i <= NF_ATTENTION_V; i++)
    if (in[i] == NULL && !nf_has_failed (error)) {
      lacks (NF_OP_ATTENTION, i, error);
      return NULL;
    }
  return nf_op_run (NF_OP_ATTENTION, in, 3, params, error);
}

NfTensor *
nf_op_attention_joined (
    NfTensor *qkv, const NfAttentionParams *params, GError **error)
{
  return nf_op_run (NF_OP_ATTENTION, &qkv, 1, params, error);
}

NfTensor *
nf_op_softmax (NfTensor *x, GError **error)
{
  return nf_op_run (NF_OP_SOFTMAX, &x, 1, &no_params, error);
}

NfTensor *
nf_op_max_pool (NfTensor *x, const NfMaxPoolParams *params, GError **error)
{
  return nf_op_run (NF_OP_MAX_POOL, &x, 1, params, error);
}

NfTensor *
nf_op_group_norm (NfTensor *x, NfTensor *weight, NfTensor *bias,
    const NfGroupNormParams *params, GError **error)
{
  const NfGroupNormInputs inputs = { .x = x, .weight = weight, .bias = bias };

  return nf_op_group_norm_modulated (&inputs, params, error);
}

NfTensor *
nf_op_group_norm_modulated (const NfGroupNormInputs *inputs,
    const NfGroupNormParams *params, GError **error)
{
  NfTensor *in[] = { inputs->x, inputs->weight, inputs->bias, inputs->scale,
    inputs->shift, inputs->time, inputs->skip };

  return nf_op_run (NF_OP_GROUP_NORM, in, G_N_ELEMENTS (in), params, error);
}

NfTensor *
nf_op_batch_norm (const NfBatchNormInputs *inputs,
    const NfBatchNormParams *params, GError **error)
{
  NfTensor *in[] = { inputs->x, inputs->weight, inputs->bias, inputs->mean,
    inputs->var, inputs->residual, inputs->count };

  return nf_op_run (NF_OP_BATCH_NORM, in, G_N_ELEMENTS (in), params, error);
}

NfTensor *
nf_op_modulate (NfTensor *x, NfTensor *scale, NfTensor *shift, GError **error)
{
  NfTensor *in[] = { x, scale, shift };

  return nf_op_run (NF_OP_MODULATE, in, 3, &no_params, error);
}

NfTensor *
nf_op_activation (NfTensor *x, NfAct act, GError **error)
{
  NfActivationParams params = { act };

  return nf_op_run (NF_OP_ACTIVATION, &x, 1, &params, error);
}

NfTensor *
nf_op_axpby (
    NfTensor *a, NfTensor *b, const NfAxpbyParams *params, GError **error)
{
  NfTensor *in[] = { a, b };

  return nf_op_run (NF_OP_AXPBY, in, 2, params, error);
}

gboolean
nf_op_add_to (NfTensor *sum, NfTensor *x, GError **error)
{
  static const NfAxpbyParams params = {
    .alpha = 1.0f, .beta = 1.0f, .act = NF_ACT_NONE
  };
  NfOpCall call = { .op = NF_OP_AXPBY,
    .device = sum->device,
    .n_in = 2,
    .in = { sum, x },
    .out = sum,
    .params = &params };
  NfWatch watch;
  gboolean ok;

  g_return_val_if_fail (nf_tensor_same_shape (sum, x), FALSE);
  g_return_val_if_fail (sum->dtype == x->dtype && sum != x, FALSE);
  g_return_val_if_fail (nf_tape_current () == NULL, FALSE);
  nf_watch_start (&watch, &call);
  ok = sum->device->backend->ops[NF_OP_AXPBY].forward (&call, error);
  nf_watch_stop (&watch, &call, FALSE);
  nf_tensor_changed (sum);
  return ok;
}

NfTensor *
nf_op_clamp (NfTensor *x, gfloat lo, gfloat hi, GError **error)
{
  NfClampParams params = { lo, hi };

  return nf_op_run (NF_OP_CLAMP, &x, 1, &params, error);
}

NfTensor *
nf_op_dropout (
    NfTensor *x, NfTensor *first, const NfDropoutParams *params, GError **error)
{
  NfTensor *in[] = { x, first };

  return nf_op_run (NF_OP_DROPOUT, in, 2, params, error);
}

NfTensor *
nf_op_normalize (NfTensor *x, const NfNormalizeParams *params, GError **error)
{
  return nf_op_run (NF_OP_NORMALIZE, &x, 1, params, error);
}

NfTensor *
nf_op_quantize (NfTensor *x, gfloat scale, gfloat shift, GError **error)
{
  NfQuantizeParams params = { scale, shift };

  return nf_op_run (NF_OP_QUANTIZE, &x, 1, &params, error);
}

NfTensor *
nf_op_randn (NfDevice *device, const NfRandnParams *params, GError **error)
{
  return nf_has_failed (error)
      ? NULL
      : run_on (device, NF_OP_RANDN, NULL, 0, params, error);
}

NfTensor *
nf_op_cast (NfTensor *x, NfDType dtype, GError **error)
{
  NfCastParams params = { dtype == NF_BF16 };

  return nf_op_run (NF_OP_CAST, &x, 1, &params, error);
}

NfTensor *
nf_op_concat (NfTensor *const *x, guint n, GError **error)
{
  return nf_op_run (NF_OP_CONCAT, x, n, &no_params, error);
}

NfTensor *
nf_op_slice (NfTensor *x, gint64 from, gint64 count, GError **error)
{
  NfSliceParams params = { from, count };

  return nf_op_run (NF_OP_SLICE, &x, 1, &params, error);
}

NfTensor *
nf_op_pad (NfTensor *x, const NfPadParams *params, GError **error)
{
  return nf_op_run (NF_OP_PAD, &x, 1, params, error);
}

NfTensor *
nf_op_flip (NfTensor *x, GError **error)
{
  return nf_op_run (NF_OP_FLIP, &x, 1, &no_params, error);
}

NfTensor *
nf_op_nearest (NfTensor *x, gint64 h, gint64 w, GError **error)
{
  NfNearestParams params = { h, w };

  return nf_op_run (NF_OP_NEAREST, &x, 1, &params, error);
}

NfTensor *
nf_op_fir (NfTensor *x, gboolean up, GError **error)
{
  NfFirParams params = { up };

  return nf_op_run (NF_OP_FIR, &x, 1, &params, error);
}

NfTensor *
nf_op_argmax (NfTensor *x, GError **error)
{
  return nf_op_run (NF_OP_ARGMAX, &x, 1, &no_params, error);
}

NfTensor *
nf_op_to_rgb (NfTensor *const *planes, guint n, const NfToRgbParams *params,
    GError **error)
{
  return nf_op_run (NF_OP_TO_RGB, planes, n, params, error);
}

NfTensor *
nf_op_resize (NfTensor *x, gint64 h, gint64 w, GError **error)
{
  NfResizeParams params = { h, w };

  return nf_op_run (NF_OP_RESIZE, &x, 1, &params, error);
}

NfTensor *
nf_op_paint (NfTensor *ids, NfTensor *colors, NfTensor *frame, GError **error)
{
  NfTensor *in[] = { ids, colors, frame };

  return nf_op_run (NF_OP_PAINT, in, 3, &no_params, error);
}

NfTensor *
nf_op_confusion (
    NfTensor *truth, NfTensor *prediction, gint classes, GError **error)
{
  NfTensor *in[] = { truth, prediction };
  NfConfusionParams params = { classes };

  return nf_op_run (NF_OP_CONFUSION, in, 2, &params, error);
}

NfTensor *
nf_op_cross_entropy (NfTensor *logits, NfTensor *target, NfTensor *weights,
    const NfCrossEntropyParams *params, GError **error)
{
  NfTensor *in[] = { logits, target, weights };

  return nf_op_run (NF_OP_CROSS_ENTROPY, in, 3, params, error);
}

NfTensor *
nf_op_dice_loss (NfTensor *logits, NfTensor *target,
    const NfDiceLossParams *params, GError **error)
{
  NfTensor *in[] = { logits, target };

  return nf_op_run (NF_OP_DICE_LOSS, in, 2, params, error);
}

NfTensor *
nf_op_noise_loss (
    NfTensor *e, NfTensor *z, const NfNoiseLossParams *params, GError **error)
{
  static const NfNoiseLossParams squares = { FALSE };
  NfTensor *in[] = { e, z };

  return nf_op_run (
      NF_OP_NOISE_LOSS, in, 2, params != NULL ? params : &squares, error);
}

NfTensor *
nf_op_sum_squares (NfTensor *x, GError **error)
{
  return nf_op_run (NF_OP_SUM_SQUARES, &x, 1, &no_params, error);
}

gboolean
nf_op_adam (NfTensor *param, NfTensor *grad, NfTensor *m, NfTensor *v,
    const NfAdamParams *params, GError **error)
{
  NfTensor *in[] = { param, grad, m, v };
  g_autoptr (NfTensor) out = nf_op_run (NF_OP_ADAM, in, 4, params, error);

  return out != NULL;
}

gboolean
nf_op_ema (NfTensor *shadow, NfTensor *value, gdouble rate, GError **error)
{
  NfTensor *in[] = { shadow, value };
  NfEmaParams params = { rate };
  g_autoptr (NfTensor) out = nf_op_run (NF_OP_EMA, in, 2, &params, error);

  return out != NULL;
}
