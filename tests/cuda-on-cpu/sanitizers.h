/* SPDX-License-Identifier: MIT
 *
 * sanitizers — what ThreadSanitizer is told of the order between CUDA threads
 *
 * The runner's core is built without a sanitizer, as it would accuse the
 * scheduler instead of the kernels; the build says which one the kernels
 * have (NF_RUNNER_ASAN, NF_RUNNER_TSAN). */
#pragma once

#ifdef NF_RUNNER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace runner {

#ifdef NF_RUNNER_TSAN
constexpr bool under_tsan = true;
#else
constexpr bool under_tsan = false;
#endif

/* an address that stands for an order: what happened before tell () in one
 * fiber happened before what follows heed () in another */
struct alignas (8) Token
{
  char address[8];
};

inline void
tell (Token *token)
{
#ifdef NF_RUNNER_TSAN
  __tsan_release (token);
#else
  (void) token;
#endif
}

inline void
heed (Token *token)
{
#ifdef NF_RUNNER_TSAN
  __tsan_acquire (token);
#else
  (void) token;
#endif
}

} // namespace runner
