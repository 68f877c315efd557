/* SPDX-License-Identifier: MIT
 *
 * dynamics — tests of kernels/scene: nfbodies, nfmotion, nffutures */
#include <nextframe/metrics/nfconfusion.h>
#include "scene/track/nfblobs.h"
#include <nextframe/scene/track/nfextrapolate.h>
#include "scene/track/nfmotion.h"
#include "scene/world/nfphysics.h"
#include <nextframe/scene/render/nfrender.h>

#include <math.h>
#include <string.h>

#define PAST 11
#define FRAMES 22

static void
assert_near (gdouble value, gdouble expected, gdouble tolerance)
{
  if (!(fabs (value - expected) <= tolerance))
    g_error ("%g is not %g +- %g", value, expected, tolerance);
}

/* --- bodies --- */

/* without friction and drag */
static NfBodyParams
smooth (gdouble bounce)
{
  return (NfBodyParams){ .bounce = bounce };
}

/* of equal bodies, one takes (1 + bounce) / 2 of the speed over */
static void
test_bodies_head_on (void)
{
  static const NfSceneShape shapes[] = { NF_SCENE_CUBE, NF_SCENE_SPHERE,
    NF_SCENE_CYLINDER };

  for (guint i = 0; i < 3; i++)
    for (guint j = 0; j < 3; j++) {
      const NfBodyParams params = smooth (0.2);
      NfBody b[2] = { { shapes[i], 0, 5, .vx = 0.5 }, { shapes[j], 2, 5 } };
      /* what a sphere's rolling takes or gives */
      gdouble rolls = i == 1 || j == 1 ? 0.01 : 1e-6, apart;

      nf_bodies_advance (b, 2, &params, 10);
      assert_near (b[0].vx, 0.2, rolls);
      assert_near (b[1].vx, 0.3, rolls);
      assert_near (b[0].vz, 0, 1e-6);
      assert_near (b[0].spin, 0, 1e-6);
      /* a cube is a little less than a size wide */
      apart = (i == 0 ? 0.475 : 0.5) + (j == 0 ? 0.475 : 0.5);
      assert_near (
          b[1].x, 2 + (10 - (2 - apart) / 0.5) * 0.3, 0.02 + 10 * rolls);
    }
}

/* a blow beside its middle turns a cube; momentum stays */
static void
test_bodies_cube_turns (void)
{
  const NfBodyParams params = smooth (0);
  NfBody b[2] = { { NF_SCENE_SPHERE, 0, 5.4, .vx = 0.5 },
    { NF_SCENE_CUBE, 2, 5 } };

  nf_bodies_advance (b, 2, &params, 5);
  assert_near (b[0].vx + b[1].vx, 0.5, 0.01);
  assert_near (b[0].vz + b[1].vz, 0, 0.005);
  g_assert_cmpfloat (b[1].spin, <, -0.05);
  g_assert_cmpfloat (b[1].vx, >, 0.1);
}

static void
test_bodies_slow_down (void)
{
  NfBodyParams params = { .friction = { 0.02, 0, 0.02 }, .drag = { 0 } };
  NfBody b[3] = { { NF_SCENE_CUBE, 0, 0, .vx = 0.1 },
    { NF_SCENE_SPHERE, 0, 5, .vx = 0.1 }, { NF_SCENE_CYLINDER, 0, 9 } };

  nf_bodies_advance (b, 3, &params, 2);
  assert_near (b[0].vx, 0.06, 1e-6);
  assert_near (b[0].x, 0.16, 0.002);
  nf_bodies_advance (b, 3, &params, 8);
  /* v^2 / 2a, and not backwards then */
  assert_near (b[0].x, 0.25, 0.004);
  assert_near (b[0].vx, 0, 1e-4);
  assert_near (b[1].x, 1, 1e-9);
  assert_near (b[2].x, 0, 0);
}

static NfMotion
motion_of (const NfBody *b)
{
  NfMotion motion = { { b->x, 0.5, b->z },
    { cos (b->turn / 2), 0, -sin (b->turn / 2), 0 }, { b->vx, 0, b->vz },
    { 0, -b->spin, 0 } };

  if (b->shape == NF_SCENE_SPHERE) {
    motion.spin[0] = 2 * b->vz;
    motion.spin[2] = -2 * b->vx;
  }

  return motion;
}

