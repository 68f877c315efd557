/* SPDX-License-Identifier: MIT
 *
 * output — what a row of the table made of a clip */
#pragma once

#include "eval/clip.h"

G_BEGIN_DECLS

/**
 * NfEvalOutput:
 * @masks: (NF_EVAL_FRAMES, height, width), classes
 * @frames: (NF_EVAL_FRAMES, height, width, 3)
 * @has_mask: which masks the row made
 * @has_frame: which frames
 * @psnr: of the frames, decibels; NaN where there is none
 * @ssim: likewise
 * @measured: whether the row has filled @psnr and @ssim itself
 * @seconds: what the row takes alone
 *
 * What a row made of a clip.
 */
typedef struct
{
  guint8 *masks;
  guint8 *frames;
  gboolean has_mask[NF_EVAL_FRAMES];
  gboolean has_frame[NF_EVAL_FRAMES];
  gdouble psnr[NF_EVAL_FRAMES];
  gdouble ssim[NF_EVAL_FRAMES];
  gboolean measured;
  gdouble seconds;

  /*< private >*/
  gsize pixels; /* that there is room for */
} NfEvalOutput;

NfEvalOutput *nf_eval_output_new (void);
void nf_eval_output_free (NfEvalOutput *output);
gboolean nf_eval_output_clear (
    NfEvalOutput *output, const NfEvalClip *clip, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfEvalOutput, nf_eval_output_free)

G_END_DECLS
