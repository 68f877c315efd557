/* SPDX-License-Identifier: MIT
 *
 * gemm — products of matrices, for the stand-ins of NVIDIA's libraries */
#include "gemm.h"

#include <cuda_bf16.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace runner {

constexpr size_t PANEL = 256; /* rows of d at a time */
constexpr size_t COLUMNS = 4; /* columns of d at a time */

size_t
element_bytes (cudaDataType type)
{
  return type == CUDA_R_16BF ? 2 : 4;
}

static size_t
element_at (const Matrix &m, int batch, size_t row, size_t col)
{
  return batch * m.batch_stride
      + (m.row_major ? row * m.ld + col : col * m.ld + row);
}

size_t
matrix_bytes (const Matrix &m)
{
  if (m.rows == 0 || m.cols == 0)
    return 0;
  return (element_at (m, m.batch - 1, m.rows - 1, m.cols - 1) + 1)
      * element_bytes (m.type);
}

static float
load (const void *data, cudaDataType type, size_t i)
{
  if (type == CUDA_R_16BF)
    return __bfloat162float (static_cast<const __nv_bfloat16 *> (data)[i]);
  return static_cast<const float *> (data)[i];
}

static void
store (void *data, cudaDataType type, size_t i, float value)
{
  if (type == CUDA_R_16BF)
    static_cast<__nv_bfloat16 *> (data)[i] = __float2bfloat16 (value);
  else
    static_cast<float *> (data)[i] = value;
}

float
round_to_tf32 (float value)
{
  uint32_t bits;

  memcpy (&bits, &value, sizeof bits);
  if ((bits & 0x7f800000) != 0x7f800000)
    bits += 0xfff + (bits >> 13 & 1);
  bits &= ~0x1fffu;
  if (value != value)
    bits |= 0x400000;
  memcpy (&value, &bits, sizeof value);
  return value;
}

/* a matrix with its rows, or those of its transpose, one after the other */
static std::vector<float>
unpack (const Matrix &m, const void *data, int batch, bool transpose, bool tf32)
{
  const size_t rows = transpose ? m.cols : m.rows;
  const size_t cols = transpose ? m.rows : m.cols;
  std::vector<float> out (rows * cols);

  for (size_t row = 0; row < rows; row++)
    for (size_t col = 0; col < cols; col++) {
      const size_t i = transpose ? element_at (m, batch, col, row)
                                 : element_at (m, batch, row, col);
      const float value = load (data, m.type, i);

      out[row * cols + col] = tf32 ? round_to_tf32 (value) : value;
    }
  return out;
}

static double
round_to (cudaDataType type, double value)
{
  return type == CUDA_R_16BF
      ? __bfloat162float (__float2bfloat16 (static_cast<float> (value)))
      : static_cast<float> (value);
}

/* sums of @rows rows from @row on and COLUMNS columns from @col on; @a: k rows
 * of m numbers; @b: n rows of k numbers */
static void
add_panel (const Gemm &g, double sums[COLUMNS][PANEL], const float *a,
    const float *b, size_t m, size_t k, size_t row, size_t rows, size_t cols)
{
  for (size_t c = 0; c < COLUMNS; c++)
    std::fill_n (sums[c], rows, 0.0);
  for (size_t l = 0; l < k; l++) {
    if (g.in_parts && l == k / 2)
      for (size_t c = 0; c < cols; c++)
        for (size_t i = 0; i < rows; i++)
          sums[c][i] = round_to (g.d.type, sums[c][i]);
    for (size_t c = 0; c < cols; c++) {
      const double factor = b[c * k + l];
      const float *values = a + l * m + row;

      for (size_t i = 0; i < rows; i++)
        sums[c][i] += factor * values[i];
    }
  }
}

static void
write_result (const Gemm &g, int batch, size_t row, size_t col, double sum)
{
  const size_t to = element_at (g.d, batch, row, col);
  double value = g.alpha * sum;

  if (g.beta != 0.0f)
    value += static_cast<double> (g.beta)
        * load (g.c_data, g.c.type, element_at (g.c, batch, row, col));
  if (g.bias != nullptr)
    value += load (g.bias, g.d.type, batch * g.bias_batch_stride + row);
  if (g.relu && value < 0.0)
    value = 0.0;
  store (g.d_data, g.d.type, to, static_cast<float> (value));
}

static void
multiply (const Gemm &g, int batch)
{
  const size_t m = g.d.rows, n = g.d.cols;
  const size_t k = g.transpose_a ? g.a.rows : g.a.cols;
  const std::vector<float> a =
      unpack (g.a, g.a_data, batch, !g.transpose_a, g.tf32);
  const std::vector<float> b =
      unpack (g.b, g.b_data, batch, !g.transpose_b, g.tf32);
  double sums[COLUMNS][PANEL];

  for (size_t row = 0; row < m; row += PANEL)
    for (size_t col = 0; col < n; col += COLUMNS) {
      const size_t rows = std::min (PANEL, m - row);
      const size_t cols = std::min (COLUMNS, n - col);

      add_panel (
          g, sums, a.data (), b.data () + col * k, m, k, row, rows, cols);
      for (size_t c = 0; c < cols; c++)
        for (size_t i = 0; i < rows; i++)
          write_result (g, batch, row + i, col + c, sums[c][i]);
    }
}

void
gemm_run (const Gemm &gemm)
{
  for (int batch = 0; batch < gemm.d.batch; batch++)
    multiply (gemm, batch);
}

} // namespace runner
