/* SPDX-License-Identifier: MIT
 *
 * rows — the rows of the table: ways to masks, and to frames, of a clip
 *
 * A row is one entry of a table in rows.c: another network, guide or ensemble
 * is another entry. */
#pragma once

#include "eval/options.h"
#include "eval/output.h"

G_BEGIN_DECLS

typedef struct _NfEvalRow NfEvalRow;

/**
 * NfEvalRowFlags:
 * @NF_EVAL_ROW_ALL_FRAMES: its score is that of all frames; else of the last
 *   one
 * @NF_EVAL_ROW_ENSEMBLE: it needs several predictions
 * @NF_EVAL_ROW_GUIDED: it is meant for networks that were trained with a guide;
 *   for others it is evaluated only where the options name it
 * @NF_EVAL_ROW_TRIAL: it is evaluated only where the options name it
 * @NF_EVAL_ROW_TRUTH: it looks at frames or masks that are not given
 */
typedef enum
{
  NF_EVAL_ROW_ALL_FRAMES = 1 << 0,
  NF_EVAL_ROW_ENSEMBLE = 1 << 1,
  NF_EVAL_ROW_GUIDED = 1 << 2,
  NF_EVAL_ROW_TRIAL = 1 << 3,
  NF_EVAL_ROW_TRUTH = 1 << 4,
} NfEvalRowFlags;

/**
 * NfEvalRow:
 * @name: for --only, and in reports
 * @title: for people
 * @needs: networks
 * @flags: what is special about it
 * @make: makes masks, and frames where it has some; of frames before @first
 *   only where its score is that of all
 * @choice: for @make
 */
struct _NfEvalRow
{
  const gchar *name;
  const gchar *title;
  NfEvalNeeds needs;
  guint flags; /* NfEvalRowFlags */
  gboolean (*make) (const NfEvalRow *row, NfEvalClip *clip, guint first,
      NfEvalOutput *output, GError **error);
  gint choice;
};

gchar *nf_eval_rows_help (guint without);
GPtrArray *nf_eval_rows_choose (const NfEvalOptions *options, GError **error);
void nf_eval_rows_leave_out (GPtrArray *rows);
NfEvalNeeds nf_eval_rows_needs (const GPtrArray *rows);
const NfEvalRow *nf_eval_rows_find (
    const gchar *name, guint without, const gchar *option, GError **error);
gboolean nf_eval_row_make (const NfEvalRow *row, NfEvalClip *clip,
    gboolean curve, NfEvalOutput *output, GError **error);
gboolean nf_eval_row_run (const NfEvalRow *row, NfEvalClip *clip,
    gboolean curve, NfEvalOutput *output, GError **error);

G_END_DECLS
