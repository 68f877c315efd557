/* SPDX-License-Identifier: MIT
 *
 * nffolder — clips of a data set's folder, as a source of clips
 *
 * Clips are read whole and stay in memory where there is room.
 * See: io/nfdataset.h, which reads them; sibling: nfscenes.c */
#include "clips/nfclipsource.h"

#define HELD_OUT_SPLIT "val"

typedef struct
{
  NfClipSource parent;
  NfDataset *dataset;
} Folder;

typedef struct
{
  NfClipReader parent;
  NfClip *clip; /* (nullable): the open one */
} Reader;

static const NfClipInfo *
info (const NfClipSource *source, guint64 clip)
{
  return nf_dataset_clip_info (((const Folder *) source)->dataset, clip);
}

static NfClipSource *
folder_open (
    const gchar *location, const NfDatasetOptions *options, GError **error)
{
  NfDataset *dataset = nf_dataset_open (location, options, error);
  Folder *self;

  if (!dataset)
    return NULL;
  self = g_new0 (Folder, 1);
  self->parent.klass = &nf_clip_source_folder;
  self->dataset = dataset;
  return &self->parent;
}

/* The clips of val/, unless they are trained on. */
static gboolean
folder_open_held_out (const gchar *location, const NfDatasetOptions *options,
    guint n_clips, NfClipSource **source, GError **error)
{
  g_autofree gchar *folder = g_build_filename (location, HELD_OUT_SPLIT, NULL);
  g_auto (GStrv) splits = g_strsplit (options->splits, " ", -1);
  NfDatasetOptions held_out = *options;

  if (g_strv_contains ((const gchar *const *) splits, HELD_OUT_SPLIT)
      || !g_file_test (folder, G_FILE_TEST_IS_DIR))
    return TRUE;
  held_out.splits = HELD_OUT_SPLIT;
  held_out.max_clips = n_clips;
  *source = folder_open (location, &held_out, error);
  return *source != NULL;
}

static void
folder_free (NfClipSource *source)
{
  nf_dataset_free (((Folder *) source)->dataset);
  g_free (source);
}

static guint
folder_n_clips (const NfClipSource *source)
{
  return nf_dataset_n_clips (((const Folder *) source)->dataset);
}

static void
folder_shape (const NfClipSource *source, guint64 clip, NfClipShape *shape)
{
  const NfClipInfo *known = info (source, clip);

  *shape = (NfClipShape){ .n_frames = known->n_frames,
    .width = known->width,
    .height = known->height,
    .masks = known->has_mask };
}

static gchar *
folder_name (const NfClipSource *source, guint64 clip)
{
  return g_strdup (info (source, clip)->name);
}

static const gchar *
folder_place (const NfClipSource *source, guint64 clip)
{
  return info (source, clip)->folder;
}

static NfClipReader *
reader_new (NfClipSource *source)
{
  Reader *self = g_new0 (Reader, 1);

  return &self->parent;
}

static void
reader_free (NfClipReader *reader)
{
  nf_clip_unref (((Reader *) reader)->clip);
  g_free (reader);
}

static gboolean
reader_open (NfClipReader *reader, guint64 clip, GError **error)
{
  Reader *self = (Reader *) reader;

  g_clear_pointer (&self->clip, nf_clip_unref);
  self->clip =
      nf_dataset_load_clip (((Folder *) reader->source)->dataset, clip, error);
  return self->clip != NULL;
}

static void
reader_frame (NfClipReader *reader, guint t, NfFrame *frame)
{
  const NfClip *clip = ((Reader *) reader)->clip;

  *frame = (NfFrame){ .rgb = nf_clip_frame (clip, t),
    .mask = nf_clip_mask (clip, t),
    .width = clip->width,
    .height = clip->height };
}

const NfClipSourceClass nf_clip_source_folder = {
  .held_out = "of val",
  .no_held_out = "val/ that is not trained on",
  .open = folder_open,
  .open_held_out = folder_open_held_out,
  .free = folder_free,
  .n_clips = folder_n_clips,
  .shape = folder_shape,
  .name = folder_name,
  .place = folder_place,
  .reader_new = reader_new,
  .reader_free = reader_free,
  .reader_open = reader_open,
  .reader_frame = reader_frame,
};
