/* SPDX-License-Identifier: MIT
 *
 * plot — the subcommand that draws the curves of runs
 *
 * A panel for each metric, all runs in each of them, and below them which run
 * has which colour. Siblings: series.c, panel.c, canvas.c */
#include "watch/plot.h"
#include "watch/canvas.h"
#include "watch/panel.h"

#define COLUMNS 2
#define MOST_METRICS 16
#define MOST_RUNS 64
#define LEGEND_ROW 20 /* pixels */
#define LEGEND_LEFT 76

typedef struct
{
  gchar *output;
  gchar **metrics;
  gint smooth;
  gboolean linear;
  gchar **runs;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->output);
  g_strfreev (options->metrics);
  g_strfreev (options->runs);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean fail (GError **error, const gchar *format, ...)
    G_GNUC_PRINTF (2, 3);

static gboolean
fail (GError **error, const gchar *format, ...)
{
  g_autofree gchar *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, NF_ERROR, NF_ERROR_INVALID, message);
  return FALSE;
}

static gboolean
parse (Options *options, gint argc, gchar **argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output,
        "The picture to write: FILE.png or FILE.svg", "FILE" },
    { "metric", 'm', 0, G_OPTION_ARG_STRING_ARRAY, &options->metrics,
        "A number of metrics.jsonl to draw; may be repeated (default: loss, "
        "those of validations, learning-rate)",
        "NAME" },
    { "smooth", 0, 0, G_OPTION_ARG_INT, &options->smooth,
        "Draw the mean of so many points before each (default: 1)", "N" },
    { "linear", 0, 0, G_OPTION_ARG_NONE, &options->linear,
        "No axis with powers of ten, also where values differ widely", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->runs,
        NULL, NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("RUN...");
  g_autoptr (GError) cause = NULL;

  g_option_context_set_summary (
      context, "Draws the curves of runs, all of them in one picture.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &cause))
    return fail (error, "%s", cause->message);
  if (!options->runs)
    return fail (error, "which runs? Give the folder of one or more RUNs");
  if (g_strv_length (options->runs) > MOST_RUNS)
    return fail (error, "expected at most %d runs, got %u", MOST_RUNS,
        g_strv_length (options->runs));
  if (!options->output)
    return fail (error, "where should the picture go? Give -o FILE.png");
  if (options->smooth < 1)
    return fail (
        error, "--smooth: expected at least 1, got %d", options->smooth);
  return TRUE;
}

/* Shows the last part of paths alone, where that shows how the runs differ. */
static void
shorten_labels (GPtrArray *runs)
{
  g_autoptr (GHashTable) names =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < runs->len; i++) {
    const NfRunSeries *run = runs->pdata[i];

    g_hash_table_add (names, g_path_get_basename (run->label));
  }
  if (g_hash_table_size (names) < runs->len)
    return;
  for (guint i = 0; i < runs->len; i++) {
    NfRunSeries *run = runs->pdata[i];
    gchar *path = run->label;

    run->label = g_path_get_basename (path);
    g_free (path);
  }
}

static GPtrArray *
read_runs (const Options *options, GError **error)
{
  g_autoptr (GPtrArray) runs =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_run_series_free);

  for (guint i = 0; options->runs[i]; i++) {
    NfRunSeries *run = nf_run_series_read (options->runs[i], error);

    if (!run)
      return NULL;
    nf_run_series_smooth (run, (guint) options->smooth);
    g_ptr_array_add (runs, run);
  }
  shorten_labels (runs);
  return g_steal_pointer (&runs);
}

static gboolean
has_metric (const GPtrArray *runs, const gchar *name)
{
  for (guint i = 0; i < runs->len; i++)
    if (nf_run_series_find (runs->pdata[i], name))
      return TRUE;
  return FALSE;
}

static void
add_metric (GPtrArray *metrics, const GPtrArray *runs, const gchar *name)
{
  if (has_metric (runs, name)
      && !g_ptr_array_find_with_equal_func (metrics, name, g_str_equal, NULL))
    g_ptr_array_add (metrics, (gpointer) name);
}

/* What is drawn where nothing is asked for. */
static void
add_usual_metrics (GPtrArray *metrics, const GPtrArray *runs)
{
  add_metric (metrics, runs, "loss");
  for (guint i = 0; i < runs->len; i++) {
    const NfRunSeries *run = runs->pdata[i];

    for (guint k = 0; k < run->series->len; k++) {
      const NfSeries *series = run->series->pdata[k];

      if (g_str_has_prefix (series->name, "validation-"))
        add_metric (metrics, runs, series->name);
    }
  }
  add_metric (metrics, runs, "learning-rate");
}

