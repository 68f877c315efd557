/* SPDX-License-Identifier: MIT
 *
 * standin-memory — cudart: allocations, copies and fills
 *
 * A copy is refused where an address is not of the kind that it says, not of
 * the device, or where it runs over an allocation's end. Copies from pageable
 * memory take it at the call, those from pinned memory when they are done.
 * A test can make allocations fail (standin-allocations.h). */
#include "standin-allocations.h"
#include "standin-driver.h"
#include "standin.h"

#include <cstring>
#include <memory>
#include <mutex>

namespace runner {

bool
on_device (const void *address, size_t bytes, int device, const char *who)
{
  const Memory memory = memory_of (address);
  const char *at = static_cast<const char *> (address);

  if (memory.kind != MemoryKind::device)
    fail_because (
        cudaErrorInvalidValue, "%s: %p is not device memory", who, address);
  else if (memory.device != device)
    fail_because (cudaErrorInvalidValue,
        "%s: %p is memory of device %d, used on device %d", who, address,
        memory.device, device);
  else if (memory.context != memory_context ())
    fail_because (cudaErrorInvalidValue,
        "%s: %p is memory of another context of the device", who, address);
  else if (at + bytes > memory.base + memory.bytes)
    fail_because (cudaErrorInvalidValue,
        "%s: %zu bytes from %p run over the end of an allocation of %zu bytes "
        "at %p",
        who, bytes, address, memory.bytes, memory.base);
  else
    return true;
  return false;
}

/* host memory that a copy may use: pinned to its end, or any other */
static bool
on_host (const void *address, size_t bytes, const char *who)
{
  const Memory memory = memory_of (address);
  const char *at = static_cast<const char *> (address);

  if (memory.kind == MemoryKind::device && at < memory.base + memory.bytes)
    fail_because (
        cudaErrorInvalidValue, "%s: %p is device memory", who, address);
  else if (memory.kind == MemoryKind::pinned && at < memory.base + memory.bytes
      && at + bytes > memory.base + memory.bytes)
    fail_because (cudaErrorInvalidValue,
        "%s: %zu bytes from %p run over the end of pinned memory", who, bytes,
        address);
  else
    return true;
  return false;
}

static bool
is_device_memory (const void *address)
{
  const Memory memory = memory_of (address);

  return memory.kind == MemoryKind::device
      && static_cast<const char *> (address) < memory.base + memory.bytes;
}

static bool
is_pageable (const void *address)
{
  return memory_of (address).kind == MemoryKind::pageable;
}

/* where an address has to lie */
enum class Side
{
  host,
  device
};

static bool
sides_of (
    cudaMemcpyKind kind, const void *dst, const void *src, Side *to, Side *from)
{
  switch (kind) {
    case cudaMemcpyHostToHost:
      *to = *from = Side::host;
      return true;
    case cudaMemcpyHostToDevice:
      *to = Side::device;
      *from = Side::host;
      return true;
    case cudaMemcpyDeviceToHost:
      *to = Side::host;
      *from = Side::device;
      return true;
    case cudaMemcpyDeviceToDevice:
      *to = *from = Side::device;
      return true;
    case cudaMemcpyDefault:
      *to = is_device_memory (dst) ? Side::device : Side::host;
      *from = is_device_memory (src) ? Side::device : Side::host;
      return true;
    default:
      return false;
  }
}

static bool
lies_on (Side side, const void *address, size_t bytes, int device)
{
  return side == Side::device ? on_device (address, bytes, device, "a copy")
                              : on_host (address, bytes, "a copy");
}

/* rows of @width bytes; a plain copy has one of them */
struct Copy
{
  void *dst;
  size_t dst_pitch;
  const void *src;
  size_t src_pitch;
  size_t width, height;
};

static size_t
extent (const Copy &copy, size_t pitch)
{
  return (copy.height - 1) * pitch + copy.width;
}

static void
copy_rows (const Copy &copy)
{
  for (size_t row = 0; row < copy.height; row++)
    memmove (static_cast<char *> (copy.dst) + row * copy.dst_pitch,
        static_cast<const char *> (copy.src) + row * copy.src_pitch,
        copy.width);
}

/* takes pageable memory as it is now */
static std::function<void ()>
with_own_source (const Copy &copy)
{
  const size_t bytes = extent (copy, copy.src_pitch);
  const char *src = static_cast<const char *> (copy.src);
  const auto kept = std::make_shared<std::vector<char>> (src, src + bytes);

  return [copy, kept] {
    Copy from_kept = copy;

    from_kept.src = kept->data ();
    copy_rows (from_kept);
  };
}

static bool
is_capturing (cudaStream_t stream)
{
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;

  return cudaStreamIsCapturing (stream, &status) == cudaSuccess
      && status != cudaStreamCaptureStatusNone;
}

/* @device: whose memory both sides must be, where they are a device's */
static cudaError_t
copy_async (const Copy &copy, cudaMemcpyKind kind, int dst_device,
    int src_device, cudaStream_t stream)
{
  Side to, from;
  std::function<void ()> run = [copy] { copy_rows (copy); };
  cudaError_t error;

  if (copy.width == 0 || copy.height == 0)
    return cudaSuccess;
  if (!sides_of (kind, copy.dst, copy.src, &to, &from))
    return fail (cudaErrorInvalidMemcpyDirection);
  if (!lies_on (to, copy.dst, extent (copy, copy.dst_pitch), dst_device)
      || !lies_on (from, copy.src, extent (copy, copy.src_pitch), src_device))
    return cudaErrorInvalidValue;
  const bool take_now = from == Side::host && is_pageable (copy.src);
  const bool wait = to == Side::host && is_pageable (copy.dst);

  if ((take_now || wait) && is_capturing (stream)) {
    submit (stream, { WorkKind::copy, nullptr, nullptr });
    return fail_because (cudaErrorStreamCaptureUnsupported,
        "a copy of pageable memory in a graph");
  }
  if (is_dry () && to == Side::host)
    memset (copy.dst, 0, extent (copy, copy.dst_pitch));
  if (take_now && lazy_seed () != 0)
    run = with_own_source (copy);
  error = submit (stream, { WorkKind::copy, nullptr, std::move (run) });
  return error == cudaSuccess && wait ? cudaStreamSynchronize (stream) : error;
}

static cudaError_t
copy_on (const Copy &copy, cudaMemcpyKind kind, cudaStream_t stream)
{
  const int device = device_of (stream);

  if (device < 0)
    return fail (cudaErrorInvalidResourceHandle);
  return copy_async (copy, kind, device, device, stream);
}

/* in the legacy default stream, done on return */
static cudaError_t
copy_now (const Copy &copy, cudaMemcpyKind kind)
{
  cudaError_t error = check_unsafe_call ();

  if (error == cudaSuccess)
    error = copy_on (copy, kind, nullptr);
  return error == cudaSuccess ? cudaStreamSynchronize (nullptr) : error;
}

static Copy
row (void *dst, const void *src, size_t bytes)
{
  return { dst, bytes, src, bytes, bytes, 1 };
}

static std::mutex planted_mutex;
static NfStandinAllocations planted; /* what happened so far */
static int planted_first, planted_count;

static bool
is_any_capturing ()
{
  Lock lock = lock_queues ();

  return !queues_capturing ().empty ();
}

/* whether this allocation is one of those that are to fail */
static bool
is_to_fail ()
{
  const bool capturing = is_any_capturing ();
  const std::lock_guard<std::mutex> guard (planted_mutex);
  const int number = ++planted.made;

  if (planted_first == 0 || number < planted_first
      || number >= planted_first + planted_count)
    return false;
  planted.failed++;
  planted.captured += capturing;
  return true;
}

static cudaError_t
allocate (MemoryKind kind, void **address, size_t bytes)
{
  const cudaError_t error = check_unsafe_call ();

  if (error != cudaSuccess)
    return error;
  *address = nullptr;
  if (bytes == 0)
    return cudaSuccess;
  if (is_to_fail ())
    return fail (cudaErrorMemoryAllocation);
  *address = memory_new (kind, current_device (), bytes);
  return *address != nullptr ? cudaSuccess : fail (cudaErrorMemoryAllocation);
}

/* Freeing waits for the device. */
static cudaError_t
release (MemoryKind kind, void *address)
{
  const cudaError_t error = check_unsafe_call ();

  if (error != cudaSuccess || address == nullptr)
    return error;
  if (kind == MemoryKind::device)
    check_chosen (memory_of (address).device);
  Lock lock = lock_queues ();

  queues_finish (lock, memory_of (address).device);
  lock.unlock ();
  if (memory_free (kind, address))
    return cudaSuccess;
  return fail_because (cudaErrorInvalidValue,
      "%p is freed, which is not the begin of an allocation", address);
}

} // namespace runner

