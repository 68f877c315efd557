/* SPDX-License-Identifier: MIT
 *
 * measure — how near what a row made of a clip is to the truth */
#include "eval/measure.h"
#include <nextframe/metrics/nfclasses.h>
#include <nextframe/metrics/nfimage.h>

/**
 * nf_eval_measure_frames:
 * @clip: an open clip
 * @output: (inout): gets PSNR and SSIM of the frames that it has
 * @error: return location
 *
 * Equal frames, whose PSNR is infinite, count as %NF_EVAL_MAX_PSNR, so that
 * there is a mean. Frames smaller than SSIM's window have none.
 */
gboolean
nf_eval_measure_frames (
    const NfEvalClip *clip, NfEvalOutput *output, GError **error)
{
  gsize bytes = 3 * nf_eval_clip_pixels (clip);
  gboolean large = MIN (clip->width, clip->height) >= NF_IMAGE_SSIM_WINDOW;

  for (guint t = 0; t < NF_EVAL_FRAMES; t++) {
    const guint8 *truth = clip->frames + bytes * t;
    const guint8 *frame = output->frames + bytes * t;

    if (!output->has_frame[t])
      continue;
    output->psnr[t] =
        MIN (nf_image_psnr (truth, frame, bytes), NF_EVAL_MAX_PSNR);
    if (large
        && !nf_image_ssim (
            truth, frame, clip->width, clip->height, &output->ssim[t], error))
      return FALSE;
  }
  return TRUE;
}

/**
 * nf_eval_measure_mask:
 * @clip: an open clip
 * @output: with a mask of frame @t
 * @t: a frame, from 0
 * @confusion: (inout): gets its pixels
 */
void
nf_eval_measure_mask (const NfEvalClip *clip, const NfEvalOutput *output,
    guint t, NfConfusion *confusion)
{
  gsize at = nf_eval_clip_pixels (clip) * t;
  NfMask truth = { clip->truth + at, clip->width };
  NfMask mask = { output->masks + at, clip->width };

  nf_confusion_add (confusion, truth, mask, clip->width, clip->height);
}

/**
 * nf_eval_measure_jaccard:
 * @clip: an open clip
 * @output: with a mask of frame @t
 * @t: a frame, from 0
 *
 * Returns: the Jaccard index of that mask alone
 */
gdouble
nf_eval_measure_jaccard (
    const NfEvalClip *clip, const NfEvalOutput *output, guint t)
{
  g_autoptr (NfConfusion) confusion = nf_confusion_new (NF_N_CLASSES);

  nf_eval_measure_mask (clip, output, t, confusion);
  return nf_confusion_jaccard (confusion);
}
