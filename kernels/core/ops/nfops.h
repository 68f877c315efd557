/* SPDX-License-Identifier: MIT
 *
 * nfops — the ops: what networks, losses, samplers and optimisers are made of
 *
 * Each nf_op_NAME() checks the shapes, allocates the result and runs the
 * device's kernel. Between nf_tape_begin() and nf_tape_end() it is recorded for
 * nf_tape_backward(). The maths and the gradients are in docs/ops.md.
 *
 * Errors: all ops return a new tensor, or NULL (FALSE) with the error set to
 *   %NF_ERROR_SHAPE        the inputs or parameters do not fit
 *   %NF_ERROR_INVALID      inputs on different devices, or a required one is
 *                          missing
 *   %NF_ERROR_NO_MEMORY    no memory for the result
 *   %NF_ERROR_UNSUPPORTED  the device has no such kernel, or a tape records and
 *                          the op has no gradient
 * or to what the device reports. An op whose required input is NULL, because
 * the op before it has failed, returns NULL and leaves the error as it is. So
 * ops can be called one after another, and it is enough to look at the last
 * result. An optional input (nullable) that is NULL is left out instead, so a
 * caller looks at such an input before passing it on.
 *
 * Types: tensors are f32 unless said otherwise. In all ops up to
 * nf_op_argmax(), without softmax, clamp, normalize, quantize and randn, the
 * activations (not the weights, and not the embedding of time) may be bf16
 * instead. Sums are f32 all the same, and the result is bf16 (that of argmax is
 * u8). */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/ops/nfoplist.h>

G_BEGIN_DECLS

/**
 * nf_op_run:
 * @op: which op
 * @in: (array length=n_in): its inputs in the order of nfops.def.h; optional
 *   ones may be NULL
 * @n_in: how many, at least 1
 * @params: the op's parameters struct
 * @error: return location: the errors named at the head of this file
 *
 * Checks the inputs, allocates the result, runs the device's kernel and records
 * the op where a tape of this thread does so. The functions below call this.
 *
 * Returns: (transfer full) (nullable): the result
 */
NF_API NfTensor *nf_op_run (NfOp op, NfTensor *const *in, guint n_in,
    gconstpointer params, GError **error);

/**
 * nf_op_conv2d:
 * @x: (N, C, H, W)
 * @weight: (O, C, kh, kw)
 * @bias: (nullable): (1, O, 1, 1)
 * @params: stride, padding, activation and gain
 * @error: return location
 *
 * A convolution as PyTorch's conv2d.
 *
 * Returns: (transfer full) (nullable): (N, O, (H + 2 pad - kh) / stride + 1,
 *   likewise W), rounded down
 */
NF_API NfTensor *nf_op_conv2d (NfTensor *x, NfTensor *weight, NfTensor *bias,
    const NfConv2dParams *params, GError **error);

/**
 * nf_op_conv2d_add:
 * @x: (N, C, H, W)
 * @weight: (O, C, kh, kw)
 * @bias: (nullable): (1, O, 1, 1)
 * @residual: (nullable): of the result's shape
 * @params: stride, padding, activation and gain
 * @error: return location
 *
 *     act (gain * (conv2d (x) + residual))
 *
 * Returns: (transfer full) (nullable): as of nf_op_conv2d()
 */
NF_API NfTensor *nf_op_conv2d_add (NfTensor *x, NfTensor *weight,
    NfTensor *bias, NfTensor *residual, const NfConv2dParams *params,
    GError **error);

/**
 * nf_op_conv2d_cat:
 * @x: (array length=n): (N, C_i, H, W) each, together C channels; with
 *   params->up the first one is (N, C_0, H / 2, W / 2) and counts as upsampled
 *   by nearest
 * @n: how many, 1 to 6
 * @weight: (O, C, k, k), k odd; 3 with params->up
 * @bias: (nullable): (1, O, 1, 1)
 * @params: upsampling and activation
 * @error: return location
 *
 * A convolution of all inputs side by side along the channels, of stride 1 and
 * padding (k - 1) / 2.
 *
 * Returns: (transfer full) (nullable): (N, O, H, W)
 */
NF_API NfTensor *nf_op_conv2d_cat (NfTensor *const *x, guint n,
    NfTensor *weight, NfTensor *bias, const NfConv2dCatParams *params,
    GError **error);

