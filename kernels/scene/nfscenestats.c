/* SPDX-License-Identifier: MIT
 *
 * nfscenestats — what is seen in a set of clips, in numbers
 *
 * A number of a set is a ratio of sums over its clips, or a straight line
 * through them. How much it scatters from clip to clip is found by leaving out
 * one clip at a time (the jackknife), and so is what a set of n clips can tell:
 * that scatter over the root of n. */
#include "scene/nfscenestats.h"

#include "scene/nfscenemeasure.h"

#include <math.h>

#define REFERENCE_ROW 80 /* where an object's height is given */
#define TOLERANCE 2.0 /* times what the clips can tell */

struct _NfSceneStats
{
  GArray *clips; /* NfSceneMeasure */
};

typedef gdouble (*Estimate) (const gdouble *sums, guint over, guint under);

typedef struct
{
  const gchar *name;
  Estimate estimate;
  guint over, under; /* #NfSceneSum, for ratios */
} Row;

/* clips that say something about a row, their number, and their scatter */
typedef struct
{
  gdouble value;
  guint n;
  gdouble scatter;
} Estimated;

static gdouble
ratio (const gdouble *sums, guint over, guint under)
{
  return sums[under] > 0 ? sums[over] / sums[under] : NAN;
}

static gdouble
height_slope (const gdouble *sums, guint over, guint under)
{
  gdouble n = sums[NF_SCENE_SUM_WHOLE];
  gdouble x = sums[NF_SCENE_SUM_ROW], y = sums[NF_SCENE_SUM_HEIGHT];
  gdouble spread = n * sums[NF_SCENE_SUM_ROW_ROW] - x * x;

  return spread > 1e-6 * x * x
      ? (n * sums[NF_SCENE_SUM_ROW_HEIGHT] - x * y) / spread
      : NAN;
}

static gdouble
height_at_reference (const gdouble *sums, guint over, guint under)
{
  gdouble n = sums[NF_SCENE_SUM_WHOLE];
  gdouble slope = height_slope (sums, over, under);

  return (sums[NF_SCENE_SUM_HEIGHT] - slope * sums[NF_SCENE_SUM_ROW]) / n
      + slope * REFERENCE_ROW;
}

#define RATIO(over, under) ratio, NF_SCENE_SUM_##over, NF_SCENE_SUM_##under

static const Row rows[] = {
  { "objects in sight, a frame", RATIO (IN_SIGHT, FRAMES) },
  { "objects seen, a clip", RATIO (OBJECTS, CLIPS) },
  { "of these, that move", RATIO (MOVERS, OBJECTS) },
  { "of those in the first frame, at rest", RATIO (RESTING, FIRST) },
  { "that come into sight, a clip", RATIO (ARRIVALS, CLIPS) },
  { "their speed at first, sizes a frame", RATIO (ARRIVAL_SPEED, ARRIVALS) },
  { "speed of moving cubes", RATIO (SPEED, STEPS) },
  { "speed of moving spheres", ratio, NF_SCENE_SUM_SPEED + 1,
      NF_SCENE_SUM_STEPS + 1 },
  { "speed of moving cylinders", ratio, NF_SCENE_SUM_SPEED + 2,
      NF_SCENE_SUM_STEPS + 2 },
  { "speed that lone cubes lose a frame", RATIO (LOST_SPEED, FREE_STEPS) },
  { "speed that lone spheres lose a frame", ratio, NF_SCENE_SUM_LOST_SPEED + 1,
      NF_SCENE_SUM_FREE_STEPS + 1 },
  { "speed that lone cylinders lose a frame", ratio,
      NF_SCENE_SUM_LOST_SPEED + 2, NF_SCENE_SUM_FREE_STEPS + 2 },
  { "clips with a collision", RATIO (COLLIDED, CLIPS) },
  { "pairs that collide, a clip", RATIO (COLLISIONS, CLIPS) },
  { "height of spheres at row 80, pixels", height_at_reference, 0,
      NF_SCENE_SUM_WHOLE },
  { "and how much more a row", height_slope, 0, NF_SCENE_SUM_WHOLE },
  { "brightness of the ground", RATIO (LIGHT, LIT) },
  { "in the upper quarter", RATIO (LIGHT_FAR, LIT) },
  { "in the lower quarter", RATIO (LIGHT_NEAR, LIT) },
};

