/* SPDX-License-Identifier: MIT
 *
 * clipsource — where the clips of a training come from: a folder, or scenes */
#include "data/clipsource.h"
#include "metrics/nfclasses.h"
#include "scene/render/nfrender.h"

#define HELD_OUT_SPLIT "val"
/* added to a seed of scenes, which has not this bit */
#define HELD_OUT_SEED (G_GUINT64_CONSTANT (1) << 63)

struct _NfClipSource
{
  NfDataset *dataset; /* NULL: scenes */
  NfScenes scenes;
  guint classes; /* masks have no others */
};

struct _NfClipReader
{
  NfClipSource *source;
  guint64 number; /* of the open clip */
  NfClip *clip; /* of a folder */
  NfScene *scene;
  NfRenderer *renderer;
  guint8 *rgb; /* (height, width, 3) */
  guint8 *mask; /* (height, width) */
};

/**
 * nf_clip_source_new_folder:
 * @path: the folder that holds the splits
 * @options: what to read
 * @error: return location
 *
 * Returns: (transfer full) (nullable): a source of at least one clip
 */
NfClipSource *
nf_clip_source_new_folder (
    const gchar *path, const NfDatasetOptions *options, GError **error)
{
  NfDataset *dataset = nf_dataset_open (path, options, error);
  NfClipSource *source;

  if (!dataset)
    return NULL;
  source = g_new0 (NfClipSource, 1);
  source->dataset = dataset;
  return source;
}

/**
 * nf_clip_source_new_scenes:
 * @scenes: what scenes
 *
 * Returns: (transfer full): a source of rendered clips
 */
NfClipSource *
nf_clip_source_new_scenes (const NfScenes *scenes)
{
  NfClipSource *source = g_new0 (NfClipSource, 1);

  source->scenes = *scenes;
  source->classes = G_MAXUINT;
  return source;
}

/* Scenes may be rendered in another size than that of the real clips. */
static void
set_scene_size (const NfTrainConfig *config, NfScenes *scenes)
{
  const NfIntList *size = &config->diffusion.scene_size;

  if (config->kind != NF_TRAIN_DIFFUSION || size->v[0] == 0)
    return;
  scenes->height = size->v[0];
  scenes->width = size->v[1];
}

/**
 * nf_clip_source_open:
 * @config: settings: what data, and how many classes there are
 * @masks: whether masks are needed
 * @error: return location
 *
 * Returns: (transfer full) (nullable): a source of at least one clip
 */
NfClipSource *
nf_clip_source_open (
    const NfTrainConfig *config, gboolean masks, GError **error)
{
  const NfConfigData *data = &config->data;
  NfDatasetOptions options = { data->splits, masks, config->segment.classes,
    data->max_clips, (gsize) data->cache << 20 };
  guint most = MIN (data->max_clips, NF_SCENES_MAX_CLIPS);
  NfClipSource *source;
  NfScenes scenes;

  if (!nf_scenes_named (data->path))
    return nf_clip_source_new_folder (data->path, &options, error);
  if (!nf_scenes_parse (data->path, &scenes, error))
    return NULL;
  if (most && (!scenes.n_clips || most < scenes.n_clips))
    scenes.n_clips = most;
  set_scene_size (config, &scenes);
  source = nf_clip_source_new_scenes (&scenes);
  if (masks)
    source->classes = config->segment.classes;
  return source;
}

/* Whether a folder of clips has some that are not trained on. */
static gboolean
has_held_out (const NfConfigData *data)
{
  g_autofree gchar *folder =
      g_build_filename (data->path, HELD_OUT_SPLIT, NULL);
  g_auto (GStrv) splits = g_strsplit (data->splits, " ", -1);

  return !g_strv_contains ((const gchar *const *) splits, HELD_OUT_SPLIT)
      && g_file_test (folder, G_FILE_TEST_IS_DIR);
}

