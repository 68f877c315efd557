/* SPDX-License-Identifier: MIT
 *
 * memory — what was allocated, where, and how much of it there is
 *
 * Behind each allocation lies a guard that is looked at when it is freed; with
 * the address sanitizer the allocation ends where its redzone begins. */
#include "memory.h"
#include "scheduler.h"

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

namespace runner {

constexpr size_t ALIGNMENT = 256; /* as cudaMalloc () promises */
#ifdef NF_RUNNER_ASAN
constexpr size_t GUARD_BYTES = 0;
#else
constexpr size_t GUARD_BYTES = 256;
#endif
constexpr int GUARD = 0xa5;
constexpr int UNSET = 0xff;

struct Memories
{
  std::mutex mutex;
  std::map<const char *, Memory> all; /* by base */
  std::map<int, size_t> used;
};

static thread_local const void *current_context;

bool
is_dry ()
{
  static const bool dry = getenv ("NF_CUDA_DRY") != nullptr;

  return dry;
}

void
memory_use_context (const void *context)
{
  current_context = context;
}

const void *
memory_context ()
{
  return current_context;
}

static Memories &
memories ()
{
  static Memories all;

  return all;
}

size_t
memory_limit ()
{
  static const char *limit = getenv ("NF_CUDA_MEMORY");

  return limit != nullptr ? strtoull (limit, nullptr, 10)
                          : static_cast<size_t> (2) << 30;
}

size_t
memory_used (int device)
{
  std::lock_guard<std::mutex> lock (memories ().mutex);

  return memories ().used[device];
}

void *
memory_new (MemoryKind kind, int device, size_t bytes)
{
  std::lock_guard<std::mutex> lock (memories ().mutex);
  size_t *used = &memories ().used[device];
  const bool limited = kind == MemoryKind::device;
  void *base = nullptr;

  if (limited && (bytes > memory_limit () || *used > memory_limit () - bytes))
    return nullptr;
  if (posix_memalign (&base, ALIGNMENT, bytes + GUARD_BYTES) != 0)
    return nullptr;
  if (!is_dry ())
    memset (base, UNSET, bytes);
  else if (!limited)
    memset (base, 0, bytes);
  memset (static_cast<char *> (base) + bytes, GUARD, GUARD_BYTES);
  memories ().all[static_cast<char *> (base)] = { kind,
    static_cast<char *> (base), bytes, device, current_context };
  if (limited)
    *used += bytes;
  return base;
}

static void
check_guard (const Memory &memory)
{
  for (size_t i = 0; i < GUARD_BYTES; i++)
    if (static_cast<unsigned char> (memory.base[memory.bytes + i]) != GUARD)
      die ("somebody wrote %zu bytes behind an allocation of %zu bytes", i,
          memory.bytes);
}

bool
memory_free (MemoryKind kind, void *address)
{
  std::lock_guard<std::mutex> lock (memories ().mutex);
  const auto found = memories ().all.find (static_cast<char *> (address));

  if (found == memories ().all.end () || found->second.kind != kind)
    return false;
  check_guard (found->second);
  if (!is_dry ())
    memset (address, UNSET, found->second.bytes);
  /* or the compiler leaves that out */
  __asm__ volatile("" : : "r"(address) : "memory");
  if (kind == MemoryKind::device)
    memories ().used[found->second.device] -= found->second.bytes;
  memories ().all.erase (found);
  free (address);
  return true;
}

Memory
memory_of (const void *address)
{
  std::lock_guard<std::mutex> lock (memories ().mutex);
  const char *at = static_cast<const char *> (address);
  auto next = memories ().all.upper_bound (at);

  if (next == memories ().all.begin ())
    return {};
  const Memory &memory = (--next)->second;

  return at <= memory.base + memory.bytes ? memory : Memory ();
}

} // namespace runner
