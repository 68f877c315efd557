/* SPDX-License-Identifier: MIT
 *
 * regions — tests of objects made of class probabilities
 *
 * Pictures are drawn by hand: each pixel is of one kind of object, and a kind
 * has the probabilities that its row says. Sibling: nfsegmentdecision.c (the
 * element) */
#include "damagedtruth.h"

#include <nextframe/core/random/nfrng.h>
#include <nextframe/metrics/nfclasses.h>
#include <nextframe/metrics/nfconfusion.h>
#include "regions/nfassign.h"
#include <nextframe/regions/nfregionvotes.h>
#include <nextframe/scene/render/nfrender.h>

#include <math.h>
#include <string.h>

#define SIDE 100 /* of pictures, so that a speck has fewer than 6 pixels */
#define K 6 /* classes */

/* what a pixel looks like to the network */
typedef enum
{
  GROUND,
  SURE_1, /* class 1, and so on */
  SURE_2,
  SURE_3,
  RATHER_1, /* than class 2 */
  RATHER_2,
  VAGUE_1, /* than ground */
  N_LOOKS
} Look;

static const gfloat looks[N_LOOKS][K] = {
  { 0.95f, 0.01f, 0.01f, 0.01f, 0.01f, 0.01f },
  { 0.01f, 0.95f, 0.01f, 0.01f, 0.01f, 0.01f },
  { 0.01f, 0.01f, 0.95f, 0.01f, 0.01f, 0.01f },
  { 0.01f, 0.01f, 0.01f, 0.95f, 0.01f, 0.01f },
  { 0.02f, 0.60f, 0.32f, 0.02f, 0.02f, 0.02f },
  { 0.02f, 0.32f, 0.60f, 0.02f, 0.02f, 0.02f },
  { 0.30f, 0.66f, 0.01f, 0.01f, 0.01f, 0.01f },
};

typedef struct
{
  gfloat p[SIDE * SIDE * K];
  guint8 mask[SIDE * SIDE];
} Picture;

static void
draw (Picture *picture, Look look, guint x, guint y, guint width, guint height)
{
  for (guint v = y; v < y + height; v++)
    for (guint u = x; u < x + width; u++)
      memcpy (picture->p + K * (v * SIDE + u), looks[look], sizeof looks[0]);
}

static Picture *
picture_new (void)
{
  Picture *picture = g_new0 (Picture, 1);

  draw (picture, GROUND, 0, 0, SIDE, SIDE);

  return picture;
}

/* (transfer full): its regions, decided on their own */
static NfRegions *
decide (Picture *picture, gboolean unique)
{
  g_autoptr (GError) error = NULL;
  NfRegions *regions = nf_regions_new (picture->p, SIDE, SIDE, K, &error);
  g_autofree guint *chosen = NULL;

  g_assert_no_error (error);
  chosen = g_new (guint, regions->n + 1);
  nf_regions_choose (regions, unique, chosen);
  nf_regions_paint (regions, chosen, picture->mask);

  return regions;
}

/* the mask has this class in the whole rectangle */
static void
assert_class (const Picture *picture, guint class, guint x, guint y,
    guint width, guint height)
{
  for (guint v = y; v < y + height; v++)
    for (guint u = x; u < x + width; u++)
      g_assert_cmpuint (picture->mask[v * SIDE + u], ==, class);
}

/* an object with two opinions has the one that more of it holds */
static void
test_regions_merge_halves (void)
{
  g_autofree Picture *picture = picture_new ();
  g_autoptr (NfRegions) regions = NULL;

  draw (picture, RATHER_1, 20, 20, 20, 12);
  draw (picture, RATHER_2, 20, 32, 20, 8);
  regions = decide (picture, TRUE);
  g_assert_cmpuint (regions->n, ==, 1);
  g_assert_cmpuint (regions->regions[0].area, ==, 400);
  g_assert_cmpuint (regions->regions[0].class_id, ==, 1);
  g_assert_cmpfloat_with_epsilon (regions->regions[0].x, 30.0, 1e-9);
  g_assert_cmpfloat_with_epsilon (regions->regions[0].y, 30.0, 1e-9);
  assert_class (picture, 1, 20, 20, 20, 20);
  assert_class (picture, 0, 0, 0, SIDE, 20);
}

