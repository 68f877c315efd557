/* SPDX-License-Identifier: MIT
 *
 * plan — what a run would take: `nextframe-train segment|diffusion --plan`
 *
 * A few steps of the run itself, with its data on its device, are counted and
 * timed. Nothing is written. Sibling: loop.c, whose step it is */
#include "train/plan.h"
#include <nextframe/core/ops/nfobserve.h>
#include "train/loop.h"
#include "train/report.h"

#include <sys/resource.h>

#define TIMED 3 /* steps, after one that warms up and is counted */
#define MIB 1048576.0

/* What the steps took. */
typedef struct
{
  gdouble flops; /* of one step */
  gdouble seconds[TIMED];
  guint n_timed;
  NfDeviceMemory memory;
} Found;

static void
count (const NfOpCall *call, gboolean backward, const NfOpTime *time,
    gpointer data)
{
  Found *found = data;

  found->flops += nf_op_flops (call, backward);
}

static gboolean
do_step (NfTask *task, const NfTrainConfig *config, NfTrainState *state,
    GError **error)
{
  NfDevice *device = task->params->device;
  gdouble norm;

  return nf_loop_step (task, &config->train, state,
             nf_loop_learning_rate (&config->train, state->step), &norm, error)
      && device->backend->synchronize (device, error);
}

static gint
compare_seconds (gconstpointer a, gconstpointer b)
{
  gdouble x = *(const gdouble *) a, y = *(const gdouble *) b;

  return (x > y) - (x < y);
}

/* The first step is counted, those after it are timed. */
static gboolean
do_steps (NfTask *task, const NfTrainConfig *config, NfTrainState *state,
    Found *found, GError **error)
{
  const guint64 steps = MIN ((guint64) config->train.steps, TIMED + 1);
  gboolean ok;

  nf_observe_begin (count, found);
  ok = do_step (task, config, state, error);
  nf_observe_end ();
  while (ok && state->step < steps) {
    const gint64 start = nf_observe_now ().clock;

    ok = do_step (task, config, state, error);
    found->seconds[found->n_timed++] =
        1e-9 * (gdouble) (nf_observe_now ().clock - start);
  }
  qsort (found->seconds, found->n_timed, sizeof (gdouble), compare_seconds);
  return ok;
}

static void
append_data (GString *out, const NfTask *task, const NfTrainConfig *config)
{
  const gdouble samples =
      (gdouble) config->train.batch_size * config->train.accumulate;

  g_string_append_printf (out, "data        %s clips of %s",
      (const gchar *) g_hash_table_lookup (task->facts, "clips"),
      (const gchar *) g_hash_table_lookup (task->facts, "splits"));
  if (task->epoch_samples > 0)
    g_string_append_printf (out,
        "; an epoch is %" G_GUINT64_FORMAT
        " samples, %.1f steps; the run is %.1f epochs",
        task->epoch_samples, task->epoch_samples / samples,
        config->train.steps * samples / task->epoch_samples);
  g_string_append_c (out, '\n');
}

/* Files as they are when the most of them are there. */
static void
append_disk (GString *out, const NfTask *task, const NfTrainConfig *config)
{
  const gdouble all = nf_params_elements (task->params, FALSE) * 4 / MIB;
  const gdouble trained = nf_params_elements (task->params, TRUE) * 4 / MIB;
  const gdouble state = 2 * trained + (config->train.ema_rate > 0 ? all : 0);

  g_string_append_printf (out,
      "disk        %.1f MiB a savepoint (checkpoint %.1f, state %.1f); with "
      "%" G_GINT64_FORMAT
      " kept and one being written %.1f MiB, final and best beside them\n",
      all + state, all, state, config->train.keep,
      (config->train.keep + 1) * (all + state));
}

static void
append_time (GString *out, const NfTrainConfig *config, const Found *found)
{
  const gdouble seconds =
      found->n_timed > 0 ? found->seconds[found->n_timed / 2] : 0;
  g_autofree gchar *whole =
      nf_duration_string (seconds * (gdouble) config->train.steps);

  if (found->n_timed == 0) {
    g_string_append (out, "time        a run of one step is not timed\n");
    return;
  }
  g_string_append_printf (out,
      "time        %.3g s a step, batches included (median of %u); %.1f "
      "GFLOP/s\n"
      "            %" G_GINT64_FORMAT
      " steps: %s, validation and savepoints not counted\n",
      seconds, found->n_timed, 1e-9 * found->flops / seconds,
      config->train.steps, whole);
}

static void
append_memory (GString *out, const Found *found)
{
  struct rusage usage = { 0 };

  getrusage (RUSAGE_SELF, &usage);
  g_string_append (out, "memory     ");
  if (found->memory.live > 0)
    g_string_append_printf (out,
        " %.1f MiB of tensors at most, in %.1f MiB of the device;",
        found->memory.live / MIB, found->memory.reserved / MIB);
  g_string_append_printf (
      out, " %.1f MiB of this process\n", (gdouble) usage.ru_maxrss / 1024);
}

/**
 * nf_plan_describe:
 * @task: what would be trained
 * @config: the settings, whose size is resolved
 * @device: where
 * @error: return location
 *
 * Does the first few steps, without a run's folder.
 *
 * Returns: (transfer full) (nullable): lines about parameters, data, arithmetic,
 *   memory, files and time
 */
gchar *
nf_plan_describe (
    NfTask *task, const NfTrainConfig *config, NfDevice *device, GError **error)
{
  g_autoptr (NfTrainState) state = nf_train_state_new (task->params, error);
  const NfMatmulPrecision precision = nf_matmul_precision_get ();
  Found found = { 0 };
  GString *out;
  gboolean ok;

  if (!state || !nf_params_reset (task->params, config->train.seed, error)
      || (config->train.ema_rate > 0
          && !nf_params_start_ema (task->params, error)))
    return NULL;
  nf_params_set_trainable (task->params, TRUE);
  nf_matmul_precision_set (nf_train_config_matmul_precision (config));
  nf_device_memory (device, TRUE, &found.memory);
  ok = do_steps (task, config, state, &found, error);
  nf_device_memory (device, FALSE, &found.memory);
  nf_matmul_precision_set (precision);
  if (!ok)
    return NULL;
  out = g_string_new (NULL);
  g_string_append_printf (out,
      "network     %s, %" G_GUINT64_FORMAT " parameters\n", task->arch,
      nf_params_elements (task->params, TRUE));
  append_data (out, task, config);
  g_string_append_printf (out,
      "arithmetic  %.4g GFLOP a step of %" G_GINT64_FORMAT
      " samples, %.4g PFLOP in all\n",
      1e-9 * found.flops, config->train.batch_size * config->train.accumulate,
      1e-15 * found.flops * (gdouble) config->train.steps);
  append_memory (out, &found);
  append_disk (out, task, config);
  append_time (out, config, &found);
  return g_string_free (out, FALSE);
}
