/* SPDX-License-Identifier: MIT
 *
 * nfoplist — the list of ops: their ids, parameters, inputs, and what is known
 * of each
 *
 * Made from the rows of nfops.def.h. Everything else about ops builds on this;
 * it needs no device and runs nothing. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/random/nfrng.h>
#include <nextframe/core/tensor/nfdevice.h>
#include <nextframe/core/tensor/nftensor.h>

G_BEGIN_DECLS

#define NF_OP_MAX_INPUTS 8
#define NF_OP_MAX_SAVED 4

typedef enum
{
#define NF_OP(NAME, name, params, kind, work, result, changes, inputs)         \
  NF_OP_##NAME,
#include <nextframe/core/ops/nfops.def.h>
#undef NF_OP
  NF_N_OPS
} NfOp;

/* NF_CONV2D_X and so on are indices of NfOpCall.in, and NF_CONV2D_N_INPUTS is
 * the number of inputs that have a name. */
#define NF_IN(input, facts) input,
#define NF_OP(NAME, name, params, kind, work, result, changes, inputs)         \
  enum                                                                         \
  {                                                                            \
    inputs NF_##NAME##_N_INPUTS                                                \
  };
#include <nextframe/core/ops/nfops.def.h>
#undef NF_OP
#undef NF_IN

/**
 * NfInputFacts: what a row of nfops.def.h says of an input
 * @NF_IN_OPTIONAL: it may be NULL or missing
 * @NF_IN_READ: the gradient is computed from its data
 * @NF_IN_WEIGHT: it is a weight; a backend with NfBackend.lazy_weights takes it
 *   without data where nothing is recorded
 * @NF_IN_CHANGED: the op changes it, in the cases in which the row says that
 *   the op changes inputs
 * @NF_IN_MORE: it is the last one, and any number of inputs like it may follow
 */
typedef enum
{
  NF_IN_OPTIONAL = 1 << 0,
  NF_IN_READ = 1 << 1,
  NF_IN_WEIGHT = 1 << 2,
  NF_IN_CHANGED = 1 << 3,
  NF_IN_MORE = 1 << 4,
} NfInputFacts;

/**
 * NfOpKind:
 * @NF_OP_KIND_GRAD: it has a gradient
 * @NF_OP_KIND_NO_GRAD: it has none
 * @NF_OP_KIND_IN_PLACE: it has none and makes no tensor: the result is the
 *   first input
 */
typedef enum
{
  NF_OP_KIND_GRAD,
  NF_OP_KIND_NO_GRAD,
  NF_OP_KIND_IN_PLACE,
} NfOpKind;

/**
 * NfOpWork: which multiplications nf_op_flops() counts
 * @NF_WORK_NONE: none: the op is limited by memory
 * @NF_WORK_WEIGHT: those of each element of the result with the weights of its
 *   channel
 * @NF_WORK_PAIRS: those of each pixel with each other one, twice
 */
typedef enum
{
  NF_WORK_NONE,
  NF_WORK_WEIGHT,
  NF_WORK_PAIRS,
} NfOpWork;

/**
 * NfOpInfo: a row of nfops.def.h
 * @name: of the op
 * @params_size: bytes of its parameters
 * @kind: whether it has a gradient
 * @work: what it costs
 * @reads_result: NF_NEVER, NF_ALWAYS or NF_WHERE(): when the gradient is
 *   computed from the result's data
 * @changes: likewise: when the op changes the inputs that are %NF_IN_CHANGED
 * @n_inputs: how many inputs have a name
 * @inputs: the facts of each (NfInputFacts)
 */
typedef struct
{
  const gchar *name;
  gsize params_size;
  NfOpKind kind;
  NfOpWork work;
  guint reads_result, changes;
  guint n_inputs;
  guint inputs[NF_OP_MAX_INPUTS + 1];
} NfOpInfo;

/**
 * NfAct: activation functions
 * @NF_ACT_NONE: y = x
 * @NF_ACT_RELU: y = max (x, 0)
 * @NF_ACT_SILU: y = x / (1 + exp (-x))
 */