static void
test_regions_touching_stay_apart (void)
{
  g_autofree Picture *picture = picture_new ();
  g_autoptr (NfRegions) regions = NULL;

  draw (picture, SURE_1, 20, 20, 20, 20);
  draw (picture, SURE_2, 40, 25, 20, 20);
  draw (picture, SURE_3, 20, 40, 15, 15);
  regions = decide (picture, TRUE);
  g_assert_cmpuint (regions->n, ==, 3);
  assert_class (picture, 1, 20, 20, 20, 20);
  assert_class (picture, 2, 40, 25, 20, 20);
  assert_class (picture, 3, 20, 40, 15, 15);
}

/* on the ground, within, between and at the rim of objects; and a hole */
static void
test_regions_specks_go (void)
{
  g_autofree Picture *picture = picture_new ();
  g_autoptr (NfRegions) regions = NULL;

  draw (picture, SURE_1, 20, 20, 20, 20);
  draw (picture, SURE_2, 40, 20, 20, 20);
  draw (picture, SURE_3, 5, 5, 1, 2);
  draw (picture, SURE_3, 30, 30, 2, 1);
  draw (picture, SURE_3, 38, 30, 2, 1);
  draw (picture, SURE_3, 19, 25, 1, 2);
  draw (picture, GROUND, 50, 30, 1, 1);
  regions = decide (picture, TRUE);
  g_assert_cmpuint (regions->n, ==, 2);
  assert_class (picture, 0, 0, 0, 20, 20);
  assert_class (picture, 1, 20, 20, 20, 20);
  assert_class (picture, 1, 19, 25, 1, 2);
  assert_class (picture, 2, 40, 20, 20, 20);
}

/* pieces larger than specks go, too, where they are within an object */
static void
test_regions_islands_go (void)
{
  g_autofree Picture *picture = picture_new ();
  g_autoptr (NfRegions) regions = NULL;

  draw (picture, SURE_1, 20, 20, 20, 20);
  draw (picture, SURE_3, 28, 28, 3, 3);
  regions = decide (picture, TRUE);
  g_assert_cmpuint (regions->n, ==, 1);
  assert_class (picture, 1, 20, 20, 20, 20);
}

/* two objects that look alike: the one that is nearer to it becomes the other
 * class, unless classes may occur twice */
static void
test_regions_unique (void)
{
  g_autofree Picture *picture = picture_new ();

  draw (picture, SURE_1, 20, 20, 20, 20);
  draw (picture, RATHER_1, 60, 60, 20, 20);
  nf_regions_free (decide (picture, FALSE));
  assert_class (picture, 1, 20, 20, 20, 20);
  assert_class (picture, 1, 60, 60, 20, 20);
  nf_regions_free (decide (picture, TRUE));
  assert_class (picture, 1, 20, 20, 20, 20);
  assert_class (picture, 2, 60, 60, 20, 20);
}

/* what is no object of its own, and nearly ground, becomes ground */
static void
test_regions_unique_leaves_ground (void)
{
  g_autofree Picture *picture = picture_new ();

  draw (picture, SURE_1, 20, 20, 20, 20);
  draw (picture, VAGUE_1, 60, 60, 5, 5);
  nf_regions_free (decide (picture, FALSE));
  assert_class (picture, 1, 60, 60, 5, 5);
  nf_regions_free (decide (picture, TRUE));
  assert_class (picture, 1, 20, 20, 20, 20);
  assert_class (picture, 0, 60, 60, 5, 5);
}

/* an object that another one parts is one object */
static void
test_regions_parted (void)
{
  g_autofree Picture *picture = picture_new ();
  g_autoptr (NfRegions) regions = NULL;

  draw (picture, RATHER_1, 20, 30, 24, 10);
  draw (picture, SURE_3, 28, 20, 8, 24);
  regions = decide (picture, TRUE);
  g_assert_cmpuint (regions->n, ==, 2);
  assert_class (picture, 1, 20, 30, 8, 10);
  assert_class (picture, 3, 28, 20, 8, 24);
  assert_class (picture, 1, 36, 30, 8, 10);
}

