/* SPDX-License-Identifier: MIT
 *
 * tracks — tests of kernels/scene/nftracks, nfblobs, nfoutline */
#include "scene/track/nfblobs.h"
#include <nextframe/scene/render/nfrender.h>
#include <nextframe/scene/track/nftracks.h>

#include <math.h>
#include <string.h>

static void
assert_near (gdouble value, gdouble expected, gdouble tolerance)
{
  if (!(fabs (value - expected) <= tolerance))
    g_error ("%g is not %g +- %g", value, expected, tolerance);
}

static guint8 *
draw (const NfCamera *camera, const NfSceneObject *objects, guint n,
    guint width, guint height)
{
  g_autoptr (NfRenderer) renderer = nf_renderer_new (width, height, 1);
  guint8 *mask = g_malloc ((gsize) width * height);
  const NfView view = { *camera, 1.0 };

  nf_renderer_render (renderer, &view, objects, n, NULL, 0, mask, width);

  return mask;
}

static NfSceneObject
object_at (guint8 id, gdouble x, gdouble z)
{
  return (NfSceneObject){ id, { x, 0.5, z }, { 1, 0, 0, 0 } };
}

static const NfTrack *
find_track (const NfTracks *tracks, guint8 id)
{
  for (guint i = 0; i < tracks->n_tracks; i++)
    if (tracks->tracks[i].id == id)
      return &tracks->tracks[i];
  g_error ("class %u is not tracked", id);

  return NULL;
}

static NfTracks *
track (guint8 *const *masks, guint n, guint width, guint height)
{
  g_autoptr (GError) error = NULL;
  NfTracks *tracks =
      nf_tracks_new ((const guint8 *const *) masks, n, width, height, &error);

  g_assert_no_error (error);

  return tracks;
}

static void
test_blobs_by_hand (void)
{
  /* class 2 touches class 3 across a gap of one; 60 is no class */
  static const guint8 mask[] = {
    0, 0, 0, 0, 0, 0, 0, 0, /* row 0 */
    0, 2, 2, 0, 3, 3, 0, 0, /* row 1 */
    0, 2, 2, 0, 3, 3, 0, 60, /* row 2 */
    7, 0, 0, 0, 0, 0, 0, 0, /* row 3 */
  };
  NfBlob blobs[NF_N_CLASSES];

  nf_blobs_measure (mask, 8, 4, blobs);
  g_assert_cmpuint (blobs[2].area, ==, 4);
  assert_near (blobs[2].x, 2, 1e-12);
  assert_near (blobs[2].y, 2, 1e-12);
  g_assert_cmpuint (blobs[3].left, ==, 4);
  g_assert_cmpuint (blobs[3].right, ==, 5);
  g_assert_cmpuint (blobs[3].top, ==, 1);
  g_assert_cmpuint (blobs[3].bottom, ==, 2);
  g_assert_cmphex (blobs[2].touches, ==, 1 << 3);
  g_assert_cmphex (blobs[3].touches, ==, 1 << 2);
  g_assert_cmphex (blobs[7].touches, ==, 1);
  g_assert_cmpuint (blobs[1].area, ==, 0);
}

static void
test_blobs_clean (void)
{
  guint8 mask[100 * 100] = { 0 }, clean[100 * 100], expected[100 * 100];
  g_autoptr (GError) error = NULL;

  for (guint y = 20; y < 40; y++)
    memset (mask + y * 100 + 20, 5, 20);
  /* a bar in front divides it */
  for (guint y = 20; y < 40; y++)
    memset (mask + y * 100 + 28, 9, 4);
  memcpy (expected, mask, sizeof (mask));
  mask[0] = 5; /* a speck */
  for (guint y = 80; y < 90; y++)
    memset (mask + y * 100 + 80, 5, 10); /* large, but far away */
  memset (mask + 5000, 49, 50);
  g_assert_true (nf_blobs_clean (mask, 100, 100, clean, &error));
  g_assert_cmpmem (clean, sizeof (clean), expected, sizeof (expected));
}

