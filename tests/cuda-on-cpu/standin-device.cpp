/* SPDX-License-Identifier: MIT
 *
 * standin-device — cudart: devices, their properties, errors, versions
 *
 * There are two devices, or NF_CUDA_DEVICES, of compute capability 8.0, or, as
 * in 75, NF_CUDA_CAPABILITY. */
#include "scheduler.h"
#include "standin.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace runner {

constexpr int MULTIPROCESSORS = 4;
constexpr int CAPABILITY = 80;
constexpr int SHARED = 48 << 10;

static thread_local int device;
static thread_local bool chosen;
static thread_local cudaError_t last_error = cudaSuccess;

cudaError_t
fail (cudaError_t error)
{
  if (error != cudaSuccess)
    last_error = error;
  return error;
}

cudaError_t
fail_because (cudaError_t error, const char *format, ...)
{
  va_list args;

  fprintf (stderr, "cuda-on-cpu: %s: ", cudaGetErrorName (error));
  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  fprintf (stderr, "\n");
  return fail (error);
}

int
current_device ()
{
  return device;
}

void
check_chosen (int used)
{
  if (!chosen && used > 0)
    die (
        "a thread that has chosen no device uses device %d: the runtime starts "
        "device 0 for it",
        used);
}

int
device_count ()
{
  static const char *count = getenv ("NF_CUDA_DEVICES");

  return count != nullptr ? atoi (count) : 2;
}

int
compute_capability ()
{
  static const char *capability = getenv ("NF_CUDA_CAPABILITY");

  return capability != nullptr ? atoi (capability) : CAPABILITY;
}

int
shared_opt_in ()
{
  switch (compute_capability ()) {
    case 75:
      return 64 << 10;
    case 86:
    case 89:
    case 120:
    case 121:
      return 99 << 10;
    case 80:
    case 87:
      return 163 << 10;
    default:
      return 227 << 10;
  }
}

} // namespace runner

using namespace runner;

cudaError_t
cudaGetDeviceCount (int *count)
{
  if (device_count () <= 0)
    return fail (cudaErrorNoDevice);
  *count = device_count ();
  return cudaSuccess;
}

cudaError_t
cudaSetDevice (int number)
{
  if (number < 0 || number >= device_count ())
    return fail (cudaErrorInvalidDevice);
  device = number;
  chosen = true;
  return cudaSuccess;
}

cudaError_t
cudaGetDevice (int *number)
{
  *number = device;
  return cudaSuccess;
}

cudaError_t
cudaGetDeviceProperties (struct cudaDeviceProp *properties, int number)
{
  if (number < 0 || number >= device_count ())
    return fail (cudaErrorInvalidDevice);
  memset (properties, 0, sizeof *properties);
  snprintf (properties->name, sizeof properties->name, "CUDA on CPU");
  properties->totalGlobalMem = memory_limit ();
  properties->sharedMemPerBlock = SHARED;
  properties->sharedMemPerBlockOptin = shared_opt_in ();
  properties->sharedMemPerMultiprocessor = shared_opt_in () + 1024;
  properties->regsPerBlock = properties->regsPerMultiprocessor = 65536;
  properties->warpSize = LANES;
  properties->maxThreadsPerBlock = MAX_THREADS;
  properties->maxThreadsPerMultiProcessor = 2 * MAX_THREADS;
  properties->maxThreadsDim[0] = properties->maxThreadsDim[1] = MAX_THREADS;
  properties->maxThreadsDim[2] = 64;
  properties->maxGridSize[0] = 0x7fffffff;
  properties->maxGridSize[1] = properties->maxGridSize[2] = 65535;
  properties->major = compute_capability () / 10;
  properties->minor = compute_capability () % 10;
  properties->multiProcessorCount = MULTIPROCESSORS;
  properties->asyncEngineCount = 2;
  properties->unifiedAddressing = 1;
  properties->concurrentKernels = 1;
  properties->pciDeviceID = number;
  return cudaSuccess;
}

