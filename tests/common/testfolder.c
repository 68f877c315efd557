/* SPDX-License-Identifier: MIT
 *
 * testfolder — folders that a test makes and removes */
#include "testfolder.h"

#include <glib/gstdio.h>

/**
 * nf_test_folder_new:
 *
 * Returns: (transfer full): a new empty folder
 */
gchar *
nf_test_folder_new (void)
{
  g_autoptr (GError) error = NULL;
  gchar *folder = g_dir_make_tmp ("nextframe-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

/**
 * nf_test_folder_remove:
 * @folder: a folder, removed with all that is in it, but not what symbolic
 *   links in it lead to
 */
void
nf_test_folder_remove (const gchar *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);

    if (g_file_test (path, G_FILE_TEST_IS_DIR)
        && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
      nf_test_folder_remove (path);
    else
      g_unlink (path);
  }
  g_rmdir (folder);
}
