/* SPDX-License-Identifier: MIT
 *
 * nfscenestats — what is seen in a set of clips, in numbers
 *
 * A statistic of a set is a ratio of sums over its clips, or a value on a line
 * fitted to them. How far the statistics of two sets may be apart by chance is
 * found by resampling: many random sets of the smaller size are drawn from the
 * larger set. That holds for ratios of few clips as well, for which formulas
 * for large sets do not. */
#include <nextframe/scene/stats/nfscenestats.h>

#include <nextframe/core/random/nfrng.h>
#include "scene/stats/nfscenemeasure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REFERENCE_ROW 80 /* where an object's height is given */
#define DRAWS 20000
#define SURE 0.95 /* so many of the draws are within what is allowed */

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

/**
 * Subject: what is compared
 * @row: one number, or NULL: the colour of a class, which is three
 * @id: the class
 */
typedef struct
{
  const Row *row;
  guint id;
} Subject;

typedef struct
{
  gdouble value[3];
} Estimated;

/* numbers that are random, but the same in each run */
typedef struct
{
  NfRngKey key;
  guint64 used;
} Dice;

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

static guint
n_values (const Subject *subject)
{
  return subject->row != NULL ? 1 : 3;
}

/* the clips that say something about it: numbers of them */
static GArray *
find_informative (const NfSceneStats *stats, const Subject *subject)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (guint));

  for (guint i = 0; i < stats->clips->len; i++) {
    const NfSceneMeasure *clip = get_clip (stats, i);

    if (subject->row != NULL ? clip->sums[subject->row->under] > 0
                             : clip->pixels[subject->id] > 0)
      g_array_append_val (list, i);
  }
  return list;
}

static gdouble
estimate_row (const NfSceneStats *stats, const Row *row, const GArray *clips)
{
  gdouble total[NF_SCENE_N_SUMS] = { 0 };

  for (guint i = 0; i < clips->len; i++)
    for (guint k = 0; k < NF_SCENE_N_SUMS; k++)
      total[k] += get_clip (stats, g_array_index (clips, guint, i))->sums[k];
  return clips->len > 0 ? row->estimate (total, row->over, row->under) : NAN;
}

static Estimated
estimate (
    const NfSceneStats *stats, const Subject *subject, const GArray *clips)
{
  Estimated result = { { 0 } };

  if (subject->row != NULL) {
    result.value[0] = estimate_row (stats, subject->row, clips);
    return result;
  }
  for (guint c = 0; c < 3; c++) {
    for (guint i = 0; i < clips->len; i++) {
      guint clip = g_array_index (clips, guint, i);

      result.value[c] += get_clip (stats, clip)->colors[subject->id][c];
    }
    result.value[c] /= clips->len;
  }
  return result;
}

static void
draw (Dice *dice, const GArray *from, GArray *to)
{
  for (guint i = 0; i < to->len; i++)
    g_array_index (to, guint, i) = g_array_index (
        from, guint, nf_rng_below (&dice->key, dice->used++, from->len));
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  gdouble x = *(const gdouble *) a, y = *(const gdouble *) b;

  return (x > y) - (x < y);
}

/* the value that a share of the sorted values does not exceed */
static gdouble
quantile (const gdouble *values, guint n, gdouble share)
{
  return n > 0 ? values[MIN ((guint) (share * n), n - 1)] : NAN;
}

/* in what parts differences are counted: 1, or how much clips scatter */
static void
find_parts (const NfSceneStats *stats, const Subject *subject,
    const GArray *clips, const Estimated *mean, gdouble parts[3])
{
  for (guint c = 0; c < n_values (subject); c++) {
    gdouble squares = 0;

    for (guint i = 0; subject->row == NULL && i < clips->len; i++) {
      guint clip = g_array_index (clips, guint, i);
      gdouble off =
          get_clip (stats, clip)->colors[subject->id][c] - mean->value[c];

      squares += off * off;
    }
    parts[c] = subject->row != NULL ? 1 : sqrt (squares / (clips->len - 1));
  }
}

static gdouble
farthest (const Estimated *a, const Estimated *b, const gdouble *parts, guint n)
{
  gdouble most = 0;

  for (guint c = 0; c < n; c++) {
    gdouble off = fabs (a->value[c] - b->value[c]) / parts[c];

    if (isnan (off))
      return NAN;
    most = fmax (most, off);
  }
  return most;
}

/**
 * Comparison: of a real and a synthetic set
 * @n: clips of either that say something
 * @parts: what differences are counted in
 * @differences: of drawn sets, in parts, sorted
 * @n_differences: how many they are
 */
typedef struct
{
  Subject subject;
  Estimated real, synthetic;
  guint n[2];
  gdouble parts[3];
  gdouble *differences;
  guint n_differences;
} Comparison;

static void
comparison_clear (gpointer comparison)
{
  g_free (((Comparison *) comparison)->differences);
}

/* Differences that two sets of the same kind have, one of @n clips and the
 * larger one of those in @clips, which know how much clips scatter. */
static void
draw_differences (
    Comparison *self, const NfSceneStats *stats, const GArray *clips, guint n)
{
  const Subject *subject = &self->subject;
  g_autoptr (GArray) drawn = g_array_new (FALSE, FALSE, sizeof (guint));
  Estimated all = estimate (stats, subject, clips);
  gdouble grown = sqrt (1 + (gdouble) n / clips->len);
  Dice dice = { { .seed = subject->row == NULL,
      .stream = subject->row != NULL ? subject->row - rows : subject->id,
      .purpose = NF_RNG_SCENE_STATS } };

  if (n == 0 || clips->len < 2)
    return;
  find_parts (stats, subject, clips, &all, self->parts);
  self->differences = g_new (gdouble, DRAWS);
  g_array_set_size (drawn, n);
  for (guint i = 0; i < DRAWS; i++) {
    Estimated some;
    gdouble off;

    draw (&dice, clips, drawn);
    some = estimate (stats, subject, drawn);
    off = farthest (&some, &all, self->parts, n_values (subject));
    if (isfinite (off))
      self->differences[self->n_differences++] = off * grown;
  }
  qsort (self->differences, self->n_differences, sizeof (gdouble), compare);
}

