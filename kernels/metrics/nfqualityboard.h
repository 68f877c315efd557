/* SPDX-License-Identifier: MIT
 *
 * nfqualityboard — how near predicted pictures of many clips are to the true ones
 *
 * Of each frame PSNR and SSIM (nfimage); of a clip, of a step of the horizon and
 * of everything:
 *
 *   psnr       of the mean squared error of all their values; infinite where all
 *              pictures are equal
 *   mean-psnr  mean of the frames' PSNR, which papers give; infinite where one
 *              frame is equal
 *   ssim       mean of the frames' SSIM
 *
 * The report is an object with these members (a score that does not exist or is
 * infinite is null; times are nanoseconds of running time):
 *
 *   psnr, mean-psnr, ssim            of everything
 *   frames                           pairs that were scored
 *   values                           of their pictures: three a pixel
 *   squared-error                    sum of the squared differences of these
 *   unmatched-prediction, unmatched-truth   frames that found no partner
 *   complete                         false when stopped before the end
 *   clips    [{ clip, name, stream-id, psnr, mean-psnr, ssim, frames, values,
 *               squared-error, start, end,
 *               frame-scores: [{ running-time, psnr, ssim }] }]
 *   horizon  [{ frame, psnr, mean-psnr, ssim, frames, values, squared-error }]:
 *               over the frame-th frames of all clips
 *
 * See: nfscoreboard, which is the same for masks. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

/** NF_QUALITY_BOARD_MAX_HORIZON: frames of a clip that the curve has at most */
#define NF_QUALITY_BOARD_MAX_HORIZON 1024

typedef struct _NfQualityBoard NfQualityBoard;

/**
 * NfQuality:
 * @frames: pairs of pictures scored
 * @values: of all their pixels, three each
 * @squared_error: sum of the squared differences of these
 * @psnr: of the mean squared error, decibels; this and the next ones NaN when
 *   @frames is 0
 * @mean_psnr: mean of the frames' PSNR
 * @ssim: mean of the frames' SSIM
 *
 * How near some pictures are to the true ones.
 */
typedef struct
{
  guint64 frames;
  guint64 values;
  guint64 squared_error;
  gdouble psnr;
  gdouble mean_psnr;
  gdouble ssim;
} NfQuality;

/**
 * NfQualityClip:
 * @index: number of the clip, from 0
 * @name: (nullable): as nf_quality_board_name_clip() set it
 * @stream_id: (nullable): of the stream that it is from
 * @quality: of its frames
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
  NfQuality quality;
  guint64 start;
  guint64 end;
} NfQualityClip;

/**
 * nf_quality_board_new:
 * @keep_clips: whether to remember the scores of every clip and of its frames for
 *   the report, whose list of clips is empty otherwise; memory grows with them
 * @horizon: how many frames of a clip the curve has, at most
 *   %NF_QUALITY_BOARD_MAX_HORIZON; 0: no curve
 *
 * Returns: (transfer full): a board without frames
 */
NF_API NfQualityBoard *nf_quality_board_new (
    gboolean keep_clips, guint horizon);

/**
 * nf_quality_board_free:
 * @board: (nullable) (transfer full): a board
 */
NF_API void nf_quality_board_free (NfQualityBoard *board);

/**
 * nf_quality_board_add_frame:
 * @board: the board
 * @truth: (height, width, 3), red, green, blue, rows without padding
 * @prediction: another such picture
 * @width: columns
 * @height: rows
 * @time: of the frame, ns
 * @error: return location, as of nf_image_ssim()
 *
 * Scores a pair of pictures, as a frame of the current clip. The first frame
 * after the end of a clip begins the next one.
 *
 * Returns: FALSE with @error set, and nothing scored
 */
NF_API gboolean nf_quality_board_add_frame (NfQualityBoard *board,
    const guint8 *truth, const guint8 *prediction, guint width, guint height,
    guint64 time, GError **error);

/**
 * nf_quality_board_add_unmatched:
 * @board: the board
 * @predictions: how many predictions had no truth
 * @truths: how many truths had no prediction
 */
NF_API void nf_quality_board_add_unmatched (
    NfQualityBoard *board, guint predictions, guint truths);

/**
 * nf_quality_board_name_clip:
 * @board: the board, with frames of a clip that has not ended
 * @name: what the report calls the clip
 */
NF_API void nf_quality_board_name_clip (
    NfQualityBoard *board, const gchar *name);

/**
 * nf_quality_board_end_clip:
 * @board: the board
 * @stream_id: (nullable): of the stream that the clip is from
 *
 * Ends the current clip. The next frame begins another one.
 *
 * Returns: (nullable) (transfer none): its scores, valid until the next clip ends,
 *   or NULL when no frame was scored since the last clip ended
 */
NF_API const NfQualityClip *nf_quality_board_end_clip (
    NfQualityBoard *board, const gchar *stream_id);

/**
 * nf_quality_board_get_clip:
 * @board: the board
 *
 * Returns: (nullable) (transfer none): the clip that has not ended, with its
 *   number and name, valid until the next frame
 */
NF_API const NfQualityClip *nf_quality_board_get_clip (
    const NfQualityBoard *board);

/**
 * nf_quality_board_get_frame:
 * @board: the board
 *
 * Returns: the quality of the latest frame
 */
NF_API NfQuality nf_quality_board_get_frame (const NfQualityBoard *board);

/**
 * nf_quality_board_get_total:
 * @board: the board
 *
 * Returns: the quality of all frames so far
 */
NF_API NfQuality nf_quality_board_get_total (const NfQualityBoard *board);

/**
 * nf_quality_board_get_clips:
 * @board: the board
 *
 * Returns: how many clips have frames, one that has not ended among them
 */
NF_API guint nf_quality_board_get_clips (const NfQualityBoard *board);

/**
 * nf_quality_board_get_unmatched:
 * @board: the board
 * @predictions: (out): how many predictions had no truth
 * @truths: (out): how many truths had no prediction
 */
NF_API void nf_quality_board_get_unmatched (
    const NfQualityBoard *board, guint64 *predictions, guint64 *truths);

/**
 * nf_quality_board_get_horizon:
 * @board: the board
 *
 * Returns: how many steps the curve has so far
 */
NF_API guint nf_quality_board_get_horizon (const NfQualityBoard *board);

/**
 * nf_quality_board_get_step:
 * @board: the board
 * @step: from 0, below nf_quality_board_get_horizon()
 *
 * Returns: the quality of the frames of this step of all clips
 */
NF_API NfQuality nf_quality_board_get_step (
    const NfQualityBoard *board, guint step);

/**
 * nf_quality_board_to_json:
 * @board: the board
 * @complete: whether all frames were scored; FALSE when stopped early
 *
 * A clip that has not ended is counted in the totals, but not listed; without
 * @keep_clips of nf_quality_board_new() no clip is listed.
 *
 * Returns: (transfer full): the report, see the head of nfqualityboard.h
 */
NF_API gchar *nf_quality_board_to_json (
    const NfQualityBoard *board, gboolean complete);

/**
 * nf_quality_board_write_report:
 * @board: the board
 * @path: the file
 * @complete: as in nf_quality_board_to_json()
 * @error: return location: %NF_ERROR_IO
 *
 * The file is replaced as a whole.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_quality_board_write_report (const NfQualityBoard *board,
    const gchar *path, gboolean complete, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfQualityBoard, nf_quality_board_free)

G_END_DECLS