/**
 * nf_op_linear:
 * @x: (N, I, H, W)
 * @weight: (O, I, 1, 1), or (I, O, 1, 1) where it is transposed
 * @bias: (nullable): (1, O, 1, 1)
 * @params: whether the weight is transposed
 * @error: return location
 *
 * Multiplies the channels of every pixel by the matrix.
 *
 * Returns: (transfer full) (nullable): (N, O, H, W)
 */
NF_API NfTensor *nf_op_linear (NfTensor *x, NfTensor *weight, NfTensor *bias,
    const NfLinearParams *params, GError **error);

/**
 * nf_op_linear_pair:
 * @x: (N, I, H, W)
 * @skip: (nullable): (N, I', H, W), whose channels follow those of @x
 * @weight: (O, I + I', 1, 1), or (I + I', O, 1, 1) where it is transposed
 * @bias: (nullable): (1, O, 1, 1)
 * @params: whether the weight is transposed
 * @error: return location
 *
 * nf_op_linear() of both inputs side by side.
 *
 * Returns: (transfer full) (nullable): (N, O, H, W)
 */
NF_API NfTensor *nf_op_linear_pair (NfTensor *x, NfTensor *skip,
    NfTensor *weight, NfTensor *bias, const NfLinearParams *params,
    GError **error);

/**
 * nf_op_attention:
 * @q: (N, C, H, W): queries
 * @k: keys, of the same shape
 * @v: values, of the same shape
 * @params: how many heads, which divides C
 * @error: return location
 *
 *     softmax (q k^T / sqrt (C / heads)) v
 *
 * for each head, over all pixels of a sample. Source: Vaswani et al.,
 * "Attention is all you need", 2017.
 *
 * Returns: (transfer full) (nullable): (N, C, H, W)
 */
NF_API NfTensor *nf_op_attention (NfTensor *q, NfTensor *k, NfTensor *v,
    const NfAttentionParams *params, GError **error);

/**
 * nf_op_attention_joined:
 * @qkv: (N, 3 C, H, W): queries, keys and values, side by side along the
 *   channels
 * @params: how many heads, which divides C
 * @error: return location
 *
 * nf_op_attention() of the parts of one tensor, which are read where they are.
 *
 * Returns: (transfer full) (nullable): (N, C, H, W)
 */
NF_API NfTensor *nf_op_attention_joined (
    NfTensor *qkv, const NfAttentionParams *params, GError **error);

/**
 * nf_op_softmax:
 * @x: (N, C, H, W)
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the softmax over each pixel's channels
 */
NF_API NfTensor *nf_op_softmax (NfTensor *x, GError **error);

/**
 * nf_op_max_pool:
 * @x: (N, C, H, W)
 * @params: window, stride and padding, which never is the largest value
 * @error: return location
 *
 * Returns: (transfer full) (nullable): (N, C, (H + 2 pad - kernel) / stride +
 *   1, likewise W), rounded down: the largest value of each window
 */
NF_API NfTensor *nf_op_max_pool (
    NfTensor *x, const NfMaxPoolParams *params, GError **error);

/**
 * nf_op_group_norm:
 * @x: (N, C, H, W)
 * @weight: (nullable): (1, C, 1, 1); with @bias or not at all
 * @bias: (nullable): (1, C, 1, 1)
 * @params: how many groups, which divides C; epsilon and activation
 * @error: return location
 *
 * Source: Wu and He, "Group normalization", 2018.
 *
 * Returns: (transfer full) (nullable): (N, C, H, W)
 */
NF_API NfTensor *nf_op_group_norm (NfTensor *x, NfTensor *weight,
    NfTensor *bias, const NfGroupNormParams *params, GError **error);

/**
 * nf_op_group_norm_modulated:
 * @inputs: what is normalised, and the optional inputs; see #NfGroupNormInputs
 * @params: as of nf_op_group_norm()
 * @error: return location
 *
 *     act ((norm (x, skip) (1 + scale) + shift) (1 + time_scale) + time_shift)
 *
 * Source: Park et al., "Semantic image synthesis with spatially-adaptive
 * normalization", 2019.
 *
 * Returns: (transfer full) (nullable): (N, C, H, W)
 */
NF_API NfTensor *nf_op_group_norm_modulated (const NfGroupNormInputs *inputs,
    const NfGroupNormParams *params, GError **error);