/**
 * nf_scene_stats_new:
 *
 * Returns: (transfer full): statistics of no clips yet
 */
NfSceneStats *
nf_scene_stats_new (void)
{
  NfSceneStats *self = g_new0 (NfSceneStats, 1);

  self->clips = g_array_new (FALSE, FALSE, sizeof (NfSceneMeasure));
  return self;
}

void
nf_scene_stats_free (NfSceneStats *stats)
{
  if (stats == NULL)
    return;
  g_array_unref (stats->clips);
  g_free (stats);
}

/**
 * nf_scene_stats_add:
 * @frames: (nullable): (n_frames, height, width, 3), red, green, blue
 * @masks: (nullable): (n_frames, height, width), classes
 * @n_frames: at least 1
 * @width: columns, at least 1
 * @height: rows, at least 1
 *
 * Counts one more clip. What needs masks is left out of a clip without them,
 * and so is what needs frames.
 */
void
nf_scene_stats_add (NfSceneStats *stats, const guint8 *frames,
    const guint8 *masks, guint n_frames, guint width, guint height)
{
  NfSceneMeasure measure;

  g_return_if_fail (n_frames > 0 && width > 0 && height > 0);

  nf_scene_measure (&measure, frames, masks, n_frames, width, height);
  g_array_append_val (stats->clips, measure);
}

static const NfSceneMeasure *
get_clip (const NfSceneStats *stats, guint i)
{
  return &g_array_index (stats->clips, NfSceneMeasure, i);
}

static gdouble
scatter_of (
    const NfSceneStats *stats, const Row *row, const gdouble *total, guint n)
{
  gdouble sum = 0, squares = 0, without[NF_SCENE_N_SUMS];

  for (guint i = 0; i < stats->clips->len; i++) {
    const gdouble *sums = get_clip (stats, i)->sums;
    gdouble value;

    if (sums[row->under] <= 0)
      continue;
    for (guint k = 0; k < NF_SCENE_N_SUMS; k++)
      without[k] = total[k] - sums[k];
    value = row->estimate (without, row->over, row->under);
    sum += value;
    squares += value * value;
  }
  return n > 1 ? sqrt (MAX (squares - sum * sum / n, 0) * (n - 1)) : NAN;
}

static Estimated
estimate_row (const NfSceneStats *stats, const Row *row)
{
  gdouble total[NF_SCENE_N_SUMS] = { 0 };
  Estimated result = { NAN, 0, NAN };

  for (guint i = 0; i < stats->clips->len; i++) {
    const gdouble *sums = get_clip (stats, i)->sums;

    result.n += sums[row->under] > 0;
    for (guint k = 0; k < NF_SCENE_N_SUMS; k++)
      total[k] += sums[k];
  }
  if (result.n > 0) {
    result.value = row->estimate (total, row->over, row->under);
    result.scatter = scatter_of (stats, row, total, result.n);
  }
  return result;
}

/* of one colour of a class over the clips that show it */
static Estimated
estimate_color (const NfSceneStats *stats, guint id, guint channel)
{
  gdouble sum = 0, squares = 0;
  Estimated result = { NAN, 0, NAN };

  for (guint i = 0; i < stats->clips->len; i++) {
    const NfSceneMeasure *clip = get_clip (stats, i);
    gdouble value = clip->colors[id][channel];

    if (clip->pixels[id] == 0)
      continue;
    result.n++;
    sum += value;
    squares += value * value;
  }
  if (result.n > 0)
    result.value = sum / result.n;
  if (result.n > 1)
    result.scatter =
        sqrt (MAX (squares - sum * sum / result.n, 0) / (result.n - 1));
  return result;
}

