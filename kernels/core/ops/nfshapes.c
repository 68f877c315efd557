/* SPDX-License-Identifier: MIT
 *
 * nfshapes — what each op demands of its inputs, and its result's shape */
#include "core/ops/nfshapes.h"
#include "core/ops/nfpixels.h"

#include <math.h>

typedef gboolean (*NfShapeRule) (
    const NfOpCall *call, NfShape *out, GError **error);

static const NfShapeRule rules[NF_N_OPS] = {
#define NF_OP(NAME, name, params, kind, work, result, changes, inputs)         \
  [NF_OP_##NAME] = nf_shape_##name,
#include <nextframe/core/ops/nfops.def.h>
#undef NF_OP
};

/**
 * nf_shape_of:
 * @call: what is asked for
 * @out: (out): the result's type and shape
 * @error: return location: %NF_ERROR_SHAPE
 *
 * Returns: FALSE with @error set where the op's inputs or parameters do not fit
 */
gboolean
nf_shape_of (const NfOpCall *call, NfShape *out, GError **error)
{
  return rules[call->op](call, out, error);
}

/**
 * nf_shape_refuse:
 * @call: what was asked for
 * @error: return location: %NF_ERROR_SHAPE
 * @format: what is wrong, as for printf()
 *
 * Returns: FALSE: the error names the op, what is wrong and all input shapes
 */
gboolean
nf_shape_refuse (const NfOpCall *call, GError **error, const gchar *format, ...)
{
  g_autoptr (GString) text = g_string_new (nf_op_name (call->op));
  va_list args;

  g_string_append (text, ": ");
  va_start (args, format);
  g_string_append_vprintf (text, format, args);
  va_end (args);
  g_string_append (text, "; inputs");
  for (guint i = 0; i < call->n_in; i++) {
    g_autofree gchar *shape = call->in[i] != NULL
        ? nf_tensor_shape_string (call->in[i])
        : g_strdup ("none");

    g_string_append_printf (text, " %s", shape);
  }
  g_set_error_literal (error, NF_ERROR, NF_ERROR_SHAPE, text->str);
  return FALSE;
}

/**
 * nf_shape_same_as:
 * @x: a tensor
 * @dtype: of the result
 * @out: (out): otherwise as @x
 *
 * Returns: TRUE
 */
gboolean
nf_shape_same_as (const NfTensor *x, NfDType dtype, NfShape *out)
{
  *out =
      (NfShape){ .dtype = dtype, .n = x->n, .c = x->c, .h = x->h, .w = x->w };
  return TRUE;
}

/**
 * nf_shape_all_f32:
 * @call: an op
 * @error: return location
 *
 * Returns: FALSE with @error set where an input has another type
 */
gboolean
nf_shape_all_f32 (const NfOpCall *call, GError **error)
{
  for (guint i = 0; i < call->n_in; i++)
    if (call->in[i] != NULL && call->in[i]->dtype != NF_F32)
      return nf_shape_refuse (call, error, "input %u must be f32", i);
  return TRUE;
}

/* whether the inputs of the set @activations (a bit each) have one type, f32 or
 * bf16, and all others are f32 */
static gboolean
activations_fit (const NfOpCall *call, guint activations, GError **error)
{
  const NfTensor *first = call->in[g_bit_nth_lsf (activations, -1)];

  if (first == NULL || first->dtype != NF_BF16)
    return nf_shape_all_f32 (call, error);
  for (guint i = 0; i < call->n_in; i++)
    if (call->in[i] != NULL
        && call->in[i]->dtype != (activations >> i & 1 ? NF_BF16 : NF_F32))
      return nf_shape_refuse (call, error, "input %u must be %s", i,
          activations >> i & 1 ? "bf16, as others are" : "f32");
  return TRUE;
}

static gboolean
is_vector (const NfTensor *t, gint64 c)
{
  return t->n == 1 && t->c == c && t->h == 1 && t->w == 1;
}

/* optional vectors of c values: the inputs from `first` to `last` */
static gboolean
vectors_fit (
    const NfOpCall *call, guint first, guint last, gint64 c, GError **error)
{
  for (guint i = first; i <= MIN (last, call->n_in - 1); i++)
    if (call->in[i] != NULL && !is_vector (call->in[i], c))
      return nf_shape_refuse (call, error,
          "input %u must be a vector of %" G_GINT64_FORMAT " values", i, c);
  return TRUE;
}

/**
 * nf_shape_all_same:
 * @call: an op
 * @error: return location
 *
 * Returns: FALSE with @error set where inputs have different shapes
 */
gboolean
nf_shape_all_same (const NfOpCall *call, GError **error)
{
  for (guint i = 1; i < call->n_in; i++)
    if (call->in[i] != NULL && !nf_tensor_same_shape (call->in[0], call->in[i]))
      return nf_shape_refuse (call, error, "all inputs must have one shape");
  return TRUE;
}

static gboolean
act_fits (const NfOpCall *call, NfAct act, NfAct most, GError **error)
{
  if (act <= most)
    return TRUE;
  return nf_shape_refuse (
      call, error, "activation %d is not one of 0 to %d", act, most);
}

gboolean
nf_shape_conv2d (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfConv2dParams *p = call->params;
  const NfTensor *x = call->in[NF_CONV2D_X], *w = call->in[NF_CONV2D_WEIGHT];
  gint64 h, cols;

  if (!activations_fit (call, 1 << NF_CONV2D_X | 1 << NF_CONV2D_RESIDUAL, error)
      || !act_fits (call, p->act, NF_ACT_SILU, error))
    return FALSE;
  if (w->c != x->c)
    return nf_shape_refuse (call, error,
        "weight expects %" G_GINT64_FORMAT
        " input channels, x has %" G_GINT64_FORMAT,
        w->c, x->c);
  if (call->in[NF_CONV2D_BIAS] != NULL
      && !is_vector (call->in[NF_CONV2D_BIAS], w->n))
    return nf_shape_refuse (call, error,
        "bias must be a vector of %" G_GINT64_FORMAT " values", w->n);
  if (p->stride < 1 || p->pad < 0)
    return nf_shape_refuse (call, error,
        "stride %d must be at least 1, pad %d at least 0", p->stride, p->pad);
  h = x->h + 2 * p->pad - w->h;
  cols = x->w + 2 * p->pad - w->w;
  if (h < 0 || cols < 0)
    return nf_shape_refuse (
        call, error, "the kernel is larger than the padded input");
  *out = (NfShape){ .dtype = x->dtype,
    .n = x->n,
    .c = w->n,
    .h = h / p->stride + 1,
    .w = cols / p->stride + 1 };
  if (call->in[NF_CONV2D_RESIDUAL] != NULL
      && (call->in[NF_CONV2D_RESIDUAL]->n != out->n
          || call->in[NF_CONV2D_RESIDUAL]->c != out->c
          || call->in[NF_CONV2D_RESIDUAL]->h != out->h
          || call->in[NF_CONV2D_RESIDUAL]->w != out->w))
    return nf_shape_refuse (
        call, error, "the residual must have the result's shape");
  return TRUE;
}

gboolean
nf_shape_conv2d_cat (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfConv2dCatParams *p = call->params;
  const NfTensor *w = call->in[NF_CONV2D_CAT_WEIGHT],
                 *x = call->in[NF_CONV2D_CAT_X];
  guint end = call->n_in - (p->bias ? 1 : 0);
  gint64 scale = p->up ? 2 : 1, c = 0;
  guint activations = 0;

  for (guint i = NF_CONV2D_CAT_X; i < end; i++)
    activations |= 1u << i;
  if (end < 2)
    return nf_shape_refuse (
        call, error, "there is nothing but weight and bias");
  if (!activations_fit (call, activations, error)
      || !act_fits (call, p->act, NF_ACT_RELU, error))
    return FALSE;
  if (w->h != w->w || w->h % 2 == 0 || (p->up && w->h != 3))
    return nf_shape_refuse (
        call, error, "the kernel must be square and odd, and 3x3 to upsample");
  if (p->bias && (call->in[end] == NULL || !is_vector (call->in[end], w->n)))
    return nf_shape_refuse (call, error,
        "bias must be a vector of %" G_GINT64_FORMAT " values", w->n);
  *out = (NfShape){ .dtype = x->dtype,
    .n = x->n,
    .c = w->n,
    .h = scale * x->h,
    .w = scale * x->w };
  for (guint i = NF_CONV2D_CAT_X; i < end; i++) {
    const NfTensor *y = call->in[i];

    if (y->n != x->n
        || (i > NF_CONV2D_CAT_X && (y->h != out->h || y->w != out->w)))
      return nf_shape_refuse (call, error, "all but the channels must agree");
    c += y->c;
  }
  if (w->c != c)
    return nf_shape_refuse (call, error,
        "weight expects %" G_GINT64_FORMAT
        " input channels, there are %" G_GINT64_FORMAT,
        w->c, c);
  return TRUE;
}

gboolean
nf_shape_linear (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfLinearParams *p = call->params;
  const NfTensor *x = call->in[NF_LINEAR_X], *w = call->in[NF_LINEAR_WEIGHT],
                 *skip = call->in[NF_LINEAR_SKIP];
  gint64 in = p->transposed ? w->n : w->c;
  gint64 features = p->transposed ? w->c : w->n;
  gint64 given = x->c + (skip != NULL ? skip->c : 0);

  if (!activations_fit (call, 1 << NF_LINEAR_X | 1 << NF_LINEAR_SKIP, error))
    return FALSE;
  if (w->h != 1 || w->w != 1)
    return nf_shape_refuse (
        call, error, "weight must be a matrix (R, C, 1, 1)");
  if (skip != NULL && (skip->n != x->n || skip->h != x->h || skip->w != x->w))
    return nf_shape_refuse (
        call, error, "skip must have the batch and size of x");
  if (in != given)
    return nf_shape_refuse (call, error,
        "weight expects %" G_GINT64_FORMAT " inputs, x has %" G_GINT64_FORMAT,
        in, given);
  if (call->in[NF_LINEAR_BIAS] != NULL
      && !is_vector (call->in[NF_LINEAR_BIAS], features))
    return nf_shape_refuse (call, error,
        "bias must be a vector of %" G_GINT64_FORMAT " values", features);
  *out = (NfShape){
    .dtype = x->dtype, .n = x->n, .c = features, .h = x->h, .w = x->w
  };
  return TRUE;
}

gboolean
nf_shape_attention (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfAttentionParams *p = call->params;
  const NfTensor *q = call->in[NF_ATTENTION_Q];

  if (!activations_fit (call,
          1 << NF_ATTENTION_Q | 1 << NF_ATTENTION_K | 1 << NF_ATTENTION_V,
          error)
      || !nf_shape_all_same (call, error))
    return FALSE;
  if ((call->in[NF_ATTENTION_K] == NULL) != (call->in[NF_ATTENTION_V] == NULL))
    return nf_shape_refuse (call, error, "keys and values come together");
  nf_shape_same_as (q, q->dtype, out);
  if (call->in[NF_ATTENTION_K] == NULL) {
    if (q->c % 3 != 0)
      return nf_shape_refuse (call, error,
          "queries, keys and values side by side are 3 C channels");
    out->c = q->c / 3;
  }
  if (p->heads < 1 || out->c % p->heads != 0)
    return nf_shape_refuse (
        call, error, "%d heads do not divide the channels", p->heads);
  return TRUE;
}

gboolean
nf_shape_softmax (const NfOpCall *call, NfShape *out, GError **error)
{
  return nf_shape_all_f32 (call, error)
      && nf_shape_same_as (call->in[NF_SOFTMAX_X], NF_F32, out);
}

gboolean
nf_shape_max_pool (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfMaxPoolParams *p = call->params;
  const NfTensor *x = call->in[NF_MAX_POOL_X];
  gint64 h = x->h + 2 * p->pad - p->kernel, w = x->w + 2 * p->pad - p->kernel;

  if (!activations_fit (call, 1 << NF_MAX_POOL_X, error))
    return FALSE;
  if (p->kernel < 1 || p->stride < 1 || p->pad < 0 || 2 * p->pad > p->kernel)
    return nf_shape_refuse (call, error,
        "kernel %d and stride %d must be at least 1, pad %d at most half the "
        "kernel",
        p->kernel, p->stride, p->pad);
  if (h < 0 || w < 0)
    return nf_shape_refuse (
        call, error, "the kernel is larger than the padded input");
  *out = (NfShape){ .dtype = x->dtype,
    .n = x->n,
    .c = x->c,
    .h = h / p->stride + 1,
    .w = w / p->stride + 1 };
  return TRUE;
}

gboolean
nf_shape_group_norm (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfGroupNormParams *p = call->params;
  NfTensor *const *in = call->in;
  const NfTensor *x = in[NF_GROUP_NORM_X], *scale = in[NF_GROUP_NORM_SCALE],
                 *shift = in[NF_GROUP_NORM_SHIFT],
                 *time = in[NF_GROUP_NORM_TIME], *skip = in[NF_GROUP_NORM_SKIP];
  gint64 c = x->c + (skip != NULL ? skip->c : 0);

  if (!activations_fit (call,
          1 << NF_GROUP_NORM_X | 1 << NF_GROUP_NORM_SCALE
              | 1 << NF_GROUP_NORM_SHIFT | 1 << NF_GROUP_NORM_SKIP,
          error))
    return FALSE;
  if (skip != NULL && (skip->n != x->n || skip->h != x->h || skip->w != x->w))
    return nf_shape_refuse (
        call, error, "skip must have the batch and size of x");
  for (guint i = NF_GROUP_NORM_WEIGHT; i <= NF_GROUP_NORM_BIAS; i++)
    if (in[i] != NULL && !is_vector (in[i], c))
      return nf_shape_refuse (call, error,
          "input %u must be a vector of %" G_GINT64_FORMAT " values", i, c);
  if (p->groups < 1 || c % p->groups != 0)
    return nf_shape_refuse (
        call, error, "%d groups do not divide the channels", p->groups);
  if ((in[NF_GROUP_NORM_WEIGHT] == NULL) != (in[NF_GROUP_NORM_BIAS] == NULL)
      || (scale == NULL && shift != NULL))
    return nf_shape_refuse (
        call, error, "weight and bias, and scale and shift, come together");
  if (scale != NULL
      && ((shift != NULL && !nf_tensor_same_shape (scale, shift))
          || scale->c != (shift != NULL ? c : 2 * c)
          || (scale->n != x->n && scale->n != 1) || scale->h != x->h
          || scale->w != x->w))
    return nf_shape_refuse (call, error,
        "scale and shift must be (N or 1, C, H, W), or one (N or 1, 2 C, H, "
        "W)");
  if (time != NULL
      && (time->c != 2 * c || (time->n != x->n && time->n != 1) || time->h != 1
          || time->w != 1))
    return nf_shape_refuse (call, error, "time must be (N or 1, 2 C, 1, 1)");
  if (p->act == NF_ACT_RELU || !act_fits (call, p->act, NF_ACT_SILU, error))
    return nf_shape_refuse (call, error, "the activation must be none or SiLU");
  *out =
      (NfShape){ .dtype = x->dtype, .n = x->n, .c = c, .h = x->h, .w = x->w };
  return TRUE;
}

gboolean
nf_shape_batch_norm (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfBatchNormParams *p = call->params;
  const NfTensor *x = call->in[NF_BATCH_NORM_X],
                 *residual = call->in[NF_BATCH_NORM_RESIDUAL];
  const NfTensor *count = call->in[NF_BATCH_NORM_COUNT];
  NfOpCall floats = *call; /* all but the count */

  floats.n_in = MIN (call->n_in, NF_BATCH_NORM_COUNT);
  if (count != NULL
      && (count->dtype != NF_I64 || nf_tensor_elements (count) != 1))
    return nf_shape_refuse (call, error, "the count must be one i64");
  if (residual != NULL && !nf_tensor_same_shape (residual, x))
    return nf_shape_refuse (
        call, error, "the residual must have the shape of x");
  return activations_fit (
             &floats, 1 << NF_BATCH_NORM_X | 1 << NF_BATCH_NORM_RESIDUAL, error)
      && vectors_fit (
          call, NF_BATCH_NORM_WEIGHT, NF_BATCH_NORM_VAR, x->c, error)
      && act_fits (call, p->act, NF_ACT_RELU, error)
      && nf_shape_same_as (x, x->dtype, out);
}

gboolean
nf_shape_modulate (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfTensor *x = call->in[NF_MODULATE_X], *s = call->in[NF_MODULATE_SCALE];
  gboolean whole = s->h == x->h && s->w == x->w;

  if (!activations_fit (call,
          1 << NF_MODULATE_X | 1 << NF_MODULATE_SCALE | 1 << NF_MODULATE_SHIFT,
          error))
    return FALSE;
  if (!nf_tensor_same_shape (s, call->in[NF_MODULATE_SHIFT]) || s->c != x->c
      || (s->n != x->n && s->n != 1) || (!whole && (s->h != 1 || s->w != 1)))
    return nf_shape_refuse (call, error,
        "scale and shift must be (N or 1, C, H, W) or (N or 1, C, 1, 1)");
  return nf_shape_same_as (x, x->dtype, out);
}

gboolean
nf_shape_activation (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfActivationParams *p = call->params;

  return activations_fit (call, 1 << NF_ACTIVATION_X, error)
      && act_fits (call, p->act, NF_ACT_SILU, error)
      && nf_shape_same_as (
          call->in[NF_ACTIVATION_X], call->in[NF_ACTIVATION_X]->dtype, out);
}

gboolean
nf_shape_axpby (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfAxpbyParams *p = call->params;

  return activations_fit (call, 1 << NF_AXPBY_A | 1 << NF_AXPBY_B, error)
      && nf_shape_all_same (call, error)
      && act_fits (call, p->act, NF_ACT_RELU, error)
      && nf_shape_same_as (
          call->in[NF_AXPBY_A], call->in[NF_AXPBY_A]->dtype, out);
}

gboolean
nf_shape_clamp (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfClampParams *p = call->params;

  if (!(p->lo <= p->hi))
    return nf_shape_refuse (call, error, "limits %g to %g are not in order",
        (gdouble) p->lo, (gdouble) p->hi);
  return nf_shape_all_f32 (call, error)
      && nf_shape_same_as (call->in[NF_CLAMP_X], NF_F32, out);
}

gboolean
nf_shape_dropout (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfDropoutParams *p = call->params;
  const NfTensor *x = call->in[NF_DROPOUT_X];
  const NfTensor *first = call->in[NF_DROPOUT_FIRST];

  if (!(p->p >= 0.0f && p->p < 1.0f))
    return nf_shape_refuse (
        call, error, "p %g is not in [0, 1)", (gdouble) p->p);
  if (x->dtype != NF_F32 && x->dtype != NF_BF16)
    return nf_shape_refuse (call, error, "input 0 must be f32 or bf16");
  if (first != NULL
      && (first->dtype != NF_I64 || nf_tensor_elements (first) != 1))
    return nf_shape_refuse (call, error, "input 1 must be an i64 scalar");
  return nf_shape_same_as (x, x->dtype, out);
}

gboolean
nf_shape_normalize (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfNormalizeParams *p = call->params;

  if (p->period < 1 || p->period > 4)
    return nf_shape_refuse (
        call, error, "period %d is not in 1 to 4", p->period);
  if (call->in[NF_NORMALIZE_X]->dtype != NF_F32
      && call->in[NF_NORMALIZE_X]->dtype != NF_U8)
    return nf_shape_refuse (call, error, "input 0 must be f32 or u8");
  return nf_shape_same_as (call->in[NF_NORMALIZE_X], NF_F32, out);
}

gboolean
nf_shape_quantize (const NfOpCall *call, NfShape *out, GError **error)
{
  return nf_shape_all_f32 (call, error)
      && nf_shape_same_as (call->in[NF_QUANTIZE_X], NF_U8, out);
}

gboolean
nf_shape_randn (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfRandnParams *p = call->params;

  *out =
      (NfShape){ .dtype = NF_F32, .n = p->n, .c = p->c, .h = p->h, .w = p->w };
  return TRUE;
}

gboolean
nf_shape_cast (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfCastParams *p = call->params;
  const NfTensor *x = call->in[NF_CAST_X];

  if (x->dtype != NF_F32 && x->dtype != NF_BF16)
    return nf_shape_refuse (call, error, "input 0 must be f32 or bf16");
  return nf_shape_same_as (x, p->bf16 ? NF_BF16 : NF_F32, out);
}

gboolean
nf_shape_concat (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfTensor *x = call->in[NF_CONCAT_X];
  gint64 c = 0;

  for (guint i = 0; i < call->n_in; i++) {
    const NfTensor *y = call->in[i];

    if (y->n != x->n || y->h != x->h || y->w != x->w)
      return nf_shape_refuse (call, error, "all but the channels must agree");
    c += y->c;
  }
  *out =
      (NfShape){ .dtype = x->dtype, .n = x->n, .c = c, .h = x->h, .w = x->w };
  return activations_fit (call, (1 << NF_OP_MAX_INPUTS) - 1, error);
}

gboolean
nf_shape_slice (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfSliceParams *p = call->params;
  const NfTensor *x = call->in[NF_SLICE_X];

  if (p->from < 0 || p->count < 1 || p->from > x->c - p->count)
    return nf_shape_refuse (call, error,
        "%" G_GINT64_FORMAT " channels from %" G_GINT64_FORMAT
        " are not all there",
        p->count, p->from);
  *out = (NfShape){
    .dtype = x->dtype, .n = x->n, .c = p->count, .h = x->h, .w = x->w
  };
  return activations_fit (call, 1 << NF_SLICE_X, error);
}

gboolean
nf_shape_pad (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfPadParams *p = call->params;
  const NfTensor *x = call->in[NF_PAD_X];
  gint64 h = x->h + p->top + p->bottom, w = x->w + p->left + p->right;

  if (h < 1 || w < 1 || p->top <= -x->h || p->bottom <= -x->h
      || p->left <= -x->w || p->right <= -x->w)
    return nf_shape_refuse (call, error, "padding %d %d %d %d leaves nothing",
        p->top, p->bottom, p->left, p->right);
  if (x->dtype == NF_I64)
    return nf_shape_refuse (call, error, "input 0 must be f32, bf16 or u8");
  *out = (NfShape){ .dtype = x->dtype, .n = x->n, .c = x->c, .h = h, .w = w };
  return TRUE;
}

gboolean
nf_shape_flip (const NfOpCall *call, NfShape *out, GError **error)
{
  return activations_fit (call, 1 << NF_FLIP_X, error)
      && nf_shape_same_as (
          call->in[NF_FLIP_X], call->in[NF_FLIP_X]->dtype, out);
}

gboolean
nf_shape_nearest (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfNearestParams *p = call->params;
  const NfTensor *x = call->in[NF_NEAREST_X];

  if (p->h < 1 || p->w < 1)
    return nf_shape_refuse (call, error,
        "size %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT
        " must be at least 1 x 1",
        p->h, p->w);
  *out = (NfShape){
    .dtype = x->dtype, .n = x->n, .c = x->c, .h = p->h, .w = p->w
  };
  return activations_fit (call, 1 << NF_NEAREST_X, error);
}

gboolean
nf_shape_fir (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfFirParams *p = call->params;
  const NfTensor *x = call->in[NF_FIR_X];

  if (!p->up && (x->h % 2 != 0 || x->w % 2 != 0))
    return nf_shape_refuse (
        call, error, "rows and columns must be even to be halved");
  *out = (NfShape){ .dtype = x->dtype,
    .n = x->n,
    .c = x->c,
    .h = p->up ? 2 * x->h : x->h / 2,
    .w = p->up ? 2 * x->w : x->w / 2 };
  return activations_fit (call, 1 << NF_FIR_X, error);
}

gboolean
nf_shape_argmax (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfTensor *x = call->in[NF_ARGMAX_X];

  if (x->c > 256)
    return nf_shape_refuse (
        call, error, "more than 256 channels do not fit u8");
  *out = (NfShape){ .dtype = NF_U8, .n = x->n, .c = 1, .h = x->h, .w = x->w };
  return activations_fit (call, 1 << NF_ARGMAX_X, error);
}

/* --------------------------------------------------- losses, and training */

static gboolean
scalar (NfShape *out)
{
  *out = (NfShape){ .dtype = NF_F32, .n = 1, .c = 1, .h = 1, .w = 1 };
  return TRUE;
}

/* the losses of classes share their kernels' checks, which go by these names */
G_STATIC_ASSERT ((gint) NF_DICE_LOSS_LOGITS == (gint) NF_CROSS_ENTROPY_LOGITS
    && (gint) NF_DICE_LOSS_TARGET == (gint) NF_CROSS_ENTROPY_TARGET);

static gboolean
class_loss (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfTensor *x = call->in[NF_CROSS_ENTROPY_LOGITS],
                 *t = call->in[NF_CROSS_ENTROPY_TARGET];

  if (x->dtype != NF_F32 || (t->dtype != NF_U8 && t->dtype != NF_I64))
    return nf_shape_refuse (
        call, error, "logits must be f32, targets u8 or i64");
  if (t->n != x->n || t->c != 1 || t->h != x->h || t->w != x->w)
    return nf_shape_refuse (call, error, "targets must be (N, 1, H, W)");
  return scalar (out);
}

gboolean
nf_shape_cross_entropy (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfTensor *x = call->in[NF_CROSS_ENTROPY_LOGITS],
                 *w = call->in[NF_CROSS_ENTROPY_WEIGHTS];

  if (w
      && (w->dtype != NF_F32 || w->n != 1 || w->c != x->c || w->h != 1
          || w->w != 1))
    return nf_shape_refuse (call, error,
        "weights must be f32, one for each of the logits' classes");
  return class_loss (call, out, error);
}

gboolean
nf_shape_dice_loss (const NfOpCall *call, NfShape *out, GError **error)
{
  return class_loss (call, out, error);
}

gboolean
nf_shape_noise_loss (const NfOpCall *call, NfShape *out, GError **error)
{
  return nf_shape_all_f32 (call, error) && nf_shape_all_same (call, error)
      && scalar (out);
}

gboolean
nf_shape_sum_squares (const NfOpCall *call, NfShape *out, GError **error)
{
  return nf_shape_all_f32 (call, error) && scalar (out);
}

gboolean
nf_shape_adam (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfAdamParams *p = call->params;

  if (p->t < 1)
    return nf_shape_refuse (call, error,
        "update number %" G_GINT64_FORMAT " must be at least 1", p->t);
  return nf_shape_all_f32 (call, error) && nf_shape_all_same (call, error)
      && nf_shape_same_as (call->in[NF_ADAM_PARAM], NF_F32, out);
}

gboolean
nf_shape_ema (const NfOpCall *call, NfShape *out, GError **error)
{
  return nf_shape_all_f32 (call, error) && nf_shape_all_same (call, error)
      && nf_shape_same_as (call->in[NF_EMA_SHADOW], NF_F32, out);
}

/**
 * nf_shape_refuse_class:
 * @op: a loss
 * @h: rows of its target
 * @w: columns
 * @classes: how many the logits have
 * @place: number of a pixel of the target
 * @label: the class found there
 * @error: return location: %NF_ERROR_INVALID
 *
 * Returns: FALSE: a class is outside of the logits' channels
 */
gboolean
nf_shape_refuse_class (NfOp op, gint64 h, gint64 w, gint64 classes,
    gint64 place, gint64 label, GError **error)
{
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "%s: target has class %" G_GINT64_FORMAT " at image %" G_GINT64_FORMAT
      ", row %" G_GINT64_FORMAT ", column %" G_GINT64_FORMAT
      ", expected 0 to %" G_GINT64_FORMAT
      " (the logits' channels); map other values to a class first",
      nf_op_name (op), label, place / (h * w), place / w % h, place % w,
      classes - 1);
  return FALSE;
}

