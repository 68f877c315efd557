/* SPDX-License-Identifier: MIT
 *
 * test-races — what ThreadSanitizer says of kernels; built only with it
 *
 * Each kernel gives the right result in some order of threads. */
#include "runnertest.h"

/* each thread reads what another wrote to shared memory */
template <bool BARRIER>
static __global__ void
mirror_kernel (float *out)
{
  __shared__ float values[64];

  values[threadIdx.x] = threadIdx.x;
  if (BARRIER)
    __syncthreads ();
  out[blockIdx.x * 64 + threadIdx.x] = values[63 - threadIdx.x];
}

/* the same within a warp; a shuffle puts nothing in order */
template <bool SYNC>
static __global__ void
neighbour_kernel (float *out)
{
  __shared__ float values[32];
  float sum;

  values[threadIdx.x] = threadIdx.x;
  sum = __shfl_xor_sync (0xffffffffu, 1.0f, 1);
  if (SYNC)
    __syncwarp ();
  out[blockIdx.x * 64 + threadIdx.x] = sum + values[threadIdx.x ^ 1];
}

/* all blocks add to one number */
template <bool ATOMIC>
static __global__ void
sum_kernel (float *out)
{
  __syncthreads ();
  if (threadIdx.x == 0 && ATOMIC)
    atomicAdd (out, 1.0f);
  else if (threadIdx.x == 0)
    *out += 1.0f;
}

/**
 * Race:
 * @kernel: one that has it, or not
 * @seen: whether TSan must say so
 */
struct Race
{
  const char *name;
  void (*kernel) (float *);
  unsigned threads;
  bool seen;
};

static const Race races[] = {
  { "barrier", mirror_kernel<true>, 64, false },
  { "no-barrier", mirror_kernel<false>, 64, true },
  { "syncwarp", neighbour_kernel<true>, 32, false },
  { "no-syncwarp", neighbour_kernel<false>, 32, true },
  { "atomic", sum_kernel<true>, 64, false },
  { "no-atomic", sum_kernel<false>, 64, true },
};

static void
test_race (gconstpointer data)
{
  const Race *race = static_cast<const Race *> (data);

  if (g_test_subprocess ()) {
    OnDevice<float> out (8 * 64);
    Stream stream;

    nf_launch (race->kernel, 8, race->threads, 0, stream, out.data ());
    stream.finish ();
    return;
  }
  g_test_trap_subprocess (NULL, 0, static_cast<GTestSubprocessFlags> (0));
  if (race->seen) {
    g_test_trap_assert_failed ();
    g_test_trap_assert_stderr ("*data race*test-races.cu*_kernel*");
  } else {
    g_test_trap_assert_passed ();
    g_test_trap_assert_stderr_unmatched ("*data race*");
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (const Race &race : races) {
    g_autofree gchar *path = g_strconcat ("/races/", race.name, NULL);

    g_test_add_data_func (path, &race, test_race);
  }
  return g_test_run ();
}
