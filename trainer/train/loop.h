/* SPDX-License-Identifier: MIT
 *
 * loop — the one training loop
 *
 * A step: the task's loss on the next batch, its gradients, their norm, a limit
 * on it, the learning rate of the step, Adam or AdamW, the running mean of the
 * weights. Around it: the run's folder, which is the run's alone, checkpoints,
 * validation, metrics and progress. Whatever ends a run before its time, an
 * interruption or an error, it is saved first, so that it can go on; a training
 * that diverged is not, for nothing is gained by going on from there. */
#pragma once

#include "train/state.h"
#include "train/task.h"

#include <stdio.h>

G_BEGIN_DECLS

/**
 * NfLoopSetup:
 * @run: the run's folder
 * @resume: whether to go on from the newest savepoint there
 * @other_data: whether a resumed run may go on with other clips than those that
 *   it began with
 * @init: (nullable): weights to begin with, see nf_warm_start()
 * @parallel: (nullable): the job of several processes; the first one alone
 *   writes files
 * @log: where progress goes
 */
typedef struct
{
  const gchar *run;
  gboolean resume;
  gboolean other_data;
  const gchar *init;
  NfParallel *parallel;
  FILE *log;
} NfLoopSetup;

gdouble nf_loop_learning_rate (const NfConfigTrain *train, guint64 step);
gdouble nf_loop_ema_rate (const NfConfigTrain *train, guint64 step);
gboolean nf_loop_step (NfTask *task, const NfConfigTrain *train,
    NfTrainState *state, gdouble learning_rate, gdouble *norm, GError **error);
gboolean nf_loop_run (NfTask *task, const NfTrainConfig *config,
    const NfLoopSetup *setup, GError **error);

G_END_DECLS
