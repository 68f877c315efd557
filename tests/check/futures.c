/* SPDX-License-Identifier: MIT
 *
 * futures — tests of kernels/scene/track: nffutures */
#include <nextframe/metrics/nfclasses.h>
#include <nextframe/metrics/nfconfusion.h>
#include <nextframe/scene/track/nfextrapolate.h>
#include <nextframe/scene/render/nfrender.h>
#include "scene/track/nfdecide.h"
#include <nextframe/scene/track/nffutures.h>

#include <string.h>

#define WIDTH 240
#define HEIGHT 160
#define SIZE ((gsize) WIDTH * HEIGHT)
#define PAST 11
#define FRAMES 22

/* the masks of a scene, one after the other */
static guint8 *
scene_masks (guint64 seed, guint64 clip)
{
  g_autoptr (NfRenderer) renderer = nf_renderer_new (WIDTH, HEIGHT, 1);
  g_autoptr (NfScene) scene = NULL;
  guint8 *masks = g_malloc (FRAMES * SIZE);
  NfSceneParams params;

  nf_scene_params_init (&params);
  params.seed = seed;
  params.clip = clip;
  scene = nf_scene_new (&params, NULL);
  for (guint t = 0; t < FRAMES; t++) {
    guint n;
    const NfSceneObject *objects = nf_scene_objects (scene, t, &n);

    nf_renderer_render (renderer, nf_scene_view (scene), objects, n, NULL, 0,
        masks + t * SIZE, WIDTH);
  }

  return masks;
}

static NfFutures *
predict (const NfFuturesParams *params, const guint8 *masks)
{
  g_autoptr (GError) error = NULL;
  const guint8 *past[PAST];
  NfFutures *futures;

  for (guint t = 0; t < PAST; t++)
    past[t] = masks + t * SIZE;
  futures =
      nf_futures_new (params, past, PAST, WIDTH, HEIGHT, FRAMES - PAST, &error);
  g_assert_no_error (error);

  return futures;
}

static gdouble
agreement (const guint8 *a, const guint8 *b)
{
  NfConfusion *confusion = nf_confusion_new (NF_N_CLASSES);
  gdouble jaccard;

  nf_confusion_add (
      confusion, (NfMask){ a, WIDTH }, (NfMask){ b, WIDTH }, WIDTH, HEIGHT);
  jaccard = nf_confusion_jaccard (confusion);
  nf_confusion_free (confusion);

  return jaccard;
}

/* the poses, drawn by the renderer, are what the masks show */
static void
test_futures_poses_can_be_drawn (void)
{
  g_autoptr (NfRenderer) renderer = nf_renderer_new (WIDTH, HEIGHT, 1);
  g_autofree guint8 *drawn = g_malloc (SIZE), *mask = g_malloc (SIZE);
  NfFuturesParams params;

  nf_futures_params_init (&params);
  for (guint clip = 0; clip < 6; clip++) {
    g_autofree guint8 *masks = scene_masks (31, clip);
    g_autoptr (NfFutures) futures = predict (&params, masks);

    for (guint ahead = 0; ahead <= FRAMES - PAST; ahead += FRAMES - PAST) {
      guint n;
      const NfSceneObject *objects = nf_futures_objects (futures, 0, ahead, &n);

      nf_renderer_render (renderer, nf_futures_view (futures), objects, n, NULL,
          0, drawn, WIDTH);
      g_assert_true (nf_futures_mask (futures, ahead, mask, NULL));
      g_assert_cmpfloat (agreement (drawn, mask), >, 0.8);
      if (ahead == 0)
        g_assert_cmpfloat (
            agreement (drawn, masks + (PAST - 1) * SIZE), >, 0.8);
    }
  }
}

