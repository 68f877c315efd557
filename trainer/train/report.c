/* SPDX-License-Identifier: MIT
 *
 * report — what a run reports: folder, progress, metrics, interruption */
#include "train/report.h"
#include "io/nffile.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define BAR_CELLS 16
#define REDRAW_INTERVAL (G_USEC_PER_SEC / 10)
#define SPEED_MEMORY 20.0 /* seconds that the shown speed looks back */

struct _NfProgress
{
  FILE *stream;
  gboolean terminal;
  guint64 total, every;
  gdouble epoch_steps; /* 0: epochs have no end */
  guint64 last_step;
  gint64 last_time, drawn; /* microseconds */
  gdouble recent, seconds; /* the last steps and their time, fading away */
  gdouble speed; /* steps a second */
};

struct _NfMetrics
{
  gchar *path;
  FILE *file;
  NfEventFile *events; /* or NULL */
};

/**
 * nf_run_folder_find:
 * @path: the run's folder
 * @resume: whether a run goes on there
 * @error: return location
 *
 * Makes the folder of a new run; that of a resumed run must be there.
 */
gboolean
nf_run_folder_find (const gchar *path, gboolean resume, GError **error)
{
  if (g_file_test (path, G_FILE_TEST_EXISTS)
      && !g_file_test (path, G_FILE_TEST_IS_DIR)) {
    g_set_error (error, NF_ERROR, NF_ERROR_IO,
        "%s: expected a folder for the run, found a file; choose another --run",
        path);
    return FALSE;
  }
  if (resume && !g_file_test (path, G_FILE_TEST_IS_DIR)) {
    g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND,
        "%s: no such run to resume; leave --resume out to begin one", path);
    return FALSE;
  }
  return g_mkdir_with_parents (path, 0777) == 0
      || nf_file_fail (path, "make the run's folder", error);
}

/**
 * nf_run_folder_prepare:
 * @path: the run's folder, which is there and locked
 * @resume: whether a run goes on there
 * @error: return location
 *
 * Refuses a new run where the folder holds something, so that no run is
 * overwritten.
 */
gboolean
nf_run_folder_prepare (const gchar *path, gboolean resume, GError **error)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, error);

  if (!folder)
    return FALSE;
  if (!resume && g_dir_read_name (folder)) {
    g_set_error (error, NF_ERROR, NF_ERROR_IO,
        "%s: the folder is not empty; continue that run with --resume, or "
        "choose another --run",
        path);
    return FALSE;
  }
  return TRUE;
}

/**
 * nf_progress_new:
 * @stream: where to write
 * @first: steps that were done before
 * @total: steps in all, at least 1
 * @every: steps between plain lines, at least 1
 *
 * Returns: (transfer full): a progress line; nothing is written yet
 */
NfProgress *
nf_progress_new (FILE *stream, guint64 first, guint64 total, guint64 every)
{
  NfProgress *progress = g_new0 (NfProgress, 1);

  progress->stream = stream;
  progress->terminal = isatty (fileno (stream)) == 1;
  progress->total = total;
  progress->every = every;
  progress->last_step = first;
  progress->last_time = g_get_monotonic_time ();
  return progress;
}

/**
 * nf_progress_set_epoch:
 * @progress: a progress line
 * @steps: of an epoch; 0: epochs have no end, and none is shown
 */
void
nf_progress_set_epoch (NfProgress *progress, gdouble steps)
{
  progress->epoch_steps = steps;
}

/* Mean over the last seconds, older ones fading away. */
static void
update_speed (NfProgress *progress, guint64 step, gint64 now)
{
  gdouble seconds = (now - progress->last_time) / 1e6;
  gdouble keep = exp (-seconds / SPEED_MEMORY);

  if (!(seconds > 0))
    return;
  progress->recent = keep * progress->recent + (step - progress->last_step);
  progress->seconds = keep * progress->seconds + seconds;
  progress->speed = progress->recent / progress->seconds;
  progress->last_step = step;
  progress->last_time = now;
}

/**
 * nf_duration_string:
 * @seconds: how long
 *
 * Returns: (transfer full): the same for people: "1:02:03", "3d04h"; "-" where
 *   it is not known
 */
gchar *
nf_duration_string (gdouble seconds)
{
  guint64 s;

  if (!(seconds >= 0 && seconds < 1e9))
    return g_strdup ("-");
  s = seconds + 0.5;
  if (s >= 86400)
    return g_strdup_printf (
        "%" G_GUINT64_FORMAT "d%02uh", s / 86400, (guint) (s / 3600 % 24));
  return g_strdup_printf ("%u:%02u:%02u", (guint) (s / 3600),
      (guint) (s / 60 % 60), (guint) (s % 60));
}

