/* SPDX-License-Identifier: MIT
 *
 * validate — judges a run by clips that it is not trained on */
#include "train/validate.h"
#include "data/trainclips.h"
#include <nextframe/core/threads/nfthreads.h>

#include <math.h>

/* Some samples of one clip, scored at once. */
typedef struct
{
  guint64 clip;
  guint first, n;
} Batch;

struct _NfValidation
{
  NfTask *task;
  const NfTrainConfig *config;
  NfClipSource *source; /* NULL: there is nothing to validate by */
  GArray *batches; /* Batch, clip after clip */
  guint first, end; /* batches of this process; equal: none */
  guint batch_size; /* room in each */
};

/* What a validation found. */
typedef struct
{
  gdouble loss; /* mean of all samples */
  NfScores scores; /* of masks, where the task has some */
} Found;

/* What was counted, by all processes in the end; each number comes from one of
 * them, so that sums are exact. */
typedef struct
{
  gdouble *losses; /* one a batch */
  gdouble *counts; /* one a pair of classes, clip after clip; NULL: no masks */
} Counted;

static void
counted_clear (Counted *counted)
{
  g_free (counted->losses);
  g_free (counted->counts);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Counted, counted_clear)

/* Cuts the clips' samples into batches; whole clips are a process's own. */
static void
plan_batches (NfValidation *self)
{
  const NfTaskJudge *judge = self->task->judge;
  const guint n_clips = nf_clip_source_n_clips (self->source);
  guint most = self->config->train.batch_size;
  guint64 own, end;

  nf_share_range (&self->config->share, n_clips, &own, &end);
  for (guint i = 0; i < n_clips; i++) {
    guint n = judge->n_samples (
        self->task, nf_clip_source_n_frames (self->source, i));

    if (i == own)
      self->first = self->batches->len;
    for (guint first = 0; first < n; first += most) {
      Batch batch = { .clip = i, .first = first, .n = MIN (most, n - first) };

      g_array_append_val (self->batches, batch);
      self->batch_size = MAX (self->batch_size, batch.n);
    }
    if (i + 1 == end && own < end)
      self->end = self->batches->len;
  }
}

/**
 * nf_validation_new:
 * @task: what is trained
 * @config: settings, outliving the validation; the frames' size is resolved
 * @error: return location; says how to train without validation
 *
 * Looks for clips to validate by. That there are none is no error.
 *
 * Returns: (transfer full) (nullable): when and how a run is judged
 */
NfValidation *
nf_validation_new (NfTask *task, const NfTrainConfig *config, GError **error)
{
  g_autoptr (NfValidation) self = g_new0 (NfValidation, 1);
  const NfTaskJudge *judge = task->judge;

  self->task = task;
  self->config = config;
  self->batches = g_array_new (FALSE, FALSE, sizeof (Batch));
  if (!judge || config->validate.every == 0)
    return g_steal_pointer (&self);
  if (!nf_train_clips_open_held_out (config, judge->masks, &self->source, error)
      || (self->source && judge->check
          && !judge->check (task, self->source, error))) {
    g_prefix_error (error, "validation (validate.every=0 trains without it): ");
    return NULL;
  }
  if (self->source)
    plan_batches (self);
  return g_steal_pointer (&self);
}

/**
 * nf_validation_free:
 * @validation: (transfer full) (nullable): a validation
 */
void
nf_validation_free (NfValidation *validation)
{
  if (!validation)
    return;
  nf_clip_source_free (validation->source);
  g_array_unref (validation->batches);
  g_free (validation);
}

/**
 * nf_validation_note:
 * @validation: a validation
 *
 * Returns: (transfer full) (nullable): a line that reports it, or why
 *   there is none where the settings want one
 */
gchar *
nf_validation_note (const NfValidation *validation)
{
  const NfTrainConfig *config = validation->config;
  const gchar *path = config->data.path;
  const NfClipSourceClass *kind = nf_clip_source_kind (path);

  if (config->validate.every == 0 || !validation->task->judge)
    return NULL;
  if (!validation->source)
    return g_strdup_printf (
        "no validation: %s has no %s", path, kind->no_held_out);
  return g_strdup_printf ("validation: every %" G_GINT64_FORMAT
                          " steps, %u clips %s",
      config->validate.every, nf_clip_source_n_clips (validation->source),
      kind->held_out);
}

/**
 * nf_validation_due:
 * @validation: a validation
 * @state: of the run
 *
 * Returns: whether it is time for it: at every multiple of validate.every and
 *   at the last step, once
 */
gboolean
nf_validation_due (const NfValidation *validation, const NfTrainState *state)
{
  const NfTrainConfig *config = validation->config;

  return validation->source && state->step > 0
      && state->validated != state->step
      && (state->step % config->validate.every == 0
          || state->step == (guint64) config->train.steps);
}

/* Makes a sample of a batch; where a batch has fewer than there is room for,
 * the rest stays as it is. */
