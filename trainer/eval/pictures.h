/* SPDX-License-Identifier: MIT
 *
 * pictures — what people look at: the best, the median and the worst clip
 *
 * Rows are run on these clips once more, so that nothing has to be kept of all
 * the others. */
#pragma once

#include "eval/scores.h"

G_BEGIN_DECLS

/**
 * NfEvalPicture:
 * @caption: a line below it
 * @uri: a PNG file as a data URI
 */
typedef struct
{
  gchar *caption;
  gchar *uri;
} NfEvalPicture;

/**
 * NfEvalShown:
 * @rank: "best", "median" or "worst"
 * @name: of the clip
 * @jaccard: of the row that is shown
 * @width: of every picture, pixels
 * @height: likewise
 * @pictures: (element-type NfEvalPicture): context, truth, and what the row
 *   made
 * @others: (element-type NfEvalPicture): the other rows' masks of the last
 *   frame
 *
 * A clip to look at.
 */
typedef struct
{
  const gchar *rank;
  gchar *name;
  gdouble jaccard;
  gint width, height;
  GPtrArray *pictures;
  GPtrArray *others;
} NfEvalShown;

GPtrArray *nf_eval_pictures_make (
    const GPtrArray *totals, NfEvalClip *clip, GError **error);

G_END_DECLS
