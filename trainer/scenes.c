/* SPDX-License-Identifier: MIT
 *
 * scenes — clips that are rendered instead of read */
#include "scenes.h"

#define PREFIX "scenes:"

/**
 * nf_scenes_named:
 * @path: where the data is
 *
 * Returns: whether @path means scenes, and no folder
 */
gboolean
nf_scenes_named (const gchar *path)
{
  return g_str_has_prefix (path, PREFIX);
}

/**
 * nf_scenes_parse:
 * @path: `scenes:SEED` or `scenes:SEED:CLIPS`
 * @scenes: (out): what it means
 * @error: return location: %NF_ERROR_INVALID
 */
gboolean
nf_scenes_parse (const gchar *path, NfScenes *scenes, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (path, ":", -1);
  guint n = g_strv_length (parts);

  scenes->n_clips = 0;
  if (nf_scenes_named (path) && (n == 2 || n == 3)
      && g_ascii_string_to_unsigned (
          parts[1], 10, 0, G_MAXINT64, &scenes->seed, NULL)
      && (n == 2
          || g_ascii_string_to_unsigned (
              parts[2], 10, 1, NF_SCENES_MAX_CLIPS, &scenes->n_clips, NULL)))
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "data.path: expected scenes:SEED or scenes:SEED:CLIPS, such as scenes:1 "
      "or scenes:1:500 (up to %d clips), got \"%s\" (a folder of that name is "
      "./%s)",
      NF_SCENES_MAX_CLIPS, path, path);
  return FALSE;
}

/**
 * nf_scenes_draw:
 * @renderer: of the pictures' size
 * @scene: a clip
 * @frame: below its length
 * @width: columns
 * @rgb: (out caller-allocates) (nullable): (height, width, 3)
 * @mask: (out caller-allocates) (nullable): (height, width), classes
 */
void
nf_scenes_draw (NfRenderer *renderer, const NfScene *scene, guint frame,
    gint width, guint8 *rgb, guint8 *mask)
{
  guint n;
  const NfSceneObject *objects = nf_scene_objects (scene, frame, &n);

  nf_renderer_draw (renderer, nf_scene_view (scene), objects, n, rgb,
      (gsize) 3 * width, mask, width);
}
