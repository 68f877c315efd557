/* SPDX-License-Identifier: MIT
 *
 * opserrors — what ops refuse, and how they say it
 *
 * Every message names the op and the shapes of its inputs, and says what is
 * wrong; nothing is computed and nothing changes. */
#include "naivecheck.h"
#include "testdevice.h"

#include <math.h>
#include <string.h>

typedef struct
{
  NfDType dtype;
  gint64 n, c, h, w; /* n = 0: no input; n = -1: a missing one */
} Input;

typedef struct
{
  NfOp op;
  const gchar *name;
  NfError code;
  const gchar *says; /* part of the message */
  gconstpointer params;
  Input in[NF_OP_MAX_INPUTS];
} Row;

#define X(n, c, h, w)                                                          \
  {                                                                            \
    NF_F32, n, c, h, w                                                         \
  }
#define T(n, c, h, w)                                                          \
  {                                                                            \
    NF_U8, n, c, h, w                                                          \
  }
#define MISSING                                                                \
  {                                                                            \
    NF_F32, -1, 0, 0, 0                                                        \
  }
#define P(...) &(__VA_ARGS__)
#define NO_PARAMS P ((NfNoParams){ 0 })
#define CONV(...) P ((NfConv2dParams){ __VA_ARGS__ })
#define CAT(...) P ((NfConv2dCatParams){ __VA_ARGS__ })
#define BN(...) P ((NfBatchNormParams){ __VA_ARGS__ })
#define RGB_OF(...)                                                            \
  P ((NfToRgbParams){ { __VA_ARGS__ }, { { 1 }, { 0, 1 }, { 0, 0, 1 } } })
#define DICE P ((NfDiceLossParams){ 1e-6f })
#define ADAM_T(t) P ((NfAdamParams){ 1e-3, 0.9, 0.999, 1e-8, 0, 1, t, TRUE })
#define ROW(OP, name, code, says, params, ...)                                 \
  {                                                                            \
    NF_OP_##OP, name, NF_ERROR_##code, says, params,                           \
    {                                                                          \
      __VA_ARGS__                                                              \
    }                                                                          \
  }