/**
 * nf_op_batch_norm:
 * @inputs: what is normalised, its statistics, and the optional residual; in
 *   training the running mean, the running variance and the count change
 * @params: training or not, momentum, epsilon and activation
 * @error: return location
 *
 *     act (norm (x) + residual)
 *
 * Source: Ioffe and Szegedy, "Batch normalization", 2015.
 *
 * Returns: (transfer full) (nullable): (N, C, H, W)
 */
NF_API NfTensor *nf_op_batch_norm (const NfBatchNormInputs *inputs,
    const NfBatchNormParams *params, GError **error);

/**
 * nf_op_modulate:
 * @x: (N, C, H, W)
 * @scale: (N or 1, C, H, W) or (N or 1, C, 1, 1)
 * @shift: of the shape of @scale
 * @error: return location
 *
 *     x * (1 + scale) + shift
 *
 * Returns: (transfer full) (nullable): (N, C, H, W)
 */
NF_API NfTensor *nf_op_modulate (
    NfTensor *x, NfTensor *scale, NfTensor *shift, GError **error);

/**
 * nf_op_activation:
 * @x: of any shape
 * @act: the activation function
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the function of every element
 */
NF_API NfTensor *nf_op_activation (NfTensor *x, NfAct act, GError **error);

/**
 * nf_op_axpby:
 * @a: of any shape
 * @b: (nullable): of the same shape
 * @params: alpha, beta and activation
 * @error: return location
 *
 *     act (alpha * a + beta * b)
 *
 * Returns: (transfer full) (nullable): of the shape of @a
 */
NF_API NfTensor *nf_op_axpby (
    NfTensor *a, NfTensor *b, const NfAxpbyParams *params, GError **error);

/**
 * nf_op_add_to:
 * @sum: changed: @x is added to it
 * @x: of the same shape and type
 * @error: return location
 *
 * Must not be called while a tape records.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_op_add_to (NfTensor *sum, NfTensor *x, GError **error);

/**
 * nf_op_clamp:
 * @x: of any shape, f32
 * @lo: lower limit
 * @hi: upper limit, at least @lo
 * @error: return location
 *
 * Returns: (transfer full) (nullable): every element brought into [@lo, @hi];
 *   NaN stays NaN
 */
NF_API NfTensor *nf_op_clamp (
    NfTensor *x, gfloat lo, gfloat hi, GError **error);

/**
 * nf_op_dropout:
 * @x: of any shape
 * @first: (nullable): an i64 scalar that is added to the stream of the key; so
 *   a captured graph can use another mask in every run
 * @params: share of elements that become zero, and the key of the random
 *   numbers
 * @error: return location
 *
 * An element is zero with probability p and x / (1 - p) otherwise. Source:
 * Srivastava et al., "Dropout", 2014.
 *
 * Returns: (transfer full) (nullable): of the shape of @x
 */
NF_API NfTensor *nf_op_dropout (NfTensor *x, NfTensor *first,
    const NfDropoutParams *params, GError **error);

/**
 * nf_op_normalize:
 * @x: of any shape, u8 or f32
 * @params: scale and shift of every channel
 * @error: return location
 *
 *     x * scale + shift
 *
 * Returns: (transfer full) (nullable): of the shape of @x, f32
 */
NF_API NfTensor *nf_op_normalize (
    NfTensor *x, const NfNormalizeParams *params, GError **error);

/**
 * nf_op_quantize:
 * @x: of any shape, f32
 * @scale: factor
 * @shift: added behind it
 * @error: return location
 *
 *     x * scale + shift
 *
 * rounded, ties to even, and brought into 0 to 255; NaN becomes 0.
 *
 * Returns: (transfer full) (nullable): of the shape of @x, u8
 */
NF_API NfTensor *nf_op_quantize (
    NfTensor *x, gfloat scale, gfloat shift, GError **error);

/**
 * nf_op_randn:
 * @device: where it lies
 * @params: shape, and the key of the random numbers
 * @error: return location
 *
 * Returns: (transfer full) (nullable): random numbers from N(0, 1), f32
 */
NF_API NfTensor *nf_op_randn (
    NfDevice *device, const NfRandnParams *params, GError **error);

