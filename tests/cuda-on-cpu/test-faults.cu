/* SPDX-License-Identifier: MIT
 *
 * test-faults — what NF_CUDA_FAULT plants, at the named call and at no other
 *
 * The calls here give places of their own, "kernels/a.cu" and a line. */
#include "runnertest.h"

constexpr const char *FILE_NAME = "/somewhere/kernels/a.cu";
constexpr int SIDE = 16;

/* what another thread wrote before a barrier */
static __global__ void
barrier_kernel (int *out)
{
  __shared__ int values[64];

  values[threadIdx.x] = -1;
  __syncthreads (FILE_NAME, 10);
  values[threadIdx.x] = (int) threadIdx.x;
  __syncthreads (FILE_NAME, 11);
  out[threadIdx.x] = values[63 - threadIdx.x];
}

static __global__ void
warp_kernel (int *out)
{
  __shared__ int values[32];

  values[threadIdx.x] = -1;
  __syncwarp (NF_ALL_LANES, FILE_NAME, 20);
  values[threadIdx.x] = (int) threadIdx.x;
  __syncwarp (NF_ALL_LANES, FILE_NAME, 21);
  out[threadIdx.x] = values[31 - threadIdx.x];
}

static __global__ void
shuffle_kernel (int *out)
{
  out[threadIdx.x] =
      __shfl_xor_sync (NF_ALL_LANES, (int) threadIdx.x, 31, 32, FILE_NAME, 30);
}

/* what each lane has of a matrix of 8 x 8; lane 1 tells rows from columns */
static __global__ void
matrix_kernel (float *out)
{
  __shared__ __align__ (16) __nv_bfloat16 counting[32 * 8];
  unsigned rows[4];

  for (int i = threadIdx.x; i < 32 * 8; i += blockDim.x)
    counting[i] = __float2bfloat16 ((float) i);
  __syncwarp ();
  nf_load_matrices (rows, counting + threadIdx.x * 8, FILE_NAME, 40);
  out[threadIdx.x] = runner::element_of (rows, 0);
}

/* prints what each kernel did */
static void
run_kernels ()
{
  const auto counts_down = [] (const std::vector<int> &values) {
    for (size_t i = 0; i < values.size (); i++)
      if (values[i] != (int) (values.size () - 1 - i))
        return false;
    return true;
  };
  const std::vector<float> row = run<float> (matrix_kernel, 1, 32);

  g_print ("barrier %d, warp %d, shuffle %d, row %g %g\n",
      counts_down (run<int> (barrier_kernel, 1, 64)),
      counts_down (run<int> (warp_kernel, 1, 32)),
      counts_down (run<int> (shuffle_kernel, 1, 32)), row[1], row[4]);
}

struct Planted
{
  const char *name, *fault;
  const char *says; /* on standard output, or, where it fails, standard error */
  bool fails;
};

static const Planted planted[] = {
  { "none", nullptr, "barrier 1, warp 1, shuffle 1, row 2 8\n", false },
  { "other-file", "skip@b.cu:11", "barrier 1, warp 1, shuffle 1, row 2 8\n",
      false },
  { "part-of-a-name", "skip@ls/a.cu:11",
      "barrier 1, warp 1, shuffle 1, row 2 8\n", false },
  { "barrier", "skip@kernels/a.cu:11",
      "barrier 0, warp 1, shuffle 1, row 2 8\n", false },
  { "warp", "skip@a.cu:21", "barrier 1, warp 0, shuffle 1, row 2 8\n", false },
  { "shuffle", "skip@a.cu:30", "barrier 1, warp 1, shuffle 0, row 2 8\n",
      false },
  { "mask", "half@a.cu:30",
      "*a.cu:30 with mask 0x0000ffff, which lacks its lane*", true },
  { "matrix", "turn@a.cu:40", "barrier 1, warp 1, shuffle 1, row 16 1\n",
      false },
  { "other-kind", "turn@a.cu:30", "barrier 1, warp 1, shuffle 1, row 2 8\n",
      false },
  { "unknown", "lose@a.cu:30", "*expected KIND@FILE:LINE*", true },
  { "no-line", "skip@a.cu", "*expected KIND@FILE:LINE*", true },
};

static void
test_planted (gconstpointer data)
{
  const Planted *p = static_cast<const Planted *> (data);

  if (g_test_subprocess ()) {
    run_kernels ();
    return;
  }
  if (p->fault != nullptr)
    g_setenv ("NF_CUDA_FAULT", p->fault, TRUE);
  g_test_trap_subprocess (NULL, 0, static_cast<GTestSubprocessFlags> (0));
  g_unsetenv ("NF_CUDA_FAULT");
  if (p->fails) {
    g_test_trap_assert_failed ();
    g_test_trap_assert_stderr (p->says);
  } else {
    g_autofree gchar *pattern = g_strconcat ("*", p->says, "*", NULL);

    g_test_trap_assert_passed ();
    g_test_trap_assert_stdout (pattern);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (const Planted &p : planted) {
    g_autofree gchar *path = g_strconcat ("/faults/", p.name, NULL);

    g_test_add_data_func (path, &p, test_planted);
  }
  return g_test_run ();
}