typedef enum
{
  NF_ACT_NONE,
  NF_ACT_RELU,
  NF_ACT_SILU,
} NfAct;

typedef enum
{
  NF_PAD_ZERO,
  NF_PAD_EDGE,
} NfPadMode;

typedef struct
{
  gint reserved;
} NfNoParams;

typedef struct
{
  gint stride; /* both directions, >= 1 */
  gint pad; /* zeros on every side, >= 0 */
  NfAct act; /* applied to the result */
  gfloat gain; /* of the sum, before @act; 0: none, as 1 */
  gboolean once; /* this weight will not be used again soon */
} NfConv2dParams;

typedef struct
{
  gboolean up; /* the first input is half as large and counts as nearest x2 */
  NfAct act; /* none or relu, applied to the result */
  gboolean bias; /* the last input is the bias; nf_op_conv2d_cat() sets it */
} NfConv2dCatParams;

typedef struct
{
  gboolean transposed; /* weight is [in, out], else [out, in] */
} NfLinearParams;

typedef struct
{
  gint heads; /* contiguous blocks of channels; divides C */
} NfAttentionParams;

typedef struct
{
  gint kernel, stride, pad; /* the padding never is the largest value */
} NfMaxPoolParams;

typedef struct
{
  gint groups; /* divides C */
  gfloat eps;
  NfAct act; /* none or silu, applied to the result */
} NfGroupNormParams;

/**
 * NfGroupNormInputs:
 * @x: (N, C, H, W)
 * @weight: (nullable): (1, C, 1, 1)
 * @bias: (nullable): likewise; with @weight or not at all
 * @scale: (nullable): (N or 1, C, H, W); or (N or 1, 2 C, H, W), the scale and
 *   then the shift, which are read where they are
 * @shift: (nullable): (N or 1, C, H, W); with a @scale of that shape only
 * @time: (nullable): (N or 1, 2 C, 1, 1): a scale, then a shift
 * @skip: (nullable): (N, C', H, W): channels behind those of @x; then C is
 *   that of both together in all the rest
 */
typedef struct
{
  NfTensor *x, *weight, *bias, *scale, *shift, *time, *skip;
} NfGroupNormInputs;

typedef struct
{
  gboolean training; /* batch statistics, and update the running ones */
  gfloat momentum;
  gfloat eps;
  NfAct act; /* none or relu, applied to the result */
} NfBatchNormParams;

/**
 * NfBatchNormInputs:
 * @x: (N, C, H, W)
 * @weight: (1, C, 1, 1)
 * @bias: likewise
 * @mean: likewise; the running mean
 * @var: likewise; the running variance
 * @residual: (nullable): as @x
 * @count: (nullable): one i64: the batches that @mean and @var have seen
 */
typedef struct
{
  NfTensor *x, *weight, *bias, *mean, *var, *residual, *count;
} NfBatchNormInputs;

typedef struct
{
  NfAct act;
} NfActivationParams;

typedef struct
{
  gfloat alpha, beta;
  NfAct act; /* none or relu, applied to the sum */
} NfAxpbyParams;

typedef struct
{
  gfloat lo, hi;
} NfClampParams;

typedef struct
{
  gfloat p; /* share set to zero, [0, 1) */
  NfRngKey key; /* sample n of the batch draws from stream + n */
} NfDropoutParams;

typedef struct
{
  gint period; /* 1 to 4: channel c uses entry c % period */
  gfloat scale[4], shift[4];
} NfNormalizeParams;

typedef struct
{
  gfloat scale, shift;
} NfQuantizeParams;

typedef struct
{
  gint64 n, c, h, w;
  NfRngKey key; /* sample n draws from stream + n, in memory order */
} NfRandnParams;

typedef struct
{
  gboolean bf16; /* to bf16; FALSE: to f32 */
} NfCastParams;

typedef struct
{
  gint64 from, count; /* channels */
} NfSliceParams;

typedef struct
{
  gint top, bottom, left, right; /* pixels; negative: cropped */
  NfPadMode mode;
} NfPadParams;

typedef struct
{
  gint64 h, w;
} NfNearestParams;

