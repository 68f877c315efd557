/* SPDX-License-Identifier: MIT
 *
 * gemm — products of matrices, for the stand-ins of NVIDIA's libraries */
#pragma once

#include <cuda_runtime_api.h>
#include <library_types.h>

#include <cstdint>

namespace runner {

/**
 * Matrix: one or more of them in device memory
 * @type: CUDA_R_32F or CUDA_R_16BF
 * @ld: elements from one column to the next, or row, where @row_major
 * @batch_stride: elements from one matrix to the next
 */
struct Matrix
{
  cudaDataType type;
  uint64_t rows, cols;
  int64_t ld;
  bool row_major;
  int batch;
  int64_t batch_stride;
};

/* bytes from the first element's to the last one's end */
size_t matrix_bytes (const Matrix &matrix);
size_t element_bytes (cudaDataType type);

/**
 * Gemm: d = epilogue (alpha * a * b + beta * c + bias)
 * @transpose_a, @transpose_b: what is multiplied is a's, b's transpose
 * @tf32: a and b are rounded to 10 bits behind the point, as tensor cores do
 * @bias: (nullable): one a row of d, of d's type
 * @relu: negative values become 0
 * @in_parts: the first half of each sum is rounded to d's type on the way
 */
struct Gemm
{
  Matrix a, b, c, d;
  const void *a_data, *b_data, *c_data;
  void *d_data;
  bool transpose_a, transpose_b, tf32, relu;
  float alpha, beta;
  const void *bias;
  int64_t bias_batch_stride;
  bool in_parts;
};

/* to 10 bits behind the point, nearest, ties to even */
float round_to_tf32 (float value);

/* sums in double, in a fixed order */
void gemm_run (const Gemm &gemm);

} // namespace runner
