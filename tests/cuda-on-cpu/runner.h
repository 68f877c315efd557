/* SPDX-License-Identifier: MIT
 *
 * runner — lets a C++ compiler build a .cu file for the CPU
 *
 * Put in front of the source (-include runner.h). It brings what nvcc has
 * built in: the qualifiers, threadIdx and so on, barriers, warp primitives,
 * atomics and intrinsics, and nf_launch () and NF_DYN_SHARED (), which take
 * the place of the <<< >>> that a C++ compiler cannot read. What it cannot do:
 * device code in PTX, textures, cooperative groups, kernels that launch
 * kernels, and threads that spin until another one does something.
 *
 * Names and types are CUDA's, so the C++ manual of NVIDIA is their reference:
 * https://docs.nvidia.com/cuda/cuda-c-programming-guide */
#pragma once

#ifdef __CUDACC__
#error "nvcc needs no runner"
#endif

#include <cuda_runtime.h>
#include <cuda_bf16.h>

#include <cmath>
#include <math.h>

#undef __shared__
#undef __constant__
#undef __launch_bounds__
#define __constant__
#define __launch_bounds__(...)

/* One block at a time runs on an OS thread, so what belongs to the thread
 * belongs to the block. The address sanitizer guards no thread-local arrays:
 * there it belongs to all, and one launch runs at a time. */
#ifdef NF_RUNNER_ONE_THREAD
#define __shared__ static
#else
#define __shared__ static thread_local
#endif

#include "here.h"
#include "warp.h"
#include "tensorcores.h"
#include "atomics.h"
#include "intrinsics.h"
#include "kernels.h"

#define threadIdx (runner::here.thread)
#define blockIdx (runner::here.block)
#define blockDim (runner::here.block_dim)
#define gridDim (runner::here.grid_dim)
constexpr int warpSize = 32;

/* dynamic shared memory, as nfkernel.h has it for nvcc */
#define NF_DYN_SHARED(T, name)                                                 \
  T *name = reinterpret_cast<T *> (runner::here.shared)

/* blocks of a grid at most, where a kernel takes its work in a loop over the grid */
#define NF_MOST_BLOCKS (runner::few_blocks () ? 3 : 65535)
#define NF_REDUCE_BLOCKS (runner::few_blocks () ? 2 : 512)

/* nf_launch (kernel, grid, block, shared bytes, stream, arguments...); the
 * kernel's name, for messages, is in the text */
#define nf_launch(...) runner::launch (#__VA_ARGS__, __VA_ARGS__)
