/* SPDX-License-Identifier: MIT
 *
 * faults — a fault that the runner plants in a kernel, to see whether the tests
 * find it
 *
 * NF_CUDA_FAULT=KIND@FILE:LINE names a call in a kernel's source; mutations.sh
 * makes use of it. */
#pragma once

namespace runner {

/**
 * Fault:
 *  @skip: a barrier, __syncwarp (), shuffle or wait for copies that is left out; a
 *   lane keeps the value that it has
 * @half: a shuffle whose mask has the lower half of the warp alone
 * @turn: matrices for tensor cores that are loaded by rows in the place of
 *   columns, or the other way round
 */
enum class Fault
{
  none,
  skip,
  half,
  turn
};

extern const Fault planted_fault;

/* whether the planted fault is that of the call at @file:@line */
bool is_planted_at (const char *file, int line);

inline bool
planted (Fault fault, const char *file, int line)
{
  return planted_fault == fault && is_planted_at (file, line);
}

} // namespace runner