cudaError_t
cudaDeviceGetAttribute (int *value, enum cudaDeviceAttr attribute, int number)
{
  struct cudaDeviceProp properties;
  const cudaError_t error = cudaGetDeviceProperties (&properties, number);

  if (error != cudaSuccess)
    return error;
  switch (attribute) {
    case cudaDevAttrMaxThreadsPerBlock:
      *value = properties.maxThreadsPerBlock;
      return cudaSuccess;
    case cudaDevAttrMultiProcessorCount:
      *value = properties.multiProcessorCount;
      return cudaSuccess;
    case cudaDevAttrMaxSharedMemoryPerBlock:
      *value = SHARED;
      return cudaSuccess;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      *value = shared_opt_in ();
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMajor:
      *value = properties.major;
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMinor:
      *value = properties.minor;
      return cudaSuccess;
    case cudaDevAttrWarpSize:
      *value = properties.warpSize;
      return cudaSuccess;
    default:
      return fail_because (
          cudaErrorNotSupported, "no such attribute here: %d", attribute);
  }
}

cudaError_t
cudaDeviceCanAccessPeer (int *can, int number, int peer)
{
  if (number < 0 || number >= device_count () || peer < 0
      || peer >= device_count ())
    return fail (cudaErrorInvalidDevice);
  *can = 0;
  return cudaSuccess;
}

cudaError_t
cudaMemGetInfo (size_t *available, size_t *total)
{
  *total = memory_limit ();
  *available = *total - memory_used (device);
  return cudaSuccess;
}

cudaError_t
cudaRuntimeGetVersion (int *version)
{
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t
cudaDriverGetVersion (int *version)
{
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t
cudaGetLastError ()
{
  const cudaError_t error = last_error;

  last_error = cudaSuccess;
  return error;
}

cudaError_t
cudaPeekAtLastError ()
{
  return last_error;
}

/* those that come up here */
#define ERRORS(X)                                                              \
  X (cudaSuccess, "no error")                                                  \
  X (cudaErrorInvalidValue, "invalid argument")                                \
  X (cudaErrorMemoryAllocation, "out of memory")                               \
  X (cudaErrorInvalidDevice, "invalid device ordinal")                         \
  X (cudaErrorNoDevice, "no CUDA-capable device is detected")                  \
  X (cudaErrorInvalidMemcpyDirection, "invalid copy direction for memcpy")     \
  X (cudaErrorInvalidResourceHandle, "invalid resource handle")                \
  X (cudaErrorIllegalState,                                                    \
      "the operation cannot be performed in the present state")                \
  X (cudaErrorNotReady, "device not ready")                                    \
  X (cudaErrorNotPermitted, "operation not permitted")                         \
  X (cudaErrorNotSupported, "operation not supported")                         \
  X (cudaErrorStreamCaptureUnsupported,                                        \
      "operation not permitted when stream is capturing")                      \
  X (cudaErrorStreamCaptureInvalidated,                                        \
      "operation failed due to a previous error during capture")               \
  X (cudaErrorStreamCaptureMerge,                                              \
      "operation would result in a merge of separate capture sequences")       \
  X (cudaErrorStreamCaptureUnmatched,                                          \
      "capture was not ended in the same stream as it began")                  \
  X (cudaErrorStreamCaptureUnjoined, "capturing stream has unjoined work")     \
  X (cudaErrorStreamCaptureIsolation,                                          \
      "dependency created on uncaptured work in another stream")               \
  X (cudaErrorStreamCaptureImplicit,                                           \
      "operation would make the legacy stream depend on a capturing blocking " \
      "stream")                                                                \
  X (cudaErrorCapturedEvent,                                                   \
      "operation not permitted on an event last recorded in a capturing "      \
      "stream")                                                                \
  X (cudaErrorStreamCaptureWrongThread,                                        \
      "attempt to terminate a thread-local capture sequence from another "     \
      "thread")                                                                \
  X (cudaErrorGraphExecUpdateFailure,                                          \
      "the graph update was not performed because it included changes which "  \
      "violated constraints specific to instantiated graph update")

const char *
cudaGetErrorName (cudaError_t error)
{
#define ERROR_NAME(code, text)                                                 \
  if (error == code)                                                           \
    return #code;
  ERRORS (ERROR_NAME)
  return "unrecognized error code";
}

const char *
cudaGetErrorString (cudaError_t error)
{
#define ERROR_TEXT(code, text)                                                 \
  if (error == code)                                                           \
    return text;
  ERRORS (ERROR_TEXT)
  return "unrecognized error code";
}
