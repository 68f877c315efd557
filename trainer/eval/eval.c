/* SPDX-License-Identifier: MIT
 *
 * eval — the subcommand that judges networks on clips with masks
 *
 * For each clip, every row of the table predicts masks, and their scores are
 * added to the row's total. */
#include "eval/eval.h"
#include "config.h"
#include <nextframe/core/threads/nfthreads.h>
#include "eval/data.h"
#include "eval/html.h"
#include "eval/pictures.h"
#include "eval/state.h"
#include "eval/table.h"
#include "io/nfjson.h"
#include "train/report.h"

#include <gst/gst.h>

#define REPORT_JSON "report.json"
#define REPORT_HTML "report.html"

typedef struct
{
  const NfEvalOptions *options;
  NfClipSource *source;
  NfEvalModels *models;
  JsonObject *settings;
  GPtrArray *rows; /* NfEvalRow, of the table */
  GPtrArray *totals; /* NfEvalTotal, one a row */
  GPtrArray *marks; /* NfEvalMarks, one a row: of one clip */
  GPtrArray *names; /* of the clips that are done */
  NfEvalState *state; /* NULL: nothing is kept */
  guint first, n; /* clips, of the part that is done */
} Eval;

static void
eval_clear (Eval *eval)
{
  g_clear_pointer (&eval->state, nf_eval_state_free);
  g_clear_pointer (&eval->names, g_ptr_array_unref);
  g_clear_pointer (&eval->marks, g_ptr_array_unref);
  g_clear_pointer (&eval->totals, g_ptr_array_unref);
  g_clear_pointer (&eval->rows, g_ptr_array_unref);
  g_clear_pointer (&eval->settings, json_object_unref);
  g_clear_pointer (&eval->models, nf_eval_models_free);
  g_clear_pointer (&eval->source, nf_clip_source_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Eval, eval_clear)

static void
describe_rows (Eval *eval)
{
  JsonArray *names = json_array_new ();

  for (guint i = 0; i < eval->rows->len; i++) {
    const NfEvalRow *row = eval->rows->pdata[i];

    json_array_add_string_element (names, row->name);
    g_ptr_array_add (eval->totals, nf_eval_total_new (row));
    g_ptr_array_add (eval->marks, nf_eval_marks_new ());
  }
  json_object_set_array_member (eval->settings, "rows", names);
  json_object_set_boolean_member (
      eval->settings, "curve", eval->options->curve);
}

static gboolean
eval_open (Eval *eval, GError **error)
{
  guint64 first, end;

  eval->settings = json_object_new ();
  json_object_set_string_member (eval->settings, "program", NF_VERSION);
  eval->names = g_ptr_array_new_with_free_func (g_free);
  eval->marks =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_eval_marks_free);
  eval->totals =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_eval_total_free);
  eval->rows = nf_eval_rows_choose (eval->options, error);
  if (!eval->rows)
    return FALSE;
  eval->source = nf_eval_data_open (eval->options, eval->settings, error);
  if (!eval->source)
    return FALSE;
  eval->models = nf_eval_models_load (&eval->options->networks,
      nf_eval_rows_needs (eval->rows), eval->options->only != NULL, error);
  if (!eval->models)
    return FALSE;
  if (!eval->options->only && nf_eval_models_predictor (eval->models)
      && !nf_eval_predictor_takes_guide (
          nf_eval_models_predictor (eval->models)))
    nf_eval_rows_leave_out (eval->rows);
  nf_eval_models_describe (eval->models, eval->settings);
  describe_rows (eval);
  nf_share_range (&eval->options->share, nf_clip_source_n_clips (eval->source),
      &first, &end);
  eval->first = first;
  eval->n = end - first;
  return TRUE;
}

static void
add_marks (Eval *eval, const gchar *name, const GPtrArray *marks)
{
  for (guint i = 0; i < eval->rows->len; i++)
    nf_eval_total_add (eval->totals->pdata[i], marks->pdata[i]);
  g_ptr_array_add (eval->names, g_strdup (name));
}

/* Takes a clip that is done already, if it is the one that is there now. */
static gboolean
take_done (gpointer data, guint number, const gchar *name,
    const GPtrArray *marks, GError **error)
{
  Eval *eval = data;
  g_autofree gchar *now =
      nf_clip_source_clip_name (eval->source, eval->first + number);

  if (!g_str_equal (name, now)) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "clip %u was %s and is %s now", number, name, now);
    return FALSE;
  }
  add_marks (eval, name, marks);
  return TRUE;
}

static gboolean
open_state (Eval *eval, GError **error)
{
  if (!eval->options->out)
    return TRUE;
  eval->state = nf_eval_state_open (eval->options->out, &eval->options->share,
      eval->settings, eval->rows, eval->marks, error);
  return eval->state
      && nf_eval_state_replay (eval->state, eval->n, eval->rows, eval->marks,
          take_done, eval, error);
}

/* Every row's marks of a clip. Where the user interrupts, @done stays FALSE. */
static gboolean
judge_clip (Eval *eval, NfEvalClip *clip, guint number, NfEvalOutput *output,
    gboolean *done, GError **error)
{
  g_autofree gchar *name = nf_clip_source_clip_name (eval->source, number);

  if (eval->state
      && !nf_eval_state_find (
          eval->state, name, eval->rows, eval->marks, done, error))
    return FALSE;
  if (*done)
    return TRUE;
  if (!nf_eval_clip_open (clip, number, error))
    return FALSE;
  for (guint i = 0; i < eval->rows->len; i++) {
    if (nf_interrupt_requested ())
      return TRUE;
    if (!nf_eval_row_run (
            eval->rows->pdata[i], clip, eval->options->curve, output, error))
      return FALSE;
    nf_eval_marks_take (eval->marks->pdata[i], clip, output);
  }
  *done = TRUE;
  return TRUE;
}

