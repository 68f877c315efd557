/* SPDX-License-Identifier: MIT
 *
 * panel — the curves of one metric, with axes, in a rectangle */
#include "watch/panel.h"

#include <math.h>

#define LEFT 76 /* of the axes' rectangle, pixels */
#define RIGHT (NF_PANEL_WIDTH - 18)
#define TOP 40
#define BOTTOM (NF_PANEL_HEIGHT - 46)
#define TICKS 5 /* about */
#define MOST_DOTS 40 /* of a curve */
#define DOT_RADIUS 2.4
#define LOG_RATIO 20 /* of values that an axis of powers of ten suits */
#define FEW_POWERS 3
#define LEAST_RANGE 1e-300 /* that can be cut into parts */

/* What an axis shows. */
typedef struct
{
  gdouble low, high; /* of values, or of their logarithms to the base 10 */
  gboolean log;
} Axis;

/* Colours that people with any eyes distinguish (Okabe and Ito, "Color universal
 * design", 2008), but for its yellow, which is faint on white. */
static const guint32 colors[] = { 0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7,
  0x56b4e9, 0xe69f00, 0x000000 };

static void
set_color (cairo_t *cairo, guint32 color, gdouble alpha)
{
  cairo_set_source_rgba (cairo, (color >> 16 & 255) / 255.0,
      (color >> 8 & 255) / 255.0, (color & 255) / 255.0, alpha);
}

/**
 * nf_panel_set_style:
 * @cairo: gets the colour and the dashes of a run's curve
 * @run: which run, from 0 on
 *
 * Runs beyond the last colour get the first one again, with other dashes.
 */
void
nf_panel_set_style (cairo_t *cairo, guint run)
{
  static const gdouble dashes[][2] = { { 0, 0 }, { 7, 3 }, { 2, 3 } };
  const guint pattern = run / G_N_ELEMENTS (colors) % G_N_ELEMENTS (dashes);

  set_color (cairo, colors[run % G_N_ELEMENTS (colors)], 1);
  cairo_set_dash (cairo, dashes[pattern], pattern == 0 ? 0 : 2, 0);
  cairo_set_line_width (cairo, 1.6);
}

static const GArray *
points_of (const GPtrArray *runs, guint run, const gchar *metric)
{
  const NfSeries *series = nf_run_series_find (runs->pdata[run], metric);

  return series ? series->points : NULL;
}

/* The smallest and the largest of all curves. */
static void
find_range (
    const GPtrArray *runs, const gchar *metric, gdouble low[2], gdouble high[2])
{
  low[0] = low[1] = INFINITY;
  high[0] = high[1] = -INFINITY;
  for (guint run = 0; run < runs->len; run++) {
    const GArray *points = points_of (runs, run, metric);

    for (guint i = 0; points && i < points->len; i++) {
      const NfPoint point = g_array_index (points, NfPoint, i);
      const gdouble at[2] = { point.step, point.value };

      for (guint k = 0; k < 2; k++) {
        low[k] = MIN (low[k], at[k]);
        high[k] = MAX (high[k], at[k]);
      }
    }
  }
}

/* What an axis shows to either side of a single value. */
static gdouble
room_around (gdouble value)
{
  const gdouble tenth = fabs (value) / 10;

  return tenth > LEAST_RANGE ? tenth : 0.5;
}

static Axis
make_axis (gdouble low, gdouble high, gboolean may_be_log)
{
  Axis axis = { low, high, may_be_log && low > 0 && high / low > LOG_RATIO };

  if (axis.log) {
    axis.low = log10 (low);
    axis.high = log10 (high);
  }
  if (!(axis.high - axis.low > LEAST_RANGE)) {
    const gdouble room = room_around (axis.low);

    axis.low -= room;
    axis.high += room;
  }
  return axis;
}

/* A value's place between two ends. */
static gdouble
place (const Axis *axis, gdouble value, gdouble from, gdouble to)
{
  const gdouble shown = axis->log ? log10 (value) : value;

  return from + (to - from) * (shown - axis->low) / (axis->high - axis->low);
}

/* A step of 1, 2 or 5 times a power of ten that cuts the axis into about so many
 * parts. */
static gdouble
tick_step (const Axis *axis)
{
  const gdouble raw = (axis->high - axis->low) / TICKS;
  const gdouble power = pow (10, floor (log10 (raw)));
  const gdouble digit = raw / power;

  return power * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10);
}

/* The number at a tick, with a point whatever the locale. */
static void
format_tick (gdouble value, gchar text[G_ASCII_DTOSTR_BUF_SIZE])
{
  g_ascii_formatd (text, G_ASCII_DTOSTR_BUF_SIZE,
      fabs (value) >= 1e6 || (value != 0 && fabs (value) < 1e-3) ? "%.3g"
                                                                 : "%.6g",
      value);
}

/* Text that ends at x, or lies around it. */
static void
show_text (
    cairo_t *cairo, const gchar *text, gdouble x, gdouble y, gboolean ends)
{
  cairo_text_extents_t extents;

  cairo_text_extents (cairo, text, &extents);
  cairo_move_to (cairo, x - extents.x_advance / (ends ? 1 : 2), y);
  cairo_show_text (cairo, text);
}

