/* SPDX-License-Identifier: MIT
 *
 * nfscoreboard — scores of many clips, and the JSON report about them */
#include <nextframe/metrics/nfscoreboard.h>
#include <nextframe/metrics/nfclasses.h>

#include "metrics/nfreport.h"

#include <math.h>

typedef struct
{
  guint64 time;
  gdouble jaccard;
} FrameScore;

typedef struct
{
  NfClipScore score;
  gchar *name;
  gchar *stream_id;
  GArray *frames; /* FrameScore */
  guint steps; /* times that something was added */
} Clip;

/* the frames that are so far into their clips */
typedef struct
{
  guint64 frames;
  NfConfusion *counts;
} Step;

struct _NfScoreboard
{
  gboolean keep_clips;
  NfConfusion *frame;
  NfConfusion *clip;
  NfConfusion *total;
  Clip *current; /* (nullable): the clip that has not ended */
  GPtrArray *clips; /* Clip, ended: all that are kept, or the last one */
  guint ended; /* clips, kept or not */
  gchar **names; /* (nullable): of the classes */
  guint horizon; /* steps of the curve */
  GPtrArray *steps; /* Step, of those that were scored */
  gdouble clip_jaccard_sum;
  guint64 frames;
  guint64 unmatched_prediction;
  guint64 unmatched_truth;
};

static void
clip_free (Clip *clip)
{
  if (clip == NULL)
    return;
  g_free (clip->name);
  g_free (clip->stream_id);
  g_array_unref (clip->frames);
  g_free (clip);
}

static void
step_free (Step *step)
{
  nf_confusion_free (step->counts);
  g_free (step);
}

NfScoreboard *
nf_scoreboard_new (guint classes, gboolean keep_clips)
{
  NfScoreboard *board = g_new0 (NfScoreboard, 1);

  board->keep_clips = keep_clips;
  board->frame = nf_confusion_new (classes);
  board->clip = nf_confusion_new (classes);
  board->total = nf_confusion_new (classes);
  board->clips = g_ptr_array_new_with_free_func ((GDestroyNotify) clip_free);
  board->steps = g_ptr_array_new_with_free_func ((GDestroyNotify) step_free);

  return board;
}

void
nf_scoreboard_free (NfScoreboard *board)
{
  if (board == NULL)
    return;
  nf_confusion_free (board->frame);
  nf_confusion_free (board->clip);
  nf_confusion_free (board->total);
  clip_free (board->current);
  g_ptr_array_unref (board->clips);
  g_strfreev (board->names);
  g_ptr_array_unref (board->steps);
  g_free (board);
}

void
nf_scoreboard_set_horizon (NfScoreboard *board, guint steps)
{
  board->horizon = MIN (steps, NF_SCOREBOARD_MAX_HORIZON);
}

void
nf_scoreboard_set_class_names (NfScoreboard *board, const gchar *const *names)
{
  g_return_if_fail (g_strv_length ((gchar **) names) == board->total->classes);

  g_strfreev (board->names);
  board->names = g_strdupv ((gchar **) names);
}

/* the latest frame is part of the curve */
static void
add_to_step (NfScoreboard *board, guint number, guint frames)
{
  Step *step;

  if (number >= board->horizon)
    return;
  if (number >= board->steps->len) {
    step = g_new0 (Step, 1);
    step->counts = nf_confusion_new (board->total->classes);
    g_ptr_array_add (board->steps, step);
  }
  step = g_ptr_array_index (board->steps, number);
  nf_confusion_merge (step->counts, board->frame);
  step->frames += frames;
}

/* Adds the latest frame's matrix, of so many pairs of masks, to the current
 * clip, which begins where there is none. */
static void
add_latest (NfScoreboard *board, guint frames, guint64 time)
{
  Clip *clip = board->current;

  if (clip == NULL) {
    clip = board->current = g_new0 (Clip, 1);
    clip->frames = g_array_new (FALSE, FALSE, sizeof (FrameScore));
    clip->score.index = board->ended;
    clip->score.start = time;
    nf_confusion_clear (board->clip);
  }
  nf_confusion_merge (board->clip, board->frame);
  nf_confusion_merge (board->total, board->frame);
  add_to_step (board, clip->steps++, frames);
  clip->score.frames += frames;
  clip->score.end = time;
  board->frames += frames;
  if (board->keep_clips) {
    FrameScore score = { time, nf_confusion_jaccard (board->frame) };
    g_array_append_val (clip->frames, score);
  }
}