static gboolean
judge_clips (Eval *eval, NfProgress *progress, GError **error)
{
  g_autoptr (NfEvalClip) clip = nf_eval_clip_new (eval->source, eval->models);
  g_autoptr (NfEvalOutput) output = nf_eval_output_new ();

  while (eval->names->len < eval->n) {
    const guint number = eval->first + eval->names->len;
    g_autofree gchar *name = nf_clip_source_clip_name (eval->source, number);
    gboolean done = FALSE;

    if (!judge_clip (eval, clip, number, output, &done, error))
      return FALSE;
    if (!done)
      break;
    if (eval->state
        && !nf_eval_state_add (
            eval->state, name, eval->rows, eval->marks, error))
      return FALSE;
    add_marks (eval, name, eval->marks);
    nf_progress_clip (progress, eval->names->len);
  }
  return !eval->state || nf_eval_state_sync (eval->state, error);
}

static gboolean
write_html (const Eval *eval, JsonObject *figures, GError **error)
{
  g_autoptr (NfEvalClip) clip = nf_eval_clip_new (eval->source, eval->models);
  g_autoptr (GPtrArray) shown =
      nf_eval_pictures_make (eval->totals, clip, error);

  return shown
      && nf_eval_state_write (
          eval->state, REPORT_HTML, nf_eval_html (figures, shown), error);
}

static void
report_end (const Eval *eval, NfProgress *progress)
{
  g_autofree gchar *text = NULL;

  if (eval->names->len < eval->n)
    text =
        g_strdup_printf ("interrupted after %u of %u clips%s", eval->names->len,
            eval->n, eval->state ? "; the same command goes on" : "");
  else if (nf_share_is_part (&eval->options->share))
    text = g_strdup_printf ("part %u of %u is done; once all are, the same "
                            "command without --shard reports",
        eval->options->share.index + 1, eval->options->share.count);
  else if (eval->state)
    text = g_strdup_printf (
        "done: %s/" REPORT_JSON " and " REPORT_HTML, eval->options->out);
  if (text)
    nf_progress_message (progress, text);
}

/* Prints the table and writes the reports; the one with pictures once all clips
 * are done. */
static gboolean
report (const Eval *eval, NfProgress *progress, GError **error)
{
  gboolean part = nf_share_is_part (&eval->options->share);
  gboolean complete = !part && eval->names->len == eval->n;
  g_autoptr (JsonObject) figures =
      nf_eval_figures_new (eval->totals, eval->names, eval->settings, complete);
  g_autofree gchar *table = nf_eval_table (figures);

  if (eval->state && !part
      && (!nf_eval_state_write (eval->state, REPORT_JSON,
              nf_json_object_to_string (figures), error)
          || (complete && !write_html (eval, figures, error))))
    return FALSE;
  report_end (eval, progress);
  if (!part)
    g_print ("%s, %u of %u clips\n\n%s", eval->options->data, eval->names->len,
        eval->n, table);
  return TRUE;
}

/* What every part of an evaluation is made with. */
typedef struct
{
  const NfEvalOptions *options;
  FILE *log;
} Job;

/* Evaluates the part that the options name. */
static gboolean
evaluate (gpointer data, GError **error)
{
  const Job *job = data;
  g_auto (Eval) eval = { job->options };
  g_autoptr (NfProgress) progress = NULL;

  if (!eval_open (&eval, error) || !open_state (&eval, error))
    return FALSE;
  progress = nf_progress_new (
      job->log, eval.names->len, eval.n, MAX (1, eval.n / 100));
  if (eval.names->len > 0) {
    g_autofree gchar *text = g_strdup_printf (
        "%u of %u clips are there from before", eval.names->len, eval.n);

    nf_progress_message (progress, text);
  }
  return judge_clips (&eval, progress, error)
      && report (&eval, progress, error);
}

/* Evaluates, in one process or as one of several. */
static gboolean
evaluate_all (NfEvalOptions *options, NfParallel *parallel, GError **error)
{
  Job job = { options, nf_parallel_log (parallel) };

  if (nf_parallel_ranks (parallel) > 1 && !options->out) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "several processes: give --out FOLDER, where they keep what they do");
    return FALSE;
  }
  nf_eval_network_options_set_process (&options->networks, parallel);
  nf_interrupt_install ();
  return nf_parallel_do_parts (
      parallel, &options->share, evaluate, &job, nf_interrupt_requested, error);
}

/**
 * nf_eval_main:
 * @argc: words in @argv
 * @argv: the command line from the subcommand's name on
 * @error: return location
 *
 * Judges as the command line says, together with others where mpirun or srun
 * started several processes. Being interrupted is no error.
 */
gboolean
nf_eval_main (gint argc, gchar **argv, GError **error)
{
  g_autofree gchar *help = nf_eval_rows_help (0);
  g_autoptr (NfEvalOptions) options =
      nf_eval_options_parse (argc, argv, help, error);
  g_autoptr (NfParallel) parallel = NULL;

  if (!options || !gst_init_check (NULL, NULL, error)
      || !nf_parallel_join (&parallel, error))
    return FALSE;
  nf_threads_set (options->networks.threads);
  return nf_parallel_end (
      parallel, evaluate_all (options, parallel, error), error);
}
