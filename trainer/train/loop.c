/* SPDX-License-Identifier: MIT
 *
 * loop — the one training loop */
#include "train/loop.h"
#include "core/ops/nfbackward.h"
#include "core/params/nfoptim.h"
#include "train/report.h"
#include "train/savepoint.h"
#include "train/validate.h"
#include "train/warmstart.h"

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
  gchar *note; /* what a warm start did, or NULL */
  guint64 saved_step; /* of the newest savepoint; G_MAXUINT64: none yet */
} Loop;

/* From 1 to 0 as the share of a cosine's steps that are done grows from 0 to
 * 1 (Loshchilov and Hutter, "SGDR", 2017). */
static gdouble
cosine (gdouble done)
{
  return 0.5 * (1 + cos (G_PI * MIN (done, 1.0)));
}

/* How much of the current cosine of restarts is done, each `factor` times as
 * long as the one before. */
static gdouble
done_since_restart (const NfConfigTrain *train, gdouble step)
{
  gdouble period = train->period;

  while (step >= period) {
    step -= period;
    period = MAX (1, period * train->factor);
  }
  return step / period;
}

/**
 * nf_loop_learning_rate:
 * @train: settings
 * @step: steps done before
 *
 * Returns: the learning rate of the next step: it grows evenly over the first
 *   `warmup` steps, and then goes the way that `schedule` says
 */
gdouble
nf_loop_learning_rate (const NfConfigTrain *train, guint64 step)
{
  const gdouble most = train->learning_rate;
  const gdouble least = MIN (train->least_rate, most);
  gdouble after, steps;

  if (step < (guint64) train->warmup)
    return most * (step + 1) / train->warmup;
  after = (gdouble) (step - train->warmup);
  steps = MAX (1, train->steps - train->warmup);
  if (g_str_equal (train->schedule, "cosine"))
    return least + (most - least) * cosine (after / steps);
  if (g_str_equal (train->schedule, "restarts"))
    return least + (most - least) * cosine (done_since_restart (train, after));
  if (g_str_equal (train->schedule, "step"))
    return most * pow (train->factor, floor (after / train->period));
  return most;
}

/**
 * nf_loop_ema_rate:
 * @train: settings
 * @step: steps done before
 *
 * Returns: the decay of the running mean in the next step: `ema-rate`, and with
 *   `ema-warmup` less at first; 0: there is none
 */
gdouble
nf_loop_ema_rate (const NfConfigTrain *train, guint64 step)
{
  return train->ema_warmup ? MIN (train->ema_rate, (1.0 + step) / (10.0 + step))
                           : train->ema_rate;
}

/* A parameter's gradient: of the last batch, or summed over those of a step. */
static NfTensor *
gradient_of (const NfTask *task, NfParams *params, guint index)
{
  return task->sums ? task->sums->pdata[index]
                    : nf_params_index (params, index)->value->grad;
}

/* The norm of all gradients together. */
static gboolean
gradient_norm (NfTask *task, NfParams *params, gdouble *norm, GError **error)
{
  g_autoptr (GPtrArray) grads = g_ptr_array_new ();

  for (guint i = 0; i < nf_params_count (params); i++) {
    NfTensor *grad = gradient_of (task, params, i);

    if (grad)
      g_ptr_array_add (grads, grad);
  }
  return nf_optim_norm ((NfTensor **) grads->pdata, grads->len, norm, error);
}

/* Which part of the learning rate and of the weight decay a parameter gets. */
typedef struct
{
  gdouble rate, decay;
} Share;

static Share
share_of (const NfParam *param, const NfConfigTrain *train)
{
  Share share = { 1, param->rank > 1 || train->decay_vectors };

  if (g_str_has_prefix (param->name, "encoder."))
    share.rate = train->encoder_rate;
  else if (g_str_has_prefix (param->name, "decoder."))
    share.rate = train->decoder_rate;
  else if (g_str_has_prefix (param->name, "segmentation_head."))
    share.rate = train->head_rate;
  return share;
}

static gboolean
same_share (Share a, Share b)
{
  return a.rate == b.rate && a.decay == b.decay;
}

/* Moves the parameters that have one share, and all of that share after @first,
 * in one go. */