/* the greater distance of two bodies from where the engine of the scenes has
 * them, ten frames after one of them set out against the other */
static gdouble
distance_from_engine (NfSceneShape a, NfSceneShape b, gdouble off, gdouble turn)
{
  static const gdouble still[2] = { 0, 0 };
  NfBody bodies[2] = { { a, -1.5, off, .vx = 0.8, .turn = turn },
    { b, 1, 0, .turn = 0.3 + 0.6 * turn } };
  g_autoptr (NfPhysics) physics = nf_physics_new ();
  gdouble most = 0;
  NfBodyParams params;

  nf_body_params_init (&params);
  for (guint i = 0; i < 2; i++) {
    NfMotion motion = motion_of (&bodies[i]);

    nf_physics_add (physics, bodies[i].shape, 9.0 * i, 0, 0, still);
    nf_physics_set_motion (physics, i, &motion);
  }
  nf_bodies_advance (bodies, 2, &params, 10);
  for (guint t = 0; t < 10; t++)
    nf_physics_step (physics);
  for (guint i = 0; i < 2; i++) {
    NfMotion motion;

    nf_physics_motion (physics, i, &motion);
    most = MAX (most,
        hypot (motion.position[0] - bodies[i].x,
            motion.position[2] - bodies[i].z));
  }

  return most;
}

/* what the scenes' engine does at a twelfth of its time; a graze that one of
 * them misses may differ */
static void
test_bodies_go_as_the_engine (void)
{
  for (guint a = 0; a < 3; a++)
    for (guint b = 0; b < 3; b++) {
      guint n = 0, near = 0, far = 0;

      for (gdouble off = -0.7; off <= 0.7; off += 0.13)
        for (gdouble turn = 0; turn < 1.5; turn += 0.23) {
          gdouble distance = distance_from_engine (a, b, off, turn);

          n++;
          near += distance < 0.05;
          far += !(distance < 0.15);
        }
      g_test_message ("%u at %u: %u of %u near, %u far", a, b, near, n, far);
      g_assert_cmpuint (2 * near, >, n);
      g_assert_cmpuint (20 * far, <, n);
    }
}

/* --- one velocity from a track --- */

static void
test_motion_of_last_piece (void)
{
  NfTrackPoint points[11] = { { 0 } };
  const NfTrack track = { 20, NF_SCENE_SPHERE, points };
  NfMotionParams params;
  NfBody body;

  nf_motion_params_init (&params);
  params.bodies.drag[NF_SCENE_SPHERE] = 0;
  /* rests, is hit after frame 5, goes on at 0.2, -0.1 a frame */
  for (guint t = 0; t < 11; t++)
    points[t] = (NfTrackPoint){ .area = 400,
      .visible = 1,
      .pixels = 24,
      .x = 1 + 0.2 * MAX ((gint) t - 5, 0),
      .z = 9 - 0.1 * MAX ((gint) t - 5, 0) };
  nf_motion_fit (&params, &track, 10, &body);
  assert_near (body.vx, 0.2, 1e-3);
  assert_near (body.vz, -0.1, 1e-3);
  assert_near (body.x, 2, 1e-3);
  nf_motion_fit (&params, &track, 4, &body);
  assert_near (hypot (body.vx, body.vz), 0, 0);
  nf_motion_fit (&params, &track, 0, &body);
  assert_near (hypot (body.vx, body.vz), 0, 0);
  assert_near (body.x, 1, 0);
}

/* --- masks --- */

typedef struct
{
  guint width, height;
  guint8 *masks; /* FRAMES */
  guint8 *future; /* FRAMES - PAST */
} Clip;

static Clip
clip_new (guint width, guint height)
{
  gsize size = (gsize) width * height;

  return (Clip){ width, height, g_malloc0 (FRAMES * size),
    g_malloc0 ((FRAMES - PAST) * size) };
}

static void
clip_free (Clip *clip)
{
  g_free (clip->masks);
  g_free (clip->future);
}

static guint8 *
clip_mask (const Clip *clip, guint t)
{
  return clip->masks + (gsize) clip->width * clip->height * t;
}

static const guint8 *
clip_last (const Clip *clip)
{
  return clip->future
      + (gsize) clip->width * clip->height * (FRAMES - PAST - 1);
}

