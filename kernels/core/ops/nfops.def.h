/* SPDX-License-Identifier: MIT
 *
 * nfops.def.h — the one list of ops
 *
 * NF_OP (NAME, name, parameters, least inputs, most inputs, flags): the enum,
 * the table of names and shape rules (nfops.c), and each backend's table of
 * kernels are all made from these rows, in this order. */

/* linear algebra */
NF_OP (CONV2D, conv2d, NfConv2dParams, 2, 4, NF_OP_GRAD)
NF_OP (
    CONV2D_CAT, conv2d_cat, NfConv2dCatParams, 2, NF_OP_MAX_INPUTS, NF_OP_GRAD)
NF_OP (LINEAR, linear, NfLinearParams, 2, 4, NF_OP_GRAD)
NF_OP (ATTENTION, attention, NfAttentionParams, 3, 3, NF_OP_GRAD)
NF_OP (SOFTMAX, softmax, NfNoParams, 1, 1, NF_OP_GRAD)
NF_OP (MAX_POOL, max_pool, NfMaxPoolParams, 1, 1, NF_OP_GRAD)
/* normalisation */
NF_OP (GROUP_NORM, group_norm, NfGroupNormParams, 1, 7, NF_OP_GRAD)
NF_OP (BATCH_NORM, batch_norm, NfBatchNormParams, 5, 7, NF_OP_GRAD)
NF_OP (MODULATE, modulate, NfNoParams, 3, 3, NF_OP_GRAD)
/* elementwise */
NF_OP (ACTIVATION, activation, NfActivationParams, 1, 1, NF_OP_GRAD)
NF_OP (AXPBY, axpby, NfAxpbyParams, 1, 2, NF_OP_GRAD)
NF_OP (CLAMP, clamp, NfClampParams, 1, 1, NF_OP_GRAD)
NF_OP (DROPOUT, dropout, NfDropoutParams, 1, 2, NF_OP_GRAD)
NF_OP (NORMALIZE, normalize, NfNormalizeParams, 1, 1, NF_OP_GRAD)
NF_OP (QUANTIZE, quantize, NfQuantizeParams, 1, 1, 0)
NF_OP (RANDN, randn, NfRandnParams, 0, 0, 0)
/* moving data */
NF_OP (CAST, cast, NfCastParams, 1, 1, NF_OP_GRAD)
NF_OP (CONCAT, concat, NfNoParams, 1, NF_OP_MAX_INPUTS, NF_OP_GRAD)
NF_OP (SLICE, slice, NfSliceParams, 1, 1, NF_OP_GRAD)
NF_OP (PAD, pad, NfPadParams, 1, 1, NF_OP_GRAD)
NF_OP (FLIP, flip, NfNoParams, 1, 1, NF_OP_GRAD)
NF_OP (NEAREST, nearest, NfNearestParams, 1, 1, NF_OP_GRAD)
NF_OP (FIR, fir, NfFirParams, 1, 1, NF_OP_GRAD)
NF_OP (ARGMAX, argmax, NfNoParams, 1, 1, 0)
/* video: bytes in and out */
NF_OP (TO_RGB, to_rgb, NfToRgbParams, 1, 3, 0)
NF_OP (RESIZE, resize, NfResizeParams, 1, 1, 0)
NF_OP (PAINT, paint, NfNoParams, 2, 3, 0)
NF_OP (CONFUSION, confusion, NfConfusionParams, 2, 2, 0)
/* losses */
NF_OP (CROSS_ENTROPY, cross_entropy, NfCrossEntropyParams, 2, 3, NF_OP_GRAD)
NF_OP (DICE_LOSS, dice_loss, NfDiceLossParams, 2, 2, NF_OP_GRAD)
NF_OP (NOISE_LOSS, noise_loss, NfNoParams, 2, 2, NF_OP_GRAD)
/* training */
NF_OP (SUM_SQUARES, sum_squares, NfNoParams, 1, 1, 0)
NF_OP (ADAM, adam, NfAdamParams, 4, 4, NF_OP_IN_PLACE)
NF_OP (EMA, ema, NfEmaParams, 2, 2, NF_OP_IN_PLACE)