static void
draw_tick (cairo_t *cairo, const Axis *axis, gdouble at, gboolean vertical)
{
  /* where a logarithm is shown, @at is one */
  const gdouble share = (at - axis->low) / (axis->high - axis->low);
  gchar text[G_ASCII_DTOSTR_BUF_SIZE];
  gdouble x, y;

  format_tick (axis->log ? pow (10, at) : at, text);
  set_color (cairo, 0xdddddd, 1);
  cairo_set_line_width (cairo, 1);
  if (vertical) {
    y = round (BOTTOM + (TOP - BOTTOM) * share) + 0.5;
    cairo_move_to (cairo, LEFT, y);
    cairo_line_to (cairo, RIGHT, y);
  } else {
    x = round (LEFT + (RIGHT - LEFT) * share) + 0.5;
    cairo_move_to (cairo, x, TOP);
    cairo_line_to (cairo, x, BOTTOM);
  }
  cairo_stroke (cairo);
  set_color (cairo, 0x444444, 1);
  if (vertical)
    show_text (cairo, text, LEFT - 8, y + 4, TRUE);
  else
    show_text (cairo, text, x, BOTTOM + 18, FALSE);
}

/* Ticks at 1, 2 and 5 times powers of ten, or where there are many powers at
 * these alone. */
static void
draw_powers (cairo_t *cairo, const Axis *axis, gboolean vertical)
{
  static const gdouble digits[] = { 1, 2, 5 };
  const guint n = axis->high - axis->low > FEW_POWERS ? 1 : 3;

  for (gint power = floor (axis->low); power <= axis->high; power++)
    for (guint i = 0; i < n; i++) {
      const gdouble at = power + log10 (digits[i]);

      if (at >= axis->low && at <= axis->high)
        draw_tick (cairo, axis, at, vertical);
    }
}

static void
draw_ticks (cairo_t *cairo, const Axis *axis, gboolean vertical)
{
  const gdouble step = tick_step (axis);
  const gint64 first = (gint64) ceil (axis->low / step - 1e-9);
  const gint64 last = (gint64) floor (axis->high / step + 1e-9);

  if (axis->log) {
    draw_powers (cairo, axis, vertical);
    return;
  }
  for (gint64 i = first; i <= last; i++)
    draw_tick (cairo, axis, i * step, vertical);
}

/* A curve; where its points are few, dots show them. */
static void
draw_curve (cairo_t *cairo, const GArray *points, const Axis *x, const Axis *y)
{
  for (guint i = 0; i < points->len; i++) {
    const NfPoint point = g_array_index (points, NfPoint, i);

    cairo_line_to (cairo, place (x, point.step, LEFT, RIGHT),
        place (y, point.value, BOTTOM, TOP));
  }
  cairo_stroke (cairo);
  for (guint i = 0; points->len <= MOST_DOTS && i < points->len; i++) {
    const NfPoint point = g_array_index (points, NfPoint, i);

    cairo_arc (cairo, place (x, point.step, LEFT, RIGHT),
        place (y, point.value, BOTTOM, TOP), DOT_RADIUS, 0, 2 * G_PI);
    cairo_fill (cairo);
  }
}

/**
 * nf_panel_draw:
 * @cairo: where to draw, with the panel's corner at (0, 0)
 * @runs: (element-type NfRunSeries): some of which have the metric
 * @metric: its name
 * @linear: whether the axis of values never shows powers of ten
 *
 * The axis of values shows powers of ten where all of them are above 0 and the
 * largest is more than 20 times the smallest.
 */
void
nf_panel_draw (
    cairo_t *cairo, const GPtrArray *runs, const gchar *metric, gboolean linear)
{
  gdouble low[2], high[2];
  Axis x, y;

  find_range (runs, metric, low, high);
  x = make_axis (low[0], high[0], FALSE);
  y = make_axis (low[1], high[1], !linear);
  cairo_set_dash (cairo, NULL, 0, 0);
  cairo_set_font_size (cairo, 12);
  draw_ticks (cairo, &x, FALSE);
  draw_ticks (cairo, &y, TRUE);
  show_text (cairo, "step", (LEFT + RIGHT) / 2.0, BOTTOM + 36, FALSE);
  set_color (cairo, 0x000000, 1);
  cairo_set_font_size (cairo, 14);
  cairo_move_to (cairo, LEFT, TOP - 14);
  cairo_show_text (cairo, metric);
  cairo_save (cairo);
  cairo_rectangle (
      cairo, LEFT - 3, TOP - 3, RIGHT - LEFT + 6, BOTTOM - TOP + 6);
  cairo_clip (cairo);
  for (guint run = 0; run < runs->len; run++) {
    const GArray *points = points_of (runs, run, metric);

    nf_panel_set_style (cairo, run);
    if (points)
      draw_curve (cairo, points, &x, &y);
  }
  cairo_restore (cairo);
}
