/* SPDX-License-Identifier: MIT
 *
 * died — where a program was when a signal killed it
 *
 * For LD_PRELOAD: prints a backtrace to stderr at SIGSEGV, SIGABRT and the like,
 * with library, function and offset, then lets the signal do what it does. For
 * machines without a debugger. */
#include <execinfo.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define MOST 64 /* calls that are printed */

static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

/* nothing here allocates: backtrace () was called once before */
static void
tell (int number)
{
  static const char head[] = "died of a signal, called from:\n";
  void *calls[MOST];
  int n = backtrace (calls, MOST);

  if (write (STDERR_FILENO, head, strlen (head)) < 0)
    n = 0;
  backtrace_symbols_fd (calls, n, STDERR_FILENO);
  raise (number);
}

__attribute__ ((constructor)) static void
begin (void)
{
  static char stack[64 << 10]; /* of its own: the program's may be full */
  const stack_t own = { .ss_sp = stack, .ss_size = sizeof stack };
  struct sigaction action;
  void *first[1];

  backtrace (first, 1);
  sigaltstack (&own, NULL);
  memset (&action, 0, sizeof action);
  action.sa_handler = tell;
  action.sa_flags = SA_ONSTACK | SA_RESETHAND | SA_NODEFER;
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
    sigaction (signals[i], &action, NULL);
}
