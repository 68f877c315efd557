/* SPDX-License-Identifier: MIT
 *
 * scene — synthetic clips: the same for the same seed, and possible in physics */
#include <nextframe/core/nferror.h>
#include "scene/world/nfphysics.h"
#include <nextframe/scene/world/nfscene.h>

#include <malloc.h>
#include <math.h>
#include <string.h>

#define CLIPS 40
#define OVERLAP 0.09 /* two that meet at full speed, within one small step */

static NfScene *
make_clip (guint64 seed, guint64 clip)
{
  g_autoptr (GError) error = NULL;
  NfSceneParams params;
  NfScene *scene;

  nf_scene_params_init (&params);
  params.seed = seed;
  params.clip = clip;
  scene = nf_scene_new (&params, &error);
  g_assert_no_error (error);

  return scene;
}

static gboolean
same_object (const NfSceneObject *a, const NfSceneObject *b)
{
  return a->id == b->id
      && memcmp (a->position, b->position, sizeof a->position) == 0
      && memcmp (a->rotation, b->rotation, sizeof a->rotation) == 0;
}

static gboolean
same_clip (const NfScene *a, const NfScene *b)
{
  for (guint t = 0; t < NF_SCENE_FRAMES; t++) {
    guint na, nb;
    const NfSceneObject *oa = nf_scene_objects (a, t, &na);
    const NfSceneObject *ob = nf_scene_objects (b, t, &nb);

    if (na != nb)
      return FALSE;
    for (guint i = 0; i < na; i++)
      if (!same_object (&oa[i], &ob[i]))
        return FALSE;
  }
  return TRUE;
}

static void
test_clips_are_functions_of_seed_and_number (void)
{
  g_autoptr (NfScene) first = make_clip (3, 5);
  g_autoptr (NfScene) again = make_clip (3, 5);
  g_autoptr (NfScene) next = make_clip (3, 6);
  g_autoptr (NfScene) other = make_clip (4, 5);

  g_assert_true (same_clip (first, again));
  g_assert_false (same_clip (first, next));
  g_assert_false (same_clip (first, other));
}

static gpointer
make_clips (gpointer data)
{
  NfScene **scenes = g_new0 (NfScene *, CLIPS);

  for (guint i = 0; i < CLIPS; i++)
    scenes[i] = make_clip (1, i);
  return scenes;
}

static void
test_threads_make_the_same_clips (void)
{
  GThread *threads[2];
  NfScene **made[2];

  for (guint i = 0; i < 2; i++)
    threads[i] = g_thread_new ("clips", make_clips, NULL);
  for (guint i = 0; i < 2; i++)
    made[i] = g_thread_join (threads[i]);
  for (guint i = 0; i < CLIPS; i++) {
    g_autoptr (NfScene) alone = make_clip (1, i);

    for (guint k = 0; k < 2; k++) {
      g_assert_true (same_clip (alone, made[k][i]));
      nf_scene_free (made[k][i]);
    }
  }
  g_free (made[0]);
  g_free (made[1]);
}

/* everything that ever appears has an id of its own; all come in the end */
static void
test_numbers_of_objects (void)
{
  static const struct
  {
    guint least, most;
  } rows[] = { { 1, 1 }, { 2, 8 }, { 5, 5 }, { 30, 48 } };

  for (guint r = 0; r < G_N_ELEMENTS (rows); r++)
    for (guint clip = 0; clip < 10; clip++) {
      g_autoptr (GError) error = NULL;
      g_autoptr (NfScene) scene = NULL;
      NfSceneParams params;
      guint n, seen = 0;
      const NfSceneObject *objects;
      gboolean used[49] = { FALSE };

      nf_scene_params_init (&params);
      params.clip = clip;
      params.frames = 120;
      params.min_objects = rows[r].least;
      params.max_objects = rows[r].most;
      scene = nf_scene_new (&params, &error);
      g_assert_no_error (error);
      objects = nf_scene_objects (scene, params.frames - 1, &n);
      for (guint i = 0; i < n; i++) {
        g_assert_cmpuint (objects[i].id, >=, 1);
        g_assert_cmpuint (objects[i].id, <=, 48);
        g_assert_false (used[objects[i].id]);
        used[objects[i].id] = TRUE;
        seen++;
      }
      g_assert_cmpuint (seen, >=, rows[r].least);
      g_assert_cmpuint (seen, <=, rows[r].most);
    }
}

