/* SPDX-License-Identifier: MIT
 *
 * atomics — atomic functions and fences, as kernels call them
 *
 * Real ones, as blocks may run on several OS threads, and relaxed, as CUDA's:
 * they put nothing else in order, and TSan takes it so. */
#pragma once

#include "sanitizers.h"

#include <cstdint>
#include <cstring>
#include <type_traits>

namespace runner {

/* unsigned integers of a type's size, whose bits are exchanged */
template <class T>
using Bits = std::conditional_t<sizeof (T) == 2, uint16_t,
    std::conditional_t<sizeof (T) == 4, uint32_t, uint64_t>>;

template <class To, class From>
To
same_bits (From value)
{
  static_assert (sizeof (To) == sizeof (From), "sizes differ");
  To result;

  memcpy (static_cast<void *> (&result), &value, sizeof result);
  return result;
}

/* *address = change (*address); the result is the value before */
template <class T, class F>
T
atomic_change (T *address, F &&change)
{
  Bits<T> *bits = reinterpret_cast<Bits<T> *> (address);
  Bits<T> old = __atomic_load_n (bits, __ATOMIC_RELAXED);

  while (!__atomic_compare_exchange_n (bits, &old,
      same_bits<Bits<T>> (change (same_bits<T> (old))), false, __ATOMIC_RELAXED,
      __ATOMIC_RELAXED))
    ;
  return same_bits<T> (old);
}

/* the other arguments are converted to the type that lies in memory */
template <class T> struct Same
{
  typedef T type;
};
template <class T> using SameAs = typename Same<T>::type;

void fence ();

} // namespace runner

#define NF_ATOMIC(name, result)                                                \
  template <class T> T name (T *address, runner::SameAs<T> value)              \
  {                                                                            \
    return runner::atomic_change (                                             \
        address, [value] (T old) { return static_cast<T> (result); });         \
  }

NF_ATOMIC (atomicAdd, old + value)
NF_ATOMIC (atomicSub, old - value)
NF_ATOMIC (atomicExch, ((void) old, value))
NF_ATOMIC (atomicMin, value < old ? value : old)
NF_ATOMIC (atomicMax, value > old ? value : old)
NF_ATOMIC (atomicAnd, old &value)
NF_ATOMIC (atomicOr, old | value)
NF_ATOMIC (atomicXor, old ^ value)
NF_ATOMIC (atomicInc, old >= value ? 0 : old + 1)
NF_ATOMIC (atomicDec, old == 0 || old > value ? value : old - 1)

#undef NF_ATOMIC

template <class T>
T
atomicCAS (T *address, runner::SameAs<T> expected, runner::SameAs<T> value)
{
  return runner::atomic_change (address, [expected, value] (T old) {
    return runner::same_bits<runner::Bits<T>> (old)
            == runner::same_bits<runner::Bits<T>> (expected)
        ? value
        : old;
  });
}

/* What a thread did before a fence, another sees behind its own one. */
inline void
__threadfence ()
{
  runner::fence ();
}

inline void
__threadfence_block ()
{
  runner::fence ();
}

inline void
__threadfence_system ()
{
  runner::fence ();
}