/* (transfer container) (element-type utf8): names that belong to others */
static GPtrArray *
choose_metrics (const Options *options, const GPtrArray *runs, GError **error)
{
  g_autoptr (GPtrArray) metrics = g_ptr_array_new ();

  for (guint i = 0; options->metrics && options->metrics[i]; i++) {
    if (!has_metric (runs, options->metrics[i])) {
      fail (error, "--metric %s: no run has such a number in its metrics.jsonl",
          options->metrics[i]);
      return NULL;
    }
    add_metric (metrics, runs, options->metrics[i]);
  }
  if (!options->metrics)
    add_usual_metrics (metrics, runs);
  if (metrics->len >= 1 && metrics->len <= MOST_METRICS)
    return g_steal_pointer (&metrics);
  if (metrics->len == 0)
    fail (error, "no run has a step in its metrics.jsonl yet");
  else
    fail (error, "expected at most %d metrics, got %u; choose some by --metric",
        MOST_METRICS, metrics->len);
  return NULL;
}

static void
draw_legend (cairo_t *cairo, const GPtrArray *runs, gdouble top)
{
  cairo_set_font_size (cairo, 13);
  for (guint i = 0; i < runs->len; i++) {
    const NfRunSeries *run = runs->pdata[i];
    const gdouble y = top + LEGEND_ROW * (i + 0.5);
    g_autofree gchar *label = g_filename_display_name (run->label);

    nf_panel_set_style (cairo, i);
    cairo_move_to (cairo, LEGEND_LEFT, y);
    cairo_line_to (cairo, LEGEND_LEFT + 34, y);
    cairo_stroke (cairo);
    cairo_set_source_rgb (cairo, 0, 0, 0);
    cairo_move_to (cairo, LEGEND_LEFT + 44, y + 4.5);
    cairo_show_text (cairo, label);
  }
}

static void
draw (cairo_t *cairo, const Options *options, const GPtrArray *runs,
    const GPtrArray *metrics)
{
  const guint rows = (metrics->len + COLUMNS - 1) / COLUMNS;

  cairo_set_source_rgb (cairo, 1, 1, 1);
  cairo_paint (cairo);
  cairo_select_font_face (
      cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  for (guint i = 0; i < metrics->len; i++) {
    cairo_save (cairo);
    cairo_translate (cairo, i % COLUMNS * (gdouble) NF_PANEL_WIDTH,
        i / COLUMNS * (gdouble) NF_PANEL_HEIGHT);
    nf_panel_draw (cairo, runs, metrics->pdata[i], options->linear);
    cairo_restore (cairo);
  }
  draw_legend (cairo, runs, (gdouble) rows * NF_PANEL_HEIGHT);
}

static gboolean
write_plot (const Options *options, const GPtrArray *runs,
    const GPtrArray *metrics, GError **error)
{
  const guint rows = (metrics->len + COLUMNS - 1) / COLUMNS;
  g_autoptr (GByteArray) svg = g_byte_array_new ();
  cairo_surface_t *surface = nf_canvas_new (options->output,
      MIN (metrics->len, COLUMNS) * NF_PANEL_WIDTH,
      rows * NF_PANEL_HEIGHT + (runs->len + 1) * LEGEND_ROW, svg, error);
  cairo_t *cairo;
  gboolean ok;

  if (!surface)
    return FALSE;
  cairo = cairo_create (surface);
  draw (cairo, options, runs, metrics);
  ok = nf_canvas_write (cairo, options->output, svg, error);
  cairo_destroy (cairo);
  cairo_surface_destroy (surface);
  return ok;
}

/**
 * nf_plot_main:
 * @argc: words in @argv
 * @argv: the command line from the subcommand's name on
 * @error: return location
 *
 * Draws the curves of runs, which may be going on.
 */
gboolean
nf_plot_main (gint argc, gchar **argv, GError **error)
{
  g_auto (Options) options = { .smooth = 1 };
  g_autoptr (GPtrArray) runs = NULL;
  g_autoptr (GPtrArray) metrics = NULL;

  if (!parse (&options, argc, argv, error))
    return FALSE;
  runs = read_runs (&options, error);
  if (!runs)
    return FALSE;
  metrics = choose_metrics (&options, runs, error);
  return metrics && write_plot (&options, runs, metrics, error);
}