/* ------------------------------------------------------------------- video */

static gboolean
all_u8 (const NfOpCall *call, GError **error)
{
  for (guint i = 0; i < call->n_in; i++)
    if (call->in[i] != NULL && call->in[i]->dtype != NF_U8)
      return nf_shape_refuse (call, error, "input %u must be u8", i);
  return TRUE;
}

static gboolean
is_whole_or_half (gint64 size, gint64 of)
{
  return size == of || size == (of + 1) / 2;
}

gboolean
nf_shape_to_rgb (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfToRgbParams *p = call->params;
  const NfTensor *x = call->in[NF_TO_RGB_PLANE];
  gint64 channels = 0;

  for (guint i = 0; i < call->n_in; i++) {
    const NfTensor *plane = call->in[i];

    if (plane == NULL)
      return nf_shape_refuse (call, error, "plane %u is missing", i);
    if (plane->n != x->n || !is_whole_or_half (plane->h, x->h)
        || !is_whole_or_half (plane->w, x->w))
      return nf_shape_refuse (call, error,
          "plane %u must have the size of the first one, or half of it", i);
    channels += plane->c;
  }
  for (guint k = 0; k < 3; k++)
    if (p->place[k] < 0 || p->place[k] >= channels)
      return nf_shape_refuse (call, error,
          "component %u in channel %d, there are %" G_GINT64_FORMAT, k,
          p->place[k], channels);
  *out = (NfShape){ .dtype = NF_U8, .n = x->n, .c = 3, .h = x->h, .w = x->w };
  return all_u8 (call, error);
}