static void
compare_sets (const NfSceneStats *real, const NfSceneStats *synthetic,
    const Subject *subject, Comparison *result)
{
  g_autoptr (GArray) mine = find_informative (real, subject);
  g_autoptr (GArray) theirs = find_informative (synthetic, subject);

  memset (result, 0, sizeof *result);
  result->subject = *subject;
  result->real = estimate (real, subject, mine);
  result->synthetic = estimate (synthetic, subject, theirs);
  result->n[0] = mine->len;
  result->n[1] = theirs->len;
  if (mine->len > theirs->len)
    draw_differences (result, real, mine, theirs->len);
  else
    draw_differences (result, synthetic, theirs, mine->len);
}

/* how far apart the sets are, in parts; NAN where that is unknown */
static gdouble
get_distance (const Comparison *found)
{
  if (found->n_differences == 0)
    return NAN;
  return farthest (&found->real, &found->synthetic, found->parts,
      n_values (&found->subject));
}

static gboolean
is_within (const Comparison *found, gdouble share)
{
  return get_distance (found)
      <= quantile (found->differences, found->n_differences, share);
}

/* all that can be said of both sets, or of the real one */
static GArray *
compare_all (const NfSceneStats *real, const NfSceneStats *synthetic)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (Comparison));

  g_array_set_clear_func (list, comparison_clear);
  for (guint i = 0; i < G_N_ELEMENTS (rows) + NF_N_CLASSES - 1; i++) {
    gboolean number = i < G_N_ELEMENTS (rows);
    const Subject subject = { number ? &rows[i] : NULL,
      number ? 0 : i + 1 - G_N_ELEMENTS (rows) };
    Comparison found;

    compare_sets (real, synthetic, &subject, &found);
    if (number || found.n[0] > 0)
      g_array_append_val (list, found);
    else
      comparison_clear (&found);
  }
  return list;
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
      "| %s | real | synthetic | may differ by | all together | within |\n"
      "|---|---|---|---|---|---|\n",
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
append_limits (GString *text, const Comparison *found, gdouble share)
{
  gdouble most = quantile (found->differences, found->n_differences, share);

  if (isnan (get_distance (found))) {
    g_string_append (text, " – |");
  } else if (found->subject.row != NULL) {
    append_number (text, most);
  } else {
    for (guint c = 0; c < 3; c++)
      g_string_append_printf (text, " %.1f", found->parts[c] * most);
    g_string_append (text, " |");
  }
}

static void
append_estimate (GString *text, const Comparison *found, gboolean real)
{
  const Estimated *e = real ? &found->real : &found->synthetic;

  if (found->subject.row != NULL)
    append_number (text, e->value[0]);
  else if (found->n[!real] == 0)
    g_string_append (text, " – |");
  else
    g_string_append_printf (
        text, " %.0f %.0f %.0f |", e->value[0], e->value[1], e->value[2]);
}

static void
append_comparison (GString *text, const Comparison *found, gdouble together)
{
  const Subject *subject = &found->subject;
  const gchar *verdict = "";

  if (!isnan (get_distance (found)))
    verdict = is_within (found, SURE) ? "yes"
        : is_within (found, together) ? "together"
                                      : "no";
  g_string_append_printf (text, "| %s |",
      subject->row != NULL ? subject->row->name : nf_class_name (subject->id));
  append_estimate (text, found, TRUE);
  append_estimate (text, found, FALSE);
  append_limits (text, found, SURE);
  append_limits (text, found, together);
  g_string_append_printf (text, " %s |\n", verdict);
}

static void
append_score (GString *text, const GArray *list, guint n, gdouble together)
{
  guint alone = 0, all = 0;

  for (guint i = 0; i < list->len; i++) {
    const Comparison *found = &g_array_index (list, Comparison, i);

    alone += is_within (found, SURE);
    all += is_within (found, together);
  }
  g_string_append_printf (text,
      "\n%u of %u are within what each row may differ by (by chance alone "
      "%.1f), %u within what all may together.\n",
      alone, n, SURE * n, all);
}

gchar *
nf_scene_stats_format_table (
    const NfSceneStats *real, const NfSceneStats *synthetic)
{
  GString *text = g_string_new ("");
  g_autoptr (GArray) list = compare_all (real, synthetic);
  gdouble together;
  guint n = 0;

  for (guint i = 0; i < list->len; i++)
    n += !isnan (get_distance (&g_array_index (list, Comparison, i)));
  together = 1 - (1 - SURE) / MAX (n, 1);
  append_head (text, "");
  g_string_append_printf (text, "| clips | %u | %u | | | |\n", real->clips->len,
      synthetic->clips->len);
  g_string_append_printf (text, "| of these, with masks | %u | %u | | | |\n",
      count_masks (real), count_masks (synthetic));
  for (guint i = 0; i < list->len; i++) {
    if (i == G_N_ELEMENTS (rows)) {
      g_string_append_c (text, '\n');
      append_head (text, "red, green, blue of a");
    }
    append_comparison (text, &g_array_index (list, Comparison, i), together);
  }
  if (n > 0)
    append_score (text, list, n, together);

  return g_string_free (text, FALSE);
}
