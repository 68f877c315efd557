/* SPDX-License-Identifier: MIT
 *
 * loop — the one training loop */
#include "train/loop.h"
#include "core/ops/nfbackward.h"
#include "core/params/nfoptim.h"
#include "train/report.h"
#include "train/savepoint.h"
#include "train/validate.h"

#include <math.h>

#define CLIP_EPS 1e-6 /* as PyTorch's clip_grad_norm_ */

/* A run that goes on. */
typedef struct
{
  NfTask *task;
  const NfTrainConfig *config;
  NfTrainState *state;
  NfSavepoints points;
  NfValidation *validation;
  NfMetrics *metrics;
  NfProgress *progress;
  guint64 saved_step; /* of the newest savepoint; G_MAXUINT64: none yet */
} Loop;

/**
 * nf_loop_learning_rate:
 * @train: settings
 * @step: steps done before
 *
 * Returns: the learning rate of the next step: from 0 it grows evenly until
 *   `warmup` steps are done
 */
gdouble
nf_loop_learning_rate (const NfConfigTrain *train, guint64 step)
{
  if (train->warmup == 0)
    return train->learning_rate;
  return train->learning_rate * MIN ((gdouble) step / train->warmup, 1.0);
}

/* The norm of all gradients together. */
static gboolean
gradient_norm (NfParams *params, gdouble *norm, GError **error)
{
  g_autoptr (GPtrArray) grads = g_ptr_array_new ();

  for (guint i = 0; i < nf_params_count (params); i++) {
    NfTensor *grad = nf_params_index (params, i)->value->grad;

    if (grad)
      g_ptr_array_add (grads, grad);
  }
  return nf_optim_norm ((NfTensor **) grads->pdata, grads->len, norm, error);
}

/* Moves the parameters and their running means. */
static gboolean
update_params (NfTrainState *state, const NfConfigTrain *train,
    gdouble learning_rate, gdouble norm, GError **error)
{
  const guint n = nf_params_count (state->params);
  g_autofree NfOptimItem *items = NULL;
  NfAdamParams adam = { 0 };

  adam.lr = learning_rate;
  adam.beta1 = train->betas.v[0];
  adam.beta2 = train->betas.v[1];
  adam.eps = train->eps;
  adam.weight_decay = train->weight_decay;
  adam.grad_scale = train->grad_clip > 0
      ? MIN (1.0, train->grad_clip / (norm + CLIP_EPS))
      : 1.0;
  adam.t = state->step + 1;
  adam.decoupled = g_str_equal (train->optimizer, "adamw");
  items = g_new0 (NfOptimItem, n);
  for (guint i = 0; i < n; i++) {
    NfParam *param = nf_params_index (state->params, i);

    items[i] = (NfOptimItem){ param->value, param->value->grad,
      state->m->pdata[i], state->v->pdata[i], param->ema };
  }
  return nf_optim_step (items, n, &adam, train->ema_rate, error);
}

/* The loss of a batch, with gradients in the parameters. */
static NfTensor *
loss_and_gradients (gpointer data, NfTensor *const *in, GError **error)
{
  NfTask *task = data;
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) loss = NULL;

  nf_tape_begin (tape);
  loss = task->loss (task, in, error);
  nf_tape_end (tape);
  return loss && nf_tape_backward (tape, loss, error) ? g_steal_pointer (&loss)
                                                      : NULL;
}

static gboolean
forward_backward (NfTask *task, const NfConfigTrain *train, NfTrainState *state,
    GError **error)
{
  NfTensor *in[NF_GRAPH_MAX_INPUTS] = { NULL };
  g_autoptr (NfTensor) loss = NULL;

  if (!task->step)
    task->step = nf_graph_new (state->params->device, loss_and_gradients, task);
  if (task->load (task, state->step * train->batch_size, in, error))
    loss = nf_graph_run (task->step, in, task->n_in, error);
  for (guint i = 0; i < task->n_in; i++)
    nf_tensor_clear (&in[i]);
  return loss && nf_task_read_loss (loss, &state->loss, error);
}

