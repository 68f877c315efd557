/* SPDX-License-Identifier: MIT
 *
 * here — what a CUDA thread knows of itself: threadIdx, blockIdx and so on
 *
 * One a OS thread, set by the scheduler before it lets a CUDA thread run. */
#pragma once

#include <cuda_runtime.h>

namespace runner {

struct Block;

/**
 * Here:
 * @shared: dynamic shared memory
 * @running: the block that runs; nullptr outside of kernels
 */
struct Here
{
  uint3 thread, block;
  dim3 block_dim, grid_dim;
  char *shared;
  Block *running;
};

/* initial-exec: no call for each access; few bytes, so a module may */
extern __thread Here here __attribute__ ((tls_model ("initial-exec")));

} // namespace runner
