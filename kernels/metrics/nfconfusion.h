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

NfConfusion *nf_confusion_new (guint classes);
void nf_confusion_free (NfConfusion *confusion);
void nf_confusion_clear (NfConfusion *confusion);

void nf_confusion_add (NfConfusion *confusion, NfMask truth, NfMask prediction,
    gsize width, gsize height);
void nf_confusion_merge (NfConfusion *confusion, const NfConfusion *part);

NfClassCounts nf_confusion_class_counts (const NfConfusion *confusion, guint k);
gdouble nf_class_counts_iou (NfClassCounts counts);
gdouble nf_class_counts_dice (NfClassCounts counts);

guint64 nf_confusion_pixels (const NfConfusion *confusion);
gdouble nf_confusion_jaccard (const NfConfusion *confusion);
gdouble nf_confusion_dice (const NfConfusion *confusion);
gdouble nf_confusion_pixel_accuracy (const NfConfusion *confusion);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfConfusion, nf_confusion_free)

G_END_DECLS
