/* SPDX-License-Identifier: MIT
 *
 * html — an evaluation as one page that a browser opens: report.html */
#include "eval/html.h"
#include "eval/chart.h"
#include "eval/pictures.h"
#include "eval/resources.h"
#include "eval/table.h"
#include <nextframe/metrics/nfclasses.h>

#include <math.h>
#include <stdlib.h>

#define STYLE "/org/nextframe/eval/report.css"
#define MAX_CLIPS 500 /* that are listed */
#define MAX_MISTAKES 12

static void
add_text (GString *out, const gchar *text)
{
  g_autofree gchar *valid = g_utf8_make_valid (text, -1);
  g_autofree gchar *escaped = g_markup_escape_text (valid, -1);

  g_string_append (out, escaped);
}

/* A figure, or a dash; with a point, whatever the locale. */
static void
add_figure (GString *out, gdouble value, gint digits)
{
  gchar text[G_ASCII_DTOSTR_BUF_SIZE], format[8];

  if (isnan (value)) {
    g_string_append (out, "–");
    return;
  }
  g_snprintf (format, sizeof format, "%%.%df", digits);
  g_string_append (out, g_ascii_formatd (text, sizeof text, format, value));
}

static JsonObject *
find_row (JsonObject *figures, const gchar *name)
{
  JsonArray *rows = json_object_get_array_member (figures, "rows");

  for (guint i = 0; i < json_array_get_length (rows); i++) {
    JsonObject *row = json_array_get_object_element (rows, i);

    if (g_str_equal (json_object_get_string_member (row, "name"), name))
      return row;
  }
  return NULL;
}

static gboolean
is_shown (JsonObject *figures, JsonObject *row)
{
  return g_str_equal (json_object_get_string_member (figures, "shown"),
      json_object_get_string_member (row, "name"));
}

/* ------------------------------------------------------------ head and table */

static void
add_settings (GString *out, JsonObject *settings)
{
  g_autoptr (GList) names = json_object_get_members (settings);

  g_string_append (
      out, "<details><summary>Data, networks, settings</summary><dl>");
  for (GList *l = names; l; l = l->next) {
    JsonNode *node = json_object_get_member (settings, l->data);
    g_autofree gchar *value = JSON_NODE_HOLDS_VALUE (node)
            && json_node_get_value_type (node) == G_TYPE_STRING
        ? json_node_dup_string (node)
        : json_to_string (node, FALSE);

    g_string_append (out, "<dt>");
    add_text (out, l->data);
    g_string_append (out, "</dt><dd>");
    add_text (out, value);
    g_string_append (out, "</dd>");
  }
  g_string_append (out, "</dl></details>\n");
}

