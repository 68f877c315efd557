/* SPDX-License-Identifier: MIT
 *
 * nfops.def.h — the one list of ops
 *
 * Everything that is made for each op (the enum, names of inputs, tables of
 * shape rules and kernels) is made from these rows, in this order, and
 * everything that tapes, graphs and measurements must know of an op stands in
 * its row:
 *
 *   NF_OP (NAME, name, params, kind, work, result, changes, inputs)
 *
 * params    the struct of its parameters
 * kind      GRAD: has a gradient. NO_GRAD: has none. IN_PLACE: has none and
 *           makes no tensor; the result is the first input
 * work      what nf_op_flops() counts, see NfOpWork
 * result    when the gradient is made with the result's data
 * changes   when the op changes those of its inputs that are NF_IN_CHANGED
 * inputs    NF_IN (NF_NAME_INPUT, facts): one after the other; facts are
 *           of NfInputFacts. The names are what NfOpCall.in is indexed with
 *
 * "When" is NF_NEVER, NF_ALWAYS, or NF_WHERE (params, field): where that field
 * of the parameters is not 0. */

/* clang-format off */

/* linear algebra */
NF_OP (CONV2D, conv2d, NfConv2dParams, GRAD, NF_WORK_WEIGHT,
  NF_WHERE (NfConv2dParams, act), NF_NEVER,
  NF_IN (NF_CONV2D_X, NF_IN_READ)
  NF_IN (NF_CONV2D_WEIGHT, NF_IN_READ | NF_IN_WEIGHT)
  NF_IN (NF_CONV2D_BIAS, NF_IN_READ | NF_IN_OPTIONAL)
  NF_IN (NF_CONV2D_RESIDUAL, NF_IN_OPTIONAL))
NF_OP (CONV2D_CAT, conv2d_cat, NfConv2dCatParams, GRAD, NF_WORK_WEIGHT,
  NF_WHERE (NfConv2dCatParams, act), NF_NEVER,
  NF_IN (NF_CONV2D_CAT_WEIGHT, NF_IN_READ | NF_IN_WEIGHT)
  NF_IN (NF_CONV2D_CAT_X, NF_IN_READ | NF_IN_MORE))
NF_OP (LINEAR, linear, NfLinearParams, GRAD, NF_WORK_WEIGHT,
  NF_NEVER, NF_NEVER,
  NF_IN (NF_LINEAR_X, NF_IN_READ)
  NF_IN (NF_LINEAR_WEIGHT, NF_IN_READ | NF_IN_WEIGHT)
  NF_IN (NF_LINEAR_BIAS, NF_IN_READ | NF_IN_OPTIONAL)
  NF_IN (NF_LINEAR_SKIP, NF_IN_READ | NF_IN_OPTIONAL))
NF_OP (ATTENTION, attention, NfAttentionParams, GRAD, NF_WORK_PAIRS,
  NF_ALWAYS, NF_NEVER,
  NF_IN (NF_ATTENTION_Q, NF_IN_READ)
  NF_IN (NF_ATTENTION_K, NF_IN_READ | NF_IN_OPTIONAL)
  NF_IN (NF_ATTENTION_V, NF_IN_READ | NF_IN_OPTIONAL))
NF_OP (SOFTMAX, softmax, NfNoParams, GRAD, NF_WORK_NONE,
  NF_ALWAYS, NF_NEVER,
  NF_IN (NF_SOFTMAX_X, NF_IN_READ))
NF_OP (MAX_POOL, max_pool, NfMaxPoolParams, GRAD, NF_WORK_NONE,
  NF_ALWAYS, NF_NEVER,
  NF_IN (NF_MAX_POOL_X, NF_IN_READ))

/* normalisation */
NF_OP (GROUP_NORM, group_norm, NfGroupNormParams, GRAD, NF_WORK_NONE,
  NF_NEVER, NF_NEVER,
  NF_IN (NF_GROUP_NORM_X, NF_IN_READ)
  NF_IN (NF_GROUP_NORM_WEIGHT, NF_IN_READ | NF_IN_OPTIONAL)
  NF_IN (NF_GROUP_NORM_BIAS, NF_IN_READ | NF_IN_OPTIONAL)
  NF_IN (NF_GROUP_NORM_SCALE, NF_IN_READ | NF_IN_OPTIONAL)
  NF_IN (NF_GROUP_NORM_SHIFT, NF_IN_READ | NF_IN_OPTIONAL)
  NF_IN (NF_GROUP_NORM_TIME, NF_IN_READ | NF_IN_OPTIONAL)
  NF_IN (NF_GROUP_NORM_SKIP, NF_IN_READ | NF_IN_OPTIONAL))