static void
clip_draw (Clip *clip, NfRenderer *renderer, guint t, const NfView *view,
    const NfSceneObject *objects, guint n)
{
  nf_renderer_render (
      renderer, view, objects, n, NULL, 0, clip_mask (clip, t), clip->width);
}

static void
clip_predict (Clip *clip, NfExtrapolateMethod method, guint n_past)
{
  g_autoptr (GError) error = NULL;
  const guint8 *past[PAST];

  for (guint t = 0; t < n_past; t++)
    past[t] = clip_mask (clip, PAST - n_past + t);
  g_assert_true (nf_extrapolate (method, past, n_past, clip->width,
      clip->height, FRAMES - PAST, clip->future, &error));
  g_assert_no_error (error);
}

/* objects that go straight on, each with its share of speed lost a frame */
static void
clip_draw_moving (Clip *clip, const NfSceneObject *objects,
    const gdouble velocities[][2], guint n, gdouble drag)
{
  g_autoptr (NfRenderer) renderer =
      nf_renderer_new (clip->width, clip->height, 1);
  NfSceneObject now[8];
  NfView view = { .light = 1 };

  nf_camera_init (&view.camera, 240, 160);
  for (guint t = 0; t < FRAMES; t++) {
    gdouble way = drag > 0 ? (1 - pow (1 - drag, t)) / drag : t;

    for (guint i = 0; i < n; i++) {
      now[i] = objects[i];
      now[i].position[0] += way * velocities[i][0];
      now[i].position[2] += way * velocities[i][1];
    }
    clip_draw (clip, renderer, t, &view, now, n);
  }
}

static NfSceneObject
object_at (guint8 id, gdouble x, gdouble z)
{
  return (NfSceneObject){ id, { x, 0.5, z }, { 1, 0, 0, 0 } };
}

/* all shapes, one before another, one cut by the edge; specks are no objects */
static void
test_dynamics_rest_is_kept (void)
{
  const NfSceneObject objects[] = { object_at (3, -2, 9), object_at (20, 1, 10),
    object_at (40, 1.3, 11), object_at (44, -5.2, 12) };
  static const gdouble still[4][2] = { { 0 } };
  Clip clip = clip_new (240, 160);
  gsize size = 240 * 160;

  clip_draw_moving (&clip, objects, still, 4, 0);
  clip_predict (&clip, NF_EXTRAPOLATE_DYNAMICS, PAST);
  for (guint k = 0; k < FRAMES - PAST; k++)
    g_assert_cmpmem (
        clip.future + k * size, size, clip_mask (&clip, PAST), size);
  for (guint t = 0; t < PAST; t++) {
    clip_mask (&clip, t)[500 + 17 * t] = 30;
    memset (clip_mask (&clip, t) + 700 + 10 * t, 49 + t, 9);
  }
  clip_predict (&clip, NF_EXTRAPOLATE_DYNAMICS, PAST);
  for (guint k = 0; k < FRAMES - PAST; k++)
    g_assert_cmpmem (
        clip.future + k * size, size, clip_mask (&clip, PAST), size);
  clip_free (&clip);
}

static void
test_dynamics_straight_on (void)
{
  static const guint sizes[][2] = { { 240, 160 }, { 480, 320 }, { 120, 80 } };
  static const gdouble velocity[1][2] = { { 0.16, 0.24 } };
  const NfSceneObject object = object_at (20, -2, 8);
  NfMotionParams params;

  nf_motion_params_init (&params);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    Clip clip = clip_new (sizes[i][0], sizes[i][1]);
    NfBlob truth[NF_N_CLASSES], predicted[NF_N_CLASSES];
    gdouble pixels = sizes[i][0] / 240.0;

    clip_draw_moving (
        &clip, &object, velocity, 1, params.bodies.drag[NF_SCENE_SPHERE]);
    for (guint n_past = 3; n_past <= PAST; n_past += 4) {
      clip_predict (&clip, NF_EXTRAPOLATE_DYNAMICS, n_past);
      nf_blobs_measure (
          clip_mask (&clip, FRAMES - 1), clip.width, clip.height, truth);
      nf_blobs_measure (clip_last (&clip), clip.width, clip.height, predicted);
      assert_near (predicted[20].x, truth[20].x, 2 * pixels);
      assert_near (predicted[20].y, truth[20].y, 2 * pixels);
      assert_near (predicted[20].area, truth[20].area, 0.1 * truth[20].area);
    }
    clip_free (&clip);
  }
}

