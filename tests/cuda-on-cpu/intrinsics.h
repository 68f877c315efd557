/* SPDX-License-Identifier: MIT
 *
 * intrinsics — functions that only device code has
 *
 * Those of a fixed rounding are exact. The fast ones (__expf and so on) are
 * the C library's here: the hardware's last bits are not. */
#pragma once

#include "atomics.h"

#include <cmath>
#include <cstdint>
#include <limits>

#define NF_DEVICE_FUNCTION(type, name, parameters, result)                     \
  inline type name parameters                                                  \
  {                                                                            \
    return result;                                                             \
  }

/* arithmetic, rounded to nearest, never contracted */
NF_DEVICE_FUNCTION (float, __fadd_rn, (float a, float b), a + b)
NF_DEVICE_FUNCTION (float, __fsub_rn, (float a, float b), a - b)
NF_DEVICE_FUNCTION (float, __fmul_rn, (float a, float b), a *b)
NF_DEVICE_FUNCTION (float, __fdiv_rn, (float a, float b), a / b)
NF_DEVICE_FUNCTION (double, __dadd_rn, (double a, double b), a + b)
NF_DEVICE_FUNCTION (double, __dsub_rn, (double a, double b), a - b)
NF_DEVICE_FUNCTION (double, __dmul_rn, (double a, double b), a *b)
NF_DEVICE_FUNCTION (double, __ddiv_rn, (double a, double b), a / b)
NF_DEVICE_FUNCTION (
    float, __fmaf_rn, (float a, float b, float c), fmaf (a, b, c))
NF_DEVICE_FUNCTION (
    double, __fma_rn, (double a, double b, double c), fma (a, b, c))
NF_DEVICE_FUNCTION (float, __frcp_rn, (float a), 1.0f / a)
NF_DEVICE_FUNCTION (float, __fsqrt_rn, (float a), sqrtf (a))
NF_DEVICE_FUNCTION (float, __frsqrt_rn, (float a),
    static_cast<float> (1.0 / sqrt (static_cast<double> (a))))

/* the fast ones */
NF_DEVICE_FUNCTION (float, __fdividef, (float a, float b), a / b)
NF_DEVICE_FUNCTION (float, __expf, (float a), expf (a))
NF_DEVICE_FUNCTION (float, __exp10f, (float a), exp10f (a))
NF_DEVICE_FUNCTION (float, __logf, (float a), logf (a))
NF_DEVICE_FUNCTION (float, __log2f, (float a), log2f (a))
NF_DEVICE_FUNCTION (float, __log10f, (float a), log10f (a))
NF_DEVICE_FUNCTION (float, __powf, (float a, float b), powf (a, b))
NF_DEVICE_FUNCTION (float, __sinf, (float a), sinf (a))
NF_DEVICE_FUNCTION (float, __cosf, (float a), cosf (a))
NF_DEVICE_FUNCTION (float, __tanf, (float a), tanf (a))
NF_DEVICE_FUNCTION (
    float, __saturatef, (float a), a > 0.0f ? (a < 1.0f ? a : 1.0f) : 0.0f)
NF_DEVICE_FUNCTION (float, rsqrtf, (float a), 1.0f / sqrtf (a))
NF_DEVICE_FUNCTION (double, rsqrt, (double a), 1.0 / sqrt (a))
NF_DEVICE_FUNCTION (
    float, sinpif, (float a), static_cast<float> (sin (M_PI *fmod (a, 2.0))))
NF_DEVICE_FUNCTION (
    float, cospif, (float a), static_cast<float> (cos (M_PI *fmod (a, 2.0))))

inline void
__sincosf (float a, float *sine, float *cosine)
{
  sincosf (a, sine, cosine);
}

inline void
sincospif (float a, float *sine, float *cosine)
{
  *sine = sinpif (a);
  *cosine = cospif (a);
}

/* bits of numbers */
NF_DEVICE_FUNCTION (
    unsigned, __float_as_uint, (float a), runner::same_bits<unsigned> (a))
NF_DEVICE_FUNCTION (int, __float_as_int, (float a), runner::same_bits<int> (a))
NF_DEVICE_FUNCTION (
    float, __uint_as_float, (unsigned a), runner::same_bits<float> (a))
NF_DEVICE_FUNCTION (
    float, __int_as_float, (int a), runner::same_bits<float> (a))