/* areas of outlines against rendered pixels, and their places */
static void
test_outline_as_rendered (void)
{
  static const guint8 ids[] = { 3, 20, 40 };
  NfCamera camera;

  nf_camera_init (&camera, 240, 160);
  for (guint i = 0; i < 15; i++) {
    guint8 id = ids[i % 3];
    NfPose pose = { nf_scene_shape (id), i / 3 - 2.0, 8 + i / 3, i * 0.1 };
    NfSceneObject object = object_at (id, pose.x, pose.z);
    g_autofree guint8 *mask = NULL;
    NfBlob blobs[NF_N_CLASSES];
    NfOutline outline;
    gdouble x, y, area;

    /* the world's y points up, so angles run the other way */
    object.rotation[0] = cos (pose.turn / 2);
    object.rotation[2] = -sin (pose.turn / 2);
    mask = draw (&camera, &object, 1, 240, 160);
    nf_blobs_measure (mask, 240, 160, blobs);
    g_assert_true (nf_outline_init (&outline, &camera, &pose));
    area = nf_outline_area (&outline, &x, &y);
    assert_near (area, blobs[id].area, 0.025 * area);
    assert_near (x, blobs[id].x, 0.2);
    assert_near (y, blobs[id].y, 0.2);
    assert_near (outline.left, blobs[id].left, 1.0);
    assert_near (outline.right, blobs[id].right + 1, 1.0);
    assert_near (outline.top, blobs[id].top, 1.0);
    assert_near (outline.bottom, blobs[id].bottom + 1, 1.0);
  }
}

static void
test_outline_behind_camera (void)
{
  const NfPose behind = { NF_SCENE_CUBE, 0, -20 };
  NfOutline outline;
  NfCamera camera;

  nf_camera_init (&camera, 240, 160);
  g_assert_false (nf_outline_init (&outline, &camera, &behind));
}

/* spheres seen by a camera that is not the usual one: from a single mask the
 * estimate makes half the way from that to the true one */
static void
test_tracks_camera_and_places (void)
{
  static const guint sizes[][2] = { { 240, 160 }, { 480, 320 }, { 120, 80 } };
  static const gdouble places[][2] = { { -3, 9 }, { 0.2, 8 }, { 2.5, 10 },
    { -1, 13 }, { 2, 16 }, { -4, 15 } };

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
    guint width = sizes[s][0], height = sizes[s][1];
    NfSceneObject objects[G_N_ELEMENTS (places)];
    g_autofree guint8 *mask = NULL;
    g_autoptr (NfTracks) tracks = NULL;
    NfCamera camera;

    nf_camera_init (&camera, width, height);
    camera.pitch += 0.05;
    camera.tall *= 1.08;
    for (guint i = 0; i < G_N_ELEMENTS (places); i++)
      objects[i] = object_at (17 + i, places[i][0], places[i][1]);
    mask = draw (&camera, objects, G_N_ELEMENTS (places), width, height);
    tracks = track (&mask, 1, width, height);
    g_assert_cmpuint (tracks->n_fitted, ==, G_N_ELEMENTS (places));
    assert_near (tracks->camera.pitch, camera.pitch, 0.035);
    assert_near (tracks->camera.tall / camera.tall, 1, 0.06);
    for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
      const NfTrackPoint *p = find_track (tracks, 17 + i)->points;

      assert_near (p->x, places[i][0], 0.1);
      assert_near (p->z, places[i][1], 0.05 * places[i][1]);
      g_assert_cmpfloat (p->visible, >, 0.95);
      g_assert_false (p->cut || p->hidden);
    }
  }
}

/* pictures of other shapes are that of 240x160, scaled to cover them and cut at two
 * edges: wide ones and tall ones alike */
