/* SPDX-License-Identifier: MIT
 *
 * guide — guides predicted from masks, damaged masks, and the detail of a guide */
#include "diffusion/nfsharpen.h"
#include <nextframe/metrics/nfclasses.h>
#include "scene/guide/nfdamage.h"
#include <nextframe/scene/guide/nfguide.h>
#include <nextframe/scene/render/nfrender.h>

#include <math.h>
#include <string.h>

#define WIDTH 120
#define HEIGHT 80
#define PIXELS (WIDTH * HEIGHT)
#define MASK_WIDTH 240
#define MASK_HEIGHT 160
#define MASK_PIXELS (MASK_WIDTH * MASK_HEIGHT)
#define CONTEXT 11
#define CLIPS 10

static NfScene *
new_scene (guint64 clip)
{
  g_autoptr (GError) error = NULL;
  NfSceneParams params;
  NfScene *scene;

  nf_scene_params_init (&params);
  params.seed = 12;
  params.clip = clip;
  scene = nf_scene_new (&params, &error);
  g_assert_no_error (error);
  return scene;
}

static NfPoses
poses_at (const NfScene *scene, guint frame)
{
  NfPoses poses;

  poses.objects = nf_scene_objects (scene, frame, &poses.n);
  return poses;
}

static void
draw (const NfScene *scene, guint frame, guint8 *rgb)
{
  g_autoptr (NfRenderer) renderer = nf_renderer_new (WIDTH, HEIGHT, 1);
  NfPoses poses = poses_at (scene, frame);

  nf_renderer_render (renderer, nf_scene_view (scene), poses.objects, poses.n,
      rgb, 3 * WIDTH, NULL, 0);
}

/* CONTEXT masks of a scene */
static void
draw_masks (const NfScene *scene, guint8 *masks)
{
  g_autoptr (NfRenderer) renderer =
      nf_renderer_new (MASK_WIDTH, MASK_HEIGHT, 1);

  for (guint t = 0; t < CONTEXT; t++) {
    NfPoses poses = poses_at (scene, t);

    nf_renderer_render (renderer, nf_scene_view (scene), poses.objects, poses.n,
        NULL, 0, masks + t * MASK_PIXELS, MASK_WIDTH);
  }
}

static gdouble
difference (const guint8 *a, gsize step, const guint8 *b)
{
  gdouble sum = 0;

  for (gsize i = 0; i < PIXELS; i++)
    for (guint k = 0; k < 3; k++)
      sum += pow (a[step * i + k] - b[3 * i + k], 2);
  return sqrt (sum / (3 * PIXELS));
}

static NfFutures *
new_futures (const guint8 *masks)
{
  g_autoptr (GError) error = NULL;
  const guint8 *list[CONTEXT];
  NfFuturesParams params;
  NfFutures *futures;

  for (guint t = 0; t < CONTEXT; t++)
    list[t] = masks + t * MASK_PIXELS;
  nf_futures_params_init (&params);
  futures = nf_futures_new (
      &params, list, CONTEXT, MASK_WIDTH, MASK_HEIGHT, CONTEXT, &error);
  g_assert_no_error (error);
  return futures;
}

/* guides from true masks are nearer to the true frame than the newest one */
static void
test_nearer_than_hold (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfGuide) guide = nf_guide_new (WIDTH, HEIGHT, &error);
  g_autofree guint8 *masks = g_malloc (CONTEXT * MASK_PIXELS);
  g_autofree guint8 *newest = g_malloc (3 * PIXELS);
  g_autofree guint8 *truth = g_malloc (3 * PIXELS);
  g_autofree guint8 *out = g_malloc (NF_GUIDE_BYTES * PIXELS);
  gdouble guided = 0, held = 0;

  g_assert_no_error (error);
  for (guint clip = 0; clip < CLIPS; clip++) {
    g_autoptr (NfScene) scene = new_scene (clip);
    g_autoptr (NfFutures) futures = NULL;

    draw_masks (scene, masks);
    futures = new_futures (masks);
    draw (scene, CONTEXT - 1, newest);
    draw (scene, 2 * CONTEXT - 1, truth);
    nf_guide_render (guide, futures, 0, CONTEXT, newest, out, &error);
    g_assert_no_error (error);
    for (gsize i = 0; i < PIXELS; i++)
      g_assert_cmpuint (out[NF_GUIDE_BYTES * i + 5], ==, 255);
    guided += difference (out, NF_GUIDE_BYTES, truth) / CLIPS;
    held += difference (newest, 3, truth) / CLIPS;
  }
  g_test_message ("rms %.2f levels, of the newest frame %.2f", guided, held);
  g_assert_cmpfloat (guided, <=, 0.85 * held);
}