/* a clip goes on from the motions of one of its frames as it did */
static void
test_motions_go_on (void)
{
  guint tried = 0;

  for (guint clip = 0; clip < CLIPS; clip++) {
    g_autoptr (NfScene) scene = make_clip (2, clip);
    g_autoptr (NfPhysics) physics = nf_physics_new ();
    static const gdouble still[2] = { 0, 0 };
    guint n, last;
    const NfMotion *motions = nf_scene_motions (scene, 10, &n);
    const NfSceneObject *objects = nf_scene_objects (scene, 21, &last);

    if (n != last)
      continue; /* others come */
    for (guint i = 0; i < n; i++) {
      nf_physics_add (
          physics, nf_scene_shape (objects[i].id), 9.0 * i, 0, 0, still);
      nf_physics_set_motion (physics, i, &motions[i]);
    }
    for (guint t = 10; t < 21; t++)
      nf_physics_step (physics);
    for (guint i = 0; i < n; i++) {
      NfMotion motion;

      nf_physics_motion (physics, i, &motion);
      for (guint k = 0; k < 3; k++)
        g_assert_cmpfloat (
            fabs (motion.position[k] - objects[i].position[k]), <, 1e-3);
    }
    tried++;
  }
  g_assert_cmpuint (tried, >, CLIPS / 4);
}

