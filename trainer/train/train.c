/* SPDX-License-Identifier: MIT
 *
 * train — the subcommands that train: `segment` and `diffusion` */
#include "train/train.h"
#include "clips/nfclipsource.h"
#include "config/options.h"
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
announce (
    const NfTask *task, const NfTrainConfig *config, const NfDevice *device)
{
  gboolean splits = nf_clip_source_is_folder (config->data.path);

  g_printerr ("%s: %s, %" G_GUINT64_FORMAT " parameters, frames of %dx%d\n",
      nf_train_kind_name (config->kind), task->arch,
      nf_params_elements (task->params, TRUE), config->width, config->height);
  g_printerr ("data: %s, %s clips%s%s; device: %s\n", config->data.path,
      (const gchar *) g_hash_table_lookup (task->facts, "clips"),
      splits ? " of " : "", splits ? config->data.splits : "", device->name);
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

/**
 * nf_train_main:
 * @kind: the subcommand
 * @argc: words in @argv
 * @argv: the command line from the subcommand's name on
 * @error: return location
 *
 * Trains as the command line says. Being interrupted is no error.
 */
gboolean
nf_train_main (NfTrainKind kind, gint argc, gchar **argv, GError **error)
{
  g_autoptr (NfTrainOptions) options =
      nf_train_options_parse (kind, argc, argv, error);
  g_autoptr (NfDevice) device = NULL;
  g_autoptr (NfTask) task = NULL;
  NfLoopSetup setup;

  if (!options)
    return FALSE;
  if (options->print_config) {
    g_autofree gchar *text = nf_train_config_to_string (options->config);

    g_print ("%s", text);
    return TRUE;
  }
  if ((options->config->watch.tensorboard
          && !nf_event_file_is_available (error))
      || !gst_init_check (NULL, NULL, error))
    return FALSE;
  nf_threads_set (options->config->train.threads);
  device = nf_device_open (options->config->train.device, error);
  task = device ? new_task (kind, device, options->config, error) : NULL;
  if (!task)
    return FALSE;
  announce (task, options->config, device);
  if (options->plan)
    return print_plan (task, options->config, device, error);
  nf_interrupt_install ();
  setup = (NfLoopSetup){ .run = options->run,
    .resume = options->resume,
    .other_data = options->other_data,
    .init = options->init,
    .log = stderr };
  return nf_loop_run (task, options->config, &setup, error);
}
