/* SPDX-License-Identifier: MIT
 *
 * opsrows — the table of cases of the op test
 *
 * A row is one line: op, name, tolerance, parameters, inputs. Odd sizes, one
 * pixel, broadcast, batches of 1 and 3, channels 1, 3, 5, 16, 33. */
#include "opsrows.h"

/* inputs: differentiable (W: of large range, B: bf16), constant (CB: bf16),
 * positive, bytes, labels */
#define X(n, c, h, w)                                                          \
  {                                                                            \
    n, c, h, w, OP_INPUT_GRAD                                                  \
  }
#define W(n, c, h, w)                                                          \
  {                                                                            \
    n, c, h, w, OP_INPUT_WIDE                                                  \
  }
#define C(n, c, h, w)                                                          \
  {                                                                            \
    n, c, h, w, OP_INPUT_CONST                                                 \
  }
#define B(n, c, h, w)                                                          \
  {                                                                            \
    n, c, h, w, OP_INPUT_BF16                                                  \
  }
#define CB(n, c, h, w)                                                         \
  {                                                                            \
    n, c, h, w, OP_INPUT_BF16_CONST                                            \
  }
#define V(n, c, h, w)                                                          \
  {                                                                            \
    n, c, h, w, OP_INPUT_POSITIVE                                              \
  }
#define U8(n, c, h, w)                                                         \
  {                                                                            \
    n, c, h, w, OP_INPUT_BYTES                                                 \
  }
#define L8(n, h, w)                                                            \
  {                                                                            \
    n, 1, h, w, OP_INPUT_LABELS8                                               \
  }
#define L64(n, h, w)                                                           \
  {                                                                            \
    n, 1, h, w, OP_INPUT_LABELS64                                              \
  }

#define NO                                                                     \
  {                                                                            \
    0, 0, 0, 0, OP_INPUT_MISSING                                               \
  }

#define P(...) &(__VA_ARGS__)
#define GN(...) P ((NfGroupNormParams){ __VA_ARGS__ })
#define CE(...) P ((NfCrossEntropyParams){ __VA_ARGS__ })
#define NO_PARAMS P ((NfNoParams){ 0 })
#define CONV(...) P ((NfConv2dParams){ __VA_ARGS__ })
#define CAT(...) P ((NfConv2dCatParams){ __VA_ARGS__ })
#define KEY(seed, stream)                                                      \
  {                                                                            \
    seed, stream, NF_RNG_TEST                                                  \
  }
#define BN(...) P ((NfBatchNormParams){ __VA_ARGS__ })
#define NORM(...) P ((NfNormalizeParams){ __VA_ARGS__ })
#define RGB_FROM(...)                                                          \
  P ((NfToRgbParams){ { __VA_ARGS__ }, { { 1 }, { 0, 1 }, { 0, 0, 1 } } })
/* BT.601, limited range */
#define YUV_FROM(left, top, ...)                                               \
  P ((NfToRgbParams){ { __VA_ARGS__ },                                         \
      { { 1.164384f, 0, 1.596027f, -222.9216f },                               \
          { 1.164384f, -0.391762f, -0.812968f, 135.5753f },                    \
          { 1.164384f, 2.017232f, 0, -276.8358f } },                           \
      left, top })

#define ROW(OP, name, tolerance, params, ...)                                  \
  {                                                                            \
    NF_OP_##OP, name, tolerance, params,                                       \
    {                                                                          \
      __VA_ARGS__                                                              \
    }                                                                          \
  }

