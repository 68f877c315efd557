/* SPDX-License-Identifier: MIT
 *
 * nfobjectscores — what a confusion matrix of the object classes says apart
 * from its Jaccard index
 *
 * A Jaccard index is a mean over the classes that occur in the truth or in the
 * prediction, so a few pixels of a class that is not there cost as much as an
 * object that was missed. And a class is a shape, a material and a colour, of
 * which one alone may be wrong. These scores distinguish such cases.
 * See: nfconfusion, nfclasses. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/metrics/nfconfusion.h>

G_BEGIN_DECLS

/**
 * NfObjectScores:
 * @true_jaccard: mean IoU of the classes that occur in the truth, the
 *   background among them; NaN when no pixel was counted
 * @true_classes: classes of objects that occur in the truth
 * @invented: classes of objects that were predicted and do not occur in the
 *   truth
 * @object_iou: IoU of all objects as one class; NaN where there are none
 * @shape: of the pixels that are objects in both masks, the share whose shape
 *   was predicted, 0 to 1; NaN, as the next ones, where there are none
 * @material: likewise, whose material was predicted
 * @color: likewise, whose colour was predicted
 */
typedef struct
{
  gdouble true_jaccard;
  guint true_classes;
  guint invented;
  gdouble object_iou;
  gdouble shape;
  gdouble material;
  gdouble color;
} NfObjectScores;

/**
 * nf_object_scores_measure:
 * @scores: (out caller-allocates): the scores
 * @confusion: a matrix of the %NF_N_CLASSES classes
 */
NF_API void nf_object_scores_measure (
    NfObjectScores *scores, const NfConfusion *confusion);

G_END_DECLS
