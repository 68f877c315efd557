/* SPDX-License-Identifier: MIT
 *
 * nfgroup — a few neighbouring threads for each pixel
 *
 * A group is 1 to 32 threads of one warp, a power of two; thread i of it takes
 * the channels i, i + group, ... All threads of a block take part in the
 * shuffles, those without a pixel, too. */
#pragma once

#include "cuda/kernels/nfkernel.h"

/* threads for a pixel: about four channels each */
static inline unsigned int
nf_group_size (gint64 c)
{
  unsigned int size = 1;

  while (size < 32 && size * 4 < c)
    size *= 2;
  return size;
}

/* blocks for one group a pixel, or a loop where they are many */
static inline unsigned int
nf_group_grid (gsize pixels, unsigned int group)
{
  return nf_grid (pixels * group);
}

/* for (gsize pixel = first; ...; ): the same number of turns in all threads of
 * a block, so `pixel` may lie behind the last one */
#define NF_GROUP_LOOP(pixel, n, group)                                         \
  for (gsize pixel##_base = (gsize) blockIdx.x * (blockDim.x / (group)),       \
             pixel = pixel##_base + threadIdx.x / (group);                     \
       pixel##_base < (n);                                                     \
       pixel##_base += (gsize) gridDim.x * (blockDim.x / (group)),             \
             pixel += (gsize) gridDim.x * (blockDim.x / (group)))

static __device__ __forceinline__ float
nf_group_sum (float value, unsigned int group)
{
  for (unsigned int step = group / 2; step > 0; step /= 2)
    value += __shfl_xor_sync (0xffffffffu, value, (int) step);
  return value;
}

static __device__ __forceinline__ float
nf_group_max (float value, unsigned int group)
{
  for (unsigned int step = group / 2; step > 0; step /= 2)
    value = fmaxf (value, __shfl_xor_sync (0xffffffffu, value, (int) step));
  return value;
}
