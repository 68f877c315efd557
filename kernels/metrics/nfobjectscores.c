/* SPDX-License-Identifier: MIT
 *
 * nfobjectscores — what a confusion matrix of the object classes says apart
 * from its Jaccard index */
#include <nextframe/metrics/nfobjectscores.h>
#include <nextframe/metrics/nfclasses.h>

#include <math.h>

#define SHAPE(id) (((id) -1) / 16)
#define MATERIAL(id) (((id) -1) / 8 % 2)
#define COLOR(id) (((id) -1) % 8)

static gdouble
share (guint64 part, guint64 whole)
{
  return whole == 0 ? NAN : (gdouble) part / (gdouble) whole;
}

/* Scores of whole classes. */
static void
measure_classes (NfObjectScores *scores, const NfConfusion *confusion)
{
  gdouble sum = 0;
  guint n = 0;

  for (guint k = 0; k < NF_N_CLASSES; k++) {
    NfClassCounts counts = nf_confusion_class_counts (confusion, k);
    gboolean is_true = counts.true_positives + counts.false_negatives > 0;

    if (is_true) {
      sum += nf_class_counts_iou (counts);
      n++;
    }
    if (k == 0)
      continue;
    scores->true_classes += is_true;
    scores->invented += !is_true && counts.false_positives > 0;
  }
  scores->true_jaccard = n == 0 ? NAN : sum / n;
}

void
nf_object_scores_measure (NfObjectScores *scores, const NfConfusion *confusion)
{
  guint64 both = 0, one = 0, shape = 0, material = 0, color = 0;

  g_return_if_fail (confusion->classes == NF_N_CLASSES);

  *scores = (NfObjectScores){ 0 };
  measure_classes (scores, confusion);
  for (guint t = 0; t < NF_N_CLASSES; t++)
    for (guint p = 0; p < NF_N_CLASSES; p++) {
      guint64 n = confusion->counts[t * NF_N_CLASSES + p];

      if (t == 0 || p == 0) {
        one += t != p ? n : 0;
        continue;
      }
      both += n;
      shape += SHAPE (t) == SHAPE (p) ? n : 0;
      material += MATERIAL (t) == MATERIAL (p) ? n : 0;
      color += COLOR (t) == COLOR (p) ? n : 0;
    }
  scores->object_iou = share (both, both + one);
  scores->shape = share (shape, both);
  scores->material = share (material, both);
  scores->color = share (color, both);
}
