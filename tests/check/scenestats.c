/* SPDX-License-Identifier: MIT
 *
 * scenestats — statistics of clips whose numbers are known */
#include <nextframe/core/random/nfrng.h>
#include <nextframe/scene/render/nfrender.h>
#include <nextframe/scene/stats/nfscenestats.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 240
#define HEIGHT 160
#define PIXELS (WIDTH * HEIGHT)
#define FRAMES 22

#define GREEN_RUBBER_CUBE 12
#define RED_METAL_SPHERE 18
#define BLUE_RUBBER_CYLINDER 43

typedef struct
{
  NfSceneObject object;
  gdouble velocity[2]; /* of its first frame */
  gdouble loss; /* of speed, sizes a frame */
  guint hit; /* from when on it moves back, 0: never */
} Actor;

static void
place (const Actor *actor, guint t, NfSceneObject *object)
{
  gdouble speed = hypot (actor->velocity[0], actor->velocity[1]), way = 0;

  for (guint i = 0; i < t; i++) {
    gdouble now = MAX (speed - actor->loss * i, 0);

    way += actor->hit > 0 && i >= actor->hit ? -now : now;
  }
  *object = actor->object;
  if (speed > 0) {
    object->position[0] += way * actor->velocity[0] / speed;
    object->position[2] += way * actor->velocity[1] / speed;
  }
}

/* masks of a clip; the frames are gray, and of one colour inside the objects */
static void
draw_clip (const Actor *actors, guint n, guint8 *frames, guint8 *masks)
{
  g_autoptr (NfRenderer) renderer = nf_renderer_new (WIDTH, HEIGHT, 1);
  NfView view = { .light = 1 };

  nf_camera_init (&view.camera, WIDTH, HEIGHT);
  for (guint t = 0; t < FRAMES; t++) {
    NfSceneObject objects[8];

    for (guint i = 0; i < n; i++)
      place (&actors[i], t, &objects[i]);
    nf_renderer_render (
        renderer, &view, objects, n, NULL, 0, masks + t * PIXELS, WIDTH);
  }
  memset (frames, 132, 3 * FRAMES * PIXELS);
  for (gsize i = 0; i < FRAMES * PIXELS; i++)
    if (masks[i] == RED_METAL_SPHERE) {
      frames[3 * i] = 101;
      frames[3 * i + 1] = 40;
    }
}

/* the number of a row, in the column of real clips or that of synthetic ones */
static gdouble
number (const gchar *table, const gchar *row, guint column)
{
  g_autofree gchar *start = g_strdup_printf ("| %s |", row);
  const gchar *at = strstr (table, start);

  g_assert_nonnull (at);
  at += strlen (start);
  for (guint i = 0; i < column; i++)
    at = strchr (at, '|') + 1;
  return strstr (at, "–") == at + 1 ? NAN : strtod (at, NULL);
}

static void
assert_number (
    const gchar *table, const gchar *row, gdouble want, gdouble tolerance)
{
  gdouble got = number (table, row, 0);

  if (!(fabs (got - want) <= tolerance))
    g_error ("%s: %g, expected %g", row, got, want);
}

static const Actor resting = { { RED_METAL_SPHERE, { 2, 0.5, 13 },
    { 1, 0, 0, 0 } } };
static const Actor sliding = { { GREEN_RUBBER_CUBE, { -3, 0.5, 10 },
                                   { 1, 0, 0, 0 } },
  { 0.4, 0 }, .loss = 0.02 };
static const Actor bouncing = { { BLUE_RUBBER_CYLINDER, { -0.5, 0.5, 13 },
                                    { 1, 0, 0, 0 } },
  { 0.3, 0 }, .hit = 5 };

static gchar *
table_of (const Actor *actors, guint n)
{
  g_autoptr (NfSceneStats) real = nf_scene_stats_new ();
  g_autoptr (NfSceneStats) none = nf_scene_stats_new ();
  g_autofree guint8 *frames = g_malloc (3 * FRAMES * PIXELS);
  g_autofree guint8 *masks = g_malloc (FRAMES * PIXELS);

  draw_clip (actors, n, frames, masks);
  nf_scene_stats_add (real, frames, masks, FRAMES, WIDTH, HEIGHT);
  return nf_scene_stats_format_table (real, none);
}

static void
test_known_motion (void)
{
  const Actor actors[] = { resting, sliding };
  g_autofree gchar *table = table_of (actors, 2);

  assert_number (table, "clips", 1, 0);
  assert_number (table, "of these, with masks", 1, 0);
  assert_number (table, "objects in sight, a frame", 2, 0);
  assert_number (table, "objects seen, a clip", 2, 0);
  assert_number (table, "of these, that move", 0.5, 0);
  assert_number (table, "of those in the first frame, at rest", 0.5, 0);
  assert_number (table, "speed of moving cubes", 0.24, 0.03);
  assert_number (table, "speed that lone cubes lose a frame", 0.02, 0.005);
  assert_number (table, "clips with a collision", 0, 0);
  g_assert_true (isnan (number (table, "speed of moving spheres", 0)));
  g_assert_true (isnan (number (table, "objects seen, a clip", 1)));
}

