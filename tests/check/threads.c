/* SPDX-License-Identifier: MIT
 *
 * threads — how many threads ops get, and who computes when */
#define _GNU_SOURCE /* sched_setaffinity() */
#include <nextframe/core/nferror.h>
#include "core/threads/nfwaitpolicy.h"
#include <nextframe/core/threads/nfthreads.h>
#include <nextframe/core/threads/nfcores.h>

#include <glib/gstdio.h>
#include <omp.h>
#include <sched.h>

static NfDevice *device;

/* ---- how many ---- */

static void
write_file (const gchar *root, const gchar *path, const gchar *text)
{
  g_autofree gchar *file = g_build_filename (root, path, NULL);
  g_autofree gchar *folder = g_path_get_dirname (file);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0755), ==, 0);
  g_assert_true (g_file_set_contents (file, text, -1, NULL));
}

static void
remove_tree (const gchar *path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const gchar *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *below = g_build_filename (path, name, NULL);

    remove_tree (below);
  }
  if (dir != NULL)
    g_dir_close (dir);
  g_assert_cmpint (g_remove (path), ==, 0);
}

typedef struct
{
  const gchar *groups; /* /proc/self/cgroup */
  const gchar *files[6][2];
  guint quota;
} QuotaCase;

static const QuotaCase quota_cases[] = {
  { "0::/\n", { { NULL } }, G_MAXUINT },
  { "0::/a/b\n",
      { { "sys/fs/cgroup/a/b/cpu.max", "max 100000\n" },
          { "sys/fs/cgroup/a/cpu.max", "max 100000\n" } },
      G_MAXUINT },
  { "0::/a/b\n", { { "sys/fs/cgroup/a/b/cpu.max", "300000 100000\n" } }, 3 },
  { "0::/a/b\n",
      { { "sys/fs/cgroup/a/b/cpu.max", "300000 100000\n" },
          { "sys/fs/cgroup/a/cpu.max", "150000 100000\n" },
          { "sys/fs/cgroup/c/cpu.max", "100000 100000\n" } },
      2 },
  { "0::/../..\n", { { "sys/fs/cgroup/cpu.max", "50000 100000\n" } }, 1 },
  { "7:blkio:/x\n3:cpu,cpuacct:/a\n0::/\n",
      { { "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "400000\n" },
          { "sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n" },
          { "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n" },
          { "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n" } },
      4 },
  { "3:cpuacct:/a\n",
      { { "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "400000\n" },
          { "sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n" } },
      G_MAXUINT },
  { "nonsense\n3:cpu\n0::/a\n", { { "sys/fs/cgroup/a/cpu.max", "\n" } },
      G_MAXUINT },
};

static void
test_quota (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (quota_cases); i++) {
    const QuotaCase *c = &quota_cases[i];
    g_autofree gchar *root = g_dir_make_tmp ("nf-quota-XXXXXX", NULL);

    write_file (root, "proc/self/cgroup", c->groups);
    for (guint f = 0; c->files[f][0] != NULL; f++)
      write_file (root, c->files[f][0], c->files[f][1]);
    g_test_message ("case %u", i);
    g_assert_cmpuint (nf_threads_quota (root), ==, c->quota);
    remove_tree (root);
  }
  g_assert_cmpuint (nf_threads_quota ("/nowhere"), ==, G_MAXUINT);
}

static void
test_one_cpu_is_one_core (void)
{
  cpu_set_t usual, one;
  guint all = nf_threads_physical_cores ();
  gint cpu = 0;

  g_assert_cmpint (sched_getaffinity (0, sizeof usual, &usual), ==, 0);
  g_assert_cmpuint (all, >=, 1);
  g_assert_cmpuint (all, <=, (guint) CPU_COUNT (&usual));
  while (!CPU_ISSET (cpu, &usual))
    cpu++;
  CPU_ZERO (&one);
  CPU_SET (cpu, &one);
  g_assert_cmpint (sched_setaffinity (0, sizeof one, &one), ==, 0);
  g_assert_cmpuint (nf_threads_physical_cores (), ==, 1);
  g_assert_cmpint (sched_setaffinity (0, sizeof usual, &usual), ==, 0);
  g_assert_cmpuint (nf_threads_physical_cores (), ==, all);
}

static void
test_default (void)
{
  g_autofree gchar *usual = g_strdup (g_getenv ("OMP_NUM_THREADS"));

  g_setenv ("OMP_NUM_THREADS", "7,2", TRUE);
  g_assert_cmpuint (nf_threads_default (), ==, 7);
  nf_threads_set (0);
  g_assert_cmpint (omp_get_max_threads (), ==, 7);
  g_setenv ("OMP_NUM_THREADS", "many", TRUE);
  g_assert_cmpuint (nf_threads_default (), ==, nf_threads_physical_cores ());
  g_unsetenv ("OMP_NUM_THREADS");
  g_assert_cmpuint (nf_threads_default (), ==, nf_threads_physical_cores ());
  nf_threads_set (3);
  g_assert_cmpint (omp_get_max_threads (), ==, 3);
  if (usual != NULL)
    g_setenv ("OMP_NUM_THREADS", usual, TRUE);
}

/* threads of this process */
static guint
count_tasks (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
wait_for_tasks (guint n)
{
  for (guint i = 0; i < 10000 && count_tasks () != n; i++)
    g_usleep (1000);
  g_assert_cmpuint (count_tasks (), ==, n);
}

/* libgomp does not spin while there are more threads than processors */
static void
test_idle_team (void)
{
  guint before = count_tasks ();
  guint more = (guint) omp_get_num_procs () + 1;

#ifdef __clang__
  g_test_skip ("of libgomp: clang's runtime keeps its threads");
  return;
#endif
  if (!g_test_subprocess ()) {
    g_test_trap_subprocess (NULL, 0, 0);
    g_test_trap_assert_passed ();
    return;
  }
  for (guint i = 0; i < 3; i++) {
    nf_wait_policy_set_asleep (TRUE);
    nf_wait_policy_set_asleep (TRUE);
    wait_for_tasks (before + more);
    nf_wait_policy_set_asleep (FALSE);
    wait_for_tasks (before);
  }
}

/* how often threads have to be left alone before they spin */
static guint
looks_until_awake (NfWaitPolicy *state)
{
  guint n = 1;

  for (nf_wait_policy_decide (state, 0.01); state->asleep && n < 1000; n++)
    nf_wait_policy_decide (state, 0.01);
  return n;
}

static void
test_who_sleeps (void)
{
  NfWaitPolicy state = { TRUE, 0, 1 };

  nf_wait_policy_decide (&state, 0.1);
  g_assert_true (state.asleep);
  g_assert_cmpuint (looks_until_awake (&state), ==, 1);
  nf_wait_policy_decide (&state, 0.1);
  g_assert_false (state.asleep);
  for (guint n = 2; n <= 64; n *= 2) {
    nf_wait_policy_decide (&state, 0.9);
    g_assert_true (state.asleep);
    nf_wait_policy_decide (&state, 0.0);
    nf_wait_policy_decide (&state, 0.9); /* begins anew */
    g_assert_cmpuint (looks_until_awake (&state), ==, n);
  }
  nf_wait_policy_decide (&state, -1.0);
  g_assert_true (state.asleep);
  g_assert_cmpuint (looks_until_awake (&state), ==, 64);
  for (guint i = 0; i < 128; i++)
    nf_wait_policy_decide (&state, 0.0);
  nf_wait_policy_decide (&state, 0.9);
  g_assert_cmpuint (looks_until_awake (&state), ==, 2);
}

/* asleep as long as nothing is known; what the user says is kept */
static void
test_first_look (void)
{
  if (!g_test_subprocess ()) {
    g_test_trap_subprocess (NULL, 0, 0);
    g_test_trap_assert_passed ();
    return;
  }
  g_unsetenv ("OMP_WAIT_POLICY");
  g_unsetenv ("GOMP_SPINCOUNT");
  nf_wait_policy_update ();
  g_assert_true (nf_wait_policy_is_asleep ());
}

static void
test_wait_policy_is_kept (void)
{
  if (!g_test_subprocess ()) {
    g_test_trap_subprocess (NULL, 0, 0);
    g_test_trap_assert_passed ();
    return;
  }
  g_setenv ("OMP_WAIT_POLICY", "active", TRUE);
  nf_wait_policy_update ();
  g_assert_false (nf_wait_policy_is_asleep ());
}

/* ---- turns ---- */

#define ALL 4096 /* more threads than there are cores */

static void
begin (NfCoreLease *lease, guint threads)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = nf_cores_acquire (lease, device, threads, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (ok);
}

/* A thread that asks for all cores. */
typedef struct
{
  GThread *thread;
  GCancellable *cancellable;
  gint asked, began; /* atomic */
  gint go_on; /* atomic: it may end its turn */
} Other;

static gpointer
other_thread (gpointer data)
{
  Other *other = data;
  g_autoptr (GError) error = NULL;
  NfCoreLease lease;

  g_atomic_int_set (&other->asked, 1);
  if (!nf_cores_acquire (&lease, device, ALL, other->cancellable, &error)) {
    g_assert_error (error, NF_ERROR, NF_ERROR_CANCELLED);
    return NULL;
  }
  g_atomic_int_set (&other->began, 1);
  while (!g_atomic_int_get (&other->go_on))
    g_usleep (100);
  nf_cores_release (&lease);
  return other;
}

static void
other_start (Other *other)
{
  other->cancellable = g_cancellable_new ();
  other->asked = other->began = other->go_on = 0;
  other->thread = g_thread_new ("other", other_thread, other);
  while (!g_atomic_int_get (&other->asked))
    g_usleep (100);
}

/* whether it had a lease */
static gboolean
other_join (Other *other)
{
  gboolean had = g_thread_join (other->thread) != NULL;

  g_object_unref (other->cancellable);
  return had;
}

static void
test_leases_exclude (void)
{
  NfCoreLease lease;
  Other other;

  begin (&lease, ALL);
  other_start (&other);
  g_usleep (20000);
  g_assert_false (g_atomic_int_get (&other.began));
  g_atomic_int_set (&other.go_on, 1);
  nf_cores_release (&lease);
  g_assert_true (other_join (&other));
}

static void
test_leases_share (void)
{
  NfCoreLease turns[2];

  if (nf_threads_physical_cores () < 2) {
    g_test_skip ("needs two cores");
    return;
  }
  begin (&turns[0], 1);
  begin (&turns[1], 1);
  nf_cores_release (&turns[0]);
  nf_cores_release (&turns[1]);
}

static void
test_lease_threads (void)
{
  gint usual = omp_get_max_threads ();
  NfCoreLease lease;

  begin (&lease, 1);
  g_assert_cmpint (omp_get_max_threads (), ==, 1);
  nf_cores_release (&lease);
  g_assert_cmpint (omp_get_max_threads (), ==, usual);
  begin (&lease, 5);
  g_assert_cmpint (omp_get_max_threads (), ==, 5);
  nf_cores_release (&lease);
  g_assert_cmpint (omp_get_max_threads (), ==, usual);
}

/* nobody who waits is left out, however often we yield */
static void
test_lease_yields (void)
{
  NfCoreLease lease;
  Other other;

  begin (&lease, ALL);
  other_start (&other);
  g_atomic_int_set (&other.go_on, 1);
  for (guint i = 0; i < 100000 && !g_atomic_int_get (&other.began); i++) {
    g_assert_true (nf_cores_yield (&lease, NULL, NULL));
    g_usleep (100);
  }
  g_assert_true (g_atomic_int_get (&other.began));
  nf_cores_release (&lease);
  g_assert_true (other_join (&other));
}

static void
test_waiting_is_cancelled (void)
{
  NfCoreLease lease;
  Other other;

  begin (&lease, ALL);
  other_start (&other);
  g_usleep (20000);
  g_cancellable_cancel (other.cancellable);
  g_assert_false (other_join (&other));
  nf_cores_release (&lease);
  begin (&lease, ALL); /* all cores are there again */
  nf_cores_release (&lease);
}

static gpointer
cancel_later (gpointer cancellable)
{
  g_usleep (20000);
  g_cancellable_cancel (cancellable);
  return NULL;
}

static void
test_yielding_is_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  GThread *thread;
  NfCoreLease lease;
  Other other;

  begin (&lease, ALL);
  other_start (&other);
  thread = g_thread_new ("cancel", cancel_later, cancellable);
  while (nf_cores_yield (&lease, cancellable, &error))
    g_usleep (100);
  g_assert_error (error, NF_ERROR, NF_ERROR_CANCELLED);
  nf_cores_release (&lease);
  g_assert_true (g_atomic_int_get (&other.began));
  g_atomic_int_set (&other.go_on, 1);
  g_assert_true (other_join (&other));
  g_thread_join (thread);
  begin (&lease, ALL);
  nf_cores_release (&lease);
}

static void
test_other_device_waits_for_nobody (void)
{
  NfBackend backend = { .name = "other" };
  NfDevice elsewhere = { .backend = &backend };
  gint usual = omp_get_max_threads ();
  NfCoreLease lease, second;

  begin (&lease, ALL);
  g_assert_true (nf_cores_acquire (&second, &elsewhere, 3, NULL, NULL));
  g_assert_true (nf_cores_yield (&second, NULL, NULL));
  nf_cores_release (&second);
  nf_cores_release (&lease);
  g_assert_cmpint (omp_get_max_threads (), ==, usual);
}

#define MANY 6
#define ROUNDS 300

static gint in_use; /* atomic: cores */

static gpointer
crowd_thread (gpointer data)
{
  guint width = GPOINTER_TO_UINT (data) % 3 + 1;
  guint cores = nf_threads_physical_cores ();
  gint held = (gint) MIN (width, cores);

  for (guint i = 0; i < ROUNDS; i++) {
    NfCoreLease lease;

    begin (&lease, width);
    for (guint k = 0; k < 3; k++) {
      gint before = g_atomic_int_add (&in_use, held);

      g_assert_cmpint (before + held, <=, (gint) cores);
      g_thread_yield ();
      g_atomic_int_add (&in_use, -held);
      g_assert_true (nf_cores_yield (&lease, NULL, NULL));
    }
    nf_cores_release (&lease);
  }
  return NULL;
}

static void
test_crowd (void)
{
  GThread *threads[MANY];

  for (guint i = 0; i < MANY; i++)
    threads[i] = g_thread_new ("crowd", crowd_thread, GUINT_TO_POINTER (i));
  for (guint i = 0; i < MANY; i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (in_use, ==, 0);
}

int
main (int argc, char **argv)
{
  gint status;

  g_test_init (&argc, &argv, NULL);
  device = nf_device_open ("cpu", NULL);
  g_test_add_func ("/threads/quota", test_quota);
  g_test_add_func ("/threads/one-cpu-is-one-core", test_one_cpu_is_one_core);
  g_test_add_func ("/threads/default", test_default);
  g_test_add_func ("/threads/idle-team", test_idle_team);
  g_test_add_func ("/threads/who-sleeps", test_who_sleeps);
  g_test_add_func ("/threads/first-look", test_first_look);
  g_test_add_func ("/threads/wait-policy-is-kept", test_wait_policy_is_kept);
  g_test_add_func ("/lease/exclude", test_leases_exclude);
  g_test_add_func ("/lease/share", test_leases_share);
  g_test_add_func ("/lease/threads", test_lease_threads);
  g_test_add_func ("/lease/yields", test_lease_yields);
  g_test_add_func ("/lease/waiting-is-cancelled", test_waiting_is_cancelled);
  g_test_add_func ("/lease/yielding-is-cancelled", test_yielding_is_cancelled);
  g_test_add_func ("/lease/other-device-waits-for-nobody",
      test_other_device_waits_for_nobody);
  g_test_add_func ("/lease/crowd", test_crowd);
  status = g_test_run ();
  nf_device_unref (device);
  return status;
}
