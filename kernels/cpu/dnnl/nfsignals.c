/* SPDX-License-Identifier: MIT
 *
 * nfsignals — no signal is handled by threads that compute in oneDNN */
#include "cpu/dnnl/nfsignals.h"

#include <omp.h>
#include <pthread.h>

/* those that a fault of the thread itself raises cannot wait */
static const gint faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP,
  SIGABRT, SIGSYS };

/* threads of the calling thread's team that hold signals, itself counted */
static _Thread_local gint team_held = 1;

/**
 * nf_signals_hold:
 * @before: (out): which signals the calling thread held before
 *
 * From now on the calling thread and the others of its OpenMP team handle no
 * signals but those of their own faults. One for the process goes to another
 * thread, or waits as one for this thread does. The team's other threads, which
 * do nothing but compute, keep it so.
 */
void
nf_signals_hold (sigset_t *before)
{
  const gint team = omp_in_parallel () ? 1 : omp_get_max_threads ();
  sigset_t held;

  sigfillset (&held);
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    sigdelset (&held, faults[i]);
  pthread_sigmask (SIG_BLOCK, &held, before);
  if (team == 1 || team == team_held)
    return;
#pragma omp parallel
  pthread_sigmask (SIG_BLOCK, &held, NULL);
  team_held = team;
}

/**
 * nf_signals_release:
 * @before: from nf_signals_hold()
 *
 * The calling thread handles signals as before.
 */
void
nf_signals_release (const sigset_t *before)
{
  pthread_sigmask (SIG_SETMASK, before, NULL);
}
