/* SPDX-License-Identifier: MIT
 *
 * measure — how near what a row made of a clip is to the truth */
#pragma once

#include "eval/output.h"
#include <nextframe/metrics/nfconfusion.h>

G_BEGIN_DECLS

#define NF_EVAL_MAX_PSNR 100.0 /* decibels: that of equal frames */

gboolean nf_eval_measure_frames (
    const NfEvalClip *clip, NfEvalOutput *output, GError **error);
void nf_eval_measure_mask (const NfEvalClip *clip, const NfEvalOutput *output,
    guint t, NfConfusion *confusion);
gdouble nf_eval_measure_jaccard (
    const NfEvalClip *clip, const NfEvalOutput *output, guint t);

G_END_DECLS
