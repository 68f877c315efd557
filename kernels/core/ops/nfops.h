/* SPDX-License-Identifier: MIT
 *
 * nfops — the ops: what networks, losses, samplers and optimisers are made of
 *
 * Each nf_op_NAME() checks shapes, allocates the result and runs the device's
 * kernel; inside nf_tape_begin() it is recorded for nf_tape_backward(). All
 * return (transfer full) a new tensor, or NULL with the error set
 * (NF_ERROR_SHAPE, NF_ERROR_INVALID, NF_ERROR_NO_MEMORY, NF_ERROR_UNSUPPORTED).
 * An op whose inputs come from one that failed passes that on: it takes NULL,
 * does nothing, returns NULL and leaves the error as it is. So ops can follow
 * each other, and the last one tells whether all went well. Where an input may be
 * left out (nullable), NULL means that it is: there the caller looks first.
 * Tensors are f32 unless said otherwise. What goes through a network (not its
 * weights, not the time) may be bf16 instead in all ops up to argmax but
 * softmax, clamp, normalize, quantize and randn; sums are f32 all the same, and
 * the result is bf16 (argmax's is u8). The maths is in docs/ops.md. */
#pragma once

#include "core/ops/nfoplist.h"

G_BEGIN_DECLS

/**
 * nf_op_run:
 * @op: which op
 * @in: (array length=n_in): its inputs; those that are not %NF_IN_OPTIONAL may be
 *   NULL only where an earlier op has failed
 * @n_in: how many; at least one
 * @params: the op's parameters struct
 * @error: return location
 *
 * Where an earlier op has failed nothing is done, and @error stays as it is, so
 * that it names the first cause: that is so where @error is set already or an
 * input that the op needs is NULL.
 *
 * Returns: (transfer full) (nullable): the result, on the first input's device
 */
NfTensor *nf_op_run (NfOp op, NfTensor *const *in, guint n_in,
    gconstpointer params, GError **error);

/* x (N, C, H, W), weight (O, C, kh, kw), bias (nullable) (1, O, 1, 1) */
NfTensor *nf_op_conv2d (NfTensor *x, NfTensor *weight, NfTensor *bias,
    const NfConv2dParams *params, GError **error);
/* act (gain * (conv2d + residual)); residual (nullable) of the result's shape */
NfTensor *nf_op_conv2d_add (NfTensor *x, NfTensor *weight, NfTensor *bias,
    NfTensor *residual, const NfConv2dParams *params, GError **error);
/* conv2d of all x side by side, along channels; weight (O, all C, k, k), k odd
 * and 3 where x[0] is upsampled, the padding keeps the size; n <= 6 */
NfTensor *nf_op_conv2d_cat (NfTensor *const *x, guint n, NfTensor *weight,
    NfTensor *bias, const NfConv2dCatParams *params, GError **error);
/* x (N, I, H, W), weight (O, I, 1, 1) or transposed (I, O, 1, 1), bias
 * (nullable) (1, O, 1, 1): every pixel's channels times the matrix */
NfTensor *nf_op_linear (NfTensor *x, NfTensor *weight, NfTensor *bias,
    const NfLinearParams *params, GError **error);
/* the same for x with the channels of skip (N, I', H, W) behind its own */
NfTensor *nf_op_linear_pair (NfTensor *x, NfTensor *skip, NfTensor *weight,
    NfTensor *bias, const NfLinearParams *params, GError **error);
/* q, k, v (N, C, H, W): softmax (q k^T / sqrt (C / heads)) v over all pixels */
NfTensor *nf_op_attention (NfTensor *q, NfTensor *k, NfTensor *v,
    const NfAttentionParams *params, GError **error);
/* over channels */
NfTensor *nf_op_softmax (NfTensor *x, GError **error);
NfTensor *nf_op_max_pool (
    NfTensor *x, const NfMaxPoolParams *params, GError **error);
/* weight, bias (nullable, both or none) (1, C, 1, 1) */
NfTensor *nf_op_group_norm (NfTensor *x, NfTensor *weight, NfTensor *bias,
    const NfGroupNormParams *params, GError **error);
/* act ((norm (x, skip) (1 + scale) + shift) (1 + time_scale) + time_shift) */
NfTensor *nf_op_group_norm_modulated (const NfGroupNormInputs *inputs,
    const NfGroupNormParams *params, GError **error);
/* act (norm (x) + residual); in training mean, var and count change */
NfTensor *nf_op_batch_norm (const NfBatchNormInputs *inputs,
    const NfBatchNormParams *params, GError **error);
/* x * (1 + scale) + shift; scale and shift (N or 1, C, H or 1, W or 1) */
NfTensor *nf_op_modulate (
    NfTensor *x, NfTensor *scale, NfTensor *shift, GError **error);