static void
test_regions_odd_frames (void)
{
  static const struct
  {
    guint width, height, classes;
  } cases[] = {
    { 1, 1, 1 },
    { 1, 1, 2 },
    { 7, 1, 1 },
    { 1, 9, 2 },
    { 5, 4, 256 },
    { 3, 2, 49 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint nan = 0; nan < 2; nan++) {
      const gsize n = (gsize) cases[i].width * cases[i].height;
      g_autofree gfloat *p = g_new0 (gfloat, n * cases[i].classes);
      g_autofree guint8 *mask = g_malloc (n);
      g_autofree guint *chosen = g_new (guint, n);
      g_autoptr (NfRegions) regions = NULL;

      for (gsize k = 0; k < n * cases[i].classes; k++)
        p[k] = nan ? NAN : 1.0f / cases[i].classes;
      regions = nf_regions_new (
          p, cases[i].width, cases[i].height, cases[i].classes, NULL);
      g_assert_nonnull (regions);
      nf_regions_choose (regions, TRUE, chosen);
      nf_regions_paint (regions, chosen, mask);
      for (gsize k = 0; k < n; k++)
        g_assert_cmpuint (mask[k], <, cases[i].classes);
    }
}

/* noise of a network that knows nothing: many regions, in bounded work */
static void
test_regions_noise (void)
{
  const guint width = 120, height = 80, n = width * height;
  const NfRngKey key = { 3, 0, NF_RNG_TEST };
  g_autofree gfloat *p = g_new (gfloat, n * NF_N_CLASSES);
  g_autofree guint8 *mask = g_malloc (n);
  g_autofree guint *chosen = g_new (guint, n);
  g_autoptr (NfRegionVotes) votes = nf_region_votes_new (NF_N_CLASSES, TRUE);

  for (guint t = 0; t < 3; t++) {
    g_autoptr (NfRegions) regions = NULL;

    for (guint i = 0; i < n * NF_N_CLASSES; i++)
      p[i] = nf_rng_uniform (&key, (guint64) t * n * NF_N_CLASSES + i) / 25.0f;
    regions = nf_regions_new (p, width, height, NF_N_CLASSES, NULL);
    g_assert_nonnull (regions);
    nf_region_votes_add (votes, regions);
    nf_region_votes_choose (votes, regions, chosen);
    nf_regions_paint (regions, chosen, mask);
    for (guint i = 0; i < n; i++)
      g_assert_cmpuint (mask[i], <, NF_N_CLASSES);
    for (guint i = 1; i < regions->n; i++)
      g_assert_cmpuint (
          regions->regions[i].area, <=, regions->regions[i - 1].area);
  }
}

/* the best of all choices, row by row */
static gdouble
best_sum (const gdouble *gain, guint n, guint classes, guint row, guint used)
{
  gdouble best = -INFINITY;

  if (row == n)
    return 0.0;
  for (guint k = 0; k < classes; k++)
    if (k == 0 || !(used & 1u << k))
      best = fmax (best,
          gain[row * classes + k]
              + best_sum (
                  gain, n, classes, row + 1, k ? used | 1u << k : used));

  return best;
}

static void
test_assign (void)
{
  const NfRngKey key = { 5, 0, NF_RNG_TEST };
  guint64 drawn = 0;

  for (guint i = 0; i < 300; i++) {
    const guint n = 1 + i % 6, classes = 1 + i % 5;
    gdouble gain[6 * 5], sum = 0.0;
    guint chosen[6], used = 0;

    /* small whole numbers: ties */
    for (guint k = 0; k < n * classes; k++)
      gain[k] = -(gdouble) nf_rng_below (&key, drawn++, i % 2 ? 5 : 1000);
    nf_assign (gain, n, classes, chosen);
    for (guint row = 0; row < n; row++) {
      g_assert_cmpuint (chosen[row], <, classes);
      g_assert_false (chosen[row] > 0 && used & 1u << chosen[row]);
      used |= 1u << chosen[row];
      sum += gain[row * classes + chosen[row]];
    }
    g_assert_cmpfloat (sum, ==, best_sum (gain, n, classes, 0, 0));
  }
}

/* the regions of a frame with one object that has moved, and its votes */
static NfRegions *
vote (NfRegionVotes *votes, Look look, guint x)
{
  g_autofree Picture *picture = picture_new ();
  NfRegions *regions;

  if (look != GROUND)
    draw (picture, look, x, 20, 20, 20);
  regions = nf_regions_new (picture->p, SIDE, SIDE, K, NULL);
  g_assert_nonnull (regions);
  nf_region_votes_add (votes, regions);

  return regions;
}

/* the class of its largest region by the votes so far */
static guint
elected (const NfRegionVotes *votes, const NfRegions *regions)
{
  guint chosen[K] = { 0 };

  g_assert_cmpuint (regions->n, <=, K);
  nf_region_votes_choose (votes, regions, chosen);

  return chosen[0];
}

/* an object that moves, and looks like another one at times */
static void
test_votes_majority (void)
{
  static const Look seen[] = { RATHER_2, RATHER_1, RATHER_1, RATHER_2,
    RATHER_1 };
  static const guint by_then[] = { 2, 1, 1, 1, 1 };
  g_autoptr (NfRegionVotes) votes = nf_region_votes_new (K, TRUE);
  g_autoptr (GPtrArray) frames =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_regions_free);

  for (guint round = 0; round < 2; round++) {
    nf_region_votes_begin (votes);
    g_ptr_array_set_size (frames, 0);
    for (guint t = 0; t < G_N_ELEMENTS (seen); t++) {
      g_ptr_array_add (frames, vote (votes, seen[t], 10 + 4 * t));
      if (t != 1)
        g_assert_cmpuint (elected (votes, frames->pdata[t]), ==, by_then[t]);
    }
    for (guint t = 0; t < frames->len; t++)
      g_assert_cmpuint (elected (votes, frames->pdata[t]), ==, 1);
  }
}

