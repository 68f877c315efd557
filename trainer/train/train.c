/* SPDX-License-Identifier: MIT
 *
 * train — the subcommands that train: `segment` and `diffusion` */
#include "train/train.h"
#include "clips/nfclipsource.h"
#include "config/options.h"
#include "parallel/parallel.h"
#include <nextframe/core/threads/nfthreads.h>
#include "train/diffusion.h"
#include "train/loop.h"
#include "train/plan.h"
#include "train/report.h"
#include "train/segment.h"

#include <gst/gst.h>

static NfTask *
new_task (
    NfTrainKind kind, NfDevice *device, NfTrainConfig *config, GError **error)
{
  return kind == NF_TRAIN_SEGMENT
      ? nf_segment_task_new (device, config, error)
      : nf_diffusion_task_new (device, config, error);
}

static void
announce (const NfTask *task, const NfTrainConfig *config,
    const NfDevice *device, const NfParallel *parallel)
{
  gboolean splits = nf_clip_source_is_folder (config->data.path);

  g_printerr ("%s: %s, %" G_GUINT64_FORMAT " parameters, frames of %dx%d\n",
      nf_train_kind_name (config->kind), task->arch,
      nf_params_elements (task->params, TRUE), config->width, config->height);
  g_printerr ("data: %s, %s clips%s%s; device: %s\n", config->data.path,
      (const gchar *) g_hash_table_lookup (task->facts, "clips"),
      splits ? " of " : "", splits ? config->data.splits : "", device->name);
  if (nf_parallel_ranks (parallel) > 1)
    g_printerr ("processes: %u, each with %" G_GINT64_FORMAT
                " samples of a batch\n",
        nf_parallel_ranks (parallel), nf_train_config_part (config));
}

static gboolean
print_plan (
    NfTask *task, const NfTrainConfig *config, NfDevice *device, GError **error)
{
  g_autofree gchar *text = nf_plan_describe (task, config, device, error);

  if (text)
    g_print ("%s", text);
  return text != NULL;
}

/* What is trained, and where. */
typedef struct
{
  NfDevice *device;
  NfTask *task;
} Job;

static void
job_clear (Job *job)
{
  nf_task_free (job->task);
  g_clear_pointer (&job->device, nf_device_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Job, job_clear)

/* Gives this process its part of every batch. */
static gboolean
share_batches (
    NfTrainConfig *config, const NfParallel *parallel, GError **error)
{
  const guint ranks = nf_parallel_ranks (parallel);

  config->share = nf_parallel_share (parallel);
  if (config->train.batch_size % ranks == 0)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "train.batch-size is %" G_GINT64_FORMAT
      ", which %u processes cannot share evenly; choose a multiple of %u",
      config->train.batch_size, ranks, ranks);
  return FALSE;
}

static gboolean
prepare (NfTrainKind kind, NfTrainOptions *options, const NfParallel *parallel,
    Job *job, GError **error)
{
  NfTrainConfig *config = options->config;
  g_autofree gchar *name = nf_parallel_device (parallel, config->train.device);

  if (!share_batches (config, parallel, error))
    return FALSE;
  job->device = nf_device_open (name, error);
  job->task = job->device ? new_task (kind, job->device, config, error) : NULL;
  return job->task != NULL;
}

/* Trains, in one process or as one of several. */
static gboolean
train (NfTrainKind kind, NfTrainOptions *options, NfParallel *parallel,
    GError **error)
{
  const gboolean first = nf_parallel_is_first (parallel);
  g_auto (Job) job = { NULL };
  NfLoopSetup setup;

  if (!nf_parallel_settle (
          parallel, prepare (kind, options, parallel, &job, error), error))
    return FALSE;
  if (first)
    announce (job.task, options->config, job.device, parallel);
  if (options->plan)
    return print_plan (job.task, options->config, job.device, error);
  nf_interrupt_install ();
  setup = (NfLoopSetup){ .run = options->run,
    .resume = options->resume,
    .other_data = options->other_data,
    .init = options->init,
    .parallel = parallel,
    .log = nf_parallel_log (parallel) };
  return nf_loop_run (job.task, options->config, &setup, error);
}

/**
 * nf_train_main:
 * @kind: the subcommand
 * @argc: words in @argv
 * @argv: the command line from the subcommand's name on
 * @error: return location
 *
 * Trains as the command line says, together with others where mpirun or srun
 * started several processes. Being interrupted is no error.
 */
gboolean
nf_train_main (NfTrainKind kind, gint argc, gchar **argv, GError **error)
{
  g_autoptr (NfTrainOptions) options =
      nf_train_options_parse (kind, argc, argv, error);
  g_autoptr (NfParallel) parallel = NULL;

  if (!options)
    return FALSE;
  if (options->print_config) {
    g_autofree gchar *text = nf_train_config_to_string (options->config);

    g_print ("%s", text);
    return TRUE;
  }
  if ((options->config->watch.tensorboard
          && !nf_event_file_is_available (error))
      || !gst_init_check (NULL, NULL, error)
      || !nf_parallel_join (&parallel, error))
    return FALSE;
  nf_threads_set (options->config->train.threads);
  if (options->plan && nf_parallel_ranks (parallel) > 1) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "--plan measures one process; start it without mpirun");
    return nf_parallel_end (parallel, FALSE, error);
  }
  return nf_parallel_end (
      parallel, train (kind, options, parallel, error), error);
}
