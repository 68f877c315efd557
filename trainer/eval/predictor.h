/* SPDX-License-Identifier: MIT
 *
 * predictor — frames after a clip's context, predicted as nfpredict does it
 *
 * Sibling: gst/predict/gstnfguide.c and gstnfsampling.c, which do the same for
 * a stream. */
#pragma once

#include "eval/networkoptions.h"
#include <nextframe/nets/nfsegmenter.h>

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
 * @NF_EVAL_GUIDE_TRUE: what the true masks of the future show
 * @NF_EVAL_GUIDE_WRONG: dynamics of the mirrored masks of the context
 * @NF_EVAL_GUIDE_BLANK: dynamics of empty masks: nothing will move
 */
typedef enum
{
  NF_EVAL_GUIDE_AUTO,
  NF_EVAL_GUIDE_NONE,
  NF_EVAL_GUIDE_HOLD,
  NF_EVAL_GUIDE_ITSELF,
  NF_EVAL_GUIDE_TRUE,
  NF_EVAL_GUIDE_WRONG,
  NF_EVAL_GUIDE_BLANK,
} NfEvalGuide;

/**
 * NfEvalRequest:
 * @guide: what guides the prediction
 * @stream: of the noise: number of the clip, or of the draw
 * @draw: of an ensemble, from 0 on: which future the guide shows
 * @width: columns of the clip's frames
 * @height: rows
 * @frames: (NF_EVAL_CONTEXT, height, width, 3): the given frames
 * @truth: (NF_EVAL_FRAMES, height, width): true masks
 * @masks: those of nf_eval_predictor_masks(), where the guide needs them
 */
typedef struct
{
  NfEvalGuide guide;
  guint64 stream;
  guint draw;
  gint width, height;
  const guint8 *frames;
  const guint8 *truth;
  const guint8 *masks;
} NfEvalRequest;

typedef struct _NfEvalPredictor NfEvalPredictor;

NfEvalPredictor *nf_eval_predictor_load (
    const NfEvalNetworkOptions *options, NfDevice *device, GError **error);
void nf_eval_predictor_free (NfEvalPredictor *predictor);
gboolean nf_eval_predictor_load_segmenter (NfEvalPredictor *predictor,
    const NfEvalNetworkOptions *options, NfSegmenter *judged,
    const gchar *judged_path, GError **error);
const gchar *nf_eval_predictor_path (const NfEvalPredictor *predictor);
const NfPrediction *nf_eval_predictor_how (const NfEvalPredictor *predictor);
const gchar *nf_eval_predictor_segmenter_path (
    const NfEvalPredictor *predictor);
guint nf_eval_predictor_classes (const NfEvalPredictor *predictor);
gboolean nf_eval_predictor_takes_guide (const NfEvalPredictor *predictor);
guint nf_eval_predictor_first (const NfEvalPredictor *predictor);
void nf_eval_predictor_size (const NfEvalPredictor *predictor,
    NfEvalGuide guide, gint clip_width, gint clip_height, gint *width,
    gint *height);
gboolean nf_eval_predictor_needs_masks (
    const NfEvalPredictor *predictor, NfEvalGuide guide);
gboolean nf_eval_predictor_takes_frames (const NfEvalPredictor *predictor,
    const gchar *segmenter, gint width, gint height);
guint8 *nf_eval_predictor_masks (NfEvalPredictor *predictor,
    const guint8 *frames, gint width, gint height, GError **error);
gboolean nf_eval_predictor_run (NfEvalPredictor *predictor,
    const NfEvalRequest *request, guint8 *predicted, guint64 *classes,
    GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfEvalPredictor, nf_eval_predictor_free)

G_END_DECLS
