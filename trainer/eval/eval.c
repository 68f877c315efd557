/* SPDX-License-Identifier: MIT
 *
 * eval — the subcommand that judges networks on clips with masks
 *
 * Clip after clip, every row of the table predicts masks, and what it has of
 * the truth goes into its total. */
#include "eval/eval.h"
#include "core/threads/nfthreads.h"
#include "eval/data.h"
#include "eval/html.h"
#include "eval/pictures.h"
#include "eval/table.h"
#include "io/nffile.h"
#include "io/nfjson.h"
#include "train/report.h"

#include <gst/gst.h>
#include <string.h>

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
  GPtrArray *names; /* of the clips that are done */
} Eval;

static void
eval_clear (Eval *eval)
{
  g_clear_pointer (&eval->names, g_ptr_array_unref);
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
  }
  json_object_set_array_member (eval->settings, "rows", names);
  json_object_set_boolean_member (
      eval->settings, "curve", eval->options->curve);
}

static gboolean
eval_open (Eval *eval, GError **error)
{
  eval->settings = json_object_new ();
  eval->names = g_ptr_array_new_with_free_func (g_free);
  eval->totals =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_eval_total_free);
  eval->rows = nf_eval_rows_choose (eval->options, error);
  if (!eval->rows)
    return FALSE;
  eval->source = nf_eval_data_open (eval->options, eval->settings, error);
  if (!eval->source)
    return FALSE;
  eval->models = nf_eval_models_load (
      eval->options, nf_eval_rows_needs (eval->rows), error);
  if (!eval->models)
    return FALSE;
  nf_eval_models_describe (eval->models, eval->settings);
  describe_rows (eval);
  return TRUE;
}

/* Every row's marks of an open clip. Where the user interrupts, @done stays
 * FALSE. */
static gboolean
judge_clip (Eval *eval, NfEvalClip *clip, NfEvalOutput *output,
    GPtrArray *marks, gboolean *done, GError **error)
{
  for (guint i = 0; i < eval->rows->len; i++) {
    if (nf_interrupt_requested ())
      return TRUE;
    if (!nf_eval_row_run (
            eval->rows->pdata[i], clip, eval->options->curve, output, error))
      return FALSE;
    nf_eval_marks_take (marks->pdata[i], clip, output);
  }
  *done = TRUE;
  return TRUE;
}

static void
add_marks (Eval *eval, const gchar *name, const GPtrArray *marks)
{
  for (guint i = 0; i < eval->rows->len; i++)
    nf_eval_total_add (eval->totals->pdata[i], marks->pdata[i]);
  g_ptr_array_add (eval->names, g_strdup (name));
}

static gboolean
judge_clips (Eval *eval, NfProgress *progress, GError **error)
{
  g_autoptr (NfEvalClip) clip = nf_eval_clip_new (eval->source, eval->models);
  g_autoptr (NfEvalOutput) output = nf_eval_output_new ();
  g_autoptr (GPtrArray) marks =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_eval_marks_free);
  guint n = nf_clip_source_n_clips (eval->source);

  for (guint i = 0; i < eval->rows->len; i++)
    g_ptr_array_add (marks, nf_eval_marks_new ());
  while (eval->names->len < n) {
    gboolean done = FALSE;

    if (!nf_eval_clip_open (clip, eval->names->len, error)
        || !judge_clip (eval, clip, output, marks, &done, error))
      return FALSE;
    if (!done)
      return TRUE;
    add_marks (eval, clip->name, marks);
    nf_progress_clip (progress, eval->names->len);
  }
  return TRUE;
}

/* Takes @text. */
static gboolean
write_file (const Eval *eval, const gchar *name, gchar *text, GError **error)
{
  g_autofree gchar *path = g_build_filename (eval->options->out, name, NULL);
  g_autoptr (GBytes) content = g_bytes_new_take (text, strlen (text));

  return nf_file_replace (path, content, error);
}

static gboolean
write_html (const Eval *eval, JsonObject *figures, GError **error)
{
  g_autoptr (NfEvalClip) clip = nf_eval_clip_new (eval->source, eval->models);
  g_autoptr (GPtrArray) shown =
      nf_eval_pictures_make (eval->totals, clip, error);

  return shown
      && write_file (eval, REPORT_HTML, nf_eval_html (figures, shown), error);
}

/* Prints the table and writes the reports; the one with pictures once all clips
 * are done. */
static gboolean
report (const Eval *eval, GError **error)
{
  guint n = nf_clip_source_n_clips (eval->source);
  gboolean complete = eval->names->len == n;
  g_autoptr (JsonObject) figures =
      nf_eval_figures_new (eval->totals, eval->names, eval->settings, complete);
  g_autofree gchar *table = nf_eval_table (figures);

  g_print ("%s, %u of %u clips\n\n%s", eval->options->data, eval->names->len, n,
      table);
  if (!eval->options->out)
    return TRUE;
  return write_file (
             eval, REPORT_JSON, nf_json_object_to_string (figures), error)
      && (!complete || write_html (eval, figures, error));
}

/**
 * nf_eval_main:
 * @argc: words in @argv
 * @argv: the command line from the subcommand's name on
 * @error: return location
 *
 * Judges as the command line says. Being interrupted is no error.
 */
gboolean
nf_eval_main (gint argc, gchar **argv, GError **error)
{
  g_autoptr (NfEvalOptions) options = nf_eval_options_parse (argc, argv, error);
  g_autoptr (NfProgress) progress = NULL;
  g_auto (Eval) eval = { options };
  guint n;

  if (!options || !gst_init_check (NULL, NULL, error))
    return FALSE;
  nf_threads_set (options->threads);
  if (!eval_open (&eval, error)
      || (options->out && g_mkdir_with_parents (options->out, 0777) != 0
          && !nf_file_fail (options->out, "make the folder", error)))
    return FALSE;
  nf_interrupt_install ();
  n = nf_clip_source_n_clips (eval.source);
  progress = nf_progress_new (stderr, 0, n, MAX (1, n / 100));
  if (!judge_clips (&eval, progress, error))
    return FALSE;
  return report (&eval, error);
}
