/* SPDX-License-Identifier: MIT
 *
 * fibers — stacks of their own that one OS thread runs by turns
 *
 * Without a sanitizer a switch is a longjmp: setcontext (), which costs a
 * system call, only enters a new stack. The sanitizers want swapcontext (). */
#include "fibers.h"
#include "sanitizers.h"

#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <sys/mman.h>
#include <ucontext.h>

#ifdef NF_RUNNER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) ((void) 0)
#endif

namespace runner {

#if defined(NF_RUNNER_ASAN) || defined(NF_RUNNER_TSAN)
constexpr bool with_sanitizer = true;
constexpr size_t STACK_BYTES = 256 << 10;
#else
constexpr bool with_sanitizer = false;
constexpr size_t STACK_BYTES = 64 << 10;
#endif
constexpr size_t GUARD_BYTES = 4 << 10; /* below each stack; not accessible */

/**
 * Fiber:
 * @context: its registers, where it was left by swapcontext (), or its entry
 * @jump: the same, where it was left by a longjmp
 * @started: whether it left its entry
 * @memory: guard and stack; nullptr for an OS thread's own
 * @bottom, @bytes: its stack, for ASan
 * @fake: ASan's frames of this stack
 * @tsan: TSan's fiber
 * @valgrind: its name of this stack
 */
struct Fiber
{
  ucontext_t context;
  jmp_buf jump;
  bool started;
  char *memory;
  const void *bottom;
  size_t bytes;
  void *fake, *tsan;
  unsigned valgrind;
};

/* whom the fiber that begins was entered from */
static thread_local Fiber *came_from;

Fiber *
fiber_of_thread ()
{
  Fiber *fiber = new Fiber ();

  fiber->started = true;
#ifdef NF_RUNNER_TSAN
  fiber->tsan = __tsan_get_current_fiber ();
#endif
  return fiber;
}

Fiber *
fiber_new (void (*entry) (), unsigned number)
{
  Fiber *fiber = new Fiber ();
  void *memory =
      mmap (nullptr, STACK_BYTES + GUARD_BYTES, PROT_READ | PROT_WRITE,
          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  if (memory == MAP_FAILED || mprotect (memory, GUARD_BYTES, PROT_NONE) != 0) {
    perror ("cuda-on-cpu: no memory for a stack");
    abort ();
  }
  fiber->memory = static_cast<char *> (memory);
  fiber->bottom = fiber->memory + GUARD_BYTES;
  fiber->bytes = STACK_BYTES - number % 61 * 192;
  fiber->valgrind = VALGRIND_STACK_REGISTER (
      fiber->memory + GUARD_BYTES, fiber->memory + GUARD_BYTES + STACK_BYTES);
  getcontext (&fiber->context);
  fiber->context.uc_stack.ss_sp = fiber->memory + GUARD_BYTES;
  fiber->context.uc_stack.ss_size = fiber->bytes;
  fiber->context.uc_link = nullptr;
  makecontext (&fiber->context, entry, 0);
#ifdef NF_RUNNER_TSAN
  fiber->tsan = __tsan_create_fiber (0);
#endif
  return fiber;
}

void
fiber_free (Fiber *fiber)
{
  if (fiber->memory != nullptr) {
    VALGRIND_STACK_DEREGISTER (fiber->valgrind);
#ifdef NF_RUNNER_TSAN
    __tsan_destroy_fiber (fiber->tsan);
#endif
    munmap (fiber->memory, STACK_BYTES + GUARD_BYTES);
  }
  delete fiber;
}

static void
switch_with_sanitizer (Fiber *from, Fiber *to)
{
  came_from = from;
#ifdef NF_RUNNER_ASAN
  __sanitizer_start_switch_fiber (&from->fake, to->bottom, to->bytes);
#endif
#ifdef NF_RUNNER_TSAN
  /* 1: the switch itself puts nothing in order */
  __tsan_switch_to_fiber (to->tsan, 1);
#endif
  swapcontext (&from->context, &to->context);
#ifdef NF_RUNNER_ASAN
  __sanitizer_finish_switch_fiber (from->fake, nullptr, nullptr);
#endif
}

void
fiber_begins ()
{
#ifdef NF_RUNNER_ASAN
  __sanitizer_finish_switch_fiber (
      nullptr, &came_from->bottom, &came_from->bytes);
#endif
}

void
fiber_switch (Fiber *from, Fiber *to)
{
  if (with_sanitizer) {
    switch_with_sanitizer (from, to);
    return;
  }
  if (_setjmp (from->jump) != 0)
    return;
  if (to->started)
    _longjmp (to->jump, 1);
  to->started = true;
  setcontext (&to->context);
}

} // namespace runner