/* it is what nf_extrapolate_futures() says */
static void
test_futures_masks_are_dynamics (void)
{
  g_autofree guint8 *masks = scene_masks (31, 7), *mask = g_malloc (SIZE);
  g_autofree guint8 *predicted = g_malloc ((FRAMES - PAST) * SIZE);
  g_autoptr (NfFutures) futures = NULL;
  const guint8 *past[PAST];
  NfFuturesParams params;

  for (guint t = 0; t < PAST; t++)
    past[t] = masks + t * SIZE;
  nf_futures_params_init (&params);
  futures = predict (&params, masks);
  g_assert_cmpuint (nf_futures_count (futures), ==, 1);
  g_assert_cmpuint (nf_futures_horizon (futures), ==, FRAMES - PAST);
  g_assert_true (nf_extrapolate_futures (
      &params, past, PAST, WIDTH, HEIGHT, 1, FRAMES - PAST, predicted, NULL));
  for (guint ahead = 1; ahead <= FRAMES - PAST; ahead++) {
    g_assert_true (nf_futures_mask (futures, ahead, mask, NULL));
    g_assert_cmpmem (mask, SIZE, predicted + (ahead - 1) * SIZE, SIZE);
  }
}

static void
test_futures_probability (void)
{
  g_autofree guint8 *masks = scene_masks (31, 3), *mask = g_malloc (SIZE);
  g_autofree gfloat *object = g_new (gfloat, SIZE);
  g_autofree gfloat *spread = g_new (gfloat, SIZE);
  g_autoptr (NfFutures) futures = NULL;
  NfFuturesParams params;

  nf_futures_params_init (&params);
  futures = predict (&params, masks);
  g_assert_true (nf_futures_probability (futures, 5, object, NULL, NULL));
  g_assert_true (nf_futures_probability (futures, 5, NULL, spread, NULL));
  g_assert_true (nf_futures_mask (futures, 5, mask, NULL));
  for (gsize i = 0; i < SIZE; i++) {
    g_assert_cmpfloat (object[i], ==, mask[i] != 0);
    g_assert_cmpfloat (spread[i], ==, 0);
  }
}

/* the same seed, the same futures; another seed, others; the first is the one
 * that there is alone */
static void
test_futures_are_repeatable (void)
{
  g_autofree guint8 *masks = scene_masks (31, 3);
  NfFuturesParams params = { .futures = 6, .seed = 4 };
  g_autoptr (NfFutures) a = predict (&params, masks);
  g_autoptr (NfFutures) b = predict (&params, masks);
  g_autoptr (NfFutures) other = NULL, alone = NULL;
  guint n, different = 0;

  params.seed = 5;
  other = predict (&params, masks);
  params.futures = 1;
  alone = predict (&params, masks);
  for (guint k = 0; k < 6; k++) {
    const NfSceneObject *oa = nf_futures_objects (a, k, 11, &n);
    const NfSceneObject *ob = nf_futures_objects (b, k, 11, &n);
    const NfSceneObject *oo = nf_futures_objects (other, k, 11, &n);
    const NfSceneObject *first = nf_futures_objects (alone, 0, 11, &n);

    g_assert_cmpuint (n, >, 1);
    for (guint i = 0; i < n; i++) {
      g_assert_cmpfloat (oa[i].position[0], ==, ob[i].position[0]);
      g_assert_cmpfloat (oa[i].position[2], ==, ob[i].position[2]);
      if (k == 0)
        g_assert_cmpfloat (oa[i].position[0], ==, first[i].position[0]);
      different += oa[i].position[0] != oo[i].position[0];
    }
  }
  g_assert_cmpuint (different, >, 0);
}

