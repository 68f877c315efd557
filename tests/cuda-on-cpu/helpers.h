/* SPDX-License-Identifier: MIT
 *
 * helpers — OS threads that share a launch's blocks with the one that asks
 *
 * They stay, as each keeps the stacks of its CUDA threads. */
#pragma once

#include <functional>

namespace runner {

/* how many OS threads a launch may have: NF_CUDA_THREADS; by default one, or
 * with TSan two, so that it sees races between blocks */
unsigned os_threads ();

/* calls work (0) here and work (1) to work (threads - 1) in helpers, and waits
 * for all; everything here where the helpers are at another launch */
void share_work (
    unsigned threads, const std::function<void (unsigned part)> &work);

} // namespace runner