/* gone for long, and back elsewhere: the same object where kinds are unique */
static void
test_votes_lost_and_found (void)
{
  for (guint unique = 0; unique < 2; unique++) {
    g_autoptr (NfRegionVotes) votes = nf_region_votes_new (K, unique);
    g_autoptr (NfRegions) first = vote (votes, SURE_1, 0);
    g_autoptr (NfRegions) last = NULL;

    for (guint t = 0; t < 10; t++)
      nf_regions_free (vote (votes, GROUND, 0));
    last = vote (votes, RATHER_1, SIDE - 20);
    g_assert_cmpuint (last->tracks[0], !=, first->tracks[0]);
    g_assert_cmpuint (elected (votes, first), ==, 1);
    g_assert_cmpuint (elected (votes, last), ==, 1);
  }
}

/* two objects of which frames say the same take two classes */
static void
test_votes_unique (void)
{
  g_autoptr (NfRegionVotes) votes = nf_region_votes_new (K, TRUE);
  g_autofree Picture *picture = picture_new ();
  g_autoptr (NfRegions) regions = NULL;
  guint chosen[K];

  draw (picture, RATHER_1, 10, 10, 20, 20);
  draw (picture, SURE_1, 60, 60, 18, 18);
  for (guint t = 0; t < 3; t++) {
    g_clear_pointer (&regions, nf_regions_free);
    regions = nf_regions_new (picture->p, SIDE, SIDE, K, NULL);
    g_assert_cmpuint (regions->n, ==, 2);
    nf_region_votes_add (votes, regions);
  }
  nf_region_votes_choose (votes, regions, chosen);
  g_assert_cmpuint (chosen[0], ==, 2);
  g_assert_cmpuint (chosen[1], ==, 1);
}

/* what single frames see: a part of an object that looks otherwise, something
 * in the middle of nowhere, and something at the edge */
