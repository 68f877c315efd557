/* SPDX-License-Identifier: MIT
 *
 * task — what the training loop trains
 *
 * A task has a network and its data, and makes the loss of any batch. Siblings:
 * segment.c, diffusion.c (the tasks), loop.c (what trains them). */
#pragma once

#include "core/nfparams.h"
#include "loader.h"

G_BEGIN_DECLS

typedef struct _NfTask NfTask;

/**
 * NfTaskLoss:
 * @task: a task
 * @first_sample: number of the batch's first training sample
 * @error: return location
 *
 * The mean loss of a batch of samples, from @first_sample on. It depends on the
 * seed, @first_sample and the parameters alone. Called while a tape records.
 *
 * Returns: (transfer full) (nullable): a scalar
 */
typedef NfTensor *(*NfTaskLoss) (
    NfTask *task, guint64 first_sample, GError **error);

/**
 * NfTask:
 * @arch: the network's name in checkpoints
 * @params: (transfer none): its parameters
 * @facts: (element-type utf8 utf8): what checkpoints note
 * @loss: the loss of a batch
 * @free: frees the task's own struct, which begins with this one
 */
struct _NfTask
{
  const gchar *arch;
  NfParams *params;
  GHashTable *facts;
  NfTaskLoss loss;
  void (*free) (NfTask *task);
};

void nf_task_init (NfTask *task, NfTaskLoss loss, void (*free) (NfTask *task));
void nf_task_free (NfTask *task);
void nf_task_add_fact (NfTask *task, const gchar *name, const gchar *format,
    ...) G_GNUC_PRINTF (3, 4);

NfClipSource *nf_task_open_data (
    NfTask *task, NfTrainConfig *config, gboolean masks, GError **error);
NfLoader *nf_task_start_loader (NfTask *task, const NfTrainConfig *config,
    NfClipSource *source, NfLoaderSetup *setup, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfTask, nf_task_free)

G_END_DECLS
