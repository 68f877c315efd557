/* SPDX-License-Identifier: MIT
 *
 * docfolder — a folder in which commands of the documentation run */
#include "docfolder.h"

#include "testfolder.h"

#include <glib/gstdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* A sanitizer is for what loads the plugin, not for the shell's own commands. */
#define LAUNCH                                                                 \
  "#!/bin/sh\n"                                                                \
  "LD_PRELOAD=$NF_PRELOAD exec '%s' \"$@\"\n"

#define PYTHON                                                                 \
  "#!/bin/sh\n"                                                                \
  "python=/usr/bin/python3\n"                                                  \
  "modules=$(sed -n 's/^import \\([a-z0-9]*\\).*/\\1/p' \"$1\")\n"             \
  "needs='import gi, numpy; gi.require_version (\"GstApp\", \"1.0\")\n"        \
  "gi.require_version (\"GstVideo\", \"1.0\")'\n"                              \
  "$python -c \"$needs\" 2>/dev/null || lacks='gi, numpy or typelibs'\n"       \
  "for module in $modules; do\n"                                               \
  "  $python -c \"import $module\" 2>/dev/null || lacks=$module\n"             \
  "done\n"                                                                     \
  "export ASAN_OPTIONS=\"$ASAN_OPTIONS:detect_leaks=0\"\n"                     \
  "[ -z \"$lacks\" ] && LD_PRELOAD=$NF_PRELOAD exec $python -B \"$@\"\n"       \
  "echo \"not run: python3 has no $lacks\" >>\"$NF_DOC_NOTES\"\n"

static void
make_link (const gchar *folder, const gchar *name, const gchar *target)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);

  g_assert_cmpint (symlink (target, path), ==, 0);
}

/**
 * nf_test_doc_folder_new:
 *
 * Needs the variables NF_SOURCE and NF_BUILD.
 *
 * Returns: (transfer full): a new folder, for nf_test_folder_remove()
 */
gchar *
nf_test_doc_folder_new (void)
{
  gchar *folder = nf_test_folder_new ();
  g_autofree gchar *bin = g_build_filename (folder, "bin", NULL);
  g_autofree gchar *examples =
      g_build_filename (g_getenv ("NF_SOURCE"), "examples", NULL);
  g_autofree gchar *launcher = g_find_program_in_path ("gst-launch-1.0");

  g_assert_cmpint (g_mkdir (bin, 0755), ==, 0);
  make_link (folder, "examples", examples);
  make_link (folder, "build", g_getenv ("NF_BUILD"));
  nf_test_doc_folder_add_program (folder, "python3", PYTHON);
  if (launcher) {
    g_autofree gchar *launch = g_strdup_printf (LAUNCH, launcher);

    nf_test_doc_folder_add_program (folder, "gst-launch-1.0", launch);
  }

  return folder;
}

/**
 * nf_test_doc_folder_add_program:
 * @folder: a folder for commands
 * @name: the name by which they find the program
 * @script: what it is. The variable NF_DOC_NOTES names a file for notes,
 *   NF_PRELOAD is what LD_PRELOAD is to be where the plugin is loaded
 */
void
nf_test_doc_folder_add_program (
    const gchar *folder, const gchar *name, const gchar *script)
{
  g_autofree gchar *path = g_build_filename (folder, "bin", name, NULL);

  g_assert_true (g_file_set_contents_full (
      path, script, -1, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
}

/**
 * nf_test_doc_folder_run:
 * @folder: a folder for commands
 * @script: for the shell, which ends with the first command that fails
 * @output: (out) (transfer full): what it said, also of errors
 * @notes: (out) (transfer full): why something did not run, empty when all did
 *
 * Returns: exit status, -1 when a signal ended the shell
 */
gint
nf_test_doc_folder_run (
    const gchar *folder, const gchar *script, gchar **output, gchar **notes)
{
  g_autofree gchar *path = g_build_filename (folder, "notes.txt", NULL);
  g_autofree gchar *search =
      g_strdup_printf ("%s/bin:%s", folder, g_getenv ("PATH"));
  g_autofree gchar *together = g_strdup_printf ("exec 2>&1\n%s", script);
  gchar *argv[] = { (gchar *) "/bin/sh", (gchar *) "-e", (gchar *) "-c",
    together, NULL };
  const gchar *preload = g_getenv ("LD_PRELOAD");
  g_auto (GStrv) environment = g_get_environ ();
  g_autoptr (GError) error = NULL;
  gint status = -1;

  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  environment = g_environ_setenv (environment, "NF_DOC_NOTES", path, TRUE);
  environment = g_environ_setenv (environment, "PATH", search, TRUE);
  environment = g_environ_setenv (
      environment, "NF_PRELOAD", preload ? preload : "", TRUE);
  environment = g_environ_unsetenv (environment, "LD_PRELOAD");
  /* autovideosink shows nothing then */
  environment = g_environ_unsetenv (environment, "DISPLAY");
  environment = g_environ_unsetenv (environment, "WAYLAND_DISPLAY");
  g_spawn_sync (folder, argv, environment, G_SPAWN_DEFAULT, NULL, NULL, output,
      NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, notes, NULL, NULL));
  g_strchomp (*notes);

  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}
