/* SPDX-License-Identifier: MIT
 *
 * here — what a CUDA thread knows of itself: threadIdx, blockIdx and so on
 *
 * One an OS thread, set by the scheduler before it lets a CUDA thread run. */
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

/* __thread needs no check whether it was initialised */
extern __thread Here here;

} // namespace runner
