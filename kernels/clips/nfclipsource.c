/* SPDX-License-Identifier: MIT
 *
 * nfclipsource — where clips come from: a folder, scenes, ... */
#include "clips/nfclipsource.h"

static const NfClipSourceClass *const kinds[] = {
#define NF_CLIP_SOURCE(name) &nf_clip_source_##name,
#include "clips/nfclipsources.def.h"
#undef NF_CLIP_SOURCE
};

/**
 * nf_clip_source_kind:
 * @location: where clips are
 *
 * Returns: (transfer none): the kind of source that is there
 */
const NfClipSourceClass *
nf_clip_source_kind (const gchar *location)
{
  guint i = 0;

  while (kinds[i]->prefix && !g_str_has_prefix (location, kinds[i]->prefix))
    i++;
  return kinds[i];
}

/**
 * nf_clip_source_is_folder:
 * @location: where clips are
 *
 * Returns: whether @location is a path, of a folder that may have splits
 */
gboolean
nf_clip_source_is_folder (const gchar *location)
{
  return nf_clip_source_kind (location) == &nf_clip_source_folder;
}

/**
 * nf_clip_source_help:
 *
 * Returns: (transfer full): what a location may be instead of a folder, for a
 *   program's help: "; or scenes:SEED, ..."
 */
gchar *
nf_clip_source_help (void)
{
  GString *help = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (kinds[i]->help)
      g_string_append_printf (help, "; or %s", kinds[i]->help);
  return g_string_free (help, FALSE);
}

/**
 * nf_clip_source_series:
 * @location: where clips are
 *
 * Returns: (transfer full): @location without how many clips there are; clips
 *   of the same series and number are the same
 */
gchar *
nf_clip_source_series (const gchar *location)
{
  const NfClipSourceClass *kind = nf_clip_source_kind (location);

  return kind->series ? kind->series (location) : g_strdup (location);
}

/**
 * nf_clip_source_check:
 * @location: where clips are
 * @error: return location: %NF_ERROR_INVALID; says how to write it
 *
 * Returns: whether @location is written correctly; there may still be nothing
 */
gboolean
nf_clip_source_check (const gchar *location, GError **error)
{
  const NfClipSourceClass *kind = nf_clip_source_kind (location);

  return !kind->check || kind->check (location, error);
}

/**
 * nf_clip_source_open:
 * @location: where clips are
 * @options: what to read; `splits` are for folders
 * @error: return location
 *
 * Returns: (transfer full) (nullable): a source of at least one clip
 */
NfClipSource *
nf_clip_source_open (
    const gchar *location, const NfDatasetOptions *options, GError **error)
{
  return nf_clip_source_kind (location)->open (location, options, error);
}

/**
 * nf_clip_source_open_held_out:
 * @location: where clips are
 * @options: what is read to train on
 * @n_clips: at most so many, at least 1
 * @source: (out) (transfer full) (nullable): clips that are not trained on;
 *   %NULL where there are none
 * @error: return location
 *
 * Returns: FALSE with @error set where there should be some that cannot be read
 */
gboolean
nf_clip_source_open_held_out (const gchar *location,
    const NfDatasetOptions *options, guint n_clips, NfClipSource **source,
    GError **error)
{
  *source = NULL;
  return nf_clip_source_kind (location)->open_held_out (
      location, options, n_clips, source, error);
}

/**
 * nf_clip_source_free:
 * @source: (transfer full) (nullable): a source without readers
 */
void
nf_clip_source_free (NfClipSource *source)
{
  if (source)
    source->klass->free (source);
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
  return source->klass->n_clips (source);
}

/**
 * nf_clip_source_shape:
 * @source: a source
 * @clip: number of a clip
 * @shape: (out): its frames, their size, and whether they have masks
 */
void
nf_clip_source_shape (
    const NfClipSource *source, guint64 clip, NfClipShape *shape)
{
  source->klass->shape (source, clip, shape);
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
  return source->klass->name (source, clip);
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
  NfClipShape shape;

  nf_clip_source_shape (source, clip, &shape);
  return shape.n_frames;
}

/* How many clips there are to look at for the shapes of all. */
static guint
n_shapes (const NfClipSource *source)
{
  return source->klass->equal ? 1 : nf_clip_source_n_clips (source);
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
  guint shortest = 0;

  *n_frames = nf_clip_source_n_frames (source, 0);
  for (guint i = 1; i < n_shapes (source); i++) {
    guint n = nf_clip_source_n_frames (source, i);

    if (n < *n_frames) {
      *n_frames = n;
      shortest = i;
    }
  }
  return source->klass->place (source, shortest);
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
  NfClipShape first, shape;

  nf_clip_source_shape (source, 0, &first);
  for (guint i = 1; i < n_shapes (source); i++) {
    g_autofree gchar *name = NULL;

    nf_clip_source_shape (source, i, &shape);
    if (shape.width == first.width && shape.height == first.height)
      continue;
    name = nf_clip_source_clip_name (source, 0);
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: its frames are %dx%d, those of %s %dx%d; set data.image-size to "
        "train on clips of several sizes",
        source->klass->place (source, i), shape.width, shape.height, name,
        first.width, first.height);
    return FALSE;
  }
  *width = first.width;
  *height = first.height;
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
  NfClipReader *reader = source->klass->reader_new (source);

  reader->source = source;
  return reader;
}

/**
 * nf_clip_reader_free:
 * @reader: (transfer full) (nullable): a reader
 */
void
nf_clip_reader_free (NfClipReader *reader)
{
  if (reader)
    reader->source->klass->reader_free (reader);
}

/**
 * nf_clip_reader_open:
 * @reader: a reader; closes the clip that is open, if it is another one
 * @clip: number of a clip, below nf_clip_source_n_clips() where that is not 0
 * @error: return location
 */
gboolean
nf_clip_reader_open (NfClipReader *reader, guint64 clip, GError **error)
{
  if (reader->is_open && reader->number == clip)
    return TRUE;
  reader->number = clip;
  reader->is_open = reader->source->klass->reader_open (reader, clip, error);
  return reader->is_open;
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
 * nf_clip_reader_frame:
 * @reader: a reader with an open clip
 * @t: below the clip's number of frames
 * @frame: (out): the frame, until the reader is used again
 */
void
nf_clip_reader_frame (NfClipReader *reader, guint t, NfFrame *frame)
{
  reader->source->klass->reader_frame (reader, t, frame);
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
  const NfClipSourceClass *klass = reader->source->klass;

  return klass->reader_scene ? klass->reader_scene (reader) : NULL;
}
