/* SPDX-License-Identifier: MIT
 *
 * state — what a training run needs beside the weights to go on
 *
 * The optimiser's moments, and the raw weights where the checkpoint holds
 * their running mean. All random numbers and the order of the data are
 * functions of the seed and the step, so the step is all that is kept of them.
 * The file is safetensors: m.NAME, v.NAME and weight.NAME for each parameter.
 * Sibling: savepoint.c, which pairs it with its checkpoint. */
#pragma once

#include "parallel/parallel.h"
#include <nextframe/core/params/nfparams.h>

G_BEGIN_DECLS

/**
 * NfTrainState:
 * @params: the network's parameters
 * @m: (element-type NfTensor): first moments, in the parameters' order; NULL
 *   for those that are not trained
 * @v: (element-type NfTensor): second moments, likewise
 * @held: (element-type NfTensor): copies of what a forward pass changes, of the
 *   parameters that are not trained; NULL for the others
 * @sound: whether the parameters are those after @step steps, and worth going
 *   on from
 * @data: (nullable): what identifies the clips that are trained on from others
 * @step: steps done
 * @loss: of the last step
 * @validated: step of the last validation; 0: none yet
 * @best_step: step of the best validation; 0: none yet
 * @best: what that one found, see validate.h
 */
typedef struct
{
  NfParams *params;
  GPtrArray *m, *v;
  GPtrArray *held;
  gboolean sound;
  gchar *data;
  guint64 step;
  gdouble loss;
  guint64 validated;
  guint64 best_step;
  gdouble best;
} NfTrainState;

NfTrainState *nf_train_state_new (NfParams *params, GError **error);
void nf_train_state_free (NfTrainState *state);
gboolean nf_train_state_hold (NfTrainState *state, GError **error);
gboolean nf_train_state_go_back (NfTrainState *state, GError **error);
gboolean nf_train_state_tell (
    NfTrainState *state, NfParallel *parallel, GError **error);
gboolean nf_train_state_save (
    const NfTrainState *state, const gchar *path, GError **error);
gboolean nf_train_state_load (
    NfTrainState *state, const gchar *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfTrainState, nf_train_state_free)

G_END_DECLS
