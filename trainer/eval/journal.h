/* SPDX-License-Identifier: MIT
 *
 * journal — the marks of a clip as a line of text, and back
 *
 * A line of clips.jsonl is a JSON object with these members:
 *
 *   name   of the clip
 *   rows   [{ row, seconds,
 *     frames  [{ frame, psnr, ssim, counts }] of which there are masks, from 1;
 *             counts are truth, prediction, pixels, and so on: what is not 0 of
 *             the confusion matrix }]
 *
 * Numbers are written so that they are read back the same. */
#pragma once

#include "eval/scores.h"

G_BEGIN_DECLS

gchar *nf_eval_journal_line (
    const gchar *name, const GPtrArray *rows, const GPtrArray *marks);
gboolean nf_eval_journal_parse (const gchar *line, const GPtrArray *rows,
    GPtrArray *marks, gchar **name, GError **error);

G_END_DECLS
