/* SPDX-License-Identifier: MIT
 *
 * nfshapestrain — shape rules of losses and of the ops that train
 *
 * See: nfshapes.c */
#include "core/ops/nfshapes.h"

static gboolean
scalar (NfShape *out)
{
  *out = (NfShape){ NF_F32, 1, 1, 1, 1 };
  return TRUE;
}

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