/**
 * nf_op_cast:
 * @x: of any shape, f32 or bf16
 * @dtype: %NF_F32 or %NF_BF16
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the same numbers in that type, to
 *   nearest, ties to even
 */
NF_API NfTensor *nf_op_cast (NfTensor *x, NfDType dtype, GError **error);

/**
 * nf_op_concat:
 * @x: (array length=n): (N, C_i, H, W) each
 * @n: how many, 1 to %NF_OP_MAX_INPUTS
 * @error: return location
 *
 * Returns: (transfer full) (nullable): (N, sum of C_i, H, W): all of them side
 *   by side along the channels
 */
NF_API NfTensor *nf_op_concat (NfTensor *const *x, guint n, GError **error);

/**
 * nf_op_slice:
 * @x: (N, C, H, W)
 * @from: the first channel, from 0
 * @count: how many, at least 1
 * @error: return location
 *
 * Returns: (transfer full) (nullable): (N, @count, H, W): some of the channels
 */
NF_API NfTensor *nf_op_slice (
    NfTensor *x, gint64 from, gint64 count, GError **error);

/**
 * nf_op_pad:
 * @x: (N, C, H, W), of any type but i64
 * @params: how many pixels are added on each side, or cropped where negative,
 *   and what they hold
 * @error: return location
 *
 * Returns: (transfer full) (nullable): (N, C, H + top + bottom, W + left +
 *   right)
 */
NF_API NfTensor *nf_op_pad (
    NfTensor *x, const NfPadParams *params, GError **error);

/**
 * nf_op_flip:
 * @x: (N, C, H, W)
 * @error: return location
 *
 * Returns: (transfer full) (nullable): @x mirrored, left to right
 */
NF_API NfTensor *nf_op_flip (NfTensor *x, GError **error);

/**
 * nf_op_nearest:
 * @x: (N, C, H, W)
 * @h: rows of the result, at least 1
 * @w: columns of the result, at least 1
 * @error: return location
 *
 * Resizes by nearest neighbour: pixel (i, j) of the result is pixel (floor (i *
 * H / h), floor (j * W / w)) of @x.
 *
 * Returns: (transfer full) (nullable): (N, C, @h, @w)
 */
NF_API NfTensor *nf_op_nearest (
    NfTensor *x, gint64 h, gint64 w, GError **error);

/**
 * nf_op_fir:
 * @x: (N, C, H, W); to halve it, H and W are even
 * @up: whether the size is doubled; else it is halved
 * @error: return location
 *
 * Resizes by the separable filter (1, 3, 3, 1) / 8.
 *
 * Returns: (transfer full) (nullable): (N, C, 2 H, 2 W) or (N, C, H / 2, W / 2)
 */
NF_API NfTensor *nf_op_fir (NfTensor *x, gboolean up, GError **error);

/**
 * nf_op_argmax:
 * @x: (N, C, H, W), C up to 256
 * @error: return location
 *
 * Returns: (transfer full) (nullable): (N, 1, H, W), u8: the channel of each
 *   pixel's largest value, the first one of equals
 */
NF_API NfTensor *nf_op_argmax (NfTensor *x, GError **error);

/**
 * nf_op_to_rgb:
 * @planes: (array length=n): the planes of a picture, u8, (N, C_i, H, W); those
 *   behind the first one may have (H + 1) / 2 rows and (W + 1) / 2 columns
 * @n: how many, 1 to 3
 * @params: which channel is what, the matrix of colours, and where chroma lies
 * @error: return location
 *
 * Returns: (transfer full) (nullable): (N, 3, H, W), u8: red, green and blue
 */
NF_API NfTensor *nf_op_to_rgb (NfTensor *const *planes, guint n,
    const NfToRgbParams *params, GError **error);

/**
 * nf_op_resize:
 * @x: (N, C, H, W), u8, sides up to 65535
 * @h: rows of the result, 1 to 65535
 * @w: columns of the result, 1 to 65535
 * @error: return location
 *
 * Resizes linearly, with a wider filter where the picture shrinks, as
 * GstVideoConverter's linear method does.
 *
 * Returns: (transfer full) (nullable): (N, C, @h, @w), u8
 */
NF_API NfTensor *nf_op_resize (NfTensor *x, gint64 h, gint64 w, GError **error);

