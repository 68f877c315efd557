/* SPDX-License-Identifier: MIT
 *
 * nfdnnlproblem — what oneDNN computes: a convolution, a pooling, a product
 *
 * Private to the CPU backend. The structs are also the keys that primitives are
 * kept under. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * NfDnnlConv:
 *
 * A convolution (N, C, H, W) -> (N, O, OH, OW); also the key it is kept under,
 * so clear it before filling it in.
 */
typedef struct
{
  gint64 n, c, h, w, o, oh, ow;
  gint64 kh, kw, stride, pad;
  gint64 act; /* NfAct, forward only */
  gint64 bias; /* TRUE where there is one */
  gint64 residual; /* TRUE where y holds one; forward only */
  gdouble gain; /* before act, forward only */
  gint64 bf16; /* TRUE where x and y are bf16, not f32 */
} NfDnnlConv;

/**
 * NfDnnlPool:
 *
 * A max pooling (N, C, H, W) -> (N, C, OH, OW).
 */
typedef struct
{
  gint64 n, c, h, w, oh, ow;
  gint64 kernel, stride, pad;
  gint64 bf16; /* TRUE where x and y are bf16, not f32 */
} NfDnnlPool;

/**
 * NfDnnlMatmul:
 *
 * C = op (A) op (B), row-major, op (A) is m x k, op (B) k x n; the ld of each is
 * the distance of its rows. A and B are bf16 or f32, and so is C.
 */
typedef struct
{
  gint64 m, n, k, lda, ldb, ldc;
  gint64 trans_b, bf16, c_bf16, trans_a; /* booleans */
} NfDnnlMatmul;

G_END_DECLS
