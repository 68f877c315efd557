/* SPDX-License-Identifier: MIT
 *
 * nfclipwriter — writes a clip's folder: frames as PNG files, and mask.npy
 *
 * Frames are written into a hidden folder beside the clip's, which is renamed
 * to the clip's when all files are written and closed: a clip's folder is whole
 * or does not exist. (After a power failure files may be cut short where
 * nf_file_sync_all() was not called; nf_clip_is_whole() checks that.)
 * Sibling: nfclip.c, which reads it. */
#pragma once

#include <nextframe/core/nfapi.h>
#include "io/nfclip.h"

G_BEGIN_DECLS

/**
 * NfClipWriter: a clip that is being written
 */
typedef struct _NfClipWriter NfClipWriter;

NF_API NfClipWriter *nf_clip_writer_new (
    const gchar *folder, const NfClipShape *shape, GError **error);
NF_API gboolean nf_clip_writer_add (NfClipWriter *writer, const guint8 *rgb,
    const guint8 *mask, GError **error);
NF_API gboolean nf_clip_writer_finish (NfClipWriter *writer, GError **error);
NF_API gboolean nf_clip_is_whole (
    const gchar *folder, const NfClipShape *shape);
NF_API gboolean nf_clip_remove (const gchar *folder, GError **error);
NF_API void nf_clip_writer_free (NfClipWriter *writer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfClipWriter, nf_clip_writer_free)

G_END_DECLS
