/* SPDX-License-Identifier: MIT
 *
 * launch — running all blocks of a launch */
#pragma once

#include "scheduler.h"

namespace runner {

constexpr size_t SHARED_BYTES = 48 << 10; /* without cudaFuncSetAttribute () */

/* ends the program if no device could do @launch; @shared_limit: what the
 * kernel has asked for */
void launch_check (const Launch &launch, size_t shared_limit);

/* returns when all blocks are done */
void launch_run (Launch *launch);

} // namespace runner
