/* SPDX-License-Identifier: MIT
 *
 * loop — the one training loop
 *
 * A step: the task's loss on the next batch, its gradients, their norm, a limit
 * on it, the learning rate of the step, Adam or AdamW, the running mean of the
 * weights. Around it: the run's folder, checkpoints, validation, metrics,
 * progress, and interruption, which saves. */
#pragma once

#include "train/state.h"
#include "train/task.h"

#include <stdio.h>

G_BEGIN_DECLS

gdouble nf_loop_learning_rate (const NfConfigTrain *train, guint64 step);
gdouble nf_loop_ema_rate (const NfConfigTrain *train, guint64 step);
gboolean nf_loop_step (NfTask *task, const NfConfigTrain *train,
    NfTrainState *state, gdouble learning_rate, gdouble *norm, GError **error);
gboolean nf_loop_run (NfTask *task, const NfTrainConfig *config,
    const gchar *run, gboolean resume, const gchar *init, FILE *log,
    GError **error);

G_END_DECLS