static gboolean
check_finite (const NfTrainState *state, gdouble norm, GError **error)
{
  if (isfinite (state->loss) && isfinite (norm))
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_FAILED,
      "step %" G_GUINT64_FORMAT ": the loss is %g and the gradients' norm %g: "
      "training diverged; begin again with a lower train.learning-rate or a "
      "longer train.warmup",
      state->step + 1, state->loss, norm);
  return FALSE;
}

/**
 * nf_loop_step:
 * @task: what to train
 * @train: settings
 * @state: of the run; its step and loss move on
 * @learning_rate: of this step
 * @norm: (out): of all gradients, before the limit on it
 * @error: return location
 *
 * The loss of the next batch, its gradients, and the update.
 */
gboolean
nf_loop_step (NfTask *task, const NfConfigTrain *train, NfTrainState *state,
    gdouble learning_rate, gdouble *norm, GError **error)
{
  gboolean ok = forward_backward (task, train, state, error)
      && gradient_norm (state->params, norm, error)
      && check_finite (state, *norm, error)
      && update_params (state, train, learning_rate, *norm, error);

  if (!nf_graph_captured (task->step))
    nf_params_clear_grads (state->params);
  if (ok)
    state->step++;
  return ok;
}

static gboolean
save (Loop *loop, GError **error)
{
  if (loop->saved_step == loop->state->step)
    return TRUE;
  if (!nf_savepoint_write (&loop->points, loop->state, error))
    return FALSE;
  loop->saved_step = loop->state->step;
  return TRUE;
}

static gboolean
write_metrics (Loop *loop, gdouble learning_rate, gdouble norm, GError **error)
{
  const NfMetric values[] = {
    { "loss", loop->state->loss },
    { "learning-rate", learning_rate },
    { "gradient-norm", norm },
    { "steps-per-second", nf_progress_speed (loop->progress) },
  };

  return nf_metrics_write (
      loop->metrics, loop->state->step, values, G_N_ELEMENTS (values), error);
}

/* Validates where it is time to. A savepoint of this step, from which the run
 * was resumed, is written again with what was found. */
static gboolean
validate (Loop *loop, GError **error)
{
  NfTrainState *state = loop->state;

  if (!nf_validation_due (loop->validation, state))
    return TRUE;
  if (!nf_validation_run (loop->validation, &loop->points, state, loop->metrics,
          loop->progress, error))
    return FALSE;
  if (state->validated != state->step || loop->saved_step != state->step)
    return TRUE;
  loop->saved_step = G_MAXUINT64;
  return save (loop, error);
}

/* One step, with what is due after it. */
static gboolean
do_step (Loop *loop, GError **error)
{
  const NfConfigTrain *train = &loop->config->train;
  NfTrainState *state = loop->state;
  gdouble learning_rate = nf_loop_learning_rate (train, state->step);
  gdouble norm;

  if (!nf_loop_step (loop->task, train, state, learning_rate, &norm, error))
    return FALSE;
  nf_progress_step (loop->progress, state->step, state->loss, learning_rate);
  if ((state->step % train->log_every == 0 || state->step == train->steps)
      && !write_metrics (loop, learning_rate, norm, error))
    return FALSE;
  if (!validate (loop, error))
    return FALSE;
  return train->checkpoint_every == 0
      || state->step % train->checkpoint_every != 0 || save (loop, error);
}

