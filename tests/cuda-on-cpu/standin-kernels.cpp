/* SPDX-License-Identifier: MIT
 *
 * standin-kernels — cudart: launches, attributes of kernels, host functions
 *
 * With NF_CUDA_NO_SHARED=1 no kernel gets more shared memory than all have. */
#include "kernels.h"
#include "launch.h"
#include "standin.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>

namespace runner {

static std::mutex limits_mutex;
static std::map<const void *, int> shared_limits;

/* "conv_kernel<float, 4>" of "conv_kernel<float, 4>, grid, block, ..." */
static std::string
first_argument (const char *text)
{
  int depth = 0;
  const char *end = text;

  for (; *end != '\0' && (*end != ',' || depth > 0); end++) {
    if (*end == '<' || *end == '(')
      depth++;
    if (*end == '>' || *end == ')')
      depth--;
  }
  return std::string (text, end);
}

static size_t
shared_limit (const void *function)
{
  std::lock_guard<std::mutex> lock (limits_mutex);
  const auto found = shared_limits.find (function);

  return found != shared_limits.end () ? found->second : 0;
}

/* kernels reach memory of their device and pinned memory, nothing else */
static void
check_pointers (const KernelCall &call, const std::string &name, int device)
{
  int number = 0;

  for (const void *pointer : call.pointers) {
    const Memory memory = memory_of (pointer);

    number++;
    if (pointer == nullptr || memory.kind == MemoryKind::pinned)
      continue;
    if (memory.kind == MemoryKind::pageable)
      die ("%s: argument %d, %p, is not device memory", name.c_str (), number,
          pointer);
    if (memory.context != nullptr)
      die ("%s: argument %d, %p, is memory of another context", name.c_str (),
          number, pointer);
    if (memory.device != device)
      die ("%s: argument %d, %p, is memory of device %d, the stream is of "
           "device %d",
          name.c_str (), number, pointer, memory.device, device);
  }
}

static void
run_body (const void *closure)
{
  (*static_cast<const std::function<void ()> *> (closure)) ();
}

void
launch_kernel (const KernelCall &call)
{
  const std::string name = first_argument (call.text);
  const int device = device_of (call.stream);
  Launch launch = {};

  launch.grid = call.grid;
  launch.block = call.block;
  launch.shared = call.shared;
  launch.name = name.c_str ();
  launch_check (launch, shared_limit (call.function));
  if (device < 0)
    die ("%s: launched on a stream that is not", name.c_str ());
  if (device != current_device ())
    die ("%s: the stream is of device %d, the current device is %d",
        name.c_str (), device, current_device ());
  check_pointers (call, name, device);
  submit (call.stream,
      { WorkKind::kernel, call.function, [launch, name, body = call.body] {
         Launch own = launch;

         own.name = name.c_str ();
         own.body = run_body;
         own.closure = &body;
         launch_run (&own);
       } });
}

} // namespace runner

using namespace runner;

cudaError_t
cudaFuncSetAttribute (
    const void *function, enum cudaFuncAttribute attribute, int value)
{
  if (attribute == cudaFuncAttributePreferredSharedMemoryCarveout)
    return cudaSuccess;
  if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize || value < 0
      || value > shared_opt_in () || getenv ("NF_CUDA_NO_SHARED") != nullptr)
    return fail (cudaErrorInvalidValue);
  std::lock_guard<std::mutex> lock (limits_mutex);

  shared_limits[function] = value;
  return cudaSuccess;
}

cudaError_t
cudaFuncGetAttributes (
    struct cudaFuncAttributes *attributes, const void *function)
{
  memset (attributes, 0, sizeof *attributes);
  attributes->maxThreadsPerBlock = MAX_THREADS;
  attributes->maxDynamicSharedSizeBytes =
      static_cast<int> (std::max (SHARED_BYTES, shared_limit (function)));
  attributes->ptxVersion = attributes->binaryVersion = compute_capability ();
  return cudaSuccess;
}

cudaError_t
cudaOccupancyMaxActiveBlocksPerMultiprocessor (
    int *blocks, const void *, int block_size, size_t)
{
  if (block_size <= 0)
    return fail (cudaErrorInvalidValue);
  *blocks = 2 * MAX_THREADS / block_size;
  return cudaSuccess;
}

cudaError_t
cudaLaunchHostFunc (cudaStream_t stream, cudaHostFn_t function, void *data)
{
  return submit (stream,
      { WorkKind::host, reinterpret_cast<const void *> (function),
          [function, data] {
            HostFunctionScope scope;

            function (data);
          } });
}
