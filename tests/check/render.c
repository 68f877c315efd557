/* SPDX-License-Identifier: MIT
 *
 * render — tests of kernels/scene: camera, view and ray caster */
#include "scene/nfrender.h"

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

  nf_renderer_draw (renderer, view, objects, n, self->rgb, self->rgb_stride,
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

  nf_renderer_draw (
      renderer, &view, objects, n, single->rgb, single->rgb_stride, NULL, 0);
  nf_renderer_draw (
      renderer, &view, objects, n, NULL, 0, single->mask, single->mask_stride);
  g_assert_true (same_picture (both, single));
  nf_renderer_draw (renderer, &view, objects, n, NULL, 0, NULL, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/render/threads", test_render_threads);
  g_test_add_func ("/render/strides", test_render_strides);
  g_test_add_func ("/render/one-output", test_render_one_output);

  return g_test_run ();
}
