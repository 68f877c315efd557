/* SPDX-License-Identifier: MIT
 *
 * opsrows — the table of cases of the op test */
#pragma once

#include <nextframe/core/ops/nfops.h>

G_BEGIN_DECLS

/* how an input is filled, and whether its gradient is checked */
typedef enum
{
  OP_INPUT_NONE,
  OP_INPUT_MISSING, /* an optional one that is not given */
  OP_INPUT_GRAD, /* N(0, 1), gradient checked */
  OP_INPUT_WIDE, /* N(0, 30^2), gradient checked */
  OP_INPUT_CONST, /* N(0, 1) */
  OP_INPUT_BF16, /* N(0, 1) in bf16, gradient checked */
  OP_INPUT_BF16_CONST, /* N(0, 1) in bf16 */
  OP_INPUT_POSITIVE, /* 0.5 to 1.5 */
  OP_INPUT_BYTES, /* u8, 0 to 255 */
  OP_INPUT_LABELS8, /* u8, below the channels of the first input */
  OP_INPUT_LABELS64, /* the same, i64 */
} OpInputKind;

typedef struct
{
  gint64 n, c, h, w;
  OpInputKind kind;
} OpInput;

/**
 * OpRow:
 * @op: which
 * @name: what the row is about
 * @tolerance: largest normalised mean squared error; gradients get ten times
 * @params: the op's parameters
 * @in: inputs, up to the first of kind %OP_INPUT_NONE
 */
typedef struct
{
  NfOp op;
  const gchar *name;
  gdouble tolerance;
  gconstpointer params;
  OpInput in[NF_OP_MAX_INPUTS];
} OpRow;

extern const OpRow op_rows[];
extern const guint n_op_rows;

G_END_DECLS
