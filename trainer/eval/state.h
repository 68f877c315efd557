/* SPDX-License-Identifier: MIT
 *
 * state — the folder of an evaluation, which goes on where it stopped
 *
 *   settings.json   what is evaluated; another evaluation is refused there
 *   clips.jsonl     a line for each clip that is done (journal.h), in order
 *   shard-I-of-N    the same of a part of the clips, from --shard
 *   report.json, report.html   see figures.h, html.h */
#pragma once

#include "eval/scores.h"
#include "parallel/share.h"

G_BEGIN_DECLS

typedef struct _NfEvalState NfEvalState;

/**
 * NfEvalReplay:
 * @data: the caller's
 * @number: of a clip that is done; the first one of a part is number 0
 * @name: what it was called
 * @marks: (element-type NfEvalMarks): what each row has
 * @error: return location
 *
 * Returns: FALSE with @error set where that clip cannot be taken
 */
typedef gboolean (*NfEvalReplay) (gpointer data, guint number,
    const gchar *name, const GPtrArray *marks, GError **error);

NfEvalState *nf_eval_state_open (const gchar *folder, const NfShare *share,
    JsonObject *settings, const GPtrArray *rows, GPtrArray *marks,
    GError **error);
gboolean nf_eval_state_sync (NfEvalState *state, GError **error);
void nf_eval_state_free (NfEvalState *state);
gboolean nf_eval_state_replay (NfEvalState *state, guint most,
    const GPtrArray *rows, GPtrArray *marks, NfEvalReplay replay, gpointer data,
    GError **error);
gboolean nf_eval_state_find (NfEvalState *state, const gchar *name,
    const GPtrArray *rows, GPtrArray *marks, gboolean *found, GError **error);
gboolean nf_eval_state_add (NfEvalState *state, const gchar *name,
    const GPtrArray *rows, const GPtrArray *marks, GError **error);
gboolean nf_eval_state_write (
    NfEvalState *state, const gchar *name, gchar *text, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfEvalState, nf_eval_state_free)

G_END_DECLS