/* clang-format off */
static const Row rows[] = {
  ROW (CONV2D, "channels", SHAPE, "weight expects 5 input channels, x has 3", CONV (1, 0), X (1, 3, 4, 4), X (2, 5, 1, 1)),
  ROW (CONV2D, "bias", SHAPE, "vector of 2 values", CONV (1, 0), X (1, 3, 4, 4), X (2, 3, 1, 1), X (1, 3, 1, 1)),
  ROW (CONV2D, "bias-not-a-vector", SHAPE, "vector of 2 values", CONV (1, 0), X (1, 3, 4, 4), X (2, 3, 1, 1), X (2, 1, 1, 1)),
  ROW (CONV2D, "residual", SHAPE, "the residual must have", CONV (1, 0), X (1, 3, 4, 4), X (2, 3, 1, 1), X (1, 2, 1, 1), X (1, 2, 4, 3)),
  ROW (CONV2D, "kernel-too-large", SHAPE, "larger than the padded input", CONV (1, 1), X (1, 3, 4, 2), X (2, 3, 5, 5)),
  ROW (CONV2D, "stride", SHAPE, "stride 0", CONV (0, 0), X (1, 3, 4, 4), X (2, 3, 1, 1)),
  ROW (CONV2D, "pad", SHAPE, "pad -1", CONV (1, -1), X (1, 3, 4, 4), X (2, 3, 1, 1)),
  ROW (CONV2D, "activation", SHAPE, "activation 7", CONV (1, 0, (NfAct) 7), X (1, 3, 4, 4), X (2, 3, 1, 1)),
  ROW (CONV2D, "bytes", SHAPE, "input 0 must be f32", CONV (1, 0), T (1, 3, 4, 4), X (2, 3, 1, 1)),
  ROW (CONV2D, "one-input", INVALID, "takes 2 to 4 inputs, got 1", CONV (1, 0), X (1, 3, 4, 4)),
  ROW (CONV2D, "no-weight", INVALID, "input 1 is missing", CONV (1, 0), X (1, 3, 4, 4), MISSING, X (1, 3, 1, 1)),
  ROW (CONV2D_CAT, "channels", SHAPE, "weight expects 5 input channels, there are 6", CAT (FALSE), X (2, 5, 3, 3), X (1, 4, 4, 4), X (1, 2, 4, 4)),
  ROW (CONV2D_CAT, "bias", SHAPE, "vector of 2 values", CAT (FALSE, NF_ACT_NONE, TRUE), X (2, 4, 3, 3), X (1, 4, 4, 4), X (1, 3, 1, 1)),
  ROW (CONV2D_CAT, "only-bias", SHAPE, "nothing but weight and bias", CAT (FALSE, NF_ACT_NONE, TRUE), X (2, 4, 3, 3), X (1, 2, 1, 1)),
  ROW (CONV2D_CAT, "sizes", SHAPE, "all but the channels must agree", CAT (FALSE), X (2, 6, 3, 3), X (1, 4, 4, 4), X (1, 2, 4, 5)),
  ROW (CONV2D_CAT, "up-sizes", SHAPE, "all but the channels must agree", CAT (TRUE), X (2, 6, 3, 3), X (1, 4, 4, 4), X (1, 2, 4, 4)),
  ROW (CONV2D_CAT, "batch", SHAPE, "all but the channels must agree", CAT (FALSE), X (2, 6, 3, 3), X (1, 4, 4, 4), X (2, 2, 4, 4)),
  ROW (CONV2D_CAT, "even-kernel", SHAPE, "square and odd", CAT (FALSE), X (2, 4, 2, 2), X (1, 4, 4, 4)),
  ROW (CONV2D_CAT, "up-kernel", SHAPE, "3x3 to upsample", CAT (TRUE), X (2, 4, 1, 1), X (1, 4, 4, 4)),
  ROW (CONV2D_CAT, "silu", SHAPE, "activation 2", CAT (FALSE, NF_ACT_SILU), X (2, 4, 3, 3), X (1, 4, 4, 4)),
  ROW (CONV2D_CAT, "bytes", SHAPE, "must be f32", CAT (FALSE), X (2, 4, 3, 3), T (1, 4, 4, 4)),
  ROW (CONV2D_CAT, "missing", INVALID, "input 2 is missing", CAT (FALSE), X (2, 4, 3, 3), X (1, 4, 4, 4), MISSING),
  ROW (LINEAR, "inputs", SHAPE, "weight expects 4 inputs, x has 3", P ((NfLinearParams) { FALSE }), X (2, 3, 1, 1), X (5, 4, 1, 1)),
  ROW (LINEAR, "transposed", SHAPE, "weight expects 5 inputs, x has 3", P ((NfLinearParams) { TRUE }), X (2, 3, 1, 1), X (5, 3, 1, 1)),
  ROW (LINEAR, "not-a-matrix", SHAPE, "must be a matrix", P ((NfLinearParams) { FALSE }), X (2, 3, 1, 1), X (5, 3, 3, 1)),
  ROW (LINEAR, "pair", SHAPE, "weight expects 4 inputs, x has 5", P ((NfLinearParams) { FALSE }), X (2, 3, 1, 1), X (5, 4, 1, 1), MISSING, X (2, 2, 1, 1)),
  ROW (LINEAR, "pair-size", SHAPE, "skip must have", P ((NfLinearParams) { FALSE }), X (2, 3, 1, 1), X (5, 4, 1, 1), MISSING, X (1, 1, 1, 1)),
  ROW (LINEAR, "bias", SHAPE, "vector of 5 values", P ((NfLinearParams) { FALSE }), X (2, 3, 1, 1), X (5, 3, 1, 1), X (1, 3, 1, 1)),
  ROW (ATTENTION, "shapes", SHAPE, "one shape", P ((NfAttentionParams) { 1 }), X (1, 4, 2, 2), X (1, 4, 2, 2), X (1, 4, 2, 3)),
  ROW (ATTENTION, "heads", SHAPE, "3 heads do not divide", P ((NfAttentionParams) { 3 }), X (1, 4, 2, 2), X (1, 4, 2, 2), X (1, 4, 2, 2)),
  ROW (ATTENTION, "joined", SHAPE, "3 C channels", P ((NfAttentionParams) { 1 }), X (1, 4, 2, 2)),
  ROW (ATTENTION, "joined-heads", SHAPE, "3 heads do not divide", P ((NfAttentionParams) { 3 }), X (1, 6, 2, 2)),
  ROW (ATTENTION, "no-values", SHAPE, "come together", P ((NfAttentionParams) { 1 }), X (1, 6, 2, 2), X (1, 6, 2, 2)),
  ROW (ATTENTION, "no-heads", SHAPE, "0 heads do not divide", P ((NfAttentionParams) { 0 }), X (1, 4, 2, 2), X (1, 4, 2, 2), X (1, 4, 2, 2)),
  ROW (SOFTMAX, "bytes", SHAPE, "must be f32", NO_PARAMS, T (1, 4, 2, 2)),
  ROW (MAX_POOL, "pad", SHAPE, "pad 2", P ((NfMaxPoolParams) { 3, 2, 2 }), X (1, 4, 5, 5)),
  ROW (MAX_POOL, "kernel", SHAPE, "kernel 0", P ((NfMaxPoolParams) { 0, 2, 0 }), X (1, 4, 5, 5)),
  ROW (MAX_POOL, "too-large", SHAPE, "larger than the padded input", P ((NfMaxPoolParams) { 3, 2, 0 }), X (1, 4, 2, 5)),
  ROW (GROUP_NORM, "groups", SHAPE, "3 groups do not divide", P ((NfGroupNormParams) { 3, 1e-5f }), X (1, 4, 2, 2)),
  ROW (GROUP_NORM, "weight", SHAPE, "vector of 4 values", P ((NfGroupNormParams) { 2, 1e-5f }), X (1, 4, 2, 2), X (1, 3, 1, 1), X (1, 3, 1, 1)),
  ROW (GROUP_NORM, "weight-alone", SHAPE, "come together", P ((NfGroupNormParams) { 2, 1e-5f }), X (1, 4, 2, 2), X (1, 4, 1, 1)),
  ROW (GROUP_NORM, "scale", SHAPE, "scale and shift must be", P ((NfGroupNormParams) { 2, 1e-5f }), X (2, 4, 2, 2), MISSING, MISSING, X (2, 4, 1, 2), X (2, 4, 1, 2)),
  ROW (GROUP_NORM, "scale-alone", SHAPE, "or one (N or 1, 2 C, H, W)", P ((NfGroupNormParams) { 2, 1e-5f }), X (2, 4, 2, 2), MISSING, MISSING, X (2, 4, 2, 2)),
  ROW (GROUP_NORM, "shift-alone", SHAPE, "come together", P ((NfGroupNormParams) { 2, 1e-5f }), X (2, 4, 2, 2), MISSING, MISSING, MISSING, X (2, 4, 2, 2)),
  ROW (GROUP_NORM, "time", SHAPE, "time must be", P ((NfGroupNormParams) { 2, 1e-5f }), X (2, 4, 2, 2), MISSING, MISSING, MISSING, MISSING, X (2, 4, 1, 1)),
  ROW (GROUP_NORM, "skip", SHAPE, "skip must have", P ((NfGroupNormParams) { 2, 1e-5f }), X (2, 4, 2, 2), MISSING, MISSING, MISSING, MISSING, MISSING, X (1, 4, 2, 2)),
  ROW (GROUP_NORM, "activation", SHAPE, "none or SiLU", P ((NfGroupNormParams) { 2, 1e-5f, NF_ACT_RELU }), X (2, 4, 2, 2)),
  ROW (BATCH_NORM, "mean", SHAPE, "input 3 must be a vector of 4", BN (FALSE, 0.1f, 1e-5f), X (1, 4, 2, 2), X (1, 4, 1, 1), X (1, 4, 1, 1), X (1, 5, 1, 1), X (1, 4, 1, 1)),
  ROW (BATCH_NORM, "residual", SHAPE, "residual must have the shape of x", BN (FALSE, 0.1f, 1e-5f), X (1, 4, 2, 2), X (1, 4, 1, 1), X (1, 4, 1, 1), X (1, 4, 1, 1), X (1, 4, 1, 1), X (1, 4, 1, 1)),
  ROW (BATCH_NORM, "count", SHAPE, "count must be one i64", BN (TRUE, 0.1f, 1e-5f), X (1, 4, 2, 2), X (1, 4, 1, 1), X (1, 4, 1, 1), X (1, 4, 1, 1), X (1, 4, 1, 1), X (1, 4, 2, 2), X (1, 1, 1, 1)),
  ROW (BATCH_NORM, "silu", SHAPE, "activation 2", BN (FALSE, 0.1f, 1e-5f, NF_ACT_SILU), X (1, 4, 2, 2), X (1, 4, 1, 1), X (1, 4, 1, 1), X (1, 4, 1, 1), X (1, 4, 1, 1)),
  ROW (BATCH_NORM, "two-inputs", INVALID, "takes 5 to 7 inputs, got 2", BN (FALSE, 0.1f, 1e-5f), X (1, 4, 2, 2), X (1, 4, 1, 1)),
  ROW (MODULATE, "channels", SHAPE, "scale and shift must be", NO_PARAMS, X (2, 4, 2, 2), X (2, 3, 2, 2), X (2, 3, 2, 2)),
  ROW (MODULATE, "size", SHAPE, "scale and shift must be", NO_PARAMS, X (2, 4, 2, 2), X (2, 4, 1, 2), X (2, 4, 1, 2)),
  ROW (MODULATE, "batch", SHAPE, "scale and shift must be", NO_PARAMS, X (3, 4, 2, 2), X (2, 4, 2, 2), X (2, 4, 2, 2)),
  ROW (MODULATE, "unlike", SHAPE, "scale and shift must be", NO_PARAMS, X (3, 4, 2, 2), X (3, 4, 2, 2), X (3, 4, 1, 1)),
  ROW (ACTIVATION, "unknown", SHAPE, "activation 3", P ((NfActivationParams) { (NfAct) 3 }), X (1, 4, 2, 2)),
  ROW (AXPBY, "shapes", SHAPE, "one shape", P ((NfAxpbyParams) { 1, 1 }), X (1, 4, 2, 2), X (1, 4, 2, 1)),
  ROW (AXPBY, "silu", SHAPE, "activation 2", P ((NfAxpbyParams) { 1, 1, NF_ACT_SILU }), X (1, 4, 2, 2), X (1, 4, 2, 2)),
  ROW (CLAMP, "order", SHAPE, "not in order", P ((NfClampParams) { 1, -1 }), X (1, 4, 2, 2)),
  ROW (DROPOUT, "all", SHAPE, "p 1 is not in [0, 1)", P ((NfDropoutParams) { 1 }), X (1, 4, 2, 2)),
  ROW (DROPOUT, "negative", SHAPE, "p -0.5 is not", P ((NfDropoutParams) { -0.5f }), X (1, 4, 2, 2)),
  ROW (NORMALIZE, "period", SHAPE, "period 5", P ((NfNormalizeParams) { 5 }), X (1, 4, 2, 2)),
  ROW (NORMALIZE, "i64", SHAPE, "must be f32 or u8", P ((NfNormalizeParams) { 1, { 1 } }), { NF_I64, 1, 4, 2, 2 }),
  ROW (QUANTIZE, "bytes", SHAPE, "must be f32", P ((NfQuantizeParams) { 1, 0 }), T (1, 4, 2, 2)),
  ROW (CONCAT, "rows", SHAPE, "all but the channels must agree", NO_PARAMS, X (1, 4, 2, 2), X (1, 4, 3, 2)),
  ROW (CONCAT, "batch", SHAPE, "all but the channels must agree", NO_PARAMS, X (1, 4, 2, 2), X (2, 4, 2, 2)),
  ROW (CONCAT, "bytes", SHAPE, "input 1 must be f32", NO_PARAMS, X (1, 4, 2, 2), T (1, 4, 2, 2)),
  ROW (CAST, "bytes", SHAPE, "must be f32 or bf16", P ((NfCastParams) { TRUE }), T (1, 3, 4, 4)),
  ROW (CONCAT, "missing", INVALID, "input 1 is missing", NO_PARAMS, X (1, 4, 2, 2), MISSING, X (1, 4, 2, 2)),
  ROW (SLICE, "too-many", SHAPE, "3 channels from 2", P ((NfSliceParams) { 2, 3 }), X (1, 4, 2, 2)),
  ROW (SLICE, "none", SHAPE, "0 channels from 2", P ((NfSliceParams) { 2, 0 }), X (1, 4, 2, 2)),
  ROW (SLICE, "negative", SHAPE, "2 channels from -1", P ((NfSliceParams) { -1, 2 }), X (1, 4, 2, 2)),
  ROW (SLICE, "overflow", SHAPE, "channels from 2", P ((NfSliceParams) { 2, G_MAXINT64 }), X (1, 4, 2, 2)),
  ROW (PAD, "nothing-left", SHAPE, "leaves nothing", P ((NfPadParams) { -1, -1, 0, 0 }), X (1, 4, 2, 2)),
  ROW (PAD, "all-cropped", SHAPE, "leaves nothing", P ((NfPadParams) { -2, 3, 0, 0 }), X (1, 4, 2, 2)),
  ROW (PAD, "labels", SHAPE, "must be f32, bf16 or u8", P ((NfPadParams) { 1, 1, 0, 0 }), { NF_I64, 1, 1, 2, 2 }),
  ROW (FLIP, "bytes", SHAPE, "must be f32", NO_PARAMS, T (1, 4, 2, 2)),
  ROW (NEAREST, "empty", SHAPE, "size 0 x 4", P ((NfNearestParams) { 0, 4 }), X (1, 4, 2, 2)),
  ROW (FIR, "odd-rows", SHAPE, "must be even", P ((NfFirParams) { FALSE }), X (1, 4, 3, 2)),
  ROW (FIR, "odd-columns", SHAPE, "must be even", P ((NfFirParams) { FALSE }), X (1, 4, 2, 1)),
  ROW (ARGMAX, "channels", SHAPE, "more than 256", NO_PARAMS, X (1, 257, 2, 2)),
  ROW (TO_RGB, "floats", SHAPE, "input 0 must be u8", RGB_OF (0, 1, 2), X (1, 3, 4, 4)),
  ROW (TO_RGB, "channel", SHAPE, "component 2 in channel 3, there are 3", RGB_OF (0, 1, 3), T (1, 3, 4, 4)),
  ROW (TO_RGB, "negative-channel", SHAPE, "component 0 in channel -1", RGB_OF (-1, 1, 2), T (1, 3, 4, 4)),
  ROW (TO_RGB, "chroma-rows", SHAPE, "plane 1 must have the size", RGB_OF (0, 1, 2), T (1, 1, 5, 4), T (1, 2, 2, 2)),
  ROW (TO_RGB, "chroma-columns", SHAPE, "plane 2 must have the size", RGB_OF (0, 1, 2), T (1, 1, 5, 4), T (1, 1, 3, 2), T (1, 1, 3, 3)),
  ROW (TO_RGB, "chroma-batch", SHAPE, "plane 1 must have the size", RGB_OF (0, 1, 2), T (2, 1, 4, 4), T (1, 2, 2, 2)),
  ROW (TO_RGB, "missing", SHAPE, "plane 1 is missing", RGB_OF (0, 1, 2), T (1, 3, 4, 4), MISSING, T (1, 1, 2, 2)),
  ROW (RESIZE, "empty", SHAPE, "to 0 x 4: sides must be", P ((NfResizeParams) { 0, 4 }), T (1, 3, 4, 4)),
  ROW (RESIZE, "too-long", SHAPE, "to 4 x 65536: sides must be", P ((NfResizeParams) { 4, 65536 }), T (1, 3, 4, 4)),
  ROW (RESIZE, "from-too-long", SHAPE, "sides must be 1 to 65535 long", P ((NfResizeParams) { 4, 4 }), T (1, 1, 65536, 1)),
  ROW (RESIZE, "floats", SHAPE, "input 0 must be u8", P ((NfResizeParams) { 4, 4 }), X (1, 3, 4, 4)),
  ROW (PAINT, "ids", SHAPE, "class ids must be", NO_PARAMS, T (1, 3, 4, 4), T (256, 3, 1, 1)),
  ROW (PAINT, "colors", SHAPE, "colours must be", NO_PARAMS, T (1, 1, 4, 4), T (49, 3, 1, 1)),
  ROW (PAINT, "frame-size", SHAPE, "the frame must be", NO_PARAMS, T (1, 1, 4, 4), T (256, 3, 1, 1), T (1, 3, 4, 5)),
  ROW (PAINT, "frame-channels", SHAPE, "the frame must be", NO_PARAMS, T (1, 1, 4, 4), T (256, 3, 1, 1), T (1, 4, 4, 4)),
  ROW (PAINT, "floats", SHAPE, "input 2 must be u8", NO_PARAMS, T (1, 1, 4, 4), T (256, 3, 1, 1), X (1, 3, 4, 4)),
  ROW (CONFUSION, "one-class", SHAPE, "1 classes are not 2 to 256", P ((NfConfusionParams) { 1 }), T (1, 1, 4, 4), T (1, 1, 4, 4)),
  ROW (CONFUSION, "many-classes", SHAPE, "257 classes are not", P ((NfConfusionParams) { 257 }), T (1, 1, 4, 4), T (1, 1, 4, 4)),
  ROW (CONFUSION, "sizes", SHAPE, "both masks must have one shape", P ((NfConfusionParams) { 49 }), T (1, 1, 4, 4), T (1, 1, 4, 5)),
  ROW (CONFUSION, "labels", SHAPE, "input 1 must be u8", P ((NfConfusionParams) { 49 }), T (1, 1, 4, 4), { NF_I64, 1, 1, 4, 4 }),
  ROW (CROSS_ENTROPY, "target-channels", SHAPE, "targets must be (N, 1, H, W)", NO_PARAMS, X (1, 4, 2, 2), T (1, 4, 2, 2)),
  ROW (CROSS_ENTROPY, "target-size", SHAPE, "targets must be (N, 1, H, W)", NO_PARAMS, X (1, 4, 2, 2), T (1, 1, 2, 3)),
  ROW (CROSS_ENTROPY, "target-floats", SHAPE, "targets u8 or i64", NO_PARAMS, X (1, 4, 2, 2), X (1, 1, 2, 2)),
  ROW (DICE_LOSS, "target-batch", SHAPE, "targets must be (N, 1, H, W)", DICE, X (1, 4, 2, 2), T (2, 1, 2, 2)),
  ROW (DICE_LOSS, "logits-bytes", SHAPE, "logits must be f32", DICE, T (1, 4, 2, 2), T (1, 1, 2, 2)),
  ROW (NOISE_LOSS, "shapes", SHAPE, "one shape", P ((NfNoiseLossParams) { 0 }), X (1, 4, 2, 2), X (2, 4, 2, 2)),
  ROW (SUM_SQUARES, "bytes", SHAPE, "must be f32", NO_PARAMS, T (1, 4, 2, 2)),
  ROW (ADAM, "shapes", SHAPE, "one shape", ADAM_T (1), X (1, 4, 1, 1), X (1, 4, 1, 1), X (1, 4, 1, 1), X (1, 3, 1, 1)),
  ROW (ADAM, "t", SHAPE, "update number 0", ADAM_T (0), X (1, 4, 1, 1), X (1, 4, 1, 1), X (1, 4, 1, 1), X (1, 4, 1, 1)),
  ROW (EMA, "shapes", SHAPE, "one shape", P ((NfEmaParams) { 0.5 }), X (1, 4, 1, 1), X (4, 1, 1, 1)),
};
/* clang-format on */

