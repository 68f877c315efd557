/* SPDX-License-Identifier: MIT
 *
 * scores — what a row has in one clip, and in all clips
 *
 * Marks are the counts of one clip, from which every score follows; a total
 * takes one clip's marks after the other, whether they were just made or read
 * back from a journal, and so has the same figures both ways. It grows by a few
 * numbers a clip.
 * Siblings: measure.c (who counts), journal.c (marks as text) */
#pragma once

#include "eval/rows.h"
#include <nextframe/metrics/nfconfusion.h>
#include <nextframe/metrics/nfobjectscores.h>

G_BEGIN_DECLS

/**
 * NfEvalMarks:
 * @counts: pixels of each frame's mask
 * @scored: of which frames there are masks
 * @psnr: of frames, decibels; NaN where there is none
 * @ssim: likewise
 * @seconds: what the row took
 *
 * Of a row in one clip.
 */
typedef struct
{
  NfConfusion *counts[NF_EVAL_FRAMES];
  gboolean scored[NF_EVAL_FRAMES];
  gdouble psnr[NF_EVAL_FRAMES];
  gdouble ssim[NF_EVAL_FRAMES];
  gdouble seconds;
} NfEvalMarks;

NfEvalMarks *nf_eval_marks_new (void);
void nf_eval_marks_free (NfEvalMarks *marks);
void nf_eval_marks_clear (NfEvalMarks *marks);
void nf_eval_marks_take (
    NfEvalMarks *marks, const NfEvalClip *clip, const NfEvalOutput *output);

/**
 * NfEvalMean: a mean of values that are there one after the other
 */
typedef struct
{
  gdouble sum;
  guint n;
} NfEvalMean;

void nf_eval_mean_add (NfEvalMean *mean, gdouble value);
gdouble nf_eval_mean_get (NfEvalMean mean);

/**
 * NfEvalClipScore:
 * @jaccard: of the frames that the row is judged by
 * @true_jaccard: of the classes that are there
 * @invented: classes that are not there
 * @seconds: what the row took
 *
 * Of a row in one clip.
 */
typedef struct
{
  gdouble jaccard;
  gdouble true_jaccard;
  guint invented;
  gdouble seconds;
} NfEvalClipScore;

/**
 * NfEvalTotal:
 * @row: a row
 * @counts: pixels of each frame's masks
 * @jaccard: mean of clips' Jaccard indices, by frame
 * @psnr: likewise, decibels
 * @ssim: likewise
 * @clips: (element-type NfEvalClipScore): scores of each clip
 *
 * Of a row in all clips.
 */
typedef struct
{
  const NfEvalRow *row;
  NfConfusion *counts[NF_EVAL_FRAMES];
  NfEvalMean jaccard[NF_EVAL_FRAMES];
  NfEvalMean psnr[NF_EVAL_FRAMES];
  NfEvalMean ssim[NF_EVAL_FRAMES];
  GArray *clips;
} NfEvalTotal;

NfEvalTotal *nf_eval_total_new (const NfEvalRow *row);
void nf_eval_total_free (NfEvalTotal *total);
void nf_eval_total_add (NfEvalTotal *total, const NfEvalMarks *marks);
NfConfusion *nf_eval_total_judged (const NfEvalTotal *total);
const NfEvalTotal *nf_eval_totals_shown (const GPtrArray *totals);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfEvalMarks, nf_eval_marks_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfEvalTotal, nf_eval_total_free)

G_END_DECLS
