/* SPDX-License-Identifier: MIT
 *
 * nfqualityboard — how near predicted pictures of many clips are to the true ones */
#include <nextframe/metrics/nfqualityboard.h>
#include <nextframe/metrics/nfimage.h>

#include "metrics/nfreport.h"

#include <math.h>

/* of some frames */
typedef struct
{
  guint64 frames, values, squared_error;
  gdouble psnr, ssim; /* sums of the frames' */
} Sums;

typedef struct
{
  guint64 time;
  gdouble psnr, ssim;
} FrameScore;

typedef struct
{
  NfQualityClip score;
  Sums sums;
  gchar *name;
  gchar *stream_id;
  GArray *frames; /* FrameScore */
} Clip;

struct _NfQualityBoard
{
  gboolean keep_clips;
  guint horizon; /* steps of the curve */
  Sums frame, total;
  GArray *steps; /* Sums, of those that were scored */
  Clip *current; /* (nullable): the clip that has not ended */
  GPtrArray *clips; /* Clip, ended: all that are kept, or the last one */
  guint ended; /* clips, kept or not */
  guint64 unmatched_prediction, unmatched_truth;
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

NfQualityBoard *
nf_quality_board_new (gboolean keep_clips, guint horizon)
{
  NfQualityBoard *board = g_new0 (NfQualityBoard, 1);

  board->keep_clips = keep_clips;
  board->horizon = MIN (horizon, NF_QUALITY_BOARD_MAX_HORIZON);
  board->steps = g_array_new (FALSE, TRUE, sizeof (Sums));
  board->clips = g_ptr_array_new_with_free_func ((GDestroyNotify) clip_free);

  return board;
}

void
nf_quality_board_free (NfQualityBoard *board)
{
  if (board == NULL)
    return;
  g_array_unref (board->steps);
  clip_free (board->current);
  g_ptr_array_unref (board->clips);
  g_free (board);
}

static void
add_sums (Sums *to, const Sums *frame)
{
  to->frames += frame->frames;
  to->values += frame->values;
  to->squared_error += frame->squared_error;
  to->psnr += frame->psnr;
  to->ssim += frame->ssim;
}

static NfQuality
quality_of (const Sums *sums)
{
  const gdouble n = sums->frames > 0 ? (gdouble) sums->frames : NAN;

  return (NfQuality){ .frames = sums->frames,
    .values = sums->values,
    .squared_error = sums->squared_error,
    .psnr = sums->frames > 0
        ? nf_image_psnr_of_error (sums->squared_error, sums->values)
        : NAN,
    .mean_psnr = sums->psnr / n,
    .ssim = sums->ssim / n };
}

static void
add_to_step (NfQualityBoard *board, guint number)
{
  if (number >= board->horizon)
    return;
  if (number >= board->steps->len)
    g_array_set_size (board->steps, number + 1);
  add_sums (&g_array_index (board->steps, Sums, number), &board->frame);
}

static Clip *
clip_new (guint index, guint64 time)
{
  Clip *clip = g_new0 (Clip, 1);

  clip->frames = g_array_new (FALSE, FALSE, sizeof (FrameScore));
  clip->score.index = index;
  clip->score.start = time;

  return clip;
}

gboolean
nf_quality_board_add_frame (NfQualityBoard *board, const guint8 *truth,
    const guint8 *prediction, guint width, guint height, guint64 time,
    GError **error)
{
  const gsize values = (gsize) 3 * width * height;
  Sums frame = { .frames = 1, .values = values };
  Clip *clip;

  if (!nf_image_ssim (truth, prediction, width, height, &frame.ssim, error))
    return FALSE;
  frame.squared_error = nf_image_squared_error (truth, prediction, values);
  frame.psnr = nf_image_psnr_of_error (frame.squared_error, values);
  if (board->current == NULL)
    board->current = clip_new (board->ended, time);
  clip = board->current;
  board->frame = frame;
  add_to_step (board, (guint) MIN (clip->sums.frames, G_MAXUINT));
  add_sums (&clip->sums, &frame);
  add_sums (&board->total, &frame);
  clip->score.end = time;
  if (board->keep_clips) {
    FrameScore score = { time, frame.psnr, frame.ssim };
    g_array_append_val (clip->frames, score);
  }

  return TRUE;
}

void
nf_quality_board_add_unmatched (
    NfQualityBoard *board, guint predictions, guint truths)
{
  board->unmatched_prediction += predictions;
  board->unmatched_truth += truths;
}

void
nf_quality_board_name_clip (NfQualityBoard *board, const gchar *name)
{
  g_return_if_fail (board->current != NULL && board->current->name == NULL);

  board->current->name = g_strdup (name);
  board->current->score.name = board->current->name;
}

const NfQualityClip *
nf_quality_board_end_clip (NfQualityBoard *board, const gchar *stream_id)
{
  Clip *clip = g_steal_pointer (&board->current);

  if (clip == NULL)
    return NULL;
  clip->stream_id = g_strdup (stream_id);
  clip->score.stream_id = clip->stream_id;
  clip->score.quality = quality_of (&clip->sums);
  if (!board->keep_clips)
    g_ptr_array_set_size (board->clips, 0);
  g_ptr_array_add (board->clips, clip);
  board->ended++;

  return &clip->score;
}

const NfQualityClip *
nf_quality_board_get_clip (const NfQualityBoard *board)
{
  return board->current != NULL ? &board->current->score : NULL;
}

NfQuality
nf_quality_board_get_frame (const NfQualityBoard *board)
{
  return quality_of (&board->frame);
}

NfQuality
nf_quality_board_get_total (const NfQualityBoard *board)
{
  return quality_of (&board->total);
}

guint
nf_quality_board_get_clips (const NfQualityBoard *board)
{
  return board->ended + (board->current != NULL);
}

void
nf_quality_board_get_unmatched (
    const NfQualityBoard *board, guint64 *predictions, guint64 *truths)
{
  *predictions = board->unmatched_prediction;
  *truths = board->unmatched_truth;
}

guint
nf_quality_board_get_horizon (const NfQualityBoard *board)
{
  return board->steps->len;
}

NfQuality
nf_quality_board_get_step (const NfQualityBoard *board, guint step)
{
  static const Sums none;

  g_return_val_if_fail (step < board->steps->len, quality_of (&none));

  return quality_of (&g_array_index (board->steps, Sums, step));
}

static void
add_quality (JsonBuilder *json, NfQuality quality)
{
  nf_report_add_score (json, "psnr", quality.psnr);
  nf_report_add_score (json, "mean-psnr", quality.mean_psnr);
  nf_report_add_score (json, "ssim", quality.ssim);
  nf_report_add_count (json, "frames", quality.frames);
  nf_report_add_count (json, "values", quality.values);
  nf_report_add_count (json, "squared-error", quality.squared_error);
}

static void
add_clip (JsonBuilder *json, const Clip *clip)
{
  json_builder_begin_object (json);
  nf_report_add_count (json, "clip", clip->score.index);
  nf_report_add_text (json, "name", clip->name);
  nf_report_add_text (json, "stream-id", clip->stream_id);
  add_quality (json, clip->score.quality);
  nf_report_add_count (json, "start", clip->score.start);
  nf_report_add_count (json, "end", clip->score.end);
  nf_report_begin_array (json, "frame-scores");
  for (guint i = 0; i < clip->frames->len; i++) {
    const FrameScore *score = &g_array_index (clip->frames, FrameScore, i);

    json_builder_begin_object (json);
    nf_report_add_count (json, "running-time", score->time);
    nf_report_add_score (json, "psnr", score->psnr);
    nf_report_add_score (json, "ssim", score->ssim);
    json_builder_end_object (json);
  }
  json_builder_end_array (json);
  json_builder_end_object (json);
}

gchar *
nf_quality_board_to_json (const NfQualityBoard *board, gboolean complete)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();

  json_builder_begin_object (json);
  add_quality (json, nf_quality_board_get_total (board));
  nf_report_add_count (
      json, "unmatched-prediction", board->unmatched_prediction);
  nf_report_add_count (json, "unmatched-truth", board->unmatched_truth);
  json_builder_set_member_name (json, "complete");
  json_builder_add_boolean_value (json, complete);
  nf_report_begin_array (json, "clips");
  for (guint i = 0; board->keep_clips && i < board->clips->len; i++)
    add_clip (json, g_ptr_array_index (board->clips, i));
  json_builder_end_array (json);
  nf_report_begin_array (json, "horizon");
  for (guint i = 0; i < board->steps->len; i++) {
    json_builder_begin_object (json);
    nf_report_add_count (json, "frame", i + 1);
    add_quality (json, nf_quality_board_get_step (board, i));
    json_builder_end_object (json);
  }
  json_builder_end_array (json);
  json_builder_end_object (json);

  return nf_report_to_text (json);
}

gboolean
nf_quality_board_write_report (const NfQualityBoard *board, const gchar *path,
    gboolean complete, GError **error)
{
  g_autofree gchar *text = nf_quality_board_to_json (board, complete);

  return nf_report_write (text, path, error);
}
