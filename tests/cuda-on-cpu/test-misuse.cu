/* SPDX-License-Identifier: MIT
 *
 * test-misuse — kernels and launches that CUDA does not allow end the program,
 * with a message that says which kernel and thread did what */
#include "runnertest.h"

static __global__ void
early_exit_kernel ()
{
  if (threadIdx.x == 40)
    return;
  __syncthreads ();
}

static __global__ void
half_barrier_kernel ()
{
  if (threadIdx.x < 32)
    __syncthreads ();
  __shfl_sync (0xffffffffu, 1, threadIdx.x == 37 ? 0 : 1);
  if (threadIdx.x < 32)
    __syncthreads ();
}

static __global__ void
two_barriers_kernel ()
{
  if (threadIdx.x < 32)
    __syncthreads ();
  else
    __syncthreads ();
}

static __global__ void
lacking_mask_kernel ()
{
  __shfl_xor_sync (0x0000ffffu, 1, 1);
}

static __global__ void
disagreeing_masks_kernel ()
{
  __syncwarp (threadIdx.x % 2 == 0 ? 0xffffffffu : 0xfffffffeu);
}

/* lane 0 waits for 1, 1 for 2, and 2 for 0 */
static __global__ void
waiting_ring_kernel ()
{
  __syncwarp (1u << threadIdx.x | 1u << (threadIdx.x + 1) % 3);
}

static __global__ void
different_calls_kernel ()
{
  if (threadIdx.x < 16)
    __any_sync (0xffffffffu, 1);
  else
    __all_sync (0xffffffffu, 1);
}

/* matrices that are loaded by @lanes of the warp, from @skew elements behind an
 * aligned address */
static __global__ void
load_matrix_kernel (unsigned lanes, unsigned skew)
{
  __shared__ __align__ (16) __nv_bfloat16 values[33 * 8];
  unsigned rows[4];

  for (int i = threadIdx.x; i < 33 * 8; i += blockDim.x)
    values[i] = 0.0f;
  if (threadIdx.x < lanes)
    nf_load_matrices (rows, values + skew + threadIdx.x * 8);
}

/* ends before what it began to copy is there */
static __global__ void
forgotten_copy_kernel ()
{
  __shared__ __align__ (16) __nv_bfloat16 values[8];

  nf_copy_begin (values, values, false);
}

static __global__ void
behind_shared_kernel ()
{
  NF_DYN_SHARED (float, values);

  values[threadIdx.x] = 1.0f;
}

static __global__ void
behind_memory_kernel (char *out, int n)
{
  out[n] = 1;
}

static __global__ void
plain_kernel (const float *)
{
}

static __global__ void
launching_kernel ()
{
  nf_launch (plain_kernel, 1, 1, 0, nullptr, nullptr);
}

/**
 * Misuse:
 * @message: pattern of what it prints before it ends the program
 */
struct Misuse
{
  const char *name;
  void (*act) (cudaStream_t stream);
  const char *message;
};

static void
launch_on_other_device (cudaStream_t stream)
{
  assert_cuda (cudaSetDevice (1));
  nf_launch (plain_kernel, 1, 1, 0, stream, nullptr);
}

static void
use_memory_of_other_device (cudaStream_t stream)
{
  void *other;

  assert_cuda (cudaSetDevice (1));
  assert_cuda (cudaMalloc (&other, 64));
  assert_cuda (cudaSetDevice (0));
  nf_launch (plain_kernel, 1, 1, 0, stream, static_cast<const float *> (other));
}

static void
use_host_memory (cudaStream_t stream)
{
  const float host = 0;

  nf_launch (plain_kernel, 1, 1, 0, stream, &host);
}

static gpointer
wait_elsewhere (gpointer data)
{
  return GINT_TO_POINTER (cudaStreamSynchronize ((cudaStream_t) data));
}

static void
use_device_unasked (cudaStream_t)
{
  cudaStream_t other;

  assert_cuda (cudaSetDevice (1));
  assert_cuda (cudaStreamCreate (&other));
  g_thread_join (g_thread_new (NULL, wait_elsewhere, other));
}

static void
use_dead_stream (cudaStream_t)
{
  cudaStream_t dead;

  assert_cuda (cudaStreamCreate (&dead));
  assert_cuda (cudaStreamDestroy (dead));
  nf_launch (plain_kernel, 1, 1, 0, dead, nullptr);
}

static void
free_after_overrun (cudaStream_t stream)
{
  OnDevice<char> out (100);

  nf_launch (behind_memory_kernel, 1, 1, 0, stream, out.data (), 103);
  cudaStreamSynchronize (stream);
}

static void
ask_for_too_little_shared (cudaStream_t stream)
{
  assert_cuda (cudaFuncSetAttribute (behind_shared_kernel,
      cudaFuncAttributeMaxDynamicSharedMemorySize, 60000));
  nf_launch (behind_shared_kernel, 1, 32, 60001, stream);
}

/* a case of a matrix that is loaded */
#define LOADS(name, lanes, skew, message)                                      \
  {                                                                            \
    name,                                                                      \
        [] (cudaStream_t s) {                                                  \
          nf_launch (load_matrix_kernel, 1, 32, 0, s, lanes, skew);            \
        },                                                                     \
        "*load_matrix_kernel*" message                                         \
  }

/* a case that only launches a kernel without arguments */
#define LAUNCHES(name, kernel, grid, block, shared, message)                   \
  {                                                                            \
    name, [] (cudaStream_t s) { nf_launch (kernel, grid, block, shared, s); }, \
        message                                                                \
  }

