/* SPDX-License-Identifier: MIT
 *
 * rows — the rows of the table: ways to masks, and to frames, of a clip
 *
 * A row is one entry of a table in rows.c: another network, guide or ensemble
 * is another entry. */
#pragma once

#include "eval/output.h"

G_BEGIN_DECLS

typedef struct _NfEvalRow NfEvalRow;

/**
 * NfEvalRow:
 * @name: for --only, and in reports
 * @title: for people
 * @needs: networks
 * @ensemble: whether it needs more than one draw
 * @all_frames: whether its score is that of all frames; else of the last one
 * @make: makes masks, and frames where it has some; of frames before @first
 *   only where @all_frames
 * @choice: for @make
 */
struct _NfEvalRow
{
  const gchar *name;
  const gchar *title;
  NfEvalNeeds needs;
  gboolean ensemble;
  gboolean all_frames;
  gboolean (*make) (const NfEvalRow *row, NfEvalClip *clip, guint first,
      NfEvalOutput *output, GError **error);
  gint choice;
};

gchar *nf_eval_rows_help (void);
GPtrArray *nf_eval_rows_choose (const NfEvalOptions *options, GError **error);
NfEvalNeeds nf_eval_rows_needs (const GPtrArray *rows);
gboolean nf_eval_row_run (const NfEvalRow *row, NfEvalClip *clip,
    gboolean curve, NfEvalOutput *output, GError **error);

G_END_DECLS