/* farther ahead less is certain */
static void
test_futures_spread_grows (void)
{
  g_autofree gfloat *object = g_new (gfloat, SIZE);
  g_autofree gfloat *spread = g_new (gfloat, SIZE);
  NfFuturesParams params = { .futures = 16 };
  gdouble sum[2] = { 0 };

  for (guint clip = 0; clip < 4; clip++) {
    g_autofree guint8 *masks = scene_masks (31, clip);
    g_autoptr (NfFutures) futures = predict (&params, masks);

    for (guint far = 0; far < 2; far++) {
      g_assert_true (
          nf_futures_probability (futures, far ? 11 : 1, object, spread, NULL));
      for (gsize i = 0; i < SIZE; i++) {
        g_assert_true (object[i] >= 0 && object[i] <= 1);
        g_assert_true (spread[i] >= 0 && spread[i] < 1);
        sum[far] += spread[i];
      }
    }
  }
  g_assert_cmpfloat (sum[0], >, 0);
  g_assert_cmpfloat (sum[1], >, sum[0]);
}

/* the mask of frame 22 by a decision */
static void
decide (const guint8 *masks, NfDecide decide, guint8 *mask)
{
  const NfFuturesParams params = { .futures = 32, .decide = decide };
  g_autoptr (NfFutures) futures = predict (&params, masks);

  g_assert_true (nf_futures_mask (futures, FRAMES - PAST, mask, NULL));
}

/* the picture of many futures is nearer to the mask that is decided for them than
 * the likeliest future is, and its objects are those that its mask shows */
static void
test_futures_compose (void)
{
  g_autoptr (NfRenderer) renderer = nf_renderer_new (WIDTH, HEIGHT, 1);
  const NfFuturesParams params = { .futures = 32, .decide = NF_DECIDE_PICTURE };
  g_autofree guint8 *pooled = g_malloc (SIZE), *likeliest = g_malloc (SIZE);
  g_autofree guint8 *picture = g_malloc (SIZE), *drawn = g_malloc (SIZE);
  gdouble with = 0, without = 0;

  for (guint clip = 5; clip < 13; clip++) {
    g_autofree guint8 *masks = scene_masks (9001, clip);
    g_autoptr (NfFutures) futures = predict (&params, masks);
    NfSceneObject now[NF_N_CLASSES], then[NF_N_CLASSES];
    guint n, n_then;

    decide (masks, NF_DECIDE_POOLED, pooled);
    decide (masks, NF_DECIDE_LIKELIEST, likeliest);
    decide (masks, NF_DECIDE_PICTURE, picture);
    with += agreement (picture, pooled) / 8;
    without += agreement (likeliest, pooled) / 8;
    nf_futures_objects (futures, 0, 0, &n);
    g_assert_true (
        nf_futures_compose (futures, FRAMES - PAST, now, then, &n_then, NULL));
    g_assert_cmpuint (n_then, <=, n);
    nf_renderer_render (renderer, nf_futures_view (futures), then, n_then, NULL,
        0, drawn, WIDTH);
    g_assert_cmpfloat (agreement (drawn, picture), >, 0.8);
    nf_renderer_render (
        renderer, nf_futures_view (futures), now, n, NULL, 0, drawn, WIDTH);
    g_assert_cmpfloat (agreement (drawn, masks + (PAST - 1) * SIZE), >, 0.8);
  }
  g_test_message ("picture %.3f, likeliest %.3f", with, without);
  g_assert_cmpfloat (with, >, without + 0.02);
}

/* one future is its own picture */
static void
test_futures_compose_one (void)
{
  g_autofree guint8 *masks = scene_masks (31, 3);
  NfFuturesParams params;
  NfSceneObject now[NF_N_CLASSES], then[NF_N_CLASSES];
  g_autoptr (NfFutures) futures = NULL;
  guint n, n_then;

  nf_futures_params_init (&params);
  futures = predict (&params, masks);
  g_assert_true (nf_futures_compose (futures, 7, now, then, &n_then, NULL));
  g_assert_cmpmem (then, n_then * sizeof *then,
      nf_futures_objects (futures, 0, 7, &n), n * sizeof *then);
  g_assert_cmpmem (now, n * sizeof *now, nf_futures_objects (futures, 0, 0, &n),
      n * sizeof *now);
}

/* an object at one of ten places each, a third over the next: no place has half
 * the votes; one of the masks is better than nothing for the object, and not
 * for the pixels of many clips */