using namespace runner;

/* for standin-driver.c, which knows contexts */
extern "C" void
nf_standin_use_context (const void *context)
{
  memory_use_context (context);
}

extern "C" void
nf_standin_allocations (int first, int count, NfStandinAllocations *so_far)
{
  const std::lock_guard<std::mutex> guard (planted_mutex);

  *so_far = planted;
  planted = {};
  planted_first = first;
  planted_count = count;
}

cudaError_t
cudaMalloc (void **address, size_t bytes)
{
  return allocate (MemoryKind::device, address, bytes);
}

cudaError_t
cudaMallocHost (void **address, size_t bytes)
{
  return allocate (MemoryKind::pinned, address, bytes);
}

cudaError_t
cudaHostAlloc (void **address, size_t bytes, unsigned int)
{
  return allocate (MemoryKind::pinned, address, bytes);
}

cudaError_t
cudaFree (void *address)
{
  return release (MemoryKind::device, address);
}

cudaError_t
cudaFreeHost (void *address)
{
  return release (MemoryKind::pinned, address);
}

cudaError_t
cudaMemcpyAsync (void *dst, const void *src, size_t bytes,
    enum cudaMemcpyKind kind, cudaStream_t stream)
{
  return copy_on (row (dst, src, bytes), kind, stream);
}