void
nf_scoreboard_add_frame (NfScoreboard *board, NfMask truth, NfMask prediction,
    gsize width, gsize height, guint64 time)
{
  nf_confusion_clear (board->frame);
  nf_confusion_add (board->frame, truth, prediction, width, height);
  add_latest (board, 1, time);
}

void
nf_scoreboard_add_counts (
    NfScoreboard *board, const NfConfusion *counts, guint frames, guint64 time)
{
  nf_confusion_clear (board->frame);
  nf_confusion_merge (board->frame, counts);
  add_latest (board, frames, time);
}

void
nf_scoreboard_add_unmatched (
    NfScoreboard *board, guint predictions, guint truths)
{
  board->unmatched_prediction += predictions;
  board->unmatched_truth += truths;
}

void
nf_scoreboard_name_clip (NfScoreboard *board, const gchar *name)
{
  g_return_if_fail (board->current != NULL && board->current->name == NULL);

  board->current->name = g_strdup (name);
  board->current->score.name = board->current->name;
}

const gchar *
nf_scoreboard_get_clip_name (const NfScoreboard *board)
{
  return board->current != NULL ? board->current->name : NULL;
}

const NfClipScore *
nf_scoreboard_end_clip (NfScoreboard *board, const gchar *stream_id)
{
  Clip *clip = g_steal_pointer (&board->current);

  if (clip == NULL)
    return NULL;
  clip->stream_id = g_strdup (stream_id);
  clip->score.stream_id = clip->stream_id;
  clip->score.jaccard = nf_confusion_jaccard (board->clip);
  clip->score.pixel_accuracy = nf_confusion_pixel_accuracy (board->clip);
  board->clip_jaccard_sum += clip->score.jaccard;
  if (!board->keep_clips)
    g_ptr_array_set_size (board->clips, 0);
  g_ptr_array_add (board->clips, clip);
  board->ended++;

  return &clip->score;
}

const NfConfusion *
nf_scoreboard_get_frame (const NfScoreboard *board)
{
  return board->frame;
}

const NfConfusion *
nf_scoreboard_get_clip (const NfScoreboard *board)
{
  return board->clip;
}

const NfConfusion *
nf_scoreboard_get_total (const NfScoreboard *board)
{
  return board->total;
}

NfScores
nf_scoreboard_get_scores (const NfScoreboard *board)
{
  NfScores scores = {
    .frames = board->frames,
    .clips = board->ended,
    .unmatched_prediction = board->unmatched_prediction,
    .unmatched_truth = board->unmatched_truth,
    .jaccard = nf_confusion_jaccard (board->total),
    .dice = nf_confusion_dice (board->total),
    .pixel_accuracy = nf_confusion_pixel_accuracy (board->total),
  };
  gdouble sum = board->clip_jaccard_sum;

  if (board->current != NULL) {
    sum += nf_confusion_jaccard (board->clip);
    scores.clips++;
  }
  scores.mean_clip_jaccard = scores.clips == 0 ? NAN : sum / scores.clips;

  return scores;
}

static void
add_clip (JsonBuilder *json, const Clip *clip)
{
  json_builder_begin_object (json);
  nf_report_add_count (json, "clip", clip->score.index);
  nf_report_add_text (json, "name", clip->name);
  nf_report_add_text (json, "stream-id", clip->stream_id);
  nf_report_add_score (json, "jaccard", clip->score.jaccard);
  nf_report_add_score (json, "pixel-accuracy", clip->score.pixel_accuracy);
  nf_report_add_count (json, "frames", clip->score.frames);
  nf_report_add_count (json, "start", clip->score.start);
  nf_report_add_count (json, "end", clip->score.end);
  nf_report_begin_array (json, "frame-scores");
  for (guint i = 0; i < clip->frames->len; i++) {
    const FrameScore *score = &g_array_index (clip->frames, FrameScore, i);

    json_builder_begin_object (json);
    nf_report_add_count (json, "running-time", score->time);
    nf_report_add_score (json, "jaccard", score->jaccard);
    json_builder_end_object (json);
  }
  json_builder_end_array (json);
  json_builder_end_object (json);
}

