/* SPDX-License-Identifier: MIT
 *
 * nfconfusion — integer confusion matrix of class masks, and its scores
 *
 * counts[t * classes + p] is the number of pixels whose true class is t and
 * whose predicted class is p. Sums of counts stay exact, so parts may be
 * counted apart and merged in any order. Of class k:
 *
 *   TP = counts[k][k], FN = rest of row k, FP = rest of column k
 *   Jaccard (IoU) = TP / (TP + FP + FN),  Dice = 2 TP / (2 TP + FP + FN)
 *
 * Scores of a matrix are means over the classes that occur in the prediction
 * or in the truth. See: nfscoreboard. */
#pragma once

#include <glib.h>

#include <nextframe/core/nfapi.h>

G_BEGIN_DECLS

#define NF_CONFUSION_MIN_CLASSES 2
#define NF_CONFUSION_MAX_CLASSES 256

/**
 * NfConfusion:
 * @classes: K, 2 to 256
 * @counts: K x K pixels, rows the truth, columns the prediction
 */
typedef struct
{
  guint classes;
  guint64 *counts; /* (K, K) */
} NfConfusion;

/**
 * NfClassCounts:
 * @true_positives: pixels of the class in both masks
 * @false_positives: in the prediction only
 * @false_negatives: in the truth only
 */
typedef struct
{
  guint64 true_positives;
  guint64 false_positives;
  guint64 false_negatives;
} NfClassCounts;

/**
 * NfMask:
 * @data: class ids, row by row
 * @stride: bytes from one row to the next, at least the width
 */
typedef struct
{
  const guint8 *data;
  gsize stride;
} NfMask;

/**
 * nf_confusion_new:
 * @classes: %NF_CONFUSION_MIN_CLASSES to %NF_CONFUSION_MAX_CLASSES
 *
 * Returns: (transfer full): a matrix without pixels
 */
NF_API NfConfusion *nf_confusion_new (guint classes);

/**
 * nf_confusion_free:
 * @confusion: (nullable) (transfer full): a matrix
 */
NF_API void nf_confusion_free (NfConfusion *confusion);

/**
 * nf_confusion_clear:
 * @confusion: a matrix
 *
 * Forgets all pixels.
 */
NF_API void nf_confusion_clear (NfConfusion *confusion);

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
NF_API void nf_confusion_add (NfConfusion *confusion, NfMask truth,
    NfMask prediction, gsize width, gsize height);

/**
 * nf_confusion_merge:
 * @confusion: the matrix that grows
 * @part: a matrix of as many classes
 *
 * Adds the pixels of @part.
 */
NF_API void nf_confusion_merge (
    NfConfusion *confusion, const NfConfusion *part);

/**
 * nf_confusion_class_counts:
 * @confusion: a matrix
 * @k: a class below K
 *
 * Returns: how the pixels of class @k were predicted
 */
NF_API NfClassCounts nf_confusion_class_counts (
    const NfConfusion *confusion, guint k);

/**
 * nf_class_counts_iou:
 * @counts: of one class
 *
 * Returns: intersection over union, 0 to 1; NaN where the class occurs in
 *   neither mask
 */
NF_API gdouble nf_class_counts_iou (NfClassCounts counts);

/**
 * nf_class_counts_dice:
 * @counts: of one class
 *
 * Returns: Dice's coefficient, 0 to 1; NaN where the class occurs in neither
 *   mask
 */
NF_API gdouble nf_class_counts_dice (NfClassCounts counts);

/**
 * nf_confusion_pixels:
 * @confusion: a matrix
 *
 * Returns: how many pixels were counted
 */
NF_API guint64 nf_confusion_pixels (const NfConfusion *confusion);

/**
 * nf_confusion_jaccard:
 * @confusion: a matrix
 *
 * Returns: the Jaccard index, 0 to 1: the mean IoU of the classes that occur;
 *   NaN when no pixel was counted
 */
NF_API gdouble nf_confusion_jaccard (const NfConfusion *confusion);

/**
 * nf_confusion_dice:
 * @confusion: a matrix
 *
 * Returns: the mean Dice coefficient of the classes that occur, 0 to 1; NaN
 *   when no pixel was counted
 */
NF_API gdouble nf_confusion_dice (const NfConfusion *confusion);

/**
 * nf_confusion_pixel_accuracy:
 * @confusion: a matrix
 *
 * Returns: share of the pixels whose class was predicted, 0 to 1; NaN when no
 *   pixel was counted
 */
NF_API gdouble nf_confusion_pixel_accuracy (const NfConfusion *confusion);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfConfusion, nf_confusion_free)

G_END_DECLS