/**
 * nf_clip_source_open_held_out:
 * @config: settings: what data, how many classes there are, and how many clips
 *   to validate by
 * @masks: whether masks are needed
 * @source: (out) (transfer full) (nullable): clips that are not trained on:
 *   those of val/, or scenes of a seed that nobody can ask for; %NULL where the
 *   folder has none, or trains on them
 * @error: return location
 */
gboolean
nf_clip_source_open_held_out (const NfTrainConfig *config, gboolean masks,
    NfClipSource **source, GError **error)
{
  const NfConfigData *data = &config->data;
  NfDatasetOptions options = { HELD_OUT_SPLIT, masks, config->segment.classes,
    config->validate.clips, (gsize) data->cache << 20 };
  NfScenes scenes;

  *source = NULL;
  if (!nf_scenes_named (data->path)) {
    if (!has_held_out (data))
      return TRUE;
    *source = nf_clip_source_new_folder (data->path, &options, error);
    return *source != NULL;
  }
  if (!nf_scenes_parse (data->path, &scenes, error))
    return FALSE;
  scenes.n_clips = config->validate.clips;
  scenes.clip.seed |= HELD_OUT_SEED;
  set_scene_size (config, &scenes);
  *source = nf_clip_source_new_scenes (&scenes);
  if (masks)
    (*source)->classes = config->segment.classes;
  return TRUE;
}

/**
 * nf_clip_source_free:
 * @source: (transfer full) (nullable): a source that nobody reads any more
 */
void
nf_clip_source_free (NfClipSource *source)
{
  if (!source)
    return;
  nf_dataset_free (source->dataset);
  g_free (source);
}

/**
 * nf_clip_source_n_clips:
 * @source: a source
 *
 * Returns: how many clips it has; 0: as many as there are numbers
 */
guint
nf_clip_source_n_clips (const NfClipSource *source)
{
  return source->dataset ? nf_dataset_n_clips (source->dataset)
                         : source->scenes.n_clips;
}

/**
 * nf_clip_source_clip_name:
 * @source: a source
 * @clip: number of a clip
 *
 * Returns: (transfer full): what people call it: "train/video_0", "scenes:1,
 *   clip 0"
 */
gchar *
nf_clip_source_clip_name (const NfClipSource *source, guint64 clip)
{
  const NfSceneParams *first = &source->scenes.clip;

  if (source->dataset)
    return g_strdup (nf_dataset_clip_info (source->dataset, clip)->name);
  return g_strdup_printf ("scenes:%" G_GUINT64_FORMAT
                          ", clip %" G_GUINT64_FORMAT,
      first->seed, first->clip + clip);
}

/**
 * nf_clip_source_n_frames:
 * @source: a source
 * @clip: number of a clip
 *
 * Returns: its frames
 */
guint
nf_clip_source_n_frames (const NfClipSource *source, guint64 clip)
{
  return source->dataset
      ? nf_dataset_clip_info (source->dataset, clip)->n_frames
      : source->scenes.clip.frames;
}

/**
 * nf_clip_source_shortest:
 * @source: a source
 * @n_frames: (out): frames of the shortest clip
 *
 * Returns: (transfer none): what messages call that clip
 */
const gchar *
nf_clip_source_shortest (const NfClipSource *source, guint *n_frames)
{
  const NfClipInfo *shortest;

  *n_frames = source->scenes.clip.frames;
  if (!source->dataset)
    return "scenes";
  shortest = nf_dataset_clip_info (source->dataset, 0);
  for (guint i = 1; i < nf_dataset_n_clips (source->dataset); i++) {
    const NfClipInfo *info = nf_dataset_clip_info (source->dataset, i);

    if (info->n_frames < shortest->n_frames)
      shortest = info;
  }
  *n_frames = shortest->n_frames;
  return shortest->folder;
}

/**
 * nf_clip_source_common_size:
 * @source: a source
 * @width: (out): columns of every clip
 * @height: (out): rows of every clip
 * @error: return location; names a clip of another size
 */
gboolean
nf_clip_source_common_size (
    const NfClipSource *source, gint *width, gint *height, GError **error)
{
  if (source->dataset)
    return nf_dataset_common_size (source->dataset, width, height, error);
  *width = source->scenes.width;
  *height = source->scenes.height;
  return TRUE;
}

