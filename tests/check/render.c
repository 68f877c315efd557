/* SPDX-License-Identifier: MIT
 *
 * render — tests of kernels/scene: camera, view and ray caster */
#include <nextframe/scene/render/nfrender.h>
#include "scene/world/nflook.h"

#include <math.h>
#include <string.h>

#define WIDTH 240
#define HEIGHT 160

/* a picture and its mask, rows apart by more than they hold */
typedef struct
{
  guint width, height;
  gsize rgb_stride, mask_stride;
  guint8 *rgb, *mask;
} Picture;

#define PADDING 5
#define UNTOUCHED 0xa5

static Picture *
picture_new (guint width, guint height)
{
  Picture *self = g_new0 (Picture, 1);

  self->width = width;
  self->height = height;
  self->rgb_stride = 3 * width + PADDING;
  self->mask_stride = width + PADDING;
  self->rgb = g_malloc (self->rgb_stride * height);
  self->mask = g_malloc (self->mask_stride * height);
  memset (self->rgb, UNTOUCHED, self->rgb_stride * height);
  memset (self->mask, UNTOUCHED, self->mask_stride * height);
  return self;
}

static void
picture_free (Picture *self)
{
  g_free (self->rgb);
  g_free (self->mask);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Picture, picture_free)

static Picture *
draw (const NfView *view, const NfSceneObject *objects, guint n, guint width,
    guint height, guint threads)
{
  g_autoptr (NfRenderer) renderer = nf_renderer_new (width, height, threads);
  Picture *self = picture_new (width, height);

  nf_renderer_render (renderer, view, objects, n, self->rgb, self->rgb_stride,
      self->mask, self->mask_stride);
  return self;
}

static NfView
plain_view (void)
{
  NfView view;

  nf_camera_init (&view.camera, WIDTH, HEIGHT);
  view.light = 1.0;
  return view;
}

/* a cube, a sphere and a cylinder of every kind of surface, turned anyhow */
static guint
make_scene (guint32 seed, NfSceneObject *objects, guint n)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  for (guint i = 0; i < n; i++) {
    NfSceneObject *o = &objects[i];

    o->id = (guint8) g_rand_int_range (rand, 1, 49);
    o->position[0] = g_rand_double_range (rand, -5, 5);
    o->position[1] = g_rand_double_range (rand, 0.5, 0.9);
    o->position[2] = g_rand_double_range (rand, 5, 18);
    for (guint k = 0; k < 4; k++)
      o->rotation[k] = g_rand_double_range (rand, -1, 1);
  }
  return n;
}

static gboolean
same_picture (const Picture *a, const Picture *b)
{
  return memcmp (a->rgb, b->rgb, a->rgb_stride * a->height) == 0
      && memcmp (a->mask, b->mask, a->mask_stride * a->height) == 0;
}

static void
test_render_threads (void)
{
  static const guint sizes[][2] = { { 240, 160 }, { 64, 64 }, { 33, 17 },
    { 1, 1 }, { 480, 320 } };
  NfView view = plain_view ();
  NfSceneObject objects[8];

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
    guint n = make_scene (s, objects, 8);
    g_autoptr (Picture) one =
        draw (&view, objects, n, sizes[s][0], sizes[s][1], 1);
    g_autoptr (Picture) two =
        draw (&view, objects, n, sizes[s][0], sizes[s][1], 2);
    g_autoptr (Picture) all =
        draw (&view, objects, n, sizes[s][0], sizes[s][1], 0);

    g_assert_true (same_picture (one, two));
    g_assert_true (same_picture (one, all));
  }
}

static void
test_render_strides (void)
{
  NfView view = plain_view ();
  NfSceneObject objects[6];
  guint n = make_scene (9, objects, 6);
  g_autoptr (Picture) picture = draw (&view, objects, n, 50, 30, 1);

  for (guint y = 0; y < 30; y++) {
    for (guint i = 0; i < PADDING; i++) {
      g_assert_cmpuint (
          picture->rgb[y * picture->rgb_stride + 150 + i], ==, UNTOUCHED);
      g_assert_cmpuint (
          picture->mask[y * picture->mask_stride + 50 + i], ==, UNTOUCHED);
    }
    for (guint x = 0; x < 50; x++)
      g_assert_cmpuint (picture->mask[y * picture->mask_stride + x], <=, 48);
  }
}