/**
 * nf_op_paint:
 * @ids: (N, 1, H, W), u8: class ids
 * @colors: (256, 3, 1, 1), u8: the colour of each id
 * @frame: (nullable): (N, 3 or 1, H, W), u8: shows half through the colours,
 *   and wholly where the id is 0
 * @error: return location
 *
 * Returns: (transfer full) (nullable): (N, 3, H, W), u8: a picture of the mask
 */
NF_API NfTensor *nf_op_paint (
    NfTensor *ids, NfTensor *colors, NfTensor *frame, GError **error);

/**
 * nf_op_confusion:
 * @truth: (N, 1, H, W), u8: true class ids
 * @prediction: predicted ones, of the same shape
 * @classes: K, 2 to 256
 * @error: return location
 *
 * Counts the pixels of each pair of ids. Ids of K and more count as 0.
 *
 * Returns: (transfer full) (nullable): (1, 1, K, K), i64: rows are the truth,
 *   columns the prediction
 */
NF_API NfTensor *nf_op_confusion (
    NfTensor *truth, NfTensor *prediction, gint classes, GError **error);

/**
 * nf_op_cross_entropy:
 * @logits: (N, K, H, W)
 * @target: (N, 1, H, W), u8 or i64: ids below K, or the ignored one
 * @weights: (nullable): (1, K, 1, 1): a weight of at least 0 for each class
 * @params: whether an id is ignored, and which
 * @error: return location: as for all ops; %NF_ERROR_INVALID for a class that
 *   does not exist (on a GPU it comes with the next tensor that is read)
 *
 * The weighted mean over all pixels of -log softmax (logits) at the target, as
 * PyTorch's cross_entropy. Ignored pixels do not count.
 *
 * Returns: (transfer full) (nullable): a scalar
 */
NF_API NfTensor *nf_op_cross_entropy (NfTensor *logits, NfTensor *target,
    NfTensor *weights, const NfCrossEntropyParams *params, GError **error);

/**
 * nf_op_dice_loss:
 * @logits: (N, K, H, W)
 * @target: (N, 1, H, W), u8 or i64: ids below K, or the ignored one
 * @params: smoothing, over which classes the mean is taken, whether an id is
 *   ignored, and which
 * @error: return location: as of nf_op_cross_entropy()
 *
 * One minus the soft Dice coefficient of the softmax. Source: Milletari et al.,
 * "V-Net", 2016.
 *
 * Returns: (transfer full) (nullable): a scalar
 */
NF_API NfTensor *nf_op_dice_loss (NfTensor *logits, NfTensor *target,
    const NfDiceLossParams *params, GError **error);

/**
 * nf_op_noise_loss:
 * @e: (N, C, H, W): the predicted noise
 * @z: the true noise, of the same shape
 * @params: (nullable): how errors count; NULL: half their squares
 * @error: return location
 *
 *     sum (0.5 (z - e)^2) / N, or with absolute errors sum |z - e| / N
 *
 * Returns: (transfer full) (nullable): a scalar
 */
NF_API NfTensor *nf_op_noise_loss (
    NfTensor *e, NfTensor *z, const NfNoiseLossParams *params, GError **error);

/**
 * nf_op_sum_squares:
 * @x: of any shape
 * @error: return location
 *
 * Returns: (transfer full) (nullable): a scalar: the sum of the squares of all
 *   elements
 */
NF_API NfTensor *nf_op_sum_squares (NfTensor *x, GError **error);

/**
 * nf_op_adam:
 * @param: changed: the parameter
 * @grad: its gradient
 * @m: changed: the first moment
 * @v: changed: the second moment
 * @params: learning rate and the other settings, and the number of the update
 * @error: return location
 *
 * A step of Adam or AdamW; all tensors have one shape. Sources: Kingma and Ba,
 * "Adam", 2015; Loshchilov and Hutter, "Decoupled weight decay regularization",
 * 2019.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_op_adam (NfTensor *param, NfTensor *grad, NfTensor *m,
    NfTensor *v, const NfAdamParams *params, GError **error);

/**
 * nf_op_ema:
 * @shadow: changed: the running average
 * @value: the new value, of the same shape
 * @rate: mu, 0 to 1
 * @error: return location
 *
 *     shadow = (1 - mu) * value + mu * shadow
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_op_ema (
    NfTensor *shadow, NfTensor *value, gdouble rate, GError **error);

G_END_DECLS
