/* SPDX-License-Identifier: MIT
 *
 * image — tests of PSNR and SSIM, and of the scores that tell the parts of a
 * class apart
 *
 * The figures were made by scikit-image 0.26 from the same pictures:
 *
 *   peak_signal_noise_ratio (a, b, data_range=255)
 *   structural_similarity (luma (a), luma (b), data_range=255, sigma=1.5,
 *       gaussian_weights=True, use_sample_covariance=False, win_size=11)
 *
 * with luma (x) = 0.299 R + 0.587 G + 0.114 B in double precision. */
#include <nextframe/metrics/nfclasses.h>
#include <nextframe/metrics/nfimage.h>
#include <nextframe/metrics/nfobjectscores.h>

#include <math.h>
#include <string.h>

typedef enum
{
  NOISE,
  CONTRAST,
  MOVED,
  INVERTED,
} Damage;

static const struct
{
  guint width, height;
  Damage damage;
  gdouble psnr, ssim;
} cases[] = {
  { 11, 11, NOISE, 32.5119741704, 0.98887441354 },
  { 11, 11, CONTRAST, 16.7477853281, 0.798241724935 },
  { 11, 11, MOVED, 17.9289720535, 0.991690974953 },
  { 11, 11, INVERTED, 7.36087356969, -0.898565094321 },
  { 40, 24, NOISE, 32.5758705133, 0.993202707495 },
  { 40, 24, CONTRAST, 15.3910037583, 0.789496730231 },
  { 40, 24, MOVED, 14.6295084182, 0.808116938021 },
  { 40, 24, INVERTED, 4.81899526928, -0.750589500125 },
  { 240, 160, NOISE, 32.5862495792, 0.997062293561 },
  { 240, 160, CONTRAST, 15.2507238382, 0.786352298273 },
  { 240, 160, MOVED, 12.0629937434, 0.747776380972 },
  { 240, 160, INVERTED, 4.73922159032, -0.896578288581 },
};

static gint
value_at (guint x, guint y, guint c)
{
  return (x * 7 + y * 13 + c * 29 + x * y / 8) % 256;
}

static gint
damaged_at (Damage damage, guint width, guint x, guint y, guint c)
{
  switch (damage) {
    case NOISE:
      return value_at (x, y, c) + (gint) ((x * 31 + y * 17 + c * 5) % 21) - 10;
    case CONTRAST:
      return value_at (x, y, c) / 2 + 40;
    case MOVED:
      return value_at ((x + width - 1) % width, y, c);
    case INVERTED:
      return 255 - value_at (x, y, c);
  }
  return 0;
}

/* Two pictures, one after the other. */
static guint8 *
make_pictures (guint width, guint height, Damage damage)
{
  gsize n = (gsize) 3 * width * height;
  guint8 *pictures = g_malloc (2 * n);

  for (gsize i = 0; i < n; i++) {
    guint x = i / 3 % width, y = i / 3 / width, c = i % 3;

    pictures[i] = value_at (x, y, c);
    pictures[n + i] = CLAMP (damaged_at (damage, width, x, y, c), 0, 255);
  }
  return pictures;
}

static void
test_image_reference (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint width = cases[i].width, height = cases[i].height;
    gsize n = (gsize) 3 * width * height;
    g_autofree guint8 *a = make_pictures (width, height, cases[i].damage);
    g_autoptr (GError) error = NULL;
    gdouble psnr = nf_image_psnr (a, a + n, n), ssim = NAN;

    g_assert_true (nf_image_ssim (a, a + n, width, height, &ssim, &error));
    g_assert_no_error (error);
    g_test_message ("case %u: PSNR %.9g, SSIM %.9g", i, psnr, ssim);
    g_assert_true (fabs (psnr - cases[i].psnr) <= 1e-8);
    g_assert_true (fabs (ssim - cases[i].ssim) <= 1e-9);
  }
}

