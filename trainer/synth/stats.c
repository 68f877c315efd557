/* SPDX-License-Identifier: MIT
 *
 * synth/stats — a table of what is seen in real and in synthetic clips
 *
 * What is counted: kernels/scene/stats/nfscenestats.h. Clips are rendered by the
 * loader's threads and counted in order. */
#include "synth/stats.h"
#include <nextframe/core/threads/nfthreads.h>
#include "data/loader.h"
#include <nextframe/metrics/nfclasses.h>
#include <nextframe/scene/stats/nfscenestats.h>
#include "train/report.h"

#include <string.h>

/* A sample's parts: a whole clip. */
enum
{
  PART_FRAMES, /* (frames, height, width, 3) */
  PART_MASKS /* (frames, height, width) */
};

/* Counts the clips of a data set: frames of all, masks where there are some. */
static gboolean
count_folder (NfSceneStats *stats, const gchar *path, GError **error)
{
  static const NfDatasetOptions options = { .splits = "train val unlabeled",
    .masks = NF_MASKS_NONE,
    .classes = NF_N_CLASSES,
    .max_clips = 0,
    .cache_bytes = 0 };
  g_autoptr (NfDataset) dataset = nf_dataset_open (path, &options, error);

  if (!dataset)
    return FALSE;
  for (guint i = 0; i < nf_dataset_n_clips (dataset); i++) {
    const NfClipInfo *info = nf_dataset_clip_info (dataset, i);
    g_autoptr (NfClip) clip =
        nf_clip_load (info, info->has_mask, NF_N_CLASSES, error);

    if (!clip)
      return FALSE;
    nf_scene_stats_add (stats, clip->frames, clip->masks, clip->n_frames,
        clip->width, clip->height);
  }
  return TRUE;
}

static gboolean
load_clip (gconstpointer task, NfClipReader *reader, guint64 sample,
    guint64 item, guint8 *const parts[], GError **error)
{
  const NfScenes *scenes = task;
  gsize pixels = (gsize) scenes->width * scenes->height;

  if (!nf_clip_reader_open (reader, item, error))
    return FALSE;
  for (guint t = 0; t < scenes->clip.frames; t++) {
    NfFrame frame;

    nf_clip_reader_frame (reader, t, &frame);
    memcpy (parts[PART_FRAMES] + 3 * t * pixels, frame.rgb, 3 * pixels);
    memcpy (parts[PART_MASKS] + t * pixels, frame.mask, pixels);
  }
  return TRUE;
}

static gboolean
count_scenes (NfSceneStats *stats, const NfSynthOptions *options, FILE *log,
    GError **error)
{
  const NfScenes *scenes = &options->scenes;
  gsize bytes = (gsize) scenes->clip.frames * scenes->width * scenes->height;
  NfLoaderSetup setup = {
    .load = load_clip, .task = scenes, .part_bytes = { 3 * bytes, bytes }
  };
  g_autoptr (NfClipSource) source = nf_clip_source_new_scenes (scenes);
  g_autoptr (NfLoader) loader = NULL;
  const guint8 *parts[NF_LOADER_PARTS] = { NULL };
  g_autoptr (NfProgress) progress =
      nf_progress_new (log, 0, scenes->n_clips, MAX (1, scenes->n_clips / 10));

  setup.n_samples = scenes->n_clips;
  setup.threads =
      options->threads ? options->threads : nf_threads_physical_cores ();
  setup.batch_size = MIN (setup.threads, scenes->n_clips);
  loader = nf_loader_new (source, &setup, error);
  if (!loader)
    return FALSE;
  for (guint i = 0; i < scenes->n_clips; i++) {
    guint place = i % setup.batch_size;

    if (place == 0 && !nf_loader_get (loader, i, parts, error))
      return FALSE;
    nf_scene_stats_add (stats, parts[PART_FRAMES] + 3 * bytes * place,
        parts[PART_MASKS] + bytes * place, scenes->clip.frames, scenes->width,
        scenes->height);
    nf_progress_clip (progress, i + 1);
  }
  return TRUE;
}

/**
 * nf_synth_stats_table:
 * @options: how many clips, of which scenes, and which real ones
 * @log: where progress goes
 * @error: return location
 *
 * Returns: (transfer full) (nullable): a Markdown table
 */
gchar *
nf_synth_stats_table (const NfSynthOptions *options, FILE *log, GError **error)
{
  g_autoptr (NfSceneStats) real = nf_scene_stats_new ();
  g_autoptr (NfSceneStats) synthetic = nf_scene_stats_new ();

  if ((options->real && !count_folder (real, options->real, error))
      || !count_scenes (synthetic, options, log, error))
    return NULL;
  return nf_scene_stats_format_table (real, synthetic);
}