static void
assert_says (const GError *error, const gchar *text)
{
  if (strstr (error->message, text) == NULL)
    g_error ("expected \"%s\" in \"%s\"", text, error->message);
}

static void
test_row_fails (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (NfDevice) device = test_device_open ();
  NfTensor *in[NF_OP_MAX_INPUTS] = { NULL };
  g_autoptr (NfTensor) out = NULL;
  g_autoptr (GError) error = NULL;
  guint n_in = 0;

  for (; n_in < NF_OP_MAX_INPUTS && row->in[n_in].n != 0; n_in++) {
    const Input *i = &row->in[n_in];

    if (i->n > 0)
      in[n_in] =
          nf_tensor_new_zeros (device, i->dtype, i->n, i->c, i->h, i->w, NULL);
  }
  out = nf_op_run (row->op, in, n_in, row->params, &error);
  g_assert_null (out);
  g_assert_error (error, NF_ERROR, (gint) row->code);
  g_test_message ("%s", error->message);
  assert_says (error, nf_op_name (row->op));
  assert_says (error, row->says);
  for (guint i = 0; i < n_in && row->code == NF_ERROR_SHAPE; i++) {
    g_autofree gchar *shape =
        in[i] != NULL ? nf_tensor_shape_string (in[i]) : g_strdup ("none");

    assert_says (error, shape);
  }
  for (guint i = 0; i < n_in; i++)
    nf_tensor_clear (&in[i]);
}