static gboolean
load_sample (gconstpointer data, NfClipReader *reader, guint64 sample,
    guint64 item, guint8 *const parts[], GError **error)
{
  const NfValidation *self = data;
  const Batch *batch = &g_array_index (
      self->batches, Batch, sample / self->batch_size + self->first);
  guint place = sample % self->batch_size;

  return place >= batch->n
      || self->task->judge->load (
          self->task, reader, batch->clip, batch->first + place, parts, error);
}

static NfLoader *
start_loader (NfValidation *self, GError **error)
{
  NfLoaderSetup setup = { .load = load_sample, .task = self };

  for (guint i = 0; i < NF_LOADER_PARTS; i++)
    setup.part_bytes[i] = nf_task_judge_bytes (self->task, i);
  setup.batch_size = self->batch_size;
  setup.n_samples = (guint64) (self->end - self->first) * self->batch_size;
  setup.threads = nf_threads_get ();
  return nf_loader_new (self->source, &setup, error);
}

/* Whether the next batch is of another clip, or there is none. */
static gboolean
ends_clip (const NfValidation *self, guint i)
{
  return i + 1 == self->batches->len
      || g_array_index (self->batches, Batch, i + 1).first == 0;
}

/* How many counts a clip has. */
static gsize
n_counts (const NfValidation *self)
{
  return (gsize) self->config->segment.classes * self->config->segment.classes;
}

static gboolean
counted_init (const NfValidation *self, Counted *counted, GError **error)
{
  counted->losses = g_new0 (gdouble, self->batches->len);
  if (!self->task->judge->masks)
    return TRUE;
  counted->counts = g_try_new0 (
      gdouble, n_counts (self) * nf_clip_source_n_clips (self->source));
  if (counted->counts)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
      "not enough memory for the counts of pixels of %u clips; lower "
      "validate.clips",
      nf_clip_source_n_clips (self->source));
  return FALSE;
}

/* The counts of a clip that is done. */
static void
take_counts (const NfValidation *self, const NfScoreboard *board, guint64 clip,
    Counted *counted)
{
  const NfConfusion *counts = nf_scoreboard_get_clip (board);
  gdouble *to = counted->counts + n_counts (self) * clip;

  for (gsize i = 0; i < n_counts (self); i++)
    to[i] = (gdouble) counts->counts[i];
}

/* Runs the second network over the clips of this process. Where the user
 * interrupts, @done stays FALSE. */
static gboolean
judge_own_clips (NfValidation *self, NfProgress *progress, Counted *counted,
    gboolean *done, GError **error)
{
  const NfTaskJudge *judge = self->task->judge;
  g_autoptr (NfLoader) loader = NULL;
  g_autoptr (NfScoreboard) board = judge->masks
      ? nf_scoreboard_new (self->config->segment.classes, FALSE)
      : NULL;

  if (self->first < self->end && !(loader = start_loader (self, error)))
    return FALSE;
  for (guint i = self->first; i < self->end; i++) {
    const Batch *batch = &g_array_index (self->batches, Batch, i);
    const guint64 sample = (guint64) (i - self->first) * self->batch_size;
    const guint8 *parts[NF_LOADER_PARTS];

    if (nf_interrupt_requested ())
      return TRUE;
    if (!nf_loader_get (loader, sample, parts, error)
        || !judge->score (self->task, batch->clip, batch->first, batch->n,
            parts, board, &counted->losses[i], error))
      return FALSE;
    if (!ends_clip (self, i))
      continue;
    if (board) {
      take_counts (self, board, batch->clip, counted);
      nf_scoreboard_end_clip (board, NULL);
    }
    nf_progress_aside (progress, "validation", "clip", batch->clip + 1,
        nf_clip_source_n_clips (self->source));
  }
  *done = TRUE;
  return TRUE;
}

/* The scores of all clips. */
static NfScores
score_clips (const NfValidation *self, const Counted *counted)
{
  const guint classes = self->config->segment.classes;
  g_autoptr (NfScoreboard) board = nf_scoreboard_new (classes, FALSE);
  g_autoptr (NfConfusion) clip = nf_confusion_new (classes);

  for (guint i = 0; i < nf_clip_source_n_clips (self->source); i++) {
    for (gsize k = 0; k < n_counts (self); k++)
      clip->counts[k] = (guint64) counted->counts[n_counts (self) * i + k];
    nf_scoreboard_add_counts (board, clip, 1, 0);
    nf_scoreboard_end_clip (board, NULL);
  }
  return nf_scoreboard_get_scores (board);
}

/* The mean loss of all samples. */
static gdouble
mean_loss (const NfValidation *self, const Counted *counted)
{
  guint64 samples = 0;
  gdouble sum = 0;

  for (guint i = 0; i < self->batches->len; i++) {
    const guint n = g_array_index (self->batches, Batch, i).n;

    sum += counted->losses[i] * n;
    samples += n;
  }
  return sum / samples;
}

/* Runs the second network over all clips, each in one of the processes. Where
 * the user interrupts, @done stays FALSE. */
