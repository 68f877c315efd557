/* SPDX-License-Identifier: MIT
 *
 * validate — judges a run by clips that it is not trained on
 *
 * Every so many steps, and after the last one, the weights, or their running
 * mean where one is kept, are copied into a second network that runs as in the
 * elements, over the clips of val/; of scenes, over clips of a seed that no
 * training has. What is random there is a function of a seed of its own and the
 * clip's number: the same weights have the same score, and the run has the same
 * bits with and without it.
 * Siblings: loop.c, which asks for it; segment.c, diffusion.c (NfTaskJudge) */
#pragma once

#include "train/report.h"
#include "train/savepoint.h"
#include "train/task.h"

G_BEGIN_DECLS

typedef struct _NfValidation NfValidation;

NfValidation *nf_validation_new (
    NfTask *task, const NfTrainConfig *config, GError **error);
void nf_validation_free (NfValidation *validation);
gchar *nf_validation_note (const NfValidation *validation);
gboolean nf_validation_due (
    const NfValidation *validation, const NfTrainState *state);
gboolean nf_validation_exhausted (
    const NfValidation *validation, const NfTrainState *state);
gboolean nf_validation_run (NfValidation *validation,
    const NfSavepoints *points, NfTrainState *state, NfMetrics *metrics,
    NfProgress *progress, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfValidation, nf_validation_free)

G_END_DECLS
