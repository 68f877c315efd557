/* SPDX-License-Identifier: MIT
 *
 * threads — how many CPU threads the ops use
 *
 * Two threads of one core share its arithmetic units, so more threads than
 * cores slow the ops down. */
#define _GNU_SOURCE /* sched_getaffinity() */
#include "threads.h"

#include <omp.h>
#include <sched.h>

/* "PACKAGE.CORE" of a CPU, or its own number where the system tells none. */
static gchar *
core_name (guint cpu)
{
  static const gchar *const files[] = { "physical_package_id", "core_id" };
  gchar *text[] = { NULL, NULL };
  gchar *name;

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree gchar *path = g_strdup_printf (
        "/sys/devices/system/cpu/cpu%u/topology/%s", cpu, files[i]);

    g_file_get_contents (path, &text[i], NULL, NULL);
  }
  name = text[0] && text[1] ? g_strconcat (text[0], ".", text[1], NULL)
                            : g_strdup_printf ("%u", cpu);
  g_free (text[0]);
  g_free (text[1]);
  return name;
}

/**
 * nf_threads_physical_cores:
 *
 * Returns: cores, not counting their threads, that this process may use
 */
guint
nf_threads_physical_cores (void)
{
  g_autoptr (GHashTable) cores =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  cpu_set_t allowed;

  if (sched_getaffinity (0, sizeof allowed, &allowed) != 0)
    return g_get_num_processors ();
  for (guint cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET (cpu, &allowed))
      g_hash_table_add (cores, core_name (cpu));
  return MAX (1, g_hash_table_size (cores));
}

/**
 * nf_threads_set:
 * @threads: for this thread's ops; 0: OMP_NUM_THREADS where it is set, else one
 *   a physical core
 */
void
nf_threads_set (guint threads)
{
  if (threads == 0 && g_getenv ("OMP_NUM_THREADS"))
    return;
  omp_set_num_threads (threads ? threads : nf_threads_physical_cores ());
}

/**
 * nf_threads_get:
 *
 * Returns: how many threads this thread's ops use, at least 1
 */
guint
nf_threads_get (void)
{
  return MAX (1, omp_get_max_threads ());
}