/* where nothing moves, the frame stays as it was seen, also what is unknown */
static void
test_rest_stays (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfGuide) guide = nf_guide_new (WIDTH, HEIGHT, &error);
  g_autoptr (NfScene) scene = new_scene (3);
  g_autofree guint8 *newest = g_malloc (3 * PIXELS);
  g_autofree guint8 *out = g_malloc (NF_GUIDE_BYTES * PIXELS);
  NfPoses poses = poses_at (scene, 10);
  const NfPoses none = { NULL, 0 };

  draw (scene, 10, newest);
  nf_guide_render_poses (
      guide, nf_scene_view (scene), poses, poses, newest, out, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (difference (out, NF_GUIDE_BYTES, newest), ==, 0);
  nf_guide_render_poses (
      guide, nf_scene_view (scene), none, none, newest, out, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (difference (out, NF_GUIDE_BYTES, newest), ==, 0);
  for (gsize i = 0; i < PIXELS; i++)
    g_assert_cmpuint (out[NF_GUIDE_BYTES * i + 3], ==, 0);
}

/* true poses, now and then, give next to the true frame */
static void
test_true_poses (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfGuide) guide = nf_guide_new (WIDTH, HEIGHT, &error);
  g_autofree guint8 *newest = g_malloc (3 * PIXELS);
  g_autofree guint8 *truth = g_malloc (3 * PIXELS);
  g_autofree guint8 *out = g_malloc (NF_GUIDE_BYTES * PIXELS);

  for (guint clip = 0; clip < CLIPS; clip++) {
    g_autoptr (NfScene) scene = new_scene (clip);

    draw (scene, 10, newest);
    draw (scene, 21, truth);
    nf_guide_render_poses (guide, nf_scene_view (scene), poses_at (scene, 10),
        poses_at (scene, 21), newest, out, &error);
    g_assert_no_error (error);
    g_assert_cmpfloat (difference (out, NF_GUIDE_BYTES, truth), <=, 0.5);
  }
}

/* no guide: the newest frame, marked so */
static void
test_hold (void)
{
  guint8 newest[6] = { 1, 2, 3, 40, 50, 60 }, out[2 * NF_GUIDE_BYTES];
  const guint8 wanted[] = { 1, 2, 3, 0, 0, 0, 40, 50, 60, 0, 0, 0 };

  nf_guide_hold (newest, 2, out);
  g_assert_cmpmem (out, sizeof out, wanted, sizeof wanted);
}

