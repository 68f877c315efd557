/* SPDX-License-Identifier: MIT
 *
 * memory — what was allocated, where, and how much of it there is */
#pragma once

#include <cstddef>

namespace runner {

enum class MemoryKind
{
  pageable,
  pinned,
  device
};

/**
 * Memory: an allocation
 * @base: nullptr for addresses that no allocation here contains: pageable
 * @device: whose memory it is, or which was the current one
 * @context: which context it was made in; nullptr: the primary one, which the
 *   runtime uses
 */
struct Memory
{
  MemoryKind kind = MemoryKind::pageable;
  char *base = nullptr;
  size_t bytes = 0;
  int device = 0;
  const void *context = nullptr;
};

/* NF_CUDA_DRY=1: work is queued, captured and counted, but not done, and memory
 * is not touched, so that the largest network fits */
bool is_dry ();

/* the context in which the calling thread works from now on */
void memory_use_context (const void *context);
const void *memory_context ();

/* set to 0xff, which makes floats NaN; nullptr: more than there is */
void *memory_new (MemoryKind kind, int device, size_t bytes);

/* false: not the begin of an allocation of that kind */
bool memory_free (MemoryKind kind, void *address);

/* the allocation that an address lies in, or just behind */
Memory memory_of (const void *address);

/* bytes of a device: all, from NF_CUDA_MEMORY, and those in use */
size_t memory_limit ();
size_t memory_used (int device);

} // namespace runner
