/* SPDX-License-Identifier: MIT
 *
 * test-runtime — devices, memory and copies of the stand-in for cudart */
#include "runnertest.h"

static void
test_devices ()
{
  struct cudaDeviceProp properties;
  int count = 0, device = -1, value = 0;

  assert_cuda (cudaGetDeviceCount (&count));
  g_assert_cmpint (count, ==, 2);
  assert_cuda (cudaGetDevice (&device));
  g_assert_cmpint (device, ==, 0);
  g_assert_cmpint (cudaSetDevice (2), ==, cudaErrorInvalidDevice);
  g_assert_cmpint (cudaSetDevice (-1), ==, cudaErrorInvalidDevice);
  assert_cuda (cudaGetDeviceProperties (&properties, 1));
  g_assert_cmpint (properties.warpSize, ==, 32);
  g_assert_cmpuint (properties.sharedMemPerBlock, ==, 48 << 10);
  assert_cuda (cudaDeviceGetAttribute (
      &value, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0));
  g_assert_cmpint (value, ==, 163 << 10);
  assert_cuda (cudaRuntimeGetVersion (&value));
  g_assert_cmpint (value, ==, CUDART_VERSION);
}

/* each host thread has a current device of its own, and an error */
static void
test_state_of_threads ()
{
  const GThreadFunc look = [] (gpointer) -> gpointer {
    int device = -1;

    assert_cuda (cudaGetDevice (&device));
    assert_cuda (cudaGetLastError ());
    return GINT_TO_POINTER (device);
  };

  assert_cuda (cudaSetDevice (1));
  g_assert_cmpint (cudaSetDevice (7), ==, cudaErrorInvalidDevice);
  g_assert_cmpint (
      GPOINTER_TO_INT (g_thread_join (g_thread_new ("look", look, NULL))), ==,
      0);
  g_assert_cmpint (cudaGetLastError (), ==, cudaErrorInvalidDevice);
  assert_cuda (cudaSetDevice (0));
}

static void
test_no_device_subprocess ()
{
  int count = 77;

  g_assert_cmpint (cudaGetDeviceCount (&count), ==, cudaErrorNoDevice);
  g_assert_cmpint (count, ==, 77);
  g_assert_cmpstr (
      cudaGetErrorName (cudaErrorNoDevice), ==, "cudaErrorNoDevice");
}

static void
test_no_device ()
{
  if (g_test_subprocess ()) {
    test_no_device_subprocess ();
    return;
  }
  g_setenv ("NF_CUDA_DEVICES", "0", TRUE);
  g_test_trap_subprocess (NULL, 0, static_cast<GTestSubprocessFlags> (0));
  g_unsetenv ("NF_CUDA_DEVICES");
  g_test_trap_assert_passed ();
}

/* each device has memory of its own */
static void
test_memory_limit ()
{
  size_t free_before, free_now, total;
  void *data, *more = NULL;

  if (!g_test_subprocess ()) {
    g_setenv ("NF_CUDA_MEMORY", "1000000", TRUE);
    g_test_trap_subprocess (NULL, 0, static_cast<GTestSubprocessFlags> (0));
    g_unsetenv ("NF_CUDA_MEMORY");
    g_test_trap_assert_passed ();
    return;
  }
  assert_cuda (cudaMemGetInfo (&free_before, &total));
  g_assert_cmpuint (total, ==, 1000000);
  assert_cuda (cudaMalloc (&data, 600000));
  assert_cuda (cudaMemGetInfo (&free_now, &total));
  g_assert_cmpuint (free_before - free_now, ==, 600000);
  g_assert_cmpint (cudaMalloc (&more, 600000), ==, cudaErrorMemoryAllocation);
  g_assert_null (more);
  g_assert_cmpint (cudaGetLastError (), ==, cudaErrorMemoryAllocation);
  assert_cuda (cudaSetDevice (1));
  assert_cuda (cudaMalloc (&more, 600000));
  assert_cuda (cudaFree (more));
  assert_cuda (cudaFree (data));
}

static void
test_fresh_memory_is_nan ()
{
  OnDevice<float> data (100);

  for (float value : data.values ())
    g_assert_true (isnan (value));
}

static void
test_free_fails ()
{
  char *data, *pinned;

  assert_cuda (cudaMalloc (&data, 64));
  assert_cuda (cudaMallocHost (&pinned, 64));
  const cudaError_t errors[] = { cudaFree (data + 1), cudaFree (&data),
    cudaFree (pinned), cudaFreeHost (data) };

  for (cudaError_t error : errors)
    g_assert_cmpint (error, ==, cudaErrorInvalidValue);
  assert_cuda (cudaFree (data));
  g_assert_cmpint (cudaFree (data), ==, cudaErrorInvalidValue);
  assert_cuda (cudaFreeHost (pinned));
  assert_cuda (cudaFree (NULL));
  cudaGetLastError ();
}

