/* SPDX-License-Identifier: MIT
 *
 * fibers — stacks of their own that one OS thread runs by turns
 *
 * A switch saves the registers that a function call must keep on the stack
 * that it leaves, and costs no system call. Other processors than the two that
 * are written down here go through swapcontext (). */
#include "fibers.h"
#include "sanitizers.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <sys/mman.h>

#ifdef NF_RUNNER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) ((void) 0)
#endif

/* nf_runner_switch (where to keep the stack pointer, the new one) */
#if defined(__x86_64__)

extern "C" void nf_runner_switch (void **from, void *to);
__asm__(".text\n"
        ".globl nf_runner_switch\n"
        ".hidden nf_runner_switch\n"
        ".type nf_runner_switch, @function\n"
        "nf_runner_switch:\n"
        "pushq %rbp\n pushq %rbx\n pushq %r12\n"
        "pushq %r13\n pushq %r14\n pushq %r15\n"
        "movq %rsp, (%rdi)\n"
        "movq %rsi, %rsp\n"
        "popq %r15\n popq %r14\n popq %r13\n"
        "popq %r12\n popq %rbx\n popq %rbp\n"
        "ret\n"
        ".size nf_runner_switch, . - nf_runner_switch\n");

/* six registers, the address that ret goes to, and one that is never used */
#define SAVED_WORDS 8
#define ENTRY_WORD 6

#elif defined(__aarch64__)

extern "C" void nf_runner_switch (void **from, void *to);
__asm__(".text\n"
        ".globl nf_runner_switch\n"
        ".hidden nf_runner_switch\n"
        ".type nf_runner_switch, %function\n"
        "nf_runner_switch:\n"
        "stp x29, x30, [sp, #-160]!\n"
        "stp x19, x20, [sp, #16]\n stp x21, x22, [sp, #32]\n"
        "stp x23, x24, [sp, #48]\n stp x25, x26, [sp, #64]\n"
        "stp x27, x28, [sp, #80]\n stp d8, d9, [sp, #96]\n"
        "stp d10, d11, [sp, #112]\n stp d12, d13, [sp, #128]\n"
        "stp d14, d15, [sp, #144]\n"
        "mov x9, sp\n str x9, [x0]\n mov sp, x1\n"
        "ldp x19, x20, [sp, #16]\n ldp x21, x22, [sp, #32]\n"
        "ldp x23, x24, [sp, #48]\n ldp x25, x26, [sp, #64]\n"
        "ldp x27, x28, [sp, #80]\n ldp d8, d9, [sp, #96]\n"
        "ldp d10, d11, [sp, #112]\n ldp d12, d13, [sp, #128]\n"
        "ldp d14, d15, [sp, #144]\n"
        "ldp x29, x30, [sp], #160\n"
        "ret\n"
        ".size nf_runner_switch, . - nf_runner_switch\n");

#define SAVED_WORDS 20
#define ENTRY_WORD 1

#else
#include <ucontext.h>
#endif

namespace runner {

#if defined(NF_RUNNER_ASAN) || defined(NF_RUNNER_TSAN)
constexpr size_t STACK_BYTES = 256 << 10;
#else
constexpr size_t STACK_BYTES = 64 << 10;
#endif
constexpr size_t GUARD_BYTES = 4 << 10; /* below each stack; not accessible */

/**
 * Fiber:
 * @stack: its stack pointer where it was left, its registers above that
 * @memory: guard and stack; nullptr for an OS thread's own
 * @bottom, @bytes: its stack, for ASan
 * @fake: ASan's frames of this stack
 * @tsan: TSan's fiber
 * @valgrind: its name of this stack
 */
struct Fiber
{
#ifdef SAVED_WORDS
  void *stack;
#else
  ucontext_t context;
#endif
  char *memory;
  const void *bottom;
  size_t bytes;
  void *fake, *tsan;
  unsigned valgrind;
};

#ifdef NF_RUNNER_ASAN
/* whom the fiber that begins was entered from */
static thread_local Fiber *came_from;
#endif

Fiber *
fiber_of_thread ()
{
  Fiber *fiber = new Fiber ();

#ifdef NF_RUNNER_TSAN
  fiber->tsan = __tsan_get_current_fiber ();
#endif
  return fiber;
}

/* makes entry () the place where the first switch to a fiber goes on */
static void
prepare (Fiber *fiber, void (*entry) ())
{
#ifdef SAVED_WORDS
  const uintptr_t end = reinterpret_cast<uintptr_t> (fiber->bottom)
      + fiber->bytes - SAVED_WORDS * sizeof (void *);
  void **saved = reinterpret_cast<void **> (end / 16 * 16);

  saved[ENTRY_WORD] = reinterpret_cast<void *> (entry);
  fiber->stack = saved;
#else
  getcontext (&fiber->context);
  fiber->context.uc_stack.ss_sp = const_cast<void *> (fiber->bottom);
  fiber->context.uc_stack.ss_size = fiber->bytes;
  fiber->context.uc_link = nullptr;
  makecontext (&fiber->context, entry, 0);
#endif
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
  prepare (fiber, entry);
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
#ifdef NF_RUNNER_ASAN
  came_from = from;
  __sanitizer_start_switch_fiber (&from->fake, to->bottom, to->bytes);
#endif
#ifdef NF_RUNNER_TSAN
  /* 1: the switch itself puts nothing in order */
  __tsan_switch_to_fiber (to->tsan, 1);
#endif
#ifdef SAVED_WORDS
  nf_runner_switch (&from->stack, to->stack);
#else
  swapcontext (&from->context, &to->context);
#endif
#ifdef NF_RUNNER_ASAN
  __sanitizer_finish_switch_fiber (from->fake, nullptr, nullptr);
#endif
}

} // namespace runner
