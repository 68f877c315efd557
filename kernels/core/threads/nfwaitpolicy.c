/* SPDX-License-Identifier: MIT
 *
 * nfwaitpolicy — how the threads of ops wait for work: spinning, or asleep
 *
 * Between two ops a thread of the team waits some microseconds for the next
 * one. A sleeping thread needs more time to wake up than a small op takes. A
 * spinning thread occupies a processor; where other threads need the
 * processors, it may be the one that the rest of the team needs to go on. So
 * threads spin while no other thread needs the processors, and sleep otherwise.
 *
 * libgomp takes this choice from OMP_WAIT_POLICY or GOMP_SPINCOUNT, which it
 * reads when it is loaded, before any of our code runs, and it has no function
 * to change it. But while there are more OpenMP threads than processors it
 * stops spinning after a few microseconds (its manual, under GOMP_SPINCOUNT).
 * So this file keeps an idle team of threads, which costs nothing but the
 * address space of its stacks. */
#include "core/threads/nfwaitpolicy.h"

#include <nextframe/core/threads/nfthreads.h>

#include <omp.h>
#include <stdio.h>

#define LOOK_ASLEEP (G_USEC_PER_SEC / 5)
#define LOOK_SPINNING (G_USEC_PER_SEC / 10) /* it can cost much */
#define LOOK_FIRST (G_USEC_PER_SEC / 50) /* after the first look */
/* a measurement over a longer time does not describe the present */
#define LOOK_BACK G_USEC_PER_SEC
/* time that the threads of this process waited for a processor, over time */
#define WAITED_MUCH 0.2
#define WAITED_LITTLE 0.05
#define PATIENCE 64 /* looks, at most */

static GMutex lock;
static GCond woken;
static guint64 team; /* number of the idle team; even: there is none */
static gint64 looked; /* when, in monotonic microseconds; 0: not yet */
static gint64 look_at; /* when next; the same clock */
static gdouble waited_then; /* seconds */
static NfWaitPolicy state = { TRUE, 0, 1 };

/* a team of one thread more than there are processors, the calling one counted;
 * they sleep until their number is to change */
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
 * nf_wait_policy_set_asleep:
 * @asleep: whether threads that wait are to sleep
 */
void
nf_wait_policy_set_asleep (gboolean asleep)
{
  g_mutex_lock (&lock);
  set_asleep_locked (asleep);
  g_mutex_unlock (&lock);
}

/**
 * nf_wait_policy_is_asleep:
 *
 * Returns: whether threads that wait are to sleep
 */
gboolean
nf_wait_policy_is_asleep (void)
{
  gboolean asleep;

  g_mutex_lock (&lock);
  asleep = team % 2 == 1;
  g_mutex_unlock (&lock);
  return asleep;
}

void
nf_threads_wait_asleep (void)
{
  if (user_decides ())
    return;
  g_mutex_lock (&lock);
  state = (NfWaitPolicy){ TRUE, 0, PATIENCE };
  set_asleep_locked (TRUE);
  g_mutex_unlock (&lock);
}

/**
 * nf_wait_policy_decide:
 * @state: the state so far; its field asleep is set to the decision
 * @waited: seconds that the threads of this process, taken together, were ready
 *   to run and had no processor, in each second since the last look; negative:
 *   unknown
 *
 * Threads that spin at the wrong time can make everything ten times slower,
 * sleeping ones cost some per cent. So a single measurement is enough to make
 * threads sleep, but they spin again only after as many quiet measurements as
 * the field patience says. Each time that this turns out wrong, patience
 * doubles.
 */
void
nf_wait_policy_decide (NfWaitPolicy *s, gdouble waited)
{
  gboolean others =
      waited < 0.0 || waited > (s->asleep ? WAITED_LITTLE : WAITED_MUCH);

  s->quiet = others ? 0 : s->quiet + 1;
  if (others && !s->asleep) {
    s->asleep = TRUE;
    s->patience = MIN (2 * s->patience, PATIENCE);
  } else if (s->asleep && s->quiet >= s->patience) {
    s->asleep = FALSE;
    s->quiet = 0;
  } else if (!s->asleep && s->quiet >= 2 * PATIENCE) {
    s->patience = 1;
  }
}

/* seconds that this process's threads have waited for a processor so far;
 * negative where the system does not count them */
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

/* the lock is held */
static void
look_locked (gint64 now)
{
  gdouble waited = time_waited ();
  gint64 since = now - looked;

  if (waited < 0.0)
    nf_wait_policy_decide (&state, waited);
  else if (looked != 0 && since <= LOOK_BACK)
    nf_wait_policy_decide (
        &state, MAX (waited - waited_then, 0.0) * 1e6 / since);
  set_asleep_locked (state.asleep);
  look_at = now
      + (looked == 0         ? LOOK_FIRST
              : state.asleep ? LOOK_ASLEEP
                             : LOOK_SPINNING);
  looked = now;
  waited_then = waited;
}

/**
 * nf_wait_policy_update:
 *
 * Called before every op of the CPU. Measures a few times a second whether
 * other threads need the processors. Does nothing where OMP_WAIT_POLICY or
 * GOMP_SPINCOUNT is set.
 */
void
nf_wait_policy_update (void)
{
  gint64 now = g_get_monotonic_time ();

  g_mutex_lock (&lock);
  if (look_at == 0 && user_decides ())
    look_at = G_MAXINT64;
  if (now >= look_at)
    look_locked (now);
  g_mutex_unlock (&lock);
}
