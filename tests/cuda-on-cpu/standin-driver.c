/* SPDX-License-Identifier: MIT
 *
 * standin-driver — what GStreamer's CUDA library asks of NVIDIA's driver
 *
 * A libcuda.so.1 for LD_LIBRARY_PATH, with which GstCudaContext, GstCudaMemory
 * and GstCudaBufferPool work on the CPU. Devices and memory are those of the
 * runtime's stand-ins, in the module that NEXTFRAME_MODULE_PATH names, so that
 * these check its addresses: memory of one context is not reached by copies of
 * another, nor by kernels, which run in the primary one. It counts copies between host and device. What no
 * memory needs (graphics, textures, kernels, streams of one's own) is not
 * supported. */
#include "standin-driver.h"

#include <cuda.h>
#include <cuda_runtime_api.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 16 /* of a thread's stack of contexts */
#define MAX_DEVICES 16
#define PITCH_ALIGNMENT 512

struct CUctx_st
{
  int device;
};

static struct CUctx_st primaries[MAX_DEVICES]; /* a device's primary context */

static __thread CUcontext stack[MAX_DEPTH];
static __thread int depth;

static struct
{
  cudaError_t (*GetDeviceCount) (int *);
  cudaError_t (*GetDevice) (int *);
  cudaError_t (*GetLastError) (void);
  cudaError_t (*SetDevice) (int);
  cudaError_t (*DeviceGetAttribute) (int *, enum cudaDeviceAttr, int);
  cudaError_t (*Malloc) (void **, size_t);
  cudaError_t (*Free) (void *);
  cudaError_t (*MallocHost) (void **, size_t);
  cudaError_t (*FreeHost) (void *);
  cudaError_t (*Memcpy2D) (void *, size_t, const void *, size_t, size_t, size_t,
      enum cudaMemcpyKind);
  void (*use_context) (const void *);
} runtime;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int loaded;
static int uploads, downloads, copies;