NF_OP (BATCH_NORM, batch_norm, NfBatchNormParams, GRAD, NF_WORK_NONE,
  NF_WHERE (NfBatchNormParams, act), NF_WHERE (NfBatchNormParams, training),
  NF_IN (NF_BATCH_NORM_X, NF_IN_READ)
  NF_IN (NF_BATCH_NORM_WEIGHT, NF_IN_READ)
  NF_IN (NF_BATCH_NORM_BIAS, NF_IN_READ)
  NF_IN (NF_BATCH_NORM_MEAN, NF_IN_READ | NF_IN_CHANGED)
  NF_IN (NF_BATCH_NORM_VAR, NF_IN_READ | NF_IN_CHANGED)
  NF_IN (NF_BATCH_NORM_RESIDUAL, NF_IN_OPTIONAL)
  NF_IN (NF_BATCH_NORM_COUNT, NF_IN_OPTIONAL | NF_IN_CHANGED))
NF_OP (MODULATE, modulate, NfNoParams, GRAD, NF_WORK_NONE,
  NF_ALWAYS, NF_NEVER,
  NF_IN (NF_MODULATE_X, NF_IN_READ)
  NF_IN (NF_MODULATE_SCALE, NF_IN_READ)
  NF_IN (NF_MODULATE_SHIFT, NF_IN_READ))

/* elementwise */
NF_OP (ACTIVATION, activation, NfActivationParams, GRAD, NF_WORK_NONE,
  NF_ALWAYS, NF_NEVER,
  NF_IN (NF_ACTIVATION_X, NF_IN_READ))
NF_OP (AXPBY, axpby, NfAxpbyParams, GRAD, NF_WORK_NONE,
  NF_WHERE (NfAxpbyParams, act), NF_NEVER,
  NF_IN (NF_AXPBY_A, 0)
  NF_IN (NF_AXPBY_B, NF_IN_OPTIONAL))
NF_OP (CLAMP, clamp, NfClampParams, GRAD, NF_WORK_NONE,
  NF_ALWAYS, NF_NEVER,
  NF_IN (NF_CLAMP_X, NF_IN_READ))
NF_OP (DROPOUT, dropout, NfDropoutParams, GRAD, NF_WORK_NONE,
  NF_NEVER, NF_NEVER,
  NF_IN (NF_DROPOUT_X, 0)
  NF_IN (NF_DROPOUT_FIRST, NF_IN_READ | NF_IN_OPTIONAL))
NF_OP (NORMALIZE, normalize, NfNormalizeParams, GRAD, NF_WORK_NONE,
  NF_ALWAYS, NF_NEVER,
  NF_IN (NF_NORMALIZE_X, NF_IN_READ))
NF_OP (QUANTIZE, quantize, NfQuantizeParams, NO_GRAD, NF_WORK_NONE,
  NF_NEVER, NF_NEVER,
  NF_IN (NF_QUANTIZE_X, 0))
NF_OP (RANDN, randn, NfRandnParams, NO_GRAD, NF_WORK_NONE,
  NF_NEVER, NF_NEVER,
  /* no input */)

/* moving data */
NF_OP (CAST, cast, NfCastParams, GRAD, NF_WORK_NONE,
  NF_NEVER, NF_NEVER,
  NF_IN (NF_CAST_X, 0))
NF_OP (CONCAT, concat, NfNoParams, GRAD, NF_WORK_NONE,
  NF_NEVER, NF_NEVER,
  NF_IN (NF_CONCAT_X, NF_IN_MORE))
NF_OP (SLICE, slice, NfSliceParams, GRAD, NF_WORK_NONE,
  NF_NEVER, NF_NEVER,
  NF_IN (NF_SLICE_X, 0))
NF_OP (PAD, pad, NfPadParams, GRAD, NF_WORK_NONE,
  NF_NEVER, NF_NEVER,
  NF_IN (NF_PAD_X, 0))