static void
add_head (GString *out, JsonObject *figures)
{
  g_autoptr (GBytes) style = g_resource_lookup_data (
      nf_eval_get_resource (), STYLE, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  JsonObject *settings = json_object_get_object_member (figures, "settings");
  const gchar *data = json_object_get_string_member (settings, "data");

  g_string_append (out,
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\"><link rel=\"icon\" href=\"data:,\"><title>");
  add_text (out, data);
  g_string_append (out, " – evaluation</title>\n<style>");
  g_string_append_len (
      out, g_bytes_get_data (style, NULL), g_bytes_get_size (style));
  g_string_append (out, "</style></head><body>\n<h1>Evaluation: ");
  add_text (out, data);
  g_string_append_printf (out,
      ", %" G_GINT64_FORMAT " clips</h1>\n<p>From frames 1 to 11 of each clip, "
      "each row of the table predicts the masks of the frames that follow; "
      "most are judged by frame 22, the last one. <i>True masks</i> means that "
      "the row is given the true masks of frames 1 to 11, which nobody has of "
      "a new video; all others are given frames alone.</p>\n",
      json_object_get_int_member (figures, "clips"));
  add_settings (out, settings);
}

static void
add_help (GString *out)
{
  guint n;
  const NfEvalColumn *columns = nf_eval_columns (&n);

  g_string_append (
      out, "<details><summary>What the columns mean</summary><dl>");
  for (guint i = 0; i < n; i++)
    if (columns[i].help)
      g_string_append_printf (out, "<dt>%s %s</dt><dd>%s</dd>",
          columns[i].heads[0], columns[i].heads[1], columns[i].help);
  g_string_append (out, "</dl></details>\n");
}

static void
add_table (GString *out, JsonObject *figures)
{
  JsonArray *rows = json_object_get_array_member (figures, "rows");
  guint n;
  const NfEvalColumn *columns = nf_eval_columns (&n);

  g_string_append (out,
      "<h2>Table</h2>\n<div class=\"scroll\"><table><thead><tr><th></th>"
      "<th>frames</th>");
  for (guint i = 0; i < n; i++)
    g_string_append_printf (
        out, "<th>%s %s</th>", columns[i].heads[0], columns[i].heads[1]);
  g_string_append (out, "</tr></thead><tbody>\n");
  for (guint r = 0; r < json_array_get_length (rows); r++) {
    JsonObject *row = json_array_get_object_element (rows, r);

    g_string_append_printf (out, "<tr%s><td>%s</td><td>%s</td>",
        is_shown (figures, row) ? " class=\"shown\"" : "",
        json_object_get_string_member (row, "title"),
        json_object_get_string_member (row, "frames"));
    for (guint i = 0; i < n; i++) {
      g_string_append (out, "<td>");
      add_figure (out,
          columns[i].scale * nf_eval_figure (row, columns[i].member),
          columns[i].digits);
      g_string_append (out, "</td>");
    }
    g_string_append (out, "</tr>\n");
  }
  g_string_append (out, "</tbody></table></div>\n");
  add_help (out);
}

/* -------------------------------------------------------------------- curves */

/* The range of a figure in the curves; FALSE where at most one frame has it. */
static gboolean
find_range (
    JsonObject *figures, const gchar *member, gdouble *low, gdouble *high)
{
  JsonArray *rows = json_object_get_array_member (figures, "rows");
  guint longest = 0;

  *low = INFINITY;
  *high = -INFINITY;
  for (guint r = 0; r < json_array_get_length (rows); r++) {
    JsonArray *curve = json_object_get_array_member (
        json_array_get_object_element (rows, r), "curve");
    guint n = 0;

    for (guint i = 0; i < json_array_get_length (curve); i++) {
      gdouble value =
          nf_eval_figure (json_array_get_object_element (curve, i), member);

      if (isnan (value))
        continue;
      *low = MIN (*low, value);
      *high = MAX (*high, value);
      n++;
    }
    longest = MAX (longest, n);
  }
  return longest > 1;
}

static void
add_curves (GString *out, JsonObject *figures)
{
  gdouble low, high;

  if (find_range (figures, "jaccard", &low, &high)) {
    g_string_append (out,
        "<h2>Jaccard index by frame</h2>\n<p>Pooled over all clips.</p>\n");
    nf_eval_chart_curve (out, figures, "jaccard", 0, 1, "Jaccard index");
  }
  if (find_range (figures, "psnr", &low, &high)) {
    g_string_append (out,
        "<h2>PSNR by frame</h2>\n<p>Of predicted frames, in dB; "
        "mean of clips.</p>\n");
    nf_eval_chart_curve (out, figures, "psnr", 5 * floor (low / 5),
        5 * floor (high / 5) + 5, "PSNR");
  }
}

/* ------------------------------------------------------------------ pictures */

static void
add_pictures (GString *out, const NfEvalShown *clip, const GPtrArray *pictures,
    const gchar *kind)
{
  g_string_append_printf (out, "<div class=\"pictures%s\">", kind);
  for (guint i = 0; i < pictures->len; i++) {
    const NfEvalPicture *picture = pictures->pdata[i];

    g_string_append_printf (out,
        "<figure><img width=\"%d\" height=\"%d\" alt=\"%s\" src=\"%s\">"
        "<figcaption>%s</figcaption></figure>",
        clip->width, clip->height, picture->caption, picture->uri,
        picture->caption);
  }
  g_string_append (out, "</div>\n");
}

static void
add_clips_shown (GString *out, JsonObject *figures, const GPtrArray *clips)
{
  JsonObject *row =
      find_row (figures, json_object_get_string_member (figures, "shown"));

  g_string_append_printf (out,
      "<h2>Clips</h2>\n<p>The best, the median and the worst clip of the row "
      "<b>%s</b>.</p>\n",
      json_object_get_string_member (row, "title"));
  for (guint i = 0; i < clips->len; i++) {
    const NfEvalShown *clip = clips->pdata[i];

    g_string_append_printf (out, "<h3>The %s: ", clip->rank);
    add_text (out, clip->name);
    g_string_append (out, ", Jaccard ");
    add_figure (out, clip->jaccard, 3);
    g_string_append (out, "</h3>\n");
    add_pictures (out, clip, clip->pictures, "");
    if (clip->others->len == 0)
      continue;
    g_string_append (out,
        "<details open><summary>Masks of frame 22 by the other rows</summary>");
    add_pictures (out, clip, clip->others, " small");
    g_string_append (out, "</details>\n");
  }
}

static void
add_clip_list (GString *out, JsonObject *figures)
{
  JsonArray *names = json_object_get_array_member (figures, "clip-names");
  JsonArray *rows = json_object_get_array_member (figures, "rows");
  guint n = json_array_get_length (names);

  g_string_append (out,
      "<details><summary>Every clip</summary>\n<div class=\"scroll\"><table>"
      "<thead><tr><th>Jaccard index</th>");
  for (guint r = 0; r < json_array_get_length (rows); r++)
    g_string_append_printf (out, "<th>%s</th>",
        json_object_get_string_member (
            json_array_get_object_element (rows, r), "title"));
  g_string_append (out, "</tr></thead><tbody>\n");
  for (guint i = 0; i < MIN (n, MAX_CLIPS); i++) {
    g_string_append (out, "<tr><td>");
    add_text (out, json_array_get_string_element (names, i));
    g_string_append (out, "</td>");
    for (guint r = 0; r < json_array_get_length (rows); r++) {
      JsonArray *scores = json_object_get_array_member (
          json_array_get_object_element (rows, r), "clip-scores");

      g_string_append (out, "<td>");
      add_figure (out,
          json_array_get_double_element (
              json_array_get_array_element (scores, i), 0),
          3);
      g_string_append (out, "</td>");
    }
    g_string_append (out, "</tr>\n");
  }
  g_string_append (out, "</tbody></table></div>\n");
  if (n > MAX_CLIPS)
    g_string_append_printf (out,
        "<p class=\"faint\">These are the first %d of %u; report.json has "
        "all.</p>",
        MAX_CLIPS, n);
  g_string_append (out, "</details>\n");
}

/* ------------------------------------------------------------------- classes */

/* (transfer full): intersection over union by class; NaN where there is none */
static gdouble *
class_scores (JsonObject *row)
{
  JsonArray *classes = json_object_get_array_member (row, "classes");
  gdouble *scores = g_new (gdouble, NF_N_CLASSES);

  for (guint k = 0; k < NF_N_CLASSES; k++)
    scores[k] = NAN;
  for (guint i = 0; i < json_array_get_length (classes); i++) {
    JsonObject *json = json_array_get_object_element (classes, i);

    scores[json_object_get_int_member (json, "id")] =
        nf_eval_figure (json, "iou");
  }
  return scores;
}

static void
add_heat (GString *out, gdouble share, gdouble shown, gint digits)
{
  if (isnan (share)) {
    g_string_append (out, "<td>–</td>");
    return;
  }
  g_string_append (out, "<td class=\"heat\" style=\"--v:");
  add_figure (out, share, 2);
  g_string_append (out, "\">");
  add_figure (out, shown, digits);
  g_string_append (out, "</td>");
}

/* Whether a class is in the truth, or in what a row made. */
static gboolean
occurs (const GPtrArray *scores, guint k)
{
  for (guint r = 0; r < scores->len; r++)
    if (!isnan (((const gdouble *) scores->pdata[r])[k]))
      return TRUE;
  return FALSE;
}

static void
add_classes (GString *out, JsonObject *figures)
{
  JsonArray *rows = json_object_get_array_member (figures, "rows");
  g_autoptr (GPtrArray) scores = g_ptr_array_new_with_free_func (g_free);

  g_string_append (out,
      "<h2>Classes</h2>\n<p>Intersection over union of each class, pooled over "
      "all clips.</p>\n<div class=\"scroll\"><table><thead><tr><th></th>");
  for (guint r = 0; r < json_array_get_length (rows); r++) {
    JsonObject *row = json_array_get_object_element (rows, r);

    g_ptr_array_add (scores, class_scores (row));
    g_string_append_printf (
        out, "<th>%s</th>", json_object_get_string_member (row, "title"));
  }
  g_string_append (out, "</tr></thead><tbody>\n");
  for (guint k = 0; k < NF_N_CLASSES; k++) {
    if (!occurs (scores, k))
      continue;
    g_string_append_printf (out,
        "<tr><td><span class=\"swatch\" style=\"background:#%06x\"></span>%s"
        "</td>",
        nf_class_color (k), nf_class_name (k));
    for (guint r = 0; r < scores->len; r++) {
      gdouble score = ((const gdouble *) scores->pdata[r])[k];

      add_heat (out, score, score, 3);
    }
    g_string_append (out, "</tr>\n");
  }
  g_string_append (out, "</tbody></table></div>\n");
}

/* ----------------------------------------------------------------- confusion */

typedef struct
{
  const gchar *title;
  guint step, n; /* of class - 1: / step % n */
  const gchar *names[8];
} Part;

static const Part parts[] = {
  { "Shape", 16, 3, { "cube", "sphere", "cylinder" } },
  { "Material", 8, 2, { "metal", "rubber" } },
  { "Colour", 1, 8,
      { "gray", "red", "blue", "green", "brown", "cyan", "purple", "yellow" } },
};

/* Pixels that are objects in both masks, by one part of their classes. */
static void
add_part (GString *out, const Part *part, const guint64 *counts)
{
  guint64 sums[8][8] = { { 0 } };

  for (guint t = 1; t < NF_N_CLASSES; t++)
    for (guint p = 1; p < NF_N_CLASSES; p++)
      sums[(t - 1) / part->step % part->n][(p - 1) / part->step % part->n] +=
          counts[t * NF_N_CLASSES + p];
  g_string_append_printf (out,
      "<div class=\"scroll\"><table><thead><tr><th>%s, %%</th>", part->title);
  for (guint p = 0; p < part->n; p++)
    g_string_append_printf (out, "<th>%s</th>", part->names[p]);
  g_string_append (out, "</tr></thead><tbody>\n");
  for (guint t = 0; t < part->n; t++) {
    guint64 sum = 0;

    for (guint p = 0; p < part->n; p++)
      sum += sums[t][p];
    g_string_append_printf (out, "<tr><td>%s</td>", part->names[t]);
    for (guint p = 0; p < part->n; p++) {
      gdouble share = sum == 0 ? NAN : (gdouble) sums[t][p] / sum;

      add_heat (out, share, 100 * share, 1);
    }
    g_string_append (out, "</tr>\n");
  }
  g_string_append (out, "</tbody></table></div>\n");
}

typedef struct
{
  guint truth, prediction;
  guint64 pixels;
} Mistake;

static gint
compare_mistakes (gconstpointer a, gconstpointer b)
{
  const Mistake *x = a, *y = b;

  return (x->pixels < y->pixels) - (x->pixels > y->pixels);
}

static void
add_mistakes (GString *out, const guint64 *counts)
{
  g_autoptr (GArray) mistakes = g_array_new (FALSE, FALSE, sizeof (Mistake));
  guint64 wrong = 0;

  for (guint i = 0; i < NF_N_CLASSES * NF_N_CLASSES; i++) {
    Mistake mistake = { .truth = i / NF_N_CLASSES,
      .prediction = i % NF_N_CLASSES,
      .pixels = counts[i] };

    if (mistake.truth == mistake.prediction || mistake.pixels == 0)
      continue;
    g_array_append_val (mistakes, mistake);
    wrong += mistake.pixels;
  }
  g_array_sort (mistakes, compare_mistakes);
  if (mistakes->len == 0)
    return;
  g_string_append (out,
      "<div><p>Most frequent mistakes, with their share of "
      "all wrong pixels:</p><ol class=\"worst\">");
  for (guint i = 0; i < MIN (mistakes->len, MAX_MISTAKES); i++) {
    const Mistake *mistake = &g_array_index (mistakes, Mistake, i);

    g_string_append_printf (out,
        "<li>%s, called %s: ", nf_class_name (mistake->truth),
        nf_class_name (mistake->prediction));
    add_figure (out, 100.0 * mistake->pixels / wrong, 1);
    g_string_append (out, " %</li>");
  }
  g_string_append (out, "</ol></div>");
}

static void
add_confusion_of (GString *out, JsonObject *row, gboolean open)
{
  g_autofree guint64 *counts = nf_eval_chart_counts (row);

  g_string_append_printf (out, "<details%s><summary>%s</summary>\n",
      open ? " open" : "", json_object_get_string_member (row, "title"));
  nf_eval_chart_confusion (out, row);
  g_string_append (out, "<div class=\"side\">");
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    add_part (out, &parts[i], counts);
  add_mistakes (out, counts);
  g_string_append (out, "</div></details>\n");
}

static void
add_confusion (GString *out, JsonObject *figures)
{
  JsonObject *named = find_row (figures, "segment");
  JsonObject *shown =
      find_row (figures, json_object_get_string_member (figures, "shown"));

  g_string_append (out,
      "<h2>What is taken for what</h2>\n<p>A line of the picture is a true "
      "class, a column what its pixels were called; the fuller a square, the "
      "larger its share. The tables take shape, material and colour apart, on "
      "the pixels that are objects in both masks; lines are the truth.</p>\n");
  if (named)
    add_confusion_of (out, named, TRUE);
  if (shown != named)
    add_confusion_of (out, shown, !named);
}

/**
 * nf_eval_html:
 * @figures: of an evaluation
 * @clips: (element-type NfEvalShown): clips to look at
 *
 * Returns: (transfer full): a page that needs no other file
 */
gchar *
nf_eval_html (JsonObject *figures, const GPtrArray *clips)
{
  GString *out = g_string_new (NULL);

  add_head (out, figures);
  add_table (out, figures);
  add_curves (out, figures);
  add_clips_shown (out, figures, clips);
  add_clip_list (out, figures);
  add_classes (out, figures);
  add_confusion (out, figures);
  g_string_append_printf (out,
      "<p class=\"faint\">nextframe-train %s</p>\n</body></html>\n",
      json_object_get_string_member (figures, "program"));
  return g_string_free (out, FALSE);
}