/* one of the two outputs alone is what both together are */
static void
test_render_one_output (void)
{
  NfView view = plain_view ();
  NfSceneObject objects[6];
  guint n = make_scene (4, objects, 6);
  g_autoptr (Picture) both = draw (&view, objects, n, WIDTH, HEIGHT, 2);
  g_autoptr (Picture) single = picture_new (WIDTH, HEIGHT);
  g_autoptr (NfRenderer) renderer = nf_renderer_new (WIDTH, HEIGHT, 2);

  nf_renderer_render (
      renderer, &view, objects, n, single->rgb, single->rgb_stride, NULL, 0);
  nf_renderer_render (
      renderer, &view, objects, n, NULL, 0, single->mask, single->mask_stride);
  g_assert_true (same_picture (both, single));
  nf_renderer_render (renderer, &view, objects, n, NULL, 0, NULL, 0);
}

/* distance along a ray to where it enters a shape that stands with its middle
 * at the origin of its own axes, or 1e30 */
static gdouble
distance_to (NfSceneShape shape, const NfForm *form, const gdouble o[3],
    const gdouble d[3])
{
  gdouble in = -1e30, out = 1e30;
  gdouble a = 0, b = 0, c = -(gdouble) form->half * form->half, root;

  for (guint k = 0; k < 3; k++) {
    gdouble half = k == 1 ? form->high : form->half;
    gdouble t = (-half - o[k]) / d[k], u = (half - o[k]) / d[k];
    gboolean flat =
        shape == NF_SCENE_CUBE || (shape == NF_SCENE_CYLINDER && k == 1);

    if (flat) {
      in = MAX (in, MIN (t, u));
      out = MIN (out, MAX (t, u));
    } else {
      a += d[k] * d[k];
      b += o[k] * d[k];
      c += o[k] * o[k];
    }
  }
  if (shape != NF_SCENE_CUBE) {
    root = b * b - a * c;
    if (root <= 0)
      return 1e30;
    in = MAX (in, (-b - sqrt (root)) / a);
    out = MIN (out, (-b + sqrt (root)) / a);
  }
  return in <= out && in > 0 ? in : 1e30;
}

/* turns a vector into an object's own axes */
static void
into_object (const NfSceneObject *object, const gdouble v[3], gdouble own[3])
{
  const gdouble *q = object->rotation;
  gdouble norm = q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3];

  /* v' = v + 2 u x (u x v - w v), with the conjugate's u and w */
  for (guint k = 0; k < 3; k++) {
    guint i = (k + 1) % 3, j = (k + 2) % 3;
    gdouble uxv_i = q[1 + j] * v[k] - q[1 + k] * v[j];
    gdouble uxv_j = q[1 + k] * v[i] - q[1 + i] * v[k];
    gdouble uxv_k = q[1 + i] * v[j] - q[1 + j] * v[i];

    own[k] = v[k]
        + 2.0 / norm * (q[1 + i] * uxv_j - q[1 + j] * uxv_i - q[0] * uxv_k);
  }
}

/* what a pixel's centre shows, in double precision */
static guint8
naive_class (const NfCamera *camera, const NfSceneObject *objects, guint n,
    guint x, guint y)
{
  gdouble ray[3], nearest = 1e29;
  guint8 id = 0;

  nf_camera_ray (camera, x + 0.5, y + 0.5, ray);
  for (guint i = 0; i < n; i++) {
    const NfSceneObject *object = &objects[i];
    NfSceneShape shape = nf_scene_shape (object->id);
    const NfForm *form = &nf_look_forms[shape];
    gdouble from[3] = { -object->position[0],
      camera->tall - object->position[1] + 0.5 - form->high,
      -object->position[2] };
    gdouble o[3], d[3], t;

    into_object (object, from, o);
    into_object (object, ray, d);
    t = distance_to (shape, form, o, d);
    if (t < nearest) {
      nearest = t;
      id = object->id;
    }
  }
  return id;
}

/* rounding may decide about a pixel on an edge */
#define ROUNDING_PIXELS 2