guint
nf_scoreboard_get_horizon (const NfScoreboard *board)
{
  return board->steps->len;
}

gdouble
nf_scoreboard_get_horizon_jaccard (const NfScoreboard *board, guint step)
{
  g_return_val_if_fail (step < board->steps->len, NAN);

  return nf_confusion_jaccard (
      ((const Step *) g_ptr_array_index (board->steps, step))->counts);
}

static void
add_class_counts (JsonBuilder *json, NfClassCounts counts)
{
  nf_report_add_count (json, "true-positives", counts.true_positives);
  nf_report_add_count (json, "false-positives", counts.false_positives);
  nf_report_add_count (json, "false-negatives", counts.false_negatives);
}

/* of a step all that its Jaccard index is computed from, so that reports can be
 * merged; classes that do not occur are left out */
static void
add_step (JsonBuilder *json, const Step *step, guint number)
{
  json_builder_begin_object (json);
  nf_report_add_count (json, "frame", number);
  nf_report_add_count (json, "frames", step->frames);
  nf_report_add_score (json, "jaccard", nf_confusion_jaccard (step->counts));
  nf_report_begin_array (json, "classes");
  for (guint id = 0; id < step->counts->classes; id++) {
    NfClassCounts counts = nf_confusion_class_counts (step->counts, id);

    if (counts.true_positives + counts.false_positives + counts.false_negatives
        == 0)
      continue;
    json_builder_begin_object (json);
    nf_report_add_count (json, "id", id);
    add_class_counts (json, counts);
    json_builder_end_object (json);
  }
  json_builder_end_array (json);
  json_builder_end_object (json);
}

/* the names are those that were given, or of the 49 classes; of other sets only
 * numbers are known */
static void
add_class (JsonBuilder *json, const NfScoreboard *board, guint id)
{
  const NfConfusion *total = board->total;
  NfClassCounts counts = nf_confusion_class_counts (total, id);

  json_builder_begin_object (json);
  nf_report_add_count (json, "id", id);
  json_builder_set_member_name (json, "name");
  if (board->names != NULL) {
    json_builder_add_string_value (json, board->names[id]);
  } else if (total->classes == NF_N_CLASSES) {
    json_builder_add_string_value (json, nf_class_name (id));
  } else {
    g_autofree gchar *name = g_strdup_printf ("class %u", id);
    json_builder_add_string_value (json, name);
  }
  nf_report_add_score (json, "iou", nf_class_counts_iou (counts));
  nf_report_add_score (json, "dice", nf_class_counts_dice (counts));
  add_class_counts (json, counts);
  json_builder_end_object (json);
}

gchar *
nf_scoreboard_to_json (const NfScoreboard *board, gboolean complete)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  NfScores scores = nf_scoreboard_get_scores (board);

  json_builder_begin_object (json);
  nf_report_add_score (json, "jaccard", scores.jaccard);
  nf_report_add_score (json, "dice", scores.dice);
  nf_report_add_score (json, "pixel-accuracy", scores.pixel_accuracy);
  nf_report_add_score (json, "mean-clip-jaccard", scores.mean_clip_jaccard);
  nf_report_add_count (json, "frames", scores.frames);
  nf_report_add_count (
      json, "unmatched-prediction", scores.unmatched_prediction);
  nf_report_add_count (json, "unmatched-truth", scores.unmatched_truth);
  json_builder_set_member_name (json, "complete");
  json_builder_add_boolean_value (json, complete);
  nf_report_begin_array (json, "clips");
  for (guint i = 0; board->keep_clips && i < board->clips->len; i++)
    add_clip (json, g_ptr_array_index (board->clips, i));
  json_builder_end_array (json);
  nf_report_begin_array (json, "classes");
  for (guint id = 0; id < board->total->classes; id++)
    add_class (json, board, id);
  json_builder_end_array (json);
  nf_report_begin_array (json, "horizon");
  for (guint i = 0; i < board->steps->len; i++)
    add_step (json, g_ptr_array_index (board->steps, i), i + 1);
  json_builder_end_array (json);
  json_builder_end_object (json);

  return nf_report_to_text (json);
}

gboolean
nf_scoreboard_write_report (const NfScoreboard *board, const gchar *path,
    gboolean complete, GError **error)
{
  g_autofree gchar *text = nf_scoreboard_to_json (board, complete);

  return nf_report_write (text, path, error);
}