/* hidden in the newest masks, seen again when the one in front has gone on */
static void
test_dynamics_hidden_comes_back (void)
{
  const NfSceneObject objects[] = { object_at (20, -2.7, 9),
    object_at (40, 0, 10.1) };
  static const gdouble velocities[2][2] = { { 0.28, 0 }, { 0, 0 } };
  Clip clip = clip_new (240, 160);
  NfBlob newest[NF_N_CLASSES], truth[NF_N_CLASSES], predicted[NF_N_CLASSES];

  clip_draw_moving (&clip, objects, velocities, 2, 0.0153);
  nf_blobs_measure (clip_mask (&clip, PAST - 1), 240, 160, newest);
  nf_blobs_measure (clip_mask (&clip, FRAMES - 1), 240, 160, truth);
  g_assert_cmpuint (newest[40].area, <, truth[40].area * 3 / 4);
  clip_predict (&clip, NF_EXTRAPOLATE_DYNAMICS, PAST);
  nf_blobs_measure (clip_last (&clip), 240, 160, predicted);
  assert_near (predicted[40].area, truth[40].area, 0.03 * truth[40].area);
  assert_near (predicted[40].x, truth[40].x, 0.3);
  clip_free (&clip);
}

/* a part of it is behind another one in all the past; then that one moves on */
static void
test_dynamics_part_is_completed (void)
{
  const NfSceneObject back = object_at (40, 0.3, 10.1);
  static const gdouble still[1][2] = { { 0, 0 } };
  g_autoptr (NfRenderer) renderer = nf_renderer_new (240, 160, 1);
  Clip clip = clip_new (240, 160);
  NfBlob truth[NF_N_CLASSES], predicted[NF_N_CLASSES];
  NfView view = { .light = 1 };

  clip_draw_moving (&clip, &back, still, 1, 0);
  nf_blobs_measure (clip_mask (&clip, 0), 240, 160, truth);
  nf_camera_init (&view.camera, 240, 160);
  for (guint t = 0; t < PAST; t++) {
    const NfSceneObject objects[] = {
      object_at (20, t < 6 ? 0.4 : 0.4 - 0.1 * (t - 5), 9), back
    };

    clip_draw (&clip, renderer, t, &view, objects, 2);
  }
  nf_blobs_measure (clip_mask (&clip, PAST - 1), 240, 160, predicted);
  g_assert_cmpuint (predicted[40].area, <, 0.9 * truth[40].area);
  clip_predict (&clip, NF_EXTRAPOLATE_DYNAMICS, PAST);
  nf_blobs_measure (clip_last (&clip), 240, 160, predicted);
  assert_near (predicted[40].area, truth[40].area, 0.04 * truth[40].area);
  clip_free (&clip);
}

/* the class of an object is mistaken in the newest masks, or in one before: it goes
 * on from where it was seen last */
static void
test_dynamics_mistaken_class (void)
{
  static const struct
  {
    guint first, n;
  } wrong[] = { { 7, 1 }, { 10, 1 }, { 9, 2 }, { 8, 3 }, { 6, 5 } };
  const NfSceneObject object = object_at (20, -2, 9);
  static const gdouble velocity[1][2] = { { 0.15, 0.1 } };
  gsize size = 240 * 160;

  for (guint k = 0; k < G_N_ELEMENTS (wrong); k++) {
    Clip clip = clip_new (240, 160);
    NfBlob truth[NF_N_CLASSES], predicted[NF_N_CLASSES];

    clip_draw_moving (&clip, &object, velocity, 1, 0.0153);
    nf_blobs_measure (clip_mask (&clip, FRAMES - 1), 240, 160, truth);
    for (gsize i = 0; i < wrong[k].n * size; i++)
      if (clip_mask (&clip, wrong[k].first)[i] == 20)
        clip_mask (&clip, wrong[k].first)[i] = 28;
    clip_predict (&clip, NF_EXTRAPOLATE_DYNAMICS, PAST);
    nf_blobs_measure (clip_last (&clip), 240, 160, predicted);
    g_assert_cmpuint (predicted[28].area, ==, 0);
    assert_near (predicted[20].x, truth[20].x, 3);
    assert_near (predicted[20].y, truth[20].y, 3);
    clip_free (&clip);
  }
}

