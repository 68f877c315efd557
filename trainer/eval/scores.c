/* SPDX-License-Identifier: MIT
 *
 * scores — what a row has in one clip, and in all clips */
#include "eval/scores.h"
#include "eval/measure.h"
#include <nextframe/metrics/nfclasses.h>

#include <math.h>
#include <string.h>

/**
 * nf_eval_marks_new:
 *
 * Returns: (transfer full): a place for marks
 */
NfEvalMarks *
nf_eval_marks_new (void)
{
  NfEvalMarks *marks = g_new0 (NfEvalMarks, 1);

  for (guint t = 0; t < NF_EVAL_FRAMES; t++)
    marks->counts[t] = nf_confusion_new (NF_N_CLASSES);
  nf_eval_marks_clear (marks);
  return marks;
}

/**
 * nf_eval_marks_free:
 * @marks: (transfer full) (nullable): marks
 */
void
nf_eval_marks_free (NfEvalMarks *marks)
{
  if (!marks)
    return;
  for (guint t = 0; t < NF_EVAL_FRAMES; t++)
    nf_confusion_free (marks->counts[t]);
  g_free (marks);
}

/**
 * nf_eval_marks_clear:
 * @marks: marks, which are forgotten
 */
void
nf_eval_marks_clear (NfEvalMarks *marks)
{
  for (guint t = 0; t < NF_EVAL_FRAMES; t++) {
    nf_confusion_clear (marks->counts[t]);
    marks->scored[t] = FALSE;
    marks->psnr[t] = marks->ssim[t] = NAN;
  }
  marks->seconds = 0;
}

/**
 * nf_eval_marks_take:
 * @marks: (out): the marks of what a row made
 * @clip: of this clip
 * @output: what it made
 */
void
nf_eval_marks_take (
    NfEvalMarks *marks, const NfEvalClip *clip, const NfEvalOutput *output)
{
  nf_eval_marks_clear (marks);
  for (guint t = 0; t < NF_EVAL_FRAMES; t++)
    if (output->has_mask[t]) {
      nf_eval_measure_mask (clip, output, t, marks->counts[t]);
      marks->scored[t] = TRUE;
    }
  memcpy (marks->psnr, output->psnr, sizeof marks->psnr);
  memcpy (marks->ssim, output->ssim, sizeof marks->ssim);
  marks->seconds = output->seconds;
}

/**
 * nf_eval_mean_add:
 * @mean: (inout): gets a value
 * @value: the value; NaN does not count
 */
void
nf_eval_mean_add (NfEvalMean *mean, gdouble value)
{
  if (isnan (value))
    return;
  mean->sum += value;
  mean->n++;
}

/**
 * nf_eval_mean_get:
 * @mean: of some values
 *
 * Returns: the mean, NaN of none
 */
gdouble
nf_eval_mean_get (NfEvalMean mean)
{
  return mean.n == 0 ? NAN : mean.sum / mean.n;
}

/**
 * nf_eval_total_new:
 * @row: a row, outliving the total
 *
 * Returns: (transfer full): the total of no clips
 */
NfEvalTotal *
nf_eval_total_new (const NfEvalRow *row)
{
  NfEvalTotal *total = g_new0 (NfEvalTotal, 1);

  total->row = row;
  total->clips = g_array_new (FALSE, FALSE, sizeof (NfEvalClipScore));
  for (guint t = 0; t < NF_EVAL_FRAMES; t++)
    total->counts[t] = nf_confusion_new (NF_N_CLASSES);
  return total;
}

/**
 * nf_eval_total_free:
 * @total: (transfer full) (nullable): a total
 */
void
nf_eval_total_free (NfEvalTotal *total)
{
  if (!total)
    return;
  for (guint t = 0; t < NF_EVAL_FRAMES; t++)
    nf_confusion_free (total->counts[t]);
  g_array_unref (total->clips);
  g_free (total);
}

/* The pixels of the frames that a row is judged by. */
static NfConfusion *
judged (const NfEvalRow *row, NfConfusion *const *counts)
{
  NfConfusion *sum = nf_confusion_new (NF_N_CLASSES);

  for (guint t = row->flags & NF_EVAL_ROW_ALL_FRAMES ? 0 : NF_EVAL_FRAMES - 1;
       t < NF_EVAL_FRAMES; t++)
    nf_confusion_merge (sum, counts[t]);
  return sum;
}

/**
 * nf_eval_total_add:
 * @total: of some clips
 * @marks: of the next one
 */
void
nf_eval_total_add (NfEvalTotal *total, const NfEvalMarks *marks)
{
  g_autoptr (NfConfusion) sum = judged (total->row, marks->counts);
  NfEvalClipScore score = { nf_confusion_jaccard (sum) };
  NfObjectScores objects;

  nf_object_scores_measure (&objects, sum);
  score.true_jaccard = objects.true_jaccard;
  score.invented = objects.invented;
  score.seconds = marks->seconds;
  g_array_append_val (total->clips, score);
  for (guint t = 0; t < NF_EVAL_FRAMES; t++) {
    nf_eval_mean_add (&total->psnr[t], marks->psnr[t]);
    nf_eval_mean_add (&total->ssim[t], marks->ssim[t]);
    if (!marks->scored[t])
      continue;
    nf_confusion_merge (total->counts[t], marks->counts[t]);
    nf_eval_mean_add (
        &total->jaccard[t], nf_confusion_jaccard (marks->counts[t]));
  }
}

/**
 * nf_eval_total_judged:
 * @total: of some clips
 *
 * Returns: (transfer full): the pixels of the frames that the row is judged by
 */
NfConfusion *
nf_eval_total_judged (const NfEvalTotal *total)
{
  return judged (total->row, total->counts);
}

/**
 * nf_eval_totals_shown:
 * @totals: (element-type NfEvalTotal): at least one
 *
 * Returns: (transfer none): the one whose row is looked at most closely: the
 *   last one without an ensemble
 */
const NfEvalTotal *
nf_eval_totals_shown (const GPtrArray *totals)
{
  for (guint i = totals->len; i-- > 0;) {
    const NfEvalTotal *total = totals->pdata[i];

    if (!(total->row->flags & NF_EVAL_ROW_ENSEMBLE))
      return total;
  }
  return totals->pdata[totals->len - 1];
}
