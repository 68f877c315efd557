/* SPDX-License-Identifier: MIT
 *
 * chart — pictures of figures for report.html, as inline SVG
 *
 * Colours come from report.css by class, so that they follow the reader's light
 * or dark screen. */
#include "eval/chart.h"
#include <nextframe/metrics/nfclasses.h>

#include <math.h>

/* the plot of a curve within its picture, in the picture's units */
#define WIDTH 640
#define HEIGHT 360
#define LEFT 56
#define RIGHT 620
#define TOP 14
#define BOTTOM 312
#define TICKS 5

#define FIRST_FRAME (NF_EVAL_CONTEXT + 1)

/* of the confusion of classes */
#define CELL 12
#define MARGIN 144
#define OVERHANG 76 /* of names beyond the squares */

typedef struct
{
  gdouble low, high; /* of the axis of values */
} Scale;

/* The kind of a row's masks, which has a colour; rows of one colour have
 * different dashes. */
static const gchar *
family (const gchar *name)
{
  return g_str_has_prefix (name, "segment") ? "named"
      : g_str_has_prefix (name, "predict")  ? "predicted"
                                            : "truth";
}

/* How many rows of the same colour come before the one at @index. */
static guint
place_in_family (JsonArray *rows, guint index)
{
  const gchar *name = json_object_get_string_member (
      json_array_get_object_element (rows, index), "name");
  guint place = 0;

  for (guint i = 0; i < index; i++)
    place += g_str_equal (family (name),
        family (json_object_get_string_member (
            json_array_get_object_element (rows, i), "name")));
  return place;
}

static const gchar *
dashes (guint place)
{
  static const gchar *const patterns[] = { "none", "9 4", "3 3", "10 3 2 3",
    "1 4", "14 5" };

  return patterns[place % G_N_ELEMENTS (patterns)];
}

/* Outlines around (0, 0). */
static const gchar *
marker (guint place)
{
  static const gchar *const shapes[] = { "M-5 -5H5V5H-5Z",
    "M0 -7L7 0L0 7L-7 0Z", "M0 -6L6 5H-6Z", "M0 6L6 -5H-6Z",
    "M-7 -2H-2V-7H2V-2H7V2H2V7H-2V2H-7Z", "M-2 -7H2V7H-2Z" };

  return shapes[place % G_N_ELEMENTS (shapes)];
}

