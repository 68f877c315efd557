/* SPDX-License-Identifier: MIT
 *
 * data — the clips that an evaluation is about */
#include "eval/data.h"
#include "eval/models.h"
#include "metrics/nfclasses.h"
#include "config/scenes.h"

#define HELD_OUT_SPLIT "val"
#define TRAINED_SPLIT "train"

/* The clips that no training should have seen, where the folder has some. */
static const gchar *
choose_splits (const NfEvalOptions *options)
{
  g_autofree gchar *held_out =
      g_build_filename (options->data, HELD_OUT_SPLIT, NULL);

  if (options->splits)
    return options->splits;
  return g_file_test (held_out, G_FILE_TEST_IS_DIR) ? HELD_OUT_SPLIT
                                                    : TRAINED_SPLIT;
}

static NfClipSource *
open_folder (const NfEvalOptions *options, JsonObject *settings, GError **error)
{
  NfDatasetOptions dataset = { choose_splits (options), TRUE, NF_N_CLASSES,
    options->clips, 0 };
  g_autoptr (NfClipSource) source =
      nf_clip_source_new_folder (options->data, &dataset, error);
  const gchar *name;
  guint shortest;

  if (!source)
    return NULL;
  name = nf_clip_source_shortest (source, &shortest);
  if (shortest < NF_EVAL_FRAMES) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "%s: expected at least %d frames, found %u; take short clips out of "
        "the folder, or choose others with --splits or --clips",
        name, NF_EVAL_FRAMES, shortest);
    return NULL;
  }
  json_object_set_string_member (settings, "splits", dataset.splits);
  return g_steal_pointer (&source);
}

static NfClipSource *
open_scenes (const NfEvalOptions *options, GError **error)
{
  NfScenes scenes;

  if (!nf_scenes_parse (options->data, &scenes, error))
    return NULL;
  if (options->splits) {
    g_set_error_literal (error, NF_ERROR, NF_ERROR_INVALID,
        "--splits is for a data set's folder; scenes have none");
    return NULL;
  }
  if (options->clips > 0
      && (scenes.n_clips == 0 || options->clips < scenes.n_clips))
    scenes.n_clips = options->clips;
  if (scenes.n_clips == 0) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "%s has no end; how many clips? Give --data %s:500, or --clips 500",
        options->data, options->data);
    return NULL;
  }
  return nf_clip_source_new_scenes (&scenes);
}

/**
 * nf_eval_data_open:
 * @options: which clips
 * @settings: gets members that say which they are, but not how many
 * @error: return location
 *
 * Returns: (transfer full) (nullable): at least one clip, each with masks and
 *   at least %NF_EVAL_FRAMES frames
 */
NfClipSource *
nf_eval_data_open (
    const NfEvalOptions *options, JsonObject *settings, GError **error)
{
  if (!nf_scenes_named (options->data)) {
    g_autofree gchar *shown = g_filename_display_name (options->data);

    json_object_set_string_member (settings, "data", shown);
    return open_folder (options, settings, error);
  } else {
    g_auto (GStrv) parts = g_strsplit (options->data, ":", -1);
    g_autofree gchar *seed = g_strconcat (parts[0], ":", parts[1], NULL);

    json_object_set_string_member (settings, "data", seed);
    return open_scenes (options, error);
  }
}