static void
test_image_equal (void)
{
  g_autofree guint8 *a = make_pictures (20, 12, NOISE);
  g_autoptr (GError) error = NULL;
  gdouble ssim = NAN;

  g_assert_true (isinf (nf_image_psnr (a, a, 3 * 20 * 12)));
  g_assert_true (nf_image_ssim (a, a, 20, 12, &ssim, &error));
  g_assert_true (fabs (ssim - 1) <= 1e-12);
}

static void
test_image_small_fails (void)
{
  g_autofree guint8 *a = make_pictures (20, 12, NOISE);
  gdouble ssim;

  for (guint i = 0; i < 2; i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (
        nf_image_ssim (a, a, i ? 10 : 11, i ? 11 : 10, &ssim, &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_SHAPE);
  }
}

static void
set_count (
    NfConfusion *confusion, guint truth, guint prediction, guint64 pixels)
{
  confusion->counts[truth * NF_N_CLASSES + prediction] += pixels;
}

/* A red metal cube (2) of 100 pixels: 60 right, 10 a red rubber cube (10), 20 a
 * green metal sphere (20), 10 ground; 100 pixels of ground were called 20. */
static void
test_object_scores (void)
{
  g_autoptr (NfConfusion) confusion = nf_confusion_new (NF_N_CLASSES);
  NfObjectScores scores;

  set_count (confusion, 0, 0, 800);
  set_count (confusion, 0, 20, 100);
  set_count (confusion, 2, 2, 60);
  set_count (confusion, 2, 10, 10);
  set_count (confusion, 2, 20, 20);
  set_count (confusion, 2, 0, 10);
  nf_object_scores_measure (&scores, confusion);
  g_assert_cmpuint (scores.true_classes, ==, 1);
  g_assert_cmpuint (scores.invented, ==, 2);
  g_assert_true (
      fabs (scores.true_jaccard - (800 / 910.0 + 60 / 100.0) / 2) <= 1e-12);
  g_assert_true (fabs (scores.object_iou - 90 / 200.0) <= 1e-12);
  g_assert_true (fabs (scores.shape - 70 / 90.0) <= 1e-12);
  g_assert_true (fabs (scores.material - 80 / 90.0) <= 1e-12);
  g_assert_true (fabs (scores.color - 70 / 90.0) <= 1e-12);
}

static void
test_object_scores_nothing (void)
{
  g_autoptr (NfConfusion) confusion = nf_confusion_new (NF_N_CLASSES);
  NfObjectScores scores;

  nf_object_scores_measure (&scores, confusion);
  g_assert_true (isnan (scores.true_jaccard) && isnan (scores.object_iou));
  set_count (confusion, 0, 0, 5);
  nf_object_scores_measure (&scores, confusion);
  g_assert_true (scores.true_jaccard == 1);
  g_assert_true (isnan (scores.shape) && isnan (scores.color));
  g_assert_cmpuint (scores.true_classes + scores.invented, ==, 0);
}

/* black against white: sums of squares beyond 32 bits */
static void
test_large_errors (void)
{
  const gsize n = (gsize) 3 * 400 * 300;
  g_autofree guint8 *black = g_malloc0 (n);
  g_autofree guint8 *white = g_malloc (n);

  memset (white, 255, n);
  g_assert_cmpuint (
      nf_image_squared_error (black, white, n), ==, (guint64) n * 255 * 255);
  g_assert_cmpfloat_with_epsilon (nf_image_psnr (black, white, n), 0, 1e-12);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/image/reference", test_image_reference);
  g_test_add_func ("/image/large-errors", test_large_errors);
  g_test_add_func ("/image/equal", test_image_equal);
  g_test_add_func ("/image/small-fails", test_image_small_fails);
  g_test_add_func ("/object-scores/parts", test_object_scores);
  g_test_add_func ("/object-scores/nothing", test_object_scores_nothing);
  return g_test_run ();
}