/**
 * nf_clip_reader_new:
 * @source: a source, outliving the reader
 *
 * Returns: (transfer full): a reader, for one thread at a time
 */
NfClipReader *
nf_clip_reader_new (NfClipSource *source)
{
  NfClipReader *reader = g_new0 (NfClipReader, 1);
  const NfScenes *scenes = &source->scenes;
  gsize pixels = (gsize) scenes->width * scenes->height;

  reader->source = source;
  if (source->dataset)
    return reader;
  reader->renderer = nf_renderer_new (scenes->width, scenes->height, 1);
  reader->rgb = g_malloc (3 * pixels);
  reader->mask = g_malloc (pixels);
  return reader;
}

/**
 * nf_clip_reader_free:
 * @reader: (transfer full) (nullable): a reader
 */
void
nf_clip_reader_free (NfClipReader *reader)
{
  if (!reader)
    return;
  nf_clip_unref (reader->clip);
  nf_scene_free (reader->scene);
  nf_renderer_free (reader->renderer);
  g_free (reader->rgb);
  g_free (reader->mask);
  g_free (reader);
}

/**
 * nf_clip_reader_open:
 * @reader: a reader; lets go of the clip it looked at, if it is another one
 * @clip: number of a clip, below nf_clip_source_n_clips() where that is not 0
 * @error: return location
 */
gboolean
nf_clip_reader_open (NfClipReader *reader, guint64 clip, GError **error)
{
  NfClipSource *source = reader->source;
  NfSceneParams params;

  if ((reader->clip || reader->scene) && reader->number == clip)
    return TRUE;
  g_clear_pointer (&reader->clip, nf_clip_unref);
  g_clear_pointer (&reader->scene, nf_scene_free);
  reader->number = clip;
  if (source->dataset) {
    reader->clip = nf_dataset_load_clip (source->dataset, clip, error);
    return reader->clip != NULL;
  }
  params = source->scenes.clip;
  params.clip += clip;
  reader->scene = nf_scene_new (&params, error);
  return reader->scene != NULL;
}

/**
 * nf_clip_reader_n_frames:
 * @reader: a reader with an open clip
 *
 * Returns: frames of that clip
 */
guint
nf_clip_reader_n_frames (const NfClipReader *reader)
{
  return nf_clip_source_n_frames (reader->source, reader->number);
}

/**
 * nf_clip_reader_scene:
 * @reader: a reader with an open clip
 *
 * Returns: (transfer none) (nullable): the scene that the clip shows; %NULL
 *   where it comes from a folder
 */
const NfScene *
nf_clip_reader_scene (const NfClipReader *reader)
{
  return reader->scene;
}

/* Renders a frame; classes that there are not are background. */
static void
draw (NfClipReader *reader, guint t)
{
  const NfClipSource *source = reader->source;
  gsize width = source->scenes.width, height = source->scenes.height;
  guint n;
  const NfSceneObject *objects = nf_scene_objects (reader->scene, t, &n);

  nf_renderer_draw (reader->renderer, nf_scene_view (reader->scene), objects, n,
      reader->rgb, 3 * width, reader->mask, width);
  for (gsize i = 0; source->classes < NF_N_CLASSES && i < width * height; i++)
    if (reader->mask[i] >= source->classes)
      reader->mask[i] = 0;
}

/**
 * nf_clip_reader_frame:
 * @reader: a reader with an open clip
 * @t: below the clip's number of frames
 * @frame: (out): the frame, until the reader is used again
 */
void
nf_clip_reader_frame (NfClipReader *reader, guint t, NfFrame *frame)
{
  if (reader->clip) {
    *frame = (NfFrame){ nf_clip_frame (reader->clip, t),
      nf_clip_mask (reader->clip, t), reader->clip->width,
      reader->clip->height };
    return;
  }
  draw (reader, t);
  *frame = (NfFrame){ reader->rgb, reader->mask, reader->source->scenes.width,
    reader->source->scenes.height };
}