typedef struct
{
  gboolean up;
} NfFirParams;

/**
 * NfToRgbParams:
 * @place: where the components R, G and B, or Y, U and V, lie: channels,
 *   counted over all planes side by side; gray is one channel three times
 * @matrix: rows of R, G, B: from the components and 1, all 0 to 255
 * @left: of chroma with half the columns: it belongs to the even ones; else it
 *   lies between the even and the odd ones
 * @top: likewise for rows
 */
typedef struct
{
  gint place[3];
  gfloat matrix[3][4];
  gboolean left, top;
} NfToRgbParams;

typedef struct
{
  gint64 h, w; /* 1 to 65535 */
} NfResizeParams;

typedef struct
{
  gint classes; /* K, 2 to 256 */
} NfConfusionParams;

typedef struct
{
  gboolean ignores; /* whether pixels with the label @ignored do not count */
  gint ignored;
} NfCrossEntropyParams;

typedef struct
{
  gfloat smooth;
  gboolean present; /* over the classes that occur in the batch, not all */
  gboolean ignores; /* as in NfCrossEntropyParams */
  gint ignored;
} NfDiceLossParams;

typedef struct
{
  gboolean absolute; /* errors count as they are, else half their squares */
} NfNoiseLossParams;

typedef struct
{
  gdouble lr, beta1, beta2, eps, weight_decay;
  gdouble grad_scale; /* the gradient is multiplied by this first */
  gint64 t; /* update number, from 1: bias correction */
  gboolean decoupled; /* AdamW; FALSE: Adam with L2 in the gradient */
} NfAdamParams;

typedef struct
{
  gdouble rate; /* mu of shadow = (1 - mu) * value + mu * shadow */
} NfEmaParams;

/**
 * NfOpCall:
 * @op: which op
 * @device: where it runs
 * @in: inputs; optional ones may be NULL
 * @n_in: how many slots of @in count
 * @out: the result, allocated
 * @saved: what backward needs, made by forward where @record is set
 * @params: the op's parameters struct
 * @record: a tape wants the gradient
 * @tf32: factors of f32 may be rounded to TF32, here and in the gradient, see
 *   nfmatmulprecision.h
 */
struct _NfOpCall
{
  NfOp op;
  NfDevice *device;
  NfTensor *in[NF_OP_MAX_INPUTS];
  guint n_in;
  NfTensor *out;
  NfTensor *saved[NF_OP_MAX_SAVED];
  gconstpointer params;
  gboolean record;
  gboolean tf32;
};

/**
 * nf_op_info:
 * @op: below %NF_N_OPS
 *
 * Returns: (transfer none): the op's row of nfops.def.h
 */
NF_API const NfOpInfo *nf_op_info (NfOp op);

/**
 * nf_op_name:
 * @op: below %NF_N_OPS
 *
 * Returns: (transfer none): the op's name as messages have it, "conv2d"
 */
NF_API const gchar *nf_op_name (NfOp op);

/**
 * nf_op_input_facts:
 * @op: below %NF_N_OPS
 * @index: of an input, below nf_op_most_inputs()
 *
 * Returns: the #NfInputFacts of that input, or-ed together
 */
NF_API guint nf_op_input_facts (NfOp op, guint index);

/**
 * nf_op_least_inputs:
 * @op: below %NF_N_OPS
 *
 * Returns: how many inputs the op must have
 */
NF_API guint nf_op_least_inputs (NfOp op);

/**
 * nf_op_most_inputs:
 * @op: below %NF_N_OPS
 *
 * Returns: how many inputs the op can have
 */
NF_API guint nf_op_most_inputs (NfOp op);

/**
 * nf_op_changes:
 * @call: an op
 *
 * Returns: which inputs the op changes: bit i stands for input i
 */
NF_API guint nf_op_changes (const NfOpCall *call);

/**
 * nf_op_reads_result:
 * @call: an op
 *
 * Returns: whether the gradient is computed from the result's data
 */
NF_API gboolean nf_op_reads_result (const NfOpCall *call);

G_END_DECLS