static void
test_dynamics_leaves (void)
{
  const NfSceneObject object = object_at (20, 0, 10);
  static const gdouble velocity[1][2] = { { 0.4, 0 } };
  Clip clip = clip_new (240, 160);
  NfBlob predicted[NF_N_CLASSES];

  clip_draw_moving (&clip, &object, velocity, 1, 0.0153);
  clip_predict (&clip, NF_EXTRAPOLATE_DYNAMICS, PAST);
  nf_blobs_measure (clip_last (&clip), 240, 160, predicted);
  g_assert_cmpuint (predicted[20].area, ==, 0);
  /* on its way, a part of it is seen at the edge */
  nf_blobs_measure (clip.future, 240, 160, predicted);
  g_assert_cmpuint (predicted[20].area, >, 0);
  clip_free (&clip);
}

/* one sphere runs into another, which then moves, and stays behind it */
static void
test_dynamics_collision (void)
{
  const NfSceneObject objects[] = { object_at (20, -4, 10),
    object_at (21, 0, 10) };
  static const gdouble velocities[2][2] = { { 0.26, 0 }, { 0, 0 } };
  Clip clip = clip_new (240, 160);
  NfBlob newest[NF_N_CLASSES], predicted[NF_N_CLASSES];

  clip_draw_moving (&clip, objects, velocities, 2, 0.0153);
  nf_blobs_measure (clip_mask (&clip, PAST - 1), 240, 160, newest);
  clip_predict (&clip, NF_EXTRAPOLATE_DYNAMICS, PAST);
  nf_blobs_measure (clip_last (&clip), 240, 160, predicted);
  g_assert_cmpfloat (predicted[21].x, >, newest[21].x + 15);
  g_assert_cmpfloat (predicted[20].x, <, predicted[21].x - 20);
  assert_near (predicted[21].y, newest[21].y, 2);
  clip_free (&clip);
}

/* a sphere that begins at @x hits a cube beside its middle. Returns the frame
 * from which on the cube moves */
static gint
draw_hit (Clip *clip, gdouble x)
{
  static const gdouble still[2] = { 0, 0 }, fast[2] = { 0.62, 0.05 };
  g_autoptr (NfRenderer) renderer = nf_renderer_new (240, 160, 1);
  g_autoptr (NfPhysics) physics = nf_physics_new ();
  NfView view = { .light = 1 };
  gint hit = -1;

  nf_camera_init (&view.camera, 240, 160);
  nf_physics_add (physics, NF_SCENE_CUBE, -0.5, 11, 0.4, still);
  nf_physics_add (physics, NF_SCENE_SPHERE, x, 10.3, 0, fast);
  for (guint t = 0; t < FRAMES; t++) {
    NfSceneObject objects[2] = { { .id = 3 }, { .id = 20 } };

    for (guint i = 0; i < 2; i++) {
      NfMotion motion;

      nf_physics_motion (physics, i, &motion);
      memcpy (objects[i].position, motion.position, sizeof motion.position);
      memcpy (objects[i].rotation, motion.rotation, sizeof motion.rotation);
      if (i == 0 && hit < 0
          && hypot (motion.velocity[0], motion.velocity[2]) > 0.02)
        hit = (gint) t;
    }
    clip_draw (clip, renderer, t, &view, objects, 2);
    nf_physics_step (physics);
  }

  return hit;
}

/* a cube that was just hit turns and slides on, and the sphere that hit it goes
 * another way. Too little is seen of both since then: their velocities are known
 * from how the one went before and where the other stood, through the collision */
static void
test_dynamics_just_hit (void)
{
  Clip clip = clip_new (240, 160);

  for (gdouble x = -7.2; x < -6.5; x += 0.2) {
    NfBlob newest[NF_N_CLASSES], truth[NF_N_CLASSES], predicted[NF_N_CLASSES];
    gint hit = draw_hit (&clip, x);

    g_assert_cmpint (hit, >=, PAST - 2);
    g_assert_cmpint (hit, <, PAST);
    clip_predict (&clip, NF_EXTRAPOLATE_DYNAMICS, PAST);
    nf_blobs_measure (clip_mask (&clip, PAST - 1), 240, 160, newest);
    nf_blobs_measure (clip_mask (&clip, FRAMES - 1), 240, 160, truth);
    nf_blobs_measure (clip_last (&clip), 240, 160, predicted);
    g_assert_cmpfloat (truth[3].x, >, newest[3].x + 20);
    for (guint id = 3; id <= 20; id += 17) {
      assert_near (predicted[id].x, truth[id].x, 0.8);
      assert_near (predicted[id].y, truth[id].y, 0.8);
    }
  }
  clip_free (&clip);
}