static void
test_votes_passing (void)
{
  static const struct
  {
    Look look;
    guint x, y, width, height;
    guint class_id;
  } cases[] = {
    { SURE_2, 40, 20, 8, 20, 1 },
    { SURE_2, 70, 70, 8, 8, 0 },
    { SURE_2, SIDE - 8, 70, 8, 8, 2 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (NfRegionVotes) votes = nf_region_votes_new (K, TRUE);
    g_autoptr (NfRegions) odd = NULL;
    guint chosen[K];

    for (guint t = 0; t < 7; t++) {
      g_autofree Picture *picture = picture_new ();
      NfRegions *regions;

      draw (picture, SURE_1, 20, 20, 28, 20);
      if (t == 3)
        draw (picture, cases[i].look, cases[i].x, cases[i].y, cases[i].width,
            cases[i].height);
      regions = nf_regions_new (picture->p, SIDE, SIDE, K, NULL);
      g_assert_nonnull (regions);
      nf_region_votes_add (votes, regions);
      if (t == 3)
        odd = regions;
      else
        nf_regions_free (regions);
    }
    g_assert_cmpuint (odd->n, ==, 2);
    nf_region_votes_choose (votes, odd, chosen);
    g_assert_cmpuint (chosen[0], ==, 1);
    g_assert_cmpuint (chosen[1], ==, cases[i].class_id);
  }
}

/* an object that is seen all the time is the same one for however long */
static void
test_votes_of_long_clips (void)
{
  g_autoptr (NfRegionVotes) votes = nf_region_votes_new (K, TRUE);

  for (guint t = 0; t <= NF_REGION_VOTES_MEMORY + 5; t++) {
    const Look look = t <= NF_REGION_VOTES_MEMORY ? RATHER_1 : RATHER_2;
    g_autoptr (NfRegions) regions = vote (votes, look, 30);

    g_assert_cmpuint (regions->tracks[0], ==, 1);
    if (t % 100 == 99 || look == RATHER_2)
      g_assert_cmpuint (elected (votes, regions), ==, 1);
  }
}

/* what touched an object in one of its frames and lay apart in another is no part of
 * that: it came with the clip or later, and went from the middle of nowhere */
static void
test_votes_passing_apart (void)
{
  for (guint begins = 0; begins < 4; begins += 3) {
    g_autoptr (NfRegionVotes) votes = nf_region_votes_new (K, TRUE);
    g_autoptr (NfRegions) touching = NULL;
    g_autoptr (NfRegions) apart = NULL;

    for (guint t = 0; t < 8; t++) {
      g_autofree Picture *picture = picture_new ();
      NfRegions *regions;

      draw (picture, SURE_1, 20, 20, 28, 20);
      if (t == begins)
        draw (picture, SURE_2, 48, 20, 8, 20);
      if (t == begins + 1)
        draw (picture, SURE_2, 58, 20, 8, 20);
      regions = nf_regions_new (picture->p, SIDE, SIDE, K, NULL);
      g_assert_nonnull (regions);
      nf_region_votes_add (votes, regions);
      if (t == begins)
        touching = regions;
      else if (t == begins + 1)
        apart = regions;
      else
        nf_regions_free (regions);
    }
    for (guint i = 0; i < 2; i++) {
      const NfRegions *regions = i == 0 ? touching : apart;
      guint chosen[K];

      g_assert_cmpuint (regions->n, ==, 2);
      nf_region_votes_choose (votes, regions, chosen);
      g_assert_cmpuint (chosen[0], ==, 1);
      g_assert_cmpuint (chosen[1], ==, 0);
    }
  }
}

enum
{
  PIXEL,
  REGION,
  CLIP,
  N_DECISIONS
};

typedef struct
{
  gdouble jaccard; /* mean of clips */
  guint invented; /* classes, of all clips */
} Score;

/* masks of a clip by each decision */
static void
decide_clip (const guint8 *truth, guint n, guint width, guint height,
    guint64 clip, NfConfusion *scores[N_DECISIONS])
{
  const NfDamage damage = { 2, 1.5, 1.0, 1.0, 4 };
  const gsize size = (gsize) width * height;
  g_autofree gfloat *p = g_new (gfloat, size * NF_N_CLASSES);
  g_autofree guint8 *mask = g_malloc (size);
  g_autofree guint *chosen = g_new (guint, G_MAXUINT16);
  g_autoptr (NfRegionVotes) votes = nf_region_votes_new (NF_N_CLASSES, TRUE);
  g_autoptr (GPtrArray) frames =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_regions_free);
  const NfMask decided = { mask, width };

  for (guint t = 0; t < n; t++) {
    const NfMask true_mask = { truth + t * size, width };
    NfRegions *regions;

    nf_damage (&damage, clip * n + t, true_mask.data, width, height, p);
    for (gsize i = 0; i < size; i++) {
      const gfloat *at = p + i * NF_N_CLASSES;

      mask[i] = 0;
      for (guint8 k = 1; k < NF_N_CLASSES; k++)
        if (at[k] > at[mask[i]])
          mask[i] = k;
    }
    nf_confusion_add (scores[PIXEL], true_mask, decided, width, height);
    regions = nf_regions_new (p, width, height, NF_N_CLASSES, NULL);
    g_assert_nonnull (regions);
    g_ptr_array_add (frames, regions);
    nf_region_votes_add (votes, regions);
    nf_regions_choose (regions, TRUE, chosen);
    nf_regions_paint (regions, chosen, mask);
    nf_confusion_add (scores[REGION], true_mask, decided, width, height);
  }
  for (guint t = 0; t < n; t++) {
    nf_region_votes_choose (votes, frames->pdata[t], chosen);
    nf_regions_paint (frames->pdata[t], chosen, mask);
    nf_confusion_add (scores[CLIP], (NfMask){ truth + t * size, width },
        decided, width, height);
  }
}

static void
add_score (Score *score, const NfConfusion *clip, guint clips)
{
  score->jaccard += nf_confusion_jaccard (clip) / clips;
  for (guint k = 0; k < NF_N_CLASSES; k++) {
    NfClassCounts c = nf_confusion_class_counts (clip, k);

    score->invented +=
        c.true_positives + c.false_negatives == 0 && c.false_positives > 0;
  }
}

