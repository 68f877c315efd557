/* SPDX-License-Identifier: MIT
 *
 * lines — a file that grows by lines, and is whole whenever its program ends */
#define _GNU_SOURCE /* getline() */
#include "eval/lines.h"
#include "io/nffile.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SYNC_INTERVAL (5 * G_USEC_PER_SEC)

struct _NfEvalLines
{
  gchar *path;
  FILE *file;
  gint64 synced; /* when, microseconds */
};

static gboolean
read_lines (FILE *file, const gchar *path, NfEvalTakeLine take, gpointer data,
    gint64 *good, GError **error)
{
  gchar *line = NULL;
  gsize room = 0;
  gssize length;
  guint number = 0;
  gboolean ok = TRUE;

  while (ok && (length = getline (&line, &room, file)) > 0
      && line[length - 1] == '\n') {
    *good += length;
    ok = take (data, number++, line, error);
  }
  free (line);
  if (!ok)
    g_prefix_error (error,
        "%s, line %u: not of this job (delete the file to begin anew): ", path,
        number);
  return ok;
}

/**
 * nf_eval_lines_read:
 * @path: a file of lines; it may not be there
 * @take: called for every whole line
 * @data: given to it
 * @good: (out): where the last whole line ends
 * @error: return location
 */
gboolean
nf_eval_lines_read (const gchar *path, NfEvalTakeLine take, gpointer data,
    gint64 *good, GError **error)
{
  FILE *file = g_fopen (path, "re");
  gboolean ok;

  *good = 0;
  if (!file)
    return errno == ENOENT || nf_file_fail (path, "read", error);
  ok = read_lines (file, path, take, data, good, error);
  if (ok && ferror (file))
    ok = nf_file_fail (path, "read", error);
  fclose (file);
  return ok;
}

/**
 * nf_eval_lines_append:
 * @path: a file of lines; made where it is not there
 * @good: as nf_eval_lines_read() has it; what is behind that is cut off
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the file, to add lines to
 */
NfEvalLines *
nf_eval_lines_append (const gchar *path, gint64 good, GError **error)
{
  g_autoptr (NfEvalLines) lines = g_new0 (NfEvalLines, 1);

  lines->path = g_strdup (path);
  lines->file = g_fopen (path, "ae");
  if (!lines->file || ftruncate (fileno (lines->file), good) != 0) {
    nf_file_fail (path, "write", error);
    return NULL;
  }
  return g_steal_pointer (&lines);
}

/**
 * nf_eval_lines_sync:
 * @lines: a file of lines
 * @error: return location
 *
 * Sees to it that all lines are on the disk.
 */
gboolean
nf_eval_lines_sync (NfEvalLines *lines, GError **error)
{
  if (fflush (lines->file) != 0 || fsync (fileno (lines->file)) != 0)
    return nf_file_fail (lines->path, "write", error);
  lines->synced = g_get_monotonic_time ();
  return TRUE;
}

/**
 * nf_eval_lines_add:
 * @lines: a file of lines
 * @line: with its end
 * @error: return location
 *
 * The line is with the system at once, and on the disk within seconds.
 */
gboolean
nf_eval_lines_add (NfEvalLines *lines, const gchar *line, GError **error)
{
  if (fputs (line, lines->file) < 0 || fflush (lines->file) != 0)
    return nf_file_fail (lines->path, "write", error);
  return g_get_monotonic_time () - lines->synced < SYNC_INTERVAL
      || nf_eval_lines_sync (lines, error);
}

/**
 * nf_eval_lines_close:
 * @lines: (transfer full) (nullable): a file of lines
 */
void
nf_eval_lines_close (NfEvalLines *lines)
{
  if (!lines)
    return;
  if (lines->file)
    fclose (lines->file);
  g_free (lines->path);
  g_free (lines);
}