static void
test_bad_numbers_fail (void)
{
  static const struct
  {
    guint frames, least, most;
    const gchar *why;
  } rows[] = { { 0, 2, 8, "*frames*0*" }, { 1001, 2, 8, "*frames*1001*" },
    { 22, 0, 8, "*fewest*0*" }, { 22, 9, 8, "*fewest*9*" },
    { 22, 2, 49, "*most*49*" }, { 22, 0, 0, "*most*0*" } };

  for (guint r = 0; r < G_N_ELEMENTS (rows); r++) {
    g_autoptr (GError) error = NULL;
    const NfSceneParams params = { .frames = rows[r].frames,
      .min_objects = rows[r].least,
      .max_objects = rows[r].most };

    g_assert_null (nf_scene_new (&params, &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
    g_assert_true (g_pattern_match_simple (rows[r].why, error->message));
  }
}

/* how far a footprint reaches from its centre in a direction */
static gdouble
reach (const NfSceneObject *object, gdouble dx, gdouble dz)
{
  gdouble turn = 2 * atan2 (object->rotation[2], object->rotation[0]);
  gdouble c = cos (turn), s = sin (turn);

  if (nf_scene_shape (object->id) != NF_SCENE_CUBE)
    return 0.5;
  return 0.475 * (fabs (c * dx - s * dz) + fabs (s * dx + c * dz));
}

/* the widest gap between two footprints seen from any direction; < 0: they
 * overlap by that much */
static gdouble
gap (const NfSceneObject *a, const NfSceneObject *b)
{
  gdouble x = b->position[0] - a->position[0];
  gdouble z = b->position[2] - a->position[2], widest = -10;

  for (guint i = 0; i < 720; i++) {
    gdouble dx = cos (i * G_PI / 360), dz = sin (i * G_PI / 360);

    widest =
        MAX (widest, x * dx + z * dz - reach (a, dx, dz) - reach (b, dx, dz));
  }
  return widest;
}

static void
test_objects_stay_apart_and_on_the_ground (void)
{
  for (guint clip = 0; clip < CLIPS; clip++) {
    g_autoptr (NfScene) scene = make_clip (2, clip);

    for (guint t = 0; t < NF_SCENE_FRAMES; t++) {
      guint n;
      const NfSceneObject *o = nf_scene_objects (scene, t, &n);

      for (guint i = 0; i < n; i++) {
        g_assert_cmpfloat_with_epsilon (o[i].position[1], 0.5, 0.01);
        for (guint k = 0; k < i; k++)
          g_assert_cmpfloat (gap (&o[i], &o[k]), >, -OVERLAP);
      }
    }
  }
}

static gboolean
shows (const NfCamera *camera, const NfSceneObject *object)
{
  gdouble x, y;

  return nf_camera_project (camera, object->position, &x, &y, NULL) && x > 0
      && x < camera->width && y > 0 && y < camera->height;
}

/* what comes later comes from outside, some of it into the picture; some moves
 * at once, some rests, some leaves */
static void
test_objects_come_and_go (void)
{
  guint came = 0, left = 0, moved = 0, rested = 0;

  for (guint clip = 0; clip < CLIPS; clip++) {
    g_autoptr (NfScene) scene = make_clip (2, clip);
    const NfCamera *camera = &nf_scene_view (scene)->camera;

    for (guint t = 1; t < NF_SCENE_FRAMES; t++) {
      guint n, n_before;
      const NfSceneObject *now = nf_scene_objects (scene, t, &n);
      const NfSceneObject *before = nf_scene_objects (scene, t - 1, &n_before);

      for (guint i = 0; i < n; i++) {
        if (i >= n_before) {
          g_assert_false (shows (camera, &now[i]));
          continue;
        }
        came += !shows (camera, &before[i]) && shows (camera, &now[i]);
        left += shows (camera, &before[i]) && !shows (camera, &now[i]);
        if (t == 1) {
          gboolean still = hypot (now[i].position[0] - before[i].position[0],
                               now[i].position[2] - before[i].position[2])
              < 0.01;

          rested += still;
          moved += !still;
        }
      }
    }
  }
  g_assert_cmpuint (came, >, CLIPS / 2);
  g_assert_cmpuint (left, >, CLIPS / 20);
  g_assert_cmpuint (moved, >, CLIPS / 4);
  g_assert_cmpuint (rested, >, CLIPS);
}

/* energy of motion for unit mass; cubes and cylinders turn upright */
static gdouble
energy (const NfMotion *motion, gdouble moment)
{
  gdouble sum = 0;

  for (guint i = 0; i < 3; i++)
    sum += motion->velocity[i] * motion->velocity[i]
        + moment * motion->spin[i] * motion->spin[i];
  return sum / 2;
}

static void
test_energy_never_grows (void)
{
  static const gdouble moments[] = { 0.15, 0.004, 0.125 };

  for (guint a = 0; a < 3; a++)
    for (guint b = 0; b < 3; b++)
      for (guint offset = 0; offset < 5; offset++) {
        g_autoptr (NfPhysics) physics = nf_physics_new ();
        gdouble last = G_MAXDOUBLE;

        nf_physics_add (physics, a, 0, 10, 0.3, (gdouble[]){ 0.9, 0.0 });
        nf_physics_add (
            physics, b, 4, 9.6 + 0.2 * offset, 1, (gdouble[]){ -0.2, 0.05 });
        for (guint t = 0; t < 30; t++) {
          NfMotion ma, mb;
          gdouble now;

          nf_physics_motion (physics, 0, &ma);
          nf_physics_motion (physics, 1, &mb);
          now = energy (&ma, moments[a]) + energy (&mb, moments[b]);
          g_assert_cmpfloat (now, <=, last + 1e-4);
          last = now;
          nf_physics_step (physics);
        }
        g_assert_cmpfloat (last, <, 0.4);
      }
}

static void
test_rest_stays_rest (void)
{
  g_autoptr (NfPhysics) physics = nf_physics_new ();
  static const gdouble still[2] = { 0, 0 };
  NfMotion before, after;

  for (guint i = 0; i < 3; i++)
    nf_physics_add (physics, i, 1.5 * i, 9, 0.4 * i, still);
  for (guint i = 0; i < 3; i++) {
    nf_physics_motion (physics, i, &before);
    for (guint t = 0; t < 30; t++)
      nf_physics_step (physics);
    nf_physics_motion (physics, i, &after);
    for (guint k = 0; k < 3; k++)
      g_assert_cmpfloat_with_epsilon (
          after.position[k], before.position[k], 1e-4);
    for (guint k = 0; k < 4; k++)
      g_assert_cmpfloat_with_epsilon (
          after.rotation[k], before.rotation[k], 1e-4);
  }
}

/* the point that touches the ground stands still, and the quaternion turns as
 * the spin says: dq/dt = (0, spin) q / 2 */
static void
test_spheres_roll (void)
{
  g_autoptr (NfPhysics) physics = nf_physics_new ();
  NfMotion a, b;
  gdouble q[4], want[4], length = 0;

  nf_physics_add (physics, NF_SCENE_SPHERE, 0, 8, 0, (gdouble[]){ 0.02, 0.05 });
  for (guint t = 0; t < 5; t++)
    nf_physics_step (physics);
  nf_physics_motion (physics, 0, &a);
  g_assert_cmpfloat (a.velocity[2], >, 0.03);
  g_assert_cmpfloat_with_epsilon (a.spin[0], 2 * a.velocity[2], 1e-3);
  g_assert_cmpfloat_with_epsilon (a.spin[2], -2 * a.velocity[0], 1e-3);

  nf_physics_step (physics);
  nf_physics_motion (physics, 0, &b);
  q[0] = -a.spin[0] * a.rotation[1] - a.spin[2] * a.rotation[3];
  q[1] = a.spin[0] * a.rotation[0] - a.spin[2] * a.rotation[2];
  q[2] = a.spin[2] * a.rotation[1] - a.spin[0] * a.rotation[3];
  q[3] = a.spin[2] * a.rotation[0] + a.spin[0] * a.rotation[2];
  for (guint i = 0; i < 4; i++) {
    want[i] = a.rotation[i] + q[i] / 2;
    length += want[i] * want[i];
  }
  for (guint i = 0; i < 4; i++)
    g_assert_cmpfloat_with_epsilon (
        b.rotation[i], want[i] / sqrt (length), 3e-3);
}

/* Coulomb's friction under flat feet, and damping, slow a body down:
 * dv/dt = -a - b v */
static void
test_friction_slows_as_fitted (void)
{
  static const gdouble friction[] = { 0.0185, 0, 0.0185 };
  const gdouble damping = 0.0153;

  for (guint shape = 0; shape < 3; shape++)
    for (guint i = 0; i < 6; i++) {
      g_autoptr (NfPhysics) physics = nf_physics_new ();
      gdouble limit = friction[shape] / damping, v0 = 0.3 + 0.1 * i;
      NfMotion motion;

      nf_physics_add (physics, shape, 0, 10, 0.2 * i,
          (gdouble[]){ v0 * cos (i), v0 * sin (i) });
      for (guint t = 1; t <= 30; t++) {
        gdouble want = (v0 + limit) * exp (-damping * t) - limit;

        nf_physics_step (physics);
        nf_physics_motion (physics, 0, &motion);
        g_assert_cmpfloat_with_epsilon (
            hypot (motion.velocity[0], motion.velocity[2]), MAX (want, 0),
            1e-2);
        g_assert_cmpfloat_with_epsilon (fabs (motion.spin[1]), 0, 1e-3);
      }
    }
}

/* a head-on hit between equals: speeds differ by a fifth of before */
static void
test_collisions_pass_speed_on (void)
{
  for (guint a = 0; a < 3; a++)
    for (guint b = 0; b < 3; b++) {
      g_autoptr (NfPhysics) physics = nf_physics_new ();
      gdouble before = 0;
      NfMotion ma, mb;

      nf_physics_add (physics, a, 0, 10, 0, (gdouble[]){ 0.8, 0 });
      nf_physics_add (physics, b, 2.5, 10, 0, (gdouble[]){ 0, 0 });
      do {
        nf_physics_motion (physics, 0, &ma);
        before = ma.velocity[0];
        nf_physics_step (physics);
        nf_physics_motion (physics, 1, &mb);
      } while (mb.velocity[0] < 0.1);
      nf_physics_step (physics);
      nf_physics_motion (physics, 0, &ma);
      nf_physics_motion (physics, 1, &mb);
      g_assert_cmpfloat_with_epsilon (
          (mb.velocity[0] - ma.velocity[0]) / before, 0.22, 0.1);
      g_assert_cmpfloat_with_epsilon (
          (mb.velocity[0] + ma.velocity[0]) / before, 0.9, 0.1);
      g_assert_cmpfloat_with_epsilon (ma.velocity[2], 0, 0.03);
    }
}

/* a cube that is hit beside its middle turns, but not for long */
static void
test_turning_fades (void)
{
  g_autoptr (NfPhysics) physics = nf_physics_new ();
  gdouble most = 0;
  NfMotion motion;

  nf_physics_add (physics, NF_SCENE_CYLINDER, 0, 10, 0, (gdouble[]){ 0.9, 0 });
  nf_physics_add (physics, NF_SCENE_CUBE, 2, 10.4, 0, (gdouble[]){ 0, 0 });
  for (guint t = 0; t < 4; t++) {
    nf_physics_step (physics);
    nf_physics_motion (physics, 1, &motion);
    most = MAX (most, fabs (motion.spin[1]));
  }
  g_assert_cmpfloat (most, >, 0.2);
  for (guint t = 0; t < 6; t++)
    nf_physics_step (physics);
  nf_physics_motion (physics, 1, &motion);
  g_assert_cmpfloat (fabs (motion.spin[1]), <, 0.05);
  g_assert_cmpfloat (motion.velocity[0], >, 0.1);
}

static gsize
in_use (void)
{
  const struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

static void
make_and_forget (guint64 first, guint n)
{
  NfSceneParams params;

  nf_scene_params_init (&params);
  for (guint i = 0; i < n; i++) {
    g_autoptr (NfScene) scene = NULL;

    params.clip = first + i;
    scene = nf_scene_new (&params, NULL);
    g_assert_nonnull (scene);
  }
}

/* Scenes without end take no more memory than a few. A memory checker, which counts
 * by itself, finds the same at its end. */
static void
test_clips_are_given_back (void)
{
  gsize before;

  make_and_forget (0, 20);
  before = in_use ();
  make_and_forget (20, 100);
  g_assert_cmpuint (in_use (), <=, before + 100 * 64);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func (
      "/scene/function", test_clips_are_functions_of_seed_and_number);
  g_test_add_func ("/scene/threads", test_threads_make_the_same_clips);
  g_test_add_func ("/scene/numbers", test_numbers_of_objects);
  g_test_add_func ("/scene/motions-go-on", test_motions_go_on);
  g_test_add_func ("/scene/bad", test_bad_numbers_fail);
  g_test_add_func ("/scene/apart", test_objects_stay_apart_and_on_the_ground);
  g_test_add_func ("/scene/come-and-go", test_objects_come_and_go);
  g_test_add_func ("/scene/energy", test_energy_never_grows);
  g_test_add_func ("/scene/rest", test_rest_stays_rest);
  g_test_add_func ("/scene/roll", test_spheres_roll);
  g_test_add_func ("/scene/friction", test_friction_slows_as_fitted);
  g_test_add_func ("/scene/turning", test_turning_fades);
  g_test_add_func ("/scene/collisions", test_collisions_pass_speed_on);
  g_test_add_func ("/scene/given-back", test_clips_are_given_back);
  return g_test_run ();
}
