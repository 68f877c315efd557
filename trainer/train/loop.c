/* SPDX-License-Identifier: MIT
 *
 * loop — the one training loop */
#include "train/loop.h"
#include <nextframe/core/ops/nfbackward.h>
#include <nextframe/core/params/nfoptim.h>
#include "io/nffile.h"
#include "train/report.h"
#include "train/samplepictures.h"
#include "train/savepoint.h"
#include "train/validate.h"
#include "train/warmstart.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define CLIP_EPS 1e-6 /* as PyTorch's clip_grad_norm_ */

/* A run that goes on. */
typedef struct
{
  NfTask *task;
  const NfTrainConfig *config;
  const NfLoopSetup *setup;
  int lock; /* of the run's folder; -1: none */
  NfTrainState *state;
  NfSavepoints points;
  NfValidation *validation;
  NfSamplePictures *pictures; /* or NULL */
  gchar *no_pictures; /* why none can be made; or NULL */
  NfEventFile *events; /* or NULL */
  NfMetrics *metrics;
  NfProgress *progress;
  gchar *note; /* what a warm start did, or what is wrong; or NULL */
  guint64 saved_step; /* of the newest savepoint; G_MAXUINT64: none yet */
  gboolean save_failed; /* the last time */
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

/* Sums the gradients of all processes, and finds the norm of all together: that
 * of the mean over the step's samples. */
static gboolean
reduce_gradients (NfTask *task, NfParams *params, const NfConfigTrain *train,
    gdouble *norm, GError **error)
{
  g_autoptr (GPtrArray) grads = g_ptr_array_new ();

  for (guint i = 0; i < nf_params_count (params); i++) {
    NfTensor *grad = gradient_of (task, params, i);

    if (grad)
      g_ptr_array_add (grads, grad);
  }
  if (!nf_parallel_sum_tensors (task->parallel, grads, error)
      || !nf_optim_norm ((NfTensor **) grads->pdata, grads->len, norm, error))
    return FALSE;
  *norm /= train->accumulate * nf_parallel_ranks (task->parallel);
  return TRUE;
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
    items[n_items++] = (NfOptimItem){ .value = param->value,
      .grad = gradient_of (task, state->params, i),
      .m = state->m->pdata[i],
      .v = state->v->pdata[i],
      .shadow = param->ema };
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
  adam.grad_scale /= train->accumulate * nf_parallel_ranks (task->parallel);
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

/* The mean loss of a step's batches, and the sum of their gradients; of this
 * process's part of them. */
static gboolean
run_batches (NfTask *task, const NfConfigTrain *train, NfTrainState *state,
    GError **error)
{
  const NfShare share = nf_parallel_share (task->parallel);
  const guint64 first = state->step * train->accumulate;
  const guint64 part = train->batch_size / share.count * share.index;
  gdouble sum = 0, loss;

  for (gint64 i = 0; i < train->accumulate; i++) {
    if (!forward_backward (
            task, state, (first + i) * train->batch_size + part, &loss, error)
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
check_finite (NfTrainState *state, gdouble norm, GError **error)
{
  if (isfinite (state->loss) && isfinite (norm))
    return TRUE;
  state->sound = FALSE;
  g_set_error (error, NF_ERROR, NF_ERROR_FAILED,
      "step %" G_GUINT64_FORMAT ": the loss is %g and the gradients' norm %g: "
      "training diverged; begin again with a lower train.learning-rate or a "
      "longer train.warmup",
      state->step + 1, state->loss, norm);
  return FALSE;
}

/* Loss and gradients of a step, of all processes together. */
static gboolean
run_together (NfTask *task, const NfConfigTrain *train, NfTrainState *state,
    gdouble *norm, GError **error)
{
  if (!nf_parallel_settle (task->parallel,
          nf_train_state_hold (state, error)
              && run_batches (task, train, state, error),
          error))
    return FALSE;
  nf_parallel_sum (task->parallel, &state->loss, 1);
  state->loss /= nf_parallel_ranks (task->parallel);
  return reduce_gradients (task, state->params, train, norm, error);
}

/* Loss and gradients of a step. Where that fails, the state is as before. */
static gboolean
find_gradients (NfTask *task, const NfConfigTrain *train, NfTrainState *state,
    gdouble *norm, GError **error)
{
  const gdouble loss = state->loss;

  if (run_together (task, train, state, norm, error)
      && check_finite (state, *norm, error))
    return TRUE;
  state->loss = loss;
  if (!nf_train_state_go_back (state, NULL))
    state->sound = FALSE;
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
 * The loss of the next batch, its gradients, and the update. On an error the
 * state is as before, or it says that it is not sound.
 */
gboolean
nf_loop_step (NfTask *task, const NfConfigTrain *train, NfTrainState *state,
    gdouble learning_rate, gdouble *norm, GError **error)
{
  gboolean ok = find_gradients (task, train, state, norm, error);

  if (ok && !update_params (task, state, train, learning_rate, *norm, error)) {
    state->sound = FALSE;
    ok = FALSE;
  }
  if (!task->step || !nf_graph_captured (task->step))
    nf_params_clear_grads (state->params);
  if (ok)
    state->step++;
  return ok;
}

/* Saves the run, in the first process. */
static gboolean
save (Loop *loop, GError **error)
{
  if (loop->saved_step == loop->state->step
      || !nf_parallel_is_first (loop->setup->parallel))
    return TRUE;
  loop->save_failed = !nf_savepoint_write (&loop->points, loop->state, error);
  if (loop->save_failed)
    return FALSE;
  loop->saved_step = loop->state->step;
  return TRUE;
}

/* Whether all is well in all processes. */
static gboolean
settle (Loop *loop, gboolean ok, GError **error)
{
  return nf_parallel_settle (loop->setup->parallel, ok, error);
}

/* The position in the data: epochs done. */
static gdouble
epochs_done (const Loop *loop)
{
  return loop->task->epoch_samples > 0
      ? (gdouble) loop->state->step * loop->config->train.accumulate
          * loop->config->train.batch_size / loop->task->epoch_samples
      : 0;
}

static gboolean
write_metrics (Loop *loop, gdouble learning_rate, gdouble norm, GError **error)
{
  const NfMetric values[] = {
    { "loss", loop->state->loss },
    { "learning-rate", learning_rate },
    { "gradient-norm", norm },
    { "steps-per-second", nf_progress_speed (loop->progress) },
    { "epoch", epochs_done (loop) },
  };
  const guint n = G_N_ELEMENTS (values) - (loop->task->epoch_samples == 0);

  if (!nf_parallel_is_first (loop->setup->parallel))
    return TRUE;
  return nf_metrics_write (loop->metrics, loop->state->step, values, n, error);
}

/* Says that a validation failed, which is no reason to end a run. */
static void
warn_of_validation (Loop *loop, const GError *cause)
{
  g_autofree gchar *text =
      g_strdup_printf ("warning: validation at step %" G_GUINT64_FORMAT
                       " failed, the run goes on: %s",
          loop->state->step, cause->message);

  nf_progress_message (loop->progress, text);
}

/* Validates where it is time to. What happens there, the run is saved before; a
 * savepoint of this step then gets what was found. */
static gboolean
validate (Loop *loop, GError **error)
{
  NfTrainState *state = loop->state;
  g_autoptr (GError) cause = NULL;

  if (!nf_validation_due (loop->validation, state))
    return TRUE;
  if (!settle (loop,
          loop->config->train.checkpoint_every == 0 || save (loop, error),
          error))
    return FALSE;
  if (!nf_validation_run (loop->validation, &loop->points, state, loop->metrics,
          loop->progress, &cause))
    warn_of_validation (loop, cause);
  return settle (loop,
      state->validated != state->step || loop->saved_step != state->step
          || nf_savepoint_write_state (&loop->points, state, error),
      error);
}

static void
warn (Loop *loop, const gchar *what, const gchar *message)
{
  g_autofree gchar *text = g_strdup_printf ("warning: %s: %s", what, message);

  nf_progress_message (loop->progress, text);
}

/* Tells of clips that were left out since the last time, and lists them; a list
 * that cannot be written is no reason to end a run. */
static void
tell_bad_clips (Loop *loop)
{
  g_autoptr (GPtrArray) messages = NULL;
  g_autoptr (GError) error = NULL;

  if (!loop->task->bad_clips)
    return;
  messages = nf_bad_clips_take (loop->task->bad_clips);
  for (guint i = 0; i < messages->len; i++)
    warn (loop, "clip left out", messages->pdata[i]);
  if (nf_parallel_is_first (loop->setup->parallel)
      && !nf_bad_clips_record (loop->points.run, messages, &error))
    warn (loop, "clips that were left out are not listed", error->message);
}

/* Draws a picture of samples where it is time to; that it fails is no reason to
 * end a run. */
static void
draw_samples (Loop *loop)
{
  g_autoptr (GError) error = NULL;

  if (nf_parallel_is_first (loop->setup->parallel)
      && nf_sample_pictures_due (loop->pictures, loop->state->step)
      && !nf_sample_pictures_draw (loop->pictures, loop->points.run,
          loop->state->step, loop->events, loop->progress, &error))
    warn (loop, "no picture of samples", error->message);
  tell_bad_clips (loop);
}

/* One step, with what is due after it. */
static gboolean
do_step (Loop *loop, GError **error)
{
  const NfConfigTrain *train = &loop->config->train;
  NfTrainState *state = loop->state;
  gdouble learning_rate = nf_loop_learning_rate (train, state->step);
  gdouble norm;
  const gboolean ok = settle (loop,
      nf_loop_step (loop->task, train, state, learning_rate, &norm, error),
      error);

  tell_bad_clips (loop);
  if (!ok)
    return FALSE;
  nf_progress_step (loop->progress, state->step, state->loss, learning_rate);
  if ((state->step % train->log_every == 0 || state->step == train->steps)
      && !settle (
          loop, write_metrics (loop, learning_rate, norm, error), error))
    return FALSE;
  if (!validate (loop, error))
    return FALSE;
  draw_samples (loop);
  return train->checkpoint_every == 0
      || state->step % train->checkpoint_every != 0
      || settle (loop, save (loop, error), error);
}

/* What the user reads at the end of a run that is saved. */
static gchar *
closing_words (const Loop *loop)
{
  const gchar *run = loop->points.run;

  if (loop->state->step >= (guint64) loop->config->train.steps)
    return g_strdup_printf ("done: %s/final.safetensors", run);
  if (nf_validation_exhausted (loop->validation, loop->state))
    return g_strdup_printf ("ended early, no validation was better than that "
                            "of best.safetensors: %s/final.safetensors",
        run);
  return g_strdup_printf ("interrupted, saved at step %" G_GUINT64_FORMAT
                          "; continue with --resume --run %s",
      loop->state->step, run);
}

static gboolean
is_over (const Loop *loop)
{
  return loop->state->step >= (guint64) loop->config->train.steps
      || nf_validation_exhausted (loop->validation, loop->state);
}

/* Steps until the last one, or until the user interrupts. */
static gboolean
do_steps (Loop *loop, GError **error)
{
  g_autofree gchar *message = NULL;

  if (!nf_parallel_connect (
          loop->setup->parallel, loop->task->params->device, error)
      || !validate (loop, error))
    return FALSE;
  while (!nf_parallel_any (
      loop->setup->parallel, is_over (loop) || nf_interrupt_requested ()))
    if (!do_step (loop, error))
      return FALSE;
  if (!settle (loop, save (loop, error), error))
    return FALSE;
  message = closing_words (loop);
  if (!settle (loop,
          !is_over (loop) || !nf_parallel_is_first (loop->setup->parallel)
              || nf_savepoint_write_final (&loop->points, loop->state, error),
          error))
    return FALSE;
  nf_progress_message (loop->progress, message);
  return TRUE;
}

/* Saves a run that an error ends, and says so. */
static void
save_after_error (Loop *loop, const GError *cause, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autofree gchar *rest = NULL;

  if (loop->state->sound && !loop->save_failed)
    save (loop, &problem);
  if (problem)
    rest = g_strdup_printf (
        "; the run could not be saved either: %s; ", problem->message);
  if (loop->saved_step != G_MAXUINT64)
    g_set_error (error, cause->domain, cause->code,
        "%s%sthe run is saved at step %" G_GUINT64_FORMAT
        ", continue with --resume --run %s",
        cause->message, rest ? rest : "; ", loop->saved_step, loop->points.run);
  else
    g_set_error (error, cause->domain, cause->code, "%s%s", cause->message,
        rest ? rest : "");
}

/* Steps; if an error ends them, what is there is saved. */
static gboolean
run_steps (Loop *loop, GError **error)
{
  g_autoptr (GError) cause = NULL;

  tell_bad_clips (loop);
  if (do_steps (loop, &cause))
    return TRUE;
  save_after_error (loop, cause, error);
  return FALSE;
}

/* Takes weights from a file, and says which. */
static gboolean
begin_warm (Loop *loop, GError **error)
{
  const gchar *init = loop->setup->init;
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

/* Whether this process sees the clips that the first one sees. */
static gboolean
check_same_data (const Loop *loop, GError **error)
{
  const gchar *mine = loop->task->data_id ? loop->task->data_id : "";
  gchar first[256] = "";

  g_strlcpy (first, mine, sizeof first);
  nf_parallel_broadcast (loop->setup->parallel, first, sizeof first);
  if (strncmp (first, mine, sizeof first - 1) == 0)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "%s holds other clips here than on the machine of process 1; all "
      "machines must see the same data",
      loop->config->data.path);
  return FALSE;
}

/* Whether a resumed run has the clips that it began with, where both are known,
 * or may have others. */
static gboolean
check_data (const Loop *loop, GError **error)
{
  const gchar *now = loop->task->data_id, *then = loop->state->data;

  if (!now || !then || g_str_equal (now, then) || loop->setup->other_data)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "--resume: %s holds other clips than those that the run began with, by "
      "their names, numbers of frames, sizes or files; give the ones that it "
      "began with, or --other-data to go on with these",
      loop->config->data.path);
  return FALSE;
}

/* Fresh parameters. */
static gboolean
begin (Loop *loop, GError **error)
{
  const NfConfigTrain *train = &loop->config->train;
  NfParams *params = loop->task->params;

  return nf_params_reset (params, train->seed, error)
      && (!loop->setup->init || begin_warm (loop, error))
      && (train->ema_rate == 0 || nf_params_start_ema (params, error));
}

static gboolean
resume (Loop *loop, GError **error)
{
  if (!nf_savepoint_clean (&loop->points, error)
      || !nf_savepoint_read_newest (
          &loop->points, loop->state, &loop->note, error)
      || !check_data (loop, error))
    return FALSE;
  loop->saved_step = loop->state->step;
  return TRUE;
}

/* Fresh parameters, or those of the newest savepoint, which the first process
 * reads for all. */
static gboolean
prepare_state (Loop *loop, GError **error)
{
  NfParallel *parallel = loop->setup->parallel;
  NfParams *params = loop->task->params;
  gboolean ok;

  loop->saved_step = G_MAXUINT64;
  loop->state = nf_train_state_new (params, error);
  ok = loop->state
      && (loop->setup->resume && nf_parallel_is_first (parallel)
              ? resume (loop, error)
              : begin (loop, error));
  if (!settle (loop, ok, error)
      || !nf_train_state_tell (loop->state, parallel, error)
      || !settle (loop, check_same_data (loop, error), error))
    return FALSE;
  g_free (loop->state->data);
  loop->state->data = g_strdup (loop->task->data_id);
  nf_params_set_trainable (params, TRUE);
  return TRUE;
}

static void
start_progress (Loop *loop)
{
  const NfConfigTrain *train = &loop->config->train;
  g_autofree gchar *note = nf_validation_note (loop->validation);

  loop->progress = nf_progress_new (
      loop->setup->log, loop->state->step, train->steps, train->log_every);
  nf_progress_set_epoch (loop->progress,
      (gdouble) loop->task->epoch_samples
          / (train->accumulate * train->batch_size));
  if (note)
    nf_progress_message (loop->progress, note);
  if (loop->note)
    nf_progress_message (loop->progress, loop->note);
  if (loop->no_pictures)
    warn (loop, "no pictures of samples", loop->no_pictures);
}

/* Makes the folder, which nobody else writes to then. */
static gboolean
prepare_folder (Loop *loop, GError **error)
{
  const gchar *run = loop->setup->run;

  if (!nf_parallel_is_first (loop->setup->parallel))
    return TRUE;
  if (!nf_run_folder_find (run, loop->setup->resume, error))
    return FALSE;
  loop->lock = nf_file_lock_folder (run, "nextframe-train", error);
  if (loop->lock < 0
      || !nf_run_folder_prepare (run, loop->setup->resume, error))
    return FALSE;
  nf_file_remove_leftovers (run);
  return TRUE;
}

/* Opens the files that numbers go to while the run goes on. */
static gboolean
open_metrics (Loop *loop, GError **error)
{
  const gchar *run = loop->setup->run;
  g_autofree gchar *path = g_build_filename (run, "metrics.jsonl", NULL);

  loop->metrics = nf_metrics_open (path, loop->state->step, error);
  if (!loop->metrics)
    return FALSE;
  if (!loop->config->watch.tensorboard)
    return TRUE;
  loop->events = nf_event_file_open (run, loop->state->step, error);
  nf_metrics_set_events (loop->metrics, loop->events);
  return loop->events != NULL;
}

/* Clips that no picture can be made of are no reason not to train. */
static void
open_pictures (Loop *loop)
{
  g_autoptr (GError) error = NULL;

  loop->pictures = nf_sample_pictures_new (loop->task, loop->config, &error);
  if (error)
    loop->no_pictures = g_strdup (error->message);
}

/* What checkpoints say of the run. */
static void
add_facts (NfTask *task, const NfConfigTrain *train)
{
  nf_task_add_fact (task, "seed", "%" G_GINT64_FORMAT, train->seed);
  nf_task_add_fact (task, "batch-size", "%" G_GINT64_FORMAT, train->batch_size);
  if (train->accumulate > 1)
    nf_task_add_fact (
        task, "accumulate", "%" G_GINT64_FORMAT, train->accumulate);
  nf_task_add_fact (task, "ema-rate", "%g", train->ema_rate);
}

/**
 * nf_loop_run:
 * @task: what to train
 * @config: the settings
 * @setup: where, and from what on
 * @error: return location
 *
 * Trains until the last step or until the user interrupts, which is no error,
 * and validates now and then.
 */
gboolean
nf_loop_run (NfTask *task, const NfTrainConfig *config,
    const NfLoopSetup *setup, GError **error)
{
  g_autoptr (JsonObject) json = nf_train_config_to_json (config);
  g_autofree gchar *ini = g_build_filename (setup->run, "config.ini", NULL);
  Loop loop = { .task = task, .config = config, .setup = setup, .lock = -1 };
  const NfMatmulPrecision precision = nf_matmul_precision_get ();
  gboolean ok;

  loop.points = (NfSavepoints){ .run = setup->run,
    .arch = task->arch,
    .config = json,
    .facts = task->facts,
    .keep = config->train.keep,
    .ema = config->train.ema_rate > 0,
    .final_type = g_str_equal (config->train.store, "bf16")
        ? NF_SAFETENSORS_BF16
        : NF_SAFETENSORS_F32 };
  add_facts (task, &config->train);
  nf_matmul_precision_set (nf_train_config_matmul_precision (config));
  task->parallel = setup->parallel;
  loop.validation = nf_validation_new (task, config, error);
  if (loop.validation)
    open_pictures (&loop);
  ok = settle (&loop, loop.validation && prepare_folder (&loop, error), error)
      && prepare_state (&loop, error)
      && settle (&loop,
          !nf_parallel_is_first (setup->parallel)
              || (nf_train_config_save (config, ini, error)
                  && open_metrics (&loop, error)),
          error);
  if (ok) {
    start_progress (&loop);
    ok = run_steps (&loop, error);
  }
  nf_progress_free (loop.progress);
  nf_metrics_close (loop.metrics);
  nf_event_file_close (loop.events);
  nf_sample_pictures_free (loop.pictures);
  nf_validation_free (loop.validation);
  nf_train_state_free (loop.state);
  if (loop.lock >= 0)
    close (loop.lock);
  g_free (loop.note);
  g_free (loop.no_pictures);
  nf_matmul_precision_set (precision);
  return ok;
}