static void
test_render_mask_is_exact (void)
{
  NfView view = plain_view ();
  NfSceneObject objects[8];

  view.camera.roll = 0.03;
  for (guint32 seed = 20; seed < 40; seed++) {
    guint n = make_scene (seed, objects, 1 + seed % 8), wrong = 0, seen = 0;
    g_autoptr (Picture) picture = draw (&view, objects, n, WIDTH, HEIGHT, 1);

    for (guint y = 0; y < HEIGHT; y++)
      for (guint x = 0; x < WIDTH; x++) {
        guint8 id = naive_class (&view.camera, objects, n, x, y);

        wrong += picture->mask[y * picture->mask_stride + x] != id;
        seen += id != 0;
      }
    g_assert_cmpuint (seen, >, 50);
    g_assert_cmpuint (wrong, <=, ROUNDING_PIXELS);
  }
}

/* first and last column and row of what is not background */
static void
find_extent (const Picture *picture, guint *left, guint *right, guint *top,
    guint *bottom)
{
  *left = *top = G_MAXUINT;
  *right = *bottom = 0;
  for (guint y = 0; y < picture->height; y++)
    for (guint x = 0; x < picture->width; x++) {
      if (picture->mask[y * picture->mask_stride + x] == 0)
        continue;
      *left = MIN (*left, x);
      *right = MAX (*right, x);
      *top = MIN (*top, y);
      *bottom = MAX (*bottom, y);
    }
}

/* a sphere is where the camera's projection has it, in pictures of any size */
static void
test_render_sphere_place (void)
{
  static const guint sizes[][2] = { { 240, 160 }, { 480, 320 }, { 64, 64 } };
  static const gdouble places[][2] = { { 0, 8 }, { -2, 10 }, { 3, 14 } };

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (guint p = 0; p < G_N_ELEMENTS (places); p++) {
      NfView view = plain_view ();
      NfSceneObject ball = { 25, { places[p][0], 0.5, places[p][1] },
        { 1, 0, 0, 0 } };
      gdouble x, y, depth, wide;
      guint left, right, top, bottom;
      g_autoptr (Picture) picture =
          draw (&view, &ball, 1, sizes[s][0], sizes[s][1], 1);

      nf_camera_resize (&view.camera, sizes[s][0], sizes[s][1]);
      nf_camera_project (&view.camera, ball.position, &x, &y, &depth);
      if (x < 20 || x > sizes[s][0] - 20)
        continue;
      find_extent (picture, &left, &right, &top, &bottom);
      wide = view.camera.focal / depth;
      g_assert_cmpfloat (fabs (right + 1 - left - wide), <, 1.5);
      g_assert_cmpfloat (fabs (bottom + 1 - top - wide), <, 1.5);
      g_assert_cmpfloat (fabs (0.5 * (left + right + 1) - x), <, 1.0);
      g_assert_cmpfloat (fabs (0.5 * (top + bottom + 1) - y), <, 1.0);
    }
}

/* nothing to see: the ground's gradient and its grain */
static void
test_render_empty (void)
{
  NfView view = plain_view ();
  g_autoptr (Picture) picture = draw (&view, NULL, 0, WIDTH, HEIGHT, 1);

  for (guint y = 0; y < HEIGHT; y++)
    for (guint x = 0; x < WIDTH; x++) {
      const guint8 *rgb = picture->rgb + y * picture->rgb_stride + 3 * x;

      g_assert_cmpuint (picture->mask[y * picture->mask_stride + x], ==, 0);
      for (guint k = 0; k < 3; k++) {
        g_assert_cmpuint (rgb[k], >=, 95);
        g_assert_cmpuint (rgb[k], <=, 150);
      }
    }
}

static void
test_render_odd_places (void)
{
  static const gdouble places[][3] = { { 0, 0.5, -20 }, { 1e6, 0.5, 10 },
    { 0, 0.5, 1e7 }, { 0, 6.148, 0 }, { 0, 0.5, 0 }, { -40, 0.5, 1 },
    { 0, -3, 8 }, { 0, 5.5, 1 }, { NAN, 0.5, 9 }, { 0, 0.5, INFINITY } };
  static const guint8 ids[] = { 1, 9, 17, 25, 33, 41 };
  NfView view = plain_view ();

  for (guint p = 0; p < G_N_ELEMENTS (places); p++)
    for (guint i = 0; i < G_N_ELEMENTS (ids); i++) {
      NfSceneObject objects[2] = { { ids[i], { 0 }, { 1, 0, 0, 0 } },
        { 22, { 0, 0.5, 9 }, { 1, 0, 0, 0 } } };
      guint count = 0;

      memcpy (objects[0].position, places[p], sizeof places[p]);
      {
        g_autoptr (Picture) picture =
            draw (&view, objects, 2, WIDTH, HEIGHT, 1);

        for (guint y = 0; y < HEIGHT; y++)
          for (guint x = 0; x < WIDTH; x++)
            count += picture->mask[y * picture->mask_stride + x] == 22;
        if (p == 0 || p == 1 || p >= 8)
          g_assert_cmpuint (count, >, 300);
      }
    }
}

