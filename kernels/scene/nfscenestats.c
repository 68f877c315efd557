/* SPDX-License-Identifier: MIT
 *
 * nfscenestats — what is seen in a set of clips, in numbers
 *
 * A number of a set is a ratio of sums over its clips, or a straight line
 * through them. How far the numbers of two sets may be apart is found by
 * drawing: many sets as small as the smaller one, out of the larger one. That
 * holds for ratios of few clips, too, where a formula for many would not. */
#include "scene/nfscenestats.h"

#include "core/nfrng.h"
#include "scene/nfscenemeasure.h"

#include <math.h>
#include <stdlib.h>

#define REFERENCE_ROW 80 /* where an object's height is given */
#define DRAWS 4000
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

/* verdicts so far */
typedef struct
{
  guint n, within;
} Score;

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

static guint
n_values (const Subject *subject)
{
  return subject->row != NULL ? 1 : 3;
}

/* the clips that say something about it: numbers of them */
static GArray *
find_telling (const NfSceneStats *stats, const Subject *subject)
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

/* what SURE of them do not exceed; sorts them */
static gdouble
quantile (gdouble *values, guint n)
{
  if (n == 0)
    return NAN;
  qsort (values, n, sizeof *values, compare);
  return values[MIN ((guint) (SURE * n), n - 1)];
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

/* The difference that two sets of the same kind may well have, one of @n clips
 * and the larger one of those in @clips, which know how much clips scatter. A
 * colour's three numbers are one test: SURE of the draws have all within. */
static void
allow (const NfSceneStats *stats, const Subject *subject, const GArray *clips,
    guint n, gdouble allowed[3])
{
  g_autoptr (GArray) drawn = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autofree gdouble *differences = g_new (gdouble, DRAWS);
  Estimated all = estimate (stats, subject, clips);
  Dice dice = { { subject->row == NULL,
      subject->row != NULL ? subject->row - rows : subject->id,
      NF_RNG_SCENE_STATS } };
  gdouble most;
  guint used = 0;

  allowed[0] = allowed[1] = allowed[2] = NAN;
  if (n == 0 || clips->len < 2)
    return;
  find_parts (stats, subject, clips, &all, allowed);
  g_array_set_size (drawn, n);
  for (guint i = 0; i < DRAWS; i++) {
    Estimated some;
    gdouble off;

    draw (&dice, clips, drawn);
    some = estimate (stats, subject, drawn);
    off = farthest (&some, &all, allowed, n_values (subject));
    if (isfinite (off))
      differences[used++] = off;
  }
  most = quantile (differences, used) * sqrt (1 + (gdouble) n / clips->len);
  for (guint c = 0; c < 3; c++)
    allowed[c] *= most;
}

/**
 * Comparison: of a real and a synthetic set
 * @n: clips of either that say something
 */
typedef struct
{
  Estimated real, synthetic;
  guint n[2];
  gdouble allowed[3];
} Comparison;

static void
compare_sets (const NfSceneStats *real, const NfSceneStats *synthetic,
    const Subject *subject, Comparison *result)
{
  g_autoptr (GArray) mine = find_telling (real, subject);
  g_autoptr (GArray) theirs = find_telling (synthetic, subject);

  result->real = estimate (real, subject, mine);
  result->synthetic = estimate (synthetic, subject, theirs);
  result->n[0] = mine->len;
  result->n[1] = theirs->len;
  if (mine->len > theirs->len)
    allow (real, subject, mine, theirs->len, result->allowed);
  else
    allow (synthetic, subject, theirs, mine->len, result->allowed);
}

static const gchar *
verdict (const Comparison *found, guint n, Score *score)
{
  gboolean within = TRUE;

  for (guint c = 0; c < n; c++) {
    gdouble off = fabs (found->real.value[c] - found->synthetic.value[c]);

    if (isnan (off) || isnan (found->allowed[c]))
      return "";
    within = within && off <= found->allowed[c];
  }
  score->n++;
  score->within += within;
  return within ? "yes" : "no";
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
    const NfSceneStats *synthetic, const Row *row, Score *score)
{
  const Subject subject = { row, 0 };
  Comparison found;

  compare_sets (real, synthetic, &subject, &found);
  g_string_append_printf (text, "| %s |", row->name);
  append_number (text, found.real.value[0]);
  append_number (text, found.synthetic.value[0]);
  append_number (text, found.allowed[0]);
  g_string_append_printf (text, " %s |\n", verdict (&found, 1, score));
}

static void
append_color (GString *text, const NfSceneStats *real,
    const NfSceneStats *synthetic, guint id, Score *score)
{
  const Subject subject = { NULL, id };
  Comparison found;
  const gdouble *a = found.real.value, *b = found.synthetic.value;
  const gdouble *allowed = found.allowed;

  compare_sets (real, synthetic, &subject, &found);
  if (found.n[0] == 0)
    return;
  g_string_append_printf (
      text, "| %s | %.0f %.0f %.0f |", nf_class_name (id), a[0], a[1], a[2]);
  if (found.n[1] == 0)
    g_string_append (text, " – | – | |\n");
  else
    g_string_append_printf (text, " %.0f %.0f %.0f | %.1f %.1f %.1f | %s |\n",
        b[0], b[1], b[2], allowed[0], allowed[1], allowed[2],
        verdict (&found, 3, score));
}

/**
 * nf_scene_stats_format_table:
 * @real: statistics of the real clips
 * @synthetic: statistics of synthetic clips
 *
 * Two Markdown tables: numbers of motion, size and light, and the mean colour
 * of each class that the real clips show. "may differ by": what 19 of 20 sets
 * of as many clips as the smaller one, drawn from the larger one, keep to. So
 * one verdict in 20 is "no" by chance.
 *
 * Returns: (transfer full): the tables
 */
gchar *
nf_scene_stats_format_table (
    const NfSceneStats *real, const NfSceneStats *synthetic)
{
  GString *text = g_string_new ("");
  Score score = { 0, 0 };

  append_head (text, "");
  g_string_append_printf (text, "| clips | %u | %u | | |\n", real->clips->len,
      synthetic->clips->len);
  g_string_append_printf (text, "| of these, with masks | %u | %u | | |\n",
      count_masks (real), count_masks (synthetic));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    append_row (text, real, synthetic, &rows[i], &score);

  g_string_append_c (text, '\n');
  append_head (text, "red, green, blue of a");
  for (guint id = 1; id < NF_N_CLASSES; id++)
    append_color (text, real, synthetic, id, &score);
  if (score.n > 0)
    g_string_append_printf (
        text, "\n%u of %u are within.\n", score.within, score.n);

  return g_string_free (text, FALSE);
}
