/* SPDX-License-Identifier: MIT
 *
 * scenes — clips that are rendered instead of read */
#include "config/scenes.h"

#define PREFIX "scenes:"
#define WIDTH 240
#define HEIGHT 160

/**
 * nf_scenes_init:
 * @scenes: (out): endless clips of seed 0, of the real clips' size
 */
void
nf_scenes_init (NfScenes *scenes)
{
  *scenes = (NfScenes){ 0, WIDTH, HEIGHT };
  nf_scene_params_init (&scenes->clip);
}

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
  guint64 n_clips = 0;

  nf_scenes_init (scenes);
  if (nf_scenes_named (path) && (n == 2 || n == 3)
      && g_ascii_string_to_unsigned (
          parts[1], 10, 0, G_MAXINT64, &scenes->clip.seed, NULL)
      && (n == 2
          || g_ascii_string_to_unsigned (
              parts[2], 10, 1, NF_SCENES_MAX_CLIPS, &n_clips, NULL))) {
    scenes->n_clips = n_clips;
    return TRUE;
  }
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "data.path: expected scenes:SEED or scenes:SEED:CLIPS, such as scenes:1 "
      "or scenes:1:500 (up to %d clips), got \"%s\" (a folder of that name is "
      "./%s)",
      NF_SCENES_MAX_CLIPS, path, path);
  return FALSE;
}
