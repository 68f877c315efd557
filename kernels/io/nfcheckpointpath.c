/* SPDX-License-Identifier: MIT
 *
 * nfcheckpointpath — where a checkpoint is: given, or one of those that ship */
#include "io/nfcheckpointpath.h"

#include "config.h"
#include "core/nfinstalled.h"

/* folders to look in, in order */
static GPtrArray *
search_folders (void)
{
  GPtrArray *folders = g_ptr_array_new_with_free_func (g_free);
  const gchar *variable = g_getenv (NF_CHECKPOINT_PATH_VARIABLE);
  g_auto (GStrv) parts =
      g_strsplit (variable ? variable : "", G_SEARCHPATH_SEPARATOR_S, -1);

  for (gchar **part = parts; *part != NULL; part++)
    if (**part != '\0')
      g_ptr_array_add (folders, g_strdup (*part));
  g_ptr_array_add (folders,
      nf_installed_path (NF_CHECKPOINT_DIR_FROM_LIBRARY, NF_CHECKPOINT_DIR));

  return folders;
}

/**
 * nf_checkpoint_path_find:
 * @given: (nullable): what the user named; NULL or empty: the default
 * @fallback: file name of the default: %NF_CHECKPOINT_PREDICTOR, ...
 * @trainer: for the message: the command that makes such a checkpoint
 * @setting: for the message: how its path is given: "the property checkpoint"
 * @error: return location: %NF_ERROR_NOT_FOUND
 *
 * A path that exists is taken as it is; a relative one that does not is looked
 * up in the folders of the variable NEXTFRAME_PATH, then in the folder of
 * installed checkpoints.
 *
 * Returns: (transfer full) (nullable): path of a file
 */
gchar *
nf_checkpoint_path_find (const gchar *given, const gchar *fallback,
    const gchar *trainer, const gchar *setting, GError **error)
{
  gboolean named = given != NULL && *given != '\0';
  const gchar *name = named ? given : fallback;
  g_autoptr (GPtrArray) folders = search_folders ();
  g_autoptr (GString) places = g_string_new (NULL);

  if (named) {
    if (g_file_test (name, G_FILE_TEST_EXISTS))
      return g_strdup (name);
    g_string_append (places,
        g_path_is_absolute (name) ? " that place" : " the current folder");
  }
  for (guint i = 0; !g_path_is_absolute (name) && i < folders->len; i++) {
    const gchar *folder = g_ptr_array_index (folders, i);
    g_autofree gchar *path = g_build_filename (folder, name, NULL);

    if (g_file_test (path, G_FILE_TEST_EXISTS))
      return g_steal_pointer (&path);
    g_string_append_printf (
        places, "%s %s", places->len > 0 ? "," : "", folder);
  }
  g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND,
      "checkpoint: no file '%s'; looked in%s. Make one with '%s', give its "
      "path with %s, or its folder with the "
      "variable " NF_CHECKPOINT_PATH_VARIABLE,
      name, places->str, trainer, setting);

  return NULL;
}
