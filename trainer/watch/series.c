/* SPDX-License-Identifier: MIT
 *
 * series — the numbers of a run's metrics.jsonl, a series for each name */
#include "watch/series.h"
#include "io/nffile.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#define MOST_BYTES ((gsize) 1 << 30) /* of a metrics.jsonl */

static void
series_free (gpointer data)
{
  NfSeries *series = data;

  g_free (series->name);
  g_array_unref (series->points);
  g_free (series);
}

/**
 * nf_run_series_free:
 * @run: (transfer full) (nullable): the numbers of a run
 */
void
nf_run_series_free (NfRunSeries *run)
{
  if (!run)
    return;
  g_free (run->label);
  g_ptr_array_unref (run->series);
  g_free (run);
}

/**
 * nf_run_series_find:
 * @run: the numbers of a run
 * @name: of a metric
 *
 * Returns: (transfer none) (nullable): its series
 */
const NfSeries *
nf_run_series_find (const NfRunSeries *run, const gchar *name)
{
  for (guint i = 0; i < run->series->len; i++) {
    const NfSeries *series = run->series->pdata[i];

    if (g_str_equal (series->name, name))
      return series;
  }
  return NULL;
}

/**
 * nf_run_series_smooth:
 * @run: the numbers of a run
 * @n: at least 1
 *
 * Puts the mean of each point and up to @n - 1 before it in its place.
 */
void
nf_run_series_smooth (NfRunSeries *run, guint n)
{
  for (guint k = 0; k < run->series->len; k++) {
    NfSeries *series = run->series->pdata[k];
    g_autofree NfPoint *raw =
        g_memdup2 (series->points->data, series->points->len * sizeof *raw);
    gdouble sum = 0;

    for (guint i = 0; i < series->points->len; i++) {
      sum += raw[i].value - (i >= n ? raw[i - n].value : 0);
      g_array_index (series->points, NfPoint, i).value =
          n > 1 ? sum / MIN (i + 1, n) : raw[i].value;
    }
  }
}

static void
add_point (NfRunSeries *run, const gchar *name, NfPoint point)
{
  NfSeries *series = (NfSeries *) nf_run_series_find (run, name);

  if (!series) {
    series = g_new0 (NfSeries, 1);
    series->name = g_strdup (name);
    series->points = g_array_new (FALSE, FALSE, sizeof (NfPoint));
    g_ptr_array_add (run->series, series);
  }
  g_array_append_val (series->points, point);
}

static gboolean
is_number (JsonNode *node)
{
  return node
      && (json_node_get_value_type (node) == G_TYPE_INT64
          || json_node_get_value_type (node) == G_TYPE_DOUBLE);
}

/* The numbers of one line; what is null or no number is passed over. */
static gboolean
read_line (NfRunSeries *run, const gchar *line)
{
  g_autoptr (JsonNode) root = json_from_string (line, NULL);
  g_autoptr (GList) names = NULL;
  JsonObject *object;
  JsonNode *step;

  if (!root || !JSON_NODE_HOLDS_OBJECT (root))
    return FALSE;
  object = json_node_get_object (root);
  step = json_object_get_member (object, "step");
  if (!step || json_node_get_value_type (step) != G_TYPE_INT64
      || json_node_get_int (step) < 0)
    return FALSE;
  names = json_object_get_members (object);
  for (GList *l = names; l; l = l->next) {
    JsonNode *node = json_object_get_member (object, l->data);
    NfPoint point = { .step = json_node_get_int (step) };

    if (node == step || !is_number (node))
      continue;
    point.value = json_node_get_double (node);
    if (isfinite (point.value))
      add_point (run, l->data, point);
  }
  return TRUE;
}

/* All lines that are ended: the run may be writing the last one. */
static gboolean
read_lines (NfRunSeries *run, gchar *text, const gchar *path, GError **error)
{
  gchar *line = text, *end;

  for (guint number = 1; (end = strchr (line, '\n')); number++) {
    *end = '\0';
    if (!read_line (run, line)) {
      g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
          "%s: line %u is no JSON object with a \"step\"; remove the line",
          path, number);
      return FALSE;
    }
    line = end + 1;
  }
  return TRUE;
}

/**
 * nf_run_series_read:
 * @run: a run's folder, which may be in use
 * @error: return location: %NF_ERROR_NOT_FOUND, %NF_ERROR_IO, %NF_ERROR_FORMAT
 *
 * Reads the run's metrics.jsonl.
 *
 * Returns: (transfer full) (nullable): its numbers
 */
NfRunSeries *
nf_run_series_read (const gchar *run, GError **error)
{
  g_autoptr (NfRunSeries) read = g_new0 (NfRunSeries, 1);
  g_autofree gchar *path = g_build_filename (run, "metrics.jsonl", NULL);
  g_autofree gchar *text = NULL;
  g_autoptr (GBytes) bytes = NULL;
  gsize size;

  read->label = g_strdup (run);
  read->series = g_ptr_array_new_with_free_func (series_free);
  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR)) {
    g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND,
        "%s: is no run's folder: it has no metrics.jsonl", run);
    return NULL;
  }
  bytes = nf_file_read (path, MOST_BYTES, &size, error);
  if (!bytes)
    return NULL;
  if (size > MOST_BYTES) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "%s: has more than 1 GiB; train with a larger train.log-every", path);
    return NULL;
  }
  text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  return read_lines (read, text, path, error) ? g_steal_pointer (&read) : NULL;
}
