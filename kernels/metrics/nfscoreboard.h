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
 *   horizon  [{ frame, frames, jaccard, classes: [{ id, true-positives,
 *               false-positives, false-negatives }] }]: the curve, pooled over
 *               the frame-th frames of all clips; classes that occur
 *
 * Reports of parts of a data set are merged by adding up what is counted:
 * examples/merge-reports.py.
 *
 * See: nfconfusion, nfclasses. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>
#include <nextframe/metrics/nfconfusion.h>

G_BEGIN_DECLS

/** NF_SCOREBOARD_MAX_HORIZON: frames of a clip that the curve has at most, for
 * each takes a confusion matrix */
#define NF_SCOREBOARD_MAX_HORIZON 256

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
 * @name: (nullable): as nf_scoreboard_name_clip() set it
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

/**
 * nf_scoreboard_new:
 * @classes: 2 to 256
 * @keep_clips: whether to remember the score of every clip and of its frames for
 *   the report, whose list of clips is empty otherwise; memory grows with them
 *
 * Returns: (transfer full): a scoreboard without frames
 */
NF_API NfScoreboard *nf_scoreboard_new (guint classes, gboolean keep_clips);

/**
 * nf_scoreboard_free:
 * @board: (nullable) (transfer full): a board
 */
NF_API void nf_scoreboard_free (NfScoreboard *board);

/**
 * nf_scoreboard_set_horizon:
 * @board: the board, without frames
 * @steps: how many frames of a clip the curve over the horizon has: the first
 *   ones that were scored; 0, as it is made: no curve. At most
 *   %NF_SCOREBOARD_MAX_HORIZON
 */
NF_API void nf_scoreboard_set_horizon (NfScoreboard *board, guint steps);

/**
 * nf_scoreboard_set_class_names:
 * @board: the board
 * @names: what the report calls the classes, one for each
 */
NF_API void nf_scoreboard_set_class_names (
    NfScoreboard *board, const gchar *const *names);

/**
 * nf_scoreboard_add_frame:
 * @board: the board
 * @truth: true classes
 * @prediction: predicted classes
 * @width: columns of both masks
 * @height: rows of both masks
 * @time: of the frame, ns
 *
 * Scores a pair of masks, as a frame of the current clip. The first frame
 * after the end of a clip begins the next one.
 */
NF_API void nf_scoreboard_add_frame (NfScoreboard *board, NfMask truth,
    NfMask prediction, gsize width, gsize height, guint64 time);

/**
 * nf_scoreboard_add_counts:
 * @board: the board
 * @counts: pixels of some pairs of masks, of the board's classes
 * @frames: how many pairs, at least 1
 * @time: of the last of them, ns
 *
 * nf_scoreboard_add_frame() for frames of the current clip that were counted
 * elsewhere, as by the op confusion. Where clips are kept, these frames have one
 * score together.
 */
NF_API void nf_scoreboard_add_counts (
    NfScoreboard *board, const NfConfusion *counts, guint frames, guint64 time);

/**
 * nf_scoreboard_add_unmatched:
 * @board: the board
 * @predictions: how many predictions had no truth
 * @truths: how many truths had no prediction
 */
NF_API void nf_scoreboard_add_unmatched (
    NfScoreboard *board, guint predictions, guint truths);

/**
 * nf_scoreboard_name_clip:
 * @board: the board, with frames of a clip that has not ended
 * @name: what the report calls the clip
 */
NF_API void nf_scoreboard_name_clip (NfScoreboard *board, const gchar *name);

/**
 * nf_scoreboard_get_clip_name:
 * @board: the board
 *
 * Returns: (transfer none) (nullable): the name of the clip that has not ended
 */
NF_API const gchar *nf_scoreboard_get_clip_name (const NfScoreboard *board);

/**
 * nf_scoreboard_end_clip:
 * @board: the board
 * @stream_id: (nullable): of the stream that the clip is from
 *
 * Ends the current clip. The next frame begins another one.
 *
 * Returns: (nullable) (transfer none): its score, valid until the next clip ends,
 *   or NULL when no frame was scored since the last clip ended
 */
NF_API const NfClipScore *nf_scoreboard_end_clip (
    NfScoreboard *board, const gchar *stream_id);

/**
 * nf_scoreboard_get_frame:
 * @board: the board
 *
 * Returns: (transfer none): the confusion matrix of the latest frame
 */
NF_API const NfConfusion *nf_scoreboard_get_frame (const NfScoreboard *board);

/**
 * nf_scoreboard_get_clip:
 * @board: the board
 *
 * Returns: (transfer none): the confusion matrix of the clip that the latest
 *   frame is from
 */
NF_API const NfConfusion *nf_scoreboard_get_clip (const NfScoreboard *board);

/**
 * nf_scoreboard_get_total:
 * @board: the board
 *
 * Returns: (transfer none): the confusion matrix of all frames
 */
NF_API const NfConfusion *nf_scoreboard_get_total (const NfScoreboard *board);

/**
 * nf_scoreboard_get_scores:
 * @board: the board
 *
 * Returns: the scores of all frames so far; a clip that has not ended counts
 *   with the frames it has
 */
NF_API NfScores nf_scoreboard_get_scores (const NfScoreboard *board);

/**
 * nf_scoreboard_get_horizon:
 * @board: the board
 *
 * Returns: how many steps the curve has so far
 */
NF_API guint nf_scoreboard_get_horizon (const NfScoreboard *board);

/**
 * nf_scoreboard_get_horizon_jaccard:
 * @board: the board
 * @step: from 0, below nf_scoreboard_get_horizon()
 *
 * Returns: the Jaccard index, pooled over the frames of this step of all clips
 */
NF_API gdouble nf_scoreboard_get_horizon_jaccard (
    const NfScoreboard *board, guint step);

/**
 * nf_scoreboard_to_json:
 * @board: the board
 * @complete: whether all frames were scored; FALSE when stopped early
 *
 * Clips that have not ended are counted in the totals, but not listed; without
 * @keep_clips of nf_scoreboard_new() no clip is listed.
 *
 * Returns: (transfer full): the report, see the head of nfscoreboard.h
 */
NF_API gchar *nf_scoreboard_to_json (
    const NfScoreboard *board, gboolean complete);

/**
 * nf_scoreboard_write_report:
 * @board: the board
 * @path: the file
 * @complete: as in nf_scoreboard_to_json()
 * @error: why it was not written
 *
 * Writes the report to a temporary file and renames it, so that @path always
 * holds a whole report or what it held before.
 *
 * Returns: FALSE on error
 */
NF_API gboolean nf_scoreboard_write_report (const NfScoreboard *board,
    const gchar *path, gboolean complete, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfScoreboard, nf_scoreboard_free)

G_END_DECLS