static void
test_known_light (void)
{
  g_autofree gchar *table = table_of (&resting, 1);

  assert_number (table, "brightness of the ground", 132, 0);
  assert_number (table, "in the upper quarter", 132, 0);
  g_assert_nonnull (strstr (table, "| red metal sphere | 101 40 132 |"));
  g_assert_null (strstr (table, "rubber"));
}

static void
test_collision_is_found (void)
{
  const Actor hit[] = { resting, bouncing };
  Actor away[] = { resting, bouncing };
  g_autofree gchar *table = table_of (hit, 2), *other = NULL;

  assert_number (table, "clips with a collision", 1, 0);
  assert_number (table, "pairs that collide, a clip", 1, 0);

  /* the same turning back, but far from anything */
  away[1].object.position[2] = 9;
  other = table_of (away, 2);
  assert_number (other, "clips with a collision", 0, 0);
}

static void
test_frames_alone_give_light (void)
{
  g_autoptr (NfSceneStats) real = nf_scene_stats_new ();
  g_autoptr (NfSceneStats) none = nf_scene_stats_new ();
  g_autofree guint8 *frames = g_malloc (3 * PIXELS);
  g_autofree gchar *table = NULL;

  memset (frames, 90, 3 * PIXELS);
  nf_scene_stats_add (real, frames, NULL, 1, WIDTH, HEIGHT);
  table = nf_scene_stats_format_table (real, none);
  assert_number (table, "brightness of the ground", 90, 0);
  assert_number (table, "of these, with masks", 0, 0);
  g_assert_true (isnan (number (table, "objects in sight, a frame", 0)));
}

/* the median lies between whole numbers where the pixels do */
static void
test_light_between_numbers (void)
{
  g_autoptr (NfSceneStats) real = nf_scene_stats_new ();
  g_autoptr (NfSceneStats) none = nf_scene_stats_new ();
  guint8 frame[3 * 16];
  g_autofree gchar *table = NULL;

  memset (frame, 90, sizeof frame);
  frame[0] = 0;
  for (guint i = 0; i < 10; i++)
    frame[3 * (i + 6)] = 93;
  nf_scene_stats_add (real, frame, NULL, 1, 4, 4);
  table = nf_scene_stats_format_table (real, none);
  assert_number (table, "brightness of the ground", 90.9, 0.05);
}

/* a sphere that rests for a while counts no more than one that rolls */
static void
test_rest_is_one_view (void)
{
  const Actor rolling = { { RED_METAL_SPHERE, { -2, 0.5, 8 }, { 1, 0, 0, 0 } },
    { 0.3, 0.35 }, .loss = 0.02 };
  Actor waiting = rolling;
  g_autoptr (NfSceneStats) real = nf_scene_stats_new ();
  g_autoptr (NfSceneStats) none = nf_scene_stats_new ();
  g_autofree guint8 *frames = g_malloc (3 * FRAMES * PIXELS);
  g_autofree guint8 *masks = g_malloc (FRAMES * PIXELS);
  g_autofree gchar *all = NULL, *once = NULL;

  draw_clip (&rolling, 1, frames, masks);
  nf_scene_stats_add (real, frames, masks, FRAMES, WIDTH, HEIGHT);
  all = nf_scene_stats_format_table (real, none);

  /* the same sphere at rest in the other clip, seen 22 times, too large */
  waiting.velocity[0] = waiting.velocity[1] = 0;
  waiting.object.position[1] = 0.8;
  draw_clip (&waiting, 1, frames, masks);
  nf_scene_stats_add (real, frames, masks, FRAMES, WIDTH, HEIGHT);
  once = nf_scene_stats_format_table (real, none);
  assert_number (once, "height of spheres at row 80, pixels",
      number (all, "height of spheres at row 80, pixels", 0), 0.15);
}

static void
add_light (NfSceneStats *stats, guint8 level)
{
  guint8 frame[3 * 16];

  memset (frame, level, sizeof frame);
  nf_scene_stats_add (stats, frame, NULL, 1, 4, 4);
}

