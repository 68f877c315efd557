/* SPDX-License-Identifier: MIT
 *
 * figures — the figures of an evaluation as JSON: report.json
 *
 * An object with these members; a figure that does not exist is null.
 *
 *   program        version
 *   complete       whether all clips that were asked for are in it
 *   clips          how many are
 *   settings       data, networks, sampling
 *   clip-names     of the clips, in order
 *   rows           [{ name, title,
 *     frames         what the scores are of: "1-22" or "22"
 *     jaccard, mean-clip-jaccard
 *                    of one confusion matrix over all clips; mean of the clips'
 *     true-class-jaccard, mean-clip-true-class-jaccard
 *                    over the classes that are there alone
 *     invented-classes   mean of clips: classes that are not there
 *     object-iou, shape-accuracy, material-accuracy, color-accuracy
 *                    see nfobjectscores.h
 *     psnr, ssim     of the last frame, mean of clips
 *     seconds-per-clip   median
 *     curve          [{ frame, jaccard, mean-clip-jaccard, psnr, ssim }]
 *     classes        [{ id, name, iou, true-positives, false-positives,
 *                       false-negatives }] that occur
 *     confusion      [[truth, prediction, pixels]] of what is not 0
 *     clip-scores    [[jaccard, true-class-jaccard, invented-classes,
 *                      seconds]], as clip-names }]
 *   shown          name of the row whose clips report.html shows
 *
 * Siblings: table.c, html.c, which show them */
#pragma once

#include "eval/scores.h"

G_BEGIN_DECLS

JsonObject *nf_eval_figures_new (const GPtrArray *totals,
    const GPtrArray *names, JsonObject *settings, gboolean complete);
gdouble nf_eval_figure (JsonObject *object, const gchar *name);

G_END_DECLS