static void
test_decide (void)
{
  enum
  {
    WIDE = 60,
    MANY = 10
  };
  guint8 masks[MANY][WIDE] = { { 0 } }, mask[WIDE];
  guint chosen = 0;

  for (guint k = 0; k < MANY; k++)
    memset (masks[k] + 5 * k, 7, 10);
  nf_decide_pooled (masks[0], MANY, WIDE, mask);
  for (guint i = 0; i < WIDE; i++)
    g_assert_cmpuint (mask[i], ==, 0);
  g_assert_true (nf_decide_jaccard (masks[0], MANY, WIDE, mask, NULL));
  for (guint i = 0; i < WIDE; i++)
    chosen += mask[i] == 7;
  g_assert_cmpuint (chosen, >=, 10);

  /* what all agree on, and what six of ten have */
  for (guint k = 0; k < MANY; k++) {
    memset (masks[k], 0, WIDE);
    memset (masks[k] + 10, 9, 10);
    memset (masks[k] + 30 + (k < 6 ? 0 : 10), 12, 10);
  }
  nf_decide_pooled (masks[0], MANY, WIDE, mask);
  g_assert_cmpmem (mask, WIDE, masks[0], WIDE);
  g_assert_true (nf_decide_jaccard (masks[0], MANY, WIDE, mask, NULL));
  g_assert_cmpmem (mask, WIDE, masks[0], WIDE);

  /* not there in most: better nothing */
  for (guint k = 2; k < MANY; k++)
    memset (masks[k], 0, WIDE);
  nf_decide_pooled (masks[0], MANY, WIDE, mask);
  g_assert_cmpuint (mask[15] + mask[35], ==, 0);
  g_assert_true (nf_decide_jaccard (masks[0], MANY, WIDE, mask, NULL));
  g_assert_cmpuint (mask[15] + mask[35], ==, 0);
}

/* Where two classes claim the same pixels, four of ten masks the one and five the
 * other, the likelier gets them, whichever has the larger number. In the other masks
 * each is somewhere else, so that it is better than nothing. */
static void
test_decide_claimed_twice (void)
{
  enum
  {
    WIDE = 60,
    MANY = 10
  };
  static const guint8 pairs[][2] = { { 3, 9 }, { 9, 3 }, { 1, 48 }, { 48, 1 } };

  for (guint p = 0; p < G_N_ELEMENTS (pairs); p++) {
    const guint8 likelier = pairs[p][0], other = pairs[p][1];
    guint8 masks[MANY][WIDE] = { { 0 } }, mask[WIDE];

    for (guint k = 0; k < MANY; k++) {
      if (k < 9)
        memset (masks[k] + 10, k < 4 ? other : likelier, 10);
      if (k >= 4)
        masks[k][30 + k] = other;
      if (k < 4 || k == 9)
        masks[k][45 + k] = likelier;
    }
    g_assert_true (nf_decide_jaccard (masks[0], MANY, WIDE, mask, NULL));
    for (guint i = 10; i < 20; i++)
      g_assert_cmpuint (mask[i], ==, likelier);
  }
}

/* Of a long past the last masks are looked at: the future of all is that of those. */
static void
test_futures_of_long_past (void)
{
  enum
  {
    SEEN = 12
  };
  g_autofree guint8 *masks = scene_masks (31, 3);
  g_autofree guint8 *of_all = g_malloc (SIZE), *of_last = g_malloc (SIZE);
  const guint8 *past[FRAMES];
  g_autoptr (NfFutures) all = NULL, last = NULL;
  g_autoptr (GError) error = NULL;
  NfFuturesParams params;

  for (guint t = 0; t < FRAMES; t++)
    past[t] = masks + t * SIZE;
  nf_futures_params_init (&params);
  all = nf_futures_new (&params, past, FRAMES, WIDTH, HEIGHT, 3, &error);
  g_assert_no_error (error);
  last = nf_futures_new (
      &params, past + FRAMES - SEEN, SEEN, WIDTH, HEIGHT, 3, &error);
  g_assert_no_error (error);
  for (guint ahead = 0; ahead <= 3; ahead++) {
    g_assert_true (nf_futures_mask (all, ahead, of_all, NULL));
    g_assert_true (nf_futures_mask (last, ahead, of_last, NULL));
    g_assert_cmpmem (of_all, SIZE, of_last, SIZE);
  }
}