/* mean color of an object, of those pixels whose neighbours show it, too */
static void
mean_color (const Picture *picture, guint8 id, gdouble mean[3])
{
  guint n = 0;

  mean[0] = mean[1] = mean[2] = 0;
  for (guint y = 1; y + 1 < picture->height; y++)
    for (guint x = 1; x + 1 < picture->width; x++) {
      const guint8 *mask = picture->mask + y * picture->mask_stride + x;
      const guint8 *rgb = picture->rgb + y * picture->rgb_stride + 3 * x;

      if (mask[0] != id || mask[-1] != id || mask[1] != id
          || mask[-(gssize) picture->mask_stride] != id
          || mask[picture->mask_stride] != id)
        continue;
      n++;
      for (guint k = 0; k < 3; k++)
        mean[k] += rgb[k];
    }
  g_assert_cmpuint (n, >, 100);
  for (guint k = 0; k < 3; k++)
    mean[k] /= n;
}

/* colors as in the real frames, give or take */
static void
test_render_colors (void)
{
  static const struct
  {
    guint8 id;
    gdouble color[3];
  } rows[] = { { 25, { 88, 87, 84 } }, { 30, { 60, 122, 121 } },
    { 27, { 61, 78, 123 } }, { 45, { 102, 79, 48 } }, { 12, { 53, 92, 45 } },
    { 22, { 45, 98, 97 } }, { 20, { 40, 71, 34 } } };
  NfView view = plain_view ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    NfSceneObject object = { rows[i].id, { 0, 0.5, 9 }, { 1, 0, 0, 0 } };
    gdouble mean[3];
    g_autoptr (Picture) picture = draw (&view, &object, 1, WIDTH, HEIGHT, 1);

    mean_color (picture, rows[i].id, mean);
    for (guint k = 0; k < 3; k++)
      g_assert_cmpfloat (fabs (mean[k] - rows[i].color[k]), <, 12.0);
  }
}

static gdouble
brightness (const Picture *picture, guint x, guint y, guint size)
{
  gdouble sum = 0;

  for (guint i = 0; i < size * size; i++)
    sum += picture->rgb[(y + i / size) * picture->rgb_stride
        + 3 * (x + i % size) + 1];
  return sum / (size * size);
}

/* shadows fall to the left before the object and to the right behind it, and
 * nowhere else */
static void
test_render_shadows (void)
{
  NfView view = plain_view ();
  NfSceneObject ball = { 25, { 0, 0.5, 9 }, { 1, 0, 0, 0 } };
  g_autoptr (Picture) bare = draw (&view, NULL, 0, WIDTH, HEIGHT, 1);
  g_autoptr (Picture) picture = draw (&view, &ball, 1, WIDTH, HEIGHT, 1);
  guint left, right, top, bottom;

  find_extent (picture, &left, &right, &top, &bottom);
  g_assert_cmpfloat (brightness (picture, left - 4, bottom - 2, 4), <,
      brightness (bare, left - 4, bottom - 2, 4) - 5);
  g_assert_cmpfloat (brightness (picture, right + 2, (top + bottom) / 2, 4), <,
      brightness (bare, right + 2, (top + bottom) / 2, 4) - 5);
  g_assert_cmpfloat (
      fabs (brightness (picture, 10, 20, 8) - brightness (bare, 10, 20, 8)), <,
      0.5);
  g_assert_cmpfloat (fabs (brightness (picture, left - 50, top, 8)
                         - brightness (bare, left - 50, top, 8)),
      <, 0.5);
}

