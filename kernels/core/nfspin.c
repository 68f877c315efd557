/* SPDX-License-Identifier: MIT
 *
 * nfspin — how the threads of ops wait for work: spinning, or asleep
 *
 * Between two ops a thread of the team waits some microseconds for the next
 * one. Asleep, it takes longer to come back than small ops last; spinning, it
 * keeps from its processor whoever the team is waiting for, where others want
 * the processors too. So threads spin while nobody else does, and sleep
 * otherwise.
 *
 * libgomp would be told which by OMP_WAIT_POLICY or GOMP_SPINCOUNT, which it
 * reads when it is loaded, before any code of ours runs; it has no call for it.
 * But it gives up spinning after a few microseconds while there are more OpenMP
 * threads than processors (its manual, under GOMP_SPINCOUNT). To that end an
 * idle team is kept, which costs nothing but its stacks' address space. */
#include "core/nfspin.h"

#include "core/nfthreads.h"

#include <omp.h>
#include <stdio.h>

#define LOOK_EVERY (G_USEC_PER_SEC / 5)
/* a look back over more than this says nothing of now */
#define LOOK_BACK G_USEC_PER_SEC
/* time that the threads of this process waited for a processor, over time */
#define WAITED_MUCH 0.2
#define WAITED_LITTLE 0.05

static GMutex lock;
static GCond woken;
static guint64 team; /* number of the idle team; even: there is none */
static gint64 looked; /* when, in monotonic microseconds; 0: not yet */
static gdouble waited_then; /* seconds */

/* one thread more than there are processors, itself counted; they sleep until
 * another number is due */
static gpointer
idle_team (gpointer data)
{
  guint64 number = *(guint64 *) data;
  volatile gint started = 0;

#pragma omp parallel num_threads(omp_get_num_procs() + 1)
  {
#pragma omp atomic
    started++;
  }
  g_mutex_lock (&lock);
  while (team == number)
    g_cond_wait (&woken, &lock);
  g_mutex_unlock (&lock);
  g_free (data);
  return NULL;
}

static gboolean
user_decides (void)
{
  return g_getenv ("OMP_WAIT_POLICY") || g_getenv ("GOMP_SPINCOUNT");
}

/* the caller holds the lock */
static void
set_asleep_locked (gboolean asleep)
{
  g_autoptr (GThread) thread = NULL;

  if (asleep == (team % 2 == 1))
    return;
  team++;
  g_cond_broadcast (&woken);
  if (asleep)
    thread = g_thread_try_new (
        "nf-idle", idle_team, g_memdup2 (&team, sizeof team), NULL);
}

/**
 * nf_spin_set_asleep:
 * @asleep: whether threads that wait are to sleep
 */
void
nf_spin_set_asleep (gboolean asleep)
{
  g_mutex_lock (&lock);
  set_asleep_locked (asleep);
  g_mutex_unlock (&lock);
}

/**
 * nf_spin_is_asleep:
 *
 * Returns: whether threads that wait are to sleep
 */
gboolean
nf_spin_is_asleep (void)
{
  gboolean asleep;

  g_mutex_lock (&lock);
  asleep = team % 2 == 1;
  g_mutex_unlock (&lock);
  return asleep;
}

/**
 * nf_threads_wait_asleep:
 *
 * Makes the threads of ops sleep while they wait, for a program whose other
 * threads are busy; unless OMP_WAIT_POLICY or GOMP_SPINCOUNT say how they are to
 * wait.
 */
void
nf_threads_wait_asleep (void)
{
  if (!user_decides ())
    nf_spin_set_asleep (TRUE);
}

/**
 * nf_spin_should_sleep:
 * @asleep: whether threads sleep now
 * @waited: seconds that the threads of this process, taken together, were ready
 *   to run and had no processor, in each second; negative: unknown
 *
 * Returns: whether threads that wait should sleep
 */
gboolean
nf_spin_should_sleep (gboolean asleep, gdouble waited)
{
  if (waited < 0.0)
    return TRUE;
  return asleep ? waited > WAITED_LITTLE : waited > WAITED_MUCH;
}

/* seconds that this process's threads have waited for a processor so far;
 * negative where the system does not tell */
static gdouble
time_waited (void)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  gdouble sum = -1.0;
  const gchar *task;

  while (tasks != NULL && (task = g_dir_read_name (tasks)) != NULL) {
    g_autofree gchar *path =
        g_strdup_printf ("/proc/self/task/%s/schedstat", task);
    g_autofree gchar *text = NULL;
    unsigned long long ran, waited;

    if (g_file_get_contents (path, &text, NULL, NULL)
        && sscanf (text, "%llu %llu", &ran, &waited) == 2)
      sum = MAX (sum, 0.0) + waited * 1e-9;
  }
  return sum;
}

/**
 * nf_spin_look:
 *
 * To be called often while networks compute: looks a few times a second whether
 * others want the processors. Does nothing where OMP_WAIT_POLICY or
 * GOMP_SPINCOUNT say how threads are to wait.
 */
void
nf_spin_look (void)
{
  gint64 now = g_get_monotonic_time ();
  gdouble waited;

  g_mutex_lock (&lock);
  if (looked == 0 && user_decides ())
    looked = G_MAXINT64;
  if (looked != G_MAXINT64 && (looked == 0 || now - looked >= LOOK_EVERY)) {
    waited = time_waited ();
    if (looked == 0 || waited < 0.0)
      set_asleep_locked (TRUE);
    else if (now - looked <= LOOK_BACK)
      set_asleep_locked (nf_spin_should_sleep (team % 2 == 1,
          MAX (waited - waited_then, 0.0) * 1e6 / (now - looked)));
    looked = now;
    waited_then = waited;
  }
  g_mutex_unlock (&lock);
}
