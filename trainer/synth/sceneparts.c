/* SPDX-License-Identifier: MIT
 *
 * sceneparts — the parts of a data set that several programs made
 *
 * A program with --shard writes its clips as a data set of its own, in a folder
 * of the whole one. Whoever makes the whole moves them to their places. */
#include "synth/sceneparts.h"
#include "io/nfclipwriter.h"
#include "io/nffile.h"
#include "synth/scenerecord.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

/* Moves a clip; one that is at its place already is as good. */
static gboolean
take_clip (const gchar *clip, const gchar *place, GError **error)
{
  if (g_rename (clip, place) == 0)
    return TRUE;
  return errno == EEXIST || errno == ENOTEMPTY
      ? nf_clip_remove (clip, error)
      : nf_file_fail (clip, "move the clip to its place", error);
}

/* Moves what is in a split of a part to that of the whole; what was there
 * before, and what a killed program left, goes. */
static gboolean
take_split (const gchar *from, const gchar *to, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (from, 0, NULL);
  const gchar *name;

  if (!dir)
    return TRUE; /* no clip of this part is in it */
  if (g_mkdir_with_parents (to, 0777) != 0)
    return nf_file_fail (to, "make the folder", error);
  while ((name = g_dir_read_name (dir))) {
    g_autofree gchar *clip = g_build_filename (from, name, NULL);
    g_autofree gchar *place = g_build_filename (to, name, NULL);

    if (!(name[0] == '.' ? nf_clip_remove (clip, error)
                         : take_clip (clip, place, error)))
      return FALSE;
  }
  return g_rmdir (from) == 0 || nf_file_fail (from, "remove the folder", error);
}

static gboolean
holds_record_alone (const gchar *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir)))
    if (strcmp (name, NF_SCENE_RECORD) != 0)
      return FALSE;
  return TRUE;
}

static gboolean
take_part (const NfSynthOptions *options, const gchar *folder, GError **error)
{
  NfSynthOptions part = *options;
  g_autofree gchar *text = g_build_filename (folder, NF_SCENE_RECORD, NULL);
  g_autoptr (NfSceneRecord) record = NULL;

  part.out = (gchar *) folder;
  record = nf_scene_record_open (&part, error);
  if (!record)
    return FALSE;
  for (guint i = 0; i < NF_SYNTH_N_SPLITS; i++) {
    g_autofree gchar *from =
        g_build_filename (folder, nf_synth_splits[i], NULL);
    g_autofree gchar *to =
        g_build_filename (options->out, nf_synth_splits[i], NULL);

    if (!take_split (from, to, error))
      return FALSE;
  }
  /* what a killed program left goes when it is old enough */
  if (!holds_record_alone (folder))
    return TRUE;
  return (g_unlink (text) == 0 && g_rmdir (folder) == 0)
      || nf_file_fail (folder, "remove the folder", error);
}

/**
 * nf_scene_parts_take:
 * @options: of a whole data set, whose folder the caller holds
 * @error: return location: %NF_ERROR_INVALID for a part that was made with other
 *   options, %NF_ERROR_IO for one that a program is still writing
 *
 * Moves the clips of all parts to their places, and removes the parts' folders.
 */
gboolean
nf_scene_parts_take (const NfSynthOptions *options, GError **error)
{
  g_autoptr (GPtrArray) folders = nf_share_folders (options->out, error);

  for (guint i = 0; folders && i < folders->len; i++)
    if (!take_part (options, folders->pdata[i], error))
      return FALSE;
  return folders != NULL;
}
