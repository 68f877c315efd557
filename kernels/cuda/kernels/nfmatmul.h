/* SPDX-License-Identifier: MIT
 *
 * nfmatmul — a product of two matrices, as matmul.c asks for it (CUDA)
 *
 * c = a b + bias, or c += a b; a is rows x inner, b inner x cols. cuBLASLt
 * does it, or, where it has no algorithm, the kernel of matmulplain.cu. */
#pragma once

#include "cuda/kernels/nfcudaops.h"

G_BEGIN_DECLS

/* all that an algorithm depends on; compared as bytes, so without gaps */
typedef struct
{
  gint64 rows, cols, inner;
  gint64 a_step, b_step, c_step; /* from row to row */
  gint32 a_turned, b_turned; /* a is [inner, rows], b is [cols, inner] */
  gint32 bf16, to_bf16; /* a and b; c */
  gint32 bias, add;
  guint32 a_alignment, b_alignment, c_alignment;
  gint32 tf32; /* factors may be rounded to TF32 */
} NfMatmulShape;

G_STATIC_ASSERT (sizeof (NfMatmulShape) == 6 * 8 + 10 * 4);

/**
 * NfMatmul:
 * @a: rows x inner
 * @b: inner x cols
 * @bias: (nullable): cols, of the type of @c
 * @c: rows x cols
 */
typedef struct
{
  NfMatmulShape shape;
  gconstpointer a, b, bias;
  gpointer c;
} NfMatmul;

/* matmulplain.cu */
gboolean nf_cuda_matmul_plain (
    NfCudaStream *stream, const NfMatmul *product, GError **error);

G_END_DECLS
