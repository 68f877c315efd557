/* SPDX-License-Identifier: MIT
 *
 * lines — a file that grows by lines, and is whole whenever its program ends
 *
 * A line that a killed program did not finish has no end, and is cut off. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * NfEvalTakeLine:
 * @data: the caller's
 * @number: of the line, from 0
 * @line: with its end
 * @error: return location
 *
 * Returns: FALSE with @error set where that line cannot be taken
 */
typedef gboolean (*NfEvalTakeLine) (
    gpointer data, guint number, const gchar *line, GError **error);

/**
 * NfEvalLines: such a file, open
 */
typedef struct _NfEvalLines NfEvalLines;

gboolean nf_eval_lines_read (const gchar *path, NfEvalTakeLine take,
    gpointer data, gint64 *good, GError **error);
NfEvalLines *nf_eval_lines_append (
    const gchar *path, gint64 good, GError **error);
gboolean nf_eval_lines_add (
    NfEvalLines *lines, const gchar *line, GError **error);
gboolean nf_eval_lines_sync (NfEvalLines *lines, GError **error);
void nf_eval_lines_close (NfEvalLines *lines);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfEvalLines, nf_eval_lines_close)

G_END_DECLS
