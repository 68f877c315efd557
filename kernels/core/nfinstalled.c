/* SPDX-License-Identifier: MIT
 *
 * nfinstalled — where files are that are installed with the library */
#define _GNU_SOURCE /* dladdr () */
#include "core/nfinstalled.h"

#include <dlfcn.h>
#include <stdlib.h>

/* (transfer full) (nullable): the folder of the library that holds this code */
static gchar *
library_folder (void)
{
  g_autofree gchar *path = NULL;
  Dl_info info;

  if (dladdr ((gconstpointer) library_folder, &info) == 0
      || info.dli_fname == NULL)
    return NULL;
  path = realpath (info.dli_fname, NULL);

  return path != NULL ? g_path_get_dirname (path) : NULL;
}

gchar *
nf_installed_path (const gchar *from_library, const gchar *configured)
{
  g_autofree gchar *folder = library_folder ();
  g_autofree gchar *path = NULL;

  if (g_path_is_absolute (from_library))
    return g_strdup (from_library);
  if (folder != NULL) {
    path = g_canonicalize_filename (from_library, folder);
    if (g_file_test (path, G_FILE_TEST_EXISTS))
      return g_steal_pointer (&path);
  }

  return g_strdup (configured);
}
