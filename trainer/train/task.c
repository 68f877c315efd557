/* SPDX-License-Identifier: MIT
 *
 * task — what the training loop trains */
#include "train/task.h"
#include "data/trainclips.h"
#include <nextframe/core/threads/nfthreads.h>
#include <nextframe/io/nfcheckpoint.h>

/**
 * nf_task_init:
 * @task: the head of a task's own struct
 * @n_in: tensors that @load makes
 * @load: makes a batch
 * @loss: its loss
 * @free: frees that struct
 */
void
nf_task_init (NfTask *task, guint n_in, NfTaskLoad load, NfTaskLoss loss,
    void (*free) (NfTask *task))
{
  task->n_in = n_in;
  task->load = load;
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
  NfBadClips *bad_clips;

  if (!task)
    return;
  bad_clips = task->bad_clips; /* which threads of the task may still report */
  nf_graph_free (task->step);
  g_clear_pointer (&task->sums, g_ptr_array_unref);
  g_hash_table_unref (task->facts);
  g_free (task->data_id);
  task->free (task);
  nf_bad_clips_free (bad_clips);
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

/* Fills the parameters of the second network. */
static gboolean
copy_weights (NfParams *to, NfParams *from, GError **error)
{
  for (guint i = 0; i < nf_params_count (from); i++) {
    const NfParam *param = nf_params_index (from, i);

    if (!nf_tensor_copy (nf_params_index (to, i)->value,
            param->ema ? param->ema : param->value, error))
      return FALSE;
  }
  return TRUE;
}

/**
 * nf_task_begin_judging:
 * @task: a task whose network can be judged
 * @error: return location
 *
 * Makes the second network with the weights as they are, or their running mean.
 * It ends with the judge's @end, also where this fails.
 */
gboolean
nf_task_begin_judging (NfTask *task, GError **error)
{
  NfParams *params = task->judge->begin (task, error);

  return params && copy_weights (params, task->params, error);
}

/**
 * nf_task_judge_bytes:
 * @task: a task whose network can be judged
 * @part: of a sample
 *
 * Returns: bytes of that part of a sample that judges
 */
gsize
nf_task_judge_bytes (const NfTask *task, guint part)
{
  return task->judge_bytes[part] > 0 ? task->judge_bytes[part]
                                     : task->part_bytes[part];
}

/**
 * nf_task_read_loss:
 * @loss: a scalar
 * @value: (out): its number
 * @error: return location
 */
gboolean
nf_task_read_loss (const NfTensor *loss, gdouble *value, GError **error)
{
  GError *cause = NULL;

  *value = nf_tensor_scalar (loss, &cause);
  if (cause)
    g_propagate_error (error, cause);
  return cause == NULL;
}

/**
 * nf_task_open_data:
 * @task: notes the number of clips and the size
 * @config: settings; the size that the network sees is resolved
 * @masks: whether masks are needed
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the clips that the settings name
 */
NfClipSource *
nf_task_open_data (
    NfTask *task, NfTrainConfig *config, gboolean masks, GError **error)
{
  const NfConfigData *data = &config->data;
  g_autoptr (NfClipSource) source = NULL;
  gboolean own_size = data->image_size.v[0] == 0;
  gint width = 0, height = 0;

  if (g_str_equal (data->bad_clips, "skip"))
    task->bad_clips = nf_bad_clips_new ();
  source = nf_train_clips_open (config, masks, task->bad_clips, error);
  if (!source
      || (data->check
          && !nf_train_clips_check (
              source, nf_threads_get (), task->bad_clips, error))
      || (own_size
          && !nf_clip_source_common_size (source, &width, &height, error))
      || !nf_train_config_resolve_size (config, height, width, error))
    return NULL;
  if (nf_clip_source_n_clips (source) > 0)
    nf_task_add_fact (task, "clips", "%u", nf_clip_source_n_clips (source));
  else
    nf_task_add_fact (task, "clips", "endless");
  task->data_id = nf_train_clips_identity (config, source);
  nf_task_add_fact (task, "splits", "%s",
      nf_clip_source_is_folder (data->path) ? data->splits : data->path);
  nf_task_add_fact (task, NF_CHECKPOINT_HEIGHT, "%d", config->height);
  nf_task_add_fact (task, NF_CHECKPOINT_WIDTH, "%d", config->width);
  return g_steal_pointer (&source);
}

/**
 * nf_task_start_loader:
 * @task: what makes samples, and how large they are
 * @config: settings
 * @source: where clips come from, outliving the loader
 * @setup: how samples are made and how many an epoch has; the rest is filled in
 *   from the settings
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the loader of the run's batches
 */
NfLoader *
nf_task_start_loader (NfTask *task, const NfTrainConfig *config,
    NfClipSource *source, NfLoaderSetup *setup, GError **error)
{
  for (guint i = 0; i < NF_LOADER_PARTS; i++)
    setup->part_bytes[i] = task->part_bytes[i];
  setup->task = task;
  setup->seed = config->train.seed;
  setup->share = config->share;
  setup->batch_size = (guint) nf_train_config_part (config);
  setup->n_samples = (guint64) config->train.steps * config->train.accumulate
      * config->train.batch_size;
  setup->threads = nf_threads_get ();
  setup->bad_clips = task->bad_clips;
  task->epoch_samples = setup->n_items;
  if (setup->threads > 1)
    nf_threads_wait_asleep ();
  return nf_loader_new (source, setup, error);
}
