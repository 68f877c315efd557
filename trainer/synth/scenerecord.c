/* SPDX-License-Identifier: MIT
 *
 * scenerecord — what a folder of synthetic clips was made with: scenes.ini */
#include "synth/scenerecord.h"
#include "config.h"
#include "io/nffile.h"

#include <unistd.h>

#define GROUP "scenes"
#define COMMENT                                                                \
  " What these clips were made with, so that nextframe-train synth can go "    \
  "on.\n"

struct _NfSceneRecord
{
  int fd; /* of the folder, locked */
};

/* All that decides the clips' numbers and content. */
static GKeyFile *
make_record (const NfSynthOptions *options)
{
  const NfScenes *scenes = &options->scenes;
  const NfSceneParams *clip = &scenes->clip;
  GKeyFile *file = g_key_file_new ();

  g_key_file_set_string (file, GROUP, "program", NF_VERSION);
  g_key_file_set_comment (file, GROUP, NULL, COMMENT, NULL);
  g_key_file_set_uint64 (file, GROUP, "seed", clip->seed);
  g_key_file_set_integer (file, GROUP, "width", scenes->width);
  g_key_file_set_integer (file, GROUP, "height", scenes->height);
  g_key_file_set_integer (file, GROUP, "frames", clip->frames);
  g_key_file_set_integer (file, GROUP, "min-objects", clip->min_objects);
  g_key_file_set_integer (file, GROUP, "max-objects", clip->max_objects);
  for (guint i = 0; i < NF_SYNTH_N_SPLITS; i++)
    g_key_file_set_uint64 (
        file, GROUP, nf_synth_splits[i], options->n_clips[i]);
  return file;
}

static gboolean
write_record (const gchar *path, const NfSynthOptions *options, GError **error)
{
  g_autoptr (GKeyFile) file = make_record (options);
  gsize size;
  gchar *text = g_key_file_to_data (file, &size, NULL);
  g_autoptr (GBytes) content = g_bytes_new_take (text, size);

  return nf_file_replace (path, content, error);
}

/* Whether the folder was begun with the same options. */
static gboolean
check_record (const gchar *path, const NfSynthOptions *options, GError **error)
{
  g_autoptr (GKeyFile) want = make_record (options);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) cause = NULL;
  g_auto (GStrv) keys = g_key_file_get_keys (want, GROUP, NULL, NULL);
  g_autoptr (GString) differs = g_string_new (NULL);

  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, &cause)) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: not readable as what a data set was made with: %s; choose "
        "another --out",
        path, cause->message);
    return FALSE;
  }
  for (guint i = 0; keys[i]; i++) {
    g_autofree gchar *then = g_key_file_get_value (file, GROUP, keys[i], NULL);
    g_autofree gchar *now = g_key_file_get_value (want, GROUP, keys[i], NULL);

    if (g_strcmp0 (then, now) != 0)
      g_string_append_printf (differs, "%s%s was %s and is %s now",
          differs->len ? ", " : "", keys[i], then ? then : "not given", now);
  }
  if (differs->len == 0)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "%s: the clips there were made with other options: %s; give the same "
      "options to go on, or another --out",
      path, differs->str);
  return FALSE;
}

/* Whether nothing but hidden files and parts of data sets is in the folder. */
static gboolean
check_empty (const gchar *folder, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  const gchar *name;

  if (!dir)
    return FALSE;
  while ((name = g_dir_read_name (dir))) {
    if (name[0] == '.' || g_str_has_prefix (name, NF_SHARE_PREFIX))
      continue;
    g_set_error (error, NF_ERROR, NF_ERROR_IO,
        "%s: holds %s, but no " NF_SCENE_RECORD " that says it was made by "
        "nextframe-train synth; choose a new or empty folder for --out",
        folder, name);
    return FALSE;
  }
  return TRUE;
}

/* Whether the folder was begun with the same options, or can be begun now. */
static gboolean
check_folder (const gchar *folder, const NfSynthOptions *options,
    gboolean *begun, GError **error)
{
  g_autofree gchar *path = g_build_filename (folder, NF_SCENE_RECORD, NULL);

  *begun = g_file_test (path, G_FILE_TEST_EXISTS);
  return *begun ? check_record (path, options, error)
                : check_empty (folder, error);
}

/**
 * nf_scene_record_open:
 * @options: what is to be made, and where
 * @error: return location; says what differs or is in the way
 *
 * Makes the folder, that of the options' part, and its record, or checks that it
 * was begun with the same options.
 *
 * Returns: (transfer full) (nullable): the folder, until it is closed
 */
NfSceneRecord *
nf_scene_record_open (const NfSynthOptions *options, GError **error)
{
  g_autofree gchar *folder = nf_share_folder (&options->share, options->out);
  g_autofree gchar *path = g_build_filename (folder, NF_SCENE_RECORD, NULL);
  g_autoptr (NfSceneRecord) record = NULL;
  gboolean begun;
  int fd;

  if (nf_share_is_part (&options->share)
      && g_file_test (options->out, G_FILE_TEST_IS_DIR)
      && !check_folder (options->out, options, &begun, error))
    return NULL;
  fd = nf_file_lock_folder (folder, "nextframe-train synth", error);
  if (fd < 0)
    return NULL;
  record = g_new0 (NfSceneRecord, 1);
  record->fd = fd;
  if (!check_folder (folder, options, &begun, error)
      || (!begun && !write_record (path, options, error)))
    return NULL;
  nf_file_remove_leftovers (folder);
  return g_steal_pointer (&record);
}

/**
 * nf_scene_record_close:
 * @record: (transfer full) (nullable): a folder that others may now write to
 */
void
nf_scene_record_close (NfSceneRecord *record)
{
  if (!record)
    return;
  close (record->fd);
  g_free (record);
}