cudaError_t
cudaMemcpy (void *dst, const void *src, size_t bytes, enum cudaMemcpyKind kind)
{
  return copy_now (row (dst, src, bytes), kind);
}

cudaError_t
cudaMemcpy2DAsync (void *dst, size_t dst_pitch, const void *src,
    size_t src_pitch, size_t width, size_t height, enum cudaMemcpyKind kind,
    cudaStream_t stream)
{
  if (width > dst_pitch || width > src_pitch)
    return fail (cudaErrorInvalidPitchValue);
  return copy_on (
      { dst, dst_pitch, src, src_pitch, width, height }, kind, stream);
}

cudaError_t
cudaMemcpy2D (void *dst, size_t dst_pitch, const void *src, size_t src_pitch,
    size_t width, size_t height, enum cudaMemcpyKind kind)
{
  if (width > dst_pitch || width > src_pitch)
    return fail (cudaErrorInvalidPitchValue);
  return copy_now ({ dst, dst_pitch, src, src_pitch, width, height }, kind);
}

cudaError_t
cudaMemcpyPeerAsync (void *dst, int dst_device, const void *src, int src_device,
    size_t bytes, cudaStream_t stream)
{
  return copy_async (row (dst, src, bytes), cudaMemcpyDeviceToDevice,
      dst_device, src_device, stream);
}

cudaError_t
cudaMemsetAsync (void *dst, int value, size_t bytes, cudaStream_t stream)
{
  const int device = device_of (stream);

  if (device < 0)
    return fail (cudaErrorInvalidResourceHandle);
  if (bytes == 0)
    return cudaSuccess;
  if (!on_device (dst, bytes, device, "a fill"))
    return cudaErrorInvalidValue;
  return submit (
      stream, { WorkKind::fill, nullptr, [=] { memset (dst, value, bytes); } });
}

cudaError_t
cudaMemset (void *dst, int value, size_t bytes)
{
  return cudaMemsetAsync (dst, value, bytes, nullptr);
}

cudaError_t
cudaPointerGetAttributes (
    struct cudaPointerAttributes *attributes, const void *address)
{
  const Memory memory = memory_of (address);

  memset (attributes, 0, sizeof *attributes);
  attributes->device = memory.device;
  attributes->type = cudaMemoryTypeUnregistered;
  if (memory.kind == MemoryKind::device)
    attributes->type = cudaMemoryTypeDevice;
  if (memory.kind == MemoryKind::pinned)
    attributes->type = cudaMemoryTypeHost;
  if (memory.kind == MemoryKind::device)
    attributes->devicePointer = const_cast<void *> (address);
  else
    attributes->hostPointer = const_cast<void *> (address);
  return cudaSuccess;
}
