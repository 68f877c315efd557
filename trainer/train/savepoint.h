/* SPDX-License-Identifier: MIT
 *
 * savepoint — checkpoints of a run, each with the state to go on from it
 *
 * checkpoint-STEP.safetensors is what elements use, state-STEP.safetensors what
 * --resume needs beside it; a savepoint is the pair. The state is written first,
 * so a checkpoint has one; a state without a checkpoint is of no use, and gone
 * when the run goes on. */
#pragma once

#include <nextframe/io/nfsafetensors.h>
#include "train/state.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * NfSavepoints:
 * @run: the run's folder
 * @arch: which network
 * @config: (transfer none): its configuration
 * @facts: (element-type utf8 utf8): what the run notes in each checkpoint
 * @keep: savepoints to keep, the newest ones
 * @ema: whether checkpoints hold the running mean of the weights
 * @final_type: how final.safetensors and best.safetensors store the weights:
 *   f32 or bf16
 */
typedef struct
{
  const gchar *run;
  const gchar *arch;
  JsonObject *config;
  GHashTable *facts;
  guint keep;
  gboolean ema;
  NfSafetensorsDType final_type;
} NfSavepoints;

gboolean nf_savepoint_write (
    const NfSavepoints *points, const NfTrainState *state, GError **error);
gboolean nf_savepoint_write_final (
    const NfSavepoints *points, const NfTrainState *state, GError **error);
gboolean nf_savepoint_write_best (const NfSavepoints *points,
    const NfTrainState *state, const gchar *name, gdouble value,
    GError **error);
gboolean nf_savepoint_write_state (
    const NfSavepoints *points, const NfTrainState *state, GError **error);
gboolean nf_savepoint_clean (const NfSavepoints *points, GError **error);
gboolean nf_savepoint_read_newest (const NfSavepoints *points,
    NfTrainState *state, gchar **warnings, GError **error);

G_END_DECLS