/* Numbers with a point, whatever the locale. */
static void
add_number (GString *out, const gchar *format, gdouble value)
{
  gchar text[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (out, g_ascii_formatd (text, sizeof text, format, value));
}

static gdouble
x_of (gint frame)
{
  return LEFT
      + (RIGHT - LEFT) * (gdouble) (frame - FIRST_FRAME)
      / (NF_EVAL_FRAMES - FIRST_FRAME);
}

static gdouble
y_of (const Scale *scale, gdouble value)
{
  gdouble share = (value - scale->low) / (scale->high - scale->low);

  return BOTTOM - (BOTTOM - TOP) * CLAMP (share, 0, 1);
}

static void
add_axes (GString *out, const Scale *scale)
{
  for (guint i = 0; i <= TICKS; i++) {
    gdouble value = scale->low + (scale->high - scale->low) * i / TICKS;
    gint y = y_of (scale, value) + 0.5;

    g_string_append_printf (out,
        "<path class=\"axis\" d=\"M%d %dH%d\"/>"
        "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">",
        LEFT, y, RIGHT, LEFT - 8, y + 5);
    add_number (out, scale->high > 2 ? "%.0f" : "%.1f", value);
    g_string_append (out, "</text>");
  }
  for (gint frame = FIRST_FRAME; frame <= NF_EVAL_FRAMES; frame += 2)
    g_string_append_printf (out,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%d</text>",
        (gint) x_of (frame), BOTTOM + 20, frame);
  g_string_append_printf (out,
      "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">frame</text>",
      (LEFT + RIGHT) / 2, BOTTOM + 42);
}

/* The points of a row that are on the axis: how many. */
static guint
collect (JsonObject *row, const gchar *member, gint *frames, gdouble *values)
{
  JsonArray *curve = json_object_get_array_member (row, "curve");
  guint n = 0;

  for (guint i = 0; i < json_array_get_length (curve); i++) {
    JsonObject *point = json_array_get_object_element (curve, i);
    gint frame = json_object_get_int_member (point, "frame");
    gdouble value = nf_eval_figure (point, member);

    if (frame < FIRST_FRAME || frame > NF_EVAL_FRAMES || isnan (value))
      continue;
    frames[n] = frame;
    values[n++] = value;
  }
  return n;
}

static void
add_series (GString *out, const Scale *scale, const gchar *kind, guint place,
    const gint *frames, const gdouble *values, guint n)
{
  if (n == 1) {
    g_string_append_printf (
        out, "<path class=\"dot %s\" transform=\"translate(", kind);
    add_number (out, "%.1f", x_of (frames[0]));
    g_string_append_c (out, ' ');
    add_number (out, "%.1f", y_of (scale, values[0]));
    g_string_append_printf (out, ")\" d=\"%s\"/>", marker (place));
    return;
  }
  g_string_append_printf (out,
      "<path class=\"series %s\" stroke-dasharray=\"%s\" d=\"", kind,
      dashes (place));
  for (guint i = 0; i < n; i++) {
    g_string_append_c (out, i == 0 ? 'M' : 'L');
    add_number (out, "%.1f", x_of (frames[i]));
    g_string_append_c (out, ' ');
    add_number (out, "%.1f", y_of (scale, values[i]));
  }
  g_string_append (out, "\"/>");
}

static void
add_legend (GString *out, JsonArray *rows, const gchar *member)
{
  gint frames[NF_EVAL_FRAMES];
  gdouble values[NF_EVAL_FRAMES];

  g_string_append (out, "<ul class=\"legend\">");
  for (guint i = 0; i < json_array_get_length (rows); i++) {
    JsonObject *row = json_array_get_object_element (rows, i);
    const gchar *kind = family (json_object_get_string_member (row, "name"));
    guint n = collect (row, member, frames, values);

    if (n == 0)
      continue;
    g_string_append (
        out, "<li><svg viewBox=\"0 0 34 14\" aria-hidden=\"true\">");
    if (n == 1)
      g_string_append_printf (out,
          "<path class=\"dot %s\" transform=\"translate(17 7)\" d=\"%s\"/>",
          kind, marker (place_in_family (rows, i)));
    else
      g_string_append_printf (out,
          "<path class=\"series %s\" stroke-dasharray=\"%s\" d=\"M0 7H34\"/>",
          kind, dashes (place_in_family (rows, i)));
    g_string_append_printf (
        out, "</svg>%s</li>", json_object_get_string_member (row, "title"));
  }
  g_string_append (out, "</ul>\n");
}

/**
 * nf_eval_chart_curve:
 * @out: gets a picture and its legend
 * @figures: of an evaluation
 * @member: of the points of the rows' curves
 * @low: value at the bottom
 * @high: value at the top, above @low
 * @label: what it is, for people
 *
 * Values over frames 12 to 22, a line for each row; a row with one frame has a
 * dot.
 */
void
nf_eval_chart_curve (GString *out, JsonObject *figures, const gchar *member,
    gdouble low, gdouble high, const gchar *label)
{
  JsonArray *rows = json_object_get_array_member (figures, "rows");
  const Scale scale = { low, high };
  gint frames[NF_EVAL_FRAMES];
  gdouble values[NF_EVAL_FRAMES];

  g_string_append_printf (out,
      "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s by frame\">",
      WIDTH, HEIGHT, label);
  add_axes (out, &scale);
  for (guint i = 0; i < json_array_get_length (rows); i++) {
    JsonObject *row = json_array_get_object_element (rows, i);
    guint n = collect (row, member, frames, values);

    if (n > 0)
      add_series (out, &scale,
          family (json_object_get_string_member (row, "name")),
          place_in_family (rows, i), frames, values, n);
  }
  g_string_append (out, "</svg>\n");
  add_legend (out, rows, member);
}

/**
 * nf_eval_chart_counts:
 * @row: of an evaluation's figures
 *
 * Returns: (transfer full): its confusion matrix, (classes, classes) pixels,
 *   rows the truth
 */
guint64 *
nf_eval_chart_counts (JsonObject *row)
{
  JsonArray *entries = json_object_get_array_member (row, "confusion");
  guint64 *counts = g_new0 (guint64, NF_N_CLASSES * NF_N_CLASSES);

  for (guint i = 0; i < json_array_get_length (entries); i++) {
    JsonArray *entry = json_array_get_array_element (entries, i);

    counts[json_array_get_int_element (entry, 0) * NF_N_CLASSES
        + json_array_get_int_element (entry, 1)] =
        json_array_get_int_element (entry, 2);
  }
  return counts;
}

static void
add_kinds (GString *out)
{
  static const gchar *const kinds[] = { "metal cube", "rubber cube",
    "metal sphere", "rubber sphere", "metal cylinder", "rubber cylinder" };
  gint end = MARGIN + CELL * NF_N_CLASSES;

  for (guint i = 0; i <= G_N_ELEMENTS (kinds); i++) {
    gint at = MARGIN + CELL * (1 + 8 * i);

    g_string_append_printf (out,
        "<path class=\"axis\" d=\"M%d %dV%dM%d %dH%d\"/>", at, MARGIN, end,
        MARGIN, at, end);
    if (i == G_N_ELEMENTS (kinds))
      break;
    g_string_append_printf (out,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>"
        "<text transform=\"translate(%d %d) rotate(-60)\">%s</text>",
        MARGIN - 6, at + 4 * CELL + 5, kinds[i], at + 4 * CELL, MARGIN - 6,
        kinds[i]);
  }
}

/* A square for what was predicted of a class, the fuller the more. */
static void
add_cell (GString *out, guint truth, guint prediction, gdouble share)
{
  g_string_append_printf (out,
      "<rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"%d\" height=\"%d\" "
      "fill-opacity=\"",
      truth == prediction ? "right" : "miss", MARGIN + CELL * prediction,
      MARGIN + CELL * truth, CELL - 1, CELL - 1);
  add_number (out, "%.2f", sqrt (share));
  g_string_append_printf (out,
      "\"><title>%s, called %s: ", nf_class_name (truth),
      nf_class_name (prediction));
  add_number (out, "%.1f", 100 * share);
  g_string_append (out, " %</title></rect>");
}

/**
 * nf_eval_chart_confusion:
 * @out: gets a picture
 * @row: of an evaluation's figures
 *
 * The confusion matrix: a true class in each line, and how large a share of its
 * pixels was predicted as each class. Shares below a thousandth are left out.
 */
void
nf_eval_chart_confusion (GString *out, JsonObject *row)
{
  g_autofree guint64 *counts = nf_eval_chart_counts (row);
  gint size = MARGIN + CELL * NF_N_CLASSES + 4;

  g_string_append_printf (out,
      "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"confusion of "
      "classes\">",
      size + OVERHANG, size);
  add_kinds (out);
  for (guint t = 0; t < NF_N_CLASSES; t++) {
    guint64 sum = 0;

    for (guint p = 0; p < NF_N_CLASSES; p++)
      sum += counts[t * NF_N_CLASSES + p];
    for (guint p = 0; sum > 0 && p < NF_N_CLASSES; p++) {
      gdouble share = (gdouble) counts[t * NF_N_CLASSES + p] / sum;

      if (share >= 0.001)
        add_cell (out, t, p, share);
    }
  }
  g_string_append (out, "</svg>\n");
}