static void
test_futures_bad_params_fail (void)
{
  static const NfFuturesParams bad[] = { { 0 }, { NF_FUTURES_MAX + 1 },
    { 1, (NfDecide) (NF_DECIDE_PICTURE + 1) } };
  g_autofree guint8 *masks = g_malloc0 (SIZE);
  const guint8 *past[] = { masks };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (nf_futures_new (&bad[i], past, 1, WIDTH, HEIGHT, 1, &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
  }
}

/* whoever waits for the futures need not wait for them all */
static void
test_futures_cancelled (void)
{
  g_autofree guint8 *masks = scene_masks (3, 5), *mask = g_malloc (SIZE);
  const guint8 *past[PAST];

  for (guint t = 0; t < PAST; t++)
    past[t] = masks + t * SIZE;
  for (gint decide = NF_DECIDE_LIKELIEST; decide <= NF_DECIDE_PICTURE;
       decide++) {
    g_autoptr (GCancellable) cancellable = g_cancellable_new ();
    const NfFuturesParams params = {
      .futures = 4, .decide = (NfDecide) decide, .cancellable = cancellable
    };
    g_autoptr (NfFutures) futures = predict (&params, masks);
    g_autoptr (GError) painting = NULL, simulating = NULL;

    g_assert_true (nf_futures_mask (futures, 2, mask, NULL));
    g_cancellable_cancel (cancellable);
    g_assert_false (nf_futures_mask (futures, 2, mask, &painting));
    g_assert_error (painting, NF_ERROR, NF_ERROR_CANCELLED);
    g_assert_null (
        nf_futures_new (&params, past, PAST, WIDTH, HEIGHT, 2, &simulating));
    g_assert_error (simulating, NF_ERROR, NF_ERROR_CANCELLED);
  }
}

/* nothing is seen: nothing will be */
static void
test_futures_of_empty_masks (void)
{
  g_autofree guint8 *masks = g_malloc0 (PAST * SIZE), *mask = g_malloc (SIZE);
  g_autoptr (NfFutures) futures = NULL;
  NfFuturesParams params;
  guint n;

  nf_futures_params_init (&params);
  futures = predict (&params, masks);
  nf_futures_objects (futures, 0, 3, &n);
  g_assert_cmpuint (n, ==, 0);
  g_assert_true (nf_futures_mask (futures, 3, mask, NULL));
  g_assert_cmpmem (mask, SIZE, masks, SIZE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/futures/poses", test_futures_poses_can_be_drawn);
  g_test_add_func ("/futures/dynamics", test_futures_masks_are_dynamics);
  g_test_add_func ("/futures/probability", test_futures_probability);
  g_test_add_func ("/futures/repeatable", test_futures_are_repeatable);
  g_test_add_func ("/futures/spread", test_futures_spread_grows);
  g_test_add_func ("/futures/compose", test_futures_compose);
  g_test_add_func ("/futures/compose-one", test_futures_compose_one);
  g_test_add_func ("/futures/decide", test_decide);
  g_test_add_func ("/futures/decide-claimed-twice", test_decide_claimed_twice);
  g_test_add_func ("/futures/long-past", test_futures_of_long_past);
  g_test_add_func ("/futures/bad-params", test_futures_bad_params_fail);
  g_test_add_func ("/futures/cancelled", test_futures_cancelled);
  g_test_add_func ("/futures/empty", test_futures_of_empty_masks);

  return g_test_run ();
}