/* every op that takes tensors refuses something in the table */
static void
test_every_op_has_an_error (void)
{
  for (guint op = 0; op < NF_N_OPS; op++) {
    guint count = 0;

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
      count += rows[i].op == op;
    if (op != NF_OP_RANDN)
      g_assert_cmpuint (count, >, 0);
  }
}

/* what the rows of nfops.def.h promise each other */
static void
test_rows_are_sound (void)
{
  g_autoptr (NfDevice) device = test_device_open ();

  for (NfOp op = 0; op < NF_N_OPS; op++) {
    const NfOpInfo *info = nf_op_info (op);
    const guint least = nf_op_least_inputs (op);

    g_test_message ("%s", info->name);
    g_assert_cmpuint (nf_op_most_inputs (op), <=, NF_OP_MAX_INPUTS);
    g_assert_true ((device->backend->ops[op].backward != NULL)
        == (info->kind == NF_OP_KIND_GRAD));
    for (guint i = 0; i < info->n_inputs; i++) {
      const guint facts = nf_op_input_facts (op, i);

      g_assert_true (!(facts & NF_IN_OPTIONAL) == (i < least));
      g_assert_true (!(facts & NF_IN_MORE) || i + 1 == info->n_inputs);
      g_assert_true (!(facts & NF_IN_CHANGED) || info->changes != 0);
      g_assert_true (!(facts & NF_IN_WEIGHT) || info->work == NF_WORK_WEIGHT);
    }
    if (info->kind == NF_OP_KIND_IN_PLACE)
      g_assert_true (nf_op_input_facts (op, 0) & NF_IN_CHANGED);
  }
}

