/* SPDX-License-Identifier: MIT
 *
 * data — the clips that an evaluation is about */
#include "eval/data.h"
#include "eval/models.h"
#include <nextframe/metrics/nfclasses.h>

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

/* Whether the clips suit an evaluation. */
static gboolean
check_clips (
    const NfEvalOptions *options, const NfClipSource *source, GError **error)
{
  guint shortest;
  const gchar *name = nf_clip_source_shortest (source, &shortest);

  if (nf_clip_source_n_clips (source) == 0) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "%s has no end; how many clips? Give --data %s:500, or --clips 500",
        options->data, options->data);
    return FALSE;
  }
  if (shortest < NF_EVAL_FRAMES) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "%s: expected at least %d frames, found %u; take short clips out of "
        "the folder, or choose others with --splits or --clips",
        name, NF_EVAL_FRAMES, shortest);
    return FALSE;
  }
  return TRUE;
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
  gboolean is_folder = nf_clip_source_is_folder (options->data);
  g_autofree gchar *series = nf_clip_source_series (options->data);
  g_autofree gchar *shown = g_filename_display_name (series);
  NfDatasetOptions dataset = { .splits = choose_splits (options),
    .masks = NF_MASKS_REQUIRED,
    .classes = NF_N_CLASSES,
    .max_clips = options->clips,
    .cache_bytes = 0 };
  g_autoptr (NfClipSource) source = NULL;

  if (options->splits && !is_folder) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "--splits is for a data set's folder; %s has none", options->data);
    return NULL;
  }
  source = nf_clip_source_open (options->data, &dataset, error);
  if (!source || !check_clips (options, source, error))
    return NULL;
  json_object_set_string_member (settings, "data", shown);
  if (is_folder)
    json_object_set_string_member (settings, "splits", dataset.splits);
  return g_steal_pointer (&source);
}
