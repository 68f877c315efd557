/* SPDX-License-Identifier: MIT
 *
 * badclips — clips that cannot be read, and are left out
 *
 * Threads that read clips note what is wrong with one; who trains asks for it
 * and reports them. Each message is given once. Sibling: loader.c */
#pragma once

#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

/**
 * NfBadClips: messages about clips; any thread may add some
 */
typedef struct _NfBadClips NfBadClips;

/** NF_BAD_CLIPS_FILE: the file in a run's folder that lists them, a line each */
#define NF_BAD_CLIPS_FILE "left-out.txt"

NfBadClips *nf_bad_clips_new (void);
void nf_bad_clips_free (NfBadClips *self);

/**
 * nf_bad_clips_add:
 * @self: messages
 * @message: what is wrong with a clip; one that was added before is not kept
 */
void nf_bad_clips_add (NfBadClips *self, const gchar *message);

/**
 * nf_bad_clips_take:
 * @self: messages
 *
 * Returns: (transfer full) (element-type utf8): the messages that this has not
 *   returned yet, the oldest first
 */
GPtrArray *nf_bad_clips_take (NfBadClips *self);

/**
 * nf_bad_clips_record:
 * @folder: of a run
 * @messages: (element-type utf8): about clips
 * @error: return location: %NF_ERROR_IO
 *
 * Adds a line for each to %NF_BAD_CLIPS_FILE, unless it is there.
 */
gboolean nf_bad_clips_record (
    const gchar *folder, const GPtrArray *messages, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfBadClips, nf_bad_clips_free)

G_END_DECLS