static const Misuse misuses[] = {
  LAUNCHES ("early-exit", early_exit_kernel, 2, 64, 0,
      "*early_exit_kernel: block (?, 0, 0), thread (40, 0, 0): has ended, "
      "while 63 of 64 threads wait at the barrier of *test-misuse.cu:*"),
  LAUNCHES ("half-barrier", half_barrier_kernel, 1, 64, 0,
      "*half_barrier_kernel*has ended, while 32 of 64 threads wait at the "
      "barrier of *"),
  LAUNCHES ("two-barriers", two_barriers_kernel, 1, 64, 0,
      "*two_barriers_kernel*waits at the barrier of *, others at that of *"),
  LAUNCHES ("lacking-mask", lacking_mask_kernel, 1, 32, 0,
      "*lacking_mask_kernel*mask 0x0000ffff, which lacks its lane, *"),
  LAUNCHES ("disagreeing-masks", disagreeing_masks_kernel, 1, 32, 0,
      "*disagreeing_masks_kernel*with mask 0xffffffff, lane * with "
      "0xfffffffe*"),
  LAUNCHES ("waiting-ring", waiting_ring_kernel, 1, 3, 0,
      "*waiting_ring_kernel*waits for lanes (mask 0x0000000?) that do not come "
      "to *test-misuse.cu:*"),
  LAUNCHES ("different-calls", different_calls_kernel, 1, 32, 0,
      "*different_calls_kernel*is at *, lane * of the same mask 0xffffffff "
      "at *"),
  LAUNCHES ("behind-shared-memory", behind_shared_kernel, 1, 65, 256,
      "*behind_shared_kernel*256 bytes of dynamic shared memory*"),
  LAUNCHES ("no-blocks", early_exit_kernel, dim3 (0), 32, 0,
      "*invalid launch: a grid of 0 x 1 x 1 blocks*"),
  LAUNCHES ("high-grid", early_exit_kernel, dim3 (1, 65536), 32, 0,
      "*invalid launch: a grid of 1 x 65536 x 1 blocks*"),
  LAUNCHES ("many-threads", early_exit_kernel, 1, 1025, 0,
      "*invalid launch: a block of 1025 x 1 x 1 threads*"),
  LAUNCHES ("deep-block", early_exit_kernel, 1, dim3 (1, 1, 65), 0,
      "*invalid launch: a block of 1 x 1 x 65 threads*"),
  LAUNCHES ("much-shared-memory", behind_shared_kernel, 1, 32, 49153,
      "*49153 bytes of dynamic shared memory, allowed are 49152 without "
      "cudaFuncSetAttribute*"),
  { "more-shared-memory-than-asked-for", ask_for_too_little_shared,
      "*60001 bytes of dynamic shared memory, allowed are 60000*" },
  LAUNCHES ("nested-launch", launching_kernel, 1, 1, 0,
      "*launching_kernel*launches plain_kernel*"),
  LOADS ("half-a-warp", 16, 0,
      "lanes 0x0000ffff alone come to *test-misuse.cu:*, which takes the whole "
      "warp*"),
  LOADS (
      "matrix-askew", 32, 4, "the row of a matrix at *, not a multiple of 16*"),
  LAUNCHES ("forgotten-copy", forgotten_copy_kernel, 1, 32, 0,
      "*forgotten_copy_kernel*ends with copies to shared memory that it has "
      "not waited for*"),
  { "stream-of-other-device", launch_on_other_device,
      "*plain_kernel: the stream is of device 0, the current device is 1*" },
  { "memory-of-other-device", use_memory_of_other_device,
      "*plain_kernel: argument 1, *memory of device 1, the stream is of "
      "device 0*" },
  { "host-memory", use_host_memory,
      "*plain_kernel: argument 1, *is not device memory*" },
  { "no-device-chosen", use_device_unasked,
      "*a thread that has chosen no device uses device 1*" },
  { "dead-stream", use_dead_stream,
      "*plain_kernel: launched on a stream that is not*" },
#ifndef NF_RUNNER_ASAN
  { "overrun", free_after_overrun,
      "*somebody wrote 3 bytes behind an allocation of 100 bytes*" },
#endif
};

static void
test_misuse (gconstpointer data)
{
  const Misuse *misuse = static_cast<const Misuse *> (data);

  if (g_test_subprocess ()) {
    Stream stream;

    misuse->act (stream);
    stream.finish ();
    return;
  }
  g_test_trap_subprocess (NULL, 0, static_cast<GTestSubprocessFlags> (0));
  g_test_trap_assert_failed ();
#ifdef NF_RUNNER_ASAN
  if (g_strcmp0 (misuse->name, "behind-shared-memory") == 0) {
    g_test_trap_assert_stderr ("*heap-buffer-overflow*behind_shared_kernel*");
    return;
  }
#endif
  g_test_trap_assert_stderr (misuse->message);
}

/* no more than there is can be asked for; what is asked for can be used */
static void
test_shared_opt_in ()
{
  Stream stream;
  int most = 0;

  assert_cuda (cudaDeviceGetAttribute (
      &most, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0));
  g_assert_cmpint (most, ==, 163 << 10);
  g_assert_cmpint (cudaFuncSetAttribute (behind_shared_kernel,
                       cudaFuncAttributeMaxDynamicSharedMemorySize, most + 1),
      ==, cudaErrorInvalidValue);
  assert_cuda (cudaFuncSetAttribute (
      behind_shared_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, most));
  nf_launch (behind_shared_kernel, 1, 32, most, stream);
  stream.finish ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (const Misuse &misuse : misuses) {
    g_autofree gchar *path = g_strconcat ("/misuse/", misuse.name, NULL);

    g_test_add_data_func (path, &misuse, test_misuse);
  }
  g_test_add_func ("/misuse/shared-opt-in", test_shared_opt_in);
  return g_test_run ();
}