/* scenes, seen by a network that takes cubes for cylinders in parts and whole
 * objects, and sees specks: regions are better than pixels, clips still more */
static void
test_regions_scenes (void)
{
  const guint n = 12, clips = 4, width = 240, height = 160;
  const gsize size = (gsize) width * height;
  g_autoptr (NfRenderer) renderer = nf_renderer_new (width, height, 1);
  g_autofree guint8 *truth = g_malloc (size * n);
  Score scores[N_DECISIONS] = { { 0.0, 0 } };
  NfSceneParams params;

  nf_scene_params_init (&params);
  params.seed = 11;
  params.frames = n;
  for (guint clip = 0; clip < clips; clip++) {
    g_autoptr (NfScene) scene = NULL;
    NfConfusion *counts[N_DECISIONS];

    params.clip = clip;
    scene = nf_scene_new (&params, NULL);
    g_assert_nonnull (scene);
    for (guint t = 0; t < n; t++) {
      guint objects;
      const NfSceneObject *list = nf_scene_objects (scene, t, &objects);

      nf_renderer_render (renderer, nf_scene_view (scene), list, objects, NULL,
          0, truth + t * size, width);
    }
    for (guint i = 0; i < N_DECISIONS; i++)
      counts[i] = nf_confusion_new (NF_N_CLASSES);
    decide_clip (truth, n, width, height, clip, counts);
    for (guint i = 0; i < N_DECISIONS; i++) {
      add_score (&scores[i], counts[i], clips);
      nf_confusion_free (counts[i]);
    }
  }
  for (guint i = 0; i < N_DECISIONS; i++)
    g_test_message ("%u: Jaccard %.4f, %u classes invented", i,
        scores[i].jaccard, scores[i].invented);
  g_assert_cmpfloat (scores[PIXEL].jaccard, <, 0.3);
  g_assert_cmpfloat (scores[REGION].jaccard, >, scores[PIXEL].jaccard + 0.3);
  g_assert_cmpfloat (scores[CLIP].jaccard, >, 0.95);
  g_assert_cmpuint (scores[PIXEL].invented, >, 25 * clips);
  g_assert_cmpuint (scores[REGION].invented, <=, 3 * clips);
  g_assert_cmpuint (scores[CLIP].invented, <=, 1);
}

/* where it is known which objects there are, nothing is taken for another one;
 * and what is ground stays ground */
static void
test_expected (void)
{
  static const guint64 known[] = { 0, 1 << 1 | 1 << 2, 1 << 2 };
  static const guint8 wanted[] = { 1, 1, 2 };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++) {
    g_autofree Picture *picture = picture_new ();
    g_autoptr (NfRegions) regions = NULL;

    draw (picture, RATHER_1, 20, 20, 20, 20);
    nf_regions_expect (picture->p, SIDE * SIDE, K, known[i]);
    regions = decide (picture, TRUE);
    g_assert_cmpuint (regions->n, ==, 1);
    g_assert_cmpuint (picture->mask[30 * SIDE + 30], ==, wanted[i]);
    g_assert_cmpuint (picture->mask[0], ==, 0);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/regions/merge-halves", test_regions_merge_halves);
  g_test_add_func (
      "/regions/touching-stay-apart", test_regions_touching_stay_apart);
  g_test_add_func ("/regions/specks-go", test_regions_specks_go);
  g_test_add_func ("/regions/islands-go", test_regions_islands_go);
  g_test_add_func ("/regions/unique", test_regions_unique);
  g_test_add_func (
      "/regions/unique-leaves-ground", test_regions_unique_leaves_ground);
  g_test_add_func ("/regions/parted", test_regions_parted);
  g_test_add_func ("/regions/odd-frames", test_regions_odd_frames);
  g_test_add_func ("/regions/noise", test_regions_noise);
  g_test_add_func ("/regions/assign", test_assign);
  g_test_add_func ("/regions/votes-majority", test_votes_majority);
  g_test_add_func ("/regions/votes-lost-and-found", test_votes_lost_and_found);
  g_test_add_func ("/regions/votes-unique", test_votes_unique);
  g_test_add_func ("/regions/votes-passing", test_votes_passing);
  g_test_add_func ("/regions/votes-passing-apart", test_votes_passing_apart);
  g_test_add_func ("/regions/votes-long-clips", test_votes_of_long_clips);
  g_test_add_func ("/regions/scenes", test_regions_scenes);
  g_test_add_func ("/regions/expected", test_expected);

  return g_test_run ();
}
