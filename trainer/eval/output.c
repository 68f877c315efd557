/* SPDX-License-Identifier: MIT
 *
 * output — what a row of the table made of a clip */
#include "eval/output.h"

#include <math.h>
#include <string.h>

/**
 * nf_eval_output_new:
 *
 * Returns: (transfer full): a place for what a row makes
 */
NfEvalOutput *
nf_eval_output_new (void)
{
  return g_new0 (NfEvalOutput, 1);
}

/**
 * nf_eval_output_free:
 * @output: (transfer full) (nullable): what a row made
 */
void
nf_eval_output_free (NfEvalOutput *output)
{
  if (!output)
    return;
  g_free (output->masks);
  g_free (output->frames);
  g_free (output);
}

/**
 * nf_eval_output_clear:
 * @output: forgets what it holds, and gets room for frames of the clip
 * @clip: an open clip
 * @error: return location: %NF_ERROR_NO_MEMORY
 */
gboolean
nf_eval_output_clear (
    NfEvalOutput *output, const NfEvalClip *clip, GError **error)
{
  gsize pixels = nf_eval_clip_pixels (clip);

  output->measured = FALSE;
  memset (output->has_mask, 0, sizeof output->has_mask);
  memset (output->has_frame, 0, sizeof output->has_frame);
  for (guint t = 0; t < NF_EVAL_FRAMES; t++)
    output->psnr[t] = output->ssim[t] = NAN;
  if (output->pixels == pixels)
    return TRUE;
  g_clear_pointer (&output->masks, g_free);
  g_clear_pointer (&output->frames, g_free);
  output->pixels = 0;
  output->masks = g_try_malloc_n (NF_EVAL_FRAMES, pixels);
  output->frames = g_try_malloc_n (3 * NF_EVAL_FRAMES, pixels);
  if (!output->masks || !output->frames) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "not enough memory for %d frames of %" G_GSIZE_FORMAT " pixels",
        NF_EVAL_FRAMES, pixels);
    return FALSE;
  }
  output->pixels = pixels;
  return TRUE;
}