/* every kind of copy, in steps that are not whole allocations */
static void
test_copies ()
{
  OnDevice<char> a (100), b (100);
  char in[100], out[100] = {};

  for (int i = 0; i < 100; i++)
    in[i] = i;
  assert_cuda (cudaMemcpy (a.data (), in, 100, cudaMemcpyHostToDevice));
  assert_cuda (cudaMemset (b.data (), 9, 100));
  assert_cuda (
      cudaMemcpy (b.data () + 1, a.data () + 40, 60, cudaMemcpyDefault));
  assert_cuda (cudaMemcpy (out + 2, b.data (), 98, cudaMemcpyDeviceToHost));
  g_assert_cmpint (out[2], ==, 9);
  g_assert_cmpint (out[3], ==, 40);
  g_assert_cmpint (out[62], ==, 99);
  g_assert_cmpint (out[63], ==, 9);
  assert_cuda (cudaMemcpy2D (
      b.data (), 20, a.data () + 5, 10, 3, 4, cudaMemcpyDeviceToDevice));
  assert_cuda (cudaMemcpy (out, b.data (), 100, cudaMemcpyDefault));
  for (int i = 0; i < 12; i++)
    g_assert_cmpint (out[i / 3 * 20 + i % 3], ==, 5 + i / 3 * 10 + i % 3);
}

static void
test_copies_fail ()
{
  OnDevice<char> a (100), b (100);
  char host[200];
  char *other;

  assert_cuda (cudaSetDevice (1));
  assert_cuda (cudaMalloc (&other, 100));
  assert_cuda (cudaSetDevice (0));
  const cudaError_t errors[] = {
    cudaMemcpy (host, host, 10, cudaMemcpyHostToDevice),
    cudaMemcpy (a.data (), b.data (), 10, cudaMemcpyHostToDevice),
    cudaMemcpy (a.data (), host, 10, cudaMemcpyDeviceToDevice),
    cudaMemcpy (a.data (), host, 101, cudaMemcpyHostToDevice),
    cudaMemcpy (host, a.data () + 50, 51, cudaMemcpyDeviceToHost),
    cudaMemcpy (a.data (), other, 10, cudaMemcpyDeviceToDevice),
    cudaMemset (a.data () + 100, 0, 1),
    cudaMemset (host, 0, 1),
    cudaMemcpyPeerAsync (a.data (), 0, other, 0, 10, nullptr),
  };

  for (cudaError_t error : errors)
    g_assert_cmpint (error, ==, cudaErrorInvalidValue);
  assert_cuda (cudaMemcpyPeerAsync (a.data (), 0, other, 1, 10, nullptr));
  assert_cuda (cudaDeviceSynchronize ());
  assert_cuda (cudaFree (other));
  cudaGetLastError ();
}

static void
test_pointer_attributes ()
{
  OnDevice<char> device (100);
  struct cudaPointerAttributes attributes;
  char *pinned, pageable;

  assert_cuda (cudaMallocHost (&pinned, 10));
  assert_cuda (cudaPointerGetAttributes (&attributes, device.data () + 5));
  g_assert_cmpint (attributes.type, ==, cudaMemoryTypeDevice);
  assert_cuda (cudaPointerGetAttributes (&attributes, pinned));
  g_assert_cmpint (attributes.type, ==, cudaMemoryTypeHost);
  assert_cuda (cudaPointerGetAttributes (&attributes, &pageable));
  g_assert_cmpint (attributes.type, ==, cudaMemoryTypeUnregistered);
  assert_cuda (cudaFreeHost (pinned));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/runtime/devices", test_devices);
  g_test_add_func ("/runtime/state-of-threads", test_state_of_threads);
  g_test_add_func ("/runtime/no-device", test_no_device);
  g_test_add_func ("/runtime/memory-limit", test_memory_limit);
  g_test_add_func ("/runtime/fresh-memory-is-nan", test_fresh_memory_is_nan);
  g_test_add_func ("/runtime/free-fails", test_free_fails);
  g_test_add_func ("/runtime/copies", test_copies);
  g_test_add_func ("/runtime/copies-fail", test_copies_fail);
  g_test_add_func ("/runtime/pointer-attributes", test_pointer_attributes);
  return g_test_run ();
}