static void
test_camera_shapes (void)
{
  static const guint sizes[][2] = { { 240, 160 }, { 480, 320 }, { 120, 160 },
    { 240, 80 }, { 320, 320 }, { 1000, 100 }, { 100, 1000 } };
  const gdouble point[3] = { 1.5, 0.4, 11 };
  gdouble usual_x, usual_y;
  NfCamera usual;

  nf_camera_init (&usual, 240, 160);
  g_assert_true (nf_camera_project (&usual, point, &usual_x, &usual_y, NULL));
  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
    const gdouble w = sizes[s][0], h = sizes[s][1];
    const gdouble scale = MAX (w / 240, h / 160);
    gdouble x, y;
    NfCamera camera;

    nf_camera_init (&camera, w, h);
    g_assert_true (nf_camera_project (&camera, point, &x, &y, NULL));
    assert_near (x - w / 2, scale * (usual_x - 120), 1e-6);
    assert_near (y - h / 2, scale * (usual_y - 80), 1e-6);
  }
}

/* root mean square error of the steps from frame to frame of an object that goes
 * on evenly and turns: of its place in pixels, and of a cube's turn */
static gdouble
step_error (guint8 id, gdouble *turn_error)
{
  static const gdouble step[] = { 0.113, 0.071 }, turn = 0.03;
  gdouble sum = 0, turns = 0;
  NfCamera camera;
  guint n = 0;

  nf_camera_init (&camera, 240, 160);
  for (guint k = 0; k < 4; k++) {
    guint8 *masks[11];
    g_autoptr (NfTracks) tracks = NULL;
    const NfTrackPoint *points;

    for (guint t = 0; t < 11; t++) {
      NfSceneObject object =
          object_at (id, -2.0 + k + step[0] * t, 9.0 + k + step[1] * t);
      gdouble half = (0.3 + 0.2 * k + turn * t) / 2;

      object.rotation[0] = cos (half);
      object.rotation[2] = -sin (half);
      masks[t] = draw (&camera, &object, 1, 240, 160);
    }
    tracks = track (masks, 11, 240, 160);
    points = find_track (tracks, id)->points;
    for (guint t = 0; t < 11; t++)
      g_assert_true (points[t].exact);
    for (guint t = 1; t < 11; t++) {
      gdouble dx = points[t].x - points[t - 1].x - step[0];

      sum += pow (dx * points[t].pixels, 2);
      turns += pow (
          remainder (points[t].turn - points[t - 1].turn - turn, G_PI_2), 2);
      n++;
    }
    for (guint t = 0; t < 11; t++)
      g_free (masks[t]);
  }
  *turn_error = sqrt (turns / n);

  return sqrt (sum / n);
}

/* the edges of a mask say where an object stands better than its centre of
 * gravity does: by that alone the places would be twice as wrong (cubes and
 * cylinders 0.12 and 0.14 pixels, spheres 0.07, turns 0.02) */
static void
test_tracks_edges (void)
{
  static const guint8 ids[] = { 3, 20, 40 };
  static const gdouble most[] = { 0.08, 0.06, 0.08 };

  for (guint i = 0; i < 3; i++) {
    gdouble turn, place = step_error (ids[i], &turn);

    g_test_message ("class %u: %.3f pixels, %.4f radians", ids[i], place, turn);
    g_assert_cmpfloat (place, <=, most[i]);
    if (nf_scene_shape (ids[i]) == NF_SCENE_CUBE)
      g_assert_cmpfloat (turn, <=, 0.012);
  }
}

/* whole objects of synthetic scenes, against where they are in truth. An error
 * of the camera moves all of them alike */
static void
test_tracks_scenes (void)
{
  NfSceneParams params;

  nf_scene_params_init (&params);
  params.seed = 31;
  for (params.clip = 0; params.clip < 6; params.clip++) {
    g_autoptr (NfScene) scene = nf_scene_new (&params, NULL);
    const NfView *view = nf_scene_view (scene);
    g_autoptr (NfTracks) tracks = NULL;
    guint8 *masks[11];
    guint n;

    for (guint t = 0; t < 11; t++) {
      const NfSceneObject *objects = nf_scene_objects (scene, t, &n);

      masks[t] = draw (&view->camera, objects, n, 240, 160);
    }
    tracks = track (masks, 11, 240, 160);
    assert_near (tracks->camera.pitch, view->camera.pitch, 0.02);
    assert_near (tracks->camera.tall / view->camera.tall, 1, 0.06);
    for (guint i = 0; i < tracks->n_tracks; i++)
      for (guint t = 0; t < 11; t++) {
        const NfTrackPoint *p = &tracks->tracks[i].points[t];
        const NfSceneObject *objects = nf_scene_objects (scene, t, &n);

        for (guint k = 0; k < n; k++)
          if (p->area > 100 && !p->cut && !p->hidden
              && objects[k].id == tracks->tracks[i].id) {
            assert_near (p->x, objects[k].position[0], 0.25);
            assert_near (p->z / objects[k].position[2], 1, 0.06);
          }
      }
    for (guint t = 0; t < 11; t++)
      g_free (masks[t]);
  }
}