/* The difference that two sets of so many clips of the same kind may well have.
 * The larger set knows better how much clips scatter. */
static gdouble
tolerance (const Estimated *a, const Estimated *b)
{
  gdouble scatter = a->n > b->n ? a->scatter : b->scatter;

  return a->n > 0 && b->n > 0
      ? TOLERANCE * scatter * sqrt (1.0 / a->n + 1.0 / b->n)
      : NAN;
}

static const gchar *
verdict (gdouble difference, gdouble allowed)
{
  if (isnan (difference) || isnan (allowed))
    return "";
  return fabs (difference) <= allowed ? "yes" : "no";
}

static guint
count_masks (const NfSceneStats *stats)
{
  guint n = 0;

  for (guint i = 0; i < stats->clips->len; i++)
    n += get_clip (stats, i)->sums[NF_SCENE_SUM_CLIPS] > 0;
  return n;
}

static void
append_head (GString *text, const gchar *what)
{
  g_string_append_printf (text,
      "| %s | real | synthetic | may differ by | within |\n"
      "|---|---|---|---|---|\n",
      what);
}

static void
append_number (GString *text, gdouble value)
{
  gint digits = fabs (value) >= 10 ? 1 : 3;

  if (isnan (value))
    g_string_append (text, " – |");
  else
    g_string_append_printf (text, " %.*f |", digits, value);
}

static void
append_row (GString *text, const NfSceneStats *real,
    const NfSceneStats *synthetic, const Row *row)
{
  Estimated a = estimate_row (real, row), b = estimate_row (synthetic, row);
  gdouble allowed = tolerance (&a, &b);

  g_string_append_printf (text, "| %s |", row->name);
  append_number (text, a.value);
  append_number (text, b.value);
  append_number (text, allowed);
  g_string_append_printf (
      text, " %s |\n", verdict (a.value - b.value, allowed));
}

static void
append_color (GString *text, const NfSceneStats *real,
    const NfSceneStats *synthetic, guint id)
{
  Estimated a[3], b[3];
  gdouble worst = 0, allowed = 0;

  for (guint c = 0; c < 3; c++) {
    gdouble limit, difference;

    a[c] = estimate_color (real, id, c);
    b[c] = estimate_color (synthetic, id, c);
    limit = tolerance (&a[c], &b[c]);
    difference = fabs (a[c].value - b[c].value);
    if (c == 0 || difference / limit > worst / allowed) {
      worst = difference;
      allowed = limit;
    }
  }
  if (a[0].n == 0)
    return;
  g_string_append_printf (text, "| %s | %.0f %.0f %.0f |", nf_class_name (id),
      a[0].value, a[1].value, a[2].value);
  if (b[0].n == 0)
    g_string_append (text, " – | – | |\n");
  else
    g_string_append_printf (text, " %.0f %.0f %.0f | %.0f | %s |\n", b[0].value,
        b[1].value, b[2].value, allowed, verdict (worst, allowed));
}

/**
 * nf_scene_stats_format_table:
 * @real: statistics of the real clips
 * @synthetic: statistics of synthetic clips
 *
 * Two Markdown tables: numbers of motion, size and light, and the mean colour
 * of each class that the real clips show. "may differ by": twice the scatter
 * of a difference between two sets of so many clips.
 *
 * Returns: (transfer full): the tables
 */
gchar *
nf_scene_stats_format_table (
    const NfSceneStats *real, const NfSceneStats *synthetic)
{
  GString *text = g_string_new ("");

  append_head (text, "");
  g_string_append_printf (text, "| clips | %u | %u | | |\n", real->clips->len,
      synthetic->clips->len);
  g_string_append_printf (text, "| of these, with masks | %u | %u | | |\n",
      count_masks (real), count_masks (synthetic));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    append_row (text, real, synthetic, &rows[i]);

  g_string_append_c (text, '\n');
  append_head (text, "red, green, blue of a");
  for (guint id = 1; id < NF_N_CLASSES; id++)
    append_color (text, real, synthetic, id);

  return g_string_free (text, FALSE);
}