static gboolean
update_share (NfTask *task, NfTrainState *state, const NfConfigTrain *train,
    const NfAdamParams *all, guint first, GError **error)
{
  const guint n = nf_params_count (state->params);
  const Share share = share_of (nf_params_index (state->params, first), train);
  g_autofree NfOptimItem *items = g_new0 (NfOptimItem, n);
  NfAdamParams adam = *all;
  guint n_items = 0;

  adam.lr *= share.rate;
  adam.weight_decay *= share.decay;
  for (guint i = 0; i < n; i++) {
    NfParam *param = nf_params_index (state->params, i);

    if (!same_share (share_of (param, train), share))
      continue;
    if (i < first)
      return TRUE; /* moved with an earlier one */
    items[n_items++] =
        (NfOptimItem){ param->value, gradient_of (task, state->params, i),
          state->m->pdata[i], state->v->pdata[i], param->ema };
  }
  return nf_optim_step (
      items, n_items, &adam, nf_loop_ema_rate (train, state->step), error);
}

/* Moves the parameters and their running means. */
static gboolean
update_params (NfTask *task, NfTrainState *state, const NfConfigTrain *train,
    gdouble learning_rate, gdouble norm, GError **error)
{
  NfAdamParams adam = { 0 };

  adam.lr = learning_rate;
  adam.beta1 = train->betas.v[0];
  adam.beta2 = train->betas.v[1];
  adam.eps = train->eps;
  adam.weight_decay = train->weight_decay;
  adam.grad_scale = train->grad_clip > 0
      ? MIN (1.0, train->grad_clip / (norm + CLIP_EPS))
      : 1.0;
  adam.grad_scale /= train->accumulate;
  adam.t = state->step + 1;
  adam.decoupled = g_str_equal (train->optimizer, "adamw");
  for (guint i = 0; i < nf_params_count (state->params); i++)
    if (!update_share (task, state, train, &adam, i, error))
      return FALSE;
  return TRUE;
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

static void
clear_sum (gpointer tensor)
{
  if (tensor)
    nf_tensor_unref (tensor);
}

/* Adds the batch's gradients to the step's sums, or begins these with them. */
static gboolean
sum_gradients (NfTask *task, NfParams *params, gboolean first, GError **error)
{
  const guint n = nf_params_count (params);

  if (!task->sums) {
    task->sums = g_ptr_array_new_with_free_func (clear_sum);
    g_ptr_array_set_size (task->sums, n);
  }
  for (guint i = 0; i < n; i++) {
    NfTensor *grad = nf_params_index (params, i)->value->grad;
    NfTensor **sum = (NfTensor **) &task->sums->pdata[i];

    if (!grad)
      continue;
    if (!*sum && !(*sum = nf_tensor_new_like (grad, error)))
      return FALSE;
    if (first ? !nf_tensor_copy (*sum, grad, error)
              : !nf_op_add_to (*sum, grad, error))
      return FALSE;
  }
  return TRUE;
}

/* The loss of a batch, and its gradients. */
static gboolean
forward_backward (NfTask *task, NfTrainState *state, guint64 first_sample,
    gdouble *value, GError **error)
{
  NfTensor *in[NF_GRAPH_MAX_INPUTS] = { NULL };
  g_autoptr (NfTensor) loss = NULL;

  if (!task->step)
    task->step = nf_graph_new (state->params->device, loss_and_gradients, task);
  if (task->load (task, first_sample, in, error))
    loss = nf_graph_run (task->step, in, task->n_in, error);
  for (guint i = 0; i < task->n_in; i++)
    nf_tensor_clear (&in[i]);
  return loss && nf_task_read_loss (loss, value, error);
}

/* The mean loss of a step's batches, and the sum of their gradients. */
static gboolean
run_batches (NfTask *task, const NfConfigTrain *train, NfTrainState *state,
    GError **error)
{
  const guint64 first = state->step * train->accumulate;
  gdouble sum = 0, loss;

  for (gint64 i = 0; i < train->accumulate; i++) {
    if (!forward_backward (
            task, state, (first + i) * train->batch_size, &loss, error)
        || (train->accumulate > 1
            && !sum_gradients (task, state->params, i == 0, error)))
      return FALSE;
    sum += loss;
    if (train->accumulate > 1 && !nf_graph_captured (task->step))
      nf_params_clear_grads (state->params);
  }
  state->loss = sum / train->accumulate;
  return TRUE;
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
  gboolean ok = run_batches (task, train, state, error)
      && gradient_norm (task, state->params, norm, error);

  *norm /= train->accumulate;
  ok = ok && check_finite (state, *norm, error)
      && update_params (task, state, train, learning_rate, *norm, error);

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
  gboolean ended;

  if (!validate (loop, error))
    return FALSE;
  while (loop->state->step < steps && !nf_interrupt_requested ()
      && !nf_validation_exhausted (loop->validation, loop->state))
    if (!do_step (loop, error))
      return FALSE;
  if (!save (loop, error))
    return FALSE;
  ended = nf_validation_exhausted (loop->validation, loop->state);
  if (loop->state->step >= steps || ended) {
    message = g_strdup_printf ("%s: %s/final.safetensors",
        loop->state->step >= steps
            ? "done"
            : "ended early, no validation was better than that of "
              "best.safetensors",
        loop->points.run);
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

/* Takes weights from a file, and tells which. */
static gboolean
begin_warm (Loop *loop, const gchar *init, GError **error)
{
  g_auto (NfWarmStart) start = { 0 };
  g_autofree gchar *name = g_path_get_basename (init);

  if (!nf_warm_start (loop->task->params, init, &start, error)) {
    g_prefix_error (error, "--init: ");
    return FALSE;
  }
  nf_task_add_fact (loop->task, "init", "%s", name);
  loop->note = g_strdup (g_strchomp (start.report));
  return TRUE;
}

/* Fresh parameters, or those of the newest savepoint. */
static gboolean
prepare_state (Loop *loop, gboolean resume, const gchar *init, GError **error)
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
      || (init && !begin_warm (loop, init, error))
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
  if (loop->note)
    nf_progress_message (loop->progress, loop->note);
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
 * @init: (nullable): weights to begin with, see nf_warm_start()
 * @log: where progress goes
 * @error: return location
 *
 * Trains until the last step or until the user interrupts, which is no error,
 * and validates now and then.
 */
gboolean
nf_loop_run (NfTask *task, const NfTrainConfig *config, const gchar *run,
    gboolean resume, const gchar *init, FILE *log, GError **error)
{
  g_autoptr (JsonObject) json = nf_train_config_to_json (config);
  g_autofree gchar *metrics = g_build_filename (run, "metrics.jsonl", NULL);
  Loop loop = { task, config };
  const NfMatmulPrecision precision = nf_matmul_precision_get ();
  gboolean ok;

  loop.points = (NfSavepoints){ run, task->arch, json, task->facts,
    config->train.keep, config->train.ema_rate > 0,
    g_str_equal (config->train.store, "bf16") ? NF_SAFETENSORS_BF16
                                              : NF_SAFETENSORS_F32 };
  nf_task_add_fact (task, "seed", "%" G_GINT64_FORMAT, config->train.seed);
  nf_task_add_fact (
      task, "batch-size", "%" G_GINT64_FORMAT, config->train.batch_size);
  if (config->train.accumulate > 1)
    nf_task_add_fact (
        task, "accumulate", "%" G_GINT64_FORMAT, config->train.accumulate);
  nf_task_add_fact (task, "ema-rate", "%g", config->train.ema_rate);
  nf_matmul_precision_set (nf_train_config_matmul_precision (config));
  loop.validation = nf_validation_new (task, config, error);
  ok = loop.validation && prepare_folder (&loop, resume, error)
      && prepare_state (&loop, resume, init, error)
      && (loop.metrics = nf_metrics_open (metrics, loop.state->step, error));
  if (ok) {
    start_progress (&loop, log);
    ok = do_steps (&loop, error);
  }
  nf_progress_free (loop.progress);
  nf_metrics_close (loop.metrics);
  nf_validation_free (loop.validation);
  nf_train_state_free (loop.state);
  g_free (loop.note);
  nf_matmul_precision_set (precision);
  return ok;
}
