/* SPDX-License-Identifier: MIT
 *
 * predictor — frames after a clip's context, predicted as nfpredict does it
 *
 * Sibling: gst/predict/gstnfguide.c and gstnfsampling.c, which do the same for
 * a stream. */
#pragma once

#include "eval/options.h"
#include "nets/nfsegmenter.h"

G_BEGIN_DECLS

#define NF_EVAL_CONTEXT 11 /* frames of a clip that are given */
#define NF_EVAL_HORIZON 11 /* frames after them that are predicted */
#define NF_EVAL_FRAMES (NF_EVAL_CONTEXT + NF_EVAL_HORIZON)

/**
 * NfEvalGuide:
 * @NF_EVAL_GUIDE_AUTO: as nfpredict does by itself: dynamics where the network
 *   was trained with a guide, else none
 * @NF_EVAL_GUIDE_NONE: none
 * @NF_EVAL_GUIDE_HOLD: the newest frame
 * @NF_EVAL_GUIDE_ITSELF: nothing is predicted: the guide frame of dynamics
 */
typedef enum
{
  NF_EVAL_GUIDE_AUTO,
  NF_EVAL_GUIDE_NONE,
  NF_EVAL_GUIDE_HOLD,
  NF_EVAL_GUIDE_ITSELF,
} NfEvalGuide;

typedef struct _NfEvalPredictor NfEvalPredictor;

NfEvalPredictor *nf_eval_predictor_load (
    const NfEvalOptions *options, NfDevice *device, GError **error);
void nf_eval_predictor_free (NfEvalPredictor *predictor);
gboolean nf_eval_predictor_load_segmenter (NfEvalPredictor *predictor,
    const NfEvalOptions *options, NfSegmenter *judged, const gchar *judged_path,
    GError **error);
const gchar *nf_eval_predictor_path (const NfEvalPredictor *predictor);
const gchar *nf_eval_predictor_segmenter_path (
    const NfEvalPredictor *predictor);
gboolean nf_eval_predictor_takes_guide (const NfEvalPredictor *predictor);
guint nf_eval_predictor_first (const NfEvalPredictor *predictor);
void nf_eval_predictor_size (const NfEvalPredictor *predictor,
    NfEvalGuide guide, gint clip_width, gint clip_height, gint *width,
    gint *height);
gboolean nf_eval_predictor_run (NfEvalPredictor *predictor, NfEvalGuide guide,
    guint64 stream, const guint8 *context, gint clip_width, gint clip_height,
    guint8 *predicted, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfEvalPredictor, nf_eval_predictor_free)

G_END_DECLS
