/* SPDX-License-Identifier: MIT
 *
 * standin — what the stand-ins for NVIDIA's libraries share
 *
 * They take the place of libcudart and so on: the same functions, for devices
 * that are this computer. Calls that the manual does not allow give the error
 * codes that it names, and a line on stderr that says why. */
#pragma once

#include "graphs.h"
#include "memory.h"

#include <cuda_runtime_api.h>

struct CUstream_st
{
  std::shared_ptr<runner::Queue> queue;
};

namespace runner {

/* standin-device.cpp */

/* remembers an error for cudaGetLastError () */
cudaError_t fail (cudaError_t error);

/* the same, and says why */
cudaError_t fail_because (cudaError_t error, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

int current_device ();

/* stops the program where the calling thread uses device @used without having
 * called cudaSetDevice (): NVIDIA's runtime starts device 0 for such a thread,
 * which takes hundreds of MiB that nobody asked for */
void check_chosen (int used);

int device_count ();
int compute_capability (); /* of all devices, times ten */
int shared_opt_in (); /* bytes of shared memory that a block may ask for */

/* standin-memory.cpp */

/* FALSE, with a line on stderr, where @address is not device memory of
 * @device that goes on for @bytes; @who: for that line */
bool on_device (const void *address, size_t bytes, int device, const char *who);

/* standin-streams.cpp */

/* nullptr: there is no such stream; the lock is held */
std::shared_ptr<Queue> queue_of (cudaStream_t stream);

/* device of a stream; -1: there is no such stream */
int device_of (cudaStream_t stream);

/* queues work, or captures it */
cudaError_t submit (cudaStream_t stream, Work work);

/* the same for work that waits for other processes, see QueueItem; it cannot be
 * captured */
cudaError_t submit_external (cudaStream_t stream, std::function<bool ()> ready,
    std::function<void ()> run);

/* the same for work of cuDNN and cuBLAS; @function tells calls apart */
inline cudaError_t
submit_library (cudaStream_t stream, WorkKind kind, const void *function,
    std::function<void ()> run)
{
  return submit (stream, { kind, function, std::move (run) });
}

/* an error where a capture forbids calls like cudaMalloc () */
cudaError_t check_unsafe_call ();

/* an error within a function that cudaLaunchHostFunc () calls */
cudaError_t check_caller ();

/* marks the calling thread as one that runs such a function */
class HostFunctionScope {
public:
  HostFunctionScope ();
  ~HostFunctionScope ();
};

} // namespace runner