static void
draw_bar (NfProgress *progress, guint64 done, guint64 total)
{
  guint full = BAR_CELLS * ((gdouble) done / total);

  fputs ("\r[", progress->stream);
  for (guint i = 0; i < BAR_CELLS; i++)
    fputc (i < full ? '#' : '.', progress->stream);
  fputs ("] ", progress->stream);
}

/* Shows how many steps, or clips, are done, where it is time to. */
static void
show (NfProgress *progress, guint64 step, const gchar *unit, const gchar *facts)
{
  gint64 now = g_get_monotonic_time ();
  gboolean last = step >= progress->total;
  g_autofree gchar *remaining = NULL;

  update_speed (progress, step, now);
  if (progress->terminal ? !last && now - progress->drawn < REDRAW_INTERVAL
                         : !last && step % progress->every != 0)
    return;
  progress->drawn = now;
  remaining = nf_duration_string ((progress->total - step) / progress->speed);
  if (progress->terminal)
    draw_bar (progress, step, progress->total);
  fprintf (progress->stream,
      "%s %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT "%s  %.3g %ss/s  left %s%s",
      unit, step, progress->total, facts, progress->speed, unit, remaining,
      progress->terminal ? "\033[K" : "\n");
  fflush (progress->stream);
}

/**
 * nf_progress_step:
 * @progress: a progress line
 * @step: steps done
 * @loss: of this step
 * @learning_rate: of this step
 *
 * On a terminal the line is drawn at most ten times a second and for the last
 * step; elsewhere a line is written every so many steps and for the last.
 */
void
nf_progress_step (
    NfProgress *progress, guint64 step, gdouble loss, gdouble learning_rate)
{
  g_autofree gchar *epoch = progress->epoch_steps > 0
      ? g_strdup_printf ("  epoch %.2f", step / progress->epoch_steps)
      : g_strdup ("");
  g_autofree gchar *facts =
      g_strdup_printf ("%s  loss %.5g  lr %.3g", epoch, loss, learning_rate);

  show (progress, step, "step", facts);
}

/**
 * nf_progress_clip:
 * @progress: a progress line
 * @clip: clips done
 *
 * The same for clips.
 */
void
nf_progress_clip (NfProgress *progress, guint64 clip)
{
  show (progress, clip, "clip", "");
}

/**
 * nf_progress_aside:
 * @progress: a progress line
 * @what: work between two steps
 * @unit: what is counted in it
 * @done: how many are done
 * @total: of how many, at least 1
 *
 * Shows, on a terminal, work that is no step, at most ten times a second. The
 * time until now does not count as the next step's.
 */
void
nf_progress_aside (NfProgress *progress, const gchar *what, const gchar *unit,
    guint64 done, guint64 total)
{
  gint64 now = g_get_monotonic_time ();

  progress->last_time = now;
  if (!progress->terminal || now - progress->drawn < REDRAW_INTERVAL)
    return;
  progress->drawn = now;
  draw_bar (progress, done, total);
  fprintf (progress->stream,
      "%s: %s %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT "\033[K", what, unit,
      done, total);
  fflush (progress->stream);
}

/**
 * nf_progress_message:
 * @progress: a progress line
 * @text: one line, without a line end
 *
 * Writes @text above the progress line.
 */
void
nf_progress_message (NfProgress *progress, const gchar *text)
{
  fprintf (
      progress->stream, "%s%s\n", progress->terminal ? "\r\033[K" : "", text);
  progress->drawn = 0;
  fflush (progress->stream);
}

/**
 * nf_progress_speed:
 * @progress: a progress line
 *
 * Returns: steps a second over the last seconds, 0 before the first step
 */
gdouble
nf_progress_speed (const NfProgress *progress)
{
  return progress->speed;
}

/**
 * nf_progress_free:
 * @progress: (transfer full) (nullable): a progress line, which is left on the
 *   terminal
 */
void
nf_progress_free (NfProgress *progress)
{
  if (progress && progress->terminal && progress->drawn) {
    fputc ('\n', progress->stream);
    fflush (progress->stream);
  }
  g_free (progress);
}

/* Whether a line is a whole record of at most this step. */
static gboolean
keeps_line (const gchar *line, guint64 step)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *root;
  JsonNode *number;

  if (!json_parser_load_from_data (parser, line, -1, NULL))
    return FALSE;
  root = json_parser_get_root (parser);
  if (!root || !JSON_NODE_HOLDS_OBJECT (root))
    return FALSE;
  number = json_object_get_member (json_node_get_object (root), "step");
  return number && json_node_get_value_type (number) == G_TYPE_INT64
      && json_node_get_int (number) >= 0
      && (guint64) json_node_get_int (number) <= step;
}