static void
test_bad_size_fails (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (nf_guide_new (0, 80, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
}

static guint
count_changes (const guint8 *a, const guint8 *b)
{
  guint n = 0;

  for (gsize i = 0; i < CONTEXT * MASK_PIXELS; i++)
    n += a[i] != b[i];
  return n;
}

/* the same damage from the same number; none without strength; more the
 * stronger it is; and futures that stand it */
static void
test_damage (void)
{
  g_autofree guint8 *clean = g_malloc (CONTEXT * MASK_PIXELS);
  g_autofree guint8 *some = g_malloc (CONTEXT * MASK_PIXELS);
  g_autofree guint8 *again = g_malloc (CONTEXT * MASK_PIXELS);
  guint weak = 0, strong = 0;

  for (guint clip = 0; clip < CLIPS; clip++) {
    g_autoptr (NfScene) scene = new_scene (clip);
    g_autoptr (NfFutures) futures = NULL;
    NfDamage damage;

    draw_masks (scene, clean);
    nf_damage_draw (&damage, 1, clip);
    for (damage.strength = 0; damage.strength <= 1; damage.strength += 0.5) {
      guint n;

      memcpy (some, clean, CONTEXT * MASK_PIXELS);
      memcpy (again, clean, CONTEXT * MASK_PIXELS);
      nf_damage_masks (&damage, some, CONTEXT, MASK_WIDTH, MASK_HEIGHT);
      nf_damage_masks (&damage, again, CONTEXT, MASK_WIDTH, MASK_HEIGHT);
      g_assert_cmpuint (count_changes (some, again), ==, 0);
      n = count_changes (some, clean);
      if (damage.strength == 0)
        g_assert_cmpuint (n, ==, 0);
      else if (damage.strength < 0.7)
        weak += n;
      else
        strong += n;
      for (gsize i = 0; i < CONTEXT * MASK_PIXELS; i++)
        g_assert_cmpuint (some[i], <, NF_N_CLASSES);
    }
    futures = new_futures (some);
  }
  g_assert_cmpuint (weak, >, 0);
  g_assert_cmpuint (strong, >, weak);
}

/* samples are damaged more or less, some of them not at all */
static void
test_damage_draws (void)
{
  guint clean = 0, n = 400;
  gdouble sum = 0;

  for (guint i = 0; i < n; i++) {
    NfDamage damage;

    nf_damage_draw (&damage, 5, i);
    g_assert_true (damage.strength >= 0 && damage.strength <= 1);
    clean += damage.strength == 0;
    sum += damage.strength;
  }
  g_assert_true (clean > n / 6 && clean < n / 3);
  g_assert_true (sum / (n - clean) > 0.4 && sum / (n - clean) < 0.6);
}

/* ----------------------------------------------------------------- sharpen */

#define SMALL_WIDTH 12
#define SMALL_HEIGHT 8

static void
fill (guint8 *pixels, gsize n, guint seed)
{
  for (gsize i = 0; i < n; i++)
    pixels[i] = (guint8) (60 + (i * 37 + seed) % 120);
}

/* the guide itself where both agree, the predicted frame where they do not */
static void
test_sharpen (void)
{
  guint8 small[3 * SMALL_WIDTH * SMALL_HEIGHT], predicted[sizeof small];
  guint8 guide[3 * 4 * SMALL_WIDTH * SMALL_HEIGHT], out[sizeof guide];
  const NfSharpenImage a = { small, SMALL_WIDTH, SMALL_HEIGHT };
  const NfSharpenImage b = { predicted, SMALL_WIDTH, SMALL_HEIGHT };
  const NfSharpenImage large = { guide, 2 * SMALL_WIDTH, 2 * SMALL_HEIGHT };

  fill (small, sizeof small, 1);
  fill (guide, sizeof guide, 2);
  nf_sharpen (&a, &a, &large, out);
  for (gsize i = 0; i < sizeof out; i++)
    g_assert_cmpint (ABS (out[i] - guide[i]), <=, 1);
  memset (predicted, 250, sizeof predicted);
  nf_sharpen (&b, &a, &large, out);
  for (gsize i = 0; i < sizeof out; i++)
    g_assert_cmpuint (out[i], ==, 250);
}

/* where both differ everywhere, the predicted frame is enlarged evenly: a slope stays
 * one, in both directions and by a factor that is no whole number */
static void
test_sharpen_enlarges (void)
{
  enum
  {
    WIDE = 30,
    HIGH = 28
  };
  guint8 small[3 * SMALL_WIDTH * SMALL_HEIGHT], predicted[sizeof small];
  guint8 guide[3 * WIDE * HIGH], out[sizeof guide];
  const NfSharpenImage a = { small, SMALL_WIDTH, SMALL_HEIGHT };
  const NfSharpenImage b = { predicted, SMALL_WIDTH, SMALL_HEIGHT };
  const NfSharpenImage large = { guide, WIDE, HIGH };

  memset (small, 255, sizeof small);
  memset (guide, 255, sizeof guide);
  for (guint i = 0; i < SMALL_WIDTH * SMALL_HEIGHT; i++) {
    predicted[3 * i] = (guint8) (16 * (i % SMALL_WIDTH));
    predicted[3 * i + 1] = (guint8) (25 * (i / SMALL_WIDTH));
    predicted[3 * i + 2] = 7;
  }
  nf_sharpen (&b, &a, &large, out);
  for (guint y = 0; y < HIGH; y++)
    for (guint x = 0; x < WIDE; x++) {
      const gdouble u = (x + 0.5) * SMALL_WIDTH / WIDE - 0.5;
      const gdouble v = (y + 0.5) * SMALL_HEIGHT / HIGH - 0.5;
      const guint8 *pixel = out + 3 * (y * WIDE + x);

      g_assert_cmpfloat (
          fabs (pixel[0] - 16 * CLAMP (u, 0, SMALL_WIDTH - 1)), <=, 1);
      g_assert_cmpfloat (
          fabs (pixel[1] - 25 * CLAMP (v, 0, SMALL_HEIGHT - 1)), <=, 1);
      g_assert_cmpuint (pixel[2], ==, 7);
    }
}

/* a network's noise does not reach the guide's picture of what both show */
static void
test_sharpen_noise (void)
{
  guint8 small[3 * SMALL_WIDTH * SMALL_HEIGHT], noisy[sizeof small];
  guint8 guide[3 * 4 * SMALL_WIDTH * SMALL_HEIGHT], out[sizeof guide];
  const NfSharpenImage a = { small, SMALL_WIDTH, SMALL_HEIGHT };
  const NfSharpenImage b = { noisy, SMALL_WIDTH, SMALL_HEIGHT };
  const NfSharpenImage large = { guide, 2 * SMALL_WIDTH, 2 * SMALL_HEIGHT };

  fill (small, sizeof small, 1);
  fill (guide, sizeof guide, 2);
  for (gsize i = 0; i < sizeof small; i++)
    noisy[i] = (guint8) (small[i] + 8 - (gint) (i * 7 % 17));
  nf_sharpen (&b, &a, &large, out);
  g_assert_cmpmem (out, sizeof out, guide, sizeof guide);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/guide/nearer-than-hold", test_nearer_than_hold);
  g_test_add_func ("/guide/rest-stays", test_rest_stays);
  g_test_add_func ("/guide/true-poses", test_true_poses);
  g_test_add_func ("/guide/hold", test_hold);
  g_test_add_func ("/guide/bad-size", test_bad_size_fails);
  g_test_add_func ("/damage/masks", test_damage);
  g_test_add_func ("/damage/draws", test_damage_draws);
  g_test_add_func ("/sharpen/agreement", test_sharpen);
  g_test_add_func ("/sharpen/enlarges", test_sharpen_enlarges);
  g_test_add_func ("/sharpen/noise", test_sharpen_noise);
  return g_test_run ();
}
