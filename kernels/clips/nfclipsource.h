/* SPDX-License-Identifier: MIT
 *
 * nfclipsource — where clips come from: a folder, scenes, ...
 *
 * A location names a source: it is the path of a data set's folder, or begins
 * with the prefix of another kind of source, as in "scenes:1". Threads share a
 * source, and each of them looks at one clip at a time through its own reader.
 *
 * A kind of source is a NfClipSourceClass in a file of its own, and a row of
 * nfclipsources.def.h. Siblings: nffolder.c, nfscenes.c */
#pragma once

#include <nextframe/core/nfapi.h>
#include "io/nfdataset.h"
#include <nextframe/scene/world/nfscene.h>

G_BEGIN_DECLS

/**
 * NfFrame:
 * @rgb: (height, width, 3), red, green, blue
 * @mask: (nullable): (height, width), classes; %NULL where a folder's masks are
 *   not read
 * @width: columns
 * @height: rows
 */
typedef struct
{
  const guint8 *rgb;
  const guint8 *mask;
  gint width, height; /* pixels */
} NfFrame;

typedef struct _NfClipSourceClass NfClipSourceClass;

/**
 * NfClipSource:
 * @klass: what kind it is
 *
 * The first member of every source.
 */
typedef struct
{
  const NfClipSourceClass *klass;
} NfClipSource;

/**
 * NfClipReader:
 * @source: what it reads
 * @is_open: whether it looks at a clip
 * @number: of that clip
 *
 * The first member of every reader.
 */
typedef struct
{
  NfClipSource *source;
  gboolean is_open;
  guint64 number;
} NfClipReader;

/**
 * NfClipSourceClass:
 * @prefix: (nullable): what the locations of this kind begin with; %NULL: they
 *   are paths of folders
 * @help: (nullable): how such a location is written, and what it stands for,
 *   for a list of them
 * @held_out: (nullable): which clips are held out of training, for messages:
 *   "of val"; %NULL where @open_held_out never gives any
 * @no_held_out: (nullable): what a location without such clips lacks
 * @equal: whether all clips have the shape of the first one; only then may a
 *   source be endless
 * @series: (nullable) (transfer full): the location of the same clips without
 *   their number, where a location has one: "scenes:1" of "scenes:1:500"
 * @check: (nullable): whether a location is written correctly; opens nothing
 * @open: (transfer full) (nullable): a source of at least one clip
 * @open_held_out: a source of clips that training with these options does not
 *   see, or %NULL where there are none; see nf_clip_source_open_held_out()
 * @free: frees a source
 * @n_clips: how many clips there are; 0: they have no end
 * @shape: frames, size, and whether there are masks
 * @name: (transfer full): a clip's name for people: "train/video_0"
 * @place: (transfer none): the clip's place for messages
 * @reader_new: (transfer full): a reader
 * @reader_free: frees a reader
 * @reader_open: closes the clip that is open, if any, and opens another one
 * @reader_frame: gets a frame of the open clip
 * @reader_scene: (nullable): the scene that the open clip shows, where clips
 *   are made of scenes
 *
 * What a kind of source must provide. The functions below that call these
 * describe their parameters.
 */
struct _NfClipSourceClass
{
  const gchar *prefix;
  const gchar *help;
  const gchar *held_out, *no_held_out;
  gboolean equal;

  gchar *(*series) (const gchar *location);
  gboolean (*check) (const gchar *location, GError **error);
  NfClipSource *(*open) (
      const gchar *location, const NfDatasetOptions *options, GError **error);
  gboolean (*open_held_out) (const gchar *location,
      const NfDatasetOptions *options, guint n_clips, NfClipSource **source,
      GError **error);
  void (*free) (NfClipSource *source);
  guint (*n_clips) (const NfClipSource *source);
  void (*shape) (const NfClipSource *source, guint64 clip, NfClipShape *shape);
  gchar *(*name) (const NfClipSource *source, guint64 clip);
  const gchar *(*place) (const NfClipSource *source, guint64 clip);

  NfClipReader *(*reader_new) (NfClipSource *source);
  void (*reader_free) (NfClipReader *reader);
  gboolean (*reader_open) (NfClipReader *reader, guint64 clip, GError **error);
  void (*reader_frame) (NfClipReader *reader, guint t, NfFrame *frame);
  const NfScene *(*reader_scene) (const NfClipReader *reader);
};

#define NF_CLIP_SOURCE(name)                                                   \
  extern const NfClipSourceClass nf_clip_source_##name;
#include "clips/nfclipsources.def.h"
#undef NF_CLIP_SOURCE

NF_API const NfClipSourceClass *nf_clip_source_kind (const gchar *location);
NF_API gboolean nf_clip_source_is_folder (const gchar *location);
NF_API gchar *nf_clip_source_help (void);
NF_API gchar *nf_clip_source_series (const gchar *location);
NF_API gboolean nf_clip_source_check (const gchar *location, GError **error);
NF_API NfClipSource *nf_clip_source_open (
    const gchar *location, const NfDatasetOptions *options, GError **error);
NF_API gboolean nf_clip_source_open_held_out (const gchar *location,
    const NfDatasetOptions *options, guint n_clips, NfClipSource **source,
    GError **error);
NF_API void nf_clip_source_free (NfClipSource *source);
NF_API guint nf_clip_source_n_clips (const NfClipSource *source);
NF_API void nf_clip_source_shape (
    const NfClipSource *source, guint64 clip, NfClipShape *shape);
NF_API gchar *nf_clip_source_clip_name (
    const NfClipSource *source, guint64 clip);
NF_API guint nf_clip_source_n_frames (const NfClipSource *source, guint64 clip);
NF_API const gchar *nf_clip_source_shortest (
    const NfClipSource *source, guint *n_frames);
NF_API gboolean nf_clip_source_common_size (
    const NfClipSource *source, gint *width, gint *height, GError **error);

NF_API NfClipReader *nf_clip_reader_new (NfClipSource *source);
NF_API void nf_clip_reader_free (NfClipReader *reader);
NF_API gboolean nf_clip_reader_open (
    NfClipReader *reader, guint64 clip, GError **error);
NF_API guint nf_clip_reader_n_frames (const NfClipReader *reader);
NF_API void nf_clip_reader_frame (
    NfClipReader *reader, guint t, NfFrame *frame);
NF_API const NfScene *nf_clip_reader_scene (const NfClipReader *reader);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfClipSource, nf_clip_source_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfClipReader, nf_clip_reader_free)

G_END_DECLS