/* any tensors, whose shapes are not looked at before all of them are there */
static void
make_any_inputs (NfDevice *device, NfTensor **in, guint n)
{
  for (guint i = 0; i < n; i++)
    in[i] = nf_tensor_new_zeros (device, NF_F32, 1, 1, 1, 1, NULL);
}

/* an op after one that failed: NULL, and the error is the first one's */
static void
assert_failure_propagates (NfOp op, NfTensor *const *in, guint n)
{
  g_autofree gpointer params = g_malloc0 (nf_op_info (op)->params_size);
  GError *cause = g_error_new_literal (NF_ERROR, NF_ERROR_IO, "the cause");
  GError *error = cause;

  g_assert_null (nf_op_run (op, in, n, params, &error));
  g_assert_true (error == cause);
  g_assert_error (error, NF_ERROR, NF_ERROR_IO);
  g_assert_cmpstr (error->message, ==, "the cause");
  g_error_free (error);
}

/* without a cause, a missing input is one; what may be missing is none */
static void
check_missing (NfOp op, NfTensor *const *in, guint n, guint missing)
{
  g_autofree gpointer params = g_malloc0 (nf_op_info (op)->params_size);
  g_autofree gchar *says =
      g_strdup_printf ("%s: input %u is missing", nf_op_name (op), missing);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTensor) out = nf_op_run (op, in, n, params, &error);

  if (nf_op_input_facts (op, missing) & NF_IN_OPTIONAL) {
    g_assert_true (error == NULL || !g_str_equal (error->message, says));
    return;
  }
  g_assert_null (out);
  g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
  g_assert_cmpstr (error->message, ==, says);
  g_assert_null (nf_op_run (op, in, n, params, NULL));
  assert_failure_propagates (op, in, n);
}

