/* SPDX-License-Identifier: MIT
 *
 * rows — the rows of the table: ways to masks, and to frames, of a clip
 *
 * A row is one entry of a table in rows.c: another network, guide or ensemble
 * is another entry. */
#pragma once

#include "eval/clip.h"

G_BEGIN_DECLS

typedef struct _NfEvalRow NfEvalRow;

/**
 * NfEvalOutput:
 * @masks: (NF_EVAL_FRAMES, height, width), classes
 * @frames: (NF_EVAL_FRAMES, height, width, 3)
 * @has_mask: which masks the row made
 * @has_frame: which frames
 * @psnr: of the frames, decibels; NaN where there is none
 * @ssim: likewise
 * @measured: whether the row has filled @psnr and @ssim itself
 * @seconds: what the row takes alone
 *
 * What a row made of a clip.
 */
typedef struct
{
  guint8 *masks;
  guint8 *frames;
  gboolean has_mask[NF_EVAL_FRAMES];
  gboolean has_frame[NF_EVAL_FRAMES];
  gdouble psnr[NF_EVAL_FRAMES];
  gdouble ssim[NF_EVAL_FRAMES];
  gboolean measured;
  gdouble seconds;

  /*< private >*/
  gsize pixels; /* that there is room for */
} NfEvalOutput;

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

NfEvalOutput *nf_eval_output_new (void);
void nf_eval_output_free (NfEvalOutput *output);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfEvalOutput, nf_eval_output_free)

G_END_DECLS