NfTensor *nf_op_activation (NfTensor *x, NfAct act, GError **error);
/* act (alpha * a + beta * b); b (nullable) has a's shape */
NfTensor *nf_op_axpby (
    NfTensor *a, NfTensor *b, const NfAxpbyParams *params, GError **error);

/**
 * nf_op_add_to:
 * @sum: has data that nobody else holds; no tape records it
 * @x: the same shape, type and device; not @sum
 * @error: return location
 *
 * Adds @x to @sum, with the bits that nf_op_axpby() gives.
 *
 * Returns: FALSE with @error set
 */
gboolean nf_op_add_to (NfTensor *sum, NfTensor *x, GError **error);

NfTensor *nf_op_clamp (NfTensor *x, gfloat lo, gfloat hi, GError **error);
/* zero with probability p, else x / (1 - p); first (nullable), an i64 scalar, is
 * added to the stream of the key: a number that a captured op looks up */
NfTensor *nf_op_dropout (NfTensor *x, NfTensor *first,
    const NfDropoutParams *params, GError **error);
/* x (u8 or f32) * scale + shift, per channel, f32 */
NfTensor *nf_op_normalize (
    NfTensor *x, const NfNormalizeParams *params, GError **error);
/* round (x * scale + shift) clamped to 0..255, u8; ties to even, NaN gives 0 */
NfTensor *nf_op_quantize (
    NfTensor *x, gfloat scale, gfloat shift, GError **error);
/* numbers from N(0, 1) */
NfTensor *nf_op_randn (
    NfDevice *device, const NfRandnParams *params, GError **error);
/* to %NF_F32 or %NF_BF16, from either */
NfTensor *nf_op_cast (NfTensor *x, NfDType dtype, GError **error);
/* along channels */
NfTensor *nf_op_concat (NfTensor *const *x, guint n, GError **error);
NfTensor *nf_op_slice (NfTensor *x, gint64 from, gint64 count, GError **error);
NfTensor *nf_op_pad (NfTensor *x, const NfPadParams *params, GError **error);
/* mirror image, left to right */
NfTensor *nf_op_flip (NfTensor *x, GError **error);
/* pixel (y, x) of the result is floor (y * H / h), floor (x * W / w) */
NfTensor *nf_op_nearest (NfTensor *x, gint64 h, gint64 w, GError **error);
/* twice or half the size by the separable filter (1, 3, 3, 1) / 8 */
NfTensor *nf_op_fir (NfTensor *x, gboolean up, GError **error);
/* channel of the largest value, (N, 1, H, W) u8; C <= 256, the first wins */
NfTensor *nf_op_argmax (NfTensor *x, GError **error);
/* planes of a picture (u8, (N, C, H, W), all but the first (H + 1) / 2 rows
 * and (W + 1) / 2 columns, or all) to RGB (N, 3, H, W) */
NfTensor *nf_op_to_rgb (NfTensor *const *planes, guint n,
    const NfToRgbParams *params, GError **error);
/* u8 to h x w pixels: linear, widened where it shrinks */
NfTensor *nf_op_resize (NfTensor *x, gint64 h, gint64 w, GError **error);
/* class ids (N, 1, H, W), colours (256, 3, 1, 1), all u8, to RGB; over the frame
 * (nullable) (N, 3 or 1, H, W), which class 0 leaves as it is */
NfTensor *nf_op_paint (
    NfTensor *ids, NfTensor *colors, NfTensor *frame, GError **error);
/* pixels with each pair of ids, i64 (1, 1, K, K), rows the truth; ids of K and
 * more are 0 */
NfTensor *nf_op_confusion (
    NfTensor *truth, NfTensor *prediction, gint classes, GError **error);
/* logits (N, K, H, W), target (N, 1, H, W) u8 or i64 below K or ignored, weights
 * (nullable) (1, K, 1, 1) f32 at least 0, of the classes: a scalar */
NfTensor *nf_op_cross_entropy (NfTensor *logits, NfTensor *target,
    NfTensor *weights, const NfCrossEntropyParams *params, GError **error);
NfTensor *nf_op_dice_loss (NfTensor *logits, NfTensor *target,
    const NfDiceLossParams *params, GError **error);
/* sum (0.5 (z - e)^2) / N: a scalar */
NfTensor *nf_op_noise_loss (NfTensor *e, NfTensor *z, GError **error);
NfTensor *nf_op_sum_squares (NfTensor *x, GError **error);
/* all of one shape; param, m and v change */
gboolean nf_op_adam (NfTensor *param, NfTensor *grad, NfTensor *m, NfTensor *v,
    const NfAdamParams *params, GError **error);
gboolean nf_op_ema (
    NfTensor *shadow, NfTensor *value, gdouble rate, GError **error);

G_END_DECLS