NF_DEVICE_FUNCTION (long long, __double_as_longlong, (double a),
    runner::same_bits<long long> (a))
NF_DEVICE_FUNCTION (
    double, __longlong_as_double, (long long a), runner::same_bits<double> (a))

/* conversions; those to integers give the nearest one there is, and 0 for NaN */

namespace runner {

template <class T>
T
to_integer (double value)
{
  const double lowest = static_cast<double> (std::numeric_limits<T>::min ());
  const double highest = static_cast<double> (std::numeric_limits<T>::max ());

  if (std::isnan (value))
    return 0;
  if (value <= lowest)
    return std::numeric_limits<T>::min ();
  if (value >= highest)
    return std::numeric_limits<T>::max ();
  return static_cast<T> (value);
}

} // namespace runner

#define NF_TO_INTEGER(from, to, type)                                          \
  NF_DEVICE_FUNCTION (type, __##from##2##to##_rn, (from a),                    \
      runner::to_integer<type> (rint (a)))                                     \
  NF_DEVICE_FUNCTION (type, __##from##2##to##_rz, (from a),                    \
      runner::to_integer<type> (trunc (a)))                                    \
  NF_DEVICE_FUNCTION (type, __##from##2##to##_ru, (from a),                    \
      runner::to_integer<type> (ceil (a)))                                     \
  NF_DEVICE_FUNCTION (type, __##from##2##to##_rd, (from a),                    \
      runner::to_integer<type> (floor (a)))

NF_TO_INTEGER (float, int, int)
NF_TO_INTEGER (float, uint, unsigned)
NF_TO_INTEGER (float, ll, long long)
NF_TO_INTEGER (float, ull, unsigned long long)
NF_TO_INTEGER (double, int, int)
NF_TO_INTEGER (double, uint, unsigned)
NF_TO_INTEGER (double, ll, long long)
NF_TO_INTEGER (double, ull, unsigned long long)

#undef NF_TO_INTEGER

NF_DEVICE_FUNCTION (float, __int2float_rn, (int a), static_cast<float> (a))
NF_DEVICE_FUNCTION (
    float, __uint2float_rn, (unsigned a), static_cast<float> (a))
NF_DEVICE_FUNCTION (float, __ll2float_rn, (long long a), static_cast<float> (a))
NF_DEVICE_FUNCTION (
    float, __ull2float_rn, (unsigned long long a), static_cast<float> (a))
NF_DEVICE_FUNCTION (double, __int2double_rn, (int a), static_cast<double> (a))
NF_DEVICE_FUNCTION (
    double, __uint2double_rn, (unsigned a), static_cast<double> (a))
NF_DEVICE_FUNCTION (
    float, __double2float_rn, (double a), static_cast<float> (a))

/* integers */
NF_DEVICE_FUNCTION (int, __mulhi, (int a, int b),
    static_cast<int> ((static_cast<int64_t> (a) * b) >> 32))
NF_DEVICE_FUNCTION (unsigned, __umulhi, (unsigned a, unsigned b),
    static_cast<unsigned> ((static_cast<uint64_t> (a) * b) >> 32))
NF_DEVICE_FUNCTION (long long, __mul64hi, (long long a, long long b),
    static_cast<long long> ((static_cast<__int128> (a) * b) >> 64))
NF_DEVICE_FUNCTION (unsigned long long, __umul64hi,
    (unsigned long long a, unsigned long long b),
    static_cast<unsigned long long> (
        (static_cast<unsigned __int128> (a) * b) >> 64))
NF_DEVICE_FUNCTION (int, __popc, (unsigned a), __builtin_popcount (a))
NF_DEVICE_FUNCTION (
    int, __popcll, (unsigned long long a), __builtin_popcountll (a))
NF_DEVICE_FUNCTION (int, __clz, (int a), a != 0 ? __builtin_clz (a) : 32)
NF_DEVICE_FUNCTION (
    int, __clzll, (long long a), a != 0 ? __builtin_clzll (a) : 64)
NF_DEVICE_FUNCTION (int, __ffs, (int a), __builtin_ffs (a))
NF_DEVICE_FUNCTION (int, __ffsll, (long long a), __builtin_ffsll (a))
NF_DEVICE_FUNCTION (unsigned, __funnelshift_l,
    (unsigned low, unsigned high, unsigned shift),
    static_cast<unsigned> (
        (static_cast<uint64_t> (high) << 32 | low) << (shift & 31) >> 32))
