/* SPDX-License-Identifier: MIT
 *
 * tensorcores — kernels/cuda/kernels/nftensorcores.h for kernels on the CPU
 *
 * Matrices of bf16 that a warp loads and multiplies, 16 x 16 x 16 with sums in
 * f32, in the layout that NVIDIA's manual of PTX lays down, and copies to shared
 * memory that go on beside other work. None of it puts memory in order: a lane
 * reads its row when it comes, so a missing barrier changes results. A copy is
 * done as late as it may be, or, where threads run in reverse order, at once. */
#pragma once

#include "warp.h"

#include <cuda_bf16.h>

#include <cstring>
#include <vector>

namespace runner {

/* a copy of 16 bytes that was begun; @from nullptr: zeros; @to nullptr: done */
struct AsyncCopy
{
  void *to;
  const void *from;
};

/* those of the calling thread */
std::vector<AsyncCopy> &copies ();

inline void
copy_now (const AsyncCopy &copy)
{
  if (copy.from != nullptr)
    memcpy (copy.to, copy.from, 16);
  else
    memset (copy.to, 0, 16);
}

inline void
load_matrices (unsigned (&to)[4], const __nv_bfloat16 *row, bool turned,
    const char *file, int line)
{
  MatrixRow mine;

  check_matrix (row, file, line);
  memcpy (mine.row, row, sizeof mine.row);
  mine.turned = turned != planted (Fault::turn, file, line);
  warp_call (WarpOp::matrix_load, NF_ALL_LANES,
      reinterpret_cast<uintptr_t> (&mine), 0, file, line);
  memcpy (to, mine.result, sizeof to);
}

/* half @i of some registers, as a number */
inline float
element_of (const unsigned *registers, int i)
{
  __nv_bfloat16 element;

  memcpy (static_cast<void *> (&element),
      reinterpret_cast<const char *> (registers) + 2 * i, 2);
  return __bfloat162float (element);
}

} // namespace runner

inline void
nf_load_matrices (unsigned (&to)[4], const __nv_bfloat16 *row, NF_SITE)
{
  runner::load_matrices (to, row, false, file, line);
}

inline void
nf_load_matrices_turned (unsigned (&to)[4], const __nv_bfloat16 *row, NF_SITE)
{
  runner::load_matrices (to, row, true, file, line);
}

/* c = a b + c; each element's sum in the order of its products */
inline void
nf_multiply_matrices (
    float (&c)[8], const unsigned (&a)[4], const unsigned (&b)[4], NF_SITE)
{
  constexpr unsigned SIDE = runner::MATRIX_SIDE;
  const unsigned g = runner::lane () / 4, t = runner::lane () % 4 * 2;
  runner::MatrixLane mine;

  for (unsigned i = 0; i < 8; i++) {
    const unsigned next = i % 2, odd = i / 2 % 2 * 8, far = i / 4 * 8;

    mine.a[i] = { (g + odd) * SIDE + t + far + next,
      runner::element_of (a, i) };
    mine.b[i] = { (t + odd + next) * SIDE + g + far,
      runner::element_of (b, i) };
    mine.c[i] = { (g + odd) * SIDE + t + far + next, c[i] };
  }
  runner::warp_call (runner::WarpOp::matrix_multiply, NF_ALL_LANES,
      reinterpret_cast<uintptr_t> (&mine), 0, file, line);
  for (int i = 0; i < 8; i++)
    c[i] = mine.c[i].value;
}

inline void
nf_copy_begin (
    __nv_bfloat16 *to, const __nv_bfloat16 *from, bool there, NF_SITE)
{
  const runner::AsyncCopy copy = { to, there ? from : nullptr };

  runner::check_matrix (to, file, line);
  if (there)
    runner::check_matrix (from, file, line);
  if (runner::runs_in_reverse ())
    runner::copy_now (copy);
  runner::copies ().push_back (
      runner::runs_in_reverse () ? runner::AsyncCopy () : copy);
}

inline void
nf_copies_end (NF_SITE)
{
  if (runner::planted (runner::Fault::skip, file, line))
    return;
  for (const runner::AsyncCopy &copy : runner::copies ())
    if (copy.to != nullptr)
      runner::copy_now (copy);
  runner::copies ().clear ();
}
