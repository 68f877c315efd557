/* SPDX-License-Identifier: MIT
 *
 * nfconfusion — integer confusion matrix of class masks, and its scores */
#include <nextframe/metrics/nfconfusion.h>

#include "core/ops/nfids.h"

#include <math.h>
#include <string.h>

NfConfusion *
nf_confusion_new (guint classes)
{
  NfConfusion *confusion;

  g_return_val_if_fail (classes >= NF_CONFUSION_MIN_CLASSES, NULL);
  g_return_val_if_fail (classes <= NF_CONFUSION_MAX_CLASSES, NULL);

  confusion = g_new (NfConfusion, 1);
  confusion->classes = classes;
  confusion->counts = g_new0 (guint64, (gsize) classes * classes);

  return confusion;
}

void
nf_confusion_free (NfConfusion *confusion)
{
  if (confusion == NULL)
    return;
  g_free (confusion->counts);
  g_free (confusion);
}

void
nf_confusion_clear (NfConfusion *confusion)
{
  memset (confusion->counts, 0,
      (gsize) confusion->classes * confusion->classes * sizeof (guint64));
}

void
nf_confusion_add (NfConfusion *confusion, NfMask truth, NfMask prediction,
    gsize width, gsize height)
{
  for (gsize y = 0; y < height; y++)
    nf_ids_count (truth.data + y * truth.stride,
        prediction.data + y * prediction.stride, width, confusion->classes,
        confusion->counts);
}

void
nf_confusion_merge (NfConfusion *confusion, const NfConfusion *part)
{
  g_return_if_fail (confusion->classes == part->classes);

  for (gsize i = 0; i < (gsize) part->classes * part->classes; i++)
    confusion->counts[i] += part->counts[i];
}

NfClassCounts
nf_confusion_class_counts (const NfConfusion *confusion, guint k)
{
  gsize classes = confusion->classes;
  NfClassCounts counts = { 0 };
  guint64 truth = 0, prediction = 0;

  g_return_val_if_fail (k < classes, counts);

  for (gsize i = 0; i < classes; i++) {
    truth += confusion->counts[k * classes + i];
    prediction += confusion->counts[i * classes + k];
  }
  counts.true_positives = confusion->counts[k * classes + k];
  counts.false_positives = prediction - counts.true_positives;
  counts.false_negatives = truth - counts.true_positives;

  return counts;
}

gdouble
nf_class_counts_iou (NfClassCounts counts)
{
  guint64 both =
      counts.true_positives + counts.false_positives + counts.false_negatives;

  return both == 0 ? NAN : (gdouble) counts.true_positives / (gdouble) both;
}

gdouble
nf_class_counts_dice (NfClassCounts counts)
{
  guint64 sizes = 2 * counts.true_positives + counts.false_positives
      + counts.false_negatives;

  return sizes == 0 ? NAN
                    : 2.0 * (gdouble) counts.true_positives / (gdouble) sizes;
}

static gdouble
mean_of_present (
    const NfConfusion *confusion, gdouble (*score) (NfClassCounts counts))
{
  gdouble sum = 0;
  guint present = 0;

  for (guint k = 0; k < confusion->classes; k++) {
    gdouble value = score (nf_confusion_class_counts (confusion, k));

    if (isnan (value))
      continue;
    sum += value;
    present++;
  }

  return present == 0 ? NAN : sum / present;
}

gdouble
nf_confusion_jaccard (const NfConfusion *confusion)
{
  return mean_of_present (confusion, nf_class_counts_iou);
}

gdouble
nf_confusion_dice (const NfConfusion *confusion)
{
  return mean_of_present (confusion, nf_class_counts_dice);
}

guint64
nf_confusion_pixels (const NfConfusion *confusion)
{
  guint64 pixels = 0;

  for (gsize i = 0; i < (gsize) confusion->classes * confusion->classes; i++)
    pixels += confusion->counts[i];

  return pixels;
}

gdouble
nf_confusion_pixel_accuracy (const NfConfusion *confusion)
{
  guint64 pixels = nf_confusion_pixels (confusion), right = 0;

  for (gsize k = 0; k < confusion->classes; k++)
    right += confusion->counts[k * confusion->classes + k];

  return pixels == 0 ? NAN : (gdouble) right / (gdouble) pixels;
}
