/* SPDX-License-Identifier: MIT
 *
 * nfscoreboard — scores of many clips, and the JSON report about them */
#include <nextframe/metrics/nfscoreboard.h>
#include <nextframe/metrics/nfclasses.h>

#include <json-glib/json-glib.h>
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
} Clip;

struct _NfScoreboard
{
  gboolean keep_frames;
  NfConfusion *frame;
  NfConfusion *clip;
  NfConfusion *total;
  Clip *current; /* (nullable): the clip that has not ended */
  GPtrArray *clips; /* Clip, ended */
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

NfScoreboard *
nf_scoreboard_new (guint classes, gboolean keep_frames)
{
  NfScoreboard *board = g_new0 (NfScoreboard, 1);

  board->keep_frames = keep_frames;
  board->frame = nf_confusion_new (classes);
  board->clip = nf_confusion_new (classes);
  board->total = nf_confusion_new (classes);
  board->clips = g_ptr_array_new_with_free_func ((GDestroyNotify) clip_free);

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
  g_free (board);
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
    clip->score.index = board->clips->len;
    clip->score.start = time;
    nf_confusion_clear (board->clip);
  }
  nf_confusion_merge (board->clip, board->frame);
  nf_confusion_merge (board->total, board->frame);
  clip->score.frames += frames;
  clip->score.end = time;
  board->frames += frames;
  if (board->keep_frames) {
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
  g_ptr_array_add (board->clips, clip);

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
    .clips = board->clips->len,
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
add_score (JsonBuilder *json, const gchar *name, gdouble score)
{
  json_builder_set_member_name (json, name);
  if (isnan (score))
    json_builder_add_null_value (json);
  else
    json_builder_add_double_value (json, score);
}

static void
add_count (JsonBuilder *json, const gchar *name, guint64 count)
{
  json_builder_set_member_name (json, name);
  json_builder_add_int_value (json, count);
}

static void
add_text (JsonBuilder *json, const gchar *name, const gchar *text)
{
  json_builder_set_member_name (json, name);
  if (text == NULL)
    json_builder_add_null_value (json);
  else
    json_builder_add_string_value (json, text);
}

static void
add_clip (JsonBuilder *json, const Clip *clip)
{
  json_builder_begin_object (json);
  add_count (json, "clip", clip->score.index);
  add_text (json, "name", clip->name);
  add_text (json, "stream-id", clip->stream_id);
  add_score (json, "jaccard", clip->score.jaccard);
  add_score (json, "pixel-accuracy", clip->score.pixel_accuracy);
  add_count (json, "frames", clip->score.frames);
  add_count (json, "start", clip->score.start);
  add_count (json, "end", clip->score.end);
  json_builder_set_member_name (json, "frame-scores");
  json_builder_begin_array (json);
  for (guint i = 0; i < clip->frames->len; i++) {
    const FrameScore *score = &g_array_index (clip->frames, FrameScore, i);

    json_builder_begin_object (json);
    add_count (json, "running-time", score->time);
    add_score (json, "jaccard", score->jaccard);
    json_builder_end_object (json);
  }
  json_builder_end_array (json);
  json_builder_end_object (json);
}

/* the names are those of the 49 classes; of other sets only numbers are known */
static void
add_class (JsonBuilder *json, const NfConfusion *total, guint id)
{
  NfClassCounts counts = nf_confusion_class_counts (total, id);

  json_builder_begin_object (json);
  add_count (json, "id", id);
  json_builder_set_member_name (json, "name");
  if (total->classes == NF_N_CLASSES) {
    json_builder_add_string_value (json, nf_class_name (id));
  } else {
    g_autofree gchar *name = g_strdup_printf ("class %u", id);
    json_builder_add_string_value (json, name);
  }
  add_score (json, "iou", nf_class_counts_iou (counts));
  add_score (json, "dice", nf_class_counts_dice (counts));
  add_count (json, "true-positives", counts.true_positives);
  add_count (json, "false-positives", counts.false_positives);
  add_count (json, "false-negatives", counts.false_negatives);
  json_builder_end_object (json);
}

gchar *
nf_scoreboard_to_json (const NfScoreboard *board, gboolean complete)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;
  NfScores scores = nf_scoreboard_get_scores (board);

  json_builder_begin_object (json);
  add_score (json, "jaccard", scores.jaccard);
  add_score (json, "dice", scores.dice);
  add_score (json, "pixel-accuracy", scores.pixel_accuracy);
  add_score (json, "mean-clip-jaccard", scores.mean_clip_jaccard);
  add_count (json, "frames", scores.frames);
  add_count (json, "unmatched-prediction", scores.unmatched_prediction);
  add_count (json, "unmatched-truth", scores.unmatched_truth);
  json_builder_set_member_name (json, "complete");
  json_builder_add_boolean_value (json, complete);
  json_builder_set_member_name (json, "clips");
  json_builder_begin_array (json);
  for (guint i = 0; i < board->clips->len; i++)
    add_clip (json, g_ptr_array_index (board->clips, i));
  json_builder_end_array (json);
  json_builder_set_member_name (json, "classes");
  json_builder_begin_array (json);
  for (guint id = 0; id < board->total->classes; id++)
    add_class (json, board->total, id);
  json_builder_end_array (json);
  json_builder_end_object (json);

  root = json_builder_get_root (json);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);

  return json_generator_to_data (generator, NULL);
}

gboolean
nf_scoreboard_write_report (const NfScoreboard *board, const gchar *path,
    gboolean complete, GError **error)
{
  g_autofree gchar *text = nf_scoreboard_to_json (board, complete);
  g_autofree gchar *line = g_strconcat (text, "\n", NULL);
  g_autoptr (GError) cause = NULL;

  if (g_file_set_contents_full (path, line, -1,
          G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0666,
          &cause))
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_IO, "cannot write the report: %s",
      cause->message);

  return FALSE;
}
