/* SPDX-License-Identifier: MIT
 *
 * test-matrices — tensor cores as the runner has them: products, rows that are
 * turned, copies beside other work, and what is left undone where a kernel
 * forgets to put memory in order
 *
 * The layout is checked against NVIDIA's manual of PTX, not against itself. */
#include "runnertest.h"

constexpr int SIDE = 16, STEP = 24; /* elements from row to row */

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

/* 2 a b + 1; b lies in memory by rows, or by columns */
template <bool BY_ROWS>
static __global__ void
product_kernel (float *out, const __nv_bfloat16 *a, const __nv_bfloat16 *b)
{
  const int lane = threadIdx.x;
  unsigned left[4], right[4];
  float sums[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };

  nf_load_matrices (left, a + lane % 16 * STEP + lane / 16 * 8);
  if (BY_ROWS)
    nf_load_matrices_turned (right, b + lane % 16 * STEP + lane / 16 * 8);
  else
    nf_load_matrices (
        right, b + (lane % 8 + lane / 16 * 8) * STEP + lane / 8 % 2 * 8);
  nf_multiply_matrices (sums, left, right);
  nf_multiply_matrices (sums, left, right);
  for (int i = 0; i < 8; i++)
    out[(lane / 4 + i / 2 % 2 * 8) * SIDE + lane % 4 * 2 + i % 2 + i / 4 * 8] =
        sums[i];
}

template <bool BY_ROWS>
static void
test_product ()
{
  std::vector<__nv_bfloat16> a (SIDE * STEP), b (SIDE * STEP);
  OnDevice<float> out (SIDE * SIDE);
  Stream stream;

  for (int i = 0; i < SIDE; i++)
    for (int j = 0; j < SIDE; j++) {
      a[i * STEP + j] = a_of (i, j);
      b[BY_ROWS ? i * STEP + j : j * STEP + i] = b_of (i, j);
    }
  const OnDevice<__nv_bfloat16> left (a), right (b);

  nf_launch (product_kernel<BY_ROWS>, 1, 32, 0, stream, out.data (),
      left.data (), right.data ());
  stream.finish ();
  const std::vector<float> values = out.values ();

  for (int i = 0; i < SIDE; i++)
    for (int j = 0; j < SIDE; j++) {
      float sum = 1.0f;

      for (int k = 0; k < SIDE; k++)
        sum += 2 * a_of (i, k) * b_of (k, j);
      g_assert_cmpfloat (values[i * SIDE + j], ==, sum);
    }
}

/* every lane writes a row, and gets parts of others' */
template <bool BEFORE>
static __global__ void
order_kernel (float *out)
{
  __shared__ __align__ (16) __nv_bfloat16 values[32 * 8];
  __nv_bfloat16 *mine = values + threadIdx.x * 8;
  unsigned rows[4];
  float sum = 0.0f;

  for (int i = 0; i < 8; i++)
    mine[i] = 0.0f;
  __syncwarp ();
  for (int i = 0; i < 8; i++)
    values[(31 - threadIdx.x) * 8 + i] = 1.0f;
  if (BEFORE)
    __syncwarp ();
  nf_load_matrices (rows, mine);
  for (int i = 0; i < 8; i++)
    sum += runner::element_of (rows, i);
  out[threadIdx.x] = sum;
}

template <bool BEFORE>
static void
test_order ()
{
  bool right = true;

  for (float value : run<float> (order_kernel<BEFORE>, 1, 32))
    right = right && value == 8.0f;
  g_assert_true (right == BEFORE);
}

/* 8 elements that come in the meantime, and 8 that are not there; @wait: for
 * them before others read them */
template <bool WAIT>
static __global__ void
copy_kernel (float *out, const __nv_bfloat16 *from)
{
  __shared__ __align__ (16) __nv_bfloat16 values[2][8];

  if (threadIdx.x == 0)
    for (int i = 0; i < 16; i++)
      values[i / 8][i % 8] = -1.0f;
  __syncwarp ();
  if (threadIdx.x < 2)
    nf_copy_begin (values[threadIdx.x], from, threadIdx.x == 0);
  if (WAIT)
    nf_copies_end ();
  __syncwarp ();
  out[threadIdx.x] =
      __bfloat162float (values[threadIdx.x / 8 % 2][threadIdx.x % 8]);
  nf_copies_end ();
}

template <bool WAIT>
static bool
copies_are_there ()
{
  const OnDevice<__nv_bfloat16> from (std::vector<__nv_bfloat16> (8, 3.0f));
  OnDevice<float> out (32);
  Stream stream;
  bool right = true;

  nf_launch (copy_kernel<WAIT>, 1, 32, 0, stream, out.data (), from.data ());
  stream.finish ();
  for (int i = 0; i < 16; i++)
    right = right && out.values ()[i] == (i < 8 ? 3.0f : 0.0f);
  return right;
}

static void
test_copies ()
{
  g_assert_true (copies_are_there<true> ());
}

/* in reverse order a copy is done at once, so that another fault shows */
static void
test_copies_not_waited_for ()
{
  const bool reverse = g_strcmp0 (g_getenv ("NF_CUDA_ORDER"), "reverse") == 0;

  g_assert_true (copies_are_there<false> () == reverse);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/matrices/by-rows", test_product<true>);
  g_test_add_func ("/matrices/by-columns", test_product<false>);
  g_test_add_func ("/matrices/in-order", test_order<true>);
  g_test_add_func ("/matrices/copies", test_copies);
#ifndef NF_RUNNER_TSAN
  g_test_add_func ("/matrices/loaded-too-early", test_order<false>);
  g_test_add_func (
      "/matrices/copies-not-waited-for", test_copies_not_waited_for);
#endif
  return g_test_run ();
}