NF_OP (FLIP, flip, NfNoParams, GRAD, NF_WORK_NONE,
  NF_NEVER, NF_NEVER,
  NF_IN (NF_FLIP_X, 0))
NF_OP (NEAREST, nearest, NfNearestParams, GRAD, NF_WORK_NONE,
  NF_NEVER, NF_NEVER,
  NF_IN (NF_NEAREST_X, 0))
NF_OP (FIR, fir, NfFirParams, GRAD, NF_WORK_NONE,
  NF_NEVER, NF_NEVER,
  NF_IN (NF_FIR_X, 0))
NF_OP (ARGMAX, argmax, NfNoParams, NO_GRAD, NF_WORK_NONE,
  NF_NEVER, NF_NEVER,
  NF_IN (NF_ARGMAX_X, 0))

/* video: bytes in and out */
NF_OP (TO_RGB, to_rgb, NfToRgbParams, NO_GRAD, NF_WORK_NONE,
  NF_NEVER, NF_NEVER,
  NF_IN (NF_TO_RGB_PLANE, 0)
  NF_IN (NF_TO_RGB_SECOND, NF_IN_OPTIONAL)
  NF_IN (NF_TO_RGB_THIRD, NF_IN_OPTIONAL))
NF_OP (RESIZE, resize, NfResizeParams, NO_GRAD, NF_WORK_NONE,
  NF_NEVER, NF_NEVER,
  NF_IN (NF_RESIZE_X, 0))
NF_OP (PAINT, paint, NfNoParams, NO_GRAD, NF_WORK_NONE,
  NF_NEVER, NF_NEVER,
  NF_IN (NF_PAINT_IDS, 0)
  NF_IN (NF_PAINT_COLORS, 0)
  NF_IN (NF_PAINT_FRAME, NF_IN_OPTIONAL))
NF_OP (CONFUSION, confusion, NfConfusionParams, NO_GRAD, NF_WORK_NONE,
  NF_NEVER, NF_NEVER,
  NF_IN (NF_CONFUSION_TRUTH, 0)
  NF_IN (NF_CONFUSION_PREDICTION, 0))

/* losses */
NF_OP (CROSS_ENTROPY, cross_entropy, NfCrossEntropyParams, GRAD, NF_WORK_NONE,
  NF_ALWAYS, NF_NEVER,
  NF_IN (NF_CROSS_ENTROPY_LOGITS, NF_IN_READ)
  NF_IN (NF_CROSS_ENTROPY_TARGET, NF_IN_READ)
  NF_IN (NF_CROSS_ENTROPY_WEIGHTS, NF_IN_READ | NF_IN_OPTIONAL))
NF_OP (DICE_LOSS, dice_loss, NfDiceLossParams, GRAD, NF_WORK_NONE,
  NF_ALWAYS, NF_NEVER,
  NF_IN (NF_DICE_LOSS_LOGITS, NF_IN_READ)
  NF_IN (NF_DICE_LOSS_TARGET, NF_IN_READ))
NF_OP (NOISE_LOSS, noise_loss, NfNoiseLossParams, GRAD, NF_WORK_NONE,
  NF_ALWAYS, NF_NEVER,
  NF_IN (NF_NOISE_LOSS_E, NF_IN_READ)
  NF_IN (NF_NOISE_LOSS_Z, NF_IN_READ))

/* training */
NF_OP (SUM_SQUARES, sum_squares, NfNoParams, NO_GRAD, NF_WORK_NONE,
  NF_NEVER, NF_NEVER,
  NF_IN (NF_SUM_SQUARES_X, 0))
NF_OP (ADAM, adam, NfAdamParams, IN_PLACE, NF_WORK_NONE,
  NF_NEVER, NF_ALWAYS,
  NF_IN (NF_ADAM_PARAM, NF_IN_CHANGED)
  NF_IN (NF_ADAM_GRAD, 0)
  NF_IN (NF_ADAM_M, NF_IN_CHANGED)
  NF_IN (NF_ADAM_V, NF_IN_CHANGED))
NF_OP (EMA, ema, NfEmaParams, IN_PLACE, NF_WORK_NONE,
  NF_NEVER, NF_ALWAYS,
  NF_IN (NF_EMA_SHADOW, NF_IN_CHANGED)
  NF_IN (NF_EMA_VALUE, 0))

/* clang-format on */
