/* SPDX-License-Identifier: MIT
 *
 * nfconfusion — integer confusion matrix of class masks, and its scores */
#include "metrics/nfconfusion.h"

#include "core/ops/nfids.h"

#include <math.h>
#include <string.h>

/**
 * nf_confusion_new:
 * @classes: %NF_CONFUSION_MIN_CLASSES to %NF_CONFUSION_MAX_CLASSES
 *
 * Returns: (transfer full): a matrix without pixels
 */
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

/**
 * nf_confusion_free:
 * @confusion: (nullable) (transfer full): a matrix
 */
void
nf_confusion_free (NfConfusion *confusion)
{
  if (confusion == NULL)
    return;
  g_free (confusion->counts);
  g_free (confusion);
}

/**
 * nf_confusion_clear:
 * @confusion: a matrix
 *
 * Forgets all pixels.
 */
void
nf_confusion_clear (NfConfusion *confusion)
{
  memset (confusion->counts, 0,
      (gsize) confusion->classes * confusion->classes * sizeof (guint64));
}

/**
 * nf_confusion_add:
 * @confusion: the matrix
 * @truth: true classes
 * @prediction: predicted classes
 * @width: columns of both masks
 * @height: rows of both masks
 *
 * Counts the pixels of a pair of masks. Values of K and more, in either mask,
 * are background (0).
 */
void
nf_confusion_add (NfConfusion *confusion, NfMask truth, NfMask prediction,
    gsize width, gsize height)
{
  for (gsize y = 0; y < height; y++)
    nf_ids_count (truth.data + y * truth.stride,
        prediction.data + y * prediction.stride, width, confusion->classes,
        confusion->counts);
}

/**
 * nf_confusion_merge:
 * @confusion: the matrix that grows
 * @part: a matrix of as many classes
 *
 * Adds the pixels of @part.
 */
void
nf_confusion_merge (NfConfusion *confusion, const NfConfusion *part)
{
  g_return_if_fail (confusion->classes == part->classes);

  for (gsize i = 0; i < (gsize) part->classes * part->classes; i++)
    confusion->counts[i] += part->counts[i];
}

/**
 * nf_confusion_class_counts:
 * @confusion: a matrix
 * @k: a class below K
 *
 * Returns: how the pixels of class @k were predicted
 */
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

/**
 * nf_class_counts_iou:
 * @counts: of one class
 *
 * Returns: intersection over union, 0 to 1; NaN where the class occurs in
 *   neither mask
 */
gdouble
nf_class_counts_iou (NfClassCounts counts)
{
  guint64 both =
      counts.true_positives + counts.false_positives + counts.false_negatives;

  return both == 0 ? NAN : (gdouble) counts.true_positives / (gdouble) both;
}

/**
 * nf_class_counts_dice:
 * @counts: of one class
 *
 * Returns: Dice's coefficient, 0 to 1; NaN where the class occurs in neither
 *   mask
 */
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

/**
 * nf_confusion_jaccard:
 * @confusion: a matrix
 *
 * Returns: the Jaccard index, 0 to 1: the mean IoU of the classes that occur;
 *   NaN when no pixel was counted
 */
gdouble
nf_confusion_jaccard (const NfConfusion *confusion)
{
  return mean_of_present (confusion, nf_class_counts_iou);
}

/**
 * nf_confusion_dice:
 * @confusion: a matrix
 *
 * Returns: the mean Dice coefficient of the classes that occur, 0 to 1; NaN
 *   when no pixel was counted
 */
gdouble
nf_confusion_dice (const NfConfusion *confusion)
{
  return mean_of_present (confusion, nf_class_counts_dice);
}

/**
 * nf_confusion_pixels:
 * @confusion: a matrix
 *
 * Returns: how many pixels were counted
 */
guint64
nf_confusion_pixels (const NfConfusion *confusion)
{
  guint64 pixels = 0;

  for (gsize i = 0; i < (gsize) confusion->classes * confusion->classes; i++)
    pixels += confusion->counts[i];

  return pixels;
}

/**
 * nf_confusion_pixel_accuracy:
 * @confusion: a matrix
 *
 * Returns: share of the pixels whose class was predicted, 0 to 1; NaN when no
 *   pixel was counted
 */
gdouble
nf_confusion_pixel_accuracy (const NfConfusion *confusion)
{
  guint64 pixels = nf_confusion_pixels (confusion), right = 0;

  for (gsize k = 0; k < confusion->classes; k++)
    right += confusion->counts[k * confusion->classes + k];

  return pixels == 0 ? NAN : (gdouble) right / (gdouble) pixels;
}