/* Drops what a run wrote after the step that it resumes at. */
static gboolean
cut_metrics (const gchar *path, guint64 step, GError **error)
{
  g_autofree gchar *text = NULL;
  g_autoptr (GString) kept = g_string_new (NULL);
  g_autoptr (GBytes) content = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  if (!g_file_get_contents (path, &text, NULL, error))
    return FALSE;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++)
    if (keeps_line (lines[i], step))
      g_string_append_printf (kept, "%s\n", lines[i]);
  content = g_string_free_to_bytes (g_steal_pointer (&kept));
  return nf_file_replace (path, content, error);
}

/**
 * nf_metrics_open:
 * @path: metrics.jsonl
 * @step: the step that the run starts after: lines of later steps and broken
 *   lines are dropped
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the file, open for new lines
 */
NfMetrics *
nf_metrics_open (const gchar *path, guint64 step, GError **error)
{
  g_autoptr (GError) cause = NULL;
  NfMetrics *metrics;
  FILE *file = NULL;

  if (cut_metrics (path, step, &cause))
    file = g_fopen (path, "ae");
  if (!file) {
    g_set_error (error, NF_ERROR, NF_ERROR_IO,
        "%s: metrics cannot be written: %s", path,
        cause ? cause->message : g_strerror (errno));
    return NULL;
  }
  metrics = g_new0 (NfMetrics, 1);
  metrics->path = g_strdup (path);
  metrics->file = file;
  return metrics;
}

static void
add_number (JsonObject *object, const gchar *name, gdouble value)
{
  if (isfinite (value))
    json_object_set_double_member (object, name, value);
  else
    json_object_set_null_member (object, name);
}

/**
 * nf_metrics_write:
 * @metrics: an open file
 * @step: steps done, at least 1
 * @values: (array length=n): what to record beside the step; a value that is
 *   not finite is written as null
 * @n: how many
 * @error: return location
 *
 * Adds a line and hands it to the system at once.
 */
gboolean
nf_metrics_write (NfMetrics *metrics, guint64 step, const NfMetric *values,
    guint n, GError **error)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree gchar *text = NULL;

  json_object_set_int_member (object, "step", step);
  for (guint i = 0; i < n; i++)
    add_number (object, values[i].name, values[i].value);
  json_node_set_object (node, object);
  text = json_to_string (node, FALSE);
  if (fprintf (metrics->file, "%s\n", text) >= 0 && fflush (metrics->file) == 0)
    return !metrics->events
        || nf_event_file_add_metrics (metrics->events, step, values, n, error);
  g_set_error (error, NF_ERROR, NF_ERROR_IO,
      "%s: metrics cannot be written: %s", metrics->path, g_strerror (errno));
  return FALSE;
}

/**
 * nf_metrics_set_events:
 * @metrics: an open file
 * @events: (transfer none) (nullable): gets the same numbers from now on, and
 *   outlives @metrics
 */
void
nf_metrics_set_events (NfMetrics *metrics, NfEventFile *events)
{
  metrics->events = events;
}

/**
 * nf_metrics_close:
 * @metrics: (transfer full) (nullable): an open file
 */
void
nf_metrics_close (NfMetrics *metrics)
{
  if (!metrics)
    return;
  fclose (metrics->file);
  g_free (metrics->path);
  g_free (metrics);
}

static volatile sig_atomic_t interrupted;

static void
on_signal (int signal_number)
{
  interrupted = 1;
}

static void
handle (int signal_number, void (*handler) (int), int flags)
{
  struct sigaction action = { .sa_handler = handler,
    .sa_flags = SA_RESTART | flags };

  sigemptyset (&action.sa_mask);
  sigaction (signal_number, &action, NULL);
}

/* Whether somebody, such as nohup, has the signal ignored. */
static gboolean
is_ignored (int signal_number)
{
  struct sigaction action;

  return sigaction (signal_number, NULL, &action) == 0
      && action.sa_handler == SIG_IGN;
}

/**
 * nf_interrupt_install:
 *
 * From now on the signals that ask a program to end only raise the flag that
 * nf_interrupt_requested() reads: SIGINT and SIGTERM, of which the second one
 * of a kind ends the program at once; SIGHUP, unless it is ignored, which comes
 * twice where a terminal goes away; and SIGPIPE, where nobody reads any more
 * what the program prints. A file that grows beyond the size allowed to it is an
 * error of writing, not the program's end.
 */
void
nf_interrupt_install (void)
{
  interrupted = 0;
  handle (SIGINT, on_signal, SA_RESETHAND);
  handle (SIGTERM, on_signal, SA_RESETHAND);
  if (!is_ignored (SIGHUP))
    handle (SIGHUP, on_signal, 0);
  handle (SIGPIPE, on_signal, 0);
  handle (SIGXFSZ, SIG_IGN, 0);
}

/**
 * nf_interrupt_requested:
 *
 * Returns: whether the user asked the run to save and end
 */
gboolean
nf_interrupt_requested (void)
{
  return interrupted != 0;
}
