/* SPDX-License-Identifier: MIT
 *
 * models — the two networks that are judged, and how they run */
#pragma once

#include "eval/decision.h"
#include "eval/predictor.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * NfEvalNeeds: networks that something needs
 * @NF_EVAL_NEEDS_NOTHING: none
 * @NF_EVAL_NEEDS_SEGMENTER: a segmenter
 * @NF_EVAL_NEEDS_PREDICTOR: a predictor
 * @NF_EVAL_NEEDS_GUIDE: a segmenter for the predictor's guide, beside both
 */
typedef enum
{
  NF_EVAL_NEEDS_NOTHING = 0,
  NF_EVAL_NEEDS_SEGMENTER = 1 << 0,
  NF_EVAL_NEEDS_PREDICTOR = 1 << 1,
  NF_EVAL_NEEDS_GUIDE = 1 << 2,
} NfEvalNeeds;

typedef struct _NfEvalModels NfEvalModels;

NfEvalModels *nf_eval_models_load (const NfEvalNetworkOptions *options,
    NfEvalNeeds needs, gboolean chosen, GError **error);
void nf_eval_models_free (NfEvalModels *models);
void nf_eval_models_describe (const NfEvalModels *models, JsonObject *settings);

NfEvalSight *nf_eval_models_sight (const NfEvalModels *models);
gboolean nf_eval_models_look (const NfEvalModels *models, NfEvalSight *sight,
    const guint8 *frames, guint n, gint width, gint height, guint8 *masks,
    gdouble *saved, GError **error);
gboolean nf_eval_models_segment (NfEvalModels *models, guint64 expected,
    const guint8 *frames, guint n, gint width, gint height, guint8 *masks,
    GError **error);
gboolean nf_eval_models_segment_together (const NfEvalModels *models,
    guint64 expected, const guint8 *const *frames, guint n, gint width,
    gint height, guint8 *mask, GError **error);
gboolean nf_eval_models_guide_shares (
    const NfEvalModels *models, gint width, gint height);

guint nf_eval_models_ensemble (const NfEvalModels *models);
NfEvalPredictor *nf_eval_models_predictor (const NfEvalModels *models);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfEvalModels, nf_eval_models_free)

G_END_DECLS