/* clang-format off */
const OpRow op_rows[] = {
  ROW (CONV2D, "1x1", 1e-12, CONV (1, 0), X (1, 3, 5, 7), X (5, 3, 1, 1), X (1, 5, 1, 1)),
  ROW (CONV2D, "1x1-no-bias", 1e-12, CONV (1, 0), X (3, 33, 4, 5), X (16, 33, 1, 1)),
  ROW (CONV2D, "1x1-stride", 1e-12, CONV (2, 0), X (3, 16, 7, 5), X (33, 16, 1, 1)),
  ROW (CONV2D, "one-pixel", 1e-12, CONV (1, 1), X (1, 5, 1, 1), X (3, 5, 3, 3), X (1, 3, 1, 1)),
  ROW (CONV2D, "3x3", 1e-12, CONV (1, 1), X (3, 16, 6, 5), X (16, 16, 3, 3), X (1, 16, 1, 1)),
  ROW (CONV2D, "3x3-no-pad", 1e-12, CONV (1, 0), X (1, 5, 7, 5), X (3, 5, 3, 3), X (1, 3, 1, 1)),
  ROW (CONV2D, "3x3-stride", 1e-12, CONV (2, 1), X (1, 33, 9, 7), X (5, 33, 3, 3)),
  ROW (CONV2D, "3x3-one-channel", 1e-12, CONV (1, 1), X (1, 1, 5, 9), X (1, 1, 3, 3), X (1, 1, 1, 1)),
  ROW (CONV2D, "3x3-wide", 1e-12, CONV (1, 1), X (1, 48, 5, 7), X (49, 48, 3, 3), X (1, 49, 1, 1)),
  ROW (CONV2D, "7x7-stride", 1e-12, CONV (2, 3), X (1, 3, 11, 13), X (16, 3, 7, 7)),
  ROW (CONV2D, "1x3", 1e-12, CONV (1, 1), X (1, 5, 4, 6), X (3, 5, 1, 3), X (1, 3, 1, 1)),
  ROW (CONV2D, "3x3-relu", 1e-12, CONV (1, 1, NF_ACT_RELU), X (3, 5, 5, 4), X (5, 5, 3, 3), X (1, 5, 1, 1)),
  ROW (CONV2D, "3x3-silu", 1e-12, CONV (1, 1, NF_ACT_SILU), X (1, 33, 5, 4), X (16, 33, 3, 3), X (1, 16, 1, 1)),
  ROW (CONV2D, "1x1-relu-no-bias", 1e-12, CONV (1, 0, NF_ACT_RELU), X (1, 3, 5, 4), X (16, 3, 1, 1)),
  ROW (CONV2D, "3x3-residual", 1e-12, CONV (1, 1), X (1, 16, 5, 4), X (33, 16, 3, 3), X (1, 33, 1, 1), X (1, 33, 5, 4)),
  ROW (CONV2D, "3x3-residual-gain", 1e-12, CONV (1, 1, NF_ACT_NONE, 0.75f), X (3, 5, 5, 4), X (16, 5, 3, 3), X (1, 16, 1, 1), X (3, 16, 5, 4)),
  ROW (CONV2D, "3x3-residual-relu", 1e-12, CONV (1, 1, NF_ACT_RELU), X (3, 16, 4, 4), X (16, 16, 3, 3), X (1, 16, 1, 1), X (3, 16, 4, 4)),
  ROW (CONV2D, "1x1-residual-gain-silu", 1e-12, CONV (1, 0, NF_ACT_SILU, 0.5f), X (1, 3, 5, 4), X (5, 3, 1, 1), X (1, 5, 1, 1), X (1, 5, 5, 4)),
  ROW (CONV2D, "3x3-gain-stride", 1e-12, CONV (2, 1, NF_ACT_RELU, 2.0f), X (1, 5, 7, 6), X (3, 5, 3, 3)),
  ROW (CONV2D, "3x3-tiles", 1e-12, CONV (1, 1), C (1, 32, 16, 16), C (32, 32, 3, 3), C (1, 32, 1, 1)),
  ROW (CONV2D, "3x3-tiles-odd", 1e-12, CONV (1, 1, NF_ACT_RELU), C (3, 16, 13, 19), C (64, 16, 3, 3)),
  ROW (CONV2D, "3x3-tiles-residual", 1e-12, CONV (1, 1, NF_ACT_RELU, 0.75f), C (1, 48, 22, 31), C (32, 48, 3, 3), C (1, 32, 1, 1), C (1, 32, 22, 31)),
  ROW (CONV2D, "3x3-tiles-odd-results", 1e-12, CONV (1, 1, NF_ACT_RELU, 0.75f), C (1, 16, 17, 18), C (49, 16, 3, 3), C (1, 49, 1, 1), C (1, 49, 17, 18)),
  ROW (CONV2D, "3x3-tiles-once", 1e-12, CONV (1, 1, NF_ACT_NONE, 0.0f, TRUE), C (1, 16, 33, 32), C (32, 16, 3, 3), C (1, 32, 1, 1)),
  ROW (CONV2D, "3x3-tiles-gradient", 1e-12, CONV (1, 1, NF_ACT_NONE, 0.75f), X (3, 32, 13, 15), X (32, 32, 3, 3), C (1, 32, 1, 1), C (3, 32, 13, 15)),
  ROW (CONV2D, "3x3-tiles-weight", 1e-12, CONV (1, 1), C (1, 48, 18, 29), X (96, 48, 3, 3)),
  ROW (CONV2D, "3x3-large", 1e-12, CONV (1, 1), X (1, 16, 23, 25), X (16, 16, 3, 3), X (1, 16, 1, 1)),
  ROW (CONV2D, "bf16", 2e-5, CONV (1, 1), B (1, 16, 7, 5), X (33, 16, 3, 3), X (1, 33, 1, 1)),
  ROW (CONV2D, "bf16-residual", 2e-5, CONV (1, 1, NF_ACT_SILU, 0.5f), B (3, 33, 5, 4), X (16, 33, 3, 3), X (1, 16, 1, 1), B (3, 16, 5, 4)),
  ROW (CONV2D, "bf16-residual-relu-gain", 2e-5, CONV (1, 1, NF_ACT_RELU, 0.5f), B (1, 16, 5, 4), X (8, 16, 3, 3), X (1, 8, 1, 1), B (1, 8, 5, 4)),
  ROW (CONV2D, "bf16-residual-relu", 2e-5, CONV (1, 1, NF_ACT_RELU), B (1, 16, 5, 4), X (8, 16, 3, 3), X (1, 8, 1, 1), B (1, 8, 5, 4)),
  ROW (CONV2D, "bf16-stride", 2e-5, CONV (2, 1), B (3, 5, 9, 7), X (16, 5, 3, 3)),
  ROW (CONV2D, "bf16-7x7-stride", 2e-5, CONV (2, 3), B (1, 3, 11, 13), X (16, 3, 7, 7)),
  ROW (CONV2D, "bf16-1x1-stride", 2e-5, CONV (2, 0), B (3, 16, 7, 5), X (33, 16, 1, 1)),
  ROW (CONV2D, "bf16-wide", 2e-5, CONV (1, 1), B (1, 32, 9, 9), X (16, 32, 3, 3), X (1, 16, 1, 1)),

  ROW (CONV2D, "bf16-tiles", 2e-5, CONV (1, 1, NF_ACT_NONE, 0.75f), CB (3, 48, 5, 37), C (49, 48, 3, 3), C (1, 49, 1, 1), CB (3, 49, 5, 37)),
  ROW (CONV2D, "bf16-tiles-relu", 2e-5, CONV (1, 1, NF_ACT_RELU), CB (1, 16, 3, 3), C (16, 16, 3, 3), C (1, 16, 1, 1), CB (1, 16, 3, 3)),
  ROW (CONV2D, "bf16-tiles-rows", 2e-5, CONV (1, 1), CB (1, 64, 21, 8), C (80, 64, 3, 3)),
  ROW (CONV2D, "bf16-tiles-stride", 2e-5, CONV (2, 1, NF_ACT_NONE), CB (3, 33, 11, 40), C (64, 33, 3, 3), C (1, 64, 1, 1)),
  ROW (CONV2D, "bf16-tiles-2x2", 2e-5, CONV (2, 0), CB (2, 17, 9, 6), C (33, 17, 2, 2)),
  ROW (CONV2D, "bf16-tiles-wide-pad", 2e-5, CONV (1, 3), CB (1, 16, 1, 1), C (16, 16, 1, 1)),
  ROW (CONV2D, "bf16-tiles-no-pad", 2e-5, CONV (1, 0), CB (1, 40, 3, 18), C (24, 40, 3, 3)),
  ROW (CONV2D, "bf16-tiles-1x1", 2e-5, CONV (1, 0), CB (1, 96, 7, 23), C (32, 96, 1, 1), C (1, 32, 1, 1), CB (1, 32, 7, 23)),
  ROW (CONV2D_CAT, "one", 1e-12, CAT (FALSE, NF_ACT_NONE, TRUE), X (5, 3, 3, 3), X (1, 3, 5, 4), X (1, 5, 1, 1)),
  ROW (CONV2D_CAT, "two", 1e-12, CAT (FALSE, NF_ACT_NONE), X (16, 38, 3, 3), X (3, 5, 4, 5), X (3, 33, 4, 5)),
  ROW (CONV2D_CAT, "three-1x1-relu", 1e-12, CAT (FALSE, NF_ACT_RELU, TRUE), X (5, 22, 1, 1), X (1, 16, 3, 5), X (1, 1, 3, 5), X (1, 5, 3, 5), X (1, 5, 1, 1)),
  ROW (CONV2D_CAT, "two-5x5", 1e-12, CAT (FALSE, NF_ACT_NONE, TRUE), X (3, 6, 5, 5), X (1, 3, 4, 3), X (1, 3, 4, 3), X (1, 3, 1, 1)),
  ROW (CONV2D_CAT, "up", 1e-12, CAT (TRUE, NF_ACT_NONE), X (16, 5, 3, 3), X (3, 5, 3, 4)),
  ROW (CONV2D_CAT, "up-relu", 1e-12, CAT (TRUE, NF_ACT_RELU, TRUE), X (3, 16, 3, 3), X (1, 16, 3, 2), X (1, 3, 1, 1)),
  ROW (CONV2D_CAT, "up-one-pixel", 1e-12, CAT (TRUE, NF_ACT_NONE, TRUE), X (5, 4, 3, 3), X (1, 1, 1, 1), X (1, 3, 2, 2), X (1, 5, 1, 1)),
  ROW (CONV2D_CAT, "up-and-two", 1e-12, CAT (TRUE, NF_ACT_NONE), X (33, 24, 3, 3), X (3, 16, 2, 3), X (3, 5, 4, 6), X (3, 3, 4, 6)),
  ROW (CONV2D_CAT, "up-and-five-relu", 1e-12, CAT (TRUE, NF_ACT_RELU, TRUE), X (5, 22, 3, 3), X (1, 5, 2, 2), X (1, 3, 4, 4), X (1, 1, 4, 4), X (1, 5, 4, 4), X (1, 3, 4, 4), X (1, 5, 4, 4), X (1, 5, 1, 1)),
  ROW (CONV2D_CAT, "tiles", 1e-12, CAT (FALSE, NF_ACT_RELU, TRUE), C (32, 51, 3, 3), C (1, 16, 17, 16), C (1, 3, 17, 16), C (1, 32, 17, 16), C (1, 32, 1, 1)),
  ROW (CONV2D_CAT, "tiles-gradient", 1e-12, CAT (FALSE, NF_ACT_NONE, TRUE), X (32, 35, 3, 3), C (1, 3, 22, 24), X (1, 32, 22, 24), X (1, 32, 1, 1)),
  ROW (CONV2D_CAT, "up-large", 1e-12, CAT (TRUE, NF_ACT_NONE), X (16, 19, 3, 3), X (1, 16, 11, 13), X (1, 3, 22, 26)),
  ROW (CONV2D_CAT, "up-packs-relu", 1e-12, CAT (TRUE, NF_ACT_RELU, TRUE), X (8, 28, 3, 3), X (3, 16, 2, 3), X (3, 4, 4, 6), X (3, 8, 4, 6), X (1, 8, 1, 1)),
  ROW (CONV2D_CAT, "bf16", 2e-5, CAT (TRUE, NF_ACT_RELU, TRUE), X (8, 24, 3, 3), B (1, 16, 2, 3), B (1, 5, 4, 6), B (1, 3, 4, 6), X (1, 8, 1, 1)),
  ROW (CONV2D_CAT, "bf16-plain", 2e-5, CAT (FALSE, NF_ACT_NONE), X (16, 38, 3, 3), B (3, 5, 4, 5), B (3, 33, 4, 5)),
  ROW (CONV2D_CAT, "bf16-wide", 2e-5, CAT (TRUE, NF_ACT_NONE), X (16, 48, 3, 3), B (1, 32, 4, 5), B (1, 16, 8, 10)),
  ROW (CONV2D_CAT, "bf16-tiles", 2e-5, CAT (TRUE, NF_ACT_NONE, TRUE), C (49, 101, 3, 3), CB (3, 33, 3, 19), CB (3, 48, 6, 38), CB (3, 20, 6, 38), C (1, 49, 1, 1)),
  ROW (CONV2D_CAT, "bf16-tiles-pixel", 2e-5, CAT (TRUE, NF_ACT_NONE), C (16, 50, 3, 3), CB (1, 17, 1, 1), CB (1, 33, 2, 2)),
  ROW (CONV2D_CAT, "bf16-tiles-plain", 2e-5, CAT (FALSE, NF_ACT_NONE), C (64, 48, 3, 3), CB (1, 32, 9, 20), CB (1, 16, 9, 20)),

  ROW (LINEAR, "vector", 1e-12, P ((NfLinearParams) { FALSE }), X (3, 33, 1, 1), X (16, 33, 1, 1), X (1, 16, 1, 1)),
  ROW (LINEAR, "pixels", 1e-12, P ((NfLinearParams) { FALSE }), X (3, 5, 4, 3), X (7, 5, 1, 1), X (1, 7, 1, 1)),
  ROW (LINEAR, "transposed", 1e-12, P ((NfLinearParams) { TRUE }), X (3, 16, 3, 5), X (16, 33, 1, 1), X (1, 33, 1, 1)),
  ROW (LINEAR, "no-bias", 1e-12, P ((NfLinearParams) { TRUE }), X (1, 5, 1, 7), X (5, 3, 1, 1)),
  ROW (LINEAR, "one-by-one", 1e-12, P ((NfLinearParams) { FALSE }), X (1, 1, 1, 1), X (1, 1, 1, 1), X (1, 1, 1, 1)),
  ROW (LINEAR, "pair", 1e-12, P ((NfLinearParams) { FALSE }), X (3, 5, 4, 3), X (7, 8, 1, 1), X (1, 7, 1, 1), X (3, 3, 4, 3)),
  ROW (LINEAR, "pair-transposed", 1e-12, P ((NfLinearParams) { TRUE }), X (1, 5, 3, 2), X (38, 16, 1, 1), NO, X (1, 33, 3, 2)),
  ROW (LINEAR, "large", 1e-12, P ((NfLinearParams) { TRUE }), X (1, 33, 23, 25), X (33, 16, 1, 1), X (1, 16, 1, 1)),
  ROW (LINEAR, "panels", 1e-12, P ((NfLinearParams) { FALSE }), X (3, 32, 3, 5), X (96, 32, 1, 1), X (1, 96, 1, 1)),
  ROW (LINEAR, "panels-pair", 1e-12, P ((NfLinearParams) { TRUE }), X (1, 32, 5, 7), X (96, 64, 1, 1), X (1, 64, 1, 1), X (1, 64, 5, 7)),
  ROW (LINEAR, "panels-large", 1e-12, P ((NfLinearParams) { FALSE }), X (1, 17, 13, 29), X (64, 17, 1, 1)),
  ROW (LINEAR, "bf16", 2e-5, P ((NfLinearParams) { FALSE }), B (3, 33, 4, 3), X (16, 33, 1, 1), X (1, 16, 1, 1)),
  ROW (LINEAR, "bf16-pair", 2e-5, P ((NfLinearParams) { TRUE }), B (1, 5, 4, 3), X (38, 16, 1, 1), X (1, 16, 1, 1), B (1, 33, 4, 3)),
  ROW (LINEAR, "bf16-large", 2e-5, P ((NfLinearParams) { TRUE }), B (2, 96, 8, 9), X (96, 64, 1, 1), X (1, 64, 1, 1)),

  ROW (ATTENTION, "one-head", 1e-12, P ((NfAttentionParams) { 1 }), X (1, 5, 3, 4), X (1, 5, 3, 4), X (1, 5, 3, 4)),
  ROW (ATTENTION, "heads", 1e-12, P ((NfAttentionParams) { 3 }), X (3, 33, 3, 2), X (3, 33, 3, 2), X (3, 33, 3, 2)),
  ROW (ATTENTION, "one-channel-a-head", 1e-12, P ((NfAttentionParams) { 3 }), X (1, 3, 2, 3), X (1, 3, 2, 3), X (1, 3, 2, 3)),
  ROW (ATTENTION, "one-pixel", 1e-12, P ((NfAttentionParams) { 2 }), X (3, 16, 1, 1), X (3, 16, 1, 1), X (3, 16, 1, 1)),
  ROW (ATTENTION, "large", 1e-12, P ((NfAttentionParams) { 2 }), X (1, 8, 11, 13), X (1, 8, 11, 13), X (1, 8, 11, 13)),
  ROW (ATTENTION, "head-of-70", 1e-12, P ((NfAttentionParams) { 1 }), X (1, 70, 3, 3), X (1, 70, 3, 3), X (1, 70, 3, 3)),
  ROW (ATTENTION, "head-of-130", 1e-12, P ((NfAttentionParams) { 1 }), X (1, 130, 1, 3), X (1, 130, 1, 3), X (1, 130, 1, 3)),
  ROW (ATTENTION, "head-of-257", 1e-12, P ((NfAttentionParams) { 1 }), X (1, 257, 1, 3), X (1, 257, 1, 3), X (1, 257, 1, 3)),
  ROW (ATTENTION, "head-of-513", 1e-12, P ((NfAttentionParams) { 1 }), X (1, 513, 1, 2), X (1, 513, 1, 2), X (1, 513, 1, 2)),
  ROW (ATTENTION, "many-heads", 1e-12, P ((NfAttentionParams) { 32 }), X (2, 32, 1, 67), X (2, 32, 1, 67), X (2, 32, 1, 67)),
  ROW (ATTENTION, "many-heads-of-65", 1e-12, P ((NfAttentionParams) { 16 }), X (4, 1040, 1, 2), X (4, 1040, 1, 2), X (4, 1040, 1, 2)),
  ROW (ATTENTION, "many-heads-of-129", 1e-12, P ((NfAttentionParams) { 16 }), X (4, 2064, 1, 2), X (4, 2064, 1, 2), X (4, 2064, 1, 2)),
  ROW (ATTENTION, "joined", 1e-12, P ((NfAttentionParams) { 3 }), X (3, 99, 3, 2)),
  ROW (ATTENTION, "joined-large", 1e-12, P ((NfAttentionParams) { 2 }), X (1, 24, 11, 13)),
  ROW (ATTENTION, "joined-one-pixel", 1e-12, P ((NfAttentionParams) { 1 }), X (3, 9, 1, 1)),
  ROW (ATTENTION, "bf16-joined", 2e-5, P ((NfAttentionParams) { 3 }), B (3, 99, 5, 4)),
  ROW (ATTENTION, "bf16-joined-head-of-24", 2e-5, P ((NfAttentionParams) { 3 }), B (2, 216, 5, 7)),
  ROW (ATTENTION, "bf16-joined-head-of-128", 2e-5, P ((NfAttentionParams) { 2 }), B (1, 768, 3, 23)),
  ROW (ATTENTION, "bf16", 2e-5, P ((NfAttentionParams) { 3 }), B (3, 33, 5, 4), B (3, 33, 5, 4), B (3, 33, 5, 4)),
  ROW (ATTENTION, "bf16-large", 2e-5, P ((NfAttentionParams) { 2 }), B (1, 8, 11, 13), B (1, 8, 11, 13), B (1, 8, 11, 13)),
  ROW (ATTENTION, "bf16-one-pixel", 2e-5, P ((NfAttentionParams) { 2 }), B (3, 16, 1, 1), B (3, 16, 1, 1), B (3, 16, 1, 1)),
  ROW (ATTENTION, "bf16-head-of-24", 2e-5, P ((NfAttentionParams) { 3 }), B (2, 72, 5, 7), B (2, 72, 5, 7), B (2, 72, 5, 7)),
  ROW (ATTENTION, "bf16-head-of-65", 2e-5, P ((NfAttentionParams) { 1 }), B (2, 65, 3, 11), B (2, 65, 3, 11), B (2, 65, 3, 11)),
  ROW (ATTENTION, "bf16-head-of-128", 2e-5, P ((NfAttentionParams) { 2 }), B (1, 256, 3, 23), B (1, 256, 3, 23), B (1, 256, 3, 23)),
  ROW (ATTENTION, "bf16-head-of-129", 2e-5, P ((NfAttentionParams) { 1 }), B (1, 129, 1, 5), B (1, 129, 1, 5), B (1, 129, 1, 5)),

  ROW (SOFTMAX, "classes", 1e-12, NO_PARAMS, X (3, 49, 3, 5)),
  ROW (SOFTMAX, "three", 1e-12, NO_PARAMS, X (1, 3, 5, 1)),
  ROW (SOFTMAX, "one-channel", 1e-12, NO_PARAMS, X (1, 1, 3, 2)),
  ROW (SOFTMAX, "large", 1e-12, NO_PARAMS, X (3, 33, 13, 15)),
  ROW (SOFTMAX, "far-apart", 1e-12, NO_PARAMS, W (1, 16, 3, 5)),

  ROW (MAX_POOL, "3-stride-2-pad-1", 1e-12, P ((NfMaxPoolParams) { 3, 2, 1 }), X (3, 5, 7, 9)),
  ROW (MAX_POOL, "even-size", 1e-12, P ((NfMaxPoolParams) { 3, 2, 1 }), X (1, 16, 6, 8)),
  ROW (MAX_POOL, "2-stride-2", 1e-12, P ((NfMaxPoolParams) { 2, 2, 0 }), X (1, 33, 5, 4)),
  ROW (MAX_POOL, "one-pixel", 1e-12, P ((NfMaxPoolParams) { 3, 2, 1 }), X (1, 3, 1, 1)),
  ROW (MAX_POOL, "kernel-of-256", 1e-12, P ((NfMaxPoolParams) { 256, 2, 127 }), W (1, 4, 5, 7)),
  ROW (MAX_POOL, "kernel-of-257", 1e-12, P ((NfMaxPoolParams) { 257, 3, 126 }), W (1, 4, 8, 9)),
  ROW (MAX_POOL, "kernel-of-1000", 1e-12, P ((NfMaxPoolParams) { 1000, 1, 500 }), W (2, 3, 3, 2)),
  ROW (MAX_POOL, "large", 1e-12, P ((NfMaxPoolParams) { 3, 2, 1 }), W (1, 16, 37, 35)),
  ROW (MAX_POOL, "bf16", 1e-6, P ((NfMaxPoolParams) { 3, 2, 1 }), B (3, 5, 8, 7)),
  ROW (MAX_POOL, "bf16-large", 1e-6, P ((NfMaxPoolParams) { 2, 2, 0 }), B (1, 16, 12, 11)),

  ROW (GROUP_NORM, "plain", 1e-12, P ((NfGroupNormParams) { 4, 1e-6f }), X (3, 16, 5, 3)),
  ROW (GROUP_NORM, "affine", 1e-12, P ((NfGroupNormParams) { 3, 1e-5f }), X (1, 33, 3, 4), X (1, 33, 1, 1), X (1, 33, 1, 1)),
  ROW (GROUP_NORM, "one-group", 1e-12, P ((NfGroupNormParams) { 1, 1e-5f }), X (3, 5, 1, 1), X (1, 5, 1, 1), X (1, 5, 1, 1)),
  ROW (GROUP_NORM, "group-a-channel", 1e-12, P ((NfGroupNormParams) { 5, 1e-5f }), X (3, 5, 3, 3)),
  ROW (GROUP_NORM, "large-eps", 1e-12, P ((NfGroupNormParams) { 1, 0.5f }), X (1, 3, 5, 7), X (1, 3, 1, 1), X (1, 3, 1, 1)),
  ROW (GROUP_NORM, "large", 1e-12, P ((NfGroupNormParams) { 11, 1e-5f }), X (3, 33, 13, 15), X (1, 33, 1, 1), X (1, 33, 1, 1)),
  ROW (GROUP_NORM, "silu", 1e-12, GN (4, 1e-6f, NF_ACT_SILU), X (3, 16, 5, 3)),
  ROW (GROUP_NORM, "maps", 1e-12, GN (3, 1e-6f), X (1, 33, 3, 4), NO, NO, X (1, 33, 3, 4), X (1, 33, 3, 4)),
  ROW (GROUP_NORM, "maps-silu", 1e-12, GN (4, 1e-6f, NF_ACT_SILU), X (3, 16, 5, 3), NO, NO, X (3, 16, 5, 3), X (3, 16, 5, 3)),
  ROW (GROUP_NORM, "maps-shared", 1e-12, GN (1, 1e-6f, NF_ACT_SILU), X (3, 5, 3, 3), NO, NO, X (1, 5, 3, 3), X (1, 5, 3, 3), X (3, 10, 1, 1)),
  ROW (GROUP_NORM, "maps-shared-plain", 1e-12, GN (1, 1e-6f), X (3, 3, 2, 3), NO, NO, X (1, 3, 2, 3), X (1, 3, 2, 3)),
  ROW (GROUP_NORM, "maps-joined", 1e-12, GN (4, 1e-6f, NF_ACT_SILU), X (3, 16, 5, 3), NO, NO, X (3, 32, 5, 3)),
  ROW (GROUP_NORM, "maps-joined-shared", 1e-12, GN (1, 1e-6f), X (3, 5, 3, 3), NO, NO, X (1, 10, 3, 3), NO, X (3, 10, 1, 1)),
  ROW (GROUP_NORM, "parts-joined", 1e-12, GN (1, 1e-6f, NF_ACT_SILU), X (2, 5, 43, 53), NO, NO, X (2, 16, 43, 53), NO, NO, X (2, 3, 43, 53)),
  ROW (GROUP_NORM, "bf16-maps-joined", 2e-5, GN (3, 1e-6f, NF_ACT_SILU), B (3, 16, 13, 15), NO, NO, B (1, 66, 13, 15), NO, NO, B (3, 17, 13, 15)),
  ROW (GROUP_NORM, "bf16-parts-joined", 2e-5, GN (2, 1e-6f, NF_ACT_SILU), B (2, 16, 43, 53), NO, NO, B (2, 32, 43, 53)),
  ROW (GROUP_NORM, "time", 1e-12, GN (4, 1e-5f), X (3, 16, 3, 3), NO, NO, NO, NO, X (3, 32, 1, 1)),
  ROW (GROUP_NORM, "time-shared", 1e-12, GN (5, 1e-5f, NF_ACT_SILU), X (3, 5, 4, 4), X (1, 5, 1, 1), X (1, 5, 1, 1), NO, NO, X (1, 10, 1, 1)),
  ROW (GROUP_NORM, "skip", 1e-12, GN (4, 1e-5f), X (3, 5, 3, 4), NO, NO, NO, NO, NO, X (3, 3, 3, 4)),
  ROW (GROUP_NORM, "all", 1e-12, GN (3, 1e-6f, NF_ACT_SILU), X (3, 16, 3, 4), X (1, 33, 1, 1), X (1, 33, 1, 1), X (3, 33, 3, 4), X (3, 33, 3, 4), X (3, 66, 1, 1), X (3, 17, 3, 4)),
  ROW (GROUP_NORM, "all-large", 1e-12, GN (11, 1e-6f, NF_ACT_SILU), X (2, 16, 17, 19), NO, NO, X (1, 33, 17, 19), X (1, 33, 17, 19), X (2, 66, 1, 1), X (2, 17, 17, 19)),
  ROW (GROUP_NORM, "parts", 1e-12, GN (2, 1e-5f, NF_ACT_SILU), X (2, 16, 43, 53), X (1, 16, 1, 1), X (1, 16, 1, 1)),
  ROW (GROUP_NORM, "parts-all", 1e-12, GN (1, 1e-6f, NF_ACT_SILU), X (2, 5, 43, 53), X (1, 8, 1, 1), X (1, 8, 1, 1), X (2, 8, 43, 53), X (2, 8, 43, 53), X (2, 16, 1, 1), X (2, 3, 43, 53)),
  ROW (GROUP_NORM, "parts-shared", 1e-12, GN (2, 1e-6f), X (2, 8, 43, 53), NO, NO, X (1, 16, 43, 53), X (1, 16, 43, 53), X (1, 32, 1, 1), X (2, 8, 43, 53)),
  ROW (GROUP_NORM, "bf16", 2e-5, GN (4, 1e-6f), B (3, 16, 5, 3)),
  ROW (GROUP_NORM, "bf16-all", 2e-5, GN (3, 1e-6f, NF_ACT_SILU), B (3, 16, 13, 15), X (1, 33, 1, 1), X (1, 33, 1, 1), B (1, 33, 13, 15), B (1, 33, 13, 15), X (3, 66, 1, 1), B (3, 17, 13, 15)),
  ROW (GROUP_NORM, "bf16-maps", 2e-5, GN (4, 1e-6f), B (3, 16, 5, 3), NO, NO, B (3, 16, 5, 3), B (3, 16, 5, 3)),
  ROW (GROUP_NORM, "bf16-parts", 2e-5, GN (2, 1e-6f, NF_ACT_SILU), B (1, 16, 43, 53), X (1, 16, 1, 1), X (1, 16, 1, 1), B (1, 16, 43, 53), B (1, 16, 43, 53), X (1, 32, 1, 1)),
  ROW (GROUP_NORM, "bf16-time", 2e-5, GN (4, 1e-5f, NF_ACT_SILU), B (3, 16, 13, 15), X (1, 16, 1, 1), X (1, 16, 1, 1), NO, NO, X (1, 32, 1, 1)),

  ROW (BATCH_NORM, "training", 1e-12, BN (TRUE, 0.1f, 1e-5f), X (3, 5, 3, 5), X (1, 5, 1, 1), X (1, 5, 1, 1), C (1, 5, 1, 1), V (1, 5, 1, 1)),
  ROW (BATCH_NORM, "training-relu", 1e-12, BN (TRUE, 0.3f, 1e-5f, NF_ACT_RELU), X (1, 33, 3, 3), X (1, 33, 1, 1), X (1, 33, 1, 1), C (1, 33, 1, 1), V (1, 33, 1, 1)),
  ROW (BATCH_NORM, "training-vectors", 1e-12, BN (TRUE, 0.1f, 1e-5f), X (7, 3, 1, 1), X (1, 3, 1, 1), X (1, 3, 1, 1), C (1, 3, 1, 1), V (1, 3, 1, 1)),
  ROW (BATCH_NORM, "eval", 1e-12, BN (FALSE, 0.1f, 1e-5f), X (3, 16, 3, 2), X (1, 16, 1, 1), X (1, 16, 1, 1), C (1, 16, 1, 1), V (1, 16, 1, 1)),
  ROW (BATCH_NORM, "eval-relu", 1e-12, BN (FALSE, 0.1f, 1e-5f, NF_ACT_RELU), X (1, 33, 3, 5), X (1, 33, 1, 1), X (1, 33, 1, 1), C (1, 33, 1, 1), V (1, 33, 1, 1)),
  ROW (BATCH_NORM, "eval-one-pixel", 1e-12, BN (FALSE, 0.1f, 1e-5f), X (1, 1, 1, 1), X (1, 1, 1, 1), X (1, 1, 1, 1), C (1, 1, 1, 1), V (1, 1, 1, 1)),
  ROW (BATCH_NORM, "training-residual", 1e-12, BN (TRUE, 0.1f, 1e-5f), X (3, 5, 3, 5), X (1, 5, 1, 1), X (1, 5, 1, 1), C (1, 5, 1, 1), V (1, 5, 1, 1), X (3, 5, 3, 5)),
  ROW (BATCH_NORM, "training-residual-relu", 1e-12, BN (TRUE, 0.1f, 1e-5f, NF_ACT_RELU), X (3, 33, 3, 5), X (1, 33, 1, 1), X (1, 33, 1, 1), C (1, 33, 1, 1), V (1, 33, 1, 1), X (3, 33, 3, 5)),
  ROW (BATCH_NORM, "eval-residual-relu", 1e-12, BN (FALSE, 0.1f, 1e-5f, NF_ACT_RELU), X (1, 16, 3, 5), X (1, 16, 1, 1), X (1, 16, 1, 1), C (1, 16, 1, 1), V (1, 16, 1, 1), X (1, 16, 3, 5)),
  ROW (BATCH_NORM, "training-large", 1e-12, BN (TRUE, 0.1f, 1e-5f), X (3, 33, 13, 15), X (1, 33, 1, 1), X (1, 33, 1, 1), C (1, 33, 1, 1), V (1, 33, 1, 1)),
  ROW (BATCH_NORM, "parts", 1e-12, BN (TRUE, 0.1f, 1e-5f), X (2, 16, 43, 53), X (1, 16, 1, 1), X (1, 16, 1, 1), C (1, 16, 1, 1), V (1, 16, 1, 1), X (2, 16, 43, 53)),
  ROW (BATCH_NORM, "bf16-parts", 2e-5, BN (TRUE, 0.1f, 1e-5f), B (2, 16, 43, 53), X (1, 16, 1, 1), X (1, 16, 1, 1), C (1, 16, 1, 1), V (1, 16, 1, 1), B (2, 16, 43, 53)),
  ROW (BATCH_NORM, "bf16", 2e-5, BN (TRUE, 0.1f, 1e-5f), B (3, 5, 3, 5), X (1, 5, 1, 1), X (1, 5, 1, 1), C (1, 5, 1, 1), V (1, 5, 1, 1)),
  ROW (BATCH_NORM, "bf16-residual-relu", 2e-5, BN (TRUE, 0.1f, 1e-5f, NF_ACT_RELU), B (3, 5, 2, 2), X (1, 5, 1, 1), X (1, 5, 1, 1), C (1, 5, 1, 1), V (1, 5, 1, 1), B (3, 5, 2, 2)),
  ROW (BATCH_NORM, "bf16-eval", 2e-5, BN (FALSE, 0.1f, 1e-5f), B (1, 16, 3, 5), X (1, 16, 1, 1), X (1, 16, 1, 1), C (1, 16, 1, 1), V (1, 16, 1, 1), B (1, 16, 3, 5)),
  ROW (BATCH_NORM, "bf16-large", 2e-5, BN (TRUE, 0.1f, 1e-5f), B (3, 33, 13, 15), X (1, 33, 1, 1), X (1, 33, 1, 1), C (1, 33, 1, 1), V (1, 33, 1, 1), B (3, 33, 13, 15)),
  ROW (BATCH_NORM, "training-count", 1e-12, BN (TRUE, 0.1f, 1e-5f), X (2, 5, 3, 5), X (1, 5, 1, 1), X (1, 5, 1, 1), C (1, 5, 1, 1), V (1, 5, 1, 1), NO, L64 (1, 1, 1)),
  ROW (BATCH_NORM, "training-count-large", 1e-12, BN (TRUE, 0.1f, 1e-5f, NF_ACT_RELU), X (2, 65, 7, 9), X (1, 65, 1, 1), X (1, 65, 1, 1), C (1, 65, 1, 1), V (1, 65, 1, 1), X (2, 65, 7, 9), L64 (1, 1, 1)),
  ROW (BATCH_NORM, "bf16-training-count", 2e-5, BN (TRUE, 0.1f, 1e-5f), B (2, 16, 3, 5), X (1, 16, 1, 1), X (1, 16, 1, 1), C (1, 16, 1, 1), V (1, 16, 1, 1), B (2, 16, 3, 5), L64 (1, 1, 1)),
  ROW (BATCH_NORM, "eval-count", 1e-12, BN (FALSE, 0.1f, 1e-5f), X (2, 5, 3, 5), X (1, 5, 1, 1), X (1, 5, 1, 1), C (1, 5, 1, 1), V (1, 5, 1, 1), NO, L64 (1, 1, 1)),

  ROW (MODULATE, "maps", 1e-12, NO_PARAMS, X (3, 5, 3, 4), X (3, 5, 3, 4), X (3, 5, 3, 4)),
  ROW (MODULATE, "vectors", 1e-12, NO_PARAMS, X (3, 33, 3, 5), X (3, 33, 1, 1), X (3, 33, 1, 1)),
  ROW (MODULATE, "one-for-the-batch", 1e-12, NO_PARAMS, X (3, 16, 3, 3), X (1, 16, 3, 3), X (1, 16, 3, 3)),
  ROW (MODULATE, "one-vector", 1e-12, NO_PARAMS, X (3, 3, 5, 3), X (1, 3, 1, 1), X (1, 3, 1, 1)),
  ROW (MODULATE, "one-pixel", 1e-12, NO_PARAMS, X (1, 1, 1, 1), X (1, 1, 1, 1), X (1, 1, 1, 1)),
  ROW (MODULATE, "maps-large", 1e-12, NO_PARAMS, X (3, 33, 13, 15), X (1, 33, 13, 15), X (1, 33, 13, 15)),
  ROW (MODULATE, "vectors-large", 1e-12, NO_PARAMS, X (3, 33, 13, 15), X (3, 33, 1, 1), X (3, 33, 1, 1)),
  ROW (MODULATE, "vectors-parts", 1e-12, NO_PARAMS, X (2, 16, 43, 53), X (1, 16, 1, 1), X (1, 16, 1, 1)),
  ROW (MODULATE, "bf16", 2e-5, NO_PARAMS, B (3, 16, 3, 3), B (1, 16, 3, 3), B (1, 16, 3, 3)),
  ROW (MODULATE, "bf16-vectors", 2e-5, NO_PARAMS, B (3, 33, 3, 5), B (3, 33, 1, 1), B (3, 33, 1, 1)),

  ROW (ACTIVATION, "none", 0, P ((NfActivationParams) { NF_ACT_NONE }), X (1, 3, 3, 3)),
  ROW (ACTIVATION, "relu", 1e-12, P ((NfActivationParams) { NF_ACT_RELU }), X (3, 5, 5, 7)),
  ROW (ACTIVATION, "silu", 1e-12, P ((NfActivationParams) { NF_ACT_SILU }), X (3, 33, 3, 5)),
  ROW (ACTIVATION, "silu-one", 1e-12, P ((NfActivationParams) { NF_ACT_SILU }), X (1, 1, 1, 1)),
  ROW (ACTIVATION, "silu-large", 1e-12, P ((NfActivationParams) { NF_ACT_SILU }), X (3, 33, 13, 15)),
  ROW (ACTIVATION, "silu-wide", 1e-12, P ((NfActivationParams) { NF_ACT_SILU }), W (3, 5, 5, 7)),
  ROW (ACTIVATION, "bf16-none", 0, P ((NfActivationParams) { NF_ACT_NONE }), B (3, 5, 3, 5)),
  ROW (ACTIVATION, "bf16-relu", 0, P ((NfActivationParams) { NF_ACT_RELU }), B (3, 5, 3, 5)),
  ROW (ACTIVATION, "bf16-silu", 2e-5, P ((NfActivationParams) { NF_ACT_SILU }), B (3, 33, 13, 15)),

  ROW (AXPBY, "sum", 1e-12, P ((NfAxpbyParams) { 0.75f, -1.5f }), X (3, 5, 3, 5), X (3, 5, 3, 5)),
  ROW (AXPBY, "scale", 1e-12, P ((NfAxpbyParams) { -2.5f, 0 }), X (1, 33, 1, 3)),
  ROW (AXPBY, "relu", 1e-12, P ((NfAxpbyParams) { 1, 1, NF_ACT_RELU }), X (3, 16, 3, 3), X (3, 16, 3, 3)),
  ROW (AXPBY, "relu-one", 1e-12, P ((NfAxpbyParams) { 1, 0.5f, NF_ACT_RELU }), X (1, 1, 1, 1), X (1, 1, 1, 1)),
  ROW (AXPBY, "large", 1e-12, P ((NfAxpbyParams) { 0.7f, 0.7f }), X (3, 33, 13, 15), X (3, 33, 13, 15)),
  ROW (AXPBY, "bf16", 2e-5, P ((NfAxpbyParams) { 0.5f, -2.0f, NF_ACT_NONE }), B (3, 5, 3, 4), B (3, 5, 3, 4)),
  ROW (AXPBY, "bf16-relu", 2e-5, P ((NfAxpbyParams) { 1, 0.75f, NF_ACT_RELU }), B (3, 5, 2, 2), B (3, 5, 2, 2)),

  ROW (CLAMP, "unit", 1e-12, P ((NfClampParams) { -1, 1 }), X (3, 5, 5, 3)),
  ROW (CLAMP, "one-sided", 1e-12, P ((NfClampParams) { -0.5f, 100 }), X (1, 33, 3, 1)),

  ROW (DROPOUT, "half", 1e-12, P ((NfDropoutParams) { 0.5f, KEY (7, 3) }), X (3, 5, 3, 7)),
  ROW (DROPOUT, "tenth", 1e-12, P ((NfDropoutParams) { 0.1f, KEY (1, 0) }), X (1, 33, 3, 3)),
  ROW (DROPOUT, "nothing", 1e-12, P ((NfDropoutParams) { 0, KEY (1, 0) }), X (1, 3, 3, 3)),
  ROW (DROPOUT, "large", 1e-12, P ((NfDropoutParams) { 0.1f, KEY (5, 9) }), X (3, 33, 27, 25)),
  ROW (DROPOUT, "first", 1e-12, P ((NfDropoutParams) { 0.4f, KEY (5, 9) }), X (2, 33, 3, 5), L64 (1, 1, 1)),
  ROW (DROPOUT, "bf16", 2e-5, P ((NfDropoutParams) { 0.1f, KEY (5, 9) }), B (3, 33, 13, 15)),
  ROW (DROPOUT, "even", 1e-12, P ((NfDropoutParams) { 0.4f, KEY (5, G_GUINT64_CONSTANT (0xffffffff)) }), X (3, 16, 11, 9)),
  ROW (DROPOUT, "bf16-even", 2e-5, P ((NfDropoutParams) { 0.1f, KEY (5, 9) }), B (3, 16, 13, 15)),

  ROW (NORMALIZE, "bytes", 1e-12, NORM (3, { 1 / 58.0f, 1 / 57.0f, 1 / 57.5f }, { -2.1f, -2, -1.8f }), U8 (3, 3, 5, 7)),
  ROW (NORMALIZE, "stacked-bytes", 1e-12, NORM (1, { 1 / 127.5f }, { -1 }), U8 (1, 33, 3, 5)),
  ROW (NORMALIZE, "floats", 1e-12, NORM (3, { 2, 0.5f, -1 }, { 0.1f, 0.2f, 0.3f }), X (3, 5, 3, 5)),
  ROW (NORMALIZE, "period-four", 1e-12, NORM (4, { 2, 0.5f, -1, 3 }, { 0.1f, 0.2f, 0.3f }), X (1, 33, 1, 1)),
  ROW (NORMALIZE, "large", 1e-12, NORM (3, { 1 / 58.0f, 1 / 57.0f, 1 / 57.5f }, { -2.1f, -2, -1.8f }), U8 (3, 3, 45, 55)),

  ROW (QUANTIZE, "pixels", 0, P ((NfQuantizeParams) { 127.5f, 127.5f }), C (3, 3, 5, 7)),
  ROW (QUANTIZE, "one", 0, P ((NfQuantizeParams) { 30, 128 }), C (1, 1, 1, 1)),
  ROW (QUANTIZE, "large", 0, P ((NfQuantizeParams) { 1000, 0 }), C (1, 3, 9, 11)),
  ROW (RANDN, "batch", 0, P ((NfRandnParams) { 3, 5, 3, 7, KEY (11, 5) })),
  ROW (RANDN, "one", 0, P ((NfRandnParams) { 1, 1, 1, 1, KEY (11, G_GUINT64_CONSTANT (1) << 40) })),
  ROW (RANDN, "large", 0, P ((NfRandnParams) { 3, 33, 27, 25, KEY (11, 5) })),
  ROW (RANDN, "even", 0, P ((NfRandnParams) { 3, 16, 11, 9, KEY (G_GUINT64_CONSTANT (1) << 33, G_GUINT64_CONSTANT (0xffffffff)) })),

  ROW (CAST, "same", 0, P ((NfCastParams) { FALSE }), X (3, 5, 3, 4)),
  ROW (CAST, "to-bf16", 0, P ((NfCastParams) { TRUE }), C (3, 33, 13, 15)),
  ROW (CAST, "from-bf16", 2e-6, P ((NfCastParams) { FALSE }), B (3, 33, 13, 15)),

  ROW (CONCAT, "two", 0, NO_PARAMS, X (3, 5, 3, 4), X (3, 33, 3, 4)),
  ROW (CONCAT, "one", 0, NO_PARAMS, X (1, 3, 3, 1)),
  ROW (CONCAT, "eight", 0, NO_PARAMS, X (1, 1, 2, 3), X (1, 3, 2, 3), X (1, 5, 2, 3), X (1, 1, 2, 3), X (1, 16, 2, 3), X (1, 2, 2, 3), X (1, 1, 2, 3), X (1, 7, 2, 3)),
  ROW (CONCAT, "large", 0, NO_PARAMS, X (3, 5, 37, 35), X (3, 16, 37, 35)),
  ROW (CONCAT, "even", 0, NO_PARAMS, X (3, 8, 7, 5), X (3, 16, 7, 5), X (3, 4, 7, 5)),
  ROW (CONCAT, "many-channels", 0, NO_PARAMS, X (1, 1300, 3, 2), X (1, 20, 3, 2)),
  ROW (CONCAT, "bf16", 0, NO_PARAMS, B (3, 5, 3, 4), B (3, 3, 3, 4)),
  ROW (CONCAT, "bf16-even", 0, NO_PARAMS, B (3, 16, 5, 4), B (3, 8, 5, 4)),
  ROW (SLICE, "middle", 0, P ((NfSliceParams) { 2, 3 }), X (3, 16, 3, 5)),
  ROW (SLICE, "last", 0, P ((NfSliceParams) { 32, 1 }), X (1, 33, 5, 3)),
  ROW (SLICE, "all", 0, P ((NfSliceParams) { 0, 5 }), X (3, 5, 1, 1)),
  ROW (SLICE, "large", 0, P ((NfSliceParams) { 2, 30 }), X (3, 33, 13, 15)),
  ROW (SLICE, "bf16", 0, P ((NfSliceParams) { 2, 3 }), B (3, 16, 3, 5)),
  ROW (SLICE, "even", 0, P ((NfSliceParams) { 8, 16 }), X (3, 32, 13, 5)),
  ROW (PAD, "zeros", 0, P ((NfPadParams) { 1, 2, 3, 0, NF_PAD_ZERO }), X (3, 5, 3, 4)),
  ROW (PAD, "edge", 1e-12, P ((NfPadParams) { 2, 1, 0, 4, NF_PAD_EDGE }), X (1, 33, 3, 2)),
  ROW (PAD, "crop", 0, P ((NfPadParams) { -1, -2, -1, -3, NF_PAD_ZERO }), X (3, 3, 6, 7)),
  ROW (PAD, "crop-and-edge", 1e-12, P ((NfPadParams) { -1, 3, 2, -2, NF_PAD_EDGE }), X (1, 5, 4, 5)),
  ROW (PAD, "crop-and-zeros", 0, P ((NfPadParams) { 2, -1, -1, 2, NF_PAD_ZERO }), X (1, 5, 4, 5)),
  ROW (PAD, "one-pixel-edge", 1e-12, P ((NfPadParams) { 1, 1, 2, 2, NF_PAD_EDGE }), X (1, 3, 1, 1)),
  ROW (PAD, "bytes-edge", 0, P ((NfPadParams) { 2, 0, 1, 3, NF_PAD_EDGE }), U8 (3, 3, 4, 5)),
  ROW (PAD, "bytes-crop", 0, P ((NfPadParams) { -2, 0, -1, 3, NF_PAD_ZERO }), U8 (1, 1, 4, 5)),
  ROW (PAD, "large-edge", 1e-12, P ((NfPadParams) { 1, 2, 3, 4, NF_PAD_EDGE }), X (3, 33, 13, 15)),
  ROW (PAD, "bf16", 2e-6, P ((NfPadParams) { -1, 3, 2, 1, NF_PAD_EDGE }), B (3, 5, 4, 5)),
  ROW (PAD, "even-edge", 1e-12, P ((NfPadParams) { 3, 2, 1, 4, NF_PAD_EDGE }), X (2, 16, 5, 7)),
  ROW (PAD, "bf16-even", 2e-6, P ((NfPadParams) { 1, 2, -1, 1, NF_PAD_EDGE }), B (3, 16, 4, 5)),
  ROW (FLIP, "odd", 0, NO_PARAMS, X (3, 5, 3, 7)),
  ROW (FLIP, "even", 0, NO_PARAMS, X (1, 33, 2, 4)),
  ROW (FLIP, "one-pixel", 0, NO_PARAMS, X (1, 3, 1, 1)),
  ROW (FLIP, "large", 0, NO_PARAMS, X (3, 33, 13, 15)),
  ROW (FLIP, "bf16", 0, NO_PARAMS, B (3, 5, 3, 7)),
  ROW (FLIP, "pixels", 0, NO_PARAMS, X (2, 16, 9, 11)),
  ROW (NEAREST, "twice", 1e-12, P ((NfNearestParams) { 6, 10 }), X (3, 5, 3, 5)),
  ROW (NEAREST, "up-odd", 1e-12, P ((NfNearestParams) { 7, 11 }), X (1, 33, 3, 4)),
  ROW (NEAREST, "down", 1e-12, P ((NfNearestParams) { 3, 4 }), X (3, 16, 7, 10)),
  ROW (NEAREST, "up-and-down", 1e-12, P ((NfNearestParams) { 9, 2 }), X (1, 3, 4, 5)),
  ROW (NEAREST, "from-one-pixel", 1e-12, P ((NfNearestParams) { 5, 3 }), X (1, 5, 1, 1)),
  ROW (NEAREST, "to-one-pixel", 1e-12, P ((NfNearestParams) { 1, 1 }), X (1, 5, 5, 3)),
  ROW (NEAREST, "large", 1e-12, P ((NfNearestParams) { 26, 30 }), X (3, 16, 13, 15)),
  ROW (NEAREST, "bf16", 2e-6, P ((NfNearestParams) { 7, 5 }), B (1, 3, 4, 3)),
  ROW (NEAREST, "bf16-down", 2e-6, P ((NfNearestParams) { 3, 4 }), B (3, 16, 7, 10)),
  ROW (FIR, "up", 1e-12, P ((NfFirParams) { TRUE }), X (3, 5, 3, 4)),
  ROW (FIR, "up-one-pixel", 1e-12, P ((NfFirParams) { TRUE }), X (1, 33, 1, 1)),
  ROW (FIR, "down", 1e-12, P ((NfFirParams) { FALSE }), X (3, 16, 4, 6)),
  ROW (FIR, "down-two-pixels", 1e-12, P ((NfFirParams) { FALSE }), X (1, 3, 2, 2)),
  ROW (FIR, "up-large", 1e-12, P ((NfFirParams) { TRUE }), X (3, 16, 20, 18)),
  ROW (FIR, "down-large", 1e-12, P ((NfFirParams) { FALSE }), X (3, 16, 20, 18)),
  ROW (FIR, "bf16", 2e-5, P ((NfFirParams) { TRUE }), B (1, 5, 4, 6)),
  ROW (FIR, "bf16-down", 2e-5, P ((NfFirParams) { FALSE }), B (3, 16, 20, 18)),
  ROW (ARGMAX, "classes", 0, NO_PARAMS, C (3, 49, 3, 5)),
  ROW (ARGMAX, "most", 0, NO_PARAMS, C (1, 256, 1, 2)),
  ROW (ARGMAX, "one-class", 0, NO_PARAMS, C (1, 1, 3, 3)),
  ROW (ARGMAX, "large", 0, NO_PARAMS, C (3, 33, 13, 15)),
  ROW (ARGMAX, "few", 0, NO_PARAMS, C (3, 7, 31, 15)),
  ROW (ARGMAX, "bf16", 0, NO_PARAMS, CB (3, 49, 13, 15)),
  ROW (ARGMAX, "bf16-few", 0, NO_PARAMS, CB (1, 7, 31, 15)),

  ROW (TO_RGB, "rgb", 0, RGB_FROM (0, 1, 2), U8 (3, 3, 5, 7)),
  ROW (TO_RGB, "bgrx", 0, RGB_FROM (2, 1, 0), U8 (1, 4, 9, 3)),
  ROW (TO_RGB, "xrgb-one-pixel", 0, RGB_FROM (1, 2, 3), U8 (1, 4, 1, 1)),
  ROW (TO_RGB, "gray", 0, RGB_FROM (0, 0, 0), U8 (3, 1, 4, 5)),
  ROW (TO_RGB, "gray-limited", 3e-7, P ((NfToRgbParams) { { 0, 0, 0 }, { { 1.164f, 0, 0, -18.6f }, { 1.164f, 0, 0, -18.6f }, { 1.164f, 0, 0, -18.6f } } }), U8 (1, 1, 14, 15)),
  ROW (TO_RGB, "nv12", 3e-7, YUV_FROM (FALSE, FALSE, 0, 1, 2), U8 (3, 1, 6, 8), U8 (3, 2, 3, 4)),
  ROW (TO_RGB, "nv12-odd", 3e-7, YUV_FROM (FALSE, FALSE, 0, 1, 2), U8 (1, 1, 13, 15), U8 (1, 2, 7, 8)),
  ROW (TO_RGB, "nv12-left", 3e-7, YUV_FROM (TRUE, FALSE, 0, 1, 2), U8 (1, 1, 7, 13), U8 (1, 2, 4, 7)),
  ROW (TO_RGB, "nv21-corner", 3e-7, YUV_FROM (TRUE, TRUE, 0, 2, 1), U8 (1, 1, 12, 10), U8 (1, 2, 6, 5)),
  ROW (TO_RGB, "i420", 3e-7, YUV_FROM (FALSE, FALSE, 0, 1, 2), U8 (3, 1, 5, 7), U8 (3, 1, 3, 4), U8 (3, 1, 3, 4)),
  ROW (TO_RGB, "i420-one-pixel", 3e-7, YUV_FROM (FALSE, FALSE, 0, 1, 2), U8 (1, 1, 1, 1), U8 (1, 1, 1, 1), U8 (1, 1, 1, 1)),
  ROW (TO_RGB, "half-the-columns", 3e-7, YUV_FROM (TRUE, FALSE, 0, 2, 1), U8 (1, 1, 6, 9), U8 (1, 1, 6, 5), U8 (1, 1, 6, 5)),
  ROW (TO_RGB, "full-chroma", 3e-7, YUV_FROM (FALSE, FALSE, 1, 2, 3), U8 (1, 4, 6, 5)),
  ROW (TO_RGB, "large", 3e-7, YUV_FROM (FALSE, FALSE, 0, 1, 2), U8 (2, 1, 71, 93), U8 (2, 2, 36, 47)),
  ROW (RESIZE, "same", 0, P ((NfResizeParams) { 5, 7 }), U8 (3, 3, 5, 7)),
  ROW (RESIZE, "twice", 0, P ((NfResizeParams) { 10, 14 }), U8 (1, 3, 5, 7)),
  ROW (RESIZE, "half", 0, P ((NfResizeParams) { 6, 5 }), U8 (1, 3, 12, 10)),
  ROW (RESIZE, "up-odd", 0, P ((NfResizeParams) { 13, 31 }), U8 (3, 1, 5, 7)),
  ROW (RESIZE, "down-odd", 0, P ((NfResizeParams) { 5, 7 }), U8 (1, 4, 23, 19)),
  ROW (RESIZE, "up-and-down", 0, P ((NfResizeParams) { 29, 4 }), U8 (2, 3, 11, 17)),
  ROW (RESIZE, "a-little", 0, P ((NfResizeParams) { 16, 18 }), U8 (1, 5, 17, 19)),
  ROW (RESIZE, "from-one-pixel", 0, P ((NfResizeParams) { 3, 4 }), U8 (1, 3, 1, 1)),
  ROW (RESIZE, "to-one-pixel", 0, P ((NfResizeParams) { 1, 1 }), U8 (1, 3, 9, 14)),
  ROW (RESIZE, "widest", 0, P ((NfResizeParams) { 1, 2 }), U8 (1, 1, 2, 300)),
  ROW (RESIZE, "large", 0, P ((NfResizeParams) { 40, 33 }), U8 (2, 3, 25, 57)),
  ROW (PAINT, "colors", 0, NO_PARAMS, U8 (3, 1, 5, 7), U8 (256, 3, 1, 1)),
  ROW (PAINT, "over-rgb", 0, NO_PARAMS, U8 (3, 1, 5, 7), U8 (256, 3, 1, 1), U8 (3, 3, 5, 7)),
  ROW (PAINT, "over-gray", 0, NO_PARAMS, U8 (1, 1, 9, 4), U8 (256, 3, 1, 1), U8 (1, 1, 9, 4)),
  ROW (PAINT, "large", 0, NO_PARAMS, U8 (2, 1, 97, 101), U8 (256, 3, 1, 1), U8 (2, 3, 97, 101)),
  ROW (CONFUSION, "two-classes", 0, P ((NfConfusionParams) { 2 }), U8 (3, 1, 5, 7), U8 (3, 1, 5, 7)),
  ROW (CONFUSION, "classes", 0, P ((NfConfusionParams) { 49 }), U8 (2, 1, 97, 101), U8 (2, 1, 97, 101)),
  ROW (CONFUSION, "most-shared", 0, P ((NfConfusionParams) { 110 }), U8 (1, 1, 30, 51), U8 (1, 1, 30, 51)),
  ROW (CONFUSION, "most", 0, P ((NfConfusionParams) { 256 }), U8 (1, 1, 31, 33), U8 (1, 1, 31, 33)),
  ROW (CONFUSION, "one-pixel", 0, P ((NfConfusionParams) { 3 }), U8 (1, 1, 1, 1), U8 (1, 1, 1, 1)),

  ROW (CROSS_ENTROPY, "bytes", 1e-12, CE (0), X (3, 49, 3, 5), L8 (3, 3, 5)),
  ROW (CROSS_ENTROPY, "i64", 1e-12, CE (0), X (1, 5, 4, 3), L64 (1, 4, 3)),
  ROW (CROSS_ENTROPY, "one-pixel", 1e-12, CE (0), X (1, 3, 1, 1), L8 (1, 1, 1)),
  ROW (CROSS_ENTROPY, "large", 1e-12, CE (0), X (3, 49, 13, 15), L8 (3, 13, 15)),
  ROW (CROSS_ENTROPY, "far-apart", 1e-12, CE (0), W (3, 5, 3, 5), L8 (3, 3, 5)),
  ROW (CROSS_ENTROPY, "many-classes", 1e-12, CE (0), X (2, 300, 3, 5), L64 (2, 3, 5)),
  ROW (CROSS_ENTROPY, "weights", 1e-12, CE (0), X (3, 49, 3, 5), L8 (3, 3, 5), V (1, 49, 1, 1)),
  ROW (CROSS_ENTROPY, "ignored", 1e-12, CE (TRUE, 2), X (3, 5, 7, 5), L64 (3, 7, 5)),
  ROW (CROSS_ENTROPY, "weights-ignored", 1e-12, CE (TRUE, 0), X (2, 5, 37, 25), L8 (2, 37, 25), V (1, 5, 1, 1)),
  ROW (CROSS_ENTROPY, "all-ignored", 1e-12, CE (TRUE, 0), X (2, 1, 3, 5), L8 (2, 3, 5)),
  ROW (DICE_LOSS, "bytes", 1e-12, P ((NfDiceLossParams) { 1e-6f }), X (3, 16, 3, 5), L8 (3, 3, 5)),
  ROW (DICE_LOSS, "i64", 1e-12, P ((NfDiceLossParams) { 1e-6f }), X (1, 33, 4, 3), L64 (1, 4, 3)),
  ROW (DICE_LOSS, "smooth", 1e-12, P ((NfDiceLossParams) { 1 }), X (3, 5, 3, 3), L8 (3, 3, 3)),
  ROW (DICE_LOSS, "one-pixel", 1e-12, P ((NfDiceLossParams) { 1e-6f }), X (1, 3, 1, 1), L64 (1, 1, 1)),
  ROW (DICE_LOSS, "large", 1e-12, P ((NfDiceLossParams) { 1e-6f }), X (3, 49, 23, 25), L8 (3, 23, 25)),
  ROW (DICE_LOSS, "far-apart", 1e-12, P ((NfDiceLossParams) { 1e-6f }), W (3, 5, 3, 5), L8 (3, 3, 5)),
  ROW (DICE_LOSS, "many-classes", 1e-12, P ((NfDiceLossParams) { 1e-6f }), X (2, 300, 3, 5), L64 (2, 3, 5)),
  ROW (DICE_LOSS, "present", 1e-12, P ((NfDiceLossParams) { 1, TRUE }), X (3, 49, 3, 5), L8 (3, 3, 5)),
  ROW (DICE_LOSS, "present-large", 1e-12, P ((NfDiceLossParams) { 1, TRUE }), X (3, 300, 23, 25), L64 (3, 23, 25)),
  ROW (DICE_LOSS, "present-ignored", 1e-12, P ((NfDiceLossParams) { 1e-6f, TRUE, TRUE, 1 }), X (3, 5, 7, 5), L8 (3, 7, 5)),
  ROW (DICE_LOSS, "ignored", 1e-12, P ((NfDiceLossParams) { 1e-6f, FALSE, TRUE, 0 }), X (3, 16, 7, 5), L64 (3, 7, 5)),
  ROW (NOISE_LOSS, "batch", 1e-12, P ((NfNoiseLossParams) { 0 }), X (3, 6, 5, 3), X (3, 6, 5, 3)),
  ROW (NOISE_LOSS, "one", 1e-12, P ((NfNoiseLossParams) { 0 }), X (1, 1, 1, 1), X (1, 1, 1, 1)),
  ROW (NOISE_LOSS, "absolute", 1e-12, P ((NfNoiseLossParams) { TRUE }), X (3, 6, 5, 3), X (3, 6, 5, 3)),
  ROW (NOISE_LOSS, "absolute-large", 1e-12, P ((NfNoiseLossParams) { TRUE }), X (2, 6, 37, 35), X (2, 6, 37, 35)),
  ROW (NOISE_LOSS, "large", 1e-12, P ((NfNoiseLossParams) { 0 }), X (3, 6, 37, 35), X (3, 6, 37, 35)),

  ROW (SUM_SQUARES, "odd", 1e-12, NO_PARAMS, C (3, 5, 7, 3)),
  ROW (SUM_SQUARES, "one", 1e-12, NO_PARAMS, C (1, 1, 1, 1)),
  ROW (SUM_SQUARES, "many", 1e-12, NO_PARAMS, C (3, 33, 37, 41)),
  ROW (ADAM, "decoupled", 1e-13, P ((NfAdamParams) { 1e-3, 0.9, 0.999, 1e-8, 0.5, 1, 3, TRUE }), C (4, 3, 3, 1), C (4, 3, 3, 1), C (4, 3, 3, 1), V (4, 3, 3, 1)),
  ROW (ADAM, "coupled", 1e-13, P ((NfAdamParams) { 1e-2, 0.9, 0.999, 1e-8, 0.5, 0.37, 1, FALSE }), C (1, 7, 1, 1), C (1, 7, 1, 1), C (1, 7, 1, 1), V (1, 7, 1, 1)),
  ROW (ADAM, "many", 1e-13, P ((NfAdamParams) { 1e-3, 0.8, 0.99, 1e-4, 0, 2, 1000, TRUE }), C (33, 33, 5, 5), C (33, 33, 5, 5), C (33, 33, 5, 5), V (33, 33, 5, 5)),
  ROW (EMA, "slow", 1e-13, P ((NfEmaParams) { 0.9999 }), C (3, 5, 3, 1), C (3, 5, 3, 1)),
  ROW (EMA, "none", 1e-13, P ((NfEmaParams) { 0 }), C (33, 33, 5, 5), C (33, 33, 5, 5)),
};
/* clang-format on */

const guint n_op_rows = G_N_ELEMENTS (op_rows);
