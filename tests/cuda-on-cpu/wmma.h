/* SPDX-License-Identifier: MIT
 *
 * wmma — nvcuda::wmma for kernels on the CPU: matrices that a warp multiplies
 *
 * What mma.h has for bf16 with sums in f32, 16 x 16 x 16. Which element of a
 * matrix lies in which lane is NVIDIA's secret; here it is a scrambled order of
 * its own for each use, so that kernels that count on one are found out. What
 * the manual demands is checked: all 32 lanes come, with the same address and
 * step; the address is a multiple of 32 bytes, the step of 16. None of the
 * calls puts memory in order: a lane reads its elements when it comes and
 * writes them when it goes on, so a missing __syncwarp () changes results.
 * Fragments hold NaN until something else is put there. */
#pragma once

#include "warp.h"

#include <cuda_bf16.h>

#include <limits>

namespace runner {

/* number, row by row, of the element @i of the calling lane; @use: odd */
inline unsigned
matrix_place (unsigned use, int i)
{
  return ((lane () * MATRIX_PART + i) * use + 13) % (MATRIX_SIDE * MATRIX_SIDE);
}

/* where that lies in memory */
inline size_t
matrix_offset (unsigned use, int i, size_t step, bool by_columns)
{
  const unsigned place = matrix_place (use, i);
  const unsigned row = place / MATRIX_SIDE, column = place % MATRIX_SIDE;

  return by_columns ? column * step + row : row * step + column;
}

} // namespace runner

namespace nvcuda {
namespace wmma {

struct row_major;
struct col_major;

struct matrix_a
{
  static constexpr unsigned USE = 77;
};

struct matrix_b
{
  static constexpr unsigned USE = 139;
};

struct accumulator
{
  static constexpr unsigned USE = 45;
};

enum layout_t
{
  mem_row_major,
  mem_col_major
};

template <class T> struct fragment_base
{
  enum
  {
    num_elements = runner::MATRIX_PART
  };
  typedef T element_type;
  T x[num_elements];

  fragment_base ()
  {
    for (T &element : x)
      element = static_cast<T> (std::numeric_limits<float>::quiet_NaN ());
  }
};

template <class Use, int M, int N, int K, class T, class Layout = void>
class fragment;

template <class Layout>
class fragment<matrix_a, 16, 16, 16, __nv_bfloat16, Layout>
    : public fragment_base<__nv_bfloat16> {
};

template <class Layout>
class fragment<matrix_b, 16, 16, 16, __nv_bfloat16, Layout>
    : public fragment_base<__nv_bfloat16> {
};

template <>
class fragment<accumulator, 16, 16, 16, float> : public fragment_base<float> {
};

template <class Layout> constexpr bool by_columns = false;
template <> inline constexpr bool by_columns<col_major> = true;

template <class F, class T>
void
fill_fragment (F &f, T value)
{
  for (auto &element : f.x)
    element = value;
}

template <class Use, class Layout>
void
load_matrix_sync (fragment<Use, 16, 16, 16, __nv_bfloat16, Layout> &f,
    const __nv_bfloat16 *from, unsigned step, NF_SITE)
{
  const bool columns =
      by_columns<Layout> != runner::planted (runner::Fault::turn, file, line);

  runner::check_matrix (from, step * sizeof *from, file, line);
  for (int i = 0; i < f.num_elements; i++)
    f.x[i] = from[runner::matrix_offset (Use::USE, i, step, columns)];
  runner::warp_call (runner::WarpOp::matrix_load, NF_ALL_LANES,
      reinterpret_cast<uintptr_t> (from), step, file, line);
}

inline void
load_matrix_sync (fragment<accumulator, 16, 16, 16, float> &f,
    const float *from, unsigned step, layout_t layout, NF_SITE)
{
  runner::check_matrix (from, step * sizeof *from, file, line);
  for (int i = 0; i < f.num_elements; i++)
    f.x[i] = from[runner::matrix_offset (
        accumulator::USE, i, step, layout == mem_col_major)];
  runner::warp_call (runner::WarpOp::matrix_load, NF_ALL_LANES,
      reinterpret_cast<uintptr_t> (from), step, file, line);
}

inline void
store_matrix_sync (float *to, const fragment<accumulator, 16, 16, 16, float> &f,
    unsigned step, layout_t layout, NF_SITE)
{
  runner::check_matrix (to, step * sizeof *to, file, line);
  runner::warp_call (runner::WarpOp::matrix_store, NF_ALL_LANES,
      reinterpret_cast<uintptr_t> (to), step, file, line);
  for (int i = 0; i < f.num_elements; i++)
    to[runner::matrix_offset (
        accumulator::USE, i, step, layout == mem_col_major)] = f.x[i];
}

/* d = a b + c; each element's sum in the order of its products */
template <class A, class B>
void
mma_sync (fragment<accumulator, 16, 16, 16, float> &d,
    const fragment<matrix_a, 16, 16, 16, __nv_bfloat16, A> &a,
    const fragment<matrix_b, 16, 16, 16, __nv_bfloat16, B> &b,
    const fragment<accumulator, 16, 16, 16, float> &c, NF_SITE)
{
  runner::MatrixLane mine;

  for (int i = 0; i < d.num_elements; i++) {
    mine.a[i] = { runner::matrix_place (matrix_a::USE, i),
      __bfloat162float (a.x[i]) };
    mine.b[i] = { runner::matrix_place (matrix_b::USE, i),
      __bfloat162float (b.x[i]) };
    mine.c[i] = { runner::matrix_place (accumulator::USE, i), c.x[i] };
  }
  runner::warp_call (runner::WarpOp::matrix_multiply, NF_ALL_LANES,
      reinterpret_cast<uintptr_t> (&mine), 0, file, line);
  for (int i = 0; i < d.num_elements; i++)
    d.x[i] = mine.c[i].value;
}

} // namespace wmma
} // namespace nvcuda
