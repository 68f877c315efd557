/* SPDX-License-Identifier: MIT
 *
 * journal — the marks of a clip as a line of text, and back */
#include "eval/journal.h"
#include "eval/figures.h"
#include "io/nfjson.h"
#include <nextframe/metrics/nfclasses.h>

#include <math.h>

static void
add_value (GString *out, const gchar *name, gdouble value)
{
  gchar text[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (out, "\"%s\":%s,", name,
      isfinite (value) ? g_ascii_dtostr (text, sizeof text, value) : "null");
}

static void
add_frame (GString *out, const NfEvalMarks *marks, guint t)
{
  const NfConfusion *counts = marks->counts[t];
  guint k = counts->classes;
  gboolean first = TRUE;

  g_string_append_printf (out, "{\"frame\":%u,", t + 1);
  add_value (out, "psnr", marks->psnr[t]);
  add_value (out, "ssim", marks->ssim[t]);
  g_string_append (out, "\"counts\":[");
  for (guint i = 0; i < k * k; i++) {
    if (counts->counts[i] == 0)
      continue;
    g_string_append_printf (out, "%s%u,%u,%" G_GUINT64_FORMAT, first ? "" : ",",
        i / k, i % k, counts->counts[i]);
    first = FALSE;
  }
  g_string_append (out, "]}");
}

/**
 * nf_eval_journal_line:
 * @name: of the clip
 * @rows: (element-type NfEvalRow): rows
 * @marks: (element-type NfEvalMarks): what each has
 *
 * Returns: (transfer full): a line, with its end
 */
gchar *
nf_eval_journal_line (
    const gchar *name, const GPtrArray *rows, const GPtrArray *marks)
{
  g_autofree gchar *quoted = nf_json_quote (name);
  GString *out = g_string_new (NULL);

  g_string_append_printf (out, "{\"name\":%s,\"rows\":[", quoted);
  for (guint i = 0; i < rows->len; i++) {
    const NfEvalRow *row = rows->pdata[i];
    const NfEvalMarks *m = marks->pdata[i];
    gboolean first = TRUE;

    g_string_append_printf (out, "%s{\"row\":\"%s\",", i ? "," : "", row->name);
    add_value (out, "seconds", m->seconds);
    g_string_append (out, "\"frames\":[");
    for (guint t = 0; t < NF_EVAL_FRAMES; t++) {
      if (!m->scored[t])
        continue;
      if (!first)
        g_string_append_c (out, ',');
      add_frame (out, m, t);
      first = FALSE;
    }
    g_string_append (out, "]}");
  }
  g_string_append (out, "]}\n");
  return g_string_free (out, FALSE);
}

static gboolean
fail (GError **error, const gchar *what)
{
  g_set_error (
      error, NF_ERROR, NF_ERROR_FORMAT, "it has no %s where one is due", what);
  return FALSE;
}

static JsonArray *
get_array (JsonObject *json, const gchar *name)
{
  JsonNode *node = json_object_get_member (json, name);

  return node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node)
                                              : NULL;
}

static const gchar *
get_text (JsonObject *json, const gchar *name)
{
  JsonNode *node = json_object_get_member (json, name);

  return node && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node)
                                              : NULL;
}

static JsonObject *
get_object (JsonArray *array, guint i)
{
  JsonNode *node = json_array_get_element (array, i);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/* A number, or null, or nothing. */
static gboolean
parse_value (
    JsonObject *json, const gchar *name, gdouble *value, GError **error)
{
  JsonNode *node = json_object_get_member (json, name);
  GType type = node ? json_node_get_value_type (node) : G_TYPE_INVALID;

  *value = nf_eval_figure (json, name);
  return !node || JSON_NODE_HOLDS_NULL (node) || type == G_TYPE_INT64
      || type == G_TYPE_DOUBLE || fail (error, name);
}

static gboolean
parse_counts (JsonArray *array, NfConfusion *counts, GError **error)
{
  guint n = array ? json_array_get_length (array) : 1;

  if (n % 3 != 0)
    return fail (error, "counts");
  for (guint i = 0; i < n; i += 3) {
    gint64 truth, prediction, pixels;

    if (!nf_json_get_integer (json_array_get_element (array, i), &truth)
        || !nf_json_get_integer (
            json_array_get_element (array, i + 1), &prediction)
        || !nf_json_get_integer (json_array_get_element (array, i + 2), &pixels)
        || truth < 0 || truth >= counts->classes || prediction < 0
        || prediction >= counts->classes || pixels < 0)
      return fail (error, "class or count of pixels");
    counts->counts[truth * counts->classes + prediction] += pixels;
  }
  return TRUE;
}

static gboolean
parse_frame (JsonObject *json, NfEvalMarks *marks, GError **error)
{
  gint64 frame;

  if (!json
      || !nf_json_get_integer (json_object_get_member (json, "frame"), &frame)
      || frame < 1 || frame > NF_EVAL_FRAMES)
    return fail (error, "frame");
  marks->scored[frame - 1] = TRUE;
  return parse_value (json, "psnr", &marks->psnr[frame - 1], error)
      && parse_value (json, "ssim", &marks->ssim[frame - 1], error)
      && parse_counts (
          get_array (json, "counts"), marks->counts[frame - 1], error);
}

static gboolean
parse_row (
    JsonObject *json, const NfEvalRow *row, NfEvalMarks *marks, GError **error)
{
  JsonArray *frames = json ? get_array (json, "frames") : NULL;

  if (!frames || g_strcmp0 (get_text (json, "row"), row->name) != 0)
    return fail (error, row->name);
  nf_eval_marks_clear (marks);
  if (!parse_value (json, "seconds", &marks->seconds, error))
    return FALSE;
  for (guint i = 0; i < json_array_get_length (frames); i++)
    if (!parse_frame (get_object (frames, i), marks, error))
      return FALSE;
  return TRUE;
}

/**
 * nf_eval_journal_parse:
 * @line: a line, with or without its end
 * @rows: (element-type NfEvalRow): the rows that it is of
 * @marks: (element-type NfEvalMarks): gets what each has
 * @name: (out) (transfer full): of the clip
 * @error: return location: %NF_ERROR_FORMAT
 */
gboolean
nf_eval_journal_parse (const gchar *line, const GPtrArray *rows,
    GPtrArray *marks, gchar **name, GError **error)
{
  g_autoptr (JsonObject) json = nf_json_parse_object (line, "clip", error);
  JsonArray *array;

  if (!json)
    return FALSE;
  array = get_array (json, "rows");
  if (!array || json_array_get_length (array) != rows->len)
    return fail (error, "row");
  if (!get_text (json, "name"))
    return fail (error, "name");
  for (guint i = 0; i < rows->len; i++)
    if (!parse_row (
            get_object (array, i), rows->pdata[i], marks->pdata[i], error))
      return FALSE;
  *name = g_strdup (get_text (json, "name"));
  return TRUE;
}
