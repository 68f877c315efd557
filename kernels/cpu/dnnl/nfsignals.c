/* SPDX-License-Identifier: MIT
 *
 * nfsignals — no signal is handled by threads that multiply matrices in oneDNN */
#include "cpu/dnnl/nfsignals.h"

#include <omp.h>
#include <pthread.h>

/* those that a fault of the thread itself raises cannot wait */
static const gint faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP,
  SIGABRT, SIGSYS };

/**
 * nf_signals_hold:
 * @before: (out): which signals the calling thread held before
 *
 * From now on the calling thread and the others of its OpenMP team handle no
 * signals but those of their own faults. One for the process goes to another
 * thread, or waits as one for this thread does. The team's other threads, which
 * do nothing but compute, keep it so; they are asked each time, for a team that
 * became smaller and larger again has new ones.
 */
void
nf_signals_hold (sigset_t *before)
{
  const gboolean alone = omp_in_parallel () || omp_get_max_threads () == 1;
  sigset_t held;

  sigfillset (&held);
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    sigdelset (&held, faults[i]);
  pthread_sigmask (SIG_BLOCK, &held, before);
#pragma omp parallel if (!alone)
  pthread_sigmask (SIG_BLOCK, &held, NULL);
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
