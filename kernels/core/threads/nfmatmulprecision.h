/* SPDX-License-Identifier: MIT
 *
 * nfmatmulprecision — how exactly the calling thread's ops multiply f32 numbers
 *
 * TF32 has f32's range and 10 bits of mantissa. The tensor cores of GPUs since
 * Ampere multiply it several times as fast as f32; sums stay f32. On all other
 * devices the setting changes nothing. */
#pragma once

#include <glib.h>

#include <nextframe/core/nfapi.h>

G_BEGIN_DECLS

/**
 * NfMatmulPrecision:
 * @NF_MATMUL_PRECISION_DEFAULT: f32, or TF32 where the environment variable
 *   NEXTFRAME_TF32 was "1" when it was first read
 * @NF_MATMUL_PRECISION_F32: factors are f32
 * @NF_MATMUL_PRECISION_TF32: factors may be rounded to TF32 in convolutions and
 *   linear layers
 */
typedef enum
{
  NF_MATMUL_PRECISION_DEFAULT,
  NF_MATMUL_PRECISION_F32,
  NF_MATMUL_PRECISION_TF32,
} NfMatmulPrecision;

/**
 * nf_matmul_precision_set:
 * @precision: of all ops that the calling thread runs from now on; the gradient
 *   of an op has the precision that the op had
 */
NF_API void nf_matmul_precision_set (NfMatmulPrecision precision);

/**
 * nf_matmul_precision_get:
 * Returns: what nf_matmul_precision_set() chose for the calling thread;
 *   %NF_MATMUL_PRECISION_DEFAULT where it chose nothing
 */
NF_API NfMatmulPrecision nf_matmul_precision_get (void);

/**
 * nf_matmul_precision_is_tf32:
 * Returns: whether the calling thread's ops may round factors to TF32
 */
NF_API gboolean nf_matmul_precision_is_tf32 (void);

G_END_DECLS
