/* SPDX-License-Identifier: MIT
 *
 * warp — barriers, shuffles, votes and reductions, as kernels call them
 *
 * A lane that is not there (the block ends within the warp, or the thread has
 * ended) takes no part, whatever the mask says; CUDA leaves the value that
 * another lane reads from it undefined, and here it is all ones, a NaN. */
#pragma once

#include "faults.h"
#include "here.h"

#include <cstdint>
#include <cstring>

#define NF_SITE const char *file = __builtin_FILE(), int line = __builtin_LINE()
#define NF_ALL_LANES 0xffffffffu

namespace runner {

enum class WarpOp
{
  sync,
  shuffle,
  ballot,
  match_any,
  match_all,
  add,
  min,
  max,
  min_signed,
  max_signed,
  bits_and,
  bits_or,
  bits_xor,
  matrix_load,
  matrix_multiply
};

constexpr int MATRIX_SIDE = 16;
constexpr int MATRIX_PART = MATRIX_SIDE * MATRIX_SIDE / 32; /* of one lane */

/* an element of a matrix, @place counted row by row */
struct MatrixElement
{
  unsigned place;
  float value;
};

/* what a lane has of three matrices: c becomes a b + c */
struct MatrixLane
{
  MatrixElement a[MATRIX_PART], b[MATRIX_PART], c[MATRIX_PART];
};

/* a lane's row of four matrices of 8 x 8 that are loaded, and the register of
 * each that it gets */
struct MatrixRow
{
  uint16_t row[8];
  bool turned;
  uint16_t result[4][2];
};

/* ends the program where 16 bytes that are moved at once do not begin at a
 * multiple of 16 */
void check_matrix (const void *address, const char *file, int line);

/* whether threads run from the last to the first */
bool runs_in_reverse ();

/* waits for all threads of the block; the result is how many came with a
 * @predicate that holds */
int block_barrier (bool predicate, const char *file, int line);

/* waits for the lanes of @mask, exchanges values with them; the result is all
 * lanes' or, for shuffle, that of lane @source. Of matrices @value is the address
 * of the MatrixRow or MatrixLane */
uint64_t warp_call (WarpOp op, unsigned mask, uint64_t value, int source,
    const char *file, int line);

/* number of the calling thread within its warp */
int lane ();

/* value of lane @source, as the shuffles compute it */
template <class T>
T
shuffle (unsigned mask, T value, int source, const char *file, int line)
{
  static_assert (sizeof (T) <= sizeof (uint64_t), "too large for a shuffle");
  uint64_t bits = 0;

  if (planted (Fault::skip, file, line))
    return value;
  if (planted (Fault::half, file, line))
    mask &= 0xffff;
  memcpy (&bits, &value, sizeof value);
  bits = warp_call (WarpOp::shuffle, mask, bits, source, file, line);
  memcpy (static_cast<void *> (&value), &bits, sizeof value);
  return value;
}

/* the first lane of the caller's part of the warp, @width lanes wide */
inline int
first_of (int width)
{
  return lane () & ~(width - 1);
}

} // namespace runner

/* barriers */

inline void
__syncthreads (NF_SITE)
{
  if (!runner::planted (runner::Fault::skip, file, line))
    runner::block_barrier (false, file, line);
}

inline int
__syncthreads_count (int predicate, NF_SITE)
{
  return runner::block_barrier (predicate != 0, file, line);
}

inline int
__syncthreads_and (int predicate, NF_SITE)
{
  return runner::block_barrier (predicate == 0, file, line) == 0;
}

inline int
__syncthreads_or (int predicate, NF_SITE)
{
  return runner::block_barrier (predicate != 0, file, line) != 0;
}

inline void
__syncwarp (unsigned mask = NF_ALL_LANES, NF_SITE)
{
  if (!runner::planted (runner::Fault::skip, file, line))
    runner::warp_call (runner::WarpOp::sync, mask, 0, 0, file, line);
}

/* The hardware promises no more than the caller itself. */
inline unsigned
__activemask ()
{
  return 1u << runner::lane ();
}

/* shuffles */

template <class T>
T
__shfl_sync (unsigned mask, T value, int source, int width = 32, NF_SITE)
{
  return runner::shuffle (mask, value,
      runner::first_of (width) + (source & (width - 1)), file, line);
}

template <class T>
T
__shfl_up_sync (unsigned mask, T value, unsigned delta, int width = 32, NF_SITE)
{
  const int source = runner::lane () - static_cast<int> (delta);

  return runner::shuffle (mask, value,
      source >= runner::first_of (width) ? source : runner::lane (), file,
      line);
}

template <class T>
T
__shfl_down_sync (
    unsigned mask, T value, unsigned delta, int width = 32, NF_SITE)
{
  const int source = runner::lane () + static_cast<int> (delta);

  return runner::shuffle (mask, value,
      source < runner::first_of (width) + width ? source : runner::lane (),
      file, line);
}

/* Parts above the caller's are out of reach, those below are not. */
template <class T>
T
__shfl_xor_sync (unsigned mask, T value, int bits, int width = 32, NF_SITE)
{
  const int source = runner::lane () ^ bits;

  return runner::shuffle (mask, value,
      source < runner::first_of (width) + width ? source : runner::lane (),
      file, line);
}

/* votes */

inline unsigned
__ballot_sync (unsigned mask, int predicate, NF_SITE)
{
  return runner::warp_call (
      runner::WarpOp::ballot, mask, predicate != 0, 0, file, line);
}

inline int
__any_sync (unsigned mask, int predicate, NF_SITE)
{
  return runner::warp_call (
             runner::WarpOp::ballot, mask, predicate != 0, 0, file, line)
      != 0;
}

inline int
__all_sync (unsigned mask, int predicate, NF_SITE)
{
  return runner::warp_call (
             runner::WarpOp::ballot, mask, predicate == 0, 0, file, line)
      == 0;
}

/* lanes with the caller's value */
template <class T>
unsigned
__match_any_sync (unsigned mask, T value, NF_SITE)
{
  uint64_t bits = 0;

  memcpy (&bits, &value, sizeof value);
  return runner::warp_call (
      runner::WarpOp::match_any, mask, bits, 0, file, line);
}

/* the lanes, where all have the same value, otherwise 0 */
template <class T>
unsigned
__match_all_sync (unsigned mask, T value, int *all, NF_SITE)
{
  uint64_t bits = 0;
  unsigned lanes;

  memcpy (&bits, &value, sizeof value);
  lanes =
      runner::warp_call (runner::WarpOp::match_all, mask, bits, 0, file, line);
  *all = lanes != 0;
  return lanes;
}

/* reductions of 32-bit integers */

#define NF_WARP_REDUCTION(name, type, op)                                      \
  inline type __reduce_##name##_sync (unsigned mask, type value, NF_SITE)      \
  {                                                                            \
    return static_cast<type> (runner::warp_call (runner::WarpOp::op, mask,     \
        static_cast<unsigned> (value), 0, file, line));                        \
  }

NF_WARP_REDUCTION (add, unsigned, add)
NF_WARP_REDUCTION (add, int, add)
NF_WARP_REDUCTION (min, unsigned, min)
NF_WARP_REDUCTION (min, int, min_signed)
NF_WARP_REDUCTION (max, unsigned, max)
NF_WARP_REDUCTION (max, int, max_signed)
NF_WARP_REDUCTION (and, unsigned, bits_and)
NF_WARP_REDUCTION (or, unsigned, bits_or)
NF_WARP_REDUCTION (xor, unsigned, bits_xor)

#undef NF_WARP_REDUCTION