static void
test_dynamics_is_repeatable (void)
{
  const NfSceneObject objects[] = { object_at (3, -2, 9),
    object_at (20, 1, 10) };
  static const gdouble velocities[2][2] = { { 0.2, 0.1 }, { -0.1, 0.2 } };
  Clip a = clip_new (240, 160), b = clip_new (240, 160);
  gsize size = 240 * 160;

  clip_draw_moving (&a, objects, velocities, 2, 0.0153);
  memcpy (b.masks, a.masks, FRAMES * size);
  clip_predict (&a, NF_EXTRAPOLATE_DYNAMICS, PAST);
  clip_predict (&b, NF_EXTRAPOLATE_DYNAMICS, PAST);
  g_assert_cmpmem (
      a.future, (FRAMES - PAST) * size, b.future, (FRAMES - PAST) * size);
  clip_free (&a);
  clip_free (&b);
}

/* the yardstick, on scenes that nothing was tuned on */
static void
test_dynamics_beats_baselines (void)
{
  g_autoptr (NfRenderer) renderer = nf_renderer_new (120, 80, 1);
  NfConfusion *scores[3];
  NfSceneParams params;
  Clip clip = clip_new (120, 80);
  gdouble jaccard[3];

  for (guint i = 0; i < 3; i++)
    scores[i] = nf_confusion_new (NF_N_CLASSES);
  nf_scene_params_init (&params);
  params.seed = 987654;
  for (params.clip = 0; params.clip < 24; params.clip++) {
    g_autoptr (NfScene) scene = nf_scene_new (&params, NULL);

    for (guint t = 0; t < FRAMES; t++) {
      guint n;
      const NfSceneObject *objects = nf_scene_objects (scene, t, &n);

      clip_draw (&clip, renderer, t, nf_scene_view (scene), objects, n);
    }
    for (guint i = 0; i < 3; i++) {
      clip_predict (&clip, (NfExtrapolateMethod) i, PAST);
      nf_confusion_add (scores[i],
          (NfMask){ clip_mask (&clip, FRAMES - 1), 120 },
          (NfMask){ clip_last (&clip), 120 }, 120, 80);
    }
  }
  for (guint i = 0; i < 3; i++) {
    jaccard[i] = nf_confusion_jaccard (scores[i]);
    nf_confusion_free (scores[i]);
  }
  g_test_message ("hold %.3f, linear %.3f, dynamics %.3f", jaccard[0],
      jaccard[1], jaccard[2]);
  g_assert_cmpfloat (jaccard[NF_EXTRAPOLATE_DYNAMICS], >,
      MAX (jaccard[NF_EXTRAPOLATE_HOLD], jaccard[NF_EXTRAPOLATE_LINEAR])
          + 0.10);
  clip_free (&clip);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bodies/head-on", test_bodies_head_on);
  g_test_add_func ("/bodies/cube-turns", test_bodies_cube_turns);
  g_test_add_func ("/bodies/engine", test_bodies_go_as_the_engine);
  g_test_add_func ("/bodies/slow-down", test_bodies_slow_down);
  g_test_add_func ("/motion/last-piece", test_motion_of_last_piece);
  g_test_add_func ("/dynamics/rest", test_dynamics_rest_is_kept);
  g_test_add_func ("/dynamics/straight-on", test_dynamics_straight_on);
  g_test_add_func ("/dynamics/hidden", test_dynamics_hidden_comes_back);
  g_test_add_func (
      "/dynamics/part-is-completed", test_dynamics_part_is_completed);
  g_test_add_func ("/dynamics/mistaken-class", test_dynamics_mistaken_class);
  g_test_add_func ("/dynamics/leaves", test_dynamics_leaves);
  g_test_add_func ("/dynamics/collision", test_dynamics_collision);
  g_test_add_func ("/dynamics/just-hit", test_dynamics_just_hit);
  g_test_add_func ("/dynamics/repeatable", test_dynamics_is_repeatable);
  g_test_add_func ("/dynamics/baselines", test_dynamics_beats_baselines);

  return g_test_run ();
}
