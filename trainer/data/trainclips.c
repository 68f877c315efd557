/* SPDX-License-Identifier: MIT
 *
 * trainclips — the clips that a training's settings name */
#include "data/trainclips.h"

static NfDatasetOptions
dataset_options (const NfTrainConfig *config, gboolean masks)
{
  const NfConfigData *data = &config->data;
  NfDatasetOptions options = {
    .splits = data->splits,
    .masks = masks ? NF_MASKS_REQUIRED : NF_MASKS_NONE,
    .classes = config->segment.classes,
    .max_clips = data->max_clips,
    .cache_bytes = (gsize) data->cache << 20,
  };

  if (config->kind == NF_TRAIN_DIFFUSION) {
    options.height = config->diffusion.scene_size.v[0];
    options.width = config->diffusion.scene_size.v[1];
  }
  return options;
}

/**
 * nf_train_clips_open:
 * @config: settings: what data, and how many classes there are
 * @masks: whether masks are needed
 * @error: return location
 *
 * Returns: (transfer full) (nullable): a source of at least one clip
 */
NfClipSource *
nf_train_clips_open (
    const NfTrainConfig *config, gboolean masks, GError **error)
{
  NfDatasetOptions options = dataset_options (config, masks);

  return nf_clip_source_open (config->data.path, &options, error);
}

/**
 * nf_train_clips_open_held_out:
 * @config: settings: what data, how many classes there are, and how many clips
 *   to validate by
 * @masks: whether masks are needed
 * @source: (out) (transfer full) (nullable): clips that are not trained on:
 *   those of val/, or scenes of a seed that no location can name; %NULL where
 *   the folder has none, or trains on them
 * @error: return location
 */
gboolean
nf_train_clips_open_held_out (const NfTrainConfig *config, gboolean masks,
    NfClipSource **source, GError **error)
{
  NfDatasetOptions options = dataset_options (config, masks);

  return nf_clip_source_open_held_out (
      config->data.path, &options, config->validate.clips, source, error);
}
