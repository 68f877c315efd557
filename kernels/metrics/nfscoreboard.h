/* SPDX-License-Identifier: MIT
 *
 * nfscoreboard — scores of many clips, and the JSON report about them
 *
 * A pair of masks is counted into the confusion matrix of its frame, of its
 * clip and of everything. The pooled score is that of the one matrix over all;
 * the mean over clips is reported beside it, as the two can differ a lot.
 *
 * The report is an object with these members (a score that does not exist,
 * for nothing was counted, is null; times are nanoseconds of running time):
 *
 *   jaccard, dice, pixel-accuracy    pooled, 0 to 1
 *   mean-clip-jaccard                mean of the clips' Jaccard indices
 *   frames                           pairs of masks that were scored
 *   unmatched-prediction, unmatched-truth   masks that found no partner
 *   complete                         false when stopped before the end
 *   clips    [{ clip, name, stream-id, jaccard, pixel-accuracy, frames, start,
 *               end, frame-scores: [{ running-time, jaccard }] }]
 *   classes  [{ id, name, iou, dice, true-positives, false-positives,
 *               false-negatives }]
 *
 * See: nfconfusion, nfclasses. */
#pragma once

#include "core/nferror.h"
#include "metrics/nfconfusion.h"

G_BEGIN_DECLS

typedef struct _NfScoreboard NfScoreboard;

/**
 * NfScores:
 * @frames: pairs of masks scored
 * @clips: clips with at least one of them
 * @unmatched_prediction: predictions without a truth
 * @unmatched_truth: truths without a prediction
 * @jaccard: pooled Jaccard index; this and the next ones NaN when @frames is 0
 * @dice: pooled Dice coefficient
 * @pixel_accuracy: share of pixels whose class was predicted
 * @mean_clip_jaccard: mean of the clips' Jaccard indices
 *
 * All that was scored so far.
 */
typedef struct
{
  guint64 frames;
  guint clips;
  guint64 unmatched_prediction;
  guint64 unmatched_truth;
  gdouble jaccard;
  gdouble dice;
  gdouble pixel_accuracy;
  gdouble mean_clip_jaccard;
} NfScores;

/**
 * NfClipScore:
 * @index: number of the clip, from 0
 * @name: (nullable): what nf_scoreboard_name_clip() said
 * @stream_id: (nullable): of the stream that it is from
 * @frames: pairs of masks scored
 * @jaccard: of the clip's own confusion matrix
 * @pixel_accuracy: share of pixels whose class was predicted
 * @start: time of its first scored frame, ns
 * @end: time of its last scored frame, ns
 *
 * A finished clip.
 */
typedef struct
{
  guint index;
  const gchar *name;
  const gchar *stream_id;
  guint64 frames;
  gdouble jaccard;
  gdouble pixel_accuracy;
  guint64 start;
  guint64 end;
} NfClipScore;

NfScoreboard *nf_scoreboard_new (guint classes, gboolean keep_frames);
void nf_scoreboard_free (NfScoreboard *board);

void nf_scoreboard_add_frame (NfScoreboard *board, NfMask truth,
    NfMask prediction, gsize width, gsize height, guint64 time);
void nf_scoreboard_add_counts (
    NfScoreboard *board, const NfConfusion *counts, guint frames, guint64 time);
void nf_scoreboard_add_unmatched (
    NfScoreboard *board, guint predictions, guint truths);
void nf_scoreboard_name_clip (NfScoreboard *board, const gchar *name);
const gchar *nf_scoreboard_get_clip_name (const NfScoreboard *board);
const NfClipScore *nf_scoreboard_end_clip (
    NfScoreboard *board, const gchar *stream_id);

const NfConfusion *nf_scoreboard_get_frame (const NfScoreboard *board);
const NfConfusion *nf_scoreboard_get_clip (const NfScoreboard *board);
const NfConfusion *nf_scoreboard_get_total (const NfScoreboard *board);
NfScores nf_scoreboard_get_scores (const NfScoreboard *board);

gchar *nf_scoreboard_to_json (const NfScoreboard *board, gboolean complete);
gboolean nf_scoreboard_write_report (const NfScoreboard *board,
    const gchar *path, gboolean complete, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfScoreboard, nf_scoreboard_free)

G_END_DECLS
