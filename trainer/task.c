/* SPDX-License-Identifier: MIT
 *
 * task — what the training loop trains */
#include "task.h"

/**
 * nf_task_init:
 * @task: the head of a task's own struct
 * @loss: the loss of a batch
 * @free: frees that struct
 */
void
nf_task_init (NfTask *task, NfTaskLoss loss, void (*free) (NfTask *task))
{
  task->facts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  task->loss = loss;
  task->free = free;
}

/**
 * nf_task_free:
 * @task: (transfer full) (nullable): a task
 */
void
nf_task_free (NfTask *task)
{
  if (!task)
    return;
  g_hash_table_unref (task->facts);
  task->free (task);
}

/**
 * nf_task_add_fact:
 * @task: a task
 * @name: of the fact; an earlier one of this name is replaced
 * @format: printf() format of the text
 * @...: its arguments
 */
void
nf_task_add_fact (NfTask *task, const gchar *name, const gchar *format, ...)
{
  va_list args;

  va_start (args, format);
  g_hash_table_insert (
      task->facts, g_strdup (name), g_strdup_vprintf (format, args));
  va_end (args);
}

/**
 * nf_task_open_data:
 * @task: notes the number of clips
 * @config: settings; the size that the network sees is resolved
 * @masks: whether masks are needed
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the data set that the settings name
 */
NfDataset *
nf_task_open_data (
    NfTask *task, NfTrainConfig *config, gboolean masks, GError **error)
{
  NfDatasetOptions options = { config->data.splits, masks,
    config->segment.classes, config->data.max_clips,
    (gsize) config->data.cache << 20 };
  g_autoptr (NfDataset) dataset =
      nf_dataset_open (config->data.path, &options, error);
  gboolean own_size = config->data.image_size.v[0] == 0;
  gint width = 0, height = 0;

  if (!dataset
      || (own_size && !nf_dataset_common_size (dataset, &width, &height, error))
      || !nf_train_config_resolve_size (config, height, width, error))
    return NULL;
  nf_task_add_fact (task, "clips", "%u", nf_dataset_n_clips (dataset));
  nf_task_add_fact (task, "splits", "%s", config->data.splits);
  return g_steal_pointer (&dataset);
}

/**
 * nf_task_alloc:
 * @bytes: how many
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): memory for a batch
 */
gpointer
nf_task_alloc (gsize bytes, GError **error)
{
  gpointer data = g_try_malloc (bytes);

  if (!data)
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "a batch needs %" G_GSIZE_FORMAT " MiB that are not there; lower "
        "train.batch-size",
        bytes >> 20);
  return data;
}