static void
test_render_light (void)
{
  NfView view = plain_view ();
  g_autoptr (Picture) plain = draw (&view, NULL, 0, WIDTH, HEIGHT, 1);
  gdouble before = brightness (plain, 100, 70, 30), after;

  view.light = 1.1;
  {
    g_autoptr (Picture) brighter = draw (&view, NULL, 0, WIDTH, HEIGHT, 1);

    after = brightness (brighter, 100, 70, 30);
  }
  g_assert_cmpfloat (after, >, before * 1.03);
  g_assert_cmpfloat (after, <, before * 1.06);
}

/* a clip's view is its own, is always the same, and is near the others */
static void
test_view_clips (void)
{
  NfCamera camera;
  guint same = 0;

  nf_camera_init (&camera, WIDTH, HEIGHT);
  for (guint64 clip = 0; clip < 200; clip++) {
    NfView a, b, other;

    nf_view_init (&a, 7, clip);
    nf_view_init (&b, 7, clip);
    nf_view_init (&other, 8, clip);
    g_assert_cmpmem (&a, sizeof a, &b, sizeof b);
    same += a.light == other.light;
    g_assert_cmpfloat (fabs (a.light - 1), <, 0.02);
    g_assert_cmpfloat (fabs (a.camera.pitch - camera.pitch), <, 0.004);
    g_assert_cmpfloat (fabs (a.camera.roll), <, 0.004);
    g_assert_cmpfloat (fabs (a.camera.tall / camera.tall - 1), <, 0.007);
  }
  g_assert_cmpuint (same, <, 2);
}

/* what a renderer drew before leaves no trace */
static void
test_render_again (void)
{
  NfView views[2] = { plain_view (), plain_view () };
  NfSceneObject objects[6];
  g_autoptr (NfRenderer) renderer = nf_renderer_new (WIDTH, HEIGHT, 2);

  views[1].light = 0.9;
  views[1].camera.pitch += 0.1;
  for (guint32 seed = 0; seed < 6; seed++) {
    const NfView *view = &views[seed / 2 % 2];
    guint n = make_scene (seed, objects, 6);
    g_autoptr (Picture) fresh = draw (view, objects, n, WIDTH, HEIGHT, 1);
    g_autoptr (Picture) again = picture_new (WIDTH, HEIGHT);

    nf_renderer_render (renderer, view, objects, n, again->rgb,
        again->rgb_stride, again->mask, again->mask_stride);
    g_assert_true (same_picture (fresh, again));
  }
}

static gpointer
draw_often (gpointer data)
{
  const Picture *expected = data;
  NfView view = plain_view ();
  NfSceneObject objects[8];
  guint n = make_scene (3, objects, 8);

  for (guint i = 0; i < 4; i++) {
    g_autoptr (Picture) picture = draw (&view, objects, n, WIDTH, HEIGHT, 2);

    if (!same_picture (picture, expected))
      return GINT_TO_POINTER (1);
  }
  return NULL;
}

/* two renderers at once are as good as one after the other */
static void
test_render_side_by_side (void)
{
  NfView view = plain_view ();
  NfSceneObject objects[8];
  guint n = make_scene (3, objects, 8);
  g_autoptr (Picture) expected = draw (&view, objects, n, WIDTH, HEIGHT, 1);
  GThread *threads[2];

  for (guint i = 0; i < 2; i++)
    threads[i] = g_thread_new ("draw", draw_often, expected);
  for (guint i = 0; i < 2; i++)
    g_assert_null (g_thread_join (threads[i]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/render/threads", test_render_threads);
  g_test_add_func ("/render/strides", test_render_strides);
  g_test_add_func ("/render/one-output", test_render_one_output);
  g_test_add_func ("/render/mask-is-exact", test_render_mask_is_exact);
  g_test_add_func ("/render/sphere-place", test_render_sphere_place);
  g_test_add_func ("/render/empty", test_render_empty);
  g_test_add_func ("/render/odd-places", test_render_odd_places);
  g_test_add_func ("/render/colors", test_render_colors);
  g_test_add_func ("/render/shadows", test_render_shadows);
  g_test_add_func ("/render/light", test_render_light);
  g_test_add_func ("/render/again", test_render_again);
  g_test_add_func ("/render/side-by-side", test_render_side_by_side);
  g_test_add_func ("/view/clips", test_view_clips);

  return g_test_run ();
}