/* half of a sphere is behind another one, a third one is cut by the edge */
static void
test_tracks_obstructed (void)
{
  NfSceneObject objects[3] = { object_at (20, 0, 9), object_at (21, 0.4, 10.1),
    object_at (22, 0, 11) };
  g_autofree guint8 *mask = NULL;
  g_autoptr (NfTracks) tracks = NULL;
  const NfTrackPoint *p;
  NfCamera camera;

  nf_camera_init (&camera, 240, 160);
  g_assert_true (nf_camera_ground (
      &camera, 3, 80, &objects[2].position[0], &objects[2].position[2]));
  mask = draw (&camera, objects, 3, 240, 160);
  tracks = track (&mask, 1, 240, 160);
  p = find_track (tracks, 20)->points;
  g_assert_false (p->hidden);
  g_assert_cmpfloat (p->visible, >, 0.97);
  p = find_track (tracks, 21)->points;
  g_assert_true (p->hidden);
  g_assert_cmpfloat (p->visible, <, 0.8);
  assert_near (p->x, 0.4, 0.06);
  assert_near (p->z, 10.1, 0.15);
  p = find_track (tracks, 22)->points;
  g_assert_true (p->cut);
  g_assert_cmpfloat (p->visible, <, 0.9);
  assert_near (p->x, objects[2].position[0], 0.1);
  assert_near (p->z, objects[2].position[2], 0.25);
}

static void
test_tracks_gaps (void)
{
  NfSceneObject object = object_at (30, 0, 10);
  g_autofree guint8 *seen = NULL;
  g_autofree guint8 *empty = g_malloc0 (240 * 160);
  g_autoptr (NfTracks) tracks = NULL;
  g_autoptr (NfTracks) none = NULL;
  NfCamera camera;
  guint8 *masks[3];

  nf_camera_init (&camera, 240, 160);
  seen = draw (&camera, &object, 1, 240, 160);
  masks[0] = masks[2] = seen;
  masks[1] = empty;
  tracks = track (masks, 3, 240, 160);
  g_assert_cmpuint (tracks->n_tracks, ==, 1);
  g_assert_cmpuint (tracks->tracks[0].points[0].area, >, 100);
  g_assert_cmpuint (tracks->tracks[0].points[1].area, ==, 0);
  assert_near (tracks->tracks[0].points[2].x, 0, 0.02);
  none = track (&empty, 1, 240, 160);
  g_assert_cmpuint (none->n_tracks, ==, 0);
  g_assert_cmpuint (none->n_fitted, ==, 0);
  assert_near (none->camera.tall, camera.tall, 1e-12);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tracks/camera-shapes", test_camera_shapes);
  g_test_add_func ("/tracks/blobs/by-hand", test_blobs_by_hand);
  g_test_add_func ("/tracks/blobs/clean", test_blobs_clean);
  g_test_add_func ("/tracks/outline/as-rendered", test_outline_as_rendered);
  g_test_add_func ("/tracks/outline/behind-camera", test_outline_behind_camera);
  g_test_add_func ("/tracks/camera-and-places", test_tracks_camera_and_places);
  g_test_add_func ("/tracks/edges", test_tracks_edges);
  g_test_add_func ("/tracks/scenes", test_tracks_scenes);
  g_test_add_func ("/tracks/obstructed", test_tracks_obstructed);
  g_test_add_func ("/tracks/gaps", test_tracks_gaps);

  return g_test_run ();
}