static gboolean
is_side (gint64 size)
{
  return size >= 1 && size <= NF_RESIZE_MAX;
}

gboolean
nf_shape_resize (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfResizeParams *p = call->params;
  const NfTensor *x = call->in[NF_RESIZE_X];

  if (!is_side (p->h) || !is_side (p->w) || !is_side (x->h) || !is_side (x->w))
    return nf_shape_refuse (call, error,
        "to %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT
        ": sides must be 1 to %d long",
        p->h, p->w, NF_RESIZE_MAX);
  *out =
      (NfShape){ .dtype = NF_U8, .n = x->n, .c = x->c, .h = p->h, .w = p->w };
  return all_u8 (call, error);
}

gboolean
nf_shape_paint (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfTensor *ids = call->in[NF_PAINT_IDS],
                 *colors = call->in[NF_PAINT_COLORS];
  const NfTensor *frame = call->in[NF_PAINT_FRAME];

  if (ids->c != 1)
    return nf_shape_refuse (call, error, "class ids must be (N, 1, H, W)");
  if (colors->n != 256 || colors->c != 3 || colors->h != 1 || colors->w != 1)
    return nf_shape_refuse (call, error, "colours must be (256, 3, 1, 1)");
  if (frame != NULL
      && (frame->n != ids->n || (frame->c != 3 && frame->c != 1)
          || frame->h != ids->h || frame->w != ids->w))
    return nf_shape_refuse (
        call, error, "the frame must be (N, 3, H, W) or (N, 1, H, W)");
  *out = (NfShape){
    .dtype = NF_U8, .n = ids->n, .c = 3, .h = ids->h, .w = ids->w
  };
  return all_u8 (call, error);
}

gboolean
nf_shape_confusion (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfConfusionParams *p = call->params;

  if (p->classes < 2 || p->classes > 256)
    return nf_shape_refuse (
        call, error, "%d classes are not 2 to 256", p->classes);
  if (!nf_tensor_same_shape (
          call->in[NF_CONFUSION_TRUTH], call->in[NF_CONFUSION_PREDICTION]))
    return nf_shape_refuse (call, error, "both masks must have one shape");
  *out = (NfShape){
    .dtype = NF_I64, .n = 1, .c = 1, .h = p->classes, .w = p->classes
  };
  return all_u8 (call, error);
}
