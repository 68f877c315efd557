/* SPDX-License-Identifier: MIT
 *
 * fuzz — what the fuzz targets share: files to read, and running without an engine
 */
#include "fuzz.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gchar *folder;
static GHashTable *paths; /* name -> path */

static void
remove_folder (void)
{
  GHashTableIter iter;
  gpointer path;

  g_hash_table_iter_init (&iter, paths);
  while (g_hash_table_iter_next (&iter, NULL, &path))
    g_unlink (path);
  g_rmdir (folder);
  g_hash_table_unref (paths);
  g_free (folder);
}

const gchar *
nf_fuzz_folder (void)
{
  if (folder == NULL) {
    folder = g_dir_make_tmp ("nextframe-fuzz-XXXXXX", NULL);
    if (folder == NULL)
      g_error ("no folder for the inputs");
    paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    atexit (remove_folder);
  }

  return folder;
}

const gchar *
nf_fuzz_file (const gchar *name, const uint8_t *data, size_t size)
{
  const gchar *in = nf_fuzz_folder ();
  gchar *path = g_hash_table_lookup (paths, name);
  FILE *stream;

  if (path == NULL) {
    path = g_build_filename (in, name, NULL);
    g_hash_table_insert (paths, g_strdup (name), path);
  }
  stream = g_fopen (path, "wb");
  if (stream == NULL || fwrite (data, 1, size, stream) != size
      || fclose (stream) != 0)
    g_error ("%s: cannot be written", path);

  return path;
}

#ifndef NF_FUZZ_ENGINE

/* changes of each kind that are made to an input */
#define CHANGES 60

/* an input of its own size, so that a checker sees a read behind its end */
static void
run (const gchar *data, gsize size)
{
  uint8_t *copy = g_malloc (MAX (size, 1));

  if (size > 0)
    memcpy (copy, data, size);
  LLVMFuzzerTestOneInput (copy, size);
  g_free (copy);
}

static void
run_changes (gchar *data, gsize size)
{
  GRand *random = g_rand_new_with_seed ((guint32) size);

  run (data, size);
  for (guint i = 0; i < CHANGES && size > 0; i++)
    run (data, size * i / CHANGES);
  for (guint i = 0; i < CHANGES && size > 0; i++) {
    gsize at = g_rand_int (random) % size;
    gchar before = data[at];

    data[at] = (gchar) g_rand_int (random);
    run (data, size);
    data[at] = before;
  }
  g_rand_free (random);
}

static gboolean
run_file (const gchar *path)
{
  g_autofree gchar *data = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  if (!g_file_get_contents (path, &data, &size, &error)) {
    g_printerr ("fuzz: %s\n", error->message);
    return FALSE;
  }
  run_changes (data, size);

  return TRUE;
}

/* (out): @n: how many files there were */
static gboolean
run_all (const gchar *path, guint *n)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  gboolean ok = TRUE;
  const gchar *name;

  if (dir == NULL) {
    *n += 1;
    return run_file (path);
  }
  while (ok && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *inner = g_build_filename (path, name, NULL);

    ok = run_all (inner, n);
  }

  return ok;
}

int
main (int argc, char **argv)
{
  guint n = 0;

  for (gint i = 1; i < argc; i++)
    if (!run_all (argv[i], &n))
      return 1;
  if (n == 0) {
    g_printerr ("Usage: %s FILE or FOLDER...\n", argv[0]);
    return 2;
  }
  g_print ("%u inputs, each with %u changes\n", n, 2 * CHANGES);

  return 0;
}
#endif
