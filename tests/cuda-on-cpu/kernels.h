/* SPDX-License-Identifier: MIT
 *
 * kernels — a kernel and its arguments as work for a stream */
#pragma once

#include <cuda_runtime.h>

#include <functional>
#include <string>
#include <tuple>
#include <type_traits>

namespace runner {

/**
 * KernelCall:
 * @text: begins with the kernel's name
 * @function: its address
 * @pointers: those among the arguments
 * @body: runs the kernel in one thread
 */
struct KernelCall
{
  const char *text;
  const void *function;
  dim3 grid, block;
  size_t shared;
  cudaStream_t stream;
  std::initializer_list<const void *> pointers;
  std::function<void ()> body;
};

/* queues a launch, see runtime-kernels.cpp */
void launch_kernel (const KernelCall &call);

/* whether grids have so few blocks that every loop over the grid runs more than
 * once (NF_CUDA_FEW) */
bool few_blocks ();

template <class T>
const void *
pointer_in (const T &argument)
{
  if constexpr (std::is_pointer_v<T>)
    return argument;
  else
    return nullptr;
}

/* arguments are converted to what the kernel takes and kept by value */
template <class... P, class... A>
void
launch (const char *text, void (*kernel) (P...), dim3 grid, dim3 block,
    size_t shared, cudaStream_t stream, A &&...args)
{
  const std::tuple<P...> values (static_cast<P> (args)...);

  std::apply (
      [&] (const P &...each) {
        launch_kernel ({ text, reinterpret_cast<const void *> (kernel), grid,
            block, shared, stream, { pointer_in (each)... },
            [kernel, values] { std::apply (kernel, values); } });
      },
      values);
}

} // namespace runner

/* as nvcc's headers have them: kernels need no cast */
template <class T>
cudaError_t
cudaFuncSetAttribute (T *kernel, cudaFuncAttribute attribute, int value)
{
  return cudaFuncSetAttribute (
      reinterpret_cast<const void *> (kernel), attribute, value);
}

template <class T>
cudaError_t
cudaFuncGetAttributes (struct cudaFuncAttributes *attributes, T *kernel)
{
  return cudaFuncGetAttributes (
      attributes, reinterpret_cast<const void *> (kernel));
}

template <class T>
cudaError_t
cudaOccupancyMaxActiveBlocksPerMultiprocessor (
    int *blocks, T *kernel, int block_size, size_t shared)
{
  return cudaOccupancyMaxActiveBlocksPerMultiprocessor (
      blocks, reinterpret_cast<const void *> (kernel), block_size, shared);
}
