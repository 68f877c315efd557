/* SPDX-License-Identifier: MIT
 *
 * clipsource — where the clips of a training come from: a folder, or scenes */
#include "clipsource.h"
#include "io/nfdataset.h"
#include "scenes.h"

struct _NfClipSource
{
  gchar *path;
  gboolean masks;
  guint classes;
  NfDataset *dataset; /* NULL: scenes */
  NfScenes scenes;
};

struct _NfClipReader
{
  NfClipSource *source;
  NfClip *clip; /* of a folder */
  NfScene *scene;
  NfRenderer *renderer;
  guint8 *rgb; /* (height, width, 3) */
  guint8 *mask; /* (height, width) */
};

static gboolean
open_dataset (NfClipSource *source, const NfConfigData *data, GError **error)
{
  NfDatasetOptions options = { data->splits, source->masks, source->classes,
    data->max_clips, (gsize) data->cache << 20 };

  source->dataset = nf_dataset_open (data->path, &options, error);
  return source->dataset != NULL;
}

static gboolean
open_scenes (NfClipSource *source, const NfConfigData *data, GError **error)
{
  guint64 most = data->max_clips;

  if (!nf_scenes_parse (data->path, &source->scenes, error))
    return FALSE;
  if (most && (!source->scenes.n_clips || most < source->scenes.n_clips))
    source->scenes.n_clips = MIN (most, NF_SCENES_MAX_CLIPS);
  return TRUE;
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
  g_autoptr (NfClipSource) source = g_new0 (NfClipSource, 1);
  const NfConfigData *data = &config->data;

  source->path = g_strdup (data->path);
  source->masks = masks;
  source->classes = config->segment.classes;
  if (nf_scenes_named (data->path) ? !open_scenes (source, data, error)
                                   : !open_dataset (source, data, error))
    return NULL;
  return g_steal_pointer (&source);
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
  g_free (source->path);
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
      : NF_SCENE_FRAMES;
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

  *n_frames = NF_SCENE_FRAMES;
  if (!source->dataset)
    return source->path;
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
  *width = NF_SCENES_WIDTH;
  *height = NF_SCENES_HEIGHT;
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

  reader->source = source;
  if (source->dataset)
    return reader;
  reader->renderer = nf_renderer_new (NF_SCENES_WIDTH, NF_SCENES_HEIGHT, 1);
  reader->rgb = g_malloc (3 * NF_SCENES_WIDTH * NF_SCENES_HEIGHT);
  reader->mask = g_malloc (NF_SCENES_WIDTH * NF_SCENES_HEIGHT);
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
 * @reader: a reader; lets go of the clip it looked at
 * @clip: number of a clip, below nf_clip_source_n_clips() where that is not 0
 * @error: return location
 */
gboolean
nf_clip_reader_open (NfClipReader *reader, guint64 clip, GError **error)
{
  NfClipSource *source = reader->source;
  NfSceneParams params;

  g_clear_pointer (&reader->clip, nf_clip_unref);
  g_clear_pointer (&reader->scene, nf_scene_free);
  if (source->dataset) {
    reader->clip = nf_dataset_load_clip (source->dataset, clip, error);
    return reader->clip != NULL;
  }
  nf_scene_params_init (&params);
  params.seed = source->scenes.seed;
  params.clip = clip;
  reader->scene = nf_scene_new (&params, error);
  return reader->scene != NULL;
}

/* Renders a frame; classes that the network does not have are background. */
static void
draw (NfClipReader *reader, guint t)
{
  const NfClipSource *source = reader->source;

  nf_scenes_draw (reader->renderer, reader->scene, t, NF_SCENES_WIDTH,
      reader->rgb, source->masks ? reader->mask : NULL);
  if (!source->masks)
    return;
  for (guint i = 0; i < NF_SCENES_WIDTH * NF_SCENES_HEIGHT; i++)
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
  *frame = (NfFrame){ reader->rgb, reader->source->masks ? reader->mask : NULL,
    NF_SCENES_WIDTH, NF_SCENES_HEIGHT };
}
