/* SPDX-License-Identifier: MIT
 *
 * clipsource — where the clips of a training come from: a folder, or scenes
 *
 * A source is shared by threads; each looks at one clip at a time through a
 * reader of its own. A folder's clips are read whole and stay in memory where
 * there is room; of a scene the frames that are asked for are rendered.
 * Siblings: kernels/io/nfdataset.c, scenes.c, loader.c */
#pragma once

#include "config/runconfig.h"
#include "config/scenes.h"
#include "io/nfdataset.h"

G_BEGIN_DECLS

/**
 * NfFrame:
 * @rgb: (height, width, 3), red, green, blue
 * @mask: (nullable): (height, width), classes; NULL where a folder's masks are
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

typedef struct _NfClipSource NfClipSource;

NfClipSource *nf_clip_source_new_folder (
    const gchar *path, const NfDatasetOptions *options, GError **error);
NfClipSource *nf_clip_source_new_scenes (const NfScenes *scenes);
NfClipSource *nf_clip_source_open (
    const NfTrainConfig *config, gboolean masks, GError **error);
gboolean nf_clip_source_open_held_out (const NfTrainConfig *config,
    gboolean masks, NfClipSource **source, GError **error);
void nf_clip_source_free (NfClipSource *source);
guint nf_clip_source_n_clips (const NfClipSource *source);
gchar *nf_clip_source_clip_name (const NfClipSource *source, guint64 clip);
guint nf_clip_source_n_frames (const NfClipSource *source, guint64 clip);
const gchar *nf_clip_source_shortest (
    const NfClipSource *source, guint *n_frames);
gboolean nf_clip_source_common_size (
    const NfClipSource *source, gint *width, gint *height, GError **error);

typedef struct _NfClipReader NfClipReader;

NfClipReader *nf_clip_reader_new (NfClipSource *source);
void nf_clip_reader_free (NfClipReader *reader);
gboolean nf_clip_reader_open (
    NfClipReader *reader, guint64 clip, GError **error);
guint nf_clip_reader_n_frames (const NfClipReader *reader);
const NfScene *nf_clip_reader_scene (const NfClipReader *reader);
void nf_clip_reader_frame (NfClipReader *reader, guint t, NfFrame *frame);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfClipSource, nf_clip_source_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfClipReader, nf_clip_reader_free)

G_END_DECLS