static gboolean
judge_clips (NfValidation *self, NfProgress *progress, Found *found,
    gboolean *done, GError **error)
{
  NfParallel *parallel = self->task->parallel;
  g_auto (Counted) counted = { NULL };
  gboolean mine = FALSE;

  if (!nf_parallel_settle (parallel,
          counted_init (self, &counted, error)
              && judge_own_clips (self, progress, &counted, &mine, error),
          error))
    return FALSE;
  *done = !nf_parallel_any (parallel, !mine);
  if (!*done)
    return TRUE;
  nf_parallel_sum (parallel, counted.losses, self->batches->len);
  found->loss = mean_loss (self, &counted);
  if (!counted.counts)
    return TRUE;
  nf_parallel_sum (parallel, counted.counts,
      n_counts (self) * nf_clip_source_n_clips (self->source));
  found->scores = score_clips (self, &counted);
  return TRUE;
}

/**
 * nf_validation_exhausted:
 * @validation: a validation
 * @state: of the run
 *
 * Returns: whether as many validations as `validate.patience` says, and not 0,
 *   have passed since the best one
 */
gboolean
nf_validation_exhausted (
    const NfValidation *validation, const NfTrainState *state)
{
  const NfConfigValidate *config = &validation->config->validate;

  return config->patience > 0 && state->best_step > 0
      && state->validated - state->best_step
      >= (guint64) config->patience * config->every;
}

/* Judges the weights as they are, with a network that is there meanwhile. */
static gboolean
judge_weights (NfValidation *self, NfProgress *progress, Found *found,
    gboolean *done, GError **error)
{
  gboolean ok = nf_parallel_settle (self->task->parallel,
                    nf_task_begin_judging (self->task, error), error)
      && judge_clips (self, progress, found, done, error);

  self->task->judge->end (self->task);
  return ok;
}

/* Whether a value is better than all before it. NaN never is. */
static gboolean
is_best (const NfValidation *self, const NfTrainState *state, gdouble value)
{
  if (state->best_step == 0)
    return isfinite (value);
  return self->task->judge->masks ? value > state->best : value < state->best;
}

static gboolean
write_metrics (const NfValidation *self, const Found *found, guint64 step,
    NfMetrics *metrics, GError **error)
{
  const NfMetric values[] = {
    { "validation-loss", found->loss },
    { "validation-jaccard", found->scores.jaccard },
    { "validation-mean-clip-jaccard", found->scores.mean_clip_jaccard },
  };

  return nf_metrics_write (metrics, step, values,
      self->task->judge->masks ? G_N_ELEMENTS (values) : 1, error);
}

static void
report (const NfValidation *self, const Found *found, const NfTrainState *state,
    NfProgress *progress)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_printf (text, "validation at step %" G_GUINT64_FORMAT ": loss %.5g",
      state->step, found->loss);
  if (self->task->judge->masks)
    g_string_append_printf (text, ", Jaccard %.4f, mean of clips %.4f",
        found->scores.jaccard, found->scores.mean_clip_jaccard);
  if (state->best_step == state->step)
    g_string_append (text, ", the best so far");
  else if (state->best_step > 0)
    g_string_append_printf (text, ", best %.5g at step %" G_GUINT64_FORMAT,
        state->best, state->best_step);
  nf_progress_message (progress, text->str);
}

/**
 * nf_validation_run:
 * @validation: a validation that is due
 * @points: where the best checkpoint goes
 * @state: of the run; notes the validation and the best one
 * @metrics: (nullable): gets a line; NULL where another process writes it
 * @progress: gets a line
 * @error: return location
 *
 * Judges the network by the pooled Jaccard index of its masks, the larger the
 * better, or where it has none by its loss. Where the user interrupts, nothing
 * is noted, and the validation is due again.
 */
gboolean
nf_validation_run (NfValidation *validation, const NfSavepoints *points,
    NfTrainState *state, NfMetrics *metrics, NfProgress *progress,
    GError **error)
{
  const gboolean masks = validation->task->judge->masks;
  NfParallel *parallel = validation->task->parallel;
  gboolean done = FALSE;
  Found found = { 0 };
  gdouble value;

  if (!judge_weights (validation, progress, &found, &done, error))
    return FALSE;
  if (!done)
    return TRUE;
  value = masks ? found.scores.jaccard : found.loss;
  if (is_best (validation, state, value)) {
    if (validation->config->validate.best
        && !nf_parallel_settle (parallel,
            !nf_parallel_is_first (parallel)
                || nf_savepoint_write_best (points, state,
                    masks ? "validation-jaccard" : "validation-loss", value,
                    error),
            error))
      return FALSE;
    state->best = value;
    state->best_step = state->step;
  }
  state->validated = state->step;
  report (validation, &found, state, progress);
  return nf_parallel_settle (parallel,
      !nf_parallel_is_first (parallel)
          || write_metrics (validation, &found, state->step, metrics, error),
      error);
}