/* one clip against sixty, whose light is 100, 101, ... 159 */
static void
test_together (void)
{
  static const struct
  {
    guint8 level;
    const gchar *verdict, *score;
  } cases[] = {
    { 129, "| yes |",
        "3 of 3 are within what each row may differ by (by "
        "chance alone 2.8), 3 within what all may together" },
    { 159, "| together |",
        "0 of 3 are within what each row may differ by (by "
        "chance alone 2.8), 3 within what all may" },
    { 170, "| no |",
        "0 of 3 are within what each row may differ by (by chance "
        "alone 2.8), 0 within what all may together" },
  };
  g_autoptr (NfSceneStats) synthetic = nf_scene_stats_new ();

  for (guint i = 0; i < 60; i++)
    add_light (synthetic, 100 + i);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (NfSceneStats) real = nf_scene_stats_new ();
    g_autofree gchar *table = NULL;

    add_light (real, cases[i].level);
    table = nf_scene_stats_format_table (real, synthetic);
    g_assert_nonnull (strstr (table, cases[i].verdict));
    g_assert_nonnull (strstr (table, cases[i].score));
  }
}

static void
test_parts_have_no_colour (void)
{
  Actor cut = resting;
  g_autofree gchar *table = NULL;

  cut.object.position[0] = 6.4;
  table = table_of (&cut, 1);
  assert_number (table, "objects seen, a clip", 1, 0);
  g_assert_null (strstr (table, "red metal sphere"));
}

/* a gray frame, as bright as one of many that scatter by 10 */
static void
add_random (NfSceneStats *stats, guint64 number)
{
  const NfRngKey key = { 7, number, NF_RNG_TEST };
  guint8 frame[3 * 4 * 4];
  gfloat normal;

  nf_rng_normal (&key, 0, 1, &normal);
  memset (frame, (gint) (128.5 + 10 * normal), sizeof frame);
  nf_scene_stats_add (stats, frame, NULL, 1, 4, 4);
}

static void
assert_verdict (const gchar *table, const gchar *want)
{
  const gchar *at = strstr (table, "| brightness of the ground |");

  for (guint i = 0; i < 6; i++)
    at = strchr (at, '|') + 1;
  g_assert_true (g_str_has_prefix (at, want));
}

/* one of 20 sets of three like all others is said to differ; one that is
 * brighter by three scatters is always found */
static void
test_verdicts (void)
{
  g_autoptr (NfSceneStats) many = nf_scene_stats_new ();
  guint differ = 0;

  for (guint i = 0; i < 400; i++)
    add_random (many, i);
  for (guint i = 0; i < 200; i++) {
    g_autoptr (NfSceneStats) three = nf_scene_stats_new ();
    g_autofree gchar *table = NULL;

    for (guint k = 0; k < 3; k++)
      add_random (three, 400 + 3 * i + k);
    table = nf_scene_stats_format_table (three, many);
    differ += strstr (table, "0 of 3 are within") != NULL;
    g_assert_cmpfloat_with_epsilon (
        number (table, "brightness of the ground", 2), 11.3, 1.5);
  }
  g_assert_cmpuint (differ, >=, 3);
  g_assert_cmpuint (differ, <=, 20);
}

static void
test_other_light_differs (void)
{
  g_autoptr (NfSceneStats) many = nf_scene_stats_new ();
  g_autoptr (NfSceneStats) bright = nf_scene_stats_new ();
  g_autoptr (NfSceneStats) one = nf_scene_stats_new ();
  guint8 frame[3 * 4 * 4];
  g_autofree gchar *table = NULL, *other = NULL;

  for (guint i = 0; i < 100; i++)
    add_random (many, i);
  memset (frame, 158, sizeof frame);
  for (guint i = 0; i < 3; i++)
    nf_scene_stats_add (bright, frame, NULL, 1, 4, 4);
  table = nf_scene_stats_format_table (bright, many);
  assert_verdict (table, " no |");

  /* the other way round, and nothing is said of two single clips */
  other = nf_scene_stats_format_table (many, bright);
  assert_verdict (other, " no |");
  g_free (other);
  nf_scene_stats_add (one, frame, NULL, 1, 4, 4);
  other = nf_scene_stats_format_table (one, one);
  assert_verdict (other, "  |");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/scenestats/motion", test_known_motion);
  g_test_add_func ("/scenestats/light", test_known_light);
  g_test_add_func ("/scenestats/collision", test_collision_is_found);
  g_test_add_func ("/scenestats/frames", test_frames_alone_give_light);
  g_test_add_func ("/scenestats/between", test_light_between_numbers);
  g_test_add_func ("/scenestats/rest", test_rest_is_one_view);
  g_test_add_func ("/scenestats/together", test_together);
  g_test_add_func ("/scenestats/parts", test_parts_have_no_colour);
  g_test_add_func ("/scenestats/verdicts", test_verdicts);
  g_test_add_func ("/scenestats/differs", test_other_light_differs);
  return g_test_run ();
}