/* every op, with each of its inputs missing, and with a cause alone */
static void
test_failures_are_passed_on (void)
{
  g_autoptr (NfDevice) device = test_device_open ();

  for (NfOp op = 0; op < NF_N_OPS; op++) {
    const guint n = nf_op_most_inputs (op);
    NfTensor *in[NF_OP_MAX_INPUTS] = { NULL };

    if (op == NF_OP_RANDN)
      continue;
    g_assert_false (nf_op_input_facts (op, 0) & NF_IN_OPTIONAL);
    make_any_inputs (device, in, n);
    assert_failure_propagates (op, in, n);
    for (guint i = 0; i < n; i++) {
      NfTensor *kept = g_steal_pointer (&in[i]);

      check_missing (op, in, n, i);
      in[i] = kept;
    }
    for (guint i = 0; i < n; i++)
      nf_tensor_clear (&in[i]);
  }
}

static void
test_randn_empty_fails (void)
{
  g_autoptr (NfDevice) device = test_device_open ();
  const NfRandnParams params = { 1, 0, 2, 2 };
  g_autoptr (GError) error = NULL;

  g_assert_null (nf_op_randn (device, &params, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_SHAPE);
  assert_says (error, "randn");
  assert_says (error, "(1, 0, 2, 2)");
  /* an error that is there already stays */
  g_assert_null (nf_op_randn (device, &params, &error));
  assert_says (error, "(1, 0, 2, 2)");
}

/* a target outside the classes: which value, and where; a device that queues
 * its work says so when the loss is read, once */
static void
check_target (NfOp op, NfDType dtype, gconstpointer params, gdouble value,
    const gchar *says)
{
  g_autoptr (NfDevice) device = test_device_open ();
  g_autoptr (NfTensor) logits =
      nf_tensor_new_zeros (device, NF_F32, 2, 4, 2, 3, NULL);
  g_autoptr (Naive) classes = naive_new (2, 1, 2, 3);
  g_autoptr (NfTensor) target = NULL;
  g_autoptr (NfTensor) out = NULL;
  g_autoptr (GError) error = NULL;
  NfTensor *in[2];
  gfloat loss;

  *naive_at (classes, 1, 0, 1, 2) = value;
  target = naive_to_tensor (device, classes, dtype);
  in[0] = logits;
  in[1] = target;
  out = nf_op_run (op, in, 2, params, &error);
  if (g_str_has_prefix (device->name, "cuda") && out != NULL) {
    g_assert_true (isnan (nf_tensor_scalar (out, &error)));
    g_assert_true (nf_tensor_to_nchw (out, &loss, NULL));
    g_assert_true (isnan (loss));
  } else {
    g_assert_null (out);
  }
  g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
  g_test_message ("%s", error->message);
  assert_says (error, nf_op_name (op));
  assert_says (error, says);
  assert_says (error, "image 1, row 1, column 2");
}

static void
test_target_out_of_range_fails (void)
{
  const NfCrossEntropyParams none = { 0 }, ignores = { TRUE, 3 };
  const NfDiceLossParams dice = { 1e-6f };

  check_target (NF_OP_CROSS_ENTROPY, NF_U8, &none, 4, "class 4");
  check_target (NF_OP_CROSS_ENTROPY, NF_U8, &none, 255, "class 255");
  check_target (NF_OP_CROSS_ENTROPY, NF_I64, &none, -1, "class -1");
  check_target (
      NF_OP_CROSS_ENTROPY, NF_I64, &none, 0x1p40, "class 1099511627776");
  check_target (NF_OP_CROSS_ENTROPY, NF_U8, &ignores, 4, "class 4");
  check_target (NF_OP_DICE_LOSS, NF_U8, &dice, 4, "class 4");
  check_target (NF_OP_DICE_LOSS, NF_I64, &dice, -3, "class -3");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ops-errors/table", test_every_op_has_an_error);
  g_test_add_func ("/ops-errors/rows", test_rows_are_sound);
  g_test_add_func ("/ops-errors/passed-on", test_failures_are_passed_on);
  g_test_add_func ("/ops-errors/randn", test_randn_empty_fails);
  g_test_add_func ("/ops-errors/target", test_target_out_of_range_fails);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *path = g_strdup_printf (
        "/ops-errors/%s/%s", nf_op_name (rows[i].op), rows[i].name);

    g_test_add_data_func (path, &rows[i], test_row_fails);
  }
  return g_test_run ();
}