/* Steps until the last one, or until the user interrupts. */
static gboolean
do_steps (Loop *loop, GError **error)
{
  guint64 steps = loop->config->train.steps;
  g_autofree gchar *message = NULL;

  if (!validate (loop, error))
    return FALSE;
  while (loop->state->step < steps && !nf_interrupt_requested ())
    if (!do_step (loop, error))
      return FALSE;
  if (!save (loop, error))
    return FALSE;
  if (loop->state->step >= steps) {
    message = g_strdup_printf ("done: %s/final.safetensors", loop->points.run);
    if (!nf_savepoint_write_final (&loop->points, loop->state, error))
      return FALSE;
  } else {
    message = g_strdup_printf ("interrupted, saved at step %" G_GUINT64_FORMAT
                               "; continue with --resume --run %s",
        loop->state->step, loop->points.run);
  }
  nf_progress_message (loop->progress, message);
  return TRUE;
}

/* Fresh parameters, or those of the newest savepoint. */
static gboolean
prepare_state (Loop *loop, gboolean resume, GError **error)
{
  const NfConfigTrain *train = &loop->config->train;
  NfParams *params = loop->task->params;

  loop->state = nf_train_state_new (params, error);
  if (!loop->state)
    return FALSE;
  loop->saved_step = G_MAXUINT64;
  if (resume) {
    if (!nf_savepoint_read_newest (&loop->points, loop->state, error))
      return FALSE;
    loop->saved_step = loop->state->step;
  } else if (!nf_params_reset (params, train->seed, error)
      || (train->ema_rate > 0 && !nf_params_start_ema (params, error))) {
    return FALSE;
  }
  nf_params_set_trainable (params, TRUE);
  return TRUE;
}

static void
start_progress (Loop *loop, FILE *log)
{
  const NfConfigTrain *train = &loop->config->train;
  g_autofree gchar *note = nf_validation_note (loop->validation);

  loop->progress =
      nf_progress_new (log, loop->state->step, train->steps, train->log_every);
  if (note)
    nf_progress_message (loop->progress, note);
}

static gboolean
prepare_folder (Loop *loop, gboolean resume, GError **error)
{
  g_autofree gchar *config =
      g_build_filename (loop->points.run, "config.ini", NULL);

  return nf_run_folder_prepare (loop->points.run, resume, error)
      && nf_train_config_save (loop->config, config, error);
}

/**
 * nf_loop_run:
 * @task: what to train
 * @config: the settings
 * @run: the run's folder
 * @resume: go on from the newest savepoint there
 * @log: where progress goes
 * @error: return location
 *
 * Trains until the last step or until the user interrupts, which is no error,
 * and validates now and then.
 */
gboolean
nf_loop_run (NfTask *task, const NfTrainConfig *config, const gchar *run,
    gboolean resume, FILE *log, GError **error)
{
  g_autoptr (JsonObject) json = nf_train_config_to_json (config);
  g_autofree gchar *metrics = g_build_filename (run, "metrics.jsonl", NULL);
  Loop loop = { task, config };
  const NfProducts products = nf_products_get ();
  gboolean ok;

  loop.points = (NfSavepoints){ run, task->arch, json, task->facts,
    config->train.keep, config->train.ema_rate > 0,
    g_str_equal (config->train.store, "bf16") ? NF_SAFETENSORS_BF16
                                              : NF_SAFETENSORS_F32 };
  nf_task_add_fact (task, "seed", "%" G_GINT64_FORMAT, config->train.seed);
  nf_task_add_fact (
      task, "batch-size", "%" G_GINT64_FORMAT, config->train.batch_size);
  nf_task_add_fact (task, "ema-rate", "%g", config->train.ema_rate);
  nf_products_set (nf_train_config_products (config));
  loop.validation = nf_validation_new (task, config, error);
  ok = loop.validation && prepare_folder (&loop, resume, error)
      && prepare_state (&loop, resume, error)
      && (loop.metrics = nf_metrics_open (metrics, loop.state->step, error));
  if (ok) {
    start_progress (&loop, log);
    ok = do_steps (&loop, error);
  }
  nf_progress_free (loop.progress);
  nf_metrics_close (loop.metrics);
  nf_validation_free (loop.validation);
  nf_train_state_free (loop.state);
  nf_products_set (products);
  return ok;
}
