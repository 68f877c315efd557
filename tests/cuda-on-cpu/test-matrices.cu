/* SPDX-License-Identifier: MIT
 *
 * test-matrices — nvcuda::wmma as the runner has it: products, layouts, and
 * what it leaves undone where a kernel forgets to put memory in order */
#include "runnertest.h"

#include <mma.h>

namespace wmma = nvcuda::wmma;

constexpr int SIDE = 16, STEP = 24, FAR = 20; /* elements from row to row */

template <class Use, class Layout>
using Bf16 = wmma::fragment<Use, SIDE, SIDE, SIDE, __nv_bfloat16, Layout>;
typedef wmma::fragment<wmma::accumulator, SIDE, SIDE, SIDE, float> Sums;

/* number of an element in memory */
template <class Layout>
static int
at (int row, int column, int step)
{
  return std::is_same_v<Layout, wmma::row_major> ? row * step + column
                                                 : column * step + row;
}

/* small integers, so that sums are exact in any order */
static float
a_of (int row, int k)
{
  return (row * 3 + k * 5) % 7 - 3;
}

static float
b_of (int k, int column)
{
  return (k * 2 + column * 3) % 5 - 2;
}

/* 2 a b + 1 */
template <class A, class B>
static __global__ void
product_kernel (float *out, const __nv_bfloat16 *a, const __nv_bfloat16 *b,
    wmma::layout_t layout)
{
  __shared__ __align__ (32) float ones[SIDE * FAR];
  Bf16<wmma::matrix_a, A> left;
  Bf16<wmma::matrix_b, B> right;
  Sums sums, one;

  for (int i = threadIdx.x; i < SIDE * FAR; i += 32)
    ones[i] = 1.0f;
  __syncwarp ();
  wmma::fill_fragment (sums, 0.0f);
  wmma::load_matrix_sync (left, a, STEP);
  wmma::load_matrix_sync (right, b, STEP);
  wmma::load_matrix_sync (one, ones, FAR, wmma::mem_row_major);
  wmma::mma_sync (sums, left, right, sums);
  wmma::mma_sync (sums, left, right, sums);
  for (int i = 0; i < sums.num_elements; i++)
    sums.x[i] += one.x[i];
  wmma::store_matrix_sync (out, sums, FAR, layout);
}

template <class A, class B>
static void
test_product ()
{
  std::vector<__nv_bfloat16> a (SIDE * STEP), b (SIDE * STEP);
  OnDevice<float> out (2 * SIDE * FAR);
  Stream stream;

  for (int i = 0; i < SIDE; i++)
    for (int j = 0; j < SIDE; j++) {
      a[at<A> (i, j, STEP)] = a_of (i, j);
      b[at<B> (i, j, STEP)] = b_of (i, j);
    }
  const OnDevice<__nv_bfloat16> left (a), right (b);

  nf_launch ((product_kernel<A, B>), 1, 32, 0, stream, out.data (),
      left.data (), right.data (), wmma::mem_row_major);
  nf_launch ((product_kernel<A, B>), 1, 32, 0, stream, out.data () + SIDE * FAR,
      left.data (), right.data (), wmma::mem_col_major);
  stream.finish ();
  const std::vector<float> values = out.values ();

  for (int i = 0; i < SIDE; i++)
    for (int j = 0; j < SIDE; j++) {
      float sum = 1.0f;

      for (int k = 0; k < SIDE; k++)
        sum += 2 * a_of (i, k) * b_of (k, j);
      g_assert_cmpfloat (values[i * FAR + j], ==, sum);
      g_assert_cmpfloat (values[SIDE * FAR + j * FAR + i], ==, sum);
    }
}

/* 1 goes through shared memory into a matrix and back, with or without
 * anything that puts it in order; a kernel that needs order shows it */
template <bool BEFORE, bool AFTER>
static __global__ void
order_kernel (float *out)
{
  __shared__ __align__ (32) float values[SIDE * SIDE];
  const int first = threadIdx.x * 8;
  Sums sums;

  for (int i = 0; i < 8; i++)
    values[first + i] = 0.0f;
  __syncwarp ();
  for (int i = 0; i < 8; i++)
    values[first + i] = 1.0f;
  if (BEFORE)
    __syncwarp ();
  wmma::load_matrix_sync (sums, values, SIDE, wmma::mem_row_major);
  for (int i = 0; i < sums.num_elements; i++)
    sums.x[i] += 1.0f;
  __syncwarp ();
  wmma::store_matrix_sync (values, sums, SIDE, wmma::mem_row_major);
  if (AFTER)
    __syncwarp ();
  out[threadIdx.x] = 0.0f;
  for (int i = 0; i < 8; i++)
    out[threadIdx.x] += values[255 - first - i];
}

template <bool BEFORE, bool AFTER>
static void
test_order ()
{
  bool right = true;

  for (float value : run<float> (order_kernel<BEFORE, AFTER>, 1, 32))
    right = right && value == 16.0f;
  g_assert_true (right == (BEFORE && AFTER));
}

/* what nobody filled is not a number */
static __global__ void
unset_kernel (float *out)
{
  Bf16<wmma::matrix_a, wmma::row_major> left;
  Sums sums;

  out[threadIdx.x] = isnan (sums.x[0]) && isnan (__bfloat162float (left.x[7]));
}

static void
test_unset ()
{
  for (float value : run<float> (unset_kernel, 1, 32))
    g_assert_true (value == 1.0f);
}

int
main (int argc, char **argv)
{
  typedef wmma::row_major Row;
  typedef wmma::col_major Column;

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/matrices/row-row", test_product<Row, Row>);
  g_test_add_func ("/matrices/row-column", test_product<Row, Column>);
  g_test_add_func ("/matrices/column-row", test_product<Column, Row>);
  g_test_add_func ("/matrices/column-column", test_product<Column, Column>);
  g_test_add_func ("/matrices/in-order", test_order<true, true>);
#ifndef NF_RUNNER_TSAN
  g_test_add_func ("/matrices/loaded-too-early", test_order<false, true>);
  g_test_add_func ("/matrices/read-too-early", test_order<true, false>);
#endif
  g_test_add_func ("/matrices/unset", test_unset);
  return g_test_run ();
}
