/* SPDX-License-Identifier: MIT
 *
 * drawing — frames after a clip's context, drawn as nfpredict draws them
 *
 * Sibling: gst/forecast/gstnfguide.c and gstnfdraw.c, which do the same for a
 * stream. */
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
 * @NF_EVAL_GUIDE_ITSELF: nothing is drawn: the guide frame of dynamics
 */
typedef enum
{
  NF_EVAL_GUIDE_AUTO,
  NF_EVAL_GUIDE_NONE,
  NF_EVAL_GUIDE_HOLD,
  NF_EVAL_GUIDE_ITSELF,
} NfEvalGuide;

typedef struct _NfEvalDrawing NfEvalDrawing;

NfEvalDrawing *nf_eval_drawing_load (
    const NfEvalOptions *options, NfDevice *device, GError **error);
void nf_eval_drawing_free (NfEvalDrawing *drawing);
gboolean nf_eval_drawing_load_segmenter (NfEvalDrawing *drawing,
    const NfEvalOptions *options, NfSegmenter *judged, const gchar *judged_path,
    GError **error);
const gchar *nf_eval_drawing_path (const NfEvalDrawing *drawing);
const gchar *nf_eval_drawing_segmenter_path (const NfEvalDrawing *drawing);
gboolean nf_eval_drawing_takes_guide (const NfEvalDrawing *drawing);
guint nf_eval_drawing_first (const NfEvalDrawing *drawing);
void nf_eval_drawing_size (const NfEvalDrawing *drawing, NfEvalGuide guide,
    gint clip_width, gint clip_height, gint *width, gint *height);
gboolean nf_eval_drawing_run (NfEvalDrawing *drawing, NfEvalGuide guide,
    guint64 stream, const guint8 *context, gint clip_width, gint clip_height,
    guint8 *drawn, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfEvalDrawing, nf_eval_drawing_free)

G_END_DECLS