static void
load (void)
{
  const char *folder = getenv ("NEXTFRAME_MODULE_PATH");
  char path[4096];
  void *module;

  snprintf (path, sizeof path, "%s/libnfcuda.so", folder ? folder : ".");
  module = dlopen (path, RTLD_NOW | RTLD_LOCAL);
  if (module == NULL) {
    fprintf (stderr, "standin-driver: %s\n", dlerror ());
    return;
  }
  loaded = 1;
#define LOAD(name)                                                             \
  if ((*(void **) &runtime.name = dlsym (module, "cuda" #name)) == NULL)       \
    loaded = 0;
  LOAD (GetDeviceCount)
  LOAD (GetDevice)
  LOAD (GetLastError)
  LOAD (SetDevice)
  LOAD (DeviceGetAttribute)
  LOAD (Malloc)
  LOAD (Free)
  LOAD (MallocHost)
  LOAD (FreeHost)
  LOAD (Memcpy2D)
#undef LOAD
  *(void **) &runtime.use_context = dlsym (module, "nf_standin_use_context");
  if (runtime.use_context == NULL)
    loaded = 0;
  if (!loaded)
    fprintf (stderr, "standin-driver: %s has no stand-ins\n", path);
}

void
nf_standin_driver_counts (NfStandinDriverCounts *counts)
{
  counts->uploads = __atomic_load_n (&uploads, __ATOMIC_SEQ_CST);
  counts->downloads = __atomic_load_n (&downloads, __ATOMIC_SEQ_CST);
  counts->copies = __atomic_load_n (&copies, __ATOMIC_SEQ_CST);
}

/* one that is declared, and one that is not in every cuda.h */
#define CALL(name, args)                                                       \
  CUresult name args;                                                          \
  CUresult name args

/* the runtime does not remember errors of the driver's functions */
static CUresult
result_of (cudaError_t error)
{
  if (error != cudaSuccess)
    runtime.GetLastError ();
  switch (error) {
    case cudaSuccess:
      return CUDA_SUCCESS;
    case cudaErrorMemoryAllocation:
      return CUDA_ERROR_OUT_OF_MEMORY;
    default:
      return CUDA_ERROR_INVALID_VALUE;
  }
}

static int
has_context (void)
{
  return depth > 0;
}

/* the current context; the runtime's device is the thread's own business, so
 * leave () puts it back */
static int
enter (void)
{
  const CUcontext context = stack[depth - 1];
  int before = 0;

  runtime.GetDevice (&before);
  runtime.SetDevice (context->device);
  runtime.use_context (context == &primaries[context->device] ? NULL : context);
  return before;
}

static void
leave (int before)
{
  runtime.SetDevice (before);
  runtime.use_context (NULL);
}

CALL (cuInit, (unsigned int flags))
{
  pthread_once (&once, load);
  return loaded ? CUDA_SUCCESS : CUDA_ERROR_NO_DEVICE;
}

CALL (cuDriverGetVersion, (int *version))
{
  *version = CUDA_VERSION;
  return CUDA_SUCCESS;
}

CALL (cuGetErrorName, (CUresult error, const char **name))
{
  *name = error == CUDA_ERROR_OUT_OF_MEMORY ? "CUDA_ERROR_OUT_OF_MEMORY"
                                            : "CUDA_ERROR";
  return CUDA_SUCCESS;
}

CALL (cuGetErrorString, (CUresult error, const char **text))
{
  return cuGetErrorName (error, text);
}

CALL (cuDeviceGetCount, (int *count))
{
  return result_of (runtime.GetDeviceCount (count));
}

CALL (cuDeviceGet, (CUdevice * device, int ordinal))
{
  int count = 0;

  if (!loaded)
    return CUDA_ERROR_NOT_INITIALIZED;
  runtime.GetDeviceCount (&count);
  *device = ordinal;
  return ordinal >= 0 && ordinal < count ? CUDA_SUCCESS
                                         : CUDA_ERROR_INVALID_DEVICE;
}

CALL (cuDeviceGetName, (char *name, int length, CUdevice device))
{
  snprintf (name, (size_t) length, "stand-in %d", device);
  return CUDA_SUCCESS;
}

CALL (cuDeviceGetAttribute,
    (int *value, CUdevice_attribute attribute, CUdevice device))
{
  *value = attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR ? 8
      : attribute == CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT ? PITCH_ALIGNMENT
                                                           : 0;
  return CUDA_SUCCESS;
}

CALL (cuDeviceCanAccessPeer, (int *can, CUdevice device, CUdevice peer))
{
  *can = 0;
  return CUDA_SUCCESS;
}

CALL (
    cuCtxCreate_v2, (CUcontext * context, unsigned int flags, CUdevice device))
{
  if (depth == MAX_DEPTH)
    return CUDA_ERROR_INVALID_CONTEXT;
  *context = malloc (sizeof **context);
  (*context)->device = device;
  stack[depth++] = *context;
  return CUDA_SUCCESS;
}

CALL (cuCtxDestroy_v2, (CUcontext context))
{
  free (context);
  return CUDA_SUCCESS;
}

CALL (cuDevicePrimaryCtxRetain, (CUcontext * context, CUdevice device))
{
  if (device < 0 || device >= MAX_DEVICES)
    return CUDA_ERROR_INVALID_DEVICE;
  primaries[device].device = device;
  *context = &primaries[device];
  return CUDA_SUCCESS;
}

CALL (cuCtxPushCurrent_v2, (CUcontext context))
{
  if (context == NULL || depth == MAX_DEPTH)
    return CUDA_ERROR_INVALID_CONTEXT;
  stack[depth++] = context;
  return CUDA_SUCCESS;
}

CALL (cuCtxPopCurrent_v2, (CUcontext * context))
{
  if (!has_context ())
    return CUDA_ERROR_INVALID_CONTEXT;
  depth--;
  if (context != NULL)
    *context = stack[depth];
  return CUDA_SUCCESS;
}

CALL (cuMemAlloc_v2, (CUdeviceptr * address, size_t bytes))
{
  void *memory = NULL;
  cudaError_t error;
  int before;

  if (!has_context ())
    return CUDA_ERROR_INVALID_CONTEXT;
  before = enter ();
  error = runtime.Malloc (&memory, bytes);
  leave (before);
  *address = (CUdeviceptr) memory;
  return result_of (error);
}

/* rows are further apart than they need to be, as on a device */
CALL (cuMemAllocPitch_v2,
    (CUdeviceptr * address, size_t *pitch, size_t width, size_t height,
        unsigned int element))
{
  *pitch = (width + PITCH_ALIGNMENT - 1) / PITCH_ALIGNMENT * PITCH_ALIGNMENT;
  return cuMemAlloc_v2 (address, *pitch * height);
}

CALL (cuMemFree_v2, (CUdeviceptr address))
{
  return has_context () ? result_of (runtime.Free ((void *) address))
                        : CUDA_ERROR_INVALID_CONTEXT;
}

CALL (cuMemAllocHost_v2, (void **memory, size_t bytes))
{
  return has_context () ? result_of (runtime.MallocHost (memory, bytes))
                        : CUDA_ERROR_INVALID_CONTEXT;
}

CALL (cuMemFreeHost, (void *memory))
{
  return has_context () ? result_of (runtime.FreeHost (memory))
                        : CUDA_ERROR_INVALID_CONTEXT;
}

static void
count_copy (const CUDA_MEMCPY2D *copy)
{
  int *counter = copy->srcMemoryType == CU_MEMORYTYPE_HOST ? &uploads
      : copy->dstMemoryType == CU_MEMORYTYPE_HOST          ? &downloads
                                                           : &copies;

  __atomic_add_fetch (counter, 1, __ATOMIC_SEQ_CST);
}

CALL (cuMemcpy2D_v2, (const CUDA_MEMCPY2D *copy))
{
  const int from_host = copy->srcMemoryType == CU_MEMORYTYPE_HOST;
  const int to_host = copy->dstMemoryType == CU_MEMORYTYPE_HOST;
  const char *src = from_host ? copy->srcHost : (const void *) copy->srcDevice;
  char *dst = to_host ? copy->dstHost : (void *) copy->dstDevice;
  cudaError_t error;
  int before;

  if (!has_context ())
    return CUDA_ERROR_INVALID_CONTEXT;
  count_copy (copy);
  before = enter ();
  error =
      runtime.Memcpy2D (dst + copy->dstY * copy->dstPitch + copy->dstXInBytes,
          copy->dstPitch, src + copy->srcY * copy->srcPitch + copy->srcXInBytes,
          copy->srcPitch, copy->WidthInBytes, copy->Height,
          from_host     ? cudaMemcpyHostToDevice
              : to_host ? cudaMemcpyDeviceToHost
                        : cudaMemcpyDeviceToDevice);
  leave (before);
  return result_of (error);
}

CALL (cuMemcpy2DAsync_v2, (const CUDA_MEMCPY2D *copy, CUstream stream))
{
  return cuMemcpy2D_v2 (copy);
}

CALL (cuStreamSynchronize, (CUstream stream))
{
  return CUDA_SUCCESS;
}

/* looked up by libgstcuda, which does not load where one is missing */
#define NONE(name)                                                             \
  CUresult nf_none_##name (void) __asm__(#name);                               \
  CUresult nf_none_##name (void)                                               \
  {                                                                            \
    return CUDA_ERROR_NOT_SUPPORTED;                                           \
  }

NONE (cuCtxEnablePeerAccess)
NONE (cuCtxDisablePeerAccess)
NONE (cuGraphicsMapResources)
NONE (cuGraphicsUnmapResources)
NONE (cuGraphicsUnregisterResource)
NONE (cuGraphicsGLRegisterImage)
NONE (cuGraphicsGLRegisterBuffer)
NONE (cuGraphicsResourceSetMapFlags_v2)
NONE (cuGraphicsSubResourceGetMappedArray)
NONE (cuGraphicsResourceGetMappedPointer_v2)
NONE (cuGLGetDevices_v2)
NONE (cuStreamCreate)
NONE (cuStreamDestroy)
NONE (cuStreamDestroy_v2)
NONE (cuModuleLoadData)
NONE (cuModuleUnload)
NONE (cuModuleGetFunction)
NONE (cuTexObjectCreate)
NONE (cuTexObjectDestroy)
NONE (cuLaunchKernel)
/* since GStreamer 1.24 */
NONE (cuCtxGetLimit)
NONE (cuCtxSetLimit)
NONE (cuCtxSynchronize)
NONE (cuEventCreate)
NONE (cuEventDestroy_v2)
NONE (cuEventRecord)
NONE (cuEventSynchronize)
NONE (cuIpcCloseMemHandle)
NONE (cuIpcGetEventHandle)
NONE (cuIpcGetMemHandle)
NONE (cuIpcOpenEventHandle)
NONE (cuIpcOpenMemHandle)
NONE (cuMemcpyDtoD_v2)
NONE (cuMemcpyDtoDAsync_v2)
NONE (cuMemcpyDtoH_v2)
NONE (cuMemcpyDtoHAsync_v2)
NONE (cuMemcpyHtoD_v2)
NONE (cuMemcpyHtoDAsync_v2)
NONE (cuMemsetD2D8_v2)
NONE (cuMemsetD2D8Async)
NONE (cuMemsetD2D16_v2)
NONE (cuMemsetD2D16Async)
NONE (cuMemsetD2D32_v2)
NONE (cuMemsetD2D32Async)
