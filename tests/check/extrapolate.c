/* SPDX-License-Identifier: MIT
 *
 * extrapolate — tests of kernels/scene/nfextrapolate: hold and linear */
#include <nextframe/scene/track/nfextrapolate.h>

#include <string.h>

#define W 64
#define H 48
#define SIZE (W * H)

static void
fill (guint8 *mask, gint x, gint y, gint width, gint height, guint8 id)
{
  for (gint j = MAX (y, 0); j < MIN (y + height, H); j++)
    for (gint i = MAX (x, 0); i < MIN (x + width, W); i++)
      mask[j * W + i] = id;
}

static void
extrapolate (NfExtrapolateMethod method, const guint8 *const *masks,
    guint n_masks, guint horizon, guint8 *future)
{
  g_autoptr (GError) error = NULL;

  memset (future, 0xee, (gsize) SIZE * horizon);
  g_assert_true (
      nf_extrapolate (method, masks, n_masks, W, H, horizon, future, &error));
  g_assert_no_error (error);
}

static void
test_hold_is_identity (void)
{
  guint8 a[SIZE] = { 0 }, b[SIZE] = { 0 }, future[3 * SIZE];
  const guint8 *masks[] = { a, b };

  fill (a, 3, 4, 10, 10, 7);
  fill (b, 5, 4, 10, 10, 7);
  fill (b, 30, 30, 9, 9, 200);
  extrapolate (NF_EXTRAPOLATE_HOLD, masks, 2, 3, future);
  for (guint k = 0; k < 3; k++)
    g_assert_cmpmem (future + k * SIZE, SIZE, b, SIZE);
}

/* 20 px a frame to the right: 17, then 17 + 14.45 = 31.45 px further, of which
 * the pixel's centre makes 31 */
static void
test_linear_moves_as_computed (void)
{
  guint8 a[SIZE] = { 0 }, b[SIZE] = { 0 }, future[2 * SIZE];
  guint8 expected[SIZE] = { 0 };
  const guint8 *masks[] = { a, b };

  fill (a, 0, 10, 6, 8, 12);
  fill (b, 20, 10, 6, 8, 12);
  extrapolate (NF_EXTRAPOLATE_LINEAR, masks, 2, 2, future);
  fill (expected, 37, 10, 6, 8, 12);
  g_assert_cmpmem (future, SIZE, expected, SIZE);
  memset (expected, 0, SIZE);
  fill (expected, 51, 10, 6, 8, 12);
  g_assert_cmpmem (future + SIZE, SIZE, expected, SIZE);
}

/* the side doubles in a frame, so it grows by 2^0.85 in the next one: from 10
 * to 18.03 px about the same centre */
static void
test_linear_grows (void)
{
  guint8 a[SIZE] = { 0 }, b[SIZE] = { 0 }, future[SIZE];
  guint8 expected[SIZE] = { 0 };
  const guint8 *masks[] = { a, b };

  fill (a, 20, 20, 5, 5, 3);
  fill (b, 17, 18, 10, 10, 3);
  /* the centre: 22.5, 22.5, then 22, 23, then 21.575, 23.425 */
  extrapolate (NF_EXTRAPOLATE_LINEAR, masks, 2, 1, future);
  fill (expected, 13, 14, 18, 18, 3);
  g_assert_cmpmem (future, SIZE, expected, SIZE);
}

static void
test_linear_near_objects_in_front (void)
{
  guint8 a[SIZE] = { 0 }, b[SIZE] = { 0 }, future[SIZE];
  const guint8 *masks[] = { a, b };

  /* the far one, id 9, moves behind the near one, id 2 */
  fill (a, 0, 10, 10, 10, 9);
  fill (a, 30, 12, 10, 10, 2);
  fill (b, 15, 10, 10, 10, 9);
  fill (b, 30, 12, 10, 10, 2);
  extrapolate (NF_EXTRAPOLATE_LINEAR, masks, 2, 1, future);
  g_assert_cmpint (future[11 * W + 30], ==, 9);
  g_assert_cmpint (future[12 * W + 30], ==, 2);
  g_assert_cmpint (future[12 * W + 29], ==, 9);
}

static void
test_linear_leaves_and_ignores (void)
{
  guint8 a[SIZE] = { 0 }, b[SIZE] = { 0 }, future[3 * SIZE];
  const guint8 *masks[] = { a, b };

  fill (a, 30, 10, 6, 6, 4);
  fill (b, 50, 10, 6, 6, 4);
  fill (b, 5, 5, 6, 6, 49); /* no class: background */
  fill (a, 5, 30, 6, 6, 8); /* gone in the newest */
  fill (b, 40, 40, 4, 4, 30); /* only in the newest: stays */
  extrapolate (NF_EXTRAPOLATE_LINEAR, masks, 2, 3, future);
  for (guint i = 0; i < SIZE; i++)
    g_assert_cmpint (future[2 * SIZE + i], ==,
        i / W >= 40 && i / W < 44 && i % W >= 40 && i % W < 44 ? 30 : 0);
}

static void
test_one_mask_is_held (void)
{
  guint8 a[SIZE] = { 0 }, future[2 * SIZE];
  const guint8 *masks[] = { a };

  fill (a, 10, 10, 12, 12, 20);
  for (guint m = 0; m <= NF_EXTRAPOLATE_DYNAMICS; m++) {
    extrapolate ((NfExtrapolateMethod) m, masks, 1, 2, future);
    g_assert_cmpmem (future, SIZE, a, SIZE);
    g_assert_cmpmem (future + SIZE, SIZE, a, SIZE);
  }
}

static void
test_empty_masks (void)
{
  guint8 a[SIZE] = { 0 }, b[SIZE] = { 0 }, future[2 * SIZE];
  const guint8 *masks[] = { a, b };

  for (guint m = 0; m <= NF_EXTRAPOLATE_DYNAMICS; m++) {
    extrapolate ((NfExtrapolateMethod) m, masks, 2, 2, future);
    g_assert_cmpmem (future, SIZE, a, SIZE);
    g_assert_cmpmem (future + SIZE, SIZE, a, SIZE);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/extrapolate/hold/identity", test_hold_is_identity);
  g_test_add_func ("/extrapolate/linear/moves", test_linear_moves_as_computed);
  g_test_add_func ("/extrapolate/linear/grows", test_linear_grows);
  g_test_add_func (
      "/extrapolate/linear/near-in-front", test_linear_near_objects_in_front);
  g_test_add_func (
      "/extrapolate/linear/leaves", test_linear_leaves_and_ignores);
  g_test_add_func ("/extrapolate/one-mask", test_one_mask_is_held);
  g_test_add_func ("/extrapolate/empty", test_empty_masks);

  return g_test_run ();
}
