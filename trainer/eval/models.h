/* SPDX-License-Identifier: MIT
 *
 * models — the two networks that are judged, and how they run */
#pragma once

#include "eval/options.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define NF_EVAL_CONTEXT 11 /* frames of a clip that are given */
#define NF_EVAL_HORIZON 11 /* frames after them that are predicted */
#define NF_EVAL_FRAMES (NF_EVAL_CONTEXT + NF_EVAL_HORIZON)

/**
 * NfEvalNeeds: networks that something needs
 */
typedef enum
{
  NF_EVAL_NEEDS_NOTHING = 0,
  NF_EVAL_NEEDS_SEGMENTER = 1 << 0,
  NF_EVAL_NEEDS_PREDICTOR = 1 << 1,
} NfEvalNeeds;

typedef struct _NfEvalModels NfEvalModels;

NfEvalModels *nf_eval_models_load (
    const NfEvalOptions *options, NfEvalNeeds needs, GError **error);
void nf_eval_models_free (NfEvalModels *models);
void nf_eval_models_describe (const NfEvalModels *models, JsonObject *settings);

gboolean nf_eval_models_segment (NfEvalModels *models, const guint8 *frames,
    guint n, gint width, gint height, guint8 *masks, GError **error);

gboolean nf_eval_models_frames_vote (const NfEvalModels *models);

guint nf_eval_models_ensemble (const NfEvalModels *models);
void nf_eval_models_drawn_size (
    const NfEvalModels *models, gint *width, gint *height);
guint nf_eval_models_first_drawn (const NfEvalModels *models);
gboolean nf_eval_models_draw (NfEvalModels *models, guint64 stream,
    const guint8 *context, gint width, gint height, guint8 *drawn,
    GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfEvalModels, nf_eval_models_free)

G_END_DECLS
