/* SPDX-License-Identifier: MIT
 *
 * test-kernels — what kernels call: indices, barriers, warps, atomics,
 * intrinsics; registered in both orders and with several OS threads */
#include "runnertest.h"

/* number of the calling thread in the whole grid */
static __device__ unsigned
flat_thread ()
{
  const unsigned block =
      (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  const unsigned threads = blockDim.x * blockDim.y * blockDim.z;

  return block * threads + (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x
      + threadIdx.x;
}

static __global__ void
indices_kernel (unsigned *out)
{
  out[flat_thread ()] = threadIdx.x | threadIdx.y << 4 | threadIdx.z << 8
      | blockIdx.x << 12 | blockIdx.y << 16 | blockIdx.z << 20;
}

static void
test_indices ()
{
  const dim3 grid (2, 3, 4), block (5, 6, 7);
  const std::vector<unsigned> out = run<unsigned> (indices_kernel, grid, block);
  size_t i = 0;

  for (unsigned b = 0; b < grid.x * grid.y * grid.z; b++)
    for (unsigned t = 0; t < block.x * block.y * block.z; t++)
      g_assert_cmpuint (out[i++], ==,
          t % 5 | t / 5 % 6 << 4 | t / 30 << 8 | b % 2 << 12 | b / 2 % 3 << 16
              | b / 6 << 20);
}

/* sum of the block's numbers by a tree in static shared memory */
template <int THREADS>
static __global__ void
__launch_bounds__ (THREADS) tree_kernel (int *out)
{
  __shared__ int sums[THREADS];
  const int t = threadIdx.x;

  sums[t] = t + blockIdx.x;
  __syncthreads ();
  for (int step = THREADS / 2; step > 0; step /= 2) {
    if (t < step)
      sums[t] += sums[t + step];
    __syncthreads ();
  }
  out[flat_thread ()] = sums[0];
}

static void
test_shared_memory ()
{
  const std::vector<int> out = run<int> (tree_kernel<256>, 20, 256);

  for (int i = 0; i < 20 * 256; i++)
    g_assert_cmpint (out[i], ==, 255 * 128 + 256 * (i / 256));
}

/* reverses a block's numbers through dynamic shared memory, which is NaN at
 * first in each block */
static __global__ void
reverse_kernel (float *out)
{
  NF_DYN_SHARED (float, values);
  const bool unset = isnan (values[threadIdx.x]);

  __syncthreads ();
  values[threadIdx.x] = unset ? flat_thread () : -1.0f;
  __syncthreads ();
  out[flat_thread ()] = values[blockDim.x - 1 - threadIdx.x];
}

static void
test_dynamic_shared_memory ()
{
  const std::vector<float> out =
      run<float> (reverse_kernel, 3, 100, 100 * sizeof (float));

  for (int i = 0; i < 300; i++)
    g_assert_cmpfloat (out[i], ==, i / 100 * 100 + 99 - i % 100);
}

static __global__ void
barrier_votes_kernel (int *out)
{
  const int t = threadIdx.x;

  out[flat_thread ()] = __syncthreads_count (t % 3 == 0)
      + 1000 * __syncthreads_and (t < 96) + 2000 * __syncthreads_and (t < 95)
      + 4000 * __syncthreads_or (t == 95) + 8000 * __syncthreads_or (t == 96);
}

static void
test_barrier_votes ()
{
  for (int value : run<int> (barrier_votes_kernel, 2, 96))
    g_assert_cmpint (value, ==, 32 + 1000 + 4000);
}

/* each of the four shuffles, within whole warps and parts of 8 lanes */
static __global__ void
shuffles_kernel (int *out)
{
  const int t = threadIdx.x;
  int *mine = out + 8 * flat_thread ();

  mine[0] = __shfl_sync (0xffffffffu, t, 5);
  mine[1] = __shfl_up_sync (0xffffffffu, t, 3);
  mine[2] = __shfl_down_sync (0xffffffffu, t, 3);
  mine[3] = __shfl_xor_sync (0xffffffffu, t, 5);
  mine[4] = __shfl_sync (0xffffffffu, t, 5, 8);
  mine[5] = __shfl_up_sync (0xffffffffu, t, 3, 8);
  mine[6] = __shfl_down_sync (0xffffffffu, t, 3, 8);
  mine[7] = __shfl_xor_sync (0xffffffffu, t, 5, 8);
}

static void
test_shuffles ()
{
  OnDevice<int> out (8 * 64);
  Stream stream;

  nf_launch (shuffles_kernel, 1, 64, 0, stream, out.data ());
  stream.finish ();
  const std::vector<int> values = out.values ();

  for (int t = 0; t < 64; t++) {
    const int *mine = &values[8 * t], warp = t / 32 * 32, part = t / 8 * 8;

    g_assert_cmpint (mine[0], ==, warp + 5);
    g_assert_cmpint (mine[1], ==, t - warp < 3 ? t : t - 3);
    g_assert_cmpint (mine[2], ==, t - warp > 28 ? t : t + 3);
    g_assert_cmpint (mine[3], ==, t ^ 5);
    g_assert_cmpint (mine[4], ==, part + 5);
    g_assert_cmpint (mine[5], ==, t - part < 3 ? t : t - 3);
    g_assert_cmpint (mine[6], ==, t - part > 4 ? t : t + 3);
    g_assert_cmpint (mine[7], ==, t ^ 5);
  }
}

/* types of other sizes, and halves of a warp that go different ways */
static __global__ void
shuffle_types_kernel (double *out)
{
  const int t = threadIdx.x;
  const unsigned half = t < 16 ? 0xffffu : 0xffff0000u;
  double sum = __shfl_xor_sync (half, t + 0.25, 1);

  if (t < 16)
    sum += __shfl_sync (0xffffu, __float2bfloat16 (t), 7) == __nv_bfloat16 (7);
  else
    for (int i = 0; i < 3; i++)
      sum += 100 * __shfl_sync (0xffff0000u, static_cast<char> (t), 20);
  __syncwarp ();
  out[t] = sum;
}

static void
test_shuffle_types ()
{
  const std::vector<double> out = run<double> (shuffle_types_kernel, 1, 32);

  for (int t = 0; t < 32; t++)
    g_assert_cmpfloat (
        out[t], ==, (t ^ 1) + 0.25 + (t < 16 ? 1 : 3 * 100 * 20));
}

/* threads that have ended, and lanes that never were, take no part */
static __global__ void
ended_lanes_kernel (unsigned *out)
{
  const int t = threadIdx.x;

  out[t] = 1;
  if (t % 4 == 3)
    return;
  out[t] = __ballot_sync (0xffffffffu, 1);
}

static void
test_ended_lanes ()
{
  const std::vector<unsigned> out = run<unsigned> (ended_lanes_kernel, 1, 40);

  for (int t = 0; t < 40; t++) {
    const unsigned lanes = t < 32 ? 0x77777777u : 0x77u;

    g_assert_cmphex (out[t], ==, t % 4 == 3 ? 1 : lanes);
  }
}

static __global__ void
votes_kernel (unsigned *out)
{
  const unsigned t = threadIdx.x, all = 0xffffffffu;
  unsigned *mine = out + 16 * t;
  int same;

  mine[0] = __ballot_sync (all, t % 2);
  mine[1] = __any_sync (all, t == 7) + 2 * __any_sync (all, t == 32);
  mine[2] = __all_sync (all, t < 32) + 2 * __all_sync (all, t != 7);
  mine[3] = __match_any_sync (all, t % 3);
  mine[4] = __match_all_sync (all, 5, &same);
  mine[5] = same;
  mine[6] = __match_all_sync (all, t, &same);
  mine[7] = same;
  mine[8] = __reduce_add_sync (all, t);
  mine[9] = __reduce_min_sync (all, static_cast<int> (t) - 20);
  mine[10] = __reduce_max_sync (all, t - 20);
  mine[11] = __reduce_max_sync (all, static_cast<int> (t) - 20);
  mine[12] = __reduce_or_sync (all, t) + 100 * __reduce_and_sync (all, t | 4);
  mine[13] = __reduce_xor_sync (all, t + 1);
  mine[14] = __activemask () >> t & 1;
  mine[15] = __reduce_min_sync (all, t - 20);
}

static void
test_votes ()
{
  OnDevice<unsigned> out (16 * 32);
  Stream stream;

  nf_launch (votes_kernel, 1, 32, 0, stream, out.data ());
  stream.finish ();
  const std::vector<unsigned> values = out.values ();

  for (unsigned t = 0; t < 32; t++) {
    const unsigned expected[16] = { 0xaaaaaaaau, 1, 1, 0x49249249u << t % 3,
      0xffffffffu, 1, 0, 0, 496, static_cast<unsigned> (-20), 0xffffffffu, 11,
      31 + 100 * 4, 32, 1, 0 };

    for (int i = 0; i < 16; i++)
      g_assert_cmphex (values[16 * t + i], ==, expected[i]);
  }
}

/**
 * Counters: what atomics change
 */
struct Counters
{
  int sum, least, most, bits, exchanged;
  unsigned wrapped, down;
  float real;
  double fine;
  unsigned long long large;
};

static __global__ void
atomics_kernel (Counters *c)
{
  const int i = flat_thread ();

  atomicAdd (&c->sum, i);
  atomicSub (&c->sum, 1);
  atomicMin (&c->least, -i);
  atomicMax (&c->most, i);
  atomicOr (&c->bits, 1 << i % 8);
  atomicAnd (&c->bits, 0xff);
  atomicExch (&c->exchanged, 17);
  atomicInc (&c->wrapped, 9);
  atomicDec (&c->down, 9);
  atomicAdd (&c->real, 0.5f);
  atomicAdd (&c->fine, 0.25);
  for (unsigned long long old = 0, seen;; old = seen) {
    seen = atomicCAS (&c->large, old, old + 3);
    if (seen == old)
      break;
  }
}

static void
test_atomics ()
{
  OnDevice<Counters> counters (std::vector<Counters> (1));
  Stream stream;

  nf_launch (atomics_kernel, 8, 125, 0, stream, counters.data ());
  stream.finish ();
  const Counters c = counters.values ()[0];

  g_assert_cmpint (c.sum, ==, 499500 - 1000);
  g_assert_cmpint (c.least, ==, -999);
  g_assert_cmpint (c.most, ==, 999);
  g_assert_cmphex (c.bits, ==, 0xff);
  g_assert_cmpint (c.exchanged, ==, 17);
  g_assert_cmpuint (c.wrapped, ==, 0);
  g_assert_cmpuint (c.down, ==, 0);
  g_assert_cmpfloat (c.real, ==, 500.0f);
  g_assert_cmpfloat (c.fine, ==, 250.0);
  g_assert_cmpuint (c.large, ==, 3000);
}

/* the last block to come sums what all have written */
static __global__ void
last_block_kernel (int *partial, unsigned *come, int *sum)
{
  __shared__ bool last;

  if (threadIdx.x == 0) {
    partial[blockIdx.x] = blockIdx.x + 1;
    __threadfence ();
    last = atomicAdd (come, 1u) == gridDim.x - 1;
  }
  __syncthreads ();
  if (last && threadIdx.x == 0) {
    __threadfence ();
    *sum = 0;
    for (unsigned i = 0; i < gridDim.x; i++)
      *sum += partial[i];
  }
}

static void
test_last_block ()
{
  OnDevice<int> partial (50), sum (1);
  OnDevice<unsigned> come (std::vector<unsigned> (1));
  Stream stream;

  nf_launch (last_block_kernel, 50, 64, 0, stream, partial.data (),
      come.data (), sum.data ());
  stream.finish ();
  g_assert_cmpint (sum.values ()[0], ==, 1275);
}

static __constant__ const int table[4] = { 2, 3, 5, 7 };

/* one value an intrinsic, beside what it should be */
static __global__ void
intrinsics_kernel (double *out)
{
  int n = 0;
#define CHECK(got, expected)                                                   \
  out[2 * n] = (got), out[2 * n + 1] = (expected), n++
  CHECK (__fmul_rn (3.0f, 0.5f), 1.5);
  CHECK (__fadd_rn (16777216.0f, 1.0f), 16777216.0);
  CHECK (__fsub_rn (1.0f, 0.25f), 0.75);
  CHECK (__fdiv_rn (1.0f, 4.0f), 0.25);
  CHECK (
      __fmaf_rn (1.00001f, 1.00001f, -1.0f), fmaf (1.00001f, 1.00001f, -1.0f));
  CHECK (__frcp_rn (8.0f), 0.125);
  CHECK (__fsqrt_rn (9.0f), 3.0);
  CHECK (__frsqrt_rn (16.0f), 0.25);
  CHECK (rsqrtf (4.0f), 0.5);
  CHECK (__expf (1.0f), expf (1.0f));
  CHECK (__logf (8.0f), logf (8.0f));
  CHECK (__powf (3.0f, 2.0f), 9.0);
  CHECK (__fdividef (9.0f, 3.0f), 3.0);
  CHECK (__saturatef (NAN) + __saturatef (-1.0f) + __saturatef (7.0f), 1.0);
  CHECK (cospif (1.0f) + sinpif (0.5f), 0.0);
  CHECK (__float_as_uint (1.0f), 0x3f800000);
  CHECK (__int_as_float (0x40000000), 2.0);
  CHECK (__float2int_rn (2.5f), 2);
  CHECK (__float2int_rz (-2.9f), -2);
  CHECK (__float2int_ru (2.1f), 3);
  CHECK (__float2int_rd (-2.1f), -3);
  CHECK (__float2int_rn (1e20f), 2147483647);
  CHECK (__float2uint_rn (-5.0f), 0);
  CHECK (__float2int_rn (NAN), 0);
  CHECK (__uint2float_rn (0xffffffffu), 4294967296.0);
  CHECK (__umulhi (0xffffffffu, 0xffffffffu), 0xfffffffeu);
  CHECK (__mulhi (-2147483647 - 1, 2), -1);
  CHECK (__umul64hi (~0ull, 2), 1);
  CHECK (__popc (0xf0f0u), 8);
  CHECK (__clz (1) + __clz (0), 63);
  CHECK (__ffs (8) + __ffs (0), 4);
  CHECK (__brev (1), 2147483648.0);
  CHECK (__byte_perm (0x33221100, 0x77665544, 0x7531), 0x77553311);
  CHECK (__funnelshift_l (0x80000000u, 1, 1), 3);
  CHECK (__funnelshift_r (0, 1, 1), 2147483648.0);
  CHECK (min (3, 2u) + max (-1, 5) + max (1.5f, NAN), 8.5);
  CHECK (__ldg (&out[0]) + table[3], 8.5);
  CHECK (__bfloat162float (__float2bfloat16 (1.00390625f)), 1.0);
  CHECK (__bfloat162float (__float2bfloat16 (1.01171875f)), 1.015625);
  CHECK (warpSize, 32);
  CHECK (n, 40);
#undef CHECK
}

static void
test_intrinsics ()
{
  OnDevice<double> out (2 * 41);
  Stream stream;

  nf_launch (intrinsics_kernel, 1, 1, 0, stream, out.data ());
  stream.finish ();
  const std::vector<double> values = out.values ();

  for (int i = 0; i < 41; i++) {
    g_test_message ("intrinsic %d", i);
    g_assert_cmpfloat (values[2 * i], ==, values[2 * i + 1]);
  }
}

/* the order in which threads and blocks begin */
static __global__ void
order_kernel (unsigned *out, unsigned *next)
{
  out[flat_thread ()] = atomicAdd (next, 1u);
}

static void
test_order ()
{
  const bool reverse = g_strcmp0 (g_getenv ("NF_CUDA_ORDER"), "reverse") == 0;
  OnDevice<unsigned> out (200), next (std::vector<unsigned> (1));
  Stream stream;

  if (runner::under_tsan || g_getenv ("NF_CUDA_THREADS") != NULL) {
    g_test_skip ("blocks run at once");
    return;
  }
  nf_launch (order_kernel, 2, 100, 0, stream, out.data (), next.data ());
  stream.finish ();
  const std::vector<unsigned> values = out.values ();

  for (unsigned i = 0; i < 200; i++)
    g_assert_cmpuint (values[i], ==, reverse ? 199 - i : i);
}

/* launches from two host threads do not meet */
static void
test_host_threads ()
{
  GThread *threads[4];
  const GThreadFunc work = [] (gpointer) -> gpointer {
    for (int i = 0; i < 5; i++)
      test_shared_memory ();
    return NULL;
  };

  for (int i = 0; i < 4; i++)
    threads[i] = g_thread_new ("launches", work, NULL);
  for (int i = 0; i < 4; i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernels/indices", test_indices);
  g_test_add_func ("/kernels/shared-memory", test_shared_memory);
  g_test_add_func (
      "/kernels/dynamic-shared-memory", test_dynamic_shared_memory);
  g_test_add_func ("/kernels/barrier-votes", test_barrier_votes);
  g_test_add_func ("/kernels/shuffles", test_shuffles);
  g_test_add_func ("/kernels/shuffle-types", test_shuffle_types);
  g_test_add_func ("/kernels/ended-lanes", test_ended_lanes);
  g_test_add_func ("/kernels/votes", test_votes);
  g_test_add_func ("/kernels/atomics", test_atomics);
  g_test_add_func ("/kernels/last-block", test_last_block);
  g_test_add_func ("/kernels/intrinsics", test_intrinsics);
  g_test_add_func ("/kernels/order", test_order);
  g_test_add_func ("/kernels/host-threads", test_host_threads);
  return g_test_run ();
}
