/* SPDX-License-Identifier: MIT
 *
 * table — the figures of an evaluation as text */
#include "eval/table.h"

#include <math.h>

static const NfEvalColumn columns[] = {
  { "jaccard", { "Jaccard", "pooled" }, 8, 4, 1,
      "Mean over the classes of intersection over union, from one count of the "
      "pixels of all clips." },
  { "mean-clip-jaccard", { "Jaccard", "mean" }, 8, 4, 1,
      "The same of each clip alone, and the mean of that." },
  { "true-class-jaccard", { "true classes", "pooled" }, 13, 4, 1,
      "The Jaccard index over the classes that are there, pooled: classes that "
      "were invented do not count as 0." },
  { "mean-clip-true-class-jaccard", { "true classes", "mean" }, 13, 4, 1,
      "The same as a mean of clips." },
  { "invented-classes", { "invented", "a clip" }, 9, 2, 1,
      "How many classes were seen in a clip that are not there." },
  { "object-iou", { "object", "IoU" }, 7, 3, 1,
      "Intersection over union of all objects as one class." },
  { "shape-accuracy", { "shape", "%" }, 6, 1, 100,
      "Of the pixels that are objects in both masks, how many have the right "
      "shape; likewise material and colour." },
  { "material-accuracy", { "material", "%" }, 9, 1, 100, NULL },
  { "color-accuracy", { "colour", "%" }, 7, 1, 100, NULL },
  { "psnr", { "PSNR", "dB" }, 6, 2, 1,
      "Peak signal-to-noise ratio of the predicted frame, mean of clips." },
  { "ssim", { "SSIM", "" }, 7, 4, 1,
      "Structural similarity of the predicted frame, mean of clips." },
  { "seconds-per-clip", { "seconds", "a clip" }, 8, 3, 1,
      "What the row takes alone; median of clips." },
};

/**
 * nf_eval_columns:
 * @n: (out): how many
 *
 * Returns: (transfer none): the columns of figures of the table
 */
const NfEvalColumn *
nf_eval_columns (guint *n)
{
  *n = G_N_ELEMENTS (columns);
  return columns;
}

static void
add_heads (GString *text, gint title_width)
{
  for (guint line = 0; line < 2; line++) {
    g_string_append_printf (
        text, "%-*s %-6s", title_width, "", line == 0 ? "frames" : "");
    for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
      g_string_append_printf (
          text, " %*s", columns[i].width, columns[i].heads[line]);
    g_string_append_c (text, '\n');
  }
}

static void
add_row (GString *text, JsonObject *row, gint title_width)
{
  g_string_append_printf (text, "%-*s %-6s", title_width,
      json_object_get_string_member (row, "title"),
      json_object_get_string_member (row, "frames"));
  for (guint i = 0; i < G_N_ELEMENTS (columns); i++) {
    gdouble value = nf_eval_figure (row, columns[i].member);

    if (isnan (value))
      g_string_append_printf (text, " %*s", columns[i].width, "-");
    else
      g_string_append_printf (text, " %*.*f", columns[i].width,
          columns[i].digits, value * columns[i].scale);
  }
  g_string_append_c (text, '\n');
}

/**
 * nf_eval_table:
 * @figures: of an evaluation
 *
 * Returns: (transfer full): a table, a line for each row
 */
gchar *
nf_eval_table (JsonObject *figures)
{
  JsonArray *rows = json_object_get_array_member (figures, "rows");
  GString *text = g_string_new (NULL);
  gint width = 0;

  for (guint i = 0; i < json_array_get_length (rows); i++) {
    JsonObject *row = json_array_get_object_element (rows, i);

    width = MAX (width,
        g_utf8_strlen (json_object_get_string_member (row, "title"), -1));
  }
  add_heads (text, width);
  for (guint i = 0; i < json_array_get_length (rows); i++)
    add_row (text, json_array_get_object_element (rows, i), width);
  return g_string_free (text, FALSE);
}
