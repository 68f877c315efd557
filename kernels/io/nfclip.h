/* SPDX-License-Identifier: MIT
 *
 * nfclip — the frames and masks of one clip, read from its folder
 *
 * A clip is a folder of image_0.png, image_1.png, ... and, where it has labels,
 * mask.npy: unsigned bytes of shape (frames, rows, columns), a class a pixel. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

/**
 * NfClipShape:
 * @n_frames: frames, at least 1
 * @width: columns
 * @height: rows
 * @masks: whether each comes with its classes
 */
typedef struct
{
  guint n_frames;
  gint width, height; /* pixels */
  gboolean masks;
} NfClipShape;

/**
 * NfClipInfo:
 * @folder: where it lies
 * @name: split and folder, for messages: "train/video_0"
 * @n_frames: frames in the folder
 * @width: columns of its first frame
 * @height: rows of its first frame
 * @has_mask: whether the folder holds a mask.npy
 *
 * What is known of a clip before it is read.
 */
typedef struct
{
  gchar *folder;
  gchar *name;
  guint n_frames;
  gint width, height; /* pixels */
  gboolean has_mask;
} NfClipInfo;

/**
 * NfClip:
 * @n_frames: frames
 * @width: columns
 * @height: rows
 * @frames: (n_frames, height, width, 3), red, green, blue
 * @masks: (nullable): (n_frames, height, width), classes
 *
 * Reference-counted; never changes once read.
 */
typedef struct
{
  gatomicrefcount refs;
  guint n_frames;
  gint width, height; /* pixels */
  guint8 *frames;
  guint8 *masks;
} NfClip;

NF_API gint64 nf_clip_name_number (
    const gchar *name, const gchar *prefix, const gchar *suffix);
NF_API NfClipInfo *nf_clip_info_new (
    const gchar *folder, const gchar *name, gboolean masks, GError **error);
/**
 * nf_clip_info_free:
 * @info: (transfer full) (nullable): what is known of a clip
 */
NF_API void nf_clip_info_free (NfClipInfo *info);
NF_API gboolean nf_clip_is_bad (const GError *error);

NF_API NfClip *nf_clip_load (
    const NfClipInfo *info, gboolean masks, guint classes, GError **error);
NfClip *nf_clip_ref (NfClip *clip);
NF_API void nf_clip_unref (NfClip *clip);
NF_API const guint8 *nf_clip_frame (const NfClip *clip, guint index);
NF_API const guint8 *nf_clip_mask (const NfClip *clip, guint index);
NF_API gsize nf_clip_bytes (const NfClip *clip);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfClipInfo, nf_clip_info_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfClip, nf_clip_unref)

G_END_DECLS
