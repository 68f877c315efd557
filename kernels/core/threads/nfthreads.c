/* SPDX-License-Identifier: MIT
 *
 * nfthreads — how many CPU threads ops use
 *
 * Two threads of one core share its arithmetic units, so more threads than
 * cores slow the ops down.
 * See: nfcores.c (which network computes when), nfwaitpolicy.c (how threads
 * wait)
 */
#define _GNU_SOURCE /* sched_getaffinity() */
#include <nextframe/core/threads/nfthreads.h>

#include <math.h>
#include <omp.h>
#include <sched.h>
#include <string.h>

/* "PACKAGE.CORE" of a CPU, or its own number where the system has no such names
 * */
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

/* (nullable): the text of a file in a folder */
static gchar *
read_text (const gchar *folder, const gchar *name)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  gchar *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  return text;
}

/* CPUs whose time a control group may take, 0 where it sets no limit: "QUOTA
 * PERIOD" or "max PERIOD" in one file, or in two files, -1 for no limit */
static gdouble
group_quota (const gchar *folder)
{
  g_autofree gchar *both = read_text (folder, "cpu.max");
  g_autofree gchar *quota = read_text (folder, "cpu.cfs_quota_us");
  g_autofree gchar *period = read_text (folder, "cpu.cfs_period_us");
  const gchar *first = both ? both : quota;
  gchar *rest;
  gdouble time, of;

  if (!first)
    return 0.0;
  time = g_ascii_strtod (first, &rest);
  of = g_ascii_strtod (both ? rest : period ? period : "", NULL);
  return time > 0.0 && of > 0.0 ? time / of : 0.0;
}

/* The least quota of a control group and of those that it lies in. */
static gdouble
least_quota (const gchar *mount, const gchar *path)
{
  g_autofree gchar *folder = g_build_filename (mount, path, NULL);
  gdouble least = 0.0;

  while (strlen (folder) >= strlen (mount)) {
    gdouble quota = group_quota (folder);
    gchar *above = g_path_get_dirname (folder);

    if (quota > 0.0 && (least == 0.0 || quota < least))
      least = quota;
    g_free (folder);
    folder = above;
  }
  return least;
}

/* (nullable): the folder of the control groups that a line of /proc/self/cgroup
 * describes, if they limit the CPU: those of version 2, or of version 1's
 * controller */
static gchar *
group_mount (const gchar *root, const gchar *controllers)
{
  g_auto (GStrv) names = g_strsplit (controllers, ",", -1);

  if (*controllers == '\0')
    return g_build_filename (root, "sys/fs/cgroup", NULL);
  return g_strv_contains ((const gchar *const *) names, "cpu")
      ? g_build_filename (root, "sys/fs/cgroup/cpu", NULL)
      : NULL;
}

guint
nf_threads_quota (const gchar *root)
{
  g_autofree gchar *text = read_text (root, "proc/self/cgroup");
  g_auto (GStrv) lines = g_strsplit (text ? text : "", "\n", -1);
  gdouble least = 0.0;

  for (gchar **line = lines; *line; line++) {
    g_auto (GStrv) parts = g_strsplit (*line, ":", 3);
    g_autofree gchar *mount =
        g_strv_length (parts) == 3 ? group_mount (root, parts[1]) : NULL;
    gdouble quota = mount ? least_quota (mount, parts[2]) : 0.0;

    if (quota > 0.0 && (least == 0.0 || quota < least))
      least = quota;
  }
  return least > 0.0 ? (guint) MIN (ceil (least), 65536.0) : G_MAXUINT;
}

guint
nf_threads_physical_cores (void)
{
  g_autoptr (GHashTable) cores =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  cpu_set_t allowed;
  guint n;

  if (sched_getaffinity (0, sizeof allowed, &allowed) != 0) {
    n = g_get_num_processors ();
  } else {
    for (guint cpu = 0; cpu < CPU_SETSIZE; cpu++)
      if (CPU_ISSET (cpu, &allowed))
        g_hash_table_add (cores, core_name (cpu));
    n = MAX (1, g_hash_table_size (cores));
  }
  return MIN (n, nf_threads_quota ("/"));
}

guint
nf_threads_default (void)
{
  const gchar *variable = g_getenv ("OMP_NUM_THREADS");
  guint64 n = variable ? g_ascii_strtoull (variable, NULL, 10) : 0;

  return n > 0 && n < G_MAXINT ? (guint) n : nf_threads_physical_cores ();
}

void
nf_threads_set (guint threads)
{
  omp_set_num_threads (threads ? threads : nf_threads_default ());
}

guint
nf_threads_get (void)
{
  return MAX (1, omp_get_max_threads ());
}