NF_DEVICE_FUNCTION (unsigned, __funnelshift_r,
    (unsigned low, unsigned high, unsigned shift),
    static_cast<unsigned> (
        (static_cast<uint64_t> (high) << 32 | low) >> (shift & 31)))

inline unsigned
__brev (unsigned a)
{
  unsigned result = 0;

  for (int i = 0; i < 32; i++)
    result |= (a >> i & 1) << (31 - i);
  return result;
}

/* bytes of b:a, chosen by the digits of @selector; bit 3 of one repeats the
 * byte's sign */
inline unsigned
__byte_perm (unsigned a, unsigned b, unsigned selector)
{
  const uint64_t bytes = static_cast<uint64_t> (b) << 32 | a;
  unsigned result = 0;

  for (int i = 0; i < 4; i++) {
    const unsigned digit = selector >> 4 * i;
    unsigned byte = bytes >> 8 * (digit & 7) & 0xff;

    if (digit & 8)
      byte = byte & 0x80 ? 0xff : 0;
    result |= byte << 8 * i;
  }
  return result;
}

/* min () and max () of numbers; CUDA's have no references, and NaN loses */
NF_DEVICE_FUNCTION (int, min, (int a, int b), b < a ? b : a)
NF_DEVICE_FUNCTION (int, max, (int a, int b), a < b ? b : a)
NF_DEVICE_FUNCTION (unsigned, min, (unsigned a, unsigned b), b < a ? b : a)
NF_DEVICE_FUNCTION (unsigned, max, (unsigned a, unsigned b), a < b ? b : a)
NF_DEVICE_FUNCTION (long, min, (long a, long b), b < a ? b : a)
NF_DEVICE_FUNCTION (long, max, (long a, long b), a < b ? b : a)
NF_DEVICE_FUNCTION (
    unsigned long, min, (unsigned long a, unsigned long b), b < a ? b : a)
NF_DEVICE_FUNCTION (
    unsigned long, max, (unsigned long a, unsigned long b), a < b ? b : a)
NF_DEVICE_FUNCTION (long long, min, (long long a, long long b), b < a ? b : a)
NF_DEVICE_FUNCTION (long long, max, (long long a, long long b), a < b ? b : a)
NF_DEVICE_FUNCTION (unsigned long long, min,
    (unsigned long long a, unsigned long long b), b < a ? b : a)
NF_DEVICE_FUNCTION (unsigned long long, max,
    (unsigned long long a, unsigned long long b), a < b ? b : a)
NF_DEVICE_FUNCTION (
    unsigned, min, (int a, unsigned b), min (static_cast<unsigned> (a), b))
NF_DEVICE_FUNCTION (
    unsigned, min, (unsigned a, int b), min (a, static_cast<unsigned> (b)))
NF_DEVICE_FUNCTION (
    unsigned, max, (int a, unsigned b), max (static_cast<unsigned> (a), b))
NF_DEVICE_FUNCTION (
    unsigned, max, (unsigned a, int b), max (a, static_cast<unsigned> (b)))
NF_DEVICE_FUNCTION (float, min, (float a, float b), fminf (a, b))
NF_DEVICE_FUNCTION (float, max, (float a, float b), fmaxf (a, b))
NF_DEVICE_FUNCTION (double, min, (double a, double b), fmin (a, b))
NF_DEVICE_FUNCTION (double, max, (double a, double b), fmax (a, b))

#undef NF_DEVICE_FUNCTION

/* what the compiler may assume about pointers */

#define __builtin_assume(condition) ((void) (condition))

static inline unsigned int
__isGlobal (const void *)
{
  return 1;
}

/* loads and stores that say how to cache */

#define NF_LOAD(name)                                                          \
  template <class T> T name (const T *address)                                 \
  {                                                                            \
    return *address;                                                           \
  }

#define NF_STORE(name)                                                         \
  template <class T> void name (T *address, runner::SameAs<T> value)           \
  {                                                                            \
    *address = value;                                                          \
  }

NF_LOAD (__ldg)
NF_LOAD (__ldca)
NF_LOAD (__ldcg)
NF_LOAD (__ldcs)
NF_LOAD (__ldlu)
NF_LOAD (__ldcv)
NF_STORE (__stwb)
NF_STORE (__stcg)
NF_STORE (__stcs)
NF_STORE (__stwt)

#undef NF_LOAD
#undef NF_STORE
